//! Table `audit_log`: who changed what, for people. Written only; read with any SQLite tool.

use crate::base::id::BotId;
use crate::store::{Error, Store};

impl Store {
    /// Notes an action (`create`, `delete`, `token_regen`, …). `details` must hold no secret.
    pub fn insert_audit(
        &mut self,
        bot: Option<BotId>,
        action: &str,
        details: &str,
        ip: Option<&str>,
        now_s: i64,
    ) -> Result<(), Error> {
        self.write(
            "INSERT INTO audit_log (bot_id, action, details, ip_address, timestamp) VALUES (?, ?, ?, ?, ?)",
            &[&bot.map(|bot| bot.0), &action, &details, &ip, &now_s],
        )?;
        Ok(())
    }
}
