//! `botmother doctor`: checks one after the other what this needs, and says what to do about what is wrong. `report.rs` tells
//! it, `things.rs` has what is no account and no daemon.

mod report;
mod things;

use std::fs;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::account::{self, Trial};
use super::client::{self, Client};
use super::{Exit, Failed};
use crate::base::limits;
use crate::base::remedy::{self, FORGET, LIST_BOTS, Language, Place};
use crate::config::{self, Config, Roots};
use crate::core::effect::Route;
use crate::net::probe::{NoLogin, Step};
use crate::store;
use crate::store::row::{AccountRow, Origin};
use report::{Mark, Report};

/// How it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Lines for people.
    Lines,
    /// One JSON object.
    Json,
}

/// A machine without a battery-backed clock wakes up in 1970; certificates then seem not to be valid yet.
const UNSET_BEFORE: u64 = limits::CLOCK_UNSET_BEFORE as u64;

/// Runs all checks. `as_json` gives one object instead of lines.
pub(super) fn run(config: &Config, form: Form) -> Result<(), Failed> {
    let mut report = Report::default();
    report.as_json = form == Form::Json;
    check_config(&mut report, config);
    check_data(&mut report, &config.data_dir);
    check_clock(&mut report, &config.data_dir);
    things::check_database(&mut report, &config.data_dir);
    check_daemon(&mut report, config);
    things::check_api(&mut report, config);
    for account in &config.accounts {
        let row = AccountRow {
            password: account.password.clone(),
            host: account.host.clone(),
            ca_file: account.ca_file.display().to_string(),
            pin: account.pin.clone(),
            from_config: true,
            ..AccountRow::new(&account.jid, [0; 4])
        };
        let what = format!("account {}", account.jid);
        check_account(&mut report, config, &what, &row, account.plaintext);
    }
    if let Err(error) = check_saved(&mut report, config) {
        let found = format!("those of `account add` and of bots cannot be looked at: {error}");
        report.say(Mark::Warn, "accounts", &found);
    }
    if let Ok(Some(store)) = account::look(config) {
        things::check_webhooks(&mut report, &store);
        things::check_ai(&mut report, config, &store);
    }
    let report = report.end();
    let found = [
        (report.has_failed, Exit::Failed),
        (report.has_lost_server, Exit::Unavailable),
        (report.has_refused_login, Exit::Permission),
    ];
    match found.into_iter().find(|(is_so, _)| *is_so) {
        Some((_, exit)) => Err(Failed::new(exit, "")),
        None => Ok(()),
    }
}

/// Accounts that are saved: of people, and of bots.
fn check_saved(report: &mut Report, config: &Config) -> Result<(), store::Error> {
    let Some(store) = account::look(config)? else { return Ok(()) };
    let bots = store.list_bots()?;
    for row in store.list_accounts()? {
        let what = match row.bot.and_then(|id| bots.iter().find(|bot| bot.id == id)) {
            Some(bot) => format!("account {} of bot {} ({})", row.jid, bot.id, bot.name),
            None => format!("account {}", row.jid),
        };
        if row.removing {
            let found = remedy::at(Place::Shell, &format!("of a deleted bot, not removed yet; {FORGET} gives it up"));
            report.say(Mark::Warn, &what, &found);
        } else if !row.from_config {
            check_account(report, config, &what, &row, false);
        }
    }
    Ok(())
}

/// Whether an account can be logged in to.
fn check_account(report: &mut Report, config: &Config, what: &str, row: &AccountRow, plaintext: bool) {
    let route = Route {
        domain: row.jid.domain().to_string(),
        host: row.host.clone(),
        ca_file: row.ca_file.clone(),
        pin: row.pin.clone(),
        system_roots: config.roots == Roots::System,
    };
    // Of another command than this one its options have to be said whole.
    let place = if row.from_config { Place::File } else { Place::Chat(Language::English) };
    let say = |text: String| remedy::at(place, &text);
    report.step(what);
    let mut expires_ms = None;
    let steps = &mut |step: Step| {
        if let Step::Tls(_, certificate) = &step {
            expires_ms = certificate.expires_ms;
        }
        report.step(&say(step.to_string()));
    };
    let is_unmade = row.origin == Origin::Register && row.login_key.is_none();
    let trial = Trial { jid: &row.jid, password: &row.password, plaintext };
    let outcome = account::examine(&route, &trial, steps);
    if let Some(expires_ms) = expires_ms.filter(|_| outcome.is_ok()) {
        things::check_expiry(report, &format!("{what}, certificate of its server"), expires_ms);
    }
    match outcome {
        Ok((facts, offer)) => {
            report.step(&things::offered(&offer));
            let lacks: Vec<String> = account::lacks(&facts).into_iter().chain(things::lacks(&offer)).collect();
            match lacks.is_empty() {
                true => report.say(Mark::Ok, what, "can log in, and the server has all that is needed"),
                false => report.say(Mark::Warn, what, &format!("can log in; {}", lacks.join("; "))),
            }
            things::check_server_clock(report, what, &offer);
        }
        // Registering is the daemon's; whether it could be done this says, too.
        Err(NoLogin { is_refused: true, .. }) if is_unmade => {
            let found =
                say(format!("its server has not made it yet, but can be reached; {LIST_BOTS} says how it goes"));
            report.say(Mark::Warn, what, &found);
        }
        Err(NoLogin { why, is_refused }) => {
            let unmade = if is_unmade { "not made yet: " } else { "" };
            let found = format!("{unmade}{}", say(why));
            if is_refused { report.say_refused(what, &found) } else { report.say_lost(what, &found) }
        }
    }
}

fn check_config(report: &mut Report, config: &Config) {
    let file = config.file.as_ref().map_or("none, so the defaults hold".into(), |file| file.display().to_string());
    report.say(Mark::Ok, "configuration", &file);
    for warning in &config.warnings {
        report.say(Mark::Warn, "configuration", warning);
    }
}

fn check_data(report: &mut Report, data_dir: &Path) {
    let shown = data_dir.display();
    let what = "data directory";
    let Ok(meta) = fs::metadata(data_dir) else {
        return report.say(Mark::Ok, what, &format!("{shown} is not there yet; the first start makes it"));
    };
    let access = rustix::fs::access(data_dir, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK);
    if access == Err(rustix::io::Errno::ROFS) {
        let found = format!(
            "{shown} is on a file system that is mounted read-only; if it was not meant to be, the disk has errors \
             (dmesg): check it, then mount it with -o remount,rw"
        );
        report.say(Mark::Fail, what, &found);
    } else if access.is_err() {
        let owner = meta.uid();
        report.say(Mark::Fail, what, &format!("{shown} belongs to user {owner}; run this as that user or as root"));
    } else {
        report.say(Mark::Ok, what, &shown.to_string());
    }
    if let Ok(space) = rustix::fs::statvfs(data_dir) {
        let free_mb = space.f_bavail.saturating_mul(space.f_frsize) / (1024 * 1024);
        let mark = match free_mb {
            0..limits::SPACE_NONE_MB => Mark::Fail,
            limits::SPACE_NONE_MB..limits::SPACE_LOW_MB => Mark::Warn,
            _ => Mark::Ok,
        };
        report.say(mark, "free space", &format!("{free_mb} MB"));
    }
    if data_dir.join("restore.new").exists() {
        let found = "`botmother restore` is at work here, or was cut short: then the next start of the daemon finishes it, or \
                     takes away what it has left where nothing was changed yet";
        report.say(Mark::Warn, "restore", found);
    }
    for name in ["secret.key", "botmother.db", client::TOKEN_FILE] {
        let path = data_dir.join(name);
        if let Ok(meta) = fs::metadata(&path)
            && meta.permissions().mode() & 0o077 != 0
        {
            let fix = format!("others may read {0}; close it with: chmod 600 {0}", path.display());
            report.say(Mark::Fail, "secrets", &fix);
        }
    }
}

fn check_clock(report: &mut Report, data_dir: &Path) {
    let now = SystemTime::now();
    let seconds = now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let written = fs::metadata(data_dir.join("botmother.db")).and_then(|meta| meta.modified()).ok();
    // A day of tolerance for a disk that was in a machine with another clock.
    let is_behind = written.is_some_and(|written| written > now + Duration::from_secs(24 * 3600));
    let time = crate::base::time::to_rfc3339(i64::try_from(seconds).unwrap_or(0).saturating_mul(1000));
    if seconds < UNSET_BEFORE || is_behind {
        let found = format!(
            "{time} cannot be right, and until it is, no server's certificate is valid; have it set at boot (ntpd -q, \
             systemd-timesyncd, or fake-hwclock for a start). The daemon tries again each minute and loses nothing"
        );
        report.say(Mark::Fail, "clock", &found);
    } else {
        report.say(Mark::Ok, "clock", &time);
    }
}

/// Where the daemon listens, and how long its certificate is good.
fn check_server(report: &mut Report, client: &mut Client) {
    let Ok(server) = client.get("/bot/server", &[], Duration::ZERO) else { return };
    let addresses = server.texts("addresses").ok().flatten().unwrap_or_default().join(", ");
    let socket = server.text("socket").ok().flatten().map_or(String::new(), |socket| format!(", {socket}"));
    let all = format!("{addresses}{socket}");
    report.say(Mark::Ok, "addresses", all.trim_start_matches(", "));
    let Some(certificate) = server.object("certificate") else { return };
    let names = certificate.texts("names").ok().flatten().unwrap_or_default().join(", ");
    let until = certificate.number("valid_until").ok().flatten().unwrap_or(0);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let left = until.saturating_sub(i64::try_from(now).unwrap_or(0));
    let is_ours = certificate.truth("self_signed").ok().flatten().unwrap_or(false);
    let (mark, remedy) = match left {
        ..=0 => (Mark::Fail, "; it has expired: put a new one into its file, then send SIGHUP to the daemon"),
        // One of the daemon's own making it replaces itself.
        left if !is_ours && left < limits::API_CERTIFICATE_WARN_BEFORE.as_secs() as i64 => {
            (Mark::Warn, "; put a new one into its file, then send SIGHUP to the daemon")
        }
        _ => (Mark::Ok, ""),
    };
    let time = crate::base::time::to_rfc3339(until.saturating_mul(1000));
    let fingerprint = certificate.text("fingerprint").ok().flatten().unwrap_or("?");
    let day = time.get(..10).unwrap_or_default();
    report.say(mark, "certificate", &format!("{fingerprint}, for {names}, until {day}{remedy}"));
}

fn check_daemon(report: &mut Report, config: &Config) {
    let mut client = Client::new(config);
    let port = config.api.port;
    match client.get("/health", &[], Duration::ZERO) {
        Ok(health) => {
            let version = health.text("version").ok().flatten().unwrap_or("?").to_string();
            report.say(Mark::Ok, "daemon", &format!("version {version} runs at {}", client.place()));
            if version != env!("CARGO_PKG_VERSION") {
                let found = format!("this program is version {}; restart the daemon", env!("CARGO_PKG_VERSION"));
                report.say(Mark::Warn, "version", &found);
            }
            things::check_wear(report, &mut client);
            check_server(report, &mut client);
        }
        Err(failed) if port == 0 => {
            let mark = if failed.exit == Exit::Permission { Mark::Fail } else { Mark::Warn };
            report.say(mark, "daemon", &failed.text);
        }
        Err(failed) => match TcpListener::bind(("127.0.0.1", port)) {
            Ok(_) => {
                let found = format!("{} (port {port} is free)", failed.text);
                report.say(Mark::Warn, "daemon", &found);
            }
            Err(error) if error.kind() == ErrorKind::AddrInUse => {
                let user = client::listener(port).map_or(String::new(), |user| format!(" (of user {user})"));
                let found = format!("another program{user} has port {port}; choose one with --port or [api] port");
                report.say(Mark::Fail, "daemon", &format!("{found}\n({})", failed.text));
            }
            Err(error) => report.say(Mark::Fail, "daemon", &format!("port {port}: {}", config::plain(&error))),
        },
    }
}
