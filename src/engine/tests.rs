//! Tests that need the whole engine and look into it.

#[cfg(feature = "channel-telegram")]
mod telegram;
mod trust;
