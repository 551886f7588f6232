//! Files that a bot's program gives as such: to the upload service of the account's server (XEP-0363), then their address
//! into a message as `sendFile` by address does.
//!
//! The program has its answer when both are done: the file is stored at the server, the message is in the outbox. If it
//! goes away before that, nothing is said in its name.
//!
//! For somebody whom the bot writes encrypted, the file is encrypted, too (XEP-0454): on its way to the server, which
//! learns its size and the end of its name. Its key goes into the message.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{Task, failed, too_large};
use crate::base::call::{Called, Part, SEALED_FILE_EXTRA};
use crate::base::id::BotId;
use crate::base::secret::Secret;
use crate::base::spool::SpoolFile;
use crate::base::{crypto, limits, media, text};
use crate::engine::actions::check_text;
use crate::engine::calls::About;
use crate::engine::handle::{Answer, BotAction, NewAction};
use crate::engine::{Batch, Engine, Trouble, Verdict};
use crate::omemo::{Entropy, FileKey, join_url};
use crate::remote::upload::{Sent, build_put, read_put};
use crate::xmpp::message::Kind;
use crate::xmpp::upload::Slot;

/// `sendFile` with the file itself.
#[derive(Clone, Debug)]
pub struct Upload {
    /// To whom and how; a [`BotAction::File`] whose address is not known yet.
    pub act: NewAction,
    /// The file.
    pub file: NewFile,
}

/// A file given by a program.
#[derive(Clone)]
pub struct NewFile {
    /// Its name, for people.
    pub name: String,
    /// Its type.
    pub media_type: String,
    /// Its size in bytes, not 0.
    pub bytes: u64,
    /// SHA-256 of its content.
    pub hash: [u8; 32],
    /// Where its content is.
    pub content: Arc<SpoolFile>,
}

impl fmt::Debug for NewFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}, {}, {} bytes", self.name, self.media_type, self.bytes)
    }
}

impl Upload {
    /// Of all that was asked: the address is another one each time, the content is the same.
    fn hash(&self) -> [u8; 32] {
        let (act, file) = (&self.act, &self.file);
        let asked = (act.to.as_str(), act.kind, &act.action, &file.name, &file.media_type, &file.hash);
        crypto::sha256(format!("{asked:?}").as_bytes())
    }
}

/// A file on its way to the server.
#[derive(Clone)]
pub(super) struct Sending {
    upload: Upload,
    /// What it is encrypted with.
    key: Option<Secret>,
    /// Where others will find it, once that is known.
    url: Option<String>,
}

impl Sending {
    /// What the server learns of the file: name, size, type.
    pub(super) fn shown(&self) -> (Cow<'_, str>, u64, &str) {
        let file = &self.upload.file;
        match &self.key {
            None => (Cow::Borrowed(file.name.as_str()), file.bytes, &file.media_type),
            Some(key) => (Cow::Owned(veiled(&file.name, key)), file.bytes + SEALED_FILE_EXTRA, media::UNKNOWN),
        }
    }

    /// What goes there.
    fn body(&self) -> Part {
        let file = &self.upload.file;
        let (path, bytes) = (file.content.path().to_path_buf(), file.bytes);
        match self.key.clone() {
            None => Part::File { path, bytes },
            Some(key) => Part::Sealed { path, bytes, key },
        }
    }
}

impl Engine {
    /// `sendFile` with the file itself: begun, or refused with the reason.
    pub(in crate::engine) fn upload(&mut self, bot: BotId, upload: &Upload) -> Result<Verdict, Trouble> {
        let act = &upload.act;
        if let BotAction::File { caption: Some(caption), .. } = &act.action {
            check_text("caption", caption)?;
        }
        let Some(account) = self.way(bot, &act.to)?.account() else {
            return Err(failed("the built-in chat takes no files, only their addresses as `url`").into());
        };
        if act.kind == Kind::Groupchat {
            self.check_cover(account, &act.to.bare())?;
        }
        let encrypted = self.is_sealed(bot, &act.to, act.kind)?;
        self.check_caption(bot, act)?;
        if let Some(sent) = self.batch.sent_before(bot, act.idempotency_key.as_deref(), &upload.hash())? {
            let answer = Answer::Sent { message_id: sent.message_id, encrypted: sent.encrypted };
            return Ok(Verdict::Outcome(Ok(answer)));
        }
        let patience = limits::FILE_JOB_TIMEOUT + transfer_time(upload.file.bytes);
        let key = encrypted.then(|| self.batch.file_key());
        let task = Task::Send(Box::new(Sending { upload: upload.clone(), key, url: None }));
        let (job, verdict) = self.xmpp.files.begin_job(&mut self.batch, bot, account, task, patience)?;
        let begun = self.xmpp.find_slot(&mut self.batch, job);
        self.settle_job(job, begun)?;
        Ok(verdict)
    }

    /// There is a place for the file.
    pub(super) fn put(&mut self, number: u64, sending: Sending, slot: &Slot) -> Result<(), Trouble> {
        let url = match &sending.key {
            None => slot.get_url.clone(),
            Some(key) => {
                join_url(&slot.get_url, key).ok_or_else(|| failed("the upload service gave a wrong address"))?
            }
        };
        let sending = Sending { url: Some(url), ..sending };
        let Some(job) = self.xmpp.files.change().jobs.get_mut(&number) else { return Ok(()) };
        let (bot, account) = (job.bot, job.account);
        job.task = Task::Send(Box::new(sending.clone()));
        let headers: Vec<(String, String)> =
            slot.put_headers.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
        let trust = self.xmpp.accounts.trust_of(&self.batch, account);
        let (_, bytes, media_type) = sending.shown();
        let mut call = build_put(&slot.put_url, &headers, sending.body(), media_type, trust);
        call.timeout = call.timeout.min(limits::FILE_JOB_TIMEOUT + transfer_time(bytes));
        self.calls.call_out(&mut self.batch, format!("file {bot}"), call, About::File(number));
        Ok(())
    }

    /// The file is at the server, or not.
    pub(super) fn on_put(
        &mut self,
        number: u64,
        bot: BotId,
        sending: &Sending,
        called: &Called,
    ) -> Result<(), Trouble> {
        let slots = self.xmpp.files.jobs.get(&number).map_or(0, |job| job.slots);
        match (read_put(called), &sending.url) {
            (Sent::Done, Some(url)) => self.say_uploaded(number, bot, sending, url),
            (Sent::NewSlot, _) if slots < limits::FILE_SLOTS_MAX => self.xmpp.find_slot(&mut self.batch, number),
            (Sent::TooLarge, _) => Err(too_large(sending.shown().1, None).into()),
            (sent, _) => Err(failed(sent.to_string()).into()),
        }
    }

    fn say_uploaded(&mut self, number: u64, bot: BotId, sending: &Sending, url: &str) -> Result<(), Trouble> {
        if self.calls.callers.get(&number).is_none_or(|caller| caller.is_gone()) {
            log::info!("bot {bot}: a file was uploaded for a program that does not wait for it any more");
            self.xmpp.files.change().jobs.remove(&number);
            return Ok(());
        }
        let upload = &sending.upload;
        if sending.key.is_some() && !self.is_sealed(bot, &upload.act.to, upload.act.kind)? {
            return Err(failed("the chat is not encrypted any more; send the file again").into());
        }
        let mut act = upload.act.clone();
        if let BotAction::File { url: place, .. } = &mut act.action {
            *place = url.to_string();
        }
        let way = self.way(bot, &act.to)?;
        let answer = self.carry_out(bot, &act, way, &upload.hash())?;
        self.end_job(number, Ok(answer));
        Ok(())
    }
}

impl Batch {
    fn file_key(&self) -> Secret {
        let mut fill = self.setup.entropy;
        FileKey::new(&mut Entropy::new(&mut fill)).print()
    }
}

/// A file's name without what it says, but for its kind: clients show a picture as such by the end of its address.
fn veiled(name: &str, key: &Secret) -> String {
    let is_kind = |end: &&str| (1..=8).contains(&end.len()) && end.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let kind = name.rsplit_once('.').map(|(_, end)| end).filter(is_kind);
    let first = text::hex(&crypto::sha256(key.expose().as_bytes())[..8]);
    kind.map_or(first.clone(), |kind| format!("{first}.{kind}"))
}

/// How long so many bytes may take.
fn transfer_time(bytes: u64) -> Duration {
    Duration::from_secs(bytes / limits::TRANSFER_BYTES_PER_S_MIN)
}
