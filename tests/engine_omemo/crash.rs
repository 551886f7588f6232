//! The process is killed after each single thing that it does, and each commit may fail: a conversation in both
//! directions goes on as if nothing had happened. The server sends again what was not handled, and has an archive.

use std::cell::Cell;
use std::collections::{BTreeSet, VecDeque};
use std::fs;
use std::path::PathBuf;

use botmother::base::id::AccountId;
use botmother::base::time::Now;
use botmother::engine::Engine;
use botmother::omemo::Encrypted;
use botmother::store::Durability;
use botmother::xmpp::message::Via;
use botmother::xmpp::session::Facts;
use botmother::xmpp::stanza::StanzaError;

use super::*;

/// What happens, in this order, whatever is killed meanwhile.
#[derive(Clone, Copy, Debug)]
enum Op {
    /// A phone says something.
    Phone(usize, &'static str),
    /// A phone says something that arrives damaged.
    Damaged(usize),
    /// The bot's program says something.
    Bot(&'static str),
    /// So many seconds.
    Wait(u64),
}

/// New sessions from either side, talk, answers owed, used prekeys made up for, a session begun anew, a rotation.
const SCRIPT: &[Op] = &[
    Op::Bot("out-first"),
    Op::Phone(0, "in-first"),
    Op::Bot("out-second"),
    Op::Phone(1, "in-other"),
    Op::Phone(1, "in-other again"),
    Op::Wait(4),
    Op::Phone(2, "in-another"),
    Op::Phone(0, "in-second"),
    Op::Phone(0, "in-third"),
    Op::Damaged(0),
    Op::Wait(5),
    Op::Bot("out-third"),
    Op::Phone(0, "in-fourth"),
    Op::Wait(16 * 24 * 3600),
    Op::Bot("out-last"),
    Op::Phone(1, "in-last"),
];

/// Later is nothing that a failed commit has left to do.
const SOON: Duration = Duration::from_secs(2);

/// The process has ended.
struct Killed;
type Step = Result<(), Killed>;

struct World {
    dir: PathBuf,
    engine: Option<Engine>,
    now: Now,
    account: AccountId,
    resource: String,
    token: Secret,
    nodes: Nodes,
    phones: Vec<Phone>,
    /// All messages in both directions; an archive id is a place plus one.
    archive: Vec<Element>,
    /// Told to the engine and not handled; the place of those that came live.
    unhandled: VecDeque<Option<usize>>,
    /// Steps done so far, and at which of them the process is killed.
    steps: usize,
    kills: BTreeSet<usize>,
    /// Commits so far, and which of them fail.
    commits: usize,
    failures: BTreeSet<usize>,
    outcomes: Vec<Outcome>,
    /// What the first phone has read.
    heard: Vec<String>,
    /// What the program was told, by update.
    told: BTreeMap<i64, String>,
    /// Prekeys that messages used: the place of the message.
    used: BTreeMap<u32, usize>,
    /// Prekeys that were ever offered, with their keys.
    offered: BTreeMap<u32, [u8; 32]>,
    handled: BTreeSet<usize>,
}

impl World {
    fn new(name: &str, version: Version) -> World {
        let dir = std::env::temp_dir().join(format!("botmother-crash-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        let store = Store::open(&dir, Durability::Process).unwrap();
        let Rig { core: Core { engine, now, account }, bot, nodes, .. } = Rig::over(store, Encrypt::Required);
        let phones = [77, 78, 79].map(|id| Phone::new(OWNER, version, id)).into();
        let mut world = World {
            dir,
            engine: Some(engine),
            now,
            account,
            resource: String::new(),
            token: bot.token.unwrap(),
            nodes,
            phones,
            archive: Vec::new(),
            unhandled: VecDeque::new(),
            steps: 0,
            kills: BTreeSet::new(),
            commits: 0,
            failures: BTreeSet::new(),
            outcomes: Vec::new(),
            heard: Vec::new(),
            told: BTreeMap::new(),
            used: BTreeMap::new(),
            offered: BTreeMap::new(),
            handled: BTreeSet::new(),
        };
        // The others come to be when they speak first.
        world.phones[0].publish(&mut world.nodes);
        world.restart();
        world
    }

    fn version(&self) -> Version {
        self.phones[0].version()
    }

    /// Nothing else is done by the one that was there.
    fn restart(&mut self) {
        self.engine = None;
        let store = Store::open(&self.dir, Durability::Process).unwrap();
        self.engine = Some(Core::at(self.now, store, encrypting(Encrypt::Required)).engine);
    }

    fn step(&mut self) -> Step {
        self.steps += 1;
        if self.kills.contains(&self.steps) { Err(Killed) } else { Ok(()) }
    }

    /// Does something until it is done, over all kills.
    fn bear(&mut self, what: impl Fn(&mut World) -> Step) {
        while what(self).is_err() {
            loop {
                self.now.mono += Duration::from_secs(1);
                self.now.unix_ms += 1_000;
                self.restart();
                if self.connect().is_ok() {
                    break;
                }
            }
        }
    }

    fn connect(&mut self) -> Step {
        self.run(Vec::new())?;
        self.run(vec![self.bound()])
    }

    fn bound(&self) -> Event {
        let jid = full(&format!("{BOT}/{}", self.resource));
        Event::Session(self.account, session::Event::Bound { jid, facts: Facts::default() })
    }

    fn commit(&mut self, events: Vec<Event>) -> Vec<Effect> {
        self.commits += 1;
        let other = self.failures.contains(&self.commits).then(|| {
            let other = rusqlite::Connection::open(self.dir.join("botmother.db")).unwrap();
            other.execute_batch("BEGIN IMMEDIATE").unwrap();
            other
        });
        let effects = self.engine.as_mut().unwrap().batch(self.now, events);
        drop(other);
        effects
    }

    /// Events, and all that they lead to; a kill may come after each thing.
    fn run(&mut self, events: Vec<Event>) -> Step {
        let mut queue = VecDeque::from([events]);
        while let Some(events) = queue.pop_front() {
            let effects = self.commit(events);
            self.step()?;
            for effect in effects {
                self.perform(effect, &mut queue);
                self.step()?;
            }
        }
        Ok(())
    }

    fn perform(&mut self, effect: Effect, queue: &mut VecDeque<Vec<Event>>) {
        let account = self.account;
        let tell = |event| vec![Event::Session(account, event)];
        match effect {
            Effect::Session(_, Order::Start(config, _)) => self.resource.clone_from(&config.resource),
            Effect::Session(_, Order::Ask { tag, to, kind, payload }) => {
                let before = self.nodes.published.len();
                let outcome = self.nodes.answer(&asked_of(&to, BOT), kind, &payload);
                if self.nodes.published[before..].iter().any(|node| node.contains("bundles")) {
                    self.look_at_bundle();
                }
                queue.push_back(tell(session::Event::Answer { tag, outcome }));
            }
            Effect::Session(_, Order::Send { tag: Some(tag), stanza }) => {
                self.deliver(&stanza);
                queue.push_back(tell(session::Event::Acked(vec![tag])));
            }
            Effect::Session(_, Order::CatchUp { after, .. }) => {
                self.unhandled.retain(Option::is_some);
                let again: Vec<usize> = self.unhandled.drain(..).flatten().collect();
                let from = after.map_or(0, |id| id.trim_start_matches('a').parse().unwrap());
                for place in from..self.archive.len() {
                    queue.extend(self.told(place, Via::Archive));
                }
                queue.push_back(tell(session::Event::Online { resumed: false }));
                for place in again {
                    queue.extend(self.told(place, Via::Direct));
                }
            }
            Effect::Session(_, Order::Handled(count)) => {
                let handled = self.unhandled.drain(..count as usize).flatten();
                self.handled.extend(handled);
            }
            Effect::Session(_, Order::Reset) => {
                let lost = std::mem::take(queue).into_iter().flatten();
                let unanswered = lost.filter_map(|event| match event {
                    Event::Session(_, session::Event::Answer { tag, .. }) => {
                        let outcome = Err(StanzaError::new("wait", "recipient-unavailable"));
                        Some(tell(session::Event::Answer { tag, outcome }))
                    }
                    _ => None,
                });
                queue.extend(unanswered);
                queue.push_back(tell(session::Event::Offline { why: "reset".to_string(), retry_in: Duration::ZERO }));
                queue.push_back(vec![self.bound()]);
            }
            Effect::Answer(_, outcome) => self.outcomes.push(outcome),
            _ => {}
        }
    }

    /// A message of the archive as the engine is told of it; nothing where it would not be.
    fn told(&mut self, place: usize, via: Via) -> Option<Vec<Event>> {
        let Reading::Live(mut message) = message::read(&self.archive[place], &bare(BOT)) else {
            panic!("{:?}", self.archive[place])
        };
        if !message.is_for_engine() {
            return None;
        }
        message.via = via;
        message.archive_id = Some(format!("a{}", place + 1));
        self.unhandled.push_back((via == Via::Direct).then_some(place));
        Some(vec![Event::Session(self.account, session::Event::Message(message))])
    }

    /// The server has a message of the bot's: the archive and the phones get it.
    fn deliver(&mut self, stanza: &str) {
        assert!(!stanza.contains("out-"), "in plain text: {stanza}");
        let stanza = parse(stanza);
        self.archive.push(stanza.clone().with("from", &format!("{BOT}/{}", self.resource)));
        for (number, phone) in self.phones.iter_mut().enumerate() {
            match phone.hear(&stanza) {
                Ok(Some(text)) if number == 0 => self.heard.push(text),
                Ok(_) | Err(omemo::Error::Duplicate | omemo::Error::NotForUs) => {}
                Err(error) => panic!("phone {number}: {error:?}"),
            }
        }
    }

    /// No prekey is offered that a handled message has used, and none under the id of another.
    fn look_at_bundle(&mut self) {
        let Some(bundle) = self.bundle() else { return };
        for (id, key) in &bundle.prekeys {
            assert_eq!(self.offered.entry(*id).or_insert(*key), key, "prekey {id} is another one now");
            let used = self.used.get(id).filter(|place| self.handled.contains(place));
            assert_eq!(used, None, "prekey {id} was used and is offered again");
        }
    }

    fn bundle(&self) -> Option<Bundle> {
        let version = self.version();
        let device = *self.nodes.devices(BOT, version).first()?;
        self.nodes.bundle(BOT, version, device)
    }

    fn play(&mut self, number: usize, op: Op) {
        let place = Cell::new(None);
        self.bear(|world| match op {
            Op::Phone(..) | Op::Damaged(_) if place.get().is_some() => Ok(()),
            Op::Phone(phone, text) => {
                world.phones[phone].publish(&mut world.nodes);
                let stanza = world.phones[phone].say(&world.nodes, Some(text));
                place.set(Some(world.archive.len()));
                world.arrive(stanza)
            }
            Op::Damaged(phone) => {
                let stanza = world.phones[phone].say(&world.nodes, Some("in-damaged"));
                place.set(Some(world.archive.len()));
                world.arrive(broken(&stanza, "bad"))
            }
            Op::Bot(text) => world.say(text, number),
            Op::Wait(seconds) => world.wait(seconds),
        });
    }

    fn arrive(&mut self, stanza: Element) -> Step {
        let version = self.version();
        let device = self.nodes.first_device(BOT, version);
        let encrypted = stanza.find("encrypted", version.ns()).unwrap();
        let key = Encrypted::read(encrypted, BOT, device).unwrap().keys.remove(0);
        if key.is_exchange && !stanza.print("").contains("bad-") {
            let digits = key.data.iter().skip(if version == LEGACY { 2 } else { 1 });
            let length = digits.clone().position(|digit| digit & 0x80 == 0).unwrap() + 1;
            let id =
                digits.take(length).enumerate().fold(0, |id, (at, digit)| id | u32::from(digit & 0x7f) << (7 * at));
            self.used.entry(id).or_insert(self.archive.len());
        }
        self.archive.push(stanza);
        match self.told(self.archive.len() - 1, Via::Direct) {
            Some(events) => self.run(events),
            None => Ok(()),
        }
    }

    fn ask(&mut self, question: Question) -> Result<Outcome, Killed> {
        let (event, _ticket) = asking(Caller::Bot(self.token.clone(), Scope::Any), question);
        self.outcomes.clear();
        self.run(vec![event])?;
        Ok(self.outcomes.pop().expect("answered at once"))
    }

    fn say(&mut self, text: &str, number: usize) -> Step {
        loop {
            let new = NewMessage { idempotency_key: Some(format!("key-{number}")), ..message(OWNER, text) };
            match self.ask(Question::SendMessage(new))? {
                Ok(Answer::Sent { encrypted, .. }) => {
                    assert_eq!(encrypted, Some(true));
                    return Ok(());
                }
                Err(Failure::Internal) => self.wait(2)?,
                other => panic!("{other:?}"),
            }
        }
    }

    fn wait(&mut self, seconds: u64) -> Step {
        self.now.mono += Duration::from_secs(seconds);
        self.now.unix_ms += seconds as i64 * 1_000;
        self.run(Vec::new())
    }

    fn poll(&mut self) -> Step {
        let offset = self.told.last_key_value().map(|(id, _)| id + 1);
        match self.ask(Question::GetUpdates(poll(offset, None)))? {
            Ok(Answer::Updates(updates)) => {
                for update in updates.into_iter().filter(|update| update.kind == "message") {
                    let before = self.told.insert(update.id.0, update.payload);
                    assert_eq!(before, None, "taken and told again");
                }
                Ok(())
            }
            Err(Failure::Internal) => self.wait(2),
            other => panic!("{other:?}"),
        }
    }

    /// All of it; then what came of it is looked at.
    fn perform_script(mut self, what: &str) -> usize {
        self.bear(World::connect);
        for (number, op) in SCRIPT.iter().enumerate() {
            // What could not be stored is tried again a second later.
            while !self.failures.is_empty() && self.engine.as_mut().unwrap().deadline() <= Some(self.now.mono + SOON) {
                self.bear(|world| world.wait(2));
            }
            self.play(number, *op);
            self.bear(World::poll);
        }
        for _ in 0..5 {
            self.bear(|world| world.wait(30));
        }
        self.bear(World::poll);
        for op in SCRIPT {
            match *op {
                Op::Phone(_, text) => {
                    let body = format!(r#""body":"{text}""#);
                    let times = self.told.values().filter(|payload| payload.contains(&body)).count();
                    assert_eq!(times, 1, "{what}: {text} was told {times} times");
                }
                Op::Bot(text) => {
                    let times = self.heard.iter().filter(|heard| *heard == text).count();
                    assert_eq!(times, 1, "{what}: {text} was read {times} times: {:?}", self.heard);
                }
                Op::Damaged(_) | Op::Wait(_) => {}
            }
        }
        assert!(!self.told.values().any(|payload| payload.contains("damaged")), "{what}");
        let bundle = self.bundle().expect("offered");
        assert_eq!(bundle.prekeys.len(), limits::OMEMO_PREKEYS, "{what}");
        assert_eq!(self.used.len(), 2, "{:?}", self.used);
        let again: Vec<_> = bundle.prekeys.iter().filter(|(id, _)| self.used.contains_key(id)).collect();
        assert!(again.is_empty(), "{what}: offered again: {again:?}");
        let _ = fs::remove_dir_all(&self.dir);
        self.steps
    }
}

/// One kill in each run, at each step there is, or at each of so many.
fn killed_everywhere(version: Version, stride: usize) {
    let steps = World::new(&format!("{version:?}"), version).perform_script("undisturbed");
    assert!(steps > 100, "{steps}");
    println!("{version:?}: {steps} steps");
    for at in (1..=steps).step_by(stride) {
        let mut world = World::new(&format!("{version:?}"), version);
        world.kills.insert(at);
        world.perform_script(&format!("{version:?}, killed at {at}"));
    }
}

#[test]
fn killed_at_every_step() {
    killed_everywhere(LEGACY, 1);
}

#[test]
fn killed_at_many_steps_with_the_newer_version() {
    killed_everywhere(Version::Omemo2, 3);
}

#[test]
fn killed_again_and_again() {
    for round in 0..12 {
        let version = Version::ALL[round % 2];
        let mut world = World::new("often", version);
        let mut at = 0;
        for _ in 0..30 {
            let mut gap = [0];
            entropy(&mut gap);
            at += 8 + usize::from(gap[0] % 24);
            world.kills.insert(at);
        }
        world.perform_script(&format!("{version:?}, round {round}"));
    }
}

/// As on a full disk: nothing of the batch has happened, and the server sends again what was in it.
#[test]
fn commits_fail() {
    for (round, version) in [LEGACY, Version::Omemo2, LEGACY].into_iter().enumerate() {
        let mut world = World::new("failing", version);
        world.failures = (0..5).map(|number| 3 + round + number * (14 + round * 3)).collect();
        world.perform_script(&format!("{version:?}, failing commits, round {round}"));
    }
}
