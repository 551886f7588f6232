//! What happens in a chat is told while it happens, and after a break what came meanwhile, once.

use crate::browser::Browser;
use crate::with_bot;

#[test]
fn a_page_hears_what_happens_while_it_happens() {
    let (daemon, token, bot) = with_bot("");
    let mut ann = Browser::named(daemon.port, "Ann");
    let (mut http, chat, to) = (daemon.http(), ann.chat(&bot), format!("web:{}", ann.id));
    let mut events = ann.open(&chat, None);
    let said = ann.say(&chat, "hello");
    let event = events.expect("message");
    assert_eq!((event.id.unwrap(), event.data.at("body").text()), (said.at("id").text(), "hello".to_string()));
    let call = |http: &mut crate::support::http::Http, method: &str, body: &str| {
        let body = format!(r#"{{"to":"{to}",{body}}}"#);
        http.post(&format!("/bot/{method}"), Some(&token), &body).ok()
    };
    call(&mut http, "sendChatAction", r#""action":"composing""#);
    assert_eq!(events.expect("typing").data.at("state").text(), "composing");
    let buttons = r#""text":"Well?","buttons":[["Yes","No"],[{"text":"Docs","url":"https://example.org"}]]"#;
    let sent = call(&mut http, "sendMessage", buttons).at("result").at("message_id").text();
    let event = events.expect("message").data;
    let rows = event.at("buttons").list();
    let (yes, docs) = (rows[0].list()[0].clone(), rows[1].list()[0].clone());
    assert_eq!((yes.at("text").text(), yes.at("id").number()), ("Yes".to_string(), 1));
    assert_eq!((docs.at("url").text(), docs.has("id")), ("https://example.org".to_string(), false));
    assert_eq!(events.expect("typing").data.at("state").text(), "paused");
    // A button is pressed: the program is told.
    let id = event.at("id").text();
    let press = |number: i64| format!(r#"{{"chatId":"{chat}","messageId":"{id}","button":{number}}}"#);
    assert_eq!(ann.call("POST", "/chat/press", &press(2)).body, "{}");
    assert_eq!(ann.call("POST", "/chat/press", &press(9)).said(), (404, "Button not found.".into()));
    let updates = http.get("/bot/getUpdates?timeout=10", Some(&token)).ok().at("result").list();
    let pressed = updates.last().unwrap();
    assert_eq!(pressed.at("type").text(), "callback_query");
    assert_eq!(
        (pressed.at("data").at("data").text(), pressed.at("data").at("message_id").text()),
        ("No".into(), sent.clone())
    );
    events.expect("edit");
    events.expect("reaction");
    call(&mut http, "editMessage", &format!(r#""message_id":"{sent}","text":"Well, well""#));
    let edit = events.expect("edit").data;
    assert_eq!(
        (edit.at("body").text(), edit.has("buttons"), edit.at("id").text()),
        ("Well, well".into(), false, id.clone())
    );
    events.expect("reaction");
    call(&mut http, "sendReaction", &format!(r#""message_id":"{sent}","reaction":"🎉""#));
    events.expect("edit");
    let reaction = events.expect("reaction").data;
    assert_eq!(reaction.at("reactions").list()[0].at("senderId").text(), bot);
    call(&mut http, "deleteMessage", &format!(r#""message_id":"{sent}""#));
    assert_eq!(events.expect("delete").data.at("id").text(), id);
    // Nobody hears of other chats, and with the chat the stream ends.
    let other = ann.chat(&bot);
    ann.say(&other, "elsewhere");
    ann.call("DELETE", &format!("/chat/{chat}"), "").with(200);
    assert!(events.next().is_none());
}

#[test]
fn who_comes_back_hears_what_he_missed_once() {
    let (mut daemon, token, bot) = with_bot("");
    let mut ann = Browser::named(daemon.port, "Ann");
    let (mut http, chat, to) = (daemon.http(), ann.chat(&bot), format!("web:{}", ann.id));
    let send = |http: &mut crate::support::http::Http, text: &str| {
        let sent = http.post("/bot/sendMessage", Some(&token), &format!(r#"{{"to":"{to}","text":"{text}"}}"#)).ok();
        sent.at("result").at("message_id").text()
    };
    let mut events = ann.open(&chat, None);
    let (first, second) = (send(&mut http, "one"), send(&mut http, "two"));
    events.expect("message");
    let last = events.expect("message").id.unwrap();
    drop(events);
    send(&mut http, "three");
    http.post("/bot/editMessage", Some(&token), &format!(r#"{{"to":"{to}","message_id":"{first}","text":"One"}}"#))
        .ok();
    http.post("/bot/deleteMessage", Some(&token), &format!(r#"{{"to":"{to}","message_id":"{second}"}}"#)).ok();
    send(&mut http, "four");
    daemon.kill();
    daemon.start_again();
    let mut events = ann.open(&chat, Some(&last));
    let mut seen = Vec::new();
    for _ in 0..5 {
        let event = events.next().unwrap();
        let text = if event.data.has("body") { event.data.at("body").text() } else { String::new() };
        seen.push(format!("{} {text}", event.kind));
    }
    assert_eq!(seen, ["message three", "edit One", "reaction ", "delete ", "message four"]);
    send(&mut daemon.http(), "five");
    assert_eq!(events.expect("message").data.at("body").text(), "five", "and nothing twice");
    // A page that begins says what it has.
    let mut page = ann.open(&chat, None);
    send(&mut daemon.http(), "six");
    assert_eq!(page.expect("message").data.at("body").text(), "six");
    let bad = ann.get(&format!("/chat/{chat}/events?after=x"));
    assert_eq!(bad.said(), (400, "`after` must be the id of a message.".into()));
    // The daemon ends, and with it the stream.
    daemon.stop();
    assert!(page.next().is_none());
}
