//! `/api` and its pages (docs/api.md): how a program talks to this bot, with lines that can be pasted into a shell
//! as they are: the real address, and for the owner the bot's real token.
//!
//! To add a page: a row in `PAGES`, its text in `texts/chat.rs`, its command lines in `lines`.

use std::fmt::Write;

use crate::base::json::{Object, array};
use crate::base::remedy::Language;
use crate::core::batch::Trouble;
use crate::core::registry::Bot;
use crate::core::setup::{ApiFacts, Setup};
use crate::core::texts::{Text, chat};
use crate::engine::Engine;
use crate::engine::command::dedicated::Chat;
use crate::engine::command::{api_server, split};

type Answer = Result<String, Trouble>;

struct Page {
    name: &'static str,
    aliases: &'static [&'static str],
    description: Text,
    text: Text,
}

/// The pages that are text and command lines, in the order of the overview; `server` comes after them.
const PAGES: &[Page] = &[
    Page { name: "auth", aliases: &["token"], description: chat::PAGE_AUTH, text: chat::API_AUTH },
    Page {
        name: "messages",
        aliases: &["nachrichten", "send", "updates"],
        description: chat::PAGE_MESSAGES,
        text: chat::API_MESSAGES,
    },
    Page { name: "webhook", aliases: &["webhooks"], description: chat::PAGE_WEBHOOK, text: chat::API_WEBHOOK },
    Page {
        name: "management",
        aliases: &["verwaltung"],
        description: chat::PAGE_MANAGEMENT,
        text: chat::API_MANAGEMENT,
    },
    Page {
        name: "advanced",
        aliases: &["erweitert", "commands", "befehle"],
        description: chat::PAGE_ADVANCED,
        text: chat::API_ADVANCED,
    },
    Page { name: "examples", aliases: &["beispiele"], description: chat::PAGE_EXAMPLES, text: chat::API_EXAMPLES },
];

/// `/api [page]`.
pub(super) fn page(engine: &mut Engine, chat: &Chat, arguments: &str) -> Answer {
    let language = engine.core.batch.setup.settings.language;
    let (word, rest) = split(arguments);
    let word = word.to_lowercase();
    let is_admin = engine.core.batch.setup.settings.admins.contains(&chat.who);
    if word == "server" {
        return match is_admin {
            true => api_server::answer_admin(engine, chat, rest),
            false => Ok(api_server::answer_others(&engine.core.batch.setup, rest)),
        };
    }
    let bot = engine.core.batch.bot(chat.bot)?;
    let Some(page) = PAGES.iter().find(|page| page.name == word || page.aliases.contains(&word.as_str())) else {
        return Ok(overview(bot, language, &engine.core.batch.setup.api_url));
    };
    let values = lines(&engine.core.batch.setup, bot, chat, is_admin);
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut out = page.text.fill(language, &values);
    let uses = |name: &str| values.iter().any(|(n, value)| *n == name && !value.is_empty() && out.contains(value));
    let more = match (uses("token"), uses("admin")) {
        (true, _) if bot.row.owner != chat.who => Some(&chat::FOREIGN_TOKEN),
        (true, _) if bot.row.token.is_none() => Some(&chat::LOST_TOKEN),
        (_, true) if !is_admin => Some(&chat::ADMIN_TOKEN),
        _ => None,
    };
    out.push_str(&more.map(|text| text.fill(language, &values)).unwrap_or_default());
    Ok(out)
}

fn overview(bot: &Bot, language: Language, url: &str) -> String {
    let mut out = chat::API_OVERVIEW.fill(language, &[("name", &bot.row.name), ("url", url)]);
    let pages = PAGES.iter().map(|page| (page.name, &page.description)).chain([("server", &chat::PAGE_SERVER)]);
    for (name, description) in pages {
        let _ = write!(out, "\n/api {name} - {}", description.fill(language, &[]));
    }
    out
}

/// How an update comes to a webhook.
const FORMAT: &str = r#"X-Bot-Signature: sha256=<hex>
X-Bot-Delivery: <the same at each attempt>
X-Bot-Attempt: <1 for the first>

{"update_type":"message","data":{"from":"…","to":"…","body":"…","type":"chat","stanza_id":"…","timestamp":…}}"#;

/// Whose token a command line sends.
#[derive(Clone, Copy)]
enum Auth {
    Nobody,
    Bot,
    Admin,
}

/// The command lines of all pages by the name they have in the texts.
fn lines(setup: &Setup, bot: &Bot, chat: &Chat, is_admin: bool) -> Vec<(&'static str, String)> {
    let facts = &setup.api;
    let curl = |auth, path: &str, body: Option<String>| curl(facts, auth, &format!("{}{path}", setup.api_url), body);
    let own = bot.row.token.as_ref().filter(|_| bot.row.owner == chat.who);
    let token = own.map_or("bm_YOUR_TOKEN", |token| token.expose());
    let admin = match (facts.needs_admin_token, is_admin) {
        (false, _) => String::new(),
        (true, true) => format!("ADMIN=$(cat {})\n", shell_quote(&facts.admin_token_file)),
        (true, false) => "ADMIN=bma_YOUR_ADMIN_TOKEN\n".to_string(),
    };
    let manager = if facts.needs_admin_token { Auth::Admin } else { Auth::Nobody };
    let (who, id) = (chat.who.as_str(), bot.row.id);
    let send = Object::new().text("to", who).text("text", "Hello from my bot!").end();
    let create = Object::new().text("name", "AnotherBot").text("account", who).end();
    let webhook = Object::new().text("url", "https://my-server.example.com/webhook").end();
    let activate = Object::new().number("id", id.0).truth("active", true).end();
    let list = format!("list?account={}", crate::base::text::percent(who));
    let health = setup.api_url.trim_end_matches("bot/");
    vec![
        ("id", id.to_string()),
        ("token", format!("TOKEN={token}")),
        ("admin", admin),
        ("health", self::curl(facts, Auth::Nobody, &format!("{health}health"), None)),
        ("me", curl(Auth::Bot, "getMe", None)),
        ("info", curl(Auth::Bot, "getInfo", None)),
        ("send", curl(Auth::Bot, "sendMessage", Some(send))),
        ("updates", curl(Auth::Bot, "getUpdates?timeout=5", None)),
        ("setcommands", curl(Auth::Bot, "setCommands", Some(commands_body(bot)))),
        ("getcommands", curl(Auth::Bot, "getCommands", None)),
        ("setwebhook", curl(Auth::Bot, "setWebhook", Some(webhook))),
        ("format", FORMAT.to_string()),
        ("method", Object::new().text("method", "sendMessage").text("to", who).text("text", "Hello!").end()),
        ("webhookinfo", curl(Auth::Bot, "getWebhookInfo", None)),
        ("deletewebhook", curl(Auth::Bot, "deleteWebhook", Some("{}".to_string()))),
        ("list", curl(manager, &list, None)),
        ("create", curl(manager, "create", Some(create))),
        ("activate", curl(manager, "activate", Some(activate))),
        ("python", python(facts, &setup.api_url, token)),
    ]
}

/// The commands there are, so that trying the line takes none away; an example where there are none.
fn commands_body(bot: &Bot) -> String {
    let one =
        |name: &str, description: &str| Object::new().text("command", name).text("description", description).end();
    let commands = match bot.commands.as_slice() {
        [] => array([one("weather", "Show the weather")]),
        commands => array(commands.iter().map(|c| one(&c.command, &c.description))),
    };
    Object::new().raw("commands", &commands).end()
}

/// One call for a POSIX shell; `$TOKEN` and `$ADMIN` are set by lines above it.
fn curl(facts: &ApiFacts, auth: Auth, url: &str, body: Option<String>) -> String {
    let mut out = "curl -sS ".to_string();
    if !facts.ca_file.is_empty() {
        let _ = write!(out, "--cacert {} ", shell_quote(&facts.ca_file));
    }
    out.push_str(&shell_quote(url));
    let variable = match auth {
        Auth::Nobody => None,
        Auth::Bot => Some("TOKEN"),
        Auth::Admin => Some("ADMIN"),
    };
    if let Some(variable) = variable {
        let _ = write!(out, " \\\n  -H \"Authorization: Bearer ${variable}\"");
    }
    if let Some(body) = body {
        // With data curl sends a POST by itself.
        let _ = write!(out, " \\\n  -H 'Content-Type: application/json' \\\n  -d {}", shell_quote(&body));
    }
    out
}

/// One word for a POSIX shell, whatever is in it.
fn shell_quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// A whole bot in Python's own library.
fn python(facts: &ApiFacts, url: &str, token: &str) -> String {
    let mut cafile = "None".to_string();
    if !facts.ca_file.is_empty() {
        cafile.clear();
        // A JSON string is a Python string, too.
        crate::base::json::quote(&mut cafile, &facts.ca_file);
    }
    format!(
        r#"import json, ssl
from urllib.request import Request, urlopen

URL = "{url}"
TOKEN = "{token}"
TLS = ssl.create_default_context(cafile={cafile})

def call(path, body=None):
    headers = {{"Authorization": "Bearer " + TOKEN, "Content-Type": "application/json"}}
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(URL + path, data, headers), context=TLS) as answer:
        return json.load(answer)["result"]

offset = 0
while True:
    for update in call(f"getUpdates?timeout=50&offset={{offset}}"):
        offset = update["update_id"] + 1
        if update["type"] == "message":
            message = update["data"]
            call("sendMessage", {{"to": message["from"], "text": "You said: " + message["body"]}})"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_one_word() {
        for word in ["plain", "it's", "a $(b) \\ \"c\" `d`", ""] {
            let script = format!("printf %s {}", shell_quote(word));
            let output = std::process::Command::new("sh").arg("-c").arg(script).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), word);
        }
    }

    #[test]
    fn all_pages_stand_in_the_usage() {
        let usage = chat::API_PAGE.fill(Language::English, &[]);
        let named: Vec<&str> = usage.trim_matches(['[', ']']).split('|').collect();
        let there: Vec<&str> = PAGES.iter().map(|page| page.name).chain(["server"]).collect();
        assert_eq!(named, there);
    }
}
