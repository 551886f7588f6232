//! What becomes of messages, with real servers, the real daemon and slixmpp's own plugins on the other side: receipts,
//! markers, chat states, corrections, retractions, reactions, replies, files; each both ways, for a bot with an account of
//! its own and in its owner's self-chat; and nothing twice after a kill.

mod support;

use std::collections::HashSet;
use std::time::{Duration, Instant};

use support::daemon::Daemon;
use support::http::{Http, Json};
use support::peer::{Login, Peer};
use support::server::{Kind, Options, Server};

const LIMIT: Duration = Duration::from_secs(20);
const QUIET: Duration = Duration::from_secs(2);
const ALL: &str = "message,reaction,retraction,message_state";

/// A bot's program: takes updates one after the other, as one written for DinoX does.
struct Program {
    http: Http,
    token: String,
    offset: i64,
    /// Taken, and looked at by nobody yet.
    waiting: Vec<Json>,
    /// States told so far, with the message each is of: none comes twice.
    states: HashSet<(String, String)>,
}

impl Program {
    fn new(daemon: &Daemon, token: String) -> Program {
        let mut program =
            Program { http: daemon.http(), token, offset: 0, waiting: Vec::new(), states: HashSet::new() };
        program.fetch(0);
        program
    }

    /// One poll, which also says that all before was taken.
    fn fetch(&mut self, seconds: u32) {
        let path = format!("/bot/getUpdates?offset={}&timeout={seconds}&allowed_updates={ALL}", self.offset);
        for update in self.http.get(&path, Some(&self.token)).ok().at("result").list() {
            self.offset = update.at("update_id").number() + 1;
            if update.at("type").text() == "message_state" {
                let data = update.at("data");
                let state = (data.at("message_id").text(), data.at("state").text());
                assert!(self.states.insert(state.clone()), "twice: {state:?}");
            }
            self.waiting.push(update);
        }
    }

    /// The first update of a type that fits; what does not fit stays.
    fn expect(&mut self, kind: &str, fits: impl Fn(&Json) -> bool) -> Json {
        let begun = Instant::now();
        loop {
            let is_it = |update: &Json| update.at("type").text() == kind && fits(&update.at("data"));
            if let Some(at) = self.waiting.iter().position(is_it) {
                return self.waiting.remove(at).at("data");
            }
            assert!(begun.elapsed() < LIMIT, "no {kind}; there is {:?}", self.waiting);
            self.fetch(1);
        }
    }

    fn expect_message(&mut self, body: &str) -> Json {
        self.expect("message", |data| data.at("body").text() == body)
    }

    fn expect_state(&mut self, id: &str, state: &str) -> Json {
        self.expect("message_state", |data| data.at("message_id").text() == id && data.at("state").text() == state)
    }

    /// Nothing more comes, and nothing is left.
    fn none(&mut self) {
        std::thread::sleep(QUIET);
        self.fetch(0);
        assert!(self.waiting.is_empty(), "unexpected: {:?}", self.waiting);
    }

    fn post(&mut self, path: &str, body: &str) -> Json {
        self.http.post(path, Some(&self.token), body).ok()
    }

    fn send(&mut self, to: &str, text: &str) -> String {
        self.post("/bot/sendMessage", &format!(r#"{{"to":"{to}","text":"{text}"}}"#)).at("message_id").text()
    }

    fn edit(&mut self, to: &str, id: &str, text: &str) -> String {
        let body = format!(r#"{{"to":"{to}","message_id":"{id}","text":"{text}"}}"#);
        self.post("/bot/editMessage", &body).at("message_id").text()
    }

    fn delete(&mut self, to: &str, id: &str) {
        self.post("/bot/deleteMessage", &format!(r#"{{"to":"{to}","message_id":"{id}"}}"#));
    }

    fn react(&mut self, to: &str, id: &str, emoji: &str) {
        let body = format!(r#"{{"to":"{to}","message_id":"{id}","reaction":"{emoji}"}}"#);
        self.post("/bot/sendReaction", &body);
    }
}

fn with_life() -> Login {
    Login { life: true, ..Login::default() }
}

/// A dedicated bot on an account that was made for it; gives its token.
fn create_dedicated(daemon: &Daemon, server: &Server, owner: &str) -> String {
    server.add_user("helper", "pw bot");
    let (owner, jid) = (server.jid(owner), server.jid("helper"));
    let body =
        format!(r#"{{"name":"Helper","account":"{owner}","mode":"dedicated","jid":"{jid}","password":"pw bot"}}"#);
    daemon.http().post("/bot/create", None, &body).ok().at("token").text()
}

fn dedicated(kind: Kind) {
    let Some(server) = Server::start(kind) else { return };
    server.add_user("ralf", "pw one");
    server.add_user("eve", "pw eve");
    let mut daemon = Daemon::with_account(&server, "ralf", "pw one", server.c2s_port, "");
    daemon.wait_online(1, LIMIT);
    let token = create_dedicated(&daemon, &server, "ralf");
    let mut program = Program::new(&daemon, token);
    let mut phone = Peer::login_with(&server, "ralf", "pw one", "phone", &with_life());
    let (bot, ralf) = (server.jid("helper"), server.jid("ralf"));

    from_the_bot(&mut program, &mut phone, &ralf);
    to_the_bot(&mut program, &mut phone, &bot, false);

    // Somebody the bot does not listen to is told nothing, not even that it is there.
    let mut eve = Peer::login_with(&server, "eve", "pw eve", "phone", &with_life());
    eve.live("asking", &bot, "", "are you there?");
    eve.live("reaction", &bot, "x", "👎");

    let missing = server.jid("nobody");
    let lost = program.send(&missing, "hello?");
    let failed = program.expect_state(&lost, "failed");
    assert!(failed.at("error").text().starts_with(&format!("{missing} does not exist")), "{failed:?}");
    // It may come back before the server has said that it has it.
    program.waiting.retain(|update| update.at("data").at("message_id").text() != lost);
    program.none();
    eve.no_life("receipt");

    killed(&mut daemon, &mut program, &mut phone, (&bot, &ralf));
}

/// What a bot does, as its owner's client understands it.
fn from_the_bot(program: &mut Program, phone: &mut Peer, to: &str) {
    let first = program.send(to, "helo");
    phone.expect(LIMIT, |message| message.id == first && message.body == "helo");
    program.expect_state(&first, "sent");
    program.expect_state(&first, "delivered");
    let second = program.edit(to, &first, "hello");
    let correction = phone.expect_life(LIMIT, "correction");
    assert_eq!((correction.id, correction.body.as_str()), (first.clone(), "hello"));
    program.expect_state(&second, "sent");
    program.expect_state(&second, "delivered");
    let from = phone.expect(LIMIT, |message| message.id == second).from;
    phone.live("displayed", &from, &second, "");
    program.expect_state(&first, "displayed");
    program.expect_state(&second, "displayed");

    program.delete(to, &first);
    assert_eq!(phone.expect_life(LIMIT, "retraction").id, first);
    phone.expect(LIMIT, |message| message.body.starts_with("This message was deleted"));

    program.post("/bot/sendChatAction", &format!(r#"{{"to":"{to}","action":"typing"}}"#));
    assert_eq!(phone.expect_life(LIMIT, "state").body, "composing");

    let url = "https://example.com/photo.jpg";
    let body = format!(r#"{{"to":"{to}","url":"{url}","caption":"Check out this photo!"}}"#);
    let file = program.post("/bot/sendFile", &body).at("message_id").text();
    let shown = phone.expect(LIMIT, |message| message.id == file);
    assert!(shown.body == url && shown.xml.contains("jabber:x:oob"), "{shown:?}");
    let caption = phone.expect(LIMIT, |message| message.body == "Check out this photo!");
    for id in [file, caption.id] {
        program.expect_state(&id, "sent");
        program.expect_state(&id, "delivered");
    }
    program.none();
    phone.none(Duration::ZERO);
}

/// What its owner's client does, as the bot's program is told it.
fn to_the_bot(program: &mut Program, phone: &mut Peer, bot: &str, is_personal: bool) {
    let first = phone.live("asking", bot, "", "what is teh time?");
    let told = program.expect_message("what is teh time?");
    assert_eq!(told.at("stanza_id").text(), first);
    let owner = told.at("from").text();
    if !is_personal {
        assert_eq!(phone.expect_life(LIMIT, "receipt").id, first);
        program.fetch(0);
        assert_eq!(phone.expect_life(LIMIT, "displayed").id, first);
    }
    program.react(&owner, &first, "👍");
    let reaction = phone.expect_life(LIMIT, "reaction");
    assert_eq!((reaction.id, reaction.body.as_str()), (first.clone(), "👍"));
    program.react(&owner, &first, "");
    let reaction = phone.expect_life(LIMIT, "reaction");
    assert_eq!((reaction.id, reaction.body.as_str()), (first.clone(), ""));

    phone.live("correction", bot, &first, "what is the time?");
    assert_eq!(program.expect_message("what is the time?").at("correction_of").text(), first);
    let body = format!(r#"{{"to":"{owner}","text":"late","reply_to":"{first}"}}"#);
    let answer = program.post("/bot/sendMessage", &body).at("message_id").text();
    assert_eq!(phone.expect_life(LIMIT, "reply").id, first);
    phone.expect(LIMIT, |message| message.id == answer);
    program.expect_state(&answer, "sent");
    program.expect_state(&answer, "delivered");

    phone.live("reply", bot, &answer, "too late?");
    assert_eq!(program.expect_message("too late?").at("reply_to").text(), answer);
    phone.live("reaction", bot, &answer, "😢");
    let reaction = program.expect("reaction", |_| true);
    assert_eq!(reaction.at("message_id").text(), answer);
    assert_eq!(reaction.at("reactions").list()[0].text(), "😢");
    phone.live("state", bot, "", "composing");
    let url = "https://example.com/clock.png";
    phone.live("file", bot, "", url);
    assert_eq!(program.expect_message(url).at("attachment").at("url").text(), url);
    phone.live("retraction", bot, &first, "");
    assert_eq!(program.expect("retraction", |_| true).at("message_id").text(), first);
    phone.live("retraction", bot, &answer, "");
    program.none();
}

/// The daemon is killed while things are under way; afterwards nothing is missing and nothing comes twice.
fn killed(daemon: &mut Daemon, program: &mut Program, phone: &mut Peer, (bot, ralf): (&str, &str)) {
    let id = program.send(ralf, "before the kill");
    daemon.kill();
    phone.live("reaction", bot, &id, "💀");
    let question = phone.live("asking", bot, "", "still alive?");
    daemon.start_again();
    program.http = daemon.http();
    phone.expect(LIMIT, |message| message.id == id);
    program.expect_state(&id, "sent");
    program.expect_state(&id, "delivered");
    assert_eq!(program.expect("reaction", |_| true).at("message_id").text(), id);
    program.expect_message("still alive?");
    assert_eq!(phone.expect_life(LIMIT, "receipt").id, question);
    program.fetch(0);
    assert_eq!(phone.expect_life(LIMIT, "displayed").id, question);
    // Killed again with everything told: what the server sends again changes nothing.
    daemon.kill();
    phone.live("displayed", bot, &id, "seen");
    daemon.start_again();
    program.http = daemon.http();
    program.expect_state(&id, "displayed");
    // The marker above came with a text, for servers that keep nothing else.
    program.expect_message("seen");
    // What was said before is seen, too.
    program.waiting.retain(|update| update.at("type").text() != "message_state");
    program.none();
    phone.none(Duration::ZERO);
}

fn in_the_self_chat(kind: Kind) {
    let Some(server) = Server::start(kind) else { return };
    server.add_user("ralf", "pw one");
    server.add_user("anna", "pw two");
    let daemon = Daemon::with_account(&server, "ralf", "pw one", server.c2s_port, "");
    daemon.wait_online(1, LIMIT);
    let token = daemon.create_bot("Echo", &server.jid("ralf"));
    let mut program = Program::new(&daemon, token);
    let mut phone = Peer::login_with(&server, "ralf", "pw one", "phone", &with_life());
    let own = server.jid("ralf");
    from_the_bot(&mut program, &mut phone, &own);
    to_the_bot(&mut program, &mut phone, &own, true);

    // In the owner's name to somebody else, whose answers are the owner's and not the bot's; but it hears what became of
    // its own message.
    let mut anna = Peer::login_with(&server, "anna", "pw two", "phone", &with_life());
    let id = program.send(&server.jid("anna"), "hello anna");
    let heard = anna.expect(LIMIT, |message| message.id == id);
    program.expect_state(&id, "sent");
    program.expect_state(&id, "delivered");
    anna.live("displayed", &heard.from, &id, "");
    program.expect_state(&id, "displayed");
    anna.live("reaction", &own, &id, "👍");
    // Only the phone confirms what comes for the owner.
    let asked = anna.live("asking", &own, "", "for ralf");
    assert_eq!(anna.expect_life(LIMIT, "receipt").id, asked);
    program.none();
    anna.no_life("receipt");
}

/// Clients that use an id again, give an empty one or none: what they say is told as often as they say it, to a bot with an
/// account of its own and in the self-chat, also over a kill.
fn said_again(kind: Kind, archive: bool) {
    let Some(server) = Server::start_with(kind, Options { archive, ..Options::default() }) else { return };
    server.add_user("ralf", "pw one");
    let mut daemon = Daemon::with_account(&server, "ralf", "pw one", server.c2s_port, "");
    daemon.wait_online(1, LIMIT);
    let own = server.jid("ralf");
    let echo = daemon.create_bot("Echo", &own);
    let helper = create_dedicated(&daemon, &server, "ralf");
    let mut phone = Peer::login(&server, "ralf", "pw one", "phone");
    // The first is told once all is settled.
    let mut programs =
        [(own.clone(), Program::new(&daemon, echo)), (server.jid("helper"), Program::new(&daemon, helper))];
    for (to, program) in &mut programs {
        phone.send(to, "begin");
        program.expect_message("begin");
    }
    let ids = ["id='again'", "id=''", ""];
    for round in 0..3 {
        let texts = ids.iter().enumerate().map(|(n, id)| (format!("say {round} {n}"), *id)).collect::<Vec<_>>();
        for (to, _) in &programs {
            for (text, id) in &texts {
                for _ in 0..3 {
                    phone.raw(&format!("<message to='{to}' type='chat' {id}><body>{text}</body></message>"));
                }
            }
        }
        for (_, program) in &mut programs {
            for (text, _) in &texts {
                for _ in 0..3 {
                    program.expect_message(text);
                }
            }
            program.none();
        }
        daemon.kill();
        daemon.start_again();
        daemon.wait_online(1, LIMIT);
        for (_, program) in &mut programs {
            program.http = daemon.http();
            program.none();
        }
    }
    // One command, one bot.
    phone.raw(&format!("<message to='{own}' type='chat'><body>/newbot Twin</body></message>"));
    phone.expect(LIMIT, |message| message.body.contains("Twin") && message.body.contains("bm_"));
    let bots = daemon.http().get(&format!("/bot/list?account={own}"), None).ok().at("bots").list();
    assert_eq!(bots.len(), 3, "{bots:?}");
}

#[test]
fn said_again_prosody() {
    said_again(Kind::Prosody, true);
}

#[test]
fn said_again_ejabberd() {
    said_again(Kind::Ejabberd, true);
}

#[test]
fn said_again_without_archive_prosody() {
    said_again(Kind::Prosody, false);
}

#[test]
fn said_again_without_archive_ejabberd() {
    said_again(Kind::Ejabberd, false);
}

#[test]
fn dedicated_prosody() {
    dedicated(Kind::Prosody);
}

#[test]
fn dedicated_ejabberd() {
    dedicated(Kind::Ejabberd);
}

#[test]
fn in_the_self_chat_prosody() {
    in_the_self_chat(Kind::Prosody);
}

#[test]
fn in_the_self_chat_ejabberd() {
    in_the_self_chat(Kind::Ejabberd);
}

/// A server that takes small stanzas only, and a bot there that is in the room `den` with Anna.
fn among_small_stanzas(kind: Kind) -> Option<(Server, Daemon, Program, Peer)> {
    let server = Server::start_with(kind, Options { stanza_bytes: 20_000, ..Options::default() })?;
    for user in ["ralf", "anna"] {
        server.add_user(user, "pw one");
    }
    let daemon = Daemon::with_account(&server, "ralf", "pw one", server.c2s_port, "[api]\nrate_limit = 0\n");
    daemon.wait_online(1, LIMIT);
    let token = create_dedicated(&daemon, &server, "ralf");
    let mut program = Program::new(&daemon, token);
    let mut anna = Peer::login(&server, "anna", "pw one", "phone");
    let room = server.room("den");
    anna.join(&room, "anna");
    program.post("/bot/joinRoom", &format!(r#"{{"room":"{room}"}}"#));
    Some((server, daemon, program, anna))
}

/// A server takes smaller stanzas than it lets one know: the message that it ends the stream for fails, the others arrive.
fn poison(kind: Kind) {
    let Some((server, daemon, mut program, mut anna)) = among_small_stanzas(kind) else { return };
    let mut phone = Peer::login_with(&server, "ralf", "pw one", "phone", &with_life());
    let (to, room) = (server.jid("anna"), server.room("den"));

    // Larger than any server takes, with all that is escaped.
    let body = |text: &str, more: &str| format!(r#"{{"to":"{to}","text":"{text}"{more}}}"#);
    let refused = program.http.post("/bot/sendMessage", Some(&program.token), &body(&"&".repeat(60_000), ""));
    assert!(refused.status == 413 && refused.body.contains("245760 are the most that we send"), "{}", refused.body);

    // What is as large as something that was given up is not tried any more.
    for (to, kind, count) in [(&to, "chat", 8_000), (&room, "groupchat", 9_000)] {
        let text = "&".repeat(count);
        let say = |program: &mut Program, text: &str| {
            let body = format!(r#"{{"to":"{to}","text":"{text}","type":"{kind}"}}"#);
            program.post("/bot/sendMessage", &body).at("message_id").text()
        };
        let before = say(&mut program, "before");
        let large = match kind {
            "chat" => say(&mut program, &text),
            // Its size is known by now.
            _ => {
                let body = format!(r#"{{"to":"{to}","text":"{text}","type":"{kind}"}}"#);
                let refused = program.http.post("/bot/sendMessage", Some(&program.token), &body);
                assert_eq!(refused.status, 413, "{}", refused.body);
                before.clone()
            }
        };
        let behind = say(&mut program, "behind");
        for id in [&before, &behind] {
            anna.expect(LIMIT, |message| message.id == **id);
            program.expect_state(id, "sent");
        }
        if large != before {
            let failed = program.expect_state(&large, "failed");
            assert!(failed.at("error").text().contains("ended the connection twice"), "{failed:?}");
            phone.expect(LIMIT, |message| message.body.contains("was not sent"));
        }
    }
    daemon.wait_health("bots_online", 1, LIMIT);
    program.send(&to, "and on");
    anna.expect(LIMIT, |message| message.body == "and on");
}

#[test]
fn poison_prosody() {
    poison(Kind::Prosody);
}

#[test]
fn poison_ejabberd() {
    poison(Kind::Ejabberd);
}

/// The same in a room first, where the room would have to show it.
fn poison_in_a_room(kind: Kind) {
    let Some((server, daemon, mut program, mut anna)) = among_small_stanzas(kind) else { return };
    let room = server.room("den");
    let mut say = |text: &str| {
        let body = format!(r#"{{"to":"{room}","text":"{text}","type":"groupchat"}}"#);
        program.post("/bot/sendMessage", &body).at("message_id").text()
    };
    let ids = [say("before"), say(&"&".repeat(8_000)), say("behind")];
    for id in [&ids[0], &ids[2]] {
        anna.expect(LIMIT, |message| message.id == **id);
    }
    program.expect_state(&ids[1], "failed");
    daemon.wait_health("bots_online", 1, LIMIT);
}

#[test]
fn poison_in_a_room_prosody() {
    poison_in_a_room(Kind::Prosody);
}

#[test]
fn poison_in_a_room_ejabberd() {
    poison_in_a_room(Kind::Ejabberd);
}
