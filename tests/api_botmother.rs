//! The Botmother face against a made-up engine: every shape, status and check of docs/api.md.
//!
//! Most of it is data: `api/botmother/*.http`, exchanges with what goes in, what the engine is asked and what comes
//! out (their form is told in `api/golden.rs`). The rest, which goes over all routes at once or needs a clock, is here.

#![cfg(feature = "face-botmother")]
// Outside of #[test] functions, clippy does not know that this is a test.
#![allow(clippy::unwrap_used)]

#[path = "api/engine.rs"]
mod engine;
#[path = "api/golden.rs"]
mod golden;
#[path = "api/requests.rs"]
mod requests;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use botmother::base::secret::Secret;
use botmother::base::time::Now;
use botmother::face::Context;
use botmother::face::botmother::{Endpoint, ROUTES, Work};
use botmother::face::principal::{AdminNeeds, AdminRule, Gate, Need};
use botmother::http::route::Lookup;
use botmother::http::{Request, Response};
use requests::{answer, header, local, request, serve, text, with};

/// All endpoints of docs/api.md.
const CONTRACT: &[(&str, &str)] = &[
    ("GET", "/health"),
    ("GET", "/livez"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("POST", "/bot/create"),
    ("GET", "/bot/list"),
    ("POST", "/bot/delete"),
    ("DELETE", "/bot/delete"),
    ("GET", "/bot/forget"),
    ("POST", "/bot/forget"),
    ("POST", "/bot/activate"),
    ("POST", "/bot/token"),
    ("POST", "/bot/revoke"),
    ("POST", "/bot/tokens/create"),
    ("GET", "/bot/tokens/list"),
    ("POST", "/bot/tokens/revoke"),
    ("GET", "/bot/audit"),
    ("POST", "/bot/profile"),
    ("POST", "/bot/listed"),
    ("GET", "/bot/access"),
    ("POST", "/bot/access"),
    ("GET", "/bot/history"),
    ("POST", "/bot/history"),
    ("GET", "/bot/omemo/policy"),
    ("POST", "/bot/omemo/policy"),
    ("POST", "/bot/omemo/reset"),
    ("GET", "/bot/account/status"),
    ("POST", "/bot/account/status"),
    ("GET", "/bot/ejabberd/settings"),
    ("POST", "/bot/ejabberd/settings"),
    ("POST", "/bot/ejabberd/test"),
    ("POST", "/user/login"),
    ("POST", "/user/code"),
    ("GET", "/user/me"),
    ("POST", "/user/logout"),
    ("GET", "/user/tokens/list"),
    ("POST", "/user/tokens/create"),
    ("POST", "/user/tokens/revoke"),
    ("GET", "/user/list"),
    ("POST", "/user/set"),
    ("POST", "/user/remove"),
    ("GET", "/bot/server"),
    ("POST", "/bot/server"),
    ("POST", "/bot/sendMessage"),
    ("GET", "/bot/getUpdates"),
    ("GET", "/bot/getHistory"),
    ("GET", "/bot/getMessageState"),
    ("POST", "/bot/ask"),
    ("GET", "/bot/ask"),
    ("POST", "/bot/ask/cancel"),
    ("DELETE", "/bot/ask/cancel"),
    ("GET", "/bot/why"),
    ("GET", "/bot/getMe"),
    ("GET", "/bot/getInfo"),
    ("POST", "/bot/setWebhook"),
    ("POST", "/bot/deleteWebhook"),
    ("GET", "/bot/getWebhookInfo"),
    ("POST", "/bot/replayWebhook"),
    ("POST", "/bot/sendFile"),
    ("GET", "/bot/getFile"),
    ("POST", "/bot/sendReaction"),
    ("POST", "/bot/editMessage"),
    ("POST", "/bot/deleteMessage"),
    ("POST", "/bot/answerCallbackQuery"),
    ("POST", "/bot/sendChatAction"),
    ("POST", "/bot/markRead"),
    ("POST", "/bot/joinRoom"),
    ("POST", "/bot/leaveRoom"),
    ("POST", "/bot/room/moderate"),
    ("POST", "/bot/setCommands"),
    ("GET", "/bot/getCommands"),
    ("GET", "/bot/omemo/status"),
    ("GET", "/bot/omemo/devices"),
    ("POST", "/bot/omemo/trust"),
    ("POST", "/bot/omemo/distrust"),
    ("POST", "/bot/omemo/trustPolicy"),
    ("POST", "/bot/telegram/moderate"),
    ("GET", "/bot/telegram/members"),
    ("POST", "/bot/telegram/setup"),
    ("GET", "/bot/telegram/status"),
    ("POST", "/bot/telegram/enable"),
    ("POST", "/bot/telegram/send"),
    ("POST", "/bot/telegram/test"),
    ("GET", "/bot/telegram/chats"),
    ("POST", "/bot/telegram/link"),
    ("POST", "/bot/telegram/unlink"),
    ("POST", "/bot/telegram/retry"),
    ("POST", "/bot/ai/setup"),
    ("GET", "/bot/ai/status"),
    ("POST", "/bot/ai/enable"),
    ("POST", "/bot/ai/ask"),
    ("GET", "/bot/faq/list"),
    ("POST", "/bot/faq/save"),
    ("POST", "/bot/faq/delete"),
    ("GET", "/bot/faq/entries"),
    ("POST", "/bot/faq/entry"),
    ("POST", "/bot/faq/deleteEntry"),
    ("POST", "/bot/faq/import"),
    ("GET", "/bot/faq/export"),
    ("POST", "/bot/faq/ask"),
    ("POST", "/local/say"),
    ("GET", "/local/read"),
    ("GET", "/account/list"),
    ("POST", "/account/add"),
    ("POST", "/account/remove"),
];

/// The error envelope, whole: whatever fails, these four members are there, in the type docs/api.md shows.
fn check_refusal(response: &Response, status: u16, symbol: &str, about: &str) {
    let head = format!(r#"{{"ok":false,"error":"{symbol}","error_code":"{status}","description":""#);
    assert!(text(response).starts_with(&head), "{about}: {}", text(response));
    assert_eq!((response.status, response.content_type.as_str()), (status, "application/json"), "{about}");
}

fn endpoint(method: &str, path: &str) -> Endpoint {
    match ROUTES.find(method, path) {
        Lookup::Found(endpoint, _) => endpoint,
        _ => panic!("{method} {path} is not in the route table"),
    }
}

/// Those that need a bot's token.
fn bots() -> impl Iterator<Item = (&'static str, &'static str)> {
    CONTRACT.iter().copied().filter(|(method, path)| matches!(endpoint(method, path).need, Need::Bot(_)))
}

/// Those that need management rights, or a person.
fn managers() -> impl Iterator<Item = (&'static str, &'static str)> {
    CONTRACT.iter().copied().filter(|(method, path)| matches!(endpoint(method, path).need, Need::Role(_)))
}

#[test]
fn golden_exchanges() {
    golden::run("botmother", 80);
}

#[test]
fn the_page_has_every_endpoint_once() {
    let page = include_str!("../docs/api.md");
    let cells = page.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
    let words = cells.flat_map(|cell| cell.split('`')).filter_map(|word| word.split_once(' '));
    let mut listed: Vec<(&str, &str)> = words.filter(|(_, path)| path.starts_with('/')).collect();
    let mut routes = CONTRACT.to_vec();
    listed.sort_unstable();
    routes.sort_unstable();
    assert_eq!(listed, routes);
}

#[test]
fn the_table_has_what_the_contract_has_and_nothing_twice() {
    let table: Vec<_> = ROUTES.0.iter().map(|route| (route.method, route.path)).collect();
    for row in CONTRACT {
        assert_eq!(table.iter().filter(|other| *other == row).count(), 1, "{row:?}");
    }
    assert_eq!(table.len(), CONTRACT.len());
}

#[test]
fn a_wrong_method_is_405_before_anything_else() {
    let serve = serve(AdminNeeds::Token, 0, Now::default).0;
    for (_, path) in CONTRACT {
        let allowed: Vec<_> = CONTRACT.iter().filter(|row| row.1 == *path).map(|row| row.0).collect();
        let allow = allowed.join(", ").replace("GET", "GET, HEAD");
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
            if allowed.contains(&method) {
                continue;
            }
            let response = answer(&*serve, request(method, path));
            check_refusal(&response, 405, "method_not_allowed", path);
            assert_eq!(header(&response, "Allow"), Some(allow.as_str()), "{method} {path}");
        }
    }
}

#[test]
fn unknown_paths_are_404() {
    let serve = local();
    // The chat page is at the root, where it is built in.
    let root = Some("/").filter(|_| !cfg!(feature = "face-web"));
    for path in ["/bot", "/bot/", "/bot/getMe/", "/bot/getme", "//health", "/bot/%67etMe", "/v1", "/local"]
        .into_iter()
        .chain(root)
    {
        check_refusal(&answer(&*serve, request("GET", path)), 404, "not_found", path);
    }
}

#[test]
fn bots_need_their_token() {
    let serve = local();
    for (method, path) in bots() {
        let plain = request(method, path);
        for credentials in ["", "Bearer", "Bearer ", "Basic bm_good", "bm_good", "Bearer bm_bad", "Bearer admin-secret"]
        {
            let response = answer(&*serve, with(plain.clone(), "authorization", credentials));
            check_refusal(&response, 401, "unauthorized", path);
            assert_eq!(header(&response, "WWW-Authenticate"), Some("Bearer"), "{path}");
            assert!(!text(&response).contains("bm_bad"), "{path}");
        }
        // The scheme is case-insensitive; no check of management applies to bots.
        let elsewhere = with(with(plain, "host", "api.example.org"), "content-type", "text/plain");
        let response = answer(&*serve, with(elsewhere, "authorization", "bEARER bm_good"));
        assert!(![401, 403, 415].contains(&response.status), "{path}: {}", text(&response));
    }
}

#[test]
fn management_is_for_this_machine() {
    let serve = local();
    for (method, path) in managers() {
        let plain = request(method, path);
        let good = answer(&*serve, plain.clone());
        assert!(![401, 403, 415].contains(&good.status), "{path}: {}", text(&good));
        for (name, value) in [
            ("host", "evil.example:7842"),
            ("host", ""),
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("x-forwarded-for", "192.0.2.7"),
            ("forwarded", "for=192.0.2.7"),
        ] {
            let response = answer(&*serve, with(plain.clone(), name, value));
            check_refusal(&response, 403, "forbidden", &format!("{path} {name}: {value}"));
        }
        let abroad = Request { peer: "192.0.2.7".parse().unwrap(), ..plain.clone() };
        check_refusal(&answer(&*serve, abroad.clone()), 403, "forbidden", path);
        // The admin token opens it from everywhere.
        let known = answer(&*serve, with(abroad, "authorization", "Bearer admin-secret"));
        assert_eq!(text(&known), text(&good), "{path}");
        if method == "POST" {
            for kind in ["text/plain", "application/x-www-form-urlencoded", ""] {
                let told = Request { body: b"{}".to_vec(), ..plain.clone() };
                let response = answer(&*serve, with(told, "content-type", kind));
                check_refusal(&response, 415, "bad_request", path);
                // What is not there needs no type.
                let response = answer(&*serve, with(plain.clone(), "content-type", kind));
                assert_ne!(response.status, 415, "{path}");
            }
        }
    }
}

#[test]
fn management_with_admin_token_only() {
    let serve = serve(AdminNeeds::Token, 0, Now::default).0;
    let open = local();
    for (method, path) in managers() {
        let plain = request(method, path);
        for credentials in ["", "Bearer bm_good", "Bearer admin-secret2", "Bearer admin-secre", "Basic admin-secret"] {
            let response = answer(&*serve, with(plain.clone(), "authorization", credentials));
            check_refusal(&response, 401, "unauthorized", path);
            assert_eq!(header(&response, "WWW-Authenticate"), Some("Bearer"), "{path}");
        }
        let response = answer(&*serve, with(plain.clone(), "authorization", "Bearer admin-secret"));
        assert_eq!(text(&response), text(&answer(&*open, plain)), "{path}");
    }
    assert_eq!(answer(&*serve, request("GET", "/health")).status, 200);
}

#[test]
fn numbers_for_prometheus() {
    let serve = serve(AdminNeeds::Token, 0, Now::default).0;
    assert_eq!(answer(&*serve, request("GET", "/metrics")).status, 401);
    let response = answer(&*serve, with(request("GET", "/metrics"), "authorization", "Bearer admin-secret"));
    assert_eq!(response.content_type.as_str(), "text/plain; version=0.0.4; charset=utf-8");
    let name = "botmother_stanzas_skipped_total";
    assert_eq!(text(&response), format!("# HELP {name} Skipped.\n# TYPE {name} counter\n{name} 7\n"));
}

#[test]
fn no_admin_token_admits_nobody() {
    let (handle, _asked) = engine::start();
    let admin = AdminRule { needs: AdminNeeds::Token, token: Secret::default() };
    let gate = Gate::new(admin, 0, Now::default);
    let context = Arc::new(Context {
        handle,
        gate,
        base_url: String::new(),
        spool: engine::spool(),
        after: |_| Box::pin(std::future::pending()),
        shelf: botmother::base::shelf::Shelf::below(&std::env::temp_dir().join("botmother-no-files")),
        now: Default::default,
        process: Vec::new,
        reload: || {},
    });
    let serve = botmother::face::mount(context);
    for credentials in ["", "Bearer", "Bearer ", "Bearer x"] {
        let response = answer(&*serve, with(request("GET", "/bot/list"), "authorization", credentials));
        check_refusal(&response, 401, "unauthorized", credentials);
    }
}

#[test]
fn a_body_is_a_json_object() {
    let serve = local();
    let no_body_needed = |path: &str| {
        matches!(path, "/bot/deleteWebhook" | "/user/logout" | "/bot/telegram/test" | "/bot/telegram/retry")
            || matches!(endpoint("POST", path).work, Work::NotBuilt(_))
    };
    for (_, path) in CONTRACT.iter().filter(|(method, path)| *method == "POST" && !no_body_needed(path)) {
        for body in
            [&b""[..], b"{", b"[]", b"\"x\"", b"7", b"null", b"{} {}", b"{\"name\":\"\xff\"}", b"\xef\xbb\xbf{}"]
        {
            // Without a body it means the settings that are saved.
            if *path == "/bot/ejabberd/test" && body.is_empty() {
                continue;
            }
            let request = Request { body: body.to_vec(), ..request("POST", path) };
            let response = answer(&*serve, with(request, "authorization", "Bearer bm_good"));
            check_refusal(&response, 400, "bad_request", path);
            let is_named =
                ["a JSON object, for example", "valid JSON; at line 1, column ", "UTF-8, and is none from byte 10 on"]
                    .iter()
                    .any(|what| text(&response).contains(&format!("the body must be {what}")));
            assert!(is_named, "{path}: {}", text(&response));
        }
    }
}

#[test]
fn who_has_no_good_token_learns_nothing_else() {
    let serve = local();
    for (method, path) in bots() {
        let request = Request { body: b"[".to_vec(), query: "limit=x".into(), ..request(method, path) };
        let response = answer(&*serve, with(request, "authorization", "Bearer bm_bad"));
        check_refusal(&response, 401, "unauthorized", path);
    }
}

#[test]
fn what_is_not_built_says_so() {
    let serve = local();
    for (method, path) in CONTRACT {
        if let Work::NotBuilt(what) = endpoint(method, path).work {
            let response = answer(&*serve, with(request(method, path), "authorization", "Bearer bm_good"));
            check_refusal(&response, 501, "not_implemented", path);
            assert!(text(&response).contains(&format!("{what} is not built into this version yet")), "{path}");
        }
    }
}

static CLOCK_MS: AtomicU64 = AtomicU64::new(1_000_000);

fn clock() -> Now {
    Now { mono: Duration::from_millis(CLOCK_MS.load(Ordering::SeqCst)), unix_ms: 0 }
}

fn check_limited(response: &Response, about: &str) {
    check_refusal(response, 429, "rate_limited", about);
    assert_eq!(header(response, "Retry-After"), Some("1"), "{about}");
    assert!(text(response).ends_with(r#","parameters":{"retry_after":1}}"#), "{about}: {}", text(response));
}

/// One test, because its parts share the clock.
#[test]
fn thirty_requests_a_second() {
    let serve = serve(AdminNeeds::LoopbackOrToken, 30, clock).0;
    let health = || answer(&*serve, request("GET", "/health"));
    assert!((0..30).all(|_| health().status == 200));
    check_limited(&health(), "the 31st");
    check_limited(&answer(&*serve, request("GET", "/nowhere")), "an unknown path");
    check_limited(&answer(&*serve, request("GET", "/bot/create")), "a wrong method");
    let other = Request { peer: "::1".parse().unwrap(), ..request("GET", "/health") };
    assert_eq!(answer(&*serve, other).status, 200);

    // Bots are not counted here: thirty a second of each bot is the engine's rule.
    let bot = |token: &str| with(request("GET", "/bot/getMe"), "authorization", &format!("Bearer {token}"));
    assert!((0..100).all(|_| answer(&*serve, bot("bm_good")).status == 200));

    // Failed logins are, and do not lock out the good ones.
    assert!((0..29).all(|_| answer(&*serve, bot("bm_bad")).status == 401));
    assert_eq!(answer(&*serve, request("GET", "/bot/getMe")).status, 401);
    check_limited(&answer(&*serve, bot("bm_bad")), "a bad token");
    check_limited(&answer(&*serve, request("GET", "/bot/getMe")), "no token");
    assert_eq!(answer(&*serve, bot("bm_good")).status, 200);

    CLOCK_MS.fetch_add(1_000, Ordering::SeqCst);
    assert_eq!(answer(&*serve, request("GET", "/health")).status, 200);
    assert_eq!(answer(&*serve, bot("bm_bad")).status, 401);
}

#[test]
fn only_create_takes_large_bodies() {
    use botmother::face::body_max;
    assert_eq!((body_max("/bot/create"), body_max("/bot/sendMessage")), (1536 * 1024, 256 * 1024));
}

#[test]
fn a_file_is_given_as_it_is() {
    let ask = |path: &str| {
        let request = with(request("GET", path), "authorization", "Bearer bm_good");
        answer(&*local(), request)
    };
    let response = ask("/bot/getFile?file_id=f1&download=1");
    assert_eq!((response.status, response.content_type.as_str()), (200, "image/jpeg"));
    let name = "attachment; filename*=UTF-8''k%C3%BC%20%221%22.jpg";
    assert_eq!(header(&response, "Content-Disposition"), Some(name));
    assert_eq!(header(&response, "X-Content-Type-Options"), Some("nosniff"));
    let (file, bytes) = response.file.clone().unwrap();
    assert_eq!((std::fs::read(file.path()).unwrap(), bytes), (b"12345".to_vec(), 5));
    let path = file.path().to_path_buf();
    drop((file, response));
    assert!(!path.exists(), "it goes when it is given");

    check_refusal(&ask("/bot/getFile?file_id=f1&download=yes"), 400, "bad_request", "download");
    check_refusal(&ask("/bot/getFile"), 400, "bad_request", "nothing");
    let other = with(request("GET", "/bot/getFile?file_id=f1&download=1"), "authorization", "Bearer bm_wrong");
    check_refusal(&answer(&*local(), other), 401, "unauthorized", "a wrong token");
}
