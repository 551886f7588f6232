//! The Botyard face against a made-up engine (`api/botyard/*.http`, in the form that `api/golden.rs` tells), and the
//! whole daemon by curl.

#![cfg(feature = "face-botyard")]
// Outside of #[test] functions, clippy does not know that this is a test.
#![allow(clippy::unwrap_used)]

#[path = "api/engine.rs"]
mod engine;
#[path = "api/golden.rs"]
mod golden;
#[path = "api/requests.rs"]
mod requests;
mod support;

use std::process::Command;

use botmother::base::time::Now;
use botmother::face::principal::AdminNeeds;
use requests::{answer, header, local, request, serve, text};
use support::daemon::Daemon;

#[test]
fn golden_exchanges() {
    golden::run("botyard", 40);
}

#[test]
fn strangers_are_counted_by_address() {
    let serve = serve(AdminNeeds::Token, 30, Now::default).0;
    let bots = || answer(&*serve, request("GET", "/v1/client-api/bots"));
    assert!((0..30).all(|_| bots().status == 200));
    let refused = bots();
    assert_eq!((refused.status, header(&refused, "Retry-After")), (429, Some("1")));
    assert_eq!(text(&refused), r#"{"message":"Too many requests; try again in 1 s."}"#);
}

#[test]
fn no_large_body_is_taken() {
    let context = requests::context(AdminNeeds::Token, 0, Now::default).0;
    let gate = botmother::face::gate(context);
    for (method, status) in [("GET", 413), ("POST", 405)] {
        let refusal = smol::block_on(gate(&request(method, "/v1/client-api/bots"))).unwrap();
        assert_eq!(refusal.status, status, "{method}");
        assert!(text(&refusal).starts_with(r#"{"message":""#), "{}", text(&refusal));
    }
    assert_eq!(answer(&*local(), request("GET", "/v1/client-apix")).status, 404);
}

/// Status line and headers, then the body.
fn curl(daemon: &Daemon, path: &str, more: &[&str]) -> (String, String) {
    let mut curl = Command::new("curl");
    curl.args(["-s", "-S", "-i", "--noproxy", "*", "--max-time", "10"]).args(more);
    let output = curl.arg(format!("http://127.0.0.1:{}{path}", daemon.port)).output().expect("curl runs");
    assert!(output.status.success(), "{output:?}");
    let answer = String::from_utf8(output.stdout).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    (head.to_string(), body.to_string())
}

/// Nothing is shown before somebody says so; names stay the same over restarts.
#[test]
fn curl_sees_listed_bots() {
    let mut daemon = Daemon::start("[api]\nrate_limit = 0\n");
    for name in ["Weather", "Diary", "News"] {
        daemon.create_bot(name, "owner@local");
    }
    let bots = |daemon: &Daemon| curl(daemon, "/v1/client-api/bots", &[]).1;
    let say = |daemon: &Daemon, path: &str, body: &str| assert_eq!(daemon.http().post(path, None, body).status, 200);
    assert_eq!(bots(&daemon), "[]");
    for id in [3, 1, 1] {
        say(&daemon, "/bot/listed", &format!(r#"{{"id":{id},"listed":true}}"#));
    }
    say(&daemon, "/bot/profile", r#"{"id":3,"description":"What is \"new\""}"#);
    assert_eq!(daemon.http().post("/bot/listed", None, r#"{"id":4,"listed":true}"#).status, 404);

    let (head, body) = curl(&daemon, "/v1/client-api/bots", &["-H", "Origin: http://127.0.0.1"]);
    assert!(head.starts_with("HTTP/1.1 403 "), "another port is another origin: {head} {body}");
    let own = format!("Origin: http://127.0.0.1:{}", daemon.port);
    let (head, body) = curl(&daemon, "/v1/client-api/bots", &["-H", &own]);
    let lower = head.to_lowercase();
    assert!(head.starts_with("HTTP/1.1 200 ") && lower.contains("content-type: application/json"), "{head}");
    assert!(!lower.contains("set-cookie") && !lower.contains("access-control"), "{head}");
    let ids: Vec<&str> = body.split("\"id\":\"").skip(1).map(|rest| &rest[..26]).collect();
    let (first, third) = (ids[0], ids[1]);
    let one = format!(r#"{{"id":"{first}","name":"Weather"}}"#);
    assert_eq!(body, format!(r#"[{one},{{"id":"{third}","name":"News","description":"What is \"new\""}}]"#));
    assert!(ids.iter().all(|id| id.starts_with("01") && id.bytes().all(|b| b.is_ascii_alphanumeric())), "{ids:?}");
    assert_ne!(first[10..], third[10..]);
    // What the door says itself comes in the same shape.
    let large = "x".repeat(300_000);
    std::fs::write(daemon.dir.join("large"), large).unwrap();
    let file = format!("@{}", daemon.dir.join("large").display());
    let (head, refusal) = curl(&daemon, "/v1/client-api/bots", &["--data-binary", &file]);
    assert!(head.contains("HTTP/1.1 413 "), "{head} {refusal}");
    assert_eq!(refusal, r#"{"message":"The body must be at most 262144 bytes, not 300000."}"#);

    assert_eq!(daemon.stop().code(), Some(0));
    daemon.start_again();
    assert_eq!(bots(&daemon), body);
    let path = format!("/v1/client-api/bot/{first}");
    assert_eq!(curl(&daemon, &path, &[]).1, one);
    say(&daemon, "/bot/activate", r#"{"id":1,"active":false}"#);
    assert!(curl(&daemon, &path, &[]).0.starts_with("HTTP/1.1 404 "));
    say(&daemon, "/bot/activate", r#"{"id":1,"active":true}"#);
    say(&daemon, "/bot/delete", r#"{"id":3}"#);
    assert_eq!(bots(&daemon), format!("[{one}]"));
    say(&daemon, "/bot/listed", r#"{"id":1,"listed":false}"#);
    assert_eq!(bots(&daemon), "[]");
    let (head, body) = curl(&daemon, "/v1/client-api/service-info", &[]);
    assert!(head.starts_with("HTTP/1.1 200 ") && body.starts_with(r#"{"name":"Botmother","#), "{head} {body}");
}
