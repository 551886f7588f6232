//! What openssl finds at the door, and clients that are in no hurry.

use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::support::daemon::Daemon;
use super::support::skip::skip_missing;
use super::{certificate, secure};

/// All that `openssl s_client` says; `input` is what is typed.
fn probe(daemon: &Daemon, arguments: &[&str], input: &str) -> String {
    let mut client = Command::new("openssl");
    client.args(["s_client", "-connect", &format!("127.0.0.1:{}", daemon.port), "-servername", "localhost"]);
    client.arg("-CAfile").arg(certificate(daemon)).args(arguments);
    client.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut client = client.spawn().unwrap();
    let mut typed = client.stdin.take().unwrap();
    if !input.is_empty() {
        // What is typed before the handshake is over is taken for data.
        thread::sleep(Duration::from_millis(500));
    }
    let _ = std::io::Write::write_all(&mut typed, input.as_bytes());
    if !input.is_empty() {
        thread::sleep(Duration::from_millis(500));
    }
    drop(typed);
    let output = client.wait_with_output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Whether a handshake came to its end.
fn is_done(said: &str) -> bool {
    said.contains("Cipher is ") && !said.contains("Cipher is (NONE)")
}

#[test]
fn openssl_finds_nothing_weak() {
    let daemon = Daemon::start_network("[api]\nmode = \"network\"\nrate_limit = 0\n");
    const ALL: &str = "ALL:COMPLEMENTOFALL:@SECLEVEL=0";
    for (version, is_spoken) in [("-tls1", false), ("-tls1_1", false), ("-tls1_2", true), ("-tls1_3", true)] {
        let said = probe(&daemon, &[version, "-cipher", ALL], "");
        assert_eq!(is_done(&said), is_spoken, "{version}: {said}");
        if is_spoken {
            assert!(said.contains("Verify return code: 0 (ok)"), "{said}");
            assert!(said.contains("Compression: NONE") && said.contains("Expansion: NONE"), "{said}");
        }
    }
    let said = probe(&daemon, &["-alpn", "h2,http/1.1"], "");
    assert!(said.contains("ALPN protocol: http/1.1"), "{said}");
    let said = probe(&daemon, &["-alpn", "h2"], "");
    assert!(said.contains("no peer certificate available"), "HTTP/2 is not spoken here: {said}");
    // RFC 5746: said to be safe, and not done.
    let said = probe(&daemon, &["-tls1_2"], "R\n");
    assert!(said.contains("Secure Renegotiation IS supported"), "{said}");
    let after = said.split("RENEGOTIATING").nth(1).unwrap_or_else(|| panic!("{said}"));
    let is_refused = after.contains("no renegotiation") || after.contains("unexpected eof");
    assert!(is_refused && !after.contains("verify return"), "{said}");

    let list = Command::new("openssl").args(["ciphers", "-tls1_2", ALL]).output().unwrap();
    let list = String::from_utf8(list.stdout).unwrap();
    let names: Vec<&str> = list.trim().split(':').filter(|name| !name.starts_with("TLS_")).collect();
    assert!(names.len() > 100, "{list}");
    // One handshake offers many; the one that is taken is left out of the next, until none is taken.
    let mut left = names;
    let mut taken = Vec::new();
    loop {
        let said = probe(&daemon, &["-tls1_2", "-cipher", &format!("{}:@SECLEVEL=0", left.join(":"))], "");
        if !is_done(&said) {
            break;
        }
        let name = said.split("Cipher is ").nth(1).unwrap().lines().next().unwrap().trim().to_string();
        left.retain(|other| *other != name);
        taken.push(name);
    }
    taken.sort();
    assert_eq!(
        taken,
        ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"]
    );
}

/// Slowloris: heads that trickle. Others are answered at once meanwhile.
#[test]
fn slow_clients_keep_nobody_out() {
    if Command::new("slowhttptest").arg("-h").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
        return skip_missing("slowhttptest");
    }
    let daemon = Daemon::start_network("[api]\nmode = \"network\"\nrate_limit = 0\n");
    let url = format!("https://127.0.0.1:{}/health", daemon.port);
    let slow = Command::new("slowhttptest")
        .args(["-H", "-c", "600", "-r", "300", "-i", "1", "-l", "6", "-p", "1", "-u", &url])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut slowest = Duration::ZERO;
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(5) {
        let asked = Instant::now();
        assert_eq!(secure(&daemon).get("/health").status, 200);
        slowest = slowest.max(asked.elapsed());
        thread::sleep(Duration::from_millis(100));
    }
    let output = slow.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("service available:") && !said.contains("service available:   NO"), "{said}");
    assert!(slowest < Duration::from_secs(3), "{slowest:?}");
    println!("the slowest answer took {slowest:?}");
}
