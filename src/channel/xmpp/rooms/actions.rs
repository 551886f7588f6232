//! What bots do in rooms besides saying texts: files, reactions (XEP-0444), corrections (XEP-0308), retractions
//! (XEP-0424), markers (XEP-0333), chat states (XEP-0085). Like texts they wait until the room has shown them.
//!
//! Reactions, replies, retractions and markers mean a message by the id the room gave it; for the bot's own that is
//! known once the room has shown it.

use super::Key;
use crate::base::id::{self, AccountId, BotId};
use crate::base::jid::{BareJid, Jid};
use crate::channel::xmpp::Xmpp;
use crate::channel::xmpp::outgoing::{caption_id, unknown_message, worded};
use crate::channel::xmpp::rooms::Rooms;
use crate::core::actions::{BotAction, NewAction};
use crate::core::batch::{Batch, Trouble};
use crate::core::failure::Failure;
use crate::core::kinds::UpdateKind;
use crate::core::{Core, texts};
use crate::store;
use crate::store::row::{Conversation, Progress, SentRow};
use crate::xmpp::message::{ChatState, Kind, Outbound, Reactions};

impl Xmpp {
    /// Does something in a room, but chat states.
    pub(crate) fn act_in_room(
        &mut self,
        core: &mut Core,
        by: (AccountId, BotId),
        act: &NewAction,
        new_id: &str,
    ) -> Result<(), Trouble> {
        let key = (by.0, act.to.bare());
        let (room, to) = (&key.1, key.1.to_jid());
        if let BotAction::Reaction { message_id, .. } | BotAction::Read { message_id } = &act.action
            && self.rooms.is_member(&key, by.1)
            && core.batch.said_in_room(&key, message_id)?.is_none()
            && core.batch.store.find_heard(key.0, room, message_id)?.is_none()
        {
            return Err(unknown_message(message_id, &to).into());
        }
        let outbound = match &act.action {
            BotAction::File { url, caption } => {
                self.say_in_room(
                    core,
                    by,
                    room,
                    (new_id, None),
                    &Outbound::file(to.clone(), Kind::Groupchat, new_id, url),
                )?;
                let Some(text) = caption else { return Ok(()) };
                let id = caption_id(new_id);
                return self.say_in_room(core, by, room, (&id, None), &Outbound::text(to, Kind::Groupchat, &id, text));
            }
            BotAction::Edit { message_id, text, keyboard } => {
                let meant = worded(core, by.0, message_id)?;
                return self.edit_with_buttons(core, by, act, (&meant, new_id), (Some(text), keyboard.as_ref()));
            }
            BotAction::Buttons { message_id, keyboard } => {
                return self.edit_with_buttons(core, by, act, (message_id, new_id), (None, keyboard.as_ref()));
            }
            BotAction::Deletion { message_id } => return self.delete_in_room(core, by, act, message_id, new_id),
            BotAction::Reaction { message_id, emoji } => {
                let emoji = Some(emoji.clone()).filter(|emoji| !emoji.is_empty()).into_iter().collect();
                let reactions = Reactions { id: core.batch.room_id_of(&key, message_id)?, emoji };
                Outbound::reactions(to, Kind::Groupchat, new_id, &reactions)
            }
            BotAction::Read { message_id } => {
                Outbound::displayed(to, Kind::Groupchat, new_id, &core.batch.room_id_of(&key, message_id)?)
            }
            BotAction::State(_) => return Ok(()),
        };
        self.enqueue_to_room(core, (by.0, by.1), room, new_id, &outbound)
    }

    /// Puts what a bot says into the outbox, to be corrected, taken back and followed later. `original` is the message
    /// whose place it takes.
    pub(in crate::channel::xmpp) fn say_in_room(
        &mut self,
        core: &mut Core,
        (account, bot): (AccountId, BotId),
        room: &BareJid,
        (message_id, original): (&str, Option<&str>),
        outbound: &Outbound,
    ) -> Result<(), Trouble> {
        let is_followed = core.batch.bot(bot)?.kinds.has(UpdateKind::MessageState);
        self.enqueue_to_room(core, (account, bot), room, message_id, outbound)?;
        let row = SentRow {
            original: original.map(str::to_string),
            progress: if is_followed { Progress::Accepted } else { Progress::Untracked },
            ..SentRow::new((account, bot), &room.to_jid(), message_id, core.batch.now.unix())
        };
        core.batch.store.insert_sent(&Conversation::room(account, bot, room), &row, core.batch.lived())?;
        Ok(core.batch.note_message(bot)?)
    }

    /// Takes a message back, a file with its caption.
    fn delete_in_room(
        &mut self,
        core: &mut Core,
        by: (AccountId, BotId),
        act: &NewAction,
        message_id: &str,
        new_id: &str,
    ) -> Result<(), Trouble> {
        let key = (by.0, act.to.bare());
        let row = self.rooms.own_message(&core.batch, by, &key.1.to_jid(), message_id)?;
        core.drop_keyboard(by.1, &row.message_id)?;
        let caption = core.batch.said_in_room(&key, &caption_id(&row.message_id))?;
        let all = [(Some(row), new_id.to_string()), (caption, caption_id(new_id))];
        let mut named = Vec::new();
        for (row, id) in all {
            if let Some(row) = row.filter(|row| !row.deleted) {
                named.push((row.id, core.batch.room_id_of(&key, &row.message_id)?, id));
            }
        }
        let text = texts::RETRACTED.fill(core.batch.setup.settings.language, &[]);
        for (row, room_id, id) in named {
            let outbound = Outbound::retraction(key.1.to_jid(), Kind::Groupchat, &id, &room_id, &text);
            self.enqueue_to_room(core, (by.0, by.1), &key.1, &id, &outbound)?;
            core.batch.store.store_deleted(row)?;
        }
        Ok(())
    }
}

impl Xmpp {
    /// Shows all in a room what the bot does. It means nothing a moment later, so it is not kept.
    pub(crate) fn show_state_in_room(
        &mut self,
        batch: &mut Batch,
        (account, bot): (AccountId, BotId),
        to: &Jid,
        state: ChatState,
    ) -> Result<(), Failure> {
        let key = (account, to.bare());
        if !self.rooms.is_member(&key, bot) {
            return Err(batch.not_in_room(&key));
        }
        let is_there = self.rooms.entries.get(&key).is_some_and(|entry| entry.room.is_joined());
        if is_there && self.accounts.get(&account).is_some_and(|account| account.is_online) {
            let outbound = Outbound::chat_state(key.1.to_jid(), Kind::Groupchat, &id::uuid(batch.random()), state);
            self.accounts.tell_session(batch, account, outbound.print());
        }
        Ok(())
    }
}

impl Rooms {
    /// Who in the room said what is answered (XEP-0461 §3).
    pub(super) fn author_in_room(
        &self,
        batch: &Batch,
        key: &Key,
        message_id: &str,
    ) -> Result<Option<Jid>, store::Error> {
        if batch.said_in_room(key, message_id)?.is_some() {
            let us = self.entries.get(key).map(|entry| entry.room.nick());
            return Ok(us.and_then(|nick| key.1.with_resource(nick).ok()));
        }
        let row = batch.store.find_heard(key.0, &key.1, message_id)?;
        Ok(row.and_then(|row| key.1.with_resource(&row.nick).ok()))
    }
}

impl Batch {
    /// A bot is not where it wants to do something.
    pub(super) fn not_in_room(&self, key: &Key) -> Failure {
        let why = format!("the bot is not in the room {}; call joinRoom first", key.1);
        Failure::Remote { what: "send_failed", why }
    }

    /// The id by which a room knows a message: of the bots' own the one it gave, of others the one that bots are told.
    pub(super) fn room_id_of(&self, key: &Key, message_id: &str) -> Result<String, Trouble> {
        let Some(row) = self.said_in_room(key, message_id)? else { return Ok(message_id.to_string()) };
        if let Some(room_id) = row.room_id {
            return Ok(room_id);
        }
        let is_waiting = self.store.is_omemo_waiting(key.0, message_id)?;
        if is_waiting || self.store.find_outbox(key.0, Some(&key.1), message_id)?.is_some() {
            return Err(Failure::Busy { retry_after_s: 1 }.into());
        }
        let why = "the room gives its messages no ids by which they could be named".to_string();
        Err(Failure::Remote { what: "send_failed", why }.into())
    }
}

impl Rooms {
    /// What the bot itself said to somebody, as it was sent first: nobody else's may be changed.
    pub(crate) fn own_message(
        &self,
        batch: &Batch,
        (account, bot): (AccountId, BotId),
        to: &Jid,
        message_id: &str,
    ) -> Result<SentRow, Trouble> {
        let missing = || {
            let text = format!("this bot sent no message {message_id}, or so long ago that it is not remembered");
            Trouble::Failure(Failure::NotFound(text))
        };
        let find = |id: &str| -> Result<SentRow, Trouble> {
            batch.store.find_sent(account, id)?.filter(|row| row.bot == bot).ok_or_else(missing)
        };
        let mut row = find(message_id)?;
        if let Some(original) = &row.original {
            row = find(original)?;
        }
        // What was said to all in a room is nothing to be changed for one there.
        let is_same = row.recipient.bare_str() == to.bare_str();
        let is_room = self.is_room(account, &to.bare());
        if !is_same || is_room && row.recipient != *to {
            return Err(Failure::invalid("to", "the recipient of that message").into());
        }
        Ok(row)
    }
}
