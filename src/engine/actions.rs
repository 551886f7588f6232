//! What a bot's program does besides sending texts: files by their address (XEP-0066), reactions (XEP-0444), corrections
//! (XEP-0308) and retractions (XEP-0424) of what it said, chat states (XEP-0085), displayed markers (XEP-0333).
//!
//! All but chat states are stored like texts, under the same idempotency keys.

use crate::base::crypto;
use crate::base::id::{AccountId, BotId};
use crate::base::jid::Jid;
use crate::base::limits;
use crate::engine::channel::{Doing, Way};
use crate::engine::failure::Failure;
use crate::engine::handle::Answer;
use crate::engine::texts;
use crate::engine::{Engine, Trouble};
use crate::store::row::SentRow;
use crate::xmpp::message::{ChatState, Kind, Outbound, Reactions, is_emoji};

/// What a bot does besides sending a text.
#[derive(Clone, Debug)]
pub struct NewAction {
    /// For whom: a JID, or `owner@local`.
    pub to: Jid,
    /// Chat or groupchat.
    pub kind: Kind,
    /// What.
    pub action: BotAction,
    /// As in [`NewMessage`](crate::engine::handle::NewMessage); chat states have none.
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

impl Engine {
    /// Does it, or refuses it with the reason.
    pub(super) fn act(&mut self, bot: BotId, act: &NewAction) -> Result<Answer, Trouble> {
        check(&act.action)?;
        let way = self.way(bot, &act.to)?;
        if let BotAction::State(state) = act.action {
            (way.channel.show)(self, way.sender, &Doing { to: &act.to, kind: act.kind, state })?;
            return Ok(Answer::Done);
        }
        self.check_caption(bot, act)?;
        let hash = crypto::sha256(format!("{}\0{:?}\0{:?}", act.to, act.kind, act.action).as_bytes());
        self.carry_out(bot, act, way, &hash)
    }

    /// Does what was checked; `hash` is of all that was asked.
    pub(super) fn carry_out(
        &mut self,
        bot: BotId,
        act: &NewAction,
        way: Way,
        hash: &[u8; 32],
    ) -> Result<Answer, Trouble> {
        let (message_id, encrypted) = self.once(bot, act.idempotency_key.as_deref(), hash, |engine, message_id| {
            (way.channel.act)(engine, way.sender, act, message_id)
        })?;
        Ok(match act.action {
            BotAction::File { .. } | BotAction::Edit { .. } => Answer::Sent { message_id, encrypted },
            _ => Answer::Done,
        })
    }

    pub(super) fn act_for(&mut self, by: (AccountId, BotId), act: &NewAction, new_id: &str) -> Result<(), Trouble> {
        let (account, bot) = by;
        let (to, kind) = (act.to.clone(), act.kind);
        match &act.action {
            BotAction::File { url, caption } => {
                self.send_tracked(by, &act.to, new_id, Outbound::file(to, kind, new_id, url), None)?;
                match caption {
                    Some(text) => self.send_caption(by, &act.to, kind, new_id, text),
                    None => Ok(()),
                }
            }
            BotAction::Reaction { message_id, emoji } => {
                self.check_known(by, &act.to, message_id)?;
                let emoji = Some(emoji.clone()).filter(|emoji| !emoji.is_empty()).into_iter().collect();
                let reactions = Reactions { id: message_id.clone(), emoji };
                self.enqueue(account, Some(bot), &act.to, new_id, Outbound::reactions(to, kind, new_id, &reactions))
            }
            BotAction::Edit { message_id, text } => {
                let row = self.xmpp.rooms.own_message(&self.batch, by, &act.to, message_id)?;
                if row.deleted {
                    return Err(Failure::Conflict(format!("the message {message_id} was deleted")).into());
                }
                // XEP-0308 §4: every correction names the message as it was sent first.
                let outbound = Outbound::text(to, kind, new_id, text).replacing(&row.message_id);
                self.send_tracked(by, &act.to, new_id, outbound, Some(&row.message_id))
            }
            BotAction::Deletion { message_id } => {
                let row = self.xmpp.rooms.own_message(&self.batch, by, &act.to, message_id)?;
                self.retract(by, act, new_id, &row)?;
                match self.batch.store.find_sent(account, &caption_id(&row.message_id))? {
                    Some(caption) => self.retract(by, act, &caption_id(new_id), &caption),
                    None => Ok(()),
                }
            }
            BotAction::Read { message_id } => {
                self.check_known(by, &act.to, message_id)?;
                self.batch.store.delete_unread(bot, &act.to.bare().to_jid(), message_id)?;
                self.enqueue(account, Some(bot), &act.to, new_id, Outbound::displayed(to, kind, new_id, message_id))
            }
            BotAction::State(_) => Ok(()),
        }
    }

    /// A caption is a message of its own, behind the file: clients show a picture only when the body is its address.
    fn send_caption(
        &mut self,
        by: (AccountId, BotId),
        to: &Jid,
        kind: Kind,
        file_id: &str,
        text: &str,
    ) -> Result<(), Trouble> {
        let id = caption_id(file_id);
        self.send_tracked(by, to, &id, Outbound::text(to.clone(), kind, &id, text), None)
    }

    /// Takes a message back; what is taken back already stays so.
    fn retract(&mut self, by: (AccountId, BotId), act: &NewAction, new_id: &str, row: &SentRow) -> Result<(), Trouble> {
        if row.deleted {
            return Ok(());
        }
        let text = texts::RETRACTED.fill(self.batch.setup.settings.language, &[]);
        let outbound = Outbound::retraction(act.to.clone(), act.kind, new_id, &row.message_id, &text);
        self.enqueue(by.0, Some(by.1), &act.to, new_id, outbound)?;
        Ok(self.batch.store.store_deleted(row.id)?)
    }

    /// A message that a bot names must be one that it was told or has sent, in this conversation.
    fn check_known(&self, (account, bot): (AccountId, BotId), to: &Jid, message_id: &str) -> Result<(), Trouble> {
        let is_same = |row: &SentRow| row.bot == bot && row.recipient.bare_str() == to.bare_str();
        let is_known = self.batch.store.was_told(account, bot, &to.bare(), message_id)?
            || self.batch.store.find_sent(account, message_id)?.is_some_and(|row| is_same(&row))
            // What occupants say to the bot alone is not remembered.
            || self.xmpp.rooms.is_room(account, &to.bare());
        if is_known { Ok(()) } else { Err(unknown_message(message_id, to).into()) }
    }
}

/// A bot names a message that it does not know.
pub(super) fn unknown_message(message_id: &str, place: &Jid) -> Failure {
    let text = format!(
        "this bot has neither sent a message {message_id} to {place} nor was it told one from there within the last \
         {} days; take `stanza_id` of an update or `message_id` of an answer",
        limits::SEEN_RETENTION.as_secs() / (24 * 3600)
    );
    Failure::NotFound(text)
}

/// The id of a file's caption, so that it can be changed and goes with the file.
pub(super) fn caption_id(file_id: &str) -> String {
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
        BotAction::Edit { message_id, text } => {
            check_id(message_id)?;
            check_text("text", text)
        }
        BotAction::Deletion { message_id } | BotAction::Read { message_id } => check_id(message_id),
        BotAction::State(_) => Ok(()),
    }
}

pub(super) fn check_text(field: &str, text: &str) -> Result<(), Failure> {
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
