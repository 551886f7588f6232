//! `/omemo …`: whose keys a bot trusts, in its own chat for its owner, and with the manager for any bot of his; without a
//! bot there, those of the chat itself.
//!
//! Rules are in `channel::xmpp::crypt::trust`; here words are read and answers worded.

use std::fmt::Write;

use crate::base::id::{AccountId, BotId};
use crate::base::jid::BareJid;
use crate::base::limits;
use crate::base::remedy::Language;
use crate::channel::xmpp::crypt::trust::{Decided, KeyTrust, Reach, Unclear};
use crate::core::batch::Trouble;
use crate::core::handle::{Encrypt, KeyInfo, Policy};
use crate::core::owner::is_local;
use crate::core::texts::{self, Text, chat, omemo as words};
use crate::engine::Engine;
use crate::engine::command::dedicated::Chat;
use crate::engine::command::{botfather, split};

type Answer = Result<String, Trouble>;

/// In a bot's chat: its own fingerprint for all, the rest for its owner.
pub(super) fn in_chat(engine: &mut Engine, chat: &Chat, arguments: &str) -> Answer {
    let is_status = matches!(split(arguments).0, "" | "status");
    if !is_status && engine.core.batch.bot(chat.bot)?.row.owner != chat.who {
        return Ok(chat::CLEAR_REFUSED.fill(engine.core.batch.setup.settings.language, &[]));
    }
    let account = engine.channels.xmpp.accounts.omemo_account(&engine.core.batch, chat.bot)?;
    let reach = if is_local(&chat.who) { Reach::All } else { Reach::Trusting };
    let place = Place { bot: Some(chat.bot), account, command: "/omemo".to_string(), reach };
    answer(engine, &place, &chat.who, arguments)
}

/// With the manager.
pub(super) fn with_manager(engine: &mut Engine, owner: &BareJid, arguments: &str) -> Answer {
    let word = split(arguments).0.to_lowercase();
    let is_own =
        matches!(word.as_str(), "" | "status" | "devices" | "trust" | "distrust" | "policy" | "encrypt" | "reset");
    // From a trusted device he may decide for any of his bots.
    let is_sure = is_local(owner) || engine.channels.xmpp.crypt.under == Some(KeyTrust::Trusted);
    let reach = if is_sure { Reach::All } else { Reach::Trusting };
    if let Some(account) = engine.channels.xmpp.accounts.account_of(owner).filter(|_| is_own) {
        let place = Place { bot: None, account, command: "/omemo".to_string(), reach };
        return answer(engine, &place, owner, arguments);
    }
    if is_own && is_local(owner) {
        return Ok(words::INSIDE.fill(engine.core.batch.setup.settings.language, &[]));
    }
    match botfather::own_bot(engine, owner, arguments, "/omemo", &words::ID_WORDS) {
        Ok((bot, rest)) => {
            let account = engine.channels.xmpp.accounts.omemo_account(&engine.core.batch, bot)?;
            // A personal one speaks through its owner's account, as the manager does.
            let own = Some(bot).filter(|_| engine.channels.xmpp.accounts.account_of_bot(bot) == Some(account));
            let command = own.map_or_else(|| "/omemo".to_string(), |bot| format!("/omemo {bot}"));
            answer(engine, &Place { bot: own, account, command, reach }, owner, rest)
        }
        Err(answer) => Ok(answer),
    }
}

/// Which account is meant, whose it is, and how it is called here.
struct Place {
    /// The bot whose own account it is; `None`: the owner's.
    bot: Option<BotId>,
    account: AccountId,
    command: String,
    /// How far what is decided here reaches.
    reach: Reach,
}

/// What changes something.
enum Change {
    Decide(bool),
    Policy(Policy),
    Encrypt(Option<Encrypt>),
    Reset,
}

fn answer(engine: &mut Engine, place: &Place, owner: &BareJid, arguments: &str) -> Answer {
    let language = engine.core.batch.setup.settings.language;
    let (word, rest) = split(arguments);
    let value = rest.to_lowercase();
    let change = match (word.to_lowercase().as_str(), value.as_str()) {
        ("" | "status", "") | ("policy" | "encrypt", "") => return status(engine, place),
        ("devices", "") => {
            let keys = engine.core.batch.list_keys(place.account, None, limits::OMEMO_KEYS_SHOWN_MAX)?;
            return Ok(list(&keys, language));
        }
        ("trust", _) => Some(Change::Decide(true)),
        ("distrust", _) => Some(Change::Decide(false)),
        ("policy", value) => Policy::parse(value).map(Change::Policy),
        ("encrypt", "default") => Some(Change::Encrypt(None)),
        ("encrypt", value) => Encrypt::parse(value).map(|encrypt| Change::Encrypt(Some(encrypt))),
        ("reset", "") => Some(Change::Reset),
        _ => None,
    };
    let Some(change) = change else {
        let arguments = words::WORDS.fill(language, &[]);
        return Ok(texts::USAGE.fill(language, &[("command", &place.command), ("arguments", &arguments)]));
    };
    if !engine.channels.xmpp.may_decide(&engine.core.batch, place.account, owner)? {
        return Ok(words::NOT_FROM_HERE.fill(language, &[]));
    }
    match change {
        Change::Decide(trusted) => return decide(engine, place, rest, trusted),
        Change::Policy(policy) => {
            engine.channels.xmpp.accounts.set_trust_policy(&mut engine.core.batch, place.account, policy)?
        }
        Change::Encrypt(encrypt) => match place.bot {
            Some(bot) => engine.channels.xmpp.set_encrypt(&mut engine.core, bot, encrypt)?,
            None => return Ok(words::NOT_CHOSEN_HERE.fill(language, &[])),
        },
        Change::Reset if place.bot.is_none() => return Ok(words::NOT_CHOSEN_HERE.fill(language, &[])),
        Change::Reset => {
            engine.channels.xmpp.reset_omemo(&mut engine.core, place.account)?;
            return Ok(words::RESET.fill(language, &[("command", &place.command)]));
        }
    }
    status(engine, place)
}

fn status(engine: &Engine, place: &Place) -> Answer {
    let language = engine.core.batch.setup.settings.language;
    let status = engine.channels.xmpp.accounts.omemo_status(&engine.core.batch, place.account)?;
    let policy = match status.policy {
        Policy::Blind => &words::BLIND,
        Policy::Tofu => &words::TOFU,
        Policy::Pinned => &words::PINNED,
    };
    let encrypt = match status.encrypt {
        Encrypt::Required => &words::ENCRYPT_REQUIRED,
        Encrypt::Preferred => &words::ENCRYPT_PREFERRED,
        Encrypt::Off => &words::ENCRYPT_OFF,
    };
    let (policy, encrypt) = (policy.fill(language, &[("command", &place.command)]), encrypt.fill(language, &[]));
    let rest = [("policy", policy.as_str()), ("encrypt", &encrypt)];
    Ok(match &status.device {
        None => words::NO_DEVICE.fill(language, &rest),
        Some(own) => {
            let device = own.device.to_string();
            let own = [("fingerprint", own.fingerprint.as_str()), ("device", &device), ("uri", &own.uri)];
            words::STATUS.fill(language, &[&own[..], &rest].concat())
        }
    })
}

/// `name` may have the address in front.
fn decide(engine: &mut Engine, place: &Place, name: &str, trusted: bool) -> Answer {
    let language = engine.core.batch.setup.settings.language;
    let (jid, name) = match split(name) {
        (word, name) if word.contains('@') => match BareJid::parse(word) {
            Ok(jid) => (Some(jid), name),
            Err(_) => return Ok(texts::NO_ADDRESS.fill(language, &[("word", word)])),
        },
        _ => (None, name),
    };
    Ok(
        match engine.channels.xmpp.decide_key(
            &mut engine.core.batch,
            place.account,
            jid.as_ref(),
            name,
            (trusted, place.reach),
        )? {
            Ok(Decided { key, except }) => {
                let mut out = fill_key(if trusted { &words::TRUSTED } else { &words::DISTRUSTED }, &key, language);
                if let Some(except) = except {
                    let text = if except.is_empty() { &words::EVERYWHERE } else { &words::NOT_EVERYWHERE };
                    out.push_str(&text.fill(language, &[("names", &except.join(", "))]));
                }
                out
            }
            Err(unclear) => {
                let text = match unclear {
                    Unclear::Word => &words::WORD,
                    Unclear::Unknown => &words::UNKNOWN,
                    Unclear::Ambiguous => &words::AMBIGUOUS,
                    Unclear::Full => &words::FULL,
                };
                let digits = limits::OMEMO_FINGERPRINT_DIGITS_MIN.to_string();
                text.fill(language, &[("command", &place.command), ("digits", &digits)])
            }
        },
    )
}

fn list(keys: &[KeyInfo], language: Language) -> String {
    let head = if keys.is_empty() { &words::NO_KEYS } else { &words::KEYS };
    let mut out = head.fill(language, &[]);
    for key in keys {
        let _ = write!(out, "{}", fill_key(&words::KEY, key, language));
    }
    out
}

fn fill_key(text: &Text, key: &KeyInfo, language: Language) -> String {
    let standing = match key.standing {
        "trusted" if key.is_verified => &words::IS_VERIFIED,
        "trusted" => &words::IS_TRUSTED,
        "undecided" => &words::IS_UNDECIDED,
        _ => &words::IS_DISTRUSTED,
    };
    let device = if key.device == 0 { words::UNSEEN.fill(language, &[]) } else { key.device.to_string() };
    let values = [
        ("jid", key.jid.as_str()),
        ("device", &device),
        ("standing", &standing.fill(language, &[])),
        ("fingerprint", &key.fingerprint),
    ];
    text.fill(language, &values)
}
