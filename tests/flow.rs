//! Flows: dialogs, each with the flow it is about, played with a clock that stands still.
#![cfg(feature = "brain-flow")]
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::fs;
use std::path::Path;

use botmother::base::time::from_rfc3339;
use botmother::brain::flow::{Flow, FlowPlayer, FlowStage};
use botmother::store::row::{FaqEntry, FaqKind};

/// A stage as the directives of a dialog want it.
fn stage(lines: &[&str]) -> FlowStage {
    let mut stage = FlowStage::new(1_796_028_000, 1);
    for line in lines.iter().filter_map(|line| line.strip_prefix("@ ")) {
        match line.split_once(' ').unwrap_or((line, "")) {
            ("now", text) => stage.now_s = from_rfc3339(text).unwrap() / 1_000,
            ("seed", text) => stage.seed = text.parse().unwrap(),
            ("ai", _) => stage.has_ai = true,
            ("faq", text) => {
                let (domain, rest) = text.split_once(": ").unwrap();
                let (question, answer) = rest.split_once(" => ").unwrap();
                let (kind, answer) = match answer.strip_prefix("template ") {
                    Some(answer) => (FaqKind::Template, answer),
                    None if answer.starts_with('[') => (FaqKind::Redirect, answer),
                    None => (FaqKind::Text, answer),
                };
                let (question, answer) = (question.to_string(), answer.to_string());
                stage.add_list(domain, vec![FaqEntry { question, answer, kind, ..FaqEntry::default() }]);
            }
            other => panic!("{other:?}"),
        }
    }
    stage
}

#[test]
fn dialogs_go_as_they_are_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/flow/dialogs");
    let (mut count, mut wrong) = (0, Vec::new());
    for file in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let text = fs::read_to_string(&file).unwrap();
        let (json, dialogs) = text.split_once("---\n").unwrap();
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let flow = match Flow::read(json) {
            Ok(flow) => flow,
            Err(faults) => {
                wrong.extend(faults.iter().map(|fault| format!("{name}: {fault}")));
                continue;
            }
        };
        for dialog in dialogs.split("# ").filter(|dialog| !dialog.trim().is_empty()) {
            count += 1;
            let lines: Vec<&str> = dialog.lines().skip(1).collect();
            let mut player = FlowPlayer::new(flow.clone(), stage(&lines));
            player.person.sys.insert("userId".to_string(), "7".to_string());
            let mut got = Vec::new();
            for line in lines.iter().filter_map(|line| line.strip_prefix("> ")) {
                got.push(format!("> {line}"));
                got.extend(player.take(line).unwrap_or_else(|why| vec![format!("= {why}")]));
            }
            let want: Vec<&str> = lines.iter().copied().filter(|line| !line.starts_with("@ ")).collect();
            if got.join("\n") != want.join("\n") {
                let title = dialog.lines().next().unwrap();
                wrong.push(format!("{name}: {title}\nwant\n{}\ngot\n{}\n", want.join("\n"), got.join("\n")));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count}\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= 120, "{count}");
}
