//! Pictures in WebP are brought into PNG, as not every XMPP client shows the former: stickers of Telegram. What is too large,
//! moves, or cannot be read stays as it is. Runs in the thread of its call.

use std::fs::{self, OpenOptions};
use std::io::{Cursor, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use image_webp::WebPDecoder;
use miniz_oxide::deflate::compress_to_vec_zlib;

use crate::base::limits;

/// The signature of a file (PNG, third edition, 5.2).
const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// How much work goes into making it small: a sticker is shown once.
const EFFORT: u8 = 3;

/// A picture in a file becomes one in PNG; gives its size, unless it stays as it is.
pub(super) fn to_png(path: &Path) -> Option<u64> {
    if fs::metadata(path).ok()?.len() > limits::STICKER_BYTES_MAX {
        return None;
    }
    let bytes = encode(&decode(&fs::read(path).ok()?)?);
    // What is there counts until the new one is whole.
    let beside = path.with_extension("png");
    let written = write(&beside, &bytes).and_then(|()| fs::rename(&beside, path));
    if let Err(error) = written {
        log::debug!("a sticker stays as it is: {error}");
        let _ = fs::remove_file(&beside);
        return None;
    }
    Some(bytes.len() as u64)
}

fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)
}

/// A picture.
struct Picture {
    width: u32,
    height: u32,
    /// Whether each pixel says how far it covers what is behind it.
    has_alpha: bool,
    /// Red, green, blue and that, a row behind the other.
    bytes: Vec<u8>,
}

fn decode(webp: &[u8]) -> Option<Picture> {
    let mut decoder = WebPDecoder::new(Cursor::new(webp)).ok()?;
    let (width, height) = decoder.dimensions();
    if decoder.is_animated() || width.max(height) > limits::STICKER_PIXELS_MAX || width.min(height) == 0 {
        return None;
    }
    decoder.set_memory_limit(limits::STICKER_MEMORY_MAX);
    let mut bytes = vec![0; decoder.output_buffer_size()?];
    decoder.read_image(&mut bytes).ok()?;
    Some(Picture { width, height, has_alpha: decoder.has_alpha(), bytes })
}

/// As PNG: each row as it differs from the one above it (filter 2), which suits drawings.
fn encode(picture: &Picture) -> Vec<u8> {
    let width = picture.width as usize * if picture.has_alpha { 4 } else { 3 };
    let mut rows = Vec::with_capacity(picture.bytes.len() + picture.height as usize);
    let nothing = vec![0; width];
    let mut above = &nothing[..];
    for row in picture.bytes.chunks_exact(width) {
        rows.push(2);
        rows.extend(row.iter().zip(above).map(|(byte, above)| byte.wrapping_sub(*above)));
        above = row;
    }
    let color = if picture.has_alpha { 6 } else { 2 };
    let mut header = Vec::with_capacity(13);
    header.extend(picture.width.to_be_bytes());
    header.extend(picture.height.to_be_bytes());
    // Eight bits each, the one compression and filtering that there are, not interlaced.
    header.extend([8, color, 0, 0, 0]);
    let mut out = SIGNATURE.to_vec();
    chunk(&mut out, b"IHDR", &header);
    chunk(&mut out, b"IDAT", &compress_to_vec_zlib(&rows, EFFORT));
    chunk(&mut out, b"IEND", &[]);
    out
}

fn chunk(out: &mut Vec<u8>, name: &[u8; 4], data: &[u8]) {
    out.extend((data.len() as u32).to_be_bytes());
    let begin = out.len();
    out.extend(name);
    out.extend(data);
    let sum = crc(&out[begin..]);
    out.extend(sum.to_be_bytes());
}

/// CRC-32 as in ISO 3309.
fn crc(data: &[u8]) -> u32 {
    let step = |sum: u32, byte: &u8| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 })
    };
    !data.iter().fold(u32::MAX, step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image_webp::{ColorType, WebPEncoder};

    /// Red, and green that is half seen through.
    const PIXELS: [u8; 8] = [255, 0, 0, 255, 0, 255, 0, 128];

    fn webp() -> Vec<u8> {
        let mut out = Vec::new();
        WebPEncoder::new(&mut out).encode(&PIXELS, 2, 1, ColorType::Rgba8).unwrap();
        out
    }

    #[test]
    fn a_picture_is_the_same_in_png() {
        let picture = decode(&webp()).unwrap();
        assert_eq!((picture.width, picture.height, picture.has_alpha, &picture.bytes[..]), (2, 1, true, &PIXELS[..]));
        let path = std::env::temp_dir().join(format!("botmother-sticker-{}", std::process::id()));
        fs::write(&path, webp()).unwrap();
        let bytes = to_png(&path).unwrap();
        let png = fs::read(&path).unwrap();
        assert!(png.len() as u64 == bytes && png.starts_with(SIGNATURE) && png.ends_with(b"IEND\xaeB`\x82"));
        let data = &png[41..png.len() - 16];
        let rows = miniz_oxide::inflate::decompress_to_vec_zlib(data).unwrap();
        assert_eq!((rows[0], &rows[1..]), (2, &PIXELS[..]), "there is nothing above the first row");
        assert!(to_png(&path).is_none(), "what is no WebP stays");
        assert_eq!(fs::read(&path).unwrap(), png);
        fs::remove_file(&path).unwrap();
    }

    #[test]
    fn damaged_pictures_do_no_harm() {
        let whole = webp();
        for end in 0..whole.len() {
            decode(&whole[..end]);
        }
        for at in 0..whole.len() {
            let mut odd = whole.clone();
            odd[at] ^= 0xff;
            decode(&odd).iter().for_each(|picture| drop(encode(picture)));
        }
    }
}
