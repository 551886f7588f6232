//! What others publish to have it sent: read, asked of the engine as a bot's program would, and confirmed to the broker when it is
//! stored or refused for good. What cannot be stored at the moment is tried again, and the broker waits.

use std::collections::VecDeque;
use std::task::{Context, Poll};

use super::feed::Asked;
use super::packet::Came;
use crate::base::id::BotId;
use crate::base::jid::Jid;
use crate::base::json::{Fields, Object};
use crate::base::limits;
use crate::base::remedy::Place;
use crate::core::failure::Failure;
use crate::core::handle::{Answer, Caller, Handle, Kind, NewMessage, Outcome, Question, read_keyboard};

/// Those that came and are not confirmed, in order.
#[derive(Default)]
pub(super) struct Sends {
    queue: VecDeque<Send>,
    /// The engine could not take one: none is asked until [`Sends::resume`].
    is_paused: bool,
}

struct Send {
    /// To be confirmed under this number.
    pid: Option<u16>,
    bot: i64,
    /// What whoever published it calls it.
    id: Option<String>,
    state: State,
}

enum State {
    /// To be asked, or asked again.
    Waiting(Box<NewMessage>),
    Asked(Box<NewMessage>, Asked),
    /// The answer, to be published.
    Done(Option<String>),
}

/// What is to be published, and confirmed, now.
#[derive(Debug, Default)]
pub(super) struct Settled {
    /// Answers, each with its bot.
    pub(super) answers: Vec<(i64, String)>,
    /// Numbers of packets.
    pub(super) pids: Vec<u16>,
    /// Something is to be asked again after a while.
    pub(super) later: bool,
}

impl Sends {
    /// Whether there are so many that no more are read.
    pub(super) fn is_full(&self) -> bool {
        self.queue.len() >= limits::MQTT_SENDS_MAX
    }

    /// One came.
    pub(super) fn push(&mut self, bot: i64, came: &Came) {
        let read = Fields::parse(&came.payload).map_err(Failure::from).and_then(|fields| {
            let id = fields.text("id")?.map(str::to_string);
            Ok((id.clone(), read(&fields, id)?))
        });
        let id = Fields::parse(&came.payload).ok().and_then(|fields| fields.text("id").ok()?.map(str::to_string));
        let (id, state) = match read {
            Ok((id, message)) => (id, State::Waiting(Box::new(message))),
            Err(failure) => {
                let answer = refused(id.as_deref(), &failure);
                (id, State::Done(Some(answer)))
            }
        };
        self.queue.push_back(Send { pid: came.pid, bot, id, state });
    }

    /// The connection is gone: what was not confirmed comes again. What is under way is stored all the same, and known by its
    /// id then.
    pub(super) fn forget(&mut self) {
        self.queue.clear();
    }

    /// Asks what can be asked: of each bot one at a time, so that its texts go out in order.
    pub(super) fn ask(&mut self, handle: &Handle) {
        if self.is_paused {
            return;
        }
        let mut busy: Vec<i64> = Vec::new();
        for send in &mut self.queue {
            let is_first = !busy.contains(&send.bot);
            if !matches!(send.state, State::Done(_)) {
                busy.push(send.bot);
            }
            if let (true, State::Waiting(message)) = (is_first, &send.state) {
                let question = Question::SendMessage((**message).clone());
                let asked = handle.ask(Caller::Broker(BotId(send.bot)), question).outcome();
                send.state = State::Asked(message.clone(), Box::pin(asked));
            }
        }
    }

    /// A while has passed since something was to be asked again.
    pub(super) fn resume(&mut self) {
        self.is_paused = false;
    }

    /// What became of those that were asked.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Settled> {
        let mut settled = Settled::default();
        for send in &mut self.queue {
            if let State::Asked(message, asked) = &mut send.state
                && let Poll::Ready(outcome) = asked.as_mut().poll(cx)
            {
                send.state = match outcome {
                    Err(Failure::Busy { .. } | Failure::OutboxFull | Failure::Full | Failure::Internal) => {
                        (settled.later, self.is_paused) = (true, true);
                        State::Waiting(message.clone())
                    }
                    outcome => State::Done(Some(told(send.id.as_deref(), &outcome))),
                };
            }
            if let State::Done(answer) = &mut send.state {
                settled.answers.extend(answer.take().map(|answer| (send.bot, answer)));
            }
        }
        // In the order in which they came (MQTT 3.1.1 §4.6).
        while let Some(first) = self.queue.pop_front_if(|send| matches!(send.state, State::Done(_))) {
            settled.pids.extend(first.pid);
        }
        let is_empty = settled.answers.is_empty() && settled.pids.is_empty() && !settled.later;
        if is_empty { Poll::Pending } else { Poll::Ready(settled) }
    }
}

/// `{"to": …, "text": …, "type": …, "reply_to": …, "encrypt": …, "buttons": …, "id": …}`
fn read(fields: &Fields, id: Option<String>) -> Result<NewMessage, Failure> {
    let to = Jid::parse_any(fields.need_text("to")?);
    let kind = match fields.text("type")? {
        None | Some("chat") => Kind::Chat,
        Some("groupchat") => Kind::Groupchat,
        Some(_) => return Err(Failure::invalid("type", "chat or groupchat")),
    };
    let most = limits::IDEMPOTENCY_KEY_BYTES_MAX;
    if id.as_ref().is_some_and(|id| id.is_empty() || id.len() > most) {
        return Err(Failure::invalid("id", format!("1 to {most} bytes")));
    }
    Ok(NewMessage {
        to: to.map_err(|_| Failure::invalid("to", "a JID, for example user@example.org"))?,
        text: fields.need_text("text")?.to_string(),
        kind,
        reply_to: fields.text("reply_to")?.filter(|id| !id.is_empty()).map(str::to_string),
        encrypt: fields.truth("encrypt")? == Some(true),
        keyboard: read_keyboard(fields)?,
        idempotency_key: id,
    })
}

fn told(id: Option<&str>, outcome: &Outcome) -> String {
    match outcome {
        Ok(Answer::Sent { message_id, encrypted }) => {
            let answer = Object::new().truth("ok", true).text_if("id", id).text("message_id", message_id);
            encrypted.iter().fold(answer, |answer, encrypted| answer.truth("encrypted", *encrypted)).end()
        }
        Ok(_) => Object::new().truth("ok", true).text_if("id", id).end(),
        Err(failure) => refused(id, failure),
    }
}

fn refused(id: Option<&str>, failure: &Failure) -> String {
    Object::new().truth("ok", false).text_if("id", id).text("description", &failure.at(Place::Api)).end()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn came(payload: &str) -> Came {
        Came {
            pid: Some(1),
            is_again: false,
            is_retained: false,
            topic: String::new(),
            payload: payload.as_bytes().to_vec(),
        }
    }

    #[test]
    fn what_is_no_request_is_said_so_and_confirmed() {
        let mut sends = Sends::default();
        for bad in ["", "hello", "{}", r#"{"to":"a b","text":"x","id":"7"}"#, r#"{"to":"a@b","text":"x","type":"x"}"#] {
            sends.push(3, &came(bad));
        }
        let mut cx = Context::from_waker(std::task::Waker::noop());
        let Poll::Ready(settled) = sends.poll(&mut cx) else { panic!() };
        assert_eq!((settled.pids.len(), settled.answers.len()), (5, 5));
        assert!(settled.answers.iter().all(|(bot, answer)| *bot == 3 && answer.starts_with(r#"{"ok":false"#)));
        assert!(settled.answers[3].1.contains(r#""id":"7","description":"`to` must be a JID"#), "{settled:?}");
        assert!(sends.poll(&mut cx).is_pending());
    }
}
