//! What is done in rooms besides saying texts, and personal bots in rooms, for real: the daemon in rooms of Prosody and of
//! ejabberd, with slixmpp as the others there.

mod support;

use std::time::{Duration, Instant};

use support::daemon::Daemon;
use support::http::Json;
use support::peer::Peer;
use support::server::{Kind, Options, Server};

const LIMIT: Duration = Duration::from_secs(30);
const QUIET: Duration = Duration::from_millis(500);
const ALL: &str = "%5B%22message%22%2C%22reaction%22%2C%22retraction%22%2C%22message_state%22%5D";

/// A bot's program.
struct Program {
    token: String,
    offset: i64,
}

struct Scene {
    server: Server,
    daemon: Daemon,
    room: String,
    alice: Peer,
}

impl Scene {
    fn new(kind: Kind) -> Option<Scene> {
        let server = Server::start_with(kind, Options::default())?;
        for user in ["owner", "alice", "robot"] {
            server.add_user(user, "secret");
        }
        let daemon = Daemon::with_account(&server, "owner", "secret", server.c2s_port, "[api]\nrate_limit = 0\n");
        daemon.wait_online(1, LIMIT);
        let mut alice = Peer::login(&server, "alice", "secret", "phone");
        let room = server.room("den");
        alice.join(&room, "alice");
        let fields = "<field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#roomconfig</value></field>\
                      <field var='muc#roomconfig_persistentroom'><value>1</value></field>";
        alice.raw(&format!(
            "<iq type='set' to='{room}' id='own'><query xmlns='http://jabber.org/protocol/muc#owner'>\
             <x xmlns='jabber:x:data' type='submit'>{fields}</x></query></iq>"
        ));
        assert_eq!(alice.expect_iq(LIMIT, "own").kind, "result");
        Some(Scene { server, daemon, room, alice })
    }

    /// A bot with an account of its own.
    fn dedicated(&self) -> Program {
        let (owner, robot) = (self.server.jid("owner"), self.server.jid("robot"));
        let body =
            format!(r#"{{"name":"Robo","account":"{owner}","mode":"dedicated","jid":"{robot}","password":"secret"}}"#);
        let token = self.daemon.http().post("/bot/create", None, &body).ok().at("token").text();
        self.started(token)
    }

    fn personal(&self, name: &str) -> Program {
        let token = self.daemon.create_bot(name, &self.server.jid("owner"));
        self.started(token)
    }

    /// Wants every type of update.
    fn started(&self, token: String) -> Program {
        let path = format!("/bot/getUpdates?allowed_updates={ALL}");
        self.daemon.http().get(&path, Some(&token)).ok();
        Program { token, offset: 0 }
    }

    fn post(&self, program: &Program, path: &str, body: &str) -> (u16, String) {
        let answer = self.daemon.http().post(path, Some(&program.token), body);
        (answer.status, answer.body)
    }

    /// Does it in the room, again while the room has not shown what it is about.
    fn act(&self, program: &Program, path: &str, members: &str) -> Json {
        let body = format!(r#"{{"to":"{}","type":"groupchat",{members}}}"#, self.room);
        let begun = Instant::now();
        loop {
            let answer = self.daemon.http().post(path, Some(&program.token), &body);
            if answer.status != 503 {
                return answer.ok().at("result");
            }
            assert!(begun.elapsed() < LIMIT, "{}", answer.body);
            std::thread::sleep(QUIET / 5);
        }
    }

    fn join(&self, program: &mut Program, nick: &str) {
        let nick = if nick.is_empty() { String::new() } else { format!(r#","nick":"{nick}""#) };
        let answer = self.post(program, "/bot/joinRoom", &format!(r#"{{"room":"{}"{nick}}}"#, self.room));
        assert_eq!(answer.0, 200, "{}", answer.1);
        self.update_is(program, "room_joined");
    }

    fn update_is(&self, program: &mut Program, kind: &str) -> Json {
        let path = format!("/bot/getUpdates?limit=1&timeout=20&offset={}", program.offset);
        let answer = self.daemon.http().get(&path, Some(&program.token)).ok();
        let updates = answer.at("result").list();
        let update = updates.first().unwrap_or_else(|| panic!("no {kind} came\n{}", self.daemon.log_text()));
        program.offset = update.at("update_id").number() + 1;
        assert_eq!(update.at("type").text(), kind, "{update:?}");
        update.at("data")
    }

    fn heard(&self, program: &mut Program, body: &str) -> Json {
        let data = self.update_is(program, "message");
        assert_eq!(data.at("body").text(), body, "{data:?}");
        data
    }

    fn no_update(&self, program: &Program) {
        let path = format!("/bot/getUpdates?timeout=1&offset={}", program.offset);
        let answer = self.daemon.http().get(&path, Some(&program.token)).ok();
        assert_eq!(answer.at("result").list().len(), 0, "{answer:?}");
    }

    /// Alice sends this to all.
    fn alice_does(&mut self, id: &str, inside: &str) {
        let room = &self.room;
        self.alice.raw(&format!("<message to='{room}' type='groupchat' id='{id}'>{inside}</message>"));
    }

    /// What a bot did, as she sees it.
    fn alice_sees(&mut self, what: &str) -> String {
        self.alice.expect(LIMIT, |message| message.xml.contains(what)).xml
    }
}

/// Everything that is no text, both ways, by the ids that slixmpp sees and sends.
fn actions(kind: Kind) {
    let Some(mut scene) = Scene::new(kind) else { return };
    let mut robo = scene.dedicated();
    scene.join(&mut robo, "");

    // A reaction to hers, by the id the room gave it.
    scene.alice_does("w1", "<body>hello</body>");
    let seen = scene.alice.expect(LIMIT, |message| message.body == "hello");
    let told_id = scene.heard(&mut robo, "hello").at("stanza_id").text();
    assert!(seen.stanza_ids.contains(&told_id), "{}", seen.xml);
    scene.act(&robo, "/bot/sendReaction", &format!(r#""message_id":"{told_id}","reaction":"👍""#));
    assert!(scene.alice_sees("urn:xmpp:reactions:0").contains(&told_id));
    scene.act(&robo, "/bot/markRead", &format!(r#""message_id":"{told_id}""#));
    assert!(scene.alice_sees("<displayed").contains(&told_id));
    scene.act(&robo, "/bot/sendChatAction", r#""action":"typing""#);
    scene.alice_sees("<composing");

    // Her reaction to ours comes back under our own id; an answer to it speaks to us.
    let own = scene.act(&robo, "/bot/sendMessage", r#""text":"ours""#).at("message_id").text();
    let seen = scene.alice.expect(LIMIT, |message| message.body == "ours");
    let room_id = seen.stanza_ids.first().expect("the room gives ids").clone();
    let state = scene.update_is(&mut robo, "message_state");
    assert_eq!((state.at("message_id").text(), state.at("state").text()), (own.clone(), "sent".to_string()));
    scene.alice_does(
        "w2",
        &format!("<reactions xmlns='urn:xmpp:reactions:0' id='{room_id}'><reaction>🎉</reaction></reactions><store xmlns='urn:xmpp:hints'/>"),
    );
    let data = scene.update_is(&mut robo, "reaction");
    assert_eq!((data.at("message_id").text(), data.at("nick").text()), (own.clone(), "alice".to_string()));
    scene.alice_does("w3", &format!("<body>why?</body><reply xmlns='urn:xmpp:reply:0' id='{room_id}'/>"));
    let data = scene.heard(&mut robo, "why?");
    assert_eq!(data.at("reply_to").text(), own);
    assert!(format!("{:?}", data.at("mentioned")).contains("true"));
    let asked = data.at("stanza_id").text();
    scene.act(&robo, "/bot/sendMessage", &format!(r#""text":"so","reply_to":"{asked}""#));
    let seen = scene.alice_sees("urn:xmpp:reply:0");
    assert!(seen.contains(&asked) && seen.contains(&format!("{}/alice", scene.room)), "{seen}");
    scene.update_is(&mut robo, "message_state");

    // Corrected and taken back, by us and by her.
    scene.act(&robo, "/bot/editMessage", &format!(r#""message_id":"{own}","text":"better""#));
    assert!(scene.alice_sees("urn:xmpp:message-correct:0").contains(&own));
    scene.update_is(&mut robo, "message_state");
    scene.act(&robo, "/bot/deleteMessage", &format!(r#""message_id":"{own}""#));
    assert!(scene.alice_sees("urn:xmpp:message-retract:1").contains(&room_id));
    scene.alice_does("w4", "<body>how?</body><replace xmlns='urn:xmpp:message-correct:0' id='w3'/>");
    assert_eq!(scene.heard(&mut robo, "how?").at("correction_of").text(), asked);
    scene.alice_does(
        "w5",
        &format!(
            "<retract xmlns='urn:xmpp:message-retract:1' id='{asked}'/><body>gone</body><store xmlns='urn:xmpp:hints'/>"
        ),
    );
    assert_eq!(scene.update_is(&mut robo, "retraction").at("message_id").text(), asked);

    // Files, by their address.
    scene.act(&robo, "/bot/sendFile", r#""url":"https://example.org/a.jpg","caption":"a cat""#);
    assert!(scene.alice_sees("jabber:x:oob").contains("https://example.org/a.jpg"));
    scene.alice.expect(LIMIT, |message| message.body == "a cat");
    for _ in 0..2 {
        scene.update_is(&mut robo, "message_state");
    }
    let url = "https://example.org/b.jpg";
    scene.alice_does("w6", &format!("<body>{url}</body><x xmlns='jabber:x:oob'><url>{url}</url></x>"));
    assert_eq!(scene.heard(&mut robo, url).at("attachment").at("url").text(), url);
    scene.no_update(&robo);
}

/// Two personal bots and their owner's own client: one occupant, and another.
fn personal(kind: Kind) {
    let Some(mut scene) = Scene::new(kind) else { return };
    let (mut one, mut two, three) = (scene.personal("One"), scene.personal("Two"), scene.personal("Three"));
    let room = scene.room.clone();
    let mut owner = Peer::login(&scene.server, "owner", "secret", "phone");
    owner.join(&room, "boss");
    scene.join(&mut one, "helper");
    scene.alice.expect_presence(LIMIT, |presence| presence.from == format!("{room}/helper"));
    scene.join(&mut two, "");
    let answer = scene.post(&two, "/bot/joinRoom", &format!(r#"{{"room":"{room}","nick":"other"}}"#));
    assert!(answer.0 == 409 && answer.1.contains("helper"), "{answer:?}");

    // All hear her and their owner, nobody itself or the other; who did not join hears nothing.
    scene.alice.send_kind(&room, "hello", "groupchat");
    owner.send_kind(&room, "good morning", "groupchat");
    for (program, _) in [(&mut one, 1), (&mut two, 2)] {
        let first = scene.update_is(program, "message");
        let second = scene.update_is(program, "message");
        let mut nicks = [first.at("nick").text(), second.at("nick").text()];
        nicks.sort();
        assert_eq!(nicks, ["alice", "boss"]);
    }
    let said = scene.act(&one, "/bot/sendMessage", r#""text":"from one""#).at("message_id").text();
    let seen = scene.alice.expect(LIMIT, |message| message.body == "from one");
    assert_eq!(seen.from, format!("{room}/helper"));
    assert_eq!(scene.update_is(&mut one, "message_state").at("message_id").text(), said);
    scene.no_update(&two);
    scene.no_update(&three);
    let body = format!(r#"{{"to":"{room}","text":"x","type":"groupchat"}}"#);
    assert_eq!(scene.post(&three, "/bot/sendMessage", &body).0, 502, "it is not in");
    // The owner's bookmarks are his.
    owner.raw("<iq type='get' id='b'><pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:xmpp:bookmarks:1'/></pubsub></iq>");
    assert!(!owner.expect_iq(LIMIT, "b").xml.contains(&room));

    // Over a restart.
    scene.daemon.kill();
    scene.alice.send_kind(&room, "meanwhile", "groupchat");
    scene.alice.expect(LIMIT, |message| message.body == "meanwhile");
    owner.send_kind(&room, "from my phone", "groupchat");
    scene.alice.expect(LIMIT, |message| message.body == "from my phone");
    scene.daemon.start_again();
    for program in [&mut one, &mut two] {
        scene.heard(program, "meanwhile");
        scene.heard(program, "from my phone");
    }

    // The occupant stays for the other, and goes with the last.
    let leave = format!(r#"{{"room":"{room}"}}"#);
    assert_eq!(scene.post(&one, "/bot/leaveRoom", &leave).0, 200);
    scene.update_is(&mut one, "room_left");
    scene.alice.send_kind(&room, "still there?", "groupchat");
    scene.heard(&mut two, "still there?");
    scene.no_update(&one);
    assert_eq!(scene.post(&two, "/bot/leaveRoom", &leave).0, 200);
    scene.alice.expect_presence(LIMIT, |p| p.from == format!("{room}/helper") && p.kind == "unavailable");
    scene.update_is(&mut two, "room_left");
    // The owner's own client stays where it was.
    scene.alice.send_kind(&room, "last", "groupchat");
    owner.expect(LIMIT, |message| message.body == "last");

    // His client and the bot under one nick: whatever the service makes of it, nothing is told twice or to itself.
    scene.join(&mut one, "boss");
    scene.act(&one, "/bot/sendMessage", r#""text":"who am I""#);
    scene.alice.expect(LIMIT, |message| message.body == "who am I");
    scene.update_is(&mut one, "message_state");
    scene.alice.send_kind(&room, "nobody", "groupchat");
    scene.heard(&mut one, "nobody");
    scene.no_update(&one);
}

/// A room with a password, over a restart; and what is said to the bot alone there.
fn locked(kind: Kind) {
    let Some(mut scene) = Scene::new(kind) else { return };
    let mut robo = scene.dedicated();
    let mut owner = Peer::login(&scene.server, "owner", "secret", "phone");
    let room = scene.room.clone();
    let fields =
        [("passwordprotectedroom", "1"), ("roomsecret", "sesame"), ("whois", "anyone"), ("persistentroom", "1")];
    let fields: String = fields
        .iter()
        .map(|(name, value)| format!("<field var='muc#roomconfig_{name}'><value>{value}</value></field>"))
        .collect();
    scene.alice.raw(&format!(
        "<iq type='set' to='{room}' id='lock'><query xmlns='http://jabber.org/protocol/muc#owner'>\
         <x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'>\
         <value>http://jabber.org/protocol/muc#roomconfig</value></field>{fields}</x></query></iq>"
    ));
    assert_eq!(scene.alice.expect_iq(LIMIT, "lock").kind, "result");
    let answer = scene.post(&robo, "/bot/joinRoom", &format!(r#"{{"room":"{room}","password":"sesame"}}"#));
    assert_eq!(answer.0, 200, "{}", answer.1);
    scene.update_is(&mut robo, "room_joined");
    let mut check = Peer::login(&scene.server, "robot", "secret", "check");
    let begun = Instant::now();
    for n in 0.. {
        let items = "<items node='urn:xmpp:bookmarks:1'/>";
        check.raw(&format!(
            "<iq type='get' id='b{n}'><pubsub xmlns='http://jabber.org/protocol/pubsub'>{items}</pubsub></iq>"
        ));
        let found = check.expect_iq(LIMIT, &format!("b{n}")).xml;
        if found.contains(&room) && found.contains("sesame") {
            break;
        }
        assert!(begun.elapsed() < LIMIT, "{found}");
        std::thread::sleep(QUIET);
    }
    scene.daemon.kill();
    scene.alice.expect_presence(LIMIT, |presence| presence.from == format!("{room}/Robo"));
    scene.alice.send_kind(&room, "meanwhile", "groupchat");
    scene.daemon.start_again();
    scene.heard(&mut robo, "meanwhile");
    // Everybody sees who everybody is: the owner is heard, others are not.
    scene.alice.send(&format!("{room}/Robo"), "psst");
    owner.raw(&format!(
        "<presence to='{room}/boss'><x xmlns='http://jabber.org/protocol/muc'><password>sesame</password></x></presence>"
    ));
    owner.expect_presence(LIMIT, |presence| presence.from == format!("{room}/boss"));
    owner.send(&format!("{room}/Robo"), "just you");
    let data = scene.heard(&mut robo, "just you");
    assert_eq!((data.at("type").text(), data.at("nick").text()), ("chat".to_string(), "boss".to_string()));
    scene.no_update(&robo);
}

#[test]
fn prosody_locked() {
    locked(Kind::Prosody);
}

#[test]
fn ejabberd_locked() {
    locked(Kind::Ejabberd);
}

#[test]
fn prosody_actions() {
    actions(Kind::Prosody);
}

#[test]
fn ejabberd_actions() {
    actions(Kind::Ejabberd);
}

#[test]
fn prosody_personal_bots() {
    personal(Kind::Prosody);
}

#[test]
fn ejabberd_personal_bots() {
    personal(Kind::Ejabberd);
}
