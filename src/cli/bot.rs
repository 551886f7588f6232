//! `botmother bot …`: the bots of the running daemon, through its API.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::args::{BotMade, BotVerb};
use super::client::Client;
use super::{Exit, Failed, password, print, table_of};
use crate::base::jid::BareJid;
use crate::base::json::{self, Fields, Object};
use crate::base::{limits, text};
use crate::config::Config;

/// Of an account that was brought along.
const TAKEN_BACK: &str = "what it has published (name, picture, devices) is not taken back";

/// `bot list`
pub(super) fn list(config: &Config, owner: Option<&BareJid>) -> Result<(), Failed> {
    let mut client = Client::new(config);
    let bots = fetch(&mut client, owner)?;
    if bots.is_empty() {
        print("no bots yet; make one with `botmother bot create NAME`\n");
        return list_leaving(&mut client, owner);
    }
    let text = |bot: &Fields, key: &str| bot.text(key).ok().flatten().unwrap_or_default().to_string();
    let row = |bot: &Fields| {
        let (state, why) = (state(bot), text(bot, "state_why"));
        vec![
            number(bot),
            text(bot, "name"),
            text(bot, "mode"),
            text(bot, "status"),
            state,
            text(bot, "jid"),
            text(bot, "account"),
            why,
        ]
    };
    let headings = ["ID", "NAME", "MODE", "STATUS", "STATE", "ADDRESS", "OWNER", "WHY"];
    print(table_of(&headings, bots.iter().map(row).collect()));
    list_leaving(&mut client, owner)
}

/// How a bot is connected, and since when it is not.
fn state(bot: &Fields) -> String {
    let state = bot.text("state").ok().flatten().unwrap_or_default();
    match bot.number("state_since").ok().flatten() {
        Some(since) if !matches!(state, "online" | "connecting") => format!("{state} for {}", lasting_since(since)),
        _ => state.to_string(),
    }
}

fn lasting_since(since: i64) -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    text::lasting(i64::try_from(now.as_secs()).unwrap_or(since) - since)
}

/// Accounts of deleted bots, if there are any.
fn list_leaving(client: &mut Client, owner: Option<&BareJid>) -> Result<(), Failed> {
    let query: Vec<(&str, &str)> = owner.iter().map(|owner| ("account", owner.as_str())).collect();
    // A daemon of an earlier version has no such list.
    let Ok(answer) = client.get("/bot/forget", &query, Duration::ZERO) else { return Ok(()) };
    let all = answer.need_objects("accounts").map_err(|wrong| Failed::new(Exit::Failed, wrong.to_string()))?;
    if all.is_empty() {
        return Ok(());
    }
    let text = |left: &Fields, key: &str| left.text(key).ok().flatten().unwrap_or_default().to_string();
    let row = |left: &Fields| {
        let since = left.number("since").ok().flatten().map(lasting_since).unwrap_or_default();
        vec![text(left, "jid"), text(left, "account"), since, text(left, "why")]
    };
    print(
        "\naccounts of deleted bots that have still something at their servers; `botmother bot forget JID` gives one up:\n",
    );
    print(table_of(&["ACCOUNT", "OWNER", "TRIED FOR", "WHY"], all.iter().map(row).collect()));
    Ok(())
}

/// `bot forget`
pub(super) fn forget(config: &Config, jid: &BareJid) -> Result<(), Failed> {
    let answer = Client::new(config).post("/bot/forget", Object::new().text("jid", jid.as_str()))?;
    let remains = answer.text("remains").ok().flatten().unwrap_or("?");
    print(format_args!("{jid} is given up; what stays at its server: {remains}\n"));
    Ok(())
}

/// `bot create`: the token alone goes to standard output where that is no terminal, so that a script can take it.
pub(super) fn create(config: &Config, made: &BotMade) -> Result<(), Failed> {
    let avatar = made.avatar.as_deref().map(read_picture).transpose()?;
    let body = Object::new().text("name", &made.name).text("account", &made.owner).text("mode", &made.mode);
    let body = body.text_if("access", made.access.as_deref()).text_if("encrypt", made.encrypt.as_deref());
    let mut body = body.text_if("avatar", avatar.as_deref());
    if !made.contacts.is_empty() {
        body = body.raw("contacts", &json::array(made.contacts.iter().map(|jid| json::text(jid.as_str()))));
    }
    let mut client = Client::new(config);
    if let Some(jid) = &made.jid {
        // So that nobody types it for nothing.
        client.get("/health", &[], Duration::ZERO)?;
        let password = password::get(made.password_file.as_deref(), &format!("Password of {jid}"))?;
        body = body.text("jid", jid.as_str()).text("password", password.expose());
    }
    if let Some(seconds) = made.wait {
        body = body.number("wait", i64::try_from(seconds).unwrap_or(limits::ARRIVAL_SECONDS_MAX));
    }
    let bot = client.post_patiently("/bot/create", body, Duration::from_secs(made.wait.unwrap_or_default()))?;
    let text = |key: &str| bot.text(key).ok().flatten().unwrap_or_default();
    print(format_args!("bot {} is called {}\ntoken: {}\n", number(&bot), text("name"), text("token")));
    for (what, key) in [("address", "jid"), ("invite", "invite"), ("API", "api_url"), ("hint", "hint")] {
        if !text(key).is_empty() {
            print(format_args!("{what}: {}\n", text(key)));
        }
    }
    if !matches!(text("state"), "online" | "") {
        let why = Some(text("state_why")).filter(|why| !why.is_empty()).map(|why| format!(": {why}"));
        let (state, why) = (text("state"), why.unwrap_or_default());
        let next = match state {
            "stopped" => "it is not tried again before that is mended",
            "disabled" => "it is switched off",
            // No session is there whose state it could be.
            "offline" if bot.number("state_since").ok().flatten().is_none() => "it is online as soon as that is done",
            _ => "the daemon goes on trying",
        };
        print(format_args!("state: {state}{why}\n{next}; `botmother bot list` shows how it is\n"));
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
pub(super) fn act(config: &Config, verb: BotVerb, bot: &str, owner: Option<&BareJid>) -> Result<(), Failed> {
    let mut client = Client::new(config);
    let (id, name) = find(&mut client, bot, owner)?;
    let body = Object::new().number("id", id);
    match verb {
        BotVerb::Delete => {
            let answer = client.post("/bot/delete", body)?;
            print(format_args!("bot {id} ({name}) is deleted\n"));
            for (key, what) in [("account_removed", "its account is not removed"), ("published_removed", TAKEN_BACK)] {
                if answer.truth(key).ok().flatten() == Some(false) {
                    print(format_args!(
                        "{what} at its server yet; it is tried until it is done, and `botmother bot list` shows it\n"
                    ));
                }
            }
        }
        BotVerb::Token { overlap_hours } => {
            let seconds = Some(overlap_hours.saturating_mul(3_600)).filter(|seconds| *seconds > 0);
            let body = seconds.into_iter().fold(body, |body, seconds| body.number("overlap", seconds));
            let answer = client.post("/bot/token", body)?;
            let token = answer.text("token").ok().flatten().unwrap_or_default();
            print(format_args!("token: {token}\n"));
            match overlap_hours {
                0 => print("the old one no longer works\n"),
                hours => print(format_args!("the old one works for {hours} h more\n")),
            }
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
pub(super) fn find(client: &mut Client, bot: &str, owner: Option<&BareJid>) -> Result<(i64, String), Failed> {
    let bots = fetch(client, owner)?;
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
