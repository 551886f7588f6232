//! The five records on the wire, in the form of Protocol Buffers: messages and key exchanges of both versions, and the
//! authenticated message of OMEMO 2 (XEP-0384 §11). Unknown fields are passed over, the last of several counts.

use super::Error;
use super::crypto::PublicKey;
use super::version::Version;
use crate::base::limits;

/// The byte in front of both records of 0.3: version 3, and again 3.
const LEGACY_VERSION: u8 = 0x33;

/// A message of the ratchet.
pub(super) struct Message<'a> {
    /// The sender's ratchet key.
    pub(super) ratchet: PublicKey,
    /// Its number in the chain.
    pub(super) number: u32,
    /// What the sender says was the length of the chain before; the oldest libraries say one less.
    pub(super) previous: u32,
    pub(super) ciphertext: &'a [u8],
    /// What the MAC covers besides the associated data.
    pub(super) covered: &'a [u8],
    pub(super) mac: &'a [u8],
}

/// A message with all that the receiver needs to begin a session.
pub(super) struct KeyExchange<'a> {
    pub(super) prekey: Option<u32>,
    pub(super) signed_prekey: u32,
    /// The sender's identity key as on the wire, without its type byte.
    pub(super) identity: PublicKey,
    /// The sender's ephemeral key.
    pub(super) base: PublicKey,
    pub(super) message: &'a [u8],
}

#[derive(Clone, Copy)]
enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// The fields 1 to 7 of a record.
struct Fields<'a>([Option<Value<'a>>; 8]);

impl<'a> Fields<'a> {
    fn read(mut rest: &'a [u8]) -> Option<Fields<'a>> {
        let mut fields = Fields([None; 8]);
        for _ in 0..limits::OMEMO_FIELDS_MAX {
            if rest.is_empty() {
                return Some(fields);
            }
            let tag = varint(&mut rest)?;
            let value = match tag & 7 {
                0 => Some(Value::Number(varint(&mut rest)?)),
                1 => take(&mut rest, 8).map(|_| None)?,
                2 => {
                    let length = usize::try_from(varint(&mut rest)?).ok()?;
                    Some(Value::Bytes(take(&mut rest, length)?))
                }
                5 => take(&mut rest, 4).map(|_| None)?,
                _ => return None,
            };
            let place = usize::try_from(tag >> 3).ok().filter(|number| *number > 0)?;
            if let (Some(field), Some(_)) = (fields.0.get_mut(place), value) {
                *field = value;
            }
        }
        rest.is_empty().then_some(fields)
    }

    fn number(&self, place: usize) -> Option<u32> {
        match self.0.get(place) {
            Some(Some(Value::Number(number))) => u32::try_from(*number).ok(),
            _ => None,
        }
    }

    fn bytes(&self, place: usize) -> Option<&'a [u8]> {
        match self.0.get(place) {
            Some(Some(Value::Bytes(bytes))) => Some(bytes),
            _ => None,
        }
    }
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (head, tail) = rest.split_at_checked(length)?;
    *rest = tail;
    Some(head)
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let [byte] = *take(rest, 1)? else { return None };
        value |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte < 0x80 {
            return (shift < 63 || byte < 2).then_some(value);
        }
    }
    None
}

fn push_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn push_number(out: &mut Vec<u8>, place: u8, value: u32) {
    out.push(place << 3);
    push_varint(out, value.into());
}

fn push_bytes(out: &mut Vec<u8>, place: u8, bytes: &[u8]) {
    out.push(place << 3 | 2);
    push_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

impl<'a> Message<'a> {
    /// Reads a message, MAC and all.
    pub(super) fn read(version: Version, data: &'a [u8]) -> Result<Message<'a>, Error> {
        let read = match version {
            Version::Legacy => Message::read_legacy(data),
            Version::Omemo2 => Message::read_omemo2(data),
        };
        read.ok_or(Error::Broken("not a message"))
    }

    fn read_legacy(data: &'a [u8]) -> Option<Message<'a>> {
        let (covered, mac) = data.split_at_checked(data.len().checked_sub(Version::Legacy.mac_length())?)?;
        let (version, record) = covered.split_first()?;
        if version >> 4 != LEGACY_VERSION >> 4 {
            return None;
        }
        let fields = Fields::read(record)?;
        Some(Message {
            ratchet: Version::Legacy.read_key(fields.bytes(1)?)?,
            number: fields.number(2).unwrap_or(0),
            previous: fields.number(3).unwrap_or(0),
            ciphertext: fields.bytes(4)?,
            covered,
            mac,
        })
    }

    fn read_omemo2(data: &'a [u8]) -> Option<Message<'a>> {
        let outer = Fields::read(data)?;
        let covered = outer.bytes(2)?;
        let fields = Fields::read(covered)?;
        Some(Message {
            ratchet: Version::Omemo2.read_key(fields.bytes(3)?)?,
            number: fields.number(1).unwrap_or(0),
            previous: fields.number(2).unwrap_or(0),
            ciphertext: fields.bytes(4)?,
            covered,
            mac: outer.bytes(1).filter(|mac| mac.len() == Version::Omemo2.mac_length())?,
        })
    }
}

/// What the MAC of a message will cover.
pub(super) fn print_covered(
    version: Version,
    ratchet: &PublicKey,
    n: u32,
    previous: u32,
    ciphertext: &[u8],
) -> Vec<u8> {
    let mut out = Vec::with_capacity(64 + ciphertext.len());
    match version {
        Version::Legacy => {
            out.push(LEGACY_VERSION);
            push_bytes(&mut out, 1, &version.print_key(ratchet));
            push_number(&mut out, 2, n);
            push_number(&mut out, 3, previous);
        }
        Version::Omemo2 => {
            push_number(&mut out, 1, n);
            push_number(&mut out, 2, previous);
            push_bytes(&mut out, 3, ratchet);
        }
    }
    push_bytes(&mut out, 4, ciphertext);
    out
}

/// The whole message, from what the MAC covers and the MAC.
pub(super) fn print_message(version: Version, mut covered: Vec<u8>, mac: &[u8]) -> Vec<u8> {
    match version {
        Version::Legacy => {
            covered.extend_from_slice(mac);
            covered
        }
        Version::Omemo2 => {
            let mut out = Vec::with_capacity(24 + covered.len());
            push_bytes(&mut out, 1, mac);
            push_bytes(&mut out, 2, &covered);
            out
        }
    }
}

impl<'a> KeyExchange<'a> {
    /// Reads a key exchange.
    pub(super) fn read(version: Version, data: &'a [u8]) -> Result<KeyExchange<'a>, Error> {
        let read = match version {
            Version::Legacy => KeyExchange::read_legacy(data),
            Version::Omemo2 => KeyExchange::read_omemo2(data),
        };
        read.ok_or(Error::Broken("not a key exchange"))
    }

    fn read_legacy(data: &'a [u8]) -> Option<KeyExchange<'a>> {
        let (version, record) = data.split_first()?;
        if version >> 4 != LEGACY_VERSION >> 4 {
            return None;
        }
        let fields = Fields::read(record)?;
        Some(KeyExchange {
            prekey: fields.number(1),
            base: Version::Legacy.read_key(fields.bytes(2)?)?,
            identity: Version::Legacy.read_key(fields.bytes(3)?)?,
            message: fields.bytes(4)?,
            signed_prekey: fields.number(6)?,
        })
    }

    fn read_omemo2(data: &'a [u8]) -> Option<KeyExchange<'a>> {
        let fields = Fields::read(data)?;
        Some(KeyExchange {
            prekey: fields.number(1),
            signed_prekey: fields.number(2)?,
            identity: fields.bytes(3)?.try_into().ok()?,
            base: Version::Omemo2.read_key(fields.bytes(4)?)?,
            message: fields.bytes(5)?,
        })
    }

    /// Prints a key exchange; `device` is the sender's, for the field that 0.3 calls registration id.
    pub(super) fn print(&self, version: Version, device: u32) -> Vec<u8> {
        let mut out = Vec::with_capacity(120 + self.message.len());
        let prekey = self.prekey.unwrap_or(0);
        match version {
            Version::Legacy => {
                out.push(LEGACY_VERSION);
                push_number(&mut out, 1, prekey);
                push_bytes(&mut out, 2, &version.print_key(&self.base));
                push_bytes(&mut out, 3, &version.print_key(&self.identity));
                push_bytes(&mut out, 4, self.message);
                push_number(&mut out, 5, device);
                push_number(&mut out, 6, self.signed_prekey);
            }
            Version::Omemo2 => {
                push_number(&mut out, 1, prekey);
                push_number(&mut out, 2, self.signed_prekey);
                push_bytes(&mut out, 3, &self.identity);
                push_bytes(&mut out, 4, &self.base);
                push_bytes(&mut out, 5, self.message);
            }
        }
        out
    }
}
