//! What programs and pages written for Botyard may send: its own bounds, unless something else is said.

/// A bot's name, in characters.
pub const YARD_NAME_CHARS_MAX: usize = 32;
/// What a command does, in characters.
pub const YARD_COMMAND_CHARS_MAX: usize = 128;
/// A webhook's secret.
pub const YARD_SECRET_BYTES_MAX: usize = 64;
/// The address of a bot's picture: eight times Botyard's bound, so that a small picture can stand in the address itself.
pub const YARD_AVATAR_BYTES_MAX: usize = 2_048;
/// How often a message is posted before it is given up: programs of this kind expect what is new, not what is old.
pub const YARD_ATTEMPTS_MAX: u32 = 3;
