//! The threads that make calls: made on demand, bounded in number, gone when there is nothing to do.
//!
//! Every call has a key, its destination and bot. One key has few calls under way, and its second one only while many
//! threads are free, so that a slow AI or a dead webhook holds up nobody else. Every call that was accepted is reported
//! exactly once. The lock is never held while a call is made or reported.

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{fmt, thread};

use super::cancel::Cancel;
use super::exchange;
use super::kept::Kept;
use super::tls::Certificate;
use crate::base::call::{CallError, HttpAnswer, HttpCall};
use crate::base::limits;

/// How much may be under way and waiting.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// What the threads are called, before `-N`; at most ten letters are seen.
    pub name: &'static str,
    /// Threads, so calls under way.
    pub threads: usize,
    /// Calls under way with one key.
    pub per_key: usize,
    /// Calls waiting.
    pub queue: usize,
    /// Calls waiting with one key.
    pub queue_per_key: usize,
    /// How long a thread without work stays.
    pub idle: Duration,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds {
            name: "work",
            threads: limits::WORK_THREADS_MAX,
            per_key: limits::WORK_PER_KEY_MAX,
            queue: limits::WORK_QUEUE_MAX,
            queue_per_key: limits::WORK_QUEUE_PER_KEY_MAX,
            idle: limits::WORK_IDLE,
        }
    }
}

/// Makes calls in threads of its own. `T` is the caller's name for a call, given back with its outcome.
pub struct Work<T: Send + 'static>(Arc<Shared<T>>);

struct Shared<T> {
    bounds: Bounds,
    report: Box<Report<T>>,
    kept: Kept,
    state: Mutex<State<T>>,
    /// There is work, or the end has come.
    to_do: Condvar,
    /// A thread has ended.
    ended: Condvar,
}

pub(super) type Report<T> = dyn Fn(T, Result<HttpAnswer, CallError>) + Send + Sync;

struct State<T> {
    queue: VecDeque<Job<T>>,
    /// Calls under way, by key.
    running: HashMap<String, Vec<Cancel>>,
    threads: usize,
    idle: usize,
    /// Threads that were made and have not looked for work yet.
    starting: usize,
    /// For the names of threads.
    made: u64,
    is_stopping: bool,
}

struct Job<T> {
    tag: T,
    key: String,
    call: HttpCall,
    cancel: Cancel,
}

impl<T: Send + 'static> Work<T> {
    /// No thread yet. `report` is called in the thread of a call when it is over; it should hand on what it gets and
    /// return.
    pub fn new(report: impl Fn(T, Result<HttpAnswer, CallError>) + Send + Sync + 'static) -> Work<T> {
        Work::with(Bounds::default(), report)
    }

    /// The same with bounds of one's own: long polls, which hold a thread each for a minute, want a set for themselves.
    pub fn with(bounds: Bounds, report: impl Fn(T, Result<HttpAnswer, CallError>) + Send + Sync + 'static) -> Work<T> {
        let state = State {
            queue: VecDeque::new(),
            running: HashMap::new(),
            threads: 0,
            idle: 0,
            starting: 0,
            made: 0,
            is_stopping: false,
        };
        let (to_do, ended) = (Condvar::new(), Condvar::new());
        let (report, kept, state) = (Box::new(report), Kept::default(), Mutex::new(state));
        Work(Arc::new(Shared { bounds, report, kept, state, to_do, ended }))
    }

    /// Has a call made. `key` is its destination and bot ([`HttpCall::origin`] and an id, say). Fails at once, and
    /// reports nothing, when too much is waiting or after [`Work::stop`]; otherwise `report` gets the tag once.
    pub fn submit(&self, tag: T, key: &str, call: HttpCall) -> Result<Cancel, CallError> {
        let cancel = Cancel::default();
        let job = Job { tag, key: key.to_string(), call, cancel: cancel.clone() };
        let mut state = self.0.lock();
        let same = state.queue.iter().filter(|job| job.key == key).count();
        let bounds = self.0.bounds;
        if state.is_stopping || state.queue.len() >= bounds.queue || same >= bounds.queue_per_key {
            return Err(CallError::Busy);
        }
        state.queue.push_back(job);
        self.0.employ(&mut state);
        if state.threads == 0 {
            // No thread could be made, and there is none to come by.
            state.queue.pop_back();
            return Err(CallError::Busy);
        }
        Ok(cancel)
    }

    /// Calls under way and waiting.
    pub fn load(&self) -> (usize, usize) {
        let state = self.0.lock();
        (state.running.values().map(Vec::len).sum(), state.queue.len())
    }

    /// Threads there are.
    pub fn threads(&self) -> usize {
        self.0.lock().threads
    }

    /// Ends all: what waits is reported as cancelled, what is under way may finish until the deadline and is cancelled
    /// then. Returns how many could not be ended even so: they are opening a connection, and are reported after that.
    pub fn stop(&self, deadline: Duration) -> usize {
        let waiting = self.0.close();
        for job in waiting {
            self.0.report(job.tag, Err(CallError::Cancelled));
        }
        self.0.wait_for_end(deadline);
        self.0.cancel_all();
        self.0.wait_for_end(limits::WORK_STOP_GRACE)
    }
}

impl<T: Send + 'static> Drop for Work<T> {
    fn drop(&mut self) {
        for job in self.0.close() {
            self.0.report(job.tag, Err(CallError::Cancelled));
        }
        self.0.cancel_all();
    }
}

impl<T: Send + 'static> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sees to it that somebody does what can be done: wakes a thread or makes one. Whoever takes a job calls this
    /// again, so one thread at a time is enough.
    fn employ(self: &Arc<Self>, state: &mut State<T>) {
        if state.next(&self.bounds).is_none() {
            return;
        }
        if state.idle > 0 {
            self.to_do.notify_one();
        } else if state.starting == 0 && state.threads < self.bounds.threads {
            state.made += 1;
            let shared = self.clone();
            let name = format!("{}-{}", self.bounds.name, state.made);
            let made =
                thread::Builder::new().name(name).stack_size(limits::THREAD_STACK_BYTES).spawn(move || shared.serve());
            match made {
                Ok(_) => {
                    state.threads += 1;
                    state.starting += 1;
                }
                Err(error) => log::error!("cannot make a thread for calls: {error}"),
            }
        }
    }

    fn serve(self: Arc<Self>) {
        let mut state = self.lock();
        state.starting -= 1;
        while let Some(job) = self.wait_for_job(state) {
            let Job { tag, key, call, cancel } = job;
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                exchange::run(&call, Certificate::Verified, &cancel, Some(&self.kept))
            }));
            let outcome = outcome.unwrap_or_else(|_| {
                log::error!("a call to {} panicked", call.origin());
                Err(CallError::Internal)
            });
            self.report(tag, outcome);
            state = self.lock();
            state.finish(&key, &cancel);
        }
        self.kept.purge();
    }

    /// The next job; `None` after a time without one, or at the end.
    fn wait_for_job(self: &Arc<Self>, mut state: MutexGuard<'_, State<T>>) -> Option<Job<T>> {
        let end = Instant::now() + self.bounds.idle;
        loop {
            if let Some(at) = state.next(&self.bounds)
                && let Some(job) = state.queue.remove(at)
            {
                state.running.entry(job.key.clone()).or_default().push(job.cancel.clone());
                self.employ(&mut state);
                return Some(job);
            }
            let left = end.saturating_duration_since(Instant::now());
            if state.is_stopping || left.is_zero() {
                state.threads -= 1;
                self.ended.notify_all();
                return None;
            }
            state.idle += 1;
            state = self.to_do.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
            state.idle -= 1;
        }
    }

    fn report(&self, tag: T, outcome: Result<HttpAnswer, CallError>) {
        if catch_unwind(AssertUnwindSafe(|| (self.report)(tag, outcome))).is_err() {
            log::error!("the outcome of a call could not be reported");
        }
    }

    /// Takes nothing more; gives back what waits.
    fn close(&self) -> VecDeque<Job<T>> {
        let mut state = self.lock();
        state.is_stopping = true;
        self.to_do.notify_all();
        std::mem::take(&mut state.queue)
    }

    fn cancel_all(&self) {
        let running: Vec<Cancel> = self.lock().running.values().flatten().cloned().collect();
        running.iter().for_each(Cancel::cancel);
    }

    /// Waits until all threads have ended; returns how many have not.
    fn wait_for_end(&self, limit: Duration) -> usize {
        let state = self.lock();
        let waited = self.ended.wait_timeout_while(state, limit, |state| state.threads > 0);
        waited.unwrap_or_else(PoisonError::into_inner).0.threads
    }
}

impl<T> State<T> {
    /// The place of the job to do next: the oldest of a key that has none under way; else, while half of the threads
    /// are free, the oldest of a key that may have another. A cancelled one may always go: it does no work.
    fn next(&self, bounds: &Bounds) -> Option<usize> {
        let total: usize = self.running.values().map(Vec::len).sum();
        let under_way = |job: &Job<T>| self.running.get(&job.key).map_or(0, Vec::len);
        let first = self.queue.iter().position(|job| under_way(job) == 0 || job.cancel.is_cancelled());
        first.or_else(|| {
            let may_have_another = total < bounds.threads.div_ceil(2);
            self.queue.iter().position(|job| may_have_another && under_way(job) < bounds.per_key)
        })
    }

    fn finish(&mut self, key: &str, cancel: &Cancel) {
        let Some(running) = self.running.get_mut(key) else { return };
        if let Some(at) = running.iter().position(|other| other.is_same(cancel)) {
            running.swap_remove(at);
        }
        if running.is_empty() {
            self.running.remove(key);
        }
    }
}

impl<T: Send + 'static> fmt::Debug for Work<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (running, waiting) = self.load();
        write!(f, "Work({running} under way, {waiting} waiting)")
    }
}
