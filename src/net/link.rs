//! An open connection to a server, plain or under TLS, and the options of its socket.

use std::io;
use std::net::TcpStream;
use std::pin::Pin;
use std::task::{Context, Poll};

use async_io::Async;
use smol::io::{AsyncRead, AsyncWrite};

use super::tls::TlsStream;

/// How long the kernel keeps sending into the void, in milliseconds. The session's own timers find a dead link
/// sooner; this frees the socket where they do not run.
const USER_TIMEOUT_MS: u32 = 60_000;

/// The byte stream under a session.
pub(super) enum Link {
    Plain(Async<TcpStream>),
    /// Boxed: rustls' state is ten times the size of a socket, and most of a session's life it is the only variant.
    Tls(Box<TlsStream>),
}

impl Link {
    fn socket(&self) -> &TcpStream {
        match self {
            Link::Plain(socket) => socket.get_ref(),
            Link::Tls(stream) => stream.get_ref().0.get_ref(),
        }
    }

    /// Acknowledge at once what was read. The kernel forgets this mode by itself, so it is asked for after each read:
    /// Prosody leaves Nagle on and then holds the next stanza back until our delayed ACK, up to 40 ms.
    pub(super) fn quick_ack(&self) {
        #[cfg(target_os = "linux")]
        let _ = rustix::net::sockopt::set_tcp_quickack(self.socket(), true);
    }

    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        match self {
            Link::Plain(socket) => Pin::new(socket).poll_read(cx, buffer),
            Link::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }

    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        match self {
            Link::Plain(socket) => Pin::new(socket).poll_write(cx, data),
            Link::Tls(stream) => Pin::new(stream).poll_write(cx, data),
        }
    }

    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Link::Plain(socket) => Pin::new(socket).poll_flush(cx),
            Link::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    /// Says the end (TLS' close_notify, TCP's FIN), as far as that goes without waiting.
    pub(super) fn poll_close(&mut self, cx: &mut Context<'_>) {
        let _ = match self {
            Link::Plain(socket) => Pin::new(socket).poll_close(cx),
            Link::Tls(stream) => Pin::new(stream).poll_close(cx),
        };
    }
}

/// Sets a fresh socket up: no Nagle on our side, since a session's writes are batched already.
pub(super) fn prepare(socket: &TcpStream) {
    let _ = socket.set_nodelay(true);
    #[cfg(target_os = "linux")]
    {
        let _ = rustix::net::sockopt::set_tcp_user_timeout(socket, USER_TIMEOUT_MS);
        let _ = rustix::net::sockopt::set_tcp_quickack(socket, true);
    }
}
