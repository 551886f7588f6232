//! Buttons beneath a message, the same for every channel: printed as Telegram's keyboards, as buttons of a web page, or, where
//! a client shows none, as numbered lines. What is pressed comes to the bot as an update of its own.

pub(crate) mod live;
mod pressed;
mod reading;
mod words;

use crate::base::limits;
use crate::core::failure::Failure;

pub(crate) use live::{Meant, Shown};
pub(crate) use pressed::{PressAnswer, Pressed};
pub use reading::read_keyboard;
pub(crate) use words::Hint;

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

impl Keyboard {
    /// Buttons beneath a message, each on a line of its own: what they say, and what the bot is told.
    pub fn choices<'t>(all: impl IntoIterator<Item = (&'t str, &'t str)>) -> Keyboard {
        let button =
            |(text, data): (&str, &str)| vec![Button { text: text.to_string(), press: Press::Data(data.to_string()) }];
        Keyboard { kind: KeyboardKind::Inline, rows: all.into_iter().map(button).collect() }
    }

    /// All buttons, from the first.
    pub fn buttons(&self) -> impl Iterator<Item = &Button> {
        self.rows.iter().flatten()
    }

    /// Refuses what is too much, or says nothing.
    pub fn check(&self) -> Result<(), Failure> {
        let count = self.buttons().count();
        Failure::check_most("buttons", count, limits::BUTTONS_MAX, "buttons")?;
        let widest = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        Failure::check_most("buttons", widest, limits::BUTTONS_PER_ROW_MAX, "buttons in a row")?;
        if let KeyboardKind::Reply { placeholder: Some(text), .. } = &self.kind {
            let most = limits::BUTTON_PLACEHOLDER_CHARS_MAX;
            Failure::check_most("input_field_placeholder", text.chars().count(), most, "characters")?;
        }
        self.buttons().try_for_each(Button::check)
    }
}

impl Button {
    fn check(&self) -> Result<(), Failure> {
        let most = limits::BUTTON_TEXT_CHARS_MAX;
        if self.text.trim().is_empty() || self.text.chars().count() > most || self.text.chars().any(char::is_control) {
            return Err(Failure::invalid("text", format!("of each button one line of 1 to {most} characters")));
        }
        match &self.press {
            Press::Data(data) if data.is_empty() || data.len() > limits::BUTTON_DATA_BYTES_MAX => {
                let most = limits::BUTTON_DATA_BYTES_MAX;
                let has = data.len();
                let text = format!("of each button 1 to {most} bytes; that of {:?} has {has}", self.text);
                Err(Failure::invalid("data", text))
            }
            Press::Url(url) if !is_address(url) => {
                let text =
                    format!("of each button an address like https://example.com; that of {:?} is none", self.text);
                Err(Failure::invalid("url", text))
            }
            _ => Ok(()),
        }
    }
}

/// Whether a client may be asked to open it.
fn is_address(url: &str) -> bool {
    const SCHEMES: [&str; 6] = ["https://", "http://", "xmpp:", "mailto:", "tel:", "tg://"];
    let has_scheme = |scheme: &&str| {
        url.len() > scheme.len() && url.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme))
    };
    url.len() <= limits::URL_BYTES_MAX
        && SCHEMES.iter().any(has_scheme)
        && !url.contains(|c: char| c.is_whitespace() || c.is_control())
}
