//! Everything the engine can cause: a closed set, released after the commit of what led to it.

use std::time::Duration;

use crate::base::call::HttpCall;
use crate::base::id::{AccountId, BotId};
use crate::base::jid::BareJid;
pub use crate::core::handle::ApiChange;
use crate::core::handle::{Outcome, ReplyTo};
use crate::xml::Element;
use crate::xmpp::iq::Peer;
use crate::xmpp::session::SessionConfig;
use crate::xmpp::stanza::IqKind;

/// One thing to be done.
#[derive(Debug)]
pub enum Effect {
    /// Answer a face.
    Answer(ReplyTo, Outcome),
    /// Tell a session something.
    Session(AccountId, Order),
    /// Call another service; what became of it comes with the tag.
    Call {
        /// The engine's name for it.
        tag: u64,
        /// What it must not hold up: calls with the same key share few threads.
        key: String,
        /// The call.
        call: Box<HttpCall>,
        /// How its answer is taken.
        manner: Manner,
    },
    /// Call off the call with this tag, if it is still under way.
    CallOff(u64),
    /// An account came or went, or a bot is otherwise than it was: whoever shows that may ask how it is now. Only where
    /// [`Watch::is_on`](crate::core::setup::Watch).
    Changed,
    /// Remove files that people with a browser or bots have sent: where they lie below the place of such files.
    RemoveFiles(Vec<String>),
    /// Change how the API is reached; [`crate::engine::event::Event::Rebound`] follows.
    Rebind(Rebind),
}

/// How the answer to a call is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// As a whole, by a thread of its own.
    Whole,
    /// The lines of a good answer are heard while they come ([`crate::engine::event::Event::Heard`]), this often.
    InPieces(Duration),
    /// As a whole, which may last: no thread waits for it. What fails before anything of the call went out is
    /// [`CallError::Unsent`](crate::base::call::CallError::Unsent).
    Lasting,
}

/// A change of the API's address, wished by an admin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rebind {
    /// What is to change.
    pub change: ApiChange,
    /// Who is told what became of it.
    pub by: Wisher,
}

/// Who wishes another address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wisher {
    /// Somebody in the chat of a bot.
    Chat {
        /// The bot.
        bot: BotId,
        /// The person.
        who: BareJid,
    },
    /// A caller of the API with management rights, who waits under this tag.
    Api(u64),
}

/// What a session is told.
#[derive(Debug)]
pub enum Order {
    /// Make the session and keep it connected.
    Start(Box<SessionConfig>, Route),
    /// Send a stanza; the tag comes back when the server has it.
    Send {
        /// The caller's name for it: the outbox row. `None` for what may be lost, such as presence.
        tag: Option<u64>,
        /// The stanza as XML.
        stanza: String,
    },
    /// Read the archive, then go online.
    CatchUp {
        /// The id to read on from.
        after: Option<String>,
        /// Without an id: everything of so long counts.
        age: Option<Duration>,
        /// Something may have been sent on an earlier connection.
        in_doubt: Option<Vec<String>>,
    },
    /// So many more messages are committed.
    Handled(u32),
    /// So much more presence, so many more questions and answers were looked at.
    Taken(u32),
    /// Nothing could be committed: drop the connection, let the server send again.
    Reset,
    /// Ask somebody; the answer comes with the tag.
    Ask {
        /// The caller's name for it.
        tag: u64,
        /// Whom.
        to: Peer,
        /// Question or order.
        kind: IqKind,
        /// What is asked.
        payload: Element,
    },
    /// Change our presence; the whole stanza.
    Presence(String),
    /// Say goodbye and end.
    Close,
}

/// Where an account's server is and what certificate is right (docs/xmpp.md).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// The domain: SNI, certificate name, SRV lookup.
    pub domain: String,
    /// Where to connect instead of what DNS says; empty for DNS. `host`, `host:port`, `[::1]:port`: STARTTLS, port 5222
    /// if none is given. `tls://host[:port]`: TLS from the first byte, port 5223 if none is given.
    pub host: String,
    /// PEM file of CAs to trust beside the built-in roots; empty for none.
    pub ca_file: String,
    /// SHA-256 of the one certificate to accept, `sha256:` and hex; empty for none.
    pub pin: String,
    /// Take the operating system's certificate store instead of the built-in roots.
    pub system_roots: bool,
}
