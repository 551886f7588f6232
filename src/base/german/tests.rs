//! Whether all that a chat may show has its German.

use super::*;

#[test]
fn sentences_are_said_in_german_with_all_they_hold() {
    assert_eq!(say("there is no bot with id 7"), "es gibt keinen Bot mit der ID 7");
    assert_eq!(
        say("name must be at most 64 characters, not 70"),
        "name stimmt nicht; richtig: höchstens 64 Zeichen, nicht 70"
    );
    assert_eq!(
        say("example.org cannot be reached: 127.0.0.1:1: connection refused; [::1]:1: timed out"),
        "example.org ist nicht zu erreichen: 127.0.0.1:1: Verbindung abgelehnt; [::1]:1: keine Antwort in der Zeit"
    );
    assert_eq!(
        say("a.b makes no account: the server does not allow it: not-allowed (\"No!\")"),
        "a.b legt kein Konto an: der Server erlaubt es nicht: not-allowed (\"No!\")"
    );
    // A value that reads like a sentence is none.
    assert_eq!(say("Botmother is switched off for it is empty"), "Botmother ist für it is empty abgeschaltet");
    assert_eq!(say("whatever"), "whatever");
    assert_eq!(say(""), "");
}

#[test]
fn every_line_is_a_pair_and_fits_itself() {
    for line in TABLE.lines().filter(|line| !line.is_empty()) {
        let (english, german) = line.split_once(" | ").unwrap_or_else(|| panic!("{line}"));
        let own = english.replace("{*}", "v").replace("{}", "v");
        let places = english.matches('{').count();
        assert!(fit(english, &own).is_some(), "{line}");
        for number in german.split('{').skip(1).filter_map(|piece| piece.split_once('}')) {
            assert!(number.0.parse().is_ok_and(|number: usize| (1..=places).contains(&number)), "{line}");
        }
        assert_ne!(english, german);
    }
}

/// Files whose sentences may come into a chat: refusals of commands, forms and questions, why a bot is not online, why an
/// account is not removed, a message was lost, an AI or the API's server failed.
const SHOWN: &[&str] = &[
    "base/call.rs",
    "daemon.rs",
    "daemon/entrance.rs",
    "daemon/sockets.rs",
    "net/certificate.rs",
    "net/door_tls.rs",
    "core/access.rs",
    "core/access/tokens.rs",
    "channel/telegram/moderating.rs",
    "channel/telegram/photo.rs",
    "core/bridge.rs",
    "core/bridge/moderation.rs",
    "core/bridge/carrying.rs",
    "channel/telegram/media.rs",
    "core/bridge/shown.rs",
    "core/handle/bridge.rs",
    "engine/command/telegram.rs",
    "core/owner/quota.rs",
    "channel/xmpp/accounts/owners.rs",
    "channel/xmpp/accounts.rs",
    "brain/ai.rs",
    "brain/ai/setup.rs",
    "channel/xmpp/arrival.rs",
    "channel/xmpp/arrival/owner.rs",
    "channel/xmpp/arrival/publishing.rs",
    "channel/xmpp/crypt.rs",
    "channel/xmpp/crypt/outbound.rs",
    "channel/xmpp/crypt/peers.rs",
    "channel/xmpp/crypt/trust/asking.rs",
    "channel/xmpp/dedicated.rs",
    "core/failure.rs",
    "core/history.rs",
    "channel/xmpp/leaving.rs",
    "channel/xmpp/making.rs",
    "channel/xmpp/registering.rs",
    "core/registry.rs",
    "channel/xmpp/rooms/moderation.rs",
    "core/why/told.rs",
    "channel/telegram/address.rs",
    "channel/telegram/mod.rs",
    "channel/telegram/outbox.rs",
    "channel/telegram/saying.rs",
    "channel/telegram/setup.rs",
    "channel/xmpp/sizes.rs",
    "channel/xmpp/state.rs",
    "net/connect.rs",
    "net/driver.rs",
    "net/pool.rs",
    "net/tls.rs",
    "remote/ai.rs",
    "remote/ai/stream.rs",
    "remote/ejabberd.rs",
    "work/exchange.rs",
    "work/resolve.rs",
    "work/streams/exchange.rs",
    "work/streams/head.rs",
    "work/streams/wire.rs",
    "work/tls.rs",
    "xml/mod.rs",
    "xmpp/register.rs",
    "xmpp/sasl.rs",
    "xmpp/session/connection.rs",
    "xmpp/session/inbound.rs",
    "xmpp/session/setup.rs",
    "xmpp/stream.rs",
    "xmpp/stream/login.rs",
];

#[test]
fn whatever_a_chat_may_show_has_its_german() {
    let mut lacking = Vec::new();
    for file in SHOWN {
        for text in sentences(file) {
            let text = with_values(&text);
            if find(&text).is_none() && !NOT_SHOWN.contains(&text.as_str()) {
                lacking.push(format!("{file}: {text}"));
            }
        }
    }
    assert!(lacking.is_empty(), "neither in TABLE nor in NOT_SHOWN:\n{}", lacking.join("\n"));
}

/// A file of the engine that can refuse something is looked at above, or only programs ask for what it does.
#[test]
fn every_place_of_refusals_is_known() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/src/");
    let layers = ["core", "channel", "brain", "engine"];
    let mut folders: Vec<String> = layers.iter().map(|layer| format!("{root}{layer}")).collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path().display().to_string();
            if !path.ends_with(".rs") {
                folders.push(path);
                continue;
            }
            let file = path.strip_prefix(root).unwrap();
            let source = std::fs::read_to_string(&path).unwrap();
            let is_refusing = source.contains("Failure::") && !file.ends_with("/tests.rs");
            let is_known = SHOWN.contains(&file) || FOR_PROGRAMS.contains(&file);
            assert!(!is_refusing || is_known, "{file}: may a chat show its refusals?");
        }
    }
}

/// The literals of a file that may be sentences: without tests and what goes to the log.
fn sentences(file: &str) -> Vec<String> {
    let path = format!("{}/src/{file}", env!("CARGO_MANIFEST_DIR"));
    let source = std::fs::read_to_string(path).unwrap();
    let source = source.split("#[cfg(test)]").next().unwrap();
    let code: Vec<&str> = source.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code =
        code.join("\n").replace("\\\\", "\u{1}").replace("\\\"", "\u{2}").replace("'\"'", "").replace("b\"", "\"");
    let mut found = Vec::new();
    for (at, part) in code.split('"').enumerate() {
        let before = code.split('"').nth(at.saturating_sub(1)).unwrap_or_default();
        let statement = before.rsplit([';', '{', '}']).next().unwrap_or_default();
        let is_log = ["log::", "log!(", "debug!", ".audit(", "expect(", "write_str(&has"]
            .iter()
            .any(|mark| statement.contains(mark));
        if at % 2 == 1 && part.trim().contains(' ') && !part.starts_with('<') && !is_log {
            let lines: Vec<&str> =
                part.split("\\\n").enumerate().map(|(n, l)| if n == 0 { l } else { l.trim_start() }).collect();
            found.push(lines.concat().replace('\u{2}', "\""));
        }
    }
    found
}

/// A format with something in its places.
fn with_values(format: &str) -> String {
    let mut pieces = format.split('{');
    let mut out = pieces.next().unwrap_or_default().to_string();
    for piece in pieces {
        out += "v";
        out += piece.split_once('}').map_or(piece, |(_, rest)| rest);
    }
    out
}

/// In those files: for programs, the command line and the log, or no sentences.
const NOT_SHOWN: &[&str] = &[
    // How a command is used.
    "setup <TOKEN> <CHAT_ID> [bridge|forward]",
    "setup <TOKEN> <CHAT_ID> [bridge|forward] [URL]",
    // What is done again by a reload of the configuration.
    "order among the files that were sent",
    "add <CHAT_ID> [alias] [room]",
    "remove <CHAT_ID>",
    "default <alias>",
    "send <alias> <text>",
    "v v",
    ": v",
    // The head of a request; what the log and the metrics say of Telegram.
    "v vv HTTP/1.1\\r\\nConnection: v\\r\\n",
    "Bots that are connected to Telegram, by how they fare.",
    "Long polls of Telegram that are over.",
    // How large a file is, and what a call is known by.
    "v B",
    "v kB",
    "v.v MB",
    "telegram file v",
    // What Telegram says of a file that is too large.
    "too big",
    "Polls of which nothing was heard in time; another was made.",
    "Calls to Telegram that did not succeed.",
    "What waits for Telegram.",
    "What went to Telegram and was never answered.",
    "username=v api_url=v",
    "v\\nv",
    "/telegram v",
    // How what passes a link is shown; the ends of a sentence that is there with each; for the audit log.
    "[v:v] v: v",
    "[v] v: v",
    "> v\\nv",
    "it has none",
    "it has v",
    "chat=v here=v mode=v enabled=v",
    // What a certificate says, for the log; the missing part of a file, which has a line of its own.
    "no names",
    "v, for v, until v",
    "private key",
    // Who changed the API, for the log.
    "a caller with management rights",
    // What a moderator did, for the audit log.
    "room=v action=v target=v",
    "chat=v action=v target=v",
    // What calls share a thread.
    "photo v",
    "telegram v",
    "chat=tg:v action=v target=v result=v",
    "chat=tg:v person=v action=v result=v",
    // Only programs ask for it.
    "this bot has sent no such message",
    // Each unit has a line of its own.
    "at most v v, not v",
    "v is the account of a deleted bot; v gives it up",
    "left out for the account of a bot, which is reached as its owner's account is",
    "not registered yet",
    "a whole path, from / on",
    "a file of certificates (PEM) that the daemon can read; v v",
    "a public address, as the API is open to the network; its owner may name others with /ki",
    "vCard (XEP-0054)",
    "nickname (XEP-0172)",
    "vCard (XEP-0292)",
    "picture (XEP-0084)",
    ": a deleted bot has still to take back what it has there; v gives it up",
    "v is in use here alreadyv",
    "make the bot once more, it gets another name then",
    "left out for a personal bot, which has no account of its own",
    "self, or left out: all is for personal bots",
    "an account that is signed in here or owns a bot; v does neither",
    "a letter or digit among them; no number, no address, and nothing that begins with @, - or /",
    "v: v; next try in v s",
    "its key is missing, wrong or not allowed there",
    "there is no credit: v",
    "there is no such model or address: v",
    "the conversation is too long for the model",
    "it cannot answer now: v",
    "it refuses the question: v",
    "what answers there is no such service",
    "its answer is empty",
    "all its tokens went into thinking",
    "Basic v",
    // Said of nothing that a chat causes, or to a server; and what stands in parentheses behind a sentence.
    "a streamed call follows no redirects",
    "a streamed call sends no files",
    "v vv HTTP/1.1\\r\\nConnection: v\\r\\n",
    "Proxy-Authorization: Basic v\\r\\n",
    "CONNECT v HTTP/1.1\\r\\nHost: v\\r\\nv\\r\\n",
    "malformed chunks",
    "an unknown transfer coding",
    "a wrong length",
    "v v/… (v bytes)",
    "v bytes",
    "v (v bytes)",
    "this process may have v files and connections open, and needs v at least; raise the limit with `ulimit -n 1024`, or LimitNOFILE=1024 in a systemd unit",
    "a place for files",
    "the inner HTTP server's socket",
    "an XMPP account; owner@local is built in",
    "v stands in the configuration file; change it there and send SIGHUP",
    "v is not an account of this daemon",
    "v stands in the configuration file; remove it there and send SIGHUP",
    " again, resumed",
    "provider=v model=v",
    "the token is not valid, was revoked, or its bot is disabled",
    "this token has expired; whoever manages the bot makes a new one",
    "this token lacks the scope `v`",
    "this needs the role v, and you are v here",
    "some of send, read, manage",
    "main token before",
    "token=v ending=v",
    "token=v ending=v rights=v",
    "a device id, or at least 16 digits of a fingerprint",
    "no such key was seen; a whole fingerprint of 64 digits can be trusted beforehand",
    "several keys are called so; give the fingerprint",
    "no room for more keys of this contact",
    "its account is v",
    "the bot did not come online in time and was taken back: v",
    "the bot was deleted meanwhile",
    "v; v gives it up",
    "api_url=v host=v",
    "ejabberd test",
    "the XMPP domain, for example chat.example.org",
    "ejabberd v",
    "owner@local has no server to make an account at: make the bot for another owner, set up ejabberd's API with",
    "v v, or give an account with v",
    "owner=v mode=v",
    "the server",
    "the message",
    "the picture",
    "v: v",
    "DNS names v for v",
    "DNS has no XMPP records for v; trying the domain itself",
    "DNS gave no XMPP records for v (v); trying the domain itself",
    "connecting to v, as configured",
    "connected to v",
    "v; certificate v",
    ", valid until v",
    ", v",
    ", no v",
    "logged in as v with v",
    "direct TLS",
    "[v]:v (v)",
    "v:v (v)",
    "uncategorized error",
    "no words",
    "usable certificate",
    "TLS 1.3",
    "TLS 1.2",
    "v, v",
    " on v",
    "developer instruction",
    "api key",
    "exceeded your current quota",
    "too long",
    "too large",
    "maximum prompt",
    "token count exceeds",
    "; register at v",
    "Client Key",
    "Server Key",
    "no TLS",
    ", stream resumed",
    " version='1.0' xml:lang='en' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>",
];

/// Files whose refusals only programs get, as what they do is no command of a chat, or that pass on those of others.
const FOR_PROGRAMS: &[&str] = &[
    "engine/no_web.rs",
    "core/web.rs",
    "core/watching.rs",
    "core/yard.rs",
    "core/page_files.rs",
    "core/no_numbers.rs",
    "channel/web/watching.rs",
    "channel/web/mod.rs",
    "channel/web/people.rs",
    "engine/web.rs",
    "engine/yard.rs",
    "core/owner/people.rs",
    "core/owner/signin.rs",
    "engine/person.rs",
    "brain/ai/answered.rs",
    "brain/faq/manage.rs",
    "brain/ai/asked.rs",
    "engine/ask.rs",
    "engine/batch.rs",
    "core/bridge/passing.rs",
    "core/channel.rs",
    "engine/command/ai.rs",
    "engine/command/api_server.rs",
    "engine/command/botfather.rs",
    "engine/local.rs",
    "channel/mod.rs",
    "engine/no_local.rs",
    "engine/numbered.rs",
    "core/numbers.rs",
    "core/numbers/acts.rs",
    "core/keyboard.rs",
    "core/keyboard/reading.rs",
    "core/keyboard/pressed.rs",
    "core/keyboard/live.rs",
    "channel/xmpp/buttons.rs",
    "channel/xmpp/outgoing.rs",
    "engine/tests/telegram/people.rs",
    "engine/tests/trust/deciding.rs",
    "channel/xmpp/crypt/rooms.rs",
    "core/actions.rs",
    "core/asking.rs",
    "core/asking/turns.rs",
    "core/asking/words.rs",
    "channel/xmpp/files.rs",
    "channel/xmpp/files/fetching.rs",
    "core/handle.rs",
    "core/handle/order.rs",
    "core/handle/question.rs",
    "channel/local.rs",
    "channel/xmpp/outbox.rs",
    "core/posting.rs",
    "channel/xmpp/rooms.rs",
    "channel/xmpp/rooms/actions.rs",
    "channel/xmpp/rooms/members.rs",
    "channel/xmpp/rooms/private.rs",
    "channel/xmpp/rooms/talk.rs",
    "core/updates.rs",
    "core/webhook.rs",
    "core/webhook/reply.rs",
    "core/webhook/settings.rs",
    "channel/telegram/aside.rs",
    "channel/telegram/done.rs",
    "channel/telegram/polling.rs",
    "engine/tests/telegram.rs",
    "engine/tests/telegram/going.rs",
];
