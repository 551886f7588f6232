//! Table `audit_log`: who changed what, when and from where. Written with what it tells of, in the same transaction.

use crate::base::id::BotId;
use crate::store::row::{AuditFilter, AuditRow};
use crate::store::sql::bare_jid;
use crate::store::{Error, Store};

impl Store {
    /// Notes an action. `details` must hold no secret; the row's own `id` is ignored.
    pub fn insert_audit(&mut self, row: &AuditRow) -> Result<(), Error> {
        self.write(
            "INSERT INTO audit_log (bot_id, action, details, ip_address, timestamp, owner_jid, actor)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
            &[
                &row.bot.map(|bot| bot.0),
                &row.action,
                &row.details,
                &row.address,
                &row.at,
                &row.owner.as_ref().map(|jid| jid.as_str()),
                &row.actor,
            ],
        )?;
        Ok(())
    }

    /// What was noted, the newest first.
    pub fn list_audit(&self, wanted: &AuditFilter) -> Result<Vec<AuditRow>, Error> {
        self.rows(
            "SELECT id, bot_id, owner_jid, action, details, actor, ip_address, timestamp FROM audit_log
             WHERE id < ?1 AND timestamp >= ?2 AND (?3 IS NULL OR bot_id = ?3) AND (?4 IS NULL OR owner_jid = ?4)
             ORDER BY id DESC LIMIT ?5",
            &[
                &wanted.before.unwrap_or(i64::MAX),
                &wanted.since,
                &wanted.bot.map(|bot| bot.0),
                &wanted.owner.as_ref().map(|jid| jid.as_str()),
                &wanted.limit,
            ],
            |row| {
                Ok(AuditRow {
                    id: row.get(0)?,
                    bot: row.get::<_, Option<i64>>(1)?.map(BotId),
                    owner: row.get::<_, Option<String>>(2)?.map(|jid| bare_jid(&jid)).transpose()?,
                    action: row.get(3)?,
                    details: row.get(4)?,
                    actor: row.get(5)?,
                    address: row.get(6)?,
                    at: row.get(7)?,
                })
            },
        )
    }
}
