//! Our own presence (RFC 6121 §4), with entity capabilities. Presence of others is not read: who may speak to a bot is
//! settled elsewhere, and subscription requests to an owner's account are the owner's to answer.

use crate::xml::Element;
use crate::xmpp::{disco, ns};

/// Available, with a priority (RFC 6121 §4.7.2.3).
pub fn print_available(priority: i8) -> String {
    Element::new("presence", ns::CLIENT)
        .with_child(Element::new("priority", ns::CLIENT).with_text(&priority.to_string()))
        .with_child(disco::build_caps())
        .print(ns::CLIENT)
}

/// Gone: the resource says goodbye.
pub const UNAVAILABLE: &str = "<presence type='unavailable'/>";
