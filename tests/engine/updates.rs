//! What programs are told: polling, and what is kept how long.

use botmother::base::id::BotId;

use super::*;

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
    // What a bot written for DinoX does: last + 1. And the other reading: last.
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

/// A daemon that starts when the clock says this.
fn restarted(rig: Rig, unix_s: i64) -> Rig {
    let now = Now { mono: Duration::from_secs(5), unix_ms: unix_s * 1000 };
    let mut rig = Rig::at(now, rig.core.kill(), Language::English);
    rig.online();
    rig.wait(Duration::from_secs(1));
    rig
}

#[test]
fn age_is_what_was_lived_through() {
    let (long_ago, today, day) = (1_000, 1_800_000_000, limits::RETENTION.as_secs());
    let now = Now { mono: Duration::from_secs(5), unix_ms: long_ago * 1000 };
    let mut rig = Rig::at(now, Store::memory(), Language::English);
    let bot = rig.create(OWNER, "Echo");
    rig.online();
    for number in 0..20 {
        rig.phone(&format!("{number}"));
    }
    // With the key of what was sent it is not sent again; the AI, the files and all else that has an age is kept alike.
    let keyed = || NewMessage { idempotency_key: Some("k".to_string()), ..message("anna@example.org", "once") };
    let Ok(Answer::Sent { message_id, .. }) = rig.ask(as_bot(&bot), Question::SendMessage(keyed())) else { panic!() };
    let is_known = |rig: &mut Rig| match rig.ask(as_bot(&bot), Question::SendMessage(keyed())) {
        Ok(Answer::Sent { message_id: again, .. }) => again == message_id,
        other => panic!("{other:?}"),
    };
    // The clock is set while it does not run, forwards, backwards, and forwards again.
    for clock in [today, long_ago, today + 400 * 86_400, today] {
        rig = restarted(rig, clock);
        assert_eq!(rig.updates(&bot, None).len(), 20, "{clock}");
        assert!(is_known(&mut rig), "{clock}");
    }
    // Set backwards it does not make things stay for ever.
    rig = restarted(rig, long_ago);
    for hour in 0..25 {
        rig.wait(Duration::from_secs(3600));
        // Something happens, and time is noted along with it.
        rig.send(&bot, "anna@example.org", &format!("hour {hour}"));
        if hour == 12 {
            rig = restarted(rig, today);
        }
    }
    assert!(rig.updates(&bot, None).is_empty(), "a day was lived through, over a restart");
    assert!(!is_known(&mut rig));
    assert!(day == 24 * 3600);
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
