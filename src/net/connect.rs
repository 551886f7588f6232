//! Opening a connection: from a [`Route`] to a byte stream, by what DNS or the owner says.
//!
//! Every place is tried in order, every address of it, each with its own deadline; what was found on the way is reported
//! as [`Step`]s (the log, `account test`), and all reasons together make the sentence of a failure.

use std::net::{IpAddr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::time::Instant;
use std::{fmt, io};

use smol::future::FutureExt;

use super::link::Link;
use super::srv::{self, Resolver, Target};
use super::tls::{self, Certificate, Configs, TlsStart};
use super::{idn, x509};
use crate::base::limits;
use crate::base::remedy::HOST;
use crate::core::effect::Route;
use crate::reactor::{Socket, Timer};
use crate::xmpp::session::{Facts, Lost, TlsFacts};

/// Something found out on the way to a login.
#[derive(Clone, Debug)]
pub enum Step {
    /// DNS has SRV records: these places, best first.
    Records(String, Vec<Target>),
    /// No SRV records (or no answer, with the reason): the domain itself is tried.
    NoRecords(String, Option<String>),
    /// The owner said where to connect.
    Told(Target),
    /// One place could not be reached or refused TLS.
    Failed(String),
    /// A TCP connection stands.
    Connected(SocketAddr),
    /// TLS is up.
    Tls(String, Certificate),
    /// Logged in, as this full JID.
    LoggedIn(String, Facts),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Records(domain, targets) => {
                let places: Vec<String> = targets.iter().map(Target::to_string).collect();
                write!(f, "DNS names {} for {domain}", places.join(", "))
            }
            Step::NoRecords(domain, None) => {
                write!(f, "DNS has no XMPP records for {domain}; trying the domain itself")
            }
            Step::NoRecords(domain, Some(why)) => {
                write!(f, "DNS gave no XMPP records for {domain} ({why}); trying the domain itself")
            }
            Step::Told(target) => write!(f, "connecting to {target}, as configured"),
            Step::Failed(why) => f.write_str(why),
            Step::Connected(address) => write!(f, "connected to {address}"),
            Step::Tls(text, certificate) => {
                write!(f, "{text}; certificate {}", certificate.pin)?;
                certificate.expires_ms.map_or(Ok(()), |ms| write!(f, ", valid until {}", x509::date(ms)))
            }
            Step::LoggedIn(jid, facts) => {
                let has = |has, name| if has { format!(", {name}") } else { format!(", no {name}") };
                write!(f, "logged in as {jid} with {}", facts.mechanism)?;
                f.write_str(&has(facts.resumption, "stream resumption"))?;
                f.write_str(&has(facts.carbons, "carbons"))?;
                f.write_str(&has(facts.archive, "message archive"))
            }
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Target { host, port, direct_tls } = self;
        let how = if *direct_tls { "direct TLS" } else { "STARTTLS" };
        match host.parse::<Ipv6Addr>() {
            Ok(address) => write!(f, "[{address}]:{port} ({how})"),
            Err(_) => write!(f, "{host}:{port} ({how})"),
        }
    }
}

/// An open connection.
pub(super) struct Opened {
    pub(super) link: Link,
    /// With direct TLS: what is known of it.
    pub(super) tls: Option<TlsFacts>,
}

/// Opens a connection. `skip` turns the list of places, so that one that lets us connect and no further is not the
/// only one ever tried.
pub(super) async fn open(route: &Route, configs: &Configs, skip: usize, report: &dyn Fn(Step)) -> Result<Opened, Lost> {
    // The last try may begin here, so that all is over when the session gives up; the rest has its turn next time.
    let end = Instant::now() + (limits::NEGOTIATE_TIMEOUT - limits::CONNECT_TIMEOUT);
    let mut targets = places(route, report).await?;
    let turn = skip % targets.len().max(1);
    targets.rotate_left(turn);
    let mut reasons = Vec::new();
    let mut refused = None;
    for target in &targets {
        if Instant::now() > end {
            break;
        }
        match open_target(target, route, configs, end, report).await {
            Ok(opened) => return Ok(opened),
            Err(Lost::Network(why)) => reasons.push(why),
            // Reported before everything else: it is the one thing the owner can and must decide.
            Err(Lost::Certificate(why)) => refused = Some(Lost::Certificate(why)),
        }
    }
    reasons.dedup();
    reasons.truncate(limits::CONNECT_REASONS_MAX);
    let why = format!("{} cannot be reached: {}", route.domain, reasons.join("; "));
    Err(refused.unwrap_or(Lost::Network(why)))
}

/// Reads `host` of a route: `host`, `host:port`, `[::1]:port`; `tls://` in front means TLS from the first byte. Without
/// a port it is 5222, with `tls://` 5223.
pub fn parse_host(text: &str) -> Option<Target> {
    let (rest, direct_tls) = match text.strip_prefix("tls://") {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    let (host, port) = match rest.strip_prefix('[') {
        Some(rest) => match rest.split_once(']')? {
            (host, "") => (host, None),
            (host, port) => (host, Some(port.strip_prefix(':')?)),
        },
        None if rest.parse::<Ipv6Addr>().is_ok() => (rest, None),
        None => rest.split_once(':').map_or((rest, None), |(host, port)| (host, Some(port))),
    };
    let port = match port {
        Some(port) => port.parse().ok().filter(|port| *port != 0)?,
        None if direct_tls => 5223,
        None => 5222,
    };
    let host = idn::to_ascii(host);
    let is_name = !host.is_empty() && !host.contains(['/', ' ', ':', '[', ']']) && !rest.starts_with('[');
    (is_name || host.parse::<Ipv6Addr>().is_ok()).then_some(Target { host, port, direct_tls })
}

/// Whether a route surely leads to this machine: the only place for a login without TLS.
pub fn is_loopback(route: &Route) -> bool {
    let host = match route.host.as_str() {
        "" => Some(route.domain.trim_matches(['[', ']']).to_string()),
        host => parse_host(host).map(|target| target.host),
    };
    host.is_some_and(|host| is_local_name(&host) || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback()))
}

/// RFC 6761 §6.3: these names never leave the machine, so DNS is not asked for their records.
fn is_local_name(host: &str) -> bool {
    host == "localhost" || host.ends_with(".localhost")
}

async fn places(route: &Route, report: &dyn Fn(Step)) -> Result<Vec<Target>, Lost> {
    let Route { domain, host, .. } = route;
    if !host.is_empty() {
        let Some(target) = parse_host(host) else {
            return Err(Lost::Network(format!("{HOST} must be host:port or tls://host:port, not {host:?}")));
        };
        report(Step::Told(target.clone()));
        return Ok(vec![target]);
    }
    let ascii = idn::to_ascii(domain.trim_matches(['[', ']']));
    let itself = || vec![Target { host: ascii.clone(), port: 5222, direct_tls: false }];
    if is_local_name(&ascii) || ascii.parse::<IpAddr>().is_ok() {
        return Ok(itself());
    }
    match Resolver::system().targets(&ascii).await {
        Ok(targets) if targets.is_empty() => {
            report(Step::NoRecords(domain.clone(), None));
            Ok(itself())
        }
        Ok(targets) => {
            report(Step::Records(domain.clone(), targets.clone()));
            Ok(targets)
        }
        Err(srv::LookupError::NoAnswer(why)) => {
            report(Step::NoRecords(domain.clone(), Some(why)));
            Ok(itself())
        }
        Err(srv::LookupError::NotOffered) => {
            Err(Lost::Network(format!("DNS says that {domain} offers no XMPP to clients (its SRV target is \".\")")))
        }
    }
}

async fn open_target(
    target: &Target,
    route: &Route,
    configs: &Configs,
    end: Instant,
    report: &dyn Fn(Step),
) -> Result<Opened, Lost> {
    let socket = match open_socket(target, end, report).await {
        Ok(socket) => socket,
        Err(why) => {
            report(Step::Failed(why.clone()));
            return Err(Lost::Network(why));
        }
    };
    if !target.direct_tls {
        return Ok(Opened { link: Link::Plain(socket), tls: None });
    }
    let late = async {
        Timer::after(limits::CONNECT_TIMEOUT).await;
        Err(Lost::Network(format!("{target}: no TLS within {} s", limits::CONNECT_TIMEOUT.as_secs())))
    };
    start_tls(socket, TlsStart::Direct, route, configs, report).or(late).await
}

/// Puts TLS on an open connection.
pub(super) async fn start_tls(
    socket: Socket,
    start: TlsStart,
    route: &Route,
    configs: &Configs,
    report: &dyn Fn(Step),
) -> Result<Opened, Lost> {
    let config = configs.get(route, start).map_err(|error| Lost::Certificate(error.to_string()))?;
    match tls::connect(config, &route.domain, socket).await {
        Ok((stream, facts, certificate)) => {
            report(Step::Tls(facts.text.clone(), certificate));
            Ok(Opened { link: Link::Tls(Box::new(stream)), tls: Some(facts) })
        }
        Err(lost) => {
            let (Lost::Network(why) | Lost::Certificate(why)) = &lost;
            report(Step::Failed(why.clone()));
            Err(lost)
        }
    }
}

async fn open_socket(target: &Target, end: Instant, report: &dyn Fn(Step)) -> Result<Socket, String> {
    let found = addresses(target).or(late()).await;
    let addresses = found.map_err(|error| format!("{}: {}", target.host, reason(&error)))?;
    let mut reasons = Vec::new();
    for address in addresses.into_iter().take(limits::ADDRESSES_MAX) {
        if Instant::now() > end {
            break;
        }
        match Socket::connect(address).or(late()).await {
            Ok(socket) => {
                report(Step::Connected(address));
                return Ok(socket);
            }
            Err(error) => reasons.push(format!("{address}: {}", reason(&error))),
        }
    }
    Err(reasons.join("; "))
}

async fn late<T>() -> io::Result<T> {
    Timer::after(limits::CONNECT_TIMEOUT).await;
    Err(io::ErrorKind::TimedOut.into())
}

/// The addresses of a place, in the order the system prefers (RFC 6724) within each family.
async fn addresses(target: &Target) -> io::Result<Vec<SocketAddr>> {
    if let Ok(address) = target.host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, target.port)]);
    }
    let (host, port) = (target.host.clone(), target.port);
    let found: Vec<SocketAddr> = smol::unblock(move || (host, port).to_socket_addrs().map(Iterator::collect)).await?;
    if found.is_empty() { Err(io::Error::other("it has no address")) } else { Ok(alternated(found)) }
}

/// RFC 8305 §4: the families take turns, so that a broken one costs one deadline and not all of them.
fn alternated(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) = addresses.into_iter().partition(|address| address.is_ipv6() == first_is_v6);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut out = Vec::new();
    loop {
        let pair = [first.next(), second.next()];
        if pair == [None, None] {
            return out;
        }
        out.extend(pair.into_iter().flatten());
    }
}

/// An error without its number: "connection refused".
pub(super) fn reason(error: &io::Error) -> String {
    match (error.raw_os_error(), error.kind().to_string()) {
        // rustls says at length, with an address in its manual, that TLS was not closed first.
        _ if error.kind() == io::ErrorKind::UnexpectedEof => "the server closed the connection".to_string(),
        (Some(_), kind) if kind != "uncategorized error" => kind,
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        let show = |text| parse_host(text).map(|target| target.to_string());
        for (text, shown) in [
            ("127.0.0.1:5222", "127.0.0.1:5222 (STARTTLS)"),
            ("xmpp.example.org", "xmpp.example.org:5222 (STARTTLS)"),
            ("tls://xmpp.example.org", "xmpp.example.org:5223 (direct TLS)"),
            ("tls://[::1]:443", "[::1]:443 (direct TLS)"),
            ("[::1]:5222", "[::1]:5222 (STARTTLS)"),
            ("::1", "[::1]:5222 (STARTTLS)"),
        ] {
            assert_eq!(show(text).as_deref(), Some(shown));
        }
        for bad in ["", "a:b", "a:0", "a:99999", "[::1", "tls://", "http://a", "a:1:2", "[a]b:1:2", "[a]:1", "[::1]x"] {
            assert_eq!(show(bad), None, "{bad}");
        }
    }

    #[test]
    fn families_take_turns() {
        let parse = |text: &str| text.split(' ').map(|address| address.parse().unwrap()).collect::<Vec<SocketAddr>>();
        let (given, wanted) = ("[::1]:1 [::2]:1 [::3]:1 1.1.1.1:1", "[::1]:1 1.1.1.1:1 [::2]:1 [::3]:1");
        assert_eq!(alternated(parse(given)), parse(wanted));
        assert_eq!(alternated(Vec::new()), []);
    }

    #[test]
    fn only_this_machine_is_loopback() {
        let route = |host: &str| Route { domain: "example.org".into(), host: host.into(), ..Route::default() };
        assert!(
            is_loopback(&route("127.0.0.1:5222")) && is_loopback(&route("[::1]")) && is_loopback(&route("localhost"))
        );
        assert!(
            !is_loopback(&route("")) && !is_loopback(&route("192.0.2.1")) && !is_loopback(&route("localhost.example"))
        );
    }
}
