//! How accounts fare, and what that means for the bots that speak through them: the one place that says whether a bot can
//! be reached. Faces and chats only word it.

use std::time::Duration;

use crate::base::id::BotId;
use crate::base::remedy::ADD_ACCOUNT;
use crate::channel::xmpp::accounts::Accounts;
use crate::core::batch::{Batch, Trouble};
use crate::core::handle::{BotInfo, BotState, Connection, Mode};
use crate::core::registry::{Bot, Through};
use crate::store;
use crate::store::row::Origin;

impl Accounts {
    /// How a bot is connected.
    pub(crate) fn bot_state(&self, batch: &Batch, bot: &Bot) -> Result<BotState, store::Error> {
        let state = |connection, why| BotState { connection, since: None, why };
        if !bot.row.active {
            return Ok(state(Connection::Disabled, None));
        }
        let owner = &bot.row.owner;
        if bot.mode == Mode::Personal && !batch.store.owner_enabled(owner)? {
            return Ok(state(Connection::Disabled, Some(format!("Botmother is switched off for {owner}"))));
        }
        let account = match self.speaks_through(bot) {
            Through::Local => return Ok(state(Connection::Online, None)),
            Through::Account(account) => self.get(&account),
            Through::None => None,
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
        Ok(BotState { connection, since: Some(batch.unix_at(since)), why })
    }

    /// A bot as callers see it.
    pub(crate) fn bot_info(&self, batch: &Batch, id: BotId) -> Result<BotInfo, Trouble> {
        let bot = batch.bot(id)?;
        Ok(bot.info(self.bot_state(batch, bot)?))
    }
}

impl Batch {
    /// A moment of the engine's life in Unix time, by what the clock says now.
    pub(crate) fn unix_at(&self, mono: Duration) -> i64 {
        let ms = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        let at = match self.now.mono.checked_sub(mono) {
            Some(ago) => self.now.unix_ms.saturating_sub(ms(ago)),
            None => self.now.unix_ms.saturating_add(ms(mono - self.now.mono)),
        };
        // Rounded, so that a millisecond between the two clocks does not show.
        at.saturating_add(500).div_euclid(1000)
    }
}
