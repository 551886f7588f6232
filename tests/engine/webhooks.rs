//! Webhooks at the engine: updates in, calls out, with a clock of our own.

use botmother::base::call::{CallError, HttpAnswer, HttpCall, Part, Reach};

use super::*;

const URL: &str = "https://hook.example.org/x";

/// A call on its way out.
struct Posted {
    tag: u64,
    call: HttpCall,
}

impl Posted {
    fn body(&self) -> String {
        let Some(Part::Bytes(bytes)) = self.call.body.first() else { panic!("{:?}", self.call) };
        String::from_utf8(bytes.clone()).unwrap()
    }

    fn header(&self, name: &str) -> &str {
        &self.call.headers.iter().find(|(have, _)| *have == name).expect(name).1
    }
}

fn posted(effects: Vec<Effect>) -> Vec<Posted> {
    let call = |effect| match effect {
        Effect::Call { tag, call, .. } => Some(Posted { tag, call: *call }),
        _ => None,
    };
    effects.into_iter().filter_map(call).collect()
}

impl Rig {
    fn hook(&mut self, bot: &BotInfo) -> Vec<Posted> {
        let new = NewWebhook { url: URL.into(), secret: Some(Secret::new("s")), allowed: None, drop_pending: false };
        let (effects, _ticket) = self.begin(as_bot(bot), Question::SetWebhook(new));
        posted(effects)
    }

    fn called(&mut self, tag: u64, called: Result<HttpAnswer, CallError>) -> Vec<Effect> {
        self.batch(vec![Event::Called { tag, called: Box::new(called) }])
    }

    fn arrives(&mut self, posted: &Posted) -> Vec<Posted> {
        let effects = self.called(posted.tag, Ok(http_answer(200, r#"{"ok":true}"#)));
        super::webhooks::posted(effects)
    }

    fn info(&mut self, bot: &BotInfo) -> WebhookInfo {
        match self.ask(as_bot(bot), Question::WebhookInfo) {
            Ok(Answer::WebhookInfo(info)) => info,
            other => panic!("{other:?}"),
        }
    }

    /// The owner of the built-in account says something to his bot.
    fn say(&mut self, text: &str) -> Vec<Effect> {
        let question = Question::LocalSay { to: None, text: text.into() };
        self.begin(Caller::Admin, question).0
    }

    fn foreign(&mut self, from: &str, text: &str) -> Vec<Effect> {
        let from = full(&format!("{from}/phone"));
        let id = format!("{from} {text}");
        let mut message = Inbound::new(from, full(OWNER), Kind::Chat);
        (message.id, message.archive_id, message.body) = (Some(id.clone()), Some(id), Some(text.to_string()));
        self.session(session::Event::Message(Box::new(message)))
    }

    fn curious(&mut self) -> BotInfo {
        let new = NewBot { receive: Receive::All, ..NewBot::new("All", bare(OWNER)) };
        match self.admin(Question::CreateBot(new)) {
            Ok(Answer::Created(bot)) => bot,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn an_update_is_posted_and_leaves_the_queue() {
    let mut rig = Rig::new();
    let bot = rig.create("owner@local", "Hook");
    rig.say("before");
    let first = rig.hook(&bot);
    assert_eq!(first.len(), 1, "what waited already is delivered");
    let call = &first[0].call;
    assert_eq!((call.method, call.url.as_str(), call.redirects_max), ("POST", URL, 0));
    assert!(
        first[0].body().starts_with(r#"{"update_type":"message","data":{"from":"owner@local""#),
        "{}",
        first[0].body()
    );
    assert_eq!((first[0].header("X-Bot-Attempt"), first[0].header("Content-Type")), ("1", "application/json"));
    assert_eq!(call.reach, Reach::PublicOnly, "unless the configuration says otherwise");

    assert!(posted(rig.say("during")).is_empty(), "one at a time of one conversation");
    let poll = UpdatePoll { offset: None, limit: 1, timeout: Duration::ZERO, allowed: None };
    assert!(matches!(rig.ask(as_bot(&bot), Question::GetUpdates(poll)), Err(Failure::Conflict(_))));
    let second = rig.arrives(&first[0]);
    assert!(second[0].body().contains("during"));
    assert!(rig.arrives(&second[0]).is_empty());
    let info = rig.info(&bot);
    assert_eq!((info.pending, info.url.as_str(), info.last_error), (0, URL, None));
    assert_eq!(info.attempts.len(), 2);
    assert_eq!(info.attempts[0].delivery_id, second[0].header("X-Bot-Delivery"));

    // Nothing more happens by itself but the purge of old rows.
    let calm = rig.core.engine.deadline().unwrap();
    assert!(calm >= rig.core.now.mono + Duration::from_secs(60), "{calm:?}");
    rig.ask(as_bot(&bot), Question::DeleteWebhook { drop_pending: false }).unwrap();
    assert!(rig.updates(&bot, None).is_empty());
}

#[test]
fn tries_go_on_with_the_same_name_and_doubling_pauses() {
    let mut rig = Rig::new();
    let bot = rig.create("owner@local", "Hook");
    rig.hook(&bot);
    let mut now = posted(rig.say("hello")).remove(0);
    let name = now.header("X-Bot-Delivery").to_string();
    for (attempt, pause) in [1, 2, 4, 8, 16, 32].into_iter().enumerate() {
        let outcome = if attempt % 2 == 0 { Ok(http_answer(500, "")) } else { Err(CallError::Refused) };
        assert!(posted(rig.called(now.tag, outcome)).is_empty());
        assert_eq!(rig.core.engine.deadline(), Some(rig.core.now.mono + Duration::from_secs(pause)), "after {attempt}");
        assert!(posted(rig.wait(Duration::from_secs(pause) - Duration::from_millis(1))).is_empty());
        now = posted(rig.wait(Duration::from_millis(1))).remove(0);
        assert_eq!(now.header("X-Bot-Delivery"), name);
        assert_eq!(now.header("X-Bot-Attempt"), (attempt + 2).to_string());
    }
    rig.called(now.tag, Ok(http_answer(302, "")));
    let info = rig.info(&bot);
    assert_eq!((info.pending, info.attempts.len()), (1, 7));
    assert!(info.last_error.unwrap().1.contains("302; redirects are not followed"));

    // A restart resumes: not at once, and under the same name. (The rig's clock begins anew, 63 s ago, which
    // changes nothing.)
    let mut rig = rig.killed();
    assert!(posted(rig.wait(Duration::from_secs(63))).is_empty());
    let again = posted(rig.wait(Duration::from_secs(1))).remove(0);
    assert_eq!((again.header("X-Bot-Delivery"), again.header("X-Bot-Attempt")), (name.as_str(), "8"));
    rig.arrives(&again);
    assert_eq!(rig.info(&bot).pending, 0);
}

#[test]
fn conversations_do_not_wait_for_each_other() {
    let mut rig = Rig::new();
    let bot = rig.curious();
    rig.online();
    rig.hook(&bot);
    let anna = posted(rig.foreign("anna@example.org", "a1")).remove(0);
    let eva = posted(rig.foreign("eva@example.org", "e1")).remove(0);
    assert!(posted(rig.foreign("anna@example.org", "a2")).is_empty());
    rig.called(anna.tag, Ok(http_answer(500, "poison")));
    assert!(rig.arrives(&eva).is_empty(), "anna's first comes before her second");
    let again = posted(rig.wait(Duration::from_secs(1))).remove(0);
    assert!(again.body().contains("a1"));
    assert!(rig.arrives(&again)[0].body().contains("a2"));
}

#[test]
fn whoever_asks_for_time_gets_it() {
    let mut rig = Rig::new();
    let bot = rig.curious();
    rig.online();
    rig.hook(&bot);
    let anna = posted(rig.foreign("anna@example.org", "a1")).remove(0);
    let headers = vec![("retry-after".to_string(), "120".to_string())];
    rig.called(anna.tag, Ok(HttpAnswer { headers, ..http_answer(429, "") }));
    assert!(posted(rig.foreign("eva@example.org", "e1")).is_empty(), "that goes for all");
    assert!(posted(rig.wait(Duration::from_secs(119))).is_empty());
    assert_eq!(posted(rig.wait(Duration::from_secs(1))).len(), 2);
}

#[test]
fn a_day_of_410_ends_it() {
    let mut rig = Rig::new();
    let bot = rig.create("owner@local", "Hook");
    rig.hook(&bot);
    let mut now = posted(rig.say("hello")).remove(0);
    rig.called(now.tag, Ok(http_answer(410, "")));
    for hour in 1..=24 {
        now = posted(rig.wait(Duration::from_secs(3600))).remove(0);
        assert!(!rig.info(&bot).url.is_empty(), "after {hour} hours");
        rig.called(now.tag, Ok(http_answer(410, "")));
        if hour == 12 {
            // Something else in between: the day begins anew.
            now = posted(rig.wait(Duration::from_secs(3600))).remove(0);
            rig.called(now.tag, Ok(http_answer(503, "")));
            break;
        }
    }
    rig.say("later");
    let mut hours = 0;
    while !rig.info(&bot).url.is_empty() {
        let due = posted(rig.wait(Duration::from_secs(3600)));
        for one in due {
            rig.called(one.tag, Ok(http_answer(410, "")));
        }
        rig.say("and more");
        hours += 1;
        assert!(hours < 30);
    }
    assert!(hours > 24, "{hours}");
    assert!(rig.info(&bot).last_error.unwrap().1.contains("has ended"));
    assert!(!rig.updates(&bot, None).is_empty(), "what did not arrive can be fetched");
    let mut rig = rig.killed();
    assert!(posted(rig.wait(Duration::from_secs(10))).is_empty());
}

#[test]
fn what_did_not_arrive_is_left_to_polling() {
    let mut rig = Rig::new();
    let bot = rig.create("owner@local", "Hook");
    rig.hook(&bot);
    let first = posted(rig.say("one")).remove(0);
    rig.say("two");
    rig.ask(as_bot(&bot), Question::DeleteWebhook { drop_pending: false }).unwrap();
    assert_eq!(rig.updates(&bot, None).len(), 2);
    // The answer to what was under way comes late, and counts.
    assert!(rig.arrives(&first).is_empty());
    assert_eq!(rig.updates(&bot, None).len(), 1);
    // A waiting poller is told when a webhook is set.
    let poll = UpdatePoll { offset: Some(UpdateId(99)), limit: 1, timeout: Duration::from_secs(50), allowed: None };
    let (_, ticket) = rig.begin(as_bot(&bot), Question::GetUpdates(poll));
    let new = NewWebhook { url: URL.into(), secret: None, allowed: None, drop_pending: false };
    let (effects, _other) = rig.begin(as_bot(&bot), Question::SetWebhook(new));
    let outcomes = answers(effects);
    assert!(outcomes.iter().any(|outcome| matches!(outcome, Err(Failure::Conflict(_)))), "{outcomes:?}");
    drop(ticket);
}

#[test]
fn where_private_addresses_are_not_called_none_is_set() {
    let mut rig = Rig::new();
    let bot = rig.create("owner@local", "Hook");
    let mut set = |url: &str| {
        let url = url.to_string();
        rig.ask(
            as_bot(&bot),
            Question::SetWebhook(NewWebhook { url, secret: None, allowed: None, drop_pending: false }),
        )
    };
    for url in
        ["http://127.0.0.1:8000/hook", "http://localhost/hook", "http://[fd00::1]/", "http://h:70000/", "ftp://h/"]
    {
        let refused = set(url);
        assert!(matches!(&refused, Err(Failure::Invalid { field, .. }) if field == "url"), "{url}: {refused:?}");
    }
    set("https://hook.example.org:8443/").unwrap();
}

#[test]
fn secrets_are_made_once_and_stay() {
    let mut rig = Rig::new();
    let bot = rig.create("owner@local", "Hook");
    let set = |rig: &mut Rig, url: &str, secret: Option<&str>| {
        let new = NewWebhook { url: url.into(), secret: secret.map(Secret::new), allowed: None, drop_pending: false };
        rig.ask(as_bot(&bot), Question::SetWebhook(new))
    };
    let secret = |outcome: Outcome| match outcome {
        Ok(Answer::Webhook { secret, .. }) => secret.expose().to_string(),
        other => panic!("{other:?}"),
    };
    let made = secret(set(&mut rig, URL, None));
    assert_eq!((made.len(), made.bytes().all(|b| b.is_ascii_hexdigit())), (64, true));
    assert_eq!(secret(set(&mut rig, "https://other.example.org/", None)), made, "a program sets it at each start");
    let mut rig = rig.killed();
    assert_eq!(secret(set(&mut rig, URL, None)), made);
    assert_eq!(secret(set(&mut rig, URL, Some("mine"))), "mine");
    rig.ask(as_bot(&bot), Question::DeleteWebhook { drop_pending: false }).unwrap();
    assert_ne!(secret(set(&mut rig, URL, None)), made);
    for (url, secret) in [("httpfoo", None), ("https://u:p@h/", None), (URL, Some("x".repeat(257)))] {
        assert!(matches!(set(&mut rig, url, secret.as_deref()), Err(Failure::Invalid { .. })), "{url}");
    }
}

#[test]
fn an_answer_may_say_what_to_do() {
    let mut rig = Rig::new();
    let bot = rig.create("owner@local", "Hook");
    rig.hook(&bot);
    let lines = |rig: &mut Rig| {
        let read = Question::LocalRead { with: None, after: 0, timeout: Duration::ZERO };
        let Ok(Answer::Lines(lines)) = rig.admin(read) else { panic!() };
        lines.iter().filter(|line| line.from == "Hook").map(|line| line.text.clone()).collect::<Vec<_>>()
    };
    let first = posted(rig.say("hello")).remove(0);
    let method = r#"{"method":"sendMessage","to":"owner@local","text":"ü 👍"}"#;
    rig.called(first.tag, Ok(http_answer(200, method)));
    assert_eq!(lines(&mut rig), ["ü 👍"]);

    // Once for each delivery, however often it is repeated.
    let update = rig.info(&bot).attempts[0].update;
    let (effects, _ticket) = rig.begin(as_bot(&bot), Question::ReplayWebhook(Delivery::Update(update)));
    let again = posted(effects).remove(0);
    assert_eq!(again.header("X-Bot-Delivery"), first.header("X-Bot-Delivery"));
    assert_eq!((again.body(), again.header("X-Bot-Attempt")), (first.body(), "2"));
    let outcomes = answers(rig.called(again.tag, Ok(http_answer(200, method))));
    assert!(matches!(&outcomes[..], [Ok(Answer::Attempt(one))] if one.status == Some(200)), "{outcomes:?}");
    assert_eq!(lines(&mut rig).len(), 1);

    // What is wrong with it is said, and the update has arrived all the same.
    let second = posted(rig.say("more")).remove(0);
    rig.called(second.tag, Ok(http_answer(200, r#"{"method":"sendMessage","text":"x"}"#)));
    let info = rig.info(&bot);
    assert_eq!(info.pending, 0);
    assert!(info.last_error.unwrap().1.contains("`to` must be"));
}

#[test]
fn what_waits_can_be_hurried() {
    let mut rig = Rig::new();
    let bot = rig.create("owner@local", "Hook");
    rig.hook(&bot);
    let first = posted(rig.say("hello")).remove(0);
    rig.called(first.tag, Err(CallError::Timeout));
    let wanted = Delivery::Id(first.header("X-Bot-Delivery").to_string());
    let (effects, _ticket) = rig.begin(as_bot(&bot), Question::ReplayWebhook(wanted));
    assert_eq!(posted(effects).len(), 1);
    let unknown = Question::ReplayWebhook(Delivery::Id("nonsense".into()));
    assert!(matches!(rig.ask(as_bot(&bot), unknown), Err(Failure::NotFound(_))));
}

#[test]
fn a_bug_loses_and_repeats_nothing_else() {
    let mut rig = Rig::new();
    let bot = rig.curious();
    rig.online();
    rig.hook(&bot);
    let anna = posted(rig.foreign("anna@example.org", "a1")).remove(0);
    rig.foreign("anna@example.org", "a2");
    // Two events, of which the second ends in a panic: the first is done once more by itself.
    let arrived = Event::Called { tag: anna.tag, called: Box::new(Ok(http_answer(200, ""))) };
    let (ask, _ticket) = asking(as_bot(&bot), Question::SendMessage(message("x@example.org", "y")));
    plant(Bug::Next);
    let next = posted(rig.batch(vec![arrived, ask]));
    assert!(bug_was_met());
    assert_eq!(next.len(), 1, "her second, once");
    assert!(next[0].body().contains("a2"));
    rig.arrives(&next[0]);
    assert_eq!(rig.info(&bot).pending, 0);
}

#[test]
fn what_could_not_be_noted_goes_again_but_not_at_once() {
    let mut rig = Rig::new();
    let bot = rig.create("owner@local", "Hook");
    rig.hook(&bot);
    let first = posted(rig.say("hello")).remove(0);
    plant(Bug::Next);
    let method = r#"{"method":"sendMessage","to":"owner@local","text":"x"}"#;
    assert!(posted(rig.called(first.tag, Ok(http_answer(200, method)))).is_empty());
    assert!(bug_was_met(), "the bug was met");
    assert!(posted(rig.batch(Vec::new())).is_empty());
    assert_eq!(rig.core.engine.deadline(), Some(rig.core.now.mono + limits::RECONNECT_FIRST));
    let again = posted(rig.wait(limits::RECONNECT_FIRST)).remove(0);
    assert_eq!(again.header("X-Bot-Delivery"), first.header("X-Bot-Delivery"));
    rig.arrives(&again);
    assert_eq!(rig.info(&bot).pending, 0);
}

#[test]
fn a_disabled_bot_is_left_alone() {
    let mut rig = Rig::new();
    let bot = rig.curious();
    rig.online();
    rig.hook(&bot);
    let anna = posted(rig.foreign("anna@example.org", "a1")).remove(0);
    rig.called(anna.tag, Ok(http_answer(500, "")));
    rig.admin(Question::ActivateBot(bot.id, false)).unwrap();
    assert!(posted(rig.wait(Duration::from_secs(60))).is_empty());
    let due = rig.core.engine.deadline();
    assert!(due.is_none_or(|due| due > rig.core.now.mono), "{due:?}");
    let (effects, _ticket) = rig.begin(Caller::Admin, Question::ActivateBot(bot.id, true));
    assert_eq!(posted(effects).len(), 1);
    rig.admin(Question::DeleteBot(bot.id)).unwrap();
    assert!(rig.arrives(&anna).is_empty());
}

#[test]
fn what_waits_may_be_dropped() {
    let mut rig = Rig::new();
    let bot = rig.create("owner@local", "Hook");
    rig.say("one");
    rig.say("two");
    let new =
        |drop_pending| Question::SetWebhook(NewWebhook { url: URL.into(), secret: None, allowed: None, drop_pending });
    let (effects, _ticket) = rig.begin(as_bot(&bot), new(true));
    assert!(posted(effects).is_empty());
    assert_eq!(rig.info(&bot).pending, 0);
    let now = posted(rig.say("three")).remove(0);
    assert!(now.body().contains("three"));
    rig.say("four");
    // One that is under way may arrive yet; the others do not wait for `getUpdates`.
    rig.ask(as_bot(&bot), Question::DeleteWebhook { drop_pending: true }).unwrap();
    assert!(rig.arrives(&now).is_empty());
    assert!(rig.updates(&bot, None).is_empty());
    rig.say("five");
    assert_eq!(rig.updates(&bot, None).len(), 1, "what comes later is not dropped");
    rig.say("six");
    let (effects, _ticket) = rig.begin(as_bot(&bot), new(false));
    assert_eq!(posted(effects).len(), 1);
}
