//! `cargo bench --bench omemo`: what encryption costs, without a server: the engine as a value, its personal nodes simulated.
//!
//! Nothing is asserted. BOTMOTHER_BENCH_MESSAGES (default 2000) and BOTMOTHER_BENCH_BOTS (default 200).

#![allow(missing_docs, unreachable_pub)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;
use std::{env, fs, process};

use botmother::base::crypto;
use botmother::base::id::AccountId;
use botmother::base::limits;
use botmother::base::secret::Secret;
use botmother::core::effect::{Effect, Order};
use botmother::core::handle::*;
use botmother::core::setup::Setup;
use botmother::engine::event::Event;
use botmother::omemo::{self, Device, Entropy, Reach, Recipient, Session, Version};
use botmother::store::{Durability, Store};
use botmother::xml::Element;
use botmother::xmpp::ns;
use botmother::xmpp::session::{self, Facts};
use botmother::xmpp::stanza::{IqKind, StanzaError};

#[path = "../support/engine.rs"]
mod support;
use support::*;

const DEVICES: [u32; 3] = [71, 72, 73];
const TEXT: &str =
    "The quick brown fox jumps over the lazy dog, and a bot tells of it in a text of some 100 characters.";

fn main() {
    let messages = number("BOTMOTHER_BENCH_MESSAGES", 2_000);
    let bots = number("BOTMOTHER_BENCH_BOTS", 200);
    println!("| | |\n|---|---|");
    println!("| a device with its keys, both versions | {:.1} ms |", made(20));
    for version in Version::ALL {
        let (encrypted, decrypted) = talked(version, messages);
        println!("| {version:?}: encrypted to 3 devices, pure | {encrypted:.0}/s |");
        println!("| {version:?}: decrypted, pure | {decrypted:.0}/s |");
    }
    for durability in [Durability::Process, Durability::Power] {
        let mut rates = [Encrypt::Off, Encrypt::Required].map(|encrypt| sent(encrypt, durability, messages));
        rates.sort_by(f64::total_cmp);
        println!("| through the engine, {durability:?}: encrypted to 3 devices | {:.0}/s |", rates[0]);
        println!("| the same in plain text | {:.0}/s |", rates[1]);
    }
    // Each in a process's first life would be cleaner; the plain ones come first and leave their memory to the others.
    let plain = crowd(Encrypt::Off, bots);
    let encrypted = crowd(Encrypt::Required, bots);
    for (what, figures) in [("without", plain), ("with", encrypted)] {
        println!(
            "| a bot {what} OMEMO, of {bots} | {:.1} KB in the database, {:.1} KB resident, {:.1} ms to be online |",
            figures.0, figures.1, figures.2
        );
    }
}

fn number(name: &str, default: usize) -> usize {
    env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

fn with_entropy<T>(run: impl FnOnce(&mut Entropy<'_>) -> T) -> T {
    run(&mut Entropy::new(&mut |out: &mut [u8]| crypto::random(out)))
}

fn device(version: Version, id: u32) -> Device {
    with_entropy(|entropy| Device::new(version, id, &entropy.key(), 0, entropy))
}

/// Milliseconds for one.
fn made(times: u32) -> f64 {
    let begun = Instant::now();
    for _ in 0..times {
        for version in Version::ALL {
            assert!(!device(version, 5).bundle().build(version).print("").is_empty());
        }
    }
    begun.elapsed().as_secs_f64() * 1_000.0 / f64::from(times)
}

/// Messages a second, encrypted and decrypted.
fn talked(version: Version, messages: usize) -> (f64, f64) {
    let own = device(version, 5);
    let others = DEVICES.map(|id| device(version, id));
    let bundles = others.clone().map(|other| other.bundle());
    let to = |sessions: &[Session]| -> (Vec<Session>, omemo::Encrypted) {
        let recipients: Vec<Recipient<'_>> = DEVICES
            .iter()
            .enumerate()
            .map(|(place, id)| Recipient {
                jid: "ralf@example.org",
                device: *id,
                reach: sessions.get(place).map_or(Reach::Bundle(&bundles[place], None), Reach::Session),
            })
            .collect();
        let sealed = with_entropy(|entropy| omemo::encrypt(&own, Some(TEXT.as_bytes()), &recipients, entropy));
        (sealed.sessions.into_iter().map(|session| session.expect("it has a bundle")).collect(), sealed.encrypted)
    };
    let (mut sessions, first) = to(&[]);
    let mut sealed = vec![first];
    let begun = Instant::now();
    for _ in 0..messages {
        let (next, encrypted) = to(&sessions);
        sessions = next;
        sealed.push(encrypted);
    }
    let encrypted = messages as f64 / begun.elapsed().as_secs_f64();
    let mut session: Option<Session> = None;
    let begun = Instant::now();
    for encrypted in &sealed {
        let element = encrypted.build();
        let read = omemo::Encrypted::read(&element, "ralf@example.org", DEVICES[0]).expect("well-formed");
        session = Some(omemo::decrypt(&others[0], &read, session.as_ref()).expect("in order").session);
    }
    (encrypted, sealed.len() as f64 / begun.elapsed().as_secs_f64())
}

/// An engine over files, and what personal nodes answer.
struct Rig {
    dir: PathBuf,
    core: Core,
    nodes: BTreeMap<(String, String), Element>,
    accounts: Vec<(AccountId, String)>,
    outcomes: Vec<Outcome>,
    sent: usize,
}

impl Rig {
    fn new(encrypt: Encrypt, durability: Durability) -> Rig {
        let dir = env::temp_dir().join(format!("botmother-bench-omemo-{}", process::id()));
        let _ = fs::remove_dir_all(&dir);
        let store = Store::open(&dir, durability).expect("a new directory");
        let core = Core::new(store, Setup { entropy: crypto::random, ..encrypting(encrypt) });
        let (nodes, accounts) = (BTreeMap::new(), Vec::new());
        let mut rig = Rig { dir, core, nodes, accounts, outcomes: Vec::new(), sent: 0 };
        for version in Version::ALL {
            let mut list = None;
            for id in DEVICES {
                list = Some(omemo::add_device(version, list.as_ref(), id, None));
                let device = device(version, id);
                let (node, _) = version.bundle_node(id);
                // OMEMO 2 has all bundles in one node; these have 0.3 only.
                if version == Version::Legacy {
                    rig.nodes.insert(("o0@example.org".to_string(), node), device.bundle().build(version));
                }
            }
            if let (Version::Legacy, Some(list)) = (version, list) {
                rig.nodes.insert(("o0@example.org".to_string(), version.devices_node().to_string()), list);
            }
        }
        rig
    }

    /// A bot with an account of its own, online.
    fn bot(&mut self, number: usize) -> Secret {
        let owner = format!("o{}@example.org", number / limits::BOTS_PER_OWNER_MAX);
        let jid = format!("b{number}@example.org");
        let known = self.accounts.len();
        self.ask(Caller::Admin, Question::CreateBot(dedicated("Bot", &owner, &jid)));
        let (account, _) = self.accounts.get(known).cloned().expect("started");
        let jid = full(&format!("{jid}/r"));
        self.batch(vec![Event::Session(account, session::Event::Bound { jid, facts: Facts::default() })]);
        self.batch(vec![Event::Session(account, session::Event::Online { resumed: false })]);
        match self.ask(Caller::Admin, Question::ListBots(None)) {
            Some(Ok(Answer::Bots(bots))) => bots.last().and_then(|bot| bot.token.clone()).expect("a token"),
            other => panic!("{other:?}"),
        }
    }

    fn ask(&mut self, caller: Caller, question: Question) -> Option<Outcome> {
        let (event, _ticket) = asking(caller, question);
        self.outcomes.clear();
        self.batch(vec![event]);
        self.outcomes.pop()
    }

    fn batch(&mut self, events: Vec<Event>) {
        let mut waiting = vec![events];
        while let Some(events) = waiting.pop() {
            let (mut answers, mut acked) = (Vec::new(), Vec::new());
            for effect in self.core.batch(events) {
                match effect {
                    Effect::Session(account, Order::Start(config, _)) => {
                        self.accounts.push((account, config.account.to_string()));
                    }
                    Effect::Session(account, Order::Ask { tag, to, kind, payload }) => {
                        let own = self.accounts.iter().find(|(id, _)| *id == account).map(|(_, jid)| jid.clone());
                        let outcome = self.answer(asked_of(&to, &own.unwrap_or_default()), kind, &payload);
                        answers.push(Event::Session(account, session::Event::Answer { tag, outcome }));
                    }
                    Effect::Session(account, Order::Send { tag: Some(tag), .. }) => {
                        self.sent += 1;
                        acked.push(Event::Session(account, session::Event::Acked(vec![tag])));
                    }
                    Effect::Answer(_, outcome) => self.outcomes.push(outcome),
                    _ => {}
                }
            }
            waiting.extend([answers, acked].into_iter().filter(|events| !events.is_empty()));
        }
    }

    /// Lists are kept; of bundles only what others need.
    fn answer(&mut self, to: String, kind: IqKind, payload: &Element) -> Result<Option<Element>, StanzaError> {
        if let (IqKind::Set, Some(publish)) = (kind, payload.find("publish", ns::PUBSUB)) {
            let node = publish.attribute("node").unwrap_or_default();
            let item = publish.find("item", ns::PUBSUB).and_then(|item| item.children().next());
            if let Some(item) = item.filter(|_| node.contains("device")) {
                self.nodes.insert((to, node.to_string()), item.clone());
            }
            return Ok(None);
        }
        let items = payload.find("items", ns::PUBSUB).and_then(|items| items.attribute("node"));
        let kept = items.and_then(|node| Some((node, self.nodes.get(&(to, node.to_string()))?)));
        let Some((node, kept)) = kept else { return Err(StanzaError::new("cancel", "item-not-found")) };
        let item = Element::new("item", ns::PUBSUB).with("id", "current").with_child(kept.clone());
        let items = Element::new("items", ns::PUBSUB).with("node", node).with_child(item);
        Ok(Some(Element::new("pubsub", ns::PUBSUB).with_child(items)))
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// Messages a second, each in a transaction of its own.
fn sent(encrypt: Encrypt, durability: Durability, messages: usize) -> f64 {
    let mut rig = Rig::new(encrypt, durability);
    let token = rig.bot(0);
    let say = |rig: &mut Rig| match rig
        .ask(Caller::Bot(token.clone(), Scope::Any), Question::SendMessage(message("o0@example.org", TEXT)))
    {
        Some(Ok(Answer::Sent { encrypted, .. })) => assert_eq!(encrypted, Some(encrypt == Encrypt::Required)),
        other => panic!("{other:?}"),
    };
    say(&mut rig);
    let (before, begun) = (rig.sent, Instant::now());
    (0..messages).for_each(|_| say(&mut rig));
    assert_eq!(rig.sent - before, messages);
    messages as f64 / begun.elapsed().as_secs_f64()
}

/// KB in the database, KB resident and milliseconds, for one bot of so many.
fn crowd(encrypt: Encrypt, bots: usize) -> (f64, f64, f64) {
    let mut rig = Rig::new(encrypt, Durability::Process);
    rig.bot(0);
    let (size, memory, begun) = (size(&rig.dir), resident(), Instant::now());
    (1..=bots).for_each(|number| drop(rig.bot(number)));
    let took = begun.elapsed().as_secs_f64() * 1_000.0;
    let each = |more: f64| more / bots as f64;
    (each(self::size(&rig.dir) - size), each(resident() - memory), each(took))
}

fn size(dir: &Path) -> f64 {
    let database = rusqlite::Connection::open(dir.join("botmother.db")).expect("there");
    let pages = |pragma: &str| database.query_row(pragma, [], |row| row.get::<_, f64>(0)).expect("a number");
    (pages("PRAGMA page_count") - pages("PRAGMA freelist_count")) * pages("PRAGMA page_size") / 1024.0
}

/// KB of this process.
fn resident() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0.0)
}
