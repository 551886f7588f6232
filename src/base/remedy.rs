//! What somebody can do about it, in the words of the place where it is read: an option has other names on the command
//! line, in the API, in the configuration file and in a chat.
//!
//! Whoever finds out what is wrong writes one of the constants here into his sentence; whoever shows the sentence puts
//! the words of his place there with [`at`], which knows the language of chats, too. Marks stand between two characters that
//! no text from outside has: XML and [`inert`] let none in, so what somebody is called is never taken for a mark.

use super::german;

/// Before a mark's name: a noncharacter.
const OPEN: char = '\u{fffe}';
/// Behind it.
const CLOSE: char = '\u{ffff}';

/// Language of what is said in chats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// German.
    German,
}

/// Where something is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// By a program that calls the HTTP API.
    Api,
    /// By a person, in a chat, in its language.
    Chat(Language),
    /// On the command line.
    Shell,
    /// In the log, by who writes the configuration file.
    File,
}

/// The header by which our own command line asks for its words; in small letters, as requests have them here.
pub const PLACE_HEADER: &str = "botmother-place";
/// Its value.
pub const PLACE_SHELL: &str = "shell";

/// The key that trusts a CA beside the built-in ones.
pub const CA_FILE: &str = "\u{fffe}ca\u{ffff}";
/// The key that says where to connect.
pub const HOST: &str = "\u{fffe}host\u{ffff}";
/// How an account is signed in.
pub const ADD_ACCOUNT: &str = "\u{fffe}account\u{ffff}";
/// How an account that exists is given to a new bot.
pub const BRING_ACCOUNT: &str = "\u{fffe}own\u{ffff}";
/// How an account that is given to a new bot gets the right password.
pub const PASSWORD_OF_BOT: &str = "\u{fffe}own password\u{ffff}";
/// How ejabberd's API is set up.
pub const EJABBERD: &str = "\u{fffe}ejabberd\u{ffff}";
/// How an AI is set up.
pub const SET_UP_AI: &str = "\u{fffe}ai\u{ffff}";
/// How a bot's AI is switched on.
pub const SWITCH_AI_ON: &str = "\u{fffe}ai on\u{ffff}";
/// How a bot is allowed to speak plain text.
pub const ALLOW_PLAIN: &str = "\u{fffe}plain\u{ffff}";
/// How bots are listed.
pub const LIST_BOTS: &str = "\u{fffe}bots\u{ffff}";
/// How a bot is connected to Telegram.
pub const SET_UP_TELEGRAM: &str = "\u{fffe}telegram\u{ffff}";
/// How a webhook is set.
pub const SET_WEBHOOK: &str = "\u{fffe}webhook\u{ffff}";
/// How a bot's history is switched on.
pub const KEEP_HISTORY: &str = "\u{fffe}history\u{ffff}";
/// How the account of a deleted bot is given up.
pub const FORGET: &str = "\u{fffe}forget\u{ffff}";

/// A text from outside, without what could be taken for a mark. Whoever reads texts other than XML calls it.
pub fn inert(text: String) -> String {
    if is_inert(&text) { text } else { text.replace([OPEN, CLOSE], "\u{fffd}") }
}

/// Whether nothing in a text could be taken for a mark.
pub fn is_inert(text: &str) -> bool {
    !text.contains([OPEN, CLOSE])
}

fn mark(name: &str, value: &str) -> String {
    format!("{OPEN}{name} {value}{CLOSE}")
}

/// The key that accepts exactly one certificate, with its value.
pub fn pin(value: &str) -> String {
    mark("pin", value)
}

/// How this account gets another password.
pub fn password(account: &str) -> String {
    mark("password", account)
}

/// A value's name.
pub fn field(name: &str) -> String {
    mark("field", name)
}

/// Marks, and the words of API, chat, command line and configuration file, and those of a German chat where they are others.
/// `{}` is what the mark has behind its name.
const WORDS: &[(&str, [&str; 4], &str)] = &[
    (
        "ca",
        ["`ca_file` at POST /account/add", "--ca-file of `botmother account add`", "--ca-file FILE", "ca_file"],
        "--ca-file von `botmother account add`",
    ),
    (
        "pin",
        ["`\"pin\":\"{}\"` at POST /account/add", "--pin {} of `botmother account add`", "--pin {}", "pin = \"{}\""],
        "--pin {} von `botmother account add`",
    ),
    ("host", ["`host`", "--host", "--host", "host"], ""),
    (
        "password",
        [
            "give the right one to POST /account/add",
            "give the right one with `botmother account add {}` where the daemon runs",
            "give the right one with `botmother account add {}`",
            "give the right one with `botmother account add {}`, or in the configuration file if that names it",
        ],
        "gib das richtige an mit `botmother account add {}`, wo der Dienst läuft",
    ),
    (
        "account",
        [
            "POST /account/add",
            "`botmother account add` where the daemon runs",
            "`botmother account add`",
            "`botmother account add`",
        ],
        "`botmother account add`, wo der Dienst läuft",
    ),
    (
        "own",
        [
            "`jid` and `password`",
            "`jid` and `password` at POST /bot/create",
            "--jid",
            "--jid of `botmother bot create`",
        ],
        "`jid` und `password` bei POST /bot/create",
    ),
    (
        "own password",
        [
            "make the bot again with the right `password` at POST /bot/create",
            "make the bot again with the right password",
            "make the bot again with the right one, typed or in --password-file",
            "make the bot again with the right password",
        ],
        "lege den Bot mit dem richtigen Passwort neu an",
    ),
    (
        "ejabberd",
        [
            "POST /bot/ejabberd/settings with api_url, host, admin_jid and admin_password",
            "POST /bot/ejabberd/settings of the API",
            "POST /bot/ejabberd/settings of the API (see README.md)",
            "POST /bot/ejabberd/settings of the API",
        ],
        "POST /bot/ejabberd/settings der API",
    ),
    (
        "ai",
        ["POST /bot/ai/setup, or /ki setup in its chat", "/ki setup", "/ki setup in its chat", "/ki setup in its chat"],
        "",
    ),
    ("ai on", ["POST /bot/ai/enable, or /ki on in its chat", "/ki on", "/ki on in its chat", "/ki on in its chat"], ""),
    (
        "telegram",
        [
            "POST /bot/telegram/setup, or /telegram setup in its chat",
            "/telegram setup",
            "/telegram setup in its chat",
            "/telegram setup in its chat",
        ],
        "",
    ),
    (
        "plain",
        [
            "POST /bot/omemo/policy",
            "/omemo encrypt preferred",
            "/omemo encrypt preferred in its chat",
            "POST /bot/omemo/policy",
        ],
        "",
    ),
    ("bots", ["GET /bot/list", "/mybots", "`botmother bot list`", "`botmother bot list`"], ""),
    (
        "webhook",
        ["setWebhook", "setWebhook of the API", "setWebhook of the API", "setWebhook of the API"],
        "setWebhook der API",
    ),
    (
        "history",
        [
            "POST /bot/history, or /history in the chat with the manager",
            "/history",
            "POST /bot/history of the API, or /history in the chat with the manager",
            "POST /bot/history of the API",
        ],
        "",
    ),
    ("forget", ["POST /bot/forget", "/forget", "`botmother bot forget`", "`botmother bot forget`"], ""),
    ("field", ["`{}`", "{}", "{}", "`{}`"], ""),
];

/// What values are called in a German chat.
const GERMAN_FIELDS: &[(&str, &str)] = &[
    ("access", "Zugang"),
    ("api key", "Schlüssel"),
    ("command", "Befehl"),
    ("commands", "Befehle"),
    ("contacts", "Kontakte"),
    ("days", "Tage"),
    ("description", "Beschreibung"),
    ("endpoint", "Adresse"),
    ("id", "ID"),
    ("model", "Modell"),
    ("name", "Name"),
    ("provider", "Anbieter"),
    ("system", "System-Prompt"),
];

/// What values are called on the command line, where that is not their name with dashes in front.
const OPTIONS: &[(&str, &str)] = &[
    ("name", "NAME"),
    ("id", "BOT"),
    ("text", "the text"),
    ("with", "WHO"),
    ("to", "WHO"),
    ("account", "--owner"),
    ("owner", "--owner"),
    ("password", "the password"),
    ("ca_file", "--ca-file"),
    ("avatar_type", "--avatar"),
    ("contacts[]", "--contacts"),
    ("expires", "--wait"),
    ("escalate_after", "--after"),
];

/// The sentence in the words of a place, and in its language.
pub fn at(place: Place, text: &str) -> String {
    let german = (place == Place::Chat(Language::German)).then(|| german::say(text));
    let text = german.as_deref().unwrap_or(text);
    let mut out = String::with_capacity(text.len());
    let mut pieces = text.split(OPEN);
    out.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (mark, after) = piece.split_once(CLOSE).unwrap_or((piece, ""));
        out.push_str(&words(place, mark).unwrap_or_default());
        out.push_str(after);
    }
    out
}

fn words(place: Place, mark: &str) -> Option<String> {
    let find = |name: &str| {
        let (_, words, german) = WORDS.iter().find(|(known, ..)| *known == name)?;
        Some(match place {
            Place::Chat(Language::German) if !german.is_empty() => *german,
            Place::Api => words[0],
            Place::Chat(_) => words[1],
            Place::Shell => words[2],
            Place::File => words[3],
        })
    };
    if let Some(words) = find(mark) {
        return Some(words.to_string());
    }
    let (name, value) = mark.split_once(' ')?;
    let words = find(name)?;
    let known = |names: &[(&str, &'static str)], value: &str| {
        names.iter().find(|(known, _)| *known == value).map(|(_, name)| name.to_string())
    };
    let value = match place {
        Place::Shell if name == "field" => return Some(known(OPTIONS, value).unwrap_or_else(|| format!("--{value}"))),
        // A person knows the thing by its name, not by its place in a document.
        Place::Chat(language) if name == "field" => {
            let value = value.rsplit('.').next().unwrap_or(value).trim_end_matches("[]").replace('_', " ");
            let german = known(GERMAN_FIELDS, &value).filter(|_| language == Language::German);
            german.unwrap_or(value)
        }
        _ => value.to_string(),
    };
    Some(words.replace("{}", &value))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAT: Place = Place::Chat(Language::English);

    #[test]
    fn each_place_has_its_own_words() {
        let text = format!("no AI; {SET_UP_AI}, {CA_FILE}, {}: {} is odd", pin("sha256:ab"), field("ca_file"));
        let api = "no AI; POST /bot/ai/setup, or /ki setup in its chat, `ca_file` at POST /account/add, \
                   `\"pin\":\"sha256:ab\"` at POST /account/add: `ca_file` is odd";
        assert_eq!(at(Place::Api, &text), api);
        assert_eq!(
            at(Place::Shell, &text),
            "no AI; /ki setup in its chat, --ca-file FILE, --pin sha256:ab: --ca-file is odd"
        );
        assert!(at(CHAT, &text).contains("/ki setup, --ca-file of `botmother account add`"));
        assert!(at(Place::File, &text).contains("ca_file, pin = \"sha256:ab\""));
        // What is no mark stays.
        assert_eq!(at(Place::Api, "a ‹quote› ‹ca› ‹"), "a ‹quote› ‹ca› ‹");
        assert_eq!(at(Place::Shell, &field("wait")), "--wait");
        assert_eq!(at(CHAT, &field("commands[].command")), "command");
    }

    #[test]
    fn german_chats_have_german_words() {
        let at = |text: &str| at(Place::Chat(Language::German), text);
        let text = format!("no AI is set up for this bot; {SET_UP_AI} does it");
        assert_eq!(at(&text), "für diesen Bot ist keine KI eingerichtet; das geht mit /ki setup");
        let text = format!("{} must be at most 5 characters, not 6", field("commands[].description"));
        assert_eq!(at(&text), "Beschreibung stimmt nicht; richtig: höchstens 5 Zeichen, nicht 6");
        let text = format!("wrong password for a@b: {}", password("a@b"));
        let said =
            "falsches Passwort für a@b: gib das richtige an mit `botmother account add a@b`, wo der Dienst läuft";
        assert_eq!(at(&text), said);
        // The same mark typed by somebody is nothing but text.
        let name = inert(format!("x{SET_UP_AI}y"));
        let text = format!("{name} is not signed in here; {ADD_ACCOUNT} does it");
        let said =
            "x\u{fffd}ai\u{fffd}y ist hier nicht angemeldet; das geht mit `botmother account add`, wo der Dienst läuft";
        assert_eq!(at(&text), said);
    }

    #[test]
    fn every_mark_is_known() {
        for mark in [
            CA_FILE,
            HOST,
            &password("a@b"),
            ADD_ACCOUNT,
            BRING_ACCOUNT,
            PASSWORD_OF_BOT,
            EJABBERD,
            SET_UP_AI,
            SWITCH_AI_ON,
            ALLOW_PLAIN,
            LIST_BOTS,
            SET_WEBHOOK,
            KEEP_HISTORY,
            FORGET,
        ] {
            for place in [Place::Api, CHAT, Place::Chat(Language::German), Place::Shell, Place::File] {
                let words = at(place, mark);
                assert!(!words.is_empty() && !words.contains([OPEN, CLOSE]), "{mark} in {place:?}");
            }
        }
    }
}
