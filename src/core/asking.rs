//! `ask`: a bot's program asks a person, by buttons or words, on whatever channel he is, and waits for the answer. A question
//! is a row, so that neither a restart nor a lost connection loses it; whoever asks again under the same key goes on waiting.
//! The first valid answer counts (`answering`); without one the next is asked, or the question expires (`turns`).
//!
//! Time is what was lived through: a clock that is set neither ends a question nor keeps it.

mod answering;
mod turns;
pub(crate) mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::base::id::{BotId, number_in};
use crate::base::jid::{BareJid, Jid};
use crate::base::{crypto, limits};
use crate::core::batch::{Batch, Trouble, Verdict};
use crate::core::effect::Effect;
use crate::core::failure::Failure;
use crate::core::handle::{Answer, AskInfo, AskQuestion, AskStatus, AskWait, Kind, Mode, NewAsk, ReplyTo, is_long};
use crate::core::part::Part;
use crate::core::{Context, Core};
use crate::store;
use crate::store::row::AskRow;

/// Questions that are open, and who waits for their answers.
#[derive(Default)]
pub(crate) struct Asking {
    open: BTreeMap<i64, OpenAsk>,
    /// Bots of whose questions something is known.
    known: BTreeSet<BotId>,
    waiters: Vec<AskWaiter>,
    /// Questions that the batch has ended.
    ended: Vec<i64>,
    /// After a failed commit nothing is due before this (monotonic).
    not_before: Duration,
}

/// A question that waits for its answer.
struct OpenAsk {
    bot: BotId,
    /// Who was asked so far.
    people: Vec<Jid>,
    /// When the next is asked or it is over, in milliseconds lived through.
    due: i64,
}

/// Somebody who waits for an answer.
struct AskWaiter {
    reply: ReplyTo,
    bot: BotId,
    ask: i64,
    /// When he hears that there is none yet (monotonic).
    until: Duration,
}

impl Part for Asking {
    fn committed(&mut self) {}

    /// The rest is read again from the store.
    fn undo(&mut self) {
        self.ended.clear();
    }

    fn postpone(&mut self, until: Duration) {
        self.not_before = until;
    }
}

impl OpenAsk {
    fn of(row: &AskRow) -> OpenAsk {
        let people = row.people.iter().take(row.asked).filter_map(|who| Jid::parse_any(who).ok()).collect();
        OpenAsk { bot: row.bot, people, due: row.next_at.map_or(row.expires_at, |at| at.min(row.expires_at)) }
    }
}

impl Asking {
    /// A question is open, or has come further.
    fn put(&mut self, row: &AskRow) {
        self.known.insert(row.bot);
        self.open.insert(row.id, OpenAsk::of(row));
    }

    /// After the commit: somebody waits for an answer.
    pub(crate) fn await_answer(&mut self, batch: &Batch, wait: AskWait, reply: ReplyTo, out: &mut Vec<Effect>) {
        if is_long(wait.wait) {
            out.push(Effect::Answer(reply.clone(), Ok(Answer::AskBegun)));
        }
        let AskWait { bot, ask, wait } = wait;
        self.waiters.push(AskWaiter { reply, bot, ask, until: batch.now.mono + wait });
        // The same batch may have ended it.
        self.ended.push(ask);
    }

    /// After the commit: answers those whose questions are over, and those who have waited long enough.
    pub(crate) fn wake(&mut self, batch: &Batch, out: &mut Vec<Effect>) {
        let (now, ended) = (batch.now.mono, std::mem::take(&mut self.ended));
        let is_due = |waiter: &AskWaiter| waiter.until <= now || ended.contains(&waiter.ask);
        if !self.waiters.iter().any(is_due) {
            return;
        }
        for waiter in std::mem::take(&mut self.waiters) {
            if !is_due(&waiter) {
                self.waiters.push(waiter);
                continue;
            }
            let outcome = match batch.ask_info(waiter.bot, waiter.ask) {
                Ok(info) if info.status == AskStatus::Waiting && waiter.until > now => {
                    self.waiters.push(waiter);
                    continue;
                }
                Ok(info) => Ok(Answer::Ask(Box::new(info))),
                Err(Trouble::Failure(failure)) => Err(failure),
                Err(Trouble::Store(error)) => {
                    log::error!("bot {}: reading the answer to its question failed: {error}", waiter.bot);
                    Err(Failure::Internal)
                }
            };
            out.push(Effect::Answer(waiter.reply, outcome));
        }
    }

    /// The daemon ends: everybody hears how his question stands, and may go on waiting with the next one.
    pub(crate) fn stop(&mut self, batch: &mut Batch) {
        for waiter in std::mem::take(&mut self.waiters) {
            let busy = || Failure::Busy { retry_after_s: 5 };
            let outcome = batch.ask_info(waiter.bot, waiter.ask).map(|info| Answer::Ask(Box::new(info)));
            batch.pending.effects.push(Effect::Answer(waiter.reply, outcome.map_err(|_| busy())));
        }
    }

    /// A bot is disabled or deleted: nobody waits for its questions any more.
    pub(crate) fn drop_waiters(&mut self, batch: &mut Batch, bot: BotId) {
        for waiter in self.waiters.extract_if(.., |waiter| waiter.bot == bot) {
            let failure = Failure::Unauthorized("the bot was disabled or deleted".to_string());
            batch.pending.effects.push(Effect::Answer(waiter.reply, Err(failure)));
        }
    }

    /// The bot is gone, and its rows with it.
    pub(crate) fn forget(&mut self, bot: BotId) {
        self.open.retain(|_, open| open.bot != bot);
        self.known.remove(&bot);
    }

    /// Whether something that is said there may be an answer to a question of this bot.
    pub(crate) fn may_answer(&self, bot: BotId) -> bool {
        self.known.contains(&bot)
    }

    fn open_of(&self, bot: BotId) -> usize {
        self.open.values().filter(|open| open.bot == bot).count()
    }
}

impl Core {
    /// Makes what is in memory anew from the store.
    pub(crate) fn reload_asks(&mut self) -> Result<(), store::Error> {
        self.asking.open = self.batch.store.list_open_asks()?.iter().map(|row| (row.id, OpenAsk::of(row))).collect();
        self.asking.known = self.batch.store.list_asking_bots()?.into_iter().collect();
        Ok(())
    }

    /// When a question has something to do, or somebody has waited long enough (monotonic).
    pub(crate) fn asks_deadline(&self) -> Option<Duration> {
        let due = self.asking.open.values().map(|open| open.due).min();
        let due = due.map(|due| self.batch.mono_at(due).max(self.asking.not_before));
        self.asking.waiters.iter().map(|waiter| waiter.until).chain(due).min()
    }

    fn wait_for_answer(&mut self, bot: BotId, ask: i64, wait: Duration) -> Result<Verdict, Trouble> {
        let info = self.batch.ask_info(bot, ask)?;
        if info.status != AskStatus::Waiting || wait.is_zero() || self.is_stopping {
            return Ok(Verdict::Outcome(Ok(Answer::Ask(Box::new(info)))));
        }
        Ok(Verdict::AwaitAnswer(AskWait { bot, ask, wait }))
    }

    /// Refuses to let more wait than there may be.
    fn check_waiters(&mut self, bot: BotId) -> Result<(), Failure> {
        self.asking.waiters.retain(|waiter| !waiter.reply.is_gone());
        let waiting = self.asking.waiters.iter().filter(|waiter| waiter.bot == bot).count();
        if waiting < limits::ASK_WAITERS_PER_BOT_MAX { Ok(()) } else { Err(Failure::Busy { retry_after_s: 10 }) }
    }

    /// Somebody who is asked must be somebody who is heard.
    fn check_answerer(&self, bot: BotId, who: &Jid, kind: Kind) -> Result<(), Failure> {
        let known = self.batch.bot(bot)?;
        match known.mode {
            Mode::Personal if known.row.owner == who.bare() => Ok(()),
            // Of another channel it hears chats that it is joined to.
            Mode::Personal if who.channel().is_some() && self.batch.admits(bot, &who.bare()) => Ok(()),
            Mode::Personal => Err(Failure::Forbidden(
                "a personal bot can ask its owner and chats at Telegram that it is joined to, as it hears nobody else; one \
                 with an account of its own can ask whom it hears"
                    .to_string(),
            )),
            Mode::Dedicated | Mode::Cloud if kind == Kind::Groupchat || self.batch.admits(bot, &who.bare()) => Ok(()),
            Mode::Dedicated | Mode::Cloud => Err(Failure::Forbidden(format!(
                "{who} may not speak to this bot, so that no answer would be heard; POST /bot/access lets him"
            ))),
        }
    }
}

impl Batch {
    /// When so many milliseconds will have been lived through (monotonic).
    fn mono_at(&self, lived_ms: i64) -> Duration {
        self.now.mono + Duration::from_millis(u64::try_from(lived_ms - self.lived_ms()).unwrap_or(0))
    }

    /// How a question of a bot stands.
    fn ask_info(&self, bot: BotId, id: i64) -> Result<AskInfo, Trouble> {
        let unknown =
            || Failure::NotFound(format!("this bot has no question {id}; a day after its end it is forgotten"));
        let row = self.store.find_ask(bot, id)?.ok_or_else(unknown)?;
        Ok(self.info_of(row))
    }

    fn info_of(&self, row: AskRow) -> AskInfo {
        let expires_in = if row.status == AskStatus::Waiting { row.expires_at - self.lived_ms() } else { 0 };
        let asked = row.people.into_iter().take(row.asked).collect();
        AskInfo { id: row.id, status: row.status, asked, answer: row.answer, expires_in: expires_in.max(0) / 1_000 }
    }
}

impl Context<'_> {
    /// What a bot's program wants with a question.
    pub(crate) fn ask_people(&mut self, bot: BotId, question: &AskQuestion) -> Result<Verdict, Trouble> {
        match question {
            AskQuestion::New(new) => self.ask_new(bot, new),
            AskQuestion::Wait(id, wait) => {
                self.core.check_waiters(bot)?;
                self.core.wait_for_answer(bot, *id, *wait)
            }
            AskQuestion::Cancel(id) => {
                self.cancel(bot, *id)?;
                self.core.wait_for_answer(bot, *id, Duration::ZERO)
            }
            AskQuestion::List => {
                let open = self.core.asking.open.iter().filter(|(_, open)| open.bot == bot);
                let infos = open.map(|(id, _)| self.core.batch.ask_info(bot, *id)).collect::<Result<Vec<_>, _>>()?;
                Ok(Verdict::Outcome(Ok(Answer::Asks(infos))))
            }
        }
    }

    fn ask_new(&mut self, bot: BotId, new: &NewAsk) -> Result<Verdict, Trouble> {
        let mut new = new.clone();
        words::check(&mut new)?;
        self.core.check_waiters(bot)?;
        let hash = request_hash(&new);
        if let Some(key) = &new.idempotency_key
            && let Some(row) = self.core.batch.store.find_ask_of_key(bot, key)?
        {
            if row.key.is_some_and(|(_, known)| known != hash) {
                let text = "this Idempotency-Key was used for another question within the last day";
                return Err(Failure::Conflict(text.to_string()).into());
            }
            return self.core.wait_for_answer(bot, row.id, new.wait);
        }
        if self.core.asking.open_of(bot) >= limits::ASKS_OPEN_PER_BOT_MAX {
            let most = limits::ASKS_OPEN_PER_BOT_MAX;
            return Err(Failure::Quota(format!("{most} questions of this bot wait for their answers already")).into());
        }
        self.core.check_answerer(bot, &new.to, new.kind)?;
        new.escalate.iter().try_for_each(|who| self.core.check_answerer(bot, who, Kind::Chat))?;
        let message_id = self.core.batch.new_message_id()?;
        let id = number_in(&message_id).ok_or(Failure::Internal)?;
        let row = self.core.batch.new_ask_row(id, bot, &new, hash);
        // Nothing is kept of what could not be asked.
        self.put_question(&row, 0, (&message_id, new.reply_to.clone()))?;
        self.core.batch.store.insert_ask(&row)?;
        self.core.batch.note_asked(&row, 0, &message_id)?;
        self.core.batch.store.drop_oldest_asks(bot, limits::ASKS_KEPT_PER_BOT_MAX)?;
        self.core.asking.put(&row);
        self.core.wait_for_answer(bot, id, new.wait)
    }
}

impl Batch {
    fn new_ask_row(&self, id: i64, bot: BotId, new: &NewAsk, hash: [u8; 32]) -> AskRow {
        let millis = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        let usual = if new.wait.is_zero() { limits::ASK_EXPIRES } else { new.wait };
        let expires = millis(new.expires.unwrap_or(usual));
        let people: Vec<String> = std::iter::once(&new.to).chain(&new.escalate).map(ToString::to_string).collect();
        let share = expires / i64::try_from(people.len()).unwrap_or(1).max(1);
        let escalate_after = new.escalate_after.map_or(share, millis);
        let now = self.lived_ms();
        AskRow {
            id,
            bot,
            number: 0,
            key: new.idempotency_key.clone().map(|key| (key, hash)),
            text: new.text.clone(),
            options: new.options.clone(),
            is_room: new.kind == Kind::Groupchat,
            asked: 1,
            must_encrypt: new.encrypt,
            escalate_after,
            next_at: (people.len() > 1).then_some(now + escalate_after),
            people,
            expires_at: now + expires,
            status: AskStatus::Waiting,
            answer: None,
        }
    }
}

/// Of all that makes it another question; how long somebody waits does not.
fn request_hash(new: &NewAsk) -> [u8; 32] {
    let about = (&new.to, new.kind, &new.text, &new.options, &new.escalate);
    crypto::sha256(format!("{about:?}\0{:?}\0{}", new.reply_to, new.encrypt).as_bytes())
}

/// Whether somebody who was asked is who speaks: in a room, anybody there, or the one whose nick was named.
fn is_asked(asked: &Jid, from: &Jid) -> bool {
    asked == from || asked.is_bare() && *asked == from.bare().to_jid()
}

/// By whom: a person, or an occupant of a room.
fn by_of(from: &Jid, is_room: bool) -> String {
    if is_room { from.to_string() } else { BareJid::to_jid(&from.bare()).to_string() }
}
