//! A flow as it was read: scenes of contexts of nodes, and what they name.

use std::collections::BTreeMap;

use regex_lite::Regex;

use crate::brain::flow::datum::Datum;

/// A flow.
#[derive(Clone, Debug, Default)]
pub struct Flow {
    /// Minutes east of Greenwich.
    pub(super) zone_min: i64,
    pub(super) general: General,
    pub(super) config: BTreeMap<String, Datum>,
    /// What session variables begin with.
    pub(super) session_vars: BTreeMap<String, Datum>,
    pub(super) domains: BTreeMap<String, Domain>,
    pub(super) resources: BTreeMap<String, Resource>,
    /// Words of slots: the standard one first, then those that mean it.
    pub(super) dicts: BTreeMap<String, Vec<Vec<String>>>,
    pub(super) scenes: BTreeMap<String, Scene>,
}

/// What is said everywhere; of several one is drawn.
#[derive(Clone, Debug, Default)]
pub(super) struct General {
    pub(super) error: Vec<String>,
    pub(super) welcome: Vec<String>,
    pub(super) updated: Vec<String>,
    pub(super) fallback: Vec<String>,
}

/// A list of questions that the flow may ask.
#[derive(Clone, Debug)]
pub struct Domain {
    /// Its name.
    pub name: String,
    /// How similar a question must be, 0.1 to 1; `None`: as the list has it.
    pub best: Option<f64>,
}

/// Something that is asked over HTTP.
#[derive(Clone, Debug)]
pub struct Resource {
    /// `GET`, `POST`, …
    pub method: String,
    /// With templates.
    pub url: String,
    /// With templates, or the name of a value of `config`.
    pub headers: Vec<(String, String)>,
    /// With templates.
    pub body: Option<String>,
    /// Names, and where in the answer each is.
    pub returns: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
pub(super) struct Scene {
    pub(super) line: usize,
    pub(super) entry: String,
    pub(super) contexts: BTreeMap<String, Graph>,
}

/// A context: a start node and what can be reached from it.
#[derive(Clone, Debug)]
pub(super) struct Graph {
    pub(super) line: usize,
    pub(super) start: String,
    pub(super) nodes: BTreeMap<String, FlowNode>,
}

#[derive(Clone, Debug)]
pub(super) struct FlowNode {
    pub(super) line: usize,
    pub(super) kind: Kind,
    pub(super) next: Vec<Branch>,
    /// What is gone through where it does not succeed: `fail`, `error`, `fallback`.
    pub(super) otherwise: Vec<Branch>,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Start { wake: Vec<String>, is_asleep: bool, ask: Vec<String> },
    Reply { text: Vec<String>, buttons: Vec<FlowButton>, is_waiting: bool, interrupt: Option<Vec<Vec<Condition>>> },
    Resource { name: String, save: Vec<(String, String)> },
    Context { action: Action, clears: bool },
    Variable(Vec<Change>),
    Collect { ask: Vec<String>, again: Vec<String>, slot: Slot, save: String, most: u32 },
    Call { domain: Option<String>, input: String, is_said: bool, save: Option<String> },
}

impl FlowNode {
    /// Whether it waits for somebody to say something.
    pub(super) fn waits(&self) -> bool {
        match &self.kind {
            Kind::Start { ask, is_asleep, .. } => *is_asleep || !ask.is_empty(),
            Kind::Reply { is_waiting, .. } => *is_waiting,
            Kind::Collect { .. } => true,
            _ => false,
        }
    }
}

/// A button: what it says, and what pressing it says or does.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowButton {
    /// What it says.
    pub text: String,
    /// An event as JSON; `None`: its text is said.
    pub event: Option<String>,
}

/// Where a context may be: a scene and its name.
pub(super) type Place = (String, String);

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Action {
    Interrupt(Place),
    Jump(Place),
    Restart,
    Main,
    Complete,
    End,
    Listen,
}

#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) target: String,
    pub(super) op: ChangeOp,
    pub(super) value: Datum,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum ChangeOp {
    Set,
    Append,
    Remove,
    Replace,
    Clear,
    Zero,
    Increase,
    Decrease,
    AddTag,
    RemoveTag,
}

#[derive(Clone, Debug)]
pub(super) enum Slot {
    Any,
    Number,
    Time,
    Email,
    Phone,
    Dict(String),
    Pattern(Box<Regex>),
}

#[derive(Clone, Debug)]
pub(super) struct Branch {
    pub(super) line: usize,
    /// One of these groups holds; none: always.
    pub(super) when: Vec<Vec<Condition>>,
    pub(super) percent: Option<f64>,
    pub(super) to: String,
}

#[derive(Clone, Debug)]
pub(super) struct Condition {
    pub(super) left: String,
    pub(super) test: Test,
}

#[derive(Clone, Debug)]
pub(super) enum Test {
    Equal(Datum),
    NotEqual(Datum),
    Greater(f64),
    AtLeast(f64),
    Less(f64),
    AtMost(f64),
    Contains(Datum),
    ContainsNot(Datum),
    Starts(String),
    Ends(String),
    Matches(Box<Regex>),
    In(Vec<Datum>),
    /// Days of the week (0 is Monday) and minutes of the day.
    Within(Vec<u8>, i64, i64),
    Filled,
    Empty,
    Faq(String),
}

impl Flow {
    /// How much there is, in words.
    pub fn size(&self) -> String {
        let contexts: usize = self.scenes.values().map(|scene| scene.contexts.len()).sum();
        let graphs = self.scenes.values().flat_map(|scene| scene.contexts.values());
        let nodes: usize = graphs.map(|graph| graph.nodes.len()).sum();
        format!("scenes {}, contexts {contexts}, nodes {nodes}", self.scenes.len())
    }

    /// The lists of questions that it names.
    pub fn domains(&self) -> impl Iterator<Item = &str> {
        self.domains.keys().map(String::as_str)
    }
}
