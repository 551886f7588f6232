//! Making connections, losing them, and what each kind of loss means for the next try.

use std::time::Duration;

use super::poison::{self, Loss};
use super::{About, Event, Lost, Session, SessionOutput, State, Timer, TlsFacts};
use crate::base::limits;
use crate::base::remedy::{self, Place};
use crate::base::text::base64;
use crate::base::time::Backoff;
use crate::xml::Element;
use crate::xmpp::iq::Peer;
use crate::xmpp::register::RegistrationRefusal;
use crate::xmpp::sm::Sm;
use crate::xmpp::stanza::IqKind;
use crate::xmpp::stream::{Failure, Login, Stream};
use crate::xmpp::{ping, presence, sasl};

const NOT_WELL_FORMED: &str =
    "<stream:error><not-well-formed xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>";

/// When the next try comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Retry {
    /// At once: something is different this time.
    Now,
    /// Soon where the connection stood, with growing waits where it did not.
    Soon,
    /// With the longest wait: trying again soon would do harm.
    Late,
    /// Never: a person must do something.
    Never,
}

impl Session {
    fn connect(&mut self) {
        self.state = State::Connecting;
        self.link.is_up = true;
        self.outputs.push_back(SessionOutput::Connect);
        self.set_timer(Timer::Negotiate, limits::NEGOTIATE_TIMEOUT);
    }

    pub(super) fn connected(&mut self, tls: Option<TlsFacts>) {
        if !matches!(self.state, State::Connecting) {
            return;
        }
        let mut nonce = [0; 18];
        (self.entropy)(&mut nonce);
        // What is unhandled from here on will be sent again, and then counted.
        self.deliveries.restart_count();
        let resume = self.kept.sm.as_mut().and_then(|sm| {
            sm.arrivals.forget();
            Some((sm.id.clone()?, sm.tell()))
        });
        let login = Login {
            account: self.config.account.clone(),
            password: self.config.password.clone(),
            resource: self.config.resource.clone(),
            key: self.config.login_key.clone(),
            plaintext: self.config.plaintext,
            nonce: base64(&nonce),
            resume,
            register: self.config.register,
        };
        self.link.open(Stream::open(login, tls));
        self.state = State::Negotiating;
        self.set_timer(Timer::Negotiate, limits::NEGOTIATE_TIMEOUT);
    }

    pub(super) fn tls_up(&mut self, tls: TlsFacts) {
        if let Some(stream) = &mut self.link.stream {
            stream.tls_up(tls);
        }
    }

    /// The connection is gone; why, unless the other side closed it.
    pub(super) fn lost(&mut self, lost: Option<Lost>) {
        self.link.is_up = false;
        match (&self.state, lost) {
            (State::Waiting | State::Ended, _) => {}
            (State::Closing, _) => self.end(),
            (_, None) => {
                self.accuse(Loss::Closed);
                self.retry("the server closed the connection".into(), Retry::Soon);
            }
            (_, Some(Lost::Network(why))) => {
                self.accuse(Loss::Reset);
                self.retry(why, Retry::Soon);
            }
            (_, Some(Lost::Certificate(why))) => {
                self.retry(format!("the server's certificate is refused: {why}"), Retry::Soon)
            }
        }
    }

    /// The stream cannot go on.
    pub(super) fn fail(&mut self, failure: Failure) {
        if matches!(self.state, State::Closing) {
            return self.end();
        }
        if let Failure::Refused { used_old_key: true, .. } = failure {
            // The password may have been changed since: try it itself before giving up.
            self.config.login_key = None;
            return self.retry("the server refuses the saved login key, trying the password".into(), Retry::Now);
        }
        let is_stable = |since| self.clock.since(since) >= limits::STABLE_AFTER;
        if matches!(self.state, State::Online(since) if is_stable(since)) {
            self.retries.stream_stood();
        }
        let failure = match failure {
            Failure::Stream(condition, _, host) if condition == "see-other-host" && self.may_follow(&host) => {
                self.retries.redirected();
                self.outputs.push_back(SessionOutput::Redirect(host.trim().to_string()));
                return self.retry(format!("the server sends us to {}", host.trim()), Retry::Now);
            }
            Failure::Xml(error, skipped) => {
                if let Some(skipped) = skipped {
                    self.broken(&skipped.head, skipped.bytes, &error.to_string());
                }
                Failure::Xml(error, None)
            }
            failure => {
                self.retries.not_redirected();
                failure
            }
        };
        let loss = match &failure {
            Failure::Stream(condition, ..) => poison::loss_by(condition),
            _ => Loss::Other,
        };
        let account = self.config.account.clone();
        let (why, retry) = judge(failure, account.as_str(), account.domain());
        // Something will be different.
        let retry = if self.accuse(loss) { Retry::Soon } else { retry };
        self.retry(why, retry);
    }

    /// RFC 6120 §4.9.3.19: only who has shown that he is the server may send us elsewhere, and not for ever.
    fn may_follow(&self, host: &str) -> bool {
        let is_secured = self.link.stream.as_ref().is_some_and(|stream| stream.tls().is_some());
        let host = host.trim();
        let is_host = !host.is_empty() && host.len() <= 255 && !host.contains(|c: char| c.is_whitespace() || c == '/');
        is_secured && is_host && self.retries.may_redirect()
    }

    /// The stream is no XML any more. What stood there counts as skipped, so that it does not come again: it is
    /// acknowledged, or the archive is read on behind it. Where that does not help, the server is to forget the stream.
    fn broken(&mut self, head: &Element, bytes: u64, why: &str) {
        self.skip(head, bytes, why);
        self.leave_archive();
        self.retries.broke();
        if self.kept.enabled().is_some_and(Sm::has_news) {
            self.send_ack();
        }
        self.link.close_with(NOT_WELL_FORMED);
        if self.retries.breaks_always() {
            self.kept.sm = None;
        }
    }

    pub(super) fn server_closed(&mut self) {
        match self.state {
            State::Closing => self.end(),
            _ => {
                self.accuse(Loss::Closed);
                self.retry("the server closed the stream".into(), Retry::Soon);
            }
        }
    }

    /// What the server said makes no sense any more, or it says nothing.
    pub(super) fn give_up_connection(&mut self, why: &str) {
        self.retry(why.into(), Retry::Soon);
    }

    /// Drops the connection and forgets stream management with it.
    pub(super) fn give_up_stream(&mut self, why: &str) {
        self.kept.sm = None;
        self.retry(why.into(), Retry::Soon);
    }

    pub(super) fn reset(&mut self) {
        if matches!(self.state, State::Closing | State::Ended) {
            return;
        }
        self.outputs.retain(|output| !matches!(output, SessionOutput::Event(Event::Message(_) | Event::Mark(_))));
        self.deliveries.forget();
        if let Some(sm) = &mut self.kept.sm {
            sm.arrivals.forget();
        }
        let wait = self.wait_after_loss();
        self.offline("what came could not be stored".into(), wait);
    }

    fn retry(&mut self, why: String, retry: Retry) {
        let wait = match retry {
            Retry::Now => Duration::ZERO,
            Retry::Soon if matches!(self.state, State::Online(_)) => self.wait_after_loss(),
            Retry::Soon => {
                let random = self.random();
                self.retries.after_try(random)
            }
            Retry::Late => Backoff::new(limits::RECONNECT_MAX, limits::RECONNECT_MAX).next(self.random()),
            Retry::Never => return self.stop(why),
        };
        self.offline(why, wait);
    }

    /// Losses of a connection that stood have waits of their own: short, unless they come one upon the other.
    fn wait_after_loss(&mut self) -> Duration {
        if let State::Online(since) = self.state
            && self.clock.since(since) >= limits::STABLE_AFTER
        {
            self.retries.stood();
        }
        let random = self.random();
        self.retries.after_loss(random)
    }

    fn offline(&mut self, why: String, wait: Duration) {
        let said = remedy::at(Place::File, &why);
        log::debug!("{}: offline, next try in {:.1} s: {said}", self.config.account, wait.as_secs_f32());
        self.disconnect();
        self.state = State::Waiting;
        self.set_timer(Timer::Retry, wait);
        self.tell(Event::Offline { why, retry_in: wait });
    }

    fn stop(&mut self, why: String) {
        log::debug!("{}: stopped: {}", self.config.account, remedy::at(Place::File, &why));
        self.disconnect();
        self.kept.sm = None;
        self.state = State::Ended;
        self.tell(Event::Stopped { why });
        self.outputs.push_back(SessionOutput::Close);
    }

    /// Lets go of the connection and of everything that cannot outlive it.
    fn disconnect(&mut self) {
        if self.link.drop_stream() {
            self.outputs.push_back(SessionOutput::Disconnect);
        }
        // A stream is resumed only if it was online: else the catch-up would have to be resumed, too.
        let may_resume = match self.state {
            State::Online(_) => self.kept.sm.as_ref().is_some_and(|sm| sm.id.is_some()),
            State::Waiting | State::Connecting | State::Negotiating => true,
            _ => false,
        };
        if !may_resume {
            self.kept.sm = None;
        }
        self.drop_questions();
        self.deliveries.disconnected();
        self.clock.stop_all();
    }

    pub(super) fn close(&mut self) {
        if !self.is_established() {
            return match self.state {
                State::Closing => {}
                _ => self.end(),
            };
        }
        if self.kept.enabled().is_some_and(Sm::has_news) {
            self.send_ack();
        }
        if self.kept.announced.is_some() {
            self.send_stanza(None, presence::UNAVAILABLE.into());
        }
        // What is acknowledged by the end needs no second look after the next start.
        if self.kept.enabled().is_some_and(|sm| sm.departures.waits_for_the_server()) {
            self.request_ack();
        }
        self.link.close();
        self.clock.stop_all();
        self.drop_questions();
        self.state = State::Closing;
        self.set_timer(Timer::Close, limits::CLOSE_TIMEOUT);
    }

    fn end(&mut self) {
        self.state = State::Ended;
        self.link.stream = None;
        self.kept.sm = None;
        self.drop_questions();
        self.clock.stop_all();
        self.outputs.push_back(SessionOutput::Close);
    }

    /// Something was heard, and read: the link lives. An answer that is still missing is waited for anew.
    pub(super) fn heard(&mut self) {
        self.clock.stop(Timer::Link as usize);
        if self.is_established() {
            self.set_timer(Timer::Idle, self.silence());
            let is_asking = self.kept.sm.as_ref().is_some_and(|sm| sm.departures.is_asking());
            if is_asking || self.questions.is_open(|about| matches!(about, About::Link | About::Fence)) {
                self.expect_life();
            }
        }
    }

    /// Something was asked: silence from here on means that the link is dead.
    pub(super) fn expect_life(&mut self) {
        if !self.clock.is_set(Timer::Link as usize) {
            self.set_timer(Timer::Link, limits::PING_TIMEOUT);
        }
    }

    pub(super) fn tick(&mut self) {
        if self.is_due(Timer::Retry) {
            self.connect();
        } else if self.is_due(Timer::Close) {
            self.end();
        } else if self.is_due(Timer::Negotiate) {
            self.negotiated_too_long();
        } else if self.is_due(Timer::Ack) {
            self.send_ack();
        } else if self.is_due(Timer::Request) {
            // It goes out with what is written next, which is now.
        } else if self.is_due(Timer::Look) {
            self.look_again();
        } else if !self.wants_bytes() {
            // Nothing is read at present, so silence says nothing about the server.
            self.be_patient();
        } else if self.deadline().is_some_and(|at| self.clock.since(at) >= limits::LATE) {
            // We were busy, or asleep: what the server has said meanwhile was not looked at.
            self.be_patient();
        } else if self.is_due(Timer::Link) {
            self.give_up_connection("the server does not answer any more");
        } else if self.is_due(Timer::Idle) {
            self.test_link();
        } else {
            while let Some(about) = self.questions.expired(self.clock.mono()) {
                self.not_answered(about);
            }
        }
    }

    fn is_due(&mut self, timer: Timer) -> bool {
        self.clock.is_due(timer as usize)
    }

    fn be_patient(&mut self) {
        for (timer, time) in [(Timer::Link, limits::PING_TIMEOUT), (Timer::Idle, self.silence())] {
            if self.is_due(timer) {
                self.set_timer(timer, time);
            }
        }
        self.questions.extend(self.clock.mono() + limits::IQ_TIMEOUT, |_| true);
    }

    fn test_link(&mut self) {
        if self.kept.enabled().is_some() {
            self.request_ack();
        } else {
            self.ask(Peer::Server, About::Link, IqKind::Get, ping::build());
            self.expect_life();
        }
    }

    fn negotiated_too_long(&mut self) {
        match self.state {
            State::Asking(_) if !self.kept.is_undecided() => self.conclude_setup(),
            _ => self.give_up_connection("the server took too long over the login"),
        }
    }
}

/// What a failure means: one sentence for people, and when to try again.
fn judge(failure: Failure, account: &str, domain: &str) -> (String, Retry) {
    let said = |text: Option<String>| text.map(|text| format!(" (\"{text}\")")).unwrap_or_default();
    match failure {
        Failure::Xml(error, _) => (format!("the server's stream is broken: {error}"), Retry::Soon),
        Failure::Protocol(why) => (why, Retry::Soon),
        Failure::NoTls => (
            format!(
                "{domain} offers no TLS: only `plaintext = true` in the configuration file allows a login without, and only \
                 on loopback"
            ),
            Retry::Late,
        ),
        Failure::Bind(error) => (format!("the server gives {account} no resource: {error}"), Retry::Late),
        Failure::Register(RegistrationRefusal::Later(error)) => {
            (format!("{domain} makes no account at the moment: {error}"), Retry::Late)
        }
        Failure::Register(refusal) => (format!("{domain} makes no account: {refusal}"), Retry::Never),
        Failure::Sasl(error @ sasl::Error::NoMechanism(_)) => {
            (format!("cannot log in as {account}: {error}"), Retry::Never)
        }
        Failure::Sasl(error @ sasl::Error::ServerSignature) => {
            (format!("DANGER: what answers for {domain} may be an impostor: {error}"), Retry::Late)
        }
        Failure::Sasl(error) => (format!("the login as {account} went wrong: {error}"), Retry::Late),
        Failure::Stream(condition, text, _) => judge_stream_error(&condition, &said(text), account, domain),
        Failure::Refused { condition, text, .. } => judge_refusal(&condition, &said(text), account),
    }
}

/// RFC 6120 §4.9.3.
fn judge_stream_error(condition: &str, said: &str, account: &str, domain: &str) -> (String, Retry) {
    match condition {
        "conflict" => (format!("another client took our resource of {account}{said}"), Retry::Late),
        "host-unknown" | "host-gone" => (format!("the server does not serve {domain}{said}"), Retry::Late),
        "policy-violation" | "resource-constraint" => (format!("the server complains: {condition}{said}"), Retry::Late),
        "not-authorized" => (format!("the server does not admit {account}{said}"), Retry::Late),
        "see-other-host" => (
            format!("the server sends us elsewhere, too often, to no host, or without TLS; that is not followed{said}"),
            Retry::Late,
        ),
        "system-shutdown" | "reset" => (format!("the server restarts{said}"), Retry::Soon),
        _ => (format!("the server ended the stream: {condition}{said}"), Retry::Soon),
    }
}

/// RFC 6120 §6.5.
fn judge_refusal(condition: &str, said: &str, account: &str) -> (String, Retry) {
    match condition {
        "temporary-auth-failure" | "aborted" => {
            (format!("the server cannot check the login of {account} at present{said}"), Retry::Soon)
        }
        "not-authorized" => {
            (format!("wrong password for {account}{said}: {}", remedy::password(account)), Retry::Never)
        }
        "account-disabled" => {
            (format!("the account {account} is disabled{said}: ask its server's administrator"), Retry::Never)
        }
        "credentials-expired" => (
            format!(
                "the password of {account} has expired{said}: set a new one at its server, and {}",
                remedy::password(account)
            ),
            Retry::Never,
        ),
        _ => (
            format!(
                "the server refuses the login of {account}: {condition}{said}; check the account and its server's settings"
            ),
            Retry::Never,
        ),
    }
}
