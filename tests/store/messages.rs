//! Rows of what is said, heard and told: queues, rooms, the local chat; and what is old goes.

use std::time::Duration;

use botmother::base::id::number_in;
use botmother::store::KnownMessage;
use botmother::store::row::{
    AuditFilter, AuditRow, Conversation, HeardRow, LocalRow, OmemoPeer, OmemoSessionRow, Progress, SentRow, ToldRow,
    UsageRow,
};

use super::*;

#[test]
fn rooms_are_kept_with_their_places_and_messages() {
    let dir = Dir::new();
    let mut store = dir.store();
    let (_, account) = fill(&mut store);
    let (den, tea) = (room(account, "den@muc.example.org"), room(account, "tea@muc.example.org"));
    store.store_room(&tea).unwrap();
    store.store_room(&RoomRow { nick: "old".into(), ..den.clone() }).unwrap();
    store.store_room(&den).unwrap();
    store.store_room_mark(account, &tea.room, Some("m-7"), 7).unwrap();
    store.store_room_mark(account, &BareJid::parse("other@muc.example.org").unwrap(), None, 7).unwrap();
    let marked = RoomRow { archive_mark: Some("m-7".into()), heard_at_ms: 7, ..tea.clone() };
    assert_eq!(store.list_rooms(account).unwrap(), [den.clone(), marked.clone()]);

    let to_room = |id: &str| OutboxRow { room: Some(tea.room.clone()), ..message(account, None, id, Some(id)) };
    let ids: Vec<OutboxId> = ["r1", "r2"].iter().map(|id| store.insert_outbox(&to_room(id), 0).unwrap()).collect();
    let count = store.count_outbox(account, None).unwrap();
    assert_eq!(store.list_outbox(account, None, None, 9).unwrap().len() as i64, count);
    assert_eq!(store.find_outbox(account, None, "r1").unwrap(), None);
    assert_eq!(store.find_outbox(account, Some(&tea.room), "r2").unwrap(), Some(ids[1]));
    assert_eq!(store.find_outbox(account, Some(&den.room), "r2").unwrap(), None);
    assert_eq!(store.count_outbox(account, Some(&tea.room)).unwrap(), 2);
    assert_eq!(store.first_outbox_mark(account, Some(&tea.room)).unwrap(), Some(Some("r1".into())));
    assert_eq!(store.first_outbox_mark(account, Some(&den.room)).unwrap(), None);
    let rows = store.list_outbox(account, Some(&tea.room), Some(ids[0]), 9).unwrap();
    assert_eq!((rows.len(), rows[0].id, rows[0].room.as_ref()), (1, ids[1], Some(&tea.room)));
    store.delete_room(account, &den.room).unwrap();
    store.commit().unwrap();
    store.close().unwrap();
    assert_eq!(dir.store().list_rooms(account).unwrap(), [marked]);
}

#[test]
fn what_was_heard_in_rooms_has_several_names() {
    let mut store = Store::memory();
    let (bot, account) = fill(&mut store);
    let den = BareJid::parse("den@muc.example.org").unwrap();
    let tea = BareJid::parse("tea@muc.example.org").unwrap();
    let row = |told_id: &str, author: &str| HeardRow {
        told_id: told_id.into(),
        wire_id: "w".into(),
        author: author.into(),
        nick: "anna".into(),
        at: NOW,
    };
    let heard = |told_id: &str, author: &str| {
        Some(KnownMessage { told_id: told_id.into(), author: author.into(), nick: "anna".into() })
    };
    store.insert_heard((account, bot), &den, &row("a1", "id:1"), NOW).unwrap();
    store.insert_heard((account, bot), &den, &row("a2", "id:2"), NOW).unwrap();
    assert_eq!(store.find_heard(account, &den, "a1").unwrap(), heard("a1", "id:1"));
    assert_eq!(store.find_heard(account, &tea, "a1").unwrap(), None);
    assert_eq!(store.find_heard_of(account, &den, "id:2", "w").unwrap(), heard("a2", "id:2"));
    assert_eq!(store.find_heard_of(account, &den, "id:3", "w").unwrap(), None);

    let ours = RoomRow { members: vec![bot], ..room(account, "den@muc.example.org") };
    store.store_room(&ours).unwrap();
    assert_eq!(store.list_rooms(account).unwrap(), [ours]);
    store.purge(NOW + limits::SEEN_RETENTION.as_secs() as i64, 0).unwrap();
    assert!(store.find_heard(account, &den, "a1").unwrap().is_some());
    store.purge(NOW + limits::SEEN_RETENTION.as_secs() as i64 + 1, 0).unwrap();
    assert_eq!(store.find_heard(account, &den, "a1").unwrap(), None);
    // The oldest go beyond the limit.
    for n in 0..limits::TOLD_PER_BOT_MAX + limits::MESSAGES_COUNTED_EVERY {
        store.insert_heard((account, bot), &den, &row(&format!("n{n}"), "id:1"), NOW).unwrap();
    }
    assert_eq!(store.find_heard(account, &den, "n0").unwrap(), None);
    let last = limits::TOLD_PER_BOT_MAX + limits::MESSAGES_COUNTED_EVERY - 1;
    assert!(store.find_heard(account, &den, &format!("n{last}")).unwrap().is_some());
    store.delete_bot(bot).unwrap();
    assert_eq!(store.list_rooms(account).unwrap()[0].members, []);
    assert_eq!(store.find_heard(account, &den, &format!("n{last}")).unwrap(), None);
}

/// Only what its own author said under an id is meant by it; the rows of somebody else's bot or account are not looked at.
#[test]
fn what_was_told_in_chats_has_two_names() {
    let mut store = Store::memory();
    let (bot, account) = fill(&mut store);
    let (anna, eve) = (jid("anna@example.org"), jid("eve@example.org"));
    let told = ToldRow { id: Some("i1"), other_id: Some("o1"), at: NOW };
    store.insert_told(&Conversation::chat(account, bot, &anna), &told, NOW).unwrap();
    let nameless = ToldRow { id: None, other_id: None, at: NOW };
    store.insert_told(&Conversation::chat(account, bot, &anna), &nameless, NOW).unwrap();
    for id in ["i1", "o1"] {
        assert!(store.was_told(account, bot, &anna, id).unwrap(), "{id}");
        assert!(!store.was_told(account, bot, &eve, id).unwrap());
        assert!(!store.was_told(account, BotId(bot.0 + 1), &anna, id).unwrap());
        assert!(!store.was_told(AccountId(account.0 + 1), bot, &anna, id).unwrap());
        assert_eq!(store.find_sent(account, id).unwrap().map(|row| row.message_id), None);
    }
    let age = limits::SEEN_RETENTION.as_secs() as i64;
    store.purge(NOW + age, 0).unwrap();
    assert!(store.was_told(account, bot, &anna, "o1").unwrap());
    store.purge(NOW + age + 1, 0).unwrap();
    assert!(!store.was_told(account, bot, &anna, "o1").unwrap());
}

/// Who has no message any more is forgotten; the built-in chat stays.
#[test]
fn people_go_with_their_messages() {
    let dir = Dir::new();
    let mut store = dir.store();
    let (bot, account) = fill(&mut store);
    let room = jid("den@muc.example.org");
    let row =
        HeardRow { told_id: "a1".into(), wire_id: String::new(), author: "id:1".into(), nick: "anna".into(), at: NOW };
    store.insert_heard((account, bot), &room, &row, NOW).unwrap();
    let told = ToldRow { id: Some("i1"), other_id: None, at: NOW };
    for n in 0..3 {
        store.insert_told(&Conversation::chat(account, bot, &jid(&format!("a{n}@example.org"))), &told, NOW).unwrap();
    }
    store.commit().unwrap();
    assert_eq!((dir.count("contact"), dir.count("conversation"), dir.count("message")), (5, 5, 5));
    store.purge(NOW + limits::SEEN_RETENTION.as_secs() as i64 + 1, 0).unwrap();
    store.commit().unwrap();
    assert_eq!((dir.count("contact"), dir.count("conversation"), dir.count("message")), (1, 1, 1));
}

#[test]
fn updates_queue_per_bot() {
    let mut store = Store::memory();
    let one = store.insert_bot(&bot("one", None)).unwrap();
    let two = store.insert_bot(&bot("two", None)).unwrap();
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.push(store.insert_update(one, "message", &format!("{{\"n\":{number}}}"), NOW).unwrap());
        store.insert_update(two, "reaction", "{}", NOW).unwrap();
    }
    let listed = |store: &Store, from, limit| -> Vec<UpdateId> {
        store.list_updates(one, from, limit, usize::MAX).unwrap().iter().map(|row| row.id).collect()
    };
    assert_eq!(listed(&store, None, 100), ids);
    assert_eq!(listed(&store, Some(ids[2]), 2), ids[2..4]);
    assert_eq!(listed(&store, Some(UpdateId(ids[4].0 + 1)), 100), []);
    assert_eq!(listed(&store, None, 0), []);
    assert_eq!(listed(&store, None, -1), [], "SQL's -1 is no limit at all");
    assert_eq!(store.list_updates(one, None, 1, usize::MAX).unwrap()[0].payload, "{\"n\":0}");
    assert_eq!(store.list_updates(two, None, 1, usize::MAX).unwrap()[0].kind, "reaction");

    assert_eq!(store.delete_updates_below(one, ids[1]).unwrap(), 1);
    assert_eq!(store.delete_updates_below(one, ids[1]).unwrap(), 0);
    assert_eq!(store.drop_oldest_updates(one, 9).unwrap(), 0);
    assert_eq!(store.drop_oldest_updates(one, 4).unwrap(), 0);
    assert_eq!(store.drop_oldest_updates(one, 3).unwrap(), 1);
    assert_eq!(listed(&store, None, 100), ids[2..]);
    assert_eq!((store.count_updates(one).unwrap(), store.count_updates(two).unwrap()), (3, 5));
    assert_eq!(store.drop_oldest_updates(one, 0).unwrap(), 3);
    assert_eq!(store.list_bots().unwrap().iter().map(|bot| bot.updates_dropped).collect::<Vec<_>>(), [4, 0]);
}

#[test]
fn the_outbox_keeps_the_order_of_sending() {
    let mut store = Store::memory();
    let one = store.insert_account(&account("one@example.org")).unwrap();
    let two = store.insert_account(&account("two@example.org")).unwrap();
    assert_eq!(store.first_outbox_mark(one, None).unwrap(), None);
    let mut ids = Vec::new();
    for number in 0..4 {
        let mark = (number > 0).then(|| format!("mark-{number}"));
        ids.push(store.insert_outbox(&message(one, None, &format!("m{number}"), mark.as_deref()), 0).unwrap());
        store.insert_outbox(&message(two, None, &format!("m{number}"), None), 0).unwrap();
    }
    let listed = |store: &Store, after, limit| -> Vec<OutboxId> {
        store.list_outbox(one, None, after, limit).unwrap().iter().map(|row| row.id).collect()
    };
    assert_eq!(listed(&store, None, usize::MAX), ids);
    assert_eq!(listed(&store, Some(ids[0]), 2), ids[1..3]);
    assert_eq!(store.first_outbox_mark(one, None).unwrap(), Some(None));
    assert_eq!(store.find_outbox(one, None, "m2").unwrap(), Some(ids[2]));
    assert_eq!(store.find_outbox(one, None, "m9").unwrap(), None);
    let row = store.list_outbox(one, None, Some(ids[0]), 1).unwrap().remove(0);
    let expected = OutboxRow { id: ids[1], ..message(one, None, "m1", Some("mark-1")) };
    assert_eq!(format!("{row:?}"), format!("{expected:?}"));
    store.delete_outbox(one, None, &[ids[0], ids[2], OutboxId(999)]).unwrap();
    assert_eq!(listed(&store, None, 9), [ids[1], ids[3]]);
    assert_eq!(store.first_outbox_mark(one, None).unwrap(), Some(Some("mark-1".into())));
    assert_eq!((store.count_outbox(one, None).unwrap(), store.count_outbox(two, None).unwrap()), (2, 4));
}

#[test]
fn what_was_seen_is_not_new() {
    let mut store = Store::memory();
    let one = store.insert_account(&account("one@example.org")).unwrap();
    let two = store.insert_account(&account("two@example.org")).unwrap();
    assert!(store.see(one, "a", NOW).unwrap());
    assert!(!store.see(one, "a", NOW + 1).unwrap());
    assert!(store.see(two, "a", NOW).unwrap());
    assert!(store.see(one, "b", NOW).unwrap());
    store.rollback();
    let one = store.insert_account(&account("one@example.org")).unwrap();
    assert!(store.see(one, "a", NOW).unwrap(), "taken back");
}

#[test]
fn idempotency_keys_belong_to_a_bot() {
    let mut store = Store::memory();
    let one = store.insert_bot(&bot("one", None)).unwrap();
    let two = store.insert_bot(&bot("two", None)).unwrap();
    store.remember_sent(one, "k", &sent_under("m1", [9; 32]), NOW).unwrap();
    assert_eq!(store.sent_before(one, "k").unwrap(), Some(sent_under("m1", [9; 32])));
    assert_eq!(store.sent_before(two, "k").unwrap(), None);
    assert_eq!(store.sent_before(one, "K").unwrap(), None);
}

#[test]
fn the_local_chat_is_read_by_bot() {
    let mut store = Store::memory();
    let one = store.insert_bot(&bot("one", None)).unwrap();
    assert_eq!(store.last_local().unwrap(), MessageId(0));
    let first = say(&mut store, None, "to the manager");
    let second = say(&mut store, Some(one), "to the bot");
    assert_eq!(store.last_local().unwrap(), second);
    let ids = |bot, after, limit| -> Vec<MessageId> {
        store.list_local(bot, after, limit).unwrap().iter().map(|row| row.id).collect()
    };
    assert_eq!(ids(None, MessageId(0), 9), [first, second]);
    assert_eq!(ids(None, MessageId(0), 1), [first]);
    assert_eq!(ids(None, first, 9), [second]);
    assert_eq!(ids(Some(None), MessageId(0), 9), [first]);
    assert_eq!(ids(Some(Some(one)), MessageId(0), 9), [second]);
    let row = store.list_local(Some(Some(one)), MessageId(0), 9).unwrap().remove(0);
    let (bot_name, text) = (Some("one".to_string()), "to the bot".to_string());
    assert_eq!(row, LocalRow { id: second, bot: Some(one), bot_name, from_owner: true, text, at: NOW });
    store.delete_bot(one).unwrap();
    assert_eq!(store.list_local(None, MessageId(0), 9).unwrap().len(), 1);
}

#[test]
fn what_is_old_goes() {
    let dir = Dir::new();
    let mut store = dir.store();
    let (one, account) = fill(&mut store);
    let two = store.insert_bot(&bot("two", None)).unwrap();
    let day = limits::RETENTION.as_secs() as i64;
    for _ in 0..2 {
        store.insert_update(two, "message", "{}", NOW).unwrap();
    }
    let young = store.insert_update(one, "message", "{}", NOW + 1).unwrap();
    store.remember_sent(two, "young", &sent_under("m9", [0; 32]), NOW + 1).unwrap();
    for number in 0..limits::AUDIT_ROWS_MAX + 4 {
        let details = number.to_string();
        store.insert_audit(&AuditRow { action: "x".into(), details, at: NOW, ..AuditRow::default() }).unwrap();
    }
    for number in 0..limits::LOCAL_MESSAGES_MAX + 4 {
        say(&mut store, None, &number.to_string());
    }
    store.commit().unwrap();

    let mut dropped = store.purge(NOW + 1 + day, 0).unwrap();
    dropped.sort();
    assert_eq!(dropped, [(one, 1), (two, 2)]);
    assert!(store.is_dirty());
    store.commit().unwrap();
    assert_eq!(store.list_updates(one, None, 9, usize::MAX).unwrap()[0].id, young);
    assert_eq!((store.count_updates(one).unwrap(), store.count_updates(two).unwrap()), (1, 0));
    assert_eq!(store.list_bots().unwrap().iter().map(|bot| bot.updates_dropped).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(store.sent_before(one, "key").unwrap(), None);
    assert!(store.sent_before(two, "young").unwrap().is_some());
    assert_eq!(dir.count("audit_log"), limits::AUDIT_ROWS_MAX);
    assert_eq!(dir.count("message WHERE body IS NOT NULL"), limits::LOCAL_MESSAGES_MAX);
    assert_eq!(store.list_local(None, MessageId(0), 1).unwrap()[0].text, "4", "the newest are kept");
    assert!(!store.see(account, "stanza-1", NOW).unwrap(), "kept longer than the rest");
    store.commit().unwrap();

    assert!(store.purge(NOW + 1 + day, 0).unwrap().is_empty());
    assert!(!store.is_dirty(), "nothing is old: nothing is written");
    store.purge(NOW + 1 + limits::SEEN_RETENTION.as_secs() as i64, 0).unwrap();
    store.commit().unwrap();
    assert_eq!(dir.count("seen"), 0);
}

/// Hints to strangers, and what is known of their devices, are not kept for ever; a session, and our own lists, are.
#[test]
fn what_strangers_leave_goes_with_time() {
    let mut store = Store::memory();
    let (bot, account) = fill(&mut store);
    let own = store.list_accounts().unwrap().into_iter().find(|row| row.id == account).unwrap().jid;
    let jid = |name: &str| BareJid::parse(&format!("{name}@example.net")).unwrap();
    let peer = |name: &str| OmemoPeer { account, version: 0, jid: jid(name), device: 7 };
    let hint = |who: &str| format!("bot_{bot}_omemo_plain:{who}");
    store.store_setting(&format!("bot_{bot}_encrypt"), "required").unwrap();
    store.store_setting(&hint("old"), &NOW.to_string()).unwrap();
    store.store_setting(&hint("new"), &(NOW + 100).to_string()).unwrap();
    assert_eq!(store.count_hints(bot).unwrap(), 2);
    store.purge(NOW + limits::ROOM_HINT_EVERY_S + 1, 0).unwrap();
    assert_eq!((store.count_hints(bot).unwrap(), store.setting(&hint("old")).unwrap()), (1, None));

    let session = OmemoSessionRow { record: Some(vec![1]), ..OmemoSessionRow::default() };
    store.store_omemo_session(&peer("anna"), &session).unwrap();
    store.store_omemo_session(&peer("eve"), &OmemoSessionRow { record: None, owes: 2, healed_at: NOW }).unwrap();
    store.store_omemo_skipped(&peer("eve"), NOW).unwrap();
    for jid in [jid("anna"), jid("eve"), own.clone()] {
        store.store_omemo_list(account, 0, &jid, &[7], NOW).unwrap();
    }
    let later = |time: Duration| NOW + time.as_secs() as i64 + 1;
    store.purge(later(limits::OMEMO_WISH_RETENTION), 0).unwrap();
    assert!(store.omemo_session(&peer("eve")).unwrap().is_none());
    assert_eq!(store.omemo_skipped(&peer("eve")).unwrap(), None);
    assert!(store.omemo_list(account, 0, &jid("eve")).unwrap().is_some());
    store.purge(later(limits::OMEMO_LIST_RETENTION), 0).unwrap();
    assert!(store.omemo_list(account, 0, &jid("eve")).unwrap().is_none());
    assert!(store.omemo_session(&peer("anna")).unwrap().is_some());
    for jid in [jid("anna"), own] {
        assert!(store.omemo_list(account, 0, &jid).unwrap().is_some(), "{jid}");
    }
    assert_eq!(store.setting(&format!("bot_{bot}_encrypt")).unwrap().as_deref(), Some("required"));
}

/// Ids of our own carry the number of their rows; others, and those that others overtook, are found all the same.
#[test]
fn what_a_bot_says_is_found_by_the_number_in_its_id() {
    let mut store = Store::memory();
    let account = store.insert_account(&account("ralf@example.org")).unwrap();
    let bot = store.insert_bot(&bot("one", None)).unwrap();
    let anna = jid("anna@example.org");
    let ids: Vec<String> = (0..4).map(|n| store.new_message_id(NOW, [n; 8]).unwrap()).collect();
    let numbers: Vec<i64> = ids.iter().map(|id| number_in(id).unwrap()).collect();
    assert!(numbers.is_sorted() && numbers[0] == NOW * 1_024_000);
    let say = |store: &mut Store, id: &str| {
        let outbox = store.insert_outbox(&message(account, Some(bot), id, None), NOW).unwrap();
        let row = SentRow { progress: Progress::Accepted, ..SentRow::new((account, bot), &anna.to_jid(), id, NOW) };
        let said = store.insert_sent(&Conversation::chat(account, bot, &anna), &row, NOW).unwrap();
        (outbox, said)
    };
    assert_eq!(say(&mut store, &ids[0]), (OutboxId(numbers[0]), MessageId(numbers[0])));
    // The third waited for nothing, the second did: it goes out behind it, and so needs a number behind.
    assert_eq!(say(&mut store, &ids[2]).0, OutboxId(numbers[2]));
    let (late, said) = say(&mut store, &ids[1]);
    assert!(late.0 > numbers[3] && said == MessageId(numbers[1]), "{late}");
    let (odd, odd_said) = say(&mut store, "caption-of-something");
    assert!(odd > late && odd_said.0 > late.0);
    let order: Vec<String> =
        store.list_outbox(account, None, None, 9).unwrap().into_iter().map(|row| row.message_id).collect();
    assert_eq!(order, [&ids[0], &ids[2], &ids[1], "caption-of-something"]);
    for (id, outbox) in [(&ids[0], numbers[0]), (&ids[2], numbers[2]), (&ids[1], late.0)] {
        assert_eq!(store.find_outbox(account, None, id).unwrap(), Some(OutboxId(outbox)));
        assert_eq!(store.find_sent(account, id).unwrap().unwrap().message_id, *id);
        assert_eq!(store.find_sent_of(account, OutboxId(outbox)).unwrap().unwrap().message_id, *id);
        assert_eq!(store.find_said(bot, id).unwrap().unwrap().id.0, number_in(id).unwrap());
    }
    assert_eq!(store.find_outbox(account, None, "caption-of-something").unwrap(), Some(odd));
    assert_eq!(store.find_sent_of(account, odd).unwrap().unwrap().message_id, "caption-of-something");
    // Somebody else's id with one of our numbers names nothing.
    let foreign = format!("{}ffffffffffff", &ids[0][..24]);
    assert_eq!(number_in(&foreign), Some(numbers[0]));
    assert_eq!(store.find_outbox(account, None, &foreign).unwrap(), None);
    assert!(store.find_sent(account, &foreign).unwrap().is_none());
    // A number that is taken is no reason to lose what is said under it.
    assert_ne!(say(&mut store, &foreign).1, MessageId(numbers[0]));
    assert_eq!(store.find_sent(account, &foreign).unwrap().unwrap().message_id, foreign);
    // What nobody follows is passed over.
    store.store_progress(MessageId(numbers[0]), Progress::Sent).unwrap();
    assert!(store.find_sent_of(account, OutboxId(numbers[0])).unwrap().is_none());
    let all: Vec<OutboxId> = store.list_outbox(account, None, None, 9).unwrap().iter().map(|row| row.id).collect();
    store.delete_outbox(account, None, &all).unwrap();
    assert!(!store.has_outbox(account).unwrap());
}

/// The audit log has an age besides its number of rows, by the clock; what an owner has used is kept for its day.
#[test]
fn a_log_is_kept_for_a_year() {
    let mut store = Store::memory();
    let year = limits::AUDIT_RETENTION.as_secs() as i64;
    for at in [NOW, NOW + 1] {
        store.insert_audit(&AuditRow { action: "x".into(), at, ..AuditRow::default() }).unwrap();
    }
    let (owner, day) = (BareJid::parse("ralf@example.org").unwrap(), NOW / 86_400);
    store.store_usage(&UsageRow { owner: owner.clone(), day, messages: 1, ai_calls: 0, up_to: 0 }).unwrap();
    store.commit().unwrap();
    let left = |store: &Store| store.list_audit(&AuditFilter { limit: 9, ..AuditFilter::default() }).unwrap().len();
    store.purge(NOW, NOW + year).unwrap();
    assert!(!store.is_dirty() && left(&store) == 2 && store.find_usage(&owner).unwrap().is_some());
    store.purge(NOW + 2 * 86_400, NOW + year + 1).unwrap();
    assert_eq!((left(&store), store.find_usage(&owner).unwrap()), (1, None));
}
