//! The door's connection to the inner server, over which requests go that may have to wait for a disk; others are answered
//! on the spot.
//!
//! The requests of all clients are written one behind the other, as many at once as there are; the replies come through
//! the table of tickets, and nothing through the connection itself. So a request costs at most one write here.

use std::cell::RefCell;
use std::io::{self, Write};
use std::os::unix::net::UnixStream;

use async_channel::{Receiver, Sender};
use smol::Async;
use smol::future::FutureExt;
use smol::io::{AsyncReadExt, AsyncWriteExt};

use crate::base::limits;
use crate::http::server::{Inner, PEER, TICKET, call};
use crate::http::{Reply, Request};
use crate::reactor::Timer;

/// The connection; [`Line::run`] keeps it.
pub(super) struct Line {
    inner: Inner,
    /// Requests that are not written yet.
    outgoing: RefCell<Vec<u8>>,
    /// Says that there are some.
    wake: Sender<()>,
    woken: Receiver<()>,
}

impl Line {
    pub(super) fn new(inner: Inner) -> Line {
        let (wake, woken) = async_channel::bounded(1);
        Line { inner, outgoing: RefCell::default(), wake, woken }
    }

    /// The faces' reply, at once.
    pub(super) fn answer(&self, request: Request) -> Reply {
        call(&*self.inner.serve, request)
    }

    /// One exchange. `None` means that something is wrong with us, not with the client. Where the future is dropped, a
    /// reply that comes later finds its ticket gone.
    pub(super) async fn ask(&self, mut request: Request) -> Option<Reply> {
        let ticket = self.inner.handover.draw();
        if let Some(file) = request.file.take() {
            ticket.attach(file);
        }
        self.print(&request, ticket.number);
        drop(request);
        // It is full when the writer is awake already.
        let _ = self.wake.try_send(());
        ticket.reply().await
    }

    /// Adds a request to what is to be written.
    fn print(&self, request: &Request, ticket: u64) {
        let mut outgoing = self.outgoing.borrow_mut();
        let mark = if request.query.is_empty() { "" } else { "?" };
        let (method, path, query, peer) = (&request.method, &request.path, &request.query, request.peer);
        // Writing into memory does not fail.
        let _ = write!(outgoing, "{method} {path}{mark}{query} HTTP/1.1\r\n");
        for (name, value) in request.headers.iter() {
            let _ = write!(outgoing, "{name}: {value}\r\n");
        }
        let length = request.body.len();
        let _ = write!(outgoing, "content-length: {length}\r\n{PEER}: {peer}\r\n{TICKET}: {ticket}\r\n\r\n");
        outgoing.extend_from_slice(&request.body);
    }

    /// Keeps the connection, for ever; opens it anew should it end.
    pub(super) async fn run(&self) {
        loop {
            let end = match Async::<UnixStream>::connect(&self.inner.socket).await {
                Ok(stream) => self.carry(&stream).or(watch(&stream)).await,
                Err(error) => error,
            };
            log::error!(
                "http: a part of the API's server was lost, and requests with it; it is connected again: {end}"
            );
            self.outgoing.borrow_mut().clear();
            self.inner.handover.lose_all();
            Timer::after(limits::ACCEPT_PAUSE).await;
        }
    }

    /// Writes what is asked until that fails.
    async fn carry(&self, mut stream: &Async<UnixStream>) -> io::Error {
        let mut bytes = Vec::new();
        loop {
            // Swapped, so that two buffers serve for ever.
            std::mem::swap(&mut bytes, &mut *self.outgoing.borrow_mut());
            if bytes.is_empty() {
                let _ = self.woken.recv().await;
                continue;
            }
            if let Err(error) = stream.write_all(&bytes).await {
                return error;
            }
            bytes.clear();
            bytes.shrink_to(limits::SMALL_BODY_BYTES);
        }
    }
}

/// The inner server says nothing here as long as all is well.
async fn watch(mut stream: &Async<UnixStream>) -> io::Error {
    match stream.read(&mut [0; 1]).await {
        Ok(0) => io::ErrorKind::UnexpectedEof.into(),
        Ok(_) => io::Error::new(io::ErrorKind::InvalidData, "it refused a request"),
        Err(error) => error,
    }
}
