//! XEP-0280, message carbons: copies of what the account's other resources send and receive.

use crate::xml::Element;
use crate::xmpp::message::Via;
use crate::xmpp::ns;

/// The order to send us copies.
pub fn build_enable() -> Element {
    Element::new("enable", ns::CARBONS)
}

/// The copy in a message, if it is one: its direction, and the `<forwarded/>` with the original.
/// The caller must check who sent it: a carbon of anybody but our own account is a forgery (XEP-0280 §11).
pub fn read(message: &Element) -> Option<(Via, &Element)> {
    let directions = [("sent", Via::CarbonSent), ("received", Via::CarbonReceived)];
    directions
        .into_iter()
        .find_map(|(name, via)| Some((via, message.find(name, ns::CARBONS)?.find("forwarded", ns::FORWARD)?)))
}

/// Asks the server not to copy a message to our other resources (XEP-0280 §9, with the hint of XEP-0334 §4.3).
pub fn build_private() -> [Element; 2] {
    [Element::new("private", ns::CARBONS), Element::new("no-copy", ns::HINTS)]
}

/// Whether a message is marked so.
pub fn is_private(message: &Element) -> bool {
    message.find("private", ns::CARBONS).is_some()
}
