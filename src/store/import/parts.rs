//! What belongs to a bot besides its row, and what belongs to none.

use super::registry::Found;
use super::{Import, Outcome};
use crate::base::crypto;
use crate::base::id::{BotId, LinkId};
use crate::base::jid::BareJid;
use crate::base::json::Fields;
use crate::base::secret::Secret;
use crate::base::text::hex;
use crate::store::row::{
    AccountRow, AiRank, AiRow, AuditRow, CommandRow, ConversationKind, EjabberdRow, LinkMode, LinkRow, Origin,
    TelegramRow,
};
use crate::store::{Error, key};

/// Providers by the place of their API: the registry knows only how one is spoken to.
const PROVIDERS: &[(&str, &str)] = &[
    ("api.groq.com", "groq"),
    ("api.mistral.ai", "mistral"),
    ("api.deepseek.com", "deepseek"),
    ("api.perplexity.ai", "perplexity"),
];
/// Updates older than this are not told any more, there and here.
const UPDATE_AGE_S: i64 = 24 * 3600;

/// Where Telegram's Bot API is: DinoX knows no other.
const TELEGRAM: &str = "https://api.telegram.org";

/// A bot's commands as our own programs announce them.
pub(super) fn commands(found: &Found) -> Vec<CommandRow> {
    let row = |(command, description): &(String, String)| CommandRow {
        command: command.trim().trim_start_matches('/').to_lowercase(),
        description: description.trim().to_string(),
    };
    found.commands.iter().map(row).filter(|row| !row.command.is_empty()).collect()
}

/// The account that is built in has no password.
pub(super) const BUILT_IN: &str = "owner@local";

impl Import<'_> {
    /// Says why a token is not taken over, where that is so.
    pub(super) fn untaken_token(&mut self, found: &Found, id: BotId) {
        let Some(hash) = found.token_hash.as_ref().filter(|_| found.token.is_none()) else { return };
        let name = &found.name;
        let why = match &self.registry.server_key {
            None => "the key that it was hashed with is not in this file",
            Some(_) if key::unhex(hash.as_bytes()).is_none() => "its hash is none",
            Some(_) => return,
        };
        self.left(format!("bot {name}: its token: {why}; `botmother bot token {id}` makes a new one"));
    }

    /// The account that was made for a bot.
    pub(super) fn account(&mut self, found: &Found, id: BotId, jid: &BareJid) -> Result<(), Error> {
        let mut random = [0; 4];
        crypto::random(&mut random);
        // Who can make accounts there can remove them again.
        let origin = if self.registry.ejabberd_password.is_some() { Origin::Api } else { Origin::Brought };
        let password = found.password.clone().unwrap_or_default();
        let has_password = !password.is_empty();
        let row = AccountRow { password, bot: Some(id), origin, ..AccountRow::new(jid, random) };
        self.store.insert_account(&row)?;
        let name = &found.name;
        if !has_password {
            self.left(format!(
                "bot {name}: the password of its account is not in this file; `botmother account add {jid}` asks for it"
            ));
        }
        self.left(format!("bot {name}: its keys of OMEMO; it gets new ones, and people see a new device of it"));
        Ok(())
    }

    pub(super) fn webhook(&mut self, found: &Found, id: BotId) -> Result<(), Error> {
        let Some(url) = found.webhook_url.as_deref().filter(|url| !url.is_empty()) else { return Ok(()) };
        let name = &found.name;
        if !found.webhook_enabled {
            self.left(format!("bot {name}: its webhook {}, which was off", without_query(url)));
            return Ok(());
        }
        let secret = match &found.webhook_secret {
            Some(secret) => secret.clone(),
            None => {
                let mut random = [0; 32];
                crypto::random(&mut random);
                self.left(format!("bot {name}: the secret of its webhook is not in this file; it has a new one"));
                Secret::new(hex(&random))
            }
        };
        self.store.set_webhook(id, url, &secret)?;
        self.say(Outcome::Taken, format!("bot {name}: its webhook {}", without_query(url)));
        Ok(())
    }

    pub(super) fn ai(&mut self, found: &Found, id: BotId) -> Result<(), Error> {
        let setting = |name: &str| self.registry.setting(&format!("bot_{}_ai_{name}", found.id));
        let Some(kind) = setting("type") else { return Ok(()) };
        let endpoint = setting("endpoint").unwrap_or_default();
        let known = PROVIDERS.iter().find(|(host, _)| kind == "openai" && endpoint.contains(host));
        let provider = known.map_or(kind, |(_, name)| name).to_string();
        let sealed = self.registry.secret(&format!("bot_{}_ai_key", found.id));
        let is_enabled = setting("enabled") == Some("true") && sealed.is_ok();
        let row = AiRow {
            provider: provider.clone(),
            endpoint: endpoint.to_string(),
            key: sealed.as_ref().ok().cloned().flatten().unwrap_or_default(),
            model: setting("model").unwrap_or_default().to_string(),
            system: setting("system").unwrap_or_default().to_string(),
            is_enabled,
            ..AiRow::default()
        };
        let name = &found.name;
        self.store.store_ai(id, AiRank::First, &row)?;
        let state = if is_enabled { "" } else { ", switched off" };
        self.say(Outcome::Taken, format!("bot {name}: its AI ({provider}){state}"));
        if sealed.is_err() {
            self.left(format!(
                "bot {name}: the key of its AI: sealed with a key that is not in this file; say /ki in the chat with it"
            ));
        }
        Ok(())
    }

    /// Its bridge to Telegram: the token, and the chat that is joined to its owner's.
    pub(super) fn telegram(&mut self, found: &Found, id: BotId, owner: &BareJid) -> Result<(), Error> {
        let setting = |name: &str| self.registry.setting(&format!("bot_{}_tg_{name}", found.id));
        let name = &found.name;
        let token = self.registry.secret(&format!("bot_{}_tg_token", found.id));
        let (Some(chat), Ok(Some(token))) = (setting("chat_id"), &token) else {
            if token.is_err() {
                self.left(format!(
                    "bot {name}: its bridge to Telegram: the token is sealed with a key that is not in this file; say \
                     /telegram setup in the chat with it"
                ));
            }
            return Ok(());
        };
        let user_id = token.expose().split(':').next().and_then(|id| id.parse().ok());
        let there = chat.trim().parse::<i64>().ok().and_then(|chat| BareJid::parse_any(&format!("tg:{chat}")).ok());
        let (Some(user_id), Some(there)) = (user_id, there) else {
            self.left(format!("bot {name}: its bridge to Telegram: its token or the chat {chat:?} is none"));
            return Ok(());
        };
        let is_enabled = setting("enabled") == Some("true");
        let mode = setting("mode").and_then(LinkMode::parse).unwrap_or_default();
        self.store.store_telegram_bot(&TelegramRow {
            bot: id,
            token: token.clone(),
            api_url: TELEGRAM.to_string(),
            is_confined: false,
            user_id,
            username: String::new(),
            name: String::new(),
            is_enabled,
            next_update: 0,
            trouble: None,
        })?;
        let is_group = chat.trim().starts_with('-');
        self.store.insert_link(&LinkRow {
            id: LinkId(0),
            bot: id,
            here: owner.clone(),
            here_kind: ConversationKind::Chat,
            there: there.clone(),
            there_kind: if is_group { ConversationKind::Room } else { ConversationKind::Chat },
            alias: String::new(),
            mode,
            is_enabled: true,
            is_default: true,
            format_here: None,
            format_there: None,
            trouble: None,
            created_at: self.now_s,
        })?;
        self.store.store_heard(id, &there)?;
        let state = if is_enabled { "" } else { ", switched off" };
        self.say(Outcome::Taken, format!("bot {name}: its bridge to Telegram ({}){state}", mode.as_str()));
        Ok(())
    }

    /// Its picture, what waits for its program, what was noted of it, and what there is no place for.
    pub(super) fn rest(&mut self, found: &Found, id: BotId) -> Result<(), Error> {
        let name = &found.name;
        if let Some(picture) = self.registry.setting(&format!("bot_avatar:{}", found.id)) {
            match (self.read_picture)(picture) {
                _ if found.mode == "personal" => {}
                Some((bytes, hash)) => {
                    self.store.store_avatar(id, &bytes, &hash)?;
                    self.say(Outcome::Taken, format!("bot {name}: its picture"));
                }
                None => self.left(format!("bot {name}: its picture: no PNG, JPEG, GIF or WebP, or too large")),
            }
        }
        if found.permissions != "all" {
            self.left(format!("bot {name}: its permissions {:?}, which never had an effect", found.permissions));
        }
        self.updates(found, id)?;
        for audit in &found.audit {
            self.store.insert_audit(&AuditRow {
                bot: Some(id),
                owner: BareJid::parse(&found.owner).ok(),
                action: audit.action.clone(),
                details: audit.details.clone(),
                address: audit.ip.clone(),
                at: audit.at,
                ..AuditRow::default()
            })?;
        }
        Ok(())
    }

    fn updates(&mut self, found: &Found, id: BotId) -> Result<(), Error> {
        let (mut taken, mut broken) = (0, 0);
        for update in &found.updates {
            if self.now_s - update.at > UPDATE_AGE_S {
                continue;
            }
            if Fields::parse(update.payload.as_bytes()).is_err() {
                broken += 1;
                continue;
            }
            self.store.insert_update(id, &update.kind, &update.payload, update.at)?;
            taken += 1;
        }
        let name = &found.name;
        if taken > 0 {
            self.say(Outcome::Taken, format!("bot {name}: {taken} updates that wait for its program"));
        }
        if broken > 0 {
            self.left(format!("bot {name}: {broken} updates that are no JSON"));
        }
        Ok(())
    }

    /// How accounts are made at an ejabberd.
    pub(super) fn ejabberd(&mut self) -> Result<(), Error> {
        let setting = |name: &str| self.registry.setting(&format!("ejabberd_{name}")).unwrap_or_default().to_string();
        let (api_url, password) = (setting("api_url"), self.registry.secret("ejabberd_admin_password"));
        if api_url.is_empty() {
            return Ok(());
        }
        if !self.store.ejabberd()?.api_url.is_empty() {
            self.say(Outcome::Known, "the settings of ejabberd's API: there are some already, which stay");
            return Ok(());
        }
        let admin_password = password.as_ref().ok().cloned().flatten().unwrap_or_default();
        let row = EjabberdRow { api_url, host: setting("host"), admin_jid: setting("admin_jid"), admin_password };
        self.store.store_ejabberd(&row)?;
        self.say(Outcome::Taken, format!("the settings of ejabberd's API at {}", without_query(&row.api_url)));
        if password.is_err() {
            self.left("the password of ejabberd's admin: sealed with a key that is not in this file");
        }
        Ok(())
    }

    /// Whether Botmother is on for its owners; nothing is said where nothing was.
    pub(super) fn owners_enabled(&mut self) -> Result<(), Error> {
        const PREFIX: &str = "botmother_account_enabled:";
        let off: Vec<&str> = self
            .registry
            .settings
            .iter()
            .filter(|(_, value)| *value == "false")
            .filter_map(|(key, _)| key.strip_prefix(PREFIX))
            .collect();
        for owner in off {
            let Ok(owner) = BareJid::parse(owner) else { continue };
            if self.store.owner_enabled(&owner)? {
                self.store.disable_owner(&owner)?;
                self.say(Outcome::Taken, format!("Botmother is off for {owner}, as it was"));
            }
        }
        Ok(())
    }
}

/// An address without what may be a secret in it.
fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url)
}
