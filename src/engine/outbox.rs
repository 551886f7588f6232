//! The outbox: accepted messages on their way to the server (docs/architecture.md).
//!
//! A message is a row from the moment it is accepted until the server has acknowledged it. At most
//! `limits::IN_FLIGHT_MAX` are with the session at a time; the rest waits in memory, or, beyond that, in the table.

use std::collections::VecDeque;

use crate::base::crypto;
use crate::base::id::{self, AccountId, BotId, OutboxId};
use crate::base::jid::{BareJid, Jid};
use crate::base::limits;
use crate::base::text::halves;
use crate::engine::effect::{Effect, Order};
use crate::engine::failure::Failure;
use crate::engine::handle::{Answer, Encrypt, Mode, NewMessage};
use crate::engine::owner;
use crate::engine::registry::Voice;
use crate::engine::way::{Speaker, Way};
use crate::engine::{Engine, Trouble};
use crate::store;
use crate::store::row::SentBefore;
use crate::xmpp::message::{Kind, Outbound, Reply};

/// A message accepted in the batch under way.
pub(super) struct Accepted {
    pub(super) account: AccountId,
    pub(super) id: OutboxId,
    pub(super) stanza: String,
}

/// One account's messages between the table and the server.
pub(super) struct Queue {
    /// Given to the session, not yet acknowledged, in order.
    in_flight: VecDeque<OutboxId>,
    /// Next to be given to it.
    ready: VecDeque<(OutboxId, String)>,
    /// The table has more behind `last`.
    more: bool,
    /// The last one taken into `ready` or `in_flight`.
    last: Option<OutboxId>,
    /// Rows in the table, those in flight included.
    pub(super) count: i64,
}

impl Queue {
    /// The queue of an account with so many rows in the table. Whether there is anything to send, the table is asked,
    /// and not the count, which is only for the limit.
    pub(super) fn from_store(count: i64) -> Queue {
        Queue { in_flight: VecDeque::new(), ready: VecDeque::new(), more: true, last: None, count }
    }

    /// The session forgot what it had (a new stream): everything in the table is sent again.
    pub(super) fn restart(&mut self) {
        *self = Queue::from_store(self.count);
    }

    /// The server has this one.
    pub(super) fn arrived(&mut self, id: OutboxId) {
        self.count = (self.count - 1).max(0);
        if let Some(at) = self.in_flight.iter().position(|other| *other == id) {
            self.in_flight.remove(at);
        }
    }

    /// Whether the session may be given something that is there, or may be.
    pub(super) fn can_feed(&self) -> bool {
        self.in_flight.len() < limits::IN_FLIGHT_MAX && (self.more || !self.ready.is_empty())
    }

    /// Whether nothing is with the session.
    pub(super) fn is_idle(&self) -> bool {
        self.in_flight.is_empty()
    }

    fn push(&mut self, id: OutboxId, stanza: String) {
        self.count += 1;
        if self.more || self.ready.len() >= limits::IN_FLIGHT_MAX {
            self.more = true;
        } else {
            self.last = Some(id);
            self.ready.push_back((id, stanza));
        }
    }
}

impl Engine {
    /// `sendMessage`: stored, or refused with the reason.
    pub(super) fn send_message(&mut self, bot: BotId, new: &NewMessage) -> Result<Answer, Trouble> {
        let hash = crypto::sha256(
            format!("{}\0{:?}\0{}\0{:?}\0{}", new.to, new.kind, new.text, new.reply_to, new.encrypt).as_bytes(),
        );
        let (message_id, encrypted) = self.once(bot, new.idempotency_key.as_deref(), &hash, |engine, message_id| {
            engine.speak(bot, new, message_id)
        })?;
        Ok(Answer::Sent { message_id, encrypted: encrypted.or(new.encrypt.then_some(true)) })
    }

    /// Whether what a bot says to somebody goes out end-to-end encrypted, as far as is known before it is said.
    pub(super) fn is_sealed(&mut self, bot: BotId, to: &Jid, kind: Kind) -> Result<bool, Trouble> {
        match self.voice(self.bot(bot)?) {
            Voice::Account(account) if kind == Kind::Groupchat => self.is_sealed_in_room(account, &to.bare()),
            Voice::Account(account) if !self.is_occupant(account, to)? => Ok(self.will_encrypt(account, &to.bare())?),
            _ => Ok(false),
        }
    }

    /// Sends something under a new id, and gives it; with a key that was used before nothing is sent, and the id is that of
    /// what was sent then. `hash` is of all that was asked. Also whether it went out encrypted, if that is known.
    pub(super) fn once(
        &mut self,
        bot: BotId,
        key: Option<&str>,
        hash: &[u8; 32],
        send: impl FnOnce(&mut Engine, &str) -> Result<(), Trouble>,
    ) -> Result<(String, Option<bool>), Trouble> {
        if let Some(sent) = self.sent_before(bot, key, hash)? {
            return Ok((sent.message_id, sent.encrypted));
        }
        let message_id = id::uuid(self.random());
        send(self, &message_id)?;
        let sent = SentBefore { encrypted: self.was_sealed(&message_id), message_id, request_hash: *hash };
        if let Some(key) = key {
            self.store.remember_sent(bot, key, &sent, self.lived())?;
        }
        Ok((sent.message_id, sent.encrypted))
    }

    /// What was sent under this key.
    pub(super) fn sent_before(
        &self,
        bot: BotId,
        key: Option<&str>,
        hash: &[u8; 32],
    ) -> Result<Option<SentBefore>, Trouble> {
        match key.map(|key| self.store.sent_before(bot, key)).transpose()?.flatten() {
            Some(before) if before.request_hash != *hash => {
                let text = "this Idempotency-Key was used for another message within the last day";
                Err(Failure::Conflict(text.to_string()).into())
            }
            before => Ok(before),
        }
    }

    /// A bot says something by itself, as if its program had sent it.
    pub(super) fn say_to(&mut self, bot: BotId, kind: Kind, to: &Jid, text: &str) -> Result<(), Trouble> {
        let message_id = id::uuid(self.random());
        let text = text.to_string();
        let new = NewMessage { to: to.clone(), text, kind, reply_to: None, idempotency_key: None, encrypt: false };
        self.speak(bot, &new, &message_id)
    }

    /// The same in the place of a message that was only shown in passing.
    pub(super) fn say_correction(&mut self, bot: BotId, to: &Jid, text: &str, shown: &str) -> Result<(), Trouble> {
        let Way::Account(account) = self.way(bot, to)? else {
            return self.say_to(bot, Kind::Chat, to, text);
        };
        let message_id = id::uuid(self.random());
        let outbound = Outbound::text(to.clone(), Kind::Chat, &message_id, text).replacing(shown);
        self.send_tracked((account, bot), to, &message_id, outbound, None)
    }

    fn speak(&mut self, id: BotId, new: &NewMessage, message_id: &str) -> Result<(), Trouble> {
        Failure::check_most("text", new.text.len(), limits::TEXT_BYTES_MAX, "bytes")?;
        let reply_to = new.reply_to.as_ref().map_or(0, String::len);
        Failure::check_most("reply_to", reply_to, limits::MESSAGE_ID_BYTES_MAX, "bytes")?;
        match self.way(id, &new.to)? {
            Way::Local if new.encrypt => {
                Err(Failure::invalid("encrypt", "false: the built-in chat is not encrypted").into())
            }
            Way::Local => {
                self.say_locally(Speaker::Bot(id), &new.text)?;
                self.note_sealed(message_id, false);
                Ok(())
            }
            Way::Account(account) if new.kind == Kind::Groupchat => self.post_to_room(account, id, new, message_id),
            Way::Account(account) => {
                let outbound = self.text_of(account, new, message_id)?;
                self.send_tracked((account, id), &new.to, message_id, outbound, None)
            }
        }
    }

    /// Where what a bot does for somebody goes out, or why it cannot.
    pub(super) fn way(&self, id: BotId, to: &Jid) -> Result<Way, Trouble> {
        let bot = self.bot(id)?;
        if !self.store.owner_enabled(&bot.row.owner)? {
            return Err(Failure::Forbidden(format!("Botmother is switched off for {}", bot.row.owner)).into());
        }
        let to_local = owner::is_local(&to.bare());
        match self.voice(bot) {
            Voice::Local if to_local => Ok(Way::Local),
            Voice::Local => {
                let text = "the bot belongs to owner@local and can write to owner@local only; \
                            create it for an XMPP account to write to others";
                Err(Failure::Remote { what: "send_failed", why: text.to_string() }.into())
            }
            _ if to_local => Err(Failure::invalid("to", "an XMPP address; owner@local is not one").into()),
            Voice::Account(account) => Ok(Way::Account(account)),
            Voice::None => {
                let owner = &bot.row.owner;
                let why = match bot.mode {
                    Mode::Personal => format!("{owner} is not signed in here; run `botmother account add {owner}`"),
                    _ => "the bot's own account is gone; create the bot again".to_string(),
                };
                Err(Failure::Remote { what: "send_failed", why }.into())
            }
        }
    }

    /// Puts a text of the manager, or one that a bot says by itself, into the outbox, in pieces where the server takes no
    /// more at once. What cannot be sent is worth a line in the log.
    pub(super) fn post(
        &mut self,
        account: AccountId,
        bot: Option<BotId>,
        to: &BareJid,
        text: &str,
    ) -> Result<(), store::Error> {
        let (to_jid, message_id) = (to.to_jid(), id::uuid(self.random()));
        let outbound = Outbound::text(to_jid.clone(), Kind::Chat, &message_id, text);
        match self.enqueue(account, bot, &to_jid, &message_id, outbound) {
            Ok(()) => Ok(()),
            Err(Trouble::Store(error)) => Err(error),
            Err(Trouble::Failure(Failure::TooLarge(_))) if text.len() > limits::TEXT_BYTES_SPLIT_MIN => {
                halves(text).into_iter().try_for_each(|part| self.post(account, bot, to, part))
            }
            Err(Trouble::Failure(failure)) => {
                log::warn!("{}: an answer to {to} was not sent: {failure}", self.jid_of(account));
                Ok(())
            }
        }
    }

    /// The stanza of a text.
    fn text_of(&self, account: AccountId, new: &NewMessage, message_id: &str) -> Result<Outbound, Trouble> {
        let outbound = Outbound::text(new.to.clone(), new.kind, message_id, &new.text);
        let outbound = if new.encrypt { outbound.confidential() } else { outbound };
        let Some(id) = &new.reply_to else { return Ok(outbound) };
        // XEP-0461 §3 wants the author too: what a bot did not say itself is the other party's.
        let is_own = self.store.find_sent(account, id)?.is_some();
        let author = self.accounts.get(&account).filter(|_| is_own).map(|account| account.row.jid.to_jid());
        let to = Some(author.unwrap_or_else(|| new.to.clone()));
        Ok(outbound.replying(Reply { id: id.clone(), to }, None))
    }

    /// Accepted messages of an account that no server has acknowledged: those to rooms and those that wait for keys, too.
    pub(super) fn outbox_depth(&self, account: AccountId) -> i64 {
        let queued = self.accounts.get(&account).map_or(0, |entry| entry.queue.count);
        queued + self.room_outbox_depth(account) + self.store.count_omemo_waiting(account).unwrap_or(0)
    }

    /// Puts a message of any kind into the outbox. Its id on the wire must be `message_id`, by which it is found again in
    /// the archive.
    pub(super) fn enqueue(
        &mut self,
        account: AccountId,
        bot: Option<BotId>,
        to: &Jid,
        message_id: &str,
        mut outbound: Outbound,
    ) -> Result<(), Trouble> {
        let is_occupant = self.is_occupant(account, to)?;
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
        let policy = self.policy(account);
        let stanza = outbound.print();
        self.check_size(account, stanza.len())?;
        let is_required = outbound.is_confidential() || policy == Encrypt::Required;
        if is_private && policy != Encrypt::Off {
            return self.enqueue_sealed((account, bot), to, message_id, stanza, is_required);
        }
        if outbound.is_confidential() {
            let why = "false: only what is said to one person can be encrypted, and only while that is not \
                       switched off for the account";
            return Err(Failure::invalid("encrypt", why).into());
        }
        Ok(self.put_out((account, bot), message_id, stanza)?)
    }

    /// After the commit: what was accepted joins its account's queue.
    pub(super) fn queue_accepted(&mut self, accepted: Vec<Accepted>) {
        for message in accepted {
            if let Some(account) = self.accounts.wake(message.account) {
                account.queue.push(message.id, message.stanza);
            }
        }
    }

    /// Gives the session as many messages as may be in flight.
    pub(super) fn feed(&mut self, id: AccountId, out: &mut Vec<Effect>) {
        let Some(account) = self.accounts.get_mut(&id) else { return };
        if !account.is_online {
            return;
        }
        let queue = &mut account.queue;
        while queue.in_flight.len() < limits::IN_FLIGHT_MAX {
            if queue.ready.is_empty() && queue.more {
                match load(&mut self.store, id, queue.last) {
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
    let rows = store.list_outbox(id, after, limits::IN_FLIGHT_MAX)?;
    let more = rows.len() == limits::IN_FLIGHT_MAX;
    Ok((rows.into_iter().map(|row| (row.id, row.stanza)).collect(), more))
}
