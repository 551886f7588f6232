//! Private rooms, members-only and non-anonymous: the only ones in which OMEMO is possible (XEP-0384 §7.2), as only there
//! is it known who reads. What is said goes to all devices of all who may read it, in or out of the room, or waits until
//! that can be done; what others say is decrypted after what comes twice is sorted out.
//!
//! Each gets the version he is written to alone; where both are needed, one message carries both. `rooms` says
//! what is private and who may read, and keeps what is on its way. [`hearing`] decrypts.

mod hearing;

use std::collections::BTreeSet;
use std::time::Duration;

use crate::base::id::{AccountId, BotId};
use crate::base::jid::BareJid;
use crate::base::limits;
use crate::channel::xmpp::Xmpp;
use crate::channel::xmpp::crypt::kinds::{Lack, List, NO_OWN_DEVICE, Passed, Sealed, ToSeal};
use crate::channel::xmpp::crypt::{Asked, number};
use crate::core::Core;
use crate::core::batch::{Batch, Trouble};
use crate::core::failure::Failure;
use crate::omemo::Version;
use crate::store;
use crate::store::row::{OmemoPeer, OmemoWaitingRow};
use crate::xml::{Element, Namespaces};
use crate::xmpp::ns;

/// Whether a room can be encrypted to.
enum Readiness {
    /// Something is asked, or will be when we are in the room.
    Wait,
    /// To these devices, version by version. `is_for_all`: nobody is left out for having none.
    Ready { groups: Vec<Group>, is_for_all: bool },
    /// No, and why; `is_passing`: perhaps later.
    Lack { why: String, is_passing: bool },
}

/// Devices that get the same version.
type Group = (Version, Vec<OmemoPeer>);

/// Lists with devices on them, and what is said of somebody without.
struct Shown {
    lists: Vec<(Version, Vec<u32>)>,
    lack: Lack,
}

impl Shown {
    fn count(&self) -> usize {
        self.lists.first().map_or(0, |(_, ids)| ids.len())
    }
}

/// How one person in the room is reached.
enum Reader {
    Asked,
    By(Version, Vec<OmemoPeer>),
    Not(Lack),
}

// --- who can be reached ---

impl Xmpp {
    fn room_readiness(
        &mut self,
        core: &mut Core,
        account: AccountId,
        room: &BareJid,
    ) -> Result<Readiness, store::Error> {
        let lack = |why: String| Ok(Readiness::Lack { why, is_passing: false });
        if !self.is_in_room(account, room) {
            return Ok(Readiness::Wait);
        }
        if !self.rooms.is_private_room(account, room) {
            return lack(format!("the room {room} is not private any more"));
        }
        let (Some(own), Some(mut readers)) = (self.accounts.own_jid(account), self.room_readers(core, account, room)?)
        else {
            return Ok(Readiness::Wait);
        };
        readers.remove(&own);
        if readers.len() > limits::OMEMO_ROOM_READERS_MAX {
            let (count, most) = (readers.len(), limits::OMEMO_ROOM_READERS_MAX);
            return lack(format!("{count} people may read in the room {room}; at most {most} are encrypted for"));
        }
        for version in Version::ALL {
            if !self.accounts.has_device(&core.batch, account, version)? {
                return match self.accounts.is_own_list_refused(&core.batch, account, version)? {
                    true => lack(NO_OWN_DEVICE.to_string()),
                    false => Ok(Readiness::Wait),
                };
            }
        }
        self.reach_readers(core, account, room, &readers)
    }

    fn reach_readers(
        &mut self,
        core: &mut Core,
        account: AccountId,
        room: &BareJid,
        readers: &BTreeSet<BareJid>,
    ) -> Result<Readiness, store::Error> {
        let (mut shown, mut waits) = (Vec::new(), false);
        for jid in readers {
            match self.shown(&mut core.batch, account, jid)? {
                Some(lists) => shown.push((jid, lists)),
                None => waits = true,
            }
        }
        if waits {
            return Ok(Readiness::Wait);
        }
        let count: usize = shown.iter().map(|(_, lists)| lists.count()).sum();
        if count > limits::OMEMO_ROOM_DEVICES_MAX {
            let most = limits::OMEMO_ROOM_DEVICES_MAX;
            let why =
                format!("those who may read in the room {room} have {count} devices; at most {most} are encrypted for");
            return Ok(Readiness::Lack { why, is_passing: false });
        }
        let mut groups = Version::ALL.map(|version| (version, Vec::new()));
        let (mut is_for_all, mut worst) = (true, Lack::NoDevice);
        for (jid, lists) in shown {
            match self.reader(core, account, jid, lists)? {
                Reader::Asked => waits = true,
                Reader::By(version, peers) => {
                    let group = groups.iter_mut().find(|(of, _)| *of == version);
                    group.into_iter().for_each(|(_, all)| all.extend(peers.iter().cloned()));
                }
                Reader::Not(lack) => {
                    let has_some = lack == Lack::Unreachable && self.accounts.has_devices(&core.batch, account, jid)?;
                    is_for_all &= lack == Lack::Untrusted || has_some;
                    worst = if worst == Lack::NoDevice { lack } else { worst };
                }
            }
        }
        if waits {
            return Ok(Readiness::Wait);
        }
        let groups: Vec<Group> = groups.into_iter().filter(|(_, peers)| !peers.is_empty()).collect();
        if groups.is_empty() {
            let why = why_nobody(room, readers.is_empty(), worst);
            return Ok(Readiness::Lack { why, is_passing: worst == Lack::Unreachable });
        }
        let groups = self.with_own_others(core, account, groups)?;
        Ok(groups.map_or(Readiness::Wait, |groups| Readiness::Ready { groups, is_for_all }))
    }

    /// Our own other devices get it too, each in one version; `None` when something is asked.
    fn with_own_others(
        &mut self,
        core: &mut Core,
        account: AccountId,
        groups: Vec<Group>,
    ) -> Result<Option<Vec<Group>>, store::Error> {
        let (mut out, mut ours): (Vec<Group>, Vec<u32>) = (Vec::new(), Vec::new());
        for (version, mut peers) in groups {
            let Some(mut others) = self.own_others(core, account, version)? else { return Ok(None) };
            others.retain(|peer| !ours.contains(&peer.device));
            ours.extend(others.iter().map(|peer| peer.device));
            peers.extend(others);
            out.push((version, peers));
        }
        Ok(Some(out))
    }

    /// As for a message to him alone: the older version first, which nearly everybody has.
    fn reader(
        &mut self,
        core: &mut Core,
        account: AccountId,
        jid: &BareJid,
        shown: Shown,
    ) -> Result<Reader, store::Error> {
        let mut lack = shown.lack;
        for (version, ids) in shown.lists {
            match self.usable(core, account, version, jid, &ids)? {
                Ok(Some(usable)) => return Ok(Reader::By(version, usable)),
                Ok(None) => return Ok(Reader::Asked),
                Err(worse) => lack = worse,
            }
        }
        Ok(Reader::Not(lack))
    }

    /// Whether everybody else who may read has a device, as far as is known.
    pub(crate) fn all_have_devices(
        &mut self,
        core: &mut Core,
        account: AccountId,
        room: &BareJid,
    ) -> Result<bool, store::Error> {
        let (Some(own), Some(readers)) = (self.accounts.own_jid(account), self.room_readers(core, account, room)?)
        else {
            return Ok(false);
        };
        for jid in readers.iter().filter(|jid| **jid != own) {
            if !self.accounts.has_devices(&core.batch, account, jid)? {
                return Ok(false);
            }
        }
        Ok(readers.iter().any(|jid| *jid != own))
    }
}

impl Xmpp {
    /// The lists that somebody shows; `None` when they are asked for.
    fn shown(&mut self, batch: &mut Batch, account: AccountId, jid: &BareJid) -> Result<Option<Shown>, store::Error> {
        let (mut shown, mut waits) = (Shown { lists: Vec::new(), lack: Lack::NoDevice }, false);
        for version in Version::ALL {
            match self.list_of(batch, account, version, jid)? {
                List::Known(ids) => shown.lists.push((version, ids)),
                // Whose server has not answered before must not hold up the room each time; he may count the next time.
                List::Asked if batch.store.omemo_skipped(&whole(account, version, jid))?.is_some() => {
                    match batch.store.omemo_list(account, number(version), jid)? {
                        Some((ids, _)) => shown.lists.push((version, ids)),
                        None => shown.lack = Lack::Unreachable,
                    }
                }
                List::Asked => waits = true,
                List::Unreachable => shown.lack = Lack::Unreachable,
            }
        }
        shown.lists.retain(|(_, ids)| !ids.is_empty());
        Ok(Some(shown).filter(|_| !waits))
    }
}

/// Stands for somebody's list.
fn whole(account: AccountId, version: Version, jid: &BareJid) -> OmemoPeer {
    OmemoPeer { account, version: number(version), jid: jid.clone(), device: 0 }
}

fn why_nobody(room: &BareJid, is_alone: bool, worst: Lack) -> String {
    match worst {
        _ if is_alone => format!("nobody else is in the room {room} or belongs to it"),
        Lack::NoOwnDevice | Lack::NoDevice => format!("nobody else in the room {room} has a device with OMEMO"),
        Lack::Unreachable => format!("the OMEMO keys of those in the room {room} cannot be fetched"),
        Lack::Untrusted => format!("none of the OMEMO keys of those in the room {room} is trusted"),
    }
}

// --- what we say ---

impl Xmpp {
    /// Takes a message to all in a private room.
    pub(crate) fn enqueue_sealed_in_room(
        &mut self,
        core: &mut Core,
        (account, bot): (AccountId, BotId),
        room: &BareJid,
        ToSeal { message_id, stanza, is_required }: ToSeal<'_>,
    ) -> Result<(), Trouble> {
        let row = OmemoWaitingRow {
            id: 0,
            account,
            bot: Some(bot),
            jid: room.clone(),
            message_id: message_id.to_string(),
            stanza,
            required: is_required,
            created_at: core.batch.lived(),
        };
        // What can be said at once needs not wait, and what cannot be said at all is refused.
        if core.batch.store.list_omemo_waiting(account, room, 1)?.is_empty() {
            let readiness = self.room_readiness(core, account, room)?;
            match self.pass_on(&mut core.batch, &row, readiness)? {
                Passed::Gone => return Ok(()),
                Passed::Failed(why) => return Err(Failure::Remote { what: "send_failed", why }.into()),
                Passed::TooLarge(size) => self.accounts.check_size(account, size)?,
                Passed::Waits => {}
            }
        }
        self.accounts.check_size_sealed(account, row.stanza.len())?;
        if core.batch.store.count_omemo_waiting(account)? >= limits::OMEMO_WAITING_MAX {
            return Err(Failure::OutboxFull.into());
        }
        core.batch.store.insert_omemo_waiting(&row)?;
        if is_required {
            self.crypt.note_sealed(message_id);
        }
        self.crypt.omemo_work(&mut core.batch, account, limits::OMEMO_RETRY);
        Ok(())
    }

    /// Sends what waits for a room and can go, or is given up, in its order.
    pub(crate) fn send_waiting_in_room(
        &mut self,
        core: &mut Core,
        account: AccountId,
        room: &BareJid,
    ) -> Result<(), store::Error> {
        let rows = core.batch.store.list_omemo_waiting(account, room, limits::OMEMO_WAITING_AT_ONCE)?;
        let is_more = rows.len() == limits::OMEMO_WAITING_AT_ONCE;
        for row in rows {
            let readiness = self.room_readiness(core, account, room)?;
            match self.pass_on(&mut core.batch, &row, readiness)? {
                Passed::Gone => {}
                Passed::Failed(why) => {
                    log::warn!("{}: message {} was not sent: {why}", self.accounts.jid_of(account), row.message_id);
                    self.fail_waiting(core, &row, &why)?;
                }
                Passed::TooLarge(size) => self.fail_too_large(core, &row, size)?,
                Passed::Waits => return Ok(()),
            }
            self.crypt.leave_waiting(&mut core.batch, &row)?;
        }
        if is_more {
            self.crypt.omemo_work(&mut core.batch, account, Duration::ZERO);
        }
        Ok(())
    }

    /// Something came that messages to rooms may wait for. With many people many things come, so the last one counts.
    pub(super) fn send_waiting_in_rooms(&mut self, core: &mut Core, account: AccountId) -> Result<(), store::Error> {
        if self.questions.is_asked(account, |asked| matches!(asked, Asked::List(..) | Asked::Bundle(_))) {
            return Ok(());
        }
        for (jid, _) in core.batch.store.list_omemo_awaited(account)? {
            if self.rooms.is_room(account, &jid) {
                self.send_waiting_in_room(core, account, &jid)?;
            }
        }
        Ok(())
    }

    /// We are out for good.
    pub(crate) fn fail_waiting_in_room(
        &mut self,
        core: &mut Core,
        account: AccountId,
        room: &BareJid,
        why: &str,
    ) -> Result<(), store::Error> {
        loop {
            let rows = core.batch.store.list_omemo_waiting(account, room, limits::OMEMO_WAITING_AT_ONCE)?;
            if rows.is_empty() {
                return Ok(());
            }
            for row in rows {
                self.fail_waiting(core, &row, why)?;
                self.crypt.leave_waiting(&mut core.batch, &row)?;
            }
        }
    }
}

impl Xmpp {
    /// Gives a message to the room, encrypted or, where it may be, plain.
    fn pass_on(
        &mut self,
        batch: &mut Batch,
        row: &OmemoWaitingRow,
        readiness: Readiness,
    ) -> Result<Passed, store::Error> {
        match readiness {
            Readiness::Wait => Ok(Passed::Waits),
            Readiness::Ready { is_for_all: false, .. } | Readiness::Lack { .. } if !row.required => {
                self.put_out_in_room(batch, (row.account, row.bot), &row.jid, &row.message_id, row.stanza.clone())?;
                Ok(Passed::Gone)
            }
            Readiness::Ready { groups, .. } => self.send_sealed_in_room(batch, row, &groups),
            Readiness::Lack { is_passing: true, .. } if batch.lived() - row.created_at < limits::OMEMO_WAIT_S => {
                self.crypt.omemo_work(batch, row.account, limits::OMEMO_RETRY);
                Ok(Passed::Waits)
            }
            Readiness::Lack { why, .. } => Ok(Passed::Failed(why)),
        }
    }

    fn send_sealed_in_room(
        &mut self,
        batch: &mut Batch,
        row: &OmemoWaitingRow,
        groups: &[Group],
    ) -> Result<Passed, store::Error> {
        let parsed = Element::parse(&row.stanza, &Namespaces::default_is(ns::CLIENT));
        let stanza = parsed.map_err(|_| store::Error::Corrupt(format!("message {} that waits", row.message_id)))?;
        let Some(own) = self.accounts.own_jid(row.account) else { return Ok(Passed::Waits) };
        let mut message: Option<Element> = None;
        for (version, to) in groups {
            let (payload, outer) = batch.split(*version, &own, &stanza);
            if let Sealed::Done(encrypted) = self.seal(batch, row.account, *version, to, Some(&payload))? {
                // What stands around the older version stands there for both.
                message = Some(message.unwrap_or(outer).with_child(encrypted));
            }
        }
        let Some(message) = message else { return Ok(Passed::Waits) };
        let printed = message.print(ns::CLIENT);
        if self.accounts.check_size(row.account, printed.len()).is_err() {
            // The stream would die of it, again and again. The keys used up do no harm.
            return Ok(Passed::TooLarge(printed.len()));
        }
        self.put_out_in_room(batch, (row.account, row.bot), &row.jid, &row.message_id, printed)?;
        Ok(Passed::Gone)
    }
}
