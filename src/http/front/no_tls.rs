//! No TLS at the door.

use std::convert::Infallible;
use std::io;

use crate::http::front::wire::{Duplex, Socket};

/// There is none.
#[derive(Clone)]
pub enum Acceptor {}

impl From<Infallible> for Acceptor {
    fn from(never: Infallible) -> Acceptor {
        match never {}
    }
}

impl Acceptor {
    /// Never called.
    pub(super) async fn accept(self, _stream: Socket) -> io::Result<Box<dyn Duplex>> {
        match self {}
    }
}
