//! Language models: a question with its history becomes a call, an answer becomes a text or a closed list of faults.
//!
//! Five ways of speaking ([`Dialect`]) serve all providers ([`providers`]) and whatever is compatible with one of them.
//! Keys stand in headers only. Called by `engine::ai`, which decides what is asked again and what people are told.

mod anthropic;
mod gemini;
mod ollama;
mod openai;
mod openclaw;
pub mod providers;
mod stream;
mod thought;
mod usage;

use std::fmt;
use std::time::Duration;

use crate::base::call::{CallError, HttpAnswer, HttpCall, Retry};
use crate::base::json::Fields;
use crate::base::limits;
use crate::base::secret::Secret;
use crate::base::text::shorten;

pub use providers::{PROVIDERS, Provider};
pub use stream::Stream;
pub use usage::Tokens;

/// How a service is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `POST …/chat/completions`, which most services and local servers understand.
    OpenAi,
    /// `POST …/v1/messages`.
    Anthropic,
    /// `POST …/models/NAME:generateContent`.
    Gemini,
    /// `POST …/api/chat`.
    Ollama,
    /// OpenClaw's gateway: an agent with a memory of its own, spoken to like OpenAI.
    OpenClaw,
    /// OpenClaw's hook: takes a message and never answers it.
    Hook,
}

/// A question and what was answered to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// What the person said.
    pub question: String,
    /// What the model said.
    pub answer: String,
}

/// Parameters that a model has refused; it is asked again without them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Without {
    /// `max_tokens` is called `max_completion_tokens`.
    pub old_name: bool,
    /// No bound on tokens at all.
    pub max_tokens: bool,
    /// No temperature.
    pub temperature: bool,
    /// No system prompt of its own: it stands before the question.
    pub system: bool,
}

/// Everything that makes one call.
#[derive(Clone, Debug)]
pub struct Ask<'a> {
    /// Who is asked.
    pub provider: &'static Provider,
    /// Where: the provider's own address or another.
    pub endpoint: &'a str,
    /// The key, empty for none.
    pub key: &'a Secret,
    /// The model's name.
    pub model: &'a str,
    /// The system prompt, empty for none.
    pub system: &'a str,
    /// What was said before, oldest first.
    pub history: &'a [Turn],
    /// What is asked.
    pub question: &'a str,
    /// Bound on the answer's length; `None` leaves it to us.
    pub max_tokens: Option<u32>,
    /// Hundredths; `None` leaves it to the model.
    pub temperature: Option<u32>,
    /// A stable name of the conversation that tells nobody who it is.
    pub user: &'a str,
    /// Whether the answer is to come piece by piece.
    pub is_stream: bool,
    /// What this model does not take.
    pub without: Without,
    /// Bound on the whole call.
    pub timeout: Duration,
}

/// A whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The text, never empty, but for a hook's.
    pub text: String,
    /// Why it is not all.
    pub cut: Option<Cut>,
}

/// Why an answer ends before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// At a bound on its length, of the model's or ours.
    Length,
    /// The service's filter objected.
    Filter,
    /// Nothing came any more, and nobody said that it was all; or an error came.
    Early,
    /// What came next could not be read.
    Unreadable,
}

/// Why there is no answer. Words of the service are one line without the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The key is missing, wrong or not allowed here.
    Key,
    /// Nobody pays: no credit, or a quota is used up.
    Credit(String),
    /// There is no such model, or nothing at this address.
    NotFound(String),
    /// What was said so far is more than the model takes.
    TooLong,
    /// Too many questions; when to come again, if it was said.
    Busy(Option<Duration>),
    /// In trouble or out of reach: worth another try.
    Later(String),
    /// The service refuses the question; its words.
    Refused(String),
    /// What answers there is no such service.
    NotUnderstood,
    /// The model said nothing.
    Empty,
    /// It said nothing because all its tokens went into thinking.
    Spent,
}

/// For the log.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Key => f.write_str("its key is missing, wrong or not allowed there"),
            Fault::Credit(why) => write!(f, "there is no credit: {why}"),
            Fault::NotFound(why) => write!(f, "there is no such model or address: {why}"),
            Fault::TooLong => f.write_str("the conversation is too long for the model"),
            Fault::Busy(_) => f.write_str("too many questions at once"),
            Fault::Later(why) => write!(f, "it cannot answer now: {why}"),
            Fault::Refused(why) => write!(f, "it refuses the question: {why}"),
            Fault::NotUnderstood => f.write_str("what answers there is no such service"),
            Fault::Empty => f.write_str("its answer is empty"),
            Fault::Spent => f.write_str("all its tokens went into thinking"),
        }
    }
}

impl Fault {
    /// In one word, for counting.
    pub fn word(&self) -> &'static str {
        match self {
            Fault::Key => "key",
            Fault::Credit(_) => "credit",
            Fault::NotFound(_) => "not_found",
            Fault::TooLong => "too_long",
            Fault::Busy(_) => "busy",
            Fault::Later(_) => "unavailable",
            Fault::Refused(_) => "refused",
            Fault::NotUnderstood => "not_understood",
            Fault::Empty | Fault::Spent => "empty",
        }
    }

    /// Whether it may be only that the service does not stream.
    pub fn is_of_stream(&self) -> bool {
        match self {
            Fault::NotUnderstood => true,
            Fault::Refused(why) => why.to_lowercase().contains("stream"),
            _ => false,
        }
    }

    /// Whether asking the same again may help.
    pub fn retry(&self) -> Retry {
        match self {
            Fault::Busy(Some(after)) => Retry::After(*after),
            Fault::Busy(None) | Fault::Later(_) => Retry::Later,
            _ => Retry::Never,
        }
    }
}

/// The call for a question.
pub fn build(ask: &Ask<'_>) -> HttpCall {
    let mut call = match ask.provider.dialect_at(ask.endpoint) {
        Dialect::OpenAi => openai::build(ask, ask.model, None),
        Dialect::Anthropic => anthropic::build(ask),
        Dialect::Gemini => gemini::build(ask),
        Dialect::Ollama => ollama::build(ask),
        Dialect::OpenClaw => openclaw::build(ask),
        Dialect::Hook => openclaw::build_hook(ask),
    };
    call.timeout = ask.timeout;
    if ask.is_stream {
        call.answer_bytes_max = limits::AI_STREAM_BYTES_MAX;
    }
    call
}

/// Reads what a call was answered.
pub fn read(dialect: Dialect, key: &Secret, outcome: &Result<HttpAnswer, CallError>) -> Result<Reply, Fault> {
    let answer = match outcome {
        Ok(answer) => answer,
        Err(error) if error.retry() == Retry::Never => return Err(Fault::Refused(error.to_string())),
        Err(error) => return Err(Fault::Later(error.to_string())),
    };
    if !answer.is_success() {
        return Err(fault(answer, key));
    }
    let Some(fields) = Fields::parse(&answer.body).ok().filter(|_| !answer.is_cut) else {
        return Err(Fault::NotUnderstood);
    };
    if let Some(words) = said(&fields, key).filter(|_| dialect != Dialect::Hook) {
        return Err(Fault::Refused(words));
    }
    match whole(dialect, &fields) {
        Some(text) if dialect == Dialect::Hook => Ok(Reply { text, cut: None }),
        Some(text) => finish(&text, cut_of(dialect, &fields)),
        None => Err(Fault::NotUnderstood),
    }
}

/// The tokens that a whole answer has cost; none where that is not said.
pub fn used(outcome: &Result<HttpAnswer, CallError>) -> Tokens {
    let fields = outcome.as_ref().ok().filter(|answer| answer.is_success() && !answer.is_cut);
    fields.and_then(|answer| Fields::parse(&answer.body).ok()).map_or(Tokens::default(), |fields| Tokens::of(&fields))
}

/// What to leave out when the same is asked again after this answer; `None` when that is not what was wrong.
pub fn adapt(answer: &HttpAnswer, without: Without) -> Option<Without> {
    if !matches!(answer.status, 400 | 422) {
        return None;
    }
    let fields = Fields::parse(&answer.body).ok()?;
    let words = said(&fields, &Secret::default())?.to_lowercase();
    let mut next = without;
    let parameter = fields.text_at(&["error", "param"]).unwrap_or_default();
    let is_about = |name: &str| parameter == name || words.contains(name);
    if words.contains("max_completion_tokens") && !without.old_name {
        next.old_name = true;
    } else if is_about("temperature") {
        next.temperature = true;
    } else if is_about("max_tokens") || is_about("max_completion_tokens") || words.contains("maxoutputtokens") {
        next.max_tokens = true;
    } else if is_about("system") || words.contains("developer instruction") {
        next.system = true;
    }
    (next != without).then_some(next)
}

/// The text of a whole answer.
fn whole(dialect: Dialect, fields: &Fields) -> Option<String> {
    match dialect {
        Dialect::OpenAi | Dialect::OpenClaw => {
            // A refusal, and an answer that was all thinking, have no content.
            let message = &["choices", "0", "message"];
            let refusal = || fields.text_at(&["choices", "0", "message", "refusal"]).map(str::to_string);
            let content = fields.joined_at(&["choices", "0", "message", "content"]).or_else(refusal);
            content.or_else(|| fields.has(message).then(String::new))
        }
        Dialect::Anthropic => fields.joined_at(&["content"]),
        // A prompt that was blocked has no candidates, and an answer that was blocked no content.
        Dialect::Gemini => fields
            .joined_at(&["candidates", "0", "content", "parts"])
            .or_else(|| (fields.has(&["candidates", "0"]) || fields.has(&["promptFeedback"])).then(String::new)),
        Dialect::Ollama => fields.joined_at(&["message", "content"]),
        Dialect::Hook => Some(fields.text_at(&["runId"]).unwrap_or_default().to_string()),
    }
}

/// Whether a service says that it did not say all.
fn cut_of(dialect: Dialect, fields: &Fields) -> Option<Cut> {
    let reason = match dialect {
        Dialect::OpenAi | Dialect::OpenClaw => fields.text_at(&["choices", "0", "finish_reason"]),
        Dialect::Anthropic => fields.text_at(&["stop_reason"]).or_else(|| fields.text_at(&["delta", "stop_reason"])),
        Dialect::Gemini => {
            let blocked = || fields.text_at(&["promptFeedback", "blockReason"]);
            fields.text_at(&["candidates", "0", "finishReason"]).or_else(blocked)
        }
        Dialect::Ollama => fields.text_at(&["done_reason"]),
        Dialect::Hook => None,
    };
    match (dialect, reason?) {
        (_, "length" | "max_tokens" | "MAX_TOKENS" | "model_context_window_exceeded") => Some(Cut::Length),
        (_, "content_filter" | "refusal") => Some(Cut::Filter),
        (Dialect::Gemini, "STOP" | "FINISH_REASON_UNSPECIFIED" | "") => None,
        (Dialect::Gemini, _) => Some(Cut::Filter),
        _ => None,
    }
}

/// The answer for people: without the thinking that some models do aloud, and of bounded length.
fn finish(text: &str, cut: Option<Cut>) -> Result<Reply, Fault> {
    let text = thought::without(text);
    match (text.is_empty(), cut) {
        (true, Some(Cut::Length)) => Err(Fault::Spent),
        (true, Some(Cut::Filter)) => {
            Err(Fault::Refused("its filter objects to the question or the answer".to_string()))
        }
        (true, _) => Err(Fault::Empty),
        (false, _) => {
            let cut = cut.or(Some(Cut::Length).filter(|_| text.len() > limits::AI_ANSWER_BYTES_MAX));
            Ok(Reply { text: shorten(text, limits::AI_ANSWER_BYTES_MAX), cut })
        }
    }
}

/// What an answer that is none says.
fn fault(answer: &HttpAnswer, key: &Secret) -> Fault {
    // Gemini puts the object of an error into an array at times.
    let body = answer.body.trim_ascii();
    let body = body.strip_prefix(b"[").and_then(|body| body.strip_suffix(b"]")).unwrap_or(body);
    let fields = Fields::parse(body).unwrap_or_else(|_| Fields::empty());
    let words = said(&fields, key).unwrap_or_default();
    let (lower, status) = (words.to_lowercase(), answer.status);
    let has = |parts: &[&str]| parts.iter().any(|part| lower.contains(part));
    let why = if words.is_empty() { format!("status {status}") } else { words.clone() };
    match status {
        401 => Fault::Key,
        400 | 403 if has(&["api key", "api_key", "api-key", "x-api-key"]) => Fault::Key,
        402 => Fault::Credit(why),
        400 | 403 | 429
            if has(&["credit", "billing", "insufficient_quota", "exceeded your current quota", "balance"]) =>
        {
            Fault::Credit(why)
        }
        400 | 413 | 422 if has(&["context", "too long", "too large", "maximum prompt", "token count exceeds"]) => {
            Fault::TooLong
        }
        413 => Fault::TooLong,
        404 | 405 => Fault::NotFound(why),
        429 => Fault::Busy(answer.retry_after()),
        529 | 503 if answer.retry_after().is_some() => Fault::Busy(answer.retry_after()),
        408 | 425 | 500..=599 => Fault::Later(why),
        300..=399 => Fault::NotFound(why),
        _ => Fault::Refused(why),
    }
}

/// The words of an error, wherever a service puts them: in one line, of bounded length, without the key.
fn said(fields: &Fields, key: &Secret) -> Option<String> {
    let places: [&[&str]; 5] = [&["error", "message"], &["error"], &["message"], &["detail"], &["detail", "0", "msg"]];
    // What is no error has members of these names, too, but then they are no strings.
    let text = places.iter().find_map(|path| fields.text_at(path)).filter(|text| !text.trim().is_empty())?;
    in_one_line(text, key)
}

/// Another's words in one line, of bounded length, without the key.
fn in_one_line(text: &str, key: &Secret) -> Option<String> {
    let text = if key.is_empty() { text.to_string() } else { text.replace(key.expose(), "***") };
    let mut words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let first = words.next()?.to_string();
    let line = words.fold(first, |line, word| line + " " + word);
    Some(shorten(&line, limits::REMOTE_TEXT_BYTES_MAX))
}

/// The address of a method at an endpoint that may be given as a base, with its version, or whole.
fn address(endpoint: &str, version: &str, method: &str) -> String {
    let endpoint = endpoint.trim().trim_end_matches('/');
    let path = endpoint.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map(|(_, path)| path);
    match path {
        _ if endpoint.ends_with(method) => endpoint.to_string(),
        None => format!("{endpoint}{version}{method}"),
        Some(_) => format!("{endpoint}{method}"),
    }
}

#[cfg(test)]
mod tests;
