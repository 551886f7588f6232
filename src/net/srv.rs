//! Where a domain's XMPP server is: SRV records (RFC 6120 §3.2.1, XEP-0368), asked of the system's nameservers.
//!
//! The codec is the `domain` crate's; here is one exchange over UDP (over TCP where the answer is truncated), the checks
//! against forged answers, and the order of RFC 2782. Addresses of names are `getaddrinfo`'s affair, see [`connect`].
//!
//! [`connect`]: super::connect

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use async_io::Async;
use domain::base::iana::{Opcode, Rcode};
use domain::base::{Message, MessageBuilder, Name, Rtype};
use domain::rdata::Srv;
use smol::future::{self, FutureExt};
use smol::io::{AsyncReadExt, AsyncWriteExt};

use crate::base::{crypto, limits};
use crate::reactor::Timer;

/// One place where a domain offers its service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Name or address to connect to. The certificate must still be for the domain.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// TLS from the first byte (XEP-0368) instead of STARTTLS.
    pub direct_tls: bool,
}

/// Why the records could not be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LookupError {
    /// The domain says by the target "." that it has no such service (RFC 2782): do not try.
    NotOffered,
    /// No server gave a usable answer; the text names the last reason. The domain itself is worth a try.
    NoAnswer(String),
}

/// One record as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Lower comes first.
    pub priority: u16,
    /// Share among those of the same priority.
    pub weight: u16,
    /// TCP port.
    pub port: u16,
    /// Name of the host without the dot at the end; empty for ".", "not offered".
    pub host: String,
}

/// What one datagram from a nameserver turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// No answer to our question: wrong id, wrong question, no DNS. Wait on.
    Foreign,
    /// The answer did not fit: ask by TCP.
    Truncated,
    /// The server cannot or will not say; another may.
    Refused(String),
    /// The records; none for "no such name" and "no such record".
    Records(Vec<Record>),
}

/// Asks nameservers.
#[derive(Clone, Debug)]
pub struct Resolver {
    /// Whom to ask, in this order.
    pub servers: Vec<SocketAddr>,
    /// Bound on one exchange.
    pub timeout: Duration,
}

impl Resolver {
    /// The nameservers of `/etc/resolv.conf`, or the one on this machine if there is no such file (resolv.conf(5)).
    pub fn system() -> Resolver {
        let text = std::fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
        Resolver { servers: nameservers(&text), timeout: limits::DNS_TIMEOUT }
    }

    /// The places where `domain` offers XMPP to clients, best first; empty when it has no SRV records.
    pub async fn targets(&self, domain: &str) -> Result<Vec<Target>, LookupError> {
        let ask = |service: &str| self.records(format!("{service}.{domain}"));
        let (direct, starttls) = future::zip(ask("_xmpps-client._tcp"), ask("_xmpp-client._tcp")).await;
        merge(direct, starttls, random)
    }

    async fn records(&self, name: String) -> Result<Vec<Record>, LookupError> {
        let mut why = "there is no nameserver in /etc/resolv.conf".to_string();
        for server in self.servers.iter().cycle().take(limits::DNS_TRIES_MAX) {
            // A fresh id each time, beside the random port of a fresh socket: what a forger would have to guess.
            let Some(query) = query(&name, random(u16::MAX.into()) as u16) else {
                return Err(LookupError::NoAnswer(format!("{name} is no domain name")));
            };
            let exchange = async { self.exchange(*server, &query).await.map_err(|error| error.to_string()) };
            let late = async {
                Timer::after(self.timeout).await;
                Err(format!("no answer within {} s", self.timeout.as_secs_f32()))
            };
            match exchange.or(late).await {
                Ok(Answer::Records(records)) => return Ok(records),
                Ok(Answer::Refused(reason)) | Err(reason) => why = format!("nameserver {server}: {reason}"),
                Ok(Answer::Foreign | Answer::Truncated) => why = format!("nameserver {server}: answer cut short"),
            }
        }
        Err(LookupError::NoAnswer(why))
    }

    async fn exchange(&self, server: SocketAddr, query: &[u8]) -> io::Result<Answer> {
        let any: SocketAddr = match server {
            SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        };
        let socket = Async::<UdpSocket>::bind(any)?;
        // Connected: the kernel drops what comes from elsewhere, and tells us when nobody listens there.
        socket.get_ref().connect(server)?;
        socket.send(query).await?;
        // RFC 1035 §4.2.1: without EDNS an answer has at most 512 bytes; a longer one comes from who knows better.
        let mut buffer = [0; 4096];
        loop {
            let size = socket.recv(&mut buffer).await?;
            match read_answer(&buffer[..size], query) {
                Answer::Foreign => continue,
                Answer::Truncated => return self.exchange_tcp(server, query).await,
                answer => return Ok(answer),
            }
        }
    }

    /// RFC 1035 §4.2.2: each message behind its length.
    async fn exchange_tcp(&self, server: SocketAddr, query: &[u8]) -> io::Result<Answer> {
        let mut stream = Async::<TcpStream>::connect(server).await?;
        let mut framed = (query.len() as u16).to_be_bytes().to_vec();
        framed.extend_from_slice(query);
        stream.write_all(&framed).await?;
        let mut size = [0; 2];
        stream.read_exact(&mut size).await?;
        let mut answer = vec![0; usize::from(u16::from_be_bytes(size))];
        stream.read_exact(&mut answer).await?;
        Ok(read_answer(&answer, query))
    }
}

/// A question for SRV records as a datagram; `None` when `name` does not fit into DNS.
pub fn query(name: &str, id: u16) -> Option<Vec<u8>> {
    let name = name.parse::<Name<Vec<u8>>>().ok()?;
    let mut builder = MessageBuilder::new_vec();
    builder.header_mut().set_id(id);
    builder.header_mut().set_rd(true);
    builder.header_mut().set_opcode(Opcode::QUERY);
    let mut question = builder.question();
    question.push((&name, Rtype::SRV)).ok()?;
    Some(question.finish())
}

/// Reads what came back for `query`. Any bytes are fine.
pub fn read_answer(data: &[u8], query: &[u8]) -> Answer {
    let (Ok(answer), Ok(query)) = (Message::from_octets(data), Message::from_octets(query)) else {
        return Answer::Foreign;
    };
    if !answer.is_answer(&query) {
        return Answer::Foreign;
    }
    if answer.header().tc() {
        return Answer::Truncated;
    }
    match answer.header().rcode() {
        Rcode::NOERROR => {}
        Rcode::NXDOMAIN => return Answer::Records(Vec::new()),
        code => return Answer::Refused(format!("it answered {code}")),
    }
    let (Some(name), Ok(section)) = (answer.canonical_name(), answer.answer()) else {
        return Answer::Refused("its answer is malformed".to_string());
    };
    let mut records = Vec::new();
    for record in section.limit_to::<Srv<_>>() {
        let Ok(record) = record else {
            return Answer::Refused("its answer is malformed".to_string());
        };
        // Records of other names are none of our question, whoever put them there.
        if *record.owner() != name || records.len() == limits::SRV_TARGETS_MAX {
            continue;
        }
        let srv = record.data();
        let host = srv.target().to_string();
        let host = host.strip_suffix('.').unwrap_or(&host).to_string();
        records.push(Record { priority: srv.priority(), weight: srv.weight(), port: srv.port(), host });
    }
    Answer::Records(records)
}

/// Puts the answers for direct TLS and for STARTTLS together (XEP-0368 §3) and into the order of RFC 2782.
/// `random(n)` gives a number from 0 to `n`, both included.
pub fn merge(
    direct: Result<Vec<Record>, LookupError>,
    starttls: Result<Vec<Record>, LookupError>,
    random: impl FnMut(u32) -> u32,
) -> Result<Vec<Target>, LookupError> {
    let is_refusal = |answer: &Result<Vec<Record>, LookupError>| match answer {
        Ok(records) => records.iter().any(|record| record.host.is_empty()),
        Err(_) => false,
    };
    let refused = is_refusal(&starttls);
    let why = direct.as_ref().and(starttls.as_ref()).err().cloned();
    let mut all: Vec<(Record, bool)> = Vec::new();
    for (answer, direct_tls) in [(direct, true), (starttls, false)] {
        let records = answer.unwrap_or_default();
        all.extend(records.into_iter().filter(|r| !r.host.is_empty()).map(|record| (record, direct_tls)));
    }
    match why {
        // XEP-0368 §3: "." for direct TLS alone says nothing about STARTTLS on the domain itself.
        _ if all.is_empty() && refused => Err(LookupError::NotOffered),
        Some(why) if all.is_empty() => Err(why),
        _ => Ok(ordered(all, random)),
    }
}

/// RFC 2782: by priority; among equals a draw by weight, those of weight 0 with the smallest chance.
fn ordered(mut rest: Vec<(Record, bool)>, mut random: impl FnMut(u32) -> u32) -> Vec<Target> {
    let mut out = Vec::with_capacity(rest.len());
    rest.sort_by_key(|(record, _)| (record.priority, record.weight));
    while let Some((first, _)) = rest.first() {
        let priority = first.priority;
        let equals = rest.iter().take_while(|(record, _)| record.priority == priority);
        let weights: Vec<u32> = equals.map(|(record, _)| u32::from(record.weight)).collect();
        let drawn = random(weights.iter().sum());
        let mut sum = 0;
        let at = weights.iter().position(|weight| {
            sum += weight;
            sum >= drawn
        });
        let (record, direct_tls) = rest.remove(at.unwrap_or(0));
        out.push(Target { host: record.host, port: record.port, direct_tls });
    }
    out
}

/// A number from 0 to `max`, both included.
fn random(max: u32) -> u32 {
    let mut bytes = [0; 8];
    crypto::random(&mut bytes);
    (u64::from_le_bytes(bytes) % (u64::from(max) + 1)) as u32
}

/// The `nameserver` lines of a `resolv.conf`.
fn nameservers(text: &str) -> Vec<SocketAddr> {
    let mut servers: Vec<SocketAddr> = text
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("nameserver"))
        .filter_map(|rest| rest.split_whitespace().next())
        // With a zone (`fe80::1%eth0`) it is for the C library only; std cannot read it.
        .filter_map(|address| address.parse().ok())
        .map(|address: std::net::IpAddr| SocketAddr::new(address, 53))
        .take(limits::DNS_SERVERS_MAX)
        .collect();
    if servers.is_empty() {
        servers.push((Ipv4Addr::LOCALHOST, 53).into());
    }
    servers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nameservers_of_resolv_conf() {
        let text =
            "# x\nsearch example.org\nnameserver 192.0.2.1\n nameserver\t2001:db8::1 # y\nnameserver fe80::1%eth0\n";
        let expected: Vec<SocketAddr> = vec!["192.0.2.1:53".parse().unwrap(), "[2001:db8::1]:53".parse().unwrap()];
        assert_eq!(nameservers(text), expected);
        assert_eq!(nameservers(""), ["127.0.0.1:53".parse().unwrap()]);
    }

    #[test]
    fn weights_are_shares() {
        let record = |priority, weight, host: &str| Record { priority, weight, port: 5222, host: host.to_string() };
        let records =
            || vec![record(20, 0, "last"), record(10, 70, "big"), record(10, 30, "small"), record(10, 0, "zero")];
        let mut first = std::collections::BTreeMap::new();
        for _ in 0..2_000 {
            let targets = merge(Ok(Vec::new()), Ok(records()), random).unwrap();
            assert_eq!(targets[3].host, "last");
            *first.entry(targets[0].host.clone()).or_insert(0) += 1;
        }
        assert!((1_250..1_550).contains(&first["big"]), "{first:?}");
        assert!((450..750).contains(&first["small"]), "{first:?}");
    }
}
