//! Identifiers, each a type of its own, and the makers of new ones from given entropy.

use std::fmt;

use super::text;

macro_rules! row_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

row_id!(
    /// A bot: row id in table `bot`, never reused.
    BotId
);
row_id!(
    /// An XMPP account the daemon signs in to: row id in table `account`. Also the key of its session.
    AccountId
);
row_id!(
    /// One event in a bot's queue: row id in `update_queue`, 64 bits, growing, never reused.
    UpdateId
);
row_id!(
    /// Somebody bots talk with: row id in table `contact`.
    ContactId
);
row_id!(
    /// What a bot has with one address: row id in table `conversation`.
    ConversationId
);
row_id!(
    /// What was said, by a bot or to it: row id in table `message`. Growing, never reused.
    MessageId
);
row_id!(
    /// A conversation joined to a chat on another channel: row id in `bridge_link`, never reused.
    LinkId
);
row_id!(
    /// One accepted outgoing message: row id in `outbox`.
    OutboxId
);

/// A version 4 UUID (RFC 9562 §5.4) from 16 random bytes: origin ids, delivery ids.
pub fn uuid(mut random: [u8; 16]) -> String {
    random[6] = random[6] & 0x0f | 0x40;
    random[8] = random[8] & 0x3f | 0x80;
    hyphened(random)
}

/// The text of a UUID.
fn hyphened(bytes: [u8; 16]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(36);
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for half in [byte >> 4, byte & 0xf] {
            text.push(char::from(DIGITS[usize::from(half)]));
        }
    }
    text
}

/// A version 8 UUID (RFC 9562 §5.8) that carries a number of 60 bits before 62 random ones: ids of messages, whose rows are
/// found by the number.
pub fn numbered(number: i64, random: [u8; 8]) -> String {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&(number << 4).to_be_bytes());
    bytes[8..].copy_from_slice(&random);
    // The last twelve bits of the number stand behind the version.
    let low = u16::try_from(number & 0xfff).unwrap_or_default();
    bytes[6..8].copy_from_slice(&(0x8000 | low).to_be_bytes());
    bytes[8] = bytes[8] & 0x3f | 0x80;
    hyphened(bytes)
}

/// The number in such an id. Others may have made it: what is found by the number must have the whole id.
pub fn number_in(id: &str) -> Option<i64> {
    let bytes = id.as_bytes();
    let is_one = bytes.len() == 36
        && [8, 13, 18, 23].iter().all(|at| bytes[*at] == b'-')
        && bytes[14] == b'8'
        && matches!(bytes[19], b'8' | b'9' | b'a' | b'b');
    if !is_one {
        return None;
    }
    let digits = bytes[..8].iter().chain(&bytes[9..13]).chain(&bytes[15..18]);
    digits.copied().try_fold(0_i64, |number, digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some(number << 4 | i64::from(value))
    })
}

/// A bot's API token from 24 random bytes (192 bits): `bm_` and 32 URL-safe characters (docs/api.md).
pub fn token(random: [u8; 24]) -> String {
    format!("bm_{}", text::base64url(&random))
}

/// A person's token, as long as a bot's: `bmu_` and 32 URL-safe characters (docs/rights.md).
pub fn personal_token(random: [u8; 24]) -> String {
    format!("{PERSONAL}{}", text::base64url(&random))
}

/// Whether a token is a person's, if it is any.
pub fn is_personal(token: &str) -> bool {
    token.starts_with(PERSONAL)
}

const PERSONAL: &str = "bmu_";

#[cfg(test)]
mod tests {
    use super::{number_in, numbered, uuid};

    #[test]
    fn numbers_are_found_in_ids() {
        for number in [0, 1, 0xfff, 0x1000, 1_790_000_000 * 1_024_000 + 5, (1 << 60) - 1] {
            for random in [[0; 8], [0xff; 8]] {
                assert_eq!(number_in(&numbered(number, random)), Some(number), "{number}");
            }
        }
        let one = numbered(7, [7; 8]);
        for other in
            [&uuid([7; 16]), &one[1..], &format!("{one}.caption"), &one.to_uppercase().replace('8', "G"), "", "ü"]
        {
            assert_eq!(number_in(other), None, "{other}");
        }
    }

    #[test]
    fn shapes() {
        assert_eq!(super::uuid([0xff; 16]), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(super::numbered(0, [0xff; 8]), "00000000-0000-8000-bfff-ffffffffffff");
        assert_eq!(super::token([0; 24]), format!("bm_{}", "A".repeat(32)));
    }
}
