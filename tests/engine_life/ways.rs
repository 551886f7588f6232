//! `/why`: the way of a message, as the API and chats tell it.

use super::*;

impl Rig {
    fn why(&mut self, bot: &BotInfo, id: &str) -> Result<WhyInfo, Failure> {
        match self.ask(as_bot(bot), Question::Why(id.to_string())) {
            Ok(Answer::Why(info)) => Ok(*info),
            Err(failure) => Err(failure),
            other => panic!("{other:?}"),
        }
    }

    /// Names of the steps; those that are how it is now begin with a dash.
    fn steps(&mut self, bot: &BotInfo, id: &str) -> Vec<String> {
        let info = self.why(bot, id).unwrap();
        let name = |step: &WayStep| format!("{}{}", if step.at_ms.is_none() { "-" } else { "" }, step.what);
        info.steps.iter().map(name).collect()
    }

    /// What the bot answers somebody who writes this.
    fn answered(&mut self, who: &str, text: &str, reply_to: Option<&str>) -> String {
        let id = format!("q-{text}-{}", reply_to.unwrap_or_default());
        let reply = reply_to.map(|id| RepliedTo { id: id.to_string(), to: None });
        let message = saying(text, Inbound { reply, ..from(&format!("{who}/phone"), BOT, &id) });
        self.hears(self.core.account, message).into_iter().map(|(_, stanza)| body(&stanza)).collect()
    }
}

fn body(stanza: &str) -> String {
    parse(stanza).text_of("body", botmother::xmpp::ns::CLIENT).unwrap_or_default()
}

#[test]
fn what_was_said_to_a_bot_is_followed_to_its_program() {
    let (mut rig, bot, _) = Rig::new();
    let account = rig.core.account;
    rig.hears(account, saying("hello", from(&format!("{OWNER}/phone"), BOT, "m1")));
    assert_eq!(rig.steps(&bot, "m1"), ["received", "queued", "-waits_for_program"]);
    let info = rig.why(&bot, "m1").unwrap();
    assert_eq!((info.is_out, info.peer.as_str()), (false, OWNER));
    // The archive's id means it, too.
    assert_eq!(rig.steps(&bot, &format!("a-{OWNER}/phone-m1")).len(), 3);
    let (_, updates) = rig.poll(&bot, None, Some(&ALL));
    assert_eq!(rig.steps(&bot, "m1"), ["received", "queued", "polled", "-waits_for_program"]);
    rig.poll(&bot, Some(updates[0].id.0 + 1), None);
    assert_eq!(rig.steps(&bot, "m1"), ["received", "queued", "polled", "taken"]);
    // Its program does not want such.
    rig.poll(&bot, None, Some(&["reaction"]));
    rig.hears(account, saying("again", from(&format!("{OWNER}/phone"), BOT, "m2")));
    assert_eq!(rig.steps(&bot, "m2"), ["received", "not_wanted"]);
    // After a kill the row tells what it knows.
    let mut rig = rig.killed();
    assert_eq!(rig.steps(&bot, "m2"), ["received"]);
    assert!(matches!(rig.why(&bot, "nothing"), Err(Failure::NotFound(_))));
}

#[test]
fn what_a_bot_said_is_followed_to_its_reader() {
    let (mut rig, bot, other) = Rig::new();
    let account = rig.core.account;
    let (id, tag, _) = rig.say(&bot, OWNER, "hello");
    assert_eq!(rig.steps(&bot, &id), ["accepted", "-waits_for_server"]);
    rig.acked(account, tag);
    assert_eq!(rig.steps(&bot, &id), ["accepted", "sent"]);
    let phone = format!("{OWNER}/phone");
    rig.hears(account, receipt(&id, from(&phone, BOT, "r1")));
    rig.hears(account, displayed(&id, from(&phone, BOT, "r2")));
    assert_eq!(rig.steps(&bot, &id), ["accepted", "sent", "delivered", "displayed"]);
    assert!(rig.why(&other, &id).is_err(), "another bot's program learns nothing of it");
    // Nobody follows these: the server's word is all there is.
    rig.poll(&bot, None, Some(&["message"]));
    let (quiet, tag, _) = rig.say(&bot, OWNER, "quiet");
    rig.acked(account, tag);
    assert_eq!(rig.steps(&bot, &quiet), ["accepted", "sent"]);
    rig.offline();
    let (late, ..) = rig.say(&bot, OWNER, "late");
    let info = rig.why(&bot, &late).unwrap();
    let last = info.steps.last().unwrap();
    assert_eq!((last.what, last.why.contains("offline")), ("waits_for_server", true), "{last:?}");
    let mut rig = rig.killed();
    assert_eq!(rig.steps(&bot, &id), ["accepted", "-displayed"]);
    assert_eq!(rig.steps(&bot, &quiet), ["accepted", "-sent"]);
}

#[test]
fn strangers_are_not_heard_and_hear_nothing() {
    let (mut rig, bot, _) = Rig::new();
    let stranger = format!("{ANNA}/phone");
    assert_eq!(rig.hears(rig.core.account, saying("hello?", from(&stranger, BOT, "s1"))), []);
    assert_eq!(rig.answered(ANNA, "/why", None), "");
    assert_eq!(rig.answered(ANNA, "/why s1", None), "");
    assert_eq!(rig.steps(&bot, "s1"), ["not_admitted"]);
    // Its owner hears of it.
    let told = rig.answered(OWNER, "/why s1", None);
    assert!(told.contains(ANNA) && told.contains("may not speak to this bot"), "{told}");
}

#[test]
fn in_a_chat_everybody_asks_about_his_own() {
    let (mut rig, bot, _) = Rig::new();
    let account = rig.core.account;
    let cloud = Question::SetBotAccess(bot.id, Access::Owner, None);
    rig.ask(Caller::Admin, cloud).unwrap();
    rig.hears(account, saying("what now?", from(&format!("{OWNER}/phone"), BOT, "m1")));
    let (id, ..) = rig.say(&bot, OWNER, "wait");
    // The last ones, both ways.
    let told = rig.answered(OWNER, "/why", None);
    assert!(told.contains("What you wrote") && told.contains("waits for its program"), "{told}");
    assert!(told.contains("What Dedicated wrote") && told.contains("waits for the server"), "{told}");
    // The one it answers.
    let told = rig.answered(OWNER, "/why", Some(&id));
    assert!(told.contains("What Dedicated wrote") && !told.contains("What you wrote"), "{told}");
    let told = rig.answered(OWNER, "/warum", Some("m1"));
    assert!(told.contains("What you wrote"), "{told}");
    assert!(rig.answered(OWNER, "/why", Some("nothing")).contains("I know of no message nothing"));
    // With the manager, of any bot of his.
    let mut ask = saying(&format!("/why {id}"), from(&format!("{OWNER}/phone"), OWNER, "self"));
    ask.to = full(OWNER);
    let told: String = rig.hears(rig.person, ask).iter().map(|(_, stanza)| body(stanza)).collect();
    assert!(told.contains("What Dedicated wrote"), "{told}");
}
