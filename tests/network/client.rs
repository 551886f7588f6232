//! A client of the API by whatever way there is: IPv4, IPv6, TLS, the Unix socket.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use super::support::raw::trusting;

/// What bytes go over.
trait Stream: Read + Write {}
impl<S: Read + Write> Stream for S {}

const PATIENCE: Duration = Duration::from_secs(30);

/// How to get there; each request but a kept one goes over a new connection.
pub(crate) struct Way {
    connect: Box<dyn Fn() -> Box<dyn Stream>>,
    /// What `Host` says.
    pub(crate) host: String,
    kept: Option<BufReader<Box<dyn Stream>>>,
}

/// Status, head and body.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

fn tcp(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap_or_else(|error| panic!("{address}: {error}"));
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

impl Way {
    fn new(host: String, connect: impl Fn() -> Box<dyn Stream> + 'static) -> Way {
        Way { connect: Box::new(connect), host, kept: None }
    }

    pub(crate) fn plain(address: &str) -> Way {
        let at: SocketAddr = address.parse().unwrap();
        Way::new(address.to_string(), move || Box::new(tcp(at)))
    }

    /// TLS that trusts this certificate, for `localhost`.
    pub(crate) fn tls(address: &str, certificate: &Path) -> Way {
        let (at, config): (SocketAddr, Arc<ClientConfig>) = (address.parse().unwrap(), trusting(certificate));
        Way::new(format!("localhost:{}", at.port()), move || {
            let name = ServerName::try_from("localhost").unwrap();
            let client = ClientConnection::new(config.clone(), name).unwrap();
            Box::new(StreamOwned::new(client, tcp(at)))
        })
    }

    pub(crate) fn unix(path: &Path) -> Way {
        let path = path.to_path_buf();
        Way::new("localhost".into(), move || {
            let stream = UnixStream::connect(&path).unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            Box::new(stream)
        })
    }

    /// One exchange over a connection that is kept as long as the server keeps it.
    pub(crate) fn ask(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut reader = self.kept.take().unwrap_or_else(|| BufReader::new((self.connect)()));
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n", self.host);
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        let body = if method == "POST" { body } else { "" };
        if method == "POST" {
            request += &format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
        }
        reader.get_mut().write_all(format!("{request}\r\n{body}").as_bytes()).unwrap();
        reader.get_mut().flush().unwrap();
        let answer = read(&mut reader);
        if !answer.head.contains("connection: close") {
            self.kept = Some(reader);
        }
        answer
    }

    pub(crate) fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, &[], "")
    }
}

fn read(reader: &mut impl BufRead) -> Answer {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        let count = reader.read_line(&mut head).unwrap_or_else(|error| panic!("{error} after {head:?}"));
        assert!(count > 0, "the connection ended after {head:?}");
    }
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap();
    let head = head.to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    reader.read_exact(&mut body).unwrap();
    Answer { status, head, body: String::from_utf8(body).unwrap() }
}
