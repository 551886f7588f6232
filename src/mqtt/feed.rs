//! The updates of one bot: fetched some at a time, published in order, and fetched on only when the broker has confirmed all of
//! them. Asking for what comes next takes those out of the queue, so nothing is lost whatever breaks in between.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use super::Setup;
use crate::base::id::{BotId, UpdateId};
use crate::base::limits;
use crate::core::failure::Failure;
use crate::core::handle::{Answer, Caller, Handle, Outcome, Question, Update, UpdatePoll};

/// An outcome that is waited for.
pub(super) type Asked = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// One bot's.
pub(super) struct Feed {
    bot: BotId,
    state: State,
    /// The broker has confirmed all before this one.
    offset: Option<UpdateId>,
}

enum State {
    /// To be asked for.
    Hungry,
    Asked(Asked),
    /// Published and not confirmed: numbers of updates, oldest first.
    Published(Vec<UpdateId>),
    /// Not to be had: the bot has a webhook, or is disabled. It is looked at again when something changes.
    Shut,
    /// Could not be had; is tried again.
    Failed,
}

/// What a feed has to say.
pub(super) enum Fed {
    /// These are to be published.
    Updates(Vec<Update>),
    /// It is to be tried again after a while.
    Later,
}

impl Feed {
    pub(super) fn new(bot: BotId) -> Feed {
        Feed { bot, state: State::Hungry, offset: None }
    }

    /// Asks for updates, if nothing else is to be waited for.
    pub(super) fn ask(&mut self, setup: &Setup, handle: &Handle) {
        if matches!(self.state, State::Hungry) {
            self.state = State::Asked(self.poll_of(setup, handle, limits::MQTT_POLL));
        }
    }

    fn poll_of(&self, setup: &Setup, handle: &Handle, timeout: Duration) -> Asked {
        let (limit, allowed) = (limits::MQTT_IN_FLIGHT_MAX, Some(setup.updates));
        let poll = UpdatePoll { offset: self.offset, limit, timeout, allowed };
        Box::pin(handle.ask(Caller::Broker(self.bot), Question::GetUpdates(poll)).outcome())
    }

    /// What came of asking.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Fed> {
        let State::Asked(asked) = &mut self.state else { return Poll::Pending };
        let outcome = match asked.as_mut().poll(cx) {
            Poll::Ready(outcome) => outcome,
            Poll::Pending => return Poll::Pending,
        };
        match outcome {
            Ok(Answer::Updates(updates)) if updates.is_empty() => {
                self.state = State::Hungry;
                Poll::Ready(Fed::Updates(updates))
            }
            Ok(Answer::Updates(updates)) => {
                self.state = State::Published(updates.iter().map(|update| update.id).collect());
                Poll::Ready(Fed::Updates(updates))
            }
            Err(Failure::Conflict(_) | Failure::NotFound(_) | Failure::Unauthorized(_)) => {
                self.state = State::Shut;
                Poll::Pending
            }
            _ => {
                self.state = State::Failed;
                Poll::Ready(Fed::Later)
            }
        }
    }

    /// The broker has this one.
    pub(super) fn confirmed(&mut self, update: UpdateId) {
        let State::Published(open) = &mut self.state else { return };
        open.retain(|id| *id != update);
        self.offset = Some(UpdateId(match open.first() {
            Some(first) => first.0,
            None => self.offset.map_or(0, |offset| offset.0).max(update.0 + 1),
        }));
        if open.is_empty() {
            self.state = State::Hungry;
        }
    }

    /// Something has changed, or time has passed.
    pub(super) fn look_again(&mut self) {
        if matches!(self.state, State::Shut | State::Failed) {
            self.state = State::Hungry;
        }
    }

    /// The broker is gone: nothing is fetched meanwhile. What was published stays so, and goes out again.
    pub(super) fn rest(&mut self) {
        if !matches!(self.state, State::Published(_)) {
            self.state = State::Hungry;
        }
    }

    /// We end: what the broker has confirmed is taken out of the queue, if it was not yet.
    pub(super) fn last(&mut self, setup: &Setup, handle: &Handle) -> Option<Asked> {
        let State::Published(_) = &self.state else { return None };
        self.offset.map(|_| self.poll_of(setup, handle, Duration::ZERO))
    }
}
