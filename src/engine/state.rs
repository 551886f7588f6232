//! How accounts fare, and what that means for the bots that speak through them: the one place that says whether a bot can
//! be reached. Faces and chats only word it.

use std::time::Duration;

use crate::base::id::BotId;
use crate::base::remedy::ADD_ACCOUNT;
use crate::engine::handle::{BotInfo, BotState, Connection, Mode};
use crate::engine::registry::{Bot, Voice};
use crate::engine::{Batch, Engine, Trouble};
use crate::store;
use crate::store::row::Origin;

/// How a session fares.
pub(super) struct Course {
    pub(super) connection: Connection,
    /// Since when (monotonic: the other clock may be set meanwhile).
    since: Duration,
    /// What it does or what is wrong; empty where the word for the connection says it.
    pub(super) why: String,
    retry_in: Duration,
    /// Since when it is tried without having been online once.
    begun: Duration,
    /// How it was, and since when, before somebody else's change began it anew.
    before: Option<(Connection, Duration)>,
}

impl Course {
    /// A session is started, perhaps in the place of one that fared so.
    pub(super) fn begin(former: Option<&Course>, now: Duration) -> Course {
        let before = former.and_then(|former| match former.connection {
            Connection::Connecting => former.before,
            connection => Some((connection, former.since)),
        });
        let begun = former.map_or(now, |former| former.begun);
        let (why, retry_in) = Default::default();
        Course { connection: Connection::Connecting, since: now, why, retry_in, begun, before }
    }

    /// It took this turn.
    pub(super) fn turn(&mut self, connection: Connection, why: &str, now: Duration) {
        let before = self.before.take().filter(|(before, _)| *before == connection);
        if self.connection != connection {
            // As before it was begun anew: nothing has changed.
            (self.connection, self.since) = before.unwrap_or((connection, now));
        }
        self.why = why.to_string();
    }

    pub(super) fn offline(&mut self, why: &str, retry_in: Duration, now: Duration) {
        self.turn(Connection::Offline, why, now);
        self.retry_in = retry_in;
    }
}

impl Course {
    /// For lists of accounts and the log; `offline` is what that is called.
    pub(super) fn say(&self, offline: &str) -> String {
        let Course { connection, why, retry_in, .. } = self;
        match connection {
            Connection::Offline => format!("{offline}: {why}; next try in {} s", retry_in.as_secs_f32().ceil()),
            Connection::Connecting if !why.is_empty() => why.clone(),
            _ if why.is_empty() => connection.as_str().to_string(),
            _ => format!("{}: {why}", connection.as_str()),
        }
    }
}

impl Engine {
    /// How a bot is connected.
    pub(super) fn bot_state(&self, bot: &Bot) -> Result<BotState, store::Error> {
        let state = |connection, why| BotState { connection, since: None, why };
        if !bot.row.active {
            return Ok(state(Connection::Disabled, None));
        }
        let owner = &bot.row.owner;
        if bot.mode == Mode::Personal && !self.batch.store.owner_enabled(owner)? {
            return Ok(state(Connection::Disabled, Some(format!("Botmother is switched off for {owner}"))));
        }
        let account = match self.voice(bot) {
            Voice::Local => return Ok(state(Connection::Online, None)),
            Voice::Account(account) => self.accounts.get(&account),
            Voice::None => None,
        };
        let Some(account) = account else {
            let why = match bot.mode {
                Mode::Personal => format!("{owner} is not signed in here; {ADD_ACCOUNT} does it"),
                Mode::Dedicated | Mode::Cloud => "its account is not there any more".to_string(),
            };
            return Ok(state(Connection::Offline, Some(why)));
        };
        let course = &account.course;
        let is_new = account.row.origin == Origin::Register && !bot.profile.has_arrived;
        let (connection, since) = match course.connection {
            Connection::Connecting | Connection::Offline if is_new => (Connection::Registering, course.begun),
            connection => (connection, course.since),
        };
        let why = Some(course.why.clone()).filter(|why| !why.is_empty());
        Ok(BotState { connection, since: Some(self.batch.unix_at(since)), why })
    }

    /// A bot as callers see it.
    pub(super) fn bot_info(&self, id: BotId) -> Result<BotInfo, Trouble> {
        let bot = self.batch.bot(id)?;
        Ok(bot.info(self.bot_state(bot)?))
    }
}

impl Batch {
    /// A moment of the engine's life in Unix time, by what the clock says now.
    pub(super) fn unix_at(&self, mono: Duration) -> i64 {
        let ms = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        let at = match self.now.mono.checked_sub(mono) {
            Some(ago) => self.now.unix_ms.saturating_sub(ms(ago)),
            None => self.now.unix_ms.saturating_add(ms(mono - self.now.mono)),
        };
        // Rounded, so that a millisecond between the two clocks does not show.
        at.saturating_add(500).div_euclid(1000)
    }
}
