//! Stands in for `flow.rs` where flows are left out.

use super::args::flow::FlowWanted;
use super::{Exit, Failed};

/// Says so.
pub(super) fn run(_: &FlowWanted) -> Result<(), Failed> {
    Err(Failed::new(Exit::Unavailable, "flows are not built into this binary"))
}
