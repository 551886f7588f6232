//! What is kept of messages where somebody wants a history: written, found, bounded and forgotten; and nothing where nobody
//! does.

use botmother::store::row::{
    ChannelName, Conversation, ConversationKind, HeardRow, KeptContent, KeptRow, NewReactions, Progress, Reactor,
    SaidRow, SentRow, Side, ToldRow,
};

use super::*;

pub(super) const ANNA: &str = "anna@example.org";
const DEN: &str = "den@muc.example.org";

pub(super) fn content(text: &str) -> KeptContent<'_> {
    KeptContent { text, reply_to: None, files: &[] }
}

/// A bot and its account, alone.
pub(super) fn own() -> (Store, BotId, AccountId) {
    let mut store = Store::memory();
    let (bot, account) = make(&mut store);
    (store, bot, account)
}

pub(super) fn make(store: &mut Store) -> (BotId, AccountId) {
    let bot = store.insert_bot(&bot("one", None)).unwrap();
    (bot, store.insert_account(&account("robot@example.org")).unwrap())
}

pub(super) fn told(store: &mut Store, (bot, account): (BotId, AccountId), id: &str, now_s: i64) -> MessageId {
    let row = ToldRow { id: Some(id), other_id: None, at: now_s };
    store.insert_told(&Conversation::chat(account, bot, &jid(ANNA)), &row, now_s).unwrap()
}

pub(super) fn keep(store: &mut Store, of: (BotId, AccountId), id: &str, text: &str) -> MessageId {
    let message = told(store, of, id, NOW);
    store.keep_content(of.0, message, &content(text)).unwrap();
    message
}

fn sent(store: &mut Store, (bot, account): (BotId, AccountId), id: &str, original: Option<&str>) -> MessageId {
    let to = jid(ANNA);
    let row = SentRow {
        original: original.map(str::to_string),
        progress: Progress::Untracked,
        ..SentRow::new((account, bot), &to.to_jid(), id, NOW)
    };
    store.insert_sent(&Conversation::chat(account, bot, &to), &row, NOW).unwrap()
}

pub(super) fn all(store: &Store, bot: BotId, address: &str) -> Vec<KeptRow> {
    store.list_kept(bot, address, None, (usize::MAX, usize::MAX)).unwrap()
}

/// The newest first.
pub(super) fn texts(store: &Store, bot: BotId) -> Vec<String> {
    all(store, bot, ANNA).into_iter().map(|row| row.text).collect()
}

#[test]
fn what_is_kept_is_read_again() {
    let (mut store, bot, account) = own();
    let of = (bot, account);
    told(&mut store, of, "m0", NOW);
    let first = keep(&mut store, of, "m1", "hello");
    let second = sent(&mut store, of, "s1", None);
    let answer = KeptContent { reply_to: Some("m1"), ..content("hi") };
    store.keep_content(bot, second, &answer).unwrap();
    let rows = all(&store, bot, ANNA);
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [second, first]);
    let gist =
        |row: &KeptRow| (row.name.clone(), row.from.clone(), row.own.clone(), row.text.clone(), row.reply_to.clone());
    let text = |text: &str| Some(text.to_string());
    assert_eq!(gist(&rows[0]), (text("s1"), None, text("robot@example.org"), "hi".into(), text("m1")));
    assert_eq!(gist(&rows[1]), (text("m1"), text(ANNA), text("robot@example.org"), "hello".into(), None));
    assert!(!rows[0].is_edited && !rows[0].is_deleted && rows[0].files.is_empty() && rows[0].reactions.is_empty());
    // Nobody else's.
    let two = store.insert_bot(&super::bot("two", None)).unwrap();
    assert!(all(&store, two, ANNA).is_empty() && all(&store, bot, "eve@example.org").is_empty());
    // Pages, and as many as fit.
    let page = |before, bounds| store.list_kept(bot, ANNA, before, bounds).unwrap().len();
    assert_eq!((page(None, (1, 99)), page(Some(second), (9, 99)), page(Some(first), (9, 99))), (1, 1, 0));
    let both = rows.iter().map(KeptRow::bytes).sum::<usize>();
    assert_eq!((page(None, (9, both - 1)), page(None, (9, 0)), page(None, (9, both))), (1, 1, 2), "one at least");
}

#[test]
fn corrections_take_the_place_of_what_they_correct() {
    let (mut store, bot, account) = own();
    let of = (bot, account);
    let first = keep(&mut store, of, "m1", "helo");
    let by = told(&mut store, of, "m2", NOW);
    assert_eq!(store.find_kept(bot, ANNA, "m1", Side::Others).unwrap(), Some(first));
    assert_eq!(store.find_kept(bot, ANNA, "m1", Side::Bot).unwrap(), None);
    store.correct_kept(bot, first, by, &content("hello")).unwrap();
    assert_eq!(texts(&store, bot), ["hello"]);
    assert!(all(&store, bot, ANNA)[0].is_edited);
    // By the name of the correction, too.
    assert_eq!(store.find_kept(bot, ANNA, "m2", Side::Others).unwrap(), Some(first));
    // What the bot said first stays what its corrections name.
    let said = sent(&mut store, of, "s1", None);
    store.keep_content(bot, said, &content("typo")).unwrap();
    let correction = sent(&mut store, of, "s2", Some("s1"));
    let found = SaidRow { id: correction, original: Some("s1".to_string()), is_deleted: false };
    assert_eq!(store.find_said(bot, "s2").unwrap(), Some(found));
    assert!(store.is_kept(said).unwrap() && !store.is_kept(correction).unwrap());
    store.correct_kept(bot, said, correction, &content("right")).unwrap();
    assert_eq!(texts(&store, bot), ["right", "hello"]);
    assert_eq!(store.find_sent(account, "s2").unwrap().unwrap().original.as_deref(), Some("s1"));
    assert_eq!(store.find_sent(account, "s1").unwrap().unwrap().original.as_deref(), Some("s1"), "itself");

    store.store_deleted(said).unwrap();
    let row = all(&store, bot, ANNA).remove(0);
    assert!(row.is_deleted && row.text.is_empty());
    assert_eq!(store.find_kept(bot, ANNA, "s1", Side::Any).unwrap(), None, "nothing is done to it any more");
    // Of what is not kept nothing begins to be kept.
    let other = sent(&mut store, of, "s3", None);
    store.store_deleted(other).unwrap();
    assert_eq!(all(&store, bot, ANNA).len(), 2);
}

/// Where a room gives no ids, anybody may say something under one that was there before: the older message stays.
#[test]
fn what_has_the_id_of_another_hides_it() {
    let (mut store, bot, account) = own();
    let den = jid(DEN);
    let mut hear = |author: &str, text: &str| {
        let row =
            HeardRow { told_id: "w".into(), wire_id: "w".into(), author: author.into(), nick: author.into(), at: NOW };
        let message = store.insert_heard((account, bot), &den, &row, NOW).unwrap();
        store.keep_content(bot, message, &content(text)).unwrap();
        message
    };
    let (first, copy) = (hear("anna", "tea?"), hear("eve", "tea!"));
    let find = |store: &Store, side: Side<'_>| store.find_kept(bot, DEN, "w", side).unwrap();
    assert_eq!((find(&store, Side::Any), find(&store, Side::Others)), (Some(copy), Some(copy)));
    assert_eq!(find(&store, Side::Occupant("anna")), Some(first));
    store.store_deleted(copy).unwrap();
    for side in [Side::Any, Side::Others, Side::Occupant("eve"), Side::Occupant("bob")] {
        assert_eq!(find(&store, side), None, "{side:?}");
    }
    assert_eq!(find(&store, Side::Occupant("anna")), Some(first));
}

#[test]
fn reactions_are_what_each_has_now() {
    let (mut store, bot, account) = own();
    let den = jid(DEN);
    let row =
        HeardRow { told_id: "a1".into(), wire_id: "w".into(), author: "id:1".into(), nick: "anna".into(), at: NOW };
    let message = store.insert_heard((account, bot), &den, &row, NOW).unwrap();
    let react = |store: &mut Store, by: Reactor<'_>, emoji: &[&str]| {
        let emoji: Vec<String> = emoji.iter().map(ToString::to_string).collect();
        let new = NewReactions { channel: ChannelName::XMPP, message_id: "a1", by, emoji: &emoji, at: NOW };
        store.keep_reactions(bot, DEN, &new).unwrap();
    };
    let eve = Reactor::Occupant { author: "id:2", nick: "eve" };
    react(&mut store, eve, &["👍"]);
    assert!(!store.is_kept(message).unwrap());
    store.keep_content(bot, message, &content("tea?")).unwrap();
    let reactions = |store: &Store| all(store, bot, DEN)[0].reactions.clone();
    assert!(reactions(&store).is_empty(), "not of what is not kept");
    react(&mut store, eve, &["👍", "🎉"]);
    react(&mut store, Reactor::Bot, &["☕"]);
    react(&mut store, eve, &["❤"]);
    let by_eve = || Some(format!("{DEN}/eve"));
    assert_eq!(reactions(&store), [(None, "☕".to_string()), (by_eve(), "❤".to_string())]);
    assert_eq!(all(&store, bot, DEN)[0].from, Some(format!("{DEN}/anna")));
    // Who only reacts is somebody all the same.
    store.purge(NOW, 0).unwrap();
    assert_eq!(reactions(&store).len(), 2);
    react(&mut store, Reactor::Bot, &[]);
    assert_eq!(reactions(&store), [(by_eve(), "❤".to_string())]);
    for n in 0..limits::HISTORY_REACTIONS_MAX + 9 {
        react(&mut store, Reactor::Occupant { author: &format!("id:{}", n + 10), nick: "x" }, &["👀"]);
    }
    assert_eq!(reactions(&store).len() as i64, limits::HISTORY_REACTIONS_MAX);
    store.store_deleted(message).unwrap();
    assert!(reactions(&store).is_empty());
}

#[test]
fn files_stay_as_long_as_their_messages() {
    let dir = Dir::new();
    let mut store = dir.store();
    let (bot, account) = make(&mut store);
    let of = (bot, account);
    let file = |file_id: &str, url: &str| FileRow {
        file_id: file_id.into(),
        message_id: "m1".into(),
        url: url.into(),
        ..encrypted_file(bot)
    };
    store.insert_file(&file("f1", "https://h/1"), NOW).unwrap();
    store.insert_file(&file("f2", "https://h/2"), NOW).unwrap();
    store.insert_file(&file("f3", "https://h/3"), NOW).unwrap();
    let names = ["f2".to_string(), "unknown".to_string(), "f1".to_string()];
    let message = told(&mut store, of, "m1", NOW);
    let kept = KeptContent { files: &names, ..content("two") };
    store.keep_content(bot, message, &kept).unwrap();
    let urls =
        |store: &Store| -> Vec<String> { all(store, bot, ANNA)[0].files.iter().map(|file| file.url.clone()).collect() };
    assert_eq!(urls(&store), ["https://h/2", "https://h/1"]);
    assert_eq!(all(&store, bot, ANNA)[0].files[0].key, Some(Secret::new(FILE_KEY)));
    // Others do not push it out.
    for n in 0..limits::FILES_PER_BOT_MAX + limits::FILE_COUNTED_EVERY {
        store.insert_file(&file(&format!("n{n}"), "https://h/n"), NOW).unwrap();
    }
    assert!(store.find_file(bot, "f3").unwrap().is_none() && store.find_file(bot, "n0").unwrap().is_none());
    store.insert_file(&file("f3", "https://h/3"), NOW).unwrap();
    // Said once more, it is the same; what is said of it elsewhere changes nothing here.
    store.insert_file(&file("f2", "https://h/new"), NOW + 1).unwrap();
    assert_eq!(urls(&store), ["https://h/2", "https://h/1"]);
    store.insert_file(&file("f4", "https://h/4"), NOW + 1).unwrap();
    assert_eq!(urls(&store), ["https://h/2", "https://h/1"]);
    let age = limits::FILE_RETENTION.as_secs() as i64;
    store.purge(NOW + age + 1, 0).unwrap();
    store.commit().unwrap();
    assert!(store.find_file(bot, "f3").unwrap().is_none() && store.find_file(bot, "f4").unwrap().is_some());
    assert_eq!(urls(&store), ["https://h/2", "https://h/1"]);
    store.purge(NOW + age + 1, 0).unwrap();
    assert!(!store.is_dirty(), "nothing is old: nothing is written");
    store.forget_history(bot, i64::MAX).unwrap();
    store.purge(NOW + age + 2, 0).unwrap();
    store.commit().unwrap();
    assert_eq!((dir.count("message_file"), dir.count("file")), (0, 0));
}

#[test]
fn a_history_is_forgotten_by_age_and_all_at_once() {
    let dir = Dir::new();
    let mut store = dir.store();
    let (bot, account) = make(&mut store);
    let of = (bot, account);
    let two = store.insert_bot(&super::bot("two", None)).unwrap();
    for (n, now_s) in [NOW, NOW + 10, NOW + 20].into_iter().enumerate() {
        let name = format!("m{n}");
        let message = told(&mut store, of, &name, now_s);
        store.keep_content(bot, message, &KeptContent { reply_to: Some("x"), ..content(&name) }).unwrap();
        let new = NewReactions {
            channel: ChannelName::XMPP,
            message_id: &name,
            by: Reactor::Peer,
            emoji: &["👍".to_string()],
            at: now_s,
        };
        store.keep_reactions(bot, ANNA, &new).unwrap();
    }
    store.insert_local(Some(bot), (true, "a line"), NOW, NOW).unwrap();
    store.commit().unwrap();
    store.forget_history(bot, NOW).unwrap();
    store.forget_history(two, i64::MAX).unwrap();
    assert!(!store.is_dirty(), "nothing is old: nothing is written");
    store.forget_history(bot, NOW + 20).unwrap();
    store.commit().unwrap();
    assert_eq!(texts(&store, bot), ["m2"]);
    assert_eq!((dir.count("reaction"), dir.count("message_reply"), dir.count("message")), (1, 1, 4));
    assert!(store.was_told(account, bot, &jid(ANNA), "m0").unwrap(), "it is known as long as before");
    store.forget_history(bot, i64::MAX).unwrap();
    store.commit().unwrap();
    assert_eq!((dir.count("reaction"), dir.count("message_reply")), (0, 0));
    assert_eq!(store.last_local().unwrap(), store.list_local(None, MessageId(0), 9).unwrap()[0].id, "the chat stays");
    // Kept longer than rows are else, and then it goes with them.
    let message = keep(&mut store, of, "late", "late");
    store.purge(NOW + limits::SENT_RETENTION.as_secs() as i64 + 99, 0).unwrap();
    assert_eq!(all(&store, bot, ANNA)[0].id, message);
    store.forget_history(bot, i64::MAX).unwrap();
    store.purge(NOW + limits::SENT_RETENTION.as_secs() as i64 + 99, 0).unwrap();
    assert!(!store.has_conversation(bot, ANNA).unwrap());
}

/// Rows beside a message go with it, whatever takes it: its bot or its account.
#[test]
fn a_history_goes_with_its_bot_and_its_account() {
    for is_bot in [true, false] {
        let dir = Dir::new();
        let mut store = dir.store();
        let (bot, account) = make(&mut store);
        store.insert_file(&encrypted_file(bot), NOW).unwrap();
        let message = told(&mut store, (bot, account), "m1", NOW);
        let kept = KeptContent { text: "x", reply_to: Some("m0"), files: &["f".to_string()] };
        store.keep_content(bot, message, &kept).unwrap();
        let new = NewReactions {
            channel: ChannelName::XMPP,
            message_id: "m1",
            by: Reactor::Peer,
            emoji: &["👍".to_string()],
            at: NOW,
        };
        store.keep_reactions(bot, ANNA, &new).unwrap();
        store.commit().unwrap();
        let counts =
            || ["message", "message_file", "message_reply", "reaction", "contact"].map(|table| dir.count(table));
        assert_eq!(counts(), [1; 5]);
        if is_bot {
            store.delete_bot(bot).unwrap()
        } else {
            store.delete_account(account).unwrap()
        }
        store.commit().unwrap();
        assert_eq!(counts(), [0; 5]);
    }
}

/// A bot may have talked with somebody through two accounts: that is one history.
#[test]
fn conversations_with_one_address_are_read_as_one() {
    let (mut store, bot, account) = own();
    let two = store.insert_account(&super::account("second@example.org")).unwrap();
    for (n, account) in [account, two, account, two].into_iter().enumerate() {
        keep(&mut store, (bot, account), &format!("m{n}"), &n.to_string());
    }
    assert_eq!(texts(&store, bot), ["3", "2", "1", "0"]);
    let page = store.list_kept(bot, ANNA, None, (3, usize::MAX)).unwrap();
    assert_eq!(page.iter().map(|row| row.text.as_str()).collect::<Vec<_>>(), ["3", "2", "1"]);
}

/// People whose messages went by number are forgotten with the next look, not only when something is old.
#[test]
fn people_go_when_their_messages_went_by_number() {
    let dir = Dir::new();
    let mut store = dir.store();
    let (bot, account) = make(&mut store);
    for n in 0..limits::TOLD_PER_BOT_MAX + limits::MESSAGES_COUNTED_EVERY {
        let who = jid(&format!("a{n}@example.org"));
        let row = ToldRow { id: Some("m"), other_id: None, at: NOW };
        store.insert_told(&Conversation::chat(account, bot, &who), &row, NOW).unwrap();
    }
    store.commit().unwrap();
    assert!(dir.count("contact") > dir.count("message"));
    store.purge(NOW, 0).unwrap();
    store.commit().unwrap();
    assert_eq!((dir.count("contact"), dir.count("conversation")), (dir.count("message"), dir.count("message")));
    store.purge(NOW, 0).unwrap();
    assert!(!store.is_dirty());
}

/// An occupant of a room is somebody of his own, and so is what is said with him alone.
#[test]
fn an_occupant_has_a_history_of_his_own() {
    let (mut store, bot, account) = own();
    let occupant = format!("{DEN}/anna");
    let place = Conversation {
        address: &occupant,
        kind: ConversationKind::Private,
        ..Conversation::room(account, bot, &jid(DEN))
    };
    let row = ToldRow { id: Some("p1"), other_id: None, at: NOW };
    let message = store.insert_told(&place, &row, NOW).unwrap();
    store.keep_content(bot, message, &content("psst")).unwrap();
    assert!(store.has_conversation(bot, &occupant).unwrap() && !store.has_conversation(bot, DEN).unwrap());
    assert_eq!(all(&store, bot, &occupant)[0].from.as_deref(), Some(occupant.as_str()));
    assert!(all(&store, bot, DEN).is_empty());
}

/// Where nobody wants a history, a message writes as many bytes as it would if there were no tables for one.
#[test]
fn tables_that_stay_empty_cost_nothing() {
    let log = |is_there: bool| {
        let dir = Dir::new();
        let mut store = dir.store();
        let of = make(&mut store);
        store.commit().unwrap();
        store.close().unwrap();
        if !is_there {
            dir.raw().execute_batch("DROP TABLE message_file; DROP TABLE message_reply; DROP TABLE reaction").unwrap();
        }
        let mut store = dir.store();
        for n in 0..40 {
            told(&mut store, of, &format!("m{n}"), NOW + n);
            let update = store.insert_update(of.0, "message", "{}", NOW + n).unwrap();
            store.see(of.1, &format!("a:{n}"), NOW + n).unwrap();
            store.commit().unwrap();
            store.delete_update(of.0, update).unwrap();
            sent(&mut store, of, &format!("s{n}"), None);
            let row = store.insert_outbox(&message(of.1, Some(of.0), &format!("s{n}"), None), 0).unwrap();
            store.commit().unwrap();
            store.delete_outbox(of.1, None, &[row]).unwrap();
            store.commit().unwrap();
        }
        fs::metadata(dir.file("botmother.db-wal")).unwrap().len()
    };
    let with = log(true);
    assert_eq!(with, log(false));
    assert!(with > 40 * 3 * 4096, "{with}");
}

/// Whoever reacts at Telegram is somebody there, and nobody on XMPP.
#[test]
fn people_are_of_the_channel_they_are_on() {
    let dir = Dir::new();
    let mut store = dir.store();
    let bot = store.insert_bot(&bot("one", None)).unwrap();
    let (channel, kind, account) = (ChannelName::TELEGRAM, ConversationKind::Room, None);
    let place = Conversation { channel, bot: Some(bot), account, address: "tg:-100", kind };
    let row = ToldRow { id: Some("-100:1"), other_id: None, at: NOW };
    let message = store.insert_told_by(&place, &row, Some(("id:1", "Ben")), NOW).unwrap();
    store.keep_content(bot, message, &content("tea?")).unwrap();
    let emoji = ["👍".to_string()];
    let by = Reactor::Occupant { author: "id:2", nick: "Anna" };
    let new = NewReactions { channel, message_id: "-100:1", by, emoji: &emoji, at: NOW };
    store.keep_reactions(bot, "tg:-100", &new).unwrap();
    store.commit().unwrap();
    store.close().unwrap();
    let sql = "SELECT group_concat(channel || ' ' || name, ', ') FROM (SELECT * FROM contact ORDER BY id)";
    let people: String = dir.raw().query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(people, "telegram Ben, telegram Anna");
}
