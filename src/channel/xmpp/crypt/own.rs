//! Our own device of an account: made once, published bundle first and then on the list (XEP-0384 §5.3), put back when
//! another client drops it, its prekeys made up for and its signed prekey changed in time.

use std::time::Duration;

use crate::base::id::AccountId;
use crate::base::limits;
use crate::channel::xmpp::Xmpp;
use crate::channel::xmpp::accounts::Accounts;
use crate::channel::xmpp::asking::{About, EntityAnswer, Questions};
use crate::channel::xmpp::crypt::{Asked, Crypt, number};
use crate::core::Core;
use crate::core::batch::Batch;
use crate::core::handle::Encrypt;
use crate::omemo::{self, Device, Version};
use crate::store;
use crate::store::row::OmemoDeviceRow;
use crate::xml::Element;
use crate::xmpp::iq::Peer;
use crate::xmpp::pubsub::{self, MaxItems, Options, Refusal};
use crate::xmpp::stanza::IqKind;

/// How something is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// Readable for all, with as many items as the node needs.
    Open,
    /// The same with a number of items: some servers do not know `max`.
    Counted,
    /// Without a number of items: some servers take none here.
    Bare,
    /// The node is there and is otherwise: first it is configured.
    Configure,
    /// As the node is.
    AsItIs,
}

/// What shows the device to people, where lists have room for it.
pub(super) const LABEL: &str = "Botmother";

/// How a node of bundles or devices is to be.
fn options(version: Version, is_bundle: bool, how: How) -> Options {
    let max_items = match (version, is_bundle, how) {
        (Version::Omemo2, true, How::Open | How::Configure) => Some(MaxItems::Max),
        (Version::Omemo2, true, How::Counted) => Some(MaxItems::Count(limits::OMEMO_DEVICES_MAX as u32)),
        _ => None,
    };
    Options { max_items, ..Options::OPEN }
}

/// The list in an answer, none where there is no such node; or why it is not known.
pub(super) fn list_in(answer: &EntityAnswer) -> Result<Option<&Element>, String> {
    match answer {
        Ok(payload) => {
            let items = payload.as_ref().and_then(pubsub::read_items).ok_or("no list came")?.items;
            // With several items in the node the newest stands in front (XEP-0060 §6.5.7 leaves it open): the one
            // with the usual name counts, else the last.
            let list = items.iter().find(|item| item.id == Some("current")).or(items.last());
            Ok(list.and_then(|item| item.payload))
        }
        Err(error) if Refusal::read(error.clone()) == Refusal::NotFound => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

/// The order to publish, or to configure before that.
fn order(version: Version, is_bundle: bool, how: How, place: (&str, &str), payload: Element) -> Element {
    let (node, item) = place;
    let options = options(version, is_bundle, how);
    match how {
        How::Configure => pubsub::build_configure(node, &options),
        How::AsItIs => pubsub::build_publish(node, Some(item), payload, None),
        How::Open | How::Counted | How::Bare => pubsub::build_publish(node, Some(item), payload, Some(&options)),
    }
}

/// What is tried after an answer: `None` when there is nothing more to try.
fn next(how: How, answer: &EntityAnswer) -> Option<How> {
    match (how, answer) {
        (How::Configure, _) => Some(How::AsItIs),
        (_, Ok(_)) => None,
        (_, Err(error)) => match (how, Refusal::read(error.clone())) {
            (How::Open, Refusal::MaxItems) => Some(How::Counted),
            (How::Counted, Refusal::MaxItems) => Some(How::Bare),
            (How::Open | How::Counted | How::Bare, Refusal::PreconditionNotMet) => Some(How::Configure),
            // The server's words may be others.
            (How::Open | How::Counted, Refusal::Other(error)) if error.kind != "wait" => Some(How::Bare),
            (How::Bare, Refusal::Other(error)) if error.kind != "wait" => Some(How::AsItIs),
            _ => None,
        },
    }
}

impl Xmpp {
    /// An account is online: its own lists are looked at, unless the server has told them as soon as we were present
    /// (XEP-0163 §4.3.4); what waited for the end of the archive is done.
    pub(crate) fn omemo_arrival(&mut self, core: &mut Core, account: AccountId) -> Result<(), store::Error> {
        if self.accounts.policy(&core.batch, account) == Encrypt::Off {
            self.release_waiting(core, account)?;
            // It was decided while we were not there to tell.
            let is_announced = self.accounts.is_announced(&core.batch, account)?;
            return if is_announced { self.withdraw_device(&mut core.batch, account) } else { Ok(()) };
        }
        for version in Version::ALL {
            if !self.crypt.told_lists.remove(&(account, version)) {
                self.questions.ask_own_list(&mut core.batch, account, version);
            }
        }
        self.crypt.omemo_work(&mut core.batch, account, Duration::ZERO);
        Ok(())
    }

    /// An account is back on its stream, where the server tells changes of its lists by itself: only what waited is done.
    pub(crate) fn omemo_resumed(&mut self, core: &mut Core, account: AccountId) -> Result<(), store::Error> {
        if self.accounts.policy(&core.batch, account) == Encrypt::Off {
            return self.release_waiting(core, account);
        }
        self.crypt.omemo_work(&mut core.batch, account, Duration::ZERO);
        Ok(())
    }

    pub(super) fn on_own_list(
        &mut self,
        core: &mut Core,
        account: AccountId,
        version: Version,
        answer: &EntityAnswer,
    ) -> Result<(), store::Error> {
        match list_in(answer) {
            Ok(list) => self.settle_list(core, account, version, list),
            Err(why) => {
                let level = core.batch.told.lasting(
                    ("devices", account.0),
                    &why.to_string(),
                    log::Level::Info,
                    core.batch.now.mono,
                );
                log::log!(level, "{}: its OMEMO devices are not known: {why}", self.accounts.jid_of(account));
                self.crypt.publish_later(&mut core.batch, account);
                self.on_own_list_unknown(core, account, version, answer)
            }
        }
    }

    /// Our list as it is: our device is made if there is none, and put on it; messages may have waited for it.
    pub(super) fn settle_list(
        &mut self,
        core: &mut Core,
        account: AccountId,
        version: Version,
        list: Option<&Element>,
    ) -> Result<(), store::Error> {
        let Some(own) = self.accounts.own_jid(account) else { return Ok(()) };
        let ids = list.map(|list| omemo::read_devices(version, list)).unwrap_or_default();
        // Written when it changes: it is read at each coming online.
        if core.batch.store.omemo_list(account, number(version), &own)?.is_none_or(|(known, _)| known != ids) {
            core.batch.store.store_omemo_list(account, number(version), &own, &ids, core.batch.lived())?;
        }
        self.put_on_list(&mut core.batch, account, version, list, &ids)?;
        if self.accounts.is_person(account) {
            self.crypt.note_own_list(account, version, list);
            core.batch.note_daemons(account, version, &own, list)?;
            self.look_at_devices(&mut core.batch, account, version, &own, &ids)?;
        }
        self.send_waiting_for(core, account, &own)
    }

    /// A new device with a new identity key takes the place of the old one; sessions begin anew.
    pub(crate) fn reset_omemo(&mut self, core: &mut Core, account: AccountId) -> Result<(), store::Error> {
        self.accounts.disown_key(&mut core.batch, account)?;
        if self.accounts.is_online(account) {
            self.withdraw_device(&mut core.batch, account)?;
        }
        core.batch.store.delete_omemo(account)?;
        self.omemo_arrival(core, account)
    }
}

impl Xmpp {
    fn put_on_list(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        version: Version,
        list: Option<&Element>,
        ids: &[u32],
    ) -> Result<(), store::Error> {
        let Some((device, row)) = self.accounts.device(batch, account, version)? else {
            return self.make_device(batch, account);
        };
        if row.published < row.revision {
            return self.publish_bundle(batch, account, version, How::Open);
        }
        if ids.contains(&device.id()) {
            return Ok(());
        }
        // Two clients that drop each other must not do it for ever.
        if batch.lived() - row.listed_at < limits::OMEMO_RELIST.as_secs() as i64 {
            self.crypt.omemo_work(batch, account, limits::OMEMO_RELIST);
            return Ok(());
        }
        if self.questions.is_asked(account, |asked| matches!(asked, Asked::PublishList(other, ..) if *other == version))
        {
            return Ok(());
        }
        let list = omemo::add_device(version, list, device.id(), Some(LABEL));
        self.questions.publish_list(batch, account, version, How::Open, list)
    }

    /// Makes our device when both lists are known, so that its id is nobody else's.
    fn make_device(&mut self, batch: &mut Batch, account: AccountId) -> Result<(), store::Error> {
        let Some(own) = self.accounts.own_jid(account) else { return Ok(()) };
        let mut taken = Vec::new();
        for version in Version::ALL {
            match batch.store.omemo_list(account, number(version), &own)? {
                Some((ids, _)) => taken.extend(ids),
                None => return Ok(()),
            }
        }
        let now = batch.lived();
        // There may be one in a record that cannot be read; nothing that was built on it is of use.
        if batch.store.has_omemo_device(account)? {
            let bot = self.accounts.get(&account).and_then(|account| account.row.bot);
            batch.audit(bot, "omemo_unreadable", "a new device is made")?;
            batch.store.delete_omemo(account)?;
        }
        let devices = batch.with_entropy(|entropy| {
            let mut id = omemo::new_device_id(entropy);
            while taken.contains(&id) {
                id = omemo::new_device_id(entropy);
            }
            let identity = entropy.key();
            Version::ALL.map(|version| Device::new(version, id, &identity, now, entropy))
        });
        log::info!("{}: made OMEMO device {}", self.accounts.jid_of(account), devices[0].id());
        for device in devices {
            let record = device.to_bytes().to_vec();
            let row = OmemoDeviceRow { record, revision: 1, published: 0, listed_at: 0 };
            batch.store.store_omemo_device(account, number(device.version()), &row)?;
            self.publish_bundle(batch, account, device.version(), How::Open)?;
        }
        batch.store.begin_generation()
    }

    fn publish_bundle(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        version: Version,
        how: How,
    ) -> Result<(), store::Error> {
        let Some((device, row)) = self.accounts.device(batch, account, version)? else { return Ok(()) };
        // The bundle of a device that was there before may be on its way.
        let own = (version, device.id());
        if self.questions.is_asked(account, |asked| matches!(asked, Asked::PublishBundle(other, ..) if *other == own)) {
            return Ok(());
        }
        let (node, item) = version.bundle_node(device.id());
        let order = order(version, true, how, (&node, &item), device.bundle().build(version));
        let about = About::Omemo(Asked::PublishBundle(own, how, row.revision));
        self.questions.ask_entity(batch, account, (Peer::Account, IqKind::Set, order), about);
        Ok(())
    }

    pub(super) fn on_bundle_published(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        (version, id, revision): (Version, u32, i64),
        how: How,
        answer: &EntityAnswer,
    ) -> Result<(), store::Error> {
        let Some((device, mut row)) =
            self.accounts.device(batch, account, version)?.filter(|(device, _)| device.id() == id)
        else {
            return Ok(());
        };
        if let Some(how) = next(how, answer) {
            return self.publish_bundle(batch, account, version, how);
        }
        if let Err(error) = answer {
            let level = batch.told.lasting(("bundle", account.0), &error.to_string(), log::Level::Warn, batch.now.mono);
            log::log!(level, "{}: its OMEMO keys were not published: {error}", self.accounts.jid_of(account));
            self.crypt.publish_later(batch, account);
            return Ok(());
        }
        row.published = revision.max(row.published);
        batch.store.store_omemo_device(account, number(version), &row)?;
        if how == How::Bare && version == Version::Omemo2 {
            // Else the bundle of another device would go when the next one comes.
            let order =
                pubsub::build_configure(&version.bundle_node(device.id()).0, &options(version, true, How::Open));
            let about = About::Chore("room for more OMEMO bundles");
            self.questions.ask_entity(batch, account, (Peer::Account, IqKind::Set, order), about);
        }
        if row.published < row.revision {
            return self.publish_bundle(batch, account, version, How::Open);
        }
        self.questions.ask_own_list(batch, account, version);
        Ok(())
    }

    pub(super) fn on_list_published(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        (version, list): (Version, Element),
        how: How,
        answer: &EntityAnswer,
    ) -> Result<(), store::Error> {
        match (next(how, answer), answer, self.accounts.own_jid(account)) {
            (Some(how), ..) => self.questions.publish_list(batch, account, version, how, list),
            (None, Err(error), _) => {
                let level =
                    batch.told.lasting(("list", account.0), &error.to_string(), log::Level::Warn, batch.now.mono);
                log::log!(
                    level,
                    "{}: its list of OMEMO devices was not published: {error}",
                    self.accounts.jid_of(account)
                );
                self.crypt.publish_later(batch, account);
                Ok(())
            }
            (None, Ok(_), Some(own)) => {
                // Only now: a kill before this must not keep us off the list.
                if let Some((_, mut row)) = self.accounts.device(batch, account, version)? {
                    row.listed_at = batch.lived();
                    batch.store.store_omemo_device(account, number(version), &row)?;
                }
                self.crypt.unpublished.remove(&account);
                let ids = omemo::read_devices(version, &list);
                if self.accounts.is_person(account) {
                    self.crypt.note_own_list(account, version, Some(&list));
                }
                batch.store.store_omemo_list(account, number(version), &own, &ids, batch.lived())
            }
            (None, Ok(_), None) => Ok(()),
        }
    }

    /// Forgets the prekeys that were used, makes up for them, changes the signed one in time, and publishes all that.
    pub(super) fn refresh_devices(&mut self, batch: &mut Batch, account: AccountId) -> Result<(), store::Error> {
        for version in Version::ALL {
            let Some((mut device, mut row)) = self.accounts.device(batch, account, version)? else {
                self.questions.ask_own_list(batch, account, version);
                continue;
            };
            let is_old = batch.lived() - device.rotated_at() >= limits::OMEMO_ROTATION_S;
            let now = batch.lived();
            let is_changed = batch.with_entropy(|entropy| {
                if is_old {
                    device.rotate(now, entropy);
                }
                let had_used = device.delete_used();
                device.refill(entropy) || had_used || is_old
            });
            if is_changed {
                row.revision += 1;
                row.record = device.to_bytes().to_vec();
                batch.store.store_omemo_device(account, number(version), &row)?;
            }
            if row.published < row.revision {
                self.publish_bundle(batch, account, version, How::Open)?;
            } else if !self.accounts.is_listed(batch, account, version, device.id())? {
                self.questions.ask_own_list(batch, account, version);
            }
        }
        Ok(())
    }

    /// The bot does not encrypt any more: nobody shall encrypt to it. Keys and sessions stay, should it begin again.
    pub(super) fn withdraw_device(&mut self, batch: &mut Batch, account: AccountId) -> Result<(), store::Error> {
        if self.accounts.is_person(account) {
            return self.begin_withdrawal(batch, account);
        }
        for order in self.accounts.omemo_teardown(batch, account)? {
            self.questions.ask_entity(
                batch,
                account,
                (Peer::Account, IqKind::Set, order),
                About::Chore("to take an OMEMO device back"),
            );
        }
        for version in Version::ALL {
            if let Some((_, mut row)) = self.accounts.device(batch, account, version)? {
                (row.published, row.listed_at) = (0, 0);
                batch.store.store_omemo_device(account, number(version), &row)?;
            }
        }
        Ok(())
    }
}

impl Accounts {
    fn is_announced(&self, batch: &Batch, account: AccountId) -> Result<bool, store::Error> {
        for version in Version::ALL {
            if self.device(batch, account, version)?.is_some_and(|(_, row)| row.published > 0) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn is_listed(&self, batch: &Batch, account: AccountId, version: Version, id: u32) -> Result<bool, store::Error> {
        let Some(own) = self.own_jid(account) else { return Ok(true) };
        let list = batch.store.omemo_list(account, number(version), &own)?;
        Ok(list.is_none_or(|(ids, _)| ids.contains(&id)))
    }

    /// The orders that take our device back: off the lists first, so that nobody begins with it any more.
    pub(crate) fn omemo_teardown(&self, batch: &Batch, account: AccountId) -> Result<Vec<Element>, store::Error> {
        let mut orders = Vec::new();
        let Some(own) = self.own_jid(account) else { return Ok(orders) };
        for version in Version::ALL {
            let Some((device, _)) = self.device(batch, account, version)? else { continue };
            let known = batch.store.omemo_list(account, number(version), &own)?.map(|(ids, _)| ids);
            let mut others = known.unwrap_or_default();
            others.retain(|id| *id != device.id());
            let list_node = version.devices_node();
            let (node, item) = version.bundle_node(device.id());
            let list = others.iter().fold(None, |list, id| Some(omemo::add_device(version, list.as_ref(), *id, None)));
            match list {
                Some(list) => {
                    orders.push(pubsub::build_publish(list_node, Some("current"), list, None));
                    orders.push(match version {
                        Version::Legacy => pubsub::build_delete(&node),
                        Version::Omemo2 => pubsub::build_retract(&node, &item),
                    });
                }
                None => orders.extend([list_node, &node].map(pubsub::build_delete)),
            }
        }
        Ok(orders)
    }
}

impl Crypt {
    /// A new stream is bound: what was notified on the one before may have changed since.
    pub(crate) fn omemo_bound(&mut self, account: AccountId) {
        self.told_lists.retain(|(other, _)| *other != account);
    }

    /// Tries again what could not be published.
    fn publish_later(&mut self, batch: &mut Batch, account: AccountId) {
        let count = self.unpublished.entry(account).or_default();
        let wait = limits::OMEMO_REPUBLISH_FIRST.saturating_mul(1 << (*count).min(12)).min(limits::OMEMO_REPUBLISH_MAX);
        *count += 1;
        self.omemo_work(batch, account, wait);
    }
}

impl Questions {
    pub(super) fn ask_own_list(&mut self, batch: &mut Batch, account: AccountId, version: Version) {
        self.ask_about_own_list(batch, account, version, Asked::OwnList(version));
    }

    pub(super) fn ask_about_own_list(&mut self, batch: &mut Batch, account: AccountId, version: Version, asked: Asked) {
        let question = pubsub::build_items(version.devices_node(), &[], None);
        self.ask_entity(batch, account, (Peer::Account, IqKind::Get, question), About::Omemo(asked));
    }

    fn publish_list(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        version: Version,
        how: How,
        list: Element,
    ) -> Result<(), store::Error> {
        let order = order(version, false, how, (version.devices_node(), "current"), list.clone());
        let about = About::Omemo(Asked::PublishList(version, how, Box::new(list)));
        self.ask_entity(batch, account, (Peer::Account, IqKind::Set, order), about);
        Ok(())
    }
}
