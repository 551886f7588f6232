//! Files over the bridge to Telegram, through the real daemon, a real server with XEP-0363 and the stub of Telegram: what is
//! sent on one side is on the other, byte by byte, and what cannot pass is told of.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod support;

use std::fs;
use std::process::Command;
use std::time::Duration;

use support::daemon::Daemon;
use support::http::Json;
use support::peer::{Peer, python};
use support::server::{Kind, Server};
use support::telegram::Telegram;

const LIMIT: Duration = Duration::from_secs(30);
const TOKEN: &str = "42:AAsecretOfTheBot";

struct Scene {
    server: Server,
    daemon: Daemon,
    telegram: Telegram,
    eve: Peer,
    anna: i64,
    /// Of our bot.
    token: String,
}

impl Scene {
    fn start() -> Option<Scene> {
        let server = Server::start(Kind::Prosody)?;
        server.add_user("ralf", "secret");
        server.add_user("eve", "secret");
        server.add_user("cook", "secret");
        let mut eve = Peer::login(&server, "eve", "secret", "x");
        let daemon = Daemon::with_account(&server, "ralf", "secret", server.c2s_port, "");
        daemon.wait_online(1, LIMIT);
        let (owner, own) = (server.jid("ralf"), server.jid("cook"));
        let bot = format!(
            r#"{{"name":"Cook","account":"{owner}","mode":"cloud","access":"public","jid":"{own}","password":"secret"}}"#
        );
        let token = daemon.http().post("/bot/create", None, &bot).ok().at("token").text();
        let telegram = Telegram::start();
        telegram.bot(TOKEN);
        let anna = telegram.user("Anna");
        telegram.say(anna, anna, "/start");
        let setup = format!(r#"{{"token":"{TOKEN}","chat_id":{anna},"api_url":"{}"}}"#, telegram.url());
        daemon.http().post("/bot/telegram/setup", Some(&token), &setup).ok();
        let link = format!(r#"{{"chat_id":{anna},"here":"{}"}}"#, server.jid("eve"));
        daemon.http().post("/bot/telegram/link", Some(&token), &link).ok();
        eve.expect(LIMIT, |message| message.body.ends_with("/start"));
        Some(Scene { server, daemon, telegram, eve, anna, token })
    }

    fn says(&self, what: &str) {
        self.telegram.order("say", &format!(r#"{{"from":{},{what}}}"#, self.anna));
    }

    /// The next file that eve is shown.
    fn file(&mut self) -> (String, Vec<u8>) {
        let shown = self.eve.expect(LIMIT, |message| message.xml.contains("jabber:x:oob"));
        assert!(!shown.xml.contains(&TOKEN[3..]), "{shown:?}");
        let to = self.server.dir.join("fetched");
        let program = "import requests, sys\nanswer = requests.get(sys.argv[1], verify=sys.argv[2], timeout=20)\n\
                       answer.raise_for_status()\nopen(sys.argv[3], 'wb').write(answer.content)";
        let ca = self.server.ca_file.display().to_string();
        let mut command = Command::new(python());
        let output = command.args(["-c", program, &shown.body, &ca]).arg(&to).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        (shown.body, fs::read(to).unwrap())
    }

    fn hears(&mut self, text: &str) -> String {
        let shown = self.eve.expect(LIMIT, |message| message.body.contains(text));
        assert!(!shown.xml.contains(&TOKEN[3..]), "{shown:?}");
        shown.body
    }
}

/// The beginning of a JPEG in base64, which is all that the stub looks at.
const JPEG: &str = "/9j/";
const JPEG_BYTES: [u8; 3] = [0xff, 0xd8, 0xff];

/// A picture with so many bytes of a letter behind its beginning.
fn picture(letter: u8, bytes: usize) -> Vec<u8> {
    JPEG_BYTES.into_iter().chain(std::iter::repeat_n(letter, bytes)).collect()
}

/// Base64 of so many bytes that are all the same letter.
fn base64(letter: u8, triples: usize) -> String {
    let group = |a: u8| {
        let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let bits = u32::from(a) << 16 | u32::from(a) << 8 | u32::from(a);
        [18, 12, 6, 0].map(|shift| char::from(letters[(bits >> shift) as usize & 63])).iter().collect::<String>()
    };
    group(letter).repeat(triples)
}

#[test]
fn files_pass_both_ways() {
    let Some(mut scene) = Scene::start() else { return };
    scene.says(&format!(r#""photo":{{"base64":"{JPEG}{}"}},"caption":"look *here*""#, base64(b'p', 20_000)));
    let (url, bytes) = scene.file();
    assert!(bytes == picture(b'p', 60_000) && url.ends_with(".jpg"), "{url}: {}", bytes.len());
    assert_eq!(scene.hears("look"), "[Telegram] Anna: look *here*");

    // An album is said by one, its files in order.
    let item = |letter: u8| format!(r#"{{"photo":{{"base64":"{JPEG}{}"}}}}"#, base64(letter, 1_000));
    scene.says(&format!(r#""album":[{},{},{}]"#, item(b'x'), item(b'y'), item(b'z')));
    for letter in *b"xyz" {
        assert_eq!(scene.file().1, picture(letter, 3_000));
    }

    // A name that is none, and a size that Telegram gives to no bot.
    let document = format!(r#""document":{{"base64":"{}","file_name":"../a b.pdf"}}"#, base64(b'd', 10));
    scene.says(&document);
    let (url, bytes) = scene.file();
    assert!(bytes == vec![b'd'; 30] && url.ends_with(".pdf") && !url.contains("../"), "{url}");
    scene.says(r#""document":{"size":22000000,"file_name":"big.iso"}"#);
    let words = scene.hears("big.iso, 22.0 MB");
    assert!(words.contains("Telegram gives bots files of 20 MB at most"), "{words}");

    // The other way: the same file, by its address.
    let cook = scene.server.jid("cook");
    let said = format!(
        "<message to='{cook}' type='chat' id='f1'><body>{url}</body>\
                        <x xmlns='jabber:x:oob'><url>{url}</url></x></message>"
    );
    scene.eve.raw(&said);
    let shown =
        scene.telegram.wait_shown(scene.anna, LIMIT, |shown| shown.iter().filter(|m| m.has("document")).count() == 3);
    let last = shown.last().unwrap();
    assert_eq!(last.at("document").at("file_size").number(), 30, "{last:?}");
    assert!(last.at("caption").text().contains("eve"), "{last:?}");

    // What waits for nobody is not on the disk.
    let count = || fs::read_dir(scene.daemon.dir.join("data/spool")).unwrap().count();
    (0..50).take_while(|_| count() > 0).for_each(|_| std::thread::sleep(Duration::from_millis(20)));
    assert_eq!(count(), 0);
    let status: Json = scene.daemon.http().get("/bot/telegram/status", Some(&scene.token)).ok();
    assert_eq!(status.at("in_doubt").number(), 0, "{status:?}");
    assert!(!scene.daemon.log_text().contains(&TOKEN[3..]));
}

/// Killed while a file is fetched, and once more while it is said at Telegram: the first comes once, of the second nobody
/// knows, so it is not sent again.
#[test]
fn a_kill_loses_no_file_and_doubles_none() {
    let Some(mut scene) = Scene::start() else { return };
    scene.telegram.fault(r#"{"method":"getFile","kind":"hang","seconds":30}"#);
    scene.says(&format!(r#""photo":{{"base64":"{JPEG}{}"}},"caption":"once""#, base64(b'k', 100)));
    scene.telegram.wait_taken(TOKEN, LIMIT);
    scene.daemon.kill();
    scene.telegram.order("no_faults", "{}");
    scene.daemon.start_again();
    let (url, bytes) = scene.file();
    assert_eq!(bytes, picture(b'k', 300));
    scene.hears("once");
    scene.eve.none(Duration::from_secs(1));

    scene.telegram.fault(r#"{"method":"sendPhoto","kind":"hang","seconds":30}"#);
    let cook = scene.server.jid("cook");
    scene.eve.raw(&format!(
        "<message to='{cook}' type='chat' id='f2'><body>{url}</body><x xmlns='jabber:x:oob'><url>{url}</url></x></message>"
    ));
    let begun = std::time::Instant::now();
    while scene.telegram.calls("sendPhoto").is_empty() {
        assert!(begun.elapsed() < LIMIT, "nothing is sent");
        std::thread::sleep(Duration::from_millis(30));
    }
    scene.daemon.kill();
    scene.telegram.order("no_faults", "{}");
    scene.daemon.start_again();
    scene.daemon.wait_online(1, LIMIT);
    let status: Json = scene.daemon.http().get("/bot/telegram/status", Some(&scene.token)).ok();
    assert_eq!(status.at("in_doubt").number(), 1, "{status:?}");
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(scene.telegram.calls("sendPhoto").len(), 1);
}
