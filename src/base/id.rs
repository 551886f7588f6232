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
    /// One accepted outgoing message: row id in `outbox`.
    OutboxId
);

/// A version 4 UUID (RFC 9562 §5.4) from 16 random bytes: origin ids, delivery ids.
pub fn uuid(mut random: [u8; 16]) -> String {
    random[6] = random[6] & 0x0f | 0x40;
    random[8] = random[8] & 0x3f | 0x80;
    let hex = text::hex(&random);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// A bot's API token from 24 random bytes (192 bits): `bm_` and 32 URL-safe characters (docs/api.md).
pub fn token(random: [u8; 24]) -> String {
    format!("bm_{}", text::base64url(&random))
}

#[cfg(test)]
mod tests {
    #[test]
    fn shapes() {
        assert_eq!(super::uuid([0xff; 16]), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(super::token([0; 24]), format!("bm_{}", "A".repeat(32)));
    }
}
