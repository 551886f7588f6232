//! MQTT with a real broker, mosquitto, and its clients: what bots hear is published and never lost, states are kept, what others
//! publish is sent; also when the broker is killed at any moment. And the examples of docs/mqtt.md.

#![allow(clippy::unwrap_used)]
#![cfg(feature = "mqtt")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use support::daemon::Daemon;
use support::http::Json;
use support::load::Random;
use support::port::Port;
use support::skip::skip_missing;

const LIMIT: Duration = Duration::from_secs(20);

/// A mosquitto of our own, which keeps what it was given over a kill.
struct Broker {
    child: Option<Child>,
    dir: PathBuf,
    port: Port,
}

impl Broker {
    /// None where there is no mosquitto.
    fn start(name: &str, more: &str) -> Option<Broker> {
        let found = ["/usr/sbin/mosquitto", "/usr/bin/mosquitto"].iter().any(|path| Path::new(path).exists());
        if !found {
            skip_missing("mosquitto");
            return None;
        }
        let dir = std::env::temp_dir().join(format!("botmother-mqtt-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).unwrap();
        let port = Port::claim();
        let user = if rustix::process::getuid().is_root() { "user root\n" } else { "" };
        // Written at each change: what was acknowledged must outlive a kill.
        let config = format!(
            "{user}persistence true\npersistence_location {}/\nautosave_on_changes true\nautosave_interval 1\n\
             max_queued_messages 0\nlistener {} 127.0.0.1\n{}\n",
            dir.display(),
            port.number,
            if more.is_empty() { "allow_anonymous true" } else { more }
        );
        fs::write(dir.join("mosquitto.conf"), config.replace("DIR", &dir.display().to_string())).unwrap();
        let mut broker = Broker { child: None, dir, port };
        broker.run();
        Some(broker)
    }

    fn run(&mut self) {
        let log = File::options().append(true).create(true).open(self.dir.join("log")).unwrap();
        let program = if Path::new("/usr/sbin/mosquitto").exists() { "/usr/sbin/mosquitto" } else { "mosquitto" };
        let child = Command::new(program)
            .arg("-c")
            .arg(self.dir.join("mosquitto.conf"))
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        self.child = Some(child);
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port.number)).is_err() {
            let log = fs::read_to_string(self.dir.join("log")).unwrap_or_default();
            assert!(begun.elapsed() < LIMIT, "mosquitto does not serve\n{log}");
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn signal(&self, signal: Signal) {
        let child = self.child.as_ref().unwrap();
        kill_process(Pid::from_child(child), signal).unwrap();
    }

    fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    fn config(&self) -> String {
        format!("[mqtt]\nbroker = \"mqtt://127.0.0.1:{}\"\n", self.port.number)
    }

    fn client(&self, program: &str, words: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(["-h", "127.0.0.1", "-p", &self.port.number.to_string()]).args(words);
        command
    }

    fn publish(&self, topic: &str, payload: &str) {
        let status = self.client("mosquitto_pub", &["-q", "1", "-t", topic, "-m", payload]).status().unwrap();
        assert!(status.success(), "{topic} {payload}");
    }

    /// What comes from now on, and what is kept.
    fn subscribe(&self, topic: &str) -> Subscriber {
        self.subscribe_with(topic, &[])
    }

    fn subscribe_with(&self, topic: &str, more: &[&str]) -> Subscriber {
        let mut words = vec!["-q", "1", "-F", "%t %p", "-t", topic];
        words.extend(more);
        let mut child = self.client("mosquitto_sub", &words).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (sender, receiver) = channel();
        thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Subscriber { child, lines: receiver }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        if !thread::panicking() {
            let _ = fs::remove_dir_all(&self.dir);
        }
    }
}

struct Subscriber {
    child: Child,
    /// Topic and payload.
    lines: Receiver<String>,
}

impl Subscriber {
    fn next(&self, within: Duration) -> Option<(String, String)> {
        match self.lines.recv_timeout(within) {
            Ok(line) => {
                let (topic, payload) = line.split_once(' ').unwrap_or((&line, ""));
                Some((topic.to_string(), payload.to_string()))
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => None,
        }
    }

    /// Waits for this topic with this in its payload.
    fn wait_for(&self, topic: &str, part: &str) -> String {
        let begun = Instant::now();
        let mut seen = Vec::new();
        while begun.elapsed() < LIMIT {
            if let Some((at, payload)) = self.next(Duration::from_millis(500)) {
                if at == topic && payload.contains(part) {
                    return payload;
                }
                seen.push(format!("{at} {payload}"));
            }
        }
        panic!("{topic} never had {part}:\n{}", seen.join("\n"));
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn say(daemon: &Daemon, bot: i64, text: &str) {
    let body = format!(r#"{{"to":"{bot}","text":"{text}"}}"#);
    daemon.http().post("/local/say", None, &body).ok();
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < LIMIT, "never: {what}");
        thread::sleep(Duration::from_millis(30));
    }
}

#[test]
fn updates_are_published_and_states_are_kept() {
    let Some(broker) = Broker::start("updates", "") else { return };
    let all = broker.subscribe("botmother/#");
    let account = "[[account]]\njid = \"a+b@example.org\"\npassword = \"x\"\nhost = \"127.0.0.1:1\"\n";
    let mut daemon = Daemon::start(&format!("{}{account}", broker.config()));
    all.wait_for("botmother/status", "online");
    all.wait_for("botmother/account/a%2Bb@example.org/state", "offline");
    let token = daemon.create_bot("Echo", "owner@local");
    let info = all.wait_for("botmother/bot/1/info", "");
    assert_eq!(info, r#"{"id":1,"name":"Echo","owner":"owner@local","mode":"personal"}"#);
    all.wait_for("botmother/bot/1/state", "online");
    say(&daemon, 1, "hello");
    let update = Json::parse(&all.wait_for("botmother/bot/1/update", "hello"));
    assert_eq!((update.at("type").text(), update.at("data").at("body").text()), ("message".into(), "hello".into()));
    let number = update.at("update_id").number();
    // It has left the queue; and there is one reader of it.
    wait_until("the queue is empty", || {
        daemon.http().get("/metrics", None).body.contains("\nbotmother_updates_queued 0\n")
    });
    let refused = daemon.http().get("/bot/getUpdates", Some(&token));
    assert_eq!(refused.status, 409);
    assert!(refused.body.contains("the updates of this bot go to MQTT"), "{}", refused.body);
    let metrics = daemon.http().get("/metrics", None).body;
    assert!(metrics.contains("botmother_update_delivery_seconds_count{via=\"mqtt\"} 1\n"), "{metrics}");

    // What is kept is there for who comes later; with the bot it goes.
    let late = broker.subscribe("botmother/bot/#");
    late.wait_for("botmother/bot/1/state", "online");
    daemon.http().post("/bot/delete", None, r#"{"id":1}"#).ok();
    let begun = Instant::now();
    loop {
        let kept = broker.client("mosquitto_sub", &["-t", "botmother/bot/#", "-W", "1"]).output().unwrap();
        if kept.stdout.is_empty() {
            break;
        }
        assert!(begun.elapsed() < LIMIT, "{}", String::from_utf8_lossy(&kept.stdout));
    }
    // A new start goes on where it was.
    daemon.create_bot("Other", "owner@local");
    all.wait_for("botmother/bot/2/state", "online");
    assert!(daemon.stop().success());
    all.wait_for("botmother/status", "offline");
    daemon.start_again();
    all.wait_for("botmother/status", "online");
    say(&daemon, 2, "again");
    let update = Json::parse(&all.wait_for("botmother/bot/2/update", ""));
    assert_eq!(update.at("data").at("body").text(), "again", "nothing comes twice");
    assert!(update.at("update_id").number() > number);
    // A kill: the broker says for us that we are gone.
    daemon.kill();
    all.wait_for("botmother/status", "offline");
}

#[test]
fn another_broker_takes_over_without_a_restart() {
    let Some(first) = Broker::start("first", "") else { return };
    let Some(second) = Broker::start("second", "") else { return };
    let (at_first, at_second) = (first.subscribe("botmother/#"), second.subscribe("elsewhere/#"));
    let daemon = Daemon::start("");
    let token = daemon.create_bot("Echo", "owner@local");
    let reload = |config: &str| {
        fs::write(daemon.dir.join("config.toml"), config).unwrap();
        let pid = i32::try_from(daemon.pid()).ok().and_then(Pid::from_raw).unwrap();
        kill_process(pid, Signal::HUP).unwrap();
    };
    reload(&first.config());
    at_first.wait_for("botmother/bot/1/state", "online");
    say(&daemon, 1, "to the first");
    at_first.wait_for("botmother/bot/1/update", "to the first");
    // What is not confirmed yet would come again.
    let is_confirmed = || {
        wait_until("the broker has confirmed it", || {
            daemon.http().get("/metrics", None).body.contains("\nbotmother_updates_queued 0\n")
        });
    };
    // What cannot be leaves it there.
    reload(&format!("{}updates = [\"weather\"]\n", second.config()));
    wait_until("the mistake is said", || daemon.log_text().contains("`updates` in [mqtt] must be"));
    say(&daemon, 1, "still the first");
    at_first.wait_for("botmother/bot/1/update", "still the first");
    is_confirmed();
    reload(&format!("{}prefix = \"elsewhere\"\n", second.config()));
    at_first.wait_for("botmother/status", "offline");
    at_second.wait_for("elsewhere/status", "online");
    say(&daemon, 1, "to the second");
    at_second.wait_for("elsewhere/bot/1/update", "to the second");
    is_confirmed();
    // Without one the bot's program hears it again.
    reload("");
    at_second.wait_for("elsewhere/status", "offline");
    say(&daemon, 1, "to the program");
    wait_until("the program hears it", || {
        let updates = daemon.http().get("/bot/getUpdates", Some(&token));
        updates.status == 200 && updates.body.contains("to the program")
    });
    let updates = daemon.http().get("/bot/getUpdates", Some(&token)).ok();
    assert_eq!(updates.at("result").list().len(), 1, "what the brokers had comes to nobody else");
}

#[test]
fn a_webhook_goes_before_the_broker() {
    let Some(broker) = Broker::start("webhook", "") else { return };
    let daemon = Daemon::start(&format!("{}bots = [\"Echo\"]\n", broker.config()));
    let all = broker.subscribe("botmother/bot/+/update");
    let (echo, other) = (daemon.create_bot("Echo", "owner@local"), daemon.create_bot("Other", "owner@local"));
    // The other one is its program's.
    say(&daemon, 2, "mine");
    assert_eq!(daemon.http().get("/bot/getUpdates", Some(&other)).ok().at("result").list().len(), 1);
    let set = format!(r#"{{"url":"http://127.0.0.1:{}/"}}"#, Port::claim().number);
    daemon.http().post("/bot/setWebhook", Some(&echo), &set).ok();
    say(&daemon, 1, "posted");
    assert_eq!(all.next(Duration::from_millis(700)), None);
    // With the webhook gone, the broker gets what did not arrive there.
    daemon.http().post("/bot/deleteWebhook", Some(&echo), "{}").ok();
    all.wait_for("botmother/bot/1/update", "posted");
}

/// Nothing is lost, whatever is killed; what comes twice can be told by its number, and is in order.
#[test]
fn nothing_is_lost_when_the_broker_is_killed() {
    let Some(mut broker) = Broker::start("kills", "") else { return };
    let mut random = Random::seeded("mqtt");
    // The subscriber's session is kept, so all that the broker has accepted comes to it.
    let all = broker.subscribe_with("botmother/bot/+/update", &["-c", "-i", "tests"]);
    let mut daemon = Daemon::start(&format!("{}[api]\nrate_limit = 0\n", broker.config()));
    daemon.create_bot("One", "owner@local");
    daemon.create_bot("Two", "owner@local");
    let (rounds, each) = (5, 40);
    let mut http = daemon.http();
    for round in 0..rounds {
        let kill_at = random.below(each);
        for count in 0..each {
            for bot in 1..=2 {
                let body = format!(r#"{{"to":"{bot}","text":"{round}/{count}"}}"#);
                http.post("/local/say", None, &body).ok();
            }
            if count == kill_at {
                // What it acknowledged within the last second may not be on its disk: that loss would be its own. So it first
                // stops to read, and what is published from here on dies with it.
                thread::sleep(Duration::from_millis(1200));
                broker.signal(Signal::STOP);
            }
        }
        thread::sleep(random.millis(50, 400));
        broker.kill();
        broker.run();
        if round % 2 == 1 {
            // In the middle of what it catches up with.
            thread::sleep(random.millis(0, 1500));
            daemon.kill();
            daemon.start_again();
            http = daemon.http();
        }
    }
    let mut got: BTreeMap<i64, String> = BTreeMap::new();
    let mut last: BTreeMap<String, i64> = BTreeMap::new();
    let begun = Instant::now();
    let wanted = 2 * rounds as usize * each as usize;
    while got.len() < wanted {
        assert!(begun.elapsed() < 3 * LIMIT, "{} of {wanted} came\n{}", got.len(), daemon.log_text());
        let Some((topic, payload)) = all.next(Duration::from_millis(500)) else { continue };
        let update = Json::parse(&payload);
        let (id, body) = (update.at("update_id").number(), update.at("data").at("body").text());
        match got.get(&id) {
            Some(before) => assert_eq!(*before, body, "one number, two updates"),
            None => {
                let before = last.insert(topic.clone(), id).unwrap_or(0);
                assert!(before < id, "{topic}: {id} came first after {before}");
                got.insert(id, body);
            }
        }
    }
    let bodies: BTreeSet<&String> = got.values().collect();
    assert_eq!(bodies.len(), wanted / 2, "each twice, once for each bot");
    wait_until("the queues are empty", || {
        daemon.http().get("/metrics", None).body.contains("\nbotmother_updates_queued 0\n")
    });
}

#[test]
fn what_others_publish_is_sent() {
    let Some(mut broker) = Broker::start("sends", "") else { return };
    let mut daemon = Daemon::start(&format!("{}send = true\n", broker.config()));
    daemon.create_bot("Echo", "owner@local");
    let sent = broker.subscribe("botmother/bot/+/sent");
    let status = broker.subscribe("botmother/bot/1/state");
    status.wait_for("botmother/bot/1/state", "online");
    let lines = |daemon: &Daemon| -> Vec<String> {
        let read = daemon.http().get("/local/read?after=0&timeout=0&with=1", None).ok();
        read.at("result").list().iter().map(|line| line.at("text").text()).collect()
    };
    broker.publish("botmother/bot/1/send", r#"{"to":"owner@local","text":"from afar","id":"a1"}"#);
    let told = Json::parse(&sent.wait_for("botmother/bot/1/sent", "a1"));
    assert!(told.at("ok").truth() && !told.at("message_id").text().is_empty());
    assert_eq!(lines(&daemon), ["from afar"]);
    // The same id says the same thing once.
    broker.publish("botmother/bot/1/send", r#"{"to":"owner@local","text":"from afar","id":"a1"}"#);
    let again = Json::parse(&sent.wait_for("botmother/bot/1/sent", "a1"));
    assert_eq!(again.at("message_id").text(), told.at("message_id").text());
    assert_eq!(lines(&daemon).len(), 1);
    // What cannot be sent is said so.
    for (payload, why) in [
        ("hello", "JSON"),
        (r#"{"to":"owner@local"}"#, "`text`"),
        (r#"{"to":"x y","text":"a"}"#, "`to` must be a JID"),
        (r#"{"to":"anna@example.org","text":"a"}"#, ""),
    ] {
        broker.publish("botmother/bot/1/send", payload);
        let told = sent.wait_for("botmother/bot/1/sent", why);
        assert!(told.starts_with(r#"{"ok":false"#), "{told}");
    }
    broker.publish("botmother/bot/77/send", r#"{"to":"owner@local","text":"a"}"#);
    sent.wait_for("botmother/bot/77/sent", "there is no such bot");
    // What the broker keeps is sent when it is published, and not at each connection.
    let kept = ["-r", "-q", "1", "-t", "botmother/bot/1/send", "-m", r#"{"to":"owner@local","text":"kept"}"#];
    assert!(broker.client("mosquitto_pub", &kept).status().unwrap().success());
    sent.wait_for("botmother/bot/1/sent", r#"{"ok":true"#);
    drop((sent, status));
    // What came while the daemon was away waits at the broker.
    assert!(daemon.stop().success());
    broker.publish("botmother/bot/1/send", r#"{"to":"owner@local","text":"meanwhile","id":"a2"}"#);
    daemon.start_again();
    wait_until("it was sent", || lines(&daemon).contains(&"meanwhile".to_string()));
    broker.kill();
    broker.run();
    let sent = broker.subscribe("botmother/bot/1/sent");
    broker.publish("botmother/bot/1/send", r#"{"to":"owner@local","text":"after","id":"a3"}"#);
    sent.wait_for("botmother/bot/1/sent", "a3");
    for once in ["meanwhile", "kept"] {
        assert_eq!(lines(&daemon).iter().filter(|line| *line == once).count(), 1, "{once}");
    }
}

#[test]
fn the_rate_of_a_bot_holds_at_the_broker() {
    let Some(broker) = Broker::start("rate", "") else { return };
    let daemon = Daemon::start(&format!("{}send = true\n[api]\nrate_limit = 5\n", broker.config()));
    daemon.create_bot("Echo", "owner@local");
    let sent = broker.subscribe("botmother/bot/1/sent");
    broker.subscribe("botmother/bot/1/state").wait_for("botmother/bot/1/state", "online");
    let mut publisher = broker
        .client("mosquitto_pub", &["-q", "1", "-l", "-t", "botmother/bot/1/send"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = publisher.stdin.take().unwrap();
    for number in 0..25 {
        writeln!(input, r#"{{"to":"owner@local","text":"{number}"}}"#).unwrap();
    }
    drop(input);
    let begun = Instant::now();
    for number in 0..25 {
        let (_, told) = sent.next(LIMIT).unwrap_or_else(|| panic!("{number} came"));
        assert!(told.starts_with(r#"{"ok":true"#), "{told}");
    }
    assert!(begun.elapsed() > Duration::from_secs(2), "no limit held: {:?}", begun.elapsed());
    assert!(publisher.wait().unwrap().success());
    let read = daemon.http().get("/local/read?after=0&timeout=0&with=1", None).ok();
    let lines: Vec<String> = read.at("result").list().iter().map(|line| line.at("text").text()).collect();
    assert_eq!(lines, (0..25).map(|number| number.to_string()).collect::<Vec<_>>());
}

#[test]
fn home_assistant_is_told_what_there_is() {
    let Some(broker) = Broker::start("discovery", "") else { return };
    let account = "[[account]]\njid = \"ralf@example.org\"\npassword = \"x\"\nhost = \"127.0.0.1:1\"\n";
    let daemon = Daemon::start(&format!("{}discovery = true\nsend = true\n{account}", broker.config()));
    daemon.create_bot("O'Echo", "owner@local");
    let all = broker.subscribe("homeassistant/#");
    let mut found: BTreeMap<String, Json> = BTreeMap::new();
    while found.len() < 5 {
        let (topic, payload) = all.next(LIMIT).unwrap_or_else(|| panic!("{found:?}"));
        found.insert(topic, Json::parse(&payload));
    }
    let mut ids = BTreeSet::new();
    for (topic, entity) in &found {
        assert!(topic.starts_with("homeassistant/") && topic.ends_with("/config"), "{topic}");
        assert!(ids.insert(entity.at("unique_id").text()), "{topic}");
        assert_eq!(entity.at("availability_topic").text(), "botmother/status");
        assert_eq!(entity.at("device").at("name").text(), "Botmother");
    }
    let of = |part: &str| found.iter().find(|(topic, _)| topic.contains(part)).unwrap().1.clone();
    assert_eq!(of("/event/").at("state_topic").text(), "botmother/bot/1/update");
    assert_eq!(of("/event/").at("event_types").list().len(), 1);
    assert_eq!(of("/notify/").at("command_topic").text(), "botmother/bot/1/send");
    assert!(found.keys().any(|topic| topic.contains("/binary_sensor/botmother/account_")));
}

/// The examples of the page, as they stand there: each `sh` block is run against a broker and a daemon set up as it says.
#[test]
fn the_page_says_what_works() {
    let Some(broker) = Broker::start("page", "") else { return };
    let page = include_str!("../docs/mqtt.md");
    let blocks = |kind: &str| -> Vec<&str> {
        page.split(&format!("```{kind}\n")).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
    };
    let config =
        blocks("toml")[0].replace("mqtt://127.0.0.1:1883", &format!("mqtt://127.0.0.1:{}", broker.port.number));
    assert!(config.contains("send = true"), "{config}");
    let daemon = Daemon::start(&config);
    daemon.create_bot("Echo", "owner@local");
    broker.subscribe("botmother/bot/1/state").wait_for("botmother/bot/1/state", "online");
    let shell = blocks("sh");
    assert!(shell.len() >= 3);
    for block in shell {
        let here = block
            .replace("mosquitto_sub ", &format!("mosquitto_sub -p {} -C 1 -W 20 ", broker.port.number))
            .replace("mosquitto_pub ", &format!("mosquitto_pub -p {} ", broker.port.number));
        let listens = here.contains("mosquitto_sub");
        let child =
            Command::new("sh").args(["-ec", &here]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        if listens {
            thread::sleep(Duration::from_millis(400));
            say(&daemon, 1, "hello");
            broker.publish("botmother/bot/1/send", r#"{"to":"owner@local","text":"x","id":"y"}"#);
        }
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{block}: {output:?}");
        assert!(!listens || !output.stdout.is_empty(), "{block}");
    }
}

#[test]
fn a_login_over_tls_and_its_refusals() {
    let folder = std::env::temp_dir().join(format!("botmother-mqtt-tls-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let made = Command::new("openssl")
        .args(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost".split(' '),
        )
        .args([
            "-addext",
            "subjectAltName=DNS:localhost",
            "-addext",
            "basicConstraints=critical,CA:FALSE",
            "-keyout",
            "key.pem",
            "-out",
            "cert.pem",
        ])
        .current_dir(&folder)
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(made.success());
    let passwords = folder.join("passwords");
    let hashed = Command::new("mosquitto_passwd").arg("-b").arg("-c").arg(&passwords).args(["robo", "right"]).status();
    if !hashed.is_ok_and(|status| status.success()) {
        return skip_missing("mosquitto");
    }
    let at = |name: &str| folder.join(name).display().to_string();
    let more = format!(
        "allow_anonymous false\npassword_file {}\ncertfile {}\nkeyfile {}",
        at("passwords"),
        at("cert.pem"),
        at("key.pem")
    );
    let Some(broker) = Broker::start("tls", &more) else { return };
    fs::write(folder.join("right"), "right\n").unwrap();
    fs::write(folder.join("wrong"), "wrong\n").unwrap();
    let config = |password: &str, ca: &str| {
        format!(
            "[mqtt]\nbroker = \"mqtts://localhost:{}\"\nuser = \"robo\"\npassword_file = \"{}\"\n{ca}",
            broker.port.number,
            at(password)
        )
    };
    let ca = format!("ca_file = \"{}\"\n", at("cert.pem"));
    for (password, ca, told) in [
        ("right", ca.as_str(), "mqtt: connected to localhost"),
        ("wrong", ca.as_str(), "the broker refuses us"),
        ("right", "", "its certificate was issued by nobody we trust"),
    ] {
        let daemon = Daemon::start(&config(password, ca));
        wait_until(told, || fs::read_to_string(daemon.log()).unwrap().contains(told));
        assert!(daemon.http().get("/livez", None).status == 200, "the daemon lives without a broker");
    }
    fs::remove_dir_all(&folder).unwrap();
}
