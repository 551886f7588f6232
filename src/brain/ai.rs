//! Bots that answer by themselves: a question becomes a call to the bot's AI provider, its answer a message.
//!
//! Of one conversation (a bot and a person, a room, or a name the API was told) one question is asked at a time; others
//! wait, few and in order. Each is a row from the moment it is accepted: what a restart interrupts is told to whoever
//! asked. Called by `router`, `dedicated`, `rooms`, `command::ai` and `ask`; `remote::ai` knows the services.

mod answered;
mod asked;
mod live;
mod responder;
mod setup;
mod words;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use crate::base::call::Reach;
use crate::base::id::BotId;
use crate::base::remedy::{SET_UP_AI, SWITCH_AI_ON};
use crate::base::{crypto, limits, text};
use crate::core::Context;
use crate::core::batch::{Batch, Trouble};
use crate::core::calls::Calls;
use crate::core::channel::Doing;
use crate::core::failure::Failure;
use crate::core::handle::{ChatState, Kind};
use crate::core::incoming::Incoming;
use crate::core::part::{Kept, Part, Timed};
use crate::core::texts::ai;
use crate::remote::ai::{self as service, Ask, Dialect, Fault, Provider, Turn, Without};
use crate::store;
use crate::store::row::{AiPlace, AiQuestion, AiRank, AiRow, ConversationKind};

pub(crate) use setup::SetBy;

/// To programs.
fn not_set_up() -> Failure {
    Failure::NotConfigured(format!("no AI is set up for this bot; {SET_UP_AI} does it"))
}

fn is_off() -> Failure {
    Failure::NotEnabled(format!("this bot's AI is off; {SWITCH_AI_ON} switches it on"))
}

/// What is asked, and what is to come.
#[derive(Clone, Default)]
pub(crate) struct Open {
    /// Questions without an answer, by the tag of their calls: oldest first.
    questions: BTreeMap<u64, Question>,
    /// Somebody who asked by the API may have gone away.
    has_left: bool,
    /// Those of which the batch has heard more.
    heard: BTreeSet<u64>,
    /// How fast conversations go.
    paces: HashMap<(BotId, String), Pace>,
}

impl Timed for Open {
    /// Nothing is asked before this time.
    fn postpone(&mut self, until: Duration) {
        for question in self.questions.values_mut() {
            if let State::Waiting(at) = &mut question.state {
                *at = (*at).max(until);
            }
        }
    }
}

/// What answers by itself: bots' AI.
#[derive(Default)]
pub(crate) struct Ai {
    pub(crate) open: Kept<Open>,
    /// Questions to AI services under way.
    pub(crate) calls: Calls<()>,
}

impl Part for Ai {
    fn committed(&mut self) {
        self.open.committed();
        self.calls.committed();
    }

    fn undo(&mut self) {
        self.open.undo();
        self.calls.undo();
    }

    fn deadline(&self) -> Option<Duration> {
        Part::deadline(&self.open)
    }

    fn postpone(&mut self, until: Duration) {
        Part::postpone(&mut self.open, until);
    }
}

#[derive(Clone)]
struct Question {
    row: i64,
    asked: Arc<AiQuestion>,
    /// Ids of the message it came in, by which it may be taken back.
    ids: Vec<String>,
    hears: Hears,
    state: State,
    /// Calls made so far.
    calls: u32,
    provider: Asking,
    /// The service does not stream as we understand it.
    is_plain: bool,
    /// What has come of an answer that is shown while it comes.
    live: Option<live::Live>,
}

/// The AI of the bot that is asked now, and how.
#[derive(Clone)]
struct Asking {
    rank: AiRank,
    dialect: Dialect,
    /// Second tries at it.
    retries: u32,
    without: Without,
    /// Without what was said before, which is too long for it.
    is_bare: bool,
}

impl Default for Asking {
    fn default() -> Self {
        let without = Without::default();
        Asking { rank: AiRank::First, dialect: Dialect::OpenAi, retries: 0, without, is_bare: false }
    }
}

impl Asking {
    /// From now on the substitute is asked, of which nothing is known yet.
    fn turn_to_substitute(&mut self) {
        *self = Asking { rank: AiRank::Substitute, dialect: self.dialect, ..Asking::default() };
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Not asked yet, or again, before this time (monotonic).
    Waiting(Duration),
    Asked,
}

/// Whether a question is asked now. One that is not waits for others to be answered, or has ended.
#[derive(PartialEq, Eq)]
enum Begun {
    Yes,
    No,
}

/// How whoever asked by the API hears the answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hears {
    /// In pieces, while it comes.
    Pieces,
    /// When all of it is there.
    Whole,
}

/// Questions within the last minute.
#[derive(Clone, Copy)]
struct Pace {
    since: Duration,
    count: u32,
    quiet_until: Duration,
}

impl Ai {
    /// Somebody said something to a bot. If its AI is on it will answer; says whether.
    pub(crate) fn ask_ai(
        &mut self,
        cx: &mut Context<'_>,
        bot: BotId,
        said: &Incoming<'_>,
    ) -> Result<bool, store::Error> {
        let peer = said.peer();
        if let Some(replaced) = said.replaces.as_deref().filter(|_| said.kind != ConversationKind::Room) {
            self.call_off(cx, bot, peer, |question| question.ids.iter().any(|id| id == replaced))?;
        }
        if said.text.trim().is_empty() || said.text.starts_with('/') && said.kind != ConversationKind::Room {
            return Ok(false);
        }
        if !cx.core.batch.is_ai_on(bot)? {
            return Ok(false);
        }
        // Two bots of ours would talk for ever, and at our cost on both sides.
        let from = said.from.bare();
        if cx.core.batch.bots.values().any(|bot| bot.row.active && bot.row.jid.as_ref() == Some(&from)) {
            return Ok(false);
        }
        let place = if said.kind == ConversationKind::Room { AiPlace::Room } else { AiPlace::Chat };
        match self.open.admit_question(&mut cx.core.batch, bot, peer) {
            Ok(()) => {}
            Err(false) => {
                cx.core.batch.note_way(bot, &said.id, "ai_busy", "questions come too fast");
                return Ok(true);
            }
            Err(true) => {
                cx.core.batch.note_way(bot, &said.id, "ai_busy", "questions come too fast");
                self.say_of_ai(cx, bot, place, &said.from, &cx.core.batch.words(&ai::QUIET))?;
                return Ok(true);
            }
        }
        // The model sees who speaks; all of a room are one conversation.
        let question = match place {
            AiPlace::Room => format!("{}: {}", said.from.resource().unwrap_or_default(), said.text).into(),
            AiPlace::Chat | AiPlace::Api => (*said.text).into(),
        };
        let recipient = Some(said.from.clone());
        let question = AiQuestion { bot, peer: peer.to_string(), place, recipient, question };
        match self.accept_question(cx, question, said.ids.clone(), Hears::Whole) {
            Ok(_) => {
                cx.core.batch.note_way(bot, &said.id, "ai_asked", "");
                Ok(true)
            }
            Err(Trouble::Store(error)) => Err(error),
            Err(Trouble::Failure(failure)) => {
                cx.core.batch.note_way(bot, &said.id, "ai_busy", failure.to_string());
                let why = match failure {
                    Failure::UsedUp { .. } => failure.at(cx.core.batch.chat_place()),
                    _ => cx.core.batch.words(&ai::TOO_MANY),
                };
                self.say_of_ai(cx, bot, place, &said.from, &why)?;
                Ok(true)
            }
        }
    }

    fn accept_question(
        &mut self,
        cx: &mut Context<'_>,
        asked: AiQuestion,
        ids: Vec<String>,
        hears: Hears,
    ) -> Result<u64, Trouble> {
        let is_same = |question: &&Question| question.asked.bot == asked.bot && question.asked.peer == asked.peer;
        let waiting = self.open.questions.values().filter(is_same).count();
        if waiting > limits::AI_QUEUE_MAX || self.open.questions.len() >= limits::AI_QUESTIONS_MAX {
            return Err(Failure::Busy { retry_after_s: 10 }.into());
        }
        cx.core.batch.take_ai_call(asked.bot)?;
        let row = cx.core.batch.store.insert_ai_question(&asked, cx.core.batch.lived())?;
        cx.core.batch.last_tag += 1;
        let question = Question {
            row,
            asked: Arc::new(asked),
            ids,
            hears,
            state: State::Waiting(Duration::ZERO),
            calls: 0,
            provider: Asking::default(),
            is_plain: false,
            live: None,
        };
        let tag = cx.core.batch.last_tag;
        self.open.change().questions.insert(tag, question);
        self.ask_what_waits(cx)?;
        Ok(tag)
    }

    /// Asks the first question of each conversation, as many as may be asked at once.
    fn ask_what_waits(&mut self, cx: &mut Context<'_>) -> Result<(), store::Error> {
        let mut seen = HashSet::new();
        let mut under_way: HashMap<BotId, usize> = HashMap::new();
        let mut due = Vec::new();
        for (tag, question) in &self.open.questions {
            let bot = question.asked.bot;
            let is_first = seen.insert((bot, question.asked.peer.as_str()));
            match question.state {
                State::Asked => *under_way.entry(bot).or_default() += 1,
                State::Waiting(at) if is_first && at <= cx.core.batch.now.mono => due.push((*tag, bot)),
                State::Waiting(_) => {}
            }
        }
        let mut free = limits::AI_CALLS_MAX.saturating_sub(under_way.values().sum());
        while free > 0 {
            // The bot that asks least goes first: one that everybody talks to must not silence the others.
            let count = |bot: &BotId| under_way.get(bot).copied().unwrap_or(0);
            let may = due.iter().enumerate().filter(|(_, (_, bot))| count(bot) < limits::AI_CALLS_PER_BOT_MAX);
            let least = may.min_by_key(|(_, (_, bot))| count(bot)).map(|(place, _)| place);
            let Some((tag, bot)) = least.map(|place| due.remove(place)) else { break };
            if self.begin_question(cx, tag)? == Begun::Yes {
                *under_way.entry(bot).or_default() += 1;
                free -= 1;
            }
        }
        Ok(())
    }

    /// Whether one more answer of this bot may be waited for as a whole.
    fn has_thread(&self, bot: BotId) -> bool {
        let is_whole = |question: &&Question| question.state == State::Asked && question.live.is_none();
        let whole = || self.open.questions.values().filter(is_whole);
        whole().count() < limits::AI_WHOLE_CALLS_MAX
            && whole().filter(|question| question.asked.bot == bot).count() < limits::AI_WHOLE_CALLS_PER_BOT_MAX
    }

    /// What time brings.
    pub(crate) fn ai_due(&mut self, cx: &mut Context<'_>) -> Result<(), store::Error> {
        if std::mem::take(&mut self.open.has_left) {
            self.drop_questions_of_leavers(cx)?;
        }
        let is_due = |question: &Question| matches!(question.state, State::Waiting(at) if at <= cx.core.batch.now.mono);
        if self.open.questions.values().any(is_due) { self.ask_what_waits(cx) } else { Ok(()) }
    }

    fn begin_question(&mut self, cx: &mut Context<'_>, tag: u64) -> Result<Begun, store::Error> {
        let Some(question) = self.open.questions.get(&tag).cloned() else { return Ok(Begun::No) };
        let asked = question.asked.clone();
        if question.calls >= limits::AI_CALLS_PER_QUESTION {
            self.end_with_fault(cx, tag, &Fault::Later("an internal error".to_string()))?;
            return Ok(Begun::No);
        }
        let row = cx.core.batch.store.ai(asked.bot, question.provider.rank)?;
        let Some((row, provider)) = row.and_then(|row| Provider::find(&row.provider).map(|found| (row, found))) else {
            // It was taken away meanwhile.
            self.end_with_fault(cx, tag, &Fault::Refused("no AI is set up for this bot any more".to_string()))?;
            return Ok(Begun::No);
        };
        let dialect = provider.dialect_at(&row.endpoint);
        let may_stream = !question.is_plain && dialect != Dialect::Hook;
        let is_stream = may_stream && (question.hears == Hears::Pieces || self.is_shown_live(cx, &asked, &row));
        if !is_stream && !self.has_thread(asked.bot) {
            return Ok(Begun::No);
        }
        let history = if question.provider.is_bare { Vec::new() } else { cx.core.batch.history(&asked)? };
        let system = cx.core.batch.system_prompt(&row);
        let user = text::hex(&crypto::sha256(format!("{}/{}", asked.bot, asked.peer).as_bytes())[..16]);
        let mut call = service::build(&Ask {
            provider,
            endpoint: &row.endpoint,
            key: &row.key,
            model: &row.model,
            system: &system,
            history: &history,
            question: &asked.question,
            max_tokens: row.max_tokens,
            temperature: row.temperature,
            user: &user,
            is_stream,
            without: question.provider.without,
            timeout: Duration::from_secs(row.timeout_s.unwrap_or(limits::AI_TIMEOUT_S).into()),
        });
        if row.is_confined {
            call.reach = Reach::PublicOnly;
        }
        if let Some(question) = self.open.change().questions.get_mut(&tag) {
            question.state = State::Asked;
            question.calls += 1;
            question.provider.dialect = dialect;
            let former = question.live.take();
            question.live = is_stream.then(|| live::Live::new(dialect, &row.model, former, cx.core.batch.now.mono));
        }
        // How many a bot asks at once is bounded where they are chosen.
        let key = format!("ai:{tag}");
        if is_stream {
            let pace = if question.hears == Hears::Pieces { Duration::ZERO } else { limits::AI_LIVE_PACE };
            self.calls.call_streaming(&mut cx.core.batch, tag, (key, call), (), pace);
        } else {
            self.calls.call_again(&mut cx.core.batch, tag, key, call, ());
        }
        self.show_thinking(cx, &asked, ChatState::Composing);
        Ok(Begun::Yes)
    }

    fn show_thinking(&mut self, cx: &mut Context<'_>, asked: &AiQuestion, state: ChatState) {
        let Some(to) = &asked.recipient else { return };
        let Ok(sender) = cx.way(asked.bot, to) else { return };
        let kind = match asked.place {
            AiPlace::Chat => Kind::Chat,
            AiPlace::Room => Kind::Groupchat,
            AiPlace::Api => return,
        };
        // Whoever cannot speak there will not be heard thinking either.
        if let Ok(channel) = cx.channels.of(&to.bare()) {
            let _ = channel.show(cx.core, sender, &Doing { to, kind, state });
        }
    }
}

impl Kept<Open> {
    /// Counts a question; refused when they come faster than people type. `Err(true)`: for the first time.
    fn admit_question(&mut self, batch: &mut Batch, bot: BotId, peer: &str) -> Result<(), bool> {
        let now = batch.now.mono;
        let paces = &mut self.change().paces;
        let minute = Duration::from_secs(60);
        if paces.len() >= limits::AI_QUESTIONS_MAX {
            paces.retain(|_, pace| pace.since + minute > now || pace.quiet_until > now);
        }
        let fresh = Pace { since: now, count: 0, quiet_until: Duration::ZERO };
        let pace = paces.entry((bot, peer.to_string())).or_insert(fresh);
        if pace.quiet_until > now {
            return Err(false);
        }
        if pace.since + minute <= now {
            *pace = fresh;
        }
        pace.count += 1;
        if pace.count <= limits::AI_PER_MINUTE_MAX {
            return Ok(());
        }
        pace.quiet_until = now + limits::AI_QUIET;
        Err(true)
    }

    /// When a question is to be asked again.
    pub(crate) fn ai_deadline(&self, batch: &Batch) -> Option<Duration> {
        let at = |question: &Question| match question.state {
            State::Waiting(at) => Some(at),
            State::Asked => None,
        };
        if self.has_left {
            return Some(batch.now.mono);
        }
        // What is due and yet waits, waits for another to be answered.
        self.questions.values().filter_map(at).filter(|at| *at > batch.now.mono).min()
    }

    /// The outcome of a call could not be stored: its question is asked again later.
    pub(crate) fn postpone_question(&mut self, tag: u64, later: Duration) -> bool {
        let Some(question) = self.questions.get_mut(&tag) else { return false };
        (question.state, question.calls) = (State::Waiting(later), question.calls + 1);
        true
    }
}

impl Batch {
    /// What was said before, oldest first, as much as a small model can take.
    fn history(&self, asked: &AiQuestion) -> Result<Vec<Turn>, store::Error> {
        let mut turns = Vec::new();
        let mut left = limits::AI_HISTORY_BYTES;
        for (question, answer) in self.store.list_ai_turns(asked.bot, &asked.peer, limits::AI_TURNS)? {
            let Some(rest) = left.checked_sub(question.len() + answer.len()) else { break };
            left = rest;
            turns.push(Turn { question, answer });
        }
        turns.reverse();
        Ok(turns)
    }

    fn system_prompt(&self, row: &AiRow) -> String {
        if row.system.is_empty() { self.words(&ai::SYSTEM) } else { row.system.clone() }
    }
}
