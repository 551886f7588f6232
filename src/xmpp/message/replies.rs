//! XEP-0461, message replies: which message this one answers. For clients that do not know replies, the body begins
//! with a quotation, marked as fallback.

use super::id_in;
use crate::base::jid::Jid;
use crate::base::{limits, text};
use crate::xml::Element;
use crate::xmpp::ns;

/// The message that is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepliedTo {
    /// Its id: in a room the one the room gave it, else the one its sender gave it (XEP-0461 §4.1).
    pub id: String,
    /// Its author, as the answering client says; not to be relied on.
    pub to: Option<Jid>,
}

/// The `<reply/>` in a message.
pub(super) fn read(stanza: &Element) -> Option<RepliedTo> {
    let reply = stanza.find("reply", ns::REPLY)?;
    Some(RepliedTo { id: id_in(reply)?, to: reply.attribute("to").and_then(|to| Jid::parse(to).ok()) })
}

/// `<reply/>`.
pub(super) fn build(reply: &RepliedTo) -> Element {
    let mut element = Element::new("reply", ns::REPLY);
    if let Some(to) = &reply.to {
        element = element.with("to", to.as_str());
    }
    element.with("id", &reply.id)
}

/// The beginning of what is answered as a quotation (XEP-0393 §6.1.3), with the line break that ends it.
pub(super) fn quote(answered: &str) -> String {
    let mut out = String::new();
    for line in text::shorten(answered.trim(), limits::QUOTE_BYTES_MAX).lines() {
        out.push_str("> ");
        out.push_str(line);
        out.push('\n');
    }
    out
}
