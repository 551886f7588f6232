//! Messages, people, rooms and updates as Telegram's Bot API spells them. Numbers come from the engine; formatting is read
//! from the styling that texts have inside (XEP-0393).

use crate::base::json::{self, Object};
use crate::base::rich::Rich;
use crate::core::handle::{
    Button, Keyboard, KeyboardKind, NumberedBot, NumberedChat, NumberedEvent, NumberedFile, NumberedMember,
    NumberedMessage, NumberedUpdate, Press, Standing,
};

use super::wire::user_of_bot;

/// An `Update`.
pub(super) fn update(bot: &NumberedBot, update: &NumberedUpdate) -> String {
    let event = match &update.event {
        NumberedEvent::Said(said) => message(bot, said),
        NumberedEvent::Edited(said) => message(bot, said).number("edit_date", said.at),
        NumberedEvent::Reacted { chat, from, message, emoji, at } => {
            let new = json::array(emoji.iter().map(|one| Object::new().text("type", "emoji").text("emoji", one).end()));
            Object::new()
                .raw("chat", &chat_of(chat).end())
                .number("message_id", *message)
                .raw("user", &user(from).end())
                .number("date", *at)
                .raw("old_reaction", "[]")
                .raw("new_reaction", &new)
        }
        NumberedEvent::Pressed { id, from, message: said, data } => Object::new()
            .text("id", id)
            .raw("from", &user(from).end())
            .raw("message", &message(bot, said).end())
            .text("chat_instance", &said.chat.number.to_string())
            .text("data", data),
        NumberedEvent::Room { chat, by, is_in, at } => {
            let own = user_of_bot(bot);
            let member = |status: &str| Object::new().text("status", status).raw("user", &own.clone().end()).end();
            let (before, after) = if *is_in { ("left", "member") } else { ("member", "left") };
            Object::new()
                .raw("chat", &chat_of(chat).end())
                .raw("from", &by.as_ref().map_or_else(|| own.clone(), user).end())
                .number("date", *at)
                .raw("old_chat_member", &member(before))
                .raw("new_chat_member", &member(after))
        }
    };
    Object::new().number("update_id", update.id.0).raw(update.event.as_str(), &event.end()).end()
}

/// A `Message`.
pub(super) fn message(bot: &NumberedBot, said: &NumberedMessage) -> Object {
    let from = said.from.as_ref().map_or_else(|| user_of_bot(bot), user).end();
    let mut object = Object::new()
        .number("message_id", said.number)
        .raw("from", &from)
        .raw("chat", &chat_of(&said.chat).end())
        .number("date", said.at);
    if let Some(thread) = said.chat.thread {
        object = object.number("message_thread_id", thread).truth("is_topic_message", true);
    }
    if let Some((number, is_bots)) = said.reply_to {
        let from = if is_bots { user_of_bot(bot) } else { user(&said.chat) };
        let answered = Object::new()
            .number("message_id", number)
            .raw("from", &from.end())
            .raw("chat", &chat_of(&said.chat).end())
            .number("date", said.at);
        object = object.raw("reply_to_message", &answered.end());
    }
    if let Some(markup) = said.keyboard.as_ref().and_then(markup) {
        object = object.raw("reply_markup", &markup);
    }
    match said.files.iter().find(|file| file.file_id.is_some()) {
        Some(one) => {
            let caption = if said.text == one.url { "" } else { &said.text };
            texts(file(object, one), ("caption", "caption_entities"), caption)
        }
        None => texts(object, ("text", "entities"), &said.text),
    }
}

/// An `InlineKeyboardMarkup`: other keyboards are not told, as at Telegram.
fn markup(keyboard: &Keyboard) -> Option<String> {
    if keyboard.kind != KeyboardKind::Inline || keyboard.rows.is_empty() {
        return None;
    }
    let rows = json::array(keyboard.rows.iter().map(|row| json::array(row.iter().map(button))));
    Some(Object::new().raw("inline_keyboard", &rows).end())
}

fn button(button: &Button) -> String {
    let object = Object::new().text("text", &button.text);
    match &button.press {
        Press::Data(data) => object.text("callback_data", data).end(),
        Press::Url(url) => object.text("url", url).end(),
        Press::Say => object.text("callback_data", &button.text).end(),
    }
}

fn texts(object: Object, (text, entities): (&str, &str), styled: &str) -> Object {
    if styled.is_empty() {
        return object;
    }
    let rich = Rich::from_styling(styled).with_found();
    let object = object.text(text, rich.text());
    match rich.entities() {
        Some(json) => object.raw(entities, &json),
        None => object,
    }
}

/// A file, as what its type makes of it.
fn file(object: Object, file: &NumberedFile) -> Object {
    let id = file.file_id.as_deref().unwrap_or_default();
    let one = Object::new().text("file_id", id).text("file_unique_id", id);
    let one = file.size.into_iter().fold(one, |one, size| one.number("file_size", size));
    let kind = file.media_type.as_deref().unwrap_or_default();
    let named = |one: Object| {
        one.text_if("file_name", file.name.as_deref()).text_if("mime_type", Some(kind).filter(|kind| !kind.is_empty()))
    };
    // How large or long it is, its sender does not say.
    let sized = |one: Object| one.number("width", 0).number("height", 0);
    let begun = kind.split('/').next().unwrap_or_default();
    match (begun, kind) {
        ("image", "image/gif") => {
            let animation = named(sized(one)).number("duration", 0).end();
            object.raw("animation", &animation).raw("document", &animation)
        }
        ("image", "image/jpeg" | "image/png" | "image/webp" | "image/heic" | "image/avif") => {
            object.raw("photo", &json::array([sized(one).end()]))
        }
        ("audio", "audio/ogg") => object.raw("voice", &named(one).number("duration", 0).end()),
        ("audio", _) => object.raw("audio", &named(one).number("duration", 0).end()),
        ("video", _) => object.raw("video", &named(sized(one)).number("duration", 0).end()),
        _ => object.raw("document", &named(one).end()),
    }
}

/// Somebody as a `User`.
pub(super) fn user(who: &NumberedChat) -> Object {
    let user = Object::new().number("id", who.number).truth("is_bot", false).text("first_name", &who.name);
    user.text_if("username", username(who))
}

/// The name behind an `@`: those at XMPP servers have one, in their addresses.
fn username(who: &NumberedChat) -> Option<&str> {
    who.address.local().filter(|_| who.address.is_bare() && !who.is_room)
}

/// A `Chat`.
pub(super) fn chat_of(chat: &NumberedChat) -> Object {
    let object = Object::new().number("id", chat.number);
    match (chat.is_room, chat.number > -1_000_000_000_000) {
        (false, _) => object.text("type", "private").text("first_name", &chat.name).text_if("username", username(chat)),
        (true, is_small) => {
            object.text("type", if is_small { "group" } else { "supergroup" }).text("title", &chat.name)
        }
    }
}

/// A `ChatFullInfo`: its address stands where Telegram has what somebody says of himself.
pub(super) fn full_chat(chat: &NumberedChat) -> String {
    let about = if chat.is_room { "description" } else { "bio" };
    chat_of(chat)
        .text(about, chat.address.as_str())
        .number("accent_color_id", 0)
        .number("max_reaction_count", 1)
        .raw("accepted_gift_types", r#"{"unlimited_gifts":false,"limited_gifts":false,"unique_gifts":false,"premium_subscription":false,"gifts_from_channels":false}"#)
        .end()
}

/// Rights of administrators that those of a room have here, and some that nobody has.
const RIGHTS: [(&str, bool); 11] = [
    ("can_be_edited", false),
    ("can_manage_chat", true),
    ("can_delete_messages", true),
    ("can_restrict_members", true),
    ("can_change_info", true),
    ("can_invite_users", true),
    ("can_promote_members", false),
    ("can_manage_video_chats", false),
    ("can_post_stories", false),
    ("can_edit_stories", false),
    ("can_delete_stories", false),
];

/// A `ChatMember`.
pub(super) fn member(bot: &NumberedBot, member: &NumberedMember) -> String {
    let who = member.who.as_ref().map_or_else(|| user_of_bot(bot), user).end();
    let with = |status: &str| Object::new().text("status", status).raw("user", &who);
    match member.standing {
        Standing::Member => with("member").end(),
        Standing::Owner => with("creator").truth("is_anonymous", false).end(),
        Standing::Admin => {
            let object = with("administrator").truth("is_anonymous", false);
            RIGHTS.iter().fold(object, |object, (name, has)| object.truth(name, *has)).end()
        }
    }
}
