//! `botmother bot …`: the bots of the running daemon, through its API.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use super::args::BotVerb;
use super::client::Client;
use super::{Exit, Failed, print, table_of};
use crate::base::jid::BareJid;
use crate::base::json::{Fields, Object};
use crate::base::{limits, text};
use crate::config::Config;

/// `bot list`
pub(super) fn list(config: &Config, owner: Option<&BareJid>) -> Result<(), Failed> {
    let bots = fetch(&mut Client::new(config), owner)?;
    if bots.is_empty() {
        print("no bots yet; make one with `botmother bot create NAME`\n");
        return Ok(());
    }
    let text = |bot: &Fields, key: &str| bot.text(key).ok().flatten().unwrap_or_default().to_string();
    let row = |bot: &Fields| {
        let owner = bot.text("account").ok().flatten().map_or_else(|| text(bot, "owner"), str::to_string);
        vec![number(bot), text(bot, "name"), text(bot, "mode"), text(bot, "status"), text(bot, "jid"), owner]
    };
    print(table_of(&["ID", "NAME", "MODE", "STATUS", "ADDRESS", "OWNER"], bots.iter().map(row).collect()));
    Ok(())
}

/// `bot create`: the token alone goes to standard output where that is no terminal, so that a script can take it.
pub(super) fn create(config: &Config, body: Object, avatar: Option<&Path>) -> Result<(), Failed> {
    let avatar = avatar.map(read_picture).transpose()?;
    let body = body.text_if("avatar", avatar.as_deref());
    let bot = Client::new(config).post("/bot/create", body)?;
    let text = |key: &str| bot.text(key).ok().flatten().unwrap_or_default();
    print(format_args!("bot {} is called {}\ntoken: {}\n", number(&bot), text("name"), text("token")));
    for (what, key) in [("address", "jid"), ("invite", "invite"), ("API", "api_url"), ("hint", "hint")] {
        if !text(key).is_empty() {
            print(format_args!("{what}: {}\n", text(key)));
        }
    }
    Ok(())
}

/// A picture in base64; whether it is one, the daemon says.
fn read_picture(path: &Path) -> Result<String, Failed> {
    let mut bytes = Vec::new();
    let most = limits::AVATAR_BYTES_MAX as u64;
    let read = File::open(path).and_then(|file| file.take(most + 1).read_to_end(&mut bytes));
    read.map_err(|error| Failed::new(Exit::Io, format!("{}: {error}", path.display())))?;
    if bytes.len() as u64 > most {
        return Err(Failed::new(Exit::Failed, format!("{}: a picture has at most {most} bytes", path.display())));
    }
    Ok(text::base64(&bytes))
}

/// `bot delete`, `bot token`, …
pub(super) fn act(config: &Config, verb: BotVerb, bot: &str) -> Result<(), Failed> {
    let mut client = Client::new(config);
    let (id, name) = find(&mut client, bot)?;
    let body = Object::new().number("id", id);
    match verb {
        BotVerb::Delete => {
            client.post("/bot/delete", body)?;
            print(format_args!("bot {id} ({name}) is deleted\n"));
        }
        BotVerb::Token => {
            let answer = client.post("/bot/token", body)?;
            let token = answer.text("token").ok().flatten().unwrap_or_default();
            print(format_args!("token: {token}\nthe old one no longer works\n"));
        }
        BotVerb::Revoke => {
            client.post("/bot/revoke", body)?;
            let hint = "`botmother bot token` makes a new one";
            print(format_args!("bot {id} ({name}) has no token any more and is off; {hint}\n"));
        }
        BotVerb::Activate | BotVerb::Deactivate => {
            let active = verb == BotVerb::Activate;
            client.post("/bot/activate", body.truth("active", active))?;
            print(format_args!("bot {id} ({name}) is {}\n", if active { "on" } else { "off" }));
        }
    }
    Ok(())
}

/// A bot's number and name, from either.
fn find(client: &mut Client, bot: &str) -> Result<(i64, String), Failed> {
    let bots = fetch(client, None)?;
    let named = |fields: &Fields| {
        let name = fields.text("name").ok().flatten().unwrap_or_default().to_string();
        fields.need_number("id").ok().map(|id| (id, name))
    };
    let all: Vec<(i64, String)> = bots.iter().filter_map(named).collect();
    if let Some(found) = bot.parse::<i64>().ok().and_then(|id| all.iter().find(|(other, _)| *other == id)) {
        return Ok(found.clone());
    }
    let wanted = bot.to_lowercase();
    let same: Vec<_> = all.iter().filter(|(_, name)| name.to_lowercase() == wanted).collect();
    match same[..] {
        [one] => Ok(one.clone()),
        [] => Err(Failed::new(Exit::Failed, format!("there is no bot {bot}; `botmother bot list` shows all"))),
        _ => {
            let ids: Vec<String> = same.iter().map(|(id, _)| id.to_string()).collect();
            let text = format!("several bots are called {bot}; say which by its number: {}", ids.join(", "));
            Err(Failed::new(Exit::Failed, text))
        }
    }
}

fn fetch(client: &mut Client, owner: Option<&BareJid>) -> Result<Vec<Fields>, Failed> {
    let query: Vec<(&str, &str)> = owner.iter().map(|owner| ("account", owner.as_str())).collect();
    let answer = client.get("/bot/list", &query, Duration::ZERO)?;
    answer.need_objects("bots").map_err(|wrong| Failed::new(Exit::Failed, wrong.to_string()))
}

fn number(bot: &Fields) -> String {
    bot.need_number("id").map_or_else(|_| "?".into(), |id| id.to_string())
}
