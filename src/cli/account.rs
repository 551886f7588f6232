//! `botmother account …`: XMPP accounts, through the running daemon, or in its store while it does not run.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use super::args::Login;
use super::client::Client;
use super::{Exit, Failed, password, print, table_of};
use crate::base::id::AccountId;
use crate::base::jid::BareJid;
use crate::base::json::{Fields, Object};
use crate::base::remedy::{self, Place};
use crate::base::secret::Secret;
use crate::base::{crypto, text};
use crate::config::{self, Config, Roots};
use crate::core::effect::Route;
use crate::net::probe::{self, NoLogin, Offer};
use crate::reactor;
use crate::store::row::{AccountRow, Origin};
use crate::store::{self, Durability, Store};
use crate::xmpp::session::{Facts, SessionConfig};

/// `account add`
pub(super) fn add(config: &Config, login: &Login) -> Result<(), Failed> {
    if config.accounts.iter().any(|account| account.jid == login.jid) {
        let text = format!("{} stands in the configuration file already", login.jid);
        return Err(Failed::new(Exit::Failed, text));
    }
    let mut client = Client::new(config);
    // Looked at before the password is asked for, so that nobody types it for nothing.
    let store = match client.get("/account/list", &[], Duration::ZERO) {
        Ok(_) => None,
        Err(error) if error.exit == Exit::Unavailable => Some(open_store(config)?),
        Err(failed) => return Err(failed),
    };
    let known = match &store {
        Some(store) => store.find_account(&login.jid).map_err(failed)?,
        None => look(config).ok().flatten().and_then(|store| store.find_account(&login.jid).ok().flatten()),
    };
    let route = route(config, login, known.as_ref().filter(|row| !row.from_config))?;
    let password = password::get(login.password_file.as_deref(), &format!("Password of {}", login.jid))?;
    test(&route, &Trial { jid: &login.jid, password: &password, plaintext: false })?;
    match store {
        None => {
            let body = Object::new().text("jid", login.jid.as_str()).text("password", password.expose());
            let body = body.text("host", &route.host).text("ca_file", &route.ca_file).text("pin", &route.pin);
            client.post("/account/add", body)?;
            print(format_args!("{} is saved, and the daemon signs in to it now\n", login.jid));
        }
        Some(mut store) => {
            save(&mut store, known, login, route, password).and_then(|()| store.commit()).map_err(failed)?;
            store.close().map_err(failed)?;
            print(format_args!("{} is saved; the daemon signs in to it when it starts: `botmother`\n", login.jid));
        }
    }
    Ok(())
}

/// A new account, or new words for a known one, which keeps its resource and what waits to be sent.
fn save(
    store: &mut Store,
    known: Option<AccountRow>,
    login: &Login,
    route: Route,
    password: Secret,
) -> Result<(), store::Error> {
    let mut random = [0; 4];
    crypto::random(&mut random);
    let row = known.unwrap_or_else(|| AccountRow::new(&login.jid, random));
    let Route { host, ca_file, pin, .. } = route;
    let row = AccountRow { password, host, ca_file, pin, from_config: false, login_key: None, ..row };
    if row.id == AccountId(0) {
        return store.insert_account(&row).map(|_| ());
    }
    store.store_account(&row)
}

/// `account list`
pub(super) fn list(config: &Config) -> Result<(), Failed> {
    let rows = match Client::new(config).get("/account/list", &[], Duration::ZERO) {
        Ok(answer) => accounts(&answer)?.iter().map(from_daemon).collect(),
        Err(failed) if failed.exit == Exit::Unavailable => {
            print(format_args!(
                "{}\nwhat is saved in {}, and in the configuration:\n",
                failed.text,
                config.data_dir.display()
            ));
            from_store(config)?
        }
        Err(failed) => return Err(failed),
    };
    if rows.is_empty() {
        print("no accounts yet; sign in with `botmother account add you@example.org`\n");
    } else {
        print(table_of(&["ACCOUNT", "STATE", "FROM"], rows));
    }
    Ok(())
}

fn from_daemon(fields: &Fields) -> Vec<String> {
    let is_from_file = fields.truth("from_config").ok().flatten().unwrap_or_default();
    let text = |key: &str| fields.text(key).ok().flatten().unwrap_or_default().to_string();
    vec![text("jid"), text("state"), origin(is_from_file)]
}

fn origin(is_from_file: bool) -> String {
    if is_from_file { "configuration file".into() } else { "account add".into() }
}

fn from_store(config: &Config) -> Result<Vec<Vec<String>>, Failed> {
    let store = look(config).map_err(failed)?;
    let stored = store.map_or(Ok(Vec::new()), |store| store.list_accounts()).map_err(failed)?;
    let stored = stored.iter().filter(|row| is_added(row)).map(|row| (row.jid.to_string(), false));
    let all = config.accounts.iter().map(|account| (account.jid.to_string(), true)).chain(stored);
    Ok(all.map(|(jid, is_from_file)| vec![jid, String::new(), origin(is_from_file)]).collect())
}

/// Whether it is one of `account add`, not of the configuration file or of a bot.
fn is_added(row: &AccountRow) -> bool {
    !row.from_config && row.origin == Origin::Person
}

/// `account remove`
pub(super) fn remove(config: &Config, jid: &BareJid) -> Result<(), Failed> {
    match Client::new(config).post("/account/remove", Object::new().text("jid", jid.as_str())) {
        Ok(_) => {}
        Err(error) if error.exit == Exit::Unavailable => {
            let mut store = open_store(config)?;
            let rows = store.list_accounts().map_err(failed)?;
            let Some(row) = rows.iter().find(|row| row.jid == *jid && is_added(row)) else {
                return Err(Failed::new(Exit::Failed, format!("{jid} is not stored here")));
            };
            store.delete_account(row.id).and_then(|()| store.commit()).map_err(failed)?;
            store.close().map_err(failed)?;
        }
        Err(failed) => return Err(failed),
    }
    print(format_args!("{jid} is removed\n"));
    Ok(())
}

/// `account test`: as configured or saved, with what the command line says instead.
pub(super) fn try_login(config: &Config, login: &Login) -> Result<(), Failed> {
    let configured = config.accounts.iter().find(|account| account.jid == login.jid);
    let known = match configured {
        Some(account) => Some(AccountRow {
            password: account.password.clone(),
            host: account.host.clone(),
            ca_file: account.ca_file.display().to_string(),
            pin: account.pin.clone(),
            ..AccountRow::new(&login.jid, [0; 4])
        }),
        None => match look(config).and_then(|store| store.map_or(Ok(None), |store| store.find_account(&login.jid))) {
            Ok(row) => row.filter(|row| !row.from_config),
            Err(error) => {
                print(format_args!("what is saved of {} is not used: {error}\n", login.jid));
                None
            }
        },
    };
    let route = route(config, login, known.as_ref())?;
    let plaintext = configured.is_some_and(|account| account.plaintext) && config::is_loopback(&route.host);
    let password = match known {
        Some(known) if login.password_file.is_none() && !known.password.is_empty() => known.password,
        _ => {
            let file = configured.map(|account| account.password_file.as_path());
            let file = login.password_file.as_deref().or(file);
            password::get(file, &format!("Password of {}", login.jid))?
        }
    };
    test(&route, &Trial { jid: &login.jid, password: &password, plaintext })
}

/// The way to an account: as the command line says, else as it is known.
fn route(config: &Config, login: &Login, known: Option<&AccountRow>) -> Result<Route, Failed> {
    let or = |given: &Option<String>, known: Option<&String>| given.as_ref().or(known).cloned().unwrap_or_default();
    let ca_file = or(&login.ca_file, known.map(|row| &row.ca_file));
    if !ca_file.is_empty() {
        let wrong = |why| Failed::new(Exit::Io, format!("--ca-file names {ca_file}, which {why}"));
        config::ca_file(Path::new(&ca_file)).map_err(wrong)?;
    }
    Ok(Route {
        domain: login.jid.domain().to_string(),
        host: or(&login.host, known.map(|row| &row.host)),
        ca_file,
        pin: or(&login.pin, known.map(|row| &row.pin)),
        system_roots: config.roots == Roots::System,
    })
}

/// The store to look into, also while the daemon has it.
pub(super) fn look(config: &Config) -> Result<Option<Store>, store::Error> {
    Store::look(&config.data_dir)
}

fn test(route: &Route, trial: &Trial<'_>) -> Result<(), Failed> {
    let jid = trial.jid;
    print(format_args!("testing {jid}\n"));
    let say = |text: String| remedy::at(Place::Shell, &text);
    let facts = log_in(route, trial, &mut |step| {
        print(format_args!("  {}\n", say(step.to_string())));
    });
    let facts = facts.map_err(|NoLogin { why, is_refused }| {
        let exit = if is_refused { Exit::Permission } else { Exit::Unavailable };
        Failed::new(exit, say(format!("{jid}: {why}")))
    })?;
    if let Some(lacks) = lacks(&facts) {
        print(format_args!("  {lacks}\n"));
    }
    Ok(())
}

/// A login that is tried.
pub(super) struct Trial<'a> {
    /// The account.
    pub(super) jid: &'a BareJid,
    /// Its password.
    pub(super) password: &'a Secret,
    /// No TLS, and PLAIN without it, are acceptable.
    pub(super) plaintext: bool,
}

/// One login, nothing more: tells each step, and what the server can do.
pub(super) fn log_in(route: &Route, trial: &Trial<'_>, report: &mut dyn FnMut(probe::Step)) -> Result<Facts, NoLogin> {
    reactor::block_on(probe::probe(session(trial), route.clone(), report))
}

/// The same, and what the server offers besides.
pub(super) fn examine(
    route: &Route,
    trial: &Trial<'_>,
    report: &mut dyn FnMut(probe::Step),
) -> Result<(Facts, Offer), NoLogin> {
    reactor::block_on(probe::examine(session(trial), route.clone(), report))
}

fn session(trial: &Trial<'_>) -> SessionConfig {
    let mut random = [0; 4];
    crypto::random(&mut random);
    SessionConfig {
        account: trial.jid.clone(),
        password: trial.password.clone(),
        // Not the daemon's own resource: a server would throw the daemon out.
        resource: format!("botmother-test.{}", text::hex(&random)),
        login_key: None,
        register: false,
        plaintext: trial.plaintext,
        presence: crate::xmpp::presence::print_available(-1),
        is_bot: false,
        features: &[],
    }
}

/// What the server cannot do and what follows from that, if there is such a thing.
pub(super) fn lacks(facts: &Facts) -> Option<String> {
    let all = [
        (facts.resumption, "stream resumption (XEP-0198): a broken connection takes longer to mend"),
        (facts.carbons, "carbons (XEP-0280): what you write on other devices is not seen"),
        (facts.archive, "a message archive (XEP-0313): what comes while this is offline may be missed"),
    ];
    let missing: Vec<&str> = all.into_iter().filter(|(has, _)| !has).map(|(_, what)| what).collect();
    (!missing.is_empty()).then(|| format!("the server lacks {}", missing.join("; ")))
}

/// The store, while the daemon does not run.
fn open_store(config: &Config) -> Result<Store, Failed> {
    refuse_foreign(&config.data_dir)?;
    open_for_owner(config)
}

/// The same for who gives the files back to their owner.
pub(super) fn open_for_owner(config: &Config) -> Result<Store, Failed> {
    let durability = match config.durability {
        config::Durability::Power => Durability::Power,
        config::Durability::Process => Durability::Process,
    };
    Store::open(&config.data_dir, durability).map_err(|error| match error {
        store::Error::Locked if Client::new(config).get("/health", &[], Duration::ZERO).is_ok() => {
            let text = "the daemon runs: stop it first (systemctl stop botmother), nothing was changed";
            Failed::new(Exit::Unavailable, text)
        }
        store::Error::Locked => {
            let (data, base) = (config.data_dir.display(), Client::new(config).place());
            let text = format!(
                "a daemon uses {data}, but not at {base}; name its port with --port, or its file with --config"
            );
            Failed::new(Exit::Unavailable, text)
        }
        error => failed(error),
    })
}

/// Root would leave files behind that the service's user cannot open.
fn refuse_foreign(data_dir: &Path) -> Result<(), Failed> {
    let user = rustix::process::geteuid();
    match fs::metadata(data_dir) {
        Ok(meta) if user.is_root() && meta.uid() != user.as_raw() => {
            let text = format!("{} belongs to user {}; start the daemon first", data_dir.display(), meta.uid());
            Err(Failed::new(Exit::Permission, text))
        }
        _ => Ok(()),
    }
}

fn failed(error: store::Error) -> Failed {
    super::store_failed(&error)
}

fn accounts(answer: &Fields) -> Result<Vec<Fields>, Failed> {
    answer.need_objects("accounts").map_err(|wrong| Failed::new(Exit::Failed, wrong.to_string()))
}
