//! From text to settings: walks a TOML file or the environment and pairs each value with its key and its place.
//!
//! Knows nothing of what values mean; `key.rs` does. Unknown keys are problems and name the nearest known one.

use crate::base::{limits, remedy};
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::Problem;
use super::key::{KEYS, Key, SECTIONS, heading};
use super::place::Environment;
use crate::base::near::nearest;

/// Prefix of environment variables.
const PREFIX: &str = "BOTMOTHER_";
/// Variables that are no keys.
const OTHER_VARIABLES: [&str; 2] = ["BOTMOTHER_CONFIG", "BOTMOTHER_LOG"];
/// One value somebody gave.
#[derive(Debug)]
pub(super) struct Setting {
    /// Its key.
    pub(super) key: &'static Key,
    /// Which `[[account]]`, from 0; 0 for other sections.
    pub(super) index: usize,
    /// What was given.
    pub(super) value: Value,
    /// Where.
    pub(super) origin: Origin,
}

/// A value before its meaning is known.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// A string; all values of the environment.
    Text(String),
    /// An integer in TOML.
    Integer(i64),
    /// `true` or `false` in TOML.
    Truth(bool),
    /// A list of strings in TOML.
    Texts(Vec<String>),
    /// Something no key takes: a list of other things, a date…
    Other(&'static str),
}

/// Where a value stands.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    /// `FILE:LINE`; empty for the environment.
    pub(super) at: String,
    /// How messages name it: "`port` in [api]", "BOTMOTHER_API__PORT".
    pub(super) name: String,
    /// What relative paths start from: the file's directory.
    pub(super) base: PathBuf,
}

/// Reads a TOML file.
pub(super) fn from_toml(path: &Path, text: &str, settings: &mut Vec<Setting>, problems: &mut Vec<Problem>) {
    let (document, errors) = DeTable::parse_recoverable(text.strip_prefix('\u{feff}').unwrap_or(text));
    let base = std::path::absolute(path).ok().and_then(|path| path.parent().map(Path::to_path_buf));
    let mut file = TomlFile { path, base: base.unwrap_or_default(), text, settings, problems: Vec::new() };
    // One is enough: what follows a syntax error is mostly its echo.
    if let Some(error) = errors.first() {
        file.complain(error.span().map_or(0, |span| span.start), error.message().to_string());
    } else {
        file.top(document.get_ref());
    }
    file.problems.sort_by_key(|(line, _)| *line);
    let at = |line| format!("{}:{line}", path.display());
    problems.extend(file.problems.into_iter().map(|(line, text)| Problem { at: at(line), text }));
}

struct TomlFile<'a> {
    path: &'a Path,
    base: PathBuf,
    text: &'a str,
    settings: &'a mut Vec<Setting>,
    problems: Vec<(usize, String)>,
}

impl TomlFile<'_> {
    fn line(&self, offset: usize) -> usize {
        1 + self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
    }

    fn complain(&mut self, offset: usize, text: String) {
        self.problems.push((self.line(offset), text));
    }

    fn top(&mut self, table: &DeTable<'_>) {
        for (name, value) in table {
            match (name.get_ref().as_ref(), value.get_ref()) {
                (name, DeValue::Table(table)) if section_named(name).is_some() => {
                    self.section(section_named(name).unwrap_or_default(), 0, table);
                }
                ("account", DeValue::Array(accounts)) => {
                    for (index, account) in accounts.iter().enumerate() {
                        match account.get_ref() {
                            DeValue::Table(account) => self.section("account", index, account),
                            _ => self.complain(account.span().start, NOT_AN_ACCOUNT.into()),
                        }
                    }
                }
                (word, _) if section_named(word).is_some() => {
                    self.complain(name.span().start, format!("`{word}` must be a section, [{word}]"));
                }
                ("account", _) => self.complain(name.span().start, NOT_AN_ACCOUNT.into()),
                _ => self.entry("", 0, name, value),
            }
        }
    }

    fn section(&mut self, section: &'static str, index: usize, table: &DeTable<'_>) {
        for (name, value) in table {
            self.entry(section, index, name, value);
        }
    }

    fn entry(
        &mut self,
        section: &str,
        index: usize,
        name: &Spanned<std::borrow::Cow<'_, str>>,
        value: &Spanned<DeValue<'_>>,
    ) {
        let Some(key) = Key::find(section, name.get_ref()) else {
            return self.complain(name.span().start, unknown(section, name.get_ref()));
        };
        let origin = Origin {
            at: format!("{}:{}", self.path.display(), self.line(value.span().start)),
            name: key.title(),
            base: self.base.clone(),
        };
        let value = match value.get_ref() {
            DeValue::String(text) => Value::Text(remedy::inert(text.to_string())),
            DeValue::Boolean(truth) => Value::Truth(*truth),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map_or(Value::Other("a number that large"), Value::Integer),
            DeValue::Float(_) => Value::Other("a fraction"),
            DeValue::Datetime(_) => Value::Other("a date"),
            DeValue::Array(items) => read_texts(items).map_or(Value::Other("a list"), Value::Texts),
            DeValue::Table(_) => Value::Other("a section"),
        };
        self.settings.push(Setting { key, index, value, origin });
    }
}

/// The strings of a list that has nothing else.
fn read_texts(items: &DeArray<'_>) -> Option<Vec<String>> {
    let text = |item: &Spanned<DeValue<'_>>| item.get_ref().as_str().map(|text| remedy::inert(text.to_string()));
    items.iter().map(text).collect()
}

/// A section by its name.
fn section_named(name: &str) -> Option<&'static str> {
    SECTIONS.into_iter().find(|section| *section == name)
}

const NOT_AN_ACCOUNT: &str = "`account` must be written as [[account]], once for each account";

fn unknown(section: &str, name: &str) -> String {
    let place = if section.is_empty() { String::new() } else { format!(" in {}", heading(section)) };
    let said = format!("unknown key `{name}`{place}");
    // A right key in the wrong section is the commonest mistake in TOML: everything after [api] belongs to it.
    let near = nearest(name, names(section));
    if near.is_none_or(|near| near != name)
        && let Some(elsewhere) = KEYS.iter().find(|key| key.name == name)
    {
        return match elsewhere.section {
            "" => format!("{said}; it belongs to the top of the file, before the first [section]"),
            section => format!("{said}; it belongs into {}", heading(section)),
        };
    }
    let sections = SECTIONS.into_iter().chain(["account"]).filter(|_| section.is_empty());
    match nearest(name, names(section).chain(sections)) {
        Some(near) if section.is_empty() && (near == "account" || section_named(near).is_some()) => {
            format!("{said}; did you mean {}?", heading(near))
        }
        Some(near) => format!("{said}; did you mean `{near}`?"),
        None => format!("{said}; known are {}", names(section).collect::<Vec<_>>().join(", ")),
    }
}

fn names(section: &str) -> impl Iterator<Item = &'static str> {
    KEYS.iter().filter(move |key| key.section == section).map(|key| key.name)
}

/// Reads `BOTMOTHER_*`. An unknown one with a section is a mistake; without one it is only worth a warning, since
/// Kubernetes sets `BOTMOTHER_PORT`, `BOTMOTHER_SERVICE_HOST` and the like for a service of that name.
pub(super) fn from_environment(
    environment: &Environment,
    settings: &mut Vec<Setting>,
    warnings: &mut Vec<String>,
    problems: &mut Vec<Problem>,
) {
    for (variable, value) in &environment.variables {
        let Some(name) = variable.strip_prefix(PREFIX) else { continue };
        if value.is_empty() || OTHER_VARIABLES.contains(&variable.as_str()) {
            continue;
        }
        match find_variable(name) {
            Some((key, index)) => {
                let origin = Origin { at: String::new(), name: variable.clone(), base: PathBuf::new() };
                settings.push(Setting { key, index, value: Value::Text(remedy::inert(value.clone())), origin });
            }
            None if name.contains("__") => {
                problems.push(Problem { at: String::new(), text: unknown_variable(variable) });
            }
            None => warnings.push(format!("{}; it is ignored", unknown_variable(variable))),
        }
    }
}

/// `API__PORT`, `ACCOUNT__0__JID`, `LANGUAGE`.
fn find_variable(name: &str) -> Option<(&'static Key, usize)> {
    let name = name.to_lowercase();
    let mut parts = name.split("__");
    let (first, second, third) = (parts.next()?, parts.next(), parts.next());
    if parts.next().is_some() {
        return None;
    }
    match (first, second, third) {
        (name, None, None) => Some((Key::find("", name)?, 0)),
        ("account", Some(index), Some(name)) => {
            let index = index.parse().ok().filter(|index| *index < limits::ACCOUNTS_MAX)?;
            Some((Key::find("account", name)?, index))
        }
        (section, Some(name), None) => Some((Key::find(section_named(section)?, name)?, 0)),
        _ => None,
    }
}

fn unknown_variable(variable: &str) -> String {
    let known: Vec<String> = KEYS.iter().map(Key::variable).collect();
    match nearest(variable, known.iter().map(String::as_str)) {
        Some(near) => format!("unknown environment variable {variable}; did you mean {near}?"),
        None => format!("unknown environment variable {variable}; `botmother help config` lists all"),
    }
}
