//! Six weeks of an ordinary life: people write and bots answer, both sides are ended and started again, lines are cut,
//! messages come late and in another order, prekeys are used up and signed ones replaced. Nobody has to do anything.

use botmother::omemo::Session;

use super::*;

const DAY: Duration = Duration::from_secs(24 * 3600);
const DAYS: u32 = 42;

/// A number below `bound`.
fn below(bound: usize) -> usize {
    let mut bytes = [0; 2];
    entropy(&mut bytes);
    usize::from(u16::from_le_bytes(bytes)) % bound
}

/// Takes out some of what is on its way, in any order; all of it in the end.
fn some<T>(on_the_way: &mut Vec<T>, is_end: bool) -> Vec<T> {
    let count = if is_end { on_the_way.len() } else { below(on_the_way.len() + 1) };
    (0..count).map(|_| on_the_way.swap_remove(below(on_the_way.len()))).collect()
}

fn has_payload(stanza: &Element) -> bool {
    let encrypted = Version::ALL.iter().find_map(|version| stanza.find("encrypted", version.ns()));
    encrypted.is_none_or(|encrypted| encrypted.children().any(|child| child.name() == "payload"))
}

/// A device of the owner's, and what is on its way to it and from it.
struct Pocket {
    phone: Phone,
    to_bot: Vec<Element>,
    to_phone: Vec<Element>,
    heard: Vec<String>,
}

impl Pocket {
    fn new(phone: Phone) -> Pocket {
        Pocket { phone, to_bot: Vec::new(), to_phone: Vec::new(), heard: Vec::new() }
    }

    /// The client is ended and started again: what it has is what it had stored.
    fn restart(&mut self) {
        let phone = &mut self.phone;
        phone.device = Device::from_bytes(&phone.device.to_bytes()).unwrap();
        phone.session = phone.session.as_ref().map(|session| Session::from_bytes(&session.to_bytes()).unwrap());
    }

    fn hear(&mut self, is_end: bool) {
        for stanza in some(&mut self.to_phone, is_end) {
            match self.phone.hear(&stanza) {
                Ok(text) => self.heard.extend(text),
                // What a kill kept from being acknowledged is sent again.
                Err(omemo::Error::Duplicate) => {}
                // A message without a text is for one device.
                Err(omemo::Error::NotForUs) if !has_payload(&stanza) => {}
                Err(error) => panic!("the phone cannot read: {error:?}: {stanza:?}"),
            }
        }
    }
}

struct Life {
    rig: Rig,
    pockets: Vec<Pocket>,
    said: Vec<String>,
    told: Vec<String>,
    taken: Vec<String>,
}

impl Life {
    fn new(version: Version) -> Life {
        let rig = Rig::online(Encrypt::Required);
        let mut life = Life { rig, pockets: Vec::new(), said: Vec::new(), told: Vec::new(), taken: Vec::new() };
        for id in [77, 78] {
            let phone = Phone::published(OWNER, version, id, &mut life.rig.nodes);
            life.pockets.push(Pocket::new(phone));
        }
        life
    }

    /// An hour or more, in which somebody may say something.
    fn pass(&mut self, hour: usize) {
        let count = self.pockets.len();
        // The second device is in a drawer most of the time.
        let speaker = if hour % 60 < 50 { 0 } else { below(count) };
        for _ in 0..below(3) {
            let text = format!("question {}", self.said.len());
            let stanza = self.pockets[speaker].phone.say(&self.rig.nodes, Some(&text));
            self.pockets[speaker].to_bot.push(stanza);
            self.said.push(text);
        }
        for pocket in 0..count {
            for stanza in some(&mut self.pockets[pocket].to_bot, false) {
                self.rig.arrives(&stanza);
            }
        }
        for _ in 0..below(3) {
            let text = format!("answer {}", self.told.len());
            sent_id(self.rig.say(&text));
            self.told.push(text);
        }
        self.rig.wait(Duration::from_secs(60));
        self.deliver();
        self.taken.extend(self.rig.take());
        if hour.is_multiple_of(9) {
            self.restart();
        }
        self.pockets[below(count)].restart();
        let on = below(2 * 3600) as u64;
        self.rig.wait(Duration::from_secs(1800 + on));
        self.deliver();
    }

    fn deliver(&mut self) {
        for stanza in self.rig.take_sent() {
            self.pockets.iter_mut().for_each(|pocket| pocket.to_phone.push(stanza.clone()));
        }
        self.pockets.iter_mut().for_each(|pocket| pocket.hear(false));
    }

    /// Ends the daemon and starts it; or only the line is cut.
    fn restart(&mut self) {
        if below(2) == 0 {
            let rig = std::mem::replace(&mut self.rig, Rig::new(Encrypt::Off));
            self.rig = rig.killed(Encrypt::Required);
        }
        self.rig.offline();
        self.rig.come_back();
    }

    fn bundle(&self, version: Version) -> Bundle {
        self.rig.nodes.bundle(BOT, version, self.rig.nodes.first_device(BOT, version)).unwrap()
    }
}

fn six_weeks(version: Version) {
    let mut life = Life::new(version);
    let until = life.rig.core.now.mono + DAY * DAYS;
    let mut signed = vec![life.bundle(version).signed_prekey_id];
    let mut hour = 0;
    while life.rig.core.now.mono < until {
        life.pass(hour);
        hour += 1;
        let bundle = life.bundle(version);
        assert_eq!(bundle.prekeys.len(), limits::OMEMO_PREKEYS, "hour {hour}");
        if signed.last() != Some(&bundle.signed_prekey_id) {
            signed.push(bundle.signed_prekey_id);
        }
    }
    life.rig.wait(DAY);
    for pocket in 0..life.pockets.len() {
        for stanza in some(&mut life.pockets[pocket].to_bot, true) {
            life.rig.arrives(&stanza);
        }
    }
    life.taken.extend(life.rig.take());
    life.deliver();
    life.pockets.iter_mut().for_each(|pocket| pocket.hear(true));

    assert!(life.said.len() > 400 && life.told.len() > 400, "{} and {}", life.said.len(), life.told.len());
    assert_eq!(life.taken.len(), life.said.len());
    for text in &life.said {
        let body = format!(r#""body":"{text}""#);
        assert_eq!(life.taken.iter().filter(|update| update.contains(&body)).count(), 1, "{text}");
    }
    for pocket in &mut life.pockets {
        let mut told = life.told.clone();
        told.sort();
        pocket.heard.sort();
        assert_eq!(pocket.heard, told, "each answer once, and nothing else: no hint, no notice");
    }
    let rotations = i64::from(DAYS) * 24 * 3600 / limits::OMEMO_ROTATION_S;
    assert!(signed.len() as i64 >= rotations, "{signed:?}");
    // Prekeys used, rotations, starts: nothing is published for ever.
    let published = life.rig.nodes.published.len();
    assert!(published < 20 * DAYS as usize, "{published}");
}

#[test]
fn six_weeks_of_the_older_version() {
    six_weeks(LEGACY);
}

#[test]
fn six_weeks_of_the_newer_version() {
    six_weeks(Version::Omemo2);
}
