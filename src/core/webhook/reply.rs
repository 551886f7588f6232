//! What a receiver wants done by its very answer, as Telegram allows: `{"method":"sendMessage","to":…,"text":…}`, for the
//! methods that do something in a chat. Done in the transaction in which the update leaves its queue, so once for each
//! delivery; the delivery's name is the idempotency key in case somebody has it delivered once more.

use crate::base::id::BotId;
use crate::base::jid::Jid;
use crate::base::json::Fields;
use crate::base::remedy::Place;
use crate::core::Context;
use crate::core::batch::Trouble;
use crate::core::failure::Failure;
use crate::core::handle::{
    BotAction, ChatState, Kind, NewAction, NewMessage, NewPressAnswer, NumberedAsk, read_keyboard,
};

enum Method {
    Send(NewMessage),
    Act(NewAction),
    Answer(NewPressAnswer),
}

impl Context<'_> {
    /// Does what an answer says; gives what was wrong with it, which is for the bot's author.
    pub(super) fn do_as_answered(
        &mut self,
        bot: BotId,
        delivery_id: &str,
        method: &str,
        fields: &Fields,
    ) -> Result<Option<String>, Trouble> {
        let done = match read(delivery_id, method, fields) {
            Ok(Method::Send(message)) => self.send_message(bot, &message).map(|_| ()),
            Ok(Method::Act(act)) => self.act(bot, &act).map(|_| ()),
            Ok(Method::Answer(answer)) => self.answer_press(bot, &answer),
            Err(failure) => Err(failure.into()),
        };
        told(done)
    }

    /// The same for a receiver that is told by numbers, and whose answer names things so.
    pub(super) fn do_as_answered_by_number(
        &mut self,
        bot: BotId,
        delivery_id: &str,
        ask: Result<NumberedAsk, Failure>,
    ) -> Result<Option<String>, Trouble> {
        told(match ask {
            Ok(ask) => self.do_numbered(bot, &ask.under(format!("webhook {delivery_id}"))).map(drop),
            Err(failure) => Err(failure.into()),
        })
    }
}

fn told(done: Result<(), Trouble>) -> Result<Option<String>, Trouble> {
    match done {
        Ok(()) => Ok(None),
        Err(Trouble::Failure(failure)) => {
            Ok(Some(format!("the answer's method was not done: {}", failure.at(Place::Api))))
        }
        Err(trouble) => Err(trouble),
    }
}

fn read(delivery_id: &str, method: &str, fields: &Fields) -> Result<Method, Failure> {
    let text = |name: &str| Ok::<_, Failure>(fields.need_text(name)?.to_string());
    let optional =
        |name: &str| Ok::<_, Failure>(fields.text(name)?.filter(|text| !text.is_empty()).map(str::to_string));
    let idempotency_key = Some(format!("webhook {delivery_id}"));
    let action = match method {
        "answerCallbackQuery" => {
            let is_alert = fields.truth("alert")? == Some(true);
            let (callback_id, text) = (text("callback_id")?, optional("text")?);
            return Ok(Method::Answer(NewPressAnswer { callback_id, text, is_alert, idempotency_key }));
        }
        "sendMessage" => None,
        "sendFile" => Some(BotAction::File { url: text("url")?, caption: optional("caption")? }),
        "sendReaction" => Some(BotAction::Reaction {
            message_id: text("message_id")?,
            emoji: optional("reaction")?.unwrap_or_default(),
        }),
        "editMessage" => Some(BotAction::read_edit(fields)?),
        "deleteMessage" => Some(BotAction::Deletion { message_id: text("message_id")? }),
        "markRead" => Some(BotAction::Read { message_id: text("message_id")? }),
        "sendChatAction" => Some(BotAction::State(match fields.text("action")? {
            Some("paused") => ChatState::Paused,
            Some("active") => ChatState::Active,
            _ => ChatState::Composing,
        })),
        _ => return Err(Failure::invalid("method", "sendMessage or another one that does something in a chat")),
    };
    let to = Jid::parse_any(fields.need_text("to")?);
    let to = to.map_err(|_| Failure::invalid("to", "a JID, for example user@example.org"))?;
    let kind = match fields.text("type")? {
        None | Some("chat") => Kind::Chat,
        Some("groupchat") => Kind::Groupchat,
        Some(_) => return Err(Failure::invalid("type", "chat or groupchat")),
    };
    Ok(match action {
        Some(action) => Method::Act(NewAction { to, kind, action, idempotency_key }),
        None => {
            let (text, reply_to) = (text("text")?, optional("reply_to")?);
            let keyboard = read_keyboard(fields)?;
            Method::Send(NewMessage { to, text, kind, reply_to, encrypt: false, keyboard, idempotency_key })
        }
    })
}
