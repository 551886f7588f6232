//! Who may read what is said.

use super::*;
use crate::xmpp::muc::presence::Affiliation;

fn list(jids: &[&str]) -> Result<Option<Element>, StanzaError> {
    let mut query = Element::new("query", ns::MUC_ADMIN);
    for jid in jids {
        query = query.with_child(Element::new("item", ns::MUC_ADMIN).with("jid", jid));
    }
    Ok(Some(query))
}

impl Scene {
    fn readers(&self) -> Vec<String> {
        let readers = self.room.readers(self.now.mono).expect("known");
        readers.iter().map(ToString::to_string).collect()
    }

    /// The room shows its lists; the last question is that for members.
    fn listed(owners: &[&str], members: &[&str]) -> Scene {
        let mut scene = Scene::joined();
        scene.input(Input::Members);
        assert_eq!(scene.questions(), [ns::MUC_ADMIN; 3]);
        scene.answer(list(members));
        scene.answer(list(&[]));
        assert!(scene.room.readers(scene.now.mono).is_none() && scene.told().is_empty());
        scene.answer(list(owners));
        assert_eq!(scene.told(), ["members"]);
        scene
    }
}

#[test]
fn lists_and_occupants_together() {
    let mut scene = Scene::listed(&["boss@here"], &["me@here", "away@here"]);
    assert_eq!(scene.readers(), ["away@here", "boss@here", "me@here"]);
    scene.presence("guest", "", "<item affiliation='none' role='participant' jid='guest@there/phone'/>");
    assert_eq!(scene.readers(), ["away@here", "boss@here", "guest@there", "me@here"]);
    scene.presence("guest", "type='unavailable'", "<item affiliation='none' role='none'/>");
    assert_eq!(scene.readers(), ["away@here", "boss@here", "me@here"]);
    // Known, it is not asked again; after a while it is.
    scene.input(Input::Members);
    assert!(scene.asked.is_empty());
    scene.set(scene.now.mono + limits::ROOM_MEMBERS_FRESH);
    assert!(scene.room.readers(scene.now.mono).is_none());
    scene.input(Input::Members);
    scene.input(Input::Members);
    assert_eq!(scene.asked.len(), 3);
}

#[test]
fn whoever_is_removed_does_not_read_on() {
    let mut scene = Scene::listed(&["boss@here"], &["a@here", "b@here", "c@here"]);
    scene.presence("a", "", "<item affiliation='member' role='participant' jid='a@here/phone'/>");
    scene.presence(
        "a",
        "type='unavailable'",
        "<item affiliation='none' role='none' jid='a@here/phone'/><status code='321'/>",
    );
    assert_eq!(scene.readers(), ["b@here", "boss@here", "c@here"]);
    // He is not there; the room only tells of it.
    let change = |jid: &str, affiliation| vec![(BareJid::parse(jid).unwrap(), affiliation)];
    scene.input(Input::Affiliations(change("b@here", Affiliation::None)));
    scene.input(Input::Affiliations(change("d@here", Affiliation::Member)));
    assert_eq!(scene.readers(), ["boss@here", "c@here", "d@here"]);
    // While the lists are on their way, too.
    scene.set(scene.now.mono + limits::ROOM_MEMBERS_FRESH);
    scene.input(Input::Members);
    scene.answer(list(&["c@here", "d@here"]));
    scene.input(Input::Affiliations(change("c@here", Affiliation::Outcast)));
    scene.answer(list(&[]));
    scene.answer(list(&["boss@here"]));
    assert_eq!(scene.readers(), ["boss@here", "d@here"]);
}

#[test]
fn a_room_that_does_not_tell() {
    let mut scene = Scene::joined();
    scene.presence("a", "", "<item affiliation='owner' role='moderator' jid='a@here/phone'/>");
    scene.presence("x", "", "<item affiliation='outcast' role='none' jid='x@here/phone'/>");
    scene.input(Input::Members);
    scene.answer(failure("auth", "forbidden"));
    scene.answer(Ok(None));
    // The last answer never comes.
    scene.pass(limits::IQ_TIMEOUT.as_secs() + 1);
    assert_eq!(scene.told(), ["members"]);
    assert_eq!(scene.readers(), ["a@here"]);
    // Somebody drops off, and the room does not say what he is.
    let mut scene = Scene::listed(&[], &["a@here"]);
    scene.presence("a", "", "<item affiliation='member' role='participant' jid='a@here/phone'/>");
    scene.presence("a", "type='unavailable'", "");
    assert!(scene.room.readers(scene.now.mono).is_none());
}

#[test]
fn a_new_stay_begins_without_them() {
    let mut scene = Scene::listed(&[], &["a@here"]);
    scene.input(Input::Offline);
    scene.input(Input::Online { resumed: false });
    assert!(scene.room.readers(scene.now.mono).is_none());
    let mut scene = Scene::listed(&[], &["a@here"]);
    scene.set(scene.now.mono + limits::ROOM_MEMBERS_FRESH);
    scene.input(Input::Members);
    scene.input(Input::Offline);
    scene.asked.clear();
    scene.input(Input::Online { resumed: true });
    scene.input(Input::Members);
    assert!(scene.questions().contains(&ns::MUC_ADMIN), "asked anew");
}
