//! What `getUpdates` brings.

use super::message::{Chat, Message, Person, read_message};
use super::place::{is, number, objects, text};
use crate::base::json::Fields;

/// One thing that happened.
#[derive(Debug)]
pub struct Update {
    /// Its number; those of a bot grow.
    pub id: i64,
    /// What happened.
    pub kind: Kind,
}

/// What can happen.
#[derive(Debug)]
pub enum Kind {
    /// Something was said, in a chat or a channel, or a service message says what happened there.
    Message(Box<Message>),
    /// Something that was said is otherwise now.
    Edited(Box<Message>),
    /// Somebody's emoji for a message are these now.
    Reacted(Box<Reacted>),
    /// Somebody pressed a button beneath a message.
    Pressed(Box<Pressed>),
    /// The bot itself came, went, or may do something else.
    Myself(Box<Member>),
    /// Somebody else did; only administrators hear of it.
    Member(Box<Member>),
    /// A kind we do not know, or one that could not be read.
    Other,
}

/// Emoji of one person for one message.
#[derive(Debug)]
pub struct Reacted {
    /// Where.
    pub chat: Chat,
    /// The message.
    pub message: i64,
    /// Who; an anonymous administrator and a channel are a chat.
    pub from: Option<Person>,
    /// The chat in whose name it is.
    pub by_chat: Option<Chat>,
    /// What there is from now on; a picture of Telegram's own is shown as ❤.
    pub emoji: Vec<String>,
    /// Unix time.
    pub at: i64,
}

/// A button that was pressed.
#[derive(Debug)]
pub struct Pressed {
    /// By which it is answered.
    pub id: String,
    /// Who.
    pub from: Person,
    /// The message it is beneath, and where, unless that is too old or elsewhere.
    pub message: Option<Box<Message>>,
    /// What the button says to the bot.
    pub data: Option<String>,
}

/// Who is what in a chat.
#[derive(Debug)]
pub struct Member {
    /// Where.
    pub chat: Chat,
    /// Who caused it.
    pub from: Option<Person>,
    /// Whom it is about.
    pub who: Person,
    /// What he was: creator, administrator, member, restricted, left, kicked.
    pub old: String,
    /// What he is.
    pub new: String,
    /// Unix time.
    pub at: i64,
}

/// The updates in the result of `getUpdates`, as [`super::read`] gave it. One that cannot be read is [`Kind::Other`].
pub fn read_updates(result: &Fields) -> Vec<Update> {
    let update = |fields: &Fields| Some(Update { id: number(fields, "update_id")?, kind: kind(fields) });
    objects(result, "result").iter().filter_map(update).collect()
}

fn kind(fields: &Fields) -> Kind {
    let message = |key: &str| fields.object(key).and_then(|fields| read_message(&fields)).map(Box::new);
    let said = ["message", "channel_post", "business_message", "guest_message"];
    if let Some(message) = said.iter().find_map(|key| message(key)) {
        return Kind::Message(message);
    }
    let edited = ["edited_message", "edited_channel_post", "edited_business_message"];
    if let Some(message) = edited.iter().find_map(|key| message(key)) {
        return Kind::Edited(message);
    }
    let object = |key: &str| fields.object(key);
    let found = object("message_reaction").and_then(|it| reacted(&it)).map(|it| Kind::Reacted(Box::new(it)));
    let found =
        found.or_else(|| object("callback_query").and_then(|it| pressed(&it)).map(|it| Kind::Pressed(Box::new(it))));
    let found =
        found.or_else(|| object("my_chat_member").and_then(|it| member(&it)).map(|it| Kind::Myself(Box::new(it))));
    let found = found.or_else(|| object("chat_member").and_then(|it| member(&it)).map(|it| Kind::Member(Box::new(it))));
    found.unwrap_or(Kind::Other)
}

fn reacted(fields: &Fields) -> Option<Reacted> {
    let emoji = |one: &Fields| match one.text("type").ok().flatten()? {
        "emoji" => text(one, "emoji"),
        _ => Some("❤".to_string()),
    };
    Some(Reacted {
        chat: Chat::read(&fields.object("chat")?)?,
        message: number(fields, "message_id")?,
        from: fields.object("user").and_then(|it| Person::read(&it)),
        by_chat: fields.object("actor_chat").and_then(|it| Chat::read(&it)),
        emoji: objects(fields, "new_reaction").iter().filter_map(emoji).collect(),
        at: number(fields, "date").unwrap_or(0),
    })
}

fn pressed(fields: &Fields) -> Option<Pressed> {
    Some(Pressed {
        id: text(fields, "id")?,
        from: Person::read(&fields.object("from")?)?,
        message: fields.object("message").and_then(|it| read_message(&it)).map(Box::new),
        data: text(fields, "data"),
    })
}

fn member(fields: &Fields) -> Option<Member> {
    let (old, new) = (fields.object("old_chat_member")?, fields.object("new_chat_member")?);
    // A restricted one may be there or not.
    let state = |of: &Fields| match of.text("status").ok().flatten()? {
        "restricted" if !is(of, "is_member") => Some("left".to_string()),
        state => Some(state.to_string()),
    };
    Some(Member {
        chat: Chat::read(&fields.object("chat")?)?,
        from: fields.object("from").and_then(|it| Person::read(&it)),
        who: Person::read(&new.object("user")?)?,
        old: state(&old)?,
        new: state(&new)?,
        at: number(fields, "date").unwrap_or(0),
    })
}

#[cfg(test)]
mod tests;
