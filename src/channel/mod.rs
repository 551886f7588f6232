//! Where people are: each channel says what bots say there, and tells the core what is said to them.

pub(crate) mod local;
pub(crate) mod way;
pub(crate) mod xmpp;
