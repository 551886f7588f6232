//! People with a browser: what they ask, and what a bot's program asks of its chats with them.

use crate::base::crypto::sha256;
use crate::base::id::BotId;
use crate::base::jid::BareJid;
use crate::base::limits;
use crate::base::secret::Secret;
use crate::channel::web::people::{chat_shown, user_shown};
use crate::core::batch::{Trouble, Verdict, Waiting, WebWait};
use crate::core::failure::Failure;
use crate::core::handle::{
    Answer, Kind, NewMessage, NewWebMessage, WebAnswer, WebLogin, WebMessage, WebPress, WebQuestion, WebTold, WebWatch,
};
use crate::core::incoming::{Incoming, Wish};
use crate::core::keyboard::{Meant, Pressed};
use crate::core::web::{check_text, no_chat, ulid_of};
use crate::core::yard::no_bot;
use crate::engine::Engine;
use crate::store::row::{
    ChannelName, ConversationKind, FileOwner, NewWebRow, SentBefore, WebChatRow, WebFileRow, WebRow, WebUserRow,
};

/// By nobody in particular: somebody new.
pub(super) fn let_in(engine: &mut Engine, question: &WebQuestion) -> Result<Verdict, Trouble> {
    let WebQuestion::NewUser(nickname) = question else {
        return engine.core.batch.refuse_login("user is unauthorized");
    };
    let address = engine.core.batch.rights.acting.address;
    engine.channels.web.count_newcomer(&engine.core.batch, address)?;
    let user = engine.core.batch.new_web_user(nickname)?;
    let login = engine.core.batch.web_login(&user)?;
    Ok(told(Some(login), WebTold::User(user_shown(&user))))
}

/// By whoever this token names.
pub(super) fn ask(engine: &mut Engine, token: &Secret, question: &WebQuestion) -> Result<Verdict, Trouble> {
    let user = engine.core.batch.web_user_of(token)?;
    let login = engine.core.batch.web_login(&user)?;
    let what = match question {
        WebQuestion::User => WebTold::User(user_shown(&user)),
        WebQuestion::Commands(bot) => {
            let bot = engine.core.batch.web_bot(bot)?;
            WebTold::Commands(engine.core.batch.command_cards(bot)?)
        }
        WebQuestion::NewChat(bot) => {
            let id = engine.core.batch.web_bot(bot)?;
            let chat = engine.core.batch.new_web_chat(&user, id)?;
            WebTold::Chat(chat_shown(&chat, &bot.to_ascii_lowercase()))
        }
        WebQuestion::Chats(bot) => {
            let id = engine.core.batch.bot_of_ulid(bot)?.ok_or_else(no_bot)?;
            let chats = engine.core.batch.store.list_web_chats(user.id, id)?;
            WebTold::Chats(chats.iter().map(|chat| chat_shown(chat, &bot.to_ascii_lowercase())).collect())
        }
        WebQuestion::DeleteChat(chat) => {
            let chat = engine.core.batch.web_chat_of(&user, chat)?;
            engine.channels.web.touch(&chat);
            engine.core.batch.store.delete_web_chat(&chat)?;
            WebTold::Done
        }
        WebQuestion::Say(new) => WebTold::Message(Box::new(say(engine, &user, new)?)),
        WebQuestion::Messages(query) => {
            let chat = engine.core.batch.web_chat_of(&user, &query.chat)?;
            WebTold::Page(engine.core.web_page(&chat, query)?)
        }
        WebQuestion::AddFiles(new) => WebTold::Files(engine.core.batch.add_page_files(FileOwner::User(user.id), new)?),
        WebQuestion::Press(press) => self::press(engine, &user, press)?,
        WebQuestion::Watch(watch) => return self::watch(engine, &user, watch, login),
        WebQuestion::NewUser(_) | WebQuestion::Message(_) => return Err(Failure::Internal.into()),
    };
    Ok(told(Some(login), what))
}

/// Whether a token names somebody.
pub(super) fn know(engine: &mut Engine, token: &Secret) -> Result<Verdict, Trouble> {
    engine.core.batch.web_user_of(token)?;
    Ok(Verdict::Outcome(Ok(Answer::Done)))
}

/// By a bot's program, of its own chats.
pub(super) fn ask_as_bot(engine: &mut Engine, bot: BotId, question: &WebQuestion) -> Result<Verdict, Trouble> {
    let what = match question {
        WebQuestion::Chats(user) => {
            let user = engine.core.batch.store.find_web_user(&user.to_ascii_lowercase())?;
            let user = user.ok_or_else(|| Failure::NotFound("user not found".to_string()))?;
            let chats = engine.core.batch.store.list_web_chats(user.id, bot)?;
            let bot = engine.core.batch.bot_ulid(bot)?;
            WebTold::Chats(chats.iter().map(|chat| chat_shown(chat, &bot)).collect())
        }
        WebQuestion::Messages(query) => {
            let chat = engine.core.batch.web_chat_with(bot, &query.chat)?;
            WebTold::Page(engine.core.web_page(&chat, query)?)
        }
        WebQuestion::Message(ulid) => {
            let (chat, row) = engine.core.web_row_of(bot, ulid)?;
            WebTold::Message(Box::new(engine.core.web_message(&chat, &row)?))
        }
        WebQuestion::AddFiles(new) => WebTold::Files(engine.core.batch.add_page_files(FileOwner::Bot(bot), new)?),
        WebQuestion::Say(new) => {
            let chat = engine.core.batch.web_chat_with(bot, &new.chat)?;
            WebTold::Message(Box::new(say_as_bot(engine, &chat, new)?))
        }
        _ => return Err(Failure::Forbidden("access denied".to_string()).into()),
    };
    Ok(told(None, what))
}

fn told(login: Option<WebLogin>, what: WebTold) -> Verdict {
    Verdict::Outcome(Ok(Answer::Web(Box::new(WebAnswer { login, what }))))
}

/// Somebody says something: it is stored, and told to the bot.
fn say(engine: &mut Engine, user: &WebUserRow, new: &NewWebMessage) -> Result<WebMessage, Trouble> {
    let chat = engine.core.batch.web_chat_of(user, &new.chat)?;
    check_text(&new.text, new.attachments.len())?;
    let slot = new.idempotency_key.as_ref().map(|key| Slot::of(&chat, key));
    if let Some(slot) = &slot
        && let Some(before) = engine.core.batch.store.sent_before(chat.bot, &slot.name)?
        && before.request_hash == slot.hash
        && let Some(row) = engine.core.batch.store.find_web_named(&chat, &before.message_id)?
    {
        return Ok(engine.core.web_message(&chat, &row)?);
    }
    let row = hear(engine, (user, &chat), &new.text, &new.attachments)?;
    if let Some(Slot { name, hash }) = slot {
        let message_id = row.name.clone().unwrap_or_default();
        let sent = SentBefore { encrypted: Some(false), message_id, request_hash: hash };
        engine.core.batch.store.remember_sent(chat.bot, &name, &sent, engine.core.batch.lived())?;
    }
    Ok(engine.core.web_message(&chat, &row)?)
}

/// Where it is remembered that something was said under a key. Of each chat there are a few places, so that strangers cannot
/// fill the disk with keys.
struct Slot {
    name: String,
    hash: [u8; 32],
}

impl Slot {
    fn of(chat: &WebChatRow, key: &str) -> Slot {
        let hash = sha256(key.as_bytes());
        Slot { name: format!("web {} {}", chat.ulid, hash[0] % limits::WEB_KEYS_PER_CHAT), hash }
    }
}

fn hear(
    engine: &mut Engine,
    (user, chat): (&WebUserRow, &WebChatRow),
    text: &str,
    attachments: &[String],
) -> Result<WebRow, Trouble> {
    if !engine.core.batch.is_shown(chat.bot)? {
        return Err(no_bot().into());
    }
    let new = NewWebRow { chat, name: None, text, reply_to: None, nickname: Some(&user.nickname) };
    let batch = &mut engine.core.batch;
    let files = batch.own_page_files(FileOwner::User(user.id), attachments)?;
    let row = batch.store.insert_web(&new, batch.now.unix_ms, batch.lived())?;
    batch.store.attach_web_files(row.id, &numbers(&files))?;
    let files = files.iter().map(|(_, file)| batch.said_page_file(file)).collect();
    engine.channels.web.touch(chat);
    let said = Incoming { files, ..said(engine, (user, chat), &row, text)? };
    engine.ingest(chat.bot, &said)?;
    Ok(row)
}

fn numbers(files: &[(i64, WebFileRow)]) -> Vec<i64> {
    files.iter().map(|(number, _)| *number).collect()
}

/// What was said, as whatever stands behind the channels sees it.
fn said(
    engine: &mut Engine,
    (user, chat): (&WebUserRow, &WebChatRow),
    row: &WebRow,
    text: &str,
) -> Result<Incoming<'static>, Trouble> {
    let (from, to) = addresses(engine, user, chat)?;
    let id = row.name.clone().unwrap_or_else(|| ulid_of(row));
    Ok(Incoming {
        channel: ChannelName::WEB,
        account: None,
        kind: ConversationKind::Chat,
        from: from.with_resource(&user.nickname).unwrap_or_else(|_| from.to_jid()),
        to,
        text: text.to_string().into(),
        ids: vec![id.clone()],
        id,
        at: row.at_ms.div_euclid(1000),
        replaces: None,
        reply_to: None,
        quoted: None,
        files: Vec::new(),
        encryption: None,
        author: None,
        is_mentioned: false,
        wish: Wish::default(),
    })
}

/// The address of a chat, and that of its bot.
fn addresses(engine: &mut Engine, user: &WebUserRow, chat: &WebChatRow) -> Result<(BareJid, BareJid), Trouble> {
    let bot = engine.core.batch.bot_ulid(chat.bot)?;
    let address = |text: &str| BareJid::parse_any(text);
    match (address(&chat.address), address(&format!("web:{bot}"))) {
        (Ok(from), Ok(to)) => Ok((from, to)),
        _ => {
            log::error!("a chat of web user {} has an address that is none", user.ulid);
            Err(Failure::Internal.into())
        }
    }
}

/// A bot's program says something, as with `sendMessage`.
fn say_as_bot(engine: &mut Engine, chat: &WebChatRow, new: &NewWebMessage) -> Result<WebMessage, Trouble> {
    check_text(&new.text, new.attachments.len())?;
    let to = BareJid::parse_any(&chat.address).map_err(|_| Failure::Internal)?;
    let files = engine.core.batch.own_page_files(FileOwner::Bot(chat.bot), &new.attachments)?;
    let idempotency_key = new.idempotency_key.clone();
    let message = NewMessage { idempotency_key, ..NewMessage::text(&to.to_jid(), Kind::Chat, &new.text) };
    let Answer::Sent { message_id, .. } = engine.context().send_message(chat.bot, &message)? else {
        return Err(Failure::Internal.into());
    };
    let row = engine.core.batch.store.find_web_named(chat, &message_id)?.ok_or(Failure::Internal)?;
    engine.core.batch.store.attach_web_files(row.id, &numbers(&files))?;
    Ok(engine.core.web_message(chat, &row)?)
}

/// A button is pressed: the bot is told, or its words are said.
fn press(engine: &mut Engine, user: &WebUserRow, press: &WebPress) -> Result<WebTold, Trouble> {
    let chat = engine.core.batch.web_chat_of(user, &press.chat)?;
    if !engine.core.batch.is_shown(chat.bot)? {
        return Err(no_bot().into());
    }
    let row = engine.core.web_row(&chat, &press.message)?;
    let (from, to) = addresses(engine, user, &chat)?;
    let by = Pressed {
        channel: ChannelName::WEB,
        account: None,
        kind: ConversationKind::Chat,
        from: from.with_resource(&user.nickname).unwrap_or_else(|_| from.to_jid()),
        to,
        message_id: String::new(),
        data: String::new(),
        text: None,
        at: engine.core.batch.now.unix(),
        encryption: None,
        wish: Wish::default(),
        native: None,
    };
    let number = usize::try_from(press.button).unwrap_or(0);
    let name = row.name.as_deref().unwrap_or_default();
    match engine.core.press_number(chat.bot, (name, number), by)? {
        Some(Meant::Words(_, text)) => {
            let row = hear(engine, (user, &chat), &text, &[])?;
            Ok(WebTold::Message(Box::new(engine.core.web_message(&chat, &row)?)))
        }
        Some(_) => {
            engine.core.batch.store.touch_web(row.id, engine.core.batch.lived())?;
            engine.channels.web.touch(&chat);
            Ok(WebTold::Done)
        }
        None => Err(Failure::NotFound("button not found".to_string()).into()),
    }
}

/// Somebody watches a chat. He who begins is answered at once.
fn watch(engine: &mut Engine, user: &WebUserRow, watch: &WebWatch, login: WebLogin) -> Result<Verdict, Trouble> {
    let chat = engine.core.batch.web_chat_of(user, &watch.chat)?;
    if watch.is_first {
        engine.channels.web.note_watched(&engine.core.batch, &chat);
        let events = engine.channels.web.happened(&mut engine.core, &chat, watch.from)?;
        return Ok(told(Some(login), WebTold::Events(events.ok_or_else(no_chat)?)));
    }
    let wait = WebWait { chat, from: watch.from, login: Some(login) };
    Ok(Verdict::AwaitChannel(Waiting::Web(Box::new(wait))))
}
