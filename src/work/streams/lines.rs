//! Cuts a stream of bytes into lines, for server-sent events and NDJSON. A line ends with LF, CR or both (HTML Living
//! Standard §9.2.5); the last one may end with the stream.

use std::ops::ControlFlow;

use crate::base::limits;

/// A line longer than allowed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLong;

/// What is left of the bytes so far.
#[derive(Debug)]
pub(super) struct Lines {
    rest: Vec<u8>,
    bytes_max: usize,
    /// The last byte was a CR, which may be half of an end.
    is_behind_cr: bool,
}

impl Lines {
    /// Cuts lines of at most so many bytes.
    pub(super) fn new(bytes_max: usize) -> Lines {
        Lines { rest: Vec::new(), bytes_max, is_behind_cr: false }
    }

    /// Bytes that are kept.
    pub(super) fn held(&self) -> usize {
        self.rest.len()
    }

    /// Takes more bytes and hands out the lines that are whole now.
    pub(super) fn push(
        &mut self,
        mut bytes: &[u8],
        each: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, TooLong> {
        if let (true, Some(first)) = (self.is_behind_cr, bytes.first()) {
            bytes = bytes.get(usize::from(*first == b'\n')..).unwrap_or_default();
            self.is_behind_cr = false;
        }
        while let Some(at) = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            let (line, after) = bytes.split_at(at);
            self.is_behind_cr = after == b"\r";
            let end = if after.starts_with(b"\r\n") { 2 } else { 1 };
            bytes = after.get(end..).unwrap_or_default();
            self.keep(line)?;
            let flow = each(&self.rest);
            self.rest.clear();
            self.rest.shrink_to(limits::SMALL_BODY_BYTES);
            if flow.is_break() {
                return Ok(flow);
            }
        }
        self.keep(bytes)?;
        Ok(ControlFlow::Continue(()))
    }

    /// Hands out the last line, if it had no end.
    pub(super) fn end(&mut self, each: &mut dyn FnMut(&[u8]) -> ControlFlow<()>) -> ControlFlow<()> {
        let rest = std::mem::take(&mut self.rest);
        if rest.is_empty() {
            return ControlFlow::Continue(());
        }
        each(&rest)
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<(), TooLong> {
        if self.rest.len() + bytes.len() > self.bytes_max {
            return Err(TooLong);
        }
        // Not doubled: a long line is rare, and many may come at once.
        self.rest.reserve_exact(bytes.len());
        self.rest.extend_from_slice(bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &[u8], step: usize) -> Vec<String> {
        let mut lines = Lines::new(40);
        let mut out = Vec::new();
        let mut each = |line: &[u8]| {
            out.push(String::from_utf8_lossy(line).into_owned());
            ControlFlow::Continue(())
        };
        for bytes in text.chunks(step) {
            assert_eq!(lines.push(bytes, &mut each), Ok(ControlFlow::Continue(())));
        }
        assert!(lines.end(&mut each).is_continue());
        out
    }

    #[test]
    fn lines_are_the_same_however_the_bytes_come() {
        let text = "data: {\"a\":\"ü👍\"}\r\n\r\n: comment\rdata: [DONE]\n\nlast\r\rend".as_bytes();
        let lines = ["data: {\"a\":\"ü👍\"}", "", ": comment", "data: [DONE]", "", "last", "", "end"];
        for step in 1..=text.len() {
            assert_eq!(cut(text, step), lines, "{step}");
        }
        assert!(cut(b"", 1).is_empty());
    }

    #[test]
    fn stops_when_told_and_when_a_line_is_too_long() {
        let mut seen = 0;
        let mut each = |_: &[u8]| {
            seen += 1;
            ControlFlow::Break(())
        };
        assert_eq!(Lines::new(9).push(b"a\nb\nc\n", &mut each), Ok(ControlFlow::Break(())));
        let mut lines = Lines::new(4);
        assert_eq!(lines.push(b"123", &mut each), Ok(ControlFlow::Continue(())));
        assert_eq!(lines.push(b"45", &mut each), Err(TooLong));
        assert_eq!(seen, 1);
    }
}
