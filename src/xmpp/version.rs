//! XEP-0092, software version. The operating system is nobody's business and left out, as the XEP allows.

use crate::xml::Element;
use crate::xmpp::ns;

/// The payload of the answer.
pub fn build() -> Element {
    let child = |name, text| Element::new(name, ns::VERSION).with_text(text);
    Element::new("query", ns::VERSION)
        .with_child(child("name", "Botmother"))
        .with_child(child("version", env!("CARGO_PKG_VERSION")))
}
