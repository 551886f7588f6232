//! XEP-0202, entity time: what a server's clock says.

use crate::base::time::from_rfc3339;
use crate::xml::Element;
use crate::xmpp::ns;

/// The payload of the question.
pub fn build_query() -> Element {
    Element::new("time", ns::TIME)
}

/// The time in an answer, in milliseconds since 1970.
pub fn read(time: &Element) -> Option<i64> {
    if !time.is("time", ns::TIME) {
        return None;
    }
    from_rfc3339(time.text_of("utc", ns::TIME)?.trim())
}
