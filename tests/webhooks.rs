//! Webhooks for real: the daemon and the receiver are killed (-9) again and again while updates come, and nothing is
//! lost, renamed or out of order; what is private is not called where that is denied, and secrets lie sealed.
//!
//! BOTMOTHER_WEBHOOK_UPDATES: how many updates (default 1500).

mod support;

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use botmother::base::crypto::hmac_sha256;
use botmother::base::text::hex;
use support::daemon::Daemon;
use support::http::{Http, Json};
use support::peer::python;
use support::port::Port;

const BOTS: usize = 4;
const SECRET: &str = "a secret of mine";

/// A receiver in a process of its own.
struct Receiver {
    child: Option<Child>,
    port: Port,
    file: PathBuf,
}

impl Receiver {
    fn new(dir: &Path) -> Receiver {
        let mut receiver = Receiver { child: None, port: Port::claim(), file: dir.join("deliveries") };
        receiver.start();
        receiver
    }

    fn start(&mut self) {
        let mut command = Command::new(python());
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/receiver.py"));
        command.arg(self.port.number.to_string()).arg(&self.file);
        self.child = Some(command.stdin(Stdio::null()).stderr(Stdio::null()).spawn().expect("Python starts"));
    }

    fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    fn deliveries(&self) -> Vec<Delivery> {
        fs::read_to_string(&self.file).unwrap_or_default().lines().map(Delivery::read).collect()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.kill();
    }
}

#[derive(Debug)]
struct Delivery {
    path: String,
    id: String,
    body: String,
    /// The number of the line in the built-in chat.
    line: i64,
}

impl Delivery {
    fn read(line: &str) -> Delivery {
        let parts: Vec<&str> = line.splitn(5, '\t').collect();
        let [path, id, _attempt, signature, body] = parts[..] else { panic!("{line}") };
        let expected = format!("sha256={}", hex(&hmac_sha256(SECRET.as_bytes(), body.as_bytes())));
        assert_eq!(signature, expected, "{body}");
        let data = Json::parse(body).at("data");
        let line = data.at("stanza_id").text().strip_prefix("local-").and_then(|id| id.parse().ok()).expect("a line");
        Delivery { path: path.into(), id: id.into(), body: body.into(), line }
    }
}

fn set_webhook(http: &mut Http, token: &str, url: &str) {
    let body = format!(r#"{{"url":"{url}","secret":"{SECRET}"}}"#);
    http.post("/bot/setWebhook", Some(token), &body).ok();
}

/// Says numbered things to the bots in turn, until each was accepted; gives the lines that were.
fn speak(port: u16, count: usize, accepted: &Mutex<Vec<i64>>) {
    let mut http = Http::new(port);
    for number in 0..count {
        let body = format!(r#"{{"to":"Hook{}","text":"{number} ü 👍"}}"#, number % BOTS);
        loop {
            match http.call("POST", "/local/say", None, &[], &body) {
                Some(answer) if answer.status == 200 => {
                    accepted.lock().unwrap().push(Json::parse(&answer.body).at("id").number());
                    break;
                }
                Some(answer) => panic!("{answer:?}"),
                // Killed: it may have been accepted all the same.
                None => thread::sleep(Duration::from_millis(20)),
            }
        }
    }
}

fn pending(http: &mut Http, tokens: &[String]) -> i64 {
    tokens.iter().map(|token| info(http, token).at("pending_update_count").number()).sum()
}

fn info(http: &mut Http, token: &str) -> Json {
    http.get("/bot/getWebhookInfo", Some(token)).ok().at("result")
}

#[test]
fn kills_lose_and_disorder_nothing() {
    let count = env::var("BOTMOTHER_WEBHOOK_UPDATES").ok().and_then(|count| count.parse().ok()).unwrap_or(1500);
    let mut daemon = Daemon::start("[api]\nrate_limit = 0\n");
    let mut receiver = Receiver::new(&daemon.dir);
    let tokens: Vec<String> = (0..BOTS).map(|n| daemon.create_bot(&format!("Hook{n}"), "owner@local")).collect();
    for (n, token) in tokens.iter().enumerate() {
        set_webhook(&mut daemon.http(), token, &format!("http://127.0.0.1:{}/{n}", receiver.port.number));
    }
    let (accepted, is_over) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
    let speaker = {
        let (accepted, is_over, port) = (accepted.clone(), is_over.clone(), daemon.port);
        thread::spawn(move || {
            speak(port, count, &accepted);
            is_over.store(true, Ordering::SeqCst);
        })
    };
    let mut kills = 0;
    while !is_over.load(Ordering::SeqCst) && !speaker.is_finished() {
        thread::sleep(Duration::from_millis(120 + 97 * (kills % 7)));
        // At times both at once.
        if kills % 3 != 1 {
            receiver.kill();
        }
        if kills % 3 != 0 {
            daemon.kill();
            daemon.start_again();
        }
        if receiver.child.is_none() {
            receiver.start();
        }
        kills += 1;
    }
    speaker.join().unwrap();
    let begun = Instant::now();
    while pending(&mut daemon.http(), &tokens) > 0 {
        assert!(begun.elapsed() < Duration::from_secs(120), "{} deliveries", receiver.deliveries().len());
        thread::sleep(Duration::from_millis(100));
    }
    println!("{count} updates, {kills} kills, {} deliveries", receiver.deliveries().len());
    assert!(kills >= 3, "{kills}");
    check(&receiver.deliveries(), &accepted.lock().unwrap());
}

fn check(deliveries: &[Delivery], accepted: &[i64]) {
    let arrived: BTreeSet<i64> = deliveries.iter().map(|delivery| delivery.line).collect();
    let lost: Vec<&i64> = accepted.iter().filter(|line| !arrived.contains(line)).collect();
    assert!(lost.is_empty(), "{} lost: {lost:?}", lost.len());
    let (mut names, mut bodies, mut last) = (HashMap::new(), HashMap::new(), HashMap::new());
    for delivery in deliveries {
        let is_first = match names.insert(delivery.line, delivery.id.clone()) {
            Some(before) => {
                assert_eq!(before, delivery.id, "the name changed");
                false
            }
            None => true,
        };
        if let Some(before) = bodies.insert(delivery.id.clone(), delivery.body.clone()) {
            assert_eq!(before, delivery.body, "one name for two");
        }
        if is_first && let Some(before) = last.insert(delivery.path.clone(), delivery.line) {
            assert!(before < delivery.line, "out of order: {delivery:?} after {before}");
        }
    }
}

#[test]
fn what_is_private_stays_so() {
    let daemon = Daemon::start("[api]\nprivate_webhooks = \"deny\"\n");
    let receiver = Receiver::new(&daemon.dir);
    let token = daemon.create_bot("Hook", "owner@local");
    let mut http = daemon.http();
    let at = |host: &str| format!("http://{host}:{}/secret-path", receiver.port.number);
    let refused = http.post("/bot/setWebhook", Some(&token), &format!(r#"{{"url":"{}"}}"#, at("localhost")));
    assert!(refused.status == 400 && refused.body.contains("private_webhooks"), "{refused:?}");
    // Which address this is shows only when it is resolved.
    set_webhook(&mut http, &token, &at("127.1"));
    http.post("/local/say", None, r#"{"text":"hello"}"#).ok();
    let begun = Instant::now();
    while info(&mut http, &token).at("attempts").list().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(10));
        thread::sleep(Duration::from_millis(100));
    }
    let info = info(&mut http, &token);
    assert!(info.at("last_error_message").text().contains("not a public one"), "{info:?}");
    assert!(receiver.deliveries().is_empty());
    assert!(fs::read(daemon.dir.join("data/secret.key")).is_ok());
    for name in fs::read_dir(daemon.dir.join("data")).unwrap() {
        // Directories have nothing of ours.
        let Ok(bytes) = fs::read(name.unwrap().path()) else { continue };
        assert!(!bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()), "the secret lies open");
    }
    assert!(!fs::read_to_string(daemon.log()).unwrap().contains("secret-path"));
}
