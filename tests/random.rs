//! Random bytes, and dialogs with random damage, into everything that reads what others send: no panic, bounded memory.
//!
//! Two seconds in all; `BOTMOTHER_RANDOM_SECONDS` gives more. The seed is printed and can be set by
//! `BOTMOTHER_RANDOM_SEED` to see a failure again.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

#[path = "support/dialog.rs"]
#[allow(dead_code, unreachable_pub, reason = "only the loader and the generator are used here")]
mod dialog;

use std::time::{Duration, Instant};

use botmother::base::jid::{BareJid, Jid};
use botmother::base::limits::{STANZA_BYTES_MAX, UNHANDLED_MAX};
use botmother::base::secret::Secret;
use botmother::base::time::{Now, from_rfc3339, to_rfc3339};
use botmother::base::{json, text};
use botmother::xml::{Element, Frame, Framer, Namespaces};
use botmother::xmpp::iq::Peer;
use botmother::xmpp::session::{CatchUpFrom, Lost, Session, SessionConfig, SessionInput, SessionOutput, TlsFacts};
use botmother::xmpp::stanza::IqKind;
use botmother::xmpp::{message, presence};
use dialog::Random;

/// Pieces that random text is made of: they get further in than bytes alone.
const PIECES: [&str; 38] = [
    "<",
    ">",
    "/",
    "</",
    "/>",
    "<a",
    "<b>",
    "</b>",
    "'",
    "\"",
    "=",
    " ",
    "\n",
    "&",
    "&amp;",
    "&#1;",
    "&#x10ffff;",
    ";",
    "<!",
    "<![CDATA[",
    "]]>",
    "<?xml ",
    "?>",
    "<!--",
    "-->",
    "xmlns=",
    "xmlns:a='b'",
    "a:",
    "ü",
    "\u{1f44d}",
    "\u{0}",
    "\u{fffe}",
    "@",
    ".",
    "{",
    "}",
    "[\"x\",1]",
    "2026-01-01T00:00:00Z",
];

fn each_moment(name: &str, share: u32, mut run: impl FnMut(&mut Random)) {
    let setting = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let seconds = setting("BOTMOTHER_RANDOM_SECONDS").unwrap_or(2);
    let end = Instant::now() + Duration::from_secs(seconds) * share / 100;
    let mut seed = setting("BOTMOTHER_RANDOM_SEED").unwrap_or(1);
    while Instant::now() < end {
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(&mut Random(seed * 2 + 1))));
        if let Err(panic) = outcome {
            eprintln!("{name}: BOTMOTHER_RANDOM_SEED={seed}");
            std::panic::resume_unwind(panic);
        }
        seed += 1;
    }
}

fn random_text(random: &mut Random) -> String {
    (0..random.below(40)).map(|_| PIECES[random.below(PIECES.len())]).collect()
}

fn random_bytes(random: &mut Random) -> Vec<u8> {
    let mut bytes = random_text(random).into_bytes();
    for _ in 0..random.below(4) {
        damage(&mut bytes, random);
    }
    bytes
}

/// Changes, removes, doubles or inserts something.
fn damage(bytes: &mut Vec<u8>, random: &mut Random) {
    let (a, b) = (random.below(bytes.len() + 1), random.below(bytes.len() + 1));
    let (from, to) = (a.min(b), a.max(b).min(a.min(b) + 50));
    match random.below(4) {
        0 => bytes.iter_mut().skip(from).take(1).for_each(|byte| *byte = random.below(256) as u8),
        1 => drop(bytes.drain(from..to)),
        2 => {
            let piece = bytes[from..to].to_vec();
            bytes.splice(from..from, piece);
        }
        _ => drop(bytes.splice(from..from, PIECES[random.below(PIECES.len())].bytes())),
    }
}

#[test]
fn small_parsers() {
    each_moment("small_parsers", 15, |random| {
        let bytes = random_bytes(random);
        let text = String::from_utf8_lossy(&bytes);
        if let Ok(jid) = Jid::parse(&text) {
            assert_eq!(Jid::parse(jid.as_str()).as_ref(), Ok(&jid), "{text:?} is not normalised at once");
        }
        let _ = json::Fields::parse(&bytes);
        let _ = text::unpercent(&text, text::Plus::IsSpace);
        let _ = text::query_pairs(&text);
        let _ = text::unbase64(&text);
        let _ = text::shorten(&text, 3 + random.below(20));
        if let Some(ms) = from_rfc3339(&text) {
            assert_eq!(from_rfc3339(&to_rfc3339(ms)), Some(ms));
        }
    });
}

#[test]
fn xml() {
    each_moment("xml", 25, |random| {
        let bytes = random_bytes(random);
        let (mut framer, mut whole) = (Framer::new(), Framer::new());
        framer.push(b"<s:s xmlns:s='x'>");
        whole.push(b"<s:s xmlns:s='x'>");
        whole.push(&bytes);
        let mut rest = bytes.as_slice();
        // Whatever the cuts, the frames are the same and so is the verdict.
        loop {
            let (piece, behind) = rest.split_at(random.below(rest.len() + 1));
            framer.push(piece);
            rest = behind;
            loop {
                let here = framer.poll();
                if here == Ok(None) {
                    break;
                }
                assert_eq!(here, whole.poll());
                match here {
                    Ok(Some(Frame::Element(text))) => read_element(text),
                    Ok(Some(Frame::Header(_) | Frame::Skipped(_))) => {}
                    _ => return,
                }
            }
            if rest.is_empty() && random.below(2) == 0 {
                break;
            }
        }
        assert_eq!(whole.poll(), Ok(None));
    });
}

fn read_element(text: &str) {
    let namespaces = Namespaces::default_is("jabber:client");
    let Ok(element) = Element::parse(text, &namespaces) else { return };
    let printed = element.print("jabber:client");
    assert_eq!(Element::parse(&printed, &namespaces).as_ref(), Ok(&element), "{printed}");
    let _ = message::read(&element, &BareJid::parse("me@example.org").unwrap());
}

/// What servers say in all dialogs, in one piece each.
fn server_sides() -> Vec<Vec<u8>> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dialogs");
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names
        .map(|name| {
            let steps = dialog::load(name.trim_end_matches(".txt"));
            let said: Vec<&str> = steps.iter().filter_map(|step| step.text.strip_prefix("S: ")).collect();
            said.join("\u{1}").replace("{header}", HEADER).into_bytes()
        })
        .collect()
}

const HEADER: &str =
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>";

/// Brings a session through an honest login, up to the point where the engine is asked for its place in the archive.
fn log_in(session: &mut Session, now: Now) {
    let features = |xml: &str| format!("{HEADER}<stream:features>{xml}</stream:features>");
    let said = [
        features("<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms>"),
        "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>".into(),
        features("<sm xmlns='urn:xmpp:sm:3'/>"),
        "<iq type='result' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>me@example.org/r</jid></bind></iq>"
            .into(),
        "<enabled xmlns='urn:xmpp:sm:3' id='1' resume='1'/>".into(),
    ];
    session.handle(now, SessionInput::Connected(Some(TlsFacts::default())));
    let mut out = Vec::new();
    for xml in said {
        session.handle(now, SessionInput::Bytes(xml.as_bytes()));
        session.take_write(&mut out);
    }
    let written = String::from_utf8(out).unwrap();
    let ids = written.split("id='").skip(1).filter_map(|rest| rest.split('\'').next()).filter(|id| *id != "bind");
    for id in ids {
        let answer = format!(
            "<iq type='result' id='{id}'><query xmlns='http://jabber.org/protocol/disco#info'>\
             <feature var='urn:xmpp:mam:2'/></query></iq>"
        );
        session.handle(now, SessionInput::Bytes(answer.as_bytes()));
    }
}

/// Puts the ids that the session has really used where the dialogs name the archive's query and page.
fn note_ids(said: &mut Vec<u8>, written: &[u8]) {
    let (said_text, written) = (String::from_utf8_lossy(said), String::from_utf8_lossy(written));
    let value = |name: &str| written.rsplit(name).next().and_then(|rest| rest.split('\'').next()).unwrap_or_default();
    *said = said_text
        .replace("{query}", value("queryid='"))
        .replace("{page}", value("<iq type='set' id='"))
        .replace("{page1}", value("<iq type='set' id='"))
        .into_bytes();
}

fn session(random: &mut Random) -> Session {
    let config = SessionConfig {
        account: BareJid::parse("me@example.org").unwrap(),
        password: Secret::new("secret"),
        resource: "bot".into(),
        login_key: None,
        register: random.below(3) == 0,
        plaintext: random.below(2) == 0,
        presence: presence::print_available(0),
        is_bot: random.below(2) == 0,
        features: &[],
    };
    let mut entropy = Random(random.below(1000) as u64 + 1);
    Session::new(config, Box::new(move |out| entropy.fill(out)))
}

fn random_input<'a>(random: &mut Random, bytes: &'a [u8]) -> SessionInput<'a> {
    match random.below(30) {
        0 => SessionInput::Lost(Lost::Network("cut".into())),
        1 => SessionInput::Send { tag: Some(1), stanza: "<message/>".into() },
        2 => SessionInput::CatchUp(CatchUpFrom { after: Some("m0".into()), age: None, in_doubt: true }),
        3 => SessionInput::CatchUp(CatchUpFrom { after: None, age: None, in_doubt: true }),
        4 => SessionInput::Handled(random.below(10) as u32),
        5 => SessionInput::Reset,
        6 => SessionInput::Presence(presence::print_available(random.below(100) as i8)),
        11 => SessionInput::Ask { tag: 1, to: Peer::Server, kind: IqKind::Get, payload: Element::new("query", "x") },
        7 => SessionInput::Tick,
        8 if random.below(20) == 0 => SessionInput::Close,
        9 => SessionInput::TlsUp(TlsFacts::default()),
        10 => SessionInput::Connected(Some(TlsFacts::default())),
        _ => SessionInput::Bytes(bytes),
    }
}

/// Damaged dialogs, cut and mixed with any input at any moment.
#[test]
fn sessions() {
    let sides = server_sides();
    each_moment("sessions", 60, |random| {
        let mut session = session(random);
        let mut bytes = sides[random.below(sides.len())].clone();
        (0..random.below(4)).for_each(|_| damage(&mut bytes, random));
        let mut now = Now::default();
        let mut out = Vec::new();
        if random.below(2) == 0 {
            log_in(&mut session, now);
            let after = (random.below(2) == 0).then(|| "m0".to_string());
            session.handle(now, SessionInput::CatchUp(CatchUpFrom { after, age: None, in_doubt: false }));
            session.take_write(&mut out);
            note_ids(&mut bytes, &out);
        }
        for said in bytes.split(|byte| *byte == 1).flat_map(|said| said.chunks(1 + said.len() / 2)) {
            now.mono += Duration::from_millis(random.below(5000) as u64);
            let input = random_input(random, said);
            session.handle(now, input);
            while let Some(output) = session.poll() {
                if matches!(output, SessionOutput::Connect) {
                    session.handle(now, SessionInput::Connected(Some(TlsFacts::default())));
                } else if matches!(output, SessionOutput::StartTls) {
                    session.handle(now, SessionInput::TlsUp(TlsFacts::default()));
                }
            }
            session.take_write(&mut out);
            let _ = (session.deadline(), session.wants_bytes());
        }
        assert!(std::str::from_utf8(&out).is_ok());
    });
}

/// A server that never comes to an end gets no more memory than the limits say.
#[test]
fn memory_is_bounded() {
    let mut framer = Framer::new();
    framer.push(b"<s><a>");
    assert!(matches!(framer.poll(), Ok(Some(Frame::Header(_)))));
    let mut pushed = 0;
    while pushed < 8 * STANZA_BYTES_MAX {
        framer.push(&[b'x'; 4096]);
        pushed += 4096;
        assert_eq!(framer.poll(), Ok(None));
        assert!(framer.rest().len() <= STANZA_BYTES_MAX);
    }
    assert!(framer.rest().is_empty());
    framer.push(b"</a>");
    let Ok(Some(Frame::Skipped(skipped))) = framer.poll() else { panic!("it is not skipped") };
    assert_eq!(skipped.why, botmother::xml::Error::TooLarge);
    assert_eq!(skipped.bytes, 7 + pushed as u64);
    const { assert!(UNHANDLED_MAX <= 1024) };
}
