//! How records are kept: a version byte, then numbers (big-endian) and byte strings in a fixed order. The reader is
//! strict: what it takes is printed again as the same bytes.

use super::crypto::{Bytes, Key};

/// Prints a record. What it holds is wiped.
pub(super) struct Writer(Bytes);

impl Writer {
    /// Begins with the version.
    pub(super) fn new(version: u8) -> Writer {
        // A buffer that moves leaves copies of secrets behind: large enough for all but the longest records.
        let mut bytes = Vec::with_capacity(8 * 1024);
        bytes.push(version);
        Writer(Bytes::new(bytes))
    }

    pub(super) fn byte(&mut self, value: u8) {
        self.0.push(value);
    }

    pub(super) fn number(&mut self, value: u32) {
        self.bytes(&value.to_be_bytes());
    }

    /// Bytes whose length the reader knows.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        if self.0.capacity() - self.0.len() < bytes.len() {
            let mut larger = Vec::with_capacity(self.0.capacity() * 2 + bytes.len());
            larger.extend_from_slice(&self.0);
            self.0 = Bytes::new(larger);
        }
        self.0.extend_from_slice(bytes);
    }

    pub(super) fn finish(self) -> Bytes {
        self.0
    }
}

/// Reads a record.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Begins; `None` for another version.
    pub(super) fn new(data: &'a [u8], version: u8) -> Option<Reader<'a>> {
        data.strip_prefix(&[version]).map(Reader)
    }

    /// Over bytes without a version.
    pub(super) fn over(data: &'a [u8]) -> Reader<'a> {
        Reader(data)
    }

    pub(super) fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, tail) = self.0.split_first_chunk::<N>()?;
        self.0 = tail;
        Some(*head)
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.take::<1>().map(|[byte]| byte)
    }

    /// 0 or 1.
    pub(super) fn flag(&mut self) -> Option<bool> {
        match self.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    pub(super) fn number(&mut self) -> Option<u32> {
        self.take().map(u32::from_be_bytes)
    }

    pub(super) fn key(&mut self) -> Option<Key> {
        self.take().map(Key::new)
    }

    /// A number of things, each read by `read`.
    pub(super) fn list<T>(&mut self, max: usize, mut read: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = usize::try_from(self.number()?).ok().filter(|count| *count <= max)?;
        (0..count).map(|_| read(self)).collect()
    }

    /// A thing that may be absent.
    pub(super) fn option<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        if self.flag()? { read(self).map(Some) } else { Some(None) }
    }

    /// Nothing may follow.
    pub(super) fn finish(self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}
