//! Buttons on XMPP, in tiers within one message, so that every client has a way: numbered lines in the text; quick responses
//! (XEP-0439) and commands (XEP-0050) for clients that show them; and a keycap as a reaction (XEP-0444) presses, too. Where a
//! text is encrypted, the lines are in it, and the rest goes with it or not at all.

use crate::base::id::{AccountId, BotId};
use crate::base::jid::{BareJid, Jid};
use crate::channel::xmpp::Xmpp;
use crate::core::Core;
use crate::core::actions::NewAction;
use crate::core::batch::Trouble;
use crate::core::failure::Failure;
use crate::core::handle::{Encrypt, Keyboard, NewMessage, Press};
use crate::core::incoming::{Encryption, Wish, time_of};
use crate::core::keyboard::{Hint, Pressed, Shown};
use crate::store;
use crate::store::row::{ChannelName, ConversationKind, SentRow};
use crate::xmpp::adhoc::{self, Listed};
use crate::xmpp::message::{Inbound, Kind, Outbound, Pressable};
use crate::xmpp::muc::message::RoomMessage;

/// Node of the command that lists what can be pressed.
pub(crate) const NODE: &str = "buttons";
/// Before the name of one button, its node.
const NODE_OF_ONE: &str = "button/";

/// The node of one button.
pub(crate) fn node_of(name: &str) -> String {
    format!("{NODE_OF_ONE}{name}")
}

/// The button that a node stands for.
pub(crate) fn name_in(node: &str) -> Option<&str> {
    node.strip_prefix(NODE_OF_ONE)
}

/// What is said in a message with buttons, and what it offers besides.
pub(super) struct WithButtons {
    pub(super) text: String,
    pub(super) offer: Pressable,
}

impl Xmpp {
    /// Says a text with buttons.
    pub(super) fn say_with_buttons(
        &mut self,
        core: &mut Core,
        by: (AccountId, BotId),
        new: &NewMessage,
        keyboard: &Keyboard,
        id: &str,
    ) -> Result<(), Trouble> {
        let shown = self.with_buttons(core, by, (&new.to, new.kind), (&new.text, id), Some(keyboard));
        let said = NewMessage { text: shown.text, keyboard: None, ..new.clone() };
        match new.kind {
            Kind::Groupchat => self.post_to_room(core, by.0, by.1, &said, id)?,
            _ => {
                let outbound = self.accounts.text_of(&core.batch, by.0, &said, id)?.offering(shown.offer);
                self.send_tracked(core, by, &new.to, (id, None), outbound)?;
            }
        }
        self.keep_buttons(core, by, (&new.to, new.kind), (&new.text, id, id), Some(keyboard))
    }

    /// A text with its buttons in words, and what stands beside it; `shown_id` is the stanza's.
    pub(super) fn with_buttons(
        &self,
        core: &Core,
        (account, _): (AccountId, BotId),
        (to, kind): (&Jid, Kind),
        (text, shown_id): (&str, &str),
        keyboard: Option<&Keyboard>,
    ) -> WithButtons {
        let place = self.kind_of(account, to, kind);
        let whole = core.batch.with_buttons(text, keyboard, Hint::of(place));
        let Some(keyboard) = keyboard.filter(|keyboard| place != ConversationKind::Room && keyboard.has_presses())
        else {
            return WithButtons { text: whole, offer: Pressable::default() };
        };
        let mut offer = Pressable { words: whole.chars().count() - text.chars().count(), ..Pressable::default() };
        let mut listed = Vec::new();
        for (number, button) in keyboard.numbered() {
            let name = format!("{shown_id}/{number}");
            listed.push(Listed { node: node_of(&name), name: button.text.clone() });
            match button.press {
                Press::Say => offer.responses.push(button.text.clone()),
                _ => offer.actions.push((name, button.text.clone())),
            }
        }
        // Others than the owner have no commands at a person's account.
        let has_commands = place == ConversationKind::Chat
            && (self.accounts.is_bots_own(account) || self.accounts.is_self_chat(account, &to.bare()));
        let own = self.accounts.get(&account).filter(|_| has_commands);
        let us = own.and_then(|account| account.row.jid.with_resource(&account.row.resource).ok());
        offer.commands = us.map(|us| adhoc::build_list(&us, &listed));
        WithButtons { text: whole, offer }
    }

    /// Remembers the buttons of what just went out, in the place of those that the message had.
    pub(super) fn keep_buttons(
        &self,
        core: &mut Core,
        (account, bot): (AccountId, BotId),
        (to, kind): (&Jid, Kind),
        (text, message_id, shown_id): (&str, &str, &str),
        keyboard: Option<&Keyboard>,
    ) -> Result<(), Trouble> {
        let kind = self.kind_of(account, to, kind);
        let shown = Shown {
            bot,
            account: Some(account),
            address: if kind == ConversationKind::Private { to.as_str() } else { to.bare_str() },
            kind,
            message_id,
            shown_id,
            text,
            is_encrypted: self.crypt.was_sealed(shown_id) != Some(false),
        };
        Ok(core.change_keyboard(&shown, keyboard)?)
    }

    /// What an edit is about, and the text and the buttons from now on.
    pub(super) fn edited(&self, core: &mut Core, row: &SentRow, text: Option<&str>) -> Result<String, Trouble> {
        if row.deleted {
            return Err(Failure::Conflict(format!("the message {} was deleted", row.message_id)).into());
        }
        match text {
            Some(text) => Ok(text.to_string()),
            None => core.text_above(row.bot, &row.message_id),
        }
    }

    /// Changes a message in a chat, its text or only its buttons.
    pub(super) fn edit_with_buttons(
        &mut self,
        core: &mut Core,
        by: (AccountId, BotId),
        act: &NewAction,
        (message_id, new_id): (&str, &str),
        (text, keyboard): (Option<&str>, Option<&Keyboard>),
    ) -> Result<(), Trouble> {
        let row = self.rooms.own_message(&core.batch, by, &act.to, message_id)?;
        let text = self.edited(core, &row, text)?;
        let place = (&act.to, act.kind);
        let shown = self.with_buttons(core, by, place, (&text, new_id), keyboard);
        // XEP-0308 §4: every correction names the message as it was sent first.
        let outbound = Outbound::text(act.to.clone(), act.kind, new_id, &shown.text).replacing(&row.message_id);
        let ids = (new_id, Some(row.message_id.as_str()));
        match act.kind {
            Kind::Groupchat => self.say_in_room(core, by, &act.to.bare(), ids, &outbound)?,
            _ => self.send_tracked(core, by, &act.to, ids, outbound.offering(shown.offer))?,
        }
        self.keep_buttons(core, by, place, (&text, &row.message_id, new_id), keyboard)
    }

    fn kind_of(&self, account: AccountId, to: &Jid, kind: Kind) -> ConversationKind {
        match kind {
            Kind::Groupchat => ConversationKind::Room,
            _ if !to.is_bare() && self.rooms.is_room(account, &to.bare()) => ConversationKind::Private,
            _ => ConversationKind::Chat,
        }
    }
}

// --- what is pressed ---

impl Xmpp {
    /// Whether something in plain text may press a button: not of an account that takes encrypted messages only.
    pub(crate) fn takes_plain_press(&self, core: &Core, account: AccountId) -> bool {
        self.accounts.policy(&core.batch, account) != Encrypt::Required
    }

    /// By whom something in a chat is pressed.
    pub(super) fn pressing(&self, core: &Core, account: AccountId, own: &BareJid, message: &Inbound) -> Pressed {
        Pressed::by(&self.incoming(&core.batch, account, own, message))
    }

    /// Somebody reacts in a chat: what is left when buttons have taken theirs; `None`: none was meant.
    pub(super) fn press_by_reaction(
        &mut self,
        core: &mut Core,
        (account, bot): (AccountId, BotId),
        own: &BareJid,
        message: &Inbound,
    ) -> Result<Option<Vec<String>>, store::Error> {
        let Some(reactions) = &message.reactions else { return Ok(None) };
        if !message.is_decrypted && !self.takes_plain_press(core, account) {
            return Ok(None);
        }
        let by = self.pressing(core, account, own, message);
        core.press_by_reaction(bot, (&reactions.id, &reactions.emoji), by)
    }

    /// Somebody selected an action (XEP-0439) in a chat.
    pub(super) fn press_by_action(
        &mut self,
        core: &mut Core,
        account: AccountId,
        own: &BareJid,
        message: &Inbound,
    ) -> Result<(), store::Error> {
        let Some(name) = &message.action else { return Ok(()) };
        if !message.is_decrypted && !self.takes_plain_press(core, account) {
            return Ok(());
        }
        let by = self.pressing(core, account, own, message);
        core.press_by_name(name, by).map(drop)
    }

    /// Somebody reacts to the message `id` in a room: gives the bots whose buttons were not meant.
    pub(super) fn press_in_room(
        &mut self,
        core: &mut Core,
        (account, room): &(AccountId, BareJid),
        message: &RoomMessage,
        (id, bots): (&str, &[BotId]),
    ) -> Result<Vec<BotId>, store::Error> {
        let is_plain = !message.is_decrypted && self.rooms.is_private_room(*account, room);
        let Some(reactions) =
            message.reactions.as_ref().filter(|_| !is_plain || self.takes_plain_press(core, *account))
        else {
            return Ok(bots.to_vec());
        };
        let own = self.accounts.own_jid(*account).unwrap_or_else(|| room.clone());
        let mut left = Vec::new();
        for bot in bots {
            let by = Pressed {
                kind: ConversationKind::Room,
                at: time_of(message.stamp_ms, core.batch.now.unix()),
                encryption: message.is_decrypted.then(Encryption::default),
                ..Pressed::on_xmpp(*account, message.from.clone(), own.clone())
            };
            let pressed = core.press_by_reaction(*bot, (id, &reactions.emoji), by)?;
            left.extend(pressed.is_none_or(|left| !left.is_empty()).then_some(*bot));
        }
        Ok(left)
    }

    /// Somebody chose a button in a menu. Gives what it says; `None`: it is gone, or not his.
    pub(crate) fn press_by_menu(
        &mut self,
        core: &mut Core,
        account: AccountId,
        who: &BareJid,
        name: &str,
    ) -> Result<Option<String>, store::Error> {
        let Some(own) = self.accounts.own_jid(account).filter(|_| self.takes_plain_press(core, account)) else {
            return Ok(None);
        };
        let at = core.batch.now.unix();
        core.press_by_name(name, Pressed { at, ..Pressed::on_xmpp(account, who.to_jid(), own) })
    }
}

impl Pressed {
    /// In a chat, in plain text; what is pressed is still to be found.
    fn on_xmpp(account: AccountId, from: Jid, to: BareJid) -> Pressed {
        Pressed {
            channel: ChannelName::XMPP,
            account: Some(account),
            kind: ConversationKind::Chat,
            from,
            to,
            message_id: String::new(),
            data: String::new(),
            text: None,
            at: 0,
            encryption: None,
            wish: Wish::default(),
            native: None,
        }
    }
}
