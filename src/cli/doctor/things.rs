//! What `doctor` looks at besides configuration, accounts and daemon: the database, the API's certificate, how much is written,
//! webhooks, AI services.

use std::fs;
use std::path::Path;

use super::report::{Mark, Report};
use crate::base::call::{HttpCall, Reach, Trust};
use crate::base::limits;
use crate::base::time::to_rfc3339;
use crate::cli::client::Client;
use crate::cli::unix_now;
use crate::config::{ApiMode, Config, Roots};
use crate::net::probe::{self, Offer};
use crate::store::row::AiRank;
use crate::store::{self, Store};
use crate::work;

const DAY_S: i64 = 24 * 3600;

/// Every page of the database.
pub(super) fn check_database(report: &mut Report, data_dir: &Path) {
    const WHAT: &str = "database";
    match store::look_over(data_dir) {
        Ok(None) => report.say(Mark::Ok, WHAT, "none yet; the first start makes it"),
        Ok(Some(condition)) => {
            let (kib, log_kib) = (condition.bytes.div_ceil(1024), condition.log_bytes.div_ceil(1024));
            let older = if condition.is_older { "; the next start brings it to today's, and keeps a copy" } else { "" };
            let found = format!("whole, schema {}, {kib} KiB and a log of {log_kib} KiB{older}", condition.schema);
            report.say(Mark::Ok, WHAT, &found);
        }
        Err(store::Error::Corrupt(why)) => {
            let found = format!(
                "damaged: {why}\nstop the daemon, put the last backup back (botmother restore FILE; what is there is kept), \
                 and look at the disk (dmesg, fsck)"
            );
            report.say(Mark::Fail, WHAT, &found);
        }
        Err(error @ store::Error::Newer { .. }) => report.say(Mark::Fail, WHAT, &error.to_string()),
        Err(error) => report.say(Mark::Warn, WHAT, &format!("cannot be looked at by this user: {error}")),
    }
}

/// How the API is reached, and for how long its certificate is good.
pub(super) fn check_api(report: &mut Report, config: &Config) {
    const WHAT: &str = "API";
    let port = config.api.port;
    if port == 0 {
        let found = format!("HTTP by the socket {} alone", config.api.socket.display());
        return report.say(Mark::Ok, WHAT, &found);
    }
    if config.api.mode == ApiMode::Local {
        return report.say(Mark::Ok, WHAT, &format!("HTTP on this machine alone, port {port}"));
    }
    let own = config.api.tls_cert.as_os_str().is_empty();
    let file = if own { config.data_dir.join("api-tls/server.crt") } else { config.api.tls_cert.clone() };
    report.say(Mark::Ok, WHAT, &format!("HTTPS for the network, port {port}, certificate {}", file.display()));
    match fs::read_to_string(&file).ok().and_then(|pem| probe::certificate_end(&pem)) {
        // The daemon makes another one in time.
        Some(_) if own => {}
        Some(expires_ms) => check_expiry(report, "certificate of the API", expires_ms),
        None if own => report.say(Mark::Ok, "certificate of the API", "the daemon makes one at its first start"),
        None => {
            let found = format!("{} cannot be read as a certificate by this user", file.display());
            report.say(Mark::Warn, "certificate of the API", &found);
        }
    }
}

/// How many days a certificate is good for.
pub(super) fn check_expiry(report: &mut Report, what: &str, expires_ms: i64) {
    let days = (expires_ms / 1000 - unix_now()).div_euclid(DAY_S);
    let (mark, found) = match days {
        ..0 => (Mark::Fail, "has expired; renew it there, then it is tried again by itself".to_string()),
        0..limits::CERTIFICATE_WARN_DAYS => {
            (Mark::Warn, format!("expires in {days} days; is it renewed by itself there (certbot, acme.sh)?"))
        }
        _ => (Mark::Ok, format!("good for {days} days")),
    };
    report.say(mark, what, &found);
}

/// What a server says it has besides what the login shows.
pub(super) fn offered(offer: &Offer) -> String {
    let clock = offer.clock_ahead_ms.map(|ms| match (ms + 500).div_euclid(1000) {
        seconds if seconds < 0 => format!("its clock ({} s behind)", -seconds),
        seconds => format!("its clock ({seconds} s ahead)"),
    });
    let all = [
        offer.pep.filter(|has| *has).map(|_| "personal nodes (PEP)".to_string()),
        offer.upload.filter(|has| *has).map(|_| "upload of files".to_string()),
        clock,
    ];
    let all: Vec<String> = all.into_iter().flatten().collect();
    format!("its server offers: {}", if all.is_empty() { "nothing else".to_string() } else { all.join(", ") })
}

/// What a server does not offer, and what follows from that.
pub(super) fn lacks(offer: &Offer) -> Option<String> {
    let all = [
        (offer.pep, "personal nodes (PEP, XEP-0163): nothing is encrypted, and pictures are not seen"),
        (offer.upload, "upload of files (XEP-0363): bots can send files by their address only"),
    ];
    let missing: Vec<&str> = all.into_iter().filter(|(has, _)| *has == Some(false)).map(|(_, what)| what).collect();
    let who = "whoever runs the server can switch that on (Prosody: mod_pep, mod_http_file_share; ejabberd: mod_pubsub \
               with the plugin pep, mod_http_upload)";
    (!missing.is_empty()).then(|| format!("the server does not offer {}; {who}", missing.join("; ")))
}

/// Our clock against the server's.
pub(super) fn check_server_clock(report: &mut Report, what: &str, offer: &Offer) {
    let Some(ahead_s) = offer.clock_ahead_ms.map(|ms| ms / 1000) else { return };
    if ahead_s.abs() < limits::CLOCK_DIFFERENCE_S {
        return;
    }
    let (far, way) = (ahead_s.abs(), if ahead_s > 0 { "ahead of" } else { "behind" });
    let found = format!(
        "its clock is {far} s {way} this machine's; times of messages are wrong by that. One of the two is not set by NTP: \
         `timedatectl` or `ntpd -q` says whether it is this one"
    );
    report.say(Mark::Warn, &format!("{what}, clock of its server"), &found);
}

/// How much the daemon writes: what wears a memory card.
pub(super) fn check_wear(report: &mut Report, client: &mut Client) {
    let Ok(text) = client.get_text("/metrics") else { return };
    let number = |name: &str| {
        let value =
            text.lines().find_map(|line| line.strip_prefix("botmother_")?.strip_prefix(name)?.strip_prefix(' '));
        value.and_then(|value| value.trim().parse::<u64>().ok())
    };
    let (Some(bytes), Some(seconds)) = (number("written_bytes_total"), number("uptime_seconds")) else { return };
    let kib = bytes / 1024;
    let found = match seconds {
        limits::WEAR_TOLD_AFTER_S.. => {
            let a_day = kib as f64 / 1024.0 * 86_400.0 / seconds as f64;
            format!("{a_day:.1} MiB a day ({kib} KiB in {} hours)", seconds / 3600)
        }
        _ => format!("{kib} KiB in the {} minutes since its start", seconds / 60),
    };
    report.say(Mark::Ok, "written to the disk", &found);
}

/// Webhooks whose last attempt went wrong.
pub(super) fn check_webhooks(report: &mut Report, store: &Store) {
    let (Ok(webhooks), Ok(bots)) = (store.list_webhooks(), store.list_bots()) else { return };
    for row in webhooks {
        let name = bots.iter().find(|bot| bot.id == row.bot).map_or("?", |bot| bot.name.as_str());
        let what = format!("webhook of bot {} ({name})", row.bot);
        match &row.last_error {
            None => report.say(Mark::Ok, &what, "no failures"),
            Some((at, why)) => {
                let time = to_rfc3339(at.saturating_mul(1000));
                let found = format!(
                    "failed last at {time}: {why}\nGET /bot/getWebhookInfo has the last attempts; what failed is tried again, \
                     or with POST /bot/replayWebhook"
                );
                report.say(Mark::Warn, &what, &found);
            }
        }
    }
}

/// Whether AI services answer at all. Nothing is asked of them, and no key is sent.
pub(super) fn check_ai(report: &mut Report, config: &Config, store: &Store) {
    let Ok(bots) = store.list_bots() else { return };
    let mut seen: Vec<String> = Vec::new();
    for bot in bots {
        for rank in [AiRank::First, AiRank::Substitute] {
            let Ok(Some(row)) = store.ai(bot.id, rank) else { continue };
            let mut call = HttpCall::new("GET", &row.endpoint);
            let origin = call.origin().to_string();
            if row.endpoint.is_empty() || seen.contains(&origin) {
                continue;
            }
            call.url = format!("{origin}/");
            call.timeout = limits::DOCTOR_CALL_TIMEOUT;
            call.reach = if row.is_confined { Reach::PublicOnly } else { Reach::Any };
            call.trust = Trust { system_roots: config.roots == Roots::System, ca_file: None };
            seen.push(origin.clone());
            let what = format!("AI service {} at {origin}", row.provider);
            match work::call(&call) {
                Ok(_) => report.say(Mark::Ok, &what, "answers"),
                Err(error) => {
                    let found = format!("does not answer: {error}\ndoes it run, and is the address in /ki right?");
                    report.say(Mark::Warn, &what, &found);
                }
            }
        }
    }
}
