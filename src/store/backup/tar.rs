//! The form of a backup: a tar archive (POSIX ustar) of a few small files and one large one, so that `tar xf` opens it
//! anywhere. Only what we write ourselves is read: regular files with plain names, no links, no extensions.

/// Archives consist of blocks.
pub(super) const BLOCK: usize = 512;
/// Where the header of a file has its parts: name, mode, size, time, checksum, type, magic.
const NAME: std::ops::Range<usize> = 0..100;
const MODE: std::ops::Range<usize> = 100..108;
const SIZE: std::ops::Range<usize> = 124..136;
const TIME: std::ops::Range<usize> = 136..148;
const SUM: std::ops::Range<usize> = 148..156;
const TYPE: usize = 156;
const MAGIC: std::ops::Range<usize> = 257..265;
/// The largest size that eleven octal digits hold.
pub(super) const SIZE_MAX: u64 = 0o777_7777_7777;

/// A file in an archive.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// Its name.
    pub(super) name: String,
    /// Its size in bytes, at most [`SIZE_MAX`].
    pub(super) size: u64,
}

impl Head {
    /// The block before the file. `time_s` is Unix time.
    pub(super) fn print(&self, time_s: i64) -> [u8; BLOCK] {
        let mut block = [0; BLOCK];
        let mut put = |at: std::ops::Range<usize>, text: &str| {
            let text = &text.as_bytes()[..text.len().min(at.len())];
            block[at.start..at.start + text.len()].copy_from_slice(text);
        };
        put(NAME, &self.name);
        put(MODE, "0000600");
        // Owner and group: whoever unpacks it.
        put(108..116, "0000000");
        put(116..124, "0000000");
        put(SIZE, &format!("{:011o}", self.size));
        put(TIME, &format!("{:011o}", time_s.max(0)));
        put(SUM, "        ");
        put(TYPE..TYPE + 1, "0");
        put(MAGIC, "ustar\u{0}00");
        let sum = format!("{:06o}\u{0} ", sum(&block));
        block[SUM].copy_from_slice(sum.as_bytes());
        block
    }

    /// Reads a block; `None` where it is none of a regular file.
    pub(super) fn parse(block: &[u8; BLOCK]) -> Option<Head> {
        let text = |at: std::ops::Range<usize>| {
            let field = block[at].split(|byte| *byte == 0).next()?;
            std::str::from_utf8(field).ok()
        };
        let octal = |at| u64::from_str_radix(text(at)?.trim(), 8).ok();
        let mut blank = *block;
        blank[SUM].fill(b' ');
        let is_ours =
            octal(SUM)? == u64::from(sum(&blank)) && block[TYPE] == b'0' && block[MAGIC].starts_with(b"ustar");
        let head = Head { name: text(NAME)?.to_string(), size: octal(SIZE)? };
        (is_ours && head.size <= SIZE_MAX).then_some(head)
    }

    /// How many bytes follow the file up to the next block.
    pub(super) fn padding(&self) -> usize {
        (BLOCK - (self.size % BLOCK as u64) as usize) % BLOCK
    }
}

fn sum(block: &[u8; BLOCK]) -> u32 {
    block.iter().map(|byte| u32::from(*byte)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_as_it_was_written_and_not_when_altered() {
        let head = Head { name: "botmother.db".into(), size: 1234 };
        let block = head.print(1_796_000_000);
        assert_eq!((Head::parse(&block), head.padding()), (Some(head), 302));
        for at in [0, 101, 130, 156] {
            let mut other = block;
            other[at] ^= 1;
            assert_eq!(Head::parse(&other), None, "byte {at}");
        }
        assert_eq!(Head::parse(&[0; BLOCK]), None);
    }
}
