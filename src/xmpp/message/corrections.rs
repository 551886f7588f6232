//! XEP-0308, last message correction: this message is to stand in the place of another.

use super::id_in;
use crate::xml::Element;
use crate::xmpp::ns;

/// The `id` attribute of the message that this one replaces. Only its sender may replace it (XEP-0308 §4), which is for
/// the caller to check: it knows who that was.
pub(super) fn read(stanza: &Element) -> Option<String> {
    id_in(stanza.find("replace", ns::CORRECT)?)
}

/// `<replace/>`.
pub(super) fn build(id: &str) -> Element {
    Element::new("replace", ns::CORRECT).with("id", id)
}
