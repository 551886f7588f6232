//! From a bound or resumed stream to being online: what the server can do, our presence, the archive.
//!
//! The order matters. People's carbons are on and our presence is out before the archive is asked, so a message is either in the
//! archive by then or comes live. Live ones are held back until the archive is read, and those it had are dropped.
//!
//! The first time there is no place to read on from. A bot's own account is read from when the bot was made, so that what
//! was said to it before it was here is not lost; the server is asked for its time, as the archive goes by its clock. On a
//! person's account what was before does not count: where the archive ends is looked up before our presence is out and told at once, so that
//! from the first message on whatever is cut off finds its place again.
//!
//! A server may still be busy with what an earlier connection of ours sent while it answers this one; ejabberd does. Where
//! something may have been sent on it, the archive is looked at again until nothing of ours has turned up for a while.

use super::delivery::Arrived;
use super::{About, CatchUpFrom, Event, Facts, Session, State, Timer};
use crate::base::jid::Jid;
use crate::base::limits;
use crate::xml::Element;
use crate::xmpp::iq::Peer;
use crate::xmpp::mam::{CatchUp, Fin, Next, Turn};
use crate::xmpp::message::Inbound;
use crate::xmpp::sm::{self, Sm};
use crate::xmpp::stanza::{Iq, IqKind, StanzaError};
use crate::xmpp::{carbons, disco, mam, ns, ping, time};

impl Session {
    /// A new stream is bound: asks everything at once, for one round trip. `offered`: what will manage the
    /// stream, where the server does that.
    pub(super) fn bound(&mut self, jid: Jid, mut offered: Option<Sm>) {
        self.kept.sm = None;
        self.forget_waiting();
        self.kept.announced = None;
        if self.retries.breaks_always() {
            // What this stream does not keep, no other one gets again.
            self.retries.forget_breaks();
            offered = None;
        }
        if let (Some(sm), Some(stream)) = (offered, &mut self.link.stream) {
            stream.send(sm::ENABLE);
            self.kept.sm = Some(sm);
        }
        let max_bytes = self.link.stream.as_ref().and_then(|stream| stream.max_bytes());
        let tls = self.link.stream.as_ref().and_then(|stream| stream.tls());
        self.kept.facts = Facts {
            tls: tls.map_or("no TLS", |tls| &tls.text).to_string(),
            mechanism: std::mem::take(&mut self.kept.facts.mechanism),
            max_bytes,
            ..Facts::default()
        };
        self.state = State::Asking(jid);
        self.set_timer(Timer::Negotiate, limits::NEGOTIATE_TIMEOUT);
        self.ask(Peer::Account, About::Account, IqKind::Get, disco::build_query());
        // Whether there are carbons shows in the answer to the order. A bot's own account has no other clients to hear of, and
        // the server does not have to look for them with each message.
        if !self.config.is_bot {
            self.ask(Peer::Account, About::Carbons, IqKind::Set, carbons::build_enable());
        }
    }

    /// The earlier stream goes on.
    pub(super) fn resumed(&mut self, h: u32) {
        if !self.take_acks(h) {
            return;
        }
        self.wait_in_turn();
        self.note_sending();
        if let (Some(sm), Some(stream)) = (&mut self.kept.sm, &mut self.link.stream) {
            sm.departures.resumed();
            sm.departures.unacknowledged().for_each(|stanza| stream.send(stanza));
        }
        self.clock.stop(Timer::Negotiate as usize);
        self.go_online(true);
        self.announce();
    }

    pub(super) fn ask(&mut self, peer: Peer, about: About, kind: IqKind, payload: Element) {
        let id = self.questions.ask(peer.clone(), about, self.clock.mono() + limits::IQ_TIMEOUT);
        let iq = Iq::print(kind, &id, peer.to(&self.config.account), Some(payload));
        if self.is_too_large(iq.len()) {
            let text = format!("{} bytes are more than the server takes", iq.len());
            let error = StanzaError { text: Some(text), ..StanzaError::new("modify", "policy-violation") };
            if let (Some(About::Engine(tag)), outcome) = (self.questions.take(&id), Err(error)) {
                self.tell(Event::Answer { tag, outcome });
            }
            return;
        }
        self.send_stanza(None, iq);
    }

    /// An answer to a question of ours.
    pub(super) fn answered(&mut self, about: About, iq: Iq) {
        match about {
            About::Account => {
                let answer = iq.payload.as_ref().filter(|_| iq.kind == IqKind::Result);
                self.kept.facts.archive = answer.is_some_and(|answer| disco::has_feature(answer, ns::MAM));
                if !self.kept.facts.archive {
                    self.deliveries.distrust_ids();
                }
                self.conclude_setup_if_answered();
            }
            About::Carbons => {
                self.kept.facts.carbons = iq.kind == IqKind::Result;
                self.conclude_setup_if_answered();
            }
            About::Time => self.read_since(iq.payload.as_ref().and_then(time::read)),
            About::Archive => self.archive_answered(&iq),
            // Any answer shows that the link lives, and that what stood before it has arrived.
            About::Link => {}
            About::Fence => {
                let tags: Vec<u64> = self.link.fence.answered().into_iter().map(|(tag, _)| tag).collect();
                self.acquit_all(tags.len());
                self.tell(Event::Acked(tags));
                self.prove_delivery();
                self.next_in_turn();
            }
            About::Engine(tag) => {
                let outcome = iq.error.map_or(Ok(iq.payload), Err);
                self.tell(Event::Answer { tag, outcome });
            }
        }
    }

    pub(super) fn not_answered(&mut self, about: About) {
        match about {
            About::Account | About::Carbons | About::Link => {}
            About::Time => self.read_since(None),
            About::Archive => self.give_up_connection("the message archive does not answer"),
            About::Fence => self.give_up_connection("the server does not answer pings"),
            About::Engine(tag) => {
                self.tell(Event::Answer { tag, outcome: Err(StanzaError::new("wait", "remote-server-timeout")) });
            }
        }
    }

    /// Where there is no stream management, a ping behind the stanzas shows that they have arrived.
    pub(super) fn prove_delivery(&mut self) {
        if self.kept.sm.is_none() && self.link.fence.wants_ping() {
            self.link.fence.asked();
            self.ask(Peer::Server, About::Fence, IqKind::Get, ping::build());
            self.expect_life();
        }
    }

    pub(super) fn conclude_setup_if_answered(&mut self) {
        let is_open = self.questions.is_open(|about| matches!(about, About::Account | About::Carbons));
        if !is_open && !self.kept.is_undecided() {
            self.conclude_setup();
        }
    }

    pub(super) fn conclude_setup(&mut self) {
        let State::Asking(jid) = &self.state else { return };
        let jid = jid.clone();
        if !self.kept.facts.archive {
            self.deliveries.distrust_ids();
        }
        log::debug!("{}: logged in as {jid}: {:?}", self.config.account, self.kept.facts);
        self.state = State::Bound;
        self.clock.stop(Timer::Negotiate as usize);
        self.set_timer(Timer::Idle, self.silence());
        self.tell(Event::Bound { jid, facts: self.kept.facts.clone() });
    }

    pub(super) fn catch_up(&mut self, CatchUpFrom { after, age, in_doubt }: CatchUpFrom) {
        if !matches!(self.state, State::Bound) {
            return;
        }
        let is_in_doubt = in_doubt.is_some();
        self.archive.looks = if is_in_doubt { limits::ARCHIVE_LOOKS_MAX } else { 0 };
        self.archive.missing = in_doubt.filter(|ids| !ids.is_empty());
        if !self.kept.facts.archive {
            self.send_presence();
            return self.release();
        }
        if let (None, Some(age)) = (&after, age) {
            self.state = State::Dating(age, self.clock.mono());
            self.ask(Peer::Server, About::Time, IqKind::Get, time::build_query());
            return self.hurry();
        }
        let is_placed = after.is_some();
        let query = format!("{:08x}", self.random());
        let catch_up = match after {
            None if is_in_doubt => CatchUp::backward(query),
            after => CatchUp::new(query, after),
        };
        self.begin_archive(catch_up, is_placed);
    }

    /// The server has said what time it is, or does not say.
    fn read_since(&mut self, server_ms: Option<i64>) {
        let State::Dating(age, asked_at) = self.state else { return };
        let age = age + self.clock.since(asked_at);
        let now_ms = server_ms.unwrap_or(self.clock.now().unix_ms);
        // A second more, as times are told in whole seconds.
        let age_ms = i64::try_from(age.as_millis()).unwrap_or(i64::MAX).saturating_add(1000);
        let query = format!("{:08x}", self.random());
        self.begin_archive(CatchUp::since(query, now_ms.saturating_sub(age_ms)), true);
    }

    /// More came than may be held: what is not known yet is guessed. An archive that is none shows when it is asked.
    pub(super) fn hurry(&mut self) {
        match self.state {
            _ if !self.deliveries.is_overfull() => {}
            State::Asking(_) => {
                self.kept.facts.archive |= self.questions.is_open(|about| *about == About::Account);
                self.conclude_setup();
            }
            State::Dating(..) => self.read_since(None),
            _ => {}
        }
    }

    fn begin_archive(&mut self, catch_up: CatchUp<Option<Arrived>>, is_placed: bool) {
        self.archive.is_placed = is_placed;
        self.archive.forget_ages();
        if is_placed {
            self.send_presence();
        }
        self.read_archive(catch_up);
    }

    fn read_archive(&mut self, catch_up: CatchUp<Option<Arrived>>) {
        self.state = State::CatchingUp(Box::new(catch_up));
        self.ask_page();
        if let (Some(last), State::CatchingUp(catch_up)) = (self.deliveries.take_passed(), &mut self.state) {
            catch_up.read_on(last.as_deref());
        }
    }

    /// Shows our presence, where another one is out.
    pub(super) fn announce(&mut self) {
        let is_out = matches!(self.state, State::CatchingUp(_) | State::Online(_));
        if is_out && self.kept.announced.as_ref() != Some(&self.config.presence) {
            self.send_presence();
        }
    }

    fn send_presence(&mut self) {
        self.kept.announced = Some(self.config.presence.clone());
        self.send_stanza(None, self.config.presence.clone());
    }

    fn ask_page(&mut self) {
        if let State::CatchingUp(catch_up) = &mut self.state {
            let query = catch_up.build_query();
            catch_up.asked();
            self.ask(Peer::Account, About::Archive, IqKind::Set, query);
        }
    }

    /// A result of the archive; it is one of ours.
    pub(super) fn archived(&mut self, message: Box<Inbound>, bytes: usize) {
        let id = message.archive_id.clone().unwrap_or_default();
        if let Some(stamp_ms) = message.stamp_ms {
            self.archive.ages.note(stamp_ms, &id);
        }
        let is_ours = message.from.resource() == Some(&self.config.resource);
        if is_ours && message.from.bare_str() == self.config.account.as_str() {
            self.archive.found_own(message.id.as_deref());
        }
        let arrived = if message.is_for_engine() {
            Some(self.arrived(message, bytes))
        } else {
            self.consume();
            None
        };
        self.file_archived(&id, arrived);
    }

    /// A result of the archive that is not read.
    pub(super) fn pass_over(&mut self, id: &str) {
        self.file_archived(id, None);
    }

    fn file_archived(&mut self, id: &str, arrived: Option<Arrived>) {
        self.questions.extend(self.clock.mono() + limits::IQ_TIMEOUT, |about| *about == About::Archive);
        let State::CatchingUp(catch_up) = &mut self.state else { return };
        let bytes = arrived.as_ref().map_or(0, |arrived| size_of::<Inbound>() + arrived.bytes);
        match catch_up.result(id, arrived, bytes, limits::ARCHIVE_HELD_BYTES_MAX) {
            Turn::Now(arrived) => self.tell_archived(arrived),
            Turn::Later => {}
            Turn::Never(all) => all.into_iter().for_each(|arrived| self.drop_message(arrived)),
        }
    }

    fn tell_archived(&mut self, arrived: Option<Arrived>) {
        if let Some(arrived) = arrived {
            // Until there is a place, of the archive only what we said ourselves counts: what came live stays.
            let held = match self.archive.is_placed {
                true => self.deliveries.told_archived(&arrived),
                false => {
                    self.deliveries.told(&arrived);
                    None
                }
            };
            self.tell(Event::Message(arrived.message));
            self.drop_message(held);
        }
    }

    /// A message that the engine need not see.
    pub(super) fn drop_message(&mut self, arrived: Option<Arrived>) {
        if let (Some(sm), Some(ticket)) = (&mut self.kept.sm, arrived.and_then(|arrived| arrived.ticket)) {
            sm.arrivals.done(ticket);
        }
    }

    fn archive_answered(&mut self, iq: &Iq) {
        let State::CatchingUp(catch_up) = &mut self.state else { return };
        let was_in_order = catch_up.tells_in_order();
        let next = match &iq.error {
            None => {
                let fin = iq.payload.as_ref().filter(|payload| payload.is("fin", ns::MAM));
                catch_up.page_end(&fin.map(Fin::read).unwrap_or_default())
            }
            Some(error) if error.condition == "item-not-found" && catch_up.id_is_unknown() => {
                log::warn!("{}: the archive has forgotten where we were; reading its end", self.config.account);
                Next::Page
            }
            // Going online without it would lose what is in it; later it may work.
            Some(error) if error.kind == "wait" => {
                let why = format!("the message archive is out of order: {error}");
                return self.give_up_connection(&why);
            }
            Some(error) => {
                log::warn!("{}: the archive cannot be read: {error}", self.config.account);
                self.archive.looks = 0;
                self.announce_first();
                return self.caught_up(None);
            }
        };
        match next {
            Next::Page => {
                // What was read in another order says nothing of places.
                if !was_in_order {
                    self.archive.forget_ages();
                }
                // Whoever is cut off while he reads a long archive goes on from here.
                if self.archive.is_placed && catch_up.tells_in_order() {
                    let settled = self.archive.ages.take_settled();
                    settled.into_iter().for_each(|mark| self.tell(Event::Mark(mark)));
                }
                self.relieve_server();
                self.ask_page();
            }
            Next::Done(rest) if catch_up.reads_on() => {
                rest.into_iter().for_each(|arrived| self.tell_archived(arrived));
                self.ask_page();
            }
            Next::Done(rest) => {
                let newest = catch_up.newest().map(String::from);
                rest.into_iter().for_each(|arrived| self.tell_archived(arrived));
                match self.archive.is_placed {
                    false => self.placed(newest.unwrap_or_else(|| mam::BEGINNING.to_string())),
                    true => self.look_or_finish(newest),
                }
            }
        }
    }

    /// The stream breaks while the archive is read: it is not read from here again, or it might break here again.
    pub(super) fn leave_archive(&mut self) {
        let State::CatchingUp(catch_up) = &mut self.state else { return };
        let rest = catch_up.leave();
        let newest = catch_up.newest().filter(|id| !id.is_empty()).map(String::from);
        rest.into_iter().for_each(|arrived| self.tell_archived(arrived));
        newest.into_iter().for_each(|newest| self.tell(Event::Mark(newest)));
    }

    /// Where the archive ends is known: from here on it is read. What has come meanwhile may be older, so it is told first.
    fn placed(&mut self, newest: String) {
        self.release_held();
        self.tell(Event::Mark(newest.clone()));
        self.announce_first();
        let query = format!("{:08x}", self.random());
        self.read_archive(CatchUp::behind(query, newest));
    }

    fn announce_first(&mut self) {
        if !std::mem::replace(&mut self.archive.is_placed, true) {
            self.send_presence();
        }
    }

    fn look_or_finish(&mut self, newest: Option<String>) {
        match self.archive.wants_look() {
            true => self.set_timer(Timer::Look, limits::ARCHIVE_LOOK_PAUSE),
            false => self.caught_up(newest),
        }
    }

    pub(super) fn look_again(&mut self) {
        if let State::CatchingUp(catch_up) = &mut self.state {
            self.archive.looks -= 1;
            catch_up.look_again();
            self.ask_page();
        }
    }

    /// A live message that is held back for long keeps everything behind it from being acknowledged, and servers end the
    /// stream when that is too much. What is in the archive need not be kept there for us: we are not past it.
    fn relieve_server(&mut self) {
        if let Some(sm) = self.kept.sm.as_mut().filter(|sm| sm.arrivals.waiting() >= limits::HELD_UP_MAX) {
            self.deliveries.held_tickets().for_each(|ticket| sm.arrivals.done(ticket));
            self.acknowledge();
        }
    }

    fn caught_up(&mut self, newest: Option<String>) {
        let is_told = newest.as_deref() == self.deliveries.last_archived();
        // Of what is new, something older may still be on its way into the archive.
        let settled = self.archive.ages.take_settled();
        let mark = newest.filter(|_| !is_told && !self.deliveries.holds_archive_ids()).or(settled);
        self.release_held();
        // What was held may be older than this place: it comes before it.
        if let Some(mark) = mark {
            self.tell(Event::Mark(mark));
        }
        self.go_online(false);
        self.acknowledge();
    }

    fn release(&mut self) {
        self.caught_up(None);
    }

    fn release_held(&mut self) {
        let (known, fresh) = self.deliveries.release();
        known.into_iter().for_each(|arrived| self.drop_message(Some(arrived)));
        fresh.into_iter().for_each(|arrived| self.tell_message(arrived));
    }

    fn go_online(&mut self, resumed: bool) {
        log::debug!("{}: online{}", self.config.account, if resumed { ", stream resumed" } else { "" });
        self.state = State::Online(self.clock.mono());
        self.retries.online();
        self.set_timer(Timer::Idle, self.silence());
        self.tell(Event::Online { resumed });
        self.next_in_turn();
    }
}
