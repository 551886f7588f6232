//! Headers of real pictures, and bytes that only look so.

use super::*;
use crate::xmpp::tests::{Random, each_damaged, parse};

/// One transparent pixel.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const GIF: &str = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";
/// Lossless WebP, 1 x 1.
const WEBP: &str = "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==";

fn jpeg() -> Vec<u8> {
    let mut bytes = vec![0xff, 0xd8];
    bytes.extend(*b"\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
    bytes.extend(*b"\xff\xc4\x00\x04\0\0");
    bytes.extend(*b"\xff\xff\xc2\x00\x11\x08\x01\x40\x00\xf0\x03\x01\x22\0\x02\x11\x01\x03\x11\x01");
    bytes.extend(*b"\xff\xda\x00\x02data\xff\xd9");
    bytes
}

fn webp(chunk: &[u8; 4], data: &[u8]) -> Vec<u8> {
    [b"RIFF\x20\0\0\0WEBP", chunk.as_slice(), &[data.len() as u8, 0, 0, 0], data].concat()
}

#[test]
fn kinds_and_sizes() {
    let seen = |text: &str| Avatar::from_base64(text).map(|avatar| (avatar.kind(), avatar.size())).unwrap();
    assert_eq!(seen(PNG), (ImageKind::Png, (1, 1)));
    assert_eq!(seen(GIF), (ImageKind::Gif, (1, 1)));
    assert_eq!(seen(WEBP), (ImageKind::Webp, (1, 1)));
    assert_eq!(image::sniff(&jpeg()), Some((ImageKind::Jpeg, 240, 320)));
    let lossy = webp(b"VP8 ", &[0x30, 1, 0, 0x9d, 1, 0x2a, 0x90, 1, 0x2c, 0x41]);
    assert_eq!(image::sniff(&lossy), Some((ImageKind::Webp, 400, 300)));
    let extended = webp(b"VP8X", &[0, 0, 0, 0, 0xff, 1, 0, 0x1f, 3, 0]);
    assert_eq!(image::sniff(&extended), Some((ImageKind::Webp, 512, 800)));
}

#[test]
fn refuses_all_else() {
    for bad in [
        b"".as_slice(),
        b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"GIF90a\x01\0\x01\0",
        b"GIF89a\0\0\x01\0",
        b"BM\x36\0\0\0",
        b"\0\0\0\x20ftypavif",
        b"RIFF\0\0\0\0WAVEfmt ",
        b"\xff\xd8\xff\xda\0\x02",
        b"\xff\xd8\xff\xe0\0\x01",
        b"\xff\xd8\xff\xff\xff\xff",
    ] {
        assert_eq!(Avatar::new(bad.to_vec()), Err(AvatarError::NoImage), "{bad:?}");
    }
    let endless =
        [vec![0xff, 0xd8], b"\xff\xe0\0\x02".repeat(limits::JPEG_SEGMENTS_MAX + 1), jpeg()[2..].to_vec()].concat();
    assert_eq!(image::sniff(&endless), None);
}

#[test]
fn bounds() {
    let mut gif = unbase64(GIF).unwrap();
    gif.resize(limits::AVATAR_BYTES_MAX, 0);
    assert!(Avatar::from_base64(&base64(&gif)).is_ok());
    gif.push(0);
    assert_eq!(Avatar::new(gif.clone()), Err(AvatarError::TooLarge));
    gif.resize(limits::AVATAR_BYTES_MAX * 2, 0);
    assert_eq!(Avatar::from_base64(&base64(&gif)), Err(AvatarError::TooLarge));
    assert_eq!(Avatar::new(b"GIF89a\xff\xff\x01\0".to_vec()), Err(AvatarError::TooManyPixels));
    // With the rest of a vCard it fits into the largest stanza that servers take.
    assert!(limits::AVATAR_BYTES_MAX.div_ceil(3) * 4 + 8 * 1024 < 256 * 1024);
}

#[test]
fn data_and_metadata() {
    let avatar = Avatar::from_base64(PNG).unwrap();
    let id = avatar.id();
    let bytes = avatar.bytes().len();
    assert_eq!(
        avatar.build_metadata().print(ns::CLIENT),
        format!(
            "<metadata xmlns='urn:xmpp:avatar:metadata'>\
             <info id='{id}' type='image/png' bytes='{bytes}' width='1' height='1'/></metadata>"
        )
    );
    let known = read_metadata(&avatar.build_metadata()).unwrap();
    assert_eq!(known, [Metadata { id: id.clone(), bytes, media_type: "image/png".into(), is_elsewhere: false }]);
    assert_eq!(read_metadata(&build_no_metadata()), Some(vec![]));
    assert_eq!(read_metadata(&avatar.build_data()), None);
    assert_eq!(Avatar::read_data(&avatar.build_data(), &id.to_uppercase()), Ok(avatar.clone()));
    assert_eq!(Avatar::read_data(&avatar.build_data(), "abc"), Err(AvatarError::OtherImage));
    assert_eq!(Avatar::read_data(&avatar.build_metadata(), &id), Err(AvatarError::NoImage));
    // Gajim wraps lines.
    let wrapped = format!("<data xmlns='urn:xmpp:avatar:data'>\n{}\n{}\n</data>", &PNG[..60], &PNG[60..]);
    assert_eq!(Avatar::read_data(&parse(&wrapped), &id), Ok(avatar));
    let bad = parse("<data xmlns='urn:xmpp:avatar:data'>%%%</data>");
    assert_eq!(Avatar::read_data(&bad, &id), Err(AvatarError::NoBase64));
}

#[test]
fn metadata_of_others_is_checked() {
    let info = |inside: &str| {
        read_metadata(&parse(&format!("<metadata xmlns='urn:xmpp:avatar:metadata'><info {inside}/></metadata>")))
            .unwrap()
    };
    let id = "0123456789ABCDEF0123456789abcdef01234567";
    assert_eq!(info(&format!("id='{id}' bytes='9' type='image/png'"))[0].id, id.to_lowercase());
    assert!(info(&format!("id='{id}' bytes='9' url='https://x/a.png'"))[0].is_elsewhere);
    assert_eq!(info("id='../../etc/passwd' bytes='9'"), []);
    assert_eq!(info(&format!("id='{id}' bytes='-1'")), []);
}

#[test]
fn the_id_is_that_of_sha1() {
    let avatar = Avatar::from_base64(GIF).unwrap();
    assert_eq!(avatar.id(), hex(&digest(Hash::Sha1, &unbase64(GIF).unwrap())));
    assert_eq!(avatar.id().len(), 40);
    assert_eq!(hex(&digest(Hash::Sha1, b"abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
}

#[test]
fn damage_is_refused_or_read() {
    let mut random = Random(7);
    let examples = [unbase64(PNG).unwrap(), unbase64(GIF).unwrap(), unbase64(WEBP).unwrap(), jpeg()];
    let mut seen = 0;
    for round in 0..20_000 {
        let mut bytes = examples[round % examples.len()].clone();
        for _ in 0..random.below(4) {
            let place = random.below(bytes.len());
            bytes[place] = random.below(256) as u8;
        }
        bytes.truncate(1 + random.below(bytes.len()));
        seen += usize::from(image::sniff(&bytes).is_some_and(|(_, width, height)| width > 0 && height > 0));
    }
    assert!(seen > 1_000, "{seen}");
    let avatar = Avatar::from_base64(PNG).unwrap();
    let (data, metadata) = (avatar.build_data().print(ns::CLIENT), avatar.build_metadata().print(ns::CLIENT));
    each_damaged(&[&data, &metadata], |element| {
        let _ = Avatar::read_data(element, &avatar.id());
        let _ = read_metadata(element);
    });
}
