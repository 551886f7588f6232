//! Every maximum in the program, one line of reason each, by subject. Sizes in bytes, times as [`std::time::Duration`].

mod asking;
mod bots;
mod bridge;
mod buttons;
mod calls;
mod cli;
mod engine;
mod http;
mod moderation;
mod mqtt;
mod numbers;
mod omemo;
mod page_files;
mod rooms;
mod store;
mod telegram;
mod xmpp;
mod yard;

pub use asking::*;
pub use bots::*;
pub use bridge::*;
pub use buttons::*;
pub use calls::*;
pub use cli::*;
pub use engine::*;
pub use http::*;
pub use moderation::*;
pub use mqtt::*;
pub use numbers::*;
pub use omemo::*;
pub use page_files::*;
pub use rooms::*;
pub use store::*;
pub use telegram::*;
pub use xmpp::*;
pub use yard::*;
