//! Who may what: every endpoint of every face with each kind of credentials that is not enough, and what tokens, people,
//! quotas and the audit log do. The faces and the engine are real, and so is the database; the clock is not.

#![cfg(all(feature = "face-botmother", feature = "channel-local"))]
// Outside of #[test] functions, clippy does not know that this is a test.
#![allow(clippy::unwrap_used)]

#[path = "rights/endpoints.rs"]
mod endpoints;
#[path = "rights/engine.rs"]
mod engine;
#[path = "rights/real.rs"]
mod real;
#[path = "api/requests.rs"]
mod requests;
mod support;
#[path = "rights/used.rs"]
mod used;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use botmother::base::json::Fields;
use botmother::face;
use botmother::face::principal::AdminNeeds;
use botmother::http::{Request, Response, Serve};
use botmother::store::{Durability, Error, Store};
use engine::Engine;
use requests::{answer, request, text, with};

const ADMIN: &str = "admin-secret";
const ANNA: &str = "anna@example.org";
const BEN: &str = "ben@example.org";

/// Faces over an engine over a file, which outlives both.
struct Rig {
    dir: PathBuf,
    engine: Engine,
    serve: Arc<Serve>,
}

impl Rig {
    fn new(name: &str) -> Rig {
        let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("rights-{name}"));
        let _ = std::fs::remove_dir_all(&dir);
        Rig::over(dir, 0)
    }

    /// `later`: seconds since the first start.
    fn over(dir: PathBuf, later: i64) -> Rig {
        let store = opened(&dir);
        let engine = Engine::start(store, &dir.join("botmother.db"), later);
        let serve = face::mount(engine.context(AdminNeeds::Token));
        Rig { dir, engine, serve }
    }

    /// The same without management for this machine, or with it.
    fn with(&self, needs: AdminNeeds) -> Arc<Serve> {
        face::mount(self.engine.context(needs))
    }

    /// Ends it as a kill would, and starts it again.
    fn killed(self) -> Rig {
        let (dir, later) = (self.dir, self.engine.later());
        drop(self.serve);
        drop(self.engine.kill());
        Rig::over(dir, later)
    }

    fn wait(&self, seconds: i64) {
        self.engine.wait(seconds);
    }

    fn get(&self, token: &str, path: &str) -> Response {
        answer(&*self.serve, shown(request("GET", path), token))
    }

    fn post(&self, token: &str, path: &str, body: &str) -> Response {
        answer(&*self.serve, shown(posted(path, body), token))
    }

    /// What must work.
    fn done(&self, token: &str, path: &str, body: &str) -> Fields {
        let response = self.post(token, path, body);
        assert_eq!(response.status, 200, "{path} {body}: {}", text(&response));
        Fields::parse(&response.body).unwrap()
    }

    fn read(&self, token: &str, path: &str) -> Fields {
        let response = self.get(token, path);
        assert_eq!(response.status, 200, "{path}: {}", text(&response));
        Fields::parse(&response.body).unwrap()
    }

    /// A new bot: its number and token.
    fn bot(&self, owner: &str) -> (i64, String) {
        let made = self.done(ADMIN, "/bot/create", &format!(r#"{{"name":"Bot","account":"{owner}"}}"#));
        (made.need_number("id").unwrap(), made.need_text("token").unwrap().to_string())
    }

    /// A narrow token: its number and itself.
    fn token(&self, bot: i64, more: &str) -> (i64, String) {
        let made = self.done(ADMIN, "/bot/tokens/create", &format!(r#"{{"id":{bot},{more}}}"#));
        (made.need_number("token_id").unwrap(), made.need_text("token").unwrap().to_string())
    }

    /// A person's token.
    fn person(&self, account: &str, more: &str) -> (i64, String) {
        let made = self.done(ADMIN, "/user/tokens/create", &format!(r#"{{"account":"{account}"{more}}}"#));
        (made.need_number("token_id").unwrap(), made.need_text("token").unwrap().to_string())
    }

    /// Actions in the audit log, the newest first.
    fn audit(&self, token: &str, query: &str) -> Vec<Fields> {
        self.read(token, &format!("/bot/audit?{query}")).need_objects("entries").unwrap()
    }
}

/// A child that another test starts has our files, and with them the lock, from its fork to its exec.
fn opened(dir: &Path) -> Store {
    let begun = Instant::now();
    loop {
        match Store::open(dir, Durability::Process) {
            Err(Error::Locked) if begun.elapsed() < Duration::from_secs(20) => {
                std::thread::sleep(Duration::from_millis(5));
            }
            opened => return opened.unwrap(),
        }
    }
}

fn posted(path: &str, body: &str) -> Request {
    Request { body: body.into(), ..request("POST", path) }
}

/// A request with a token; without one where it is empty.
fn shown(request: Request, token: &str) -> Request {
    if token.is_empty() { request } else { with(request, "authorization", &format!("Bearer {token}")) }
}

fn member(fields: &Fields, key: &str) -> String {
    match fields.number(key) {
        Ok(Some(number)) => number.to_string(),
        _ => fields.text(key).ok().flatten().unwrap_or_default().to_string(),
    }
}

#[test]
fn tokens_hold_as_long_as_they_should() {
    let rig = Rig::new("hold");
    let (bot, main) = rig.bot(ANNA);
    let (number, narrow) = rig.token(bot, r#""scopes":["read"],"label":"wall","expires_in":100"#);
    assert_eq!(rig.get(&narrow, "/bot/getMe").status, 200);
    // Nobody sees the main token by another one, and no list shows a token.
    let me = rig.read(&narrow, "/bot/getMe");
    assert_eq!((member(&me, "token"), member(&rig.read(&main, "/bot/getMe"), "token")), (String::new(), main.clone()));
    assert!(!text(&rig.get(&narrow, "/bot/getInfo")).contains(&main));
    let list = rig.get(ADMIN, &format!("/bot/tokens/list?id={bot}"));
    assert!(!text(&list).contains(&narrow) && text(&list).contains(&narrow[narrow.len() - 4..]), "{}", text(&list));

    let rig = rig.killed();
    assert_eq!((rig.get(&narrow, "/bot/getMe").status, rig.get(&main, "/bot/getMe").status), (200, 200));
    rig.wait(100);
    let expired = rig.get(&narrow, "/bot/getMe");
    assert_eq!(expired.status, 401);
    assert!(text(&expired).contains("this token has expired"), "{}", text(&expired));
    // Who has only something like it learns nothing.
    let wrong = rig.get(&format!("{narrow}x"), "/bot/getMe");
    assert!(text(&wrong).contains("is not valid"), "{}", text(&wrong));
    rig.done(ADMIN, "/bot/tokens/revoke", &format!(r#"{{"id":{bot},"token_id":{number}}}"#));
    assert!(text(&rig.get(&narrow, "/bot/getMe")).contains("is not valid"));
    assert_eq!(rig.post(ADMIN, "/bot/tokens/revoke", &format!(r#"{{"id":{bot},"token_id":{number}}}"#)).status, 404);
    assert_eq!(rig.get(&main, "/bot/getMe").status, 200);

    // All go with the bot's revocation, and they do not come back.
    let (_, narrow) = rig.token(bot, r#""scopes":["send"]"#);
    rig.done(ADMIN, "/bot/revoke", &format!(r#"{{"id":{bot}}}"#));
    rig.done(ADMIN, "/bot/activate", &format!(r#"{{"id":{bot},"active":true}}"#));
    assert_eq!((rig.get(&narrow, "/bot/getMe").status, rig.get(&main, "/bot/getMe").status), (401, 401));
}

#[test]
fn a_new_main_token_leaves_time() {
    let rig = Rig::new("overlap");
    let (bot, old) = rig.bot(ANNA);
    let body = |overlap: i64| format!(r#"{{"id":{bot},"overlap":{overlap}}}"#);
    assert_eq!(rig.post(ADMIN, "/bot/token", &body(-1)).status, 400);
    assert_eq!(rig.post(ADMIN, "/bot/token", &body(31 * 86_400)).status, 400);
    let new = member(&rig.done(ADMIN, "/bot/token", &body(60)), "token");
    assert_ne!(new, old);
    let rig = rig.killed();
    for token in [&old, &new] {
        assert_eq!(rig.post(token, "/bot/setCommands", r#"{"commands":[]}"#).status, 200);
    }
    rig.wait(60);
    assert_eq!((rig.get(&old, "/bot/getMe").status, rig.get(&new, "/bot/getMe").status), (401, 200));
    let newest = member(&rig.done(ADMIN, "/bot/token", &format!(r#"{{"id":{bot}}}"#)), "token");
    assert_eq!((rig.get(&new, "/bot/getMe").status, rig.get(&newest, "/bot/getMe").status), (401, 200));
}

#[test]
fn a_bot_has_so_many_tokens() {
    let rig = Rig::new("many");
    let (bot, _) = rig.bot(ANNA);
    for _ in 0..20 {
        rig.token(bot, r#""scopes":["send"]"#);
    }
    let body = format!(r#"{{"id":{bot},"scopes":["send"]}}"#);
    let refused = rig.post(ADMIN, "/bot/tokens/create", &body);
    assert_eq!((refused.status, text(&refused).contains("limit_reached")), (429, true));
    let label = "x".repeat(65);
    for wrong in
        [r#""scopes":[]"#, &format!(r#""scopes":["send"],"label":"{label}""#), r#""scopes":["send"],"expires_in":0"#]
    {
        assert_eq!(rig.post(ADMIN, "/bot/tokens/create", &format!(r#"{{"id":{bot},{wrong}}}"#)).status, 400, "{wrong}");
    }
}

/// That a token is used is written once a day, however often it is.
#[test]
fn using_a_token_writes_once_a_day() {
    let rig = Rig::new("daily");
    let (bot, _) = rig.bot(ANNA);
    let (_, token) = rig.token(bot, r#""scopes":["read"]"#);
    let used = |rig: &Rig| {
        let list = rig.read(ADMIN, &format!("/bot/tokens/list?id={bot}"));
        list.need_objects("tokens").unwrap()[0].number("last_used").unwrap()
    };
    assert_eq!(used(&rig), None);
    rig.read(&token, "/bot/getCommands");
    let first = used(&rig).unwrap();
    rig.wait(3_600);
    let before = rig.engine.writes();
    for _ in 0..10 {
        rig.read(&token, "/bot/getCommands");
    }
    assert_eq!((rig.engine.writes(), used(&rig)), (before, Some(first)), "nothing is written");
    rig.wait(86_400);
    rig.read(&token, "/bot/getCommands");
    assert_eq!(used(&rig), Some(first + 90_000));
    let told = rig.audit(ADMIN, &format!("id={bot}"));
    assert_eq!(told.iter().filter(|entry| member(entry, "action") == "token_first_used").count(), 1);
}

/// The code that the manager has sent to `owner@local`.
fn code_of(rig: &Rig) -> Option<String> {
    let lines = rig.read(ADMIN, "/local/read?after=0");
    let lines = botmother::base::json::Fields::need_objects(&lines, "result").unwrap();
    let last = lines.iter().rev().find(|line| member(line, "text").starts_with("Your code"))?;
    member(last, "text").split(": ").nth(1)?.lines().next().map(str::to_string)
}

#[test]
fn people_sign_in_with_a_code() {
    let rig = Rig::new("code");
    rig.bot("owner@local");
    let ask = |rig: &Rig, who: &str| rig.post("", "/user/login", &format!(r#"{{"account":"{who}"}}"#));
    let show =
        |rig: &Rig, code: &str| rig.post("", "/user/code", &format!(r#"{{"account":"owner@local","code":"{code}"}}"#));
    // Whoever is not known gets the same answer, and nothing is sent.
    assert_eq!((text(&ask(&rig, "nobody@example.org")), code_of(&rig)), (r#"{"ok":true,"result":true}"#, None));
    assert_eq!(text(&ask(&rig, "owner@local")), r#"{"ok":true,"result":true}"#);
    let code = code_of(&rig).expect("a code");
    assert_eq!(code.len(), 9, "{code}");
    // A second one only after a minute.
    ask(&rig, "owner@local");
    assert_eq!(code_of(&rig).as_ref(), Some(&code));

    assert_eq!(show(&rig, "0000 000x").status, 401);
    let signed = show(&rig, &code);
    assert_eq!(signed.status, 200, "{}", text(&signed));
    let token = member(&Fields::parse(&signed.body).unwrap(), "token");
    assert_eq!(show(&rig, &code).status, 401, "once");
    let me = rig.read(&token, "/user/me");
    assert_eq!((member(&me, "account").as_str(), member(&me, "role").as_str()), ("owner@local", "owner"));
    assert_eq!(rig.read(&token, "/bot/list").need_objects("bots").unwrap().len(), 1);
    let rig = rig.killed();
    assert_eq!(rig.get(&token, "/user/me").status, 200);
    rig.done(&token, "/user/logout", "");
    assert_eq!(rig.get(&token, "/user/me").status, 401);

    // Five tries, then not even the right one.
    rig.wait(60);
    ask(&rig, "owner@local");
    let code = code_of(&rig).unwrap();
    assert!((0..5).all(|_| show(&rig, "wrong").status == 401));
    assert_eq!(show(&rig, &code).status, 401);
    // Ten minutes. While nobody uses codes, they become rarer.
    rig.wait(60);
    ask(&rig, "owner@local");
    let code = code_of(&rig).unwrap();
    rig.wait(60);
    ask(&rig, "owner@local");
    assert_eq!(code_of(&rig).as_ref(), Some(&code));
    rig.wait(540);
    assert_eq!(show(&rig, &code).status, 401);
    // Who is switched off gets none.
    rig.done(ADMIN, "/bot/account/status", r#"{"account":"owner@local","enabled":false}"#);
    ask(&rig, "owner@local");
    assert_eq!(code_of(&rig).as_ref(), Some(&code));
    let actions: Vec<String> =
        rig.audit(ADMIN, "account=owner@local").iter().map(|entry| member(entry, "action")).collect();
    assert_eq!(actions.iter().filter(|action| *action == "signed_in").count(), 1, "{actions:?}");
    let refused = rig.audit(ADMIN, "");
    let refused = refused.iter().find(|entry| member(entry, "action") == "login_refused").expect("told");
    assert_eq!((member(refused, "address").as_str(), member(refused, "details").as_str()), ("127.0.0.1", "count=8"));
}

#[test]
fn people_have_their_roles() {
    let rig = Rig::new("roles");
    let ((annas, main), (bens, _)) = (rig.bot(ANNA), rig.bot(BEN));
    let (_, anna) = rig.person(ANNA, "");
    let of = |token: &str| -> Vec<i64> {
        let bots = rig.read(token, "/bot/list").need_objects("bots").unwrap();
        bots.iter().map(|bot| bot.need_number("id").unwrap()).collect()
    };
    assert_eq!((of(&anna), of(ADMIN)), (vec![annas], vec![annas, bens]));
    assert!(text(&rig.get(&anna, "/bot/list")).contains(&main), "an owner manages his bots");
    // She makes bots for herself alone.
    rig.done(&anna, "/bot/create", &format!(r#"{{"name":"Two","account":"{ANNA}"}}"#));
    assert_eq!(rig.post(&anna, "/bot/create", &format!(r#"{{"name":"Two","account":"{BEN}"}}"#)).status, 404);

    // A token may less than its person, and makes none that may more.
    let viewer = rig.done(&anna, "/user/tokens/create", r#"{"role":"viewer"}"#);
    let viewer = member(&viewer, "token");
    assert_eq!(of(&viewer).len(), 2);
    assert!(!text(&rig.get(&viewer, "/bot/list")).contains(&main), "who only looks sees no token");
    assert_eq!(rig.post(&viewer, "/bot/activate", &format!(r#"{{"id":{annas},"active":false}}"#)).status, 403);
    assert_eq!(rig.post(&anna, "/user/tokens/create", r#"{"role":"admin"}"#).status, 403);
    assert_eq!(
        rig.post(ADMIN, "/user/tokens/create", &format!(r#"{{"account":"{ANNA}","role":"admin"}}"#)).status,
        400
    );

    // Ben may see hers, and nothing else.
    let (_, ben) = rig.person(BEN, "");
    assert_eq!(of(&ben), [bens]);
    rig.done(ADMIN, "/user/set", &format!(r#"{{"account":"{BEN}","role":"viewer","sees":"{ANNA}"}}"#));
    assert_eq!(of(&ben).len(), 2);
    assert_eq!(rig.post(&ben, "/bot/delete", &format!(r#"{{"id":{bens}}}"#)).status, 403);
    let rig = rig.killed();
    assert_eq!(rig.read(&ben, "/bot/list").need_objects("bots").unwrap().len(), 2);
    rig.done(ADMIN, "/user/set", &format!(r#"{{"account":"{BEN}","role":"admin","sees":""}}"#));
    assert_eq!(rig.read(&ben, "/bot/list").need_objects("bots").unwrap().len(), 3);
    assert_eq!(rig.get(&ben, "/user/list").status, 200);
    rig.done(ADMIN, "/user/remove", &format!(r#"{{"account":"{BEN}"}}"#));
    assert_eq!(rig.get(&ben, "/user/me").status, 401);
    assert_eq!(rig.post(ADMIN, "/user/remove", &format!(r#"{{"account":"{BEN}"}}"#)).status, 404);

    rig.done(ADMIN, "/bot/account/status", &format!(r#"{{"account":"{ANNA}","enabled":false}}"#));
    assert_eq!(rig.get(&anna, "/bot/list").status, 403);
    rig.done(ADMIN, "/bot/account/status", &format!(r#"{{"account":"{ANNA}","enabled":true}}"#));

    // On this machine, too, whoever shows a token is its person.
    let local = rig.with(AdminNeeds::LoopbackOrToken);
    let list =
        |token: &str| text(&answer(&*local, shown(request("GET", "/bot/list"), token))).matches("\"id\"").count();
    assert_eq!((list(""), list(&anna)), (3, 2));
}

#[test]
fn the_log_says_who_did_it() {
    let rig = Rig::new("audit");
    let (bot, main) = rig.bot(ANNA);
    let (bens, _) = rig.bot(BEN);
    let (number, narrow) = rig.token(bot, r#""scopes":["manage"]"#);
    let (_, anna) = rig.person(ANNA, "");
    for token in [&main, &narrow] {
        rig.done(token, "/bot/setCommands", r#"{"commands":[]}"#);
    }
    rig.done(&anna, "/bot/activate", &format!(r#"{{"id":{bot},"active":false}}"#));
    rig.done(ADMIN, "/bot/delete", &format!(r#"{{"id":{bens}}}"#));
    let told = rig.audit(ADMIN, "");
    let by = |action: &str| -> Vec<(String, String)> {
        let found = told.iter().filter(|entry| member(entry, "action") == action);
        found.map(|entry| (member(entry, "by"), member(entry, "address"))).collect()
    };
    let here = |by: &str| (by.to_string(), "127.0.0.1".to_string());
    assert_eq!(by("commands_set"), [here(&format!("token:{number}")), here("bot")]);
    assert_eq!((by("deactivated"), by("deleted")), (vec![here(ANNA)], vec![here("admin")]));
    assert_eq!(by("token_made").len(), 2);
    let all = text(&rig.get(ADMIN, "/bot/audit?limit=200")).to_string();
    assert!([&main, &narrow, &anna].iter().all(|token| !all.contains(token.as_str())), "no secret is in it");

    // An owner reads what is about her, an admin all; page by page.
    let own = rig.audit(&anna, "");
    assert!(own.len() > 5 && own.iter().all(|entry| member(entry, "account") == ANNA), "{}", own.len());
    assert_eq!(rig.get(&anna, &format!("/bot/audit?account={BEN}")).status, 404);
    assert!(rig.audit(&anna, &format!("id={bens}")).is_empty());
    let mut seen = Vec::new();
    let mut before = String::new();
    loop {
        let page = rig.read(ADMIN, &format!("/bot/audit?limit=3{before}"));
        let entries = page.need_objects("entries").unwrap();
        seen.extend(entries.iter().map(|entry| member(entry, "id")));
        if page.truth("more").unwrap() == Some(false) {
            break;
        }
        before = format!("&before={}", seen.last().unwrap());
    }
    let all: Vec<String> = rig.audit(ADMIN, "limit=200").iter().map(|entry| member(entry, "id")).collect();
    assert_eq!(seen, all);
    rig.wait(10);
    assert!(rig.audit(ADMIN, &format!("since={}", 1_800_000_005)).is_empty());
}

#[test]
fn refused_logins_do_not_fill_the_log() {
    let rig = Rig::new("refused");
    // What is due at the start is done.
    rig.bot(ANNA);
    for number in 0..300_u32 {
        let mut request = shown(request("GET", "/bot/getMe"), "bm_wrong");
        request.peer = std::net::IpAddr::V4((0x0a00_0000 + number).into());
        assert_eq!(answer(&*rig.serve, request).status, 401);
    }
    assert_eq!(rig.get("", "/bot/list").status, 401);
    let told = rig.audit(ADMIN, "limit=200");
    let told: Vec<_> = told.into_iter().filter(|entry| member(entry, "action") == "login_refused").collect();
    assert_eq!(told.len(), 65, "64 addresses, and one line for all others");
    let count = |entry: &Fields| member(entry, "details")[6..].parse::<i64>().unwrap();
    assert_eq!(told.iter().map(count).sum::<i64>(), 301);
}

#[test]
fn in_a_chat() {
    let rig = Rig::new("chat");
    let (bot, main) = rig.bot("owner@local");
    let say = |line: &str| -> String {
        let said = rig.done(ADMIN, "/local/say", &format!(r#"{{"text":"{line}"}}"#)).need_number("id").unwrap();
        let lines = rig.read(ADMIN, &format!("/local/read?after={said}")).need_objects("result").unwrap();
        lines.iter().map(|line| member(line, "text")).collect()
    };
    let made = say(&format!("/token {bot} new send,read 30 the wall"));
    let token = made.lines().find(|line| line.starts_with("bm_")).expect("a token").to_string();
    assert!(made.contains("send, read"), "{made}");
    assert_eq!((rig.get(&token, "/bot/getCommands").status, rig.get(&token, "/bot/getMe").status), (200, 200));
    let list = say(&format!("/token {bot} list"));
    assert!(list.contains("the wall") && !list.contains(&token), "{list}");
    let number = list.lines().nth(1).unwrap().split(':').next().unwrap().to_string();
    assert!(say(&format!("/token {bot} revoke {number}")).contains("is invalid now"));
    assert_eq!(rig.get(&token, "/bot/getMe").status, 401);
    assert!(say(&format!("/token {bot} revoke {number}")).contains("there is no token with number"));
    assert!(say(&format!("/token {bot} overlap 2")).contains("2 h more"));
    assert_eq!(rig.get(&main, "/bot/getMe").status, 200);
    for wrong in ["what", "new", "new all", "overlap", "revoke x"] {
        assert!(say(&format!("/token {bot} {wrong}")).starts_with("Usage:"), "{wrong}");
    }
    let told = say("/audit");
    assert!(told.contains(&format!("token_revoked #{bot} token={number} by owner@local")), "{told}");
    rig.done(ADMIN, "/user/set", r#"{"account":"owner@local","role":"viewer"}"#);
    assert!(say("/newbot Two").contains("not change them"));
    assert!(say("/mybots").contains("Bot"));
}
