//! OMEMO (XEP-0384): who is written to encrypted, by which bots, and when that work is done. The pure part is
//! [`crate::omemo`].
//!
//! [`own`] publishes our device and looks after it; [`peers`] knows the devices of others; [`inbound`] decrypts what
//! comes, before anybody looks at it; [`outbound`] encrypts what goes; [`rooms`] does both for rooms; [`trust`] judges
//! keys; [`people`] is what is special about accounts of people. Records are read when they are needed and written with
//! the message they belong to, in one transaction: nothing here is kept in memory but bundles just fetched, people's own
//! lists, and when what is to be done.

pub(crate) mod trust;

mod agenda;
mod debts;
mod generation;
mod inbound;
pub(crate) mod kinds;
mod outbound;
mod own;
mod peers;
mod people;
mod rooms;
mod sealing;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use crate::base::id::{AccountId, BotId};
use crate::base::jid::BareJid;
use crate::base::limits;
use crate::channel::xmpp::Xmpp;
use crate::channel::xmpp::accounts::Accounts;
use crate::channel::xmpp::asking::{About, EntityAnswer, Questions};
use crate::core::Core;
use crate::core::batch::{Batch, Trouble};
use crate::core::failure::Failure;
use crate::core::handle::{Answer, Encrypt, Mode, OmemoInfo};
use crate::core::part::Part;
use crate::omemo::{self, Bundle, Device, Entropy, PublicKey, Version};
use crate::store;
use crate::store::row::{OmemoDeviceRow, OmemoPeer, Origin};
use crate::xml::Element;
use agenda::Agenda;

/// What is kept in memory.
#[derive(Default)]
pub(crate) struct Crypt {
    /// Bundles that were fetched for a message which waits.
    bundles: HashMap<OmemoPeer, Bundle>,
    /// The lists of people's own devices as their servers have them.
    own_lists: HashMap<(AccountId, Version), Element>,
    /// Own lists that were notified while an account comes online, and need not be asked for.
    told_lists: HashSet<(AccountId, Version)>,
    /// What went out last: its id, and whether it was encrypted.
    last_out: Option<(String, bool)>,
    /// Who waits until it is known whether a message goes out encrypted.
    sealings: Vec<sealing::Waiter>,
    /// The key under which the last message came.
    pub(crate) sender: Option<PublicKey>,
    /// How far the key of the message of the event under way is trusted; `None`: it came in the clear.
    pub(crate) under: Option<trust::KeyTrust>,
    /// How often in a row something of an account could not be published.
    unpublished: HashMap<AccountId, u32>,
    /// When an account has something to do.
    agenda: Agenda,
    /// Accounts whose work is done in the batch under way.
    taken: Vec<AccountId>,
    /// Messages that wait for keys no more since this batch, and whether they went out encrypted; `None`: they do not go out.
    sealed: Vec<(String, Option<bool>)>,
    /// What owners are to be told of keys.
    notices: Vec<trust::Notice>,
}

impl Part for Crypt {
    fn committed(&mut self) {
        self.sealed.clear();
    }

    fn undo(&mut self) {
        self.sealed.clear();
        self.notices.clear();
    }
}

/// A question about devices.
#[derive(Clone, Debug)]
pub(crate) enum Asked {
    /// Our own list.
    OwnList(Version),
    /// The same, to take our device off it.
    Withdrawal(Version),
    /// To publish the bundle of this device of ours, in this revision.
    PublishBundle((Version, u32), own::How, i64),
    /// To publish our list.
    PublishList(Version, own::How, Box<Element>),
    /// Somebody's list.
    List(Version, BareJid),
    /// The bundle of somebody's device.
    Bundle(OmemoPeer),
}

/// Our device as others see it.
#[derive(Clone, Debug)]
pub(crate) struct OwnDevice {
    /// Its id, the same in both versions.
    pub(crate) id: u32,
    /// The identity key, in the form of fingerprints.
    pub(crate) identity: PublicKey,
}

/// The number of a version in the database.
fn number(version: Version) -> i64 {
    match version {
        Version::Legacy => 0,
        Version::Omemo2 => 2,
    }
}

fn version_of(number: i64) -> Version {
    if number == 0 { Version::Legacy } else { Version::Omemo2 }
}

impl Xmpp {
    /// What time brings: prekeys, answers owed, messages that wait.
    pub(crate) fn omemo_due(&mut self, core: &mut Core) -> Result<(), store::Error> {
        let now = core.batch.now.mono;
        let due = self.crypt.agenda.take(now);
        self.crypt.taken.extend(&due);
        for account in due {
            // Not while the archive is read: it may hold more for the same prekeys and sessions.
            if self.accounts.is_online(account) && self.accounts.policy(&core.batch, account) != Encrypt::Off {
                self.crypt.omemo_work(&mut core.batch, account, limits::OMEMO_UPKEEP);
                self.refresh_devices(&mut core.batch, account)?;
                self.pay_debts(core, account)?;
                self.send_waiting(core, account)?;
            }
        }
        Ok(())
    }

    /// An answer about devices.
    pub(crate) fn on_omemo_answer(
        &mut self,
        core: &mut Core,
        account: AccountId,
        asked: Asked,
        answer: &EntityAnswer,
    ) -> Result<(), store::Error> {
        let is_off = self.accounts.policy(&core.batch, account) == Encrypt::Off;
        match asked {
            Asked::Withdrawal(version) if is_off => self.on_withdrawal(&mut core.batch, account, version, answer),
            Asked::Withdrawal(_) => Ok(()),
            _ if is_off => Ok(()),
            Asked::OwnList(version) => self.on_own_list(core, account, version, answer),
            Asked::PublishBundle(own, how, revision) => {
                self.on_bundle_published(&mut core.batch, account, (own.0, own.1, revision), how, answer)
            }
            Asked::PublishList(version, how, list) => {
                self.on_list_published(&mut core.batch, account, (version, *list), how, answer)
            }
            Asked::List(version, jid) => self.on_list(core, account, version, &jid, answer),
            Asked::Bundle(peer) => self.on_bundle(core, peer, answer),
        }
    }

    /// How a bot's messages go out from now on; `None` is what the configuration says.
    pub(crate) fn set_encrypt(&mut self, core: &mut Core, id: BotId, encrypt: Option<Encrypt>) -> Result<(), Trouble> {
        self.accounts.own_account(&core.batch, id)?;
        let Some(bot) = core.batch.bots.get_mut(&id) else { return Ok(()) };
        bot.chosen.encrypt = encrypt;
        match encrypt {
            Some(encrypt) => {
                core.batch.store.store_setting(&crate::core::registry::encrypt_key(id), encrypt.as_str())?
            }
            None => core.batch.store.delete_setting(&crate::core::registry::encrypt_key(id))?,
        }
        match self.accounts.account_of_bot(id).filter(|account| self.accounts.is_online(*account)) {
            Some(account) if self.accounts.policy(&core.batch, account) == Encrypt::Off => {
                self.release_waiting(core, account)?;
                Ok(self.withdraw_device(&mut core.batch, account)?)
            }
            Some(account) => {
                self.omemo_arrival(core, account)?;
                Ok(self.settle_private_rooms(core, account)?)
            }
            None => Ok(()),
        }
    }
}

impl Accounts {
    /// How an account's messages go out.
    pub(crate) fn policy(&self, batch: &Batch, account: AccountId) -> Encrypt {
        let row = self.get(&account).map(|account| &account.row).filter(|row| !row.removing);
        match row.map(|row| (row.origin, row.bot.and_then(|bot| batch.bots.get(&bot)))) {
            Some((Origin::Person, _)) => batch.setup.settings.self_chat,
            Some((_, Some(bot))) => bot.chosen.encrypt.unwrap_or(batch.setup.settings.encrypt),
            _ => Encrypt::Off,
        }
    }

    /// Our device of an account, if it has one.
    pub(crate) fn own_omemo(&self, batch: &Batch, account: AccountId) -> Result<Option<OwnDevice>, store::Error> {
        let device = self.device(batch, account, Version::Legacy)?;
        Ok(device.map(|(device, _)| OwnDevice { id: device.id(), identity: device.identity().public }))
    }

    /// Whether an account has a device of ours that is of use. Opening and reading its record takes longer than all else
    /// that is done for a message, so it is done once.
    fn has_device(&mut self, batch: &Batch, account: AccountId, version: Version) -> Result<bool, store::Error> {
        let now = batch.store.device_changes();
        if self.good_devices.get(&(account, version)) == Some(&now) {
            return Ok(true);
        }
        let is_there = self.device(batch, account, version)?.is_some();
        if is_there {
            self.good_devices.insert((account, version), now);
        } else {
            self.good_devices.remove(&(account, version));
        }
        Ok(is_there)
    }

    /// A record that cannot be read counts as none: another device takes its place.
    fn device(
        &self,
        batch: &Batch,
        account: AccountId,
        version: Version,
    ) -> Result<Option<(Device, OmemoDeviceRow)>, store::Error> {
        let Some(row) = batch.store.omemo_device(account, number(version))? else { return Ok(None) };
        let device = Device::from_bytes(&row.record);
        if device.is_none() {
            log::error!("{}: the record of its OMEMO device cannot be read", self.jid_of(account));
        }
        Ok(device.map(|device| (device, row)))
    }

    pub(super) fn own_jid(&self, account: AccountId) -> Option<BareJid> {
        self.get(&account).map(|account| account.row.jid.clone())
    }

    fn is_online(&self, account: AccountId) -> bool {
        self.get(&account).is_some_and(|account| account.is_online)
    }

    /// How a bot encrypts, for whoever asks.
    pub(crate) fn bot_omemo(&self, batch: &Batch, id: BotId) -> Result<Answer, Trouble> {
        let own = match self.own_account(batch, id)? {
            Some(account) => self.own_omemo(batch, account)?,
            None => None,
        };
        let chosen = batch.bot(id)?.chosen.encrypt;
        Ok(Answer::Omemo(OmemoInfo {
            bot: id,
            policy: chosen.unwrap_or(batch.setup.settings.encrypt),
            is_default: chosen.is_none(),
            device: own.map(|own| (own.id, omemo::fingerprint(&own.identity))),
        }))
    }

    /// A bot's own account, if it is signed in; for bots without one there is nothing to choose.
    pub(crate) fn own_account(&self, batch: &Batch, id: BotId) -> Result<Option<AccountId>, Failure> {
        if batch.bot(id)?.mode == Mode::Personal {
            let why = "a bot with an account of its own; whether a personal bot encrypts says `self_chat` in [omemo] \
                       of the configuration";
            return Err(Failure::invalid("id", why));
        }
        Ok(self.account_of_bot(id))
    }
}

impl Crypt {
    /// An account has something to do, after this time at the latest.
    fn omemo_work(&mut self, batch: &mut Batch, account: AccountId, after: Duration) {
        let at = batch.now.mono + after;
        self.agenda.add(account, at);
    }

    pub(crate) fn omemo_deadline(&self) -> Option<Duration> {
        self.agenda.next().into_iter().chain(self.sealings.iter().map(|waiter| waiter.until)).min()
    }

    /// The batch was committed, and with it the work that was done in it.
    pub(crate) fn omemo_committed(&mut self) {
        self.taken.clear();
    }

    /// The batch was taken back: its work is done later.
    pub(crate) fn omemo_undone(&mut self, batch: &mut Batch) {
        for account in std::mem::take(&mut self.taken) {
            self.omemo_work(batch, account, limits::RECONNECT_FIRST);
        }
    }
}

impl Questions {
    /// Whether such a question of an account is open.
    fn is_asked(&self, account: AccountId, is_it: impl Fn(&Asked) -> bool) -> bool {
        let is_it = |about: &About| matches!(about, About::Omemo(asked) if is_it(asked));
        self.open().any(|(asked, about)| *asked == account && is_it(about))
    }
}

impl Batch {
    /// Randomness for the pure part.
    fn with_entropy<T>(&self, run: impl FnOnce(&mut Entropy<'_>) -> T) -> T {
        let mut fill = self.setup.entropy;
        run(&mut Entropy::new(&mut fill))
    }
}
