//! What a bot's program does besides sending texts: files by their address (XEP-0066), reactions (XEP-0444), corrections
//! (XEP-0308) and retractions (XEP-0424) of what it said, chat states (XEP-0085), displayed markers (XEP-0333).
//!
//! All but chat states are stored like texts, under the same idempotency keys.

use crate::base::id::BotId;
use crate::base::jid::Jid;
use crate::base::json::Fields;
use crate::base::{crypto, limits};
use crate::core::batch::Trouble;
use crate::core::bridge::SpokenWhat;
use crate::core::channel::Doing;
use crate::core::failure::Failure;
use crate::core::handle::{Answer, ChatState, Keyboard, Kind, read_keyboard};
use crate::core::{Context, Core};
use crate::xmpp::message::is_emoji;

/// What a bot does besides sending a text.
#[derive(Clone, Debug)]
pub struct NewAction {
    /// For whom: a JID, or `owner@local`.
    pub to: Jid,
    /// Chat or groupchat.
    pub kind: Kind,
    /// What.
    pub action: BotAction,
    /// As in [`NewMessage`](crate::core::handle::NewMessage); chat states have none.
    pub idempotency_key: Option<String>,
}

/// What is done. Messages are named by the id that the update or the answer to sending gave.
#[derive(Clone, Debug)]
pub enum BotAction {
    /// `sendFile`.
    File {
        /// Where the file is: `https` or `http`.
        url: String,
        /// A text behind it.
        caption: Option<String>,
    },
    /// `sendReaction`.
    Reaction {
        /// The message.
        message_id: String,
        /// One emoji; empty takes it back.
        emoji: String,
    },
    /// `editMessage`, of the bot's own.
    Edit {
        /// The message.
        message_id: String,
        /// What it says from now on.
        text: String,
        /// The buttons beneath it from now on.
        keyboard: Option<Keyboard>,
    },
    /// The buttons beneath a message of the bot's own, from now on; `None` takes them away.
    Buttons {
        /// The message.
        message_id: String,
        /// They.
        keyboard: Option<Keyboard>,
    },
    /// `deleteMessage`, of the bot's own.
    Deletion {
        /// The message.
        message_id: String,
    },
    /// `markRead`.
    Read {
        /// The message; all before it count, too.
        message_id: String,
    },
    /// `sendChatAction`.
    State(ChatState),
}

impl BotAction {
    /// Reads `editMessage`: another text with the buttons beneath it, or with buttons alone only these.
    pub fn read_edit(fields: &Fields) -> Result<BotAction, Failure> {
        let message_id = fields.need_text("message_id")?.to_string();
        let keyboard = read_keyboard(fields)?;
        match fields.text("text")?.filter(|text| !text.is_empty()) {
            Some(text) => Ok(BotAction::Edit { message_id, text: text.to_string(), keyboard }),
            None if keyboard.is_some() => Ok(BotAction::Buttons { message_id, keyboard }),
            None => Err(fields.need_text("text").err().map_or(Failure::Internal, Failure::from)),
        }
    }
}

impl Context<'_> {
    /// Does it, or refuses it with the reason.
    pub(crate) fn act(&mut self, bot: BotId, act: &NewAction) -> Result<Answer, Trouble> {
        self.carry_out(bot, act, |core, message_id| {
            let what = || SpokenWhat::Action(Box::new(act.action.clone()));
            core.note_spoken(bot, (&act.to, act.kind), message_id, what);
        })
    }

    /// The same for what is not passed on to where its place is linked to; gives the id of what is said with it, or nothing.
    pub(crate) fn act_unheard(&mut self, bot: BotId, act: &NewAction) -> Result<String, Trouble> {
        Ok(match self.carry_out(bot, act, |_, _| {})? {
            Answer::Sent { message_id, .. } => message_id,
            _ => String::new(),
        })
    }

    fn carry_out(&mut self, bot: BotId, act: &NewAction, note: impl Fn(&mut Core, &str)) -> Result<Answer, Trouble> {
        check(&act.action)?;
        let sender = self.way(bot, &act.to)?;
        let channel = self.channels.of(&act.to.bare())?;
        if let BotAction::State(state) = act.action {
            channel.show(self.core, sender, &Doing { to: &act.to, kind: act.kind, state })?;
            return Ok(Answer::Done);
        }
        channel.check(self.core, sender, act)?;
        let hash = || crypto::sha256(format!("{}\0{:?}\0{:?}", act.to, act.kind, act.action).as_bytes());
        let key = act.idempotency_key.as_deref().map(|key| (key, hash()));
        self.core.act_once(bot, act, key, |core, message_id| {
            let encrypted = channel.act(core, sender, act, message_id)?;
            note(core, message_id);
            Ok(encrypted)
        })
    }
}

impl Core {
    /// Does what was checked; with the key comes the hash of all that was asked.
    pub(crate) fn act_once(
        &mut self,
        bot: BotId,
        act: &NewAction,
        key: Option<(&str, [u8; 32])>,
        carry_out: impl FnOnce(&mut Core, &str) -> Result<Option<bool>, Trouble>,
    ) -> Result<Answer, Trouble> {
        let says = matches!(act.action, BotAction::File { .. } | BotAction::Edit { .. });
        let (message_id, encrypted) = self.once(bot, key, |core, id| {
            if says {
                core.batch.check_messages(bot)?;
            }
            let encrypted = carry_out(core, id)?;
            core.updates.watching.note_done(bot, act);
            core.note_own_file(bot, act, id)?;
            if encrypted == Some(false) {
                core.batch.keep_done(bot, act, id)?;
            }
            Ok(encrypted)
        })?;
        Ok(match act.action {
            BotAction::File { .. } | BotAction::Edit { .. } | BotAction::Buttons { .. } => {
                Answer::Sent { message_id, encrypted }
            }
            _ => Answer::Done,
        })
    }
}

/// The id of a file's caption, so that it can be changed and goes with the file.
pub(crate) fn caption_id(file_id: &str) -> String {
    format!("{file_id}.caption")
}

/// What can be said to be wrong without looking anything up.
fn check(action: &BotAction) -> Result<(), Failure> {
    match action {
        BotAction::File { url, caption } => {
            check_url(url)?;
            check_text("caption", caption.as_deref().unwrap_or_default())
        }
        BotAction::Reaction { message_id, emoji } => {
            check_id(message_id)?;
            let is_fine = emoji.is_empty() || emoji.len() <= limits::REACTION_BYTES_MAX && is_emoji(emoji);
            let rule = "one emoji, like 👍; empty takes it back";
            if is_fine { Ok(()) } else { Err(Failure::invalid("reaction", rule)) }
        }
        BotAction::Edit { message_id, text, keyboard } => {
            check_id(message_id)?;
            check_text("text", text)?;
            keyboard.iter().try_for_each(Keyboard::check)
        }
        BotAction::Buttons { message_id, keyboard } => {
            check_id(message_id)?;
            keyboard.iter().try_for_each(Keyboard::check)
        }
        BotAction::Deletion { message_id } | BotAction::Read { message_id } => check_id(message_id),
        BotAction::State(_) => Ok(()),
    }
}

pub(crate) fn check_text(field: &str, text: &str) -> Result<(), Failure> {
    Failure::check_most(field, text.len(), limits::TEXT_BYTES_MAX, "bytes")
}

fn check_id(id: &str) -> Result<(), Failure> {
    Failure::check_most("message_id", id.len(), limits::MESSAGE_ID_BYTES_MAX, "bytes")
}

/// What clients will fetch: whatever else an address may mean to them is none of a bot's business.
fn check_url(url: &str) -> Result<(), Failure> {
    let rest = ["https://", "http://"].into_iter().find_map(|scheme| {
        let head = url.get(..scheme.len())?;
        head.eq_ignore_ascii_case(scheme).then(|| url.get(scheme.len()..))?
    });
    let has_host = rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['/', '?', '#', ':']));
    let is_fine = !url.contains(|c: char| c.is_whitespace() || c.is_control()) && url.len() <= limits::URL_BYTES_MAX;
    if has_host && is_fine {
        return Ok(());
    }
    let rule =
        format!("a web address of at most {} bytes, for example https://example.com/photo.jpg", limits::URL_BYTES_MAX);
    Err(Failure::invalid("url", rule))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_are_files() {
        for url in ["https://example.com/a.jpg", "HTTP://[::1]:80/", "https://exämple.org/ü?a=b#c"] {
            assert_eq!(check_url(url), Ok(()), "{url}");
        }
        let long = format!("https://example.com/{}", "a".repeat(limits::URL_BYTES_MAX));
        for url in
            ["", "ftp://a/b", "javascript:alert(1)", "https://", "https:///x", "https://a b", "http://a\n", &long]
        {
            assert!(check_url(url).is_err(), "{url}");
        }
    }
}
