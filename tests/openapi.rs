//! Asks every endpoint what its description allows, and what it does not: schemathesis against an OpenAPI document that is
//! made from the table of routes. Whatever is asked, the answer has a documented status and the documented shape, nobody
//! comes in without credentials, and there is no 500. Bounded by the number of examples, the same ones every time.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

#[path = "openapi/document.rs"]
mod document;
mod support;

use std::fs;
use std::process::Command;

use support::daemon::Daemon;
use support::peer::python;
use support::skip::skip_missing;

/// Examples of each endpoint, beside those that cover its description.
const EXAMPLES: &str = "8";

/// All that does not need a judgement of what is right: shape, status, headers, credentials, methods.
const CHECKS: &str = "status_code_conformance,content_type_conformance,response_headers_conformance,\
                      response_schema_conformance,ignored_auth,unsupported_method,allow_header_conformance";

#[test]
fn every_answer_is_as_documented() {
    let schemathesis = python().with_file_name("schemathesis");
    if !schemathesis.exists() {
        return skip_missing("schemathesis");
    }
    let daemon = Daemon::start("[api]\nrate_limit = 0\n");
    let tokens: Vec<String> =
        ["One", "Two", "Three"].iter().map(|name| daemon.create_bot(name, "owner@local")).collect();
    let document = daemon.dir.join("openapi.json");
    fs::write(&document, document::build()).unwrap();
    let mut failed = Vec::new();
    for (group, more) in [
        ("bot", vec!["--header".to_string(), format!("Authorization: Bearer {}", tokens[0])]),
        ("management", Vec::new()),
    ] {
        let mut command = Command::new(&schemathesis);
        command.args(["run", "--url", &format!("http://127.0.0.1:{}", daemon.port), "--include-tag", group]);
        command.args(["--phases", "coverage,fuzzing", "--max-examples", EXAMPLES, "--seed", "7", "--checks", CHECKS]);
        command.args(["--request-timeout", "10", "--generation-database", "none", "--no-color", "--warnings", "off"]);
        command.args(["--continue-on-failure", "--suppress-health-check", "all"]).args(&more).arg(&document);
        let output = command.current_dir(&daemon.dir).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        println!("{said}");
        if !output.status.success() {
            failed.push(format!("{group}:\n{said}\n{}", String::from_utf8_lossy(&output.stderr)));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    // And whatever was asked, it is well.
    assert_eq!(daemon.http().get("/health", None).status, 200);
    assert!(!fs::read_to_string(daemon.log()).unwrap().contains("panicked"), "{}", daemon.log_text());
}
