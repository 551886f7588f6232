//! The route table: every endpoint of docs/api.md, what is not built yet included.

use crate::base::spool::Spool;
use crate::core::failure::Failure;
use crate::core::handle::Question;
use crate::face::principal::Need;
use crate::http::Request;
use crate::http::route::{Route, Routes};

use super::{act, ai, ejabberd, file, history, local, manage, message, omemo, probe, room, webhook};

/// One endpoint.
#[derive(Clone, Copy)]
pub struct Endpoint {
    /// What it needs.
    pub need: Need,
    /// What it does.
    pub work: Work,
}

/// What an endpoint does.
#[derive(Clone, Copy)]
pub enum Work {
    /// Reads the request into a question for the engine.
    Ask(fn(&Request) -> Result<Question, Failure>),
    /// The same for what has a file with it.
    AskWithFile(fn(&Request, &Spool) -> Result<Question, Failure>),
    /// Nothing yet: 501, and what is missing as the beginning of a sentence.
    NotBuilt(&'static str),
}

type Read = fn(&Request) -> Result<Question, Failure>;

const fn open(method: &'static str, path: &'static str, read: Read) -> Route<Endpoint> {
    Route { method, path, handler: Endpoint { need: Need::Nothing, work: Work::Ask(read) } }
}

/// Open, and whoever has management rights learns more.
const fn known(method: &'static str, path: &'static str, read: Read) -> Route<Endpoint> {
    Route { method, path, handler: Endpoint { need: Need::Optional, work: Work::Ask(read) } }
}

const fn admin(method: &'static str, path: &'static str, read: Read) -> Route<Endpoint> {
    Route { method, path, handler: Endpoint { need: Need::Admin, work: Work::Ask(read) } }
}

const fn bot(method: &'static str, path: &'static str, read: Read) -> Route<Endpoint> {
    Route { method, path, handler: Endpoint { need: Need::Bot, work: Work::Ask(read) } }
}

const fn bot_file(
    method: &'static str,
    path: &'static str,
    read: fn(&Request, &Spool) -> Result<Question, Failure>,
) -> Route<Endpoint> {
    Route { method, path, handler: Endpoint { need: Need::Bot, work: Work::AskWithFile(read) } }
}

const fn later(need: Need, method: &'static str, path: &'static str, what: &'static str) -> Route<Endpoint> {
    Route { method, path, handler: Endpoint { need, work: Work::NotBuilt(what) } }
}

const TELEGRAM: &str = "the bridge to Telegram";

/// All routes of this face.
pub const ROUTES: Routes<Endpoint> = Routes(&[
    open("GET", "/health", manage::health),
    open("GET", "/livez", probe::live),
    known("GET", "/readyz", probe::ready),
    admin("GET", "/metrics", manage::metrics),
    // Management (docs/api.md).
    admin("POST", "/bot/create", manage::create),
    admin("GET", "/bot/list", manage::list),
    admin("POST", "/bot/delete", manage::delete),
    admin("DELETE", "/bot/delete", manage::delete_by_query),
    admin("GET", "/bot/forget", manage::leaving),
    admin("POST", "/bot/forget", manage::forget),
    admin("POST", "/bot/activate", manage::activate),
    admin("POST", "/bot/token", manage::token),
    admin("POST", "/bot/revoke", manage::revoke),
    admin("POST", "/bot/profile", manage::set_profile),
    admin("POST", "/bot/listed", manage::set_listed),
    admin("GET", "/bot/access", manage::access),
    admin("POST", "/bot/access", manage::set_access),
    admin("GET", "/bot/history", history::show),
    admin("POST", "/bot/history", history::set),
    admin("GET", "/bot/omemo/policy", manage::omemo),
    admin("POST", "/bot/omemo/policy", manage::set_omemo),
    admin("POST", "/bot/omemo/reset", manage::reset_omemo),
    admin("GET", "/bot/account/status", manage::owner_status),
    admin("POST", "/bot/account/status", manage::set_owner_status),
    admin("GET", "/bot/ejabberd/settings", ejabberd::show),
    admin("POST", "/bot/ejabberd/settings", ejabberd::save),
    admin("POST", "/bot/ejabberd/test", ejabberd::test),
    // Messaging (docs/api.md).
    bot("POST", "/bot/sendMessage", message::send_message),
    bot("GET", "/bot/getUpdates", message::get_updates),
    bot("GET", "/bot/getHistory", history::get),
    bot("GET", "/bot/getMe", message::get_me),
    bot("GET", "/bot/getInfo", message::get_info),
    bot_file("POST", "/bot/sendFile", file::send_file),
    bot_file("GET", "/bot/getFile", file::get_file),
    bot("POST", "/bot/setWebhook", webhook::set),
    bot("POST", "/bot/deleteWebhook", webhook::delete),
    bot("GET", "/bot/getWebhookInfo", webhook::info),
    bot("POST", "/bot/replayWebhook", webhook::replay),
    bot("POST", "/bot/sendReaction", act::send_reaction),
    bot("POST", "/bot/editMessage", act::edit_message),
    bot("POST", "/bot/deleteMessage", act::delete_message),
    bot("POST", "/bot/sendChatAction", act::send_chat_action),
    bot("POST", "/bot/markRead", act::mark_read),
    bot("POST", "/bot/joinRoom", room::join),
    bot("POST", "/bot/leaveRoom", room::leave),
    bot("POST", "/bot/setCommands", message::set_commands),
    bot("GET", "/bot/getCommands", message::get_commands),
    bot("GET", "/bot/omemo/status", omemo::status),
    bot("GET", "/bot/omemo/devices", omemo::devices),
    bot("POST", "/bot/omemo/trust", omemo::trust),
    bot("POST", "/bot/omemo/distrust", omemo::distrust),
    bot("POST", "/bot/omemo/trustPolicy", omemo::policy),
    // Telegram and AI (docs/ai.md).
    later(Need::Bot, "POST", "/bot/telegram/setup", TELEGRAM),
    later(Need::Bot, "GET", "/bot/telegram/status", TELEGRAM),
    later(Need::Bot, "POST", "/bot/telegram/enable", TELEGRAM),
    later(Need::Bot, "POST", "/bot/telegram/send", TELEGRAM),
    later(Need::Bot, "POST", "/bot/telegram/test", TELEGRAM),
    bot("POST", "/bot/ai/setup", ai::setup),
    bot("GET", "/bot/ai/status", ai::status),
    bot("POST", "/bot/ai/enable", ai::enable),
    bot("POST", "/bot/ai/ask", ai::ask),
    // Ours, for the command line: the built-in chat, and the accounts the daemon signs in to.
    admin("POST", "/local/say", local::say),
    admin("GET", "/local/read", local::read),
    admin("GET", "/account/list", manage::list_accounts),
    admin("POST", "/account/add", manage::add_account),
    admin("POST", "/account/remove", manage::remove_account),
]);
