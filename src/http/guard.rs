//! Who may skip the token: docs/api.md on management endpoints. Pure functions over a request.
//!
//! A page in the owner's browser can send requests to loopback, too. It cannot forge `Host` (which stops DNS
//! rebinding) or `Origin`, and not set `Content-Type: application/json` without asking first; so these three are
//! checked, and a request that a proxy carried here is not taken for a local one.

use std::net::Ipv4Addr;

use crate::http::Request;
use crate::http::proxy::{TRUSTED, is_proxy_header};
use crate::http::refusal::Refusal;

const NOT_LOOPBACK: Refusal = forbidden("this endpoint is open to this machine only; elsewhere use the admin token");
const FORWARDED: Refusal = forbidden("the request came through a proxy, so it needs the admin token");
const FOREIGN_HOST: Refusal = forbidden("the header `Host` must name this machine: localhost, 127.0.0.1 or [::1]");
const FOREIGN_ORIGIN: Refusal = forbidden("requests from other web sites are refused");
const PUBLIC_HOST: Refusal = forbidden(
    "the header `Host` must name this machine: localhost, an address, or a name without dots; a proxy that hands on \
     another one must be named in `api.trusted_proxies`",
);
const NOT_JSON: Refusal = Refusal::new(415, "bad_request", "the header `Content-Type` must be there: application/json");
const NO_BEARER: Refusal =
    Refusal::new(401, "unauthorized", "the header `Authorization` must be there once: Bearer and the token");

const fn forbidden(description: &'static str) -> Refusal {
    Refusal::new(403, "forbidden", description)
}

/// Whether this request comes from this machine and not from a web page or through a proxy.
pub fn is_local(request: &Request) -> Result<(), Refusal> {
    if !request.peer.to_canonical().is_loopback() {
        return Err(NOT_LOOPBACK);
    }
    if request.headers.iter().any(|(name, _)| is_proxy_header(name)) {
        return Err(FORWARDED);
    }
    let host = request.header("host").unwrap_or_default();
    if !is_loopback_host(host) {
        return Err(FOREIGN_HOST);
    }
    is_own_page(request)?;
    if request.method == "POST" { is_json_body(request) } else { Ok(()) }
}

/// Whether a body, where there is one, says that it is JSON: no page of another site can say so without asking first.
pub fn is_json_body(request: &Request) -> Result<(), Refusal> {
    let is_json = !has_body(request) || is_json(request.header("content-type").unwrap_or_default());
    if is_json { Ok(()) } else { Err(NOT_JSON) }
}

/// Whether no web page asks, or one that came from here.
pub fn is_own_page(request: &Request) -> Result<(), Refusal> {
    let host = request.header("host").unwrap_or_default();
    let is_foreign = request.headers.iter().any(|(name, origin)| name == "origin" && !is_own_origin(origin, host));
    if is_foreign { Err(FOREIGN_ORIGIN) } else { Ok(()) }
}

/// Whether `Host` is none that a page in a browser on this machine could have: a page may have its own name point here (DNS
/// rebinding), but it has no name for which no public name server answers.
pub fn is_no_rebound_page(request: &Request) -> Result<(), Refusal> {
    let is_from_elsewhere = !request.peer.to_canonical().is_loopback() || request.header(TRUSTED).is_some();
    let name = without_port(request.header("host").unwrap_or_default());
    let is_address = name.starts_with('[') || name.parse::<Ipv4Addr>().is_ok();
    let is_private = name
        .rsplit_once('.')
        .is_none_or(|(_, top)| ["localhost", "internal"].iter().any(|private| top.eq_ignore_ascii_case(private)));
    if is_from_elsewhere || is_address || is_private { Ok(()) } else { Err(PUBLIC_HOST) }
}

/// The token of `Authorization: Bearer …`; `None` without that header.
pub fn bearer(request: &Request) -> Result<Option<&str>, Refusal> {
    let mut values = request.headers.iter().filter(|(name, _)| *name == "authorization").map(|(_, value)| value);
    let Some(value) = values.next() else { return Ok(None) };
    let (scheme, token) = value.split_once(' ').ok_or(NO_BEARER)?;
    let token = token.trim();
    // RFC 9110 §11.1: the scheme is case-insensitive.
    let is_bearer = scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && !token.contains(' ');
    if is_bearer && values.next().is_none() { Ok(Some(token)) } else { Err(NO_BEARER) }
}

/// All of `Authorization`, where it is there once; a scheme before it is passed over if it is Bearer.
pub fn whole(request: &Request) -> Option<&str> {
    let mut values = request.headers.iter().filter(|(name, _)| *name == "authorization").map(|(_, value)| value);
    let value = values.next()?.trim();
    let token = match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => value,
    };
    let is_one = !token.is_empty() && !token.contains(' ') && values.next().is_none();
    is_one.then_some(token)
}

/// The value of a cookie (RFC 6265 §4.2); the first, where several of that name come.
pub fn cookie<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let headers = request.headers.iter().filter(|(header, _)| *header == "cookie").map(|(_, value)| value);
    let pairs = headers.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).find(|value| !value.is_empty())
}

fn without_port(host: &str) -> &str {
    // The port, if any, is what follows the last colon outside of brackets.
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !name.ends_with(':') => name,
        _ => host,
    }
}

fn is_loopback_host(host: &str) -> bool {
    let name = without_port(host);
    name.eq_ignore_ascii_case("localhost") || name == "127.0.0.1" || name == "[::1]"
}

fn is_own_origin(origin: &str, host: &str) -> bool {
    let own = origin.split_once("://").filter(|(scheme, _)| matches!(*scheme, "http" | "https"));
    own.is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(host))
}

/// What is not there needs no type. The headers count, too: the body may not have been read yet.
fn has_body(request: &Request) -> bool {
    let is_said = request.header("transfer-encoding").is_some()
        || request.header("content-length").is_some_and(|length| length != "0");
    is_said || !request.body.is_empty() || request.file.is_some()
}

fn is_json(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("application/json")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, peer: &str, headers: &[(&str, &str)]) -> Request {
        Request {
            method: method.to_string().into(),
            path: "/bot/create".into(),
            query: String::new(),
            headers: headers.iter().copied().collect(),
            body: b"{}".to_vec(),
            file: None,
            peer: peer.parse().unwrap(),
        }
    }

    #[test]
    fn local_requests_pass() {
        for peer in ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"] {
            for host in ["localhost", "LOCALHOST:7842", "127.0.0.1:80", "[::1]", "[::1]:7842"] {
                assert_eq!(is_local(&request("GET", peer, &[("host", host)])), Ok(()), "{peer} {host}");
            }
        }
        let json = ("content-type", "Application/JSON; charset=utf-8");
        let origin = ("origin", "http://LocalHost:7842");
        assert_eq!(is_local(&request("POST", "::1", &[("host", "localhost:7842"), json, origin])), Ok(()));
    }

    #[test]
    fn others_do_not() {
        let host = ("host", "localhost:7842");
        let check = |peer: &str, headers: &[(&str, &str)]| is_local(&request("GET", peer, headers)).unwrap_err();
        assert_eq!(check("192.168.1.2", &[host]), NOT_LOOPBACK);
        assert_eq!(check("::ffff:192.168.1.2", &[host]), NOT_LOOPBACK);
        for name in ["forwarded", "x-forwarded-for", "x-forwarded-host", "via"] {
            assert_eq!(check("::1", &[host, (name, "for=192.0.2.1")]), FORWARDED);
        }
        for foreign in
            ["", "evil.example", "localhost.evil.example", "127.0.0.1.nip.io:80", "localhost:x", "::1", "[::1]:1:2"]
        {
            assert_eq!(check("::1", &[("host", foreign)]), FOREIGN_HOST, "{foreign}");
        }
        assert_eq!(check("::1", &[]), FOREIGN_HOST);
        for origin in ["null", "http://evil.example", "http://localhost:80", "file://localhost:7842", ""] {
            assert_eq!(check("::1", &[host, ("origin", origin)]), FOREIGN_ORIGIN, "{origin}");
        }
        for kind in ["text/plain", "", "application/jsonp", "application/x-www-form-urlencoded"] {
            let refused = is_local(&request("POST", "::1", &[host, ("content-type", kind)]));
            assert_eq!(refused, Err(NOT_JSON), "{kind}");
            let empty = Request { body: Vec::new(), ..request("POST", "::1", &[host, ("content-type", kind)]) };
            assert_eq!(is_local(&empty), Ok(()), "nothing is of any type");
            let unread = [host, ("content-type", kind), ("content-length", "2")];
            let unread = Request { body: Vec::new(), ..request("POST", "::1", &unread) };
            assert_eq!(is_local(&unread), Err(NOT_JSON), "{kind}, not read yet");
        }
    }

    #[test]
    fn no_page_has_a_name_without_a_public_name_server() {
        let check = |peer: &str, headers: &[(&str, &str)]| is_no_rebound_page(&request("GET", peer, headers));
        for host in
            ["localhost:7842", "127.0.0.1", "192.0.2.1:80", "[::1]:7842", "bots", "host.docker.internal:7842", ""]
        {
            assert_eq!(check("127.0.0.1", &[("host", host)]), Ok(()), "{host}");
        }
        for host in ["evil.example", "evil.example:7842", "localhost.evil.example", "127.0.0.1.nip.io", "1.2.3", "a."] {
            assert_eq!(check("::1", &[("host", host)]), Err(PUBLIC_HOST), "{host}");
            assert_eq!(check("::1", &[("host", host), ("x-forwarded-for", "192.0.2.1")]), Err(PUBLIC_HOST), "{host}");
            assert_eq!(check("::1", &[("host", host), (TRUSTED, "yes")]), Ok(()), "by a trusted proxy: {host}");
            assert_eq!(check("192.0.2.1", &[("host", host)]), Ok(()), "from elsewhere: {host}");
        }
    }

    #[test]
    fn tokens() {
        let with = |value: &'static str| request("GET", "::1", &[("authorization", value)]);
        assert_eq!(bearer(&request("GET", "::1", &[])), Ok(None));
        for value in ["Bearer bm_x", "bearer bm_x", "BEARER  bm_x"] {
            assert_eq!(bearer(&with(value)), Ok(Some("bm_x")), "{value}");
        }
        for value in ["Basic bm_x", "bm_x", "Bearer", "Bearer ", "Bearer a b", ""] {
            assert_eq!(bearer(&with(value)), Err(NO_BEARER), "{value}");
        }
        for value in ["bm_x", "Bearer bm_x", "bearer  bm_x", " bm_x "] {
            assert_eq!(whole(&with(value)), Some("bm_x"), "{value}");
        }
        for value in ["", " ", "Basic bm_x", "a b", "Bearer ", "Bearer a b"] {
            assert_ne!(whole(&with(value)), Some("bm_x"), "{value}");
        }
        let twice = request("GET", "::1", &[("authorization", "Bearer a"), ("authorization", "Bearer b")]);
        assert_eq!(bearer(&twice), Err(NO_BEARER));
    }
}
