//! TLS for calls: ureq's transport over rustls with ring, and what we trust.
//!
//! Ours instead of ureq's own, which cannot combine the built-in roots with a CA file and would make its configuration
//! anew for each call. Configurations are kept, so that later calls resume a session instead of a full handshake.

use std::collections::HashMap;
use std::fmt;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls::{ConfigBuilder, StreamOwned, WantsVerifier};
use ureq::unversioned::transport::time::{Duration, Instant};
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout};
use ureq::unversioned::transport::{Transport, TransportAdapter};

use crate::base::call::{CallError, Trust};
use crate::base::limits;
use crate::base::system_roots;

/// Whether the other side must prove who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Certificate {
    Verified,
    /// Only for loopback addresses, where nobody can stand between.
    Ignored,
}

/// The configuration for a call.
pub(super) fn config(trust: &Trust, certificate: Certificate) -> Result<Arc<ClientConfig>, CallError> {
    struct Made {
        config: Arc<ClientConfig>,
        changed: Option<SystemTime>,
    }
    static MADE: OnceLock<Mutex<HashMap<Trust, Made>>> = OnceLock::new();
    if certificate == Certificate::Ignored {
        let builder = builder()?.dangerous().with_custom_certificate_verifier(Arc::new(NoVerifier(provider())));
        return Ok(Arc::new(builder.with_no_client_auth()));
    }
    // A CA file that was changed is read again.
    let changed = trust.ca_file.as_ref().and_then(|path| std::fs::metadata(path).and_then(|m| m.modified()).ok());
    let mut made = MADE.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(made) = made.get(trust).filter(|made| made.changed == changed) {
        return Ok(made.config.clone());
    }
    let mut config = builder()?.with_root_certificates(roots(trust)?).with_no_client_auth();
    config.resumption = Resumption::in_memory_sessions(limits::CALL_RESUMPTIONS_MAX);
    let config = Arc::new(config);
    if made.len() >= limits::TRUSTS_MAX {
        made.clear();
    }
    made.insert(trust.clone(), Made { config: config.clone(), changed });
    Ok(config)
}

fn builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, CallError> {
    let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
    builder.map_err(|error| CallError::Tls(error.to_string()))
}

fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    PROVIDER.get_or_init(|| Arc::new(rustls::crypto::ring::default_provider())).clone()
}

fn roots(trust: &Trust) -> Result<RootCertStore, CallError> {
    let mut roots = RootCertStore::empty();
    if trust.system_roots {
        let (found, _) = system_roots::load();
        let (usable, _) = roots.add_parsable_certificates(found.into_iter().map(CertificateDer::from));
        if usable == 0 {
            return Err(CallError::Invalid("the system's certificate store is empty or cannot be read".into()));
        }
    } else {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    if let Some(path) = &trust.ca_file {
        let (usable, _) = roots.add_parsable_certificates(certificates(path)?);
        if usable == 0 {
            return Err(CallError::Invalid(format!("{} contains no usable certificate", path.display())));
        }
    }
    Ok(roots)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, CallError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    found.map_err(|error| CallError::Invalid(format!("{} cannot be read as PEM: {error}", path.display())))
}

/// Puts TLS on a connection when the URL says `https`.
pub(super) struct Tls {
    pub(super) config: Arc<ClientConfig>,
}

impl<In: Transport> Connector<In> for Tls {
    type Out = Box<dyn Transport>;

    fn connect(&self, details: &ConnectionDetails<'_>, chained: Option<In>) -> Result<Option<Self::Out>, ureq::Error> {
        let Some(transport) = chained else { return Ok(None) };
        if !details.needs_tls() {
            return Ok(Some(Box::new(transport)));
        }
        let host = details.uri.host().unwrap_or_default();
        let name = ServerName::try_from(host.trim_start_matches('[').trim_end_matches(']').to_string());
        let name = name.map_err(|_| ureq::Error::Tls("the host is no name a certificate can have"))?;
        let failed = |error: rustls::Error| ureq::Error::Other(Box::new(explain(&error)));
        let mut connection = ClientConnection::new(self.config.clone(), name).map_err(failed)?;
        let mut adapter =
            TransportAdapter::new(Box::new(transport) as Box<dyn Transport>, details.current_time.clone());
        adapter.set_timeout(left(details));
        connection.complete_io(&mut adapter)?;
        let buffers = LazyBuffers::new(limits::CALL_READ_BYTES, limits::CALL_WRITE_BYTES);
        Ok(Some(Box::new(TlsLink { buffers, stream: StreamOwned::new(connection, adapter) })))
    }
}

/// The time to connect, less what the TCP connection has taken of it.
fn left(details: &ConnectionDetails<'_>) -> NextTimeout {
    let mut timeout = details.timeout;
    if let (Duration::Exact(after), Instant::Exact(start)) = (timeout.after, details.now) {
        timeout.after = Duration::Exact(after.saturating_sub(start.elapsed()));
    }
    timeout
}

/// What rustls found wrong, in words that say what to do.
pub(super) fn explain(error: &rustls::Error) -> CallError {
    use CertificateError as Wrong;
    let rustls::Error::InvalidCertificate(wrong) = error else {
        return match error {
            rustls::Error::InvalidMessage(_) => CallError::Tls("the other side does not speak TLS at this port".into()),
            error => CallError::Tls(format!("TLS failed: {error}")),
        };
    };
    CallError::Tls(match wrong {
        Wrong::UnknownIssuer => "its certificate was issued by nobody we trust; a CA file can add its authority".into(),
        Wrong::Expired | Wrong::ExpiredContext { .. } => "its certificate has expired, or our clock is wrong".into(),
        Wrong::NotValidYet | Wrong::NotValidYetContext { .. } => {
            "its certificate is not valid yet, or our clock is wrong".into()
        }
        Wrong::NotValidForName | Wrong::NotValidForNameContext { .. } => {
            "its certificate is for another name than the URL's".into()
        }
        other => format!("its certificate is not right: {other}"),
    })
}

struct TlsLink {
    buffers: LazyBuffers,
    stream: StreamOwned<ClientConnection, TransportAdapter>,
}

impl Transport for TlsLink {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.stream.sock.set_timeout(timeout);
        let output = self.buffers.output().get(..amount).unwrap_or_default();
        Ok(self.stream.write_all(output)?)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.stream.sock.set_timeout(timeout);
        let count = self.stream.read(self.buffers.input_append_buf())?;
        self.buffers.input_appended(count);
        Ok(count > 0)
    }

    fn is_open(&mut self) -> bool {
        false
    }

    fn is_tls(&self) -> bool {
        true
    }
}

/// Takes any certificate, but checks that the other side owns it.
#[derive(Debug)]
struct NoVerifier(Arc<CryptoProvider>);

impl ServerCertVerifier for NoVerifier {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

impl fmt::Debug for TlsLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TlsLink")
    }
}
