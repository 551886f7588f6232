//! The outbox: accepted messages on their way to the server (docs/architecture.md).
//!
//! A message is a row from the moment it is accepted until the server has acknowledged it. At most
//! `limits::IN_FLIGHT_MAX` are with the session at a time; the rest waits in memory, or, beyond that, in the table.

use std::collections::VecDeque;

use crate::base::id::{self, AccountId, BotId, OutboxId};
use crate::base::jid::{BareJid, Jid};
use crate::base::limits;
use crate::base::text::halves;
use crate::channel::xmpp::Xmpp;
use crate::channel::xmpp::accounts::Accounts;
use crate::channel::xmpp::crypt::kinds::ToSeal;
use crate::core::Core;
use crate::core::batch::{Batch, Trouble};
use crate::core::channel::{Doing, Piece};
use crate::core::effect::{Effect, Order};
use crate::core::failure::Failure;
use crate::core::handle::{Encrypt, Mode, NewMessage};
use crate::core::registry::{Bot, Through};
use crate::store;
use crate::xmpp::message::{Kind, Outbound, RepliedTo};

impl Accounts {
    /// The account through which a bot speaks on XMPP, or why there is none.
    pub(crate) fn account_for(&self, bot: &Bot) -> Result<AccountId, Failure> {
        match self.speaks_through(bot) {
            Through::Account(account) => Ok(account),
            Through::Local => {
                let text = "the bot belongs to owner@local and can write to owner@local only; \
                            create it for an XMPP account to write to others";
                Err(Failure::Remote { what: "send_failed", why: text.to_string() })
            }
            Through::None => {
                let owner = &bot.row.owner;
                let why = match bot.mode {
                    Mode::Personal => format!("{owner} is not signed in here; run `botmother account add {owner}`"),
                    _ => "the bot's own account is gone; create the bot again".to_string(),
                };
                Err(Failure::Remote { what: "send_failed", why })
            }
        }
    }
}

/// A message accepted in the batch under way.
pub(crate) struct Accepted {
    pub(crate) account: AccountId,
    pub(crate) id: OutboxId,
    pub(crate) stanza: String,
}

impl Xmpp {
    /// Whether what a bot says to somebody goes out end-to-end encrypted, as far as is known before it is said.
    pub(crate) fn is_sealed(&mut self, core: &mut Core, bot: BotId, to: &Jid, kind: Kind) -> Result<bool, Trouble> {
        match self.accounts.speaks_through(core.batch.bot(bot)?) {
            Through::Account(account) if kind == Kind::Groupchat => self.is_sealed_in_room(core, account, &to.bare()),
            Through::Account(account) if !self.rooms.is_occupant(account, to)? => {
                Ok(self.accounts.will_encrypt(&core.batch, account, &to.bare())?)
            }
            _ => Ok(false),
        }
    }

    /// A bot says something by itself in the place of a piece that was shown.
    pub(crate) fn say_in_place(
        &mut self,
        core: &mut Core,
        by: (AccountId, BotId),
        new: &NewMessage,
        (message_id, shown): (&str, &str),
    ) -> Result<(), Trouble> {
        let outbound = Outbound::text(new.to.clone(), new.kind, message_id, &new.text).replacing(shown);
        self.send_tracked(core, by, &new.to, (message_id, None), outbound)
    }

    /// Puts a text of the manager, or one that a bot says by itself, into the outbox, in pieces where the server takes no
    /// more at once. What cannot be sent is worth a line in the log.
    pub(crate) fn post(
        &mut self,
        core: &mut Core,
        account: AccountId,
        bot: Option<BotId>,
        to: &BareJid,
        text: &str,
    ) -> Result<(), store::Error> {
        let (to_jid, message_id) = (to.to_jid(), core.batch.new_message_id()?);
        let outbound = Outbound::text(to_jid.clone(), Kind::Chat, &message_id, text);
        match self.enqueue(core, (account, bot), &to_jid, &message_id, outbound) {
            Ok(()) => Ok(()),
            Err(Trouble::Store(error)) => Err(error),
            Err(Trouble::Failure(Failure::TooLarge(_))) if text.len() > limits::TEXT_BYTES_SPLIT_MIN => {
                halves(text).into_iter().try_for_each(|part| self.post(core, account, bot, to, part))
            }
            Err(Trouble::Failure(failure)) => {
                log::warn!("{}: an answer to {to} was not sent: {failure}", self.accounts.jid_of(account));
                Ok(())
            }
        }
    }

    /// Puts a message of any kind into the outbox. Its id on the wire must be `message_id`, by which it is found again in
    /// the archive.
    pub(crate) fn enqueue(
        &mut self,
        core: &mut Core,
        (account, bot): (AccountId, Option<BotId>),
        to: &Jid,
        message_id: &str,
        mut outbound: Outbound,
    ) -> Result<(), Trouble> {
        let is_occupant = self.rooms.is_occupant(account, to)?;
        if is_occupant {
            outbound = outbound.to_occupant();
        }
        let Some(entry) = self.accounts.get(&account) else { return Err(Failure::Internal.into()) };
        if entry.queue.count >= limits::OUTBOX_MAX {
            return Err(Failure::OutboxFull.into());
        }
        // In the self-chat every client of the owner gets the message itself; a carbon would show it twice.
        if to.bare_str() == entry.row.jid.as_str() {
            outbound = outbound.private();
        }
        let is_private = outbound.has_body() && !is_occupant && !outbound.is_groupchat();
        let policy = self.accounts.policy(&core.batch, account);
        let stanza = outbound.print();
        self.accounts.check_size(account, stanza.len())?;
        let is_required = outbound.is_confidential() || policy == Encrypt::Required;
        if is_private && policy != Encrypt::Off {
            return self.enqueue_sealed(core, (account, bot), to, ToSeal { message_id, stanza, is_required });
        }
        if outbound.is_confidential() {
            let why = "false: only what is said to one person can be encrypted, and only while that is not \
                       switched off for the account";
            return Err(Failure::invalid("encrypt", why).into());
        }
        Ok(self.put_out(&mut core.batch, (account, bot), message_id, stanza)?)
    }
}

impl Xmpp {
    /// Accepted messages of an account that no server has acknowledged: those to rooms and those that wait for keys, too.
    pub(crate) fn outbox_depth(&self, batch: &Batch, account: AccountId) -> i64 {
        let queued = self.accounts.get(&account).map_or(0, |entry| entry.queue.count);
        queued + self.rooms.room_outbox_depth(account) + batch.store.count_omemo_waiting(account).unwrap_or(0)
    }
}

impl Accounts {
    /// The stanza of a text.
    pub(crate) fn text_of(
        &self,
        batch: &Batch,
        account: AccountId,
        new: &NewMessage,
        message_id: &str,
    ) -> Result<Outbound, Trouble> {
        let outbound = Outbound::text(new.to.clone(), new.kind, message_id, &new.text);
        let outbound = if new.encrypt { outbound.confidential() } else { outbound };
        let Some(id) = &new.reply_to else { return Ok(outbound) };
        // XEP-0461 §3 wants the author too: what a bot did not say itself is the other party's.
        let is_own = batch.store.find_sent(account, id)?.is_some();
        let author = self.get(&account).filter(|_| is_own).map(|account| account.row.jid.to_jid());
        let to = Some(author.unwrap_or_else(|| new.to.clone()));
        Ok(outbound.replying(RepliedTo { id: id.clone(), to }, None))
    }

    /// After the commit: what was accepted joins its account's queue.
    pub(crate) fn queue_accepted(&mut self, accepted: Vec<Accepted>) {
        for message in accepted {
            if let Some(account) = self.wake(message.account) {
                account.queue.push(message.id, message.stanza);
            }
        }
    }

    /// Gives the session as many messages as may be in flight.
    pub(crate) fn feed(&mut self, batch: &mut Batch, id: AccountId, out: &mut Vec<Effect>) {
        let Some(account) = self.get_mut(&id) else { return };
        if !account.is_online {
            return;
        }
        let queue = &mut account.queue;
        while queue.in_flight.len() < limits::IN_FLIGHT_MAX {
            if queue.ready.is_empty() && queue.more {
                match load(&mut batch.store, id, queue.last) {
                    Ok((rows, more)) => {
                        queue.more = more;
                        queue.last = rows.back().map(|(id, _)| *id).or(queue.last);
                        queue.ready = rows;
                    }
                    Err(error) => return log::error!("{}: reading the outbox failed: {error}", account.row.jid),
                }
            }
            let Some((message, stanza)) = queue.ready.pop_front() else { return };
            queue.in_flight.push_back(message);
            out.push(Effect::Session(id, Order::Send { tag: Some(message.0 as u64), stanza }));
        }
    }
}

type Rows = VecDeque<(OutboxId, String)>;

fn load(store: &mut crate::store::Store, id: AccountId, after: Option<OutboxId>) -> Result<(Rows, bool), store::Error> {
    let rows = store.list_outbox(id, None, after, limits::IN_FLIGHT_MAX)?;
    let more = rows.len() == limits::IN_FLIGHT_MAX;
    Ok((rows.into_iter().map(|row| (row.id, row.stanza)).collect(), more))
}

impl Accounts {
    /// Tells what the bot does. It means nothing a moment later, so it is not kept for when the server is back.
    pub(crate) fn show_state(&mut self, batch: &mut Batch, account: AccountId, doing: &Doing<'_>) {
        let Some(entry) = self.get(&account).filter(|account| account.is_online) else { return };
        let is_own = entry.row.jid.as_str() == doing.to.bare_str();
        let outbound = Outbound::chat_state(doing.to.clone(), doing.kind, &id::uuid(batch.random()), doing.state);
        let outbound = if is_own { outbound.private() } else { outbound };
        self.tell_session(batch, account, outbound.print());
    }

    /// Shows what there is of an answer, as a message that is corrected (XEP-0308) and not for archives (XEP-0334).
    pub(crate) fn show_piece(&mut self, batch: &mut Batch, account: AccountId, to: &Jid, piece: &Piece<'_>) {
        let Some(entry) = self.get(&account).filter(|account| account.is_online) else { return };
        let is_own = entry.row.jid.as_str() == to.bare_str();
        let outbound = Outbound::text(to.clone(), Kind::Chat, piece.id, &format!("{} …", piece.text)).passing();
        let outbound = piece.shown.into_iter().fold(outbound, Outbound::replacing);
        let outbound = if is_own { outbound.private() } else { outbound };
        self.tell_session(batch, account, outbound.print());
    }
}
