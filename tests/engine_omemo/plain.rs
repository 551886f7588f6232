//! Whatever goes wrong, a bot whose policy is `required` says nothing in plain text: every effect is searched for what it
//! was to say (`Rig::batch`). What a message to it tells of its sender's key; which version is written in.

use super::*;
use botmother::xmpp::stanza::Iq;

/// Longer than anything waits.
const HOURS: Duration = Duration::from_secs(4 * 3600);

impl Rig {
    fn act(&mut self, action: BotAction) -> Outcome {
        let to = full(OWNER);
        self.ask(Question::Act(NewAction { to, kind: Kind::Chat, action, idempotency_key: None }))
    }

    /// All that a program can say.
    fn say_everything(&mut self) {
        let said = self.say("geheim");
        for reply_to in [None, Some("p77-1".to_string())] {
            let new = NewMessage { reply_to, encrypt: true, ..message(OWNER, "/geheim") };
            let _ = self.ask(Question::SendMessage(new));
        }
        let url = "https://geheim.example.org/geheim.jpg".to_string();
        let _ = self.act(BotAction::File { url, caption: Some("geheim".to_string()) });
        if let Ok(Answer::Sent { message_id, .. }) = said {
            let _ = self.act(BotAction::Edit {
                message_id: message_id.clone(),
                text: "geheim!".to_string(),
                keyboard: None,
            });
            let _ = self.act(BotAction::Reaction { message_id: message_id.clone(), emoji: "👍".to_string() });
            let _ = self.act(BotAction::Deletion { message_id });
        }
        let keyboard = || Some(Keyboard::choices([("geheim", "1"), ("geheim, too", "geheim")]));
        let new = NewMessage { keyboard: keyboard(), ..message(OWNER, "geheim?") };
        if let Ok(Answer::Sent { message_id, .. }) = self.ask(Question::SendMessage(new)) {
            let _ = self.act(BotAction::Buttons { message_id: message_id.clone(), keyboard: keyboard() });
            let _ = self.act(BotAction::Edit { message_id, text: "geheim!".to_string(), keyboard: keyboard() });
        }
        let _ = self.act(BotAction::State(botmother::xmpp::message::ChatState::Composing));
        let _ = self.act(BotAction::Read { message_id: "1".to_string() });
    }

    /// All that somebody can say to it in plain text.
    fn hear_everything(&mut self) {
        for (number, text) in ["geheim", "/info geheim", "/geheim", "/ki geheim", "/omemo geheim"].iter().enumerate() {
            self.arrives(&plain(text, &format!("plain-{number}-{}", self.core.now.unix())));
        }
        for node in ["ki", "omemo", "info", "buttons", "geheim"] {
            let answer = self.menu(command(node, Some("geheim")));
            assert!(answer.contains("item-not-found"), "{answer}");
        }
    }

    /// What the bot answers to a question of its owner's client about its menu.
    fn menu(&mut self, (kind, payload): (IqKind, Element)) -> String {
        let from = Some(full("ralf@example.org/phone"));
        let request = Iq { kind, id: "q".to_string(), from, to: None, payload: Some(payload), error: None };
        let asked = Event::Session(self.core.account, session::Event::Request(Box::new(request)));
        let effects = self.core.batch(vec![asked]);
        let said = format!("{effects:?}");
        assert!(!said.contains(SECRET), "{said}");
        said
    }
}

fn command(node: &str, text: Option<&str>) -> (IqKind, Element) {
    let command = Element::new("command", ns::COMMANDS).with("node", node).with("action", "execute");
    let form = text.map(|text| {
        let value = Element::new("value", "jabber:x:data").with_text(text);
        let field = Element::new("field", "jabber:x:data").with("var", "text").with_child(value);
        Element::new("x", "jabber:x:data").with("type", "submit").with_child(field)
    });
    (IqKind::Set, form.into_iter().fold(command, Element::with_child))
}

type Breakage = fn(&mut Rig);

/// Things that can go wrong with somebody's devices.
const FAILURES: [(&str, Breakage); 9] = [
    ("nothing", |_| ()),
    ("closed lists", |rig| {
        rig.nodes.closed = Version::ALL.map(|version| version.devices_node().to_string()).to_vec();
    }),
    ("closed bundles", |rig| rig.nodes.closed = vec![LEGACY.bundle_node(77).0]),
    ("no bundle", |rig| drop(rig.nodes.items.remove(&(OWNER.to_string(), LEGACY.bundle_node(77).0)))),
    ("no list", |rig| drop(rig.nodes.items.remove(&(OWNER.to_string(), LEGACY.devices_node().to_string())))),
    ("an empty list", |rig| {
        rig.nodes.set(OWNER, LEGACY.devices_node(), "current", Element::new("list", LEGACY.ns()));
    }),
    ("a broken signature", |rig| {
        let (node, item) = LEGACY.bundle_node(77);
        let other = Phone::new(OWNER, LEGACY, 77).device.bundle();
        if let Some(bundle) = rig.nodes.get(OWNER, &node) {
            let mut bundle = Bundle::read(LEGACY, &bundle).unwrap();
            bundle.signed_prekey = other.signed_prekey;
            rig.nodes.set(OWNER, &node, &item, bundle.build(LEGACY));
        }
    }),
    ("pinned keys", |rig| {
        rig.ask(Question::Keys(KeyQuestion::SetPolicy(Policy::Pinned))).unwrap();
    }),
    ("a reset", |rig| {
        let _ticket = rig.begin(Caller::Admin, Question::ResetOmemo(rig.bot.id));
    }),
];

#[test]
fn nothing_is_said_in_plain_text() {
    for has_device in [false, true] {
        for is_known in [false, true] {
            for (what, fail) in FAILURES {
                println!("{what}");
                let mut rig = Rig::online(Encrypt::Required);
                let mut phone = Phone::new(OWNER, LEGACY, 77);
                if has_device {
                    phone.publish(&mut rig.nodes);
                }
                if has_device && is_known {
                    let hello = phone.say(&rig.nodes, Some("geheim"));
                    rig.arrives(&hello);
                    sent_id(rig.say("geheim"));
                    let damaged = phone.say(&rig.nodes, Some("geheim"));
                    rig.arrives(&broken(&damaged, "damaged"));
                }
                fail(&mut rig);
                rig.say_everything();
                rig.hear_everything();
                rig.wait(HOURS);
                rig.say_everything();
                let mut rig = rig.killed(Encrypt::Required);
                rig.say_everything();
                rig.come_back();
                rig.hear_everything();
                rig.wait(HOURS);
            }
        }
    }
}

#[test]
#[should_panic(expected = "in plain text")]
fn what_is_said_in_plain_text_is_found() {
    let mut rig = Rig::online(Encrypt::Preferred);
    rig.say_everything();
}

#[test]
fn what_was_accepted_before_is_not_said_in_plain_text_either() {
    let mut rig = Rig::new(Encrypt::Preferred);
    assert!(!sent_id(rig.say("geheim")).1, "nobody knows a device yet");
    rig.set_policy(Encrypt::Required);
    rig.come_online();
    rig.wait(HOURS);
    // What must not go out in plain text does not wait for ever when encryption is switched off.
    rig.nodes.closed = Version::ALL.map(|version| version.devices_node().to_string()).to_vec();
    rig.nodes.refusal = Some(("wait", "remote-server-timeout"));
    let polled = UpdateKinds::parse(["message_state"]).unwrap();
    let poll = UpdatePoll { offset: None, limit: 1, timeout: Duration::ZERO, allowed: Some(polled) };
    assert!(rig.ask(Question::GetUpdates(poll)).is_ok());
    let (id, _) = sent_id(rig.say("geheim"));
    rig.set_policy(Encrypt::Off);
    let updates = rig.take();
    assert!(updates.iter().any(|update| update.contains(&id) && update.contains("switched off")), "{updates:?}");
    assert!(rig.take_sent().iter().all(|stanza| stanza.find("body", ns::CLIENT).is_none()));
}

#[test]
fn who_takes_his_devices_off_the_list_is_told_of_as_written_to_in_plain_text() {
    let mut rig = Rig::online(Encrypt::Preferred);
    let mut phone = Phone::published(OWNER, LEGACY, 77, &mut rig.nodes);
    let hello = phone.say(&rig.nodes, Some("hello"));
    rig.arrives(&hello);
    assert!(sent_id(rig.say("encrypted")).1);
    rig.nodes.set(OWNER, LEGACY.devices_node(), "current", Element::new("list", LEGACY.ns()));
    rig.wait(Duration::from_secs(7200));
    sent_id(rig.say("the list is read"));
    rig.take_sent();
    assert!(!sent_id(rig.say("plain")).1);
    assert_eq!(rig.take_sent()[0].text_of("body", ns::CLIENT).unwrap(), "plain");
}

#[test]
fn the_menu_of_a_bot_that_must_encrypt_has_nothing_private() {
    let items = || (IqKind::Get, Element::new("query", ns::DISCO_ITEMS).with("node", ns::COMMANDS));
    let mut rig = Rig::online(Encrypt::Required);
    let listed = rig.menu(items());
    assert!(listed.contains("node='help'") && !listed.contains("node='info'"), "{listed}");
    assert!(rig.menu(command("help", None)).contains("status='completed'"));
    let mut rig = Rig::online(Encrypt::Preferred);
    assert!(rig.menu(items()).contains("node='info'"));
}

#[test]
fn an_update_tells_of_the_key() {
    for version in Version::ALL {
        let mut rig = Rig::online(Encrypt::Required);
        let mut phone = Phone::published(OWNER, version, 77, &mut rig.nodes);
        let hello = phone.say(&rig.nodes, Some("hello"));
        rig.arrives(&hello);
        let fingerprint = omemo::fingerprint(&phone.device.identity().public);
        let expected = format!(r#""encrypted":true,"fingerprint":"{fingerprint}","trust":"trusted""#);
        let updates = rig.take();
        assert!(updates[0].contains(&expected), "{updates:?}");
        // A later device waits for a decision.
        rig.wait(HOURS);
        let mut later = Phone::published(OWNER, version, 78, &mut rig.nodes);
        let hello = later.say(&rig.nodes, Some("hello, too"));
        rig.arrives(&hello);
        let updates = rig.take();
        assert!(updates.iter().any(|update| update.contains(r#""trust":"undecided""#)), "{updates:?}");
    }
}

/// A message goes in the version that reaches more devices, and in the older where both reach the same.
#[test]
fn one_version_for_a_message() {
    for (legacy, newer, wanted) in [
        (&[77][..], &[77][..], LEGACY),
        (&[77], &[77, 78], Version::Omemo2),
        (&[77, 79], &[77, 78], LEGACY),
        (&[], &[78], Version::Omemo2),
    ] {
        let mut rig = Rig::online(Encrypt::Required);
        let mut keys = BTreeMap::new();
        for (version, ids) in [(LEGACY, legacy), (Version::Omemo2, newer)] {
            for id in ids {
                // A device has one identity key, whatever the version.
                let key = keys.entry(*id).or_insert_with(|| with_entropy(|entropy| entropy.key()));
                let device = with_entropy(|entropy| Device::new(version, *id, key, 0, entropy));
                Phone { device, ..Phone::new(OWNER, version, *id) }.publish(&mut rig.nodes);
            }
        }
        sent_id(rig.say("geheim"));
        let sent = rig.take_sent();
        let elements = |version: Version| sent[0].find("encrypted", version.ns()).is_some();
        assert_eq!(sent.len(), 1);
        for version in Version::ALL {
            assert_eq!(elements(version), version == wanted, "{legacy:?} {newer:?}");
        }
    }
}

#[test]
fn a_flood_of_plain_text_is_one_line_of_the_log_an_hour() {
    journal::lines();
    let mut rig = Rig::online(Encrypt::Required);
    let made = journal::lines().into_iter().filter(|line| line.contains("made OMEMO device")).count();
    assert_eq!(made, 1, "it is one device in two versions");
    let flood = |rig: &mut Rig, hour: usize| {
        for n in 0..100 {
            rig.arrives(&plain("hello", &format!("flood-{hour}-{n}")));
        }
        journal::lines().into_iter().filter(|line| line.contains("in plain text was not taken")).count()
    };
    assert_eq!(flood(&mut rig, 0), 1);
    rig.wait(Duration::from_secs(3600));
    assert_eq!(flood(&mut rig, 1), 1);
}
