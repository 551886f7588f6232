//! Many have chats open and many write: no thread for each, little memory, and everybody is told.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use crate::browser::Browser;
use crate::with_bot;

const PEOPLE: usize = 50;
const STREAMS: usize = 200;
const MESSAGES: usize = 10;

fn threads(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/task")).unwrap().count()
}

#[test]
fn two_hundred_streams_and_fifty_who_write() {
    let (daemon, _, bot) = with_bot("");
    let mut people: Vec<(Browser, String)> = Vec::new();
    for number in 0..PEOPLE {
        let mut browser = Browser::named(daemon.port, &format!("person {number}"));
        let chat = browser.chat(&bot);
        browser.say(&chat, "first");
        people.push((browser, chat));
    }
    let (threads_before, memory_before) = (threads(daemon.pid()), daemon.rss_kib());
    let streams: Vec<_> = (0..STREAMS).map(|at| &people[at % PEOPLE]).map(|(who, chat)| who.open(chat, None)).collect();
    assert!(threads(daemon.pid()) <= threads_before, "no thread for a stream");
    // Each stream is told all that is said in its chat, in order; how soon the first byte comes is only printed.
    let readers: Vec<_> = streams
        .into_iter()
        .map(|mut events| {
            thread::spawn(move || {
                for count in 0..MESSAGES {
                    assert_eq!(events.expect("message").data.at("body").text(), format!("m{count}"));
                }
            })
        })
        .collect();
    let writers: Vec<_> = people
        .into_iter()
        .map(|(mut browser, chat)| {
            thread::spawn(move || {
                let mut took = Vec::new();
                for count in 0..MESSAGES {
                    let begun = Instant::now();
                    browser.say(&chat, &format!("m{count}"));
                    took.push(begun.elapsed());
                }
                took
            })
        })
        .collect();
    let mut took: Vec<Duration> = writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect();
    readers.into_iter().for_each(|reader| reader.join().unwrap());
    took.sort();
    let (threads_after, memory) = (threads(daemon.pid()), daemon.rss_kib() - memory_before);
    println!("median {:?}, slowest {:?}; {memory} KiB more", took[took.len() / 2], took.last().unwrap());
    assert!(threads_after <= threads_before, "{threads_after} threads, before {threads_before}");
    assert!(memory <= 10 * 1024, "{memory} KiB more");
}
