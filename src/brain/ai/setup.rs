//! How a bot's AI is set up: the same rules for the API and for `/ki`.
//!
//! A key belongs to the address it was given for: where that changes to another host, the key is forgotten. An address
//! that a bot's program names while the API is open to the network must be a public one.

use crate::base::id::BotId;
use crate::base::secret::Secret;
use crate::base::{address, limits, server};
use crate::brain::ai::Ai;
use crate::core::Context;
use crate::core::batch::{Batch, Trouble};
use crate::core::failure::Failure;
use crate::core::handle::{AiInfo, AiSettings, Answer};
use crate::remote::ai::Provider;
use crate::remote::ai::providers::PROVIDERS;
use crate::store::row::{AiRank, AiRow};

impl Ai {
    /// Switches a bot's AI on.
    pub(crate) fn turn_ai_on(&mut self, cx: &mut Context<'_>, bot: BotId) -> Result<(), Trouble> {
        let Some(row) = cx.core.batch.store.ai(bot, AiRank::First)? else { return Err(super::not_set_up().into()) };
        cx.core.batch.store.store_ai(bot, AiRank::First, &AiRow { is_enabled: true, ..row })?;
        Ok(cx.core.batch.audit(Some(bot), "ai_enabled", "true")?)
    }

    /// Switches a bot's AI off: it forgets what was said.
    pub(crate) fn turn_ai_off(&mut self, cx: &mut Context<'_>, bot: BotId) -> Result<(), Trouble> {
        let Some(row) = cx.core.batch.store.ai(bot, AiRank::First)? else { return Ok(()) };
        cx.core.batch.store.store_ai(bot, AiRank::First, &AiRow { is_enabled: false, ..row })?;
        self.drop_questions_of(cx, bot)?;
        cx.core.batch.store.clear_ai_turns(bot, None)?;
        Ok(cx.core.batch.audit(Some(bot), "ai_enabled", "false")?)
    }
}

/// Who sets an AI up.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum SetBy {
    /// The bot's program.
    Program,
    /// Its owner, in a chat.
    Owner,
}

impl Batch {
    /// Sets a bot's AI up.
    pub(crate) fn set_ai(&mut self, bot: BotId, new: &AiSettings, by: SetBy) -> Result<AiRow, Trouble> {
        let before = self.store.ai(bot, new.rank)?;
        let known = before.clone().unwrap_or_default();
        let name = new.provider.as_deref().unwrap_or(&known.provider);
        let Some(provider) = Provider::find(name) else {
            let names: Vec<&str> = PROVIDERS.iter().map(|provider| provider.name).collect();
            return Err(Failure::invalid("provider", format!("one of {}", names.join(", "))).into());
        };
        let is_other = known.provider != provider.name;
        let mut row = AiRow { provider: provider.name.to_string(), ..known.clone() };
        if is_other {
            (row.endpoint, row.model) = (provider.endpoint.to_string(), String::new());
            (row.key, row.is_confined) = (Secret::default(), false);
        }
        if let Some(endpoint) = &new.endpoint {
            row.endpoint = read_endpoint(provider, endpoint)?;
            let is_open = by == SetBy::Program && self.setup.api.is_network;
            row.is_confined = is_open && row.endpoint != provider.endpoint;
            if row.is_confined && address::is_plainly_private(&row.endpoint) {
                let must_be = "a public address, as the API is open to the network; its owner may name others with /ki";
                return Err(Failure::invalid("endpoint", must_be).into());
            }
        }
        if origin(&row.endpoint) != origin(&known.endpoint) {
            row.key = Secret::default();
        }
        if let Some(key) = &new.api_key {
            row.key = read_key(key)?;
        }
        row.model = read_name("model", new.model.as_deref().unwrap_or(&row.model))?;
        if row.model.is_empty() {
            row.model = provider.models.first().copied().unwrap_or_default().to_string();
        }
        row.is_streaming = new.is_streaming.unwrap_or(row.is_streaming);
        read_numbers(new, &mut row)?;
        let must_be_whole = by == SetBy::Program || new.api_key.is_some();
        if provider.needs_key_at(&row.endpoint) && row.key.is_empty() && must_be_whole {
            return Err(
                Failure::invalid("api_key", format!("a key of {}: see {}", provider.name, provider.site)).into()
            );
        }
        // Who sets it up wants it on, unless it was switched off.
        row.is_enabled = known.is_enabled || before.is_none();
        self.store.store_ai(bot, new.rank, &row)?;
        self.audit(Some(bot), "ai_setup", &format!("provider={} model={}", row.provider, row.model))?;
        Ok(row)
    }

    /// How a bot's AI is.
    pub(crate) fn ai_info(&self, bot: BotId) -> Result<AiInfo, Trouble> {
        let row = self.store.ai(bot, AiRank::First)?.map(|row| AiRow { key: Secret::default(), ..row });
        Ok(AiInfo {
            is_enabled: row.as_ref().is_some_and(|row| row.is_enabled),
            system: self.system_prompt(&row.clone().unwrap_or_default()),
            substitute: self.store.ai(bot, AiRank::Substitute)?.map(|row| row.provider),
            row,
        })
    }

    /// `setup` of the API.
    pub(crate) fn set_ai_by_api(&mut self, bot: BotId, new: &AiSettings) -> Result<Answer, Trouble> {
        let row = self.set_ai(bot, new, SetBy::Program)?;
        Ok(Answer::AiSet { provider: row.provider, model: row.model })
    }
}

fn read_endpoint(provider: &Provider, endpoint: &str) -> Result<String, Failure> {
    let endpoint = endpoint.trim();
    if endpoint.is_empty() {
        return Ok(provider.endpoint.to_string());
    }
    let rest = endpoint.strip_prefix("https://").or_else(|| endpoint.strip_prefix("http://"));
    let is_fine = |rest: &str| {
        let authority = rest.split('/').next().unwrap_or_default();
        !authority.is_empty()
            && rest.is_ascii()
            && !rest.contains(['?', '#', '@', ' ', '\\'])
            && server::has_usable_port(authority)
    };
    if endpoint.len() > limits::URL_BYTES_MAX || !rest.is_some_and(is_fine) {
        return Err(Failure::invalid("endpoint", "an http or https URL, for example http://192.168.1.5:8000/v1"));
    }
    Ok(endpoint.to_string())
}

fn read_key(key: &Secret) -> Result<Secret, Failure> {
    let text = key.expose().trim();
    let is_fine = text.len() <= limits::PASSWORD_BYTES_MAX && text.bytes().all(|byte| (0x21..0x7f).contains(&byte));
    match text {
        "-" => Ok(Secret::default()),
        _ if is_fine => Ok(Secret::new(text)),
        _ => Err(Failure::invalid("api_key", "a key without spaces, or - for none")),
    }
}

/// A name on one line.
pub(super) fn read_name(field: &str, name: &str) -> Result<String, Failure> {
    let name = name.trim();
    if name.len() > limits::AI_NAME_BYTES_MAX || name.contains(char::is_control) {
        return Err(Failure::invalid(field, format!("one line of at most {} bytes", limits::AI_NAME_BYTES_MAX)));
    }
    Ok(name.to_string())
}

fn read_numbers(new: &AiSettings, row: &mut AiRow) -> Result<(), Failure> {
    let number = |field: &str, value: i64, max: u32| match u32::try_from(value) {
        Ok(0) => Ok(None),
        Ok(value) if value <= max => Ok(Some(value)),
        _ => Err(Failure::invalid(field, format!("0 to {max}, not {value}"))),
    };
    if let Some(system) = &new.system {
        Failure::check_most("system", system.len(), limits::AI_SYSTEM_BYTES_MAX, "bytes")?;
        row.system = system.trim().to_string();
    }
    if let Some(tokens) = new.max_tokens {
        row.max_tokens = number("max_tokens", tokens, limits::AI_TOKENS_MAX)?;
    }
    if let Some(seconds) = new.timeout_s {
        row.timeout_s = number("timeout", seconds, limits::AI_TIMEOUT_S_MAX)?;
    }
    if let Some(temperature) = new.temperature {
        if !(0.0..=2.0).contains(&temperature) {
            return Err(Failure::invalid("temperature", "a number from 0 to 2"));
        }
        row.temperature = Some((temperature * 100.0).round() as u32);
    }
    Ok(())
}

/// Scheme, host and port.
fn origin(url: &str) -> &str {
    let path = url.split_once("://").map_or(0, |(scheme, _)| scheme.len() + 3);
    let end = url.get(path..).and_then(|rest| rest.find('/')).map_or(url.len(), |at| path + at);
    url.get(..end).unwrap_or(url)
}
