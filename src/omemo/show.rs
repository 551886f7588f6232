//! How identity keys are shown to people: as fingerprint, and as the address of a QR code (XEP-0384 §7).

use super::crypto::PublicKey;
use crate::base::text;

/// 64 hex digits of the Montgomery key, in groups of eight.
pub fn fingerprint(key: &PublicKey) -> String {
    let digits: Vec<String> = key.chunks(4).map(text::hex).collect();
    digits.join(" ")
}

/// Reads what people copy as a fingerprint, or the beginning of one: hex digits in any case, with or without gaps. Some
/// clients show the type byte of 0.3 in front of the key. Gives the digits alone; `None` for anything else.
pub fn read_fingerprint(text: &str) -> Option<String> {
    let is_gap = |c: char| c.is_whitespace() || matches!(c, ':' | '-');
    let digits: String = text.chars().filter(|c| !is_gap(*c)).collect::<String>().to_ascii_lowercase();
    let whole = digits.strip_prefix("05").filter(|rest| rest.len() == 64).unwrap_or(&digits);
    (1..=64)
        .contains(&whole.len())
        .then_some(whole)
        .filter(|it| it.bytes().all(|c| c.is_ascii_hexdigit()))
        .map(str::to_string)
}

/// The address that tells an account and the keys of its devices: `xmpp:a@b?omemo-sid-123=0123…;omemo-sid-…`.
pub fn print_uri(jid: &str, devices: &[(u32, PublicKey)]) -> String {
    let path: Vec<String> = jid.splitn(2, '@').map(text::percent).collect();
    let devices: Vec<String> = devices.iter().map(|(id, key)| format!("omemo-sid-{id}={}", text::hex(key))).collect();
    format!("xmpp:{}{}{}", path.join("@"), if devices.is_empty() { "" } else { "?" }, devices.join(";"))
}

/// Reads such an address: account and devices. `None` when it is none; parts that are no devices are passed over.
pub fn read_uri(uri: &str) -> Option<(String, Vec<(u32, PublicKey)>)> {
    let (path, query) = match uri.strip_prefix("xmpp:")?.split_once('?') {
        Some((path, query)) => (path, query),
        None => (uri.strip_prefix("xmpp:")?, ""),
    };
    let device = |part: &str| {
        let (id, key) = part.strip_prefix("omemo-sid-")?.split_once('=')?;
        let key = unhex(key)?;
        Some((id.parse().ok()?, key.as_slice().try_into().ok()?))
    };
    let jid = text::unpercent(path, text::Plus::IsPlus)?;
    Some((jid, query.split([';', '&']).filter_map(device).collect()))
}

/// Undoes hex, of either case; `None` for anything else.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.chars().map(|c| c.to_digit(16).map(|d| d as u8)).collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_and_addresses() {
        let key = std::array::from_fn(|place| place as u8);
        assert!(fingerprint(&key).starts_with("00010203 04050607 08"));
        assert_eq!(fingerprint(&key).len(), 64 + 7);
        let uri = print_uri("böt@example.org", &[(123, key)]);
        assert!(uri.starts_with("xmpp:b%C3%B6t@example.org?omemo-sid-123=00010203"), "{uri}");
        assert_eq!(read_uri(&uri), Some(("böt@example.org".to_string(), vec![(123, key)])));
        assert_eq!(read_uri("xmpp:a@b?message;omemo-sid-x=1"), Some(("a@b".to_string(), vec![])));
        assert_eq!(read_uri("https://a"), None);
    }

    #[test]
    fn fingerprints_are_read_as_people_copy_them() {
        let key: PublicKey = std::array::from_fn(|place| 0xf0 ^ place as u8);
        let plain = text::hex(&key);
        let shown = fingerprint(&key);
        for copied in
            [plain.clone(), shown.clone(), shown.to_uppercase(), format!("05{plain}"), format!("05 {shown}\n")]
        {
            assert_eq!(read_fingerprint(&copied), Some(plain.clone()), "{copied}");
        }
        // A key may begin like the type byte; only what is too long has one.
        assert_eq!(read_fingerprint("05AB 01"), Some("05ab01".to_string()));
        for wrong in ["", " ", "xyz", "0123456g", &format!("06{plain}"), &format!("{plain}0"), "ä"] {
            assert_eq!(read_fingerprint(wrong), None, "{wrong}");
        }
    }
}
