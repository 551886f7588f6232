//! How the API itself is reached: what is told of it, and what may be changed while it runs.

/// How the API is reached at present.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerInfo {
    /// Where programs on this machine find it, without a slash at its end: `http://localhost:7842`.
    pub url: String,
    /// HTTPS on all addresses instead of HTTP on this machine.
    pub is_network: bool,
    /// The TCP port.
    pub port: u16,
    /// Where it listens: `127.0.0.1:7842`, `[::1]:7842`.
    pub addresses: Vec<String>,
    /// The Unix socket; empty without one.
    pub socket: String,
    /// Management needs the admin token, also on this machine.
    pub needs_admin_token: bool,
    /// Requests a second of one bot or address; 0 is no limit.
    pub rate_limit: u32,
    /// Proxies whose word about the client's address counts, as in the configuration.
    pub trusted_proxies: Vec<String>,
    /// The certificate in use; `None` in local mode.
    pub certificate: Option<CertificateInfo>,
}

/// The API's certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CertificateInfo {
    /// Its file.
    pub file: String,
    /// Whether it is of our own making.
    pub is_ours: bool,
    /// Its SHA-256: `sha256:…`.
    pub fingerprint: String,
    /// The names and addresses it is for.
    pub names: Vec<String>,
    /// From when it is valid, in Unix time.
    pub valid_from: i64,
    /// Until when, in Unix time.
    pub valid_until: i64,
}

/// What may be changed of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApiChange {
    /// HTTPS on all addresses, or HTTP on this machine.
    Network(bool),
    /// The port.
    Port(u16),
    /// A certificate chain and its key: absolute paths of PEM files.
    Certificate {
        /// The chain.
        cert: String,
        /// The key.
        key: String,
    },
    /// A self-signed certificate of our own again.
    OwnCertificate,
    /// A new self-signed certificate.
    RenewCertificate,
    /// Delete the self-signed certificate; where it is needed a new one is made.
    DeleteCertificate,
    /// The certificate's files are read again.
    ReadCertificate,
    /// Several together, or none of them: of mode, port and certificate what is to be another one.
    All(Vec<ApiChange>),
}
