//! The inner HTTP server: the only file that names tiny_http.
//!
//! It has what may wait for a disk: uploads and downloads. It listens on a private Unix socket, to which only the door
//! (`front`) connects, and so meets whole, bounded, well-formed requests only: alone on a network it would not survive
//! (`tests/http/abuse.rs`). One thread takes the requests and calls the faces. Nothing is answered through it: it takes any
//! transfer coding for `chunked` and lets line ends pass into headers (tiny_http 0.12.0), so the door tells it lengths only
//! and prints answers itself.

use std::net::IpAddr;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::{env, fs, io};

use tiny_http::Server;

use crate::base::{crypto, limits, text};
use crate::http::handover::Handover;
use crate::http::headers::Headers;
use crate::http::refusal::Refusal;
use crate::http::{Reply, Request, Serve};

/// Private header: the client's address. The door drops any that a client sends.
pub(super) const PEER: &str = "x-peer";
/// Private header: under which number the reply is to be handed over. The door drops any that a client sends.
pub(super) const TICKET: &str = "x-ticket";

/// `sun_path` has 108 bytes, the last one zero (unix(7)).
const SOCKET_PATH_BYTES_MAX: usize = 107;

/// What the door answers when a face panics or breaks its word.
pub(super) const INTERNAL: Refusal = Refusal::new(500, "internal", "something went wrong here; the log says more");

/// The running inner server. Dropping it ends its threads and removes its socket.
pub struct Inner {
    pub(super) socket: PathBuf,
    pub(super) handover: Arc<Handover>,
    /// The faces, also for the door itself.
    pub(super) serve: Arc<Serve>,
    stopping: Arc<AtomicBool>,
    server: Option<Arc<Server>>,
    thread: Option<JoinHandle<()>>,
    /// Where the socket had to go when the caller's directory has too long a name; removed at the end.
    own_dir: Option<PathBuf>,
}

/// Starts the inner server with its socket in `dir`, which is made (or kept) private to this user. Where the path of
/// `dir` is too long for a socket, a directory of our own under the system's temporary one is used instead.
pub fn start(dir: &Path, serve: Arc<Serve>) -> io::Result<Inner> {
    let (socket, own_dir) = place(dir)?;
    match fs::remove_file(&socket) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(&socket, error)),
        _ => {}
    }
    let server = Server::http_unix(&socket).map_err(|error| at(&socket, io::Error::other(error)))?;
    let server = Arc::new(server);
    let handover = Arc::new(Handover::default());
    let stopping = Arc::new(AtomicBool::new(false));
    let thread = {
        let (server, handover, stopping) = (server.clone(), handover.clone(), stopping.clone());
        let serve = serve.clone();
        let work = move || take_requests(&server, &handover, &*serve, &stopping);
        thread::Builder::new().name("http".into()).stack_size(limits::THREAD_STACK_BYTES).spawn(work)?
    };
    Ok(Inner { socket, handover, serve, stopping, server: Some(server), thread: Some(thread), own_dir })
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        if let Some(server) = &self.server {
            server.unblock();
        }
        if let Some(thread) = self.thread.take() {
            // Faces return at once, so this does; it fails only if the thread panicked, which was logged then.
            let _ = thread.join();
        }
        // The last one: tiny_http now wakes its accept thread through the socket and removes the file.
        self.server = None;
        if let Some(dir) = &self.own_dir {
            let _ = fs::remove_dir(dir);
        }
    }
}

/// The socket's path, and the directory made for it if `dir` will not do.
fn place(dir: &Path) -> io::Result<(PathBuf, Option<PathBuf>)> {
    // Two servers of one process may overlap while the daemon changes its port, so each has a name of its own; after
    // a crash the next process finds and replaces the same few names.
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let name = format!("http-{}.sock", COUNT.fetch_add(1, Ordering::Relaxed));
    let socket = dir.join(&name);
    if socket.as_os_str().len() <= SOCKET_PATH_BYTES_MAX {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(|error| at(dir, error))?;
        fs::set_permissions(dir, fs::Permissions::from_mode(0o700)).map_err(|error| at(dir, error))?;
        return Ok((socket, None));
    }
    let mut random = [0; 8];
    crypto::random(&mut random);
    let own = env::temp_dir().join(format!("botmother-{}", text::hex(&random)));
    let socket = own.join(&name);
    if socket.as_os_str().len() > SOCKET_PATH_BYTES_MAX {
        let why =
            format!("paths of Unix sockets have at most {SOCKET_PATH_BYTES_MAX} bytes; set TMPDIR to a short one");
        return Err(at(&socket, io::Error::new(io::ErrorKind::InvalidFilename, why)));
    }
    // Not recursive: it must not exist, or somebody else may own it.
    fs::DirBuilder::new().mode(0o700).create(&own).map_err(|error| at(&own, error))?;
    Ok((socket, Some(own)))
}

fn at(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

fn take_requests(server: &Server, handover: &Handover, serve: &Serve, stopping: &AtomicBool) {
    while !stopping.load(Ordering::Relaxed) {
        match server.recv() {
            Ok(inner) => answer(inner, handover, serve),
            Err(_) if stopping.load(Ordering::Relaxed) => {}
            // tiny_http accepts no more after such an error. Connections that stand go on, and the door keeps them.
            Err(error) => log::error!("http: a part of the API's server ended; restart the daemon: {error}"),
        }
    }
}

/// Puts the face's reply into the table. Nothing is written to the connection, so that the next request can follow.
fn answer(mut inner: tiny_http::Request, handover: &Handover, serve: &Serve) {
    match read(&mut inner, handover) {
        Ok((request, ticket)) => {
            handover.put(ticket, call(serve, request));
            drop(inner.into_writer());
        }
        // tiny_http answers with 500 now, by which the door sees that its connection is of no use any more.
        Err(error) => log::error!("http: a request was lost inside the API's server: {error}"),
    }
}

/// The request as the faces see it, and its ticket.
fn read(inner: &mut tiny_http::Request, handover: &Handover) -> io::Result<(Request, u64)> {
    let (mut peer, mut ticket) = (None, None);
    let mut headers = Headers::default();
    for header in inner.headers() {
        let (name, value) = (header.field.as_str().as_str(), header.value.as_str());
        match name {
            PEER => peer = value.parse::<IpAddr>().ok(),
            TICKET => ticket = value.parse::<u64>().ok(),
            // About the message, which is read whole.
            "content-length" => {}
            _ => headers.push(name, value),
        }
    }
    let (Some(peer), Some(ticket)) = (peer, ticket) else {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "private headers are missing"));
    };
    let length = inner.body_length().unwrap_or(0);
    let mut body = Vec::with_capacity(length);
    inner.as_reader().read_to_end(&mut body)?;
    if body.len() != length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let (path, query) = inner.url().split_once('?').unwrap_or((inner.url(), ""));
    let method = inner.method().as_str().to_string().into();
    let file = handover.take_file(ticket);
    let request = Request { method, path: path.to_string(), query: query.to_string(), headers, body, file, peer };
    Ok((request, ticket))
}

/// Calls the faces. A panic there ends one request, not the thread.
pub(super) fn call(serve: &Serve, request: Request) -> Reply {
    catch_unwind(AssertUnwindSafe(|| serve(request))).unwrap_or_else(|_| {
        // Where, stands above: the panic's own words.
        log::error!("http: a bug, please report it: a face panicked");
        Reply::Now(INTERNAL.to_response())
    })
}
