//! Files that pass links. Each is a row from when it was said until it is said on the other side, so that a kill loses none:
//! it is fetched by the channel it was said on, lies on the disk meanwhile, and is said by the channel it goes to. In one
//! chat all keeps its order: what is said or done behind a file becomes a row, too. What cannot pass is told of in words: its
//! name, its size, and why.

use std::sync::Arc;

use super::passing::Target;
use super::queue::{Carry, Stage, Step};
use super::shown::size_of;
use super::{kind_at, side_of};
use crate::base::id::{BotId, LinkId};
use crate::base::jid::BareJid;
use crate::base::secret::Secret;
use crate::base::{limits, media};
use crate::core::actions::NewAction;
use crate::core::batch::Trouble;
use crate::core::channel::Album;
use crate::core::failure::Failure;
use crate::core::handle::{BotAction, NewFile, NewMessage};
use crate::core::incoming::{Incoming, SaidFile};
use crate::core::keyboard::live::{print_buttons, read_buttons};
use crate::core::texts::bridge;
use crate::core::{Context, Core};
use crate::store;
use crate::store::row::{AlbumPlace, CarryHeading, CarryKind, CarryRow, LinkRow};

impl Core {
    /// Reads what is on its way: at the start, when all of it begins anew, and after a batch was taken back.
    pub(crate) fn reload_carries(&mut self) -> Result<(), store::Error> {
        let headings = self.batch.store.list_carries()?;
        self.bridge.carrying.reload(headings);
        Ok(())
    }

    /// What is said under this id may be there already.
    pub(crate) fn forget_carry(&mut self, bot: BotId, message_id: &str) -> Result<(), store::Error> {
        if let Some(id) = self.batch.store.delete_carry_of(bot, message_id)? {
            self.bridge.carrying.change().remove(id);
        }
        Ok(())
    }

    /// A row that nothing passes with yet.
    fn blank_carry(&mut self, bot: BotId, link: LinkId, target: &BareJid) -> Result<CarryRow, store::Error> {
        Ok(CarryRow {
            id: 0,
            link,
            bot,
            origin: target.clone(),
            target: target.clone(),
            message_id: self.batch.new_message_id()?,
            reply_to: None,
            caption: String::new(),
            address: Secret::new(""),
            name: None,
            media_type: None,
            bytes: None,
            kind: CarryKind::Text,
            about: None,
            buttons: None,
            author: String::new(),
            album: AlbumPlace::Alone,
            at_ms: self.batch.now.unix_ms,
        })
    }

    fn keep_carry(&mut self, row: CarryRow) -> Result<String, Trouble> {
        if self.bridge.carrying.count_of(row.bot) >= limits::CARRIED_WAITING_MAX {
            return Err(Failure::OutboxFull.into());
        }
        let id = self.batch.store.insert_carry(&row)?;
        if matches!(row.kind, CarryKind::File | CarryKind::Text) {
            self.batch.note_saying(row.bot, &row.message_id, row.target.as_str(), "");
        }
        let CarryRow { link, bot, target, message_id, kind, author, album, at_ms, .. } = row;
        let name = message_id.clone();
        let heading = CarryHeading { id, link, bot, target, message_id, kind, author, album, at_ms };
        let carry = Carry::come(heading, self.batch.now.mono);
        self.bridge.carrying.change().insert(carry);
        Ok(name)
    }
}

impl Context<'_> {
    /// Files are to pass a link, with a text; gives the id of what is said first.
    pub(super) fn carry(
        &mut self,
        bot: BotId,
        link: &LinkRow,
        said: &Incoming<'_>,
        (target, text, has_words): (&Target, &str, bool),
    ) -> Result<String, Trouble> {
        self.way(bot, &target.to.to_jid())?;
        self.core.batch.check_messages(bot)?;
        let has_albums = self.channels.look(&target.to)?.has_albums();
        let stands_alone = has_words || target.reply_to.is_some();
        let author = said.author.clone().unwrap_or_else(|| said.from.to_string());
        let mut first = None;
        for file in &said.files {
            let is_first = first.is_none();
            let album = match has_albums && is_seen(file) {
                false => AlbumPlace::Alone,
                true if is_first && stands_alone => AlbumPlace::First,
                true => AlbumPlace::Any,
            };
            let row = CarryRow {
                origin: said.from.bare(),
                reply_to: target.reply_to.clone().filter(|_| is_first),
                caption: if is_first { text.to_string() } else { String::new() },
                address: Secret::new(&file.address),
                name: file.name.clone(),
                media_type: file.media_type.clone(),
                bytes: file.bytes.and_then(|bytes| i64::try_from(bytes).ok()),
                kind: CarryKind::File,
                author: author.clone(),
                album,
                ..self.core.blank_carry(bot, link.id, &target.to)?
            };
            let id = self.core.keep_carry(row)?;
            first.get_or_insert(id);
        }
        first.ok_or(Trouble::Failure(Failure::Internal))
    }

    /// Whether something waits for its turn there, so that what is said now waits, too.
    pub(super) fn is_queued(&self, bot: BotId, target: &BareJid) -> bool {
        self.core.bridge.carrying.is_waiting_for(bot, target)
    }

    /// Words are said behind what waits; gives the id under which they will be.
    pub(super) fn queue_words(&mut self, bot: BotId, link: LinkId, new: &NewMessage) -> Result<String, Trouble> {
        self.way(bot, &new.to)?;
        self.core.batch.check_messages(bot)?;
        let row = CarryRow {
            reply_to: new.reply_to.clone(),
            caption: new.text.clone(),
            buttons: new.keyboard.as_ref().map(print_buttons),
            ..self.core.blank_carry(bot, link, &new.to.bare())?
        };
        self.core.keep_carry(row)
    }

    /// Something becomes of what waits itself, which is changed where it waits, or when it is said. Says whether it is such.
    pub(super) fn change_queued(&mut self, bot: BotId, link: LinkId, act: &NewAction) -> Result<bool, Trouble> {
        let target = act.to.bare();
        let (kind, about, text) = match &act.action {
            BotAction::Edit { message_id, text, .. } => (CarryKind::Edit, message_id, text.as_str()),
            BotAction::Deletion { message_id } => (CarryKind::Deletion, message_id, ""),
            BotAction::Reaction { message_id, emoji } => (CarryKind::Reaction, message_id, emoji.as_str()),
            _ => return Ok(false),
        };
        let Some(carry) = self.core.bridge.carrying.named(bot, &target, about) else { return Ok(false) };
        let (id, is_going) = (carry.heading.id, matches!(carry.stage, Stage::Going));
        match kind {
            CarryKind::Edit if !is_going => self.core.batch.store.store_carry_text(id, text)?,
            CarryKind::Deletion if !is_going => {
                self.core.batch.store.delete_carry(id)?;
                self.core.bridge.carrying.change().remove(id);
            }
            kind => {
                let (about, caption) = (Some(about.clone()), text.to_string());
                let row = CarryRow { kind, about, caption, ..self.core.blank_carry(bot, link, &target)? };
                self.core.keep_carry(row)?;
            }
        }
        Ok(true)
    }

    /// Begins with what may begin: called with every batch.
    pub(crate) fn carry_on(&mut self) -> Result<(), store::Error> {
        let now = self.core.batch.now.mono;
        if !self.core.bridge.carrying.is_due(now) {
            return Ok(());
        }
        self.core.bridge.carrying.change().settle(now);
        if self.core.is_stopping || self.core.bridge.spool.is_none() {
            return Ok(());
        }
        while let Some(step) = self.core.bridge.carrying.next(now) {
            match step {
                Step::Fetch(id) => {
                    let begun = self.begin_carry(id);
                    self.unless_refused(&[id], begun)?;
                }
                Step::Say(ids) => {
                    let begun = self.say_files(&ids);
                    self.unless_refused(&ids, begun)?;
                }
                Step::Do(id) => self.do_queued(id)?,
            }
        }
        self.core.bridge.carrying.change().settle(now);
        Ok(())
    }

    fn unless_refused(&mut self, ids: &[i64], begun: Result<(), Trouble>) -> Result<(), store::Error> {
        match begun {
            Ok(()) => Ok(()),
            Err(Trouble::Store(error)) => Err(error),
            Err(Trouble::Failure(failure)) => ids.iter().try_for_each(|id| self.on_carried(*id, Err(failure.clone()))),
        }
    }

    fn begin_carry(&mut self, id: i64) -> Result<(), Trouble> {
        let (Some(row), Some(spool)) = (self.core.batch.store.find_carry(id)?, &self.core.bridge.spool) else {
            return Err(Failure::Internal.into());
        };
        let into = Arc::new(spool.reserve());
        if let Some(carry) = self.core.bridge.carrying.change().get_mut(id) {
            carry.stage = Stage::Fetching(Arc::clone(&into));
        }
        let bytes = row.bytes.and_then(|bytes| u64::try_from(bytes).ok());
        self.check_size(&row.target, bytes.unwrap_or(0))?;
        let file = SaidFile {
            address: row.address.expose().to_string(),
            url: row.address.expose().to_string(),
            key: None,
            name: row.name,
            media_type: row.media_type,
            bytes,
            description: None,
        };
        self.channels.of(&row.origin)?.fetch(self.core, row.bot, &file, (&into, id))
    }

    /// Refuses what the other side would.
    fn check_size(&self, target: &BareJid, bytes: u64) -> Result<(), Failure> {
        let channel = self.channels.look(target)?;
        let most = channel.takes_files().unwrap_or(0);
        if bytes <= most {
            return Ok(());
        }
        let most = size_of(Some(most));
        Err(Failure::TooLarge(format!("{} takes files of {most} at most from bots", channel.label().name)))
    }

    /// A file is here, or could not be fetched.
    pub(crate) fn on_fetched(&mut self, id: i64, file: Result<NewFile, Failure>) -> Result<(), store::Error> {
        // It may have been taken back meanwhile.
        let Some(carry) = self.core.bridge.carrying.get(id) else { return Ok(()) };
        let target = carry.heading.target.clone();
        match file.and_then(|file| self.check_size(&target, file.bytes).map(|()| file)) {
            Ok(file) => {
                if let Some(carry) = self.core.bridge.carrying.change().get_mut(id) {
                    carry.stage = Stage::Here(file);
                }
                Ok(())
            }
            Err(failure) => self.on_carried(id, Err(failure)),
        }
    }

    /// Says files that are here: one, or several as an album.
    fn say_files(&mut self, ids: &[i64]) -> Result<(), Trouble> {
        let mut files = Vec::with_capacity(ids.len());
        let mut first = None;
        for id in ids {
            let Some(carry) = self.core.bridge.carrying.change().get_mut(*id) else { continue };
            let stage = std::mem::replace(&mut carry.stage, Stage::Going);
            let Stage::Here(file) = stage else { continue };
            let Some(row) = self.core.batch.store.find_carry(*id)? else { continue };
            files.push((file, row.message_id.clone(), *id));
            first.get_or_insert(row);
        }
        let Some(row) = first else { return Err(Failure::Internal.into()) };
        let new = self.carried_message(&row, row.caption.clone())?;
        let sender = self.way(row.bot, &new.to)?;
        let channel = self.channels.of(&row.target)?;
        match &files[..] {
            [(file, name, id)] => channel.say_file(self.core, sender, (&new, file), (name, *id)),
            files => channel.say_album(self.core, sender, &Album { new: &new, files }),
        }
    }

    /// A file is said, or never will be.
    pub(crate) fn on_carried(&mut self, id: i64, said: Result<(), Failure>) -> Result<(), store::Error> {
        let now = self.core.batch.now.mono;
        if let (Err(failure @ (Failure::Busy { .. } | Failure::Remote { .. })), Some(carry)) =
            (&said, self.core.bridge.carrying.change().get_mut(id))
        {
            // An account that is not online, or has its hands full, is waited for.
            let is_busy = matches!(failure, Failure::Busy { .. });
            if is_busy || carry.tries < limits::CARRIED_TRIES_MAX {
                let pause = limits::CARRIED_RETRY_FIRST * 2_u32.pow(carry.tries);
                carry.not_before = now + if is_busy { limits::CARRIED_BUSY } else { pause };
                carry.tries += u32::from(!is_busy);
                carry.stage = Stage::Waiting;
                let (bot, id) = (carry.heading.bot, carry.heading.message_id.clone());
                self.core.batch.note_way(bot, &id, "delayed", failure.to_string());
                return Ok(());
            }
        }
        self.core.bridge.carrying.change().remove(id);
        let row = self.core.batch.store.find_carry(id)?;
        self.core.batch.store.delete_carry(id)?;
        let (Some(row), Err(failure)) = (row, said) else { return Ok(()) };
        log::info!("bot {}: a file did not pass to {}: {failure}", row.bot, row.target);
        self.core.batch.note_way(row.bot, &row.message_id, "not_passed", failure.to_string());
        let language = self.core.batch.setup.settings.language;
        let (name, why) = (row.name.as_deref().unwrap_or("-"), failure.at(self.core.batch.chat_place()));
        let size = size_of(row.bytes.and_then(|bytes| u64::try_from(bytes).ok()));
        let words = bridge::FILE_FAILED.fill(language, &[("name", name), ("size", &size), ("why", &why)]);
        let text = if row.caption.is_empty() { words } else { format!("{}\n{words}", row.caption) };
        let done = match self.carried_message(&row, text) {
            Ok(new) => self.say_instead(row.bot, &new, &row.message_id),
            Err(failure) => Err(failure.into()),
        };
        self.settle(row.link, done).map(drop)
    }

    /// What waited behind files is said or done.
    fn do_queued(&mut self, id: i64) -> Result<(), store::Error> {
        let row = self.core.batch.store.find_carry(id)?;
        self.core.bridge.carrying.change().remove(id);
        self.core.batch.store.delete_carry(id)?;
        let Some(row) = row else { return Ok(()) };
        let new = match self.carried_message(&row, row.caption.clone()) {
            Ok(new) => NewMessage { keyboard: row.buttons.as_deref().and_then(read_buttons), ..new },
            Err(failure) => {
                log::info!("bot {}: what waited did not pass to {}: {failure}", row.bot, row.target);
                return Ok(());
            }
        };
        let message_id = row.about.clone().unwrap_or_default();
        let action = match row.kind {
            CarryKind::Edit => BotAction::Edit { message_id, text: row.caption.clone(), keyboard: None },
            CarryKind::Deletion => BotAction::Deletion { message_id },
            CarryKind::Reaction => BotAction::Reaction { message_id, emoji: row.caption.clone() },
            CarryKind::Text | CarryKind::File => {
                let done = self.say_under(row.bot, &new, &row.message_id);
                return self.settle(row.link, done).map(drop);
            }
        };
        let act = NewAction { to: new.to.clone(), kind: new.kind, action, idempotency_key: None };
        match self.act_unheard(row.bot, &act) {
            Ok(_) => Ok(()),
            Err(Trouble::Store(error)) => Err(error),
            Err(Trouble::Failure(_)) if row.kind == CarryKind::Edit => self.say_anew(row.bot, row.link, &new),
            Err(Trouble::Failure(failure)) => {
                log::debug!("bot {}: what passed to {} could not be changed: {failure}", row.bot, row.target);
                Ok(())
            }
        }
    }

    fn carried_message(&self, row: &CarryRow, text: String) -> Result<NewMessage, Failure> {
        let gone = || Failure::NotFound("the chats are not linked any more".to_string());
        let link = self.core.bridge.get(row.link).ok_or_else(gone)?;
        let side = side_of(link, &row.target).ok_or_else(gone)?;
        let reply_to = row.reply_to.clone();
        Ok(NewMessage { reply_to, ..NewMessage::text(&row.target.to_jid(), kind_at(link, side), &text) })
    }
}

/// Whether a file is a picture or a film, as far as is known before it is here.
fn is_seen(file: &SaidFile) -> bool {
    let guessed =
        || media::guess(file.name.as_deref().unwrap_or(&file.url).split(['?', '#']).next().unwrap_or_default());
    let kind = file.media_type.as_deref().or_else(guessed).unwrap_or_default();
    matches!(kind, "image/jpeg" | "image/png" | "image/webp" | "video/mp4")
}
