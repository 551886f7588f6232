//! The table of commands and options: parser, help, suggestions and the manual page all read it.

/// A command.
#[derive(Debug)]
pub(super) struct CommandRow {
    /// Its words: `"account add"`; empty for what happens without one.
    pub(super) path: &'static str,
    /// What follows it: `"JID"`, `"[WHO]"`.
    pub(super) words: &'static str,
    /// One line for the list.
    pub(super) brief: &'static str,
    /// More, for `--help` of this command.
    pub(super) text: &'static str,
    /// Examples, one a line.
    pub(super) examples: &'static [&'static str],
}

/// An option.
#[derive(Debug)]
pub(super) struct OptionRow {
    /// Without the dashes.
    pub(super) long: &'static str,
    /// The short form, if there is one.
    pub(super) short: Option<char>,
    /// What its value is called; empty for none.
    pub(super) value: &'static str,
    /// Paths of the commands that take it; empty for all.
    pub(super) commands: &'static [&'static str],
    /// One or two lines.
    pub(super) brief: &'static str,
}

const fn command(
    path: &'static str,
    words: &'static str,
    brief: &'static str,
    text: &'static str,
    examples: &'static [&'static str],
) -> CommandRow {
    CommandRow { path, words, brief, text, examples }
}

/// Words that begin commands of two words, and what their page says.
pub(super) const GROUPS: &[(&str, &str)] = &[
    ("account", "XMPP accounts that the daemon signs in to: personal bots speak through their owner's account."),
    ("bot", "Bots of the running daemon. BOT is a bot's number, or its name where only one bot has it."),
    ("config", "The configuration. `botmother help config` explains every key."),
];

/// All commands in the order of the help.
pub(super) const COMMANDS: &[CommandRow] = &[
    command(
        "run",
        "",
        "run the server (the same as no command at all)",
        "Runs in the foreground and logs to standard error until it is interrupted (Ctrl-C or SIGTERM). Starts and serves\n\
         its API also while XMPP servers cannot be reached; it goes on trying.",
        &["botmother", "botmother --port 8000 -v"],
    ),
    command(
        "chat",
        "[WHO]",
        "talk to the manager, or to the bot called WHO",
        "A conversation in the terminal, with the account owner@local that is built in: no XMPP account is needed. Needs\n\
         the running daemon. Type /help to see what the manager can do; Ctrl-D ends. When standard input is no terminal,\n\
         each line is sent and the answers are printed.",
        &["botmother chat", "botmother chat Weather", "echo '/newbot Weather' | botmother chat"],
    ),
    command(
        "account add",
        "JID",
        "sign in to an XMPP account",
        "Asks for the password (without showing it), tries to log in, and saves the account when that works; the daemon\n\
         takes it up at once if it runs. The password is stored sealed.",
        &[
            "botmother account add you@example.org",
            "botmother account add you@home.lan --host 192.168.1.5:5222 --ca-file ca.pem",
        ],
    ),
    command("account list", "", "show the accounts and how they are", "", &[]),
    command(
        "account remove",
        "JID",
        "forget an account",
        "Signs out and deletes what is stored of the account. Accounts of the configuration file are removed there.",
        &["botmother account remove you@example.org"],
    ),
    command(
        "account test",
        "JID",
        "try to log in, and say each step",
        "Takes what the configuration says of the account; otherwise asks for the password. Saves nothing.",
        &["botmother account test you@example.org"],
    ),
    command("bot list", "", "show the bots", "", &["botmother bot list", "botmother bot list --owner you@example.org"]),
    command(
        "bot create",
        "NAME",
        "make a bot and print its token",
        "The token is what the bot's program shows to the API. The owner is who talks to the bot: owner@local (the chat in\n\
         the terminal) unless --owner says otherwise.",
        &["botmother bot create Weather", "botmother bot create Weather --owner you@example.org"],
    ),
    command("bot delete", "BOT", "delete a bot and what waits for it", "", &["botmother bot delete Weather"]),
    command("bot token", "BOT", "make a new token; the old one stops working", "", &["botmother bot token 3"]),
    command("bot revoke", "BOT", "take a bot's token away and switch it off", "", &["botmother bot revoke 3"]),
    command("bot activate", "BOT", "switch a bot on", "", &[]),
    command("bot deactivate", "BOT", "switch a bot off; it keeps its token", "", &[]),
    command(
        "config check",
        "",
        "read the configuration and say what is wrong",
        "All mistakes at once, with their lines. Exit code 0 when there are none, 78 otherwise.",
        &["botmother --config /etc/botmother/config.toml config check"],
    ),
    command(
        "config dump",
        "",
        "show what is in force, from all places together",
        "As a configuration file. Passwords are shown as *** unless --secrets is given.",
        &["botmother config dump --redacted"],
    ),
    command(
        "config sample",
        "",
        "print a commented configuration file with all defaults",
        "",
        &["botmother config sample > ~/.config/botmother/config.toml"],
    ),
    command(
        "doctor",
        "",
        "check everything this needs, and say what to do",
        "Configuration, data directory, clock, the daemon and its port; for each account: name service, connection, TLS,\n\
         login and what the server offers. Exit code 1 when something failed, 69 when only a server did.",
        &["botmother doctor"],
    ),
    command(
        "health",
        "",
        "ask the daemon whether it is well; for scripts and containers",
        "Prints one line. Exit code 0 when it is, 69 when nothing answers.",
        &["botmother health"],
    ),
    command("help", "[COMMAND]", "explain a command, or `config` for all keys", "", &["botmother help bot create"]),
];

/// All options in the order of the help.
pub(super) const OPTIONS: &[OptionRow] = &[
    OptionRow {
        long: "config",
        short: Some('c'),
        value: "FILE",
        commands: &[],
        brief: "configuration file, instead of the usual places",
    },
    OptionRow {
        long: "data",
        short: Some('d'),
        value: "DIR",
        commands: &[],
        brief: "data directory, instead of what the configuration says",
    },
    OptionRow { long: "port", short: Some('p'), value: "N", commands: &[], brief: "port of the API (7842)" },
    OptionRow {
        long: "verbose",
        short: Some('v'),
        value: "",
        commands: &[],
        brief: "log more; twice: everything, secrets cut out",
    },
    OptionRow { long: "help", short: Some('h'), value: "", commands: &[], brief: "this, or the help of a command" },
    OptionRow { long: "version", short: Some('V'), value: "", commands: &[], brief: "print the version" },
    OptionRow {
        long: "wait",
        short: None,
        value: "SECONDS",
        commands: &["chat"],
        brief: "without a terminal: end after so much silence (5)",
    },
    OptionRow {
        long: "password-file",
        short: None,
        value: "F",
        commands: &["account add", "account test"],
        brief: "take the password from this file instead of asking",
    },
    OptionRow {
        long: "host",
        short: None,
        value: "H:P",
        commands: &["account add", "account test"],
        brief: "connect to host:port (or tls://host:port) instead of what DNS says",
    },
    OptionRow {
        long: "ca-file",
        short: None,
        value: "F",
        commands: &["account add", "account test"],
        brief: "trust the certificate authorities in this file (PEM) too",
    },
    OptionRow {
        long: "pin",
        short: None,
        value: "P",
        commands: &["account add", "account test"],
        brief: "accept exactly the certificate with this fingerprint, sha256:…",
    },
    OptionRow {
        long: "owner",
        short: None,
        value: "JID",
        commands: &["bot create", "bot list"],
        brief: "whose bot it is (owner@local); of a list: only this owner's",
    },
    OptionRow {
        long: "mode",
        short: None,
        value: "MODE",
        commands: &["bot create"],
        brief: "personal (speaks through its owner's account), dedicated or cloud (has one of its own)",
    },
    OptionRow {
        long: "access",
        short: None,
        value: "WHO",
        commands: &["bot create"],
        brief: "who may write to a bot with an account of its own: owner, or of cloud: roster, list, public",
    },
    OptionRow {
        long: "avatar",
        short: None,
        value: "FILE",
        commands: &["bot create"],
        brief: "its picture, where it has an account of its own: PNG, JPEG, GIF or WebP",
    },
    OptionRow {
        long: "redacted",
        short: None,
        value: "",
        commands: &["config dump"],
        brief: "hide passwords, as it does anyway",
    },
    OptionRow {
        long: "secrets",
        short: None,
        value: "",
        commands: &["config dump"],
        brief: "write passwords of the file out",
    },
];

impl OptionRow {
    /// Whether a command takes it.
    pub(super) fn belongs_to(&self, path: &str) -> bool {
        self.commands.is_empty() || self.commands.contains(&path)
    }
}

/// The row of a command.
pub(super) fn find(path: &str) -> Option<&'static CommandRow> {
    COMMANDS.iter().find(|row| row.path == path)
}
