//! What an account's server takes: how large a stanza may be (XEP-0478), and what becomes of one that it does not take.
//!
//! What counts is the stanza as it is printed, with all that is escaped, repeated for older clients, and encrypted. Where
//! a server says nothing, what the usual ones take counts, until it ends the stream for something smaller.

use crate::base::id::{self, AccountId, BotId};
use crate::base::jid::BareJid;
use crate::base::{limits, remedy};
use crate::channel::xmpp::Xmpp;
use crate::channel::xmpp::accounts::{Accounts, Sizes};
use crate::channel::xmpp::outgoing::caption_id;
use crate::core::actions::{BotAction, NewAction};
use crate::core::batch::{Batch, Trouble};
use crate::core::channel::Channel;
use crate::core::failure::Failure;
use crate::core::{Core, texts};
use crate::store;
use crate::store::row::Progress;
use crate::xml::{Element, Namespaces};
use crate::xmpp::message::Outbound;
use crate::xmpp::ns;

impl Xmpp {
    /// A caption goes out behind its file: whether it can go is asked before the file does.
    pub(crate) fn check_caption(
        &mut self,
        core: &mut Core,
        (account, bot): (AccountId, BotId),
        act: &NewAction,
    ) -> Result<(), Trouble> {
        let BotAction::File { caption: Some(text), .. } = &act.action else { return Ok(()) };
        // As long as a real one, and all that may be asked with it.
        let id = "-".repeat(caption_id(&id::uuid([0; 16])).len());
        let caption = Outbound::text(act.to.clone(), act.kind, &id, text).wanting_receipt().markable().to_occupant();
        let size = caption.private().print().len();
        match self.is_sealed(core, bot, &act.to, act.kind)? {
            true => self.accounts.check_size_sealed(account, size)?,
            false => self.accounts.check_size(account, size)?,
        }
        Ok(())
    }

    /// The server ends the stream for this stanza, each time: it is given up, so that the others can go out.
    pub(crate) fn on_convicted(&mut self, core: &mut Core, id: AccountId, stanza: &str) -> Result<(), store::Error> {
        let size = stanza.len();
        let Ok(stanza) = Element::parse(stanza, &Namespaces::default_is(ns::CLIENT)) else { return Ok(()) };
        let (Some(message_id), Some(to)) = (stanza.attribute("id"), stanza.attribute("to")) else { return Ok(()) };
        let why = format!("the server ended the connection twice when it got this message of {size} bytes");
        let sent = core.batch.store.find_sent(id, message_id)?;
        let room = BareJid::parse(to).ok().filter(|_| stanza.attribute("type") == Some("groupchat"));
        let row = core.batch.store.find_outbox(id, room.as_ref(), message_id)?;
        let (Some(row), Some(account)) = (row, self.accounts.get_mut(&id)) else { return Ok(()) };
        if let Some(room) = room {
            self.fail_in_room(core, id, room, message_id, &why)?;
        } else {
            account.queue.arrived(row);
            core.batch.store.delete_outbox(id, None, &[row])?;
            if let Some(sent) = &sent {
                self.advance(core, sent, Progress::Failed, Some(&why))?;
            }
            log::warn!("{}: message {message_id} to {to} was given up: {why}", self.accounts.jid_of(id));
        }
        match sent {
            Some(sent) => self.tell_owner_of_loss(core, sent.bot, to, &why),
            None => Ok(()),
        }
    }

    /// A message of a bot was given up: its owner is told, where he is told other things.
    pub(crate) fn tell_owner_of_loss(
        &mut self,
        core: &mut Core,
        bot: BotId,
        to: &str,
        why: &str,
    ) -> Result<(), store::Error> {
        let Some((name, owner)) = core.batch.bots.get(&bot).map(|bot| (bot.row.name.clone(), bot.row.owner.clone()))
        else {
            return Ok(());
        };
        let why = &remedy::at(core.batch.chat_place(), why);
        let text =
            texts::MESSAGE_LOST.fill(core.batch.setup.settings.language, &[("name", &name), ("to", to), ("why", why)]);
        match self.accounts.account_of(&owner) {
            Some(_) => self.notify(core, &owner, &text),
            None => self.tell_owner(core, bot, &owner, &text),
        }
    }
}

impl Accounts {
    /// Refuses what the server would end the stream for; `size` is that of the printed stanza.
    pub(crate) fn check_size(&self, account: AccountId, size: usize) -> Result<(), Failure> {
        let none = Sizes::default();
        let known = self.get(&account);
        let sizes = known.map_or(&none, |account| &account.sizes);
        if size <= sizes.max() {
            return Ok(());
        }
        let whose = sizes.whose(known.map_or("the server", |account| account.row.jid.domain()));
        Err(Failure::TooLarge(format!(
            "the message is too large: as XML, in which `&` takes 5 bytes and `<` and `>` take 4, and with its encryption \
             if there is any, it has {size} bytes; {whose}"
        )))
    }

    /// The same before a message is encrypted, which makes it a third larger and adds a key for each device.
    pub(crate) fn check_size_sealed(&self, account: AccountId, size: usize) -> Result<(), Failure> {
        self.check_size(account, size + size / 3 + limits::OMEMO_ENVELOPE_BYTES)
    }

    /// Whether a server takes a picture in a vCard, as far as it says what it takes.
    fn takes_picture(&self, account: AccountId, bytes: usize) -> Result<(), Failure> {
        match self.get(&account).is_some_and(|account| account.sizes.is_known()) {
            true => self.check_size(account, bytes.div_ceil(3) * 4 + limits::VCARD_TEXTS_BYTES),
            false => Ok(()),
        }
    }

    /// The same for a bot's account, if it has one.
    pub(crate) fn check_picture(&self, bot: BotId, bytes: usize) -> Result<(), Failure> {
        let account = self.account_of_bot(bot);
        account.map_or(Ok(()), |account| self.takes_picture(account, bytes)).map_err(|failure| match failure {
            Failure::TooLarge(text) => Failure::TooLarge(text.replacen("the message", "the picture", 1)),
            other => other,
        })
    }

    /// What a server says when an account signs in; it is remembered for the time before the next login.
    pub(crate) fn note_stanza_max(
        &mut self,
        batch: &mut Batch,
        id: AccountId,
        said: Option<usize>,
    ) -> Result<(), store::Error> {
        let Some(account) = self.get_mut(&id) else { return Ok(()) };
        if !account.sizes.say(said) {
            return Ok(());
        }
        match said {
            Some(max) => batch.store.store_setting(&key(id), &max.to_string()),
            None => batch.store.delete_setting(&key(id)),
        }
    }
}

impl Batch {
    /// What it said last.
    pub(crate) fn known_stanza_max(&self, id: AccountId) -> Result<Option<usize>, store::Error> {
        Ok(self.store.setting(&key(id))?.and_then(|max| max.parse().ok()))
    }
}

fn key(id: AccountId) -> String {
    format!("account_{id}_stanza_max")
}
