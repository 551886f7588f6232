//! Quotas: what is counted, what is refused, when it is free again, and that a kill forgets nothing of it.

use super::*;
use requests::header;

const DAY_S: i64 = 86_400;

fn say(rig: &Rig, token: &str) -> Response {
    rig.post(token, "/bot/sendMessage", r#"{"to":"owner@local","text":"hi"}"#)
}

fn set(rig: &Rig, more: &str) {
    rig.done(ADMIN, "/user/set", &format!(r#"{{"account":"owner@local",{more}}}"#));
}

/// What owner@local has used: bots, messages.
fn used(rig: &Rig) -> (i64, i64) {
    let users = rig.read(ADMIN, "/user/list").need_objects("users").unwrap();
    let user = users.iter().find(|user| member(user, "account") == "owner@local").unwrap();
    (user.number_at(&["used", "bots"]).unwrap(), user.number_at(&["used", "messages"]).unwrap())
}

#[test]
fn messages_of_a_day() {
    let rig = Rig::new("messages");
    let ((bot, one), (_, two), (_, other)) = (rig.bot("owner@local"), rig.bot("owner@local"), rig.bot(ANNA));
    assert_eq!((say(&rig, &one).status, say(&rig, &two).status), (200, 200));
    // What was said before there was a quota counts.
    set(&rig, r#""messages":5"#);
    assert_eq!(used(&rig), (2, 2));
    assert_eq!((say(&rig, &one).status, say(&rig, &two).status), (200, 200));
    let rig = rig.killed();
    assert_eq!(used(&rig), (2, 4));
    assert_eq!(say(&rig, &one).status, 200);
    let refused = say(&rig, &two);
    assert_eq!(refused.status, 429);
    let body = text(&refused);
    assert!(body.contains("limit_reached") && body.contains("the quota of 5 messages a day is used up"), "{body}");
    let seconds: i64 = header(&refused, "Retry-After").unwrap().parse().unwrap();
    assert!((1..=DAY_S).contains(&seconds) && body.contains(&format!(r#""retry_after":{seconds}"#)), "{body}");
    // What is no message goes on, and so do the bots of others.
    assert_eq!(rig.get(&two, "/bot/getUpdates").status, 200);
    let elsewhere = rig.post(&other, "/bot/sendMessage", r#"{"to":"x@example.org","text":"hi"}"#);
    assert!(!text(&elsewhere).contains("quota"), "{}", text(&elsewhere));
    // Deleting a bot does not free what it has said.
    rig.done(ADMIN, "/bot/delete", &format!(r#"{{"id":{bot}}}"#));
    assert_eq!(say(&rig, &two).status, 429);
    let rig = rig.killed();
    assert_eq!((used(&rig), say(&rig, &two).status), ((1, 5), 429));

    rig.wait(seconds - 1);
    assert_eq!(say(&rig, &two).status, 429);
    rig.wait(1);
    assert_eq!((say(&rig, &two).status, used(&rig)), (200, (1, 1)));
    set(&rig, r#""messages":0"#);
    assert!((0..9).all(|_| say(&rig, &two).status == 200));
}

/// Far more than a bot has remembered, with a kill between.
#[test]
fn many_messages_are_counted_once() {
    let rig = Rig::new("thousands");
    let (_, token) = rig.bot("owner@local");
    set(&rig, r#""messages":1000"#);
    for _ in 0..600 {
        assert_eq!(say(&rig, &token).status, 200);
    }
    let rig = rig.killed();
    assert_eq!(used(&rig).1, 600);
    for _ in 0..400 {
        assert_eq!(say(&rig, &token).status, 200);
    }
    assert_eq!(say(&rig, &token).status, 429);
}

/// The same request under the same key is no message more, and not refused either.
#[test]
fn what_was_said_already_is_not_refused() {
    let rig = Rig::new("key");
    let (_, token) = rig.bot("owner@local");
    set(&rig, r#""messages":1"#);
    let again = || {
        let sent = posted("/bot/sendMessage", r#"{"to":"owner@local","text":"hi"}"#);
        answer(&*rig.serve, with(shown(sent, &token), "idempotency-key", "k"))
    };
    let first = text(&again()).to_string();
    assert_eq!((first.contains("message_id"), text(&again())), (true, first.as_str()));
    assert_eq!(say(&rig, &token).status, 429);
}

#[test]
fn bots_of_an_owner() {
    let rig = Rig::new("bots");
    set(&rig, r#""bots":1"#);
    rig.bot("owner@local");
    let create =
        |name: &str| rig.post(ADMIN, "/bot/create", &format!(r#"{{"name":"{name}","account":"owner@local"}}"#));
    let refused = create("Two");
    assert_eq!((refused.status, text(&refused).contains("limit_reached")), (429, true), "{}", text(&refused));
    set(&rig, r#""bots":"default""#);
    assert!((0..19).all(|_| create("More").status == 200));
    assert_eq!(create("Last").status, 429);
    for wrong in ["-1", "1000000001", "\"much\""] {
        let body = format!(r#"{{"account":"owner@local","storage":{wrong}}}"#);
        assert_eq!(rig.post(ADMIN, "/user/set", &body).status, 400, "{wrong}");
    }
}

#[cfg(feature = "brain-ai")]
#[test]
fn questions_to_ais() {
    let rig = Rig::new("ai");
    let (_, token) = rig.bot("owner@local");
    let setup = r#"{"provider":"ollama","model":"m","endpoint":"http://127.0.0.1:9"}"#;
    rig.done(&token, "/bot/ai/setup", setup);
    rig.done(&token, "/bot/ai/enable", r#"{"enabled":true}"#);
    set(&rig, r#""ai_calls":2"#);
    let ask = |rig: &Rig, token: &str| {
        // Nobody calls the service here, so nobody waits for its answer either.
        match (rig.serve)(shown(posted("/bot/ai/ask", r#"{"message":"hi"}"#), token)) {
            botmother::http::Reply::Now(response) => Some(response),
            botmother::http::Reply::Later(promise) => {
                smol::block_on(smol::future::or(async { Some(promise.await) }, async {
                    smol::Timer::after(std::time::Duration::from_millis(300)).await;
                    None
                }))
            }
        }
    };
    assert!(ask(&rig, &token).is_none() && ask(&rig, &token).is_none());
    let refused = ask(&rig, &token).expect("refused");
    assert!(text(&refused).contains("the quota of 2 AI calls a day is used up"), "{}", text(&refused));
    let rig = rig.killed();
    assert_eq!(ask(&rig, &token).expect("refused").status, 429);
    rig.wait(DAY_S);
    assert!(ask(&rig, &token).is_none());
}
