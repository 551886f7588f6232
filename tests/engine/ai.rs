//! Bots with an AI: what is asked of the provider, in what order, and what people are told when it does not answer.

use super::*;
use botmother::base::call::{CallError, HttpAnswer, HttpCall, Part, Reach};

fn local() -> Rig {
    Rig::new()
}

pub(crate) fn setup_ai(rig: &mut Rig, bot: &BotInfo) {
    let settings = AiSettings {
        provider: Some("groq".to_string()),
        api_key: Some(Secret::new("gsk_secret")),
        model: Some("m1".to_string()),
        ..AiSettings::default()
    };
    let outcome = rig.ask(as_bot(bot), Question::SetAi(settings));
    assert!(matches!(outcome, Ok(Answer::AiSet { .. })), "{outcome:?}");
}

fn body(call: &HttpCall) -> String {
    let [Part::Bytes(bytes)] = &call.body[..] else { panic!("{call:?}") };
    String::from_utf8(bytes.clone()).unwrap()
}

/// Calls that are to be made: tag, key and body.
pub(crate) fn asked(effects: &[Effect]) -> Vec<(u64, String)> {
    let call = |effect: &Effect| match effect {
        Effect::Call { tag, call, .. } => Some((*tag, body(call))),
        _ => None,
    };
    effects.iter().filter_map(call).collect()
}

pub(crate) fn says(tag: u64, text: &str) -> Event {
    http_answered(tag, 200, &format!("{{\"choices\":[{{\"message\":{{\"content\":\"{text}\"}}}}]}}"))
}

/// What is sent in the self-chat.
fn said(effects: &[Effect]) -> Vec<String> {
    let body = |(_, stanza): (u64, String)| {
        let (_, rest) = stanza.split_once("<body>")?;
        Some(rest.split_once("</body>")?.0.to_string())
    };
    sends(effects).into_iter().filter_map(body).collect()
}

fn one<T>(mut all: Vec<T>) -> T {
    assert_eq!(all.len(), 1);
    all.remove(0)
}

/// A personal bot with its AI on, and its owner online.
fn thinking() -> (Rig, BotInfo) {
    let mut rig = local();
    let bot = rig.create(OWNER, "Clever");
    rig.online();
    setup_ai(&mut rig, &bot);
    (rig, bot)
}

#[test]
fn tokens_are_counted_where_the_service_says_them() {
    let (mut rig, _) = thinking();
    let (tag, _) = one(asked(&rig.phone("Hello")));
    rig.batch(vec![says(tag, "Hi!")]);
    let numbers = rig.numbers();
    assert!(!numbers.contains("ai_tokens_total{"), "nobody has counted: {numbers}");
    let counted = r#"{"choices":[{"message":{"content":"3."}}],"usage":{"prompt_tokens":17,"completion_tokens":4}}"#;
    for question in ["How much?", "And how many?"] {
        let (tag, _) = one(asked(&rig.phone(question)));
        rig.batch(vec![http_answered(tag, 200, counted)]);
    }
    let numbers = rig.numbers();
    assert!(numbers.contains("ai_tokens_total{provider=\"groq\",direction=\"input\"} 34\n"), "{numbers}");
    assert!(numbers.contains("ai_tokens_total{provider=\"groq\",direction=\"output\"} 8\n"), "{numbers}");
}

#[test]
fn a_conversation_is_remembered() {
    let (mut rig, bot) = thinking();
    let effects = rig.phone("Hello");
    let (tag, call) = one(asked(&effects));
    assert!(call.ends_with(r#"[{"role":"system","content":"You are a helpful assistant."},{"role":"user","content":"Hello"}],"max_tokens":2048}"#), "{call}");
    let composing = |effect: &Effect| matches!(effect, Effect::Session(_, Order::Send { tag: None, stanza }) if stanza.contains("composing") && stanza.contains("no-store"));
    assert!(effects.iter().any(composing));
    assert_eq!(said(&rig.batch(vec![says(tag, "Hi!")])), ["Hi!"]);
    let (tag, call) = one(asked(&rig.phone("And now?")));
    assert!(call.contains(r#"{"role":"user","content":"Hello"},{"role":"assistant","content":"Hi!"},{"role":"user","content":"And now?"}"#), "{call}");
    rig.batch(vec![says(tag, "Now.")]);
    let numbers = rig.numbers();
    assert!(numbers.contains("ai_requests_total{provider=\"groq\",result=\"ok\"} 2\n"), "{numbers}");
    // It lasts over a restart, and goes when it is told to.
    let mut rig = rig.killed();
    rig.online();
    let (tag, call) = one(asked(&rig.phone("3")));
    assert!(call.contains("And now?") && call.contains("Now."));
    rig.batch(vec![says(tag, "x")]);
    assert_eq!(said(&rig.phone("/ki clear")), ["Forgotten: 3 questions with their answers."]);
    let (_, call) = one(asked(&rig.phone("4")));
    assert!(!call.contains("And now?"));
    // The program got all of it, too.
    assert_eq!(rig.updates(&bot, None).len(), 4);
}

#[test]
fn memory_is_bounded_by_turns_and_size() {
    let (mut rig, _) = thinking();
    for i in 0..limits::AI_TURNS + 3 {
        let (tag, _) = one(asked(&rig.phone(&format!("q{i}."))));
        rig.batch(vec![says(tag, "a")]);
        rig.wait(Duration::from_secs(61));
    }
    let (tag, call) = one(asked(&rig.phone("last")));
    assert_eq!(call.matches("assistant\"").count(), limits::AI_TURNS);
    assert!(!call.contains("q2.") && call.contains("q3."));
    rig.batch(vec![says(tag, &"long ".repeat(limits::AI_HISTORY_BYTES / 5))]);
    let (_, call) = one(asked(&rig.phone("more")));
    assert_eq!(call.matches("assistant\"").count(), 0, "a pair goes whole");
}

#[test]
fn one_question_at_a_time() {
    let (mut rig, _) = thinking();
    let (first, _) = one(asked(&rig.phone("one")));
    for i in 0..limits::AI_QUEUE_MAX {
        let effects = rig.phone(&format!("more {i}"));
        assert!(asked(&effects).is_empty() && said(&effects).is_empty());
    }
    let effects = rig.phone("too much");
    assert!(one(said(&effects)).starts_with("One moment"), "{effects:?}");
    let effects = rig.batch(vec![says(first, "1")]);
    assert_eq!(said(&effects), ["1"]);
    let (second, call) = one(asked(&effects));
    assert!(call.contains("more 0") && call.contains("\"1\""));
    // `/stop` ends this one and those behind it.
    let effects = rig.phone("/stop");
    assert_eq!(said(&effects), ["Stopped."]);
    assert!(effects.iter().any(|effect| matches!(effect, Effect::CallOff(tag) if *tag == second)));
    assert!(asked(&effects).is_empty());
    assert!(rig.batch(vec![says(second, "2")]).is_empty(), "what was called off is not heard");
    assert_eq!(said(&rig.phone("/STOP")), ["There is nothing to stop."]);
}

#[test]
fn conversations_go_on_side_by_side_and_bots_share() {
    let mut rig = local();
    let bots = ["Popular", "Quiet"].map(|name| rig.create(OWNER, name));
    bots.iter().for_each(|bot| setup_ai(&mut rig, bot));
    let mut tickets = Vec::new();
    let mut ask = |rig: &mut Rig, bot: usize, from: &str| {
        let question = Question::AskAi { text: "q".to_string(), from: from.to_string(), is_live: false };
        let (effects, ticket) = rig.begin(as_bot(&bots[bot]), question);
        tickets.push(ticket);
        asked(&effects)
    };
    let most = limits::AI_WHOLE_CALLS_PER_BOT_MAX;
    let calls: Vec<_> = (0..most + 5).flat_map(|i| ask(&mut rig, 0, &format!("p{i}"))).collect();
    assert_eq!(calls.len(), most, "one bot has a share of what there is");
    let others: Vec<_> = (0..most).flat_map(|i| ask(&mut rig, 1, &format!("q{i}"))).collect();
    assert_eq!(others.len(), most);
    assert!(ask(&mut rig, 1, "somebody").is_empty());
    // What one bot has done is for its next, whoever came before.
    let next = one(asked(&rig.batch(vec![says(others[0].0, "a")])));
    assert_eq!(next.0, others.last().unwrap().0 + 1);
    let next = one(asked(&rig.batch(vec![says(calls[1].0, "a")])));
    assert_eq!(next.0, calls.last().unwrap().0 + 1);
}

/// Who hears his answer while it comes takes no thread: fifty at once, whatever waits for whole answers.
#[test]
fn many_hear_their_answers_at_once() {
    let mut rig = local();
    let bots: Vec<_> = ["One", "Two", "Three"].iter().map(|name| rig.create(OWNER, name)).collect();
    bots.iter().for_each(|bot| setup_ai(&mut rig, bot));
    let mut tickets = Vec::new();
    let mut ask = |rig: &mut Rig, bot: usize, from: &str, is_live: bool| {
        let question = Question::AskAi { text: "q".to_string(), from: from.to_string(), is_live };
        let (effects, ticket) = rig.begin(as_bot(&bots[bot]), question);
        tickets.push(ticket);
        asked(&effects)
    };
    let whole: Vec<_> = (0..30).flat_map(|i| ask(&mut rig, i % 3, &format!("w{i}"), false)).collect();
    assert_eq!(whole.len(), limits::AI_WHOLE_CALLS_MAX);
    let most = limits::AI_CALLS_MAX - whole.len();
    let live: Vec<_> = (0..most + 5).flat_map(|i| ask(&mut rig, i % 3, &format!("l{i}"), true)).collect();
    assert_eq!(live.len(), most, "what waits for a thread holds up nobody");
    // A thread that is free goes to what waits for one, and so does what was heard to its end.
    let next = one(asked(&rig.batch(vec![says(whole[0].0, "a")])));
    assert_eq!(next.0, whole.last().unwrap().0 + 1);
    let next = one(asked(&rig.batch(vec![says(live[0].0, "a")])));
    assert_eq!(next.0, live.last().unwrap().0 + 1);
}

#[test]
fn a_question_taken_back_or_corrected_is_not_answered() {
    let (mut rig, _) = thinking();
    let (first, _) = one(asked(&rig.phone("Waht?")));
    let mut correction = self_chat("What?", "fixed");
    correction.replaces = Some("id-Waht?".to_string());
    let effects = rig.session(session::Event::Message(Box::new(correction)));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::CallOff(tag) if *tag == first)));
    let (second, call) = one(asked(&effects));
    assert!(call.contains("What?") && !call.contains("Waht?"));
    let mut retraction = self_chat("x", "gone");
    retraction.body = None;
    retraction.retraction =
        Some(botmother::xmpp::message::Retraction { id: "fixed".to_string(), is_moderated: false, reason: None });
    let effects = rig.session(session::Event::Message(Box::new(retraction)));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::CallOff(tag) if *tag == second)), "{effects:?}");
    assert!(said(&effects).is_empty());
}

#[test]
fn failures_are_told_and_not_remembered() {
    let (mut rig, _) = thinking();
    for (status, answer, expected) in [
        (401, "{}", "groq does not accept the key"),
        (404, r#"{"error":{"message":"no m1"}}"#, "groq does not know the model m1"),
        (400, r#"{"error":{"message":"bad gsk_secret"}}"#, "groq refuses: bad ***"),
        (200, "<html>", "What answers at the address of groq is no AI"),
        (200, r#"{"choices":[{"message":{"content":null}}]}"#, "m1 gave no answer"),
    ] {
        let (tag, call) = one(asked(&rig.phone(&format!("q{status}{answer}"))));
        assert!(!call.contains("assistant\""), "{call}");
        let effects = rig.batch(vec![http_answered(tag, status, answer)]);
        assert!(one(said(&effects)).starts_with(expected), "{effects:?}");
    }
}

#[test]
fn a_service_in_trouble_is_asked_again() {
    let (mut rig, bot) = thinking();
    let (tag, first) = one(asked(&rig.phone("q")));
    assert!(rig.batch(vec![http_answered(tag, 500, "")]).is_empty());
    assert_eq!(rig.core.engine.deadline(), Some(rig.core.now.mono + limits::AI_RETRY_FIRST));
    let effects = rig.wait(limits::AI_RETRY_FIRST);
    assert_eq!(asked(&effects), [(tag, first.clone())]);
    let headers = vec![("retry-after".to_string(), "7".to_string())];
    let busy = HttpAnswer { status: 429, headers, ..HttpAnswer::default() };
    assert!(rig.batch(vec![Event::Called { tag, called: Box::new(Ok(busy)) }]).is_empty());
    assert!(asked(&rig.wait(Duration::from_secs(6))).is_empty());
    assert_eq!(asked(&rig.wait(Duration::from_secs(1))), [(tag, first)]);
    let effects = rig.batch(vec![Event::Called { tag, called: Box::new(Err(CallError::Refused)) }]);
    assert!(one(said(&effects)).contains("connection refused"));
    // Who told us to come back in an hour is not waited for, nor one that was silent all its time.
    let (tag, _) = one(asked(&rig.phone("r")));
    let effects = rig.batch(vec![Event::Called { tag, called: Box::new(Err(CallError::Timeout)) }]);
    assert!(one(said(&effects)).contains("no answer in time"));
    // With a substitute the other one is asked.
    for (command, there) in [("/ki fallback", "Now: No fallback."), ("/ki fallback groq", "Now: No fallback.")] {
        let how = one(said(&rig.phone(command)));
        assert!(how.contains("/ki fallback &lt;provider&gt; &lt;key&gt; [model]") && how.contains(there), "{how}");
    }
    assert!(one(said(&rig.phone("/ki fallback x"))).contains("I do not know this provider."));
    let effects = rig.phone("/ki fallback ollama - phi3");
    assert_eq!(said(&effects), ["When groq cannot answer, ollama / phi3 is asked."]);
    assert!(one(said(&rig.phone("/ki fallback mistral"))).contains("Now: ollama / phi3"));
    let (tag, _) = one(asked(&rig.phone("s")));
    let effects = rig.batch(vec![http_answered(tag, 401, "")]);
    let (again, call) = one(asked(&effects));
    assert!(again == tag && call.contains("phi3"), "{call}");
    let effects = rig.batch(vec![http_answered(tag, 200, r#"{"message":{"content":"yes"},"done":true}"#)]);
    assert_eq!(said(&effects), ["yes"]);
    let Ok(Answer::Ai(info)) = rig.ask(as_bot(&bot), Question::AiStatus) else { panic!() };
    assert_eq!(info.substitute.as_deref(), Some("ollama"));
}

#[test]
fn what_a_model_does_not_take_is_left_out() {
    let (mut rig, _) = thinking();
    let (tag, call) = one(asked(&rig.phone("q")));
    assert!(call.contains("max_tokens"));
    let refusal = r#"{"error":{"message":"Use 'max_completion_tokens' instead.","param":"max_tokens"}}"#;
    let (tag, call) = one(asked(&rig.batch(vec![http_answered(tag, 400, refusal)])));
    assert!(call.contains("max_completion_tokens"));
    assert_eq!(said(&rig.batch(vec![says(tag, "ok")])), ["ok"]);
}

#[test]
fn nothing_is_lost_when_a_commit_fails() {
    let (mut rig, _) = thinking();
    let (tag, _) = one(asked(&rig.phone("q")));
    plant(Bug::Next);
    let effects = rig.batch(vec![says(tag, "answer")]);
    assert!(bug_was_met() && said(&effects).is_empty());
    let again = one(asked(&rig.wait(limits::RECONNECT_FIRST)));
    assert_eq!(again.0, tag, "it is asked again");
    assert_eq!(said(&rig.batch(vec![says(tag, "answer")])), ["answer"]);
}

#[test]
fn a_restart_is_told() {
    let (mut rig, _) = thinking();
    rig.phone("one");
    rig.phone("two");
    let mut rig = rig.killed();
    assert_eq!(said(&rig.online()), ["I was restarted before I could answer. Please ask again."]);
    let mut rig = rig.killed();
    assert_eq!(said(&rig.online()).len(), 1, "not acknowledged, so sent again; but not told twice");
}

#[test]
fn long_answers_come_in_pieces() {
    let (mut rig, _) = thinking();
    let (tag, _) = one(asked(&rig.phone("q")));
    let parts = said(&rig.batch(vec![says(tag, &"word ".repeat(2000))]));
    assert_eq!(parts.len(), 3);
    assert!(parts.iter().all(|part| part.len() <= limits::AI_MESSAGE_BYTES));
}

#[test]
fn machines_that_talk_to_each_other_are_stopped() {
    let (mut rig, _) = thinking();
    for i in 0..limits::AI_PER_MINUTE_MAX {
        let (tag, _) = one(asked(&rig.phone(&format!("q{i}"))));
        rig.batch(vec![says(tag, "a")]);
    }
    assert!(one(said(&rig.phone("once more"))).contains("silent"));
    let effects = rig.phone("and again");
    assert!(asked(&effects).is_empty() && said(&effects).is_empty());
    rig.wait(limits::AI_QUIET);
    assert_eq!(asked(&rig.phone("later")).len(), 1);
}

#[test]
fn programs_ask_too() {
    let mut rig = local();
    let bot = rig.create(OWNER, "Clever");
    let ask =
        |text: &str, from: &str| Question::AskAi { text: text.to_string(), from: from.to_string(), is_live: false };
    assert!(matches!(rig.ask(as_bot(&bot), ask("q", "x")), Err(Failure::NotConfigured(_))));
    assert!(matches!(rig.ask(as_bot(&bot), Question::EnableAi(true)), Err(Failure::NotConfigured(_))));
    setup_ai(&mut rig, &bot);
    rig.ask(as_bot(&bot), Question::EnableAi(false)).unwrap();
    assert!(matches!(rig.ask(as_bot(&bot), ask("q", "x")), Err(Failure::NotEnabled(_))));
    rig.ask(as_bot(&bot), Question::EnableAi(true)).unwrap();
    let (effects, _ticket) = rig.begin(as_bot(&bot), ask("q", "x"));
    let (tag, _) = one(asked(&effects));
    let outcomes = answers(rig.batch(vec![says(tag, "a")]));
    assert!(matches!(&outcomes[..], [Ok(Answer::AiAnswer { text, cut: None, .. })] if text == "a"));
    // Others have conversations of their own.
    let (effects, _t2) = rig.begin(as_bot(&bot), ask("r", "y"));
    let (tag, call) = one(asked(&effects));
    assert!(!call.contains("assistant\""));
    let outcomes = answers(rig.batch(vec![http_answered(tag, 401, "")]));
    assert!(matches!(&outcomes[..], [Err(Failure::Remote { what: "ai_error", .. })]), "{outcomes:?}");
    // The end of a bot is told to those who wait.
    let (effects, _t3) = rig.begin(as_bot(&bot), ask("s", "y"));
    let (tag, _) = one(asked(&effects));
    let (effects, _t4) = rig.begin(Caller::Admin, Question::DeleteBot(bot.id));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::CallOff(off) if *off == tag)));
    assert_eq!(answers(effects).len(), 2);
}

#[test]
fn programs_hear_an_answer_while_it_comes() {
    let mut rig = local();
    let bot = rig.create(OWNER, "Clever");
    setup_ai(&mut rig, &bot);
    let ask = |text: &str| Question::AskAi { text: text.to_string(), from: "x".to_string(), is_live: true };
    let so_far = |effects: Vec<Effect>| match &answers(effects)[..] {
        [Ok(Answer::AiPart { text, is_instead: false })] => text.clone(),
        other => panic!("{other:?}"),
    };
    let (effects, _ticket) = rig.begin(as_bot(&bot), ask("q"));
    let is_stream =
        |effect: &Effect| matches!(effect, Effect::Call { manner: Manner::InPieces(pace), .. } if pace.is_zero());
    assert!(effects.iter().any(is_stream));
    let (tag, call) = one(asked(&effects));
    assert!(call.contains(r#""stream":true"#));
    assert_eq!(so_far(effects), "", "it is told at once that the question was accepted");
    let piece = |tag: u64, text: &str| {
        let lines = format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n").into_bytes().into();
        Event::Heard { tag, lines }
    };
    rig.core.pass(Duration::from_millis(1500));
    assert!(rig.batch(vec![piece(tag, "<th")]).is_empty(), "it may be a thought");
    assert!(rig.batch(vec![piece(tag, "ink>Hm.</think>")]).is_empty());
    assert_eq!(so_far(rig.batch(vec![piece(tag, "Once ")])), "Once");
    assert_eq!(so_far(rig.batch(vec![piece(tag, "upon")])), " upon");
    rig.batch(vec![Event::Heard { tag, lines: b"data: [DONE]\n".to_vec().into() }]);
    let outcomes = answers(rig.batch(vec![http_answered(tag, 200, "")]));
    assert!(
        matches!(&outcomes[..], [Ok(Answer::AiAnswer { text, cut: None, is_continued: true })] if text == "Once upon"),
        "{outcomes:?}"
    );
    let numbers = rig.numbers();
    assert!(numbers.contains("ai_first_token_seconds_sum 1.5\n") && numbers.contains("seconds_count 1\n"), "{numbers}");
    // Whoever goes away is not answered, and the next one is.
    let (effects, leaver) = rig.begin(as_bot(&bot), ask("r"));
    let (first, _) = one(asked(&effects));
    let (effects, _other) = rig.begin(as_bot(&bot), ask("s"));
    assert!(asked(&effects).is_empty());
    assert!(rig.batch(vec![Event::Left]).is_empty(), "nobody has gone");
    drop(leaver);
    let effects = rig.batch(vec![Event::Left]);
    assert!(effects.iter().any(|effect| matches!(effect, Effect::CallOff(tag) if *tag == first)), "{effects:?}");
    let (_, call) = one(asked(&effects));
    assert!(call.contains("Once upon") && !call.contains("\"r\""), "{call}");
    // He came and went within one batch.
    let (comes, left) = asking(as_bot(&bot), ask("t"));
    let release = rig.batch(vec![comes, Event::Left]);
    assert_eq!(answers(release).len(), 1);
    drop(left);
    rig.batch(vec![Event::Left]);
}

#[test]
fn setting_up_is_checked_and_keeps_its_secrets() {
    let mut rig = local();
    let bot = rig.create(OWNER, "Clever");
    let set = |provider: &str, key: Option<&str>, endpoint: Option<&str>| {
        Question::SetAi(AiSettings {
            provider: Some(provider.to_string()),
            api_key: key.map(Secret::new),
            endpoint: endpoint.map(str::to_string),
            ..AiSettings::default()
        })
    };
    for (question, field) in [
        (set("skynet", None, None), "provider"),
        (set("openai", None, None), "api_key"),
        (set("openai", Some("two words"), None), "api_key"),
        (set("openai", Some("k"), Some("ftp://h")), "endpoint"),
        (set("openai", Some("k"), Some("http://u:p@h")), "endpoint"),
        (set("openai", Some("k"), Some("http://h:99999/v1")), "endpoint"),
    ] {
        let outcome = rig.ask(as_bot(&bot), question);
        assert!(matches!(&outcome, Err(Failure::Invalid { field: found, .. }) if found == field), "{outcome:?}");
    }
    rig.online();
    setup_ai(&mut rig, &bot);
    let call_of = |rig: &mut Rig, text: &str| {
        let effects = rig.phone(text);
        let call = effects
            .into_iter()
            .find_map(|effect| if let Effect::Call { tag, call, .. } = effect { Some((tag, call)) } else { None });
        let (tag, call) = call.expect("a call");
        rig.batch(vec![says(tag, "a")]);
        call
    };
    assert_eq!(call_of(&mut rig, "1").secret_headers.len(), 1);
    // The key was for groq: nobody else gets it.
    rig.ask(as_bot(&bot), set("groq", None, Some("http://10.0.0.1/v1"))).unwrap();
    let call = call_of(&mut rig, "2");
    assert_eq!((call.secret_headers.len(), call.url.as_str()), (0, "http://10.0.0.1/v1/chat/completions"));
    assert_eq!(call.reach, Reach::Any);
    let Ok(Answer::Ai(info)) = rig.ask(as_bot(&bot), Question::AiStatus) else { panic!() };
    assert!(info.is_enabled && info.row.unwrap().key.is_empty());
}

#[test]
fn the_menu_in_the_self_chat() {
    let mut rig = local();
    rig.create(OWNER, "Clever");
    rig.create(OWNER, "Other");
    rig.online();
    let say = |rig: &mut Rig, text: &str| one(said(&rig.phone(text)));
    assert!(say(&mut rig, "/ki").starts_with("Which bot?"));
    assert!(say(&mut rig, "/ki 1").contains("AI: not set up"));
    assert!(say(&mut rig, "/ki 1 setup").contains("perplexity"));
    assert!(say(&mut rig, "/ai 1 setup groq").contains("https://console.groq.com/keys"));
    assert!(say(&mut rig, "/ki 1 on").contains("not set up"));
    let answer = say(&mut rig, "/ki 1 setup gsk_secret groq");
    assert!(answer.contains("do not know this provider") && !answer.contains("gsk_secret"));
    let answer = say(&mut rig, "/ki 1 setup groq gsk_secret llama-3.3-70b-versatile");
    assert!(answer.starts_with("AI configured!\nProvider: groq\nModel: llama-3.3-70b-versatile\nAI is now active."));
    assert!(!answer.contains("gsk_secret") && answer.contains("delete it"));
    // The only one with its AI on gets what is written.
    assert!(say(&mut rig, "/ki status").contains("Key: set"));
    let (tag, _) = one(asked(&rig.phone("plain text")));
    rig.batch(vec![says(tag, "a")]);
    assert_eq!(say(&mut rig, "/ki model x-1"), "Model: x-1");
    assert_eq!(say(&mut rig, "/ki system Be terse."), "System prompt saved.");
    assert!(say(&mut rig, "/ki system").contains("Be terse."));
    assert!(say(&mut rig, "/ki url http://localhost:8000/v1").contains("forgotten"));
    assert!(say(&mut rig, "/ki token k2").starts_with("Key saved."));
    // Without an address nothing changes, and the key stays; the usual ones come back only by saying so.
    let answer = say(&mut rig, "/ki url");
    assert!(answer.starts_with("Address: http://localhost:8000/v1\nChange it: /ki url &lt;address&gt;"), "{answer}");
    assert!(say(&mut rig, "/ki  status").contains("Key: set"));
    assert!(say(&mut rig, "/ki url -").starts_with("Address: https://api.groq.com"));
    say(&mut rig, "/ki system -");
    assert!(say(&mut rig, "/ki  system").starts_with("System prompt: You are a helpful assistant."));
    assert!(say(&mut rig, "/ki setup ollama - llama3").starts_with("AI configured!"));
    assert!(say(&mut rig, "/ki provider openclaw").starts_with("AI configured!"));
    assert!(say(&mut rig, "/ki url http://localhost:18789").contains("18789"));
    assert!(say(&mut rig, "/ki aus").starts_with("AI is off"));
    assert!(say(&mut rig, "/KI 1 status").contains("AI: off (openclaw / agent)"));
    assert!(asked(&rig.phone("more text")).is_empty());
}

#[test]
fn an_answer_is_shown_while_it_comes() {
    let (mut rig, _) = thinking();
    assert_eq!(said(&rig.phone("/ki stream on")), ["Answers are shown while they come."]);
    let effects = rig.phone("q");
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Call { manner: Manner::InPieces(_), .. })));
    let (tag, call) = one(asked(&effects));
    assert!(call.contains(r#""stream":true"#));
    let piece = |text: &str| {
        let lines = format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n").into_bytes().into();
        Event::Heard { tag, lines }
    };
    let passing = |effects: Vec<Effect>| {
        one(effects
            .into_iter()
            .filter_map(|effect| match effect {
                Effect::Session(_, Order::Send { tag: None, stanza }) => Some(stanza),
                _ => None,
            })
            .collect())
    };
    let first = passing(rig.batch(vec![piece("Once")]));
    assert!(
        first.contains("<body>Once …</body>") && first.contains("no-store") && !first.contains("replace"),
        "{first}"
    );
    let id = first.split("id='").nth(1).unwrap().split('\'').next().unwrap().to_string();
    let second = passing(rig.batch(vec![piece(" upon")]));
    let is_correction = |stanza: &str| stanza.contains("<replace ") && stanza.contains(&format!("'{id}'"));
    assert!(second.contains("<body>Once upon …</body>") && is_correction(&second), "{second}");
    assert!(rig.batch(vec![Event::Heard { tag, lines: b": ping\n".to_vec().into() }]).is_empty());
    rig.batch(vec![Event::Heard { tag, lines: b"data: [DONE]\n".to_vec().into() }]);
    let effects = rig.batch(vec![http_answered(tag, 200, "")]);
    assert_eq!(said(&effects), ["Once upon"]);
    let (_, last) = one(sends(&effects));
    assert!(is_correction(&last) && !last.contains("no-store") && last.contains("origin-id"), "{last}");
    // What broke is told when nothing came, and shown as far as it came.
    let (tag, _) = one(asked(&rig.phone("r")));
    let effects = rig.batch(vec![http_answered(tag, 401, "")]);
    assert!(one(said(&effects)).contains("does not accept the key"));
    // A service that answers whole after all is asked without.
    let (tag, _) = one(asked(&rig.phone("s")));
    let effects = rig.batch(vec![Event::Heard { tag, lines: b"{\n}\n".to_vec().into() }, http_answered(tag, 200, "")]);
    let (_, call) = one(asked(&effects));
    assert!(!call.contains("stream"));
    assert_eq!(said(&rig.batch(vec![says(tag, "whole")])), ["whole"]);
}

/// What all answers under way take is bounded: long ones end, ordinary ones do not.
#[test]
fn many_long_answers_are_cut_off() {
    let mut rig = local();
    let bots: Vec<_> = ["One", "Two", "Three"].iter().map(|name| rig.create(OWNER, name)).collect();
    bots.iter().for_each(|bot| setup_ai(&mut rig, bot));
    let mut tickets = Vec::new();
    let mut tags = Vec::new();
    for number in 0..limits::AI_CALLS_MAX {
        let from = format!("c{number}");
        let question = Question::AskAi { text: "q".to_string(), from, is_live: true };
        let (effects, ticket) = rig.begin(as_bot(&bots[number % 3]), question);
        tags.push(one(asked(&effects)).0);
        tickets.push(ticket);
    }
    let piece = |tag: u64, bytes: usize| {
        let text = "x".repeat(bytes);
        let lines = format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n").into_bytes().into();
        Event::Heard { tag, lines }
    };
    // All but the first are long, as far as they may be.
    for _ in 0..40 {
        for tag in &tags[1..] {
            rig.batch(vec![piece(*tag, 1024)]);
        }
        rig.batch(vec![piece(tags[0], 50)]);
    }
    let mut all = 0;
    for (number, tag) in tags.iter().enumerate() {
        rig.batch(vec![Event::Heard { tag: *tag, lines: b"data: [DONE]\n\n".to_vec().into() }]);
        let outcome = one(answers(rig.batch(vec![http_answered(*tag, 200, "")])));
        let Ok(Answer::AiAnswer { text, cut, .. }) = outcome else { panic!("{outcome:?}") };
        assert!(text.len() > limits::AI_TEXT_BYTES_FREE || number == 0, "{number}: {}", text.len());
        assert_eq!((cut, text.len() == 2000), if number == 0 { (None, true) } else { (Some("length"), false) });
        all += text.len();
    }
    assert!(all < limits::AI_TEXTS_BYTES_MAX + limits::AI_CALLS_MAX * 1200, "{all}");
}

/// What was a thought is taken back, and an answer that is not whole says so, to programs and to people.
#[test]
fn thoughts_are_taken_back_and_cuts_are_told() {
    let (mut rig, bot) = thinking();
    let piece = |tag: u64, text: &str| {
        let lines = format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n").into_bytes().into();
        Event::Heard { tag, lines }
    };
    let question = Question::AskAi { text: "q".to_string(), from: "x".to_string(), is_live: true };
    let (effects, _ticket) = rig.begin(as_bot(&bot), question);
    let (tag, _) = one(asked(&effects));
    let so_far = |effects| match one(answers(effects)) {
        Ok(Answer::AiPart { text, is_instead }) => (text, is_instead),
        other => panic!("{other:?}"),
    };
    assert_eq!(so_far(rig.batch(vec![piece(tag, "Let me see.")])), ("Let me see.".into(), false));
    assert!(rig.batch(vec![piece(tag, "</think>")]).is_empty());
    assert_eq!(so_far(rig.batch(vec![piece(tag, "Paris")])), ("Paris".into(), true));
    let outcome = one(answers(rig.batch(vec![http_answered(tag, 200, "")])));
    let Ok(Answer::AiAnswer { text, cut: Some("ended_early"), is_continued: true }) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(text, "Paris\n\n(The answer was cut off here: the provider broke off.)");
    // A person sees the same; and what was shown of a thought goes also when no answer comes.
    rig.phone("/ki stream on");
    let (tag, _) = one(asked(&rig.phone("r")));
    rig.batch(vec![piece(tag, "Let me see.")]);
    let effects =
        rig.batch(vec![piece(tag, "</think>"), Event::Heard { tag, lines: b"data: [DONE]\n\n".to_vec().into() }]);
    assert!(said(&effects).is_empty());
    let effects = rig.batch(vec![http_answered(tag, 200, "")]);
    assert!(one(said(&effects)).contains("gave no answer"));
    assert!(one(sends(&effects)).1.contains("<replace "), "{effects:?}");
    rig.phone("/ki stream off");
    let (tag, _) = one(asked(&rig.phone("s")));
    let cut = r#"{"choices":[{"message":{"content":"Lon"},"finish_reason":"length"}]}"#;
    let effects = rig.batch(vec![http_answered(tag, 200, cut)]);
    assert_eq!(said(&effects), ["Lon\n\n(The answer was cut off here: it is as long as allowed.)"]);
}
