//! The structure of the code, held by a test: who may import whom, which foreign crate stands in which file, how long a
//! file may be. `src/lib.rs` says why.

#[path = "layers/ratchet.rs"]
mod ratchet;

use std::fs;
use std::path::{Path, PathBuf};

/// Module → modules of ours it may name. A module may always name itself.
const LAYERS: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("xml", &["base"]),
    ("xmpp", &["base", "xml"]),
    ("omemo", &["base", "xml"]),
    ("store", &["base"]),
    ("core", CORE),
    (
        "channel",
        &["core", "base", "store", "xml", "xmpp", "omemo", "remote::upload", "remote::ejabberd", "remote::telegram"],
    ),
    ("brain", &["core", "base", "store", "remote::ai"]),
    ("engine", &["core", "channel", "brain", "base", "store", "xml", "xmpp", "remote::ai"]),
    ("reactor", &["base"]),
    ("http", &["base", "reactor"]),
    ("work", &["base", "omemo", "reactor"]),
    ("mqtt", &["base", "reactor", "work", "core::failure", "core::handle"]),
    ("no_mqtt", &["base", "core::handle"]),
    ("remote", &["base"]),
    ("net", &["base", "reactor", "xmpp", "engine::event", "core::effect"]),
    ("face", &["base", "http", "core::failure", "core::handle", "xmpp::message::Kind"]),
    ("config", &["base"]),
    (
        "cli",
        &[
            "base",
            "config",
            "daemon",
            "net::probe",
            "reactor",
            "work",
            "store",
            "xmpp::avatar",
            "xmpp::session",
            "xmpp::presence",
            "core::effect",
            "core::owner",
            "brain::faq",
            "brain::flow",
        ],
    ),
    (
        "daemon",
        &["base", "xmpp", "store", "core", "engine", "net", "http", "face", "config", "work", "mqtt", "reactor"],
    ),
    ("main", &["base", "config", "cli", "daemon"]),
    ("lib", &[]),
];

/// What the rules may name. Of XMPP that is what a message can be and how a picture is read, and in `core/effect.rs` what
/// goes to sessions as it is.
const CORE: &[&str] = &[
    "base",
    "store",
    "remote::webhook",
    "xmpp::message::Attachment",
    "xmpp::message::ChatState",
    "xmpp::message::Kind",
    "xmpp::message::is_emoji",
    "xmpp::avatar",
    "xml::Element",
    "xmpp::iq::Peer",
    "xmpp::session::SessionConfig",
    "xmpp::stanza::IqKind",
];

/// Foreign crate → the only places that may name it.
const FOREIGN: &[(&str, &[&str])] = &[
    ("rusqlite", &["store/"]),
    ("tiny_http", &["http/server.rs"]),
    ("ureq", &["work.rs", "work/"]),
    (
        "smol",
        &[
            "reactor.rs",
            "reactor/",
            "net/",
            "http/front.rs",
            "http/front/",
            "http/scrape.rs",
            "mqtt/",
            "work/streams",
            "daemon.rs",
            "daemon/",
            "cli/",
        ],
    ),
    ("async_io", &["reactor/", "net/", "http/front.rs", "http/front/", "daemon.rs"]),
    ("miniz_oxide", &["face/assets.rs", "work/picture.rs"]),
    ("idna", &["net/idn.rs"]),
    ("yasna", &["net/x509.rs"]),
    ("rustls_native_certs", &["base/system_roots.rs"]),
    ("rcgen", &["net/selfsigned/make.rs"]),
    ("async_signal", &["daemon/signals.rs"]),
    ("rustls", &["net/tls.rs", "net/door_tls.rs", "net/driver.rs", "http/front/tls.rs", "work/", "daemon.rs"]),
    ("futures_rustls", &["net/", "http/front/", "work/streams/"]),
    ("httparse", &["http/front.rs", "http/front/", "work/streams/"]),
    ("quick_xml", &["xml/"]),
    ("miniserde", &["base/json/"]),
    ("toml", &["config.rs", "config/"]),
    ("serde", &["config.rs", "config/"]),
    ("ring", &["base/crypto.rs"]),
    ("sha2", &["base/crypto.rs"]),
    ("hmac", &["base/crypto.rs"]),
    ("curve25519_dalek", &["omemo/crypto.rs"]),
    ("aes", &["omemo/crypto.rs"]),
    ("cbc", &["omemo/crypto.rs"]),
    ("ctr", &["omemo/crypto.rs"]),
    ("ghash", &["omemo/crypto.rs"]),
    ("subtle", &["omemo/crypto.rs"]),
    ("zeroize", &["omemo/crypto.rs"]),
    ("base64", &["base/text.rs"]),
    ("stringprep", &["base/jid.rs", "xmpp/sasl.rs", "xmpp/sasl/"]),
    ("unicode_normalization", &["base/jid.rs", "base/fold.rs"]),
    ("regex_lite", &["brain/flow/"]),
    ("csv_core", &["brain/faq/file.rs"]),
    ("domain", &["net/srv.rs", "net/srv/"]),
    ("mqtt_proto", &["mqtt/packet.rs"]),
    ("rustyline", &["cli/chat.rs", "cli/chat/"]),
    ("lexopt", &["cli/args.rs", "cli/args/"]),
    ("env_logger", &["main.rs", "cli/log.rs"]),
];

/// Reading a clock is for the edges.
const CLOCKS: &[&str] = &[
    "reactor.rs",
    "net/",
    "http/",
    "work.rs",
    "work/",
    "mqtt/",
    "daemon.rs",
    "daemon/calls.rs",
    "daemon/process.rs",
    "cli/",
];

/// Lines of one file; longer ones usually hold two things.
const LINES_MAX: usize = 800;

/// Folders whose functions are short and called without guessing: at most so many lines, so many parameters, and no
/// `bool` for whoever calls them from elsewhere.
const TIDY: &[&str] = &["face/", "http/"];
const FUNCTION_LINES_MAX: usize = 70;
const PARAMETERS_MAX: usize = 5;

struct Source {
    path: PathBuf,
    /// Relative to `src/`, with forward slashes.
    name: String,
    text: String,
}

fn sources() -> Vec<Source> {
    fn walk(dir: &Path, out: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, out);
            } else if path.extension().is_some_and(|end| end == "rs") {
                out.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    walk(&root, &mut paths);
    let sources: Vec<Source> = paths
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
            Source { text: fs::read_to_string(&path).unwrap(), path, name }
        })
        .collect();
    assert!(sources.len() > 40, "the walk found {} files only", sources.len());
    sources
}

impl Source {
    /// `http/front.rs` → `http`; `main.rs` → `main`.
    fn module(&self) -> &str {
        let first = self.name.split('/').next().unwrap();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// A file of nothing but tests, beside the file it tests, or a part of such a file.
    fn is_test(&self) -> bool {
        self.name.ends_with("/tests.rs") || self.name.contains("/tests/")
    }

    /// Lines of code with their numbers: without comments, and without the tests at the end of the file.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let is_test = self.is_test();
        let lines = self.text.lines().enumerate().map(|(index, line)| (index + 1, line));
        lines
            .take_while(|(_, line)| line.trim() != "#[cfg(test)]" || !self.tests_follow(line))
            .filter(move |(_, line)| !is_test && !line.trim_start().starts_with("//"))
    }

    fn tests_follow(&self, _line: &str) -> bool {
        self.text.contains("#[cfg(test)]\nmod tests")
    }

    /// Paths of ours that a line names: `crate::a::b::C` gives `a::b::C`.
    fn own_paths<'a>(&self, line: &'a str) -> Vec<&'a str> {
        let end =
            |rest: &'a str| rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(rest.len());
        line.split("crate::").skip(1).map(|rest| &rest[..end(rest)]).collect()
    }
}

fn is_within(path: &str, allowed: &str) -> bool {
    path == allowed || path.strip_prefix(allowed).is_some_and(|rest| rest.starts_with("::"))
}

fn report(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn imports_go_one_way() {
    let mut wrong = Vec::new();
    for source in sources() {
        let Some((_, allowed)) = LAYERS.iter().find(|(module, _)| *module == source.module()) else {
            wrong.push(format!("{}: module {} has no place in the table", source.name, source.module()));
            continue;
        };
        for (number, line) in source.code() {
            for path in source.own_paths(line) {
                let is_allowed = is_within(path, source.module()) || allowed.iter().any(|a| is_within(path, a));
                if !is_allowed {
                    wrong.push(format!("{}:{number}: {} may not name crate::{path}", source.name, source.module()));
                }
            }
            if line.contains("super::super") {
                wrong.push(format!("{}:{number}: super::super", source.name));
            }
        }
    }
    report(&wrong);
}

#[test]
fn foreign_crates_stand_where_they_belong() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (number, line) in source.code() {
            for (name, places) in FOREIGN {
                let names_it = line.match_indices(&format!("{name}::")).any(|(at, _)| {
                    let before = line[..at].chars().next_back();
                    !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
                });
                if names_it && !places.iter().any(|place| source.name.starts_with(place)) {
                    wrong.push(format!("{}:{number}: {name} belongs to {places:?}", source.name));
                }
            }
            let reads_clock = line.contains("Instant::now") || line.contains("SystemTime::now");
            if reads_clock && !CLOCKS.iter().any(|place| source.name.starts_with(place)) {
                wrong.push(format!("{}:{number}: a clock is read here", source.name));
            }
        }
    }
    report(&wrong);
}

/// Where a feature may decide: where things are listed.
const FEATURES: &[&str] = &[
    "lib.rs",
    "core/mod.rs",
    "face/mod.rs",
    "brain/mod.rs",
    "channel/mod.rs",
    "engine/mod.rs",
    "cli/chat.rs",
    "cli/mod.rs",
    "base/mod.rs",
    "net/mod.rs",
    "work.rs",
    "net/selfsigned.rs",
    "http/front.rs",
    "engine/command/mod.rs",
    "engine/command/botfather.rs",
    "engine/command/dedicated.rs",
];

#[test]
fn features_decide_in_lists_only() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| !FEATURES.contains(&source.name.as_str())) {
        for (number, line) in source.code().filter(|(_, line)| line.contains("feature = ")) {
            wrong.push(format!("{}:{number}: {line}: features are looked at in {FEATURES:?} only", source.name));
        }
    }
    report(&wrong);
}

/// A face is a folder in `src/face/`. Only the mount table beside it names it.
#[test]
fn faces_are_known_to_the_mount_table_only() {
    const TABLE: &str = "face/mod.rs";
    let sources = sources();
    let folder = |source: &'_ Source| Some(source.name.strip_prefix("face/")?.split_once('/')?.0.to_string());
    let faces: Vec<String> = sources.iter().filter_map(folder).collect();
    assert!(faces.iter().any(|face| face == "botmother"), "{faces:?}");
    let mut wrong = Vec::new();
    for source in sources.iter().filter(|source| source.name != TABLE) {
        let own = folder(source);
        for (number, line) in source.code() {
            for face in faces.iter().filter(|face| own.as_ref() != Some(*face)) {
                let names_it = |path: &str| {
                    line.split(path).skip(1).any(|rest| {
                        rest.strip_prefix(face.as_str()).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
                    })
                };
                if names_it("face::") || own.is_some() && names_it("super::") {
                    wrong.push(format!("{}:{number}: only {TABLE} may name the face {face}", source.name));
                }
            }
        }
    }
    report(&wrong);
}

#[test]
fn files_are_short_and_say_what_they_are() {
    let mut wrong = Vec::new();
    for source in sources() {
        let lines = source.text.lines().count();
        if lines > LINES_MAX {
            wrong.push(format!("{}: {lines} lines", source.name));
        }
        if !source.text.starts_with("//!") {
            wrong.push(format!("{}: begins without //!", source.path.display()));
        }
        for (number, line) in source.code() {
            if line.contains(".unwrap()") {
                wrong.push(format!("{}:{number}: unwrap outside tests", source.name));
            }
        }
    }
    report(&wrong);
}

struct Function {
    line: usize,
    head: String,
    /// Without `self`.
    parameters: Vec<String>,
    lines: usize,
}

fn functions(source: &Source) -> Vec<Function> {
    let lines: Vec<(usize, &str)> = source.code().collect();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut all = Vec::new();
    for (at, (line, head)) in lines.iter().enumerate() {
        let before = head.split("fn ").next().unwrap_or_default();
        let is_head = before.split_whitespace().all(|word| {
            word.starts_with("pub") || ["const", "async", "in", "unsafe"].contains(&word) || word.ends_with(')')
        });
        if before.len() == head.len() || !is_head {
            continue;
        }
        let ends = |line: &str| indent(line) == indent(head) && line.trim() == "}";
        let is_one_line = head.ends_with('}') || head.ends_with(';');
        let end = lines[at..].iter().position(|(_, line)| ends(line)).filter(|_| !is_one_line).unwrap_or(0);
        let text: Vec<&str> = lines[at..=at + end].iter().map(|(_, line)| line.trim()).collect();
        let parameters = parameters(&text.join(" ")[head.trim_start().find("fn ").unwrap_or(0)..]);
        let head = head.trim().to_string();
        all.push(Function { line: *line, head, parameters, lines: lines[at + end].0 + 1 - line });
    }
    all
}

/// What stands between the parentheses of a function's head, parted at its own commas.
fn parameters(function: &str) -> Vec<String> {
    let (mut depth, mut angles, mut before) = (0, 0, ' ');
    let mut parts = vec![String::new()];
    for letter in function.chars() {
        match letter {
            '<' => angles += 1,
            // An arrow closes nothing.
            '>' if before != '-' => angles -= 1,
            // Those of bounds before the parameters belong to them.
            '(' | '[' if depth > 0 || angles == 0 => depth += 1,
            ')' | ']' if depth > 0 => depth -= 1,
            _ => {}
        }
        if depth == 0 && letter == ')' && angles == 0 {
            break;
        }
        match letter {
            ',' if depth == 1 && angles == 0 => parts.push(String::new()),
            _ if depth > 0 => parts.last_mut().unwrap().push(letter),
            _ => {}
        }
        before = letter;
    }
    let parts = parts.iter().map(|part| part.trim_start_matches('(').trim().to_string());
    parts.filter(|part| !part.is_empty() && !part.ends_with("self")).collect()
}

#[test]
fn functions_are_short_and_called_without_guessing() {
    let heads = |text: &str| parameters(text).join("|");
    assert_eq!(
        heads("fn a<F: Fn(u8, u8) -> u8>(&mut self, (x, y): (A, B), f: impl Fn(C, D) -> E) -> G { h(i) }"),
        "(x, y): (A, B)|f: impl Fn(C, D) -> E"
    );
    let mut wrong = Vec::new();
    let mut count = 0;
    for source in sources().iter().filter(|source| TIDY.iter().any(|folder| source.name.starts_with(folder))) {
        for Function { line, head, parameters, lines } in functions(source) {
            count += 1;
            let place = format!("{}:{line}: {head}", source.name);
            if lines > FUNCTION_LINES_MAX {
                wrong.push(format!("{place} has {lines} lines"));
            }
            if parameters.len() > PARAMETERS_MAX {
                wrong.push(format!("{place} has {} parameters", parameters.len()));
            }
            if head.starts_with("pub") && parameters.iter().any(|parameter| parameter.ends_with(": bool")) {
                wrong.push(format!("{place} takes a bool: an enum says what is meant"));
            }
        }
    }
    assert!(count > 200, "{count}");
    report(&wrong);
}

/// What an operator reads is written for him: no Debug text of our types in lines that stand in the log by default.
#[test]
fn the_log_speaks_to_people() {
    let mut wrong = Vec::new();
    let mut lines = 0;
    for source in sources() {
        for call in source.text.split("log::").skip(1) {
            let is_loud = ["info!(", "warn!(", "error!(", "log!("].iter().any(|name| call.starts_with(name));
            let end = call.find(");").unwrap_or(call.len()).min(call.find(")\n").unwrap_or(call.len()));
            let text = &call[..end];
            lines += usize::from(is_loud);
            if is_loud && (text.contains(":?}") || text.contains("{:?")) {
                wrong.push(format!("{}: {text}", source.name));
            }
        }
    }
    assert!(lines > 80, "{lines}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}
