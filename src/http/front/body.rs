//! Bodies: undoing the chunked transfer coding (RFC 9112 §7.1), strictly, and how much all bodies together may take.
//! Pure.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use crate::base::limits;
use crate::http::front::head::BODY_TOO_LARGE;
use crate::http::refusal::Refusal;

const BAD_CHUNK: Refusal = Refusal::bad("the chunks of the body are malformed");

/// A decoder: feed it what has come, until it is done.
pub(super) struct Chunked {
    state: State,
    /// Bytes that may still come.
    left: usize,
    trailer_bytes: usize,
}

enum State {
    /// Before a line with a size.
    Size,
    /// Within a chunk; so many bytes of it are left.
    Data(usize),
    /// Before the line end behind a chunk.
    DataEnd,
    /// Among the trailer lines, which are dropped.
    Trailer,
    Done,
}

impl Chunked {
    /// A decoder for a body of at most so many bytes.
    pub(super) fn new(body_bytes_max: usize) -> Chunked {
        Chunked { state: State::Size, left: body_bytes_max, trailer_bytes: 0 }
    }

    /// Whether the body is complete.
    pub(super) fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    /// Decodes as much of `input` as can be, appending to `body`; returns how many bytes are used up. The rest must be
    /// given again with more behind it.
    pub(super) fn feed(&mut self, input: &[u8], body: &mut Vec<u8>) -> Result<usize, Refusal> {
        let mut used = 0;
        while !self.is_done() {
            let rest = &input[used..];
            match self.state {
                State::Size => {
                    let Some(line) = line(rest, limits::CHUNK_LINE_BYTES_MAX)? else { break };
                    let size = chunk_size(line)?;
                    self.left = self.left.checked_sub(size).ok_or(BODY_TOO_LARGE)?;
                    self.state = if size == 0 { State::Trailer } else { State::Data(size) };
                    used += line.len() + 2;
                }
                State::Data(left) => {
                    let count = left.min(rest.len());
                    if count == 0 {
                        break;
                    }
                    body.extend_from_slice(&rest[..count]);
                    self.state = if count == left { State::DataEnd } else { State::Data(left - count) };
                    used += count;
                }
                State::DataEnd => {
                    let Some(line) = line(rest, 2)? else { break };
                    if !line.is_empty() {
                        return Err(BAD_CHUNK);
                    }
                    self.state = State::Size;
                    used += 2;
                }
                State::Trailer => {
                    let Some(line) = line(rest, limits::HEAD_BYTES_MAX - self.trailer_bytes)? else { break };
                    self.trailer_bytes += line.len() + 2;
                    if line.is_empty() {
                        self.state = State::Done;
                    }
                    used += line.len() + 2;
                }
                State::Done => break,
            }
        }
        Ok(used)
    }
}

/// The first line, without its end; `None` when it is not complete. With its end it has at most `bytes_max` bytes.
fn line(input: &[u8], bytes_max: usize) -> Result<Option<&[u8]>, Refusal> {
    match input.iter().position(|byte| *byte == b'\n') {
        Some(end) if end < bytes_max => input[..end].strip_suffix(b"\r").map(Some).ok_or(BAD_CHUNK),
        None if input.len() < bytes_max => Ok(None),
        _ => Err(BAD_CHUNK),
    }
}

/// The size in hex, perhaps with extensions behind a semicolon.
fn chunk_size(line: &[u8]) -> Result<usize, Refusal> {
    let end = line.iter().position(|byte| *byte == b';').unwrap_or(line.len());
    let digits = std::str::from_utf8(&line[..end]).map_err(|_| BAD_CHUNK)?;
    // `from_str_radix` takes a sign, too; and eight digits are more than any limit.
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) || line.contains(&b'\r') {
        return Err(BAD_CHUNK);
    }
    if digits.len() > 8 {
        return Err(BODY_TOO_LARGE);
    }
    usize::from_str_radix(digits, 16).map_err(|_| BAD_CHUNK)
}

/// Room for bodies under way, in fair shares: nobody has more than half of what the others leave, so that there is always
/// some for one more. Whoever comes while nobody has any may have what he needs.
pub(super) struct Budget {
    bytes: usize,
    used: Cell<usize>,
    holders: RefCell<HashMap<Holder, usize>>,
}

/// Who has a share: a credential or an address, as a number.
pub(super) type Holder = u64;

impl Budget {
    /// So many bytes.
    pub(super) fn new(bytes: usize) -> Budget {
        Budget { bytes, used: Cell::new(0), holders: RefCell::default() }
    }

    /// A share in it, empty at first; given back when dropped.
    pub(super) fn share(&self, holder: Holder) -> Share<'_> {
        Share { budget: self, holder, bytes: 0 }
    }
}

/// One body's share in the budget.
pub(super) struct Share<'a> {
    budget: &'a Budget,
    holder: Holder,
    bytes: usize,
}

impl Share<'_> {
    /// Makes the share this large, or tells that there is not enough.
    pub(super) fn grow_to(&mut self, bytes: usize) -> bool {
        let more = bytes.saturating_sub(self.bytes);
        if more == 0 {
            return true;
        }
        let mut holders = self.budget.holders.borrow_mut();
        let (used, own) = (self.budget.used.get(), holders.get(&self.holder).copied().unwrap_or(0));
        let left_by_others = self.budget.bytes.saturating_sub(used - own);
        if used > self.bytes && own + more > left_by_others / 2 {
            return false;
        }
        holders.insert(self.holder, own + more);
        self.budget.used.set(used + more);
        self.bytes += more;
        true
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        if self.bytes == 0 {
            return;
        }
        self.budget.used.set(self.budget.used.get() - self.bytes);
        let mut holders = self.budget.holders.borrow_mut();
        let left = holders.get(&self.holder).map_or(0, |own| own - self.bytes);
        if left > 0 {
            holders.insert(self.holder, left);
        } else {
            holders.remove(&self.holder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds the input in pieces of that size.
    fn decode(input: &[u8], piece: usize, max: usize) -> Result<(Vec<u8>, usize, bool), Refusal> {
        let (mut chunked, mut body, mut used, mut known) = (Chunked::new(max), Vec::new(), 0, 0);
        while known < input.len() && !chunked.is_done() {
            known = input.len().min(known + piece);
            used += chunked.feed(&input[used..known], &mut body)?;
        }
        Ok((body, used, chunked.is_done()))
    }

    #[test]
    fn any_cutting_gives_the_same_body() {
        let input = b"4;x=\"y\"\r\nWiki\r\n00006\r\npedia \r\nA\r\n0123456789\r\n0\r\nX-Trailer: 1\r\n\r\nGET /";
        for piece in 1..=input.len() {
            let (body, used, done) = decode(input, piece, 20).unwrap();
            assert_eq!((&body[..], used, done), (&b"Wikipedia 0123456789"[..], input.len() - 5, true), "{piece}");
        }
        assert_eq!(decode(input, 7, 19), Err(BODY_TOO_LARGE));
    }

    #[test]
    fn shares_are_fair() {
        let budget = Budget::new(100);
        let mut alone = budget.share(1);
        assert!(alone.grow_to(70), "nobody else has any");
        assert!(!budget.share(1).grow_to(1));
        let mut second = budget.share(2);
        assert!(!second.grow_to(16) && second.grow_to(15));
        assert!(!budget.share(2).grow_to(1), "it has half of what is left already");
        drop(alone);
        let mut third = budget.share(3);
        assert!(third.grow_to(42) && !third.grow_to(43));
        assert!(second.grow_to(20));
        drop((second, third));
        assert_eq!((budget.used.get(), budget.holders.borrow().len()), (0, 0));
        // However many there are, there is room for one more.
        let many: Vec<_> =
            (0..5).map(|holder| budget.share(holder)).map(|mut share| (share.grow_to(3), share)).collect();
        assert!(many.iter().all(|(has_room, _)| *has_room));
    }

    #[test]
    fn malformed_chunks_are_refused() {
        let bad: [&[u8]; 11] = [
            b"\r\n",
            b"x\r\n",
            b"+4\r\nWiki\r\n",
            b"0x4\r\nWiki\r\n",
            b" 4\r\nWiki\r\n",
            b"4 \r\nWiki\r\n",
            b"4\nWiki\r\n",
            b"4\r\nWikiX\r\n",
            b"4\r\nWiki\n",
            b"-1\r\n",
            b"4\r;\r\nWiki\r\n",
        ];
        for input in bad {
            assert_eq!(decode(input, 1, 20), Err(BAD_CHUNK), "{}", input.escape_ascii());
        }
        assert_eq!(decode(b"ffffffffffffffff1\r\n", 1, 20), Err(BODY_TOO_LARGE));
        assert_eq!(decode(&[b'1'; 300], 1, 20), Err(BAD_CHUNK));
        let endless = [&b"0\r\n"[..], &b"a: b\r\n".repeat(2_000)].concat();
        assert_eq!(decode(&endless, 64, 20), Err(BAD_CHUNK));
    }
}
