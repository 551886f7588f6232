//! Histories in the chat of an owner with himself: switched on and off there, and what a bot's AI says is in them.

use super::ai::{asked, says, setup_ai};
use super::*;

/// What the manager answers.
fn answer(rig: &mut Rig, text: &str) -> String {
    let effects = rig.phone(text);
    sends(&effects).into_iter().map(|(_, stanza)| stanza).collect::<Vec<_>>().concat()
}

fn texts(rig: &mut Rig, bot: &BotInfo) -> Vec<String> {
    let query = HistoryQuery { chat: full(OWNER), limit: 100, before: None };
    match rig.ask(as_bot(bot), Question::GetHistory(query)) {
        Ok(Answer::History(page)) => page.messages.into_iter().map(|one| one.text).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_owner_says_for_how_long() {
    for (language, off, days, default) in [
        (Language::English, "keeps nothing of what is said", "keeps for 30 days", "(default: days in [history]"),
        (Language::German, "behält nichts von dem, was gesagt wird", "behält 30 Tage", "(Vorgabe: days in [history]"),
    ] {
        let mut rig = Rig::over(Store::memory(), language);
        let bot = rig.create(OWNER, "Echo");
        rig.online();
        let said = answer(&mut rig, "/history Echo");
        assert!(said.contains(off) && said.contains(default), "{said}");
        let said = answer(&mut rig, "/history 1 30");
        assert!(said.contains(days) && !said.contains(default), "{said}");
        rig.phone("hello");
        assert_eq!(texts(&mut rig, &bot), ["hello"]);
        assert!(answer(&mut rig, "/history 1 OFF").contains(off));
        assert!(!answer(&mut rig, "/history  1 ").contains(default));
        assert!(answer(&mut rig, "/history 1 default").contains(default));
        assert!(answer(&mut rig, "/history 1 long").contains("/history &lt;ID&gt;"));
        let said = answer(&mut rig, "/history 1 3651");
        let wrong = if language == Language::German {
            "Tage stimmt nicht; richtig: eine Zahl"
        } else {
            "days must be a number"
        };
        assert!(said.contains(wrong) && said.contains("3650"), "{said}");
        // Another's bot is not there.
        let other = rig.create("eve@example.org", "Eve");
        assert!(!answer(&mut rig, &format!("/history {} 30", other.id)).contains("30 "));
        assert!(matches!(
            rig.admin(Question::BotHistory(other.id)),
            Ok(Answer::BotHistory(HistoryInfo { days: 0, is_default: true, .. }))
        ));
    }
}

#[test]
fn answers_of_an_ai_are_kept() {
    let mut rig = Rig::new();
    let bot = rig.create(OWNER, "Clever");
    rig.online();
    setup_ai(&mut rig, &bot);
    rig.admin(Question::SetBotHistory(bot.id, Some(7))).unwrap();
    for (question, said) in [("Hello", "Hi!"), ("And now?", "Now.")] {
        let (tag, _) = asked(&rig.phone(question)).pop().unwrap();
        rig.batch(vec![says(tag, said)]);
    }
    // What the manager and the bot answer to commands is no message.
    rig.phone("/mybots");
    rig.phone("/ki 1 status");
    assert_eq!(texts(&mut rig, &bot), ["Hello", "Hi!", "And now?", "Now."]);
}

/// An answer that was shown while it came is kept once, and whole.
#[test]
fn an_answer_in_pieces_is_kept_whole() {
    let mut rig = Rig::new();
    let bot = rig.create(OWNER, "Clever");
    rig.online();
    setup_ai(&mut rig, &bot);
    let settings = AiSettings {
        provider: Some("groq".into()),
        model: Some("m1".into()),
        is_streaming: Some(true),
        ..AiSettings::default()
    };
    rig.ask(as_bot(&bot), Question::SetAi(settings)).unwrap();
    rig.admin(Question::SetBotHistory(bot.id, Some(7))).unwrap();
    let (tag, _) = asked(&rig.phone("Hello")).pop().unwrap();
    let piece =
        |text: &str| format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n").into_bytes();
    let mut shown = 0;
    for text in ["Good ", "morning"] {
        let effects = rig.batch(vec![Event::Heard { tag, lines: piece(text).into() }]);
        shown += stanzas(&effects).iter().filter(|(_, stanza)| stanza.contains("Good") && stanza.contains("…")).count();
        rig.wait(Duration::from_secs(5));
    }
    assert!(shown > 0, "shown while it came");
    rig.batch(vec![Event::Heard { tag, lines: b"data: [DONE]\n".to_vec().into() }]);
    rig.batch(vec![http_answered(tag, 200, "")]);
    assert_eq!(texts(&mut rig, &bot), ["Hello", "Good morning"]);
}

/// What an owner may store is shared by his bots; the oldest messages go.
#[test]
fn histories_hold_what_their_owner_may_store() {
    let mut rig = Rig::new();
    let bot = rig.create(OWNER, "Echo");
    let change = |storage| TenantChange {
        person: bare(OWNER),
        role: None,
        sees: None,
        bots: None,
        messages: None,
        storage: Some(storage),
        ai_calls: None,
    };
    rig.admin(Question::People(PeopleQuestion::Set(change(Some(1))))).unwrap();
    // From now on each has half of it.
    rig.create(OWNER, "Other");
    rig.online();
    rig.admin(Question::SetBotHistory(bot.id, Some(30))).unwrap();
    let large = "x".repeat(50 * 1024);
    let mut had_more = false;
    // An answer has half a MiB of text: there is more until that much is all there is.
    let is_bounded = (0..200).any(|number| {
        let said = self_chat(&format!("@Echo {number} {large}"), &format!("m{number}"));
        rig.session(session::Event::Message(Box::new(said)));
        rig.core.pass(Duration::from_secs(1));
        let query = HistoryQuery { chat: full(OWNER), limit: 100, before: None };
        let Ok(Answer::History(page)) = rig.ask(as_bot(&bot), Question::GetHistory(query)) else { panic!() };
        std::mem::replace(&mut had_more, page.more) && !page.more
    });
    assert!(is_bounded);
}
