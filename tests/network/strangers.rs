//! Every endpoint of every face, asked by somebody without credentials, with a wrong token, from a web page, through a
//! proxy, over IPv6 and by the socket. A new route is asked, too: what is not in [`OPEN`] must be refused.

use super::client::Way;
use super::support::daemon::Daemon;
use super::support::process::Process;
use super::support::skip::skip;
use super::{admin_token, has_ipv6, plain, secure, wait_logged};

/// What anybody may have, and whether pages of other sites may, too.
const OPEN: &[(&str, &str, bool)] = &[
    ("GET", "/health", true),
    ("GET", "/livez", true),
    ("GET", "/readyz", true),
    // To sign in by a code.
    ("POST", "/user/login", false),
    ("POST", "/user/code", false),
    ("GET", "/v1/client-api/service-info", false),
    ("GET", "/v1/client-api/bots", false),
    ("GET", "/v1/client-api/bot/:id", false),
    // Whoever chooses a nickname gets a cookie.
    ("POST", "/v1/client-api/user", false),
    // Files of the pages.
    ("GET", "/assets/:name", true),
    ("GET", "/", true),
    ("GET", "/panel", true),
    ("GET", "/panel/", true),
    // Who signs in; whoever cannot gets no cookie.
    ("GET", "/panel/session", false),
    ("POST", "/panel/session", false),
    ("DELETE", "/panel/session", false),
    // What there is to ask.
    ("GET", "/openapi.json", true),
    ("GET", "/v1/openapi.json", true),
    // Files that were sent, under names that nobody can guess.
    ("GET", "/static/:folder/:name", true),
];

/// How somebody comes.
struct Visit<'a> {
    about: &'a str,
    headers: &'a [(&'a str, &'a str)],
    /// He is a page of another web site.
    is_page: bool,
    /// The refusals that are right here.
    refusals: &'a [u16],
}

/// Asks all there is.
fn ask_all(way: &mut Way, visits: &[Visit<'_>]) {
    let routes: Vec<_> = botmother::face::routes().iter().map(|rule| (rule.method, rule.path)).collect();
    assert!(routes.len() > 60, "{}", routes.len());
    for (method, path, _) in OPEN.iter().filter(|_| cfg!(feature = "face-botyard")) {
        assert!(routes.contains(&(method, path)), "{method} {path} is not there any more");
    }
    for visit in visits {
        for (method, path) in &routes {
            let open = OPEN.iter().find(|row| (row.0, row.1) == (*method, *path));
            let path = path.replace("/bot:token", "/bot1:bm_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
            let answer = way.ask(method, &path.replace(":id", "x"), visit.headers, "{}");
            let shown = format!("{} {method} {path}: {} {}", visit.about, answer.status, answer.body);
            match open {
                // There is no file of this name.
                Some((_, "/assets/:name" | "/static/:folder/:name", _)) => assert_eq!(answer.status, 404, "{shown}"),
                Some((_, _, true)) => assert_eq!(answer.status, 200, "{shown}"),
                Some((_, _, false)) if visit.is_page => assert_eq!(answer.status, 403, "{shown}"),
                Some((method, "/panel/session", _)) => {
                    let expected: &[u16] = if *method == "POST" { &[400, 401, 403] } else { &[200] };
                    assert!(expected.contains(&answer.status), "{shown}");
                    let is_given = answer.head.contains("set-cookie: ") && !answer.head.contains("max-age=0");
                    assert!(!is_given, "{shown}\n{}", answer.head);
                }
                // Nothing is listed: 404 for one bot; and nobody says who he is.
                Some(_) => assert!([200, 400, 404].contains(&answer.status), "{shown}"),
                // Botyard's programs expect 403, whatever is wrong with a key.
                None if is_for_keys(&path) => assert_eq!(answer.status, 403, "{shown}"),
                // People with a browser have a cookie, which no page of another site may use.
                None if path.starts_with("/v1/client-api/") => {
                    assert_eq!(answer.status, if visit.is_page { 403 } else { 401 }, "{shown}")
                }
                None => {
                    assert!(visit.refusals.contains(&answer.status), "{shown}");
                    let is_told = answer.head.contains("www-authenticate: bearer");
                    assert_eq!(is_told, answer.status == 401, "{shown}");
                }
            }
            assert!(!answer.head.contains("access-control"), "{shown}");
        }
    }
}

fn is_for_keys(path: &str) -> bool {
    path.starts_with("/v1/bot-api/") || path.starts_with("/v1/admin-api/")
}

const WRONG: (&str, &str) = ("Authorization", "Bearer bm_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
/// Signed by nobody, and by somebody else.
const COOKIES: [(&str, &str); 2] = [
    ("Cookie", "token=eyJhbGciOiJub25lIn0.eyJpZCI6IjAxIiwiZXhwIjo5OTk5OTk5OTk5fQ."),
    (
        "Cookie",
        "token=eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpZCI6IjAxIiwiZXhwIjo5OTk5OTk5OTk5fQ.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ),
];
const PAGE: (&str, &str) = ("Origin", "https://evil.example");
const FORWARDED: &[(&str, &str)] = &[("X-Forwarded-For", "127.0.0.1")];

#[test]
fn on_the_network_nothing_is_had_without_a_token() {
    let daemon = Daemon::start_network("[api]\nmode = \"network\"\nrate_limit = 0\nsocket = \"api.sock\"\n");
    let socket = daemon.dir.join("api.sock");
    let visits = [
        Visit { about: "nothing", headers: &[], is_page: false, refusals: &[401] },
        Visit { about: "a wrong token", headers: &[WRONG], is_page: false, refusals: &[401] },
        Visit { about: "a forged cookie", headers: &COOKIES[..1], is_page: false, refusals: &[401] },
        Visit { about: "another's cookie", headers: &COOKIES[1..], is_page: false, refusals: &[401] },
        Visit { about: "a page", headers: &[PAGE], is_page: true, refusals: &[401, 403] },
        Visit { about: "a page with a wrong token", headers: &[PAGE, WRONG], is_page: true, refusals: &[401, 403] },
        Visit { about: "a liar", headers: FORWARDED, is_page: false, refusals: &[401] },
    ];
    ask_all(&mut secure(&daemon), &visits);
    if has_ipv6() {
        let address = format!("[::1]:{}", daemon.port);
        ask_all(&mut Way::tls(&address, &super::certificate(&daemon)), &visits[..2]);
    }
    // By the socket without TLS, and not without the token.
    ask_all(&mut Way::unix(&socket), &visits[..2]);
    // A name that leads here changes nothing, nor does the right token where it does not belong.
    let mut way = secure(&daemon);
    way.host = "evil.example".into();
    ask_all(&mut way, &visits[..1]);
    let token = admin_token(&daemon);
    assert_eq!(way.ask("GET", "/bot/list", &[("Authorization", &token)], "").status, 200);
    assert_eq!(way.ask("GET", "/bot/getMe", &[("Authorization", &token)], "").status, 401);
    // Plain HTTP gets no answer of the API's.
    let mut bytes = String::new();
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", daemon.port)).unwrap();
    std::io::Write::write_all(&mut stream, b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let _ = std::io::Read::read_to_string(&mut stream, &mut bytes);
    assert!(!bytes.contains("HTTP/1.1") && !bytes.contains("active_bots"), "{bytes}");
}

#[test]
fn on_this_machine_pages_and_proxies_get_nothing() {
    let daemon = Daemon::start("[api]\nrate_limit = 0\n");
    let visits = [
        Visit { about: "a page", headers: &[PAGE], is_page: true, refusals: &[401, 403] },
        Visit { about: "a page with a wrong token", headers: &[PAGE, WRONG], is_page: true, refusals: &[401, 403] },
        Visit { about: "a proxy", headers: FORWARDED, is_page: false, refusals: &[401, 403] },
        Visit { about: "another", headers: &[("Forwarded", "for=[::1]")], is_page: false, refusals: &[401, 403] },
        Visit { about: "a third", headers: &[("Via", "1.1 x")], is_page: false, refusals: &[401, 403] },
        Visit { about: "a fourth", headers: &[("X-Real-IP", "::1")], is_page: false, refusals: &[401, 403] },
    ];
    ask_all(&mut plain(&daemon), &visits);
    let mut rebound = plain(&daemon);
    rebound.host = format!("evil.example:{}", daemon.port);
    let visit = Visit { about: "a name of somebody else's", headers: &[], is_page: false, refusals: &[401, 403] };
    ask_all(&mut rebound, &[visit]);
    if has_ipv6() {
        let mut way = Way::plain(&format!("[::1]:{}", daemon.port));
        assert_eq!(way.get("/bot/list").status, 200, "it is this machine");
        ask_all(&mut way, &visits[..3]);
    }
}

/// Where a proxy is named, what comes from its address is never local, whether it says that it is a proxy or not.
#[test]
fn from_a_named_proxy_nobody_is_local() {
    let daemon = Daemon::start(
        "[api]\nrate_limit = 0\nsocket = \"api.sock\"\ntrusted_proxies = [\"127.0.0.1\", \"::1\", \"unix\"]\n",
    );
    let socket = daemon.dir.join("api.sock");
    let visits = [
        Visit { about: "silent", headers: &[], is_page: false, refusals: &[401, 403] },
        Visit { about: "with a list", headers: FORWARDED, is_page: false, refusals: &[401, 403] },
        Visit { about: "with a wrong token", headers: &[WRONG], is_page: false, refusals: &[401, 403] },
        Visit { about: "with a page behind", headers: &[PAGE], is_page: true, refusals: &[401, 403] },
    ];
    ask_all(&mut plain(&daemon), &visits);
    ask_all(&mut Way::unix(&socket), &visits);
    let token = admin_token(&daemon);
    for way in [&mut plain(&daemon), &mut Way::unix(&socket)] {
        assert_eq!(way.ask("GET", "/bot/list", &[("Authorization", &token)], "").status, 200);
    }
    // The command line shows its token by itself.
    let list = daemon.command(&["bot", "list"]).output().unwrap();
    assert!(list.status.success(), "{}", String::from_utf8_lossy(&list.stderr));
}

/// Failed logins are counted by the client's address, whatever the client says it is; for IPv6 by its /64.
#[test]
fn wrong_tokens_are_counted_by_address() {
    let config = "[api]\nrate_limit = 20\ntrusted_proxies = [\"127.0.0.1\"]\n";
    let daemon = Daemon::start(config);
    let mut way = plain(&daemon);
    let mut guess = |client: &str| {
        let answer = way.ask("GET", "/bot/getMe", &[WRONG, ("X-Forwarded-For", client)], "");
        if answer.status == 429 {
            assert!(answer.head.contains("retry-after: 1"), "{}", answer.head);
        }
        answer.status
    };
    // In one second at most twenty are told that they are wrong.
    let mut refused = |clients: &dyn Fn(usize) -> String| (1..200).any(|number| guess(&clients(number)) == 429);
    assert!(refused(&|_| "203.0.113.9".into()));
    assert!(refused(&|number| format!("198.51.100.{number}, 203.0.113.10")), "what stands left is the client's own");
    assert!(refused(&|number| format!("2001:db8::{number:x}")), "one host has a whole /64");
    assert!(!refused(&|number| format!("2001:db8:0:{number:x}::1")), "these are many");
}

#[test]
fn the_socket_is_this_machine() {
    let folder = std::env::temp_dir().join(format!("botmother-socket-{}", std::process::id()));
    let socket = folder.join("api.sock");
    let config = format!("[api]\nsocket = \"{}\"\n", socket.display());
    let mut daemon = Daemon::start(&config);
    let curl = |path: &str| {
        let url = format!("http://localhost{path}");
        let mut curl = std::process::Command::new("curl");
        let output = curl.args(["-sS", "--unix-socket"]).arg(&socket).arg(url).output().unwrap();
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8_lossy(&output.stderr)
    };
    assert!(curl("/bot/list").contains(r#""ok":true"#), "{}", curl("/bot/list"));
    let shown = curl("/bot/server");
    assert!(shown.contains(&format!(r#""socket":"{}""#, socket.display())), "{shown}");
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o660);

    // A second daemon does not take it away, a killed one's is replaced, and it goes at the end.
    let mut second = Daemon::start("");
    second.stop();
    std::fs::write(second.dir.join("config.toml"), &config).unwrap();
    second.spawn();
    wait_logged(&second, "another program answers there");
    assert!(curl("/bot/list").contains(r#""ok":true"#));
    daemon.kill();
    assert!(socket.exists());
    daemon.start_again();
    assert!(curl("/bot/list").contains(r#""ok":true"#));
    assert!(daemon.stop().success());
    assert!(!socket.exists());
    std::fs::remove_dir(&folder).unwrap();
}

/// Without IPv6 the API is on IPv4 alone, and says so.
#[test]
fn a_host_without_ipv6() {
    let mut daemon = Daemon::start("[api]\nsocket = \"api.sock\"\n");
    let socket = daemon.dir.join("api.sock");
    let both = Way::unix(&socket).get("/bot/server").body;
    assert_eq!(both.contains(&format!("[::1]:{}", daemon.port)), has_ipv6(), "{both}");
    daemon.stop();
    // Another network, which only the socket leads out of.
    let script = "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6 && ip link set lo up && exec \"$@\"";
    let wrapper = ["unshare", "-n", "sh", "-c", script, "sh"];
    let is_possible = std::process::Command::new("unshare").args(["-n", "sh", "-c", script, "sh", "true"]).status();
    if !is_possible.is_ok_and(|status| status.success()) {
        return skip("a network without IPv6 takes root and unshare");
    }
    let mut process = Process::behind(&daemon, &wrapper);
    super::wait_for(|| socket.exists() || process.0.try_wait().unwrap().is_some(), "the socket is there");
    let alone = Way::unix(&socket).get("/bot/server").body;
    assert!(alone.contains(&format!(r#""addresses":["127.0.0.1:{}"],"#, daemon.port)), "{alone}");
    process.stop();
}
