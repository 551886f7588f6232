//! What counts for the stream that an account has, and not for the next one.

use super::Late;

/// The state of a stream, which outlives its connection where it is resumed.
#[derive(Default)]
pub(crate) struct StreamState {
    /// Nothing could be committed and the session was told to start over: until it says so, what still comes from the
    /// old stream is not looked at; the server sends it again.
    pub(crate) is_fenced: bool,
    /// When it began (milliseconds since 1970).
    pub(crate) begun_at_ms: i64,
    /// How often the same delayed message, without an archive's id, came on it.
    pub(crate) late: Late,
}

impl StreamState {
    /// A new one begins.
    pub(super) fn begin(&mut self, unix_ms: i64) {
        self.late.clear();
        self.begun_at_ms = unix_ms;
    }
}
