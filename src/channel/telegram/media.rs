//! Files, both ways: what somebody sent at Telegram is fetched from there, what comes from elsewhere goes there as what it
//! is. The address by which a file is fetched holds the bot's token, so it is made for the call and told to nobody.

use std::sync::Arc;

use crate::base::call::{CallError, Called, HttpCall, Part};
use crate::base::id::BotId;
use crate::base::json::{Fields, Object, array};
use crate::base::rich::Rich;
use crate::base::spool::SpoolFile;
use crate::base::{limits, media, text};
use crate::channel::telegram::address::Place;
use crate::channel::telegram::outbox::{Outgoing, numbers_of};
use crate::channel::telegram::saying::{remember, text_fields};
use crate::channel::telegram::{CallFor, Telegram};
use crate::core::batch::Trouble;
use crate::core::channel::Album;
use crate::core::failure::Failure;
use crate::core::handle::NewFile;
use crate::core::incoming::SaidFile;
use crate::core::{Core, Signal};
use crate::remote::telegram::request::Attached;
use crate::remote::telegram::{self, File, FileKind, Reason};
use crate::remote::upload::{Fetched, read_get};
use crate::store;
use crate::store::row::OutgoingRow;

/// How the address of a file at Telegram begins, as others are told it; behind it stands Telegram's name of it.
const ADDRESS: &str = "tg-file:";
/// What a sticker is called, as it comes and as a picture that every client shows.
const STICKER: &str = "sticker.webp";
const STICKER_PNG: &str = "sticker.png";
/// The note of a row that goes with a file.
pub(super) const FILE: &str = "file";
/// What anything can be sent as.
const AS_DOCUMENT: &str = "sendDocument";
/// Several pictures and films as one.
const AS_ALBUM: &str = "sendMediaGroup";

/// Files that are to be said at Telegram with one request.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    /// Each with the id it is said under, and its number.
    files: Vec<(NewFile, String, i64)>,
    caption: Rich,
}

/// A file that is fetched from Telegram.
#[derive(Clone, Debug)]
pub(super) struct Fetching {
    bot: BotId,
    carry: i64,
    into: Arc<SpoolFile>,
    name: String,
    media_type: Option<String>,
}

impl Telegram {
    // --- from Telegram ---

    pub(super) fn fetch_file(
        &mut self,
        core: &mut Core,
        bot: BotId,
        file: &SaidFile,
        (into, carry): (&Arc<SpoolFile>, i64),
    ) -> Result<(), Trouble> {
        let unknown = || Failure::NotFound("this is no file at Telegram".to_string());
        let id = file.address.strip_prefix(ADDRESS).ok_or_else(unknown)?;
        if file.bytes.is_some_and(|bytes| bytes > limits::TELEGRAM_DOWNLOAD_BYTES_MAX) {
            return Err(too_large().into());
        }
        let line = self.lines.get(&bot).ok_or_else(super::not_set_up)?;
        let call = super::call(&line.row, "getFile", Object::new().text("file_id", id).end());
        let name = file.name.clone().unwrap_or_else(|| "file".to_string());
        let media_type = file.media_type.clone();
        let fetching = Fetching { bot, carry, into: Arc::clone(into), name, media_type };
        self.calls.call_lasting(&mut core.batch, call, CallFor::FilePath(Box::new(fetching)));
        Ok(())
    }

    /// Telegram says where a file lies.
    pub(super) fn on_file_path(&mut self, core: &mut Core, fetching: Fetching, called: &Called) {
        let carry = fetching.carry;
        if let Err(failure) = self.begin_download(core, fetching, called) {
            core.signal(Signal::Fetched(carry, Box::new(Err(failure))));
        }
    }

    fn begin_download(&mut self, core: &mut Core, fetching: Fetching, called: &Called) -> Result<(), Failure> {
        let found = telegram::read(called).map_err(|refusal| match refusal.reason {
            Reason::Bad if refusal.why.contains("too big") => too_large(),
            Reason::Bad | Reason::Gone | Reason::Unchanged => Failure::NotFound(refusal.why),
            _ => failed(refusal.why),
        })?;
        let path = found.text("file_path").ok().flatten().unwrap_or_default();
        if path.is_empty() || path.starts_with('/') {
            let why = "the Telegram server names files on its own disk; start it without --local";
            return Err(Failure::NotFound(why.to_string()));
        }
        let line = self.lines.get(&fetching.bot).ok_or_else(super::not_set_up)?;
        let mut call = super::api(&line.row).download(path, limits::TELEGRAM_DOWNLOAD_BYTES_MAX);
        call.save_to = Some(fetching.into.path().to_path_buf());
        call.into_png = fetching.name == STICKER;
        let key = format!("telegram file {}", fetching.bot);
        self.calls.call_out(&mut core.batch, key, call, CallFor::FileGot(Box::new(fetching)));
        Ok(())
    }

    /// A file is here, or not.
    pub(super) fn on_file_got(&mut self, core: &mut Core, fetching: Fetching, called: &Called) {
        let Fetching { carry, into, name, media_type, .. } = fetching;
        let got = match read_get(called) {
            Fetched::Done { bytes, .. } => {
                let is_png = called.as_ref().is_ok_and(|answer| answer.is_png);
                let (name, media_type) =
                    if is_png { (STICKER_PNG.to_string(), Some("image/png".to_string())) } else { (name, media_type) };
                let known = media_type.filter(|kind| media::is_media_type(kind));
                let media_type = known.or_else(|| media::guess(&name).map(str::to_string));
                let media_type = media_type.unwrap_or_else(|| media::UNKNOWN.to_string());
                Ok(NewFile { name, media_type, bytes, hash: [0; 32], content: into })
            }
            Fetched::TooLarge => Err(too_large()),
            gone @ (Fetched::Gone | Fetched::Denied) => Err(Failure::NotFound(gone.to_string())),
            Fetched::Later(_, why) | Fetched::Failed(why) => Err(failed(why)),
        };
        core.signal(Signal::Fetched(carry, Box::new(got)));
    }

    // --- to Telegram ---

    /// Several files, as one where Telegram takes them so.
    pub(super) fn say_several(&mut self, core: &mut Core, bot: BotId, album: &Album<'_>) -> Result<(), Trouble> {
        if album.files.iter().all(|(file, ..)| kind_in_album(file).is_some()) {
            return self.say_carried(core, bot, album);
        }
        let mut new = album.new.clone();
        for one in album.files {
            self.say_carried(core, bot, &Album { new: &new, files: std::slice::from_ref(one) })?;
            (new.text, new.reply_to) = (String::new(), None);
        }
        Ok(())
    }

    /// Puts files into the queue of their chat, as one. A text that is too long to stand beneath them goes on behind them.
    pub(super) fn say_carried(&mut self, core: &mut Core, bot: BotId, album: &Album<'_>) -> Result<(), Trouble> {
        let Album { new, files } = album;
        let Some(((file, id, _), others)) = files.split_first() else { return Ok(()) };
        let place = Place::to(&new.to)?;
        let whole = Rich::from_styling(&new.text);
        let mut parts = whole.cut(limits::TELEGRAM_CAPTION_UNITS).into_iter();
        let caption = parts.next().unwrap_or_default();
        let rest: Vec<Rich> = parts.collect();
        self.check_room(bot, 1 + rest.len())?;
        let method = if others.is_empty() { method_for(file) } else { AS_ALBUM };
        let (about, note) = (new.reply_to.as_deref(), Some(FILE));
        // After a kill it is known what may have arrived.
        let fields = others.iter().map(|(_, id, _)| id.as_str()).collect::<Vec<_>>().join(" ");
        self.put(core, bot, Outgoing { place, message_id: id, part: 0, method, about, fields, note })?;
        for (part, text) in (1..).zip(&rest) {
            let fields = text_fields(text, None);
            let method = "sendMessage";
            self.put(core, bot, Outgoing { place, message_id: id, part, method, about: None, fields, note: None })?;
        }
        self.media.insert(id.clone(), Waiting { files: files.to_vec(), caption });
        files.iter().try_for_each(|(_, id, _)| remember(core, bot, (new, place), (id, None)))
    }

    /// The request of a row that goes with a file; `None` where that is not here any more.
    pub(super) fn compose_file(&self, core: &mut Core, row: &OutgoingRow) -> Result<Option<HttpCall>, store::Error> {
        let (Some(waiting), Some(line)) = (self.media.get(&row.message_id), self.lines.get(&row.bot)) else {
            return Ok(None);
        };
        let mut members = vec![("chat_id".to_string(), row.chat.to_string())];
        members.extend(row.thread.map(|thread| ("message_thread_id".to_string(), thread.to_string())));
        if let Some(about) = &row.about
            && let Some(number) = numbers_of(&core.batch.store, row.bot, row.chat, about)?.first()
        {
            let reply = Object::new().number("message_id", *number).truth("allow_sending_without_reply", true);
            members.push(("reply_parameters".to_string(), reply.end()));
        }
        let is_album = row.method == AS_ALBUM;
        if is_album {
            members.push(("media".to_string(), album_of(waiting)));
        } else if !waiting.caption.is_empty() {
            members.push(("caption".to_string(), waiting.caption.text().to_string()));
            members.extend(waiting.caption.entities().map(|entities| ("caption_entities".to_string(), entities)));
        }
        let attached = waiting.files.iter().enumerate().map(|(at, (file, ..))| Attached {
            field: match row.method.strip_prefix("send") {
                Some(kind) if !is_album => kind.to_lowercase(),
                _ => attached_name(at),
            },
            name: file.name.clone(),
            media_type: file.media_type.clone(),
            body: Part::File { path: file.content.path().to_path_buf(), bytes: file.bytes },
        });
        let attached = attached.collect();
        let boundary = text::hex(&core.batch.random::<16>());
        Ok(Some(super::api(&line.row).call_with_files(&row.method, &members, attached, &boundary)))
    }

    /// A row that went with a file is over.
    pub(super) fn end_file(&mut self, core: &mut Core, row: &OutgoingRow, said: Result<(), Failure>) -> bool {
        if row.note.as_deref() != Some(FILE) {
            return false;
        }
        let Some(waiting) = self.media.remove(&row.message_id) else { return false };
        for (.., carry) in waiting.files {
            core.signal(Signal::Carried(carry, said.clone()));
        }
        true
    }

    /// The messages at Telegram that a row with files has become: the id of each, and its number.
    pub(super) fn numbers_of_files(&self, row: &OutgoingRow, result: &Fields) -> Vec<(String, i64)> {
        let Some(waiting) = self.media.get(&row.message_id) else { return Vec::new() };
        let several = result.need_objects("result").unwrap_or_default();
        let all = if several.is_empty() { std::slice::from_ref(result) } else { &several[..] };
        let numbers = all.iter().filter_map(|message| message.number("message_id").ok().flatten());
        waiting.files.iter().map(|(_, id, _)| id.clone()).zip(numbers).collect()
    }

    /// What Telegram does not take as an album goes one by one. Says whether it does.
    fn send_one_by_one(&mut self, core: &mut Core, row: &OutgoingRow) -> Result<bool, store::Error> {
        let Some(waiting) = self.media.remove(&row.message_id).filter(|_| row.method == AS_ALBUM) else {
            return Ok(false);
        };
        let place = Place { chat: row.chat, thread: row.thread };
        let mut caption = waiting.caption;
        for (at, one) in waiting.files.into_iter().enumerate() {
            let (id, method, carry) = (one.1.clone(), method_for(&one.0), one.2);
            let caption = std::mem::take(&mut caption);
            self.media.insert(id.clone(), Waiting { files: vec![one], caption });
            if at == 0 {
                core.batch.store.store_outgoing_method(row.id, method)?;
                self.try_again(core, row, Some(std::time::Duration::ZERO))?;
                continue;
            }
            let (about, fields, note) = (None, String::new(), Some(FILE));
            let new = Outgoing { place, message_id: &id, part: 0, method, about, fields, note };
            match self.put(core, row.bot, new) {
                Ok(()) => {}
                Err(Trouble::Store(error)) => return Err(error),
                Err(Trouble::Failure(failure)) => {
                    self.media.remove(&id);
                    core.signal(Signal::Carried(carry, Err(failure)));
                }
            }
        }
        Ok(true)
    }

    /// What Telegram does not take as a picture, a film or a sound goes as a file. Says whether it goes.
    pub(super) fn send_as_document(&mut self, core: &mut Core, row: &OutgoingRow) -> Result<bool, store::Error> {
        let is_file = row.note.as_deref() == Some(FILE) && self.media.contains_key(&row.message_id);
        if is_file && row.method == AS_ALBUM {
            return self.send_one_by_one(core, row);
        }
        if !is_file || row.method == AS_DOCUMENT {
            return Ok(false);
        }
        core.batch.store.store_outgoing_method(row.id, AS_DOCUMENT)?;
        self.try_again(core, row, Some(std::time::Duration::ZERO))?;
        Ok(true)
    }
}

/// The end of a call that surely did not go out: calls with files have a thread each, and do not say so themselves.
pub(super) fn unsent(row: &OutgoingRow, called: &Called) -> Option<Called> {
    let Err(error @ (CallError::Refused | CallError::Tls(_))) = called else { return None };
    (row.note.as_deref() == Some(FILE)).then(|| Err(CallError::Unsent(Box::new(error.clone()))))
}

/// The ids that a row with files says something under.
pub(super) fn ids_of(row: &OutgoingRow) -> impl Iterator<Item = &str> {
    let others = row.fields.split(' ').filter(|id| row.method == AS_ALBUM && !id.is_empty());
    std::iter::once(row.message_id.as_str()).chain(others)
}

/// As what a file stands in an album.
fn kind_in_album(file: &NewFile) -> Option<&'static str> {
    match method_for(file) {
        "sendPhoto" => Some("photo"),
        "sendVideo" => Some("video"),
        _ => None,
    }
}

/// The files of an album (`InputMediaPhoto`, `InputMediaVideo`), the first with what is said of all.
fn album_of(waiting: &Waiting) -> String {
    let item = |(at, (file, ..)): (usize, &(NewFile, String, i64))| {
        let object = Object::new().text("type", kind_in_album(file).unwrap_or("photo"));
        let object = object.text("media", &format!("attach://{}", attached_name(at)));
        if at > 0 || waiting.caption.is_empty() {
            return object.end();
        }
        let entities = waiting.caption.entities();
        let object = object.text("caption", waiting.caption.text());
        entities.into_iter().fold(object, |object, entities| object.raw("caption_entities", &entities)).end()
    };
    array(waiting.files.iter().enumerate().map(item))
}

fn attached_name(at: usize) -> String {
    format!("file{at}")
}

/// How a file is said at Telegram so that people see or hear it there.
fn method_for(file: &NewFile) -> &'static str {
    let kind = file.media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.as_str() {
        "image/jpeg" | "image/png" | "image/webp" if file.bytes <= limits::TELEGRAM_PHOTO_BYTES_MAX => "sendPhoto",
        "image/gif" => "sendAnimation",
        "video/mp4" => "sendVideo",
        "audio/ogg" => "sendVoice",
        "audio/mpeg" | "audio/mp4" | "audio/aac" => "sendAudio",
        _ => AS_DOCUMENT,
    }
}

/// A file of Telegram's as the rules see it.
pub(super) fn said_file(file: &File) -> SaidFile {
    let (name, media_type) = match file.kind {
        FileKind::Photo => ("photo.jpg", Some("image/jpeg")),
        FileKind::Document => ("file", None),
        FileKind::Audio => ("audio.mp3", Some("audio/mpeg")),
        FileKind::Voice => ("voice.ogg", Some("audio/ogg")),
        FileKind::Video | FileKind::VideoNote => ("video.mp4", Some("video/mp4")),
        FileKind::Animation => ("animation.mp4", Some("video/mp4")),
        FileKind::Sticker => (STICKER, Some("image/webp")),
        FileKind::VideoSticker => ("sticker.webm", Some("video/webm")),
        FileKind::MovingSticker => ("sticker.tgs", Some("application/x-tgsticker")),
    };
    let is_odd = |c: char| matches!(c, '/' | '\\') || text::is_hidden(c);
    let plain = |name: &String| name.replace(is_odd, "_").chars().take(limits::FILE_NAME_CHARS_MAX).collect::<String>();
    let address = format!("{ADDRESS}{}", file.id);
    SaidFile {
        url: address.clone(),
        address,
        key: None,
        name: Some(file.name.as_ref().map_or_else(|| name.to_string(), plain)),
        media_type: file.media_type.clone().or(media_type.map(str::to_string)),
        bytes: file.bytes,
        description: None,
    }
}

fn too_large() -> Failure {
    let most = limits::TELEGRAM_DOWNLOAD_BYTES_MAX / 1024 / 1024;
    Failure::TooLarge(format!("Telegram gives bots files of {most} MB at most"))
}

fn failed(why: String) -> Failure {
    Failure::Remote { what: "telegram_error", why }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_go_as_what_they_are() {
        let dir = std::env::temp_dir().join(format!("botmother-media-{}", std::process::id()));
        let content = Arc::new(crate::base::spool::Spool::open(&dir).unwrap().reserve());
        let method = |media_type: &str, bytes: u64| {
            let media_type = media_type.to_string();
            method_for(&NewFile { name: "x".into(), media_type, bytes, hash: [0; 32], content: Arc::clone(&content) })
        };
        assert_eq!(method("image/JPEG; q=1", 5), "sendPhoto");
        assert_eq!(method("image/png", 11 * 1024 * 1024), "sendDocument");
        assert_eq!((method("image/gif", 5), method("audio/ogg", 5)), ("sendAnimation", "sendVoice"));
        assert_eq!((method("video/mp4", 5), method("audio/mpeg", 5)), ("sendVideo", "sendAudio"));
        assert_eq!((method("image/svg+xml", 5), method("", 5)), ("sendDocument", "sendDocument"));
        std::fs::remove_dir(&dir).unwrap();
    }

    #[test]
    fn names_are_names() {
        let file = |name: Option<&str>, kind: FileKind| File {
            id: "A".into(),
            unique_id: "B".into(),
            kind,
            name: name.map(str::to_string),
            media_type: None,
            bytes: Some(5),
            emoji: None,
        };
        let name = |name, kind| said_file(&file(name, kind)).name;
        assert_eq!(name(Some("../a\n\u{202e}b.pdf"), FileKind::Document).as_deref(), Some(".._a__b.pdf"));
        assert_eq!(name(None, FileKind::Voice).as_deref(), Some("voice.ogg"));
        assert_eq!(name(None, FileKind::MovingSticker).as_deref(), Some("sticker.tgs"));
        assert_eq!(said_file(&file(None, FileKind::Photo)).address, "tg-file:A");
    }
}
