//! An answer that comes piece by piece: server-sent events (OpenAI, Anthropic, Gemini) or lines of JSON (Ollama).
//!
//! [`Stream`] takes the lines as they come, whatever else stands between them, and holds the text so far.

use super::{Dialect, Fault, Reply, finish, is_cut, said, whole};
use crate::base::json::Fields;
use crate::base::limits;
use crate::base::secret::Secret;

/// The text so far.
#[derive(Clone, Debug)]
pub struct Stream {
    dialect: Dialect,
    text: String,
    fault: Option<Fault>,
    is_cut: bool,
    is_whole: bool,
}

impl Stream {
    /// Nothing yet.
    pub fn new(dialect: Dialect) -> Stream {
        Stream { dialect, text: String::new(), fault: None, is_cut: false, is_whole: false }
    }

    /// Takes a line without its end. What is not understood is passed over; the end tells whether anything was.
    pub fn line(&mut self, line: &[u8], key: &Secret) {
        let data = match line.strip_prefix(b"data:") {
            Some(data) => data.trim_ascii(),
            // Ollama's lines are bare, and so is the answer of a service that does not stream.
            None if line.starts_with(b"{") => line,
            None => return,
        };
        if data == b"[DONE]" {
            self.is_whole = true;
            return;
        }
        let Ok(fields) = Fields::parse(data) else { return };
        let is_event_of_error = fields.text_at(&["type"]) == Some("error") || fields.has(&["error"]);
        if let Some(words) = said(&fields, key).filter(|_| is_event_of_error) {
            self.fault.get_or_insert(Fault::Later(words));
            return;
        }
        let piece = match self.dialect {
            Dialect::OpenAi | Dialect::OpenClaw => fields.joined_at(&["choices", "0", "delta", "content"]),
            Dialect::Anthropic => fields.text_at(&["delta", "text"]).map(str::to_string),
            Dialect::Gemini | Dialect::Ollama | Dialect::Hook => None,
        };
        let piece = piece.or_else(|| whole(self.dialect, &fields)).unwrap_or_default();
        let is_full = self.text.len() + piece.len() > limits::AI_ANSWER_BYTES_MAX;
        self.is_cut |= is_full || is_cut(self.dialect, &fields);
        self.is_whole |= self.is_cut || is_last(self.dialect, &fields);
        if !is_full {
            self.text.push_str(&piece);
        }
    }

    /// What people may see so far: nothing while the model thinks aloud.
    pub fn so_far(&self) -> Option<Reply> {
        // It may be about to.
        if "<think>".starts_with(self.text.trim()) {
            return None;
        }
        finish(&self.text, false).ok()
    }

    /// The end came; `broke` says why, if it came too early.
    pub fn end(self, broke: Option<Fault>) -> Result<Reply, Fault> {
        let fault = self.fault.or(broke.filter(|_| !self.is_whole));
        match (finish(&self.text, self.is_cut), fault) {
            (Ok(reply), None) => Ok(reply),
            // What was said is worth more than nothing.
            (Ok(reply), Some(_)) => Ok(Reply { is_cut: true, ..reply }),
            (Err(_), Some(fault)) => Err(fault),
            (Err(_), None) if !self.is_whole => Err(Fault::NotUnderstood),
            (Err(empty), None) => Err(empty),
        }
    }
}

fn is_last(dialect: Dialect, fields: &Fields) -> bool {
    match dialect {
        Dialect::OpenAi | Dialect::OpenClaw => fields.has(&["choices", "0", "finish_reason"]),
        Dialect::Anthropic => fields.text_at(&["type"]) == Some("message_stop"),
        Dialect::Gemini => fields.has(&["candidates", "0", "finishReason"]),
        Dialect::Ollama => fields.is_true_at(&["done"]),
        Dialect::Hook => true,
    }
}
