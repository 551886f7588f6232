//! Settings of a bot's AI, as callers give and see them.

use crate::base::secret::Secret;
use crate::store::row::{AiRank, AiRow};

/// What is to be; `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct AiSettings {
    /// One of the providers' names.
    pub provider: Option<String>,
    /// The key; `-` or empty for none.
    pub api_key: Option<Secret>,
    /// The model's name.
    pub model: Option<String>,
    /// Another address than the provider's own; empty for that one.
    pub endpoint: Option<String>,
    /// The system prompt; empty for the usual one.
    pub system: Option<String>,
    /// Bound on tokens of an answer; 0 for the usual one.
    pub max_tokens: Option<i64>,
    /// 0 to 2.
    pub temperature: Option<f64>,
    /// Bound on the time of an answer, in seconds; 0 for the usual one.
    pub timeout_s: Option<i64>,
    /// Whether answers are shown in chats while they come.
    pub is_streaming: Option<bool>,
    /// Which AI of the bot these are settings of.
    pub rank: AiRank,
}

/// How a bot's AI is.
#[derive(Clone, Debug)]
pub struct AiInfo {
    /// Whether it answers.
    pub is_enabled: bool,
    /// The settings, without the key; `None` when it is not set up.
    pub row: Option<AiRow>,
    /// The system prompt in use.
    pub system: String,
    /// The provider that is asked when the first cannot.
    pub substitute: Option<String>,
}
