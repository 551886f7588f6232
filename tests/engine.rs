//! The engine as a value: events in, effects out, the store in memory, clock and entropy given. No sockets, no waiting.

use std::time::Duration;

use botmother::base::id::UpdateId;
use botmother::base::limits;
use botmother::base::prometheus;
use botmother::base::remedy::Language;
use botmother::base::secret::Secret;
use botmother::base::time::Now;
use botmother::core::effect::{Effect, Manner, Order};
use botmother::core::failure::Failure;
use botmother::core::handle::*;
use botmother::core::setup::{Settings, Setup};
use botmother::engine::event::Event;
use botmother::store::Store;
use botmother::xmpp::message::{Inbound, Kind, Via};
use botmother::xmpp::session;

use support::*;

#[path = "engine/ai.rs"]
mod ai;
#[path = "engine/bots.rs"]
mod bots;
#[path = "engine/history.rs"]
mod history;
#[path = "engine/menus.rs"]
mod menus;
#[path = "engine/readiness.rs"]
mod readiness;
#[path = "engine/self_chat.rs"]
mod self_chat;
#[path = "engine/sending.rs"]
mod sending;
#[path = "support/engine.rs"]
mod support;
#[path = "engine/updates.rs"]
mod updates;
#[path = "engine/webhooks.rs"]
mod webhooks;

const OWNER: &str = "ralf@example.org";

/// An engine with one account, driven by hand.
struct Rig {
    core: Core,
    resource: String,
}

fn configured(language: Language) -> Settings {
    Settings { language, accounts: vec![config_account(OWNER)], ..settings() }
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

impl Rig {
    fn new() -> Rig {
        Rig::over(Store::memory(), Language::English)
    }

    fn over(store: Store, language: Language) -> Rig {
        Rig::at(START, store, language)
    }

    /// One that begins at this time.
    fn at(now: Now, store: Store, language: Language) -> Rig {
        let mut core = Core::at(now, store, Setup { rate_limit: 30, ..setup(configured(language)) });
        let effects = core.batch(Vec::new());
        let start = effects.into_iter().find_map(|effect| match effect {
            Effect::Session(account, Order::Start(config, _)) => Some((account, config.resource.clone())),
            _ => None,
        });
        let (account, resource) = start.expect("the session is started");
        core.account = account;
        Rig { core, resource }
    }

    /// Ends this engine as a kill would, and starts another over the same store.
    fn killed(self) -> Rig {
        Rig::over(self.core.kill(), Language::English)
    }

    fn ask(&mut self, caller: Caller, question: Question) -> Outcome {
        let (effects, _ticket) = self.begin(caller, question);
        answers(effects).pop().expect("answered at once")
    }

    fn admin(&mut self, question: Question) -> Outcome {
        self.ask(Caller::Admin, question)
    }

    /// What Prometheus would read.
    fn numbers(&mut self) -> String {
        let Ok(Answer::Metrics(metrics)) = self.admin(Question::Metrics) else { panic!() };
        prometheus::print(&metrics)
    }

    fn create(&mut self, owner: &str, name: &str) -> BotInfo {
        match self.admin(Question::CreateBot(NewBot::new(name, bare(owner)))) {
            Ok(Answer::Created(bot)) => bot,
            other => panic!("{other:?}"),
        }
    }

    fn online(&mut self) -> Vec<Effect> {
        let jid = format!("{OWNER}/{}", self.resource);
        self.signed_in(&jid)
    }

    /// The owner's phone says something in the self-chat; gives what the session is told.
    fn phone(&mut self, text: &str) -> Vec<Effect> {
        let message = self_chat(text, &format!("id-{text}"));
        self.session(session::Event::Message(Box::new(message)))
    }

    fn updates(&mut self, bot: &BotInfo, offset: Option<i64>) -> Vec<Update> {
        match self.ask(as_bot(bot), Question::GetUpdates(poll(offset, None))) {
            Ok(Answer::Updates(updates)) => updates,
            other => panic!("{other:?}"),
        }
    }

    fn send(&mut self, bot: &BotInfo, to: &str, text: &str) -> (Vec<Effect>, String) {
        let (effects, _ticket) = self.begin(as_bot(bot), Question::SendMessage(message(to, text)));
        let mut id = None;
        let mut rest = Vec::new();
        for effect in effects {
            match effect {
                Effect::Answer(_, Ok(Answer::Sent { message_id, .. })) => id = Some(message_id),
                Effect::Answer(_, other) => panic!("{other:?}"),
                effect => rest.push(effect),
            }
        }
        (rest, id.expect("accepted"))
    }
}

/// Stanzas given to the session that are kept until the server has them, with their tags.
fn sends(effects: &[Effect]) -> Vec<(u64, String)> {
    stanzas(effects).into_iter().filter_map(|(tag, stanza)| Some((tag?, stanza))).collect()
}

fn handled(effects: &[Effect]) -> u32 {
    let count = |effect: &Effect| if let Effect::Session(_, Order::Handled(n)) = effect { *n } else { 0 };
    effects.iter().map(count).sum()
}

fn self_chat(text: &str, id: &str) -> Inbound {
    let from = full(&format!("{OWNER}/phone"));
    Inbound {
        id: Some(id.to_string()),
        origin_id: Some(id.to_string()),
        archive_id: Some(format!("arc-{id}")),
        body: Some(text.to_string()),
        ..Inbound::new(from, full(OWNER), Kind::Chat)
    }
}
