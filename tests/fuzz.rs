//! Everything that reads what others send, given inputs of ours with damage by chance: no panic, bounded memory.
//!
//! Each of `fuzz/targets.rs` gets its corpus as it is and a fixed number of damaged inputs; `FUZZ_TIMES` multiplies it.
//! What fails is printed as a command. The same functions run under libFuzzer: tests/fuzz/README.md.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

#[path = "fuzz/corpus.rs"]
mod corpus;
#[path = "support/dialog.rs"]
#[allow(dead_code, unreachable_pub, reason = "only the loader is used here")]
mod dialog;
#[path = "fuzz/targets.rs"]
mod targets;

use std::path::{Path, PathBuf};
use std::{fs, panic};

use botmother::base::limits::{STANZA_BYTES_MAX, UNHANDLED_MAX};
use botmother::xml::{Frame, Framer};
use targets::mutate::{self, Random};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz")
}

/// The inputs of a target, by name.
fn inputs(name: &str) -> Vec<Vec<u8>> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder().join("corpus").join(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|path| fs::read(path).unwrap()).collect()
}

/// Runs one input; of one that panics it keeps a copy.
fn run(name: &str, data: &[u8]) {
    if let Err(panic) = panic::catch_unwind(|| targets::run(name, data)) {
        let path = std::env::temp_dir().join(format!("botmother-fuzz-{name}"));
        fs::write(&path, data).unwrap();
        eprintln!("once more: FUZZ_INPUT={} cargo test --test fuzz -- --exact {name}", path.display());
        panic::resume_unwind(panic);
    }
}

/// The corpus as it is, then damaged: so often in the ordinary run.
fn damaged(name: &str, times: usize) {
    if let Some(path) = std::env::var_os("FUZZ_INPUT") {
        return run(name, &fs::read(path).unwrap());
    }
    let inputs = inputs(name);
    assert!(inputs.len() > 1, "tests/fuzz/corpus/{name} is empty");
    inputs.iter().for_each(|data| run(name, data));
    let more = std::env::var("FUZZ_TIMES").ok().and_then(|times| times.parse::<usize>().ok()).unwrap_or(1);
    for seed in 0..times * more {
        run(name, &mutate::input(&inputs, &mut Random::seeded(seed as u64)));
    }
}

#[test]
fn dns() {
    damaged("dns", 3000);
}

#[test]
fn framer() {
    damaged("framer", 6000);
}

#[test]
fn head() {
    damaged("head", 6000);
}

#[test]
fn json() {
    damaged("json", 4000);
}

#[test]
fn jwt() {
    damaged("jwt", 4000);
}

#[test]
fn mam() {
    damaged("mam", 2000);
}

#[test]
fn multipart() {
    damaged("multipart", 2000);
}

#[test]
fn omemo() {
    damaged("omemo", 700);
}

#[test]
fn rich() {
    damaged("rich", 4000);
}

#[test]
fn sasl() {
    damaged("sasl", 2000);
}

#[test]
fn session() {
    damaged("session", 700);
}

#[test]
fn stanzas() {
    damaged("stanzas", 6000);
}

#[test]
fn telegram() {
    damaged("telegram", 4000);
}

#[test]
fn texts() {
    damaged("texts", 6000);
}

#[test]
fn x509() {
    damaged("x509", 6000);
}

/// Each target has a test, a folder of inputs and a program for libFuzzer; the inputs are small.
#[test]
fn every_target_is_run() {
    let names: Vec<&str> = targets::TARGETS.iter().map(|(name, _)| *name).collect();
    let tests = include_str!("fuzz.rs");
    let manifest: toml::Table = fs::read_to_string(folder().join("Cargo.toml")).unwrap().parse().unwrap();
    let programs: Vec<&str> =
        manifest["bin"].as_array().unwrap().iter().map(|bin| bin["name"].as_str().unwrap()).collect();
    assert_eq!(programs, names);
    let mut folders: Vec<String> = fs::read_dir(folder().join("corpus"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    folders.sort();
    assert_eq!(folders, names);
    let sizes: Vec<usize> = names.iter().flat_map(|name| inputs(name)).map(|data| data.len()).collect();
    assert!(sizes.iter().all(|bytes| *bytes < 4096) && sizes.iter().sum::<usize>() < 200_000, "{sizes:?}");
    for name in names {
        assert!(tests.contains(&format!("#[test]\nfn {name}() {{\n    damaged(\"{name}\",")), "{name} has no test");
        let program = fs::read_to_string(folder().join(format!("run/{name}.rs"))).unwrap();
        assert!(program.contains(&format!("targets::run(\"{name}\", data)")), "{program}");
    }
}

/// What servers say in all dialogs, in one piece each, also damaged.
#[test]
fn dialogs() {
    let sides = corpus::server_sides();
    let sides: Vec<Vec<u8>> = sides.into_iter().map(|(_, said)| said).collect();
    for seed in 0..1500 {
        run("session", &mutate::input(&sides, &mut Random::seeded(seed)));
    }
}

/// Makes the corpus anew, out of what our own code and `openssl` print.
#[test]
#[ignore = "writes files; run it by hand when a format changes"]
fn corpus_is_written() {
    corpus::write(&folder().join("corpus"));
}

/// A server that never comes to an end gets no more memory than the limits say.
#[test]
fn memory_is_bounded() {
    let mut framer = Framer::new();
    framer.push(b"<s><a>");
    assert!(matches!(framer.poll(), Ok(Some(Frame::Header(_)))));
    let mut pushed = 0;
    while pushed < 8 * STANZA_BYTES_MAX {
        framer.push(&[b'x'; 4096]);
        pushed += 4096;
        assert_eq!(framer.poll(), Ok(None));
        assert!(framer.rest().len() <= STANZA_BYTES_MAX);
    }
    assert!(framer.rest().is_empty());
    framer.push(b"</a>");
    let Ok(Some(Frame::Skipped(skipped))) = framer.poll() else { panic!("it is not skipped") };
    assert_eq!(skipped.why, botmother::xml::Error::TooLarge);
    assert_eq!(skipped.bytes, 7 + pushed as u64);
    const { assert!(UNHANDLED_MAX <= 1024) };
}
