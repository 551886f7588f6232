//! A door for one test, with a face that echoes, waits, panics and babbles.

use std::future::pending;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use std::{fs, process};

use async_channel::Sender;
use botmother::base::limits;
use botmother::base::spool::Spool;
use botmother::http::front::{self, Limits, MakeWay};
use botmother::http::headers::HeaderValue;
use botmother::http::refusal::Refusal;
use botmother::http::{Flow, NextPiece, Promise, Reply, Request, Response, Span, server};
use rustls::ServerConfig;

use crate::client::{exchange, status};

/// A running door; stops when dropped.
pub(crate) struct Door {
    pub(crate) addr: SocketAddr,
    pub(crate) dir: PathBuf,
    /// Promises of `/never` that are neither kept nor dropped.
    pub(crate) waiting: Arc<AtomicUsize>,
    stop: Option<Sender<MakeWay>>,
    thread: Option<JoinHandle<()>>,
}

/// Counts itself while it lives.
struct Waiter(Arc<AtomicUsize>);

impl Drop for Waiter {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Door {
    pub(crate) fn open() -> Door {
        Door::with(Limits::default(), None)
    }

    pub(crate) fn with(limits: Limits, tls: Option<Arc<ServerConfig>>) -> Door {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::SeqCst);
        let dir = std::env::temp_dir().join(format!("botmother-test-{}-{number}", process::id()));
        let _ = fs::remove_dir_all(&dir);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let waiting = Arc::new(AtomicUsize::new(0));
        let face = waiting.clone();
        let inner = server::start(&dir, Arc::new(move |request| serve(request, &face))).unwrap();
        let (stop, on_stop) = async_channel::bounded(1);
        let spool = Spool::open(&dir.join("spool")).unwrap();
        let admit = Arc::new(admit);
        let listeners = vec![listener.into()];
        let refuse = |_: &str, refusal: Refusal| refusal.to_response();
        let door = front::Door {
            listeners,
            tls: tls.map(front::Acceptor::from),
            proxies: Default::default(),
            inner,
            may_block: |request| request.file.is_some() || request.header("x-slow").is_some(),
            body_max,
            admit,
            refuse,
            spool,
            stop: on_stop,
            limits,
        };
        let thread = thread::spawn(|| botmother::reactor::block_on(front::run(door)));
        Door { addr, dir, waiting, stop: Some(stop), thread: Some(thread) }
    }

    /// The door must answer a newcomer at once, whatever happens to others.
    pub(crate) fn must_be_well(&self) {
        let start = Instant::now();
        let answer = exchange(self.addr, "GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        assert_eq!(status(&answer), 200, "{answer}");
        assert!(start.elapsed() < Duration::from_secs(1), "answered after {:?}", start.elapsed());
    }

    /// Waits until so many promises are open.
    pub(crate) fn await_waiting(&self, expected: usize) {
        let deadline = Instant::now() + Duration::from_secs(5);
        while self.waiting.load(Ordering::SeqCst) != expected {
            assert!(Instant::now() < deadline, "{} instead of {expected}", self.waiting.load(Ordering::SeqCst));
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Has it make way for another door, and waits until it takes nobody in any more.
    pub(crate) fn make_way(&self) {
        let (done, is_done) = async_channel::bounded(1);
        self.stop.as_ref().unwrap().send_blocking(MakeWay { done }).unwrap();
        is_done.recv_blocking().unwrap();
    }

    /// Gives the stop signal; [`Door::join`] waits for the end.
    pub(crate) fn stop(&mut self) {
        self.stop = None;
    }

    pub(crate) fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.stop();
        if !thread::panicking() {
            self.join();
            fs::remove_dir(self.dir.join("spool")).expect("the door leaves no file behind");
            fs::remove_dir(&self.dir).expect("the door leaves nothing behind");
        }
    }
}

/// Impatient limits, for tests of deadlines.
pub(crate) fn impatient() -> Limits {
    let (short, long) = (Duration::from_millis(300), Duration::from_millis(600));
    let half_closed = Duration::from_millis(100);
    let silence = Duration::from_millis(200);
    Limits {
        head: short,
        body: short,
        idle: long,
        write: short,
        linger: short,
        half_closed,
        silence,
        ..Limits::default()
    }
}

fn body_max(path: &str) -> usize {
    match path {
        "/create" => limits::CREATE_BODY_BYTES_MAX,
        "/file" => limits::UPLOAD_BODY_BYTES_MAX,
        _ => limits::BODY_BYTES_MAX,
    }
}

/// At two places large bodies are for whoever shows some credentials.
fn admit(head: &Request) -> Promise<Option<Response>> {
    let is_known = head.header("authorization").is_some_and(|value| value.starts_with("Bearer "));
    let is_guarded = matches!(head.path.as_str(), "/file" | "/guarded");
    let refusal = (!is_known && is_guarded).then(|| text(401, b"who are you?".to_vec()));
    Box::pin(async { refusal })
}

fn serve(request: Request, waiting: &Arc<AtomicUsize>) -> Reply {
    let number = || request.query.parse::<usize>().unwrap_or(0);
    match request.path.as_str() {
        "/large" => Reply::Now(text(200, vec![b'x'; number()])),
        "/status" => Reply::Now(text(number() as u16, b"ignored".to_vec())),
        "/header" => Reply::Now(text(405, Vec::new()).with("Allow", "GET").with("X-Evil", "a\r\nX-Split: b")),
        "/panic" => panic!("as asked"),
        "/later" => {
            let wait = Duration::from_millis(number() as u64);
            Reply::Later(Box::pin(async move {
                smol::Timer::after(wait).await;
                text(200, b"later".to_vec())
            }))
        }
        "/later/large" => {
            let size = number();
            Reply::Later(Box::pin(async move { text(200, vec![b'y'; size]) }))
        }
        "/later/panic" => Reply::Later(Box::pin(async { panic!("as promised") })),
        "/never" => {
            waiting.fetch_add(1, Ordering::SeqCst);
            let waiter = Waiter(waiting.clone());
            Reply::Later(Box::pin(async move {
                let _waiter = waiter;
                pending().await
            }))
        }
        "/flow" => {
            // Without a number it never ends.
            let left = if request.query.is_empty() { usize::MAX } else { number() };
            waiting.fetch_add(1, Ordering::SeqCst);
            let flow = Flow {
                next: pieces(left, Duration::from_millis(20), Waiter(waiting.clone())),
                idle: b":",
                span: Span::Usual,
            };
            Reply::Now(Response { flow: Some(Box::new(flow)), ..text(200, Vec::new()) })
        }
        "/flow/slow" | "/flow/long" => {
            let span = if request.path == "/flow/long" { Span::Long } else { Span::Usual };
            let next = pieces(1, Duration::from_millis(700), Waiter(Arc::default()));
            let flow = Flow { next, idle: b":", span };
            Reply::Now(Response { flow: Some(Box::new(flow)), ..text(200, Vec::new()) })
        }
        "/flow/panic" => {
            let flow =
                Flow { next: NextPiece(Box::pin(async { panic!("as a piece") })), idle: b":", span: Span::Usual };
            Reply::Now(Response { flow: Some(Box::new(flow)), ..text(200, Vec::new()) })
        }
        _ => Reply::Now(text(200, echo(&request))),
    }
}

/// So many pieces at a pace; where they never end, long ones.
fn pieces(left: usize, pace: Duration, waiter: Waiter) -> NextPiece {
    NextPiece(Box::pin(async move {
        let waiter = waiter;
        if left == 0 {
            return None;
        }
        smol::Timer::after(pace).await;
        let piece = if left > 1_000 { vec![b'x'; 64 * 1024] } else { format!("piece {left};").into_bytes() };
        Some((piece, pieces(left - 1, pace, waiter)))
    }))
}

/// The request as the face got it.
fn echo(request: &Request) -> Vec<u8> {
    let mut out = format!("{} {} {} {}\n", request.method, request.path, request.query, request.peer);
    for (name, value) in request.headers.iter() {
        out.push_str(&format!("{name}={value}\n"));
    }
    let in_file = request.file.as_ref().map(|(file, bytes)| (fs::read(file.path()).unwrap(), *bytes as usize));
    if let Some((content, bytes)) = &in_file {
        assert_eq!(content.len(), *bytes);
        out.push_str("in a file ");
    }
    let body = in_file.map_or(request.body.clone(), |(content, _)| content);
    out.push_str(&format!("{} bytes\n", body.len()));
    let mut out = out.into_bytes();
    out.extend_from_slice(&body[..body.len().min(100)]);
    out
}

fn text(status: u16, body: Vec<u8>) -> Response {
    Response { content_type: HeaderValue::of("text/plain"), body, ..Response::json(status, String::new()) }
}
