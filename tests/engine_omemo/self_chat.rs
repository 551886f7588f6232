//! OMEMO in the chat with oneself: the daemon is one more device of an account that has others, which go on living
//! whatever it does.

use botmother::core::setup::Settings;

use super::*;

#[path = "self_chat/days.rs"]
mod days;
#[path = "self_chat/devices.rs"]
mod devices;

const HERE: &str = "ralf@example.org/daemon";
const FRIEND: &str = "mia@example.org";
/// Longer than all devices count as there from the beginning.
const LATER: Duration = Duration::from_secs(20 * 60);

/// An engine with the owner's account and a personal bot.
struct Home {
    core: Core,
    resource: String,
    features: &'static [&'static str],
    token: Secret,
    nodes: Nodes,
    sent: Vec<(u64, Element)>,
    /// What was sent and is not kept: presence, last words.
    passing: Vec<String>,
    outcomes: Vec<Outcome>,
}

fn writing(self_chat: Encrypt) -> Settings {
    Settings { encrypt: Encrypt::Required, self_chat, ..settings() }
}

impl Rigged for Home {
    type Caused = ();

    fn core(&mut self) -> &mut Core {
        &mut self.core
    }

    fn batch(&mut self, events: Vec<Event>) {
        settle(self, events, |home, effect| {
            match effect {
                Effect::Session(account, Order::Start(config, _)) => {
                    (home.core.account, home.features) = (account, config.features);
                    home.resource = config.resource;
                    home.passing.push(config.presence);
                }
                Effect::Session(account, Order::Ask { tag, to, kind, payload }) => {
                    let outcome = home.nodes.answer(&asked_of(&to, OWNER), kind, &payload);
                    return vec![Event::Session(account, session::Event::Answer { tag, outcome })];
                }
                Effect::Session(_, Order::Send { tag: Some(tag), stanza }) => home.sent.push((tag, parse(&stanza))),
                Effect::Session(_, Order::Send { tag: None, stanza }) => home.passing.push(stanza),
                Effect::Answer(_, outcome) => home.outcomes.push(outcome),
                _ => {}
            }
            Vec::new()
        });
    }
}

impl Home {
    fn new(self_chat: Encrypt) -> Home {
        let mut home = Home {
            core: Core::new(Store::memory(), setup(writing(self_chat))),
            resource: String::new(),
            features: &[],
            token: Secret::default(),
            nodes: Nodes::default(),
            sent: Vec::new(),
            passing: Vec::new(),
            outcomes: Vec::new(),
        };
        let jid = bare(OWNER);
        let (host, ca_file, pin) = Default::default();
        home.manage(Question::AddAccount(NewAccount {
            jid: jid.clone(),
            password: Secret::new("pw"),
            host,
            ca_file,
            pin,
        }))
        .unwrap();
        match home.manage(Question::CreateBot(NewBot::new("Bot", jid))) {
            Ok(Answer::Created(bot)) => home.token = bot.token.unwrap(),
            other => panic!("{other:?}"),
        }
        home
    }

    /// With a phone and a tablet that were there before.
    fn online(self_chat: Encrypt, version: Version) -> (Home, Phone, Phone) {
        let mut home = Home::new(self_chat);
        let (phone, tablet) = (Phone::new(OWNER, version, 77), Phone::new(OWNER, version, 78));
        phone.publish(&mut home.nodes);
        tablet.publish(&mut home.nodes);
        home.come_online();
        (home, phone, tablet)
    }

    fn come_online(&mut self) {
        self.signed_in(HERE);
    }

    fn arrives(&mut self, stanza: &Element) {
        match message::read(stanza, &bare(OWNER)) {
            Reading::Live(message) | Reading::Archived { message, .. } if message.is_for_engine() => {
                self.session(session::Event::Message(message));
            }
            other => panic!("{other:?}"),
        }
    }

    /// A carbon copy of it arrives.
    fn copied(&mut self, direction: &'static str, stanza: &Element) {
        let forwarded = Element::new("forwarded", ns::FORWARD).with_child(stanza.clone());
        let copy = Element::new(direction, ns::CARBONS).with_child(forwarded);
        self.arrives(&Element::new("message", ns::CLIENT).with("from", OWNER).with("to", HERE).with_child(copy));
    }

    /// It is found in the archive.
    fn archived(&mut self, id: &str, stanza: &Element) {
        let forwarded = Element::new("forwarded", ns::FORWARD).with_child(stanza.clone());
        let result = Element::new("result", "urn:xmpp:mam:2").with("id", id).with_child(forwarded);
        self.arrives(&Element::new("message", ns::CLIENT).with("from", OWNER).with_child(result));
    }

    /// Another client has published a list.
    fn notified(&mut self, version: Version, list: Element) {
        self.nodes.set(OWNER, version.devices_node(), "current", list.clone());
        self.arrives(&list_notice(OWNER, version, list).with("to", HERE));
    }

    fn ask_as(&mut self, caller: Caller, question: Question) -> Outcome {
        let _ticket = self.begin(caller, question);
        self.outcomes.pop().expect("answered at once")
    }

    fn manage(&mut self, question: Question) -> Outcome {
        self.ask_as(Caller::Admin, question)
    }

    fn ask(&mut self, question: Question) -> Outcome {
        self.ask_as(Caller::Bot(self.token.clone(), Scope::Any), question)
    }

    fn say(&mut self, to: &str, text: &str) -> Outcome {
        self.ask(Question::SendMessage(message(to, text)))
    }

    fn updates(&mut self) -> Vec<String> {
        printed(take_updates(None, |question| self.ask(question)))
    }

    fn take_sent(&mut self) -> Vec<Element> {
        let sent = std::mem::take(&mut self.sent);
        self.acked(sent)
    }

    fn ids(&self, version: Version) -> Vec<u32> {
        self.nodes.devices(OWNER, version)
    }

    /// Our device.
    fn device(&mut self) -> u32 {
        match self.ask(Question::Keys(KeyQuestion::Status)) {
            Ok(Answer::Keys(KeyAnswer::Status(status))) => status.device.expect("made").device,
            other => panic!("{other:?}"),
        }
    }

    /// What another client of the owner writes to himself.
    fn note(&mut self, from: &mut Phone, text: &str) -> Element {
        let device = self.device();
        from.say_to(&self.nodes, (OWNER, device), Some(text))
    }

    /// The texts that a client reads of what was sent to the owner.
    fn read(&mut self, by: &mut Phone) -> Vec<String> {
        let sent = self.take_sent();
        sent.iter().filter_map(|stanza| by.hear_from(OWNER, stanza).ok().flatten()).collect()
    }
}

#[test]
fn what_comes_on_three_ways_is_read_once() {
    for version in Version::ALL {
        let (mut home, mut phone, mut tablet) = Home::online(Encrypt::Preferred, version);
        let help = home.note(&mut phone, "/mybots");
        home.copied("sent", &help);
        home.copied("received", &help);
        home.arrives(&help);
        let sent = home.take_sent();
        assert_eq!(sent.len(), 1, "{sent:?}");
        assert!(sent[0].find("private", ns::CARBONS).is_some() && !sent[0].print("").contains("Bot "));
        let answers = [&mut phone, &mut tablet].map(|client| client.hear_from(OWNER, &sent[0]).unwrap().unwrap());
        assert!(answers[0].contains("Bot") && answers[0] == answers[1], "{answers:?}");
        let own = home.device().to_string();
        assert!(
            !sent[0].print("").contains(&format!("rid='{own}'"))
                && !sent[0].print("").contains(&format!("rid=\"{own}\""))
        );

        // Our own words come back on the same ways.
        let echo = sent[0].clone().with("from", &format!("{OWNER}/{}", home.resource));
        home.arrives(&echo);
        home.archived("a2", &echo);
        let other = sent[0].clone().with("from", OWNER);
        home.archived("a3", &other);
        assert_eq!((home.take_sent(), home.updates()), (vec![], vec![]));

        // For the bot, with the session as good as before; again from the archive, under another id.
        let note = home.note(&mut phone, "buy milk");
        home.copied("sent", &note);
        home.archived("a4", &note);
        home.archived("a5", &help);
        let updates = home.updates();
        assert_eq!(updates.len(), 1, "{updates:?}");
        assert!(updates[0].contains(r#""body":"buy milk""#) && updates[0].contains(r#""encrypted":true"#));
        assert!(sent_id(home.say(OWNER, "bought")).1);
        assert_eq!(home.read(&mut phone), ["bought"]);
        // Nothing is owed, nobody begins anew.
        home.wait(Duration::from_secs(60));
        assert_eq!(home.take_sent(), vec![]);
    }
}

#[test]
fn an_empty_message_is_answered_by_none() {
    let (mut home, mut phone, _) = Home::online(Encrypt::Preferred, LEGACY);
    let device = home.device();
    let empty = phone.say_to(&home.nodes, (OWNER, device), None);
    home.arrives(&empty);
    assert_eq!((home.take_sent(), home.updates()), (vec![], vec![]));
    // It began a session, which is confirmed with an empty one; that is no carbon either.
    home.wait(Duration::from_secs(10));
    let sent = home.take_sent();
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert!(sent[0].find("private", ns::CARBONS).is_some() && sent[0].find("body", ns::CLIENT).is_none());
    assert_eq!(phone.hear_from(OWNER, &sent[0]), Ok(None));
    home.arrives(&phone.say_to(&home.nodes, (OWNER, device), None));
    home.wait(Duration::from_secs(60));
    assert_eq!(home.take_sent(), vec![]);
}

#[test]
fn without_another_device_it_is_plain_or_nothing() {
    let mut home = Home::new(Encrypt::Preferred);
    home.come_online();
    assert!(!sent_id(home.say(OWNER, "in the clear")).1);
    assert!(home.take_sent()[0].print("").contains("in the clear"));
    // A device that was given up, without a bundle, is none.
    let list = home.nodes.get(OWNER, LEGACY.devices_node()).unwrap();
    home.notified(LEGACY, omemo::add_device(LEGACY, Some(&list), 99, None));
    assert!(!sent_id(home.say(OWNER, "still in the clear")).1);
    assert!(home.take_sent()[0].print("").contains("still in the clear"));
    // One that is there gets everything from then on.
    Phone::published(OWNER, LEGACY, 77, &mut home.nodes);
    home.notified(LEGACY, home.nodes.get(OWNER, LEGACY.devices_node()).unwrap());
    assert!(sent_id(home.say(OWNER, "a secret")).1);
    assert!(!home.take_sent()[0].print("").contains("a secret"));

    let mut home = Home::new(Encrypt::Required);
    home.come_online();
    match home.say(OWNER, "never") {
        Err(Failure::Remote { what: "send_failed", why }) => assert!(why.contains("OMEMO"), "{why}"),
        other => panic!("{other:?}"),
    }
    let plain = |id: &str| {
        let body = Element::new("body", ns::CLIENT).with_text("hello");
        let stanza = Element::new("message", ns::CLIENT).with("from", "ralf@example.org/desk").with("to", OWNER);
        stanza.with("type", "chat").with("id", id).with_child(body)
    };
    home.arrives(&plain("p1"));
    home.arrives(&plain("p2"));
    let sent = home.take_sent();
    assert!(sent.len() == 1 && sent[0].print("").contains("self_chat"), "one hint: {sent:?}");
    assert_eq!(home.updates(), Vec::<String>::new());
}

#[test]
fn who_does_not_know_our_device_is_told_so_and_no_stranger_is() {
    let (mut home, mut phone, _) = Home::online(Encrypt::Preferred, LEGACY);
    let to_tablet = |phone: &mut Phone, home: &Home, text| phone.say_to(&home.nodes, (OWNER, 78), text);
    // What devices say to each other without a text is their affair.
    let empty = to_tablet(&mut phone, &home, None);
    home.copied("sent", &empty);
    assert_eq!(home.take_sent(), vec![]);
    for text in ["one", "two"] {
        let note = to_tablet(&mut phone, &home, Some(text));
        home.copied("sent", &note);
    }
    let sent = home.take_sent();
    assert!(sent.len() == 1 && sent[0].print("").contains("not encrypted for my device"), "{sent:?}");
    let mut friend = Phone::new(FRIEND, LEGACY, 5);
    let said = friend.say_to(&home.nodes, (OWNER, 78), Some("for your phone"));
    home.arrives(&said);
    home.wait(LATER);
    assert_eq!((home.take_sent(), home.updates()), (vec![], vec![]));
}

#[test]
fn friends_are_heard_by_bots_that_may_and_written_to() {
    for version in Version::ALL {
        let (mut home, mut phone, _) = Home::online(Encrypt::Preferred, version);
        let device = home.device();
        let mut friend = Phone::published(FRIEND, version, 5, &mut home.nodes);
        let hello = friend.say_to(&home.nodes, (OWNER, device), Some("hello Ralf"));
        home.copied("received", &hello);
        assert_eq!((home.take_sent(), home.updates()), (vec![], vec![]), "no bot wants to hear it");
        // Manners: the session that has begun is confirmed, with nothing to be seen.
        home.wait(Duration::from_secs(10));
        let sent = home.take_sent();
        assert!(sent.len() == 1 && sent[0].find("body", ns::CLIENT).is_none(), "{sent:?}");
        assert_eq!(friend.hear_from(OWNER, &sent[0]), Ok(None));

        let all = NewBot { receive: Receive::All, ..NewBot::new("Ears", bare(OWNER)) };
        let Ok(Answer::Created(ears)) = home.manage(Question::CreateBot(all)) else { panic!() };
        home.token = ears.token.unwrap();
        let said = friend.say_to(&home.nodes, (OWNER, device), Some("and again"));
        home.arrives(&said);
        home.copied("received", &said);
        let updates = home.updates();
        assert_eq!(updates.len(), 1, "{updates:?}");
        assert!(updates[0].contains("and again") && updates[0].contains(r#""encrypted":true"#), "{updates:?}");
        // The owner's own words to him are not for bots.
        let own = phone.say_to(&home.nodes, (OWNER, device), Some("hello Mia"));
        let own = own.children().cloned().fold(
            Element::new("message", ns::CLIENT).with("from", own.attribute("from").unwrap()).with("to", FRIEND),
            Element::with_child,
        );
        home.copied("sent", &own);
        assert_eq!(home.take_sent(), vec![]);
        assert_eq!(home.updates(), Vec::<String>::new());

        // The bot's answer is for him and for the owner's other clients.
        assert!(sent_id(home.say(FRIEND, "he is out")).1);
        let sent = home.take_sent();
        assert_eq!((sent.len(), sent[0].attribute("to")), (1, Some(FRIEND)), "{sent:?}");
        assert_eq!(friend.hear_from(OWNER, &sent[0]), Ok(Some("he is out".to_string())));
        assert_eq!(phone.hear_from(OWNER, &sent[0]), Ok(Some("he is out".to_string())));
        // Somebody without is written to in plain text.
        assert!(!sent_id(home.say("old@example.org", "hello there")).1);
        assert!(home.take_sent()[0].print("").contains("hello there"));
    }
}

#[test]
fn where_nobody_reads_nobody_is_written_to() {
    let mut home = Home::new(Encrypt::Preferred);
    // Left over from another daemon, with all that belongs to it.
    for version in Version::ALL {
        Phone::new(OWNER, version, 55).publish(&mut home.nodes);
    }
    let list = omemo::add_device(Version::Omemo2, None, 55, Some("Botmother"));
    home.nodes.set(OWNER, Version::Omemo2.devices_node(), "current", list);
    home.come_online();
    assert!(!sent_id(home.say(OWNER, "in the clear")).1);
    assert!(home.take_sent()[0].print("").contains("in the clear"));
    let mut phone = Phone::published(OWNER, LEGACY, 77, &mut home.nodes);
    home.notified(LEGACY, home.nodes.get(OWNER, LEGACY.devices_node()).unwrap());
    assert!(sent_id(home.say(OWNER, "a secret")).1);
    let sent = home.take_sent();
    assert_eq!(phone.hear_from(OWNER, &sent[0]), Ok(Some("a secret".to_string())));
    assert!(!sent[0].print("").contains("\"55\"") && !sent[0].print("").contains("'55'"), "{sent:?}");
    // It stays on the list, whosever it is.
    assert!(home.ids(LEGACY).contains(&55));
}

#[test]
fn who_asks_encrypted_is_answered_so_before_his_list_is_read() {
    let mut home = Home::new(Encrypt::Preferred);
    home.come_online();
    // Set up while the daemon was away, it writes what is read from the archive before we are online.
    let mut phone = Phone::new(OWNER, LEGACY, 77);
    home.session(session::Event::Offline { why: "gone".into(), retry_in: Duration::ZERO });
    phone.publish(&mut home.nodes);
    home.bound(HERE);
    let note = home.note(&mut phone, "/mybots");
    home.archived("a1", &note);
    home.session(session::Event::Online { resumed: false });
    let sent = home.take_sent();
    assert!(sent.len() == 1 && !sent[0].print("").contains("Bot "), "{sent:?}");
    assert!(phone.hear_from(OWNER, &sent[0]).unwrap().unwrap().contains("Bot"));
}
