//! The options of `faq …`.

use std::path::PathBuf;

use super::{Raw, Usage, ask, one_of};
use crate::cli::table::CommandRow;

/// The list that is meant where none is named.
const LIST: &str = "main";
const FORMATS: &[&str] = &["csv", "tsv", "json"];

/// What is done with a bot's list of questions.
#[derive(Debug)]
pub struct FaqWanted {
    /// What.
    pub act: FaqAct,
    /// Its name; `None` where it matters.
    pub list: Option<String>,
    /// `csv`, `tsv`, `json`; `None`: as the file is called.
    pub format: Option<String>,
    /// A bot's number or name.
    pub bot: Option<String>,
    /// Where a bot's token is.
    pub token_file: Option<PathBuf>,
}

/// What is done.
#[derive(Debug)]
pub enum FaqAct {
    /// Reads a file.
    Import {
        /// Which; `-` is standard input.
        file: PathBuf,
        /// What is there stays.
        is_more: bool,
    },
    /// Writes all to standard output.
    Export,
    /// Asks.
    Ask(String),
}

impl FaqWanted {
    /// The list that is read or written.
    pub fn list(&self) -> &str {
        self.list.as_deref().unwrap_or(LIST)
    }
}

/// `faq …` as a value.
pub(super) fn build(row: &'static CommandRow, word: String, raw: &Raw) -> Result<FaqWanted, Usage> {
    ask::one_bot(row, raw)?;
    let text = |long: &str| raw.text(long).map(|text| text.map(str::to_string));
    let act = match row.path {
        "faq import" => FaqAct::Import { file: word.into(), is_more: raw.has("add") },
        "faq export" => FaqAct::Export,
        _ => FaqAct::Ask(word),
    };
    let format = raw.text("format")?.map(|word| one_of("format", FORMATS, word, row)).transpose()?;
    Ok(FaqWanted { act, list: text("list")?, format, bot: text("bot")?, token_file: raw.path("token-file") })
}
