//! Files that a bot's program gives as such: to the upload service of the account's server (XEP-0363), then their address
//! into a message as `sendFile` by address does.
//!
//! The program has its answer when both are done: the file is stored at the server, the message is in the outbox. If it
//! goes away before that, nothing is said in its name.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{Task, failed, too_large};
use crate::base::crypto;
use crate::base::id::BotId;
use crate::base::limits;
use crate::base::spool::SpoolFile;
use crate::engine::calls::About;
use crate::engine::deeds::check_text;
use crate::engine::event::Called;
use crate::engine::handle::{Act, Answer, Deed};
use crate::engine::outbox::Way;
use crate::engine::{Engine, Trouble, Verdict};
use crate::remote::upload::{Sent, build_put, read_put};
use crate::xmpp::upload::Slot;

/// `sendFile` with the file itself.
#[derive(Clone, Debug)]
pub struct Upload {
    /// To whom and how; a [`Deed::File`] whose address is not known yet.
    pub act: Act,
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
        let asked = (act.to.as_str(), act.kind, &act.deed, &file.name, &file.media_type, &file.hash);
        crypto::sha256(format!("{asked:?}").as_bytes())
    }
}

impl Engine {
    /// `sendFile` with the file itself: begun, or refused with the reason.
    pub(in crate::engine) fn upload(&mut self, bot: BotId, upload: &Upload) -> Result<Verdict, Trouble> {
        let act = &upload.act;
        if let Deed::File { caption: Some(caption), .. } = &act.deed {
            check_text("caption", caption)?;
        }
        let Way::Account(account) = self.way(bot, &act.to)? else {
            return Err(failed("the built-in chat takes no files, only their addresses as `url`").into());
        };
        if let Some(message_id) = self.sent_before(bot, act.idempotency_key.as_deref(), &upload.hash())? {
            return Ok(Verdict::Outcome(Ok(Answer::Sent { message_id, encrypted: false })));
        }
        let patience = limits::FILE_JOB_TIMEOUT + transfer_time(upload.file.bytes);
        let task = Task::Send(Box::new(upload.clone()), None);
        let (job, verdict) = self.begin_job(bot, account, task, patience)?;
        let begun = self.find_slot(job);
        self.settle_job(job, begun)?;
        Ok(verdict)
    }

    /// There is a place for the file.
    pub(super) fn put(&mut self, number: u64, upload: &Upload, slot: &Slot) -> Result<(), Trouble> {
        let Some(job) = self.touch_files().jobs.get_mut(&number) else { return Ok(()) };
        let (bot, account) = (job.bot, job.account);
        job.task = Task::Send(Box::new(upload.clone()), Some(slot.get_url.clone()));
        let (path, file) = (upload.file.content.path().to_path_buf(), &upload.file);
        let headers: Vec<(String, String)> =
            slot.put_headers.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
        let trust = self.trust_of(account);
        let mut call = build_put(&slot.put_url, &headers, &path, file.bytes, &file.media_type, trust);
        call.timeout = call.timeout.min(limits::FILE_JOB_TIMEOUT + transfer_time(file.bytes));
        self.call_out(format!("file {bot}"), call, About::File(number));
        Ok(())
    }

    /// The file is at the server, or not.
    pub(super) fn on_put(
        &mut self,
        number: u64,
        bot: BotId,
        upload: &Upload,
        url: Option<&str>,
        called: &Called,
    ) -> Result<(), Trouble> {
        let slots = self.files.jobs.get(&number).map_or(0, |job| job.slots);
        match (read_put(called), url) {
            (Sent::Done, Some(url)) => self.say_uploaded(number, bot, upload, url),
            (Sent::NewSlot, _) if slots < limits::FILE_SLOTS_MAX => self.find_slot(number),
            (Sent::TooLarge, _) => Err(too_large(None).into()),
            (sent, _) => Err(failed(sent.to_string()).into()),
        }
    }

    fn say_uploaded(&mut self, number: u64, bot: BotId, upload: &Upload, url: &str) -> Result<(), Trouble> {
        if self.callers.get(&number).is_none_or(|caller| caller.is_gone()) {
            log::info!("bot {bot}: a file was uploaded for a program that does not wait for it any more");
            self.touch_files().jobs.remove(&number);
            return Ok(());
        }
        let mut act = upload.act.clone();
        if let Deed::File { url: place, .. } = &mut act.deed {
            *place = url.to_string();
        }
        let way = self.way(bot, &act.to)?;
        let answer = self.carry_out(bot, &act, way, &upload.hash())?;
        self.end_job(number, Ok(answer));
        Ok(())
    }
}

/// How long so many bytes may take.
fn transfer_time(bytes: u64) -> Duration {
    Duration::from_secs(bytes / limits::TRANSFER_BYTES_PER_S_MIN)
}
