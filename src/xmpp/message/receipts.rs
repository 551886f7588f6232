//! XEP-0184, message delivery receipts: a message has reached a device of the recipient.

use super::id_in;
use crate::xml::Element;
use crate::xmpp::ns;

/// The id of the message that has arrived. Only its recipient can know, which is for the caller to check.
pub(super) fn read(stanza: &Element) -> Option<String> {
    id_in(stanza.find("received", ns::RECEIPTS)?)
}

/// Whether a receipt is asked for. Nobody may ask for the receipt of a receipt (XEP-0184 §5.4).
pub(super) fn is_requested(stanza: &Element) -> bool {
    stanza.find("request", ns::RECEIPTS).is_some() && stanza.find("received", ns::RECEIPTS).is_none()
}

/// `<received/>`.
pub(super) fn build(id: &str) -> Element {
    Element::new("received", ns::RECEIPTS).with("id", id)
}

/// `<request/>`.
pub(super) fn build_request() -> Element {
    Element::new("request", ns::RECEIPTS)
}
