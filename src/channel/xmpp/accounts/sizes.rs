//! How large a stanza the server of an account takes (XEP-0478).

use crate::base::limits;

/// What is known of it.
#[derive(Default)]
pub(crate) struct Sizes {
    /// The largest stanza that the server takes, if it says so.
    said: Option<usize>,
    /// The size of a stanza that it did not take, although it does not say so.
    too_large: Option<usize>,
}

impl Sizes {
    /// What the server said last.
    pub(super) fn new(said: Option<usize>) -> Sizes {
        Sizes { said, too_large: None }
    }

    /// The server says it; whether that is news.
    pub(crate) fn say(&mut self, said: Option<usize>) -> bool {
        let is_news = self.said != said;
        self.said = said;
        is_news
    }

    /// The server took a stanza of this size for too large.
    pub(crate) fn note_too_large(&mut self, size: usize) {
        self.too_large = Some(self.too_large.map_or(size, |large| large.min(size)));
    }

    /// Whether anything is known.
    pub(crate) fn is_known(&self) -> bool {
        self.said.is_some() || self.too_large.is_some()
    }

    /// The largest stanza that the server takes, as far as is known.
    pub(crate) fn max(&self) -> usize {
        let said = self.said.unwrap_or(limits::SENT_STANZA_BYTES_MAX);
        self.too_large.map_or(said, |large| said.min(large - 1))
    }

    /// Whose limit that is.
    pub(crate) fn whose(&self, server: &str) -> String {
        let max = self.max();
        match (self.said, self.too_large) {
            (Some(said), _) if said == max => format!("{server} takes {max} at most"),
            (_, Some(large)) if large - 1 == max => format!("{server} ended the connection for one of {large}"),
            _ => format!("{max} are the most that we send to a server that names no limit, as {server} does not"),
        }
    }
}
