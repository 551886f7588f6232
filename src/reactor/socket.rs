//! A connection that we begin: what every one of ours wants of the kernel.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::pin::Pin;
use std::task::{Context, Poll};

use async_io::Async;
use rustix::net::sockopt;
use smol::io::{AsyncRead, AsyncWrite};

use super::Watched;
use crate::base::limits;

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
    /// Connects. Nagle is off on our side, since writes are batched already.
    pub async fn connect(address: SocketAddr) -> io::Result<Socket> {
        // Seldom, and so with what needs no code of ours.
        let stream = Watched::new(Async::<TcpStream>::connect(address).await?.into_inner()?)?;
        let _ = stream.get_ref().set_nodelay(true);
        let _ = watch(stream.get_ref());
        Ok(Socket { stream, has_read: true })
    }
}

/// Lets the kernel see to it that the connection lives: that costs no wakeup, where a thousand sessions that ask
/// themselves cost thousands.
fn watch(stream: &TcpStream) -> rustix::io::Result<()> {
    sockopt::set_tcp_user_timeout(stream, limits::TCP_USER_TIMEOUT_MS)?;
    sockopt::set_tcp_keepidle(stream, limits::TCP_PROBE_AFTER)?;
    sockopt::set_tcp_keepintvl(stream, limits::TCP_PROBE_EVERY)?;
    sockopt::set_socket_keepalive(stream, true)
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if result.is_ready() {
            self.has_read = true;
        } else if std::mem::take(&mut self.has_read) {
            let _ = sockopt::set_tcp_quickack(self.stream.get_ref(), true);
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
