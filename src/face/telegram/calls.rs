//! Calls that say something, or do something to what was said.

use crate::base::crypto;
use crate::base::json::{self, Fields, Object};
use crate::base::rich::{Rich, from_html, from_markdown, from_markdown_v2};
use crate::core::failure::Failure;
use crate::core::handle::{
    ChatRef, ChatState, Keyboard, NewPressAnswer, NumberedAct, NumberedAction, NumberedAsk, NumberedCopy,
    NumberedReply, NumberedSend, NumberedUpload, Question, read_keyboard,
};

use super::params::Params;

/// What a call leads to.
pub(super) enum Plan {
    /// A question by numbers; members that a message has besides what the engine knows of it.
    Ask(Box<NumberedAsk>, Option<Object>),
    /// The same, whose answer is shown by its number alone.
    AskForId(Box<NumberedAsk>),
    /// A file on its way, and the buttons beneath it.
    Upload(Box<NumberedUpload>, Option<Keyboard>),
    /// Several plans, one after the other: an array of their results, or `true`.
    Many(Vec<Plan>, Many),
    /// Any other question, and how its answer is shown.
    Other(Box<Question>, Shown),
}

/// How several results are shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Many {
    Array,
    True,
}

/// How an answer is shown.
#[derive(Clone, Copy)]
pub(super) enum Shown {
    /// As it is.
    Plain,
    /// Only that it is good: this is the result.
    As(&'static str),
    /// One member of the bot, under this name.
    Name(&'static str),
    Description(&'static str),
    /// The file itself.
    Content,
}

impl Plan {
    pub(super) fn ask(ask: NumberedAsk) -> Plan {
        Plan::Ask(Box::new(ask), None)
    }
}

/// `chat_id`, with `message_thread_id`.
pub(super) fn chat(params: &Params) -> Result<ChatRef, Failure> {
    let thread = params.number("message_thread_id")?;
    named(params, "chat_id").map(|chat| match chat {
        ChatRef::Number(number, _) => ChatRef::Number(number, thread),
        name => name,
    })
}

/// A chat by its number, an address, or `@name`.
pub(super) fn named(params: &Params, key: &str) -> Result<ChatRef, Failure> {
    let text = params.text(key)?.ok_or_else(|| Failure::invalid(key, "there: chat_id is empty"))?;
    Ok(match text.trim().parse() {
        Ok(number) => ChatRef::Number(number, None),
        Err(_) => ChatRef::Name(text.trim().to_string()),
    })
}

/// A text in one of Telegram's ways of writing, as it is inside; `None` where it is missing or empty.
pub(super) fn styled(params: &Params, (text, entities): (&str, &str)) -> Result<Option<String>, Failure> {
    let Some(text) = params.text(text)? else { return Ok(None) };
    let mode = params.text("parse_mode")?.unwrap_or_default();
    styled_as(text, &mode, || Ok(params.objects(entities)?.unwrap_or_default())).map(Some)
}

fn styled_as(
    text: String,
    mode: &str,
    entities: impl FnOnce() -> Result<Vec<Fields>, Failure>,
) -> Result<String, Failure> {
    let unreadable = |why: String| Failure::Conflict(why);
    let rich = match mode.to_ascii_lowercase().as_str() {
        "" => match entities()?.as_slice() {
            [] => return Ok(text),
            entities => Rich::from_entities(&text, entities),
        },
        "html" => from_html(&text).map_err(|error| unreadable(error.to_string()))?,
        "markdown" => from_markdown(&text).map_err(|error| unreadable(error.to_string()))?,
        "markdownv2" => from_markdown_v2(&text).map_err(|error| unreadable(error.to_string()))?,
        _ => return Err(unreadable("unsupported parse_mode".to_string())),
    };
    Ok(rich.to_styling())
}

/// The same of a member of an array.
pub(super) fn styled_member(fields: &Fields) -> Result<Option<String>, Failure> {
    let Some(text) = fields.text("caption")?.filter(|text| !text.is_empty()) else { return Ok(None) };
    let mode = fields.text("parse_mode")?.unwrap_or_default();
    let entities = || Ok(fields.need_objects("caption_entities").unwrap_or_default());
    styled_as(text.to_string(), mode, entities).map(Some)
}

/// `reply_markup`.
pub(super) fn keyboard(params: &Params) -> Result<Option<Keyboard>, Failure> {
    params.parts().find(|part| part.has(&["reply_markup"])).map_or(Ok(None), read_keyboard)
}

/// `reply_parameters`, or what it was before.
fn reply(params: &Params) -> Result<Option<NumberedReply>, Failure> {
    if let Some(fields) = params.object("reply_parameters")? {
        let is_needed = fields.truth("allow_sending_without_reply").ok().flatten() != Some(true);
        let number = fields.number("message_id")?;
        return Ok(number.map(|number| NumberedReply { number, is_needed }));
    }
    let number = params.number("reply_to_message_id")?;
    let is_needed = !params.is_true("allow_sending_without_reply");
    Ok(number.map(|number| NumberedReply { number, is_needed }))
}

fn say(params: &Params, text: String, extra: Option<Object>) -> Result<Plan, Failure> {
    let send = NumberedSend {
        chat: chat(params)?,
        text,
        reply_to: reply(params)?,
        keyboard: keyboard(params)?,
        idempotency_key: None,
    };
    Ok(Plan::Ask(Box::new(NumberedAsk::Send(send)), extra))
}

/// `sendMessage`.
pub(super) fn send_message(params: &Params) -> Result<Plan, Failure> {
    let text = styled(params, ("text", "entities"))?.filter(|text| !text.trim().is_empty());
    say(params, text.ok_or_else(|| Failure::Conflict("message text is empty".to_string()))?, None)
}

/// A place as it is given: what is printed of it must be a number.
fn place(params: &Params) -> Result<(String, String), Failure> {
    let number = |key: &str| -> Result<String, Failure> {
        let text = match params.parts().find_map(|part| part.decimal(key).ok().flatten()) {
            Some(number) => number.to_string(),
            None => params.need_text(key)?,
        };
        match text.trim().parse::<f64>() {
            Ok(number) if number.is_finite() && number.abs() <= 180.0 => Ok(text.trim().to_string()),
            _ => Err(Failure::invalid(key, "a number of degrees")),
        }
    };
    Ok((number("latitude")?, number("longitude")?))
}

fn location((latitude, longitude): &(String, String)) -> Object {
    Object::new().raw("latitude", latitude.trim_start_matches('+')).raw("longitude", longitude.trim_start_matches('+'))
}

/// `sendLocation`.
pub(super) fn send_location(params: &Params) -> Result<Plan, Failure> {
    let place = place(params)?;
    let extra = Object::new().raw("location", &location(&place).end());
    say(params, format!("geo:{},{}", place.0, place.1), Some(extra))
}

/// `sendVenue`.
pub(super) fn send_venue(params: &Params) -> Result<Plan, Failure> {
    let place = place(params)?;
    let (title, address) = (params.need_text("title")?, params.need_text("address")?);
    let venue = Object::new().raw("location", &location(&place).end()).text("title", &title).text("address", &address);
    let extra = Object::new().raw("location", &location(&place).end()).raw("venue", &venue.end());
    say(params, format!("{title}\n{address}\ngeo:{},{}", place.0, place.1), Some(extra))
}

/// `sendContact`.
pub(super) fn send_contact(params: &Params) -> Result<Plan, Failure> {
    let (number, first) = (params.need_text("phone_number")?, params.need_text("first_name")?);
    let last = params.text("last_name")?;
    let name = last.as_ref().map_or(first.clone(), |last| format!("{first} {last}"));
    let dialled: String = number.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
    let contact = Object::new().text("phone_number", &number).text("first_name", &first);
    let extra = Object::new().raw("contact", &contact.text_if("last_name", last.as_deref()).end());
    say(params, format!("{name}\ntel:{dialled}"), Some(extra))
}

/// `sendPoll`.
pub(super) fn send_poll(params: &Params) -> Result<Plan, Failure> {
    let question = params.need_text("question")?;
    let options = match params.texts("options") {
        Ok(Some(options)) => options,
        _ => {
            let objects = params.objects("options")?.unwrap_or_default();
            objects.iter().map(|option| Ok(option.need_text("text")?.to_string())).collect::<Result<_, Failure>>()?
        }
    };
    if options.is_empty() {
        return Err(Failure::Conflict("poll must have at least 1 option".to_string()));
    }
    let numbered = (1..).zip(&options).map(|(number, option)| format!("{number}. {option}"));
    let text = std::iter::once(question.clone()).chain(numbered).collect::<Vec<_>>().join("\n");
    let shown = (1..).zip(&options).map(|(number, option)| {
        let shown = Object::new().text("persistent_id", &i64::to_string(&number)).text("text", option);
        shown.number("voter_count", 0).end()
    });
    let poll = Object::new()
        .text("id", "0")
        .text("question", &question)
        .raw("options", &json::array(shown))
        .number("total_voter_count", 0)
        .truth("is_closed", true)
        .truth("is_anonymous", true)
        .text("type", "regular")
        .truth("allows_multiple_answers", false)
        .truth("allows_revoting", false)
        .truth("members_only", false);
    say(params, text, Some(Object::new().raw("poll", &poll.end())))
}

/// `sendDice`.
pub(super) fn send_dice(params: &Params) -> Result<Plan, Failure> {
    let emoji = params.text("emoji")?.unwrap_or("🎲".to_string());
    let most: u8 = match emoji.as_str() {
        "🎲" | "🎯" | "🎳" => 6,
        "🏀" | "⚽" | "⚽️" => 5,
        "🎰" => 64,
        _ => return Err(Failure::Conflict("wrong dice emoji".to_string())),
    };
    let mut random = [0];
    // Of what would favour some values none is taken.
    while random[0] == 0 || random[0] > 255 / most * most {
        crypto::random(&mut random);
    }
    let value = (random[0] - 1) % most + 1;
    let dice = Object::new().text("emoji", &emoji).number("value", value.into()).end();
    say(params, format!("{emoji} {value}"), Some(Object::new().raw("dice", &dice)))
}

fn act(params: &Params, what: NumberedAction) -> Result<Plan, Failure> {
    if params.has("inline_message_id") {
        return Err(Failure::Conflict("there are no inline messages here".to_string()));
    }
    let message = params.need_number("message_id")?;
    Ok(Plan::ask(NumberedAsk::Act(NumberedAct { chat: chat(params)?, message, what, idempotency_key: None })))
}

/// `editMessageText`.
pub(super) fn edit_text(params: &Params) -> Result<Plan, Failure> {
    let text = styled(params, ("text", "entities"))?.filter(|text| !text.trim().is_empty());
    let text = text.ok_or_else(|| Failure::Conflict("message text is empty".to_string()))?;
    act(params, NumberedAction::Edit(text, keyboard(params)?))
}

/// `editMessageCaption`.
pub(super) fn edit_caption(params: &Params) -> Result<Plan, Failure> {
    let text = styled(params, ("caption", "caption_entities"))?;
    let text =
        text.ok_or_else(|| Failure::invalid("caption", "there: a caption that was sent cannot be taken away"))?;
    act(params, NumberedAction::EditCaption(text, keyboard(params)?))
}

/// `editMessageReplyMarkup`.
pub(super) fn edit_markup(params: &Params) -> Result<Plan, Failure> {
    act(params, NumberedAction::Buttons(keyboard(params)?))
}

/// `deleteMessage`.
pub(super) fn delete_message(params: &Params) -> Result<Plan, Failure> {
    Ok(Plan::ask(NumberedAsk::Remove(chat(params)?, params.need_number("message_id")?)))
}

/// `deleteMessages`. Those that are not known any more are passed over, as Telegram does.
pub(super) fn delete_messages(params: &Params) -> Result<Plan, Failure> {
    let chat = chat(params)?;
    let delete = |message| Plan::ask(NumberedAsk::Remove(chat.clone(), message));
    Ok(Plan::Many(message_ids(params)?.into_iter().map(delete).collect(), Many::True))
}

fn message_ids(params: &Params) -> Result<Vec<i64>, Failure> {
    let ids = params.numbers("message_ids")?.unwrap_or_default();
    if (1..=100).contains(&ids.len()) { Ok(ids) } else { Err(Failure::invalid("message_ids", "1 to 100 of them")) }
}

fn copy(params: &Params, message: i64, is_forward: bool) -> Result<NumberedAsk, Failure> {
    let (to, from) = (chat(params)?, named(params, "from_chat_id")?);
    Ok(NumberedAsk::Copy(NumberedCopy { to, from, message, is_forward, keyboard: keyboard(params)? }))
}

/// `forwardMessage`.
pub(super) fn forward_message(params: &Params) -> Result<Plan, Failure> {
    copy(params, params.need_number("message_id")?, true).map(Plan::ask)
}

/// `copyMessage`.
pub(super) fn copy_message(params: &Params) -> Result<Plan, Failure> {
    Ok(Plan::AskForId(Box::new(copy(params, params.need_number("message_id")?, false)?)))
}

/// `forwardMessages`.
pub(super) fn forward_messages(params: &Params) -> Result<Plan, Failure> {
    several(params, true)
}

/// `copyMessages`.
pub(super) fn copy_messages(params: &Params) -> Result<Plan, Failure> {
    several(params, false)
}

fn several(params: &Params, is_forward: bool) -> Result<Plan, Failure> {
    let one = |message| Ok(Plan::AskForId(Box::new(copy(params, message, is_forward)?)));
    let all = message_ids(params)?.into_iter().map(one).collect::<Result<_, Failure>>()?;
    Ok(Plan::Many(all, Many::Array))
}

/// `setMessageReaction`.
pub(super) fn react(params: &Params) -> Result<Plan, Failure> {
    let reactions = params.objects("reaction")?.unwrap_or_default();
    let emoji = match reactions.first() {
        None => String::new(),
        Some(first) => match first.text("emoji")? {
            Some(emoji) => emoji.to_string(),
            None => return Err(Failure::Conflict("REACTION_INVALID: only plain emoji are known here".to_string())),
        },
    };
    act(params, NumberedAction::React(emoji))
}

/// `answerCallbackQuery`.
pub(super) fn answer_press(params: &Params) -> Result<Plan, Failure> {
    let callback_id = params.need_text("callback_query_id")?;
    let (text, is_alert) = (params.text("text")?, params.is_true("show_alert"));
    Ok(Plan::ask(NumberedAsk::AnswerPress(NewPressAnswer { callback_id, text, is_alert, idempotency_key: None })))
}

const ACTIONS: [&str; 3] = ["upload_", "record_", "choose_"];

/// `sendChatAction`.
pub(super) fn chat_action(params: &Params) -> Result<Plan, Failure> {
    let action = params.need_text("action")?;
    if !matches!(action.as_str(), "typing" | "find_location") && !ACTIONS.iter().any(|begin| action.starts_with(begin))
    {
        return Err(Failure::Conflict("wrong parameter action in request".to_string()));
    }
    typing(params)
}

/// `sendMessageDraft`.
pub(super) fn draft(params: &Params) -> Result<Plan, Failure> {
    params.need_number("draft_id")?;
    let text = styled(params, ("text", "entities"))?.unwrap_or_default();
    show(params, NumberedAction::Draft(text))
}

fn typing(params: &Params) -> Result<Plan, Failure> {
    show(params, NumberedAction::Show(ChatState::Composing))
}

fn show(params: &Params, what: NumberedAction) -> Result<Plan, Failure> {
    Ok(Plan::ask(NumberedAsk::Act(NumberedAct { chat: chat(params)?, message: 0, what, idempotency_key: None })))
}
