//! Where a body ends (RFC 9112 §6), and undoing the chunked transfer coding (§7.1), strictly: of requests at the door, and
//! of answers of other services. Pure.

use crate::base::limits;

/// Why a body cannot be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChunkFault {
    /// The chunks are malformed.
    Malformed,
    /// The body is longer than allowed.
    TooLarge,
}

/// Takes a body out of what was read.
pub enum Decoder {
    /// So many bytes are missing.
    Length(usize),
    /// The last chunk is missing.
    Chunked(Chunked),
    /// It ends with the connection; only answers do.
    ToEnd,
}

impl Decoder {
    /// Decodes as much of `input` as can be, appending to `body`; returns how many bytes are used up. The rest must be
    /// given again with more behind it.
    pub fn feed(&mut self, input: &[u8], body: &mut Vec<u8>) -> Result<usize, ChunkFault> {
        let count = match self {
            Decoder::Chunked(chunked) => return chunked.feed(input, body),
            Decoder::Length(missing) => {
                let count = input.len().min(*missing);
                *missing -= count;
                count
            }
            Decoder::ToEnd => input.len(),
        };
        body.extend_from_slice(&input[..count]);
        Ok(count)
    }

    /// Whether the body is complete, whatever comes behind it.
    pub fn is_done(&self) -> bool {
        match self {
            Decoder::Chunked(chunked) => chunked.is_done(),
            Decoder::Length(missing) => *missing == 0,
            Decoder::ToEnd => false,
        }
    }
}

/// A decoder of chunks: feed it what has come, until it is done.
pub struct Chunked {
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
    pub fn new(body_bytes_max: usize) -> Chunked {
        Chunked { state: State::Size, left: body_bytes_max, trailer_bytes: 0 }
    }

    /// Whether the last chunk has come.
    fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    fn feed(&mut self, input: &[u8], body: &mut Vec<u8>) -> Result<usize, ChunkFault> {
        let mut used = 0;
        while !self.is_done() {
            let rest = &input[used..];
            match self.state {
                State::Size => {
                    let Some(line) = line(rest, limits::CHUNK_LINE_BYTES_MAX)? else { break };
                    let size = chunk_size(line)?;
                    self.left = self.left.checked_sub(size).ok_or(ChunkFault::TooLarge)?;
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
                        return Err(ChunkFault::Malformed);
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
fn line(input: &[u8], bytes_max: usize) -> Result<Option<&[u8]>, ChunkFault> {
    match input.iter().position(|byte| *byte == b'\n') {
        Some(end) if end < bytes_max => input[..end].strip_suffix(b"\r").map(Some).ok_or(ChunkFault::Malformed),
        None if input.len() < bytes_max => Ok(None),
        _ => Err(ChunkFault::Malformed),
    }
}

/// The size in hex, perhaps with extensions behind a semicolon.
fn chunk_size(line: &[u8]) -> Result<usize, ChunkFault> {
    let end = line.iter().position(|byte| *byte == b';').unwrap_or(line.len());
    let digits = std::str::from_utf8(&line[..end]).map_err(|_| ChunkFault::Malformed)?;
    // `from_str_radix` takes a sign, too; and eight digits are more than any limit.
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) || line.contains(&b'\r') {
        return Err(ChunkFault::Malformed);
    }
    if digits.len() > 8 {
        return Err(ChunkFault::TooLarge);
    }
    usize::from_str_radix(digits, 16).map_err(|_| ChunkFault::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds the input in pieces of that size.
    fn decode(input: &[u8], piece: usize, max: usize) -> Result<(Vec<u8>, usize, bool), ChunkFault> {
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
        assert_eq!(decode(input, 7, 19), Err(ChunkFault::TooLarge));
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
            assert_eq!(decode(input, 1, 20), Err(ChunkFault::Malformed), "{}", input.escape_ascii());
        }
        assert_eq!(decode(b"ffffffffffffffff1\r\n", 1, 20), Err(ChunkFault::TooLarge));
        assert_eq!(decode(&[b'1'; 300], 1, 20), Err(ChunkFault::Malformed));
        let endless = [&b"0\r\n"[..], &b"a: b\r\n".repeat(2_000)].concat();
        assert_eq!(decode(&endless, 64, 20), Err(ChunkFault::Malformed));
    }
}
