//! Files that people with a browser and bots send each other. Sizes of one file are Botyard's.

use std::time::Duration;

/// A picture.
pub const PAGE_IMAGE_BYTES_MAX: u64 = 2 * 1024 * 1024;
/// Something to be heard.
pub const PAGE_AUDIO_BYTES_MAX: u64 = 5 * 1024 * 1024;
/// Something to be watched.
pub const PAGE_VIDEO_BYTES_MAX: u64 = 25 * 1024 * 1024;
/// Any other file.
pub const PAGE_FILE_BYTES_MAX: u64 = 10 * 1024 * 1024;
/// Files of one message, or of one request: Botyard's bound.
pub const PAGE_FILES_AT_ONCE_MAX: usize = 10;
/// The body of a request with files: two videos, or ten pictures of a phone.
pub const PAGE_BODY_BYTES_MAX: usize = 64 * 1024 * 1024;
/// All of them together: a memory card of a small machine has a hundred times as much.
pub const PAGE_FILES_BYTES_MAX: i64 = 512 * 1024 * 1024;
/// How many there may be: their sizes are added up for each new one.
pub const PAGE_FILES_MAX: i64 = 20_000;
/// Those of one person: four videos, or fifty pictures, while nobody knows who he is.
pub const PAGE_USER_BYTES_MAX: i64 = 100 * 1024 * 1024;
/// Those of one bot: it talks with many.
pub const PAGE_BOT_BYTES_MAX: i64 = 256 * 1024 * 1024;
/// How long one lies there that no message has: time to write a long text beneath it.
pub const PAGE_FILE_RETENTION: Duration = Duration::from_secs(24 * 3_600);
/// How many go at once: each is a write to the disk.
pub const PAGE_FILES_SWEPT: i64 = 100;
/// The ending of a file's name, in letters.
pub const PAGE_ENDING_CHARS_MAX: usize = 10;
