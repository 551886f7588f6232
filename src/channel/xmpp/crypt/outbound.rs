//! What goes out: a text for somebody is encrypted to all his devices and to our own others, or waits in a table, sealed,
//! until that can be done. The ratchet moves on and the finished stanza joins the outbox in one transaction; what stands
//! there is sent again as it is.

use std::time::Duration;

use crate::base::id::{AccountId, BotId, OutboxId};
use crate::base::jid::{BareJid, Jid};
use crate::base::limits;
use crate::channel::xmpp::Xmpp;
use crate::channel::xmpp::accounts::Accounts;
use crate::channel::xmpp::crypt::kinds::{Lack, PUT_BACK, Passed, RENEWAL, Readiness, Sealed, ToSeal};
use crate::channel::xmpp::crypt::number;
use crate::channel::xmpp::outbox::Accepted;
use crate::core::Core;
use crate::core::batch::{Batch, Trouble};
use crate::core::failure::Failure;
use crate::core::handle::Encrypt;
use crate::core::texts::omemo as texts;
use crate::omemo::{self, Envelope, Reach, Recipient, Session, Version};
use crate::store;
use crate::store::row::{OmemoPeer, OmemoSessionRow, OmemoWaitingRow, OutboxRow, Progress};
use crate::xml::{Element, Namespaces};
use crate::xmpp::message::is_offer;
use crate::xmpp::ns;

// --- messages ---

impl Xmpp {
    /// Takes a message that is to be encrypted.
    pub(crate) fn enqueue_sealed(
        &mut self,
        core: &mut Core,
        (account, bot): (AccountId, Option<BotId>),
        to: &Jid,
        ToSeal { message_id, stanza, is_required }: ToSeal<'_>,
    ) -> Result<(), Trouble> {
        let jid = to.bare();
        let row = OmemoWaitingRow {
            id: 0,
            account,
            bot,
            jid: jid.clone(),
            message_id: message_id.to_string(),
            stanza,
            required: is_required,
            created_at: core.batch.lived(),
        };
        let is_first = core.batch.store.list_omemo_waiting(account, &jid, 1)?.is_empty();
        // What can be said at once needs not wait, and what cannot be said at all is refused.
        if is_first {
            match self.readiness(core, account, &jid)? {
                Readiness::Ready(version, to) => match self.send_sealed(&mut core.batch, &row, version, &to)? {
                    Passed::Gone => return Ok(()),
                    Passed::TooLarge(size) => self.accounts.check_size(account, size)?,
                    Passed::Failed(why) => return Err(Failure::Remote { what: "send_failed", why }.into()),
                    Passed::Waits => {}
                },
                Readiness::Lack(lack @ (Lack::NoOwnDevice | Lack::NoDevice)) if is_required => {
                    return Err(Failure::Remote { what: "send_failed", why: lack.why(&jid) }.into());
                }
                Readiness::Lack(lack) if self.accounts.may_go_plain(&core.batch, &row, lack)? => {
                    return Ok(self.put_out(&mut core.batch, (account, bot), message_id, row.stanza)?);
                }
                _ => {}
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

    /// Sends all that waits and can go, or is given up.
    pub(super) fn send_waiting(&mut self, core: &mut Core, account: AccountId) -> Result<(), store::Error> {
        for (jid, _) in core.batch.store.list_omemo_awaited(account)? {
            self.crypt.omemo_work(&mut core.batch, account, limits::OMEMO_RETRY);
            self.send_waiting_for(core, account, &jid)?;
        }
        Ok(())
    }

    /// The same for one conversation, in its order.
    pub(super) fn send_waiting_for(
        &mut self,
        core: &mut Core,
        account: AccountId,
        jid: &BareJid,
    ) -> Result<(), store::Error> {
        let rows = core.batch.store.list_omemo_waiting(account, jid, limits::OMEMO_WAITING_AT_ONCE)?;
        if rows.first().is_some_and(is_for_room) {
            return self.send_waiting_in_room(core, account, jid);
        }
        let is_more = rows.len() == limits::OMEMO_WAITING_AT_ONCE;
        for row in rows {
            let is_over = match self.readiness(core, account, jid)? {
                Readiness::Wait => false,
                Readiness::Ready(version, to) => match self.send_sealed(&mut core.batch, &row, version, &to)? {
                    Passed::Gone => true,
                    Passed::Waits => false,
                    Passed::Failed(why) => {
                        self.fail_waiting(core, &row, &why)?;
                        true
                    }
                    Passed::TooLarge(size) => {
                        self.fail_too_large(core, &row, size)?;
                        true
                    }
                },
                Readiness::Lack(lack) if self.accounts.may_go_plain(&core.batch, &row, lack)? => {
                    self.put_out(&mut core.batch, (account, row.bot), &row.message_id, row.stanza.clone())?;
                    true
                }
                Readiness::Lack(lack) => self.give_up(core, &row, lack)?,
            };
            if !is_over {
                return Ok(());
            }
            self.crypt.leave_waiting(&mut core.batch, &row)?;
        }
        if is_more {
            self.crypt.omemo_work(&mut core.batch, account, Duration::ZERO);
        }
        Ok(())
    }

    /// The account does not encrypt any more: what waits goes out in plain text where it may.
    pub(super) fn release_waiting(&mut self, core: &mut Core, account: AccountId) -> Result<(), store::Error> {
        for (jid, _) in core.batch.store.list_omemo_awaited(account)? {
            for row in core.batch.store.list_omemo_waiting(account, &jid, usize::MAX)? {
                match row.required {
                    true => self.fail_waiting(core, &row, "encryption was switched off")?,
                    false => self.put_out(&mut core.batch, (account, row.bot), &row.message_id, row.stanza.clone())?,
                }
                self.crypt.leave_waiting(&mut core.batch, &row)?;
            }
        }
        Ok(())
    }

    /// Gives up a message that cannot be encrypted; false when there is still hope.
    fn give_up(&mut self, core: &mut Core, row: &OmemoWaitingRow, lack: Lack) -> Result<bool, store::Error> {
        let age = core.batch.lived() - row.created_at;
        if lack == Lack::Unreachable && age < limits::OMEMO_WAIT_S {
            self.crypt.omemo_work(&mut core.batch, row.account, limits::OMEMO_RETRY);
            return Ok(false);
        }
        let why = lack.why(&row.jid);
        log::warn!("{}: message {} was not sent: {why}", self.accounts.jid_of(row.account), row.message_id);
        self.fail_waiting(core, row, &why)?;
        Ok(true)
    }

    pub(super) fn fail_waiting(
        &mut self,
        core: &mut Core,
        row: &OmemoWaitingRow,
        why: &str,
    ) -> Result<(), store::Error> {
        match core.batch.store.find_sent(row.account, &row.message_id)? {
            Some(sent) => self.advance(core, &sent, Progress::Failed, Some(why)),
            None => Ok(()),
        }
    }

    /// Encrypted for all devices, a message turned out to be larger than the server takes.
    pub(super) fn fail_too_large(
        &mut self,
        core: &mut Core,
        row: &OmemoWaitingRow,
        size: usize,
    ) -> Result<(), store::Error> {
        let Err(failure) = self.accounts.check_size(row.account, size) else { return Ok(()) };
        let why = failure.to_string();
        log::warn!("{}: message {} was not sent: {why}", self.accounts.jid_of(row.account), row.message_id);
        self.fail_waiting(core, row, &why)?;
        match row.bot {
            Some(bot) => self.tell_owner_of_loss(core, bot, row.jid.as_str(), &why),
            None => Ok(()),
        }
    }
}

impl Xmpp {
    /// Puts a finished stanza into the outbox.
    pub(crate) fn put_out(
        &mut self,
        batch: &mut Batch,
        (account, bot): (AccountId, Option<BotId>),
        message_id: &str,
        stanza: String,
    ) -> Result<(), store::Error> {
        self.crypt.note_out(message_id, &stanza);
        batch.keep_waited(bot, message_id, &stanza)?;
        let archive_mark = self.accounts.get(&account).and_then(|entry| entry.row.archive_mark.clone());
        let mut row = OutboxRow {
            id: OutboxId(0),
            account,
            bot,
            message_id: message_id.to_string(),
            stanza,
            archive_mark,
            created_at: batch.lived(),
            room: None,
        };
        row.id = batch.store.insert_outbox(&row, row.created_at)?;
        self.accounts.told.accepted.push(Accepted { account, id: row.id, stanza: row.stanza });
        Ok(())
    }

    /// Encrypts a message and puts it into the outbox; it waits on when no device was of use after all.
    fn send_sealed(
        &mut self,
        batch: &mut Batch,
        row: &OmemoWaitingRow,
        version: Version,
        to: &[OmemoPeer],
    ) -> Result<Passed, store::Error> {
        let Ok(stanza) = Element::parse(&row.stanza, &Namespaces::default_is(ns::CLIENT)) else {
            log::error!(
                "{}: the record of message {} cannot be read",
                self.accounts.jid_of(row.account),
                row.message_id
            );
            return Ok(Passed::Failed("its record cannot be read any more".to_string()));
        };
        let Some(own) = self.accounts.own_jid(row.account) else { return Ok(Passed::Waits) };
        let (payload, outer) = batch.split(version, &own, &stanza);
        let Sealed::Done(encrypted) = self.seal(batch, row.account, version, to, Some(&payload))? else {
            return Ok(Passed::Waits);
        };
        let printed = outer.with_child(encrypted).print(ns::CLIENT);
        if self.accounts.check_size(row.account, printed.len()).is_err() {
            // The stream would die of it, again and again. The keys used up do no harm.
            return Ok(Passed::TooLarge(printed.len()));
        }
        self.put_out(batch, (row.account, row.bot), &row.message_id, printed)?;
        Ok(Passed::Gone)
    }

    /// Encrypts a payload to devices, and keeps their sessions.
    pub(super) fn seal(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        version: Version,
        to: &[OmemoPeer],
        payload: Option<&[u8]>,
    ) -> Result<Sealed, store::Error> {
        let Some((device, _)) = self.accounts.device(batch, account, version)? else {
            return Ok(Sealed::Nobody);
        };
        let mut rows = Vec::with_capacity(to.len());
        for peer in to {
            let row = batch.store.omemo_session(peer)?.unwrap_or_default();
            let session = row.record.as_deref().and_then(Session::from_bytes);
            // Who is to have a new session gets it with this message.
            let is_new = session.is_none() || matches!(row.owes, RENEWAL | PUT_BACK);
            let bundle = self.crypt.bundles.get(peer).filter(|_| is_new).cloned();
            rows.push((peer, row, session, bundle));
        }
        let recipients: Vec<(usize, Recipient<'_>)> = rows.iter().enumerate().filter_map(recipient).collect();
        let places: Vec<usize> = recipients.iter().map(|(place, _)| *place).collect();
        let recipients: Vec<Recipient<'_>> = recipients.into_iter().map(|(_, recipient)| recipient).collect();
        let sealed = batch.with_entropy(|entropy| omemo::encrypt(&device, payload, &recipients, entropy));
        let own = self.accounts.own_jid(account);
        let mut is_any = false;
        let results: Vec<_> = places.into_iter().zip(sealed.sessions).collect();
        for (place, result) in results {
            let Some((peer, row, _, bundle)) = rows.get(place) else { continue };
            if bundle.is_some() {
                self.crypt.bundles.remove(*peer);
            }
            match result {
                Ok(session) => {
                    // Copies for our own devices alone would be of no use; who is meant stands in front.
                    // In a room all but ourselves are meant.
                    is_any |= to.first().is_some_and(|first| first.jid == peer.jid) || own.as_ref() != Some(&peer.jid);
                    let record = Some(session.to_bytes().to_vec());
                    let row = OmemoSessionRow { record, owes: 0, healed_at: row.healed_at };
                    batch.store.store_omemo_session(peer, &row)?;
                }
                Err(error) => {
                    let own = self.accounts.jid_of(account);
                    log::info!("{own}: nothing is encrypted to device {} of {} now: {error}", peer.device, peer.jid);
                    batch.skip(peer, limits::OMEMO_SKIP_BROKEN_S)?;
                }
            }
        }
        Ok(if is_any { Sealed::Done(sealed.encrypted.build()) } else { Sealed::Nobody })
    }
}

impl Accounts {
    /// Whether what is said to somebody goes out encrypted, as far as is known.
    pub(crate) fn will_encrypt(&self, batch: &Batch, account: AccountId, to: &BareJid) -> Result<bool, store::Error> {
        match self.policy(batch, account) {
            Encrypt::Required => Ok(true),
            Encrypt::Off => Ok(false),
            Encrypt::Preferred => self.has_devices(batch, account, to),
        }
    }

    pub(super) fn has_devices(&self, batch: &Batch, account: AccountId, jid: &BareJid) -> Result<bool, store::Error> {
        if self.is_self_chat(account, jid) {
            return self.has_other_devices(batch, account, jid);
        }
        for version in Version::ALL {
            let unread = self.daemons_of(batch, account, version, jid)?;
            let known = match batch.store.omemo_list(account, number(version), jid)? {
                Some((listed, _)) => listed,
                None => batch.store.list_omemo_sessions(account, number(version), jid)?,
            };
            if known.iter().any(|id| !unread.contains(id)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a message goes out in plain text: it may, and nobody could read it otherwise. Who lets nobody see his list
    /// counts as without a device until he has shown one.
    fn may_go_plain(&self, batch: &Batch, row: &OmemoWaitingRow, lack: Lack) -> Result<bool, store::Error> {
        Ok(match lack {
            // It may have been accepted under another policy.
            _ if row.required || self.policy(batch, row.account) == Encrypt::Required => false,
            Lack::NoOwnDevice | Lack::NoDevice => true,
            Lack::Unreachable => !self.has_devices(batch, row.account, &row.jid)?,
            Lack::Untrusted => false,
        })
    }
}

impl Batch {
    /// What is encrypted of a stanza, and what stays around it.
    pub(super) fn split(&self, version: Version, own: &BareJid, stanza: &Element) -> (Vec<u8>, Element) {
        let is_inside = |child: &Element| match version {
            // 0.3 protects the body only; the address of a file must not stand beside it, nor what buttons say.
            Version::Legacy => child.is("body", ns::CLIENT) || child.is("x", ns::OOB) || is_offer(child),
            Version::Omemo2 => {
                ![ns::SID, ns::RECEIPTS, ns::MARKERS, ns::CHAT_STATES, ns::HINTS, ns::CARBONS].contains(&child.ns())
            }
        };
        let (inside, outside): (Vec<Element>, Vec<Element>) = stanza.children().cloned().partition(is_inside);
        let payload = match version {
            Version::Legacy => stanza.text_of("body", ns::CLIENT).unwrap_or_default().into_bytes(),
            Version::Omemo2 => {
                let from = Some(own.to_string());
                // In a room it has to say for which (XEP-0384 §5.5.1).
                let to = stanza.attribute("to").filter(|_| stanza.attribute("type") == Some("groupchat"));
                let envelope = Envelope { content: inside, from, to: to.map(str::to_string), time: None };
                self.with_entropy(|entropy| envelope.print(entropy)).into_bytes()
            }
        };
        let outer = Element::new("message", ns::CLIENT).with_attributes_of(stanza);
        let method = Element::new("encryption", ns::EME).with("namespace", version.ns()).with("name", "OMEMO");
        let body =
            Element::new("body", ns::CLIENT).with_text(&texts::UNREADABLE.fill(self.setup.settings.language, &[]));
        let is_hint = |child: &Element| child.is("store", ns::HINTS);
        let store = Some(Element::new("store", ns::HINTS)).filter(|_| !outside.iter().any(is_hint));
        let more = [body, method].into_iter().chain(store).chain(outside);
        (payload, more.fold(outer, Element::with_child))
    }
}

/// Whether a message that waits is for all in a room, be we in it or not.
fn is_for_room(row: &OmemoWaitingRow) -> bool {
    let stanza = Element::parse(&row.stanza, &Namespaces::default_is(ns::CLIENT));
    stanza.is_ok_and(|stanza| stanza.attribute("type") == Some("groupchat"))
}

type Row<'a> = (&'a OmemoPeer, OmemoSessionRow, Option<Session>, Option<omemo::Bundle>);

fn recipient<'a>((place, row): (usize, &'a Row<'a>)) -> Option<(usize, Recipient<'a>)> {
    let (peer, row, session, bundle) = row;
    let reach = match (session, bundle) {
        (_, Some(bundle)) => Reach::Bundle(bundle, session.as_ref()),
        (Some(_), None) if row.owes == PUT_BACK => return None,
        (Some(session), None) => Reach::Session(session),
        (None, None) => return None,
    };
    Some((place, Recipient { jid: peer.jid.as_str(), device: peer.device, reach }))
}
