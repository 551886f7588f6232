//! The listener of `[metrics]`: the engine's numbers and the process' own, for who watches the daemon and may do nothing else.

use std::fs;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::sync::Arc;

use async_channel::{Receiver, Sender};

use super::sockets::{Inode, bind_beside, bind_unix, inode_of, socket_for};
use super::{Error, process};
use crate::base::prometheus;
use crate::config::{Metrics, MetricsPlace};
use crate::core::handle::{Answer, Caller, Handle, Question};
use crate::http::scrape::{self, Numbers, ScrapeListener};

/// One to serve until it is told to stop.
pub(super) type Scraped = (ScrapeListener, Receiver<()>);

/// The one that is open, if there is one. Another configuration moves it.
pub(super) struct Scrapes {
    config: Metrics,
    open: Option<Open>,
    /// To the thread of all sockets.
    listeners: Sender<Scraped>,
}

struct Open {
    socket: Socket,
    /// Dropped: nobody is served there any more.
    _stop: Sender<()>,
}

enum Socket {
    Tcp(SocketAddr, TcpListener),
    /// The path, and which file is ours there.
    Unix(PathBuf, Inode, UnixListener),
}

impl Scrapes {
    /// Opens it, if there is to be one. What is to be served comes out of the receiver.
    pub(super) fn open(config: &Metrics) -> Result<(Scrapes, Receiver<Scraped>), Error> {
        let (listeners, inbox) = async_channel::unbounded();
        let mut scrapes = Scrapes { config: Metrics::default(), open: None, listeners };
        scrapes.change(config)?;
        Ok((scrapes, inbox))
    }

    /// Takes over another configuration. On an error all stays as it was.
    pub(super) fn change(&mut self, config: &Metrics) -> Result<(), Error> {
        if *config == self.config {
            return Ok(());
        }
        let place = config.listen.print();
        let next = self.socket_for(&config.listen).and_then(|socket| {
            let listener = socket.as_ref().map(|socket| socket.listener(config)).transpose()?;
            Ok(socket.zip(listener))
        });
        let next = next.map_err(|error| {
            let advice = "choose another place with `listen` in [metrics]";
            Error::Metrics(format!("cannot give numbers at {place}: {error}; {advice}"), error)
        })?;
        let old = self.open.take();
        match next {
            Some((socket, listener)) => {
                log::info!("metrics: numbers are given at {place}");
                let (stop, stopped) = async_channel::bounded(1);
                self.open = Some(Open { socket, _stop: stop });
                // Closed only while the process ends.
                let _ = self.listeners.try_send((listener, stopped));
            }
            None => log::info!("metrics: numbers are no longer given at a listener of their own"),
        }
        if let Some(Socket::Unix(path, inode, _)) = old.map(|old| old.socket)
            && config.listen != self.config.listen
            && inode_of(&path).is_ok_and(|now| now == inode)
        {
            let _ = fs::remove_file(path);
        }
        self.config = config.clone();
        Ok(())
    }

    /// The same socket again where it is at this place already.
    fn socket_for(&self, place: &MetricsPlace) -> io::Result<Option<Socket>> {
        let held = self.open.as_ref().map(|open| &open.socket);
        Ok(Some(match (place, held) {
            (MetricsPlace::Nowhere, _) => return Ok(None),
            (MetricsPlace::Address(address), Some(Socket::Tcp(at, listener))) if at == address => {
                Socket::Tcp(*at, listener.try_clone()?)
            }
            (MetricsPlace::Address(address), held) => {
                let beside: Vec<&TcpListener> = match held {
                    Some(Socket::Tcp(at, listener)) if at.port() == address.port() => vec![listener],
                    _ => Vec::new(),
                };
                Socket::Tcp(*address, bind_beside(socket_for(*address)?, *address, &beside)?)
            }
            (MetricsPlace::Path(path), Some(Socket::Unix(at, inode, listener)))
                if at == path && inode_of(path).is_ok_and(|now| now == *inode) =>
            {
                Socket::Unix(at.clone(), *inode, listener.try_clone()?)
            }
            (MetricsPlace::Path(path), _) => {
                let (listener, inode) = bind_unix(path)?;
                Socket::Unix(path.clone(), inode, listener)
            }
        }))
    }
}

impl Socket {
    fn listener(&self, config: &Metrics) -> io::Result<ScrapeListener> {
        Ok(match self {
            Socket::Tcp(_, listener) => ScrapeListener::Tcp(listener.try_clone()?, config.allow.clone()),
            Socket::Unix(_, _, listener) => ScrapeListener::Unix(listener.try_clone()?),
        })
    }
}

/// On the thread of all sockets: one after the other.
pub(super) async fn serve(listeners: Receiver<Scraped>, handle: Handle) {
    let numbers = numbers(handle);
    while let Ok((listener, stopped)) = listeners.recv().await {
        scrape::run(listener, numbers.clone(), stopped).await;
    }
}

/// What is given there.
fn numbers(handle: Handle) -> Arc<Numbers> {
    Arc::new(move || {
        let ticket = handle.ask(Caller::Admin, Question::Metrics);
        Box::pin(async move {
            let Ok(Answer::Metrics(mut all)) = ticket.outcome().await else { return None };
            all.extend(process::metrics());
            Some(prometheus::print(&all))
        })
    })
}
