//! What grows old goes: called by the engine once in a while. Looks first and writes only when something is old, so
//! that an idle daemon leaves the disk alone.

use crate::base::id::{BotId, UpdateId};
use crate::base::limits;
use crate::store::message::IDS_PER_SECOND;
use crate::store::{Error, Store};

impl Store {
    /// Deletes what is older or more than `limits.rs` allows. `now_s` is in time lived through, as the rows are; `clock_s` is
    /// the clock's, for the few that have the stamps of servers. Gives how many updates each bot lost unread, already
    /// counted in its row: whoever has a copy of the row adds it there too.
    pub fn purge(&mut self, now_s: i64, clock_s: i64) -> Result<Vec<(BotId, i64)>, Error> {
        let retention = now_s - limits::RETENTION.as_secs() as i64;
        let dropped = self.purge_updates(retention)?;
        self.purge_rows(
            "SELECT EXISTS (SELECT 1 FROM idempotency WHERE created_at < ?)",
            "DELETE FROM idempotency WHERE created_at < ?",
            retention,
        )?;
        self.purge_rows(
            "SELECT EXISTS (SELECT 1 FROM ask WHERE ended_at < ?)",
            "DELETE FROM ask WHERE ended_at < ?",
            retention * 1_000,
        )?;
        self.purge_seen(now_s, clock_s)?;
        self.purge_messages(now_s)?;
        // The lower the number, the older: looking stops at the first young one. Histories keep theirs.
        let old = "id < coalesce((SELECT id FROM file WHERE created_at >= ? ORDER BY id LIMIT 1), 9223372036854775807)
                   AND id NOT IN (SELECT file_id FROM message_file)";
        self.purge_rows(
            &format!("SELECT EXISTS (SELECT 1 FROM file WHERE {old})"),
            &format!("DELETE FROM file WHERE {old}"),
            now_s - limits::FILE_RETENTION.as_secs() as i64,
        )?;
        self.purge_rows(
            "SELECT EXISTS (SELECT 1 FROM ai_turn WHERE created_at < ?)",
            "DELETE FROM ai_turn WHERE created_at < ? AND answer IS NOT NULL",
            now_s - limits::AI_RETENTION.as_secs() as i64,
        )?;
        let hints = "key GLOB 'bot_[0-9]*_omemo_*' AND CAST(value AS INTEGER) < ?";
        self.purge_rows(
            &format!("SELECT EXISTS (SELECT 1 FROM settings WHERE {hints})"),
            &format!("DELETE FROM settings WHERE {hints}"),
            now_s - limits::ROOM_HINT_EVERY_S,
        )?;
        self.purge_rows(
            "SELECT (SELECT created_at FROM bridge_message ORDER BY id LIMIT 1) < ?",
            "DELETE FROM bridge_message WHERE created_at < ?",
            now_s - limits::PASSED_RETENTION.as_secs() as i64,
        )?;
        self.purge_omemo(now_s)?;
        self.purge_rows(
            "SELECT EXISTS (SELECT 1 FROM telegram_message WHERE created_at < ?)",
            "DELETE FROM telegram_message WHERE created_at < ?",
            now_s - limits::SENT_RETENTION.as_secs() as i64,
        )?;
        self.purge_buttons(now_s)?;
        self.purge_log(now_s, clock_s)?;
        self.purge_numbers(now_s)?;
        self.purge_web(clock_s)?;
        self.shrink()?;
        Ok(dropped)
    }

    /// The audit log, and what was used of quotas.
    fn purge_log(&mut self, now_s: i64, clock_s: i64) -> Result<(), Error> {
        // Only this function deletes here, and mostly the oldest first, so the ids have hardly a hole.
        self.purge_rows(
            "SELECT EXISTS (SELECT 1 FROM audit_log WHERE id <= ?)",
            "DELETE FROM audit_log WHERE id <= ?",
            self.number("SELECT max(id) FROM audit_log", &[])? - limits::AUDIT_ROWS_MAX,
        )?;
        self.purge_rows(
            "SELECT (SELECT timestamp FROM audit_log ORDER BY id LIMIT 1) < ?",
            "DELETE FROM audit_log WHERE timestamp < ?",
            clock_s - limits::AUDIT_RETENTION.as_secs() as i64,
        )?;
        // What was used on another day says nothing.
        self.purge_rows(
            "SELECT EXISTS (SELECT 1 FROM usage WHERE day < ?)",
            "DELETE FROM usage WHERE day < ?",
            now_s.div_euclid(24 * 3_600) - 1,
        )
    }

    /// Buttons go with the time in which their message can be changed, presses when nobody may answer them any more.
    fn purge_buttons(&mut self, now_s: i64) -> Result<(), Error> {
        self.purge_rows(
            "SELECT EXISTS (SELECT 1 FROM keyboard WHERE created_at < ?)",
            "DELETE FROM keyboard WHERE created_at < ?",
            now_s - limits::SENT_RETENTION.as_secs() as i64,
        )?;
        self.purge_rows(
            "SELECT EXISTS (SELECT 1 FROM button_press WHERE created_at < ?)",
            "DELETE FROM button_press WHERE created_at < ?",
            now_s - limits::RETENTION.as_secs() as i64,
        )
    }

    /// What was told is remembered for a shorter time than what was sent: a receipt comes later than a correction. Of the
    /// built-in chat the newest lines stay. Who has no message any more goes, too.
    fn purge_messages(&mut self, now_s: i64) -> Result<(), Error> {
        let local = "conversation_id IN (SELECT id FROM conversation WHERE channel = 'local')";
        let last_line = self.number(
            &format!("SELECT id FROM message WHERE {local} AND body IS NOT NULL ORDER BY id DESC LIMIT 1 OFFSET ?"),
            &[&limits::LOCAL_MESSAGES_MAX],
        )?;
        let told = now_s - limits::SEEN_RETENTION.as_secs() as i64;
        let sent = now_s - limits::SENT_RETENTION.as_secs() as i64;
        let mut deleted = 0;
        let by_age = |which: &str| format!("id < ?1 * {IDS_PER_SECOND} AND body IS NULL AND created_at < ?1 {which}");
        for (old, bound) in [
            (by_age("AND contact_id IS NOT NULL"), told),
            (by_age(""), sent),
            (format!("{local} AND body IS NOT NULL AND id <= ?1"), last_line),
        ] {
            if self.number(&format!("SELECT EXISTS (SELECT 1 FROM message WHERE {old})"), &[&bound])? != 0 {
                deleted += self.write(&format!("DELETE FROM message WHERE {old}"), &[&bound])?;
            }
        }
        if deleted > 0 || std::mem::take(&mut self.may_have_strangers) {
            self.write("DELETE FROM conversation WHERE id NOT IN (SELECT conversation_id FROM message)", &[])?;
            self.delete_strangers()?;
        }
        Ok(())
    }

    /// What is known of the devices of people who were not written to for long, and with whom there is no session; it is
    /// asked for again when it is needed. Our own lists are written when they change.
    fn purge_omemo(&mut self, now_s: i64) -> Result<(), Error> {
        let short = now_s - limits::OMEMO_WISH_RETENTION.as_secs() as i64;
        for (table, old, bound) in [
            ("omemo_skipped", "until < ?", short),
            ("omemo_session", "record IS NULL AND healed_at < ?", short),
            (
                "omemo_list",
                "at > 0 AND at < ? AND jid NOT IN (SELECT jid FROM account) AND NOT EXISTS (SELECT 1 FROM omemo_session s
                 WHERE s.account_id = omemo_list.account_id AND s.version IN (0, 2) AND s.jid = omemo_list.jid)",
                now_s - limits::OMEMO_LIST_RETENTION.as_secs() as i64,
            ),
        ] {
            self.purge_rows(
                &format!("SELECT EXISTS (SELECT 1 FROM {table} WHERE {old})"),
                &format!("DELETE FROM {table} WHERE {old}"),
                bound,
            )?;
        }
        Ok(())
    }

    /// Notes of copies have stamps of servers, which on a machine without a clock are far from what it has lived through.
    fn purge_seen(&mut self, now_s: i64, clock_s: i64) -> Result<(), Error> {
        let age = limits::SEEN_RETENTION.as_secs() as i64;
        // A stamp of a time yet to come is a sender's invention.
        let future = now_s.max(clock_s) + age;
        let bounds: [&dyn rusqlite::ToSql; 4] = [&(now_s - age), &(now_s + age), &(clock_s - age), &future];
        let sql = "SELECT EXISTS (SELECT 1 FROM seen WHERE at < ?1) OR EXISTS (SELECT 1 FROM seen WHERE at > ?4)
                   OR EXISTS (SELECT 1 FROM seen WHERE at > ?2 AND at < ?3)";
        if self.number(sql, &bounds)? != 0 {
            self.write("DELETE FROM seen WHERE at < ?1 OR at > ?2 AND at < ?3 OR at > ?4", &bounds)?;
        }
        Ok(())
    }

    /// The newest time that anything was stored at.
    pub fn newest_stamp(&self) -> Result<Option<i64>, Error> {
        let newest = self.row(
            "SELECT max(at) FROM (SELECT max(created_at) AS at FROM update_queue UNION ALL
             SELECT max(created_at) FROM message UNION ALL SELECT max(timestamp) FROM audit_log
             UNION ALL SELECT max(at) FROM omemo_list)",
            &[],
            |row| Ok(row.get::<_, Option<i64>>(0)?),
        )?;
        Ok(newest.flatten())
    }

    pub(super) fn purge_rows(&mut self, is_any: &str, delete: &str, bound: i64) -> Result<(), Error> {
        if self.number(is_any, &[&bound])? != 0 {
            self.write(delete, &[&bound])?;
        }
        Ok(())
    }

    /// A bot's updates are in the order of their age, so looking stops at its first young one. (If the clock was set back,
    /// rows behind a young one stay longer; the cap per bot holds anyway.)
    fn purge_updates(&mut self, before: i64) -> Result<Vec<(BotId, i64)>, Error> {
        let old = self.rows(
            "SELECT id, (SELECT id FROM update_queue WHERE bot_id = bot.id AND created_at >= ?1 ORDER BY id LIMIT 1)
             FROM bot WHERE (SELECT created_at FROM update_queue WHERE bot_id = bot.id ORDER BY id LIMIT 1) < ?1",
            &[&before],
            |row| Ok((BotId(row.get(0)?), UpdateId(row.get::<_, Option<i64>>(1)?.unwrap_or(i64::MAX)))),
        )?;
        let mut dropped = Vec::with_capacity(old.len());
        for (bot, end) in old {
            let count = self.delete_updates_below(bot, end)? as i64;
            self.count_dropped(bot, count)?;
            dropped.push((bot, count));
        }
        Ok(dropped)
    }

    /// Gives back space when more than half of a file that is not small is empty, a little at a time.
    fn shrink(&mut self) -> Result<(), Error> {
        let free = self.number("PRAGMA freelist_count", &[])?;
        if free <= limits::FREE_PAGES_KEPT || free <= self.number("PRAGMA page_count", &[])? / 2 {
            return Ok(());
        }
        self.begin()?;
        let pages = (free - limits::FREE_PAGES_KEPT).min(limits::PAGES_GIVEN_BACK_MAX);
        self.give_back(pages).map_err(|error| self.failed(error.into()))
    }

    fn give_back(&self, pages: i64) -> rusqlite::Result<()> {
        let mut statement = self.connection.prepare(&format!("PRAGMA incremental_vacuum({pages})"))?;
        let mut steps = statement.query([])?;
        // Each step moves one page.
        while steps.next()?.is_some() {}
        Ok(())
    }
}
