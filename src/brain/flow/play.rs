//! A flow played without a daemon: a clock that stands still unless it is moved, chance that comes out the same each time,
//! lists of questions from files. What is asked elsewhere is answered by whoever plays.

use std::collections::BTreeMap;

use crate::base::span;
use crate::brain::faq::{Gatherer, Index, Synonyms};
use crate::brain::flow::datum::Datum;
use crate::brain::flow::model::{Domain, Flow};
use crate::brain::flow::run::{FlowEvent, FlowInput, FlowTalk, FlowTurn, FlowWant, FlowWorld};
use crate::brain::flow::session::{FlowPerson, FlowSession};
use crate::store::row::{FaqEntry, FaqKind};

/// How similar a question must be where nothing else is said.
const BEST: f32 = 0.55;

/// A flow, and a conversation with it.
pub struct FlowPlayer {
    flow: Flow,
    version: i64,
    session: FlowSession,
    /// Whom the conversation is with.
    pub person: FlowPerson,
    /// What stands in for the world.
    pub world: FlowStage,
}

/// What stands in for the world.
#[derive(Default)]
pub struct FlowStage {
    /// Unix time.
    pub now_s: i64,
    /// From which chance is drawn.
    pub seed: u64,
    /// An AI can be asked.
    pub has_ai: bool,
    lists: BTreeMap<String, (Index, Vec<FaqEntry>)>,
}

impl FlowStage {
    /// At this time, with chance from this seed.
    pub fn new(now_s: i64, seed: u64) -> FlowStage {
        FlowStage { now_s, seed, ..FlowStage::default() }
    }

    /// A list of questions for a domain.
    pub fn add_list(&mut self, domain: &str, entries: Vec<FaqEntry>) {
        let mut all = Gatherer::new(Synonyms::default());
        for (number, entry) in (0..).zip(&entries) {
            all.add(number, &entry.question);
            entry.similar.iter().for_each(|question| all.add(number, question));
        }
        self.lists.insert(domain.to_string(), (all.end(), entries));
    }
}

impl FlowWorld for FlowStage {
    fn now_s(&self) -> i64 {
        self.now_s
    }

    fn draw(&mut self, below: u32) -> u32 {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((self.seed >> 33) % u64::from(below.max(1))).unwrap_or(0)
    }

    fn faq(&mut self, domain: &Domain, text: &str) -> Option<(FaqKind, String)> {
        let (index, entries) = self.lists.get(&domain.name)?;
        let best = domain.best.map_or(BEST, |best| best as f32);
        let hit = index.find(text, best, |_| true).first().copied()?;
        entries.get(hit.entry as usize).map(|entry| (entry.kind, entry.answer.clone()))
    }

    fn has_ai(&self) -> bool {
        self.has_ai
    }
}

impl FlowPlayer {
    /// Before anything was said.
    pub fn new(flow: Flow, world: FlowStage) -> FlowPlayer {
        FlowPlayer { flow, version: 1, session: FlowSession::default(), person: FlowPerson::default(), world }
    }

    /// Takes a line, and gives what comes of it, a line each. A line that begins with `!` is an event as JSON, with `?` the
    /// JSON that answers what was asked elsewhere (nothing behind it: no answer), with `+` the time that goes by, with `@` a
    /// message that is no text; a line that is only `*` is a new version of the flow.
    pub fn take(&mut self, line: &str) -> Result<Vec<String>, String> {
        let input = match line.split_at_checked(1) {
            Some(("!", json)) => match FlowEvent::parse(json) {
                Some(event) => FlowInput::Event(event),
                None => return Err("behind ! stands an event, like {\"type\":\"start\"}".to_string()),
            },
            Some(("?", json)) if !self.session.is_waiting_for_call() => {
                return Err(format!("nothing was asked that {json} could answer"));
            }
            Some(("?", json)) => match json.trim() {
                "" => FlowInput::Answer(None),
                json => FlowInput::Answer(Some(Datum::parse(json).ok_or("behind ? stands JSON, or nothing")?)),
            },
            Some(("+", time)) => {
                let seconds = span::read(time.trim()).ok_or("behind + stands a time, like 31m")?;
                self.world.now_s += seconds;
                return Ok(Vec::new());
            }
            Some(("@", json)) => FlowInput::Message(Datum::parse(json).ok_or("behind @ stands JSON")?),
            Some(("*", "")) => {
                self.version += 1;
                return Ok(Vec::new());
            }
            _ => FlowInput::Text(line.to_string()),
        };
        let (flow, session, person) = (&self.flow, &mut self.session, &mut self.person);
        let mut talk = FlowTalk { flow, version: self.version, session, person };
        Ok(lines(&talk.turn(input, &mut self.world)))
    }

    /// Where the conversation is, and its variables.
    pub fn state(&self) -> String {
        let place = match self.session.place() {
            Some((scene, context, node)) => format!("{scene}.{context}, node {node}"),
            None => "nowhere".to_string(),
        };
        let user = Datum::Map(self.person.vars.clone()).json();
        let tags = self.person.tags.iter().cloned().collect::<Vec<_>>().join(", ");
        format!("{place}; {}; user {user}; tags {tags}", self.session.vars())
    }
}

fn lines(turn: &FlowTurn) -> Vec<String> {
    let mut all = Vec::new();
    for reply in &turn.replies {
        all.push(format!("< {}", reply.text.replace('\n', "\n  ")));
        all.extend(reply.buttons.iter().map(|button| format!("  [{}]", button.text)));
    }
    match &turn.want {
        Some(FlowWant::Resource(name, call)) => {
            let headers = call.headers.iter().map(|(name, value)| format!("; {name}: {value}")).collect::<String>();
            let body = call.body.as_ref().map(|body| format!("; {body}")).unwrap_or_default();
            all.push(format!("? {name}: {} {}{headers}{body}", call.method, call.url));
        }
        Some(FlowWant::Ai(text)) => all.push(format!("? AI: {text}")),
        None => {}
    }
    if turn.is_listening {
        all.push("= listening".to_string());
    }
    if turn.is_fallback {
        all.push("= not understood".to_string());
    }
    all.extend(turn.stopped.iter().map(|why| format!("= stopped: {why}")));
    all
}
