//! TLS of the HTTP door: its certificate from two files, read again when asked.
//!
//! `daemon` makes it at the start and asks again on SIGHUP, as certificate renewers expect. Connections that stand go on
//! with the certificate they began with.

use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::tls::{Error, certificates, pin_of, provider, unreadable};

/// The door's certificate chain and key.
#[derive(Debug)]
pub struct DoorTls {
    cert_path: String,
    key_path: String,
    current: RwLock<Arc<CertifiedKey>>,
}

impl DoorTls {
    /// Reads certificate chain and key, both PEM.
    pub fn read(cert_path: &str, key_path: &str) -> Result<Arc<DoorTls>, Error> {
        let current = RwLock::new(Arc::new(read(cert_path, key_path)?));
        Ok(Arc::new(DoorTls { cert_path: cert_path.to_string(), key_path: key_path.to_string(), current }))
    }

    /// Reads the files again. On an error the certificate stays the one it is.
    pub fn reload(&self) -> Result<(), Error> {
        let fresh = Arc::new(read(&self.cert_path, &self.key_path)?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
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
        Some(self.current.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

fn read(cert_path: &str, key_path: &str) -> Result<CertifiedKey, Error> {
    let chain = certificates(cert_path)?;
    if let Some(leaf) = chain.first() {
        log::info!("the API's certificate has the fingerprint {}", pin_of(leaf));
    }
    let key = PrivateKeyDer::from_pem_file(key_path).map_err(|error| match error {
        rustls::pki_types::pem::Error::NoItemsFound => Error::Empty { path: key_path.to_string(), what: "private key" },
        error => unreadable(key_path, &error),
    })?;
    CertifiedKey::from_der(chain, key, &provider()).map_err(|error| Error::Unusable(error.to_string()))
}
