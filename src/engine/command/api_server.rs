//! `/api server …` (docs/api.md): how the API is reached. Everybody a bot speaks with may read it; the daemon's admins see
//! where the files are and change it.
//!
//! A change is an effect for the daemon, and [`Event::Rebound`](crate::engine::event::Event::Rebound) what became of it.

use crate::base::remedy::{self, Language};
use crate::base::time;
use crate::core::batch::{Batch, Trouble, Verdict};
use crate::core::calls::{self, End};
use crate::core::effect::{ApiChange, Effect, Rebind, Wisher};
use crate::core::failure::Failure;
use crate::core::handle::{Answer, CertificateInfo};
use crate::core::setup::Setup;
use crate::core::texts::{self, Text, chat};
use crate::engine::Engine;
use crate::engine::command::dedicated::Chat;
use crate::engine::command::split;
use crate::engine::event::Rebound;
use crate::store;

/// Settings that hold the path of a certificate or its key until the other one is named, too.
const CERT: &str = "api_server_cert_named";
const KEY: &str = "api_server_key_named";

/// What an admin's words mean.
enum Wish {
    Change(ApiChange),
    /// One of the two files that make a certificate: in which setting it waits for the other.
    Half(&'static str, String),
    Unclear(&'static Text),
}

/// `/api server [what]` of somebody who is no admin.
pub(super) fn answer_others(setup: &Setup, rest: &str) -> String {
    match rest {
        "" | "status" => describe(setup),
        _ => chat::API_SERVER_REFUSED.fill(setup.settings.language, &[]),
    }
}

/// `/api server [what]` of an admin.
pub(super) fn answer_admin(engine: &mut Engine, chat: &Chat, rest: &str) -> Result<String, Trouble> {
    let language = engine.core.batch.setup.settings.language;
    let say = |text: &Text| Ok(text.fill(language, &[]));
    if matches!(rest, "" | "status") {
        return Ok(describe(&engine.core.batch.setup) + &describe_to_admin(&engine.core.batch.setup));
    }
    let change = match read(rest) {
        Wish::Change(change) => change,
        Wish::Unclear(why) => {
            let why = why.fill(language, &[("what", rest)]);
            return Ok(format!("{why}\n\n{}", chat::API_SERVER_USAGE.fill(language, &[])));
        }
        Wish::Half(half, path) => {
            engine.core.batch.store.store_setting(half, &path)?;
            let named =
                |key| Ok::<_, store::Error>(engine.core.batch.store.setting(key)?.filter(|path| !path.is_empty()));
            match (named(CERT)?, named(KEY)?) {
                (Some(cert), Some(key)) => {
                    engine.core.batch.store.store_setting(CERT, "")?;
                    engine.core.batch.store.store_setting(KEY, "")?;
                    ApiChange::Certificate { cert, key }
                }
                (_, None) => return say(&chat::NOW_THE_KEY),
                (None, _) => return say(&chat::NOW_THE_CERT),
            }
        }
    };
    engine.core.batch.audit(Some(chat.bot), "api_server", &format!("by={} change={change:?}", chat.who))?;
    let rebind = Rebind { change, by: Wisher::Chat { bot: chat.bot, who: chat.who.clone() } };
    engine.core.batch.pending.effects.push(Effect::Rebind(rebind));
    say(&chat::API_CHANGING)
}

/// `POST /bot/server`.
pub(crate) fn change_by_api(batch: &mut Batch, change: &ApiChange) -> Result<Verdict, Trouble> {
    batch.audit(None, "api_server", &format!("by=api change={change:?}"))?;
    batch.last_tag += 1;
    let tag = batch.last_tag;
    batch.pending.effects.push(Effect::Rebind(Rebind { change: change.clone(), by: Wisher::Api(tag) }));
    Ok(calls::wait_for(tag))
}

fn read(rest: &str) -> Wish {
    let (word, value) = split(rest);
    // Two files are not one with a space in its name: that stands in quotes, as phones write them, too.
    let quoted = value.strip_prefix(['"', '“', '„']).and_then(|rest| rest.strip_suffix(['"', '”', '“']));
    let quoted = quoted.filter(|path| !path.contains(['"', '”', '“', '„']));
    let path = quoted.unwrap_or(value);
    let is_path = path.starts_with('/') && (quoted.is_some() || !path.contains(char::is_whitespace));
    match (word.to_lowercase().as_str(), value) {
        ("local" | "lokal", "") => Wish::Change(ApiChange::Network(false)),
        ("network" | "netzwerk", "") => Wish::Change(ApiChange::Network(true)),
        ("port", value) => match value.parse() {
            Ok(port @ 1024..) => Wish::Change(ApiChange::Port(port)),
            _ => Wish::Unclear(&chat::PORT_RANGE),
        },
        ("cert" | "key", _) if !(is_path || value == "auto" && word.eq_ignore_ascii_case("cert")) => {
            Wish::Unclear(&chat::NO_PATH)
        }
        ("cert", "auto") => Wish::Change(ApiChange::OwnCertificate),
        ("reload-cert" | "zertifikat-laden", "") => Wish::Change(ApiChange::ReadCertificate),
        ("cert", _) => Wish::Half(CERT, path.to_string()),
        ("key", _) => Wish::Half(KEY, path.to_string()),
        ("renew-cert" | "renew" | "zertifikat-erneuern", "") => Wish::Change(ApiChange::RenewCertificate),
        ("delete-cert" | "zertifikat-loeschen", "") => Wish::Change(ApiChange::DeleteCertificate),
        _ => Wish::Unclear(&chat::NO_CHANGE),
    }
}

/// How it is, as everybody may know it.
fn describe(setup: &Setup) -> String {
    let (facts, language) = (&setup.api, setup.settings.language);
    let fill = |text: &Text| text.fill(language, &[]);
    let rate = if setup.rate_limit == 0 { fill(&chat::UNLIMITED) } else { setup.rate_limit.to_string() };
    let mode = fill(if facts.is_network { &chat::MODE_NETWORK } else { &chat::MODE_LOCAL });
    let management = fill(if facts.needs_admin_token { &chat::MANAGEMENT_TOKEN } else { &chat::MANAGEMENT_LOOPBACK });
    let values = [("url", setup.api_url.as_str()), ("mode", &mode), ("rate", &rate), ("management", &management)];
    let certificate = facts.server.certificate.as_ref();
    let certificate = certificate.map_or(String::new(), |certificate| fingerprint(certificate, language));
    chat::API_SERVER.fill(language, &values) + &certificate
}

/// What people compare before they believe the certificate.
fn fingerprint(certificate: &CertificateInfo, language: Language) -> String {
    let until = time::to_rfc3339(certificate.valid_until.saturating_mul(1000));
    let (names, until) = (certificate.names.join(", "), until.get(..10).unwrap_or_default());
    chat::API_FINGERPRINT
        .fill(language, &[("fingerprint", &certificate.fingerprint), ("names", &names), ("until", until)])
}

/// Where its files are, and what can be changed.
fn describe_to_admin(setup: &Setup) -> String {
    let (facts, language) = (&setup.api, setup.settings.language);
    let or = |path: &str, text: &Text| if path.is_empty() { text.fill(language, &[]) } else { path.to_string() };
    let values = [
        ("config", &*or(&facts.config_file, &chat::NO_FILE)),
        ("data", &facts.data_dir),
        ("admin_file", &facts.admin_token_file),
        ("certificate", &or(&facts.certificate, &texts::NOTHING)),
        ("addresses", &facts.server.addresses.join(", ")),
    ];
    let files = chat::API_SERVER_ADMIN.fill(language, &values);
    format!("{files}\n\n{}", chat::API_SERVER_USAGE.fill(language, &[]))
}

impl Engine {
    /// The API is reached in another way now, or still as before.
    pub(crate) fn on_rebound(&mut self, rebound: &Rebound) -> Result<(), store::Error> {
        if let Ok((url, facts)) = &rebound.outcome {
            let setup = &mut self.core.batch.setup;
            (setup.api_url, setup.api, setup.rate_limit) = (url.clone(), facts.clone(), facts.server.rate_limit);
            self.upkeep.rate.set(facts.server.rate_limit);
        }
        let (bot, who) = match rebound.wish.as_ref().map(|wish| &wish.by) {
            None => return Ok(()),
            Some(Wisher::Chat { bot, who }) => (*bot, who),
            Some(Wisher::Api(tag)) => {
                let outcome = match &rebound.outcome {
                    Ok((_, facts)) => Ok(Answer::Server(Box::new(facts.server.clone()))),
                    Err(why) => Err(Failure::Conflict(format!("nothing was changed: {why}"))),
                };
                self.core.callers.end(*tag, End::Outcome(outcome));
                return Ok(());
            }
        };
        let language = self.core.batch.setup.settings.language;
        let text = match &rebound.outcome {
            Ok((url, facts)) => {
                let mode = if facts.is_network { &chat::MODE_NETWORK } else { &chat::MODE_LOCAL };
                let mode = mode.fill(language, &[]);
                let said = chat::API_CHANGED.fill(language, &[("url", url), ("mode", &mode)]);
                let certificate = facts.server.certificate.as_ref();
                said + &certificate.map_or(String::new(), |certificate| fingerprint(certificate, language))
            }
            Err(why) => {
                chat::API_NOT_CHANGED.fill(language, &[("why", &remedy::at(self.core.batch.chat_place(), why))])
            }
        };
        self.say_as_bot(bot, who, &text)
    }
}
