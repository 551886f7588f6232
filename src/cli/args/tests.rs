//! Every option that a page shows changes what is understood.

use super::*;

fn parsed(words: &[&str]) -> Args {
    parse(words.iter().map(OsString::from)).unwrap_or_else(|usage| panic!("{words:?}: {usage}"))
}

/// A value that is none of the defaults.
fn value(path: &str, long: &str) -> &'static str {
    match long {
        "wait" | "overlap" | "number" | "limit" | "days" | "seed" => "7",
        "bots" | "messages" | "storage" | "ai-calls" => "default",
        "since" => "7d",
        "scopes" => "send",
        "role" => "viewer",
        "port" => "2000",
        "log-format" | "format" => "json",
        "host" => "h:1",
        "pin" => "sha256:00000000000000000000000000000000000000000000000000000000000000ff",
        "encrypt" if ["send", "ask"].contains(&path) => "required",
        "owner" | "jid" | "contacts" | "sees" => "a@example.org",
        "mode" => "cloud",
        "access" => "public",
        "encrypt" => "off",
        _ => "f",
    }
}

#[test]
fn every_option_that_a_page_shows_is_read() {
    for row in COMMANDS {
        let word = match row.words {
            "JID" | "WHO…" => "b@example.org",
            "SHELL" => "fish",
            "" | "[COMMAND]" => "",
            _ => "x",
        };
        for option in OPTIONS.iter().filter(|option| option.brief(row.path).is_some()) {
            let mut words: Vec<&str> = row.path.split(' ').chain([word]).filter(|word| !word.is_empty()).collect();
            match (row.path, option.long) {
                ("bot create", "password-file") => words.extend(["--jid", "b@example.org"]),
                ("bot create", "mode" | "jid") => {}
                ("bot create", _) => words.extend(["--mode", "dedicated"]),
                ("ask", "token-file") => words.extend(["--to", "b@example.org"]),
                ("send", "alias") => words.push("--chatroom"),
                // Without them it does nothing.
                ("token create", _) => words.extend(["--scopes", "read"]),
                ("token revoke", _) => words.extend(["--number", "1"]),
                // It takes back what the other says.
                (_, "redacted") => words.push("--secrets"),
                _ => {}
            }
            let without = parsed(&words);
            let name = format!("--{}", option.long);
            words.push(&name);
            words.extend(Some(value(row.path, option.long)).filter(|_| !option.value.is_empty()));
            let with = parsed(&words);
            if row.path != "help" {
                assert_ne!(format!("{with:?}"), format!("{without:?}"), "{words:?}");
            }
        }
    }
}
