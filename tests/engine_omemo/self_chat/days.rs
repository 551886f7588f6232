//! Four weeks of a chat with oneself: two clients that are ended and started again, and now and then write the list of
//! devices as they remember it; a daemon that is away at times. What is said comes on one way or on several.

use super::*;
use crate::support::life::*;

const HOURS: usize = 28 * 24;

struct Life {
    home: Home,
    pockets: [Pocket; 2],
    version: Version,
    is_online: bool,
    /// Said while the daemon was away.
    missed: Vec<Element>,
    notes: Vec<String>,
    answers: Vec<String>,
    updates: Vec<String>,
    archived: usize,
}

impl Life {
    fn new(version: Version) -> Life {
        let (mut home, phone, tablet) = Home::online(Encrypt::Preferred, version);
        // Its program is there.
        home.updates();
        let pockets = [phone, tablet].map(Pocket::new);
        let (missed, notes, answers, updates) = Default::default();
        Life { home, pockets, version, is_online: true, missed, notes, answers, updates, archived: 0 }
    }

    fn note(&mut self) {
        let place = usize::from(one_in(4));
        let text = format!("note {}", self.notes.len());
        let stanza = self.home.note(&mut self.pockets[place].phone, &text);
        self.notes.push(text);
        if !self.is_online {
            self.missed.push(stanza);
            return;
        }
        let first = below(3);
        for way in (0..3).filter(|way| *way == first || one_in(2)) {
            match way {
                0 => self.home.copied("sent", &stanza),
                1 => self.home.copied("received", &stanza),
                _ => self.home.arrives(&stanza),
            }
        }
        if one_in(3) {
            self.find_in_archive(&stanza);
        }
    }

    fn find_in_archive(&mut self, stanza: &Element) {
        self.archived += 1;
        self.home.archived(&format!("a{}", self.archived), stanza);
    }

    fn answer(&mut self) {
        let text = format!("answer {}", self.answers.len());
        sent_id(self.home.say(OWNER, &text));
        self.answers.push(text);
    }

    /// What the daemon has said, to both clients, some of it later; and back to itself.
    fn deliver(&mut self, is_end: bool) {
        if !self.is_online {
            return;
        }
        for stanza in self.home.take_sent() {
            for pocket in &mut self.pockets {
                pocket.on_the_way.push(stanza.clone());
            }
            if one_in(3) {
                self.find_in_archive(&stanza.with("from", &format!("{OWNER}/{}", self.home.resource)));
            }
        }
        for pocket in &mut self.pockets {
            pocket.hear(OWNER, is_end);
        }
    }

    /// A client writes the list without the daemon.
    fn forget_us(&mut self) {
        let list = [77, 78]
            .iter()
            .fold(None, |list: Option<Element>, id| Some(omemo::add_device(self.version, list.as_ref(), *id, None)));
        self.home.notified(self.version, list.unwrap());
    }

    fn leave(&mut self) {
        self.is_online = false;
        self.home.offline();
        if one_in(2) {
            let dummy = Core::new(Store::memory(), setup(settings()));
            let core = std::mem::replace(&mut self.home.core, dummy);
            self.home.core = core.killed(setup(writing(Encrypt::Preferred)));
            // Nobody has heard that it was sent; it will be sent again.
            self.home.sent.clear();
            self.home.batch(Vec::new());
        }
    }

    fn come_back(&mut self) {
        self.home.bound(HERE);
        for stanza in std::mem::take(&mut self.missed) {
            self.find_in_archive(&stanza);
        }
        self.home.session(session::Event::Online { resumed: false });
        self.is_online = true;
    }

    fn pass(&mut self) {
        match self.is_online {
            true if one_in(15) => self.leave(),
            false if one_in(3) => self.come_back(),
            _ => {}
        }
        if self.is_online && one_in(100) {
            self.forget_us();
        }
        (0..below(3)).for_each(|_| self.note());
        (0..below(3)).for_each(|_| self.answer());
        for seconds in [60, below(2 * 3600) as u64] {
            self.home.wait(Duration::from_secs(seconds));
            self.deliver(false);
        }
        self.pockets[below(2)].restart();
        let updates = self.home.updates();
        self.updates.extend(updates);
    }
}

fn four_weeks(version: Version) {
    let mut life = Life::new(version);
    for hour in 0..HOURS {
        life.pass();
        if life.is_online {
            assert_eq!(life.home.ids(version).len(), 3, "hour {hour}: we are on the list");
        }
    }
    if !life.is_online {
        life.come_back();
    }
    life.home.wait(Duration::from_secs(60));
    life.deliver(true);
    let updates = life.home.updates();
    life.updates.extend(updates);

    assert!(life.notes.len() > 400 && life.answers.len() > 400, "{} and {}", life.notes.len(), life.answers.len());
    assert_eq!(life.updates.len(), life.notes.len());
    for text in &life.notes {
        let body = format!(r#""body":"{text}""#);
        assert_eq!(life.updates.iter().filter(|update| update.contains(&body)).count(), 1, "{text}");
    }
    life.answers.sort();
    for pocket in &mut life.pockets {
        pocket.heard.sort();
        assert_eq!(pocket.heard, life.answers, "each answer once, and nothing else: no hint, no notice");
    }
}

#[test]
fn four_weeks_of_the_older_version() {
    four_weeks(LEGACY);
}

#[test]
fn four_weeks_of_the_newer_version() {
    four_weeks(Version::Omemo2);
}
