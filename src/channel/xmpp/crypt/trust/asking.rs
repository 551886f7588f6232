//! What bots' programs ask about keys (`/bot/omemo/…`), and the answers.

use crate::base::id::{AccountId, BotId};
use crate::base::jid::BareJid;
use crate::base::limits;
use crate::channel::xmpp::Xmpp;
use crate::channel::xmpp::accounts::Accounts;
use crate::channel::xmpp::crypt::trust::{KeyTrust, Mark, Reach, Unclear, has_verified};
use crate::core::batch::{Batch, Trouble};
use crate::core::failure::Failure;
use crate::core::handle::{Answer, KeyAnswer, KeyInfo, KeyQuestion, OmemoStatus, OwnKey};
use crate::core::registry::Through;
use crate::omemo;
use crate::store;
use crate::store::row::KeyRow;

impl KeyInfo {
    /// A key under its mark, and how it stands for that.
    pub(super) fn new(row: &KeyRow, standing: KeyTrust, mark: Mark) -> KeyInfo {
        KeyInfo {
            jid: row.jid.clone(),
            device: row.device,
            fingerprint: omemo::fingerprint(&row.key),
            standing: standing.as_str(),
            is_verified: mark == Mark::Verified,
            first_seen: row.first_seen,
        }
    }
}

impl Xmpp {
    /// Answers a bot's program.
    pub(crate) fn ask_keys(
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
    pub(crate) fn omemo_status(&self, batch: &Batch, account: AccountId) -> Result<OmemoStatus, Trouble> {
        let jid = self.get(&account).map(|account| account.row.jid.clone()).ok_or(Failure::Internal)?;
        let device = self.own_omemo(batch, account)?.map(|own| OwnKey {
            device: own.id,
            fingerprint: omemo::fingerprint(&own.identity),
            uri: omemo::print_uri(jid.as_str(), &[(own.id, own.identity)]),
        });
        Ok(OmemoStatus { jid, device, policy: batch.trust_policy(account)?, encrypt: self.policy(batch, account) })
    }

    /// The account that a bot speaks through: its own or its owner's.
    pub(crate) fn omemo_account(&self, batch: &Batch, bot: BotId) -> Result<AccountId, Failure> {
        match self.speaks_through(batch.bot(bot)?) {
            Through::Account(account) => Ok(account),
            Through::Local | Through::None => {
                let why = "only what goes through an XMPP account that is signed in here is encrypted";
                Err(Failure::NotConfigured(why.to_string()))
            }
        }
    }
}

impl Batch {
    /// Keys that an account knows.
    pub(crate) fn list_keys(
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
            keys.push(KeyInfo::new(row, mark.standing(policy, is_verified), mark));
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
