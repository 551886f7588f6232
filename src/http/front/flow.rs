//! Writing an answer that comes piece by piece, in chunks (RFC 9112 §7.1) where the client knows them.
//!
//! The next piece is asked for when the one before is written, so a slow client slows nobody but itself. While there is
//! none the client is watched, and told at times that we live.

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use smol::future::FutureExt;

use crate::base::limits;
use crate::http::front::conn::{Conn, End, gone};
use crate::http::front::head::Connection;
use crate::http::front::print::{self, Length};
use crate::http::{Flow, Response};

impl Conn {
    /// Writes a head and what follows it, in chunks or up to the end of the connection.
    pub(super) async fn send_flow(
        &mut self,
        response: &Response,
        flow: Flow,
        connection: Connection,
        length: Length,
    ) -> Result<(), End> {
        let limits = self.shared.limits;
        self.wire.send(&print::head(response, connection, length), limits.write).await?;
        let Flow { mut next, idle, span } = flow;
        let end = Instant::now() + limits.whole(span);
        loop {
            let at = end.min(Instant::now() + limits.silence);
            let piece = AssertUnwindSafe(&mut next.0).catch_unwind();
            let race = self.wire.watch(at, |reader| {
                async { Some(piece.await) }.or(async move {
                    gone(reader, limits.half_closed).await;
                    None
                })
            });
            match race.await {
                None if Instant::now() < end => self.send_piece(idle, length).await?,
                None | Some(None) => return Err(End::Quiet),
                Some(Some(Err(_))) => {
                    log::error!("http: a bug, please report it: what makes a piece of an answer panicked");
                    return Err(End::Quiet);
                }
                Some(Some(Ok(None))) => break,
                Some(Some(Ok(Some((bytes, after))))) => {
                    self.send_piece(&bytes, length).await?;
                    next = after;
                }
            }
        }
        if length == Length::Chunked {
            self.wire.send(b"0\r\n\r\n", limits.write).await?;
        }
        Ok(())
    }

    async fn send_piece(&mut self, bytes: &[u8], length: Length) -> Result<(), End> {
        // An empty chunk would be the last one.
        if bytes.is_empty() {
            return Ok(());
        }
        let (head, tail) = match length {
            Length::Chunked => (format!("{:x}\r\n", bytes.len()), "\r\n"),
            _ => (String::new(), ""),
        };
        let write = self.shared.limits.write;
        // A long one is not copied: many may wait for slow readers.
        if bytes.len() > limits::SMALL_BODY_BYTES {
            self.wire.send(head.as_bytes(), write).await?;
            self.wire.send(bytes, write).await?;
            return Ok(self.wire.send(tail.as_bytes(), write).await?);
        }
        let piece = [head.as_bytes(), bytes, tail.as_bytes()].concat();
        Ok(self.wire.send(&piece, write).await?)
    }
}
