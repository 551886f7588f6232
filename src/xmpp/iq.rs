//! Questions of ours that wait for their answer (RFC 6120 §8.2.3).
//!
//! An answer counts only if both its id and its sender are the ones asked: anybody can send an IQ with any id, and ids
//! can be guessed.

use std::time::Duration;

use crate::base::jid::{BareJid, Jid};
use crate::xmpp::stanza::{Iq, IqKind};

/// Who is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// Our own account: the IQ has no `to`.
    Account,
    /// Our own server.
    Server,
    /// Anybody else, under exactly this address.
    Other(Jid),
}

impl Peer {
    /// The `to` attribute.
    pub fn to<'a>(&'a self, account: &'a BareJid) -> Option<&'a str> {
        match self {
            Peer::Account => None,
            Peer::Server => Some(account.domain()),
            Peer::Other(jid) => Some(jid.as_str()),
        }
    }

    fn is(&self, from: Option<&Jid>, account: &BareJid) -> bool {
        match (self, from) {
            (Peer::Other(jid), from) => from == Some(jid),
            // Only our own server can leave it out (RFC 6120 §8.1.2.1).
            (_, None) => true,
            (Peer::Account, Some(from)) => from.bare_str() == account.as_str(),
            (Peer::Server, Some(from)) => from.as_str() == account.domain(),
        }
    }
}

/// The table of open questions; `T` says what each was about.
#[derive(Debug)]
pub struct Questions<T> {
    /// Makes ids unlike those of other runs and other sessions.
    prefix: String,
    count: u32,
    open: Vec<Open<T>>,
}

#[derive(Debug)]
struct Open<T> {
    id: String,
    peer: Peer,
    about: T,
    until: Duration,
}

impl<T> Questions<T> {
    /// An empty table; ids begin with `prefix`.
    pub fn new(prefix: String) -> Questions<T> {
        Questions { prefix, count: 0, open: Vec::new() }
    }

    /// Notes a question that may be answered until `until`; gives its id.
    pub fn ask(&mut self, peer: Peer, about: T, until: Duration) -> String {
        self.count = self.count.wrapping_add(1);
        let id = format!("{}-{:x}", self.prefix, self.count);
        self.open.push(Open { id: id.clone(), peer, about, until });
        id
    }

    /// What the IQ answers, if it is an answer and comes from the one asked.
    pub fn answered(&mut self, iq: &Iq, account: &BareJid) -> Option<T> {
        if !matches!(iq.kind, IqKind::Result | IqKind::Error) {
            return None;
        }
        let index = self.open.iter().position(|q| q.id == iq.id && q.peer.is(iq.from.as_ref(), account))?;
        Some(self.remove(index))
    }

    /// Takes out a question that is not asked after all.
    pub fn take(&mut self, id: &str) -> Option<T> {
        let index = self.open.iter().position(|question| question.id == id)?;
        Some(self.remove(index))
    }

    /// Takes out one question whose time is over.
    pub fn expired(&mut self, now: Duration) -> Option<T> {
        let index = self.open.iter().position(|question| question.until <= now)?;
        Some(self.remove(index))
    }

    fn remove(&mut self, index: usize) -> T {
        let about = self.open.swap_remove(index).about;
        if self.open.is_empty() {
            // Nothing may be asked for hours.
            self.open = Vec::new();
        }
        about
    }

    /// Gives all questions that `which` holds for more time.
    pub fn extend(&mut self, until: Duration, which: impl Fn(&T) -> bool) {
        for question in self.open.iter_mut().filter(|question| which(&question.about)) {
            question.until = until;
        }
    }

    /// Gives what our own account and server were asked more time: only their answers can be behind something long.
    pub fn extend_own(&mut self, until: Duration) {
        for question in self.open.iter_mut().filter(|question| !matches!(question.peer, Peer::Other(_))) {
            question.until = until;
        }
    }

    /// Whether a question that `which` holds for is open.
    pub fn is_open(&self, which: impl Fn(&T) -> bool) -> bool {
        self.open.iter().any(|question| which(&question.about))
    }

    /// When the first question's time is over.
    pub fn deadline(&self) -> Option<Duration> {
        self.open.iter().map(|question| question.until).min()
    }

    /// Takes all questions out: their connection is gone.
    pub fn take_all(&mut self) -> Vec<T> {
        self.open.drain(..).map(|question| question.about).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::{Element, Namespaces};

    fn iq(text: &str) -> Iq {
        Iq::read(Element::parse(text, &Namespaces::default_is("jabber:client")).unwrap()).unwrap()
    }

    #[test]
    fn only_the_one_asked_may_answer() {
        let account = BareJid::parse("a@b").unwrap();
        let mut questions = Questions::new("q".into());
        let until = Duration::from_secs(1);
        assert_eq!(questions.ask(Peer::Account, 'a', until), "q-1");
        assert_eq!(questions.ask(Peer::Server, 's', until), "q-2");
        let room = Jid::parse("room@c.b").unwrap();
        assert_eq!(questions.ask(Peer::Other(room), 'r', until), "q-3");
        for wrong in [
            "<iq type='result' id='q-1' from='evil@b'/>",
            "<iq type='result' id='q-1' from='b'/>",
            "<iq type='result' id='q-2' from='a@b'/>",
            "<iq type='result' id='q-3'/>",
            "<iq type='result' id='q-3' from='room@c.b/nick'/>",
            "<iq type='result' id='q-4'/>",
            "<iq type='get' id='q-1'/>",
        ] {
            assert_eq!(questions.answered(&iq(wrong), &account), None, "{wrong}");
        }
        assert_eq!(questions.answered(&iq("<iq type='error' id='q-2' from='b'/>"), &account), Some('s'));
        assert_eq!(questions.answered(&iq("<iq type='result' id='q-1' from='a@b/r'/>"), &account), Some('a'));
        assert_eq!(questions.answered(&iq("<iq type='result' id='q-1'/>"), &account), None);
        assert_eq!(questions.answered(&iq("<iq type='result' id='q-3' from='room@c.b'/>"), &account), Some('r'));
        assert_eq!(questions.deadline(), None);
    }
}
