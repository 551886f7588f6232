//! Accounts of bots, made and removed by the real daemon: through the API of a real ejabberd, and by in-band registration
//! (XEP-0077) on both servers; and what becomes of them when server or daemon are gone at the wrong moment.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod support;

use std::thread;
use std::time::{Duration, Instant};

use botmother::base::call::Trust;
use botmother::base::secret::Secret;
use botmother::remote::ejabberd::{Api, exists, read};
use botmother::work;
use support::daemon::Daemon;
use support::http::{Answer, Json};
use support::peer::Peer;
use support::server::{Kind, Options, Server, Storage};

const LIMIT: Duration = Duration::from_secs(30);
const NO_RATE_LIMIT: &str = "[api]\nrate_limit = 0\n";

fn start() -> Option<(Server, Daemon)> {
    // What ejabberd's own database acknowledges does not survive a kill.
    let server = Server::start_with(Kind::Ejabberd, Options { storage: Storage::Sql, ..Options::default() })?;
    server.add_user("ralf", "pw");
    let daemon = Daemon::with_account(&server, "ralf", "pw", server.c2s_port, NO_RATE_LIMIT);
    daemon.wait_online(1, LIMIT);
    Some((server, daemon))
}

fn set_up(server: &Server, daemon: &Daemon) {
    let body = format!(
        r#"{{"api_url":"http://127.0.0.1:{}/api/","admin_jid":"{}","admin_password":"{}","host":"{}"}}"#,
        server.api_port,
        server.jid("admin"),
        server.admin_password,
        server.domain
    );
    let answer = daemon.http().post("/bot/ejabberd/settings", None, &body).ok();
    assert!(answer.at("saved").truth() && answer.at("configured").truth());
}

fn create(server: &Server, daemon: &Daemon, name: &str) -> Answer {
    let body = format!(r#"{{"name":"{name}","account":"{}","mode":"dedicated"}}"#, server.jid("ralf"));
    daemon.http().post("/bot/create", None, &body)
}

fn is_there(server: &Server, jid: &str) -> bool {
    let url = format!("http://127.0.0.1:{}/api", server.api_port);
    let password = Secret::new(server.admin_password.clone());
    let api = Api::new(&url, &server.jid("admin"), password, Trust::default()).unwrap();
    let user = jid.split('@').next().unwrap();
    exists(&read(&work::call(&api.check_account(user, &server.domain)))).unwrap()
}

fn wait_gone(server: &Server, jid: &str, daemon: &Daemon) {
    let begun = Instant::now();
    while is_there(server, jid) {
        assert!(begun.elapsed() < LIMIT * 2, "{jid} is still there\n{}", daemon.log_text());
        thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn a_bot_with_an_account_made_for_it() {
    let Some((server, daemon)) = start() else { return };
    set_up(&server, &daemon);
    let tested = daemon.http().post("/bot/ejabberd/test", None, "").ok();
    assert!(tested.at("connected").truth() && tested.at("response").text().contains("ejabberd"));
    // As `curl -X POST` asks: neither a type nor a length.
    let bare = format!("POST /bot/ejabberd/test HTTP/1.1\r\nHost: localhost:{}\r\n\r\n", daemon.port);
    assert!(daemon.http().raw(bare.as_bytes()).ok().at("connected").truth());
    let shown = daemon.http().get("/bot/ejabberd/settings", None);
    assert!(shown.body.contains("********") && !shown.body.contains(&server.admin_password), "{shown:?}");
    // Never to another address than the one it was saved for.
    let elsewhere = daemon.http().post("/bot/ejabberd/test", None, r#"{"api_url":"http://127.0.0.1:1/api"}"#);
    assert!(elsewhere.status == 400 && elsewhere.body.contains("not_configured"), "{elsewhere:?}");
    let body = r#"{"api_url":"http://127.0.0.1:1/api","admin_password":"x"}"#;
    let closed = daemon.http().post("/bot/ejabberd/test", None, body);
    assert!(closed.status == 502 && closed.body.contains("connection_failed"), "{closed:?}");

    let bot = create(&server, &daemon, "Support Bot").ok();
    let (jid, token) = (bot.at("jid").text(), bot.at("token").text());
    assert!(jid.starts_with("bot_support_bot_") && jid.ends_with(&server.domain), "{jid}");
    assert!(is_there(&server, &jid));
    assert_eq!(bot.at("invite").text(), format!("xmpp:{jid}?roster;name=Support%20Bot"));

    let mut phone = Peer::login(&server, "ralf", "pw", "phone");
    phone.send(&jid, "hello bot");
    let updates = daemon.http().get("/bot/getUpdates?timeout=10", Some(&token)).ok();
    let data = updates.at("result").list().remove(0).at("data");
    assert_eq!((data.at("from").text(), data.at("body").text()), (server.jid("ralf"), "hello bot".to_string()));
    let body = format!(r#"{{"to":"{}","text":"hello owner"}}"#, server.jid("ralf"));
    daemon.http().post("/bot/sendMessage", Some(&token), &body).ok();
    let heard = phone.expect(LIMIT, |message| message.body == "hello owner");
    assert!(heard.from.starts_with(&jid), "{heard:?}");

    let log = std::fs::read_to_string(daemon.log()).unwrap();
    assert!(!log.contains(&server.admin_password), "the log tells a password");
    let id = bot.at("id").number();
    let deleted = daemon.http().post("/bot/delete", None, &format!(r#"{{"id":{id}}}"#)).ok();
    assert!(deleted.at("deleted").truth() && deleted.at("account_removed").truth());
    assert!(!is_there(&server, &jid));
}

#[test]
fn an_account_goes_even_when_the_server_is_down() {
    let Some((mut server, mut daemon)) = start() else { return };
    set_up(&server, &daemon);
    let bot = create(&server, &daemon, "Short").ok();
    let (id, jid) = (bot.at("id").number(), bot.at("jid").text());
    server.stop();
    let deleted = daemon.http().post("/bot/delete", None, &format!(r#"{{"id":{id}}}"#)).ok();
    assert!(deleted.at("deleted").truth() && !deleted.at("account_removed").truth());
    // The daemon, too, may go before it is done.
    daemon.kill();
    server.start_again();
    assert!(is_there(&server, &jid));
    daemon.start_again();
    wait_gone(&server, &jid, &daemon);

    // Killed while an account is being made: it is made whole or not at all.
    for wait in [0, 5, 10, 20, 40] {
        let (port, owner) = (daemon.port, server.jid("ralf"));
        let asking = thread::spawn(move || {
            let body = format!(r#"{{"name":"Torn","account":"{owner}","mode":"dedicated"}}"#);
            support::http::Http::new(port).call("POST", "/bot/create", None, &[], &body)
        });
        thread::sleep(Duration::from_millis(wait));
        daemon.kill();
        let _ = asking.join();
        daemon.start_again();
    }
    daemon.wait_online(1, LIMIT);
    let list = daemon.http().get("/bot/list", None).ok();
    let bots: Vec<String> = list.at("bots").list().into_iter().map(|bot: Json| bot.at("jid").text()).collect();
    let begun = Instant::now();
    loop {
        let registered = registered(&server);
        if registered.len() == bots.len() && bots.iter().all(|jid| registered.contains(jid)) {
            break;
        }
        assert!(begun.elapsed() < LIMIT * 2, "{registered:?} are there, {bots:?} should be\n{}", daemon.log_text());
        thread::sleep(Duration::from_millis(200));
    }
}

/// Accounts of bots at the server.
fn registered(server: &Server) -> Vec<String> {
    use botmother::base::call::HttpCall;
    let url = format!("http://127.0.0.1:{}/api/registered_users", server.api_port);
    let password = Secret::new(server.admin_password.clone());
    let call = HttpCall::new("POST", url)
        .basic(&server.jid("admin"), &password)
        .json(format!(r#"{{"host":"{}"}}"#, server.domain));
    let answer = work::call(&call).unwrap();
    let users = Json::parse(&String::from_utf8(answer.body).unwrap()).list();
    let bots = users.into_iter().map(|user| user.text()).filter(|user| user.starts_with("bot_"));
    bots.map(|user| server.jid(&user)).collect()
}

/// The owner's server makes the account by itself, and removes it again.
fn registered_in_band(kind: Kind) {
    let options = Options { storage: Storage::Sql, ..Options::default() };
    let Some(mut server) = Server::start_with(kind, options) else { return };
    server.add_user("ralf", "pw");
    let mut daemon = Daemon::with_account(&server, "ralf", "pw", server.c2s_port, NO_RATE_LIMIT);
    daemon.wait_online(1, LIMIT);
    let bot = create(&server, &daemon, "Inband").ok();
    let (id, jid, token) = (bot.at("id").number(), bot.at("jid").text(), bot.at("token").text());
    assert!(jid.starts_with("bot_inband_") && jid.ends_with(&server.domain), "{jid}");
    let mut phone = Peer::login(&server, "ralf", "pw", "phone");
    phone.send(&jid, "hello");
    let updates = daemon.http().get("/bot/getUpdates?timeout=10", Some(&token)).ok();
    assert_eq!(updates.at("result").list().remove(0).at("data").at("body").text(), "hello");

    // It stays what it is when the daemon comes again.
    daemon.kill();
    daemon.start_again();
    phone.send(&jid, "again");
    let updates = daemon.http().get("/bot/getUpdates?timeout=20&offset=2", Some(&token)).ok();
    assert_eq!(updates.at("result").list().remove(0).at("data").at("body").text(), "again");
    let log = std::fs::read_to_string(daemon.log()).unwrap();
    let password = Peer::try_login(&server, jid.split('@').next().unwrap(), "guess", "x", &Default::default());
    assert!(password.is_err());
    assert!(!log.contains("<password>"), "the log shows a registration");

    daemon.wait_health("bots_online", 1, LIMIT);
    let deleted = daemon.http().post("/bot/delete", None, &format!(r#"{{"id":{id}}}"#)).ok();
    assert!(deleted.at("account_removed").truth(), "{}", daemon.log_text());
    wait_unknown(&mut phone, &server, &jid);

    // Deleted while the server is down: later.
    let bot = create(&server, &daemon, "Later").ok();
    let (id, jid) = (bot.at("id").number(), bot.at("jid").text());
    server.stop();
    let deleted = daemon.http().post("/bot/delete", None, &format!(r#"{{"id":{id}}}"#)).ok();
    assert!(!deleted.at("account_removed").truth());
    daemon.kill();
    server.start_again();
    daemon.start_again();
    let mut phone = Peer::login(&server, "ralf", "pw", "phone");
    wait_unknown(&mut phone, &server, &jid);
}

/// Waits until the name can be registered again, by whoever asks: then the account is gone.
fn wait_unknown(phone: &mut Peer, server: &Server, jid: &str) {
    let begun = Instant::now();
    for n in 0.. {
        let id = format!("version-{}-{n}", jid.split('@').next().unwrap());
        phone.raw(&format!(
            "<iq type='get' id='{id}' to='{jid}'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>"
        ));
        let answer = phone.expect_iq(LIMIT, &id);
        let is_gone = match server.kind {
            // Of an account that is there ejabberd tells at least that it will not tell.
            Kind::Ejabberd => !is_there(server, jid),
            Kind::Prosody => {
                answer.kind == "error" && answer.xml.contains("service-unavailable") && !has_files(server, jid)
            }
        };
        if is_gone {
            return;
        }
        assert!(begun.elapsed() < LIMIT, "{jid} is still there: {answer:?}");
        thread::sleep(Duration::from_millis(200));
    }
}

/// Whether Prosody keeps an account of that name.
fn has_files(server: &Server, jid: &str) -> bool {
    let local = jid.split('@').next().unwrap().replace('_', "%5f");
    let host = server.domain.replace('.', "%2e");
    server.dir.join("data").join(host).join("accounts").join(format!("{local}.dat")).exists()
}

#[test]
fn registered_in_band_prosody() {
    registered_in_band(Kind::Prosody);
}

#[test]
fn registered_in_band_ejabberd() {
    registered_in_band(Kind::Ejabberd);
}

#[test]
fn a_server_that_registers_nobody_says_so() {
    let options = Options { registration: false, ..Options::default() };
    let Some(server) = Server::start_with(Kind::Prosody, options) else { return };
    server.add_user("ralf", "pw");
    let daemon = Daemon::with_account(&server, "ralf", "pw", server.c2s_port, NO_RATE_LIMIT);
    daemon.wait_online(1, LIMIT);
    let refused = create(&server, &daemon, "Nobody");
    assert!(refused.status == 502 && refused.body.contains("registration_failed"), "{refused:?}");
    assert!(refused.body.contains("prosody.localhost makes no account"), "{refused:?}");
    assert!(daemon.http().get("/bot/list", None).ok().at("bots").list().is_empty(), "nothing is left of it");
}
