//! XEP-0199, XMPP ping: whether the other side still answers. Behind stanzas it also proves, where there is no stream
//! management, that the server has read them: it handles a client's stanzas in order (RFC 6120 §10.1).

use crate::xml::Element;
use crate::xmpp::ns;

/// The payload of the question.
pub fn build() -> Element {
    Element::new("ping", ns::PING)
}

/// Proof of delivery without stream management: at most one ping is under way, behind everything sent before it.
#[derive(Debug, Default)]
pub struct Fence {
    /// Stanzas in front of the ping, with their tags.
    covered: Vec<(u64, String)>,
    /// Those behind it.
    uncovered: Vec<(u64, String)>,
    is_asking: bool,
}

impl Fence {
    /// Notes a stanza that was sent.
    pub fn push(&mut self, tag: u64, stanza: String) {
        self.uncovered.push((tag, stanza));
    }

    /// What is not proven to have arrived, in order.
    pub fn unproven(&self) -> impl Iterator<Item = &str> {
        self.covered.iter().chain(&self.uncovered).map(|(_, stanza)| stanza.as_str())
    }

    /// Whether a ping should be sent now.
    pub fn wants_ping(&self) -> bool {
        !self.is_asking && !self.uncovered.is_empty()
    }

    /// A ping is sent.
    pub fn asked(&mut self) {
        self.is_asking = true;
        self.covered = std::mem::take(&mut self.uncovered);
    }

    /// The ping is answered: gives what was in front of it.
    pub fn answered(&mut self) -> Vec<(u64, String)> {
        self.is_asking = false;
        std::mem::take(&mut self.covered)
    }
}
