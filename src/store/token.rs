//! Table `token`: tokens beside a bot's main one, and those of people. Read whole at the start; a token itself is nowhere.

use rusqlite::Row;

use crate::base::id::BotId;
use crate::base::jid::BareJid;
use crate::base::text::hex;
use crate::store::key::unhex;
use crate::store::row::{TokenHolder, TokenRow};
use crate::store::sql::bare_jid;
use crate::store::{Error, Store};

impl Store {
    /// All tokens, in the order they were made.
    pub fn list_tokens(&self) -> Result<Vec<TokenRow>, Error> {
        self.rows(
            "SELECT id, hash, bot_id, person, label, ending, rights, created_at, expires_at, last_used FROM token
             ORDER BY id",
            &[],
            read_token,
        )
    }

    /// A new token; gives its number, which is never used again. The row's own `id` is ignored.
    pub fn insert_token(&mut self, row: &TokenRow) -> Result<i64, Error> {
        let (bot, person) = match &row.holder {
            TokenHolder::Bot(bot) => (Some(bot.0), None),
            TokenHolder::Person(jid) => (None, Some(jid.as_str())),
        };
        self.insert(
            "INSERT INTO token (hash, bot_id, person, label, ending, rights, created_at, expires_at, last_used)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            &[
                &hex(&row.hash),
                &bot,
                &person,
                &row.label,
                &row.ending,
                &row.rights,
                &row.created_at,
                &row.expires_at,
                &row.last_used,
            ],
        )
    }

    /// A token goes.
    pub fn delete_token(&mut self, id: i64) -> Result<(), Error> {
        self.write("DELETE FROM token WHERE id = ?", &[&id])?;
        Ok(())
    }

    /// Notes when a token was used.
    pub fn store_token_used(&mut self, id: i64, at: i64) -> Result<(), Error> {
        self.write("UPDATE token SET last_used = ? WHERE id = ?", &[&at, &id])?;
        Ok(())
    }
}

fn read_token(row: &Row<'_>) -> Result<TokenRow, Error> {
    let id: i64 = row.get(0)?;
    let corrupt = |what: &str| Error::Corrupt(format!("token.{what}:{id} is not one"));
    let (bot, person): (Option<i64>, Option<String>) = (row.get(2)?, row.get(3)?);
    let person: Option<BareJid> = person.map(|jid| bare_jid(&jid)).transpose()?;
    let holder = bot.map(|bot| TokenHolder::Bot(BotId(bot))).or(person.map(TokenHolder::Person));
    Ok(TokenRow {
        id,
        hash: unhex(row.get::<_, String>(1)?.as_bytes()).ok_or_else(|| corrupt("hash"))?,
        holder: holder.ok_or_else(|| corrupt("bot_id"))?,
        label: row.get(4)?,
        ending: row.get(5)?,
        rights: row.get(6)?,
        created_at: row.get(7)?,
        expires_at: row.get(8)?,
        last_used: row.get(9)?,
    })
}
