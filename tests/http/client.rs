//! A client that sends exactly the bytes it is given.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Connected, with patience for five seconds.
pub(crate) fn connect(addr: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(addr).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    stream.set_write_timeout(Some(Duration::from_secs(5))).unwrap();
    stream
}

/// Sends and reads until the door closes; whatever could be read.
pub(crate) fn exchange(addr: SocketAddr, bytes: impl AsRef<[u8]>) -> String {
    let mut stream = connect(addr);
    let _ = stream.write_all(bytes.as_ref());
    rest(&mut stream)
}

/// Everything up to the end of the connection. A connection that stays open is a failure.
pub(crate) fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    if let Err(error) = stream.read_to_end(&mut answer) {
        answer.extend_from_slice(format!("[{error}]").as_bytes());
    }
    String::from_utf8_lossy(&answer).into_owned()
}

/// One answer with its body from a connection that stays open.
pub(crate) fn answer(stream: &mut impl Read) -> String {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        bytes.push(byte[0]);
    }
    let head = String::from_utf8(bytes).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).map_or(0, |n| n.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    head + &String::from_utf8_lossy(&body)
}

/// The status of the first answer in this text; 0 without one.
pub(crate) fn status(answer: &str) -> u16 {
    statuses(answer).first().copied().unwrap_or(0)
}

/// The statuses of all answers in this text.
pub(crate) fn statuses(text: &str) -> Vec<u16> {
    let after = text.split("HTTP/1.1 ").skip(1);
    after.filter_map(|rest| rest.get(..3)?.parse().ok()).collect()
}

/// Sends these bytes on each of many new connections.
pub(crate) fn crowd(addr: SocketAddr, count: usize, bytes: &[u8]) -> Vec<TcpStream> {
    raise_file_limit();
    let open = |_| {
        let mut stream = connect(addr);
        stream.write_all(bytes).unwrap();
        stream
    };
    (0..count).map(open).collect()
}

/// Lets this process have as many sockets as the system allows.
pub(crate) fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let now = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: now.maximum, ..now }).unwrap();
}
