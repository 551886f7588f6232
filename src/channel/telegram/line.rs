//! What is known of one connected bot: how it listens, and what waits in which chat. Pure; times are monotonic.

use std::collections::{BTreeMap, VecDeque};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use crate::base::id::BotId;
use crate::base::limits;
use crate::base::time::Backoff;
use crate::core::handle::TelegramState;
use crate::core::part::Timed;
use crate::store::row::TelegramRow;

/// All connected bots. A copy shares what is not changed.
#[derive(Clone, Default)]
pub(super) struct Lines(BTreeMap<BotId, Arc<Line>>);

impl Deref for Lines {
    type Target = BTreeMap<BotId, Arc<Line>>;

    fn deref(&self) -> &BTreeMap<BotId, Arc<Line>> {
        &self.0
    }
}

impl DerefMut for Lines {
    fn deref_mut(&mut self) -> &mut BTreeMap<BotId, Arc<Line>> {
        &mut self.0
    }
}

impl Timed for Lines {
    fn deadline(&self) -> Option<Duration> {
        self.0.values().filter_map(|line| line.deadline()).min()
    }

    fn postpone(&mut self, until: Duration) {
        for line in self.0.values_mut() {
            let line = Arc::make_mut(line);
            line.next_at = line.next_at.max(until);
            line.presses.iter_mut().for_each(|press| press.1 = press.1.max(until));
            if let PollState::Waiting(at) = &mut line.poll.state {
                *at = (*at).max(until);
            }
        }
    }
}

/// A connected bot.
#[derive(Clone)]
pub(super) struct Line {
    pub(super) row: TelegramRow,
    pub(super) poll: Poll,
    /// Chats in which something waits, or was said of late.
    pub(super) lanes: BTreeMap<i64, Lane>,
    /// Rows whose fate is not known.
    pub(super) in_doubt: Vec<i64>,
    /// Nothing goes out before.
    pub(super) next_at: Duration,
    /// It listens and speaks, as far as its owner is concerned.
    pub(super) is_live: bool,
    /// Presses of buttons by Telegram's id that are answered then.
    pub(super) presses: VecDeque<(String, Duration)>,
    /// Its answers cannot be shown as drafts.
    pub(super) has_no_drafts: bool,
}

/// How a bot listens.
#[derive(Clone)]
pub(super) struct Poll {
    pub(super) state: PollState,
    pub(super) backoff: Backoff,
    /// What is wrong since the last answer, in a sentence.
    pub(super) trouble: Option<String>,
    /// Somebody else listens.
    pub(super) is_conflict: bool,
    /// The last answer, or when it began to listen.
    pub(super) good_at: Duration,
    /// Updates asked for at once.
    pub(super) limit: i64,
    /// Answers in a row that could not be stored.
    pub(super) lost: u32,
    /// Empty answers in a row that came at once, as if nothing had been waited for.
    pub(super) hasty: u32,
    /// Until then it listens although no chat is to be heard: to find out which there are.
    pub(super) discover_until: Duration,
    /// It was said that it is deaf.
    pub(super) is_deaf_told: bool,
    /// The album that the last answer ended with, how many of it there were, and until when it may grow.
    pub(super) album: Option<(String, usize, Duration)>,
}

/// What a poll does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PollState {
    /// Nothing.
    Off,
    /// It asks then.
    Waiting(Duration),
    /// It asked.
    Asked { tag: u64, since: Duration },
}

/// What waits for one chat, in order.
#[derive(Clone)]
pub(super) struct Lane {
    pub(super) waiting: VecDeque<i64>,
    /// The call that is made: its tag.
    pub(super) under_way: Option<u64>,
    /// The budget: when all that was said would have been said at the chat's own pace.
    spent_until: Duration,
    /// Nothing goes there before.
    pub(super) blocked_until: Duration,
    pub(super) backoff: Backoff,
    /// When it was last shown that the bot types, or a draft.
    pub(super) shown_at: Option<Duration>,
}

impl Line {
    pub(super) fn new(row: TelegramRow, now: Duration) -> Line {
        Line {
            row,
            poll: Poll::new(now),
            lanes: BTreeMap::new(),
            in_doubt: Vec::new(),
            next_at: Duration::ZERO,
            is_live: false,
            presses: VecDeque::new(),
            has_no_drafts: false,
        }
    }

    /// What waits and what is on its way.
    pub(super) fn waiting(&self) -> usize {
        self.lanes.values().map(|lane| lane.waiting.len()).sum()
    }

    fn under_way(&self) -> usize {
        self.lanes.values().filter(|lane| lane.under_way.is_some()).count()
    }

    pub(super) fn lane(&mut self, chat: i64) -> &mut Lane {
        self.lanes.entry(chat).or_insert_with(Lane::new)
    }

    /// What goes out next: its chat and row.
    pub(super) fn next_row(&self, now: Duration) -> Option<(i64, i64)> {
        if !self.is_live || self.next_at > now || self.under_way() >= limits::TELEGRAM_UNDER_WAY_MAX {
            return None;
        }
        let due = self.lanes.iter().filter(|(chat, lane)| lane.due(**chat).is_some_and(|at| at <= now));
        due.filter_map(|(chat, lane)| Some((*chat, *lane.waiting.front()?))).min_by_key(|(_, row)| *row)
    }

    /// Chats of which nothing is to be remembered any more.
    pub(super) fn tidy(&mut self, now: Duration) {
        self.lanes.retain(|_, lane| !lane.is_idle(now));
    }

    fn deadline(&self) -> Option<Duration> {
        let poll = match self.poll.state {
            PollState::Off => None,
            PollState::Waiting(at) => Some(at),
            PollState::Asked { since, .. } => Some(since + Poll::lost_after()),
        };
        let may_send = self.is_live && self.under_way() < limits::TELEGRAM_UNDER_WAY_MAX;
        let lanes = self.lanes.iter().filter(|_| may_send).filter_map(|(chat, lane)| lane.due(*chat)).min();
        let sends = lanes.map(|at| at.max(self.next_at));
        let press = self.presses.front().map(|(_, at)| *at).filter(|_| self.is_live);
        poll.into_iter().chain(sends).chain(press).min()
    }

    /// How it fares.
    pub(super) fn state(&self, now: Duration) -> TelegramState {
        let poll = &self.poll;
        match poll.state {
            _ if self.row.trouble.is_some() => TelegramState::Refused,
            _ if !self.is_live => TelegramState::Off,
            PollState::Off => TelegramState::Idle,
            _ if poll.is_conflict => TelegramState::Conflict,
            _ if poll.is_deaf(now) => TelegramState::Deaf,
            _ if poll.trouble.is_some() => TelegramState::Retrying,
            _ => TelegramState::Listening,
        }
    }
}

impl Poll {
    fn new(now: Duration) -> Poll {
        Poll {
            state: PollState::Off,
            backoff: Backoff::new(limits::TELEGRAM_RETRY_FIRST, limits::TELEGRAM_RETRY_MAX),
            trouble: None,
            is_conflict: false,
            good_at: now,
            limit: limits::TELEGRAM_UPDATES_MAX,
            lost: 0,
            hasty: 0,
            discover_until: Duration::ZERO,
            is_deaf_told: false,
            album: None,
        }
    }

    /// A poll of which nothing was heard so long after it was made is lost.
    pub(super) fn lost_after() -> Duration {
        Duration::from_secs(limits::TELEGRAM_POLL_S) + limits::TELEGRAM_POLL_GRACE + limits::TELEGRAM_POLL_LOST
    }

    /// Whether it has heard nothing for so long that something is wrong.
    pub(super) fn is_deaf(&self, now: Duration) -> bool {
        self.state != PollState::Off && now.saturating_sub(self.good_at) >= limits::TELEGRAM_DEAF_AFTER
    }

    /// Whether it listens to this call.
    pub(super) fn is_asked(&self, of: u64) -> bool {
        self.asked_at(of).is_some()
    }

    /// When this call was made, if it listens to it.
    pub(super) fn asked_at(&self, of: u64) -> Option<Duration> {
        match self.state {
            PollState::Asked { tag, since } if tag == of => Some(since),
            _ => None,
        }
    }

    /// An answer came.
    pub(super) fn succeeded(&mut self, now: Duration) {
        self.backoff = Poll::new(now).backoff;
        (self.trouble, self.is_conflict, self.is_deaf_told, self.good_at) = (None, false, false, now);
        (self.lost, self.limit) = (0, limits::TELEGRAM_UPDATES_MAX);
        self.state = PollState::Waiting(now);
    }
}

impl Lane {
    fn new() -> Lane {
        Lane {
            waiting: VecDeque::new(),
            under_way: None,
            spent_until: Duration::ZERO,
            blocked_until: Duration::ZERO,
            backoff: Backoff::new(limits::TELEGRAM_RETRY_FIRST, limits::TELEGRAM_RETRY_MAX),
            shown_at: None,
        }
    }

    /// When the next may go out; `None` while one is on its way or none waits.
    fn due(&self, chat: i64) -> Option<Duration> {
        if self.under_way.is_some() || self.waiting.is_empty() {
            return None;
        }
        let burst = pace(chat) * (limits::TELEGRAM_BURST - 1);
        Some(self.spent_until.saturating_sub(burst).max(self.blocked_until))
    }

    /// A call is made.
    pub(super) fn spend(&mut self, chat: i64, tag: u64, now: Duration) {
        self.spent_until = self.spent_until.max(now) + pace(chat);
        self.under_way = Some(tag);
    }

    fn is_idle(&self, now: Duration) -> bool {
        self.waiting.is_empty()
            && self.under_way.is_none()
            && self.spent_until <= now
            && self.blocked_until <= now
            && self.shown_at.is_none_or(|at| at + limits::TELEGRAM_LIVE_PACE <= now)
    }
}

/// Between two calls for a chat.
fn pace(chat: i64) -> Duration {
    if chat < 0 { limits::TELEGRAM_PACE_GROUP } else { limits::TELEGRAM_PACE_CHAT }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::secret::Secret;

    fn line() -> Line {
        let row = TelegramRow {
            bot: BotId(1),
            token: Secret::new("1:a"),
            api_url: String::new(),
            is_confined: false,
            user_id: 1,
            username: String::new(),
            name: String::new(),
            is_enabled: true,
            next_update: 0,
            trouble: None,
        };
        Line { is_live: true, ..Line::new(row, Duration::ZERO) }
    }

    #[test]
    fn a_chat_has_a_budget_and_others_are_not_held_up() {
        let mut line = line();
        line.lane(7).waiting.extend(0..100);
        line.lane(-8).waiting.extend(1_000..1_100);
        let (mut now, mut sent) = (Duration::ZERO, Vec::new());
        while now < Duration::from_secs(60) {
            while let Some((chat, row)) = line.next_row(now) {
                let lane = line.lane(chat);
                lane.spend(chat, 1, now);
                assert_eq!(lane.waiting.pop_front(), Some(row));
                lane.under_way = None;
                sent.push(chat);
                line.next_at = now + limits::TELEGRAM_PACE_BOT;
            }
            now += Duration::from_millis(10);
        }
        let of = |wanted: i64| sent.iter().filter(|chat| **chat == wanted).count();
        assert!((58..=64).contains(&of(7)), "one a second, and a few at once: {}", of(7));
        assert!((18..=22).contains(&of(-8)), "twenty a minute: {}", of(-8));
        assert!(line.deadline().is_some_and(|at| at <= now + limits::TELEGRAM_PACE_GROUP));
    }

    #[test]
    fn one_call_at_a_time_for_each_chat_and_none_while_it_is_blocked() {
        let mut line = line();
        line.lane(7).waiting.extend([1, 2]);
        line.lane(9).waiting.extend([3]);
        let now = Duration::from_secs(5);
        assert_eq!(line.next_row(now), Some((7, 1)));
        line.lane(7).spend(7, 44, now);
        assert_eq!(line.next_row(now), Some((9, 3)), "the other chat goes on");
        line.lane(9).blocked_until = now + Duration::from_secs(30);
        assert_eq!((line.next_row(now), line.deadline()), (None, Some(now + Duration::from_secs(30))));
        line.is_live = false;
        assert_eq!((line.next_row(now + Duration::from_secs(99)), line.deadline()), (None, None));
    }

    #[test]
    fn a_poll_that_is_lost_or_deaf_is_noticed() {
        let mut line = line();
        line.poll.state = PollState::Asked { tag: 5, since: Duration::from_secs(100) };
        line.poll.good_at = Duration::from_secs(100);
        assert_eq!(line.deadline(), Some(Duration::from_secs(180)));
        assert_eq!(line.state(Duration::from_secs(150)), TelegramState::Listening);
        line.poll.trouble = Some("connection refused".to_string());
        assert_eq!(line.state(Duration::from_secs(150)), TelegramState::Retrying);
        assert_eq!(line.state(Duration::from_secs(280)), TelegramState::Deaf);
        line.poll.succeeded(Duration::from_secs(281));
        assert_eq!(line.state(Duration::from_secs(281)), TelegramState::Listening);
    }
}
