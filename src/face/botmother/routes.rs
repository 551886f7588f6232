//! The route table: every endpoint of docs/api.md, what is not built yet included.

use crate::base::spool::Spool;
use crate::core::failure::Failure;
use crate::core::handle::Question;
use crate::face::policy;
use crate::face::principal::Need;
use crate::http::Request;
use crate::http::route::{Route, Routes};

use super::asking;
use super::{
    act, ai, ejabberd, faq, file, history, local, manage, message, omemo, order, probe, rights, room, server, telegram,
    webhook, why,
};

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

const fn ask(method: &'static str, path: &'static str, read: Read) -> Route<Endpoint> {
    route(method, path, Work::Ask(read))
}

const fn ask_with_file(
    method: &'static str,
    path: &'static str,
    read: fn(&Request, &Spool) -> Result<Question, Failure>,
) -> Route<Endpoint> {
    route(method, path, Work::AskWithFile(read))
}

/// What it needs stands in the policy.
const fn route(method: &'static str, path: &'static str, work: Work) -> Route<Endpoint> {
    Route { method, path, handler: Endpoint { need: policy::need("botmother", method, path), work } }
}

/// All routes of this face.
pub const ROUTES: Routes<Endpoint> = Routes(&[
    ask("GET", "/health", manage::health),
    ask("GET", "/livez", probe::live),
    ask("GET", "/readyz", probe::ready),
    ask("GET", "/metrics", manage::metrics),
    // Management (docs/api.md).
    ask("POST", "/bot/create", manage::create),
    ask("GET", "/bot/list", manage::list),
    ask("POST", "/bot/delete", manage::delete),
    ask("DELETE", "/bot/delete", manage::delete_by_query),
    ask("GET", "/bot/forget", manage::leaving),
    ask("POST", "/bot/forget", manage::forget),
    ask("POST", "/bot/activate", manage::activate),
    ask("POST", "/bot/token", manage::token),
    ask("POST", "/bot/revoke", manage::revoke),
    ask("POST", "/bot/tokens/create", rights::make_token),
    ask("GET", "/bot/tokens/list", rights::list_tokens),
    ask("POST", "/bot/tokens/revoke", rights::revoke_token),
    ask("GET", "/bot/audit", rights::audit),
    ask("POST", "/bot/profile", manage::set_profile),
    ask("POST", "/bot/listed", manage::set_listed),
    ask("GET", "/bot/access", manage::access),
    ask("POST", "/bot/access", manage::set_access),
    ask("GET", "/bot/history", history::show),
    ask("POST", "/bot/history", history::set),
    ask("GET", "/bot/omemo/policy", manage::omemo),
    ask("POST", "/bot/omemo/policy", manage::set_omemo),
    ask("POST", "/bot/omemo/reset", manage::reset_omemo),
    ask("GET", "/bot/account/status", manage::owner_status),
    ask("POST", "/bot/account/status", manage::set_owner_status),
    ask("GET", "/bot/ejabberd/settings", ejabberd::show),
    ask("POST", "/bot/ejabberd/settings", ejabberd::save),
    ask("POST", "/bot/ejabberd/test", ejabberd::test),
    ask("GET", "/bot/server", server::show),
    ask("POST", "/bot/server", server::change),
    // People (docs/rights.md).
    ask("POST", "/user/login", rights::send_code),
    ask("POST", "/user/code", rights::sign_in),
    ask("GET", "/user/me", rights::me),
    ask("POST", "/user/logout", rights::sign_out),
    ask("GET", "/user/tokens/list", rights::list_personal_tokens),
    ask("POST", "/user/tokens/create", rights::make_personal_token),
    ask("POST", "/user/tokens/revoke", rights::revoke_personal_token),
    ask("GET", "/user/list", rights::list_people),
    ask("POST", "/user/set", rights::set_person),
    ask("POST", "/user/remove", rights::remove_person),
    // Messaging (docs/api.md).
    ask("POST", "/bot/sendMessage", message::send_message),
    ask("GET", "/bot/getUpdates", message::get_updates),
    ask("GET", "/bot/getHistory", history::get),
    ask("GET", "/bot/getMessageState", message::get_state),
    ask("POST", "/bot/ask", asking::ask),
    ask("GET", "/bot/ask", asking::state),
    ask("POST", "/bot/ask/cancel", asking::cancel),
    ask("DELETE", "/bot/ask/cancel", asking::cancel_by_query),
    ask("GET", "/bot/why", why::why),
    ask("GET", "/bot/getMe", message::get_me),
    ask("GET", "/bot/getInfo", message::get_info),
    ask_with_file("POST", "/bot/sendFile", file::send_file),
    ask_with_file("GET", "/bot/getFile", file::get_file),
    ask("POST", "/bot/setWebhook", webhook::set),
    ask("POST", "/bot/deleteWebhook", webhook::delete),
    ask("GET", "/bot/getWebhookInfo", webhook::info),
    ask("POST", "/bot/replayWebhook", webhook::replay),
    ask("POST", "/bot/sendReaction", act::send_reaction),
    ask("POST", "/bot/editMessage", act::edit_message),
    ask("POST", "/bot/deleteMessage", act::delete_message),
    ask("POST", "/bot/answerCallbackQuery", act::answer_callback_query),
    ask("POST", "/bot/sendChatAction", act::send_chat_action),
    ask("POST", "/bot/markRead", act::mark_read),
    ask("POST", "/bot/joinRoom", room::join),
    ask("POST", "/bot/leaveRoom", room::leave),
    ask("POST", "/bot/room/moderate", room::moderate),
    ask("POST", "/bot/setCommands", message::set_commands),
    ask("GET", "/bot/getCommands", message::get_commands),
    ask("GET", "/bot/omemo/status", omemo::status),
    ask("GET", "/bot/omemo/devices", omemo::devices),
    ask("POST", "/bot/omemo/trust", omemo::trust),
    ask("POST", "/bot/omemo/distrust", omemo::distrust),
    ask("POST", "/bot/omemo/trustPolicy", omemo::policy),
    // Telegram and AI (docs/telegram.md, docs/ai.md).
    ask("POST", "/bot/telegram/setup", telegram::setup),
    ask("GET", "/bot/telegram/status", telegram::status),
    ask("POST", "/bot/telegram/enable", telegram::enable),
    ask("POST", "/bot/telegram/send", telegram::send),
    ask("POST", "/bot/telegram/test", telegram::test),
    ask("GET", "/bot/telegram/chats", telegram::chats),
    ask("POST", "/bot/telegram/link", telegram::make_link),
    ask("POST", "/bot/telegram/unlink", telegram::unlink),
    ask("POST", "/bot/telegram/retry", telegram::retry),
    ask("POST", "/bot/telegram/moderate", order::moderate),
    ask("GET", "/bot/telegram/members", order::members),
    ask("POST", "/bot/ai/setup", ai::setup),
    ask("GET", "/bot/ai/status", ai::status),
    ask("POST", "/bot/ai/enable", ai::enable),
    ask("POST", "/bot/ai/ask", ai::ask),
    // Questions with answers (docs/faq.md).
    ask("GET", "/bot/faq/list", faq::list),
    ask("POST", "/bot/faq/save", faq::save),
    ask("POST", "/bot/faq/delete", faq::delete),
    ask("GET", "/bot/faq/entries", faq::entries),
    ask("POST", "/bot/faq/entry", faq::set_entry),
    ask("POST", "/bot/faq/deleteEntry", faq::delete_entry),
    ask("POST", "/bot/faq/import", faq::import),
    ask("GET", "/bot/faq/export", faq::export),
    ask("POST", "/bot/faq/ask", faq::ask),
    // Ours, for the command line: the built-in chat, and the accounts the daemon signs in to.
    ask("POST", "/local/say", local::say),
    ask("GET", "/local/read", local::read),
    ask("GET", "/account/list", manage::list_accounts),
    ask("POST", "/account/add", manage::add_account),
    ask("POST", "/account/remove", manage::remove_account),
]);
