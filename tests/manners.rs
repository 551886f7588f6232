//! What a visitor of the repository relies on: dependencies with licences that go together, the stated Rust version, and
//! subjects of commits that read as CONTRIBUTING.md asks.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use miniserde::json::{self, Value};

/// A file of the repository, by its path from the top.
fn file(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn member<'a>(value: &'a Value, name: &str) -> &'a Value {
    let Value::Object(members) = value else { panic!("{name} is to be in an object") };
    &members[name]
}

fn text(value: &Value) -> &str {
    let Value::String(text) = value else { return "" };
    text
}

fn list(value: &Value) -> &[Value] {
    let Value::Array(values) = value else { panic!("an array is expected") };
    values
}

struct Package {
    name: String,
    version: String,
    license: String,
    rust_version: String,
    source: String,
}

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// All crates that are compiled for this machine: of the program, its tests and its build.
fn packages() -> &'static [Package] {
    static PACKAGES: OnceLock<Vec<Package>> = OnceLock::new();
    PACKAGES.get_or_init(read_packages)
}

fn read_packages() -> Vec<Package> {
    let version = output("rustc", &["-vV"]);
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let arguments = ["metadata", "--locked", "--offline", "--format-version", "1", "--filter-platform", host];
    let metadata: Value = json::from_str(&output(env!("CARGO"), &arguments)).unwrap();
    let packages = list(member(&metadata, "packages")).iter().map(|package| {
        let of = |name: &str| text(member(package, name)).to_string();
        Package {
            name: of("name"),
            version: of("version"),
            license: of("license"),
            rust_version: of("rust_version"),
            source: of("source"),
        }
    });
    let packages: Vec<Package> = packages.collect();
    assert!(packages.len() > 100, "{}", packages.len());
    packages
}

fn deny() -> toml::Table {
    file("deny.toml").parse().unwrap()
}

fn words<'a>(table: &'a toml::Table, section: &str, key: &str) -> Vec<&'a str> {
    table[section][key].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect()
}

/// Whether a licence expression (SPDX, annex D; `/` is what crates of old wrote for OR) can be met with those allowed.
fn is_met(expression: &str, allowed: &[&str]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut tokens = spaced.split_whitespace().peekable();
    let met = any_of(&mut tokens, allowed);
    assert!(tokens.next().is_none(), "{expression} is not understood");
    met
}

type Tokens<'t, 'a> = &'t mut std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any_of(tokens: Tokens<'_, '_>, allowed: &[&str]) -> bool {
    let mut met = all_of(tokens, allowed);
    while tokens.next_if_eq(&"OR").is_some() {
        met |= all_of(tokens, allowed);
    }
    met
}

fn all_of(tokens: Tokens<'_, '_>, allowed: &[&str]) -> bool {
    let mut met = one(tokens, allowed);
    while tokens.next_if_eq(&"AND").is_some() {
        met &= one(tokens, allowed);
    }
    met
}

fn one(tokens: Tokens<'_, '_>, allowed: &[&str]) -> bool {
    if tokens.next_if_eq(&"(").is_some() {
        let met = any_of(tokens, allowed);
        assert_eq!(tokens.next(), Some(")"));
        return met;
    }
    let mut license = tokens.next().unwrap_or_default().to_string();
    if tokens.next_if_eq(&"WITH").is_some() {
        license = format!("{license} WITH {}", tokens.next().unwrap_or_default());
    }
    allowed.contains(&license.as_str())
}

#[test]
fn every_dependency_has_an_allowed_licence() {
    assert!(is_met("Unlicense OR (MIT AND Zlib)", &["MIT", "Zlib"]) && is_met("GPL-3.0/MIT", &["MIT"]));
    assert!(!is_met("MIT AND GPL-3.0", &["MIT"]) && !is_met("Apache-2.0 WITH LLVM-exception", &["Apache-2.0"]));
    let deny = deny();
    let allowed = words(&deny, "licenses", "allow");
    let packages = packages();
    let wrong = packages.iter().filter(|package| !is_met(&package.license, &allowed));
    let wrong: Vec<_> = wrong.map(|package| format!("{}: {}", package.name, package.license)).collect();
    assert!(wrong.is_empty(), "deny.toml does not allow {wrong:#?}");
    // And nothing is allowed that nobody needs.
    for license in &allowed {
        let others: Vec<&str> = allowed.iter().copied().filter(|other| other != license).collect();
        let needed = packages.iter().any(|package| !is_met(&package.license, &others));
        assert!(needed, "deny.toml allows {license}, which no dependency needs");
    }
}

/// Two of them would double what is in memory, on the flash and to be trusted.
#[test]
fn there_is_one_tls_and_one_asynchronous_runtime() {
    let deny = deny();
    let banned = deny["bans"]["deny"].as_array().unwrap();
    let banned: Vec<&str> = banned.iter().map(|entry| entry["crate"].as_str().unwrap()).collect();
    let packages = packages();
    for package in packages {
        assert!(!banned.contains(&package.name.as_str()), "deny.toml bans {}", package.name);
    }
    for single in ["rustls", "ring", "async-executor", "async-io", "rusqlite"] {
        let versions: Vec<_> = packages.iter().filter(|package| package.name == single).map(|p| &p.version).collect();
        assert_eq!(versions.len(), 1, "{single}: {versions:?}");
    }
}

#[test]
fn every_dependency_comes_from_an_allowed_registry() {
    let deny = deny();
    let allowed = words(&deny, "sources", "allow-registry");
    for package in packages().iter().filter(|package| package.name != "botmother") {
        let source = package.source.strip_prefix("registry+").unwrap_or(&package.source);
        assert!(allowed.contains(&source), "{} comes from {source:?}", package.name);
    }
}

/// What our own code needs is held by clippy's incompatible_msrv, which reads the same line of Cargo.toml.
#[test]
fn no_dependency_needs_a_newer_rust_than_we_state() {
    let numbers = |version: &str| -> Vec<u32> { version.split('.').map(|number| number.parse().unwrap()).collect() };
    let packages = packages();
    let ours = &packages.iter().find(|package| package.name == "botmother").unwrap().rust_version;
    assert!(!ours.is_empty());
    for package in packages.iter().filter(|package| !package.rust_version.is_empty()) {
        let needs = &package.rust_version;
        assert!(numbers(needs) <= numbers(&format!("{ours}.0")), "{} needs Rust {needs}, we say {ours}", package.name);
    }
    assert!(file("README.md").contains(&format!("Rust {ours} or newer")), "README.md says another version than {ours}");
}

/// What `tests/subjects` says of some subjects: the lines that it prints.
fn complaints(subjects: &str) -> Vec<String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/subjects");
    let mut child =
        Command::new(script).arg("-").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("bash runs");
    child.stdin.take().unwrap().write_all(subjects.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let lines: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(String::from).collect();
    assert_eq!(output.status.code(), Some(i32::from(!lines.is_empty())));
    lines
}

#[test]
fn subjects_of_commits_read_as_contributing_asks() {
    let longest = format!("Grüße {}", "x".repeat(66));
    let good =
        ["session: skip an oversized stanza", "Add licence texts", "store, engine: keep it", "tests/check: bound it"];
    assert_eq!(complaints(&(good.join("\n") + "\n" + &longest + "\n")), [""; 0]);
    let bad = [
        ("Add licence texts.", "ends with a full stop"),
        ("add licence texts", "begins with neither a capital nor 'area: '"),
        ("fixup! Add licence texts", "begins with neither a capital nor 'area: '"),
        ("session: Fixed a crash", "says 'Fixed' instead of what to do"),
        ("Adding tests", "says 'Adding' instead of what to do"),
        (&format!("{longest}x"), "is longer than 72 characters"),
    ];
    for (subject, why) in bad {
        assert_eq!(complaints(&format!("{subject}\n")), [format!("{subject}: {why}")]);
    }
}

/// It takes an hour, so no test runs it; this much can be seen without.
#[test]
fn the_report_knows_every_benchmark() {
    let manifest: toml::Table = file("Cargo.toml").parse().unwrap();
    let help = output("tests/bench/report", &["--help"]);
    let subjects = help.split("or these: ").nth(1).unwrap();
    let subjects: Vec<&str> = subjects.split_whitespace().take_while(|word| !word.starts_with('-')).collect();
    for bench in manifest["bench"].as_array().unwrap() {
        let name = bench["name"].as_str().unwrap();
        assert!(subjects.contains(&name), "tests/bench/report has no subject for {name}: {subjects:?}");
    }
    let parse = "import ast, sys; ast.parse(open(sys.argv[1]).read())";
    output("python3", &["-c", parse, "tests/bench/peers/slixmpp_bot.py"]);
}

/// Number, version and state of each extension, and the file that it is in: the rows of docs/xeps.md.
fn listed_xeps() -> Vec<(String, String, String, String)> {
    let page = file("docs/xeps.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| ["));
    let rows: Vec<_> = rows
        .map(|row| {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            let number = cells[0].split(']').next().unwrap();
            assert!(cells[0].ends_with(&format!("/xep-{number}.html)")), "{row}");
            let place = cells[4].trim_matches('`');
            (number.to_string(), cells[2].to_string(), cells[3].to_string(), place.to_string())
        })
        .collect();
    assert!(rows.len() > 50 && rows.is_sorted(), "{rows:?}");
    rows
}

/// The number behind each `XEP-`.
fn numbers_of(text: &str) -> Vec<&str> {
    text.split("XEP-").skip(1).filter_map(|rest| rest.get(..4)).collect()
}

#[test]
fn the_doap_file_lists_what_the_page_lists() {
    let doap = file("botmother.doap");
    let of = |entry: &str, from: &str, to: &str| -> String {
        entry.split(from).nth(1).and_then(|rest| rest.split(to).next()).expect(from).to_string()
    };
    let entries = doap.split("<xmpp:SupportedXep>").skip(1).map(|entry| {
        let number = of(entry, "rdf:resource='https://xmpp.org/extensions/xep-", ".html'");
        (number, of(entry, "<xmpp:version>", "<"), of(entry, "<xmpp:status>", "<"))
    });
    let rows = listed_xeps().into_iter().map(|(number, version, state, _)| (number, version, state));
    assert_eq!(entries.collect::<Vec<_>>(), rows.collect::<Vec<_>>());
}

#[test]
fn every_extension_in_the_code_is_on_its_page() {
    let page = file("docs/xeps.md");
    let listed = listed_xeps();
    let mentioned = numbers_of(&page);
    let namespaces = file("src/xmpp/ns.rs");
    for number in numbers_of(&namespaces) {
        let is_listed = listed.iter().any(|row| row.0 == number) || mentioned.contains(&number);
        assert!(is_listed, "src/xmpp/ns.rs has a namespace of XEP-{number}, which docs/xeps.md lacks");
    }
    // A file that is named speaks of it, or names a namespace of it.
    for (number, _, state, place) in &listed {
        assert!(["complete", "partial"].contains(&state.as_str()), "XEP-{number} is {state}");
        let text = file(place);
        let constants = namespaces.split("/// ").filter(|entry| numbers_of(entry).contains(&number.as_str()));
        let mut constants = constants.filter_map(|entry| entry.split("pub const ").nth(1)?.split(':').next());
        let is_there =
            text.contains(&format!("XEP-{number}")) || constants.any(|name| text.contains(&format!("ns::{name}")));
        assert!(is_there, "docs/xeps.md names {place} for XEP-{number}, which does not speak of it");
    }
}

/// The keys of each section, in the order of the file.
#[test]
fn the_page_of_the_configuration_has_every_key() {
    let sample = file("config/botmother.toml");
    let mut keys = Vec::new();
    let mut section = String::new();
    for line in sample.lines() {
        let line = line.trim_start_matches('#');
        if line.starts_with('[') {
            section = line.to_string();
        } else if let Some((key, value)) = line.split_once(" = ").filter(|(key, _)| !key.contains(' ')) {
            keys.push((section.clone(), key.to_string(), value.to_string()));
        }
    }
    assert!(keys.len() > 18, "{keys:?}");
    let page = file("docs/configuration.md");
    let mut rows = Vec::new();
    let mut heading = String::new();
    for line in page.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            heading = title.split('`').nth(1).unwrap_or_default().to_string();
        } else if let Some(row) = line.strip_prefix("| `").filter(|row| !row.starts_with(char::is_uppercase)) {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            rows.push((heading.clone(), cells[0].trim_end_matches('`').to_string(), cells[1].replace('`', "")));
        }
    }
    let names = |keys: &[(String, String, String)]| -> Vec<String> {
        keys.iter().map(|(section, key, _)| format!("{section} {key}")).collect()
    };
    assert_eq!(names(&rows), names(&keys));
    // Its defaults are those of the sample; where there is none the sample shows an example.
    for (row, key) in rows.iter().zip(&keys).filter(|(row, _)| !row.2.is_empty()) {
        assert_eq!(row, key);
    }
}

/// All pages that users and contributors read.
fn pages() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = fs::read_dir(root.join("docs")).unwrap();
    let docs = docs.map(|entry| format!("docs/{}", entry.unwrap().file_name().to_str().unwrap()));
    let top = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"].map(String::from);
    docs.chain(top).map(|name| (name.clone(), file(&name))).collect()
}

/// Files of ours that a text names: `src/engine/mod.rs`, `docs/api.md`.
fn named_files(text: &str) -> impl Iterator<Item = &str> {
    let words =
        text.split(|c: char| !(c.is_alphanumeric() || "_./-".contains(c))).map(|word| word.trim_end_matches('.'));
    words.filter(|word| {
        let folders = ["src/", "tests/", "config/", "cross/", "docs/", "examples/", "findings/", ".ci/"];
        folders.iter().any(|folder| word.starts_with(folder))
    })
}

/// Where a heading is found by a link, as forges do it.
fn anchor_of(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn every_file_that_a_page_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut wrong = Vec::new();
    let pages = pages();
    for (page, text) in &pages {
        let folder = root.join(page).parent().unwrap().to_path_buf();
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let links = links.filter(|link| !link.contains("://"));
        let links = links.map(|link| {
            let (link, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = fs::read_to_string(folder.join(link)).unwrap_or_default();
            if !anchor.is_empty() && !target.lines().any(|line| line.starts_with('#') && anchor_of(line) == anchor) {
                wrong.push(format!("{page}: {link}#{anchor}"));
            }
            link
        });
        let links: Vec<&str> = links.collect();
        let links = links.into_iter();
        let links = links.map(|link| (link, folder.join(link)));
        for (name, path) in links.chain(named_files(text).map(|name| (name, root.join(name)))) {
            if !path.exists() {
                wrong.push(format!("{page}: {name}"));
            }
        }
    }
    // Comments cite pages, too.
    let mut folders = vec![root.join("src")];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                let cited = named_files(&text).filter(|name| name.starts_with("docs/") && !root.join(name).exists());
                wrong.extend(cited.map(|name| format!("{}: {name}", path.display())));
            }
        }
    }
    assert!(wrong.is_empty(), "no such file:\n{}", wrong.join("\n"));
    let counts = pages.iter().map(|(_, text)| named_files(text).count());
    assert!(counts.sum::<usize>() > 100, "hardly a file was found in the pages");
}

/// The names of all numbers, as Prometheus sees them.
fn metric_names() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let sources = [
        ("src/engine/metrics.rs", "botmother_"),
        ("src/channel/telegram/mod.rs", "botmother_"),
        ("src/channel/web/watching.rs", "botmother_"),
        ("src/daemon/process.rs", ""),
    ];
    for (source, prefix) in sources {
        let source = file(source);
        let source = source.split("#[cfg(test)]").next().unwrap();
        for call in ["gauge(", "counter(", "counters(", "histogram(", "Counter,", "Gauge,"] {
            let first = |rest: &str| {
                let rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '(');
                Some(rest.strip_prefix('"')?.split('"').next()?.to_string())
            };
            names.extend(source.split(call).skip(1).filter_map(first).map(|name| format!("{prefix}{name}")));
        }
    }
    assert!(names.len() > 25, "{names:?}");
    names
}

/// The texts of one test file and of the files in the folder beside it, or of a file with tests of its own in `src/`.
fn test_sources(name: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut places = ["tests", "src"].map(|folder| root.join(folder).join(format!("{name}.rs"))).to_vec();
    let beside = fs::read_dir(root.join("tests").join(name)).into_iter().flatten();
    places.extend(beside.map(|entry| entry.unwrap().path()));
    places.iter().filter_map(|path| fs::read_to_string(path).ok()).collect()
}

/// What is promised is shown by tests that are there: `FILE::TEST`, in the last column.
#[test]
fn every_test_that_a_page_names_is_there() {
    for page in ["SECURITY.md", "tests/faults/README.md"] {
        let text = file(page);
        let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| ") && line.contains("::")).collect();
        assert!(rows.len() > 10, "{page}: {rows:?}");
        for row in rows {
            let shown = row.rsplit('|').nth(1).unwrap();
            for name in shown.split('`').skip(1).step_by(2) {
                let (place, test) =
                    name.split_once("::").unwrap_or_else(|| panic!("{page}: {name} is no test of a file"));
                let is_there = test_sources(place).iter().any(|source| {
                    source
                        .split("#[test]")
                        .skip(1)
                        .any(|rest| rest.split("fn ").nth(1).is_some_and(|head| head.starts_with(&format!("{test}()"))))
                });
                assert!(is_there, "{page} names {name}, which is not there");
            }
        }
    }
}

#[test]
fn the_program_is_without_unsafe_code() {
    let manifest: toml::Table = file("Cargo.toml").parse().unwrap();
    assert_eq!(manifest["lints"]["rust"]["unsafe_code"].as_str(), Some("forbid"));
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                assert!(!text.contains("allow(unsafe_code"), "{}", path.display());
            }
        }
    }
}

#[test]
fn every_metric_is_explained() {
    let page = file("docs/operating.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let rows: BTreeSet<String> = rows
        .filter(|name| name.starts_with("botmother_") || name.starts_with("process_"))
        .map(|name| name.split('{').next().unwrap_or_default().to_string())
        .collect();
    assert_eq!(rows, metric_names());
}

/// What is shown, and what alarms, is counted: a name that nobody gives would never be missed.
#[test]
fn dashboards_and_alerts_name_what_there_is() {
    let known = metric_names();
    for page in ["config/grafana.json", "config/alerts.yaml"] {
        let text = file(page);
        let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let named: BTreeSet<&str> = words
            .filter(|word| word.starts_with("botmother_") || word.starts_with("process_"))
            .map(|word| ["_bucket", "_sum", "_count"].iter().find_map(|end| word.strip_suffix(end)).unwrap_or(word))
            .collect();
        assert!(named.len() >= 8, "{page}: {named:?}");
        let unknown: Vec<_> = named.iter().filter(|name| !known.contains(**name)).collect();
        assert!(unknown.is_empty(), "{page} names what nobody counts: {unknown:?}");
    }
}

/// A newcomer's first page stays one that he reads; and no page is hidden from him.
#[test]
fn the_readme_is_short_and_leads_to_every_page() {
    let readme = file("README.md");
    let lines = readme.lines().count();
    assert!(lines <= 120, "README.md has {lines} lines");
    for (page, _) in pages().iter().filter(|(page, _)| page != "README.md") {
        assert!(readme.contains(&format!("({page})")), "README.md does not lead to {page}");
    }
}

/// The walks of docs/architecture.md: short, and each step in the file that is named for it.
#[test]
fn the_walks_are_short_and_true() {
    let text = file("docs/architecture.md");
    for heading in ["## A message comes in", "## A program calls `sendMessage`"] {
        let section = text.split_once(heading).unwrap().1.split("\n## ").next().unwrap();
        let steps = section.split_once("\n1. ").unwrap().1.split("\n\n").next().unwrap();
        let files: BTreeSet<&str> = named_files(steps).collect();
        assert!((8..=12).contains(&files.len()), "{heading}: {} files: {files:?}", files.len());
        let mut count = 0;
        for step in steps.split("`src/").skip(1) {
            let (name, rest) = step.split_once('`').unwrap();
            let Some(function) = rest.strip_prefix(" (`").and_then(|rest| rest.split('`').next()) else { continue };
            let source = file(&format!("src/{name}"));
            let heads = [format!("fn {function}("), format!("fn {function}<")];
            assert!(heads.iter().any(|head| source.contains(head)), "{heading}: {name} has no {function}");
            count += 1;
        }
        assert!(count >= 8, "{heading}: {count} steps name their function");
        let forms = section.split_once("It takes these forms: ").unwrap().1.split('.').next().unwrap();
        assert!((3..=6).contains(&forms.split('→').count()), "{heading}: {forms}");
    }
}
