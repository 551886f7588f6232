//! How a conversation goes through a flow: one message in, what is said out, and what is to be asked elsewhere.
//!
//! Nothing here reads a clock, draws a number or asks a list of questions by itself: [`FlowWorld`] does, so that a
//! conversation can be played again.

use crate::base::limits;
use crate::brain::flow::checking::MAIN;
use crate::brain::flow::conditions::Look;
use crate::brain::flow::datum::Datum;
use crate::brain::flow::model::{Branch, Domain, Flow, FlowButton, FlowNode, Kind, Place, Resource};
use crate::brain::flow::session::{FlowPerson, FlowSession, Frame, Pending, Rest};
use crate::store::row::FaqKind;

/// What a flow needs of the world.
pub trait FlowWorld {
    /// Unix time.
    fn now_s(&self) -> i64;
    /// A number below this one, by chance.
    fn draw(&mut self, below: u32) -> u32;
    /// What a list of questions answers, if something is similar enough.
    fn faq(&mut self, domain: &Domain, text: &str) -> Option<(FaqKind, String)>;
    /// Whether an AI can be asked.
    fn has_ai(&self) -> bool {
        false
    }
}

/// What has happened.
#[derive(Clone, Debug, PartialEq)]
pub enum FlowInput {
    /// Somebody has said something.
    Text(String),
    /// Somebody has sent something else: `type` and `attachments`.
    Message(Datum),
    /// An event.
    Event(FlowEvent),
    /// What was asked elsewhere is answered; `None`: it is not.
    Answer(Option<Datum>),
}

/// An event.
#[derive(Clone, Debug, PartialEq)]
pub enum FlowEvent {
    /// All begins anew.
    Start,
    /// All ends, and nothing is answered until it is woken.
    End,
    /// Nothing.
    Ignore,
    /// It answers again.
    Wake,
    /// A context goes first; then it goes on.
    Interrupt(String),
}

impl FlowEvent {
    /// From JSON: `{"type":"sleep","context":"jobs"}`, as a button may hold it within `payload`.
    pub fn parse(json: &str) -> Option<FlowEvent> {
        let all = Datum::parse(json)?;
        let inner = if all.at("payload") == Datum::Nothing { all } else { all.at("payload") };
        match inner.at("type").text().as_str() {
            "start" => Some(FlowEvent::Start),
            "end" => Some(FlowEvent::End),
            "ignore" => Some(FlowEvent::Ignore),
            "wakeup" => Some(FlowEvent::Wake),
            "sleep" => Some(FlowEvent::Interrupt(inner.at("context").text())),
            _ => None,
        }
    }
}

/// Something that is said.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowReply {
    /// The text.
    pub text: String,
    /// Buttons beneath it.
    pub buttons: Vec<FlowButton>,
}

/// What is to be asked elsewhere; the answer goes in as [`FlowInput::Answer`].
#[derive(Clone, Debug)]
pub enum FlowWant {
    /// Over HTTP, with all values put in.
    Resource(String, Resource),
    /// An AI: this text.
    Ai(String),
}

/// What a message has caused.
#[derive(Clone, Debug, Default)]
pub struct FlowTurn {
    /// What is said, in order.
    pub replies: Vec<FlowReply>,
    /// Nothing is answered until it is woken.
    pub is_listening: bool,
    /// It did not know what to say.
    pub is_fallback: bool,
    /// What is to be asked elsewhere before it goes on.
    pub want: Option<FlowWant>,
    /// It went on and on, and was stopped: what its owner should know.
    pub stopped: Option<String>,
}

/// A conversation and whom it is with.
pub struct FlowTalk<'t> {
    /// The flow.
    pub flow: &'t Flow,
    /// Which version of it.
    pub version: i64,
    /// The conversation.
    pub session: &'t mut FlowSession,
    /// Whom it is with.
    pub person: &'t mut FlowPerson,
}

/// What a node leads to.
pub(super) enum Step {
    /// Somebody is waited for.
    Wait,
    /// A node of the same context.
    To(String),
    /// The node the conversation is at is entered.
    Enter,
    /// The context is complete.
    Complete,
}

/// A turn under way.
pub(super) struct Run<'r, 't> {
    pub(super) talk: &'r mut FlowTalk<'t>,
    pub(super) world: &'r mut dyn FlowWorld,
    pub(super) query: String,
    pub(super) message: Datum,
    pub(super) turn: FlowTurn,
    steps: u32,
}

impl FlowTalk<'_> {
    /// Goes on with what has happened.
    pub fn turn(&mut self, input: FlowInput, world: &mut dyn FlowWorld) -> FlowTurn {
        let (query, message) = match &input {
            FlowInput::Text(text) => (text.trim().to_string(), message("text")),
            FlowInput::Message(message) => (String::new(), message.clone()),
            FlowInput::Event(_) => (String::new(), message("event")),
            FlowInput::Answer(_) => (self.session.heard("query").text(), self.session.heard("_message")),
        };
        let mut run = Run { talk: self, world, query, message, turn: FlowTurn::default(), steps: 0 };
        run.take(input);
        run.remember();
        run.turn
    }
}

fn message(kind: &str) -> Datum {
    Datum::Map([("type".to_string(), Datum::Text(kind.to_string()))].into())
}

impl FlowSession {
    /// What was heard before a call.
    fn heard(&self, name: &str) -> Datum {
        self.conversation.get(name).cloned().unwrap_or_default()
    }
}

impl Run<'_, '_> {
    fn take(&mut self, input: FlowInput) {
        let now = self.world.now_s();
        let rest = i64::try_from(limits::FLOW_SESSION.as_secs()).unwrap_or(i64::MAX);
        if now - self.talk.session.used_s >= rest {
            *self.talk.session = FlowSession::default();
        }
        self.talk.session.used_s = now;
        match input {
            FlowInput::Event(FlowEvent::Ignore) => {}
            FlowInput::Event(FlowEvent::Start) => self.begin(),
            FlowInput::Event(FlowEvent::End) => self.end(Rest::Asleep),
            FlowInput::Event(FlowEvent::Wake) => self.wake(),
            FlowInput::Event(FlowEvent::Interrupt(name)) => self.interrupt_by_name(&name),
            FlowInput::Answer(answer) => self.answered(answer),
            // It waits for a call, whose end is not far.
            _ if self.talk.session.pending.is_some() => {}
            FlowInput::Text(_) | FlowInput::Message(_) => self.hear(),
        }
        self.turn.is_listening = self.talk.session.rest != Rest::Awake;
    }

    /// Somebody has said or sent something.
    fn hear(&mut self) {
        let is_open = !self.talk.session.stack.is_empty();
        if is_open && self.talk.session.version != self.talk.version {
            self.say_one(&self.talk.flow.general.updated.clone());
            return self.begin();
        }
        if self.query == "/start" {
            return self.begin();
        }
        if self.talk.session.rest != Rest::Awake {
            if self.is_woken() {
                self.wake();
            }
            return;
        }
        if !is_open {
            let is_asleep =
                self.entry().is_some_and(|(_, node)| matches!(node.kind, Kind::Start { is_asleep: true, .. }));
            return match is_asleep && !self.is_woken() {
                true => self.end(Rest::Asleep),
                false => self.begin(),
            };
        }
        if let Some(place) = self.query.strip_prefix('/').and_then(|name| self.context_named(name)) {
            return self.interrupt(&[place]);
        }
        let step = self.answer_node();
        self.go(step);
    }

    /// Whether what was said wakes it.
    fn is_woken(&self) -> bool {
        let Some((_, node)) = self.entry() else { return false };
        let Kind::Start { wake, .. } = &node.kind else { return false };
        let said = crate::base::fold::fold(&self.query);
        wake.iter().any(|phrase| said.contains(&crate::base::fold::fold(phrase)))
    }

    /// The place where all begins, and its start node.
    fn entry(&self) -> Option<(Place, &FlowNode)> {
        let flow = self.talk.flow;
        let scene = self.talk.session.stack.last().map_or(MAIN, |frame| frame.scene.as_str());
        let found = flow.scenes.get(scene)?;
        let graph = found.contexts.get(&found.entry)?;
        Some(((scene.to_string(), found.entry.clone()), graph.nodes.get(&graph.start)?))
    }

    /// A context of this scene by its name; only the first word counts.
    fn context_named(&self, name: &str) -> Option<Place> {
        let name = name.split_whitespace().next()?;
        let scene = self.talk.session.stack.last().map_or(MAIN, |frame| frame.scene.as_str());
        let found = self.talk.flow.graph(scene, &(String::new(), name.to_string()))?;
        Some((found.0.to_string(), found.1.to_string()))
    }

    /// All begins anew: it is asked what there is to ask.
    pub(super) fn begin(&mut self) {
        let flow = self.talk.flow;
        *self.talk.session = FlowSession {
            vars: flow.session_vars.clone(),
            used_s: self.talk.session.used_s,
            version: self.talk.version,
            ..FlowSession::default()
        };
        let entry = flow.scenes.get(MAIN).map(|scene| scene.entry.clone()).unwrap_or_default();
        self.say_one(&flow.general.welcome.clone());
        self.push(&(MAIN.to_string(), entry));
        self.go(Step::Enter);
    }

    /// All is over.
    pub(super) fn end(&mut self, rest: Rest) {
        let used_s = self.talk.session.used_s;
        *self.talk.session = FlowSession { rest, used_s, ..FlowSession::default() };
    }

    fn wake(&mut self) {
        let was_listening = self.talk.session.rest == Rest::Listening;
        self.talk.session.rest = Rest::Awake;
        if self.talk.session.stack.is_empty() {
            return self.begin();
        }
        let step = match self.node() {
            // What is behind the node that gave up the word.
            Some(node) if was_listening && matches!(node.kind, Kind::Context { .. }) => self.follow(&node.next),
            _ => self.ask_again(),
        };
        self.go(step);
    }

    fn interrupt_by_name(&mut self, name: &str) {
        if self.talk.session.pending.is_some() {
            return;
        }
        if self.talk.session.stack.is_empty() {
            self.begin();
        }
        if let Some(place) = self.context_named(name) {
            self.interrupt(&[place]);
        }
    }

    /// These contexts go first, one after the other.
    pub(super) fn interrupt(&mut self, places: &[Place]) {
        // The last is entered last, so the first lies on top.
        for place in places.iter().rev() {
            self.push(place);
        }
        self.go(Step::Enter);
    }

    pub(super) fn push(&mut self, place: &Place) {
        let Some((scene, context, graph)) = self.talk.flow.graph(&place.0, place) else { return };
        let (scene, context, node) = (scene.to_string(), context.to_string(), graph.start.clone());
        self.talk.session.stack.push(Frame { scene, context, node, ..Frame::default() });
    }

    /// The node where the conversation is.
    pub(super) fn node(&self) -> Option<FlowNode> {
        let frame = self.talk.session.stack.last()?;
        let place = (String::new(), frame.context.clone());
        self.talk.flow.graph(&frame.scene, &place)?.2.nodes.get(&frame.node).cloned()
    }

    /// Goes on until somebody is waited for.
    pub(super) fn go(&mut self, mut step: Step) {
        loop {
            if let Some(why) = self.is_too_much() {
                self.turn.stopped = Some(why);
                self.turn.replies.clear();
                self.say_one(&self.talk.flow.general.error.clone());
                return self.end(Rest::Awake);
            }
            self.steps += 1;
            step = match step {
                Step::Wait => return,
                Step::To(name) => {
                    if let Some(frame) = self.talk.session.stack.last_mut() {
                        (frame.node, frame.fails) = (name, 0);
                    }
                    self.enter()
                }
                Step::Enter => self.enter(),
                Step::Complete => {
                    self.talk.session.stack.pop();
                    match self.talk.session.stack.last().map(|frame| frame.goes_on) {
                        None => {
                            self.end(Rest::Awake);
                            Step::Wait
                        }
                        Some(true) => {
                            let next = self.node().map(|node| node.next).unwrap_or_default();
                            if let Some(frame) = self.talk.session.stack.last_mut() {
                                frame.goes_on = false;
                            }
                            self.follow(&next)
                        }
                        Some(false) => self.ask_again(),
                    }
                }
            };
        }
    }

    fn is_too_much(&self) -> Option<String> {
        let frame = self.talk.session.stack.last();
        let place = frame.map(|frame| format!("{}.{}, node {}", frame.scene, frame.context, frame.node));
        let place = place.unwrap_or_default();
        if self.steps >= limits::FLOW_STEPS_MAX {
            return Some(format!("one message went through {} nodes; the last is {place}", self.steps));
        }
        if self.turn.replies.len() > limits::FLOW_REPLIES_MAX {
            return Some(format!("one message had more than {} answers; {place}", limits::FLOW_REPLIES_MAX));
        }
        let depth = self.talk.session.stack.len();
        (depth > limits::FLOW_STACK_MAX)
            .then(|| format!("contexts were entered within each other {depth} deep; {place}"))
    }

    /// The first branch that holds; of those with shares one is drawn.
    pub(super) fn pick(&mut self, branches: &[Branch]) -> Option<String> {
        let mut holds = Vec::new();
        for branch in branches {
            if self.holds(&branch.when) {
                holds.push(branch);
            }
        }
        let first = *holds.first()?;
        if first.percent.is_none() {
            return Some(first.to.clone());
        }
        let shared: Vec<(&str, f64)> =
            holds.iter().filter_map(|branch| Some((branch.to.as_str(), branch.percent?))).collect();
        let sum: f64 = shared.iter().map(|(_, share)| share).sum();
        let mut drawn = f64::from(self.world.draw(10_000)) / 10_000.0 * sum;
        for (to, share) in &shared {
            drawn -= share;
            if drawn < 0.0 {
                return Some(to.to_string());
            }
        }
        shared.last().map(|(to, _)| to.to_string())
    }

    /// Where it goes on; nowhere: the context is complete.
    pub(super) fn follow(&mut self, branches: &[Branch]) -> Step {
        self.pick(branches).map_or(Step::Complete, Step::To)
    }

    /// Says one of these, by chance, with its values.
    pub(super) fn say(&mut self, texts: &[String], buttons: &[FlowButton]) {
        let count = u32::try_from(texts.len()).unwrap_or(1);
        let place = if count > 1 { self.world.draw(count) as usize } else { 0 };
        let Some(text) = texts.get(place) else { return };
        let text = self.fill(text);
        let buttons = buttons.iter().map(|button| FlowButton { text: self.fill(&button.text), ..button.clone() });
        let reply = FlowReply { buttons: buttons.collect(), text };
        if !reply.text.trim().is_empty() {
            self.turn.replies.push(reply);
        }
    }

    pub(super) fn say_one(&mut self, texts: &[String]) {
        self.say(texts, &[]);
    }

    /// What a call under way has to know when it is over.
    fn remember(&mut self) {
        let session = &mut self.talk.session;
        if session.pending.is_some() {
            session.conversation.insert("query".to_string(), Datum::Text(self.query.clone()));
            session.conversation.insert("_message".to_string(), self.message.clone());
        }
    }

    fn answered(&mut self, answer: Option<Datum>) {
        let Some(pending) = self.talk.session.pending.take() else { return };
        let Some(node) = self.node() else { return };
        let step = match pending {
            Pending::Resource => self.after_resource(&node, answer),
            Pending::Ai => self.after_call(&node, answer.map(|answer| answer.text())),
            Pending::AiOfFallback => match answer {
                Some(answer) => {
                    self.turn.replies.push(FlowReply { text: answer.text(), buttons: Vec::new() });
                    self.ask_again()
                }
                None => self.fall_back_in_words(),
            },
        };
        self.go(step);
    }
}
