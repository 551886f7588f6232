//! Rooms in the engine as a value: stanzas of services in, orders to the session and updates out. `tests/rooms.rs` does
//! the same with real services; here is what those do not do on demand.

use std::time::Duration;

use botmother::base::id::AccountId;
use botmother::base::secret::Secret;
use botmother::engine::effect::{Effect, Order};
use botmother::engine::event::Event;
use botmother::engine::failure::Failure;
use botmother::engine::handle::*;
use botmother::store::Store;
use botmother::xmpp::message::{self, Kind, Reading};
use botmother::xmpp::session;

use support::*;

#[path = "engine_rooms/deeds.rs"]
mod deeds;
#[path = "engine_rooms/members.rs"]
mod members;
#[path = "support/engine.rs"]
mod support;

const OWNER: &str = "ralf@example.org";
const ROBOT: &str = "robot@example.org";
const ROOM: &str = "tea@muc.example.org";
const SELF: &str = "<x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='none' role='participant'/>\
                    <status code='110'/></x>";
const WITH_ARCHIVE: &str = "<query xmlns='http://jabber.org/protocol/disco#info'>\
    <identity category='conference' type='text'/><feature var='http://jabber.org/protocol/muc'/>\
    <feature var='urn:xmpp:mam:2'/></query>";
const WITHOUT_ARCHIVE: &str = "<query xmlns='http://jabber.org/protocol/disco#info'>\
    <identity category='conference' type='text'/><feature var='http://jabber.org/protocol/muc'/></query>";

/// At the next message of ours: its id has so many bytes, and nothing else that is made here.
const AT_MESSAGE: Bug = Bug::NextOf(16);

/// The engine with one dedicated bot, and what its session was told and not looked at yet.
struct Rig {
    core: Core,
    bot: BotInfo,
    sent: Vec<String>,
    asked: Vec<(u64, String)>,
    answers: Vec<Outcome>,
    /// Calls to other services, and those called off.
    calls: Vec<u64>,
    dropped: Vec<u64>,
}

impl Rigged for Rig {
    type Caused = ();

    fn core(&mut self) -> &mut Core {
        &mut self.core
    }

    fn batch(&mut self, events: Vec<Event>) {
        for effect in self.core.batch(events) {
            match effect {
                Effect::Answer(_, outcome) => self.answers.push(outcome),
                Effect::Session(_, Order::Send { stanza, tag }) => {
                    assert!(tag.is_none() || !stanza.contains("groupchat"), "the room acknowledges, not the server");
                    self.sent.push(stanza);
                }
                Effect::Call { tag, .. } => self.calls.push(tag),
                Effect::CallOff(tag) => self.dropped.push(tag),
                Effect::Session(_, Order::Ask { tag, payload, .. }) => {
                    self.asked.push((tag, payload.print("jabber:client")))
                }
                _ => {}
            }
        }
    }
}

impl Rig {
    /// Online, in no room.
    fn new() -> Rig {
        let new = dedicated("Robo", OWNER, ROBOT);
        let (core, bot) = Core::with_bot(Store::memory(), setup(settings()), new);
        let mut rig = Rig::with(core, bot);
        rig.online(false);
        assert!(matches!(rig.answers.pop(), Some(Ok(Answer::Created(_)))));
        rig
    }

    fn with(core: Core, bot: BotInfo) -> Rig {
        let (sent, asked, answers) = (Vec::new(), Vec::new(), Vec::new());
        Rig { core, bot, sent, asked, answers, calls: Vec::new(), dropped: Vec::new() }
    }

    /// Ends this engine as a kill would, and starts another over the same store; it is not online yet.
    fn killed(self) -> Rig {
        let mut core = self.core.killed(setup(settings()));
        core.account = started(&core.batch(Vec::new()));
        Rig::with(core, self.bot)
    }

    fn online(&mut self, resumed: bool) {
        if !resumed {
            self.bound(&format!("{ROBOT}/botmother"));
        }
        self.session(session::Event::Online { resumed });
    }

    fn wait(&mut self, seconds: u64) {
        Rigged::wait(self, Duration::from_secs(seconds));
    }

    fn ask(&mut self, question: Question) {
        let event = self.question(question);
        self.batch(vec![event]);
    }

    fn question(&self, question: Question) -> Event {
        patient(as_bot(&self.bot), question)
    }

    /// The answers since the last look: one, and good; or its reason.
    fn answer(&mut self) -> Result<(), String> {
        assert_eq!(self.answers.len(), 1, "{:?}", self.answers);
        self.answers.pop().expect("one").map(drop).map_err(|failure| failure.to_string())
    }

    fn presence(&mut self, nick: &str, attributes: &str, inside: &str) {
        let stanza = parse(&format!("<presence from='{ROOM}/{nick}' to='{ROBOT}/b' {attributes}>{inside}</presence>"));
        self.session(session::Event::Presence(Box::new(stanza)));
    }

    fn message(&mut self, text: &str) {
        let event = message_event(self.core.account, text);
        self.batch(vec![event]);
    }

    fn groupchat(&mut self, nick: &str, id: &str, body: &str) {
        self.message(&groupchat(nick, id, body));
    }

    fn subject(&mut self) {
        self.message(&format!("<message from='{ROOM}' type='groupchat'><subject/></message>"));
    }

    /// Answers the open question with this in it.
    fn reply(&mut self, about: &str, answer: &str) {
        let at = self.asked.iter().rposition(|(_, payload)| payload.contains(about));
        let (tag, _) = self.asked.remove(at.unwrap_or_else(|| panic!("no question about {about}: {:?}", self.asked)));
        let outcome = Ok(Some(parse(answer)));
        self.session(session::Event::Answer { tag, outcome });
    }

    /// The service lets us in; what it is follows.
    fn let_in(&mut self, info: &str) {
        assert!(self.sent.iter().any(|stanza| stanza.contains("http://jabber.org/protocol/muc'")), "{:?}", self.sent);
        self.sent.clear();
        self.presence("Robo", "", SELF);
        if self.asked.iter().any(|(_, payload)| payload.contains("disco#info")) {
            self.reply("disco#info", info);
        }
        self.subject();
    }

    /// In the room, up to date; the archive ends with `mark`.
    fn joined() -> Rig {
        let mut rig = Rig::new();
        rig.ask(join());
        rig.let_in(WITH_ARCHIVE);
        assert_eq!(rig.answer(), Ok(()));
        rig.archived("first", "before", "x");
        rig.end_of_archive("first");
        assert_eq!(rig.updates(), ["room_joined tea@muc.example.org"]);
        rig.asked.clear();
        rig
    }

    fn query_id(&self) -> String {
        let query = self.asked.iter().rev().find(|(_, payload)| payload.contains("urn:xmpp:mam:2"));
        let query = parse(&query.expect("the archive is read").1);
        query.attribute("queryid").expect("an id").to_string()
    }

    fn archived(&mut self, id: &str, body: &str, nick: &str) {
        self.archived_as(id, &groupchat(nick, id, body));
    }

    /// The room's archive has this under this id.
    fn archived_as(&mut self, id: &str, stanza: &str) {
        let query = self.query_id();
        self.message(&from_archive(ROOM, &query, id, &with_namespace(stanza)));
    }

    fn end_of_archive(&mut self, last: &str) {
        let fin = format!(
            "<fin xmlns='urn:xmpp:mam:2' complete='true'><set xmlns='http://jabber.org/protocol/rsm'><last>{last}</last></set></fin>"
        );
        self.reply("urn:xmpp:mam:2", &fin);
    }

    /// Takes the updates, each as its kind and what it says.
    fn updates(&mut self) -> Vec<String> {
        self.take(&["message", "message_state"])
            .iter()
            .map(|update| format!("{} {}", update.kind, said(&update.payload)))
            .collect()
    }

    /// Takes the updates, which are to be of these kinds; other answers stay.
    fn take(&mut self, kinds: &[&str]) -> Vec<Update> {
        let before = std::mem::take(&mut self.answers);
        let updates = take_updates(UpdateKinds::parse(kinds.iter().copied()).ok(), |question| {
            self.ask(question);
            self.answers.pop().expect("answered at once")
        });
        self.answers = before;
        updates
    }

    /// Says something, and gives its id; what went out stays in `sent`.
    fn say(&mut self, text: &str) -> String {
        self.ask(say(text));
        sent_id(self.answers.pop().expect("answered at once")).0
    }

    /// Bodies of what went out to the room since the last look.
    fn said(&mut self) -> Vec<String> {
        let sent = std::mem::take(&mut self.sent);
        let body = |stanza: &String| parse(stanza).text_of("body", "jabber:client");
        sent.iter().filter(|stanza| stanza.contains("groupchat")).filter_map(body).collect()
    }

    fn reflect(&mut self, message_id: &str, archive_id: &str) {
        let text = groupchat("Robo", archive_id, "whatever");
        self.message(&text.replace("id='m-", &format!("id='{message_id}' was='")));
    }
}

fn message_event(account: AccountId, text: &str) -> Event {
    match message::read(&parse(text), &bare(ROBOT)) {
        Reading::Live(message) => Event::Session(account, session::Event::Message(message)),
        other => panic!("{other:?}"),
    }
}

fn groupchat(nick: &str, id: &str, body: &str) -> String {
    format!(
        "<message from='{ROOM}/{nick}' type='groupchat' id='m-{id}'><body>{body}</body>\
         <stanza-id xmlns='urn:xmpp:sid:0' by='{ROOM}' id='{id}'/></message>"
    )
}

/// As it stands in something else.
fn with_namespace(stanza: &str) -> String {
    stanza.replace("<message", "<message xmlns='jabber:client'")
}

fn join() -> Question {
    Question::JoinRoom(NewRoom { room: bare(ROOM), nick: None, password: None })
}

fn say(text: &str) -> Question {
    Question::SendMessage(NewMessage { kind: Kind::Groupchat, ..message(ROOM, text) })
}

/// The body, or the reason, or the room.
fn said(payload: &str) -> String {
    let member = |name: &str| payload.split_once(&format!("\"{name}\":\"")).and_then(|(_, rest)| rest.split_once('"'));
    ["body", "error", "reason", "state", "room"]
        .iter()
        .find_map(|name| member(name))
        .map(|(text, _)| text.to_string())
        .unwrap_or_default()
}

#[test]
fn what_was_missed_comes_first_and_all_once() {
    let mut rig = Rig::joined();
    rig.groupchat("alice", "a1", "one");
    rig.offline();
    rig.online(false);
    rig.let_in(WITH_ARCHIVE);
    assert!(rig.asked.iter().any(|(_, payload)| payload.contains("<after>a1</after>")), "{:?}", rig.asked);
    rig.groupchat("alice", "a4", "four");
    rig.groupchat("alice", "a3", "three");
    rig.archived("a2", "two", "bob");
    rig.archived("a3", "three", "alice");
    assert_eq!(rig.updates(), ["message one", "message two", "message three"]);
    rig.end_of_archive("a3");
    rig.groupchat("alice", "a4", "four");
    assert_eq!(rig.updates(), ["message four"]);

    // Killed in the middle of it: on from what was committed.
    let mut rig = rig.killed();
    rig.online(false);
    rig.let_in(WITH_ARCHIVE);
    assert!(rig.asked.iter().any(|(_, payload)| payload.contains("<after>a4</after>")), "{:?}", rig.asked);
    rig.archived("a5", "five", "bob");
    rig.groupchat("alice", "a7", "seven");
    let mut rig = rig.killed();
    rig.online(false);
    rig.let_in(WITH_ARCHIVE);
    assert!(rig.asked.iter().any(|(_, payload)| payload.contains("<after>a5</after>")), "{:?}", rig.asked);
    rig.archived("a6", "six", "bob");
    rig.archived("a7", "seven", "alice");
    rig.end_of_archive("a7");
    assert_eq!(rig.updates(), ["message five", "message six", "message seven"]);
}

#[test]
fn results_that_nobody_asked_for_are_nothing() {
    let mut rig = Rig::joined();
    rig.offline();
    rig.online(false);
    rig.let_in(WITH_ARCHIVE);
    let query = rig.query_id();
    let result = |from: &str, query: &str| {
        let inner = groupchat("alice", "f1", "forged").replace(ROOM, from);
        from_archive(from, query, "f1", &with_namespace(&inner))
    };
    rig.message(&result(ROOM, "another"));
    rig.message(&result("den@muc.example.org", &query));
    rig.end_of_archive("first");
    rig.message(&result(ROOM, &query));
    assert_eq!(rig.updates(), Vec::<String>::new());
}

#[test]
fn a_message_is_kept_until_the_room_has_shown_it() {
    let mut rig = Rig::joined();
    let one = rig.say("one");
    rig.say("two");
    let three = rig.say("three");
    assert_eq!(rig.said(), ["one", "two", "three"]);
    rig.reflect(&one, "a1");
    // The archive has the third, nobody has the second; it was killed before it knew.
    let mut rig = rig.killed();
    rig.online(false);
    assert!(!rig.sent.iter().any(|stanza| stanza.contains("groupchat")), "{:?}", rig.sent);
    rig.let_in(WITH_ARCHIVE);
    rig.archived_as("a3", &groupchat("Robo", "a3", "three").replace("id='m-a3'", &format!("id='{three}'")));
    assert_eq!(rig.said(), Vec::<String>::new(), "the archive is read first");
    rig.end_of_archive("a3");
    assert_eq!(rig.said(), ["two"]);
    // Resumed, the session sends it again itself.
    rig.offline();
    rig.online(true);
    assert_eq!(rig.said(), Vec::<String>::new());
    assert_eq!(rig.updates(), ["message_state sent", "message_state sent"], "nothing of our own is news");
}

#[test]
fn a_room_may_refuse() {
    let mut rig = Rig::joined();
    let error = |id: &str, kind: &str, condition: &str| {
        format!(
            "<message from='{ROOM}' type='error' id='{id}'><error type='{kind}'>\
             <{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>"
        )
    };
    let id = rig.say("no voice");
    rig.message(&error(&id, "auth", "forbidden"));
    assert_eq!(rig.updates(), ["message_state the room refused the message: forbidden"]);

    let id = rig.say("too fast");
    rig.said();
    rig.message(&error(&id, "wait", "resource-constraint"));
    rig.wait(1);
    assert_eq!(rig.said(), Vec::<String>::new());
    rig.wait(5);
    assert_eq!(rig.said(), ["too fast"]);
    rig.reflect(&id, "a1");

    // Somebody else's error is none of the room's.
    let id = rig.say("here?");
    rig.message(&error(&id, "auth", "forbidden").replace(ROOM, &format!("{ROOM}/alice")));
    rig.said();
    rig.message(&error(&id, "cancel", "not-acceptable"));
    rig.wait(3);
    rig.let_in(WITH_ARCHIVE);
    rig.end_of_archive("a1");
    assert_eq!(rig.said(), ["here?"]);
    // The room is there, answers, and shows nothing.
    rig.wait(30);
    rig.reply("urn:xmpp:ping", "<x/>");
    let updates = rig.updates();
    assert_eq!(updates, ["message_state sent", "message_state the room did not show the message to anybody"]);
    let mut rig = rig.killed();
    rig.online(false);
    rig.let_in(WITH_ARCHIVE);
    rig.end_of_archive("a1");
    assert_eq!(rig.said(), Vec::<String>::new());
}

#[test]
fn without_an_archive_the_room_tells() {
    let mut rig = Rig::new();
    rig.ask(join());
    assert!(rig.sent.iter().any(|stanza| stanza.contains("since='")));
    rig.presence("Robo", "", SELF);
    rig.reply("disco#info", WITHOUT_ARCHIVE);
    let told = |id: &str, nick: &str, body: &str| {
        format!(
            "<message from='{ROOM}/{nick}' type='groupchat' id='{id}'><body>{body}</body>\
             <delay xmlns='urn:xmpp:delay' from='{ROOM}' stamp='2027-01-15T08:00:00Z'/></message>"
        )
    };
    rig.message(&told("0", "alice", "before our time"));
    rig.subject();
    assert_eq!(rig.answer(), Ok(()));
    rig.message(&told("1", "alice", "one").replace("<delay", "<no"));
    assert_eq!(rig.updates(), ["room_joined tea@muc.example.org", "message one"]);
    let ours = rig.say("ours");
    assert_eq!(rig.said(), ["ours"]);

    let mut rig = rig.killed();
    rig.online(false);
    rig.presence("Robo", "", SELF);
    rig.reply("disco#info", WITHOUT_ARCHIVE);
    rig.message(&told("1", "alice", "one"));
    rig.message(&told(&ours, "Robo", "ours"));
    rig.message(&told("2", "alice", "two"));
    assert_eq!(rig.updates(), Vec::<String>::new(), "it may turn out to have an archive");
    rig.subject();
    assert_eq!(rig.updates(), ["message_state sent", "message two"]);
    assert_eq!(rig.said(), Vec::<String>::new());
}

#[test]
fn what_is_taken_back_has_not_happened() {
    // The room says what it is, the archive ends, somebody speaks; and one event of the batch is a bug.
    let mut rig = Rig::joined();
    rig.offline();
    rig.online(false);
    rig.let_in(WITH_ARCHIVE);
    let fin = "<fin xmlns='urn:xmpp:mam:2' complete='true'><set xmlns='http://jabber.org/protocol/rsm'/></fin>";
    let at = rig.asked.iter().position(|(_, payload)| payload.contains("urn:xmpp:mam:2")).unwrap();
    let answer = session::Event::Answer { tag: rig.asked[at].0, outcome: Ok(Some(parse(fin))) };
    let events = vec![
        message_event(rig.core.account, &groupchat("alice", "a1", "one")),
        Event::Session(rig.core.account, answer),
        message_event(rig.core.account, &groupchat("alice", "a2", "two")),
        rig.question(say("ours")),
    ];
    plant(AT_MESSAGE);
    rig.batch(events);
    assert!(bug_was_met(), "it was met");
    assert_eq!(rig.said(), ["ours"]);
    assert_eq!(rig.answer(), Ok(()));
    assert_eq!(rig.updates(), ["message one", "message two"]);

    let kicked = "<x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='none' role='none'/>\
                  <status code='110'/><status code='307'/></x>";
    let stanza = parse(&format!("<presence from='{ROOM}/Robo' type='unavailable'>{kicked}</presence>"));
    let events = vec![
        Event::Session(rig.core.account, session::Event::Presence(Box::new(stanza))),
        rig.question(say("too late")),
    ];
    plant(AT_MESSAGE);
    rig.batch(events);
    assert!(rig.answer().unwrap_err().contains("call joinRoom first"));
    let updates = rig.updates();
    assert_eq!(updates.last().map(String::as_str), Some("room_left we were kicked out of the room"), "{updates:?}");
}

#[test]
fn out_for_good_and_out_by_accident() {
    let mut rig = Rig::joined();
    // The service shuts down: nobody hears of it.
    let out = |code: &str| {
        format!(
            "<x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='none' role='none'><reason>why</reason></item>\
             <status code='110'/><status code='{code}'/></x>"
        )
    };
    rig.presence("Robo", "type='unavailable'", &out("332"));
    rig.ask(say("kept"));
    assert_eq!(rig.answer(), Ok(()));
    assert_eq!(rig.said(), Vec::<String>::new());
    rig.wait(3);
    rig.let_in(WITH_ARCHIVE);
    rig.end_of_archive("first");
    assert_eq!(rig.said(), ["kept"]);
    assert_eq!(rig.updates(), Vec::<String>::new());
    // Somebody's will is done, and what waits is given up.
    rig.presence("Robo", "type='unavailable'", &out("307"));
    assert_eq!(
        rig.updates(),
        ["message_state we were kicked out of the room (why)", "room_left we were kicked out of the room (why)"]
    );
    rig.ask(say("too late"));
    assert_eq!(rig.answer(), Err(format!("the bot is not in the room {ROOM}; call joinRoom first")));
    let mut rig = rig.killed();
    rig.online(false);
    let is_of_room = |text: &String| text.contains("/muc") || text.contains("disco");
    let asked: Vec<String> = rig.asked.iter().map(|(_, payload)| payload.clone()).collect();
    assert!(!rig.sent.iter().chain(&asked).any(is_of_room), "{:?} {asked:?}", rig.sent);
}

#[test]
fn a_room_that_does_not_say_what_it_is() {
    let mut rig = Rig::new();
    rig.ask(join());
    rig.presence("Robo", "", SELF);
    rig.subject();
    rig.groupchat("alice", "a1", "one");
    rig.ask(say("ours"));
    rig.wait(30);
    assert_eq!(rig.updates(), ["room_joined tea@muc.example.org"]);
    rig.wait(40);
    assert_eq!(rig.updates(), ["message one"]);
    assert_eq!(rig.said(), ["ours"]);
}

#[test]
fn what_comes_before_we_are_in_comes_in_its_turn() {
    let mut rig = Rig::joined().killed();
    rig.online(false);
    // The server has not noticed yet that we were gone.
    rig.groupchat("anna", "late", "second");
    assert_eq!(rig.updates(), Vec::<String>::new());
    rig.let_in(WITH_ARCHIVE);
    rig.archived("early", "first", "anna");
    rig.archived("late", "second", "anna");
    rig.end_of_archive("late");
    assert_eq!(rig.updates(), ["message first", "message second"]);
}

/// What it is comes later than what is said in it, when the connection was cut in between.
#[test]
fn what_comes_before_the_room_says_what_it_is_comes_once() {
    let mut rig = Rig::joined().killed();
    rig.online(false);
    rig.presence("Robo", "", SELF);
    rig.subject();
    rig.groupchat("anna", "late", "second");
    rig.let_in(WITH_ARCHIVE);
    rig.archived("early", "first", "anna");
    rig.archived("late", "second", "anna");
    rig.end_of_archive("late");
    assert_eq!(rig.updates(), ["message first", "message second"]);
}

#[test]
fn an_archive_that_is_out_of_order_is_asked_again() {
    let mut rig = Rig::joined();
    rig.offline();
    rig.online(false);
    rig.let_in(WITH_ARCHIVE);
    rig.groupchat("alice", "a2", "two");
    let error = |kind, condition| Err(botmother::xmpp::stanza::StanzaError::new(kind, condition));
    let (tag, _) = rig.asked.pop().unwrap();
    rig.session(session::Event::Answer { tag, outcome: error("wait", "internal-server-error") });
    assert_eq!(rig.updates(), Vec::<String>::new());
    rig.wait(6);
    rig.archived("a1", "one", "bob");
    // It has forgotten where we were: its end is read.
    let (tag, _) = rig.asked.pop().unwrap();
    rig.session(session::Event::Answer { tag, outcome: error("cancel", "item-not-found") });
    assert!(rig.asked.iter().any(|(_, payload)| payload.contains("<before/>")), "{:?}", rig.asked);
    rig.archived("a1", "one", "bob");
    rig.end_of_archive("a1");
    assert_eq!(rig.updates(), ["message one", "message two"]);
    // One that never answers is asked again; one that may not be read is done without.
    rig.offline();
    rig.online(false);
    rig.let_in(WITH_ARCHIVE);
    rig.groupchat("alice", "a3", "three");
    rig.asked.clear();
    rig.wait(100);
    rig.wait(100);
    let (tag, _) = rig.asked.iter().rfind(|(_, payload)| payload.contains("urn:xmpp:mam:2")).unwrap().clone();
    rig.session(session::Event::Answer { tag, outcome: error("auth", "forbidden") });
    assert_eq!(rig.updates(), ["message three"]);
}

#[test]
fn a_deleted_bot_leaves() {
    let mut rig = Rig::joined();
    rig.sent.clear();
    let _ticket = rig.begin(Caller::Admin, Question::DeleteBot(rig.bot.id));
    assert!(rig.sent[0].contains("type='unavailable'") && rig.sent[0].contains(ROOM), "{:?}", rig.sent);
    assert!(rig.asked.iter().any(|(_, payload)| payload.contains("<retract") && payload.contains(ROOM)));
    rig.groupchat("alice", "a1", "still there?");
    rig.offline();
    rig.sent.clear();
    rig.online(false);
    assert!(!rig.sent.iter().any(|stanza| stanza.contains(ROOM)), "{:?}", rig.sent);
}

#[test]
fn whoever_waits_hears_how_it_ends() {
    let mut rig = Rig::new();
    let refusal = "<error type='auth'><registration-required xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";
    rig.ask(join());
    rig.presence("Robo", "type='error'", refusal);
    assert_eq!(rig.answer(), Err("the room is for members only, and this account is not one".to_string()));
    rig.ask(join());
    rig.wait(16);
    assert_eq!(rig.answer(), Err("the room did not answer in time; is the address that of a room?".to_string()));
    rig.offline();
    rig.ask(join());
    rig.wait(16);
    assert_eq!(rig.answer(), Err("the bot's account is not connected".to_string()));
    assert_eq!(rig.updates(), Vec::<String>::new());

    let mut rig = Rig::joined();
    rig.ask(join());
    assert_eq!(rig.answer(), Ok(()));
    rig.ask(Question::LeaveRoom(bare(ROOM)));
    assert!(rig.answers.is_empty());
    rig.wait(6);
    assert_eq!(rig.answer(), Ok(()));
    // Deleted while somebody waits.
    rig.ask(join());
    let _ticket = rig.begin(Caller::Admin, Question::DeleteBot(rig.bot.id));
    assert_eq!(rig.answers.len(), 2, "{:?}", rig.answers);
    assert!(rig.answers.iter().any(|answer| matches!(answer, Err(Failure::Remote { what: "join_failed", .. }))));
}

fn set_ai(rig: &mut Rig) {
    rig.ask(Question::SetAi(AiSettings {
        provider: Some("ollama".to_string()),
        model: Some("m".to_string()),
        ..AiSettings::default()
    }));
    assert_eq!(rig.answer(), Ok(()));
}

fn answered(tag: u64) -> Event {
    http_answered(tag, 200, r#"{"message":{"content":"Yes."},"done":true}"#)
}

#[test]
fn an_ai_answers_in_a_room_who_speaks_to_it() {
    let mut rig = Rig::joined();
    set_ai(&mut rig);
    rig.groupchat("eva", "1", "Nobody is meant.");
    assert!(rig.calls.is_empty());
    rig.groupchat("eva", "2", "Robo: are you there?");
    let tag = rig.calls.pop().expect("a call");
    rig.batch(vec![answered(tag)]);
    assert_eq!(rig.said(), ["eva: Yes."]);
    // It does not answer itself.
    rig.groupchat("Robo", "3", "Robo: are you there?");
    assert!(rig.calls.is_empty());
    // What a kill interrupts is told when it is in the room again.
    rig.groupchat("eva", "4", "Robo, and now?");
    assert_eq!(rig.calls.len(), 1);
    let mut rig = rig.killed();
    rig.online(false);
    rig.let_in(WITHOUT_ARCHIVE);
    // (The room has never shown the first answer, so it comes once more.)
    assert_eq!(rig.said(), ["eva: Yes.", "eva: I was restarted before I could answer. Please ask again."]);
}

#[test]
fn a_question_in_a_room_may_be_changed_and_taken_back() {
    let mut rig = Rig::joined();
    set_ai(&mut rig);
    let states = |rig: &mut Rig| {
        let sent = std::mem::take(&mut rig.sent);
        let state = |stanza: &String| ["composing", "paused"].into_iter().find(|state| stanza.contains(state));
        sent.iter().filter(|stanza| stanza.contains("type='groupchat'")).filter_map(state).collect::<Vec<_>>()
    };
    let with = |nick: &str, id: &str, inside: &str| groupchat(nick, id, "BODY").replace("<body>BODY</body>", inside);
    rig.groupchat("eva", "1", "Robo: are you their?");
    assert_eq!((rig.calls.len(), states(&mut rig)), (1, vec!["composing"]), "all see that it thinks");
    // Another one may not change it, nor take it back.
    let replacing = "<replace xmlns='urn:xmpp:message-correct:0' id='m-1'/>";
    rig.message(&with("mallory", "2", &format!("<body>Never mind.</body>{replacing}")));
    rig.message(&with("mallory", "3", "<retract xmlns='urn:xmpp:message-retract:1' id='1'/>"));
    assert!(rig.dropped.is_empty() && rig.calls.len() == 1);
    // She may: what she asked first is called off, and what she means is asked.
    rig.message(&with("eva", "4", &format!("<body>Robo: are you there?</body>{replacing}")));
    assert_eq!(rig.dropped, rig.calls[..1]);
    assert_eq!((rig.calls.len(), states(&mut rig)), (2, vec!["paused", "composing"]));
    rig.message(&with("eva", "5", "<retract xmlns='urn:xmpp:message-retract:1' id='4'/>"));
    assert_eq!(rig.dropped, rig.calls);
    assert_eq!(states(&mut rig), ["paused"]);
    assert!(rig.said().is_empty());
    // A moderator takes another's away; a correction that is for others only calls off.
    rig.groupchat("eva", "6", "Robo: buy pills?");
    rig.message(&format!(
        "<message from='{ROOM}' type='groupchat'><retract xmlns='urn:xmpp:message-retract:1' id='6'>\
         <moderated xmlns='urn:xmpp:message-moderate:1'/></retract></message>"
    ));
    assert_eq!(rig.dropped.len(), 3);
    rig.groupchat("eva", "7", "Robo: hello");
    rig.message(&with("eva", "8", &format!("<body>Anna: hello</body>{}", replacing.replace("m-1", "m-7"))));
    assert_eq!((rig.dropped.len(), rig.calls.len()), (4, 4));
}

#[test]
fn an_ai_of_a_dedicated_bot_is_its_owners() {
    let mut rig = Rig::new();
    set_ai(&mut rig);
    let write = |rig: &mut Rig, from: &str, id: &str, body: &str| {
        rig.sent.clear();
        rig.message(&format!(
            "<message from='{from}/x' to='{ROBOT}' type='chat' id='{id}'><body>{body}</body></message>"
        ));
    };
    write(&mut rig, "eve@example.org", "1", "Hello?");
    assert!(rig.calls.is_empty() && rig.sent.is_empty());
    write(&mut rig, OWNER, "2", "Hello?");
    assert!(rig.sent.iter().any(|stanza| stanza.contains("composing")), "{:?}", rig.sent);
    let tag = rig.calls.pop().expect("a call");
    rig.batch(vec![answered(tag)]);
    assert!(rig.sent.iter().any(|stanza| stanza.contains("<body>Yes.</body>")), "{:?}", rig.sent);
    write(&mut rig, OWNER, "3", "/ki aus");
    assert!(rig.sent.iter().any(|stanza| stanza.contains("AI is off")), "{:?}", rig.sent);
    write(&mut rig, OWNER, "4", "Hello again?");
    assert!(rig.calls.is_empty());
}
