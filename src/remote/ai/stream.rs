//! An answer that comes piece by piece: server-sent events (OpenAI, Anthropic, Gemini; HTML Living Standard §9.2.6) or
//! lines of JSON (Ollama).
//!
//! [`Stream`] takes the lines as they come, empty ones included, and holds the text so far. What cannot be read ends the
//! text there: a gap in the middle of an answer would not show.

use super::{Cut, Dialect, Fault, Reply, Tokens, cut_of, finish, said, thought, whole};
use crate::base::json::Fields;
use crate::base::limits;
use crate::base::secret::Secret;
use crate::base::text::shorten;

/// The text so far.
#[derive(Clone, Debug)]
pub struct Stream {
    dialect: Dialect,
    text: String,
    /// The event that is being read: its name, and its data if there is any.
    event: String,
    data: Option<String>,
    fault: Option<Fault>,
    cut: Option<Cut>,
    used: Tokens,
    /// Its service has said that this is all.
    is_whole: bool,
    /// Something was understood.
    is_known: bool,
    is_begun: bool,
    /// Such a model thinks aloud first and may not say that it begins to.
    is_thinker: bool,
}

impl Stream {
    /// Nothing yet of an answer of this model.
    pub fn new(dialect: Dialect, model: &str) -> Stream {
        Stream {
            dialect,
            text: String::new(),
            event: String::new(),
            data: None,
            fault: None,
            cut: None,
            used: Tokens::default(),
            is_whole: false,
            is_known: false,
            is_begun: false,
            is_thinker: !matches!(dialect, Dialect::Anthropic | Dialect::Gemini) && thought::is_thinker(model),
        }
    }

    /// Takes a line without its end.
    pub fn line(&mut self, line: &[u8], key: &Secret) {
        // What comes behind a gap or a bound is of no use; and an endless event must not cost anything.
        if self.cut.is_some() {
            return;
        }
        let is_first = !std::mem::replace(&mut self.is_begun, true);
        let line = line.strip_prefix(b"\xef\xbb\xbf").filter(|_| is_first).unwrap_or(line);
        // Ollama's lines are bare, and so is the answer of a service that does not stream.
        if line.starts_with(b"{") {
            return self.piece(&String::from_utf8_lossy(line), key);
        }
        if line.is_empty() {
            return self.dispatch(key);
        }
        let line = String::from_utf8_lossy(line);
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => self.event = shorten(value, limits::AI_NAME_BYTES_MAX),
            "data" => {
                // Some forget the empty line between events.
                if self.data.as_ref().is_some_and(|data| !data.contains('\n') && is_readable(data)) {
                    self.dispatch(key);
                }
                match &mut self.data {
                    None => self.data = Some(value.to_string()),
                    Some(data) if data.len() + value.len() < limits::AI_EVENT_BYTES_MAX => {
                        data.push('\n');
                        data.push_str(value);
                    }
                    Some(_) => (self.data, self.cut) = (None, Some(Cut::Unreadable)),
                }
            }
            // A comment, or a field of no use here.
            _ => {}
        }
    }

    /// An event is complete.
    fn dispatch(&mut self, key: &Secret) {
        let event = std::mem::take(&mut self.event);
        let Some(data) = self.data.take() else { return };
        if data.trim() == "[DONE]" {
            (self.is_whole, self.is_known) = (true, true);
        } else if event == "error" {
            let words = match Fields::parse(data.as_bytes()) {
                Ok(fields) => said(&fields, key),
                Err(_) => super::in_one_line(&data, key),
            };
            self.is_known = true;
            self.fault.get_or_insert(Fault::Later(words.unwrap_or_else(|| "an error without words".to_string())));
        } else if !data.is_empty() {
            self.is_known |= data.trim_start().starts_with('{');
            self.piece(&data, key);
        }
    }

    fn piece(&mut self, data: &str, key: &Secret) {
        let Ok(fields) = Fields::parse(data.as_bytes()) else {
            self.cut.get_or_insert(Cut::Unreadable);
            return;
        };
        self.used = self.used.or_more(Tokens::of(&fields));
        let is_event_of_error = fields.text_at(&["type"]) == Some("error") || fields.has(&["error"]);
        if is_event_of_error {
            self.is_known = true;
            let words = said(&fields, key).unwrap_or_else(|| "an error without words".to_string());
            self.fault.get_or_insert(Fault::Later(words));
            return;
        }
        let piece = match self.dialect {
            Dialect::OpenAi | Dialect::OpenClaw => fields.joined_at(&["choices", "0", "delta", "content"]),
            Dialect::Anthropic => fields.text_at(&["delta", "text"]).map(str::to_string),
            Dialect::Gemini | Dialect::Ollama | Dialect::Hook => None,
        };
        // Perplexity adds to each piece the whole so far.
        let is_piece =
            matches!(self.dialect, Dialect::Gemini | Dialect::Ollama) || fields.has(&["choices", "0", "delta"]);
        let whole = piece.or_else(|| whole(self.dialect, &fields).filter(|_| !fields.has(&["choices", "0", "delta"])));
        // A service that does not stream need not say that this is all.
        let is_delta = is_piece || fields.has(&["delta"]);
        self.is_whole |= (!is_delta && whole.is_some()) || is_last(self.dialect, &fields);
        self.is_known |= whole.is_some() || self.is_whole;
        // Where its thoughts come apart, the rest is none.
        self.is_thinker &= !thought::comes_apart(&fields);
        let piece = whole.unwrap_or_default();
        if self.text.len() + piece.len() > limits::AI_ANSWER_BYTES_MAX {
            self.cut.get_or_insert(Cut::Length);
        }
        if self.cut.is_none() {
            self.text.push_str(&piece);
        }
        self.cut = self.cut.take().or_else(|| cut_of(self.dialect, &fields));
    }

    /// The tokens that it has cost, as far as its service has said.
    pub fn used(&self) -> Tokens {
        self.used
    }

    /// Bytes of it that are kept.
    pub fn held(&self) -> usize {
        self.text.len()
    }

    /// There is no room for more: it is cut off here.
    pub fn cut_off(&mut self) {
        self.cut.get_or_insert(Cut::Length);
    }

    /// What people may see so far: nothing while the model thinks aloud. Where it did not say that it began to, what was
    /// shown before its thought ended is no part of this any more.
    pub fn so_far(&self) -> Option<&str> {
        if thought::may_be_one(&self.text) || (self.is_thinker && !thought::has_ended(&self.text)) {
            return None;
        }
        Some(thought::without(&self.text)).filter(|text| !text.is_empty())
    }

    /// The end came; `broke` says why, if it came too early.
    pub fn end(mut self, broke: Option<Fault>, key: &Secret) -> Result<Reply, Fault> {
        // Half a piece is none.
        if self.data.as_ref().is_some_and(|data| is_readable(data)) || self.event == "error" {
            self.dispatch(key);
        }
        let broke = broke.filter(|_| !self.is_whole);
        let is_early = broke.is_some() || !self.is_whole;
        // Nobody knows what it would have said.
        let cut = self.cut.or(Some(Cut::Early).filter(|_| is_early || self.fault.is_some()));
        let fault = self.fault.or(broke);
        match (finish(&self.text, cut), fault) {
            // What was said is worth more than nothing.
            (Ok(reply), _) => Ok(reply),
            (Err(_), Some(fault)) => Err(fault),
            (Err(_), None) if !self.is_known => Err(Fault::NotUnderstood),
            (Err(_), None) if cut == Some(Cut::Unreadable) => {
                Err(Fault::Later("its answer could not be read".to_string()))
            }
            (Err(_), None) if is_early => Err(Fault::Later("its answer ended early".to_string())),
            (Err(empty), None) => Err(empty),
        }
    }
}

fn is_readable(data: &str) -> bool {
    data.trim() == "[DONE]" || Fields::parse(data.as_bytes()).is_ok()
}

fn is_last(dialect: Dialect, fields: &Fields) -> bool {
    let has_text = |path: &[&str]| fields.text_at(path).is_some_and(|text| !text.is_empty());
    match dialect {
        Dialect::OpenAi | Dialect::OpenClaw => has_text(&["choices", "0", "finish_reason"]),
        Dialect::Anthropic => fields.text_at(&["type"]) == Some("message_stop") || has_text(&["delta", "stop_reason"]),
        Dialect::Gemini => {
            has_text(&["candidates", "0", "finishReason"]) || has_text(&["promptFeedback", "blockReason"])
        }
        Dialect::Ollama => fields.is_true_at(&["done"]),
        Dialect::Hook => true,
    }
}
