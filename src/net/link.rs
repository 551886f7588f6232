//! An open connection to a server, plain or under TLS.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use smol::io::{AsyncRead, AsyncWrite};

use super::tls::TlsStream;
use crate::reactor::Socket;

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
