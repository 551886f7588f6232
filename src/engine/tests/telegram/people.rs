//! People in linked chats: what they ask the bot, what its owner does with them, and what is done by itself.

use super::*;
use crate::core::handle::{BridgeQuestion, GroupAction, GroupModeration, Member, NewLink, OrderQuestion};
use crate::engine::command::order;

const SENT: &str = r#"{"ok":true,"result":{"message_id":500,"date":1,"chat":{"id":-100,"type":"supergroup"}}}"#;
const ADMINISTRATORS: &str =
    r#"{"ok":true,"result":[{"status":"creator","user":{"id":8,"is_bot":false,"first_name":"Eva"}}]}"#;

/// Of somebody in the group.
fn by(id: i64, number: i64, (person, name): (i64, &str), more: &str) -> String {
    format!(
        r#"{{"update_id":{id},"message":{{"message_id":{number},"date":1800000000,"chat":{{"id":-100,"type":"supergroup","title":"Family"}},"from":{{"id":{person},"is_bot":false,"first_name":"{name}","username":"{name}_tg"}},{more}}}}}"#
    )
}

fn text(words: &str) -> String {
    format!(r#""text":"{words}""#)
}

impl Rig {
    /// A bot in a linked group.
    fn in_group() -> Rig {
        let mut rig = Rig::new(&["tg:7"]);
        let chat = BareJid::parse_any("tg:-100").unwrap();
        let link = NewLink { alias: Some("Family".to_string()), ..NewLink::new(chat) };
        rig.outcome(Question::Bridge(BridgeQuestion::Link(link))).unwrap();
        let offered = rig.answer("setMyCommands", ok(TRUE));
        assert!(offered.contains(r#"{"command":"status","description":"#) && !offered.contains("chat_id"), "{offered}");
        rig.later(2);
        rig
    }

    /// Ben says it in the group.
    fn ben(&mut self, number: i64, words: &str) {
        self.come(&[by(number, number, (9, "Ben"), &text(words))]);
    }

    fn come(&mut self, all: &[String]) {
        self.answer("getUpdates", updates(all));
    }

    /// The owner commands it; what he is told at once.
    fn owner(&mut self, word: &str, rest: &str) -> String {
        let owner = BareJid::parse("owner@local").unwrap();
        let answer = match order::run(&mut self.engine, self.bot, &owner, word, rest) {
            Ok(answer) => answer.expect("it is a command"),
            Err(_) => "refused".to_string(),
        };
        self.batch(Vec::new());
        answer
    }

    fn moderate(&mut self, action: GroupAction) -> Ticket {
        self.ask(Question::Order(OrderQuestion::Moderate(GroupModeration { chat: None, action })))
    }

    /// The texts that go to Telegram now, each let through.
    fn said(&mut self) -> Vec<String> {
        let (mut all, mut quiet) = (Vec::new(), 0);
        while quiet < 2 {
            self.later(4);
            quiet += 1;
            while !self.waiting("sendMessage").is_empty() {
                all.push(self.answer("sendMessage", ok(SENT)));
                quiet = 0;
            }
        }
        all
    }
}

fn ben() -> Member {
    Member::Called("ben_TG".to_string())
}

#[test]
fn people_there_have_commands() {
    let mut rig = Rig::in_group();
    rig.ben(1, "/status");
    let said = rig.said();
    assert!(said.len() == 1 && said[0].contains("Bot is online\\nBridge: active (1 chats)"), "{said:?}");
    assert!(said[0].contains(r#""reply_parameters":{"message_id":1,"#), "{said:?}");
    rig.ben(2, "/help@Door_Bot");
    assert!(rig.said().concat().contains("/who - who is on the other side"));
    for (number, words) in [(3, "/help@other_bot"), (4, "/unknown"), (5, "help")] {
        rig.ben(number, words);
        assert_eq!(rig.said(), Vec::<String>::new(), "{words}");
    }
    assert_eq!(rig.updates().len(), 3, "what is answered by itself is nobody else's");
    // Its owner's own, with what they are about.
    assert!(rig.owner("command", "add rules Be kind, {name}: {args}").contains("/rules"));
    rig.ben(6, "/rules now");
    assert!(rig.said().concat().contains("Be kind, Ben: now"));
    assert!(rig.owner("command", "list").contains("/rules: Be kind"));
    rig.owner("command", "remove rules");
    rig.ben(7, "/rules now");
    assert_eq!(rig.said(), Vec::<String>::new());
    // In a topic the answer is there.
    rig.come(&[by(8, 8, (9, "Ben"), r#""message_thread_id":4,"is_topic_message":true,"text":"/info""#)]);
    assert!(rig.said().concat().contains(r#""message_thread_id":4"#));
}

#[test]
fn commands_are_answered_so_often() {
    let mut rig = Rig::in_group();
    let many: Vec<String> = (1..60).map(|number| by(number, number, (9, "Ben"), &text("/info"))).collect();
    rig.come(&many);
    assert_eq!(rig.said().len(), limits::COMMANDS_ANSWERED_MAX as usize);
}

#[test]
fn a_pong_says_how_long_it_took() {
    let mut rig = Rig::in_group();
    rig.ben(1, "/ping");
    rig.now.mono += Duration::from_millis(120);
    assert!(rig.answer("sendMessage", ok(SENT)).contains(r#""text":"pong""#));
    rig.later(5);
    assert!(rig.answer("editMessageText", ok(SENT)).contains("pong (120 ms)"));
}

#[test]
fn commands_are_registered_when_they_change() {
    let mut rig = Rig::in_group().killed();
    rig.later(600);
    assert!(rig.waiting("setMyCommands").is_empty(), "not at every start");
    rig.owner("command", "add rules Be kind");
    rig.later(5);
    assert!(rig.answer("setMyCommands", ok(TRUE)).contains(r#"{"command":"rules","description":"Be kind"}"#));
    rig.owner("command", "add rules Be kind");
    rig.later(5);
    assert!(rig.waiting("setMyCommands").is_empty(), "nor where they are the same");
}

#[test]
fn a_program_moderates_and_hears_what_telegram_says() {
    let mut rig = Rig::in_group();
    let unknown = rig.moderate(GroupAction::Kick(ben())).wait();
    assert!(
        matches!(&unknown, Err(Failure::NotFound(why)) if why.contains("@ben_TG was seen in Family")),
        "{unknown:?}"
    );
    rig.ben(1, "hi");
    let ticket = rig.moderate(GroupAction::Kick(ben()));
    assert_eq!(rig.answer("banChatMember", ok(TRUE)), r#"{"chat_id":-100,"user_id":9}"#);
    rig.later(5);
    let body = rig.answer("unbanChatMember", refused(400, "Bad Request: method is for supergroups only", ""));
    assert_eq!(body, r#"{"chat_id":-100,"user_id":9,"only_if_banned":true}"#);
    assert!(matches!(ticket.wait(), Ok(Answer::Done)), "small groups keep nobody out");

    rig.later(5);
    let ticket = rig.moderate(GroupAction::Mute(Member::Number(9), Some(7_200)));
    rig.later(5);
    let body = rig.answer("restrictChatMember", refused(400, "Bad Request: not enough rights", ""));
    assert!(body.contains(r#""can_send_messages":false"#) && body.contains(r#""until_date":18000"#), "{body}");
    let Err(Failure::Remote { what: "moderation_failed", why }) = ticket.wait() else { panic!() };
    assert_eq!(why, "Telegram refused it: Bad Request: not enough rights");
}

#[test]
fn an_owner_moderates_from_his_chat() {
    let mut rig = Rig::in_group();
    rig.ben(1, "hi");
    assert!(rig.owner("members", "").contains("Ben @Ben_tg (9)"));
    assert_eq!(rig.owner("ban", "Family @ben_tg 7d"), "I ask Telegram.");
    rig.later(5);
    rig.answer("banChatMember", ok(TRUE));
    assert!(rig.told().concat().contains("@Ben_tg is banned from Family for 1w."), "{:?}", rig.told());
    // Whoever said it; what it is, also after a restart.
    assert_eq!(rig.owner("mute", "#-100:1"), "I ask Telegram.");
    let mut rig = rig.killed();
    rig.later(60);
    rig.answer("restrictChatMember", ok(TRUE));
    assert!(rig.told().concat().contains("@Ben_tg may not write in Family."), "{:?}", rig.told());
    rig.owner("pin", "1");
    rig.later(5);
    assert_eq!(rig.answer("pinChatMessage", ok(TRUE)), r#"{"chat_id":-100,"message_id":1}"#);
    rig.owner("title", "New home");
    rig.later(5);
    rig.answer("setChatTitle", refused(400, "Bad Request: not enough rights", ""));
    assert!(rig.told().concat().contains("title New home in Family: Telegram refused it: Bad Request"));
    assert!(rig.owner("ban", "@ben_tg 5").contains("Times are written like"));
    assert!(rig.owner("kick", "").contains("Usage: /telegram kick"));
    rig.come(&[by(9, 9, (9, "Ben"), r#""left_chat_member":{"id":9,"is_bot":false,"first_name":"Ben"}"#)]);
    assert!(rig.owner("members", "").contains("Nobody was seen"));
}

#[test]
fn what_is_not_wanted_goes_but_not_what_administrators_say() {
    let mut rig = Rig::in_group();
    rig.ben(1, "free money");
    assert!(rig.updates().concat_all().contains("free money"), "it is off at first");
    assert!(rig.owner("filter", "add free*money").contains("automod on"));
    rig.owner("automod", "mute 1h");
    rig.owner("automod", "on");
    rig.later(5);
    rig.answer("getChatAdministrators", ok(ADMINISTRATORS));
    rig.come(&[by(2, 2, (9, "Ben"), &text("FREE, really: money")), by(3, 3, (8, "Eva"), &text("no free money"))]);
    let told = rig.updates().concat_all();
    assert!(!told.contains("really") && told.contains("no free money"), "{told}");
    rig.later(5);
    assert_eq!(rig.answer("deleteMessage", ok(TRUE)), r#"{"chat_id":-100,"message_id":2}"#);
    rig.later(5);
    assert!(rig.answer("restrictChatMember", ok(TRUE)).contains(r#""user_id":9,"#));
    let told = rig.told().concat();
    assert!(
        told.contains("Family: a message of Ben (@Ben_tg) was deleted (filter free*money); may not write for 1h."),
        "{told}"
    );
    // What is changed afterwards is judged again.
    rig.ben(4, "hello");
    rig.updates();
    let edited = by(5, 4, (9, "Ben"), &text("free money")).replace(r#""message":"#, r#""edited_message":"#);
    rig.come(&[edited]);
    rig.later(5);
    assert!(rig.answer("deleteMessage", ok(TRUE)).contains(r#""message_id":4"#));
    assert!(!rig.updates().concat_all().contains("free money"));
}

#[test]
fn until_administrators_are_known_nothing_is_held_up() {
    let mut rig = Rig::in_group();
    rig.owner("automod", "links on");
    rig.owner("automod", "on");
    rig.ben(1, "see https://spam.example");
    rig.come(&[by(2, 2, (8, "Eva"), &text("see https://fine.example"))]);
    assert_eq!(rig.updates().len(), 2, "all is told");
    rig.later(5);
    rig.answer("getChatAdministrators", ok(ADMINISTRATORS));
    rig.later(5);
    assert_eq!(rig.answer("deleteMessage", ok(TRUE)), r#"{"chat_id":-100,"message_id":1}"#);
    rig.later(5);
    assert!(rig.waiting("deleteMessage").is_empty(), "an administrator's stays");
}

#[test]
fn floods_are_stopped_and_reports_are_few() {
    let mut rig = Rig::in_group();
    rig.owner("limit", "5");
    rig.owner("automod", "on");
    rig.later(5);
    rig.answer("getChatAdministrators", ok(ADMINISTRATORS));
    let many: Vec<String> = (1..=60).map(|number| by(number, number, (9, "Ben"), &text("x"))).collect();
    rig.come(&many);
    assert_eq!(rig.updates().len(), 5);
    let mut deleted = 0;
    for _ in 0..200 {
        rig.later(4);
        if !rig.waiting("deleteMessage").is_empty() {
            rig.answer("deleteMessage", ok(TRUE));
            deleted += 1;
        }
    }
    assert_eq!(deleted, 55);
    let told = rig.told();
    let reports = told.iter().filter(|text| text.contains("was deleted (more than 5 messages a minute)")).count();
    assert_eq!(reports, limits::REPORTS_MAX as usize);
    assert!(told.concat().contains("tell no more of it within this hour"));
}

#[test]
fn who_is_new_is_welcomed() {
    let mut rig = Rig::in_group();
    assert!(rig.owner("welcome", "Hello {name}, this is {chat}.").contains("Welcome: Hello {name}"));
    let new = r#""new_chat_members":[{"id":11,"is_bot":false,"first_name":"Zoe"},{"id":12,"is_bot":true,"first_name":"Robo"}]"#;
    rig.come(&[by(1, 1, (9, "Ben"), new)]);
    let said = rig.said();
    assert!(said.len() == 1 && said[0].contains("Hello Zoe, this is Family."), "{said:?}");
    assert!(rig.owner("members", "Family").contains("Zoe (11)"));
    rig.owner("welcome", "off");
    rig.come(&[by(2, 2, (9, "Ben"), new)]);
    assert_eq!(rig.said(), Vec::<String>::new());
}

#[test]
fn the_ai_answers_where_its_owner_wants() {
    let mut rig = Rig::in_group();
    let may = |rig: &mut Rig, number: i64, words: &str| {
        rig.ben(number, words);
        rig.updates().len()
    };
    assert_eq!(may(&mut rig, 1, "hi"), 1);
    let core = &rig.engine.core;
    let link = core.bridge.named(rig.bot, "Family").unwrap().id;
    assert_eq!(core.batch.order_of(link).unwrap().ai, "off");
    assert!(rig.owner("ai", "Family on").contains("when it is spoken to"));
    assert!(rig.owner("ai", "always").contains("AI answers: always"));
    assert!(rig.owner("ai", "perhaps").contains("Usage"));
}

trait Joined {
    fn concat_all(&self) -> String;
}

impl Joined for Vec<(String, String)> {
    fn concat_all(&self) -> String {
        self.iter().map(|(_, payload)| payload.as_str()).collect()
    }
}
