//! Files through the real daemon and real servers: what curl and Python's requests upload reaches a slixmpp client byte by
//! byte, what such a client uploads is fetched the same way, and what cannot be is refused with a reason.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use support::daemon::Daemon;
use support::http::Json;
use support::peer::{Peer, python};
use support::server::{Kind, Server};

const LIMIT: Duration = Duration::from_secs(20);

/// Every byte there is, in no order, so that nothing that translates or cuts goes unseen.
fn content(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|index| (index * index / 7 + index) as u8).collect()
}

/// Runs curl; gives the status and the answer.
fn curl(daemon: &Daemon, token: &str, arguments: &[&str]) -> (u16, String) {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--max-time", "60", "--write-out", "\n%{http_code}"]);
    command.args(["--header", &format!("Authorization: Bearer {token}")]).args(arguments);
    let output = command.arg(format!("http://127.0.0.1:{}/bot/sendFile", daemon.port)).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (body, status) = text.rsplit_once('\n').unwrap();
    (status.parse().unwrap(), format!("{body}{}", String::from_utf8_lossy(&output.stderr)))
}

/// Runs a few lines of Python with what the test peers have.
fn run_python(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(python()).arg("-c").arg(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What is at an address, fetched as another client would.
fn download(server: &Server, url: &str) -> Vec<u8> {
    let to = server.dir.join("fetched");
    let program = "import requests, sys\nanswer = requests.get(sys.argv[1], verify=sys.argv[2], timeout=20)\n\
                   answer.raise_for_status()\nopen(sys.argv[3], 'wb').write(answer.content)";
    run_python(program, &[url, &server.ca_file.display().to_string(), &to.display().to_string()]);
    fs::read(to).unwrap()
}

struct Scene {
    server: Server,
    daemon: Daemon,
    token: String,
    eve: Peer,
}

impl Scene {
    fn start(kind: Kind) -> Option<Scene> {
        let server = Server::start(kind)?;
        server.add_user("ralf", "secret");
        server.add_user("eve", "secret");
        let eve = Peer::login(&server, "eve", "secret", "x");
        let daemon = Daemon::with_account(&server, "ralf", "secret", server.c2s_port, "");
        daemon.wait_online(1, LIMIT);
        let bot = format!(r#"{{"name":"Cook","account":"{}","receive":"all"}}"#, server.jid("ralf"));
        let token = daemon.http().post("/bot/create", None, &bot).ok().at("token").text();
        Some(Scene { server, daemon, token, eve })
    }

    fn file(&self, name: &str, bytes: usize) -> (PathBuf, Vec<u8>) {
        let (path, content) = (self.server.dir.join(name), content(bytes));
        fs::write(&path, &content).unwrap();
        (path, content)
    }

    /// What eve is shown as this message.
    fn shown(&mut self, id: &str) -> (String, Vec<u8>) {
        let shown = self.eve.expect(LIMIT, |message| message.id == id);
        assert!(shown.xml.contains("jabber:x:oob"), "{shown:?}");
        (shown.body.clone(), download(&self.server, &shown.body))
    }

    /// Files that are left: who has all of an answer is not after the one who gave it.
    fn spooled(&self) -> usize {
        let count = || fs::read_dir(self.daemon.dir.join("data/spool")).unwrap().count();
        (0..50).take_while(|_| count() > 0).for_each(|_| std::thread::sleep(Duration::from_millis(20)));
        count()
    }
}

fn field(name: &str, path: &Path) -> String {
    format!("{name}=@{}", path.display())
}

fn uploads(kind: Kind) {
    let Some(mut scene) = Scene::start(kind) else { return };
    let to = scene.server.jid("eve");
    let to_field = format!("to={to}");

    let (path, content) = scene.file("photo 1.jpg", 300_000);
    let file = field("file", &path);
    let caption = "caption=kü & \u{1f44d}";
    let form = ["-F", &to_field, "-F", "type=chat", "-F", caption, "-F", &file, "-H", "Idempotency-Key: k1"];
    let (status, body) = curl(&scene.daemon, &scene.token, &form);
    assert_eq!(status, 200, "{body}");
    let id = Json::parse(&body).at("message_id").text();
    let (url, shown) = scene.shown(&id);
    assert!(url.starts_with("https://") && shown == content, "{url}");
    scene.eve.expect(LIMIT, |message| message.body == "kü & \u{1f44d}" && message.id == format!("{id}.caption"));
    let (status, again) = curl(&scene.daemon, &scene.token, &form);
    assert_eq!((status, again), (200, body), "the same again is not sent again");
    scene.eve.none(Duration::from_secs(1));

    // As large as it may be, as Python sends it, with a name that is not ASCII.
    let (path, content) = scene.file("groß.bin", 16 << 20);
    let program = "import requests, sys\n\
                   answer = requests.post(sys.argv[1], headers={'Authorization': 'Bearer ' + sys.argv[2]},\n\
                   \x20   data={'to': sys.argv[3]}, files={'file': open(sys.argv[4], 'rb')}, timeout=60)\n\
                   print(answer.status_code, answer.json()['message_id'])";
    let address = format!("http://127.0.0.1:{}/bot/sendFile", scene.daemon.port);
    let printed = run_python(program, &[&address, &scene.token, &to, &path.display().to_string()]);
    let id = printed.trim().strip_prefix("200 ").unwrap().to_string();
    let (url, shown) = scene.shown(&id);
    assert!(shown == content && url.ends_with(".bin"), "{url}");

    // Too large for us, and nobody's token.
    let (path, _) = scene.file("large", (16 << 20) + 1);
    let (status, body) = curl(&scene.daemon, &scene.token, &["-F", &to_field, "-F", &field("file", &path)]);
    assert!(status == 413 && body.contains("\"error\":\"too_large\"") && body.contains("16777216"), "{status} {body}");
    let (path, _) = scene.file("larger", 20 << 20);
    let (status, body) = curl(&scene.daemon, &scene.token, &["-F", &to_field, "-F", &field("file", &path)]);
    assert!(status == 413 && body.contains("the body must be at most 16908288 bytes, not 2097"), "{status} {body}");
    let (path, _) = scene.file("small", 5);
    let (status, body) = curl(&scene.daemon, "bm_wrong", &["-F", &to_field, "-F", &field("file", &path)]);
    assert_eq!(status, 401, "{body}");

    // The server is away.
    scene.server.stop();
    let (status, body) = curl(&scene.daemon, &scene.token, &["-F", &to_field, "-F", &field("file", &path)]);
    assert!(status == 502 && body.contains("\"error\":\"send_failed\""), "{status} {body}");
    assert_eq!(scene.spooled(), 0, "no file is left");
}

#[test]
fn uploads_prosody() {
    uploads(Kind::Prosody);
}

#[test]
fn uploads_ejabberd() {
    uploads(Kind::Ejabberd);
}

/// Eve uploads a file as clients do, and sends its address; gives that.
fn eve_sends(scene: &mut Scene, name: &str, content: &Path) -> String {
    let url = eve_uploads(scene, name, content);
    scene.eve.raw(&format!(
        "<message to='{}' type='chat' id='say-{name}'><body>{url}</body><x xmlns='jabber:x:oob'><url>{url}</url></x></message>",
        scene.server.jid("ralf")
    ));
    url
}

fn eve_uploads(scene: &mut Scene, name: &str, content: &Path) -> String {
    let upload = format!("upload.{}", scene.server.domain);
    let bytes = fs::metadata(content).unwrap().len();
    scene.eve.raw(&format!(
        "<iq to='{upload}' type='get' id='{name}'><request xmlns='urn:xmpp:http:upload:0' filename='{name}' \
         size='{bytes}' content-type='image/png'/></iq>"
    ));
    let answer = scene.eve.expect_iq(LIMIT, name).xml;
    let program = "import re, requests, sys, xml.etree.ElementTree as tree\n\
        slot = tree.fromstring(sys.argv[1]).find('{urn:xmpp:http:upload:0}slot')\n\
        put, get = (slot.find('{urn:xmpp:http:upload:0}' + name) for name in ('put', 'get'))\n\
        headers = {header.get('name'): header.text for header in put}\n\
        headers['Content-Type'] = 'image/png'\n\
        answer = requests.put(put.get('url'), data=open(sys.argv[2], 'rb'), headers=headers, verify=sys.argv[3], timeout=20)\n\
        answer.raise_for_status()\n\
        print(get.get('url'))";
    let (content, ca) = (content.display().to_string(), scene.server.ca_file.display().to_string());
    run_python(program, &[&answer, &content, &ca]).trim().to_string()
}

/// Asks for something that may be a file; gives status and type, and what came.
fn fetch(scene: &Scene, path: &str) -> (String, Vec<u8>) {
    let out = scene.server.dir.join("out");
    let mut command = Command::new("curl");
    command.args(["--silent", "--max-time", "60", "--write-out", "%{http_code} %{content_type}"]);
    command.args(["--header", &format!("Authorization: Bearer {}", scene.token), "--output"]).arg(&out);
    command.arg(format!("http://127.0.0.1:{}{path}", scene.daemon.port));
    (String::from_utf8(command.output().unwrap().stdout).unwrap(), fs::read(&out).unwrap())
}

fn fetches(kind: Kind) {
    let Some(mut scene) = Scene::start(kind) else { return };
    let (path, content) = scene.file("large.png", 3_000_000);
    let url = eve_sends(&mut scene, "large.png", &path);
    let mut http = scene.daemon.http();
    let updates = http.get("/bot/getUpdates?timeout=20", Some(&scene.token)).ok();
    let data = updates.at("result").list()[0].at("data");
    let attachment = data.at("attachment");
    assert_eq!((attachment.at("url").text(), attachment.at("name").text()), (url, "large.png".to_string()));
    assert_eq!(attachment.at("type").text(), "image/png");
    let by_id = format!("/bot/getFile?file_id={}", attachment.at("file_id").text());
    let by_message = format!("/bot/getFile?message_id={}", data.at("stanza_id").text());
    for path in [&by_id, &by_message] {
        let known = http.get(path, Some(&scene.token)).ok();
        assert_eq!(known.at("file_id").text(), attachment.at("file_id").text());
    }

    // The server is at a private address, which is right for its own upload service.
    for path in [&by_id, &by_message] {
        let (status, got) = fetch(&scene, &format!("{path}&download=1"));
        assert!(
            status == "200 image/png" && got == content,
            "{status}: {}",
            String::from_utf8_lossy(&got[..200.min(got.len())])
        );
    }

    // What stands beside it is not reached, whoever names it.
    let beside = format!("https://127.0.0.1:{}/", scene.server.https_port);
    for (name, url) in [("a", format!("{beside}api/status")), ("b", "http://localhost:1/x".to_string())] {
        scene.eve.raw(&format!(
            "<message to='{}' type='chat' id='{name}'><body>{url}</body><x xmlns='jabber:x:oob'><url>{url}</url></x></message>",
            scene.server.jid("ralf")
        ));
        let (mut status, mut got) = fetch(&scene, &format!("/bot/getFile?url={url}&download=1"));
        for _ in 0..50 {
            if !status.starts_with("404") {
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
            (status, got) = fetch(&scene, &format!("/bot/getFile?url={url}&download=1"));
        }
        assert!(status.starts_with("403"), "{url}: {status} {}", String::from_utf8_lossy(&got));
    }
    let (status, _) = fetch(&scene, &format!("/bot/getFile?url={beside}other&download=1"));
    assert!(status.starts_with("404"), "no open proxy: {status}");
    assert_eq!(scene.spooled(), 0, "no file is left");
}

#[test]
fn fetches_prosody() {
    fetches(Kind::Prosody);
}

#[test]
fn fetches_ejabberd() {
    fetches(Kind::Ejabberd);
}

/// Encrypts a file as XEP-0454 wants it, by another implementation; prints nonce and key.
const ENCRYPT: &str = "import os, sys\n\
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM\n\
    key, iv = os.urandom(32), os.urandom(int(sys.argv[3]))\n\
    open(sys.argv[2], 'wb').write(AESGCM(key).encrypt(iv, open(sys.argv[1], 'rb').read(), None))\n\
    print((iv + key).hex())";

fn encrypted_files(kind: Kind) {
    let Some(mut scene) = Scene::start(kind) else { return };
    let (path, content) = scene.file("plain.png", 3_000_001);
    let sealed = scene.server.dir.join("sealed");
    let mut keys = Vec::new();
    // Old clients have nonces of 16 bytes.
    for (name, iv) in [("new.png", "12"), ("old.png", "16"), ("altered.png", "12")] {
        let (from, to) = (path.display().to_string(), sealed.display().to_string());
        let key = run_python(ENCRYPT, &[&from, &to, iv]).trim().to_string();
        if name == "altered.png" {
            let mut bytes = fs::read(&sealed).unwrap();
            bytes[1_000_000] ^= 1;
            fs::write(&sealed, bytes).unwrap();
        }
        let https = eve_uploads(&mut scene, name, &sealed);
        let url = format!("{}#{key}", https.replacen("https", "aesgcm", 1));
        scene.eve.send(&scene.server.jid("ralf"), &url);
        let updates = scene.daemon.http().get("/bot/getUpdates?timeout=20&offset=-1", Some(&scene.token)).ok();
        let attachment = updates.at("result").list()[0].at("data").at("attachment");
        assert_eq!((attachment.at("url").text(), attachment.at("name").text()), (url, name.to_string()));
        let (status, got) =
            fetch(&scene, &format!("/bot/getFile?download=1&file_id={}", attachment.at("file_id").text()));
        if name == "altered.png" {
            let said = String::from_utf8(got).unwrap();
            assert!(status.starts_with("502") && said.contains("was altered on its way"), "{status} {said}");
        } else {
            assert!(status == "200 image/png" && got == content, "{status}");
        }
        assert_eq!(scene.spooled(), 0, "no file is left");
        let update = updates.at("result").list()[0].at("update_id").number() + 1;
        scene.daemon.http().get(&format!("/bot/getUpdates?offset={update}"), Some(&scene.token)).ok();
        keys.push(key);
    }
    let log = scene.daemon.log_text();
    assert!(!keys.iter().any(|key| log.contains(key.as_str())), "a key is in our log");
}

#[test]
fn encrypted_files_prosody() {
    encrypted_files(Kind::Prosody);
}

#[test]
fn encrypted_files_ejabberd() {
    encrypted_files(Kind::Ejabberd);
}
