//! The audit log: who did what, when, and from where. Each entry is written with what it tells of. Logins that were refused
//! are counted in memory and written with the next purge, or when somebody reads, so that nobody fills a disk with them.

use crate::base::id::BotId;
use crate::base::jid::BareJid;
use crate::base::limits;
use crate::core::batch::Batch;
use crate::core::handle::RightsAnswer;
use crate::store;
use crate::store::row::{AuditFilter, AuditRow};

impl Batch {
    /// Notes an action about a bot, or about none. `details` must hold no secret.
    pub(crate) fn audit(&mut self, bot: Option<BotId>, action: &str, details: &str) -> Result<(), store::Error> {
        let owner = bot.and_then(|bot| self.bots.get(&bot)).map(|bot| bot.row.owner.clone());
        self.note(bot, owner, action, details)
    }

    /// The same about a person.
    pub(crate) fn audit_of(&mut self, owner: &BareJid, action: &str, details: &str) -> Result<(), store::Error> {
        self.note(None, Some(owner.clone()), action, details)
    }

    fn note(
        &mut self,
        bot: Option<BotId>,
        owner: Option<BareJid>,
        action: &str,
        details: &str,
    ) -> Result<(), store::Error> {
        let acting = &self.rights.acting;
        self.store.insert_audit(&AuditRow {
            id: 0,
            bot,
            owner,
            action: action.to_string(),
            details: details.to_string(),
            actor: acting.by.word(),
            address: acting.address.map(|address| address.to_canonical().to_string()),
            at: self.now.unix(),
        })
    }

    /// Writes the logins that were refused.
    pub(crate) fn write_refused_logins(&mut self) -> Result<(), store::Error> {
        for (address, count) in self.rights.refused.take() {
            self.store.insert_audit(&AuditRow {
                action: "login_refused".to_string(),
                details: format!("count={count}"),
                address: address.map(|address| address.to_string()),
                at: self.now.unix(),
                ..AuditRow::default()
            })?;
        }
        Ok(())
    }

    /// `/bot/audit`
    pub(crate) fn read_audit(&mut self, wanted: &AuditFilter) -> Result<RightsAnswer, store::Error> {
        self.write_refused_logins()?;
        let limit = wanted.limit.clamp(1, limits::AUDIT_PER_ANSWER_MAX);
        let mut rows = self.store.list_audit(&AuditFilter { limit: limit + 1, ..wanted.clone() })?;
        let has_more = rows.len() as i64 > limit;
        rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(RightsAnswer::Audit(rows, has_more))
    }
}
