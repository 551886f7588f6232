//! When the next connection is tried, and what counts against trying the same again.

use std::time::Duration;

use crate::base::limits;
use crate::base::time::Backoff;

/// Tries to connect, and how they ended.
pub(super) struct Retries {
    /// Between tries to connect; starts over when online.
    connects: Backoff,
    /// After losses of an established connection; starts over after having been online for a while.
    losses: Backoff,
    /// Streams in a row that broke within a stanza.
    broken_streams: u32,
    /// Redirections in a row.
    redirects: u32,
}

impl Retries {
    pub(super) fn new() -> Retries {
        Retries {
            connects: Backoff::new(limits::RECONNECT_FIRST, limits::RECONNECT_MAX),
            losses: Backoff::new(limits::RECONNECT_SOON, limits::RECONNECT_MAX),
            broken_streams: 0,
            redirects: 0,
        }
    }

    /// How long to wait where no connection came about.
    pub(super) fn after_try(&mut self, random: u32) -> Duration {
        self.connects.next(random)
    }

    /// How long to wait after the loss of one that stood.
    pub(super) fn after_loss(&mut self, random: u32) -> Duration {
        self.losses.next(random)
    }

    /// A connection came about.
    pub(super) fn online(&mut self) {
        self.connects.reset();
    }

    /// A connection that is lost had stood for a while.
    pub(super) fn stood(&mut self) {
        self.losses.reset();
        self.redirects = 0;
    }

    /// A stream that cannot go on had stood for a while.
    pub(super) fn stream_stood(&mut self) {
        (self.broken_streams, self.redirects) = (0, 0);
    }

    /// A stream broke within a stanza.
    pub(super) fn broke(&mut self) {
        self.broken_streams += 1;
    }

    /// Whether so many have broken that the server is to forget the stream.
    pub(super) fn breaks_always(&self) -> bool {
        self.broken_streams >= limits::BROKEN_STREAMS_MAX
    }

    /// The server has forgotten the stream that broke.
    pub(super) fn forget_breaks(&mut self) {
        self.broken_streams = 0;
    }

    /// Whether the server may send us elsewhere once more.
    pub(super) fn may_redirect(&self) -> bool {
        self.redirects < limits::REDIRECTS_MAX
    }

    /// It does.
    pub(super) fn redirected(&mut self) {
        self.redirects += 1;
    }

    /// It ended a stream for another reason.
    pub(super) fn not_redirected(&mut self) {
        self.redirects = 0;
    }
}
