//! What Telegram's Bot API is told and what it says (core.telegram.org/bots/api, 10.3), as values: requests in `request`,
//! answers in `answer`, what comes from people in `update` and `message`.
//!
//! The token of a bot stands in the path of every request. An `HttpCall` shows nobody its path, and no sentence here has
//! more of it than a method's name.

pub mod answer;
pub mod message;
mod place;
pub mod request;
pub mod update;

pub use answer::{Reason, Refusal, read};
pub use message::{Chat, ChatKind, File, FileKind, Happening, Message, Person, Replied};
pub use request::TelegramApi;
pub use update::{Kind, Member, Pressed, Reacted, Update, read_updates};
