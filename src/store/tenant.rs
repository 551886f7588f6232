//! Tables `tenant` and `usage`: who owns bots here, what he may, and how much of it is used.

use crate::base::jid::BareJid;
use crate::store::message::IDS_PER_SECOND;
use crate::store::row::{QuotaRow, TenantRow, UsageRow};
use crate::store::sql::bare_jid;
use crate::store::{Error, Store};

impl Store {
    /// Everybody of whom something was said.
    pub fn list_tenants(&self) -> Result<Vec<TenantRow>, Error> {
        self.rows(
            "SELECT jid, role, sees, bots, messages, storage, ai_calls, created_at FROM tenant ORDER BY jid",
            &[],
            |row| {
                Ok(TenantRow {
                    jid: bare_jid(&row.get::<_, String>(0)?)?,
                    role: row.get(1)?,
                    sees: row.get::<_, Option<String>>(2)?.map(|jid| bare_jid(&jid)).transpose()?,
                    quotas: QuotaRow {
                        bots: row.get(3)?,
                        messages: row.get(4)?,
                        storage: row.get(5)?,
                        ai_calls: row.get(6)?,
                    },
                    created_at: row.get(7)?,
                })
            },
        )
    }

    /// Keeps somebody as he is now.
    pub fn store_tenant(&mut self, row: &TenantRow) -> Result<(), Error> {
        let quotas = &row.quotas;
        self.write(
            "INSERT OR REPLACE INTO tenant (jid, role, sees, bots, messages, storage, ai_calls, created_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            &[
                &row.jid.as_str(),
                &row.role,
                &row.sees.as_ref().map(|jid| jid.as_str()),
                &quotas.bots,
                &quotas.messages,
                &quotas.storage,
                &quotas.ai_calls,
                &row.created_at,
            ],
        )?;
        Ok(())
    }

    /// Nothing is said of somebody any more.
    pub fn delete_tenant(&mut self, jid: &BareJid) -> Result<(), Error> {
        self.write("DELETE FROM tenant WHERE jid = ?", &[&jid.as_str()])?;
        Ok(())
    }

    /// What the bots of an owner have used, as it was written last.
    pub fn find_usage(&self, owner: &BareJid) -> Result<Option<UsageRow>, Error> {
        self.row("SELECT day, messages, ai_calls, up_to FROM usage WHERE owner_jid = ?", &[&owner.as_str()], |row| {
            Ok(UsageRow {
                owner: owner.clone(),
                day: row.get(0)?,
                messages: row.get(1)?,
                ai_calls: row.get(2)?,
                up_to: row.get(3)?,
            })
        })
    }

    /// Writes what the bots of an owner have used.
    pub fn store_usage(&mut self, row: &UsageRow) -> Result<(), Error> {
        self.write(
            "INSERT OR REPLACE INTO usage (owner_jid, day, messages, ai_calls, up_to) VALUES (?, ?, ?, ?, ?)",
            &[&row.owner.as_str(), &row.day, &row.messages, &row.ai_calls, &row.up_to],
        )?;
        Ok(())
    }

    /// What the bots of an owner have said since a message, that one left out.
    pub fn count_said_since(&self, owner: &BareJid, up_to: i64) -> Result<i64, Error> {
        self.number(
            "SELECT count(*) FROM message AS m JOIN conversation AS c ON c.id = m.conversation_id
             JOIN bot AS b ON b.id = c.bot_id
             WHERE m.id > ? AND m.contact_id IS NULL AND b.owner_jid = ?",
            &[&up_to, &owner.as_str()],
        )
    }

    /// The greatest number that a message has or may have had so far.
    pub fn last_message_number(&self) -> Result<i64, Error> {
        self.last_number()
    }

    /// The number below those of the messages of a second that was lived through.
    pub fn number_before(now_s: i64) -> i64 {
        now_s.saturating_mul(IDS_PER_SECOND) - 1
    }
}
