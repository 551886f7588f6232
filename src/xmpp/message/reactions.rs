//! XEP-0444, message reactions: the emoji with which somebody answers a message. A set replaces the one before, so an
//! empty set takes all back.

use super::id_in;
use crate::base::limits;
use crate::xml::Element;
use crate::xmpp::ns;

/// All that one person feels about one message, from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reactions {
    /// The message meant: in a room the id the room gave it, else the `id` its sender gave it (XEP-0444 §4.2).
    pub id: String,
    /// The emoji, each once, in the order sent; none when they were taken back. What they are is not checked: an
    /// emoji is a short text.
    pub emoji: Vec<String>,
}

/// The reactions in a message. Those that are empty, too long or too many are left out.
pub(super) fn read(stanza: &Element) -> Option<Reactions> {
    let reactions = stanza.find("reactions", ns::REACTIONS)?;
    let mut emoji: Vec<String> = Vec::new();
    for child in reactions.children().filter(|child| child.is("reaction", ns::REACTIONS)) {
        let text = child.text();
        let text = text.trim();
        let is_fine = !text.is_empty() && text.len() <= limits::REACTION_BYTES_MAX;
        if is_fine && emoji.len() < limits::REACTIONS_MAX && !emoji.iter().any(|other| other == text) {
            emoji.push(text.to_string());
        }
    }
    Some(Reactions { id: id_in(reactions)?, emoji })
}

/// `<reactions/>`.
pub(super) fn build(reactions: &Reactions) -> Element {
    let element = Element::new("reactions", ns::REACTIONS).with("id", &reactions.id);
    let reaction = |text: &String| Element::new("reaction", ns::REACTIONS).with_text(text);
    reactions.emoji.iter().map(reaction).fold(element, Element::with_child)
}
