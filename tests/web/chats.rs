//! People, chats and messages: who they are, what they see, and what a bot's program sees of them.

use crate::browser::{Browser, exchange};
use crate::support::http::Json;
use crate::with_bot;

#[test]
fn a_cookie_says_who_somebody_is() {
    let (mut daemon, _, bot) = with_bot("");
    let port = daemon.port;
    assert_eq!(exchange(port, "GET", "/user", "", "").unwrap().said(), (401, "User is unauthorized.".into()));
    let made = exchange(port, "POST", "/user", "", r#"{"nickname":"Jürgen 2"}"#).unwrap();
    let cookie = made.header("set-cookie").unwrap().to_string();
    let user = made.with(201);
    assert_eq!((user.at("nickname").text(), user.at("id").text().len()), ("Jürgen 2".to_string(), 26));
    for part in ["token=", "; Path=/", "; HttpOnly", "; SameSite=Lax", "; Max-Age=604800"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "it would not come back over HTTP: {cookie}");
    let token = cookie.split(';').next().unwrap().to_string();
    // Each answer brings a cookie that is good for as long again.
    let again = exchange(port, "GET", "/user", &token, "").unwrap();
    assert_eq!((again.status, again.body.as_str()), (200, made.body.as_str()));
    assert!(again.header("set-cookie").unwrap().starts_with("token=ey"));
    let bare = token.strip_prefix("token=").unwrap();
    assert_eq!(daemon.http().get("/v1/client-api/user", Some(bare)).status, 200, "as a token, for other programs");
    // What is not ours, or was changed.
    let (head, rest) = bare.split_once('.').unwrap();
    let (claims, signature) = rest.split_once('.').unwrap();
    let none = "eyJhbGciOiJub25lIn0";
    for bad in [
        format!("{head}.{claims}.{}", signature.replace(|c: char| c.is_ascii_lowercase(), "A")),
        format!("{none}.{claims}."),
        format!("{none}.{claims}.{signature}"),
        format!("{head}.{claims}"),
        "x".into(),
    ] {
        let refused = exchange(port, "GET", "/user", &format!("token={bad}"), "").unwrap();
        assert_eq!(refused.said(), (401, "User is unauthorized.".into()), "{bad}");
    }
    for nickname in ["ab", "   ", "<b>x</b>", &"x".repeat(33)] {
        let refused = exchange(port, "POST", "/user", "", &format!(r#"{{"nickname":"{nickname}"}}"#)).unwrap();
        assert!(refused.status == 400 && refused.body.contains("`nickname` must be 3 to 32"), "{}", refused.body);
    }
    // Two people may have one name, and are two.
    let (mut one, mut other) = (Browser::named(port, "ann"), Browser::named(port, "ann"));
    assert_ne!(one.id, other.id);
    assert_eq!(other.get("/user").with(200).at("id").text(), other.id);
    assert_eq!(one.get(&format!("/bot/{bot}/commands")).body, "[]");
    // A page of another web site is not helped.
    let mut http = daemon.http();
    let headers = [("Origin", "https://evil.example"), ("Cookie", token.as_str())];
    assert_eq!(http.call("GET", "/v1/client-api/user", None, &headers, "").unwrap().status, 403);
    // They are known after a restart.
    daemon.stop();
    daemon.start_again();
    assert_eq!(exchange(daemon.port, "GET", "/user", &token, "").unwrap().status, 200);
}

#[test]
fn what_is_typed_reaches_the_program_and_its_answer_the_page() {
    let (daemon, token, bot) = with_bot("");
    let mut ann = Browser::named(daemon.port, "Ann");
    let (mut http, chat) = (daemon.http(), ann.chat(&bot));
    let said = ann.say(&chat, "hello <b>you</b>");
    assert_eq!(
        (said.at("chatId").text(), said.at("senderId").text(), said.at("body").text()),
        (chat.clone(), ann.id.clone(), "hello <b>you</b>".to_string())
    );
    assert!(said.at("id").text().len() == 26 && said.at("timestamp").number() > 1_700_000_000_000);
    assert!(!said.has("attachments") && !said.has("buttons"));
    let update = http.get("/bot/getUpdates?timeout=10", Some(&token)).ok().at("result").list()[0].at("data");
    let from = update.at("from").text();
    assert_eq!((from.clone(), update.at("body").text()), (format!("web:{}/Ann", ann.id), "hello <b>you</b>".into()));
    assert_eq!(update.at("stanza_id").text(), said.at("id").text());
    // The program answers, and whoever asks for what came since hears it.
    let answer = format!(r#"{{"to":"{from}","text":"echo","reply_to":"{}"}}"#, said.at("id").text());
    let sent = http.post("/bot/sendMessage", Some(&token), &answer).ok().at("result").at("message_id").text();
    let since = said.at("timestamp").number();
    let poll = ann.get(&format!("/chat/{chat}/messages?sender_id={bot}&limit=1&page=1&since={since}")).with(200);
    assert_eq!((poll.at("total").number(), poll.at("chatId").text()), (1, chat.clone()));
    let heard = poll.at("messages").list()[0].clone();
    assert_eq!((heard.at("body").text(), heard.at("senderId").text()), ("echo".into(), bot.clone()));
    assert_eq!(heard.at("replyTo").text(), said.at("id").text());
    // It is changed, reacted to, and taken back.
    let act = |http: &mut crate::support::http::Http, method: &str, body: String| {
        http.post(&format!("/bot/{method}"), Some(&token), &body).ok();
    };
    act(&mut http, "editMessage", format!(r#"{{"to":"{from}","message_id":"{sent}","text":"echo!"}}"#));
    let reaction = format!(r#"{{"to":"{from}","message_id":"{}","reaction":"👍"}}"#, said.at("id").text());
    act(&mut http, "sendReaction", reaction);
    let page = ann.get(&format!("/chat/{chat}/messages")).with(200).at("messages").list();
    assert_eq!(page[0].at("reactions").list()[0].at("emoji").text(), "👍");
    assert_eq!((page[1].at("body").text(), page[1].at("edited").truth()), ("echo!".into(), true));
    assert_eq!(page[1].at("id").text(), heard.at("id").text(), "it is the same message");
    act(&mut http, "deleteMessage", format!(r#"{{"to":"{from}","message_id":"{sent}"}}"#));
    assert_eq!(ann.texts(&chat, ""), ["hello <b>you</b>"]);
    let other = http.post("/bot/sendMessage", Some(&token), r#"{"to":"web:01kb71x0g00000000000000000","text":"x"}"#);
    assert_eq!(other.status, 404, "{}", other.body);
    // Said again under its key it is the same message.
    let body = format!(r#"{{"chatId":"{chat}","body":"once"}}"#);
    let headers = [("Cookie", ann.cookie.as_str()), ("Idempotency-Key", "k1")];
    let mut again = || http.call("POST", "/v1/client-api/chat/message", None, &headers, &body).unwrap().body;
    assert_eq!(again(), again());
    assert_eq!(ann.texts(&chat, ""), ["hello <b>you</b>", "once"]);
    // What the bot answers by itself comes, too; and the manager's commands are not his.
    ann.say(&chat, "/help");
    let texts = ann.texts(&chat, "");
    assert!(texts.len() == 4 && texts[3].contains("/help"), "{texts:?}");
}

#[test]
fn pages_have_the_newest_first_and_are_in_order() {
    let (daemon, _, bot) = with_bot("");
    let mut ann = Browser::named(daemon.port, "Ann");
    let chat = ann.chat(&bot);
    let said: Vec<Json> = (0..25).map(|number| ann.say(&chat, &format!("m{number}"))).collect();
    let names = |range: std::ops::Range<usize>| range.map(|number| format!("m{number}")).collect::<Vec<_>>();
    assert_eq!(ann.texts(&chat, ""), names(5..25));
    assert_eq!(ann.texts(&chat, "?page=2"), names(0..5));
    assert_eq!(ann.texts(&chat, "?page=3&limit=10"), names(0..5));
    assert_eq!(ann.texts(&chat, "?limit=0"), names(24..25), "a page has one at least");
    assert_eq!(ann.texts(&chat, "?page=9"), names(0..0));
    let page = ann.get(&format!("/chat/{chat}/messages?limit=999&page=-1")).with(200);
    let numbers = ["total", "page", "limit"].map(|member| page.at(member).number());
    assert_eq!(numbers, [25, 1, 100]);
    // Each is later than the one before, so that nobody who asks by time misses one.
    let times: Vec<i64> = said.iter().map(|message| message.at("timestamp").number()).collect();
    assert!(times.is_sorted_by(|a, b| a < b), "{times:?}");
    assert_eq!(ann.texts(&chat, &format!("?since={}", times[22])), names(23..25));
    assert_eq!(ann.texts(&chat, &format!("?sender_id={bot}")), names(0..0));
    assert_eq!(
        ann.get(&format!("/chat/{chat}/messages?page=x")).said(),
        (400, "`page` must be a whole number.".into())
    );
    // Texts are bounded in characters.
    assert_eq!(ann.say(&chat, &"ü".repeat(4096)).at("body").text().chars().count(), 4096);
    for (body, why) in [("x".repeat(4097), "at most 4096 characters"), (String::new(), "`body` must be a text")] {
        let refused = ann.call("POST", "/chat/message", &format!(r#"{{"chatId":"{chat}","body":"{body}"}}"#));
        assert!(refused.status == 400 && refused.body.contains(why), "{}", refused.body);
    }
}

#[test]
fn nobody_reaches_the_chats_of_others() {
    let (daemon, token, bot) = with_bot("");
    let (mut ann, mut bob) = (Browser::named(daemon.port, "Ann"), Browser::named(daemon.port, "Bob"));
    let chat = ann.chat(&bot);
    let said = ann.say(&chat, "secret");
    let foreign = (403, "Chat is not related to current user.".to_string());
    assert_eq!(bob.get(&format!("/chat/{chat}/messages")).said(), foreign);
    assert_eq!(bob.get(&format!("/chat/{chat}/events")).said(), foreign);
    assert_eq!(bob.call("DELETE", &format!("/chat/{chat}"), "").said(), foreign);
    assert_eq!(bob.call("POST", "/chat/message", &format!(r#"{{"chatId":"{chat}","body":"x"}}"#)).said(), foreign);
    let id = said.at("id").text();
    let press = format!(r#"{{"chatId":"{chat}","messageId":"{id}","button":1}}"#);
    assert_eq!(bob.call("POST", "/chat/press", &press).said(), foreign);
    assert_eq!(bob.get(&format!("/chats?bot_id={bot}")).body, "[]");
    for path in
        ["/chat/01kb71x0g00000000000000000/messages", "/chat/x/messages", "/chat/01kb71x0g00000000000000000/events"]
    {
        assert_eq!(bob.get(path).said(), (404, "Chat not found.".into()), "{path}");
    }
    assert_eq!(Browser::fresh(daemon.port).get(&format!("/chat/{chat}/messages")).status, 401);
    // Ten chats with one bot, and no more.
    let chats: Vec<String> = (1..10).map(|_| ann.chat(&bot)).collect();
    let eleventh = ann.call("POST", "/chat", &format!(r#"{{"botId":"{bot}"}}"#));
    assert_eq!(eleventh.said(), (403, "Cannot create more than 10 chat rooms with the same bot.".into()));
    let all = ann.get(&format!("/chats?bot_id={bot}")).with(200).list();
    assert_eq!((all.len(), all[0].at("id").text(), all[9].at("id").text()), (10, chat.clone(), chats[8].clone()));
    assert_eq!((all[0].at("userId").text(), all[0].at("botId").text()), (ann.id.clone(), bot.clone()));
    assert_eq!(ann.get("/chats").status, 400);
    // Each chat is a conversation of its own.
    let mut http = daemon.http();
    let other = ann.say(&chats[0], "from the second");
    let updates = http.get("/bot/getUpdates?timeout=10", Some(&token)).ok().at("result").list();
    let from = updates[1].at("data").at("from").text();
    assert_eq!(from, format!("web:{}.{}/Ann", ann.id, chats[0]));
    http.post("/bot/sendMessage", Some(&token), &format!(r#"{{"to":"{from}","text":"there"}}"#)).ok();
    assert_eq!((ann.texts(&chats[0], "").len(), ann.texts(&chat, "").len()), (2, 1));
    // With a chat goes what was said in it; the next one has its address.
    assert_eq!(ann.call("DELETE", &format!("/chat/{chat}"), "").said(), (200, "Chat deleted.".into()));
    assert_eq!(ann.get(&format!("/chat/{chat}/messages")).said(), (404, "Chat not found.".into()));
    let next = ann.chat(&bot);
    assert!(ann.texts(&next, "").is_empty());
    ann.say(&next, "again");
    let updates = http.get("/bot/getUpdates?timeout=10", Some(&token)).ok().at("result").list();
    assert_eq!(updates.last().unwrap().at("data").at("from").text(), format!("web:{}/Ann", ann.id));
    assert_eq!(other.at("chatId").text(), chats[0]);
    // A bot that is not listed any more, or not active, is not there.
    http.post("/bot/listed", None, r#"{"id":1,"listed":false}"#).ok();
    let gone = (404, "Bot not found.".to_string());
    assert_eq!(ann.call("POST", "/chat/message", &format!(r#"{{"chatId":"{next}","body":"x"}}"#)).said(), gone);
    assert_eq!(ann.call("POST", "/chat", &format!(r#"{{"botId":"{bot}"}}"#)).said(), gone);
    assert_eq!(ann.get(&format!("/bot/{bot}/commands")).said(), gone);
    assert_eq!(ann.texts(&next, ""), ["again"], "what was said can still be read");
}
