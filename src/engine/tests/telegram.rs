//! The channel Telegram at its engine: what is asked of Telegram, in which order, and what comes of its answers.

mod going;

use std::collections::VecDeque;
use std::sync::mpsc;
use std::time::Duration;

use crate::base::call::{CallError, Called, HttpAnswer, HttpCall, Part, Reach};
use crate::base::id::{BotId, UpdateId};
use crate::base::jid::{BareJid, Jid};
use crate::base::limits;
use crate::base::remedy::Language;
use crate::base::secret::Secret;
use crate::base::time::Now;
use crate::core::actions::{BotAction, NewAction};
use crate::core::channel::{Channel, Hearing};
use crate::core::effect::{Effect, Manner};
use crate::core::failure::Failure;
use crate::core::handle::{
    Answer, Caller, Encrypt, Kind, NewBot, NewMessage, Outcome, Question, Quotas, Scope, TelegramInfo,
    TelegramQuestion, TelegramSetup, TelegramState, Ticket, UpdateKinds, UpdatePoll, ticket,
};
use crate::core::setup::{Settings, Setup};
use crate::engine::Engine;
use crate::engine::event::Event;
use crate::store::Store;

mod people;

const ME: &str = r#"{"ok":true,"result":{"id":42,"is_bot":true,"first_name":"Door","username":"door_bot"}}"#;
const NO_WEBHOOK: &str = r#"{"ok":true,"result":{"url":"","pending_update_count":0}}"#;
const TRUE: &str = r#"{"ok":true,"result":true}"#;
const NOTHING: &str = r#"{"ok":true,"result":[]}"#;

struct Rig {
    engine: Engine,
    now: Now,
    bot: BotId,
    token: Secret,
    /// Calls that were made and not answered: tag, method, body.
    calls: VecDeque<(u64, String, String)>,
    called_off: Vec<u64>,
    /// How far the calls may reach.
    reaches: Vec<Reach>,
}

fn engine(store: Store, now: Now) -> Engine {
    let settings = Settings {
        language: Language::English,
        accounts: Vec::new(),
        admins: Vec::new(),
        system_roots: false,
        encrypt: Encrypt::Off,
        self_chat: Encrypt::Off,
        history_days: 0,
        quotas: Quotas::default(),
        watch: Default::default(),
        web: Default::default(),
    };
    let entropy = crate::base::crypto::random;
    Engine::new(
        store,
        Setup { settings, api_url: String::new(), api: Default::default(), rate_limit: 0, entropy, memory: || 0 },
        now,
    )
    .unwrap()
}

fn ok(body: &str) -> Called {
    Ok(HttpAnswer { status: 200, body: body.as_bytes().to_vec(), ..HttpAnswer::default() })
}

fn refused(code: u16, description: &str, more: &str) -> Called {
    let body = format!(r#"{{"ok":false,"error_code":{code},"description":"{description}"{more}}}"#);
    Ok(HttpAnswer { status: code, body: body.into_bytes(), ..HttpAnswer::default() })
}

fn sent(number: i64) -> Called {
    ok(&format!(r#"{{"ok":true,"result":{{"message_id":{number},"date":1,"chat":{{"id":7,"type":"private"}}}}}}"#))
}

fn text_of(call: &HttpCall) -> String {
    let bytes = call.body.iter().map(|part| match part {
        Part::Bytes(bytes) => String::from_utf8(bytes.clone()).unwrap(),
        other => format!("{other:?}"),
    });
    bytes.collect()
}

impl Rig {
    /// A bot of the built-in account that is connected to Telegram, and hears these chats.
    fn new(chats: &[&str]) -> Rig {
        let now = Now { mono: Duration::from_secs(1000), unix_ms: 1_800_000_000_000 };
        let engine = engine(Store::memory(), now);
        let (token, calls, called_off) = (Secret::default(), VecDeque::new(), Vec::new());
        let mut rig = Rig { engine, now, bot: BotId(0), token, calls, called_off, reaches: Vec::new() };
        let owner = BareJid::parse("owner@local").unwrap();
        let (reply, _ticket) = ticket();
        let question = Question::CreateBot(NewBot::new("Door", owner));
        rig.batch(vec![Event::Ask { caller: Caller::Admin, question, reply }]);
        let bot = rig.engine.core.batch.bots.values().next().unwrap();
        (rig.bot, rig.token) = (bot.row.id, bot.row.token.clone().unwrap());
        if chats.is_empty() {
            return rig;
        }
        let ticket = rig.ask(setup("42:TOKEN"));
        rig.answer("getMe", ok(ME));
        rig.answer("getWebhookInfo", ok(NO_WEBHOOK));
        assert!(info(ticket).is_configured);
        for chat in chats {
            rig.hear(chat);
        }
        rig
    }

    fn hear(&mut self, chat: &str) {
        let chat = BareJid::parse_any(chat).unwrap();
        let Engine { core, channels, .. } = &mut self.engine;
        assert!(channels.telegram.hear(core, self.bot, &chat, Hearing::On).is_ok());
        self.batch(Vec::new());
    }

    fn batch(&mut self, events: Vec<Event>) {
        for effect in self.engine.batch(self.now, events) {
            match effect {
                Effect::Answer(reply, outcome) => reply.send(outcome),
                Effect::Call { tag, call, manner, .. } => {
                    assert_eq!(manner, Manner::Lasting, "no thread is held");
                    let method = call.url.rsplit('/').next().unwrap().to_string();
                    assert!(call.url.contains("/bot42:TOKEN/") || call.url.contains("/bot43:OTHER/"));
                    self.reaches.push(call.reach);
                    self.calls.push_back((tag, method, text_of(&call)));
                }
                Effect::CallOff(tag) => {
                    self.called_off.push(tag);
                    self.calls.retain(|(other, ..)| *other != tag);
                }
                _ => {}
            }
        }
    }

    fn ask(&mut self, question: Question) -> Ticket {
        let (reply, ticket) = ticket();
        let caller = Caller::Bot(self.token.clone(), Scope::Manage);
        self.batch(vec![Event::Ask { caller, question, reply }]);
        ticket
    }

    fn outcome(&mut self, question: Question) -> Outcome {
        self.ask(question).wait()
    }

    /// The first call of a method that waits for its answer gets this one; gives its body.
    fn answer(&mut self, method: &str, called: Called) -> String {
        let at = self.calls.iter().position(|(_, name, _)| name == method);
        let at = at.unwrap_or_else(|| panic!("no {method} among {:?}", self.calls));
        let (tag, _, body) = self.calls.remove(at).unwrap();
        self.batch(vec![Event::Called { tag, called: Box::new(called) }]);
        body
    }

    /// The bodies of calls of a method that wait for their answers.
    fn waiting(&self, method: &str) -> Vec<String> {
        self.calls.iter().filter(|(_, name, _)| name == method).map(|(.., body)| body.clone()).collect()
    }

    fn later(&mut self, seconds: u64) {
        self.now.mono += Duration::from_secs(seconds);
        self.now.unix_ms += seconds as i64 * 1000;
        self.batch(Vec::new());
    }

    fn say(&mut self, to: &str, text: &str) -> Result<String, Failure> {
        self.send(NewMessage::text(&Jid::parse_any(to).unwrap(), Kind::Chat, text))
    }

    fn send(&mut self, new: NewMessage) -> Result<String, Failure> {
        match self.outcome(Question::SendMessage(new))? {
            Answer::Sent { message_id, encrypted } => {
                assert_eq!(encrypted, Some(false));
                Ok(message_id)
            }
            other => panic!("{other:?}"),
        }
    }

    fn act(&mut self, to: &str, action: BotAction) -> Result<(), Failure> {
        let act = NewAction { to: Jid::parse_any(to).unwrap(), kind: Kind::Chat, action, idempotency_key: None };
        self.outcome(Question::Act(act)).map(drop)
    }

    /// What the bot's program is told now, taken from its queue.
    fn updates(&mut self) -> Vec<(String, String)> {
        let all = UpdateKinds::parse(["message", "reaction", "message_state"]).unwrap();
        let poll = UpdatePoll { offset: None, limit: 100, timeout: Duration::ZERO, allowed: Some(all) };
        let Ok(Answer::Updates(updates)) = self.outcome(Question::GetUpdates(poll)) else { panic!() };
        if let Some(last) = updates.last() {
            let offset = Some(UpdateId(last.id.0 + 1));
            let _ = self.outcome(Question::GetUpdates(UpdatePoll { offset, ..poll }));
        }
        updates.into_iter().map(|update| (update.kind, update.payload)).collect()
    }

    /// What the manager has told the owner.
    fn told(&mut self) -> Vec<String> {
        let lines = self.engine.core.batch.read_lines(None, 0).unwrap();
        lines.into_iter().map(|line| line.text).collect()
    }

    fn status(&mut self) -> TelegramInfo {
        info_of(self.outcome(Question::Telegram(TelegramQuestion::Status)))
    }

    fn killed(self) -> Rig {
        let (sender, receiver) = mpsc::channel();
        drop(sender);
        let store = self.engine.run(&receiver, Now::default, |_| {});
        let mut rig = Rig { engine: engine(store, self.now), calls: VecDeque::new(), ..self };
        rig.batch(Vec::new());
        rig
    }
}

fn setup(token: &str) -> Question {
    let setup = TelegramSetup { token: Some(Secret::new(token)), ..TelegramSetup::default() };
    Question::Telegram(TelegramQuestion::Setup(setup))
}

fn info(ticket: Ticket) -> TelegramInfo {
    info_of(ticket.wait())
}

fn info_of(outcome: Outcome) -> TelegramInfo {
    match outcome {
        Ok(Answer::Telegram(info)) => *info,
        other => panic!("{other:?}"),
    }
}

fn updates(all: &[String]) -> Called {
    ok(&format!(r#"{{"ok":true,"result":[{}]}}"#, all.join(",")))
}

fn anna(id: i64, number: i64, more: &str) -> String {
    format!(
        r#"{{"update_id":{id},"message":{{"message_id":{number},"date":1800000000,"chat":{{"id":7,"type":"private","first_name":"Anna"}},"from":{{"id":7,"is_bot":false,"first_name":"Anna"}},{more}}}}}"#
    )
}

fn group(id: i64, number: i64, more: &str) -> String {
    format!(
        r#"{{"update_id":{id},"message":{{"message_id":{number},"date":1800000000,"chat":{{"id":-100,"type":"supergroup","title":"Family"}},"from":{{"id":9,"is_bot":false,"first_name":"Ben","last_name":"B."}},{more}}}}}"#
    )
}

// --- how it is connected ---

#[test]
fn a_token_is_tried_before_it_is_kept_and_nobodys_webhook_is_taken() {
    let mut rig = Rig::new(&[]);
    let failure =
        rig.outcome(Question::SendMessage(NewMessage::text(&Jid::parse_any("tg:7").unwrap(), Kind::Chat, "hi")));
    assert!(matches!(failure, Err(Failure::NotConfigured(_))), "{failure:?}");
    assert!(matches!(rig.outcome(setup("nonsense")), Err(Failure::Invalid { field, .. }) if field == "token"));
    let ticket = rig.ask(setup("42:TOKEN"));
    rig.answer("getMe", refused(401, "Unauthorized", ""));
    assert!(matches!(ticket.wait(), Err(Failure::Invalid { field, .. }) if field == "token"));
    assert!(!rig.status().is_configured);

    let taken = r#"{"ok":true,"result":{"url":"https://u:p@shop.example.org/hook/SECRET"}}"#;
    let ticket = rig.ask(setup("42:TOKEN"));
    rig.answer("getMe", ok(ME));
    rig.answer("getWebhookInfo", ok(taken));
    let Err(Failure::Conflict(why)) = ticket.wait() else { panic!() };
    assert!(why.contains("shop.example.org") && !why.contains("SECRET") && !why.contains("u:p"), "{why}");
    assert!(rig.calls.is_empty() && !rig.status().is_configured, "nothing was removed");

    let setup = TelegramSetup { token: Some(Secret::new("42:TOKEN")), take_over: true, ..TelegramSetup::default() };
    let ticket = rig.ask(Question::Telegram(TelegramQuestion::Setup(setup)));
    rig.answer("getMe", ok(ME));
    rig.answer("getWebhookInfo", ok(taken));
    rig.answer("deleteWebhook", ok(TRUE));
    let info = info(ticket);
    assert_eq!((info.username.as_str(), info.name.as_str(), info.is_enabled), ("door_bot", "Door", true));
    assert_eq!(rig.waiting("getUpdates").len(), 1, "it listens, to find out which chats there are");
    rig.later(limits::TELEGRAM_DISCOVER.as_secs() + 1);
    assert!(rig.calls.is_empty() && rig.called_off.len() == 1, "and not for ever");
}

#[test]
fn it_listens_only_while_it_is_wanted() {
    let mut rig = Rig::new(&["tg:7"]);
    rig.answer("getUpdates", ok(NOTHING));
    assert!(rig.waiting("getUpdates").is_empty(), "what was answered at once is not asked at once again");
    rig.later(1);
    assert_eq!((rig.status().state, rig.waiting("getUpdates").len()), (TelegramState::Listening, 1));
    let off = info_of(rig.outcome(Question::Telegram(TelegramQuestion::Enable(false))));
    assert_eq!((off.state, rig.waiting("getUpdates").len()), (TelegramState::Off, 0));
    assert!(matches!(rig.say("tg:7", "hi"), Err(Failure::NotEnabled(_))));
    rig.outcome(Question::Telegram(TelegramQuestion::Enable(true))).unwrap();
    assert_eq!(rig.waiting("getUpdates").len(), 1);
    let (reply, _ticket) = ticket();
    rig.batch(vec![Event::Ask { caller: Caller::Admin, question: Question::ActivateBot(rig.bot, false), reply }]);
    assert_eq!(rig.waiting("getUpdates").len(), 0, "nor for a bot that is switched off");
    // While a poll hangs nothing wakes us before it is lost.
    let mut rig = Rig::new(&["tg:7"]);
    let until = rig.engine.channels.parts().filter_map(|part| part.deadline()).min().unwrap();
    assert!(until >= rig.now.mono + Duration::from_secs(limits::TELEGRAM_POLL_S), "{until:?}");
}

#[test]
fn what_is_wrong_is_told_once_and_stops_or_goes_on_as_it_should() {
    let mut rig = Rig::new(&["tg:7"]);
    for _ in 0..3 {
        rig.answer("getUpdates", refused(409, "Conflict: terminated by other getUpdates request", ""));
        assert!(rig.waiting("getUpdates").is_empty(), "it does not insist");
        rig.later(limits::TELEGRAM_CONFLICT_MAX.as_secs());
    }
    let conflicts = |rig: &mut Rig| rig.told().iter().filter(|text| text.contains("Another program")).count();
    assert_eq!((conflicts(&mut rig), rig.status().state), (1, TelegramState::Conflict));
    rig.answer("getUpdates", ok(NOTHING));
    rig.later(1);
    assert_eq!(rig.status().state, TelegramState::Listening);

    rig.answer("getUpdates", refused(429, "Too Many Requests", r#","parameters":{"retry_after":30}"#));
    rig.later(29);
    assert!(rig.waiting("getUpdates").is_empty());
    rig.later(1);
    rig.answer("getUpdates", refused(502, "Bad Gateway", ""));
    rig.later(2);
    for _ in 0..20 {
        rig.answer("getUpdates", Err(CallError::Unsent(Box::new(CallError::Refused))));
        rig.later(limits::TELEGRAM_RETRY_MAX.as_secs());
    }
    let deaf = rig.told().iter().filter(|text| text.contains("heard nothing")).count();
    assert_eq!((deaf, rig.status().state), (1, TelegramState::Deaf));

    rig.answer("getUpdates", refused(401, "Unauthorized", ""));
    rig.later(3600);
    assert!(rig.calls.is_empty(), "nothing is asked with a token that is wrong");
    let mut rig = rig.killed();
    assert!(rig.calls.is_empty(), "nor after a restart");
    assert_eq!(rig.told().iter().filter(|text| text.contains("does not take")).count(), 1);
    assert_eq!(rig.status().state, TelegramState::Refused);
    rig.outcome(Question::Telegram(TelegramQuestion::Enable(true))).unwrap();
    assert_eq!(rig.waiting("getUpdates").len(), 1, "until somebody says that it is right");
}

#[test]
fn a_poll_that_is_lost_is_made_again() {
    let mut rig = Rig::new(&["tg:7"]);
    let lost = rig.calls[0].0;
    rig.later(limits::TELEGRAM_POLL_S + 100);
    assert_eq!(rig.called_off, [lost]);
    rig.later(2);
    assert_eq!(rig.waiting("getUpdates").len(), 1);
    rig.batch(vec![Event::Called { tag: lost, called: Box::new(updates(&[anna(5, 1, r#""text":"late""#)])) }]);
    assert!(rig.updates().is_empty(), "what the lost one brings comes again");
}

// --- what comes ---

#[test]
fn only_chats_that_are_linked_are_heard_and_others_are_offered() {
    let mut rig = Rig::new(&["tg:7"]);
    let stranger = r#"{"update_id":10,"message":{"message_id":1,"date":1,"chat":{"id":66,"type":"private","first_name":"Eve"},"from":{"id":66,"is_bot":false,"first_name":"Eve"},"text":"psst secret"}}"#;
    let body = rig.answer(
        "getUpdates",
        updates(&[
            stranger.to_string(),
            anna(11, 5, r#""text":"a b","entities":[{"type":"bold","offset":0,"length":1}]"#),
        ]),
    );
    assert!(body.contains(r#""timeout":50"#) && !body.contains("offset"), "{body}");
    let told = rig.updates();
    assert_eq!(told.len(), 1, "{told:?}");
    let data = &told[0].1;
    for part in [r#""from":"tg:7/Anna""#, r#""body":"*a* b""#, r#""type":"chat""#, r#""stanza_id":"7:5""#] {
        assert!(data.contains(part), "{data}");
    }
    let offers = rig.status().offers;
    assert_eq!((offers.len(), offers[0].address.as_str(), offers[0].last_name.as_str()), (1, "tg:66", "Eve"));
    let body = rig.answer("getUpdates", updates(&[anna(11, 5, r#""text":"a b""#), anna(12, 6, r#""text":"c""#)]));
    assert!(body.contains(r#""offset":12"#), "{body}");
    assert_eq!(rig.updates().len(), 1, "what comes twice is told once");
    let mut rig = rig.killed();
    assert!(rig.waiting("getUpdates")[0].contains(r#""offset":13"#), "the place outlives a restart");
    // Another token begins anew.
    let ticket = rig.ask(setup("43:OTHER"));
    rig.answer("getMe", ok(ME));
    rig.answer("getWebhookInfo", ok(NO_WEBHOOK));
    info(ticket);
    assert!(!rig.waiting("getUpdates")[0].contains("offset"));
}

#[test]
fn people_of_groups_edits_replies_and_reactions_are_told() {
    let mut rig = Rig::new(&["tg:7", "tg:-100"]);
    let own = rig.say("tg:-100", "What do you think?").unwrap();
    rig.answer("sendMessage", sent(50));
    rig.updates();
    let edited = anna(21, 5, r#""text":"two","edit_date":2"#).replace(r#""message":"#, r#""edited_message":"#);
    let reacted = r#"{"update_id":24,"message_reaction":{"chat":{"id":-100,"type":"supergroup","title":"Family"},"message_id":50,"user":{"id":9,"is_bot":false,"first_name":"Ben"},"date":5,"old_reaction":[],"new_reaction":[{"type":"emoji","emoji":"👍"}]}}"#;
    let reply = r#""text":"fine","reply_to_message":{"message_id":50,"date":1,"chat":{"id":-100,"type":"supergroup"},"from":{"id":42,"is_bot":true,"first_name":"Door"},"text":"What"}"#;
    let topic = r#""text":"in a topic","is_topic_message":true,"message_thread_id":3"#;
    rig.answer(
        "getUpdates",
        updates(&[
            anna(20, 5, r#""text":"one""#),
            edited,
            group(22, 51, reply),
            group(23, 52, topic),
            reacted.to_string(),
            group(25, 53, r#""text":"hey @Door_Bot""#),
        ]),
    );
    let told: Vec<String> = rig.updates().into_iter().map(|(kind, data)| format!("{kind} {data}")).collect();
    assert_eq!(told.len(), 6, "{told:#?}");
    assert!(told[1].contains(r#""correction_of":"7:5""#), "{told:#?}");
    let reply = &told[2];
    for part in [r#""from":"tg:-100/Ben B.""#, r#""type":"groupchat""#, r#""room":"tg:-100""#, r#""mentioned":true"#] {
        assert!(reply.contains(part), "{reply}");
    }
    assert!(reply.contains(&format!(r#""reply_to":"{own}""#)), "{reply}");
    assert!(told[3].contains(r#""room":"tg:-100.3""#) && !told[3].contains("mentioned"), "{}", told[3]);
    assert!(told[4].starts_with("reaction ") && told[4].contains("👍") && told[4].contains(&own), "{}", told[4]);
    assert!(told[5].contains(r#""mentioned":true"#), "{}", told[5]);
}

#[test]
fn a_group_that_moves_keeps_what_waits() {
    let mut rig = Rig::new(&["tg:-100"]);
    rig.say("tg:-100", "one").unwrap();
    rig.say("tg:-100", "two").unwrap();
    let moved = r#","parameters":{"migrate_to_chat_id":-1009}"#;
    rig.answer("sendMessage", refused(400, "Bad Request: group chat was upgraded to a supergroup chat", moved));
    rig.later(5);
    assert!(rig.answer("sendMessage", sent(1)).contains(r#""chat_id":-1009,"text":"one""#));
    rig.later(5);
    assert!(rig.answer("sendMessage", sent(2)).contains(r#""chat_id":-1009,"text":"two""#));
    rig.answer("getUpdates", updates(&[group(1, 9, r#""text":"hi""#).replace("-100,", "-1009,")]));
    assert!(rig.updates().iter().any(|(_, data)| data.contains("tg:-1009/Ben B.")), "the chat is heard as before");
}
