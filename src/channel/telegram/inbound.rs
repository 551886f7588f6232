//! What comes from Telegram, as the rules see it. Only chats that somebody has linked are heard; of others it is kept that
//! they wrote, and what they are called, so that they can be offered.

use std::borrow::Cow;

use crate::base::id::BotId;
use crate::base::jid::{BareJid, Jid};
use crate::base::limits;
use crate::base::rich::Rich;
use crate::base::text::is_hidden;
use crate::channel::telegram::Telegram;
use crate::channel::telegram::address::{Place, message_id};
use crate::channel::telegram::media::said_file;
use crate::core::incoming::{Incoming, Wish};
use crate::core::keyboard::Pressed;
use crate::core::record::{self, About};
use crate::core::texts::connection as texts;
use crate::core::{Core, Reacted, Signal};
use crate::remote::telegram::{self, Chat, ChatKind, File, FileKind, Happening, Kind, Member, Message, Person};
use crate::store;
use crate::store::row::{ChannelName, ConversationKind, NewReactions, Reactor, TelegramChatRow};

/// How a message comes.
enum Said<'a> {
    /// For the first time, with the rest of its album.
    New(&'a [&'a Message]),
    Edited,
}

/// Who speaks in a chat.
struct Author {
    /// What names him for good.
    key: String,
    name: String,
}

impl Telegram {
    /// One update.
    pub(super) fn on_update(
        &mut self,
        core: &mut Core,
        bot: BotId,
        kind: &Kind,
        album: &[&Message],
    ) -> Result<(), store::Error> {
        match kind {
            Kind::Message(message) => self.on_message(core, bot, message, Said::New(album)),
            Kind::Edited(message) => self.on_message(core, bot, message, Said::Edited),
            Kind::Reacted(reacted) => self.on_reaction(core, bot, reacted),
            Kind::Myself(member) => self.on_myself(core, bot, member),
            Kind::Pressed(pressed) => self.on_press(core, bot, pressed),
            Kind::Member(_) | Kind::Other => Ok(()),
        }
    }

    /// A button was pressed: the bot's program is told, and has some seconds to show something for it.
    fn on_press(&mut self, core: &mut Core, bot: BotId, pressed: &telegram::Pressed) -> Result<(), store::Error> {
        let now = core.batch.now.mono;
        let place = pressed.message.as_ref().map(|it| Place { chat: it.chat.id, thread: it.thread });
        let is_heard = place.is_some_and(|place| hears(core, bot, place));
        if let Some(line) = self.line(bot) {
            let at = if is_heard { now + limits::TELEGRAM_PRESS_ANSWERED } else { now };
            line.presses.push_back((pressed.id.clone(), at));
            while line.presses.len() > limits::TELEGRAM_PRESSES_MAX {
                line.presses.pop_front();
            }
        }
        let (Some(message), Some(place), Some(data)) = (&pressed.message, place, &pressed.data) else { return Ok(()) };
        if !is_heard {
            return Ok(());
        }
        let kind = kind_of(&message.chat);
        let pressed = Pressed {
            channel: ChannelName::TELEGRAM,
            account: None,
            kind,
            from: from(place, &pressed.from.name),
            to: self.own_address(bot),
            message_id: known_id(core, bot, place.chat, message.number)?,
            data: data.clone(),
            text: None,
            at: core.batch.now.unix(),
            encryption: None,
            wish: Wish::default(),
            native: Some(pressed.id.clone()),
        };
        core.signal(Signal::Pressed(bot, pressed));
        Ok(())
    }

    fn on_message(
        &mut self,
        core: &mut Core,
        bot: BotId,
        message: &Message,
        as_what: Said<'_>,
    ) -> Result<(), store::Error> {
        if let Some(Happening::MovedTo(to)) = message.happening {
            return self.move_chat(core, bot, message.chat.id, to);
        }
        let (album, is_edited) = match as_what {
            Said::New(album) => (album, false),
            Said::Edited => (&[][..], true),
        };
        let place = Place { chat: message.chat.id, thread: message.thread };
        let author = author(message);
        if !hears(core, bot, place) {
            let is_said = message.happening.is_none() && !is_edited;
            return if is_said { offer(core, bot, &message.chat, place, &author.name) } else { Ok(()) };
        }
        let title = match &message.happening {
            Some(Happening::Title(title)) => title,
            _ => &message.chat.title,
        };
        core.batch.store.store_telegram_title(bot, &place.address(), title)?;
        if super::tolerated(self.judge_said(core, bot, (message, is_edited)))?.unwrap_or_default() {
            return Ok(());
        }
        // What vanishes has no number, and cannot be meant later.
        if message.happening.is_some() || message.number == 0 {
            return Ok(());
        }
        let text = if message.text.is_empty() { caption(message, album) } else { words(message) };
        if text.trim().is_empty() {
            return Ok(());
        }
        let said = self.incoming(core, bot, (message, &author), text)?;
        let id = said.id.clone();
        let parts = std::iter::once(message).chain(album.iter().copied()).filter(|_| !is_edited);
        let files = parts.filter_map(|part| part.file.as_ref()).map(said_file).collect();
        let ids = album.iter().map(|part| message_id(place.chat, part.number));
        let ids = said.ids.iter().cloned().chain(ids).collect();
        let said = Incoming { replaces: is_edited.then_some(Cow::Owned(id)), files, ids, ..said };
        core.signal(Signal::Said(bot, said));
        Ok(())
    }

    /// A message as whatever stands behind the channels sees it.
    fn incoming(
        &self,
        core: &Core,
        bot: BotId,
        (message, author): (&Message, &Author),
        text: String,
    ) -> Result<Incoming<'static>, store::Error> {
        let place = Place { chat: message.chat.id, thread: message.thread };
        let id = message_id(place.chat, message.number);
        let reply_to = match &message.reply {
            Some(reply) => Some(known_id(core, bot, place.chat, reply.number)?),
            None => None,
        };
        let kind = kind_of(&message.chat);
        Ok(Incoming {
            channel: ChannelName::TELEGRAM,
            account: None,
            kind,
            from: from(place, &author.name),
            to: self.own_address(bot),
            text: text.into(),
            ids: vec![id.clone()],
            id,
            at: message.at,
            replaces: None,
            quoted: message.reply.as_ref().and_then(|reply| reply.text.clone()),
            reply_to,
            files: Vec::new(),
            encryption: None,
            author: Some(author.key.clone()).filter(|_| kind == ConversationKind::Room),
            is_mentioned: self.is_mentioned(bot, message),
            wish: Wish::default(),
        })
    }

    /// How a bot's own address at Telegram is written.
    pub(super) fn own_address(&self, bot: BotId) -> BareJid {
        let id = self.lines.get(&bot).map_or(0, |line| line.row.user_id);
        BareJid::parse_any(&format!("tg:{id}")).expect("a number is an address")
    }

    /// Whether a group means the bot: by its name, or as an answer to what it said.
    fn is_mentioned(&self, bot: BotId, message: &Message) -> bool {
        let Some(line) = self.lines.get(&bot) else { return false };
        let name = format!("@{}", line.row.username.to_lowercase());
        let names = |text: &str| {
            let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
            text.match_indices(&name).any(|(at, _)| !text[at + name.len()..].starts_with(is_letter))
        };
        let is_person = |entity: &crate::base::json::Fields| {
            entity.number_at(&["user", "id"]).is_some_and(|id| id == line.row.user_id)
        };
        let is_answer = message.reply.as_ref().and_then(|reply| reply.from.as_ref());
        is_answer.is_some_and(|from| from.id == line.row.user_id)
            || name.len() > 1 && names(&message.text.to_lowercase())
            || message.entities.iter().any(is_person)
    }

    fn on_reaction(&mut self, core: &mut Core, bot: BotId, reacted: &telegram::Reacted) -> Result<(), store::Error> {
        let place = Place { chat: reacted.chat.id, thread: None };
        if !hears(core, bot, place) {
            return Ok(());
        }
        let author = author_of(reacted.from.as_ref(), reacted.by_chat.as_ref(), None);
        let kind = kind_of(&reacted.chat);
        let (from, to) = (from(place, &author.name), self.own_address(bot));
        let id = known_id(core, bot, place.chat, reacted.message)?;
        let chat = place.address();
        let (room, by) = match kind {
            ConversationKind::Room => (
                Some((chat.as_str(), Some(author.name.as_str()))),
                Reactor::Occupant { author: &author.key, nick: &author.name },
            ),
            _ => (None, Reactor::Peer),
        };
        let channel = ChannelName::TELEGRAM;
        let new = NewReactions { channel, message_id: &id, by, emoji: &reacted.emoji, at: reacted.at };
        core.batch.keep_reactions(bot, chat.as_str(), &new)?;
        let about = About { from: from.as_str(), to: to.as_str(), message_id: &id, at: reacted.at, room };
        // Told in its place among the messages.
        let update = Some(record::reaction(&about, &reacted.emoji));
        let emoji = reacted.emoji.clone();
        let reacted = Reacted { channel: ChannelName::TELEGRAM, chat, from, message_id: id, emoji, update };
        core.signal(Signal::Reacted(bot, reacted));
        Ok(())
    }

    /// The bot was asked into a chat, or put out of it.
    fn on_myself(&mut self, core: &mut Core, bot: BotId, member: &Member) -> Result<(), store::Error> {
        let place = Place { chat: member.chat.id, thread: None };
        let is_out = |state: &str| matches!(state, "left" | "kicked");
        let who = member.from.as_ref().map_or("", |person| person.name.as_str());
        match (is_out(&member.old), is_out(&member.new)) {
            (false, true) if hears(core, bot, place) => {
                log::info!("bot {bot}: it is in the chat {} of Telegram no more", place.chat);
                let chat = format!("{} ({})", member.chat.title, place.address());
                self.tell_owner(core, bot, &texts::PUT_OUT, &[("chat", &chat), ("who", who)])
            }
            (true, false) if !hears(core, bot, place) => offer(core, bot, &member.chat, place, who),
            _ => Ok(()),
        }
    }

    /// A group has become a supergroup, which has another number.
    pub(super) fn move_chat(&mut self, core: &mut Core, bot: BotId, from: i64, to: i64) -> Result<(), store::Error> {
        let (old, new) = (Place { chat: from, thread: None }.address(), Place { chat: to, thread: None }.address());
        log::info!("bot {bot}: the chat {old} is {new} from now on");
        core.batch.store.move_telegram_chat(bot, (&old, from), (&new, to))?;
        if let Some(line) = self.line(bot)
            && let Some(lane) = line.lanes.remove(&from)
        {
            let waiting = std::mem::take(&mut line.lane(to).waiting);
            let moved = line.lanes.entry(to).or_insert(lane.clone());
            *moved = lane;
            moved.waiting.extend(waiting);
        }
        let heard = core.batch.store.list_heard(bot)?;
        let was_heard = core.batch.bots.get(&bot).is_some_and(|bot| bot.heard.contains(&old));
        if let Some(bot) = core.batch.bots.get_mut(&bot) {
            bot.heard = heard;
        }
        if was_heard {
            core.signal(Signal::Moved(bot, old, new));
        }
        Ok(())
    }
}

/// Whether what is said there is told.
fn hears(core: &Core, bot: BotId, place: Place) -> bool {
    core.batch.bots.get(&bot).is_some_and(|bot| bot.hears(&place.address()))
}

/// Somebody is there whom nobody hears.
fn offer(core: &mut Core, bot: BotId, chat: &Chat, place: Place, who: &str) -> Result<(), store::Error> {
    let short = |text: &str| text.chars().take(limits::SHOWN_CHARS_MAX).collect();
    let row = TelegramChatRow {
        address: place.address(),
        title: short(&chat.title),
        last_name: short(who),
        is_heard: false,
        unheard: 0,
        at: core.batch.now.unix(),
    };
    core.batch.store.note_unheard(bot, &row)
}

/// The id by which a bot's program knows a message: its own by that of our answer.
fn known_id(core: &Core, bot: BotId, chat: i64, number: i64) -> Result<String, store::Error> {
    let own = core.batch.store.telegram_message_id(bot, chat, number)?;
    Ok(own.unwrap_or_else(|| message_id(chat, number)))
}

fn kind_of(chat: &Chat) -> ConversationKind {
    if chat.kind == ChatKind::Private { ConversationKind::Chat } else { ConversationKind::Room }
}

/// The address of whoever speaks: the chat's with his name.
fn from(place: Place, name: &str) -> Jid {
    let chat = place.address();
    let plain: String = name.chars().filter(|c| !is_hidden(*c)).take(limits::SHOWN_CHARS_MAX).collect();
    chat.with_resource(plain.trim()).or_else(|_| chat.with_resource("?")).unwrap_or_else(|_| chat.to_jid())
}

fn author(message: &Message) -> Author {
    author_of(message.from.as_ref(), message.by_chat.as_ref(), message.signature.as_deref())
}

/// Who it is: where a chat speaks, as an anonymous administrator or a channel does, that chat.
fn author_of(from: Option<&Person>, by_chat: Option<&Chat>, signature: Option<&str>) -> Author {
    match (by_chat, from) {
        (Some(chat), _) => Author {
            key: format!("id:{}", chat.id),
            name: signature.map_or_else(|| chat.title.clone(), |name| format!("{name} ({})", chat.title)),
        },
        (None, Some(person)) => Author { key: format!("id:{}", person.id), name: person.name.clone() },
        (None, None) => Author { key: "id:0".to_string(), name: signature.unwrap_or("?").to_string() },
    }
}

/// What a message says, styled; a file without words is named.
fn words(message: &Message) -> String {
    let text = Rich::from_entities(&message.text, &message.entities).to_styling();
    match &message.file {
        Some(file) if text.is_empty() => name_of(file),
        _ => text,
    }
}

/// What is said of an album: the first words beneath one of its pictures.
fn caption(first: &Message, album: &[&Message]) -> String {
    words(album.iter().find(|part| !part.text.is_empty()).unwrap_or(&first))
}

fn name_of(file: &File) -> String {
    let kind = match file.kind {
        FileKind::Sticker | FileKind::MovingSticker | FileKind::VideoSticker => {
            return file.emoji.clone().unwrap_or_else(|| "🖼".to_string());
        }
        FileKind::Photo => "🖼",
        FileKind::Voice | FileKind::Audio => "🎵",
        FileKind::Video | FileKind::VideoNote | FileKind::Animation => "🎞",
        FileKind::Document => "📎",
    };
    match &file.name {
        Some(name) => format!("{kind} {name}"),
        None => kind.to_string(),
    }
}
