//! From where the archive is read after a break: as little as possible twice, and nothing never.

use botmother::store::Durability;

use super::*;

impl Rig {
    /// Comes online again; gives from where the archive of the bot's account is read.
    fn place(&mut self) -> Option<String> {
        let account = self.core.account;
        let bound = session::Event::Bound { jid: full("bot@example.org/r"), facts: Facts::default() };
        let effects = self.told(account, bound);
        let place = effects.iter().find_map(|effect| match effect {
            Effect::Session(id, Order::CatchUp { after, .. }) if *id == account => Some(after.clone()),
            _ => None,
        });
        self.told(account, session::Event::Online { resumed: false });
        place.expect("the archive is read")
    }

    fn stopped(self) -> Rig {
        let now = self.core.now;
        let mut rig = Rig { core: Core::at(now, self.core.stop(), configured()), ..self };
        let effects = rig.batch(Vec::new());
        rig.started(&effects);
        rig
    }

    fn hears_from_anna(&mut self, id: &str) {
        let message = saying(id, from(ANNA, BOT, id));
        self.hears(self.core.account, message);
    }
}

/// The archive's id of a message of hers.
fn id_of(id: &str) -> Option<String> {
    Some(format!("a-{ANNA}-{id}"))
}

#[test]
fn what_is_old_enough_is_not_read_twice() {
    let (mut rig, ..) = Rig::new();
    // The first place must not wait for its time.
    rig.hears_from_anna("m1");
    rig.hears_from_anna("m2");
    assert_eq!(rig.place(), id_of("m1"));
    // Time alone writes nothing; what is written anyway takes the place along.
    rig.wait(limits::MARK_AGE);
    assert_eq!(rig.place(), id_of("m1"));
    rig.hears_from_anna("m3");
    assert_eq!(rig.place(), id_of("m2"));
    let mut rig = rig.killed();
    assert_eq!(rig.place(), id_of("m2"));
}

#[test]
fn a_stop_remembers_the_place() {
    let (mut rig, ..) = Rig::new();
    for id in ["m1", "m2", "m3"] {
        rig.hears_from_anna(id);
    }
    rig.wait(limits::MARK_AGE);
    rig.hears_from_anna("m4");
    rig.wait(limits::MARK_AGE / 2);
    // What came last may still be overtaken by something older.
    let mut rig = rig.stopped();
    assert_eq!(rig.place(), id_of("m3"));
    rig.hears_from_anna("m5");
    rig.wait(limits::MARK_AGE);
    let mut rig = rig.stopped();
    assert_eq!(rig.place(), id_of("m5"));
}

/// What was accepted before the archive's end was known for the first time is looked for from there, and no later.
#[test]
fn what_was_accepted_before_there_was_a_place_is_looked_for() {
    let (mut rig, dedicated, _) = Rig::new();
    let account = rig.core.account;
    rig.told(account, session::Event::Offline { why: "away".to_string(), retry_in: limits::RECONNECT_FIRST });
    rig.say(&dedicated, ANNA, "hello");
    let bound = session::Event::Bound { jid: full("bot@example.org/r"), facts: Facts::default() };
    let effects = rig.told(account, bound);
    let is_first = |effect: &Effect| matches!(effect, Effect::Session(_, Order::CatchUp { after: None, .. }));
    assert!(effects.iter().any(is_first), "{effects:?}");
    rig.told(account, session::Event::Mark("end".to_string()));
    rig.told(account, session::Event::Online { resumed: false });
    for id in ["m1", "m2", "m3"] {
        rig.hears_from_anna(id);
        rig.wait(limits::MARK_AGE);
    }
    let mut rig = rig.stopped();
    assert_eq!(rig.place(), Some("end".to_string()));

    // The same where the archive could not be read, and what comes live tells the first place.
    let (mut rig, dedicated, _) = Rig::new();
    rig.say(&dedicated, ANNA, "hello");
    for id in ["m1", "m2", "m3"] {
        rig.hears_from_anna(id);
        rig.wait(limits::MARK_AGE);
    }
    assert_eq!(rig.stopped().place(), id_of("m1"));
}

#[test]
fn what_may_have_got_out_is_looked_for() {
    let (mut rig, dedicated, _) = Rig::new();
    rig.hears_from_anna("m1");
    rig.say(&dedicated, ANNA, "hello");
    rig.wait(limits::MARK_AGE);
    rig.hears_from_anna("m2");
    rig.wait(limits::MARK_AGE);
    let mut rig = rig.stopped();
    assert_eq!(rig.place(), id_of("m1"));
}

/// The first time, the archive of a bot's own account is read from when the bot was made; a person's, from now on.
#[test]
fn a_new_bot_hears_what_was_said_since_it_was_made() {
    let places = |rig: &mut Rig, account| {
        let bound = session::Event::Bound { jid: full("bot@example.org/r"), facts: Facts::default() };
        let effects = rig.told(account, bound);
        let place = effects.into_iter().find_map(|effect| match effect {
            Effect::Session(id, Order::CatchUp { after, age, .. }) if id == account => Some((after, age)),
            _ => None,
        });
        place.expect("the archive is read")
    };
    let (mut rig, ..) = Rig::new();
    let (bot, person) = (rig.core.account, rig.person);
    assert_eq!(places(&mut rig, bot), (None, None), "it was online, where no archive has a place");
    assert_eq!(places(&mut rig, person), (None, None));
    rig.hears_from_anna("m1");
    assert_eq!(places(&mut rig, bot).0, id_of("m1"));
    let (effects, _ticket) =
        rig.begin(Caller::Admin, Question::CreateBot(dedicated("Other", OWNER, "other@example.org")));
    rig.started(&effects);
    let brought = rig.core.account;
    rig.wait(Duration::from_secs(90));
    assert_eq!(places(&mut rig, brought), (None, Some(Duration::from_secs(90))));

    // All that an account made for the bot has heard was said to the bot.
    let new = NewBot { mode: Mode::Dedicated, wait: Wait::No, ..NewBot::new("New", bare(OWNER)) };
    let (effects, _ticket) = rig.begin(Caller::Admin, Question::CreateBot(new));
    rig.started(&effects);
    let made = rig.core.account;
    assert_eq!(places(&mut rig, made).0, Some(String::new()));
}

/// What could not be stored is read again: a place behind it must not outlive the batch, in memory either.
#[test]
fn a_failed_commit_leaves_the_place_where_it_was() {
    let dir = std::env::temp_dir().join(format!("botmother-places-{}", std::process::id()));
    let (mut rig, ..) = Rig::over(Store::open(&dir, Durability::Process).unwrap());
    let account = rig.core.account;
    rig.told(account, session::Event::Mark("m0".to_string()));
    assert_eq!(rig.place(), Some("m0".to_string()));
    let other = rusqlite::Connection::open(dir.join("botmother.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let told = |event| Event::Session(account, event);
    let message = session::Event::Message(Box::new(saying("m1", from(ANNA, BOT, "m1"))));
    let effects = rig.batch(vec![told(message), told(session::Event::Mark("m1".to_string()))]);
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Session(_, Order::Reset))), "{effects:?}");
    other.execute_batch("ROLLBACK").unwrap();
    rig.told(account, cut());
    assert_eq!(rig.place(), Some("m0".to_string()));
    drop(rig);
    std::fs::remove_dir_all(dir).unwrap();
}
