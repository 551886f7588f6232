//! TLS: what we trust, as client of an XMPP server; and the certificate of our own HTTP door.
//!
//! There is no way to accept just any certificate: built-in roots, the system's store, a CA file beside them, or exactly
//! one pinned certificate (docs/xmpp.md). Whoever is refused is told by which certificate and what to do about it.
//! The provider is ring, given explicitly: nothing here depends on a default of the process.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme};

use super::{idn, x509};
use crate::base::crypto::{self, Hash};
use crate::base::remedy::{self, CA_FILE, HOST};
use crate::base::system_roots;
use crate::base::{limits, text};
use crate::core::effect::Route;
use crate::reactor::Socket;
use crate::xmpp::session::{Lost, TlsFacts};

/// A connection under TLS.
pub type TlsStream = futures_rustls::client::TlsStream<Socket>;

/// Why there is no TLS configuration. Each is the owner's to mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// A file cannot be read or is no PEM.
    Unreadable {
        /// Its path.
        path: String,
        /// The reason.
        why: String,
    },
    /// A file has nothing of what it should have.
    Empty {
        /// Its path.
        path: String,
        /// What is missing.
        what: &'static str,
    },
    /// Certificate and key were read but cannot be used.
    Unusable(String),
    /// The pin is not `sha256:` and 64 hexadecimal digits.
    Pin(String),
    /// The operating system has no certificate store that we find.
    NoSystemStore(String),
    /// This binary serves no TLS.
    NotBuilt,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Unreadable { path, why } => write!(f, "{path} cannot be read: {why}"),
            Error::Empty { path, what } => write!(f, "{path} contains no {what} (PEM is expected)"),
            Error::Unusable(why) => write!(f, "certificate and key cannot be used: {why}"),
            Error::Pin(pin) => write!(f, "pin must be sha256: and 64 hexadecimal digits, not {pin:?}"),
            Error::NotBuilt => {
                f.write_str("TLS for the API is not in this binary: set mode in the section [api] to local")
            }
            Error::NoSystemStore(why) => write!(f, "the system's certificate store cannot be read: {why}"),
        }
    }
}

impl std::error::Error for Error {}

/// The certificate a server showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Its SHA-256 in the form of a pin, `sha256:…`.
    pub pin: String,
    /// When it expires, in milliseconds since 1970, if that could be read.
    pub expires_ms: Option<i64>,
}

/// How TLS begins on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TlsStart {
    /// From the first byte on (XEP-0368).
    Direct,
    /// After the stream has agreed on it (RFC 6120 §5).
    StartTls,
}

/// What trust depends on, and whether ALPN is said.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    ca_file: String,
    pin: String,
    system_roots: bool,
    start: TlsStart,
}

/// Client configurations made so far: a thousand accounts of one server share one, and with it its tickets.
#[derive(Default)]
pub struct Configs {
    made: RefCell<HashMap<Key, Made>>,
}

struct Made {
    config: Arc<ClientConfig>,
    /// When the CA file was last changed.
    changed: Option<SystemTime>,
}

impl Configs {
    /// The configuration for a route. A CA file is read again when it has changed.
    pub fn get(&self, route: &Route, start: TlsStart) -> Result<Arc<ClientConfig>, Error> {
        let Route { ca_file, pin, system_roots, .. } = route;
        let key = Key { ca_file: ca_file.clone(), pin: pin.clone(), system_roots: *system_roots, start };
        let changed = std::fs::metadata(ca_file).and_then(|meta| meta.modified()).ok();
        if let Some(made) = self.made.borrow().get(&key).filter(|made| made.changed == changed) {
            return Ok(made.config.clone());
        }
        let config = Arc::new(client_config(&key)?);
        self.made.borrow_mut().insert(key, Made { config: config.clone(), changed });
        Ok(config)
    }
}

/// Does the handshake on an open connection, for `domain`.
pub async fn connect(
    config: Arc<ClientConfig>,
    domain: &str,
    socket: Socket,
) -> Result<(TlsStream, TlsFacts, Certificate), Lost> {
    let domain = domain.trim_start_matches('[').trim_end_matches(']');
    let Ok(name) = ServerName::try_from(idn::to_ascii(domain)) else {
        return Err(Lost::Certificate(format!("{domain} is no name a certificate can have")));
    };
    let connector = futures_rustls::TlsConnector::from(config);
    let stream = connector.connect(name, socket).await.map_err(lost)?;
    let connection = stream.get_ref().1;
    let leaf = connection.peer_certificates().and_then(|chain| chain.first());
    let leaf = leaf.map(|certificate| certificate.as_ref()).unwrap_or_default();
    let facts = TlsFacts {
        exporter: exporter(connection),
        server_end_point: server_end_point(leaf),
        text: describe(connection),
    };
    let certificate = Certificate { pin: pin_of(leaf), expires_ms: x509::not_after(leaf) };
    Ok((stream, facts, certificate))
}

/// The pin of a certificate (DER): `sha256:` and hex.
pub fn pin_of(certificate: &[u8]) -> String {
    format!("sha256:{}", text::hex(&crypto::sha256(certificate)))
}

pub(super) fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    PROVIDER.get_or_init(|| Arc::new(rustls::crypto::ring::default_provider())).clone()
}

fn client_config(key: &Key) -> Result<ClientConfig, Error> {
    let trust = match key.pin.as_str() {
        "" => {
            let verifier = WebPkiServerVerifier::builder_with_provider(roots(key)?, provider());
            Trust::Roots(verifier.build().map_err(|error| Error::Unusable(error.to_string()))?)
        }
        pin => Trust::Pin(read_pin(pin)?),
    };
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::Unusable(error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Verifier { trust }))
        .with_no_client_auth();
    config.resumption = Resumption::in_memory_sessions(limits::TLS_RESUMPTIONS_MAX);
    if key.start == TlsStart::Direct {
        // XEP-0368 §3
        config.alpn_protocols = vec![b"xmpp-client".to_vec()];
    }
    Ok(config)
}

/// The roots to trust. The built-in ones are made once: they are static data, but their table is 15 KB.
fn roots(key: &Key) -> Result<Arc<RootCertStore>, Error> {
    static BUILT_IN: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    let mut roots = if key.system_roots {
        let (found, why) = system_roots::load();
        let mut roots = RootCertStore::empty();
        let (usable, _) = roots.add_parsable_certificates(found.into_iter().map(CertificateDer::from));
        if usable == 0 {
            return Err(Error::NoSystemStore(why));
        }
        Arc::new(roots)
    } else {
        let built_in = || Arc::new(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect());
        BUILT_IN.get_or_init(built_in).clone()
    };
    if !key.ca_file.is_empty() {
        let (usable, _) = Arc::make_mut(&mut roots).add_parsable_certificates(certificates(&key.ca_file)?);
        if usable == 0 {
            return Err(Error::Empty { path: key.ca_file.clone(), what: "usable certificate" });
        }
    }
    Ok(roots)
}

pub(super) fn certificates(path: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    match found {
        Ok(found) if found.is_empty() => Err(Error::Empty { path: path.to_string(), what: "certificate" }),
        Ok(found) => Ok(found),
        Err(error) => Err(unreadable(path, &error)),
    }
}

pub(super) fn unreadable(path: &str, error: &rustls::pki_types::pem::Error) -> Error {
    let why = match error {
        rustls::pki_types::pem::Error::Io(error) => error.to_string(),
        error => format!("it is not PEM ({error})"),
    };
    Error::Unreadable { path: path.to_string(), why }
}

fn read_pin(pin: &str) -> Result<[u8; 32], Error> {
    let wrong = || Error::Pin(pin.to_string());
    let hex = pin.strip_prefix("sha256:").ok_or_else(wrong)?;
    // openssl and browsers print fingerprints with colons and in capitals.
    let hex = hex.replace(':', "");
    if hex.len() != 64 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(wrong());
    }
    let mut out = [0; 32];
    for (byte, at) in out.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(&hex[at..at + 2], 16).map_err(|_| wrong())?;
    }
    Ok(out)
}

/// RFC 9266 §3. With TLS 1.2 it would need the extended master secret, and rustls does not tell whether that is in use.
fn exporter(connection: &rustls::ClientConnection) -> Option<Vec<u8>> {
    if connection.protocol_version() != Some(rustls::ProtocolVersion::TLSv1_3) {
        return None;
    }
    let exported = connection.export_keying_material([0; 32], b"EXPORTER-Channel-Binding", Some(&[]));
    exported.ok().map(|bytes: [u8; 32]| bytes.to_vec())
}

/// RFC 5929 §4.1: the certificate under the hash of its own signature.
fn server_end_point(leaf: &[u8]) -> Option<Vec<u8>> {
    match x509::signature_hash(leaf)? {
        x509::SignatureHash::Sha256 => Some(crypto::digest(Hash::Sha256, leaf)),
        x509::SignatureHash::Sha512 => Some(crypto::digest(Hash::Sha512, leaf)),
        // The provider has it for its cipher suites, so we need not carry a second one.
        x509::SignatureHash::Sha384 => rustls::crypto::ring::cipher_suite::TLS13_AES_256_GCM_SHA384
            .tls13()
            .map(|suite| suite.common.hash_provider.hash(leaf).as_ref().to_vec()),
    }
}

fn describe(connection: &rustls::ClientConnection) -> String {
    let version = match connection.protocol_version() {
        Some(rustls::ProtocolVersion::TLSv1_3) => "TLS 1.3",
        Some(rustls::ProtocolVersion::TLSv1_2) => "TLS 1.2",
        _ => "TLS",
    };
    let suite = connection.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str()).unwrap_or("?");
    format!("{version}, {}", suite.replace("TLS13_", "TLS_"))
}

/// Why the handshake failed, sorted by who can mend it.
fn lost(error: std::io::Error) -> Lost {
    use rustls::Error as Tls;
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Tls>());
    match inner {
        Some(Tls::InvalidCertificate(CertificateError::Other(OtherError(other)))) if other.is::<Refused>() => {
            Lost::Certificate(other.to_string())
        }
        Some(Tls::InvalidCertificate(_)) => {
            Lost::Certificate(format!("the server could not prove that it owns its certificate ({error})"))
        }
        Some(Tls::InvalidMessage(_)) => Lost::Network(format!(
            "the server does not speak TLS from the first byte at this port; {HOST} without tls:// waits for STARTTLS"
        )),
        _ if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            Lost::Network("the server closed the connection during the TLS handshake".to_string())
        }
        _ => Lost::Network(format!("the TLS handshake failed: {error}")),
    }
}

/// Why a certificate was refused: one sentence with what to do.
#[derive(Debug)]
struct Refused(String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

#[derive(Debug)]
enum Trust {
    Roots(Arc<WebPkiServerVerifier>),
    Pin([u8; 32]),
}

/// webpki's verifier, or the comparison with a pin; both say in words what they refuse. The proof that the server owns
/// the certificate (the handshake's signature) is checked in either case.
#[derive(Debug)]
struct Verifier {
    trust: Trust,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let refused = match &self.trust {
            Trust::Pin(pin) if crypto::sha256(end_entity) == *pin => return Ok(ServerCertVerified::assertion()),
            Trust::Pin(_) => format!(
                "the server shows another certificate than the pinned one; if it was renewed, accept the new one with {}",
                remedy::pin(&pin_of(end_entity))
            ),
            Trust::Roots(roots) => {
                match roots.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
                    Ok(verified) => return Ok(verified),
                    Err(error) => refusal(&error, end_entity, &server_name.to_str()),
                }
            }
        };
        Err(rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(Refused(refused))))))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &provider().signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &provider().signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}

fn refusal(error: &rustls::Error, certificate: &[u8], name: &str) -> String {
    use CertificateError as E;
    let pin = remedy::pin(&pin_of(certificate));
    let expired = x509::not_after(certificate).map_or(String::new(), |ms| format!(" on {}", x509::date(ms)));
    match error {
        rustls::Error::InvalidCertificate(E::UnknownIssuer) => format!(
            "the certificate of {name} is signed by nobody we trust; name its CA with {CA_FILE}, or accept exactly this \
             certificate with {pin}"
        ),
        rustls::Error::InvalidCertificate(E::Expired | E::ExpiredContext { .. }) => format!(
            "the certificate of {name} expired{expired}; renew it on the server, or accept it as it is with {pin}"
        ),
        // To accept a certificate as it is helps nobody whose clock is wrong.
        rustls::Error::InvalidCertificate(E::NotValidYet | E::NotValidYetContext { .. })
            if super::now().unix() < limits::CLOCK_UNSET_BEFORE =>
        {
            format!(
                "the certificate of {name} is not valid yet for this machine's clock, which says {}: it has to be set \
                 (NTP); it is tried again each minute",
                x509::date(super::now().unix_ms)
            )
        }
        rustls::Error::InvalidCertificate(E::NotValidYet | E::NotValidYetContext { .. }) => format!(
            "the certificate of {name} is not valid yet; is this machine's clock right? {pin} accepts it as it is"
        ),
        rustls::Error::InvalidCertificate(E::NotValidForNameContext { presented, .. }) => format!(
            "the certificate is for {}, not for {name}; give the server one for {name}, or accept this one with {pin}",
            if presented.is_empty() { "no name".to_string() } else { presented.join(", ") }
        ),
        // What `openssl req -x509` makes: webpki wants no CA in the place of a server.
        error if format!("{error:?}").contains("CaUsedAsEndEntity") => {
            format!("the certificate of {name} is self-signed; accept exactly this certificate with {pin}")
        }
        error => {
            format!("the certificate of {name} was refused ({error}); {pin} would accept exactly this one")
        }
    }
}
