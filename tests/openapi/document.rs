//! An OpenAPI document of the API: each route of the table with who may call it, what it takes and how it answers. A route that
//! nobody describes here is in it all the same, as one that takes any object.

use std::collections::BTreeMap;

use botmother::base::json::{self, Object};
use botmother::face::botmother::{ROUTES, Work};
use botmother::face::principal::Need;

/// A member of a body, or a parameter of a query: its name, what it is, whether it must be there.
type Member = (&'static str, Kind, bool);

#[derive(Clone, Copy)]
enum Kind {
    Text,
    Truth,
    Number,
    /// A bot that is there, or one that is not.
    Bot,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Nothing listens there, and it is nobody else's.
    Url,
    /// Somebody to write to.
    Peer,
    Texts,
    Commands,
}

use Kind::*;

const POLICIES: Kind = Word(&["required", "preferred", "off", "default"]);
const TYPE: Member = ("type", Word(&["chat", "groupchat"]), false);

/// What is taken. Not what waits: `timeout` and `wait`.
const TAKES: &[(&str, &str, &[Member])] = &[
    (
        "POST",
        "/bot/create",
        &[
            ("name", Text, true),
            ("account", Word(&["owner@local", "a@example.invalid"]), true),
            ("mode", Word(&["personal"]), false),
            ("receive", Word(&["self", "all"]), false),
            ("avatar", Text, false),
            ("avatar_type", Text, false),
        ],
    ),
    ("GET", "/bot/list", &[("account", Text, false)]),
    ("POST", "/bot/delete", &[("id", Bot, true)]),
    ("DELETE", "/bot/delete", &[("id", Bot, true)]),
    ("GET", "/bot/forget", &[("account", Text, false)]),
    ("POST", "/bot/forget", &[("jid", Text, true)]),
    ("POST", "/bot/activate", &[("id", Bot, true), ("active", Truth, true)]),
    ("POST", "/bot/token", &[("id", Bot, true)]),
    ("POST", "/bot/revoke", &[("id", Bot, true)]),
    (
        "POST",
        "/bot/profile",
        &[
            ("id", Bot, true),
            ("name", Text, false),
            ("description", Text, false),
            ("avatar", Text, false),
            ("avatar_type", Text, false),
        ],
    ),
    ("POST", "/bot/listed", &[("id", Bot, true), ("listed", Truth, true)]),
    ("GET", "/bot/access", &[("id", Bot, true)]),
    (
        "POST",
        "/bot/access",
        &[
            ("id", Bot, true),
            ("access", Word(&["owner", "roster", "list", "public"]), true),
            ("contacts", Texts, false),
        ],
    ),
    ("GET", "/bot/history", &[("id", Bot, true)]),
    ("POST", "/bot/history", &[("id", Bot, true), ("days", Number, true)]),
    ("GET", "/bot/omemo/policy", &[("id", Bot, true)]),
    ("POST", "/bot/omemo/policy", &[("id", Bot, true), ("policy", POLICIES, true)]),
    ("POST", "/bot/omemo/reset", &[("id", Bot, true)]),
    ("GET", "/bot/account/status", &[("account", Text, true)]),
    ("POST", "/bot/account/status", &[("account", Text, true), ("enabled", Truth, true)]),
    (
        "POST",
        "/bot/ejabberd/settings",
        &[("api_url", Url, false), ("admin_jid", Text, false), ("admin_password", Text, false), ("host", Text, false)],
    ),
    (
        "POST",
        "/bot/ejabberd/test",
        &[("api_url", Url, false), ("admin_jid", Text, false), ("admin_password", Text, false), ("host", Text, false)],
    ),
    (
        "POST",
        "/bot/sendMessage",
        &[
            ("to", Peer, true),
            ("text", Text, true),
            TYPE,
            ("reply_to", Text, false),
            ("encrypt", Truth, false),
            ("buttons", Texts, false),
        ],
    ),
    (
        "POST",
        "/bot/ask",
        &[
            ("to", Peer, true),
            ("text", Text, true),
            ("options", Texts, false),
            ("expires", Word(&["1m", "2d"]), false),
            ("escalate", Texts, false),
            ("escalate_after", Word(&["10s", "1h"]), false),
            ("encrypt", Truth, false),
            ("reply_to", Text, false),
            TYPE,
        ],
    ),
    ("GET", "/bot/ask", &[("id", Number, false)]),
    ("POST", "/bot/ask/cancel", &[("id", Number, true)]),
    ("DELETE", "/bot/ask/cancel", &[("id", Number, true)]),
    ("GET", "/bot/why", &[("message_id", Text, true)]),
    (
        "GET",
        "/bot/getUpdates",
        &[("offset", Number, false), ("limit", Number, false), ("allowed_updates", Text, false)],
    ),
    ("GET", "/bot/getHistory", &[("chat", Peer, true), ("limit", Number, false), ("before", Number, false)]),
    ("POST", "/bot/sendFile", &[("to", Peer, true), ("url", Url, true), ("caption", Text, false), TYPE]),
    ("GET", "/bot/getFile", &[("file_id", Text, false), ("message_id", Text, false), ("url", Text, false)]),
    (
        "POST",
        "/bot/setWebhook",
        &[
            ("url", Url, true),
            ("secret", Text, false),
            ("allowed_updates", Texts, false),
            ("drop_pending_updates", Truth, false),
        ],
    ),
    ("POST", "/bot/deleteWebhook", &[("drop_pending_updates", Truth, false)]),
    ("POST", "/bot/replayWebhook", &[("update_id", Number, false), ("delivery_id", Text, false)]),
    (
        "POST",
        "/bot/sendReaction",
        &[("to", Peer, true), ("message_id", Text, true), ("reaction", Word(&["👍", ""]), true), TYPE],
    ),
    (
        "POST",
        "/bot/editMessage",
        &[("to", Peer, true), ("message_id", Text, true), ("text", Text, true), TYPE, ("buttons", Texts, false)],
    ),
    ("POST", "/bot/deleteMessage", &[("to", Peer, true), ("message_id", Text, true), TYPE]),
    (
        "POST",
        "/bot/answerCallbackQuery",
        &[("callback_id", Text, true), ("text", Text, false), ("alert", Truth, false)],
    ),
    (
        "POST",
        "/bot/sendChatAction",
        &[("to", Peer, true), ("action", Word(&["typing", "paused", "active"]), true), TYPE],
    ),
    ("POST", "/bot/markRead", &[("to", Peer, true), ("message_id", Text, true), TYPE]),
    ("POST", "/bot/joinRoom", &[("room", Text, true), ("nick", Text, false), ("password", Text, false)]),
    ("POST", "/bot/leaveRoom", &[("room", Text, true)]),
    (
        "POST",
        "/bot/room/moderate",
        &[
            ("room", Text, true),
            ("action", Word(&["retract", "kick", "ban", "unban", "mute", "unmute"]), true),
            ("message_id", Text, false),
            ("user", Text, false),
            ("reason", Text, false),
        ],
    ),
    (
        "POST",
        "/bot/telegram/moderate",
        &[
            ("action", Word(&["kick", "ban", "unban", "mute", "unmute", "delete", "pin", "title", "photo"]), true),
            ("chat", Text, false),
            ("user", Text, false),
            ("duration", Word(&["10m", "2h", "7d"]), false),
            ("message_id", Text, false),
            ("title", Text, false),
            ("url", Url, false),
        ],
    ),
    ("GET", "/bot/telegram/members", &[("chat", Text, false)]),
    ("POST", "/bot/setCommands", &[("commands", Commands, true)]),
    ("GET", "/bot/omemo/devices", &[("jid", Text, false)]),
    ("POST", "/bot/omemo/trust", &[("fingerprint", Text, false), ("device", Number, false), ("jid", Text, false)]),
    ("POST", "/bot/omemo/distrust", &[("fingerprint", Text, false), ("device", Number, false), ("jid", Text, false)]),
    ("POST", "/bot/omemo/trustPolicy", &[("policy", Word(&["blind", "tofu", "pinned"]), true)]),
    (
        "POST",
        "/bot/telegram/setup",
        &[
            ("token", Text, true),
            ("chat_id", Number, true),
            ("mode", Word(&["bridge", "forward"]), false),
            ("api_url", Url, true),
            ("take_over", Truth, false),
        ],
    ),
    ("POST", "/bot/telegram/enable", &[("enabled", Truth, true)]),
    ("POST", "/bot/telegram/send", &[("text", Text, true), ("chat", Text, false)]),
    (
        "POST",
        "/bot/telegram/link",
        &[
            ("chat_id", Number, true),
            ("alias", Text, false),
            ("here", Peer, false),
            ("mode", Word(&["bridge", "forward"]), false),
            ("enabled", Truth, false),
            ("default", Truth, false),
            ("format_here", Text, false),
            ("format_there", Text, false),
        ],
    ),
    ("POST", "/bot/telegram/unlink", &[("chat", Text, true)]),
    (
        "POST",
        "/bot/ai/setup",
        &[
            ("provider", Word(&["openai", "ollama"]), true),
            ("model", Text, true),
            ("api_key", Text, false),
            ("endpoint", Url, true),
            ("system", Text, false),
            ("max_tokens", Number, false),
            ("stream", Truth, false),
        ],
    ),
    ("POST", "/bot/ai/enable", &[("enabled", Truth, true)]),
    ("POST", "/bot/ai/ask", &[("message", Text, true)]),
    (
        "POST",
        "/bot/faq/save",
        &[
            ("name", Text, true),
            ("description", Text, false),
            ("auto_reply", Truth, false),
            ("limit", Number, false),
            ("synonyms", Text, false),
        ],
    ),
    ("POST", "/bot/faq/delete", &[("name", Text, true)]),
    ("GET", "/bot/faq/entries", &[("name", Text, true), ("after", Number, false), ("limit", Number, false)]),
    (
        "POST",
        "/bot/faq/entry",
        &[
            ("name", Text, true),
            ("question", Text, true),
            ("answer", Text, true),
            ("id", Number, false),
            ("similar_qs", Texts, false),
            ("enabled", Truth, false),
        ],
    ),
    ("POST", "/bot/faq/deleteEntry", &[("name", Text, true), ("id", Number, true)]),
    (
        "POST",
        "/bot/faq/import",
        &[
            ("name", Text, true),
            ("format", Word(&["csv", "tsv", "json"]), true),
            ("text", Text, true),
            ("add", Truth, false),
        ],
    ),
    ("GET", "/bot/faq/export", &[("name", Text, true), ("format", Word(&["csv", "tsv", "json"]), false)]),
    ("POST", "/bot/faq/ask", &[("text", Text, true), ("name", Text, false)]),
    ("POST", "/local/say", &[("text", Text, true), ("to", Text, false)]),
    ("GET", "/local/read", &[("with", Text, false), ("after", Number, false)]),
    ("POST", "/account/add", &[("jid", Text, true), ("password", Text, true), ("host", Word(&["127.0.0.1:1"]), true)]),
    ("POST", "/account/remove", &[("jid", Text, true)]),
];

/// What docs/api.md says of what can go wrong beyond what was asked: another service that refuses, or no room on the disk.
const OTHERS_FAULT: [(&str, &str); 2] = [("502", "Another service refuses, or cannot do it"), ("503", "Not now")];

fn schema(kind: Kind) -> String {
    let of = |name: &str| Object::new().text("type", name).end();
    let one_of = |words: &[&str]| {
        Object::new().text("type", "string").raw("enum", &json::array(words.iter().map(|word| json::text(word)))).end()
    };
    match kind {
        Text => of("string"),
        Truth => of("boolean"),
        Number => of("integer"),
        Bot => Object::new().text("type", "integer").raw("enum", "[2,3,999]").end(),
        Word(words) => one_of(words),
        Url => one_of(&["http://127.0.0.1:1/x"]),
        Peer => one_of(&["owner@local", "somebody@example.invalid"]),
        Texts => Object::new().text("type", "array").raw("items", &of("string")).end(),
        Commands => {
            let members = Object::new().raw("command", &of("string")).raw("description", &of("string")).end();
            let item =
                Object::new().text("type", "object").raw("properties", &members).raw("required", "[\"command\"]");
            Object::new().text("type", "array").raw("items", &item.end()).end()
        }
    }
}

fn body(members: &[Member]) -> String {
    let properties = members.iter().fold(Object::new(), |all, (name, kind, _)| all.raw(name, &schema(*kind)));
    let required = members.iter().filter(|member| member.2).map(|member| json::text(member.0));
    let object = Object::new().text("type", "object").raw("properties", &properties.end());
    let object = object.raw("required", &json::array(required)).end();
    let content = Object::new().raw("application/json", &Object::new().raw("schema", &object).end()).end();
    Object::new().truth("required", true).raw("content", &content).end()
}

fn query(members: &[Member]) -> String {
    json::array(members.iter().map(|(name, kind, is_needed)| {
        let parameter = Object::new().text("name", name).text("in", "query").truth("required", *is_needed);
        parameter.raw("schema", &schema(*kind)).end()
    }))
}

fn answer(description: &str, content_type: &str, schema: &str) -> Object {
    let content = Object::new().raw(content_type, &Object::new().raw("schema", schema).end()).end();
    Object::new().text("description", description).raw("content", &content)
}

/// `{"ok":false,…}`, with the status it came with.
fn refusal(status: &str, description: &str) -> Object {
    let shape = r#"{"type":"object","required":["ok","error","error_code","description"],"properties":{"ok":{"const":false},
        "error":{"type":"string","pattern":"^[a-z_]+$"},"error_code":{"const":"STATUS"},
        "description":{"type":"string","minLength":3}}}"#;
    answer(description, "application/json", &shape.replace("STATUS", status))
}

fn responses(method: &str, path: &str, work: &Work) -> String {
    let good = match path {
        "/metrics" => answer("Done", "text/plain", r#"{"type":"string"}"#),
        "/health" | "/livez" | "/readyz" | "/bot/list" => answer(
            "Done",
            "application/json",
            r#"{"type":"object","required":["ok"],"properties":{"ok":{"const":true}}}"#,
        ),
        _ => answer(
            "Done",
            "application/json",
            r#"{"type":"object","required":["ok","result"],"properties":{"ok":{"const":true}}}"#,
        ),
    };
    let mut all = Object::new();
    all = match work {
        Work::NotBuilt(_) => all.raw("501", &refusal("501", "Not built yet").end()),
        Work::Ask(_) | Work::AskWithFile(_) => all.raw("200", &good.end()),
    };
    for (status, description) in [
        ("400", "What was asked is wrong"),
        ("401", "No good token"),
        ("403", "Not from there"),
        ("404", "Not there"),
        ("409", "It contradicts what is there"),
        ("413", "Too large"),
        ("415", "No JSON"),
        ("429", "Too much"),
    ] {
        all = all.raw(status, &refusal(status, description).end());
    }
    let allow = r#"{"Allow":{"required":true,"schema":{"type":"string"}}}"#;
    all = all.raw("405", &refusal("405", "Another method").raw("headers", allow).end());
    if method == "POST" {
        all = OTHERS_FAULT.iter().fold(all, |all, (status, text)| all.raw(status, &refusal(status, text).end()));
    }
    all.end()
}

/// The document.
pub(crate) fn build() -> String {
    let mut paths: BTreeMap<&str, Object> = BTreeMap::new();
    for route in ROUTES.0 {
        let members = TAKES.iter().find(|(method, path, _)| (*method, *path) == (route.method, route.path));
        let members = members.map(|(_, _, members)| *members).unwrap_or_default();
        let (tag, security) = match route.handler.need {
            Need::Bot(_) => ("bot", r#"[{"token":[]}]"#),
            _ => ("management", "[]"),
        };
        let responses = responses(route.method, route.path, &route.handler.work);
        let operation = Object::new().raw("tags", &json::array([json::text(tag)])).raw("security", security);
        let operation = operation.raw("responses", &responses);
        let operation = match route.method {
            "POST" => operation.raw("requestBody", &body(members)),
            _ => operation.raw("parameters", &query(members)),
        };
        let path = paths.remove(route.path).unwrap_or_default();
        paths.insert(route.path, path.raw(&route.method.to_lowercase(), &operation.end()));
    }
    let paths = paths.into_iter().fold(Object::new(), |all, (path, operations)| all.raw(path, &operations.end()));
    let scheme = r#"{"securitySchemes":{"token":{"type":"http","scheme":"bearer"}}}"#;
    let info = Object::new().text("title", "Botmother").text("version", env!("CARGO_PKG_VERSION")).end();
    Object::new().text("openapi", "3.1.0").raw("info", &info).raw("paths", &paths.end()).raw("components", scheme).end()
}
