//! Layer 1: XML as XMPP uses it (RFC 6120 §11): a stream is cut into top-level elements, an element is read into a
//! tree, a tree is printed. Imports `base` only; the parser underneath is quick-xml, named in `element.rs` alone.

pub mod element;
pub mod framer;
pub mod write;

use std::fmt;

pub use element::{Element, Namespaces};
pub use framer::{Frame, Framer, Skipped};

/// Why XML is refused. What stands in one stanza costs that stanza ([`Frame::Skipped`]); where no end of a stanza can be
/// found any more, the stream ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// A top-level element is larger than [`STANZA_BYTES_MAX`](crate::base::limits::STANZA_BYTES_MAX).
    TooLarge,
    /// Elements are nested deeper than [`ELEMENT_DEPTH_MAX`](crate::base::limits::ELEMENT_DEPTH_MAX).
    TooDeep,
    /// An element has more attributes, or a stanza more elements, than anything sane.
    TooMany(&'static str),
    /// Comments, processing instructions, DTDs and entities (RFC 6120 §11.1).
    Forbidden(&'static str),
    /// Not UTF-8 (RFC 6120 §11.6).
    NotUtf8,
    /// Not well-formed or not namespace-well-formed.
    Malformed(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::TooLarge => f.write_str("a stanza is too large"),
            Error::TooDeep => f.write_str("elements are nested too deeply"),
            Error::TooMany(what) => write!(f, "too many {what}"),
            Error::Forbidden(what) => write!(f, "{what} is not allowed in XMPP"),
            Error::NotUtf8 => f.write_str("the stream is not UTF-8"),
            Error::Malformed(why) => write!(f, "the XML is not well-formed: {why}"),
        }
    }
}

impl std::error::Error for Error {}
