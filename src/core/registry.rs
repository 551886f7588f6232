//! The registry: bots are created, changed and deleted here, whoever asks (API, chat, command line).
//!
//! Also the one place that knows what a mode means: whose account a bot speaks through.

use crate::base::id::{self, AccountId, BotId};
use crate::base::jid::BareJid;
use crate::base::secret::Secret;
use crate::base::{crypto, limits, text};
use crate::core::batch::{Batch, Trouble};
use crate::core::failure::Failure;
use crate::core::handle::{Access, BotInfo, BotState, Command, Encrypt, Mode, NewBot, Receive, UpdateKinds, Wait};
use crate::core::owner::is_local;
use crate::core::{Core, Signal, access};
use crate::store;
use crate::store::row::{BotRow, CommandRow, ContactSource, ProfileRow, TokenHolder};

/// A bot in memory: its row, its commands, and how full its queue is.
pub(crate) struct Bot {
    pub(crate) row: BotRow,
    pub(crate) mode: Mode,
    pub(crate) receive: Receive,
    pub(crate) access: Access,
    pub(crate) profile: ProfileRow,
    /// Whom its owner named, sorted ([`Access::List`]).
    pub(crate) contacts: Vec<BareJid>,
    /// Who is subscribed to it, sorted ([`Access::Roster`]).
    pub(crate) subscribers: Vec<BareJid>,
    pub(crate) commands: Vec<Command>,
    /// Chats on other channels that it is told of, sorted.
    pub(crate) heard: Vec<BareJid>,
    /// Rows in its update queue: an idle poll costs no SQL.
    pub(crate) queued: i64,
    /// Which types of updates its program wants.
    pub(crate) kinds: UpdateKinds,
    /// What was said for it where else the configuration counts.
    pub(crate) chosen: Chosen,
}

/// What a bot is set to, where that was said for it.
pub(crate) struct Chosen {
    /// Whether it encrypts.
    pub(crate) encrypt: Option<Encrypt>,
    /// For how many days its history is kept.
    pub(crate) history: Option<i64>,
}

impl Bot {
    /// Whether it belongs to the built-in account and speaks there.
    pub(crate) fn is_local(&self) -> bool {
        self.mode == Mode::Personal && is_local(&self.row.owner)
    }

    /// As callers see it; `state` is how it is connected.
    pub(crate) fn info(&self, state: BotState) -> BotInfo {
        BotInfo {
            id: self.row.id,
            name: self.row.name.clone(),
            owner: Box::new(self.row.owner.clone()),
            jid: self.row.jid.as_ref().map(ToString::to_string).unwrap_or_default(),
            mode: self.mode,
            access: self.access,
            active: self.row.active,
            description: self.row.description.clone(),
            created_at: self.row.created_at,
            token: self.row.token.clone(),
            state,
        }
    }
}

/// What a bot speaks through.
pub(crate) enum Through {
    /// An XMPP account.
    Account(AccountId),
    /// The built-in chat.
    Local,
    /// Nothing: its owner's account is not signed in here.
    None,
}

impl Core {
    /// Reads all bots anew: at the start, and after a batch was taken back.
    pub(crate) fn reload_bots(&mut self) -> Result<(), store::Error> {
        self.batch.bots.clear();
        self.batch.rights.by_token.clear();
        for row in self.batch.store.list_bots()? {
            let commands = self.batch.store.list_commands(row.id)?;
            let commands = commands.into_iter().map(|c| Command { command: c.command, description: c.description });
            let bot = Bot {
                mode: Mode::parse(&row.mode).unwrap_or(Mode::Personal),
                receive: Receive::parse(&row.receive).unwrap_or(Receive::SelfChat),
                access: Access::parse(&row.access).unwrap_or(Access::Owner),
                profile: self.batch.store.profile(row.id)?,
                contacts: self.batch.store.list_contacts(row.id, ContactSource::List)?,
                subscribers: self.batch.store.list_contacts(row.id, ContactSource::Roster)?,
                commands: commands.collect(),
                heard: self.batch.store.list_heard(row.id)?,
                queued: self.batch.store.count_updates(row.id)?,
                kinds: self.batch.allowed_updates(row.id)?,
                chosen: Chosen {
                    encrypt: self.batch.store.setting(&encrypt_key(row.id))?.and_then(|text| Encrypt::parse(&text)),
                    history: self.batch.store.setting(&history_key(row.id))?.and_then(|days| days.parse().ok()),
                },
                row,
            };
            if let Some(hash) = bot.row.token_hash {
                self.batch.rights.by_token.insert(hash, bot.row.id);
            }
            self.batch.bots.insert(bot.row.id, bot);
        }
        self.reload_numbered()?;
        self.batch.reload_rights()
    }

    /// What must be right before anything is made for a new bot; gives its name.
    pub(crate) fn check_new_bot(&self, new: &NewBot) -> Result<String, Failure> {
        let name = check_name(&new.name)?;
        let (owned, most) = (self.batch.bots_of(&new.owner).len(), self.batch.quotas_of(&new.owner).bots);
        if most > 0 && i64::try_from(owned).unwrap_or(i64::MAX) >= most {
            let text = format!("{} has {owned} bots already; delete one first", new.owner);
            return Err(Failure::Quota(text));
        }
        access::check(new.mode, new.access, &new.contacts)?;
        if new.mode == Mode::Personal {
            let inapplicable = [
                ("encrypt", new.encrypt.is_some()),
                ("contacts", !new.contacts.is_empty()),
                ("wait", matches!(new.wait, Wait::Online(_))),
            ];
            if let Some((field, _)) = inapplicable.into_iter().find(|(_, is_given)| *is_given) {
                let must_be = "left out for a personal bot, which has no account of its own";
                return Err(Failure::invalid(field, must_be));
            }
        } else if new.receive == Receive::All {
            return Err(Failure::invalid("receive", "self, or left out: all is for personal bots"));
        }
        Ok(name)
    }

    /// Makes the bot itself. `jid` is its own account, if it has one.
    pub(crate) fn create_bot(&mut self, new: &NewBot, jid: Option<BareJid>) -> Result<BotId, Trouble> {
        let name = self.check_new_bot(new)?;
        let (token, hash) = self.batch.make_token();
        let row = BotRow {
            id: BotId(0),
            name,
            jid,
            token_hash: Some(hash),
            token: Some(token),
            owner: new.owner.clone(),
            description: String::new(),
            active: true,
            mode: new.mode.as_str().to_string(),
            receive: new.receive.as_str().to_string(),
            created_at: self.batch.now.unix(),
            last_active: 0,
            updates_dropped: 0,
            access: new.access.as_str().to_string(),
        };
        let id = self.batch.store.insert_bot(&row)?;
        self.batch.audit(Some(id), "created", &format!("owner={} mode={}", new.owner, new.mode.as_str()))?;
        let row = BotRow { id, ..row };
        let mut bot = Bot {
            row,
            mode: new.mode,
            receive: new.receive,
            access: new.access,
            profile: ProfileRow::default(),
            contacts: access::tidy(&new.contacts),
            subscribers: Vec::new(),
            commands: Vec::new(),
            heard: Vec::new(),
            queued: 0,
            kinds: UpdateKinds::default(),
            chosen: Chosen { encrypt: new.encrypt.filter(|_| new.mode != Mode::Personal), history: None },
        };
        self.batch.store.store_contacts(id, ContactSource::List, &bot.contacts)?;
        if let Some(avatar) = new.avatar.as_ref().filter(|_| new.mode != Mode::Personal) {
            bot.profile.avatar_id = Some(avatar.id());
            self.batch.store.store_avatar(id, avatar.bytes(), &avatar.id())?;
        }
        if let Some(encrypt) = bot.chosen.encrypt {
            self.batch.store.store_setting(&encrypt_key(id), encrypt.as_str())?;
        }
        self.batch.rights.by_token.insert(hash, id);
        self.batch.bots.insert(id, bot);
        self.batch.bound_storage();
        self.signal(Signal::OwnersBots(new.owner.clone()));
        log::info!("bot {id}: created for {}", new.owner);
        Ok(id)
    }

    /// Deletes a bot, once the other parts have let go of it.
    pub(crate) fn delete_bot(&mut self, id: BotId) -> Result<(), Trouble> {
        let owner = self.batch.bot(id)?.row.owner.clone();
        self.batch.keep_usage(&owner)?;
        self.batch.drop_tokens_of(&TokenHolder::Bot(id))?;
        self.batch.drop_bot_key(id)?;
        self.batch.store.delete_bot(id)?;
        self.batch.audit(Some(id), "deleted", "")?;
        if let Some(hash) = self.batch.bots.remove(&id).and_then(|bot| bot.row.token_hash) {
            self.batch.rights.by_token.remove(&hash);
        }
        self.batch.bound_storage();
        self.updates.drop_update_waiter(&mut self.batch, id);
        self.asking.drop_waiters(&mut self.batch, id);
        self.webhooks.forget_webhook(id);
        self.updates.listening.forget_listening(id);
        self.updates.watching.end(Some(id));
        self.asking.forget(id);
        self.drop_links(id);
        self.updates.numbered.remove(&id);
        self.updates.lately.forget(id);
        self.signal(Signal::OwnersBots(owner));
        log::info!("bot {id}: deleted");
        Ok(())
    }

    pub(crate) fn activate_bot(&mut self, id: BotId) -> Result<(), Trouble> {
        self.change_bot(id, "activated", |row| row.active = true)
    }

    pub(crate) fn deactivate_bot(&mut self, id: BotId) -> Result<(), Trouble> {
        self.change_bot(id, "deactivated", |row| row.active = false)
    }

    pub(crate) fn describe_bot(&mut self, id: BotId, description: &str) -> Result<(), Trouble> {
        check_description(description)?;
        self.change_bot(id, "described", |row| row.description = description.to_string())
    }

    /// A new main token; the old one is invalid after so many seconds, with 0 from this commit on.
    pub(crate) fn new_token(&mut self, id: BotId, overlap_s: i64) -> Result<Secret, Trouble> {
        let (token, hash) = self.batch.make_token();
        let bot = self.batch.bot(id)?;
        let (old, old_token) = (bot.row.token_hash, bot.row.token.clone().unwrap_or_default());
        self.keep_old_token(id, &old_token, overlap_s)?;
        self.change_bot(id, "token_regenerated", |row| {
            row.token = Some(token.clone());
            row.token_hash = Some(hash);
        })?;
        old.and_then(|old| self.batch.rights.by_token.remove(&old));
        self.batch.rights.by_token.insert(hash, id);
        Ok(token)
    }

    /// No token of any kind, and disabled.
    pub(crate) fn revoke(&mut self, id: BotId) -> Result<(), Trouble> {
        let old = self.batch.bot(id)?.row.token_hash;
        self.change_bot(id, "token_revoked", |row| {
            row.token = None;
            row.token_hash = None;
            row.active = false;
        })?;
        old.and_then(|old| self.batch.rights.by_token.remove(&old));
        self.signal(Signal::Revoked(id));
        self.batch.drop_bot_key(id)?;
        Ok(self.batch.drop_tokens_of(&TokenHolder::Bot(id))?)
    }

    pub(crate) fn change_bot(
        &mut self,
        id: BotId,
        action: &str,
        change: impl FnOnce(&mut BotRow),
    ) -> Result<(), Trouble> {
        let bot = self.batch.bots.get_mut(&id).ok_or_else(|| Failure::no_bot(id))?;
        change(&mut bot.row);
        let (row, owner) = (bot.row.clone(), bot.row.owner.clone());
        self.batch.store.store_bot(&row)?;
        self.batch.audit(Some(id), action, "")?;
        if !row.active {
            self.updates.drop_update_waiter(&mut self.batch, id);
            self.asking.drop_waiters(&mut self.batch, id);
        }
        self.signal(Signal::OwnersBots(owner));
        self.signal(Signal::BotChanged(id));
        log::info!("bot {id}: {}", action.replace('_', " "));
        Ok(())
    }
}

impl Batch {
    /// The bot, or the failure that says it does not exist.
    pub(crate) fn bot(&self, id: BotId) -> Result<&Bot, Failure> {
        self.bots.get(&id).ok_or_else(|| Failure::no_bot(id))
    }

    pub(crate) fn set_commands(&mut self, id: BotId, commands: &[Command]) -> Result<(), Trouble> {
        let commands = check_commands(commands)?;
        let rows =
            commands.iter().map(|c| CommandRow { command: c.command.clone(), description: c.description.clone() });
        self.store.store_commands(id, &rows.collect::<Vec<_>>())?;
        self.audit(Some(id), "commands_set", &format!("count={}", commands.len()))?;
        if let Some(bot) = self.bots.get_mut(&id) {
            bot.commands = commands;
        }
        self.pending.signals.push_back(Signal::CommandsChanged(id));
        Ok(())
    }

    /// Whether there is such a bot and it is not disabled.
    pub(crate) fn is_active(&self, id: BotId) -> bool {
        self.bots.get(&id).is_some_and(|bot| bot.row.active)
    }

    fn make_token(&self) -> (Secret, [u8; 32]) {
        let token = id::token(self.random());
        let hash = crypto::sha256(token.as_bytes());
        (Secret::new(token), hash)
    }

    /// All bots of an owner.
    pub(crate) fn bots_of(&self, owner: &BareJid) -> Vec<&Bot> {
        self.bots.values().filter(|bot| bot.row.owner == *owner).collect()
    }

    /// The active personal bots of an owner.
    pub(crate) fn personal_bots<'a>(&'a self, owner: &'a BareJid) -> impl Iterator<Item = &'a Bot> {
        let is_theirs = move |bot: &&Bot| bot.mode == Mode::Personal && bot.row.active && bot.row.owner == *owner;
        self.bots.values().filter(is_theirs)
    }
}

/// A name must not be taken for something else where bots are named: a number, an address, an option, a command.
pub(crate) fn check_name(name: &str) -> Result<String, Failure> {
    let name = name.trim();
    // Marks of direction would turn around what stands beside the name.
    let is_short = name.chars().count() <= limits::NAME_CHARS_MAX && !name.chars().any(text::is_hidden);
    let is_number = name.trim_start_matches('#').trim_end_matches([':', ',']).parse::<i64>().is_ok();
    let is_address = name.contains('@') && !name.contains(char::is_whitespace);
    let is_other = is_number || is_address || name.starts_with(['@', '-', '/']);
    if !is_short || is_other || !name.chars().any(char::is_alphanumeric) {
        let max = limits::NAME_CHARS_MAX;
        let rule = "a letter or digit among them; no number, no address, and nothing that begins with @, - or /";
        let rule = format!("1 to {max} characters on one line, {rule}");
        return Err(Failure::invalid("name", rule));
    }
    Ok(name.to_string())
}

pub(crate) fn check_description(description: &str) -> Result<(), Failure> {
    Failure::check_most("description", description.chars().count(), limits::DESCRIPTION_CHARS_MAX, "characters")
}

fn check_commands(commands: &[Command]) -> Result<Vec<Command>, Failure> {
    Failure::check_most("commands", commands.len(), limits::COMMANDS_MAX, "commands")?;
    let mut checked: Vec<Command> = Vec::with_capacity(commands.len());
    for command in commands {
        let name = command.command.trim().trim_start_matches('/').to_lowercase();
        let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        let length = name.chars().count();
        if length == 0 || length > limits::COMMAND_CHARS_MAX || !name.chars().all(is_word) {
            let rule = format!("made of letters, digits, _ and -, 1 to {} of them", limits::COMMAND_CHARS_MAX);
            return Err(Failure::invalid("commands[].command", rule));
        }
        let description = command.description.trim().to_string();
        let (has, most) = (description.chars().count(), limits::COMMAND_DESCRIPTION_CHARS_MAX);
        Failure::check_most("commands[].description", has, most, "characters")?;
        if checked.iter().any(|c| c.command == name) {
            return Err(Failure::invalid("commands[].command", format!("there once; `{name}` comes twice")));
        }
        checked.push(Command { command: name, description });
    }
    Ok(checked)
}

/// DinoX's kind of key: it goes with the bot.
pub(crate) fn encrypt_key(bot: BotId) -> String {
    format!("bot_{bot}_encrypt")
}

/// The same for its history.
pub(crate) fn history_key(bot: BotId) -> String {
    format!("bot_{bot}_history")
}
