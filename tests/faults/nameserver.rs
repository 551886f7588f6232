//! Names are not found for a while: what is accepted waits, and goes out when they are.

use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use std::{fs, io};

use super::support::daemon::Daemon;
use super::support::load;
use super::support::peer::Peer;
use super::support::process::Process;
use super::support::proxy::Proxy;
use super::support::server::{Kind, Options};
use super::support::skip::skip;
use super::{NAMES, NO_RATE_LIMIT, RECOVERY_LIMIT, machine, start_server, until};

/// Loopback, and nobody else's.
const ADDRESS: &str = "127.0.0.77:53";
const DOMAIN: &str = "faults.example";

/// Answers every SRV query for XMPP with one port of this machine.
struct Nameserver {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Nameserver {
    fn start(port: u16) -> io::Result<Nameserver> {
        let socket = UdpSocket::bind(ADDRESS)?;
        socket.set_read_timeout(Some(Duration::from_millis(50)))?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            let mut query = [0; 512];
            while !stopped.load(Ordering::SeqCst) {
                let Ok((bytes, from)) = socket.recv_from(&mut query) else { continue };
                let _ = socket.send_to(&answer(&query[..bytes], port), from);
            }
        });
        Ok(Nameserver { stop, thread: Some(thread) })
    }
}

impl Drop for Nameserver {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.take().map(JoinHandle::join);
    }
}

/// Of STARTTLS there is one place, of all else none.
fn answer(query: &[u8], port: u16) -> Vec<u8> {
    // The question alone: a query may have an OPT record behind it.
    let end = query[12..].iter().position(|byte| *byte == 0).map_or(query.len(), |at| (12 + at + 5).min(query.len()));
    let is_asked = query.windows(13).any(|label| label == b"\x0c_xmpp-client");
    let mut out = query[..end].to_vec();
    out[2..4].copy_from_slice(&[0x81, 0x80]);
    out[4..12].copy_from_slice(&[0, 1, 0, u8::from(is_asked), 0, 0, 0, 0]);
    if is_asked {
        out.extend([0xc0, 12, 0, 33, 0, 1, 0, 0, 0, 1, 0, 17, 0, 0, 0, 0]);
        out.extend(port.to_be_bytes());
        out.extend(b"\x09localhost\x00");
    }
    out
}

#[test]
fn names_are_gone_and_come_back() {
    if !machine::may_mount() {
        return skip("nothing can be mounted here");
    }
    if UdpSocket::bind(ADDRESS).is_err() {
        return skip("no nameserver can be started here");
    }
    let options = Options { domain: Some(DOMAIN), ..Options::default() };
    let Some(server) = start_server(Kind::Prosody, options) else { return };
    let proxy = Proxy::start(server.c2s_port);
    let own = server.jid(NAMES.owner);
    let account = format!(
        "{NO_RATE_LIMIT}\n[[account]]\njid = \"{own}\"\npassword = \"{}\"\nca_file = \"{}\"\n",
        NAMES.password,
        server.ca_file.display()
    );
    // Made without, so that it never asks the machine's own nameserver.
    let mut daemon = Daemon::start("");
    assert!(daemon.stop().success());
    fs::write(daemon.dir.join("config.toml"), account + "[omemo]\ndefault = \"preferred\"\n").unwrap();
    let resolv = daemon.dir.join("resolv.conf");
    fs::write(&resolv, format!("nameserver {}\n", ADDRESS.trim_end_matches(":53"))).unwrap();
    let script = format!("mount --bind '{}' /etc/resolv.conf && exec \"$@\"", resolv.display());
    let mut process = Process::behind(&daemon, &["unshare", machine::namespace(), "sh", "-c", &script, "sh"]);
    process.wait_serving(&daemon);

    let mut anna = Peer::login(&server, NAMES.friend, NAMES.password, "phone");
    let token = daemon.create_bot("Echo", &own);
    let (mut http, friend) = (daemon.http(), server.jid(NAMES.friend));
    for round in 0..2 {
        let why = || daemon.http().get("/account/list", None).body;
        until("the reason is said", &daemon, || {
            why().contains(DOMAIN) && load::account_state(&mut daemon.http()) != "online"
        });
        let body = format!("without names {round}");
        let sent = load::send(&mut http, &token, &friend, &body, &body);
        let nameserver = Nameserver::start(proxy.port).unwrap();
        daemon.wait_online(1, RECOVERY_LIMIT);
        assert_eq!(anna.expect(RECOVERY_LIMIT, |message| message.body == body).id, sent.message_id);
        drop(nameserver);
        proxy.reset();
    }
    anna.none(Duration::from_millis(300));
    process.stop();
}
