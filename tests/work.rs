//! The threads that make calls, and the one for answers that are heard while they come: fairness, bounds, idleness, panics,
//! the end.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

#[allow(dead_code, unreachable_pub, missing_docs)]
#[path = "support/stub.rs"]
mod stub;

use std::io::{Read, Write};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use botmother::base::call::{HttpAnswer, HttpCall, Pieces, Reach};
use botmother::base::limits;
use botmother::work::{Bounds, Error, Streams, Taker, Work};
use stub::{Stub, answer, hang};

const SOON: Duration = Duration::from_secs(5);
type Told = (u32, Result<HttpAnswer, Error>);

fn work(bounds: Bounds) -> (Work<u32>, Receiver<Told>) {
    let (tell, hear) = channel();
    let tell = Mutex::new(tell);
    // At the end of a failed test nobody listens.
    (Work::with(bounds, move |tag, outcome| drop(tell.lock().unwrap().send((tag, outcome)))), hear)
}

fn get(stub: &Stub) -> HttpCall {
    HttpCall { timeout: Duration::from_secs(30), ..HttpCall::new("GET", stub.url("/")) }
}

/// A service that says nothing until it is let go.
fn held() -> (Stub, Arc<AtomicBool>) {
    let go = Arc::new(AtomicBool::new(false));
    let gate = go.clone();
    let stub = Stub::new(move |socket, _| {
        while !gate.load(Ordering::SeqCst) {
            thread::sleep(Duration::from_millis(5));
        }
        let _ = socket.write_all(answer("200 OK", "", "late").as_bytes());
    });
    (stub, go)
}

#[track_caller]
fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let end = Instant::now() + SOON;
    while !is_so() {
        assert!(Instant::now() < end, "{what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Names of this process's threads. The tests of one process run side by side, so each uses a name of its own.
fn threads(prefix: &str) -> usize {
    let names = std::fs::read_dir("/proc/self/task").unwrap().flatten();
    names.filter(|task| std::fs::read_to_string(task.path().join("comm")).is_ok_and(|n| n.starts_with(prefix))).count()
}

#[test]
fn threads_come_with_work_and_go_without() {
    let (stub, go) = held();
    let bounds = Bounds { name: "come", idle: Duration::from_millis(300), ..Bounds::default() };
    let (work, hear) = work(bounds);
    assert_eq!((work.threads(), threads("come-")), (0, 0));
    for tag in 0..5 {
        work.submit(tag, &format!("{tag}"), get(&stub)).unwrap();
    }
    wait_until("five at once", || stub.count() == 5);
    assert_eq!((work.threads(), threads("come-"), work.load()), (5, 5, (5, 0)));
    go.store(true, Ordering::SeqCst);
    let mut tags: Vec<u32> = (0..5).map(|_| hear.recv_timeout(SOON).unwrap()).map(|(tag, _)| tag).collect();
    tags.sort();
    assert_eq!(tags, [0, 1, 2, 3, 4]);
    // One after the other needs no new ones.
    for tag in 0..20 {
        work.submit(tag, "x", get(&stub)).unwrap();
        assert_eq!(hear.recv_timeout(SOON).unwrap().1.map(|found| found.body), Ok(b"late".to_vec()));
    }
    assert!(work.threads() <= 5);
    wait_until("idle threads go", || work.threads() == 0 && threads("come-") == 0);
    work.submit(9, "x", get(&stub)).unwrap();
    assert_eq!(hear.recv_timeout(SOON).unwrap().0, 9);
}

#[test]
fn a_dead_service_holds_up_nobody_else() {
    let (dead, _go) = held();
    let alive = Stub::fixed(answer("200 OK", "", ""));
    let (work, hear) = work(Bounds { threads: 4, ..Bounds::default() });
    for tag in 0..40 {
        work.submit(tag, "dead", get(&dead)).unwrap();
    }
    for tag in 100..150 {
        work.submit(tag, "alive", get(&alive)).unwrap();
    }
    for tag in 100..150 {
        let (told, outcome) = hear.recv_timeout(SOON).unwrap();
        assert!(told >= 100 && outcome.is_ok(), "{told} instead of {tag}: {outcome:?}");
    }
    wait_until("a second call", || (dead.count(), work.load()) == (2, (2, 38)));
    thread::sleep(Duration::from_millis(100));
    assert_eq!((dead.count(), work.load()), (2, (2, 38)), "and no third");
    assert!(work.threads() <= 4);
}

#[test]
fn second_calls_leave_room_for_first_ones() {
    let (dead, go) = held();
    let (work, hear) = work(Bounds { threads: 4, ..Bounds::default() });
    // Three dead services with much to be told: second calls only while half of the threads are free.
    for tag in 0..30 {
        work.submit(tag, &format!("dead {}", tag % 3), get(&dead)).unwrap();
    }
    wait_until("one for each", || dead.count() == 3);
    let alive = Stub::fixed(answer("200 OK", "", ""));
    for tag in 100..103 {
        work.submit(tag, "alive", get(&alive)).unwrap();
        assert_eq!(hear.recv_timeout(SOON).unwrap().0, tag);
    }
    thread::sleep(Duration::from_millis(100));
    assert_eq!((dead.count(), work.load()), (3, (3, 27)));
    go.store(true, Ordering::SeqCst);
    // All are told in the order of each key.
    let mut told: Vec<u32> = (0..30).map(|_| hear.recv_timeout(SOON).unwrap().0).collect();
    assert!(told.iter().position(|tag| *tag == 0) < told.iter().position(|tag| *tag == 27));
    told.sort();
    assert_eq!(told, (0..30).collect::<Vec<_>>());
}

#[test]
fn the_queue_is_bounded() {
    let (stub, _go) = held();
    let (work, _hear) = work(Bounds { threads: 1, queue: 5, queue_per_key: 3, ..Bounds::default() });
    work.submit(0, "a", get(&stub)).unwrap();
    wait_until("under way", || work.load() == (1, 0));
    for tag in 1..4 {
        work.submit(tag, "a", get(&stub)).unwrap();
    }
    assert_eq!(work.submit(4, "a", get(&stub)).unwrap_err(), Error::Busy);
    work.submit(5, "b", get(&stub)).unwrap();
    work.submit(6, "c", get(&stub)).unwrap();
    assert_eq!(work.submit(7, "d", get(&stub)).unwrap_err(), Error::Busy);
    assert_eq!(work.load(), (1, 5));
}

#[test]
fn what_is_called_off_is_reported_so() {
    let (stub, _go) = held();
    let (work, hear) = work(Bounds { threads: 1, ..Bounds::default() });
    let first = work.submit(1, "a", get(&stub)).unwrap();
    let second = work.submit(2, "a", get(&stub)).unwrap();
    wait_until("under way", || stub.count() == 1);
    second.cancel();
    first.cancel();
    assert_eq!(hear.recv_timeout(SOON).unwrap(), (1, Err(Error::Cancelled)));
    assert_eq!(hear.recv_timeout(SOON).unwrap(), (2, Err(Error::Cancelled)));
    assert_eq!(stub.count(), 1);
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("work-{}", std::process::id()));
    let endless = Stub::new(|socket, _| {
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while socket.write_all(b"x").is_ok() {
            thread::sleep(Duration::from_millis(5));
        }
    });
    let third = work.submit(3, "a", HttpCall { save_to: Some(file.clone()), ..get(&endless) }).unwrap();
    wait_until("saving", || file.exists());
    third.cancel();
    assert_eq!(hear.recv_timeout(SOON).unwrap(), (3, Err(Error::Cancelled)));
    assert!(!file.exists());
}

#[test]
fn a_panic_in_the_report_does_not_end_the_work() {
    let stub = Stub::fixed(answer("200 OK", "", ""));
    let told = Arc::new(AtomicUsize::new(0));
    let count = told.clone();
    let work = Work::new(move |tag: u32, _| {
        count.fetch_add(1, Ordering::SeqCst);
        assert!(tag > 2, "as the test wants");
    });
    for tag in 0..5 {
        work.submit(tag, "a", get(&stub)).unwrap();
    }
    wait_until("all are told", || told.load(Ordering::SeqCst) == 5);
    wait_until("none is under way", || work.load() == (0, 0));
}

#[test]
fn the_end_is_orderly() {
    let (stub, go) = held();
    let bounds = Bounds { threads: 2, per_key: 1, ..Bounds::default() };
    let (work, hear) = work(bounds);
    let silent = Stub::new(|socket, _| hang(socket));
    work.submit(1, "a", get(&stub)).unwrap();
    work.submit(2, "b", get(&silent)).unwrap();
    work.submit(3, "a", get(&stub)).unwrap();
    wait_until("both are under way", || stub.count() + silent.count() == 2);
    let start = Instant::now();
    thread::spawn(move || {
        thread::sleep(Duration::from_millis(100));
        go.store(true, Ordering::SeqCst);
    });
    assert_eq!(work.stop(Duration::from_millis(600)), 0);
    assert!(start.elapsed() >= Duration::from_millis(600) && start.elapsed() < SOON);
    let mut told: Vec<(u32, Option<Error>)> = hear.try_iter().map(|(tag, outcome)| (tag, outcome.err())).collect();
    told.sort_by_key(|(tag, _)| *tag);
    assert_eq!(told, [(1, None), (2, Some(Error::Cancelled)), (3, Some(Error::Cancelled))]);
    assert_eq!(work.submit(4, "a", get(&stub)).unwrap_err(), Error::Busy);
    assert_eq!(work.threads(), 0);
}

#[test]
fn without_work_the_end_comes_at_once() {
    let stub = Stub::fixed(answer("200 OK", "", ""));
    let (work, hear) = work(Bounds::default());
    work.submit(1, "a", get(&stub)).unwrap();
    assert_eq!(hear.recv_timeout(SOON).unwrap().0, 1);
    let start = Instant::now();
    assert_eq!(work.stop(SOON), 0);
    assert!(start.elapsed() < SOON / 2);
}

#[test]
fn dropping_it_calls_everything_off() {
    let (stub, _go) = held();
    let (work, hear) = work(Bounds { threads: 1, ..Bounds::default() });
    work.submit(1, "a", get(&stub)).unwrap();
    work.submit(2, "a", get(&stub)).unwrap();
    wait_until("under way", || stub.count() == 1);
    drop(work);
    let mut told = [hear.recv_timeout(SOON).unwrap(), hear.recv_timeout(SOON).unwrap()];
    told.sort_by_key(|(tag, _)| *tag);
    assert_eq!(told, [(1, Err(Error::Cancelled)), (2, Err(Error::Cancelled))]);
    assert!(hear.recv_timeout(SOON).is_err());
}

/// Serves requests one after the other on each connection, so many on one; then closes it, in the middle of the next
/// request if it is rude.
fn keeping(most: usize, is_rude: bool) -> Stub {
    Stub::raw(move |socket, requests| {
        for number in 0.. {
            let Some(request) = stub::read_request(socket) else { return };
            if number == most && is_rude {
                return;
            }
            requests.lock().unwrap().push(request);
            let _ = socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            if number + 1 == most && !is_rude {
                return;
            }
        }
    })
}

fn post(stub: &Stub) -> HttpCall {
    HttpCall { is_repeatable: true, ..HttpCall::new("POST", stub.url("/")) }.json("{}".to_string())
}

#[test]
fn what_may_be_repeated_goes_over_the_connection_before() {
    let (work, hear) = work(Bounds::default());
    let run = |call: HttpCall| {
        work.submit(1, "x", call).unwrap();
        let outcome = hear.recv_timeout(SOON).unwrap().1;
        // Its connection is given back when it is reported; only its thread may not be ready.
        outcome.map(|answer| (answer.status, answer.body))
    };
    let fine = Ok((200, b"ok".to_vec()));
    let stub = keeping(100, false);
    for _ in 0..5 {
        assert_eq!(run(post(&stub)), fine);
    }
    assert_eq!((stub.count(), stub.requests.lock().unwrap().len()), (1, 5));
    // Whose rules are others, or who may not be repeated, has one of his own.
    assert_eq!(run(HttpCall { reach: Reach::PublicOnly, ..post(&stub) }), Err(Error::NotPublic));
    for _ in 0..2 {
        assert_eq!(run(HttpCall { is_repeatable: false, ..post(&stub) }), fine);
    }
    assert_eq!(stub.count(), 3);
    // Closed in between, or with the next request: nobody notices, and no request is taken twice.
    for is_rude in [false, true] {
        let closing = keeping(2, is_rude);
        for _ in 0..6 {
            assert_eq!(run(post(&closing)), fine, "{is_rude}");
        }
        assert_eq!((closing.count(), closing.requests.lock().unwrap().len()), (3, 6), "{is_rude}");
    }
    // What fails on a fresh connection has failed.
    let dead = keeping(0, true);
    assert!(matches!(run(post(&dead)), Err(Error::Unreachable(_))));
    assert_eq!(dead.count(), 1);
}

#[test]
fn calling_off_what_is_over_hurts_nobody() {
    let (work, hear) = work(Bounds::default());
    let stub = keeping(100, false);
    for tag in 0..3 {
        let cancel = work.submit(tag, "x", post(&stub)).unwrap();
        assert!(hear.recv_timeout(SOON).unwrap().1.is_ok());
        cancel.cancel();
    }
    assert_eq!(stub.count(), 1);
    let (held, go) = held();
    let cancel = work.submit(9, "y", post(&held)).unwrap();
    wait_until("under way", || held.count() == 1);
    cancel.cancel();
    assert_eq!(hear.recv_timeout(SOON).unwrap(), (9, Err(Error::Cancelled)));
    go.store(true, Ordering::SeqCst);
    assert!(work.submit(10, "y", post(&held)).is_ok() && hear.recv_timeout(SOON).unwrap().1.is_ok());
    assert_eq!(held.count(), 2, "the one called off serves nobody");
}

fn streams() -> (Streams<u32>, Receiver<Told>) {
    let (tell, hear) = channel();
    let tell = Mutex::new(tell);
    (Streams::new(move |tag, outcome| drop(tell.lock().unwrap().send((tag, outcome)))), hear)
}

/// Takes lines, and always has room for more.
fn taker(mut each: impl FnMut(&[u8]) -> usize + Send + 'static) -> Taker {
    let each = Box::new(move |line: &[u8]| {
        each(line);
        ControlFlow::Continue(())
    });
    Taker { pieces: Pieces::Lines, each, room: Box::new(|_| Poll::Ready(())) }
}

#[test]
fn a_panic_is_an_error_of_that_stream_only() {
    let stub = Stub::fixed(answer("200 OK", "", "a\nb\n"));
    let (streams, hear) = streams();
    streams.submit(1, get(&stub), taker(|_| panic!("as the test wants"))).unwrap();
    assert_eq!(hear.recv_timeout(SOON).unwrap(), (1, Err(Error::Internal)));
    let lines = Arc::new(AtomicUsize::new(0));
    let count = lines.clone();
    streams.submit(2, get(&stub), taker(move |_| count.fetch_add(1, Ordering::SeqCst))).unwrap();
    assert!(matches!(hear.recv_timeout(SOON).unwrap(), (2, Ok(_))));
    // Also its part in the lines is over by now.
    assert_eq!((lines.load(Ordering::SeqCst), Arc::strong_count(&lines)), (2, 1));
    wait_until("it is over", || streams.load() == 0);
}

#[test]
fn the_thread_of_streams_comes_with_the_first_and_goes_after_the_last() {
    let stub = Stub::fixed(answer("200 OK", "", "a\nb\n"));
    let (tell, hear) = channel();
    let tell = Mutex::new(tell);
    let idle = Duration::from_millis(300);
    let streams = Streams::with("heard", idle, move |tag, outcome| drop(tell.lock().unwrap().send((tag, outcome))));
    assert_eq!(threads("heard"), 0);
    for _ in 0..2 {
        for tag in 0..5 {
            streams.submit(tag, get(&stub), taker(|_| 0)).unwrap();
        }
        wait_until("one thread", || threads("heard") == 1);
        let mut told: Vec<Told> = (0..5).map(|_| hear.recv_timeout(SOON).unwrap()).collect();
        told.sort_by_key(|(tag, _)| *tag);
        assert!(told.iter().zip(0..5).all(|((tag, outcome), at)| *tag == at && outcome.is_ok()), "{told:?}");
        wait_until("it goes", || threads("heard") == 0);
    }
}

/// A service that says a word, and then nothing until its client has gone; how many have.
fn speaking() -> (Stub, Arc<AtomicUsize>) {
    let gone = Arc::new(AtomicUsize::new(0));
    let count = gone.clone();
    let stub = Stub::new(move |socket, _| {
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\n\r\nword\n");
        let _ = socket.read(&mut [0]);
        count.fetch_add(1, Ordering::SeqCst);
    });
    (stub, gone)
}

#[test]
fn all_are_heard_at_once_and_hang_up_when_called_off() {
    let (stub, gone) = speaking();
    let (streams, hear) = streams();
    let words = Arc::new(AtomicUsize::new(0));
    let submit = |tag| {
        let words = words.clone();
        streams.submit(tag, get(&stub), taker(move |_| words.fetch_add(1, Ordering::SeqCst)))
    };
    let most = limits::STREAMS_MAX;
    let cancels: Vec<_> = (0..most as u32).map(|tag| submit(tag).unwrap()).collect();
    wait_until("a word of each", || words.load(Ordering::SeqCst) == most);
    assert_eq!((streams.load(), gone.load(Ordering::SeqCst), submit(999).unwrap_err()), (most, 0, Error::Busy));
    let begun = Instant::now();
    for (tag, cancel) in cancels.iter().enumerate().take(10) {
        cancel.cancel();
        assert_eq!(hear.recv_timeout(SOON).unwrap(), (tag as u32, Err(Error::Cancelled)));
    }
    wait_until("ten have hung up", || gone.load(Ordering::SeqCst) == 10);
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    wait_until("there is room", || streams.load() == most - 10);
    submit(1000).unwrap();
    // The end calls off what does not end by itself; and nothing is taken after it.
    streams.stop(Duration::from_millis(100));
    assert_eq!((streams.load(), hear.try_iter().count()), (0, most - 10 + 1));
    assert_eq!(submit(1001).unwrap_err(), Error::Busy);
}

#[test]
fn streams_end_with_whoever_wanted_them() {
    let (stub, gone) = speaking();
    let (streams, hear) = streams();
    let words = Arc::new(AtomicUsize::new(0));
    let count = words.clone();
    streams.submit(1, get(&stub), taker(move |_| count.fetch_add(1, Ordering::SeqCst))).unwrap();
    wait_until("under way", || words.load(Ordering::SeqCst) == 1);
    drop(streams);
    assert_eq!(hear.recv_timeout(SOON).unwrap(), (1, Err(Error::Cancelled)));
    assert_eq!(hear.recv_timeout(SOON), Err(RecvTimeoutError::Disconnected), "the thread has gone");
    wait_until("hung up", || gone.load(Ordering::SeqCst) == 1);
}

#[test]
fn a_stream_waits_for_room() {
    let sent = Arc::new(AtomicUsize::new(0));
    let counter = sent.clone();
    let flood = Stub::new(move |socket, _| {
        // The first lines right behind the head: what comes later is not read.
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n\n\n");
        while socket.write_all(&[b'\n'; 65536]).is_ok() {
            counter.fetch_add(65536, Ordering::SeqCst);
        }
    });
    let (streams, hear) = streams();
    let lines = Arc::new(AtomicUsize::new(0));
    let count = lines.clone();
    let mut taker = taker(move |_| count.fetch_add(1, Ordering::SeqCst));
    taker.room = Box::new(|_| Poll::Pending);
    let cancel = streams.submit(1, get(&flood), taker).unwrap();
    wait_until("the first lines", || lines.load(Ordering::SeqCst) > 0);
    thread::sleep(Duration::from_millis(300));
    // Once read, and no more; the kernel's buffers hold a few megabytes.
    assert!(lines.load(Ordering::SeqCst) <= limits::STREAM_READ_BYTES, "{lines:?}");
    assert!(sent.load(Ordering::SeqCst) < 32 << 20, "{sent:?}");
    cancel.cancel();
    assert_eq!(hear.recv_timeout(SOON).unwrap(), (1, Err(Error::Cancelled)));
}

#[test]
fn what_may_last_comes_whole_without_a_thread_and_says_what_went_out() {
    let (streams, hear) = streams();
    let stub = keeping(100, false);
    for tag in 0..3 {
        let poll = HttpCall { is_repeatable: true, ..get(&stub) };
        streams.submit_lasting(tag, poll).unwrap();
        let (told, outcome) = hear.recv_timeout(SOON).unwrap();
        assert!(told == tag && outcome.is_ok_and(|answer| answer.status == 200));
    }
    assert_eq!(stub.count(), 1, "whoever polls comes back over the same connection");
    streams.submit_lasting(4, get(&stub)).unwrap();
    assert!(hear.recv_timeout(SOON).unwrap().1.is_ok());
    assert_eq!(stub.count(), 2, "what must not be done twice gets one of its own");
    // Nobody listens there: nothing went out. What was cut off may have been done.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = format!("http://{free}/");
    streams.submit_lasting(5, HttpCall::new("POST", nobody)).unwrap();
    assert_eq!(hear.recv_timeout(SOON).unwrap().1, Err(Error::Unsent(Box::new(Error::Refused))));
    let cut = Stub::new(|_, _| {});
    streams.submit_lasting(6, get(&cut)).unwrap();
    assert!(matches!(hear.recv_timeout(SOON).unwrap().1, Err(Error::Unreachable(_))));
}
