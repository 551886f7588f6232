//! What a bot's program is told, as it waits in the queue: the one place that spells it. Faces print it, each in its
//! dialect; that of `getUpdates` and of webhooks has the same members (docs/api.md lists them).

pub(crate) mod read;

use crate::base::jid::{BareJid, Jid};
use crate::base::json::{self, Object};
use crate::core::incoming::{Encryption, Incoming};
use crate::core::keyboard::Pressed;
use crate::store::row::{AskRow, ConversationKind, FileRow, KeyRow};

/// What an update that is about a message has.
pub(crate) struct About<'a> {
    /// Who did it.
    pub(crate) from: &'a str,
    /// To whom.
    pub(crate) to: &'a str,
    /// The message.
    pub(crate) message_id: &'a str,
    /// Unix time.
    pub(crate) at: i64,
    /// In which room, under which nick.
    pub(crate) room: Option<(&'a str, Option<&'a str>)>,
}

/// Why a message was taken back by a room's moderators, where they did it.
pub(crate) type Moderated<'a> = Option<Option<&'a str>>;

/// Something said. `correction_of` is what it takes the place of, `files` are spelled already.
pub(crate) fn message(said: &Incoming<'_>, body: &str, correction_of: Option<&str>, files: &[String]) -> String {
    let kind = if said.kind == ConversationKind::Room { "groupchat" } else { "chat" };
    // DinoX's members in its order; ours come behind.
    let data = Object::new()
        .text("from", said.from.as_str())
        .text("to", said.to.as_str())
        .text("body", body)
        .text("type", kind)
        .text("stanza_id", &said.id)
        .number("timestamp", said.at);
    let data = placed(data, said.kind, &said.from, said.encryption.as_ref());
    let data = if said.is_mentioned { data.truth("mentioned", true) } else { data };
    let data = data.text_if("correction_of", correction_of).text_if("reply_to", said.reply_to.as_deref());
    let data = match files {
        [] => data,
        [one] => data.raw("attachment", one),
        [first, ..] => data.raw("attachment", first).raw("attachments", &json::array(files.iter().cloned())),
    };
    data.end()
}

/// A button that was pressed; `id` is that by which the press can be answered.
pub(crate) fn callback_query(id: &str, pressed: &Pressed) -> String {
    let kind = if pressed.kind == ConversationKind::Room { "groupchat" } else { "chat" };
    let data = Object::new()
        .text("id", id)
        .text("from", pressed.from.as_str())
        .text("to", pressed.to.as_str())
        .text("message_id", &pressed.message_id)
        .text("data", &pressed.data)
        .text_if("text", pressed.text.as_deref())
        .text("type", kind)
        .number("timestamp", pressed.at);
    placed(data, pressed.kind, &pressed.from, pressed.encryption.as_ref()).end()
}

/// In which room and under which nick, and how it was encrypted.
fn placed(data: Object, kind: ConversationKind, from: &Jid, encryption: Option<&Encryption>) -> Object {
    let data = match kind {
        ConversationKind::Chat => data,
        ConversationKind::Room | ConversationKind::Private => {
            data.text("room", from.bare_str()).text_if("nick", from.resource())
        }
    };
    let Some(encryption) = encryption else { return data };
    let data = data.truth("encrypted", true);
    data.text_if("fingerprint", encryption.fingerprint.as_deref()).text_if("trust", encryption.trust)
}

/// Emoji for a message.
pub(crate) fn reaction(about: &About<'_>, emoji: &[String]) -> String {
    let quoted = emoji.iter().map(|emoji| {
        let mut out = String::new();
        json::quote(&mut out, emoji);
        out
    });
    ended(begun(about).raw("reactions", &json::array(quoted)), about)
}

/// A message was taken back.
pub(crate) fn retraction(about: &About<'_>, moderated: Moderated<'_>) -> String {
    let data = match moderated {
        Some(reason) => begun(about).truth("moderated", true).text_if("reason", reason),
        None => begun(about),
    };
    ended(data, about)
}

/// How far a message of the bot has come; `at` is Unix time.
pub(crate) fn message_state(message_id: &str, to: &str, (state, error): (&str, Option<&str>), at: i64) -> String {
    let data = Object::new().text("message_id", message_id).text("to", to).text("state", state);
    data.text_if("error", error).number("timestamp", at).end()
}

/// The identity key of a device at its first sight.
pub(crate) struct Key<'a> {
    pub(crate) row: &'a KeyRow,
    /// How far it is trusted.
    pub(crate) standing: &'a str,
    /// It came in the place of another.
    pub(crate) is_changed: bool,
    /// Unix time.
    pub(crate) at: i64,
    /// Of the key.
    pub(crate) fingerprint: &'a str,
}

/// A key that was not known before.
pub(crate) fn omemo_key(key: &Key<'_>) -> String {
    Object::new()
        .text("jid", key.row.jid.as_str())
        .number("device", key.row.device.into())
        .text("fingerprint", key.fingerprint)
        .text("standing", key.standing)
        .truth("changed", key.is_changed)
        .number("timestamp", key.at)
        .end()
}

/// A question to people is over; `at` is Unix time.
pub(crate) fn ask_answered(row: &AskRow, at: i64) -> String {
    let data = Object::new().number("ask_id", row.id).text("status", row.status.as_str());
    let Some(answer) = &row.answer else { return data.number("timestamp", at).end() };
    let data = data.text("answer", &answer.text);
    let option = answer.option.and_then(|option| i64::try_from(option).ok());
    let data = option.into_iter().fold(data, |data, option| data.number("option", option));
    let data = data.text("by", &answer.by).text("message_id", &answer.message_id).truth("encrypted", answer.encrypted);
    data.text_if("trust", answer.trust.as_deref()).number("timestamp", answer.at).end()
}

/// The bot is in a room; `at` is Unix time.
pub(crate) fn room_joined(room: &BareJid, nick: &str, inviter: Option<&BareJid>, at: i64) -> String {
    let data = Object::new().text("room", room.as_str()).text("nick", nick);
    data.text_if("invited_by", inviter.map(BareJid::as_str)).number("timestamp", at).end()
}

/// The bot is in a room no more; `at` is Unix time.
pub(crate) fn room_left(room: &BareJid, why: &str, at: i64) -> String {
    Object::new().text("room", room.as_str()).text("reason", why).number("timestamp", at).end()
}

/// A file of a message; `url` as its sender gave it, with `file_id` where it can be fetched.
pub(crate) fn file(row: &FileRow, url: &str, file_id: Option<&str>, description: Option<&str>) -> String {
    let data = Object::new()
        .text("url", url)
        .text_if("file_id", file_id)
        .text_if("name", row.name.as_deref())
        .text_if("type", row.media_type.as_deref())
        .text_if("description", description);
    row.size.into_iter().fold(data, |data, size| data.number("size", size)).end()
}

fn begun(about: &About<'_>) -> Object {
    Object::new().text("from", about.from).text("to", about.to).text("message_id", about.message_id)
}

fn ended(data: Object, about: &About<'_>) -> String {
    let data = data.number("timestamp", about.at);
    match about.room {
        Some((room, nick)) => data.text("type", "groupchat").text("room", room).text_if("nick", nick).end(),
        None => data.end(),
    }
}
