//! The wires of the measurement: an XMPP connection without a session above it, and HTTP/1.1 with kept connections.
//!
//! Used by all sides, the bare loops and the loads, so that what they cost is the same. Only well-formed ASCII from
//! programs we started ourselves is read here; nothing is checked that a measurement does not need.

use std::io::{Error, ErrorKind, Result};
use std::net::TcpStream;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use futures_rustls::client::TlsStream;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use smol::Async;
use smol::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};

const READ_BYTES: usize = 16 * 1024;

/// Whom to log in, and where.
#[derive(Clone, Debug)]
pub struct Login {
    pub port: u16,
    pub domain: String,
    pub ca_file: PathBuf,
    pub user: String,
    pub password: String,
}

impl Login {
    pub fn jid(&self) -> String {
        format!("{}@{}", self.user, self.domain)
    }

    /// Logs in by STARTTLS as the daemon does, but with PLAIN and without stream management, and becomes available.
    pub async fn connect(&self) -> Result<Xmpp> {
        let (mut stream, _) = self.secure(self.trust()?).await?;
        let (mut read, header) = (Vec::new(), self.header());
        let plain = BASE64.encode(format!("\0{}\0{}", self.user, self.password));
        let auth = format!("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{plain}</auth>");
        let bind = "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>";
        for (what, until) in [(auth.as_str(), "<success"), (&header, "</stream:features>"), (bind, "</iq>")] {
            ask(&mut stream, &mut read, what, until).await?;
        }
        stream.write_all(b"<presence/>").await?;
        stream.flush().await?;
        read.clear();
        Ok(Xmpp { stream, read })
    }

    /// What opens a stream.
    pub fn header(&self) -> String {
        format!(
            "<?xml version='1.0'?><stream:stream to='{}' version='1.0' xmlns='jabber:client' \
             xmlns:stream='http://etherx.jabber.org/streams'>",
            self.domain
        )
    }

    /// A connection under TLS, and what the server offers for the login.
    pub async fn secure(&self, trust: Arc<ClientConfig>) -> Result<(TlsStream<Async<TcpStream>>, String)> {
        let mut socket = Async::<TcpStream>::connect(([127, 0, 0, 1], self.port)).await?;
        socket.get_ref().set_nodelay(true)?;
        let header = self.header();
        let mut read = Vec::new();
        ask(&mut socket, &mut read, &header, "</stream:features>").await?;
        ask(&mut socket, &mut read, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", "<proceed").await?;
        let name = ServerName::try_from(self.domain.clone()).map_err(Error::other)?;
        let tls = futures_rustls::TlsConnector::from(trust);
        let mut stream = tls.connect(name, socket).await?;

        read.clear();
        let features = ask(&mut stream, &mut read, &header, "</stream:features>").await?;
        Ok((stream, features))
    }

    /// What is trusted; with it, what is remembered of earlier handshakes.
    pub fn trust(&self) -> Result<Arc<ClientConfig>> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(&self.ca_file).map_err(Error::other)? {
            roots.add(certificate.map_err(Error::other)?).map_err(Error::other)?;
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(Error::other)?;
        Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
    }
}

/// Sends something and reads up to (and with) a word of the answer and the end of its tag; gives what was read.
pub async fn ask(
    stream: &mut (impl AsyncRead + smol::io::AsyncWrite + Unpin + Wire),
    read: &mut Vec<u8>,
    what: &str,
    until: &str,
) -> Result<String> {
    stream.write_all(what.as_bytes()).await?;
    stream.flush().await?;
    stream.acknowledge_at_once();
    let mut piece = [0; 4096];
    loop {
        let text = std::str::from_utf8(read).map_err(Error::other)?;
        if let Some(end) = text.find(until).and_then(|at| text[at..].find('>').map(|length| at + length + 1)) {
            let answer = text[..end].to_string();
            read.drain(..end);
            return Ok(answer);
        }
        let size = stream.read(&mut piece).await?;
        stream.acknowledge_at_once();
        match size {
            0 => return Err(Error::new(ErrorKind::UnexpectedEof, format!("instead of {until}: {text}"))),
            size => read.extend_from_slice(&piece[..size]),
        }
    }
}

/// A connection, as deep as its socket.
pub trait Wire {
    fn socket(&self) -> &TcpStream;

    /// As the daemon does: Prosody leaves Nagle on and would wait for our delayed ACK. Does not last: due again after
    /// each reading and writing.
    fn acknowledge_at_once(&self) {
        let _ = rustix::net::sockopt::set_tcp_quickack(self.socket(), true);
    }
}

impl Wire for Async<TcpStream> {
    fn socket(&self) -> &TcpStream {
        self.get_ref()
    }
}

impl Wire for TlsStream<Async<TcpStream>> {
    fn socket(&self) -> &TcpStream {
        self.get_ref().0.get_ref()
    }
}

/// A logged-in connection.
pub struct Xmpp {
    pub stream: TlsStream<Async<TcpStream>>,
    read: Vec<u8>,
}

impl Xmpp {
    pub async fn send(&mut self, stanzas: &str) -> Result<()> {
        self.stream.write_all(stanzas.as_bytes()).await?;
        self.stream.flush().await
    }

    /// Waits for more and gives every message with a body: its stanza's start tag and its body.
    pub async fn receive(&mut self, each: impl FnMut(&str, &str)) -> Result<()> {
        let each = &mut { each };
        std::future::poll_fn(|cx| self.poll_receive(cx, each)).await
    }

    /// The same for a hand-written future: reads once.
    pub fn poll_receive(&mut self, cx: &mut Context<'_>, each: &mut dyn FnMut(&str, &str)) -> Poll<Result<()>> {
        let old = self.read.len();
        self.read.resize(old + READ_BYTES, 0);
        let result = Pin::new(&mut self.stream).poll_read(cx, &mut self.read[old..]);
        self.read.truncate(old + if let Poll::Ready(Ok(size)) = result { size } else { 0 });
        match result {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            Poll::Ready(Ok(0)) => return Poll::Ready(Err(ErrorKind::UnexpectedEof.into())),
            Poll::Ready(Ok(_)) => {}
        }
        self.stream.acknowledge_at_once();
        let text = std::str::from_utf8(&self.read).expect("ASCII only");
        let mut done = 0;
        while let Some(length) = text[done..].find("</message>") {
            let stanza = &text[done..done + length];
            if let Some((tag, body)) = stanza.find("<message").and_then(|at| body_of(&stanza[at..])) {
                each(tag, body);
            }
            done += length + "</message>".len();
        }
        self.read.drain(..done);
        Poll::Ready(Ok(()))
    }
}

fn body_of(message: &str) -> Option<(&str, &str)> {
    Some((between(message, "<message", ">")?, between(message, "<body>", "</body>")?))
}

/// What stands between two words.
pub fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    let start = text.find(before)? + before.len();
    text[start..].find(after).map(|length| &text[start..start + length])
}

/// A connection on which HTTP messages come, whichever side we are.
pub struct Http {
    stream: Async<TcpStream>,
    read: Vec<u8>,
    /// How much of `read` the last message has.
    taken: usize,
}

impl Http {
    pub fn new(stream: Async<TcpStream>) -> Result<Http> {
        stream.get_ref().set_nodelay(true)?;
        Ok(Http { stream, read: Vec::new(), taken: 0 })
    }

    pub async fn connect(port: u16) -> Result<Http> {
        Http::new(Async::<TcpStream>::connect(([127, 0, 0, 1], port)).await?)
    }

    pub async fn send(&mut self, message: &str) -> Result<()> {
        self.stream.write_all(message.as_bytes()).await
    }

    /// The next whole message, head and body.
    pub async fn receive(&mut self) -> Result<(&str, &str)> {
        self.read.drain(..self.taken);
        self.taken = 0;
        let head = loop {
            if let Some((head, body)) = lengths(&self.read)
                && self.read.len() >= head + body
            {
                self.taken = head + body;
                break head;
            }
            let old = self.read.len();
            self.read.resize(old + READ_BYTES, 0);
            let size = self.stream.read(&mut self.read[old..]).await?;
            self.read.truncate(old + size);
            if size == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        };
        Ok(std::str::from_utf8(&self.read[..self.taken]).map_err(Error::other)?.split_at(head))
    }
}

/// Lengths of head and body, once the head is there.
fn lengths(bytes: &[u8]) -> Option<(usize, usize)> {
    let text = std::str::from_utf8(bytes).ok()?;
    let head = text.find("\r\n\r\n")? + 4;
    let name = "content-length:";
    let is_it = |line: &&str| line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    let line = text[..head].lines().find(is_it);
    Some((head, line.map_or(0, |line| line[name.len()..].trim().parse().expect("a length"))))
}
