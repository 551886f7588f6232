//! Lists of questions as one of the brains.

use crate::base::id::BotId;
use crate::base::limits;
use crate::base::text;
use crate::brain::faq::Faq;
use crate::core::Context;
use crate::core::batch::{Trouble, Verdict};
use crate::core::handle::{
    Answer, Button, FaqAsked, FaqFound, FaqKind, Keyboard, KeyboardKind, Kind, NewMessage, Press, Question,
};
use crate::core::incoming::Incoming;
use crate::core::responder::Responder;
use crate::core::texts::faq as texts;
use crate::store;
use crate::store::row::ConversationKind;

impl Responder for Faq {
    fn on_said(&mut self, cx: &mut Context<'_>, bot: BotId, said: &Incoming<'_>) -> Result<bool, store::Error> {
        let is_room = said.kind == ConversationKind::Room;
        if said.text.trim().is_empty() || said.text.starts_with('/') {
            return Ok(false);
        }
        // Two bots of ours would talk for ever.
        let from = said.from.bare();
        if cx.core.batch.bots.values().any(|bot| bot.row.active && bot.row.jid.as_ref() == Some(&from)) {
            return Ok(false);
        }
        let text = if is_room { without_address(&said.text) } else { &said.text };
        let asked = FaqAsked { text: text.to_string(), ..FaqAsked::default() };
        let found = self.find_for_people(cx, bot, &asked)?;
        let reply = self.reply_to(cx, bot, said, found)?;
        let Some((what, new)) = reply else { return Ok(false) };
        if !self.admit(bot, said.peer(), cx.core.batch.now.mono) {
            return Ok(true);
        }
        cx.core.batch.note_way(bot, &said.id, what, "");
        let id = cx.core.batch.new_message_id()?;
        match cx.speak(bot, &new, &id) {
            Ok(_) => Ok(true),
            Err(Trouble::Store(error)) => Err(error),
            Err(Trouble::Failure(failure)) => {
                cx.core.batch.note_way(bot, &said.id, "failed", failure.to_string());
                Ok(true)
            }
        }
    }

    fn on_bot_goes(&mut self, cx: &mut Context<'_>, bot: BotId) -> Result<(), store::Error> {
        for row in cx.core.batch.store.list_faqs(bot)? {
            self.loaded.remove(&row.id);
        }
        Ok(())
    }

    fn ask(&mut self, cx: &mut Context<'_>, bot: BotId, question: &Question) -> Result<Option<Verdict>, Trouble> {
        let Question::Faq(question) = question else { return Ok(None) };
        let answer = self.manage(&mut cx.core.batch, bot, question)?;
        Ok(Some(Verdict::Outcome(Ok(Answer::Faq(answer)))))
    }
}

impl Faq {
    /// What is said to a question, and how that is called; `None`: nothing.
    fn reply_to(
        &self,
        cx: &Context<'_>,
        bot: BotId,
        said: &Incoming<'_>,
        found: FaqFound,
    ) -> Result<Option<(&'static str, NewMessage)>, store::Error> {
        let is_room = said.kind == ConversationKind::Room;
        let kind = if is_room { Kind::Groupchat } else { Kind::Chat };
        if let Some(best) = found.best {
            // Where an answer leads on is a flow's affair.
            if best.kind == FaqKind::Redirect {
                return Ok(None);
            }
            // In a room everybody sees whom it is for.
            let whom = said.from.resource().filter(|_| is_room).map(|nick| format!("{nick}: ")).unwrap_or_default();
            return Ok(Some(("faq_answered", NewMessage::text(&said.from, kind, &(whom + &best.answer)))));
        }
        // What is not sure disturbs others, and an AI knows better.
        if is_room || found.suggestions.is_empty() || cx.core.batch.is_ai_on(bot)? {
            return Ok(None);
        }
        let mut new = NewMessage::text(&said.from, kind, &cx.core.batch.words(&texts::DID_YOU_MEAN));
        let line = |question: &str| {
            let line = question.split_whitespace().collect::<Vec<_>>().join(" ");
            text::shorten(&line, limits::BUTTON_TEXT_CHARS_MAX)
        };
        let button = |question: &str| vec![Button { text: line(question), press: Press::Say }];
        let rows = found.suggestions.iter().map(|hit| button(&hit.question)).collect();
        new.keyboard = Some(Keyboard { kind: KeyboardKind::Reply { is_once: true, placeholder: None }, rows });
        Ok(Some(("faq_suggested", new)))
    }
}

/// What is said in a room without the bot it is said to: "Bot: when …", "@bot when …".
fn without_address(text: &str) -> &str {
    let (first, rest) = text.trim_start().split_once(char::is_whitespace).unwrap_or((text, ""));
    if first.starts_with('@') || first.ends_with([':', ',']) { rest } else { text }
}
