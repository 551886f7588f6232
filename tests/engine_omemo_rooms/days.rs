//! Five weeks in a private room: everybody talks, somebody comes and goes, the daemon is ended and started again, and its
//! line is cut before or after the room has what it said.

use std::collections::BTreeMap;

use super::*;
use support::life::*;

const HOURS: usize = 35 * 24;
const CAROL: &str = "carol@example.org";

struct Person {
    phone: Phone,
    nick: &'static str,
    is_member: bool,
    heard: Vec<String>,
}

/// What the bot has said: the text, and who belonged to the room then.
struct Said {
    text: String,
    readers: Vec<bool>,
}

struct Life {
    /// Taken out while the engine is replaced.
    rig: Option<Rig>,
    people: Vec<Person>,
    is_online: bool,
    /// Texts of the bot by their ids.
    said: BTreeMap<String, Said>,
    /// Ids of what the room has.
    shown: Vec<String>,
    asked: Vec<String>,
    taken: Vec<String>,
}

impl Life {
    fn new() -> Life {
        let mut rig = Rig::new(Encrypt::Required);
        let mut person = |jid, nick, version, id| {
            let phone = Phone::published(jid, version, id, &mut rig.nodes);
            Person { phone, nick, is_member: nick != "carol", heard: Vec::new() }
        };
        let people = vec![
            person(ALICE, "alice", LEGACY, 77),
            person(BOB, "bob", Version::Omemo2, 78),
            person(CAROL, "carol", LEGACY, 79),
        ];
        let (said, shown, asked, taken) = Default::default();
        let mut life = Life { rig: Some(rig.join()), people, is_online: true, said, shown, asked, taken };
        life.show_people();
        life
    }

    fn rig(&mut self) -> &mut Rig {
        self.rig.as_mut().expect("put back")
    }

    /// All who belong to the room are in it.
    fn show_people(&mut self) {
        let rig = self.rig.as_mut().unwrap();
        for person in self.people.iter().filter(|person| person.is_member) {
            rig.presence(person.nick, "", &item("member", &format!("{}/phone", person.phone.jid)), "");
        }
    }

    /// Carol is taken in, or put out again.
    fn change_members(&mut self) {
        let is_member = !self.people[2].is_member;
        self.people[2].is_member = is_member;
        let is_online = self.is_online;
        let rig = self.rig();
        let lists = rig.lists.as_mut().unwrap();
        lists.retain(|(jid, _)| *jid != CAROL);
        if is_member {
            lists.push((CAROL, "member"));
        }
        if is_online && is_member {
            rig.presence("carol", "", &item("member", "carol@example.org/phone"), "");
        } else if is_online {
            let out = "<item affiliation='none' role='none' jid='carol@example.org/phone'/>";
            rig.presence("carol", "type='unavailable'", out, "<status code='321'/>");
        }
    }

    /// Somebody says something; the room's archive keeps it for a bot that is not there.
    fn hear_people(&mut self) {
        for place in 0..self.people.len() {
            if !self.people[place].is_member || !one_in(3) {
                continue;
            }
            let text = format!("question {}", self.asked.len());
            let is_online = self.is_online;
            let person = &mut self.people[place];
            let rig = self.rig.as_mut().unwrap();
            let sealed = person.phone.seal(&rig.nodes, &text, Some(ROOM));
            if is_online {
                rig.told(person.nick, &sealed);
            } else {
                rig.count += 1;
                let (id, mark) = (format!("m{}", rig.count), format!("a{}", rig.count));
                let author = format!(
                    "<x xmlns='http://jabber.org/protocol/muc#user'><item jid='{}/phone'/></x>",
                    person.phone.jid
                );
                let inner = format!("{}{author}", super::sealed(&sealed));
                rig.archive.push((mark, in_room(person.nick, &id, "none", &inner)));
            }
            self.asked.push(text);
        }
    }

    fn speak(&mut self) {
        for _ in 0..below(3) {
            let text = format!("answer {}", self.said.len());
            let id = self.rig().say(&text).0;
            let readers = self.people.iter().map(|person| person.is_member).collect();
            self.said.insert(id, Said { text, readers });
        }
    }

    /// What the bot has said reaches the room, and all who are in it.
    fn show(&mut self) {
        for stanza in std::mem::take(&mut self.rig().said) {
            assert!(self.is_online);
            if one_in(15) {
                // Cut: before the room has it, or before the bot hears of that.
                if one_in(2) {
                    self.reach_people(&stanza);
                    let inner: String = stanza.children().map(|child| child.print(ns::CLIENT)).collect();
                    let id = stanza.attribute("id").unwrap();
                    let kept = (format!("r-{id}"), in_room("Robo", id, "none", &inner));
                    self.rig().archive.push(kept);
                }
                self.go_offline();
                return;
            }
            self.reach_people(&stanza);
            self.rig().reflect(&stanza);
        }
    }

    fn reach_people(&mut self, stanza: &Element) {
        let id = stanza.attribute("id").unwrap().to_string();
        let said = &self.said[&id];
        assert!(!self.shown.contains(&id), "{} is shown twice", said.text);
        for (person, was_member) in self.people.iter_mut().zip(&said.readers) {
            let read = person.phone.reads(stanza);
            match (person.is_member, was_member) {
                (true, true) => assert_eq!(read, Ok(Some(said.text.clone())), "{}", person.nick),
                (false, false) => assert_eq!(read, Err(omemo::Error::NotForUs), "{}", person.nick),
                // It was sealed before or after.
                _ => {}
            }
            person.heard.extend(read.ok().flatten());
        }
        self.shown.push(id);
    }

    /// Messages without a text, to one alone.
    fn deliver_whispers(&mut self) {
        for stanza in self.rig().take_whispered() {
            let to = stanza.attribute("to").unwrap();
            let person = self.people.iter_mut().find(|person| person.phone.jid == to).expect("known");
            assert_eq!(person.phone.hear(&stanza), Ok(None), "nothing is said in private: {stanza:?}");
        }
    }

    fn go_offline(&mut self) {
        self.is_online = false;
        self.rig().offline();
    }

    fn come_back(&mut self) {
        if one_in(2) {
            let rig = self.rig.take().unwrap();
            self.rig = Some(rig.killed(Encrypt::Required));
        }
        self.rig().online();
        self.show_people();
        self.rig().let_in();
        self.rig().archive.clear();
        self.is_online = true;
    }

    fn pass(&mut self) {
        match self.is_online {
            true if one_in(20) => self.go_offline(),
            false if one_in(3) => self.come_back(),
            _ => {}
        }
        if one_in(30) {
            self.change_members();
        }
        self.hear_people();
        self.show();
        self.speak();
        self.show();
        for seconds in [60, below(2 * 3600) as u64] {
            self.rig().wait(seconds);
            self.show();
        }
        if self.is_online {
            self.deliver_whispers();
        }
        let updates = self.rig().take_kind("message");
        self.taken.extend(updates);
    }
}

#[test]
fn five_weeks_in_a_private_room() {
    let mut life = Life::new();
    for _ in 0..HOURS {
        life.pass();
    }
    while !life.is_online || !life.rig().said.is_empty() {
        if !life.is_online {
            life.come_back();
        }
        life.rig().wait(60);
        life.show();
    }
    life.deliver_whispers();
    let updates = life.rig().take_kind("message");
    life.taken.extend(updates);

    assert!(life.asked.len() > 400 && life.said.len() > 400, "{} and {}", life.asked.len(), life.said.len());
    assert_eq!(life.taken.len(), life.asked.len());
    for text in &life.asked {
        let body = format!(r#""body":"{text}""#);
        assert_eq!(life.taken.iter().filter(|update| update.contains(&body)).count(), 1, "{text}");
    }
    assert_eq!(life.shown.len(), life.said.len());
    for person in &life.people[..2] {
        let mut heard: Vec<&String> = person.heard.iter().collect();
        heard.sort();
        let mut said: Vec<&String> = life.said.values().map(|said| &said.text).collect();
        said.sort();
        assert_eq!(heard, said, "{}", person.nick);
    }
    assert!(life.people[2].heard.len() > 50, "carol was there, too");
}
