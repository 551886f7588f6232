//! What comes on an established stream: stanzas and the elements of stream management.

use super::delivery::Arrived;
use super::{Event, Session, SessionOutput, Skipped, State, Timer};
use crate::base::jid::Jid;
use crate::base::limits;
use crate::xml::Element;
use crate::xmpp::message::{self, Reading};
use crate::xmpp::sm::{self, Sm, Ticket};
use crate::xmpp::stanza::{Iq, IqKind, StanzaError};
use crate::xmpp::stream::Got;
use crate::xmpp::{disco, ns, roster, version};

impl Session {
    pub(super) fn read(&mut self, bytes: &[u8]) {
        match &mut self.link.stream {
            Some(stream) => stream.push(bytes),
            None => return,
        }
        // Whatever ends the stream takes it away.
        while let Some(stream) = &mut self.link.stream {
            match stream.poll() {
                Ok(Some(got)) => self.got(got),
                Ok(None) => break,
                Err(failure) => self.fail(failure),
            }
        }
        if self.link.stream.as_ref().is_some_and(|stream| stream.is_inside()) {
            // A large stanza on a slow line: the answer may be behind it, or in it.
            self.questions.extend_own(self.clock.mono() + limits::IQ_TIMEOUT);
        }
        self.heard();
    }

    fn got(&mut self, got: Got) {
        match got {
            Got::StartTls => self.outputs.push_back(SessionOutput::StartTls),
            Got::Registering => self.tell(Event::Registering),
            Got::Authenticated { mechanism, key } => {
                self.config.register = false;
                self.kept.facts.mechanism = mechanism.to_string();
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
                self.kept.sm = None;
            }
            Got::Bound(jid, offers_sm) => self.bound(jid, offers_sm.then(Sm::default)),
            Got::Element(element, bytes) => self.element(element, bytes),
            Got::Skipped(skipped) => self.skip(&skipped.head, skipped.bytes, &skipped.why.to_string()),
            Got::End => self.server_closed(),
        }
    }

    fn element(&mut self, element: Element, bytes: usize) {
        if matches!(self.state, State::Closing) {
            return self.last_acks(&element);
        }
        let is_stanza = matches!(element.name(), "message" | "iq" | "presence") && element.ns() == ns::CLIENT;
        if is_stanza && element.attribute("from").is_some_and(|from| Jid::parse(from).is_err()) {
            return self.skip(&element, bytes as u64, NO_ADDRESS);
        }
        match (element.name(), element.ns()) {
            ("message", ns::CLIENT) => self.message(&element, bytes),
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

    /// A stanza that is not read: the server's count of it goes on, and so does the archive; who asks is answered.
    pub(super) fn skip(&mut self, head: &Element, bytes: u64, why: &str) {
        if matches!(self.state, State::Closing) || head.ns() != ns::CLIENT {
            return;
        }
        let mut mark = None;
        match head.name() {
            "message" => {
                let id = self.archive_id_of_skipped(head);
                self.consume();
                if let Some(id) = id {
                    if !self.archive.skip(&id) {
                        return;
                    }
                    // Before that there may be older ones in the archive.
                    mark = Some(id).filter(|_| matches!(self.state, State::Online(_)));
                }
            }
            "presence" => self.consume(),
            "iq" => {
                self.consume();
                self.refuse_skipped(head, why);
            }
            _ => return,
        }
        let from = shown(head.attribute("from"));
        let skipped = Skipped { what: head.name().to_string(), from, bytes, why: why.to_string(), mark };
        self.tell(Event::Skipped(Box::new(skipped)));
    }

    /// The id in our archive of a message that is skipped; as a result of our query it is passed over.
    fn archive_id_of_skipped(&mut self, head: &Element) -> Option<String> {
        let is_ours = head.attribute("from").is_none_or(|from| from == self.config.account.as_str());
        if let Some(result) = head.find("result", ns::MAM).filter(|_| is_ours) {
            let id = result.attribute("id")?.to_string();
            if let State::CatchingUp(catch_up) = &self.state
                && catch_up.is_mine(result.attribute("queryid"))
            {
                self.pass_over(&id);
            }
            return Some(id);
        }
        let own =
            |id: &&Element| id.is("stanza-id", ns::SID) && id.attribute("by") == Some(self.config.account.as_str());
        let id = head.children().filter(|_| self.kept.facts.archive).find(own)?;
        id.attribute("id").map(Into::into)
    }

    /// Who asks gets an answer (RFC 6120 §8.2.3), and whom we have asked has not given a good one.
    fn refuse_skipped(&mut self, head: &Element, why: &str) {
        let error = StanzaError::new("modify", "policy-violation").with_text(why);
        let Some(mut iq) = Iq::read(head.clone()) else { return };
        match iq.kind {
            IqKind::Get | IqKind::Set => self.answer_other(iq.print_error(&error)),
            IqKind::Result | IqKind::Error => {
                (iq.kind, iq.error, iq.payload) = (IqKind::Error, Some(error), None);
                if let Some(about) = self.questions.answered(&iq, &self.config.account) {
                    self.answered(about, iq);
                }
            }
        }
    }

    /// Answers somebody else's question, unless the server takes our answers slower than the questions come.
    fn answer_other(&mut self, answer: String) {
        if !self.is_choked() {
            self.send_stanza(None, answer);
        }
    }

    fn is_choked(&self) -> bool {
        let waiting = match (&self.kept.sm, &self.link.stream) {
            (Some(sm), _) => sm.departures.untagged(),
            (None, Some(stream)) => stream.unsent(),
            (None, None) => 0,
        };
        waiting > limits::ANSWERS_UNSENT_BYTES_MAX
    }

    /// One line for the log.
    fn note(&self, stanza: &Element) {
        if log::log_enabled!(log::Level::Debug) {
            let attribute = |name| shown(stanza.attribute(name));
            let (from, id, kind) = (attribute("from"), attribute("id"), attribute("type"));
            log::debug!("{}: {} {kind} from {from} id {id}", self.config.account, stanza.name());
        }
    }

    fn message(&mut self, element: &Element, bytes: usize) {
        self.note(element);
        match message::read(element, &self.config.account) {
            Reading::Live(mut message) => {
                // Without an archive the server need not keep others from forging its ids (XEP-0359 §6).
                let may_have = self.kept.facts.archive || matches!(self.state, State::Asking(_));
                message.archive_id = message.archive_id.filter(|_| may_have);
                if message.is_for_engine() {
                    self.live(message, bytes);
                } else {
                    self.consume();
                }
            }
            Reading::Archived { query, message } => match &self.state {
                State::CatchingUp(catch_up) if catch_up.is_mine(query.as_deref()) => {
                    self.archived(message, bytes);
                }
                _ => self.consume(),
            },
            Reading::Forged(what) => self.skip(element, bytes as u64, &format!("it is a forged {what}")),
            Reading::Nothing => self.skip(element, bytes as u64, NO_ADDRESS),
        }
    }

    fn live(&mut self, message: Box<message::Inbound>, bytes: usize) {
        let arrived = self.arrived(message, bytes);
        match &self.state {
            State::Online(_) => return self.tell_message(arrived),
            // What a node notifies of is in no archive, and may come from every contact at once.
            State::CatchingUp(_) if arrived.message.is_node_event() => return self.tell_message(arrived),
            _ => {}
        }
        let Some(arrived) = self.deliveries.hold(arrived) else { return };
        match (&mut self.state, &arrived.message.archive_id) {
            (State::CatchingUp(catch_up), Some(_)) => {
                catch_up.read_on(self.deliveries.last_held());
                self.drop_message(Some(arrived));
            }
            // Better out of order than not at all.
            (State::CatchingUp(_), None) => self.tell_message(arrived),
            // What an earlier connection of ours had not taken comes before we have said that we are here.
            (_, Some(_)) => {
                self.deliveries.pass();
                self.drop_message(Some(arrived));
            }
            // What can wait nowhere else is held all the same; nothing more is read until it may be told.
            (_, None) => {
                self.deliveries.hold_more(arrived);
                self.hurry();
            }
        }
    }

    /// A message that waits for the engine.
    pub(super) fn arrived(&mut self, message: Box<message::Inbound>, bytes: usize) -> Arrived {
        let bytes = bytes + message.stanza.as_ref().map_or(0, |stanza| stanza.weight());
        Arrived { message, ticket: self.wait_for_engine(), bytes }
    }

    pub(super) fn tell_message(&mut self, arrived: Arrived) {
        self.deliveries.told(&arrived);
        self.tell(Event::Message(arrived.message));
    }

    /// Counts a stanza that nobody waits for.
    pub(super) fn consume(&mut self) {
        if let Some(sm) = self.kept.enabled_mut() {
            sm.arrivals.consume();
            self.acknowledge();
        }
    }

    /// Counts a stanza that is handled when the engine says so (`SessionInput::Handled`).
    pub(super) fn wait_for_engine(&mut self) -> Option<Ticket> {
        self.kept.enabled_mut().map(|sm| sm.arrivals.wait())
    }

    fn iq(&mut self, element: Element) {
        let Some(iq) = Iq::read(element) else { return };
        if matches!(iq.kind, IqKind::Result | IqKind::Error) {
            // RFC 6120 §8.2.3: an answer is never answered, whether or not it was waited for.
            if let Some(about) = self.questions.answered(&iq, &self.config.account) {
                self.answered(about, iq);
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
                if !self.is_choked() {
                    self.tell(Event::Request(Box::new(iq)));
                }
                return;
            }
            Err(error) => iq.print_error(&error),
        };
        self.answer_other(answer);
    }

    /// Whether another client of the same account asks: he may give us commands (XEP-0050).
    fn is_of_own_client(&self, iq: &Iq) -> bool {
        iq.from.as_ref().is_some_and(|from| from.resource().is_some() && from.bare() == self.config.account)
    }

    fn stream_management(&mut self, element: &Element) {
        match (element.name(), sm::read_h(element), &mut self.kept.sm) {
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
                self.kept.facts.resumption = sm.id.is_some();
                self.conclude_setup_if_answered();
            }
            ("failed", ..) => {
                log::warn!("{}: the server refuses stream management", self.config.account);
                self.kept.sm = None;
                self.conclude_setup_if_answered();
            }
            (name, ..) => log::debug!("{}: <{name}/> is out of place", self.config.account),
        }
    }

    /// What we have asked for with the goodbye; nothing else counts any more.
    fn last_acks(&mut self, element: &Element) {
        let h = Some(element).filter(|element| element.is("a", ns::SM)).and_then(sm::read_h);
        let tags = h.zip(self.kept.sm.as_mut()).and_then(|(h, sm)| sm.departures.acknowledge(h).ok());
        if let Some(tags) = tags.filter(|tags| !tags.is_empty()) {
            self.tell(Event::Acked(tags));
        }
    }

    /// The server has handled `h` stanzas of ours. Gives `false` when that ended the stream.
    pub(super) fn take_acks(&mut self, h: u32) -> bool {
        self.acquit(h);
        let Some(sm) = &mut self.kept.sm else { return true };
        match sm.departures.acknowledge(h) {
            Ok(tags) => {
                if !tags.is_empty() {
                    self.tell(Event::Acked(tags));
                }
                self.next_in_turn();
                true
            }
            Err(sm::TooHigh) => {
                self.give_up_stream("the server acknowledges more than was sent");
                false
            }
        }
    }
}

/// What others wrote, for people: not too long, and on one line.
fn shown(value: Option<&str>) -> String {
    let value: String = value.unwrap_or("-").chars().take(limits::SHOWN_CHARS_MAX).collect();
    value.replace(char::is_control, "?")
}

/// Why a stanza is skipped that comes from nowhere.
const NO_ADDRESS: &str = "an address in it is none";

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
