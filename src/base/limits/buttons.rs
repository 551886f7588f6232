//! Buttons beneath messages. Of what is older than [`SENT_RETENTION`](super::SENT_RETENTION) nothing can be pressed.

/// Buttons of one message: Telegram's bound.
pub const BUTTONS_MAX: usize = 100;
/// Buttons beside each other: Telegram's bound.
pub const BUTTONS_PER_ROW_MAX: usize = 8;
/// What a button says, in characters: more is no label.
pub const BUTTON_TEXT_CHARS_MAX: usize = 128;
/// What the bot is told by a button: Telegram's bound.
pub const BUTTON_DATA_BYTES_MAX: usize = 64;
/// What the empty field shows, in characters: Telegram's bound.
pub const BUTTON_PLACEHOLDER_CHARS_MAX: usize = 64;
/// Messages of one bot that have buttons; of older ones none can be pressed. Some kilobytes each.
pub const KEYBOARDS_PER_BOT_MAX: i64 = 500;
/// How many of a conversation's newest are looked through for the words on a button, and offered in a menu.
pub const KEYBOARDS_LOOKED_AT: usize = 5;
/// People of whom is remembered which buttons of one message they have pressed by a reaction.
pub const KEYBOARD_REACTORS_MAX: i64 = 200;
/// Presses of one bot's buttons that it can still answer, within a day.
pub const PRESSES_PER_BOT_MAX: i64 = 1_000;
/// What is shown to whoever pressed, in characters: Telegram's bound.
pub const PRESS_ANSWER_CHARS_MAX: usize = 200;
