//! Answers that come piece by piece.

use std::io::{Read, Write};
use std::time::Duration;

use botmother::http::front::Limits;

use crate::client::{connect, exchange, rest};
use crate::door::{Door, impatient};

#[test]
fn pieces_come_in_chunks_and_the_connection_stays() {
    let door = Door::open();
    let got = exchange(
        door.addr,
        "GET /flow?2 HTTP/1.1\r\nHost: x\r\n\r\nGET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    );
    let (head, rest) = got.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("Transfer-Encoding: chunked") && !head.contains("Content-Length"), "{got}");
    assert!(rest.starts_with("8\r\npiece 2;\r\n8\r\npiece 1;\r\n0\r\n\r\nHTTP/1.1 200 OK"), "{got}");
    // Whoever does not know chunks reads to the end of the connection.
    let got = exchange(door.addr, "GET /flow?2 HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n");
    assert!(got.contains("Connection: close\r\n") && !got.contains("chunked"), "{got}");
    assert!(got.ends_with("\r\n\r\npiece 2;piece 1;"), "{got}");
    door.await_waiting(0);
    door.must_be_well();
}

#[test]
fn silence_is_filled_and_a_whole_answer_bounded() {
    let door = Door::with(impatient(), None);
    let got = exchange(door.addr, "GET /flow/slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert!(got.ends_with("1\r\n:\r\n1\r\n:\r\n1\r\n:\r\n8\r\npiece 1;\r\n0\r\n\r\n"), "{got}");
    let got = exchange(door.addr, "GET /flow/panic HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(got.ends_with("\r\n\r\n"), "the end is missing, so the client knows: {got}");
    let door = Door::with(Limits { flow: Duration::from_millis(300), ..impatient() }, None);
    let got = exchange(door.addr, "GET /flow/slow HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(got.ends_with("1\r\n:\r\n") && !got.contains("piece"), "{got}");
    // Only what waits for a person may go on.
    let got = exchange(door.addr, "GET /flow/long HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert!(got.ends_with("8\r\npiece 1;\r\n0\r\n\r\n"), "{got}");
}

#[test]
fn who_goes_away_or_does_not_read_ends_it() {
    let door = Door::with(impatient(), None);
    let mut gone = connect(door.addr);
    gone.write_all(b"GET /flow HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    door.await_waiting(1);
    drop(gone);
    door.await_waiting(0);
    // Does not read: what fits into the sockets' buffers comes, no more.
    let mut lazy = connect(door.addr);
    lazy.write_all(b"GET /flow HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    door.await_waiting(1);
    // Meanwhile another one is served, and reads at its own pace.
    let mut other = connect(door.addr);
    other.write_all(b"GET /flow?30 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    other.read_exact(&mut [0; 64]).unwrap();
    assert!(rest(&mut other).ends_with("piece 1;\r\n0\r\n\r\n"));
    door.await_waiting(0);
    door.must_be_well();
}
