//! What is told of keys that were not seen before: an update for the bot's program, and where somebody has to decide, a
//! word in the owner's chat.
//!
//! Words are said at the end of the batch: saying something encrypts, and whoever judges a key is in the midst of that.

use crate::base::id::AccountId;
use crate::base::{limits, text};
use crate::channel::xmpp::Xmpp;
use crate::channel::xmpp::crypt::trust::{KeyTrust, Mark};
use crate::core::batch::Batch;
use crate::core::handle::{Policy, UpdateKind};
use crate::core::owner::is_local;
use crate::core::texts::omemo as texts;
use crate::core::{Core, record};
use crate::omemo;
use crate::store;
use crate::store::row::{KeyRow, OmemoPeer};
use crate::xmpp::message::{Inbound, Kind, Outbound, Via};

/// A key at its first sight.
pub(super) struct Sight {
    pub(super) mark: Mark,
    pub(super) standing: KeyTrust,
    /// It will be known the next time.
    pub(super) is_kept: bool,
    /// The owner has been told of it in another chat.
    pub(super) is_told: bool,
}

/// Something an owner is to be told.
pub(crate) struct Notice {
    account: AccountId,
    text: String,
}

impl Xmpp {
    /// Tells of a key at its first sight.
    pub(super) fn tell_key(
        &mut self,
        core: &mut Core,
        account: AccountId,
        row: &KeyRow,
        Sight { mark, standing, is_kept, is_told }: Sight,
    ) -> Result<(), store::Error> {
        let is_owner = self.accounts.owner_of(&core.batch, account).as_ref() == Some(&row.jid);
        let is_changed = mark == Mark::Changed;
        // With pinned keys a stranger is nothing special, and to a person his friends' devices are their affair.
        let is_common =
            self.accounts.bot_with(account).is_none() || core.batch.trust_policy(account)? == Policy::Pinned;
        let has_chat = is_owner || self.accounts.bot_with(account).is_some();
        let is_news = !is_told && has_chat && (is_changed || mark == Mark::Open && (is_owner || !is_common));
        let turn = if is_news { core.batch.take_turn(account, if is_owner { "own" } else { "others" })? } else { None };
        if !is_kept && turn.is_none() {
            return Ok(());
        }
        let fingerprint = omemo::fingerprint(&row.key);
        let key = record::Key {
            row,
            fingerprint: &fingerprint,
            standing: standing.as_str(),
            is_changed,
            at: core.batch.now.unix(),
        };
        let payload = record::omemo_key(&key);
        if let Some(bot) = self.accounts.bot_with(account) {
            core.push_update(bot, UpdateKind::OmemoKey.as_str(), &payload)?;
        }
        if let Some(turn) = turn {
            let name = match (is_changed, is_owner) {
                (true, _) => format!("{} {}", row.jid, text::hex(&row.key)),
                (false, true) => row.device.to_string(),
                (false, false) => format!("{} {}", row.jid, row.device),
            };
            self.note_notice(&mut core.batch, account, row, (mark, &name), turn);
        }
        Ok(())
    }

    /// Says what has come together.
    pub(crate) fn tell_notices(&mut self, core: &mut Core) -> Result<(), store::Error> {
        // What is said may come to further keys; that ends, for there are so many notices in a day.
        while !self.crypt.notices.is_empty() {
            for notice in std::mem::take(&mut self.crypt.notices) {
                let Some(owner) = self.accounts.owner_of(&core.batch, notice.account) else { continue };
                match self.accounts.bot_with(notice.account) {
                    Some(bot) => self.tell_owner(core, bot, &owner, &notice.text)?,
                    // In the chat with himself.
                    None => self.tell_own_key(core, &owner, &notice.text)?,
                }
            }
        }
        Ok(())
    }
}

impl Xmpp {
    /// Somebody wrote on a device that is not trusted, and could read no answer there: he is told what to do about it, in
    /// plain text, for nothing else reaches him. Once a day; with what he can see himself, and no secret.
    pub(in crate::channel::xmpp::crypt) fn hint_untrusted(
        &mut self,
        batch: &mut Batch,
        peer: &OmemoPeer,
        message: &Inbound,
    ) -> Result<(), store::Error> {
        let (account, language) = (peer.account, batch.setup.settings.language);
        let Some((standing, key)) = self.crypt.under.zip(self.crypt.sender) else { return Ok(()) };
        let is_self = self.accounts.is_self_chat(account, &peer.jid);
        let is_owner = self.accounts.owner_of(batch, account).as_ref() == Some(&peer.jid);
        // Not about what a person writes to others, nor what they write to him, nor another client of a bot's account.
        let is_talk = match self.accounts.bot_with(account) {
            None => is_self && message.to.bare() == peer.jid,
            Some(_) => message.via != Via::CarbonSent && message.to.bare() != peer.jid,
        };
        let day = batch.lived().div_euclid(24 * 3600);
        if standing == KeyTrust::Trusted
            || !is_talk
            || !batch.store.see(account, &format!("u:{day}:{}:{}", peer.jid, peer.device), batch.lived())?
            || batch.take_turn(account, "hints")?.is_none()
        {
            return Ok(());
        }
        let is_read = standing == KeyTrust::Undecided;
        let device = peer.device.to_string();
        let name = if is_read { device.clone() } else { format!("{} {}", peer.jid, text::hex(&key)) };
        let values = [("device", device.as_str()), ("fingerprint", &omemo::fingerprint(&key)), ("name", &name)];
        let head = if is_read { &texts::DEVICE_WAITS } else { &texts::DEVICE_REFUSED };
        let tail = if is_owner { &texts::DEVICE_OWN } else { &texts::DEVICE_OTHERS };
        let hint = head.fill(language, &[]) + &tail.fill(language, &values);
        let id = batch.new_message_id()?;
        let hint = Outbound::text(peer.jid.to_jid(), Kind::Chat, &id, &hint);
        let hint = if is_self { hint.private() } else { hint };
        self.put_out(batch, (account, self.accounts.bot_with(account)), &id, hint.print())
    }

    /// `name`: how the owner calls it when he decides.
    fn note_notice(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        row: &KeyRow,
        (mark, name): (Mark, &str),
        turn: u32,
    ) {
        let language = batch.setup.settings.language;
        // In the bot's chat, or, where there is none, to the manager.
        let is_local = self.accounts.owner_of(batch, account).is_some_and(|owner| is_local(&owner));
        let command = match self.accounts.bot_with(account).filter(|_| is_local) {
            Some(bot) => format!("/omemo {bot}"),
            None => "/omemo".to_string(),
        };
        let (device, fingerprint) = (row.device.to_string(), omemo::fingerprint(&row.key));
        let values = [
            ("jid", row.jid.as_str()),
            ("device", &device),
            ("fingerprint", &fingerprint),
            ("command", &command),
            ("name", name),
        ];
        let is_changed = mark == Mark::Changed;
        let notice = if is_changed { &texts::KEY_CHANGED } else { &texts::KEY_NEW };
        let mut text = notice.fill(language, &values);
        if turn + 1 == limits::OMEMO_NOTICES_PER_DAY {
            text.push_str(&texts::LAST_NOTICE.fill(language, &values));
        }
        let (own, what) = (self.accounts.jid_of(account), if is_changed { "another" } else { "a new" });
        log::warn!("{own}: device {device} of {} has {what} OMEMO key; its owner is asked", row.jid);
        self.crypt.notices.push(Notice { account, text });
    }
}

impl Batch {
    /// The number of a notice of today, while there are some left.
    fn take_turn(&mut self, account: AccountId, kind: &str) -> Result<Option<u32>, store::Error> {
        let now = self.lived();
        let day = now.div_euclid(24 * 3600);
        for turn in 0..limits::OMEMO_NOTICES_PER_DAY {
            if self.store.see(account, &format!("k:{day}:{kind}:{turn}"), now)? {
                return Ok(Some(turn));
            }
        }
        Ok(None)
    }
}
