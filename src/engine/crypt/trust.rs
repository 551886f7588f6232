//! Whose keys are believed: the first key of a device is, another one that takes its place is not.

use crate::base::id::AccountId;
use crate::base::jid::BareJid;
use crate::engine::Engine;
use crate::omemo::PublicKey;
use crate::store;

/// What is thought of an identity key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Standing {
    /// It is encrypted to and believed.
    Trusted,
    /// Nobody has decided: it is read and not written to.
    Undecided,
    /// Neither.
    Distrusted,
}

impl Standing {
    fn number(self) -> i64 {
        match self {
            Standing::Undecided => 0,
            Standing::Trusted => 1,
            Standing::Distrusted => 2,
        }
    }

    fn read(number: i64) -> Standing {
        match number {
            1 => Standing::Trusted,
            2 => Standing::Distrusted,
            _ => Standing::Undecided,
        }
    }
}

impl Engine {
    /// What is thought of the key of somebody's device; a key seen first is remembered.
    pub(in crate::engine) fn judge_key(
        &mut self,
        account: AccountId,
        peer: &BareJid,
        device: u32,
        key: &PublicKey,
    ) -> Result<Standing, store::Error> {
        let known = self.store.list_omemo_keys(account, peer, device)?;
        if let Some((_, standing)) = known.iter().find(|(other, _)| other == key) {
            return Ok(Standing::read(*standing));
        }
        let standing = if known.is_empty() { Standing::Trusted } else { Standing::Distrusted };
        if standing == Standing::Distrusted {
            log::warn!("{}: device {device} of {peer} has another key than before", self.jid_of(account));
        }
        let now = self.now.unix();
        self.store.store_omemo_key(account, peer, device, key, standing.number(), now)?;
        Ok(standing)
    }
}
