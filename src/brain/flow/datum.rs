//! Values of variables: what JSON can say.

use std::collections::BTreeMap;

use crate::base::fold::fold;
use crate::base::json::{self, Object};
use crate::brain::flow::document::{Node, Value};

/// A value.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Datum {
    /// None.
    #[default]
    Nothing,
    /// True or false.
    Truth(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// Several.
    List(Vec<Datum>),
    /// By name.
    Map(BTreeMap<String, Datum>),
}

impl Datum {
    /// Of what JSON says; `None` where it is none.
    pub fn parse(json: &str) -> Option<Datum> {
        super::document::parse(json).ok().map(|node| Datum::of(&node))
    }

    pub(super) fn of(node: &Node) -> Datum {
        match &node.value {
            Value::Null => Datum::Nothing,
            Value::Truth(truth) => Datum::Truth(*truth),
            Value::Number(number) => Datum::Number(*number),
            Value::Text(text) => Datum::Text(text.clone()),
            Value::List(all) => Datum::List(all.iter().map(Datum::of).collect()),
            Value::Object(all) => Datum::Map(all.iter().map(|(name, node)| (name.clone(), Datum::of(node))).collect()),
        }
    }

    /// As JSON.
    pub fn json(&self) -> String {
        match self {
            Datum::Nothing => "null".to_string(),
            Datum::Truth(truth) => truth.to_string(),
            Datum::Number(_) => self.text(),
            Datum::Text(text) => json::text(text),
            Datum::List(all) => json::array(all.iter().map(Datum::json)),
            Datum::Map(all) => {
                all.iter().fold(Object::new(), |object, (name, value)| object.raw(name, &value.json())).end()
            }
        }
    }

    /// As people read it.
    pub fn text(&self) -> String {
        match self {
            Datum::Nothing => String::new(),
            Datum::Truth(truth) => truth.to_string(),
            Datum::Number(number) => number.to_string(),
            Datum::Text(text) => text.clone(),
            Datum::List(all) => all.iter().map(Datum::text).collect::<Vec<_>>().join(", "),
            Datum::Map(_) => self.json(),
        }
    }

    /// As a number, if it says one.
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Datum::Number(number) => Some(*number),
            Datum::Text(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
            _ => None,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        match self {
            Datum::Nothing => true,
            Datum::Text(text) => text.trim().is_empty(),
            Datum::List(all) => all.is_empty(),
            Datum::Map(all) => all.is_empty(),
            Datum::Truth(_) | Datum::Number(_) => false,
        }
    }

    /// Whether two say the same: as numbers where both are, else without case and accents.
    pub(super) fn is_same(&self, other: &Datum) -> bool {
        match (self.number(), other.number()) {
            (Some(one), Some(other)) => one == other,
            _ => fold(&self.text()) == fold(&other.text()),
        }
    }

    /// What a path leads to: `a.b`, `a['b']`, `a[0]`.
    pub(super) fn at(&self, path: &str) -> Datum {
        let mut here = self;
        for step in steps(path) {
            let next = match here {
                Datum::Map(all) => all.get(step),
                Datum::List(all) => step.parse::<usize>().ok().and_then(|place| all.get(place)),
                _ => None,
            };
            let Some(next) = next else { return Datum::Nothing };
            here = next;
        }
        here.clone()
    }
}

/// The names and numbers of a path.
fn steps(path: &str) -> impl Iterator<Item = &str> {
    let parts = path.split(['.', '[', ']']).map(|part| part.trim().trim_matches(['\'', '"']));
    parts.filter(|part| !part.is_empty())
}
