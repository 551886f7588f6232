//! Requests to Telegram's Bot API.

use crate::base::call::{HttpCall, Part, Reach};
use crate::base::json::Object;
use crate::base::limits;
use crate::base::secret::Secret;
use crate::base::text;

/// Where Telegram's own server is.
pub const API_URL: &str = "https://api.telegram.org";

/// Where a bot's requests go, and in whose name.
#[derive(Clone, Debug)]
pub struct TelegramApi {
    /// The server, without a slash at its end: Telegram's own, or one that somebody hosts himself.
    pub base: String,
    /// The bot's token, `123456789:ABC…`.
    pub token: Secret,
    /// Where the server may be: a stranger's choice leads to public addresses only.
    pub reach: Reach,
}

/// A file that goes with a request.
#[derive(Clone, Debug)]
pub struct Attached {
    /// The member it stands for, as in `photo`; an album's have names that its `media` names.
    pub field: String,
    /// What it is called.
    pub name: String,
    /// `image/png`, …
    pub media_type: String,
    /// Its bytes, or where they lie.
    pub body: Part,
}

impl TelegramApi {
    /// Calls a method with the members of a JSON object.
    pub fn call(&self, method: &str, json: String) -> HttpCall {
        let mut call = self.begin("POST", method).json(json);
        call.timeout = limits::TELEGRAM_CALL_TIMEOUT;
        call
    }

    /// The same with files, as `multipart/form-data` (RFC 7578). The boundary must not occur in them: random.
    pub fn call_with_files(
        &self,
        method: &str,
        members: &[(String, String)],
        files: Vec<Attached>,
        boundary: &str,
    ) -> HttpCall {
        let mut call = self.begin("POST", method);
        call.headers.push(("Content-Type", format!("multipart/form-data; boundary={boundary}")));
        let mut parts = Vec::with_capacity(files.len() * 2 + 1);
        let mut text = String::new();
        for (name, value) in members {
            text.push_str(&format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\n",
                quoted(name)
            ));
            text.push_str(value);
            text.push_str("\r\n");
        }
        for file in files {
            let (field, name) = (quoted(&file.field), quoted(&file.name));
            text.push_str(&format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{field}\"; "));
            text.push_str(&format!("filename=\"{name}\"\r\nContent-Type: {}\r\n\r\n", quoted(&file.media_type)));
            parts.push(Part::Bytes(std::mem::take(&mut text).into_bytes()));
            parts.push(file.body);
            text.push_str("\r\n");
        }
        text.push_str(&format!("--{boundary}--\r\n"));
        parts.push(Part::Bytes(text.into_bytes()));
        call.body = parts;
        call.timeout = limits::TRANSFER_TIMEOUT;
        call.silence_max = Some(limits::TRANSFER_SILENCE_MAX);
        call
    }

    /// Waits so many seconds for what comes, from this update on. `kinds` are the types of updates that are wanted.
    pub fn get_updates(&self, offset: Option<i64>, timeout_s: u64, kinds: &[&str]) -> HttpCall {
        let body = Object::new()
            .number("timeout", i64::try_from(timeout_s).unwrap_or(0))
            .number("limit", limits::TELEGRAM_UPDATES_MAX);
        let body = offset.into_iter().fold(body, |body, offset| body.number("offset", offset));
        let kinds = crate::base::json::array(kinds.iter().map(|kind| crate::base::json::text(kind)));
        let mut call = self.call("getUpdates", body.raw("allowed_updates", &kinds).end());
        call.timeout = limits::TELEGRAM_POLL_GRACE + std::time::Duration::from_secs(timeout_s);
        call.answer_bytes_max = limits::TELEGRAM_UPDATES_BYTES_MAX;
        // What is asked for from a place on is the same twice.
        call.is_repeatable = true;
        call
    }

    /// Fetches a file by the `file_path` that `getFile` gave, of at most so many bytes; `save_to` is for the caller to set.
    /// On a server that somebody hosts himself in its local mode the path is one of its disk, which is no address.
    pub fn download(&self, file_path: &str, bytes_max: u64) -> HttpCall {
        let path: Vec<String> = file_path.split('/').map(text::percent).collect();
        let url = format!("{}/file/bot{}/{}", self.base, self.token.expose(), path.join("/"));
        let mut call = HttpCall::new("GET", url);
        call.reach = self.reach;
        call.timeout = limits::TRANSFER_TIMEOUT;
        call.silence_max = Some(limits::TRANSFER_SILENCE_MAX);
        call.answer_bytes_max = bytes_max;
        call
    }

    fn begin(&self, http: &'static str, method: &str) -> HttpCall {
        let call = HttpCall::new(http, format!("{}/bot{}/{method}", self.base, self.token.expose()));
        HttpCall { reach: self.reach, ..call }
    }
}

/// Whether a text has the form of a token: digits, a colon, and letters, digits, `_` and `-`; else what it must be.
pub fn check_token(token: &str) -> Result<(), &'static str> {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    match token.split_once(':') {
        Some((id, rest))
            if !id.is_empty()
                && id.len() <= 20
                && id.bytes().all(|byte| byte.is_ascii_digit())
                && (3..=100).contains(&rest.len())
                && rest.bytes().all(is_letter) =>
        {
            Ok(())
        }
        _ => Err("a token from @BotFather, like 123456789:ABCdef_ghijk"),
    }
}

/// A value within quotes in a header of a part (RFC 7578 §4.2 as browsers do it).
fn quoted(text: &str) -> String {
    let plain = text.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
    plain.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api() -> TelegramApi {
        TelegramApi { base: "https://api.example.org".into(), token: Secret::new("42:TOKEN"), reach: Reach::Any }
    }

    fn text(call: &HttpCall) -> String {
        let bytes = call.body.iter().map(|part| match part {
            Part::Bytes(bytes) => String::from_utf8(bytes.clone()).unwrap(),
            other => format!("{other:?}"),
        });
        bytes.collect()
    }

    #[test]
    fn the_token_is_in_the_path_and_nowhere_that_is_shown() {
        let call = api().call("sendMessage", "{}".into());
        assert_eq!((call.method, call.url.as_str()), ("POST", "https://api.example.org/bot42:TOKEN/sendMessage"));
        assert!(call.url.contains("TOKEN") && !format!("{call:?} {:?}", api()).contains("TOKEN"));
        let call = api().download("photos/file 1.jpg", 9);
        assert_eq!(call.url, "https://api.example.org/file/bot42:TOKEN/photos/file%201.jpg");
        assert!(!format!("{call:?}").contains("TOKEN"));
    }

    #[test]
    fn a_poll_says_what_it_wants() {
        let call = api().get_updates(Some(8), 50, &["message", "edited_message"]);
        assert_eq!(
            text(&call),
            r#"{"timeout":50,"limit":50,"offset":8,"allowed_updates":["message","edited_message"]}"#
        );
        assert!(call.timeout.as_secs() > 50 && call.is_repeatable);
        assert_eq!(text(&api().get_updates(None, 0, &[])), r#"{"timeout":0,"limit":50,"allowed_updates":[]}"#);
    }

    #[test]
    fn files_go_as_parts() {
        let file = Attached {
            field: "photo".into(),
            name: "a\"b\r\n.jpg".into(),
            media_type: "image/jpeg".into(),
            body: Part::Bytes(b"JPEG".to_vec()),
        };
        let members = [("chat_id".to_string(), "7".to_string()), ("caption".into(), "ü".into())];
        let call = api().call_with_files("sendPhoto", &members, vec![file], "B");
        let expected = "--B\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n7\r\n\
            --B\r\nContent-Disposition: form-data; name=\"caption\"\r\n\r\nü\r\n\
            --B\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a%22b%0D%0A.jpg\"\r\n\
            Content-Type: image/jpeg\r\n\r\nJPEG\r\n--B--\r\n";
        assert_eq!(text(&call), expected);
        assert!(call.headers.contains(&("Content-Type", "multipart/form-data; boundary=B".into())));
    }

    #[test]
    fn tokens_have_their_form() {
        assert_eq!(check_token("123456789:ABCdef_ghijk"), Ok(()));
        assert_eq!(check_token("123456:ABC"), Ok(()));
        for wrong in ["", "123", ":ABC", "12a:ABCdef", "123:AB C", "123:AB/../x", "123:", "bm_abc"] {
            assert!(check_token(wrong).is_err(), "{wrong}");
        }
    }
}
