//! Topics, and what is kept on them: how accounts and bots are, and what Home Assistant is told of that. docs/mqtt.md lists
//! them.

use std::collections::BTreeMap;

use super::Setup;
use super::packet::Out;
use crate::base::json::Object;
use crate::base::{crypto, json, text};
use crate::core::handle::{AccountInfo, BotInfo, Connection, Update};

/// Where Home Assistant looks for what there is.
const DISCOVERY: &str = "homeassistant";
/// The state of whoever can be used now.
const ONLINE: &str = "online";
const OFFLINE: &str = "offline";

/// The topic that says whether we are there.
pub(super) fn status(setup: &Setup) -> String {
    format!("{}/status", setup.prefix)
}

/// What stands there while we are.
pub(super) fn here(setup: &Setup) -> Out {
    Out { topic: status(setup), payload: ONLINE.to_string(), is_kept: true }
}

/// What stands there while we are not; the broker puts it there when we are lost.
pub(super) fn gone(setup: &Setup) -> Out {
    Out { payload: OFFLINE.to_string(), ..here(setup) }
}

/// A bot's topic.
pub(super) fn of_bot(setup: &Setup, bot: i64, what: &str) -> String {
    format!("{}/bot/{bot}/{what}", setup.prefix)
}

/// What everybody who wants something sent publishes to.
pub(super) fn sends(setup: &Setup) -> String {
    format!("{}/bot/+/send", setup.prefix)
}

/// The bot of such a topic.
pub(super) fn bot_of_send(setup: &Setup, topic: &str) -> Option<i64> {
    let rest = topic.strip_prefix(setup.prefix.as_str())?.strip_prefix("/bot/")?;
    rest.strip_suffix("/send")?.parse().ok()
}

/// An update, spelled as `getUpdates` does.
pub(super) fn update(setup: &Setup, bot: i64, update: &Update) -> Out {
    let payload =
        Object::new().number("update_id", update.id.0).text("type", &update.kind).raw("data", &update.payload);
    Out { topic: of_bot(setup, bot, "update"), payload: payload.end(), is_kept: false }
}

/// All that is kept, by topic. What is not in it any more is to be taken away.
pub(super) fn kept(setup: &Setup, accounts: &[AccountInfo], bots: &[BotInfo]) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for account in accounts {
        let topic = format!("{}/account/{}/state", setup.prefix, level(account.jid.as_str()));
        if setup.discovery {
            let name = format!("account_{}", short_hash(account.jid.as_str()));
            let entity = connectivity(setup, account.jid.as_str(), &topic, &name);
            all.insert(discovery(setup, "binary_sensor", &name), entity.end());
        }
        all.insert(topic, if account.online { ONLINE } else { OFFLINE }.to_string());
    }
    for bot in bots {
        let (id, state) = (bot.id.0, of_bot(setup, bot.id.0, "state"));
        if setup.discovery {
            all.extend(entities(setup, bot, &state));
        }
        let info = Object::new()
            .number("id", id)
            .text("name", &bot.name)
            .text("owner", bot.owner.as_str())
            .text("mode", bot.mode.as_str());
        all.insert(
            of_bot(setup, id, "info"),
            info.text_if("jid", Some(bot.jid.as_str()).filter(|jid| !jid.is_empty())).end(),
        );
        let connection = bot.state.connection;
        all.insert(state, if connection == Connection::Online { ONLINE } else { connection.as_str() }.to_string());
    }
    all
}

/// What Home Assistant is told of a bot: whether it is connected, what it was told last, each thing it is told as an event,
/// and where to write as it.
fn entities(setup: &Setup, bot: &BotInfo, state: &str) -> Vec<(String, String)> {
    let (id, updates) = (bot.id.0, of_bot(setup, bot.id.0, "update"));
    let name = |what: &str| format!("bot_{id}_{what}");
    let mut all = vec![(
        discovery(setup, "binary_sensor", &name("state")),
        connectivity(setup, &bot.name, state, &name("state")).end(),
    )];
    if setup.wants(&bot.name) {
        let body = "{{ value_json.data.body | default('') | truncate(255, true) }}";
        let last = entity(setup, &format!("{} last message", bot.name), &name("message"))
            .text("state_topic", &updates)
            .text("value_template", body)
            .text("json_attributes_topic", &updates)
            .text("json_attributes_template", "{{ value_json.data | tojson }}");
        all.push((discovery(setup, "sensor", &name("message")), last.end()));
        let kinds = json::array(setup.updates.names().map(|kind| format!("\"{kind}\"")));
        let event = entity(setup, &format!("{} update", bot.name), &name("update"))
            .text("state_topic", &updates)
            .text("value_template", "{{ {'event_type': value_json.type, 'data': value_json.data} | tojson }}")
            .raw("event_types", &kinds);
        all.push((discovery(setup, "event", &name("update")), event.end()));
    }
    if setup.send {
        let template = format!("{{{{ {{'to': '{}', 'text': value}} | tojson }}}}", quoted(bot.owner.as_str()));
        let notify = entity(setup, &bot.name, &name("send"))
            .text("command_topic", &of_bot(setup, id, "send"))
            .text("command_template", &template)
            .number("qos", 1);
        all.push((discovery(setup, "notify", &name("send")), notify.end()));
    }
    all
}

fn connectivity(setup: &Setup, label: &str, topic: &str, name: &str) -> Object {
    entity(setup, label, name)
        .text("state_topic", topic)
        .text("payload_on", ONLINE)
        .text("value_template", "{{ 'online' if value == 'online' else 'offline' }}")
        .text("payload_off", OFFLINE)
        .text("device_class", "connectivity")
        .text("entity_category", "diagnostic")
}

fn entity(setup: &Setup, label: &str, name: &str) -> Object {
    let node = node(setup);
    let device = Object::new()
        .raw("identifiers", &json::array([format!("\"botmother_{node}\"")]))
        .text("name", "Botmother")
        .text("manufacturer", "Botmother")
        .text("sw_version", env!("CARGO_PKG_VERSION"));
    Object::new()
        .text("name", label)
        .text("unique_id", &format!("botmother_{node}_{name}"))
        .text("availability_topic", &status(setup))
        .raw("device", &device.end())
}

fn discovery(setup: &Setup, component: &str, name: &str) -> String {
    format!("{DISCOVERY}/{component}/{}/{name}/config", node(setup))
}

/// Our name there: letters, digits, `_` and `-` are allowed.
fn node(setup: &Setup) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    setup.client_id.chars().map(plain).collect()
}

/// An address as one level of a topic: `+`, `#` and `/` would be others.
fn level(address: &str) -> String {
    let mut out = String::new();
    for c in address.chars() {
        match c {
            '+' | '#' | '/' | '%' | '\0' => out.push_str(&format!("%{:02X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

/// Between quotes of a template.
fn quoted(text: &str) -> String {
    text.replace('\\', r"\\").replace('\'', r"\'")
}

fn short_hash(text: &str) -> String {
    let hash = crypto::sha256(text.as_bytes());
    text::hex(hash.get(..6).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_one_level() {
        assert_eq!(level("a+b#c/d%@x.org"), "a%2Bb%23c%2Fd%25@x.org");
        let setup = Setup { prefix: "home/bots".into(), ..Setup::default() };
        assert_eq!(bot_of_send(&setup, "home/bots/bot/7/send"), Some(7));
        for other in ["home/bots/bot/7/sent", "home/bots/bot/x/send", "home/botsbot/7/send", "bot/7/send"] {
            assert_eq!(bot_of_send(&setup, other), None, "{other}");
        }
    }
}
