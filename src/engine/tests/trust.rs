//! Every policy at its engine: keys are judged, owners told and asked; across restarts and floods.

use std::sync::mpsc;
use std::time::Duration;

use crate::base::id::{AccountId, BotId};
use crate::base::jid::{BareJid, Jid};
use crate::base::limits;
use crate::base::remedy::Language;
use crate::base::secret::Secret;
use crate::base::time::Now;
use crate::channel::xmpp::crypt::trust::*;
use crate::core::effect::{Effect, Order};
use crate::core::failure::Failure;
use crate::core::handle::{
    Answer, Caller, Encrypt, KeyAnswer, KeyInfo, KeyQuestion, Mode, NewBot, Outcome, OwnAccount, Policy, Question,
    UpdateKinds, UpdatePoll, ticket,
};
use crate::core::setup::{ConfigAccount, Settings, Setup};
use crate::engine::Engine;
use crate::engine::command::{self, Chat};
use crate::engine::event::Event;
use crate::omemo::{self, PublicKey};
use crate::store::Store;
use crate::store::row::KeyRow;
use crate::xmpp::message::{Inbound, Kind};
use crate::xmpp::session;

const OWNER: &str = "ralf@example.org";
const EVA: &str = "eva@example.org";
/// How long first devices count as such.
const FIRST_SIGHT: u64 = limits::OMEMO_FIRST_SIGHT_S as u64;
const BOT: &str = "wetter@example.org";

struct Rig {
    engine: Engine,
    now: Now,
    account: AccountId,
    bot: BotId,
    token: Secret,
}

fn jid(text: &str) -> BareJid {
    BareJid::parse(text).unwrap()
}

fn key(n: u32) -> PublicKey {
    let mut key = [7; 32];
    key[..4].copy_from_slice(&n.to_be_bytes());
    key
}

fn engine(store: Store, now: Now) -> Engine {
    let account = ConfigAccount {
        jid: jid(OWNER),
        password: Secret::new("pw"),
        host: String::new(),
        ca_file: String::new(),
        pin: String::new(),
        plaintext: false,
    };
    let (language, accounts) = (Language::English, vec![account]);
    let settings = Settings {
        language,
        accounts,
        admins: Vec::new(),
        system_roots: false,
        encrypt: Encrypt::Off,
        self_chat: Encrypt::Off,
    };
    let entropy = crate::base::crypto::random;
    let setup = Setup { settings, api_url: String::new(), api: Default::default(), rate_limit: 0, entropy };
    Engine::new(store, setup, now).unwrap()
}

impl Rig {
    /// A bot with an account of its own, online.
    fn new() -> Rig {
        let now = Now { mono: Duration::from_secs(1000), unix_ms: 1_800_000_000_000 };
        let engine = engine(Store::memory(), now);
        let mut rig = Rig { engine, now, account: AccountId(0), bot: BotId(0), token: Secret::default() };
        let new = NewBot {
            mode: Mode::Dedicated,
            account: Some(OwnAccount { jid: jid(BOT), password: Secret::new("pw") }),
            ..NewBot::new("Wetter", jid(OWNER))
        };
        let (reply, _ticket) = ticket();
        rig.batch(vec![Event::Ask { caller: Caller::Admin, question: Question::CreateBot(new), reply }]);
        let bot = rig.engine.core.batch.bots.values().next().unwrap();
        (rig.bot, rig.token) = (bot.row.id, bot.row.token.clone().unwrap());
        rig.account = rig.engine.channels.xmpp.accounts.account_of_bot(rig.bot).unwrap();
        rig.batch(vec![Event::Session(rig.account, session::Event::Online { resumed: false })]);
        rig
    }

    fn killed(self) -> Rig {
        let (sender, receiver) = mpsc::channel();
        drop(sender);
        let store = self.engine.run(&receiver, Now::default, |_| {});
        let mut rig = Rig { engine: engine(store, self.now), ..self };
        rig.batch(vec![Event::Session(rig.account, session::Event::Online { resumed: false })]);
        rig
    }

    fn batch(&mut self, events: Vec<Event>) -> Vec<Effect> {
        self.engine.batch(self.now, events)
    }

    fn wait(&mut self, seconds: u64) {
        self.now.mono += Duration::from_secs(seconds);
        self.now.unix_ms += seconds as i64 * 1000;
        self.engine.core.batch.now = self.now;
    }

    fn judge(&mut self, who: &str, device: u32, n: u32) -> KeyTrust {
        self.engine.channels.xmpp.judge_key(&mut self.engine.core, self.account, &jid(who), device, &key(n)).unwrap()
    }

    /// Ends the batch; gives what the bot has said.
    fn told(&mut self) -> Vec<String> {
        bodies(self.batch(Vec::new()))
    }

    fn set(&mut self, policy: Policy) {
        self.engine.channels.xmpp.accounts.set_trust_policy(&mut self.engine.core.batch, self.account, policy).unwrap();
    }

    fn decide(&mut self, name: &str, trusted: bool) -> Result<KeyInfo, Unclear> {
        self.engine
            .channels
            .xmpp
            .decide_key(&mut self.engine.core.batch, self.account, None, name, (trusted, Reach::All))
            .unwrap()
            .map(|decided| decided.key)
    }

    /// A command in the bot's chat, from a device of that standing or in the clear.
    fn command(&mut self, who: &str, text: &str, standing: Option<KeyTrust>) -> String {
        let chat = Chat { bot: self.bot, who: jid(who) };
        self.engine.channels.xmpp.crypt.under = standing;
        let answer = command::run_in_chat(&mut self.engine, &chat, text);
        self.engine.channels.xmpp.crypt.under = None;
        answer.unwrap_or_else(|_| panic!("{text}")).expect("a command")
    }

    fn ask(&mut self, question: Question) -> Outcome {
        let (reply, _ticket) = ticket();
        let effects = self.batch(vec![Event::Ask { caller: Caller::Bot(self.token.clone()), question, reply }]);
        let answer = |effect| if let Effect::Answer(_, outcome) = effect { Some(outcome) } else { None };
        effects.into_iter().find_map(answer).unwrap()
    }

    fn rows(&self, who: &str) -> Vec<KeyRow> {
        self.engine.core.batch.store.list_omemo_keys(self.account, &jid(who)).unwrap()
    }
}

fn bodies(effects: Vec<Effect>) -> Vec<String> {
    let body = |effect| match effect {
        Effect::Session(_, Order::Send { tag: Some(_), stanza }) => Some(stanza),
        _ => None,
    };
    effects.into_iter().filter_map(body).collect()
}

use KeyTrust::{Distrusted, Trusted, Undecided};

#[test]
fn tofu_trusts_the_first_devices_and_asks_about_later_ones() {
    let mut rig = Rig::new();
    assert_eq!(rig.judge(OWNER, 1, 1), Trusted);
    rig.wait(limits::OMEMO_FIRST_SIGHT_S as u64);
    assert_eq!(rig.judge(OWNER, 2, 2), Trusted);
    assert_eq!(rig.told(), [""; 0], "nothing to decide");
    rig.wait(1);
    assert_eq!(rig.judge(OWNER, 3, 3), Undecided);
    let told = rig.told();
    assert_eq!(told.len(), 1);
    let fingerprint = omemo::fingerprint(&key(3));
    for part in ["to='ralf@example.org'", "Device: 3", &fingerprint, "/omemo trust 3"] {
        assert!(told[0].contains(part), "{part}: {told:?}");
    }
    assert_eq!(rig.judge(OWNER, 3, 3), Undecided);
    assert_eq!(rig.told(), [""; 0], "told once");
    assert_eq!(rig.judge(EVA, 3, 4), Trusted, "another contact begins for himself");

    let mut rig = rig.killed();
    assert_eq!((rig.judge(OWNER, 1, 1), rig.judge(OWNER, 3, 3)), (Trusted, Undecided));
    assert_eq!(rig.judge(OWNER, 4, 5), Undecided, "the first sight is remembered");
    rig.decide("3", true).unwrap();
    let mut rig = rig.killed();
    assert_eq!(rig.judge(OWNER, 3, 3), Trusted);
    rig.decide(&omemo::fingerprint(&key(3)).to_uppercase(), false).unwrap();
    assert_eq!(rig.judge(OWNER, 3, 3), Distrusted);
}

#[test]
fn blind_trusts_until_one_key_is_verified() {
    let mut rig = Rig::new();
    rig.set(Policy::Blind);
    assert_eq!(rig.judge(OWNER, 1, 1), Trusted);
    rig.wait(1_000_000);
    assert_eq!(rig.judge(OWNER, 2, 2), Trusted);
    rig.decide("2", true).unwrap();
    assert_eq!(rig.judge(OWNER, 1, 1), Trusted, "it was there before");
    assert_eq!(rig.judge(OWNER, 3, 3), Undecided);
    assert_eq!(rig.judge(EVA, 3, 4), Trusted, "of that contact only");
    assert_eq!(rig.told().len(), 1);
}

#[test]
fn pinned_trusts_what_was_named_only() {
    let mut rig = Rig::new();
    assert_eq!(rig.judge(OWNER, 1, 1), Trusted);
    rig.set(Policy::Pinned);
    assert_eq!((rig.judge(OWNER, 1, 1), rig.judge(EVA, 9, 9)), (Undecided, Undecided));
    assert_eq!(rig.told(), [""; 0], "strangers are nothing special");
    let named = rig.decide(&omemo::fingerprint(&key(2)), true).unwrap();
    assert_eq!((named.jid.as_str(), named.device, named.is_verified), (OWNER, 0, true));
    let mut rig = rig.killed();
    assert_eq!(rig.judge(EVA, 2, 2), Undecided, "it was named for the owner");
    assert_eq!((rig.judge(OWNER, 2, 2), rig.judge(OWNER, 2, 2)), (Trusted, Trusted));
    assert!(rig.rows(OWNER).iter().all(|row| row.device != 0), "it has its device now");
    // Another policy judges anew what nobody has decided.
    rig.set(Policy::Blind);
    assert_eq!((rig.judge(OWNER, 1, 1), rig.judge(EVA, 9, 9)), (Trusted, Trusted));
}

#[test]
fn a_changed_key_is_never_silent() {
    for policy in [Policy::Blind, Policy::Tofu, Policy::Pinned] {
        let mut rig = Rig::new();
        rig.set(policy);
        rig.judge(EVA, 1, 1);
        assert_eq!(rig.judge(EVA, 1, 2), Distrusted, "{policy:?}");
        let told = rig.told();
        assert!(told.len() == 1 && told[0].contains("another key than before"), "{policy:?}: {told:?}");
        let mut rig = rig.killed();
        assert_eq!(rig.judge(EVA, 1, 2), Distrusted);
        assert_eq!(rig.told(), [""; 0]);
        // The number alone does not say which of the two.
        let both = rig
            .engine
            .channels
            .xmpp
            .decide_key(&mut rig.engine.core.batch, rig.account, Some(&jid(EVA)), "1", (true, Reach::All))
            .unwrap()
            .map(|decided| decided.key);
        assert_eq!(both, Err(Unclear::Ambiguous));
        rig.decide(&omemo::fingerprint(&key(2)), true).unwrap();
        assert_eq!(rig.judge(EVA, 1, 2), Trusted);
        assert_eq!(rig.judge(EVA, 1, 1), Distrusted, "and back is a change, too");
    }
}

#[test]
fn a_key_keeps_its_standing_under_another_number() {
    let mut rig = Rig::new();
    rig.judge(OWNER, 1, 1);
    rig.decide("1", false).unwrap();
    assert_eq!(rig.judge(OWNER, 2, 1), Distrusted);
    rig.decide("2", true).unwrap();
    assert_eq!((rig.judge(OWNER, 1, 1), rig.judge(OWNER, 2, 1)), (Trusted, Trusted));
}

#[test]
fn floods_fill_nothing_and_move_nothing() {
    let mut rig = Rig::new();
    rig.judge(EVA, 1, 1);
    rig.judge(EVA, 2, 2);
    rig.decide(&omemo::fingerprint(&key(2)), false).unwrap();
    rig.wait(10_000);
    let mut told = 0;
    for n in 3..1000 {
        assert_eq!(rig.judge(EVA, n, n), Undecided);
        told += rig.told().len();
    }
    assert_eq!(rig.rows(EVA).len(), limits::OMEMO_KEYS_PER_CONTACT_MAX);
    assert_eq!(told, limits::OMEMO_NOTICES_PER_DAY as usize);
    assert_eq!(
        (rig.judge(EVA, 1, 1), rig.judge(EVA, 2, 2), rig.judge(EVA, 1, 5000)),
        (Trusted, Distrusted, Distrusted)
    );
    // That was others' share; the owner hears of his own all the same, and of others tomorrow.
    rig.told();
    rig.judge(OWNER, 1, 1);
    rig.judge(OWNER, 1, 2);
    assert_eq!(rig.told().len(), 1);
    rig.wait(24 * 3600);
    rig.judge(EVA, 1, 5001);
    let told = rig.told();
    let name = format!("/omemo trust {EVA} {}", crate::base::text::hex(&key(5001)));
    assert!(told.len() == 1 && told[0].contains(&name), "{told:?}");

    // Where all that is kept counts, there is no place for more, and what is not kept is not trusted.
    rig.set(Policy::Blind);
    for n in 1..=limits::OMEMO_KEYS_PER_CONTACT_MAX as u32 {
        assert_eq!(rig.judge("max@example.org", n, n), Trusted);
    }
    assert_eq!(rig.judge("max@example.org", 99_999, 99_999), Undecided);
    assert_eq!(rig.rows("max@example.org").len(), limits::OMEMO_KEYS_PER_CONTACT_MAX);
    let count = |rig: &Rig| rig.engine.core.batch.store.count_omemo_keys(rig.account).unwrap();
    for n in count(&rig)..limits::OMEMO_KEYS_PER_ACCOUNT_MAX - 1 {
        let row = KeyRow {
            jid: jid(&format!("u{n}@example.org")),
            device: 1,
            key: key(n as u32),
            standing: "accepted".to_string(),
            first_seen: 0,
        };
        rig.engine.core.batch.store.store_omemo_key(rig.account, &row).unwrap();
    }
    assert_eq!(rig.judge("last@example.org", 1, 1), Trusted);
    assert_eq!(count(&rig), limits::OMEMO_KEYS_PER_ACCOUNT_MAX);
    assert_eq!(rig.judge("late@example.org", 1, 1), Undecided);
    assert_eq!(rig.judge(EVA, 1, 1), Trusted, "who is known stays known");
}

#[test]
fn programs_hear_of_keys_when_they_ask_to() {
    let mut rig = Rig::new();
    rig.judge(OWNER, 1, 1);
    rig.told();
    let allowed = Some(UpdateKinds::parse(["omemo_key"]).unwrap());
    let poll = UpdatePoll { offset: None, limit: 100, timeout: Duration::ZERO, allowed };
    let nothing = rig.ask(Question::GetUpdates(poll));
    assert!(matches!(nothing, Ok(Answer::Updates(updates)) if updates.is_empty()));
    rig.judge(OWNER, 1, 2);
    rig.told();
    let Ok(Answer::Updates(updates)) = rig.ask(Question::GetUpdates(poll)) else { panic!() };
    let fingerprint = omemo::fingerprint(&key(2));
    let want = format!(
        r#"{{"jid":"{OWNER}","device":1,"fingerprint":"{fingerprint}","standing":"distrusted","changed":true,"timestamp":1800000000}}"#
    );
    assert_eq!(updates.iter().map(|u| (u.kind.as_str(), &u.payload)).collect::<Vec<_>>(), [("omemo_key", &want)]);
}

#[test]
fn only_a_trusted_device_decides_in_the_chat() {
    let mut rig = Rig::new();
    let refused = "only in an encrypted message";
    // Nothing has begun yet, so there is nobody else who could say it.
    assert!(rig.command(OWNER, "/omemo policy tofu", None).contains("Policy tofu"));
    rig.judge(OWNER, 1, 1);
    rig.wait(10_000);
    rig.judge(OWNER, 2, 2);
    for text in ["/omemo trust 2", "/omemo distrust 1", "/omemo policy blind", "/OMEMO Trust 2"] {
        for standing in [None, Some(Undecided), Some(Distrusted)] {
            let answer = rig.command(OWNER, text, standing);
            assert!(answer.contains(refused), "{text} {standing:?}: {answer}");
        }
    }
    assert_eq!(rig.judge(OWNER, 2, 2), Undecided);
    assert!(rig.command(OWNER, "/omemo devices", None).contains("device 2: undecided"));
    assert!(
        rig.command(OWNER, "/omemo trust 2", Some(Trusted)).contains("Trusted from now on: ralf@example.org, device 2")
    );
    assert_eq!(rig.judge(OWNER, 2, 2), Trusted);
    for standing in [None, Some(Trusted)] {
        assert!(rig.command(EVA, "/omemo trust 2", standing).contains("owner"), "others decide nothing");
    }
}

#[test]
fn keys_are_named_leniently_and_never_by_a_guess() {
    let mut rig = Rig::new();
    for n in 1..=2 {
        rig.judge(OWNER, n, n);
        rig.judge(EVA, n, 10 + n);
    }
    let mut say = |text: &str| rig.command(OWNER, &format!("/omemo {text}"), Some(Trusted));
    assert!(say("trust 1").contains("ralf@example.org, device 1"), "without an address it is the owner's");
    assert!(say("trust eva@example.org 1").contains("eva@example.org, device 1"));
    assert!(say("distrust EVA@example.org 00:00:00:0C-07070707 07").contains("eva@example.org, device 2"));
    assert!(say("trust eva@example.org 3").contains("no such key"));
    let full = omemo::fingerprint(&key(77));
    assert!(say(&format!("distrust {full}")).contains("no such key"));
    assert!(say(&format!("trust eva@example.org 05{full}")).contains("eva@example.org, device not seen yet"));
    for wrong in ["trust", "trust 0", "trust -1", "trust what", "trust 4294967296"] {
        let answer = say(wrong);
        assert!(answer.contains("Name a key by") || answer.contains("no such key"), "{wrong}: {answer}");
    }
    for wrong in ["policy none", "what", "trusted 1"] {
        assert!(say(wrong).starts_with("Usage: /omemo"), "{wrong}");
    }
    let devices = say("devices");
    assert!(devices.contains("eva@example.org, device 1: trusted, verified"), "{devices}");
    assert!(devices.contains("eva@example.org, device 2: not trusted"), "{devices}");
}

#[test]
fn the_manager_and_the_menus_know_it_too() {
    let mut rig = Rig::new();
    rig.judge(OWNER, 1, 1);
    let (bot, owner) = (rig.bot, jid(OWNER));
    let mut say = |text: &str, standing| {
        rig.engine.channels.xmpp.crypt.under = standing;
        let answer = command::run(&mut rig.engine, &owner, text);
        answer.unwrap_or_else(|_| panic!("{text}")).unwrap()
    };
    assert!(say(&format!("/omemo {bot} devices"), None).contains("device 1: trusted"));
    assert!(say(&format!("/omemo {bot}"), None).contains("Policy tofu"));
    assert!(say(&format!("/omemo {bot} distrust 1"), None).contains("only in an encrypted message"));
    assert!(say(&format!("/omemo {bot} distrust 1"), Some(Trusted)).contains("Not trusted from now on"));
    assert!(say("/omemo 99 devices", None).contains("no bot with ID 99"));
    // Without a number it is about the chat itself, where there is one that can be encrypted.
    assert!(say("/omemo", None).contains("no key yet"));
    for text in ["/omemo reset", "/omemo encrypt off"] {
        assert!(say(text, Some(Trusted)).contains("self_chat in [omemo]"), "{text}");
    }
    let built_in = command::run(&mut rig.engine, &jid("owner@local"), "/omemo").unwrap_or_else(|_| panic!()).unwrap();
    assert!(built_in.contains("nothing is encrypted") && built_in.contains("/omemo <ID>"), "{built_in}");
}

#[test]
fn everybody_may_compare_and_only_the_owner_sets() {
    let mut rig = Rig::new();
    let answer = rig.command(EVA, "/omemo", None);
    assert!(answer.contains("no key yet") && answer.contains("Encryption off"), "{answer}");
    assert!(rig.command(EVA, "/omemo encrypt preferred", None).contains("owner"));
    assert!(rig.command(OWNER, "/omemo encrypt preferred", None).contains("Encryption preferred"));
    // Who could switch encryption off could read along.
    rig.judge(OWNER, 1, 1);
    for text in ["/omemo encrypt off", "/omemo encrypt default", "/omemo reset"] {
        assert!(rig.command(OWNER, text, None).contains("only in an encrypted message"), "{text}");
    }
    assert!(rig.command(OWNER, "/omemo reset", Some(Trusted)).contains("new key"));
    assert_eq!(rig.judge(OWNER, 1, 1), Trusted, "others' keys stay what they are");
    assert!(rig.command(OWNER, "/omemo encrypt off", Some(Trusted)).contains("Encryption off"));
}

#[test]
fn programs_decide_with_their_token() {
    let mut rig = Rig::new();
    rig.judge(OWNER, 1, 1);
    rig.set(Policy::Pinned);
    let decide = |key: &str, trusted| Question::Keys(KeyQuestion::Decide { jid: None, key: key.into(), trusted });
    let Ok(Answer::Keys(KeyAnswer::Decided(info))) = rig.ask(decide("1", true)) else { panic!() };
    assert_eq!((info.standing, info.is_verified), ("trusted", true));
    assert!(matches!(rig.ask(decide("5", true)), Err(Failure::NotFound(_))));
    assert!(matches!(rig.ask(decide("x", true)), Err(Failure::Invalid { .. })));
    let devices = Question::Keys(KeyQuestion::Devices(Some(jid(OWNER))));
    let Ok(Answer::Keys(KeyAnswer::Devices(keys))) = rig.ask(devices) else { panic!() };
    assert_eq!(keys, [info]);
    rig.ask(Question::Keys(KeyQuestion::SetPolicy(Policy::Blind))).unwrap();
    assert_eq!(rig.judge(OWNER, 2, 2), Undecided, "one is verified");
}

#[test]
fn a_message_in_the_clear_has_no_standing() {
    let mut rig = Rig::new();
    rig.judge(OWNER, 1, 1);
    rig.engine.channels.xmpp.crypt.under = Some(Trusted);
    let message = Inbound {
        body: Some("/omemo distrust 1".to_string()),
        ..Inbound::new(Jid::parse("ralf@example.org/x").unwrap(), Jid::parse(BOT).unwrap(), Kind::Chat)
    };
    let said = bodies(rig.batch(vec![Event::Session(rig.account, session::Event::Message(Box::new(message)))]));
    assert!(said.len() == 1 && said[0].contains("only in an encrypted message"), "{said:?}");
    assert_eq!(rig.judge(OWNER, 1, 1), Trusted);
}

// --- one decision for all bots ---

impl Rig {
    /// Another bot of the owner; gives its account.
    fn another(&mut self, address: &str) -> AccountId {
        let new = NewBot {
            mode: Mode::Dedicated,
            account: Some(OwnAccount { jid: jid(address), password: Secret::new("pw") }),
            ..NewBot::new(address.split('@').next().unwrap(), jid(OWNER))
        };
        let (reply, _ticket) = ticket();
        self.batch(vec![Event::Ask { caller: Caller::Admin, question: Question::CreateBot(new), reply }]);
        let is_it = |account: &&crate::channel::xmpp::accounts::Account| account.row.jid == jid(address);
        self.engine.channels.xmpp.accounts.values().find(is_it).unwrap().row.id
    }

    fn judge_at(&mut self, account: AccountId, device: u32, n: u32) -> KeyTrust {
        self.engine.channels.xmpp.judge_key(&mut self.engine.core, account, &jid(OWNER), device, &key(n)).unwrap()
    }

    /// The owner's own account.
    fn home(&self) -> AccountId {
        self.engine.channels.xmpp.accounts.account_of(&jid(OWNER)).unwrap()
    }

    /// In the chat of the first bot, in a message under this key.
    fn command_under(&mut self, n: u32, text: &str) -> String {
        self.engine.channels.xmpp.crypt.sender = Some(key(n));
        let standing = self.judge(OWNER, n, n);
        self.command(OWNER, text, Some(standing))
    }
}

#[test]
fn one_decision_about_an_own_device_holds_for_all_bots() {
    let mut rig = Rig::new();
    let (second, home) = (rig.another("zweiter@example.org"), rig.home());
    let all = [rig.account, second, home];
    for account in all {
        assert_eq!(rig.judge_at(account, 1, 1), Trusted);
    }
    rig.wait(FIRST_SIGHT + 1);
    for account in all {
        assert_eq!(rig.judge_at(account, 2, 2), Undecided);
    }
    let told = rig.told();
    assert_eq!(told.iter().filter(|text| text.contains("A new device")).count(), 1, "one word for all: {told:?}");

    // In one bot's chat.
    let answer = rig.command_under(1, "/omemo trust 2");
    assert!(answer.contains("Trusted from now on") && answer.contains("holds for all your bots"), "{answer}");
    assert_eq!(all.map(|account| rig.judge_at(account, 2, 2)), [Trusted; 3]);
    // With a token, and back.
    rig.ask(Question::Keys(KeyQuestion::Decide { jid: None, key: "2".into(), trusted: false })).unwrap();
    assert_eq!(all.map(|account| rig.judge_at(account, 2, 2)), [Distrusted; 3]);
    // With the manager, about a bot's chat and about its own.
    for (command, standing) in [("/omemo trust 2", Trusted), ("/omemo 2 distrust 2", Distrusted)] {
        (rig.engine.channels.xmpp.crypt.under, rig.engine.channels.xmpp.crypt.sender) = (Some(Trusted), Some(key(1)));
        let answer = command::run(&mut rig.engine, &jid(OWNER), command);
        assert!(answer.unwrap_or_else(|_| panic!()).unwrap().contains("holds for all"), "{command}");
        assert_eq!(all.map(|account| rig.judge_at(account, 2, 2)), [standing; 3], "{command}");
    }
    // A key that nobody has seen, and nothing of somebody else's.
    rig.decide(&omemo::fingerprint(&key(3)), true).unwrap();
    assert_eq!(all.map(|account| rig.judge_at(account, 3, 3)), [Trusted; 3]);
    rig.judge(EVA, 9, 9);
    rig.engine.channels.xmpp.judge_key(&mut rig.engine.core, second, &jid(EVA), 9, &key(9)).unwrap();
    rig.engine
        .channels
        .xmpp
        .decide_key(&mut rig.engine.core.batch, rig.account, Some(&jid(EVA)), "9", (false, Reach::All))
        .unwrap()
        .unwrap();
    assert_eq!(
        rig.engine.channels.xmpp.judge_key(&mut rig.engine.core, second, &jid(EVA), 9, &key(9)).unwrap(),
        Trusted
    );
}

#[test]
fn a_new_bot_begins_with_what_its_owner_has_decided() {
    let mut rig = Rig::new();
    rig.judge(OWNER, 1, 1);
    rig.wait(FIRST_SIGHT + 1);
    for device in [2, 3, 4] {
        assert_eq!(rig.judge(OWNER, device, device), Undecided);
    }
    rig.decide("2", true).unwrap();
    rig.decide("3", false).unwrap();
    let new = rig.another("neuer@example.org");
    // Whichever it sees first; and where the server gives it another key for a device that is known, it is a change.
    assert_eq!(rig.judge_at(new, 4, 4), Undecided, "it still waits");
    assert_eq!(rig.judge_at(new, 2, 20), Distrusted, "another key under the same number");
    assert_eq!(rig.judge_at(new, 1, 1), Trusted);
    assert_eq!(rig.judge_at(new, 2, 2), Trusted);
    assert_eq!(rig.judge_at(new, 3, 3), Distrusted);
    assert_eq!(rig.judge_at(new, 5, 5), Undecided, "one was verified");
    let mut rig = rig.killed();
    assert_eq!([2, 3, 4].map(|device| rig.judge_at(new, device, device)), [Trusted, Distrusted, Undecided]);
}

#[test]
fn first_impressions_of_a_new_bot_decide_for_no_other() {
    let mut rig = Rig::new();
    let home = rig.home();
    rig.judge_at(home, 1, 1);
    rig.wait(FIRST_SIGHT + 1);
    // A server adds a device just before a new bot looks; the others have not met it.
    let (forged, friendly) = (6, rig.account);
    assert_eq!(rig.judge_at(friendly, 1, 1), Trusted);
    assert_eq!(rig.judge_at(friendly, forged, forged), Trusted, "as at first sight");
    let answer = rig.command_under(forged, "/omemo trust 7");
    assert!(answer.contains("no such key"), "{answer}");
    let whole = format!("/omemo trust {}", omemo::fingerprint(&key(7)));
    let answer = rig.command_under(forged, &whole);
    assert!(answer.contains("but those that do not trust the device you write on: ralf@example.org"), "{answer}");
    assert_eq!((rig.judge_at(friendly, 7, 7), rig.judge_at(home, 7, 7)), (Trusted, Undecided));
    assert_eq!(rig.judge_at(home, forged, forged), Undecided);
    // From the phone that both know it is decided for both.
    let answer = rig.command_under(1, "/omemo distrust 6");
    assert!(answer.contains("holds for all your bots and"), "{answer}");
    assert_eq!((rig.judge_at(friendly, 6, 6), rig.judge_at(home, 6, 6)), (Distrusted, Distrusted));
}
