//! What answers by itself.

pub(crate) mod ai;
