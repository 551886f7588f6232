//! The table of options.

use super::OptionRow;

const fn option(
    long: &'static str,
    short: Option<char>,
    value: &'static str,
    uses: &'static [(&'static [&'static str], &'static str)],
) -> OptionRow {
    OptionRow { long, short, value, uses }
}

/// All options in the order of the help.
pub(in crate::cli) const OPTIONS: &[OptionRow] = &[
    option("config", Some('c'), "FILE", &[(&[], "configuration file, instead of the usual places")]),
    option("data", Some('d'), "DIR", &[(&[], "data directory, instead of what the configuration says")]),
    option("port", Some('p'), "N", &[(&[], "port of the API (7842)")]),
    option("verbose", Some('v'), "", &[(&[], "log more; twice: everything, secrets cut out")]),
    option("log-format", None, "FORMAT", &[(&[], "lines of the daemon's log: text, json, logfmt")]),
    option("help", Some('h'), "", &[(&[], "this, or the help of a command")]),
    option("version", Some('V'), "", &[(&[], "print the version")]),
    option(
        "wait",
        None,
        "SECONDS",
        &[
            (&["chat"], "when input is no terminal: end after so much silence, 0 to 3600 (5)"),
            (&["bot create"], "no bot unless it is online within this time, 1 to 60"),
            (&["ask"], "how long to wait, like 90, 15m or 1h (1h); then the question is over"),
            (&["send"], "until the server has it; exit code 69 when it has not after so long, 0 to 3600"),
        ],
    ),
    option(
        "password-file",
        None,
        "F",
        &[
            (&["account add"], "take the password from this file instead of asking"),
            (&["account test"], "take the password from this file instead of what is known, or asking"),
            (&["bot create"], "with --jid: take that account's password from this file instead of asking"),
        ],
    ),
    option(
        "host",
        None,
        "H:P",
        &[(&["account add", "account test"], "connect to host:port (or tls://host:port) instead of what DNS says")],
    ),
    option(
        "ca-file",
        None,
        "F",
        &[(&["account add", "account test"], "trust the certificate authorities in this file (PEM) too")],
    ),
    option(
        "pin",
        None,
        "P",
        &[(&["account add", "account test"], "accept exactly the certificate with this fingerprint, sha256:…")],
    ),
    option(
        "owner",
        None,
        "JID",
        &[
            (&["bot create"], "who talks to it (owner@local)"),
            (&["bot list"], "only the bots of this owner"),
            (&["audit"], "only what is about this owner's bots"),
            (
                &[
                    "bot delete",
                    "bot token",
                    "bot revoke",
                    "bot activate",
                    "bot deactivate",
                    "token create",
                    "token list",
                    "token revoke",
                ],
                "whose bot it is, where several have its name",
            ),
        ],
    ),
    option(
        "mode",
        None,
        "MODE",
        &[(&["bot create"], "personal (speaks through its owner's account), dedicated or cloud (has one of its own)")],
    ),
    option(
        "jid",
        None,
        "JID",
        &[(
            &["bot create"],
            "an account that you have made for the bot; else one is made for --mode dedicated or cloud",
        )],
    ),
    option(
        "access",
        None,
        "WHO",
        &[(
            &["bot create"],
            "who may write to a bot with an account of its own: owner, or of cloud: roster, list, public",
        )],
    ),
    option(
        "contacts",
        None,
        "JIDS",
        &[(&["bot create"], "with --access list: who may write to it, addresses with commas between them")],
    ),
    option(
        "encrypt",
        None,
        "HOW",
        &[
            (&["bot create"], "whether a bot with an account of its own encrypts (OMEMO): required, preferred, off"),
            (&["send"], "required: it never goes out in plain text; preferred: as the bot does"),
            (&["ask"], "required: neither question nor answer goes in plain text; preferred: as the bot does"),
        ],
    ),
    option(
        "avatar",
        None,
        "FILE",
        &[(&["bot create"], "its picture, where it has an account of its own: PNG, JPEG, GIF or WebP")],
    ),
    option(
        "bot",
        None,
        "BOT",
        &[
            (&["send"], "the bot that says it: its number, or its name where only one has it"),
            (&["audit"], "only what is about this bot, by number or name"),
            (&["ask"], "the bot that asks: its number, or its name where only one has it"),
            (
                &["faq import", "faq export", "faq ask"],
                "whose list it is: a bot's number, or its name where only one has it",
            ),
            (&["why"], "the bot whose message it is: its number, or its name where only one has it"),
        ],
    ),
    option(
        "token-file",
        None,
        "F",
        &[(
            &["send", "ask", "why", "faq import", "faq export", "faq ask"],
            "the bot whose token is in this file; no management rights needed",
        )],
    ),
    option("text", None, "TEXT", &[(&["send"], "say this instead of what comes by standard input")]),
    option("message", None, "F", &[(&["send"], "say what is in this file (-m)")]),
    option("subject", None, "TEXT", &[(&["send"], "a first line above the text (-s)")]),
    option("attach", None, "F", &[(&["send"], "send this file, with --text as its caption")]),
    option(
        "chatroom",
        None,
        "",
        &[
            (&["send"], "WHO is a room; the bot joins it if it is not in (-c)"),
            (&["ask"], "WHO is a room that the bot is in, or with /nick behind it somebody there"),
        ],
    ),
    option("to", None, "WHO", &[(&["ask"], "who is asked, an address on any channel (the bot's owner)")]),
    option("options", None, "WORDS", &[(&["ask"], "the answers there are, with commas between them")]),
    option("escalate", None, "JIDS", &[(&["ask"], "who is asked next while nobody answers, with commas between them")]),
    option("after", None, "TIME", &[(&["ask"], "how long each has before the next is asked, like 90 or 5m")]),
    option("check", None, "WORD", &[(&["ask"], "exit code 0 for this answer only, 1 for others")]),
    option("key", None, "KEY", &[(&["ask"], "goes on with the question that was asked under it within a day")]),
    option("alias", None, "NICK", &[(&["send"], "with --chatroom: the bot's nick there (-a, -r)")]),
    option("interactive", None, "", &[(&["send"], "each line of standard input is a message, as it comes (-i)")]),
    option("without-key", None, "", &[(&["backup"], "leave secret.key and other secrets in the clear out")]),
    option("force", None, "", &[(&["backup"], "replace a file that is there")]),
    option("key-file", None, "F", &[(&["restore"], "the secret.key of a backup that was made without it")]),
    option("dry-run", None, "", &[(&["import"], "say what would be done, and do nothing")]),
    option("list", None, "NAME", &[(&["faq import", "faq export", "faq ask"], "which list of the bot (main)")]),
    option("add", None, "", &[(&["faq import"], "what is in the list stays")]),
    option(
        "format",
        None,
        "FORMAT",
        &[
            (&["faq import"], "csv, tsv or json, where the file's name does not say it"),
            (&["faq export"], "csv, tsv or json (csv)"),
        ],
    ),
    option("vars", None, "", &[(&["flow test"], "show node and variables after each line")]),
    option("seed", None, "N", &[(&["flow test"], "another number, other draws (1)")]),
    option("json", None, "", &[(&["doctor"], "one JSON object instead of lines")]),
    option("overlap", None, "HOURS", &[(&["bot token"], "the old token works for so many hours more, up to 720")]),
    option("scopes", None, "WORDS", &[(&["token create"], "what it may: some of send,read,manage")]),
    option("label", None, "TEXT", &[(&["token create", "user token"], "what it is for")]),
    option("days", None, "N", &[(&["token create", "user token"], "it expires after so many days")]),
    option("number", None, "N", &[(&["token revoke"], "the number of the token")]),
    option("role", None, "ROLE", &[(&["user set", "user token"], "viewer, owner or admin")]),
    option("sees", None, "JID", &[(&["user set"], "of a viewer: whose bots he sees; '' for his own")]),
    option("bots", None, "N", &[(&["user set"], "how many bots he may have")]),
    option("messages", None, "N", &[(&["user set"], "how many messages his bots may send in a day")]),
    option("storage", None, "MIB", &[(&["user set"], "how much the histories of his bots may hold")]),
    option("ai-calls", None, "N", &[(&["user set"], "how many questions his bots may put to AI services in a day")]),
    option("since", None, "WHEN", &[(&["audit"], "not older than this")]),
    option("limit", None, "N", &[(&["audit"], "at most so many entries, up to 200 (50)")]),
    option("redacted", None, "", &[(&["config dump"], "hide passwords, also with --secrets")]),
    option("secrets", None, "", &[(&["config dump"], "write passwords of the file out")]),
];
