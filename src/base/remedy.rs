//! What somebody can do about it, in the words of the place where it is read: an option has other names on the command
//! line, in the API, in the configuration file and in a chat.
//!
//! Whoever finds out what is wrong writes one of the constants here into his sentence; whoever shows the sentence puts
//! the words of his place there with [`at`]. A sentence that is shown without it has the marks in it, which nobody
//! understands: tests look for them.

/// Where something is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// By a program that calls the HTTP API.
    Api,
    /// By a person, in a chat.
    Chat,
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
pub const CA_FILE: &str = "‹ca›";
/// The key that says where to connect.
pub const HOST: &str = "‹host›";
/// How an account is signed in.
pub const ADD_ACCOUNT: &str = "‹account›";
/// How an account that exists is given to a new bot.
pub const BRING_ACCOUNT: &str = "‹own›";
/// How an account that is given to a new bot gets the right password.
pub const PASSWORD_OF_BOT: &str = "‹own password›";
/// How ejabberd's API is set up.
pub const EJABBERD: &str = "‹ejabberd›";
/// How an AI is set up.
pub const SET_UP_AI: &str = "‹ai›";
/// How a bot's AI is switched on.
pub const SWITCH_AI_ON: &str = "‹ai on›";
/// How a bot is allowed to speak plain text.
pub const ALLOW_PLAIN: &str = "‹plain›";
/// How bots are listed.
pub const LIST_BOTS: &str = "‹bots›";
/// How a webhook is set.
pub const SET_WEBHOOK: &str = "‹webhook›";
/// How the account of a deleted bot is given up.
pub const FORGET: &str = "‹forget›";

/// The key that accepts exactly one certificate, with its value.
pub fn pin(value: &str) -> String {
    format!("‹pin {value}›")
}

/// How this account gets another password.
pub fn password(account: &str) -> String {
    format!("‹password {account}›")
}

/// A value's name.
pub fn field(name: &str) -> String {
    format!("‹field {name}›")
}

/// Marks, and the words of API, chat, command line and configuration file. `{}` is what the mark has behind its name.
const WORDS: &[(&str, [&str; 4])] = &[
    ("ca", ["`ca_file` at POST /account/add", "--ca-file of `botmother account add`", "--ca-file FILE", "ca_file"]),
    (
        "pin",
        ["`\"pin\":\"{}\"` at POST /account/add", "--pin {} of `botmother account add`", "--pin {}", "pin = \"{}\""],
    ),
    ("host", ["`host`", "--host", "--host", "host"]),
    (
        "password",
        [
            "give the right one to POST /account/add",
            "give the right one with `botmother account add {}` where the daemon runs",
            "give the right one with `botmother account add {}`",
            "give the right one with `botmother account add {}`, or in the configuration file if that names it",
        ],
    ),
    (
        "account",
        [
            "POST /account/add",
            "`botmother account add` where the daemon runs",
            "`botmother account add`",
            "`botmother account add`",
        ],
    ),
    (
        "own",
        [
            "`jid` and `password`",
            "`jid` and `password` at POST /bot/create",
            "--jid",
            "--jid of `botmother bot create`",
        ],
    ),
    (
        "own password",
        [
            "make the bot again with the right `password` at POST /bot/create",
            "make the bot again with the right password",
            "make the bot again with the right one, typed or in --password-file",
            "make the bot again with the right password",
        ],
    ),
    (
        "ejabberd",
        [
            "POST /bot/ejabberd/settings with api_url, host, admin_jid and admin_password",
            "POST /bot/ejabberd/settings of the API",
            "POST /bot/ejabberd/settings of the API (see README.md)",
            "POST /bot/ejabberd/settings of the API",
        ],
    ),
    (
        "ai",
        ["POST /bot/ai/setup, or /ki setup in its chat", "/ki setup", "/ki setup in its chat", "/ki setup in its chat"],
    ),
    ("ai on", ["POST /bot/ai/enable, or /ki on in its chat", "/ki on", "/ki on in its chat", "/ki on in its chat"]),
    (
        "plain",
        [
            "POST /bot/omemo/policy",
            "/omemo encrypt preferred",
            "/omemo encrypt preferred in its chat",
            "POST /bot/omemo/policy",
        ],
    ),
    ("bots", ["GET /bot/list", "/mybots", "`botmother bot list`", "`botmother bot list`"]),
    ("webhook", ["setWebhook", "setWebhook of the API", "setWebhook of the API", "setWebhook of the API"]),
    ("forget", ["POST /bot/forget", "/forget", "`botmother bot forget`", "`botmother bot forget`"]),
    ("field", ["`{}`", "{}", "{}", "`{}`"]),
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
];

/// The sentence in the words of a place.
pub fn at(place: Place, text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('‹') {
        out.push_str(before);
        let Some((mark, after)) = behind.split_once('›') else {
            out.push('‹');
            rest = behind;
            continue;
        };
        match words(place, mark) {
            Some(words) => out.push_str(&words),
            None => out.extend(["‹", mark, "›"]),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

fn words(place: Place, mark: &str) -> Option<String> {
    let find = |name: &str| WORDS.iter().find(|(known, _)| *known == name).map(|(_, words)| words[place as usize]);
    if let Some(words) = find(mark) {
        return Some(words.to_string());
    }
    let (name, value) = mark.split_once(' ')?;
    let words = find(name)?;
    if name == "field" && place == Place::Shell {
        let known = OPTIONS.iter().find(|(known, _)| *known == value);
        return Some(known.map_or_else(|| format!("--{value}"), |(_, option)| option.to_string()));
    }
    // A person knows the thing by its name, not by its place in a document.
    let value = match name == "field" && place == Place::Chat {
        true => value.rsplit('.').next().unwrap_or(value).trim_end_matches("[]").replace('_', " "),
        false => value.to_string(),
    };
    Some(words.replace("{}", &value))
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(at(Place::Chat, &text).contains("/ki setup, --ca-file of `botmother account add`"));
        assert!(at(Place::File, &text).contains("ca_file, pin = \"sha256:ab\""));
        // What is no mark stays.
        assert_eq!(at(Place::Api, "a ‹quote› ‹ ‹"), "a ‹quote› ‹ ‹");
        assert_eq!(at(Place::Shell, &field("wait")), "--wait");
        assert_eq!(at(Place::Chat, &field("commands[].command")), "command");
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
            FORGET,
        ] {
            for place in [Place::Api, Place::Chat, Place::Shell, Place::File] {
                assert!(!at(place, mark).contains('‹'), "{mark} in {place:?}");
            }
        }
    }
}
