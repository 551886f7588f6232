//! Whose identity keys are believed (XEP-0384 §8): which keys belong to a device, by first sight and by the owner's word.
//!
//! `crypt` asks [`Xmpp::judge_key`] about each key before it is used. Decisions come from the API
//! (`trust::asking`) and from the chat (`command::omemo`). A key that was seen is never forgotten while it means
//! something: whoever floods an address with devices fills up a bounded place and moves no key that is believed.

mod asking;
mod sharing;
mod telling;

use crate::base::id::{AccountId, BotId};
use crate::base::jid::BareJid;
use crate::base::limits;
use crate::channel::xmpp::Xmpp;
use crate::channel::xmpp::accounts::Accounts;
use crate::channel::xmpp::crypt::kinds::List;
use crate::core::Core;
use crate::core::batch::Batch;
use crate::core::handle::{KeyInfo, Policy};
use crate::core::owner::is_local;
use crate::omemo::{self, PublicKey, Version};
use crate::store;
use crate::store::row::{KeyRow, Origin};

pub(crate) use telling::Notice;

/// What a key is good for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyTrust {
    /// Messages are encrypted to it, and what it says counts.
    Trusted,
    /// Nobody has decided: what it says is read and marked, nothing is encrypted to it.
    Undecided,
    /// The same, and somebody has decided, or there is a reason to be wary.
    Distrusted,
}

impl KeyTrust {
    /// As spelled in the API.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            KeyTrust::Trusted => "trusted",
            KeyTrust::Undecided => "undecided",
            KeyTrust::Distrusted => "distrusted",
        }
    }
}

/// What became of a key: kept, so that another policy may judge it otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    /// Taken at first sight.
    Accepted,
    /// It waits for a decision.
    Open,
    /// The owner has said so.
    Verified,
    /// The owner has refused it.
    Refused,
    /// It came in the place of another key of this device.
    Changed,
}

impl Mark {
    const ALL: [(Mark, &'static str); 5] = [
        (Mark::Accepted, "accepted"),
        (Mark::Open, "open"),
        (Mark::Verified, "verified"),
        (Mark::Refused, "refused"),
        (Mark::Changed, "changed"),
    ];

    /// What cannot be read is not trusted.
    fn of(row: &KeyRow) -> Mark {
        Mark::ALL.into_iter().find(|(_, name)| *name == row.standing).map_or(Mark::Changed, |(mark, _)| mark)
    }

    fn as_str(self) -> &'static str {
        Mark::ALL.into_iter().find(|(mark, _)| *mark == self).map_or("changed", |(_, name)| name)
    }

    /// `is_verified`: the owner has verified a key of this contact.
    fn standing(self, policy: Policy, is_verified: bool) -> KeyTrust {
        match (self, policy) {
            (Mark::Verified, _) => KeyTrust::Trusted,
            (Mark::Refused | Mark::Changed, _) => KeyTrust::Distrusted,
            (_, Policy::Pinned) => KeyTrust::Undecided,
            (Mark::Accepted, _) => KeyTrust::Trusted,
            (Mark::Open, Policy::Blind) if !is_verified => KeyTrust::Trusted,
            (Mark::Open, _) => KeyTrust::Undecided,
        }
    }
}

/// Whether there is a key that a decision could have been written under.
fn has_trusted(rows: &[KeyRow]) -> bool {
    rows.iter().any(|row| matches!(Mark::of(row), Mark::Accepted | Mark::Verified))
}

fn has_verified(rows: &[KeyRow]) -> bool {
    rows.iter().any(|row| Mark::of(row) == Mark::Verified)
}

// --- judging ---

impl Xmpp {
    /// What a device's key is good for. To be asked for each key in a bundle or a key exchange before it is used: the
    /// first sight is remembered, and told where somebody has to decide.
    pub(crate) fn judge_key(
        &mut self,
        core: &mut Core,
        account: AccountId,
        peer: &BareJid,
        device: u32,
        key: &PublicKey,
    ) -> Result<KeyTrust, store::Error> {
        let is_owner = self.accounts.owner_of(&core.batch, account).as_ref() == Some(peer);
        let mut rows = core.batch.store.list_omemo_keys(account, peer)?;
        if is_owner && rows.is_empty() {
            rows = self.accounts.inherit_keys(&mut core.batch, account, peer)?;
        }
        let policy = core.batch.trust_policy(account)?;
        let known = rows.iter().find(|row| row.device == device && omemo::is_same(&row.key, key));
        if let Some(row) = known {
            return Ok(Mark::of(row).standing(policy, has_verified(&rows)));
        }
        let now = core.batch.now.unix();
        let shared = if is_owner { self.accounts.shared_keys(&core.batch, account, peer)? } else { Vec::new() };
        let mark = first_mark(&rows, &shared, policy, device, key, now);
        if let Some(named) = rows.iter().position(|row| row.device == 0 && omemo::is_same(&row.key, key)) {
            let named = rows.remove(named);
            core.batch.store.delete_omemo_key(account, &named)?;
        }
        let row = KeyRow { jid: peer.clone(), device, key: *key, standing: mark.as_str().to_string(), first_seen: now };
        let is_kept = self.accounts.make_room_for_key(&mut core.batch, account, &rows)?;
        if is_kept {
            core.batch.store.store_omemo_key(account, &row)?;
        }
        let standing = match mark.standing(policy, has_verified(&rows)) {
            // Nobody would notice if another key took its place.
            KeyTrust::Trusted if !is_kept => KeyTrust::Undecided,
            standing => standing,
        };
        // One word is enough for all chats with the owner.
        let is_told = sharing::least_of(&shared, key).is_some_and(|mark| matches!(mark, Mark::Open | Mark::Changed));
        self.tell_key(core, account, &row, telling::Sight { mark, standing, is_kept, is_told })?;
        Ok(standing)
    }
}

impl Xmpp {
    /// Who was seen first just now is looked at as a whole: a device that he had from the beginning must not count as a
    /// later one because nothing was said to him until then.
    pub(super) fn look_at_all_devices(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        peer: &BareJid,
    ) -> Result<(), store::Error> {
        if self.accounts.is_person(account) || batch.trust_policy(account)? != Policy::Tofu {
            return Ok(());
        }
        let rows = batch.store.list_omemo_keys(account, peer)?;
        if rows.is_empty() || !is_first_sight(&rows, batch.now.unix()) {
            return Ok(());
        }
        for version in Version::ALL {
            if let List::Known(ids) = self.list_of(batch, account, version, peer)? {
                self.look_at_devices(batch, account, version, peer, &ids)?;
            }
        }
        Ok(())
    }
}

impl Accounts {
    /// Whether there is room for one more key beside those of its address; what means least goes first.
    fn make_room_for_key(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        rows: &[KeyRow],
    ) -> Result<bool, store::Error> {
        let is_full = batch.store.count_omemo_keys(account)? >= limits::OMEMO_KEYS_PER_ACCOUNT_MAX;
        if rows.len() < limits::OMEMO_KEYS_PER_CONTACT_MAX && !is_full {
            return Ok(true);
        }
        let may_go = |row: &&KeyRow| matches!(Mark::of(row), Mark::Open | Mark::Changed);
        match rows.iter().find(may_go) {
            Some(row) => batch.store.delete_omemo_key(account, row).map(|()| true),
            None => {
                let level = batch.told.caused(("keys", account.0), log::Level::Warn, batch.now.mono);
                log::log!(
                    level,
                    "{}: as many OMEMO keys are kept as there may be; no other one is",
                    self.jid_of(account)
                );
                Ok(false)
            }
        }
    }
}

impl Batch {
    /// By which policy an account judges keys.
    pub(crate) fn trust_policy(&self, account: AccountId) -> Result<Policy, store::Error> {
        Ok(self.store.omemo_policy(account)?.and_then(|text| Policy::parse(&text)).unwrap_or_default())
    }
}

/// Whether a contact with these keys was seen just now, or never.
fn is_first_sight(rows: &[KeyRow], now: i64) -> bool {
    let first = rows.iter().filter(|row| row.device != 0).map(|row| row.first_seen).min();
    first.is_none_or(|first| (0..=limits::OMEMO_FIRST_SIGHT_S).contains(&(now - first)))
}

/// `shared`: what the owner's other accounts know of his devices. It can only make us more careful.
fn first_mark(rows: &[KeyRow], shared: &[KeyRow], policy: Policy, device: u32, key: &PublicKey, now: i64) -> Mark {
    let same = || rows.iter().filter(|row| omemo::is_same(&row.key, key));
    if same().any(|row| row.device == 0) {
        return Mark::Verified;
    }
    let elsewhere = sharing::least_of(shared, key);
    let is_other = |row: &KeyRow| row.device == device && !omemo::is_same(&row.key, key);
    if rows.iter().any(is_other) || elsewhere.is_none() && shared.iter().any(is_other) {
        return Mark::Changed;
    }
    if let Some(mark @ (Mark::Refused | Mark::Changed | Mark::Open)) = elsewhere {
        return mark;
    }
    // Set up anew with the key that it had. To have the key is what counts, not the number.
    if let Some(row) = same().next() {
        return Mark::of(row);
    }
    match policy {
        _ if has_verified(rows) => Mark::Open,
        Policy::Blind => Mark::Accepted,
        Policy::Tofu if is_first_sight(rows, now) => Mark::Accepted,
        Policy::Tofu | Policy::Pinned => Mark::Open,
    }
}

// --- deciding ---

/// Why no key was decided about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unclear {
    /// What was named is neither a device nor enough of a fingerprint.
    Word,
    /// No key is called so.
    Unknown,
    /// Several are.
    Ambiguous,
    /// There is no room to remember it.
    Full,
}

/// How far a decision of the owner about a device of his own reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Everywhere: it came by the API, or to the manager, who may decide for all bots.
    All,
    /// Where the device that it was written on is trusted, too: it came in the chat of one bot.
    Trusting,
}

/// A key that was decided about.
pub(crate) struct Decided {
    pub(crate) key: KeyInfo,
    /// A device of the owner, whose bots all know now, but these; `None`: somebody else's.
    pub(crate) except: Option<Vec<String>>,
}

/// What somebody calls a key.
enum Name {
    Device(u32),
    /// Digits, all or the first of them.
    Fingerprint(String),
}

impl Name {
    fn read(text: &str) -> Option<Name> {
        let digits = omemo::read_fingerprint(text)?;
        if digits.len() >= limits::OMEMO_FINGERPRINT_DIGITS_MIN {
            return Some(Name::Fingerprint(digits));
        }
        text.trim().parse().ok().filter(|device| *device != 0).map(Name::Device)
    }

    fn means(&self, row: &KeyRow) -> bool {
        match self {
            Name::Device(device) => row.device == *device,
            Name::Fingerprint(digits) => {
                let shown = crate::base::text::hex(&row.key);
                shown.get(..digits.len()).is_some_and(|start| omemo::is_same(start.as_bytes(), digits.as_bytes()))
            }
        }
    }
}

impl Xmpp {
    /// Trusts or refuses the key that is called so. Without a contact, a device is the owner's, and a fingerprint of whom
    /// there is; a whole one may be trusted before it is seen, as the owner's then. The outer error is the database's.
    pub(crate) fn decide_key(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        jid: Option<&BareJid>,
        name: &str,
        (trusted, reach): (bool, Reach),
    ) -> Result<Result<Decided, Unclear>, store::Error> {
        let Some(name) = Name::read(name) else { return Ok(Err(Unclear::Word)) };
        let owner = self.accounts.owner_of(batch, account);
        let whose = jid.or(owner.as_ref().filter(|_| matches!(name, Name::Device(_))));
        let rows = match whose {
            Some(jid) => batch.store.list_omemo_keys(account, jid)?,
            None => batch.store.list_all_omemo_keys(account, limits::OMEMO_KEYS_PER_ACCOUNT_MAX)?,
        };
        let meant: Vec<&KeyRow> = rows.iter().filter(|row| name.means(row)).collect();
        let Some(first) = meant.first() else {
            return if trusted {
                self.name_key(batch, account, jid.or(owner.as_ref()), &name, reach)
            } else {
                Ok(Err(Unclear::Unknown))
            };
        };
        if meant.iter().any(|row| row.jid != first.jid || !omemo::is_same(&row.key, &first.key)) {
            return Ok(Err(Unclear::Ambiguous));
        }
        let mark = if trusted { Mark::Verified } else { Mark::Refused };
        for row in &meant {
            self.accounts.mark_key(batch, account, row, mark)?;
        }
        let (action, row) = (if trusted { "omemo_trusted" } else { "omemo_distrusted" }, (*first).clone());
        self.accounts.note_decision(batch, account, action, &format!("jid={} device={}", row.jid, row.device))?;
        let standing = if trusted { KeyTrust::Trusted } else { KeyTrust::Distrusted };
        let except = self.share_decision(batch, account, &row, mark, reach)?;
        Ok(Ok(Decided { key: KeyInfo::new(&row, standing, mark), except }))
    }

    /// Trusts a key that was not seen yet.
    fn name_key(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        jid: Option<&BareJid>,
        name: &Name,
        reach: Reach,
    ) -> Result<Result<Decided, Unclear>, store::Error> {
        let digits = match name {
            Name::Fingerprint(digits) => digits,
            Name::Device(_) => return Ok(Err(Unclear::Unknown)),
        };
        let key = omemo::unhex(digits).and_then(|key| PublicKey::try_from(key).ok());
        let (Some(key), Some(jid)) = (key, jid.cloned()) else { return Ok(Err(Unclear::Unknown)) };
        let rows = batch.store.list_omemo_keys(account, &jid)?;
        if !self.accounts.make_room_for_key(batch, account, &rows)? {
            return Ok(Err(Unclear::Full));
        }
        let standing = Mark::Verified.as_str().to_string();
        let row = KeyRow { jid, device: 0, key, standing, first_seen: batch.now.unix() };
        batch.store.store_omemo_key(account, &row)?;
        self.accounts.note_decision(batch, account, "omemo_named", &format!("jid={}", row.jid))?;
        let except = self.share_decision(batch, account, &row, Mark::Verified, reach)?;
        Ok(Ok(Decided { key: KeyInfo::new(&row, KeyTrust::Trusted, Mark::Verified), except }))
    }

    /// Whether somebody may decide about keys with the message under way. Who can forge messages must not: a server can,
    /// and it can add a device. So it takes a trusted device, or the built-in chat, which nobody else writes in; in the
    /// clear only while the owner has no key that anybody could have trusted.
    pub(crate) fn may_decide(&self, batch: &Batch, account: AccountId, owner: &BareJid) -> Result<bool, store::Error> {
        match self.crypt.under {
            _ if is_local(owner) => Ok(true),
            Some(standing) => Ok(standing == KeyTrust::Trusted),
            None => Ok(!has_trusted(&batch.store.list_omemo_keys(account, owner)?)),
        }
    }
}

impl Accounts {
    /// Notes what was decided about a key of a device.
    fn mark_key(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        row: &KeyRow,
        mark: Mark,
    ) -> Result<(), store::Error> {
        let rows = batch.store.list_omemo_keys(account, &row.jid)?;
        let mut is_known = false;
        for known in &rows {
            // The same key may stand under several devices.
            if omemo::is_same(&known.key, &row.key) {
                is_known |= known.device == row.device || row.device == 0;
                batch
                    .store
                    .store_omemo_key(account, &KeyRow { standing: mark.as_str().to_string(), ..known.clone() })?;
            } else if mark == Mark::Verified && row.device != 0 && known.device == row.device {
                // A device has one key; this is the other one.
                batch.store.delete_omemo_key(account, known)?;
            }
        }
        if !is_known && self.make_room_for_key(batch, account, &rows)? {
            let (standing, first_seen) = (mark.as_str().to_string(), batch.now.unix());
            batch.store.store_omemo_key(account, &KeyRow { standing, first_seen, ..row.clone() })?;
        }
        Ok(())
    }

    /// Our device is given up, perhaps because somebody else has its key: while it stands on the list of devices, it is
    /// none of ours.
    pub(super) fn disown_key(&mut self, batch: &mut Batch, account: AccountId) -> Result<(), store::Error> {
        let jid = self.get(&account).map(|account| account.row.jid.clone());
        let Some((jid, own)) = jid.zip(self.own_omemo(batch, account)?) else { return Ok(()) };
        let standing = Mark::Refused.as_str().to_string();
        let row = KeyRow { jid, device: own.id, key: own.identity, standing, first_seen: batch.now.unix() };
        batch.store.store_omemo_key(account, &row)
    }

    /// Chooses the policy.
    pub(crate) fn set_trust_policy(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        policy: Policy,
    ) -> Result<(), store::Error> {
        batch.store.store_omemo_policy(account, policy.as_str())?;
        self.note_decision(batch, account, "omemo_policy", policy.as_str())
    }

    /// Whose word counts for an account: a bot's owner, or the person himself.
    fn owner_of(&self, batch: &Batch, account: AccountId) -> Option<BareJid> {
        let row = &self.get(&account)?.row;
        if row.origin == Origin::Person {
            return Some(row.jid.clone());
        }
        Some(batch.bots.get(&self.bot_with(account)?)?.row.owner.clone())
    }

    /// The bot whose account it is.
    fn bot_with(&self, account: AccountId) -> Option<BotId> {
        self.get(&account)?.row.bot
    }

    fn note_decision(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        action: &str,
        details: &str,
    ) -> Result<(), store::Error> {
        batch.audit(self.bot_with(account), action, details)
    }
}
