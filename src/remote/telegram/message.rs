//! One message of Telegram's, with what we can carry elsewhere.

use super::place::{is, name, number, objects, text};
use crate::base::json::Fields;

/// Somebody at Telegram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// His number.
    pub id: i64,
    /// First and last name; never empty.
    pub name: String,
    /// Without `@`.
    pub username: Option<String>,
    /// Whether it is a bot.
    pub is_bot: bool,
}

/// A chat at Telegram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chat {
    /// Its number: that of the person, or below zero.
    pub id: i64,
    /// What it is.
    pub kind: ChatKind,
    /// Its title, or the person's name.
    pub title: String,
    /// Without `@`.
    pub username: Option<String>,
    /// Whether it has topics.
    pub has_topics: bool,
}

/// What a chat is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChatKind {
    /// With one person.
    Private,
    /// A group, a small one or a supergroup.
    Group,
    /// Only its administrators write.
    Channel,
}

/// Something said, or something that happened in a chat.
#[derive(Debug)]
pub struct Message {
    /// Its number, of this chat only; 0 for what vanishes (ephemeral).
    pub number: i64,
    /// Where.
    pub chat: Chat,
    /// In which topic.
    pub thread: Option<i64>,
    /// Who; `None` where a channel or an anonymous administrator speaks.
    pub from: Option<Person>,
    /// The chat in whose name it is said.
    pub by_chat: Option<Chat>,
    /// How an anonymous author signs.
    pub signature: Option<String>,
    /// Unix time: when it was said.
    pub at: i64,
    /// Text, or caption of the file.
    pub text: String,
    /// Of the text (`MessageEntity`); see `base::rich`.
    pub entities: Vec<Fields>,
    /// The file that it is, or the text stands beneath.
    pub file: Option<File>,
    /// Messages with the same are one album.
    pub album: Option<String>,
    /// What it answers.
    pub reply: Option<Replied>,
    /// From whom it was forwarded.
    pub forwarded: Option<String>,
    /// What happened, where nothing is said.
    pub happening: Option<Happening>,
}

/// What a message answers.
#[derive(Debug)]
pub struct Replied {
    /// Its number.
    pub number: i64,
    /// Who said it.
    pub from: Option<Person>,
    /// The beginning of what was said, or the part that is quoted.
    pub text: Option<String>,
}

/// A file at Telegram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// By which `getFile` finds it.
    pub id: String,
    /// The same for everybody and for ever.
    pub unique_id: String,
    /// What it is.
    pub kind: FileKind,
    /// Its name, where it has one.
    pub name: Option<String>,
    /// As Telegram says.
    pub media_type: Option<String>,
    /// Bytes, where Telegram says.
    pub bytes: Option<u64>,
    /// Of a sticker: what it stands for.
    pub emoji: Option<String>,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A picture, the largest form of it.
    Photo,
    /// Any file.
    Document,
    /// Music.
    Audio,
    /// A voice message.
    Voice,
    /// A film.
    Video,
    /// A round film.
    VideoNote,
    /// A film without sound that repeats.
    Animation,
    /// A picture in WebP.
    Sticker,
    /// A drawing that moves (TGS), which hardly anybody else can show.
    MovingSticker,
    /// A film in WebM.
    VideoSticker,
}

/// What can happen in a chat.
#[derive(Debug, PartialEq, Eq)]
pub enum Happening {
    /// These came.
    Joined(Vec<Person>),
    /// Somebody went.
    Left(Person),
    /// It has another title.
    Title(String),
    /// It is a supergroup now, with this number.
    MovedTo(i64),
    /// It was this group.
    MovedFrom(i64),
    /// A message was pinned.
    Pinned(i64),
    /// Something that is shown to nobody elsewhere.
    Other,
}

impl Person {
    pub(super) fn read(fields: &Fields) -> Option<Person> {
        let names = [name(fields, "first_name"), name(fields, "last_name")];
        let called = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
        let (id, username) = (number(fields, "id")?, text(fields, "username"));
        let name = if called.is_empty() { username.clone().unwrap_or_else(|| id.to_string()) } else { called };
        Some(Person { id, name, username, is_bot: is(fields, "is_bot") })
    }
}

impl Chat {
    pub(super) fn read(fields: &Fields) -> Option<Chat> {
        let id = number(fields, "id")?;
        let kind = match fields.text("type").ok().flatten()? {
            "private" => ChatKind::Private,
            "channel" => ChatKind::Channel,
            _ => ChatKind::Group,
        };
        let title = name(fields, "title").or_else(|| Person::read(fields).map(|person| person.name));
        Some(Chat {
            id,
            kind,
            title: title.unwrap_or_else(|| id.to_string()),
            username: text(fields, "username"),
            has_topics: is(fields, "is_forum"),
        })
    }
}

/// Reads a message; `None` where it has no number or no chat.
pub(super) fn read_message(fields: &Fields) -> Option<Message> {
    let (said, entities) = said(fields);
    let reply = fields.object("reply_to_message").and_then(|it| replied(&it, fields));
    Some(Message {
        number: number(fields, "message_id")?,
        chat: Chat::read(&fields.object("chat")?)?,
        // In a group without topics a thread is no more than a chain of answers.
        thread: number(fields, "message_thread_id").filter(|_| is(fields, "is_topic_message")),
        from: fields.object("from").and_then(|it| Person::read(&it)),
        by_chat: fields.object("sender_chat").and_then(|it| Chat::read(&it)),
        signature: text(fields, "author_signature"),
        at: number(fields, "date").unwrap_or(0),
        text: said,
        entities,
        file: file(fields),
        album: text(fields, "media_group_id"),
        reply,
        forwarded: fields.object("forward_origin").and_then(|it| forwarded(&it)),
        happening: happening(fields),
    })
}

/// What it says, in words where it is no text.
fn said(fields: &Fields) -> (String, Vec<Fields>) {
    if let Some(said) = text(fields, "text") {
        return (said, objects(fields, "entities"));
    }
    if let Some(said) = text(fields, "caption") {
        return (said, objects(fields, "caption_entities"));
    }
    if let Some(rich) = fields.object("rich_message") {
        return (blocks(&rich), Vec::new());
    }
    (shown(fields).unwrap_or_default(), Vec::new())
}

/// The text of a message that is made of blocks (Bot API 10.1), each in a line or more.
fn blocks(rich: &Fields) -> String {
    let mut lines = Vec::new();
    gather(rich, &mut lines, 0);
    lines.join("\n")
}

/// Depth of blocks within blocks that is read.
const BLOCKS_DEEP: usize = 8;

fn gather(fields: &Fields, lines: &mut Vec<String>, depth: usize) {
    let said = fields.joined_at(&["text"]).or_else(|| fields.text_at(&["text", "text"]).map(str::to_string));
    lines.extend(said.filter(|said| !said.trim().is_empty()));
    for key in ["blocks", "items", "rows", "cells", "children", "content"] {
        if depth < BLOCKS_DEEP {
            objects(fields, key).iter().for_each(|block| gather(block, lines, depth + 1));
        }
    }
}

/// What stands for something that has no text: where, who, what was asked.
fn shown(fields: &Fields) -> Option<String> {
    let at = |path: &[&str]| fields.text_at(path).filter(|text| !text.is_empty()).map(str::to_string);
    if let Some(contact) = fields.object("contact") {
        let name = Person::read(&contact).map(|person| person.name).or_else(|| text(&contact, "first_name"));
        let words = [name, text(&contact, "phone_number")];
        return Some(format!("👤 {}", words.into_iter().flatten().collect::<Vec<_>>().join(", ")));
    }
    if let Some(place) = fields.object("venue").and_then(|venue| venue.object("location")).or(fields.object("location"))
    {
        let (latitude, longitude) = (place.decimal("latitude").ok()??, place.decimal("longitude").ok()??);
        let name = [at(&["venue", "title"]), at(&["venue", "address"])].into_iter().flatten();
        let words = name.chain([format!("geo:{latitude},{longitude}")]);
        return Some(format!("📍 {}", words.collect::<Vec<_>>().join(", ")));
    }
    if let Some(poll) = fields.object("poll") {
        let options = objects(&poll, "options").into_iter().filter_map(|option| text(&option, "text"));
        let lines = options.map(|option| format!("\n• {option}"));
        return Some(format!("📊 {}{}", text(&poll, "question")?, lines.collect::<String>()));
    }
    if let Some(dice) = fields.object("dice") {
        return Some(format!("{} {}", text(&dice, "emoji")?, number(&dice, "value")?));
    }
    let checklist = fields.object("checklist")?;
    let tasks = objects(&checklist, "tasks").into_iter().filter_map(|task| text(&task, "text"));
    Some(format!("☑ {}{}", text(&checklist, "title")?, tasks.map(|task| format!("\n• {task}")).collect::<String>()))
}

fn replied(fields: &Fields, whole: &Fields) -> Option<Replied> {
    // In a topic everything answers the message that opened it, which says nothing.
    if fields.has(&["forum_topic_created"]) {
        return None;
    }
    let quoted = whole.text_at(&["quote", "text"]).map(str::to_string);
    let said = quoted.or_else(|| Some(said(fields).0).filter(|said| !said.is_empty()));
    let from = fields.object("from").and_then(|it| Person::read(&it));
    Some(Replied { number: number(fields, "message_id")?, from, text: said })
}

fn forwarded(origin: &Fields) -> Option<String> {
    let person = origin.object("sender_user").and_then(|it| Person::read(&it)).map(|person| person.name);
    let chat =
        || ["sender_chat", "chat"].iter().find_map(|key| Chat::read(&origin.object(key)?)).map(|chat| chat.title);
    person.or_else(|| text(origin, "sender_user_name")).or_else(chat)
}

/// The file of a message.
fn file(fields: &Fields) -> Option<File> {
    // An animation has a document beside it, for old clients.
    const KINDS: [(&str, FileKind); 7] = [
        ("animation", FileKind::Animation),
        ("document", FileKind::Document),
        ("audio", FileKind::Audio),
        ("voice", FileKind::Voice),
        ("video", FileKind::Video),
        ("video_note", FileKind::VideoNote),
        ("sticker", FileKind::Sticker),
    ];
    let largest =
        |sizes: Vec<Fields>| sizes.into_iter().max_by_key(|size| (number(size, "width"), number(size, "file_size")));
    if let Some(photo) = largest(objects(fields, "photo")) {
        return read_file(&photo, FileKind::Photo);
    }
    let (found, kind) = KINDS.iter().find_map(|(key, kind)| Some((fields.object(key)?, *kind)))?;
    let kind = match kind {
        FileKind::Sticker if is(&found, "is_animated") => FileKind::MovingSticker,
        FileKind::Sticker if is(&found, "is_video") => FileKind::VideoSticker,
        kind => kind,
    };
    read_file(&found, kind)
}

fn read_file(fields: &Fields, kind: FileKind) -> Option<File> {
    Some(File {
        id: text(fields, "file_id")?,
        unique_id: text(fields, "file_unique_id").unwrap_or_default(),
        kind,
        name: text(fields, "file_name"),
        media_type: text(fields, "mime_type"),
        bytes: number(fields, "file_size").and_then(|bytes| u64::try_from(bytes).ok()),
        emoji: text(fields, "emoji"),
    })
}

fn happening(fields: &Fields) -> Option<Happening> {
    let person = |key: &str| fields.object(key).and_then(|it| Person::read(&it));
    let joined: Vec<Person> = objects(fields, "new_chat_members").iter().filter_map(Person::read).collect();
    if !joined.is_empty() {
        return Some(Happening::Joined(joined));
    }
    if let Some(left) = person("left_chat_member") {
        return Some(Happening::Left(left));
    }
    if let Some(title) = name(fields, "new_chat_title") {
        return Some(Happening::Title(title));
    }
    if let Some(id) = number(fields, "migrate_to_chat_id") {
        return Some(Happening::MovedTo(id));
    }
    if let Some(id) = number(fields, "migrate_from_chat_id") {
        return Some(Happening::MovedFrom(id));
    }
    if let Some(number) = fields.number_at(&["pinned_message", "message_id"]) {
        return Some(Happening::Pinned(number));
    }
    let others = [
        "new_chat_photo",
        "delete_chat_photo",
        "group_chat_created",
        "supergroup_chat_created",
        "channel_chat_created",
        "forum_topic_created",
        "forum_topic_edited",
        "forum_topic_closed",
        "forum_topic_reopened",
        "video_chat_started",
        "video_chat_ended",
        "video_chat_scheduled",
        "message_auto_delete_timer_changed",
        "boost_added",
    ];
    others.iter().any(|key| fields.has(&[key])).then_some(Happening::Other)
}
