//! A door for one thing: the numbers, on a listener of their own, so that whoever watches the daemon can be let in without
//! being let near the API. It knows `GET /metrics` and nothing else, speaks HTTP/1.1 with a connection for each request, and
//! takes no body.

use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, TcpListener};
use std::os::fd::AsFd;
use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::task::Poll;

use async_channel::Receiver;
use smol::LocalExecutor;
use smol::future::FutureExt;
use smol::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use smol::lock::{Semaphore, SemaphoreGuardArc};

use super::Promise;
use crate::base::limits;
use crate::base::network::Network;
use crate::base::prometheus::CONTENT_TYPE;
use crate::reactor::{Timer, Watched};

/// Where whoever asks comes in.
#[derive(Debug)]
pub enum ScrapeListener {
    /// From these networks, and from this machine.
    Tcp(TcpListener, Vec<Network>),
    /// Who may open the file.
    Unix(UnixListener),
}

/// Gives the numbers; nothing while they cannot be had.
pub type Numbers = dyn Fn() -> Promise<Option<String>> + Send + Sync;

/// Serves until the stop signal.
pub async fn run(listener: ScrapeListener, numbers: Arc<Numbers>, stop: Receiver<()>) {
    let stopped = async {
        let _ = stop.recv().await;
    };
    let served = async {
        let outcome = match listener {
            ScrapeListener::Tcp(listener, allowed) => match Watched::new(listener) {
                Ok(listener) => serve_tcp(&listener, &allowed, &numbers).await,
                Err(error) => Err(error),
            },
            ScrapeListener::Unix(listener) => match Watched::new(listener) {
                Ok(listener) => serve_unix(&listener, &numbers).await,
                Err(error) => Err(error),
            },
        };
        if let Err(error) = outcome {
            log::error!("metrics: no more numbers are given: {error}");
        }
        std::future::pending().await
    };
    stopped.or(served).await;
}

async fn serve_tcp(listener: &Watched<TcpListener>, allowed: &[Network], numbers: &Arc<Numbers>) -> io::Result<()> {
    let is_allowed =
        |peer: IpAddr| peer.to_canonical().is_loopback() || allowed.iter().any(|network| network.contains(peer));
    let (tasks, places) = (LocalExecutor::new(), places());
    let accept = async {
        loop {
            let place = places.acquire_arc().await;
            let (stream, peer) = next(listener, TcpListener::accept).await?;
            match is_allowed(peer.ip()) {
                true => welcome(&tasks, Watched::new(stream)?, (numbers, place)),
                false => log::debug!("metrics: {} is not allowed to see the numbers", peer.ip()),
            }
        }
    };
    tasks.run(accept).await
}

async fn serve_unix(listener: &Watched<UnixListener>, numbers: &Arc<Numbers>) -> io::Result<()> {
    let (tasks, places) = (LocalExecutor::new(), places());
    let accept = async {
        loop {
            let place = places.acquire_arc().await;
            let (stream, _) = next(listener, UnixListener::accept).await?;
            welcome(&tasks, Watched::new(stream)?, (numbers, place));
        }
    };
    tasks.run(accept).await
}

/// The next connection. One that is gone already, or a lack of files, ends nothing.
async fn next<L: AsFd, T>(listener: &Watched<L>, accept: fn(&L) -> io::Result<T>) -> io::Result<T> {
    loop {
        let outcome = poll_fn(|cx| {
            while listener.poll_readable(cx).is_ready() {
                match accept(listener.get_ref()) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => listener.note_drained(),
                    outcome => return Poll::Ready(outcome),
                }
            }
            Poll::Pending
        });
        match outcome.await {
            Ok(connection) => return Ok(connection),
            Err(error) => {
                log::debug!("metrics: cannot accept: {error}");
                Timer::after(limits::ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Few are served at once: one who asks now and then is enough.
fn places() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(limits::SCRAPES_MAX))
}

fn welcome<'a, S>(tasks: &LocalExecutor<'a>, stream: S, (numbers, place): (&Arc<Numbers>, SemaphoreGuardArc))
where
    S: AsyncRead + AsyncWrite + Unpin + 'a,
{
    let numbers = numbers.clone();
    let task = async move {
        let late = async {
            Timer::after(limits::SCRAPE_TIMEOUT).await;
            Err(io::ErrorKind::TimedOut.into())
        };
        if let Err(error) = answer(stream, &numbers).or(late).await {
            log::debug!("metrics: {error}");
        }
        drop(place);
    };
    tasks.spawn(task).detach();
}

async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin, numbers: &Arc<Numbers>) -> io::Result<()> {
    let mut head = Vec::new();
    let mut chunk = [0; 512];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let count = stream.read(&mut chunk).await?;
        head.extend_from_slice(chunk.get(..count).unwrap_or_default());
        if count == 0 || head.len() > limits::SCRAPE_HEAD_BYTES_MAX {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
    let line = head.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let mut words = line.split(|byte| *byte == b' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let path = path.split(|byte| *byte == b'?').next().unwrap_or_default();
    let (status, body) = match (method, path) {
        (b"GET" | b"HEAD", b"/metrics") => match numbers().await {
            Some(numbers) => ("200 OK", numbers),
            None => ("503 Service Unavailable", "the numbers cannot be had now\n".to_string()),
        },
        (_, b"/metrics") => ("405 Method Not Allowed", "use GET\n".to_string()),
        _ => ("404 Not Found", "there is nothing but /metrics\n".to_string()),
    };
    let allow = if status.starts_with("405") { "Allow: GET, HEAD\r\n" } else { "" };
    let kind = if status.starts_with("200") { CONTENT_TYPE } else { "text/plain; charset=utf-8" };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n{allow}Connection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    if method != b"HEAD" {
        stream.write_all(body.as_bytes()).await?;
    }
    stream.close().await
}
