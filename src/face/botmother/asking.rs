//! Questions to people (docs/ask.md): requests → questions to the engine, and how answers are printed. One curl may wait an
//! hour: then the answer begins at once, and goes on with spaces until there is something to say.

use std::time::Duration;

use crate::base::jid::Jid;
use crate::base::json::{self, Fields, Object};
use crate::base::remedy::{self, Place};
use crate::core::failure::Failure;
use crate::core::handle::{Answer, AskInfo, AskQuestion, Kind, NewAsk, Question, Ticket, is_long};
use crate::http::headers::HeaderValue;
use crate::http::{Flow, NextPiece, Request, Response, Span};

use super::{message, read, wire};

/// White space before an object, which readers of JSON pass over.
const ALIVE: &[u8] = b" ";

/// `POST /bot/ask`: a JSON object, or, with `to` in the query, the question itself.
pub(super) fn ask(request: &Request) -> Result<Question, Failure> {
    let query = read::query(request)?;
    let values = match query.text("to") {
        Some(_) => Values::Query(query, text_of(&request.body)?),
        None => Values::Body(read::fields(request)?),
    };
    let to = values.need("to")?;
    let kind = match values.text("type")?.as_deref() {
        None | Some("chat") => Kind::Chat,
        Some("groupchat") => Kind::Groupchat,
        Some(_) => return Err(Failure::invalid("type", "chat or groupchat")),
    };
    Ok(Question::Ask(AskQuestion::New(Box::new(NewAsk {
        to: read::jid("to", &to)?,
        kind,
        text: values.need("text")?,
        options: values.list("options")?,
        escalate: values
            .list("escalate")?
            .iter()
            .map(|who| read::jid("escalate", who))
            .collect::<Result<Vec<Jid>, _>>()?,
        escalate_after: values.time("escalate_after")?,
        expires: values.time("expires")?,
        wait: values.time("wait")?.unwrap_or_default(),
        reply_to: values.text("reply_to")?.filter(|id| !id.is_empty()),
        encrypt: values.truth("encrypt")?,
        idempotency_key: message::idempotency_key(request)?,
    }))))
}

/// `GET /bot/ask`: how one question stands, or which are open.
pub(super) fn state(request: &Request) -> Result<Question, Failure> {
    let query = read::query(request)?;
    let wait = query.text("wait").map(|text| time("wait", text)).transpose()?.unwrap_or_default();
    Ok(Question::Ask(match query.number("id")? {
        Some(id) => AskQuestion::Wait(id, wait),
        None => AskQuestion::List,
    }))
}

/// `POST /bot/ask/cancel`.
pub(super) fn cancel(request: &Request) -> Result<Question, Failure> {
    Ok(Question::Ask(AskQuestion::Cancel(read::fields(request)?.need_number("id")?)))
}

/// `DELETE /bot/ask/cancel?id=`.
pub(super) fn cancel_by_query(request: &Request) -> Result<Question, Failure> {
    let id = read::query(request)?.number("id")?.ok_or_else(|| Failure::invalid("id", "there: a whole number"))?;
    Ok(Question::Ask(AskQuestion::Cancel(id)))
}

/// Where the members of a question come from.
enum Values {
    Query(read::Query, String),
    Body(Fields),
}

impl Values {
    fn text(&self, key: &str) -> Result<Option<String>, Failure> {
        Ok(match self {
            Values::Query(_, body) if key == "text" && !body.is_empty() => Some(body.clone()),
            Values::Query(query, _) => query.text(key).map(str::to_string),
            Values::Body(fields) => fields.text(key)?.map(str::to_string),
        })
    }

    fn need(&self, key: &str) -> Result<String, Failure> {
        let text = self.text(key)?.filter(|text| !text.is_empty());
        text.ok_or_else(|| Failure::invalid(key, "there: a string that is not empty"))
    }

    /// Words with commas between them, or an array.
    fn list(&self, key: &str) -> Result<Vec<String>, Failure> {
        if let Values::Body(fields) = self
            && let Ok(Some(texts)) = fields.texts(key)
        {
            return Ok(texts.into_iter().map(str::to_string).collect());
        }
        let wrong = |_| Failure::invalid(key, "an array of strings, or words with commas between them");
        let words = self.text(key).map_err(wrong)?.unwrap_or_default();
        Ok(words.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_string).collect())
    }

    fn time(&self, key: &str) -> Result<Option<Duration>, Failure> {
        if let Values::Body(fields) = self
            && let Ok(seconds) = fields.number(key)
        {
            return seconds.map(|seconds| time(key, &seconds.to_string())).transpose();
        }
        self.text(key)?.map(|text| time(key, &text)).transpose()
    }

    fn truth(&self, key: &str) -> Result<bool, Failure> {
        match self {
            Values::Body(fields) => Ok(fields.truth(key)? == Some(true)),
            Values::Query(query, _) => match query.text(key) {
                None | Some("false" | "0") => Ok(false),
                Some("true" | "1") => Ok(true),
                Some(_) => Err(Failure::invalid(key, "true or false")),
            },
        }
    }
}

fn text_of(body: &[u8]) -> Result<String, Failure> {
    let text = std::str::from_utf8(body).map_err(|_| Failure::invalid("", "a text in UTF-8"))?;
    Ok(remedy::inert(text.trim_end().to_string()))
}

/// `90`, `90s`, `15m`, `1h`, `2d`.
fn time(field: &str, text: &str) -> Result<Duration, Failure> {
    let wrong = || Failure::invalid(field, "a time, like 90, 90s, 15m, 1h or 2d");
    let at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    let number: u32 = number.parse().map_err(|_| wrong())?;
    let seconds = match unit {
        "" | "s" => 1,
        "m" | "min" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    Ok(Duration::from_secs(u64::from(number) * seconds))
}

/// Whether whoever asks this waits longer than an answer may take.
pub(super) fn waits_long(question: &Question) -> bool {
    match question {
        Question::Ask(AskQuestion::New(new)) => is_long(new.wait),
        Question::Ask(AskQuestion::Wait(_, wait)) => is_long(*wait),
        _ => false,
    }
}

/// The beginning of an answer that may be long in coming, or what there is to say at once.
pub(super) async fn begin(mut ticket: Ticket, place: Place) -> Response {
    match ticket.next().await {
        Ok(Answer::AskBegun) => {}
        outcome => return wire::print(outcome, "", place),
    }
    let last = async move {
        let response = wire::print(ticket.next().await, "", place);
        Some((response.body, NextPiece(Box::pin(async { None }))))
    };
    Response {
        content_type: HeaderValue::of("application/json"),
        flow: Some(Box::new(Flow { next: NextPiece(Box::pin(last)), idle: ALIVE, span: Span::Long })),
        ..Response::json(200, String::new())
    }
    .with("Cache-Control", "no-cache")
    .with("X-Accel-Buffering", "no")
}

/// How a question stands.
fn info(info: &AskInfo) -> Object {
    let asked = json::array(info.asked.iter().map(|who| json::text(who)));
    let object = Object::new().number("ask_id", info.id).text("status", info.status.as_str()).raw("asked", &asked);
    let Some(answer) = &info.answer else { return object.number("expires_in", info.expires_in) };
    let object = object.text("answer", &answer.text);
    let object = match answer.option {
        Some(option) => object.number("option", i64::try_from(option).unwrap_or(i64::MAX)),
        None => object.raw("option", "null"),
    };
    object
        .text("by", &answer.by)
        .number("at", answer.at)
        .text("message_id", &answer.message_id)
        .truth("encrypted", answer.encrypted)
        .text_if("trust", answer.trust.as_deref())
}

/// How a question stands, or which are open.
pub(super) fn print(answer: &Answer) -> String {
    match answer {
        Answer::Ask(one) => wire::object(info(one)),
        Answer::Asks(infos) => wire::list("questions", infos.iter().map(|one| info(one).end())),
        // What is said before it is there.
        _ => String::new(),
    }
}
