//! A flow from its document. What is wrong is gathered, so that one look shows much of it.

use std::collections::BTreeMap;

use crate::base::limits;
use crate::brain::flow::datum::Datum;
use crate::brain::flow::document::{self, FlowFault, Node, Value};
use crate::brain::flow::model::{Domain, Flow, General, Graph, Resource, Scene};
use crate::brain::flow::{checking, nodes};

/// Members of an object, and what was found wrong.
pub(super) struct Members<'d> {
    pub(super) line: usize,
    all: &'d [(String, Node)],
}

/// What is wrong.
#[derive(Default)]
pub(super) struct Faults(pub(super) Vec<FlowFault>);

impl Faults {
    pub(super) fn add(&mut self, line: usize, what: impl Into<String>) {
        if self.0.len() < limits::FLOW_FAULTS_MAX {
            self.0.push(FlowFault { line, what: what.into() });
        }
    }
}

impl<'d> Members<'d> {
    /// Of an object; of something else none, which is said.
    pub(super) fn of(node: &'d Node, what: &str, faults: &mut Faults) -> Members<'d> {
        let all: &[(String, Node)] = match &node.value {
            Value::Object(all) => all,
            _ => {
                faults.add(node.line, format!("{what} must be an object"));
                &[]
            }
        };
        Members { line: node.line, all }
    }

    pub(super) fn get(&self, name: &str) -> Option<&'d Node> {
        let found = self.all.iter().find(|(known, _)| known == name).map(|(_, node)| node);
        found.filter(|node| node.value != Value::Null)
    }

    pub(super) fn each(&self) -> impl Iterator<Item = (&'d String, &'d Node)> {
        self.all.iter().map(|(name, node)| (name, node))
    }

    /// Names that mean nothing here are slips.
    pub(super) fn only(&self, known: &[&str], faults: &mut Faults) {
        for (name, node) in self.each().filter(|(name, _)| !known.contains(&name.as_str())) {
            faults.add(node.line, format!("`{name}` means nothing here; there are {}", known.join(", ")));
        }
    }

    pub(super) fn text(&self, name: &str, faults: &mut Faults) -> Option<&'d str> {
        match &self.get(name)?.value {
            Value::Text(text) => Some(text),
            _ => {
                faults.add(self.get(name)?.line, format!("`{name}` must be a text"));
                None
            }
        }
    }

    pub(super) fn need_text(&self, name: &str, faults: &mut Faults) -> String {
        if self.get(name).is_none() {
            faults.add(self.line, format!("`{name}` is missing"));
        }
        self.text(name, faults).unwrap_or_default().to_string()
    }

    pub(super) fn truth(&self, name: &str, faults: &mut Faults) -> Option<bool> {
        let node = self.get(name)?;
        match node.value {
            Value::Truth(truth) => Some(truth),
            _ => {
                faults.add(node.line, format!("`{name}` must be true or false"));
                None
            }
        }
    }

    pub(super) fn number(&self, name: &str, faults: &mut Faults) -> Option<f64> {
        let node = self.get(name)?;
        match node.value {
            Value::Number(number) => Some(number),
            _ => {
                faults.add(node.line, format!("`{name}` must be a number"));
                None
            }
        }
    }

    /// A text, or several.
    pub(super) fn texts(&self, name: &str, faults: &mut Faults) -> Vec<String> {
        let Some(node) = self.get(name) else { return Vec::new() };
        match &node.value {
            Value::Text(text) => vec![text.clone()],
            Value::List(all) => all
                .iter()
                .filter_map(|one| match &one.value {
                    Value::Text(text) => Some(text.clone()),
                    _ => {
                        faults.add(one.line, format!("`{name}` must hold texts"));
                        None
                    }
                })
                .collect(),
            _ => {
                faults.add(node.line, format!("`{name}` must be a list of texts"));
                Vec::new()
            }
        }
    }

    /// A list; none where it is missing.
    pub(super) fn list(&self, name: &str, faults: &mut Faults) -> &'d [Node] {
        match self.get(name).map(|node| (&node.value, node.line)) {
            None => &[],
            Some((Value::List(all), _)) => all,
            Some((_, line)) => {
                faults.add(line, format!("`{name}` must be a list"));
                &[]
            }
        }
    }

    /// An object of texts.
    pub(super) fn pairs(&self, name: &str, faults: &mut Faults) -> Vec<(String, String)> {
        let Some(node) = self.get(name) else { return Vec::new() };
        let members = Members::of(node, &format!("`{name}`"), faults);
        let names: Vec<&String> = members.each().map(|(name, _)| name).collect();
        names.into_iter().map(|name| (name.clone(), members.need_text(name, faults))).collect()
    }
}

impl Flow {
    /// Reads a flow, and looks whether it can work.
    pub fn read(text: &str) -> Result<Flow, Vec<FlowFault>> {
        if text.len() > limits::FLOW_BYTES_MAX {
            let what = format!("a flow has at most {} bytes, not {}", limits::FLOW_BYTES_MAX, text.len());
            return Err(vec![FlowFault { line: 1, what }]);
        }
        let document = document::parse(text).map_err(|fault| vec![fault])?;
        let mut faults = Faults::default();
        let flow = read(&document, &mut faults);
        // What was not understood would be unknown, too.
        if faults.0.is_empty() {
            checking::check(&flow, &mut faults);
        }
        faults.0.sort_by_key(|fault| fault.line);
        if faults.0.is_empty() { Ok(flow) } else { Err(faults.0) }
    }
}

fn read(document: &Node, faults: &mut Faults) -> Flow {
    let members = Members::of(document, "a flow", faults);
    let known = [
        "format",
        "locale",
        "timezone",
        "general",
        "config",
        "session_vars",
        "domains",
        "resources",
        "dicts",
        "scenes",
    ];
    members.only(&known, faults);
    if members.number("format", faults) != Some(1.0) {
        faults.add(members.line, "`format` must be 1");
    }
    members.text("locale", faults);
    let zone = members.get("timezone").map_or(members.line, |node| node.line);
    let zone_min = match members.text("timezone", faults).map(zone_of) {
        None => 0,
        Some(Some(minutes)) => minutes,
        Some(None) => {
            faults.add(zone, "`timezone` must be like +08:00");
            0
        }
    };
    Flow {
        zone_min,
        general: members.get("general").map(|node| general(node, faults)).unwrap_or_default(),
        config: members.get("config").map(|node| data(node, "`config`", faults)).unwrap_or_default(),
        session_vars: session_vars(&members, faults),
        domains: members.list("domains", faults).iter().map(|node| domain(node, faults)).collect(),
        resources: named(&members, "resources", faults, resource),
        dicts: named(&members, "dicts", faults, words),
        scenes: named(&members, "scenes", faults, scene),
    }
}

/// `+08:00` in minutes.
pub(super) fn zone_of(text: &str) -> Option<i64> {
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return if text == "Z" { Some(0) } else { None },
    };
    let (hours, minutes) = rest.split_once(':')?;
    let (hours, minutes) = (hours.parse::<i64>().ok()?, minutes.parse::<i64>().ok()?);
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

/// An object whose members are all of one kind.
fn named<T>(
    members: &Members<'_>,
    name: &str,
    faults: &mut Faults,
    read: impl Fn(&Node, &mut Faults) -> T,
) -> BTreeMap<String, T> {
    let Some(node) = members.get(name) else { return BTreeMap::new() };
    let all = Members::of(node, &format!("`{name}`"), faults);
    all.each().map(|(name, node)| (name.clone(), read(node, faults))).collect()
}

fn general(node: &Node, faults: &mut Faults) -> General {
    let members = Members::of(node, "`general`", faults);
    members.only(&["error", "welcome", "updated", "busy", "fallback"], faults);
    General {
        error: members.texts("error", faults),
        welcome: members.texts("welcome", faults),
        updated: members.texts("updated", faults),
        fallback: members.texts("fallback", faults),
    }
}

fn data(node: &Node, what: &str, faults: &mut Faults) -> BTreeMap<String, Datum> {
    let members = Members::of(node, what, faults);
    members.each().map(|(name, node)| (name.clone(), Datum::of(node))).collect()
}

fn session_vars(members: &Members<'_>, faults: &mut Faults) -> BTreeMap<String, Datum> {
    let mut all = BTreeMap::new();
    for node in members.list("session_vars", faults) {
        let one = Members::of(node, "a session variable", faults);
        one.only(&["key", "type", "value"], faults);
        let usual = match one.text("type", faults).unwrap_or("text") {
            "num" => Datum::Number(0.0),
            "list" => Datum::List(Vec::new()),
            "text" => Datum::Nothing,
            other => {
                faults.add(node.line, format!("`type` must be text, num or list, not {other}"));
                Datum::Nothing
            }
        };
        let value = one.get("value").map_or(usual, Datum::of);
        all.insert(one.need_text("key", faults), value);
    }
    all
}

fn domain(node: &Node, faults: &mut Faults) -> (String, Domain) {
    let members = Members::of(node, "a domain", faults);
    members.only(&["name", "best", "sugg", "limit", "category"], faults);
    let name = members.need_text("name", faults);
    let best = members.number("best", faults);
    if best.is_some_and(|best| !(0.1..=1.0).contains(&best)) {
        faults.add(node.line, "`best` must be 0.1 to 1");
    }
    (name.clone(), Domain { name, best })
}

fn resource(node: &Node, faults: &mut Faults) -> Resource {
    let members = Members::of(node, "a resource", faults);
    members.only(&["method", "url", "headers", "body", "returns"], faults);
    let method = members.text("method", faults).unwrap_or("GET").to_string();
    if !["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&method.as_str()) {
        faults.add(node.line, format!("`method` must be GET, POST, PUT, PATCH or DELETE, not {method}"));
    }
    let url = members.need_text("url", faults);
    if !url.starts_with("http://") && !url.starts_with("https://") {
        faults.add(node.line, "`url` must begin with http:// or https://");
    }
    let body = members.get("body").map(|node| match &node.value {
        Value::Text(text) => text.clone(),
        _ => Datum::of(node).json(),
    });
    let (headers, returns) = (members.pairs("headers", faults), members.pairs("returns", faults));
    Resource { method, url, headers, body, returns }
}

/// Words, each with those that mean it: `[["red","crimson"],"blue"]`.
fn words(node: &Node, faults: &mut Faults) -> Vec<Vec<String>> {
    let Value::List(all) = &node.value else {
        faults.add(node.line, "words of a slot must be a list");
        return Vec::new();
    };
    let one = |node: &Node| match Datum::of(node) {
        Datum::Text(word) => vec![word],
        Datum::List(words) => words.iter().map(Datum::text).collect(),
        _ => Vec::new(),
    };
    all.iter().map(one).filter(|words| !words.is_empty()).collect()
}

fn scene(node: &Node, faults: &mut Faults) -> Scene {
    let members = Members::of(node, "a scene", faults);
    members.only(&["entry", "contexts"], faults);
    let contexts = named(&members, "contexts", faults, graph);
    Scene { line: node.line, entry: members.need_text("entry", faults), contexts }
}

fn graph(node: &Node, faults: &mut Faults) -> Graph {
    let members = Members::of(node, "a context", faults);
    members.only(&["nodes", "description"], faults);
    let nodes = named(&members, "nodes", faults, nodes::read);
    let starts: Vec<&String> = nodes.iter().filter(|(_, node)| node.is_start()).map(|(name, _)| name).collect();
    if starts.len() != 1 {
        faults.add(node.line, format!("a context has one start node, not {}", starts.len()));
    }
    let start = starts.first().map(|name| name.to_string()).unwrap_or_default();
    Graph { line: node.line, start, nodes }
}
