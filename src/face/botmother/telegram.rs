//! The bridge to Telegram (docs/telegram.md): requests → questions, answers → JSON.

use crate::base::json::{self, Object};
use crate::core::handle::{BridgeAnswer, LinkRow, OfferedChat, TelegramInfo};

/// How a bot is connected: DinoX's members, and ours.
pub(super) fn info(info: &TelegramInfo) -> Object {
    let members = Object::new().truth("enabled", info.is_enabled).truth("configured", info.is_configured);
    members.text("state", info.state.as_str()).text_if("trouble", info.trouble.as_deref())
}

/// What is answered about links.
pub(super) fn bridge(answer: &BridgeAnswer) -> Object {
    match answer {
        BridgeAnswer::Links(links, offered) => {
            let links = json::array(links.iter().map(|row| link(row).end()));
            Object::new().raw("chats", &links).raw("offered", &json::array(offered.iter().map(offer)))
        }
        BridgeAnswer::Linked(row) => link(row),
        BridgeAnswer::Unlinked(row) => Object::new().text("chat_id", chat_id(row)).truth("unlinked", true),
        BridgeAnswer::Sent(message_id) => Object::new().truth("sent", true).text("message_id", message_id),
    }
}

/// As Telegram calls the chat.
fn chat_id(row: &LinkRow) -> &str {
    row.there.channel_id().unwrap_or(row.there.as_str())
}

fn link(row: &LinkRow) -> Object {
    Object::new()
        .text("chat_id", chat_id(row))
        .text("chat", row.there.as_str())
        .text("alias", &row.alias)
        .text("here", row.here.as_str())
        .text("mode", row.mode.as_str())
        .truth("enabled", row.is_enabled)
        .truth("default", row.is_default)
        .text_if("format_here", row.format_here.as_deref())
        .text_if("format_there", row.format_there.as_deref())
        .text_if("trouble", row.trouble.as_deref())
}

fn offer(chat: &OfferedChat) -> String {
    Object::new()
        .text("chat_id", chat.address.channel_id().unwrap_or(chat.address.as_str()))
        .text("title", &chat.title)
        .text("last_name", &chat.last_name)
        .number("count", chat.count)
        .number("last_at", chat.at)
        .end()
}
