//! Does the test rig itself work? Servers start, keep their data and end; peers talk; the proxy breaks connections.
//!
//! Run with the other tests. When a test with a real server fails, look here first: if these fail, too, the fault is
//! not in the program under test. Skipped when a server is not installed, unless REQUIRE_SERVERS=1.

mod support;

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use support::peer::{Login, Peer};
use support::port::Port;
use support::proxy::Proxy;
use support::server::{Kind, Options, Server, Storage};

const LIMIT: Duration = Duration::from_secs(20);
const QUIET: Duration = Duration::from_millis(300);

fn talk(from: &mut Peer, to: &mut Peer, to_jid: &str, body: &str) {
    let id = from.send(to_jid, body);
    let message = to.expect(LIMIT, |message| message.body == body);
    assert_eq!((message.id.as_str(), message.kind.as_str(), message.carbon.as_str()), (id.as_str(), "chat", "none"));
    assert_eq!(message.from, from.jid);
}

/// Accounts with awkward passwords, two people, a second device with carbons, a room, a restart, a crash.
fn server_and_peers(kind: Kind) {
    let Some(mut server) = Server::start(kind) else { return };
    server.add_user("alice", "a \"quoted\\ pass'word");
    server.add_user("bob_2", "bob's");
    let (alice_jid, bob_jid) = (server.jid("alice"), server.jid("bob_2"));
    {
        let mut alice = Peer::login(&server, "alice", "a \"quoted\\ pass'word", "phone");
        let mut bob = Peer::login(&server, "bob_2", "bob's", "phone");
        talk(&mut alice, &mut bob, &bob_jid, "hello");
        talk(&mut bob, &mut alice, &alice_jid, "hé <&> \u{1F600}");

        let mut desk = Peer::login(&server, "alice", "a \"quoted\\ pass'word", "desk");
        alice.send(&bob_jid, "copied");
        let copy = desk.expect(LIMIT, |message| message.body == "copied");
        assert_eq!(copy.carbon, "sent");
        alice.send_private(&bob_jid, "not copied");
        bob.expect(LIMIT, |message| message.body == "not copied");
        desk.none(QUIET);

        let room = server.room("den");
        alice.join(&room, "alice");
        bob.join(&room, "bob");
        bob.send_kind(&room, "all", "groupchat");
        let heard = alice.expect(LIMIT, |message| message.body == "all");
        assert_eq!((heard.kind.as_str(), heard.from), ("groupchat", format!("{room}/bob")));

        alice.raw("<iq type='get' id='q1'><ping xmlns='urn:xmpp:ping'/></iq>");
        assert_eq!(alice.expect_iq(LIMIT, "q1").kind, "result");
        desk.quit();
    }
    assert!(Peer::try_login(&server, "alice", "wrong", "x", &Login::default()).is_err());
    server.restart();
    server.kill();
    server.start_again();
    server.set_password("alice", "another");
    let mut alice = Peer::login(&server, "alice", "another", "phone");
    alice.send(&bob_jid, "while you were away");
    let mut bob = Peer::login(&server, "bob_2", "bob's", "phone");
    assert!(bob.expect(LIMIT, |message| message.body == "while you were away").delayed);
    server.stop();
    bob.expect_closed(LIMIT);
}

#[test]
fn prosody_and_peers() {
    server_and_peers(Kind::Prosody);
}

#[test]
fn ejabberd_and_peers() {
    server_and_peers(Kind::Ejabberd);
}

#[test]
fn prosody_with_sql() {
    for archive in [true, false] {
        let options = Options { storage: Storage::Sql, archive, ..Options::default() };
        let Some(mut server) = Server::start_with(Kind::Prosody, options) else { return };
        server.add_user("alice", "secret");
        let mut alice = Peer::login(&server, "alice", "secret", "phone");
        let own = server.jid("alice");
        alice.send(&own, "to myself");
        let message = alice.expect(LIMIT, |message| message.body == "to myself");
        assert_eq!(message.stanza_ids.len(), usize::from(archive));
        server.restart();
        assert!(server.dir.join("prosody.sqlite").exists());
    }
}

#[test]
fn two_servers_of_a_kind_at_once() {
    let Some(first) = Server::start(Kind::Ejabberd) else { return };
    let Some(second) = Server::start(Kind::Ejabberd) else { return };
    first.add_user("only_here", "x");
    let arguments = [("user", "only_here"), ("host", first.domain.as_str())];
    assert_eq!(first.api("check_account", &arguments), Ok((200, "0".into())));
    assert_eq!(second.api("check_account", &arguments), Ok((200, "1".into())));
    let folder = first.dir.clone();
    drop(first);
    assert!(!folder.exists());
}

#[test]
fn proxy_cuts_a_real_client() {
    let Some(server) = Server::start(Kind::Prosody) else { return };
    server.add_user("alice", "secret");
    let proxy = Proxy::start(server.c2s_port);
    let through = Login { port: Some(proxy.port), ..Login::default() };
    let mut alice = Peer::login_with(&server, "alice", "secret", "phone", &through);
    assert_eq!((proxy.connections(), proxy.open()), (1, 1));
    proxy.reset();
    alice.expect_closed(LIMIT);
    assert_eq!(proxy.open(), 0);
}

/// A server which answers each connection with what it gets.
fn echo_server() -> Port {
    let port = Port::claim();
    let listener = TcpListener::bind(("127.0.0.1", port.number)).expect("echo server");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || std::io::copy(&mut &stream, &mut &stream));
        }
    });
    port
}

fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).expect("connection to the proxy");
    stream.set_read_timeout(Some(LIMIT)).expect("time limit");
    stream
}

fn answers(stream: &mut TcpStream, text: &str) {
    stream.write_all(text.as_bytes()).expect("send");
    let mut back = vec![0; text.len()];
    stream.read_exact(&mut back).expect("answer");
    assert_eq!(back, text.as_bytes());
}

fn is_silent(stream: &mut TcpStream) {
    stream.set_read_timeout(Some(QUIET)).expect("time limit");
    let error = stream.read(&mut [0; 8]).expect_err("silence");
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    stream.set_read_timeout(Some(LIMIT)).expect("time limit");
}

#[test]
fn proxy_modes() {
    let echo = echo_server();
    let proxy = Proxy::start(echo.number);
    let mut client = connect(proxy.port);
    answers(&mut client, "pass");

    proxy.stall();
    client.write_all(b"late").expect("send");
    is_silent(&mut client);
    proxy.pass();
    let mut late = [0; 4];
    client.read_exact(&mut late).expect("what waited");
    assert_eq!(&late, b"late");

    proxy.blackhole();
    client.write_all(b"lost").expect("send");
    let mut second = connect(proxy.port);
    second.write_all(b"lost, too").expect("send");
    is_silent(&mut client);
    is_silent(&mut second);
    proxy.wait_connections(2, LIMIT);

    let began = Instant::now();
    proxy.reset();
    assert!(began.elapsed() < Duration::from_secs(2));
    for stream in [&mut client, &mut second] {
        let error = stream.read(&mut [0; 8]).expect_err("reset");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }

    proxy.refuse();
    let refused = TcpStream::connect(("127.0.0.1", proxy.port)).expect_err("refused");
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    proxy.pass();
    let mut third = connect(proxy.port);
    answers(&mut third, "again");
    assert_eq!((proxy.connections(), proxy.open()), (3, 1));
    assert_eq!(proxy.bytes(), (26, 13));
}

#[test]
fn ports_are_held() {
    let ports: Vec<Port> = (0..50).map(|_| Port::claim()).collect();
    let mut numbers: Vec<u16> = ports.iter().map(|port| port.number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), 50);
}

/// Peers with OMEMO find each other's keys, talk in both versions, and come back as the devices they were.
fn encrypting_peers(kind: Kind) {
    let Some(server) = Server::start(kind) else { return };
    server.add_user("alice", "secret");
    server.add_user("bob", "secret");
    let (alice_jid, bob_jid) = (server.jid("alice"), server.jid("bob"));
    let both = Login { omemo: "0.3 2", ..Login::default() };
    let old = Login { omemo: "0.3", ..Login::default() };
    let say = |from: &mut Peer, to: &mut Peer, to_jid: &str, body: &str, version: &str| {
        let id = from.encrypt(to_jid, body, version);
        let message = to.expect(LIMIT, |message| message.id == id);
        assert_eq!((message.body.as_str(), message.encrypted.as_str(), message.error.as_str()), (body, version, ""));
        assert!(!message.xml.contains(body), "{message:?}");
    };
    let mut alice = Peer::login_with(&server, "alice", "secret", "phone", &both);
    let mut devices = Vec::new();
    for round in 0..2 {
        let mut bob = Peer::login_with(&server, "bob", "secret", "phone", &both);
        for version in ["0.3", "2"] {
            say(&mut alice, &mut bob, &bob_jid, &format!("to b\u{f6}b {round}"), version);
            say(&mut bob, &mut alice, &alice_jid, &format!("to alice {round}"), version);
        }
        let known = alice.devices(&bob_jid);
        assert!(devices.is_empty() || devices == known, "{devices:?}, {known:?}");
        devices = known;
        bob.quit();
    }
    assert!(matches!(&devices[..], [(_, versions)] if versions == "0.3 2"), "{devices:?}");

    // Another device, which knows but the old version, has what its other one has.
    let mut desk = Peer::login_with(&server, "bob", "secret", "desk", &old);
    let mut phone = Peer::login_with(&server, "bob", "secret", "phone", &both);
    say(&mut alice, &mut desk, &bob_jid, "to both", "0.3");
    assert_eq!(phone.expect(LIMIT, |message| message.encrypted == "0.3").body, "to both");
    assert_eq!(alice.devices(&bob_jid).len(), 2);
    alice.send(&bob_jid, "plain");
    assert_eq!(desk.expect(LIMIT, |message| message.body == "plain").encrypted, "");
}

#[test]
fn prosody_and_encrypting_peers() {
    encrypting_peers(Kind::Prosody);
}

#[test]
fn ejabberd_and_encrypting_peers() {
    encrypting_peers(Kind::Ejabberd);
}
