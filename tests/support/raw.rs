//! A client that writes what it is told and looks at little of what comes: for stanzas that no decent client sends.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use super::server::Server;

const LIMIT: Duration = Duration::from_secs(60);
/// What is remembered of what came.
const SEEN_MAX: usize = 256 * 1024;

/// A TLS client that trusts this authority, or this self-signed certificate.
pub fn trusting(pem: &Path) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(pem).expect("a certificate")).expect("a root");
    Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
}

pub struct Raw {
    socket: TcpStream,
    tls: ClientConnection,
    seen: Vec<u8>,
    is_closed: bool,
    count: u32,
    /// Nothing of what comes is forgotten.
    keeps: bool,
}

impl Raw {
    /// Logs in by PLAIN over direct TLS and shows presence.
    pub fn login(server: &Server, user: &str, password: &str, resource: &str) -> Raw {
        let mut raw = Raw::bind(server, user, password, resource);
        raw.send("<presence/>");
        raw.sync(&server.domain);
        raw
    }

    /// The same without presence.
    pub fn bind(server: &Server, user: &str, password: &str, resource: &str) -> Raw {
        let name = ServerName::try_from(server.domain.clone()).expect("a name");
        let tls = ClientConnection::new(trusting(&server.ca_file), name).expect("TLS");
        let socket = TcpStream::connect(("127.0.0.1", server.tls_port)).expect("connected");
        socket.set_nonblocking(true).expect("an option");
        let mut raw = Raw { socket, tls, seen: Vec::new(), is_closed: false, count: 0, keeps: false };
        let header = format!(
            "<?xml version='1.0'?><stream:stream to='{}' version='1.0' xmlns='jabber:client' \
             xmlns:stream='http://etherx.jabber.org/streams'>",
            server.domain
        );
        raw.send(&header);
        raw.wait("</stream:features>");
        let secret = BASE64.encode(format!("\0{user}\0{password}"));
        raw.send(&format!("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{secret}</auth>"));
        raw.wait("<success");
        raw.send(&header);
        raw.wait("</stream:features>");
        raw.send(&format!(
            "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>{resource}</resource></bind></iq>"
        ));
        raw.wait("</jid>");
        raw
    }

    pub fn send(&mut self, xml: &str) {
        let mut rest = xml.as_bytes();
        let begun = Instant::now();
        while !self.is_closed && (!rest.is_empty() || self.tls.wants_write()) {
            let taken = if self.tls.wants_write() { 0 } else { self.tls.writer().write(rest).unwrap_or(0) };
            rest = &rest[taken..];
            let moved = self.pump();
            if taken == 0 && !moved {
                assert!(begun.elapsed() < LIMIT, "the server takes nothing any more");
                thread::sleep(Duration::from_millis(1));
            }
        }
    }

    /// The server has dealt with everything before: it answers a ping. Gives `false` when the stream has ended.
    pub fn sync(&mut self, domain: &str) -> bool {
        self.count += 1;
        let id = format!("sync-{}", self.count);
        self.send(&format!("<iq type='get' id='{id}' to='{domain}'><ping xmlns='urn:xmpp:ping'/></iq>"));
        // What comes before the answer may be much.
        self.keeps = true;
        let (begun, mut from) = (Instant::now(), 0);
        while !self.is_closed {
            let fresh = &self.seen[from..];
            if ["'", "\""].iter().any(|quote| find(fresh, format!("{id}{quote}").as_bytes()).is_some()) {
                break;
            }
            from = self.seen.len().saturating_sub(id.len());
            while !self.pump() && !self.is_closed {
                assert!(begun.elapsed() < LIMIT, "no answer; last came {}", self.tail());
                thread::sleep(Duration::from_millis(2));
            }
        }
        self.keeps = false;
        !self.is_closed
    }

    /// Waits for this text, and forgets what came up to it.
    pub fn wait(&mut self, text: &str) {
        let begun = Instant::now();
        loop {
            if let Some(at) = find(&self.seen, text.as_bytes()) {
                self.seen.drain(..at + text.len());
                return;
            }
            assert!(!self.is_closed && begun.elapsed() < LIMIT, "no {text}; last came {}", self.tail());
            if !self.pump() {
                thread::sleep(Duration::from_millis(2));
            }
        }
    }

    pub fn is_closed(&self) -> bool {
        self.is_closed
    }

    pub fn tail(&self) -> String {
        String::from_utf8_lossy(&self.seen[self.seen.len().saturating_sub(600)..]).into_owned()
    }

    /// Reads and writes what is possible now; gives whether anything was.
    pub fn pump(&mut self) -> bool {
        let mut moved = false;
        while self.tls.wants_write() {
            match self.tls.write_tls(&mut self.socket) {
                Ok(0) => return self.close(),
                Ok(_) => moved = true,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(_) => return self.close(),
            }
        }
        loop {
            match self.tls.read_tls(&mut self.socket) {
                Ok(0) => return self.close(),
                Ok(_) => moved = true,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(_) => return self.close(),
            }
            if self.tls.process_new_packets().is_err() {
                return self.close();
            }
            let mut buffer = [0; 16 * 1024];
            while let Ok(size) = self.tls.reader().read(&mut buffer) {
                if size == 0 {
                    return self.close();
                }
                self.seen.extend_from_slice(&buffer[..size]);
            }
            if self.seen.len() > SEEN_MAX && !self.keeps {
                self.seen.drain(..self.seen.len() - SEEN_MAX / 2);
            }
        }
        moved
    }

    fn close(&mut self) -> bool {
        self.is_closed = true;
        false
    }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|piece| piece == what)
}
