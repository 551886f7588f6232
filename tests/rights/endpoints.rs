//! Every endpoint of every face, with each kind of credentials that is not enough.

use botmother::core::handle::{Role, Scope};
use botmother::face::policy::Rule;
use botmother::face::principal::Need;

use super::*;

/// Credentials of all kinds.
struct Keys {
    /// A bot of Anna, one of Ben.
    annas: i64,
    bens: i64,
    main: String,
    send: String,
    read: String,
    manage: String,
    anna: String,
    viewer: String,
    admin: String,
    expired: String,
    expired_person: String,
    revoked: String,
    revoked_person: String,
    disabled: String,
}

impl Keys {
    fn of(rig: &Rig) -> Keys {
        let ((annas, main), (bens, _), (off, disabled)) = (rig.bot(ANNA), rig.bot(BEN), rig.bot("carl@example.org"));
        let scope = |word: &str| rig.token(annas, &format!(r#""scopes":["{word}"]"#)).1;
        let (send, read, manage) = (scope("send"), scope("read"), scope("manage"));
        let (_, expired) = rig.token(annas, r#""scopes":["send","read","manage"],"expires_in":1"#);
        let (number, revoked) = rig.token(annas, r#""scopes":["send","read","manage"]"#);
        rig.done(ADMIN, "/bot/tokens/revoke", &format!(r#"{{"id":{annas},"token_id":{number}}}"#));
        rig.done(ADMIN, "/bot/activate", &format!(r#"{{"id":{off},"active":false}}"#));
        let (anna, viewer) = (rig.person(ANNA, "").1, rig.person(ANNA, r#","role":"viewer""#).1);
        let (_, expired_person) = rig.person(ANNA, r#","expires_in":1"#);
        let (number, revoked_person) = rig.person(ANNA, "");
        rig.done(ADMIN, "/user/tokens/revoke", &format!(r#"{{"account":"{ANNA}","token_id":{number}}}"#));
        rig.done(ADMIN, "/user/set", r#"{"account":"dora@example.org","role":"admin"}"#);
        let admin = rig.person("dora@example.org", "").1;
        rig.wait(2);
        Keys {
            annas,
            bens,
            main,
            send,
            read,
            manage,
            anna,
            viewer,
            admin,
            expired,
            expired_person,
            revoked,
            revoked_person,
            disabled,
        }
    }

    fn with_scope(&self, scope: Scope) -> &str {
        match scope {
            Scope::Any | Scope::Read => &self.read,
            Scope::Send => &self.send,
            Scope::Manage => &self.manage,
        }
    }
}

/// A request that names a bot and a person wherever an endpoint may want one; without a bot it is no use to any.
fn asked(rule: &Rule, bot: Option<i64>, person: &str) -> Request {
    let path = rule.path.replace(":id", "01arz3ndektsv4rrffq69g5fav");
    let id = bot.map(|bot| format!(r#""id":{bot},"#)).unwrap_or_default();
    let query = bot.map(|bot| format!("?id={bot}&account={person}")).unwrap_or_default();
    let mut request = request(rule.method, &format!("{path}{query}"));
    if rule.method == "POST" && bot.is_some() {
        let more = r#""name":"New","active":true,"listed":true,"access":"owner","days":0,"policy":"default","scopes":["send"]"#;
        let rest = r#""token_id":1,"description":"d","enabled":true,"code":"1""#;
        let jid = if rule.path == "/bot/forget" { r#","jid":"gone@example.org""# } else { "" };
        request.body = format!(r#"{{{id}"account":"{person}",{more},{rest}{jid}}}"#).into();
    }
    request
}

struct Told {
    rule: Rule,
    status: u16,
    text: String,
}

fn ask(rig: &Rig, rule: &Rule, token: &str, (bot, person): (Option<i64>, &str)) -> Told {
    let mut request = shown(asked(rule, bot, person), token);
    if rule.face == "telegram" {
        // There the token stands in the path, and nothing stands for one that is missing.
        let token = if token.is_empty() { "bm_none" } else { token };
        request.path = request.path.replace("/bot:token", &format!("/bot{token}"));
    }
    let response = answer(&*rig.serve, request);
    Told { rule: *rule, status: response.status, text: text(&response).to_string() }
}

impl Told {
    fn check(&self, status: u16, words: &str) {
        // Telegram's programs show the sentence as it is.
        let plain = |text: &str| text.replace('`', "").to_lowercase();
        let (text, words) = (plain(&self.text), plain(words));
        assert!(self.status == status && text.contains(&words), "{:?}: {} {}", self.rule, self.status, self.text);
        let is_told = self.text.to_lowercase().contains("unauthorized");
        assert!(status != 401 || is_told, "{:?}: {}", self.rule, self.text);
    }

    /// Whether it came past the policy: what is wrong now is about something else.
    fn is_let_in(&self) -> bool {
        !matches!(self.status, 401 | 403)
    }
}

/// What whoever has no good login is told: Botyard has it so that programs get 403.
fn refused_with(rule: &Rule) -> u16 {
    let is_program = rule.path.starts_with("/v1/bot-api/") || rule.path.starts_with("/v1/admin-api/");
    if is_program { 403 } else { 401 }
}

/// Nothing but the request itself.
const BARE: (Option<i64>, &str) = (None, "");

#[test]
fn each_endpoint_refuses_who_must_not() {
    let rig = Rig::new("endpoints");
    let keys = Keys::of(&rig);
    let rules = face::routes();
    assert!(rules.len() > 75, "{}", rules.len());
    for rule in &rules {
        let told = |token: &str| ask(&rig, rule, token, BARE);
        match rule.need {
            Need::Nobody => panic!("{rule:?} is for nobody"),
            Need::Nothing | Need::Asset | Need::Optional => {
                assert!(told("").is_let_in() && told("bm_wrong").is_let_in(), "{rule:?}")
            }
            Need::OwnPages => {
                let foreign = with(asked(rule, None, ""), "origin", "https://evil.example");
                assert_eq!(answer(&*rig.serve, foreign).status, 403, "{rule:?}");
            }
            Need::User => {
                let tokens = ["", "bm_wrong", "bmu_wrong", ADMIN, &keys.main, &keys.admin, &keys.anna];
                tokens.iter().for_each(|no| told(no).check(401, "user is unauthorized"));
                let foreign = with(asked(rule, None, ""), "origin", "https://evil.example");
                assert_eq!(answer(&*rig.serve, foreign).status, 403, "{rule:?}");
            }
            Need::Bot(scope) => {
                for no in ["", "bm_wrong", "bmu_wrong", ADMIN, &keys.revoked, &keys.disabled, &keys.anna, &keys.admin] {
                    told(no).check(refused_with(rule), "");
                }
                let words = if rule.face == "botmother" { "this token has expired" } else { "" };
                told(&keys.expired).check(refused_with(rule), words);
                assert!(told(&keys.main).is_let_in() && told(keys.with_scope(scope)).is_let_in(), "{rule:?}");
                for (other, token) in
                    [(Scope::Send, &keys.send), (Scope::Read, &keys.read), (Scope::Manage, &keys.manage)]
                {
                    if scope != Scope::Any && scope != other {
                        told(token).check(403, &format!("lacks the scope `{}`", scope.as_str()));
                    }
                }
            }
            Need::Role(needs) => {
                for no in ["", "bm_wrong", "bmu_wrong", &keys.main, &keys.manage, &keys.revoked_person, "admin-secre"] {
                    told(no).check(refused_with(rule), "");
                }
                let words = if rule.face == "botmother" { "this token has expired" } else { "" };
                told(&keys.expired_person).check(refused_with(rule), words);
                for (role, token) in [(Role::Viewer, &keys.viewer), (Role::Owner, &keys.anna)] {
                    if role < needs {
                        told(token).check(403, &format!("this needs the role {}", needs.as_str()));
                    }
                }
                assert!(told(ADMIN).is_let_in() || told(ADMIN).status == 409, "{rule:?}");
                if rule.path != "/user/logout" {
                    assert!(told(&keys.admin).is_let_in(), "{rule:?}");
                }
            }
        }
    }
    // Who is not let in changes nothing.
    assert_eq!(rig.read(ADMIN, "/bot/list").need_objects("bots").unwrap().len(), 3);
}

/// What is about somebody else's bots is as if it were not there; what is about one's own works.
#[test]
fn people_reach_their_own_only() {
    let rig = Rig::new("own");
    let keys = Keys::of(&rig);
    let managed = |rule: &&Rule| matches!(rule.need, Need::Role(Role::Viewer | Role::Owner));
    let rules = face::routes();
    let before = text(&rig.get(ADMIN, &format!("/bot/list?account={BEN}"))).to_string();
    let mut reached = 0;
    for rule in rules.iter().filter(managed) {
        // What is about whoever asks.
        if matches!(rule.path, "/user/me" | "/user/logout") {
            continue;
        }
        let foreign = ask(&rig, rule, &keys.anna, (Some(keys.bens), BEN));
        assert!(matches!(foreign.status, 403 | 404), "{rule:?}: {} {}", foreign.status, foreign.text);
        reached += 1;
    }
    assert!(reached > 20, "{reached}");
    assert_eq!(text(&rig.get(ADMIN, &format!("/bot/list?account={BEN}"))), before, "and nothing of it is changed");
    let last = |rule: &&&Rule| !matches!(rule.path, "/bot/delete" | "/user/logout" | "/bot/revoke");
    for rule in rules.iter().filter(managed).filter(|rule| last(&rule)) {
        let own = ask(&rig, rule, &keys.anna, (Some(keys.annas), ANNA));
        // There is no account to be forgotten, no token with that number any more, and a personal bot encrypts as its owner.
        let is_elsewhere = matches!(rule.path, "/bot/forget" | "/bot/tokens/revoke" | "/user/tokens/revoke");
        let is_personal = rule.path.starts_with("/bot/omemo/") && own.status == 400;
        assert!(
            own.status == 200 || is_personal || is_elsewhere && own.status == 404,
            "{rule:?}: {} {}",
            own.status,
            own.text
        );
    }
    assert_eq!(rig.post(&keys.anna, "/bot/delete", &format!(r#"{{"id":{}}}"#, keys.annas)).status, 200);
}

/// A token may be too narrow for a large body before it is sent.
#[test]
fn large_bodies_need_rights_too() {
    let rig = Rig::new("large");
    let keys = Keys::of(&rig);
    let gate = face::gate(rig.engine.context(AdminNeeds::Token));
    let may = |path: &str, token: &str| {
        let head = shown(request("POST", path), token);
        smol::block_on(gate(&head)).map_or(200, |refusal| refusal.status)
    };
    for (path, token, status) in [
        ("/bot/sendFile", &keys.send, 200),
        ("/bot/sendFile", &keys.read, 403),
        ("/bot/sendFile", &keys.expired, 401),
        ("/bot/create", &keys.anna, 200),
        ("/bot/create", &keys.viewer, 403),
        ("/bot/create", &keys.main, 401),
        ("/user/code", &keys.anna, 400),
    ] {
        assert_eq!(may(path, token), status, "{path}");
    }
}
