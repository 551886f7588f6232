//! What comes: decrypted before anybody looks at it, so that everything else sees plain text. Ratchet, used prekey and
//! what the message causes are one transaction. What cannot be read never harms a session; who wrote is told now and
//! then, or gets a new session, when the archive is read.

use std::borrow::Cow;

use crate::base::id::{AccountId, BotId};
use crate::base::jid::{BareJid, Jid};
use crate::base::{limits, remedy};
use crate::channel::xmpp::Xmpp;
use crate::channel::xmpp::accounts::Accounts;
use crate::channel::xmpp::crypt::kinds::{ANSWER, PUT_BACK, RENEWAL};
use crate::channel::xmpp::crypt::number;
use crate::channel::xmpp::crypt::trust::KeyTrust;
use crate::core::Core;
use crate::core::batch::Batch;
use crate::core::handle::Encrypt;
use crate::core::incoming::{Encryption, Incoming};
use crate::core::texts::{self, Text};
use crate::omemo::{self, Device, Encrypted, Envelope, Error, Opened, Session, Version};
use crate::store;
use crate::store::row::{OmemoDeviceRow, OmemoPeer};
use crate::xml::Element;
use crate::xmpp::message::{Inbound, Kind, Outbound, Via};
use crate::xmpp::ns;

impl Batch {
    /// A message cannot be read: for the log, and for whoever asks what became of it.
    fn note_unreadable(
        &mut self,
        (account, bot, own): (AccountId, Option<BotId>, &BareJid),
        message: &Inbound,
        (peer, error): (&OmemoPeer, &Error),
    ) {
        if let Some(bot) = bot {
            let said = Incoming::chat(account, own, message, self.now.unix());
            self.note_heard(bot, &said, "not_decrypted", error.to_string());
        }
        let level = self.told.caused(("unreadable", account.0), log::Level::Info, self.now.mono);
        log::log!(level, "{own}: a message from device {} of {} cannot be read: {error}", peer.device, peer.jid);
    }
}

impl Xmpp {
    /// Decrypts a message, if it is encrypted and from somebody who may speak to the bot. Gives what it says, as it came
    /// where it was not OMEMO or not for us to read; nothing when there is nothing to tell anybody.
    pub(crate) fn unseal<'a>(
        &mut self,
        core: &mut Core,
        account: AccountId,
        message: &'a Inbound,
    ) -> Result<Option<Cow<'a, Inbound>>, store::Error> {
        let as_it_came = Ok(Some(Cow::Borrowed(message)));
        let is_talk = matches!(message.kind, Kind::Chat | Kind::Normal) && message.room.is_none();
        let Some(stanza) = message.stanza.as_deref().filter(|_| is_talk && message.is_encrypted) else {
            return as_it_came;
        };
        let (Some(own), from) = (self.accounts.own_jid(account), message.from.bare()) else { return as_it_came };
        let bot = self.accounts.get(&account).and_then(|account| account.row.bot);
        // An occupant that speaks to us alone does so under the room's address, not his own.
        if self.rooms.is_room(account, &from) {
            return as_it_came;
        }
        let is_person = self.accounts.is_person(account);
        // Strangers must not use up a bot's prekeys; a person is open to all, as his other clients are.
        let is_welcome = is_person || from == own || bot.is_some_and(|bot| core.batch.admits(bot, &from));
        if self.accounts.policy(&core.batch, account) == Encrypt::Off || !is_welcome {
            return as_it_came;
        }
        if is_person && Encrypted::find(stanza).is_none() {
            return as_it_came;
        }
        let mut is_ours = false;
        for version in Version::ALL {
            let Some(element) = stanza.find("encrypted", version.ns()) else { continue };
            let Some((device, row)) = self.accounts.device(&core.batch, account, version)? else { continue };
            let Some(encrypted) = Encrypted::read(element, own.as_str(), device.id()) else { continue };
            if from == own && encrypted.sender == device.id() {
                return Ok(None);
            }
            if encrypted.keys.is_empty() {
                continue;
            }
            is_ours = true;
            let peer = OmemoPeer { account, version: number(version), jid: from.clone(), device: encrypted.sender };
            let is_taken = !is_person
                || self.accounts.has_room_for_session(&core.batch, &peer)?
                    && core.batch.is_first_copy(account, &encrypted)?;
            if !is_taken {
                return Ok(None);
            }
            let opened = self.decrypt(core, (device, row), &encrypted, &peer)?;
            if opened.is_ok() && encrypted.payload.is_some() {
                self.hint_untrusted(&mut core.batch, &peer, message)?;
            }
            match opened {
                Ok(Some(payload)) => {
                    return self.accounts.reveal(&mut core.batch, account, version, message, &payload);
                }
                Ok(None) | Err(Error::Duplicate) => return Ok(None),
                Err(Error::NotForUs) => {}
                Err(error) => {
                    core.batch.note_unreadable((account, bot, &own), message, (&peer, &error));
                    self.wish_renewal(&mut core.batch, &peer)?;
                }
            }
        }
        if is_person && !is_ours {
            self.hint_not_for_us(&mut core.batch, account, message)?;
        } else if !is_ours && message.via != Via::CarbonSent && from != own {
            self.notice(&mut core.batch, account, &message.from, "not_for_us", &texts::NOT_FOR_US)?;
        }
        Ok(None)
    }

    /// Decrypts, and keeps what that changes. The payload; none in an empty message.
    #[allow(clippy::type_complexity)]
    pub(super) fn decrypt(
        &mut self,
        core: &mut Core,
        (mut device, mut device_row): (Device, OmemoDeviceRow),
        encrypted: &Encrypted,
        peer: &OmemoPeer,
    ) -> Result<Result<Option<Vec<u8>>, Error>, store::Error> {
        let mut row = core.batch.store.omemo_session(peer)?.unwrap_or_default();
        let session = row.record.as_deref().and_then(Session::from_bytes);
        let Opened { payload, session, identity, prekey, wants_answer } =
            match omemo::decrypt(&device, encrypted, session.as_ref()) {
                Ok(opened) => opened,
                Err(error) => {
                    // Copies and other devices' keys are no failures.
                    if !matches!(error, Error::Duplicate | Error::NotForUs) {
                        *core.batch.counts.undecrypted.entry(error.word()).or_default() += 1;
                    }
                    return Ok(Err(error));
                }
            };
        let standing = self.judge_key(core, peer.account, &peer.jid, peer.device, &identity.key)?;
        // Commands that decide about keys want to know.
        self.crypt.under = Some(standing);
        self.crypt.sender = Some(identity.key);
        if standing == KeyTrust::Distrusted {
            let level = core.batch.told.caused(("distrusted", peer.account.0), log::Level::Warn, core.batch.now.mono);
            let own = self.accounts.jid_of(peer.account);
            log::log!(level, "{own}: a message under a distrusted key of {} was not taken", peer.jid);
            return Ok(Ok(None));
        }
        row.record = Some(session.to_bytes().to_vec());
        row.owes = match (row.owes, wants_answer) {
            (PUT_BACK, _) => PUT_BACK,
            // Only what we say pays for an answer; a session that works needs no renewal any more.
            (ANSWER, _) | (_, true) => ANSWER,
            (_, false) => 0,
        };
        core.batch.store.store_omemo_session(peer, &row)?;
        if prekey.is_some_and(|prekey| device.mark_used(prekey)) {
            device_row.record = device.to_bytes().to_vec();
            core.batch.store.store_omemo_device(peer.account, peer.version, &device_row)?;
        }
        if prekey.is_some() || wants_answer {
            // Until then an answer may go out anyway.
            self.crypt.omemo_work(&mut core.batch, peer.account, limits::OMEMO_SETTLE);
        }
        self.accounts.note_sender(&mut core.batch, peer)?;
        Ok(Ok(payload.map(|payload| payload.to_vec())))
    }
}

impl Xmpp {
    /// A message in a chat, with what is known of the key it came under.
    pub(crate) fn incoming<'a>(
        &self,
        batch: &Batch,
        account: AccountId,
        to: &BareJid,
        message: &'a Inbound,
    ) -> Incoming<'a> {
        let encryption = message.is_decrypted.then(|| self.encryption());
        Incoming { encryption, ..Incoming::chat(account, to, message, batch.now.unix()) }
    }

    /// What is known of the key under which the message of the event under way came.
    fn encryption(&self) -> Encryption {
        let fingerprint = self.crypt.sender.as_ref().map(omemo::fingerprint);
        Encryption { fingerprint, trust: self.crypt.under.map(KeyTrust::as_str) }
    }

    /// What came could not be read: the sender's device gets a new session, at most once in a while.
    pub(super) fn wish_renewal(&mut self, batch: &mut Batch, peer: &OmemoPeer) -> Result<(), store::Error> {
        let mut row = batch.store.omemo_session(peer)?.unwrap_or_default();
        let now = batch.lived();
        if row.owes == PUT_BACK {
            self.crypt.omemo_work(batch, peer.account, limits::OMEMO_SETTLE);
            return Ok(());
        }
        // A person's account answers no stranger by itself.
        if row.record.is_none()
            && self.accounts.is_person(peer.account)
            && !self.accounts.is_self_chat(peer.account, &peer.jid)
        {
            return Ok(());
        }
        if row.owes == RENEWAL || now - row.healed_at < limits::OMEMO_HEAL_S {
            return Ok(());
        }
        (row.owes, row.healed_at) = (RENEWAL, now);
        batch.store.store_omemo_session(peer, &row)?;
        self.crypt.omemo_work(batch, peer.account, limits::OMEMO_SETTLE);
        Ok(())
    }

    /// A bot that is to be written to encrypted only got plain text: whether that ends here.
    pub(crate) fn refuse_plain(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        bot: BotId,
        message: &Inbound,
    ) -> Result<bool, store::Error> {
        if message.is_decrypted || self.accounts.policy(batch, account) != Encrypt::Required {
            return Ok(false);
        }
        let level = batch.told.caused(("plain", bot.0), log::Level::Info, batch.now.mono);
        let from = message.from.bare();
        log::log!(level, "bot {bot}: a message from {from} in plain text was not taken (told once an hour)");
        self.notice(batch, account, &message.from, "plain", &texts::PLAIN_REFUSED)?;
        Ok(true)
    }

    /// Says something about encryption in plain text, at most once in a while to each.
    fn notice(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        to: &Jid,
        what: &str,
        text: &Text,
    ) -> Result<(), store::Error> {
        let Some(bot) = self.accounts.get(&account).and_then(|account| account.row.bot) else { return Ok(()) };
        if !batch.may_hint(bot, &format!("{what}:{}", to.bare_str()), limits::HINT_EVERY_S)? {
            return Ok(());
        }
        let text = text.fill(batch.setup.settings.language, &[("id", &bot.to_string())]);
        let id = batch.new_message_id()?;
        let hint = Outbound::text(to.bare().to_jid(), Kind::Chat, &id, &text).print();
        self.put_out(batch, (account, Some(bot)), &id, hint)
    }
}

impl Accounts {
    /// What the payload says, in the place of the body, or of all there is.
    fn reveal<'a>(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        version: Version,
        message: &Inbound,
        payload: &[u8],
    ) -> Result<Option<Cow<'a, Inbound>>, store::Error> {
        let content = match version {
            Version::Legacy => {
                let text = remedy::inert(String::from_utf8_lossy(payload).into_owned());
                Some(vec![Element::new("body", ns::CLIENT).with_text(&text)])
            }
            // Whoever the envelope names must be who sent it (XEP-0420 §6).
            Version::Omemo2 => Envelope::parse(payload)
                .filter(|envelope| {
                    let is = |said: &Option<String>, is: &Jid| {
                        let said = said.as_deref().map(BareJid::parse);
                        said.is_none_or(|said| said.is_ok_and(|said| said == is.bare()))
                    };
                    is(&envelope.from, &message.from) && is(&envelope.to, &message.to)
                })
                .map(|envelope| envelope.content),
        };
        let Some(content) = content else {
            let level = batch.told.caused(("envelope", account.0), log::Level::Warn, batch.now.mono);
            let own = self.jid_of(account);
            log::log!(level, "{own}: an encrypted message from {} is meant for somebody else: not taken", message.from);
            return Ok(None);
        };
        Ok(Some(Cow::Owned(match version {
            Version::Legacy => message.decrypted_body(content),
            Version::Omemo2 => message.decrypted_content(content),
        })))
    }
}

impl Batch {
    /// Whether this was last said so long ago that it may be said again; from now on it was.
    pub(crate) fn is_time_for(&mut self, key: &str, every_s: i64) -> Result<bool, store::Error> {
        let now = self.lived();
        let last: i64 = self.store.setting(key)?.and_then(|at| at.parse().ok()).unwrap_or(0);
        let is_time = !(0..every_s).contains(&(now - last));
        if is_time {
            self.store.store_setting(key, &now.to_string())?;
        }
        Ok(is_time)
    }

    /// The same of hints to others, of whom there may be any number: more than are remembered get none.
    pub(crate) fn may_hint(&mut self, bot: BotId, what: &str, every_s: i64) -> Result<bool, store::Error> {
        let key = format!("bot_{bot}_omemo_{what}");
        let is_known = self.store.setting(&key)?.is_some();
        Ok((is_known || self.store.count_hints(bot)? < limits::HINTS_MAX) && self.is_time_for(&key, every_s)?)
    }
}
