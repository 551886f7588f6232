//! The door's few connections to the inner server, over which every request goes.

use std::cell::RefCell;
use std::io;
use std::net::IpAddr;
use std::os::unix::net::UnixStream;

use smol::Async;
use smol::io::AsyncWriteExt;
use smol::lock::{Mutex, Semaphore};

use crate::base::limits;
use crate::http::Reply;
use crate::http::front::head::{self, Head};
use crate::http::front::wire::fill;
use crate::http::server::{Inner, PEER, PROOF_TARGET, TICKET};

/// What the inner server gave.
pub(super) enum Answer {
    /// A whole answer as it goes over the wire: head, and body from `body_at` on.
    Printed { bytes: Vec<u8>, body_at: usize },
    /// A reply that is still to be printed, and perhaps to be waited for.
    Handed(Reply),
}

/// The connections. They are opened when needed, up to `limits::INNER_CONNECTIONS`, and kept.
pub(super) struct Pool {
    inner: Inner,
    permits: Semaphore,
    idle: RefCell<Vec<Async<UnixStream>>>,
    opening: Mutex<()>,
}

impl Pool {
    pub(super) fn new(inner: Inner) -> Pool {
        let permits = Semaphore::new(limits::INNER_CONNECTIONS);
        Pool { inner, permits, idle: RefCell::default(), opening: Mutex::new(()) }
    }

    /// One exchange. An error means that something is wrong with us, not with the client. Dropping the future half-way
    /// costs the connection, and a reply that comes later finds its ticket gone.
    pub(super) async fn ask(&self, head: Head, body: Vec<u8>, peer: IpAddr) -> io::Result<Answer> {
        let ticket = self.inner.handover.draw();
        let mut message = head.forward;
        let length = body.len();
        let own = format!("content-length: {length}\r\n{PEER}: {peer}\r\n{TICKET}: {}\r\n\r\n", ticket.number);
        message.extend_from_slice(own.as_bytes());
        message.extend_from_slice(&body);
        drop(body);

        let _permit = self.permits.acquire().await;
        let idle = self.idle.borrow_mut().pop();
        let mut stream = match idle {
            Some(stream) => stream,
            None => self.open().await?,
        };
        stream.write_all(&message).await?;
        let (bytes, body_at) = read_answer(&mut stream).await?;
        self.idle.borrow_mut().push(stream);
        Ok(match ticket.take() {
            Some(reply) => Answer::Handed(reply),
            None => Answer::Printed { bytes, body_at },
        })
    }

    /// Opens a connection and proves by a round trip that a thread serves it. One by one: connections that come in a
    /// burst may be left without a thread by tiny_http, and would wait for ever.
    async fn open(&self) -> io::Result<Async<UnixStream>> {
        let _turn = self.opening.lock().await;
        let mut stream = Async::<UnixStream>::connect(&self.inner.socket).await?;
        stream.write_all(format!("GET {PROOF_TARGET} HTTP/1.1\r\n\r\n").as_bytes()).await?;
        read_answer(&mut stream).await?;
        Ok(stream)
    }
}

/// A whole answer, and where its body begins. Its size is bounded by the inner server.
async fn read_answer(stream: &mut Async<UnixStream>) -> io::Result<(Vec<u8>, usize)> {
    let mut bytes = Vec::new();
    let mut lengths = None;
    loop {
        if fill(stream, &mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        lengths = lengths.or_else(|| head::answer_lengths(&bytes));
        match lengths {
            Some((head, body)) if bytes.len() == head + body => return Ok((bytes, head)),
            Some((head, body)) if bytes.len() > head + body => break,
            None if bytes.len() > limits::HEAD_BYTES_MAX => break,
            _ => {}
        }
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, "the inner server's answer is malformed"))
}
