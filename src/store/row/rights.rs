//! Rows of who may what: tokens, people, what they use, and what they did.

use crate::base::id::BotId;
use crate::base::jid::BareJid;

/// A row of `token`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRow {
    /// Its number.
    pub id: i64,
    /// SHA-256 of the token.
    pub hash: [u8; 32],
    /// Whose it is.
    pub holder: TokenHolder,
    /// What it is for, says whoever made it.
    pub label: String,
    /// Its last four characters.
    pub ending: String,
    /// What it allows: words of the engine with spaces between.
    pub rights: String,
    /// Unix time.
    pub created_at: i64,
    /// Unix time; `None`: it does not expire.
    pub expires_at: Option<i64>,
    /// Unix time, 0 for never; written once a day at most.
    pub last_used: i64,
}

/// Whose a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenHolder {
    /// A bot's.
    Bot(BotId),
    /// A person's.
    Person(BareJid),
}

/// A row of `tenant`: somebody of whom something was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantRow {
    /// Who.
    pub jid: BareJid,
    /// `viewer`, `owner`, `admin`.
    pub role: String,
    /// Whose bots a viewer sees; `None`: his own.
    pub sees: Option<BareJid>,
    /// How much of everything; what is `None` is what the configuration says.
    pub quotas: QuotaRow,
    /// Unix time.
    pub created_at: i64,
}

/// How much an owner may have and use; `None`: nothing was said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QuotaRow {
    /// Bots.
    pub bots: Option<i64>,
    /// Messages a day.
    pub messages: Option<i64>,
    /// MiB of histories.
    pub storage: Option<i64>,
    /// Calls of AI services a day.
    pub ai_calls: Option<i64>,
}

/// A row of `usage`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageRow {
    /// Whose bots.
    pub owner: BareJid,
    /// In which day that was lived through.
    pub day: i64,
    /// Messages, up to `up_to`.
    pub messages: i64,
    /// Calls of AI services.
    pub ai_calls: i64,
    /// The number of the last message that is counted.
    pub up_to: i64,
}

/// A row of `audit_log`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditRow {
    /// Its number; grows.
    pub id: i64,
    /// The bot it is about.
    pub bot: Option<BotId>,
    /// Whose bot that is, or whom it is about otherwise.
    pub owner: Option<BareJid>,
    /// `created`, `token_made`, …
    pub action: String,
    /// More; no secret.
    pub details: String,
    /// Who did it: `admin`, `bot`, `token:7`, an address; `None`: the daemon itself.
    pub actor: Option<String>,
    /// From which address.
    pub address: Option<String>,
    /// Unix time.
    pub at: i64,
}

/// Which rows of `audit_log` are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Of this bot only.
    pub bot: Option<BotId>,
    /// Of this owner only.
    pub owner: Option<BareJid>,
    /// Not before (Unix time).
    pub since: i64,
    /// Numbers below this.
    pub before: Option<i64>,
    /// At most so many, the newest.
    pub limit: i64,
}
