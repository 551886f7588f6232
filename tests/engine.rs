//! The engine as a value: events in, effects out, the store in memory, clock and entropy given. No sockets, no waiting.

use std::time::Duration;

use botmother::base::crypto::Hash;
use botmother::base::id::{AccountId, BotId, UpdateId};
use botmother::base::jid::Jid;
use botmother::base::limits;
use botmother::base::secret::Secret;
use botmother::engine::command::texts::Language;
use botmother::engine::effect::{Effect, Order};
use botmother::engine::event::Event;
use botmother::engine::failure::Failure;
use botmother::engine::handle::*;
use botmother::engine::{Settings, Setup};
use botmother::store::Store;
use botmother::xmpp::message::{Inbound, Kind, Via};
use botmother::xmpp::sasl::LoginKey;
use botmother::xmpp::session;

use support::*;

#[path = "engine/ai.rs"]
mod ai;
#[path = "engine/menus.rs"]
mod menus;
#[path = "support/engine.rs"]
mod support;
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
        let mut core = Core::new(store, Setup { rate_limit: 30, ..setup(configured(language)) });
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

#[test]
fn a_bot_from_birth_to_death() {
    let mut rig = Rig::new();
    let bot = rig.create("Ralf@Example.org", "Wetter ☀");
    assert!(bot.token.as_ref().unwrap().expose().starts_with("bm_"));
    assert!(matches!(rig.ask(as_bot(&bot), Question::GetMe), Ok(Answer::Me(me)) if me.name == "Wetter ☀"));
    let Ok(Answer::Bots(bots)) = rig.admin(Question::ListBots(Some(bare(OWNER)))) else { panic!() };
    assert_eq!(bots.len(), 1);

    let Ok(Answer::Token(_, token)) = rig.admin(Question::NewToken(bot.id)) else { panic!() };
    assert!(matches!(rig.ask(as_bot(&bot), Question::GetMe), Err(Failure::Unauthorized(_))));
    assert!(rig.ask(Caller::Bot(token.clone()), Question::GetMe).is_ok());

    rig.admin(Question::ActivateBot(bot.id, false)).unwrap();
    assert!(matches!(rig.ask(Caller::Bot(token.clone()), Question::GetMe), Err(Failure::Unauthorized(_))));
    rig.admin(Question::ActivateBot(bot.id, true)).unwrap();
    assert!(rig.ask(Caller::Bot(token), Question::GetMe).is_ok());

    rig.admin(Question::DeleteBot(bot.id)).unwrap();
    assert!(matches!(rig.admin(Question::DeleteBot(bot.id)), Err(Failure::NotFound(_))));
}

#[test]
fn revoked_tokens_stay_revoked() {
    let mut rig = Rig::new();
    let (a, b) = (rig.create(OWNER, "A"), rig.create(OWNER, "B"));
    rig.admin(Question::Revoke(a.id)).unwrap();
    rig.admin(Question::Revoke(b.id)).unwrap();
    rig.admin(Question::ActivateBot(b.id, true)).unwrap();
    assert!(matches!(rig.ask(as_bot(&b), Question::GetMe), Err(Failure::Unauthorized(_))));
    let c = rig.create(OWNER, "C");
    assert!(matches!(rig.ask(as_bot(&c), Question::GetMe), Ok(Answer::Me(me)) if me.id == c.id));
    let mut rig = rig.killed();
    assert!(matches!(rig.ask(as_bot(&b), Question::GetMe), Err(Failure::Unauthorized(_))));
    assert!(rig.ask(as_bot(&c), Question::GetMe).is_ok());
}

#[test]
fn limits_are_kept_and_said() {
    let mut rig = Rig::new();
    for i in 0..limits::BOTS_PER_OWNER_MAX {
        rig.create(OWNER, &format!("B{i}"));
    }
    let new = |name: &str, mode| NewBot { mode, ..NewBot::new(name, bare(OWNER)) };
    assert!(matches!(rig.admin(Question::CreateBot(new("X", Mode::Personal))), Err(Failure::Quota(_))));
    assert!(matches!(rig.admin(Question::CreateBot(new("X", Mode::Dedicated))), Err(Failure::Quota(_))));
    for name in ["", "  ", "a\nb", &"x".repeat(65)] {
        let outcome = rig.admin(Question::CreateBot(new(name, Mode::Personal)));
        assert!(matches!(&outcome, Err(Failure::Invalid { field, .. }) if field == "name"), "{name:?} {outcome:?}");
    }
    let bot = rig.create("other@example.org", "Chatty");
    let outcomes: Vec<Outcome> = (0..31).map(|_| rig.ask(as_bot(&bot), Question::GetMe)).collect();
    assert!(outcomes[..30].iter().all(Result::is_ok));
    assert_eq!(outcomes[30].as_ref().unwrap_err(), &Failure::Busy { retry_after_s: 1 });
}

#[test]
fn a_token_does_not_manage_and_nobody_reads_without_one() {
    let mut rig = Rig::new();
    let bot = rig.create(OWNER, "A");
    assert!(matches!(rig.ask(as_bot(&bot), Question::ListBots(None)), Err(Failure::Forbidden(_))));
    assert!(matches!(rig.ask(Caller::Anybody, Question::GetMe), Err(Failure::Unauthorized(_))));
    assert!(matches!(rig.admin(Question::GetMe), Err(Failure::Unauthorized(_))));
}

#[test]
fn offsets_lose_nothing() {
    let mut rig = Rig::new();
    let bot = rig.create(OWNER, "Echo");
    rig.online();
    for text in ["one", "two", "three"] {
        rig.phone(text);
    }
    let all = rig.updates(&bot, None);
    assert_eq!(all.len(), 3);
    assert!(all[0].payload.contains(r#""body":"one""#) && all[0].payload.contains(r#""from":"ralf@example.org""#));
    let first = all[0].id.0;
    // What the guide's bot does: last + 1. And the other reading: last.
    assert_eq!(rig.updates(&bot, Some(first + 1)).len(), 2);
    assert_eq!(rig.updates(&bot, Some(first + 1)).len(), 2);
    assert_eq!(rig.updates(&bot, Some(first + 2)).len(), 1);
    rig.phone("four");
    let rest = rig.updates(&bot, Some(first + 3));
    assert_eq!(rest.len(), 1);
    assert!(rest[0].payload.contains("four"));
}

#[test]
fn a_waiting_poller_is_answered_at_once_and_only_one_waits() {
    let mut rig = Rig::new();
    let bot = rig.create(OWNER, "Echo");
    let poll = UpdatePoll { offset: None, limit: 100, timeout: Duration::from_secs(50), allowed: None };
    let (effects, _first) = rig.begin(as_bot(&bot), Question::GetUpdates(poll));
    assert!(answers(effects).is_empty());
    let (effects, _second) = rig.begin(as_bot(&bot), Question::GetUpdates(poll));
    assert!(matches!(answers(effects).as_slice(), [Err(Failure::Conflict(_))]));
    let outcomes = answers(rig.phone("hello"));
    assert!(matches!(outcomes.as_slice(), [Ok(Answer::Updates(updates))] if updates.len() == 1));

    let offset = Some(UpdateId(100));
    let (_, _third) = rig.begin(as_bot(&bot), Question::GetUpdates(UpdatePoll { offset, ..poll }));
    assert_eq!(rig.core.engine.deadline(), Some(rig.core.now.mono + Duration::from_secs(50)));
    let outcomes = answers(rig.wait(Duration::from_secs(50)));
    assert!(matches!(outcomes.as_slice(), [Ok(Answer::Updates(updates))] if updates.is_empty()));
}

#[test]
fn messages_wait_for_the_server_and_go_out_in_order() {
    let mut rig = Rig::new();
    let bot = rig.create(OWNER, "Sender");
    let (effects, first) = rig.send(&bot, "anna@example.org", "1");
    assert!(sends(&effects).is_empty(), "nothing goes out before the session is online");
    let (_, second) = rig.send(&bot, "anna@example.org", "2 < & ü");
    let sent = sends(&rig.online());
    assert_eq!(sent.len(), 2);
    assert!(sent[0].1.contains(&first) && sent[1].1.contains(&second) && sent[1].1.contains("2 &lt; &amp; ü"));
    assert!(!sent[0].1.contains("urn:xmpp:carbons:2"), "the owner sees on his phone what is said in his name");

    // Not acknowledged: after a new stream it goes again, with the same id; resumed, the session does that itself.
    rig.offline();
    assert!(sends(&rig.session(session::Event::Online { resumed: true })).is_empty());
    rig.offline();
    assert_eq!(sends(&rig.online()), sent);
    rig.session(session::Event::Acked(vec![sent[0].0]));
    rig.offline();
    assert_eq!(sends(&rig.online()), sent[1..]);

    // Killed before the acknowledgement: it is sent again, unless the archive shows that it had arrived.
    let mut rig = rig.killed();
    let mut own = self_chat("2", &second);
    own.from = full(&format!("{OWNER}/{}", rig.resource));
    own.via = Via::Archive;
    rig.session(session::Event::Message(Box::new(own)));
    assert!(sends(&rig.online()).is_empty());
}

#[test]
fn what_the_archive_shows_twice_holds_nothing_back() {
    let mut rig = Rig::new();
    let bot = rig.create(OWNER, "Sender");
    rig.online();
    let (_, first) = rig.send(&bot, OWNER, "to myself");
    rig.offline();
    let (_, second) = rig.send(&bot, "anna@example.org", "not yet out");
    // Servers archive what somebody sends himself twice: as sent, and as received.
    let mut own = self_chat("to myself", &first);
    own.from = full(&format!("{OWNER}/{}", rig.resource));
    own.via = Via::Archive;
    let event = || Event::Session(rig.core.account, session::Event::Message(Box::new(own.clone())));
    rig.batch(vec![event(), event()]);
    let sent = sends(&rig.online());
    assert!(sent.len() == 1 && sent[0].1.contains(&second), "{sent:?}");
}

/// Calls that are to be made, with their tags.
fn calls(effects: &[Effect]) -> Vec<(u64, String)> {
    let call = |effect: &Effect| match effect {
        Effect::Call { tag, call, .. } => Some((*tag, call.url.rsplit('/').next().unwrap().to_string())),
        _ => None,
    };
    effects.iter().filter_map(call).collect()
}

/// The keys the store has after these came from the server, printed.
fn key_kept_of(keys: &[LoginKey]) -> String {
    let mut rig = Rig::new();
    for key in keys {
        rig.session(session::Event::LoginKey(key.clone()));
    }
    let row = rig.core.kill().list_accounts().unwrap().remove(0);
    row.login_key.expect("a key is kept").expose().to_string()
}

#[test]
fn a_login_key_is_kept_unless_its_salt_was_made_up_for_one_login() {
    let key = |salt: &str, client_key: &str| LoginKey {
        hash: Hash::Sha256,
        salt: salt.into(),
        iterations: 4096,
        client_key: client_key.into(),
        server_key: b"server".to_vec(),
    };
    let first = key_kept_of(&[key("salt", "one")]);
    assert_ne!(first, key_kept_of(&[key("salt", "two")]));
    // Another password under the same salt replaces what is no longer valid.
    assert_eq!(key_kept_of(&[key("salt", "two")]), key_kept_of(&[key("salt", "one"), key("salt", "two")]));
    assert_eq!(first, key_kept_of(&[key("salt", "one"), key("other", "two"), key("third", "two")]));
}

#[test]
fn an_account_made_for_a_bot_goes_whoever_deletes_it() {
    let mut rig = Rig::new();
    rig.online();
    let settings = EjabberdSettings {
        api_url: Some("http://localhost:5443/api".to_string()),
        host: Some("example.org".to_string()),
        admin_jid: Some("admin@example.org".to_string()),
        admin_password: Some(Secret::new("admin's")),
    };
    assert!(matches!(rig.admin(Question::SetEjabberd(settings)), Ok(Answer::EjabberdSaved { is_configured: true })));
    let new = NewBot { mode: Mode::Dedicated, ..NewBot::new("Made", bare(OWNER)) };
    let (effects, _ticket) = rig.begin(Caller::Admin, Question::CreateBot(new));
    let (tag, what) = calls(&effects).remove(0);
    assert_eq!(what, "register");

    // A batch that is taken back must not cost the answer.
    plant(Bug::Next);
    let effects = rig.batch(vec![http_answered(tag, 200, "\"done\""), Event::Report]);
    assert!(bug_was_met(), "it was met");
    let started = |effect: &Effect| matches!(effect, Effect::Session(_, Order::Start(..)));
    assert!(effects.iter().any(started), "the account is signed in");

    // In the chat, as by the API.
    let effects = rig.phone("/deletebot 1");
    let (tag, what) = calls(&effects).remove(0);
    assert_eq!(what, "check_password", "its server is asked at once");
    let effects = rig.batch(vec![http_answered(tag, 200, "0")]);
    assert_eq!(calls(&effects), [(tag, "unregister".to_string())]);
    let effects = rig.batch(vec![http_answered(tag, 200, "\"\"")]);
    assert!(calls(&effects).is_empty());
    assert!(calls(&rig.wait(Duration::from_secs(7200))).is_empty(), "it is done");
}

#[test]
fn a_long_queue_is_fed_piece_by_piece() {
    let mut rig = Rig::new();
    let bot = rig.create(OWNER, "Sender");
    let total = limits::IN_FLIGHT_MAX * 2 + 100;
    for i in 0..total {
        if i % 30 == 0 {
            rig.wait(Duration::from_secs(1));
        }
        rig.send(&bot, "anna@example.org", &format!("<{i}>"));
    }
    let mut sent = sends(&rig.online());
    assert_eq!(sent.len(), limits::IN_FLIGHT_MAX);
    let mut done = 0;
    while done < sent.len() {
        let tags = sent[done..].iter().map(|(tag, _)| *tag).collect();
        done = sent.len();
        sent.extend(sends(&rig.session(session::Event::Acked(tags))));
    }
    assert_eq!(sent.len(), total);
    assert!(sent.iter().enumerate().all(|(i, (_, stanza))| stanza.contains(&format!("&lt;{i}&gt;"))), "in order");
    rig.wait(Duration::from_secs(1));
    assert!(sends(&rig.killed().online()).is_empty(), "all acknowledged, nothing left");
}

#[test]
fn idempotency_keys() {
    let mut rig = Rig::new();
    let bot = rig.create(OWNER, "Sender");
    rig.online();
    let keyed = |text: &str| NewMessage {
        encrypt: false,
        idempotency_key: Some("k1".to_string()),
        ..message("anna@example.org", text)
    };
    let sent = |effects: Vec<Effect>| (sends(&effects).len(), answers(effects).pop().unwrap());
    let (effects, _t) = rig.begin(as_bot(&bot), Question::SendMessage(keyed("once")));
    let (count, first) = sent(effects);
    let Ok(Answer::Sent { message_id: first, .. }) = first else { panic!() };
    assert_eq!(count, 1);
    let (effects, _t) = rig.begin(as_bot(&bot), Question::SendMessage(keyed("once")));
    let (count, second) = sent(effects);
    assert!(matches!(second, Ok(Answer::Sent { message_id, .. }) if message_id == first));
    assert_eq!(count, 0);
    assert!(matches!(rig.ask(as_bot(&bot), Question::SendMessage(keyed("twice"))), Err(Failure::Conflict(_))));
    assert!(matches!(rig.killed().ask(as_bot(&bot), Question::SendMessage(keyed("once"))), Ok(Answer::Sent { .. })));
}

#[test]
fn the_manager_answers_in_the_self_chat_only_once() {
    let mut rig = Rig::new();
    rig.online();
    let effects = rig.phone("/newbot Wetter Frosch");
    assert_eq!(handled(&effects), 1);
    let sent = sends(&effects);
    assert_eq!(sent.len(), 1);
    assert!(sent[0].1.contains("Bot created!") && sent[0].1.contains("bm_") && sent[0].1.contains("Wetter Frosch"));
    assert!(sent[0].1.contains("urn:xmpp:carbons:2") && sent[0].1.contains("to='ralf@example.org'"));

    // The same message by the other ways: as a carbon with another archive id, and from the archive.
    let mut copy = self_chat("/newbot Wetter Frosch", "id-/newbot Wetter Frosch");
    copy.via = Via::CarbonSent;
    copy.archive_id = Some("other".to_string());
    let effects = rig.session(session::Event::Message(Box::new(copy.clone())));
    assert_eq!((handled(&effects), sends(&effects).len()), (1, 0));
    copy.via = Via::Archive;
    let mut rig = rig.killed();
    let effects = rig.session(session::Event::Message(Box::new(copy)));
    assert_eq!((handled(&effects), sends(&effects).len()), (1, 0));
    let Ok(Answer::Bots(bots)) = rig.admin(Question::ListBots(None)) else { panic!() };
    assert_eq!(bots.len(), 1);
}

#[test]
fn no_echo_loop() {
    let mut rig = Rig::new();
    let bot = rig.create(OWNER, "Echo");
    rig.online();
    let mut reflected = self_chat("You said: You said:", "r1");
    reflected.from = full(&format!("{OWNER}/{}", rig.resource));
    let mut automaton = self_chat("I am another bot", "r2");
    automaton.is_private = true;
    let mut to_anna = self_chat("private talk", "r3");
    to_anna.to = full("anna@example.org");
    to_anna.via = Via::CarbonSent;
    let mut from_anna = self_chat("not for bots", "r4");
    from_anna.from = full("anna@example.org/desk");
    let mut error = self_chat("bounced", "r5");
    error.kind = Kind::Error;
    for message in [reflected, automaton, to_anna, from_anna, error] {
        let effects = rig.session(session::Event::Message(Box::new(message)));
        assert_eq!((handled(&effects), sends(&effects).len()), (1, 0));
    }
    assert!(rig.updates(&bot, None).is_empty());
}

#[test]
fn who_gets_what_is_written() {
    let mut rig = Rig::new();
    rig.online();
    let hint = sends(&rig.phone("hello?"));
    assert!(hint[0].1.contains("/newbot"));
    let (a, b) = (rig.create(OWNER, "Anton"), rig.create(OWNER, "Berta"));
    let hint = sends(&rig.phone("who hears this?"));
    assert!(hint[0].1.contains("/use"));
    rig.phone("@berta: hi");
    assert!(rig.updates(&b, None)[0].payload.contains(r#""body":"hi""#));
    rig.phone(&format!("/use {}", a.id));
    rig.phone("to Anton");
    assert!(rig.updates(&a, None)[0].payload.contains("to Anton"));
    let commands = vec![Command { command: "weather".to_string(), description: "W".to_string() }];
    rig.ask(as_bot(&b), Question::SetCommands(commands)).unwrap();
    rig.phone("/weather Berlin");
    assert!(rig.updates(&b, Some(2)).last().unwrap().payload.contains("/weather Berlin"));
    rig.phone("/unheard of");
    assert!(
        rig.updates(&a, None).last().unwrap().payload.contains("/unheard of"),
        "unknown commands reach the program"
    );
}

#[test]
fn receive_all_sees_everybody_and_raises_our_priority() {
    let mut rig = Rig::new();
    rig.online();
    let owner = bare(OWNER);
    let new = NewBot { receive: Receive::All, ..NewBot::new("All", owner) };
    let (effects, _t) = rig.begin(Caller::Admin, Question::CreateBot(new));
    assert!(effects.iter().any(
        |effect| matches!(effect, Effect::Session(_, Order::Presence(text)) if text.contains("<priority>0</priority>"))
    ));
    let Some(Ok(Answer::Created(bot))) = answers(effects).pop() else { panic!() };
    let mut from_anna = self_chat("for all", "x1");
    from_anna.from = full("anna@example.org/desk");
    rig.session(session::Event::Message(Box::new(from_anna.clone())));
    rig.session(session::Event::Message(Box::new(from_anna)));
    let updates = rig.updates(&bot, None);
    assert_eq!(updates.len(), 1);
    assert!(updates[0].payload.contains(r#""from":"anna@example.org""#));
}

#[test]
fn encrypted_messages_get_one_hint() {
    let mut rig = Rig::new();
    rig.create(OWNER, "Echo");
    rig.online();
    let secret = |id: &str| Inbound { is_encrypted: true, ..self_chat("[This message is OMEMO encrypted]", id) };
    let first = rig.session(session::Event::Message(Box::new(secret("e1"))));
    let second = rig.session(session::Event::Message(Box::new(secret("e2"))));
    assert!(sends(&first)[0].1.contains("OMEMO"));
    assert!(sends(&second).is_empty());
}

#[test]
fn switched_off_for_an_account() {
    let mut rig = Rig::new();
    let bot = rig.create(OWNER, "Echo");
    rig.online();
    rig.admin(Question::SetOwnerStatus(bare(OWNER), false)).unwrap();
    assert!(sends(&rig.phone("/help")).is_empty());
    let refused = rig.ask(as_bot(&bot), Question::SendMessage(message("anna@example.org", "x")));
    assert!(matches!(refused, Err(Failure::Forbidden(_))));
}

#[test]
fn the_built_in_chat_needs_no_server() {
    let mut rig = Rig::new();
    let say = |text: &str| Question::LocalSay { to: None, text: text.to_string() };
    let read = |after| Question::LocalRead { with: None, after, timeout: Duration::from_secs(50) };
    let (effects, _ticket) = rig.begin(Caller::Admin, read(0));
    assert!(answers(effects).is_empty());
    let (effects, _t) = rig.begin(Caller::Admin, say("/newbot Echo"));
    let lines = answers(effects).into_iter().find_map(|outcome| match outcome {
        Ok(Answer::Lines(lines)) => Some(lines),
        _ => None,
    });
    let lines = lines.expect("the waiting terminal is told");
    assert_eq!(lines.iter().map(|line| line.from.as_str()).collect::<Vec<_>>(), ["owner", "Botmother"]);

    let Ok(Answer::Bots(bots)) = rig.admin(Question::ListBots(None)) else { panic!() };
    let bot = &bots[0];
    rig.admin(say("hello bot")).unwrap();
    assert!(rig.updates(bot, None)[0].payload.contains(r#""from":"owner@local""#));
    rig.send(bot, "owner@local", "hello owner");
    let Ok(Answer::Lines(lines)) = rig.admin(read(lines[1].id)) else { panic!() };
    assert_eq!((lines[1].from.as_str(), lines[1].text.as_str()), ("Echo", "hello owner"));
    let refused = rig.ask(as_bot(bot), Question::SendMessage(message("anna@example.org", "x")));
    assert!(matches!(refused, Err(Failure::Remote { what: "send_failed", .. })));
}

#[test]
fn german() {
    let mut rig = Rig::over(Store::memory(), Language::German);
    rig.online();
    assert!(sends(&rig.phone("/newbot Wetter"))[0].1.contains("Bot angelegt!"));
    assert!(sends(&rig.phone("/deletebot x"))[0].1.contains("So geht es: /deletebot"));
    assert!(sends(&rig.phone("/deletebot 77"))[0].1.contains("keinen Bot mit der ID 77"));
}

#[test]
fn every_command_answers_with_and_without_its_arguments() {
    let mut rig = Rig::new();
    rig.online();
    rig.phone("/newbot One");
    for line in [
        "/help",
        "/start",
        "/newbot",
        "/mybots",
        "/status",
        "/status 1",
        "/status 2",
        "/use 1",
        "/use",
        "/showtoken 1",
        "/token 1",
        "/token",
        "/revoke 1",
        "/showtoken 1 ",
        "/activate 1",
        "/deactivate 1",
        "/activate",
        "/token  1",
        "/setcommands 1 /weather - Sun, rain",
        "/setcommands 1",
        "/setcommands",
        "/setcommands 1 /! - x",
        "/setdescription 1 Does things",
        "/setdescription",
        "/access 1",
        "/access 1 list eva@example.org",
        "/access 1 nobody",
        "/access 1 owner here",
        "/access",
        "/deletebot 1",
        "/deletebot 1 ",
        "/deletebot",
        "/HELP",
    ] {
        let effects = rig.phone(line);
        assert_eq!((handled(&effects), sends(&effects).len()), (1, 1), "{line}");
    }
    // Somebody else's bot is not there.
    let other = rig.create("eve@example.org", "Eve");
    assert!(sends(&rig.phone(&format!("/showtoken {}", other.id)))[0].1.contains("no bot with ID"));
}

#[test]
fn old_updates_go_but_not_because_the_clock_was_set() {
    let day = limits::RETENTION;
    let mut rig = Rig::new();
    let bot = rig.create(OWNER, "Echo");
    rig.online();
    rig.phone("before the clock was set");
    rig.core.now.unix_ms += 3 * day.as_millis() as i64;
    rig.wait(Duration::from_secs(2 * 3600));
    assert_eq!(rig.updates(&bot, None).len(), 1);
    for _ in 0..30 {
        rig.wait(Duration::from_secs(3600));
    }
    assert!(rig.updates(&bot, None).is_empty(), "a day later it is old");
}

#[test]
fn nothing_is_due_while_nothing_happens() {
    let mut rig = Rig::new();
    rig.online();
    rig.wait(Duration::from_secs(10));
    let next = rig.core.engine.deadline().unwrap();
    assert!(next - rig.core.now.mono > Duration::from_secs(3000), "one look for old rows an hour, and nothing else");
}

#[test]
fn many_events_share_one_transaction_and_a_bad_one_spoils_none() {
    let mut rig = Rig::new();
    let bot = rig.create(OWNER, "Echo");
    rig.online();
    let mut events = Vec::new();
    let mut tickets = Vec::new();
    for i in 0..20 {
        let message = self_chat(&format!("m{i}"), &format!("i{i}"));
        events.push(Event::Session(rig.core.account, session::Event::Message(Box::new(message))));
        let (reply, ticket) = ticket();
        let question = Question::DeleteBot(BotId(999));
        events.push(Event::Ask { caller: Caller::Admin, question, reply });
        tickets.push(ticket);
    }
    let effects = rig.batch(events);
    assert_eq!(handled(&effects), 20);
    assert_eq!(answers(effects).len(), 20);
    assert_eq!(rig.updates(&bot, None).len(), 20);
}
