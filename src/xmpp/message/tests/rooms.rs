//! Rooms: what is said in them and from their archives, moderation, invitations.

use super::*;

/// Prosody: a message that the room sends to who comes in.
pub(super) const ROOM_HISTORY: &str = "<message xml:lang='en' to='me@here.example/bot' from='room@muc.there.example/Anna M.' \
    type='groupchat' id='u-1'><body>hi all</body><origin-id xmlns='urn:xmpp:sid:0' id='u-1'/>\
    <delay xmlns='urn:xmpp:delay' stamp='2000-01-01T00:00:00Z'/>\
    <occupant-id xmlns='urn:xmpp:occupant-id:0' id='wPQGDaCqJx5v='/>\
    <stanza-id xmlns='urn:xmpp:sid:0' by='anna@there.example' id='forged'/>\
    <stanza-id xmlns='urn:xmpp:sid:0' by='room@muc.there.example' id='s-9'/>\
    <delay xmlns='urn:xmpp:delay' from='room@muc.there.example' stamp='1970-01-01T00:00:05Z'/></message>";

#[test]
fn rooms() {
    let message = live(ROOM_HISTORY);
    let room = message.room.clone().unwrap();
    assert_eq!((room.room.as_str(), room.nick.as_deref()), ("room@muc.there.example", Some("Anna M.")));
    assert_eq!(room.occupant_id.as_deref(), Some("wPQGDaCqJx5v="));
    assert_eq!((message.reference(), message.marker_reference()), (Some("s-9"), Some("s-9")));
    assert!(room.is_history && !room.is_private);
    assert_eq!((message.stamp_ms, message.archive_id.as_deref()), (Some(5000), None));
    // A stamp that the room did not make does not turn news into history.
    let live_one = live(&ROOM_HISTORY.replace("from='room@muc.there.example' stamp", "stamp"));
    assert!(!live_one.room.unwrap().is_history);
    let twice =
        "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='boss'/><occupant-id xmlns='urn:xmpp:occupant-id:0' id='me'/>";
    let twice = live(&format!("<message from='r@c/n' type='groupchat'><body>x</body>{twice}</message>"));
    assert_eq!(twice.room.as_ref().unwrap().occupant_id, None);
    assert_eq!((twice.reference(), twice.marker_reference()), (None, None));
    let said_by_room = live("<message from='room@muc.there.example' type='groupchat'><body>x</body></message>");
    assert_eq!(said_by_room.room.unwrap().nick, None);
}

#[test]
fn subjects() {
    let in_room = |xml: &str| live(&format!("<message from='r@c/n' type='groupchat'>{xml}</message>"));
    assert!(in_room("<subject>Today</subject>").is_subject_change());
    assert_eq!(in_room("<subject/>").subject.as_deref(), Some(""));
    assert!(in_room("<subject/><body/>").is_subject_change());
    assert!(!in_room("<subject>a</subject><body>b</body>").is_subject_change());
    assert!(!in_room("<body>b</body>").is_subject_change());
    assert!(!live("<message from='a@b' type='chat'><subject>a</subject></message>").is_subject_change());
}

#[test]
fn only_a_room_may_tell_from_its_archive() {
    let result = |outer: &str, inner: &str, kind: &str| {
        let sender = if inner.is_empty() { String::new() } else { format!("from='{inner}'") };
        read_text(&format!(
            "<message from='{outer}' to='{ME}/bot'><result xmlns='urn:xmpp:mam:2' queryid='q' id='34482'>\
             <forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' stamp='1970-01-01T00:00:02Z'/>\
             <message xmlns='jabber:client' {sender} type='{kind}' id='m'><body>old</body>\
             <stanza-id xmlns='urn:xmpp:sid:0' by='{ME}' id='f'/></message></forwarded></result></message>"
        ))
    };
    let Reading::Live(message) = result("tea@muc.here", "tea@muc.here/alice", "groupchat") else { panic!() };
    assert_eq!((message.via, message.archive_id, message.stamp_ms), (Via::RoomArchive, None, Some(2000)));
    let room = message.room.unwrap();
    assert_eq!((room.query.as_deref(), room.stanza_id.as_deref()), (Some("q"), Some("34482")));
    assert_eq!((room.nick.as_deref(), room.delayed_by), (Some("alice"), Some(jid("tea@muc.here"))));
    for (outer, inner, kind) in [
        ("tea@muc.here/alice", "tea@muc.here/alice", "groupchat"),
        ("evil@here", "tea@muc.here/alice", "groupchat"),
        ("muc.here", "tea@muc.here/alice", "groupchat"),
        ("muc.here", "muc.here/alice", "groupchat"),
        ("tea@muc.here", "other@muc.here/alice", "groupchat"),
        ("tea@muc.here", "boss@here", "groupchat"),
        ("tea@muc.here", "", "groupchat"),
        ("tea@muc.here", "tea@muc.here/alice", "chat"),
    ] {
        let reading = result(outer, inner, kind);
        assert!(matches!(reading, Reading::Forged("archive result")), "{outer} {inner} {kind}");
    }
}

#[test]
fn private_messages_in_rooms() {
    let text = "<message from='room@muc.there.example/Anna' to='me@here.example/bot' type='chat' id='1'><body>psst</body>\
        <x xmlns='http://jabber.org/protocol/muc#user'/><stanza-id xmlns='urn:xmpp:sid:0' by='room@muc.there.example' id='f'/>\
        <occupant-id xmlns='urn:xmpp:occupant-id:0' id='o'/></message>";
    let message = live(text);
    let room = message.room.clone().unwrap();
    assert!(room.is_private && !room.is_history && room.stanza_id.is_none());
    assert_eq!((room.nick.as_deref(), room.occupant_id.as_deref()), (Some("Anna"), Some("o")));
    assert_eq!(message.reference(), Some("1"));
    // Nothing says that it is one; who knows the room knows it nevertheless.
    let unmarked = live(&text.replace("<x xmlns='http://jabber.org/protocol/muc#user'/>", ""));
    assert_eq!(unmarked.room, None);
    assert_eq!(InRoom::private(&unmarked.from), Some(InRoom { occupant_id: None, ..room }));
    assert_eq!(InRoom::private(&jid("r@c")), None);
    // Sent by our other device: the occupant is the addressee, and what it says about itself is about us.
    let carbon = format!(
        "<message from='{ME}'><sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>{}</forwarded>\
         </sent></message>",
        text.replace(
            "from='room@muc.there.example/Anna' to='me@here.example/bot'",
            "from='me@here.example/phone' to='r@c/Bo'"
        )
        .replace("<message", "<message xmlns='jabber:client'")
    );
    let room = live(&carbon).room.unwrap();
    assert_eq!((room.room.as_str(), room.nick.as_deref(), room.occupant_id), ("r@c", Some("Bo"), None));
}

/// ejabberd: an invitation passed on by a room, in both forms.
pub(super) const MEDIATED_INVITATION: &str = "<message from='room@muc.there.example' to='me@here.example' id='i'>\
    <x xmlns='http://jabber.org/protocol/muc#user'><invite from='anna@there.example/Conversations.3Xqz'>\
    <reason>come in</reason></invite><password>sesame</password></x>\
    <x xmlns='jabber:x:conference' jid='room@muc.there.example'>come in</x>\
    <body>anna@there.example invites you to the room room@muc.there.example</body></message>";

#[test]
fn invitations() {
    let message = live(MEDIATED_INVITATION);
    let expected = Invitation {
        room: BareJid::parse("room@muc.there.example").unwrap(),
        inviter: Some(jid("anna@there.example/Conversations.3Xqz")),
        reason: Some("come in".into()),
        password: Some(crate::base::secret::Secret::new("sesame")),
        is_mediated: true,
    };
    assert_eq!(message.invitation, Some(expected));
    assert_eq!((message.text(), message.room.is_some()), (None, false));
    assert!(!format!("{message:?}").contains("sesame"));
    let direct = live(
        "<message from='anna@there.example/gajim' to='me@here.example'><x xmlns='jabber:x:conference' \
         jid='room@muc.there.example' password='sesame' reason='soon' continue='true' thread='e0'/></message>",
    );
    let invitation = direct.invitation.unwrap();
    assert_eq!(invitation.inviter, Some(jid("anna@there.example/gajim")));
    assert_eq!((invitation.is_mediated, invitation.reason.as_deref()), (false, Some("soon")));
    assert_eq!(invitation.password.unwrap().expose(), "sesame");
    for nothing in ["jid='@'", "", "jid='muc.there.example'"] {
        let text = format!("<message from='a@b/c'><x xmlns='jabber:x:conference' {nothing}/></message>");
        assert_eq!(live(&text).invitation, None, "{nothing}");
    }
}

#[test]
fn nobody_invites_in_the_name_of_another() {
    // An occupant, in a private message: only what he says in his own name counts.
    let occupant =
        MEDIATED_INVITATION.replace("from='room@muc.there.example' to", "from='room@muc.there.example/evil' to");
    let message = live(&occupant);
    let invitation = message.invitation.unwrap();
    assert_eq!(invitation.inviter, Some(jid("room@muc.there.example/evil")));
    assert!(!invitation.is_mediated && message.room.unwrap().is_private);
    let without_direct = occupant.replace("jabber:x:conference", "x");
    assert_eq!(live(&without_direct).invitation, None);
    // In front of everybody, nobody is invited.
    assert_eq!(live(&MEDIATED_INVITATION.replace("id='i'", "type='groupchat'")).invitation, None);
    // What our other device sends to a room.
    assert_eq!(live(&without_direct.replace("/evil", "").replace("invite from", "invite to")).invitation, None);
}

/// Prosody's mod_muc_moderation, then and now.
pub(super) const MODERATION: &str = "<message from='room@muc.there.example' to='me@here.example/bot' type='groupchat' id='x'>\
    <retract xmlns='urn:xmpp:message-retract:1' id='s-1'><moderated xmlns='urn:xmpp:message-moderate:1' \
    by='room@muc.there.example/boss'><occupant-id xmlns='urn:xmpp:occupant-id:0' id='o'/></moderated>\
    <reason>spam</reason></retract></message>";
pub(super) const MODERATION_LEGACY: &str = "<message from='room@muc.there.example' to='me@here.example/bot' type='groupchat'>\
    <apply-to xmlns='urn:xmpp:fasten:0' id='s-1'><moderated xmlns='urn:xmpp:message-moderate:0' \
    by='room@muc.there.example/boss'><retract xmlns='urn:xmpp:message-retract:0'/><reason>spam</reason></moderated>\
    </apply-to></message>";

#[test]
fn only_the_room_moderates() {
    for text in [MODERATION, MODERATION_LEGACY] {
        let expected = Retraction { id: "s-1".into(), is_moderated: true, reason: Some("spam".into()) };
        assert_eq!(live(text).retraction, Some(expected), "{text}");
        let room = "from='room@muc.there.example'";
        assert_eq!(live(&text.replace(room, "from='room@muc.there.example/evil'")).retraction, None, "{text}");
        assert_eq!(live(&text.replace("groupchat", "chat")).retraction, None, "{text}");
    }
}
