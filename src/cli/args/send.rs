//! The options of `send`: those of sendxmpp and go-sendxmpp, so that a line written for one of them goes on working. What
//! is about the connection needs no word any more, as the daemon has it; what would make another sender is refused.

use std::path::PathBuf;
use std::time::Duration;

use lexopt::Arg;

use super::{OPTIONS, Raw, Usage, one_of, usage, wait};
use crate::base::jid::BareJid;
use crate::cli::table::CommandRow;

/// A program under one of these names is `send`.
pub(super) const PROGRAMS: &[&str] = &["sendxmpp", "go-sendxmpp"];

/// Short options of this command alone, and what they are short for.
const SHORTS: &[(char, &str)] =
    &[('c', "chatroom"), ('s', "subject"), ('m', "message"), ('a', "alias"), ('r', "alias"), ('i', "interactive")];
/// Other names of options.
const NAMES: &[(&str, &str)] = &[("resource", "alias"), ("http-upload", "attach")];
/// What needs no word here: whether a value follows.
const NEEDLESS: &[(Option<char>, &str, bool)] = &[
    (Some('t'), "tls", false),
    (Some('e'), "ssl", false),
    (Some('d'), "debug", false),
    (None, "tls-version", true),
    (None, "timeout", true),
    (None, "retry-connect", false),
    (None, "headline", false),
    (None, "message-type", true),
    (None, "suppress-root-warning", false),
    (None, "scram-mech-pinning", true),
    (None, "ssdp-off", false),
    (None, "fast-off", false),
];
const ACCOUNT: &str = "the daemon has the account: leave it out, and choose a bot with --bot or --token-file";
const FILE: &str = "in sendxmpp this names a file with a password; the daemon has the account: leave it out. \
                    A file is sent with --attach";
const TRUST: &str = "the daemon checks its servers; whose certificates it believes says `botmother account add JID \
                     --ca-file` or --pin";
/// What is refused, and what to do instead.
const REFUSED: &[(Option<char>, &str, &str)] = &[
    (Some('f'), "file", FILE),
    (Some('u'), "username", ACCOUNT),
    (Some('p'), "password", ACCOUNT),
    (Some('j'), "jserver", ACCOUNT),
    (Some('o'), "component", ACCOUNT),
    (None, "sso", ACCOUNT),
    (None, "anonymous", ACCOUNT),
    (Some('n'), "no-tls-verify", TRUST),
    (None, "tls-ca-path", TRUST),
    (Some('w'), "raw", "raw XML is not sent; the API has what bots can do"),
    (Some('l'), "listen", "this sends only; a program hears with getUpdates, a person with `botmother chat`"),
    (None, "muc-password", "no secrets in arguments; join once with /join in the chat, or POST /bot/joinRoom"),
    (None, "ox", "chats are encrypted with OMEMO where the bot has it so; --encrypt required insists on it"),
];

/// A message to be sent.
#[derive(Debug)]
pub struct Sent {
    /// To whom.
    pub to: Vec<BareJid>,
    /// They are rooms.
    pub is_room: bool,
    /// The bot's nick in them.
    pub nick: Option<String>,
    /// What is said; `None`: what comes from `message` or standard input.
    pub text: Option<String>,
    /// A file with the text.
    pub message: Option<PathBuf>,
    /// A line above it.
    pub subject: Option<String>,
    /// A file that is sent.
    pub attach: Option<PathBuf>,
    /// Each line of standard input is a message, as it comes.
    pub is_interactive: bool,
    /// A bot's number or name.
    pub bot: Option<String>,
    /// Where a bot's token is.
    pub token_file: Option<PathBuf>,
    /// It never goes out in plain text.
    pub must_encrypt: bool,
    /// How long to wait for the server to have it.
    pub wait: Option<Duration>,
}

/// Whether an argument after `send` is one of this command alone.
pub(super) fn takes(arg: &Arg<'_>) -> bool {
    match arg {
        Arg::Short(short) => {
            SHORTS.iter().any(|(known, _)| known == short)
                || NEEDLESS.iter().any(|(known, ..)| *known == Some(*short))
                || REFUSED.iter().any(|(known, ..)| *known == Some(*short))
        }
        Arg::Long(long) => {
            NAMES.iter().any(|(known, _)| known == long)
                || NEEDLESS.iter().any(|(_, known, _)| known == long)
                || REFUSED.iter().any(|(_, known, _)| is_of(long, known))
        }
        Arg::Value(_) => false,
    }
}

/// `--ox` has kin: `--ox-import-privkey` and others.
fn is_of(long: &str, known: &str) -> bool {
    long == known || long.strip_prefix(known).is_some_and(|rest| rest.starts_with('-'))
}

/// Reads such an argument: a short or a long one.
pub(super) fn collect(
    short: Option<char>,
    long: &str,
    parser: &mut lexopt::Parser,
    raw: &mut Raw,
) -> Result<(), Usage> {
    let is_refused = |known_short: Option<char>, known: &str| match short {
        Some(_) => known_short == short,
        None => is_of(long, known),
    };
    if let Some((_, name, why)) = REFUSED.iter().find(|(short, long, _)| is_refused(*short, long)) {
        let shown = short.map_or(format!("--{name}"), |short| format!("-{short}"));
        return usage(format!("{shown}: {why}"), "send");
    }
    let is_needless = |known_short: Option<char>, known: &str| match short {
        Some(_) => known_short == short,
        None => long == known,
    };
    if let Some((_, name, has_value)) = NEEDLESS.iter().find(|(short, long, _)| is_needless(*short, long)) {
        if *has_value {
            parser.value().map_err(|_| Usage { text: format!("option --{name} needs a value"), help: "send" })?;
        }
        return Ok(());
    }
    let by_short = SHORTS.iter().find(|(known, _)| Some(*known) == short).map(|(_, name)| *name);
    let by_name = NAMES.iter().find(|(known, _)| *known == long).map(|(_, name)| *name);
    let name = by_short.or(by_name).unwrap_or_default();
    match OPTIONS.iter().find(|row| row.long == name) {
        Some(row) => raw.add(row, parser),
        None => usage(format!("unknown option --{long}"), "send"),
    }
}

/// The command as a value.
pub(super) fn build(row: &'static CommandRow, rest: &[String], raw: &Raw) -> Result<Sent, Usage> {
    let to = rest.iter().map(|word| {
        let jid = BareJid::parse(word).ok().filter(|jid| jid.local().is_some());
        jid.ok_or_else(|| {
            let text = format!("WHO must be an address like user@example.org, not {word}");
            let hint = "; what is to be said comes by standard input or with --text";
            Usage { text: format!("{text}{hint}"), help: row.path }
        })
    });
    let is_given = |longs: [&str; 3]| longs.into_iter().filter(|long| raw.has(long)).count();
    if is_given(["text", "message", "interactive"]) > 1 {
        return usage(
            "--text, --message and --interactive each say where the text comes from; one is enough",
            row.path,
        );
    }
    if raw.has("bot") && raw.has("token-file") {
        return usage("--bot and --token-file each say which bot it is; one is enough", row.path);
    }
    if raw.has("alias") && !raw.has("chatroom") {
        return usage("--alias is the bot's nick in a room, and needs --chatroom", row.path);
    }
    let encrypt =
        raw.text("encrypt")?.map(|word| one_of("encrypt", &["required", "preferred"], word, row)).transpose()?;
    let text = |long: &str| -> Result<Option<String>, Usage> { Ok(raw.text(long)?.map(str::to_string)) };
    Ok(Sent {
        to: to.collect::<Result<_, _>>()?,
        is_room: raw.has("chatroom"),
        nick: text("alias")?,
        text: text("text")?,
        message: raw.path("message"),
        subject: text("subject")?.filter(|subject| !subject.trim().is_empty()),
        attach: raw.path("attach"),
        is_interactive: raw.has("interactive"),
        bot: text("bot")?,
        token_file: raw.path("token-file"),
        must_encrypt: encrypt.as_deref() == Some("required"),
        wait: if raw.has("wait") { Some(wait(raw, "send")?) } else { None },
    })
}
