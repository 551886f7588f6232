//! The listener of `[metrics]`: the engine's numbers and the process' own, for who watches the daemon and may do nothing else.

use std::fs;
use std::io;
use std::net::TcpListener;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;

use super::{Error, process};
use crate::base::prometheus;
use crate::config::{Metrics, MetricsPlace};
use crate::core::handle::{Answer, Caller, Handle, Question};
use crate::http::scrape::{Numbers, ScrapeListener};

/// Opens it, if there is to be one.
pub(super) fn listen(config: &Metrics) -> Result<Option<ScrapeListener>, Error> {
    let opened = match &config.listen {
        MetricsPlace::Nowhere => return Ok(None),
        MetricsPlace::Address(address) => {
            TcpListener::bind(address).map(|listener| ScrapeListener::Tcp(listener, config.allow.clone()))
        }
        MetricsPlace::Path(path) => open_path(path).map(ScrapeListener::Unix),
    };
    let place = config.listen.print();
    let listener = opened.map_err(|error| {
        let advice = "choose another place with `listen` in [metrics]";
        Error::Metrics(format!("cannot give numbers at {place}: {error}; {advice}"), error)
    })?;
    log::info!("metrics: numbers are given at {place}");
    Ok(Some(listener))
}

/// A socket that an earlier process has left there is in the way; one where somebody answers is his.
fn open_path(path: &Path) -> io::Result<UnixListener> {
    let is_socket = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.file_type().is_socket());
    if is_socket && UnixStream::connect(path).is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused) {
        fs::remove_file(path)?;
    }
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o660))?;
    Ok(listener)
}

/// What is given there.
pub(super) fn numbers(handle: Handle) -> Arc<Numbers> {
    Arc::new(move || {
        let ticket = handle.ask(Caller::Admin, Question::Metrics);
        Box::pin(async move {
            let Ok(Answer::Metrics(mut all)) = ticket.outcome().await else { return None };
            all.extend(process::metrics());
            Some(prometheus::print(&all))
        })
    })
}
