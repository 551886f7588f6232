//! XEP-0333, displayed markers: how far the recipient has read. Version 1.0 knows `displayed` only; clients of before
//! send `received` and `acknowledged` too.

use super::id_in;
use crate::xml::Element;
use crate::xmpp::ns;

/// How far a message has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// To a device.
    Received,
    /// Before a person's eyes; so are all messages before it.
    Displayed,
    /// Somebody has confirmed it by an action.
    Acknowledged,
}

/// A message and all before it have come so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    /// How far.
    pub stage: Stage,
    /// The message meant: in a room the id the room gave it, else its `id` attribute (XEP-0333 §4).
    pub id: String,
}

const STAGES: [(&str, Stage); 3] =
    [("acknowledged", Stage::Acknowledged), ("displayed", Stage::Displayed), ("received", Stage::Received)];

/// The marker in a message; the farthest, if there are several.
pub(super) fn read(stanza: &Element) -> Option<Marker> {
    STAGES.into_iter().find_map(|(name, stage)| Some(Marker { stage, id: id_in(stanza.find(name, ns::MARKERS)?)? }))
}

/// Whether the sender wants to know how far the message comes.
pub(super) fn is_markable(stanza: &Element) -> bool {
    stanza.find("markable", ns::MARKERS).is_some()
}

/// `<displayed/>`.
pub(super) fn build_displayed(id: &str) -> Element {
    Element::new("displayed", ns::MARKERS).with("id", id)
}

/// `<markable/>`.
pub(super) fn build_markable() -> Element {
    Element::new("markable", ns::MARKERS)
}
