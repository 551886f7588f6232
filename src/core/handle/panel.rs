//! What the panel asks: all bots at a glance, the course of the last day, and what a bot receives and says as it happens.

use std::borrow::Cow;

use super::BotInfo;
use crate::base::id::BotId;
use crate::base::jid::BareJid;

/// A question of the panel's.
#[derive(Clone, Debug)]
pub enum PanelQuestion {
    /// The bots of one owner or of all, each with what is to be known at a glance.
    Overview(Option<BareJid>),
    /// How things went in the last day.
    Course,
    /// What a bot receives and says from now on.
    Watch(BotId),
}

/// An answer to it.
#[derive(Clone, Debug)]
pub enum PanelAnswer {
    /// To [`PanelQuestion::Overview`].
    Overview(Vec<BotGlance>),
    /// To [`PanelQuestion::Course`], the oldest first; the last one is of now.
    Course(Vec<CoursePoint>),
    /// To [`PanelQuestion::Watch`]: what comes until the other end is gone.
    Watch(async_channel::Receiver<Watched>),
}

/// A bot at a glance.
#[derive(Clone, Debug)]
pub struct BotGlance {
    /// The bot.
    pub info: BotInfo,
    /// Updates that wait for its program.
    pub queued: i64,
    /// Updates that nobody fetched in time.
    pub dropped: i64,
    /// When its program did something last, Unix time; 0: never.
    pub last_active: i64,
    /// Whether anybody may see it and speak to it by the web.
    pub is_listed: bool,
    /// The origin of its webhook's address; empty without one.
    pub webhook: String,
    /// When its webhook failed last (Unix time), and why.
    pub last_error: Option<(i64, String)>,
    /// Rooms that it is in, or is to be in.
    pub rooms: Vec<BareJid>,
}

/// How things were at a moment, and what came since the one before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CoursePoint {
    /// Unix time.
    pub at: i64,
    /// Updates that came for bots.
    pub received: u64,
    /// Messages that bots said.
    pub said: u64,
    /// Updates that wait for programs.
    pub queued: i64,
    /// Messages that wait for servers.
    pub outbox: i64,
    /// Bytes of the process in memory; 0 where the system does not say.
    pub memory: u64,
    /// Bytes of the database.
    pub database: i64,
}

/// Something that was seen of a bot.
#[derive(Clone, Debug)]
pub struct Watched {
    /// Milliseconds since 1970.
    pub at_ms: i64,
    /// So many before it were left out, as nobody took them in time.
    pub missed: u64,
    /// What.
    pub what: WatchedWhat,
}

/// What was seen.
#[derive(Clone, Debug)]
pub enum WatchedWhat {
    /// An update came.
    Received {
        /// `message`, …
        kind: String,
        /// The `data` object as JSON; `None` where it is too long to be shown.
        data: Option<String>,
        /// Whether its program is told of it.
        is_queued: bool,
    },
    /// The bot said a text.
    Said {
        /// To whom.
        to: String,
        /// What, as far as it is shown.
        text: String,
        /// Under which id.
        message_id: String,
        /// Whether it went out encrypted, if that is known.
        encrypted: Option<bool>,
    },
    /// The bot did something else.
    Did {
        /// For whom.
        to: String,
        /// What: `file`, `reaction`, …
        action: &'static str,
        /// The text in it, as far as it is shown.
        text: String,
    },
    /// Something became of a message.
    Step {
        /// Which; empty for several.
        message_id: String,
        /// The name that programs know it by.
        what: &'static str,
        /// Why; may be empty.
        why: Cow<'static, str>,
    },
}
