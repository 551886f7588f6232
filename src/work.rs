//! Runs an outgoing [`HttpCall`] and waits for its answer. The only file that names ureq.
//!
//! Blocks: for the command line today, for the threads of a bounded pool later. Follows no redirect and uses no proxy,
//! so that a call goes where its URL says and nowhere else. Any HTTP status is an answer, not an error.

use std::fmt;
use std::io::{self, Read};
use std::net::IpAddr;
use std::sync::Arc;

use ureq::tls::TlsConfig;
use ureq::{Agent, http};

use crate::base::call::{HttpAnswer, HttpCall};
use crate::base::limits;

/// Why there is no answer.
#[derive(Debug)]
pub enum Error {
    /// Nobody listens at that address.
    Refused,
    /// No answer within the call's time.
    Timeout,
    /// The name is unknown, the network is down, the connection broke: worth another try later.
    Unreachable(String),
    /// The certificate is not right for the name, or the other side does not speak TLS.
    Tls(String),
    /// The call itself is wrong (URL, header), or the answer is no HTTP. Trying again does not help.
    Invalid(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Refused => f.write_str("connection refused"),
            Error::Timeout => f.write_str("no answer in time"),
            Error::Unreachable(why) | Error::Tls(why) | Error::Invalid(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for Error {}

/// Makes a call; certificates are verified against the built-in roots.
pub fn call(call: &HttpCall) -> Result<HttpAnswer, Error> {
    // ureq panics over https without its feature `rustls-webpki-roots`; this goes when Cargo.toml has it.
    if call.url.starts_with("https:") {
        return Err(Error::Tls("https needs ureq's built-in roots".into()));
    }
    run(call, Certificate::Verified)
}

/// Makes a call to this very machine, where the certificate of our own API names some other host or is self-signed.
/// Refuses every URL that is not at a loopback address, so it cannot be used for anything else.
pub fn call_loopback(call: &HttpCall) -> Result<HttpAnswer, Error> {
    let host = call.url.split("://").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name).trim_start_matches('[').trim_end_matches(']');
    if !name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()) {
        return Err(Error::Invalid(format!("{host} is not a loopback address")));
    }
    run(call, Certificate::Ignored)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Certificate {
    Verified,
    Ignored,
}

fn run(call: &HttpCall, certificate: Certificate) -> Result<HttpAnswer, Error> {
    // Given by hand: ureq built without a provider of its own would look for one of the whole process and panic.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = TlsConfig::builder()
        .unversioned_rustls_crypto_provider(provider)
        .disable_verification(certificate == Certificate::Ignored)
        .build();
    let agent: Agent = Agent::config_builder()
        .tls_config(tls)
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .timeout_global(Some(call.timeout))
        .max_response_header_size(limits::ANSWER_HEAD_BYTES_MAX)
        .user_agent(concat!("botmother/", env!("CARGO_PKG_VERSION")))
        .build()
        .into();
    let mut request = http::Request::builder().method(call.method).uri(&call.url);
    for (name, value) in &call.headers {
        request = request.header(*name, value);
    }
    let invalid = |error: http::Error| Error::Invalid(error.to_string());
    let answer = if call.body.is_empty() {
        agent.run(request.body(()).map_err(invalid)?)
    } else {
        agent.run(request.body(&call.body[..]).map_err(invalid)?)
    };
    let answer = answer.map_err(Error::from)?;
    let status = answer.status().as_u16();
    let mut body = Vec::new();
    let read = answer.into_body().into_reader().take(call.answer_bytes_max).read_to_end(&mut body);
    read.map_err(|error| Error::from(ureq::Error::from(error)))?;
    Ok(HttpAnswer { status, body })
}

impl From<ureq::Error> for Error {
    fn from(error: ureq::Error) -> Error {
        use ureq::Error as E;
        match error {
            E::Timeout(_) => Error::Timeout,
            E::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => Error::Refused,
            E::Io(error) if error.kind() == io::ErrorKind::TimedOut => Error::Timeout,
            E::Io(error) if error.kind() == io::ErrorKind::InvalidData => Error::Tls(error.to_string()),
            E::Io(error) => Error::Unreachable(error.to_string()),
            E::HostNotFound => Error::Unreachable("the name service does not know the host".into()),
            E::ConnectionFailed => Error::Unreachable("cannot connect".into()),
            E::Tls(why) => Error::Tls(why.into()),
            E::Rustls(error) => Error::Tls(error.to_string()),
            other => Error::Invalid(other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpListener;
    use std::thread;
    use std::time::Duration;

    use super::*;

    fn get(url: String) -> HttpCall {
        HttpCall {
            method: "GET",
            url,
            headers: vec![("Authorization", "Bearer x".into())],
            body: Vec::new(),
            timeout: Duration::from_millis(500),
            answer_bytes_max: 5,
        }
    }

    /// Answers one request with fixed bytes and gives back what it was sent.
    fn server(answer: &'static str) -> (String, thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/x", listener.local_addr().unwrap());
        let thread = thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            let mut head = Vec::new();
            let mut byte = [0];
            // 22: a TLS handshake, which a server of plain HTTP answers in its own way.
            while !head.ends_with(b"\r\n\r\n") && head != [22] && socket.read(&mut byte).unwrap() == 1 {
                head.push(byte[0]);
            }
            socket.write_all(answer.as_bytes()).unwrap();
            if answer.is_empty() {
                thread::sleep(Duration::from_secs(1));
            }
            String::from_utf8_lossy(&head).into_owned()
        });
        (url, thread)
    }

    #[test]
    fn every_status_is_an_answer_and_long_bodies_are_cut() {
        let (url, thread) = server("HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\n123456789");
        let answer = call_loopback(&get(url)).unwrap();
        assert_eq!((answer.status, answer.body), (404, b"12345".to_vec()));
        let head = thread.join().unwrap().to_lowercase();
        assert!(head.contains("authorization: bearer x\r\n") && head.contains("user-agent: botmother/"), "{head}");
    }

    #[test]
    fn redirects_are_not_followed() {
        let (url, _) = server("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(call(&get(url)).unwrap().status, 302);
    }

    #[test]
    fn failures_are_told_apart() {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert!(matches!(call(&get(format!("http://{free}/"))), Err(Error::Refused)));
        let (url, _) = server("");
        assert!(matches!(call(&get(url)), Err(Error::Timeout)));
        let (url, _) = server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        // What is no TLS server may also hang up before it is found out.
        let outcome = call_loopback(&get(url.replace("http:", "https:")));
        assert!(matches!(outcome, Err(Error::Tls(_) | Error::Unreachable(_))), "{outcome:?}");
        for far in ["http://10.0.0.1/", "http://localhost.example.org/", "http://127.0.0.1.example.org/", "x"] {
            assert!(matches!(call_loopback(&get(far.into())), Err(Error::Invalid(_))), "{far}");
        }
        assert!(matches!(call(&get("nonsense".into())), Err(Error::Invalid(_))));
    }
}
