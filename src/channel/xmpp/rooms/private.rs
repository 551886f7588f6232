//! Private rooms: members-only and non-anonymous, so that OMEMO is possible there (XEP-0384 §7.2). Here is said when a bot
//! encrypts what it says in a room, and what becomes of what others say; the encrypting is `crypt`'s.
//!
//! In other rooms OMEMO cannot be, so bots talk plainly there and their programs are told. But a room that was private
//! once stays so for bots that must encrypt: somebody else's setting does not turn their words into plain text.

use std::collections::BTreeSet;

use super::Key;
use crate::base::id::{AccountId, BotId, OutboxId};
use crate::base::jid::BareJid;
use crate::base::limits;
use crate::base::remedy::ALLOW_PLAIN;
use crate::channel::xmpp::Xmpp;
use crate::channel::xmpp::accounts::Accounts;
use crate::channel::xmpp::rooms::Rooms;
use crate::core::batch::{Batch, Trouble};
use crate::core::failure::Failure;
use crate::core::handle::Encrypt;
use crate::core::{Core, texts};
use crate::store;
use crate::store::row::OutboxRow;
use crate::xmpp::message::{Kind, Outbound};
use crate::xmpp::muc::message::RoomMessage;
use crate::xmpp::muc::room::{Heard, Input};

/// How something said to all in a room goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cover {
    /// As it is.
    Plain,
    /// Encrypted.
    Sealed,
    /// Encrypted if all can read it then, else as it is.
    IfAllCan,
}

/// What whoever says something to all in a room demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Demand {
    /// That it goes out encrypted or not at all.
    Encryption,
    /// Nothing: the bot's policy decides.
    Nothing,
}

impl Demand {
    pub(super) fn of(outbound: &Outbound) -> Demand {
        if outbound.is_confidential() { Demand::Encryption } else { Demand::Nothing }
    }
}

// --- what a room is ---

impl Xmpp {
    /// Who may read what is said in a room; `None` when that is asked now, or cannot be.
    pub(crate) fn room_readers(
        &mut self,
        core: &mut Core,
        account: AccountId,
        room: &BareJid,
    ) -> Result<Option<BTreeSet<BareJid>>, store::Error> {
        let (key, now) = ((account, room.clone()), core.batch.now.mono);
        let readers = self.rooms.entries.get(&key).and_then(|entry| entry.room.readers(now));
        if readers.is_none() {
            self.drive(core, &key, Input::Members)?;
        }
        Ok(readers)
    }

    /// The account encrypts from now on.
    pub(crate) fn settle_private_rooms(&mut self, core: &mut Core, account: AccountId) -> Result<(), store::Error> {
        self.rooms.rooms_of(account).iter().try_for_each(|key| self.settle_private(core, key))
    }

    /// A room has said what it is, or can be spoken in: whoever may read there will be needed, and what waited may go.
    pub(super) fn settle_private(&mut self, core: &mut Core, key: &Key) -> Result<(), store::Error> {
        let Some(entry) =
            self.rooms.entries.get(key).filter(|_| self.accounts.room_policy(&core.batch, key.0) != Encrypt::Off)
        else {
            return Ok(());
        };
        let (is_kept, before) = (entry.is_kept, entry.row.is_private);
        let is_private = entry.room.info().map(|info| info.can_omemo());
        let after = if before == Some(true) { before } else { is_private.or(before) };
        if after != before && is_kept {
            let Some(entry) = self.rooms.touch(key) else { return Ok(()) };
            entry.row.is_private = after;
            let row = entry.row.clone();
            core.batch.store.store_room(&row)?;
        }
        if !self.is_in_room(key.0, &key.1) {
            return Ok(());
        }
        if is_private == Some(true) {
            self.room_readers(core, key.0, &key.1)?;
        }
        self.send_waiting_in_room(core, key.0, &key.1)
    }
}

impl Xmpp {
    /// Whether everything is there that is needed to say something in a room.
    pub(crate) fn is_in_room(&self, account: AccountId, room: &BareJid) -> bool {
        let is_online = self.accounts.get(&account).is_some_and(|account| account.is_online);
        is_online && self.rooms.entries.get(&(account, room.clone())).is_some_and(super::Entry::is_live)
    }
}

impl Accounts {
    /// How bots of an account talk in rooms. Those that share a person's account talk plainly there.
    fn room_policy(&self, batch: &Batch, account: AccountId) -> Encrypt {
        if self.is_bots_own(account) { self.policy(batch, account) } else { Encrypt::Off }
    }
}

impl Rooms {
    /// Whether OMEMO is possible in a room; as long as it has not said what it is, what it was counts.
    pub(crate) fn is_private_room(&self, account: AccountId, room: &BareJid) -> bool {
        let Some(entry) = self.entries.get(&(account, room.clone())) else { return false };
        entry.room.info().map_or(entry.row.is_private == Some(true), |info| info.can_omemo())
    }
}

// --- what we say ---

impl Xmpp {
    /// How something with words in it goes out, or why it must not.
    pub(super) fn cover(&mut self, core: &mut Core, key: &Key, demand: Demand) -> Result<Cover, Trouble> {
        let is_confidential = demand == Demand::Encryption;
        let policy = self.accounts.room_policy(&core.batch, key.0);
        let Some(entry) = self.rooms.entries.get(key) else { return Ok(Cover::Plain) };
        let was_private = entry.row.is_private;
        let is_unknown = was_private.is_none() && entry.room.info().is_none();
        let is_live = entry.is_live();
        if policy == Encrypt::Off {
            let why = "false: only what a bot with an account of its own says can be encrypted, \
                       and only while its policy is not off";
            return if is_confidential { Err(Failure::invalid("encrypt", why).into()) } else { Ok(Cover::Plain) };
        }
        if !self.rooms.is_private_room(key.0, &key.1) {
            if is_unknown && !is_live {
                // Just entered: it will say at once what it is.
                return Err(Failure::Busy { retry_after_s: 1 }.into());
            }
            if is_unknown && policy == Encrypt::Required {
                let why = format!("the room {} does not say whether what is said there could be encrypted", key.1);
                return Err(Failure::Remote { what: "send_failed", why }.into());
            }
            if is_confidential {
                let why = "false: OMEMO is possible only in rooms that are members-only and non-anonymous, \
                           and this one is not";
                return Err(Failure::invalid("encrypt", why).into());
            }
            if policy == Encrypt::Required && was_private == Some(true) {
                let why = format!(
                    "the room {} was members-only and non-anonymous and is not any more, so nothing can be encrypted \
                     there; to speak plainly, leave it and join it again, or allow it with {ALLOW_PLAIN}",
                    key.1
                );
                return Err(Failure::Remote { what: "send_failed", why }.into());
            }
            return Ok(Cover::Plain);
        }
        let is_sealed = is_confidential || policy == Encrypt::Required || self.all_have_devices(core, key.0, &key.1)?;
        Ok(if is_sealed { Cover::Sealed } else { Cover::IfAllCan })
    }

    /// Whether what is said to all in a room goes out encrypted.
    pub(crate) fn is_sealed_in_room(
        &mut self,
        core: &mut Core,
        account: AccountId,
        room: &BareJid,
    ) -> Result<bool, Trouble> {
        match self.cover(core, &(account, room.clone()), Demand::Nothing) {
            Ok(cover) => Ok(cover == Cover::Sealed),
            Err(Trouble::Failure(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether anything may be said in a room now; before a file for it goes to a server.
    pub(crate) fn check_cover(&mut self, core: &mut Core, account: AccountId, room: &BareJid) -> Result<(), Trouble> {
        self.cover(core, &(account, room.clone()), Demand::Nothing).map(drop)
    }
}

impl Xmpp {
    /// Puts a finished stanza into a room's outbox.
    pub(crate) fn put_out_in_room(
        &mut self,
        batch: &mut Batch,
        (account, bot): (AccountId, Option<BotId>),
        room: &BareJid,
        message_id: &str,
        stanza: String,
    ) -> Result<(), store::Error> {
        self.crypt.note_out(message_id, &stanza);
        batch.keep_waited(bot, message_id, &stanza)?;
        let (key, created_at) = ((account, room.clone()), batch.now.unix());
        let Some(entry) = self.rooms.touch(&key) else { return Ok(()) };
        let row = OutboxRow {
            id: OutboxId(0),
            account,
            bot,
            message_id: message_id.to_string(),
            stanza,
            archive_mark: entry.row.archive_mark.clone(),
            created_at,
            room: Some(key.1.clone()),
        };
        entry.posts.add();
        batch.store.insert_outbox(&row, batch.lived())?;
        Ok(())
    }
}

// --- what others say ---

impl Xmpp {
    /// What somebody has said encrypted; `None` when that cannot be read, or is none of our business.
    pub(super) fn unseal_heard(
        &mut self,
        core: &mut Core,
        key: &Key,
        heard: &Heard,
    ) -> Result<Option<Heard>, store::Error> {
        if heard.message.sealed.is_none() || self.accounts.room_policy(&core.batch, key.0) == Encrypt::Off {
            return Ok(None);
        }
        if heard.author.is_none() {
            let level = core.batch.told.caused(("unknown", key.0.0), log::Level::Info, core.batch.now.mono);
            log::log!(
                level,
                "room {}: an encrypted message of somebody whose address is not known cannot be read",
                key.1
            );
            return Ok(None);
        }
        let Some(inbound) = self.unseal_in_room(core, key.0, heard)? else { return Ok(None) };
        let Some(message) = RoomMessage::of(&inbound) else { return Ok(None) };
        // Which ids count is decided already.
        let before = &heard.message;
        let (archive_id, occupant_id) = (before.archive_id.clone(), before.occupant_id.clone());
        let message = RoomMessage { archive_id, occupant_id, ..message };
        let room = self.rooms.entries.get(key).map(|entry| &entry.room);
        let is_to_us = room.is_some_and(|room| room.is_to_us(&message));
        Ok(Some(Heard { message, is_to_us, ..heard.clone() }))
    }
}

impl Xmpp {
    /// A bot that is to be spoken to encrypted only got plain words, where they need not be plain: whether that ends here.
    /// Whoever spoke to it is told, once a day, in the room: his client cannot read anything else.
    pub(super) fn refuse_plain_in_room(
        &mut self,
        batch: &mut Batch,
        key: &Key,
        heard: &Heard,
    ) -> Result<bool, store::Error> {
        let message = &heard.message;
        let is_said = message.body.is_some() || !message.attachments.is_empty();
        if message.is_decrypted || !is_said || self.accounts.room_policy(batch, key.0) != Encrypt::Required {
            return Ok(false);
        }
        if !self.rooms.is_private_room(key.0, &key.1) {
            return Ok(false);
        }
        log::debug!("room {}: plain text was not taken", key.1);
        if heard.is_to_us && !heard.is_history && self.is_in_room(key.0, &key.1) {
            self.hint_plain(batch, key, heard)?;
        }
        Ok(true)
    }

    fn hint_plain(&mut self, batch: &mut Batch, key: &Key, heard: &Heard) -> Result<(), store::Error> {
        let (Some(bot), Some(nick)) =
            (self.accounts.get(&key.0).and_then(|account| account.row.bot), heard.message.nick())
        else {
            return Ok(());
        };
        let who = heard.author.as_ref().map_or(nick, BareJid::as_str);
        if !batch.may_hint(bot, &format!("plain:{}:{who}", key.1), limits::ROOM_HINT_EVERY_S)? {
            return Ok(());
        }
        let text = texts::PLAIN_IN_ROOM.fill(batch.setup.settings.language, &[("nick", nick)]);
        let id = batch.new_message_id()?;
        let hint = Outbound::text(key.1.to_jid(), Kind::Groupchat, &id, &text).print();
        self.put_out_in_room(batch, (key.0, Some(bot)), &key.1, &id, hint)
    }
}
