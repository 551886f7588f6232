//! The connection of a session, and what outlives it.

use std::time::Duration;

use super::Facts;
use crate::xmpp::ping::Fence;
use crate::xmpp::sm::Sm;
use crate::xmpp::stream::Stream;

/// What lasts as long as one connection.
#[derive(Default)]
pub(super) struct Link {
    /// The driver has a connection, or is opening one.
    pub(super) is_up: bool,
    pub(super) stream: Option<Stream>,
    pub(super) fence: Fence,
    /// Silence after which it is tested, where the driver has said so.
    pub(super) silence: Option<Duration>,
    /// What is still to be said on a connection that is dropped.
    last_words: Vec<u8>,
}

impl Link {
    /// That of a session whose driver is to open it.
    pub(super) fn opening() -> Link {
        Link { is_up: true, ..Link::default() }
    }

    /// It is there. What was to be said on the one before is said, or never will be.
    pub(super) fn open(&mut self, stream: Stream) {
        self.stream = Some(stream);
        self.last_words = Vec::new();
    }

    /// Says goodbye.
    pub(super) fn close(&mut self) {
        if let Some(stream) = &mut self.stream {
            stream.close();
        }
    }

    /// Says why it ends, even when it is dropped at once.
    pub(super) fn close_with(&mut self, error: &str) {
        if let Some(stream) = &mut self.stream {
            stream.send(error);
            stream.close();
            stream.take_write(&mut self.last_words);
        }
    }

    /// Moves the bytes to be sent to the end of `out`.
    pub(super) fn take_write(&mut self, out: &mut Vec<u8>) {
        match &mut self.stream {
            Some(stream) => stream.take_write(out),
            None => out.append(&mut self.last_words),
        }
    }

    /// Lets go of it. Whether the driver still has it.
    pub(super) fn drop_stream(&mut self) -> bool {
        self.stream = None;
        self.fence = Fence::default();
        std::mem::take(&mut self.is_up)
    }
}

/// What lasts as long as a stream may be resumed, on whatever connection.
#[derive(Default)]
pub(super) struct Kept {
    pub(super) sm: Option<Sm>,
    pub(super) facts: Facts,
    /// The presence that is out.
    pub(super) announced: Option<String>,
}

impl Kept {
    /// The stream management, once the server has said that it is on.
    pub(super) fn enabled(&self) -> Option<&Sm> {
        self.sm.as_ref().filter(|sm| sm.is_enabled)
    }

    /// The same, to be changed.
    pub(super) fn enabled_mut(&mut self) -> Option<&mut Sm> {
        self.sm.as_mut().filter(|sm| sm.is_enabled)
    }

    /// Whether the server has yet to say whether it manages the stream.
    pub(super) fn is_undecided(&self) -> bool {
        self.sm.as_ref().is_some_and(|sm| !sm.is_enabled)
    }
}
