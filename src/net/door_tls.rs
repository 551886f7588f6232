//! TLS of the HTTP door: its certificate from two files, looked at before it is used, and read again when asked.
//!
//! `daemon` makes it at the start and asks again on SIGHUP, as certificate renewers expect. Connections that stand go on
//! with the certificate they began with. A pair that does not fit, or is not valid now, never takes the place of one that is
//! in use; at the start the latter is only said, as the clock of a small board may be what is wrong.

use std::sync::{Arc, PoisonError, RwLock};

use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{InconsistentKeys, ServerConfig};

use super::certificate::Certified;
use super::tls::{Error, certificates, provider, unreadable};
use super::x509;

/// The door's certificate chain and key.
#[derive(Debug)]
pub struct DoorTls {
    cert_path: String,
    key_path: String,
    current: RwLock<Pair>,
}

/// A chain with its key, and what it says of itself.
#[derive(Clone, Debug)]
struct Pair {
    key: Arc<CertifiedKey>,
    facts: Certified,
}

impl DoorTls {
    /// Reads certificate chain and key, both PEM. Whether it is valid now, the caller asks.
    pub fn read(cert_path: &str, key_path: &str) -> Result<Arc<DoorTls>, Error> {
        let current = RwLock::new(read(cert_path, key_path)?);
        Ok(Arc::new(DoorTls { cert_path: cert_path.to_string(), key_path: key_path.to_string(), current }))
    }

    /// Reads the files again, and takes what is valid at this time (milliseconds since 1970). On an error the certificate
    /// stays the one it is.
    pub fn reload(&self, unix_ms: i64) -> Result<(), Error> {
        let fresh = read(&self.cert_path, &self.key_path)?;
        fresh.facts.check(unix_ms).map_err(Error::Unusable)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// What the certificate in use says.
    pub fn facts(&self) -> Certified {
        self.current.read().unwrap_or_else(PoisonError::into_inner).facts.clone()
    }

    /// The configuration for the door; it follows [`DoorTls::reload`].
    pub fn config(self: &Arc<Self>) -> Result<Arc<ServerConfig>, Error> {
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::Unusable(error.to_string()))?
            .with_no_client_auth()
            .with_cert_resolver(self.clone());
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

impl ResolvesServerCert for DoorTls {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.read().unwrap_or_else(PoisonError::into_inner).key.clone())
    }
}

/// What the certificate in the first file says; an error if the second one has not its key.
pub fn look(cert_path: &str, key_path: &str) -> Result<Certified, Error> {
    read(cert_path, key_path).map(|pair| pair.facts)
}

fn read(cert_path: &str, key_path: &str) -> Result<Pair, Error> {
    let chain = certificates(cert_path)?;
    // The leaf is looked at by rustls; of the others it would send what nobody can read.
    if let Some(at) = chain.iter().position(|certificate| x509::validity(certificate).is_none()) {
        let why = format!("certificate {} of {cert_path} is none that can be read", at + 1);
        return Err(Error::Unusable(why));
    }
    let facts = chain.first().map(|leaf| Certified::of(leaf)).unwrap_or_default();
    let key = PrivateKeyDer::from_pem_file(key_path).map_err(|error| match error {
        rustls::pki_types::pem::Error::NoItemsFound => Error::Empty { path: key_path.to_string(), what: "private key" },
        error => unreadable(key_path, &error),
    })?;
    let key = CertifiedKey::from_der(chain, key, &provider()).map_err(|error| match error {
        rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            Error::Unusable(format!("{key_path} is not the key of the first certificate in {cert_path}"))
        }
        error => Error::Unusable(error.to_string()),
    })?;
    Ok(Pair { key: Arc::new(key), facts })
}
