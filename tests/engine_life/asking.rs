//! `ask`: questions to people, their answers, and what becomes of both when time passes or the daemon is killed.

use super::*;

const BEN: &str = "ben@example.org";

/// A cloud bot that everybody may speak to, online.
struct Asks {
    rig: Rig,
    bot: BotInfo,
}

fn new_ask(text: &str, options: &[&str]) -> NewAsk {
    NewAsk {
        to: full(ANNA),
        kind: Kind::Chat,
        text: text.to_string(),
        options: options.iter().map(ToString::to_string).collect(),
        escalate: Vec::new(),
        escalate_after: None,
        expires: None,
        wait: Duration::ZERO,
        reply_to: None,
        encrypt: false,
        idempotency_key: None,
    }
}

fn minutes(count: u64) -> Duration {
    Duration::from_secs(60 * count)
}

impl Asks {
    fn new() -> Asks {
        let new = NewBot { mode: Mode::Cloud, access: Access::Public, ..dedicated("Ops", OWNER, BOT) };
        let (core, bot) = Core::with_bot(Store::memory(), setup(settings()), new);
        let mut rig = Rig { core, person: AccountId(0) };
        rig.online(rig.core.account);
        let mut asks = Asks { rig, bot };
        asks.rig.poll(&asks.bot.clone(), None, Some(&["message", "ask_answered"]));
        asks
    }

    fn killed(self) -> Asks {
        let mut rig = Rig { core: self.rig.core.killed(setup(settings())), ..self.rig };
        rig.batch(Vec::new());
        Asks { rig, ..self }
    }

    fn question(&mut self, question: AskQuestion) -> (Vec<Effect>, Ticket) {
        self.rig.begin(as_bot(&self.bot), Question::Ask(question))
    }

    /// Asks without waiting; gives its id and what was said.
    fn ask(&mut self, new: NewAsk) -> (i64, Vec<String>) {
        let (effects, _ticket) = self.question(AskQuestion::New(Box::new(new)));
        let said = bodies(&effects);
        match answers(effects).pop() {
            Some(Ok(Answer::Ask(info))) => (info.id, said),
            other => panic!("{other:?}"),
        }
    }

    fn refused(&mut self, new: NewAsk) -> Failure {
        let (effects, _ticket) = self.question(AskQuestion::New(Box::new(new)));
        assert!(bodies(&effects).is_empty());
        answers(effects).pop().expect("answered").unwrap_err()
    }

    fn state(&mut self, id: i64) -> AskInfo {
        let (effects, _ticket) = self.question(AskQuestion::Wait(id, Duration::ZERO));
        info(effects).expect("answered at once")
    }

    /// Somebody says something; gives what that causes.
    fn says(&mut self, who: &str, text: &str, reply_to: Option<&str>) -> Vec<Effect> {
        let id = format!("{text}-{}", reply_to.unwrap_or_default());
        let reply = reply_to.map(|id| RepliedTo { id: id.to_string(), to: None });
        let message = saying(text, Inbound { reply, ..from(&format!("{who}/phone"), BOT, &id) });
        self.rig.told(self.rig.core.account, session::Event::Message(Box::new(message)))
    }

    fn updates(&mut self) -> Vec<String> {
        self.rig.take(&self.bot.clone())
    }
}

/// What stanzas say.
fn bodies(effects: &[Effect]) -> Vec<String> {
    let body = |(_, stanza): &(u64, String)| parse(stanza).text_of("body", botmother::xmpp::ns::CLIENT);
    sends(effects).iter().filter_map(body).collect()
}

/// The id of the message with this in it.
fn id_of(effects: &[Effect], part: &str) -> String {
    let sent = sends(effects);
    let (_, stanza) = sent.iter().find(|(_, stanza)| stanza.contains(part)).expect("it was said");
    parse(stanza).attribute("id").expect("an id").to_string()
}

fn info(effects: Vec<Effect>) -> Option<AskInfo> {
    answers(effects).into_iter().find_map(|outcome| match outcome {
        Ok(Answer::Ask(info)) => Some(*info),
        Ok(Answer::AskBegun) => None,
        other => panic!("{other:?}"),
    })
}

#[test]
fn the_first_valid_answer_counts_and_reaches_whoever_waits() {
    let mut asks = Asks::new();
    let new = NewAsk { wait: minutes(60), ..new_ask("Restart?", &["yes", "no"]) };
    let (effects, _waits) = asks.question(AskQuestion::New(Box::new(new)));
    assert!(bodies(&effects)[0].starts_with("Restart?\n\n1. yes\n2. no\n"), "{:?}", bodies(&effects));
    assert!(matches!(answers(effects).as_slice(), [Ok(Answer::AskBegun)]), "who waits long hears that it was taken");
    // Talk is talk, and so is what others say.
    assert_eq!(info(asks.says(ANNA, "what for?", None)), None);
    assert_eq!(info(asks.says(BEN, "yes", None)), None);
    assert_eq!(asks.updates().len(), 2);
    let effects = asks.says(ANNA, "Yes!", None);
    assert_eq!(bodies(&effects), ["Restart?\n\n✓ yes"], "the question says what was answered");
    let told = info(effects).expect("whoever waits is told");
    let answer = told.answer.clone().unwrap();
    assert_eq!((told.status, answer.text.as_str(), answer.option), (AskStatus::Answered, "yes", Some(0)));
    assert_eq!((answer.by.as_str(), answer.encrypted, answer.trust), (ANNA, false, None));
    let updates = asks.updates();
    assert!(updates.len() == 1 && updates[0].starts_with("ask_answered "), "{updates:?}");
    assert!(updates[0].contains(r#""status":"answered","answer":"yes","option":0,"by":"anna@example.org""#));
    // The second one does not count any more; said bare, it is talk.
    let id = told.id;
    assert_eq!(bodies(&asks.says(ANNA, "no", None)), Vec::<String>::new());
    assert_eq!(asks.state(id).answer.unwrap().text, "yes");
}

#[test]
fn a_killed_daemon_goes_on_asking() {
    let mut asks = Asks::new();
    let keyed = |wait| NewAsk {
        idempotency_key: Some("k1".into()),
        expires: Some(minutes(60)),
        wait,
        ..new_ask("Go?", &["a", "b"])
    };
    let (id, said) = asks.ask(keyed(Duration::ZERO));
    assert_eq!(said.len(), 1);
    let mut asks = asks.killed();
    // The same key asks nobody again, and waits.
    let (effects, _waits) = asks.question(AskQuestion::New(Box::new(keyed(minutes(50) / 60))));
    assert!(bodies(&effects).is_empty() && answers(effects).is_empty());
    asks.rig.online(asks.rig.core.account);
    let effects = asks.says(ANNA, "2", None);
    assert_eq!(info(effects).expect("told").answer.unwrap().text, "b");
    // Killed before a single stanza went out: the answer stands, and what was heard twice is no second one.
    let mut asks = asks.killed();
    let out = asks.rig.online(asks.rig.core.account);
    assert!(out.iter().any(|(_, stanza)| stanza.contains("✓ b")), "{out:?}");
    assert!(bodies(&asks.says(ANNA, "2", None)).is_empty());
    let (again, said) = asks.ask(keyed(minutes(1)));
    assert_eq!((again, said.len()), (id, 0));
    assert_eq!(asks.state(id).answer.unwrap().option, Some(1));
    let other = NewAsk { text: "Other?".into(), ..keyed(Duration::ZERO) };
    assert!(matches!(asks.refused(other), Failure::Conflict(_)));
}

#[test]
fn time_ends_a_question_and_a_clock_does_not() {
    let mut asks = Asks::new();
    let new = NewAsk { wait: minutes(10), ..new_ask("Restart?", &["yes", "no"]) };
    let (effects, _waits) = asks.question(AskQuestion::New(Box::new(new)));
    let first = id_of(&effects, "Restart?");
    for clock in [400 * 86_400_000, -800 * 86_400_000] {
        asks.rig.core.now.unix_ms += clock;
        assert_eq!(info(asks.rig.wait(minutes(4))), None, "{clock}");
    }
    let effects = asks.rig.wait(minutes(2));
    assert_eq!(bodies(&effects), ["Restart?\n\nExpired: nobody has answered in time."]);
    assert_eq!(info(effects).expect("told").status, AskStatus::Expired);
    // Too late, by a reply or in a word; the word goes to the program, too.
    asks.updates();
    assert!(bodies(&asks.says(ANNA, "yes", Some(&first)))[0].contains("has expired"));
    assert!(bodies(&asks.says(ANNA, "yes", None))[0].contains("has expired"));
    assert_eq!(asks.updates().len(), 1);
    // A day later nothing is known of it.
    let (id, _) = asks.ask(NewAsk { expires: Some(minutes(1)), ..new_ask("Again?", &[]) });
    asks.rig.wait(minutes(2));
    assert_eq!(asks.state(id).status, AskStatus::Expired);
    asks.rig.wait(minutes(26 * 60));
    asks.rig.wait(minutes(61));
    let (effects, _ticket) = asks.question(AskQuestion::Wait(id, Duration::ZERO));
    assert!(matches!(answers(effects).as_slice(), [Err(Failure::NotFound(_))]));
}

#[test]
fn the_next_is_asked_while_nobody_answers() {
    let mut asks = Asks::new();
    let escalating = NewAsk {
        escalate: vec![full(BEN), full(OWNER)],
        escalate_after: Some(minutes(5)),
        expires: Some(minutes(60)),
        ..new_ask("Restart?", &["yes", "no"])
    };
    let (id, _) = asks.ask(escalating);
    assert!(bodies(&asks.rig.wait(minutes(4))).is_empty());
    let effects = asks.rig.wait(minutes(1));
    let passed = "Restart?\n\n(anna@example.org has not answered.)\n\n1. yes\n2. no\n";
    assert!(bodies(&effects)[0].starts_with(passed), "{:?}", bodies(&effects));
    assert_eq!(asks.state(id).asked, [ANNA, BEN]);
    // A kill changes nothing of that; who was asked first may still answer.
    let mut asks = asks.killed();
    asks.rig.online(asks.rig.core.account);
    let effects = asks.says(ANNA, "no", None);
    let mut said = bodies(&effects);
    said.sort();
    assert_eq!(said, ["Restart?\n\nAnswered by anna@example.org: no", "Restart?\n\n✓ no"]);
    assert!(bodies(&asks.rig.wait(minutes(30))).is_empty(), "nobody else is asked");
    let (_, said) = asks.ask(NewAsk { escalate: vec![full(BEN)], ..new_ask("More?", &["yes", "no"]) });
    assert_eq!(said.len(), 1);
    // Ben has not heard of that one, and the other is over.
    assert_eq!(asks.state(id).answer.unwrap().by, ANNA);
}

#[test]
fn who_was_slower_is_told_so() {
    let mut asks = Asks::new();
    let both =
        NewAsk { escalate: vec![full(BEN)], escalate_after: Some(minutes(1)), ..new_ask("Restart?", &["yes", "no"]) };
    asks.ask(both);
    let second = id_of(&asks.rig.wait(minutes(1)), "Restart?");
    asks.says(ANNA, "no", None);
    let told = bodies(&asks.says(BEN, "yes", Some(&second)));
    assert!(told[0].starts_with("That was already answered by anna@example.org at 20"), "{told:?}");
    assert!(told[0].ends_with("(UTC): no"), "{told:?}");
    assert!(bodies(&asks.says(BEN, "yes", None))[0].starts_with("That was already answered by anna"));
}

#[test]
fn of_several_questions_an_answer_names_its_own() {
    let mut asks = Asks::new();
    let (effects, _t) = asks.question(AskQuestion::New(Box::new(new_ask("Restart?", &["yes", "no"]))));
    let first = id_of(&effects, "Restart?");
    let (second, _) = asks.ask(new_ask("Delete all?", &["yes", "no"]));
    let (third, _) = asks.ask(new_ask("Which colour?", &["red", "blue"]));
    let which = bodies(&asks.says(ANNA, "yes", None));
    assert!(which[0].contains("#1 Restart?\n#2 Delete all?") && !which[0].contains("colour"), "{which:?}");
    assert_eq!(asks.state(second).status, AskStatus::Waiting);
    // A word that only one of them takes is no riddle; its number would be.
    asks.says(ANNA, "Red", None);
    assert_eq!(asks.state(third).answer.unwrap().text, "red");
    asks.says(ANNA, "#2 no", None);
    assert_eq!(asks.state(second).answer.unwrap().text, "no");
    assert!(bodies(&asks.says(ANNA, "perhaps", Some(&first)))[0].contains("1. yes\n2. no"));
    let effects = asks.says(ANNA, "yes", Some(&first));
    assert_eq!(bodies(&effects), ["Restart?\n\n✓ yes"]);
    let (effects, _t) = asks.question(AskQuestion::List);
    assert!(matches!(answers(effects).as_slice(), [Ok(Answer::Asks(open))] if open.is_empty()));
}

#[test]
fn a_button_answers_whatever_else_is_open() {
    let mut asks = Asks::new();
    let (effects, _t) = asks.question(AskQuestion::New(Box::new(new_ask("Restart?", &["yes", "no"]))));
    let first = id_of(&effects, "Restart?");
    let (second, _) = asks.ask(new_ask("Delete all?", &["yes", "no"]));
    let react = |who: &str, emoji: &str| {
        let reactions = Some(Reactions { id: first.clone(), emoji: vec![emoji.to_string()] });
        Inbound { reactions, ..from(&format!("{who}/phone"), BOT, &format!("{who}-{emoji}")) }
    };
    let account = asks.rig.core.account;
    // Who was not asked presses in vain.
    asks.rig.hears(account, react(BEN, "1️⃣"));
    let said = asks.rig.hears(account, react(ANNA, "2️⃣"));
    assert!(said.iter().any(|(_, stanza)| stanza.contains("✓ no")), "{said:?}");
    assert_eq!(asks.state(second).status, AskStatus::Waiting);
    let updates = asks.updates();
    assert_eq!(updates.iter().filter(|update| update.starts_with("callback_query")).count(), 0, "{updates:?}");
    assert!(updates.iter().any(|update| update.starts_with("ask_answered") && update.contains(r#""option":1"#)));
}

#[test]
fn any_words_will_do_without_options() {
    let mut asks = Asks::new();
    let (id, said) = asks.ask(new_ask("How warm is it?", &[]));
    assert_eq!(said, ["How warm is it?"]);
    assert!(!bodies(&asks.says(ANNA, "/help", None)).is_empty(), "commands stay commands");
    asks.says(ANNA, "21 degrees", None);
    let answer = asks.state(id).answer.unwrap();
    assert_eq!((answer.text.as_str(), answer.option), ("21 degrees", None));
    let (id, _) = asks.ask(new_ask("And now?", &[]));
    let (effects, _t) = asks.question(AskQuestion::Cancel(id));
    assert_eq!(bodies(&effects), ["And now?\n\nTaken back: no answer is needed any more."]);
    assert_eq!(info(effects).unwrap().status, AskStatus::Cancelled);
    asks.says(ANNA, "22", None);
    assert_eq!(asks.state(id).status, AskStatus::Cancelled);
}

#[test]
fn plain_text_does_not_answer_what_must_be_encrypted() {
    let (mut rig, bot, personal) = Rig::new();
    let ask = |to: &str| NewAsk { to: full(to), ..new_ask("Restart?", &["yes", "no"]) };
    let mut refused = |bot: &BotInfo, new: NewAsk| {
        let question = Question::Ask(AskQuestion::New(Box::new(new)));
        rig.ask(as_bot(bot), question).unwrap_err().to_string()
    };
    assert!(refused(&bot, ask(ANNA)).contains("may not speak to this bot"));
    assert!(refused(&personal, ask(ANNA)).contains("a personal bot can ask its owner and chats at Telegram"));
    assert!(refused(&bot, NewAsk { encrypt: true, ..ask(OWNER) }).contains("encrypt"));
    for (new, why) in [
        (NewAsk { text: " ".into(), ..ask(OWNER) }, "text"),
        (NewAsk { options: vec!["Yes".into(), "yes!".into()], ..ask(OWNER) }, "comes twice"),
        (NewAsk { options: vec![String::new()], ..ask(OWNER) }, "options"),
        (NewAsk { escalate: vec![full(OWNER)], ..ask(OWNER) }, "escalate"),
        (NewAsk { wait: minutes(61), ..ask(OWNER) }, "wait"),
    ] {
        assert!(refused(&bot, new).contains(why), "{why}");
    }
    // In the chat of an owner with himself any of his bots may be meant.
    let (effects, outcome) = rig.ask_all(as_bot(&personal), Question::Ask(AskQuestion::New(Box::new(ask(OWNER)))));
    assert!(matches!(outcome, Ok(Answer::Ask(_))) && bodies(&effects)[0].contains("Restart?"), "{outcome:?}");
    let said = saying("yes", from(&format!("{OWNER}/phone"), OWNER, "y1"));
    let said = rig.hears(rig.person, said);
    assert!(said.iter().any(|(_, stanza)| stanza.contains("✓ yes")), "{said:?}");
}
