//! What goes to Telegram: a row from the moment it is accepted (docs/telegram.md). Of one chat one call is made at a time, in
//! order and within its budget; different chats do not wait for each other.
//!
//! A row says what is meant, by our ids; which message that is at Telegram is looked up when its turn comes, for what was
//! said just before may still be on its way.

use std::time::Duration;

use crate::base::id::BotId;
use crate::base::json::{Object, array};
use crate::base::limits;
use crate::channel::telegram::address::{Place, number_in};
use crate::channel::telegram::media::FILE;
use crate::channel::telegram::{CallFor, Telegram};
use crate::core::Core;
use crate::core::batch::Trouble;
use crate::core::failure::Failure;
use crate::store;
use crate::store::row::{OutgoingRow, OutgoingState};

/// The text of a message is another from now on: one row for each part. Parts that are new are sent.
pub(super) const EDIT: &str = "edit";
/// The words beneath a file are others from now on.
pub(super) const CAPTION: &str = "editMessageCaption";
/// The parts of a message from this one on go: it has become shorter.
pub(super) const TRIM: &str = "trim";
/// A message goes with all its parts.
pub(super) const DELETE: &str = "deleteMessages";
/// The emoji that the bot has for a message.
pub(super) const REACT: &str = "setMessageReaction";
/// The buttons beneath a message.
pub(super) const BUTTONS: &str = "editMessageReplyMarkup";

/// Methods that do no harm when they are called twice: what became of them need not be known.
const REPEATABLE: [&str; 15] = [
    EDIT,
    CAPTION,
    TRIM,
    DELETE,
    REACT,
    BUTTONS,
    "deleteMessage",
    "restrictChatMember",
    "banChatMember",
    "unbanChatMember",
    "setChatTitle",
    "setMyCommands",
    "pinChatMessage",
    "editMessageText",
    "getChatAdministrators",
];

/// Something that is to go out.
pub(crate) struct Outgoing<'a> {
    pub(crate) place: Place,
    /// As the bot's program knows it.
    pub(crate) message_id: &'a str,
    pub(crate) part: i64,
    /// The method of the Bot API, or one of the names above.
    pub(crate) method: &'a str,
    /// The message it changes or answers: an id of ours, or `<chat>:<number>`.
    pub(crate) about: Option<&'a str>,
    /// Members of the request.
    pub(crate) fields: String,
    /// For whoever puts it there.
    pub(crate) note: Option<&'a str>,
}

/// What a row becomes when its turn comes.
enum Request {
    Call(String, String),
    /// There is nothing to do any more.
    Nothing,
    /// It cannot be done, for this reason.
    Wrong(String),
}

impl Telegram {
    /// Refused when as much waits as is kept.
    pub(super) fn check_room(&self, bot: BotId, more: usize) -> Result<(), Failure> {
        let waiting = self.lines.get(&bot).map_or(0, |line| line.waiting());
        if waiting + more > limits::TELEGRAM_OUTBOX_MAX { Err(Failure::OutboxFull) } else { Ok(()) }
    }

    /// Puts something into the queue of its chat.
    pub(crate) fn put(&mut self, core: &mut Core, bot: BotId, new: Outgoing<'_>) -> Result<(), Trouble> {
        self.check_room(bot, 1)?;
        let row = OutgoingRow {
            id: 0,
            bot,
            chat: new.place.chat,
            thread: new.place.thread,
            message_id: new.message_id.to_string(),
            part: new.part,
            method: new.method.to_string(),
            about: new.about.map(str::to_string),
            fields: new.fields,
            note: new.note.map(str::to_string),
            state: OutgoingState::Waiting,
            created_at: core.batch.lived(),
        };
        let id = core.batch.store.insert_outgoing(&row)?;
        if let Some(line) = self.line(bot) {
            line.lane(row.chat).waiting.push_back(id);
        }
        Ok(())
    }

    /// Makes the calls that may be made now.
    pub(super) fn feed(&mut self, core: &mut Core, bot: BotId) -> Result<(), store::Error> {
        let now = core.batch.now.mono;
        while let Some((chat, id)) = self.lines.get(&bot).and_then(|line| line.next_row(now)) {
            let Some(row) = core.batch.store.find_outgoing(id)? else {
                self.leave_queue(bot, chat);
                continue;
            };
            match compose(&core.batch.store, &row)? {
                Request::Call(method, body) => self.make(core, &row, &method, body)?,
                Request::Nothing => self.on_done(core, &row, None)?,
                Request::Wrong(why) => self.on_failed(core, &row, &why)?,
            }
        }
        Ok(())
    }

    fn make(&mut self, core: &mut Core, row: &OutgoingRow, method: &str, body: String) -> Result<(), store::Error> {
        let Some(line) = self.lines.get(&row.bot) else { return Ok(()) };
        let about = CallFor::Send { bot: row.bot, chat: row.chat, row: row.id };
        let tag = if row.note.as_deref() == Some(FILE) {
            let Some(call) = self.compose_file(core, row)? else {
                return self.on_failed(core, row, "the file is not here any more; send it again");
            };
            self.calls.call_out(&mut core.batch, format!("telegram file {}", row.bot), call, about)
        } else {
            let call = super::call(&line.row, method, body);
            self.calls.call_lasting(&mut core.batch, call, about)
        };
        core.batch.store.store_outgoing(row.id, OutgoingState::UnderWay)?;
        let now = core.batch.now.mono;
        if let Some(line) = self.line(row.bot) {
            line.lane(row.chat).spend(row.chat, tag, now);
            line.next_at = line.next_at.max(now) + limits::TELEGRAM_PACE_BOT;
        }
        Ok(())
    }

    /// The first of a chat's queue is over.
    pub(super) fn leave_queue(&mut self, bot: BotId, chat: i64) {
        if let Some(line) = self.line(bot) {
            let lane = line.lane(chat);
            lane.under_way = None;
            lane.waiting.pop_front();
        }
    }

    /// The first of a chat's queue is tried again, not before so long a time.
    pub(super) fn try_again(
        &mut self,
        core: &mut Core,
        row: &OutgoingRow,
        after: Option<Duration>,
    ) -> Result<(), store::Error> {
        core.batch.store.store_outgoing(row.id, OutgoingState::Waiting)?;
        let (now, random) = (core.batch.now.mono, u32::from_be_bytes(core.batch.random()));
        if let Some(line) = self.line(row.bot) {
            let lane = line.lane(row.chat);
            lane.under_way = None;
            lane.blocked_until = now + after.unwrap_or_else(|| lane.backoff.next(random));
        }
        Ok(())
    }
}

/// Whether a row may be sent a second time when nobody knows what became of the first.
pub(super) fn is_repeatable(row: &OutgoingRow) -> bool {
    REPEATABLE.contains(&row.method.as_str())
}

/// The request of a row.
fn compose(store: &store::Store, row: &OutgoingRow) -> Result<Request, store::Error> {
    let place = Place { chat: row.chat, thread: row.thread };
    let numbers = match &row.about {
        Some(about) => numbers_of(store, row.bot, place.chat, about)?,
        None => Vec::new(),
    };
    let chat = Object::new().number("chat_id", row.chat);
    let at = |part: i64| usize::try_from(part).ok().and_then(|part| numbers.get(part)).copied();
    let gone = || Request::Wrong("the message that it is about is not at Telegram".to_string());
    let call = |method: &str, object: Object| Request::Call(method.to_string(), body(&object, &row.fields));
    let ids = |numbers: &[i64]| array(numbers.iter().map(i64::to_string));
    Ok(match row.method.as_str() {
        EDIT if numbers.is_empty() => gone(),
        EDIT => match at(row.part) {
            Some(number) => call("editMessageText", chat.number("message_id", number)),
            None => call("sendMessage", in_thread(chat, place)),
        },
        CAPTION => match numbers.first() {
            Some(number) => call(CAPTION, chat.number("message_id", *number)),
            None => gone(),
        },
        TRIM | DELETE => match numbers.get(usize::try_from(row.part).unwrap_or(0)..).unwrap_or_default() {
            [] if row.method == DELETE => gone(),
            [] => Request::Nothing,
            some => call(DELETE, chat.raw("message_ids", &ids(some))),
        },
        REACT | BUTTONS => {
            let number = if row.method == REACT { numbers.first() } else { numbers.last() };
            number.map_or_else(gone, |number| call(&row.method, chat.number("message_id", *number)))
        }
        method if row.chat == 0 => call(method, Object::new()),
        method => {
            let object = if method.starts_with("send") { in_thread(chat, place) } else { chat };
            let answered = numbers.first().map(|number| {
                let reply = Object::new().number("message_id", *number).truth("allow_sending_without_reply", true);
                reply.end()
            });
            call(method, answered.into_iter().fold(object, |object, reply| object.raw("reply_parameters", &reply)))
        }
    })
}

/// Which messages at Telegram are meant by an id, in order.
pub(super) fn numbers_of(store: &store::Store, bot: BotId, chat: i64, id: &str) -> Result<Vec<i64>, store::Error> {
    if let Some(number) = number_in(chat, id) {
        return Ok(vec![number]);
    }
    let all = store.telegram_numbers(bot, id)?;
    Ok(all.into_iter().filter(|(of, _)| *of == chat).map(|(_, number)| number).collect())
}

fn in_thread(object: Object, place: Place) -> Object {
    place.thread.into_iter().fold(object, |object, thread| object.number("message_thread_id", thread))
}

/// An object with further members.
fn body(object: &Object, fields: &str) -> String {
    let members = object.members();
    let comma = if members.is_empty() || fields.is_empty() { "" } else { "," };
    format!("{{{members}{comma}{fields}}}")
}
