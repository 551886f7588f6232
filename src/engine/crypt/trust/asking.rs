//! What bots' programs ask about keys (`/bot/omemo/…`), and the answers.

use crate::base::id::{AccountId, BotId};
use crate::base::jid::BareJid;
use crate::base::limits;
use crate::engine::accounts::Accounts;
use crate::engine::crypt::trust::{KeyTrust, Mark, Policy, Reach, Unclear, has_verified};
use crate::engine::failure::Failure;
use crate::engine::handle::{Answer, Encrypt};
use crate::engine::registry::Voice;
use crate::engine::{Batch, Trouble, Xmpp};
use crate::omemo;
use crate::store;
use crate::store::row::KeyRow;

/// A question about keys.
#[derive(Clone, Debug)]
pub enum KeyQuestion {
    /// `status`.
    Status,
    /// `devices`, of one contact or of all.
    Devices(Option<BareJid>),
    /// `trust` and `distrust`.
    Decide {
        /// The contact; `None`: whoever has that key.
        jid: Option<BareJid>,
        /// A device id or a fingerprint.
        key: String,
        /// Which of the two.
        trusted: bool,
    },
    /// `trustPolicy`.
    SetPolicy(Policy),
}

/// The answer to it.
#[derive(Clone, Debug)]
pub enum KeyAnswer {
    /// How the bot stands itself.
    Status(OmemoStatus),
    /// Keys, the newest first.
    Devices(Vec<KeyInfo>),
    /// The key that was decided about.
    Decided(KeyInfo),
    /// The policy from now on.
    Policy(Policy),
}

/// How a bot encrypts, and how it is recognised.
#[derive(Clone, Debug)]
pub struct OmemoStatus {
    /// Its account.
    pub jid: BareJid,
    /// Once it was online with encryption.
    pub device: Option<OwnKey>,
    /// How it judges keys.
    pub policy: Policy,
    /// Whether it encrypts.
    pub encrypt: Encrypt,
}

/// A bot's own device.
#[derive(Clone, Debug)]
pub struct OwnKey {
    /// Its id.
    pub device: u32,
    /// 64 digits in groups of eight.
    pub fingerprint: String,
    /// What clients scan or open to verify it (XEP-0384 §8).
    pub uri: String,
}

/// A key as callers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyInfo {
    /// Whose it is.
    pub jid: BareJid,
    /// Of which device; 0: it was named and not seen yet.
    pub device: u32,
    /// 64 digits in groups of eight.
    pub fingerprint: String,
    /// `trusted`, `undecided`, `distrusted`.
    pub standing: &'static str,
    /// The owner has said so.
    pub is_verified: bool,
    /// Unix time.
    pub first_seen: i64,
}

impl KeyInfo {
    pub(super) fn new(row: &KeyRow, standing: KeyTrust, is_verified: bool) -> KeyInfo {
        KeyInfo {
            jid: row.jid.clone(),
            device: row.device,
            fingerprint: omemo::fingerprint(&row.key),
            standing: standing.as_str(),
            is_verified,
            first_seen: row.first_seen,
        }
    }
}

impl Xmpp {
    /// Answers a bot's program.
    pub(in crate::engine) fn ask_keys(
        &mut self,
        batch: &mut Batch,
        bot: BotId,
        question: &KeyQuestion,
    ) -> Result<Answer, Trouble> {
        let account = self.accounts.omemo_account(batch, bot)?;
        Ok(Answer::Keys(match question {
            KeyQuestion::Status => KeyAnswer::Status(self.accounts.omemo_status(batch, account)?),
            KeyQuestion::Devices(jid) => {
                KeyAnswer::Devices(batch.list_keys(account, jid.as_ref(), limits::OMEMO_KEYS_ANSWERED_MAX)?)
            }
            KeyQuestion::Decide { jid, key, trusted } => {
                let decided = self.decide_key(batch, account, jid.as_ref(), key, (*trusted, Reach::All))?;
                KeyAnswer::Decided(decided.map_err(Failure::from)?.key)
            }
            KeyQuestion::SetPolicy(policy) => {
                self.accounts.set_trust_policy(batch, account, *policy)?;
                KeyAnswer::Policy(*policy)
            }
        }))
    }
}

impl Accounts {
    /// How an account stands itself.
    pub(in crate::engine) fn omemo_status(&self, batch: &Batch, account: AccountId) -> Result<OmemoStatus, Trouble> {
        let jid = self.get(&account).map(|account| account.row.jid.clone()).ok_or(Failure::Internal)?;
        let device = self.own_omemo(batch, account)?.map(|own| OwnKey {
            device: own.id,
            fingerprint: omemo::fingerprint(&own.identity),
            uri: omemo::print_uri(jid.as_str(), &[(own.id, own.identity)]),
        });
        Ok(OmemoStatus { jid, device, policy: batch.trust_policy(account)?, encrypt: self.policy(batch, account) })
    }

    /// The account that a bot speaks through: its own or its owner's.
    pub(in crate::engine) fn omemo_account(&self, batch: &Batch, bot: BotId) -> Result<AccountId, Failure> {
        match self.voice(batch.bot(bot)?) {
            Voice::Account(account) => Ok(account),
            Voice::Local | Voice::None => {
                let why = "only what goes through an XMPP account that is signed in here is encrypted";
                Err(Failure::NotConfigured(why.to_string()))
            }
        }
    }
}

impl Batch {
    /// Keys that an account knows.
    pub(in crate::engine) fn list_keys(
        &self,
        account: AccountId,
        jid: Option<&BareJid>,
        limit: i64,
    ) -> Result<Vec<KeyInfo>, store::Error> {
        let rows = match jid {
            Some(jid) => self.store.list_omemo_keys(account, jid)?,
            None => self.store.list_all_omemo_keys(account, limit)?,
        };
        let policy = self.trust_policy(account)?;
        let mut keys = Vec::with_capacity(rows.len());
        for row in &rows {
            let mark = Mark::of(row);
            // Only there does it matter what else the contact has.
            let is_verified = mark == Mark::Open && has_verified(&self.store.list_omemo_keys(account, &row.jid)?);
            keys.push(KeyInfo::new(row, mark.standing(policy, is_verified), mark == Mark::Verified));
        }
        Ok(keys)
    }
}

impl From<Unclear> for Failure {
    fn from(unclear: Unclear) -> Failure {
        match unclear {
            Unclear::Word => {
                let rule = "a device id, or at least 16 digits of a fingerprint";
                Failure::invalid("key", rule)
            }
            Unclear::Unknown => Failure::NotFound(
                "no such key was seen; a whole fingerprint of 64 digits can be trusted beforehand".to_string(),
            ),
            Unclear::Ambiguous => Failure::Conflict("several keys are called so; give the fingerprint".to_string()),
            Unclear::Full => Failure::Quota("no room for more keys of this contact".to_string()),
        }
    }
}
