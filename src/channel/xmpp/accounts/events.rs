//! What sessions say of their accounts.

use std::num::ParseIntError;
use std::time::Duration;

use crate::base::crypto::Hash;
use crate::base::id::AccountId;
use crate::base::remedy::{self, Place};
use crate::base::secret::Secret;
use crate::base::{limits, text};
use crate::channel::xmpp::Xmpp;
use crate::channel::xmpp::accounts::{Accounts, Stream, course};
use crate::core::Core;
use crate::core::batch::Batch;
use crate::core::effect::{Effect, Order};
use crate::core::handle::Connection;
use crate::store;
use crate::store::row::Origin;
use crate::xmpp::mam;
use crate::xmpp::message::{Inbound, Via};
use crate::xmpp::sasl::LoginKey;
use crate::xmpp::session::{Event, Facts, Skipped};

/// Lines of the log about a lost connection.
const OFFLINE: &str = "offline";

impl Xmpp {
    /// A session says something. An account that is not there any more has nothing to hear.
    pub(crate) fn on_session(&mut self, core: &mut Core, id: AccountId, event: &Event) -> Result<(), store::Error> {
        if event.is_counted() {
            *self.accounts.told.taken.entry(id).or_default() += 1;
        }
        let Some(account) = self.accounts.wake(id) else { return Ok(()) };
        core.batch.pending.has_changed |=
            matches!(event, Event::Online { .. } | Event::Offline { .. } | Event::Stopped { .. });
        match event {
            Event::Bound { jid, facts } => {
                log::info!("{jid}: signed in ({})", facts_text(facts));
                self.accounts.present.forget(id);
                self.on_bound(&mut core.batch, id, facts)
            }
            Event::Presence(presence) => self.on_presence(core, id, presence),
            // Commands are the engine's.
            Event::Request(_) => Ok(()),
            Event::Answer { tag, outcome } => self.on_answer(core, id, *tag, outcome),
            Event::Online { resumed } => self.on_online(core, id, if *resumed { Stream::Resumed } else { Stream::New }),
            Event::Contact(item) => self.accounts.on_contact(&mut core.batch, id, item),
            Event::Message(_) | Event::Mark(_) if account.stream.is_fenced => Ok(()),
            Event::Message(message) => self.on_message(core, id, message),
            Event::Skipped(skipped) => {
                // Behind a message that could not be stored no place counts.
                let mark = skipped.mark.clone().filter(|_| !account.stream.is_fenced);
                self.accounts.told.marks.extend(mark.map(|mark| (id, mark)));
                self.accounts.told.skipped.push((id, skipped.clone()));
                Ok(())
            }
            Event::Mark(mark) => self.accounts.on_mark(&mut core.batch, id, mark),
            Event::Acked(tags) => {
                account.course.proof.at = Some(core.batch.now.mono);
                account.on_acked(tags, core.batch.now.mono);
                self.end_teardown_when_sent(&mut core.batch, id)
            }
            Event::Convicted { stanza, is_too_large } => {
                if *is_too_large {
                    account.sizes.note_too_large(stanza.len());
                }
                self.on_convicted(core, id, stanza)
            }
            Event::Registering => core.batch.store.store_registering(id),
            Event::LoginKey(key) => self.accounts.on_login_key(&mut core.batch, id, key),
            Event::Offline { why, retry_in } => self.on_offline(core, id, why, *retry_in),
            Event::Stopped { why } => {
                account.is_online = false;
                account.course.turn(Connection::Stopped, why, core.batch.now.mono);
                log::error!("{}: {}", account.row.jid, remedy::at(Place::File, why));
                self.rooms_offline(core, id)?;
                self.on_refused_login(core, id, why)
            }
        }
    }

    fn on_online(&mut self, core: &mut Core, id: AccountId, stream: Stream) -> Result<(), store::Error> {
        let now = core.batch.now.mono;
        let Some(account) = self.accounts.get_mut(&id) else { return Ok(()) };
        account.is_online = true;
        account.archive.end();
        account.course.turn(Connection::Online, "", now);
        if account.course.proof.at.replace(now).is_some() {
            let result = if stream == Stream::Resumed { "resumed" } else { "new" };
            *core.batch.counts.resumes.entry(result).or_default() += 1;
        }
        core.batch.told.end((OFFLINE, id.0));
        log::info!("{}: online{}", account.row.jid, if stream == Stream::Resumed { " again, resumed" } else { "" });
        if stream == Stream::New {
            account.queue.restart();
            // What is acknowledged must be out of the table before the table is sent again.
            account.acks.call_for(now);
        }
        self.on_arrival(core, id, stream)?;
        self.rooms_online(core, id, stream)
    }

    fn on_offline(
        &mut self,
        core: &mut Core,
        id: AccountId,
        why: &str,
        retry_in: Duration,
    ) -> Result<(), store::Error> {
        let now = core.batch.now.mono;
        let Some(account) = self.accounts.get_mut(&id) else { return Ok(()) };
        account.archive.in_doubt |= !account.queue.is_idle() || self.rooms.has_in_flight(id);
        account.is_online = false;
        account.stream.is_fenced = false;
        account.course.offline(why, retry_in, now);
        *core.batch.counts.reconnects.entry(course::reason(why)).or_default() += 1;
        // Where it goes on at once, with a password instead of a key, the session knows more than its account.
        if let (true, false) = (account.row.removing, retry_in.is_zero()) {
            let row = account.row.clone();
            self.rooms_offline(core, id)?;
            return self.put_off(core, &row, why);
        }
        let level = core.batch.told.lasting((OFFLINE, id.0), why, log::Level::Warn, now);
        log::log!(level, "{}: {}", account.row.jid, account.told());
        self.rooms_offline(core, id)
    }

    /// A stanza was skipped: told once in the log, and counted.
    pub(crate) fn note_skipped(&mut self, core: &mut Core, id: AccountId, skipped: &Skipped) {
        core.batch.counts.stanzas_skipped += 1;
        let Some(account) = self.accounts.get_mut(&id) else { return };
        account.skipped += 1;
        let Skipped { what, from, bytes, why, .. } = skipped;
        let text = format!("{what} from {from}, {bytes} bytes: {why}");
        // A flood of them must not fill the disk, too.
        let level = if self.skips.admit((), core.batch.now).is_ok() { log::Level::Warn } else { log::Level::Debug };
        log::log!(level, "{}: skipped a stanza: {text}", account.row.jid);
        let whose = match account.row.bot {
            Some(bot) => core.batch.bots.get(&bot).map(|bot| bot.row.owner.clone()),
            None if account.row.removing => core.batch.store.former_owner(id).ok().flatten(),
            None => Some(account.row.jid.clone()),
        };
        if let Some(whose) = whose {
            let (count, last) = core.batch.counts.skipped_of.entry(whose).or_default();
            (*count, *last) = (*count + 1, text);
        }
    }
}

impl Xmpp {
    fn on_bound(&mut self, batch: &mut Batch, id: AccountId, facts: &Facts) -> Result<(), store::Error> {
        let (mono, unix_ms) = (batch.now.mono, batch.now.unix_ms);
        if let Some(account) = self.accounts.get_mut(&id) {
            account.course.turn(Connection::Connecting, "reading the archive", mono);
            account.stream.begin(unix_ms);
        }
        self.accounts.note_stanza_max(batch, id, facts.max_bytes)?;
        self.crypt.omemo_bound(id);
        self.accounts.catch_up(batch, id)
    }
}

impl Accounts {
    /// The archive is read to here.
    fn on_mark(&mut self, batch: &mut Batch, id: AccountId, mark: &str) -> Result<(), store::Error> {
        let Some(account) = self.get_mut(&id) else { return Ok(()) };
        account.archive.read_to(mark);
        let is_online = account.is_online;
        self.place(id, mark);
        // What is ours and was found is acknowledged, what was not found will not be looked for from further back; nor
        // what was accepted before there was any place, as nothing of it is sent before we are online.
        if !is_online {
            batch.store.store_outbox_marks(id, mark)?;
        }
        batch.store.store_mark(id, mark)
    }

    fn on_login_key(&mut self, batch: &mut Batch, id: AccountId, key: &LoginKey) -> Result<(), store::Error> {
        let Some(account) = self.get_mut(&id) else { return Ok(()) };
        let kept = account.row.login_key.as_ref().and_then(read_login_key);
        let text = print_login_key(key);
        account.row.login_key = Some(text.clone());
        // A server that keeps plain passwords makes up a salt for every login; a key for it is of no use later.
        if kept.is_some_and(|kept| kept.salt != key.salt) {
            return Ok(());
        }
        batch.store.store_login_key(id, &text)
    }

    /// From where the archive is read: from the mark, or from the mark of the oldest message that may or may not have got
    /// out, so that it is found there and not sent twice; where there is no mark, from when the bot was made.
    fn catch_up(&mut self, batch: &mut Batch, id: AccountId) -> Result<(), store::Error> {
        let outbox_mark = batch.store.first_outbox_mark(id, None)?.flatten();
        let waits = batch.store.has_outbox(id)?;
        let doubted = batch.store.list_doubted(id, limits::ARCHIVE_DOUBTED_MAX)?;
        let Some(account) = self.get_mut(&id) else { return Ok(()) };
        let is_in_doubt = waits && account.archive.in_doubt;
        // Once it was online there is a place, or no archive that counts.
        let new = account.row.bot.and_then(|bot| batch.bots.get(&bot)).filter(|bot| !bot.profile.has_arrived);
        let created_at = new.map(|bot| bot.row.created_at);
        // All that is in the archive of an account made for the bot is for the bot.
        let is_new = created_at.is_some() && matches!(account.row.origin, Origin::Api | Origin::Register);
        let after = outbox_mark.or_else(|| account.row.archive_mark.clone());
        let after = after.or_else(|| is_new.then(|| mam::BEGINNING.to_string()));
        let age = created_at.and_then(|at| age(at, batch.now.unix()));
        account.archive.looks_back = is_in_doubt && after.is_none() && age.is_none();
        let in_doubt = is_in_doubt.then_some(doubted);
        batch.pending.effects.push(Effect::Session(id, Order::CatchUp { after, age, in_doubt }));
        Ok(())
    }
}

/// How long ago a bot was made; unknown where the clock was not set then.
fn age(created_at: i64, now: i64) -> Option<Duration> {
    let age = u64::try_from(now.saturating_sub(created_at)).ok()?;
    (created_at >= limits::CLOCK_UNSET_BEFORE).then(|| Duration::from_secs(age))
}

fn facts_text(facts: &Facts) -> String {
    let Facts { tls, mechanism, resumption, carbons, archive, .. } = facts;
    format!("{tls}, {mechanism}; resumption {resumption}, carbons {carbons}, archive {archive}")
}

/// `SHA-256:iterations:salt:client key:server key`, the binary parts in base64.
fn print_login_key(key: &LoginKey) -> Secret {
    let parts = [&key.salt, &key.client_key, &key.server_key].map(|bytes| text::base64(bytes));
    Secret::new(format!("{:?}:{}:{}", key.hash, key.iterations, parts.join(":")))
}

pub(super) fn read_login_key(secret: &Secret) -> Option<LoginKey> {
    let parts: Vec<&str> = secret.expose().split(':').collect();
    let [hash, iterations, salt, client_key, server_key] = parts.as_slice() else { return None };
    let hash = [Hash::Sha1, Hash::Sha256, Hash::Sha512].into_iter().find(|h| format!("{h:?}") == *hash)?;
    let iterations = iterations.parse().map_err(|_: ParseIntError| ()).ok()?;
    Some(LoginKey {
        hash,
        iterations,
        salt: text::unbase64(salt)?,
        client_key: text::unbase64(client_key)?,
        server_key: text::unbase64(server_key)?,
    })
}

impl Accounts {
    /// One of ours came back. From the archive it proves that the server had it.
    pub(crate) fn on_own_message(
        &mut self,
        batch: &mut Batch,
        id: AccountId,
        message: &Inbound,
    ) -> Result<(), store::Error> {
        let Some(message_id) = message.origin_id.as_deref().or(message.id.as_deref()) else { return Ok(()) };
        if message.via == Via::Archive {
            let row = batch.store.find_outbox(id, None, message_id)?;
            if let (Some(row), Some(account)) = (row, self.get_mut(&id)) {
                account.on_found(row, batch.now.mono);
            }
        }
        Ok(())
    }
}
