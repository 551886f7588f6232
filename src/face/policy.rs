//! The policy: what each endpoint of each face needs, in one table. A route asks it while it is compiled; one that has no row
//! here is for nobody. `mod.rs` tests that table and routes name the same.

use crate::core::handle::{Role, Scope};
use crate::face::principal::Need;

/// One endpoint of one face.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The face's folder.
    pub face: &'static str,
    /// `GET`, `POST`…
    pub method: &'static str,
    /// The path, with its parameters.
    pub path: &'static str,
    /// What it needs.
    pub need: Need,
}

const SEND: Need = Need::Bot(Scope::Send);
const READ: Need = Need::Bot(Scope::Read);
const MANAGE: Need = Need::Bot(Scope::Manage);
const VIEWER: Need = Need::Role(Role::Viewer);
const OWNER: Need = Need::Role(Role::Owner);
const ADMIN: Need = Need::Role(Role::Admin);

const fn botmother(method: &'static str, path: &'static str, need: Need) -> Rule {
    Rule { face: "botmother", method, path, need }
}

const fn panel(method: &'static str, path: &'static str, need: Need) -> Rule {
    Rule { face: "panel", method, path, need }
}

const fn botyard(method: &'static str, path: &'static str, need: Need) -> Rule {
    Rule { face: "botyard", method, path, need }
}

const fn telegram(method: &'static str, path: &'static str, need: Need) -> Rule {
    Rule { face: "telegram", method, path, need }
}

const fn page(face: &'static str, path: &'static str) -> Rule {
    Rule { face, method: "GET", path, need: Need::Asset }
}

/// All of them, of faces that are left out of a build, too.
pub const POLICY: &[Rule] = &[
    botmother("GET", "/health", Need::Nothing),
    botmother("GET", "/livez", Need::Nothing),
    botmother("GET", "/readyz", Need::Optional),
    botmother("GET", "/metrics", ADMIN),
    // Bots of one owner.
    botmother("POST", "/bot/create", OWNER),
    botmother("GET", "/bot/list", VIEWER),
    botmother("POST", "/bot/delete", OWNER),
    botmother("DELETE", "/bot/delete", OWNER),
    botmother("GET", "/bot/forget", VIEWER),
    botmother("POST", "/bot/forget", OWNER),
    botmother("POST", "/bot/activate", OWNER),
    botmother("POST", "/bot/token", OWNER),
    botmother("POST", "/bot/revoke", OWNER),
    botmother("POST", "/bot/tokens/create", OWNER),
    botmother("GET", "/bot/tokens/list", VIEWER),
    botmother("POST", "/bot/tokens/revoke", OWNER),
    botmother("GET", "/bot/audit", VIEWER),
    botmother("POST", "/bot/profile", OWNER),
    botmother("POST", "/bot/listed", OWNER),
    botmother("GET", "/bot/access", VIEWER),
    botmother("POST", "/bot/access", OWNER),
    botmother("GET", "/bot/history", VIEWER),
    botmother("POST", "/bot/history", OWNER),
    botmother("GET", "/bot/omemo/policy", VIEWER),
    botmother("POST", "/bot/omemo/policy", OWNER),
    botmother("POST", "/bot/omemo/reset", OWNER),
    botmother("GET", "/bot/account/status", VIEWER),
    // The daemon. Whom an admin has switched off does not switch himself on again.
    botmother("POST", "/bot/account/status", ADMIN),
    botmother("GET", "/bot/ejabberd/settings", ADMIN),
    botmother("POST", "/bot/ejabberd/settings", ADMIN),
    botmother("POST", "/bot/ejabberd/test", ADMIN),
    botmother("GET", "/bot/server", ADMIN),
    botmother("POST", "/bot/server", ADMIN),
    botmother("POST", "/local/say", ADMIN),
    botmother("GET", "/local/read", ADMIN),
    botmother("GET", "/account/list", ADMIN),
    botmother("POST", "/account/add", ADMIN),
    botmother("POST", "/account/remove", ADMIN),
    // People.
    botmother("POST", "/user/login", Need::OwnPages),
    botmother("POST", "/user/code", Need::OwnPages),
    botmother("GET", "/user/me", VIEWER),
    botmother("POST", "/user/logout", VIEWER),
    botmother("GET", "/user/tokens/list", VIEWER),
    botmother("POST", "/user/tokens/create", OWNER),
    botmother("POST", "/user/tokens/revoke", OWNER),
    botmother("GET", "/user/list", ADMIN),
    botmother("POST", "/user/set", ADMIN),
    botmother("POST", "/user/remove", ADMIN),
    // One bot's program.
    botmother("POST", "/bot/sendMessage", SEND),
    botmother("POST", "/bot/sendFile", SEND),
    botmother("POST", "/bot/sendReaction", SEND),
    botmother("POST", "/bot/editMessage", SEND),
    botmother("POST", "/bot/deleteMessage", SEND),
    botmother("POST", "/bot/answerCallbackQuery", SEND),
    botmother("POST", "/bot/sendChatAction", SEND),
    botmother("POST", "/bot/markRead", SEND),
    botmother("GET", "/bot/getMe", Need::Bot(Scope::Any)),
    botmother("GET", "/bot/getMessageState", Need::Bot(Scope::Any)),
    botmother("GET", "/bot/getInfo", READ),
    botmother("GET", "/bot/why", READ),
    botmother("POST", "/bot/ask", SEND),
    botmother("GET", "/bot/ask", SEND),
    botmother("POST", "/bot/ask/cancel", SEND),
    botmother("DELETE", "/bot/ask/cancel", SEND),
    botmother("GET", "/bot/getUpdates", READ),
    botmother("GET", "/bot/getHistory", READ),
    botmother("GET", "/bot/getFile", READ),
    botmother("GET", "/bot/getWebhookInfo", READ),
    botmother("GET", "/bot/getCommands", READ),
    botmother("GET", "/bot/omemo/status", READ),
    botmother("GET", "/bot/omemo/devices", READ),
    botmother("GET", "/bot/ai/status", READ),
    botmother("GET", "/bot/telegram/status", READ),
    botmother("GET", "/bot/telegram/chats", READ),
    botmother("GET", "/bot/telegram/members", READ),
    botmother("POST", "/bot/telegram/moderate", MANAGE),
    botmother("POST", "/bot/setWebhook", MANAGE),
    botmother("POST", "/bot/deleteWebhook", MANAGE),
    botmother("POST", "/bot/replayWebhook", MANAGE),
    botmother("POST", "/bot/joinRoom", MANAGE),
    botmother("POST", "/bot/leaveRoom", MANAGE),
    botmother("POST", "/bot/room/moderate", MANAGE),
    botmother("POST", "/bot/setCommands", MANAGE),
    botmother("POST", "/bot/omemo/trust", MANAGE),
    botmother("POST", "/bot/omemo/distrust", MANAGE),
    botmother("POST", "/bot/omemo/trustPolicy", MANAGE),
    botmother("GET", "/bot/faq/list", READ),
    botmother("POST", "/bot/faq/save", MANAGE),
    botmother("POST", "/bot/faq/delete", MANAGE),
    botmother("GET", "/bot/faq/entries", READ),
    botmother("POST", "/bot/faq/entry", MANAGE),
    botmother("POST", "/bot/faq/deleteEntry", MANAGE),
    botmother("POST", "/bot/faq/import", MANAGE),
    botmother("GET", "/bot/faq/export", READ),
    botmother("POST", "/bot/faq/ask", READ),
    botmother("POST", "/bot/ai/setup", MANAGE),
    botmother("POST", "/bot/ai/enable", MANAGE),
    botmother("POST", "/bot/ai/ask", SEND),
    botmother("POST", "/bot/telegram/setup", MANAGE),
    botmother("POST", "/bot/telegram/enable", MANAGE),
    botmother("POST", "/bot/telegram/link", MANAGE),
    botmother("POST", "/bot/telegram/unlink", MANAGE),
    botmother("POST", "/bot/telegram/send", SEND),
    botmother("POST", "/bot/telegram/test", SEND),
    botmother("POST", "/bot/telegram/retry", SEND),
    // The same, as Telegram's Bot API has it: each takes GET and POST.
    telegram("POST", "/bot:token/getMe", Need::Bot(Scope::Any)),
    telegram("POST", "/bot:token/logOut", Need::Bot(Scope::Any)),
    telegram("POST", "/bot:token/close", Need::Bot(Scope::Any)),
    telegram("POST", "/bot:token/getUpdates", READ),
    telegram("POST", "/bot:token/setWebhook", MANAGE),
    telegram("POST", "/bot:token/deleteWebhook", MANAGE),
    telegram("POST", "/bot:token/getWebhookInfo", READ),
    telegram("POST", "/bot:token/sendMessage", SEND),
    telegram("POST", "/bot:token/sendPhoto", SEND),
    telegram("POST", "/bot:token/sendDocument", SEND),
    telegram("POST", "/bot:token/sendAudio", SEND),
    telegram("POST", "/bot:token/sendVoice", SEND),
    telegram("POST", "/bot:token/sendVideo", SEND),
    telegram("POST", "/bot:token/sendVideoNote", SEND),
    telegram("POST", "/bot:token/sendAnimation", SEND),
    telegram("POST", "/bot:token/sendSticker", SEND),
    telegram("POST", "/bot:token/sendMediaGroup", SEND),
    telegram("POST", "/bot:token/sendLocation", SEND),
    telegram("POST", "/bot:token/sendVenue", SEND),
    telegram("POST", "/bot:token/sendContact", SEND),
    telegram("POST", "/bot:token/sendPoll", SEND),
    telegram("POST", "/bot:token/sendDice", SEND),
    telegram("POST", "/bot:token/editMessageText", SEND),
    telegram("POST", "/bot:token/editMessageCaption", SEND),
    telegram("POST", "/bot:token/editMessageReplyMarkup", SEND),
    telegram("POST", "/bot:token/deleteMessage", SEND),
    telegram("POST", "/bot:token/deleteMessages", SEND),
    telegram("POST", "/bot:token/forwardMessage", SEND),
    telegram("POST", "/bot:token/forwardMessages", SEND),
    telegram("POST", "/bot:token/copyMessage", SEND),
    telegram("POST", "/bot:token/copyMessages", SEND),
    telegram("POST", "/bot:token/setMessageReaction", SEND),
    telegram("POST", "/bot:token/sendChatAction", SEND),
    telegram("POST", "/bot:token/sendMessageDraft", SEND),
    telegram("POST", "/bot:token/answerCallbackQuery", SEND),
    telegram("POST", "/bot:token/getFile", READ),
    telegram("POST", "/bot:token/getChat", READ),
    telegram("POST", "/bot:token/getChatMember", READ),
    telegram("POST", "/bot:token/getChatAdministrators", READ),
    telegram("POST", "/bot:token/getChatMemberCount", READ),
    telegram("POST", "/bot:token/banChatMember", MANAGE),
    telegram("POST", "/bot:token/unbanChatMember", MANAGE),
    telegram("POST", "/bot:token/restrictChatMember", MANAGE),
    telegram("POST", "/bot:token/leaveChat", MANAGE),
    telegram("POST", "/bot:token/getUserProfilePhotos", READ),
    telegram("POST", "/bot:token/setMyCommands", MANAGE),
    telegram("POST", "/bot:token/getMyCommands", READ),
    telegram("POST", "/bot:token/deleteMyCommands", MANAGE),
    telegram("POST", "/bot:token/setMyName", MANAGE),
    telegram("POST", "/bot:token/getMyName", READ),
    telegram("POST", "/bot:token/setMyDescription", MANAGE),
    telegram("POST", "/bot:token/getMyDescription", READ),
    telegram("POST", "/bot:token/setMyShortDescription", MANAGE),
    telegram("POST", "/bot:token/getMyShortDescription", READ),
    telegram("POST", "/bot:token/:other", Need::Bot(Scope::Any)),
    telegram("GET", "/file/bot:token/:path", READ),
    // The panel: its files, and who signs in, are for anybody; its other endpoints like those of management.
    page("panel", "/panel"),
    page("panel", "/panel/"),
    panel("GET", "/panel/session", Need::OwnPages),
    panel("POST", "/panel/session", Need::OwnPages),
    panel("DELETE", "/panel/session", Need::OwnPages),
    panel("GET", "/panel/bots", VIEWER),
    panel("GET", "/panel/watch", VIEWER),
    panel("GET", "/panel/course", ADMIN),
    // Pages for anybody.
    botyard("GET", "/v1/client-api/service-info", Need::OwnPages),
    botyard("GET", "/v1/client-api/bots", Need::OwnPages),
    botyard("GET", "/v1/client-api/bot/:id", Need::OwnPages),
    // Somebody with a browser; whose chat is whose, the engine says.
    botyard("POST", "/v1/client-api/user", Need::OwnPages),
    botyard("GET", "/v1/client-api/user", Need::User),
    botyard("GET", "/v1/client-api/bot/:id/commands", Need::User),
    botyard("POST", "/v1/client-api/chat", Need::User),
    botyard("GET", "/v1/client-api/chats", Need::User),
    botyard("DELETE", "/v1/client-api/chat/:id", Need::User),
    botyard("POST", "/v1/client-api/chat/message", Need::User),
    botyard("POST", "/v1/client-api/chat/press", Need::User),
    botyard("GET", "/v1/client-api/chat/:id/messages", Need::User),
    botyard("GET", "/v1/client-api/chat/:id/events", Need::User),
    botyard("POST", "/v1/client-api/files", Need::User),
    // A bot's program, as Botyard knows it.
    botyard("GET", "/v1/bot-api/bot", READ),
    botyard("PUT", "/v1/bot-api/bot", MANAGE),
    botyard("GET", "/v1/bot-api/bot/commands", READ),
    botyard("POST", "/v1/bot-api/bot/commands", MANAGE),
    botyard("DELETE", "/v1/bot-api/bot/command/:id", MANAGE),
    botyard("GET", "/v1/bot-api/bot/webhook", READ),
    botyard("POST", "/v1/bot-api/bot/webhook", MANAGE),
    botyard("DELETE", "/v1/bot-api/bot/webhook", MANAGE),
    botyard("GET", "/v1/bot-api/chats", READ),
    botyard("GET", "/v1/bot-api/chat/:id/messages", READ),
    botyard("GET", "/v1/bot-api/chat/message/:id", READ),
    botyard("POST", "/v1/bot-api/chat/message", SEND),
    botyard("POST", "/v1/bot-api/files", SEND),
    Rule { face: "openapi", method: "GET", path: "/openapi.json", need: Need::Nothing },
    Rule { face: "openapi", method: "GET", path: "/v1/openapi.json", need: Need::Nothing },
    // Whoever knows where a file lies.
    botyard("GET", "/static/:folder/:name", Need::Nothing),
    // Whoever runs the daemon.
    botyard("POST", "/v1/admin-api/bot", ADMIN),
    botyard("DELETE", "/v1/admin-api/bot/:id", ADMIN),
    botyard("GET", "/v1/admin-api/bot/:id/key", ADMIN),
    botyard("PUT", "/v1/admin-api/bot/:id/key", ADMIN),
    botyard("PUT", "/v1/admin-api/config", ADMIN),
    page("assets", "/assets/:name"),
    page("web", "/"),
];

/// What an endpoint needs; where the table has no row, more than anybody has.
pub const fn need(face: &str, method: &str, path: &str) -> Need {
    let mut at = 0;
    while at < POLICY.len() {
        let rule = &POLICY[at];
        if is_same(rule.path, path) && is_same(rule.method, method) && is_same(rule.face, face) {
            return rule.need;
        }
        at += 1;
    }
    Need::Nobody
}

/// Texts compared where `==` cannot be used yet: in constants.
const fn is_same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_row_is_for_nobody() {
        assert_eq!(need("botmother", "POST", "/bot/create"), OWNER);
        for (face, method, path) in [
            ("botmother", "PUT", "/bot/create"),
            ("botmother", "POST", "/bot/creat"),
            ("botyard", "POST", "/bot/create"),
        ] {
            assert_eq!(need(face, method, path), Need::Nobody, "{face} {method} {path}");
        }
    }

    #[test]
    fn each_endpoint_has_one_row() {
        let name = |rule: &Rule| (rule.face, rule.method, rule.path);
        for (at, rule) in POLICY.iter().enumerate() {
            assert!(POLICY[..at].iter().all(|other| name(other) != name(rule)), "{rule:?} is there twice");
            assert_ne!(rule.need, Need::Nobody, "{rule:?}");
        }
    }
}
