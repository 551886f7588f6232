//! Records of OMEMO: those we keep, and those that others send. The first byte says which.

use std::sync::OnceLock;

use botmother::omemo::{
    Bundle, Device, DeviceKey, Encrypted, Entropy, Envelope, FileKey, Reach, Recipient, Session, Version, decrypt,
    encrypt, read_fingerprint, read_uri, split_url,
};
use botmother::xml::Element;

use super::mutate::Random;

/// Two who talk in one version.
pub(crate) struct Pair {
    /// Who has written.
    pub(crate) alice: Device,
    /// Who reads.
    pub(crate) bob: Device,
    /// What Alice wrote, a session's beginning and one message more.
    pub(crate) written: [Encrypted; 2],
    /// Bob's session behind the first of them.
    pub(crate) session: Session,
}

pub(crate) const BOB: &str = "bob@example.org";

/// The same every time.
pub(crate) fn pairs() -> &'static [Pair; 2] {
    static PAIRS: OnceLock<[Pair; 2]> = OnceLock::new();
    PAIRS.get_or_init(|| Version::ALL.map(pair))
}

fn pair(version: Version) -> Pair {
    let mut random = Random::seeded(7);
    let mut fill = |out: &mut [u8]| random.fill(out);
    let entropy = &mut Entropy::new(&mut fill);
    let [mut alice, mut bob] = [1, 2].map(|id| Device::new(version, id, &entropy.key(), 1_700_000_000, entropy));
    for device in [&mut alice, &mut bob] {
        // A few prekeys make a small record.
        let spare: Vec<u32> = device.bundle().prekeys.iter().skip(4).map(|(id, _)| *id).collect();
        spare.into_iter().for_each(|id| assert!(device.mark_used(id)));
        device.delete_used();
    }
    let bundle: Bundle = bob.bundle();
    let mut write = |reach| {
        let to = [Recipient { jid: BOB, device: 2, reach }];
        let mut sealed = encrypt(&alice, Some(b"<envelope/>"), &to, entropy);
        (sealed.encrypted, sealed.sessions.remove(0).expect("a session"))
    };
    let (first, begun) = write(Reach::Bundle(&bundle, None));
    let (second, _) = write(Reach::Session(&begun));
    let session = decrypt(&bob, &first, None).expect("it is for Bob").session;
    Pair { alice, bob, written: [first, second], session }
}

/// Reads one record as what its first byte says.
pub(super) fn omemo(data: &[u8]) {
    let Some((kind, record)) = data.split_first() else { return };
    let version = usize::from(kind.is_ascii_lowercase());
    let Pair { bob, session, .. } = &pairs()[version];
    match kind.to_ascii_uppercase() {
        b'S' => {
            let Some(read) = Session::from_bytes(record) else { return };
            let kept = read.to_bytes();
            let again = Session::from_bytes(&kept).expect("what was printed is read").to_bytes();
            assert_eq!(kept[..], again[..]);
            for encrypted in &pairs()[version].written {
                let _ = decrypt(bob, encrypted, Some(&read));
            }
            let mut random = Random::of(record);
            let mut fill = |out: &mut [u8]| random.fill(out);
            let to = [Recipient { jid: BOB, device: 2, reach: Reach::Session(&read) }];
            let _ = encrypt(bob, Some(b"x"), &to, &mut Entropy::new(&mut fill)).encrypted.build();
        }
        b'D' => {
            let Some(mut read) = Device::from_bytes(record) else { return };
            let kept = read.to_bytes();
            assert_eq!(kept[..], Device::from_bytes(&kept).expect("what was printed is read").to_bytes()[..]);
            let _ = (read.bundle(), read.unused(), read.rotated_at());
            let _ = decrypt(&read, &pairs()[version].written[0], None);
            let mut random = Random::of(record);
            let mut fill = |out: &mut [u8]| random.fill(out);
            read.refill(&mut Entropy::new(&mut fill));
        }
        b'E' => {
            let Some(envelope) = Envelope::parse(record) else { return };
            let mut random = Random::of(record);
            let mut fill = |out: &mut [u8]| random.fill(out);
            let printed = envelope.print(&mut Entropy::new(&mut fill));
            assert_eq!(Envelope::parse(printed.as_bytes()), Some(envelope));
        }
        b'X' => opens(bob, &sealed(version, record, true), session),
        b'M' => opens(bob, &sealed(version, record, false), session),
        b'P' => {
            for element in super::elements(record) {
                Encrypted::find(&element).into_iter().for_each(|(_, found)| open_element(bob, found, session));
                open_element(bob, &element, session);
            }
        }
        _ => words(&String::from_utf8_lossy(record)),
    }
}

fn sealed(version: usize, record: &[u8], is_exchange: bool) -> Encrypted {
    let key = DeviceKey { jid: Some(BOB.to_string()), device: 2, is_exchange, data: record.to_vec() };
    let version = Version::ALL[version];
    Encrypted { version, sender: 1, keys: vec![key], iv: vec![0; 12], payload: Some(record.to_vec()) }
}

/// With a session and without; what came of it can be kept.
fn opens(bob: &Device, encrypted: &Encrypted, session: &Session) {
    for session in [None, Some(session)] {
        if let Ok(opened) = decrypt(bob, encrypted, session) {
            assert!(Session::from_bytes(&opened.session.to_bytes()).is_some());
        }
    }
}

fn open_element(bob: &Device, element: &Element, session: &Session) {
    if let Some(encrypted) = Encrypted::read(element, BOB, 2) {
        opens(bob, &encrypted, session);
    }
}

/// What people type or scan.
fn words(text: &str) {
    let _ = (read_fingerprint(text), read_uri(text), FileKey::parse(text), split_url(text));
}
