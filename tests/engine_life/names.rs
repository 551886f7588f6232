//! What a bot is called on the roster of its owner, whose account is signed in here, too.

use super::*;

/// The owner's roster, as his server keeps it; what it is asked it handles in that order.
struct Roster {
    name: String,
    /// What the owner calls the bot himself, once the server has the name on the left.
    own: Option<(&'static str, &'static str)>,
}

impl Roster {
    fn handle(&mut self, asked: &Asked) -> session::Event {
        let mut outcome = None;
        if let Some(rest) = asked.payload.split(" name='").nth(1) {
            self.name = rest.split('\'').next().unwrap().to_string();
            if let Some((_, own)) = self.own.take_if(|(former, _)| *former == self.name) {
                self.name = own.to_string();
            }
        } else {
            let item = format!("<item jid='{BOT}' name='{}' subscription='both'/>", self.name);
            outcome = Some(parse(&format!("<query xmlns='jabber:iq:roster'>{item}</query>")));
        }
        session::Event::Answer { tag: asked.tag, outcome: Ok(outcome) }
    }

    /// Renames the bot once and again, and then lets the server handle what it is asked, until it is asked nothing.
    fn after(&mut self, names: &[&str]) -> &str {
        let (mut rig, bot, _) = Rig::new();
        let mut open: Vec<Asked> = Vec::new();
        for name in names {
            let new = NewProfile { bot: bot.id, name: Some((*name).to_string()), description: None, avatar: None };
            let (effects, outcome) = rig.ask_all(Caller::Admin, Question::SetProfile(new));
            outcome.unwrap();
            open.extend(questions(&rig, effects));
        }
        assert!(!open.is_empty());
        while !open.is_empty() {
            let answers: Vec<_> = open.drain(..).map(|asked| self.handle(&asked)).collect();
            for answer in answers {
                let effects = rig.told(rig.person, answer);
                open.extend(questions(&rig, effects));
            }
        }
        &self.name
    }
}

fn questions(rig: &Rig, effects: Vec<Effect>) -> Vec<Asked> {
    let asked = Caused::of(effects).asked.into_iter();
    asked.filter(|asked| asked.account == rig.person && asked.payload.contains("jabber:iq:roster")).collect()
}

#[test]
fn the_last_of_several_names_is_on_the_roster() {
    let mut roster = Roster { name: "Dedicated".to_string(), own: None };
    assert_eq!(roster.after(&["Herd", "Ofen", "Grill"]), "Grill");
}

#[test]
fn what_its_owner_calls_it_is_not_undone_by_names_on_their_way() {
    let mut roster = Roster { name: "Dedicated".to_string(), own: Some(("Ofen", "Meiner")) };
    assert_eq!(roster.after(&["Herd", "Ofen"]), "Meiner");
}
