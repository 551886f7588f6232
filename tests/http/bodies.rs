//! Large bodies: from whom they are taken, how slowly they may come, and that nobody takes the room of others.

use std::io::{Read, Write};
use std::thread;
use std::time::{Duration, Instant};

use botmother::base::limits;
use botmother::http::front::Limits;

use crate::client::{answer, connect, crowd, exchange, rest, status, statuses};
use crate::door::{Door, impatient};

/// The head of a large body behind some credentials, or none.
fn head(path: &str, token: &str, more: &str) -> String {
    let authorization = if token.is_empty() { String::new() } else { format!("Authorization: Bearer {token}\r\n") };
    format!("POST {path} HTTP/1.1\r\nHost: x\r\n{authorization}{more}\r\n")
}

fn sized(path: &str, token: &str, bytes: usize) -> String {
    head(path, token, &format!("Connection: close\r\nContent-Length: {bytes}\r\n"))
}

#[test]
fn strangers_are_refused_before_a_large_body_is_read() {
    let door = Door::open();
    // The head is enough; nobody waits for the body.
    for more in ["Content-Length: 200000\r\n", "Content-Length: 200000\r\nExpect: 100-continue\r\n"] {
        let mut stream = connect(door.addr);
        stream.write_all(head("/guarded", "", more).as_bytes()).unwrap();
        let begun = Instant::now();
        assert_eq!(statuses(&answer(&mut stream)), [401], "{more}");
        assert!(begun.elapsed() < Duration::from_secs(1));
    }
    // In chunks nobody knows how large it will be: it is large when so much has come, or when somebody waits to send.
    let mut stream = connect(door.addr);
    stream.write_all(head("/guarded", "", "Transfer-Encoding: chunked\r\n").as_bytes()).unwrap();
    stream.write_all(format!("ffff\r\n{}", "x".repeat(20_000)).as_bytes()).unwrap();
    assert_eq!(statuses(&answer(&mut stream)), [401]);
    let waiting = head("/guarded", "", "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n");
    assert_eq!(statuses(&exchange(door.addr, waiting)), [401]);
    // Who is known is asked for it, and small ones are for the face to judge.
    let mut stream = connect(door.addr);
    let known = head("/guarded", "a", "Content-Length: 20000\r\nExpect: 100-continue\r\nConnection: close\r\n");
    stream.write_all(known.as_bytes()).unwrap();
    assert_eq!(answer(&mut stream), "HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(&[b'x'; 20_000]).unwrap();
    assert!(answer(&mut stream).contains("20000 bytes"));
    assert_eq!(status(&exchange(door.addr, sized("/guarded", "", 1_000) + &"x".repeat(1_000))), 200);
}

#[test]
fn slow_strangers_hold_up_nobody() {
    let door = Door::open();
    let upload = sized("/file", "good", 1_000_000) + &"x".repeat(1_000_000);
    let large = crowd(door.addr, 40, (sized("/guarded", "", 200_000) + &"x".repeat(10_000)).as_bytes());
    // Small ones are read, slowly as they come, and share what there is for strangers.
    let small = crowd(door.addr, 600, (sized("/guarded", "", 16_000) + &"x".repeat(7_000)).as_bytes());
    let heads = crowd(door.addr, 600, format!("GET / HTTP/1.1\r\nHost: x\r\nA: {}", "x".repeat(7_000)).as_bytes());
    let asked = Instant::now();
    assert!(exchange(door.addr, &upload).contains("in a file 1000000 bytes"));
    assert!(exchange(door.addr, sized("/guarded", "good", 200_000) + &"x".repeat(200_000)).contains("200000 bytes"));
    door.must_be_well();
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
    drop((large, small, heads));
}

#[test]
fn one_with_many_slow_bodies_leaves_room_for_others() {
    let door = Door::open();
    for (path, size, sent) in [("/guarded", 250_000, 200_000), ("/file", 16_000_000, 4_000_000)] {
        let greedy = crowd(door.addr, 40, (sized(path, "greedy", size) + &"x".repeat(sent)).as_bytes());
        thread::sleep(Duration::from_millis(300));
        assert_eq!(status(&exchange(door.addr, sized(path, "greedy", size) + &"x".repeat(size))), 503, "{path}");
        for other in ["one", "two"] {
            let answer = exchange(door.addr, sized(path, other, 200_000) + &"x".repeat(200_000));
            assert!(answer.contains("200000 bytes"), "{path}: {answer}");
        }
        drop(greedy);
    }
}

#[test]
fn slow_bodies_are_cut_off_and_steady_ones_are_not() {
    let door = Door::with(Limits { body: Duration::from_millis(500), ..impatient() }, None);
    // A bad mobile network, for four times as long as the beginning may take.
    let mut steady = connect(door.addr);
    steady.write_all(sized("/guarded", "a", 100_000).as_bytes()).unwrap();
    for _ in 0..20 {
        steady.write_all(&[b'x'; 5_000]).unwrap();
        thread::sleep(Duration::from_millis(100));
    }
    assert!(rest(&mut steady).contains("100000 bytes"));
    let mut slow = connect(door.addr);
    slow.write_all(sized("/guarded", "a", 100_000).as_bytes()).unwrap();
    let begun = Instant::now();
    while slow.write_all(b"x").is_ok() && begun.elapsed() < Duration::from_secs(2) {
        thread::sleep(Duration::from_millis(100));
    }
    assert!(begun.elapsed() < Duration::from_secs(2), "it was cut off");
    let mut silent = connect(door.addr);
    silent.write_all((sized("/guarded", "a", 100_000) + "x").as_bytes()).unwrap();
    assert_eq!(statuses(&rest(&mut silent)), [408]);
}

#[test]
fn files_come_whole_and_leave_nothing() {
    let door = Door::open();
    let bytes = limits::UPLOAD_BODY_BYTES_MAX;
    assert!(
        exchange(door.addr, sized("/file", "a", bytes) + &"x".repeat(bytes))
            .contains(&format!("in a file {bytes} bytes"))
    );
    assert_eq!(statuses(&exchange(door.addr, sized("/file", "a", bytes + 1))), [413]);
    assert!(!exchange(door.addr, sized("/file", "a", 16) + "0123456789abcdef").contains("in a file"));
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(65_536));
    let chunked =
        head("/file", "a", "Transfer-Encoding: chunked\r\nConnection: close\r\n") + &chunk.repeat(3) + "0\r\n\r\n";
    assert!(exchange(door.addr, chunked).contains("in a file 196608 bytes"));
    drop(crowd(door.addr, 3, (sized("/file", "a", 200_000) + &"x".repeat(100_000)).as_bytes()));
    thread::sleep(Duration::from_millis(200));
    // The door checks at its end that no file is left.
}

#[test]
fn whoever_has_waited_longest_makes_room() {
    let door = Door::with(Limits { connections_max: 10, ..Limits::default() }, None);
    // Silent ones, and such as have begun a head or a small body.
    let mut all = Vec::new();
    for bytes in ["", "GET / HTTP/1.1\r\nHost", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf"] {
        all.extend(crowd(door.addr, 40, bytes.as_bytes()));
        door.must_be_well();
    }
    let mut oldest = all.remove(0);
    assert!(matches!(oldest.read(&mut [0; 9]), Ok(0) | Err(_)));
}
