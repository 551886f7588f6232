//! TLS at the door.

use std::io;
use std::sync::Arc;

use futures_rustls::TlsAcceptor;
use futures_rustls::server::TlsStream;
use rustls::ServerConfig;

use crate::http::front::wire::{Duplex, Socket};

/// Makes TLS connections of TCP connections.
#[derive(Clone)]
pub struct Acceptor(TlsAcceptor);

impl From<Arc<ServerConfig>> for Acceptor {
    fn from(config: Arc<ServerConfig>) -> Acceptor {
        Acceptor(config.into())
    }
}

impl Acceptor {
    /// Shakes hands.
    pub(super) async fn accept(self, stream: Socket) -> io::Result<Box<dyn Duplex>> {
        Ok(Box::new(self.0.accept(stream).await?))
    }
}

/// What was decrypted already does not show at the socket.
impl Duplex for TlsStream<Socket> {}
