//! Whole stays in a room, with the stanzas of real services and a clock that is only a number.

use super::*;
use crate::base::jid::BareJid;
use crate::base::secret::Secret;
use crate::xml::Namespaces;
use crate::xmpp::muc::message::RoomMessage;
use crate::xmpp::muc::presence::{Role, RoomPresence};
use crate::xmpp::stanza::StanzaError;

mod entering;
mod members;
mod random;
mod staying;
mod talking;

const ROOM: &str = "tea@muc.here";
/// What the room says of us once we are in.
const SELF: &str = "<item affiliation='none' role='participant'/><status code='110'/>";
const STANZAS: &str = "urn:ietf:params:xml:ns:xmpp-stanzas";

/// A room, the time, and what came out of it.
struct Scene {
    room: Room,
    now: Now,
    sent: Vec<String>,
    asked: Vec<(u32, IqKind, String, Element)>,
    told: Vec<String>,
}

fn parse(text: &str) -> Element {
    Element::parse(text, &Namespaces::default_is(ns::CLIENT)).unwrap()
}

fn account() -> BareJid {
    BareJid::parse("me@here").unwrap()
}

impl Scene {
    fn with(change: impl FnOnce(&mut RoomConfig)) -> Scene {
        let mut config = RoomConfig {
            room: BareJid::parse(ROOM).unwrap(),
            nick: "bot".into(),
            password: None,
            account: Some(account()),
            history_since: None,
        };
        change(&mut config);
        let now = Now { mono: Duration::from_secs(1000), unix_ms: 1_000_000 };
        let room = Room::new(config, now).unwrap();
        Scene { room, now, sent: Vec::new(), asked: Vec::new(), told: Vec::new() }
    }

    /// Online, and about to enter.
    fn entering(intent: Intent) -> Scene {
        let mut scene = Scene::with(|_| ());
        scene.input(Input::Online { resumed: false });
        scene.input(Input::Join(intent));
        scene
    }

    /// In the room, and nothing left to look at.
    fn joined() -> Scene {
        let mut scene = Scene::entering(Intent::Asked);
        scene.presence("bot", "", "<status code='110'/>");
        scene.groupchat("", "<subject/>");
        assert_eq!(scene.told(), ["joined bot", "subject - \"\""]);
        scene.sent.clear();
        scene.asked.clear();
        scene
    }

    fn input(&mut self, input: Input) {
        self.room.handle(self.now, 0, input);
        while let Some(output) = self.room.poll() {
            match output {
                Output::Send(stanza) => self.sent.push(stanza),
                Output::Ask { tag, kind, to, payload } => self.asked.push((tag, kind, to.to_string(), payload)),
                Output::Event(event) => self.told.push(tell(&event)),
            }
        }
        let wants_in = matches!(self.room.state, State::Joining(_) | State::Unlocking | State::Leaving);
        assert!(!wants_in || self.room.deadline().is_some(), "nothing will happen in {:?}", self.room.state);
    }

    /// Time passes; whatever becomes due is done when it is due.
    fn pass(&mut self, seconds: u64) {
        let end = self.now.mono + Duration::from_secs(seconds);
        while let Some(due) = self.room.deadline().filter(|due| *due <= end) {
            assert!(due >= self.now.mono, "overdue since {due:?}");
            self.set(due);
            self.input(Input::Tick);
        }
        self.set(end);
    }

    fn set(&mut self, mono: Duration) {
        self.now = Now { mono, unix_ms: mono.as_millis() as i64 };
    }

    fn stanza(&mut self, text: &str) {
        let stanza = parse(text);
        if let Some(presence) = RoomPresence::read(&stanza) {
            self.input(Input::Presence(presence));
        } else if let Some(message) = RoomMessage::read(&stanza, &account()) {
            self.input(Input::Message(message));
        } else {
            panic!("nobody would pass this on: {text}");
        }
    }

    fn presence(&mut self, nick: &str, attributes: &str, inside: &str) {
        self.stanza(&format!(
            "<presence from='{ROOM}/{nick}' to='me@here/r' {attributes}>\
             <x xmlns='http://jabber.org/protocol/muc#user'>{inside}</x></presence>"
        ));
    }

    fn error(&mut self, nick: &str, kind: &str, condition: &str) {
        let id = self.room.us.last_presence_id();
        self.stanza(&format!(
            "<presence from='{ROOM}/{nick}' to='me@here/r' type='error' id='{id}'>\
             <error type='{kind}' by='{ROOM}'><{condition} xmlns='{STANZAS}'/></error></presence>"
        ));
    }

    /// From a nick, or from the room itself.
    fn groupchat(&mut self, nick: &str, inside: &str) {
        let from = if nick.is_empty() { ROOM.to_string() } else { format!("{ROOM}/{nick}") };
        self.stanza(&format!("<message from='{from}' to='me@here/r' type='groupchat'>{inside}</message>"));
    }

    /// Answers the last question.
    fn answer(&mut self, answer: Result<Option<Element>, StanzaError>) {
        let (tag, ..) = self.asked.pop().expect("something was asked");
        self.input(Input::Answer { tag, answer });
    }

    fn told(&mut self) -> Vec<String> {
        std::mem::take(&mut self.told)
    }

    /// What was sent, in short: the nick of a presence to enter, `-nick` of one to leave.
    fn presences(&mut self) -> Vec<String> {
        let short = |text: String| {
            let stanza = parse(&text);
            let to = Jid::parse(stanza.attribute("to").unwrap()).unwrap();
            assert_eq!((stanza.name(), to.bare_str()), ("presence", ROOM));
            let nick = to.resource().unwrap().to_string();
            match (stanza.attribute("type"), stanza.find("x", ns::MUC)) {
                (Some("unavailable"), None) => format!("-{nick}"),
                (None, Some(_)) => nick,
                (None, None) => format!("={nick}"),
                _ => panic!("{text}"),
            }
        };
        std::mem::take(&mut self.sent).into_iter().map(short).collect()
    }

    fn questions(&self) -> Vec<&str> {
        self.asked.iter().map(|(_, _, _, payload)| payload.ns()).collect()
    }
}

/// An event in a few words.
fn tell(event: &RoomEvent) -> String {
    match event {
        RoomEvent::Joined { nick, created: false } => format!("joined {nick}"),
        RoomEvent::Joined { nick, created: true } => format!("created {nick}"),
        RoomEvent::Refused(refusal) => format!("refused: {refusal}"),
        RoomEvent::Lost { why, retry_in: Some(wait) } => format!("lost: {why}; {}", wait.as_millis()),
        RoomEvent::Lost { why, retry_in: None } => format!("lost: {why}; offline"),
        RoomEvent::Left(departure) => format!("left: {departure}"),
        RoomEvent::NickChanged(nick) => format!("nick {nick}"),
        RoomEvent::NickRefused(refusal) => format!("no nick: {refusal}"),
        RoomEvent::Members => "members".to_string(),
        RoomEvent::Info(info) => format!("info mam={} omemo={}", info.mam, info.can_omemo()),
        RoomEvent::Subject { nick, subject } => format!("subject {} {subject:?}", nick.as_deref().unwrap_or("-")),
        RoomEvent::Message(heard) => {
            let mut text = format!(
                "{} {:?}",
                heard.message.nick().unwrap_or("-"),
                heard.message.body.as_deref().unwrap_or_default()
            );
            for (is_so, word) in [
                (heard.is_ours, " ours"),
                (heard.is_history, " history"),
                (heard.is_to_us, " to us"),
                (heard.message.archive_id.is_some(), " archived"),
                (heard.message.occupant_id.is_some(), " known"),
            ] {
                text.push_str(if is_so { word } else { "" });
            }
            text
        }
        RoomEvent::Reflection { id, message } => format!("shown {id} {:?}", message.archive_id),
        RoomEvent::SendRefused { id, error, was_out } => format!("not sent {id}: {error}, out={was_out}"),
        RoomEvent::Unconfirmed(id) => format!("unconfirmed {id}"),
    }
}

/// An answer about the room.
fn info(features: &[&str]) -> Element {
    let mut query = disco_identity();
    for feature in features {
        query = query.with_child(Element::new("feature", ns::DISCO_INFO).with("var", feature));
    }
    query
}

fn disco_identity() -> Element {
    let identity = Element::new("identity", ns::DISCO_INFO).with("category", "conference").with("type", "text");
    Element::new("query", ns::DISCO_INFO)
        .with_child(identity)
        .with_child(Element::new("feature", ns::DISCO_INFO).with("var", ns::MUC))
}

fn failure(kind: &str, condition: &str) -> Result<Option<Element>, StanzaError> {
    Err(StanzaError::new(kind, condition))
}
