//! Whether a flow can work: what it names is there, each node is reached, and no circle goes without waiting for somebody.

use std::collections::{BTreeMap, BTreeSet};

use crate::brain::flow::model::{Action, Branch, Flow, FlowNode, Graph, Kind, Place, Slot, Test};
use crate::brain::flow::reading::Faults;

/// A node: its scene, context and name.
type Spot<'f> = (&'f str, &'f str, &'f str);

pub(super) fn check(flow: &Flow, faults: &mut Faults) {
    if !flow.scenes.contains_key(MAIN) {
        faults.add(1, format!("there is no scene {MAIN}, in which all begins"));
    }
    for (name, scene) in &flow.scenes {
        if !scene.contexts.contains_key(&scene.entry) {
            faults.add(scene.line, format!("`entry` of scene {name} names {}, which is no context of it", scene.entry));
        }
        for graph in scene.contexts.values() {
            for node in graph.nodes.values() {
                check_branches(flow, graph, node, faults);
                check_names(flow, name, node, faults);
            }
            check_reach(graph, faults);
        }
    }
    if faults.0.is_empty() {
        check_circles(flow, faults);
    }
}

/// The scene in which all begins.
pub(super) const MAIN: &str = "Main";

impl Flow {
    /// A context by its place; without a scene it is one of this scene.
    pub(super) fn graph(&self, scene: &str, place: &Place) -> Option<(&str, &str, &Graph)> {
        let wanted = if place.0.is_empty() { scene } else { &place.0 };
        let (scene, found) = self.scenes.get_key_value(wanted)?;
        let (context, graph) = found.contexts.get_key_value(&place.1)?;
        Some((scene, context, graph))
    }
}

impl FlowNode {
    fn branches(&self) -> impl Iterator<Item = &Branch> {
        self.next.iter().chain(&self.otherwise)
    }
}

fn check_branches(flow: &Flow, graph: &Graph, node: &FlowNode, faults: &mut Faults) {
    for branch in node.branches() {
        if !graph.nodes.contains_key(&branch.to) {
            faults.add(branch.line, format!("`to` names {}, which is no node of this context", branch.to));
        }
        for condition in branch.when.iter().flatten() {
            if let Test::Faq(domain) = &condition.test
                && !flow.domains.contains_key(domain)
            {
                faults.add(branch.line, format!("`r` names {domain}, which is not among `domains`"));
            }
        }
    }
    // What stands behind a branch that always holds is never tried.
    let always = node.next.iter().position(|branch| branch.when.is_empty() && branch.percent.is_none());
    if let Some(last) = always.and_then(|place| node.next.get(place + 1)) {
        faults.add(last.line, "this branch is never tried, as the one before it always holds");
    }
}

fn check_names(flow: &Flow, scene: &str, node: &FlowNode, faults: &mut Faults) {
    match &node.kind {
        Kind::Resource { name, save } => match flow.resources.get(name) {
            None => faults.add(node.line, format!("`call` names {name}, which is not among `resources`")),
            Some(resource) => {
                for (value, _) in save {
                    if !resource.returns.iter().any(|(known, _)| known == value) {
                        faults.add(node.line, format!("`save` names {value}, which is not among `returns` of {name}"));
                    }
                }
            }
        },
        Kind::Call { domain: Some(domain), .. } if !flow.domains.contains_key(domain) => {
            faults.add(node.line, format!("`domain` names {domain}, which is not among `domains`"));
        }
        Kind::Collect { slot: Slot::Dict(name), .. } if !flow.dicts.contains_key(name) => {
            faults.add(node.line, format!("`slot` names {name}, which is not among `dicts`"));
        }
        Kind::Context { action: Action::Interrupt(place) | Action::Jump(place), .. }
            if flow.graph(scene, place).is_none() =>
        {
            let name = if place.0.is_empty() { place.1.clone() } else { format!("{}.{}", place.0, place.1) };
            faults.add(node.line, format!("`to` names {name}, which is no context"));
        }
        _ => {}
    }
}

fn check_reach(graph: &Graph, faults: &mut Faults) {
    let is_root = |(name, node): &(&String, &FlowNode)| {
        **name == graph.start || matches!(node.kind, Kind::Reply { interrupt: Some(_), .. })
    };
    let mut open: Vec<&String> = graph.nodes.iter().filter(is_root).map(|(name, _)| name).collect();
    let mut seen: BTreeSet<&String> = open.iter().copied().collect();
    while let Some(name) = open.pop() {
        let targets = graph.nodes.get(name).into_iter().flat_map(FlowNode::branches).map(|branch| &branch.to);
        open.extend(targets.filter(|to| seen.insert(to)));
    }
    if graph.start.is_empty() {
        faults.add(graph.line, "there is no start node");
    }
    for (name, node) in graph.nodes.iter().filter(|(name, _)| !seen.contains(name)) {
        faults.add(node.line, format!("nothing leads to node {name}"));
    }
}

/// Where what is said goes on without anybody saying something.
fn steps<'f>(flow: &'f Flow, (scene, context, name): Spot<'f>) -> Vec<Spot<'f>> {
    let here = (scene.to_string(), context.to_string());
    let Some((scene, context, graph)) = flow.graph(scene, &here) else { return Vec::new() };
    let Some(node) = graph.nodes.get(name).filter(|node| !node.waits()) else { return Vec::new() };
    let start =
        |place: &Place| flow.graph(scene, place).map(|(scene, context, graph)| (scene, context, graph.start.as_str()));
    let mut all: Vec<Spot<'f>> = node.branches().map(|branch| (scene, context, branch.to.as_str())).collect();
    if let Kind::Context { action, .. } = &node.kind {
        all.extend(match action {
            Action::Interrupt(place) | Action::Jump(place) => start(place),
            Action::Restart => start(&here),
            Action::Main => {
                let entry = flow.scenes.get(scene).map(|scene| scene.entry.clone()).unwrap_or_default();
                start(&(String::new(), entry))
            }
            Action::Complete | Action::End | Action::Listen => None,
        });
    }
    all
}

fn check_circles(flow: &Flow, faults: &mut Faults) {
    let mut done: BTreeMap<Spot<'_>, bool> = BTreeMap::new();
    for (scene, found) in &flow.scenes {
        for (context, graph) in &found.contexts {
            for name in graph.nodes.keys() {
                walk(flow, (scene, context, name), &mut done, faults);
            }
        }
    }
}

/// Walks as far as nobody is waited for. In `done` are those that were left (true), and those under way.
fn walk<'f>(flow: &'f Flow, first: Spot<'f>, done: &mut BTreeMap<Spot<'f>, bool>, faults: &mut Faults) {
    if done.contains_key(&first) {
        return;
    }
    done.insert(first, false);
    let mut path = vec![(first, steps(flow, first))];
    while let Some((spot, rest)) = path.last_mut() {
        let spot = *spot;
        match rest.pop() {
            None => {
                done.insert(spot, true);
                path.pop();
            }
            Some(next) => match done.get(&next) {
                None => {
                    done.insert(next, false);
                    path.push((next, steps(flow, next)));
                }
                Some(true) => {}
                Some(false) => {
                    let line = flow.graph(spot.0, &(String::new(), spot.1.to_string()));
                    let line = line.and_then(|(_, _, graph)| graph.nodes.get(spot.2)).map_or(1, |node| node.line);
                    let what = format!("node {} leads back to {} without waiting for anybody", spot.2, next.2);
                    faults.add(line, what);
                }
            },
        }
    }
}
