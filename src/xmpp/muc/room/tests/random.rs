//! Anything in any order: no panic, bounded memory, and always something that will happen while somebody waits.

use super::*;

use crate::xmpp::muc::members::{read_author, read_changes, read_list};
use crate::xmpp::muc::mention::is_mention;

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }
}

const FROM: [&str; 8] = [
    "tea@muc.here",
    "tea@muc.here/bot",
    "tea@muc.here/bot",
    "tea@muc.here/bot_",
    "tea@muc.here/alice",
    "muc.here",
    "other@muc.here/bot",
    "@",
];
const TYPES: [&str; 7] = ["", "", "unavailable", "error", "groupchat", "chat", "x"];
const CODES: [&str; 12] = ["110", "110", "110", "201", "210", "301", "303", "307", "332", "333", "104", "99999999999"];
const CONDITIONS: [&str; 8] = [
    "conflict",
    "not-authorized",
    "forbidden",
    "service-unavailable",
    "remote-server-timeout",
    "not-acceptable",
    "gone",
    "text",
];
const PIECES: [&str; 12] = [
    "<body>bot: x</body>",
    "<subject/>",
    "<delay xmlns='urn:xmpp:delay' from='tea@muc.here' stamp='1970-01-01T00:00:01Z'/>",
    "<delay xmlns='urn:xmpp:delay' stamp='yesterday'/>",
    "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='o'/>",
    "<stanza-id xmlns='urn:xmpp:sid:0' by='tea@muc.here' id='a'/>",
    "<origin-id xmlns='urn:xmpp:sid:0' id='m'/>",
    "<reference xmlns='urn:xmpp:reference:0' type='mention' uri='xmpp:%'/>",
    "<reply xmlns='urn:xmpp:reply:0' to='@'/>",
    "<x xmlns='http://jabber.org/protocol/muc#user'><destroy jid='/'/></x>",
    "<x xmlns='http://jabber.org/protocol/muc#user'><item nick='&#xfffd;' jid='@' role='x'/></x>",
    "<x xmlns='http://jabber.org/protocol/muc#user'><item nick='bot2' jid='a@b/c' affiliation='member'/><status/></x>",
];

fn stanza(random: &mut Random) -> String {
    let name = random.of(&["presence", "message"]);
    let kind = random.of(&TYPES);
    let id = random.of(&["m", "room-1", "room-2", "room-3", "x"]);
    let mut text = format!("<{name} from='{}' id='{id}'", random.of(&FROM));
    if !kind.is_empty() {
        text.push_str(&format!(" type='{kind}'"));
    }
    text.push('>');
    for _ in 0..random.below(4) {
        text.push_str(random.of(&PIECES));
    }
    let codes: String = (0..random.below(4)).map(|_| format!("<status code='{}'/>", random.of(&CODES))).collect();
    text.push_str(&format!("<x xmlns='http://jabber.org/protocol/muc#user'>{codes}</x>"));
    let condition = random.of(&CONDITIONS);
    text.push_str(&format!("<error type='wait'><{condition} xmlns='{STANZAS}'>xmpp:a@b</{condition}></error>"));
    text.push_str(&format!("</{name}>"));
    text
}

fn input(random: &mut Random, scene: &mut Scene) -> Option<Input> {
    Some(match random.below(16) {
        0 => Input::Join(if random.below(2) == 0 { Intent::Asked } else { Intent::Kept }),
        1 if random.below(4) == 0 => Input::Leave,
        2 => Input::Nick(random.of(&["bot", "x", "", "\u{0}", "alice"]).to_string()),
        3 => Input::Sent("m".into(), String::new()),
        4 => Input::Online { resumed: random.below(2) == 0 },
        5 => Input::Offline,
        6 => Input::Tick,
        7 => {
            let tag = match scene.asked.pop() {
                Some((tag, ..)) => tag,
                None => random.below(20) as u32,
            };
            let answer = match random.below(3) {
                0 => Ok(None),
                1 => Ok(Some(info(&[ns::MAM, ns::OCCUPANT_ID]))),
                _ => failure("cancel", random.of(&CONDITIONS)),
            };
            Input::Answer { tag, answer }
        }
        9 => Input::Members,
        10 => {
            let from = Jid::parse(random.of(&["tea@muc.here", "tea@muc.here/bot"])).unwrap();
            Input::Affiliations(read_changes(&parse(&stanza(random)), &from))
        }
        8 => {
            scene.pass(random.below(100) as u64);
            return None;
        }
        _ => {
            let element = parse(&stanza(random));
            match RoomPresence::read(&element) {
                Some(presence) => Input::Presence(presence),
                None => Input::Message(RoomMessage::read(&element, &account())?),
            }
        }
    })
}

#[test]
fn any_order_of_inputs() {
    let mut joined = 0;
    for seed in 0..600 {
        let mut random = Random(seed);
        let mut scene = Scene::with(|config| {
            config.history_since = (seed % 2 == 0).then_some(0);
            config.password = (seed % 3 == 0).then(|| Secret::new("p"));
        });
        scene.input(Input::Online { resumed: false });
        for _ in 0..120 {
            if let Some(input) = input(&mut random, &mut scene) {
                let text = format!("{input:?}");
                // The scene checks that there is a deadline wherever one is needed.
                scene.input(input);
                let room = &scene.room;
                let is_watched = room.state != State::Joined || !room.tries.is_online || room.deadline().is_some();
                assert!(is_watched, "seed {seed}: nothing will happen after {text}");
                let waits = room.state != State::Waiting || !room.tries.is_online || room.deadline().is_some();
                assert!(waits, "seed {seed}: no next try after {text}");
                joined += u32::from(room.is_joined());
            }
        }
        // Whatever happened: who asks gets an answer.
        scene.told.clear();
        scene.input(Input::Join(Intent::Asked));
        scene.pass(15);
        let answered =
            scene.told.iter().any(|told| ["joined", "refused", "created"].iter().any(|a| told.starts_with(a)));
        assert!(answered, "seed {seed}: {:?} in {:?}", scene.told, scene.room.state);
    }
    assert!(joined > 1_000, "the dialogs hardly ever got in: {joined}");
}

#[test]
fn damaged_stanzas() {
    let mut random = Random(7);
    let room = BareJid::parse(ROOM).unwrap();
    let mut read = 0;
    for _ in 0..20_000 {
        let mut text: Vec<char> = stanza(&mut random).chars().collect();
        for _ in 0..random.below(4) {
            let at = random.below(text.len());
            match random.below(3) {
                0 => drop(text.remove(at)),
                1 => text[at] = ['<', '\'', '\u{0}', 'ü', '@', '/', ' '][random.below(7)],
                _ => text.insert(at, ['&', '>', '\u{301}', '0', '%', '\u{1f44d}'][random.below(6)]),
            }
        }
        let text: String = text.into_iter().collect();
        let Ok(element) = Element::parse(&text, &Namespaces::default_is(ns::CLIENT)) else { continue };
        read += 1;
        let _ = RoomPresence::read(&element);
        let _ = RoomInfo::read(&element);
        let _ = (read_changes(&element, &room.to_jid()), read_author(&element), read_list(&element));
        if let Some(message) = RoomMessage::read(&element, &account()) {
            let _ = message.is_to(&room.with_resource("bot").unwrap(), None);
        }
    }
    assert!(read > 5_000, "too much damage: {read}");
}

#[test]
fn any_text_may_be_a_mention() {
    let mut random = Random(3);
    let letters = ['b', 'o', 't', 'B', '@', ':', ' ', '.', '\n', '>', 'ß', 'İ', 'ς', '\u{301}', '봇', '🤖', '\u{200d}'];
    let mut text = |length: usize| -> String { (0..length).map(|_| letters[random.below(letters.len())]).collect() };
    for round in 0..20_000 {
        let (text, nick) = (text(round % 24), text(round % 5));
        let found = is_mention(&text, &nick);
        assert!(!found || !nick.trim().is_empty());
    }
}
