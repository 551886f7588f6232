//! How this layer runs its statements: four helpers, so that beginning on demand and remembering failures is written
//! once. Statements are prepared once and kept.

use rusqlite::{CachedStatement, Row, StatementStatus, ToSql};

use crate::base::crypto::SealError;
use crate::base::jid::BareJid;
use crate::base::secret::Secret;
use crate::store::{Error, State, Store};

impl Store {
    /// Runs a statement without parameters or rows: the ends of a transaction.
    pub(super) fn run(&self, sql: &str) -> Result<(), Error> {
        self.prepare(sql)?.execute([])?;
        Ok(())
    }

    /// A statement, prepared at its first use and kept. Its plan is settled then (`SQLITE_DBCONFIG_ENABLE_QPSG`): one that
    /// SQLite prepared again would cost more than most of them do.
    pub(super) fn prepare(&self, sql: &str) -> rusqlite::Result<CachedStatement<'_>> {
        let statement = self.connection.prepare_cached(sql)?;
        // Counted before the use that begins, for all that were before it.
        debug_assert_eq!(statement.get_status(StatementStatus::RePrepare), 0, "prepared again: {sql}");
        Ok(statement)
    }

    /// Writes: begins a transaction if there is none. Gives the number of rows changed.
    pub(super) fn write(&mut self, sql: &str, parameters: &[&dyn ToSql]) -> Result<usize, Error> {
        self.begin()?;
        let outcome = self.prepare(sql).and_then(|mut statement| statement.execute(parameters));
        outcome.map_err(|error| self.failed(error.into()))
    }

    /// Writes one row and gives its number.
    pub(super) fn insert(&mut self, sql: &str, parameters: &[&dyn ToSql]) -> Result<i64, Error> {
        self.write(sql, parameters)?;
        Ok(self.connection.last_insert_rowid())
    }

    /// Reads all rows.
    pub(super) fn rows<T>(
        &self,
        sql: &str,
        parameters: &[&dyn ToSql],
        read: impl Fn(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let mut statement = self.prepare(sql)?;
        let mut rows = statement.query(parameters)?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            all.push(read(row)?);
        }
        Ok(all)
    }

    /// Reads the first row, if there is one.
    pub(super) fn row<T>(
        &self,
        sql: &str,
        parameters: &[&dyn ToSql],
        read: impl Fn(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let mut statement = self.prepare(sql)?;
        let mut rows = statement.query(parameters)?;
        rows.next()?.map(read).transpose()
    }

    /// Reads one number; 0 when there is none.
    pub(super) fn number(&self, sql: &str, parameters: &[&dyn ToSql]) -> Result<i64, Error> {
        Ok(self.row(sql, parameters, |row| Ok(row.get::<_, Option<i64>>(0)?))?.flatten().unwrap_or(0))
    }

    /// Begins a transaction if there is none.
    pub(super) fn begin(&mut self) -> Result<(), Error> {
        match self.state {
            State::Clean => {
                self.run("BEGIN IMMEDIATE")?;
                self.state = State::Dirty;
                Ok(())
            }
            // The first write takes the lock; another program that has written meanwhile makes it fail.
            State::Reading => {
                self.state = State::Dirty;
                Ok(())
            }
            State::Dirty => Ok(()),
            State::Failed => Err(Error::Aborted),
        }
    }

    /// A refused row undoes its own statement only (SQLite's conflict resolution ABORT); after anything else the
    /// transaction may be gone.
    pub(super) fn failed(&mut self, error: Error) -> Error {
        if !matches!(error, Error::Conflict(_)) || self.connection.is_autocommit() {
            self.state = State::Failed;
        }
        error
    }

    /// The text under which a secret is kept in one place, `NULL` for none.
    pub(super) fn sealed(&self, place: &str, secret: Option<&Secret>) -> Option<String> {
        secret.filter(|secret| !secret.is_empty()).map(|secret| self.key.seal(place, secret))
    }

    /// The secret kept in one place.
    pub(super) fn opened(&self, place: &str, sealed: Option<String>) -> Result<Option<Secret>, Error> {
        let Some(sealed) = sealed.filter(|sealed| !sealed.is_empty()) else { return Ok(None) };
        match self.key.open(place, &sealed) {
            Ok(secret) => Ok(Some(secret)),
            Err(SealError::Malformed) => Err(Error::Corrupt(format!("{place} is not sealed"))),
            Err(SealError::Refused) => Err(Error::Corrupt(format!("{place} was altered"))),
        }
    }
}

/// An address from a column.
pub(super) fn bare_jid(text: &str) -> Result<BareJid, Error> {
    BareJid::parse_any(text).map_err(|_| Error::Corrupt(format!("{text} is not an address")))
}
