//! `token …`, `user …` and `audit`: what the words and options of the command line mean.

use super::{Raw, Usage, one_of, owner, usage};
use crate::base::jid::BareJid;
use crate::base::time::from_rfc3339;
use crate::cli::table::CommandRow;
use crate::config;

/// What to do about tokens, people and the audit log.
#[derive(Debug)]
pub enum RightsCommand {
    /// `token create`
    TokenCreate(BotNamed, TokenMade),
    /// `token list`
    TokenList(BotNamed),
    /// `token revoke`: the token's number.
    TokenRevoke(BotNamed, i64),
    /// `user list`
    UserList,
    /// `user set`
    UserSet(Box<UserSet>),
    /// `user remove`
    UserRemove(BareJid),
    /// `user token`
    UserToken(BareJid, TokenMade),
    /// `audit`
    Audit(AuditWanted),
}

/// A bot by number or name, and whose it is.
#[derive(Debug)]
pub struct BotNamed {
    /// Its number or name.
    pub bot: String,
    /// Whose it is.
    pub owner: Option<BareJid>,
}

/// A token to be made.
#[derive(Debug)]
pub struct TokenMade {
    /// What a bot's may.
    pub scopes: Vec<String>,
    /// What a person's may.
    pub role: Option<String>,
    /// What it is for.
    pub label: Option<String>,
    /// For how many days it holds.
    pub days: Option<i64>,
}

/// What is said of somebody; what is `None` stays.
#[derive(Debug)]
pub struct UserSet {
    /// Of whom.
    pub jid: BareJid,
    /// What he may.
    pub role: Option<String>,
    /// Whose bots a viewer sees; empty: his own.
    pub sees: Option<String>,
    /// Quotas by their name in the API: a number, or `default`.
    pub quotas: Vec<(&'static str, String)>,
}

/// Which entries of the audit log are wanted.
#[derive(Debug)]
pub struct AuditWanted {
    /// Not before.
    pub since: Option<Since>,
    /// About one bot.
    pub bot: Option<String>,
    /// About one owner.
    pub owner: Option<BareJid>,
    /// At most so many.
    pub limit: Option<i64>,
}

/// A time.
#[derive(Clone, Copy, Debug)]
pub enum Since {
    /// So many seconds ago.
    Ago(i64),
    /// Unix time.
    At(i64),
}

const QUOTAS: [(&str, &str); 4] =
    [("bots", "bots"), ("messages", "messages"), ("storage", "storage"), ("ai-calls", "ai_calls")];
const ROLES: [&str; 3] = ["viewer", "owner", "admin"];

/// The command of a row.
pub(super) fn build(row: &'static CommandRow, word: &str, raw: &Raw) -> Result<RightsCommand, Usage> {
    let bot = || -> Result<BotNamed, Usage> { Ok(BotNamed { bot: word.to_string(), owner: owner_of(row, raw)? }) };
    let jid = || match config::account(word) {
        Ok(jid) => Ok(jid),
        Err(must_be) => usage(format!("{} must be {must_be}, not {word}", row.words), row.path),
    };
    Ok(match row.path {
        "token create" => RightsCommand::TokenCreate(bot()?, made(row, raw)?),
        "token list" => RightsCommand::TokenList(bot()?),
        "token revoke" => match number("number", row, raw)? {
            Some(number) => RightsCommand::TokenRevoke(bot()?, number),
            None => return usage("`token revoke` needs --number N; `botmother token list` shows it", row.path),
        },
        "user set" => RightsCommand::UserSet(Box::new(user_set(jid()?, row, raw)?)),
        "user remove" => RightsCommand::UserRemove(jid()?),
        "user token" => RightsCommand::UserToken(jid()?, made(row, raw)?),
        "audit" => RightsCommand::Audit(AuditWanted {
            since: raw.text("since")?.map(|text| since(text, row)).transpose()?,
            bot: raw.text("bot")?.map(str::to_string),
            owner: owner_of(row, raw)?,
            limit: number("limit", row, raw)?,
        }),
        _ => RightsCommand::UserList,
    })
}

/// Hours for which a bot's old token works on.
pub(super) fn overlap_hours(row: &'static CommandRow, raw: &Raw) -> Result<i64, Usage> {
    Ok(number("overlap", row, raw)?.unwrap_or(0))
}

fn owner_of(row: &'static CommandRow, raw: &Raw) -> Result<Option<BareJid>, Usage> {
    raw.text("owner")?.map(|text| owner(text, row)).transpose()
}

fn number(long: &str, row: &'static CommandRow, raw: &Raw) -> Result<Option<i64>, Usage> {
    match raw.text(long)?.map(|text| (text, text.parse::<i64>())) {
        None => Ok(None),
        Some((_, Ok(number))) if number > 0 => Ok(Some(number)),
        Some((text, _)) => usage(format!("--{long} must be a whole number from 1 on, not {text}"), row.path),
    }
}

fn made(row: &'static CommandRow, raw: &Raw) -> Result<TokenMade, Usage> {
    let words = raw.text("scopes")?.unwrap_or_default().split([',', ' ']).filter(|word| !word.is_empty());
    let scopes: Vec<String> = words.map(str::to_string).collect();
    if scopes.is_empty() && row.path == "token create" {
        return usage("`token create` needs --scopes, some of send,read,manage", row.path);
    }
    Ok(TokenMade {
        scopes,
        role: raw.text("role")?.map(|word| one_of("role", &ROLES, word, row)).transpose()?,
        label: raw.text("label")?.map(str::to_string),
        days: number("days", row, raw)?,
    })
}

fn user_set(jid: BareJid, row: &'static CommandRow, raw: &Raw) -> Result<UserSet, Usage> {
    let mut quotas = Vec::new();
    for (long, name) in QUOTAS {
        match raw.text(long)? {
            None => {}
            Some(text) if text == "default" || text.parse::<u32>().is_ok() => quotas.push((name, text.to_string())),
            Some(text) => {
                return usage(
                    format!("--{long} must be a whole number (0 is no limit) or default, not {text}"),
                    row.path,
                );
            }
        }
    }
    let sees = match raw.text("sees")? {
        None => None,
        Some("") => Some(String::new()),
        Some(text) => match config::account(text) {
            Ok(jid) => Some(jid.to_string()),
            Err(must_be) => return usage(format!("--sees must be {must_be}, not {text}"), row.path),
        },
    };
    let role = raw.text("role")?.map(|word| one_of("role", &ROLES, word, row)).transpose()?;
    Ok(UserSet { jid, role, sees, quotas })
}

/// `90m`, `24h`, `7d`, or a day.
fn since(text: &str, row: &'static CommandRow) -> Result<Since, Usage> {
    let ago = |unit: char, seconds: i64| {
        let count: i64 = text.strip_suffix(unit)?.parse().ok().filter(|count| *count >= 0)?;
        count.checked_mul(seconds).map(Since::Ago)
    };
    let ago = ago('m', 60).or_else(|| ago('h', 3_600)).or_else(|| ago('d', 86_400));
    let at = || from_rfc3339(&format!("{text}T00:00:00Z")).map(|ms| Since::At(ms / 1_000));
    match ago.or_else(at) {
        Some(since) => Ok(since),
        None => usage(format!("--since must be like 90m, 24h, 7d or 2026-11-29, not {text}"), row.path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_ago_or_days() {
        let row = crate::cli::table::find("audit").unwrap();
        let read = |text: &str| match since(text, row) {
            Ok(Since::Ago(seconds)) => seconds,
            Ok(Since::At(unix)) => -unix,
            Err(_) => i64::MIN,
        };
        assert_eq!((read("90m"), read("24h"), read("7d")), (5_400, 86_400, 604_800));
        assert_eq!(read("1970-01-02"), -86_400);
        for wrong in ["", "7", "-7d", "d", "yesterday", "2026-11"] {
            assert_eq!(read(wrong), i64::MIN, "{wrong}");
        }
    }
}
