//! What is kept of a conversation with a flow, and of the person it is with.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::limits;
use crate::brain::flow::datum::Datum;
use crate::brain::flow::model::{Change, ChangeOp};

/// A conversation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FlowSession {
    /// From the context that began to the one that goes on; empty: it has not begun.
    pub(super) stack: Vec<Frame>,
    pub(super) vars: BTreeMap<String, Datum>,
    pub(super) conversation: BTreeMap<String, Datum>,
    pub(super) rest: Rest,
    pub(super) pending: Option<Pending>,
    pub(super) used_s: i64,
    pub(super) version: i64,
}

/// Where a context is.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Frame {
    pub(super) scene: String,
    pub(super) context: String,
    pub(super) node: String,
    /// How often what was said here was not understood.
    pub(super) fails: u32,
    /// When the context above it is complete: what is behind the node, instead of the node again.
    pub(super) goes_on: bool,
}

/// Whether it answers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Rest {
    #[default]
    Awake,
    /// Until somebody says what wakes it.
    Asleep,
    /// A person answers in its place.
    Listening,
}

/// What the conversation waits for besides people.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Pending {
    Resource,
    Ai,
    /// Nothing else knew what to say.
    AiOfFallback,
}

/// Somebody, over all his conversations.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FlowPerson {
    /// What was saved of him.
    pub vars: BTreeMap<String, Datum>,
    /// Words by which he is found.
    pub tags: BTreeSet<String>,
    /// `userId`, `platform`, `branch`.
    pub sys: BTreeMap<String, String>,
}

impl FlowSession {
    /// The scene, context and node where it is; `None`: it has not begun.
    pub fn place(&self) -> Option<(&str, &str, &str)> {
        self.stack.last().map(|frame| (frame.scene.as_str(), frame.context.as_str(), frame.node.as_str()))
    }

    /// Its variables, as JSON.
    pub fn vars(&self) -> String {
        let session = Datum::Map(self.vars.clone());
        Datum::Map(BTreeMap::from([
            ("conversation".to_string(), Datum::Map(self.conversation.clone())),
            ("session".to_string(), session),
        ]))
        .json()
    }

    /// Whether a call is under way, for which it waits.
    pub fn is_waiting_for_call(&self) -> bool {
        self.pending.is_some()
    }
}

/// Does a change to one of the variables that are given by scope.
pub(super) fn change(change: &Change, value: Datum, vars: &mut BTreeMap<String, Datum>) {
    let name = change.target.split_once('.').map_or("", |(_, name)| name).to_string();
    let before = vars.remove(&name).unwrap_or_default();
    let number = before.number().unwrap_or(0.0);
    let step = if value.is_empty() { 1.0 } else { value.number().unwrap_or(0.0) };
    let after = match change.op {
        ChangeOp::Set => value,
        ChangeOp::Append => append(before, value),
        ChangeOp::Remove => match before {
            Datum::List(all) => Datum::List(all.into_iter().filter(|one| !one.is_same(&value)).collect()),
            before => Datum::Text(before.text().replace(&value.text(), "")),
        },
        ChangeOp::Replace => replace(before, &value),
        ChangeOp::Clear => Datum::Nothing,
        ChangeOp::Zero => Datum::Number(0.0),
        ChangeOp::Increase => Datum::Number(number + step),
        ChangeOp::Decrease => Datum::Number(number - step),
        ChangeOp::AddTag | ChangeOp::RemoveTag => before,
    };
    put(vars, name, after);
}

/// Keeps a value as far as there is room.
pub(super) fn put(vars: &mut BTreeMap<String, Datum>, name: String, value: Datum) {
    let fits = value.json().len() <= limits::FLOW_VALUE_BYTES_MAX && vars.len() < limits::FLOW_VALUES_MAX;
    if fits && value != Datum::Nothing {
        vars.insert(name, value);
    }
}

fn append(before: Datum, value: Datum) -> Datum {
    match (before, value) {
        (Datum::List(mut all), value) => {
            all.push(value);
            Datum::List(all)
        }
        (Datum::Nothing, value) => Datum::List(vec![value]),
        (before, value) => Datum::Text(before.text() + &value.text()),
    }
}

/// `["old","new"]`: in a text each, in a list the items.
fn replace(before: Datum, value: &Datum) -> Datum {
    let Datum::List(pair) = value else { return before };
    let [old, new] = pair.as_slice() else { return before };
    match before {
        Datum::List(all) => {
            Datum::List(all.into_iter().map(|one| if one.is_same(old) { new.clone() } else { one }).collect())
        }
        before => Datum::Text(before.text().replace(&old.text(), &new.text())),
    }
}
