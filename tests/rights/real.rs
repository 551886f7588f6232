//! The real daemon: codes that come over XMPP, and the command line.

use std::time::Duration;

use super::support::daemon::Daemon;
use super::support::http::Json;
use super::support::peer::Peer;
use super::support::server::{Kind, Server};

const LIMIT: Duration = Duration::from_secs(30);

/// Signs in with the code that this client gets.
fn sign_in(daemon: &Daemon, account: &str, phone: &mut Peer) -> (String, String) {
    let asked = daemon.http().post("/user/login", None, &format!(r#"{{"account":"{account}"}}"#)).ok();
    assert!(asked.at("result").truth());
    let message = phone.expect(LIMIT, |message| message.body.starts_with("Your code to sign in: "));
    let code = message.body.lines().next().unwrap().rsplit(": ").next().unwrap().to_string();
    let body = format!(r#"{{"account":"{account}","code":"{code}"}}"#);
    let token = daemon.http().post("/user/code", None, &body).ok().at("token").text();
    assert_eq!(daemon.http().post("/user/code", None, &body).status, 401, "once");
    (token, message.from)
}

fn names(daemon: &Daemon, token: &str) -> Vec<String> {
    let bots: Vec<Json> = daemon.http().get("/bot/list", Some(token)).ok().at("bots").list();
    bots.iter().map(|bot| bot.at("name").text()).collect()
}

/// To an account that is signed in here by the manager; to another one by its owner's bot.
#[test]
fn codes_come_over_xmpp() {
    let Some(server) = Server::start(Kind::Prosody) else { return };
    for (user, password) in [("ralf", "pw one"), ("ben", "pw ben"), ("helper", "pw bot")] {
        server.add_user(user, password);
    }
    let mut daemon = Daemon::with_account(&server, "ralf", "pw one", server.c2s_port, "");
    daemon.wait_online(1, LIMIT);
    let (ralf, ben, helper) = (server.jid("ralf"), server.jid("ben"), server.jid("helper"));
    daemon.create_bot("Weather", &ralf);
    let own = format!(r#""mode":"dedicated","jid":"{helper}","password":"pw bot","encrypt":"off""#);
    daemon.http().post("/bot/create", None, &format!(r#"{{"name":"Helper","account":"{ben}",{own}}}"#)).ok();
    let mut phone = Peer::login(&server, "ralf", "pw one", "phone");
    let mut bens = Peer::login(&server, "ben", "pw ben", "phone");

    let (token, from) = sign_in(&daemon, &ralf, &mut phone);
    assert!(from.starts_with(&ralf), "{from}");
    let (other, from) = sign_in(&daemon, &ben, &mut bens);
    assert!(from.starts_with(&helper), "{from}");
    assert_eq!((names(&daemon, &token), names(&daemon, &other)), (vec!["Weather".into()], vec!["Helper".into()]));
    daemon.kill();
    daemon.start_again();
    assert_eq!(names(&daemon, &token), ["Weather"]);
    assert!(!daemon.log_text().contains(&token), "no token is in the log");
}

#[test]
fn the_command_line() {
    let mut daemon = Daemon::start("[api]\nrate_limit = 0\n");
    let main = daemon.create_bot("Weather", "owner@local");
    let run = |daemon: &Daemon, arguments: &[&str]| -> String {
        let output = daemon.command(arguments).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {text}");
        text
    };
    let token = |text: &str| text.lines().find_map(|line| line.strip_prefix("token: ")).unwrap().to_string();
    let made = run(&daemon, &["token", "create", "Weather", "--scopes", "send", "--label", "sensor", "--days", "3"]);
    let narrow = token(&made);
    let sent = r#"{"to":"owner@local","text":"hi"}"#;
    assert_eq!(daemon.http().post("/bot/sendMessage", Some(&narrow), sent).status, 200);
    let refused = daemon.http().get("/bot/getUpdates", Some(&narrow));
    assert!(refused.status == 403 && refused.body.contains("lacks the scope `read`"), "{}", refused.body);
    let list = run(&daemon, &["token", "list", "Weather"]);
    assert!(list.contains("sensor") && list.contains("send") && !list.contains(&narrow), "{list}");

    let new = token(&run(&daemon, &["bot", "token", "Weather", "--overlap", "1"]));
    assert!([&main, &new].iter().all(|token| daemon.http().get("/bot/getMe", Some(token)).status == 200));
    run(&daemon, &["token", "revoke", "Weather", "--number", "1"]);
    assert_eq!(daemon.http().get("/bot/getMe", Some(&narrow)).status, 401);

    run(&daemon, &["user", "set", "anna@example.org", "--bots", "2", "--messages", "7", "--storage", "default"]);
    let users = run(&daemon, &["user", "list"]);
    assert!(users.contains("anna@example.org") && users.contains("0 of 7") && users.contains("0 of 2"), "{users}");
    let anna = token(&run(&daemon, &["user", "token", "anna@example.org", "--role", "viewer"]));
    assert!(anna.starts_with("bmu_") && names(&daemon, &anna).is_empty());
    run(&daemon, &["user", "remove", "anna@example.org"]);
    assert_eq!(daemon.http().get("/user/me", Some(&anna)).status, 401);

    let told = run(&daemon, &["audit", "--since", "1h", "--bot", "Weather"]);
    assert!(told.contains("token_made") && told.contains("admin") && told.contains("127.0.0.1"), "{told}");
    assert!(run(&daemon, &["audit", "--limit", "1"]).contains("older entries are left out"));
    let log = daemon.log_text();
    assert!([&main, &new, &narrow, &anna].iter().all(|token| !log.contains(token.as_str())), "no token is in the log");
    assert_eq!(daemon.stop().code(), Some(0));
}
