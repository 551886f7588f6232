//! An open connection to a server, plain or under TLS, and the options of its socket.

use crate::base::limits;
use crate::reactor::Watched;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::pin::Pin;
use std::task::{Context, Poll};

use async_io::Async;
use smol::io::{AsyncRead, AsyncWrite};

use super::tls::TlsStream;

/// How long the kernel keeps sending into the void, in milliseconds. The session's own timers find a dead link
/// sooner; this frees the socket where they do not run.
#[cfg(target_os = "linux")]
/// A TCP connection that acknowledges at once what it has read.
///
/// Prosody leaves Nagle on and then holds its next bytes back until our ACK, which the kernel delays by up to 40 ms. The
/// mode against that wears off by itself, so it is asked for again each time there is nothing more to read, in TLS
/// handshakes too: they are three of those waits.
pub struct Socket {
    stream: Watched<TcpStream>,
    has_read: bool,
}

impl Socket {
    /// Connects. Nagle is off on our side, since a session's writes are batched already.
    pub async fn connect(address: SocketAddr) -> io::Result<Socket> {
        let stream = Watched::new(Async::<TcpStream>::connect(address).await?.into_inner()?)?;
        let _ = stream.get_ref().set_nodelay(true);
        #[cfg(target_os = "linux")]
        let _ = rustix::net::sockopt::set_tcp_user_timeout(stream.get_ref(), limits::TCP_USER_TIMEOUT_MS);
        Ok(Socket { stream, has_read: true })
    }
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if result.is_ready() {
            self.has_read = true;
        } else if std::mem::take(&mut self.has_read) {
            #[cfg(target_os = "linux")]
            let _ = rustix::net::sockopt::set_tcp_quickack(self.stream.get_ref(), true);
        }
        result
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, data)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, data)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_close(cx)
    }
}

/// The byte stream under a session.
pub(super) enum Link {
    Plain(Socket),
    /// Boxed: rustls' state is ten times the size of a socket.
    Tls(Box<TlsStream>),
}

impl Link {
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
