//! What programs ask that were written for Botyard, as far as no other part has a word in it: keys, commands, webhooks.

use crate::base::id::BotId;
use crate::base::secret::Secret;
use crate::base::{crypto, limits, ulid};
use crate::core::Core;
use crate::core::batch::{Batch, Trouble};
use crate::core::failure::Failure;
use crate::core::gallery::avatar_key;
use crate::core::handle::{Command, NewWebhook, YardAnswer, YardProfile, YardQuestion};
use crate::core::updates::Form;

/// What is said of a bot that is not there, or not shown.
pub(crate) fn no_bot() -> Failure {
    Failure::NotFound("bot not found".to_string())
}

impl Core {
    /// What a bot's program asks of what is the bot's own; what changes its profile is the engine's.
    pub(crate) fn ask_yard(&mut self, bot: BotId, question: &YardQuestion) -> Result<YardAnswer, Trouble> {
        Ok(match question {
            YardQuestion::Me => YardAnswer::Bot(self.batch.bot_card(bot)?),
            YardQuestion::Commands => YardAnswer::Commands(self.batch.command_cards(bot)?),
            YardQuestion::AddCommands(new) => {
                self.batch.add_commands(bot, new)?;
                YardAnswer::Done
            }
            YardQuestion::RemoveCommand(ulid) => {
                self.batch.remove_command(bot, ulid)?;
                YardAnswer::Done
            }
            YardQuestion::SetWebhook(url, secret) => {
                self.set_yard_webhook(bot, url, secret)?;
                self.yard_webhook(bot)?
            }
            YardQuestion::Webhook => self.yard_webhook(bot)?,
            YardQuestion::DeleteWebhook => {
                self.delete_webhook(bot)?;
                YardAnswer::Done
            }
            _ => return Err(Failure::Forbidden("access denied".to_string()).into()),
        })
    }

    /// Messages are posted there as they are, one by one, with the secret in a header.
    fn set_yard_webhook(&mut self, bot: BotId, url: &str, secret: &Secret) -> Result<(), Trouble> {
        let (has, most) = (secret.expose().len(), limits::YARD_SECRET_BYTES_MAX);
        Failure::check_most("secret", has, most, "bytes")?;
        if !secret.expose().bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(Failure::invalid("secret", "printable ASCII, as it goes into a header").into());
        }
        let new = NewWebhook { url: url.to_string(), secret: None, allowed: None, drop_pending: false };
        self.install_webhook(bot, &new, (secret.clone(), Form::Plain))
    }

    fn yard_webhook(&mut self, bot: BotId) -> Result<YardAnswer, Trouble> {
        let url = self.webhooks.webhook_url(bot).map(str::to_string);
        let url = url.ok_or_else(|| Failure::NotFound("webhook not found".to_string()))?;
        let secret = self.batch.store.webhook_secret(bot)?.unwrap_or_default();
        Ok(YardAnswer::Webhook(self.batch.bot_ulid(bot)?, url, secret))
    }
}

impl Batch {
    fn add_commands(&mut self, bot: BotId, new: &[Command]) -> Result<(), Trouble> {
        let mut all = self.bot(bot)?.commands.clone();
        for command in new {
            let has = command.description.chars().count();
            Failure::check_most("description", has, limits::YARD_COMMAND_CHARS_MAX, "characters")?;
            let is_letter = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '_' | '-');
            if command.command.is_empty() || !command.command.chars().all(is_letter) {
                return Err(Failure::invalid("alias", "made of a to z, digits, _ and -").into());
            }
            match all.iter_mut().find(|known| known.command == command.command) {
                Some(known) => *known = command.clone(),
                None => all.push(command.clone()),
            }
        }
        self.set_commands(bot, &all)
    }

    fn remove_command(&mut self, bot: BotId, wanted: &str) -> Result<(), Trouble> {
        let own = self.command_cards(bot)?;
        let Some(card) = own.into_iter().find(|card| card.ulid.eq_ignore_ascii_case(wanted)) else {
            return Err(self.refuse_command(wanted)?.into());
        };
        let mut rest = self.bot(bot)?.commands.clone();
        rest.retain(|command| command.command != card.alias);
        self.set_commands(bot, &rest)
    }

    /// Another bot's command is not for this one; which there are, nobody learns by that.
    fn refuse_command(&mut self, wanted: &str) -> Result<Failure, Trouble> {
        for bot in self.bots.keys().copied().collect::<Vec<_>>() {
            if self.command_cards(bot)?.iter().any(|card| card.ulid.eq_ignore_ascii_case(wanted)) {
                return Ok(Failure::Forbidden("access denied".to_string()));
            }
        }
        Ok(Failure::NotFound("command not found".to_string()))
    }

    /// The key of a bot; made, where it has none.
    pub(crate) fn bot_key(&mut self, bot: BotId) -> Result<Secret, Trouble> {
        match self.store.bot_key(bot)? {
            Some(key) => Ok(key),
            None => self.new_bot_key(bot),
        }
    }

    /// A new key; the one before is good for nothing from this commit on.
    pub(crate) fn new_bot_key(&mut self, bot: BotId) -> Result<Secret, Trouble> {
        let random: [u8; 16] = self.random();
        let (mut at, mut rest) = ([0; 8], [0; 10]);
        at[2..].copy_from_slice(&random[..6]);
        rest.copy_from_slice(&random[6..]);
        let key = format!("{}:{}", self.bot_ulid(bot)?, ulid::ulid(u64::from_be_bytes(at), rest));
        let hash = crypto::sha256(key.as_bytes());
        let key = Secret::new(key);
        self.rights.by_key.retain(|_, other| *other != bot);
        self.rights.by_key.insert(hash, bot);
        self.store.store_bot_key(bot, &key)?;
        self.audit(Some(bot), "key_made", "")?;
        Ok(key)
    }

    /// A bot's key is good for nothing any more.
    pub(crate) fn drop_bot_key(&mut self, bot: BotId) -> Result<(), Trouble> {
        let before = self.rights.by_key.len();
        self.rights.by_key.retain(|_, other| *other != bot);
        if self.rights.by_key.len() < before {
            self.store.delete_bot_key(bot)?;
        }
        Ok(())
    }

    /// What a bot is to show of itself, as pages may show it. `own` keeps the name it has.
    pub(crate) fn check_profile(&self, new: &YardProfile, own: Option<BotId>) -> Result<(), Failure> {
        if let Some(name) = &new.name {
            let is_letter = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.');
            let most = limits::YARD_NAME_CHARS_MAX;
            if !(1..=most).contains(&name.chars().count()) || !name.chars().all(is_letter) {
                let must_be = format!("1 to {most} letters, digits, spaces, `-`, `_` and `.`");
                return Err(Failure::invalid("name", must_be));
            }
            let wanted = name.trim().to_lowercase();
            let is_taken =
                |bot: &crate::core::registry::Bot| Some(bot.row.id) != own && bot.row.name.to_lowercase() == wanted;
            if self.bots.values().any(is_taken) {
                return Err(Failure::invalid("name", "one that no other bot has"));
            }
        }
        match &new.avatar {
            Some(avatar) => check_avatar(avatar),
            None => Ok(()),
        }
    }

    /// Keeps where pages find a bot's picture.
    pub(crate) fn keep_page_avatar(&mut self, bot: BotId, new: &YardProfile) -> Result<(), Trouble> {
        match &new.avatar {
            Some(avatar) => Ok(self.store.store_setting(&avatar_key(bot), avatar)?),
            None => Ok(()),
        }
    }
}

/// An address that a page can show, and nothing that it would run.
fn check_avatar(avatar: &str) -> Result<(), Failure> {
    let most = limits::YARD_AVATAR_BYTES_MAX;
    let begins = |with: &[&str]| with.iter().any(|with| avatar.starts_with(with));
    let is_picture = begins(&["https://", "http://", "/static/images/", "static/images/"]) || begins(&DATA_PICTURES);
    let is_plain = avatar.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte));
    if is_picture && is_plain && avatar.len() <= most {
        return Ok(());
    }
    let must_be = "an http or https address, one below /static/images/, or a data: picture";
    Err(Failure::invalid("avatar", format!("{must_be}, of at most {most} bytes")))
}

/// Pictures that may stand in an address themselves. An SVG may not: it can hold programs.
const DATA_PICTURES: [&str; 4] = ["data:image/png;", "data:image/jpeg;", "data:image/gif;", "data:image/webp;"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures() {
        for good in ["https://google.com/img.png", "/static/images/01h.png", "data:image/png;base64,AAAA"] {
            assert_eq!(check_avatar(good), Ok(()), "{good}");
        }
        let long = format!("https://a/{}", "b".repeat(limits::YARD_AVATAR_BYTES_MAX));
        for bad in ["", "javascript:alert(1)", "data:image/svg+xml;base64,AA", "https://a/\" onerror=", "//a/b", &long]
        {
            assert!(check_avatar(bad).is_err(), "{bad}");
        }
    }
}
