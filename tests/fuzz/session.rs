//! A whole session, given what a server says: pieces between bytes of 1, mixed with any other input at any moment.

use std::time::Duration;

use botmother::base::jid::BareJid;
use botmother::base::secret::Secret;
use botmother::base::time::Now;
use botmother::xml::Element;
use botmother::xmpp::iq::Peer;
use botmother::xmpp::presence;
use botmother::xmpp::session::{CatchUpFrom, Lost, Session, SessionConfig, SessionInput, SessionOutput, TlsFacts};
use botmother::xmpp::stanza::IqKind;

use super::mutate::Random;

/// Opens a stream; stands for `{header}` in dialogs.
pub(crate) const HEADER: &str =
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

fn new_session(random: &mut Random) -> Session {
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
    let mut entropy = Random::seeded(random.below(1000) as u64);
    Session::new(config, Box::new(move |out| entropy.fill(out)))
}

fn random_input<'a>(random: &mut Random, bytes: &'a [u8]) -> SessionInput<'a> {
    match random.below(30) {
        0 => SessionInput::Lost(Lost::Network("cut".into())),
        1 => SessionInput::Send { tag: Some(1), stanza: "<message/>".into() },
        2 => SessionInput::CatchUp(CatchUpFrom { after: Some("m0".into()), age: None, in_doubt: Some(Vec::new()) }),
        3 => SessionInput::CatchUp(CatchUpFrom { after: None, age: None, in_doubt: Some(Vec::new()) }),
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

/// Chance comes from what is said, so that it alone shows a failure again.
pub(super) fn session(data: &[u8]) {
    let random = &mut Random::of(data);
    let mut session = new_session(random);
    let mut bytes = data.to_vec();
    let mut now = Now::default();
    let mut out = Vec::new();
    if random.below(2) == 0 {
        log_in(&mut session, now);
        let after = (random.below(2) == 0).then(|| "m0".to_string());
        session.handle(now, SessionInput::CatchUp(CatchUpFrom { after, age: None, in_doubt: None }));
        session.take_write(&mut out);
        note_ids(&mut bytes, &out);
    }
    for said in bytes.split(|byte| *byte == 1).flat_map(|said| said.chunks(1 + said.len() / 2)) {
        now.mono += Duration::from_millis(random.below(5000) as u64);
        session.handle(now, random_input(random, said));
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
}
