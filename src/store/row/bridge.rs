//! Rows of links between chats, and of what passes them.

use crate::base::id::{BotId, LinkId};
use crate::base::jid::BareJid;
use crate::base::secret::Secret;
use crate::store::row::ConversationKind;

/// A row of `bridge_link`: a conversation of a bot, joined to a chat on another channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkRow {
    /// Its number; given by the store.
    pub id: LinkId,
    /// Whose it is.
    pub bot: BotId,
    /// The conversation: a person, `owner@local`, or a room.
    pub here: BareJid,
    /// Whether many are there.
    pub here_kind: ConversationKind,
    /// The chat on the other channel: `tg:-1001234`.
    pub there: BareJid,
    /// Whether many are there.
    pub there_kind: ConversationKind,
    /// What its owner calls it; may be empty.
    pub alias: String,
    /// Which ways are open.
    pub mode: LinkMode,
    /// Whether anything passes.
    pub is_enabled: bool,
    /// Gets what is said here where several chats are joined to one person's chat.
    pub is_default: bool,
    /// How words of there are shown here; `None`: as usual.
    pub format_here: Option<String>,
    /// How words of here are shown there.
    pub format_there: Option<String>,
    /// Why something could not pass last; its owner was told.
    pub trouble: Option<String>,
    /// Unix time.
    pub created_at: i64,
}

/// Which ways through a link are open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LinkMode {
    /// Both.
    #[default]
    Bridge,
    /// From here to there alone.
    Forward,
}

impl LinkMode {
    /// As spelled everywhere.
    pub fn as_str(self) -> &'static str {
        match self {
            LinkMode::Bridge => "bridge",
            LinkMode::Forward => "forward",
        }
    }

    /// Reads the spelling.
    pub fn parse(text: &str) -> Option<LinkMode> {
        [LinkMode::Bridge, LinkMode::Forward].into_iter().find(|mode| mode.as_str() == text)
    }
}

/// An end of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkSide {
    /// The bot's conversation.
    Here,
    /// The chat on the other channel.
    There,
}

impl LinkSide {
    /// As spelled in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            LinkSide::Here => "here",
            LinkSide::There => "there",
        }
    }

    /// The other end.
    pub fn other(self) -> LinkSide {
        match self {
            LinkSide::Here => LinkSide::There,
            LinkSide::There => LinkSide::Here,
        }
    }
}

impl LinkRow {
    /// The address at an end.
    pub fn address(&self, side: LinkSide) -> &BareJid {
        match side {
            LinkSide::Here => &self.here,
            LinkSide::There => &self.there,
        }
    }

    /// Whether many are at an end.
    pub fn kind(&self, side: LinkSide) -> ConversationKind {
        match side {
            LinkSide::Here => self.here_kind,
            LinkSide::There => self.there_kind,
        }
    }

    /// What it is called: by its owner, else as its chat is.
    pub fn name(&self) -> &str {
        if self.alias.is_empty() { self.there.as_str() } else { &self.alias }
    }
}

/// Something that passes a link.
#[derive(Clone, Copy, Debug)]
pub struct NewPassed<'a> {
    /// The link.
    pub link: LinkId,
    /// Where it was said.
    pub origin: &'a str,
    /// The id by which the bot knows it there.
    pub origin_id: &'a str,
    /// Another id it has.
    pub origin_alias: Option<&'a str>,
    /// Where the bot says it.
    pub copy: &'a str,
    /// Under which id.
    pub copy_id: &'a str,
}

/// A row of `bridge_message`: something that passed a link, as one of its two names finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassedRow {
    /// Its number.
    pub id: i64,
    /// The link.
    pub link: LinkId,
    /// Whether it was found as what was said; else as what the bot said in its place.
    pub is_origin: bool,
    /// Where its counterpart is.
    pub other: BareJid,
    /// The counterpart's id there.
    pub other_id: String,
}

/// A row of `bridge_file`: a file that passes a link.
#[derive(Clone, Debug)]
pub struct CarryRow {
    /// Its number.
    pub id: i64,
    /// The link.
    pub link: LinkId,
    /// Whose link it is.
    pub bot: BotId,
    /// Where it was said.
    pub origin: BareJid,
    /// Where it is to be said.
    pub target: BareJid,
    /// Under which id.
    pub message_id: String,
    /// What it answers there.
    pub reply_to: Option<String>,
    /// What is said with it; empty: nothing.
    pub caption: String,
    /// Its address as it was said; sealed in the file.
    pub address: Secret,
    /// Its name.
    pub name: Option<String>,
    /// Its type.
    pub media_type: Option<String>,
    /// Its size in bytes, says its sender.
    pub bytes: Option<i64>,
    /// What passes: a file, or what comes behind one.
    pub kind: CarryKind,
    /// The message that is changed.
    pub about: Option<String>,
    /// The buttons beneath a text, as the core prints them.
    pub buttons: Option<String>,
    /// Who said it.
    pub author: String,
    /// Whether it may be one of several that are said together.
    pub album: AlbumPlace,
    /// Unix time of its coming, in milliseconds.
    pub at_ms: i64,
}

/// What is known of a row of `bridge_file` without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CarryHeading {
    /// Its number.
    pub id: i64,
    /// The link.
    pub link: LinkId,
    /// Whose link it is.
    pub bot: BotId,
    /// Where it is to be said.
    pub target: BareJid,
    /// Under which id.
    pub message_id: String,
    /// What passes.
    pub kind: CarryKind,
    /// Who said it.
    pub author: String,
    /// Whether it may be one of several that are said together.
    pub album: AlbumPlace,
    /// Unix time of its coming, in milliseconds.
    pub at_ms: i64,
}

/// What passes a link in its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CarryKind {
    /// A file.
    File,
    /// A text.
    Text,
    /// A message says something else from now on.
    Edit,
    /// A message goes.
    Deletion,
    /// The emoji that the bot has for a message.
    Reaction,
}

/// How a file may stand with others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlbumPlace {
    /// Alone.
    Alone,
    /// Others may follow it.
    First,
    /// It may follow others, as it has no words of its own.
    Any,
}

impl CarryKind {
    /// As the column has it.
    pub fn as_str(self) -> &'static str {
        match self {
            CarryKind::File => "file",
            CarryKind::Text => "text",
            CarryKind::Edit => "edit",
            CarryKind::Deletion => "delete",
            CarryKind::Reaction => "react",
        }
    }

    /// Reads the column; a file where it says nothing known.
    pub fn from_name(name: &str) -> CarryKind {
        let all = [CarryKind::Text, CarryKind::Edit, CarryKind::Deletion, CarryKind::Reaction];
        all.into_iter().find(|kind| kind.as_str() == name).unwrap_or(CarryKind::File)
    }
}

impl AlbumPlace {
    /// As the column has it.
    pub fn as_number(self) -> i64 {
        match self {
            AlbumPlace::Alone => 0,
            AlbumPlace::First => 1,
            AlbumPlace::Any => 2,
        }
    }

    /// Reads the column.
    pub fn from_number(number: i64) -> AlbumPlace {
        match number {
            1 => AlbumPlace::First,
            2 => AlbumPlace::Any,
            _ => AlbumPlace::Alone,
        }
    }
}
