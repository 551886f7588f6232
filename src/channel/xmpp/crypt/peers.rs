//! The devices of others: their lists, fetched when they are needed and kept up to date by what is notified (XEP-0163);
//! their bundles, fetched for a session. What cannot be had is left alone for a while and holds up nobody else.

use crate::base::id::AccountId;
use crate::base::jid::BareJid;
use crate::base::limits;
use crate::channel::xmpp::Xmpp;
use crate::channel::xmpp::accounts::Accounts;
use crate::channel::xmpp::asking::{About, EntityAnswer};
use crate::channel::xmpp::crypt::kinds::{Lack, List, PUT_BACK, Readiness};
use crate::channel::xmpp::crypt::trust::KeyTrust;
use crate::channel::xmpp::crypt::{Asked, number, version_of};
use crate::core::Core;
use crate::core::batch::Batch;
use crate::core::handle::Encrypt;
use crate::omemo::{self, Bundle, Session, Version};
use crate::store;
use crate::store::row::OmemoPeer;
use crate::xmpp::iq::Peer;
use crate::xmpp::message::{Inbound, Via};
use crate::xmpp::pubsub::{self, Notification, Refusal};
use crate::xmpp::stanza::IqKind;

/// How one device can be encrypted to.
enum Reach {
    Usable,
    Asked,
    Lacking(Lack),
}

// --- readiness ---

impl Xmpp {
    /// Whether somebody can be encrypted to; asks for what is missing.
    pub(super) fn readiness(
        &mut self,
        core: &mut Core,
        account: AccountId,
        jid: &BareJid,
    ) -> Result<Readiness, store::Error> {
        let mut lack = Lack::NoDevice;
        let mut lists = Vec::new();
        let mut waits = false;
        // While there is nobody to encrypt to, an answer in the chat with oneself needs not wait for our device.
        let is_self = self.accounts.is_self_chat(account, jid);
        for version in Version::ALL {
            if !is_self && !self.accounts.has_device(&core.batch, account, version)? {
                if self.accounts.is_own_list_refused(&core.batch, account, version)? {
                    return Ok(Readiness::Lack(Lack::NoOwnDevice));
                }
                waits = true;
            }
            match self.list_of(&mut core.batch, account, version, jid)? {
                List::Known(ids) => lists.push((version, ids)),
                List::Asked => waits = true,
                List::Unreachable => lack = Lack::Unreachable,
            }
        }
        if waits {
            return Ok(Readiness::Wait);
        }
        if is_self && !self.accounts.has_device(&core.batch, account, Version::Legacy)? {
            let is_alone = lists.iter().all(|(_, ids)| ids.is_empty());
            // It is made when both lists are known.
            let is_known = lists.len() == Version::ALL.len();
            return Ok(if is_known && !is_alone { Readiness::Wait } else { Readiness::Lack(lack) });
        }
        // One version for a message, or who reads both would see it twice, or once as an error: the one that reaches more
        // devices, or else the older, which nearly everybody has.
        let mut best: Option<(Version, Vec<OmemoPeer>)> = None;
        for (version, ids) in lists.into_iter().filter(|(_, ids)| !ids.is_empty()) {
            let reached = best.as_ref().map_or(&[][..], |(_, usable)| usable.as_slice());
            if ids.iter().all(|id| reached.iter().any(|peer| peer.device == *id)) {
                continue;
            }
            match self.usable(core, account, version, jid, &ids)? {
                Ok(Some(usable)) if usable.len() > reached.len() => best = Some((version, usable)),
                Ok(Some(_)) => {}
                Ok(None) => return Ok(Readiness::Wait),
                // In the other version there may be nobody at all, which is no reason to say it in plain text.
                Err(worse) => lack = lack.max(worse),
            }
        }
        let Some((version, mut usable)) = best else { return Ok(Readiness::Lack(lack)) };
        Ok(match self.own_others(core, account, version)? {
            Some(others) => {
                usable.extend(others.into_iter().filter(|peer| peer.jid != *jid));
                Readiness::Ready(version, usable)
            }
            None => Readiness::Wait,
        })
    }

    /// The devices of a list that can be encrypted to; `None` when something is asked.
    pub(super) fn usable(
        &mut self,
        core: &mut Core,
        account: AccountId,
        version: Version,
        jid: &BareJid,
        ids: &[u32],
    ) -> Result<Result<Option<Vec<OmemoPeer>>, Lack>, store::Error> {
        let unread = self.accounts.daemons_of(&core.batch, account, version, jid)?;
        let (mut usable, mut waits, mut lack) = (Vec::new(), false, Lack::NoDevice);
        for id in ids.iter().copied().filter(|id| !unread.contains(id)) {
            let peer = OmemoPeer { account, version: number(version), jid: jid.clone(), device: id };
            match self.reach(core, &peer)? {
                Reach::Usable => usable.push(peer),
                Reach::Asked => waits = true,
                Reach::Lacking(why) if lack != Lack::Untrusted => lack = why,
                Reach::Lacking(_) => {}
            }
        }
        Ok(match (waits, usable.is_empty()) {
            (true, _) => Ok(None),
            (false, true) => Err(lack),
            (false, false) => Ok(Some(usable)),
        })
    }

    /// Our account's other devices; `None` when something is asked.
    pub(super) fn own_others(
        &mut self,
        core: &mut Core,
        account: AccountId,
        version: Version,
    ) -> Result<Option<Vec<OmemoPeer>>, store::Error> {
        let Some(own) = self.accounts.own_jid(account) else { return Ok(Some(Vec::new())) };
        // Looked at when we came online, and notified since.
        let ids = core.batch.store.omemo_list(account, number(version), &own)?.map(|(ids, _)| ids).unwrap_or_default();
        Ok(self.usable(core, account, version, &own, &ids)?.unwrap_or_else(|_| Some(Vec::new())))
    }

    fn reach(&mut self, core: &mut Core, peer: &OmemoPeer) -> Result<Reach, store::Error> {
        let version = version_of(peer.version);
        let row = core.batch.store.omemo_session(peer)?.filter(|row| row.owes != PUT_BACK);
        let record = row.and_then(|row| row.record);
        let session = record.as_deref().and_then(Session::from_bytes);
        let identity = match (session.and_then(|session| session.identity()), self.crypt.bundles.get(peer)) {
            (Some(identity), _) => Some(identity),
            (None, Some(bundle)) => bundle.identity(version),
            (None, None) => {
                let is_skipped = core.batch.store.omemo_skipped(peer)?.is_some_and(|until| until > core.batch.lived());
                if is_skipped {
                    return Ok(Reach::Lacking(Lack::Unreachable));
                }
                self.ask_bundle(&mut core.batch, peer);
                return Ok(Reach::Asked);
            }
        };
        let Some(identity) = identity else {
            self.crypt.bundles.remove(peer);
            core.batch.skip(peer, limits::OMEMO_SKIP_BROKEN_S)?;
            return Ok(Reach::Lacking(Lack::Unreachable));
        };
        Ok(match self.judge_key(core, peer.account, &peer.jid, peer.device, &identity.key)? {
            KeyTrust::Trusted => Reach::Usable,
            KeyTrust::Undecided | KeyTrust::Distrusted => Reach::Lacking(Lack::Untrusted),
        })
    }
}

impl Batch {
    /// Leaves a device out for a while.
    pub(super) fn skip(&mut self, peer: &OmemoPeer, for_s: i64) -> Result<(), store::Error> {
        self.store.store_omemo_skipped(peer, self.lived() + for_s)
    }
}

// --- lists ---

impl Xmpp {
    pub(super) fn on_list(
        &mut self,
        core: &mut Core,
        account: AccountId,
        version: Version,
        jid: &BareJid,
        answer: &EntityAnswer,
    ) -> Result<(), store::Error> {
        let mut at = core.batch.lived();
        let ids = match answer {
            Ok(payload) => {
                let items = payload.as_ref().and_then(pubsub::read_items).map(|list| list.items).unwrap_or_default();
                let list = items.iter().find(|item| item.id == Some("current")).or(items.last());
                let list = list.and_then(|item| item.payload);
                Some(list.map(|list| omemo::read_devices(version, list)).unwrap_or_default())
            }
            Err(error) => {
                log::debug!("{}: OMEMO devices of {jid}: {error}", self.accounts.jid_of(account));
                // Who wrote to us has a device, whoever may see his list.
                let known = core.batch.store.omemo_list(account, number(version), jid)?.map(|(ids, _)| ids);
                let known = known.filter(|ids| !ids.is_empty());
                let known = match known {
                    Some(known) => known,
                    None => core.batch.store.list_omemo_sessions(account, number(version), jid)?,
                };
                let refusal = Refusal::read(error.clone());
                // What we may not see may be there, and be shown as soon as he knows us: it is asked for again soon.
                if refusal != Refusal::NotFound && known.is_empty() {
                    at += limits::OMEMO_SKIP_PASSING_S - limits::OMEMO_LIST_FRESH_S;
                }
                Some(known).filter(|known| refusal.is_nothing_shown() || !known.is_empty())
            }
        };
        match ids {
            Some(ids) => core.batch.store.store_omemo_list(account, number(version), jid, &ids, at)?,
            None => {
                let whole = OmemoPeer { account, version: number(version), jid: jid.clone(), device: 0 };
                core.batch.skip(&whole, limits::OMEMO_SKIP_PASSING_S)?;
            }
        }
        self.look_at_all_devices(&mut core.batch, account, jid)?;
        self.send_waiting_for(core, account, jid)?;
        self.send_waiting_in_rooms(core, account)
    }

    /// Somebody's node has changed, or our own; everything else that is notified was not asked for.
    pub(crate) fn on_node_event(
        &mut self,
        core: &mut Core,
        account: AccountId,
        message: &Inbound,
    ) -> Result<(), store::Error> {
        let Some(stanza) = message.stanza.as_deref().filter(|_| message.via == Via::Direct) else { return Ok(()) };
        let list = match pubsub::read_event(stanza) {
            Some(Notification::Items(list)) => list,
            Some(Notification::Purged(node) | Notification::Deleted(node)) => {
                return self.on_node_gone(&mut core.batch, account, message, node);
            }
            _ => return Ok(()),
        };
        let Some(version) = Version::ALL.into_iter().find(|version| version.devices_node() == list.node) else {
            return Ok(());
        };
        let (Some(own), jid) = (self.accounts.own_jid(account), message.from.bare()) else { return Ok(()) };
        if !message.from.is_bare() || self.accounts.policy(&core.batch, account) == Encrypt::Off {
            return Ok(());
        }
        let Some(payload) = list.items.last().and_then(|item| item.payload) else { return Ok(()) };
        if jid == own {
            if !self.accounts.is_online(account) {
                self.crypt.told_lists.insert((account, version));
            }
            return self.settle_list(core, account, version, Some(payload));
        }
        let is_known = core.batch.store.omemo_list(account, number(version), &jid)?.is_some();
        let bot = self.accounts.get(&account).and_then(|account| account.row.bot);
        if !is_known && !bot.is_some_and(|bot| core.batch.admits(bot, &jid)) {
            return Ok(());
        }
        let ids = omemo::read_devices(version, payload);
        core.batch.store.store_omemo_list(account, number(version), &jid, &ids, core.batch.lived())?;
        self.send_waiting_for(core, account, &jid)
    }
}

impl Xmpp {
    pub(super) fn list_of(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        version: Version,
        jid: &BareJid,
    ) -> Result<List, store::Error> {
        let known = batch.store.omemo_list(account, number(version), jid)?;
        let is_online = self.accounts.is_online(account);
        let is_own = self.accounts.own_jid(account).as_ref() == Some(jid);
        match known {
            // Looked at when we came online, and notified since.
            Some((ids, _)) if is_own => return Ok(List::Known(ids)),
            Some((ids, at)) if batch.lived() - at < limits::OMEMO_LIST_FRESH_S || !is_online && !ids.is_empty() => {
                return Ok(List::Known(ids));
            }
            _ => {}
        }
        // Device 0 stands for the list itself.
        let whole = OmemoPeer { account, version: number(version), jid: jid.clone(), device: 0 };
        if batch.store.omemo_skipped(&whole)?.is_some_and(|until| until > batch.lived()) {
            return Ok(List::Unreachable);
        }
        if is_own {
            let is_it = |asked: &Asked| matches!(asked, Asked::OwnList(other) if *other == version);
            if is_online && !self.questions.is_asked(account, is_it) {
                self.questions.ask_own_list(batch, account, version);
            }
            return Ok(List::Asked);
        }
        let is_it = |asked: &Asked| matches!(asked, Asked::List(v, who) if *v == version && who == jid);
        if is_online && !self.questions.is_asked(account, is_it) {
            let question = pubsub::build_items(version.devices_node(), &[], None);
            let about = About::Omemo(Asked::List(version, jid.clone()));
            self.questions.ask_entity(batch, account, (Peer::Other(jid.to_jid()), IqKind::Get, question), about);
        }
        Ok(List::Asked)
    }

    /// Another client took our whole list away, which is then read again: perhaps it has been made anew.
    fn on_node_gone(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        message: &Inbound,
        node: &str,
    ) -> Result<(), store::Error> {
        let version = Version::ALL.into_iter().find(|version| version.devices_node() == node);
        let is_own = message.from.is_bare() && self.accounts.own_jid(account) == Some(message.from.bare());
        if let (Some(version), true) = (version, is_own && self.accounts.policy(batch, account) != Encrypt::Off) {
            self.questions.ask_own_list(batch, account, version);
        }
        Ok(())
    }
}

impl Accounts {
    /// Somebody wrote from a device that is not on his list: it is read again before the next message to him.
    pub(super) fn note_sender(&mut self, batch: &mut Batch, peer: &OmemoPeer) -> Result<(), store::Error> {
        match batch.store.omemo_list(peer.account, peer.version, &peer.jid)? {
            // The owner has it since we were away: his answer must not go out in plain text before his list is read.
            Some((mut ids, at)) if self.is_self_chat(peer.account, &peer.jid) && !ids.contains(&peer.device) => {
                ids.push(peer.device);
                batch.store.store_omemo_list(peer.account, peer.version, &peer.jid, &ids, at)
            }
            Some((ids, at)) if !ids.contains(&peer.device) && at != 0 => {
                batch.store.store_omemo_list(peer.account, peer.version, &peer.jid, &ids, 0)
            }
            _ => Ok(()),
        }
    }
}

// --- bundles ---

impl Xmpp {
    /// Judges the key in a bundle. Whether the bundle is of use now: kept for later, its prekeys would be used up by others.
    fn look_at_bundle(
        &mut self,
        core: &mut Core,
        peer: &OmemoPeer,
        version: Version,
        bundle: &Bundle,
    ) -> Result<bool, store::Error> {
        if let Some(identity) = bundle.identity(version) {
            self.judge_key(core, peer.account, &peer.jid, peer.device, &identity.key)?;
        }
        let owes = core.batch.store.omemo_session(peer)?.is_some_and(|row| row.owes != 0);
        Ok(owes || core.batch.store.count_omemo_waiting(peer.account)? > 0)
    }

    pub(super) fn on_bundle(
        &mut self,
        core: &mut Core,
        peer: OmemoPeer,
        answer: &EntityAnswer,
    ) -> Result<(), store::Error> {
        let version = version_of(peer.version);
        let read = |payload: &crate::xml::Element| -> Option<Bundle> {
            let list = pubsub::read_items(payload)?;
            Bundle::read(version, list.items.last()?.payload?).filter(|bundle| !bundle.prekeys.is_empty())
        };
        match answer {
            Ok(payload) => match payload.as_ref().and_then(read) {
                Some(bundle) if !self.look_at_bundle(core, &peer, version, &bundle)? => {}
                Some(bundle) => {
                    if self.crypt.bundles.len() >= limits::OMEMO_BUNDLES_MAX {
                        self.crypt.bundles.clear();
                    }
                    self.crypt.bundles.insert(peer.clone(), bundle);
                }
                None => core.batch.skip(&peer, limits::OMEMO_SKIP_BROKEN_S)?,
            },
            Err(error) => {
                let is_none = Refusal::read(error.clone()) == Refusal::NotFound;
                let for_s = if is_none { limits::OMEMO_SKIP_BROKEN_S } else { limits::OMEMO_SKIP_PASSING_S };
                core.batch.skip(&peer, for_s)?;
            }
        }
        self.pay_debt(core, &peer)?;
        self.send_waiting_in_rooms(core, peer.account)?;
        // Our own other devices are needed for messages to anybody.
        if self.accounts.own_jid(peer.account).as_ref() == Some(&peer.jid) {
            return self.send_waiting(core, peer.account);
        }
        self.send_waiting_for(core, peer.account, &peer.jid)
    }
}

impl Xmpp {
    pub(super) fn ask_bundle(&mut self, batch: &mut Batch, peer: &OmemoPeer) {
        let is_it = |asked: &Asked| matches!(asked, Asked::Bundle(other) if other == peer);
        if !self.accounts.is_online(peer.account) || self.questions.is_asked(peer.account, is_it) {
            return;
        }
        let (node, item) = version_of(peer.version).bundle_node(peer.device);
        // In 0.3 a node has one item, whatever its id.
        let ids: &[&str] = if peer.version == 0 { &[] } else { &[&item] };
        let to = match self.accounts.own_jid(peer.account) {
            Some(own) if own == peer.jid => Peer::Account,
            _ => Peer::Other(peer.jid.to_jid()),
        };
        let question = pubsub::build_items(&node, ids, None);
        self.questions.ask_entity(
            batch,
            peer.account,
            (to, IqKind::Get, question),
            About::Omemo(Asked::Bundle(peer.clone())),
        );
    }

    /// Fetches the bundles of devices whose keys were never seen, so that those which somebody has at first are the ones
    /// that count as such, whenever the first message goes to them.
    pub(super) fn look_at_devices(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        version: Version,
        jid: &BareJid,
        ids: &[u32],
    ) -> Result<(), store::Error> {
        let unread = self.accounts.daemons_of(batch, account, version, jid)?;
        let known = batch.store.list_omemo_keys(account, jid)?;
        for id in ids.iter().copied().filter(|id| !unread.contains(id)) {
            let peer = OmemoPeer { account, version: number(version), jid: jid.clone(), device: id };
            let is_skipped = batch.store.omemo_skipped(&peer)?.is_some_and(|until| until > batch.lived());
            if !is_skipped && !known.iter().any(|key| key.device == id) {
                self.ask_bundle(batch, &peer);
            }
        }
        Ok(())
    }
}
