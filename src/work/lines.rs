//! Cuts a stream of bytes into lines, for server-sent events and NDJSON. A line ends with LF or CRLF; the last one may
//! end with the stream. (A lone CR, which the standard of server-sent events also allows, is sent by nobody.)

use std::ops::ControlFlow;

/// A line longer than allowed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLong;

/// What is left of the bytes so far.
#[derive(Debug)]
pub(super) struct Lines {
    rest: Vec<u8>,
    bytes_max: usize,
}

impl Lines {
    /// Cuts lines of at most so many bytes.
    pub(super) fn new(bytes_max: usize) -> Lines {
        Lines { rest: Vec::new(), bytes_max }
    }

    /// Takes more bytes and hands out the lines that are whole now.
    pub(super) fn push(
        &mut self,
        mut bytes: &[u8],
        each: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, TooLong> {
        while let Some(at) = bytes.iter().position(|byte| *byte == b'\n') {
            let (line, after) = bytes.split_at(at);
            bytes = after.get(1..).unwrap_or_default();
            self.keep(line)?;
            let flow = each(self.rest.strip_suffix(b"\r").unwrap_or(&self.rest));
            self.rest.clear();
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
        each(rest.strip_suffix(b"\r").unwrap_or(&rest))
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<(), TooLong> {
        if self.rest.len() + bytes.len() > self.bytes_max {
            return Err(TooLong);
        }
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
        let text = "data: {\"a\":\"ü👍\"}\r\n\r\n: comment\ndata: [DONE]\n\nlast\r".as_bytes();
        let lines = ["data: {\"a\":\"ü👍\"}", "", ": comment", "data: [DONE]", "", "last"];
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
