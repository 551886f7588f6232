//! Files (docs/api.md): `sendFile` by the file's address in JSON, or with the file itself in a form.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::sync::Arc;

use crate::base::crypto::Hasher;
use crate::base::spool::{Spool, is_full};
use crate::base::{limits, media, remedy};
use crate::core::failure::Failure;
use crate::core::handle::{BotAction, FileQuery, FileWanted, NewAction, NewFile, Question, Upload};
use crate::http::Request;
use crate::http::multipart::{self, Form, Malformed, Part};
use crate::xmpp::message::Kind;

use super::{act, message, read};

/// Fields that have a file: ours, and the ones of Telegram's programs.
const FILE_FIELDS: [&str; 7] = ["file", "document", "photo", "video", "audio", "voice", "animation"];

/// `POST /bot/sendFile`.
pub(super) fn send_file(request: &Request, spool: &Spool) -> Result<Question, Failure> {
    let kind = request.header("content-type").filter(|kind| multipart::is_form(kind));
    match (kind, &request.file) {
        (Some(kind), Some((file, _))) => {
            let mut file = File::open(file.path()).map_err(|error| not_kept(&error))?;
            send_form(request, kind, &mut file, spool)
        }
        (Some(kind), None) => send_form(request, kind, &mut request.body.as_slice(), spool),
        (None, None) => act::send_url(request),
        (None, Some((_, bytes))) if *bytes > limits::BODY_BYTES_MAX as u64 => {
            // Only files may be so large.
            let most = limits::BODY_BYTES_MAX;
            Err(Failure::TooLarge(format!("the JSON object must be at most {most} bytes, not {bytes}")))
        }
        (None, Some((file, _))) => {
            let body = fs::read(file.path()).map_err(|error| not_kept(&error))?;
            act::send_url(&Request { body, file: None, ..request.clone() })
        }
    }
}

/// `GET /bot/getFile`: by `file_id`, `url` or `message_id`; with `download` the file itself.
pub(super) fn get_file(request: &Request, spool: &Spool) -> Result<Question, Failure> {
    let query = read::query(request)?;
    let named = [
        ("file_id", FileWanted::Id as fn(String) -> FileWanted),
        ("url", FileWanted::Url),
        ("message_id", FileWanted::Message),
    ];
    let wanted = named.into_iter().find_map(|(key, wanted)| query.text(key).map(|text| wanted(text.to_string())));
    let Some(wanted) = wanted else { return Err(Failure::invalid("file_id", "there, or `message_id` of an update")) };
    let into = match query.text("download") {
        None | Some("0" | "false") => None,
        Some("1" | "true") => Some(Arc::new(spool.reserve())),
        Some(_) => return Err(Failure::invalid("download", "1 or 0")),
    };
    Ok(Question::GetFile(FileQuery { wanted, into }))
}

fn send_form(request: &Request, content_type: &str, body: &mut dyn Read, spool: &Spool) -> Result<Question, Failure> {
    let malformed = |wrong: Malformed| Failure::invalid("", wrong.0);
    let mut form = Form::new(content_type, body).map_err(malformed)?;
    let (mut texts, mut file) = (Vec::new(), None);
    while let Some(part) = form.next_part().map_err(malformed)? {
        let is_file = FILE_FIELDS.contains(&part.name.as_str());
        if is_file && file.is_none() {
            file = Some(keep(&part, &mut form, spool)?);
        } else if !is_file && !texts.iter().any(|(name, _)| *name == part.name) {
            let mut text = Vec::new();
            while let Some(piece) = form.piece().map_err(malformed)? {
                if text.len() + piece.len() > limits::FORM_TEXT_BYTES_MAX {
                    let most = limits::FORM_TEXT_BYTES_MAX;
                    return Err(Failure::TooLarge(format!("`{}` must be at most {most} bytes, not more", part.name)));
                }
                text.extend_from_slice(piece);
            }
            texts.push((part.name, String::from_utf8(text).ok().map(remedy::inert)));
        }
    }
    let text = |field: &str| -> Result<Option<&str>, Failure> {
        let Some((_, text)) = texts.iter().find(|(name, _)| name == field) else { return Ok(None) };
        let text = text.as_deref().ok_or_else(|| Failure::invalid(field, "text in UTF-8"))?;
        Ok(Some(text).filter(|text| !text.is_empty()))
    };
    let missing = |field: &str| Failure::invalid(field, "there: a string that is not empty");
    let to = read::jid("to", text("to")?.ok_or_else(|| missing("to"))?)?;
    let kind = match text("type")? {
        None | Some("chat") => Kind::Chat,
        Some("groupchat") => Kind::Groupchat,
        Some(_) => return Err(Failure::invalid("type", "chat or groupchat")),
    };
    let caption = text("caption")?.map(str::to_string);
    let idempotency_key = message::idempotency_key(request)?;
    // A form may also name an address.
    let url = if file.is_none() { text("url")?.unwrap_or_default().to_string() } else { String::new() };
    if file.is_none() && url.is_empty() {
        return Err(Failure::invalid("file", "there: a file, as `curl -F file=@photo.jpg` sends it"));
    }
    let act = NewAction { to, kind, action: BotAction::File { url, caption }, idempotency_key };
    if let Some(file) = file.as_ref().filter(|_| act.to.bare().channel() == Some("web")) {
        // It stays here, whatever happens to the machine.
        File::open(file.content.path()).and_then(|file| file.sync_all()).map_err(|error| not_kept(&error))?;
    }
    match file {
        Some(file) => Ok(Question::Upload(Box::new(Upload { act, file }))),
        None => Ok(Question::Act(act)),
    }
}

/// Puts a file where calls find it.
fn keep(part: &Part, form: &mut Form<'_>, spool: &Spool) -> Result<NewFile, Failure> {
    let (content, mut file) = spool.create().map_err(|error| not_kept(&error))?;
    let (mut bytes, mut hasher) = (0, Hasher::default());
    while let Some(piece) = form.piece().map_err(|wrong| Failure::invalid("", wrong.0))? {
        bytes += piece.len();
        if bytes > limits::UPLOAD_BYTES_MAX {
            let most = limits::UPLOAD_BYTES_MAX;
            return Err(Failure::TooLarge(format!("`{}` must be at most {most} bytes, not more", part.name)));
        }
        hasher.update(piece);
        file.write_all(piece).map_err(|error| not_kept(&error))?;
    }
    if bytes == 0 {
        return Err(Failure::invalid(&part.name, "a file that is not empty"));
    }
    let name = media::clean_name(part.file_name.as_deref().unwrap_or_default());
    let said = part.content_type.as_deref().filter(|kind| media::is_media_type(kind) && *kind != media::UNKNOWN);
    let media_type = said.or_else(|| media::guess(&name)).unwrap_or(media::UNKNOWN).to_string();
    Ok(NewFile { name, media_type, bytes: bytes as u64, hash: hasher.finish(), content: Arc::new(content) })
}

fn not_kept(error: &io::Error) -> Failure {
    log::error!("a file that is to be sent cannot be kept: {error}");
    if is_full(error) { Failure::Full } else { Failure::Internal }
}
