//! How the session of an account fares.

use std::time::Duration;

use crate::channel::xmpp::proof::Proof;
use crate::core::handle::Connection;

/// How a session fares.
pub(crate) struct Course {
    pub(crate) connection: Connection,
    /// Since when (monotonic: the other clock may be set meanwhile).
    pub(crate) since: Duration,
    /// What it does or what is wrong; empty where the word for the connection says it.
    pub(crate) why: String,
    pub(crate) retry_in: Duration,
    /// Since when it is tried without having been online once.
    pub(crate) begun: Duration,
    /// That its server answers.
    pub(crate) proof: Proof,
    /// How it was, and since when, before somebody else's change began it anew.
    before: Option<(Connection, Duration)>,
}

impl Course {
    /// A session is started, perhaps in the place of one that fared so.
    pub(crate) fn begin(former: Option<&Course>, now: Duration) -> Course {
        let before = former.and_then(|former| match former.connection {
            Connection::Connecting => former.before,
            connection => Some((connection, former.since)),
        });
        let begun = former.map_or(now, |former| former.begun);
        let (why, retry_in) = Default::default();
        let proof = Proof::default();
        Course { connection: Connection::Connecting, since: now, why, retry_in, begun, proof, before }
    }

    /// It took this turn.
    pub(crate) fn turn(&mut self, connection: Connection, why: &str, now: Duration) {
        let before = self.before.take().filter(|(before, _)| *before == connection);
        if self.connection != connection {
            // As before it was begun anew: nothing has changed.
            (self.connection, self.since) = before.unwrap_or((connection, now));
        }
        self.why = why.to_string();
    }

    pub(crate) fn offline(&mut self, why: &str, retry_in: Duration, now: Duration) {
        self.turn(Connection::Offline, why, now);
        self.retry_in = retry_in;
    }

    /// For lists of accounts and the log; `offline` is what that is called.
    pub(crate) fn say(&self, offline: &str) -> String {
        let Course { connection, why, retry_in, .. } = self;
        match connection {
            Connection::Offline => format!("{offline}: {why}; next try in {} s", retry_in.as_secs_f32().ceil()),
            Connection::Connecting if !why.is_empty() => why.clone(),
            _ if why.is_empty() => connection.as_str().to_string(),
            _ => format!("{}: {why}", connection.as_str()),
        }
    }
}

/// In one word why a connection was lost or not made; `why` is what the session says for people.
pub(super) fn reason(why: &str) -> &'static str {
    const REASONS: [(&str, &str); 9] = [
        ("certificate is refused", "certificate"),
        ("cannot be reached", "unreachable"),
        ("does not answer", "timeout"),
        ("took too long", "timeout"),
        ("closed the connection", "closed"),
        ("the server restarts", "server_restart"),
        ("login", "login"),
        ("took our resource", "conflict"),
        ("reset", "reset"),
    ];
    REASONS.iter().find(|(words, _)| why.contains(words)).map_or("other", |(_, reason)| reason)
}
