//! Crowds and vandals. Each test is one of those that end or strand tiny_http alone.

use std::io::{Read, Write};
use std::thread;
use std::time::{Duration, Instant};

use botmother::http::front::Limits;
use rustix::net::sockopt::set_socket_linger;

use crate::client::{answer, connect, crowd, exchange, rest, status, statuses};
use crate::door::{Door, impatient};

const GET: &[u8] = b"GET /echo HTTP/1.1\r\nHost: x\r\n\r\n";
const NEVER: &[u8] = b"GET /never HTTP/1.1\r\nHost: x\r\n\r\n";

#[test]
fn a_thousand_idle_connections() {
    let door = Door::open();
    let mut idle = crowd(door.addr, 1_000, GET);
    for stream in &mut idle {
        assert_eq!(status(&answer(stream)), 200);
    }
    door.must_be_well();
    for stream in &mut idle {
        stream.write_all(GET).unwrap();
        assert_eq!(status(&answer(stream)), 200);
    }
}

#[test]
fn three_hundred_trickling_clients() {
    let door = Door::with(Limits { head: Duration::from_secs(1), ..impatient() }, None);
    let mut slow = crowd(door.addr, 300, b"GET / HTTP/1.1\r\nHost: x\r\n");
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(1_500) {
        for stream in &mut slow {
            let _ = stream.write_all(b"A: b\r\n");
        }
        door.must_be_well();
        thread::sleep(Duration::from_millis(100));
    }
    // None of them got more time for being busy; what they sent on may have cost some the answer, not the end.
    for stream in &mut slow {
        let mut end = [0; 1024];
        assert!(!matches!(stream.read(&mut end), Err(e) if e.kind() == std::io::ErrorKind::WouldBlock));
    }
    door.must_be_well();
}

#[test]
fn two_thousand_resets() {
    let door = Door::open();
    for round in 0..2_000 {
        let mut stream = connect(door.addr);
        let _ = stream.write_all(if round % 2 == 0 { GET } else { NEVER });
        set_socket_linger(&stream, Some(Duration::ZERO)).unwrap();
    }
    door.must_be_well();
    door.await_waiting(0);
}

#[test]
fn a_burst_of_four_hundred() {
    let door = Door::open();
    for _ in 0..3 {
        let mut burst = crowd(door.addr, 400, GET);
        for stream in &mut burst {
            assert_eq!(status(&answer(stream)), 200);
        }
    }
    // At once from many threads, too.
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                for stream in &mut crowd(door.addr, 25, GET) {
                    assert_eq!(status(&answer(stream)), 200);
                }
            });
        }
    });
    door.must_be_well();
}

#[test]
fn five_hundred_long_polls_cost_no_thread() {
    let door = Door::open();
    // One request, so that the inner server's threads are there.
    door.must_be_well();
    let threads = || std::fs::read_dir("/proc/self/task").unwrap().count();
    let before = threads();
    let polls = crowd(door.addr, 500, NEVER);
    door.await_waiting(500);
    door.must_be_well();
    // Other tests of this process come and go, hence the margin.
    assert!(threads() < before + 100);
    drop(polls);
    door.await_waiting(0);
}

#[test]
fn a_pipeline_behind_a_long_poll_is_bounded() {
    let door = Door::with(Limits { idle: Duration::from_secs(2), ..impatient() }, None);
    let mut stream = connect(door.addr);
    stream.write_all(NEVER).unwrap();
    door.await_waiting(1);
    // The door stops reading, the kernel's buffers fill up, and at last the poll ends by its deadline.
    stream.set_write_timeout(Some(Duration::from_millis(200))).unwrap();
    let flood = GET.repeat(500_000);
    assert!(stream.write_all(&flood).is_err());
    door.must_be_well();
    door.await_waiting(0);
}

#[test]
fn clients_that_never_read() {
    let door = Door::with(impatient(), None);
    let large = crowd(door.addr, 20, b"GET /large?6000000 HTTP/1.1\r\nHost: x\r\n\r\n");
    let pipelined = crowd(door.addr, 20, &GET.repeat(2_000));
    thread::sleep(Duration::from_millis(200));
    door.must_be_well();
    thread::sleep(Duration::from_millis(600));
    door.must_be_well();
    // They were cut off long ago, so what they find is not all.
    for mut stream in large {
        let mut got = Vec::new();
        let _ = stream.read_to_end(&mut got);
        assert!(got.len() < 6_000_000);
    }
    drop(pipelined);
}

#[test]
fn clients_that_send_for_ever() {
    let door = Door::with(impatient(), None);
    thread::scope(|scope| {
        for request in
            ["GET / HTTP/1.1\r\nHost: x\r\nA: ", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n"]
        {
            let addr = door.addr;
            scope.spawn(move || {
                let mut stream = connect(addr);
                stream.write_all(request.as_bytes()).unwrap();
                let start = Instant::now();
                while stream.write_all(&[b'x'; 65_536]).is_ok() {
                    assert!(start.elapsed() < Duration::from_secs(4), "{request}");
                }
            });
        }
        thread::sleep(Duration::from_millis(100));
        door.must_be_well();
    });
}

#[test]
fn more_clients_than_there_is_room_for() {
    let door = Door::with(Limits { connections_max: 10, idle: Duration::from_secs(2), ..impatient() }, None);
    let mut polls = crowd(door.addr, 10, NEVER);
    door.await_waiting(10);
    let refused = exchange(door.addr, GET);
    assert!(statuses(&refused) == [503] && refused.contains("limit_reached"), "{refused}");
    let crowd = crowd(door.addr, 200, GET);
    thread::sleep(Duration::from_millis(100));
    drop(crowd);
    drop(polls.pop());
    door.await_waiting(9);
    thread::sleep(Duration::from_millis(100));
    door.must_be_well();
    // The others are still served.
    assert_eq!(statuses(&rest(&mut polls.remove(0))), [503]);
}
