//! Media types by the endings of names, for files whose sender does not say what they are. Called by the faces for
//! uploads and by the engine for attachments.

use crate::base::limits;

/// What is worth guessing: what phones and chat programs send.
const ENDINGS: [(&str, &str); 30] = [
    ("aac", "audio/aac"),
    ("avif", "image/avif"),
    ("bmp", "image/bmp"),
    ("csv", "text/csv"),
    ("flac", "audio/flac"),
    ("gif", "image/gif"),
    ("gz", "application/gzip"),
    ("heic", "image/heic"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("json", "application/json"),
    ("m4a", "audio/mp4"),
    ("md", "text/markdown"),
    ("mov", "video/quicktime"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("oga", "audio/ogg"),
    ("ogg", "audio/ogg"),
    ("opus", "audio/ogg"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("tar", "application/x-tar"),
    ("txt", "text/plain"),
    ("vcf", "text/vcard"),
    ("wav", "audio/wav"),
    ("webm", "video/webm"),
    ("webp", "image/webp"),
    ("xml", "application/xml"),
    ("zip", "application/zip"),
];

/// What nothing is known of.
pub const UNKNOWN: &str = "application/octet-stream";

/// The media type that a file's name makes likely.
pub fn guess(name: &str) -> Option<&'static str> {
    let (_, ending) = name.rsplit_once('.')?;
    ENDINGS.iter().find(|(known, _)| known.eq_ignore_ascii_case(ending)).map(|(_, media_type)| *media_type)
}

/// Whether this can stand in a header as a media type (RFC 9110 §8.3.1), with or without parameters.
pub fn is_media_type(text: &str) -> bool {
    let is_token = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&byte))
    };
    let essence = text.split(';').next().unwrap_or_default().trim();
    let is_printable = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    is_printable && text.len() <= 127 && essence.split_once('/').is_some_and(|(a, b)| is_token(a) && is_token(b))
}

/// A file's name without a path: some programs send whole paths, which are nobody's business.
pub fn clean_name(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = name.chars().filter(|c| !c.is_control()).take(limits::FILE_NAME_CHARS_MAX).collect();
    if name.trim().is_empty() || name.starts_with("..") { "file".to_string() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_no_paths() {
        assert_eq!(clean_name("/home/u/kü \"1\".jpg"), "kü \"1\".jpg");
        assert_eq!(clean_name("C:\\Users\\u\\a.txt"), "a.txt");
        for empty in ["", "/", "a/", "..", " ", "\u{1}"] {
            assert_eq!(clean_name(empty), "file", "{empty}");
        }
    }

    #[test]
    fn guesses() {
        assert_eq!(guess("a.b.JPG"), Some("image/jpeg"));
        assert_eq!((guess("jpg"), guess("a."), guess("a.exe"), guess("")), (None, None, None, None));
    }

    #[test]
    fn media_types() {
        for good in ["image/png", "text/plain; charset=utf-8", "application/vnd.a+xml"] {
            assert!(is_media_type(good), "{good}");
        }
        for bad in ["", "image", "image/", "/png", "a b/c", "image/png\r\nX: y", "ima\u{e4}/x", &"a/".repeat(99)] {
            assert!(!is_media_type(bad), "{bad}");
        }
    }
}
