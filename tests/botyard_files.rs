//! Files of pages and bots by curl: sent as forms, handed out whole and in part, and never so that a browser runs them.

#![cfg(feature = "face-botyard")]
// Outside of #[test] functions, clippy does not know that this is a test.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use support::daemon::Daemon;
use support::http::Json;

/// curl with these arguments; gives the head and the body.
fn curl(daemon: &Daemon, path: &str, more: &[&str]) -> (String, Vec<u8>) {
    let mut curl = Command::new("curl");
    curl.args(["-s", "-S", "-i", "--noproxy", "*", "--max-time", "20", "--path-as-is", "-H", "Expect:"]).args(more);
    let output = curl.arg(format!("http://127.0.0.1:{}{path}", daemon.port)).output().expect("curl runs");
    let end = output.stdout.windows(4).position(|four| four == b"\r\n\r\n").expect("a head") + 4;
    (String::from_utf8_lossy(&output.stdout[..end]).to_lowercase(), output.stdout[end..].to_vec())
}

fn status(head: &str) -> u16 {
    head.split(' ').nth(1).unwrap().parse().unwrap()
}

fn text(body: &[u8]) -> String {
    String::from_utf8_lossy(body).into_owned()
}

/// A bot's key.
fn key(daemon: &Daemon) -> String {
    let made = daemon.http().post("/v1/admin-api/bot", None, r#"{"name":"Files"}"#);
    assert_eq!(made.status, 201, "{}", made.body);
    format!("Authorization: {}", Json::parse(&made.body).at("key").text())
}

fn put(daemon: &Daemon, name: &str, content: &[u8]) -> String {
    fs::write(daemon.dir.join(name), content).unwrap();
    daemon.dir.join(name).display().to_string()
}

/// Sends one file; gives its place and its id.
fn send(daemon: &Daemon, key: &str, form: &str) -> (String, String) {
    let (head, body) = curl(daemon, "/v1/bot-api/files", &["-H", key, "-F", form]);
    assert_eq!(status(&head), 200, "{}", text(&body));
    let file = Json::parse(&text(&body)).list()[0].clone();
    (format!("/{}", file.at("path").text()), file.at("id").text())
}

fn files_of(dir: &Path) -> usize {
    let folders = ["images", "videos", "audios", "files"].map(|folder| dir.join("data/files").join(folder));
    folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).map(Iterator::count).sum()
}

#[test]
fn files_come_and_go_out() {
    let mut daemon = Daemon::start("[api]\nrate_limit = 0\n");
    let key = key(&daemon);
    let bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    let png = put(&daemon, "a.png", &bytes);
    let (head, body) = curl(
        &daemon,
        "/v1/bot-api/files",
        &[
            "-H",
            &key,
            "-F",
            &format!("file=@{png};type=image/png;filename=/etc/kü.png"),
            "-F",
            "file=hello;type=text/plain",
        ],
    );
    assert_eq!(status(&head), 200, "{}", text(&body));
    let all = Json::parse(&text(&body)).list();
    assert_eq!(all.len(), 2);
    let (first, second) = (&all[0], &all[1]);
    assert_eq!((first.at("name").text(), first.at("size").number()), ("kü.png".to_string(), 300_000));
    assert_eq!((first.at("mimeType").text(), second.at("mimeType").text()), ("image/png".into(), "text/plain".into()));
    let place = format!("/{}", first.at("path").text());
    assert!(place.starts_with("/static/images/01") && place.ends_with(".png"), "{place}");
    assert!(second.at("path").text().starts_with("static/files/01"), "{second:?}");

    let (head, body) = curl(&daemon, &place, &[]);
    assert_eq!((status(&head), body == bytes), (200, true), "{head}");
    for line in [
        "content-type: image/png\r\n",
        "content-length: 300000\r\n",
        "x-content-type-options: nosniff\r\n",
        "content-security-policy: sandbox; ",
        "content-disposition: inline; ",
        "accept-ranges: bytes\r\n",
        "cache-control: private, ",
    ] {
        assert!(head.contains(line), "{line}{head}");
    }
    // The same without its content, and nothing where it is known.
    let (known, body) = curl(&daemon, &place, &["-I"]);
    assert_eq!((status(&known), body.len()), (200, 0));
    assert!(known.contains("content-length: 300000\r\n"), "{known}");
    let tag = head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap().to_string();
    let (head, body) = curl(&daemon, &place, &["-H", &format!("If-None-Match: {tag}")]);
    assert_eq!((status(&head), body.len()), (304, 0));
    // Parts of it.
    for (range, first, last) in
        [("5-9", 5, 9), ("299990-", 299_990, 299_999), ("-3", 299_997, 299_999), ("7-999999", 7, 299_999)]
    {
        let (head, body) = curl(&daemon, &place, &["-r", range]);
        assert_eq!((status(&head), body == bytes[first..=last]), (206, true), "{range} {head}");
        assert!(head.contains(&format!("content-range: bytes {first}-{last}/300000\r\n")), "{head}");
    }
    let (head, _) = curl(&daemon, &place, &["-r", "300000-"]);
    assert!(status(&head) == 416 && head.contains("content-range: bytes */300000\r\n"), "{head}");
    let (head, body) = curl(&daemon, &place, &["-r", "5-9", "-H", "If-Range: \"other\""]);
    assert_eq!((status(&head), body.len()), (200, 300_000), "what he has is of another file");
    let (head, body) = curl(&daemon, &place, &["-r", "5-9", "-H", &format!("If-Range: {tag}")]);
    assert_eq!((status(&head), body.len()), (206, 5));

    // It is there after a restart; what nobody knows of is not.
    let stray = daemon.dir.join("data/files/images/01hc79xqtqhd4jtzceyvpr7sk0.png");
    fs::write(&stray, "left by a kill").unwrap();
    daemon.kill();
    daemon.start_again();
    assert_eq!((status(&curl(&daemon, &place, &[]).0), stray.exists()), (200, false));
}

#[test]
fn nothing_that_is_sent_is_run() {
    let daemon = Daemon::start("[api]\nrate_limit = 0\n");
    let key = key(&daemon);
    let svg = put(&daemon, "a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>");
    let html = put(&daemon, "a.html", b"<script>alert(1)</script>");
    for (file, kind, folder, how) in [
        (&svg, "image/svg+xml", "images", "inline"),
        (&html, "text/html", "files", "attachment"),
        (&html, "application/xhtml+xml", "files", "attachment"),
        (&html, "text/html; charset=utf-8", "files", "attachment"),
    ] {
        let (place, _) = send(&daemon, &key, &format!("file=@{file};type={kind}"));
        assert!(place.starts_with(&format!("/static/{folder}/")), "{place}");
        let (head, _) = curl(&daemon, &place, &[]);
        assert!(head.contains("content-security-policy: sandbox; default-src 'none'"), "{head}");
        assert!(head.contains("nosniff") && head.contains(&format!("content-disposition: {how}; ")), "{head}");
    }
    // A part that says no type is of none.
    let body = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x.png\"\r\n\r\nabc\r\n--b--\r\n";
    let kind = "Content-Type: multipart/form-data; boundary=b";
    let (head, answer) = curl(&daemon, "/v1/bot-api/files", &["-H", &key, "-H", kind, "--data-binary", body]);
    assert_eq!(status(&head), 200, "{}", text(&answer));
    assert!(text(&answer).contains(r#""mimeType":"application/octet-stream""#), "{}", text(&answer));

    let good = "01hc79xqtqhd4jtzceyvpr7sk0.png";
    for path in [
        "/static",
        "/static/",
        "/static/images",
        "/static/images/",
        "/static/images/../../admin.token",
        "/static/images/..%2f..%2fadmin.token",
        "/static/images/%2e%2e%2f%2e%2e%2fsecret.key",
        "/static/../data/secret.key",
        "/static/..%2f/secret.key",
        "/static/images/.",
        "/static/images/%00.png",
        &format!("/static/images/{good}"),
        &format!("/static/secrets/{good}"),
        &format!("/static//images/{good}"),
        &format!("/static/images/{good}/"),
        &format!("/static/images/%2F{good}"),
    ] {
        let (head, body) = curl(&daemon, path, &[]);
        assert!(matches!(status(&head), 400 | 404), "{path}: {head}");
        assert!(text(&body).starts_with(r#"{"message":""#), "{path}: {}", text(&body));
    }
    assert_eq!(status(&curl(&daemon, &format!("/static/images/{good}"), &["-X", "POST"]).0), 405);
}

#[test]
fn too_much_is_refused_and_leaves_nothing() {
    let daemon = Daemon::start("[api]\nrate_limit = 0\n");
    let key = key(&daemon);
    let send = |key: &str, forms: &[String]| {
        let mut more = vec!["-H", key];
        forms.iter().for_each(|form| more.extend(["-F", form]));
        let (head, body) = curl(&daemon, "/v1/bot-api/files", &more);
        (status(&head), text(&body))
    };
    let large = put(&daemon, "large", &vec![7; 2 * 1024 * 1024 + 1]);
    let said = |text: &str| format!(r#"{{"message":"{text}"}}"#);
    let form = |kind: &str| format!("file=@{large};type={kind}");
    assert_eq!(send(&key, &[form("image/png")]).0, 413);
    assert_eq!(send(&key, &["file=one".to_string(), form("image/gif")]).0, 413, "all or nothing");
    let few = vec!["file=x;type=text/plain".to_string(); 11];
    assert_eq!(send(&key, &few), (400, said("Too many files, max allowed amount is 10.")));
    assert_eq!(send(&key, &["other=x".to_string()]), (400, said("No files found to upload.")));
    assert_eq!(send("Authorization: bm_no", &["file=x".to_string()]), (403, said("Invalid bot key.")));
    assert_eq!(send("X-Nothing: 1", &["file=x".to_string()]), (403, said("Bot key is required.")));
    // Whoever has no key is told so before he has sent it all.
    assert_eq!(send("Authorization: bm_no", &[form("video/mp4")]), (403, said("Invalid bot key.")));
    let (head, _) =
        curl(&daemon, "/v1/bot-api/files", &["-H", &key, "-H", "Content-Type: application/json", "-d", "{}"]);
    assert_eq!(status(&head), 400);
    assert_eq!(files_of(&daemon.dir), 0);
    assert_eq!(send(&key, &few[..10]).0, 200);
    assert_eq!(send(&key, &[form("video/mp4")]).0, 200);
    assert_eq!(files_of(&daemon.dir), 11);
    let spool = fs::read_dir(daemon.dir.join("data/spool")).unwrap().count();
    assert_eq!(spool, 0, "nothing stays on its way");
}
