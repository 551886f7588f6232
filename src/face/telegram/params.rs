//! Parameters of a call, as Telegram's Bot API takes them: in the query, in a form, or as JSON, with GET and POST alike.
//! Clients write numbers, truth values, objects and arrays as text, too.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::sync::Arc;

use crate::base::crypto::Hasher;
use crate::base::json::Fields;
use crate::base::spool::{Spool, is_full};
use crate::base::text::query_pairs;
use crate::base::{limits, media, remedy};
use crate::core::failure::Failure;
use crate::core::handle::NewFile;
use crate::http::Request;
use crate::http::multipart::{self, Form, Malformed, Part};

/// The parameters of one call.
pub(super) struct Params {
    /// The body's, then the query's.
    parts: Vec<Fields>,
    /// Files of a form, by their fields.
    files: Vec<(String, NewFile)>,
}

impl Params {
    /// Those of a request; files go to the spool.
    pub(super) fn read(request: &Request, spool: &Spool) -> Result<Params, Failure> {
        let mut params = Params { parts: Vec::new(), files: Vec::new() };
        let kind = request.header("content-type").unwrap_or_default();
        if multipart::is_form(kind) {
            match &request.file {
                Some((file, _)) => params.read_form(kind, &mut File::open(file.path()).map_err(not_kept)?, spool)?,
                None => params.read_form(kind, &mut request.body.as_slice(), spool)?,
            }
        } else {
            let whole;
            let body = match &request.file {
                Some((file, bytes)) if *bytes <= limits::BODY_BYTES_MAX as u64 => {
                    whole = fs::read(file.path()).map_err(not_kept)?;
                    &whole
                }
                Some(_) => return Err(Failure::TooLarge("the request must be smaller".to_string())),
                None => &request.body,
            };
            params.parts.extend(read_body(kind, body)?);
        }
        if !request.query.is_empty() {
            params.parts.push(read_pairs(&request.query)?);
        }
        Ok(params)
    }

    /// Those of an answer to a webhook.
    pub(super) fn of_answer(fields: &Fields) -> Params {
        Params { parts: vec![fields.clone()], files: Vec::new() }
    }

    fn read_form(&mut self, kind: &str, body: &mut dyn Read, spool: &Spool) -> Result<(), Failure> {
        let mut form = Form::new(kind, body).map_err(malformed)?;
        let mut texts = Vec::new();
        while let Some(part) = form.next_part().map_err(malformed)? {
            if part.file_name.is_some() {
                let file = keep(&part, &mut form, spool)?;
                self.files.push((part.name, file));
                continue;
            }
            let mut text = Vec::new();
            while let Some(piece) = form.piece().map_err(malformed)? {
                if text.len() + piece.len() > limits::FORM_TEXT_BYTES_MAX {
                    let most = limits::FORM_TEXT_BYTES_MAX;
                    return Err(Failure::TooLarge(format!("{} must be at most {most} bytes", part.name)));
                }
                text.extend_from_slice(piece);
            }
            let text = String::from_utf8(text).map_err(|_| Failure::invalid(&part.name, "text in UTF-8"))?;
            texts.push((part.name, text));
        }
        self.parts.push(Fields::of_texts(texts));
        Ok(())
    }

    /// The part that has a member, unless it is an empty text.
    fn with(&self, key: &str) -> Option<&Fields> {
        self.parts.iter().find(|part| part.has(&[key])).filter(|part| !matches!(part.text(key), Ok(Some(""))))
    }

    /// Whether it is there.
    pub(super) fn has(&self, key: &str) -> bool {
        self.with(key).is_some()
    }

    /// A text. A number is one, too.
    pub(super) fn text(&self, key: &str) -> Result<Option<String>, Failure> {
        let Some(part) = self.with(key) else { return Ok(None) };
        match (part.text(key), part.number(key)) {
            (Ok(text), _) => Ok(text.map(str::to_string)),
            (_, Ok(number)) => Ok(number.map(|number| number.to_string())),
            _ => Err(Failure::invalid(key, "a string")),
        }
    }

    /// A text that must be there.
    pub(super) fn need_text(&self, key: &str) -> Result<String, Failure> {
        self.text(key)?.ok_or_else(|| Failure::invalid(key, "there: it is empty or missing"))
    }

    /// A whole number.
    pub(super) fn number(&self, key: &str) -> Result<Option<i64>, Failure> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        text.trim().parse().map(Some).map_err(|_| Failure::invalid(key, "a whole number"))
    }

    /// A whole number that must be there.
    pub(super) fn need_number(&self, key: &str) -> Result<i64, Failure> {
        self.number(key)?.ok_or_else(|| Failure::invalid(key, "there: a whole number"))
    }

    /// Whether it is there and true.
    pub(super) fn is_true(&self, key: &str) -> bool {
        let Some(part) = self.with(key) else { return false };
        match part.truth(key) {
            Ok(truth) => truth == Some(true),
            Err(_) => {
                matches!(self.text(key), Ok(Some(text)) if matches!(text.as_str(), "true" | "True" | "1" | "yes"))
            }
        }
    }

    /// An object, or JSON of one in a text.
    pub(super) fn object(&self, key: &str) -> Result<Option<Fields>, Failure> {
        let Some(part) = self.with(key) else { return Ok(None) };
        if let Ok(Some(text)) = part.text(key) {
            return Fields::parse(text.as_bytes()).map(Some).map_err(|_| Failure::invalid(key, "a JSON object"));
        }
        part.object(key).map(Some).ok_or_else(|| Failure::invalid(key, "an object"))
    }

    /// An array of objects, or JSON of one in a text.
    pub(super) fn objects(&self, key: &str) -> Result<Option<Vec<Fields>>, Failure> {
        let Some(part) = self.array(key)? else { return Ok(None) };
        part.need_objects(key).map(Some).map_err(|_| Failure::invalid(key, "an array of objects"))
    }

    /// An array of texts, or JSON of one in a text.
    pub(super) fn texts(&self, key: &str) -> Result<Option<Vec<String>>, Failure> {
        let Some(part) = self.array(key)? else { return Ok(None) };
        let texts = part.texts(key)?.unwrap_or_default();
        Ok(Some(texts.into_iter().map(str::to_string).collect()))
    }

    /// An array of whole numbers, or JSON of one in a text.
    pub(super) fn numbers(&self, key: &str) -> Result<Option<Vec<i64>>, Failure> {
        let Some(part) = self.array(key)? else { return Ok(None) };
        let mut numbers = Vec::new();
        while let Some(number) = part.number_at(&[key, &numbers.len().to_string()]) {
            numbers.push(number);
        }
        Ok(Some(numbers))
    }

    /// What has an array as such, where it may stand in a text.
    fn array(&self, key: &str) -> Result<Option<Fields>, Failure> {
        let Some(part) = self.with(key) else { return Ok(None) };
        let Ok(Some(text)) = part.text(key) else { return Ok(Some(part.clone())) };
        let whole = format!("{{{}:{text}}}", crate::base::json::text(key));
        Fields::parse(whole.as_bytes()).map(Some).map_err(|_| Failure::invalid(key, "a JSON array"))
    }

    /// Those in which something may stand that another part reads.
    pub(super) fn parts(&self) -> impl Iterator<Item = &Fields> {
        self.parts.iter()
    }

    /// The file that a field names: its own, or that of the field behind `attach://`.
    pub(super) fn file(&self, key: &str) -> Option<NewFile> {
        let name = match self.text(key) {
            Ok(Some(text)) => text.strip_prefix("attach://")?.to_string(),
            _ => key.to_string(),
        };
        self.attached(&name)
    }

    /// The file of a field.
    pub(super) fn attached(&self, name: &str) -> Option<NewFile> {
        self.files.iter().find(|(field, _)| field == name).map(|(_, file)| file.clone())
    }
}

fn read_body(kind: &str, body: &[u8]) -> Result<Option<Fields>, Failure> {
    if body.trim_ascii().is_empty() {
        return Ok(None);
    }
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let is_json = kind.eq_ignore_ascii_case("application/json") || body.trim_ascii_start().starts_with(b"{");
    if is_json {
        return Ok(Some(Fields::parse(body)?));
    }
    let text = std::str::from_utf8(body).map_err(|_| Failure::invalid("", "a form in UTF-8"))?;
    read_pairs(text).map(Some)
}

fn read_pairs(text: &str) -> Result<Fields, Failure> {
    let pairs = query_pairs(text).filter(|pairs| pairs.len() <= limits::PARAMETERS_MAX);
    pairs.map(Fields::of_texts).ok_or_else(|| Failure::invalid("", "a form of percent-encoded UTF-8"))
}

/// Puts a file where calls find it.
fn keep(part: &Part, form: &mut Form<'_>, spool: &Spool) -> Result<NewFile, Failure> {
    let (content, mut file) = spool.create().map_err(not_kept)?;
    let (mut bytes, mut hasher) = (0, Hasher::default());
    while let Some(piece) = form.piece().map_err(malformed)? {
        bytes += piece.len();
        if bytes > limits::UPLOAD_BYTES_MAX {
            let most = limits::UPLOAD_BYTES_MAX;
            return Err(Failure::TooLarge(format!("{} must be at most {most} bytes", part.name)));
        }
        hasher.update(piece);
        file.write_all(piece).map_err(not_kept)?;
    }
    if bytes == 0 {
        return Err(Failure::invalid(&part.name, "a file that is not empty"));
    }
    let name = media::clean_name(part.file_name.as_deref().unwrap_or_default());
    let said = part.content_type.as_deref().filter(|kind| media::is_media_type(kind) && *kind != media::UNKNOWN);
    let media_type = said.or_else(|| media::guess(&name)).unwrap_or(media::UNKNOWN).to_string();
    Ok(NewFile { name, media_type, bytes: bytes as u64, hash: hasher.finish(), content: Arc::new(content) })
}

fn malformed(wrong: Malformed) -> Failure {
    Failure::invalid("", remedy::inert(wrong.0.to_string()))
}

fn not_kept(error: std::io::Error) -> Failure {
    log::error!("a file that is to be sent cannot be kept: {error}");
    if is_full(&error) { Failure::Full } else { Failure::Internal }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(kind: &str, body: &str, query: &str) -> Params {
        let mut parts: Vec<Fields> = read_body(kind, body.as_bytes()).unwrap().into_iter().collect();
        parts.push(read_pairs(query).unwrap());
        Params { parts, files: Vec::new() }
    }

    #[test]
    fn all_ways_say_the_same() {
        let object = r#"{"chat_id":7,"text":"ü","disable":true,"reply":{"message_id":3},"list":["a","b"],"ids":[1,2]}"#;
        let form = "chat_id=7&text=%C3%BC&disable=true&reply=%7B%22message_id%22%3A3%7D&list=%5B%22a%22%2C%22b%22%5D&ids=%5B1%2C2%5D";
        for params in [
            params("application/json", object, ""),
            params("application/x-www-form-urlencoded", form, ""),
            params("", "", form),
        ] {
            assert_eq!(params.number("chat_id"), Ok(Some(7)));
            assert_eq!(params.text("chat_id"), Ok(Some("7".into())));
            assert_eq!(params.text("text"), Ok(Some("ü".into())));
            assert!(params.is_true("disable") && !params.is_true("text"));
            assert_eq!(params.object("reply").unwrap().unwrap().number("message_id"), Ok(Some(3)));
            assert_eq!(params.texts("list"), Ok(Some(vec!["a".into(), "b".into()])));
            assert_eq!(params.numbers("ids"), Ok(Some(vec![1, 2])));
            assert!(!params.has("nothing"));
        }
    }
}
