//! Numbers that may only fall, on the way from one engine to core, channels, brain and faces (`docs/architecture.md`).
//!
//! Each is counted in the sources. When one falls, the table is lowered with the same commit, so that the history shows
//! the way down.

use std::collections::{BTreeMap, BTreeSet};

use super::{Source, sources};

/// Counts something in all sources.
type Count = fn(&[Source]) -> usize;

/// What is counted, and how much of it there is today.
const TODAY: &[(&str, Count, usize)] = &[
    ("fields of Engine", |all| fields(all, "engine/mod.rs", "pub struct Engine {"), 5),
    ("fields of Core", |all| fields(all, "core/mod.rs", "pub(crate) struct Core {"), 7),
    ("fields of Batch", |all| fields(all, "core/batch.rs", "pub(crate) struct Batch {"), 11),
    ("fields of Xmpp", |all| fields(all, "channel/xmpp/mod.rs", "pub(crate) struct Xmpp {"), 9),
    ("methods of Engine", methods, 60),
    ("files with methods of Engine", |all| engine_files(all).count(), 10),
    ("things of XMPP that the rules may name", |_| super::CORE.len() - 3, 9),
    ("files of the largest circle of imports", circle, 3),
    ("functions of more than 70 lines", long_functions, 0),
    ("functions for others with a bool parameter", |all| parameters(all, |list| list.contains(": bool")), 1),
    ("functions for others with more than 5 parameters", |all| parameters(all, |list| count(list) > 5), 0),
    ("files of more than 500 lines", |all| all.iter().filter(|source| source.text.lines().count() > 500).count(), 0),
    ("public types that share a name with another of their layer", shared_names, 0),
    ("structs of live state with more than 12 fields", large_structs, 0),
];

/// Where structs are live state.
const LIVE: &[&str] = &["core", "channel", "brain", "engine", "xmpp", "net", "http", "work", "daemon", "omemo"];

/// Structs there that are none: what somebody else has said, with all that may be in it, read once and passed on whole.
const DATA: &[(&str, &str)] = &[
    // A message with what extensions say in it.
    ("xmpp/message.rs", "Inbound"),
    // The same, said in a room.
    ("xmpp/muc/message.rs", "RoomMessage"),
    // What any channel has heard.
    ("core/incoming.rs", "Incoming"),
];

#[test]
fn numbers_only_fall() {
    let all = sources();
    let mut wrong = Vec::new();
    for (what, count, today) in TODAY {
        let found = count(&all);
        if found != *today {
            let way = if found > *today { "may not rise" } else { "has fallen: lower it in the table" };
            wrong.push(format!("{what}: {found}, was {today}; it {way}"));
        }
    }
    super::report(&wrong);
}

fn fields(all: &[Source], file: &str, head: &str) -> usize {
    let source = all.iter().find(|source| source.name == file).expect("the file is there");
    let body = source.text.split(head).nth(1).expect("the struct is there");
    body.lines().take_while(|line| *line != "}").filter(|line| is_field(line)).count()
}

fn is_field(line: &str) -> bool {
    line.starts_with("    ") && !line.trim_start().starts_with("//") && line.contains(": ") && line.ends_with(',')
}

fn engine_files(all: &[Source]) -> impl Iterator<Item = &Source> {
    all.iter().filter(|source| source.text.contains("\nimpl Engine {"))
}

fn methods(all: &[Source]) -> usize {
    let of = |source: &Source| -> usize {
        let blocks = source.text.split("\nimpl Engine {").skip(1);
        let heads = |block: &str| {
            let lines = block.lines().take_while(|line| *line != "}");
            lines.filter(|line| line.starts_with("    ") && !line.starts_with("     ") && is_head(line)).count()
        };
        blocks.map(heads).sum()
    };
    engine_files(all).map(of).sum()
}

/// Whether a line begins a function.
fn is_head(line: &str) -> bool {
    let line = line.trim_start();
    let line = line.strip_prefix("pub").map_or(line, |rest| rest.split_once(' ').map_or(rest, |(_, rest)| rest));
    let line = if line.starts_with("in ") { line.split_once(' ').map_or(line, |(_, rest)| rest) } else { line };
    let line = line.split_once("crate::engine) ").map_or(line, |(_, rest)| rest);
    ["fn ", "const fn ", "async fn "].iter().any(|word| line.starts_with(word))
}

/// The largest set of files of the core, the channels, the brain and the engine each of which imports each other one, if
/// only through others. The file where the struct stands that all files beside it work with counts for none of them.
fn circle(all: &[Source]) -> usize {
    let name = |source: &Source| -> Option<String> {
        ["core/", "channel/", "brain/", "engine/"].iter().find(|layer| source.name.starts_with(**layer))?;
        Some(source.name.strip_suffix(".rs")?.replace('/', "::"))
    };
    let names: BTreeSet<String> = all.iter().filter_map(name).collect();
    let edges: BTreeMap<String, BTreeSet<String>> = all
        .iter()
        .filter_map(|source| {
            let own = name(source)?;
            let paths = source.code().filter_map(|(_, line)| line.strip_prefix("use crate::"));
            let known = |path: &str| {
                let mut path = path.trim_end_matches(';');
                while !names.contains(path) {
                    path = path.rsplit_once("::")?.0;
                }
                Some(path.to_string()).filter(|path| *path != own)
            };
            Some((own.clone(), paths.filter_map(known).collect()))
        })
        .collect();
    let reach = |from: &String| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
        while let Some(next) = open.pop() {
            open.extend(edges.get(next).into_iter().flatten().filter(|next| seen.insert((*next).clone())));
        }
        seen
    };
    let reached: BTreeMap<&String, BTreeSet<String>> = edges.keys().map(|from| (from, reach(from))).collect();
    let size =
        |from: &String| reached[from].iter().filter(|to| reached.get(to).is_some_and(|r| r.contains(from))).count();
    edges.keys().map(size).max().unwrap_or_default()
}

fn long_functions(all: &[Source]) -> usize {
    let of = |source: &Source| {
        let lines: Vec<&str> = source.text.lines().collect();
        let heads = lines.iter().enumerate().filter(|(_, line)| is_head(line));
        let length = |(at, line): (usize, &&str)| {
            let end = format!("{}}}", &line[..line.len() - line.trim_start().len()]);
            lines[at..].iter().position(|line| **line == end).unwrap_or_default()
        };
        heads.map(length).filter(|length| *length > 70).count()
    };
    all.iter().map(of).sum()
}

/// Public functions whose parameters are such.
fn parameters(all: &[Source], is_such: fn(&str) -> bool) -> usize {
    let of = |source: &Source| {
        let lines: Vec<&str> = source.text.lines().collect();
        let heads = lines.iter().enumerate().filter(|(_, line)| line.trim_start().starts_with("pub") && is_head(line));
        let list = |(at, _): (usize, &&str)| {
            let rest = lines.get(at..at + 12).unwrap_or(&lines[at..]).join(" ");
            let list = rest.split_once("fn ").and_then(|(_, rest)| rest.split_once('(')).map_or("", |(_, rest)| rest);
            let end = list.find(") -> ").unwrap_or(usize::MAX).min(list.find(") {").unwrap_or(usize::MAX));
            list.get(..end).unwrap_or_default().to_string()
        };
        heads.map(list).filter(|list| is_such(list)).count()
    };
    all.iter().map(of).sum()
}

/// Parameters besides `self`.
fn count(list: &str) -> usize {
    list.matches(": ").count()
}

/// Public types that share their name with another one of their layer, a top directory of `src/`; across layers the
/// path tells them apart.
fn shared_names(all: &[Source]) -> usize {
    let mut names: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    // A file `no_…` stands in for another where that is left out.
    for source in all.iter().filter(|source| !source.name.contains("/no_")) {
        for (_, line) in source.code() {
            let rest = line.trim_start().strip_prefix("pub struct ").or(line.trim_start().strip_prefix("pub enum "));
            let name = rest.and_then(|rest| rest.split(|c: char| !c.is_alphanumeric()).next());
            *names.entry((source.module(), name.unwrap_or_default())).or_default() += usize::from(name.is_some());
        }
    }
    names.values().filter(|count| **count > 1).sum()
}

/// Structs with so many fields that some of them must belong together.
fn large_structs(all: &[Source]) -> usize {
    let of = |source: &Source| {
        let blocks = source.text.split("struct ").skip(1);
        let is_large = |block: &&str| {
            let name = block.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
            let body =
                block.split_once("{\n").filter(|(head, _)| !head.contains([';', '(', '\n'])).map(|(_, body)| body);
            let lines = body.unwrap_or_default().lines().take_while(|line| line.trim_start() != "}");
            lines.filter(|line| is_field(line)).count() > 12 && !DATA.contains(&(source.name.as_str(), name))
        };
        blocks.filter(is_large).count()
    };
    all.iter().filter(|source| LIVE.contains(&source.module())).map(of).sum()
}
