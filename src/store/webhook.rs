//! Tables `webhook`, `webhook_retry` and `webhook_attempt`, and the `webhook_*` columns of `bot`: where updates go instead
//! of waiting to be fetched, and how that has gone. The engine decides; rows go with their bot or their update.

use rusqlite::Row;

use crate::base::id::{BotId, UpdateId};
use crate::base::limits;
use crate::base::secret::Secret;
use crate::store::row::{AttemptRow, RetryRow, WebhookRow};
use crate::store::{Error, Store};

/// With one attempt in so many those beyond the limit go.
const TRIMMED_EVERY: i64 = 8;

impl Store {
    /// All webhooks that are on.
    pub fn list_webhooks(&self) -> Result<Vec<WebhookRow>, Error> {
        self.rows(
            "SELECT bot.id, webhook_url, webhook_secret, gone_since, last_error_at, last_error
             FROM bot LEFT JOIN webhook ON bot_id = bot.id WHERE webhook_enabled = 1 AND webhook_url IS NOT NULL",
            &[],
            |row| {
                let bot = BotId(row.get(0)?);
                Ok(WebhookRow {
                    bot,
                    url: row.get(1)?,
                    secret: self.opened(&secret_place(bot), row.get(2)?)?.unwrap_or_default(),
                    gone_since: row.get(3)?,
                    last_error: row.get::<_, Option<i64>>(4)?.zip(row.get(5)?),
                })
            },
        )
    }

    /// What signs a bot's updates, also while its webhook has ended.
    pub fn webhook_secret(&self, bot: BotId) -> Result<Option<Secret>, Error> {
        let sealed = self.row("SELECT webhook_secret FROM bot WHERE id = ?", &[&bot.0], |row| Ok(row.get(0)?))?;
        self.opened(&secret_place(bot), sealed.flatten())
    }

    /// What went wrong last with a bot's webhook, also after its end.
    pub fn webhook_error(&self, bot: BotId) -> Result<Option<(i64, String)>, Error> {
        let sql = "SELECT last_error_at, last_error FROM webhook WHERE bot_id = ? AND last_error IS NOT NULL";
        self.row(sql, &[&bot.0], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// Sets a bot's webhook, with a clean record; what was tried in vain is tried at once.
    pub fn set_webhook(&mut self, bot: BotId, url: &str, secret: &Secret) -> Result<(), Error> {
        let sealed = self.sealed(&secret_place(bot), Some(secret));
        self.write(
            "UPDATE bot SET webhook_url = ?, webhook_secret = ?, webhook_enabled = 1 WHERE id = ?",
            &[&url, &sealed, &bot.0],
        )?;
        self.write("DELETE FROM webhook WHERE bot_id = ?", &[&bot.0])?;
        self.write("UPDATE webhook_retry SET next_at = 0 WHERE bot_id = ?", &[&bot.0])?;
        Ok(())
    }

    /// Ends a bot's webhook; address, secret and record stay.
    pub fn end_webhook(&mut self, bot: BotId) -> Result<(), Error> {
        self.write("UPDATE bot SET webhook_enabled = 0 WHERE id = ?", &[&bot.0])?;
        self.write("DELETE FROM webhook_retry WHERE bot_id = ?", &[&bot.0])?;
        Ok(())
    }

    /// Ends a bot's webhook and forgets its address, secret and record.
    pub fn forget_webhook(&mut self, bot: BotId) -> Result<(), Error> {
        self.end_webhook(bot)?;
        self.write("UPDATE bot SET webhook_url = NULL, webhook_secret = NULL WHERE id = ?", &[&bot.0])?;
        self.write("DELETE FROM webhook WHERE bot_id = ?", &[&bot.0])?;
        Ok(())
    }

    /// Keeps how a webhook fares.
    pub fn store_webhook(&mut self, row: &WebhookRow) -> Result<(), Error> {
        let (at, error) = row.last_error.clone().unzip();
        self.write(
            "INSERT OR REPLACE INTO webhook (bot_id, gone_since, last_error_at, last_error) VALUES (?, ?, ?, ?)",
            &[&row.bot.0, &row.gone_since, &at, &error],
        )?;
        Ok(())
    }

    /// Updates of a bot that were tried in vain.
    pub fn list_retries(&self, bot: BotId) -> Result<Vec<RetryRow>, Error> {
        let sql = "SELECT update_id, attempts, next_at FROM webhook_retry WHERE bot_id = ?";
        self.rows(sql, &[&bot.0], |row| {
            Ok(RetryRow { update: UpdateId(row.get(0)?), attempts: row.get(1)?, next_at_ms: row.get(2)? })
        })
    }

    /// Keeps when an update is tried again. Nothing happens when the update is gone.
    pub fn store_retry(&mut self, bot: BotId, retry: &RetryRow) -> Result<(), Error> {
        self.write(
            "INSERT OR REPLACE INTO webhook_retry (update_id, bot_id, attempts, next_at)
             SELECT id, bot_id, ?3, ?4 FROM update_queue WHERE id = ?1 AND bot_id = ?2",
            &[&retry.update.0, &bot.0, &retry.attempts, &retry.next_at_ms],
        )?;
        Ok(())
    }

    /// Notes an attempt; of each bot the last ones are kept.
    pub fn insert_attempt(&mut self, bot: BotId, row: &AttemptRow) -> Result<(), Error> {
        let id = self.number("SELECT max(id) FROM webhook_attempt WHERE bot_id = ?", &[&bot.0])? + 1;
        self.write(
            "INSERT INTO webhook_attempt
             (bot_id, id, update_id, delivery_id, attempt, status, latency_ms, at, error, update_type, payload)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            &[
                &bot.0,
                &id,
                &row.update.0,
                &row.delivery_id,
                &row.attempt,
                &row.status,
                &row.latency_ms,
                &row.at,
                &row.error,
                &row.kind,
                &row.payload,
            ],
        )?;
        // Several at once: that is cheaper, and a few more do no harm.
        if id % TRIMMED_EVERY == 0 {
            let last_gone = id - limits::WEBHOOK_ATTEMPTS_KEPT;
            self.write("DELETE FROM webhook_attempt WHERE bot_id = ? AND id <= ?", &[&bot.0, &last_gone])?;
        }
        Ok(())
    }

    /// The last attempts of a bot, newest first.
    pub fn list_attempts(&self, bot: BotId) -> Result<Vec<AttemptRow>, Error> {
        self.rows(
            "SELECT update_id, delivery_id, attempt, status, latency_ms, at, error, update_type, NULL
             FROM webhook_attempt WHERE bot_id = ? ORDER BY id DESC LIMIT ?",
            &[&bot.0, &limits::WEBHOOK_ATTEMPTS_KEPT],
            read_attempt,
        )
    }

    /// The last attempt to deliver one update, named by its number or by its delivery; one that succeeded, if there is.
    pub fn find_attempt(
        &self,
        bot: BotId,
        update: Option<UpdateId>,
        delivery: Option<&str>,
    ) -> Result<Option<AttemptRow>, Error> {
        self.row(
            "SELECT update_id, delivery_id, attempt, status, latency_ms, at, error, update_type, payload
             FROM webhook_attempt WHERE bot_id = ? AND (update_id = ? OR delivery_id = ?)
             ORDER BY payload IS NULL, id DESC LIMIT 1",
            &[&bot.0, &update.map(|id| id.0), &delivery],
            read_attempt,
        )
    }
}

fn read_attempt(row: &Row<'_>) -> Result<AttemptRow, Error> {
    Ok(AttemptRow {
        update: UpdateId(row.get(0)?),
        delivery_id: row.get(1)?,
        attempt: row.get(2)?,
        status: row.get(3)?,
        latency_ms: row.get(4)?,
        at: row.get(5)?,
        error: row.get(6)?,
        kind: row.get(7)?,
        payload: row.get(8)?,
    })
}

fn secret_place(bot: BotId) -> String {
    format!("bot.webhook_secret:{bot}")
}
