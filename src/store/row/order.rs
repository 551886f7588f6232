//! Rows of what is kept in order in linked chats.

/// How order is kept in the chat of a link; without a row nothing is done there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderRow {
    /// When the bot's AI answers there: `off`, `on` (when it is spoken to), `always`.
    pub ai: String,
    /// Whether what people say there is judged.
    pub is_on: bool,
    /// What becomes of who says what is not wanted: `delete`, `mute`, `kick`, `ban`; his message is deleted anyway.
    pub action: String,
    /// For how many seconds `mute` and `ban` hold; `None`: until somebody ends it.
    pub seconds: Option<i64>,
    /// Messages a minute of one person; `None` for any number.
    pub per_minute: Option<i64>,
    /// Whether web addresses are not wanted.
    pub bars_links: bool,
    /// What is said to who is new.
    pub welcome: Option<String>,
}

impl Default for OrderRow {
    fn default() -> OrderRow {
        let (ai, action) = ("off".to_string(), "delete".to_string());
        OrderRow { ai, is_on: false, action, seconds: None, per_minute: None, bars_links: false, welcome: None }
    }
}

/// Somebody in the chat of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRow {
    /// His number there.
    pub person: i64,
    /// `@…` without the sign, where he has one.
    pub username: Option<String>,
    /// What he is called.
    pub name: String,
    /// Unix time; written once a day.
    pub seen_at: i64,
}

/// A command that a bot's owner has defined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnCommandRow {
    /// The word after `/`.
    pub name: String,
    /// What is answered.
    pub text: String,
}
