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

/// The moment and the rest of one; none where it is none. Upper case is read, too.
pub fn read(text: &str) -> Option<(u64, [u8; 10])> {
    if text.len() != 26 {
        return None;
    }
    let mut number = 0_u128;
    for (at, letter) in text.bytes().enumerate() {
        let digit = DIGITS.iter().position(|digit| *digit == letter.to_ascii_lowercase())?;
        // 130 bits would not fit.
        if at == 0 && digit > 7 {
            return None;
        }
        number = number << 5 | digit as u128;
    }
    let bytes = number.to_be_bytes();
    let (mut at_ms, mut random) = ([0; 8], [0; 10]);
    at_ms[2..].copy_from_slice(&bytes[..6]);
    random.copy_from_slice(&bytes[6..]);
    Some((u64::from_be_bytes(at_ms), random))
}

/// The ULID of something that has a number of 60 bits, and of when it was: it is stored nowhere, as both are found in it.
pub fn numbered(at_ms: i64, number: i64) -> String {
    let mut rest = [0; 10];
    rest[2..].copy_from_slice(&number.to_be_bytes());
    ulid(u64::try_from(at_ms).unwrap_or(0), rest)
}

/// The number in such a ULID. Others may have made it: what is found by it must be of that time.
pub fn number_in(text: &str) -> Option<i64> {
    let (_, [0, 0, number @ ..]) = read(text)? else { return None };
    Some(i64::from_be_bytes(number))
}

#[cfg(test)]
mod tests {
    use super::{number_in, numbered, read, ulid};

    #[test]
    fn what_is_written_is_read() {
        for (at, random) in [(0, [0; 10]), (1_696_758_105_336, [7; 10]), ((1 << 48) - 1, [255; 10])] {
            assert_eq!(read(&ulid(at, random)), Some((at, random)));
            assert_eq!(read(&ulid(at, random).to_uppercase()), Some((at, random)));
        }
        for none in ["", "01arz3ndektsv4rrffq69g5fa", "01arz3ndektsv4rrffq69g5favx", "8zzzzzzzzzzzzzzzzzzzzzzzzz"] {
            assert_eq!(read(none), None, "{none}");
        }
        assert_eq!(read("01arz3ndektsv4rrffq69g5fau"), None, "there is no u among them");
    }

    #[test]
    fn numbers_are_found_in_them() {
        for number in [0, 1, 1_790_000_000 * 1_024_000 + 5, (1 << 60) - 1] {
            let text = numbered(1_790_000_000_123, number);
            assert_eq!((number_in(&text), number_in(&text.to_uppercase())), (Some(number), Some(number)));
            assert!(text < numbered(1_790_000_000_124, 0));
        }
        for other in ["", "x", &"z".repeat(26), &ulid(0, [255; 10]), &format!("{}u", "0".repeat(25)), &"ü".repeat(13)]
        {
            assert_eq!(number_in(other), None, "{other}");
        }
    }

    #[test]
    fn as_the_specification_has_them() {
        assert_eq!(ulid(0, [0; 10]), "0".repeat(26));
        assert_eq!(ulid((1 << 48) - 1, [255; 10]), format!("7{}", "z".repeat(25)));
        // The time of its example, 01ARZ3NDEK…
        assert_eq!(ulid(1_469_922_850_259, [0; 10]), format!("01arz3ndek{}", "0".repeat(16)));
        assert_eq!(ulid(0, [0, 0, 0, 0, 0, 0, 0, 0, 0, 33]), format!("{}11", "0".repeat(24)));
    }
}
