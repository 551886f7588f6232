//! XEP-0085, chat state notifications: whether the other side is typing.

use crate::xml::Element;
use crate::xmpp::ns;

/// What somebody does in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChatState {
    /// Looks at it.
    Active,
    /// Writes.
    Composing,
    /// Has stopped writing for a moment.
    Paused,
    /// Does something else.
    Inactive,
    /// Has closed it.
    Gone,
}

const STATES: [(&str, ChatState); 5] = [
    ("active", ChatState::Active),
    ("composing", ChatState::Composing),
    ("paused", ChatState::Paused),
    ("inactive", ChatState::Inactive),
    ("gone", ChatState::Gone),
];

/// The chat state in a message. More than one is not allowed (XEP-0085 §5.6); the first counts.
pub(super) fn read(stanza: &Element) -> Option<ChatState> {
    let mut children = stanza.children().filter(|child| child.ns() == ns::CHAT_STATES);
    children.find_map(|child| STATES.into_iter().find(|(name, _)| *name == child.name()).map(|(_, state)| state))
}

/// The element of a chat state.
pub(super) fn build(state: ChatState) -> Element {
    let name = match state {
        ChatState::Active => "active",
        ChatState::Composing => "composing",
        ChatState::Paused => "paused",
        ChatState::Inactive => "inactive",
        ChatState::Gone => "gone",
    };
    Element::new(name, ns::CHAT_STATES)
}
