//! What `bot create` is told of a new bot.

use std::path::PathBuf;

use super::{Raw, Usage, one_of, owner, usage};
use crate::base::jid::BareJid;
use crate::base::limits;
use crate::cli::table::CommandRow;
use crate::config;

/// A bot to be made; what is `None` is left to the API's defaults.
#[derive(Debug)]
pub struct BotMade {
    /// Display name.
    pub name: String,
    /// Its owner.
    pub owner: String,
    /// Its mode.
    pub mode: String,
    /// Who may speak to it.
    pub access: Option<String>,
    /// Whom the access `list` admits.
    pub contacts: Vec<BareJid>,
    /// Whether it encrypts.
    pub encrypt: Option<String>,
    /// A file with its picture.
    pub avatar: Option<PathBuf>,
    /// An account that was made for it.
    pub jid: Option<BareJid>,
    /// Where that account's password is; `None`: ask.
    pub password_file: Option<PathBuf>,
    /// There shall be a bot only if it is online within so many seconds.
    pub wait: Option<u64>,
}

pub(in crate::cli) const MODES: [&str; 3] = ["personal", "dedicated", "cloud"];
pub(in crate::cli) const ENCRYPT: [&str; 3] = ["required", "preferred", "off"];
pub(in crate::cli) const ACCESS: [&str; 4] = ["owner", "roster", "list", "public"];

/// Reads it.
pub(super) fn bot(name: String, row: &'static CommandRow, raw: &Raw) -> Result<BotMade, Usage> {
    let address = |long: &str, text: &str| match config::account(text) {
        Ok(jid) => Ok(jid),
        Err(must_be) => usage(format!("--{long} must be {must_be}, not {text}"), row.path),
    };
    let words = raw.text("contacts")?.unwrap_or_default().split([',', ' ']).filter(|word| !word.is_empty());
    let jid = raw.text("jid")?.map(|text| address("jid", text)).transpose()?;
    let mode = raw.text("mode")?.unwrap_or(if jid.is_some() { "dedicated" } else { "personal" });
    if raw.has("password-file") && jid.is_none() {
        return usage("--password-file needs --jid, the account it is the password of", row.path);
    }
    let wait = raw.text("wait")?.map(|text| match text.parse::<u64>() {
        Ok(seconds) if (1..=limits::ARRIVAL_SECONDS_MAX.unsigned_abs()).contains(&seconds) => Ok(seconds),
        _ => usage(
            format!("--wait must be a number of seconds from 1 to {}, not {text}", limits::ARRIVAL_SECONDS_MAX),
            row.path,
        ),
    });
    let own = ["jid", "encrypt", "contacts", "wait"].into_iter().find(|long| mode == "personal" && raw.has(long));
    if let Some(long) = own {
        let text = "is for a bot with an account of its own: --mode dedicated or --mode cloud";
        return usage(format!("--{long} {text}"), row.path);
    }
    Ok(BotMade {
        name,
        owner: owner(raw.text("owner")?.unwrap_or("owner@local"), row)?.to_string(),
        mode: one_of("mode", &MODES, mode, row)?,
        access: raw.text("access")?.map(|word| one_of("access", &ACCESS, word, row)).transpose()?,
        contacts: words.map(|text| address("contacts", text)).collect::<Result<_, _>>()?,
        encrypt: raw.text("encrypt")?.map(|word| one_of("encrypt", &ENCRYPT, word, row)).transpose()?,
        avatar: raw.text("avatar")?.map(PathBuf::from),
        jid,
        password_file: raw.text("password-file")?.map(PathBuf::from),
        wait: wait.transpose()?,
    })
}
