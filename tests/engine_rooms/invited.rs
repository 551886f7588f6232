//! Invitations: whom a bot follows, what others hear, and what it costs.

use super::*;

const DEN: &str = "den@muc.example.org";

impl Rig {
    /// A bot for so many people, online.
    fn cloud(access: Access, contacts: &[&str]) -> Rig {
        let contacts = contacts.iter().map(|jid| bare(jid)).collect();
        let new = NewBot { mode: Mode::Cloud, access, contacts, ..dedicated("Robo", OWNER, ROBOT) };
        let (core, bot) = Core::with_bot(Store::memory(), setup(settings()), new);
        let mut rig = Rig::with(core, bot);
        rig.online(false);
        rig.answers.clear();
        rig.sent.clear();
        rig
    }

    fn entered(&mut self, room: &str) -> bool {
        let sent = std::mem::take(&mut self.sent);
        sent.iter().any(|stanza| stanza.starts_with("<presence") && stanza.contains(&format!("to='{room}/Robo'")))
    }
}

fn direct(from: &str, room: &str) -> String {
    format!("<message from='{from}/phone' to='{ROBOT}'><x xmlns='jabber:x:conference' jid='{room}'/></message>")
}

fn mediated(from: &str, room: &str) -> String {
    format!(
        "<message from='{room}' to='{ROBOT}'><x xmlns='http://jabber.org/protocol/muc#user'>\
         <invite from='{from}/phone'/></x></message>"
    )
}

#[test]
fn only_those_named_are_followed() {
    let anna = "anna@example.org";
    for (access, contacts, expected) in [
        (Access::Owner, &[][..], false),
        (Access::List, &[anna][..], true),
        (Access::List, &[], false),
        (Access::Public, &[], false),
        (Access::Public, &[anna], true),
    ] {
        for form in [direct, mediated] {
            let mut rig = Rig::cloud(access, contacts);
            rig.message(&form(anna, DEN));
            assert_eq!(rig.entered(DEN), expected, "{access:?} {contacts:?}");
            let mut rig = Rig::cloud(access, contacts);
            rig.message(&form(OWNER, DEN));
            assert!(rig.entered(DEN), "{access:?}");
        }
    }
}

/// Anybody may run a service that passes on what nobody has said.
#[test]
fn a_foreign_service_cannot_speak_for_others() {
    let mut rig = Rig::cloud(Access::Public, &["eva@elsewhere.net"]);
    for room in ["den@muc.evil.org", "den@evilexample.org", "den@example.org.evil.net"] {
        rig.message(&mediated(OWNER, room));
        assert!(!rig.entered(room), "{room}");
    }
    // Their own server could say it in their name, too.
    rig.message(&mediated("eva@elsewhere.net", "den@rooms.elsewhere.net"));
    assert!(rig.entered("den@rooms.elsewhere.net"));
    rig.message(&direct(OWNER, "den@muc.evil.org"));
    assert!(rig.entered("den@muc.evil.org"));
}

#[test]
fn strangers_cost_nothing_and_the_owner_is_told_once_a_day() {
    let mut rig = Rig::cloud(Access::Public, &[]);
    for n in 0..260 {
        let room = format!("den{n}@muc.example.org");
        let form = if n % 2 == 0 { direct } else { mediated };
        rig.message(&form(&format!("stranger{n}@example.org"), &room));
    }
    let notices = |rig: &mut Rig| -> Vec<String> {
        let sent = std::mem::take(&mut rig.sent);
        assert!(!sent.iter().any(|stanza| stanza.starts_with("<presence")), "{sent:?}");
        let declined = sent.iter().filter(|stanza| stanza.contains("<decline")).count();
        assert!(declined <= 20, "{declined}");
        sent.into_iter().filter(|stanza| stanza.contains(&format!("to='{OWNER}'"))).collect()
    };
    let told = notices(&mut rig);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("den0@muc.example.org") && told[0].contains("not follow: 1,"), "{told:?}");
    rig.wait(25 * 3600);
    rig.message(&direct("stranger@example.org", DEN));
    let told = notices(&mut rig);
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("not follow: 260,") && told[0].contains(DEN), "{told:?}");
}

/// The room, which asked, is told no; a person who may not speak to the bot hears nothing.
#[test]
fn declined() {
    let mut rig = Rig::cloud(Access::Public, &[]);
    rig.message(&mediated("eva@example.org", DEN));
    let declined: Vec<_> = rig.sent.iter().filter(|stanza| stanza.contains("<decline")).collect();
    assert_eq!(declined.len(), 1);
    assert!(declined[0].contains(&format!("to='{DEN}'")) && declined[0].contains("eva@example.org"), "{declined:?}");
    let mut rig = Rig::cloud(Access::Owner, &[]);
    rig.message(&mediated("eva@example.org", DEN));
    assert!(!rig.sent.iter().any(|stanza| stanza.contains("<decline")), "{:?}", rig.sent);
}

#[test]
fn there_is_an_end_to_rooms() {
    let mut rig = Rig::cloud(Access::Owner, &[]);
    let mut count = 0;
    for n in 0..80 {
        let room = format!("den{n}@muc.example.org");
        rig.message(&direct(OWNER, &room));
        count += usize::from(rig.entered(&room));
    }
    assert_eq!(count, 50);
    let room = "another@muc.example.org";
    rig.ask(Question::JoinRoom(NewRoom { room: bare(room), nick: None, password: None }));
    assert!(rig.entered(room), "its program may go on");
}
