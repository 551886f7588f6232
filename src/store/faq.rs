//! Tables `faq` and `faq_entry`: questions with answers, which are found in memory and read here.

use rusqlite::Row;

use crate::base::id::BotId;
use crate::base::json;
use crate::store::row::{FaqEntry, FaqKind, FaqRow};
use crate::store::{Error, Store};

/// What [`read`] reads.
macro_rules! collection {
    ($of:literal) => {
        concat!(
            "SELECT id, name, description, answering, best, least, suggestions, synonyms FROM faq WHERE bot_id = ? ",
            $of
        )
    };
}

/// What [`read_entry`] reads.
macro_rules! entry {
    ($of:literal) => {
        concat!(
            "SELECT id, question, similar, answer, kind, off, from_s, until_s, zone FROM faq_entry WHERE faq_id = ? ",
            $of
        )
    };
}

impl Store {
    /// The collections of a bot, oldest first.
    pub fn list_faqs(&self, bot: BotId) -> Result<Vec<FaqRow>, Error> {
        self.rows(collection!("ORDER BY id"), &[&bot.0], read)
    }

    /// A bot's collection of this name.
    pub fn faq(&self, bot: BotId, name: &str) -> Result<Option<FaqRow>, Error> {
        self.row(collection!("AND name = ?"), &[&bot.0, &name], read)
    }

    /// Keeps a collection, a new one or in the place of the one with its number; gives the number.
    pub fn store_faq(&mut self, bot: BotId, row: &FaqRow) -> Result<i64, Error> {
        let id = (row.id > 0).then_some(row.id);
        self.write(
            "INSERT INTO faq (id, bot_id, name, description, answering, best, least, suggestions, synonyms)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name,
             description = excluded.description, answering = excluded.answering, best = excluded.best,
             least = excluded.least, suggestions = excluded.suggestions, synonyms = excluded.synonyms",
            &[
                &id,
                &bot.0,
                &row.name,
                &row.description,
                &row.is_answering,
                &row.best,
                &row.least,
                &row.suggestions,
                &row.synonyms,
            ],
        )?;
        Ok(self.faq(bot, &row.name)?.map_or(0, |row| row.id))
    }

    /// Forgets a collection with its entries.
    pub fn delete_faq(&mut self, id: i64) -> Result<(), Error> {
        self.write("DELETE FROM faq WHERE id = ?", &[&id])?;
        Ok(())
    }

    /// How many entries a collection has.
    pub fn count_faq_entries(&self, faq: i64) -> Result<i64, Error> {
        self.number("SELECT count(*) FROM faq_entry WHERE faq_id = ?", &[&faq])
    }

    /// How many ways to ask a collection knows.
    pub fn count_faq_questions(&self, faq: i64) -> Result<i64, Error> {
        self.number("SELECT coalesce(sum(ways), 0) FROM faq_entry WHERE faq_id = ?", &[&faq])
    }

    /// Entries of a collection behind the one of this number, in order.
    pub fn list_faq_entries(&self, faq: i64, after: i64, limit: i64) -> Result<Vec<FaqEntry>, Error> {
        self.rows(entry!("AND id > ? ORDER BY id LIMIT ?"), &[&faq, &after, &limit], read_entry)
    }

    /// One entry of a collection.
    pub fn faq_entry(&self, faq: i64, id: i64) -> Result<Option<FaqEntry>, Error> {
        self.row(entry!("AND id = ?"), &[&faq, &id], read_entry)
    }

    /// Keeps an entry, a new one or in the place of the one with its number; gives the number.
    pub fn store_faq_entry(&mut self, faq: i64, entry: &FaqEntry) -> Result<i64, Error> {
        let id = (entry.id > 0).then_some(entry.id);
        let similar = json::array(entry.similar.iter().map(|text| json::text(text)));
        let ways = 1 + i64::try_from(entry.similar.len()).unwrap_or(0);
        let new = self.insert(
            "INSERT INTO faq_entry (id, faq_id, question, similar, ways, answer, kind, off, from_s, until_s, zone)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET question = excluded.question,
             similar = excluded.similar, ways = excluded.ways, answer = excluded.answer, kind = excluded.kind, off = excluded.off,
             from_s = excluded.from_s, until_s = excluded.until_s, zone = excluded.zone",
            &[
                &id,
                &faq,
                &entry.question,
                &similar,
                &ways,
                &entry.answer,
                &entry.kind.as_str(),
                &entry.is_off,
                &entry.from_s,
                &entry.until_s,
                &entry.zone,
            ],
        )?;
        Ok(id.unwrap_or(new))
    }

    /// Forgets one entry of a collection; says whether it was there.
    pub fn delete_faq_entry(&mut self, faq: i64, id: i64) -> Result<bool, Error> {
        Ok(self.write("DELETE FROM faq_entry WHERE faq_id = ? AND id = ?", &[&faq, &id])? > 0)
    }

    /// Forgets all entries of a collection.
    pub fn clear_faq_entries(&mut self, faq: i64) -> Result<(), Error> {
        self.write("DELETE FROM faq_entry WHERE faq_id = ?", &[&faq])?;
        Ok(())
    }
}

fn read(row: &Row<'_>) -> Result<FaqRow, Error> {
    Ok(FaqRow {
        id: row.get(0)?,
        name: row.get(1)?,
        description: row.get(2)?,
        is_answering: row.get(3)?,
        best: row.get(4)?,
        least: row.get(5)?,
        suggestions: row.get(6)?,
        synonyms: row.get(7)?,
    })
}

fn read_entry(row: &Row<'_>) -> Result<FaqEntry, Error> {
    let (similar, kind): (String, String) = (row.get(2)?, row.get(4)?);
    Ok(FaqEntry {
        id: row.get(0)?,
        question: row.get(1)?,
        similar: json::texts(&similar).unwrap_or_default(),
        answer: row.get(3)?,
        kind: FaqKind::parse(&kind).ok_or_else(|| Error::Corrupt(format!("faq_entry.kind: {kind}")))?,
        is_off: row.get(5)?,
        from_s: row.get(6)?,
        until_s: row.get(7)?,
        zone: row.get(8)?,
    })
}
