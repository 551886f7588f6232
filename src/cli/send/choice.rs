//! Which bot says it, where nobody has named one.

use std::time::Duration;

use crate::base::jid::BareJid;
use crate::base::json::{Fields, Object};
use crate::base::secret::Secret;
use crate::cli::args::{Asked, Sent};
use crate::cli::client::Client;
use crate::cli::{Exit, Failed, bot};
use crate::core::owner;

/// The bot that is made where there is none.
const NAME: &str = "Notices";

/// The token of the bot that says it.
pub(super) fn token(client: &mut Client, sent: &Sent) -> Result<Secret, Failed> {
    let bots = list(client)?;
    if let Some(named) = &sent.bot {
        return named_token(client, &bots, named);
    }
    let first = &sent.to[0];
    let able: Vec<&Fields> = bots.iter().filter(|bot| token_of(bot).is_some() && can_reach(bot, first)).collect();
    let is_called = |bot: &&Fields| text(bot, "name").eq_ignore_ascii_case(NAME);
    let is_theirs = |bot: &&Fields| text(bot, "account") == first.as_str();
    let theirs_called = only(&able, |bot| is_called(bot) && is_theirs(bot));
    let found = only(&able, |_| true).or(theirs_called).or(only(&able, is_called)).or(only(&able, is_theirs));
    match found.and_then(token_of) {
        Some(token) => Ok(token),
        None if able.is_empty() => make(client, sent, first),
        None => {
            let names: Vec<String> = able
                .iter()
                .map(|bot| format!("{} ({})", bot.number("id").ok().flatten().unwrap_or(0), text(bot, "name")))
                .collect();
            let text = format!("several bots could say it; choose one with --bot: {}", names.join(", "));
            Err(Failed::new(Exit::Failed, text))
        }
    }
}

/// The token of the bot that is named, or those of all that are switched on.
pub(super) fn tokens(client: &mut Client, bot: Option<&str>) -> Result<Vec<Secret>, Failed> {
    let bots = list(client)?;
    match bot {
        Some(named) => named_token(client, &bots, named).map(|token| vec![token]),
        None => Ok(bots.iter().filter_map(token_of).collect()),
    }
}

fn list(client: &mut Client) -> Result<Vec<Fields>, Failed> {
    let bots = client.get("/bot/list", &[], Duration::ZERO)?;
    bots.need_objects("bots").map_err(|wrong| Failed::new(Exit::Failed, wrong.to_string()))
}

fn named_token(client: &mut Client, bots: &[Fields], named: &str) -> Result<Secret, Failed> {
    let (id, name) = bot::find(client, named, None)?;
    let found = bots.iter().find(|bot| bot.number("id").ok().flatten() == Some(id));
    found.and_then(token_of).ok_or_else(|| {
        let text = format!("bot {id} ({name}) is off or has no token; `botmother bot token {id}` makes one");
        Failed::new(Exit::Failed, text)
    })
}

/// The token of the bot that asks, and its owner: the one that is named, else the only one that can reach whoever is asked.
pub(super) fn speaker(client: &mut Client, asked: &Asked) -> Result<(Secret, String), Failed> {
    let bots = list(client)?;
    let to = asked.to.as_deref().and_then(|to| BareJid::parse_any(to).ok());
    let named = asked.bot.as_deref().map(|named| bot::find(client, named, None)).transpose()?.map(|(id, _)| id);
    let is_it = |bot: &&Fields| match (named, &to) {
        (Some(id), _) => bot.number("id").ok().flatten() == Some(id),
        (None, Some(to)) => token_of(bot).is_some() && can_reach(bot, to),
        (None, None) => token_of(bot).is_some(),
    };
    let able: Vec<&Fields> = bots.iter().filter(is_it).collect();
    let found = match able[..] {
        [one] => one,
        [] => {
            return Err(Failed::new(Exit::Failed, "there is no bot that could ask; `botmother bot create` makes one"));
        }
        _ => return Err(Failed::new(Exit::Failed, "several bots could ask; choose one with --bot")),
    };
    let off = || Failed::new(Exit::Failed, "that bot is off or has no token; `botmother bot token` makes one");
    Ok((token_of(found).ok_or_else(off)?, text(found, "account").to_string()))
}

/// The one that is so, if only one is.
fn only<'a>(bots: &[&'a Fields], is_it: impl Fn(&&Fields) -> bool) -> Option<&'a Fields> {
    let mut found = bots.iter().filter(|bot| is_it(bot));
    found.next().filter(|_| found.next().is_none()).copied()
}

fn text<'a>(bot: &'a Fields, key: &str) -> &'a str {
    bot.text(key).ok().flatten().unwrap_or_default()
}

/// A bot's token, if it is switched on.
fn token_of(bot: &Fields) -> Option<Secret> {
    let token = text(bot, "token");
    (text(bot, "status") == "active" && !token.is_empty()).then(|| Secret::new(token))
}

/// The built-in chat is for its own bots, and for nobody else.
fn can_reach(bot: &Fields, to: &BareJid) -> bool {
    let is_local = |address: &str| address == owner::LOCAL_OWNER;
    let speaks_there = text(bot, "mode") == "personal" && is_local(text(bot, "account"));
    speaks_there == is_local(to.as_str())
}

/// A personal bot for who gets the message, if his account is here.
fn make(client: &mut Client, sent: &Sent, owner: &BareJid) -> Result<Secret, Failed> {
    let how = format!(
        "no bot can write to {owner}: make one with `botmother bot create {NAME} --owner {owner}` (after \
         `botmother account add {owner}`), or with --mode dedicated"
    );
    let accounts = client.get("/account/list", &[], Duration::ZERO)?;
    let accounts = accounts.need_objects("accounts").unwrap_or_default();
    let is_here = owner::is_local(owner) || accounts.iter().any(|account| text(account, "jid") == owner.as_str());
    if sent.is_room || !is_here {
        return Err(Failed::new(Exit::Failed, how));
    }
    let body = Object::new().text("name", NAME).text("account", owner.as_str()).text("mode", "personal");
    let made = client.post("/bot/create", body)?;
    match made.text("token").ok().flatten() {
        Some(token) => Ok(Secret::new(token)),
        None => Err(Failed::new(Exit::Failed, how)),
    }
}
