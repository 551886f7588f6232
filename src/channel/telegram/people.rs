//! People in linked chats: who was seen there, what is done by itself with what they say, who is welcomed, and which commands
//! they are offered. The rules are in `core::bridge::moderation`; here is what Telegram knows of people.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use super::Telegram;
use super::address::Place;
use super::moderating::{Request, request_for, span_text};
use super::notes::{Judged as Sentenced, Note};
use super::outbox::Outgoing;
use super::photo::Photos;
use crate::base::id::{BotId, LinkId};
use crate::base::json::{Fields, Object, array};
use crate::base::{crypto, limits, text};
use crate::core::batch::Trouble;
use crate::core::bridge::moderation::{self, Judged, Offence, fill, judge};
use crate::core::deed::Deed;
use crate::core::texts::people;
use crate::core::{Core, Signal, TakenBack};
use crate::remote::telegram::{ChatKind, Happening, Message, Person};
use crate::store::row::{LinkRow, MemberRow};

/// Telegram itself, when it speaks in a group in the name of a channel that belongs to it.
const SERVICE: i64 = 777_000;
/// An administrator who does not say who he is.
const ANONYMOUS: i64 = 1_087_968_824;
/// What somebody said that is not wanted, of whom it is not known yet whether he keeps order there himself.
const HELD_MAX: usize = 100;

/// What is kept in memory of people.
#[derive(Default)]
pub(crate) struct People {
    /// Who keeps order in chats, and when that was heard (monotonic).
    administrators: HashMap<(BotId, i64), (Duration, Vec<i64>)>,
    /// Chats of which that is asked, since when.
    asked: HashMap<(BotId, i64), Duration>,
    held: VecDeque<Held>,
    /// Pictures of chats on their way.
    pub(super) photos: Photos,
}

/// Something that is not wanted.
#[derive(Clone, Debug)]
struct Held {
    bot: BotId,
    chat: i64,
    number: i64,
    link: LinkRow,
    who: String,
    person: i64,
    offence: Offence,
}

/// Whether somebody keeps order himself.
enum Standing {
    Administrator,
    Member,
    Unknown,
}

impl Telegram {
    /// Looks at what was said in a chat, before anybody is told; says whether nobody is to be told, as it is not wanted.
    pub(super) fn judge_said(
        &mut self,
        core: &mut Core,
        bot: BotId,
        (message, is_edit): (&Message, bool),
    ) -> Result<bool, Trouble> {
        let place = Place { chat: message.chat.id, thread: message.thread }.address();
        let Some(link) = core.bridge.with_chat(bot, &place).filter(|link| link.is_enabled).cloned() else {
            return Ok(false);
        };
        if message.chat.kind != ChatKind::Group {
            return Ok(false);
        }
        self.note_members(core, bot, &link, message)?;
        let order = core.batch.order_of(link.id)?;
        let Some(person) = message.from.as_ref().filter(|_| order.is_on && message.happening.is_none()) else {
            return Ok(false);
        };
        let chat = message.chat.id;
        let is_ours = person.is_bot || matches!(person.id, SERVICE | ANONYMOUS);
        let is_the_chat = message.by_chat.as_ref().is_some_and(|by| by.id == chat);
        if is_ours || is_the_chat {
            return Ok(false);
        }
        self.know_administrators(core, bot, chat)?;
        let said = Judged {
            link: link.id,
            person: person.id,
            text: &message.text,
            has_address: has_address(&message.entities),
            number: (!is_edit).then_some(message.number),
        };
        let filters = core.batch.filters_of(link.id)?;
        let now = core.batch.now;
        let Some(offence) = judge(&order, &filters, &mut core.bridge.counted.flood, &said, now) else {
            return Ok(false);
        };
        let (who, number, person) = (shown(person), message.number, person.id);
        let held = Held { bot, chat, number, link, who, person, offence };
        match self.standing(bot, chat, person, now.mono) {
            Standing::Administrator => Ok(false),
            Standing::Member => {
                self.sentence(core, &held)?;
                if is_edit {
                    // What it said before was passed on.
                    let (peer, message_id) = (place.to_string(), format!("{chat}:{number}"));
                    core.signal(Signal::TakenBack(bot, TakenBack { peer, message_id, nick: None, is_replaced: false }));
                }
                Ok(true)
            }
            // Nothing is lost: it is told, and judged as soon as that is known.
            Standing::Unknown => {
                if self.people.held.len() >= HELD_MAX {
                    self.people.held.pop_front();
                }
                self.people.held.push_back(held);
                Ok(false)
            }
        }
    }

    /// Who was seen, who came and who went.
    fn note_members(&mut self, core: &mut Core, bot: BotId, link: &LinkRow, message: &Message) -> Result<(), Trouble> {
        let seen_at = core.batch.now.unix();
        let see = |core: &mut Core, person: &Person| {
            let row =
                MemberRow { person: person.id, username: person.username.clone(), name: person.name.clone(), seen_at };
            core.batch.store.see_member(link.id, &row)
        };
        let is_person = |person: &&Person| !person.is_bot && person.id != SERVICE;
        if let Some(person) = message.from.as_ref().filter(is_person) {
            see(core, person)?;
        }
        match &message.happening {
            Some(Happening::Joined(all)) => {
                for person in all.iter().filter(is_person) {
                    see(core, person)?;
                    self.welcome(core, bot, link, (message, person))?;
                }
                Ok(())
            }
            Some(Happening::Left(person)) => Ok(core.batch.store.forget_member(link.id, person.id)?),
            _ => Ok(()),
        }
    }

    /// Somebody new is greeted, within bounds.
    fn welcome(
        &mut self,
        core: &mut Core,
        bot: BotId,
        link: &LinkRow,
        (message, person): (&Message, &Person),
    ) -> Result<(), Trouble> {
        let Some(words) = core.batch.order_of(link.id)?.welcome else { return Ok(()) };
        let now = core.batch.now;
        if !core.bridge.counted.admit_answer(link.id, now) {
            return Ok(());
        }
        let values = [("name", person.name.clone()), ("chat", message.chat.title.clone())];
        let body = Object::new().text("text", &fill(&words, &values));
        let place = Place { chat: message.chat.id, thread: message.thread };
        self.say_plainly(core, (bot, place, None), body, &Note::Nothing)
    }

    /// Says a text in a chat that is passed on to nobody.
    fn say_plainly(
        &mut self,
        core: &mut Core,
        (bot, place, about): (BotId, Place, Option<&str>),
        body: Object,
        note: &Note,
    ) -> Result<(), Trouble> {
        let (message_id, note) = (core.batch.new_message_id()?, note.write());
        let (method, fields, note) = ("sendMessage", body.members().to_string(), Some(note.as_str()));
        self.put(core, bot, Outgoing { place, message_id: &message_id, part: 0, method, about, fields, note })
    }

    /// Answers `/ping`: what it took is added when it is known.
    pub(super) fn pong(&mut self, core: &mut Core, bot: BotId, asked: (Place, &str)) -> Result<(), Trouble> {
        let begun = u64::try_from(core.batch.now.mono.as_millis()).unwrap_or(0);
        let body = Object::new().text("text", "pong");
        self.say_plainly(core, (bot, asked.0, Some(asked.1)), body, &Note::Ping(begun))
    }

    // --- who keeps order ---

    /// Has the list of administrators fetched, where it is not known or old.
    fn know_administrators(&mut self, core: &mut Core, bot: BotId, chat: i64) -> Result<(), Trouble> {
        let (key, now) = ((bot, chat), core.batch.now.mono);
        let is_fresh = |(at, _): &(Duration, Vec<i64>)| now < *at + limits::ADMINISTRATORS_FRESH;
        let is_asked = self.people.asked.get(&key).is_some_and(|at| now < *at + limits::FLOOD_WINDOW);
        if is_asked || self.people.administrators.get(&key).is_some_and(is_fresh) {
            return Ok(());
        }
        self.people.asked.insert(key, now);
        self.request(core, key, ("getChatAdministrators", Object::new()), &Note::Administrators)
    }

    /// An old list counts until there is a new one.
    fn standing(&self, bot: BotId, chat: i64, person: i64, _now: Duration) -> Standing {
        match self.people.administrators.get(&(bot, chat)) {
            Some((_, all)) if all.contains(&person) => Standing::Administrator,
            Some(_) => Standing::Member,
            None => Standing::Unknown,
        }
    }

    /// Order is kept otherwise in a chat: who keeps it should be known before somebody speaks.
    pub(super) fn on_order(&mut self, core: &mut Core, bot: BotId, chat: i64) -> Result<(), Trouble> {
        let place = Place { chat, thread: None }.address();
        let link = core.bridge.with_chat(bot, &place).map(|link| link.id);
        match link {
            Some(link) if core.batch.order_of(link)?.is_on && chat < 0 => self.know_administrators(core, bot, chat),
            _ => Ok(()),
        }
    }

    fn on_administrators(
        &mut self,
        core: &mut Core,
        key: (BotId, i64),
        outcome: Result<&Fields, &str>,
    ) -> Result<(), Trouble> {
        self.people.asked.remove(&key);
        let Ok(list) = outcome else { return Ok(()) };
        let all = list.need_objects("result").unwrap_or_default();
        let ids = all.iter().filter_map(|one| one.number_at(&["user", "id"])).collect();
        self.people.administrators.insert(key, (core.batch.now.mono, ids));
        let (due, rest) =
            std::mem::take(&mut self.people.held).into_iter().partition(|held| (held.bot, held.chat) == key);
        self.people.held = rest;
        let due: VecDeque<Held> = due;
        for held in due {
            if matches!(self.standing(held.bot, held.chat, held.person, Duration::ZERO), Standing::Member) {
                self.sentence(core, &held)?;
            }
        }
        Ok(())
    }

    // --- what is not wanted ---

    /// First it goes; what becomes of its author follows when it is gone.
    fn sentence(&mut self, core: &mut Core, held: &Held) -> Result<(), Trouble> {
        let language = core.batch.setup.settings.language;
        let why = match &held.offence {
            Offence::Words(filter) => people::WHY_WORDS.fill(language, &[("filter", filter)]),
            Offence::Address => people::WHY_ADDRESS.fill(language, &[]),
            Offence::Flood(most) => people::WHY_FLOOD.fill(language, &[("count", &most.to_string())]),
        };
        let note = Note::Judged(Sentenced {
            step: "delete".to_string(),
            link: held.link.id.0,
            person: held.person,
            who: held.who.clone(),
            why,
        });
        let body = Object::new().number("message_id", held.number);
        self.request(core, (held.bot, held.chat), ("deleteMessage", body), &note)
    }

    fn on_sentenced(
        &mut self,
        core: &mut Core,
        (bot, chat): (BotId, i64),
        judged: &Sentenced,
        outcome: Result<&Fields, &str>,
    ) -> Result<(), Trouble> {
        let link = LinkId(judged.link);
        let order = core.batch.order_of(link)?;
        let next = |this: &mut Telegram, core: &mut Core, step: &str, request: Request| {
            let note = Note::Judged(Sentenced { step: step.to_string(), ..judged.clone() });
            this.request(core, (bot, chat), request, &note)
        };
        if judged.step == "delete" && order.is_on {
            let deed = moderation::sentence(&order, judged.person);
            if let Some((deed, request)) =
                deed.and_then(|deed| Some((deed.clone(), request_for(&deed, core.batch.now)?)))
            {
                let step = match deed {
                    Deed::Mute(..) => "mute",
                    Deed::Kick(_) => "kick",
                    _ => "ban",
                };
                return next(self, core, step, request);
            }
        }
        if judged.step == "kick"
            && outcome.is_ok()
            && let Some(request) = request_for(&Deed::Unban(judged.person), core.batch.now)
        {
            next(self, core, "kicked", request)?;
        }
        if judged.step == "kicked" {
            return Ok(());
        }
        let why = outcome.err();
        let result = why.map_or("ok", |_| "refused");
        let details = format!("chat=tg:{chat} person={} action={} result={result}", judged.person, judged.step);
        core.batch.audit(Some(bot), "automod", &details)?;
        report(core, bot, link, (judged, order.seconds), why);
        Ok(())
    }

    // --- commands ---

    /// Offers commands to who types there, where they are others than those offered last.
    pub(super) fn offer_commands(
        &mut self,
        core: &mut Core,
        bot: BotId,
        commands: &[(String, String)],
    ) -> Result<(), Trouble> {
        let Some(user_id) = self.lines.get(&bot).map(|line| line.row.user_id) else { return Ok(()) };
        // Commands are answered in linked chats only.
        if !core.bridge.links(bot).iter().any(|link| link.is_enabled) {
            return Ok(());
        }
        let is_name = |name: &str| {
            (1..=32).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        };
        let one = |(name, description): &(String, String)| {
            let first = description.lines().next().unwrap_or_default().trim();
            let words = if first.is_empty() { name.as_str() } else { first };
            let words: String = words.chars().take(limits::TELEGRAM_COMMAND_CHARS).collect();
            Object::new().text("command", name).text("description", &words).end()
        };
        let fitting = commands.iter().filter(|(name, _)| is_name(name)).take(limits::TELEGRAM_COMMANDS_MAX);
        let list = array(fitting.map(one));
        let hash = text::hex(&crypto::sha256(format!("{user_id} {list}").as_bytes())[..8]);
        if core.batch.store.setting(&commands_key(bot))?.as_deref() == Some(&hash) {
            return Ok(());
        }
        let body = Object::new().raw("commands", &list);
        self.request(core, (bot, 0), ("setMyCommands", body), &Note::Commands(hash))
    }

    // --- what came of it ---

    /// A call that somebody put there is done, or was refused.
    pub(super) fn people_called(
        &mut self,
        core: &mut Core,
        (bot, chat): (BotId, i64),
        note: &str,
        outcome: Result<&Fields, &str>,
    ) -> Result<(), Trouble> {
        match Note::read(note) {
            Note::Wish(wish) => self.on_wished(core, (bot, chat), &wish, outcome),
            Note::Judged(judged) => self.on_sentenced(core, (bot, chat), &judged, outcome),
            Note::Administrators => self.on_administrators(core, (bot, chat), outcome),
            Note::Commands(hash) if outcome.is_ok() => Ok(core.batch.store.store_setting(&commands_key(bot), &hash)?),
            Note::Ping(begun) => self.on_pong(core, (bot, chat), begun, outcome),
            Note::Commands(_) | Note::Nothing => Ok(()),
        }
    }

    fn on_pong(
        &mut self,
        core: &mut Core,
        (bot, chat): (BotId, i64),
        begun: u64,
        outcome: Result<&Fields, &str>,
    ) -> Result<(), Trouble> {
        let now = u64::try_from(core.batch.now.mono.as_millis()).unwrap_or(0);
        let (Some(took), Ok(sent)) = (now.checked_sub(begun), outcome) else { return Ok(()) };
        let Some(number) = sent.number("message_id").ok().flatten() else { return Ok(()) };
        let text = people::PONG.fill(core.batch.setup.settings.language, &[("ms", &took.to_string())]);
        let body = Object::new().number("message_id", number).text("text", &text);
        self.request(core, (bot, chat), ("editMessageText", body), &Note::Nothing)
    }
}

fn commands_key(bot: BotId) -> String {
    format!("bot_{bot}_tg_commands")
}

/// How somebody is told of.
fn shown(person: &Person) -> String {
    match &person.username {
        Some(username) => format!("{} (@{username})", person.name),
        None => format!("{} ({})", person.name, person.id),
    }
}

/// Whether an entity is a web address, or leads to one.
fn has_address(entities: &[Fields]) -> bool {
    entities.iter().any(|entity| matches!(entity.text("type"), Ok(Some("url" | "text_link"))))
}

/// Tells the owner what was done by itself: not all of very much.
fn report(core: &mut Core, bot: BotId, link: LinkId, (judged, seconds): (&Sentenced, Option<i64>), why: Option<&str>) {
    let language = core.batch.setup.settings.language;
    let now = core.batch.now.mono;
    let chat = core.bridge.links(bot).iter().find(|row| row.id == link).map(|row| row.name().to_string());
    let chat = chat.unwrap_or_default();
    let Some(untold) = core.bridge.counted.reports.admit(link, now) else { return };
    let mut text = String::new();
    if untold > 0 {
        let count = untold.to_string();
        text += &people::REPORTS_UNTOLD.fill(language, &[("chat", &chat), ("count", &count)]);
        text.push('\n');
    }
    let span = span_text(core, seconds);
    let more = match (judged.step.as_str(), why) {
        (_, Some(_)) => String::new(),
        ("mute", _) => people::REPORT_MUTED.fill(language, &[("span", &span)]),
        ("kick", _) => people::REPORT_KICKED.fill(language, &[]),
        ("ban", _) => people::REPORT_BANNED.fill(language, &[("span", &span)]),
        _ => String::new(),
    };
    text += &match why {
        Some(refused) => {
            let values = [("word", judged.step.as_str()), ("who", &judged.who), ("chat", &chat), ("why", refused)];
            people::GROUP_REFUSED.fill(language, &values)
        }
        None => {
            let values = [("chat", chat.as_str()), ("who", &judged.who), ("why", &judged.why), ("more", &more)];
            people::REPORT.fill(language, &values)
        }
    };
    if core.bridge.counted.reports.is_full(link) {
        text.push('\n');
        text += &people::REPORTS_FULL.fill(language, &[("chat", &chat)]);
    }
    core.tell_owner_of(bot, &text);
}
