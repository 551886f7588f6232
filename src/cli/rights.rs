//! `botmother token …`, `botmother user …` and `botmother audit`: who gets in, and what was done.

use std::time::{Duration, SystemTime};

use super::args::rights::{AuditWanted, BotNamed, RightsCommand, Since, TokenMade, UserSet};
use super::client::Client;
use super::{Exit, Failed, bot, print, table_of};
use crate::base::jid::BareJid;
use crate::base::json::{self, Fields, Object};
use crate::base::time::to_rfc3339;
use crate::config::Config;

const DAY_S: i64 = 24 * 3_600;

/// Does what was asked for.
pub(super) fn run(config: &Config, command: RightsCommand) -> Result<(), Failed> {
    let mut client = Client::new(config);
    match command {
        RightsCommand::TokenCreate(bot, new) => make_token(&mut client, &bot, &new),
        RightsCommand::TokenList(bot) => list_tokens(&mut client, &bot),
        RightsCommand::TokenRevoke(bot, number) => revoke_token(&mut client, &bot, number),
        RightsCommand::UserList => list_users(&mut client),
        RightsCommand::UserSet(set) => set_user(&mut client, &set),
        RightsCommand::UserRemove(jid) => remove_user(&mut client, &jid),
        RightsCommand::UserToken(jid, new) => make_personal_token(&mut client, &jid, &new),
        RightsCommand::Audit(wanted) => audit(&mut client, &wanted),
    }
}

fn text(fields: &Fields, key: &str) -> String {
    fields.text(key).ok().flatten().unwrap_or_default().to_string()
}

fn number(fields: &Fields, key: &str) -> Option<i64> {
    fields.number(key).ok().flatten()
}

fn objects(fields: &Fields, key: &str) -> Result<Vec<Fields>, Failed> {
    fields.need_objects(key).map_err(|wrong| Failed::new(Exit::Failed, wrong.to_string()))
}

fn age(body: Object, new: &TokenMade) -> Object {
    let body = body.text_if("label", new.label.as_deref());
    new.days.into_iter().fold(body, |body, days| body.number("expires_in", days.saturating_mul(DAY_S)))
}

/// `token create`
fn make_token(client: &mut Client, named: &BotNamed, new: &TokenMade) -> Result<(), Failed> {
    let (id, name) = bot::find(client, &named.bot, named.owner.as_ref())?;
    let scopes = json::array(new.scopes.iter().map(|word| json::text(word)));
    let body = age(Object::new().number("id", id).raw("scopes", &scopes), new);
    let made = client.post("/bot/tokens/create", body)?;
    let number = number(&made, "token_id").unwrap_or_default();
    print(format_args!("token: {}\n", text(&made, "token")));
    print(format_args!("it is token {number} of {name}, and is not shown again\n"));
    Ok(())
}

/// `token list`
fn list_tokens(client: &mut Client, named: &BotNamed) -> Result<(), Failed> {
    let (id, name) = bot::find(client, &named.bot, named.owner.as_ref())?;
    let answer = client.get("/bot/tokens/list", &[("id", &id.to_string())], Duration::ZERO)?;
    let all = objects(&answer, "tokens")?;
    if all.is_empty() {
        print(format_args!("{name} has no token beside the main one; `botmother token create` makes one\n"));
        return Ok(());
    }
    let row = |token: &Fields| {
        let scopes = token.texts("scopes").ok().flatten().unwrap_or_default().join(",");
        let used = number(token, "last_used").map_or("never".to_string(), day);
        let ending = format!("…{}", text(token, "ending"));
        let made = number(token, "created_at").map(day).unwrap_or_default();
        let until = number(token, "expires_at").map(day).unwrap_or_default();
        let id = number(token, "token_id").unwrap_or_default().to_string();
        vec![id, ending, scopes, text(token, "label"), made, used, until]
    };
    print(table_of(&["NUMBER", "ENDS", "MAY", "LABEL", "MADE", "USED", "UNTIL"], all.iter().map(row).collect()));
    Ok(())
}

/// `token revoke`
fn revoke_token(client: &mut Client, named: &BotNamed, number: i64) -> Result<(), Failed> {
    let (id, name) = bot::find(client, &named.bot, named.owner.as_ref())?;
    client.post("/bot/tokens/revoke", Object::new().number("id", id).number("token_id", number))?;
    print(format_args!("token {number} of {name} does not work any more\n"));
    Ok(())
}

/// `user list`
fn list_users(client: &mut Client) -> Result<(), Failed> {
    let answer = client.get("/user/list", &[], Duration::ZERO)?;
    let all = objects(&answer, "users")?;
    if all.is_empty() {
        print("nobody owns a bot yet\n");
        return Ok(());
    }
    let row = |user: &Fields| {
        let of = |part: &str, key: &str| user.number_at(&[part, key]).unwrap_or(0);
        let used = |key: &str| match of("quotas", key) {
            0 => of("used", key).to_string(),
            most => format!("{} of {most}", of("used", key)),
        };
        let storage = Some(of("quotas", "storage")).filter(|most| *most > 0).map(|most| format!("{most} MiB"));
        vec![
            text(user, "account"),
            text(user, "role"),
            text(user, "sees"),
            used("bots"),
            used("messages"),
            used("ai_calls"),
            storage.unwrap_or_default(),
        ]
    };
    let headings = ["ACCOUNT", "ROLE", "SEES", "BOTS", "MESSAGES TODAY", "AI CALLS TODAY", "STORAGE"];
    print(table_of(&headings, all.iter().map(row).collect()));
    Ok(())
}

/// `user set`
fn set_user(client: &mut Client, set: &UserSet) -> Result<(), Failed> {
    let body = Object::new().text("account", set.jid.as_str()).text_if("role", set.role.as_deref());
    let mut body = body.text_if("sees", set.sees.as_deref());
    for (name, value) in &set.quotas {
        body = match value.parse() {
            Ok(most) => body.number(name, most),
            Err(_) => body.text(name, value),
        };
    }
    let answer = client.post("/user/set", body)?;
    print(format_args!("{} is {}; `botmother user list` shows the rest\n", set.jid, text(&answer, "role")));
    Ok(())
}

/// `user remove`
fn remove_user(client: &mut Client, jid: &BareJid) -> Result<(), Failed> {
    client.post("/user/remove", Object::new().text("account", jid.as_str()))?;
    print(format_args!("nothing is said of {jid} any more, and his tokens do not work; his bots stay\n"));
    Ok(())
}

/// `user token`
fn make_personal_token(client: &mut Client, jid: &BareJid, new: &TokenMade) -> Result<(), Failed> {
    let body = Object::new().text("account", jid.as_str()).text_if("role", new.role.as_deref());
    let made = client.post("/user/tokens/create", age(body, new))?;
    print(format_args!("token: {}\n", text(&made, "token")));
    print(format_args!("whoever shows it is {jid} to the API; it is not shown again\n"));
    Ok(())
}

/// `audit`: the newest last, as in a log.
fn audit(client: &mut Client, wanted: &AuditWanted) -> Result<(), Failed> {
    let mut query: Vec<(&str, String)> = Vec::new();
    if let Some(name) = &wanted.bot {
        // A number may be that of a bot that is gone.
        let id = match name.parse::<i64>() {
            Ok(id) => id,
            Err(_) => bot::find(client, name, wanted.owner.as_ref())?.0,
        };
        query.push(("id", id.to_string()));
    }
    query.extend(wanted.owner.as_ref().map(|owner| ("account", owner.to_string())));
    query.extend(wanted.limit.map(|limit| ("limit", limit.to_string())));
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let since = wanted.since.map(|since| match since {
        Since::Ago(seconds) => i64::try_from(now).unwrap_or(i64::MAX) - seconds,
        Since::At(unix) => unix,
    });
    query.extend(since.map(|since| ("since", since.to_string())));
    let query: Vec<(&str, &str)> = query.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let answer = client.get("/bot/audit", &query, Duration::ZERO)?;
    let mut entries = objects(&answer, "entries")?;
    entries.reverse();
    let row = |entry: &Fields| {
        let time = number(entry, "at").map(|at| to_rfc3339(at.saturating_mul(1_000))).unwrap_or_default();
        let time = time.get(..19).unwrap_or(&time).replace('T', " ");
        let bot = number(entry, "bot").map(|bot| bot.to_string()).unwrap_or_default();
        let rest = ["account", "by", "address", "details"].map(|key| text(entry, key));
        [time, text(entry, "action"), bot].into_iter().chain(rest).collect()
    };
    print(table_of(&["TIME (UTC)", "ACTION", "BOT", "OWNER", "BY", "FROM", "MORE"], entries.iter().map(row).collect()));
    if answer.truth("more").ok().flatten() == Some(true) {
        print("older entries are left out; --limit and --since show others\n");
    }
    Ok(())
}

/// The day of a time.
fn day(unix: i64) -> String {
    let time = to_rfc3339(unix.saturating_mul(1_000));
    time.get(..10).unwrap_or(&time).to_string()
}
