//! What arrives twice is told once (docs/architecture.md), and what is said twice is told twice.
//!
//! Senders' ids do not tell: they are unique on one stream only (RFC 6120 §8.1.3), and some clients use one again or give
//! none. What tells is the id of our own archive (XEP-0359), and the way a message took: what comes live and is not delayed
//! is new. A copy of it may follow, in the self-chat as a carbon and once more from the archive, else where a server sends
//! again what a killed stream has not acknowledged, which it marks as delayed. So what is told leaves a note for the copies
//! it may have, and each note hides one.

use crate::base::id::AccountId;
use crate::base::{crypto, limits, text};
use crate::channel::xmpp::accounts::Accounts;
use crate::core::batch::Batch;
use crate::store;
use crate::xmpp::message::{Inbound, Via};
use crate::xmpp::muc::message::RoomMessage;

/// The ways of copies that a server makes of one message: as received, as sent, from its archive; or late.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    In,
    Out,
    Archive,
    Late,
}

impl Accounts {
    /// Whether this message is here for the first time; from now on it is known.
    pub(crate) fn is_new(&mut self, batch: &mut Batch, id: AccountId, message: &Inbound) -> Result<bool, store::Error> {
        let now = batch.now.unix();
        if let Some(archive_id) = &message.archive_id
            && !batch.store.see(id, &format!("a:{archive_id}"), batch.lived())?
        {
            return Ok(false);
        }
        if message.is_decrypted {
            // Its keys have told already.
            return Ok(true);
        }
        let name = message.origin_id.as_deref().or(message.id.as_deref());
        let key = key_of(message.from.as_str(), name, content(message));
        let has_archive_id = message.archive_id.is_some();
        // A server stores what somebody sends to himself twice, and sends each copy with the id of its own. Two copies that
        // are late are a pair like two that are not.
        let is_own = message.from.bare() == message.to.bare();
        let may_be_late = message.is_delayed && !(is_own && has_archive_id);
        let way = match message.via {
            Via::Archive | Via::RoomArchive => Way::Archive,
            _ if may_be_late && self.is_of_before(id, message.stamp_ms) => Way::Late,
            Via::CarbonSent => Way::Out,
            Via::Direct | Via::CarbonReceived => Way::In,
        };
        if way == Way::Late && !has_archive_id && !self.is_first_late(batch, id, &key, message.stamp_ms)? {
            return Ok(false);
        }
        let sent_at = message.stamp_ms.map(|at| at.div_euclid(1000));
        let hiding: &[Way] = match (way, is_own) {
            (Way::In, true) => &[Way::Out, Way::Archive],
            (Way::Out, true) => &[Way::In, Way::Archive],
            (Way::In | Way::Out, false) => &[],
            (Way::Archive, true) => &[Way::In, Way::Out, Way::Late, Way::Archive],
            (Way::Late, true) => &[Way::In, Way::Out, Way::Archive],
            (Way::Archive | Way::Late, false) => &[Way::In],
        };
        for other in hiding {
            let within = match (way, other) {
                (Way::Archive, Way::Archive) if name.is_some() => {
                    (limits::COPY_ARCHIVED_NAMED_WITHIN_S, limits::COPY_ARCHIVED_NAMED_WITHIN_S)
                }
                (Way::Archive, Way::Archive) => (limits::COPY_ARCHIVED_WITHIN_S, limits::COPY_ARCHIVED_WITHIN_S),
                _ if name.is_some() => (limits::COPY_WITHIN_S, limits::COPY_NAMED_WITHIN_S),
                _ => (limits::COPY_WITHIN_S, limits::COPY_WITHIN_S),
            };
            let at = if matches!(way, Way::In | Way::Out) { sent_at.or(Some(now)) } else { sent_at };
            if batch.store.take_copy(id, &note(&key, *other), at, within)? {
                return Ok(false);
            }
        }
        if is_own || (way == Way::In && !has_archive_id) {
            batch.store.expect_copy(id, &note(&key, way), sent_at.unwrap_or(now))?;
        }
        Ok(true)
    }

    /// Of what is delayed and has no archive's id, the stamp stays the same however often it is sent again. The second
    /// with the same stamp on one stream is another message.
    fn is_first_late(
        &mut self,
        batch: &mut Batch,
        id: AccountId,
        key: &str,
        stamp_ms: Option<i64>,
    ) -> Result<bool, store::Error> {
        let Some(account) = self.get_mut(&id) else { return Ok(true) };
        let key = stamped(key, stamp_ms);
        let key = format!("{key}:{}", account.stream.late.count(&key));
        batch.store.see(id, &key, batch.lived())
    }

    /// Whether something delayed was sent before this stream began. What a resumed one was held up with comes once.
    fn is_of_before(&self, account: AccountId, stamp_ms: Option<i64>) -> bool {
        let begun = self.get(&account).map_or(0, |account| account.stream.begun_at_ms);
        stamp_ms.is_none_or(|at| at <= begun.saturating_add(limits::ROOM_CLOCK_MS))
    }

    /// The same of what was said in a room, to which its archive gave no id: live it is new, and a history knows it by nick,
    /// time and text. `count`: how often the history has told the same. Our server may send again what it had for a stream
    /// that is gone: that may be part of the history, too.
    pub(crate) fn is_new_without_id(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        message: &RoomMessage,
        count: Option<u32>,
    ) -> Result<bool, store::Error> {
        let now = batch.now.unix();
        let key = room_key(message);
        let sent_at = message.stamp_ms.map_or(now, |at| at.div_euclid(1000));
        let (of_history, of_late) = (note(&key, Way::Archive), note(&key, Way::Late));
        if let Some(count) = count {
            // Each time we enter, the room tells it with the same stamp.
            let key = format!("{}:{count}", stamped(&key, message.stamp_ms));
            let is_new = batch.store.see(account, &key, batch.lived())? && !batch.was_heard_live(account, message)?;
            if is_new {
                batch.store.expect_copy(account, &of_late, sent_at)?;
            }
            return Ok(is_new);
        }
        if message.is_resent && self.is_of_before(account, message.stamp_ms) {
            let within = (limits::COPY_WITHIN_S, limits::COPY_WITHIN_S);
            let at = message.stamp_ms.map(|_| sent_at);
            if !self.is_first_late(batch, account, &of_late, message.stamp_ms)?
                || batch.store.take_copy(account, &of_late, at, within)?
            {
                return Ok(false);
            }
        } else {
            batch.store.expect_copy(account, &of_late, sent_at)?;
        }
        batch.store.expect_copy(account, &of_history, sent_at)?;
        Ok(true)
    }
}

impl Batch {
    /// Whether something of a room's archive or history was told live, without the id it has now. What was told longer ago
    /// is not part of the history that is asked for.
    pub(crate) fn was_heard_live(&mut self, account: AccountId, message: &RoomMessage) -> Result<bool, store::Error> {
        let sent_at = message.stamp_ms.map(|at| at.div_euclid(1000));
        let within = limits::ROOM_CLOCK_MS / 1000;
        self.store.take_copy(account, &note(&room_key(message), Way::Archive), sent_at, (within, within))
    }
}

/// The name under which a message of a room's history is counted.
pub(crate) fn heard_key(message: &RoomMessage) -> String {
    stamped(&room_key(message), message.stamp_ms)
}

fn stamped(key: &str, stamp_ms: Option<i64>) -> String {
    format!("{key}:{}", stamp_ms.unwrap_or_default())
}

fn note(key: &str, way: Way) -> String {
    format!("{key}:{}", way as u8)
}

/// Rooms that belong to other networks change ids, so those do not count.
fn room_key(message: &RoomMessage) -> String {
    let about = message.reactions.as_ref().map(|about| &about.id);
    let about = about.or(message.retraction.as_ref().map(|about| &about.id));
    let emoji = message.reactions.iter().flat_map(|about| &about.emoji);
    let files = message.attachments.iter().map(|file| &file.url);
    key_of(message.from.as_str(), None, message.body.iter().chain(about).chain(emoji).chain(files))
}

fn content(message: &Inbound) -> impl Iterator<Item = &String> {
    let about = message.reactions.as_ref().map(|about| &about.id);
    let about = about.or(message.retraction.as_ref().map(|about| &about.id));
    let emoji = message.reactions.iter().flat_map(|about| &about.emoji);
    let files = message.attachments.iter().map(|file| &file.url);
    message.body.iter().chain(about).chain(emoji).chain(files)
}

/// What copies of a message have in common: who sent it, what he calls it and what it says.
fn key_of<'a>(from: &str, name: Option<&str>, content: impl Iterator<Item = &'a String>) -> String {
    let mut all = format!("{from}\0{}", name.unwrap_or_default());
    for part in content {
        all.push('\0');
        all.push_str(part);
    }
    format!("m:{}", text::hex(&crypto::sha256(all.as_bytes())[..16]))
}
