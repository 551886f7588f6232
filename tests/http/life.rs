//! Starting and stopping.

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use botmother::http::front::Limits;
use botmother::http::{Reply, Response, server};

use crate::client::{answer, connect, rest, status, statuses};
use crate::door::{Door, impatient};

#[test]
fn a_stop_lets_running_requests_end() {
    let mut door = Door::open();
    let mut idle = connect(door.addr);
    idle.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    assert_eq!(status(&answer(&mut idle)), 200);
    let mut busy = connect(door.addr);
    busy.write_all(b"GET /later?1500 HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut sending = connect(door.addr);
    sending.write_all(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhel").unwrap();
    thread::sleep(Duration::from_millis(100));
    let start = Instant::now();
    door.stop();
    assert_eq!(rest(&mut idle), "");
    assert!(start.elapsed() < Duration::from_secs(1));
    thread::sleep(Duration::from_millis(50));
    assert!(TcpStream::connect(door.addr).is_err());
    sending.write_all(b"lo").unwrap();
    for stream in [&mut sending, &mut busy] {
        let got = rest(stream);
        assert!(statuses(&got) == [200] && got.contains("Connection: close"), "{got}");
    }
    door.join();
    assert!(start.elapsed() < Duration::from_secs(4));
}

#[test]
fn who_makes_way_serves_those_he_has() {
    let mut door = Door::with(Limits { stop: Duration::from_millis(200), ..Limits::default() }, None);
    let mut kept = connect(door.addr);
    kept.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    assert_eq!(status(&answer(&mut kept)), 200);
    // Longer than a stop would wait; and one that has connected and not yet said anything.
    let mut busy = connect(door.addr);
    busy.write_all(b"GET /later?800 HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut fresh = connect(door.addr);
    thread::sleep(Duration::from_millis(50));
    door.make_way();
    assert!(TcpStream::connect(door.addr).is_err(), "it takes nobody in");
    for stream in [&mut kept, &mut fresh] {
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    }
    for stream in [&mut kept, &mut fresh, &mut busy] {
        let got = rest(stream);
        assert!(statuses(&got) == [200] && got.contains("Connection: close"), "{got}");
    }
    door.join();
}

#[test]
fn a_stop_ends_a_door_that_has_made_way() {
    let mut door = Door::with(Limits { stop: Duration::from_millis(200), ..Limits::default() }, None);
    let mut poll = connect(door.addr);
    poll.write_all(b"GET /never HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    door.await_waiting(1);
    door.make_way();
    thread::sleep(Duration::from_millis(400));
    door.await_waiting(1);
    door.stop();
    door.join();
    assert_eq!(rest(&mut poll), "");
    door.await_waiting(0);
}

#[test]
fn a_stop_does_not_wait_for_ever() {
    let mut door = Door::with(Limits { stop: Duration::from_millis(200), ..Limits::default() }, None);
    let mut poll = connect(door.addr);
    poll.write_all(b"GET /never HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    door.await_waiting(1);
    door.stop();
    door.join();
    assert_eq!(rest(&mut poll), "");
    door.await_waiting(0);
}

#[test]
fn the_socket_is_private_and_a_stale_one_no_hindrance() {
    let dir = std::env::temp_dir().join(format!("botmother-test-{}-stale", std::process::id()));
    let serve = || Arc::new(|_| Reply::Now(Response::json(200, String::new())));
    fs::create_dir(&dir).unwrap();
    for number in 0..100 {
        fs::write(dir.join(format!("http-{number}.sock")), "").unwrap();
    }
    let inner = server::start(&dir, serve()).unwrap();
    assert_eq!(fs::metadata(&dir).unwrap().permissions().mode() & 0o777, 0o700);
    drop(inner);
    assert_eq!(fs::read_dir(&dir).unwrap().count(), 99);
    // A directory with too long a name for a socket is no hindrance either.
    let long = dir.join("x".repeat(120));
    drop(server::start(&long, serve()).unwrap());
    assert!(!long.exists());
    fs::remove_dir_all(&dir).unwrap();
    let file = std::env::current_exe().unwrap();
    let error = server::start(&file.join("run"), serve()).err().unwrap();
    assert!(error.to_string().contains("/run"), "{error}");
}

#[test]
fn an_idle_connection_is_closed_in_time() {
    let door = Door::with(impatient(), None);
    let start = Instant::now();
    let mut stream = connect(door.addr);
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    assert_eq!(status(&answer(&mut stream)), 200);
    thread::sleep(Duration::from_millis(400));
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    assert_eq!(statuses(&rest(&mut stream)), [200]);
    let elapsed = start.elapsed();
    assert!(elapsed > Duration::from_millis(950) && elapsed < Duration::from_millis(1_600), "{elapsed:?}");
}
