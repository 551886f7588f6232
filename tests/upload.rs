//! Files to the upload services of real servers and back (XEP-0363), in pieces and with what goes wrong.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod support;

use std::fs;
use std::path::Path;
use std::time::Duration;

use botmother::base::call::{Part, Reach, Trust};
use botmother::remote::upload::{Fetched, Sent, build_get, build_put, read_get, read_put};
use botmother::work;
use support::peer::Peer;
use support::server::{Kind, Server};

const LIMIT: Duration = Duration::from_secs(20);
const BYTES: u64 = 3 << 20;

struct Slot {
    put: String,
    get: String,
    headers: Vec<(String, String)>,
}

fn ask_slot(server: &Server, peer: &mut Peer, id: &str, bytes: u64) -> Slot {
    let to = format!("upload.{}", server.domain);
    peer.raw(&format!(
        "<iq to='{to}' type='get' id='{id}'><request xmlns='urn:xmpp:http:upload:0' filename='a &amp; \u{fc}.bin' \
         size='{bytes}' content-type='application/octet-stream'/></iq>"
    ));
    let answer = peer.expect_iq(LIMIT, id);
    assert_eq!(answer.kind, "result", "{}", answer.xml);
    let url = |name: &str| {
        let rest = answer.xml.split(&format!("<{name} ")).nth(1).unwrap().split("url=\"").nth(1).unwrap();
        rest.split('"').next().unwrap().replace("&amp;", "&")
    };
    let header = |part: &str| {
        let (name, rest) = part.split_once('"').unwrap();
        let value = rest.split_once('>').unwrap().1.split('<').next().unwrap();
        (name.to_string(), value.to_string())
    };
    let headers = answer.xml.split("<header name=\"").skip(1).map(header).collect();
    Slot { put: url("put"), get: url("get"), headers }
}

/// The same name under an identifier that was never given out.
fn elsewhere(url: &str) -> String {
    let (place, name) = url.rsplit_once('/').unwrap();
    format!("{place}x/{name}")
}

fn there_and_back(kind: Kind) {
    let Some(server) = Server::start(kind) else { return };
    server.add_user("alice", "secret");
    let mut peer = Peer::login(&server, "alice", "secret", "x");
    let trust = || Trust { ca_file: Some(server.ca_file.clone()), ..Trust::default() };
    let path = server.dir.join("to send");
    let content: Vec<u8> = (0..BYTES).map(|index| (index * 7 / 3) as u8).collect();
    fs::write(&path, &content).unwrap();
    let put = |slot: &Slot, file: &Path, bytes| {
        let file = Part::File { path: file.to_path_buf(), bytes };
        read_put(&work::call(&build_put(&slot.put, &slot.headers, file, "application/octet-stream", trust())))
    };

    let slot = ask_slot(&server, &mut peer, "slot1", BYTES);
    assert_eq!(put(&slot, &path, BYTES), Sent::Done);
    let back = server.dir.join("back");
    let get = |url: &str, max, reach| read_get(&work::call(&build_get(url, back.clone(), max, reach, trust())));
    assert!(matches!(get(&slot.get, BYTES - 1, Reach::Any), Fetched::TooLarge));
    assert!(matches!(get(&slot.get, BYTES, Reach::PublicOnly), Fetched::Failed(why) if why.contains("public")));
    let fetched = get(&slot.get, BYTES, Reach::Any);
    assert!(matches!(&fetched, Fetched::Done { bytes: BYTES, content_type: Some(_) }), "{fetched:?}");
    assert!(fs::read(&back).unwrap() == content);
    fs::remove_file(&back).unwrap();
    let fetched = get(&elsewhere(&slot.get), BYTES, Reach::Any);
    assert!(matches!(fetched, Fetched::Gone | Fetched::Denied), "{fetched:?}");
    assert!(!back.exists());

    // A slot is for one file.
    let again = put(&slot, &path, BYTES);
    assert!(matches!(again, Sent::NewSlot), "{again:?}");
    // More than was asked for: the answer comes while three megabytes are on their way.
    let small = ask_slot(&server, &mut peer, "slot2", 5);
    let sent = put(&small, &path, BYTES);
    assert!(matches!(sent, Sent::TooLarge | Sent::NewSlot), "{sent:?}");
    // A slot nobody gave out.
    let slot = Slot { put: elsewhere(&small.put), headers: Vec::new(), ..small };
    let sent = put(&slot, &path, BYTES);
    assert!(matches!(sent, Sent::NewSlot), "{sent:?}");
}

#[test]
fn there_and_back_ejabberd() {
    there_and_back(Kind::Ejabberd);
}

#[test]
fn there_and_back_prosody() {
    there_and_back(Kind::Prosody);
}
