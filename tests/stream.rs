//! Stream and session against dialogs (`dialogs/*.txt`; the format is described in `support/dialog.rs`).

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

#[path = "support/dialog.rs"]
mod dialog;

use std::time::Duration;

use botmother::base::jid::BareJid;
use botmother::base::secret::Secret;
use botmother::base::time::Now;
use botmother::xmpp::session::{Event, Lost, Session, SessionConfig, SessionInput, SessionOutput};
use dialog::{Cut, Random};

/// All dialogs but those (`_…`) that only begin others.
fn names() -> Vec<String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dialogs");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(".txt").map(Into::into))
        .filter(|name: &String| !name.starts_with('_'))
        .collect();
    names.sort();
    names
}

fn play_all(cuts: &[Cut]) {
    let names = names();
    assert!(names.len() > 30, "the dialogs are not there");
    let mut failures = Vec::new();
    for name in &names {
        for cut in cuts {
            if let Err(why) = dialog::play(name, *cut) {
                failures.push(format!("{why}\n    (bytes cut: {cut:?})"));
                break;
            }
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[test]
fn dialogs() {
    play_all(&[Cut::Whole]);
}

#[test]
fn dialogs_byte_by_byte() {
    play_all(&[Cut::Bytes]);
}

#[test]
fn dialogs_cut_at_random() {
    let cuts: Vec<Cut> = (0..8).map(Cut::Random).collect();
    play_all(&cuts);
}

/// The waits between tries while the server is away.
fn waits(seed: u64) -> Vec<Duration> {
    let config = SessionConfig {
        account: BareJid::parse("me@example.org").unwrap(),
        password: Secret::new("x"),
        resource: "bot".into(),
        login_key: None,
        plaintext: false,
        presence: botmother::xmpp::presence::print_available(0),
        is_bot: false,
        register: false,
        features: &[],
    };
    let mut random = Random(seed);
    let mut session = Session::new(config, Box::new(move |out| random.fill(out)));
    let mut now = Now::default();
    let mut waits = Vec::new();
    while waits.len() < 10 {
        while let Some(output) = session.poll() {
            match output {
                SessionOutput::Connect => session.handle(now, SessionInput::Lost(Lost::Network("refused".into()))),
                SessionOutput::Event(Event::Offline { retry_in, .. }) => waits.push(retry_in),
                other => panic!("{other:?}"),
            }
        }
        now.mono = session.deadline().unwrap();
        session.handle(now, SessionInput::Tick);
    }
    waits
}

#[test]
fn back_off_grows_within_its_jitter() {
    let steps = [1, 2, 4, 8, 16, 32, 60, 60, 60, 60].map(Duration::from_secs);
    for seed in 1..50 {
        for (wait, step) in waits(seed).into_iter().zip(steps) {
            assert!(wait >= step / 2 && wait <= step, "seed {seed}: {wait:?} of {step:?}");
        }
    }
    assert_ne!(waits(1), waits(2));
}
