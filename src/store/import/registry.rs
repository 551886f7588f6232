//! Reads a `bot_registry.db`, which may be in use: columns that its version does not have count as empty.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Row};

use crate::base::crypto::{self, SealKey};
use crate::base::limits;
use crate::base::secret::Secret;
use crate::store::Error;

/// The newest schema that is known.
const VERSION: i64 = 3;
/// In front of a sealed setting.
const SEALED: &str = "ENC:";
/// What the key of sealed settings is derived for.
const SEALING: &[u8] = b"dinox-settings-encryption";
/// Rows of its log that are taken over of each bot.
const AUDIT_MAX: i64 = 1_000;
/// Updates that are taken over of each bot; as many as we keep.
const UPDATES_MAX: i64 = 1_000;
/// A key that early versions had for everybody.
const COMMON_KEY: &str = "dinox-default-server-key";

/// What stands in a registry.
pub struct Registry {
    pub(super) bots: Vec<Found>,
    pub(super) settings: BTreeMap<String, String>,
    /// What tokens are hashed with, and other keys derived from.
    pub(super) server_key: Option<Secret>,
    /// The password of ejabberd's admin, as far as it can be read.
    pub(super) ejabberd_password: Option<Secret>,
    /// The last number that an update had.
    pub(super) last_update: i64,
}

/// A bot there.
#[derive(Default)]
pub(super) struct Found {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) jid: Option<String>,
    pub(super) token_hash: Option<String>,
    pub(super) token: Option<Secret>,
    pub(super) owner: String,
    pub(super) description: String,
    pub(super) permissions: String,
    pub(super) active: bool,
    pub(super) mode: String,
    pub(super) created_at: i64,
    pub(super) last_active: i64,
    pub(super) webhook_url: Option<String>,
    pub(super) webhook_secret: Option<Secret>,
    pub(super) webhook_enabled: bool,
    pub(super) password: Option<Secret>,
    /// Name and description.
    pub(super) commands: Vec<(String, String)>,
    pub(super) updates: Vec<FoundUpdate>,
    pub(super) audit: Vec<FoundAudit>,
}

/// An update that waits there.
pub(super) struct FoundUpdate {
    pub(super) kind: String,
    pub(super) payload: String,
    pub(super) at: i64,
}

/// A line of its log.
pub(super) struct FoundAudit {
    pub(super) action: String,
    pub(super) details: String,
    pub(super) ip: Option<String>,
    pub(super) at: i64,
}

impl Registry {
    /// Reads a file, at one moment, and changes nothing in it.
    pub fn read(path: &Path) -> Result<Registry, Error> {
        std::fs::metadata(path).map_err(|error| Error::io(path, error))?;
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(limits::STORE_BUSY_TIMEOUT)?;
        connection.execute_batch("BEGIN").map_err(Error::from)?;
        check(&connection)?;
        let settings: BTreeMap<String, String> =
            list(&connection, "SELECT key, value FROM settings", 0, |row| Some((text(row, 0)?, text(row, 1)?)))?
                .into_iter()
                .collect();
        let server_key = settings.get("server_hmac_key").filter(|key| !key.is_empty() && *key != COMMON_KEY);
        let server_key = server_key.map(Secret::new);
        let mut registry =
            Registry { bots: bots(&connection)?, settings, server_key, ejabberd_password: None, last_update: 0 };
        registry.ejabberd_password = registry.secret("ejabberd_admin_password").ok().flatten();
        registry.last_update = last_update(&connection)?;
        for bot in &mut registry.bots {
            bot.commands = list(
                &connection,
                "SELECT command, description FROM bot_command WHERE bot_id = ? ORDER BY id",
                bot.id,
                |row| Some((text(row, 0)?, text(row, 1).unwrap_or_default())),
            )?;
            let sql = "SELECT update_type, payload, created_at FROM update_queue WHERE bot_id = ? ORDER BY id";
            bot.updates = list(&connection, &format!("{sql} LIMIT {UPDATES_MAX}"), bot.id, |row| {
                Some(FoundUpdate { kind: text(row, 0)?, payload: text(row, 1)?, at: number(row, 2) })
            })?;
            let sql = "SELECT * FROM (SELECT action, details, ip_address, timestamp, id FROM audit_log WHERE bot_id = ?
                       ORDER BY id DESC";
            bot.audit = list(&connection, &format!("{sql} LIMIT {AUDIT_MAX}) ORDER BY id"), bot.id, |row| {
                let details = text(row, 1).unwrap_or_default();
                Some(FoundAudit { action: text(row, 0)?, details, ip: text(row, 2), at: number(row, 3) })
            })?;
        }
        Ok(registry)
    }

    /// How many bots there are.
    pub fn bots(&self) -> usize {
        self.bots.len()
    }

    /// A value that is not empty.
    pub(super) fn setting(&self, key: &str) -> Option<&str> {
        self.settings.get(key).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A secret, which may stand there sealed or, where sealing it failed, as it is. An error where it cannot be opened.
    pub(super) fn secret(&self, key: &str) -> Result<Option<Secret>, ()> {
        let Some(value) = self.setting(key) else { return Ok(None) };
        let Some(sealed) = value.strip_prefix(SEALED) else { return Ok(Some(Secret::new(value))) };
        let server_key = self.settings.get("server_hmac_key").ok_or(())?;
        let key = SealKey::new(&crypto::hmac_sha256(server_key.as_bytes(), SEALING));
        // Nonce, ciphertext and tag in the same order as ours, for no place.
        key.open("", &format!("v1:{sealed}")).map(Some).map_err(|_| ())
    }
}

/// Whether it is a registry of a version that is known.
fn check(connection: &Connection) -> Result<(), Error> {
    let tables = connection.query_row(
        "SELECT count(*) FROM sqlite_schema WHERE name IN ('bot', 'settings', '_meta')",
        [],
        |row| row.get::<_, i64>(0),
    );
    match tables.map_err(Error::from) {
        Ok(3) => {}
        Ok(_) => return Err(Error::Backup("it is a database, but not a bot_registry.db of DinoX".into())),
        Err(Error::Corrupt(_)) => {
            let why =
                "it is encrypted with DinoX' database password, or no database; docs/migration.md says how to open it";
            return Err(Error::Backup(why.into()));
        }
        Err(error) => return Err(error),
    }
    let sql = "SELECT int_val FROM _meta WHERE name = 'version'";
    let version: i64 = connection.query_row(sql, [], |row| row.get(0)).unwrap_or(0);
    if (1..=VERSION).contains(&version) {
        return Ok(());
    }
    let why = format!("it is of schema {version}, and this program knows 1 to {VERSION}; a newer one may know it");
    Err(Error::Backup(why))
}

/// The last number given to an update, also where that update is gone.
fn last_update(connection: &Connection) -> Result<i64, Error> {
    let sql = "SELECT max((SELECT coalesce(max(id), 0) FROM update_queue),
               (SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'update_queue'))";
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}

fn bots(connection: &Connection) -> Result<Vec<Found>, Error> {
    let known = list(connection, "SELECT name FROM pragma_table_info('bot')", 0, |row| text(row, 0))?;
    let columns = [
        "id",
        "name",
        "jid",
        "token_hash",
        "token_raw",
        "owner_jid",
        "description",
        "permissions",
        "status",
        "mode",
        "created_at",
        "last_active",
        "webhook_url",
        "webhook_secret",
        "webhook_enabled",
        "bot_password",
    ];
    let column =
        |name: &str| if known.iter().any(|known| known == name) { name.to_string() } else { "NULL".to_string() };
    let columns: Vec<String> = columns.into_iter().map(column).collect();
    let filled = |row: &Row<'_>, at| text(row, at).filter(|text| !text.is_empty());
    list(connection, &format!("SELECT {} FROM bot ORDER BY id", columns.join(", ")), 0, |row| {
        Some(Found {
            id: number(row, 0),
            name: text(row, 1)?,
            jid: filled(row, 2),
            token_hash: filled(row, 3),
            token: filled(row, 4).map(Secret::new),
            owner: text(row, 5)?,
            description: text(row, 6).unwrap_or_default(),
            permissions: filled(row, 7).unwrap_or_else(|| "all".into()),
            active: text(row, 8).is_none_or(|status| status == "active"),
            mode: filled(row, 9).unwrap_or_else(|| "personal".into()),
            created_at: number(row, 10),
            last_active: number(row, 11),
            webhook_url: filled(row, 12),
            webhook_secret: filled(row, 13).map(Secret::new),
            webhook_enabled: number(row, 14) != 0,
            password: filled(row, 15).map(Secret::new),
            ..Found::default()
        })
    })
}

/// Rows, without those that cannot be read. The statement takes the number of a bot, or none.
fn list<T>(
    connection: &Connection,
    sql: &str,
    bot: i64,
    read: impl Fn(&Row<'_>) -> Option<T>,
) -> Result<Vec<T>, Error> {
    let mut statement = connection.prepare(sql)?;
    let parameters: &[&dyn rusqlite::ToSql] = if statement.parameter_count() == 1 { &[&bot] } else { &[] };
    let mut rows = statement.query(parameters)?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.extend(read(row));
    }
    Ok(all)
}

/// Text that is UTF-8; `None` for anything else.
fn text(row: &Row<'_>, at: usize) -> Option<String> {
    match row.get_ref(at).ok()? {
        ValueRef::Text(bytes) => std::str::from_utf8(bytes).ok().map(str::to_string),
        _ => None,
    }
}

fn number(row: &Row<'_>, at: usize) -> i64 {
    row.get(at).unwrap_or(0)
}
