//! Cuts a stream of bytes into its header, its top-level elements and its end (RFC 6120 §4).
//!
//! quick-xml wants complete input, a socket gives pieces. The framer looks at each byte once, keeps nothing but the
//! element that is not complete yet, and hands that out as a slice of its buffer. It checks nesting and refuses what
//! XMPP forbids; attributes and references are looked at by [`Element::parse`](super::Element::parse), right after.
//! A stanza beyond a limit is skipped: from there on its bytes are forgotten as they come, and of the whole nothing is
//! left but its start tag and the few tags that tell its ids ([`Skipped`]). Other people choose what stands in a stanza,
//! and must not be able to end the stream with it.
//! After STARTTLS and SASL the stream begins anew: with a new framer, never with this one.

use std::ops::Range;

use super::Error;
use crate::base::limits;

const CDATA_OPEN: &[u8] = b"[CDATA[";

/// Children of a stanza by which it is told which one it is (XEP-0313, XEP-0359); of a skipped one they are kept.
const TELLING: [&[u8]; 2] = [b"result", b"stanza-id"];

/// One piece of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// The stream's open tag, for [`Namespaces::of_open_tag`](super::Namespaces::of_open_tag).
    Header(&'a str),
    /// A complete top-level element.
    Element(&'a str),
    /// A top-level element that nobody gets to see. The stream goes on behind it.
    Skipped(Skipped),
    /// The stream's end tag. Nothing comes after it.
    End,
}

/// What is left of a stanza that is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Its start tag, as far as it is not too long, and the tags that tell its ids: for
    /// [`Element::of_tags`](super::Element::of_tags).
    pub tags: Vec<Vec<u8>>,
    /// Its size.
    pub bytes: u64,
    /// What it is too much of.
    pub why: Error,
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
    /// Where the element's start tag ends, counted from `start`; 0 before.
    first_tag: usize,
    /// The tags that tell its ids, counted from `start`: the last few of them, as servers write theirs behind the others.
    telling: Vec<Range<usize>>,
    /// Set while an element is skipped.
    skip: Option<Skip>,
    place: Place,
    declared: bool,
    ended: bool,
}

/// An element that is being skipped.
#[derive(Debug)]
struct Skip {
    left: Skipped,
    /// How many elements are open.
    depth: usize,
    /// The tag under way began before, and is not kept.
    is_tag_lost: bool,
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
                self.forget_skipped();
                self.rest_lightly();
                Ok(None)
            }
            Found::End => {
                self.ended = true;
                Ok(Some(Frame::End))
            }
            Found::Header => {
                let header = self.take();
                std::str::from_utf8(header).map(|text| Some(Frame::Header(text))).map_err(|_| Error::NotUtf8)
            }
            // Bytes that are no text are of one stanza, and its end was found.
            Found::Element if std::str::from_utf8(self.frame()).is_err() => {
                let skipped = self.left(Error::NotUtf8);
                self.take();
                Ok(Some(Frame::Skipped(skipped)))
            }
            Found::Element => {
                std::str::from_utf8(self.take()).map(|text| Some(Frame::Element(text))).map_err(|_| Error::NotUtf8)
            }
            Found::Skipped(mut skipped) => {
                skipped.bytes += self.take().len() as u64;
                Ok(Some(Frame::Skipped(skipped)))
            }
        }
    }

    /// Whether more bytes of an element are awaited.
    pub fn is_inside(&self) -> bool {
        self.depth() > 0 || self.place != Place::Text
    }

    /// What is known of the element that is under way, or that was given out last; for when it turns out to be none.
    pub fn left(&mut self, why: Error) -> Skipped {
        if let Some(skip) = self.skip.take() {
            let bytes = skip.left.bytes + self.frame().len() as u64;
            return Skipped { bytes, ..skip.left };
        }
        let frame = self.frame();
        let first = if self.first_tag == 0 { frame.len() } else { self.first_tag };
        let first = frame.get(..first.min(limits::SKIPPED_TAG_BYTES_MAX)).unwrap_or_default();
        let telling = self.telling.iter().filter_map(|tag| frame.get(tag.clone()));
        let tags = std::iter::once(first).chain(telling).map(<[u8]>::to_vec).collect();
        Skipped { tags, bytes: frame.len() as u64, why }
    }

    /// What is known of a complete element.
    pub fn left_of(element: &str, why: Error) -> Skipped {
        let mut framer = Framer { root: Some(Vec::new()), ..Framer::default() };
        framer.push(element.as_bytes());
        let _ = framer.scan();
        framer.left(why)
    }

    /// Everything was given out, and nothing may come for hours: nothing is kept.
    fn rest_lightly(&mut self) {
        if self.start == self.buffer.len() {
            (self.start, self.scanned) = (0, 0);
            (self.buffer, self.open, self.telling) = Default::default();
        }
    }

    /// From where the frame begins to where the scan stands.
    fn frame(&self) -> &[u8] {
        self.buffer.get(self.start..self.scanned).unwrap_or_default()
    }

    /// Gives out the frame that ends where the scan stands.
    fn take(&mut self) -> &[u8] {
        let start = std::mem::replace(&mut self.start, self.scanned);
        self.first_tag = 0;
        self.telling.clear();
        self.buffer.get(start..self.scanned).unwrap_or_default()
    }

    /// How many elements are open, the stream not counted.
    fn depth(&self) -> usize {
        self.skip.as_ref().map_or(self.open.len(), |skip| skip.depth)
    }

    fn scan(&mut self) -> Result<Found, Error> {
        loop {
            // The bound is applied while scanning, so that the verdict does not depend on how the bytes were cut.
            if self.skip.is_none() && self.scanned - self.start >= limits::STANZA_BYTES_MAX {
                self.begin_skip(Error::TooLarge)?;
            }
            self.skip_text();
            let Some(&byte) = self.buffer.get(self.scanned) else { return Ok(Found::Nothing) };
            self.scanned += 1;
            match self.step(byte)? {
                Found::Nothing => {}
                found => return Ok(found),
            }
        }
    }

    /// From here on the element is only followed to its end.
    fn begin_skip(&mut self, why: Error) -> Result<(), Error> {
        let is_tag = matches!(self.place, Place::StartTag { .. });
        if self.root.is_none() || (self.open.is_empty() && !is_tag) {
            return Err(why);
        }
        let left = Skipped { bytes: 0, ..self.left(why) };
        // A start tag under way is in what is left already.
        let is_tag_lost = self.first_tag == 0;
        self.skip = Some(Skip { left, depth: self.open.len(), is_tag_lost });
        self.open = Vec::new();
        self.telling.clear();
        Ok(())
    }

    /// Lets go of what was looked at of a skipped element; a tag under way stays, unless it is too long to tell anything.
    fn forget_skipped(&mut self) {
        let Some(skip) = &mut self.skip else { return };
        let tag = self.start + self.tag;
        let is_tag = matches!(self.place, Place::Markup | Place::StartTag { .. }) && !skip.is_tag_lost;
        let is_kept = is_tag && self.scanned - tag <= limits::SKIPPED_TAG_BYTES_MAX;
        skip.is_tag_lost |= is_tag && !is_kept;
        let until = if is_kept { tag } else { self.scanned };
        skip.left.bytes += (until - self.start) as u64;
        self.tag = 0;
        self.start = until;
    }

    /// Jumps over character data inside an element: the only place with long runs of uninteresting bytes.
    fn skip_text(&mut self) {
        if self.place == Place::Text && self.depth() > 0 {
            let limit = match self.skip {
                Some(_) => self.buffer.len(),
                None => self.buffer.len().min(self.start + limits::STANZA_BYTES_MAX - 1),
            };
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
            if let Some(skip) = &mut self.skip {
                skip.is_tag_lost = false;
            }
            return Ok(Place::Markup);
        }
        if self.depth() == 0 {
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
            b'!' if self.depth() > 0 => Ok(Place::CdataOpen(0)),
            b'!' => Err(Error::Forbidden("a comment or a DTD")),
            b'?' if !is_inside && !self.declared => Ok(Place::Declaration { question: false }),
            b'?' => Err(Error::Forbidden("a processing instruction")),
            b'/' | b'>' | b'<' | b' ' | b'\t' | b'\r' | b'\n' => Err(malformed("a tag without a name")),
            _ => Ok(Place::StartTag { quote: None, slash: false }),
        }
    }

    fn start_tag(&mut self, is_empty: bool) -> Result<Found, Error> {
        // The stream counts, and so does this element.
        if self.skip.is_none() && self.open.len() + 2 > limits::ELEMENT_DEPTH_MAX {
            self.begin_skip(Error::TooDeep)?;
        }
        self.place = Place::Text;
        let begin = self.tag + 1;
        let is_end = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>');
        let behind = self.buffer.get(self.start + begin..self.scanned).unwrap_or_default();
        let name = begin..begin + behind.iter().position(is_end).unwrap_or(behind.len());
        self.note_tag(&name);
        if let Some(skip) = &mut self.skip {
            skip.depth += usize::from(!is_empty);
            return Ok(if skip.depth == 0 { self.end_skip() } else { Found::Nothing });
        }
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

    /// Remembers a start tag by which a stanza is known.
    fn note_tag(&mut self, name: &Range<usize>) {
        if self.root.is_none() {
            return;
        }
        let tag = self.tag..self.scanned - self.start;
        let is_telling = self.depth() == 1 && TELLING.contains(&self.name(name));
        match &mut self.skip {
            Some(skip) if is_telling && !skip.is_tag_lost && tag.len() <= limits::SKIPPED_TAG_BYTES_MAX => {
                let tag = self.buffer.get(self.start + tag.start..self.scanned).unwrap_or_default().to_vec();
                if skip.left.tags.len() > limits::SKIPPED_TAGS_MAX {
                    skip.left.tags.remove(1);
                }
                skip.left.tags.push(tag);
            }
            Some(_) => {}
            None if self.open.is_empty() => self.first_tag = tag.end,
            None if is_telling && tag.len() <= limits::SKIPPED_TAG_BYTES_MAX => {
                if self.telling.len() >= limits::SKIPPED_TAGS_MAX {
                    self.telling.remove(0);
                }
                self.telling.push(tag);
            }
            None => {}
        }
    }

    fn end_skip(&mut self) -> Found {
        self.skip.take().map_or(Found::Nothing, |skip| Found::Skipped(skip.left))
    }

    fn end_tag(&mut self) -> Result<Found, Error> {
        self.place = Place::Text;
        if let Some(skip) = &mut self.skip {
            // Which name it closes is not known any more, only how many are open.
            skip.depth = skip.depth.saturating_sub(1);
            return Ok(if skip.depth == 0 { self.end_skip() } else { Found::Nothing });
        }
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
    Skipped(Skipped),
    End,
}

fn malformed(why: &str) -> Error {
    Error::Malformed(why.to_string())
}

#[cfg(test)]
mod tests;
