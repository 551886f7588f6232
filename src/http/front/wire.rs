//! One client's byte stream: reading with a look ahead, writing, and deadlines that cost nothing while all goes well.

use crate::base::limits;
use crate::reactor::{Timer, Watched};
use std::future::{Future, poll_fn};
use std::io;
use std::net::{Shutdown, TcpStream};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use smol::io::{AsyncRead, AsyncWrite, AsyncWriteExt};

/// A TCP or TLS connection.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Unpin {
    /// Whether it is worth trying to read; otherwise the task is woken when it is. For a stream without a way to know,
    /// it always is.
    fn poll_ready(&self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl Duplex for Socket {
    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_readable(cx).map(Ok)
    }
}

/// A TCP connection of which closing means to say that no more will be written; [`Watched`] alone would say nothing.
pub(super) struct Socket(pub(super) Watched<TcpStream>);

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_read(cx, into)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.0.get_ref().shutdown(Shutdown::Write))
    }
}

/// A client's connection and what was read from it but not used yet.
pub(super) struct Wire {
    stream: Box<dyn Duplex>,
    pub(super) buffer: Vec<u8>,
    alarm: Alarm,
}

impl Wire {
    pub(super) fn new(stream: Box<dyn Duplex>) -> Wire {
        Wire { stream, buffer: Vec::new(), alarm: Alarm::new() }
    }

    /// Reads more into the buffer; 0 at the end. After `at` it gives up with `TimedOut`.
    pub(super) async fn fill(&mut self, at: Instant) -> io::Result<usize> {
        self.alarm.until(at, fill(&mut self.stream, Some(&mut self.buffer))).await.unwrap_or_else(|| Err(late()))
    }

    /// Writes all; each stretch of it within so much time.
    pub(super) async fn send(&mut self, bytes: &[u8], within: Duration) -> io::Result<()> {
        for stretch in bytes.chunks(limits::HTTP_WRITE_BYTES) {
            let work = async {
                self.stream.write_all(stretch).await?;
                self.stream.flush().await
            };
            self.alarm.until(Instant::now() + within, work).await.unwrap_or_else(|| Err(late()))?;
        }
        Ok(())
    }

    /// Runs `work`, at most until `at`. It may use the wire's stream and buffer.
    pub(super) async fn watch<'a, T, F: Future<Output = T>>(
        &'a mut self,
        at: Instant,
        work: impl FnOnce(Reader<'a>) -> F,
    ) -> Option<T> {
        let reader = Reader { stream: &mut self.stream, buffer: &mut self.buffer };
        self.alarm.until(at, work(reader)).await
    }

    /// Says goodbye: no more will be written. Then reads and forgets, so that closing the socket with unread bytes in
    /// it does not make the kernel reset the connection and take our last answer away from the client.
    pub(super) async fn linger(&mut self, bytes_max: usize, within: Duration) {
        self.buffer = Vec::new();
        let work = async {
            if self.stream.close().await.is_err() {
                return;
            }
            let mut discarded = 0;
            while discarded < bytes_max {
                match fill(&mut self.stream, None).await {
                    Ok(count) if count > 0 => discarded += count,
                    _ => return,
                }
                smol::future::yield_now().await;
            }
        };
        self.alarm.until(Instant::now() + within, work).await;
    }
}

/// The reading half of a wire.
pub(super) struct Reader<'a> {
    stream: &'a mut Box<dyn Duplex>,
    pub(super) buffer: &'a mut Vec<u8>,
}

impl Reader<'_> {
    /// Reads more into the buffer; 0 at the end.
    pub(super) async fn fill(&mut self) -> io::Result<usize> {
        fill(self.stream, Some(self.buffer)).await
    }
}

/// Appends what can be read, or forgets it; 0 at the end. Waiting needs no memory but the task's own. Mostly a client has yet to answer
/// when this is called, so it waits before it reads and not the other way round: one system call less for each request.
async fn fill(stream: &mut Box<dyn Duplex>, mut buffer: Option<&mut Vec<u8>>) -> io::Result<usize> {
    poll_fn(|cx| {
        ready!(stream.poll_ready(cx))?;
        let mut chunk = [0; limits::HTTP_READ_BYTES];
        let count = ready!(Pin::new(&mut *stream).poll_read(cx, &mut chunk))?;
        if let Some(buffer) = &mut buffer {
            buffer.extend_from_slice(&chunk[..count]);
        }
        Poll::Ready(Ok(count))
    })
    .await
}

fn late() -> io::Error {
    io::ErrorKind::TimedOut.into()
}

/// A deadline that is cheap to move. The timer is armed only by work that has to wait, and left alone while deadlines
/// only move later; when it rings too early it is set again. So a busy connection arms one timer a minute, not three
/// for each request (each would wake the reactor).
struct Alarm {
    timer: Timer,
    armed: Option<Instant>,
}

impl Alarm {
    fn new() -> Alarm {
        Alarm { timer: Timer::never(), armed: None }
    }

    /// What `work` gives, or `None` when it is not done at that time.
    async fn until<T>(&mut self, at: Instant, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        poll_fn(|cx| {
            if let Poll::Ready(done) = work.as_mut().poll(cx) {
                return Poll::Ready(Some(done));
            }
            loop {
                if self.armed.is_none_or(|armed| armed > at) {
                    self.timer.set_at(at);
                    self.armed = Some(at);
                }
                ready!(Pin::new(&mut self.timer).poll(cx));
                self.armed = None;
                if Instant::now() >= at {
                    return Poll::Ready(None);
                }
            }
        })
        .await
    }
}
