//! The engine as a value: what becomes of messages after they are sent, and of what comes besides text. Events in,
//! effects out, the store in memory; the same with real servers is in `life.rs`.

// Outside of #[test] functions, clippy does not know that this is a test.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use botmother::base::id::AccountId;
use botmother::base::limits;
use botmother::core::effect::{Effect, Order};
use botmother::core::failure::Failure;
use botmother::core::handle::*;
use botmother::core::setup::{Settings, Setup};
use botmother::engine::event::Event;
use botmother::store::Store;
use botmother::xmpp::message::{Inbound, Kind, Marker, Reactions, RepliedTo, Retraction, Stage, Via};
use botmother::xmpp::session::{self, Facts};

use support::*;

#[path = "engine_life/archive.rs"]
mod archive;
#[path = "engine_life/actions.rs"]
mod actions;
#[path = "engine_life/buttons.rs"]
mod buttons;
#[path = "engine_life/asking.rs"]
mod asking;
#[path = "engine_life/history.rs"]
mod history;
#[path = "engine_life/names.rs"]
mod names;
#[path = "engine_life/states.rs"]
mod states;
#[path = "engine_life/ways.rs"]
mod ways;
#[path = "support/engine.rs"]
mod support;

const OWNER: &str = "ralf@example.org";
const BOT: &str = "bot@example.org";
const ANNA: &str = "anna@example.org";
const ALL: [&str; 4] = ["message", "reaction", "retraction", "message_state"];

/// An engine with the owner's account and a dedicated bot's, both online.
struct Rig {
    /// With the bot's own account.
    core: Core,
    /// The owner's.
    person: AccountId,
}

impl Rigged for Rig {
    type Caused = Vec<Effect>;

    fn core(&mut self) -> &mut Core {
        &mut self.core
    }

    fn batch(&mut self, events: Vec<Event>) -> Vec<Effect> {
        self.core.batch(events)
    }
}

fn configured() -> Setup {
    setup(Settings { accounts: vec![config_account(OWNER)], ..settings() })
}

impl Rig {
    /// With a personal bot and a dedicated one; both want to know everything.
    fn new() -> (Rig, BotInfo, BotInfo) {
        Rig::over(Store::memory())
    }

    fn over(store: Store) -> (Rig, BotInfo, BotInfo) {
        let mut rig = Rig { core: Core::new(store, configured()), person: AccountId(0) };
        let effects = rig.batch(Vec::new());
        rig.started(&effects);
        let (effects, _ticket) = rig.begin(Caller::Admin, Question::CreateBot(dedicated("Dedicated", OWNER, BOT)));
        rig.started(&effects);
        rig.online(rig.core.account);
        rig.online(rig.person);
        rig.ask(Caller::Admin, Question::CreateBot(NewBot::new("Personal", bare(OWNER)))).unwrap();
        let Ok(Answer::Bots(bots)) = rig.ask(Caller::Admin, Question::ListBots(None)) else { panic!() };
        let [dedicated, personal] = bots.try_into().unwrap();
        for bot in [&dedicated, &personal] {
            rig.poll(bot, None, Some(&ALL));
        }
        (rig, dedicated, personal)
    }

    fn started(&mut self, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::Session(account, Order::Start(config, _)) if config.is_bot => self.core.account = *account,
                Effect::Session(account, Order::Start(..)) => {
                    self.person = *account;
                }
                _ => {}
            }
        }
    }

    /// Ends this engine as a kill would, and starts another over the same store.
    fn killed(self) -> Rig {
        let mut rig = Rig { core: self.core.killed(configured()), ..self };
        rig.batch(Vec::new());
        rig
    }

    fn online(&mut self, account: AccountId) -> Vec<(u64, String)> {
        let bound = session::Event::Bound { jid: full("somebody@example.org/r"), facts: Facts::default() };
        let events = [bound, session::Event::Online { resumed: false }];
        sends(&self.batch(events.into_iter().map(|event| Event::Session(account, event)).collect()))
    }

    fn ask(&mut self, caller: Caller, question: Question) -> Outcome {
        self.ask_all(caller, question).1
    }

    /// Asks; gives what was sent, too.
    fn ask_all(&mut self, caller: Caller, question: Question) -> (Vec<Effect>, Outcome) {
        let (mut effects, _ticket) = self.begin(caller, question);
        let at = effects.iter().position(|effect| matches!(effect, Effect::Answer(..))).expect("answered at once");
        let Effect::Answer(_, outcome) = effects.remove(at) else { panic!() };
        (effects, outcome)
    }

    fn poll(&mut self, bot: &BotInfo, offset: Option<i64>, allowed: Option<&[&str]>) -> (Vec<Effect>, Vec<Update>) {
        let allowed = allowed.map(|names| UpdateKinds::parse(names.iter().copied()).unwrap());
        match self.ask_all(as_bot(bot), Question::GetUpdates(poll(offset, allowed))) {
            (effects, Ok(Answer::Updates(updates))) => (effects, updates),
            (_, other) => panic!("{other:?}"),
        }
    }

    /// Takes all updates: type and data.
    fn take(&mut self, bot: &BotInfo) -> Vec<String> {
        printed(take_updates(None, |question| self.ask(as_bot(bot), question)))
    }

    fn act(&mut self, bot: &BotInfo, to: &str, action: BotAction) -> Result<Vec<(u64, String)>, Failure> {
        let act = NewAction { to: full(to), kind: Kind::Chat, action, idempotency_key: None };
        let (effects, outcome) = self.ask_all(as_bot(bot), Question::Act(act));
        outcome.map(|_| sends(&effects))
    }

    /// Sends a text; gives its id and tag.
    fn say(&mut self, bot: &BotInfo, to: &str, text: &str) -> (String, u64, String) {
        match self.ask_all(as_bot(bot), Question::SendMessage(message(to, text))) {
            (effects, Ok(Answer::Sent { message_id, .. })) => {
                let (tag, stanza) = sends(&effects).pop().unwrap_or_default();
                (message_id, tag, stanza)
            }
            (_, other) => panic!("{other:?}"),
        }
    }

    fn acked(&mut self, account: AccountId, tag: u64) {
        self.told(account, session::Event::Acked(vec![tag]));
        self.core.now.mono += limits::ACK_WRITE_DELAY;
        self.batch(Vec::new());
    }

    fn hears(&mut self, account: AccountId, message: Inbound) -> Vec<(u64, String)> {
        let effects = self.told(account, session::Event::Message(Box::new(message)));
        assert!(effects.iter().any(|effect| matches!(effect, Effect::Session(_, Order::Handled(1)))));
        sends(&effects)
    }
}

/// Stanzas given to the session, with their tags, or 0.
fn sends(effects: &[Effect]) -> Vec<(u64, String)> {
    stanzas(effects).into_iter().map(|(tag, stanza)| (tag.unwrap_or_default(), stanza)).collect()
}

/// A message with nothing in it yet, but an id.
fn from(who: &str, to: &str, id: &str) -> Inbound {
    let jid = |text: &str| full(text);
    Inbound {
        id: Some(id.to_string()),
        archive_id: Some(format!("a-{who}-{id}")),
        ..Inbound::new(jid(who), jid(to), Kind::Chat)
    }
}

fn saying(text: &str, message: Inbound) -> Inbound {
    Inbound { body: Some(text.to_string()), ..message }
}

fn receipt(of: &str, message: Inbound) -> Inbound {
    Inbound { receipt: Some(of.to_string()), ..message }
}

fn displayed(of: &str, message: Inbound) -> Inbound {
    Inbound { marker: Some(Marker { stage: Stage::Displayed, id: of.to_string() }), ..message }
}
