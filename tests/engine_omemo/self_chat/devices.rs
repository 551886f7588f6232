//! Which devices the account has: ours comes and goes, the others stay whatever we do, and who is trusted.

use super::*;

#[test]
fn our_device_is_added_to_those_that_are_there() {
    let mut home = Home::new(Encrypt::Preferred);
    Phone::published(OWNER, LEGACY, 77, &mut home.nodes);
    let newer = Element::new("devices", Version::Omemo2.ns())
        .with_child(Element::new("device", Version::Omemo2.ns()).with("id", "78").with("label", "Ralf's desk"));
    home.nodes.set(OWNER, Version::Omemo2.devices_node(), "current", newer);
    home.come_online();
    assert!(home.features.contains(&ns::OMEMO_LEGACY_NOTIFY) && home.features.contains(&ns::OMEMO_NOTIFY));
    let device = home.device();
    assert_eq!((home.ids(LEGACY), home.ids(Version::Omemo2)), (vec![77, device], vec![78, device]));
    let list = home.nodes.get(OWNER, Version::Omemo2.devices_node()).unwrap().print("");
    assert!(list.contains("Ralf's desk") || list.contains("Ralf&apos;s desk"), "{list}");
    for version in Version::ALL {
        let at = |node: &str| home.nodes.published.iter().position(|known| known == node).expect("published");
        assert!(at(&version.bundle_node(device).0) < at(version.devices_node()), "{:?}", home.nodes.published);
    }
    // Coming online again writes nothing anywhere.
    home.nodes.published.clear();
    home.come_online();
    home.wait(LATER);
    assert_eq!(home.nodes.published, Vec::<String>::new());
}

/// Our server tells its newest lists as soon as we are present, which is before the archive is read.
#[test]
fn a_list_that_is_told_on_coming_online_is_not_asked_for() {
    let (mut home, ..) = Home::online(Encrypt::Preferred, LEGACY);
    let device = home.device();
    let nodes = Version::ALL.map(|version| version.devices_node().to_string());
    let come_online = |home: &mut Home, told: &[Version]| {
        home.offline();
        home.nodes.read.clear();
        home.bound(HERE);
        for version in told {
            home.notified(*version, home.nodes.get(OWNER, version.devices_node()).unwrap());
        }
        home.session(session::Event::Online { resumed: false });
        home.nodes.read.clone()
    };
    assert_eq!(come_online(&mut home, &Version::ALL), Vec::<String>::new());
    assert_eq!(come_online(&mut home, &[LEGACY]), nodes[1..]);
    assert_eq!(come_online(&mut home, &[]), nodes);
    // What is told then counts as what is asked for: another client has taken us off.
    home.wait(LATER);
    home.nodes.set(OWNER, &nodes[0], "current", omemo::add_device(LEGACY, None, 77, None));
    assert_eq!(come_online(&mut home, &Version::ALL), Vec::<String>::new());
    assert_eq!(home.ids(LEGACY), [77, device]);
    // A stream that broke off before we were online leaves nothing behind.
    home.offline();
    home.bound(HERE);
    home.notified(LEGACY, home.nodes.get(OWNER, &nodes[0]).unwrap());
    assert_eq!(come_online(&mut home, &[]), nodes);
}

#[test]
fn a_list_that_cannot_be_read_is_not_written() {
    let mut home = Home::new(Encrypt::Preferred);
    Phone::new(OWNER, LEGACY, 77).publish(&mut home.nodes);
    home.nodes.closed = Version::ALL.map(|version| version.devices_node().to_string()).to_vec();
    home.nodes.published.clear();
    home.come_online();
    home.wait(LATER);
    assert_eq!((home.nodes.published.clone(), home.ids(LEGACY)), (vec![], vec![77]));
    // And the chat goes on without.
    assert!(!sent_id(home.say(OWNER, "in the clear")).1);
    let sent = home.take_sent();
    assert!(sent.len() == 1 && sent[0].print("").contains("in the clear"), "{sent:?}");
}

#[test]
fn whoever_drops_us_gets_his_list_back_with_us_on_it() {
    let (mut home, ..) = Home::online(Encrypt::Preferred, LEGACY);
    let device = home.device();
    home.wait(Duration::from_secs(120));
    home.nodes.published.clear();
    let only = |ids: &[u32]| {
        ids.iter().fold(None, |list, id| Some(omemo::add_device(LEGACY, list.as_ref(), *id, None))).unwrap()
    };
    home.notified(LEGACY, only(&[78, 90]));
    assert_eq!(home.ids(LEGACY), [78, 90, device]);
    // Again at once: not for ever.
    for _ in 0..5 {
        home.notified(LEGACY, only(&[78, 90]));
    }
    assert_eq!(home.nodes.published.iter().filter(|node| *node == LEGACY.devices_node()).count(), 1);
    home.wait(Duration::from_secs(61));
    assert_eq!(home.ids(LEGACY), [78, 90, device]);
}

#[test]
fn a_later_device_waits_for_the_owners_word() {
    let (mut home, mut phone, mut tablet) = Home::online(Encrypt::Preferred, LEGACY);
    // The first ones were looked at when we came, long before the first message.
    home.wait(LATER);
    let thief = Phone::published(OWNER, LEGACY, 79, &mut home.nodes);
    home.notified(LEGACY, home.nodes.get(OWNER, LEGACY.devices_node()).unwrap());
    let mut thief = thief;
    let told = home.take_sent();
    assert_eq!(told.len(), 1, "{told:?}");
    let texts = [&mut phone, &mut tablet].map(|client| client.hear_from(OWNER, &told[0]).unwrap().unwrap());
    assert!(texts.iter().all(|text| text.contains("Device: 79") && text.contains("/omemo trust 79")), "{texts:?}");
    assert!(thief.hear_from(OWNER, &told[0]).is_err());
    let itself = home.note(&mut thief, "/omemo trust 79");
    home.arrives(&itself);
    let refused = home.take_sent();
    let hint = refused[0].text_of("body", ns::CLIENT).unwrap();
    assert!(hint.contains("do not trust it yet") && hint.contains("/omemo trust 79"), "{hint}");
    assert!(refused[0].find("private", ns::CARBONS).is_some());
    assert!(phone.hear_from(OWNER, &refused[1]).unwrap().unwrap().contains("from a device that I trust"));

    let list = home.note(&mut phone, "/omemo devices");
    home.arrives(&list);
    let text = home.read(&mut phone).remove(0);
    assert!(text.contains("device 79: undecided") && text.contains("device 78: trusted"), "{text}");
    let word = home.note(&mut phone, "/omemo trust 79");
    home.arrives(&word);
    assert!(home.read(&mut phone)[0].contains("Trusted from now on"));
    assert!(sent_id(home.say(OWNER, "for three")).1);
    let sent = home.take_sent();
    assert_eq!(thief.hear_from(OWNER, &sent[0]), Ok(Some("for three".to_string())));
    assert_eq!(phone.hear_from(OWNER, &sent[0]), Ok(Some("for three".to_string())));
    for (said, expected) in [("/omemo", "My fingerprint"), ("/omemo policy blind", "Policy blind")] {
        let said = home.note(&mut phone, said);
        home.arrives(&said);
        assert!(home.read(&mut phone)[0].contains(expected));
    }
}

#[test]
fn with_all_trusted_devices_gone_the_owner_hears_of_the_new_one() {
    let (mut home, mut phone, _) = Home::online(Encrypt::Preferred, LEGACY);
    let note = home.note(&mut phone, "/omemo");
    home.arrives(&note);
    home.wait(LATER);
    home.take_sent();
    let new = Phone::published(OWNER, LEGACY, 79, &mut home.nodes);
    let device = home.device();
    let list = [79, device].iter().fold(None, |list, id| Some(omemo::add_device(LEGACY, list.as_ref(), *id, None)));
    home.notified(LEGACY, list.unwrap());
    let told = home.take_sent();
    assert!(told.len() == 1 && told[0].print("").contains("/omemo trust 79"), "{told:?}");
    // Nothing else is said to it, in whatever way.
    sent_id(home.say(OWNER, "a secret"));
    home.wait(LATER);
    assert_eq!(home.take_sent(), vec![]);
    home.ask(Question::Keys(KeyQuestion::Decide { jid: None, key: "79".into(), trusted: true })).unwrap();
    assert!(sent_id(home.say(OWNER, "another")).1);
    let mut new = new;
    assert_eq!(home.read(&mut new), ["another"]);
}

#[test]
fn programs_ask_about_the_owners_device() {
    let (mut home, ..) = Home::online(Encrypt::Preferred, LEGACY);
    match home.ask(Question::Keys(KeyQuestion::Status)) {
        Ok(Answer::Keys(KeyAnswer::Status(status))) => {
            assert_eq!((status.jid.as_str(), status.encrypt), (OWNER, Encrypt::Preferred));
        }
        other => panic!("{other:?}"),
    }
    let decide = KeyQuestion::Decide { jid: None, key: "78".into(), trusted: false };
    home.ask(Question::Keys(decide)).unwrap();
    home.ask(Question::Keys(KeyQuestion::SetPolicy(Policy::Blind))).unwrap();
    let Ok(Answer::Keys(KeyAnswer::Devices(keys))) = home.ask(Question::Keys(KeyQuestion::Devices(None))) else {
        panic!()
    };
    let mut known: Vec<_> = keys.iter().map(|key| (key.device, key.standing)).collect();
    known.sort_unstable();
    assert_eq!(known, [(77, "trusted"), (78, "distrusted")]);
    let id = match home.ask(Question::GetMe) {
        Ok(Answer::Me(info)) => info.id,
        other => panic!("{other:?}"),
    };
    for question in [Question::BotOmemo(id), Question::SetBotOmemo(id, None), Question::ResetOmemo(id)] {
        match home.manage(question) {
            Err(Failure::Invalid { must_be, .. }) => assert!(must_be.contains("self_chat"), "{must_be}"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn switched_off_our_device_goes_and_the_others_stay() {
    let (mut home, mut phone, _) = Home::online(Encrypt::Preferred, LEGACY);
    let device = home.device();
    let note = home.note(&mut phone, "hello");
    home.arrives(&note);
    assert_eq!(home.updates().len(), 1);
    home.batch(vec![Event::Reload(Box::new(writing(Encrypt::Off)))]);
    assert!(home.features.is_empty(), "the session begins anew without");
    // A list that cannot be read now is tried at the next coming online.
    home.nodes.closed = vec![LEGACY.devices_node().to_string()];
    home.come_online();
    assert_eq!((home.ids(LEGACY), home.ids(Version::Omemo2)), (vec![77, 78, device], vec![]));
    home.nodes.closed.clear();
    home.come_online();
    assert_eq!(home.ids(LEGACY), [77, 78]);
    assert!(home.nodes.get(OWNER, &LEGACY.bundle_node(device).0).is_none());
    assert!(!sent_id(home.say(OWNER, "in the clear")).1);
    assert!(home.take_sent()[0].print("").contains("in the clear"));
    // And back with the same key and the same sessions.
    home.batch(vec![Event::Reload(Box::new(writing(Encrypt::Preferred)))]);
    home.wait(Duration::from_secs(120));
    home.come_online();
    assert_eq!((home.device(), home.ids(LEGACY)), (device, vec![77, 78, device]));
    assert!(sent_id(home.say(OWNER, "a secret")).1);
    assert_eq!(home.read(&mut phone), ["a secret"]);
}

#[test]
fn with_the_account_goes_its_device() {
    let (mut home, ..) = Home::online(Encrypt::Preferred, LEGACY);
    let device = home.device();
    home.passing.clear();
    home.manage(Question::RemoveAccount(bare(OWNER))).unwrap();
    for stanza in std::mem::take(&mut home.passing) {
        let iq = parse(&stanza);
        assert_eq!((iq.name(), iq.attribute("type")), ("iq", Some("set")));
        home.nodes.answer(OWNER, IqKind::Set, iq.children().next().unwrap()).unwrap();
    }
    assert_eq!((home.ids(LEGACY), home.ids(Version::Omemo2)), (vec![77, 78], vec![]));
    assert!(home.nodes.get(OWNER, &LEGACY.bundle_node(device).0).is_none());
    assert!(home.nodes.get(OWNER, &Version::Omemo2.bundle_node(device).0).is_none());
}
