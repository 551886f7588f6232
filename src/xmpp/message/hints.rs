//! XEP-0334, message processing hints: what the server shall do with a message that its rules would treat otherwise.

use crate::xml::Element;
use crate::xmpp::ns;

/// Keep it in the archive and for offline clients, although it has no body.
pub(super) fn build_store() -> Element {
    Element::new("store", ns::HINTS)
}

/// Keep it nowhere: it means nothing later.
pub(super) fn build_no_store() -> Element {
    Element::new("no-store", ns::HINTS)
}
