//! The options of `why`.

use std::path::PathBuf;

use super::{Raw, Usage, usage};
use crate::cli::table::CommandRow;

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

fn one_bot(row: &'static CommandRow, raw: &Raw) -> Result<(), Usage> {
    if raw.has("bot") && raw.has("token-file") {
        return usage("--bot and --token-file each say which bot it is; one is enough", row.path);
    }
    Ok(())
}
