//! What a binary must do before it is passed on, in one go: sign in to a real server, answer its owner, serve a bot's
//! program, encrypt, and go on after a restart. `cross/trial` runs this with binaries for other machines.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod support;

use std::fs;
use std::thread;
use std::time::Duration;

use support::daemon::Daemon;
use support::encrypted::{BOTH, SOON, Scene, login, reads, serve};
use support::http::Json;
use support::peer::Peer;
use support::server::Kind;

/// The next message for a program, from the API.
fn heard(scene: &Scene, token: &str, offset: &mut i64) -> Json {
    let path = format!("/bot/getUpdates?limit=1&timeout=30&offset={offset}");
    loop {
        for update in scene.daemon.http().get(&path, Some(token)).ok().at("result").list() {
            *offset = update.at("update_id").number() + 1;
            if update.at("type").text() == "message" {
                return update.at("data");
            }
        }
    }
}

/// The owner's client, which speaks OMEMO, and the manager in the chat with himself.
fn answers_its_owner(phone: &mut Peer, own: &str) -> String {
    phone.send(own, "/newbot Herald");
    let created = phone.expect(SOON, |message| message.body.starts_with("Bot created!"));
    created.body.lines().find_map(|line| line.strip_prefix("Token: ")).expect("a token").to_string()
}

#[test]
fn from_the_login_to_the_restart() {
    let Some(server) = serve(Kind::Prosody, &["keeper", "owner", "friend", "bot"]) else { return };
    let mut friend = login(&server, "friend", "phone", "");
    let mut scene = Scene::with_bot(server, "required", "owner", "owner");
    let keeper = scene.server.jid("keeper");

    // The owner of the account that is signed in, and his personal bot: plain, as his client is.
    let mut phone = scene.login("keeper", "phone", "");
    let token = answers_its_owner(&mut phone, &keeper);
    let (mut offset, to) = (0, scene.server.jid("friend"));
    phone.send(&keeper, "Grüße 👋");
    assert_eq!(heard(&scene, &token, &mut offset).at("body").text(), "Grüße 👋");
    let body = format!(r#"{{"to":"{to}","text":"Hört, hört!"}}"#);
    scene.daemon.http().post("/bot/sendMessage", Some(&token), &body).ok();
    let heard_there = friend.expect(SOON, |message| message.body == "Hört, hört!");
    assert!(heard_there.from.starts_with(&keeper));

    // The bot with an account of its own, made by the API, which nobody can listen to.
    let mut owner = scene.login("owner", "phone", BOTH);
    let device = scene.announced(&mut owner);
    for round in 0..2 {
        for version in ["0.3", "2"] {
            let (question, answer) = (format!("frage-{round}-{version}"), format!("antwort-{round}-{version}"));
            owner.encrypt(&scene.bot, &question, version);
            scene.hears(&question);
            reads(&mut owner, &scene.say_encrypted(&scene.owner, &answer), &answer);
            assert!(!scene.is_on_server(&question) && !scene.is_on_server(&answer), "read by the server");
        }
        // The same device and sessions after it; the manager and the personal bot are there, too.
        assert_eq!(scene.daemon.stop().code(), Some(0));
        scene.daemon.start_again();
        scene.daemon.wait_online(1, SOON);
        assert_eq!(scene.announced(&mut owner), device);
    }
    phone.send(&keeper, "noch da?");
    assert_eq!(heard(&scene, &token, &mut offset).at("body").text(), "noch da?");
}

/// Resident memory of a process in KiB; of one in an emulator only what lies in the guest's part of the addresses, which
/// begins at `TRIAL_GUEST` (qemu's option -B).
fn resident(pid: u32) -> u64 {
    let guest = std::env::var("TRIAL_GUEST").ok().map(|hex| u64::from_str_radix(&hex, 16).expect("hexadecimal"));
    let is_counted = |at: u64| guest.is_none_or(|base| (base..base + (1 << 41)).contains(&at));
    let (mut counted, mut sum) = (false, 0);
    for line in fs::read_to_string(format!("/proc/{pid}/smaps")).unwrap().lines() {
        match line.split_once('-').and_then(|(at, _)| u64::from_str_radix(at, 16).ok()) {
            Some(at) => counted = is_counted(at),
            None => {
                let kib =
                    line.strip_prefix("Rss:").map_or(0, |rest| rest.trim().trim_end_matches(" kB").parse().unwrap());
                sum += if counted { kib } else { 0 };
            }
        }
    }
    sum
}

/// With one account over TLS, some seconds after the login.
#[test]
#[ignore = "measures; cross/sizes runs it"]
fn memory() {
    let Some(server) = serve(Kind::Prosody, &["keeper"]) else { return };
    let mut daemon = Daemon::with_account(&server, "keeper", "pw", server.c2s_port, "");
    daemon.wait_online(1, SOON);
    daemon.stop();
    daemon.start_again();
    daemon.wait_online(1, SOON);
    thread::sleep(Duration::from_secs(10));
    println!("resident {} KiB", resident(daemon.pid()));
}
