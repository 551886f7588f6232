//! The channel `web`: people with a browser and a nickname, in chats with bots (docs/web.md).
//!
//! What is said there are rows like any message, and stay, as people see a history. `people` knows who they are and whose
//! chat is whose, `watching` tells those who have one open. What there is in one is in `src/core/web.rs`.

pub(crate) mod people;
mod watching;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;

use crate::base::id::{AccountId, BotId};
use crate::base::jid::{BareJid, Jid};
use crate::base::spool::SpoolFile;
use crate::base::{crypto, limits};
use crate::channel::web::watching::{Shows, Watcher};
use crate::core::actions::{BotAction, NewAction};
use crate::core::batch::{Batch, Trouble, Verdict, Waiting};
use crate::core::channel::{Channel, Doing, Label, Piece, Sender};
use crate::core::effect::Effect;
use crate::core::failure::Failure;
use crate::core::handle::{Answer, ChatState, Keyboard, Metric, NewFile, NewMessage, ReplyTo, Upload};
use crate::core::incoming::SaidFile;
use crate::core::keyboard::{Hint, Shown};
use crate::core::part::Part;
use crate::core::registry::Bot;
use crate::core::{Core, Signal};
use crate::store;
use crate::store::row::{ConversationKind, NewWebRow, WebChatRow, WebRow};

/// All of it.
#[derive(Default)]
pub(crate) struct Web {
    /// Who waits for something to happen.
    watchers: Vec<Watcher>,
    /// What is shown and not kept, by the bot and address of a chat that is watched.
    shows: HashMap<(BotId, String), Shows>,
    /// Chats in which something happened in the batch under way.
    touched: HashSet<(BotId, String)>,
    /// New people by their addresses within the hour.
    newcomers: BTreeMap<IpAddr, people::Newcomers>,
}

impl Part for Web {
    fn committed(&mut self) {
        self.touched.clear();
    }

    fn undo(&mut self) {
        self.touched.clear();
    }
}

impl Channel for Web {
    fn has(&self, address: &BareJid) -> bool {
        address.channel() == Some("web")
    }

    fn account_for(&self, _bot: &Bot) -> Result<Option<AccountId>, Failure> {
        Ok(None)
    }

    fn label(&self) -> Label {
        Label { name: "Web", short: "Web" }
    }

    fn name_of(&self, core: &Core, bot: BotId, address: &BareJid) -> Result<Option<String>, store::Error> {
        match core.batch.store.find_web_chat_at(bot, address.as_str())? {
            Some(chat) => core.batch.store.web_nickname(chat.user.0),
            None => Ok(None),
        }
    }

    fn say(&mut self, core: &mut Core, sender: Sender, new: &NewMessage, id: &str) -> Result<Option<bool>, Trouble> {
        if new.encrypt {
            return Err(Failure::invalid("encrypt", "false: chats on the web are not end-to-end encrypted").into());
        }
        let chat = chat_at(core, sender.bot, &new.to)?;
        self.say_in(core, &chat, new, id)?;
        Ok(Some(false))
    }

    fn act(&mut self, core: &mut Core, sender: Sender, act: &NewAction, id: &str) -> Result<Option<bool>, Trouble> {
        let chat = chat_at(core, sender.bot, &act.to)?;
        let lived = core.batch.lived();
        match &act.action {
            BotAction::File { url, caption } => {
                let text = caption.iter().map(String::as_str).chain([url.as_str()]).collect::<Vec<_>>().join("\n");
                self.say_in(
                    core,
                    &chat,
                    &NewMessage { to: act.to.clone(), ..NewMessage::text(&act.to, act.kind, &text) },
                    id,
                )?;
            }
            BotAction::Edit { message_id, text, keyboard } => {
                let row = own(core, &chat, message_id)?;
                core.batch.store.edit_web(row.id, &shown_text(core, text, keyboard.as_ref()), lived)?;
                change_buttons(core, &chat, (message_id, text), keyboard.as_ref())?;
            }
            BotAction::Buttons { message_id, keyboard } => {
                let row = own(core, &chat, message_id)?;
                change_buttons(core, &chat, (message_id, &row.text), keyboard.as_ref())?;
                core.batch.store.touch_web(row.id, lived)?;
            }
            BotAction::Deletion { message_id } => {
                let row = own(core, &chat, message_id)?;
                core.drop_keyboard(chat.bot, message_id)?;
                core.batch.store.take_back_web(row.id, lived)?;
            }
            BotAction::Reaction { message_id, emoji } => {
                let row = core.batch.store.find_web_named(&chat, message_id)?.filter(|row| !row.is_deleted);
                let row = row.ok_or_else(|| Failure::NotFound("there is no such message in this chat".to_string()))?;
                core.batch.store.react_web(row.id, emoji, (core.batch.now.unix(), lived))?;
            }
            BotAction::Read { .. } | BotAction::State(_) => return Ok(Some(false)),
        }
        self.touch(&chat);
        Ok(Some(false))
    }

    fn takes_files(&self) -> Option<u64> {
        Some(limits::PAGE_VIDEO_BYTES_MAX)
    }

    fn fetch(
        &mut self,
        core: &mut Core,
        _bot: BotId,
        file: &SaidFile,
        (_into, carry): (&Arc<SpoolFile>, i64),
    ) -> Result<(), Trouble> {
        // It lies here already.
        let file = core.batch.lend_page_file(file)?;
        core.signal(Signal::Fetched(carry, Box::new(Ok(file))));
        Ok(())
    }

    fn say_file(
        &mut self,
        core: &mut Core,
        sender: Sender,
        (new, file): (&NewMessage, &NewFile),
        (id, carry): (&str, i64),
    ) -> Result<(), Trouble> {
        let chat = chat_at(core, sender.bot, &new.to)?;
        self.say_file_in(core, &chat, (new, file), id)?;
        core.signal(Signal::Carried(carry, Ok(())));
        Ok(())
    }

    fn upload(&mut self, core: &mut Core, bot: BotId, upload: &Upload) -> Result<Verdict, Trouble> {
        let (act, file) = (&upload.act, &upload.file);
        let chat = chat_at(core, bot, &act.to)?;
        let caption = match &act.action {
            BotAction::File { caption: Some(caption), .. } => caption.as_str(),
            _ => "",
        };
        let asked = (act.to.as_str(), act.kind, &act.action, &file.name, &file.media_type, &file.hash);
        let key = act.idempotency_key.as_deref().map(|key| (key, crypto::sha256(format!("{asked:?}").as_bytes())));
        let new = NewMessage::text(&act.to, act.kind, caption);
        let (message_id, encrypted) = core.once(bot, key, |core, id| {
            self.say_file_in(core, &chat, (&new, file), id)?;
            Ok(Some(false))
        })?;
        Ok(Verdict::Outcome(Ok(Answer::Sent { message_id, encrypted })))
    }

    fn show(&mut self, _core: &mut Core, sender: Sender, doing: &Doing<'_>) -> Result<(), Failure> {
        self.show_typing((sender.bot, doing.to.bare_str()), doing.state);
        Ok(())
    }

    fn shows_pieces(&self, _core: &Core, sender: Sender, to: &Jid) -> bool {
        self.is_watched(sender.bot, to.bare_str())
    }

    fn show_piece(&mut self, _core: &mut Core, sender: Sender, to: &Jid, piece: &Piece<'_>) {
        self.show_so_far((sender.bot, to.bare_str()), piece.shown.unwrap_or(piece.id), piece.text);
    }

    fn say_whole(
        &mut self,
        core: &mut Core,
        sender: Sender,
        new: &NewMessage,
        (id, shown): (&str, &str),
    ) -> Result<Option<bool>, Trouble> {
        let chat = chat_at(core, sender.bot, &new.to)?;
        let row = self.say_in(core, &chat, new, id)?;
        self.end_piece(&chat, shown, row.id);
        Ok(Some(false))
    }

    fn on(&mut self, _core: &mut Core, signal: &Signal) -> Result<(), store::Error> {
        if let Signal::BotGoes(bot) = signal {
            // Those who watch are told when they look for their chat.
            let chats = self.watchers.iter().map(Watcher::place).filter(|(of, _)| of == bot);
            self.touched.extend(chats.map(|(bot, address)| (bot, address.to_string())));
        }
        Ok(())
    }

    fn wait(&mut self, batch: &mut Batch, waiting: &Waiting, reply: ReplyTo) -> Option<ReplyTo> {
        let Waiting::Web(wait) = waiting else { return Some(reply) };
        self.begin_watching(batch, wait, reply);
        None
    }

    fn wake(&mut self, core: &mut Core, out: &mut Vec<Effect>) {
        self.wake_watchers(core, out);
    }

    fn stop(&mut self, batch: &mut Batch) {
        self.end_watching(batch);
    }

    fn metrics(&self, batch: &Batch) -> Vec<Metric> {
        self.count(batch)
    }

    fn answer(&mut self, core: &mut Core, bot: BotId, to: &BareJid, text: &str) -> Result<(), store::Error> {
        if let Err(Trouble::Store(error)) = core.speaking_bot(bot) {
            return Err(error);
        }
        // A chat that is gone hears no answers.
        let Some(chat) = core.batch.store.find_web_chat_at(bot, to.as_str())? else { return Ok(()) };
        let id = core.batch.new_message_id()?;
        let new = NewMessage::text(&to.to_jid(), crate::core::handle::Kind::Chat, text);
        self.say_in(core, &chat, &new, &id).map(drop)
    }
}

impl Web {
    /// A bot says something.
    fn say_in(
        &mut self,
        core: &mut Core,
        chat: &WebChatRow,
        new: &NewMessage,
        id: &str,
    ) -> Result<WebRow, store::Error> {
        let text = shown_text(core, &new.text, new.keyboard.as_ref());
        let row = NewWebRow { chat, name: Some(id), text: &text, reply_to: new.reply_to.as_deref(), nickname: None };
        let row = core.batch.store.insert_web(&row, core.batch.now.unix_ms, core.batch.lived())?;
        if let Some(keyboard) = &new.keyboard {
            core.keep_keyboard(&shown(chat, id, &new.text), keyboard)?;
        }
        self.show_typing((chat.bot, &chat.address), ChatState::Paused);
        self.touch(chat);
        Ok(row)
    }

    /// A bot says a file, with a text that may be empty.
    fn say_file_in(
        &mut self,
        core: &mut Core,
        chat: &WebChatRow,
        (new, file): (&NewMessage, &NewFile),
        id: &str,
    ) -> Result<(), Trouble> {
        let (number, _) = core.batch.keep_page_file(chat.bot, file)?;
        let row = self.say_in(core, chat, new, id)?;
        Ok(core.batch.store.attach_web_files(row.id, &[number])?)
    }

    /// Something happened in a chat.
    pub(crate) fn touch(&mut self, chat: &WebChatRow) {
        self.touched.insert((chat.bot, chat.address.clone()));
    }
}

/// The chat of a bot that an address means.
fn chat_at(core: &Core, bot: BotId, to: &Jid) -> Result<WebChatRow, Trouble> {
    let chat = core.batch.store.find_web_chat_at(bot, to.bare_str())?;
    let gone = || Failure::NotFound(format!("this bot has no chat with {}: it is deleted, or never was", to.bare()));
    Ok(chat.ok_or_else(gone)?)
}

/// A message that the bot has said there, and not taken back.
fn own(core: &Core, chat: &WebChatRow, message_id: &str) -> Result<WebRow, Trouble> {
    let row = core.batch.store.find_web_named(chat, message_id)?.filter(|row| row.is_bot && !row.is_deleted);
    Ok(row.ok_or_else(|| Failure::NotFound("this bot has sent no such message".to_string()))?)
}

/// A text with those buttons in words that only lead elsewhere: they are kept nowhere else.
fn shown_text(core: &Core, text: &str, keyboard: Option<&Keyboard>) -> String {
    core.batch.with_buttons(text, keyboard.filter(|keyboard| !keyboard.has_presses()), Hint::Chat)
}

fn change_buttons(
    core: &mut Core,
    chat: &WebChatRow,
    (message_id, text): (&str, &str),
    keyboard: Option<&Keyboard>,
) -> Result<(), store::Error> {
    core.change_keyboard(&shown(chat, message_id, text), keyboard)
}

fn shown<'a>(chat: &'a WebChatRow, message_id: &'a str, text: &'a str) -> Shown<'a> {
    Shown {
        bot: chat.bot,
        account: None,
        address: &chat.address,
        kind: ConversationKind::Chat,
        message_id,
        shown_id: message_id,
        text,
        is_encrypted: false,
    }
}
