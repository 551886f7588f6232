//! The options of `flow …`.

use std::path::PathBuf;

use super::{Raw, Usage, usage};
use crate::cli::table::CommandRow;

/// What is done with a flow.
#[derive(Debug)]
pub struct FlowWanted {
    /// The flow.
    pub file: PathBuf,
    /// What.
    pub act: FlowAct,
}

/// What is done.
#[derive(Clone, Copy, Debug)]
pub enum FlowAct {
    /// Whether it can work.
    Check,
    /// Talk with it.
    Test {
        /// Node and variables are shown after each line.
        shows_vars: bool,
        /// From which chance is drawn.
        seed: Option<u64>,
    },
}

/// `flow …` as a value.
pub(super) fn build(row: &'static CommandRow, word: String, raw: &Raw) -> Result<FlowWanted, Usage> {
    let seed = match raw.text("seed")?.map(str::parse) {
        None => None,
        Some(Ok(seed)) => Some(seed),
        Some(Err(_)) => return usage("--seed must be a whole number", row.path),
    };
    let act = match row.path {
        "flow check" => FlowAct::Check,
        _ => FlowAct::Test { shows_vars: raw.has("vars"), seed },
    };
    Ok(FlowWanted { file: word.into(), act })
}
