//! What a session is made from, what happens to it, and what it tells.

use std::time::Duration;

use crate::base::jid::{BareJid, Jid};
use crate::base::secret::Secret;
use crate::xml::Element;
use crate::xmpp::iq::Peer;
use crate::xmpp::message::Inbound;
use crate::xmpp::roster;
use crate::xmpp::sasl::LoginKey;
use crate::xmpp::stanza::{Iq, IqKind, StanzaError};

/// What a session is made from.
#[derive(Clone, Debug)]
pub struct SessionConfig {
    /// The account.
    pub account: BareJid,
    /// Its password.
    pub password: Secret,
    /// The resource to bind; stable over restarts, so that our own messages are known again.
    pub resource: String,
    /// SCRAM's derived keys of an earlier login, so that PBKDF2 runs once and not at each login.
    pub login_key: Option<LoginKey>,
    /// Register the account before the first login (XEP-0077), where it is not there yet.
    pub register: bool,
    /// Whether PLAIN and no TLS at all are acceptable: only for loopback, and only when the configuration says so.
    pub plaintext: bool,
    /// Our presence when we come online: a whole stanza.
    pub presence: String,
    /// The account is a bot's own: presence and questions of others are told, too. On a person's account they are his,
    /// and only questions of his own clients are told.
    pub is_bot: bool,
    /// What we can besides what every session can, as our presence promises it (XEP-0115).
    pub features: &'static [&'static str],
}

/// What the socket side knows of the TLS connection.
#[derive(Clone, Debug, Default)]
pub struct TlsFacts {
    /// `tls-exporter` channel binding data (RFC 9266), if it can be had.
    pub exporter: Option<Vec<u8>>,
    /// `tls-server-end-point` channel binding data (RFC 5929 §4), if it can be had.
    pub server_end_point: Option<Vec<u8>>,
    /// For people: "TLS 1.3, TLS_AES_128_GCM_SHA256".
    pub text: String,
}

/// One thing that happens to a session.
#[derive(Debug)]
pub enum SessionInput<'a> {
    /// The TCP connection stands; with `Some`, direct TLS is up already.
    Connected(Option<TlsFacts>),
    /// STARTTLS is done.
    TlsUp(TlsFacts),
    /// Bytes from the server.
    Bytes(&'a [u8]),
    /// The connection could not be made or is gone; the text says why, for the log.
    Lost(Lost),
    /// The other side closed the connection, in order.
    Closed,
    /// A stanza to send. `tag` comes back in [`Event::Acked`]; without SM the answer to a ping behind it is the proof.
    ///
    /// While the session is online it goes out at once; while a stream that may be resumed is interrupted it is kept
    /// and goes out after the resumption. At any other time it is dropped: the engine sends what it still has to send
    /// after [`Event::Online`] with `resumed: false`.
    Send {
        /// The caller's name for it; `None` for what may be lost, such as presence.
        tag: Option<u64>,
        /// The whole stanza as XML, namespace `jabber:client` implied.
        stanza: String,
    },
    /// A question to somebody; [`Event::Answer`] always follows.
    Ask {
        /// The caller's name for it.
        tag: u64,
        /// To whom.
        to: Peer,
        /// [`IqKind::Get`] or [`IqKind::Set`].
        kind: IqKind,
        /// What is asked.
        payload: Element,
    },
    /// Answer to [`Event::Bound`]: read the archive, then go online.
    CatchUp(CatchUpFrom),
    /// The engine has committed this many more [`Event::Message`]s.
    Handled(u32),
    /// The engine has looked at this many more of what it need not commit: presence, questions, answers.
    Taken(u32),
    /// The engine could not commit: forget what is unhandled, drop the connection, let the server send it again.
    /// [`Event::Offline`] always follows, and is the fence: messages told before it must be neither handled nor counted.
    Reset,
    /// Change our presence; the whole stanza.
    Presence(String),
    /// A deadline came.
    Tick,
    /// Say goodbye and end. `SessionOutput::Close` follows when the stream is closed or after a short wait.
    Close,
}

/// From where the archive is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatchUpFrom {
    /// Read on after this id, the last that is surely committed.
    pub after: Option<String>,
    /// Without an id: everything of so long counts, and is read. `None`: what was there before does not count.
    pub age: Option<Duration>,
    /// Something may have been sent on an earlier connection: it is looked for until it must have arrived. Without
    /// an id in the newest pages; what they have is told before [`Event::Mark`]. With the ids of what that is: once all
    /// were found there is no need to look again; none are named where they are too many.
    pub in_doubt: Option<Vec<String>>,
}

/// Why a connection ended, as far as the socket knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lost {
    /// Not reached, reset.
    Network(String),
    /// The certificate was refused; trying again is right (it may be renewed), silence is not.
    Certificate(String),
}

/// What the driver is to do.
#[derive(Debug)]
pub enum SessionOutput {
    /// Open a connection (the deadline for it is kept here).
    Connect,
    /// Do the TLS handshake on the open connection; `take_write` is empty at that point.
    StartTls,
    /// Make the next connection to this place (`host`, `host:port`), under the same rules as any: the server says so.
    Redirect(String),
    /// Drop the connection.
    Disconnect,
    /// The session has ended for good.
    Close,
    /// Tell the engine.
    Event(Event),
}

/// What the engine is told. Every [`Event::Message`] is answered by `SessionInput::Handled`, in order.
#[derive(Debug)]
pub enum Event {
    /// Logged in on a new stream; waits for [`SessionInput::CatchUp`].
    Bound {
        /// Our full JID.
        jid: Jid,
        /// What the server can do.
        facts: Facts,
    },
    /// Everything sent now goes out; the archive is read. What was sent before and not `Acked` was lost unless `resumed`.
    Online {
        /// The stream was resumed (XEP-0198 §5): unacknowledged stanzas are sent again by the session itself.
        resumed: bool,
    },
    /// A message, live or from the archive, unwrapped.
    Message(Box<Inbound>),
    /// The archive is read up to this id: commit it as the place to catch up from, after the messages told before it.
    /// Takes no `SessionInput::Handled`.
    Mark(String),
    /// A stanza was skipped; it is counted and answered already. Takes no `SessionInput::Handled`.
    Skipped(Box<Skipped>),
    /// Presence, as it came: of rooms, and where [`SessionConfig::is_bot`] of everybody.
    Presence(Box<Element>),
    /// A contact of ours is new, changed or removed (RFC 6121 §2.1.6); answered already. Only where
    /// [`SessionConfig::is_bot`].
    Contact(Box<roster::Item>),
    /// A question of somebody that the session does not answer itself. The answer is due as a stanza
    /// ([`Iq::print_result`], [`Iq::print_error`]). Only where [`SessionConfig::is_bot`], or from another
    /// client of the same account.
    Request(Box<Iq>),
    /// What became of [`SessionInput::Ask`]: the answer's payload, or the refusal; `wait`/`remote-server-timeout` when
    /// nobody answered in time, `wait`/`recipient-unavailable` when the connection went first.
    Answer {
        /// The caller's name for it.
        tag: u64,
        /// The answer.
        outcome: Result<Option<Element>, StanzaError>,
    },
    /// The server has these (XEP-0198 §4): tags of `SessionInput::Send`, in order.
    Acked(Vec<u64>),
    /// The server ends the stream for this stanza of ours, each time: it is given up, and must not be sent again.
    Convicted {
        /// The stanza.
        stanza: String,
        /// Its size seems to be the reason.
        is_too_large: bool,
    },
    /// The account is being registered: from here on it may be there, whatever becomes of the login.
    Registering,
    /// Keep this for the next login.
    LoginKey(LoginKey),
    /// The connection is gone or could not be made; the next try comes by itself.
    Offline {
        /// One sentence for people.
        why: String,
        /// When the next try comes.
        retry_in: Duration,
    },
    /// Given up: wrong password, account disabled. Only a new session tries again.
    Stopped {
        /// One sentence for people, with what to do.
        why: String,
    },
}

/// A stanza that nobody gets to see, as it is over a limit or not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// `message`, `presence` or `iq`.
    pub what: String,
    /// Who sent it, as far as that is known.
    pub from: String,
    /// Its size.
    pub bytes: u64,
    /// Why it was skipped, as the end of a sentence.
    pub why: String,
    /// Its id in our archive, where the archive need not be read up to it any more.
    pub mark: Option<String>,
}

impl Event {
    /// Whether the session counts it until [`SessionInput::Taken`], as it counts messages until
    /// [`SessionInput::Handled`].
    pub fn is_counted(&self) -> bool {
        matches!(self, Event::Presence(_) | Event::Request(_) | Event::Answer { .. } | Event::Skipped(_))
    }
}

/// What a server turned out to offer; for `doctor` and the log.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// TLS version and suite, or "no TLS".
    pub tls: String,
    /// SASL mechanism used.
    pub mechanism: String,
    /// Stream management with resumption.
    pub resumption: bool,
    /// Message carbons.
    pub carbons: bool,
    /// Message archive (XEP-0313).
    pub archive: bool,
    /// The largest stanza that the server takes, if it says so (XEP-0478).
    pub max_bytes: Option<usize>,
}
