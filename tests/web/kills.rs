//! kill −9 while people chat: nothing that was answered with 201 is lost, nothing is there twice, the order stays.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::browser::Browser;
use crate::support::http::Json;
use crate::with_bot;

const PEOPLE: usize = 4;

#[test]
fn what_was_answered_is_there_after_kills() {
    let (mut daemon, token, bot) = with_bot("");
    let is_over = Arc::new(AtomicBool::new(false));
    let mut people = Vec::new();
    for number in 0..PEOPLE {
        let mut browser = Browser::named(daemon.port, &format!("person {number}"));
        let (chat, is_over) = (browser.chat(&bot), is_over.clone());
        people.push(thread::spawn(move || {
            let mut accepted = Vec::new();
            for count in 0.. {
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
                let text = format!("p{number} {count}");
                let body = format!(r#"{{"chatId":"{chat}","body":"{text}"}}"#);
                match browser.try_call("POST", "/chat/message", &body) {
                    Some(answer) if answer.status == 201 => {
                        accepted.push((Json::parse(&answer.body).at("id").text(), text));
                    }
                    _ => thread::sleep(Duration::from_millis(20)),
                }
            }
            (browser, chat, accepted)
        }));
    }
    let mut random = crate::support::load::Random::seeded("web");
    for _ in 0..3 {
        thread::sleep(random.millis(200, 700));
        daemon.kill();
        daemon.start_again();
    }
    thread::sleep(Duration::from_millis(200));
    is_over.store(true, Ordering::Relaxed);
    let mut told = Vec::new();
    let mut http = daemon.http();
    loop {
        let offset = told.last().map_or(0, |(id, _, _): &(i64, String, String)| id + 1);
        let updates =
            http.get(&format!("/bot/getUpdates?offset={offset}&limit=100"), Some(&token)).ok().at("result").list();
        if updates.is_empty() && people.iter().all(|person| person.is_finished()) {
            break;
        }
        told.extend(updates.iter().map(|update| {
            let data = update.at("data");
            (update.at("update_id").number(), data.at("stanza_id").text(), data.at("body").text())
        }));
    }
    for person in people {
        let (mut browser, chat, accepted) = person.join().unwrap();
        assert!(accepted.len() > 20, "{} messages were accepted", accepted.len());
        let (mut kept, mut page) = (Vec::new(), 1);
        loop {
            let shown =
                browser.get(&format!("/chat/{chat}/messages?limit=100&page={page}")).with(200).at("messages").list();
            if shown.is_empty() {
                break;
            }
            let shown = shown.iter().map(|message| (message.at("id").text(), message.at("body").text()));
            kept.splice(0..0, shown.collect::<Vec<_>>());
            page += 1;
        }
        let place = |id: &String| kept.iter().position(|(known, _)| known == id);
        let places: Vec<usize> =
            accepted.iter().map(|(id, text)| place(id).unwrap_or_else(|| panic!("{text} is lost"))).collect();
        assert!(places.is_sorted_by(|a, b| a < b), "they are in their order");
        let mut texts: Vec<&String> = kept.iter().map(|(_, text)| text).collect();
        texts.sort();
        texts.dedup();
        // What was not answered may have been stored; said again, it is said under another number.
        assert_eq!(texts.len(), kept.len(), "nothing is there twice");
        let own: Vec<&String> = told.iter().filter(|(_, id, _)| place(id).is_some()).map(|(_, id, _)| id).collect();
        assert_eq!(own, kept.iter().map(|(id, _)| id).collect::<Vec<_>>(), "the program was told each once, in order");
    }
}
