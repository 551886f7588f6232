//! Questions with answers: how well similar questions are found, in eleven languages, and what that costs.
#![cfg(feature = "brain-faq")]

mod support;

use std::collections::BTreeMap;

use botmother::base::json::Object;
use botmother::brain::faq::{self, FaqForm, Gatherer, Index, Synonyms};
use botmother::store::row::FaqEntry;
use support::daemon::Daemon;
use support::http::Http;

/// What `docs/faq.md` says is usual.
const BEST: f32 = 0.55;

const QUESTIONS: &str = include_str!("faq/questions.tsv");
const PARAPHRASES: &str = include_str!("faq/paraphrases.tsv");
const UNRELATED: &str = include_str!("faq/unrelated.txt");

fn index(entries: &[FaqEntry]) -> Index {
    let mut all = Gatherer::new(Synonyms::default());
    for (number, entry) in entries.iter().enumerate() {
        let number = u32::try_from(number).unwrap();
        all.add(number, &entry.question);
        entry.similar.iter().for_each(|question| all.add(number, question));
    }
    all.end()
}

#[test]
fn similar_questions_are_found_in_eleven_languages() {
    let entries = faq::read(FaqForm::Tsv, QUESTIONS).unwrap();
    assert_eq!(entries.len(), 30);
    let index = index(&entries);
    let best = |text: &str| index.find(text, 0.0, |_| true).first().copied();
    let (mut first, mut answered, mut missed) = (0, 0, Vec::new());
    let mut languages: BTreeMap<&str, usize> = BTreeMap::new();
    let lines: Vec<(&str, &str)> = PARAPHRASES.lines().map(|line| line.split_once('\t').unwrap()).collect();
    assert_eq!(lines.len(), 70);
    for (wanted, text) in &lines {
        *languages.entry(wanted.rsplit('-').next().unwrap()).or_default() += 1;
        match best(text) {
            Some(hit) if entries[hit.entry as usize].answer == *wanted => {
                first += 1;
                answered += usize::from(hit.score >= BEST);
            }
            other => missed.push((text, other)),
        }
    }
    let answered_by_mistake: Vec<_> =
        UNRELATED.lines().filter(|text| best(text).is_some_and(|hit| hit.score >= BEST)).collect();
    println!(
        "first {first} of 70, answered {answered} of 70, unrelated answered {answered_by_mistake:?}; missed {missed:?}"
    );
    assert_eq!(languages.len(), 11, "{languages:?}");
    assert_eq!(UNRELATED.lines().count(), 24);
    assert!(first >= 68, "{missed:?}");
    assert!(answered >= 56, "{answered}");
    assert!(answered_by_mistake.len() <= 1, "{answered_by_mistake:?}");
}

/// Ten thousand questions of some ten words each, all different.
fn many() -> Vec<FaqEntry> {
    const WORDS: &str = "account address agent amount appointment balance battery booking branch button camera card charge \
                         client code contract country coupon currency customer date delivery deposit device discount \
                         document driver email engine error event file flight form guest hotel invoice item key language \
                         letter license limit link list machine manager message meter model network number office offer \
                         order package page parcel partner password payment period phone picture plan platform point \
                         policy price printer product profile program project question rate receipt refund region report \
                         room route rule sale screen season seat server service session shop signal size software station";
    let words: Vec<&str> = WORDS.split_whitespace().collect();
    let mut state = 7_u64;
    let mut draw = |most: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % most
    };
    let mut question = |number: usize| {
        let mut word = || words[draw(words.len())];
        format!("How do I change the {} of my {} {} after the {} {number}?", word(), word(), word(), word())
    };
    (0..10_000).map(|number| FaqEntry { question: question(number), ..FaqEntry::default() }).collect()
}

#[test]
fn ten_thousand_questions_fit_into_eight_megabytes() {
    let entries = many();
    let index = index(&entries);
    println!("{} questions in {} bytes", index.len(), index.bytes());
    assert_eq!(index.len(), 10_000);
    assert!(index.bytes() <= 8_000_000, "{}", index.bytes());
    for number in [0, 4_999, 9_999] {
        let best = index.find(&entries[number].question, 0.5, |_| true)[0];
        assert_eq!((best.entry as usize, best.score > 0.99), (number, true), "{best:?}");
    }
}

/// What is said to the bot in the built-in chat, and what it answers, if it does.
fn chat(http: &mut Http, name: &str, text: &str) -> Option<String> {
    let body = Object::new().text("to", name).text("text", text).end();
    let line = http.post("/local/say", None, &body).ok().at("id").number();
    let path = format!("/local/read?with={name}&after={line}&timeout=2");
    let lines = http.get(&path, None).ok().at("result").list();
    lines.iter().find(|line| line.at("from").text() == name).map(|line| line.at("text").text())
}

const SHOP: &str = "question,similar_qs,answer,answer_type\n\
                    When are you open?,What are your opening hours?|opening times,\"At 9, every day\",text\n\
                    Where can I park my car?,,Behind the house,text\n\
                    Where can I leave my bicycle?,,In front of it,text\n\
                    I look for a job,,\"[\"\"jobs\"\"]\",redirect\n";

/// As a shop would do it: a table is imported, and people are answered, also after a restart.
#[test]
fn people_are_answered_from_an_imported_list() {
    let mut daemon = Daemon::start("");
    let mut http = daemon.http();
    let token = daemon.create_bot("Shop", "owner@local");
    assert_eq!(chat(&mut http, "Shop", "When are you open?"), None);
    let import = |text: &str| Object::new().text("name", "main").text("format", "csv").text("text", text).end();
    let reply = http.post("/bot/faq/import", Some(&token), &import(SHOP)).ok();
    assert_eq!(reply.at("entries").number(), 4);
    assert_eq!(chat(&mut http, "Shop", "when do you open").as_deref(), Some("At 9, every day"));
    assert_eq!(chat(&mut http, "Shop", "Where do I park the car?").as_deref(), Some("Behind the house"));
    // Something that it does not know; something that leads to a flow it does not have; a command.
    assert_eq!(chat(&mut http, "Shop", "Tell me a joke"), None);
    assert_eq!(chat(&mut http, "Shop", "I look for a job"), None);
    // What it is not sure about.
    http.post("/bot/faq/save", Some(&token), r#"{"name":"main","best":1}"#).ok();
    let asked = chat(&mut http, "Shop", "Where can I put my bicycle?").unwrap();
    assert!(asked.contains("Did you mean") && asked.contains("Where can I leave my bicycle?"), "{asked}");
    http.post("/bot/faq/save", Some(&token), r#"{"name":"main","best":0.55}"#).ok();
    // A wrong file changes nothing.
    let reply = http.post("/bot/faq/import", Some(&token), &import("question,answer\nWhen?,Now\nWhy?,\n"));
    assert!(reply.body.contains("line 3: answer must be there"), "{}", reply.body);
    // Asked by a program, with how similar each is.
    let found = http.post("/bot/faq/ask", Some(&token), r#"{"text":"park my bicycle","best":0.9,"suggest":0.1}"#).ok();
    assert_eq!((found.at("fallback").truth(), found.at("answer").text().as_str()), (true, ""));
    assert_eq!(found.at("suggestions").list().len(), 2);
    // Times, and what is switched off.
    let late = r#"{"name":"main","question":"Are you open at Christmas?","answer":"No","expire_time":"2020-01-01"}"#;
    let id = http.post("/bot/faq/entry", Some(&token), late).ok().at("id").number();
    assert_ne!(chat(&mut http, "Shop", "Are you open at Christmas?").as_deref(), Some("No"));
    let now = format!(r#"{{"name":"main","id":{id},"question":"Are you open at Christmas?","answer":"No"}}"#);
    http.post("/bot/faq/entry", Some(&token), &now).ok();
    assert_eq!(chat(&mut http, "Shop", "Are you open at Christmas?").as_deref(), Some("No"));
    // Words that mean the same.
    http.post("/bot/faq/save", Some(&token), r#"{"name":"main","synonyms":"car,automobile,motor vehicle"}"#).ok();
    let score = http.post("/bot/faq/ask", Some(&token), r#"{"text":"Where can I park my motor vehicle?"}"#).body;
    assert!(score.contains("\"score\":1.00"), "{score}");
    daemon.stop();
    daemon.start_again();
    let mut http = daemon.http();
    assert_eq!(chat(&mut http, "Shop", "opening times?").as_deref(), Some("At 9, every day"));
    http.post("/bot/faq/save", Some(&token), r#"{"name":"main","auto_reply":false}"#).ok();
    assert_eq!(chat(&mut http, "Shop", "opening times?"), None);
    let other = daemon.create_bot("Other", "owner@local");
    let reply = http.get("/bot/faq/export?name=main", Some(&other));
    assert!(reply.body.contains("no questions called main; it has none"), "{}", reply.body);
}

/// The same on the command line; what comes out goes in again.
#[test]
fn the_command_line_imports_exports_and_asks() {
    let daemon = Daemon::start("");
    daemon.create_bot("Shop", "owner@local");
    let file = daemon.dir.join("questions.csv");
    std::fs::write(&file, SHOP).unwrap();
    let run = |arguments: &[&str]| {
        let output = daemon.command(&[&["faq"], arguments].concat()).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout) + &text(output.stderr))
    };
    let (code, text) = run(&["import", file.to_str().unwrap(), "--bot", "Shop"]);
    assert_eq!((code, text.as_str()), (Some(0), "4 questions are in the list main now\n"));
    let (code, json) = run(&["export", "--format", "json"]);
    assert_eq!(code, Some(0), "{json}");
    let again = daemon.dir.join("again.json");
    std::fs::write(&again, &json).unwrap();
    assert_eq!(run(&["import", again.to_str().unwrap()]).0, Some(0));
    assert_eq!(run(&["export", "--format", "json"]).1, json);
    let (code, text) = run(&["ask", "When are you open?", "--list", "main"]);
    assert!(code == Some(0) && text.starts_with("At 9, every day\n\n1.00  When are you open?\n"), "{text}");
    let (code, text) = run(&["ask", "zzyzx"]);
    assert_eq!((code, text.as_str()), (Some(1), "botmother: nothing is similar to that\n"));
    let (code, text) = run(&["import", daemon.dir.join("none.csv").to_str().unwrap()]);
    assert!(code == Some(74) && text.contains("cannot be read"), "{text}");
}
