//! `/telegram kick|ban|…`: how a bot's owner keeps order in the chats that are linked, from here. Rules are in
//! `core::bridge::moderation`; here words are read and answers worded.

use std::fmt::Write;

use crate::base::id::BotId;
use crate::base::jid::BareJid;
use crate::base::remedy::Language;
use crate::base::span;
use crate::base::{limits, time};
use crate::core::batch::{Trouble, Verdict};
use crate::core::bridge::moderation::words::Filter;
use crate::core::calls::wait_for;
use crate::core::channel::Asker;
use crate::core::handle::{self, GroupAction, GroupModeration, Member, OrderQuestion, Question};
use crate::core::texts::{self, Text, chat, people};
use crate::core::{Core, Signal};
use crate::engine::Engine;
use crate::engine::command::split;
use crate::store::row::{LinkRow, OrderRow, OwnCommandRow};

type Answer = Result<String, Trouble>;

/// The words of this file, and what else they are called.
const WORDS: &[(&str, &[&str])] = &[
    ("kick", &["rauswerfen"]),
    ("ban", &["sperren"]),
    ("unban", &["entsperren"]),
    ("mute", &["stumm"]),
    ("unmute", &["laut"]),
    ("delete", &["löschen"]),
    ("pin", &["anpinnen"]),
    ("title", &["titel"]),
    ("photo", &["foto"]),
    ("members", &["mitglieder"]),
    ("filter", &[]),
    ("limit", &["grenze"]),
    ("welcome", &["willkommen", "begrüßung"]),
    ("automod", &[]),
    ("command", &["commands", "befehl", "befehle"]),
    ("ai", &["ki"]),
];

/// What owners write in their own words to have values put in.
const PLACES: &[(&str, &str)] = &[("n", "{name}"), ("c", "{chat}"), ("a", "{args}"), ("b", "{bot}")];

/// Whose chats are meant, and what he wrote.
struct Wish<'a> {
    bot: BotId,
    who: &'a BareJid,
    word: &'static str,
    /// The link that was named.
    link: Option<LinkRow>,
    rest: &'a str,
}

/// The word as it is called here; `None`: none of this file.
fn known(word: &str) -> Option<&'static str> {
    let word = word.to_lowercase();
    let (name, _) = WORDS.iter().find(|(name, aliases)| *name == word || aliases.contains(&word.as_str()))?;
    Some(name)
}

/// Whether something is said about a message by answering it: then its id stands where it is not said.
pub(in crate::engine) fn with_reply(body: &str, reply_to: Option<&str>) -> Option<String> {
    let id = reply_to?;
    let (command, rest) = split(body.trim().strip_prefix('/')?);
    let (word, rest) = split(rest);
    let name = known(word)?;
    if !command.eq_ignore_ascii_case("telegram") || rest.contains('#') {
        return None;
    }
    let is_named = rest.split_whitespace().any(|token| Member::read(token).is_some());
    match name {
        "pin" | "delete" if rest.is_empty() => Some(format!("/telegram {name} #{id}")),
        "kick" | "ban" | "unban" | "mute" | "unmute" if !is_named => Some(format!("/telegram {name} #{id} {rest}")),
        _ => None,
    }
}

/// The answer to `/telegram <word> <rest>`; `None`: no word of this file.
pub(in crate::engine) fn run(
    engine: &mut Engine,
    bot: BotId,
    who: &BareJid,
    word: &str,
    rest: &str,
) -> Result<Option<String>, Trouble> {
    let Some(word) = known(word) else { return Ok(None) };
    if engine.core.batch.bot(bot)?.row.owner != *who {
        return Ok(Some(engine.core.batch.words(&chat::CLEAR_REFUSED)));
    }
    let (first, after) = split(rest);
    // Numbers are people, but for those of groups, which are negative.
    let is_place =
        word != "command" && !first.is_empty() && !first.starts_with(['@', '#']) && first.parse::<u64>().is_err();
    let link = engine.core.bridge.named(bot, first).filter(|_| is_place).cloned();
    let rest = if link.is_some() { after } else { rest };
    let wish = Wish { bot, who, word, link, rest };
    let answer = match word {
        "kick" | "ban" | "unban" | "mute" | "unmute" | "delete" | "pin" | "title" | "photo" => moderate(engine, &wish),
        "members" => members(engine, &wish),
        "filter" => filter(engine, &wish),
        "command" => command(engine, &wish),
        _ => settings(engine, &wish),
    };
    answer.map(Some)
}

/// The same by a bot's program.
pub(in crate::engine) fn ask(engine: &mut Engine, bot: BotId, question: &Question) -> Result<Verdict, Trouble> {
    match question {
        Question::ModerateRoom(wish) => engine.channels.xmpp.moderate(&mut engine.core, bot, wish, None).map(wait_for),
        Question::Order(OrderQuestion::Moderate(wish)) => engine.context().moderate(bot, wish, &Asker::Program),
        Question::Order(OrderQuestion::Members(chat)) => {
            let link = engine.core.link_of(bot, chat.as_deref())?;
            let members = engine.core.list_members(&link, usize::MAX)?;
            Ok(Verdict::Outcome(Ok(handle::Answer::Members(members))))
        }
        _ => Ok(Verdict::Nothing),
    }
}

impl Wish<'_> {
    fn usage(&self, core: &Core, arguments: &Text) -> Answer {
        let language = core.batch.setup.settings.language;
        let (command, arguments) = (format!("/telegram {}", self.word), arguments.fill(language, PLACES));
        Ok(texts::USAGE.fill(language, &[("command", &command), ("arguments", &arguments)]))
    }

    /// The link that is meant.
    fn link(&self, core: &Core) -> Result<LinkRow, Trouble> {
        Ok(match &self.link {
            Some(link) => link.clone(),
            None => core.link_of(self.bot, None)?,
        })
    }
}

// --- what a moderator does ---

fn moderate(engine: &mut Engine, wish: &Wish<'_>) -> Answer {
    let action = match read(wish.word, wish.rest) {
        Ok(action) => action,
        Err(Unclear::Span) => return Ok(span_wrong(engine.core.batch.setup.settings.language)),
        Err(Unclear::Usage(arguments)) => return wish.usage(&engine.core, arguments),
    };
    let chat = wish.link.as_ref().map(|link| link.there.to_string());
    let asked = GroupModeration { chat, action };
    engine.context().moderate(wish.bot, &asked, &Asker::Chat(wish.who.clone()))?;
    Ok(engine.core.batch.words(&people::GROUP_ASKED))
}

/// What is unclear about a command.
enum Unclear {
    Span,
    Usage(&'static Text),
}

fn read(word: &str, rest: &str) -> Result<GroupAction, Unclear> {
    let (first, after) = split(rest);
    let id = first.strip_prefix('#').unwrap_or(first);
    match word {
        "title" if !rest.is_empty() => return Ok(GroupAction::Title(rest.to_string())),
        "photo" if !rest.is_empty() && after.is_empty() => return Ok(GroupAction::Photo(rest.to_string())),
        "title" => return Err(Unclear::Usage(&people::GROUP_TITLE)),
        "photo" => return Err(Unclear::Usage(&people::GROUP_PHOTO)),
        "pin" | "delete" if id.is_empty() => return Err(Unclear::Usage(&people::GROUP_MESSAGE)),
        "pin" => return Ok(GroupAction::Pin(id.to_string())),
        "delete" => return Ok(GroupAction::Delete(id.to_string())),
        _ => {}
    }
    let is_timed = matches!(word, "ban" | "mute");
    let arguments = if is_timed { &people::GROUP_WHO_LONG } else { &people::GROUP_WHO };
    let member = Member::read(first).ok_or(Unclear::Usage(arguments))?;
    let seconds = match after {
        "" => None,
        after if is_timed => Some(span::read(after).ok_or(Unclear::Span)?),
        _ => return Err(Unclear::Usage(arguments)),
    };
    Ok(match word {
        "kick" => GroupAction::Kick(member),
        "ban" => GroupAction::Ban(member, seconds),
        "unban" => GroupAction::Unban(member),
        "mute" => GroupAction::Mute(member, seconds),
        _ => GroupAction::Unmute(member),
    })
}

fn span_wrong(language: Language) -> String {
    let (least, most) = (span::write(limits::SPAN_MIN_S), format!("{}d", limits::SPAN_MAX_S / 86_400));
    people::SPAN_WRONG.fill(language, &[("least", &least), ("most", &most)])
}

fn members(engine: &mut Engine, wish: &Wish<'_>) -> Answer {
    let language = engine.core.batch.setup.settings.language;
    let link = wish.link(&engine.core)?;
    let info = engine.core.list_members(&link, limits::MEMBERS_SHOWN_MAX)?;
    if info.members.is_empty() {
        return Ok(people::MEMBERS_NONE.fill(language, &[("chat", link.name())]));
    }
    let (seen, shown) = (info.seen.to_string(), info.members.len().to_string());
    let mut out = people::MEMBERS.fill(language, &[("chat", link.name()), ("seen", &seen), ("shown", &shown)]);
    for member in &info.members {
        let username = member.username.as_ref().map(|name| format!(" @{name}")).unwrap_or_default();
        let day = time::to_rfc3339(member.seen_at.saturating_mul(1_000));
        let _ = write!(out, "\n{}{username} ({}), {}", member.name, member.id, day.get(..10).unwrap_or_default());
    }
    Ok(out)
}

// --- what is done by itself ---

fn filter(engine: &mut Engine, wish: &Wish<'_>) -> Answer {
    let language = engine.core.batch.setup.settings.language;
    let link = wish.link(&engine.core)?;
    let (word, text) = split(wish.rest);
    let values = |text: &str| [("filter", text.to_string()), ("chat", link.name().to_string())];
    let fill = |answer: &Text, text: &str| {
        let values = values(text);
        Ok(answer.fill(language, &values.each_ref().map(|(name, value)| (*name, value.as_str()))))
    };
    let store = &mut engine.core.batch.store;
    match (word.to_lowercase().as_str(), text) {
        ("" | "list" | "liste", "") => {
            let all = store.list_filters(link.id)?;
            if all.is_empty() { fill(&people::FILTERS_NONE, "") } else { fill(&people::FILTERS, &all.join("\n")) }
        }
        ("add" | "neu", text) if !text.is_empty() => {
            let Some(filter) = Filter::read(text) else { return fill(&people::FILTER_WRONG, "") };
            if store.list_filters(link.id)?.len() >= limits::FILTERS_MAX {
                let max = limits::FILTERS_MAX.to_string();
                return Ok(people::FILTERS_FULL.fill(language, &[("max", &max)]));
            }
            store.insert_filter(link.id, &filter.text)?;
            let is_on = engine.core.batch.order_of(link.id)?.is_on;
            fill(if is_on { &people::FILTER_ADDED } else { &people::FILTER_ADDED_OFF }, &filter.text)
        }
        ("remove" | "weg", text) if !text.is_empty() => {
            let was_there = store.delete_filter(link.id, text)?;
            fill(if was_there { &people::FILTER_REMOVED } else { &people::FILTER_UNKNOWN }, text)
        }
        _ => wish.usage(&engine.core, &people::FILTER_ARGUMENTS),
    }
}

/// `limit`, `welcome`, `automod`, `ai`: how it is, or how it is to be.
fn settings(engine: &mut Engine, wish: &Wish<'_>) -> Answer {
    let link = wish.link(&engine.core)?;
    let mut order = engine.core.batch.order_of(link.id)?;
    match change(wish.word, wish.rest, &mut order) {
        Some(Change::None) => {}
        Some(Change::Made) => {
            engine.core.batch.store.store_link_order(link.id, &order)?;
            let details = format!("chat={} {}={}", link.there, wish.word, order.told(wish.word));
            engine.core.batch.audit(Some(wish.bot), "order_set", &details)?;
            engine.core.signal(Signal::OrderChanged(wish.bot, link.there.clone()));
        }
        Some(Change::WrongSpan) => return Ok(span_wrong(engine.core.batch.setup.settings.language)),
        None => return wish.usage(&engine.core, usage_of(wish.word)),
    }
    Ok(state(engine, &link, &order))
}

enum Change {
    None,
    Made,
    WrongSpan,
}

fn usage_of(word: &str) -> &'static Text {
    match word {
        "limit" => &people::LIMIT_ARGUMENTS,
        "welcome" => &people::WELCOME_ARGUMENTS,
        "ai" => &people::AI_ARGUMENTS,
        _ => &people::AUTOMOD_ARGUMENTS,
    }
}

/// `None`: not understood.
fn change(word: &str, rest: &str, order: &mut OrderRow) -> Option<Change> {
    let off = |text: &str| matches!(text, "off" | "aus");
    let on = |text: &str| matches!(text, "on" | "an");
    let lower = rest.to_lowercase();
    let (first, after) = split(&lower);
    if rest.is_empty() {
        return Some(Change::None);
    }
    match word {
        "limit" if off(&lower) => order.per_minute = None,
        "limit" => {
            let number = lower.parse().ok().filter(|number| (1..=limits::FLOOD_MAX).contains(number))?;
            order.per_minute = Some(i64::from(number));
        }
        "welcome" if off(&lower) => order.welcome = None,
        "welcome" if rest.len() > limits::WELCOME_BYTES_MAX => return None,
        "welcome" => order.welcome = Some(rest.to_string()),
        "ai" => {
            order.ai = match lower.as_str() {
                "off" | "aus" => "off",
                "on" | "an" | "mention" => "on",
                "always" | "immer" => "always",
                _ => return None,
            }
            .to_string();
        }
        _ if on(&lower) => order.is_on = true,
        _ if off(&lower) => order.is_on = false,
        _ if first == "links" && on(after) => order.bars_links = true,
        _ if first == "links" && off(after) => order.bars_links = false,
        _ if matches!(first, "delete" | "mute" | "kick" | "ban") => {
            let is_timed = matches!(first, "mute" | "ban");
            order.seconds = match after {
                "" => None,
                after if is_timed => match span::read(after) {
                    Some(seconds) => Some(seconds),
                    None => return Some(Change::WrongSpan),
                },
                _ => return None,
            };
            order.action = first.to_string();
        }
        _ => return None,
    }
    Some(Change::Made)
}

impl OrderRow {
    /// For the audit log, where nobody's words belong.
    fn told(&self, word: &str) -> String {
        match word {
            "limit" => self.per_minute.map_or_else(|| "off".to_string(), |number| number.to_string()),
            "welcome" => if self.welcome.is_some() { "set" } else { "off" }.to_string(),
            "ai" => self.ai.clone(),
            _ => {
                let (is_on, action) = (if self.is_on { "on" } else { "off" }, &self.action);
                format!("{is_on} action={action} links={}", self.bars_links)
            }
        }
    }
}

/// How order is kept in a chat.
fn state(engine: &Engine, link: &LinkRow, order: &OrderRow) -> String {
    let language = engine.core.batch.setup.settings.language;
    let fill = |text: &Text| text.fill(language, &[]);
    let on_off = |is_on: bool| fill(if is_on { &people::ON } else { &people::OFF });
    let limit = order.per_minute.map_or_else(|| on_off(false), |number| number.to_string());
    let action = match (order.action.as_str(), order.seconds) {
        (action, Some(seconds)) => format!("{action} {}", span::write(seconds)),
        (action, None) => action.to_string(),
    };
    let ai = match order.ai.as_str() {
        "always" => fill(&people::AI_ALWAYS),
        "on" => fill(&people::AI_SPOKEN_TO),
        _ => on_off(false),
    };
    let welcome = order.welcome.clone().unwrap_or_else(|| on_off(false));
    let values = [
        ("chat", link.name()),
        ("automod", &on_off(order.is_on)),
        ("action", &action),
        ("links", &on_off(order.bars_links)),
        ("limit", &limit),
        ("welcome", &welcome),
        ("ai", &ai),
    ];
    people::ORDER.fill(language, &values)
}

// --- commands of their own ---

fn command(engine: &mut Engine, wish: &Wish<'_>) -> Answer {
    let language = engine.core.batch.setup.settings.language;
    let (word, rest) = split(wish.rest);
    let (name, text) = split(rest);
    let name = name.strip_prefix('/').unwrap_or(name).to_lowercase();
    let store = &mut engine.core.batch.store;
    match (word.to_lowercase().as_str(), name.as_str(), text) {
        ("" | "list" | "liste", "", "") => {
            let all = store.list_own_commands(wish.bot)?;
            if all.is_empty() {
                return Ok(people::COMMANDS_NONE.fill(language, PLACES));
            }
            let mut out = people::COMMANDS.fill(language, &[]);
            for row in all {
                let _ = write!(out, "\n/{}: {}", row.name, row.text);
            }
            return Ok(out);
        }
        ("add" | "neu", name, text) if !text.is_empty() => {
            let is_fine = (1..=32).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
            if !is_fine || text.len() > limits::WELCOME_BYTES_MAX {
                let max = limits::WELCOME_BYTES_MAX.to_string();
                return Ok(people::COMMAND_WRONG.fill(language, &[("max", &max)]));
            }
            let known = store.list_own_commands(wish.bot)?;
            if known.len() >= limits::OWN_COMMANDS_MAX && known.iter().all(|row| row.name != name) {
                let max = limits::OWN_COMMANDS_MAX.to_string();
                return Ok(people::COMMANDS_FULL.fill(language, &[("max", &max)]));
            }
            store.store_own_command(wish.bot, &OwnCommandRow { name: name.to_string(), text: text.to_string() })?;
        }
        ("remove" | "weg", name, "") if !name.is_empty() => {
            if !store.delete_own_command(wish.bot, name)? {
                return Ok(people::COMMAND_UNKNOWN.fill(language, &[("name", name)]));
            }
        }
        _ => return wish.usage(&engine.core, &people::COMMAND_ARGUMENTS),
    }
    engine.core.batch.audit(Some(wish.bot), "own_command", &format!("{word}={name}"))?;
    engine.core.signal(Signal::CommandsChanged(wish.bot));
    let done = if matches!(word.to_lowercase().as_str(), "remove" | "weg") {
        &people::COMMAND_REMOVED
    } else {
        &people::COMMAND_ADDED
    };
    Ok(done.fill(language, &[("name", &name)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whom_one_answers_is_meant() {
        let with = |body| with_reply(body, Some("m1"));
        assert_eq!(with("/telegram kick").as_deref(), Some("/telegram kick #m1 "));
        assert_eq!(with("/telegram ban 2h").as_deref(), Some("/telegram ban #m1 2h"));
        assert_eq!(with("/Telegram PIN").as_deref(), Some("/telegram pin #m1"));
        for body in ["/telegram kick @anna", "/telegram ban 77 2h", "/telegram title x", "/telegram", "kick", "/pin"] {
            assert_eq!(with(body), None, "{body}");
        }
        assert_eq!(with_reply("/telegram kick", None), None);
    }

    #[test]
    fn people_and_spans_are_read() {
        let action = |word, rest| read(word, rest).ok();
        let anna = || Member::Called("anna_b".to_string());
        assert_eq!(action("kick", "@anna_b"), Some(GroupAction::Kick(anna())));
        assert_eq!(action("ban", "@anna_b 2h"), Some(GroupAction::Ban(anna(), Some(7_200))));
        assert_eq!(action("mute", "77"), Some(GroupAction::Mute(Member::Number(77), None)));
        assert_eq!(action("unmute", "#m-1"), Some(GroupAction::Unmute(Member::AuthorOf("m-1".to_string()))));
        assert_eq!(action("pin", "12"), Some(GroupAction::Pin("12".to_string())));
        assert_eq!(action("title", "New  title"), Some(GroupAction::Title("New  title".to_string())));
        assert!(matches!(read("ban", "@anna 5"), Err(Unclear::Span)));
        for (word, rest) in [("kick", ""), ("kick", "anna"), ("kick", "@a 2h"), ("pin", ""), ("photo", "a b")] {
            assert!(matches!(read(word, rest), Err(Unclear::Usage(_))), "{word} {rest}");
        }
    }

    #[test]
    fn settings_are_read() {
        let mut order = OrderRow::default();
        let mut set = |word, rest| matches!(change(word, rest, &mut order), Some(Change::Made));
        assert!(set("automod", "ON") && set("automod", "links on") && set("automod", "ban 7d"));
        assert!(set("limit", "5") && set("welcome", "Hello {name}") && set("ai", "always"));
        assert!(!set("limit", "0") && !set("limit", "many") && !set("ai", "perhaps") && !set("automod", "kick 2h"));
        let expected = OrderRow {
            ai: "always".into(),
            is_on: true,
            action: "ban".into(),
            seconds: Some(604_800),
            per_minute: Some(5),
            bars_links: true,
            welcome: Some("Hello {name}".into()),
        };
        assert_eq!(order, expected);
        assert!(matches!(change("automod", "mute 3s", &mut order), Some(Change::WrongSpan)));
    }
}
