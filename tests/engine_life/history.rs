//! What is kept of chats where somebody wants a history, and read again with `getHistory`.

use botmother::base::jid::Jid;
use botmother::xmpp::message::{Attachment, RepliedTo};

use super::*;

const DAY: Duration = Duration::from_secs(24 * 3600);

impl Rig {
    fn keep(&mut self, bot: &BotInfo, days: Option<i64>) -> Outcome {
        self.ask(Caller::Admin, Question::SetBotHistory(bot.id, days))
    }

    fn page(&mut self, bot: &BotInfo, chat: &str, limit: i64, before: Option<i64>) -> Result<HistoryPage, Failure> {
        let query = HistoryQuery { chat: full(chat), limit, before };
        match self.ask(as_bot(bot), Question::GetHistory(query))? {
            Answer::History(page) => Ok(page),
            other => panic!("{other:?}"),
        }
    }

    fn history(&mut self, bot: &BotInfo, chat: &str) -> Vec<HistoryMessage> {
        self.page(bot, chat, 100, None).unwrap().messages
    }

    /// Each as who said it and what it says.
    fn texts(&mut self, bot: &BotInfo, chat: &str) -> Vec<String> {
        let line = |message: HistoryMessage| {
            let who = if message.is_bot { "bot" } else { message.from.split('@').next().unwrap_or_default() };
            format!("{who}: {}", message.text)
        };
        self.history(bot, chat).into_iter().map(line).collect()
    }

    /// An engine whose bot keeps a week.
    fn keeping() -> (Rig, BotInfo, BotInfo) {
        let (mut rig, bot, personal) = Rig::new();
        rig.keep(&bot, Some(7)).unwrap();
        (rig, bot, personal)
    }

    fn says(&mut self, id: &str, text: &str) {
        let account = self.core.account;
        self.hears(account, saying(text, from(OWNER, BOT, id)));
    }
}

fn replacing(of: &str, message: Inbound) -> Inbound {
    Inbound { replaces: Some(of.to_string()), ..message }
}

fn reacting(id: &str, of: &str, emoji: &[&str]) -> Inbound {
    let emoji = emoji.iter().map(ToString::to_string).collect();
    Inbound { reactions: Some(Reactions { id: of.to_string(), emoji }), ..from(OWNER, BOT, id) }
}

fn retracting(id: &str, of: &str) -> Inbound {
    let retraction = Retraction { id: of.to_string(), is_moderated: false, reason: None };
    Inbound { retraction: Some(retraction), ..from(OWNER, BOT, id) }
}

fn reactions(message: &HistoryMessage) -> Vec<String> {
    message.reactions.iter().map(|reaction| format!("{} {}", reaction.from, reaction.emoji)).collect()
}

#[test]
fn both_sides_of_a_chat_are_kept_where_somebody_wants_that() {
    let (mut rig, bot, personal) = Rig::new();
    rig.says("m0", "before");
    let refused = rig.page(&bot, OWNER, 50, None).unwrap_err();
    assert!(matches!(&refused, Failure::NotEnabled(_)) && refused.to_string().contains("POST /bot/history"));
    rig.keep(&bot, Some(7)).unwrap();
    assert!(rig.history(&bot, OWNER).is_empty(), "nothing of before");
    rig.says("m1", "hello");
    let (said, ..) = rig.say(&bot, OWNER, "hi");
    let new = NewMessage { reply_to: Some("m1".to_string()), ..message(&format!("{OWNER}/phone"), "to you") };
    let Ok(Answer::Sent { message_id: answer, .. }) = rig.ask(as_bot(&bot), Question::SendMessage(new)) else {
        panic!()
    };
    let account = rig.core.account;
    let reply = Some(RepliedTo { id: said.clone(), to: None });
    rig.hears(account, Inbound { reply, ..saying("fine", from(OWNER, BOT, "m2")) });
    assert_eq!(rig.texts(&bot, OWNER), ["ralf: hello", "bot: hi", "bot: to you", "ralf: fine"]);
    let all = rig.history(&bot, OWNER);
    assert_eq!(all.iter().map(|one| one.message_id.as_str()).collect::<Vec<_>>(), ["m1", &said, &answer, "m2"]);
    assert_eq!(all.iter().map(|one| one.from.as_str()).collect::<Vec<_>>(), [OWNER, BOT, BOT, OWNER]);
    assert_eq!((all[2].reply_to.as_deref(), all[3].reply_to.as_deref()), (Some("m1"), Some(said.as_str())));
    assert_eq!(all[0].at, START.unix());
    assert!(all.windows(2).all(|two| two[0].id < two[1].id));
    // A device of the same person is he; somebody else is not, and neither is another bot.
    assert_eq!(rig.texts(&bot, &format!("{OWNER}/phone")).len(), 4);
    assert!(rig.history(&bot, ANNA).is_empty());
    assert!(matches!(rig.page(&personal, OWNER, 50, None), Err(Failure::NotEnabled(_))));
    // Commands that the bot answers by itself are no messages.
    rig.says("m3", "/help");
    assert_eq!(rig.history(&bot, OWNER).len(), 4);
    let rig = &mut rig.killed();
    assert_eq!(rig.texts(&bot, OWNER).len(), 4, "over a kill");
}

#[test]
fn what_is_said_once_is_kept_once() {
    let (mut rig, bot, _) = Rig::keeping();
    let new = NewMessage { idempotency_key: Some("k".to_string()), ..message(OWNER, "typo") };
    let Ok(Answer::Sent { message_id, .. }) = rig.ask(as_bot(&bot), Question::SendMessage(new.clone())) else {
        panic!()
    };
    let edit = BotAction::Edit { message_id, text: "right".to_string(), keyboard: None };
    rig.act(&bot, OWNER, edit).unwrap();
    rig.ask(as_bot(&bot), Question::SendMessage(new)).unwrap();
    rig.says("m1", "x");
    rig.says("m1", "x");
    assert_eq!(rig.texts(&bot, OWNER), ["bot: right", "ralf: x"]);
    assert!(rig.ask(as_bot(&bot), Question::SendMessage(message("owner@local", "y"))).is_err());
    assert_eq!(rig.history(&bot, OWNER).len(), 2);
}

#[test]
fn corrections_and_retractions_change_what_is_kept() {
    let (mut rig, bot, _) = Rig::keeping();
    let account = rig.core.account;
    rig.says("m1", "helo");
    rig.hears(account, replacing("m1", saying("hello", from(OWNER, BOT, "m2"))));
    rig.hears(account, replacing("m2", saying("hello!", from(OWNER, BOT, "m3"))));
    rig.hears(account, replacing("unknown", saying("anew", from(OWNER, BOT, "m4"))));
    let (id, ..) = rig.say(&bot, OWNER, "one");
    for text in ["two", "three"] {
        rig.act(&bot, OWNER, BotAction::Edit { message_id: id.clone(), text: text.to_string(), keyboard: None })
            .unwrap();
    }
    assert_eq!(rig.texts(&bot, OWNER), ["ralf: hello!", "ralf: anew", "bot: three"]);
    let edited: Vec<bool> = rig.history(&bot, OWNER).iter().map(|one| one.is_edited).collect();
    assert_eq!(edited, [true, false, true]);
    rig.hears(account, retracting("t1", "m1"));
    rig.hears(account, retracting("t2", &id));
    rig.act(&bot, OWNER, BotAction::Deletion { message_id: id.clone() }).unwrap();
    let all = rig.history(&bot, OWNER);
    let gist: Vec<(bool, &str)> = all.iter().map(|one| (one.is_deleted, one.text.as_str())).collect();
    assert_eq!(gist, [(true, ""), (false, "anew"), (true, "")]);
}

/// Nobody takes back or corrects what somebody else has said.
#[test]
fn only_its_author_changes_a_message() {
    let (mut rig, bot, personal) = Rig::new();
    let (person, new) = (rig.person, NewBot { receive: Receive::All, ..NewBot::new("Ears", bare(OWNER)) });
    let Ok(Answer::Created(ears)) = rig.ask(Caller::Admin, Question::CreateBot(new)) else { panic!() };
    rig.keep(&ears, Some(7)).unwrap();
    drop((bot, personal));
    rig.hears(person, saying("mine", from(ANNA, OWNER, "m1")));
    let eve = "eve@example.org";
    rig.hears(person, replacing("m1", saying("yours", from(eve, OWNER, "e1"))));
    let retraction = Retraction { id: "m1".to_string(), is_moderated: false, reason: None };
    rig.hears(person, Inbound { retraction: Some(retraction), ..from(eve, OWNER, "e2") });
    assert_eq!(
        (rig.texts(&ears, ANNA), rig.texts(&ears, eve)),
        (vec!["anna: mine".to_string()], vec!["eve: yours".to_string()])
    );
}

#[test]
fn reactions_of_both_sides_are_set_replaced_and_removed() {
    let (mut rig, bot, _) = Rig::keeping();
    let account = rig.core.account;
    rig.says("m1", "tea?");
    let (said, ..) = rig.say(&bot, OWNER, "yes");
    let react = |rig: &mut Rig, of: &str, emoji: &str| {
        let action = BotAction::Reaction { message_id: of.to_string(), emoji: emoji.to_string() };
        rig.act(&bot, OWNER, action).unwrap();
    };
    rig.hears(account, reacting("r1", &said, &["👍", "🎉"]));
    react(&mut rig, "m1", "☕");
    let all = rig.history(&bot, OWNER);
    assert_eq!(reactions(&all[0]), [format!("{BOT} ☕")]);
    assert!(all[0].reactions[0].is_bot && !all[1].reactions[0].is_bot);
    assert_eq!(reactions(&all[1]), [format!("{OWNER} 👍"), format!("{OWNER} 🎉")]);
    rig.hears(account, reacting("r2", &said, &["❤"]));
    react(&mut rig, "m1", "🍵");
    let all = rig.history(&bot, OWNER);
    assert_eq!((reactions(&all[0]), reactions(&all[1])), (vec![format!("{BOT} 🍵")], vec![format!("{OWNER} ❤")]));
    rig.hears(account, reacting("r3", &said, &[]));
    react(&mut rig, "m1", "");
    assert!(rig.history(&bot, OWNER).iter().all(|one| one.reactions.is_empty()));
}

/// A reaction that came encrypted is not kept, and takes away what its sender had there; a retraction counts.
#[test]
fn what_is_done_encrypted_is_not_kept() {
    let (mut rig, bot, _) = Rig::keeping();
    let account = rig.core.account;
    let sealed = |message: Inbound| Inbound { is_decrypted: true, ..message };
    rig.says("m1", "tea?");
    rig.hears(account, reacting("r1", "m1", &["👍"]));
    assert_eq!(reactions(&rig.history(&bot, OWNER)[0]).len(), 1);
    rig.hears(account, sealed(reacting("r2", "m1", &["👎"])));
    assert_eq!(rig.take(&bot).len(), 3);
    assert!(rig.history(&bot, OWNER)[0].reactions.is_empty());
    rig.hears(account, sealed(replacing("m1", saying("geheim", from(OWNER, BOT, "m2")))));
    rig.hears(account, sealed(saying("geheim", from(OWNER, BOT, "m3"))));
    assert_eq!(rig.texts(&bot, OWNER), ["ralf: tea?"]);
    rig.hears(account, sealed(retracting("t1", "m1")));
    assert!(rig.history(&bot, OWNER)[0].is_deleted);
}

/// Where nobody wants a history, the database has nothing that was not there before there were any.
#[test]
fn nothing_is_written_where_nobody_wants_it() {
    let path = std::env::temp_dir().join(format!("botmother-history-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    let store = Store::open(&path, botmother::store::Durability::Process).unwrap();
    let (mut rig, bot, personal) = Rig::over(store);
    let account = rig.core.account;
    let count = |what: &str| -> i64 {
        let raw = rusqlite::Connection::open(path.join("botmother.db")).unwrap();
        raw.query_row(&format!("SELECT count(*) FROM {what}"), [], |row| row.get(0)).unwrap()
    };
    let kept = || {
        let of = [
            "message WHERE body IS NOT NULL",
            "message WHERE contact_id IS NOT NULL AND (deleted OR original IS NOT NULL)",
        ];
        of.into_iter().chain(["message_file", "message_reply", "reaction"]).map(count).collect::<Vec<_>>()
    };
    let all = |rig: &mut Rig, turn: &str| {
        let id = |name: &str| format!("{name}{turn}");
        let attachment = Attachment { url: "https://example.com/a.png".to_string(), ..Attachment::default() };
        let reply = Some(RepliedTo { id: "b-1".to_string(), to: None });
        let first = Inbound { reply, attachments: vec![attachment], ..saying("one", from(OWNER, BOT, &id("m1"))) };
        rig.hears(account, first);
        rig.hears(account, replacing(&id("m1"), saying("two", from(OWNER, BOT, &id("m2")))));
        let (said, ..) = rig.say(&bot, OWNER, "hi");
        rig.hears(account, reacting(&id("r1"), &said, &["👍"]));
        rig.act(&bot, OWNER, BotAction::Reaction { message_id: id("m1"), emoji: "👍".to_string() }).unwrap();
        let url = "https://example.com/c.jpg".to_string();
        rig.act(&bot, OWNER, BotAction::File { url, caption: Some("a cat".to_string()) }).unwrap();
        rig.act(&bot, OWNER, BotAction::Edit { message_id: said.clone(), text: "ho".to_string(), keyboard: None })
            .unwrap();
        if turn == "off" {
            rig.hears(account, retracting(&id("t1"), &id("m1")));
            rig.act(&bot, OWNER, BotAction::Deletion { message_id: said }).unwrap();
        }
    };
    rig.keep(&personal, Some(7)).unwrap();
    all(&mut rig, "off");
    Rigged::wait(&mut rig, limits::PURGE_INTERVAL);
    assert_eq!(kept(), [0; 5]);
    assert!(count("message") > 5 && count("file") == 1, "what the bot sends is no file that it was told of");
    // The same with one leaves something in each of them, so that this test can fail.
    rig.keep(&bot, Some(7)).unwrap();
    all(&mut rig, "on");
    assert!(kept().into_iter().all(|count| count > 0), "{:?}", kept());
    drop(rig);
    let _ = std::fs::remove_dir_all(&path);
}

#[test]
fn files_are_kept_with_their_captions() {
    let (mut rig, bot, _) = Rig::keeping();
    let account = rig.core.account;
    let file = |name: &str| Attachment {
        url: format!("https://example.com/{name}"),
        name: Some(name.to_string()),
        media_type: Some("image/png".to_string()),
        ..Attachment::default()
    };
    let attachments = vec![file("a.png"), file("b.png")];
    rig.hears(account, Inbound { attachments, ..from(OWNER, BOT, "m1") });
    let action = BotAction::File { url: "https://example.com/c.jpg".to_string(), caption: Some("a cat".to_string()) };
    rig.act(&bot, OWNER, action).unwrap();
    let all = rig.history(&bot, OWNER);
    let texts: Vec<&str> = all.iter().map(|one| one.text.as_str()).collect();
    assert_eq!(texts, ["https://example.com/a.png", "https://example.com/c.jpg", "a cat"]);
    assert_eq!(all.iter().map(|one| one.files.len()).collect::<Vec<_>>(), [2, 1, 0]);
    let update = rig.take(&bot).pop().unwrap();
    assert!(update.contains(&format!("\"attachments\":[{}]", all[0].files.join(","))), "as in updates: {update}");
    assert!(all[1].files[0].contains(r#""name":"c.jpg","type":"image/jpeg""#), "{}", all[1].files[0]);
    assert_eq!(all[2].message_id, format!("{}.caption", all[1].message_id));
    // They are known by their names as long as they are kept, and the caption goes with its file.
    let url = "https://example.com/c.jpg".to_string();
    let query = FileQuery { wanted: FileWanted::Url(url), into: None };
    assert!(matches!(rig.ask(as_bot(&bot), Question::GetFile(query)), Ok(Answer::File(_))));
    rig.act(&bot, OWNER, BotAction::Deletion { message_id: all[1].message_id.clone() }).unwrap();
    rig.hears(account, retracting("t1", "m1"));
    let all = rig.history(&bot, OWNER);
    assert!(all.iter().all(|one| one.is_deleted && one.text.is_empty() && one.files.is_empty()));
}

#[test]
fn a_history_is_read_page_by_page() {
    let (mut rig, bot, _) = Rig::keeping();
    for n in 0..7 {
        rig.says(&format!("m{n}"), &n.to_string());
    }
    let (mut before, mut read) = (None, Vec::new());
    loop {
        let page = rig.page(&bot, OWNER, 3, before).unwrap();
        read.push(page.messages.iter().map(|one| one.text.clone()).collect::<String>());
        before = page.messages.first().map(|one| one.id);
        if !page.more {
            break;
        }
    }
    assert_eq!(read, ["456", "123", "0"]);
    assert!(rig.page(&bot, OWNER, 3, before).unwrap().messages.is_empty());
    assert!(!rig.page(&bot, OWNER, 7, None).unwrap().more, "exactly all");
    // Large ones fill a page before it has as many as were asked for, and none is left out.
    let large = "x".repeat(limits::TEXT_BYTES_MAX);
    for n in 0..12 {
        rig.says(&format!("l{n}"), &large);
    }
    let page = rig.page(&bot, OWNER, 100, None).unwrap();
    let bytes: usize = page.messages.iter().map(|one| one.text.len()).sum();
    assert!(page.more && bytes <= limits::UPDATES_BYTES_MAX && bytes > limits::UPDATES_BYTES_MAX / 2, "{bytes}");
    let rest = rig.page(&bot, OWNER, 100, page.messages.first().map(|one| one.id)).unwrap();
    assert_eq!((page.messages.len() + rest.messages.len(), rest.more), (19, false));
}

/// Days are those that the daemon runs; each bot has its own number of them.
#[test]
fn what_is_older_than_wanted_goes() {
    let (mut rig, bot, personal) = Rig::keeping();
    rig.keep(&personal, Some(2)).unwrap();
    let (person, phone) = (rig.person, format!("{OWNER}/phone"));
    rig.says("m1", "old");
    rig.hears(person, saying("old", from(&phone, OWNER, "p1")));
    for _ in 0..3 {
        Rigged::wait(&mut rig, DAY);
    }
    rig.says("m2", "young");
    assert_eq!(rig.texts(&bot, OWNER), ["ralf: old", "ralf: young"]);
    assert!(rig.history(&personal, OWNER).is_empty());
    // A clock that jumps makes nothing old.
    rig.core.now.unix_ms += 400 * DAY.as_millis() as i64;
    Rigged::wait(&mut rig, limits::PURGE_INTERVAL);
    assert_eq!(rig.history(&bot, OWNER).len(), 2);
    // A longer one keeps for longer than the rows of others live.
    rig.keep(&bot, Some(60)).unwrap();
    for _ in 0..50 {
        Rigged::wait(&mut rig, DAY);
    }
    assert_eq!(rig.history(&bot, OWNER).len(), 2);
    // Fewer days hold at once.
    rig.keep(&bot, Some(51)).unwrap();
    assert_eq!(rig.texts(&bot, OWNER), ["ralf: young"]);
}

#[test]
fn who_turns_it_off_has_nothing_left() {
    let (mut rig, bot, personal) = Rig::keeping();
    rig.keep(&personal, Some(7)).unwrap();
    rig.says("m1", "hello");
    let (person, phone) = (rig.person, format!("{OWNER}/phone"));
    rig.hears(person, saying("hello", from(&phone, OWNER, "p1")));
    rig.keep(&bot, Some(0)).unwrap();
    assert!(matches!(rig.page(&bot, OWNER, 50, None), Err(Failure::NotEnabled(_))));
    rig.says("m2", "unheard");
    rig.keep(&bot, Some(7)).unwrap();
    assert!(rig.history(&bot, OWNER).is_empty());
    assert_eq!(rig.history(&personal, OWNER).len(), 1, "another bot's stays");
    // What was said is corrected and reacted to all the same, and nothing of that is kept.
    let account = rig.core.account;
    rig.hears(account, reacting("r1", "m1", &["👍"]));
    rig.hears(account, retracting("t1", "m1"));
    assert!(rig.history(&bot, OWNER).is_empty());
    for days in [-1, limits::HISTORY_DAYS_MAX + 1] {
        assert!(matches!(rig.keep(&bot, Some(days)), Err(Failure::Invalid { .. })), "{days}");
    }
    assert!(matches!(
        rig.keep(&BotInfo { id: botmother::base::id::BotId(99), ..bot.clone() }, Some(1)),
        Err(Failure::NotFound(_))
    ));
}

/// The configuration is for all bots of which nothing else was said, and may change while the daemon runs.
#[test]
fn the_configuration_says_it_for_the_others() {
    let (mut rig, bot, personal) = Rig::new();
    let reload = |rig: &mut Rig, history_days: i64| {
        let settings = Settings { history_days, ..configured().settings };
        rig.batch(vec![Event::Reload(Box::new(settings))]);
    };
    reload(&mut rig, 3);
    rig.keep(&personal, Some(0)).unwrap();
    let info = |outcome: Outcome| match outcome {
        Ok(Answer::BotHistory(info)) => (info.days, info.is_default),
        other => panic!("{other:?}"),
    };
    assert_eq!(info(rig.ask(Caller::Admin, Question::BotHistory(bot.id))), (3, true));
    assert_eq!(info(rig.ask(Caller::Admin, Question::BotHistory(personal.id))), (0, false));
    rig.says("m1", "hello");
    assert_eq!(rig.history(&bot, OWNER).len(), 1);
    assert!(rig.page(&personal, OWNER, 50, None).is_err());
    reload(&mut rig, 0);
    reload(&mut rig, 3);
    assert!(rig.history(&bot, OWNER).is_empty());
    // With its bot goes what was said for it.
    let id = personal.id;
    rig.ask(Caller::Admin, Question::DeleteBot(id)).unwrap();
    rig.says("m2", "hello");
    assert_eq!(info(rig.keep(&bot, Some(30))), (30, false));
    let mut rig = rig.killed();
    assert_eq!(info(rig.ask(Caller::Admin, Question::BotHistory(bot.id))), (30, false), "over a kill");
    assert_eq!(info(rig.keep(&bot, None)), (0, true));
    assert!(rig.page(&bot, OWNER, 50, None).is_err(), "the configuration keeps nothing");
}

/// A batch that fails has kept nothing, and whether a bot keeps something is as it was.
#[test]
fn a_batch_that_fails_keeps_nothing() {
    let (mut rig, bot, _) = Rig::keeping();
    rig.says("m1", "one");
    let to: Jid = full(OWNER);
    let send = patient(as_bot(&bot), Question::SendMessage(NewMessage { to, ..message(OWNER, "two") }));
    let off = patient(Caller::Admin, Question::SetBotHistory(bot.id, Some(0)));
    // The bug is met when the message gets its id: after the batch has turned the history off.
    plant(Bug::NextOf(8));
    let failed = answers(rig.batch(vec![off, send]));
    assert!(bug_was_met());
    assert_eq!(failed.len(), 2);
    // Each was tried alone then: which of them was good is as if they had come so.
    let is_off = failed.iter().any(|outcome| matches!(outcome, Ok(Answer::BotHistory(_))));
    assert!(is_off && rig.page(&bot, OWNER, 50, None).is_err());
    rig.keep(&bot, Some(7)).unwrap();
    let send = patient(as_bot(&bot), Question::SendMessage(message(OWNER, "three")));
    plant(Bug::NextOf(8));
    let outcome = answers(rig.batch(vec![send])).pop();
    assert!(bug_was_met() && matches!(outcome, Some(Err(Failure::Internal))), "{outcome:?}");
    assert!(rig.history(&bot, OWNER).is_empty());
}

/// The built-in chat keeps its lines, whatever is wanted elsewhere.
#[test]
fn the_built_in_chat_is_read_the_same_way() {
    let (mut rig, _, _) = Rig::new();
    let new = NewBot::new("Home", bare("owner@local"));
    let Ok(Answer::Created(home)) = rig.ask(Caller::Admin, Question::CreateBot(new)) else { panic!() };
    let say = |rig: &mut Rig, text: &str| {
        let line = Question::LocalSay { to: Some("Home".to_string()), text: text.to_string() };
        rig.ask(Caller::Admin, line).unwrap();
    };
    say(&mut rig, "hello");
    rig.ask(as_bot(&home), Question::SendMessage(message("owner@local", "hi"))).unwrap();
    say(&mut rig, "/ki setup groq gsk_secret");
    let texts = rig.texts(&home, "owner@local");
    assert_eq!(texts[..2], ["owner: hello", "bot: hi"]);
    assert!(!texts.concat().contains("gsk_secret"), "{texts:?}");
    let stanza_id = rig.history(&home, "owner@local")[0].message_id.clone();
    assert!(rig.take(&home)[0].contains(&format!(r#""stanza_id":"{stanza_id}""#)));
    rig.keep(&home, Some(1)).unwrap();
    rig.keep(&home, Some(0)).unwrap();
    assert!(rig.history(&home, "owner@local").len() >= 2, "lines have bounds of their own");
}

/// What an owner types to his manager in the chat with himself may have secrets in it.
#[test]
fn secrets_in_commands_are_not_kept() {
    let (mut rig, _, personal) = Rig::new();
    rig.keep(&personal, Some(7)).unwrap();
    let (person, phone) = (rig.person, format!("{OWNER}/phone"));
    // For the bot, whose program gets it.
    rig.hears(person, saying("@Personal /ki setup groq gsk_secret m1", from(&phone, OWNER, "p1")));
    rig.hears(person, saying("what?", from(&phone, OWNER, "p2")));
    let updates = rig.take(&personal).concat();
    let texts = rig.texts(&personal, OWNER);
    assert_eq!((texts.len(), texts[1].as_str()), (2, "ralf: what?"), "{texts:?}");
    assert!(!texts.concat().contains("gsk_secret") && !updates.contains("gsk_secret"), "{texts:?}");
}
