//! What a bot can be set to: the words of the API, the database and the chat for it.

/// How a bot is connected (docs/xmpp.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Speaks through its owner's own account, in the self-chat.
    Personal,
    /// Has an account of its own, for its owner only.
    Dedicated,
    /// Has an account of its own, for whom its access policy admits.
    Cloud,
}

impl Mode {
    /// As spelled in the API and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Personal => "personal",
            Mode::Dedicated => "dedicated",
            Mode::Cloud => "cloud",
        }
    }

    /// Reads the spelling.
    pub fn parse(text: &str) -> Option<Mode> {
        [Mode::Personal, Mode::Dedicated, Mode::Cloud].into_iter().find(|mode| mode.as_str() == text)
    }
}

/// What a personal bot gets to see (docs/xmpp.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receive {
    /// The self-chat only.
    SelfChat,
    /// Every message that arrives for the account.
    All,
}

impl Receive {
    /// As spelled in the API and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Receive::SelfChat => "self",
            Receive::All => "all",
        }
    }

    /// Reads the spelling.
    pub fn parse(text: &str) -> Option<Receive> {
        [Receive::SelfChat, Receive::All].into_iter().find(|receive| receive.as_str() == text)
    }
}

/// Whether what a bot with an account of its own says is encrypted (XEP-0384).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encrypt {
    /// Always: nothing is said, and nothing taken, in plain text.
    Required,
    /// To whoever has a device for it.
    Preferred,
    /// Never.
    Off,
}

impl Encrypt {
    /// As spelled in the API, the configuration and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Encrypt::Required => "required",
            Encrypt::Preferred => "preferred",
            Encrypt::Off => "off",
        }
    }

    /// Reads the spelling.
    pub fn parse(text: &str) -> Option<Encrypt> {
        [Encrypt::Required, Encrypt::Preferred, Encrypt::Off].into_iter().find(|known| known.as_str() == text)
    }
}

/// Who may speak to a bot with an account of its own (docs/xmpp.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Its owner only.
    Owner,
    /// Whoever is subscribed to it, says its roster.
    Roster,
    /// Whom its owner names.
    List,
    /// Everybody.
    Public,
}

impl Access {
    /// As spelled in the API and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Access::Owner => "owner",
            Access::Roster => "roster",
            Access::List => "list",
            Access::Public => "public",
        }
    }

    /// Reads the spelling.
    pub fn parse(text: &str) -> Option<Access> {
        [Access::Owner, Access::Roster, Access::List, Access::Public].into_iter().find(|known| known.as_str() == text)
    }
}

/// A custom command of a bot (docs/api.md, `setCommands`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The name without `/`.
    pub command: String,
    /// One line for people.
    pub description: String,
}
