//! The channel Telegram: bots of ours that speak as a bot there, too (docs/telegram.md).
//!
//! `setup` connects them, `polling` listens, `inbound` makes of what comes what the rules understand, `saying` puts what they
//! say into `outbox`, whose calls `done` settles. `aside` is what nobody keeps: that a bot types, drafts. `line` is what is
//! known of a connected bot. `people` keeps order in linked chats and offers commands there, `moderating` does what moderators
//! wish, `photo` gives a chat its picture, and `notes` says what a row of the outbox is for.

mod address;
mod aside;
mod done;
mod inbound;
mod line;
mod media;
mod moderating;
mod notes;
mod outbox;
mod people;
mod photo;
mod polling;
mod saying;
mod setup;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use crate::base::call::{Called, HttpCall, Reach};
use crate::base::id::{AccountId, BotId};
use crate::base::jid::{BareJid, Jid};
use crate::base::limits;
use crate::base::prometheus::{MetricKind, labels};
use crate::base::remedy::SET_UP_TELEGRAM;
use crate::base::spool::SpoolFile;
use crate::channel::telegram::line::{Line, Lines, PollState};
use crate::channel::telegram::setup::Setting;
use crate::core::actions::NewAction;
use crate::core::batch::{Batch, Trouble, Verdict};
use crate::core::calls::Calls;
use crate::core::channel::{Album, Asker, Channel, Doing, Hearing, Label, Piece, Sender};
use crate::core::deed::Order;
use crate::core::failure::Failure;
use crate::core::handle::{Kind, Metric, NewFile, NewMessage, OfferedChat, TelegramQuestion, TelegramState};
use crate::core::incoming::SaidFile;
use crate::core::keyboard::PressAnswer;
use crate::core::part::{Kept, Part};
use crate::core::registry::Bot;
use crate::core::texts::Text;
use crate::core::{Core, Signal};
use crate::remote::telegram::{Reason, TelegramApi};
use crate::store;
use crate::store::row::{ConversationKind, OutgoingState, TelegramRow};

/// All of it.
#[derive(Default)]
pub(crate) struct Telegram {
    lines: Kept<Lines>,
    calls: Calls<CallFor>,
    /// Files that rows go with, by the ids of messages.
    media: HashMap<String, media::Waiting>,
    people: people::People,
    /// Rows that were on their way when the last run ended.
    interrupted: Vec<i64>,
    is_begun: bool,
    /// Polls that are over, those that were lost, and calls that failed, since the start.
    polls: u64,
    lost_polls: u64,
    failures: BTreeMap<&'static str, u64>,
}

/// What a call is about.
#[derive(Clone, Debug)]
enum CallFor {
    Poll(BotId),
    Send {
        bot: BotId,
        chat: i64,
        row: i64,
    },
    Setup(Box<Setting>),
    Test(BotId, Asker),
    /// What a bot is seen doing in a chat: a draft holds up what is said there.
    Draft(BotId, i64),
    /// Where a file lies, and the file.
    FilePath(Box<media::Fetching>),
    FileGot(Box<media::Fetching>),
    /// Something whose end nobody waits for.
    Aside,
}

impl Part for Telegram {
    fn committed(&mut self) {
        self.lines.committed();
        self.calls.committed();
        self.people.photos.committed();
    }

    fn undo(&mut self) {
        self.lines.undo();
        self.calls.undo();
        self.people.photos.undo();
    }

    fn deadline(&self) -> Option<Duration> {
        Part::deadline(&self.lines)
    }

    fn postpone(&mut self, until: Duration) {
        Part::postpone(&mut self.lines, until);
    }
}

impl Channel for Telegram {
    fn has(&self, address: &BareJid) -> bool {
        address.channel() == Some("tg")
    }

    fn label(&self) -> Label {
        Label { name: "Telegram", short: "TG" }
    }

    fn kind_of(&self, _core: &Core, _bot: BotId, address: &BareJid) -> Option<ConversationKind> {
        address::Place::of(address).map(address::Place::kind)
    }

    fn name_of(&self, core: &Core, bot: BotId, address: &BareJid) -> Result<Option<String>, store::Error> {
        let chat = core.batch.store.find_telegram_chat(bot, address)?;
        Ok(chat.map(|chat| chat.title).filter(|title| !title.is_empty()))
    }

    fn account_for(&self, bot: &Bot) -> Result<Option<AccountId>, Failure> {
        let line = self.lines.get(&bot.row.id).ok_or_else(not_set_up)?;
        match &line.row.trouble {
            _ if !line.row.is_enabled => Err(Failure::NotEnabled("Telegram is switched off for this bot".to_string())),
            Some(why) => {
                let why = format!("Telegram does not take the bot's token: {why}");
                Err(Failure::Remote { what: "telegram_error", why })
            }
            None => Ok(None),
        }
    }

    fn say(&mut self, core: &mut Core, sender: Sender, new: &NewMessage, id: &str) -> Result<Option<bool>, Trouble> {
        self.say_text(core, sender.bot, new, id).map(|()| Some(false))
    }

    fn takes_files(&self) -> Option<u64> {
        Some(limits::TELEGRAM_UPLOAD_BYTES_MAX)
    }

    fn fetch(
        &mut self,
        core: &mut Core,
        bot: BotId,
        file: &SaidFile,
        target: (&Arc<SpoolFile>, i64),
    ) -> Result<(), Trouble> {
        self.fetch_file(core, bot, file, target)
    }

    fn say_file(
        &mut self,
        core: &mut Core,
        sender: Sender,
        what: (&NewMessage, &NewFile),
        name: (&str, i64),
    ) -> Result<(), Trouble> {
        let ((new, file), (id, carry)) = (what, name);
        let files = [(file.clone(), id.to_string(), carry)];
        self.say_carried(core, sender.bot, &Album { new, files: &files })
    }

    fn has_albums(&self) -> bool {
        true
    }

    fn say_album(&mut self, core: &mut Core, sender: Sender, album: &Album<'_>) -> Result<(), Trouble> {
        self.say_several(core, sender.bot, album)
    }

    fn act(&mut self, core: &mut Core, sender: Sender, act: &NewAction, id: &str) -> Result<Option<bool>, Trouble> {
        self.do_action(core, sender.bot, act, id).map(|()| Some(false))
    }

    fn answer_press(
        &mut self,
        core: &mut Core,
        sender: Sender,
        answer: &PressAnswer,
        _id: &str,
    ) -> Result<Option<bool>, Trouble> {
        self.answer_one(core, sender.bot, answer);
        Ok(None)
    }

    fn show(&mut self, core: &mut Core, sender: Sender, doing: &Doing<'_>) -> Result<(), Failure> {
        self.show_doing(core, sender.bot, doing)
    }

    fn shows_pieces(&self, _core: &Core, sender: Sender, to: &Jid) -> bool {
        self.may_draft(sender.bot, to)
    }

    fn show_piece(&mut self, core: &mut Core, sender: Sender, to: &Jid, piece: &Piece<'_>) {
        self.show_draft(core, sender.bot, to, piece);
    }

    fn hear(&mut self, core: &mut Core, bot: BotId, chat: &BareJid, hearing: Hearing) -> Result<(), Trouble> {
        address::Place::to(&chat.to_jid())?;
        match hearing {
            Hearing::On => {
                core.batch.store.store_heard(bot, chat)?;
                // Who is heard is offered commands.
                core.signal(Signal::CommandsChanged(bot));
            }
            Hearing::Off => core.batch.store.delete_heard(bot, chat)?,
        }
        let heard = core.batch.store.list_heard(bot)?;
        if let Some(bot) = core.batch.bots.get_mut(&bot) {
            bot.heard = heard;
        }
        Ok(())
    }

    fn offers(&self, core: &Core, bot: BotId) -> Result<Vec<OfferedChat>, store::Error> {
        setup::offers(core, bot)
    }

    fn connection(
        &mut self,
        core: &mut Core,
        asked: (BotId, &Asker),
        question: &TelegramQuestion,
    ) -> Result<Option<Verdict>, Trouble> {
        self.on_question(core, asked, question).map(Some)
    }

    fn moderate(&mut self, core: &mut Core, asked: (BotId, &Asker), order: &Order) -> Result<Verdict, Trouble> {
        self.moderate_chat(core, asked, order)
    }

    fn own_name(&self, bot: BotId) -> Option<&str> {
        self.lines.get(&bot).map(|line| line.row.username.as_str())
    }

    fn ping(&mut self, core: &mut Core, (bot, place, message_id): (BotId, &BareJid, &str)) -> Result<bool, Trouble> {
        let place = address::Place::to(&place.to_jid())?;
        self.pong(core, bot, (place, message_id)).map(|()| true)
    }

    fn offer(&mut self, core: &mut Core, bot: BotId, commands: &[(String, String)]) -> Result<(), store::Error> {
        tolerated(self.offer_commands(core, bot, commands)).map(drop)
    }

    fn retry(&mut self, core: &mut Core, bot: BotId) -> Result<usize, store::Error> {
        self.send_doubtful(core, bot)
    }

    fn reload(&mut self, core: &mut Core) -> Result<(), store::Error> {
        if std::mem::replace(&mut self.is_begun, true) {
            return Ok(());
        }
        let now = core.batch.now.mono;
        for row in core.batch.store.list_telegram_bots()? {
            self.lines.insert(row.bot, Arc::new(Line::new(row, now)));
        }
        // Their files begin anew.
        core.batch.store.delete_waiting_files(media::FILE)?;
        for (id, bot, chat, state) in core.batch.store.list_outgoing()? {
            let Some(line) = self.lines.get_mut(&bot).map(Arc::make_mut) else { continue };
            match state {
                OutgoingState::Waiting => line.lane(chat).waiting.push_back(id),
                OutgoingState::UnderWay => {
                    // A file that may have arrived is not sent again.
                    if let Some(row) = core.batch.store.find_outgoing(id)? {
                        media::ids_of(&row).try_for_each(|said| core.forget_carry(bot, said))?;
                    }
                    self.interrupted.push(id);
                }
                OutgoingState::InDoubt => line.in_doubt.push(id),
            }
        }
        let bots: Vec<BotId> = self.lines.keys().copied().collect();
        for bot in bots {
            // Another version or language may have other commands; those that are the same are not sent.
            if core.batch.bots.get(&bot).is_some_and(|bot| !bot.heard.is_empty()) {
                core.signal(Signal::CommandsChanged(bot));
            }
            self.refresh(core, bot)?;
        }
        Ok(())
    }

    fn on(&mut self, core: &mut Core, signal: &Signal) -> Result<(), store::Error> {
        match signal {
            Signal::OrderChanged(bot, chat) => match address::Place::of(chat) {
                Some(place) => tolerated(self.on_order(core, *bot, place.chat)).map(drop),
                None => Ok(()),
            },
            Signal::BotChanged(bot) if self.lines.contains_key(bot) => self.refresh(core, *bot),
            Signal::BotGoes(bot) if self.lines.contains_key(bot) => {
                self.let_go(core, *bot);
                Ok(())
            }
            Signal::Revoked(bot) if self.lines.contains_key(bot) => self.forget(core, *bot),
            _ => Ok(()),
        }
    }

    fn on_called(&mut self, core: &mut Core, tag: u64, called: &Called) -> Result<bool, store::Error> {
        let Some(about) = self.calls.end(tag) else {
            return tolerated(self.on_photo(core, tag, called)).map(Option::unwrap_or_default);
        };
        match about {
            CallFor::Poll(bot) => {
                self.on_polled(core, (bot, tag), called)?;
                self.refresh(core, bot)?;
            }
            CallFor::Send { bot, chat, row } => self.on_sent(core, (bot, chat, row), called)?,
            CallFor::Setup(setting) => self.on_set_up(core, tag, *setting, called)?,
            CallFor::Test(bot, asker) => self.on_tested(core, tag, (bot, &asker), called)?,
            CallFor::Draft(bot, chat) => self.on_draft(core, (bot, chat), called),
            CallFor::FilePath(fetching) => self.on_file_path(core, *fetching, called),
            CallFor::FileGot(fetching) => self.on_file_got(core, *fetching, called),
            CallFor::Aside => {}
        }
        Ok(true)
    }

    fn on_call_lost(&mut self, tag: u64) {
        let about = self.calls.open().find(|(open, _)| *open == tag).map(|(_, about)| about.clone());
        self.calls.forget(tag);
        self.people.photos.forget(tag);
        match about {
            Some(CallFor::Poll(bot)) => self.on_poll_lost(bot, tag, setup::LATER),
            // What became of it is not known any more: as after a restart.
            Some(CallFor::Send { bot, chat, row }) => {
                self.interrupted.push(row);
                if let Some(line) = self.lines.get_mut(&bot).map(Arc::make_mut) {
                    let lane = line.lane(chat);
                    lane.under_way = None;
                    lane.waiting.pop_front();
                }
            }
            _ => {}
        }
    }

    fn due(&mut self, core: &mut Core) -> Result<(), store::Error> {
        if core.is_stopping || self.lines.is_empty() {
            return Ok(());
        }
        if !self.interrupted.is_empty() {
            self.settle_interrupted(core)?;
        }
        let bots: Vec<BotId> = self.lines.keys().copied().collect();
        for bot in bots {
            self.listen(core, bot)?;
            self.feed(core, bot)?;
            self.answer_presses(core, bot);
        }
        Ok(())
    }

    fn metrics(&self, batch: &Batch) -> Vec<Metric> {
        self.numbers(batch)
    }

    fn stop(&mut self, batch: &mut Batch) {
        let bots: Vec<BotId> = self.lines.keys().copied().collect();
        for bot in bots {
            let Some(line) = self.line(bot) else { continue };
            line.is_live = false;
            if let PollState::Asked { tag, .. } = std::mem::replace(&mut line.poll.state, PollState::Off) {
                self.calls.drop_call(batch, tag);
            }
        }
    }

    fn answer(&mut self, core: &mut Core, bot: BotId, to: &BareJid, text: &str) -> Result<(), store::Error> {
        let said = match core.speaking_bot(bot).map(|bot| self.account_for(bot)) {
            Ok(Ok(_)) => {
                let id = core.batch.new_message_id()?;
                self.say_text(core, bot, &NewMessage::text(&to.to_jid(), Kind::Chat, text), &id)
            }
            Ok(Err(failure)) => Err(failure.into()),
            Err(trouble) => Err(trouble),
        };
        match said {
            Err(Trouble::Store(error)) => Err(error),
            Err(Trouble::Failure(failure)) => {
                log::warn!("bot {bot}: an answer to {to} was not sent: {failure}");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }
}

impl Telegram {
    /// What is known of a connected bot, for a change that is undone with the batch.
    fn line(&mut self, bot: BotId) -> Option<&mut Line> {
        if !self.lines.contains_key(&bot) {
            return None;
        }
        self.lines.change().get_mut(&bot).map(Arc::make_mut)
    }

    fn count_failure(&mut self, reason: &Reason) {
        *self.failures.entry(done::symbol(reason)).or_default() += 1;
    }

    /// A bot's owner is told something of its connection: by the bot where it has a chat of its own, else by the manager.
    fn tell_owner(
        &mut self,
        core: &mut Core,
        bot: BotId,
        text: &Text,
        values: &[(&str, &str)],
    ) -> Result<(), store::Error> {
        let Some(known) = core.batch.bots.get(&bot) else { return Ok(()) };
        let (name, id) = (known.row.name.clone(), bot.to_string());
        let values: Vec<(&str, &str)> =
            values.iter().copied().chain([("name", name.as_str()), ("id", id.as_str())]).collect();
        let text = text.fill(core.batch.setup.settings.language, &values);
        core.tell_owner_of(bot, &text);
        Ok(())
    }

    fn numbers(&self, batch: &Batch) -> Vec<Metric> {
        let now = batch.now.mono;
        let states = [
            TelegramState::Off,
            TelegramState::Idle,
            TelegramState::Listening,
            TelegramState::Retrying,
            TelegramState::Deaf,
            TelegramState::Conflict,
            TelegramState::Refused,
        ];
        let bots = states.into_iter().map(|state| {
            let count = self.lines.values().filter(|line| line.state(now) == state).count();
            (labels(&[("state", state.as_str())]), count as f64)
        });
        let sum = |of: &dyn Fn(&Line) -> usize| self.lines.values().map(|line| of(line)).sum::<usize>() as f64;
        let failures = self.failures.iter().map(|(why, count)| (labels(&[("reason", why)]), *count as f64));
        vec![
            Metric::labelled(
                MetricKind::Gauge,
                ("telegram_bots", "Bots that are connected to Telegram, by how they fare."),
                bots,
            ),
            Metric::counter("telegram_polls_total", "Long polls of Telegram that are over.", self.polls as f64),
            Metric::counter(
                "telegram_polls_lost_total",
                "Polls of which nothing was heard in time; another was made.",
                self.lost_polls as f64,
            ),
            Metric::labelled(
                MetricKind::Counter,
                ("telegram_failures_total", "Calls to Telegram that did not succeed."),
                failures,
            ),
            Metric::gauge("telegram_outbox_depth", "What waits for Telegram.", sum(&Line::waiting)),
            Metric::gauge(
                "telegram_in_doubt",
                "What went to Telegram and was never answered.",
                sum(&|line| line.in_doubt.len()),
            ),
        ]
    }
}

/// Where a bot's calls go, and how far they may.
fn api(row: &TelegramRow) -> TelegramApi {
    let reach = if row.is_confined { Reach::PublicOnly } else { Reach::Any };
    TelegramApi { base: row.api_url.clone(), token: row.token.clone(), reach }
}

/// A call of the Bot API.
fn call(row: &TelegramRow, method: &str, body: String) -> HttpCall {
    api(row).call(method, body)
}

/// What cannot be put into the queue is worth a line in the log.
fn tolerated<T>(done: Result<T, Trouble>) -> Result<Option<T>, store::Error> {
    match done {
        Ok(value) => Ok(Some(value)),
        Err(Trouble::Store(error)) => Err(error),
        Err(Trouble::Failure(failure)) => {
            log::warn!("Telegram: {failure}");
            Ok(None)
        }
    }
}

fn not_set_up() -> Failure {
    Failure::NotConfigured(format!("Telegram is not set up for this bot; {SET_UP_TELEGRAM} does it"))
}
