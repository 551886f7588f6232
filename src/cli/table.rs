//! The table of commands and options: parser, help, suggestions and the manual page all read it.

mod options;

pub(super) use options::OPTIONS;

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
    /// Paths of commands that take it, none for all, and what it is for them.
    pub(super) uses: &'static [(&'static [&'static str], &'static str)],
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
    ("token", "Tokens of a bot beside its main one, each for what it has to do."),
    ("user", "People who own bots here: what they may, and how much of everything."),
    ("faq", "Questions that bots answer from a list, without any service (docs/faq.md)."),
    ("flow", "Conversations as their owner has drawn them, checked and tried without a daemon (docs/flows.md)."),
    ("config", "The configuration. `botmother help config` explains every key."),
];

/// What a command wants that is about one bot.
const ANY_BOT: &str = "BOT is the bot's number, or its name where only one bot (of --owner) is called so; `botmother bot\n\
                       list` shows both. Needs the running daemon.";

/// What stands for a word, for whoever has left it out.
pub(super) fn meaning(words: &str) -> &'static str {
    match words {
        "BOT" => ", a bot's number or name; `botmother bot list` shows them",
        "JID" => ", an address like user@example.org",
        "ID" => ", the id of a message: `message_id` of an answer or `stanza_id` of an update",
        "TEXT" => ", what is asked",
        "NAME" => ", what the bot is to be called",
        "SHELL" => ": bash, zsh or fish",
        "WHO…" => ", who gets it: addresses like user@example.org",
        _ => "",
    }
}

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
         takes it up at once if it runs, and bots with accounts at the same server reach it the same way. The password is\n\
         stored sealed. For an account that is saved it is a new password; --host, --ca-file and --pin stay as they are\n\
         unless given (--host '' is DNS again). A bot's own account gets a new password this way, too.",
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
        "Takes what the configuration says of the account, or what is saved of it (a bot's own account, too); options go\n\
         before that. Asks for the password of an account that is not known. Saves nothing.",
        &["botmother account test you@example.org", "botmother account test you@home.lan --host 192.168.1.5:5222"],
    ),
    command(
        "bot list",
        "",
        "show the bots and how they are connected",
        "STATUS is whether a bot is switched on, STATE whether it can be reached: online, connecting, registering (its\n\
         account is not made yet), offline, stopped (a wrong password). Accounts of deleted bots that their servers have\n\
         not removed are listed below.",
        &["botmother bot list", "botmother bot list --owner you@example.org"],
    ),
    command(
        "bot create",
        "NAME",
        "make a bot and print its token",
        "The token is what the bot's program shows to the API. The owner is who talks to the bot: owner@local (the chat in\n\
         the terminal) unless --owner says otherwise. With --mode dedicated or cloud it gets an account of its own, made\n\
         at its owner's server or by ejabberd's API; with --jid it uses one that you have made, whose password is asked\n\
         for. While its server cannot be reached it is made all the same, says so, and comes online later; with --wait it\n\
         is taken back then.",
        &[
            "botmother bot create Weather",
            "botmother bot create Weather --owner you@example.org --mode dedicated --wait 20",
            "botmother bot create Support --owner you@example.org --jid support@example.org --password-file pw",
        ],
    ),
    command("bot delete", "BOT", "delete a bot and what waits for it", ANY_BOT, &["botmother bot delete Weather"]),
    command(
        "bot forget",
        "JID",
        "give up the account of a deleted bot that its server does not remove",
        "JID is an account that `botmother bot list` shows as not removed. It is not tried any more; what stays at the\n\
         server is said.",
        &["botmother bot forget bot_weather_1f2e@example.org"],
    ),
    command(
        "bot token",
        "BOT",
        "make a new main token; the old one stops working",
        ANY_BOT,
        &["botmother bot token 3", "botmother bot token 3 --overlap 24"],
    ),
    command("bot revoke", "BOT", "take a bot's token away and switch it off", ANY_BOT, &["botmother bot revoke 3"]),
    command("bot activate", "BOT", "switch a bot on", ANY_BOT, &["botmother bot activate Weather"]),
    command(
        "bot deactivate",
        "BOT",
        "switch a bot off; it keeps its token",
        ANY_BOT,
        &["botmother bot deactivate Weather --owner you@example.org"],
    ),
    command(
        "token create",
        "BOT",
        "make a token that may do a part only, and print it this once",
        "A program that only sends needs no token that may read: send (messages, files, asking the AI), read (updates,\n\
         histories, settings), manage (webhook, commands, rooms, AI, keys). The main token may everything.",
        &["botmother token create Weather --scopes send --label sensor --days 365"],
    ),
    command("token list", "BOT", "show the tokens of a bot beside its main one", ANY_BOT, &["botmother token list 3"]),
    command("token revoke", "BOT", "take one of them away", ANY_BOT, &["botmother token revoke 3 --number 7"]),
    command(
        "user list",
        "",
        "show who owns bots, his role, and what he has used today",
        "Whoever owns a bot, or of whom `botmother user set` has said something.",
        &[],
    ),
    command(
        "user set",
        "JID",
        "say what somebody may, and how much",
        "Roles: viewer (sees the bots of one owner), owner (manages his own), admin (everything). Quotas go before those of\n\
         the configuration; 0 is no limit, default takes one back.",
        &[
            "botmother user set anna@example.org --bots 5 --messages 1000",
            "botmother user set ben@example.org --role viewer --sees anna@example.org",
        ],
    ),
    command("user remove", "JID", "forget what was said of somebody, and end his tokens; his bots stay", "", &[]),
    command(
        "user token",
        "JID",
        "make a token by which somebody manages his bots through the API",
        "Others sign in with a code that is sent to them (POST /user/login).",
        &["botmother user token anna@example.org --days 90 --label laptop"],
    ),
    command(
        "audit",
        "",
        "show what was done, when, by whom and from where",
        "The last entries, the newest at the end. --since takes 90m, 24h, 7d or a day like 2026-11-29.",
        &["botmother audit --since 24h", "botmother audit --bot Weather"],
    ),
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
        "backup",
        "FILE",
        "copy everything into one file, also while the daemon runs",
        "FILE is a tar archive with the database as it is at one moment, secret.key, the API's certificate and what was\n\
         chosen in chats; the configuration file is not in it. In a directory it gets a name with the time; `-` is standard\n\
         output. It is read back and checked before the command ends; a file that is there stays, unless --force is given.\n\
         Whoever has the file has every token and password in it, unless --without-key is given: then it opens only\n\
         together with secret.key.",
        &["botmother backup /backup", "botmother backup - | ssh nas 'cat > botmother.tar'"],
    ),
    command(
        "restore",
        "FILE",
        "put a backup back, while the daemon does not run",
        "FILE is what `botmother backup` has made, `-` standard input. All of it is checked before anything is changed;\n\
         what was there is kept in the data directory as before-restore-TIME. Encrypted chats begin anew then.",
        &["botmother restore botmother.tar", "botmother restore botmother.tar --key-file secret.key"],
    ),
    command(
        "import",
        "FILE",
        "take over the bots of DinoX from its bot_registry.db",
        "Bots with their tokens, commands, webhooks, AI, accounts and what waits for them; what cannot be taken over is\n\
         named, a line for each. The daemon must not run meanwhile. What was imported before is left as it is.",
        &["botmother import ~/.local/share/dinox/bot_registry.db --dry-run"],
    ),
    command(
        "send",
        "WHO…",
        "send a message or a file, as sendxmpp does",
        "Says what comes by standard input, or after --text, to each WHO, through a bot of the running daemon: what --bot\n\
         or --token-file say, else the only one there is, else one called Notices, else the only one that belongs to the\n\
         first WHO. Where there is no bot at all, and WHO is an account that the daemon signs in to, or owner@local, it makes\n\
         Notices for him. Ends with 0 when the daemon has it on disk: it goes out whatever happens then. Nothing is sent\n\
         where there is no text. Options of sendxmpp and go-sendxmpp are understood as far as they make sense.",
        &[
            "echo disk full | botmother send you@example.org",
            "botmother send --chatroom ops@rooms.example.org --text 'Storm warning'",
            "botmother send you@example.org --attach report.pdf --wait 20",
        ],
    ),
    command(
        "ask",
        "TEXT",
        "ask a person, wait for the answer, and print it",
        "Asks WHO of --to (the bot's owner, unless it says another) through a bot of the running daemon, in the chat where the\n\
         two talk, and prints what is answered. With --options one of them, else any words. Exit code 0 when there is an\n\
         answer (with --check: when it is that one, else 1), 4 when nobody has answered in time. Ctrl-C ends the command\n\
         and not the question: with the same --key it goes on waiting, and gets the same answer. The daemon may be started\n\
         anew meanwhile.",
        &[
            "botmother ask 'Restart the server?' --to anna@example.org --options yes,no --check yes && reboot",
            "botmother ask 'Door code?' --wait 10m --escalate ben@example.org --after 5m",
        ],
    ),
    command(
        "why",
        "ID",
        "show the way of a message, step by step",
        "ID is the message's: `message_id` of an answer, `stanza_id` of an update. What is known of it: received, filtered,\n\
         queued, fetched, posted, asked of an AI, with the server, read. Steps have times since the daemon started; of older\n\
         messages it shows what the database tells. All bots are asked unless --bot or --token-file names one.",
        &["botmother why 6a7b1c2d-0000-8000-9f00-112233445566"],
    ),
    command(
        "faq import",
        "FILE",
        "read a list of questions with answers into a bot",
        "FILE is a table (.csv, .tsv) or JSON, `-` standard input; its columns are question, answer and, where wanted,\n\
         similar_qs, answer_type, enabled, expired_enabled, effective_time, expire_time, timezone. The list is replaced,\n\
         unless --add is given; where something is wrong in the file, nothing is changed. From then on people who write to\n\
         the bot something similar are answered. Needs the running daemon.",
        &["botmother faq import questions.csv --bot Shop", "botmother faq import more.json --bot Shop --add"],
    ),
    command(
        "faq export",
        "",
        "write a bot's list of questions to standard output",
        "",
        &["botmother faq export --bot Shop --format json > questions.json"],
    ),
    command(
        "faq ask",
        "TEXT",
        "show what a question is answered, and how similar the candidates are",
        "Asks all lists of the bot, or the one of --list. Exit code 1 when nothing is similar.",
        &["botmother faq ask 'When do you open?' --bot Shop"],
    ),
    command(
        "flow check",
        "FILE",
        "say whether a flow can work, and where it cannot",
        "",
        &["botmother flow check shop.json"],
    ),
    command(
        "flow test",
        "FILE",
        "talk with a flow in the terminal",
        "Lists of questions stand beside FILE under the names of its domains (DOMAIN.csv). A line that begins with ! is an\n\
         event, with ? what a resource answers, with + the time that goes by.",
        &["botmother flow test shop.json --vars", "botmother flow test shop.json < dialog.txt"],
    ),
    command(
        "doctor",
        "",
        "check everything this needs, and say what to do",
        "Configuration, data directory, clock, database, the daemon, its port and how much it writes, the API's\n\
         certificate, webhooks, AI services; for each account: name service, connection, TLS and how long the certificate\n\
         is good for, login, what the server offers and what its clock says. Each finding says what to do. Exit code 1 when something failed, 69 when only servers could not be reached, 77\n\
         when they only refused logins.",
        &["botmother doctor", "botmother doctor --json"],
    ),
    command(
        "health",
        "",
        "ask the daemon whether it is well; for scripts and containers",
        "Prints one line. Exit code 0 when it is, 69 when nothing answers.",
        &["botmother health"],
    ),
    command(
        "completions",
        "SHELL",
        "print what a shell completes: bash, zsh or fish",
        "A package installs that. By hand it is a line in ~/.bashrc or ~/.zshrc, or, for fish, the second example.",
        &["eval \"$(botmother completions bash)\"", "botmother completions fish | source"],
    ),
    command("help", "[COMMAND]", "explain a command, or `config` for all keys", "", &["botmother help bot create"]),
];

/// Commands that do not read everything that is for all: only these options.
const FEWER: &[(&str, &[&str])] = &[
    ("account test", &["config", "data", "verbose", "help", "version"]),
    ("config sample", &["help"]),
    ("completions", &["help"]),
    ("help", &["help"]),
];

impl OptionRow {
    /// Whether it is for all commands.
    pub(super) fn is_common(&self) -> bool {
        self.uses.iter().any(|(commands, _)| commands.is_empty())
    }

    /// The commands that take it.
    pub(super) fn commands(&self) -> impl Iterator<Item = &'static str> {
        self.uses.iter().flat_map(|(commands, _)| commands.iter().copied())
    }

    /// What it is for a command that reads it; an empty path: for all.
    pub(super) fn brief(&self, path: &str) -> Option<&'static str> {
        let is_read = FEWER.iter().all(|(fewer, long)| *fewer != path || long.contains(&self.long));
        let here = |commands: &[&str]| if commands.is_empty() { is_read } else { commands.contains(&path) };
        self.uses.iter().find(|(commands, _)| here(commands)).map(|(_, brief)| *brief)
    }
}

/// The row of a command.
pub(super) fn find(path: &str) -> Option<&'static CommandRow> {
    COMMANDS.iter().find(|row| row.path == path)
}
