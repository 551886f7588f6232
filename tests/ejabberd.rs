//! Accounts over the administration API of a real ejabberd, and what else may answer at its URL.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod support;

use std::net::TcpListener;

use botmother::base::call::{HttpCall, Trust};
use botmother::base::secret::Secret;
use botmother::remote::ejabberd::{Api, Outcome, exists, read};
use botmother::work;
use support::server::{Kind, Server};
use support::stub::{Stub, answer};

fn api(url: &str, admin: &str, password: &str) -> Api {
    Api::new(url, admin, Secret::new(password), Trust::default()).unwrap()
}

fn ask(call: HttpCall) -> Outcome {
    read(&work::call(&call))
}

#[test]
fn accounts_come_and_go() {
    let Some(mut server) = Server::start(Kind::Ejabberd) else { return };
    let host = server.domain.clone();
    let url = format!("http://127.0.0.1:{}/api/", server.api_port);
    let admin = api(&url, &server.jid("admin"), &server.admin_password);
    let password = Secret::new("a \"quoted\\ pässword €");

    assert!(matches!(ask(admin.status()), Outcome::Done(text) if text.contains("ejabberd")));
    assert_eq!(exists(&ask(admin.check_account("bot_x", &host))), Some(false));
    let done = ask(admin.register("bot_x", &host, &password));
    assert_eq!(done, Outcome::Done(format!("User bot_x@{host} successfully registered")));
    assert_eq!(exists(&ask(admin.check_account("bot_x", &host))), Some(true));
    assert_eq!(ask(admin.register("bot_x", &host, &password)), Outcome::Taken);
    assert_eq!(ask(admin.register("BOT_X", &host, &password)), Outcome::Taken);

    // The new account's own password works, so it arrived as it was; but it is no admin.
    let bot = api(&url, &server.jid("bot_x"), password.expose());
    assert_eq!(ask(bot.register("bot_y", &host, &password)), Outcome::NotAllowed);
    let changed = Secret::new("another");
    assert_eq!(ask(admin.change_password("bot_x", &host, &changed)), Outcome::Done("0".into()));
    assert_eq!(ask(bot.status()), Outcome::WrongPassword);
    assert_eq!(ask(api(&url, &server.jid("bot_x"), "another").status()), Outcome::NotAllowed);
    assert_eq!(ask(api(&url, &server.jid("admin"), "wrong").status()), Outcome::WrongPassword);
    assert_eq!(ask(api(&url, &server.jid("nobody"), "wrong").status()), Outcome::WrongPassword);

    for _ in 0..2 {
        assert!(matches!(ask(admin.unregister("bot_x", &host)), Outcome::Done(_)));
        assert_eq!(exists(&ask(admin.check_account("bot_x", &host))), Some(false));
    }
    // (It does create an account without a name when asked to.)
    for (user, at) in [("bot_x", "elsewhere.example"), ("b@d", host.as_str())] {
        let outcome = ask(admin.register(user, at, &password));
        assert!(matches!(&outcome, Outcome::Invalid(why) if !why.is_empty()), "{user}@{at}: {outcome:?}");
    }
    let outcome = ask(admin.register("bot_z", &host, &Secret::default()));
    assert!(matches!(outcome, Outcome::Invalid(_)), "{outcome:?}");

    other_places(&server);
    server.stop();
    assert!(matches!(ask(admin.status()), Outcome::Later(_)));
    server.start_again();
    assert!(matches!(ask(admin.status()), Outcome::Done(_)));
}

/// The same server by TLS, and at paths where the API is not.
fn other_places(server: &Server) {
    let (jid, password) = (server.jid("admin"), server.admin_password.as_str());
    let url = format!("https://127.0.0.1:{}/api", server.https_port);
    let trust = Trust { ca_file: Some(server.ca_file.clone()), ..Trust::default() };
    let trusted = Api::new(&url, &jid, Secret::new(password), trust).unwrap();
    assert!(matches!(ask(trusted.status()), Outcome::Done(_)));
    let strange = ask(api(&url, &jid, password).status());
    assert!(matches!(&strange, Outcome::Later(why) if why.contains("nobody we trust")), "{strange:?}");
    let root = format!("http://127.0.0.1:{}", server.api_port);
    assert_eq!(ask(api(&root, &jid, password).status()), Outcome::NoSuchCommand);
    let deep = format!("{root}/api/admin");
    let outcome = ask(api(&deep, &jid, password).status());
    assert!(matches!(outcome, Outcome::NoSuchCommand | Outcome::Invalid(_)), "{outcome:?}");
    // TLS at a port without.
    let outcome = ask(api(&root.replace("http:", "https:"), &jid, password).status());
    assert!(matches!(outcome, Outcome::Later(_)), "{outcome:?}");
}

#[test]
fn what_is_no_ejabberd_is_said_to_be_none() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let call = |url: &str| ask(api(url, "admin@chat.example.org", "geheim").status());
    assert_eq!(call(&format!("http://{free}/api")), Outcome::Later("connection refused".into()));
    for (text, is_right) in [
        (answer("200 OK", "Content-Type: text/html\r\n", "<html>It works!</html>"), "Invalid"),
        (answer("404 Not Found", "", "<html>"), "NoSuchCommand"),
        (answer("405 Method Not Allowed", "", ""), "NoSuchCommand"),
        (answer("302 Found", "Location: https://elsewhere.example/\r\n", ""), "Invalid"),
        (answer("503 Service Unavailable", "", "<html>"), "Later"),
        ("SSH-2.0-OpenSSH_9.2p1\r\n\r\n".to_string(), "Later"),
    ] {
        let stub = Stub::fixed(text.clone());
        let outcome = call(&stub.url("/api"));
        assert!(format!("{outcome:?}").starts_with(is_right), "{text}: {outcome:?}");
        assert!(!outcome.to_string().contains("geheim"));
        assert!(stub.requests.lock().unwrap()[0].starts_with("POST /api/status HTTP/1.1\r\n"));
    }
}
