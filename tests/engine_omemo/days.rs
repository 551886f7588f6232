//! Six weeks of an ordinary life: people write and bots answer, both sides are ended and started again, lines are cut,
//! messages come late and in another order, prekeys are used up and signed ones replaced. Nobody has to do anything.

use super::*;
use support::life::*;

const DAY: Duration = Duration::from_secs(24 * 3600);
const DAYS: u32 = 42;

struct Life {
    rig: Rig,
    pockets: Vec<Pocket>,
    /// On their way to the bot, from each device.
    to_bot: Vec<Vec<Element>>,
    said: Vec<String>,
    told: Vec<String>,
    taken: Vec<String>,
}

impl Life {
    fn new(version: Version) -> Life {
        let mut rig = Rig::online(Encrypt::Required);
        // Its program is there.
        rig.take();
        let mut life = Life {
            rig,
            pockets: Vec::new(),
            to_bot: Vec::new(),
            said: Vec::new(),
            told: Vec::new(),
            taken: Vec::new(),
        };
        for id in [77, 78] {
            let phone = Phone::published(OWNER, version, id, &mut life.rig.nodes);
            life.pockets.push(Pocket::new(phone));
            life.to_bot.push(Vec::new());
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
            self.to_bot[speaker].push(stanza);
            self.said.push(text);
        }
        for pocket in 0..count {
            for stanza in some(&mut self.to_bot[pocket], false) {
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
            self.pockets.iter_mut().for_each(|pocket| pocket.on_the_way.push(stanza.clone()));
        }
        self.pockets.iter_mut().for_each(|pocket| pocket.hear(BOT, false));
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
        for stanza in some(&mut life.to_bot[pocket], true) {
            life.rig.arrives(&stanza);
        }
    }
    life.taken.extend(life.rig.take());
    life.deliver();
    life.pockets.iter_mut().for_each(|pocket| pocket.hear(BOT, true));

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
