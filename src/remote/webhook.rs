//! Updates as they are posted to a bot's webhook (docs/webhooks.md), and what the receiver's
//! answer means. `engine::webhook` decides when; the signature is over the very bytes of the body.

use std::net::Ipv6Addr;
use std::time::Duration;

use crate::base::call::{CallError, HttpAnswer, HttpCall, Reach, Trust};
use crate::base::id::{BotId, UpdateId, uuid};
use crate::base::json::{Fields, Object};
use crate::base::secret::Secret;
use crate::base::{crypto, limits, server, text};

/// What the call of one attempt is made of.
#[derive(Debug)]
pub struct AttemptCall<'a> {
    /// Where to.
    pub url: &'a str,
    /// What signs it.
    pub secret: &'a Secret,
    /// Type of the update.
    pub kind: &'a str,
    /// Its `data`, JSON.
    pub payload: &'a str,
    /// What is posted in the place of our own body and signature.
    pub other: Option<OtherBody>,
    /// From [`delivery_id`].
    pub delivery_id: &'a str,
    /// 1 for the first.
    pub number: u32,
    /// Which addresses it may go to.
    pub reach: Reach,
    /// Whose certificates are believed.
    pub trust: Trust,
}

/// A body in another dialect, where the secret is not for signing: it is shown in a header.
#[derive(Clone, Debug)]
pub struct OtherBody {
    /// JSON.
    pub body: String,
    /// The name of that header.
    pub secret_header: &'static str,
    /// Whether it is signed all the same.
    pub signing: Signing,
}

/// Whether a body in another dialect is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signing {
    /// As our own are, where there is a secret.
    Ours,
    /// Not at all.
    None,
}

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// The receiver has it.
    Delivered,
    /// It answered something else than 2xx: what, and how long it wants to be left alone. Other updates may fare better.
    Refused {
        /// One sentence.
        why: String,
        /// `Retry-After`.
        wait: Option<Duration>,
        /// The status is 410: it wants no more.
        is_gone: bool,
    },
    /// There was no answer: nor would there be for others.
    Unreachable(String),
    /// It was never made.
    NotMade,
}

/// The request of one attempt.
pub fn build(attempt: AttemptCall<'_>) -> HttpCall {
    let secret = attempt.secret.expose();
    let call = HttpCall::new("POST", attempt.url);
    let call = match attempt.other {
        Some(other) if secret.is_empty() => call.json(other.body),
        Some(other) if other.signing == Signing::None => call.json(other.body).header(other.secret_header, secret),
        Some(other) => {
            let signature = signature(secret, &other.body);
            call.json(other.body).header(other.secret_header, secret).header("X-Bot-Signature", signature)
        }
        None => {
            let body = body(attempt.kind, attempt.payload);
            let signature = signature(secret, &body);
            call.json(body).header("X-Bot-Signature", signature)
        }
    };
    let mut call =
        call.header("X-Bot-Delivery", attempt.delivery_id).header("X-Bot-Attempt", attempt.number.to_string());
    call.timeout = limits::WEBHOOK_TIMEOUT;
    call.answer_bytes_max = limits::BODY_BYTES_MAX as u64;
    // Its name tells the receiver that it is the same one.
    call.is_repeatable = true;
    call.reach = attempt.reach;
    call.trust = attempt.trust;
    call
}

fn signature(secret: &str, body: &str) -> String {
    format!("sha256={}", text::hex(&crypto::hmac_sha256(secret.as_bytes(), body.as_bytes())))
}

/// The body as in docs/webhooks.md.
fn body(kind: &str, payload: &str) -> String {
    Object::new().text("update_type", kind).raw("data", payload).end()
}

/// The name of an update's delivery: the same for every attempt, whatever happens to the daemon in between, and not that
/// of another daemon's.
pub fn delivery_id(bot: BotId, update: UpdateId, created_at: i64, payload: &str) -> String {
    let hash = crypto::sha256(format!("{bot} {update} {created_at} {payload}").as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    uuid(bytes)
}

/// Whether an address can be posted to; else what it must be.
pub fn check_url(url: &str) -> Result<(), String> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    let is_plain = url.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte));
    if !host.is_empty()
        && !host.starts_with(':')
        && !host.contains('@')
        && server::has_usable_port(host)
        && (!host.starts_with('[') || host.split_once(']').is_some_and(|(v6, _)| v6[1..].parse::<Ipv6Addr>().is_ok()))
        && is_plain
        && url.len() <= limits::URL_BYTES_MAX
    {
        return Ok(());
    }
    let most = limits::URL_BYTES_MAX;
    Err(format!("an http or https address in ASCII of at most {most} bytes, without user name and password"))
}

/// The conversation an update belongs to, as a number: within one the order holds. Two may share a number by chance.
pub fn conversation(payload: &str) -> u64 {
    let fields = Fields::parse(payload.as_bytes()).unwrap_or_else(|_| Fields::empty());
    // How far a message of the bot's has come is told to whoever it was for.
    let name = ["room", "from", "to"].into_iter().find_map(|key| fields.text(key).ok().flatten()).unwrap_or_default();
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&crypto::sha256(name.as_bytes())[..8]);
    u64::from_be_bytes(bytes)
}

/// What became of an attempt.
pub fn read(called: &Result<HttpAnswer, CallError>) -> DeliveryOutcome {
    match called {
        Ok(answer) if answer.is_success() => DeliveryOutcome::Delivered,
        Ok(answer) => {
            let status = answer.status;
            let hint = if (300..400).contains(&status) { "; redirects are not followed" } else { "" };
            let why = format!("the receiver answered with status {status}{hint}");
            DeliveryOutcome::Refused { why, wait: answer.retry_after(), is_gone: status == 410 }
        }
        Err(CallError::Cancelled | CallError::Busy) => DeliveryOutcome::NotMade,
        Err(error) => DeliveryOutcome::Unreachable(error.to_string()),
    }
}

/// The JSON object in an answer that wants something done (`{"method":"sendMessage",…}`), with the method's name.
pub fn read_method(answer: &HttpAnswer) -> Option<(String, Fields)> {
    if answer.is_cut || answer.body.is_empty() {
        return None;
    }
    let fields = Fields::parse(&answer.body).ok()?;
    let method = fields.text("method").ok()??.to_string();
    Some((method, fields))
}

/// How long to wait after so many attempts in vain: 1, 2, 4 s and on, up to an hour.
pub fn pause(attempts: u32) -> Duration {
    let step = 1u32 << attempts.saturating_sub(1).min(16);
    limits::WEBHOOK_RETRY_FIRST.saturating_mul(step).min(limits::WEBHOOK_RETRY_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::call::Part;

    fn attempt<'a>(secret: &'a Secret, payload: &'a str) -> AttemptCall<'a> {
        AttemptCall {
            url: "https://my-server.com/webhook/bot1",
            secret,
            kind: "message",
            payload,
            other: None,
            delivery_id: "d",
            number: 3,
            reach: Reach::PublicOnly,
            trust: Trust::default(),
        }
    }

    #[test]
    fn as_in_the_guide() {
        let secret = Secret::new("your_webhook_secret");
        let call = build(attempt(&secret, r#"{"from":"a@b","body":"ü 👍 \" \\ \u0001"}"#));
        let body = r#"{"update_type":"message","data":{"from":"a@b","body":"ü 👍 \" \\ \u0001"}}"#;
        assert!(call.body == [Part::Bytes(body.as_bytes().to_vec())]);
        let signature = text::hex(&crypto::hmac_sha256(b"your_webhook_secret", body.as_bytes()));
        let expected = [
            ("Content-Type", "application/json".to_string()),
            ("X-Bot-Signature", format!("sha256={signature}")),
            ("X-Bot-Delivery", "d".to_string()),
            ("X-Bot-Attempt", "3".to_string()),
        ];
        assert_eq!(call.headers, expected);
        assert_eq!((call.method, call.timeout, call.redirects_max), ("POST", Duration::from_secs(10), 0));
        assert_eq!(call.reach, Reach::PublicOnly);
    }

    #[test]
    fn a_delivery_keeps_its_name() {
        let id = delivery_id(BotId(1), UpdateId(7), 1_800_000_000, "{}");
        assert_eq!(id, delivery_id(BotId(1), UpdateId(7), 1_800_000_000, "{}"));
        assert_eq!(id.len(), 36);
        let others =
            [(2, 7, 1_800_000_000, "{}"), (1, 8, 1_800_000_000, "{}"), (1, 7, 1, "{}"), (1, 7, 1_800_000_000, "")];
        for (bot, update, at, payload) in others {
            assert_ne!(id, delivery_id(BotId(bot), UpdateId(update), at, payload));
        }
    }

    #[test]
    fn conversations() {
        let of = conversation;
        assert_eq!(of(r#"{"from":"a@b","to":"bot@b","body":"1"}"#), of(r#"{"from":"a@b","to":"bot@b","body":"2"}"#));
        assert_ne!(of(r#"{"from":"a@b"}"#), of(r#"{"from":"c@b"}"#));
        assert_eq!(of(r#"{"message_id":"x","to":"a@b","state":"sent"}"#), of(r#"{"from":"a@b"}"#));
        assert_eq!(of(r#"{"from":"r@muc/x","room":"r@muc"}"#), of(r#"{"room":"r@muc","reason":"x"}"#));
        assert_eq!(of("garbage"), of("{}"));
    }

    #[test]
    fn addresses() {
        let long = format!("http://a/{}", "b".repeat(limits::URL_BYTES_MAX));
        for good in ["https://my-server.com/hook?a=%20#x", "http://127.0.0.1:5000", "http://[::1]:80/", "http://h"] {
            assert_eq!(check_url(good), Ok(()), "{good}");
        }
        let bad = [
            "",
            "httpfoo",
            "ftp://a",
            "https://",
            "http:///x",
            "http://:80/",
            "http://u:p@h/",
            "http://h/ü",
            "http://h/ x",
            "http://h:99999/",
            "http://h:0/",
            "http://h:/",
            "http://[::1]:x/",
            "http://[::1",
            "http://[g]/",
            &long,
        ];
        for bad in bad {
            assert!(check_url(bad).is_err(), "{bad}");
        }
    }

    fn answer(status: u16, body: &str) -> HttpAnswer {
        HttpAnswer { status, body: body.as_bytes().to_vec(), ..HttpAnswer::default() }
    }

    #[test]
    fn answers() {
        assert_eq!(read(&Ok(answer(204, ""))), DeliveryOutcome::Delivered);
        let mut busy = answer(503, "");
        busy.headers = vec![("retry-after".into(), "9".into())];
        let why = "the receiver answered with status 503".to_string();
        assert_eq!(
            read(&Ok(busy)),
            DeliveryOutcome::Refused { why, wait: Some(Duration::from_secs(9)), is_gone: false }
        );
        assert!(matches!(read(&Ok(answer(410, ""))), DeliveryOutcome::Refused { is_gone: true, .. }));
        assert!(
            matches!(read(&Ok(answer(302, ""))), DeliveryOutcome::Refused { why, .. } if why.contains("not followed"))
        );
        assert_eq!(read(&Err(CallError::Busy)), DeliveryOutcome::NotMade);
        assert_eq!(read(&Err(CallError::Refused)), DeliveryOutcome::Unreachable("connection refused".into()));
    }

    #[test]
    fn methods_in_answers() {
        let method = |body: &str| read_method(&answer(200, body)).map(|(name, _)| name);
        assert_eq!(method(r#"{"method":"sendMessage","to":"a@b","text":"x"}"#).as_deref(), Some("sendMessage"));
        for none in ["", "ok", "{}", r#"{"ok":true}"#, r#"{"method":1}"#, "[]", "\u{0}"] {
            assert_eq!(method(none), None, "{none}");
        }
        assert!(read_method(&HttpAnswer { is_cut: true, ..answer(200, r#"{"method":"x"}"#) }).is_none());
    }

    #[test]
    fn whatever_comes_back_is_read() {
        let good = br#"{"method":"sendMessage","to":"a@b","text":"x","more":[1,{"a":null}]}"#;
        let mut state = 1u64;
        for _ in 0..20_000 {
            let mut body = good.to_vec();
            for _ in 0..3 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let at = (state >> 33) as usize % body.len();
                body[at] = (state >> 24) as u8;
            }
            let text = String::from_utf8_lossy(&body).into_owned();
            read_method(&HttpAnswer { status: 200, body, ..HttpAnswer::default() });
            conversation(&text);
        }
    }

    #[test]
    fn pauses_double_up_to_an_hour() {
        let seconds: Vec<u64> = (1..16).map(|attempts| pause(attempts).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600, 3600]);
        assert_eq!(pause(u32::MAX).as_secs(), 3600);
    }
}
