#!/bin/bash
# ureq 3.5.1 (Rust, default settings): a PUT that is answered 301 or 302 goes on as a GET, and the caller sees 200.
#
# RFC 9110 §15.4.2 and §15.4.3 let a client change the method for POST alone. Here the second request is a GET without body
# and without the Authorization header; nothing in the result tells that the file was never put anywhere. 307 and 308,
# which exist to keep the method, end in Err(RedirectFailed) for any request with a body.
#
# Seen: "PUT 301 -> PUT body, GET no body: Ok(200)"; the same for 302; "PUT 307 -> PUT body: Err(RedirectFailed)".
# Builds in a temporary folder from crates.io. Fails if the behaviour changes.
set -euo pipefail

WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
cd "$WORK"
cargo init -q --vcs none --name put .
cat >> Cargo.toml <<'TOML'
ureq = { version = "=3.5.1", default-features = false }
TOML
cat > src/main.rs <<'RUST'
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

/// One request as "METHOD body" or "METHOD no body".
fn read(stream: &mut TcpStream) -> String {
    stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    let (mut all, mut piece) = (Vec::new(), [0; 4096]);
    while !all.ends_with(b"hello") {
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => break,
            Ok(read) => all.extend_from_slice(&piece[..read]),
        }
    }
    let text = String::from_utf8(all).unwrap();
    let method = text.split(' ').next().unwrap().to_string();
    method + if text.ends_with("hello") { " body" } else { " no body" }
}

/// Answers the first request with a redirect to itself and the second with 200; gives what was asked.
fn serve(listener: TcpListener, status: u16, port: u16) -> Vec<String> {
    let mut seen = Vec::new();
    for stream in listener.incoming() {
        let mut stream = stream.unwrap();
        seen.push(read(&mut stream));
        if seen.last().unwrap().starts_with("STOP") {
            seen.pop();
            break;
        }
        let head = match seen.len() {
            1 => format!("HTTP/1.1 {status} Moved\r\nLocation: http://127.0.0.1:{port}/moved\r\n"),
            _ => "HTTP/1.1 200 OK\r\n".to_string(),
        };
        stream.write_all(format!("{head}Content-Length: 0\r\nConnection: close\r\n\r\n").as_bytes()).unwrap();
    }
    seen
}

fn main() {
    for status in [301, 302, 307, 308] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = std::thread::spawn(move || serve(listener, status, port));
        let answer = ureq::put(format!("http://127.0.0.1:{port}/file")).header("Authorization", "Bearer x").send("hello");
        TcpStream::connect(("127.0.0.1", port)).unwrap().write_all(b"STOP ").unwrap();
        let answer = answer.map(|answer| answer.status().as_u16());
        println!("PUT {status} -> {}: {answer:?}", server.join().unwrap().join(", "));
    }
}
RUST
cargo run -q | tee out
diff out - <<'TXT' || { echo "ureq behaves differently now" >&2; exit 1; }
PUT 301 -> PUT body, GET no body: Ok(200)
PUT 302 -> PUT body, GET no body: Ok(200)
PUT 307 -> PUT body: Err(RedirectFailed)
PUT 308 -> PUT body: Err(RedirectFailed)
TXT
echo "as described"
