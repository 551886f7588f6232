//! Presence as servers send it, and as we build it.

use super::*;
use crate::base::secret::Secret;
use crate::xml::Namespaces;
use crate::xmpp::muc::why::{By, Departure, Loss, RoomRefusal, Why};

fn read(text: &str) -> RoomPresence {
    RoomPresence::read(&Element::parse(text, &Namespaces::default_is(ns::CLIENT)).unwrap()).unwrap()
}

/// A presence with this in its `<x/>`.
fn user(kind: &str, inside: &str) -> RoomPresence {
    let x = format!("<x xmlns='http://jabber.org/protocol/muc#user'>{inside}</x>");
    read(&format!("<presence from='tea@muc.here/Bot' to='me@here/bot' {kind}>{x}</presence>"))
}

#[test]
fn builds() {
    let us = Jid::parse("tea@muc.here/the bot").unwrap();
    let join = build_join(&us, "j1", Some(&Secret::new("a<b")), History::Nothing).print(ns::CLIENT);
    assert!(join.starts_with(
        "<presence to='tea@muc.here/the bot' id='j1'><x xmlns='http://jabber.org/protocol/muc'>\
         <history maxstanzas='0'/><password>a&lt;b</password></x><c "
    ));
    let join = build_join(&us, "j2", None, History::Since(1000)).print(ns::CLIENT);
    assert!(join.contains("<history maxstanzas='100' since='1970-01-01T00:00:01.000Z'/></x>"), "{join}");
    assert!(build_nick(&us, "n1").print(ns::CLIENT).starts_with("<presence to='tea@muc.here/the bot' id='n1'><c "));
    assert_eq!(build_leave(&us).print(ns::CLIENT), "<presence to='tea@muc.here/the bot' type='unavailable'/>");
}

#[test]
fn reads_occupants() {
    // Prosody: a non-anonymous room, with occupant-id.
    let presence = read(
        "<presence from='tea@muc.here/alice' to='me@here/bot' xml:lang='en'><show>away</show>\
         <occupant-id xmlns='urn:xmpp:occupant-id:0' id='occ'/><x xmlns='vcard-temp:x:update'/>\
         <x xmlns='http://jabber.org/protocol/muc#user'>\
         <item affiliation='owner' role='moderator' jid='Alice@here/phone'/></x></presence>",
    );
    assert_eq!(presence.kind, RoomPresenceKind::Available);
    assert_eq!((presence.occupant.affiliation, presence.occupant.role), (Affiliation::Owner, Role::Moderator));
    assert_eq!(presence.occupant.real_jid, Jid::parse("alice@here/phone").ok());
    assert_eq!((presence.occupant.id.as_deref(), presence.is_self()), (Some("occ"), false));
    // ejabberd: our own presence in a new room.
    let presence = user(
        "id='j1'",
        "<item affiliation='owner' role='moderator'/><status code='100'/><status code='110'/><status code='201'/>\
         <status code='x'/><status/>",
    );
    assert_eq!(presence.codes, [100, 110, 201]);
    assert!(presence.is_self() && presence.id.as_deref() == Some("j1"));
    assert!(Affiliation::Outcast < Affiliation::None && Role::Visitor < Role::Participant);
    for nothing in ["<presence from='@'/>", "<presence/>", "<presence from='a@b' type='subscribe'/>", "<message/>"] {
        let stanza = Element::parse(nothing, &Namespaces::default_is(ns::CLIENT)).unwrap();
        assert!(RoomPresence::read(&stanza).is_none(), "{nothing}");
    }
    let long = "x".repeat(limits::OCCUPANT_ID_BYTES_MAX + 1);
    let text = format!("<presence from='a@b/c'><occupant-id xmlns='urn:xmpp:occupant-id:0' id='{long}'/></presence>");
    assert_eq!(read(&text).occupant.id, None);
}

#[test]
fn reads_why_somebody_is_gone() {
    let item = "<item affiliation='none' role='none'><actor nick='alice'/><reason>spam</reason></item>";
    let by = || By { actor: Some("alice".into()), reason: Some("spam".into()) };
    for (codes, departure, sentence) in [
        (&[110, 307][..], Departure::Kicked(by()), "we were kicked out of the room by alice (spam)"),
        (&[110, 301], Departure::Banned(by()), "we were banned from the room by alice (spam)"),
        (&[301, 333], Departure::Banned(by()), "we were banned from the room by alice (spam)"),
        (
            &[321],
            Departure::MembershipLost(by()),
            "we were put out of the room by alice, as we are no member any more (spam)",
        ),
        (
            &[322],
            Departure::MembersOnly(by()),
            "we were put out of the room by alice, as it is for members only now (spam)",
        ),
    ] {
        let codes: String = codes.iter().map(|code| format!("<status code='{code}'/>")).collect();
        let presence = user("type='unavailable'", &format!("{item}{codes}"));
        assert_eq!(presence.kind, RoomPresenceKind::Unavailable);
        let read = Departure::read(&presence).unwrap();
        assert_eq!((read.to_string().as_str(), read), (sentence, departure));
    }
    let gone = user(
        "type='unavailable'",
        "<item affiliation='none' role='none'/><status code='110'/>\
         <destroy jid='coffee@muc.here'><reason>too small</reason></destroy>",
    );
    assert_eq!(
        Departure::read(&gone).unwrap().to_string(),
        "the room was destroyed; the place to go is coffee@muc.here (too small)"
    );
}

#[test]
fn reads_what_nobody_wanted() {
    for (kind, inside, status, loss) in [
        ("unavailable", "<status code='307'/><status code='333'/>", "", Loss::Error(None)),
        ("unavailable", "<status code='110'/><status code='332'/>", "", Loss::Shutdown),
        ("unavailable", "<status code='110'/>", "<status>timeout</status>", Loss::Dropped(Some("timeout".into()))),
    ] {
        let x = format!("<x xmlns='http://jabber.org/protocol/muc#user'>{inside}</x>");
        let presence = read(&format!("<presence from='a@b/c' type='{kind}'>{status}{x}</presence>"));
        assert_eq!(Departure::read(&presence), None);
        assert_eq!(Loss::read(&presence), loss);
    }
}

fn refusal(error: &str, had_password: bool) -> RoomRefusal {
    let presence = read(&format!(
        "<presence from='tea@muc.here/bot' type='error' id='j1'><x xmlns='http://jabber.org/protocol/muc'/>\
         <error type='cancel' by='tea@muc.here'>{error}</error></presence>"
    ));
    let RoomPresenceKind::Error { error, moved_to } = &presence.kind else { panic!("{presence:?}") };
    let password = had_password.then(|| Secret::new("sesame"));
    RoomRefusal::of_join(error, moved_to.as_ref(), password.as_ref())
}

#[test]
fn reads_refusals() {
    let condition = |name: &str| format!("<{name} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>");
    for (name, had_password, why, passes) in [
        ("conflict", false, Why::NickTaken, false),
        ("not-authorized", false, Why::PasswordRequired, false),
        ("not-authorized", true, Why::PasswordWrong, false),
        ("registration-required", false, Why::MembersOnly, false),
        ("forbidden", false, Why::Banned, false),
        ("not-allowed", false, Why::CreationForbidden, false),
        ("item-not-found", false, Why::NotFound, true),
        ("service-unavailable", false, Why::Full, true),
        ("jid-malformed", false, Why::NickMalformed, false),
        ("not-acceptable", false, Why::NickReserved, false),
        ("gone", false, Why::Gone(None), false),
        ("resource-constraint", false, Why::Busy, true),
        ("remote-server-not-found", false, Why::Unreachable, true),
        ("remote-server-timeout", false, Why::Unreachable, true),
        ("internal-server-error", false, Why::Other("internal-server-error".into()), true),
        ("bad-request", false, Why::Other("bad-request".into()), false),
    ] {
        let read = refusal(&condition(name), had_password);
        assert_eq!((&read.why, read.may_pass(), &read.words), (&why, passes, &None), "{name}");
    }
    let moved = "<gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>xmpp:new@muc.there?join</gone>\
                 <text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'> We moved. </text>";
    assert_eq!(refusal(moved, false).to_string(), "the room has moved to new@muc.there (We moved.)");
    assert_eq!(refusal("", false).why, Why::Other("undefined-condition".into()));
    let long = format!("<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>{}</text>", "ü".repeat(10_000));
    assert!(refusal(&long, false).words.unwrap().len() <= limits::ROOM_REASON_BYTES_MAX);
}

#[test]
fn every_refusal_has_its_own_sentence() {
    let all = [
        Why::NickTaken,
        Why::NickMalformed,
        Why::NickReserved,
        Why::NickFixed,
        Why::PasswordRequired,
        Why::PasswordWrong,
        Why::MembersOnly,
        Why::Banned,
        Why::CreationForbidden,
        Why::NotFound,
        Why::Full,
        Why::Busy,
        Why::Gone(None),
        Why::Gone(BareJid::parse("a@b").ok()),
        Why::Unreachable,
        Why::Timeout,
        Why::Offline,
        Why::NotUnlocked,
        Why::Removed(Departure::Asked),
        Why::Dropped,
        Why::Other("x".into()),
    ];
    let sentences: std::collections::BTreeSet<String> = all.iter().map(Why::to_string).collect();
    assert_eq!(sentences.len(), all.len());
}
