//! XEP-0203, delayed delivery: when a stanza was really sent.

use crate::base::jid::BareJid;
use crate::base::time::from_rfc3339;
use crate::xml::Element;
use crate::xmpp::ns;

/// The stamp in `parent`, a message or a `<forwarded/>`, in milliseconds since 1970.
pub fn read(parent: &Element) -> Option<i64> {
    stamp(parent.find("delay", ns::DELAY)?)
}

/// The stamp that `by` put into `parent` (XEP-0203 §2: `from` says who delayed it), in milliseconds since 1970.
pub fn read_by(parent: &Element, by: &BareJid) -> Option<i64> {
    let is_by = |delay: &&Element| {
        let from = delay.attribute("from").and_then(|from| BareJid::parse(from).ok());
        delay.is("delay", ns::DELAY) && from.as_ref() == Some(by)
    };
    parent.children().filter(is_by).find_map(stamp)
}

fn stamp(delay: &Element) -> Option<i64> {
    delay.attribute("stamp").and_then(from_rfc3339)
}
