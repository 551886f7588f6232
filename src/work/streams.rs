//! Answers that are heard while they come, or that may last: all of them in one thread, which comes with the first and goes
//! when there are none.
//!
//! A conversation with an AI lasts minutes and says a word now and then: a thread for each would hold memory for nothing, and
//! there could not be as many. So here sockets are waited for asynchronously, and HTTP is spoken by us (`exchange`), since
//! ureq blocks. What is accepted is reported exactly once.

mod dial;
mod exchange;
mod head;
mod lasting;
mod lines;
mod wire;

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use smol::future::FutureExt;
use smol::{LocalExecutor, Task};

use super::cancel::Cancel;
use super::pool::Report;
use crate::base::call::{CallError, HttpAnswer, HttpCall, Pieces};
use crate::base::limits;
use crate::reactor::{self, Timer};

pub use dial::Link;
use exchange::{Each, run};
use lasting::Parked;

/// Who takes an answer while it comes.
pub struct Taker {
    /// What it is cut into.
    pub pieces: Pieces,
    /// Takes one piece, in the thread of all streams: must not block. May end the call.
    pub each: OnPiece,
    /// Asked before more is read.
    pub room: Room,
}

/// Takes one piece of an answer.
pub type OnPiece = Box<dyn FnMut(&[u8]) -> ControlFlow<()> + Send>;

/// Whether there is room for more; if not, wakes the task when there is. Meanwhile nothing is read, so a slow taker slows
/// the other side.
pub type Room = Box<dyn FnMut(&mut Context<'_>) -> Poll<()> + Send>;

/// Makes calls whose answers are heard while they come. `T` is the caller's name for a call, given back with its outcome.
pub struct Streams<T: Send + 'static>(Arc<Shared<T>>);

struct Shared<T> {
    name: &'static str,
    idle: Duration,
    report: Box<Report<T>>,
    state: Mutex<State<T>>,
    /// One is over.
    ended: Condvar,
}

struct State<T> {
    /// Those that the thread has not begun.
    jobs: VecDeque<Job<T>>,
    /// Those and what it has begun.
    under_way: Vec<Cancel>,
    has_thread: bool,
    /// How the thread is told of a job.
    waker: Option<Waker>,
    is_stopping: bool,
}

/// What the thread does next.
enum Next<T> {
    Job(Box<Job<T>>),
    /// Nothing came for a while.
    Idle,
    End,
}

struct Job<T> {
    tag: T,
    call: HttpCall,
    /// `None`: the answer is taken as a whole.
    taker: Option<Taker>,
    cancel: Cancel,
}

/// Makes one and waits for its end; the taker may block.
pub(super) fn wait(
    call: &HttpCall,
    pieces: Pieces,
    cancel: &Cancel,
    each: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
) -> Result<HttpAnswer, CallError> {
    reactor::block_on(run(call, cancel, Each { pieces, each, room: &mut |_| Poll::Ready(()) }))
}

impl<T: Send + 'static> Streams<T> {
    /// No thread yet. `report` is called in the thread of all streams when one is over, and must not block.
    pub fn new(report: impl Fn(T, Result<HttpAnswer, CallError>) + Send + Sync + 'static) -> Streams<T> {
        Streams::with("streams", limits::WORK_IDLE, report)
    }

    /// The same with a name for the thread, and how long it stays without work.
    pub fn with(
        name: &'static str,
        idle: Duration,
        report: impl Fn(T, Result<HttpAnswer, CallError>) + Send + Sync + 'static,
    ) -> Streams<T> {
        let (jobs, under_way) = (VecDeque::new(), Vec::new());
        let state = State { jobs, under_way, has_thread: false, waker: None, is_stopping: false };
        let (state, ended) = (Mutex::new(state), Condvar::new());
        Streams(Arc::new(Shared { name, idle, report: Box::new(report), state, ended }))
    }

    /// Has a call made. Fails at once, and reports nothing, when too many are under way or after [`Streams::stop`];
    /// otherwise `report` gets the tag once: with status and headers, and a body only when the status was not 2xx.
    pub fn submit(&self, tag: T, call: HttpCall, taker: Taker) -> Result<Cancel, CallError> {
        self.begin(tag, call, Some(taker))
    }

    /// The same for an answer that is reported as a whole, with its body. A call that is repeatable may go over a connection
    /// that an earlier one has left.
    pub fn submit_lasting(&self, tag: T, call: HttpCall) -> Result<Cancel, CallError> {
        self.begin(tag, call, None)
    }

    fn begin(&self, tag: T, call: HttpCall, taker: Option<Taker>) -> Result<Cancel, CallError> {
        let mut state = self.0.lock();
        if state.is_stopping || state.under_way.len() >= limits::STREAMS_MAX {
            return Err(CallError::Busy);
        }
        if !state.has_thread {
            self.0.employ()?;
            state.has_thread = true;
        }
        let cancel = Cancel::default();
        state.under_way.push(cancel.clone());
        state.jobs.push_back(Job { tag, call, taker, cancel: cancel.clone() });
        state.wake();
        Ok(cancel)
    }

    /// Streams under way.
    pub fn load(&self) -> usize {
        self.0.lock().under_way.len()
    }

    /// Ends all: what is under way may finish until the deadline and is cancelled then.
    pub fn stop(&self, deadline: Duration) {
        self.0.close();
        self.0.wait_for_end(deadline);
        self.0.cancel_all();
        self.0.wait_for_end(limits::WORK_STOP_GRACE);
    }
}

impl<T: Send + 'static> Drop for Streams<T> {
    fn drop(&mut self) {
        self.0.close();
        self.0.cancel_all();
    }
}

impl<T: Send + 'static> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn employ(self: &Arc<Self>) -> Result<(), CallError> {
        let shared = self.clone();
        let thread = thread::Builder::new().name(self.name.into()).stack_size(limits::THREAD_STACK_BYTES);
        let made = thread.spawn(move || reactor::block_on(shared.serve()));
        made.map(drop).map_err(|error| {
            log::error!("cannot make a thread for answers that come piece by piece: {error}");
            CallError::Busy
        })
    }

    async fn serve(self: Arc<Self>) {
        let executor = LocalExecutor::new();
        let parked = Rc::new(Parked::default());
        let work = async {
            let mut tasks: Vec<Task<()>> = Vec::new();
            loop {
                let idle = async {
                    Timer::after(self.idle).await;
                    Next::Idle
                };
                let next = poll_fn(|cx| self.poll_next(cx)).or(idle).await;
                tasks.retain(|task| !task.is_finished());
                match next {
                    Next::Job(job) => tasks.push(executor.spawn(self.clone().serve_one(*job, parked.clone()))),
                    Next::End => break,
                    Next::Idle if tasks.is_empty() && self.may_go() => break,
                    Next::Idle => {}
                }
            }
            for task in tasks {
                task.await;
            }
        };
        executor.run(work).await;
    }

    fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Next<T>> {
        let mut state = self.lock();
        if let Some(job) = state.jobs.pop_front() {
            return Poll::Ready(Next::Job(Box::new(job)));
        }
        if state.is_stopping {
            return Poll::Ready(Next::End);
        }
        state.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    async fn serve_one(self: Arc<Self>, job: Job<T>, parked: Rc<Parked>) {
        let Job { tag, call, mut taker, cancel } = job;
        let work = async {
            match &mut taker {
                Some(Taker { pieces, each, room }) => {
                    let (pieces, each, room) = (*pieces, &mut **each, &mut **room);
                    run(&call, &cancel, Each { pieces, each, room }).await
                }
                None => lasting::run(&call, &cancel, &parked).await,
            }
        };
        let outcome = AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_| {
            log::error!("a call to {} panicked", call.origin());
            Err(CallError::Internal)
        });
        // What the taker holds is let go before the end is reported.
        drop(taker);
        if catch_unwind(AssertUnwindSafe(|| (self.report)(tag, outcome))).is_err() {
            log::error!("the outcome of a call could not be reported");
        }
        self.lock().under_way.retain(|other| !other.is_same(&cancel));
        self.ended.notify_all();
    }

    /// Whether the thread may end for want of work; if so, the next call gets another.
    fn may_go(&self) -> bool {
        let mut state = self.lock();
        state.has_thread = !state.jobs.is_empty();
        !state.has_thread
    }

    /// Takes nothing more; the thread ends when all is done.
    fn close(&self) {
        let mut state = self.lock();
        state.is_stopping = true;
        state.wake();
    }

    fn cancel_all(&self) {
        self.lock().under_way.iter().for_each(Cancel::cancel);
    }

    fn wait_for_end(&self, limit: Duration) {
        let waited = self.ended.wait_timeout_while(self.lock(), limit, |state| !state.under_way.is_empty());
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }
}

impl<T> State<T> {
    fn wake(&mut self) {
        self.waker.take().into_iter().for_each(Waker::wake);
    }
}

impl fmt::Debug for Taker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Taker({:?})", self.pieces)
    }
}

impl<T: Send + 'static> fmt::Debug for Streams<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Streams({} under way)", self.load())
    }
}
