//! Buttons in messages. XEP-0439, quick response: an action is told to whoever sent it, a response is said in its own words.
//! Beside them, clients that show commands as buttons (XEP-0050) find them in a list as disco#items would have it. Clients
//! that know neither show the text, where the same stands in words.

use super::id_in;
use crate::base::limits;
use crate::xml::Element;
use crate::xmpp::ns;

/// What a message offers to be pressed.
#[derive(Clone, Debug, Default)]
pub struct Pressable {
    /// Each by the id that comes back ([`Inbound::action`](super::Inbound::action)), and what it says.
    pub actions: Vec<(String, String)>,
    /// What can be answered.
    pub responses: Vec<String>,
    /// The same as commands of ours.
    pub commands: Option<Element>,
    /// How many code points at the end of the text say the same.
    pub words: usize,
}

/// `<action/>`s and `<response/>`s.
pub(super) fn build(offer: &Pressable) -> Vec<Element> {
    let action =
        |(id, label): &(String, String)| Element::new("action", ns::QUICK_RESPONSE).with("id", id).with("label", label);
    let response = |text: &String| Element::new("response", ns::QUICK_RESPONSE).with("value", text).with("label", text);
    offer.actions.iter().map(action).chain(offer.responses.iter().map(response)).collect()
}

/// The id of the action that was selected.
pub(super) fn read(stanza: &Element) -> Option<String> {
    id_in(stanza.find("action-selected", ns::QUICK_RESPONSE)?).filter(|id| id.len() <= limits::MESSAGE_ID_BYTES_MAX)
}

/// Whether an element shows buttons beside the text: what must not stand beside an encrypted one.
pub fn is_offer(child: &Element) -> bool {
    child.ns() == ns::QUICK_RESPONSE
        || child.is("query", ns::DISCO_ITEMS)
        || child.is("fallback", ns::FALLBACK) && child.attribute("for") == Some(ns::QUICK_RESPONSE)
}
