//! Calls to other services over real sockets: services that are slow, broken, hostile or elsewhere than they say.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

#[allow(dead_code, unreachable_pub, missing_docs)]
#[path = "support/stub.rs"]
mod stub;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::ops::ControlFlow;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use botmother::base::call::{HttpAnswer, HttpCall, Part, Pieces, Reach, Trust};
use botmother::base::secret::Secret;
use botmother::work::{self, Cancel, Error};
use stub::{Stub, answer, hang, read_head};

const SHORT: Duration = Duration::from_millis(400);
/// Far more than [`SHORT`], as a busy machine may stand still for a second; far less than what would be without a bound.
const SOON: Duration = Duration::from_secs(6);
/// Between two bytes of a slow service.
const PACE: Duration = Duration::from_millis(50);

fn get(url: impl Into<String>) -> HttpCall {
    HttpCall { timeout: Duration::from_secs(20), ..HttpCall::new("GET", url) }
}

/// A file of this test's own which does not exist yet.
fn fresh(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("calls-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join(name);
    let _ = fs::remove_file(&file);
    file
}

/// The lines of an answer that is heard while it comes.
fn lines(call: &HttpCall) -> Result<(HttpAnswer, Vec<String>), Error> {
    let mut lines = Vec::new();
    let found = work::stream(call, Pieces::Lines, &Cancel::default(), &mut |line| {
        lines.push(String::from_utf8_lossy(line).into_owned());
        ControlFlow::Continue(())
    });
    found.map(|found| (found, lines))
}

/// What goes wrong, whether the answer is read as a whole or heard.
#[track_caller]
fn fails(call: &HttpCall) -> Error {
    let error = work::call(call).unwrap_err();
    let heard = lines(call).unwrap_err();
    assert_eq!(std::mem::discriminant(&error), std::mem::discriminant(&heard), "{error:?} {heard:?}");
    if !matches!(error, Error::NotHttp(_)) {
        assert_eq!(error, heard);
    }
    error
}

#[track_caller]
fn fails_within(call: &HttpCall, limit: Duration, is_right: fn(&Error) -> bool) {
    let start = Instant::now();
    let error = fails(call);
    assert!(is_right(&error), "{error:?}");
    assert!(start.elapsed() < limit * 2, "{:?}", start.elapsed());
}

#[test]
fn every_status_is_an_answer_and_long_bodies_are_cut() {
    let stub = Stub::fixed(answer("404 Not Found", "X-Why: ü\r\nRetry-After: 7\r\n", "123456789"));
    let mut call = get(stub.url("/x?y=1")).secret_header("Authorization", Secret::new("Bearer x"));
    call.answer_bytes_max = 5;
    let found = work::call(&call).unwrap();
    assert_eq!((found.status, found.body.as_slice(), found.is_cut), (404, &b"12345"[..], true));
    assert_eq!((found.retry_after(), found.header("x-why")), (Some(Duration::from_secs(7)), None));
    call.answer_bytes_max = 9;
    let found = work::call(&call).unwrap();
    assert_eq!((found.body.as_slice(), found.is_cut), (&b"123456789"[..], false));
    let head = stub.requests.lock().unwrap()[0].to_lowercase();
    assert!(head.starts_with("get /x?y=1 http/1.1\r\n") && head.contains("user-agent: botmother/"), "{head}");
    assert!(head.contains("authorization: bearer x\r\n") && !head.contains("accept-encoding"), "{head}");
}

#[test]
fn bodies_are_sent_with_their_length() {
    let stub = Stub::fixed(answer("200 OK", "", "{}"));
    work::call(&HttpCall::new("POST", stub.url("/")).json("{\"a\":\"ü\"}".into())).unwrap();
    work::call(&HttpCall::new("POST", stub.url("/"))).unwrap();
    let file = fresh("middle");
    fs::write(&file, "in the middle").unwrap();
    let mut call = HttpCall::new("PUT", stub.url("/"));
    let part = Part::File { path: file.clone(), bytes: 13 };
    call.body = vec![Part::Bytes(b"<".to_vec()), part, Part::Bytes(b">".to_vec())];
    work::call(&call).unwrap();
    let requests = stub.requests.lock().unwrap().clone();
    assert!(requests[0].contains("ength: 10\r\n") && requests[0].ends_with("{\"a\":\"ü\"}"), "{}", requests[0]);
    assert!(requests[1].to_lowercase().contains("content-length: 0\r\n"), "{}", requests[1]);
    assert!(requests[2].contains("ength: 15\r\n") && requests[2].ends_with("<in the middle>"), "{}", requests[2]);
    fs::write(&file, "changed since").unwrap();
    fs::OpenOptions::new().append(true).open(&file).unwrap().write_all(b"!").unwrap();
    assert!(matches!(work::call(&call), Err(Error::File(_))));
}

/// A file of each size goes to a service encrypted, and comes back as it was; altered, nothing of it is left.
#[test]
fn encrypted_files_there_and_back() {
    let kept: Arc<Mutex<Vec<u8>>> = Arc::default();
    let there = kept.clone();
    let stub = Stub::raw(move |socket, _| {
        let head = read_head(socket).unwrap();
        let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let mut answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_vec();
        match length {
            Some(length) => {
                let mut body = vec![0; length];
                socket.read_exact(&mut body).unwrap();
                *there.lock().unwrap() = body;
            }
            None => answer.extend(&*there.lock().unwrap()),
        }
        let _ = socket.write_all(&answer);
    });
    let key = Secret::new("00".repeat(12) + &"07".repeat(32));
    let (plain, back) = (fresh("plain"), fresh("back"));
    for size in [0, 1, 16, 100_000] {
        let content: Vec<u8> = (0..size).map(|place: u32| (place * 7) as u8).collect();
        fs::write(&plain, &content).unwrap();
        let mut put = HttpCall::new("PUT", stub.url("/slot"));
        put.body = vec![Part::Sealed { path: plain.clone(), bytes: size.into(), key: key.clone() }];
        assert_eq!(put.body_bytes(), u64::from(size) + 16);
        work::call(&put).unwrap();
        let sealed = kept.lock().unwrap().clone();
        assert!(sealed.len() == content.len() + 16 && (size < 16 || !sealed.starts_with(&content)));

        let mut fetch = get(stub.url("/file"));
        (fetch.save_to, fetch.open_with) = (Some(back.clone()), Some(key.clone()));
        fetch.answer_bytes_max = u64::from(size) + 16;
        assert_eq!(work::call(&fetch).unwrap().body_bytes, u64::from(size));
        assert!(fs::read(&back).unwrap() == content);
        fs::remove_file(&back).unwrap();

        let altered = |call: &HttpCall| {
            let error = work::call(call).unwrap_err();
            assert!(error == Error::Altered && !back.exists(), "{error:?}");
        };
        kept.lock().unwrap()[0] ^= 1;
        altered(&fetch);
        *kept.lock().unwrap() = sealed[..sealed.len() - 1].to_vec();
        altered(&fetch);
        *kept.lock().unwrap() = sealed;
        fetch.open_with = Some(Secret::new("00".repeat(12) + &"08".repeat(32)));
        altered(&fetch);
        fetch.open_with = Some(Secret::new("07"));
        assert!(matches!(work::call(&fetch), Err(Error::Invalid(_))) && !back.exists());
    }
}

#[test]
fn chunked_and_close_delimited_bodies_are_whole() {
    let chunked =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: 1\r\n\r\n";
    for text in [chunked, "HTTP/1.1 200 OK\r\n\r\nabcde", "HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nabcde"] {
        let found = work::call(&get(Stub::fixed(text).url("/"))).unwrap();
        assert_eq!(found.body, b"abcde", "{text}");
    }
    // Nobody asked for it, so it stays as it is.
    let packed = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\u{1f}xy";
    assert_eq!(work::call(&get(Stub::fixed(packed).url("/"))).unwrap().body, b"\x1fxy");
}

#[test]
fn who_is_silent_or_slow_is_given_up_in_time() {
    let silent = Stub::new(|socket, _| hang(socket));
    let slow_head = Stub::new(|socket, _| {
        for byte in "HTTP/1.1 200 OK\r\nX: yyyyyyyyyyyyyyyyyyyyyyyyyy\r\n\r\n".bytes() {
            if socket.write_all(&[byte]).is_err() {
                return;
            }
            thread::sleep(PACE);
        }
    });
    let slow_body = Stub::new(|socket, _| {
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
        while socket.write_all(b"x").is_ok() {
            thread::sleep(PACE);
        }
    });
    for stub in [&silent, &slow_head, &slow_body] {
        let call = HttpCall { timeout: SHORT, ..get(stub.url("/")) };
        fails_within(&call, SOON, |error| *error == Error::Timeout);
    }
    // Silence ends it long before the time is over; slow bytes do not count as silence.
    let call = HttpCall { silence_max: Some(SHORT), ..get(silent.url("/")) };
    fails_within(&call, SOON, |error| *error == Error::Timeout);
    let call = HttpCall { silence_max: Some(PACE * 30), ..get(slow_head.url("/")) };
    assert_eq!(work::call(&call).map(|found| found.status), Ok(200));
}

#[test]
fn who_takes_a_body_byte_by_byte_is_given_up_in_time() {
    let stub = Stub::raw(|socket, _| {
        while matches!(socket.read(&mut [0; 64 * 1024]), Ok(count) if count > 0) {
            thread::sleep(Duration::from_millis(50));
        }
    });
    let mut call = HttpCall { timeout: SHORT, ..HttpCall::new("POST", stub.url("/")) };
    call.body = vec![Part::Bytes(vec![b'x'; 40 << 20])];
    fails_within(&call, SOON, |error| *error == Error::Timeout);
}

#[test]
fn broken_answers_are_told_apart() {
    let unreachable: fn(&Error) -> bool = |error| matches!(error, Error::Unreachable(_));
    let not_http: fn(&Error) -> bool = |error| matches!(error, Error::NotHttp(_));
    let long = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "y".repeat(40_000));
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: y\r\n".repeat(2_000));
    let cases = [
        ("", unreachable),
        ("HTTP/1.1 200 OK\r\nContent-", unreachable),
        ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", unreachable),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", unreachable),
        ("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n\r\n", not_http),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab", not_http),
        (&long, not_http),
        (&many, not_http),
    ];
    for (text, is_right) in cases {
        let call = get(Stub::fixed(text).url("/secret?secret"));
        fails_within(&call, SOON, is_right);
    }
}

#[test]
fn an_early_answer_is_read_though_the_body_was_not_taken() {
    let stub = Stub::raw(|socket, _| {
        read_head(socket);
        let _ = socket.write_all(answer("413 Content Too Large", "", "at most 1 MB").as_bytes());
    });
    let mut call = HttpCall::new("PUT", stub.url("/"));
    call.body = vec![Part::Bytes(vec![b'x'; 8 << 20])];
    let found = work::call(&call).unwrap();
    assert_eq!((found.status, found.body), (413, b"at most 1 MB".to_vec()));
}

#[test]
fn large_answers_are_cut_or_refused() {
    let stub = Stub::new(|socket, _| {
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 52428800\r\n\r\n");
        while socket.write_all(&[b'x'; 65536]).is_ok() {}
    });
    let found = work::call(&get(stub.url("/"))).unwrap();
    // Only what an error may say is worth its memory.
    assert_eq!((found.is_cut, found.body_bytes, found.body.len()), (true, 1024 * 1024, 16 * 1024));
    let file = fresh("large");
    let call = HttpCall { save_to: Some(file.clone()), ..get(stub.url("/")) };
    assert_eq!(work::call(&call).unwrap_err(), Error::TooLarge);
    let unannounced = Stub::new(|socket, _| {
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while socket.write_all(&[b'x'; 65536]).is_ok() {}
    });
    let call = HttpCall { save_to: Some(file.clone()), ..get(unannounced.url("/")) };
    assert_eq!(work::call(&call).unwrap_err(), Error::TooLarge);
    assert!(!file.exists());
}

#[test]
fn files_are_saved_whole_for_us_alone_or_not_at_all() {
    let file = fresh("saved");
    let save = |stub: &Stub| work::call(&HttpCall { save_to: Some(file.clone()), ..get(stub.url("/")) });
    let whole = Stub::fixed(answer("200 OK", "", "a\r\n\0\u{ff}"));
    let found = save(&whole).unwrap();
    assert_eq!((found.body_bytes, found.body.len()), (6, 0));
    assert_eq!(fs::read(&file).unwrap(), "a\r\n\0\u{ff}".as_bytes());
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    // What is there is never written over.
    assert!(matches!(save(&whole), Err(Error::File(_))));
    assert_eq!(fs::metadata(&file).unwrap().len(), 6);
    fs::remove_file(&file).unwrap();
    let torn = Stub::fixed("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    assert!(matches!(save(&torn), Err(Error::Unreachable(_))));
    assert!(!file.exists());
    let gone = Stub::fixed(answer("404 Not Found", "", "expired"));
    let found = save(&gone).unwrap();
    assert_eq!((found.status, found.body.as_slice()), (404, &b"expired"[..]));
    assert!(!file.exists());
}

#[test]
fn redirects_are_followed_only_when_allowed() {
    let stub = Stub::new(|socket, request| {
        let text = match request.split(' ').nth(1).unwrap() {
            "/there" => answer("200 OK", "", "here"),
            "/round" => answer("302 Found", "Location: /round\r\n", ""),
            _ => answer("302 Found", "Location: there\r\n", ""),
        };
        let _ = socket.write_all(text.as_bytes());
    });
    assert_eq!(work::call(&get(stub.url("/"))).unwrap().status, 302);
    let follow = |path: &str| work::call(&HttpCall { redirects_max: 3, ..get(stub.url(path)) });
    assert_eq!(follow("/").map(|found| (found.status, found.body)), Ok((200, b"here".to_vec())));
    assert_eq!(follow("/round").map(|found| found.status), Ok(302));
    let secret = get(stub.url("/")).secret_header("X-Key", Secret::new("x"));
    assert!(matches!(work::call(&HttpCall { redirects_max: 1, ..secret }), Err(Error::Invalid(_))));
}

#[test]
fn public_only_means_every_way_to_write_a_private_address() {
    let stub = Stub::fixed(answer("200 OK", "", ""));
    let port = stub.address.port();
    assert_eq!(work::call(&get(format!("http://localhost:{port}/"))).map(|found| found.status), Ok(200));
    let before = stub.count();
    for host in [
        "localhost",
        "LOCALHOST",
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "0",
        "0.0.0.0",
        "[::1]",
        "[::]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::ffff:10.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fd00::1]",
        "10.0.0.1",
        "169.254.169.254",
        "192.168.1.1",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
    ] {
        let mut call = HttpCall { reach: Reach::PublicOnly, ..get(format!("http://{host}:{port}/")) };
        call.connect_timeout = SHORT;
        assert_eq!(fails(&call), Error::NotPublic, "{host}");
    }
    assert_eq!(stub.count(), before);
    let mut call = HttpCall { reach: Reach::PublicOnly, ..get(stub.url("/")) };
    call.proxy = Some(Secret::new(stub.url("")));
    assert!(matches!(fails(&call), Error::Invalid(_)));
}

#[test]
fn wrong_calls_are_refused_and_not_repeated() {
    let secrets = ["http://user:secret@127.0.0.1:9/", "http://127.0.0.1:9/ secret", "secret", "ftp://127.0.0.1/secret"];
    let more = [
        "http:///secret",
        "http://127.0.0.1:99999/secret",
        "http://127.0.0.1:/secret",
        "http://[::1]:0/secret",
        "https://b\u{fc}cher.example/secret",
        "",
    ];
    for url in secrets.into_iter().chain(more) {
        let error = fails(&get(url));
        assert!(matches!(error, Error::Invalid(_)), "{url}: {error:?}");
        assert!(!format!("{error} {error:?}").contains("secret"), "{error}");
    }
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_eq!(fails(&get(format!("http://{free}/"))), Error::Refused);
    let nowhere = fails(&get("http://nothing.invalid/"));
    assert!(matches!(nowhere, Error::Unreachable(_) | Error::Timeout), "{nowhere:?}");
    let header = get("http://127.0.0.1:9/").secret_header("X-Key", Secret::new("secret\r\nX: y"));
    let error = fails(&header);
    assert!(matches!(&error, Error::Invalid(why) if why.contains("X-Key") && !why.contains("secret")), "{error}");
    let header = get("http://127.0.0.1:9/").header("X-Key", "secret\n");
    assert!(matches!(fails(&header), Error::Invalid(why) if !why.contains("secret")));
    for far in ["http://10.0.0.1/", "http://localhost.example.org/", "http://127.0.0.1:80@example.org/", "x"] {
        assert!(matches!(work::call_loopback(&get(far)), Err(Error::Invalid(_))), "{far}");
    }
}

#[test]
fn lines_come_while_the_answer_is_under_way() {
    let stub = Stub::new(|socket, _| {
        socket.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\ndata: 1\n\r\n9\r\n\nda").unwrap();
        thread::sleep(SHORT * 3);
        socket.write_all(b"ta: 2\n\r\n0\r\n\r\n").unwrap();
    });
    let start = Instant::now();
    let mut lines = Vec::new();
    let found = work::stream(&get(stub.url("/")), Pieces::Lines, &Cancel::default(), &mut |line| {
        lines.push((String::from_utf8_lossy(line).into_owned(), start.elapsed()));
        ControlFlow::Continue(())
    });
    assert_eq!(found.map(|found| (found.status, found.body_bytes)), Ok((200, 17)));
    assert_eq!(lines.iter().map(|(line, _)| line.as_str()).collect::<Vec<_>>(), ["data: 1", "", "data: 2"]);
    assert!(lines[2].1 - lines[0].1 > SHORT, "{lines:?}");
    // An error is no stream.
    let stub = Stub::fixed(answer("401 Unauthorized", "", "no\nkey"));
    let found = work::stream(&get(stub.url("/")), Pieces::Lines, &Cancel::default(), &mut |_| panic!("no piece"));
    assert_eq!(found.map(|found| found.body), Ok(b"no\nkey".to_vec()));
}

/// Chunks, a length, the end of the connection: cut anywhere, the lines are the same.
#[test]
fn lines_are_the_same_wherever_the_answer_is_cut() {
    let head = "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nX: y\r\n";
    let chunks = "Transfer-Encoding: chunked\r\n\r\n8;x=y\r\ndata: \u{fc}\r\n4\r\n\r\n\r\n\r\n0a\r\ndata: last\r\n0\r\nT: 1\r\n\r\n";
    let body = "data: \u{fc}\r\n\r\ndata: last";
    let plain = format!("Content-Length: {}\r\n\r\n{body}and what is none of it", body.len());
    for (answer, rest) in [(chunks, "more"), (&plain, ""), (&format!("\r\n{body}"), "")] {
        let text = format!("{head}{answer}{rest}");
        let size = text.len();
        let cut = std::sync::atomic::AtomicUsize::new(1);
        let stub = Stub::new(move |socket, request| {
            assert!(request.starts_with("GET /?q HTTP/1.1\r\n"), "{request}");
            socket.set_nodelay(true).unwrap();
            let (first, second) = text.as_bytes().split_at(cut.fetch_add(1, std::sync::atomic::Ordering::SeqCst));
            socket.write_all(first).unwrap();
            thread::sleep(Duration::from_millis(2));
            let _ = socket.write_all(second);
        });
        for at in 1..size {
            let found = lines(&get(stub.url("?q"))).map(|(found, lines)| (found.status, lines));
            assert_eq!(found, Ok((200, vec!["data: \u{fc}".into(), "".into(), "data: last".into()])), "{at}");
        }
    }
}

#[test]
fn a_streamed_answer_has_bounds_and_what_is_none_is_given_back() {
    let endless = |piece: &'static [u8]| {
        Stub::new(move |socket, _| {
            let _ = socket.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            while socket.write_all(b"2000\r\n").is_ok() && socket.write_all(&piece.repeat(8192)).is_ok() {
                let _ = socket.write_all(b"\r\n");
            }
        })
    };
    let start = Instant::now();
    assert_eq!(lines(&get(endless(b"x").url("/"))).unwrap_err(), Error::TooLarge, "one endless line");
    assert_eq!(lines(&get(endless(b"\n").url("/"))).unwrap_err(), Error::TooLarge, "endless lines");
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
    let call = HttpCall { answer_bytes_max: 3, ..get(Stub::fixed(answer("200 OK", "", "1234")).url("/")) };
    assert_eq!(lines(&call).unwrap_err(), Error::TooLarge, "as announced");
    let long = Stub::fixed(answer("429 Too Many Requests", "Retry-After: 7\r\nX-Why: \u{fc}\r\n", &"y".repeat(40_000)));
    let (found, heard) = lines(&get(long.url("/"))).unwrap();
    assert_eq!((found.status, found.body.len(), found.is_cut, heard.len()), (429, 16 * 1024, true, 0));
    assert_eq!((found.retry_after(), found.header("x-why")), (Some(Duration::from_secs(7)), None));
    assert!(found.header("date").is_some());
    let moved = Stub::fixed(answer("302 Found", "Location: /there\r\n", ""));
    assert_eq!(lines(&get(moved.url("/"))).map(|(found, _)| found.status), Ok(302));
    assert_eq!(moved.count(), 1);
    let request = moved.requests.lock().unwrap()[0].to_lowercase();
    assert!(request.contains("user-agent: botmother/") && request.contains(&format!("host: {}\r\n", moved.address)));
}

#[test]
fn a_stream_over_tls_is_whole_or_broken() {
    let says = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
    let whole = format!("{says}8\r\ndata: 1\n\r\n9\r\n\ndata: 2\n\r\n0\r\n\r\n");
    let (stub, ca) = tls_stub("localhost", whole);
    let trust = Trust { ca_file: Some(ca), ..Trust::default() };
    let url = |stub: &Stub| format!("https://localhost:{}/", stub.address.port());
    for _ in 0..3 {
        let found = lines(&HttpCall { trust: trust.clone(), ..get(url(&stub)) });
        assert_eq!(found.map(|(_, lines)| lines), Ok(vec!["data: 1".into(), String::new(), "data: 2".into()]));
    }
    // Some do not say the end of TLS: it is one only where nothing else says where the answer ends.
    let cut = |head: &str| {
        let (cut, ca) = tls_stub("localhost", format!("HTTP/1.1 200 OK\r\nX-Cut: 1\r\n{head}\r\ndata: 1\n"));
        let call = HttpCall { trust: Trust { ca_file: Some(ca), ..Trust::default() }, ..get(url(&cut)) };
        assert_eq!(work::call(&call).map(|found| found.status), lines(&call).map(|(found, _)| found.status), "{head}");
        lines(&call).map(|(_, lines)| lines)
    };
    assert_eq!(cut(""), Ok(vec!["data: 1".to_string()]));
    let early = |found| matches!(found, Err(Error::Unreachable(why)) if why.contains("before the answer was complete"));
    assert!(early(cut("Content-Length: 20\r\n")) && early(cut("Transfer-Encoding: chunked\r\n\r\n20\r\n")));
}

#[test]
fn a_stream_waits_for_its_taker_and_ends_when_told() {
    let sent = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counter = sent.clone();
    let stub = Stub::new(move |socket, _| {
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while socket.write_all(&[b'x'; 65536]).is_ok() {
            counter.fetch_add(65536, std::sync::atomic::Ordering::SeqCst);
        }
    });
    let mut taken = 0;
    let call = HttpCall { answer_bytes_max: u64::MAX, ..get(stub.url("/")) };
    let found = work::stream(&call, Pieces::Chunks, &Cancel::default(), &mut |piece| {
        taken += piece.len();
        thread::sleep(Duration::from_millis(20));
        if taken > 200_000 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!(found.map(|found| found.status), Ok(200));
    // The kernel's buffers hold a few megabytes; without waiting it would be gigabytes.
    let sent = sent.load(std::sync::atomic::Ordering::SeqCst);
    assert!(sent < 32 << 20, "{sent}");
}

#[test]
fn a_call_ends_when_it_is_called_off() {
    let silent = Stub::new(|socket, _| hang(socket));
    let file = fresh("cancelled");
    let endless = Stub::new(|socket, _| {
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while socket.write_all(b"x").is_ok() {
            thread::sleep(Duration::from_millis(5));
        }
    });
    for (stub, save_to) in [(&silent, None), (&endless, Some(file.clone()))] {
        let cancel = Cancel::default();
        let other = cancel.clone();
        let thread = thread::spawn(move || {
            thread::sleep(SHORT);
            other.cancel();
        });
        let start = Instant::now();
        let call = HttpCall { save_to, ..get(stub.url("/")) };
        let mut never = |_: &[u8]| ControlFlow::Continue(());
        let found = match call.save_to {
            // A stream takes a handle; a file does through the pool (tests/work.rs), or like this.
            None => work::stream(&call, Pieces::Chunks, &cancel, &mut never).map(|found| found.status),
            Some(_) => work::stream(&call, Pieces::Lines, &cancel, &mut never).map(|found| found.status),
        };
        assert_eq!(found, Err(Error::Cancelled));
        assert!(start.elapsed() < SOON);
        thread.join().unwrap();
    }
    let cancel = Cancel::default();
    cancel.cancel();
    let found = work::stream(&get(silent.url("/")), Pieces::Chunks, &cancel, &mut |_| ControlFlow::Continue(()));
    assert_eq!(found.map(|found| found.status), Err(Error::Cancelled));
}

/// A TLS server that says the same to everybody (with `X-Cut` once, and then cuts the connection), and the file of the authority it was signed by.
fn tls_stub(name: &str, says: String) -> (Stub, PathBuf) {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut authority = rcgen::CertificateParams::new(vec![]).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca = authority.self_signed(&key).unwrap();
    let file = fresh(&format!("{name}-{}.pem", says.len()));
    fs::write(&file, ca.pem()).unwrap();
    let issuer = rcgen::Issuer::new(authority, key);
    let leaf_key = rcgen::KeyPair::generate().unwrap();
    let leaf = rcgen::CertificateParams::new(vec![name.to_string()]).unwrap().signed_by(&leaf_key, &issuer).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(leaf_key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let stub = Stub::raw(move |socket, _| {
        let connection = rustls::ServerConnection::new(config.clone()).unwrap();
        let mut stream = rustls::StreamOwned::new(connection, socket.try_clone().unwrap());
        while read_head(&mut stream).is_some() && stream.write_all(says.as_bytes()).is_ok() {
            if says.contains("Connection: close") {
                stream.conn.send_close_notify();
            }
            let _ = stream.flush();
            if says.contains("X-Cut:") {
                return;
            }
        }
    });
    (stub, file)
}

#[test]
fn a_tls_connection_serves_the_next_call_that_may_be_repeated() {
    let (stub, ca) = tls_stub("localhost", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_string());
    let url = format!("https://localhost:{}/", stub.address.port());
    let trust = Trust { ca_file: Some(ca), ..Trust::default() };
    let call = HttpCall { trust, is_repeatable: true, ..HttpCall::new("POST", url) };
    let (tell, hear) = channel();
    let tell = Mutex::new(tell);
    let work = work::Work::new(move |(), outcome: Result<HttpAnswer, Error>| drop(tell.lock().unwrap().send(outcome)));
    for _ in 0..4 {
        work.submit((), "x", call.clone()).unwrap();
        let outcome = hear.recv_timeout(Duration::from_secs(20)).unwrap();
        assert_eq!(outcome.map(|answer| answer.body), Ok(b"ok".to_vec()));
    }
    assert_eq!(stub.count(), 1);
    // Nobody else's trust is enough for it.
    work.submit((), "x", HttpCall { trust: Trust::default(), ..call }).unwrap();
    assert!(matches!(hear.recv_timeout(Duration::from_secs(20)).unwrap(), Err(Error::Tls(_))));
}

#[test]
fn certificates_are_verified() {
    let (stub, ca) = tls_stub("localhost", answer("200 OK", "", "secure"));
    let url = format!("https://localhost:{}/", stub.address.port());
    let trusting = HttpCall { trust: Trust { ca_file: Some(ca), ..Trust::default() }, ..get(url.clone()) };
    let body = |found: Result<HttpAnswer, Error>| found.map(|found| String::from_utf8(found.body).unwrap());
    for _ in 0..3 {
        assert_eq!(body(work::call(&trusting)), Ok("secure".into()));
    }
    let says = |call: &HttpCall, word: &str| {
        let error = fails(call);
        assert!(matches!(&error, Error::Tls(why) if why.contains(word)), "{error:?}");
    };
    says(&get(url), "nobody we trust");
    let address = format!("https://127.0.0.1:{}/", stub.address.port());
    says(&HttpCall { url: address.clone(), ..trusting.clone() }, "another name");
    assert_eq!(body(work::call_loopback(&get(address))), Ok("secure".into()));
    let plain = Stub::raw(|socket, _| {
        let _ = socket.read(&mut [0; 512]);
        let _ = socket.write_all(answer("400 Bad Request", "", "").as_bytes());
        hang(socket);
    });
    says(&get(plain.url("/").replace("http:", "https:")), "does not speak TLS");
    let missing = Trust { ca_file: Some("/nonexistent/ca.pem".into()), ..Trust::default() };
    assert!(matches!(fails(&HttpCall { trust: missing, ..trusting }), Error::Invalid(_)));
}

#[test]
fn no_redirect_leads_out_of_tls() {
    let plain = Stub::fixed(answer("200 OK", "", "seen by all"));
    let (stub, ca) = tls_stub("localhost", answer("302 Found", &format!("Location: {}\r\n", plain.url("/")), ""));
    let url = format!("https://localhost:{}/", stub.address.port());
    let call = HttpCall { trust: Trust { ca_file: Some(ca), ..Trust::default() }, redirects_max: 3, ..get(url) };
    assert!(matches!(work::call(&call), Err(Error::Invalid(why)) if why.contains("plain http")));
    assert_eq!(plain.count(), 0);
}

#[test]
fn a_silent_tls_server_is_given_up_in_time() {
    let stub = Stub::raw(|socket, _| hang(socket));
    let url = stub.url("/").replace("http:", "https:");
    let call = HttpCall { connect_timeout: SHORT, ..get(url.clone()) };
    fails_within(&call, SOON, |error| *error == Error::Timeout);
    let call = HttpCall { timeout: SHORT, ..get(url) };
    fails_within(&call, SOON, |error| *error == Error::Timeout);
}

#[test]
fn a_proxy_is_asked_to_connect() {
    let target = Stub::fixed(answer("200 OK", "", "through"));
    let proxy = Stub::new(|socket, request| {
        let place = request.split(' ').nth(1).unwrap().to_string();
        let _ = socket.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n");
        let mut far = std::net::TcpStream::connect(place).unwrap();
        far.write_all(read_head(socket).unwrap().as_bytes()).unwrap();
        let mut bytes = Vec::new();
        far.read_to_end(&mut bytes).unwrap();
        let _ = socket.write_all(&bytes);
    });
    let call =
        HttpCall { proxy: Some(Secret::new(format!("http://user:secret@{}", proxy.address))), ..get(target.url("/x")) };
    assert_eq!(work::call(&call).map(|found| found.body), Ok(b"through".to_vec()));
    assert_eq!(lines(&call).map(|(_, lines)| lines), Ok(vec!["through".to_string()]));
    let requests = proxy.requests.lock().unwrap().clone();
    assert!(requests[1].starts_with(&format!("CONNECT {} ", target.address)), "{requests:?}");
    assert!(requests[1].contains("Proxy-Authorization: Basic dXNlcjpzZWNyZXQ=\r\n"), "{requests:?}");
    let head = proxy.requests.lock().unwrap()[0].clone();
    assert!(head.starts_with(&format!("CONNECT {} ", target.address)), "{head}");
    assert!(head.contains("Proxy-Authorization: Basic dXNlcjpzZWNyZXQ=\r\n"), "{head}");
    let refusing = Stub::fixed("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
    let call = HttpCall { proxy: Some(Secret::new(refusing.url(""))), ..call };
    assert!(matches!(fails(&call), Error::Unreachable(why) if why.contains("proxy")));
    for wrong in ["socks5://127.0.0.1:9", "https://127.0.0.1:9", "127.0.0.1:9", "http://"] {
        let call = HttpCall { proxy: Some(Secret::new(wrong)), ..get(target.url("/")) };
        assert!(matches!(work::call(&call), Err(Error::Invalid(_))), "{wrong}");
    }
}
