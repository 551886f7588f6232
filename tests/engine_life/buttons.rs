//! Buttons in chats: how they are shown, and by what they are pressed.

use botmother::base::jid::Jid;
use botmother::xml::Element;
use botmother::xmpp::adhoc::Request;
use botmother::xmpp::dataform::{Form, FormKind};
use botmother::xmpp::message::RepliedTo;
use botmother::xmpp::ns;
use botmother::xmpp::stanza::{Iq, IqKind};

use super::*;

fn button(text: &str, press: Press) -> Vec<Button> {
    vec![Button { text: text.to_string(), press }]
}

/// "Yes" tells `y`, "No" tells `n`, and there is a link.
fn question() -> Keyboard {
    let mut keyboard = Keyboard::choices([("Yes", "y"), ("No", "n")]);
    keyboard.rows.insert(1, button("Why?", Press::Url("https://example.org/why".to_string())));
    keyboard
}

fn keys(texts: &[&str], is_once: bool) -> Keyboard {
    let rows = texts.iter().map(|text| button(text, Press::Say)).collect();
    Keyboard { kind: KeyboardKind::Reply { is_once, placeholder: None }, rows }
}

impl Rig {
    /// Says a text with buttons; gives its id and stanza.
    fn offer(&mut self, bot: &BotInfo, to: &str, text: &str, keyboard: Keyboard) -> (String, String) {
        let new = NewMessage { keyboard: Some(keyboard), ..message(to, text) };
        match self.ask_all(as_bot(bot), Question::SendMessage(new)) {
            (effects, Ok(Answer::Sent { message_id, .. })) => (message_id, sends(&effects).pop().unwrap_or_default().1),
            (_, other) => panic!("{other:?}"),
        }
    }

    /// The owner writes to the bot.
    fn hears_text(&mut self, text: &str) {
        self.hears_from(OWNER, text, None);
    }

    fn hears_from(&mut self, who: &str, text: &str, reply: Option<&str>) {
        let account = self.core.account;
        self.core.pass(Duration::from_secs(1));
        let id = format!("w{}", self.core.now.unix_ms);
        let reply = reply.map(|id| RepliedTo { id: id.to_string(), to: None });
        self.hears(account, Inbound { reply, ..saying(text, from(who, BOT, &id)) });
    }

    fn reacts(&mut self, who: &str, to: &str, emoji: &[&str]) {
        let account = self.core.account;
        self.core.pass(Duration::from_secs(1));
        let reactions = Reactions { id: to.to_string(), emoji: emoji.iter().map(ToString::to_string).collect() };
        let id = format!("e{}", self.core.now.unix_ms);
        self.hears(account, Inbound { reactions: Some(reactions), ..from(who, BOT, &id) });
    }

    fn acts(&mut self, who: &str, action: &str) {
        let account = self.core.account;
        self.core.pass(Duration::from_secs(1));
        let id = format!("x{}", self.core.now.unix_ms);
        self.hears(account, Inbound { action: Some(action.to_string()), ..from(who, BOT, &id) });
    }

    /// What the bot's program was told since the last look: type and what was pressed or said.
    fn heard(&mut self, bot: &BotInfo) -> Vec<String> {
        let value = |update: &str, name: &str| {
            let rest = update.split_once(&format!(r#""{name}":""#))?.1;
            Some(rest.split_once('"')?.0.to_string())
        };
        let all = self.take(bot);
        all.iter()
            .filter_map(|update| {
                let kind = update.split(' ').next()?;
                let words = value(update, "data").or_else(|| value(update, "body"));
                (kind != "message_state").then(|| format!("{kind} {}", words.unwrap_or_default()).trim().to_string())
            })
            .collect()
    }

    fn command(&mut self, who: &str, kind: IqKind, payload: Element) -> String {
        let (from, to) = (Jid::parse(who).ok(), Jid::parse(&format!("{BOT}/x")).ok());
        let request = Iq { kind, id: "q".into(), from, to, payload: Some(payload), error: None };
        let account = self.core.account;
        let effects = self.told(account, session::Event::Request(Box::new(request)));
        let (_, stanza) = sends(&effects).into_iter().find(|(_, stanza)| stanza.starts_with("<iq")).expect("an answer");
        stanza
    }
}

#[test]
fn one_message_has_every_tier() {
    let (mut rig, bot, personal) = Rig::new();
    let (id, stanza) = rig.offer(&bot, OWNER, "Restart?", question());
    let words = "Restart?\n\n1. Yes\nWhy?: https://example.org/why\n2. No\nAnswer with the number.";
    assert!(stanza.contains(&format!("<body>{words}</body>")), "{stanza}");
    let action = format!("<action xmlns='urn:xmpp:tmp:quick-response' id='{id}/2' label='No'/>");
    assert!(stanza.contains(&action), "{stanza}");
    assert!(!stanza.contains("label='Why?'"), "a link is no action");
    let item = format!("<item jid='{BOT}/").to_string();
    assert!(stanza.contains(&item) && stanza.contains(&format!("node='button/{id}/1' name='Yes'")), "{stanza}");
    let end = words.chars().count();
    let fallback = "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:tmp:quick-response'>";
    assert!(stanza.contains(&format!("{fallback}<body start='8' end='{end}'/></fallback>")), "{stanza}");
    // Keys say their text.
    let (_, stanza) = rig.offer(&bot, OWNER, "What?", keys(&["Status", "Help"], false));
    assert!(stanza.contains("<response xmlns='urn:xmpp:tmp:quick-response' value='Help' label='Help'/>"), "{stanza}");
    // Others have no commands at a person's account.
    let (_, stanza) = rig.offer(&personal, ANNA, "Tea?", question());
    assert!(stanza.contains("1. Yes") && stanza.contains("<action") && !stanza.contains("disco#items"), "{stanza}");
    let (_, stanza) = rig.offer(&personal, OWNER, "Tea?", question());
    assert!(stanza.contains("disco#items"), "{stanza}");
}

#[test]
fn numbers_and_labels_press_and_are_not_told() {
    let (mut rig, bot, _) = Rig::new();
    let (id, _) = rig.offer(&bot, OWNER, "Restart?", question());
    for said in ["1", "no", " 2. "] {
        rig.hears_text(said);
    }
    let updates = rig.take(&bot);
    let expected = [("y", "Yes"), ("n", "No"), ("n", "No")];
    assert_eq!(updates.len(), 3, "{updates:?}");
    for (update, (data, text)) in updates.iter().zip(expected) {
        assert!(update.starts_with(r#"callback_query {"id":""#), "{update}");
        let rest = format!(
            r#""from":"{OWNER}","to":"{BOT}","message_id":"{id}","data":"{data}","text":"{text}","type":"chat","timestamp":"#
        );
        assert!(update.contains(&rest), "{update}");
    }
    for said in ["3", "perhaps", "1 moment", "/1"] {
        rig.hears_text(said);
    }
    assert_eq!(rig.heard(&bot), ["message 3", "message perhaps", "message 1 moment", "message /1"]);
    // Nobody else has anything to press there.
    rig.hears_from(ANNA, "1", None);
    assert!(rig.heard(&bot).is_empty(), "he may not even speak to it");
}

#[test]
fn a_number_means_buttons_only_as_long_as_it_can_mean_nothing_else() {
    let (mut rig, bot, _) = Rig::new();
    let (first, _) = rig.offer(&bot, OWNER, "Order?", question());
    rig.say(&bot, OWNER, "(There is only pizza.)");
    rig.hears_text("1");
    assert_eq!(rig.heard(&bot), ["callback_query y"], "the bot went on before anybody answered");
    rig.say(&bot, OWNER, "How many?");
    rig.hears_text("2");
    assert_eq!(rig.heard(&bot), ["message 2"]);
    // By its label, in reply or by a reaction it can still be meant.
    rig.hears_text("No");
    rig.hears_from(OWNER, "2", Some(&first));
    rig.reacts(OWNER, &first, &["1\u{fe0f}\u{20e3}"]);
    assert_eq!(rig.heard(&bot), ["callback_query n", "callback_query n", "callback_query y"]);
    // The newest counts, and in reply the one that is answered.
    rig.offer(&bot, OWNER, "Drink?", Keyboard::choices([("Tea", "t"), ("Water", "w")]));
    rig.hears_text("1");
    rig.hears_from(OWNER, "1", Some(&first));
    rig.hears_from(OWNER, "1", Some("unknown"));
    assert_eq!(rig.heard(&bot), ["callback_query t", "callback_query y", "message 1"]);
}

#[test]
fn reactions_press_once() {
    let (mut rig, bot, _) = Rig::new();
    let (id, _) = rig.offer(&bot, OWNER, "Restart?", question());
    let (one, two) = ("1\u{fe0f}\u{20e3}", "2\u{20e3}");
    rig.reacts(OWNER, &id, &[one]);
    rig.reacts(OWNER, &id, &[one, "👍"]);
    let mut rig = rig.killed();
    rig.online(rig.core.account);
    rig.reacts(OWNER, &id, &[one, two]);
    rig.reacts(OWNER, &id, &[]);
    rig.reacts(OWNER, &id, &[two]);
    rig.reacts(OWNER, &id, &["👍"]);
    let heard = ["callback_query y", "reaction", "callback_query n", "callback_query n", "reaction"];
    assert_eq!(rig.heard(&bot), heard);
    rig.reacts(OWNER, &id, &["9\u{fe0f}\u{20e3}"]);
    rig.reacts(OWNER, "another", &[one]);
    rig.reacts(ANNA, &id, &[one]);
    assert_eq!(rig.heard(&bot), ["reaction", "reaction"]);
}

#[test]
fn quick_responses_press() {
    let (mut rig, bot, _) = Rig::new();
    let (id, _) = rig.offer(&bot, OWNER, "Restart?", question());
    rig.acts(OWNER, &format!("{id}/2"));
    for wrong in [format!("{id}/3"), format!("{id}/0"), format!("{id}/"), "x/1".to_string(), "y".to_string()] {
        rig.acts(OWNER, &wrong);
    }
    rig.acts(ANNA, &format!("{id}/1"));
    assert_eq!(rig.heard(&bot), ["callback_query n"]);
}

#[test]
fn menus_press() {
    let (mut rig, bot, _) = Rig::new();
    let phone = format!("{OWNER}/phone");
    let list = || Element::new("query", ns::DISCO_ITEMS).with("node", ns::COMMANDS);
    assert!(!rig.command(&phone, IqKind::Get, list()).contains("buttons"), "there is nothing to press");
    let (id, _) = rig.offer(&bot, OWNER, "Restart?", question());
    assert!(rig.command(&phone, IqKind::Get, list()).contains("node='buttons'"));
    let execute = |node: &str| Element::new("command", ns::COMMANDS).with("node", node).with("action", "execute");
    // The button of the message itself.
    let answer = rig.command(&phone, IqKind::Set, execute(&format!("button/{id}/1")));
    assert!(answer.contains("status='completed'") && answer.contains("Pressed: Yes"), "{answer}");
    // The list of all.
    let form = rig.command(&phone, IqKind::Set, execute("buttons"));
    assert!(form.contains("<option label='2. No'>") && form.contains(&format!("<value>{id}/2</value>")), "{form}");
    let found = form.split("sessionid='").nth(1).unwrap().split('\'').next().unwrap();
    let filled = Form::new(FormKind::Submit).with_value("button", &format!("{id}/2")).build();
    let submit = Element::new("command", ns::COMMANDS).with("node", "buttons").with("sessionid", found);
    assert!(Request::read(&submit).is_some());
    let answer = rig.command(&phone, IqKind::Set, submit.with_child(filled));
    assert!(answer.contains("Pressed: No"), "{answer}");
    assert_eq!(rig.heard(&bot), ["callback_query y", "callback_query n"]);
    // Others do not press it, and what is gone cannot be pressed.
    let answer = rig.command(&format!("{ANNA}/x"), IqKind::Set, execute(&format!("button/{id}/1")));
    assert!(answer.contains("forbidden"), "{answer}");
    let answer = rig.command(&phone, IqKind::Set, execute(&format!("button/{id}/7")));
    assert!(answer.contains("not there any more"), "{answer}");
    assert!(rig.heard(&bot).is_empty());
}

#[test]
fn buttons_are_changed_and_taken_away() {
    let (mut rig, bot, _) = Rig::new();
    let (id, _) = rig.offer(&bot, OWNER, "Restart?", question());
    let other = Keyboard::choices([("Really", "r")]);
    let sent = rig.act(&bot, OWNER, BotAction::Buttons { message_id: id.clone(), keyboard: Some(other) }).unwrap();
    let replace = format!("<replace xmlns='urn:xmpp:message-correct:0' id='{id}'/>");
    assert!(sent[0].1.contains("<body>Restart?\n\n1. Really\nAnswer with the number.</body>"), "{sent:?}");
    assert!(sent[0].1.contains(&replace), "{sent:?}");
    let correction = sent[0].1.split(" id='").nth(1).unwrap().split('\'').next().unwrap().to_string();
    rig.acts(OWNER, &format!("{id}/1"));
    assert!(rig.heard(&bot).is_empty(), "what a client still shows of before means nothing");
    rig.acts(OWNER, &format!("{correction}/1"));
    rig.hears_text("really");
    // A client may name the correction, or what it corrects.
    rig.hears_from(OWNER, "1", Some(&correction));
    rig.reacts(OWNER, &correction, &["1\u{fe0f}\u{20e3}"]);
    assert_eq!(rig.heard(&bot), vec!["callback_query r"; 4]);
    // An edit without buttons takes them away.
    let edit = BotAction::Edit { message_id: id.clone(), text: "Restarted.".to_string(), keyboard: None };
    let sent = rig.act(&bot, OWNER, edit).unwrap();
    assert!(sent[0].1.contains("<body>Restarted.</body>") && !sent[0].1.contains("quick-response"), "{sent:?}");
    rig.hears_text("1");
    rig.hears_from(OWNER, "1", Some(&id));
    assert_eq!(rig.heard(&bot), ["message 1", "message 1"]);
    // Of what has none, it is not known what it says.
    let change = BotAction::Buttons { message_id: id.clone(), keyboard: Some(question()) };
    assert!(matches!(rig.act(&bot, OWNER, change), Err(Failure::NotFound(text)) if text.contains("`text`")));
    // So does a deletion.
    let (id, _) = rig.offer(&bot, OWNER, "Again?", question());
    rig.act(&bot, OWNER, BotAction::Deletion { message_id: id }).unwrap();
    rig.hears_text("1");
    assert_eq!(rig.heard(&bot), ["message 1"]);
}

#[test]
fn keys_say_their_text() {
    let (mut rig, bot, _) = Rig::new();
    let (id, _) = rig.offer(&bot, OWNER, "What?", keys(&["Status", "/info"], false));
    rig.hears_text("1");
    rig.hears_text("status");
    rig.reacts(OWNER, &id, &["1\u{fe0f}\u{20e3}"]);
    assert_eq!(rig.heard(&bot), ["message Status", "message Status", "message Status"]);
    // What they say may be a command.
    rig.hears_text("2");
    assert!(rig.heard(&bot).is_empty(), "the bot answers that itself");
    // Others take their place.
    rig.offer(&bot, OWNER, "Boy or girl?", keys(&["Boy", "Girl"], true));
    rig.hears_text("2");
    rig.hears_text("2");
    assert_eq!(rig.heard(&bot), ["message Girl", "message 2"], "once");
    rig.offer(&bot, OWNER, "What?", keys(&["Status"], false));
    let remove = Keyboard { kind: KeyboardKind::Remove, rows: Vec::new() };
    let (_, stanza) = rig.offer(&bot, OWNER, "Bye", remove);
    assert!(stanza.contains("<body>Bye</body>"), "{stanza}");
    rig.hears_text("1");
    assert_eq!(rig.heard(&bot), ["message 1"]);
}

#[test]
fn in_the_self_chat_buttons_are_those_of_the_bot_that_showed_them() {
    let (mut rig, _, first) = Rig::new();
    let person = rig.person;
    let new = NewBot::new("Other", bare(OWNER));
    let Ok(Answer::Created(other)) = rig.ask(Caller::Admin, Question::CreateBot(new)) else { panic!() };
    rig.offer(&other, OWNER, "Other?", Keyboard::choices([("O", "o")]));
    rig.offer(&first, OWNER, "First?", Keyboard::choices([("F", "f")]));
    let phone = format!("{OWNER}/phone");
    rig.hears(person, saying("1", from(&phone, OWNER, "m1")));
    rig.hears(person, saying("/bots", from(&phone, OWNER, "m2")));
    assert_eq!(rig.heard(&first), ["callback_query f"]);
    assert!(rig.heard(&other).is_empty());
}

#[test]
fn presses_outlive_a_kill_and_are_answered_once() {
    let (mut rig, bot, _) = Rig::new();
    rig.offer(&bot, OWNER, "Restart?", question());
    let mut rig = rig.killed();
    rig.online(rig.core.account);
    rig.hears_text("1");
    let update = rig.take(&bot).remove(0);
    let id = update.split(r#""id":""#).nth(1).unwrap().split('"').next().unwrap().to_string();
    let mut rig = rig.killed();
    rig.online(rig.core.account);
    let answer = |text: Option<&str>, key: Option<&str>| {
        Question::AnswerPress(NewPressAnswer {
            callback_id: id.clone(),
            text: text.map(str::to_string),
            is_alert: false,
            idempotency_key: key.map(str::to_string),
        })
    };
    let (_, outcome) = rig.ask_all(as_bot(&bot), answer(Some(&"x".repeat(201)), None));
    assert!(matches!(outcome, Err(Failure::Invalid { field, .. }) if field == "text"));
    let (effects, outcome) = rig.ask_all(as_bot(&bot), answer(Some("It restarts."), Some("k")));
    assert!(matches!(outcome, Ok(Answer::Done)), "{outcome:?}");
    let sent = sends(&effects);
    assert!(sent[0].1.contains(&format!("to='{OWNER}'")) && sent[0].1.contains("<body>It restarts.</body>"));
    let (effects, outcome) = rig.ask_all(as_bot(&bot), answer(Some("It restarts."), Some("k")));
    assert!(matches!(outcome, Ok(Answer::Done)) && sends(&effects).is_empty(), "once");
    let outcome = rig.ask(as_bot(&bot), answer(None, None));
    assert!(matches!(outcome, Err(Failure::NotFound(text)) if text.contains("answered already")));
    // Buttons go with age.
    rig.core.pass(limits::SENT_RETENTION + limits::PURGE_INTERVAL);
    rig.batch(Vec::new());
    rig.core.pass(limits::SENT_RETENTION + limits::PURGE_INTERVAL);
    rig.batch(Vec::new());
    rig.hears_text("yes");
    assert_eq!(rig.heard(&bot), ["message yes"]);
}

#[test]
fn the_oldest_buttons_go_beyond_the_limit() {
    let (mut rig, bot, _) = Rig::new();
    let (first, _) = rig.offer(&bot, OWNER, "First?", question());
    for _ in 1..limits::KEYBOARDS_PER_BOT_MAX {
        rig.offer(&bot, ANNA, "More?", question());
    }
    rig.hears_from(OWNER, "1", Some(&first));
    rig.offer(&bot, ANNA, "And more?", question());
    rig.hears_from(OWNER, "1", Some(&first));
    assert_eq!(rig.heard(&bot), ["callback_query y", "message 1"]);
}

#[test]
fn a_failed_batch_leaves_no_buttons() {
    let (mut rig, bot, _) = Rig::new();
    let many = Keyboard::choices(vec![("x", "x"); limits::BUTTONS_MAX + 1]);
    let new = NewMessage { keyboard: Some(many), ..message(OWNER, "Too many") };
    let outcome = rig.ask(as_bot(&bot), Question::SendMessage(new));
    assert!(matches!(outcome, Err(Failure::Invalid { field, .. }) if field == "buttons"));
    rig.hears_text("1");
    assert_eq!(rig.heard(&bot), ["message 1"]);
}
