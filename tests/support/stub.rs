//! Other services as a test wants them: a listener on 127.0.0.1 whose answers are written byte by byte.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A listener, gone when the test is (its threads end with the process).
#[derive(Clone, Debug)]
pub struct Stub {
    pub address: SocketAddr,
    /// Heads and bodies of the requests so far.
    pub requests: Arc<Mutex<Vec<String>>>,
    /// Connections that were taken.
    pub connections: Arc<AtomicUsize>,
}

impl Stub {
    /// Reads a request's head, and as much of its body as `Content-Length` says, then lets `answer` write.
    pub fn new(answer: impl Fn(&mut TcpStream, &str) + Send + Sync + 'static) -> Stub {
        Stub::raw(move |socket, requests| {
            let Some(request) = read_request(socket) else { return };
            requests.lock().unwrap().push(request.clone());
            answer(socket, &request);
        })
    }

    /// Answers every request with these bytes and closes.
    pub fn fixed(bytes: impl Into<Vec<u8>>) -> Stub {
        let bytes = bytes.into();
        // Who reads only the beginning of a long answer closes first.
        Stub::new(move |socket, _| drop(socket.write_all(&bytes)))
    }

    /// Leaves all to `serve`, in a thread for each connection.
    pub fn raw(serve: impl Fn(&mut TcpStream, &Mutex<Vec<String>>) + Send + Sync + 'static) -> Stub {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stub =
            Stub { address: listener.local_addr().unwrap(), requests: Arc::default(), connections: Arc::default() };
        let (seen, serve) = (stub.clone(), Arc::new(serve));
        thread::spawn(move || {
            for socket in listener.incoming() {
                let (Ok(mut socket), serve, seen) = (socket, serve.clone(), seen.clone()) else { return };
                seen.connections.fetch_add(1, Ordering::SeqCst);
                thread::spawn(move || serve(&mut socket, &seen.requests));
            }
        });
        stub
    }

    /// A URL here.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Connections so far.
    pub fn count(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// A whole answer with the length of its body.
pub fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

/// Holds a connection open without a word, but not for ever.
pub fn hang(socket: &mut TcpStream) {
    socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    while matches!(socket.read(&mut [0; 4096]), Ok(count) if count > 0) {}
}

/// A whole request.
pub fn read_request(socket: &mut TcpStream) -> Option<String> {
    let head = read_head(socket)?;
    let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or(0).min(1 << 20)];
    socket.read_exact(&mut body).ok()?;
    Some(head + &String::from_utf8_lossy(&body))
}

/// A head alone, up to its empty line.
pub fn read_head(socket: &mut impl Read) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if socket.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    Some(String::from_utf8_lossy(&head).into_owned())
}
