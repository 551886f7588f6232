//! Files that a bot's program gives as such: to the upload service of the account's server (XEP-0363), then their address
//! into a message as `sendFile` by address does.
//!
//! The program has its answer when both are done: the file is stored at the server, the message is in the outbox. If it
//! goes away before that, nothing is said in its name.
//!
//! For somebody whom the bot writes encrypted, the file is encrypted, too (XEP-0454): on its way to the server, which
//! learns its size and the end of its name. Its key goes into the message.

use std::borrow::Cow;
use std::time::Duration;

use super::Task;
use super::failed;
use super::too_large;
use crate::base::call::{Called, Part, SEALED_FILE_EXTRA};
use crate::base::id::BotId;
use crate::base::secret::Secret;
use crate::base::{crypto, limits, media, text};
use crate::channel::xmpp::{CallFor, Xmpp};
use crate::core::Core;
use crate::core::actions::{NewAction, check_text};
use crate::core::batch::{Batch, Trouble, Verdict};
use crate::core::channel::{Channel, Sender};
use crate::core::handle::{Answer, BotAction, NewFile, NewMessage, Upload};
use crate::omemo::{Entropy, FileKey, join_url};
use crate::remote::upload::{Sent, build_put, read_put};
use crate::xmpp::message::Kind;
use crate::xmpp::upload::Slot;

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
    /// The id under which it is said, where that is promised.
    id: Option<String>,
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

impl Xmpp {
    /// `sendFile` with the file itself: begun, or refused with the reason.
    pub(crate) fn take_upload(&mut self, core: &mut Core, bot: BotId, upload: &Upload) -> Result<Verdict, Trouble> {
        let act = &upload.act;
        if let BotAction::File { caption: Some(caption), .. } = &act.action {
            check_text("caption", caption)?;
        }
        let account = self.accounts.account_for(core.speaking_bot(bot)?)?;
        if act.kind == Kind::Groupchat {
            self.check_cover(core, account, &act.to.bare())?;
        }
        let encrypted = self.is_sealed(core, bot, &act.to, act.kind)?;
        self.check_caption(core, (account, bot), act)?;
        if let Some(key) = act.idempotency_key.as_deref()
            && let Some(sent) = core.batch.sent_before(bot, key, &upload.hash())?
        {
            let answer = Answer::Sent { message_id: sent.message_id, encrypted: sent.encrypted };
            return Ok(Verdict::Outcome(Ok(answer)));
        }
        let patience = limits::FILE_JOB_TIMEOUT + transfer_time(upload.file.bytes);
        let key = encrypted.then(|| core.batch.file_key());
        let task = Task::Send(Box::new(Sending { upload: upload.clone(), key, url: None, id: None }));
        let (job, verdict) = self.files.begin_job(&mut core.batch, bot, account, task, patience)?;
        let begun = self.find_slot(&mut core.batch, job);
        self.settle_job(core, job, begun)?;
        Ok(verdict)
    }

    /// Begins to say a file that passes a link.
    pub(crate) fn say_carried(
        &mut self,
        core: &mut Core,
        bot: BotId,
        (new, file): (&NewMessage, &NewFile),
        (id, carry): (&str, i64),
    ) -> Result<(), Trouble> {
        let account = self.accounts.account_for(core.speaking_bot(bot)?)?;
        if new.kind == Kind::Groupchat {
            self.check_cover(core, account, &new.to.bare())?;
        }
        let encrypted = self.is_sealed(core, bot, &new.to, new.kind)?;
        let caption = Some(new.text.clone()).filter(|text| !text.is_empty());
        let action = BotAction::File { url: String::new(), caption };
        let act = NewAction { to: new.to.clone(), kind: new.kind, action, idempotency_key: None };
        let upload = Upload { act, file: file.clone() };
        let key = encrypted.then(|| core.batch.file_key());
        let sending = Sending { upload, key, url: None, id: Some(id.to_string()) };
        let patience = limits::FILE_JOB_TIMEOUT + transfer_time(file.bytes);
        let task = Task::Send(Box::new(sending));
        let (job, _) = self.files.begin_job(&mut core.batch, bot, account, task, patience)?;
        if let Some(job) = self.files.change().jobs.get_mut(&job) {
            job.carry = Some(carry);
        }
        let begun = self.find_slot(&mut core.batch, job);
        Ok(self.settle_job(core, job, begun)?)
    }

    /// There is a place for the file.
    pub(super) fn put(&mut self, core: &mut Core, number: u64, sending: Sending, slot: &Slot) -> Result<(), Trouble> {
        let url = match &sending.key {
            None => slot.get_url.clone(),
            Some(key) => {
                join_url(&slot.get_url, key).ok_or_else(|| failed("the upload service gave a wrong address"))?
            }
        };
        let sending = Sending { url: Some(url), ..sending };
        let Some(job) = self.files.change().jobs.get_mut(&number) else { return Ok(()) };
        let (bot, account) = (job.bot, job.account);
        job.task = Task::Send(Box::new(sending.clone()));
        let headers: Vec<(String, String)> =
            slot.put_headers.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
        let trust = self.accounts.trust_of(&core.batch, account);
        let (_, bytes, media_type) = sending.shown();
        let mut call = build_put(&slot.put_url, &headers, sending.body(), media_type, trust);
        call.timeout = call.timeout.min(limits::FILE_JOB_TIMEOUT + transfer_time(bytes));
        self.calls.call_out(&mut core.batch, format!("file {bot}"), call, CallFor::File(number));
        Ok(())
    }

    /// The file is at the server, or not.
    pub(super) fn on_put(
        &mut self,
        core: &mut Core,
        number: u64,
        bot: BotId,
        sending: &Sending,
        called: &Called,
    ) -> Result<(), Trouble> {
        let slots = self.files.jobs.get(&number).map_or(0, |job| job.slots);
        match (read_put(called), &sending.url) {
            (Sent::Done, Some(url)) => self.say_uploaded(core, number, bot, sending, url),
            (Sent::NewSlot, _) if slots < limits::FILE_SLOTS_MAX => self.find_slot(&mut core.batch, number),
            (Sent::TooLarge, _) => Err(too_large(sending.shown().1, None).into()),
            (sent, _) => Err(failed(sent.to_string()).into()),
        }
    }

    fn say_uploaded(
        &mut self,
        core: &mut Core,
        number: u64,
        bot: BotId,
        sending: &Sending,
        url: &str,
    ) -> Result<(), Trouble> {
        if sending.id.is_none() && core.callers.of(number).is_none_or(|caller| caller.is_gone()) {
            log::info!("bot {bot}: a file was uploaded for a program that does not wait for it any more");
            self.files.change().jobs.remove(&number);
            return Ok(());
        }
        let upload = &sending.upload;
        if sending.key.is_some() && !self.is_sealed(core, bot, &upload.act.to, upload.act.kind)? {
            return Err(failed("the chat is not encrypted any more; send the file again").into());
        }
        let mut act = upload.act.clone();
        if let BotAction::File { url: place, .. } = &mut act.action {
            *place = url.to_string();
        }
        let sender = Sender { bot, account: Some(self.accounts.account_for(core.speaking_bot(bot)?)?) };
        let key = act.idempotency_key.as_deref().map(|key| (key, upload.hash()));
        let answer = match &sending.id {
            None => core.act_once(bot, &act, key, |core, id| self.act(core, sender, &act, id))?,
            Some(id) => {
                let encrypted = self.act(core, sender, &act, id)?;
                Answer::Sent { message_id: id.clone(), encrypted }
            }
        };
        self.end_job(core, number, Ok(answer));
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
