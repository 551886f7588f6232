//! Buttons beneath a message, the same for every channel: printed as Telegram's keyboards, as buttons of a web page, or, where
//! a client shows none, as numbered lines. What is pressed comes to the bot as an update of its own.

/// Buttons beneath a message, or beneath the field where one types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyboard {
    /// Where they are, and for how long.
    pub kind: KeyboardKind,
    /// From top to bottom, each from left to right. Empty takes away those that are there.
    pub rows: Vec<Vec<Button>>,
}

/// Where buttons are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyboardKind {
    /// Beneath the message.
    Inline,
    /// In the place of the keys one types with; pressing one says its text.
    Reply {
        /// They go when one was pressed.
        is_once: bool,
        /// What the empty field shows.
        placeholder: Option<String>,
    },
    /// The buttons that stand in the place of the keys go.
    Remove,
    /// Whoever reads it answers it: his client shows that.
    ForceReply,
}

/// One button.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Button {
    /// What it says.
    pub text: String,
    /// What it does.
    pub press: Press,
}

/// What a button does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Press {
    /// The bot is told these words: 1–64 bytes.
    Data(String),
    /// A web address is opened.
    Url(String),
    /// Its text is said.
    Say,
}
