//! Personal bots in rooms: several of one account, as one occupant beside its owner's clients.

use super::*;

impl Rig {
    /// The owner's account, online, with so many personal bots; gives their tokens.
    fn personal(count: usize) -> (Rig, Vec<BotInfo>) {
        let mut core = Core::new(Store::memory(), setup(settings()));
        let (host, ca_file, pin) = Default::default();
        let (jid, password) = (bare(ROBOT), Secret::new("pw"));
        let account = Question::AddAccount(NewAccount { jid, password, host, ca_file, pin });
        core.account = started(&core.batch(vec![patient(Caller::Admin, account)]));
        let mut bots = Vec::new();
        for n in 0..count {
            let new = NewBot::new(&format!("Bot{n}"), bare(ROBOT));
            for outcome in answers(core.batch(vec![patient(Caller::Admin, Question::CreateBot(new))])) {
                if let Ok(Answer::Created(info)) = outcome {
                    bots.push(info);
                }
            }
        }
        let mut rig = Rig::with(core, bots[0].clone());
        rig.online(false);
        for bot in &bots {
            rig.as_bot(bot).updates();
        }
        (rig, bots)
    }

    fn as_bot(&mut self, bot: &BotInfo) -> &mut Rig {
        self.bot = bot.clone();
        self
    }

    fn admin(&mut self, question: Question) {
        self.batch(vec![patient(Caller::Admin, question)]);
        self.answer().unwrap();
    }

    /// Two bots in the room as `Robo`.
    fn shared() -> (Rig, BotInfo, BotInfo, BotInfo) {
        let (mut rig, bots) = Rig::personal(3);
        let [one, two, three] = bots.try_into().map_err(|_| "three").unwrap();
        let nick = Some("Robo".to_string());
        rig.as_bot(&one).ask(Question::JoinRoom(NewRoom { room: bare(ROOM), nick, password: None }));
        rig.let_in(WITH_ARCHIVE);
        rig.end_of_archive("");
        assert_eq!(rig.answer(), Ok(()));
        rig.as_bot(&two).ask(join());
        assert_eq!(rig.answer(), Ok(()), "it is in at once");
        for bot in [&one, &two] {
            assert_eq!(rig.as_bot(bot).updates(), [format!("room_joined {ROOM}")]);
        }
        assert!(!rig.asked.iter().any(|(_, payload)| payload.contains("bookmarks")), "{:?}", rig.asked);
        rig.sent.clear();
        (rig, one, two, three)
    }

    /// Let in under a nick of its own.
    fn let_in_as(&mut self, nick: &str) {
        self.presence(nick, "", SELF);
        self.reply("disco#info", WITH_ARCHIVE);
        self.subject();
        self.end_of_archive("");
        assert_eq!(self.answer(), Ok(()));
    }

    fn leave(&mut self) -> Result<(), String> {
        self.ask(Question::LeaveRoom(bare(ROOM)));
        if self.answers.is_empty() {
            self.wait(6);
        }
        self.answer()
    }
}

#[test]
fn those_that_joined_hear_and_none_hears_another() {
    let (mut rig, one, two, three) = Rig::shared();
    rig.groupchat("alice", "a1", "hello");
    let id = rig.as_bot(&one).say("from one");
    rig.reflect(&id, "a2");
    // The owner's own client, in the room too; and under our nick.
    rig.groupchat("boss", "a3", "from its owner");
    rig.groupchat("Robo", "a4", "by whatever client");
    let mut updates = |bot: &BotInfo| rig.as_bot(bot).updates();
    assert_eq!(updates(&one), ["message hello", "message_state sent", "message from its owner"]);
    assert_eq!(updates(&two), ["message hello", "message from its owner"]);
    assert_eq!(updates(&three), Vec::<String>::new());
    rig.as_bot(&three).ask(say("I am not in"));
    assert!(rig.answer().unwrap_err().contains("call joinRoom first"));
    rig.as_bot(&two).ask(Question::JoinRoom(NewRoom { room: bare(ROOM), nick: Some("other".into()), password: None }));
    assert!(rig.answer().unwrap_err().contains("all are Robo there"));
    assert!(!rig.sent.iter().any(|stanza| stanza.contains("/other")));
}

#[test]
fn the_last_one_takes_the_occupant_with_it() {
    let (mut rig, one, two, three) = Rig::shared();
    assert!(rig.as_bot(&three).leave().unwrap_err().contains("not in the room"));
    assert_eq!(rig.as_bot(&one).leave(), Ok(()));
    assert!(!rig.sent.iter().any(|stanza| stanza.contains("unavailable")), "{:?}", rig.sent);
    assert_eq!(rig.updates(), ["room_left we left the room"]);
    rig.groupchat("alice", "a1", "still there?");
    assert_eq!(rig.updates(), Vec::<String>::new());
    assert_eq!(rig.as_bot(&two).updates(), ["message still there?"]);
    rig.ask(Question::LeaveRoom(bare(ROOM)));
    rig.as_bot(&three).ask(join());
    assert_eq!(rig.answer(), Err("too many requests; try again in 1 s".to_string()), "it is on its way out");
    rig.wait(6);
    assert_eq!(rig.answer(), Ok(()));
    assert_eq!(rig.as_bot(&two).updates(), ["room_left we left the room"]);
    rig.sent.clear();
    rig.as_bot(&two).ask(join());
    rig.let_in_as("Bot1");
    rig.sent.clear();
    rig.admin(Question::DeleteBot(two.id));
    assert!(rig.sent.iter().any(|stanza| stanza.contains("unavailable") && stanza.contains(ROOM)), "{:?}", rig.sent);
    rig.wait(6);
    let mut rig = rig.killed();
    rig.online(false);
    assert!(!rig.sent.iter().any(|stanza| stanza.contains(ROOM)), "{:?}", rig.sent);
}

#[test]
fn membership_outlives_the_process_and_the_switches() {
    let (rig, one, two, three) = Rig::shared();
    let mut rig = rig.killed();
    rig.online(false);
    rig.let_in(WITH_ARCHIVE);
    rig.archived("a1", "meanwhile", "alice");
    rig.end_of_archive("a1");
    for bot in [&one, &two] {
        assert_eq!(rig.as_bot(bot).updates(), ["message meanwhile"]);
    }
    assert_eq!(rig.as_bot(&three).updates(), Vec::<String>::new());
    // One of two is disabled: it hears nothing. With both, the occupant goes, and comes back.
    rig.admin(Question::ActivateBot(one.id, false));
    rig.groupchat("alice", "a2", "half");
    assert_eq!(rig.as_bot(&two).updates(), ["message half"]);
    let has_left = |rig: &Rig| rig.sent.iter().any(|stanza| stanza.contains("unavailable") && stanza.contains(ROOM));
    assert!(!has_left(&rig));
    rig.admin(Question::ActivateBot(two.id, false));
    assert!(has_left(&rig));
    rig.sent.clear();
    rig.groupchat("alice", "a3", "nobody");
    rig.admin(Question::ActivateBot(one.id, true));
    rig.let_in(WITH_ARCHIVE);
    rig.archived("a3", "nobody", "alice");
    rig.end_of_archive("a3");
    assert_eq!(rig.as_bot(&one).updates(), ["message nobody"]);
    rig.sent.clear();
    rig.admin(Question::SetOwnerStatus(bare(ROBOT), false));
    assert!(has_left(&rig));
    rig.as_bot(&one).ask(join());
    assert!(rig.answer().unwrap_err().contains("switched off"));
    rig.admin(Question::SetOwnerStatus(bare(ROBOT), true));
    rig.let_in(WITH_ARCHIVE);
}

#[test]
fn a_bot_disabled_on_its_way_is_not_there() {
    let (mut rig, bots) = Rig::personal(1);
    rig.ask(join());
    rig.admin(Question::ActivateBot(bots[0].id, false));
    rig.sent.clear();
    rig.presence("Bot0", "", SELF);
    assert!(rig.sent.iter().any(|stanza| stanza.contains("unavailable")), "{:?}", rig.sent);
    rig.answers.clear();
    rig.admin(Question::ActivateBot(bots[0].id, true));
    assert!(rig.sent.iter().any(|stanza| stanza.contains("/Bot0") && !stanza.contains("unavailable")));
}

#[test]
fn an_old_nick_of_ours_is_no_other() {
    let (rig, one, _, _) = Rig::shared();
    let mut rig = rig.killed();
    rig.online(false);
    // Said under the nick of then, and known by its id only.
    let id = rig.as_bot(&one).say("ours");
    rig.let_in(WITH_ARCHIVE);
    rig.archived("a1", "ours", "Robo_");
    let text = groupchat("Robo_", "a2", "ours").replace("id='m-a2'", &format!("id='{id}'"));
    rig.archived_as("a2", &text);
    rig.end_of_archive("a2");
    assert_eq!(rig.updates(), ["message ours"], "only the first, which is another's");
}

#[test]
fn the_occupant_id_is_the_owners_too() {
    let (rig, one, _, _) = Rig::shared();
    let mut rig = rig.killed();
    rig.online(false);
    let id = "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='o1'/>";
    rig.presence("Robo", "", &format!("{SELF}{id}"));
    rig.reply("disco#info", actions::WITH_IDS);
    rig.subject();
    for (nick, archive_id) in [("boss", "a1"), ("Robo", "a2")] {
        let stanza = groupchat(nick, archive_id, nick).replace("</message>", &format!("{id}</message>"));
        rig.archived_as(archive_id, &stanza);
    }
    rig.end_of_archive("a2");
    assert_eq!(rig.as_bot(&one).updates(), ["message boss"]);
}

#[test]
fn what_is_said_to_the_owner_is_his() {
    let (mut rig, one, _, _) = Rig::shared();
    let whisper = format!("<message from='{ROOM}/alice' type='chat' id='p'><body>psst</body></message>");
    rig.message(&whisper);
    let invitation =
        format!("<message from='{ROBOT}/phone'><x xmlns='jabber:x:conference' jid='other@muc.example.org'/></message>");
    rig.message(&invitation);
    assert_eq!(rig.as_bot(&one).updates(), Vec::<String>::new());
    assert!(!rig.sent.iter().any(|stanza| stanza.contains("other@muc")), "{:?}", rig.sent);
}
