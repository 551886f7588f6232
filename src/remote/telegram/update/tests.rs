//! Updates in the forms of the public documentation.

use super::*;
use crate::base::call::HttpAnswer;
use crate::remote::telegram::{ChatKind, FileKind, Happening, read};

fn updates(json: &str) -> Vec<Update> {
    let body = format!(r#"{{"ok":true,"result":{json}}}"#).into_bytes();
    read_updates(&read(&Ok(HttpAnswer { status: 200, body, ..HttpAnswer::default() })).unwrap())
}

/// A message in a group with these members.
fn message(members: &str) -> Message {
    let json = format!(
        r#"[{{"update_id":7,"message":{{"message_id":45,"date":1790000000,"chat":{{"id":-1001234567890,"type":"supergroup",
        "title":"Family","is_forum":true}},"from":{{"id":77,"is_bot":false,"first_name":"Ann","last_name":"B.","username":"ann"}}{members}}}}}]"#
    );
    let mut all = updates(&json);
    assert_eq!((all.len(), all[0].id), (1, 7));
    match all.remove(0).kind {
        Kind::Message(message) => *message,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_text_is_read() {
    let said = message(
        r#","text":"Hi 👋 all","entities":[{"type":"bold","offset":0,"length":2}],"message_thread_id":5,"is_topic_message":true"#,
    );
    assert_eq!((said.number, said.chat.id, said.thread, said.at), (45, -1_001_234_567_890, Some(5), 1_790_000_000));
    assert_eq!((said.text.as_str(), said.entities.len(), said.chat.kind), ("Hi 👋 all", 1, ChatKind::Group));
    let from = said.from.unwrap();
    assert_eq!(
        (from.id, from.name.as_str(), from.username.as_deref(), from.is_bot),
        (77, "Ann B.", Some("ann"), false)
    );
    assert_eq!((said.chat.title.as_str(), said.chat.has_topics, said.happening), ("Family", true, None));
    assert_eq!(message(r#","text":"x","message_thread_id":5"#).thread, None, "a chain of answers is no topic");
}

#[test]
fn files_are_read() {
    let photo = message(
        r#","photo":[{"file_id":"s","file_unique_id":"u","width":90,"height":9,"file_size":1},{"file_id":"l","file_unique_id":"v","width":900,"height":9,"file_size":9}],"caption":"Look","media_group_id":"g1""#,
    );
    let file = photo.file.unwrap();
    assert_eq!((file.id.as_str(), file.kind, file.bytes), ("l", FileKind::Photo, Some(9)));
    assert_eq!((photo.text.as_str(), photo.album.as_deref()), ("Look", Some("g1")));
    let kind = |members: &str| message(members).file.map(|file| (file.kind, file.name));
    let document = r#"{"file_id":"d","file_unique_id":"u","file_name":"a.mp4","mime_type":"video/mp4"}"#;
    assert_eq!(kind(&format!(r#","animation":{document},"document":{document}"#)).unwrap().0, FileKind::Animation);
    assert_eq!(kind(&format!(r#","document":{document}"#)), Some((FileKind::Document, Some("a.mp4".into()))));
    let sticker = |more: &str| {
        kind(&format!(r#","sticker":{{"file_id":"d","file_unique_id":"u","emoji":"👍"{more}}}"#)).unwrap().0
    };
    assert_eq!(sticker(""), FileKind::Sticker);
    assert_eq!(sticker(r#","is_animated":true"#), FileKind::MovingSticker);
    assert_eq!(sticker(r#","is_video":true"#), FileKind::VideoSticker);
}

#[test]
fn what_has_no_text_is_said_in_words() {
    let said = |members: &str| message(members).text;
    assert_eq!(said(r#","location":{"latitude":48.5,"longitude":9.05}"#), "📍 geo:48.5,9.05");
    let venue = r#","venue":{"title":"Town hall","address":"Main street 1","location":{"latitude":1,"longitude":2}}"#;
    assert_eq!(said(venue), "📍 Town hall, Main street 1, geo:1,2");
    assert_eq!(said(r#","contact":{"first_name":"Bo","phone_number":"+1"}"#), "👤 Bo, +1");
    assert_eq!(
        said(r#","poll":{"question":"When?","options":[{"text":"now"},{"text":"later"}]}"#),
        "📊 When?\n• now\n• later"
    );
    assert_eq!(said(r#","dice":{"emoji":"🎲","value":3}"#), "🎲 3");
    let rich = r#","rich_message":{"blocks":[{"type":"heading","text":"News"},{"type":"list","items":[{"text":[{"text":"one"},{"text":" more"}]},{"text":"two"}]}]}"#;
    assert_eq!(said(rich), "News\none more\ntwo");
}

#[test]
fn answers_and_forwards_name_what_they_are_of() {
    let reply = message(r#","text":"yes","reply_to_message":{"message_id":44,"date":1,"chat":{"id":-1,"type":"group","title":"x"},"from":{"id":1,"is_bot":true,"first_name":"Bot"},"text":"come?"},"quote":{"text":"ome","position":1}"#).reply.unwrap();
    assert_eq!(
        (reply.number, reply.text.as_deref(), reply.from.map(|from| from.is_bot)),
        (44, Some("ome"), Some(true))
    );
    let topic = r#","text":"x","reply_to_message":{"message_id":5,"date":1,"chat":{"id":-1,"type":"group","title":"x"},"forum_topic_created":{"name":"t"}}"#;
    assert!(message(topic).reply.is_none());
    let forward = r#","text":"x","forward_origin":{"type":"hidden_user","sender_user_name":"Zoe","date":1}"#;
    assert_eq!(message(forward).forwarded.as_deref(), Some("Zoe"));
}

#[test]
fn what_happens_in_a_chat_is_read() {
    let happening = |members: &str| message(members).happening;
    let Some(Happening::Joined(new)) = happening(r#","new_chat_members":[{"id":5,"is_bot":false,"first_name":"New"}]"#)
    else {
        panic!()
    };
    assert_eq!(new[0].name, "New");
    assert_eq!(happening(r#","migrate_to_chat_id":-1009"#), Some(Happening::MovedTo(-1009)));
    assert_eq!(happening(r#","new_chat_title":"Kin""#), Some(Happening::Title("Kin".into())));
    assert_eq!(happening(r#","pinned_message":{"message_id":3}"#), Some(Happening::Pinned(3)));
    assert_eq!(happening(r#","video_chat_started":{}"#), Some(Happening::Other));
}

#[test]
fn other_kinds_are_read() {
    let chat = r#""chat":{"id":77,"type":"private","first_name":"Ann"},"date":5"#;
    let user = r#"{"id":77,"is_bot":false,"first_name":"Ann"}"#;
    let all = updates(&format!(
        r#"[{{"update_id":1,"message_reaction":{{{chat},"message_id":3,"user":{user},"old_reaction":[],"new_reaction":[{{"type":"emoji","emoji":"👍"}},{{"type":"custom_emoji","custom_emoji_id":"5"}}]}}}},
        {{"update_id":2,"callback_query":{{"id":"q","from":{user},"data":"on","chat_instance":"1","message":{{"message_id":9,{chat},"text":"?"}}}}}},
        {{"update_id":3,"my_chat_member":{{{chat},"from":{user},"old_chat_member":{{"status":"member","user":{user}}},"new_chat_member":{{"status":"kicked","user":{user}}}}}}},
        {{"update_id":4,"edited_message":{{"message_id":9,{chat},"text":"new"}}}},
        {{"update_id":5,"shipping_query":{{}}}}, {{"update_id":6,"message":{{"text":"of nowhere"}}}}, {{"no":"number"}}]"#
    ));
    assert_eq!(all.iter().map(|update| update.id).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    let Kind::Reacted(reacted) = &all[0].kind else { panic!("{:?}", all[0]) };
    assert_eq!((reacted.message, reacted.emoji.as_slice()), (3, &["👍".to_string(), "❤".into()][..]));
    let Kind::Pressed(pressed) = &all[1].kind else { panic!("{:?}", all[1]) };
    assert_eq!(
        (pressed.data.as_deref(), pressed.message.as_ref().map(|message| message.number)),
        (Some("on"), Some(9))
    );
    let Kind::Myself(member) = &all[2].kind else { panic!("{:?}", all[2]) };
    assert_eq!((member.old.as_str(), member.new.as_str()), ("member", "kicked"));
    assert!(matches!(&all[3].kind, Kind::Edited(message) if message.text == "new"));
    assert!(matches!((&all[4].kind, &all[5].kind), (Kind::Other, Kind::Other)));
}

#[test]
fn names_are_one_line_that_turns_nothing() {
    let json = r#"[{"update_id":1,"message":{"message_id":2,"date":3,"chat":{"id":-5,"type":"group","title":"A\n> B\u202e"},
        "from":{"id":7,"is_bot":false,"first_name":"Eve\u202e\r\n","last_name":"\u2066","username":"eve"},"text":"x"}}]"#;
    let Kind::Message(message) = updates(json).remove(0).kind else { panic!("no message") };
    assert_eq!(message.chat.title, "A > B");
    assert_eq!(message.from.unwrap().name, "Eve");
}
