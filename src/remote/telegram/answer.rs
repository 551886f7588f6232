//! Answers of Telegram's Bot API: the result, or why there is none.

use std::time::Duration;

use crate::base::call::{CallError, Called};
use crate::base::json::Fields;
use crate::base::limits;

/// What a request has led to, where that was not what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What follows from it.
    pub reason: Reason,
    /// One sentence, Telegram's own where it said one; without any secret.
    pub why: String,
}

/// What follows from a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The token is not valid (any more): 401, or 404 for the whole address.
    Unauthorized,
    /// Somebody else fetches the updates of this bot, or a webhook gets them: 409.
    Conflict,
    /// Nothing of this kind before so much time is over: 429.
    Flood(Duration),
    /// The group is a supergroup now, with this id.
    Moved(i64),
    /// There is no such chat for this bot, or it may not write there (any more): 403, or 400 that says so.
    Gone,
    /// Nothing would be other than it is: an edit that changes nothing.
    Unchanged,
    /// The request itself is wrong: 400, 413.
    Bad,
    /// The server is in trouble: 5xx. What was asked may have been done.
    Server,
    /// Nothing of the request went out: it was not done.
    NotSent,
    /// No answer came: it may have been done.
    InDoubt,
}

/// The members of `result`, where that is an object; else an object whose `result` it is.
pub fn read(called: &Called) -> Result<Fields, Refusal> {
    let refusal = |reason, why: String| Refusal { reason, why };
    let answer = match called {
        Ok(answer) => answer,
        Err(error @ (CallError::Unsent(_) | CallError::Busy | CallError::Invalid(_) | CallError::NotPublic)) => {
            return Err(refusal(Reason::NotSent, error.to_string()));
        }
        Err(error) => return Err(refusal(Reason::InDoubt, error.to_string())),
    };
    let status = answer.status;
    let odd = || format!("what answers is not Telegram: status {status}");
    let Ok(fields) = Fields::parse_within(&answer.body, limits::TELEGRAM_VALUES_MAX) else {
        let fault = if (500..600).contains(&status) { Reason::Server } else { Reason::InDoubt };
        return Err(refusal(fault, odd()));
    };
    if fields.truth("ok").ok().flatten() == Some(true) {
        return Ok(fields.object("result").unwrap_or(fields));
    }
    let code = fields.number("error_code").ok().flatten().unwrap_or_else(|| i64::from(status));
    let said = fields.text("description").ok().flatten().filter(|said| !said.is_empty());
    let said = said.map_or_else(odd, short);
    Err(refusal(fault(code, &said, &fields), said))
}

fn fault(code: i64, said: &str, fields: &Fields) -> Reason {
    if let Some(id) = fields.number_at(&["parameters", "migrate_to_chat_id"]) {
        return Reason::Moved(id);
    }
    let has = |words: &[&str]| words.iter().any(|word| said.to_lowercase().contains(word));
    match code {
        401 => Reason::Unauthorized,
        404 if said == "Not Found" => Reason::Unauthorized,
        409 => Reason::Conflict,
        429 => {
            let seconds = fields.number_at(&["parameters", "retry_after"]).unwrap_or(1).max(1).unsigned_abs();
            Reason::Flood(Duration::from_secs(seconds).min(limits::RETRY_AFTER_MAX))
        }
        403 => Reason::Gone,
        400 if has(&["chat not found", "group chat was deactivated", "peer_id_invalid"]) => Reason::Gone,
        400 if has(&["message is not modified"]) => Reason::Unchanged,
        500.. => Reason::Server,
        _ => Reason::Bad,
    }
}

/// Not more of what somebody else says than a line has.
fn short(said: &str) -> String {
    let line: String = said.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match line.char_indices().nth(limits::TELEGRAM_WHY_CHARS) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::call::HttpAnswer;

    fn answer(status: u16, body: &str) -> Called {
        Ok(HttpAnswer { status, body: body.as_bytes().to_vec(), ..HttpAnswer::default() })
    }

    #[test]
    fn results_are_read() {
        let me = read(&answer(200, r#"{"ok":true,"result":{"id":4611686018427387905,"username":"my_bot"}}"#)).unwrap();
        assert_eq!(me.number("id"), Ok(Some(4_611_686_018_427_387_905)));
        let done = read(&answer(200, r#"{"ok":true,"result":true}"#)).unwrap();
        assert_eq!(done.truth("result"), Ok(Some(true)));
    }

    #[test]
    fn refusals_are_told_apart() {
        let fault = |status, body: &str| read(&answer(status, body)).unwrap_err().reason;
        let said = |code: u16, why: &str, more: &str| {
            fault(code, &format!(r#"{{"ok":false,"error_code":{code},"description":"{why}"{more}}}"#))
        };
        assert_eq!(said(401, "Unauthorized", ""), Reason::Unauthorized);
        assert_eq!(said(404, "Not Found", ""), Reason::Unauthorized);
        assert_eq!(said(404, "Bad Request: method not found", ""), Reason::Bad);
        assert_eq!(said(409, "Conflict: terminated by other getUpdates request", ""), Reason::Conflict);
        let flood = |more| said(429, "Too Many Requests: retry after 7", more);
        assert_eq!(flood(r#","parameters":{"retry_after":7}"#), Reason::Flood(Duration::from_secs(7)));
        assert_eq!(flood(""), Reason::Flood(Duration::from_secs(1)));
        let moved = r#","parameters":{"migrate_to_chat_id":-1001}"#;
        assert_eq!(said(400, "Bad Request: group chat was upgraded to a supergroup chat", moved), Reason::Moved(-1001));
        assert_eq!(said(403, "Forbidden: bot was blocked by the user", ""), Reason::Gone);
        assert_eq!(said(400, "Bad Request: chat not found", ""), Reason::Gone);
        assert_eq!(said(400, "Bad Request: message is not modified: specified", ""), Reason::Unchanged);
        assert_eq!(said(400, "Bad Request: message is too long", ""), Reason::Bad);
        assert_eq!(said(502, "Bad Gateway", ""), Reason::Server);
        assert_eq!((fault(502, "<html>"), fault(200, "<html>")), (Reason::Server, Reason::InDoubt));
    }

    #[test]
    fn what_did_not_go_out_is_told_from_what_may_have() {
        let fault = |error| read(&Err(error)).unwrap_err().reason;
        assert_eq!(fault(CallError::Unsent(Box::new(CallError::Refused))), Reason::NotSent);
        assert_eq!(fault(CallError::Busy), Reason::NotSent);
        assert_eq!(fault(CallError::Timeout), Reason::InDoubt);
        assert_eq!(fault(CallError::Unreachable("the connection broke".into())), Reason::InDoubt);
    }

    #[test]
    fn a_long_sentence_is_cut() {
        let body = format!(r#"{{"ok":false,"error_code":400,"description":"{}\n"}}"#, "ü".repeat(9_999));
        assert!(read(&answer(400, &body)).unwrap_err().why.chars().count() <= limits::TELEGRAM_WHY_CHARS + 1);
    }
}
