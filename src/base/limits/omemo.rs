//! OMEMO: devices, keys, messages that wait.

use std::time::Duration;

/// Sessions kept with one device, newest first: simultaneous starts and resets leave behind what is still under way.
pub const OMEMO_STATES_MAX: usize = 8;
/// Keys kept for messages that have not come, per session: 69 bytes each.
pub const OMEMO_SKIPPED_MAX: usize = 1_000;
/// Messages that may be missing in front of one: as many as the oldest libraries take; some 25 ms of work.
pub const OMEMO_JUMP_MAX: u32 = 25_000;
/// Keys kept of messages that most likely do not exist: see `omemo::ratchet`.
pub const OMEMO_GUESSES_MAX: usize = 8;
/// Ratchet keys that old messages are known by: 8 bytes each.
pub const OMEMO_PAST_MAX: usize = 16;
/// Fields of one record of Protocol Buffers: real ones have seven.
pub const OMEMO_FIELDS_MAX: usize = 32;
/// One-time prekeys published (XEP-0384 §5.3.2 asks for about 100).
pub const OMEMO_PREKEYS: usize = 100;
/// One-time prekeys kept: those published, and those used that wait for the end of a catch-up.
pub const OMEMO_PREKEYS_KEPT_MAX: usize = 2_000;
/// Ids of prekeys stay below: the oldest libraries take no more.
pub const OMEMO_PREKEY_ID_MAX: u32 = (1 << 24) - 1;
/// Prekeys read from one bundle: more are not needed to choose one.
pub const OMEMO_BUNDLE_PREKEYS_MAX: usize = 500;
/// Devices read from one list: lists with hundreds are broken.
pub const OMEMO_DEVICES_MAX: usize = 200;
/// Keys for one device id in one message: rooms do not say whose device is meant, so there may be several.
pub const OMEMO_KEYS_MAX: usize = 8;
/// One key of a message: a key exchange has some 200 bytes.
pub const OMEMO_KEY_BYTES_MAX: usize = 1_024;
/// Messages under one ratchet key after which the sender wants to hear something (XEP-0384 §6).
pub const OMEMO_UNANSWERED_MAX: u32 = 53;
/// Unix seconds for which a list of devices is believed without asking; changes are notified by those who see us.
pub const OMEMO_LIST_FRESH_S: i64 = 3_600;
/// A device without a bundle, or with a broken one, is left out for so long.
pub const OMEMO_SKIP_BROKEN_S: i64 = 6 * 3_600;
/// The same when its server did not answer.
pub const OMEMO_SKIP_PASSING_S: i64 = 60;
/// Devices that were left out, and sessions that were wished for and never came, are forgotten after this time.
pub const OMEMO_WISH_RETENTION: Duration = Duration::from_secs(3 * 24 * 3_600);
/// The list of somebody with whom there is no session: it is read again before a message goes to him. As long as what
/// was sent is remembered.
pub const OMEMO_LIST_RETENTION: Duration = Duration::from_secs(90 * 24 * 3_600);
/// A message waits so long for keys that cannot be had; then it has failed.
pub const OMEMO_WAIT_S: i64 = 15 * 60;
/// So many wait per account; beyond it `sendMessage` answers 429.
pub const OMEMO_WAITING_MAX: i64 = 5_000;
/// Messages that wait are looked at so often.
pub const OMEMO_RETRY: Duration = Duration::from_secs(20);
/// So many of one conversation at a time: each is a transaction's part.
pub const OMEMO_WAITING_AT_ONCE: usize = 64;
/// After a bundle or a list could not be published, doubled with each time: servers under load refuse what they take
/// later.
pub const OMEMO_REPUBLISH_FIRST: Duration = Duration::from_secs(2);
/// The longest of these waits.
pub const OMEMO_REPUBLISH_MAX: Duration = Duration::from_secs(3_600);
/// After what was received an answer may go out by itself; else an empty one does after this time.
pub const OMEMO_SETTLE: Duration = Duration::from_secs(3);
/// Prekeys and lists are looked after at least so often.
pub const OMEMO_UPKEEP: Duration = Duration::from_secs(24 * 3_600);
/// The signed prekey is changed so often (XEP-0384 §5.3.2: weekly to monthly).
pub const OMEMO_ROTATION_S: i64 = 14 * 24 * 3_600;
/// Our device is put back on its list at most so often: another client may take it off each time.
pub const OMEMO_RELIST: Duration = Duration::from_secs(60);
/// A device gets a new session after an error at most so often.
pub const OMEMO_HEAL_S: i64 = 6 * 3_600;
/// Bundles kept for messages that wait; some 9 KB each.
pub const OMEMO_BUNDLES_MAX: usize = 500;
/// People that one message to a room is encrypted for: each is asked for two lists and some bundles before the first.
pub const OMEMO_ROOM_READERS_MAX: usize = 150;
/// Their devices: fewer than [`OMEMO_BUNDLES_MAX`], and with some 300 bytes each within
/// [`SENT_STANZA_BYTES_MAX`](super::SENT_STANZA_BYTES_MAX).
pub const OMEMO_ROOM_DEVICES_MAX: usize = 450;
/// Random characters that hide the length of an envelope (XEP-0420 §4 asks for up to 200).
pub const OMEMO_PADDING_MAX: u8 = 200;
/// Pieces that an encrypted file is decrypted in: more would be held twice.
pub const OMEMO_FILE_PIECE_BYTES: usize = 64 * 1024;

/// Identity keys kept of one address: people have a few devices, and who has installed often some more.
pub const OMEMO_KEYS_PER_CONTACT_MAX: usize = 64;
/// Identity keys kept by one account, over all addresses: some 3 MB. A flood of strangers must not fill the disk.
pub const OMEMO_KEYS_PER_ACCOUNT_MAX: i64 = 20_000;
/// Devices of an address that show up so soon after its first count as there from the beginning: their bundles come one
/// by one, over slow servers.
pub const OMEMO_FIRST_SIGHT_S: i64 = 600;
/// Digits by which a key can be named: fewer could be met by a key made for it.
pub const OMEMO_FINGERPRINT_DIGITS_MIN: usize = 16;
/// How often an owner is told of new and changed keys in a day, of his own and of others' each.
pub const OMEMO_NOTICES_PER_DAY: u32 = 20;
/// An answer waits so long until it is known whether a message goes out encrypted: keys come in a moment, or not soon.
pub const SEALING_WAIT: Duration = Duration::from_secs(3);
/// Keys shown in the chat.
pub const OMEMO_KEYS_SHOWN_MAX: i64 = 50;
/// Keys in one answer of the API.
pub const OMEMO_KEYS_ANSWERED_MAX: i64 = 1_000;
