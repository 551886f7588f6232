//! SRV lookup against a nameserver of our own: order, refusals, forgeries, truncation, silence, garbage.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use botmother::net::srv::{self, Answer, LookupError, Record, Resolver, Target};
use domain::base::iana::{Class, Rcode};
use domain::base::message_builder::StaticCompressor;
use domain::base::{Message, MessageBuilder, Name, ToName, Ttl};
use domain::rdata::{Cname, Srv};

/// Priority, weight, port, host.
type Row = (u16, u16, u16, &'static str);

/// A nameserver for the length of the test run. `reply` gives the datagrams to send for a question, in this order.
fn nameserver(reply: impl Fn(&[u8], bool) -> Vec<Vec<u8>> + Send + Clone + 'static) -> SocketAddr {
    let (udp, tcp) = loop {
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        if let Ok(tcp) = TcpListener::bind(udp.local_addr().unwrap()) {
            break (udp, tcp);
        }
    };
    let address = udp.local_addr().unwrap();
    let by_tcp = reply.clone();
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok((size, from)) = udp.recv_from(&mut buffer) {
            for answer in reply(&buffer[..size], false) {
                udp.send_to(&answer, from).unwrap();
            }
        }
    });
    thread::spawn(move || {
        for stream in tcp.incoming() {
            let mut stream = stream.unwrap();
            let mut size = [0; 2];
            stream.read_exact(&mut size).unwrap();
            let mut query = vec![0; usize::from(u16::from_be_bytes(size))];
            stream.read_exact(&mut query).unwrap();
            for answer in by_tcp(&query, true) {
                stream.write_all(&(answer.len() as u16).to_be_bytes()).unwrap();
                stream.write_all(&answer).unwrap();
            }
        }
    });
    address
}

fn is_direct(query: &[u8]) -> bool {
    let message = Message::from_octets(query).unwrap();
    message.first_question().unwrap().qname().to_string().starts_with("_xmpps-client._tcp.")
}

/// An answer with compressed names, as servers send them.
fn answer(query: &[u8], rcode: Rcode, rows: &[Row]) -> Vec<u8> {
    let query = Message::from_octets(query).unwrap();
    let owner = query.first_question().unwrap().qname().to_name::<Vec<u8>>();
    let builder = MessageBuilder::from_target(StaticCompressor::new(Vec::new())).unwrap();
    let mut builder = builder.start_answer(&query, rcode).unwrap();
    for (priority, weight, port, host) in rows {
        let target: Name<Vec<u8>> = host.parse().unwrap();
        let data = Srv::new(*priority, *weight, *port, target);
        builder.push((&owner, Class::IN, Ttl::from_secs(60), data)).unwrap();
    }
    builder.finish().into_target()
}

fn resolver(servers: &[SocketAddr]) -> Resolver {
    Resolver { servers: servers.to_vec(), timeout: Duration::from_millis(400) }
}

fn lookup(servers: &[SocketAddr]) -> Result<Vec<Target>, LookupError> {
    botmother::reactor::block_on(resolver(servers).targets("example.org"))
}

/// Looks up with these rows for direct TLS and for STARTTLS; `host:port`, with `+` for direct TLS.
fn ask(direct: &'static [Row], starttls: &'static [Row]) -> Result<Vec<String>, LookupError> {
    let server = nameserver(move |query, _| {
        vec![answer(query, Rcode::NOERROR, if is_direct(query) { direct } else { starttls })]
    });
    lookup(&[server]).map(|targets| targets.iter().map(short).collect())
}

fn short(target: &Target) -> String {
    format!("{}:{}{}", target.host, target.port, if target.direct_tls { "+" } else { "" })
}

#[test]
fn both_services_are_merged_by_priority() {
    let found = ask(
        &[(5, 0, 5223, "a.example.org."), (30, 0, 443, "b.example.org.")],
        &[(20, 0, 5222, "c.example.org."), (10, 1, 5222, "d.example.org.")],
    );
    assert_eq!(
        found.unwrap(),
        ["a.example.org:5223+", "d.example.org:5222", "c.example.org:5222", "b.example.org:443+"]
    );
}

#[test]
fn no_records_and_no_such_name_are_no_error() {
    assert_eq!(ask(&[], &[]).unwrap(), Vec::<String>::new());
    let server = nameserver(|query, _| vec![answer(query, Rcode::NXDOMAIN, &[])]);
    assert_eq!(lookup(&[server]).unwrap(), []);
}

#[test]
fn a_dot_means_not_offered() {
    const DOT: &[Row] = &[(0, 0, 0, ".")];
    assert_eq!(ask(&[], DOT), Err(LookupError::NotOffered));
    assert_eq!(ask(DOT, DOT), Err(LookupError::NotOffered));
    assert_eq!(ask(&[(0, 0, 5223, "a.example.org.")], DOT).unwrap(), ["a.example.org:5223+"]);
    assert_eq!(ask(DOT, &[(0, 0, 5222, "a.example.org.")]).unwrap(), ["a.example.org:5222"]);
    // Only direct TLS is denied: the domain itself is still worth a try with STARTTLS.
    assert_eq!(ask(DOT, &[]).unwrap(), Vec::<String>::new());
}

#[test]
fn one_service_is_enough_when_the_other_cannot_be_asked() {
    let server = nameserver(|query, _| {
        let rows: &[Row] = &[(0, 0, 5222, "a.example.org.")];
        let rcode = if is_direct(query) { Rcode::SERVFAIL } else { Rcode::NOERROR };
        vec![answer(query, rcode, if is_direct(query) { &[] } else { rows })]
    });
    assert_eq!(short(&lookup(&[server]).unwrap()[0]), "a.example.org:5222");
}

#[test]
fn truncated_answers_are_asked_for_by_tcp() {
    let server = nameserver(|query, is_tcp| {
        let rows: &[Row] = if is_direct(query) { &[] } else { &[(0, 0, 5222, "tcp.example.org.")] };
        let mut data = answer(query, Rcode::NOERROR, if is_tcp { rows } else { &[] });
        if !is_tcp {
            data[2] |= 0x02;
        }
        vec![data]
    });
    assert_eq!(short(&lookup(&[server]).unwrap()[0]), "tcp.example.org:5222");
}

#[test]
fn forged_answers_are_ignored() {
    let server = nameserver(|query, _| {
        let evil: &[Row] = &[(0, 0, 5222, "evil.example.org.")];
        let mut wrong_id = answer(query, Rcode::NOERROR, evil);
        wrong_id[0] ^= 0x55;
        let mut other_name = query.to_vec();
        other_name[13] ^= 0x01;
        let wrong_question = answer(&other_name, Rcode::NOERROR, evil);
        let mut no_response = answer(query, Rcode::NOERROR, evil);
        no_response[2] &= 0x7f;
        let good = answer(query, Rcode::NOERROR, &[(0, 0, 5222, "good.example.org.")]);
        vec![wrong_id, wrong_question, no_response, query.to_vec(), vec![], vec![1, 2, 3], good]
    });
    assert_eq!(short(&lookup(&[server]).unwrap()[0]), "good.example.org:5222+");
}

#[test]
fn an_answer_from_another_address_does_not_arrive() {
    let server = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap();
    thread::spawn(move || {
        let forger = UdpSocket::bind("127.0.0.1:0").unwrap();
        let mut buffer = [0; 512];
        while let Ok((size, from)) = server.recv_from(&mut buffer) {
            let evil = answer(&buffer[..size], Rcode::NOERROR, &[(0, 0, 5222, "evil.example.org.")]);
            forger.send_to(&evil, from).unwrap();
        }
    });
    assert!(matches!(lookup(&[address]), Err(LookupError::NoAnswer(_))));
}

#[test]
fn records_of_other_names_are_ignored_and_aliases_followed() {
    let query = srv::query("_xmpp-client._tcp.example.org", 7).unwrap();
    let message = Message::from_octets(query.as_slice()).unwrap();
    let name = |text: &str| text.parse::<Name<Vec<u8>>>().unwrap();
    let mut builder = MessageBuilder::new_vec().start_answer(&message, Rcode::NOERROR).unwrap();
    let (alias, real) = (name("_xmpp-client._tcp.example.org."), name("_xmpp-client._tcp.hosting.example."));
    let record = |host| Srv::new(1, 0, 5222, name(host));
    builder.push((&alias, Class::IN, Ttl::from_secs(1), Cname::new(real.clone()))).unwrap();
    builder.push((&real, Class::IN, Ttl::from_secs(1), record("good.example."))).unwrap();
    builder.push((&name("x.example."), Class::IN, Ttl::from_secs(1), record("evil.example."))).unwrap();
    let expected = Record { priority: 1, weight: 0, port: 5222, host: "good.example".to_string() };
    assert_eq!(srv::read_answer(&builder.finish(), &query), Answer::Records(vec![expected]));
}

#[test]
fn a_silent_server_costs_its_timeout_and_the_next_is_asked() {
    let silent = nameserver(|_, _| Vec::new());
    let refusing = nameserver(|query, _| vec![answer(query, Rcode::REFUSED, &[])]);
    let good = nameserver(|query, _| vec![answer(query, Rcode::NOERROR, &[(0, 0, 5222, "a.example.org.")])]);
    let begun = Instant::now();
    assert_eq!(lookup(&[silent, refusing, good]).unwrap().len(), 2);
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    let Err(LookupError::NoAnswer(why)) = lookup(&[silent]) else { panic!("an answer of a silent server") };
    assert!(why.contains("no answer within 0.4 s"), "{why}");
    // Lost once, a question is asked again.
    let count = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let lossy = nameserver(move |query, _| match count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
        0 | 1 => Vec::new(),
        _ => vec![answer(query, Rcode::NOERROR, &[(0, 0, 5222, "a.example.org.")])],
    });
    assert_eq!(lookup(&[lossy]).unwrap().len(), 2);
}

#[test]
fn nobody_listening_is_noticed_at_once() {
    let closed = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let begun = Instant::now();
    assert!(matches!(lookup(&[closed]), Err(LookupError::NoAnswer(_))));
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    assert!(matches!(lookup(&[]), Err(LookupError::NoAnswer(_))));
}

#[test]
fn names_that_do_not_fit_into_dns_are_no_panic() {
    let label = "a".repeat(64);
    let long = vec!["a".repeat(60); 5].join(".");
    for name in [label.as_str(), long.as_str(), "", "..", "a..b", "\\", "a\u{0}b"] {
        let _ = srv::query(name, 1);
        assert!(botmother::reactor::block_on(resolver(&[]).targets(name)).is_err());
    }
}

#[test]
fn any_bytes_are_an_answer_of_some_kind() {
    let query = srv::query("_xmpp-client._tcp.example.org", 99).unwrap();
    let good = answer(&query, Rcode::NOERROR, &[(1, 2, 3, "a.example.org."), (4, 5, 6, "b.example.org.")]);
    assert!(matches!(srv::read_answer(&good, &query), Answer::Records(records) if records.len() == 2));
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed as usize
    };
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(2) {
        let mut data = good.clone();
        match random() % 3 {
            // Damaged behind the question, so that the reader gets to the records.
            0 => (0..1 + random() % 6)
                .for_each(|_| data[query.len() + random() % (good.len() - query.len())] = random() as u8),
            1 => data.truncate(random() % good.len()),
            _ => data = (0..random() % 600).map(|_| random() as u8).collect(),
        }
        let _ = srv::read_answer(&data, &query);
    }
    // A name that points at itself must end, too.
    let mut looped = good.clone();
    let owner = query.len();
    looped[owner] = 0xc0;
    looped[owner + 1] = owner as u8;
    assert!(!matches!(srv::read_answer(&looped, &query), Answer::Records(records) if records.len() == 2));
}
