//! What bots do as moderators, by their programs and by the word of their owners.

use botmother::xmpp::stanza::StanzaError;

use super::actions::WITH_IDS;
use super::*;

const MODERATOR: &str = "<x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='admin' role='moderator'/>\
                         <status code='110'/></x>";

impl Rig {
    /// In a room as its moderator; its features and these are what it has.
    fn moderating(features: &str) -> Rig {
        let mut rig = Rig::new();
        rig.ask(join());
        rig.let_in(&WITH_IDS.replace("</query>", &format!("{features}</query>")));
        rig.end_of_archive("");
        rig.answer().unwrap();
        rig.presence("Robo", "", MODERATOR);
        rig.asked.clear();
        rig
    }

    /// The bot's program wishes it; gives what the room is asked.
    fn wish(&mut self, action: RoomAction) -> String {
        self.ask(wish(action));
        assert!(self.answers.is_empty(), "before the room has answered: {:?}", self.answers);
        self.asked.last().expect("the room is asked").1.clone()
    }

    /// The room's answer to the last question.
    fn decide(&mut self, outcome: Result<(), StanzaError>) {
        let (tag, _) = self.asked.pop().unwrap();
        self.session(session::Event::Answer { tag, outcome: outcome.map(|()| None) });
    }

    /// The owner says it in the bot's chat; what he is told at once.
    fn owner_says(&mut self, body: &str) -> String {
        self.sent.clear();
        self.message(&format!(
            "<message from='{OWNER}/p' type='chat' id='{}'><body>{body}</body></message>",
            body.len()
        ));
        self.sent.concat()
    }
}

fn wish(action: RoomAction) -> Question {
    let room = full(ROOM).bare();
    Question::ModerateRoom(RoomModeration { room, action, reason: Some("too loud".to_string()) })
}

#[test]
fn the_rooms_answer_is_the_programs() {
    let mut rig = Rig::moderating("");
    let asked = rig.wish(RoomAction::Kick("anna".into()));
    assert!(asked.contains("<item nick='anna' role='none'><reason>too loud</reason></item>"), "{asked}");
    rig.decide(Ok(()));
    assert_eq!(rig.answer(), Ok(()));

    rig.wish(RoomAction::Mute("anna".into()));
    rig.decide(Err(StanzaError::new("cancel", "not-allowed")));
    assert_eq!(rig.answer().unwrap_err(), format!("the room {ROOM} refused it: not-allowed"));
    // Whether the room has done it cannot be known any more.
    rig.wish(RoomAction::Unmute("anna".into()));
    rig.decide(Err(StanzaError::new("cancel", "recipient-unavailable")));
    assert!(rig.answer().unwrap_err().contains("is not known"));
}

#[test]
fn whoever_is_banned_is_known_by_his_address() {
    let mut rig = Rig::moderating("");
    let ban = |who: &str| RoomAction::Ban(Occupier::of(who));
    rig.ask(wish(ban("anna")));
    assert!(rig.answer().unwrap_err().contains("nobody is called anna"));
    rig.presence("anna", "", "<x xmlns='http://jabber.org/protocol/muc#user'><item role='participant'/></x>");
    rig.ask(wish(ban("anna")));
    assert!(rig.answer().unwrap_err().contains("does not show who anna is"));
    let seen = "<x xmlns='http://jabber.org/protocol/muc#user'><item role='participant' jid='anna@here/p'/></x>";
    rig.presence("anna", "", seen);
    assert!(rig.wish(ban("anna")).contains("affiliation='outcast' jid='anna@here'"));
    rig.decide(Ok(()));
    rig.answer().unwrap();
    assert!(rig.wish(ban("bob@there")).contains("affiliation='outcast' jid='bob@there'"));
    rig.decide(Ok(()));
    rig.answer().unwrap();
    let unban = RoomAction::Unban(full("bob@there").bare());
    assert!(rig.wish(unban).contains("affiliation='none' jid='bob@there'"));
}

#[test]
fn messages_are_taken_away_as_the_room_can() {
    let mut rig = Rig::moderating("");
    rig.ask(wish(RoomAction::Retract("a1".into())));
    assert!(rig.answer().unwrap_err().contains("XEP-0425"));

    let mut rig = Rig::moderating("<feature var='urn:xmpp:message-moderate:1'/>");
    let asked = rig.wish(RoomAction::Retract("a1".into()));
    assert!(asked.starts_with("<moderate xmlns='urn:xmpp:message-moderate:1' id='a1'>"), "{asked}");
    rig.decide(Ok(()));
    rig.answer().unwrap();

    let mut rig = Rig::moderating("<feature var='urn:xmpp:message-moderate:0'/>");
    let asked = rig.wish(RoomAction::Retract("a1".into()));
    assert!(asked.starts_with("<apply-to xmlns='urn:xmpp:fasten:0' id='a1'>"), "{asked}");
}

#[test]
fn who_is_no_moderator_asks_nothing() {
    let mut rig = Rig::new();
    rig.ask(wish(RoomAction::Kick("anna".into())));
    assert!(rig.answer().unwrap_err().contains("is not in the room"));
    let mut rig = Rig::moderating("");
    rig.presence("Robo", "", SELF);
    rig.ask(wish(RoomAction::Kick("anna".into())));
    assert!(rig.answer().unwrap_err().contains("is no moderator"));
    assert!(rig.asked.is_empty(), "{:?}", rig.asked);
}

#[test]
fn the_owner_does_it_in_the_bots_chat() {
    let mut rig = Rig::moderating("");
    assert!(rig.owner_says("/room").contains(&format!("{ROOM}: moderator")));
    assert!(rig.owner_says("/room kick anna too loud").contains(&format!("I ask {ROOM}.")));
    assert!(rig.asked.last().unwrap().1.contains("<item nick='anna' role='none'><reason>too loud</reason></item>"));
    rig.sent.clear();
    rig.decide(Ok(()));
    assert!(rig.sent.concat().contains(&format!("Done in {ROOM}: kick anna")), "{:?}", rig.sent);
    // A nick may have spaces, and the room may be named.
    rig.owner_says(&format!("/room {ROOM} mute \"Anna B\""));
    assert!(rig.asked.last().unwrap().1.contains("<item nick='Anna B' role='visitor'/>"));
    rig.sent.clear();
    rig.decide(Err(StanzaError::new("auth", "forbidden")));
    assert!(rig.sent.concat().contains("refused it: forbidden"), "{:?}", rig.sent);
    assert!(rig.owner_says("/room dance").contains("Usage: /room"));
    assert!(rig.asked.is_empty());
}
