//! Histories: what is said to a bot and by it is kept for as many days as its owner wants, so that somebody can read it again
//! (`getHistory`). Where nobody wants that, nothing here writes; and what came or went end-to-end encrypted is never kept.
//!
//! Kept is what a bot's program is told as messages, and what goes out in its name as such: texts, addresses of files,
//! captions, corrections, answers of its AI. What it answers by itself to commands is no message, and not kept. The built-in
//! chat keeps its lines whether or not there is a history.

use crate::base::id::{BotId, MessageId};
use crate::base::jid::Jid;
use crate::base::limits;
use crate::base::remedy::KEEP_HISTORY;
use crate::core::Core;
use crate::core::actions::{BotAction, NewAction, caption_id};
use crate::core::batch::{Batch, Trouble};
use crate::core::failure::Failure;
use crate::core::files;
use crate::core::handle::{Answer, HistoryInfo, HistoryMessage, HistoryPage, HistoryQuery, HistoryReaction};
use crate::core::incoming::Incoming;
use crate::core::owner::{LOCAL_OWNER, is_local};
use crate::core::record;
use crate::core::registry::history_key;
use crate::store;
use crate::store::row::{ChannelName, KeptContent, KeptRow, NewReactions, Progress, Reactor, Side};

const DAY_S: i64 = 24 * 3600;

// --- what is kept ---

impl Batch {
    /// For how many days what is said to a bot and by it is kept; 0: not at all.
    pub(crate) fn history_days(&self, bot: BotId) -> i64 {
        let own = self.bots.get(&bot).map(|bot| bot.chosen.history);
        own.map_or(0, |own| own.unwrap_or(self.setup.settings.history_days))
    }

    /// Whether anything is.
    pub(crate) fn keeps(&self, bot: BotId) -> bool {
        self.history_days(bot) > 0
    }

    /// A bot was told something, which is this message; `corrects` names the one whose place it takes, and who said that.
    pub(crate) fn keep_told(
        &mut self,
        bot: BotId,
        said: &Incoming<'_>,
        body: &str,
        (message, corrects): (MessageId, Option<(&str, Side<'_>)>),
    ) -> Result<(), store::Error> {
        if said.encryption.is_some() || !self.keeps(bot) {
            return Ok(());
        }
        let named: Vec<String> = said.files.iter().map(|file| files::file_id(&file.address)).collect();
        let content = KeptContent { text: body, reply_to: said.reply_to.as_deref(), files: &named };
        let corrected = match corrects {
            Some((id, side)) => self.store.find_kept(bot, said.peer(), id, side)?,
            None => None,
        };
        match corrected {
            Some(corrected) => self.store.correct_kept(bot, corrected, message, &content),
            // What it corrects is not kept: it stands for itself.
            None => self.store.keep_content(bot, message, &content),
        }
    }

    /// A bot has said something under this id, and it goes out in plain text. What is no message of its own is passed over.
    pub(crate) fn keep_said(
        &mut self,
        bot: BotId,
        message_id: &str,
        content: &SaidContent<'_>,
    ) -> Result<(), store::Error> {
        if !self.keeps(bot) {
            return Ok(());
        }
        let Some(said) = self.store.find_said(bot, message_id)? else { return Ok(()) };
        let first = match &said.original {
            Some(id) => self.store.find_said(bot, id)?,
            None => None,
        };
        // What waited for keys may have been taken back meanwhile, and so may what it corrects.
        if said.is_deleted || first.as_ref().is_some_and(|first| first.is_deleted) {
            return Ok(());
        }
        let mut named = Vec::new();
        if let Some(url) = content.file {
            let row = files::row_of_url(bot, message_id, url);
            self.store.insert_file(&row, self.lived())?;
            named.push(row.file_id);
        }
        let kept = KeptContent { text: content.text, reply_to: content.reply_to, files: &named };
        match first {
            Some(first) if self.store.is_kept(first.id)? => self.store.correct_kept(bot, first.id, said.id, &kept),
            _ => self.store.keep_content(bot, said.id, &kept),
        }
    }

    /// The same of what a bot does besides sending texts. What it takes back goes with its message.
    pub(crate) fn keep_done(&mut self, bot: BotId, act: &NewAction, id: &str) -> Result<(), store::Error> {
        let said = |text| SaidContent { text, reply_to: None, file: None };
        match &act.action {
            BotAction::File { url, caption } => {
                self.keep_said(bot, id, &SaidContent { file: Some(url), ..said(url) })?;
                match caption {
                    Some(text) => self.keep_said(bot, &caption_id(id), &said(text)),
                    None => Ok(()),
                }
            }
            BotAction::Edit { text, .. } => self.keep_said(bot, id, &said(text)),
            BotAction::Reaction { message_id, emoji } if self.keeps(bot) => {
                let emoji: Vec<String> = Some(emoji.clone()).filter(|emoji| !emoji.is_empty()).into_iter().collect();
                let channel = ChannelName::XMPP;
                let new = NewReactions { channel, message_id, by: Reactor::Bot, emoji: &emoji, at: self.now.unix() };
                let address = self.address_of(bot, &act.to)?;
                self.store.keep_reactions(bot, &address, &new)
            }
            _ => Ok(()),
        }
    }

    /// Somebody has these reactions to a message of a conversation from now on.
    pub(crate) fn keep_reactions(
        &mut self,
        bot: BotId,
        address: &str,
        new: &NewReactions<'_>,
    ) -> Result<(), store::Error> {
        if self.keeps(bot) { self.store.keep_reactions(bot, address, new) } else { Ok(()) }
    }

    /// Somebody took back what he had said, or a room did it for him.
    pub(crate) fn keep_retraction(
        &mut self,
        bot: BotId,
        address: &str,
        (message_id, side): (&str, Side<'_>),
    ) -> Result<(), store::Error> {
        match self.keeps(bot).then(|| self.store.find_kept(bot, address, message_id, side)).transpose()?.flatten() {
            Some(kept) => self.store.store_deleted(kept),
            None => Ok(()),
        }
    }

    /// Under which address a bot has its conversation with whom `to` means: an occupant of a room has one of his own, all
    /// devices of a person share one.
    fn address_of(&self, bot: BotId, to: &Jid) -> Result<String, store::Error> {
        let is_own = !to.is_bare() && self.store.has_conversation(bot, to.as_str())?;
        Ok(if is_own { to.to_string() } else { to.bare_str().to_string() })
    }
}

/// What a bot said.
pub(crate) struct SaidContent<'a> {
    pub(crate) text: &'a str,
    pub(crate) reply_to: Option<&'a str>,
    /// The address of a file, if it is one.
    pub(crate) file: Option<&'a str>,
}

// --- for how long ---

impl Batch {
    /// How long a bot's history is kept, for whoever manages it.
    pub(crate) fn bot_history(&self, id: BotId) -> Result<HistoryInfo, Failure> {
        let is_default = self.bot(id)?.chosen.history.is_none();
        Ok(HistoryInfo { bot: id, days: self.history_days(id), is_default })
    }

    /// The same, set; `None` is what the configuration says. What is older goes at once.
    pub(crate) fn set_history(&mut self, id: BotId, days: Option<i64>) -> Result<(), Trouble> {
        let most = limits::HISTORY_DAYS_MAX;
        if days.is_some_and(|days| !(0..=most).contains(&days)) {
            let must_be = format!("a number of days from 0 (nothing is kept) to {most}");
            return Err(Failure::invalid("days", must_be).into());
        }
        self.bot(id)?;
        match days {
            Some(days) => self.store.store_setting(&history_key(id), &days.to_string())?,
            None => self.store.delete_setting(&history_key(id))?,
        }
        let said = days.map_or("default".to_string(), |days| days.to_string());
        self.audit(Some(id), "history_set", &format!("days={said}"))?;
        if let Some(bot) = self.bots.get_mut(&id) {
            bot.chosen.history = days;
        }
        Ok(self.purge_history(id)?)
    }

    /// What bots do not want to keep any more goes.
    pub(crate) fn purge_histories(&mut self) -> Result<(), store::Error> {
        let bots: Vec<BotId> = self.bots.keys().copied().collect();
        bots.into_iter().try_for_each(|bot| self.purge_history(bot))
    }

    fn purge_history(&mut self, bot: BotId) -> Result<(), store::Error> {
        let before_s = match self.history_days(bot) {
            0 => i64::MAX,
            days => self.lived() - days * DAY_S,
        };
        self.store.forget_history(bot, before_s)
    }
}

// --- reading it ---

impl Batch {
    /// `getMessageState`. What waits for its server, its room or keys is accepted; where nobody follows a message, it is sent
    /// from then on.
    pub(crate) fn message_state(&self, bot: BotId, message_id: &str) -> Result<Answer, Trouble> {
        let progress = self.store.progress_of(bot, message_id)?;
        let state = match progress {
            _ if self.store.is_waiting(bot, message_id)? => "accepted",
            Some(Progress::Accepted | Progress::Sent | Progress::Untracked) => "sent",
            Some(Progress::Delivered) => "delivered",
            Some(Progress::Displayed) => "displayed",
            Some(Progress::Failed) => "failed",
            None => return Err(Failure::NotFound("this bot has sent no such message".to_string()).into()),
        };
        Ok(Answer::MessageState(state))
    }
}

impl Core {
    /// `getHistory`.
    pub(crate) fn read_history(&mut self, bot: BotId, query: &HistoryQuery) -> Result<Answer, Trouble> {
        let batch = &self.batch;
        let address = batch.address_of(bot, &query.chat)?;
        let is_kept_anyway = is_local(&query.chat.bare()) || query.chat.channel() == Some("web");
        if !batch.keeps(bot) && !is_kept_anyway {
            return Err(Failure::NotEnabled(format!("this bot keeps no history; {KEEP_HISTORY} switches it on")).into());
        }
        let most = query.limit.clamp(1, limits::HISTORY_PER_ANSWER_MAX) as usize;
        // One more tells whether there are more.
        let bounds = (most + 1, self.updates.bytes_left());
        let mut rows = batch.store.list_kept(bot, &address, query.before.map(MessageId), bounds)?;
        let more = match rows.last().filter(|_| rows.len() <= most) {
            Some(oldest) => !batch.store.list_kept(bot, &address, Some(oldest.id), (1, 1))?.is_empty(),
            None => rows.len() > most,
        };
        rows.truncate(most);
        self.updates.note_bytes(rows.iter().map(KeptRow::bytes).sum());
        let has_buttons = self.batch.store.has_keyboards(bot)?;
        let mut messages: Vec<HistoryMessage> = rows.into_iter().rev().map(message).collect();
        for message in messages.iter_mut().filter(|message| has_buttons && message.is_bot && !message.is_deleted) {
            message.keyboard = self.batch.buttons_of(bot, &message.message_id)?;
        }
        Ok(Answer::History(HistoryPage { messages, more }))
    }
}

fn message(row: KeptRow) -> HistoryMessage {
    let own = row.own.unwrap_or_else(|| LOCAL_OWNER.to_string());
    let reaction = |(from, emoji): (Option<String>, String)| HistoryReaction {
        is_bot: from.is_none(),
        from: from.unwrap_or_else(|| own.clone()),
        emoji,
    };
    HistoryMessage {
        id: row.id.0,
        // As it is told in the built-in chat.
        message_id: row.name.unwrap_or_else(|| format!("local-{}", row.id.0)),
        reactions: row.reactions.into_iter().map(reaction).collect(),
        is_bot: row.from.is_none(),
        keyboard: None,
        from: row.from.unwrap_or(own),
        text: row.text,
        at: row.at,
        is_edited: row.is_edited,
        is_deleted: row.is_deleted,
        reply_to: row.reply_to,
        files: row.files.iter().map(|file| record::file(file, &file.url, Some(&file.file_id), None)).collect(),
    }
}
