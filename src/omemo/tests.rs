//! Two parties of our own: loss, disorder, repetition, resets, simultaneous starts, altered messages, random input.

use super::*;

/// SplitMix64: the same messages in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, max: usize) -> usize {
        (self.next() % max as u64) as usize
    }

    fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    fn with<T>(&mut self, work: impl FnOnce(&mut Entropy<'_>) -> T) -> T {
        let mut fill = |out: &mut [u8]| out.iter_mut().for_each(|byte| *byte = self.next() as u8);
        work(&mut Entropy::new(&mut fill))
    }
}

/// One device that knows one other.
struct Party {
    jid: &'static str,
    device: Device,
    session: Option<Session>,
}

impl Party {
    fn new(version: Version, jid: &'static str, random: &mut Random) -> Party {
        let device = random.with(|entropy| {
            let (id, identity) = (new_device_id(entropy), entropy.key());
            Device::new(version, id, &identity, 0, entropy)
        });
        Party { jid, device, session: None }
    }

    fn send(&mut self, to: &Party, payload: Option<&str>, fresh: bool, random: &mut Random) -> String {
        let bundle;
        let reach = match &self.session {
            Some(session) if !fresh => Reach::Session(session),
            before => {
                bundle = to.device.bundle();
                Reach::Bundle(&bundle, before.as_ref())
            }
        };
        let recipient = Recipient { jid: to.jid, device: to.device.id(), reach };
        let mut sealed = random.with(|e| encrypt(&self.device, payload.map(str::as_bytes), &[recipient], e));
        let session = sealed.sessions.remove(0).unwrap();
        // every record goes through its printed form
        self.session = Some(Session::from_bytes(&session.to_bytes()).unwrap());
        assert_eq!(self.session.as_ref(), Some(&session));
        sealed.encrypted.build().print("jabber:client")
    }

    fn read(&self, message: &str) -> Option<Encrypted> {
        let element = crate::xml::Element::parse(message, &Default::default()).unwrap();
        Encrypted::read(&element, self.jid, self.device.id())
    }

    fn open(&self, message: &str) -> Result<Opened, Error> {
        decrypt(&self.device, &self.read(message).unwrap(), self.session.as_ref())
    }

    fn receive(&mut self, message: &str) -> Result<Option<String>, Error> {
        let opened = self.open(message)?;
        if let Some(prekey) = opened.prekey {
            assert!(self.device.mark_used(prekey));
        }
        self.session = Some(opened.session);
        Ok(opened.payload.map(|payload| String::from_utf8(payload.to_vec()).unwrap()))
    }
}

fn pair(version: Version, random: &mut Random) -> [Party; 2] {
    [Party::new(version, "a@example.org", random), Party::new(version, "b@example.org", random)]
}

#[test]
fn random_traffic() {
    for version in Version::ALL {
        for seed in 0..12 {
            traffic(version, &mut Random(seed));
        }
    }
}

/// Messages under way both ways are taken in any order, lost, repeated; sessions are begun anew at any time.
fn traffic(version: Version, random: &mut Random) {
    let mut parties = pair(version, random);
    let mut under_way: [Vec<(String, String)>; 2] = Default::default();
    let (mut read, mut repeated) = (0, 0);
    for step in 0..150 {
        let from = random.below(2);
        if random.below(5) < 3 {
            let [first, second] = &mut parties;
            let (sender, receiver) = if from == 0 { (first, second) } else { (second, first) };
            let text = format!("message {step}");
            let fresh = random.one_in(25);
            let message = sender.send(receiver, Some(&text), fresh, random);
            under_way[from].push((text, message));
        } else if !under_way[from].is_empty() {
            // mostly in order
            let place = if random.one_in(3) { random.below(under_way[from].len()) } else { 0 };
            let (text, message) = under_way[from].remove(place);
            if random.one_in(10) {
                continue;
            }
            let receiver = &mut parties[1 - from];
            assert_eq!(receiver.receive(&message), Ok(Some(text)), "{version:?}, step {step}");
            read += 1;
            if random.one_in(5) {
                let before = receiver.session.clone();
                assert_eq!(receiver.receive(&message), Err(Error::Duplicate));
                assert_eq!(receiver.session, before);
                repeated += 1;
            }
        }
    }
    assert!(read > 30 && repeated > 3, "{read} {repeated}");
}

#[test]
fn simultaneous_starts_end_in_one_session() {
    for version in Version::ALL {
        let random = &mut Random(7);
        let [mut a, mut b] = pair(version, random);
        let (from_a, from_b) = (a.send(&b, Some("1"), false, random), b.send(&a, Some("2"), false, random));
        assert_eq!(b.receive(&from_a), Ok(Some("1".into())));
        assert_eq!(a.receive(&from_b), Ok(Some("2".into())));
        for text in ["3", "4", "5", "6"] {
            let message = a.send(&b, Some(text), false, random);
            assert_eq!(b.receive(&message), Ok(Some(text.into())));
            let message = b.send(&a, Some(text), false, random);
            assert_eq!(a.receive(&message), Ok(Some(text.into())));
        }
        assert!(!a.session.as_ref().unwrap().is_unanswered() && !b.session.as_ref().unwrap().is_unanswered());
    }
}

#[test]
fn key_exchanges() {
    for version in Version::ALL {
        let random = &mut Random(8);
        let [mut a, mut b] = pair(version, random);
        let first = a.send(&b, Some("1"), false, random);
        let again = a.send(&b, Some("2"), false, random);
        let lost = a.send(&b, Some("3"), true, random);
        let opened = b.open(&first).unwrap();
        assert!(opened.wants_answer && opened.prekey.is_some());
        assert_eq!(opened.identity.key, a.device.identity().public);
        b.receive(&first).unwrap();
        assert!(b.device.delete_used() && !b.device.delete_used());
        // the same exchange again, and the first message of all again
        assert_eq!(b.receive(&again), Ok(Some("2".into())));
        assert_eq!(b.receive(&first), Err(Error::Duplicate));
        assert_eq!(b.device.unused(), 99);
        assert!(random.with(|entropy| b.device.refill(entropy)));
        assert_eq!(b.device.bundle().prekeys.len(), 100);
        let mut forgetful = Party { session: None, device: b.device.clone(), ..b };
        assert_eq!(forgetful.receive(&first), Err(Error::UnknownPreKey));
        // signed prekeys: the one before still serves, the one before that does not
        random.with(|entropy| forgetful.device.rotate(5, entropy));
        assert!(forgetful.open(&lost).is_ok());
        random.with(|entropy| forgetful.device.rotate(6, entropy));
        assert_eq!(forgetful.receive(&lost), Err(Error::UnknownPreKey));
        assert_eq!(forgetful.device.rotated_at(), 6);
    }
}

#[test]
fn key_exchanges_that_are_refused() {
    for version in Version::ALL {
        let random = &mut Random(14);
        let [mut a, mut b] = pair(version, random);
        let first = a.send(&b, Some("1"), false, random);
        let message = b.read(&first).unwrap();
        let changed = |change: &dyn Fn(&mut proto::KeyExchange<'_>)| {
            let mut exchange = proto::KeyExchange::read(version, &message.keys[0].data).unwrap();
            change(&mut exchange);
            let mut message = message.clone();
            message.keys[0].data = exchange.print(version, 1);
            message
        };
        let refused = |b: &Party, message: &Encrypted| decrypt(&b.device, message, b.session.as_ref()).err();
        let same = changed(&|_| {});
        assert_eq!(refused(&b, &same), None);
        let without = changed(&|exchange| exchange.prekey = None);
        assert_eq!(refused(&b, &without), Some(Error::Broken("a key exchange without a prekey")));
        // the same key in another spelling would pass for a new session
        let spelt = changed(&|exchange| exchange.base[31] |= 0x80);
        assert_eq!(refused(&b, &spelt), Some(Error::Broken("not a key exchange")));
        b.receive(&first).unwrap();
        assert_eq!(refused(&b, &spelt), Some(Error::Broken("not a key exchange")));
        assert_eq!(refused(&b, &same), Some(Error::Duplicate));
        let other = changed(&|exchange| exchange.identity = [9; 32]);
        assert!(matches!(refused(&b, &other), Some(Error::Broken(_))));
        let small = changed(&|exchange| exchange.base = [0; 32]);
        assert_eq!(refused(&b, &small), Some(Error::Broken("a key of small order")));
    }
}

#[test]
fn long_silence_and_large_gaps() {
    for version in Version::ALL {
        let random = &mut Random(9);
        let [mut a, mut b] = pair(version, random);
        let hello = a.send(&b, None, false, random);
        assert_eq!(b.receive(&hello), Ok(None));
        let hello = b.send(&a, None, false, random);
        assert_eq!(a.receive(&hello), Ok(None));
        let early = a.send(&b, Some("early"), false, random);
        let mut last = String::new();
        for number in 1..=1_200 {
            last = a.send(&b, Some("x"), false, random);
            if number == 60 || number == 106 {
                assert!(b.open(&last).unwrap().wants_answer);
            }
            if number == 30 {
                assert!(!b.open(&last).unwrap().wants_answer);
            }
        }
        assert_eq!(b.receive(&last), Ok(Some("x".into())));
        // the oldest of so many is given up
        assert_eq!(b.receive(&early), Err(Error::Duplicate));
        let answer = b.send(&a, Some("answer"), false, random);
        assert_eq!(a.receive(&answer), Ok(Some("answer".into())));
        let next = a.send(&b, Some("next"), false, random);
        assert_eq!(b.receive(&next), Ok(Some("next".into())));
    }
}

#[test]
fn one_payload_to_many_devices() {
    for version in Version::ALL {
        let random = &mut Random(10);
        let a = Party::new(version, "a@example.org", random);
        let others: Vec<Party> = (0..3).map(|_| Party::new(version, "b@example.org", random)).collect();
        let mut bundles: Vec<Bundle> = others.iter().map(|other| other.device.bundle()).collect();
        bundles[1].signature[0] ^= 1;
        let recipients: Vec<Recipient<'_>> = others
            .iter()
            .zip(&bundles)
            .map(|(b, bundle)| Recipient { jid: b.jid, device: b.device.id(), reach: Reach::Bundle(bundle, None) })
            .collect();
        let sealed = random.with(|entropy| encrypt(&a.device, Some(b"hello"), &recipients, entropy));
        assert_eq!(sealed.sessions.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
        assert_eq!(sealed.sessions[1], Err(Error::BadBundle));
        let message = sealed.encrypted.build().print("jabber:client");
        for (place, other) in others.iter().enumerate() {
            let opened = other.open(&message).map(|opened| opened.payload.unwrap().to_vec());
            let expected = if place == 1 { Err(Error::NotForUs) } else { Ok(b"hello".to_vec()) };
            assert_eq!(opened, expected);
        }
        bundles[0].prekeys.clear();
        let recipient = Recipient { jid: "b", device: 1, reach: Reach::Bundle(&bundles[0], None) };
        let sealed = random.with(|entropy| encrypt(&a.device, None, &[recipient], entropy));
        assert_eq!(sealed.sessions, [Err(Error::BadBundle)]);
    }
}

/// Every bit of every part turned: nothing is believed, and nothing changes.
#[test]
fn altered_messages() {
    for version in Version::ALL {
        let random = &mut Random(11);
        let [mut a, mut b] = pair(version, random);
        let exchange = a.send(&b, Some("hello"), false, random);
        let uncovered = alter(&b, &exchange);
        // in 0.3 no MAC covers the minor version and the registration id of a key exchange
        let bound = if version == Version::Legacy { 4 + 6 * 8 } else { 0 };
        assert!(uncovered <= bound, "{version:?} {uncovered}");
        b.receive(&exchange).unwrap();
        let answer = b.send(&a, Some("hello"), false, random);
        a.receive(&answer).unwrap();
        let message = a.send(&b, Some("hello"), false, random);
        assert_eq!(alter(&b, &message), 0, "{version:?}");
        assert_eq!(b.receive(&message), Ok(Some("hello".into())));
        assert_eq!(alter(&b, &exchange), 0, "{version:?}: what was read once");
    }
}

/// How many altered messages are accepted.
fn alter(party: &Party, message: &str) -> usize {
    let original = party.read(message).unwrap();
    let before = party.session.clone();
    let mut accepted = 0;
    let mut try_one = |changed: &Encrypted| {
        if let Ok(opened) = decrypt(&party.device, changed, party.session.as_ref()) {
            assert_eq!(opened.payload.as_ref().map(|p| p.as_slice()), Some(b"hello".as_slice()));
            accepted += 1;
        }
    };
    for bit in 0..original.keys[0].data.len() * 8 {
        let mut changed = original.clone();
        changed.keys[0].data[bit / 8] ^= 1 << (bit % 8);
        try_one(&changed);
    }
    for bit in 0..original.iv.len() * 8 {
        let mut changed = original.clone();
        changed.iv[bit / 8] ^= 1 << (bit % 8);
        try_one(&changed);
    }
    for bit in 0..original.payload.as_ref().unwrap().len() * 8 {
        let mut changed = original.clone();
        changed.payload.as_mut().unwrap()[bit / 8] ^= 1 << (bit % 8);
        try_one(&changed);
    }
    assert_eq!(party.session, before);
    accepted
}

#[test]
fn random_input() {
    for version in Version::ALL {
        let random = &mut Random(12);
        let [mut a, mut b] = pair(version, random);
        let exchange = a.send(&b, Some("hello"), false, random);
        b.receive(&exchange).unwrap();
        let valid = a.read(&b.send(&a, Some("hello"), false, random)).unwrap();
        let record = b.session.as_ref().unwrap().to_bytes();
        let device = b.device.to_bytes();
        for _ in 0..4_000 {
            let mut message = valid.clone();
            message.keys[0].is_exchange = random.one_in(2);
            let data = &mut message.keys[0].data;
            match random.below(3) {
                0 => *data = (0..random.below(200)).map(|_| random.next() as u8).collect(),
                1 => data.truncate(random.below(data.len())),
                _ => (0..1 + random.below(4)).for_each(|_| {
                    let place = random.below(data.len());
                    data[place] = random.next() as u8;
                }),
            }
            if let Ok(opened) = decrypt(&a.device, &message, a.session.as_ref()) {
                assert_eq!(opened.payload.unwrap().as_slice(), b"hello");
            }
            let mut altered = record.to_vec();
            let place = random.below(altered.len());
            altered[place] = random.next() as u8;
            altered.truncate(altered.len() - random.below(3));
            if let Some(session) = Session::from_bytes(&altered) {
                assert_eq!(session.to_bytes().as_slice(), altered);
            }
            let place = random.below(device.len());
            let altered = &device[..place];
            assert_eq!(Device::from_bytes(altered), None);
        }
    }
}

/// What is no key is found when the record is read, not when others are to see it.
#[test]
fn a_device_without_a_key_is_no_record() {
    for version in Version::ALL {
        let record = Party::new(version, "a@b", &mut Random(17)).device.to_bytes();
        let mut refused = 0;
        for byte in 0..=255 {
            let mut altered = record.to_vec();
            // Behind the record's version, the device's, its id and its secret.
            altered[1 + 1 + 4 + 32] = byte;
            match Device::from_bytes(&altered) {
                Some(device) => drop(device.bundle()),
                None => refused += 1,
            }
        }
        assert!(refused > 50, "{refused}");
    }
}

#[test]
fn devices_keep_their_ids_apart() {
    for version in Version::ALL {
        let random = &mut Random(13);
        let mut device = Party::new(version, "a@b", random).device;
        let mut seen = std::collections::HashSet::new();
        for _ in 0..10 {
            for (id, _) in device.bundle().prekeys {
                assert!((1..1 << 24).contains(&id) && seen.insert(id), "{id}");
                device.mark_used(id);
            }
            random.with(|entropy| device.rotate(1, entropy));
            let bundle = device.bundle();
            assert!(bundle.is_signed(version) && seen.insert(bundle.signed_prekey_id) && bundle.prekeys.is_empty());
            assert!(random.with(|entropy| device.refill(entropy)));
            assert!(!random.with(|entropy| device.refill(entropy)));
        }
        assert_eq!(Device::from_bytes(&device.to_bytes()), Some(device.clone()));
        assert!(device.delete_used() && device.unused() == 100);
    }
}
