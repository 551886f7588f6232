//! Devices and their keys: the bot's, announced and taken back, and those of others.

use super::*;

#[test]
fn what_a_server_refuses_for_now_is_published_soon() {
    for busy in 1..=8 {
        let mut rig = Rig::new(Encrypt::Required);
        rig.nodes.busy = busy;
        rig.come_online();
        let mut waited = Duration::ZERO;
        while Version::ALL.iter().any(|version| rig.nodes.get(BOT, version.devices_node()).is_none()) {
            assert!(waited < Duration::from_secs(60), "{busy}: {:?}", rig.nodes.published);
            waited += limits::OMEMO_REPUBLISH_FIRST;
            rig.wait(limits::OMEMO_REPUBLISH_FIRST);
        }
        assert!(rig.nodes.published.iter().filter(|node| node.contains("bundles")).count() >= 2);
        // Then there is peace.
        let count = rig.nodes.published.len();
        rig.wait(limits::OMEMO_REPUBLISH_MAX);
        assert_eq!(rig.nodes.published.len(), count, "{busy}");
    }
}

#[test]
fn a_bot_announces_its_device_and_talks() {
    for version in Version::ALL {
        let mut rig = Rig::online(Encrypt::Required);
        for node in [LEGACY.devices_node(), Version::Omemo2.devices_node()] {
            let bundle = rig.nodes.published.iter().position(|known| known.contains("bundles")).unwrap();
            let list = rig.nodes.published.iter().position(|known| known == node).expect(node);
            assert!(bundle < list, "the bundle comes first: {:?}", rig.nodes.published);
        }
        let mut phone = Phone::published(OWNER, version, 77, &mut rig.nodes);
        let hello = phone.say(&rig.nodes, Some("Hallo ü 🦀"));
        rig.arrives(&hello);
        let updates = rig.take();
        assert_eq!(updates.len(), 1, "{updates:?}");
        assert!(
            updates[0].contains(r#""body":"Hallo ü 🦀""#) && updates[0].contains(r#""encrypted":true"#),
            "{updates:?}"
        );
        // Again from another way: silence.
        rig.arrives(&hello);
        assert_eq!(rig.take(), Vec::<String>::new());

        assert!(sent_id(rig.say("the answer")).1);
        let sent = rig.take_sent();
        assert_eq!(sent.len(), 1, "{sent:?}");
        assert!(!sent[0].print("").contains("the answer"));
        assert_eq!(phone.hear(&sent[0]), Ok(Some("the answer".to_string())));
        // It was heard, so nothing else is owed.
        rig.wait(Duration::from_secs(60));
        assert!(rig.take_sent().is_empty());
    }
}

#[test]
fn who_begins_gets_an_answer_and_prekeys_are_made_up_for() {
    for version in Version::ALL {
        let mut rig = Rig::online(Encrypt::Required);
        let mut phone = Phone::published(OWNER, version, 77, &mut rig.nodes);
        let bundle = |rig: &Rig| rig.nodes.bundle(BOT, version, rig.nodes.first_device(BOT, version)).unwrap();
        let before = bundle(&rig);
        for _ in 0..2 {
            let empty = phone.say(&rig.nodes, None);
            rig.arrives(&empty);
        }
        assert!(rig.take_sent().is_empty(), "first it is looked whether a message goes out anyway");
        assert_eq!(bundle(&rig), before);
        rig.wait(limits::OMEMO_SETTLE);
        let sent = rig.take_sent();
        assert_eq!(sent.len(), 1, "{sent:?}");
        assert!(sent[0].text_of("body", ns::CLIENT).is_none());
        assert_eq!(phone.hear(&sent[0]), Ok(None));
        let after = bundle(&rig);
        let gone = before.prekeys.iter().filter(|key| !after.prekeys.contains(key)).count();
        assert_eq!((gone, after.prekeys.len()), (1, before.prekeys.len()));
        rig.wait(Duration::from_secs(600));
        assert!(rig.take_sent().is_empty());
        // In time the signed prekey is another one.
        rig.wait(Duration::from_secs(limits::OMEMO_ROTATION_S as u64));
        assert_ne!(bundle(&rig).signed_prekey_id, after.signed_prekey_id);
    }
}

#[test]
fn a_device_that_another_client_drops_comes_back_in_time() {
    let mut rig = Rig::online(Encrypt::Required);
    let is_listed = |rig: &Rig| {
        let ids = rig.nodes.devices(BOT, LEGACY);
        assert!(ids.contains(&5) || ids.len() == 1, "others stay: {ids:?}");
        ids.iter().any(|id| *id != 5)
    };
    assert!(is_listed(&rig));
    let drop_it = |rig: &mut Rig| {
        let list = omemo::add_device(LEGACY, None, 5, None);
        rig.nodes.set(BOT, LEGACY.devices_node(), "current", list.clone());
        rig.arrives(&list_notice(BOT, LEGACY, list).with("type", "headline"));
    };
    rig.wait(limits::OMEMO_RELIST);
    drop_it(&mut rig);
    assert!(is_listed(&rig));
    drop_it(&mut rig);
    assert!(!is_listed(&rig), "two that drop each other must not do it for ever");
    rig.wait(limits::OMEMO_RELIST);
    assert!(is_listed(&rig));
}

#[test]
fn another_key_in_the_place_of_one_is_not_written_to() {
    let mut rig = Rig::online(Encrypt::Required);
    let mut phone = Phone::published(OWNER, LEGACY, 77, &mut rig.nodes);
    let hello = phone.say(&rig.nodes, Some("one"));
    rig.arrives(&hello);
    assert_eq!(rig.take().len(), 1);
    // Somebody else under the same id.
    let mut other = Phone::new(OWNER, LEGACY, 77);
    let forged = other.say(&rig.nodes, Some("/secret"));
    rig.arrives(&forged);
    assert_eq!(rig.take(), Vec::<String>::new());
    sent_id(rig.say("two"));
    let mut sent = rig.take_sent();
    // It says in the clear that it did not read that.
    let hint = sent.remove(0).text_of("body", ns::CLIENT).unwrap();
    assert!(
        hint.starts_with("I did not read this message") && hint.contains("/omemo trust ralf@example.org "),
        "{hint}"
    );
    assert!(sent.iter().all(|stanza| other.hear(stanza).is_err()));
    let heard: Vec<_> = sent.iter().map(|stanza| phone.hear(stanza).unwrap().unwrap()).collect();
    assert!(heard[0].contains("another key than before"), "{heard:?}");
    assert_eq!(heard[1..], ["two"]);
}

#[test]
fn a_device_goes_when_it_is_not_wanted_any_more() {
    let mut rig = Rig::online(Encrypt::Required);
    // Another client of the account stays.
    let list = rig.nodes.get(BOT, LEGACY.devices_node()).unwrap();
    let own = omemo::read_devices(LEGACY, &list)[0];
    let ids = |rig: &Rig| rig.nodes.devices(BOT, LEGACY);
    rig.set_policy(Encrypt::Off);
    assert!(ids(&rig).is_empty() && rig.nodes.get(BOT, &LEGACY.bundle_node(own).0).is_none());
    assert!(!sent_id(rig.say("plain")).1);
    assert_eq!(rig.take_sent().len(), 1);
    // The same device with the same key comes back.
    rig.set_policy(Encrypt::Preferred);
    assert_eq!(ids(&rig), [own]);

    // The same while it is not there.
    let mut rig = rig.killed(Encrypt::Required);
    rig.set_policy(Encrypt::Off);
    rig.come_online();
    assert!(ids(&rig).is_empty());
    rig.set_policy(Encrypt::Required);
    assert_eq!(ids(&rig), [own]);

    rig.nodes.set(BOT, LEGACY.devices_node(), "current", omemo::add_device(LEGACY, Some(&list), 5, None));
    let mut rig = rig.killed(Encrypt::Required);
    rig.come_online();
    let _ticket = rig.begin(Caller::Admin, Question::DeleteBot(rig.bot.id));
    assert_eq!(ids(&rig), [5]);
    assert!(rig.nodes.get(BOT, &LEGACY.bundle_node(own).0).is_none());
}
