//! Calls to other services, made for the engine in threads that come and go with the need.

use std::sync::{Mutex, PoisonError, mpsc};

use crate::base::call::HttpCall;
use crate::base::limits;
use crate::engine::event::Event;
use crate::work::Work;

/// The pool of calls. It holds a way to the engine, which ends only when there is none any more: so it can be taken away.
pub(super) struct Calls(Mutex<Option<(Work<u64>, mpsc::Sender<Event>)>>);

impl Calls {
    pub(super) fn new(events: mpsc::Sender<Event>) -> Calls {
        let report = events.clone();
        let tell = move |tag, called| drop(report.send(Event::Called { tag, called: Box::new(called) }));
        Calls(Mutex::new(Some((Work::new(tell), events))))
    }

    /// Has a call made, or tells at once why not.
    pub(super) fn make(&self, tag: u64, key: &str, call: HttpCall) {
        if let Some((work, events)) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner)
            && let Err(refused) = work.submit(tag, key, call)
        {
            let _ = events.send(Event::Called { tag, called: Box::new(Err(refused)) });
        }
    }

    /// Calls off what is under way.
    pub(super) fn stop(&self) {
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((work, _)) = taken {
            work.stop(limits::CALLS_STOP_TIMEOUT);
        }
    }
}
