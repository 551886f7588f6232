//! The gallery: which bots anybody may see, and by which ULIDs pages know bots and their commands.

use crate::base::id::BotId;
use crate::base::{crypto, text, ulid};
use crate::core::batch::{Batch, Trouble};
use crate::core::handle::{BotCard, CommandCard};
use crate::store;

/// Where the numbers of listed bots stand in `settings`: in one place, for strangers may ask for them at any time.
const LISTED: &str = "listed_bots";
/// Where the secret behind the ULIDs of bots stands there.
const ULID_SECRET: &str = "ulid_secret";

impl Batch {
    /// All bots that are shown.
    pub(crate) fn gallery(&mut self) -> Result<Vec<BotCard>, store::Error> {
        let shown = self.listed()?.into_iter().filter(|bot| self.is_active(*bot));
        shown.collect::<Vec<_>>().into_iter().map(|bot| self.bot_card(bot)).collect()
    }

    /// Whether anybody may see a bot, and speak to it.
    pub(crate) fn is_shown(&self, bot: BotId) -> Result<bool, store::Error> {
        Ok(self.is_active(bot) && self.listed()?.contains(&bot))
    }

    /// A bot as pages see it; an empty card where it is gone.
    pub(crate) fn bot_card(&mut self, id: BotId) -> Result<BotCard, store::Error> {
        let ulid = self.bot_ulid(id)?;
        let avatar = self.store.setting(&avatar_key(id))?.filter(|avatar| !avatar.is_empty());
        let (name, description) = match self.bots.get(&id) {
            Some(bot) => (bot.row.name.clone(), bot.row.description.clone()),
            None => Default::default(),
        };
        Ok(BotCard { ulid, name, description, avatar })
    }

    /// Puts a bot among the listed ones.
    pub(crate) fn list_bot(&mut self, id: BotId) -> Result<(), Trouble> {
        self.set_listed(id, true)
    }

    /// Takes it out.
    pub(crate) fn unlist_bot(&mut self, id: BotId) -> Result<(), Trouble> {
        self.set_listed(id, false)
    }

    fn set_listed(&mut self, id: BotId, is_listed: bool) -> Result<(), Trouble> {
        self.bot(id)?;
        let mut all = self.listed()?;
        // Deleted ones go by the way.
        all.retain(|other| *other != id && self.bots.contains_key(other));
        all.extend(is_listed.then_some(id));
        all.sort();
        let text: Vec<String> = all.iter().map(ToString::to_string).collect();
        self.store.store_setting(LISTED, &text.join(" "))?;
        Ok(self.audit(Some(id), "listed", &format!("listed={is_listed}"))?)
    }

    /// Bots that are shown to anybody; there may be deleted ones among them.
    pub(crate) fn listed(&self) -> Result<Vec<BotId>, store::Error> {
        let text = self.store.setting(LISTED)?.unwrap_or_default();
        Ok(text.split(' ').filter_map(|id| id.parse().ok()).map(BotId).collect())
    }

    /// The ULID of a bot: of the moment it was made, and of what nobody can guess. It is stored nowhere.
    pub(crate) fn bot_ulid(&mut self, id: BotId) -> Result<String, store::Error> {
        let at = self.bots.get(&id).map_or(0, |bot| bot.row.created_at);
        let secret = self.ulid_secret()?;
        Ok(ulid_of(&secret, at, &id.0.to_be_bytes()))
    }

    /// The bot with that ULID, shown or not.
    pub(crate) fn bot_of_ulid(&mut self, wanted: &str) -> Result<Option<BotId>, store::Error> {
        let Some((at_ms, _)) = ulid::read(wanted) else { return Ok(None) };
        let secret = self.ulid_secret()?;
        let of_then = self.bots.values().filter(|bot| ulid_ms(bot.row.created_at) == at_ms).map(|bot| bot.row.id);
        let at = i64::try_from(at_ms / 1_000).unwrap_or(0);
        let is_it = |id: &BotId| ulid_of(&secret, at, &id.0.to_be_bytes()).eq_ignore_ascii_case(wanted);
        Ok(of_then.into_iter().find(is_it))
    }

    /// The commands of a bot, each with its ULID, which is made of its name.
    pub(crate) fn command_cards(&mut self, id: BotId) -> Result<Vec<CommandCard>, store::Error> {
        let secret = self.ulid_secret()?;
        let Some(bot) = self.bots.get(&id) else { return Ok(Vec::new()) };
        let card = |command: &crate::core::handle::Command| {
            let name = format!("{id} {}", command.command);
            let ulid = ulid_of(&secret, bot.row.created_at, name.as_bytes());
            CommandCard { ulid, alias: command.command.clone(), description: command.description.clone() }
        };
        Ok(bot.commands.iter().map(card).collect())
    }

    /// What ULIDs are made with; made when it is asked for first.
    fn ulid_secret(&mut self) -> Result<String, store::Error> {
        if let Some(secret) = self.store.setting(ULID_SECRET)? {
            return Ok(secret);
        }
        let secret = text::base64url(&self.random::<32>());
        self.store.store_setting(ULID_SECRET, &secret)?;
        Ok(secret)
    }
}

/// DinoX's kind of key: it goes with the bot.
pub(crate) fn avatar_key(bot: BotId) -> String {
    format!("bot_{bot}_page_avatar")
}

fn ulid_ms(at: i64) -> u64 {
    u64::try_from(at).unwrap_or(0) * 1_000
}

fn ulid_of(secret: &str, at: i64, of: &[u8]) -> String {
    let mut random = [0; 10];
    random.copy_from_slice(&crypto::hmac_sha256(secret.as_bytes(), of)[..10]);
    ulid::ulid(ulid_ms(at), random)
}
