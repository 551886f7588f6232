//! Whether accounts can be used: known without asking where a server was heard of late, asked once for all otherwise.

use botmother::core::handle::Readiness;
use botmother::core::setup::{MqttBots, Watch};

use botmother::xmpp::stanza::StanzaError;

use super::*;

/// Pings to servers, by tag.
fn pings(effects: &[Effect]) -> Vec<u64> {
    let ping = |effect: &Effect| match effect {
        Effect::Session(_, Order::Ask { tag, payload, .. }) if payload.is("ping", "urn:xmpp:ping") => Some(*tag),
        _ => None,
    };
    effects.iter().filter_map(ping).collect()
}

fn readiness(effects: Vec<Effect>) -> Vec<Readiness> {
    let ready = |outcome: Outcome| match outcome {
        Ok(Answer::Ready(readiness)) => readiness,
        other => panic!("{other:?}"),
    };
    answers(effects).into_iter().map(ready).collect()
}

#[test]
fn a_server_is_asked_only_when_it_was_not_heard_for_long() {
    let mut rig = Rig::new();
    let (effects, _t) = rig.begin(Caller::Admin, Question::Ready);
    let [told] = readiness(effects).try_into().unwrap();
    assert_eq!((told.accounts, told.missing[0].0.as_str()), (1, OWNER), "not signed in yet: nothing is asked");
    rig.online();
    let (effects, _t) = rig.begin(Caller::Admin, Question::Ready);
    assert_eq!(pings(&effects), [0; 0]);
    assert!(readiness(effects)[0].missing.is_empty());

    // Two ask after a silence: one ping, and both hear of the answer.
    rig.wait(Duration::from_secs(61));
    let (effects, _first) = rig.begin(Caller::Admin, Question::Ready);
    let [tag] = pings(&effects).try_into().unwrap();
    assert!(answers(effects).is_empty());
    let (effects, _second) = rig.begin(Caller::Anybody, Question::Ready);
    assert_eq!(pings(&effects), [0; 0]);
    rig.core.pass(Duration::from_millis(70));
    let told = readiness(rig.session(session::Event::Answer { tag, outcome: Ok(None) }));
    assert_eq!(told.iter().map(|told| told.is_detailed).collect::<Vec<_>>(), [true, false]);
    assert!(told.iter().all(|told| told.missing.is_empty()));
    let Ok(Answer::Metrics(metrics)) = rig.admin(Question::Metrics) else { panic!() };
    let of = |name: &str| metrics.iter().find(|metric| metric.name == name).map(|metric| metric.total());
    assert_eq!(of("xmpp_rtt_seconds"), Some(0.07));
    assert_eq!(of("last_proof_of_life_timestamp_seconds"), Some(rig.core.now.unix() as f64));
}

#[test]
fn who_asks_about_a_silent_server_is_not_kept_waiting() {
    let mut rig = Rig::new();
    rig.online();
    rig.wait(Duration::from_secs(61));
    let (effects, _t) = rig.begin(Caller::Admin, Question::Ready);
    let [tag] = pings(&effects).try_into().unwrap();
    assert!(answers(rig.wait(Duration::from_secs(4))).is_empty());
    let [told] = readiness(rig.wait(Duration::from_secs(1))).try_into().unwrap();
    assert_eq!(told.missing[0].1, "its server does not answer");
    // The answer comes late, and counts.
    rig.session(session::Event::Answer { tag, outcome: Err(StanzaError::new("cancel", "service-unavailable")) });
    let (effects, _t) = rig.begin(Caller::Admin, Question::Ready);
    assert!(readiness(effects)[0].missing.is_empty(), "an error is an answer, too");
    // None at all is none.
    rig.wait(Duration::from_secs(61));
    let (effects, _t) = rig.begin(Caller::Admin, Question::Ready);
    let [tag] = pings(&effects).try_into().unwrap();
    let lost = Err(StanzaError::new("wait", "remote-server-timeout"));
    let [told] = readiness(rig.session(session::Event::Answer { tag, outcome: lost })).try_into().unwrap();
    assert_eq!(told.missing.len(), 1);
}

#[test]
fn what_happens_is_counted_by_what_it_was() {
    let mut rig = Rig::new();
    let bot = rig.create(OWNER, "Echo");
    rig.online();
    rig.phone("hello");
    let set = NewWebhook { url: "https://x.example/".into(), secret: None, allowed: None, drop_pending: false };
    let (effects, _t) = rig.begin(as_bot(&bot), Question::SetWebhook(set));
    let call = |effect: Effect| match effect {
        Effect::Call { tag, .. } => Some(tag),
        _ => None,
    };
    let tag = effects.into_iter().find_map(call).unwrap();
    rig.wait(Duration::from_secs(3));
    rig.batch(vec![http_answered(tag, 204, "")]);
    rig.offline();
    rig.session(session::Event::Online { resumed: true });
    rig.session(session::Event::Offline {
        why: "the server's certificate is refused: it has expired".into(),
        retry_in: Duration::from_secs(1),
    });
    rig.signed_in(&format!("{OWNER}/phone"));
    let numbers = rig.numbers();
    for line in [
        "xmpp_reconnects_total{reason=\"certificate\"} 1",
        "xmpp_reconnects_total{reason=\"reset\"} 1",
        "xmpp_resume_total{result=\"new\"} 1",
        "xmpp_resume_total{result=\"resumed\"} 1",
        "updates_total{type=\"message\"} 1",
        "webhook_attempts_total{code=\"204\"} 1",
        "update_delivery_seconds_bucket{via=\"webhook\",le=\"2\"} 0",
        "update_delivery_seconds_bucket{via=\"webhook\",le=\"5\"} 1",
        "outbox_oldest_seconds 0",
        "bots{state=\"online\"} 1",
    ] {
        assert!(numbers.contains(&format!("\nbotmother_{line}\n")), "no {line}:\n{numbers}");
    }
}

#[test]
fn whoever_watches_hears_of_changes_and_nobody_else() {
    let is_changed = |effects: &[Effect]| effects.iter().any(|effect| matches!(effect, Effect::Changed));
    let mut rig = Rig::new();
    assert!(!is_changed(&rig.online()));
    let watch = Watch { is_on: true, mqtt: MqttBots::Named(vec!["Echo".into()]) };
    let settings = Settings { watch, ..configured(Language::English) };
    rig.batch(vec![Event::Reload(Box::new(settings))]);
    assert!(is_changed(&rig.offline()));
    assert!(is_changed(&rig.online()));
    assert!(!is_changed(&rig.phone("hello")), "a message changes nothing that is shown");
    let (effects, _t) = rig.begin(Caller::Admin, Question::CreateBot(NewBot::new("Echo", bare(OWNER))));
    assert!(is_changed(&effects));

    // Its updates are the broker's now, and only of such bots.
    let Some(Ok(Answer::Created(echo))) = answers(effects).pop() else { panic!() };
    let other = rig.create(OWNER, "Other");
    let poll = || Question::GetUpdates(UpdatePoll { offset: None, limit: 9, timeout: Duration::ZERO, allowed: None });
    assert!(matches!(rig.ask(as_bot(&echo), poll()), Err(Failure::Conflict(why)) if why.contains("[mqtt]")));
    assert!(matches!(rig.ask(Caller::Broker(echo.id), poll()), Ok(Answer::Updates(_))));
    assert!(matches!(rig.ask(as_bot(&other), poll()), Ok(Answer::Updates(_))));
    assert!(matches!(rig.ask(Caller::Broker(other.id), poll()), Err(Failure::NotFound(_))));
    assert!(matches!(rig.ask(Caller::Broker(echo.id), Question::ListBots(None)), Err(Failure::Forbidden(_))));
}
