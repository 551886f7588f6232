//! What the HTTP door needs to start: its certificate, admin token, and what the faces work with.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use super::{Error, process};
use crate::base::secret::Secret;
use crate::base::shelf::Shelf;
use crate::base::spool::Spool;
use crate::base::{crypto, text};
use crate::config::{self, ApiMode, Config, Proxy};
use crate::core::handle::{CertificateInfo, Handle, ServerInfo};
use crate::core::setup::ApiFacts;
use crate::face::principal::{AdminNeeds, AdminRule, Gate};
use crate::face::{self, Context};
use crate::http::Promise;
use crate::http::proxy::Proxies;
use crate::net::certificate::Certified;
use crate::net::door_tls::DoorTls;
use crate::net::{self, selfsigned};
use crate::reactor::Timer;

/// File of the admin token in the state directory.
pub(super) const ADMIN_TOKEN_FILE: &str = "admin.token";

pub(super) fn context(config: &Config, handle: Handle, token: Secret, spool: Spool) -> Context {
    let needs = if needs_admin_token(config) { AdminNeeds::Token } else { AdminNeeds::LoopbackOrToken };
    let gate = Gate::new(AdminRule { needs, token }, config.api.rate_limit, net::now);
    let after = |time| -> Promise<()> {
        // Of the thread of all sockets, where replies are waited for.
        Box::pin(async move { Timer::after(time).await })
    };
    Context {
        handle,
        gate,
        base_url: base_url(config),
        spool,
        after,
        shelf: Shelf::below(&config.data_dir),
        now: net::now,
        process: process::metrics,
        reload: process::reload,
    }
}

fn needs_admin_token(config: &Config) -> bool {
    config.api.admin == config::AdminRule::Token || config.api.mode == ApiMode::Network
}

/// For those who ask how the API is reached. Where it listens, and with which certificate, is known only when it does.
pub(super) fn facts(config: &Config, addresses: Vec<String>, certified: Option<Certified>) -> ApiFacts {
    let is_network = config.api.mode == ApiMode::Network;
    let is_ours = is_ours(config);
    let own = if is_ours { selfsigned::path(&config.data_dir).display().to_string() } else { String::new() };
    let given = config.api.tls_cert.display().to_string();
    let file = if is_network && !is_ours { given } else { own.clone() };
    let server = ServerInfo {
        url: base_url(config),
        is_network,
        port: config.api.port,
        addresses,
        socket: config.api.socket.display().to_string(),
        needs_admin_token: needs_admin_token(config),
        rate_limit: config.api.rate_limit,
        trusted_proxies: config.api.trusted_proxies.iter().map(Proxy::to_string).collect(),
        certificate: certified.map(|certified| CertificateInfo {
            file: file.clone(),
            is_ours,
            fingerprint: certified.fingerprint,
            names: certified.names,
            valid_from: certified.valid_ms.0.div_euclid(1000),
            valid_until: certified.valid_ms.1.div_euclid(1000),
        }),
    };
    ApiFacts {
        server,
        is_network,
        needs_admin_token: needs_admin_token(config),
        certificate: file,
        ca_file: own,
        admin_token_file: config.data_dir.join(ADMIN_TOKEN_FILE).display().to_string(),
        config_file: config.file.as_ref().map(|file| file.display().to_string()).unwrap_or_default(),
        data_dir: config.data_dir.display().to_string(),
        dialect: face::dialect(),
        plain_message: face::plain_message(),
        may_call_private: match config.api.private_webhooks {
            config::PrivateWebhooks::Auto => !is_network,
            config::PrivateWebhooks::Allow => true,
            config::PrivateWebhooks::Deny => false,
        },
    }
}

pub(super) fn base_url(config: &Config) -> String {
    let scheme = match config.api.mode {
        ApiMode::Local => "http",
        ApiMode::Network => "https",
    };
    match config.api.port {
        // By the socket, whoever is named.
        0 => format!("{scheme}://localhost"),
        port => format!("{scheme}://localhost:{port}"),
    }
}

/// `http://localhost:7842/bot/`.
pub(super) fn api_url(config: &Config) -> String {
    format!("{}/bot/", base_url(config))
}

/// Whether the API's certificate is to be of our own making.
pub(super) fn is_ours(config: &Config) -> bool {
    config.api.mode == ApiMode::Network && config.api.tls_cert.as_os_str().is_empty()
}

/// Certificate and key of network mode; nothing in local mode.
pub(super) fn tls(config: &Config) -> Result<Option<Arc<DoorTls>>, Error> {
    if config.api.mode == ApiMode::Local {
        return Ok(None);
    }
    let (cert, key) = if is_ours(config) {
        selfsigned::certificate(&config.data_dir, net::now().unix_ms)
            .map_err(|e| Error::File("the self-signed certificate", e))?
    } else {
        (config.api.tls_cert.clone(), config.api.tls_key.clone())
    };
    let tls = DoorTls::read(&cert.to_string_lossy(), &key.to_string_lossy());
    tls.map(Some).map_err(|error| Error::Tls(error.to_string()))
}

/// Whose word about clients' addresses counts.
pub(super) fn proxies(config: &Config) -> Proxies {
    let mut proxies = Proxies::default();
    for proxy in &config.api.trusted_proxies {
        match proxy {
            Proxy::Unix => proxies.unix = true,
            Proxy::Network(network) => proxies.networks.push(*network),
        }
    }
    proxies
}

/// The admin token, made at the first start: whoever can read the file may manage.
pub(super) fn admin_token(data_dir: &Path) -> Result<Secret, Error> {
    let path = data_dir.join(ADMIN_TOKEN_FILE);
    let known = fs::read_to_string(&path).unwrap_or_default();
    if !known.trim().is_empty() {
        return Ok(Secret::new(known.trim()));
    }
    let mut random = [0; 24];
    crypto::random(&mut random);
    let token = format!("bma_{}", text::base64url(&random));
    let file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path);
    file.and_then(|mut file| writeln!(file, "{token}")).map_err(|e| Error::File("the admin token", e))?;
    Ok(Secret::new(token))
}
