//! Files that go through the daemon: a job each, from the question of a bot's program to its answer.
//!
//! A job first looks for the upload service of its account's server (XEP-0363 §4), once for all jobs, and asks it for a
//! slot; `sending` and `fetching` go on from there. Jobs are soft state: a restart forgets them, and whoever waited was
//! told nothing. What survives is the message in the outbox.

mod fetching;
mod sending;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use crate::base::call::{Called, Trust};
use crate::base::id::{AccountId, BotId};
use crate::base::jid::Jid;
use crate::base::spool::SpoolFile;
use crate::base::{limits, media};
use crate::channel::xmpp::Xmpp;
use crate::channel::xmpp::accounts::Accounts;
use crate::channel::xmpp::asking::{About, EntityAnswer};
use crate::core::batch::{Batch, Trouble, Verdict};
use crate::core::calls::{End, wait_for};
use crate::core::failure::Failure;
use crate::core::handle::{Answer, NewFile, Outcome};
use crate::core::part::{Kept, Timed};
use crate::core::{Core, Signal};
use crate::store;
use crate::store::row::FileRow;
use crate::xmpp::disco::{self, Info};
use crate::xmpp::iq::Peer;
use crate::xmpp::stanza::IqKind;
use crate::xmpp::upload::{self, Slot, SlotRefusal, UploadService};
use sending::Sending;

/// What is on its way, and what is known of accounts' servers.
#[derive(Clone, Default)]
pub(crate) struct Files {
    /// Upload services, as long as their account's stream lasts.
    services: HashMap<AccountId, UploadService>,
    /// Servers being asked for theirs: how many answers are to come.
    searches: HashMap<AccountId, usize>,
    /// Under which address the upload services of accounts' servers hand files out.
    places: HashMap<AccountId, String>,
    /// By number.
    jobs: BTreeMap<u64, Job>,
}

impl Timed for Files {
    /// When the first job is given up.
    fn deadline(&self) -> Option<Duration> {
        self.jobs.values().map(|job| job.until).min()
    }
}

/// One file on its way.
#[derive(Clone)]
struct Job {
    bot: BotId,
    account: AccountId,
    task: Task,
    /// It waits for the upload service to be found.
    is_searching: bool,
    /// Slots asked for.
    slots: u32,
    /// Given up then (monotonic).
    until: Duration,
    /// The file that passes a link, where it is one; else a caller waits.
    carry: Option<i64>,
}

/// What a job is for.
#[derive(Clone)]
enum Task {
    /// To send a file.
    Send(Box<Sending>),
    /// To fetch a file into this place.
    Fetch(FileRow, Arc<SpoolFile>),
}

/// A question of a job.
#[derive(Clone, Debug)]
pub(crate) enum Asked {
    /// The server's services.
    Items,
    /// Whether this one takes files.
    Info(Jid),
    /// A slot for a job.
    Slot(u64),
}

// --- jobs ---

impl Xmpp {
    fn end_job(&mut self, core: &mut Core, number: u64, outcome: Outcome) {
        let Some(job) = self.files.change().jobs.remove(&number) else { return };
        match (job.carry, job.task) {
            (None, _) => core.callers.end(number, End::Outcome(outcome)),
            (Some(carry), Task::Send(_)) => core.signal(Signal::Carried(carry, outcome.map(drop))),
            (Some(carry), Task::Fetch(..)) => {
                let file = match outcome {
                    Ok(Answer::Content { file, media_type, bytes, content }) => {
                        let name = file.name.unwrap_or_else(|| "file".to_string());
                        Ok(NewFile { name, media_type, bytes, hash: [0; 32], content })
                    }
                    Ok(_) => Err(Failure::Internal),
                    Err(failure) => Err(failure),
                };
                core.signal(Signal::Fetched(carry, Box::new(file)));
            }
        }
    }

    /// Ends a job as its handler said; what is our own fault ends the batch.
    fn settle_job(&mut self, core: &mut Core, number: u64, result: Result<(), Trouble>) -> Result<(), store::Error> {
        match result {
            Ok(()) => Ok(()),
            Err(Trouble::Store(error)) => Err(error),
            Err(Trouble::Failure(failure)) => {
                // A file is fetched from anywhere but our own network; what is wrong with uploads matters to nobody then.
                let is_fetched = matches!(self.files.jobs.get(&number), Some(Job { task: Task::Fetch(..), .. }));
                let is_of_upload = matches!(failure, Failure::Remote { what: "send_failed", .. });
                let failure = if is_fetched && is_of_upload { fetching::not_public() } else { failure };
                self.end_job(core, number, Err(failure));
                Ok(())
            }
        }
    }

    /// Ends the jobs whose time is over.
    pub(crate) fn give_up_files(&mut self, core: &mut Core) {
        let late = self.files.jobs.iter().filter(|(_, job)| job.until <= core.batch.now.mono);
        for number in late.map(|(number, _)| *number).collect::<Vec<_>>() {
            self.end_job(core, number, Err(failed("it took too long; try again later")));
        }
    }

    /// A call of a job is over.
    pub(crate) fn on_file_called(&mut self, core: &mut Core, number: u64, called: &Called) -> Result<(), Trouble> {
        let Some(job) = self.files.jobs.get(&number).cloned() else { return Ok(()) };
        let result = match job.task {
            Task::Send(sending) => self.on_put(core, number, job.bot, &sending, called),
            Task::Fetch(row, content) => self.on_got(core, (number, job.slots), &row, content, called),
        };
        Ok(self.settle_job(core, number, result)?)
    }
}

impl Accounts {
    /// Whose certificates are believed at the server of an account.
    fn trust_of(&self, batch: &Batch, account: AccountId) -> Trust {
        let ca_file = self.get(&account).map(|account| account.row.ca_file.as_str()).unwrap_or_default();
        let ca_file = Some(ca_file).filter(|file| !file.is_empty()).map(Into::into);
        Trust { system_roots: batch.setup.settings.system_roots, ca_file }
    }
}

impl Kept<Files> {
    /// Notes a job; whoever asked waits for its end.
    fn begin_job(
        &mut self,
        batch: &mut Batch,
        bot: BotId,
        account: AccountId,
        task: Task,
        patience: Duration,
    ) -> Result<(u64, Verdict), Trouble> {
        let jobs = &self.jobs;
        let of_bot = jobs.values().filter(|job| job.bot == bot).count();
        if jobs.len() >= limits::FILE_JOBS_MAX || of_bot >= limits::FILE_JOBS_PER_BOT_MAX {
            return Err(Failure::Busy { retry_after_s: 5 }.into());
        }
        batch.last_tag += 1;
        let number = batch.last_tag;
        let until = batch.now.mono + patience;
        let job = Job { bot, account, task, is_searching: false, slots: 0, until, carry: None };
        self.change().jobs.insert(number, job);
        Ok((number, wait_for(number)))
    }
}

// --- the upload service ---

impl Xmpp {
    /// An answer to a question of a job.
    pub(crate) fn on_file_answer(
        &mut self,
        core: &mut Core,
        account: AccountId,
        asked: Asked,
        answer: &EntityAnswer,
    ) -> Result<(), store::Error> {
        self.files.change();
        match asked {
            Asked::Items => {
                let items = answer.as_ref().ok().and_then(Option::as_ref).map(disco::read_items).unwrap_or_default();
                self.ask_services(
                    &mut core.batch,
                    account,
                    items.into_iter().filter(|item| item.node.is_none()).map(|item| item.jid),
                );
                self.note_search_answer(core, account, None)
            }
            Asked::Info(jid) => {
                let info = answer.as_ref().ok().and_then(Option::as_ref).and_then(Info::read);
                let service = info.and_then(|info| UploadService::read(&jid, &info));
                self.note_search_answer(core, account, service)
            }
            Asked::Slot(number) => {
                let result = self.on_slot(core, account, number, answer);
                self.settle_job(core, number, result)
            }
        }
    }

    /// One answer fewer to wait for; the first service found is taken.
    fn note_search_answer(
        &mut self,
        core: &mut Core,
        account: AccountId,
        service: Option<UploadService>,
    ) -> Result<(), store::Error> {
        let Some(left) = self.files.searches.get_mut(&account) else { return Ok(()) };
        *left = left.saturating_sub(1);
        if *left > 0 && service.is_none() {
            return Ok(());
        }
        self.files.searches.remove(&account);
        let waiting = self.files.jobs.iter().filter(|(_, job)| job.account == account && job.is_searching);
        let waiting: Vec<u64> = waiting.map(|(number, _)| *number).collect();
        if let Some(service) = service.clone() {
            self.files.services.insert(account, service);
        }
        for number in waiting {
            let result = match &service {
                Some(service) => self.ask_slot(&mut core.batch, number, service),
                None => Err(failed("the account's server has no upload service (XEP-0363)").into()),
            };
            self.settle_job(core, number, result)?;
        }
        Ok(())
    }

    fn on_slot(
        &mut self,
        core: &mut Core,
        account: AccountId,
        number: u64,
        answer: &EntityAnswer,
    ) -> Result<(), Trouble> {
        let slot = match answer {
            Ok(element) => element.as_ref().map(Slot::read).unwrap_or(Err(upload::SlotError::NoSlot)),
            Err(error) => {
                // It may have moved.
                self.files.services.remove(&account);
                let bytes = match self.files.jobs.get(&number).map(|job| &job.task) {
                    Some(Task::Send(sending)) => sending.shown().1,
                    _ => 0,
                };
                return Err(refused(SlotRefusal::read(error.clone()), bytes).into());
            }
        };
        let slot = slot.map_err(|error| failed(error.to_string()))?;
        if let Some(place) = fetching::place_of(&slot.get_url) {
            self.files.places.insert(account, place);
        }
        match self.files.jobs.get(&number).map(|job| job.task.clone()) {
            Some(Task::Send(sending)) => self.put(core, number, *sending, &slot),
            Some(Task::Fetch(row, content)) => self.fetch(core, number, &row, &content),
            None => Ok(()),
        }
    }
}

impl Xmpp {
    /// The next step of a job that needs a slot: the service is known, or looked for.
    fn find_slot(&mut self, batch: &mut Batch, number: u64) -> Result<(), Trouble> {
        let Some(job) = self.files.change().jobs.get_mut(&number) else { return Ok(()) };
        let (account, carry) = (job.account, job.carry);
        if !self.accounts.get(&account).is_some_and(|account| account.is_online) {
            // What passes a link waits for it.
            if carry.is_some() {
                return Err(Failure::Busy { retry_after_s: 1 }.into());
            }
            return Err(failed("the account is not online at the moment; try again later").into());
        }
        if let Some(service) = self.files.services.get(&account).cloned() {
            return self.ask_slot(batch, number, &service);
        }
        if let Some(job) = self.files.jobs.get_mut(&number) {
            job.is_searching = true;
        }
        if self.files.searches.insert(account, 1).is_none() {
            let query = disco::build_items_query();
            self.questions.ask_entity(batch, account, (Peer::Server, IqKind::Get, query), About::File(Asked::Items));
        }
        Ok(())
    }

    fn ask_slot(&mut self, batch: &mut Batch, number: u64, service: &UploadService) -> Result<(), Trouble> {
        let Some(job) = self.files.jobs.get_mut(&number) else { return Ok(()) };
        (job.is_searching, job.slots) = (false, job.slots + 1);
        let request = match &job.task {
            Task::Send(sending) => {
                let (name, bytes, media_type) = sending.shown();
                if let Some(most) = service.file_bytes_max.filter(|most| *most < bytes) {
                    return Err(too_large(bytes, Some(most)).into());
                }
                upload::build_request(&name, bytes, media_type)
            }
            // Nothing is put there: the slot shows where files of this server are.
            Task::Fetch(..) => upload::build_request("file", 1, media::UNKNOWN),
        };
        let (account, to) = (job.account, Peer::Other(service.jid.clone()));
        self.questions.ask_entity(batch, account, (to, IqKind::Get, request), About::File(Asked::Slot(number)));
        Ok(())
    }

    fn ask_services(&mut self, batch: &mut Batch, account: AccountId, services: impl Iterator<Item = Jid>) {
        // Small servers offer it themselves.
        let own = self.accounts.get(&account).and_then(|account| Jid::parse(account.row.jid.domain()).ok());
        for jid in services.chain(own) {
            if let Some(count) = self.files.searches.get_mut(&account) {
                *count += 1;
            }
            let about = About::File(Asked::Info(jid.clone()));
            self.questions.ask_entity(batch, account, (Peer::Other(jid), IqKind::Get, disco::build_query()), about);
        }
    }
}

impl Kept<Files> {
    /// A new stream: its server may have another upload service by now.
    pub(crate) fn forget_upload_service(&mut self, account: AccountId) {
        if self.services.contains_key(&account) {
            let files = self.change();
            files.services.remove(&account);
            files.places.remove(&account);
        }
    }
}

fn failed(why: impl Into<String>) -> Failure {
    Failure::Remote { what: "send_failed", why: why.into() }
}

/// So many bytes are more than the service takes, which may have said how many that are.
fn too_large(bytes: u64, most: Option<u64>) -> Failure {
    let most = most.map_or_else(|| "less, but does not say how much".to_string(), |most| format!("{most} at most"));
    Failure::TooLarge(format!("the file is too large: it has {bytes} bytes; the server's upload service takes {most}"))
}

/// Why there is no slot.
fn refused(refusal: SlotRefusal, bytes: u64) -> Failure {
    match refusal {
        SlotRefusal::TooLarge(most) => too_large(bytes, most),
        SlotRefusal::Quota(_) => {
            failed("the upload service takes no more files of this account for now; try again later")
        }
        SlotRefusal::NotAllowed(error) => failed(format!("the account may not upload files: {error}")),
        SlotRefusal::Policy(error) => failed(format!("the upload service does not take such a file: {error}")),
        SlotRefusal::Other(error) => failed(format!("the upload service refused the file: {error}")),
    }
}
