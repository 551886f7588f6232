//! Calls to other services, made for the engine in threads that come and go with the need: one each, and one for all answers
//! that are heard while they come or that may last.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::task::Context;
use std::time::{Duration, Instant};

use crate::base::call::{HttpCall, Pieces};
use crate::base::heard::Lines;
use crate::base::limits;
use crate::core::effect::Manner;
use crate::engine::event::Event;
use crate::work::{Cancel, Streams, Taker, Work};

/// What makes calls. It holds ways to the engine, which ends only when there is none any more: so it can be taken away.
pub(super) struct Calls {
    makers: Mutex<Option<Makers>>,
    /// How to call off what is under way, by tag.
    cancels: Cancels,
}

struct Makers {
    work: Work<u64>,
    streams: Streams<u64>,
    events: mpsc::Sender<Event>,
}

type Cancels = Arc<Mutex<HashMap<u64, Cancel>>>;

impl Calls {
    pub(super) fn new(events: mpsc::Sender<Event>) -> Calls {
        let report = events.clone();
        let cancels = Cancels::default();
        let known = cancels.clone();
        let tell = move |tag, called| {
            lock(&known).remove(&tag);
            let _ = report.send(Event::Called { tag, called: Box::new(called) });
        };
        let makers = Makers { work: Work::new(tell.clone()), streams: Streams::new(tell), events };
        Calls { makers: Mutex::new(Some(makers)), cancels }
    }

    /// Has a call made, or tells at once why not.
    pub(super) fn make(&self, tag: u64, key: &str, call: HttpCall, manner: Manner) {
        let makers = lock(&self.makers);
        let Some(Makers { work, streams, events }) = &*makers else { return };
        // Held until the call is known: it may be over before.
        let mut cancels = lock(&self.cancels);
        let submitted = match manner {
            Manner::Whole => work.submit(tag, key, call),
            Manner::InPieces(pace) => streams.submit(tag, call, listen(tag, pace, events.clone())),
            Manner::Lasting => streams.submit_lasting(tag, call),
        };
        match submitted {
            Ok(cancel) => drop(cancels.insert(tag, cancel)),
            Err(refused) => drop(events.send(Event::Called { tag, called: Box::new(Err(refused)) })),
        }
    }

    /// Calls one off.
    pub(super) fn call_off(&self, tag: u64) {
        if let Some(cancel) = lock(&self.cancels).remove(&tag) {
            cancel.cancel();
        }
    }

    /// Calls off what is under way.
    pub(super) fn stop(&self) {
        let taken = lock(&self.makers).take();
        if let Some(Makers { work, streams, .. }) = taken {
            streams.stop(limits::CALLS_STOP_TIMEOUT);
            work.stop(limits::CALLS_STOP_TIMEOUT);
        }
    }
}

/// Tells the engine of an answer while it comes.
fn listen(tag: u64, pace: Duration, events: mpsc::Sender<Event>) -> Taker {
    let lines = Arc::new(Lines::default());
    let mut ear = Ear { tag, pace, heard: Vec::new(), told: Instant::now(), lines: lines.clone(), events };
    let room = Box::new(move |cx: &mut Context<'_>| lines.poll_room(cx));
    Taker { pieces: Pieces::Lines, each: Box::new(move |line| ear.hear(line)), room }
}

/// Hears an answer while it comes, and tells of it at a sane pace; at its end of what is left.
struct Ear {
    tag: u64,
    pace: Duration,
    /// What is not told yet.
    heard: Vec<u8>,
    told: Instant,
    lines: Arc<Lines>,
    events: mpsc::Sender<Event>,
}

impl Ear {
    fn hear(&mut self, line: &[u8]) -> ControlFlow<()> {
        if line.starts_with(b":") {
            return ControlFlow::Continue(());
        }
        self.heard.extend_from_slice(line);
        self.heard.push(b'\n');
        // An event ends with an empty line, and of JSON each line is whole.
        let is_whole = line.is_empty() || line.starts_with(b"{");
        if self.heard.len() > limits::HEARD_BYTES_MAX || (is_whole && self.told.elapsed() >= self.pace) {
            self.tell();
        }
        ControlFlow::Continue(())
    }

    fn tell(&mut self) {
        self.told = Instant::now();
        if let Some(lines) = self.lines.add(&self.heard) {
            let _ = self.events.send(Event::Heard { tag: self.tag, lines });
        }
        self.heard.clear();
        self.heard.shrink_to(limits::HEARD_BYTES_MAX);
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        if !self.heard.is_empty() {
            self.tell();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
