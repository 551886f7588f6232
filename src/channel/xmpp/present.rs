//! Who of those that bots' own accounts may see is there now: kept in memory, for people elsewhere who ask. A connection
//! tells it anew.

use std::collections::BTreeSet;

use crate::base::id::{AccountId, BotId};
use crate::base::jid::{BareJid, Jid};
use crate::base::limits;
use crate::channel::xmpp::Xmpp;
use crate::core::batch::Batch;
use crate::xmpp::presence::PresenceKind;

/// Clients that are there, by the account that sees them.
#[derive(Default)]
pub(crate) struct Present {
    clients: BTreeSet<(AccountId, Jid)>,
}

impl Present {
    /// What a presence says of its sender.
    pub(crate) fn note(&mut self, account: AccountId, from: &Jid, kind: PresenceKind) {
        match kind {
            PresenceKind::Available if self.clients.len() < limits::PRESENT_MAX => {
                self.clients.insert((account, from.clone()));
            }
            // Without a resource: none of his clients.
            PresenceKind::Unavailable if from.is_bare() => {
                self.clients.retain(|(by, client)| *by != account || client.bare_str() != from.bare_str());
            }
            PresenceKind::Unavailable => {
                self.clients.remove(&(account, from.clone()));
            }
            _ => {}
        }
    }

    /// What was told on an earlier connection counts no more.
    pub(crate) fn forget(&mut self, account: AccountId) {
        self.clients.retain(|(by, _)| *by != account);
    }

    fn is_there(&self, account: AccountId, who: &BareJid) -> bool {
        self.clients.iter().any(|(by, client)| *by == account && client.bare_str() == who.as_str())
    }
}

/// Who is in a conversation now.
pub(crate) enum Who {
    /// In a room: these nicks, of so many.
    Nicks(Vec<String>, usize),
    /// One person: whether he is there; `None` where the bot does not see it.
    Person(Option<bool>),
}

impl Xmpp {
    /// Who is in a conversation of a bot's now.
    pub(crate) fn who_is_there(&self, batch: &Batch, bot: BotId, here: &BareJid) -> Who {
        let Some(account) = self.accounts.account_of_bot(bot) else { return Who::Person(None) };
        if let Some((nicks, count)) = self.rooms.nicks(&(account, here.clone()), limits::MEMBERS_SHOWN_MAX) {
            return Who::Nicks(nicks, count);
        }
        let is_own = batch.bots.get(&bot).is_some_and(|bot| bot.row.jid.is_some());
        Who::Person(is_own.then(|| self.accounts.present.is_there(account, here)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_and_goes() {
        let (mut present, account) = (Present::default(), AccountId(1));
        let jid = |text: &str| Jid::parse(text).unwrap();
        let anna = jid("anna@example.org").bare();
        present.note(account, &jid("anna@example.org/a"), PresenceKind::Available);
        present.note(account, &jid("anna@example.org/b"), PresenceKind::Available);
        present.note(account, &jid("anna@example.org/a"), PresenceKind::Unavailable);
        assert!(present.is_there(account, &anna) && !present.is_there(AccountId(2), &anna));
        present.note(account, &jid("anna@example.org"), PresenceKind::Unavailable);
        assert!(!present.is_there(account, &anna));
        present.note(account, &jid("anna@example.org/a"), PresenceKind::Available);
        present.forget(account);
        assert!(!present.is_there(account, &anna));
    }
}
