//! Who decides about keys, by which words: the owner in a chat, with the manager or in a menu, and programs with their token.

use super::*;

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
