//! ULIDs: names of 26 letters and digits that sort by the time they were made (github.com/ulid/spec), in lower case.

/// Crockford's base 32: without i, l, o and u.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The ULID of a moment (Unix time in milliseconds, 48 bits) and 80 bits that nobody can guess.
pub fn ulid(at_ms: u64, random: [u8; 10]) -> String {
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&at_ms.to_be_bytes()[2..]);
    bytes[6..].copy_from_slice(&random);
    let number = u128::from_be_bytes(bytes);
    (0..26).rev().map(|digit| char::from(DIGITS[(number >> (5 * digit)) as usize & 31])).collect()
}

#[cfg(test)]
mod tests {
    use super::ulid;

    #[test]
    fn as_the_specification_has_them() {
        assert_eq!(ulid(0, [0; 10]), "0".repeat(26));
        assert_eq!(ulid((1 << 48) - 1, [255; 10]), format!("7{}", "z".repeat(25)));
        // The time of its example, 01ARZ3NDEK…
        assert_eq!(ulid(1_469_922_850_259, [0; 10]), format!("01arz3ndek{}", "0".repeat(16)));
        assert_eq!(ulid(0, [0, 0, 0, 0, 0, 0, 0, 0, 0, 33]), format!("{}11", "0".repeat(24)));
    }
}
