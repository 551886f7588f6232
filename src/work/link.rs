//! The TCP connection of one call, as ureq's transport. Ours instead of ureq's own for three reasons: a deadline holds
//! also while the other side takes single bytes, a [`Cancel`] reaches the socket, and an answer that comes before the
//! whole body was taken (413, and the connection closed) is read instead of lost.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport};
use ureq::{Error, Timeout};

use super::cancel::Cancel;
use crate::base::call::CallError;
use crate::base::limits;

/// Opens the connections of one call.
#[derive(Debug)]
pub(super) struct Tcp {
    pub(super) cancel: Cancel,
    pub(super) silence_max: Option<Duration>,
    /// The Unix socket to connect to instead.
    pub(super) socket: Option<PathBuf>,
}

impl<In: Transport> Connector<In> for Tcp {
    type Out = Box<dyn Transport>;

    fn connect(&self, details: &ConnectionDetails<'_>, chained: Option<In>) -> Result<Option<Self::Out>, Error> {
        if let Some(through_proxy) = chained {
            return Ok(Some(Box::new(through_proxy)));
        }
        let stream = match &self.socket {
            Some(path) => open_unix(path)?,
            None => open(details)?,
        };
        let stream = Arc::new(stream);
        self.cancel.attach(&stream);
        if self.cancel.is_cancelled() {
            return Err(Error::Other(Box::new(CallError::Cancelled)));
        }
        let buffers = LazyBuffers::new(limits::CALL_READ_BYTES, limits::CALL_WRITE_BYTES);
        Ok(Some(Box::new(Link { stream, buffers, silence_max: self.silence_max, broken: None })))
    }
}

/// Tries the addresses in order, each with its share of the time, the last one with all that is left.
fn open(details: &ConnectionDetails<'_>) -> Result<TcpStream, Error> {
    let start = Instant::now();
    let mut last = Error::ConnectionFailed;
    let mut to_try = details.addrs.len() as u32;
    for address in &details.addrs {
        let left = details.timeout.after.saturating_sub(start.elapsed());
        let share = left / to_try.max(1);
        to_try = to_try.saturating_sub(1);
        if share.is_zero() {
            return Err(Error::Timeout(details.timeout.reason));
        }
        match TcpStream::connect_timeout(address, share) {
            Ok(stream) => {
                // Small requests must not wait for more to come.
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(error) => last = error.into(),
        }
    }
    Err(last)
}

/// What is done with a stream here (read, write, wait so long, shut down) is one and the same for the kernel.
fn open_unix(path: &Path) -> Result<TcpStream, Error> {
    match UnixStream::connect(path) {
        Ok(stream) => Ok(TcpStream::from(OwnedFd::from(stream))),
        // Nobody has made it: as much as nobody listening there.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(io::Error::from(io::ErrorKind::ConnectionRefused).into())
        }
        Err(error) => Err(error.into()),
    }
}

struct Link {
    stream: Arc<TcpStream>,
    buffers: LazyBuffers,
    silence_max: Option<Duration>,
    /// Why nothing can be written any more. Reported when there is no answer either.
    broken: Option<io::Error>,
}

impl Link {
    /// Time for the next bytes, out of what is left since `start`.
    fn left(&self, next: NextTimeout, start: Instant) -> Result<(Duration, Timeout), Error> {
        let left = next.after.saturating_sub(start.elapsed());
        match self.silence_max {
            _ if left.is_zero() => Err(Error::Timeout(next.reason)),
            Some(silence) if silence < left => Ok((silence, Timeout::PerRead)),
            _ => Ok((left, next.reason)),
        }
    }
}

/// What a socket says when its timeout is over, on the systems there are.
fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

impl Transport for Link {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, next: NextTimeout) -> Result<(), Error> {
        let start = Instant::now();
        let mut sent = 0;
        while sent < amount && self.broken.is_none() {
            let (left, reason) = self.left(next, start)?;
            self.stream.set_write_timeout(Some(left))?;
            let output = self.buffers.output().get(sent..amount).unwrap_or_default();
            match (&*self.stream).write(output) {
                Ok(0) => self.broken = Some(io::ErrorKind::WriteZero.into()),
                Ok(count) => sent += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if is_timeout(&error) => return Err(Error::Timeout(reason)),
                // It may have answered before it closed.
                Err(error) => self.broken = Some(error),
            }
        }
        Ok(())
    }

    fn await_input(&mut self, next: NextTimeout) -> Result<bool, Error> {
        let start = Instant::now();
        loop {
            let (left, reason) = self.left(next, start)?;
            self.stream.set_read_timeout(Some(left))?;
            let broken = self.broken.take();
            match (&*self.stream).read(self.buffers.input_append_buf()) {
                Ok(count) => {
                    self.buffers.input_appended(count);
                    return match broken {
                        Some(error) if count == 0 => Err(error.into()),
                        _ => Ok(count > 0),
                    };
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => self.broken = broken,
                Err(error) if is_timeout(&error) => return Err(Error::Timeout(reason)),
                Err(error) => return Err(broken.unwrap_or(error).into()),
            }
        }
    }

    /// Whether it may serve another call, `kept` decides.
    fn is_open(&mut self) -> bool {
        false
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Link")
    }
}
