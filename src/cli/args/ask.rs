//! The options of `ask` and `why`.

use std::path::PathBuf;

use super::{Raw, Usage, one_of, usage};
use crate::cli::table::CommandRow;

/// A question to a person.
#[derive(Debug)]
pub struct Asked {
    /// What is asked.
    pub text: String,
    /// Whom; `None`: the bot's owner.
    pub to: Option<String>,
    /// It is a room.
    pub is_room: bool,
    /// Answers, with commas between them.
    pub options: Option<String>,
    /// Until when, as the API takes it.
    pub wait: String,
    /// Who is asked next, with commas between them.
    pub escalate: Option<String>,
    /// After how long.
    pub escalate_after: Option<String>,
    /// The answer that ends with exit code 0.
    pub check: Option<String>,
    /// Under which it goes on.
    pub key: Option<String>,
    /// A bot's number or name.
    pub bot: Option<String>,
    /// Where a bot's token is.
    pub token_file: Option<PathBuf>,
    /// Neither question nor answer goes in plain text.
    pub must_encrypt: bool,
}

/// `ask` as a value.
pub(super) fn ask(text: String, row: &'static CommandRow, raw: &Raw) -> Result<Asked, Usage> {
    one_bot(row, raw)?;
    let value = |long: &str| -> Result<Option<String>, Usage> { Ok(raw.text(long)?.map(str::to_string)) };
    let encrypt =
        raw.text("encrypt")?.map(|word| one_of("encrypt", &["required", "preferred"], word, row)).transpose()?;
    if raw.has("token-file") && !raw.has("to") {
        return usage("with --token-file say with --to who is asked", row.path);
    }
    Ok(Asked {
        text,
        to: value("to")?,
        is_room: raw.has("chatroom"),
        options: value("options")?,
        wait: value("wait")?.unwrap_or_else(|| "1h".to_string()),
        escalate: value("escalate")?,
        escalate_after: value("after")?,
        check: value("check")?,
        key: value("key")?,
        bot: value("bot")?,
        token_file: raw.path("token-file"),
        must_encrypt: encrypt.as_deref() == Some("required"),
    })
}

/// A message whose way is asked for.
#[derive(Debug)]
pub struct WhyAsked {
    /// Its id.
    pub message_id: String,
    /// A bot's number or name.
    pub bot: Option<String>,
    /// Where a bot's token is.
    pub token_file: Option<PathBuf>,
}

/// `why` as a value.
pub(super) fn why(message_id: String, row: &'static CommandRow, raw: &Raw) -> Result<WhyAsked, Usage> {
    one_bot(row, raw)?;
    let bot = raw.text("bot")?.map(str::to_string);
    Ok(WhyAsked { message_id, bot, token_file: raw.path("token-file") })
}

pub(super) fn one_bot(row: &'static CommandRow, raw: &Raw) -> Result<(), Usage> {
    if raw.has("bot") && raw.has("token-file") {
        return usage("--bot and --token-file each say which bot it is; one is enough", row.path);
    }
    Ok(())
}
