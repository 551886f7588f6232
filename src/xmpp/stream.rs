//! One XML stream on one connection (RFC 6120 §4): header, features, STARTTLS, SASL, resource binding or resumption.
//!
//! It lives as long as its connection. The session gives it bytes and asks for what came of them ([`Stream::poll`]);
//! after [`Got::Bound`] or [`Got::Resumed`] all top-level elements are handed on. Each restart, after STARTTLS and after
//! SASL, begins with a new framer; bytes that came before it are an error, for they were not under its protection.
//! `login` registers the account, where that is wanted, and logs in.

use crate::base::jid::{BareJid, Jid};
use crate::base::secret::Secret;
use crate::xml::{self, Element, Frame, Framer, Namespaces};
use crate::xmpp::register::RegistrationRefusal;
use crate::xmpp::sasl::{self, Exchange, LoginKey};
use crate::xmpp::session::TlsFacts;
use crate::xmpp::stanza::{Iq, IqKind, StanzaError};
use crate::xmpp::{ns, sm};

mod login;

/// Id of the question for a resource.
const BIND_ID: &str = "bind";

/// Who logs in, and how.
#[derive(Clone, Debug)]
pub struct Login {
    /// The account.
    pub account: BareJid,
    /// Its password.
    pub password: Secret,
    /// The resource to bind.
    pub resource: String,
    /// SCRAM keys of an earlier login.
    pub key: Option<LoginKey>,
    /// No TLS, and PLAIN without it, are acceptable.
    pub plaintext: bool,
    /// SCRAM's nonce, fresh for each stream.
    pub nonce: String,
    /// The stream to resume: its id, and `h`.
    pub resume: Option<(String, u32)>,
    /// Register the account before the login (XEP-0077), unless it is there already.
    pub register: bool,
}

/// What came of the bytes.
#[derive(Debug)]
pub enum Got {
    /// Do the TLS handshake, then [`Stream::tls_up`].
    StartTls,
    /// The account is being registered: from here on it may be there.
    Registering,
    /// Logged in.
    Authenticated {
        /// The mechanism's name.
        mechanism: &'static str,
        /// Keys to keep, if they are new.
        key: Option<LoginKey>,
    },
    /// The earlier stream goes on; the server has handled `h` stanzas of ours.
    Resumed(u32),
    /// The earlier stream is gone, having handled so many stanzas if the server still knows. A new one is being bound.
    NotResumed(Option<u32>),
    /// A new stream with this address; whether stream management is offered.
    Bound(Jid, bool),
    /// A stanza or another top-level element, and how many bytes it had.
    Element(Element, usize),
    /// One that is not read, as something in it is over a limit or not as it should be; see [`SkippedStanza`].
    Skipped(Box<SkippedStanza>),
    /// The server closed the stream.
    End,
}

/// What is known of a stanza that is not read.
#[derive(Debug)]
pub struct SkippedStanza {
    /// Its name and attributes, as far as they could be read; and, without their content, the children that tell ids.
    pub head: Element,
    /// Its size.
    pub bytes: u64,
    /// Why it is not read.
    pub why: xml::Error,
}

/// Why a stream ends.
#[derive(Debug)]
pub enum Failure {
    /// The server's XML is no XML. Negotiated, the stanza in which it went wrong is known as far as it came.
    Xml(xml::Error, Option<Box<SkippedStanza>>),
    /// Something that may not come at this point.
    Protocol(String),
    /// TLS is neither there nor offered.
    NoTls,
    /// A stream error (RFC 6120 §4.9): condition, text, and the content of the condition.
    Stream(String, Option<String>, String),
    /// The server refuses the login (RFC 6120 §6.5).
    Refused {
        /// The defined condition, such as `not-authorized`.
        condition: String,
        /// The server's words.
        text: Option<String>,
        /// Saved keys were used instead of the password.
        used_old_key: bool,
    },
    /// We refuse the login.
    Sasl(sasl::Error),
    /// The server gives us no resource.
    Bind(StanzaError),
    /// The server does not register the account.
    Register(RegistrationRefusal),
}

/// Where the negotiation stands.
enum Phase {
    /// Waits for header and features.
    Features,
    /// Waits for `<proceed/>`.
    Proceed,
    /// Waits for the TLS handshake.
    Handshake,
    /// Registration under way, with the features of the login after it.
    Registering(Box<Element>),
    /// Login under way.
    Sasl(Box<Exchange>),
    /// Waits for `<resumed/>`; whether stream management is offered at all is clear by then.
    Resuming,
    /// Waits for the address.
    Binding { offers_sm: bool },
    /// Negotiated.
    Ready,
}

/// The machine.
pub struct Stream {
    login: Login,
    tls: Option<TlsFacts>,
    phase: Phase,
    is_authenticated: bool,
    /// Somebody has the name that was to be registered; perhaps we.
    is_name_taken: bool,
    max_bytes: Option<usize>,
    framer: Framer,
    namespaces: Namespaces,
    out: Vec<u8>,
}

impl Stream {
    /// Begins a stream on a new connection; `tls` if that is direct TLS.
    pub fn open(login: Login, tls: Option<TlsFacts>) -> Stream {
        let mut stream = Stream {
            login,
            tls,
            phase: Phase::Features,
            is_authenticated: false,
            is_name_taken: false,
            max_bytes: None,
            framer: Framer::new(),
            namespaces: Namespaces::default(),
            out: Vec::new(),
        };
        stream.send_header();
        stream
    }

    /// The TLS handshake is done.
    pub fn tls_up(&mut self, facts: TlsFacts) {
        if matches!(self.phase, Phase::Handshake) {
            self.tls = Some(facts);
            self.restart();
        }
    }

    /// What is known of TLS.
    pub fn tls(&self) -> Option<&TlsFacts> {
        self.tls.as_ref()
    }

    /// The largest stanza that the server takes (XEP-0478), if it says so.
    pub fn max_bytes(&self) -> Option<usize> {
        self.max_bytes
    }

    /// Takes bytes from the server.
    pub fn push(&mut self, bytes: &[u8]) {
        self.framer.push(bytes);
    }

    /// Sends a stanza or another element.
    pub fn send(&mut self, element: &str) {
        log::trace!("{}: > {element}", self.login.account);
        self.out.extend_from_slice(element.as_bytes());
    }

    /// Sends the end tag: nothing may be sent afterwards.
    pub fn close(&mut self) {
        self.send("</stream:stream>");
    }

    /// Moves the bytes to be sent to the end of `out`.
    pub fn take_write(&mut self, out: &mut Vec<u8>) {
        // While nothing is to be said there is no buffer: a thousand sessions idle most of the time.
        let mut said = std::mem::take(&mut self.out);
        if out.is_empty() {
            *out = said;
        } else {
            out.append(&mut said);
        }
    }

    /// What came of the bytes pushed, `None` when more are needed.
    pub fn poll(&mut self) -> Result<Option<Got>, Failure> {
        loop {
            if matches!(self.phase, Phase::Handshake) && !self.framer.rest().is_empty() {
                return Err(Failure::Protocol("bytes between STARTTLS and TLS: somebody injects".into()));
            }
            let frame = match self.framer.poll() {
                Ok(Some(frame)) => frame,
                Ok(None) => return Ok(None),
                Err(error) => return Err(self.broken(error)),
            };
            let is_ready = matches!(self.phase, Phase::Ready);
            let (element, bytes) = match frame {
                Frame::End => return Ok(Some(Got::End)),
                Frame::Header(text) => {
                    self.namespaces = read_header(text)?;
                    continue;
                }
                Frame::Skipped(left) => {
                    let skipped = SkippedStanza::of(left, &self.namespaces);
                    return if is_ready {
                        Ok(Some(Got::Skipped(skipped)))
                    } else {
                        Err(Failure::Xml(skipped.why, None))
                    };
                }
                Frame::Element(text) => {
                    match self.phase {
                        Phase::Sasl(_) => log::trace!("{}: < (SASL, not shown)", self.login.account),
                        // A refusal repeats what was asked, and in that the password.
                        Phase::Registering(_) => log::trace!("{}: < (registration, not shown)", self.login.account),
                        _ => log::trace!("{}: < {text}", self.login.account),
                    }
                    match Element::parse(text, &self.namespaces) {
                        Ok(element) => (element, text.len()),
                        Err(why) if is_ready => {
                            let skipped = SkippedStanza::of(Framer::left_of(text, why), &self.namespaces);
                            return Ok(Some(Got::Skipped(skipped)));
                        }
                        Err(why) => return Err(Failure::Xml(why, None)),
                    }
                }
            };
            if element.is("error", ns::STREAM) {
                return Err(read_stream_error(&element));
            }
            if is_ready {
                return Ok(Some(Got::Element(element, bytes)));
            }
            if let Some(got) = self.step(element)? {
                return Ok(Some(got));
            }
        }
    }

    /// Whether more of a stanza is awaited.
    pub fn is_inside(&self) -> bool {
        self.framer.is_inside()
    }

    /// Bytes that are to be sent.
    pub fn unsent(&self) -> usize {
        self.out.len()
    }

    fn broken(&mut self, error: xml::Error) -> Failure {
        let is_ready = matches!(self.phase, Phase::Ready);
        let skipped = is_ready.then(|| SkippedStanza::of(self.framer.left(error.clone()), &self.namespaces));
        Failure::Xml(error, skipped)
    }

    fn step(&mut self, element: Element) -> Result<Option<Got>, Failure> {
        match &self.phase {
            Phase::Features if element.is("features", ns::STREAM) => self.features(&element),
            Phase::Proceed if element.is("proceed", ns::TLS) => {
                // RFC 6120 §5.4.3.3: what follows in the clear could be anybody's.
                self.phase = Phase::Handshake;
                if !self.framer.rest().is_empty() {
                    return Err(Failure::Protocol("bytes behind <proceed/>: somebody injects".into()));
                }
                Ok(Some(Got::StartTls))
            }
            Phase::Proceed if element.is("failure", ns::TLS) => {
                Err(Failure::Protocol("the server failed to start TLS".into()))
            }
            Phase::Sasl(_) if element.ns() == ns::SASL => self.sasl(&element),
            Phase::Registering(_) if element.is("iq", ns::CLIENT) => self.registration(element),
            Phase::Resuming if element.ns() == ns::SM => self.resumption(&element),
            Phase::Binding { offers_sm } if element.attribute("id") == Some(BIND_ID) => {
                let offers_sm = *offers_sm;
                self.bound(element, offers_sm)
            }
            _ => Err(Failure::Protocol(format!("<{}/> does not belong here", element.name()))),
        }
    }

    fn features(&mut self, features: &Element) -> Result<Option<Got>, Failure> {
        if self.tls.is_none() && !self.is_authenticated {
            if features.find("starttls", ns::TLS).is_some() {
                self.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
                self.phase = Phase::Proceed;
                return Ok(None);
            }
            if !self.login.plaintext {
                return Err(Failure::NoTls);
            }
        }
        if !self.is_authenticated && std::mem::take(&mut self.login.register) {
            self.ask_registration(features);
            return Ok(None);
        }
        if !self.is_authenticated {
            return self.authenticate(features).map(|()| None);
        }
        let offers_sm = features.find("sm", ns::SM).is_some();
        let limits = features.find("limits", ns::STREAM_LIMITS);
        self.max_bytes = limits.and_then(|limits| limits.text_of("max-bytes", ns::STREAM_LIMITS)?.trim().parse().ok());
        match self.login.resume.take() {
            Some((id, h)) if offers_sm => {
                self.send(&sm::print_resume(&id, h));
                self.phase = Phase::Resuming;
            }
            _ => self.bind(offers_sm),
        }
        Ok(None)
    }

    fn resumption(&mut self, element: &Element) -> Result<Option<Got>, Failure> {
        let h = sm::read_h(element);
        match (element.name(), h) {
            ("resumed", Some(h)) => {
                self.settle();
                Ok(Some(Got::Resumed(h)))
            }
            // XEP-0198 §5: binding is the way on, in the same stream.
            ("failed", h) => {
                self.bind(true);
                Ok(Some(Got::NotResumed(h)))
            }
            _ => Err(Failure::Protocol(format!("<{}/> does not answer <resume/>", element.name()))),
        }
    }

    fn bind(&mut self, offers_sm: bool) {
        let resource = Element::new("resource", ns::BIND).with_text(&self.login.resource);
        let bind = Element::new("bind", ns::BIND).with_child(resource);
        self.send(&Iq::print(IqKind::Set, BIND_ID, None, Some(bind)));
        self.phase = Phase::Binding { offers_sm };
    }

    fn bound(&mut self, element: Element, offers_sm: bool) -> Result<Option<Got>, Failure> {
        let wrong = || Failure::Protocol("the answer to binding has no address of ours".into());
        let iq = Iq::read(element).ok_or_else(wrong)?;
        if let Some(error) = iq.error {
            return Err(Failure::Bind(error));
        }
        let jid = iq.payload.and_then(|bind| bind.text_of("jid", ns::BIND)).and_then(|jid| Jid::parse(&jid).ok());
        let jid = jid.filter(|jid| jid.bare_str() == self.login.account.as_str() && !jid.is_bare());
        self.settle();
        Ok(Some(Got::Bound(jid.ok_or_else(wrong)?, offers_sm)))
    }

    /// It is negotiated. What only the login needed goes: the connection may last for months.
    fn settle(&mut self) {
        self.phase = Phase::Ready;
        self.login.password = Secret::default();
        self.login.resource = String::new();
        if let Some(tls) = &mut self.tls {
            (tls.exporter, tls.server_end_point) = (None, None);
        }
    }

    fn restart(&mut self) {
        self.framer = Framer::new();
        self.phase = Phase::Features;
        self.send_header();
    }

    fn send_header(&mut self) {
        let mut header = String::from("<?xml version='1.0'?><stream:stream");
        // RFC 6120 §4.7.1: who we are is nothing to say in the clear.
        if self.tls.is_some() {
            xml::write::push_attribute(&mut header, "from", self.login.account.as_str());
        }
        xml::write::push_attribute(&mut header, "to", self.login.account.domain());
        header.push_str(
            " version='1.0' xml:lang='en' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>",
        );
        self.send(&header);
    }
}

impl SkippedStanza {
    fn of(left: xml::Skipped, namespaces: &Namespaces) -> Box<SkippedStanza> {
        let head = Element::of_tags(&left.tags, namespaces);
        Box::new(SkippedStanza { head, bytes: left.bytes, why: left.why })
    }
}

fn read_header(text: &str) -> Result<Namespaces, Failure> {
    let (root, namespaces) = Namespaces::of_open_tag(text).map_err(|error| Failure::Xml(error, None))?;
    // RFC 6120 §4.7.5: without a version there are no features, and so no TLS and no SASL.
    let is_modern = root.attribute("version").is_some_and(|version| !version.starts_with("0."));
    if !root.is("stream", ns::STREAM) || !is_modern {
        return Err(Failure::Protocol("what answers is no XMPP 1.0 server".into()));
    }
    Ok(namespaces)
}

fn read_stream_error(error: &Element) -> Failure {
    let condition = error.children().find(|child| child.ns() == ns::STREAM_ERRORS && child.name() != "text");
    let content = condition.map(Element::text).unwrap_or_default();
    let condition = condition.map_or("undefined-condition", Element::name).to_string();
    Failure::Stream(condition, error.text_of("text", ns::STREAM_ERRORS), content)
}
