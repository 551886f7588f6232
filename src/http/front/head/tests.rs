//! Heads that pass, and heads that do not.

use super::*;

fn read(text: &str) -> Result<Head, Refusal> {
    let end = find_end(text.as_bytes(), 0)?.expect("the head is complete");
    parse(&text.as_bytes()[..end], IpAddr::from([127, 0, 0, 1]))
}

#[test]
fn what_is_about_the_connection_ends_here() {
    let head = read(
        "POST /a/b?c=d&e HTTP/1.1\r\nHost: x:1\r\nX-Peer: 127.0.0.1\r\nx-TICKET: 7\r\nConnection: Keep-Alive, TE\r\n\
         Authorization:  Bearer x \r\nTE: trailers\r\nKeep-Alive: 5\r\nUpgrade: h2c\r\nContent-Length: 12\r\n\
         Expect: 100-Continue\r\n\r\n",
    )
    .unwrap();
    let request = head.request;
    assert_eq!((&*request.method, request.path.as_str(), request.query.as_str()), ("POST", "/a/b", "c=d&e"));
    let headers: Vec<_> = request.headers.iter().collect();
    assert_eq!(headers, [("host", "x:1"), ("authorization", "Bearer x")]);
    assert_eq!((head.framing, head.connection), (Framing::Length(12), Connection::Kept));
    assert!(head.expects_continue && !head.is_head);
}

#[test]
fn the_target_may_be_absolute() {
    let head = read("HEAD http://Other:80/x HTTP/1.1\r\nHost: x\r\nA: b\r\n\r\n").unwrap();
    let headers: Vec<_> = head.request.headers.iter().collect();
    assert_eq!((&*head.request.method, head.request.path.as_str()), ("GET", "/x"));
    assert_eq!(headers, [("host", "Other:80"), ("a", "b")]);
    assert!(head.is_head);
}

#[test]
fn who_keeps_the_connection() {
    for (version, header, expected) in [
        ("1.1", "", Connection::Kept),
        ("1.1", "Connection: CLOSE\r\n", Connection::Closed),
        ("1.1", "Connection: keep-alive\r\nConnection: x, close\r\n", Connection::Closed),
        ("1.0", "", Connection::Closed),
        ("1.0", "Connection: Keep-Alive\r\n", Connection::KeptAloud),
        ("1.0", "Connection: keep-alive, close\r\n", Connection::Closed),
    ] {
        let head = read(&format!("GET / HTTP/{version}\r\nHost: x\r\n{header}\r\n")).unwrap();
        assert_eq!(head.connection, expected, "{version} {header}");
    }
}

#[test]
fn an_expectation_of_http_1_0_is_ignored() {
    let head = read("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n").unwrap();
    assert!(!head.expects_continue);
}

#[test]
fn any_bytes_are_judged_without_a_panic() {
    let good = b"POST http://a/b HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n";
    for at in 0..good.len() {
        for byte in [0, b'\n', b'\r', b' ', b':', b'/', 0x7f, 0x80, 0xff] {
            let mut bytes = good.to_vec();
            bytes[at] = byte;
            if let Ok(Some(end)) = find_end(&bytes, 0) {
                let _ = parse(&bytes[..end], IpAddr::from([127, 0, 0, 1]));
            }
        }
    }
}
