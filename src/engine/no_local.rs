//! The built-in chat from outside, where it is not built in.

use std::time::Duration;

use crate::core::batch::{Trouble, Verdict};
use crate::core::failure::Failure;
use crate::core::handle::Answer;
use crate::engine::Engine;

/// The owner says something in the built-in chat.
pub(super) fn say(_engine: &mut Engine, _to: Option<&str>, _text: &str) -> Result<Answer, Trouble> {
    Err(not_built().into())
}

/// A terminal wants what is said there.
pub(super) fn read(_engine: &mut Engine, _with: Option<&str>, _after: i64, _: Duration) -> Result<Verdict, Trouble> {
    Err(not_built().into())
}

fn not_built() -> Failure {
    Failure::NotBuilt("the built-in chat is not in this binary".to_string())
}
