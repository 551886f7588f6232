//! What goes to Telegram: in order, within its budget, once.

use super::*;

#[test]
fn a_chat_gets_what_is_said_in_order_one_call_at_a_time() {
    let mut rig = Rig::new(&["tg:7"]);
    rig.updates();
    let ids: Vec<String> = ["one", "*two*", "three"].map(|text| rig.say("tg:7", text).unwrap()).to_vec();
    rig.say("tg:8", "elsewhere").unwrap();
    assert_eq!(rig.waiting("sendMessage").len(), 1);
    rig.later(1);
    assert_eq!(rig.waiting("sendMessage").len(), 2, "other chats do not wait");
    assert!(rig.answer("sendMessage", sent(100)).contains(r#""chat_id":7,"text":"one""#));
    rig.later(1);
    rig.answer("sendMessage", sent(1));
    let body = rig.answer("sendMessage", sent(101));
    assert!(
        body.contains(r#""text":"two","entities":[{"offset":0,"length":3,"type":"bold"}]"#) || body.contains("bold")
    );
    let states: Vec<String> = rig.updates().into_iter().map(|(_, data)| data).collect();
    assert!(states[0].contains(&ids[0]) && states[0].contains(r#""state":"sent""#), "{states:?}");
    rig.later(1);
    rig.answer("sendMessage", refused(403, "Forbidden: bot was blocked by the user", ""));
    let states: Vec<String> = rig.updates().into_iter().map(|(_, data)| data).collect();
    assert!(states.iter().any(|data| data.contains(&ids[2]) && data.contains("blocked by the user")), "{states:?}");
    assert_eq!(rig.status().waiting, 0);
}

#[test]
fn a_long_text_goes_in_parts_which_are_changed_and_taken_back_together() {
    let mut rig = Rig::new(&["tg:7"]);
    let long = "ab ".repeat(3000);
    let id = rig.say("tg:7", &long).unwrap();
    for number in 100..103 {
        rig.answer("sendMessage", sent(number));
        rig.later(2);
    }
    assert!(rig.waiting("sendMessage").is_empty());
    rig.act("tg:7", BotAction::Edit { message_id: id.clone(), text: "short".into(), keyboard: None }).unwrap();
    assert!(rig.answer("editMessageText", sent(100)).contains(r#""message_id":100,"text":"short""#));
    rig.later(3);
    assert!(rig.answer("deleteMessages", ok(TRUE)).contains(r#""message_ids":[101,102]"#));
    rig.act("tg:7", BotAction::Reaction { message_id: "7:5".into(), emoji: "👍".into() }).unwrap();
    rig.later(3);
    let body = rig.answer("setMessageReaction", ok(TRUE));
    assert!(body.contains(r#""message_id":5,"reaction":[{"type":"emoji","emoji":"👍"}]"#), "{body}");
    rig.act("tg:7", BotAction::Deletion { message_id: id.clone() }).unwrap();
    rig.later(3);
    assert!(rig.answer("deleteMessages", ok(TRUE)).contains(r#""message_ids":[100]"#));
    let again = rig.act("tg:7", BotAction::Deletion { message_id: id });
    assert!(matches!(again, Err(Failure::Conflict(_))), "{again:?}");
}

#[test]
fn an_edit_waits_for_what_it_changes_and_a_reply_finds_it() {
    let mut rig = Rig::new(&["tg:7"]);
    let id = rig.say("tg:7", "one").unwrap();
    rig.act("tg:7", BotAction::Edit { message_id: id.clone(), text: "two".into(), keyboard: None }).unwrap();
    let new = NewMessage { reply_to: Some(id), ..NewMessage::text(&Jid::parse_any("tg:7").unwrap(), Kind::Chat, "re") };
    rig.send(new).unwrap();
    assert!(rig.waiting("editMessageText").is_empty());
    rig.answer("sendMessage", sent(77));
    rig.later(2);
    assert!(rig.answer("editMessageText", refused(400, "Bad Request: message is not modified", "")).contains("77"));
    rig.later(2);
    let body = rig.answer("sendMessage", sent(78));
    assert!(body.contains(r#""reply_parameters":{"message_id":77,"allow_sending_without_reply":true}"#), "{body}");
}

#[test]
fn silence_that_telegram_wants_is_kept_and_trouble_is_waited_out() {
    let mut rig = Rig::new(&["tg:7"]);
    rig.say("tg:7", "one").unwrap();
    rig.say("tg:7", "two").unwrap();
    rig.answer("sendMessage", refused(429, "Too Many Requests", r#","parameters":{"retry_after":60}"#));
    rig.later(59);
    assert!(rig.waiting("sendMessage").is_empty());
    rig.later(1);
    rig.answer("sendMessage", Err(CallError::Unsent(Box::new(CallError::Refused))));
    rig.later(2);
    rig.answer("sendMessage", refused(502, "Bad Gateway", ""));
    rig.later(4);
    assert!(rig.answer("sendMessage", sent(1)).contains("one"));
    rig.later(2);
    assert!(rig.answer("sendMessage", sent(2)).contains("two"), "in order");
}

#[test]
fn what_is_in_doubt_is_not_sent_twice_unless_somebody_says_so() {
    let mut rig = Rig::new(&["tg:7"]);
    rig.say("tg:7", "one").unwrap();
    rig.say("tg:7", "two").unwrap();
    rig.answer("sendMessage", Err(CallError::Timeout));
    rig.later(3);
    assert!(rig.waiting("sendMessage")[0].contains("two"), "what is behind it goes on");
    assert_eq!((rig.status().in_doubt, rig.status().waiting), (1, 1));
    // Killed while `two` is on its way.
    let mut rig = rig.killed();
    rig.later(60);
    assert!(rig.waiting("sendMessage").is_empty());
    assert_eq!((rig.status().in_doubt, rig.status().waiting), (2, 0));
    let info = info_of(rig.outcome(Question::Telegram(TelegramQuestion::Retry)));
    assert_eq!((info.in_doubt, info.waiting), (0, 2));
    assert!(rig.answer("sendMessage", sent(1)).contains("one"));
    rig.later(2);
    assert!(rig.answer("sendMessage", sent(2)).contains("two"));
    assert_eq!((rig.status().in_doubt, rig.status().waiting), (0, 0));
}

#[test]
fn the_queue_of_a_bot_is_bounded_and_goes_with_the_connection() {
    let mut rig = Rig::new(&["tg:7"]);
    for n in 0..limits::TELEGRAM_OUTBOX_MAX {
        rig.say("tg:7", &n.to_string()).unwrap();
    }
    assert!(matches!(rig.say("tg:7", "more"), Err(Failure::OutboxFull)));
    rig.outcome(Question::Telegram(TelegramQuestion::Remove)).unwrap();
    rig.later(100);
    assert!(rig.waiting("getUpdates").is_empty() && !rig.status().is_configured);
    assert!(matches!(rig.say("tg:7", "x"), Err(Failure::NotConfigured(_))));
}

/// A program may not have us knock at doors of the local network; its owner may, who says so in the chat.
#[test]
fn a_program_names_public_servers_only() {
    let mut rig = Rig::new(&[]);
    let at = |url: &str| {
        let (token, api_url) = (Some(Secret::new("42:TOKEN")), Some(url.to_string()));
        Question::Telegram(TelegramQuestion::Setup(TelegramSetup { token, api_url, ..TelegramSetup::default() }))
    };
    for url in ["http://127.0.0.1:8081", "http://localhost:8081/x", "http://[::1]", "http://192.168.1.5"] {
        let refused = rig.outcome(at(url));
        assert!(matches!(&refused, Err(Failure::Invalid { field, .. }) if field == "api_url"), "{url}: {refused:?}");
    }
    // Where a name leads is judged when it is called, and from then on each time.
    let ticket = rig.ask(at("http://nas.example:8081"));
    rig.answer("getMe", ok(ME));
    rig.answer("getWebhookInfo", ok(NO_WEBHOOK));
    assert!(info(ticket).is_configured && rig.reaches.iter().all(|reach| *reach == Reach::PublicOnly));
    let mut rig = rig.killed();
    rig.hear("tg:7");
    rig.say("tg:7", "hi").unwrap();
    assert_eq!(rig.reaches.last(), Some(&Reach::PublicOnly));
    let ticket = rig.ask(at(""));
    rig.answer("getMe", ok(ME));
    rig.answer("getWebhookInfo", ok(NO_WEBHOOK));
    assert!(info(ticket).is_configured && rig.reaches.last() == Some(&Reach::Any), "Telegram's own");
    rig.engine.core.batch.setup.api.may_call_private = true;
    rig.ask(at("http://127.0.0.1:8081"));
    assert_eq!((rig.waiting("getMe").len(), rig.reaches.last()), (1, Some(&Reach::Any)));
}

/// `/why`: what waits, what was put off, what is there and what is in doubt.
#[test]
fn the_way_of_a_message_is_known() {
    let mut rig = Rig::new(&["tg:7"]);
    let steps = |rig: &mut Rig, id: &str| -> Vec<String> {
        let Ok(Answer::Why(info)) = rig.outcome(Question::Why(id.to_string())) else { panic!() };
        info.steps.iter().map(|step| format!("{} {}", step.what, step.why).trim().to_string()).collect()
    };
    let one = rig.say("tg:7", "one").unwrap();
    let two = rig.say("tg:7", "two").unwrap();
    assert_eq!(steps(&mut rig, &one), ["accepted", "waits_for_telegram it was asked"]);
    assert_eq!(steps(&mut rig, &two), ["accepted", "waits_for_telegram"]);
    rig.answer("sendMessage", refused(429, "Too Many Requests", r#","parameters":{"retry_after":3}"#));
    rig.later(3);
    rig.answer("sendMessage", sent(100));
    let silence = "delayed Telegram wants 3 s of silence in this chat";
    assert_eq!(steps(&mut rig, &one), ["accepted", silence, "sent Telegram has it"]);
    rig.later(2);
    rig.answer("sendMessage", Err(CallError::Timeout));
    let doubt = steps(&mut rig, &two);
    assert!(doubt.len() == 2 && doubt[1].starts_with("in_doubt "), "{doubt:?}");
    // In a linked chat: where it went.
    rig.outcome(Question::Bridge(crate::core::handle::BridgeQuestion::Link(crate::core::handle::NewLink::new(
        BareJid::parse_any("tg:7").unwrap(),
    ))))
    .unwrap();
    rig.answer("getUpdates", updates(&[anna(1, 55, r#""text":"hi""#)]));
    let heard = steps(&mut rig, "7:55");
    assert!(heard.iter().any(|step| step.starts_with("passed to owner@local as ")), "{heard:?}");
}
