//! Messages as clients and servers of today write them, in and out.

mod rooms;

use super::*;
use crate::xml::Namespaces;
use rooms::{MEDIATED_INVITATION, MODERATION, MODERATION_LEGACY, ROOM_HISTORY};

const ME: &str = "me@here.example";

fn element(text: &str) -> Element {
    Element::parse(text, &Namespaces::default_is(ns::CLIENT)).unwrap()
}

fn read_text(text: &str) -> Reading {
    read(&element(text), &BareJid::parse(ME).unwrap())
}

fn live(text: &str) -> Inbound {
    match read_text(text) {
        Reading::Live(message) => *message,
        other => panic!("{other:?}"),
    }
}

/// Reads what we print as the other side would.
fn there(message: &Outbound) -> Inbound {
    live(&message.print())
}

fn jid(text: &str) -> Jid {
    Jid::parse(text).unwrap()
}

#[test]
fn reads_a_message() {
    let message = live(
        "<message from='a@b/r' to='me@here.example' type='chat' id='1'><body xml:lang='de'>hallo</body>\
         <body>hello &amp; \u{1f44d}</body><origin-id xmlns='urn:xmpp:sid:0' id='2'/>\
         <stanza-id xmlns='urn:xmpp:sid:0' by='a@b' id='x'/>\
         <stanza-id xmlns='urn:xmpp:sid:0' by='me@here.example' id='3'/>\
         <delay xmlns='urn:xmpp:delay' stamp='1970-01-01T00:00:01Z'/></message>",
    );
    assert_eq!(message.from.as_str(), "a@b/r");
    assert_eq!((message.kind, message.via), (Kind::Chat, Via::Direct));
    assert_eq!(message.text(), Some("hello & \u{1f44d}"));
    assert_eq!(message.id.as_deref(), Some("1"));
    assert_eq!(message.origin_id.as_deref(), Some("2"));
    assert_eq!(message.archive_id.as_deref(), Some("3"));
    assert_eq!(message.stamp_ms, Some(1000));
    assert!(!message.is_private && !message.is_encrypted && message.room.is_none());
    let other = live("<message><body xml:lang='en'>only</body><encrypted xmlns='urn:xmpp:omemo:2'/></message>");
    assert_eq!((other.from.as_str(), other.body.as_deref()), (ME, Some("only")));
    assert!(other.is_encrypted && other.is_of_interest());
    assert!(!live("<message><body/></message>").is_of_interest());
    assert!(live("<message type='error'/>").is_of_interest());
    assert!(matches!(read_text("<message from='@'/>"), Reading::Nothing));
}

#[test]
fn only_our_account_may_wrap() {
    let carbon = |from: &str| {
        read_text(&format!(
            "<message from='{from}'><sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>\
             <message xmlns='jabber:client' from='{ME}/phone' to='x@y'><body>hi</body></message>\
             </forwarded></sent></message>"
        ))
    };
    assert!(matches!(carbon(ME), Reading::Live(message) if message.via == Via::CarbonSent));
    for other in ["me@here.example/other", "evil@here.example", "here.example"] {
        assert!(matches!(carbon(other), Reading::Forged("carbon")), "{other}");
    }
}

#[test]
fn wrapped_messages_carry_the_same() {
    let inner = |text: &str| text.replacen("<message", "<message xmlns='jabber:client'", 1);
    let archived = |from: &str, text: &str| {
        read_text(&format!(
            "<message from='{from}' to='{ME}/bot'><result xmlns='urn:xmpp:mam:2' queryid='q' id='arc-1'>\
             <forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' stamp='1970-01-01T00:00:09Z'/>{}\
             </forwarded></result></message>",
            inner(text)
        ))
    };
    let Reading::Archived { query, message } = archived(ME, DINO_REACTION) else { panic!() };
    assert_eq!(
        (query.as_deref(), message.archive_id.as_deref(), message.via),
        (Some("q"), Some("arc-1"), Via::Archive)
    );
    assert_eq!((message.stamp_ms, message.reactions.as_ref().map(|it| it.id.as_str())), (Some(9000), Some("m-1")));
    let Reading::Archived { message, .. } = archived(ME, ROOM_HISTORY) else { panic!() };
    assert_eq!(message.stamp_ms, Some(9000));
    assert!(matches!(archived("anna@there.example", DINO_REACTION), Reading::Forged("archive result")));
    let carbon = live(&format!(
        "<message from='{ME}'><received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>{}</forwarded>\
         </received></message>",
        inner(GAJIM_REPLY)
    ));
    assert_eq!((carbon.via, carbon.text()), (Via::CarbonReceived, Some("/wetter \u{1f30d}")));
}

#[test]
fn texts_and_events() {
    for (text, has_event, is_of_interest) in [
        (CONVERSATIONS_TEXT, false, true),
        (CONVERSATIONS_FILE, false, true),
        (MONAL_CORRECTION, false, true),
        (GAJIM_REPLY, false, true),
        (ROOM_HISTORY, false, true),
        (CONVERSATIONS_RECEIPT, true, false),
        (DINO_REACTION, true, false),
        (RETRACTION, true, false),
        (MODERATION, true, false),
        (MEDIATED_INVITATION, true, false),
        ("<message from='r@c' type='groupchat'><subject/></message>", true, false),
        ("<message from='a@b'><gone xmlns='http://jabber.org/protocol/chatstates'/></message>", false, false),
    ] {
        let message = live(text);
        assert_eq!((message.has_event(), message.is_of_interest()), (has_event, is_of_interest), "{text}");
    }
}

/// Conversations: everything a usual text carries.
const CONVERSATIONS_TEXT: &str = "<message to='me@here.example' from='anna@there.example/Conversations.3Xqz' type='chat' \
    id='2bJ-0f5dTnWg7g'><body>Hallo Bot</body><request xmlns='urn:xmpp:receipts'/>\
    <markable xmlns='urn:xmpp:chat-markers:0'/><origin-id xmlns='urn:xmpp:sid:0' id='2bJ-0f5dTnWg7g'/>\
    <active xmlns='http://jabber.org/protocol/chatstates'/>\
    <stanza-id xmlns='urn:xmpp:sid:0' id='1700000000000001' by='me@here.example'/></message>";

#[test]
fn conversations_writes() {
    let message = live(CONVERSATIONS_TEXT);
    assert_eq!((message.text(), message.reference()), (Some("Hallo Bot"), Some("2bJ-0f5dTnWg7g")));
    let two_ids = live("<message id='1'><body>x</body><origin-id xmlns='urn:xmpp:sid:0' id='2'/></message>");
    assert_eq!((two_ids.reference(), two_ids.marker_reference()), (Some("2"), Some("1")));
    assert!(message.wants_receipt && message.is_markable);
    assert_eq!(message.chat_state, Some(ChatState::Active));
    assert_eq!((&message.receipt, &message.marker, &message.reactions), (&None, &None, &None));
}

/// Conversations: receipt and marker in one.
const CONVERSATIONS_RECEIPT: &str = "<message to='me@here.example/bot' from='anna@there.example/Conversations.3Xqz' \
    type='chat' id='g1ZkV7m'><received xmlns='urn:xmpp:chat-markers:0' id='77'/>\
    <received xmlns='urn:xmpp:receipts' id='77'/><request xmlns='urn:xmpp:receipts'/><store xmlns='urn:xmpp:hints'/>\
    </message>";

#[test]
fn receipts_and_markers() {
    let message = live(CONVERSATIONS_RECEIPT);
    assert_eq!(message.receipt.as_deref(), Some("77"));
    assert_eq!(message.marker, Some(Marker { stage: Stage::Received, id: "77".into() }));
    assert!(!message.wants_receipt && !message.is_of_interest() && message.text().is_none());
    let displayed = live(
        "<message from='a@b/dino' type='chat' id='9'><displayed xmlns='urn:xmpp:chat-markers:0' id='78'/>\
         <markable xmlns='urn:xmpp:chat-markers:0'/><store xmlns='urn:xmpp:hints'/></message>",
    );
    assert_eq!(displayed.marker, Some(Marker { stage: Stage::Displayed, id: "78".into() }));
    assert!(!displayed.is_markable);
    for nothing in ["<received xmlns='urn:xmpp:receipts'/>", "<received xmlns='urn:xmpp:receipts' id=''/>"] {
        assert_eq!(live(&format!("<message from='a@b'>{nothing}</message>")).receipt, None);
    }
    let long = "x".repeat(limits::MESSAGE_ID_BYTES_MAX + 1);
    assert_eq!(live(&format!("<message><received xmlns='urn:xmpp:receipts' id='{long}'/></message>")).receipt, None);
    let in_room =
        live("<message type='groupchat' from='r@c/n'><body>x</body><request xmlns='urn:xmpp:receipts'/></message>");
    assert!(!in_room.wants_receipt);
}

#[test]
fn chat_states() {
    let state = |xml: &str| live(&format!("<message from='a@b/c' type='chat'>{xml}</message>")).chat_state;
    for (name, expected) in [
        ("active", ChatState::Active),
        ("composing", ChatState::Composing),
        ("paused", ChatState::Paused),
        ("inactive", ChatState::Inactive),
        ("gone", ChatState::Gone),
    ] {
        assert_eq!(state(&format!("<{name} xmlns='{}'/>", ns::CHAT_STATES)), Some(expected));
        assert_eq!(there(&Outbound::chat_state(jid("a@b"), Kind::Chat, "1", expected)).chat_state, Some(expected));
    }
    assert_eq!(state("<composing xmlns='jabber:x:event'/>"), None);
    assert_eq!(state(&format!("<dancing xmlns='{}'/>", ns::CHAT_STATES)), None);
}

/// Dino: a reaction.
const DINO_REACTION: &str = "<message to='me@here.example' from='anna@there.example/dino.8a2f' type='chat' \
    id='0d2a5a3e-2c58-4b7e-a5dc-0f5a2f8c7f11'><reactions xmlns='urn:xmpp:reactions:0' id='m-1'>\
    <reaction>\u{1f44d}\u{1f3fd}</reaction><reaction>\u{1f44d}\u{1f3fd}</reaction><reaction> \u{2764}\u{fe0f} </reaction>\
    <reaction/></reactions><store xmlns='urn:xmpp:hints'/></message>";

#[test]
fn reactions() {
    let message = live(DINO_REACTION);
    let expected = Reactions { id: "m-1".into(), emoji: vec!["\u{1f44d}\u{1f3fd}".into(), "\u{2764}\u{fe0f}".into()] };
    assert_eq!(message.reactions, Some(expected));
    assert!(!message.is_of_interest());
    let with_fallback = live(
        "<message from='a@b' type='chat'><body>> x\n\u{1f44d}</body><reactions xmlns='urn:xmpp:reactions:0' id='m'>\
         <reaction>\u{1f44d}</reaction></reactions></message>",
    );
    assert_eq!((with_fallback.text(), with_fallback.reactions.clone().unwrap().emoji.len()), (None, 1));
    let taken_back = live("<message from='a@b'><reactions xmlns='urn:xmpp:reactions:0' id='m'/></message>");
    assert_eq!(taken_back.reactions, Some(Reactions { id: "m".into(), emoji: Vec::new() }));
    assert_eq!(live("<message from='a@b'><reactions xmlns='urn:xmpp:reactions:0'/></message>").reactions, None);
    let many: String = (0..500).map(|n| format!("<reaction>{n}</reaction>")).collect();
    let many = format!("<message><reactions xmlns='urn:xmpp:reactions:0' id='m'>{many}</reactions></message>");
    assert_eq!(live(&many).reactions.unwrap().emoji.len(), limits::REACTIONS_MAX);
    let long = "\u{1f44d}".repeat(100);
    let long = format!(
        "<message><reactions xmlns='urn:xmpp:reactions:0' id='m'><reaction>{long}</reaction></reactions></message>"
    );
    assert!(live(&long).reactions.unwrap().emoji.is_empty());
}

/// Gajim: a reply with a quotation.
const GAJIM_REPLY: &str = "<message xml:lang='en' to='me@here.example' from='anna@there.example/gajim.PN2D' type='chat' \
    id='f1e7'><origin-id xmlns='urn:xmpp:sid:0' id='f1e7'/><request xmlns='urn:xmpp:receipts'/>\
    <body>&gt; Wie wird \u{1f327}?\n&gt; Und wo?\n/wetter \u{1f30d}</body><markable xmlns='urn:xmpp:chat-markers:0'/>\
    <fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'><body start='0' end='24'/></fallback>\
    <reply xmlns='urn:xmpp:reply:0' to='me@here.example/bot' id='m-2'/></message>";

#[test]
fn replies() {
    let message = live(GAJIM_REPLY);
    assert_eq!(message.reply, Some(RepliedTo { id: "m-2".into(), to: Some(jid("me@here.example/bot")) }));
    assert_eq!(message.text(), Some("/wetter \u{1f30d}"));
    // Movim names the mark as an early draft did.
    let movim = live(&GAJIM_REPLY.replace("urn:xmpp:fallback:0", "urn:xmpp:feature-fallback:0"));
    assert_eq!(movim.text(), Some("/wetter \u{1f30d}"));
    let other_feature = live(&GAJIM_REPLY.replace("for='urn:xmpp:reply:0'", "for='urn:example:0'"));
    assert!(other_feature.text().unwrap().starts_with("> Wie"));
    // Without the reply the quotation is all there is to know about it.
    let no_reply = live(&GAJIM_REPLY.replace("<reply ", "<answer "));
    assert!(no_reply.text().unwrap().starts_with("> Wie"));
    let no_author = live(&GAJIM_REPLY.replace("to='me@here.example/bot'", "to='@'"));
    assert_eq!(no_author.reply, Some(RepliedTo { id: "m-2".into(), to: None }));
    assert_eq!(live(&GAJIM_REPLY.replace("end='24'", "end='2400'")).text(), no_reply.text());
    let empty = "<message from='a@b'><body>&gt; x</body><reply xmlns='urn:xmpp:reply:0' id='1'/>\
        <fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'><body/></fallback></message>";
    assert_eq!(live(empty).text(), None);
}

/// Monal: a correction.
const MONAL_CORRECTION: &str = "<message to='me@here.example' from='anna@there.example/Monal-iOS.4f2a' type='chat' \
    id='C0FFEE-2'><body>Berlin</body><replace id='C0FFEE-1' xmlns='urn:xmpp:message-correct:0'/>\
    <origin-id id='C0FFEE-2' xmlns='urn:xmpp:sid:0'/><request xmlns='urn:xmpp:receipts'/>\
    <markable xmlns='urn:xmpp:chat-markers:0'/></message>";

#[test]
fn corrections() {
    let message = live(MONAL_CORRECTION);
    assert_eq!((message.replaces.as_deref(), message.text()), (Some("C0FFEE-1"), Some("Berlin")));
    assert_eq!(live("<message><body>x</body><replace xmlns='urn:xmpp:message-correct:0'/></message>").replaces, None);
}

/// Gajim, Monal: a retraction as XEP-0424 is today.
const RETRACTION: &str = "<message to='me@here.example' from='anna@there.example/x' type='chat' id='r1'>\
    <retract xmlns='urn:xmpp:message-retract:1' id='m-3'/>\
    <fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:message-retract:1'/>\
    <body>/me retracted a previous message, but it's unsupported by your client.</body>\
    <store xmlns='urn:xmpp:hints'/></message>";

/// Converse before version 11: as it was.
const RETRACTION_LEGACY: &str = "<message to='me@here.example' from='anna@there.example/x' type='chat' id='r1'>\
    <apply-to xmlns='urn:xmpp:fasten:0' id='m-3'><retract xmlns='urn:xmpp:message-retract:0'/></apply-to>\
    <body>This person attempted to retract a previous message</body><fallback xmlns='urn:xmpp:fallback:0'/></message>";

#[test]
fn retractions() {
    for text in [RETRACTION, RETRACTION_LEGACY] {
        let message = live(text);
        let expected = Retraction { id: "m-3".into(), is_moderated: false, reason: None };
        assert_eq!((message.retraction.as_ref(), message.text()), (Some(&expected), None), "{text}");
        assert!(!message.is_of_interest());
    }
    let fastened =
        "<message><apply-to xmlns='urn:xmpp:fasten:0' id='m'><edit xmlns='x'/></apply-to><body>x</body></message>";
    assert_eq!((live(fastened).retraction, live(fastened).text()), (None, Some("x")));
    assert_eq!(live("<message><retract xmlns='urn:xmpp:message-retract:1'/></message>").retraction, None);
    assert_eq!(live("<message><retracted xmlns='urn:xmpp:message-retract:1' id='1'/></message>").retraction, None);
}

/// Conversations: a picture.
const CONVERSATIONS_FILE: &str = "<message to='me@here.example' from='anna@there.example/Conversations.3Xqz' type='chat' \
    id='f'><body>https://up.there.example/a1/Bild%201.jpg</body><x xmlns='jabber:x:oob'>\
    <url>https://up.there.example/a1/Bild%201.jpg</url></x><request xmlns='urn:xmpp:receipts'/></message>";

/// Dino: the same with what it knows about the file.
const DINO_FILE: &str = "<message to='me@here.example' from='anna@there.example/dino' type='chat' id='f'>\
    <file-sharing xmlns='urn:xmpp:sfs:0' disposition='inline' id='1'><file xmlns='urn:xmpp:file:metadata:0'>\
    <name>Bild 1.jpg</name><media-type>image/jpeg</media-type><size>3032449</size><width>10</width>\
    <hash xmlns='urn:xmpp:hashes:2' algo='sha-256'>2XarmwTlNxDAMkvymloX3S5+VbylNrJt/l5QyPa+YoU=</hash></file>\
    <sources><jinglepub xmlns='urn:xmpp:jinglepub:1' from='a@b'/>\
    <url-data xmlns='http://jabber.org/protocol/url-data' target='https://up.there.example/a1/Bild%201.jpg'/></sources>\
    </file-sharing><body>https://up.there.example/a1/Bild%201.jpg</body>\
    <fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:sfs:0'><body/></fallback>\
    <x xmlns='jabber:x:oob'><url>https://up.there.example/a1/Bild%201.jpg</url><desc>der Garten</desc></x></message>";

#[test]
fn files() {
    let url = "https://up.there.example/a1/Bild%201.jpg";
    let message = live(CONVERSATIONS_FILE);
    assert_eq!(message.attachments, [Attachment { url: url.into(), ..Attachment::default() }]);
    assert_eq!((message.text(), message.caption()), (Some(url), None));
    let expected = Attachment {
        url: url.into(),
        description: Some("der Garten".into()),
        name: Some("Bild 1.jpg".into()),
        media_type: Some("image/jpeg".into()),
        size_bytes: Some(3_032_449),
    };
    assert_eq!(live(DINO_FILE).attachments, [expected]);
    let with_caption = live(&CONVERSATIONS_FILE.replace("<body>", "<body>Garten\n"));
    assert_eq!(with_caption.caption(), Some("Garten\nhttps://up.there.example/a1/Bild%201.jpg"));
    for bad in
        ["", "x", "a b:c", "https:", "://x", "https://a b", "1:2", "https://a\nb", &format!("a:{}", "b".repeat(5000))]
    {
        let text = format!("<message><x xmlns='jabber:x:oob'><url>{bad}</url></x></message>");
        assert!(live(&text).attachments.is_empty(), "{bad}");
    }
    let many: String = (0..100).map(|n| format!("<x xmlns='jabber:x:oob'><url>a:{n}</url></x>")).collect();
    assert_eq!(live(&format!("<message>{many}</message>")).attachments.len(), limits::ATTACHMENTS_MAX);
}

#[test]
fn refusals() {
    let text = "<message from='anna@there.example' to='me@here.example/bot' type='error' id='m-1'><body>my own words</body>\
        <reactions xmlns='urn:xmpp:reactions:0' id='1'/><received xmlns='urn:xmpp:receipts' id='1'/>\
        <error type='cancel' by='there.example'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>\
        <text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>User session not found</text></error></message>";
    let message = live(text);
    let error = message.error.clone().unwrap();
    assert_eq!((error.kind.as_str(), error.condition.as_str()), ("cancel", "service-unavailable"));
    assert!(message.text().is_none() && message.reactions.is_none() && message.receipt.is_none());
    assert!(message.is_of_interest());
    assert!(message.refuses("m-1", &jid("anna@there.example/phone")));
    assert!(live(&text.replace("anna@there", "there")).refuses("m-1", &jid("anna@there.example")));
    assert!(!message.refuses("m-2", &jid("anna@there.example")));
    assert!(!message.refuses("m-1", &jid("bo@there.example")));
    let occupant = live(&text.replace("anna@there.example", "room@muc.there.example/evil"));
    assert!(!occupant.refuses("m-1", &jid("room@muc.there.example")));
    assert!(occupant.refuses("m-1", &jid("room@muc.there.example/evil")));
    assert!(!live(&text.replace("error' id", "chat' id")).refuses("m-1", &jid("anna@there.example")));
}

#[test]
fn prints_a_message() {
    let reply = RepliedTo { id: "r".into(), to: Some(jid("a@b")) };
    let message = Outbound::text(jid("a@b"), Kind::Chat, "i", "<\u{7}").replying(reply, None).private();
    assert_eq!(
        message.print(),
        "<message to='a@b' type='chat' id='i'><body>&lt;\u{fffd}</body><origin-id xmlns='urn:xmpp:sid:0' id='i'/>\
         <reply xmlns='urn:xmpp:reply:0' to='a@b' id='r'/><private xmlns='urn:xmpp:carbons:2'/>\
         <no-copy xmlns='urn:xmpp:hints'/></message>"
    );
}

#[test]
fn prints_what_it_reads() {
    let text = |kind| {
        Outbound::text(jid("a@b"), kind, "i", "j\u{1f30d}").wanting_receipt().markable().with_state(ChatState::Active)
    };
    let chat = there(&text(Kind::Chat).replacing("h"));
    assert_eq!((chat.text(), chat.reference(), chat.replaces.as_deref()), (Some("j\u{1f30d}"), Some("i"), Some("h")));
    assert!(chat.wants_receipt && chat.is_markable && chat.chat_state == Some(ChatState::Active));
    let groupchat = text(Kind::Groupchat).print();
    assert!(groupchat.contains("type='groupchat'") && !groupchat.contains(ns::RECEIPTS), "{groupchat}");

    let reply = RepliedTo { id: "r".into(), to: None };
    let answer = text(Kind::Chat).replying(reply.clone(), Some("ü \u{1f44d}\u{1f3fd}\r\n\nwhy?\n"));
    assert!(
        answer.print().contains("<body>&gt; ü \u{1f44d}\u{1f3fd}\n&gt; \n&gt; why?\nj\u{1f30d}</body>"),
        "{}",
        answer.print()
    );
    assert_eq!((there(&answer).text(), there(&answer).reply), (Some("j\u{1f30d}"), Some(reply.clone())));
    let long = text(Kind::Chat).replying(reply.clone(), Some(&"\n".repeat(100_000).replace('\n', "a\n")));
    assert!(long.print().len() < 4_000 && there(&long).text() == Some("j\u{1f30d}"));

    let file = Outbound::file(jid("a@b"), Kind::Chat, "i", "https://x/?a&b").replying(reply, Some("which?"));
    assert_eq!((there(&file).text(), there(&file).caption()), (Some("https://x/?a&b"), None));
    assert_eq!(there(&file).attachments.first().map(|file| file.url.as_str()), Some("https://x/?a&b"));

    let reactions = Reactions { id: "m".into(), emoji: vec!["\u{1f44d}".into(), "\u{2764}\u{fe0f}".into()] };
    let message = Outbound::reactions(jid("a@b"), Kind::Chat, "i", &reactions);
    assert_eq!((there(&message).reactions, there(&message).text()), (Some(reactions), None));
    assert!(message.print().contains("<store xmlns='urn:xmpp:hints'/>"));

    let retraction = Outbound::retraction(jid("a@b"), Kind::Chat, "i", "m", "took something back");
    assert_eq!(there(&retraction).retraction.map(|retraction| retraction.id).as_deref(), Some("m"));
    assert!(retraction.print().contains("<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:message-retract:1'/>"));
    assert!(retraction.print().contains("<body>took something back</body>"));
}

#[test]
fn prints_notices() {
    let receipt = Outbound::receipt(jid("a@b/c"), "i", "m");
    assert_eq!(
        receipt.print(),
        "<message to='a@b/c' type='chat' id='i'><received xmlns='urn:xmpp:receipts' id='m'/>\
         <store xmlns='urn:xmpp:hints'/></message>"
    );
    let displayed = Outbound::displayed(jid("r@c"), Kind::Groupchat, "i", "s");
    assert_eq!(
        displayed.print(),
        "<message to='r@c' type='groupchat' id='i'><displayed xmlns='urn:xmpp:chat-markers:0' id='s'/>\
         <store xmlns='urn:xmpp:hints'/></message>"
    );
    let composing = Outbound::chat_state(jid("r@c/n"), Kind::Chat, "i", ChatState::Composing).to_occupant();
    assert_eq!(
        composing.print(),
        "<message to='r@c/n' type='chat' id='i'><composing xmlns='http://jabber.org/protocol/chatstates'/>\
         <no-store xmlns='urn:xmpp:hints'/><x xmlns='http://jabber.org/protocol/muc#user'/></message>"
    );
}

/// Everything above with random damage: nothing panics, and no limit is passed.
#[test]
fn damaged_messages() {
    let samples = [
        CONVERSATIONS_TEXT,
        CONVERSATIONS_RECEIPT,
        CONVERSATIONS_FILE,
        DINO_REACTION,
        DINO_FILE,
        GAJIM_REPLY,
        MONAL_CORRECTION,
        RETRACTION,
        RETRACTION_LEGACY,
        MODERATION,
        MODERATION_LEGACY,
        ROOM_HISTORY,
        MEDIATED_INVITATION,
    ];
    let account = BareJid::parse(ME).unwrap();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut below = move |max: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % max.max(1)
    };
    let mut read_count = 0;
    for _ in 0..6_000 {
        let mut pieces: Vec<&str> = samples[below(samples.len())].split_inclusive(['>', '\'']).collect();
        for _ in 0..1 + below(3) {
            let other: Vec<&str> = samples[below(samples.len())].split_inclusive(['>', '\'']).collect();
            let (at, piece) = (below(pieces.len()), other[below(other.len())]);
            match below(3) {
                0 => pieces[at] = piece,
                1 => pieces.insert(at, piece),
                _ => drop(pieces.remove(at)),
            }
        }
        let Ok(element) = Element::parse(&pieces.concat(), &Namespaces::default_is(ns::CLIENT)) else { continue };
        let Reading::Live(message) = read(&element, &account) else { continue };
        read_count += 1;
        assert!(message.text() != Some("") && message.reference() != Some(""));
        assert!(message.kind != Kind::Error || message.text().is_none());
        assert!(!message.retraction.as_ref().is_some_and(|r| r.is_moderated) || message.from.is_bare());
        let _ = (message.caption(), message.is_subject_change(), message.is_of_interest());
    }
    assert!(read_count > 600, "{read_count} of the damaged messages could be read");
}
