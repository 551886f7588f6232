//! The built-in account `owner@local`: a chat inside the daemon, for whoever has no XMPP account yet (docs/xmpp.md).
//!
//! Its lines are rows like any message; `botmother chat` reads and writes them through the API.

use std::time::Duration;

use crate::base::id::{AccountId, BotId, MessageId};
use crate::base::jid::BareJid;
use crate::base::limits;
use crate::base::remedy::LIST_BOTS;
use crate::core::Core;
use crate::core::actions::{BotAction, NewAction};
use crate::core::addressing::named;
use crate::core::batch::{Batch, Trouble, Waiting};
use crate::core::channel::{Channel, Label, Sender};
use crate::core::effect::Effect;
use crate::core::failure::Failure;
use crate::core::handle::{Answer, LocalLine, NewMessage, ReplyTo};
use crate::core::keyboard::{Hint, Shown};
use crate::core::owner::{is_local, local_owner};
use crate::core::part::Part;
use crate::core::registry::Bot;
use crate::store;
use crate::store::row::{ConversationKind, LocalRow};

/// `owner@local` alone is there. It has lines of text, and nothing can be done to them afterwards.
impl Channel for Local {
    fn has(&self, address: &BareJid) -> bool {
        is_local(address)
    }

    fn account_for(&self, bot: &Bot) -> Result<Option<AccountId>, Failure> {
        if bot.is_local() { Ok(None) } else { Err(Failure::invalid("to", "an XMPP address; owner@local is not one")) }
    }

    fn label(&self) -> Label {
        Label { name: "Botmother", short: "BM" }
    }

    fn say(&mut self, core: &mut Core, sender: Sender, new: &NewMessage, id: &str) -> Result<Option<bool>, Trouble> {
        if new.encrypt {
            return Err(Failure::invalid("encrypt", "false: the built-in chat is not encrypted").into());
        }
        let text = core.batch.with_buttons(&new.text, new.keyboard.as_ref(), Hint::Chat);
        let line = self.say_locally(&mut core.batch, Speaker::Bot(sender.bot), &text)?;
        if let Some(keyboard) = &new.keyboard {
            let shown = Shown {
                bot: sender.bot,
                account: None,
                address: new.to.bare_str(),
                kind: ConversationKind::Chat,
                message_id: id,
                shown_id: &format!("local-{line}"),
                text: &new.text,
                is_encrypted: false,
            };
            core.keep_keyboard(&shown, keyboard)?;
        }
        Ok(Some(false))
    }

    fn act(&mut self, core: &mut Core, sender: Sender, act: &NewAction, _id: &str) -> Result<Option<bool>, Trouble> {
        let bot = Speaker::Bot(sender.bot);
        match &act.action {
            BotAction::File { url, caption } => {
                self.say_locally(&mut core.batch, bot, url)?;
                if let Some(text) = caption {
                    self.say_locally(&mut core.batch, bot, text)?;
                }
            }
            BotAction::Reaction { emoji, .. } if !emoji.is_empty() => {
                self.say_locally(&mut core.batch, bot, emoji)?;
            }
            // What stands there stays, but cannot be pressed any more.
            BotAction::Buttons { message_id, keyboard } if keyboard.as_ref().is_none_or(|k| !k.has_presses()) => {
                core.drop_keyboard(sender.bot, message_id)?;
            }
            BotAction::Edit { .. } | BotAction::Buttons { .. } | BotAction::Deletion { .. } => {
                let why = "what was said in the built-in chat cannot be changed".to_string();
                return Err(Failure::Remote { what: "send_failed", why }.into());
            }
            BotAction::Reaction { .. } | BotAction::Read { .. } | BotAction::State(_) => {}
        }
        Ok(Some(false))
    }

    fn wait(&mut self, batch: &mut Batch, waiting: &Waiting, reply: ReplyTo) -> Option<ReplyTo> {
        let Waiting::Lines { with, after, timeout } = waiting else { return Some(reply) };
        self.waiters.retain(|waiter| !waiter.reply.is_gone());
        self.waiters.push(Waiter { reply, with: *with, after: *after, until: batch.now.mono + *timeout });
        None
    }

    fn wake(&mut self, core: &mut Core, out: &mut Vec<Effect>) {
        self.wake_lines(&mut core.batch, out);
    }

    fn stop(&mut self, batch: &mut Batch) {
        let waiters = self.waiters.drain(..);
        let empty = waiters.map(|waiter| Effect::Answer(waiter.reply, Ok(Answer::Lines(Vec::new()))));
        batch.pending.effects.extend(empty);
    }

    fn notify(&mut self, core: &mut Core, _owner: &BareJid, text: &str) -> Result<(), store::Error> {
        self.say_locally(&mut core.batch, Speaker::Manager, text).map(drop)
    }

    fn answer(&mut self, core: &mut Core, bot: BotId, _to: &BareJid, text: &str) -> Result<(), store::Error> {
        match core.speaking_bot(bot) {
            Err(Trouble::Store(error)) => return Err(error),
            // It is gone, or nothing is to be said here.
            Err(Trouble::Failure(_)) => return Ok(()),
            Ok(_) => {}
        }
        self.say_locally(&mut core.batch, Speaker::Bot(bot), text).map(drop)
    }
}

/// Who says a line in the built-in chat.
#[derive(Clone, Copy)]
pub(crate) enum Speaker {
    /// The owner, to the manager or to one bot.
    Owner(Option<BotId>),
    /// The manager.
    Manager,
    /// A bot.
    Bot(BotId),
}

/// A terminal that waits for the next line.
struct Waiter {
    reply: ReplyTo,
    with: Option<BotId>,
    after: i64,
    /// When it gets an empty answer (monotonic).
    until: Duration,
}

/// Terminals that wait, and whether there is something for them.
#[derive(Default)]
pub(crate) struct Local {
    waiters: Vec<Waiter>,
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

impl Local {
    pub(crate) fn say_locally(&mut self, batch: &mut Batch, speaker: Speaker, text: &str) -> Result<i64, store::Error> {
        let (bot, from_owner) = match speaker {
            Speaker::Owner(bot) => (bot, true),
            Speaker::Manager => (None, false),
            Speaker::Bot(id) => (Some(id), false),
        };
        self.has_new = true;
        let line = batch.store.insert_local(bot, (from_owner, text), batch.now.unix(), batch.lived())?.0;
        match bot {
            Some(bot) if !from_owner => batch.note_message(bot)?,
            _ => {}
        }
        Ok(line)
    }

    /// Answers terminals when there are new lines, and those whose time is over.
    pub(crate) fn wake_lines(&mut self, batch: &mut Batch, out: &mut Vec<Effect>) {
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
    pub(crate) fn local_bot(&self, name: &str) -> Result<BotId, Failure> {
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

    pub(crate) fn read_lines(&mut self, with: Option<BotId>, after: i64) -> Result<Vec<LocalLine>, store::Error> {
        let rows = self.store.list_local(with.map(Some), MessageId(after), limits::UPDATES_PER_ANSWER_MAX)?;
        let line = |row: LocalRow| {
            let from =
                if row.from_owner { "owner".to_string() } else { row.bot_name.unwrap_or("Botmother".to_string()) };
            LocalLine { id: row.id.0, at: row.at, from, text: row.text }
        };
        Ok(rows.into_iter().map(line).collect())
    }
}
