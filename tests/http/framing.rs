//! What is a request, where it ends, and what is refused.

use botmother::base::limits;
use std::io::Write;
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use crate::client::{answer, connect, exchange, rest, status, statuses};
use crate::door::{Door, impatient};

/// A request that hides in the body of another one; it must never be answered.
const HIDDEN: &str = "GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n";

#[test]
fn broken_heads_are_refused() {
    let door = Door::open();
    let long = "x".repeat(9_000);
    let many = "A: b\r\n".repeat(65);
    for (expected, request) in [
        // framing in doubt
        (400, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        (400, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"),
        (400, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello"),
        (400, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 0\r\n\r\nhello"),
        (400, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5, 5\r\n\r\nhello"),
        (400, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\nhello"),
        (400, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\nhello"),
        (400, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\nhello"),
        (400, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x5\r\n\r\nhello"),
        (400, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\nhello"),
        (400, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\n\r\nhello"),
        (400, "POST / HTTP/1.1\r\nHost: x\r\nA: b\r\n Content-Length: 5\r\n\r\nhello"),
        (413, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000000000000000\r\n\r\n"),
        (413, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551615\r\n\r\n"),
        (413, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999999\r\n\r\n"),
        (413, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 262145\r\n\r\n"),
        (501, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
        (501, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"),
        (501, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
        (501, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"),
        (
            400,
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        ),
        (400, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding\x0b: chunked\r\n\r\n0\r\n\r\n"),
        (400, "POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        (417, "POST / HTTP/1.1\r\nHost: x\r\nExpect: a-miracle\r\nContent-Length: 5\r\n\r\nhello"),
        // the host
        (400, "GET / HTTP/1.1\r\n\r\n"),
        (400, "GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n"),
        (400, "GET / HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n"),
        (400, "GET / HTTP/1.1\r\nHost: x y\r\n\r\n"),
        (400, "GET / HTTP/1.1\r\nHost: user@x\r\n\r\n"),
        (400, "GET / HTTP/1.1\r\nHost: x, y\r\n\r\n"),
        // the request line
        (505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        (505, "GET / HTTP/2.0\r\nHost: x\r\n\r\n"),
        (505, "GET / HTTP/1.2\r\nHost: x\r\n\r\n"),
        (505, "GET / HTTP/0.9\r\nHost: x\r\n\r\n"),
        (400, "GET /\r\n\r\n"),
        (400, "GET / HTTP/1.1 x\r\nHost: x\r\n\r\n"),
        (400, "GET  / HTTP/1.1\r\nHost: x\r\n\r\n"),
        (400, "GET / FTP/1.1\r\nHost: x\r\n\r\n"),
        (400, "GET x HTTP/1.1\r\nHost: x\r\n\r\n"),
        (400, "GET /x#y HTTP/1.1\r\nHost: x\r\n\r\n"),
        (400, "GET /ü HTTP/1.1\r\nHost: x\r\n\r\n"),
        (400, "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"),
        (400, "GET * HTTP/1.1\r\nHost: x\r\n\r\n"),
        (400, "CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n"),
        (400, "GET http://u:p@x/ HTTP/1.1\r\nHost: x\r\n\r\n"),
        (400, "\x16\x03\x01\x02\x00\x01\x00\x01\u{fc}\x03\x03"),
        (400, "{\"name\":\"MyBot\"}"),
        // line ends and characters
        (400, "GET / HTTP/1.1\nHost: x\n\n"),
        (400, "GET / HTTP/1.1\r\nHost: x\r\nA: b\n\r\n"),
        (400, "GET / HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n"),
        (400, "GET / HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n"),
        (400, "GET / HTTP/1.1\r\nHost: x\r\nA: ü\r\n\r\n"),
        (400, "GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n"),
        (400, "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n folded\r\n\r\n"),
        // sizes
        (414, &format!("GET /{long}")),
        (431, &format!("GET / HTTP/1.1\r\nHost: x\r\nA: {long}")),
        (431, &format!("GET / HTTP/1.1\r\nHost: x\r\n{many}\r\n")),
        // chunks
        (400, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfive\r\nhello\r\n0\r\n\r\n"),
        (400, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloo\r\n0\r\n\r\n"),
        (400, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\n0\n\n"),
        (413, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n40001\r\n"),
        (413, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n"),
    ] {
        // What comes behind must not be taken for a request of its own.
        let got = exchange(door.addr, format!("{request}{HIDDEN}"));
        assert_eq!(statuses(&got), [expected], "{request:?} gave {got}");
        assert!(got.contains("\r\nConnection: close\r\n"), "{got}");
        let has_size = got.contains("\"the body must be at most 262144 bytes, ");
        assert!(has_size == (expected == 413), "{got}");
        let length = request.split_once("Content-Length: 262145");
        assert!(length.is_none() || got.contains("bytes, not 262145\""), "{got}");
        assert!(got.contains("{\"ok\":false,\"error\":\"") && got.contains(&format!("\"{expected}\"")), "{got}");
    }
    door.must_be_well();
}

#[test]
fn many_requests_use_one_connection() {
    let door = Door::open();
    let requests = "\r\nGET /a?b=%20+c HTTP/1.1\r\nHost: x\r\nX-Peer: 6.6.6.6\r\nX-Ticket: 1\r\nKeep-Alive: 5\r\n\r\n\
         POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello\
         POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nT: v\r\n\r\n\
         DELETE http://other/d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let expected = [
        "GET /a b=%20+c 127.0.0.1\nhost=x\n0 bytes\n",
        "POST /b  127.0.0.1\nhost=x\n5 bytes\nhello",
        "POST /c  127.0.0.1\nhost=x\n5 bytes\nhello",
        "DELETE /d  127.0.0.1\nhost=other\n0 bytes\n",
    ];
    let check = |got: &str| {
        let bodies: Vec<&str> =
            got.split("HTTP/1.1 200 OK\r\n").skip(1).map(|a| a.split_once("\r\n\r\n").unwrap().1).collect();
        assert_eq!(bodies, expected);
    };
    check(&exchange(door.addr, requests));
    // The same byte by byte, so that every cut is met.
    let mut stream = connect(door.addr);
    stream.set_nodelay(true).unwrap();
    for byte in requests.bytes() {
        stream.write_all(&[byte]).unwrap();
    }
    check(&rest(&mut stream));
}

#[test]
fn bodies_up_to_the_limit() {
    let door = Door::open();
    let post = |path: &str, size: usize| {
        let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {size}\r\n\r\n");
        exchange(door.addr, [head.into_bytes(), vec![b'x'; size]].concat())
    };
    for (path, size, expected) in [
        ("/echo", 256 * 1024, 200),
        ("/echo", 256 * 1024 + 1, 413),
        ("/echo", 10_000_000, 413),
        ("/create", 1536 * 1024, 200),
        ("/create", 1536 * 1024 + 1, 413),
        ("/create", 10_000_000, 413),
    ] {
        let got = post(path, size);
        assert_eq!(statuses(&got), [expected], "{path} {size}: {got}");
        assert!(expected == 413 || got.contains(&format!("\n{size} bytes\n")), "{got}");
    }
    let mut chunked = b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..100 {
        chunked.extend_from_slice(b"2710\r\n");
        chunked.extend_from_slice(&[b'x'; 10_000]);
        chunked.extend_from_slice(b"\r\n");
    }
    assert_eq!(statuses(&exchange(door.addr, chunked)), [413]);
    door.must_be_well();
}

#[test]
fn large_bodies_share_a_budget_that_comes_back() {
    let door = Door::open();
    let half =
        "POST /create HTTP/1.1\r\nHost: x\r\nContent-Length: 1500000\r\n\r\n".to_string() + &"x".repeat(1_400_000);
    let many = limits::LARGE_BODIES_BYTES_MAX.div_ceil(1_400_000);
    let greedy: Vec<TcpStream> = (0..many)
        .map(|_| {
            let mut stream = connect(door.addr);
            stream.write_all(half.as_bytes()).unwrap();
            stream
        })
        .collect();
    thread::sleep(Duration::from_millis(200));
    assert_eq!(status(&exchange(door.addr, &half)), 503);
    // An ordinary call is not kept out by them.
    let small = "POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 16000\r\n\r\n".to_string();
    assert_eq!(status(&exchange(door.addr, small + &"x".repeat(16_000))), 200);
    drop(greedy);
    thread::sleep(Duration::from_millis(200));
    let whole = half.replace("Host", "Connection: close\r\nHost") + &"x".repeat(100_000);
    assert_eq!(status(&exchange(door.addr, whole)), 200);
}

#[test]
fn a_client_may_wait_for_100_continue() {
    let door = Door::open();
    let head = "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\n";
    let mut stream = connect(door.addr);
    stream.write_all(format!("{head}Content-Length: 5\r\n\r\n").as_bytes()).unwrap();
    assert_eq!(answer(&mut stream), "HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"hello").unwrap();
    assert!(answer(&mut stream).ends_with("\nhello"));
    // A body that is refused is not asked for.
    assert_eq!(statuses(&exchange(door.addr, format!("{head}Content-Length: 300000\r\n\r\n"))), [413]);
    // Nor is one that is here already.
    assert_eq!(statuses(&exchange(door.addr, format!("{head}Content-Length: 5\r\n\r\nhello"))), [200]);
}

#[test]
fn every_step_has_a_deadline() {
    let door = Door::with(impatient(), None);
    for (sent, expected) in [
        ("", &[][..]),
        ("GET / HT", &[408]),
        ("GET / HTTP/1.1\r\nHost: x\r\n", &[408]),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhell", &[408]),
        ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhell", &[408]),
        // A connection that served well is closed without a word.
        ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", &[200]),
        ("GET / HTTP/1.1\r\nHost: x\r\n\r\nGET", &[200, 408]),
    ] {
        let got = exchange(door.addr, sent);
        assert_eq!(statuses(&got), expected, "{sent:?} gave {got}");
        assert!(!got.contains('['), "{sent:?} gave {got}");
    }
}
