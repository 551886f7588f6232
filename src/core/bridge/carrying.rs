//! Files that pass links. Each is a row from when it was said until it is said on the other side, so that a kill loses none:
//! it is fetched by the channel it was said on, lies on the disk meanwhile, and is said by the channel it goes to. In one
//! chat they keep their order. What cannot pass is told of in words: its name, its size, and why.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::passing::Target;
use super::shown::size_of;
use super::{kind_at, side_of};
use crate::base::id::BotId;
use crate::base::jid::BareJid;
use crate::base::limits;
use crate::base::secret::Secret;
use crate::base::spool::SpoolFile;
use crate::core::batch::Trouble;
use crate::core::failure::Failure;
use crate::core::handle::{NewFile, NewMessage};
use crate::core::incoming::SaidFile;
use crate::core::part::Timed;
use crate::core::texts::bridge;
use crate::core::{Context, Core};
use crate::store;
use crate::store::row::{CarryRow, LinkRow};

/// All files that pass links, by number.
#[derive(Clone, Default)]
pub(crate) struct Carrying {
    all: BTreeMap<i64, Carry>,
}

/// One of them.
#[derive(Clone)]
struct Carry {
    bot: BotId,
    target: BareJid,
    /// Where it lies, once it is on its way.
    file: Option<Arc<SpoolFile>>,
    tries: u32,
    /// It is not begun with before (monotonic).
    not_before: Duration,
}

impl Carry {
    fn new(bot: BotId, target: BareJid) -> Carry {
        Carry { bot, target, file: None, tries: 0, not_before: Duration::ZERO }
    }
}

impl Timed for Carrying {
    fn deadline(&self) -> Option<Duration> {
        let waiting = self.all.values().filter(|carry| carry.file.is_none() && carry.not_before > Duration::ZERO);
        waiting.map(|carry| carry.not_before).min()
    }

    fn postpone(&mut self, until: Duration) {
        let waiting = self.all.values_mut().filter(|carry| carry.not_before > Duration::ZERO);
        waiting.for_each(|carry| carry.not_before = carry.not_before.max(until));
    }
}

impl Carrying {
    /// The next one to begin with: the first of those that go to its chat.
    fn next(&self, now: Duration) -> Option<i64> {
        let under_way = self.all.values().filter(|carry| carry.file.is_some()).count();
        if under_way >= limits::CARRIED_AT_ONCE_MAX {
            return None;
        }
        let mut earlier = BTreeSet::new();
        let mut first = self.all.iter().filter(|(_, carry)| earlier.insert((carry.bot, carry.target.as_str())));
        first.find(|(_, carry)| carry.file.is_none() && carry.not_before <= now).map(|(id, _)| *id)
    }
}

impl Core {
    /// Reads what is on its way: at the start, when all of it begins anew, and after a batch was taken back.
    pub(crate) fn reload_carries(&mut self) -> Result<(), store::Error> {
        let rows = self.batch.store.list_carries()?;
        let known = std::mem::take(&mut self.bridge.carrying.all);
        let carry = |(id, bot, target)| {
            let file = known.get(&id).and_then(|carry: &Carry| carry.file.clone());
            (id, Carry { file, ..Carry::new(bot, target) })
        };
        self.bridge.carrying.all = rows.into_iter().map(carry).collect();
        Ok(())
    }
}

impl Core {
    /// What is said under this id may be there already.
    pub(crate) fn forget_carry(&mut self, bot: BotId, message_id: &str) -> Result<(), store::Error> {
        if let Some(id) = self.batch.store.delete_carry_of(bot, message_id)? {
            self.bridge.carrying.change().all.remove(&id);
        }
        Ok(())
    }
}

impl Context<'_> {
    /// Files are to pass a link, with a text; gives the id of what is said first.
    pub(super) fn carry(
        &mut self,
        bot: BotId,
        link: &LinkRow,
        (origin, files): (&BareJid, &[SaidFile]),
        (target, text): (&Target, &str),
    ) -> Result<String, Trouble> {
        self.way(bot, &target.to.to_jid())?;
        self.core.batch.check_messages(bot)?;
        if self.core.bridge.carrying.all.values().filter(|carry| carry.bot == bot).count()
            >= limits::CARRIED_WAITING_MAX
        {
            return Err(Failure::OutboxFull.into());
        }
        let mut first = None;
        for file in files {
            let row = CarryRow {
                id: 0,
                link: link.id,
                bot,
                origin: origin.clone(),
                target: target.to.clone(),
                message_id: self.core.batch.new_message_id()?,
                reply_to: target.reply_to.clone().filter(|_| first.is_none()),
                caption: if first.is_none() { text.to_string() } else { String::new() },
                address: Secret::new(&file.address),
                name: file.name.clone(),
                media_type: file.media_type.clone(),
                bytes: file.bytes.and_then(|bytes| i64::try_from(bytes).ok()),
            };
            let id = self.core.batch.store.insert_carry(&row)?;
            let carry = Carry::new(bot, row.target);
            self.core.bridge.carrying.change().all.insert(id, carry);
            first.get_or_insert(row.message_id);
        }
        first.ok_or(Trouble::Failure(Failure::Internal))
    }

    /// Begins with what may begin: called with every batch.
    pub(crate) fn carry_on(&mut self) -> Result<(), store::Error> {
        if self.core.is_stopping || self.core.bridge.spool.is_none() {
            return Ok(());
        }
        while let Some(id) = self.core.bridge.carrying.next(self.core.batch.now.mono) {
            match self.begin_carry(id) {
                Ok(()) => {}
                Err(Trouble::Store(error)) => return Err(error),
                Err(Trouble::Failure(failure)) => self.on_carried(id, Err(failure))?,
            }
        }
        Ok(())
    }

    fn begin_carry(&mut self, id: i64) -> Result<(), Trouble> {
        let (Some(row), Some(spool)) = (self.core.batch.store.find_carry(id)?, &self.core.bridge.spool) else {
            return Err(Failure::Internal.into());
        };
        let into = Arc::new(spool.reserve());
        if let Some(carry) = self.core.bridge.carrying.change().all.get_mut(&id) {
            carry.file = Some(Arc::clone(&into));
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
        let said = match file {
            Ok(file) => self.say_carried(id, &file),
            Err(failure) => Err(failure.into()),
        };
        match said {
            Ok(()) => Ok(()),
            Err(Trouble::Store(error)) => Err(error),
            Err(Trouble::Failure(failure)) => self.on_carried(id, Err(failure)),
        }
    }

    fn say_carried(&mut self, id: i64, file: &NewFile) -> Result<(), Trouble> {
        let Some(row) = self.core.batch.store.find_carry(id)? else { return Err(Failure::Internal.into()) };
        self.check_size(&row.target, file.bytes)?;
        let new = self.carried_message(&row, row.caption.clone())?;
        let sender = self.way(row.bot, &new.to)?;
        let channel = self.channels.of(&row.target)?;
        channel.say_file(self.core, sender, (&new, file), (&row.message_id, id))
    }

    /// A file is said, or never will be.
    pub(crate) fn on_carried(&mut self, id: i64, said: Result<(), Failure>) -> Result<(), store::Error> {
        let now = self.core.batch.now.mono;
        let carry = self.core.bridge.carrying.change().all.get_mut(&id);
        if let (Err(Failure::Busy { .. } | Failure::Remote { .. }), Some(carry)) = (&said, carry)
            && carry.tries < limits::CARRIED_TRIES_MAX
        {
            carry.tries += 1;
            carry.file = None;
            carry.not_before = now + limits::CARRIED_RETRY_FIRST * 2_u32.pow(carry.tries - 1);
            return Ok(());
        }
        self.core.bridge.carrying.change().all.remove(&id);
        let row = self.core.batch.store.find_carry(id)?;
        self.core.batch.store.delete_carry(id)?;
        let (Some(row), Err(failure)) = (row, said) else { return Ok(()) };
        log::info!("bot {}: a file did not pass to {}: {failure}", row.bot, row.target);
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

    fn carried_message(&self, row: &CarryRow, text: String) -> Result<NewMessage, Failure> {
        let gone = || Failure::NotFound("the chats are not linked any more".to_string());
        let link = self.core.bridge.get(row.link).ok_or_else(gone)?;
        let side = side_of(link, &row.target).ok_or_else(gone)?;
        let reply_to = row.reply_to.clone();
        Ok(NewMessage { reply_to, ..NewMessage::text(&row.target.to_jid(), kind_at(link, side), &text) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_a_chat_at_a_time_and_few_of_all() {
        let mut carrying = Carrying::default();
        let target = |number: i64| BareJid::parse_any(&format!("tg:{number}")).unwrap();
        for id in 1..=12 {
            carrying.all.insert(id, Carry::new(BotId(1), target(1 + id % 6)));
        }
        let dir = std::env::temp_dir().join(format!("botmother-carrying-{}", std::process::id()));
        let file = Arc::new(crate::base::spool::Spool::open(&dir).unwrap().reserve());
        let mut begun = Vec::new();
        while let Some(id) = carrying.next(Duration::ZERO) {
            carrying.all.get_mut(&id).unwrap().file = Some(Arc::clone(&file));
            begun.push(id);
        }
        assert_eq!(begun, [1, 2, 3, 4]);
        carrying.all.remove(&1);
        // The seventh goes where the first went.
        assert_eq!(carrying.next(Duration::ZERO), Some(5));
        std::fs::remove_dir(&dir).unwrap();
    }
}
