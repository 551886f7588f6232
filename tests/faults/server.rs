//! The server shows another certificate, forgets the session, or its archive.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use super::support::daemon::Daemon;
use super::support::load::{self, Program};
use super::support::peer::Peer;
use super::support::proxy::Proxy;
use super::support::server::{Kind, Options, Server};
use super::{LIMIT, NAMES, NO_RATE_LIMIT, RECOVERY_LIMIT, start_server, until};

fn openssl(dir: &Path, arguments: &str) {
    let output = Command::new("openssl").args(arguments.split(' ')).current_dir(dir).output().unwrap();
    assert!(output.status.success(), "openssl: {}", String::from_utf8_lossy(&output.stderr));
}

/// Another pair in place of the server's: of nobody the daemon knows, or of its own authority and over since 2021.
fn make_certificate(server: &Server, is_expired: bool) {
    let dir = &server.dir;
    let names = format!("[e]\nbasicConstraints=CA:FALSE\nsubjectAltName=DNS:{},DNS:localhost\n", server.domain);
    fs::write(dir.join("other.ext"), names).unwrap();
    openssl(
        dir,
        "req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=x -keyout other.key -out other.csr",
    );
    if is_expired {
        let ca = "[ca]\ndefault_ca=d\n[d]\ndatabase=other.db\nserial=other.serial\nnew_certs_dir=.\ndefault_md=sha256\n\
                  policy=p\n[p]\nCN=supplied\n";
        fs::write(dir.join("other.ca"), ca).unwrap();
        fs::write(dir.join("other.db"), "").unwrap();
        fs::write(dir.join("other.serial"), "01\n").unwrap();
        let authority = server.ca_file.display();
        let key = server.ca_file.with_file_name("ca.key");
        openssl(
            dir,
            &format!(
                "ca -batch -notext -config other.ca -in other.csr -out other.crt -cert {authority} -keyfile {} \
                 -startdate 200101000000Z -enddate 210101000000Z -extfile other.ext -extensions e",
                key.display()
            ),
        );
    } else {
        openssl(
            dir,
            "x509 -req -in other.csr -signkey other.key -days 30 -out other.crt -extfile other.ext -extensions e",
        );
    }
    let read = |name: &str| fs::read_to_string(dir.join(name)).unwrap();
    fs::write(dir.join("server.crt"), read("other.crt")).unwrap();
    fs::write(dir.join("server.key"), read("other.key")).unwrap();
    fs::write(dir.join("server.pem"), read("other.crt") + &read("other.key")).unwrap();
}

/// What is accepted meanwhile waits; nothing goes to a server that cannot show who it is.
#[test]
fn the_servers_certificate_changes_and_expires() {
    let Some(mut server) = start_server(Kind::Prosody, Options::default()) else { return };
    let (own, friend) = (server.jid(NAMES.owner), server.jid(NAMES.friend));
    let daemon = Daemon::with_account(&server, NAMES.owner, NAMES.password, server.c2s_port, NO_RATE_LIMIT);
    daemon.wait_online(1, LIMIT);
    let token = daemon.create_bot("Echo", &own);
    let mut http = daemon.http();
    let good = ["server.crt", "server.key", "server.pem"].map(|name| (name, fs::read(server.dir.join(name)).unwrap()));
    let mut sent = Vec::new();
    for (is_expired, says) in [(false, "ca_file"), (true, "expired")] {
        server.stop();
        make_certificate(&server, is_expired);
        server.start_again();
        let shown = || daemon.http().get("/account/list", None).body;
        until(&format!("{says} is said"), &daemon, || shown().contains(says));
        assert_ne!(load::account_state(&mut daemon.http()), "online");
        let body = format!("while it says {says}");
        sent.push((load::send(&mut http, &token, &friend, &body, &body).message_id, body));
    }
    server.stop();
    for (name, bytes) in good {
        fs::write(server.dir.join(name), bytes).unwrap();
    }
    server.start_again();
    let mut anna = Peer::login(&server, NAMES.friend, NAMES.password, "phone");
    daemon.wait_online(1, RECOVERY_LIMIT);
    for (id, body) in sent {
        assert_eq!(anna.expect(RECOVERY_LIMIT, |message| message.body == body).id, id);
    }
    anna.none(Duration::from_millis(300));
}

/// Long enough away that the server has given the session up: what was said is in its archive, and told once.
fn resume_window_is_over(kind: Kind) {
    let Some(server) = start_server(kind, Options { resume_s: 2, ..Options::default() }) else { return };
    let (own, friend) = (server.jid(NAMES.owner), server.jid(NAMES.friend));
    let proxy = Proxy::start(server.c2s_port);
    let daemon = Daemon::with_account(&server, NAMES.owner, NAMES.password, proxy.port, NO_RATE_LIMIT);
    daemon.wait_online(1, LIMIT);
    let token = daemon.create_bot("Echo", &own);
    let program = Program::silent(daemon.port, &token);
    let mut phone = Peer::login(&server, NAMES.owner, NAMES.password, "phone");
    let mut anna = Peer::login(&server, NAMES.friend, NAMES.password, "phone");
    phone.send(&own, "line 0");
    until("the first is told", &daemon, || program.count() == 1);
    proxy.refuse();
    proxy.reset();
    let mut http = daemon.http();
    let sent: Vec<_> =
        (0..5).map(|n| load::send(&mut http, &token, &friend, &format!("away {n}"), &format!("away {n}"))).collect();
    (1..6).for_each(|n| drop(phone.send(&own, &format!("line {n}"))));
    load::confirm(&mut phone);
    thread::sleep(Duration::from_secs(4));
    (6..9).for_each(|n| drop(phone.send(&own, &format!("line {n}"))));
    load::confirm(&mut phone);
    proxy.resume();
    daemon.wait_online(1, RECOVERY_LIMIT);
    for one in &sent {
        anna.expect(RECOVERY_LIMIT, |message| message.id == one.message_id);
    }
    until("all is told", &daemon, || program.count() >= 9);
    anna.none(Duration::from_millis(500));
    let seen: Vec<String> = program.finish().into_iter().map(|seen| seen.body).collect();
    assert_eq!(seen, (0..9).map(|n| format!("line {n}")).collect::<Vec<_>>());
}

#[test]
fn resume_window_is_over_prosody() {
    resume_window_is_over(Kind::Prosody);
}

#[test]
fn resume_window_is_over_ejabberd() {
    resume_window_is_over(Kind::Ejabberd);
}

/// Everything below a folder.
fn files(dir: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found
}

/// The archive is emptied while the daemon is away: its place in it is gone. What is said since is told, and nothing twice.
#[test]
fn the_archive_is_purged() {
    let Some(mut server) = start_server(Kind::Prosody, Options::default()) else { return };
    let own = server.jid(NAMES.owner);
    let mut daemon = Daemon::with_account(&server, NAMES.owner, NAMES.password, server.c2s_port, NO_RATE_LIMIT);
    daemon.wait_online(1, LIMIT);
    let token = daemon.create_bot("Echo", &own);
    let program = Program::silent(daemon.port, &token);
    let mut phone = Peer::login(&server, NAMES.owner, NAMES.password, "phone");
    (0..5).for_each(|n| drop(phone.send(&own, &format!("line {n}"))));
    until("all is told", &daemon, || program.count() == 5);
    // Only what is some seconds old becomes the place to go on from.
    thread::sleep(Duration::from_millis(5_500));
    assert!(daemon.stop().success());
    phone.quit();
    server.stop();
    let archives: Vec<_> =
        files(&server.dir).into_iter().filter(|path| path.to_string_lossy().contains("archive")).collect();
    assert!(!archives.is_empty(), "{:?}", files(&server.dir));
    archives.iter().for_each(|path| fs::remove_file(path).unwrap());
    server.start_again();
    let mut phone = Peer::login(&server, NAMES.owner, NAMES.password, "phone");
    (5..8).for_each(|n| drop(phone.send(&own, &format!("line {n}"))));
    load::confirm(&mut phone);
    daemon.start_again();
    daemon.wait_online(1, LIMIT);
    until("what came since is told", &daemon, || program.count() >= 8);
    thread::sleep(Duration::from_millis(500));
    let seen: Vec<String> = program.finish().into_iter().map(|seen| seen.body).collect();
    assert_eq!(seen, (0..8).map(|n| format!("line {n}")).collect::<Vec<_>>());
}
