//! Updates read back from the queue, for whoever does not pass on what is spelled there.

use crate::base::jid::Jid;
use crate::base::json::Fields;

/// What an update tells.
pub(crate) enum Record {
    /// Something was said.
    Said(Box<SaidRecord>),
    /// Somebody has these reactions to a message from now on.
    Reaction(ReactionRecord),
    /// A button was pressed.
    Press(PressRecord),
    /// The bot is in a room, or no more.
    Room(RoomRecord),
    /// Something else.
    Other,
}

/// Where something happened, and who did it.
pub(crate) struct Where {
    /// In a room: the room; else whoever did it.
    pub(crate) chat: Jid,
    pub(crate) is_room: bool,
    pub(crate) from: Jid,
    /// Unix time.
    pub(crate) at: i64,
}

pub(crate) struct SaidRecord {
    pub(crate) place: Where,
    pub(crate) message_id: String,
    pub(crate) text: String,
    pub(crate) correction_of: Option<String>,
    pub(crate) reply_to: Option<String>,
    pub(crate) files: Vec<FileRecord>,
}

pub(crate) struct FileRecord {
    pub(crate) url: String,
    pub(crate) file_id: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) media_type: Option<String>,
    pub(crate) size: Option<i64>,
}

pub(crate) struct ReactionRecord {
    pub(crate) place: Where,
    pub(crate) message_id: String,
    pub(crate) emoji: Vec<String>,
}

pub(crate) struct PressRecord {
    pub(crate) place: Where,
    pub(crate) id: String,
    pub(crate) message_id: String,
    pub(crate) data: String,
}

pub(crate) struct RoomRecord {
    pub(crate) room: Jid,
    pub(crate) is_in: bool,
    pub(crate) inviter: Option<Jid>,
    /// Unix time.
    pub(crate) at: i64,
}

/// Reads `data` of an update of this type.
pub(crate) fn read(kind: &str, payload: &str) -> Record {
    let Ok(fields) = Fields::parse(payload.as_bytes()) else { return Record::Other };
    let record = match kind {
        "message" => said(&fields).map(|said| Record::Said(Box::new(said))),
        "reaction" => reaction(&fields).map(Record::Reaction),
        "callback_query" => press(&fields).map(Record::Press),
        "room_joined" => room(&fields, true).map(Record::Room),
        "room_left" => room(&fields, false).map(Record::Room),
        _ => None,
    };
    record.unwrap_or(Record::Other)
}

fn said(fields: &Fields) -> Option<SaidRecord> {
    let files = match fields.need_objects("attachments") {
        Ok(files) => files.iter().filter_map(file).collect(),
        Err(_) => fields.object("attachment").iter().filter_map(file).collect(),
    };
    Some(SaidRecord {
        place: place(fields)?,
        message_id: text(fields, "stanza_id")?,
        text: text(fields, "body").unwrap_or_default(),
        correction_of: text(fields, "correction_of"),
        reply_to: text(fields, "reply_to"),
        files,
    })
}

fn reaction(fields: &Fields) -> Option<ReactionRecord> {
    let emoji = fields.texts("reactions").ok()??.into_iter().map(str::to_string).collect();
    Some(ReactionRecord { place: place(fields)?, message_id: text(fields, "message_id")?, emoji })
}

fn press(fields: &Fields) -> Option<PressRecord> {
    Some(PressRecord {
        place: place(fields)?,
        id: text(fields, "id")?,
        message_id: text(fields, "message_id")?,
        data: text(fields, "data").unwrap_or_default(),
    })
}

fn room(fields: &Fields, is_in: bool) -> Option<RoomRecord> {
    let jid = |key| Jid::parse_any(&text(fields, key)?).ok();
    Some(RoomRecord { room: jid("room")?, is_in, inviter: jid("invited_by"), at: at(fields) })
}

fn file(fields: &Fields) -> Option<FileRecord> {
    Some(FileRecord {
        url: text(fields, "url")?,
        file_id: text(fields, "file_id"),
        name: text(fields, "name"),
        media_type: text(fields, "type"),
        size: fields.number("size").ok().flatten(),
    })
}

/// What an occupant says to the bot alone has the room, too, but is no talk of the room.
fn place(fields: &Fields) -> Option<Where> {
    let from = Jid::parse_any(&text(fields, "from")?).ok()?;
    let room = text(fields, "room").filter(|_| text(fields, "type").as_deref() == Some("groupchat"));
    let chat = match &room {
        Some(room) => Jid::parse_any(room).ok()?,
        None => from.clone(),
    };
    Some(Where { chat, is_room: room.is_some(), from, at: at(fields) })
}

fn at(fields: &Fields) -> i64 {
    fields.number("timestamp").ok().flatten().unwrap_or(0)
}

fn text(fields: &Fields, key: &str) -> Option<String> {
    fields.text(key).ok().flatten().map(str::to_string)
}
