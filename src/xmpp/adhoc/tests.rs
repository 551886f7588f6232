//! Commands as Gajim, Conversations' relatives and slixmpp give them.

use super::*;
use crate::xmpp::dataform::{Field, FieldKind, FormKind};
use crate::xmpp::stanza::Iq;
use crate::xmpp::tests::{each_damaged, parse};

/// Gajim begins a command.
const BEGIN: &str = "<command xmlns='http://jabber.org/protocol/commands' node='create' action='execute'/>";
/// slixmpp goes on.
const NEXT: &str = "<command xmlns='http://jabber.org/protocol/commands' node='create' sessionid='17' action='next'>\
    <x xmlns='jabber:x:data' type='submit'><field var='name'><value>Küche</value></field></x></command>";
/// Psi, which leaves out the default action.
const PLAIN: &str = "<command xmlns='http://jabber.org/protocol/commands' node='create' sessionid='' xml:lang='de'/>";

fn read(text: &str) -> Result<Request, CommandRefusal> {
    Request::read(&parse(text)).unwrap()
}

#[test]
fn reads_requests() {
    let begin = read(BEGIN).unwrap();
    assert_eq!((begin.node.as_str(), begin.session, begin.action), ("create", None, Action::Execute));
    let next = read(NEXT).unwrap();
    assert_eq!((next.session.as_deref(), next.action), (Some("17"), Action::Next));
    assert_eq!(next.form.unwrap().value("name"), Some("Küche"));
    let plain = read(PLAIN).unwrap();
    assert_eq!((plain.session, plain.action, plain.lang.as_deref()), (None, Action::Execute, Some("de")));
    assert_eq!(Request::read(&parse("<query xmlns='jabber:iq:roster'/>")), None);
}

#[test]
fn refuses_what_it_does_not_understand() {
    assert_eq!(read(&BEGIN.replace("'execute'", "'destroy'")), Err(CommandRefusal::MalformedAction));
    assert_eq!(read(&BEGIN.replace("node='create'", "")), Err(CommandRefusal::UnknownNode));
    assert_eq!(read(&NEXT.replace("'submit'", "'other'")), Err(CommandRefusal::BadPayload));
}

#[test]
fn execute_means_what_the_stage_proposes() {
    let request = |action| Request { node: "n".into(), session: Some("1".into()), action, form: None, lang: None };
    let first = Allowed::stage(&[Action::Next], Action::Next);
    assert_eq!(request(Action::Execute).resolve(&first), Ok(Action::Next));
    assert_eq!(request(Action::Prev).resolve(&first), Err(CommandRefusal::BadAction));
    assert_eq!(request(Action::Complete).resolve(&first), Err(CommandRefusal::BadAction));
    assert_eq!(request(Action::Cancel).resolve(&first), Ok(Action::Cancel));
    assert_eq!(request(Action::Execute).resolve(&Allowed::complete()), Ok(Action::Complete));
}

#[test]
fn builds_a_stage() {
    let form = Form::new(FormKind::Form).with(Field::new(FieldKind::TextSingle, "name").required());
    let reply = Reply {
        node: "create".into(),
        session: "17".into(),
        status: Status::Executing(Allowed::stage(&[Action::Complete, Action::Prev], Action::Complete)),
        note: Some(Note { severity: Severity::Warn, text: "a < b".into() }),
        form: Some(form),
    };
    assert_eq!(
        reply.build().print(ns::CLIENT),
        "<command xmlns='http://jabber.org/protocol/commands' node='create' sessionid='17' status='executing'>\
         <actions execute='complete'><prev/><complete/></actions><note type='warn'>a &lt; b</note>\
         <x xmlns='jabber:x:data' type='form'><field type='text-single' var='name'><required/></field></x></command>"
    );
    let done = Reply { status: Status::Completed, note: None, form: None, ..reply.clone() };
    assert_eq!(done.build().attribute("status"), Some("completed"));
    assert_eq!(done.build().children().count(), 0);
    let canceled = Reply { status: Status::Canceled, ..done };
    assert_eq!(canceled.build().attribute("status"), Some("canceled"));
}

#[test]
fn errors_carry_the_condition_of_the_xep() {
    let iq = Iq::read(parse(&format!("<iq type='set' id='1' from='a@b/c'>{BEGIN}</iq>"))).unwrap();
    assert_eq!(
        iq.print_error(&CommandRefusal::BadSessionId.error()),
        "<iq type='error' id='1' to='a@b/c'><error type='modify'>\
         <bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>\
         <bad-sessionid xmlns='http://jabber.org/protocol/commands'/></error></iq>"
    );
    let expired = CommandRefusal::SessionExpired.error();
    assert!(expired.condition == "not-allowed" && expired.is_specific("session-expired", ns::COMMANDS));
    assert_eq!(CommandRefusal::Forbidden.error(), StanzaError::new("auth", "forbidden"));
}

#[test]
fn lists_commands() {
    let us = Jid::parse("bot@x.example/botmother").unwrap();
    let command = Listed { node: "create".into(), name: "New bot".into() };
    assert_eq!(
        build_list(&us, std::slice::from_ref(&command)).print(ns::CLIENT),
        "<query xmlns='http://jabber.org/protocol/disco#items' node='http://jabber.org/protocol/commands'>\
         <item jid='bot@x.example/botmother' node='create' name='New bot'/></query>"
    );
    assert_eq!(
        build_command_info(&command).print(ns::CLIENT),
        "<query xmlns='http://jabber.org/protocol/disco#info' node='create'>\
         <identity category='automation' type='command-node' name='New bot'/>\
         <feature var='http://jabber.org/protocol/commands'/><feature var='jabber:x:data'/></query>"
    );
    assert!(Info::read(&build_list_info("Commands")).unwrap().is("automation", "command-list"));
}

#[test]
fn damage_is_refused_or_read() {
    let mut read = 0;
    each_damaged(&[BEGIN, NEXT, PLAIN], |element| {
        if let Some(Ok(request)) = Request::read(element) {
            read += 1;
            assert!(!request.node.is_empty());
            let _ = request.resolve(&Allowed::complete()).map_err(CommandRefusal::error);
        }
    });
    assert!(read > 1_000, "{read}");
}
