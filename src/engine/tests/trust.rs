//! Every policy at its engine: keys are judged, owners told and asked; across restarts and floods. `deciding` says who may
//! decide, `sharing` for which bots that holds.

mod deciding;
mod sharing;

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
    Scope, UpdateKinds, UpdatePoll, ticket,
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
use KeyTrust::{Distrusted, Trusted, Undecided};

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
        history_days: 0,
        quotas: crate::core::handle::Quotas::default(),
        watch: Default::default(),
        web: Default::default(),
    };
    let entropy = crate::base::crypto::random;
    let setup =
        Setup { settings, api_url: String::new(), api: Default::default(), rate_limit: 0, entropy, memory: || 0 };
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
        let effects =
            self.batch(vec![Event::Ask { caller: Caller::Bot(self.token.clone(), Scope::Any), question, reply }]);
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
