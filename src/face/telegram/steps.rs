//! Carries a plan out: asks the engine, once or several times, and has `wire` print what it says.

use std::net::IpAddr;
use std::pin::Pin;

use crate::base::id::BotId;
use crate::base::json::{self, Object};
use crate::core::failure::Failure;
use crate::core::handle::{
    Answer, Caller, ChatRef, Keyboard, NumberedAct, NumberedAction, NumberedAnswer, NumberedAsk, NumberedQuestion,
    NumberedUpload, Outcome, Question,
};
use crate::face::Context;
use crate::http::Response;

use super::calls::{Many, Plan, Shown};
use super::wire;

/// Who calls.
pub(super) struct By {
    pub(super) caller: Caller,
    pub(super) peer: IpAddr,
    /// The number before the token.
    pub(super) bot: Option<BotId>,
}

/// Asks the engine.
pub(super) async fn ask(context: &Context, by: &By, question: Question) -> Outcome {
    context.handle.ask_from(Some(by.peer), by.caller.clone(), question).outcome().await
}

async fn ask_by_number(context: &Context, by: &By, ask: NumberedAsk) -> Outcome {
    let question = NumberedQuestion { bot: by.bot, ask };
    self::ask(context, by, Question::Numbered(Box::new(question))).await
}

/// The whole answer to a call.
pub(super) async fn carry_out(context: &Context, by: &By, plan: Plan) -> Response {
    if let Plan::Other(question, Shown::Content) = plan {
        return match self::ask(context, by, *question).await {
            Ok(Answer::Content { file, media_type, bytes, content }) => {
                wire::content(&file, media_type, (content, bytes))
            }
            Ok(_) => wire::not_found(),
            Err(failure) => wire::refuse(&failure),
        };
    }
    match step(context, by, plan).await {
        Ok(json) => wire::result(&json),
        Err(failure) => wire::refuse(&failure),
    }
}

type Step<'a> = Pin<Box<dyn Future<Output = Result<String, Failure>> + Send + 'a>>;

/// The result of one plan, in JSON.
fn step<'a>(context: &'a Context, by: &'a By, plan: Plan) -> Step<'a> {
    Box::pin(async move {
        match plan {
            Plan::Ask(ask, extra) => Ok(wire::answer(&ask_by_number(context, by, *ask).await?, extra.as_ref())),
            Plan::AskForId(ask) => Ok(id_of(&ask_by_number(context, by, *ask).await?)),
            Plan::Upload(upload, keyboard) => send_file(context, by, *upload, keyboard).await,
            Plan::Many(plans, how) => many(context, by, plans, how).await,
            Plan::Other(question, shown) => Ok(show(&self::ask(context, by, *question).await?, shown)),
        }
    })
}

/// One after the other. What fails ends it; but of messages to be deleted some may be gone.
async fn many(context: &Context, by: &By, plans: Vec<Plan>, how: Many) -> Result<String, Failure> {
    let mut results = Vec::with_capacity(plans.len());
    for plan in plans {
        match step(context, by, plan).await {
            Ok(json) => results.push(json),
            Err(Failure::NotFound(_)) if how == Many::True => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(if how == Many::True { "true".to_string() } else { json::array(results) })
}

/// A file: it is sent first, then it is known what it is called.
async fn send_file(
    context: &Context,
    by: &By,
    upload: NumberedUpload,
    keyboard: Option<Keyboard>,
) -> Result<String, Failure> {
    let (chat, caption) = (upload.chat.clone(), upload.caption.clone().unwrap_or_default());
    let sent = ask_by_number(context, by, NumberedAsk::Upload(Box::new(upload))).await?;
    let Answer::Sent { message_id, .. } = sent else { return Ok(wire::answer(&sent, None)) };
    let ask = NumberedAsk::Sent(chat.clone(), message_id.clone(), caption.clone());
    let mut answer = ask_by_number(context, by, ask).await?;
    if let (Some(keyboard), Some(message)) = (keyboard, number_of(&answer)) {
        show_buttons(context, by, (chat.clone(), message), keyboard).await?;
        answer = ask_by_number(context, by, NumberedAsk::Sent(chat, message_id, caption)).await?;
    }
    Ok(wire::answer(&answer, None))
}

async fn show_buttons(
    context: &Context,
    by: &By,
    (chat, message): (ChatRef, i64),
    keyboard: Keyboard,
) -> Result<(), Failure> {
    let what = NumberedAction::Buttons(Some(keyboard));
    let act = NumberedAct { chat, message, what, idempotency_key: None };
    ask_by_number(context, by, NumberedAsk::Act(act)).await.map(drop)
}

fn number_of(answer: &Answer) -> Option<i64> {
    match answer {
        Answer::Numbered(answer) => match &**answer {
            NumberedAnswer::Message(_, said) => Some(said.number),
            _ => None,
        },
        _ => None,
    }
}

/// A `MessageId`.
fn id_of(answer: &Answer) -> String {
    number_of(answer).map_or("true".to_string(), |number| Object::new().number("message_id", number).end())
}

fn show(answer: &Answer, shown: Shown) -> String {
    match (shown, answer) {
        (Shown::As(json), _) => json.to_string(),
        (Shown::Name(member), Answer::Me(info)) => Object::new().text(member, &info.name).end(),
        (Shown::Description(member), Answer::Me(info)) => Object::new().text(member, &info.description).end(),
        _ => wire::answer(answer, None),
    }
}
