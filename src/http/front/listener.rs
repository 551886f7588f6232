//! Where clients come in: TCP ports, and a Unix socket.

use std::future::poll_fn;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixListener;
use std::task::Poll;

use crate::http::proxy::Via;
use crate::reactor::Watched;

/// One of them.
#[derive(Debug)]
pub enum Listener {
    /// A port.
    Tcp(TcpListener),
    /// A socket in the file system: plain HTTP, whatever ports speak.
    Unix(UnixListener),
}

impl Listener {
    /// Another handle to the same queue of connections.
    pub fn try_clone(&self) -> io::Result<Listener> {
        Ok(match self {
            Listener::Tcp(listener) => Listener::Tcp(listener.try_clone()?),
            Listener::Unix(listener) => Listener::Unix(listener.try_clone()?),
        })
    }

    /// The next connection that waits.
    fn accept(&self) -> io::Result<(TcpStream, Via)> {
        match self {
            Listener::Tcp(listener) => {
                let (stream, peer) = listener.accept()?;
                // Answers are written whole; waiting for more to put into the packet helps nobody.
                stream.set_nodelay(true)?;
                Ok((stream, Via::Tcp(peer.ip().to_canonical())))
            }
            Listener::Unix(listener) => {
                let (stream, _) = listener.accept()?;
                // The kernel reads, writes and shuts down both kinds by the same calls.
                Ok((TcpStream::from(OwnedFd::from(stream)), Via::Unix))
            }
        }
    }
}

impl From<TcpListener> for Listener {
    fn from(listener: TcpListener) -> Listener {
        Listener::Tcp(listener)
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Listener::Tcp(listener) => listener.as_fd(),
            Listener::Unix(listener) => listener.as_fd(),
        }
    }
}

/// Watches them.
pub(super) fn watch(listeners: Vec<Listener>) -> Vec<Watched<Listener>> {
    let watch = |listener| Watched::new(listener).inspect_err(|error| log::error!("http: cannot listen: {error}")).ok();
    listeners.into_iter().filter_map(watch).collect()
}

/// The next connection on any of them.
pub(super) async fn next(listeners: &[Watched<Listener>]) -> io::Result<(TcpStream, Via)> {
    poll_fn(|cx| {
        for listener in listeners {
            // Readiness first: this future is polled whenever any connection stirs, and must not cost a system call then.
            while listener.poll_readable(cx).is_ready() {
                match listener.get_ref().accept() {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => listener.note_drained(),
                    result => return Poll::Ready(result),
                }
            }
        }
        Poll::Pending
    })
    .await
}

/// A connection that waits already, on any of them; `None` if there is none.
pub(super) fn waiting(listeners: &[Watched<Listener>]) -> Option<(TcpStream, Via)> {
    listeners.iter().find_map(|listener| {
        loop {
            match listener.get_ref().accept() {
                Ok(connection) => return Some(connection),
                Err(error) if is_of_the_client(&error) => {}
                Err(_) => return None,
            }
        }
    })
}

/// Whether the client went away between knocking and coming in: no reason to pause.
pub(super) fn is_of_the_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted, InvalidInput, NotConnected};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted | InvalidInput | NotConnected)
}
