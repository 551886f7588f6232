//! The built-in account `owner@local`: a chat inside the daemon, for whoever has no XMPP account yet (docs/xmpp.md).
//!
//! Its lines are rows like any message; `botmother chat` reads and writes them through the API.

use std::time::Duration;

use crate::base::id::{BotId, MessageId};
use crate::base::limits;
use crate::base::remedy::LIST_BOTS;
use crate::engine::actions::BotAction;
use crate::engine::channel::ChannelRow;
use crate::engine::command;
use crate::engine::effect::Effect;
use crate::engine::failure::Failure;
use crate::engine::handle::{Answer, LocalLine, ReplyTo};
use crate::engine::incoming::Incoming;
use crate::engine::owner::{is_local, local_owner};
use crate::engine::part::Part;
use crate::engine::registry::{Bot, Voice};
use crate::engine::router::named;
use crate::engine::way::Speaker;
use crate::engine::{Batch, Engine, Trouble, Verdict};
use crate::store;
use crate::store::row::LocalRow;

/// The built-in chat: `owner@local` alone is there.
pub(super) const CHANNEL: ChannelRow = ChannelRow {
    has: is_local,
    admits: |engine, bot| match engine.xmpp.accounts.voice(bot) {
        Voice::Local => Ok(None),
        _ => Err(Failure::invalid("to", "an XMPP address; owner@local is not one")),
    },
    say: |engine, sender, new, message_id| {
        if new.encrypt {
            return Err(Failure::invalid("encrypt", "false: the built-in chat is not encrypted").into());
        }
        engine.local.say_locally(&mut engine.batch, Speaker::Bot(sender.bot), &new.text)?;
        engine.xmpp.crypt.note_sealed(message_id, false);
        Ok(())
    },
    act: |engine, sender, act, message_id| {
        engine.xmpp.crypt.note_sealed(message_id, false);
        act_locally(engine, sender.bot, &act.action)
    },
    show: |_, _, _| Ok(()),
};

/// The built-in chat has lines of text, and nothing can be done to them afterwards.
fn act_locally(engine: &mut Engine, bot: BotId, action: &BotAction) -> Result<(), Trouble> {
    match action {
        BotAction::File { url, caption } => {
            engine.local.say_locally(&mut engine.batch, Speaker::Bot(bot), url)?;
            if let Some(text) = caption {
                engine.local.say_locally(&mut engine.batch, Speaker::Bot(bot), text)?;
            }
            Ok(())
        }
        BotAction::Reaction { emoji, .. } if !emoji.is_empty() => {
            engine.local.say_locally(&mut engine.batch, Speaker::Bot(bot), emoji)?;
            Ok(())
        }
        BotAction::Edit { .. } | BotAction::Deletion { .. } => {
            let why = "what was said in the built-in chat cannot be changed".to_string();
            Err(Failure::Remote { what: "send_failed", why }.into())
        }
        BotAction::Reaction { .. } | BotAction::Read { .. } | BotAction::State(_) => Ok(()),
    }
}

/// A terminal that waits for the next line.
pub(super) struct Waiter {
    pub(super) reply: ReplyTo,
    with: Option<BotId>,
    after: i64,
    /// When it gets an empty answer (monotonic).
    pub(super) until: Duration,
}

/// Terminals that wait, and whether there is something for them.
#[derive(Default)]
pub(super) struct Local {
    pub(super) waiters: Vec<Waiter>,
    has_new: bool,
}

impl Part for Local {
    fn committed(&mut self) {}

    fn undo(&mut self) {
        self.has_new = false;
    }

    fn deadline(&self) -> Option<Duration> {
        self.waiters.iter().map(|waiter| waiter.until).min()
    }
}

impl Engine {
    /// The owner says something in the built-in chat.
    pub(super) fn local_say(&mut self, to: Option<&str>, text: &str) -> Result<Answer, Trouble> {
        if text.trim().is_empty() || text.len() > limits::TEXT_BYTES_MAX {
            let rule = format!("1 to {} bytes", limits::TEXT_BYTES_MAX);
            return Err(Failure::invalid("text", rule).into());
        }
        let bot = to.map(|name| self.batch.local_bot(name)).transpose()?;
        let line = self.local.say_locally(&mut self.batch, Speaker::Owner(bot), &command::ai::mask(text))?;
        let stanza_id = format!("local-{line}");
        let owner = local_owner();
        let said = Incoming::local(&owner, &owner, text, &stanza_id, self.batch.now.unix());
        match bot {
            Some(bot) => drop(self.ingest(bot, &said)?),
            None => self.on_self_chat(&owner, text, &said)?,
        }
        Ok(Answer::Said(line))
    }

    pub(super) fn local_read(&mut self, with: Option<&str>, after: i64, timeout: Duration) -> Result<Verdict, Trouble> {
        let with = with.map(|name| self.batch.local_bot(name)).transpose()?;
        let after = if after < 0 { self.batch.store.last_local()?.0 } else { after };
        let lines = self.batch.read_lines(with, after)?;
        if !lines.is_empty() || timeout.is_zero() || self.upkeep.stopping {
            return Ok(Verdict::Outcome(Ok(Answer::Lines(lines))));
        }
        Ok(Verdict::AwaitLines { with, after, timeout })
    }
}

impl Local {
    pub(super) fn say_locally(&mut self, batch: &mut Batch, speaker: Speaker, text: &str) -> Result<i64, store::Error> {
        let (bot, from_owner) = match speaker {
            Speaker::Owner(bot) => (bot, true),
            Speaker::Manager => (None, false),
            Speaker::Bot(id) => (Some(id), false),
        };
        self.has_new = true;
        Ok(batch.store.insert_local(bot, (from_owner, text), batch.now.unix(), batch.lived())?.0)
    }

    /// Lets a terminal wait.
    pub(super) fn await_lines(
        &mut self,
        batch: &mut Batch,
        with: Option<BotId>,
        after: i64,
        timeout: Duration,
        reply: ReplyTo,
    ) {
        self.waiters.retain(|waiter| !waiter.reply.is_gone());
        self.waiters.push(Waiter { reply, with, after, until: batch.now.mono + timeout });
    }

    /// Answers terminals when there are new lines, and those whose time is over.
    pub(super) fn wake_lines(&mut self, batch: &mut Batch, out: &mut Vec<Effect>) {
        let now = batch.now.mono;
        if !std::mem::take(&mut self.has_new) && self.waiters.iter().all(|waiter| waiter.until > now) {
            return;
        }
        for waiter in std::mem::take(&mut self.waiters) {
            match batch.read_lines(waiter.with, waiter.after) {
                Ok(lines) if lines.is_empty() && waiter.until > now => self.waiters.push(waiter),
                Ok(lines) => out.push(Effect::Answer(waiter.reply, Ok(Answer::Lines(lines)))),
                Err(error) => {
                    log::error!("reading the built-in chat failed: {error}");
                    out.push(Effect::Answer(waiter.reply, Err(Failure::Internal)));
                }
            }
        }
    }
}

impl Batch {
    /// A bot of the built-in account by number or name (whatever its case).
    pub(super) fn local_bot(&self, name: &str) -> Result<BotId, Failure> {
        let owner = local_owner();
        let bots: Vec<&Bot> = self.personal_bots(&owner).collect();
        match named(&bots, name) {
            (found, "") if found.len() == 1 => Ok(found[0]),
            (found, "") if found.len() > 1 => {
                let all = self.name_all(&found);
                Err(Failure::Conflict(format!("several bots are called {name}; say which by its number: {all}")))
            }
            _ => Err(Failure::NotFound(format!("owner@local has no active bot called {name}; {LIST_BOTS} shows all"))),
        }
    }

    fn read_lines(&mut self, with: Option<BotId>, after: i64) -> Result<Vec<LocalLine>, store::Error> {
        let rows = self.store.list_local(with.map(Some), MessageId(after), limits::UPDATES_PER_ANSWER_MAX)?;
        let line = |row: LocalRow| {
            let from =
                if row.from_owner { "owner".to_string() } else { row.bot_name.unwrap_or("Botmother".to_string()) };
            LocalLine { id: row.id.0, at: row.at, from, text: row.text }
        };
        Ok(rows.into_iter().map(line).collect())
    }
}
