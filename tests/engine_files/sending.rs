//! Files that bots send: uploaded to the service of their server, then said.

use botmother::base::call::Part;
use botmother::core::failure::Failure;

use super::*;

#[test]
fn a_file_is_uploaded_and_then_said() {
    let mut rig = Rig::new("whole");
    let question = rig.upload(b"12345", Some("k"));
    let begun = rig.ask(question);
    assert!(begun.answers.is_empty() && rig.files() == 1, "{begun:?}");
    let found = rig.find_service(&begun.asked, "1000");
    let request = &found.asked[0];
    assert!(request.payload.contains("filename='a_kü.jpg' size='5' content-type='image/jpeg'"), "{request:?}");
    let put = rig.answer(request, &slot("1"));
    let (tag, call) = &put.calls[0];
    assert_eq!((call.method, call.url.as_str()), ("PUT", "https://192.168.1.2:5281/up/1"));
    assert_eq!(call.secret_headers[0].1.expose(), "Bearer x");
    assert_eq!(call.trust.ca_file, Some(PathBuf::from("/ca.pem")));
    assert!(matches!(&call.body[..], [Part::File { path, bytes: 5 }] if fs::read(path).unwrap() == b"12345"));
    assert!(put.answers.is_empty() && put.said.is_empty());

    // A bug in the middle: the batch is taken back, and done again piece by piece.
    plant(Bug::Next);
    let called = Event::Called { tag: *tag, called: Box::new(status(201)) };
    let done = rig.batch(vec![called, Event::Report]);
    assert!(bug_was_met());
    let [Ok(Answer::Sent { message_id, .. })] = &done.answers[..] else { panic!("{done:?}") };
    assert_eq!(done.said.len(), 2, "{done:?}");
    let address = "<url>https://192.168.1.2:5281/up/1</url>";
    assert!(done.said[0].1.contains(address) && done.said[0].1.contains(message_id), "{done:?}");
    assert!(done.said[1].1.contains("<body>look</body>"), "{done:?}");
    let message_id = message_id.clone();
    drop((done, put, begun, found));

    // The same again is not sent again, and another file under this key is refused.
    let question = rig.upload(b"12345", Some("k"));
    let again = rig.ask(question);
    assert!(matches!(&again.answers[..], [Ok(Answer::Sent { message_id: id, .. })] if *id == message_id), "{again:?}");
    let question = rig.upload(b"12346", Some("k"));
    let other = rig.ask(question);
    assert!(matches!(&other.answers[..], [Err(Failure::Conflict(_))]), "{other:?}");
    assert_eq!(rig.files(), 0);

    // The service is known now, and asked anew after the next login.
    let question = rig.upload(b"1", None);
    let second = rig.ask(question);
    assert!(second.asked[0].payload.contains("size='1'"), "{second:?}");
    rig.online();
    let question = rig.upload(b"1", None);
    assert!(rig.ask(question).asked[0].payload.contains("disco#items"));
}

/// A job whose slot is asked for.
fn at_slot(rig: &mut Rig) -> Asked {
    let question = rig.upload(b"12345", None);
    let begun = rig.ask(question);
    let found = if begun.asked[0].payload.contains("disco#items") { rig.find_service(&begun.asked, "") } else { begun };
    found.asked[0].clone()
}

#[test]
fn what_goes_wrong_is_said() {
    const STANZAS: &str = "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'";
    let mut rig = Rig::new("wrong");
    let question = rig.upload(b"12345", None);
    let begun = rig.ask(question);
    let large = rig.find_service(&begun.asked, "4");
    assert!(
        failure(&large).contains("TooLarge")
            && failure(&large).contains("it has 5 bytes; the server's upload service takes 4 at most"),
        "{large:?}"
    );

    let mut rig = Rig::new("wrong");
    let slot_asked = at_slot(&mut rig);
    let size = "<file-too-large xmlns='urn:xmpp:http:upload:0'><max-file-size>3</max-file-size></file-too-large>";
    let large = rig.refuse(&slot_asked, &format!("<error type='modify'><not-acceptable {STANZAS}/>{size}</error>"));
    assert!(failure(&large).contains("it has 5 bytes; the server's upload service takes 3 at most"), "{large:?}");

    let mut rig = Rig::new("wrong");
    let slot_asked = at_slot(&mut rig);
    let refused = rig.refuse(&slot_asked, &format!("<error type='auth'><forbidden {STANZAS}/></error>"));
    assert!(failure(&refused).contains("send_failed") && failure(&refused).contains("may not upload"), "{refused:?}");

    let mut rig = Rig::new("wrong");
    let slot_asked = at_slot(&mut rig);
    let nonsense = rig.answer(&slot_asked, "<slot xmlns='urn:xmpp:http:upload:0'><put url='http://a/'/></slot>");
    assert!(failure(&nonsense).contains("not https"), "{nonsense:?}");

    // A slot that is not good any more: another one, and then no third.
    let mut rig = Rig::new("wrong");
    let slot_asked = at_slot(&mut rig);
    let put = rig.answer(&slot_asked, &slot("1"));
    let used = rig.called(put.calls[0].0, status(409));
    assert!(used.answers.is_empty(), "{used:?}");
    let put = rig.answer(&used.asked[0], &slot("2"));
    let used = rig.called(put.calls[0].0, status(403));
    assert!(failure(&used).contains("send_failed") && used.said.is_empty(), "{used:?}");

    let slot_asked = at_slot(&mut rig);
    let put = rig.answer(&slot_asked, &slot("3"));
    let cut = rig.called(put.calls[0].0, Err(CallError::Refused));
    assert!(failure(&cut).contains("connection refused"), "{cut:?}");
    let slot_asked = at_slot(&mut rig);
    let put = rig.answer(&slot_asked, &slot("3"));
    let large = rig.called(put.calls[0].0, status(413));
    assert!(failure(&large).contains("it has 5 bytes; the server's upload service takes less"), "{large:?}");
    drop((put, cut, used, large));
    assert_eq!(rig.files(), 0, "no file is left");
}

#[test]
fn a_server_without_the_service() {
    let mut rig = Rig::new("none");
    let question = rig.upload(b"12345", None);
    let begun = rig.ask(question);
    let items = rig.answer(&begun.asked[0], "<query xmlns='http://jabber.org/protocol/disco#items'/>");
    let none = rig.answer(&items.asked[0], "<query xmlns='http://jabber.org/protocol/disco#info'/>");
    assert!(failure(&none).contains("no upload service"), "{none:?}");

    // Offline, nobody can be asked.
    rig.offline();
    let question = rig.upload(b"12345", None);
    let offline = rig.ask(question);
    assert!(failure(&offline).contains("not online"), "{offline:?}");
}

#[test]
fn jobs_are_bounded_and_end() {
    let mut rig = Rig::new("bounds");
    for _ in 0..limits::FILE_JOBS_PER_BOT_MAX {
        let question = rig.upload(b"12345", None);
        assert!(rig.ask(question).answers.is_empty());
    }
    let question = rig.upload(b"12345", None);
    assert!(failure(&rig.ask(question)).contains("Busy"));
    assert_eq!(rig.files(), limits::FILE_JOBS_PER_BOT_MAX);
    // A server that does not answer.
    rig.core.now.mono += limits::FILE_JOB_TIMEOUT;
    assert!(rig.core.engine.deadline().unwrap() <= rig.core.now.mono);
    let late = rig.batch(Vec::new());
    assert_eq!(late.answers.len(), limits::FILE_JOBS_PER_BOT_MAX);
    assert!(late.answers.iter().all(|answer| matches!(answer, Err(Failure::Remote { what: "send_failed", .. }))));
    assert_eq!(rig.files(), 0);
}

#[test]
fn nothing_is_said_for_a_program_that_has_gone() {
    let mut rig = Rig::new("gone");
    let slot_asked = at_slot(&mut rig);
    let put = rig.answer(&slot_asked, &slot("1"));
    rig.hang_up();
    let done = rig.called(put.calls[0].0, status(201));
    assert!(done.said.is_empty() && done.answers.is_empty(), "{done:?}");
    assert_eq!(rig.files(), 0);
}

#[test]
fn where_the_chat_is_encrypted_the_file_is() {
    let mut rig = Rig::encrypting("sealed");
    let question = rig.upload(b"12345", None);
    let begun = rig.ask(question);
    let found = rig.find_service(&begun.asked, "1000");
    let request = &found.asked[0].payload;
    assert!(request.contains("size='21' content-type='application/octet-stream'"), "{request}");
    assert!(request.contains(".jpg'") && !request.contains("k\u{fc}"), "{request}");
    let put = rig.answer(&found.asked[0], &slot("1"));
    let (tag, call) = &put.calls[0];
    let [Part::Sealed { path, bytes: 5, key }] = &call.body[..] else { panic!("{call:?}") };
    assert!(fs::read(path).unwrap() == b"12345" && key.expose().len() == 88 && call.body_bytes() == 21);
    assert_eq!(call.headers, [("Content-Type", "application/octet-stream".to_string())]);
    // A slot that is taken: the next one has the same.
    let taken = rig.called(*tag, status(409));
    let put = rig.answer(&taken.asked[0], &slot("2"));
    assert!(matches!(&put.calls[0].1.body[..], [Part::Sealed { key: again, .. }] if again == key));
    // The message waits for keys. Its address goes out encrypted or not at all.
    let done = rig.called(put.calls[0].0, status(201));
    assert!(matches!(&done.answers[..], [Ok(Answer::Sent { encrypted: Some(true), .. })]), "{done:?}");
    assert!(done.said.is_empty(), "{done:?}");

    // One byte too many is the encryption's.
    let question = rig.upload(&[7; 985], None);
    let begun = rig.ask(question);
    assert!(failure(&begun).contains("TooLarge"), "{begun:?}");
}
