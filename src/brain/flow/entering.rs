//! What each kind of node does when it is entered, when somebody answers it, and when it does not understand.

use crate::base::json;
use crate::base::limits;
use crate::brain::flow::conditions::Look;
use crate::brain::flow::datum::Datum;
use crate::brain::flow::model::{Action, Change, ChangeOp, Flow, FlowNode, Kind, Place, Resource};
use crate::brain::flow::run::{FlowReply, FlowWant, Run, Step};
use crate::brain::flow::session::{self, Pending, Rest};
use crate::brain::flow::slots;
use crate::brain::flow::template::Values;
use crate::store::row::FaqKind;

impl Run<'_, '_> {
    /// The node where the conversation is, is entered.
    pub(super) fn enter(&mut self) -> Step {
        let Some(node) = self.node() else { return Step::Complete };
        match &node.kind {
            Kind::Start { .. } | Kind::Collect { .. } => {
                self.prompt(&node);
                if node.asks() { Step::Wait } else { self.follow(&node.next) }
            }
            Kind::Reply { is_waiting, .. } => {
                self.prompt(&node);
                if *is_waiting { Step::Wait } else { self.follow(&node.next) }
            }
            Kind::Resource { name, .. } => self.want_resource(name),
            Kind::Context { action, clears } => {
                if *clears {
                    self.talk.session.vars = self.talk.flow.session_vars.clone();
                }
                self.act(action)
            }
            Kind::Variable(changes) => {
                changes.iter().for_each(|change| self.change(change));
                self.follow(&node.next)
            }
            Kind::Call { domain, input, .. } => self.call(&node, domain.as_deref(), input),
        }
    }

    /// Says what a node says.
    fn prompt(&mut self, node: &FlowNode) {
        match &node.kind {
            Kind::Start { ask, .. } | Kind::Collect { ask, .. } => self.say_one(ask),
            Kind::Reply { text, buttons, .. } => self.say(text, buttons),
            _ => {}
        }
    }

    /// Back at a node: what it asks is asked again.
    pub(super) fn ask_again(&mut self) -> Step {
        match self.node() {
            Some(node) if node.waits() => {
                self.prompt(&node);
                Step::Wait
            }
            // A node that waits for nobody was left for another context, and goes on.
            Some(node) => self.follow(&node.next),
            None => Step::Complete,
        }
    }

    fn act(&mut self, action: &Action) -> Step {
        match action {
            Action::Complete => Step::Complete,
            Action::End => {
                self.end(Rest::Awake);
                Step::Wait
            }
            Action::Listen => {
                self.talk.session.rest = Rest::Listening;
                Step::Wait
            }
            Action::Interrupt(place) => {
                if let Some(frame) = self.talk.session.stack.last_mut() {
                    frame.goes_on = true;
                }
                let place = self.resolved(place);
                self.push(&place);
                Step::Enter
            }
            Action::Jump(place) => {
                let place = self.resolved(place);
                self.talk.session.stack.pop();
                self.push(&place);
                Step::Enter
            }
            Action::Restart => {
                let here = self.talk.session.stack.pop().map(|frame| (frame.scene, frame.context));
                here.iter().for_each(|place| self.push(place));
                Step::Enter
            }
            Action::Main => {
                let scene = self.talk.session.stack.last().map(|frame| frame.scene.clone()).unwrap_or_default();
                let entry = self.talk.flow.scenes.get(&scene).map(|scene| scene.entry.clone()).unwrap_or_default();
                self.talk.session.stack.clear();
                self.push(&(scene, entry));
                Step::Enter
            }
        }
    }

    /// A place with its scene.
    fn resolved(&self, place: &Place) -> Place {
        let scene = self.talk.session.stack.last().map(|frame| frame.scene.clone()).unwrap_or_default();
        if place.0.is_empty() { (scene, place.1.clone()) } else { place.clone() }
    }

    fn change(&mut self, change: &Change) {
        let value = match &change.value {
            Datum::Text(text) => Datum::Text(self.fill(text)),
            Datum::List(all) => Datum::List(
                all.iter()
                    .map(|one| match one {
                        Datum::Text(text) => Datum::Text(self.fill(text)),
                        one => one.clone(),
                    })
                    .collect(),
            ),
            value => value.clone(),
        };
        let person = &mut self.talk.person;
        match change.op {
            ChangeOp::AddTag if person.tags.len() < limits::FLOW_VALUES_MAX => {
                person.tags.insert(value.text());
            }
            ChangeOp::AddTag => {}
            ChangeOp::RemoveTag => {
                person.tags.remove(&value.text());
            }
            _ => {
                let session = &mut self.talk.session;
                let vars = match change.target.split_once('.').map(|(scope, _)| scope) {
                    Some("user") => &mut person.vars,
                    Some("session") => &mut session.vars,
                    _ => &mut session.conversation,
                };
                session::change(change, value, vars);
            }
        }
    }

    /// Keeps a value where the flow says.
    fn save(&mut self, target: &str, value: Datum) {
        let change = Change { target: target.to_string(), op: ChangeOp::Set, value: Datum::Nothing };
        let session = &mut self.talk.session;
        let vars = match target.split_once('.').map(|(scope, _)| scope) {
            Some("user") => &mut self.talk.person.vars,
            Some("session") => &mut session.vars,
            _ => &mut session.conversation,
        };
        session::change(&change, value, vars);
    }

    fn want_resource(&mut self, name: &str) -> Step {
        let Some(resource) = self.talk.flow.resources.get(name) else { return Step::Complete };
        let header = |(name, value): &(String, String)| {
            let from_config = value.starts_with("config.").then(|| self.value(value).text());
            (name.clone(), from_config.unwrap_or_else(|| self.fill(value)))
        };
        let filled = Resource {
            url: fill_url(&resource.url, self),
            headers: resource.headers.iter().map(header).collect(),
            body: resource.body.as_ref().map(|body| self.fill(body)),
            ..resource.clone()
        };
        self.turn.want = Some(FlowWant::Resource(name.to_string(), filled));
        self.talk.session.pending = Some(Pending::Resource);
        Step::Wait
    }

    pub(super) fn after_resource(&mut self, node: &FlowNode, answer: Option<Datum>) -> Step {
        let Kind::Resource { name, save } = &node.kind else { return Step::Complete };
        let Some(answer) = answer else { return self.follow(&node.otherwise) };
        let flow: &Flow = self.talk.flow;
        let returns = flow.resources.get(name).map(|resource| resource.returns.as_slice()).unwrap_or_default();
        for (value, target) in save {
            let path = returns.iter().find(|(name, _)| name == value).map_or("", |(_, path)| path);
            self.save(target, answer.at(path));
        }
        self.follow(&node.next)
    }

    fn call(&mut self, node: &FlowNode, domain: Option<&str>, input: &str) -> Step {
        let text = if input.contains("${") { self.fill(input) } else { self.value(input).text() };
        let Some(domain) = domain else {
            if !self.world.has_ai() {
                return self.follow(&node.otherwise);
            }
            self.turn.want = Some(FlowWant::Ai(text));
            self.talk.session.pending = Some(Pending::Ai);
            return Step::Wait;
        };
        let Some(domain) = self.talk.flow.domains.get(domain) else { return Step::Complete };
        match self.world.faq(domain, &text) {
            Some((FaqKind::Redirect, contexts)) => {
                if let Some(frame) = self.talk.session.stack.last_mut() {
                    frame.goes_on = true;
                }
                if self.redirect(&contexts) { Step::Enter } else { self.follow(&node.otherwise) }
            }
            Some((kind, answer)) => {
                let answer = if kind == FaqKind::Template { self.fill(&answer) } else { answer };
                self.after_call(node, Some(answer))
            }
            None => self.follow(&node.otherwise),
        }
    }

    pub(super) fn after_call(&mut self, node: &FlowNode, answer: Option<String>) -> Step {
        let Kind::Call { is_said, save, .. } = &node.kind else { return Step::Complete };
        let Some(answer) = answer else { return self.follow(&node.otherwise) };
        if let Some(target) = save {
            self.save(target, Datum::Text(answer.clone()));
        }
        if *is_said {
            self.turn.replies.push(FlowReply { text: answer, buttons: Vec::new() });
        }
        self.follow(&node.next)
    }

    /// Enters the contexts that an answer leads to; says whether there is one.
    fn redirect(&mut self, contexts: &str) -> bool {
        let names = json::texts(contexts).unwrap_or_default();
        let places: Vec<Place> = names
            .iter()
            .map(|name| match name.split_once('.') {
                Some((scene, context)) => (scene.to_string(), context.to_string()),
                None => self.resolved(&(String::new(), name.clone())),
            })
            .filter(|place| self.talk.flow.graph(&place.0, place).is_some())
            .collect();
        places.iter().rev().for_each(|place| self.push(place));
        !places.is_empty()
    }

    /// Somebody answers the node where the conversation is.
    pub(super) fn answer_node(&mut self) -> Step {
        let Some(node) = self.node() else { return Step::Complete };
        match &node.kind {
            Kind::Collect { slot, save, most, again, .. } => {
                let flow = self.talk.flow;
                if let Some(value) = slots::find(flow, slot, &self.query, self.world.now_s()) {
                    self.save(save, value);
                    return self.follow(&node.next);
                }
                if let Some(step) = self.aside() {
                    return step;
                }
                let fails = self.talk.session.stack.last_mut().map_or(0, |frame| {
                    frame.fails += 1;
                    frame.fails
                });
                if fails >= *most {
                    return self.follow(&node.otherwise);
                }
                if again.is_empty() {
                    self.prompt(&node)
                } else {
                    self.say_one(again)
                }
                Step::Wait
            }
            _ => match self.pick(&node.next) {
                Some(to) => Step::To(to),
                // A node behind which there is nothing has been answered, whatever was said.
                None if node.next.is_empty() => Step::Complete,
                None => self.fall_back(),
            },
        }
    }

    /// Nothing that the node knows was said.
    fn fall_back(&mut self) -> Step {
        if let Some(step) = self.aside() {
            return step;
        }
        if self.world.has_ai() && !self.query.is_empty() {
            self.turn.want = Some(FlowWant::Ai(self.query.clone()));
            self.talk.session.pending = Some(Pending::AiOfFallback);
            return Step::Wait;
        }
        self.fall_back_in_words()
    }

    pub(super) fn fall_back_in_words(&mut self) -> Step {
        self.say_one(&self.talk.flow.general.fallback.clone());
        self.turn.is_fallback = true;
        Step::Wait
    }

    /// What is said in between: by a reply that may interrupt, or from a list of questions.
    fn aside(&mut self) -> Option<Step> {
        let frame = self.talk.session.stack.last()?.clone();
        let flow = self.talk.flow;
        let graph = flow.graph(&frame.scene, &(String::new(), frame.context.clone()))?.2;
        for (name, node) in &graph.nodes {
            let Kind::Reply { interrupt: Some(when), .. } = &node.kind else { continue };
            if *name != frame.node && self.holds(when) {
                if !node.next.is_empty() {
                    return Some(Step::To(name.clone()));
                }
                self.prompt(node);
                return Some(self.ask_again());
            }
        }
        if self.query.is_empty() {
            return None;
        }
        for domain in flow.domains.values() {
            match self.world.faq(domain, &self.query) {
                Some((FaqKind::Redirect, contexts)) if self.redirect(&contexts) => return Some(Step::Enter),
                Some((FaqKind::Redirect, _)) | None => {}
                Some((kind, answer)) => {
                    let text = if kind == FaqKind::Template { self.fill(&answer) } else { answer };
                    self.turn.replies.push(FlowReply { text, buttons: Vec::new() });
                    return Some(self.ask_again());
                }
            }
        }
        None
    }
}

impl FlowNode {
    /// Whether it stops for an answer when it is entered. A start node in wake-up mode has done so before.
    fn asks(&self) -> bool {
        match &self.kind {
            Kind::Start { ask, .. } => !ask.is_empty(),
            _ => true,
        }
    }
}

/// An address with its values, which cannot become anything but a part of the path or the query.
fn fill_url(url: &str, values: &dyn Values) -> String {
    struct Escaped<'v>(&'v dyn Values);
    impl Values for Escaped<'_> {
        fn value(&self, path: &str) -> Datum {
            let value = self.0.value(path);
            // What the owner has written into the flow is his own.
            if path.starts_with("config") { value } else { Datum::Text(crate::base::text::percent(&value.text())) }
        }

        fn zone_min(&self) -> i64 {
            self.0.zone_min()
        }
    }
    super::template::fill(url, &Escaped(values))
}
