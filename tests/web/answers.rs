//! A bot's AI answers somebody with a browser, and is seen to answer while it does.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::browser::Browser;
use crate::support::stub::Stub;
use crate::with_bot;

const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";

#[test]
fn an_answer_is_seen_while_it_comes() {
    let (daemon, token, bot) = with_bot("");
    // Speaks until it is told that this is all.
    let is_over = Arc::new(AtomicBool::new(false));
    let until = is_over.clone();
    let stub = Stub::new(move |socket, _| {
        let _ = socket.write_all(HEAD.as_bytes());
        while !until.load(Ordering::Relaxed) {
            let _ = socket.write_all(b"data: {\"choices\":[{\"delta\":{\"content\":\"word \"}}]}\n\n");
            thread::sleep(Duration::from_millis(50));
        }
        let _ = socket.write_all(b"data: [DONE]\n\n");
    });
    let setup = format!(r#"{{"provider":"openai","model":"m","stream":true,"endpoint":"{}"}}"#, stub.url("/v1"));
    daemon.http().post("/bot/ai/setup", Some(&token), &setup).ok();
    let mut ann = Browser::named(daemon.port, "Ann");
    let chat = ann.chat(&bot);
    let mut events = ann.open(&chat, None);
    ann.say(&chat, "Tell me a story");
    events.expect("message");
    assert_eq!(events.expect("typing").data.at("state").text(), "composing");
    let (first, second) = (events.expect("piece").data, events.expect("piece").data);
    assert_eq!(first.at("id").text(), second.at("id").text());
    let (before, now) = (first.at("text").text(), second.at("text").text());
    assert!(now.len() > before.len() && now.starts_with(&before), "{before:?} {now:?}");
    // Who opens the chat now sees what there is.
    let mut late = ann.open(&chat, None);
    assert_eq!(late.expect("typing").data.at("state").text(), "composing");
    assert!(late.expect("piece").data.at("text").text().starts_with("word"));
    is_over.store(true, Ordering::Relaxed);
    for events in [&mut events, &mut late] {
        let whole = loop {
            let event = events.next().unwrap();
            if event.kind == "message" {
                break event.data;
            }
        };
        assert_eq!(whole.at("replaces").text(), first.at("id").text());
        assert!(whole.at("body").text().starts_with(now.trim()));
    }
    assert_eq!(ann.texts(&chat, "").len(), 2);
}
