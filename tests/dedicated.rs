//! Bots with accounts of their own on real servers: what their owners and strangers see of them, from the first request
//! to the last goodbye. The owner is a client of its own (slixmpp), with or without his account signed in at the daemon.

#![allow(clippy::unwrap_used)]

mod support;

use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use botmother::base::crypto::{Hash, digest};
use botmother::base::text::{base64, hex};
use support::daemon::Daemon;
use support::http::Json;
use support::peer::{Login, Peer};
use support::proxy::Proxy;
use support::server::{Kind, Server};

const SOON: Duration = Duration::from_secs(20);
/// Long enough for something to come that must not.
const QUIET: Duration = Duration::from_millis(700);

/// A server with its people and the bot's account, and a daemon at which `signed_in` is signed in.
fn start(kind: Kind, signed_in: &str) -> Option<(Server, Daemon)> {
    let server = Server::start(kind)?;
    for user in ["owner", "keeper", "stranger", "friend", "bot"] {
        server.add_user(user, "pw");
    }
    let daemon = Daemon::with_account(&server, signed_in, "pw", server.c2s_port, "[api]\nrate_limit = 0");
    daemon.wait_online(1, SOON);
    Some((server, daemon))
}

/// A client that leaves requests to the test.
fn person(server: &Server, user: &str) -> Peer {
    Peer::login_with(server, user, "pw", "phone", &Login { auto: false, ..Login::default() })
}

/// Makes a bot of `owner` out of the account `bot`; `more` are further members.
fn create(server: &Server, daemon: &Daemon, mode: &str, more: &str) -> Json {
    let (owner, jid) = (server.jid("owner"), server.jid("bot"));
    let body =
        format!(r#"{{"name":"Küche & Co","account":"{owner}","mode":"{mode}","jid":"{jid}","password":"pw"{more}}}"#);
    daemon.http().post("/bot/create", None, &body).ok()
}

/// A picture; only its head is ever looked at.
fn picture() -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x60\0\0\0\x60\x08\x06\0\0\0".to_vec();
    bytes.extend((0..40_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8));
    bytes
}

fn with_picture() -> String {
    format!(r#","avatar":"{}","avatar_type":"image/png""#, base64(&picture()))
}

fn ask(peer: &mut Peer, to: &str, id: &str, payload: &str) -> String {
    peer.raw(&format!("<iq type='get' id='{id}' to='{to}'>{payload}</iq>"));
    peer.expect_iq(SOON, id).xml
}

fn items(peer: &mut Peer, to: &str, id: &str, node: &str) -> String {
    let query = format!("<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='{node}'/></pubsub>");
    ask(peer, to, id, &query)
}

/// Asks until the answer is as it should be: what is published comes a moment after the bot.
fn until(what: &str, mut look: impl FnMut(usize) -> (bool, String)) {
    let begun = Instant::now();
    for turn in 0.. {
        let (is_right, seen) = look(turn);
        if is_right {
            return;
        }
        assert!(begun.elapsed() < SOON, "never {what}; last: {seen}");
        thread::sleep(Duration::from_millis(100));
    }
}

fn roster_item(peer: &mut Peer, turn: usize, jid: &str) -> String {
    let own = peer.jid.split('/').next().unwrap_or_default().to_string();
    let roster = ask(peer, &own, &format!("roster-{turn}"), "<query xmlns='jabber:iq:roster'/>");
    let item = roster.split("<item").find(|item| item.contains(jid)).unwrap_or_default();
    item.split('>').next().unwrap_or_default().to_string()
}

fn wait_mutual(peer: &mut Peer, jid: &str) -> String {
    let mut item = String::new();
    until("mutual", |turn| {
        item = roster_item(peer, turn, jid);
        (item.contains("subscription=\"both\""), item.clone())
    });
    item
}

fn updates(daemon: &Daemon, token: &str) -> Vec<String> {
    let updates = daemon.http().get("/bot/getUpdates?timeout=1", Some(token)).ok().at("result").list();
    updates.iter().map(|update| update.at("data").at("body").text()).collect()
}

fn each(test: impl Fn(Kind)) {
    Kind::ALL.into_iter().for_each(test);
}

#[test]
fn the_owner_elsewhere_is_asked_and_sees_it_all() {
    each(|kind| {
        let Some((server, daemon)) = start(kind, "keeper") else { return };
        let mut owner = person(&server, "owner");
        let made = create(&server, &daemon, "dedicated", &with_picture());
        let (bot, id) = (server.jid("bot"), made.at("id").number());
        assert_eq!(made.at("invite").text(), format!("xmpp:{bot}?roster;name=K%C3%BCche%20%26%20Co"));

        let request = owner.expect_presence(SOON, |presence| presence.kind == "subscribe");
        assert!(request.from.starts_with(&bot), "{request:?}");
        assert!(request.xml.contains("Küche &amp; Co"), "its name: {}", request.xml);
        owner.presence(&bot, "subscribed");
        owner.presence(&bot, "subscribe");
        owner.expect_presence(SOON, |presence| presence.kind == "subscribed" && presence.from.starts_with(&bot));
        let hash = hex(&digest(Hash::Sha1, &picture()));
        let shown = owner.expect_presence(SOON, |presence| {
            presence.kind == "available" && presence.from.starts_with(&bot) && presence.xml.contains(&hash)
        });
        assert!(shown.xml.contains("Küche &amp; Co") && shown.xml.contains("vcard-temp:x:update"), "{}", shown.xml);
        wait_mutual(&mut owner, &bot);
        sees_profile(&mut owner, &bot, &hash);
        sees_profile(&mut person(&server, "stranger"), &bot, &hash);

        off_and_on(&daemon, &mut owner, &bot, id);
        let log = std::fs::read_to_string(daemon.log()).unwrap();
        assert!(!log.contains("was not published") && !log.contains("server refused"), "{log}");
        daemon.http().post("/bot/delete", None, &format!(r#"{{"id":{id}}}"#)).ok();
        is_gone(&mut owner, &bot);
    });
}

fn sees_profile(owner: &mut Peer, bot: &str, hash: &str) {
    let vcard = ask(owner, bot, "vcard", "<vCard xmlns='vcard-temp'/>");
    assert!(vcard.contains("<FN>Küche &amp; Co</FN>") && vcard.contains(&base64(&picture())), "{vcard}");
    let metadata = items(owner, bot, "metadata", "urn:xmpp:avatar:metadata");
    assert!(metadata.contains(hash) && metadata.contains("image/png"), "{metadata}");
    let data = items(owner, bot, "data", "urn:xmpp:avatar:data");
    assert!(data.contains(&base64(&picture())), "{} bytes", data.len());
    let nick = items(owner, bot, "nick", "http://jabber.org/protocol/nick");
    assert!(nick.contains("Küche &amp; Co"), "{nick}");
    let vcard4 = items(owner, bot, "vcard4", "urn:xmpp:vcard4");
    assert!(vcard4.contains("Küche &amp; Co"), "{vcard4}");
}

fn off_and_on(daemon: &Daemon, owner: &mut Peer, bot: &str, id: i64) {
    let switch = |active: bool| {
        daemon.http().post("/bot/activate", None, &format!(r#"{{"id":{id},"active":{active}}}"#)).ok();
    };
    owner.clear();
    switch(false);
    owner.expect_presence(SOON, |presence| presence.kind == "unavailable" && presence.from.starts_with(bot));
    switch(true);
    owner.expect_presence(SOON, |presence| presence.kind == "available" && presence.from.starts_with(bot));
}

/// The bot has taken back all that it published, and its owner is free of it.
fn is_gone(owner: &mut Peer, bot: &str) {
    owner.expect_presence(SOON, |presence| presence.kind == "unsubscribed" && presence.from.starts_with(bot));
    is_empty(owner, bot);
    let item = roster_item(owner, 999, bot);
    assert!(!item.contains("\"both\"") && !item.contains("\"from\"") && !item.contains("\"to\""), "{item}");
}

/// Nothing is left of what the bot showed of itself.
fn is_empty(owner: &mut Peer, bot: &str) {
    until("empty", |turn| {
        let vcard = ask(owner, bot, &format!("vcard-{turn}"), "<vCard xmlns='vcard-temp'/>");
        let nodes =
            ["urn:xmpp:avatar:metadata", "urn:xmpp:avatar:data", "urn:xmpp:vcard4", "http://jabber.org/protocol/nick"];
        let left: Vec<_> = nodes
            .iter()
            .map(|node| items(owner, bot, &format!("{node}-{turn}"), node))
            .filter(|answer| answer.contains("<item ") && !answer.contains("<error"))
            .collect();
        (!vcard.contains("<FN>") && !vcard.contains("BINVAL") && left.is_empty(), format!("{vcard} {left:?}"))
    });
}

#[test]
fn an_owner_signed_in_here_is_asked_nothing() {
    each(|kind| {
        let Some((server, daemon)) = start(kind, "owner") else { return };
        let mut owner = person(&server, "owner");
        create(&server, &daemon, "dedicated", "");
        let bot = server.jid("bot");
        let item = wait_mutual(&mut owner, &bot);
        assert!(item.contains("name=\"Küche &amp; Co\""), "{item}");
        owner.expect_presence(SOON, |presence| presence.kind == "available" && presence.from.starts_with(&bot));
        if kind == Kind::Prosody {
            // ejabberd knows no approval in advance: its users' clients see the request until it is answered for them.
            owner.no_presence(QUIET, |presence| presence.kind == "subscribe");
        }

        // What is changed shows.
        let own = server.jid("owner");
        owner.send(&own, "/setdescription 1 Cooks <well>");
        owner.expect_presence(SOON, |presence| presence.from.starts_with(&bot) && presence.status == "Cooks <well>");
        until("described", |turn| {
            let vcard = ask(&mut owner, &bot, &format!("vcard-{turn}"), "<vCard xmlns='vcard-temp'/>");
            (vcard.contains("Cooks &lt;well&gt;"), vcard)
        });
        // So does another name, on his roster, too, unless he has called it otherwise himself.
        let rename = |name: &str| {
            daemon.http().post("/bot/profile", None, &format!(r#"{{"id":1,"name":"{name}"}}"#)).ok();
            name.to_string()
        };
        rename("Herd");
        let name = rename("Ofen");
        until("renamed", |turn| {
            let item = roster_item(&mut owner, 2_000 + turn, &bot);
            (item.contains("name=\"Ofen\"") && item.contains("\"both\""), item)
        });
        until("renamed for all", |turn| {
            let nick = items(&mut owner, &bot, &format!("nick-{turn}"), "http://jabber.org/protocol/nick");
            (nick.contains(&name), nick)
        });
        owner.raw(&format!(
            "<iq type='set' id='mine'><query xmlns='jabber:iq:roster'><item jid='{bot}' name='Meiner'/></query></iq>"
        ));
        owner.expect_iq(SOON, "mine");
        let name = rename("Grill");
        until("renamed for others", |turn| {
            let nick = items(&mut owner, &bot, &format!("nick2-{turn}"), "http://jabber.org/protocol/nick");
            (nick.contains(&name), nick)
        });
        thread::sleep(QUIET);
        let item = roster_item(&mut owner, 5_000, &bot);
        assert!(item.contains("name=\"Meiner\""), "{item}");
    });
}

#[test]
fn strangers_are_refused_and_unheard() {
    each(|kind| {
        let Some((server, daemon)) = start(kind, "owner") else { return };
        let mut owner = person(&server, "owner");
        let mut stranger = person(&server, "stranger");
        let made = create(&server, &daemon, "dedicated", "");
        let (bot, token) = (server.jid("bot"), made.at("token").text());
        wait_mutual(&mut owner, &bot);
        owner.clear();
        stranger.presence(&bot, "subscribe");
        stranger.expect_presence(SOON, |presence| presence.kind == "unsubscribed" && presence.from.starts_with(&bot));
        say(&mut stranger, &bot, "let me in");
        owner.send(&bot, "it is me");
        assert_eq!(updates(&daemon, &token), ["it is me"]);
        thread::sleep(QUIET);
        owner.none(QUIET);
        let policy = format!(r#"{{"id":{},"access":"public"}}"#, made.at("id").number());
        assert_eq!(daemon.http().post("/bot/access", None, &policy).status, 400, "dedicated is for the owner only");
    });
}

/// Says something, and waits until the server has passed it on: what somebody else says then comes after it.
fn say(peer: &mut Peer, to: &str, body: &str) {
    let id = peer.send(to, body);
    ask(peer, to, &format!("after-{id}"), "<vCard xmlns='vcard-temp'/>");
}

#[test]
fn cloud_bots_are_for_whom_the_policy_admits() {
    each(|kind| {
        let Some((server, daemon)) = start(kind, "owner") else { return };
        let mut friend = person(&server, "friend");
        let mut stranger = person(&server, "stranger");
        let contacts = format!(r#","access":"list","contacts":["{}"]"#, server.jid("friend"));
        let made = create(&server, &daemon, "cloud", &contacts);
        let (bot, token, id) = (server.jid("bot"), made.at("token").text(), made.at("id").number());
        let heard = || updates(&daemon, &token).into_iter().last().unwrap_or_default();
        let set = |access: &str| {
            let body = format!(r#"{{"id":{id},"access":"{access}"}}"#);
            let answer = daemon.http().post("/bot/access", None, &body).ok();
            assert_eq!(answer.at("access").text(), access);
            assert_eq!(answer.at("contacts").list().len(), 1, "those named stay");
        };
        say(&mut stranger, &bot, "list: stranger");
        say(&mut friend, &bot, "list: friend");
        until("heard", |_| (heard() == "list: friend", heard()));
        set("public");
        stranger.presence(&bot, "subscribe");
        stranger.expect_presence(SOON, |presence| presence.kind == "subscribed" && presence.from.starts_with(&bot));
        say(&mut stranger, &bot, "public: stranger");
        until("heard", |_| (heard() == "public: stranger", heard()));
        // The stranger is on the roster now, the friend is not.
        set("roster");
        say(&mut friend, &bot, "roster: friend");
        say(&mut stranger, &bot, "roster: stranger");
        until("heard", |_| (heard() == "roster: stranger", heard()));
        set("owner");
        stranger.expect_presence(SOON, |presence| presence.kind == "unsubscribed" && presence.from.starts_with(&bot));
        say(&mut stranger, &bot, "owner: stranger");
        thread::sleep(QUIET);
        let all = updates(&daemon, &token);
        assert_eq!(all, ["list: friend", "public: stranger", "roster: stranger"]);
    });
}

#[test]
fn a_wrong_password_leaves_nothing() {
    each(|kind| {
        let Some((server, daemon)) = start(kind, "owner") else { return };
        let (owner, jid) = (server.jid("owner"), server.jid("bot"));
        let body = |password: &str| {
            format!(r#"{{"name":"B","account":"{owner}","mode":"dedicated","jid":"{jid}","password":"{password}"}}"#)
        };
        let refused = daemon.http().post("/bot/create", None, &body("wrong"));
        assert_eq!(refused.status, 502, "{}", refused.body);
        assert_eq!(Json::parse(&refused.body).at("error").text(), "login_refused");
        assert!(refused.body.contains("the right `password` at POST /bot/create"), "{}", refused.body);
        assert!(!refused.body.contains("account/add"), "{}", refused.body);
        assert!(daemon.http().get("/bot/list", None).ok().at("bots").list().is_empty());
        daemon.http().post("/bot/create", None, &body("pw")).ok();
    });
}

#[test]
fn a_bot_deleted_while_its_server_is_down_is_taken_back_later() {
    each(|kind| {
        let Some((mut server, mut daemon)) = start(kind, "keeper") else { return };
        let bot = server.jid("bot");
        let id = {
            let mut owner = person(&server, "owner");
            let made = create(&server, &daemon, "dedicated", &with_picture());
            owner.expect_presence(SOON, |presence| presence.kind == "subscribe");
            owner.presence(&bot, "subscribed");
            owner.presence(&bot, "subscribe");
            wait_mutual(&mut owner, &bot);
            until("published", |turn| {
                let metadata = items(&mut owner, &bot, &format!("m{turn}"), "urn:xmpp:avatar:metadata");
                (metadata.contains("image/png"), metadata)
            });
            owner.quit();
            made.at("id").number()
        };
        server.stop();
        let deleted = daemon.command(&["bot", "delete", &id.to_string()]).output().expect("it runs");
        let said = String::from_utf8_lossy(&deleted.stdout).into_owned();
        assert!(said.contains("(name, picture, devices) is not taken back at its server yet"), "{said}");
        assert!(daemon.http().get("/bot/list", None).ok().at("bots").list().is_empty());
        // The daemon goes, too, before it could do anything.
        daemon.kill();
        daemon.start_again();
        server.start_again();
        let mut owner = person(&server, "owner");
        is_gone_silently(&mut owner, &bot);
        until("given back", |_| (daemon.log_text().contains("it is not signed in here any more"), daemon.log_text()));
        is_empty(&mut owner, &bot);
    });
}

/// As [`is_gone`], where the goodbye may have come before the owner was there to see it.
fn is_gone_silently(owner: &mut Peer, bot: &str) {
    until("free", |turn| {
        let item = roster_item(owner, turn, bot);
        (!item.contains("\"both\"") && !item.contains("\"to\"") && !item.contains("\"from\""), item)
    });
}

/// What a command of the program says; the password, where it needs one, comes by a file.
fn run(daemon: &Daemon, arguments: &[&str]) -> (bool, String) {
    let output = daemon.command(arguments).stdin(Stdio::null()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout) + &text(output.stderr))
}

fn bots(daemon: &Daemon) -> Vec<Json> {
    daemon.http().get("/bot/list", None).ok().at("bots").list()
}

fn wait_state(daemon: &Daemon, wanted: &str) -> Json {
    let mut found = None;
    until(wanted, |_| {
        let bot = bots(daemon).remove(0);
        let state = bot.at("state").text();
        found = Some(bot);
        (state == wanted, state)
    });
    found.unwrap()
}

#[test]
fn a_bot_whose_server_is_down_says_so() {
    each(|kind| {
        let Some((mut server, daemon)) = start(kind, "owner") else { return };
        server.stop();
        let owner = server.jid("owner");
        let make = |more: &str| {
            let body = format!(r#"{{"name":"B","account":"{owner}","mode":"dedicated"{more}}}"#);
            daemon.http().post("/bot/create", None, &body)
        };
        let strict = make(r#","wait":2"#);
        assert!(strict.status == 502 && strict.body.contains("registration_failed"), "{}", strict.body);
        assert!(
            strict.body.contains("did not come online in time") && strict.body.contains("refused"),
            "{}",
            strict.body
        );
        assert!(bots(&daemon).is_empty(), "nothing is left of it");
        let left = daemon.http().get("/bot/forget", None).ok().at("accounts").list();
        assert!(left.is_empty(), "an account that was never made need not be removed: {left:?}");

        let made = make(r#","wait":false"#).ok();
        assert_eq!(made.at("state").text(), "registering");
        until("told why", |_| {
            let bot = bots(&daemon).remove(0);
            let why = if bot.has("state_why") { bot.at("state_why").text() } else { String::new() };
            (bot.at("state").text() == "registering" && why.contains("connection refused"), why)
        });
        let (_, shown) = run(&daemon, &["bot", "list"]);
        assert!(shown.contains("registering for ") && shown.contains("connection refused"), "{shown}");
        let told = daemon.http().get("/bot/getMe", Some(&made.at("token").text())).ok();
        assert_eq!(told.at("state").text(), "registering");
        server.start_again();
        let bot = wait_state(&daemon, "online");
        assert_eq!((bot.at("status").text(), bot.has("state_why")), ("active".to_string(), false));
        server.stop();
        wait_state(&daemon, "offline");
        // A personal bot is as its owner's account.
        let body = format!(r#"{{"name":"P","account":"{owner}"}}"#);
        assert_eq!(daemon.http().post("/bot/create", None, &body).ok().at("state").text(), "offline");
        assert_eq!(
            daemon.http().post("/bot/create", None, r#"{"name":"L","account":"owner@local"}"#).ok().at("state").text(),
            "online"
        );
    });
}

#[test]
fn the_account_of_a_deleted_bot_is_given_up() {
    each(|kind| {
        let Some((mut server, daemon)) = start(kind, "keeper") else { return };
        let made = create(&server, &daemon, "dedicated", "");
        let (bot, id) = (server.jid("bot"), made.at("id").number());
        server.stop();
        daemon.http().post("/bot/delete", None, &format!(r#"{{"id":{id}}}"#)).ok();
        let left = || daemon.http().get("/bot/forget", None).ok().at("accounts").list();
        until("told why", |_| {
            let left = left();
            let has_why = left.iter().any(|one| one.at("jid").text() == bot && one.has("why"));
            (has_why, format!("{left:?}"))
        });
        assert_eq!(left()[0].at("account").text(), server.jid("owner"));
        thread::sleep(Duration::from_secs(4));
        let log = std::fs::read_to_string(daemon.log()).unwrap();
        let told = log.lines().filter(|line| line.contains("not removed yet") && line.contains("WARN")).count();
        assert_eq!(told, 1, "once, then rarely\n{log}");
        let (_, shown) = run(&daemon, &["bot", "list"]);
        assert!(shown.contains("accounts of deleted bots") && shown.contains(&bot), "{shown}");
        let (is_done, said) = run(&daemon, &["bot", "forget", &bot]);
        assert!(is_done && said.contains("what stays at its server"), "{said}");
        assert!(left().is_empty());
        let (is_done, said) = run(&daemon, &["bot", "forget", &bot]);
        assert!(!is_done && said.contains("is not the account of a deleted bot"), "{said}");
        server.start_again();
        thread::sleep(QUIET);
        assert!(!daemon.log_text().contains("it is not signed in here any more"), "{}", daemon.log_text());
    });
}

#[test]
fn bots_learn_the_way_to_their_server_from_their_owners_account() {
    each(|kind| {
        let Some(server) = Server::start(kind) else { return };
        for user in ["owner", "bot"] {
            server.add_user(user, "pw");
        }
        let mut daemon = Daemon::start("[api]\nrate_limit = 0");
        // By the name of the server alone nobody gets there.
        create(&server, &daemon, "dedicated", r#","wait":false"#);
        let (owner, bot) = (server.jid("owner"), server.jid("bot"));
        let word = daemon.dir.join("word");
        std::fs::write(&word, "pw\n").unwrap();
        let (host, ca_file) = (format!("127.0.0.1:{}", server.c2s_port), server.ca_file.display().to_string());
        let word = word.display().to_string();
        let add = ["account", "add", &owner, "--host", &host, "--password-file", &word];
        let (is_done, said) = run(&daemon, &add);
        assert!(!is_done && said.contains("--ca-file FILE") && said.contains("--pin sha256:"), "its own words: {said}");
        let (is_done, said) = run(&daemon, &[&add[..], &["--ca-file", &ca_file]].concat());
        assert!(is_done, "{said}");
        wait_state(&daemon, "online");

        // What is saved is known to the test of an account and to the doctor, whether the daemon runs or not.
        for is_running in [true, false] {
            for account in [&owner, &bot] {
                let (is_done, said) = run(&daemon, &["account", "test", account]);
                assert!(is_done && said.contains("logged in as"), "{said}");
            }
            let (is_done, said) = run(&daemon, &["account", "test", &owner, "--host", "127.0.0.1:1"]);
            assert!(!is_done && said.contains("127.0.0.1:1"), "what is given goes before: {said}");
            let (_, said) = run(&daemon, &["doctor"]);
            assert!(said.contains(&format!("ok    account {owner}: can log in")), "{said}");
            assert!(said.contains(&format!("ok    account {bot} of bot 1 (Küche & Co): can log in")), "{said}");
            if is_running {
                daemon.stop();
            }
        }
        server.set_password("bot", "new");
        daemon.start_again();
        let stopped = wait_state(&daemon, "stopped");
        let why = stopped.at("state_why").text();
        assert!(why.contains("wrong password") && why.contains("POST /account/add"), "{why}");
        std::fs::write(&word, "new\n").unwrap();
        let (is_done, said) = run(&daemon, &["account", "add", &bot, "--password-file", &word]);
        assert!(is_done, "{said}");
        wait_state(&daemon, "online");
    });
}

/// What is said to a bot that was made, and could not sign in yet, is told, once; what its account heard before is not.
#[test]
fn what_is_said_before_the_first_sign_in_is_told() {
    each(|kind| {
        let Some(server) = Server::start(kind) else { return };
        for user in ["owner", "keeper", "bot"] {
            server.add_user(user, "pw");
        }
        let proxy = Proxy::start(server.c2s_port);
        let mut daemon = Daemon::with_account(&server, "keeper", "pw", proxy.port, "[api]\nrate_limit = 0");
        daemon.wait_online(1, SOON);
        let (mut owner, bot) = (person(&server, "owner"), server.jid("bot"));
        let mut reader = person(&server, "bot");
        owner.send(&bot, "read by a person");
        reader.expect(SOON, |message| message.body == "read by a person");
        reader.quit();
        // Times are told in whole seconds: by the server, of the making, and where its archive begins; and one is given away.
        thread::sleep(Duration::from_millis(4_100));

        proxy.refuse();
        proxy.reset();
        let made = create(&server, &daemon, "dedicated", r#","wait":false"#);
        let token = made.at("token").text();
        say(&mut owner, &bot, "first");
        say(&mut owner, &bot, "second");
        daemon.kill();
        daemon.start_again();
        say(&mut owner, &bot, "third");
        thread::sleep(QUIET);
        proxy.resume();
        wait_state(&daemon, "online");
        say(&mut owner, &bot, "fourth");
        until("told", |_| {
            let told = updates(&daemon, &token);
            (told.iter().any(|body| body == "fourth"), format!("{told:?}"))
        });
        daemon.kill();
        daemon.start_again();
        wait_state(&daemon, "online");
        say(&mut owner, &bot, "fifth");
        until("told", |_| {
            let told = updates(&daemon, &token);
            (told.iter().any(|body| body == "fifth"), format!("{told:?}"))
        });
        assert_eq!(updates(&daemon, &token), ["first", "second", "third", "fourth", "fifth"]);
    });
}
