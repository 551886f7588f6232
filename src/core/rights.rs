//! What is known in memory of who may what: credentials, people, what of their quotas is used. The rules over it are in
//! `core/access/` and `core/owner/`.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use crate::base::id::BotId;
use crate::base::jid::BareJid;
use crate::base::limits;
use crate::base::ratelimit::client_key;
use crate::store::row::{TenantRow, TokenHolder, TokenRow};

/// Who may what.
#[derive(Default)]
pub(crate) struct Rights {
    /// Main tokens of bots, by their hash.
    pub(crate) by_token: HashMap<[u8; 32], BotId>,
    /// Keys of bots for programs that were written for Botyard, by their hash.
    pub(crate) by_key: HashMap<[u8; 32], BotId>,
    /// All other tokens.
    pub(crate) tokens: Tokens,
    /// People of whom something was said.
    pub(crate) people: BTreeMap<BareJid, TenantRow>,
    /// What the bots of owners with quotas have used today.
    pub(crate) usage: Usage,
    /// Codes to sign in with that were sent.
    pub(crate) codes: HashMap<BareJid, Code>,
    /// Who causes what is under way, for the audit log and nothing else.
    pub(crate) acting: Acting,
    /// Logins that were refused since the audit log was told of them last.
    pub(crate) refused: RefusedLogins,
}

/// Tokens beside the main ones of bots.
#[derive(Default)]
pub(crate) struct Tokens {
    by_hash: HashMap<[u8; 32], i64>,
    rows: BTreeMap<i64, TokenRow>,
}

impl Tokens {
    pub(crate) fn of(rows: Vec<TokenRow>) -> Tokens {
        let mut tokens = Tokens::default();
        rows.into_iter().for_each(|row| tokens.insert(row));
        tokens
    }

    pub(crate) fn insert(&mut self, row: TokenRow) {
        self.by_hash.insert(row.hash, row.id);
        self.rows.insert(row.id, row);
    }

    pub(crate) fn remove(&mut self, id: i64) -> Option<TokenRow> {
        let row = self.rows.remove(&id)?;
        self.by_hash.remove(&row.hash);
        Some(row)
    }

    pub(crate) fn find(&self, hash: &[u8; 32]) -> Option<&TokenRow> {
        self.by_hash.get(hash).and_then(|id| self.rows.get(id))
    }

    pub(crate) fn get_mut(&mut self, id: i64) -> Option<&mut TokenRow> {
        self.rows.get_mut(&id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &TokenRow> {
        self.rows.values()
    }

    /// Those of one holder, in the order they were made.
    pub(crate) fn held_by(&self, holder: &TokenHolder) -> impl Iterator<Item = &TokenRow> {
        self.rows.values().filter(move |row| row.holder == *holder)
    }
}

/// What is used of a day's quotas; of owners about whom nobody has asked nothing is here.
#[derive(Default)]
pub(crate) struct Usage {
    /// The day that was lived through.
    pub(crate) day: i64,
    pub(crate) owners: HashMap<BareJid, Used>,
}

/// What one owner's bots have used.
#[derive(Clone, Copy, Default)]
pub(crate) struct Used {
    pub(crate) messages: i64,
    pub(crate) ai_calls: i64,
    /// Messages since this was written.
    pub(crate) unwritten: i64,
}

/// A code that was sent to somebody. It is not in the database: after a restart a new one is asked for.
pub(crate) struct Code {
    pub(crate) hash: [u8; 32],
    /// Unix time.
    pub(crate) made_at: i64,
    pub(crate) tries_left: u32,
    /// How many were sent before it that nobody has used.
    pub(crate) unused: u32,
}

/// Who causes what is under way.
#[derive(Clone, Default)]
pub(crate) struct Acting {
    pub(crate) by: By,
    pub(crate) address: Option<IpAddr>,
}

/// Who it is.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) enum By {
    /// The daemon itself, or the network.
    #[default]
    Daemon,
    /// Whoever has management rights without a name.
    Admin,
    /// A bot's program by the main token.
    Bot,
    /// By another token.
    Token(i64),
    /// A person: in a chat, or by a token of his own.
    Person(BareJid),
}

impl By {
    /// As the log spells it.
    pub(crate) fn word(&self) -> Option<String> {
        match self {
            By::Daemon => None,
            By::Admin => Some("admin".to_string()),
            By::Bot => Some("bot".to_string()),
            By::Token(id) => Some(format!("token:{id}")),
            By::Person(jid) => Some(jid.to_string()),
        }
    }
}

/// Logins that were refused, by address.
#[derive(Default)]
pub(crate) struct RefusedLogins {
    by_address: BTreeMap<IpAddr, i64>,
    /// From addresses beyond those that are told apart.
    others: i64,
}

impl RefusedLogins {
    pub(crate) fn note(&mut self, address: IpAddr) {
        let address = client_key(address);
        let is_known = self.by_address.contains_key(&address);
        if is_known || self.by_address.len() < limits::FAILED_LOGINS_TOLD_MAX {
            *self.by_address.entry(address).or_default() += 1;
        } else {
            self.others += 1;
        }
    }

    /// What there is, with the address where it is told apart; nothing is left.
    pub(crate) fn take(&mut self) -> Vec<(Option<IpAddr>, i64)> {
        let known = std::mem::take(&mut self.by_address).into_iter().map(|(address, count)| (Some(address), count));
        let others = Some((None, std::mem::take(&mut self.others))).filter(|(_, count)| *count > 0);
        known.chain(others).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_logins_are_counted_for_so_many_addresses() {
        let mut refused = RefusedLogins::default();
        for number in 0..2 * limits::FAILED_LOGINS_TOLD_MAX as u32 {
            refused.note(IpAddr::V4(number.into()));
            refused.note(IpAddr::V4(0.into()));
        }
        let told = refused.take();
        assert_eq!(told.len(), limits::FAILED_LOGINS_TOLD_MAX + 1);
        let count = |at: usize| told[at].1;
        let all = 2 * limits::FAILED_LOGINS_TOLD_MAX as i64;
        assert_eq!((count(0), count(1), told.last().unwrap().0), (all + 1, 1, None));
        assert_eq!(told.iter().map(|(_, count)| count).sum::<i64>(), 2 * all);
        assert!(refused.take().is_empty());
    }
}
