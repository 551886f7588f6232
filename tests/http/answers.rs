//! Answers of every kind and size, at once and later.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, StreamOwned};

use crate::client::{answer, connect, exchange, rest, status, statuses};
use crate::door::Door;

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")
}

#[test]
fn what_is_in_an_answer() {
    let door = Door::open();
    let mut stream = connect(door.addr);
    let mut ask = |request: &str| {
        stream.write_all(request.as_bytes()).unwrap();
        answer(&mut stream)
    };
    // At once, and later.
    for path in ["/large?5", "/later"] {
        let got = ask(&get(path));
        let mut lines: Vec<&str> = got.split("\r\n").collect();
        let date = lines.remove(1);
        assert!(date.starts_with("Date: ") && date.ends_with(" GMT") && date.len() == 35, "{date}");
        let body = if path == "/later" { "later" } else { "xxxxx" };
        let expected =
            ["HTTP/1.1 200 OK", "Server: botmother", "Content-Type: text/plain", "Content-Length: 5", "", body];
        assert_eq!(lines, expected, "{path}");
    }
    let got = ask(&get("/header"));
    assert!(got.starts_with("HTTP/1.1 405 ") && got.contains("\r\nAllow: GET\r\n") && !got.contains("Split"), "{got}");
    assert_eq!(status(&ask(&get("/status?204"))), 204);
    assert_eq!(status(&ask(&get("/status?304"))), 304);
    assert_eq!(status(&ask(&get("/echo"))), 200);
}

/// What may block goes through the inner server, and nobody sees the difference.
#[test]
fn both_ways_give_the_same_answer() {
    let door = Door::open();
    let mut stream = connect(door.addr);
    for request in [
        "GET /echo?a=%20b&c HTTP/1.1\r\nHost: x\r\nA: \r\nB: two words\r\nb: again\r\n",
        "DELETE /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n",
        "PROPFIND /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n",
        "POST http://other:1/echo HTTP/1.1\r\nHost: x\r\nX-Peer: 8.8.8.8\r\nX-Ticket: 1\r\n",
        "GET /later?20 HTTP/1.1\r\nHost: x\r\n",
        "GET /header HTTP/1.1\r\nHost: x\r\n",
        "GET /panic HTTP/1.1\r\nHost: x\r\n",
    ] {
        let body = match request {
            length if length.contains("Content-Length") => "hello",
            chunked if chunked.contains("Chunked") => "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
            _ => "",
        };
        let mut ask = |more: &str| {
            stream.write_all(format!("{request}{more}\r\n{body}").as_bytes()).unwrap();
            let got = answer(&mut stream);
            let told = |line: &&str| !line.starts_with("Date: ") && !line.starts_with("Content-Length: ");
            let lines: Vec<String> = got.lines().filter(told).map(str::to_string).collect();
            lines.into_iter().filter(|line| line != "x-slow=1").collect::<Vec<_>>()
        };
        let (at_once, slow) = (ask(""), ask("X-Slow: 1\r\n"));
        assert!(at_once.len() > 3, "{at_once:?}");
        assert_eq!(at_once, slow);
    }
}

#[test]
fn head_is_get_without_the_body() {
    let door = Door::open();
    let mut stream = connect(door.addr);
    for path in ["/large?5", "/large?100000", "/later", "/later/large?100000"] {
        stream.write_all(get(path).replace("GET", "HEAD").as_bytes()).unwrap();
    }
    stream.write_all(b"HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let got = rest(&mut stream);
    let lengths: Vec<&str> = got.lines().filter_map(|line| line.strip_prefix("Content-Length: ")).collect();
    assert_eq!(lengths[..4], ["5", "100000", "5", "100000"]);
    assert!(statuses(&got).len() == 5 && !got.contains("xx") && !got.contains("later") && !got.contains("yy"), "{got}");
}

#[test]
fn http_1_0_is_closed_unless_it_asks() {
    let door = Door::open();
    let got = exchange(door.addr, "GET /echo HTTP/1.0\r\n\r\n");
    assert!(got.contains("\r\nConnection: close\r\n") && got.contains("\n0 bytes\n"), "{got}");
    let request =
        "GET /later HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
    let mut stream = connect(door.addr);
    stream.write_all(request.as_bytes()).unwrap();
    for _ in 0..2 {
        assert!(answer(&mut stream).contains("\r\nConnection: keep-alive\r\n"));
    }
}

#[test]
fn large_answers_arrive_whole() {
    let door = Door::open();
    let mut stream = connect(door.addr);
    for size in [0, 1, 1_024, 16_384, 16_385, 65_536, 65_537, 300_000, 6_000_000] {
        for path in ["/large", "/later/large"] {
            stream.write_all(get(&format!("{path}?{size}")).as_bytes()).unwrap();
            let got = answer(&mut stream);
            let body = got.split_once("\r\n\r\n").unwrap().1;
            let letter = if path == "/large" { b'x' } else { b'y' };
            assert!(body.len() == size && body.bytes().all(|byte| byte == letter), "{path} {size}");
        }
    }
}

#[test]
fn a_promise_is_kept() {
    let door = Door::open();
    let start = Instant::now();
    let mut stream = connect(door.addr);
    // The second request is sent ahead; that is no sign of the client going away.
    stream.write_all((get("/later?300") + &get("/echo")).as_bytes()).unwrap();
    assert!(answer(&mut stream).ends_with("later"));
    assert!(start.elapsed() >= Duration::from_millis(300));
    assert!(answer(&mut stream).ends_with("0 bytes\n"));
    // Nor is it one when the client only closes its sending side.
    for path in ["/later?300", "/echo"] {
        let mut stream = connect(door.addr);
        stream.write_all(get(path).as_bytes()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        assert_eq!(statuses(&rest(&mut stream)), [200], "{path}");
    }
}

#[test]
fn a_panic_ends_one_request() {
    let door = Door::open();
    let mut stream = connect(door.addr);
    for path in ["/panic", "/later/panic", "/panic"] {
        stream.write_all(get(path).as_bytes()).unwrap();
        let got = answer(&mut stream);
        assert!(got.contains("\"error\":\"internal\",\"error_code\":\"500\"") && !got.contains("as "), "{got}");
    }
    door.must_be_well();
}

#[test]
fn over_tls() {
    let pem = include_bytes!("localhost.pem");
    let certificate = CertificateDer::from_pem_slice(pem).unwrap();
    let key = PrivateKeyDer::from_pem_slice(pem).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let server = ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions().unwrap();
    let server = server.with_no_client_auth().with_single_cert(vec![certificate.clone()], key).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let client = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let client = Arc::new(client.with_root_certificates(roots).with_no_client_auth());

    let door = Door::with(Default::default(), Some(Arc::new(server)));
    // Someone speaks plain HTTP, someone says nothing: no harm to others.
    let _silent = connect(door.addr);
    assert_eq!(status(&exchange(door.addr, get("/"))), 0);
    let name = ServerName::try_from("localhost").unwrap();
    let session = ClientConnection::new(client, name).unwrap();
    let mut stream = StreamOwned::new(session, connect(door.addr));
    for path in ["/echo", "/later?50", "/large?1000000"] {
        stream.write_all(get(path).as_bytes()).unwrap();
        assert_eq!(status(&answer(&mut stream)), 200, "{path}");
    }
    let large = format!("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 262144\r\n\r\n{}", "x".repeat(262_144));
    stream.write_all(large.as_bytes()).unwrap();
    assert!(answer(&mut stream).contains("\n262144 bytes\n"));
    stream.write_all(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999999\r\n\r\n").unwrap();
    let mut refused = String::new();
    // Fails without a proper goodbye (close_notify).
    stream.read_to_string(&mut refused).unwrap();
    assert_eq!(statuses(&refused), [413]);
}

#[test]
fn curl_understands() {
    let door = Door::open();
    let file = door.dir.join("upload");
    std::fs::write(&file, vec![b'x'; 10_000_000]).unwrap();
    let upload = format!("@{}", file.display());
    let url = |path: &str| format!("http://{}{path}", door.addr);
    let curl = |arguments: &[&str]| {
        let out =
            Command::new("curl").args(["-sS", "--max-time", "5", "-w", " [%{http_code}]"]).args(arguments).output();
        let out = out.expect("curl is installed");
        format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr))
    };
    assert!(curl(&[&url("/echo?a=b"), "-d", "hello"]).ends_with("5 bytes\nhello [200]"));
    assert!(curl(&["-I", &url("/echo")]).ends_with("\r\n\r\n [200]"));
    assert!(curl(&[&url("/echo"), "-H", "Transfer-Encoding: chunked", "-d", "hello"]).ends_with("hello [200]"));
    assert!(curl(&["--http1.0", &url("/later")]).ends_with("later [200]"));
    assert!(curl(&["--http2", &url("/later")]).ends_with("later [200]"));
    assert!(curl(&["--http2-prior-knowledge", &url("/later")]).contains("curl:"));
    for expect in ["Expect: 100-continue", "Expect:"] {
        for coding in ["A: b", "Transfer-Encoding: chunked"] {
            let got = curl(&[&url("/echo"), "--data-binary", &upload, "-H", expect, "-H", coding]);
            assert!(got.contains("too_large") && got.ends_with("[413]"), "{expect} {coding}: {got}");
        }
    }
    std::fs::remove_file(file).unwrap();
}
