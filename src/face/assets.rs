//! What browsers get of the chat page and of the panel: files that the build has packed (`build.rs`), from memory.
//!
//! A file under `/assets/` is named after its content, so a browser keeps it for ever; a page is asked for anew each time,
//! and answered with 304 while it is the same. What is embedded is compressed, which nearly every client takes as it is.

use crate::base::limits;
use crate::core::failure::Failure;
use crate::face::policy;
use crate::face::principal::{Denied, Need};
use crate::http::headers::HeaderValue;
use crate::http::refusal::Refusal;
use crate::http::route::{Lookup, Route, Routes};
use crate::http::{Request, Response};

/// One file.
struct Asset {
    /// Where it comes from: `web/chat.js`.
    path: &'static str,
    /// Where browsers find it: `/assets/web-chat.0123456789abcdef.js`.
    url: &'static str,
    content_type: &'static str,
    hash: &'static str,
    /// Of the whole text in bytes, and its check sum: what stands at the end of a gzip member.
    length: u32,
    crc: u32,
    deflated: &'static [u8],
}

static ASSETS: &[Asset] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// Nothing but our own files, no script or style inside of pages, and no page of others around ours. Text becomes HTML in the
/// templates of lit-html only.
const POLICY: HeaderValue = HeaderValue::of(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; \
     connect-src 'self'; font-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types lit-html",
);

const ROUTES: Routes<Need> =
    Routes(&[Route { method: "GET", path: "/assets/:name", handler: policy::need("assets", "GET", "/assets/:name") }]);

/// All endpoints, and what each needs.
pub(super) fn routes() -> Vec<(&'static str, &'static str, Need)> {
    ROUTES.0.iter().map(|route| (route.method, route.path, route.handler)).collect()
}

/// What the endpoint of a request needs.
pub(super) fn need(request: &Request) -> Option<Need> {
    match ROUTES.find(&request.method, &request.path) {
        Lookup::Found(need, _) => Some(need),
        _ => None,
    }
}

/// The largest body a path takes: none takes one.
pub(super) fn body_max(_: &str) -> usize {
    limits::BODY_BYTES_MAX
}

/// Why somebody is not let in.
pub(super) fn deny(denied: &Denied) -> Response {
    match denied {
        Denied::Busy(limited) => Refusal::new(429, "rate_limited", "too many requests")
            .to_response()
            .with("Retry-After", limited.retry_after_s.to_string()),
        Denied::Unauthorized(why) => Refusal::new(401, "unauthorized", why).to_response(),
        Denied::Guard(refusal) => refusal.to_response(),
    }
}

/// What the engine refused, which is asked nothing here: the door has something against a body.
pub(super) fn refuse(failure: &Failure) -> Response {
    match failure {
        Failure::TooLarge(_) => Refusal::new(413, "too_large", "no body is taken here").to_response(),
        _ => Refusal::new(500, "internal", "this failed; the log says why").to_response(),
    }
}

/// Answers with a file under `/assets/`.
pub(super) fn file(request: &Request) -> Response {
    match ROUTES.find(&request.method, &request.path) {
        Lookup::Found(..) => {}
        Lookup::WrongMethod(allow) => return not_allowed(allow),
        Lookup::NotFound => return not_found(),
    }
    let Some(asset) = ASSETS.iter().find(|asset| asset.url == request.path && !is_page(asset)) else {
        return not_found();
    };
    asset.answer(request, "public, max-age=31536000, immutable")
}

/// Answers with a page: `web/index.html`.
pub(super) fn page(path: &str, request: &Request) -> Response {
    match ASSETS.iter().find(|asset| asset.path == path) {
        Some(asset) if request.method == "GET" => asset.answer(request, "no-cache"),
        Some(_) => not_allowed("GET, HEAD".to_string()),
        None => not_found(),
    }
}

fn not_found() -> Response {
    Refusal::new(404, "not_found", "there is no such path").to_response()
}

fn not_allowed(allow: String) -> Response {
    Refusal::new(405, "method_not_allowed", "use GET or HEAD").to_response().with("Allow", allow)
}

/// Pages come under their own paths only.
fn is_page(asset: &Asset) -> bool {
    asset.path.ends_with(".html")
}

impl Asset {
    fn answer(&self, request: &Request, keep: &'static str) -> Response {
        // Weak: the same text may come compressed or not (RFC 9110 §8.8.1).
        let tag = format!("W/\"{}\"", self.hash);
        let is_known = request.header("if-none-match").is_some_and(|tags| names(tags, self.hash));
        let mut response = Response {
            status: if is_known { 304 } else { 200 },
            content_type: HeaderValue::of("application/octet-stream"),
            headers: Vec::new(),
            body: Vec::new(),
            file: None,
            flow: None,
        }
        .with("Cache-Control", keep)
        .with("ETag", tag)
        .with("Vary", "Accept-Encoding");
        response.content_type = HeaderValue::new(self.content_type).unwrap_or(response.content_type);
        response.headers.push(("X-Content-Type-Options", HeaderValue::of("nosniff")));
        if is_page(self) || self.path.ends_with(".svg") {
            response.headers.extend([
                ("Content-Security-Policy", POLICY),
                ("Referrer-Policy", HeaderValue::of("no-referrer")),
                ("Cross-Origin-Opener-Policy", HeaderValue::of("same-origin")),
            ]);
        }
        match (is_known, takes_gzip(request)) {
            (true, _) => response,
            (false, true) => Response { body: self.gzip(), ..response }.with("Content-Encoding", "gzip"),
            (false, false) => Response { body: self.text(), ..response },
        }
    }

    /// The compressed text with what gzip puts around it (RFC 1952).
    fn gzip(&self) -> Vec<u8> {
        const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 0xff];
        [&HEAD, self.deflated, &self.crc.to_le_bytes(), &self.length.to_le_bytes()].concat()
    }

    fn text(&self) -> Vec<u8> {
        let text = miniz_oxide::inflate::decompress_to_vec_with_limit(self.deflated, self.length as usize);
        // What the build has packed can be unpacked.
        text.unwrap_or_default()
    }
}

/// Whether `If-None-Match` names this hash, or anything.
fn names(tags: &str, hash: &str) -> bool {
    let tag = |tag: &'_ str| tag.trim().trim_start_matches("W/").trim_matches('"') == hash;
    tags.trim() == "*" || tags.split(',').any(tag)
}

/// Whether the client takes gzip (RFC 9110 §12.5.3).
fn takes_gzip(request: &Request) -> bool {
    let takes = |coding: &str| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let is_refused = weight.trim().strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0));
        ["gzip", "*"].contains(&name.trim().to_ascii_lowercase().as_str()) && !is_refused
    };
    request.header("accept-encoding").is_some_and(|codings| codings.split(',').any(takes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(path: &str, headers: &[(&str, &str)]) -> Request {
        Request {
            method: "GET".into(),
            path: path.into(),
            query: String::new(),
            headers: headers.iter().copied().collect(),
            body: Vec::new(),
            file: None,
            peer: "127.0.0.1".parse().unwrap(),
        }
    }

    #[test]
    fn each_file_is_found_and_said_to_be_the_same_the_next_time() {
        assert!(ASSETS.len() > 5);
        for asset in ASSETS.iter().filter(|asset| !is_page(asset)) {
            let whole = file(&request(asset.url, &[]));
            assert_eq!((whole.status, whole.body.len()), (200, asset.length as usize), "{}", asset.path);
            let packed = file(&request(asset.url, &[("accept-encoding", "br, gzip;q=0.5")]));
            assert!(
                packed.body.starts_with(&[0x1f, 0x8b]) && packed.body.len() < whole.body.len() + 30,
                "{}",
                asset.path
            );
            let tag = format!("\"x\", W/\"{}\"", asset.hash);
            let same = file(&request(asset.url, &[("if-none-match", &tag)]));
            assert_eq!((same.status, same.body.len()), (304, 0), "{}", asset.path);
        }
    }

    #[test]
    fn no_file_refers_to_a_name_without_hash() {
        for asset in ASSETS {
            let text = String::from_utf8(asset.text()).unwrap();
            for reference in text.split("/assets/").skip(1) {
                let name = reference.split(['"', '\'']).next().unwrap();
                assert!(ASSETS.iter().any(|other| other.url == format!("/assets/{name}")), "{}: {name}", asset.path);
            }
            // Names in quotes that begin with dots are those which the build replaces.
            assert!(!text.contains("\"./") && !text.contains("\"../"), "{}", asset.path);
        }
    }

    /// Both pages together, in one language, as nobody loads two: a phone on a slow line waits for them.
    #[test]
    fn they_are_small() {
        for language in ["en", "de"] {
            let other = if language == "en" { "/de.js" } else { "/en.js" };
            let loaded = || ASSETS.iter().filter(|asset| !asset.path.ends_with(other));
            let whole: usize = loaded().map(|asset| asset.length as usize).sum();
            let packed: usize = loaded().map(|asset| asset.gzip().len()).sum();
            let list = loaded().map(|asset| format!("{:>6} {:>6} {}\n", asset.length, asset.gzip().len(), asset.path));
            println!("{}{whole} bytes, {packed} compressed: {language}", list.collect::<String>());
            assert!(whole <= 150 * 1024 && packed <= 50 * 1024, "{whole} bytes, {packed} compressed");
        }
    }

    #[test]
    fn codings() {
        for (header, takes) in [
            ("gzip", true),
            ("br, GZIP ;q=1", true),
            ("*", true),
            ("gzip;q=0", false),
            ("gzip; q=0.0", false),
            ("br", false),
        ] {
            assert_eq!(takes_gzip(&request("/", &[("accept-encoding", header)])), takes, "{header}");
        }
        assert!(!takes_gzip(&request("/", &[])));
        assert!(names("*", "a") && names("W/\"b\", \"a\"", "a") && !names("\"b\"", "a"));
    }
}
