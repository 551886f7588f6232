//! Cuts a stream of bytes into its header, its top-level elements and its end (RFC 6120 §4).
//!
//! quick-xml wants complete input, a socket gives pieces. The framer looks at each byte once, keeps nothing but the
//! element that is not complete yet, and hands that out as a slice of its buffer. It checks nesting and refuses what
//! XMPP forbids; attributes and references are looked at by [`Element::parse`](super::Element::parse), right after.
//! After STARTTLS and SASL the stream begins anew: with a new framer, never with this one.

use std::ops::Range;

use super::Error;
use crate::base::limits;

const CDATA_OPEN: &[u8] = b"[CDATA[";

/// One piece of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// The stream's open tag, for [`Namespaces::of_open_tag`](super::Namespaces::of_open_tag).
    Header(&'a str),
    /// A complete top-level element.
    Element(&'a str),
    /// The stream's end tag. Nothing comes after it.
    End,
}

/// The machine: [`Framer::push`] bytes, then [`Framer::poll`] until it gives `None`.
#[derive(Debug, Default)]
pub struct Framer {
    buffer: Vec<u8>,
    /// Where the current frame begins; everything before it was given out.
    start: usize,
    /// How far the bytes have been looked at.
    scanned: usize,
    /// The stream's open tag has come; holds its name.
    root: Option<Vec<u8>>,
    /// Names of the open elements inside: where they stand, counted from `start`.
    open: Vec<Range<usize>>,
    /// Where the tag being scanned begins, counted from `start`.
    tag: usize,
    place: Place,
    declared: bool,
    ended: bool,
}

/// Where in the grammar the next byte stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    /// Character data, or the whitespace between frames.
    #[default]
    Text,
    /// Right behind `<`.
    Markup,
    /// In a start tag; inside quotes with `Some`. `slash`: the byte before was `/`.
    StartTag { quote: Option<u8>, slash: bool },
    /// In an end tag.
    EndTag,
    /// Behind `<!`, with so many bytes of `[CDATA[` seen.
    CdataOpen(usize),
    /// In a CDATA section, behind so many `]` (two at most).
    Cdata(u8),
    /// In the XML declaration; `question`: the byte before was `?`.
    Declaration { question: bool },
}

impl Framer {
    /// A framer for a stream that begins now.
    pub fn new() -> Framer {
        Framer::default()
    }

    /// Takes bytes from the server.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.scanned -= self.start;
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The bytes that belong to no frame given out yet.
    pub fn rest(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    /// The next frame, `None` when more bytes are needed. After an error or [`Frame::End`] the stream is over.
    pub fn poll(&mut self) -> Result<Option<Frame<'_>>, Error> {
        if self.ended {
            return Ok(None);
        }
        match self.scan()? {
            Found::Nothing => {
                self.rest_lightly();
                Ok(None)
            }
            Found::End => {
                self.ended = true;
                Ok(Some(Frame::End))
            }
            Found::Header => self.take().map(|text| Some(Frame::Header(text))),
            Found::Element => self.take().map(|text| Some(Frame::Element(text))),
        }
    }

    /// Everything was given out, and nothing may come for hours: little is kept.
    fn rest_lightly(&mut self) {
        if self.start == self.buffer.len() {
            (self.start, self.scanned) = (0, 0);
            self.buffer.clear();
            if self.buffer.capacity() > limits::FRAMER_BYTES_KEPT {
                self.buffer = Vec::new();
            }
        }
    }

    /// Gives out the frame that ends where the scan stands.
    fn take(&mut self) -> Result<&str, Error> {
        let frame = self.buffer.get(self.start..self.scanned).unwrap_or_default();
        self.start = self.scanned;
        std::str::from_utf8(frame).map_err(|_| Error::NotUtf8)
    }

    fn scan(&mut self) -> Result<Found, Error> {
        // The bound is applied while scanning, so that the verdict does not depend on how the bytes were cut.
        while self.scanned - self.start < limits::STANZA_BYTES_MAX {
            self.skip_text();
            let Some(&byte) = self.buffer.get(self.scanned) else { return Ok(Found::Nothing) };
            self.scanned += 1;
            match self.step(byte)? {
                Found::Nothing => {}
                found => return Ok(found),
            }
        }
        Err(Error::TooLarge)
    }

    /// Jumps over character data inside an element: the only place with long runs of uninteresting bytes.
    fn skip_text(&mut self) {
        if self.place == Place::Text && !self.open.is_empty() {
            let limit = self.buffer.len().min(self.start + limits::STANZA_BYTES_MAX - 1);
            let rest = self.buffer.get(self.scanned..limit).unwrap_or_default();
            self.scanned += rest.iter().position(|byte| *byte == b'<').unwrap_or(rest.len());
        }
    }

    fn step(&mut self, byte: u8) -> Result<Found, Error> {
        let place = self.place;
        self.place = match place {
            Place::Text => self.text(byte)?,
            Place::Markup => self.markup(byte)?,
            Place::StartTag { quote: Some(quote), .. } => match byte {
                b'<' => return Err(malformed("`<` in an attribute value")),
                _ => Place::StartTag { quote: (byte != quote).then_some(quote), slash: false },
            },
            Place::StartTag { quote: None, slash } => match byte {
                b'>' => return self.start_tag(slash),
                b'<' => return Err(malformed("`<` in a tag")),
                b'"' | b'\'' => Place::StartTag { quote: Some(byte), slash: false },
                _ => Place::StartTag { quote: None, slash: byte == b'/' },
            },
            Place::EndTag => match byte {
                b'>' => return self.end_tag(),
                b'<' => return Err(malformed("`<` in a tag")),
                _ => place,
            },
            Place::CdataOpen(seen) => match CDATA_OPEN.get(seen) {
                Some(expected) if *expected != byte => return Err(Error::Forbidden("a comment or a DTD")),
                _ if seen + 1 == CDATA_OPEN.len() => Place::Cdata(0),
                _ => Place::CdataOpen(seen + 1),
            },
            Place::Cdata(brackets) => match byte {
                b']' => Place::Cdata((brackets + 1).min(2)),
                b'>' if brackets == 2 => Place::Text,
                _ => Place::Cdata(0),
            },
            Place::Declaration { question } => match byte {
                b'>' if question => return self.declaration(),
                _ => Place::Declaration { question: byte == b'?' },
            },
        };
        Ok(Found::Nothing)
    }

    fn text(&mut self, byte: u8) -> Result<Place, Error> {
        if byte == b'<' {
            self.tag = self.scanned - 1 - self.start;
            return Ok(Place::Markup);
        }
        if self.open.is_empty() {
            // Whitespace between stanzas keeps connections alive (RFC 6120 §4.6.1); it is no part of any frame.
            if !byte.is_ascii_whitespace() {
                return Err(malformed("text outside a stanza"));
            }
            self.start = self.scanned;
        }
        Ok(Place::Text)
    }

    fn markup(&mut self, byte: u8) -> Result<Place, Error> {
        let is_inside = self.root.is_some();
        match byte {
            b'/' if is_inside => Ok(Place::EndTag),
            b'!' if !self.open.is_empty() => Ok(Place::CdataOpen(0)),
            b'!' => Err(Error::Forbidden("a comment or a DTD")),
            b'?' if !is_inside && !self.declared => Ok(Place::Declaration { question: false }),
            b'?' => Err(Error::Forbidden("a processing instruction")),
            b'/' | b'>' | b'<' | b' ' | b'\t' | b'\r' | b'\n' => Err(malformed("a tag without a name")),
            _ => Ok(Place::StartTag { quote: None, slash: false }),
        }
    }

    fn start_tag(&mut self, is_empty: bool) -> Result<Found, Error> {
        self.place = Place::Text;
        // The stream counts, and so does this element.
        if self.open.len() + 2 > limits::ELEMENT_DEPTH_MAX {
            return Err(Error::TooDeep);
        }
        let begin = self.tag + 1;
        let is_end = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>');
        let behind = self.buffer.get(self.start + begin..self.scanned).unwrap_or_default();
        let name = begin..begin + behind.iter().position(is_end).unwrap_or(behind.len());
        match (self.root.is_some(), is_empty) {
            (false, true) => Err(malformed("a stream without content")),
            (false, false) => {
                self.root = Some(self.name(&name).to_vec());
                Ok(Found::Header)
            }
            (true, true) if self.open.is_empty() => Ok(Found::Element),
            (true, true) => Ok(Found::Nothing),
            (true, false) => {
                self.open.push(name);
                Ok(Found::Nothing)
            }
        }
    }

    fn end_tag(&mut self) -> Result<Found, Error> {
        self.place = Place::Text;
        let name = self.name(&(self.tag + 2..self.scanned - 1 - self.start)).trim_ascii_end();
        let innermost = self.open.last().map(|open| self.name(open)).or(self.root.as_deref());
        if innermost != Some(name) {
            return Err(malformed("an end tag has another name than the start tag"));
        }
        match self.open.pop() {
            Some(_) if self.open.is_empty() => Ok(Found::Element),
            Some(_) => Ok(Found::Nothing),
            None => {
                self.start = self.scanned;
                Ok(Found::End)
            }
        }
    }

    fn name(&self, at: &Range<usize>) -> &[u8] {
        self.buffer.get(self.start + at.start..self.start + at.end).unwrap_or_default()
    }

    fn declaration(&mut self) -> Result<Found, Error> {
        let text = self.buffer.get(self.start..self.scanned).unwrap_or_default();
        if !text.starts_with(b"<?xml ") {
            return Err(Error::Forbidden("a processing instruction"));
        }
        self.declared = true;
        self.start = self.scanned;
        self.place = Place::Text;
        Ok(Found::Nothing)
    }
}

/// What the byte just looked at completes.
enum Found {
    Nothing,
    Header,
    Element,
    End,
}

fn malformed(why: &str) -> Error {
    Error::Malformed(why.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str =
        "<?xml version='1.0'?><s:s xmlns='a' b='>'> \n<m a=\"/>'\">t<b/><![CDATA[</m>]]]></m>\n<i/><p></p> </s:s >";

    fn frames(stream: &[u8], chunk: usize) -> Result<Vec<String>, Error> {
        let mut framer = Framer::new();
        let mut out = Vec::new();
        for bytes in stream.chunks(chunk) {
            framer.push(bytes);
            while let Some(frame) = framer.poll()? {
                out.push(match frame {
                    Frame::Header(text) | Frame::Element(text) => text.to_string(),
                    Frame::End => "end".to_string(),
                });
            }
        }
        Ok(out)
    }

    #[test]
    fn any_chunking_gives_the_same_frames() {
        let expected = ["<s:s xmlns='a' b='>'>", "<m a=\"/>'\">t<b/><![CDATA[</m>]]]></m>", "<i/>", "<p></p>", "end"];
        for chunk in 1..STREAM.len() + 1 {
            assert_eq!(frames(STREAM.as_bytes(), chunk).unwrap(), expected);
        }
    }

    #[test]
    fn refuses() {
        let deep = format!("<s>{}", "<a>".repeat(limits::ELEMENT_DEPTH_MAX));
        let large = format!("<s><a>{}</a>", "x".repeat(limits::STANZA_BYTES_MAX));
        let cases: [(&str, Error); 12] = [
            ("<!DOCTYPE s><s>", Error::Forbidden("a comment or a DTD")),
            ("<s><!-- x -->", Error::Forbidden("a comment or a DTD")),
            ("<s><a><!-- x -->", Error::Forbidden("a comment or a DTD")),
            ("<s><?pi?>", Error::Forbidden("a processing instruction")),
            ("<?pi x?><s>", Error::Forbidden("a processing instruction")),
            ("<s>text", malformed("text outside a stanza")),
            ("<s/>", malformed("a stream without content")),
            ("<s></t>", malformed("an end tag has another name than the start tag")),
            ("<s><a><b></a>", malformed("an end tag has another name than the start tag")),
            ("</s>", malformed("a tag without a name")),
            (&deep, Error::TooDeep),
            (&large, Error::TooLarge),
        ];
        for (text, error) in &cases {
            for chunk in [1, 7, text.len()] {
                assert_eq!(frames(text.as_bytes(), chunk), Err(error.clone()), "{}", &text[..text.len().min(40)]);
            }
        }
        assert_eq!(frames(b"<s><a>\xff</a>", 3), Err(Error::NotUtf8));
    }

    #[test]
    fn a_large_stanza_does_not_stay_in_memory() {
        let mut framer = Framer::new();
        framer.push(format!("<s><a>{}</a>", "x".repeat(100_000)).as_bytes());
        while framer.poll().unwrap().is_some() {}
        assert!(framer.buffer.capacity() <= limits::FRAMER_BYTES_KEPT);
        framer.push(b"<b/>");
        assert_eq!(framer.poll(), Ok(Some(Frame::Element("<b/>"))));
    }
}
