//! Accounts of people. They have other clients, which live on when we go: their list of devices is read before it is
//! changed and never written when it could not be read, keys of the owner's devices are judged as soon as they are seen,
//! and nobody but the owner is told by us what we cannot read (XEP-0384 §5.3, §8).

use crate::base::id::{self, AccountId};
use crate::base::jid::BareJid;
use crate::base::{crypto, limits, text};
use crate::channel::xmpp::Xmpp;
use crate::channel::xmpp::accounts::Accounts;
use crate::channel::xmpp::asking::{About, EntityAnswer};
use crate::channel::xmpp::crypt::own::{LABEL, list_in};
use crate::channel::xmpp::crypt::{Asked, Crypt, number};
use crate::core::Core;
use crate::core::batch::Batch;
use crate::core::channel::Channel;
use crate::core::handle::Encrypt;
use crate::core::texts::{self, Text};
use crate::omemo::{self, Encrypted, Version};
use crate::store;
use crate::store::row::{OmemoPeer, Origin};
use crate::xml::Element;
use crate::xmpp::iq::Peer;
use crate::xmpp::message::{Inbound, Kind, Outbound};
use crate::xmpp::stanza::IqKind;
use crate::xmpp::{ns, pubsub};

/// Under this number among the versions stand the devices of daemons on a person's list.
const DAEMONS: i64 = -1;

/// The orders that take our device off a list, where it is on it, and its bundle away.
fn withdrawal(version: Version, list: Option<&Element>, device: u32) -> Vec<Element> {
    let list = list.filter(|list| omemo::read_devices(version, list).contains(&device));
    let list = list.map(|list| omemo::remove_device(version, list, device));
    let publish = |list| pubsub::build_publish(version.devices_node(), Some("current"), list, None);
    let (node, item) = version.bundle_node(device);
    let bundle = match version {
        Version::Legacy => pubsub::build_delete(&node),
        Version::Omemo2 => pubsub::build_retract(&node, &item),
    };
    list.map(publish).into_iter().chain([bundle]).collect()
}

// --- our device among the owner's ---

impl Xmpp {
    /// Our own list could not be read: it is left as it is, and what waits for it goes on without.
    pub(super) fn on_own_list_unknown(
        &mut self,
        core: &mut Core,
        account: AccountId,
        version: Version,
        answer: &EntityAnswer,
    ) -> Result<(), store::Error> {
        let Some(own) = self.accounts.own_jid(account) else { return Ok(()) };
        let whole = OmemoPeer { account, version: number(version), jid: own.clone(), device: 0 };
        let is_passing = answer.as_ref().is_err_and(|error| error.kind == "wait");
        let for_s = if is_passing { limits::OMEMO_SKIP_PASSING_S } else { limits::OMEMO_SKIP_BROKEN_S };
        core.batch.skip(&whole, for_s)?;
        self.send_waiting_for(core, account, &own)
    }
}

impl Xmpp {
    /// Begins to take our device back: first its list is read.
    pub(super) fn begin_withdrawal(&mut self, batch: &mut Batch, account: AccountId) -> Result<(), store::Error> {
        for version in Version::ALL {
            if self.accounts.device(batch, account, version)?.is_some_and(|(_, row)| row.published > 0) {
                self.questions.ask_about_own_list(batch, account, version, Asked::Withdrawal(version));
            }
        }
        Ok(())
    }

    /// The list that our device is to be taken off. Where it is not known, that waits for the next coming online.
    pub(super) fn on_withdrawal(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        version: Version,
        answer: &EntityAnswer,
    ) -> Result<(), store::Error> {
        let Some((device, mut row)) = self.accounts.device(batch, account, version)? else { return Ok(()) };
        let list = match list_in(answer) {
            Ok(list) => list,
            Err(why) => {
                log::warn!("{}: its OMEMO device cannot be taken back now: {why}", self.accounts.jid_of(account));
                return Ok(());
            }
        };
        for order in withdrawal(version, list, device.id()) {
            self.questions.ask_entity(
                batch,
                account,
                (Peer::Account, IqKind::Set, order),
                About::Chore("to take an OMEMO device back"),
            );
        }
        (row.published, row.listed_at) = (0, 0);
        batch.store.store_omemo_device(account, number(version), &row)
    }

    /// The account is signed out, perhaps for good: what is known of its lists now is what they are, for they are notified.
    pub(crate) fn leave_own_lists(&mut self, batch: &mut Batch, account: AccountId) -> Result<(), store::Error> {
        if !self.accounts.is_online(account) {
            return Ok(());
        }
        for version in Version::ALL {
            let Some((device, mut row)) =
                self.accounts.device(batch, account, version)?.filter(|(_, row)| row.published > 0)
            else {
                continue;
            };
            let list = self.crypt.own_lists.remove(&(account, version));
            for order in withdrawal(version, list.as_ref(), device.id()) {
                let iq = Element::new("iq", ns::CLIENT).with("type", "set").with("id", &id::uuid(batch.random()));
                // Nobody will be there for the answer.
                self.accounts.tell_session(batch, account, iq.with_child(order).print(ns::CLIENT));
            }
            (row.published, row.listed_at) = (0, 0);
            batch.store.store_omemo_device(account, number(version), &row)?;
        }
        Ok(())
    }
}

impl Accounts {
    pub(super) fn is_person(&self, account: AccountId) -> bool {
        self.get(&account).is_some_and(|account| account.row.origin == Origin::Person)
    }

    /// Whether this is somebody's chat with himself, through his own account.
    pub(in crate::channel::xmpp) fn is_self_chat(&self, account: AccountId, jid: &BareJid) -> bool {
        self.get(&account).is_some_and(|a| a.row.origin == Origin::Person && a.row.jid == *jid)
    }

    /// The devices on somebody's list where nobody reads: ours, of this account or of a person who is signed in here, and
    /// those of other daemons like us, or left over from one. They do not count when it is decided how to write to him.
    pub(super) fn daemons_of(
        &self,
        batch: &Batch,
        account: AccountId,
        version: Version,
        jid: &BareJid,
    ) -> Result<Vec<u32>, store::Error> {
        let own = self.own_jid(account).filter(|own| own == jid).map(|_| account);
        let Some(account) = own.or_else(|| self.account_of(jid)) else { return Ok(Vec::new()) };
        let device = self.device(batch, account, version)?.map(|(device, _)| device.id());
        let others = batch.store.omemo_list(account, DAEMONS, jid)?.map(|(ids, _)| ids);
        Ok(others.into_iter().flatten().chain(device).collect())
    }

    /// Whether our server has refused our own list for more than a moment: there will be no device.
    pub(super) fn is_own_list_refused(
        &self,
        batch: &Batch,
        account: AccountId,
        version: Version,
    ) -> Result<bool, store::Error> {
        let Some(jid) = self.own_jid(account) else { return Ok(false) };
        let until = batch.store.omemo_skipped(&OmemoPeer { account, version: number(version), jid, device: 0 })?;
        Ok(until.is_some_and(|until| until - batch.lived() > limits::OMEMO_SKIP_PASSING_S))
    }

    /// Whether the owner has another device that may be able to read.
    pub(super) fn has_other_devices(
        &self,
        batch: &Batch,
        account: AccountId,
        own: &BareJid,
    ) -> Result<bool, store::Error> {
        for version in Version::ALL {
            let unread = self.daemons_of(batch, account, version, own)?;
            let ids = batch.store.omemo_list(account, number(version), own)?.map(|(ids, _)| ids).unwrap_or_default();
            for id in ids.into_iter().filter(|id| !unread.contains(id)) {
                let peer = OmemoPeer { account, version: number(version), jid: own.clone(), device: id };
                if batch.store.omemo_session(&peer)?.is_some_and(|row| row.record.is_some()) {
                    return Ok(true);
                }
                // A device that was given up, whose bundle is gone.
                let until = batch.store.omemo_skipped(&peer)?.unwrap_or(0);
                if until - batch.lived() <= limits::OMEMO_SKIP_PASSING_S {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}

impl Crypt {
    /// Remembers the whole list, with what others say there of themselves.
    pub(super) fn note_own_list(&mut self, account: AccountId, version: Version, list: Option<&Element>) {
        match list {
            Some(list) => self.own_lists.insert((account, version), list.clone()),
            None => self.own_lists.remove(&(account, version)),
        };
    }
}

impl Batch {
    /// Remembers which devices call themselves as ours does.
    pub(super) fn note_daemons(
        &mut self,
        account: AccountId,
        version: Version,
        own: &BareJid,
        list: Option<&Element>,
    ) -> Result<(), store::Error> {
        if version != Version::Omemo2 {
            return Ok(());
        }
        let ids = list.map(|list| omemo::labelled_devices(list, LABEL)).unwrap_or_default();
        let known = self.store.omemo_list(account, DAEMONS, own)?.map(|(ids, _)| ids).unwrap_or_default();
        if known == ids {
            return Ok(());
        }
        self.store.store_omemo_list(account, DAEMONS, own, &ids, self.lived())
    }
}

// --- what comes ---

impl Xmpp {
    /// Tells the owner of a key that waits for his word. There is nothing in it to hide, and where no device of his is
    /// trusted any more he would never hear of it.
    pub(super) fn tell_own_key(&mut self, core: &mut Core, own: &BareJid, text: &str) -> Result<(), store::Error> {
        let Some(account) = self.accounts.account_of(own) else { return Ok(()) };
        if self.accounts.policy(&core.batch, account) == Encrypt::Preferred
            && !core.batch.has_trusted_device(account, own)?
        {
            return self.say_plain(&mut core.batch, account, own, text);
        }
        self.notify(core, own, text)
    }
}

impl Xmpp {
    /// A message of the owner to himself has no key for us: his client may not know our device yet. Said to him alone;
    /// others write to a person, whose other clients can read it.
    pub(super) fn hint_not_for_us(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        message: &Inbound,
    ) -> Result<(), store::Error> {
        let is_own =
            message.from.bare() == message.to.bare() && self.accounts.is_self_chat(account, &message.from.bare());
        // Empty ones go from device to device; private ones are another program's.
        let has_payload = message
            .stanza
            .as_deref()
            .and_then(Encrypted::find)
            .is_some_and(|(version, element)| element.find("payload", version.ns()).is_some());
        if !is_own || !has_payload || message.is_private {
            return Ok(());
        }
        self.hint_owner(batch, account, "not_for_us", &texts::NOT_FOR_US)
    }

    /// The owner wrote to himself in plain text where that is not taken: whether it ends here.
    pub(crate) fn refuse_own_plain(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        message: &Inbound,
    ) -> Result<bool, store::Error> {
        if message.is_decrypted || self.accounts.policy(batch, account) != Encrypt::Required {
            return Ok(false);
        }
        self.hint_owner(batch, account, "plain", &texts::SELF_PLAIN_REFUSED)?;
        Ok(true)
    }

    fn say_plain(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        own: &BareJid,
        text: &str,
    ) -> Result<(), store::Error> {
        let id = batch.new_message_id()?;
        let said = Outbound::text(own.to_jid(), Kind::Chat, &id, text).private().print();
        self.put_out(batch, (account, None), &id, said)
    }

    /// Says something about encryption to the owner in plain text, at most once in a while.
    fn hint_owner(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        what: &str,
        text: &Text,
    ) -> Result<(), store::Error> {
        let Some(own) = self.accounts.own_jid(account) else { return Ok(()) };
        if !batch.is_time_for(&format!("omemo_{what}_at:{own}"), limits::HINT_EVERY_S)? {
            return Ok(());
        }
        let text = text.fill(batch.setup.settings.language, &[]);
        self.say_plain(batch, account, &own, &text)
    }
}

impl Accounts {
    /// Whether a session with this device may begin: anybody may write to a person, and none may fill up the table.
    pub(super) fn has_room_for_session(&self, batch: &Batch, peer: &OmemoPeer) -> Result<bool, store::Error> {
        if self.is_self_chat(peer.account, &peer.jid) || batch.store.omemo_session(peer)?.is_some() {
            return Ok(true);
        }
        let sessions = batch.store.list_omemo_sessions(peer.account, peer.version, &peer.jid)?;
        let keys = batch.store.count_omemo_keys(peer.account)?;
        Ok(sessions.len() < limits::OMEMO_KEYS_PER_CONTACT_MAX && keys < limits::OMEMO_KEYS_PER_ACCOUNT_MAX)
    }
}

impl Batch {
    /// Whether a message is here for the first time: it may come directly, as a carbon and from the archive, and only one
    /// of these is decrypted. Its keys tell it from all others, whatever ids it has.
    pub(super) fn is_first_copy(&mut self, account: AccountId, encrypted: &Encrypted) -> Result<bool, store::Error> {
        let keys: Vec<u8> = encrypted.keys.iter().flat_map(|key| key.data.iter().copied()).collect();
        let hash = text::hex(&crypto::sha256(&keys)[..16]);
        self.store.see(account, &format!("e:{}:{hash}", encrypted.sender), self.lived())
    }

    fn has_trusted_device(&self, account: AccountId, own: &BareJid) -> Result<bool, store::Error> {
        let keys = self.list_keys(account, Some(own), limits::OMEMO_KEYS_ANSWERED_MAX)?;
        for version in Version::ALL.map(number) {
            let ids = self.store.omemo_list(account, version, own)?.map(|(ids, _)| ids).unwrap_or_default();
            if keys.iter().any(|key| key.standing == "trusted" && ids.contains(&key.device)) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
