//! The way of a message, as it is told.

use crate::base::remedy::{Language, Place, at};
use crate::core::texts::why;

/// The way of one message.
#[derive(Clone, Debug)]
pub struct WhyInfo {
    /// The id by which the bot's program knows it.
    pub message_id: String,
    /// The bot said it.
    pub is_out: bool,
    /// With whom the conversation is; empty where that is not known any more.
    pub peer: String,
    /// What happened to it, in order; at the end how it is now.
    pub steps: Vec<WayStep>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayStep {
    /// Milliseconds since 1970; `None`: how it is now, or when it was is not known any more.
    pub at_ms: Option<i64>,
    /// The name that programs know it by.
    pub what: &'static str,
    /// Why, without what `what` says; may be empty. Its marks are for [`WayStep::say`].
    pub why: String,
}

impl WayStep {
    /// In plain words, for whoever reads it there.
    pub fn say(&self, place: Place) -> String {
        let language = if let Place::Chat(language) = place { language } else { Language::English };
        let words = why::words(self.what).map_or_else(|| self.what.replace('_', " "), |text| text.fill(language, &[]));
        match self.why.is_empty() {
            true => words,
            false => format!("{words}: {}", at(place, &self.why)),
        }
    }
}
