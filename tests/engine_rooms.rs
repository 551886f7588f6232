//! Rooms in the engine as a value: stanzas of services in, orders to the session and updates out. `tests/rooms.rs` does
//! the same with real services; here is what those do not do on demand.

use std::time::Duration;

use botmother::base::id::AccountId;
use botmother::base::secret::Secret;
use botmother::core::effect::{Effect, Order};
use botmother::core::failure::Failure;
use botmother::core::handle::*;
use botmother::engine::event::Event;
use botmother::store::Store;
use botmother::xmpp::message::{self, Kind, Reading};
use botmother::xmpp::session;

use support::*;

#[path = "engine_rooms/ai.rs"]
mod ai;
#[path = "engine_rooms/archive.rs"]
mod archive;
#[path = "engine_rooms/bridge.rs"]
mod bridge;
#[path = "engine_rooms/buttons.rs"]
mod buttons;
#[path = "engine_rooms/copies.rs"]
mod copies;
#[path = "engine_rooms/actions.rs"]
mod actions;
#[path = "engine_rooms/history.rs"]
mod history;
#[path = "engine_rooms/invited.rs"]
mod invited;
#[path = "engine_rooms/members.rs"]
mod members;
#[path = "engine_rooms/moderating.rs"]
mod moderating;
#[path = "engine_rooms/presence.rs"]
mod presence;
#[path = "engine_rooms/saying.rs"]
mod saying;
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
        rig.archived("first", "before", "x");
        assert!(rig.answers.is_empty(), "nobody is told that he is in before our place in the archive is known");
        rig.end_of_archive("first");
        assert_eq!(rig.answer(), Ok(()));
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
