//! XEP-0203, delayed delivery: when a stanza was really sent.

use crate::base::time::from_rfc3339;
use crate::xml::Element;
use crate::xmpp::ns;

/// The stamp in `parent`, a message or a `<forwarded/>`, in milliseconds since 1970.
pub fn read(parent: &Element) -> Option<i64> {
    parent.find("delay", ns::DELAY)?.attribute("stamp").and_then(from_rfc3339)
}
