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
        let setup = format!(r#"{{"token":"{TOKEN}","chat_id":{anna},"api_url":"{}"}}"#, telegram.url());
        daemon.http().post("/bot/telegram/setup", Some(&token), &setup).ok();
        let link = format!(r#"{{"chat_id":{anna},"here":"{}"}}"#, server.jid("eve"));
        daemon.http().post("/bot/telegram/link", Some(&token), &link).ok();
        telegram.say(anna, anna, "/start");
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

impl Scene {
    /// A file of a kind, as people on XMPP send it, with the address of one that is there.
    fn sends(&mut self, id: &str, url: &str) {
        let cook = self.server.jid("cook");
        self.eve.raw(&format!(
            "<message to='{cook}' type='chat' id='{id}'><body>{url}</body><x xmlns='jabber:x:oob'><url>{url}</url></x></message>"
        ));
    }

    /// The address of a picture that came from Telegram.
    fn picture_here(&mut self) -> String {
        self.says(&format!(r#""photo":{{"base64":"{JPEG}{}"}},"caption":"seed""#, base64(b'p', 10)));
        let (url, _) = self.file();
        self.hears("seed");
        url
    }

    fn numbers(&self, fits: impl Fn(&Json) -> bool) -> Vec<i64> {
        self.telegram.shown(self.anna).iter().filter(|m| fits(m)).map(|m| m.at("message_id").number()).collect()
    }
}

fn caption_has(message: &Json, text: &str) -> bool {
    ["text", "caption"].iter().any(|name| message.has(name) && message.at(name).text().contains(text))
}

/// A file takes its time, and what is said behind it waits for it, whichever way it goes; so does what becomes of it.
#[test]
fn what_is_said_behind_a_file_comes_behind_it() {
    let Some(mut scene) = Scene::start() else { return };
    let url = scene.picture_here();
    scene.telegram.fault(r#"{"method":"getFile","kind":"slow","seconds":2}"#);
    scene.says(&format!(r#""photo":{{"base64":"{JPEG}{}"}},"caption":"one""#, base64(b'a', 10)));
    let two = scene.telegram.say(scene.anna, scene.anna, "two");
    scene.telegram.say(scene.anna, scene.anna, "three");
    scene.telegram.order("edit", &format!(r#"{{"from":{},"message_id":{two},"text":"zwei"}}"#, scene.anna));
    let shown: Vec<String> = ["jabber:x:oob", "one", "zwei", "three"]
        .map(|part| {
            let is_any = |m: &support::peer::Message| !m.body.is_empty();
            let next = scene.eve.expect(LIMIT, is_any);
            assert!(next.xml.contains(part), "{part} is next, not {next:?}");
            next.body
        })
        .to_vec();
    assert!(shown[2].ends_with("Anna: zwei"), "{shown:?}");

    scene.telegram.fault(r#"{"method":"sendPhoto","kind":"slow","seconds":2}"#);
    scene.sends("f1", &url);
    let cook = scene.server.jid("cook");
    scene.eve.send(&cook, "danach");
    scene.telegram.wait_text(scene.anna, LIMIT, "danach");
    let (file, text) = (scene.numbers(|m| m.has("photo")), scene.numbers(|m| caption_has(m, "danach")));
    assert!(file.last().unwrap() < &text[0], "{file:?} {text:?}");
}

#[test]
fn pictures_that_come_together_are_one_album() {
    let Some(mut scene) = Scene::start() else { return };
    let url = scene.picture_here();
    let before = scene.numbers(|_| true).len();
    for id in ["p1", "p2", "p3"] {
        scene.sends(id, &url);
    }
    let shown = scene.telegram.wait_shown(scene.anna, LIMIT, |shown| shown.len() == before + 3);
    let album: Vec<String> = shown[before..].iter().map(|m| m.at("media_group_id").text()).collect();
    assert!(!album[0].is_empty() && album.iter().all(|one| *one == album[0]), "{shown:?}");
    assert!(caption_has(&shown[before], "eve") && !shown[before + 1].has("caption"), "{shown:?}");
    assert_eq!(scene.telegram.calls("sendMediaGroup").len(), 1);

    // Each of them can be answered: it is known which is which.
    let last = shown[before + 2].at("message_id").number();
    scene.telegram.order("say", &format!(r#"{{"from":{},"text":"this one","reply_to":{last}}}"#, scene.anna));
    let answer = scene.eve.expect(LIMIT, |message| message.body.contains("this one"));
    assert!(answer.xml.contains("urn:xmpp:reply:0") && answer.xml.contains(r#"id="p3""#), "{answer:?}");

    // Killed while more are waited for: they come, once and together.
    scene.sends("p4", &url);
    scene.sends("p5", &url);
    let waits = |scene: &Scene| fs::read_dir(scene.daemon.dir.join("data/spool")).unwrap().count();
    (0..150).take_while(|_| waits(&scene) < 2).for_each(|_| std::thread::sleep(Duration::from_millis(10)));
    assert_eq!(waits(&scene), 2);
    scene.daemon.kill();
    assert_eq!(scene.telegram.calls("sendMediaGroup").len(), 1, "it was waiting for more");
    scene.daemon.start_again();
    let shown = scene.telegram.wait_shown(scene.anna, LIMIT, |shown| shown.len() == before + 6);
    assert_eq!(scene.telegram.calls("sendMediaGroup").len(), 2);
    assert_eq!(shown[before + 4].at("media_group_id").text(), shown[before + 5].at("media_group_id").text());
    // What Telegram does not take as an album goes one by one.
    scene
        .telegram
        .fault(r#"{"method":"sendMediaGroup","kind":"error","code":400,"description":"Bad Request: no album"}"#);
    scene.sends("p6", &url);
    scene.sends("p7", &url);
    scene.telegram.wait_shown(scene.anna, LIMIT, |shown| shown.len() == before + 8);
}

/// The words beneath a file can be changed, whichever side it comes from; an album that comes in two answers is one.
#[test]
fn captions_are_changed_and_albums_are_whole() {
    let Some(mut scene) = Scene::start() else { return };
    scene.says(&format!(r#""photo":{{"base64":"{JPEG}{}"}},"caption":"mine""#, base64(b'p', 10)));
    let (url, _) = scene.file();
    let caption = scene.eve.expect(LIMIT, |message| message.body.contains("mine"));
    let number = *scene.numbers(|m| m.has("photo")).last().unwrap();
    scene.telegram.order("edit", &format!(r#"{{"from":{},"message_id":{number},"caption":"yours"}}"#, scene.anna));
    let changed = scene.eve.expect(LIMIT, |message| message.body.contains("yours"));
    assert!(changed.xml.contains("urn:xmpp:message-correct:0") && changed.xml.contains(&caption.id), "{changed:?}");

    scene.sends("f1", &url);
    scene.telegram.wait_shown(scene.anna, LIMIT, |shown| shown.iter().filter(|m| m.has("photo")).count() == 2);
    let count = scene.numbers(|_| true).len();
    let cook = scene.server.jid("cook");
    scene.eve.raw(&format!(
        "<message to='{cook}' type='chat' id='f2'><body>said better</body>\
         <replace id='f1' xmlns='urn:xmpp:message-correct:0'/></message>"
    ));
    let shown = scene.telegram.wait_text(scene.anna, LIMIT, "said better");
    assert!(shown.has("photo") && shown.has("edit_date"), "{shown:?}");
    assert_eq!(scene.numbers(|_| true).len(), count, "changed, not said anew");

    let part = |letter: u8, more: &str| {
        let photo = format!(r#""photo":{{"base64":"{JPEG}{}"}}"#, base64(letter, 10));
        format!(r#"{photo},"extra":{{"media_group_id":"77"}}{more}"#)
    };
    scene.says(&part(b'x', r#","caption":"both""#));
    std::thread::sleep(Duration::from_millis(300));
    scene.says(&part(b'y', ""));
    assert_eq!((scene.file().1, scene.file().1), (picture(b'x', 30), picture(b'y', 30)));
    assert!(scene.hears("both").ends_with("Anna: both"));
    scene.eve.none(Duration::from_secs(2));
}

/// Two pixels in WebP, without loss.
const WEBP: &str = "UklGRsAAAABXRUJQVlA4TLMAAAAvAQAAEM1VICICHkgAAAAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAAAAA8kAAAAAADg/\
                    AkAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAPZAAAAAAAIDzHwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAADwQAIAAAAAAM4/\
                    AAAAAAAAAAAAAAAAAAAAQAAAAAAAAAAAAAAAAAAAACClAQA=";

/// A sticker is a picture that every client shows; one that moves is a file. What it stands for is told with either.
#[cfg(feature = "stickers")]
#[test]
fn stickers_are_pictures_here() {
    let Some(mut scene) = Scene::start() else { return };
    scene.says(&format!(r#""sticker":{{"base64":"{WEBP}","emoji":"🐱"}}"#));
    let (url, bytes) = scene.file();
    assert!(url.ends_with(".png") && bytes.starts_with(b"\x89PNG\r\n\x1a\n"), "{url}");
    assert_eq!(scene.hears("🐱"), "[Telegram] Anna: 🐱");
    scene.says(r#""sticker":{"base64":"H4sIAAAAAAAAAwMAAAAAAAAAAAA=","emoji":"🐶","is_animated":true}"#);
    let (url, bytes) = scene.file();
    assert!(url.ends_with(".tgs") && bytes.starts_with(b"\x1f\x8b"), "{url}");
    scene.hears("🐶");
    // What cannot be read as a picture comes as it is.
    scene.says(&format!(r#""sticker":{{"base64":"{}","emoji":"🐭"}}"#, &WEBP[..40]));
    let (url, bytes) = scene.file();
    assert!(url.ends_with(".webp") && bytes.starts_with(b"RIFF"), "{url}");
}
