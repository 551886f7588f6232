//! What moderators wish, at Telegram: members are put out, kept out and silenced, messages taken away and pinned, chats
//! called otherwise and given pictures. What Telegram says is told to whoever asked, also after a restart.

use super::Telegram;
use super::address::Place;
use super::notes::{Note, Wish};
use super::outbox::{Outgoing, numbers_of};
use crate::base::id::BotId;
use crate::base::json::{Fields, Object};
use crate::base::time::Now;
use crate::base::{remedy, span};
use crate::core::Core;
use crate::core::batch::{Trouble, Verdict};
use crate::core::calls::{End, wait_for};
use crate::core::channel::Asker;
use crate::core::deed::{Deed, Order};
use crate::core::failure::Failure;
use crate::core::handle::Answer;
use crate::core::texts::{Text, people};

/// Everything that somebody may be kept from writing (`ChatPermissions`).
const PERMISSIONS: [&str; 10] = [
    "can_send_messages",
    "can_send_audios",
    "can_send_documents",
    "can_send_photos",
    "can_send_videos",
    "can_send_video_notes",
    "can_send_voice_notes",
    "can_send_polls",
    "can_send_other_messages",
    "can_add_web_page_previews",
];

/// A method and its members, without the chat.
pub(super) type Request = (&'static str, Object);

/// What is asked of Telegram for a deed; `None`: it takes more than one request.
pub(super) fn request_for(deed: &Deed, now: Now) -> Option<Request> {
    let until = |body: Object, seconds: &Option<i64>| match seconds {
        Some(seconds) => body.number("until_date", now.unix() + seconds),
        None => body,
    };
    let member = |person: i64| Object::new().number("user_id", person);
    Some(match deed {
        Deed::Kick(person) => ("banChatMember", member(*person)),
        Deed::Ban(person, seconds) => ("banChatMember", until(member(*person), seconds)),
        Deed::Unban(person) => ("unbanChatMember", member(*person).truth("only_if_banned", true)),
        Deed::Mute(person, seconds) => {
            let body = member(*person).raw("permissions", &permissions(false));
            ("restrictChatMember", until(body, seconds))
        }
        Deed::Unmute(person) => ("restrictChatMember", member(*person).raw("permissions", &permissions(true))),
        Deed::Title(title) => ("setChatTitle", Object::new().text("title", title)),
        Deed::Delete(_) | Deed::Pin(_) | Deed::Photo(_) => return None,
    })
}

fn permissions(may: bool) -> String {
    PERMISSIONS.iter().fold(Object::new(), |body, name| body.truth(name, may)).end()
}

impl Telegram {
    /// Does what a moderator wishes.
    pub(super) fn moderate_chat(
        &mut self,
        core: &mut Core,
        (bot, asker): (BotId, &Asker),
        order: &Order,
    ) -> Result<Verdict, Trouble> {
        let (word, person, seconds) = match &order.deed {
            Deed::Kick(person) => ("kick", *person, None),
            Deed::Ban(person, seconds) => ("ban", *person, *seconds),
            Deed::Unban(person) => ("unban", *person, None),
            Deed::Mute(person, seconds) => ("mute", *person, *seconds),
            Deed::Unmute(person) => ("unmute", *person, None),
            Deed::Delete(_) => ("delete", 0, None),
            Deed::Pin(_) => ("pin", 0, None),
            Deed::Title(_) => ("title", 0, None),
            Deed::Photo(_) => ("photo", 0, None),
        };
        let tag = match asker {
            Asker::Program => {
                core.batch.last_tag += 1;
                Some(core.batch.last_tag)
            }
            Asker::Chat(_) => None,
        };
        let (shown, chat) = (order.shown.clone(), order.link.name().to_string());
        let wish = Wish { word: word.to_string(), tag, shown, chat, seconds, person };
        let chat = Place::to(&order.link.there.to_jid())?.chat;
        self.check_connected(bot)?;
        match &order.deed {
            Deed::Photo(url) => self.fetch_photo(core, (bot, chat), url, wish),
            Deed::Delete(id) | Deed::Pin(id) => {
                let method = if word == "pin" { "pinChatMessage" } else { "deleteMessage" };
                let number = number_of(core, bot, chat, id)?;
                let body = Object::new().number("message_id", number);
                self.request(core, (bot, chat), (method, body), &Note::Wish(wish))?;
            }
            deed => {
                if let Some(request) = request_for(deed, core.batch.now) {
                    self.request(core, (bot, chat), request, &Note::Wish(wish))?;
                }
            }
        }
        Ok(tag.map_or(Verdict::Outcome(Ok(Answer::Done)), wait_for))
    }

    /// Puts a request behind what waits for the chat.
    pub(super) fn request(
        &mut self,
        core: &mut Core,
        (bot, chat): (BotId, i64),
        (method, body): Request,
        note: &Note,
    ) -> Result<(), Trouble> {
        let (message_id, note) = (core.batch.new_message_id()?, note.write());
        let place = Place { chat, thread: None };
        let (fields, note) = (body.members().to_string(), Some(note.as_str()));
        self.put(core, bot, Outgoing { place, message_id: &message_id, part: 0, method, about: None, fields, note })
    }

    /// Refused where the bot is not connected, so that nobody waits for nothing.
    fn check_connected(&self, bot: BotId) -> Result<(), Failure> {
        let line = self.lines.get(&bot).ok_or_else(super::not_set_up)?;
        if line.row.is_enabled {
            Ok(())
        } else {
            Err(Failure::NotEnabled("Telegram is switched off for this bot".to_string()))
        }
    }

    /// Telegram has done what a moderator wished, or has refused it.
    pub(super) fn on_wished(
        &mut self,
        core: &mut Core,
        (bot, chat): (BotId, i64),
        wish: &Wish,
        outcome: Result<&Fields, &str>,
    ) -> Result<(), Trouble> {
        if wish.word == "kick" && outcome.is_ok() {
            // Who was put out may come back.
            let back = Deed::Unban(wish.person);
            let next = Wish { word: "kicked".to_string(), ..wish.clone() };
            if let Some(request) = request_for(&back, core.batch.now) {
                return self.request(core, (bot, chat), request, &Note::Wish(next));
            }
        }
        // Small groups keep nobody out, so nobody need be let in again there.
        let is_fine = outcome.is_ok() || wish.word == "kicked";
        let word = if wish.word == "kicked" { "kick" } else { wish.word.as_str() };
        let why = outcome.err().filter(|_| !is_fine).map(str::to_string);
        let result = why.as_ref().map_or("ok", |_| "refused");
        let details = format!("chat=tg:{chat} action={word} target={} result={result}", wish.shown);
        core.batch.audit(Some(bot), "moderated", &details)?;
        if let Some(tag) = wish.tag {
            let outcome = match why {
                Some(why) => {
                    Err(Failure::Remote { what: "moderation_failed", why: format!("Telegram refused it: {why}") })
                }
                None => Ok(Answer::Done),
            };
            core.callers.end(tag, End::Outcome(outcome));
            return Ok(());
        }
        let text = told(core, word, wish, why.as_deref());
        core.tell_owner_of(bot, &text);
        Ok(())
    }
}

/// The number at Telegram of a message: said by somebody there, or by the bot.
fn number_of(core: &Core, bot: BotId, chat: i64, id: &str) -> Result<i64, Trouble> {
    match numbers_of(&core.batch.store, bot, chat, id)?.first() {
        Some(number) => Ok(*number),
        None => Err(Failure::NotFound(format!("no message {id} is known at Telegram")).into()),
    }
}

fn told(core: &Core, word: &str, wish: &Wish, why: Option<&str>) -> String {
    let language = core.batch.setup.settings.language;
    let span = span_text(core, wish.seconds);
    let text = match (word, why) {
        (_, Some(_)) => &people::GROUP_REFUSED,
        ("kick", _) => &people::DONE_KICK,
        ("ban", _) => &people::DONE_BAN,
        ("unban", _) => &people::DONE_UNBAN,
        ("mute", _) => &people::DONE_MUTE,
        ("unmute", _) => &people::DONE_UNMUTE,
        ("delete", _) => &people::DONE_DELETE,
        ("pin", _) => &people::DONE_PIN,
        ("title", _) => &people::DONE_TITLE,
        _ => &people::DONE_PHOTO,
    };
    let values = [
        ("who", wish.shown.as_str()),
        ("chat", &wish.chat),
        ("span", &span),
        ("word", word),
        ("why", &why.map(|why| remedy::at(core.batch.chat_place(), why)).unwrap_or_default()),
    ];
    text.fill(language, &values)
}

/// " for 2h", or nothing.
pub(super) fn span_text(core: &Core, seconds: Option<i64>) -> String {
    let language = core.batch.setup.settings.language;
    let text: &Text = &people::FOR_SPAN;
    seconds.map_or_else(String::new, |seconds| text.fill(language, &[("span", &span::write(seconds))]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names are those of core.telegram.org/bots/api.
    #[test]
    fn requests_as_the_documentation_has_them() {
        let now = Now { unix_ms: 1_000_000, ..Now::default() };
        let printed = |deed: Deed| request_for(&deed, now).map(|(method, body)| format!("{method} {}", body.end()));
        assert_eq!(printed(Deed::Kick(7)).as_deref(), Some(r#"banChatMember {"user_id":7}"#));
        let ban = printed(Deed::Ban(7, Some(60)));
        assert_eq!(ban.as_deref(), Some(r#"banChatMember {"user_id":7,"until_date":1060}"#));
        let unban = printed(Deed::Unban(7));
        assert_eq!(unban.as_deref(), Some(r#"unbanChatMember {"user_id":7,"only_if_banned":true}"#));
        let mute = printed(Deed::Mute(7, None)).unwrap();
        assert!(
            mute.starts_with(r#"restrictChatMember {"user_id":7,"permissions":{"can_send_messages":false,"#),
            "{mute}"
        );
        assert!(printed(Deed::Unmute(7)).unwrap().contains(r#""can_send_polls":true"#));
        assert_eq!(printed(Deed::Title("A \"B\"".into())).as_deref(), Some(r#"setChatTitle {"title":"A \"B\""}"#));
    }
}
