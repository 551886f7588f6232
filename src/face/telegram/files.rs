//! Calls with files: sent by their address, by a `file_id`, or as such; found out about, and fetched.

use std::sync::Arc;

use crate::base::json::Fields;
use crate::base::spool::Spool;
use crate::core::failure::Failure;
use crate::core::handle::{
    ChatRef, FileQuery, FileRef, FileWanted, NewFile, NumberedAct, NumberedAction, NumberedAsk, NumberedUpload,
    Question,
};

use super::calls::{self, Many, Plan, Shown};
use super::params::Params;

/// `sendPhoto`.
pub(super) fn send_photo(params: &Params) -> Result<Plan, Failure> {
    send(params, "photo")
}

/// `sendDocument`.
pub(super) fn send_document(params: &Params) -> Result<Plan, Failure> {
    send(params, "document")
}

/// `sendAudio`.
pub(super) fn send_audio(params: &Params) -> Result<Plan, Failure> {
    send(params, "audio")
}

/// `sendVoice`.
pub(super) fn send_voice(params: &Params) -> Result<Plan, Failure> {
    send(params, "voice")
}

/// `sendVideo`.
pub(super) fn send_video(params: &Params) -> Result<Plan, Failure> {
    send(params, "video")
}

/// `sendVideoNote`.
pub(super) fn send_video_note(params: &Params) -> Result<Plan, Failure> {
    send(params, "video_note")
}

/// `sendAnimation`.
pub(super) fn send_animation(params: &Params) -> Result<Plan, Failure> {
    send(params, "animation")
}

/// `sendSticker`.
pub(super) fn send_sticker(params: &Params) -> Result<Plan, Failure> {
    send(params, "sticker")
}

fn send(params: &Params, field: &str) -> Result<Plan, Failure> {
    let chat = calls::chat(params)?;
    let caption = calls::styled(params, ("caption", "caption_entities"))?;
    let keyboard = calls::keyboard(params)?;
    if let Some(file) = params.file(field) {
        return Ok(Plan::Upload(Box::new(upload(chat, caption, file)), keyboard));
    }
    let named = params.text(field)?;
    let named =
        named.ok_or_else(|| Failure::Conflict(format!("there is no {} in the request", field.replace('_', " "))))?;
    let what = NumberedAction::File { file: file_ref(named)?, caption, keyboard };
    Ok(Plan::ask(NumberedAsk::Act(NumberedAct { chat, message: 0, what, idempotency_key: None })))
}

fn upload(chat: ChatRef, caption: Option<String>, file: NewFile) -> NumberedUpload {
    NumberedUpload { chat, caption, file, idempotency_key: None }
}

fn file_ref(named: String) -> Result<FileRef, Failure> {
    let is_url = ["http://", "https://"]
        .iter()
        .any(|scheme| named.get(..scheme.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(scheme)));
    match named.starts_with("attach://") {
        true => Err(Failure::Conflict("the file that attach:// names is not in the request".to_string())),
        false if is_url => Ok(FileRef::Url(named)),
        false => Ok(FileRef::Id(named)),
    }
}

/// `sendMediaGroup`.
pub(super) fn send_media_group(params: &Params) -> Result<Plan, Failure> {
    let chat = calls::chat(params)?;
    let media = params.objects("media")?.unwrap_or_default();
    if !(1..=10).contains(&media.len()) {
        return Err(Failure::invalid("media", "2 to 10 files"));
    }
    let all = media.iter().map(|one| member(params, &chat, one)).collect::<Result<_, Failure>>()?;
    Ok(Plan::Many(all, Many::Array))
}

fn member(params: &Params, chat: &ChatRef, one: &Fields) -> Result<Plan, Failure> {
    let named = one.need_text("media")?;
    let caption = calls::styled_member(one)?;
    if let Some(file) = named.strip_prefix("attach://").and_then(|name| params.attached(name)) {
        return Ok(Plan::Upload(Box::new(upload(chat.clone(), caption, file)), None));
    }
    let what = NumberedAction::File { file: file_ref(named.to_string())?, caption, keyboard: None };
    Ok(Plan::ask(NumberedAsk::Act(NumberedAct { chat: chat.clone(), message: 0, what, idempotency_key: None })))
}

/// `getFile`.
pub(super) fn get_file(params: &Params) -> Result<Plan, Failure> {
    let wanted = FileWanted::Id(params.need_text("file_id")?);
    Ok(Plan::Other(Box::new(Question::GetFile(FileQuery { wanted, into: None })), Shown::Plain))
}

/// A file by its `file_path`, which begins with its id.
pub(super) fn download(path: &str, spool: &Spool) -> Plan {
    let wanted = FileWanted::Id(path.split('/').next().unwrap_or_default().to_string());
    let into = Some(Arc::new(spool.reserve()));
    Plan::Other(Box::new(Question::GetFile(FileQuery { wanted, into })), Shown::Content)
}
