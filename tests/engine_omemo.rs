//! The engine as a value: OMEMO. A peer of our own core and a server with personal nodes, both simulated; events in,
//! effects out. With other implementations and real servers it is tested elsewhere.

// Outside of #[test] functions, clippy does not know that this is a test.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::time::Duration;

use botmother::base::limits;
use botmother::base::secret::Secret;
use botmother::core::effect::{Effect, Order};
use botmother::core::failure::Failure;
use botmother::core::handle::*;
use botmother::engine::event::Event;
use botmother::omemo::{self, Bundle, Device, Version};
use botmother::store::Store;
use botmother::xml::{Element, Namespaces};
use botmother::xmpp::message::{self, Kind, Reading};
use botmother::xmpp::ns;
use botmother::xmpp::session;
use botmother::xmpp::stanza::IqKind;

use support::people::*;
use support::*;

#[path = "engine_omemo/backup.rs"]
mod backup;
#[path = "engine_omemo/buttons.rs"]
mod buttons;
#[path = "engine_omemo/crash.rs"]
mod crash;
#[path = "engine_omemo/days.rs"]
mod days;
#[path = "engine_omemo/devices.rs"]
mod devices;
#[path = "engine_omemo/history.rs"]
mod history;
#[path = "engine_omemo/plain.rs"]
mod plain;
#[path = "engine_omemo/self_chat.rs"]
mod self_chat;
#[path = "support/engine.rs"]
mod support;
#[path = "engine_omemo/talking.rs"]
mod talking;
#[path = "engine_omemo/trust.rs"]
mod trust;

const OWNER: &str = "ralf@example.org";
const HERE: &str = "bot@example.org/r";
/// Nothing that goes out may show this.
const SECRET: &str = "geheim";

/// An engine with a dedicated bot that is online.
struct Rig {
    core: Core,
    bot: BotInfo,
    nodes: Nodes,
    /// Messages that went out, by their tag.
    sent: Vec<(u64, Element)>,
    outcomes: Vec<Outcome>,
}

impl Rigged for Rig {
    type Caused = ();

    fn core(&mut self) -> &mut Core {
        &mut self.core
    }

    /// Applies events, and answers what is asked of nodes until nothing is.
    fn batch(&mut self, events: Vec<Event>) {
        settle(self, events, |rig, effect| {
            if matches!(effect, Effect::Session(..)) {
                let said = format!("{effect:?}");
                assert!(!said.contains(SECRET), "in plain text: {said}");
            }
            match effect {
                Effect::Session(_, Order::Ask { .. }) if rig.nodes.is_silent => {}
                Effect::Session(account, Order::Ask { tag, to, kind, payload }) => {
                    let outcome = rig.nodes.answer(&asked_of(&to, BOT), kind, &payload);
                    return vec![Event::Session(account, session::Event::Answer { tag, outcome })];
                }
                Effect::Session(_, Order::Send { tag: Some(tag), stanza }) => rig.sent.push((tag, parse(&stanza))),
                Effect::Answer(_, outcome) => rig.outcomes.push(outcome),
                _ => {}
            }
            Vec::new()
        });
    }
}

impl Rig {
    fn new(encrypt: Encrypt) -> Rig {
        Rig::over(Store::memory(), encrypt)
    }

    fn over(store: Store, encrypt: Encrypt) -> Rig {
        let (core, bot) = Core::with_bot(store, encrypting(encrypt), dedicated("Bot", OWNER, BOT));
        Rig { core, bot, nodes: Nodes::default(), sent: Vec::new(), outcomes: Vec::new() }
    }

    fn online(encrypt: Encrypt) -> Rig {
        let mut rig = Rig::new(encrypt);
        rig.come_online();
        rig
    }

    fn come_online(&mut self) {
        self.come_back();
        self.sent.clear();
    }

    /// The same, and what goes out at once is kept.
    fn come_back(&mut self) {
        self.signed_in(HERE);
    }

    /// Ends this engine as a kill would, and starts another over the same store.
    fn killed(mut self, encrypt: Encrypt) -> Rig {
        self.core = self.core.killed(encrypting(encrypt));
        self.sent.clear();
        self.batch(Vec::new());
        self
    }

    fn set_policy(&mut self, policy: Encrypt) {
        let _ticket = self.begin(Caller::Admin, Question::SetBotOmemo(self.bot.id, Some(policy)));
    }

    /// A stanza arrives for the bot.
    fn arrives(&mut self, stanza: &Element) {
        match message::read(stanza, &bare(BOT)) {
            Reading::Live(message) if message.is_for_engine() => self.session(session::Event::Message(message)),
            other => panic!("{other:?}"),
        }
    }

    fn ask(&mut self, question: Question) -> Outcome {
        let _ticket = self.begin(as_bot(&self.bot), question);
        self.outcomes.pop().expect("answered at once")
    }

    fn say(&mut self, text: &str) -> Outcome {
        self.ask(Question::SendMessage(message(OWNER, text)))
    }

    /// Takes all updates.
    fn take(&mut self) -> Vec<String> {
        printed(take_updates(None, |question| self.ask(question)))
    }

    /// What went out since the last time.
    fn take_sent(&mut self) -> Vec<Element> {
        let sent = std::mem::take(&mut self.sent);
        self.acked(sent)
    }
}

fn plain(text: &str, id: &str) -> Element {
    Element::new("message", ns::CLIENT)
        .with("from", "ralf@example.org/phone")
        .with("to", BOT)
        .with("type", "chat")
        .with("id", id)
        .with_child(Element::new("body", ns::CLIENT).with_text(text))
}

/// The same with other bytes in its first key.
fn broken(stanza: &Element, id: &str) -> Element {
    let text = stanza.print("");
    let key = text.find("<key").and_then(|at| text[at..].find('>').map(|end| at + end + 40)).unwrap();
    let other = if &text[key..key + 4] == "AAAA" { "BBBB" } else { "AAAA" };
    let text = format!("{}{other}{}", &text[..key], &text[key + 4..]).replace("id='p77-", &format!("id='{id}-"));
    Element::parse(&text, &Namespaces::default()).unwrap()
}
