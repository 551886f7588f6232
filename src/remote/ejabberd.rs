//! ejabberd's administration API (mod_http_api): accounts for dedicated bots (docs/xmpp.md).
//!
//! Every command is a POST of a JSON object to `<url>/<command>`, with HTTP Basic as the admin's JID. A success is a
//! JSON value of any type, an error an object with `code` and `message` or just a string; seen with 23.01.

use std::fmt;

use crate::base::call::{CallError, HttpAnswer, HttpCall, Retry, Trust};
use crate::base::jid::BareJid;
use crate::base::json::{Fields, Object};
use crate::base::secret::Secret;
use crate::base::text::shorten;
use crate::base::{limits, server};

/// Where the API is and who may use it.
#[derive(Clone, Debug)]
pub struct Api {
    url: String,
    admin: String,
    password: Secret,
    trust: Trust,
}

/// What is wrong with the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The URL is not like `https://example.org:5443/api`.
    Url,
    /// The admin is not a whole JID.
    Admin,
    /// The password is empty.
    Password,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Wrong::Url => "`api_url` must be an http or https URL, for example https://chat.example.org:5443/api",
            Wrong::Admin => "`admin_jid` must be a whole JID, for example admin@chat.example.org",
            Wrong::Password => "`admin_password` must not be empty",
        })
    }
}

impl std::error::Error for Wrong {}

impl Api {
    /// Checks the settings. The URL may end with slashes; its path, usually `/api`, is kept.
    pub fn new(url: &str, admin: &str, password: Secret, trust: Trust) -> Result<Api, Wrong> {
        let url = url.trim().trim_end_matches('/');
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).ok_or(Wrong::Url)?;
        if rest.is_empty() || rest.starts_with('/') || rest.contains(['?', '#', '@', ' ', '\\']) || !rest.is_ascii() {
            return Err(Wrong::Url);
        }
        if !server::has_usable_port(rest.split('/').next().unwrap_or_default()) {
            return Err(Wrong::Url);
        }
        let admin = BareJid::parse(admin.trim()).map_err(|_| Wrong::Admin)?;
        // RFC 7617 §2: a colon ends the user's name.
        if admin.local().is_none() || admin.as_str().contains(':') {
            return Err(Wrong::Admin);
        }
        if password.is_empty() {
            return Err(Wrong::Password);
        }
        Ok(Api { url: url.to_string(), admin: admin.as_str().to_string(), password, trust })
    }

    /// Creates an account. Answered [`Outcome::Taken`] when there is one already.
    pub fn register(&self, user: &str, host: &str, password: &Secret) -> HttpCall {
        self.command(
            "register",
            Object::new().text("user", user).text("host", host).text("password", password.expose()),
        )
    }

    /// Removes an account; done, too, when there is none.
    pub fn unregister(&self, user: &str, host: &str) -> HttpCall {
        self.command("unregister", Object::new().text("user", user).text("host", host))
    }

    /// Asks whether there is an account; see [`exists`]. Needs mod_admin_extra.
    pub fn check_account(&self, user: &str, host: &str) -> HttpCall {
        self.command("check_account", Object::new().text("user", user).text("host", host))
    }

    /// Asks whether an account has this password; see [`exists`]. Needs mod_admin_extra.
    pub fn check_password(&self, user: &str, host: &str, password: &Secret) -> HttpCall {
        let body = Object::new().text("user", user).text("host", host).text("password", password.expose());
        self.command("check_password", body)
    }

    /// Gives an account another password; its streams stay. Needs mod_admin_extra.
    pub fn change_password(&self, user: &str, host: &str, password: &Secret) -> HttpCall {
        let body = Object::new().text("user", user).text("host", host).text("newpass", password.expose());
        self.command("change_password", body)
    }

    /// Asks for a sign of life: done with a sentence about the server.
    pub fn status(&self) -> HttpCall {
        self.command("status", Object::new())
    }

    fn command(&self, name: &str, body: Object) -> HttpCall {
        let mut call = HttpCall::new("POST", format!("{}/{name}", self.url)).basic(&self.admin, &self.password);
        call.timeout = limits::EJABBERD_TIMEOUT;
        call.answer_bytes_max = limits::EJABBERD_ANSWER_BYTES_MAX;
        call.trust = self.trust.clone();
        call.json(body.end())
    }
}

/// What an answer means. What is printed is for the owner of the bot and says what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Done; the server's words, or its number as text.
    Done(String),
    /// There is an account of that name.
    Taken,
    /// The admin's JID or password is wrong.
    WrongPassword,
    /// The admin is known and not allowed.
    NotAllowed,
    /// Nobody knows the command at that URL: mod_http_api or the command's module is not there.
    NoSuchCommand,
    /// The server refuses what it was told, or is no ejabberd; its words, or ours. Trying again does not help.
    Invalid(String),
    /// Not now: the server is down, in trouble, or out of reach; why.
    Later(String),
}

impl Outcome {
    /// Whether the same command may succeed later without anybody changing something.
    pub fn retry(&self) -> Retry {
        match self {
            Outcome::Later(_) => Retry::Later,
            _ => Retry::Never,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Done(text) => f.write_str(text),
            Outcome::Taken => f.write_str("there is an account of that name already; choose another name"),
            Outcome::WrongPassword => f.write_str(
                "ejabberd does not know this admin or password; check both, and write the JID in full, like \
                 admin@chat.example.org",
            ),
            Outcome::NotAllowed => f.write_str(
                "ejabberd knows this admin but does not allow the command; name the JID in its configuration under \
                 acl: admin: user:, and allow that acl under api_permissions: for mod_http_api",
            ),
            Outcome::NoSuchCommand => f.write_str(
                "there is no such command at this URL; it usually ends with /api, where ejabberd's configuration \
                 must have mod_http_api, and the modules mod_admin_extra",
            ),
            Outcome::Invalid(why) => write!(f, "ejabberd refuses it: {why}"),
            Outcome::Later(why) => write!(f, "ejabberd's API does not work at the moment ({why}); try again later"),
        }
    }
}

/// Reads the outcome of any call built here.
pub fn read(outcome: &Result<HttpAnswer, CallError>) -> Outcome {
    match outcome {
        Ok(answer) => read_answer(answer),
        Err(error) if error.retry() == Retry::Never => Outcome::Invalid(error.to_string()),
        Err(error) => Outcome::Later(error.to_string()),
    }
}

/// Reads what [`Api::check_account`] or [`Api::check_password`] was answered: whether there is such an account. ejabberd says it like a program: 0 for
/// yes, 1 for no.
pub fn exists(outcome: &Outcome) -> Option<bool> {
    match outcome {
        Outcome::Done(text) if text == "0" => Some(true),
        Outcome::Done(text) if text == "1" => Some(false),
        _ => None,
    }
}

/// ejabberd_admin's code for an account that exists.
const CODE_TAKEN: i64 = 10090;
/// Its code for all else that keeps it from making one.
const CODE_CANNOT: i64 = 10001;

fn read_answer(answer: &HttpAnswer) -> Outcome {
    let said = Said::parse(&answer.body);
    let status = answer.status;
    match (status, said) {
        (200..=299, Some(Said::Value(text))) if !answer.is_cut => Outcome::Done(text),
        (200..=299, _) => Outcome::Invalid("what answers at this URL is no ejabberd API; check host and port".into()),
        (_, Some(Said::Error { code: CODE_TAKEN, .. })) | (409, _) => Outcome::Taken,
        // A broken database is also told with this code.
        (_, Some(Said::Error { code: CODE_CANNOT, message })) if !message.to_lowercase().contains("database") => {
            Outcome::Invalid(message)
        }
        (401, _) => Outcome::WrongPassword,
        (403, _) => Outcome::NotAllowed,
        (404 | 405, _) => Outcome::NoSuchCommand,
        (300..=399, _) => Outcome::Invalid("the URL leads elsewhere; give the one it leads to".into()),
        (408 | 425 | 429 | 500..=599, Some(Said::Error { message: text, .. } | Said::Value(text)))
            if !text.is_empty() =>
        {
            Outcome::Later(text)
        }
        (408 | 425 | 429 | 500..=599, _) => Outcome::Later(format!("status {status}")),
        (_, Some(Said::Error { message: text, .. } | Said::Value(text))) if !text.is_empty() => Outcome::Invalid(text),
        _ => Outcome::Invalid(format!("status {status}")),
    }
}

/// The body of an answer.
enum Said {
    /// A string as it is, a number as text, anything else as nothing.
    Value(String),
    Error {
        code: i64,
        message: String,
    },
}

impl Said {
    fn parse(body: &[u8]) -> Option<Said> {
        // Any value may stand alone in a body; ours can be read as an object's member only.
        let whole = [b"{\"value\":", body, b"}"].concat();
        let whole = Fields::parse(&whole).ok()?;
        if let Ok(error) = Fields::parse(body) {
            let message = error.text("message").ok().flatten().unwrap_or_default();
            let code = error.number("code").ok().flatten().unwrap_or_default();
            let is_error = !message.is_empty() || error.text("status") == Ok(Some("error"));
            return Some(match is_error {
                true => Said::Error { code, message: plain(message) },
                false => Said::Value(String::new()),
            });
        }
        Some(Said::Value(match (whole.text("value"), whole.number("value")) {
            (Ok(Some(text)), _) => plain(text),
            (_, Ok(Some(number))) => number.to_string(),
            _ => String::new(),
        }))
    }
}

/// Words of another program in one line of bounded length.
fn plain(text: &str) -> String {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    shorten(&words.join(" "), limits::REMOTE_TEXT_BYTES_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(url: &str) -> Result<Api, Wrong> {
        Api::new(url, "admin@chat.example.org", Secret::new("pässword"), Trust::default())
    }

    fn answer(status: u16, body: &str) -> Outcome {
        read(&Ok(HttpAnswer { status, body: body.as_bytes().to_vec(), ..HttpAnswer::default() }))
    }

    #[test]
    fn calls_are_as_the_server_wants_them() {
        for url in ["https://h:5443/api", "https://h:5443/api/", " https://h:5443/api// "] {
            let call = api(url).unwrap().register("bot_x", "h", &Secret::new("a\"\\ü"));
            assert_eq!((call.method, call.url.as_str()), ("POST", "https://h:5443/api/register"));
            let body = br#"{"user":"bot_x","host":"h","password":"a\"\\"#;
            assert!(matches!(&call.body[..], [crate::base::call::Part::Bytes(bytes)] if bytes.starts_with(body)));
            let (name, value) = &call.secret_headers[0];
            assert_eq!(
                (*name, value.expose()),
                ("Authorization", "Basic YWRtaW5AY2hhdC5leGFtcGxlLm9yZzpww6Rzc3dvcmQ=")
            );
        }
        assert_eq!(api("http://127.0.0.1:5280").unwrap().status().url, "http://127.0.0.1:5280/status");
        assert_eq!(api("https://h/a/b/").unwrap().unregister("u", "h").url, "https://h/a/b/unregister");
    }

    #[test]
    fn settings_are_checked() {
        for url in [
            "",
            "h:5443",
            "ftp://h",
            "https://",
            "https:///api",
            "https://u:p@h",
            "https://h/?a",
            "https://ü/",
            "https://h:65536/api",
        ] {
            assert_eq!(api(url).unwrap_err(), Wrong::Url, "{url}");
        }
        for admin in ["", "admin", "admin@", "@h", "admin@[::1]"] {
            let wrong = Api::new("https://h", admin, Secret::new("x"), Trust::default()).unwrap_err();
            assert_eq!(wrong, Wrong::Admin, "{admin}");
        }
        let wrong = Api::new("https://h", "a@h", Secret::default(), Trust::default()).unwrap_err();
        assert_eq!(wrong, Wrong::Password);
        assert!(!format!("{:?}", api("https://h").unwrap()).contains("pässword"));
    }

    #[test]
    fn answers_are_understood() {
        let invalid = |text: &str| Outcome::Invalid(text.to_string());
        let later = |text: &str| Outcome::Later(text.to_string());
        let not_ours = "what answers at this URL is no ejabberd API; check host and port";
        for (status, body, expected) in [
            (200, "\"User b@h successfully registered\"", Outcome::Done("User b@h successfully registered".into())),
            (200, "\"\"", Outcome::Done(String::new())),
            (200, "0", Outcome::Done("0".into())),
            (200, "[\"a\"]", Outcome::Done(String::new())),
            (200, "\"two\\r\\nlines \\u0000\"", Outcome::Done("two lines".into())),
            (200, "<html></html>", invalid(not_ours)),
            (200, "", invalid(not_ours)),
            (200, "{\"status\":\"error\",\"message\":\"x\"}", invalid(not_ours)),
            (409, "{\"status\":\"error\",\"code\":10090,\"message\":\"User b@h already registered\"}", Outcome::Taken),
            (500, "{\"status\":\"error\",\"code\":10090,\"message\":\"User b@h already registered\"}", Outcome::Taken),
            (409, "", Outcome::Taken),
            (401, "{\"status\":\"error\",\"code\":10,\"message\":\"You are not\"}", Outcome::WrongPassword),
            (403, "{\"status\":\"error\",\"code\":32,\"message\":\"AccessRules: x\"}", Outcome::NotAllowed),
            (404, "{\"status\":\"error\",\"code\":40,\"message\":\"Endpoint not found.\"}", Outcome::NoSuchCommand),
            (404, "<html>", Outcome::NoSuchCommand),
            (400, "\"Request have missing argument: host\"", invalid("Request have missing argument: host")),
            (400, "<html>", invalid("status 400")),
            (301, "", invalid("the URL leads elsewhere; give the one it leads to")),
            (500, "{\"code\":10001,\"message\":\"Unknown virtual host\"}", invalid("Unknown virtual host")),
            (500, "{\"code\":10001,\"message\":\"x: Database failure\"}", later("x: Database failure")),
            (500, "{\"status\":\"error\",\"code\":99,\"message\":\"crash\"}", later("crash")),
            (503, "<html>", later("status 503")),
            (429, "", later("status 429")),
        ] {
            assert_eq!(answer(status, body), expected, "{status} {body}");
        }
        assert_eq!(read(&Err(CallError::Refused)), later("connection refused"));
        assert_eq!(read(&Err(CallError::Invalid("x".into()))), invalid("x"));
        assert_eq!(exists(&answer(200, "0")), Some(true));
        assert_eq!(exists(&answer(200, "1")), Some(false));
        assert_eq!(exists(&answer(200, "\"yes\"")), None);
        let long = answer(400, &format!("\"{}\"", "ü".repeat(10_000)));
        assert!(long.to_string().len() < 400, "{long}");
    }

    /// Whatever a server says, there is an outcome of bounded length without control characters.
    #[test]
    fn nothing_breaks_the_reader() {
        let body = "{\"status\":\"error\",\"code\":10090,\"message\":\"User b@h already registered\\n\"}";
        let mut seed: u64 = 7;
        let mut next = move || {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (seed >> 33) as usize
        };
        for _ in 0..20_000 {
            let mut bytes = body.as_bytes().to_vec();
            for _ in 0..next() % 5 {
                let at = next() % bytes.len();
                match next() % 3 {
                    0 => bytes[at] = next() as u8,
                    1 => bytes.truncate(at.max(1)),
                    _ => bytes.insert(at, b"{}[]\",:\\\x00\xff"[next() % 10]),
                }
            }
            let status = [200, 400, 401, 409, 500, 599, 100, 0, 65535][next() % 9];
            let outcome = read(&Ok(HttpAnswer { status, body: bytes, ..HttpAnswer::default() }));
            let text = outcome.to_string();
            assert!(text.len() < 600 && !text.contains(char::is_control), "{text:?}");
        }
    }
}
