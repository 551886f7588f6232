//! The envelope of OMEMO 2: what a message really says, under one roof and encrypted whole (XEP-0420 and its profile
//! in XEP-0384 §5.5.1). Whether `from`, `to` and `time` fit the message around it is for the caller to check.

use super::Entropy;
use crate::base::limits;
use crate::xml::{Element, Namespaces};

const NS: &str = "urn:xmpp:sce:1";

/// An envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// What would stand in the message without encryption.
    pub content: Vec<Element>,
    /// The bare address of the sender.
    pub from: Option<String>,
    /// The bare address of recipient or room: required in rooms.
    pub to: Option<String>,
    /// When it was sent (XEP-0082).
    pub time: Option<String>,
}

impl Envelope {
    /// Prints the envelope, padded by a random length.
    pub fn print(&self, entropy: &mut Entropy<'_>) -> String {
        let content = Element::new("content", NS);
        let content = self.content.iter().fold(content, |content, child| content.with_child(child.clone()));
        let mut padding = [0; limits::OMEMO_PADDING_MAX as usize];
        let length = entropy.below(padding.len() + 1).unwrap_or(0);
        entropy.fill(&mut padding);
        let padding: String = padding.iter().take(length).map(|byte| char::from(b'a' + byte % 26)).collect();
        let mut out =
            Element::new("envelope", NS).with_child(content).with_child(Element::new("rpad", NS).with_text(&padding));
        for (name, attribute, value) in
            [("from", "jid", &self.from), ("to", "jid", &self.to), ("time", "stamp", &self.time)]
        {
            if let Some(value) = value {
                out = out.with_child(Element::new(name, NS).with(attribute, value));
            }
        }
        out.print("")
    }

    /// Parses what was decrypted; `None` when it is no envelope, or has no padding, which is required.
    pub fn parse(text: &[u8]) -> Option<Envelope> {
        let text = std::str::from_utf8(text).ok().filter(|text| text.len() <= limits::STANZA_BYTES_MAX)?;
        let envelope = Element::parse(text, &Namespaces::default()).ok().filter(|e| e.is("envelope", NS))?;
        envelope.find("rpad", NS)?;
        let read = |name, attribute| envelope.find(name, NS)?.attribute(attribute).map(str::to_string);
        Some(Envelope {
            content: envelope.find("content", NS)?.children().cloned().collect(),
            from: read("from", "jid"),
            to: read("to", "jid"),
            time: read("time", "stamp"),
        })
    }
}
