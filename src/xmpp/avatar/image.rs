//! What kind of picture some bytes are, and its size in pixels, from the header alone. Nothing is unpacked.
//!
//! PNG (RFC 2083 §4.1.1), GIF (GIF89a §18), JPEG (ITU T.81 §B.2), WebP (RFC 9649 §2). Other formats are refused, above
//! all SVG, which can hold scripts.

use crate::base::limits;

/// Kinds of pictures that clients show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageKind {
    /// `image/png`
    Png,
    /// `image/jpeg`
    Jpeg,
    /// `image/gif`
    Gif,
    /// `image/webp`
    Webp,
}

impl ImageKind {
    /// The media type (RFC 6838).
    pub fn media_type(self) -> &'static str {
        match self {
            ImageKind::Png => "image/png",
            ImageKind::Jpeg => "image/jpeg",
            ImageKind::Gif => "image/gif",
            ImageKind::Webp => "image/webp",
        }
    }
}

/// Kind, width and height; `None` when it is none of ours or has no pixels.
pub fn sniff(bytes: &[u8]) -> Option<(ImageKind, u32, u32)> {
    let (kind, (width, height)) = if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        (ImageKind::Png, png(bytes)?)
    } else if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") {
        (ImageKind::Gif, gif(bytes)?)
    } else if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        (ImageKind::Jpeg, jpeg(bytes)?)
    } else if bytes.starts_with(b"RIFF") && at::<4>(bytes, 8)? == *b"WEBP" {
        (ImageKind::Webp, webp(bytes)?)
    } else {
        return None;
    };
    (width > 0 && height > 0).then_some((kind, width, height))
}

fn at<const N: usize>(bytes: &[u8], from: usize) -> Option<[u8; N]> {
    bytes.get(from..from.checked_add(N)?)?.try_into().ok()
}

fn png(bytes: &[u8]) -> Option<(u32, u32)> {
    // The header chunk is the first and has 13 bytes.
    let is_header = at::<8>(bytes, 8)? == *b"\0\0\0\x0dIHDR";
    is_header.then_some((u32::from_be_bytes(at(bytes, 16)?), u32::from_be_bytes(at(bytes, 20)?)))
}

fn gif(bytes: &[u8]) -> Option<(u32, u32)> {
    Some((u16::from_le_bytes(at(bytes, 6)?).into(), u16::from_le_bytes(at(bytes, 8)?).into()))
}

fn jpeg(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut place = 2;
    for _ in 0..limits::JPEG_SEGMENTS_MAX {
        if at::<1>(bytes, place)? != [0xff] {
            return None;
        }
        // Any number of fill bytes may stand before a marker.
        let fill = bytes.get(place..)?.iter().take_while(|byte| **byte == 0xff).count();
        place = place.checked_add(fill)?;
        let [marker] = at::<1>(bytes, place)?;
        place += 1;
        match marker {
            // Without content: TEM and restarts.
            0x01 | 0xd0..=0xd7 => continue,
            // Frame headers; among them stand DHT, JPG and DAC.
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                let (height, width) =
                    (u16::from_be_bytes(at(bytes, place + 3)?), u16::from_be_bytes(at(bytes, place + 5)?));
                return Some((width.into(), height.into()));
            }
            // Start of image, end of image, start of scan: there is no frame before them.
            0x00 | 0xd8..=0xda => return None,
            _ => {}
        }
        let length = usize::from(u16::from_be_bytes(at(bytes, place)?));
        if length < 2 {
            return None;
        }
        place = place.checked_add(length)?;
    }
    None
}

fn webp(bytes: &[u8]) -> Option<(u32, u32)> {
    match &at::<4>(bytes, 12)? {
        b"VP8 " => {
            let is_key_frame = at::<3>(bytes, 23)? == [0x9d, 0x01, 0x2a];
            let side = |from| Some(u32::from(u16::from_le_bytes(at(bytes, from)?) & 0x3fff));
            if is_key_frame { Some((side(26)?, side(28)?)) } else { None }
        }
        b"VP8L" => {
            let bits = u32::from_le_bytes(at(bytes, 21)?);
            (at::<1>(bytes, 20)? == [0x2f]).then_some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        b"VP8X" => {
            let side = |from| {
                let [a, b, c] = at::<3>(bytes, from)?;
                Some(u32::from_le_bytes([a, b, c, 0]) + 1)
            };
            Some((side(24)?, side(27)?))
        }
        _ => None,
    }
}
