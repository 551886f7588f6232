//! Takes over the bots of a desktop client: DinoX' `bot_registry.db`, schemas 1 to 3 (docs/migration.md). `registry.rs`
//! reads it, this writes what is found into our tables, in the transaction under way: the caller commits it or takes it back.
//!
//! A bot that came from the same registry before is known by a mark and left as it is. Tokens are there only as HMAC-SHA-256
//! under a key of the registry: such a hash is kept as it is, the key sealed, and whoever shows the token first turns it into
//! one of ours ([`Store::imported_keys`]).

mod parts;
mod registry;

use crate::base::crypto;
use crate::base::id::{BotId, UpdateId};
use crate::base::jid::BareJid;
use crate::base::secret::Secret;
use crate::base::text::hex;
use crate::store::row::{AuditRow, BotRow};
use crate::store::{Error, Store, key};
use registry::Found;

pub use registry::Registry;

/// What became of one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is here now.
    Taken,
    /// It was here already.
    Known,
    /// It cannot be taken over; the text says why, and what to do.
    Left,
}

/// One line of what an import did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What became of it.
    pub outcome: Outcome,
    /// What it is, for people.
    pub text: String,
}

/// Reads a picture in base64: its bytes and its id, or nothing where it is none that an account may show.
pub type ReadPicture = fn(&str) -> Option<(Vec<u8>, String)>;

/// Keys of `settings` under which keys of registries stand, sealed.
const KEYS: &str = "imported_key:";
/// An import under way.
struct Import<'a> {
    store: &'a mut Store,
    registry: &'a Registry,
    read_picture: ReadPicture,
    now_s: i64,
    lines: Vec<Line>,
}

impl Store {
    /// Keys under which tokens were hashed elsewhere; none unless something was imported.
    pub fn imported_keys(&self) -> Result<Vec<Secret>, Error> {
        let all = self.rows(
            // ';' follows ':'
            "SELECT key, value FROM settings WHERE key >= 'imported_key:' AND key < 'imported_key;'",
            &[],
            |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)),
        )?;
        let opened = all.into_iter().map(|(key, sealed)| self.opened(&place(&key), Some(sealed)));
        Ok(opened.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }

    /// Takes a registry over. Gives what became of each thing in it. Nothing is committed.
    pub fn import(&mut self, registry: &Registry, read_picture: ReadPicture, now_s: i64) -> Result<Vec<Line>, Error> {
        let mut import = Import { store: self, registry, read_picture, now_s, lines: Vec::new() };
        import.run()?;
        Ok(import.lines)
    }

    /// The bot that an earlier import has made of the same one.
    fn imported_bot(&self, mark: &str) -> Result<Option<i64>, Error> {
        let sql = "SELECT key FROM settings WHERE key GLOB 'bot_*_imported' AND value = ?";
        let key = self.row(sql, &[&mark], |row| Ok(row.get::<_, String>(0)?))?;
        Ok(key.and_then(|key| key.strip_prefix("bot_")?.strip_suffix("_imported")?.parse().ok()))
    }
}

fn place(key: &str) -> String {
    format!("settings.value:{key}")
}

impl Import<'_> {
    fn say(&mut self, outcome: Outcome, text: impl Into<String>) {
        self.lines.push(Line { outcome, text: text.into() });
    }

    fn left(&mut self, text: impl Into<String>) {
        self.say(Outcome::Left, text);
    }

    fn run(&mut self) -> Result<(), Error> {
        // Programs count on from the number they were told last.
        self.store.raise_last_update(UpdateId(self.registry.last_update))?;
        let mut owners: Vec<BareJid> = Vec::new();
        for found in &self.registry.bots {
            let before = self.lines.len();
            let owner = self.bot(found)?;
            if let Some(owner) = owner.filter(|owner| !owners.contains(owner)) {
                owners.push(owner);
            }
            debug_assert!(self.lines.len() > before, "each bot is told of");
        }
        if let Some(server_key) = self.registry.server_key.clone() {
            self.keep_key(&server_key)?;
        }
        self.ejabberd()?;
        self.owners_enabled()?;
        for owner in owners {
            if owner.as_str() != parts::BUILT_IN && self.store.find_account(&owner)?.is_none() {
                self.left(format!(
                    "the account {owner} itself: its password is not in this file; sign in with \
                     `botmother account add {owner}`"
                ));
            }
        }
        Ok(())
    }

    /// One bot with all that belongs to it. Gives its owner where it speaks through his account.
    fn bot(&mut self, found: &Found) -> Result<Option<BareJid>, Error> {
        let name = &found.name;
        let mark = self.mark(found);
        if let Some(id) = self.store.imported_bot(&mark)? {
            self.say(Outcome::Known, format!("bot {name}: is here already, as bot {id}"));
            return Ok(None);
        }
        let Ok(owner) = BareJid::parse(&found.owner) else {
            self.left(format!("bot {name}: its owner {:?} is no address", found.owner));
            return Ok(None);
        };
        let jid = found.jid.as_deref().filter(|jid| !jid.is_empty()).map(BareJid::parse);
        let (mode, jid) = match (found.mode.as_str(), jid) {
            ("dedicated" | "cloud", Some(Ok(jid))) => (found.mode.as_str(), Some(jid)),
            ("dedicated" | "cloud", _) => {
                self.left(format!("bot {name}: it has an account of its own, and no address of it is in this file"));
                return Ok(None);
            }
            _ => ("personal", None),
        };
        if let Some(jid) = &jid
            && self.store.find_account(jid)?.is_some()
        {
            self.left(format!("bot {name}: its account {jid} is here already; `botmother bot list` shows whose it is"));
            return Ok(None);
        }
        let (token_hash, token) = self.token(found);
        let row = BotRow {
            id: BotId(0),
            name: name.clone(),
            jid: jid.clone(),
            token_hash,
            token,
            owner: owner.clone(),
            description: found.description.clone(),
            active: found.active,
            mode: mode.to_string(),
            receive: "self".to_string(),
            created_at: found.created_at,
            last_active: found.last_active,
            updates_dropped: 0,
            access: "owner".to_string(),
        };
        let id = self.store.insert_bot(&row)?;
        self.store.store_setting(&format!("bot_{id}_imported"), &mark)?;
        self.store.store_commands(id, &parts::commands(found))?;
        let kept = if token_hash.is_some() { "its token works on" } else { "it has no token" };
        let off = if found.active { "" } else { ", switched off as it was" };
        let count = found.commands.len();
        self.say(Outcome::Taken, format!("bot {name}: is bot {id} ({mode}) of {owner}, {count} commands, {kept}{off}"));
        self.untaken_token(found, id);
        if let Some(jid) = &jid {
            self.account(found, id, jid)?;
        }
        self.webhook(found, id)?;
        self.ai(found, id)?;
        self.telegram(found, id, &owner)?;
        self.rest(found, id)?;
        self.store.insert_audit(&AuditRow {
            bot: Some(id),
            owner: Some(owner.clone()),
            action: "imported".to_string(),
            details: format!("from=DinoX number={}", found.id),
            at: self.now_s,
            ..AuditRow::default()
        })?;
        Ok(jid.is_none().then_some(owner))
    }

    /// What makes a bot of this registry unlike all others.
    fn mark(&self, found: &Found) -> String {
        let server_key = self.registry.server_key.as_ref().map_or("", |key| key.expose());
        let what = format!("{}:{}:{}", found.id, found.created_at, found.owner);
        hex(&crypto::hmac_sha256(server_key.as_bytes(), what.as_bytes()))
    }

    /// The hash of a token as we keep it or as the registry has it, and the token itself where an early version left it there.
    fn token(&self, found: &Found) -> (Option<[u8; 32]>, Option<Secret>) {
        if let Some(token) = &found.token {
            return (Some(crypto::sha256(token.expose().as_bytes())), Some(token.clone()));
        }
        let hash = found.token_hash.as_deref().filter(|_| self.registry.server_key.is_some());
        (hash.and_then(|hash| key::unhex(hash.as_bytes())), None)
    }

    /// The key of the registry's hashes, for tokens that nobody has shown here yet.
    fn keep_key(&mut self, server_key: &Secret) -> Result<(), Error> {
        let hash = hex(&crypto::sha256(server_key.expose().as_bytes())[..8]);
        let name = format!("{KEYS}{hash}");
        if self.store.setting(&name)?.is_none()
            && let Some(sealed) = self.store.sealed(&place(&name), Some(server_key))
        {
            self.store.store_setting(&name, &sealed)?;
        }
        Ok(())
    }
}
