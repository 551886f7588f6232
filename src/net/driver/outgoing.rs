//! What a session has to say, until the socket has taken it.

use std::io;
use std::task::{Context, Poll};

use crate::net::link::Link;
use crate::xmpp::session::Session;

/// Bytes on their way into the socket. While nothing is to be said it holds no buffer.
#[derive(Default)]
pub(super) struct Outgoing {
    bytes: Vec<u8>,
    /// How many of them are written.
    sent: usize,
    /// Something may still wait in the link.
    unflushed: bool,
}

impl Outgoing {
    /// Nothing of it counts any more.
    pub(super) fn clear(&mut self) {
        *self = Outgoing::default();
    }

    /// What is not written yet, as it is no longer to go this way.
    pub(super) fn take_rest(&mut self) -> Vec<u8> {
        let rest = self.bytes.split_off(self.sent);
        self.clear();
        rest
    }

    /// Adds what the session still wants to say, and gives all that is not written.
    pub(super) fn fill(&mut self, session: &mut Session) -> &[u8] {
        session.take_write(&mut self.bytes);
        self.bytes.get(self.sent..).unwrap_or_default()
    }

    /// Writes all that the session has to say, as far as the link takes it.
    pub(super) fn write(
        &mut self,
        cx: &mut Context<'_>,
        link: &mut Link,
        session: &mut Session,
    ) -> Poll<io::Result<()>> {
        loop {
            if self.sent == self.bytes.len() {
                self.bytes.clear();
                self.sent = 0;
                session.take_write(&mut self.bytes);
            }
            if self.bytes.is_empty() {
                break;
            }
            match link.poll_write(cx, &self.bytes[self.sent..]) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(size)) => self.sent += size,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return Poll::Pending,
            }
            self.unflushed = true;
        }
        if self.unflushed {
            match link.poll_flush(cx) {
                Poll::Ready(Ok(())) => self.unflushed = false,
                other => return other,
            }
        }
        self.bytes = Vec::new();
        Poll::Ready(Ok(()))
    }
}
