//! Whose keys a bot trusts, with encrypted messages: what a device may decide depends on its own key.

use super::*;

/// Longer than all devices count as there from the beginning.
const LATER: Duration = Duration::from_secs(20 * 60);

impl Rig {
    /// A phone says something to the bot; gives what each of the others, and it, can read of the answers.
    fn told(&mut self, said: &Element, phone: &mut Phone) -> Vec<String> {
        self.arrives(said);
        self.heard(phone)
    }

    fn heard(&mut self, phone: &mut Phone) -> Vec<String> {
        let heard = self.take_sent().into_iter().map(|stanza| phone.hear(&stanza));
        heard.filter_map(|text| text.ok().flatten()).collect()
    }

    fn status(&mut self) -> OmemoStatus {
        match self.ask(Question::Keys(KeyQuestion::Status)) {
            Ok(Answer::Keys(KeyAnswer::Status(status))) => status,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_device_that_came_later_does_not_trust_itself() {
    for version in Version::ALL {
        let mut rig = Rig::online(Encrypt::Required);
        let mut first = Phone::published(OWNER, version, 77, &mut rig.nodes);
        let hello = first.say(&rig.nodes, Some("/omemo"));
        let own = rig.status().device.unwrap();
        let answer = rig.told(&hello, &mut first);
        assert!(answer.len() == 1 && answer[0].contains(&own.fingerprint), "{answer:?}");
        assert!(own.uri.starts_with(&format!("xmpp:{BOT}?omemo-sid-{}=", own.device)), "{}", own.uri);

        rig.wait(LATER);
        rig.take_sent();
        let mut later = Phone::published(OWNER, version, 78, &mut rig.nodes);
        let said = later.say(&rig.nodes, Some("/omemo trust 78"));
        rig.arrives(&said);
        let sent = rig.take_sent();
        let read: Vec<_> = sent.iter().filter_map(|stanza| first.hear(stanza).ok().flatten()).collect();
        assert!(read.iter().any(|text| text.contains("Device: 78")), "the owner is told: {read:?}");
        assert!(read.iter().any(|text| text.contains("only in an encrypted message from a device that I trust")));
        let its = sent.iter().filter_map(|stanza| later.hear(stanza).ok().flatten());
        assert_eq!(its.count(), 0, "nothing is encrypted to it");
        // What it says is read all the same.
        let said = later.say(&rig.nodes, Some("hello"));
        rig.arrives(&said);
        assert!(rig.take().iter().any(|update| update.contains("hello")));
        rig.take_sent();

        let said = first.say(&rig.nodes, Some("/omemo trust 78"));
        let answer = rig.told(&said, &mut first);
        assert!(answer.len() == 1 && answer[0].contains("Trusted from now on"), "{answer:?}");
        sent_id(rig.say("for both"));
        let sent = rig.take_sent();
        assert_eq!((first.hear(&sent[0]), later.hear(&sent[0])).0, Ok(Some("for both".to_string())));
        let said = later.say(&rig.nodes, Some("/omemo devices"));
        assert!(rig.told(&said, &mut later)[0].contains("device 78: trusted, verified"));
    }
}

#[test]
fn with_pinned_keys_nothing_is_said_to_others() {
    let mut rig = Rig::online(Encrypt::Required);
    rig.ask(Question::Keys(KeyQuestion::SetPolicy(Policy::Pinned))).unwrap();
    let mut phone = Phone::published(OWNER, LEGACY, 77, &mut rig.nodes);
    let hello = phone.say(&rig.nodes, Some("hello"));
    rig.arrives(&hello);
    assert!(rig.take()[0].contains("hello"));
    match rig.say("secret") {
        Err(Failure::Remote { what: "send_failed", why }) => assert!(why.contains("trusted"), "{why}"),
        Ok(_) => assert_eq!(rig.heard(&mut phone), Vec::<String>::new()),
        other => panic!("{other:?}"),
    }
    let fingerprint = omemo::fingerprint(&phone.device.identity().public);
    let decide = KeyQuestion::Decide { jid: None, key: fingerprint, trusted: true };
    rig.ask(Question::Keys(decide)).unwrap();
    rig.wait(LATER);
    rig.take_sent();
    sent_id(rig.say("secret"));
    assert!(rig.heard(&mut phone).contains(&"secret".to_string()));
}

#[test]
fn a_reset_makes_another_key_and_forgets_nobody() {
    let mut rig = Rig::online(Encrypt::Required);
    let mut phone = Phone::published(OWNER, LEGACY, 77, &mut rig.nodes);
    let said = phone.say(&rig.nodes, Some("/omemo distrust 5"));
    assert!(rig.told(&said, &mut phone)[0].contains("no such key"));
    let before = rig.status().device.unwrap();
    let said = phone.say(&rig.nodes, Some("/omemo reset"));
    rig.arrives(&said);
    rig.wait(LATER);
    let after = rig.status().device.unwrap();
    assert_ne!((before.device, &before.fingerprint), (after.device, &after.fingerprint));
    let Ok(Answer::Keys(KeyAnswer::Devices(keys))) = rig.ask(Question::Keys(KeyQuestion::Devices(None))) else {
        panic!()
    };
    assert_eq!(
        keys.iter().map(|key| (key.device, key.standing)).collect::<Vec<_>>(),
        [(before.device, "distrusted"), (77, "trusted")]
    );
}

#[test]
fn devices_that_were_there_first_need_no_word_to_be_said_to_them() {
    for version in Version::ALL {
        let mut rig = Rig::online(Encrypt::Required);
        // Its program is there.
        rig.take();
        let mut phones = [77, 78].map(|id| Phone::new(OWNER, version, id));
        phones.iter().for_each(|phone| phone.publish(&mut rig.nodes));
        let hello = phones[0].say(&rig.nodes, Some("hello"));
        rig.arrives(&hello);
        rig.wait(limits::OMEMO_SETTLE);
        // The bot's program takes its time.
        rig.wait(LATER);
        rig.take_sent();
        // Meanwhile others have used up the prekeys that it showed then.
        let device = &mut phones[1].device;
        let shown: Vec<u32> = device.bundle().prekeys.iter().map(|(id, _)| *id).collect();
        shown.into_iter().for_each(|id| assert!(device.mark_used(id)));
        device.delete_used();
        with_entropy(|entropy| device.refill(entropy));
        phones[1].publish(&mut rig.nodes);
        sent_id(rig.say("for both"));
        let sent = rig.take_sent();
        for phone in &mut phones {
            assert_eq!(phone.hear(&sent[0]), Ok(Some("for both".to_string())), "{version:?}");
        }
    }
}

/// Texts that went out in the clear.
fn plain_texts(sent: &[Element]) -> Vec<String> {
    let plain = sent.iter().filter(|stanza| !stanza.print("").contains("<encrypted"));
    plain.filter_map(|stanza| stanza.text_of("body", ns::CLIENT)).collect()
}

#[test]
fn a_device_that_is_not_trusted_yet_is_told_what_to_do() {
    for version in Version::ALL {
        let mut rig = Rig::online(Encrypt::Required);
        let mut first = Phone::published(OWNER, version, 77, &mut rig.nodes);
        let hello = first.say(&rig.nodes, Some("hello"));
        rig.arrives(&hello);
        sent_id(rig.say("for you"));
        let sent = rig.take_sent();
        let body = sent[0].text_of("body", ns::CLIENT).unwrap();
        assert!(body.contains("I do not trust this device yet"), "whoever cannot read it: {body}");
        rig.wait(LATER);
        rig.take_sent();

        let mut later = Phone::published(OWNER, version, 78, &mut rig.nodes);
        let fingerprint = omemo::fingerprint(&later.device.identity().public);
        let mut hints = Vec::new();
        for text in ["one", "two", "three"] {
            let said = later.say(&rig.nodes, Some(text));
            rig.arrives(&said);
            hints.extend(plain_texts(&rig.take_sent()));
        }
        assert_eq!(hints.len(), 1, "once a day: {hints:?}");
        let hint = hints.remove(0);
        assert!(hint.contains("/omemo trust 78") && hint.contains(&fingerprint), "{hint}");
        assert_eq!(rig.take().len(), 4, "what it says is read");
        let mut rig = rig.killed(Encrypt::Required);
        rig.come_online();
        let said = later.say(&rig.nodes, Some("four"));
        rig.arrives(&said);
        assert_eq!(plain_texts(&rig.take_sent()), Vec::<String>::new(), "not again after a restart");
        rig.wait(Duration::from_secs(24 * 3600));
        let said = later.say(&rig.nodes, Some("five"));
        rig.arrives(&said);
        assert_eq!(plain_texts(&rig.take_sent()), [hint], "the next day");

        let said = first.say(&rig.nodes, Some("/omemo trust 78"));
        rig.arrives(&said);
        rig.take_sent();
        rig.wait(Duration::from_secs(24 * 3600));
        let said = later.say(&rig.nodes, Some("/omemo devices"));
        rig.arrives(&said);
        let sent = rig.take_sent();
        assert_eq!(plain_texts(&sent), Vec::<String>::new());
        assert!(sent.iter().any(|stanza| later.hear(stanza).is_ok_and(|text| text.is_some())));
    }
}
