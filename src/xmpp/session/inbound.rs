//! What comes on an established stream: stanzas and the elements of stream management.

use super::delivery::Arrived;
use super::{Event, Output, Session, State, Timer};
use crate::base::limits;
use crate::xml::Element;
use crate::xmpp::message::{self, Reading};
use crate::xmpp::sm::{self, Ticket};
use crate::xmpp::stanza::{Iq, IqKind, StanzaError};
use crate::xmpp::stream::Got;
use crate::xmpp::{disco, ns, roster, version};

impl Session {
    pub(super) fn read(&mut self, bytes: &[u8]) {
        match &mut self.stream {
            Some(stream) => stream.push(bytes),
            None => return,
        }
        // Whatever ends the stream takes it away.
        while let Some(stream) = &mut self.stream {
            match stream.poll() {
                Ok(Some(got)) => self.got(got),
                Ok(None) => break,
                Err(failure) => self.fail(failure),
            }
        }
        self.heard();
    }

    fn got(&mut self, got: Got) {
        match got {
            Got::StartTls => self.outputs.push_back(Output::StartTls),
            Got::Authenticated { mechanism, key } => {
                self.config.register = false;
                self.facts.mechanism = mechanism.to_string();
                if let Some(key) = key {
                    self.config.login_key = Some(key.clone());
                    self.tell(Event::LoginKey(key));
                }
            }
            Got::Resumed(h) => self.resumed(h),
            Got::NotResumed(h) => {
                // What the server still knows spares sending it twice.
                if let Some(h) = h
                    && !self.take_acks(h)
                {
                    return;
                }
                self.sm = None;
            }
            Got::Bound(jid, offers_sm) => self.bound(jid, offers_sm),
            Got::Element(element) => self.element(element),
            Got::End => self.server_closed(),
        }
    }

    fn element(&mut self, element: Element) {
        if matches!(self.state, State::Closing) {
            return;
        }
        match (element.name(), element.ns()) {
            ("message", ns::CLIENT) => self.message(&element),
            ("iq", ns::CLIENT) => {
                self.note(&element);
                self.consume();
                self.iq(element);
            }
            ("presence", ns::CLIENT) => {
                self.note(&element);
                self.consume();
                let is_of_room =
                    element.find("x", ns::MUC_USER).is_some() || element.attribute("type") == Some("error");
                if self.config.is_bot || is_of_room {
                    self.tell(Event::Presence(Box::new(element)));
                }
            }
            (_, ns::SM) => self.stream_management(&element),
            (name, _) => log::debug!("{}: <{name}/> is unknown", self.config.account),
        }
    }

    /// One line for the log.
    fn note(&self, stanza: &Element) {
        let attribute = |name| stanza.attribute(name).unwrap_or("-");
        let (from, id, kind) = (attribute("from"), attribute("id"), attribute("type"));
        log::debug!("{}: {} {kind} from {from} id {id}", self.config.account, stanza.name());
    }

    fn message(&mut self, element: &Element) {
        self.note(element);
        match message::read(element, &self.config.account) {
            Reading::Live(mut message) => {
                // Without an archive the server need not keep others from forging its ids (XEP-0359 §6).
                message.archive_id = message.archive_id.filter(|_| self.facts.archive);
                if message.is_for_engine() {
                    let ticket = self.wait_for_engine();
                    self.live(Arrived { message, ticket });
                } else {
                    self.consume();
                }
            }
            Reading::Archived { query, message } => match &self.state {
                State::CatchingUp(catch_up) if catch_up.is_mine(query.as_deref()) => self.archived(message),
                _ => self.consume(),
            },
            Reading::Forged(what) => {
                let from = element.attribute("from").unwrap_or("-");
                log::warn!("{}: dropped a forged {what} from {from}", self.config.account);
                self.consume();
            }
            Reading::Nothing => self.consume(),
        }
    }

    fn live(&mut self, arrived: Arrived) {
        if matches!(self.state, State::Online(_)) {
            self.tell_message(arrived);
        } else if !self.deliveries.hold(arrived) {
            self.give_up_connection("too many messages came while the archive was read");
        }
    }

    pub(super) fn tell_message(&mut self, arrived: Arrived) {
        self.deliveries.told(&arrived);
        self.tell(Event::Message(arrived.message));
    }

    /// Counts a stanza that nobody waits for.
    pub(super) fn consume(&mut self) {
        if let Some(sm) = self.sm.as_mut().filter(|sm| sm.is_enabled) {
            sm.arrivals.consume();
            self.acknowledge();
        }
    }

    /// Counts a stanza that is handled when the engine says so (`Input::Handled`).
    pub(super) fn wait_for_engine(&mut self) -> Option<Ticket> {
        self.sm.as_mut().filter(|sm| sm.is_enabled).map(|sm| sm.arrivals.wait())
    }

    fn iq(&mut self, element: Element) {
        let Some(iq) = Iq::read(element) else { return };
        if matches!(iq.kind, IqKind::Result | IqKind::Error) {
            // RFC 6120 §8.2.3: an answer is never answered, whether or not it was waited for.
            if let Some(about) = self.questions.answered(&iq, &self.config.account) {
                self.answered(about, &iq);
            }
            return;
        }
        let push = roster::read_push(&iq, &self.config.account).filter(|_| self.config.is_bot);
        if let Some(roster::Push::Item(item)) = push {
            self.tell(Event::Contact(Box::new(item)));
        }
        let answer = match answer(&iq, self.config.account.as_str(), self.config.features) {
            Ok(payload) => iq.print_result(payload),
            Err(_) if self.config.is_bot || self.is_of_own_client(&iq) => {
                return self.tell(Event::Request(Box::new(iq)));
            }
            Err(error) => iq.print_error(&error),
        };
        self.send_stanza(None, answer);
    }

    /// Whether another client of the same account asks: he may give us commands (XEP-0050).
    fn is_of_own_client(&self, iq: &Iq) -> bool {
        iq.from.as_ref().is_some_and(|from| from.resource().is_some() && from.bare() == self.config.account)
    }

    fn stream_management(&mut self, element: &Element) {
        match (element.name(), sm::read_h(element), &mut self.sm) {
            ("r", _, Some(sm)) if sm.is_enabled => {
                sm.asked();
                if sm.owes_ack() {
                    self.send_ack();
                } else {
                    self.set_timer(Timer::Ack, limits::ACK_PATIENCE);
                }
            }
            ("a", Some(h), Some(_)) => {
                self.take_acks(h);
            }
            ("enabled", _, Some(sm)) => {
                sm.is_enabled = true;
                sm.id = sm::read_enabled(element);
                self.facts.resumption = sm.id.is_some();
                self.conclude_setup_if_answered();
            }
            ("failed", ..) => {
                log::warn!("{}: the server refuses stream management", self.config.account);
                self.sm = None;
                self.conclude_setup_if_answered();
            }
            (name, ..) => log::debug!("{}: <{name}/> is out of place", self.config.account),
        }
    }

    /// The server has handled `h` stanzas of ours. Gives `false` when that ended the stream.
    pub(super) fn take_acks(&mut self, h: u32) -> bool {
        let Some(sm) = &mut self.sm else { return true };
        match sm.departures.acknowledge(h) {
            Ok(tags) if tags.is_empty() => true,
            Ok(tags) => {
                self.tell(Event::Acked(tags));
                true
            }
            Err(sm::TooHigh) => {
                self.give_up_stream("the server acknowledges more than was sent");
                false
            }
        }
    }
}

/// The answer to a question of somebody else. What we do not know is refused (RFC 6120 §8.4).
fn answer(iq: &Iq, account: &str, features: &[&str]) -> Result<Option<Element>, StanzaError> {
    let is_ours = iq.from.as_ref().is_none_or(|from| from.as_str() == account);
    if is_ours && iq.payload.as_ref().is_some_and(|payload| payload.is("query", ns::ROSTER)) {
        // RFC 6121 §2.1.6: a push is confirmed, whatever we make of it.
        return Ok(None);
    }
    let Some(payload) = iq.payload.as_ref().filter(|_| iq.kind == IqKind::Get) else {
        return Err(StanzaError::new("cancel", "service-unavailable"));
    };
    match (payload.name(), payload.ns()) {
        ("ping", ns::PING) => Ok(None),
        ("query", ns::DISCO_INFO) => disco::Own::new(features).answer(payload).map(Some),
        ("query", ns::VERSION) => Ok(Some(version::build())),
        _ => Err(StanzaError::new("cancel", "service-unavailable")),
    }
}
