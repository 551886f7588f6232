//! What a value must be: one method a kind of value. The error says what would be right, "a port number from 1024 to
//! 65535"; `apply.rs` adds where and what was given instead.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use super::Proxy;
use super::outside::{Broker, MetricsPlace, topic};
use super::place::Environment;
use super::read::{Setting, Value};
use crate::base::jid::{BareJid, Jid};
use crate::base::network::Network;
use crate::base::secret::Secret;
use crate::base::server::{host, pin};
use crate::base::{limits, text};

/// A value somebody gave, and what is needed to understand it.
pub(super) struct Given<'a> {
    /// The value and its place.
    pub(super) setting: &'a Setting,
    /// For `~/`.
    pub(super) environment: &'a Environment,
}

impl Given<'_> {
    fn text(&self) -> Result<&str, String> {
        match &self.setting.value {
            Value::Text(text) => Ok(text),
            _ => Err("a text in quotes".into()),
        }
    }

    fn integer(&self, range: RangeInclusive<i64>, what: &str) -> Result<i64, String> {
        let number = match &self.setting.value {
            Value::Integer(number) => Some(*number),
            // In the environment everything is text; in the file a number in quotes is a mistake worth forgiving.
            Value::Text(text) => text.trim().parse().ok(),
            _ => None,
        };
        let wrong = || format!("{what} from {} to {}", range.start(), range.end());
        number.filter(|number| range.contains(number)).ok_or_else(wrong)
    }

    /// One of a few words.
    pub(super) fn choice<T: Copy>(&self, choices: &[(&str, T)]) -> Result<T, String> {
        let given = self.text().ok();
        let words = || choices.iter().map(|(word, _)| format!("\"{word}\"")).collect::<Vec<_>>().join(" or ");
        choices.iter().find(|(word, _)| Some(*word) == given).map(|(_, value)| *value).ok_or_else(words)
    }

    /// True or false.
    pub(super) fn truth(&self) -> Result<bool, String> {
        match &self.setting.value {
            Value::Truth(truth) => Ok(*truth),
            Value::Text(text) if text == "true" => Ok(true),
            Value::Text(text) if text == "false" => Ok(false),
            _ => Err("true or false".into()),
        }
    }

    /// A port we may listen on without privileges; 0 for none.
    pub(super) fn port(&self) -> Result<u16, String> {
        match self.integer(0..=0, "none") {
            Ok(_) => Ok(0),
            Err(_) => self.integer(1024..=65535, "a port number").map(|port| port as u16),
        }
    }

    /// Requests a second.
    pub(super) fn rate(&self) -> Result<u32, String> {
        self.integer(0..=1_000_000, "a whole number").map(|rate| rate as u32)
    }

    /// Days that a history is kept.
    pub(super) fn days(&self) -> Result<i64, String> {
        self.integer(0..=limits::HISTORY_DAYS_MAX, "a whole number of days")
    }

    /// How much of something an owner may have.
    pub(super) fn quota(&self) -> Result<i64, String> {
        self.integer(0..=limits::QUOTA_MAX, "a whole number, where 0 is no limit,")
    }

    /// A path; relative ones start at the directory of the file that says so.
    pub(super) fn path(&self) -> Result<PathBuf, String> {
        let text = self.text().map_err(|_| "a path in quotes".to_string())?;
        if text.is_empty() {
            return Ok(PathBuf::new());
        }
        Ok(self.setting.origin.base.join(self.environment.expand(text)))
    }

    /// Any text.
    pub(super) fn words(&self) -> Result<String, String> {
        self.text().map(str::to_string)
    }

    /// A list of texts, or one text with commas, as in the environment.
    pub(super) fn texts(&self) -> Result<Vec<String>, String> {
        match &self.setting.value {
            Value::Texts(texts) => Ok(texts.clone()),
            Value::Text(text) => {
                Ok(text.split(',').map(|text| text.trim().to_string()).filter(|text| !text.is_empty()).collect())
            }
            _ => Err("a list of texts in quotes".into()),
        }
    }

    /// Networks.
    pub(super) fn networks(&self) -> Result<Vec<Network>, String> {
        let must_be = |why| format!("a list of networks, each {why}");
        self.texts()?.iter().map(|text| text.parse::<Network>().map_err(must_be)).collect()
    }

    /// Where numbers are given.
    pub(super) fn metrics_place(&self) -> Result<MetricsPlace, String> {
        match self.text()? {
            "" => Ok(MetricsPlace::Nowhere),
            text if text.starts_with(['/', '.', '~']) => self.path().map(MetricsPlace::Path),
            text => text
                .parse()
                .map(MetricsPlace::Address)
                .map_err(|_| "an address and port like \"127.0.0.1:9184\", or the path of a socket".into()),
        }
    }

    /// A broker.
    pub(super) fn broker(&self) -> Result<Option<Broker>, String> {
        match self.text()? {
            "" => Ok(None),
            text => Broker::parse(text).map(Some),
        }
    }

    /// The beginning of topics.
    pub(super) fn topic(&self) -> Result<String, String> {
        topic(self.text()?)
    }

    /// A name that every broker takes (MQTT 3.1.1 §3.1.3.1).
    pub(super) fn client_id(&self) -> Result<String, String> {
        let text = self.text()?;
        let is_fine = (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if is_fine { Ok(text.to_string()) } else { Err("1 to 64 letters, digits and signs".into()) }
    }

    /// A secret.
    pub(super) fn secret(&self) -> Result<Secret, String> {
        self.text().map(Secret::new)
    }

    /// An account's address.
    pub(super) fn account(&self) -> Result<BareJid, String> {
        account(self.text()?)
    }

    /// Accounts' addresses: a list, or one text with commas, as in the environment.
    pub(super) fn accounts(&self) -> Result<Vec<BareJid>, String> {
        let texts: Vec<&str> = match &self.setting.value {
            Value::Texts(texts) => texts.iter().map(String::as_str).collect(),
            Value::Text(text) => text.split(',').map(str::trim).filter(|text| !text.is_empty()).collect(),
            _ => return Err("a list of addresses, like [\"ralf@chat.example.com\"]".into()),
        };
        let one = |text: &str| match BareJid::parse(text) {
            Ok(jid) if jid.domain() == "local" => {
                Err("a list of XMPP accounts (owner@local, the built-in chat, cannot \
                 change the API; whoever uses it changes this file instead)"
                    .into())
            }
            _ => account(text).map_err(|must_be| format!("a list of addresses, each {must_be}")),
        };
        texts.into_iter().map(one).collect()
    }

    /// Proxies: a list, or one text with commas, as in the environment.
    pub(super) fn proxies(&self) -> Result<Vec<Proxy>, String> {
        let list = "a list like [\"127.0.0.1\", \"10.0.0.0/8\", \"unix\"]";
        let texts: Vec<&str> = match &self.setting.value {
            Value::Texts(texts) => texts.iter().map(String::as_str).collect(),
            Value::Text(text) => text.split(',').map(str::trim).filter(|text| !text.is_empty()).collect(),
            _ => return Err(list.into()),
        };
        if texts.len() > limits::PROXIES_MAX {
            return Err(format!("{list} with at most {} entries", limits::PROXIES_MAX));
        }
        let one = |text: &str| match text {
            "unix" => Ok(Proxy::Unix),
            text => text.parse().map(Proxy::Network).map_err(|must_be| format!("{list}, each \"unix\" or {must_be}")),
        };
        texts.into_iter().map(one).collect()
    }

    /// A host.
    pub(super) fn host(&self) -> Result<String, String> {
        host(self.text()?)
    }

    /// A pin.
    pub(super) fn pin(&self) -> Result<String, String> {
        pin(self.text()?)
    }
}

/// Checks an address an account can have; the error is what it must be.
pub fn account(text: &str) -> Result<BareJid, String> {
    let jid = Jid::parse(text).map_err(|why| format!("an address like user@example.org ({why})"))?;
    if jid.local().is_none() {
        return Err("an address with a user name, like user@example.org".into());
    }
    if !jid.is_bare() {
        return Err(format!("the address alone, {}, without what follows the slash", jid.bare_str()));
    }
    if jid.domain() == "local" {
        return Err("an XMPP account (owner@local is the built-in chat, which needs none)".into());
    }
    Ok(jid.bare())
}

/// What was given instead, for the end of a message; cut short, and never a secret.
pub(super) fn shown(setting: &Setting) -> String {
    let given = match &setting.value {
        _ if setting.key.secret => return String::new(),
        Value::Text(given) => super::key::quoted(&text::shorten(given, 80)),
        Value::Integer(number) => number.to_string(),
        Value::Truth(truth) => truth.to_string(),
        Value::Texts(given) => {
            let quoted: Vec<String> = given.iter().map(|text| super::key::quoted(text)).collect();
            text::shorten(&format!("[{}]", quoted.join(", ")), 80)
        }
        Value::Other(what) => (*what).into(),
    };
    format!(", not {given}")
}
