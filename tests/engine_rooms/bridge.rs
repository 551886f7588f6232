//! Links between a room and a chat with one person: what is said on one side is said on the other, and what becomes of it
//! follows. Both are XMPP here; the rules are the same for whatever channel.

use super::actions::WITH_IDS;
use super::*;

impl Rig {
    /// In a room, wanting every type of update, with the room joined to its owner's chat.
    fn linked() -> Rig {
        let mut rig = Rig::new();
        rig.ask(join());
        rig.let_in(WITH_IDS);
        rig.end_of_archive("");
        rig.answer().unwrap();
        rig.told();
        rig.link(NewLink { here: Some(bare(ROOM)), ..NewLink::new(bare(OWNER)) }).unwrap();
        rig.sent.clear();
        rig
    }

    fn link(&mut self, new: NewLink) -> Result<LinkRow, Failure> {
        match self.bridge(BridgeQuestion::Link(new))? {
            BridgeAnswer::Linked(row) => Ok(*row),
            other => panic!("{other:?}"),
        }
    }

    fn bridge(&mut self, question: BridgeQuestion) -> Result<BridgeAnswer, Failure> {
        self.ask(Question::Bridge(question));
        match self.answers.pop().expect("answered at once")? {
            Answer::Bridge(answer) => Ok(answer),
            other => panic!("{other:?}"),
        }
    }

    /// The owner writes to the bot.
    fn owner(&mut self, id: &str, inside: &str) {
        self.message(&format!("<message from='{OWNER}/phone' to='{ROBOT}' type='chat' id='{id}'>{inside}</message>"));
    }

    /// Somebody in the room.
    fn alice(&mut self, id: &str, inside: &str) {
        self.message(&format!(
            "<message from='{ROOM}/alice' type='groupchat' id='w-{id}'>{inside}\
             <occupant-id xmlns='urn:xmpp:occupant-id:0' id='o-alice'/>\
             <stanza-id xmlns='urn:xmpp:sid:0' by='{ROOM}' id='{id}'/></message>"
        ));
    }

    /// What went out since the last look: whether to the room, the text, and the whole stanza.
    fn out(&mut self) -> Vec<(bool, String, String)> {
        let sent = std::mem::take(&mut self.sent).into_iter();
        let sorted = sent.map(|stanza| {
            let body = parse(&stanza).text_of("body", "jabber:client").unwrap_or_default();
            (stanza.contains("groupchat"), body, stanza)
        });
        sorted.filter(|(_, _, stanza)| stanza.starts_with("<message")).collect()
    }

    /// The only thing that went out: to the room or to the owner, this text.
    fn one(&mut self, is_to_room: bool, text: &str) -> String {
        let out = self.out();
        assert_eq!(out.len(), 1, "{out:#?}");
        assert_eq!((out[0].0, out[0].1.as_str()), (is_to_room, text));
        out[0].2.clone()
    }

    /// The room has shown what we said there last.
    fn shown(&mut self, stanza: &str, archive_id: &str) {
        let id = id_of(stanza);
        self.reflect(&id, archive_id);
    }
}

fn id_of(stanza: &str) -> String {
    parse(stanza).attribute("id").expect("an id").to_string()
}

fn body(text: &str) -> String {
    format!("<body>{text}</body>")
}

#[test]
fn what_is_said_on_one_side_is_said_on_the_other() {
    let mut rig = Rig::linked();
    rig.owner("c1", &body("Hello room"));
    rig.one(true, "[XMPP] ralf@example.org: Hello room");
    rig.alice("r1", &body("&gt; Hello\nHi"));
    rig.one(false, "[XMPP] alice:\n> Hello\nHi");
    // Its program is told of both all the same, and what the bot said is no news.
    let told = rig.told();
    assert!(told.len() == 2 && told[0].contains("Hello room") && told[1].contains("Hi"), "{told:?}");
    // Commands are no talk, and what comes twice passes once.
    rig.owner("c2", &body("/help"));
    assert!(rig.out().iter().all(|(is_to_room, ..)| !is_to_room));
    rig.alice("r1", &body("&gt; Hello\nHi"));
    assert_eq!(rig.out(), []);
}

#[test]
fn answers_edits_and_deletions_follow() {
    let mut rig = Rig::linked();
    rig.owner("c1", &body("Tea?"));
    let tea = rig.one(true, "[XMPP] ralf@example.org: Tea?");
    rig.shown(&tea, "a1");
    // Alice answers what the bot said in the owner's place: it is his message that she answers.
    rig.alice("r2", &format!("{}<reply xmlns='urn:xmpp:reply:0' id='a1'/>", body("Yes")));
    let yes = rig.one(false, "[XMPP] alice: Yes");
    assert!(yes.contains("<reply xmlns='urn:xmpp:reply:0'") && yes.contains("id='c1'/>"), "{yes}");
    // The other way round: the room knows hers by the id it gave it.
    let reply = format!("<reply xmlns='urn:xmpp:reply:0' id='{}'/>", id_of(&yes));
    rig.owner("c2", &format!("{}{reply}", body("Now")));
    let now = rig.one(true, "[XMPP] ralf@example.org: Now");
    assert!(now.contains("id='r2'"), "{now}");

    rig.alice("r3", &format!("{}<replace xmlns='urn:xmpp:message-correct:0' id='w-r2'/>", body("No")));
    let no = rig.one(false, "[XMPP] alice: No");
    assert!(no.contains(&format!("<replace xmlns='urn:xmpp:message-correct:0' id='{}'", id_of(&yes))), "{no}");
    // Answers to the correction mean the same message.
    rig.owner("c1b", &format!("{}<replace xmlns='urn:xmpp:message-correct:0' id='c1'/>", body("Coffee?")));
    let coffee = rig.one(true, "[XMPP] ralf@example.org: Coffee?");
    assert!(coffee.contains(&format!("id='{}'/>", id_of(&tea))), "{coffee}");

    rig.alice("r4", "<retract xmlns='urn:xmpp:message-retract:1' id='r2'/>");
    let gone = rig.out();
    assert!(
        gone.len() == 1
            && gone[0].2.contains(&format!("<retract xmlns='urn:xmpp:message-retract:1' id='{}'", id_of(&yes))),
        "{gone:?}"
    );
    rig.owner("c3", "<retract xmlns='urn:xmpp:message-retract:1' id='c1'/>");
    let gone = rig.out();
    assert!(
        gone.len() == 1 && gone[0].0 && gone[0].2.contains("<retract xmlns='urn:xmpp:message-retract:1' id='a1'"),
        "{gone:?}"
    );
    // Nobody changes what somebody else said.
    rig.message(&format!(
        "<message from='{ROOM}/mallory' type='groupchat' id='w-r9'><body>Never</body>\
         <replace xmlns='urn:xmpp:message-correct:0' id='w-r3'/><occupant-id xmlns='urn:xmpp:occupant-id:0' id='o-m'/>\
         <stanza-id xmlns='urn:xmpp:sid:0' by='{ROOM}' id='r9'/></message>"
    ));
    let never = rig.one(false, "[XMPP] mallory: Never");
    assert!(!never.contains("<replace"), "{never}");
}

#[test]
fn reactions_follow_and_the_newest_is_shown() {
    let mut rig = Rig::linked();
    let reaction = |id: &str, emoji: &str| {
        let emoji = if emoji.is_empty() { String::new() } else { format!("<reaction>{emoji}</reaction>") };
        format!("<reactions xmlns='urn:xmpp:reactions:0' id='{id}'>{emoji}</reactions>")
    };
    rig.alice("r1", &body("Cake!"));
    let cake = rig.one(false, "[XMPP] alice: Cake!");
    rig.owner("c1", &reaction(&id_of(&cake), "👍"));
    let like = rig.one(true, "");
    assert!(like.contains("id='r1'") && like.contains("👍"), "{like}");
    rig.owner("c2", &body("Mine"));
    let mine = rig.one(true, "[XMPP] ralf@example.org: Mine");
    rig.shown(&mine, "a2");
    rig.alice("r2", &reaction("a2", "😀"));
    assert!(rig.one(false, "").contains("😀"));
    let bob = |id: &str, emoji: &str| {
        format!(
            "<message from='{ROOM}/bob' type='groupchat' id='w-{id}'>{}<stanza-id xmlns='urn:xmpp:sid:0' by='{ROOM}' \
             id='{id}'/></message>",
            reaction("a2", emoji)
        )
    };
    rig.message(&bob("r3", "🎉"));
    assert!(rig.one(false, "").contains("🎉"));
    // Alice takes hers back: Bob's is still there; then nobody's is.
    rig.alice("r4", &reaction("a2", ""));
    assert!(rig.one(false, "").contains("🎉"));
    rig.message(&bob("r5", ""));
    let none = rig.one(false, "");
    assert!(none.contains("urn:xmpp:reactions:0") && !none.contains("<reaction>"), "{none}");
}

#[test]
fn what_the_bot_says_itself_passes_from_a_room_and_not_from_a_chat() {
    let mut rig = Rig::linked();
    let id = rig.say("I am the bot");
    let out = rig.out();
    assert_eq!(out.len(), 2, "{out:?}");
    assert_eq!((out[1].0, out[1].1.as_str()), (false, "I am the bot"));
    let copy = id_of(&out[1].2);
    rig.reflect(&id, "a1");
    // What it does to that follows.
    let edit = BotAction::Edit { message_id: id.clone(), text: "I was".to_string(), keyboard: None };
    rig.ask(Question::Act(NewAction { to: full(ROOM), kind: Kind::Groupchat, action: edit, idempotency_key: None }));
    rig.answer().unwrap();
    let out = rig.out();
    assert!(out.len() == 2 && out[1].1 == "I was" && out[1].2.contains(&format!("id='{copy}'/>")), "{out:?}");
    // To the owner alone.
    rig.ask(Question::SendMessage(message(OWNER, "For you")));
    rig.answer().unwrap();
    rig.one(false, "For you");
    // And what is said across by its owner's wish stays there.
    let new = NewAcross { chat: None, text: "Across".to_string(), idempotency_key: Some("k".to_string()) };
    rig.bridge(BridgeQuestion::Send(new.clone())).unwrap();
    rig.one(false, "Across");
    rig.bridge(BridgeQuestion::Send(new)).unwrap();
    assert_eq!(rig.out(), [], "the same key says nothing twice");
}

#[test]
fn a_link_is_forward_off_and_gone() {
    let mut rig = Rig::linked();
    let chat = || NewLink::new(bare(OWNER));
    rig.link(NewLink { mode: Some(LinkMode::Forward), ..chat() }).unwrap();
    rig.owner("c1", &body("There to here"));
    rig.alice("r1", &body("Here to there"));
    rig.one(false, "[XMPP] alice: Here to there");
    let row = rig.link(NewLink { is_enabled: Some(false), alias: Some("me".into()), ..chat() }).unwrap();
    assert_eq!((row.mode, row.alias.as_str()), (LinkMode::Forward, "me"));
    rig.alice("r2", &body("Nobody hears"));
    assert_eq!(rig.out(), []);
    let format_there = Some("<{name}> {text}".to_string());
    rig.link(NewLink { is_enabled: Some(true), format_there, mode: Some(LinkMode::Bridge), ..chat() }).unwrap();
    // It is there after a restart, and so is what passed.
    rig.alice("r3", &body("Kept"));
    let kept = rig.one(false, "<alice> Kept");
    let mut rig = rig.killed();
    rig.online(false);
    rig.let_in(WITH_IDS);
    rig.end_of_archive("r3");
    rig.sent.clear();
    rig.owner("c2", &format!("{}<reply xmlns='urn:xmpp:reply:0' id='{}'/>", body("So"), id_of(&kept)));
    assert!(rig.one(true, "[XMPP] ralf@example.org: So").contains("id='r3'"));
    rig.bridge(BridgeQuestion::Unlink("ME".into())).unwrap();
    rig.owner("c3", &body("Alone"));
    assert_eq!(rig.out(), []);
    let refusal = rig.bridge(BridgeQuestion::Unlink("me".into())).unwrap_err();
    assert_eq!(refusal.to_string(), "this bot has no link with me; it has none");
}

#[test]
fn who_may_be_joined_and_how_it_is_called() {
    let mut rig = Rig::linked();
    let refusal = |rig: &mut Rig, new: NewLink| rig.link(new).unwrap_err().to_string();
    let stranger = refusal(&mut rig, NewLink::new(bare("stranger@example.org")));
    assert!(stranger.starts_with("`chat` must be somebody who may write to this bot"), "{stranger}");
    let same = refusal(&mut rig, NewLink { here: Some(bare(OWNER)), ..NewLink::new(bare(OWNER)) });
    assert_eq!(same, "`here` must be another conversation than the one it is joined to");
    for alias in ["two words", "-100", &"x".repeat(33)] {
        let alias = refusal(&mut rig, NewLink { alias: Some(alias.to_string()), ..NewLink::new(bare(OWNER)) });
        assert!(alias.starts_with("`alias` must be one word"), "{alias}");
    }
    let format = refusal(&mut rig, NewLink { format_here: Some("{name}".into()), ..NewLink::new(bare(OWNER)) });
    assert_eq!(format, "`format_here` must be one line of at most 200 bytes with {text} in it once");
}

#[test]
fn an_owner_hears_once_that_nothing_passes() {
    let mut rig = Rig::linked();
    rig.ask(Question::LeaveRoom(bare(ROOM)));
    rig.presence("Robo", "type='unavailable'", SELF);
    rig.out();
    rig.owner("c1", &body("Anybody?"));
    let told = rig.out();
    assert!(told.len() == 1 && told[0].1.contains("does not pass"), "{told:?}");
    rig.owner("c2", &body("Hello?"));
    assert_eq!(rig.out(), []);
    let Ok(BridgeAnswer::Links(links, _)) = rig.bridge(BridgeQuestion::List) else { panic!() };
    assert!(links[0].trouble.is_some());
}
