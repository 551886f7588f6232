//! Pictures of accounts: XEP-0084 (in nodes of their own), and the bytes that XEP-0054 and XEP-0153 share with it. The
//! id of a picture is the SHA-1 of its bytes in both.
//!
//! What kind a picture is and how large is read from its first bytes ([`image`]), never from what somebody says of it.
//! It is published in two steps: the data, and when that is accepted the metadata, which is what clients look at.

pub mod image;

use std::fmt;

use crate::base::crypto::{Hash, digest};
use crate::base::limits;
use crate::base::text::{base64, hex, unbase64};
use crate::xml::Element;
use crate::xmpp::ns;

pub use image::ImageKind;

/// A picture that may be shown to others.
#[derive(Clone, PartialEq, Eq)]
pub struct Avatar {
    bytes: Vec<u8>,
    kind: ImageKind,
    width: u32,
    height: u32,
}

/// What is known of a picture (XEP-0084 §4.2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// SHA-1 of the bytes, lower-case hex; also the id of the data's item.
    pub id: String,
    /// How many bytes.
    pub bytes: usize,
    /// The media type, as somebody says.
    pub media_type: String,
    /// It is not in the node but only at some URL.
    pub is_elsewhere: bool,
}

/// Why bytes are no avatar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AvatarError {
    /// More than [`limits::AVATAR_BYTES_MAX`].
    TooLarge,
    /// More than [`limits::AVATAR_PIXELS_MAX`] wide or high.
    TooManyPixels,
    /// Not PNG, JPEG, GIF or WebP.
    NoImage,
    /// Not in base64.
    NoBase64,
    /// Not the picture that was announced.
    OtherImage,
}

impl Avatar {
    /// Looks at the bytes of a picture.
    pub fn new(bytes: Vec<u8>) -> Result<Avatar, AvatarError> {
        if bytes.len() > limits::AVATAR_BYTES_MAX {
            return Err(AvatarError::TooLarge);
        }
        let (kind, width, height) = image::sniff(&bytes).ok_or(AvatarError::NoImage)?;
        if width.max(height) > limits::AVATAR_PIXELS_MAX {
            return Err(AvatarError::TooManyPixels);
        }
        Ok(Avatar { bytes, kind, width, height })
    }

    /// Reads base64 as it stands in elements, with line ends.
    pub fn from_base64(text: &str) -> Result<Avatar, AvatarError> {
        // Four characters for three bytes, and a line end now and then.
        if text.len() > limits::AVATAR_BYTES_MAX / 2 * 3 {
            return Err(AvatarError::TooLarge);
        }
        let text: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        Avatar::new(unbase64(&text).ok_or(AvatarError::NoBase64)?)
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What kind of picture it is.
    pub fn kind(&self) -> ImageKind {
        self.kind
    }

    /// Width and height in pixels.
    pub fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// SHA-1 of the bytes, lower-case hex: id of the items (XEP-0084 §4), and the hash in presence (XEP-0153 §3.1).
    pub fn id(&self) -> String {
        hex(&digest(Hash::Sha1, &self.bytes))
    }

    /// The bytes in base64.
    pub fn to_base64(&self) -> String {
        base64(&self.bytes)
    }

    /// The payload of the item at [`ns::AVATAR_DATA`], whose id is [`Avatar::id`].
    pub fn build_data(&self) -> Element {
        Element::new("data", ns::AVATAR_DATA).with_text(&self.to_base64())
    }

    /// The payload of the item at [`ns::AVATAR_METADATA`], whose id is [`Avatar::id`], too.
    pub fn build_metadata(&self) -> Element {
        let info = Element::new("info", ns::AVATAR_METADATA)
            .with("id", &self.id())
            .with("type", self.kind.media_type())
            .with("bytes", &self.bytes.len().to_string())
            .with("width", &self.width.to_string())
            .with("height", &self.height.to_string());
        build_no_metadata().with_child(info)
    }

    /// Reads the payload of an item at [`ns::AVATAR_DATA`] that was announced under this id.
    pub fn read_data(data: &Element, id: &str) -> Result<Avatar, AvatarError> {
        if !data.is("data", ns::AVATAR_DATA) {
            return Err(AvatarError::NoImage);
        }
        let avatar = Avatar::from_base64(&data.text())?;
        if avatar.id().eq_ignore_ascii_case(id) { Ok(avatar) } else { Err(AvatarError::OtherImage) }
    }
}

/// The payload that says that there is no picture any more (XEP-0084 §4.2.2).
pub fn build_no_metadata() -> Element {
    Element::new("metadata", ns::AVATAR_METADATA)
}

/// Reads the payload of an item at [`ns::AVATAR_METADATA`]: the same picture in different formats, or none where there
/// is no picture any more. `None` when it is no metadata.
pub fn read_metadata(metadata: &Element) -> Option<Vec<Metadata>> {
    if !metadata.is("metadata", ns::AVATAR_METADATA) {
        return None;
    }
    let infos = metadata.children().filter(|child| child.is("info", ns::AVATAR_METADATA));
    let infos = infos.filter_map(|info| {
        let id = info.attribute("id").filter(|id| id.len() == 40 && id.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        Some(Metadata {
            id: id.to_ascii_lowercase(),
            bytes: info.attribute("bytes")?.trim().parse().ok()?,
            media_type: info.attribute("type").unwrap_or_default().to_string(),
            is_elsewhere: info.attribute("url").is_some(),
        })
    });
    Some(infos.collect())
}

impl fmt::Debug for Avatar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}x{}, {} bytes", self.kind.media_type(), self.width, self.height, self.bytes.len())
    }
}

impl fmt::Display for AvatarError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AvatarError::TooLarge => write!(f, "the picture has more than {} bytes", limits::AVATAR_BYTES_MAX),
            AvatarError::TooManyPixels => {
                write!(f, "the picture is more than {} pixels wide or high", limits::AVATAR_PIXELS_MAX)
            }
            AvatarError::NoImage => f.write_str("the picture is not PNG, JPEG, GIF or WebP"),
            AvatarError::NoBase64 => f.write_str("the picture is not in base64"),
            AvatarError::OtherImage => f.write_str("the picture is not the one that was announced"),
        }
    }
}

impl std::error::Error for AvatarError {}

#[cfg(test)]
mod tests;
