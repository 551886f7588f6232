//! TLS towards servers with certificates of our own making: who is trusted, who is refused, and with which words.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};
use std::{fs, thread};

use botmother::core::effect::Route;
use botmother::net::door_tls::DoorTls;
use botmother::net::tls::{self, Configs, TlsStart};
use botmother::reactor::Socket;
use botmother::xmpp::session::{Lost, TlsFacts};

/// A folder with `ca.crt`, `good`, `other` (wrong name), `expired`, `future`, `self` and `sha384` (`.crt`, `.key`).
fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("net-certs");
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).unwrap();
        make(&dir, "ca", "basicConstraints=critical,CA:TRUE", "", "-days 30");
        let by_ca = "-CA ca.crt -CAkey ca.key";
        let leaf = |name: &str| format!("basicConstraints=CA:FALSE\nsubjectAltName=DNS:{name}");
        make(&dir, "good", &leaf("example.org"), by_ca, "-days 30");
        make(&dir, "sha384", &leaf("example.org"), by_ca, "-days 30 -sha384");
        make(&dir, "idn", &leaf("xn--mller-kva.example"), by_ca, "-days 30");
        make(&dir, "other", &leaf("other.example"), by_ca, "-days 30");
        make(&dir, "self", "basicConstraints=CA:TRUE\nsubjectAltName=DNS:example.org", "", "-days 30");
        dated(&dir, "expired", "20200101000000Z", "20210301000000Z");
        dated(&dir, "future", "20990101000000Z", "20990301000000Z");
        dir
    })
}

fn openssl(dir: &Path, arguments: &str) {
    let output = Command::new("openssl").args(arguments.split_whitespace()).current_dir(dir).output().unwrap();
    assert!(output.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr));
}

fn write_config(dir: &Path, name: &str, extensions: &str) {
    let text =
        format!("[req]\ndistinguished_name=dn\nprompt=no\nx509_extensions=ext\n[dn]\nCN={name}\n[ext]\n{extensions}\n");
    fs::write(dir.join(format!("{name}.cnf")), text).unwrap();
}

fn make(dir: &Path, name: &str, extensions: &str, by: &str, more: &str) {
    write_config(dir, name, extensions);
    openssl(
        dir,
        &format!(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -config {name}.cnf -keyout {name}.key \
             -out {name}.crt {by} {more}"
        ),
    );
}

/// `req` of OpenSSL 3.0 cannot set dates; `ca` can.
fn dated(dir: &Path, name: &str, from: &str, to: &str) {
    write_config(dir, name, "basicConstraints=CA:FALSE\nsubjectAltName=DNS:example.org");
    let ca = format!(
        "[ca]\ndefault_ca=d\n[d]\ndatabase={name}.db\nserial={name}.serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\n\
         [p]\nCN=supplied\n"
    );
    fs::write(dir.join(format!("{name}.ca")), ca).unwrap();
    fs::write(dir.join(format!("{name}.db")), "").unwrap();
    fs::write(dir.join(format!("{name}.serial")), "01\n").unwrap();
    openssl(
        dir,
        &format!(
            "req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -config {name}.cnf -keyout {name}.key \
             -out {name}.csr"
        ),
    );
    openssl(
        dir,
        &format!(
            "ca -batch -notext -config {name}.ca -in {name}.csr -out {name}.crt -cert ca.crt -keyfile ca.key \
             -startdate {from} -enddate {to} -extfile {name}.cnf -extensions ext"
        ),
    );
}

fn path(file: &str) -> String {
    folder().join(file).to_string_lossy().into_owned()
}

/// What a TLS server with this certificate is made from.
pub(super) fn server_config(
    name: &str,
    alpn: &[&str],
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> Arc<rustls::ServerConfig> {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let chain = CertificateDer::pem_file_iter(path(&format!("{name}.crt"))).unwrap().map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(path(&format!("{name}.key"))).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ServerConfig::builder_with_provider(provider).with_protocol_versions(versions).unwrap();
    let mut config = builder.with_no_client_auth().with_single_cert(chain, key).unwrap();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    Arc::new(config)
}

/// A TLS server with this certificate that says "hello" to each client; its port.
fn server(name: &str, alpn: &[&str], versions: &[&'static rustls::SupportedProtocolVersion]) -> u16 {
    let config = server_config(name, alpn, versions);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = rustls::ServerConnection::new(config.clone()).unwrap();
            let mut stream = rustls::StreamOwned::new(connection, stream.unwrap());
            // A refused certificate ends this early; that is the client's affair.
            let _ = stream.write_all(b"hello").and_then(|()| stream.read_exact(&mut [0; 1]));
        }
    });
    port
}

pub(super) fn route(ca_file: &str, pin: &str) -> Route {
    let ca_file = if ca_file.is_empty() { String::new() } else { path(ca_file) };
    Route { domain: "example.org".into(), ca_file, pin: pin.to_string(), ..Route::default() }
}

fn connect(port: u16, route: &Route, configs: &Configs, start: TlsStart) -> Result<(TlsFacts, tls::Certificate), Lost> {
    botmother::reactor::block_on(async {
        let socket = Socket::connect(([127, 0, 0, 1], port).into()).await.unwrap();
        let config = configs.get(route, start).map_err(|error| Lost::Certificate(error.to_string()))?;
        let (_stream, facts, certificate) = tls::connect(config, &route.domain, socket).await?;
        Ok((facts, certificate))
    })
}

fn try_with(name: &str, route: &Route) -> Result<(TlsFacts, tls::Certificate), Lost> {
    connect(server(name, &[], rustls::ALL_VERSIONS), route, &Configs::default(), TlsStart::StartTls)
}

fn refusal(name: &str, route: &Route) -> String {
    match try_with(name, route) {
        Err(Lost::Certificate(why)) => why,
        other => panic!("{other:?}"),
    }
}

fn pin(name: &str) -> String {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;
    tls::pin_of(&CertificateDer::from_pem_file(path(&format!("{name}.crt"))).unwrap())
}

#[test]
fn a_ca_file_is_trusted_beside_the_roots() {
    let (facts, certificate) = try_with("good", &route("ca.crt", "")).unwrap();
    assert!(facts.text.starts_with("TLS 1.3, TLS_"), "{}", facts.text);
    assert_eq!(facts.exporter.map(|data| data.len()), Some(32));
    assert_eq!(facts.server_end_point.map(|data| data.len()), Some(32));
    assert_eq!(certificate.pin, pin("good"));
    let days = (certificate.expires_ms.unwrap() - botmother::net::now().unix_ms) / 86_400_000;
    assert!((28..=30).contains(&days), "{days}");
}

#[test]
fn the_hash_of_the_signature_makes_the_binding() {
    let (facts, _) = try_with("sha384", &route("ca.crt", "")).unwrap();
    assert_eq!(facts.server_end_point.map(|data| data.len()), Some(48));
}

#[test]
fn without_it_the_same_server_is_refused_with_advice() {
    let why = refusal("good", &route("", ""));
    assert!(why.contains("signed by nobody we trust") && why.contains(botmother::base::remedy::CA_FILE), "{why}");
    assert!(why.contains(&botmother::base::remedy::pin(&pin("good"))), "{why}");
    let system = Route { system_roots: true, ..route("", "") };
    // A machine without a store says so; one with a store does not know our CA.
    assert!(try_with("good", &system).is_err());
}

#[test]
fn wrong_name_and_wrong_time_are_refused() {
    let ca = route("ca.crt", "");
    let why = refusal("other", &ca);
    assert!(why.contains("other.example") && why.contains("not for example.org"), "{why}");
    let why = refusal("expired", &ca);
    assert!(why.contains("expired on 2021-03-01"), "{why}");
    let why = refusal("future", &ca);
    assert!(why.contains("not valid yet"), "{why}");
    let why = refusal("self", &route("self.crt", ""));
    assert!(why.contains("self-signed") && why.contains(&pin("self")), "{why}");
}

#[test]
fn a_pin_is_one_certificate_whatever_is_in_it() {
    for name in ["good", "other", "expired", "self"] {
        try_with(name, &route("", &pin(name))).unwrap();
    }
    let spelt = pin("good")[7..].to_ascii_uppercase();
    let colons: Vec<&str> = (0..64).step_by(2).map(|at| &spelt[at..at + 2]).collect();
    try_with("good", &route("", &format!("sha256:{}", colons.join(":")))).unwrap();
    // Also where the CA would be trusted: a pin is a pin.
    let why = refusal("good", &route("ca.crt", &pin("other")));
    assert!(why.contains("another certificate") && why.contains(&pin("good")), "{why}");
    for bad in ["sha256:", "sha256:zz", "sha1:00", "x", "sha256:é"] {
        assert!(refusal("good", &route("", bad)).contains("64 hexadecimal"), "{bad}");
    }
}

/// Shows the pinned certificate without having its key.
#[test]
fn a_pin_does_not_help_who_has_not_the_key() {
    fs::copy(path("other.key"), path("thief.key")).unwrap();
    fs::copy(path("good.crt"), path("thief.crt")).unwrap();
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let key = PrivateKeyDer::from_pem_file(path("thief.key")).unwrap();
    let chain = vec![CertificateDer::from_pem_file(path("thief.crt")).unwrap()];
    let provider = rustls::crypto::ring::default_provider();
    let signing = provider.key_provider.load_private_key(key).unwrap();
    let certified = Arc::new(rustls::sign::CertifiedKey::new(chain, signing));
    #[derive(Debug)]
    struct Always(Arc<rustls::sign::CertifiedKey>);
    impl rustls::server::ResolvesServerCert for Always {
        fn resolve(&self, _: rustls::server::ClientHello<'_>) -> Option<Arc<rustls::sign::CertifiedKey>> {
            Some(self.0.clone())
        }
    }
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let builder = rustls::ServerConfig::builder_with_provider(Arc::new(provider.clone()));
        let builder = builder.with_protocol_versions(&[version]).unwrap().with_no_client_auth();
        let config = Arc::new(builder.with_cert_resolver(Arc::new(Always(certified.clone()))));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            let stream = listener.accept().unwrap().0;
            let connection = rustls::ServerConnection::new(config).unwrap();
            let _ = rustls::StreamOwned::new(connection, stream).write_all(b"hello");
        });
        let result = connect(port, &route("", &pin("good")), &Configs::default(), TlsStart::StartTls);
        assert!(matches!(&result, Err(Lost::Certificate(why)) if why.contains("prove")), "{result:?}");
    }
}

#[test]
fn tls_12_gives_no_exporter() {
    let port = server("good", &[], &[&rustls::version::TLS12]);
    let (facts, _) = connect(port, &route("ca.crt", ""), &Configs::default(), TlsStart::StartTls).unwrap();
    assert!(facts.text.starts_with("TLS 1.2"), "{}", facts.text);
    assert!(facts.exporter.is_none() && facts.server_end_point.is_some());
}

#[test]
fn alpn_is_said_with_direct_tls_only() {
    let (ca, configs) = (route("ca.crt", ""), Configs::default());
    let port = server("good", &["xmpp-client"], rustls::ALL_VERSIONS);
    connect(port, &ca, &configs, TlsStart::Direct).unwrap();
    let other = server("good", &["http/1.1"], rustls::ALL_VERSIONS);
    assert!(matches!(connect(other, &ca, &configs, TlsStart::Direct), Err(Lost::Network(_))));
    connect(other, &ca, &configs, TlsStart::StartTls).unwrap();
}

#[test]
fn a_resumed_connection_knows_the_same_facts() {
    let (ca, configs) = (route("ca.crt", ""), Configs::default());
    let port = server("good", &[], rustls::ALL_VERSIONS);
    let mut exporters = Vec::new();
    let mut kinds = Vec::new();
    for _ in 0..3 {
        kinds.push(botmother::reactor::block_on(async {
            use smol::io::AsyncReadExt;
            let socket = Socket::connect(([127, 0, 0, 1], port).into()).await.unwrap();
            let config = configs.get(&ca, TlsStart::StartTls).unwrap();
            let (mut stream, facts, certificate) = tls::connect(config, "example.org", socket).await.unwrap();
            // The ticket comes behind the handshake.
            stream.read_exact(&mut [0; 5]).await.unwrap();
            assert_eq!(certificate.pin, pin("good"));
            exporters.push(facts.exporter.unwrap());
            stream.get_ref().1.handshake_kind()
        }));
    }
    exporters.dedup();
    assert_eq!(exporters.len(), 3);
    assert_eq!(kinds[2], Some(rustls::HandshakeKind::Resumed));
}

#[test]
fn names_beyond_ascii_are_asked_for_in_ascii() {
    let route = Route { domain: "müller.example".to_string(), ..route("ca.crt", "") };
    try_with("idn", &route).unwrap();
}

#[test]
fn a_changed_ca_file_is_read_again() {
    let file = path("changing.crt");
    fs::copy(path("self.crt"), &file).unwrap();
    let route = Route { ca_file: file.clone(), ..route("", "") };
    let (port, configs) = (server("good", &[], rustls::ALL_VERSIONS), Configs::default());
    assert!(matches!(connect(port, &route, &configs, TlsStart::StartTls), Err(Lost::Certificate(_))));
    fs::copy(path("ca.crt"), &file).unwrap();
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(5);
    fs::File::options().append(true).open(&file).unwrap().set_modified(later).unwrap();
    connect(port, &route, &configs, TlsStart::StartTls).unwrap();
}

#[test]
fn what_cannot_be_read_is_named() {
    let error = |ca: &str| {
        Configs::default().get(&Route { ca_file: ca.into(), ..Route::default() }, TlsStart::StartTls).unwrap_err()
    };
    assert!(error("/nowhere/ca.pem").to_string().contains("/nowhere/ca.pem cannot be read"));
    fs::write(path("empty.pem"), "nothing\n").unwrap();
    assert!(error(&path("empty.pem")).to_string().ends_with("contains no certificate (PEM is expected)"));
    fs::write(path("broken.pem"), "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n").unwrap();
    assert!(error(&path("broken.pem")).to_string().contains("not PEM"));
    assert!(error(&path("good.key")).to_string().contains("contains no certificate"));

    DoorTls::read(&path("good.crt"), &path("good.key")).unwrap();
    let error = |cert, key| DoorTls::read(&path(cert), &path(key)).unwrap_err().to_string();
    assert!(error("good.crt", "good.crt").contains("contains no private key"));
    let mixed = error("good.crt", "other.key");
    assert!(mixed.contains("other.key is not the key of the first certificate in "), "{mixed}");
    assert!(error("none.crt", "good.key").contains("none.crt cannot be read"));
    fs::write(path("chain.crt"), fs::read_to_string(path("good.crt")).unwrap() + NO_CERTIFICATE).unwrap();
    assert!(error("chain.crt", "good.key").contains("certificate 2 of"), "{}", error("chain.crt", "good.key"));
}

/// PEM of something else.
const NO_CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nMAMCAQA=\n-----END CERTIFICATE-----\n";

/// The door's pair is looked at before it takes the place of another one.
#[test]
fn a_pair_that_is_not_valid_takes_no_place() {
    let now = botmother::net::now().unix_ms;
    let (cert, key) = (path("swap.crt"), path("swap.key"));
    let put = |name: &str| {
        fs::copy(path(&format!("{name}.crt")), &cert).unwrap();
        fs::copy(path(&format!("{name}.key")), &key).unwrap();
    };
    put("good");
    let tls = DoorTls::read(&cert, &key).unwrap();
    let good = tls.facts();
    assert_eq!((good.names.clone(), good.check(now)), (vec!["example.org".to_string()], Ok(())));
    assert!(
        good.fingerprint.starts_with("sha256:") && good.describe().contains("for example.org, until 20"),
        "{good:?}"
    );
    for (name, why) in
        [("expired", "has expired on 2021-03-01"), ("future", "is valid from 2099-01-01 on, and here it is 20")]
    {
        put(name);
        let error = tls.reload(now).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
        assert_eq!(tls.facts(), good, "{name}");
    }
    put("good");
    fs::copy(path("other.key"), &key).unwrap();
    assert!(tls.reload(now).is_err());
    assert_eq!(tls.facts(), good);
    put("other");
    tls.reload(now).unwrap();
    assert_eq!(tls.facts().names, ["other.example"]);
}

#[test]
fn our_own_certificate_is_replaced_in_time_and_not_before() {
    use botmother::net::certificate::Certified;
    use botmother::net::{door_tls, selfsigned};
    const DAY_MS: i64 = 24 * 3_600 * 1_000;
    let dir = folder().join("own");
    let crt = selfsigned::path(&dir);
    let key = crt.with_file_name("server.key");
    let look = || -> Certified { door_tls::look(&crt.to_string_lossy(), &key.to_string_lossy()).unwrap() };
    let now = botmother::net::now().unix_ms;
    selfsigned::certificate(&dir, now).unwrap();
    let (first, first_key) = (look(), fs::read_to_string(&key).unwrap());
    assert_eq!(first.check(now), Ok(()));
    for name in ["localhost", "127.0.0.1", "::1"] {
        assert!(first.names.contains(&name.to_string()), "{:?}", first.names);
    }
    let end = first.valid_ms.1;
    for time in [now, end - 61 * DAY_MS] {
        selfsigned::certificate(&dir, time).unwrap();
        assert_eq!(look(), first, "a good one stays");
    }
    selfsigned::certificate(&dir, end - 59 * DAY_MS).unwrap();
    assert_ne!(look().fingerprint, first.fingerprint, "one that ends soon does not");
    assert_eq!(fs::read_to_string(&key).unwrap(), first_key, "who compares the key alone sees no change");
    selfsigned::renew(&dir, selfsigned::Key::New).unwrap();
    assert_ne!(fs::read_to_string(&key).unwrap(), first_key);
    // A power cut between the two files; then a file that is none.
    fs::write(&key, first_key).unwrap();
    selfsigned::certificate(&dir, now).unwrap();
    look();
    fs::write(&crt, "no certificate").unwrap();
    selfsigned::certificate(&dir, now).unwrap();
    look();
}

#[test]
fn any_bytes_are_no_certificate_of_ours() {
    use botmother::net::x509;
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;
    let good = CertificateDer::from_pem_file(path("good.crt")).unwrap().to_vec();
    assert_eq!(x509::signature_hash(&good), Some(x509::SignatureHash::Sha256));
    for end in 0..good.len() {
        assert_eq!((x509::not_after(&good[..end]), x509::names(&good[..end])), (None, Vec::new()));
    }
    let mut seed = 88_172_645_463_325_252_u64;
    for _ in 0..200_000 {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        let mut data = good.clone();
        let at = seed as usize % 160.min(data.len());
        data[at] = (seed >> 32) as u8;
        let _ = (x509::signature_hash(&data), x509::not_after(&data), x509::names(&data));
    }
}
