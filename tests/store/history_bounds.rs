//! How much of histories and of their files there may be at most.

use botmother::store::row::{Conversation, KeptContent, ToldRow};

use super::history::{ANNA, all, content, keep, make, own, texts, told};
use super::*;

#[test]
fn a_history_has_bounds() {
    let (mut store, bot, account) = own();
    let of = (bot, account);
    // One conversation by number; another is left alone.
    let eve = Conversation::chat(account, bot, &jid("eve@example.org")).address.to_string();
    let row = ToldRow { id: Some("e"), other_id: None, at: NOW };
    let message = store.insert_told(&Conversation::chat(account, bot, &jid(&eve)), &row, NOW).unwrap();
    store.keep_content(bot, message, &content("eve's")).unwrap();
    let most = limits::HISTORY_MESSAGES_MAX + limits::MESSAGES_COUNTED_EVERY;
    for n in 0..most {
        keep(&mut store, of, &format!("m{n}"), &n.to_string());
    }
    let kept = texts(&store, bot);
    assert!(kept.len() as i64 <= most && kept.len() as i64 >= limits::HISTORY_MESSAGES_MAX, "{}", kept.len());
    assert_eq!((kept[0].clone(), all(&store, bot, &eve).len()), ((most - 1).to_string(), 1));
    assert!(!kept.contains(&"0".to_string()));
    // By what it takes, too; large ones are counted the more often.
    let large = "x".repeat(256 * 1024);
    let count = limits::HISTORY_BYTES_MAX as usize / large.len() + 40;
    for n in 0..count {
        keep(&mut store, of, &format!("l{n}"), &large);
    }
    let bytes_of = |store: &Store, who: &str| all(store, bot, who).iter().map(|row| row.text.len()).sum::<usize>();
    let slack = (limits::MESSAGES_COUNTED_EVERY * limits::HISTORY_WEIGHT_BYTES) as usize + large.len();
    let bytes = bytes_of(&store, ANNA);
    assert!(bytes < limits::HISTORY_CHAT_BYTES_MAX as usize + slack, "{bytes}");
    assert_eq!(all(&store, bot, &eve).len(), 1, "nobody pushes out another");
    // All of a bot's.
    let many: Vec<String> = (0..12).map(|n| format!("a{n}@example.org")).collect();
    for (who, n) in many.iter().flat_map(|who| (0..14).map(move |n| (who, n))) {
        let row = ToldRow { id: Some(&format!("x{n}")), other_id: None, at: NOW };
        let message = store.insert_told(&Conversation::chat(account, bot, &jid(who)), &row, NOW).unwrap();
        store.keep_content(bot, message, &content(&large)).unwrap();
    }
    let bytes: usize = many.iter().map(|who| bytes_of(&store, who)).sum();
    assert!(bytes < limits::HISTORY_BYTES_MAX as usize + slack, "{bytes}");
    assert!(all(&store, bot, &eve).is_empty(), "the oldest of all go");
}

/// What goes for the sake of its own history takes no place from others, though all are full.
#[test]
fn one_who_says_much_pushes_out_nobody() {
    let (mut store, bot, account) = own();
    let large = "x".repeat(256 * 1024);
    let say = |store: &mut Store, who: &str, n: usize| {
        let row = ToldRow { id: Some(&format!("x{n}")), other_id: None, at: NOW };
        let message = store.insert_told(&Conversation::chat(account, bot, &jid(who)), &row, NOW).unwrap();
        store.keep_content(bot, message, &content(&large)).unwrap();
    };
    let others: Vec<String> = (0..7).map(|n| format!("a{n}@example.org")).collect();
    for (who, n) in others.iter().flat_map(|who| (0..14).map(move |n| (who, n))) {
        say(&mut store, who, n);
    }
    for n in 0..60 {
        say(&mut store, "eve@example.org", n);
    }
    for who in &others {
        assert_eq!(all(&store, bot, who).len(), 14, "{who}");
    }
}

/// Addresses of files are as long as whoever says them wants.
#[test]
fn files_of_a_history_count_with_their_addresses() {
    let (mut store, bot, account) = own();
    let bytes = 200 * 1024;
    for n in 0..100 {
        let (file_id, name) = (format!("f{n}"), format!("m{n}"));
        let url = format!("https://h/{n}/{}", "x".repeat(bytes));
        store.insert_file(&FileRow { file_id: file_id.clone(), url, ..encrypted_file(bot) }, NOW).unwrap();
        let message = told(&mut store, (bot, account), &name, NOW);
        store.keep_content(bot, message, &KeptContent { files: &[file_id], ..content("x") }).unwrap();
    }
    let most =
        (limits::HISTORY_CHAT_BYTES_MAX + limits::MESSAGES_COUNTED_EVERY * limits::HISTORY_WEIGHT_BYTES) as usize;
    let kept = all(&store, bot, ANNA).len();
    assert!(kept <= most / bytes + 1 && kept > 10, "{kept}");
}

/// A daemon that never runs for long has the same bounds.
#[test]
fn a_history_is_bounded_though_starts_are_many() {
    let dir = Dir::new();
    let mut store = dir.store();
    let of = make(&mut store);
    let large = "x".repeat(512 * 1024);
    for start in 0..4 {
        for n in 0..7 {
            keep(&mut store, of, &format!("m{start}-{n}"), &large);
        }
        store.commit().unwrap();
        store.close().unwrap();
        store = dir.store();
    }
    let kept = texts(&store, of.0).len();
    assert!(kept <= limits::HISTORY_CHAT_BYTES_MAX as usize / large.len() + 7, "{kept}");
}

/// However files are said again in between, a bot has no more of them.
#[test]
fn files_said_again_do_not_put_off_the_count() {
    let dir = Dir::new();
    let mut store = dir.store();
    let (bot, _) = make(&mut store);
    let file = |file_id: String| FileRow { file_id, ..encrypted_file(bot) };
    store.insert_file(&file("known".into()), NOW).unwrap();
    for n in 0..limits::FILES_PER_BOT_MAX + 2 * limits::FILE_COUNTED_EVERY {
        store.insert_file(&file("known".into()), NOW).unwrap();
        store.insert_file(&file(format!("n{n}")), NOW).unwrap();
    }
    store.commit().unwrap();
    let count = dir.count("file");
    assert!(count <= limits::FILES_PER_BOT_MAX + limits::FILE_COUNTED_EVERY, "{count}");
    assert!(store.find_file(bot, "known").unwrap().is_some(), "it was said again just now");
}

/// A file that many messages name is said again without writing them all.
#[test]
fn a_file_said_often_is_said_again_at_no_cost() {
    let dir = Dir::new();
    let mut store = dir.store();
    let of = make(&mut store);
    store.insert_file(&encrypted_file(of.0), NOW).unwrap();
    for n in 0..2_000 {
        let message = told(&mut store, of, &format!("m{n}"), NOW);
        store.keep_content(of.0, message, &KeptContent { files: &["f".to_string()], ..content("") }).unwrap();
    }
    store.commit().unwrap();
    store.close().unwrap();
    let mut store = dir.store();
    let again = FileRow { message_id: "again".into(), name: Some("other".into()), ..encrypted_file(of.0) };
    store.insert_file(&again, NOW + 1).unwrap();
    store.commit().unwrap();
    let written = fs::metadata(dir.file("botmother.db-wal")).unwrap().len();
    assert!(written < 10 * 4_200, "{written}");
    assert_eq!(
        store.find_file(of.0, "f").unwrap(),
        Some(FileRow { message_id: "again".into(), ..encrypted_file(of.0) })
    );
}
