//! One decision holds for all bots of an owner.

use super::*;

impl Rig {
    /// Another bot of the owner; gives its account.
    fn another(&mut self, address: &str) -> AccountId {
        let new = NewBot {
            mode: Mode::Dedicated,
            account: Some(OwnAccount { jid: jid(address), password: Secret::new("pw") }),
            ..NewBot::new(address.split('@').next().unwrap(), jid(OWNER))
        };
        let (reply, _ticket) = ticket();
        self.batch(vec![Event::Ask { caller: Caller::Admin, question: Question::CreateBot(new), reply }]);
        let is_it = |account: &&crate::channel::xmpp::accounts::Account| account.row.jid == jid(address);
        self.engine.channels.xmpp.accounts.values().find(is_it).unwrap().row.id
    }

    fn judge_at(&mut self, account: AccountId, device: u32, n: u32) -> KeyTrust {
        self.engine.channels.xmpp.judge_key(&mut self.engine.core, account, &jid(OWNER), device, &key(n)).unwrap()
    }

    /// The owner's own account.
    fn home(&self) -> AccountId {
        self.engine.channels.xmpp.accounts.account_of(&jid(OWNER)).unwrap()
    }

    /// In the chat of the first bot, in a message under this key.
    fn command_under(&mut self, n: u32, text: &str) -> String {
        self.engine.channels.xmpp.crypt.sender = Some(key(n));
        let standing = self.judge(OWNER, n, n);
        self.command(OWNER, text, Some(standing))
    }
}

#[test]
fn one_decision_about_an_own_device_holds_for_all_bots() {
    let mut rig = Rig::new();
    let (second, home) = (rig.another("zweiter@example.org"), rig.home());
    let all = [rig.account, second, home];
    for account in all {
        assert_eq!(rig.judge_at(account, 1, 1), Trusted);
    }
    rig.wait(FIRST_SIGHT + 1);
    for account in all {
        assert_eq!(rig.judge_at(account, 2, 2), Undecided);
    }
    let told = rig.told();
    assert_eq!(told.iter().filter(|text| text.contains("A new device")).count(), 1, "one word for all: {told:?}");

    // In one bot's chat.
    let answer = rig.command_under(1, "/omemo trust 2");
    assert!(answer.contains("Trusted from now on") && answer.contains("holds for all your bots"), "{answer}");
    assert_eq!(all.map(|account| rig.judge_at(account, 2, 2)), [Trusted; 3]);
    // With a token, and back.
    rig.ask(Question::Keys(KeyQuestion::Decide { jid: None, key: "2".into(), trusted: false })).unwrap();
    assert_eq!(all.map(|account| rig.judge_at(account, 2, 2)), [Distrusted; 3]);
    // With the manager, about a bot's chat and about its own.
    for (command, standing) in [("/omemo trust 2", Trusted), ("/omemo 2 distrust 2", Distrusted)] {
        (rig.engine.channels.xmpp.crypt.under, rig.engine.channels.xmpp.crypt.sender) = (Some(Trusted), Some(key(1)));
        let answer = command::run(&mut rig.engine, &jid(OWNER), command);
        assert!(answer.unwrap_or_else(|_| panic!()).unwrap().contains("holds for all"), "{command}");
        assert_eq!(all.map(|account| rig.judge_at(account, 2, 2)), [standing; 3], "{command}");
    }
    // A key that nobody has seen, and nothing of somebody else's.
    rig.decide(&omemo::fingerprint(&key(3)), true).unwrap();
    assert_eq!(all.map(|account| rig.judge_at(account, 3, 3)), [Trusted; 3]);
    rig.judge(EVA, 9, 9);
    rig.engine.channels.xmpp.judge_key(&mut rig.engine.core, second, &jid(EVA), 9, &key(9)).unwrap();
    rig.engine
        .channels
        .xmpp
        .decide_key(&mut rig.engine.core.batch, rig.account, Some(&jid(EVA)), "9", (false, Reach::All))
        .unwrap()
        .unwrap();
    assert_eq!(
        rig.engine.channels.xmpp.judge_key(&mut rig.engine.core, second, &jid(EVA), 9, &key(9)).unwrap(),
        Trusted
    );
}

#[test]
fn a_new_bot_begins_with_what_its_owner_has_decided() {
    let mut rig = Rig::new();
    rig.judge(OWNER, 1, 1);
    rig.wait(FIRST_SIGHT + 1);
    for device in [2, 3, 4] {
        assert_eq!(rig.judge(OWNER, device, device), Undecided);
    }
    rig.decide("2", true).unwrap();
    rig.decide("3", false).unwrap();
    let new = rig.another("neuer@example.org");
    // Whichever it sees first; and where the server gives it another key for a device that is known, it is a change.
    assert_eq!(rig.judge_at(new, 4, 4), Undecided, "it still waits");
    assert_eq!(rig.judge_at(new, 2, 20), Distrusted, "another key under the same number");
    assert_eq!(rig.judge_at(new, 1, 1), Trusted);
    assert_eq!(rig.judge_at(new, 2, 2), Trusted);
    assert_eq!(rig.judge_at(new, 3, 3), Distrusted);
    assert_eq!(rig.judge_at(new, 5, 5), Undecided, "one was verified");
    let mut rig = rig.killed();
    assert_eq!([2, 3, 4].map(|device| rig.judge_at(new, device, device)), [Trusted, Distrusted, Undecided]);
}

#[test]
fn first_impressions_of_a_new_bot_decide_for_no_other() {
    let mut rig = Rig::new();
    let home = rig.home();
    rig.judge_at(home, 1, 1);
    rig.wait(FIRST_SIGHT + 1);
    // A server adds a device just before a new bot looks; the others have not met it.
    let (forged, friendly) = (6, rig.account);
    assert_eq!(rig.judge_at(friendly, 1, 1), Trusted);
    assert_eq!(rig.judge_at(friendly, forged, forged), Trusted, "as at first sight");
    let answer = rig.command_under(forged, "/omemo trust 7");
    assert!(answer.contains("no such key"), "{answer}");
    let whole = format!("/omemo trust {}", omemo::fingerprint(&key(7)));
    let answer = rig.command_under(forged, &whole);
    assert!(answer.contains("but those that do not trust the device you write on: ralf@example.org"), "{answer}");
    assert_eq!((rig.judge_at(friendly, 7, 7), rig.judge_at(home, 7, 7)), (Trusted, Undecided));
    assert_eq!(rig.judge_at(home, forged, forged), Undecided);
    // From the phone that both know it is decided for both.
    let answer = rig.command_under(1, "/omemo distrust 6");
    assert!(answer.contains("holds for all your bots and"), "{answer}");
    assert_eq!((rig.judge_at(friendly, 6, 6), rig.judge_at(home, 6, 6)), (Distrusted, Distrusted));
}
