//! How a bot's own account arrives and leaves, at the engine: events in, effects out. The same on real servers is in
//! `dedicated.rs`.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use botmother::base::id::{AccountId, BotId};
use botmother::base::limits;
use botmother::base::remedy::{self, Language, Place};
use botmother::base::secret::Secret;
use botmother::core::effect::{Effect, Order};
use botmother::core::failure::Failure;
use botmother::core::handle::*;
use botmother::core::setup::{Settings, Setup};
use botmother::engine::event::Event;
use botmother::store::Store;
use botmother::xml::Element;
use botmother::xmpp::message::{Inbound, Kind, Via};
use botmother::xmpp::ns;
use botmother::xmpp::roster::{Item, Subscription};
use botmother::xmpp::session::{self, Facts};
use botmother::xmpp::stanza::StanzaError;

use support::*;

#[path = "arrival/showing.rs"]
mod showing;
#[path = "support/engine.rs"]
mod support;

const OWNER: &str = "ralf@x.example";
const BOT: &str = "bot@x.example";
const GIF: &str = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";

struct Rig {
    /// With the account that was started last.
    core: Core,
}

fn configured(accounts: &[&str]) -> Setup {
    let accounts = accounts.iter().map(|account| config_account(account)).collect();
    setup(Settings { accounts, ..settings() })
}

fn item(who: &str, subscription: Subscription, is_asking: bool) -> Item {
    let (name, groups) = (Some("n".to_string()), Vec::new());
    Item { jid: bare(who), name, subscription, is_asking, is_approved: false, groups }
}

fn roster(items: &[(&str, &str)]) -> Result<Option<Element>, StanzaError> {
    let item = |query: Element, (jid, subscription): &(&str, &str)| {
        let item = Element::new("item", ns::ROSTER).with("jid", jid).with("subscription", subscription);
        query.with_child(item.with("name", "n"))
    };
    Ok(Some(items.iter().fold(Element::new("query", ns::ROSTER), item)))
}

impl Rigged for Rig {
    type Caused = Caused;

    fn core(&mut self) -> &mut Core {
        &mut self.core
    }

    fn batch(&mut self, events: Vec<Event>) -> Caused {
        let caused = Caused::of(self.core.batch(events));
        assert!(caused.calls.is_empty() && caused.others.is_empty(), "nothing here reaches beyond XMPP: {caused:?}");
        self.core.account = caused.started.last().copied().unwrap_or(self.core.account);
        caused
    }
}

impl Rig {
    fn new() -> Rig {
        Rig::over(Store::memory(), &[]).0
    }

    fn over(store: Store, accounts: &[&str]) -> (Rig, Caused) {
        let mut rig = Rig { core: Core::new(store, configured(accounts)) };
        let caused = rig.batch(Vec::new());
        (rig, caused)
    }

    /// Ends this engine as a kill would, and starts another over the same store.
    fn killed(self, accounts: &[&str]) -> (Rig, Caused) {
        Rig::over(self.core.kill(), accounts)
    }

    fn ask(&mut self, question: Question) -> Caused {
        self.begin(Caller::Admin, question).0
    }

    fn online(&mut self, account: AccountId) -> Caused {
        self.told(account, session::Event::Bound { jid: full(&format!("{BOT}/r")), facts: Facts::default() });
        self.told(account, session::Event::Online { resumed: false })
    }

    fn answer(&mut self, asked: &Asked, outcome: Result<Option<Element>, StanzaError>) -> Caused {
        self.told(asked.account, session::Event::Answer { tag: asked.tag, outcome })
    }

    /// Everything that is asked one after the other is accepted; gives what it was.
    fn accept_all(&mut self, first: Asked) -> (Vec<String>, Caused) {
        let (mut all, mut next) = (Vec::new(), first);
        loop {
            all.push(next.payload.clone());
            let caused = self.answer(&next, Ok(None));
            match caused.asked.first() {
                Some(asked) => next = asked.clone(),
                None => return (all, caused),
            }
        }
    }

    fn lost(&mut self, account: AccountId) {
        self.told(account, cut());
    }

    /// Makes a bot with a picture; gives its account.
    fn create(&mut self, mode: Mode, access: Access, contacts: &[&str]) -> AccountId {
        let new = NewBot {
            name: "Cook".to_string(),
            owner: bare(OWNER),
            mode,
            receive: Receive::SelfChat,
            account: Some(OwnAccount { jid: bare(BOT), password: Secret::new("pw") }),
            avatar: Some(read_avatar(GIF, None).unwrap()),
            access,
            contacts: contacts.iter().map(|contact| bare(contact)).collect(),
            encrypt: None,
            wait: Wait::Some,
        };
        let caused = self.ask(Question::CreateBot(new));
        assert_eq!(caused.started.len(), 1, "{caused:?}");
        self.core.account
    }

    fn hears(&mut self, account: AccountId, from: &str) -> i64 {
        let from = full(&format!("{from}/phone"));
        let message = Inbound {
            id: Some("1".to_string()),
            body: Some("hello".to_string()),
            via: Via::Archive,
            ..Inbound::new(from, full(BOT), Kind::Chat)
        };
        let before = self.queued();
        self.told(account, session::Event::Message(Box::new(message)));
        self.queued() - before
    }

    fn queued(&mut self) -> i64 {
        let caused = self.ask(Question::ListBots(None));
        let Some(Ok(Answer::Bots(bots))) = caused.answers.first() else { panic!("{caused:?}") };
        let token = bots[0].token.clone().unwrap();
        let (caused, _ticket) = self.begin(Caller::Bot(token, Scope::Any), Question::GetUpdates(poll(None, None)));
        let Some(Ok(Answer::Updates(updates))) = caused.answers.first() else { panic!("{caused:?}") };
        updates.len() as i64
    }
}

#[test]
fn who_loses_access_loses_the_presence() {
    let mut rig = Rig::new();
    let account = rig.create(Mode::Cloud, Access::Public, &[]);
    let subscribed = |jid: &str, subscription| session::Event::Contact(Box::new(item(jid, subscription, false)));
    let asked = rig.online(account).find("jabber:iq:roster");
    rig.answer(&asked, roster(&[(OWNER, "both"), ("anna@example.org", "both"), ("eva@example.org", "from")]));
    let narrow = |contacts: &[&str]| {
        let contacts = contacts.iter().map(|contact| bare(contact)).collect();
        Question::SetBotAccess(BotId(1), Access::List, Some(contacts))
    };
    let withdrawn = |caused: &Caused, who: &str| {
        let is_it = |text: &&(AccountId, String)| text.1.contains("type='unsubscribed'") && text.1.contains(who);
        caused.said.iter().filter(is_it).count() == 1
    };
    let caused = rig.ask(narrow(&["anna@example.org"]));
    assert!(withdrawn(&caused, "eva@") && caused.said.len() == 1, "{caused:?}");
    rig.told(account, subscribed("eva@example.org", Subscription::None));
    // Out of reach: as soon as it is back, until its server says that it is done.
    rig.told(account, session::Event::Offline { why: "reset".to_string(), retry_in: Duration::ZERO });
    assert!(rig.ask(narrow(&[])).said.is_empty());
    let (mut rig, _) = rig.killed(&[]);
    let account = rig.core.account;
    let caused = rig.online(account);
    assert!(withdrawn(&caused, "anna@") && !withdrawn(&caused, "eva@"), "{caused:?}");
    assert!(withdrawn(&rig.told(account, session::Event::Online { resumed: true }), "anna@"), "not confirmed");
    rig.told(account, subscribed("anna@example.org", Subscription::To));
    assert!(!withdrawn(&rig.told(account, session::Event::Online { resumed: true }), "anna@"));
    assert!(!withdrawn(&rig.told(account, session::Event::Online { resumed: true }), OWNER));
}

#[test]
fn the_owner_is_greeted_once() {
    let mut rig = Rig::new();
    let account = rig.create(Mode::Dedicated, Access::Owner, &[]);
    let asked = rig.online(account).find("jabber:iq:roster");
    let caused = rig.answer(&asked, roster(&[]));
    assert!(caused.find("<item").payload.contains("name='ralf'"), "{caused:?}");
    assert!(caused.says("type='subscribed'") && caused.says("type='subscribe'"), "{caused:?}");
    assert!(caused.says("<nick xmlns='http://jabber.org/protocol/nick'>Cook</nick>"), "{caused:?}");
    // The server has his request; then he says no.
    rig.told(account, session::Event::Contact(Box::new(item(OWNER, Subscription::None, true))));
    rig.told(account, session::Event::Contact(Box::new(item(OWNER, Subscription::None, false))));
    rig.lost(account);
    let asked = rig.online(account).find("jabber:iq:roster");
    let caused = rig.answer(&asked, roster(&[(OWNER, "none")]));
    assert!(!caused.says("type='subscribe'"), "{caused:?}");
}

#[test]
fn an_owner_signed_in_here_is_completed_before_the_bot_asks() {
    let (mut rig, started) = Rig::over(Store::memory(), &[OWNER]);
    let owner = started.started[0];
    rig.online(owner);
    let account = rig.create(Mode::Dedicated, Access::Owner, &[]);
    let asked = rig.online(account).find("jabber:iq:roster");
    let caused = rig.answer(&asked, roster(&[]));
    assert!(!caused.says("type='subscribe'"), "not yet: {caused:?}");
    let theirs = caused.asked.iter().find(|asked| asked.account == owner).unwrap().clone();
    let caused = rig.answer(&theirs, roster(&[]));
    assert!(caused.find("<item").payload.contains("name='Cook'"), "{caused:?}");
    for kind in ["subscribed", "subscribe"] {
        let stanza = format!("<presence to='{BOT}' type='{kind}'/>");
        assert!(caused.said.contains(&(owner, stanza)), "{kind}: {caused:?}");
    }
    let caused = rig.answer(&caused.find("urn:xmpp:ping"), Ok(None));
    assert!(caused.said.iter().any(|(id, stanza)| *id == account && stanza.contains("type='subscribe'")));
    // Without approval in advance the request is answered now.
    let caused = rig.told(account, session::Event::Contact(Box::new(item(OWNER, Subscription::From, true))));
    assert!(caused.said.iter().any(|(id, stanza)| *id == owner && stanza.contains("type='subscribed'")));
    // What he takes back later is his will.
    rig.told(account, session::Event::Contact(Box::new(item(OWNER, Subscription::Both, false))));
    rig.told(account, session::Event::Contact(Box::new(item(OWNER, Subscription::From, false))));
    rig.lost(account);
    let asked = rig.online(account).find("jabber:iq:roster");
    let caused = rig.answer(&asked, roster(&[(OWNER, "from")]));
    assert!(caused.asked.iter().all(|asked| asked.account != owner) && !caused.says("type='subscribe'"), "{caused:?}");
}

#[test]
fn policies_admit_whom_they_name() {
    let mut rig = Rig::new();
    let account = rig.create(Mode::Cloud, Access::List, &["eva@y.example"]);
    let id = BotId(1);
    for (who, heard) in [(OWNER, 1), ("eva@y.example", 1), ("max@y.example", 0)] {
        assert_eq!(rig.hears(account, who), heard, "{who}");
    }
    rig.ask(Question::SetBotAccess(id, Access::Roster, None));
    assert_eq!(rig.hears(account, "max@y.example"), 0);
    let asked = rig.online(account).find("jabber:iq:roster");
    rig.answer(&asked, roster(&[("max@y.example", "from"), ("ida@y.example", "to")]));
    rig.told(account, session::Event::Contact(Box::new(item("pia@y.example", Subscription::Both, false))));
    // What the archive has comes before the roster is known again.
    let (mut rig, _) = rig.killed(&[]);
    let account = rig.core.account;
    for (who, heard) in [("max@y.example", 1), ("pia@y.example", 1), ("ida@y.example", 0), ("new@y.example", 0)] {
        assert_eq!(rig.hears(account, who), heard, "{who}");
    }
    rig.told(account, session::Event::Contact(Box::new(item("pia@y.example", Subscription::Remove, false))));
    rig.ask(Question::DeleteBot(BotId(77)));
    let caused = rig.ask(Question::BotAccess(id));
    let Some(Ok(Answer::Access(_, Access::Roster, contacts))) = caused.answers.first() else { panic!("{caused:?}") };
    assert_eq!(contacts, &[bare("eva@y.example")]);
    rig.ask(Question::SetBotAccess(id, Access::Public, Some(Vec::new())));
    assert_eq!(rig.hears(account, "any@y.example"), 1);
}

#[test]
fn a_policy_must_fit_the_mode() {
    let mut rig = Rig::new();
    rig.create(Mode::Dedicated, Access::Owner, &[]);
    let refused = |caused: Caused, field: &str| match caused.answers.first() {
        Some(Err(Failure::Invalid { field: wrong, .. })) => assert_eq!(wrong, field),
        other => panic!("{other:?}"),
    };
    for access in [Access::Roster, Access::List, Access::Public] {
        refused(rig.ask(Question::SetBotAccess(BotId(1), access, None)), "access");
    }
    let many = vec![bare("eva@y.example"); limits::BOT_CONTACTS_MAX + 1];
    refused(rig.ask(Question::SetBotAccess(BotId(1), Access::Owner, Some(many))), "contacts");
    let caused = rig.ask(Question::SetBotAccess(BotId(9), Access::Owner, None));
    assert!(matches!(caused.answers.first(), Some(Err(Failure::NotFound(_)))));
}

#[test]
fn a_brought_account_is_given_back_over_restarts() {
    let mut rig = Rig::new();
    let account = rig.create(Mode::Dedicated, Access::Owner, &[]);
    rig.online(account);
    let caused = rig.ask(Question::DeleteBot(BotId(1)));
    assert!(caused.closed.is_empty() && caused.presences == ["<presence type='unavailable'/>"], "{caused:?}");
    assert!(caused.says("type='unsubscribed'") && caused.says("type='unsubscribe'"), "{caused:?}");
    let first = caused.find("vcard-temp");
    let gone = StanzaError::new("wait", "recipient-unavailable");
    assert!(rig.answer(&first, Err(gone)).closed.is_empty());
    let (mut rig, started) = rig.killed(&[]);
    assert_eq!(started.started, [account]);
    assert_eq!(rig.hears_nothing(account), 0);
    let first = rig.online(account).find("vcard-temp");
    // An error of the server's means that there was nothing.
    let second = rig.answer(&first, Err(StanzaError::new("cancel", "item-not-found")));
    let (rest, last) = rig.accept_all(second.asked[0].clone());
    assert!(rest.iter().any(|order| order.contains(&format!("jid='{OWNER}'")) && order.contains("remove")), "{rest:?}");
    assert_eq!(rest.iter().filter(|order| order.contains("<delete")).count(), 4, "{rest:?}");
    assert_eq!(last.closed, [account]);
    let (_, started) = rig.killed(&[]);
    assert!(started.started.is_empty(), "the row is gone");
}

#[test]
fn what_a_bot_has_said_goes_out_before_its_account_is_given_back() {
    let mut rig = Rig::new();
    let account = rig.create(Mode::Dedicated, Access::Owner, &[]);
    let made = rig.online(account);
    let Some(Ok(Answer::Created(bot))) = made.answers.first() else { panic!("{made:?}") };
    let (sent, _ticket) = rig.begin(as_bot(bot), Question::SendMessage(message(OWNER, "goodbye")));
    assert!(sent.says("goodbye"), "{sent:?}");
    let first = rig.ask(Question::DeleteBot(BotId(1))).find("vcard-temp");
    let (_, last) = rig.accept_all(first);
    assert!(last.closed.is_empty(), "the server does not have it yet: {last:?}");
    let caused = rig.told(account, session::Event::Acked(vec![1]));
    assert_eq!(caused.closed, [account]);
}

#[test]
fn an_account_that_cannot_be_signed_in_to_is_forgotten() {
    let mut rig = Rig::new();
    let account = rig.create(Mode::Dedicated, Access::Owner, &[]);
    rig.online(account);
    rig.lost(account);
    // Whoever deletes it hears that something is left to do.
    let caused = rig.ask(Question::DeleteBot(BotId(1)));
    let left = Some((Remains::Published, false));
    assert!(matches!(caused.answers.first(), Some(Ok(Answer::Deleted(_, what))) if *what == left), "{caused:?}");
    // A new bot there would make forget what the old one has still to take back.
    let caused = rig.ask(Question::CreateBot(dedicated("Again", OWNER, BOT)));
    let Some(Err(Failure::Conflict(why))) = caused.answers.first() else { panic!("{caused:?}") };
    assert!(why.contains("still to take back"), "{why}");
    let caused = rig.told(account, session::Event::Stopped { why: "wrong password".to_string() });
    assert_eq!(caused.closed, [account]);
    let (_, started) = rig.killed(&[]);
    assert!(started.started.is_empty());
}

/// How a bot is connected, and why.
fn state(rig: &mut Rig) -> (Connection, Option<i64>, Option<String>) {
    let caused = rig.ask(Question::ListBots(None));
    let Some(Ok(Answer::Bots(bots))) = caused.answers.first() else { panic!("{caused:?}") };
    let state = bots[0].state.clone();
    (state.connection, state.since, state.why)
}

fn offline(why: &str) -> session::Event {
    session::Event::Offline { why: why.to_string(), retry_in: Duration::from_secs(1) }
}

#[test]
fn a_bot_says_how_it_is_connected() {
    let mut rig = Rig::new();
    let begun = START.unix();
    let account = rig.create(Mode::Dedicated, Access::Owner, &[]);
    assert_eq!(state(&mut rig), (Connection::Connecting, Some(begun), None));
    rig.wait(Duration::from_secs(5));
    rig.told(account, offline("connection refused"));
    rig.wait(Duration::from_secs(5));
    rig.told(account, offline("no route"));
    let since = Some(begun + 5);
    assert_eq!(state(&mut rig), (Connection::Offline, since, Some("no route".to_string())), "since the first");
    // The clock is set meanwhile: how long it lasts stays true.
    rig.core.now.unix_ms += 3_600_000;
    assert_eq!(state(&mut rig).1, Some(begun + 3_605));
    let caused = rig.online(account);
    let Some(Ok(Answer::Created(bot))) = caused.answers.first() else { panic!("{caused:?}") };
    assert_eq!(bot.state.connection, Connection::Online);
    rig.told(account, session::Event::Stopped { why: "wrong password".to_string() });
    assert_eq!(state(&mut rig).0, Connection::Stopped);
    rig.ask(Question::ActivateBot(BotId(1), false));
    assert_eq!(state(&mut rig), (Connection::Disabled, None, None));
    rig.ask(Question::ActivateBot(BotId(1), true));
    assert_eq!(state(&mut rig).0, Connection::Connecting);
}

#[test]
fn a_personal_bot_is_as_its_owners_account() {
    let (mut rig, started) = Rig::over(Store::memory(), &[OWNER]);
    let owner = started.started[0];
    rig.ask(Question::CreateBot(NewBot::new("Personal", bare(OWNER))));
    assert_eq!(state(&mut rig).0, Connection::Connecting);
    rig.online(owner);
    assert_eq!(state(&mut rig).0, Connection::Online);
    rig.told(owner, offline("gone"));
    assert_eq!((state(&mut rig).0, state(&mut rig).2.as_deref()), (Connection::Offline, Some("gone")));
    rig.ask(Question::SetOwnerStatus(bare(OWNER), false));
    assert_eq!(state(&mut rig).0, Connection::Disabled);
    rig.ask(Question::SetOwnerStatus(bare(OWNER), true));
    let (mut rig, _) = rig.killed(&[]);
    let (connection, _, why) = state(&mut rig);
    assert_eq!(connection, Connection::Offline);
    assert!(why.unwrap().contains(&format!("{OWNER} is not signed in here")));
}

#[test]
fn whoever_makes_a_bot_says_what_he_waits_for() {
    let brought = |wait| NewBot { wait, ..dedicated("Cook", OWNER, BOT) };
    // Not at all: it is told how it is at once.
    let mut rig = Rig::new();
    let caused = rig.ask(Question::CreateBot(brought(Wait::No)));
    let Some(Ok(Answer::Created(bot))) = caused.answers.first() else { panic!("{caused:?}") };
    assert_eq!(bot.state.connection, Connection::Connecting);

    // For a while: then it is told how it is.
    let mut rig = Rig::new();
    let (caused, _ticket) = rig.begin(Caller::Admin, Question::CreateBot(brought(Wait::Some)));
    rig.told(caused.started[0], offline("no route"));
    let caused = rig.wait(limits::ARRIVAL_TIMEOUT);
    let Some(Ok(Answer::Created(bot))) = caused.answers.first() else { panic!("{caused:?}") };
    assert_eq!((bot.state.connection, bot.state.why.as_deref()), (Connection::Offline, Some("no route")));

    // Online, or not at all.
    let mut rig = Rig::new();
    let time = Duration::from_secs(3);
    let (caused, _ticket) = rig.begin(Caller::Admin, Question::CreateBot(brought(Wait::Online(time))));
    let account = caused.started[0];
    rig.told(account, offline("no route"));
    assert!(rig.wait(time / 2).answers.is_empty());
    let caused = rig.wait(time / 2);
    let Some(Err(Failure::Remote { what: "registration_failed", why })) = caused.answers.first() else {
        panic!("{caused:?}")
    };
    assert!(why.contains("no route"), "{why}");
    assert_eq!(caused.closed, [account]);
    let caused = rig.ask(Question::ListBots(None));
    assert!(matches!(caused.answers.first(), Some(Ok(Answer::Bots(bots))) if bots.is_empty()), "{caused:?}");
    let (caused, _ticket) = rig.begin(Caller::Admin, Question::CreateBot(brought(Wait::Online(time))));
    let caused = rig.online(caused.started[0]);
    assert!(matches!(caused.answers.first(), Some(Ok(Answer::Created(_)))), "{caused:?}");
    rig.wait(time);
    assert_eq!(state(&mut rig).0, Connection::Online, "it stays");
}

fn leaving(rig: &mut Rig) -> Vec<LeavingInfo> {
    let caused = rig.ask(Question::Leaving(Some(bare(OWNER))));
    let Some(Ok(Answer::Leaving(all))) = caused.answers.first() else { panic!("{caused:?}") };
    all.clone()
}

#[test]
fn the_account_of_a_deleted_bot_is_tried_more_and_more_rarely() {
    let mut rig = Rig::new();
    let account = rig.create(Mode::Dedicated, Access::Owner, &[]);
    rig.online(account);
    rig.lost(account);
    rig.ask(Question::DeleteBot(BotId(1)));
    let left = leaving(&mut rig).remove(0);
    assert_eq!((left.jid, left.why.as_deref(), left.since), (bare(BOT), Some("reset"), None), "it was not tried yet");
    let caused = rig.told(account, offline("no route"));
    assert_eq!(caused.closed, [account], "its session would try each minute");
    let left = leaving(&mut rig).remove(0);
    assert_eq!((left.owner, left.why.as_deref()), (Some(bare(OWNER)), Some("no route")));
    assert_eq!(left.since, Some(START.unix()));
    // A day with a server that is down.
    let (mut tries, begun) = (0, rig.core.now.mono);
    while rig.core.now.mono < begun + Duration::from_secs(86_400) {
        let next = rig.core.engine.deadline().expect("something is due").saturating_sub(rig.core.now.mono);
        if rig.wait(next).started == [account] {
            tries += 1;
            rig.told(account, offline("no route"));
        }
    }
    assert!((8..25).contains(&tries), "{tries} tries");
    let next = leaving(&mut rig)[0].next_try.unwrap() - rig.core.now.unix();
    assert!(next > 0 && next <= 6 * 3600, "{next} s");
    // Back at last.
    rig.wait(limits::REMOVAL_MAX);
    let first = rig.online(account).find("vcard-temp");
    assert_eq!(rig.accept_all(first).1.closed, [account]);
    assert!(leaving(&mut rig).is_empty());
}

#[test]
fn what_is_given_up_is_not_tried_any_more() {
    let mut rig = Rig::new();
    let account = rig.create(Mode::Dedicated, Access::Owner, &[]);
    rig.online(account);
    let forget = |rig: &mut Rig| rig.ask(Question::Forget(bare(BOT)));
    let refused = forget(&mut rig);
    assert!(matches!(refused.answers.first(), Some(Err(Failure::Conflict(_)))), "{refused:?}");
    rig.lost(account);
    rig.ask(Question::DeleteBot(BotId(1)));
    rig.told(account, offline("no route"));
    let done = forget(&mut rig);
    assert!(matches!(done.answers.first(), Some(Ok(Answer::Forgotten(_, Remains::Published)))), "{done:?}");
    assert!(leaving(&mut rig).is_empty());
    assert!(rig.wait(limits::REMOVAL_MAX).started.is_empty());
    let refused = forget(&mut rig);
    assert!(matches!(refused.answers.first(), Some(Err(Failure::NotFound(_)))), "{refused:?}");
    let (_, started) = rig.killed(&[]);
    assert!(started.started.is_empty());
}

/// Any that there is.
const CA_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/http/localhost.pem");

#[test]
fn since_when_a_bot_is_as_it_is_nobody_else_changes() {
    let mut rig = Rig::new();
    let begun = START.unix();
    let add = |rig: &mut Rig, host: &str| {
        let (host, ca_file, pin) = (Some(host.to_string()), None, None);
        let new = NewAccount { jid: bare("eva@x.example"), password: Secret::new("pw"), host, ca_file, pin };
        rig.ask(Question::AddAccount(new)).started
    };
    let account = rig.create(Mode::Dedicated, Access::Owner, &[]);
    rig.told(account, offline("no route"));
    for (n, host) in ["10.0.0.1:5222", "10.0.0.2:5222"].into_iter().enumerate() {
        rig.wait(Duration::from_secs(60));
        assert!(add(&mut rig, host).contains(&account), "it goes the other way now");
        if n == 1 {
            rig.wait(Duration::from_secs(60));
            rig.told(account, offline("still no route"));
            assert_eq!(state(&mut rig), (Connection::Offline, Some(begun), Some("still no route".to_string())));
        }
    }
    rig.told(account, session::Event::Stopped { why: "wrong password".to_string() });
    let since = state(&mut rig).1;
    assert_ne!(since, Some(begun), "that is its own");
    rig.wait(Duration::from_secs(60));
    add(&mut rig, "10.0.0.3:5222");
    rig.told(account, session::Event::Stopped { why: "wrong password".to_string() });
    assert_eq!(state(&mut rig).1, since);

    // One whose account is not made yet is so since it was begun.
    let mut rig = Rig::new();
    let (caused, _ticket) = rig.begin(
        Caller::Admin,
        Question::CreateBot(NewBot { mode: Mode::Dedicated, wait: Wait::No, ..NewBot::new("Cook", bare(OWNER)) }),
    );
    let account = caused.started[0];
    for _ in 0..3 {
        rig.wait(Duration::from_secs(60));
        rig.told(account, offline("no route"));
        assert_eq!((state(&mut rig).0, state(&mut rig).1), (Connection::Registering, Some(begun)));
        rig.wait(Duration::from_secs(60));
        let (jid, host) = (bare("eva@x.example"), Some(format!("10.0.0.{}:5222", rig.core.now.mono.as_secs() % 200)));
        let (password, ca_file, pin) = (Secret::new("pw"), None, None);
        rig.ask(Question::AddAccount(NewAccount { jid, password, host, ca_file, pin }));
        assert_eq!((state(&mut rig).0, state(&mut rig).1), (Connection::Registering, Some(begun)));
    }
}

#[test]
fn the_remedy_for_a_wrong_password_is_one_for_that_bot() {
    let stopped = || {
        let why = format!("wrong password for {BOT}: {}", remedy::password(BOT));
        session::Event::Stopped { why }
    };
    // It is just being made, and nothing of it is left: the command for accounts that are there would make another.
    let mut rig = Rig::new();
    let new = dedicated("Cook", OWNER, BOT);
    let (caused, _ticket) = rig.begin(Caller::Admin, Question::CreateBot(new.clone()));
    let caused = rig.told(caused.started[0], stopped());
    let Some(Err(refused @ Failure::Remote { what: "login_refused", .. })) = caused.answers.first() else {
        panic!("{caused:?}")
    };
    for (place, right) in [
        (Place::Api, "`password` at POST /bot/create"),
        (Place::Shell, "--password-file"),
        (Place::Chat(Language::English), "make the bot again"),
    ] {
        let said = refused.at(place);
        assert!(said.contains(right) && !said.contains("account add") && !said.contains("account/add"), "{said}");
    }
    // One that is there gets another password like this.
    let mut rig = Rig::new();
    let (caused, _ticket) = rig.begin(Caller::Admin, Question::CreateBot(NewBot { wait: Wait::No, ..new }));
    rig.told(caused.started[0], stopped());
    let why = state(&mut rig).2.unwrap();
    assert!(remedy::at(Place::Shell, &why).contains(&format!("`botmother account add {BOT}`")), "{why}");
}

#[test]
fn the_log_tells_of_a_lost_server_once_and_then_rarely() {
    let mut rig = Rig::new();
    let account = rig.create(Mode::Dedicated, Access::Owner, &[]);
    rig.online(account);
    journal::lines();
    let mut lines = Vec::new();
    let minutes = |rig: &mut Rig, count: u64, why: &str| {
        for _ in 0..count {
            for _ in 0..6 {
                rig.wait(Duration::from_secs(10));
                rig.told(account, offline(why));
            }
        }
        journal::lines()
    };
    lines.extend(minutes(&mut rig, 60, "no route"));
    assert!((3..8).contains(&lines.len()), "{lines:#?}");
    assert!(
        lines.iter().all(|line| line.starts_with(&format!("WARN {BOT}: offline: no route; next try"))),
        "{lines:#?}"
    );
    let other = minutes(&mut rig, 1, "the certificate has expired");
    assert_eq!(other.len(), 1, "another reason is news: {other:#?}");
    rig.online(account);
    journal::lines();
    rig.told(account, offline("no route"));
    assert_eq!(journal::lines().len(), 1, "after it was online, too");

    // An account that is not made yet is not offline.
    let mut rig = Rig::new();
    let new = NewBot { mode: Mode::Dedicated, wait: Wait::No, ..NewBot::new("Cook", bare(OWNER)) };
    let (caused, _ticket) = rig.begin(Caller::Admin, Question::CreateBot(new));
    journal::lines();
    rig.told(caused.started[0], offline("no route"));
    let line = journal::lines().remove(0);
    assert!(line.contains("@x.example: not registered yet: no route; next try"), "{line}");

    // What was under way when the connection was lost was not refused.
    let mut rig = Rig::new();
    let account = rig.create(Mode::Dedicated, Access::Owner, &[]);
    let caused = rig.online(account);
    journal::lines();
    for asked in &caused.asked {
        rig.answer(asked, Err(StanzaError::new("wait", "recipient-unavailable")));
    }
    let lines = journal::lines();
    assert!(!caused.asked.is_empty() && lines.is_empty(), "{lines:#?}");
}

#[test]
fn a_bot_goes_the_way_its_owners_account_goes_today() {
    let mut rig = Rig::new();
    let account = rig.create(Mode::Dedicated, Access::Owner, &[]);
    let add = |rig: &mut Rig, jid: &str, host: &str| {
        let (event, _ticket) = asking(
            Caller::Admin,
            Question::AddAccount(NewAccount {
                jid: bare(jid),
                password: Secret::new("pw"),
                host: Some(host.to_string()),
                ca_file: Some(CA_FILE.to_string()),
                pin: None,
            }),
        );
        let routes = rig.core.batch(vec![event]).into_iter().filter_map(|effect| match effect {
            Effect::Session(id, Order::Start(_, route)) => Some((id, route.host, route.ca_file)),
            _ => None,
        });
        routes.filter(|(id, ..)| *id == account).map(|(_, host, ca_file)| (host, ca_file)).collect::<Vec<_>>()
    };
    let way = |host: &str| vec![(host.to_string(), CA_FILE.to_string())];
    assert_eq!(add(&mut rig, "eva@x.example", "10.0.0.9:5222"), way("10.0.0.9:5222"), "the only one there");
    assert_eq!(add(&mut rig, OWNER, "10.0.0.1:5222"), way("10.0.0.1:5222"), "its owner's goes before");
    assert!(add(&mut rig, "eva@x.example", "10.0.0.8:5222").is_empty(), "of others no more");
    assert_eq!(add(&mut rig, OWNER, "10.0.0.2:5222"), way("10.0.0.2:5222"));
    assert!(add(&mut rig, "eva@y.example", "10.0.0.7:5222").is_empty(), "another server");
    // Another password alone changes nothing of the way.
    let (host, ca_file, pin) = Default::default();
    let new = NewAccount { jid: bare(OWNER), password: Secret::new("another"), host, ca_file, pin };
    let (event, _ticket) = asking(Caller::Admin, Question::AddAccount(new));
    let routes = rig.core.batch(vec![event]).into_iter().filter_map(|effect| match effect {
        Effect::Session(_, Order::Start(_, route)) => Some((route.host, route.ca_file)),
        _ => None,
    });
    assert_eq!(routes.collect::<Vec<_>>(), way("10.0.0.2:5222"));
}

impl Rig {
    /// A message for an account whose bot is gone; gives what it caused.
    fn hears_nothing(&mut self, account: AccountId) -> usize {
        let from = full(&format!("{OWNER}/phone"));
        let body = Some("/help".to_string());
        let message = Inbound { body, ..Inbound::new(from, full(BOT), Kind::Chat) };
        self.told(account, session::Event::Message(Box::new(message))).said.len()
    }
}

/// Registered, and the connection lost before the first login: the account is there, whatever the login is made with.
#[test]
fn an_account_that_was_registered_and_never_signed_in_to_is_removed() {
    for (is_registering, is_killed) in [(true, false), (true, true), (false, false)] {
        let mut rig = Rig::new();
        let new = NewBot { mode: Mode::Cloud, wait: Wait::No, ..NewBot::new("Cook", bare(OWNER)) };
        let account = rig.ask(Question::CreateBot(new)).started[0];
        if is_registering {
            rig.told(account, session::Event::Registering);
        }
        if is_killed {
            rig = rig.killed(&[]).0;
        }
        rig.told(account, offline("the connection was reset"));
        let caused = rig.ask(Question::DeleteBot(BotId(1)));
        let Some(Ok(Answer::Deleted(_, is_gone))) = caused.answers.first() else { panic!("{caused:?}") };
        assert_eq!(*is_gone, is_registering.then_some((Remains::Account, false)));
        assert_eq!(leaving(&mut rig).len(), usize::from(is_registering));
        if is_registering {
            let caused = rig.online(account);
            assert!(format!("{:?}", caused.asked).contains("remove"), "{caused:?}");
        }
    }
    // Refused for good: nothing can be done, and nothing waits.
    let mut rig = Rig::new();
    let new = NewBot { mode: Mode::Cloud, wait: Wait::No, ..NewBot::new("Cook", bare(OWNER)) };
    let account = rig.ask(Question::CreateBot(new)).started[0];
    rig.told(account, session::Event::Registering);
    rig.told(account, session::Event::Stopped { why: "wrong password".to_string() });
    rig.ask(Question::DeleteBot(BotId(1)));
    assert!(leaving(&mut rig).is_empty());
}
