//! SASL (RFC 6120 §6) as step machines: SCRAM (RFC 5802, RFC 7677) with and without channel binding, and PLAIN (RFC 4616).
//!
//! The stream machine picks with [`choose`], then drives an [`Exchange`]. The server must prove that it knows the
//! password too; a login that it did not prove is an error, whatever `<success/>` says. Secrets are never printed.

use std::num::NonZeroU32;

use crate::base::crypto::{self, Hash};
use crate::base::limits;
use crate::base::secret::Secret;
use crate::base::text::{base64, unbase64};
use crate::xmpp::session::TlsFacts;

/// What SCRAM derives from a password: kept, sealed, so that the next login needs no PBKDF2 (and no password).
#[derive(Clone, PartialEq, Eq)]
pub struct LoginKey {
    /// The hash function.
    pub hash: Hash,
    /// The server's salt.
    pub salt: Vec<u8>,
    /// The server's iteration count.
    pub iterations: u32,
    /// ClientKey (RFC 5802 §3).
    pub client_key: Vec<u8>,
    /// ServerKey (RFC 5802 §3).
    pub server_key: Vec<u8>,
}

impl std::fmt::Debug for LoginKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LoginKey(***)")
    }
}

impl LoginKey {
    /// SaltedPassword and from it both keys (RFC 5802 §3).
    fn derive(hash: Hash, password: &Secret, salt: Vec<u8>, iterations: NonZeroU32) -> LoginKey {
        // A password that SASLprep (RFC 4013) refuses may still have been set by a server that does not prepare.
        let prepared = stringprep::saslprep(password.expose()).unwrap_or(password.expose().into());
        let salted = crypto::pbkdf2(hash, prepared.as_bytes(), &salt, iterations);
        LoginKey {
            hash,
            salt,
            iterations: iterations.get(),
            client_key: crypto::hmac(hash, &salted, b"Client Key"),
            server_key: crypto::hmac(hash, &salted, b"Server Key"),
        }
    }
}

/// Why a login cannot go on. Nothing of this is the server's refusal; that is `<failure/>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The server offers nothing we may use; holds what it offers.
    NoMechanism(String),
    /// The iteration count is out of [`limits::SCRAM_ITERATIONS`]: a downgrade, or an attempt to burn our CPU.
    Iterations(u32),
    /// The server's nonce does not continue ours: an answer to somebody else's question.
    Nonce,
    /// The server did not prove that it knows the password: possibly not our server.
    ServerSignature,
    /// Not what the mechanism's grammar allows here.
    Malformed(&'static str),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Error::NoMechanism(offered) => write!(f, "no usable login mechanism among: {offered}"),
            Error::Iterations(count) => {
                write!(f, "the server asks for {count} SCRAM iterations, which is out of range")
            }
            Error::Nonce => f.write_str("the server's SCRAM nonce does not begin with ours"),
            Error::ServerSignature => f.write_str("the server could not prove that it knows the password"),
            Error::Malformed(what) => write!(f, "the server's SASL message is wrong: {what}"),
        }
    }
}

impl std::error::Error for Error {}

/// A mechanism we can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mechanism {
    Scram(Hash),
    ScramPlus(Hash),
    Plain,
}

/// Best first: binding to the TLS channel is worth more than a longer hash.
const PREFERENCE: [Mechanism; 7] = [
    Mechanism::ScramPlus(Hash::Sha512),
    Mechanism::ScramPlus(Hash::Sha256),
    Mechanism::ScramPlus(Hash::Sha1),
    Mechanism::Scram(Hash::Sha512),
    Mechanism::Scram(Hash::Sha256),
    Mechanism::Scram(Hash::Sha1),
    Mechanism::Plain,
];

impl Mechanism {
    fn name(self) -> &'static str {
        match self {
            Mechanism::Scram(Hash::Sha1) => "SCRAM-SHA-1",
            Mechanism::Scram(Hash::Sha256) => "SCRAM-SHA-256",
            Mechanism::Scram(Hash::Sha512) => "SCRAM-SHA-512",
            Mechanism::ScramPlus(Hash::Sha1) => "SCRAM-SHA-1-PLUS",
            Mechanism::ScramPlus(Hash::Sha256) => "SCRAM-SHA-256-PLUS",
            Mechanism::ScramPlus(Hash::Sha512) => "SCRAM-SHA-512-PLUS",
            Mechanism::Plain => "PLAIN",
        }
    }
}

/// What a server's features say about logging in.
#[derive(Clone, Debug, Default)]
pub struct Offer {
    /// Names of mechanisms.
    pub mechanisms: Vec<String>,
    /// Types of channel binding (XEP-0440).
    pub bindings: Vec<String>,
}

/// Who else may hear what is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Nobody, by TLS or because the configuration says so.
    Private,
    /// Anybody on the way.
    Open,
}

/// A mechanism picked from an offer, and how it is bound to the channel.
#[derive(Clone, Debug)]
pub struct Choice {
    mechanism: Mechanism,
    /// `gs2-cbind-flag` (RFC 5802 §7) with the comma of the empty authorisation id.
    gs2: String,
    /// The channel binding data; empty without binding.
    binding: Vec<u8>,
}

impl Choice {
    /// The mechanism's name (for `<auth/>` and for people).
    pub fn name(&self) -> &'static str {
        self.mechanism.name()
    }
}

/// Picks the best mechanism; PLAIN only where the channel is private.
pub fn choose(offer: &Offer, tls: Option<&TlsFacts>, channel: Channel) -> Result<Choice, Error> {
    let offers_plus = offer.mechanisms.iter().any(|name| name.ends_with("-PLUS"));
    let binding = tls.and_then(|facts| common_binding(offer, facts));
    let can_bind = tls.is_some_and(|facts| facts.exporter.is_some() || facts.server_end_point.is_some());
    for mechanism in PREFERENCE {
        if !offer.mechanisms.iter().any(|name| name == mechanism.name()) {
            continue;
        }
        match (mechanism, &binding) {
            (Mechanism::ScramPlus(_), Some((kind, data))) => {
                return Ok(Choice { mechanism, gs2: format!("p={kind},,"), binding: data.clone() });
            }
            // COMPAT(ejabberd 23.01): offers -PLUS but can do only tls-unique, which TLS 1.3 does not have.
            (Mechanism::ScramPlus(_), None) => {}
            (Mechanism::Scram(_), _) => {
                // RFC 5802 §6: `y` tells a server that does offer -PLUS that somebody took it out of its offer.
                let gs2 = if can_bind && !offers_plus { "y,," } else { "n,," };
                return Ok(Choice { mechanism, gs2: gs2.to_string(), binding: Vec::new() });
            }
            (Mechanism::Plain, _) if channel == Channel::Private => {
                return Ok(Choice { mechanism, gs2: String::new(), binding: Vec::new() });
            }
            (Mechanism::Plain, _) => {}
        }
    }
    Err(Error::NoMechanism(offer.mechanisms.join(", ")))
}

/// The best type of binding that both sides have. Without XEP-0440 a server's types are unknown: none is.
fn common_binding(offer: &Offer, facts: &TlsFacts) -> Option<(&'static str, Vec<u8>)> {
    let ours = [("tls-exporter", &facts.exporter), ("tls-server-end-point", &facts.server_end_point)];
    ours.into_iter().find_map(|(kind, data)| {
        let listed = offer.bindings.iter().any(|name| name == kind);
        data.clone().filter(|_| listed).map(|data| (kind, data))
    })
}

/// One login under way.
pub struct Exchange {
    choice: Choice,
    password: Secret,
    nonce: String,
    /// The key of an earlier login, then the one in use.
    key: Option<LoginKey>,
    is_new_key: bool,
    step: Step,
}

/// What the server has to say next.
enum Step {
    /// `server-first-message`; holds our `client-first-message-bare`.
    First(String),
    /// `server-final-message`; holds the signature it must show.
    Final(Vec<u8>),
    /// Nothing but success.
    Success,
}

impl Exchange {
    /// Begins a login as `user`; gives the exchange and the initial response.
    pub fn start(
        choice: Choice,
        user: &str,
        password: Secret,
        key: Option<LoginKey>,
        nonce: String,
    ) -> (Exchange, Vec<u8>) {
        let (step, response) = match choice.mechanism {
            Mechanism::Plain => (Step::Success, format!("\0{user}\0{}", password.expose())),
            Mechanism::Scram(_) | Mechanism::ScramPlus(_) => {
                // RFC 5802 §5.1: `saslname`
                let user = user.replace('=', "=3D").replace(',', "=2C");
                let bare = format!("n={user},r={nonce}");
                let response = format!("{}{bare}", choice.gs2);
                (Step::First(bare), response)
            }
        };
        (Exchange { choice, password, nonce, key, is_new_key: false, step }, response.into_bytes())
    }

    /// Answers a `<challenge/>`.
    pub fn challenge(&mut self, data: &[u8]) -> Result<Vec<u8>, Error> {
        match &self.step {
            Step::First(bare) => {
                let bare = bare.clone();
                self.prove(&bare, data)
            }
            // Servers may show the signature in a challenge and send an empty success then (RFC 6120 §6.3.10).
            Step::Final(_) => self.verify(data).map(|()| Vec::new()),
            Step::Success => Err(Error::Malformed("a challenge without a question")),
        }
    }

    /// Takes `<success/>`; an error means that the server is not the one that knows the password.
    pub fn success(&mut self, data: &[u8]) -> Result<(), Error> {
        match self.step {
            Step::First(_) => Err(Error::ServerSignature),
            Step::Final(_) => self.verify(data),
            Step::Success => Ok(()),
        }
    }

    /// The mechanism's name.
    pub fn name(&self) -> &'static str {
        self.choice.name()
    }

    /// Whether keys of an earlier login were used, so that a refusal may mean that only these are outdated.
    pub fn used_old_key(&self) -> bool {
        self.key.is_some() && !self.is_new_key && matches!(self.step, Step::Final(_))
    }

    /// The key to keep, if this login derived a new one.
    pub fn new_key(self) -> Option<LoginKey> {
        self.key.filter(|_| self.is_new_key)
    }

    fn prove(&mut self, client_first: &str, data: &[u8]) -> Result<Vec<u8>, Error> {
        let (Mechanism::Scram(hash) | Mechanism::ScramPlus(hash)) = self.choice.mechanism else {
            return Err(Error::Malformed("a challenge without a question"));
        };
        let server_first = std::str::from_utf8(data).map_err(|_| Error::Malformed("not UTF-8"))?;
        let ServerFirst { nonce, salt, iterations } = ServerFirst::parse(server_first)?;
        if !nonce.starts_with(&self.nonce) || nonce.len() == self.nonce.len() {
            return Err(Error::Nonce);
        }
        let count = NonZeroU32::new(iterations).filter(|n| limits::SCRAM_ITERATIONS.contains(&n.get()));
        let count = count.ok_or(Error::Iterations(iterations))?;
        let old = self.key.take().filter(|key| (key.hash, &key.salt, key.iterations) == (hash, &salt, iterations));
        self.is_new_key = old.is_none();
        let key = old.unwrap_or_else(|| LoginKey::derive(hash, &self.password, salt, count));

        // RFC 5802 §3
        let mut binding = self.choice.gs2.clone().into_bytes();
        binding.extend_from_slice(&self.choice.binding);
        let without_proof = format!("c={},r={nonce}", base64(&binding));
        let auth_message = format!("{client_first},{server_first},{without_proof}");
        let stored_key = crypto::digest(hash, &key.client_key);
        let signature = crypto::hmac(hash, &stored_key, auth_message.as_bytes());
        let proof: Vec<u8> = key.client_key.iter().zip(&signature).map(|(a, b)| a ^ b).collect();
        self.step = Step::Final(crypto::hmac(hash, &key.server_key, auth_message.as_bytes()));
        self.key = Some(key);
        Ok(format!("{without_proof},p={}", base64(&proof)).into_bytes())
    }

    fn verify(&mut self, data: &[u8]) -> Result<(), Error> {
        let Step::Final(expected) = &self.step else { return Err(Error::ServerSignature) };
        let text = std::str::from_utf8(data).map_err(|_| Error::ServerSignature)?;
        let shown = text.strip_prefix("v=").map(|rest| rest.split(',').next().unwrap_or_default()).and_then(unbase64);
        if !shown.is_some_and(|shown| crypto::is_same(&shown, expected)) {
            return Err(Error::ServerSignature);
        }
        self.step = Step::Success;
        Ok(())
    }
}

/// `server-first-message` (RFC 5802 §7).
struct ServerFirst<'a> {
    nonce: &'a str,
    salt: Vec<u8>,
    iterations: u32,
}

impl ServerFirst<'_> {
    fn parse(text: &str) -> Result<ServerFirst<'_>, Error> {
        let mut parts = text.split(',');
        // A mandatory extension (`m=`) stands first and is unknown to us: not parsing it is refusing it, as we must.
        let mut part =
            |name, wrong| parts.next().and_then(|part| part.strip_prefix(name)).ok_or(Error::Malformed(wrong));
        let nonce = part("r=", "no nonce")?;
        let salt = unbase64(part("s=", "no salt")?).filter(|salt| !salt.is_empty());
        let salt = salt.ok_or(Error::Malformed("no salt"))?;
        let iterations = part("i=", "no iteration count")?.parse();
        Ok(ServerFirst { nonce, salt, iterations: iterations.map_err(|_| Error::Malformed("no iteration count"))? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(mechanisms: &str, bindings: &str) -> Offer {
        let list = |text: &str| text.split_whitespace().map(Into::into).collect();
        Offer { mechanisms: list(mechanisms), bindings: list(bindings) }
    }

    fn tls() -> TlsFacts {
        TlsFacts { exporter: Some(vec![1]), server_end_point: Some(vec![2]), text: String::new() }
    }

    #[test]
    fn rfc7677_example() {
        let choice = choose(&offer("SCRAM-SHA-256", ""), None, Channel::Open).unwrap();
        let (mut exchange, first) =
            Exchange::start(choice, "user", Secret::new("pencil"), None, "rOprNGfwEbeRWgbNEkqO".into());
        assert_eq!(first, b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        let server = b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
        let last = exchange.challenge(server).unwrap();
        assert_eq!(
            String::from_utf8(last).unwrap(),
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
             p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        );
        assert_eq!(exchange.success(b"v=AAAA"), Err(Error::ServerSignature));
        assert_eq!(exchange.success(b""), Err(Error::ServerSignature));
        assert_eq!(exchange.success(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="), Ok(()));
        assert_eq!(exchange.new_key().unwrap().iterations, 4096);
    }

    #[test]
    fn picks_the_best() {
        let all = "PLAIN SCRAM-SHA-1 SCRAM-SHA-1-PLUS SCRAM-SHA-256 SCRAM-SHA-256-PLUS SCRAM-SHA-512";
        let pick = |mechanisms, bindings, tls: Option<&TlsFacts>, channel| {
            choose(&offer(mechanisms, bindings), tls, channel).map(|c| format!("{} {}", c.name(), c.gs2)).ok()
        };
        let is = |text: &str| Some(text.to_string());
        assert_eq!(
            pick(all, "tls-server-end-point tls-exporter", Some(&tls()), Channel::Private),
            is("SCRAM-SHA-256-PLUS p=tls-exporter,,")
        );
        assert_eq!(
            pick(all, "tls-server-end-point", Some(&tls()), Channel::Private),
            is("SCRAM-SHA-256-PLUS p=tls-server-end-point,,")
        );
        assert_eq!(pick(all, "tls-unique", Some(&tls()), Channel::Private), is("SCRAM-SHA-512 n,,"));
        assert_eq!(pick(all, "", Some(&tls()), Channel::Private), is("SCRAM-SHA-512 n,,"));
        assert_eq!(pick("PLAIN SCRAM-SHA-1", "", Some(&tls()), Channel::Private), is("SCRAM-SHA-1 y,,"));
        assert_eq!(pick("PLAIN SCRAM-SHA-1", "", None, Channel::Open), is("SCRAM-SHA-1 n,,"));
        assert_eq!(pick("PLAIN X-OAUTH2", "", Some(&tls()), Channel::Private), is("PLAIN "));
        assert_eq!(pick("PLAIN", "", None, Channel::Open), None);
    }

    #[test]
    fn refuses() {
        let start = || {
            let choice = choose(&offer("SCRAM-SHA-1", ""), None, Channel::Open).unwrap();
            Exchange::start(choice, "a,b=c", Secret::new("x"), None, "abc".into())
        };
        assert_eq!(start().1, b"n,,n=a=2Cb=3Dc,r=abc");
        for (challenge, error) in [
            ("r=abcd,s=QQ==,i=1", Error::Iterations(1)),
            ("r=abcd,s=QQ==,i=4000000000", Error::Iterations(4_000_000_000)),
            ("r=abc,s=QQ==,i=4096", Error::Nonce),
            ("r=xyz,s=QQ==,i=4096", Error::Nonce),
            ("m=x,r=abcd,s=QQ==,i=4096", Error::Malformed("no nonce")),
            ("r=abcd,s=,i=4096", Error::Malformed("no salt")),
            ("r=abcd,s=QQ==,i=-1", Error::Malformed("no iteration count")),
            ("", Error::Malformed("no nonce")),
        ] {
            assert_eq!(start().0.challenge(challenge.as_bytes()), Err(error), "{challenge}");
        }
        assert_eq!(start().0.success(b""), Err(Error::ServerSignature));
    }

    #[test]
    fn old_keys_are_used_only_where_they_fit() {
        let start = |key| {
            let choice = choose(&offer("SCRAM-SHA-1", ""), None, Channel::Open).unwrap();
            Exchange::start(choice, "u", Secret::new("x"), key, "abc".into()).0
        };
        let mut first = start(None);
        let proof = first.challenge(b"r=abcd,s=QQ==,i=4096").unwrap();
        assert!(!first.used_old_key());
        let key = first.new_key();
        let mut second = start(key.clone());
        assert_eq!(second.challenge(b"r=abcd,s=QQ==,i=4096").unwrap(), proof);
        assert!(second.used_old_key() && second.new_key().is_none());
        let mut other_salt = start(key);
        other_salt.challenge(b"r=abcd,s=QQ=Q,i=4096").unwrap_err();
        other_salt.challenge(b"r=abcd,s=QUE=,i=4096").unwrap();
        assert!(!other_salt.used_old_key() && other_salt.new_key().is_some());
    }
}
