//! Files that bots were told of, fetched for them.

use botmother::base::call::{HttpAnswer, Reach};
use botmother::xmpp::message::Reading;

use super::*;

/// Somebody sends the owner files, and the bot gets everything; gives the update's `data`, as text.
fn told_of(rig: &mut Rig, payload: &str) -> String {
    told_in(rig, "look", payload)
}

fn told_in(rig: &mut Rig, body: &str, payload: &str) -> String {
    let id = format!("m{}-{}", payload.len(), body.len());
    let stanza = format!(
        "<message xmlns='jabber:client' from='eve@x.example/y' to='{OWNER}' type='chat' id='{id}'><body>{body}</body>{payload}</message>"
    );
    let element = parse(&stanza);
    let Reading::Live(inbound) = message::read(&element, &bare(OWNER)) else { panic!("{stanza}") };
    rig.session(session::Event::Message(inbound));
    let updates = rig.ask(Question::GetUpdates(poll(None, None)));
    let [Ok(Answer::Updates(updates))] = &updates.answers[..] else { panic!("{updates:?}") };
    updates.last().unwrap().payload.clone()
}

fn oob(url: &str) -> String {
    format!("<x xmlns='jabber:x:oob'><url>{url}</url></x>")
}

fn get(rig: &mut Rig, url: &str, is_download: bool) -> Caused {
    let into = is_download.then(|| Arc::new(rig.spool.reserve()));
    rig.ask(Question::GetFile(FileQuery { wanted: FileWanted::Url(url.into()), into }))
}

/// The call was made and filled its file.
fn got(rig: &mut Rig, caused: &Caused, content: &[u8]) -> Caused {
    let (tag, call) = &caused.calls[0];
    fs::write(call.save_to.as_ref().unwrap(), content).unwrap();
    let headers = vec![("content-type".to_string(), "image/png".to_string())];
    let body_bytes = content.len() as u64;
    rig.called(*tag, Ok(HttpAnswer { status: 200, headers, body_bytes, ..HttpAnswer::default() }))
}

#[test]
fn only_what_a_bot_was_told_of_is_fetched() {
    let mut rig = Rig::new("told");
    let url = "https://files.example/a/k%C3%BC.jpg";
    assert!(failure(&get(&mut rig, url, true)).contains("NotFound"));
    let data = told_of(&mut rig, &oob(url));
    assert!(data.contains("\"name\":\"kü.jpg\",\"type\":\"image/jpeg\""), "{data}");
    let known = get(&mut rig, url, false);
    let [Ok(Answer::File(info))] = &known.answers[..] else { panic!("{known:?}") };
    assert!(data.contains(&format!("\"file_id\":\"{}\"", info.file_id)), "{data}");

    let begun = get(&mut rig, url, true);
    let call = &begun.calls[0].1;
    assert_eq!(
        (call.url.as_str(), call.reach, call.answer_bytes_max),
        (url, Reach::PublicOnly, limits::DOWNLOAD_BYTES_MAX)
    );
    let done = got(&mut rig, &begun, b"12345");
    let [Ok(Answer::Content { media_type, bytes: 5, content, .. })] = &done.answers[..] else { panic!("{done:?}") };
    assert!(media_type == "image/png" && fs::read(content.path()).unwrap() == b"12345");
    drop((begun, done));
    assert_eq!(rig.files(), 0);

    for (outcome, symbol) in [
        (status(404), "NotFound"),
        (status(403), "Forbidden"),
        (Err(CallError::TooLarge), "TooLarge"),
        (status(500), "connection_failed"),
    ] {
        let begun = get(&mut rig, url, true);
        let ended = rig.called(begun.calls[0].0, outcome);
        assert!(failure(&ended).contains(symbol), "{ended:?}");
    }
    // Said to be too large, and of no kind that can be fetched.
    let large = "<file-sharing xmlns='urn:xmpp:sfs:0'><file xmlns='urn:xmpp:file:metadata:0'><size>99999999</size></file>\
                 <sources><url-data xmlns='http://jabber.org/protocol/url-data' target='https://h/large'/></sources></file-sharing>";
    told_of(&mut rig, large);
    assert!(failure(&get(&mut rig, "https://h/large", true)).contains("TooLarge"));
    let data = told_of(&mut rig, &oob("aesgcm://h/a.jpg#abc"));
    assert!(data.contains("aesgcm:") && !data.contains("file_id"), "{data}");
}

#[test]
fn encrypted_files_are_fetched_without_their_key() {
    let mut rig = Rig::new("encrypted");
    let (place, key) = ("h.example/a/b.jpg", "0c".repeat(44));
    let (url, https) = (format!("aesgcm://{place}#{key}"), format!("https://{place}"));
    // As clients that know XEP-0454 alone say it: the address is the text, with a small picture behind it or not.
    let data = told_in(&mut rig, &format!("{url}\ndata:image/jpg,AAAA"), "");
    assert!(data.contains(&format!("\"attachment\":{{\"url\":\"{url}\",\"file_id\":\"")), "{data}");
    assert!(data.contains("\"name\":\"b.jpg\",\"type\":\"image/jpeg\""), "{data}");
    let known = get(&mut rig, &url, false);
    assert!(matches!(&known.answers[..], [Ok(Answer::File(info))] if info.url == url), "{known:?}");
    assert!(failure(&get(&mut rig, &https, true)).contains("NotFound"), "without its key it is another file");

    let begun = get(&mut rig, &url, true);
    let call = &begun.calls[0].1;
    assert_eq!((call.url.as_str(), call.reach), (https.as_str(), Reach::PublicOnly));
    assert_eq!(call.open_with.as_ref().map(Secret::expose), Some(key.as_str()));
    assert_eq!(call.answer_bytes_max, limits::DOWNLOAD_BYTES_MAX + 16);
    assert!(!format!("{call:?}").contains(&key));
    let done = got(&mut rig, &begun, b"12345");
    let [Ok(Answer::Content { media_type, bytes: 5, .. })] = &done.answers[..] else { panic!("{done:?}") };
    assert_eq!(media_type, "image/jpeg", "what the service says is not so");

    let begun = get(&mut rig, &url, true);
    let altered = rig.called(begun.calls[0].0, Err(CallError::Altered));
    assert!(failure(&altered).contains("connection_failed") && failure(&altered).contains("altered"), "{altered:?}");

    // The same file with another key is another one, and takes nothing from the first.
    let other = format!("aesgcm://{place}#{}", "0d".repeat(44));
    told_in(&mut rig, &other, &oob(&other));
    assert_eq!(get(&mut rig, &url, true).calls[0].1.open_with.as_ref().map(Secret::expose), Some(key.as_str()));
    for text in [format!("see {url}"), format!("{url} there"), format!("{url}\nthere"), "aesgcm://h/a#00".to_string()] {
        let data = told_in(&mut rig, &text, "");
        assert!(!data.contains("file_id"), "{data}");
    }
}

#[test]
fn private_addresses_are_for_our_own_upload_service() {
    let mut rig = Rig::new("own");
    let (own, router) = ("https://192.168.1.2:5281/up/a/b.png", "https://192.168.1.1/admin");
    told_of(&mut rig, &format!("{}{}", oob(own), oob(router)));
    let begun = get(&mut rig, own, true);
    assert_eq!(begun.calls[0].1.reach, Reach::PublicOnly, "nothing is known yet");
    let private = rig.called(begun.calls[0].0, Err(CallError::NotPublic));
    let found = rig.find_service(&private.asked, "");
    let again = rig.answer(&found.asked[0], &slot("1/x"));
    assert_eq!((again.calls[0].1.reach, again.calls[0].1.redirects_max), (Reach::Any, 0));
    let done = got(&mut rig, &again, b"1");
    assert!(matches!(&done.answers[..], [Ok(Answer::Content { .. })]), "{done:?}");
    // From then on it is known; the router is still none of it.
    assert_eq!(get(&mut rig, own, true).calls[0].1.reach, Reach::Any);
    let begun = get(&mut rig, router, true);
    assert_eq!(begun.calls[0].1.reach, Reach::PublicOnly);
    let private = rig.called(begun.calls[0].0, Err(CallError::NotPublic));
    let refused = rig.answer(&private.asked[0], &slot("2/x"));
    assert!(failure(&refused).contains("Forbidden") && refused.calls.is_empty(), "{refused:?}");
}
