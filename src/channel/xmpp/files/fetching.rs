//! Files that bots were told of (XEP-0066, XEP-0447): noted when their message is, and fetched when a bot's program wants
//! them, so that it needs no client for strangers' addresses.
//!
//! Only what this bot was told of is fetched, and only from public addresses: whoever writes to a bot must not make us
//! call at the router. The one exception is the upload service of our own server, which may well stand beside us. What
//! its files look like a slot shows.
//!
//! Encrypted files (XEP-0454) have their key in their address. Only what stands before it is ever asked for; the key is
//! kept apart, and the call that fetches decrypts.

use std::sync::Arc;

use super::Task;
use crate::base::call::{CallError, Called, Reach, SEALED_FILE_EXTRA};
use crate::base::id::BotId;
use crate::base::spool::SpoolFile;
use crate::base::text::{self, Plus};
use crate::base::{limits, media};
use crate::channel::xmpp::{CallFor, Xmpp};
use crate::core::Core;
use crate::core::batch::{Trouble, Verdict};
use crate::core::failure::Failure;
use crate::core::files::{file_id, row_of};
use crate::core::handle::{Answer, FileInfo, FileQuery, FileWanted};
use crate::core::incoming::SaidFile;
use crate::core::registry::Through;
use crate::omemo::{join_url, split_url};
use crate::remote::upload::{Fetched, build_get, read_get};
use crate::store::row::FileRow;

impl Xmpp {
    /// `getFile`.
    pub(crate) fn get_file(&mut self, core: &mut Core, bot: BotId, query: &FileQuery) -> Result<Verdict, Trouble> {
        let row = match &query.wanted {
            FileWanted::Id(id) => core.batch.store.find_file(bot, id)?,
            FileWanted::Url(url) => core.batch.store.find_file(bot, &file_id(url))?,
            FileWanted::Message(id) => core.batch.store.find_file_of(bot, id)?,
        };
        let unknown = "this bot was told of no such file, or so long ago that it is not remembered";
        let row = row.ok_or_else(|| Failure::NotFound(unknown.to_string()))?;
        let Some(into) = &query.into else { return Ok(Verdict::Outcome(Ok(Answer::File(info(row))))) };
        if row.size.and_then(|size| u64::try_from(size).ok()).is_some_and(|size| size > limits::DOWNLOAD_BYTES_MAX) {
            return Err(too_large().into());
        }
        let Through::Account(account) = self.accounts.speaks_through(core.batch.bot(bot)?) else {
            return Err(failed("the bot's account is not signed in here").into());
        };
        // A little longer than the call, which has more to say.
        let patience = limits::DOWNLOAD_TIMEOUT + limits::CALL_TIMEOUT;
        let (job, verdict) =
            self.files.begin_job(&mut core.batch, bot, account, Task::Fetch(row.clone(), into.clone()), patience)?;
        let begun = self.fetch(core, job, &row, into);
        self.settle_job(core, job, begun)?;
        Ok(verdict)
    }

    /// Begins to fetch a file that passes a link.
    pub(crate) fn fetch_carried(
        &mut self,
        core: &mut Core,
        bot: BotId,
        file: &SaidFile,
        (into, carry): (&Arc<SpoolFile>, i64),
    ) -> Result<(), Trouble> {
        let (url, key) = match split_url(&file.address) {
            Some((url, key)) => (url, Some(key)),
            None => (file.address.clone(), None),
        };
        let row = row_of(bot, "", &SaidFile { url, key, ..file.clone() });
        let account = self.accounts.account_for(core.speaking_bot(bot)?)?;
        let patience = limits::TRANSFER_TIMEOUT + limits::CALL_TIMEOUT;
        let task = Task::Fetch(row.clone(), Arc::clone(into));
        let (job, _) = self.files.begin_job(&mut core.batch, bot, account, task, patience)?;
        if let Some(job) = self.files.change().jobs.get_mut(&job) {
            job.carry = Some(carry);
        }
        let begun = self.fetch(core, job, &row, into);
        Ok(self.settle_job(core, job, begun)?)
    }

    pub(super) fn fetch(
        &mut self,
        core: &mut Core,
        number: u64,
        row: &FileRow,
        into: &SpoolFile,
    ) -> Result<(), Trouble> {
        let Some(job) = self.files.jobs.get(&number) else { return Ok(()) };
        let (bot, account, slots) = (job.bot, job.account, job.slots);
        let is_carried = job.carry.is_some();
        let is_ours = self.files.places.get(&account).is_some_and(|place| is_within(&row.url, place));
        if !is_ours && slots > 0 {
            return Err(not_public().into());
        }
        let reach = if is_ours { Reach::Any } else { Reach::PublicOnly };
        let (path, trust) = (into.path().to_path_buf(), self.accounts.trust_of(&core.batch, account));
        let most = if is_carried { limits::CARRIED_BYTES_MAX } else { limits::DOWNLOAD_BYTES_MAX };
        let mut call = build_get(&row.url, path, most, reach, trust);
        if !is_carried {
            call.timeout = limits::DOWNLOAD_TIMEOUT;
        }
        if row.key.is_some() {
            call.open_with.clone_from(&row.key);
            call.answer_bytes_max += SEALED_FILE_EXTRA;
        }
        if is_ours {
            // It is trusted itself, not whom it names.
            call.redirects_max = 0;
        }
        self.calls.call_out(&mut core.batch, format!("file {bot}"), call, CallFor::File(number));
        Ok(())
    }

    /// The file was fetched, or not.
    pub(super) fn on_got(
        &mut self,
        core: &mut Core,
        (number, slots): (u64, u32),
        row: &FileRow,
        content: Arc<SpoolFile>,
        called: &Called,
    ) -> Result<(), Trouble> {
        if matches!(called, Err(CallError::Full)) {
            return Err(Failure::Full.into());
        }
        if matches!(called, Err(CallError::NotPublic)) {
            return if slots == 0 { self.find_slot(&mut core.batch, number) } else { Err(not_public().into()) };
        }
        let (bytes, content_type) = match read_get(called) {
            // Of an encrypted file the service does not know what it is.
            Fetched::Done { bytes, content_type } => (bytes, content_type.filter(|_| row.key.is_none())),
            gone @ Fetched::Gone => return Err(Failure::NotFound(gone.to_string()).into()),
            denied @ Fetched::Denied => return Err(Failure::Forbidden(denied.to_string()).into()),
            Fetched::TooLarge => return Err(too_large().into()),
            other => return Err(failed(other.to_string()).into()),
        };
        let said = content_type.filter(|kind| media::is_media_type(kind) && kind != media::UNKNOWN);
        let told = row.media_type.clone().filter(|kind| media::is_media_type(kind));
        let media_type = said.or(told).unwrap_or_else(|| media::UNKNOWN.to_string());
        let file = info(FileRow { size: i64::try_from(bytes).ok(), ..row.clone() });
        self.end_job(core, number, Ok(Answer::Content { file, media_type, bytes, content }));
        Ok(())
    }
}

fn info(row: FileRow) -> FileInfo {
    let FileRow { file_id, message_id, url, name, media_type, size, key, .. } = row;
    let url = key.and_then(|key| join_url(&url, &key)).unwrap_or(url);
    FileInfo { file_id, message_id, url, name, media_type, size }
}

fn failed(why: impl Into<String>) -> Failure {
    Failure::Remote { what: "connection_failed", why: why.into() }
}

fn too_large() -> Failure {
    Failure::TooLarge(format!(
        "the file must be at most {} bytes, not more; fetch it from its `url`",
        limits::DOWNLOAD_BYTES_MAX
    ))
}

pub(super) fn not_public() -> Failure {
    Failure::Forbidden("the file's address is neither public nor that of the account's own upload service".to_string())
}

/// Where an upload service hands files out, by the address of one: scheme, host, port and first part of the path.
pub(super) fn place_of(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let mut parts = rest.split('/');
    let (host, first) = (parts.next()?, parts.next()?);
    // Behind it there must be a file, or its server as a whole would be meant.
    let is_place = !host.is_empty() && !first.is_empty() && !first.contains(['?', '#']) && parts.next().is_some();
    is_place.then(|| format!("{scheme}://{host}/{first}/"))
}

/// Whether an address lies within a place, however it is read.
fn is_within(url: &str, place: &str) -> bool {
    let Some(rest) = url.strip_prefix(place) else { return false };
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    let decoded = text::unpercent(path, Plus::IsPlus);
    let is_plain = |path: &str| !path.contains('\\') && !path.split('/').any(|part| matches!(part, "." | ".." | ""));
    !rest.contains(['?', '#']) && is_plain(path) && decoded.is_some_and(|path| is_plain(&path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_upload_service_and_nothing_beside_it() {
        let place = place_of("https://192.168.1.2:5281/file_share/abc/k.jpg").unwrap();
        assert_eq!(place, "https://192.168.1.2:5281/file_share/");
        assert!(is_within("https://192.168.1.2:5281/file_share/def/a%20b.jpg", &place));
        for other in [
            "https://192.168.1.2:5281/admin/x",
            "https://192.168.1.2/file_share/a",
            "http://192.168.1.2:5281/file_share/a",
            "https://192.168.1.2:5281/file_share",
            "https://192.168.1.2:5281/file_share/",
            "https://192.168.1.2:5281/file_share/../admin",
            "https://192.168.1.2:5281/file_share/%2e%2E/admin",
            "https://192.168.1.2:5281/file_share/..%2fadmin",
            "https://192.168.1.2:5281/file_share/..\\admin",
            "https://192.168.1.2:5281/file_share//x",
            "https://192.168.1.2:5281/file_share/a?b=c",
            "https://192.168.1.2:5281@evil/file_share/a",
        ] {
            assert!(!is_within(other, &place), "{other}");
        }
        for none in ["https://h/a", "https://h", "https:///a/b", "h/a/b"] {
            assert_eq!(place_of(none), None, "{none}");
        }
    }
}
