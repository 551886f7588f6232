//! SIGTERM in the middle of everything.

use std::collections::HashSet;
use std::io::Write;
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::support::archive;
use super::support::daemon::Daemon;
use super::support::load::{Others, People, Program, Senders, lock, tally};
use super::support::server::{Kind, Options, Storage};
use super::{LIMIT, NAMES, NO_RATE_LIMIT, RECOVERY_LIMIT, start_server, until};

/// The promise: it ends by itself within this, whoever is connected.
const END_LIMIT: Duration = Duration::from_secs(10);

/// What a server on a busy machine has not dealt with yet piles up in it, and is waited for at the end.
const WRITE_PAUSE: Duration = Duration::from_millis(60);

/// Clients that hold on to what they have: a long poll, half an upload, half a head, a connection that says nothing.
fn hangers(port: u16, token: &str) -> Vec<TcpStream> {
    let begun = [
        format!(
            "GET /bot/getUpdates?timeout=50&offset=999999 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n"
        ),
        format!(
            "POST /bot/sendFile HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 9000000\r\n\r\n--x\r\n"
        ),
        "POST /bot/sendMessage HTTP/1.1\r\nHost: local".to_string(),
        String::new(),
    ];
    let open = |text: &String| {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        stream
    };
    begun.iter().flat_map(|text| (0..5).map(move |_| open(text))).collect()
}

/// Three times; what was accepted arrives once, what was written is told once.
fn sigterm_under_load(kind: Kind) {
    // Archives of many messages: ejabberd's own database gives some of them again and again.
    let options = Options { storage: Storage::Sql, ..Options::default() };
    let Some(server) = start_server(kind, options) else { return };
    let (own, friend) = (server.jid(NAMES.owner), server.jid(NAMES.friend));
    let mut daemon = Daemon::with_account(&server, NAMES.owner, NAMES.password, server.c2s_port, NO_RATE_LIMIT);
    daemon.wait_online(1, LIMIT);
    let token = daemon.create_bot("Echo", &own);
    let program = Program::silent(daemon.port, &token);
    let recipients: Vec<_> = (0..6).map(|_| (friend.clone(), "chat")).collect();
    let senders = Senders::start(daemon.port, &token, &recipients, Duration::from_millis(5));
    let others = Others { bot: friend.clone(), room: server.room("tea") };
    let server = Arc::new(Mutex::new(server));
    let people = People::start(&server, NAMES, WRITE_PAUSE, others);
    for round in 0..3 {
        thread::sleep(Duration::from_millis(1_500));
        let held = hangers(daemon.port, &token);
        let begun = Instant::now();
        let status = daemon.stop();
        println!("{}: round {round}: ended after {} ms", kind.name(), begun.elapsed().as_millis());
        assert!(status.success() && begun.elapsed() < END_LIMIT, "{status:?} after {:?}", begun.elapsed());
        drop(held);
        daemon.start_again();
    }
    let accepted = senders.finish();
    people.rest();
    let written = people.finish().own;
    daemon.wait_online(1, RECOVERY_LIMIT);
    until("all that was written is told", &daemon, || program.count() >= written.len());
    let mut arrived = Vec::new();
    until("all that was accepted arrives", &daemon, || {
        arrived = archive::read(&lock(&server), NAMES.friend, NAMES.password);
        let ids: HashSet<&str> = arrived.iter().map(|entry| entry.id.as_str()).collect();
        accepted.iter().all(|sent| ids.contains(sent.message_id.as_str()))
    });
    let sent: HashSet<&str> = accepted.iter().map(|sent| sent.message_id.as_str()).collect();
    let of_ours = arrived.iter().map(|entry| entry.id.as_str()).filter(|id| sent.contains(id));
    let doubled: Vec<_> = tally(of_ours).into_iter().filter(|(_, times)| *times > 1).collect();
    assert!(doubled.is_empty(), "{doubled:?}");
    let seen: Vec<String> = program.finish().into_iter().map(|seen| seen.body).collect();
    assert_eq!(seen, written);
    println!("{}: {} accepted, {} written", kind.name(), accepted.len(), written.len());
}

#[test]
fn sigterm_under_load_prosody() {
    sigterm_under_load(Kind::Prosody);
}

#[test]
fn sigterm_under_load_ejabberd() {
    sigterm_under_load(Kind::Ejabberd);
}
