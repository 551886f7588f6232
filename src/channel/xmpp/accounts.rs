//! The XMPP accounts the daemon signs in to, and their sessions' states.

mod acks;
mod archive;
mod course;
mod events;
pub(crate) mod features;
mod late;
mod owners;
mod queue;
mod sizes;
mod stream;
mod table;

use std::path::Path;

use crate::base::id::{AccountId, BotId};
use crate::base::jid::BareJid;
use crate::base::remedy::{self, FORGET, Place};
use crate::base::secret::Secret;
use crate::base::server;
use crate::channel::xmpp::Xmpp;
use crate::core::Core;
use crate::core::batch::{Batch, Trouble};
use crate::core::effect::{Effect, Order, Route};
use crate::core::failure::Failure;
use crate::core::handle::{AccountInfo, Connection, NewAccount, Receive};
use crate::core::setup::{ConfigAccount, Settings};
use crate::store;
use crate::store::row::{AccountRow, Origin};
use crate::xmpp::disco;
use crate::xmpp::presence::{self, Available};
use crate::xmpp::session::SessionConfig;

pub(crate) use acks::Acks;
pub(crate) use archive::Archive;
pub(crate) use course::Course;
use features::features;
pub(crate) use late::Late;
pub(crate) use queue::Queue;
pub(crate) use sizes::Sizes;
pub(crate) use stream::StreamState;
pub(crate) use table::Accounts;

/// What a login depends on besides the account's row.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Login {
    pub(crate) plaintext: bool,
    pub(crate) system_roots: bool,
    /// A person's account encrypts: its session tells others that it wants to hear of their devices.
    pub(crate) encrypts: bool,
}

/// On what an account came online.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    /// On a new stream, of which the server knows nothing yet.
    New,
    /// On the one before, as if it had never been away (XEP-0198 §5).
    Resumed,
}

/// An account in memory.
pub(crate) struct Account {
    pub(crate) row: AccountRow,
    pub(crate) login: Login,
    pub(crate) is_online: bool,
    pub(crate) course: Course,
    presence: String,
    pub(crate) queue: Queue,
    pub(crate) acks: Acks,
    pub(crate) archive: Archive,
    pub(crate) stream: StreamState,
    pub(crate) sizes: Sizes,
    pub(crate) settling: Settling,
    /// Stanzas that were skipped since it was begun.
    pub(crate) skipped: u64,
}

/// How far a bot's account is with what is done when it comes online.
#[derive(Default)]
pub(crate) struct Settling {
    /// What is to be done at it is under way: published, or taken away.
    pub(crate) is_under_way: bool,
    /// It and its owner see each other's presence.
    pub(crate) is_mutual: bool,
}

/// Priority of our presence: below the owner's own clients, so that to his server and to push services he counts as
/// away when they are away.
const PRIORITY_QUIET: i8 = -1;
/// Priority when a bot wants every message: the server must route to us even when nobody else is online.
const PRIORITY_ALL: i8 = 0;
impl Xmpp {
    /// Takes over what was configured anew.
    pub(crate) fn on_reload(&mut self, core: &mut Core, settings: &Settings) -> Result<(), store::Error> {
        core.batch.setup.settings = settings.clone();
        self.settle_accounts(core)?;
        log::info!("the configuration was read again");
        Ok(())
    }

    /// Brings accounts and sessions in line with the configuration: takes its accounts over into the table, starts what
    /// does not run or runs otherwise, ends what is no longer there.
    pub(crate) fn settle_accounts(&mut self, core: &mut Core) -> Result<(), store::Error> {
        let configured = core.batch.setup.settings.accounts.clone();
        let mut rows = core.batch.take_over(&configured)?;
        // Those of bots follow those of people.
        rows.sort_by_key(|row| row.origin != Origin::Person);
        for mut row in rows {
            if row.origin != Origin::Person && self.accounts.align(&core.batch, &mut row)? {
                core.batch.store.store_account(&row)?;
            }
            let is_configured = configured.iter().any(|account| account.jid == row.jid);
            let login = Login {
                plaintext: configured.iter().any(|account| account.jid == row.jid && account.plaintext),
                ..core.batch.login()
            };
            if row.removing && matches!(row.origin, Origin::Brought | Origin::Register) {
                // It does what is left to do when it is online.
                if self.accounts.get(&row.id).is_none_or(|running| !running.logs_in_as(&row, login)) {
                    self.start_account(core, row, login)?;
                }
            } else if row.removing || row.bot.is_some_and(|bot| !core.batch.is_active(bot)) {
                self.end_account(&mut core.batch, row.id);
            } else if row.from_config && !is_configured {
                log::info!("{}: no longer in the configuration; not signed in", row.jid);
                self.leave_own_lists(&mut core.batch, row.id)?;
                self.end_account(&mut core.batch, row.id);
            } else if self.accounts.get(&row.id).is_none_or(|running| !running.logs_in_as(&row, login)) {
                self.start_account(core, row, login)?;
            }
        }
        Ok(())
    }

    pub(crate) fn start_account(&mut self, core: &mut Core, row: AccountRow, login: Login) -> Result<(), store::Error> {
        let id = row.id;
        if let Some(acked) = self.accounts.get(&id).map(|running| running.acks.ids().to_vec()) {
            // Acknowledged: not to be sent again by the session that takes its place.
            self.settle_acked(core, id, &acked)?;
        }
        let mut presence = core.batch.presence_of(&row, login);
        presence.shrink_to_fit();
        let config = SessionConfig {
            account: row.jid.clone(),
            password: row.password.clone(),
            resource: row.resource.clone(),
            login_key: row.login_key.as_ref().and_then(events::read_login_key),
            register: row.origin == Origin::Register && row.login_key.is_none() && !row.removing,
            plaintext: login.plaintext,
            presence: presence.clone(),
            is_bot: row.origin != Origin::Person,
            features: features(&row, login),
        };
        let route = Route {
            domain: row.jid.domain().to_string(),
            host: row.host.clone(),
            ca_file: row.ca_file.clone(),
            pin: row.pin.clone(),
            system_roots: login.system_roots,
        };
        let count = core.batch.store.count_outbox(id, None)?;
        let in_doubt = core.batch.store.has_outbox(id)?;
        if count > 0 && !row.removing {
            log::info!("{}: {count} accepted messages wait to be sent", row.jid);
        }
        let before = self.accounts.get(&id);
        let course = Course::begin(before.map(|before| &before.course), core.batch.now.mono);
        let account = Account {
            login,
            is_online: false,
            course,
            presence,
            queue: Queue::from_store(count),
            acks: Acks::default(),
            archive: Archive { in_doubt, ..Archive::default() },
            stream: StreamState::default(),
            sizes: Sizes::new(core.batch.known_stanza_max(id)?),
            settling: Settling::default(),
            skipped: before.map_or(0, |before| before.skipped),
            row,
        };
        if let Some(bot) = account.row.bot {
            self.accounts.by_bot.insert(bot, id);
        }
        self.accounts.put(id, account);
        core.batch.pending.effects.push(Effect::Session(id, Order::Start(Box::new(config), route)));
        core.batch.pending.has_changed = true;
        self.rooms.drop_rooms(id);
        self.settle_rooms(core, id)
    }

    pub(crate) fn add_account(&mut self, core: &mut Core, new: &NewAccount) -> Result<(), Trouble> {
        if crate::core::owner::is_local(&new.jid) {
            return Err(Failure::invalid("jid", "an XMPP account; owner@local is built in").into());
        }
        let running = self.accounts.account_of(&new.jid).and_then(|id| self.accounts.get(&id));
        if running.is_some_and(|account| account.row.from_config) {
            let text = format!("{} stands in the configuration file; change it there and send SIGHUP", new.jid);
            return Err(Failure::Conflict(text).into());
        }
        let new = &checked(new)?;
        // An account that is or was there keeps its resource and its archive mark.
        let known = core.batch.store.find_account(&new.jid)?;
        if let Some(row) = known.as_ref().filter(|row| row.origin != Origin::Person) {
            return self.change_bot_password(core, row.clone(), new);
        }
        let row = known.unwrap_or_else(|| core.batch.new_row(&new.jid));
        let mut row = AccountRow {
            password: new.password.clone(),
            host: new.host.clone().unwrap_or(row.host),
            ca_file: new.ca_file.clone().unwrap_or(row.ca_file),
            pin: new.pin.clone().unwrap_or(row.pin),
            from_config: false,
            login_key: None,
            ..row
        };
        if row.id == AccountId(0) {
            row.id = core.batch.store.insert_account(&row)?;
        } else {
            core.batch.store.store_account(&row)?;
        }
        core.batch.audit(None, "account_added", &format!("jid={}", new.jid))?;
        // The session begins anew with the new password; what waits to be sent stays.
        self.start_account(core, row, core.batch.login())?;
        self.align_bots(core)?;
        Ok(())
    }

    /// Another password for the account of a bot; it goes on being reached as its owner's is.
    fn change_bot_password(&mut self, core: &mut Core, row: AccountRow, new: &NewAccount) -> Result<(), Trouble> {
        let Some(bot) = row.bot.filter(|_| !row.removing) else {
            let text = format!("{} is the account of a deleted bot; {FORGET} gives it up", new.jid);
            return Err(Failure::Conflict(text).into());
        };
        for (field, given, known) in
            [("host", &new.host, &row.host), ("ca_file", &new.ca_file, &row.ca_file), ("pin", &new.pin, &row.pin)]
        {
            if given.as_ref().is_some_and(|given| !given.is_empty() && given != known) {
                let must_be = "left out for the account of a bot, which is reached as its owner's account is";
                return Err(Failure::invalid(field, must_be).into());
            }
        }
        let row = AccountRow { password: new.password.clone(), login_key: None, ..row };
        core.batch.store.store_account(&row)?;
        core.batch.audit(Some(bot), "account_password", &format!("jid={}", new.jid))?;
        if core.batch.is_active(bot) {
            self.start_account(core, row, core.batch.login())?;
        }
        Ok(())
    }
}

impl Xmpp {
    pub(crate) fn end_account(&mut self, batch: &mut Batch, id: AccountId) {
        if self.accounts.take(id) {
            batch.pending.effects.push(Effect::Session(id, Order::Close));
            batch.pending.has_changed = true;
            self.rooms.drop_rooms(id);
        }
    }

    pub(crate) fn remove_account(&mut self, batch: &mut Batch, jid: &BareJid) -> Result<(), Trouble> {
        let missing = || Failure::NotFound(format!("{jid} is not an account of this daemon"));
        let id = self.accounts.account_of(jid).ok_or_else(missing)?;
        if self.accounts.get(&id).is_some_and(|account| account.row.from_config) {
            let text = format!("{jid} stands in the configuration file; remove it there and send SIGHUP");
            return Err(Failure::Conflict(text).into());
        }
        self.leave_own_lists(batch, id)?;
        batch.store.delete_account(id)?;
        batch.audit(None, "account_removed", &format!("jid={jid}"))?;
        self.end_account(batch, id);
        Ok(())
    }
}

impl Accounts {
    /// The person's account with this address, if it is signed in here.
    pub(crate) fn account_of(&self, jid: &BareJid) -> Option<AccountId> {
        self.people().find(|account| account.row.jid == *jid).map(|account| account.row.id)
    }

    /// The own account of a bot, if it has one that is signed in.
    pub(crate) fn account_of_bot(&self, bot: BotId) -> Option<AccountId> {
        let is_its = |account: &&Account| account.row.bot == Some(bot);
        let noted = self.by_bot.get(&bot).and_then(|id| self.get(id)).filter(is_its);
        noted.or_else(|| self.values().find(is_its)).map(|account| account.row.id)
    }

    /// Accounts of people.
    pub(crate) fn people(&self) -> impl Iterator<Item = &Account> {
        self.values().filter(|account| account.row.origin == Origin::Person)
    }

    pub(crate) fn list_accounts(&self) -> Vec<AccountInfo> {
        let info = |account: &Account| AccountInfo {
            jid: account.row.jid.clone(),
            online: account.is_online,
            state: account.course.say(Connection::Offline.as_str()),
            from_config: account.row.from_config,
        };
        self.people().map(info).collect()
    }

    /// Bots came, changed or went: an owner with a bot that wants everything needs another priority, a bot with another
    /// name another presence.
    pub(crate) fn adjust_presence(&mut self, batch: &mut Batch, id: AccountId) {
        let Some((row, login)) = self.get(&id).map(|account| (account.row.clone(), account.login)) else {
            return;
        };
        let presence = batch.presence_of(&row, login);
        let Some(account) = self.get_mut(&id) else { return };
        if account.presence != presence {
            account.presence.clone_from(&presence);
            batch.pending.effects.push(Effect::Session(id, Order::Presence(presence)));
        }
    }
}

impl Batch {
    /// All accounts as rows, those of the configuration as it has them.
    fn take_over(&mut self, configured: &[ConfigAccount]) -> Result<Vec<AccountRow>, store::Error> {
        let mut rows = self.store.list_accounts()?;
        for account in configured {
            let known = rows.iter_mut().find(|row| row.jid == account.jid);
            let row = match known {
                Some(row) => row,
                None => {
                    rows.push(self.new_row(&account.jid));
                    rows.last_mut().expect("one was just pushed")
                }
            };
            let changed = row.host != account.host || row.ca_file != account.ca_file || row.pin != account.pin;
            (row.host, row.ca_file, row.pin) = (account.host.clone(), account.ca_file.clone(), account.pin.clone());
            if row.id == AccountId(0) {
                row.from_config = true;
                row.id = self.store.insert_account(row)?;
            } else if changed || !row.from_config {
                row.from_config = true;
                row.password = Secret::default();
                self.store.store_account(row)?;
            }
            row.password = account.password.clone();
        }
        Ok(rows)
    }

    pub(crate) fn new_row(&self, jid: &BareJid) -> AccountRow {
        AccountRow::new(jid, self.random())
    }

    fn presence_of(&self, row: &AccountRow, login: Login) -> String {
        match row.bot.and_then(|bot| self.bots.get(&bot)) {
            // Given back: nobody shall see it come online once more.
            _ if row.removing => presence::UNAVAILABLE.to_string(),
            Some(bot) => bot.presence(),
            None => {
                let wants_all = self.personal_bots(&row.jid).any(|bot| bot.receive == Receive::All);
                let caps = disco::Own::new(features(row, login)).build_caps();
                Available { caps, ..Available::new(if wants_all { PRIORITY_ALL } else { PRIORITY_QUIET }) }.print()
            }
        }
    }
}

impl Account {
    /// How it fares, for the log.
    pub(crate) fn told(&self) -> String {
        let is_unmade = self.row.origin == Origin::Register && self.row.login_key.is_none();
        let word = if is_unmade { "not registered yet" } else { Connection::Offline.as_str() };
        remedy::at(Place::File, &self.course.say(word))
    }

    /// Whether its session signs in the way this row says.
    fn logs_in_as(&self, row: &AccountRow, login: Login) -> bool {
        let of = |row: &AccountRow| (row.host.clone(), row.ca_file.clone(), row.pin.clone());
        self.login == login && self.row.password == row.password && of(&self.row) == of(row)
    }
}

/// What can be known to be wrong before anybody connects; the rules are those of the configuration file.
fn checked(new: &NewAccount) -> Result<NewAccount, Failure> {
    let given = new.ca_file.as_deref().unwrap_or_default();
    let ca_file = Path::new(given);
    let must_be = if given.is_empty() {
        None
    } else if ca_file.is_relative() {
        Some("a whole path, from / on".to_string())
    } else {
        let names = |why| format!("a file of certificates (PEM) that the daemon can read; {given} {why}");
        server::ca_file(ca_file).err().map(names)
    };
    if let Some(must_be) = must_be {
        return Err(Failure::invalid("ca_file", must_be));
    }
    let (host, pin) = (new.host.as_deref().map(server::host), new.pin.as_deref().map(server::pin));
    Ok(NewAccount {
        host: host.transpose().map_err(|must_be| Failure::invalid("host", must_be))?,
        pin: pin.transpose().map_err(|must_be| Failure::invalid("pin", must_be))?,
        ..new.clone()
    })
}
