//! Order in a linked chat, through the whole daemon at the stub of Telegram: what a program and an owner ask for is so there
//! afterwards, what is not wanted goes by itself, and who is new is greeted.
#![cfg(all(feature = "channel-telegram", feature = "face-botmother"))]
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod support;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use support::daemon::Daemon;
use support::http::{Http, Json};
use support::telegram::Telegram;

const TOKEN: &str = "42:AAorder-0123456789-0123456789-012345";
const LIMIT: Duration = Duration::from_secs(40);

struct Scene {
    telegram: Telegram,
    daemon: Daemon,
    http: Http,
    token: String,
    family: i64,
    /// An administrator, and a member.
    eva: i64,
    ben: i64,
    /// The last line of the owner's chat that was read.
    line: i64,
}

impl Scene {
    fn start() -> Scene {
        let telegram = Telegram::start();
        telegram.bot(TOKEN);
        let user = |name: &str| {
            let body = format!(r#"{{"first_name":"{name}","username":"{}_tg"}}"#, name.to_lowercase());
            telegram.order("user", &body).at("id").number()
        };
        let (eva, ben) = (user("Eva"), user("Ben"));
        let group = format!(r#"{{"title":"Family","members":[{eva},{ben}],"admin":true}}"#);
        let family = telegram.order("chat", &group).at("id").number();
        let daemon = Daemon::start("[api]\nrate_limit = 0\n");
        let token = daemon.create_bot("Keeper", "owner@local");
        let setup = format!(r#"{{"token":"{TOKEN}","chat_id":"{family}","api_url":"{}"}}"#, telegram.url());
        daemon.http().post("/bot/telegram/setup", Some(&token), &setup).ok();
        let http = daemon.http();
        let mut scene = Scene { telegram, daemon, http, token, family, eva, ben, line: 0 };
        scene.telegram.say(ben, family, "good evening");
        scene.hear("Ben: good evening");
        scene
    }

    /// A program's wish: the code and the answer.
    fn moderate(&self, what: &str) -> (u16, String) {
        let answer = self.daemon.http().post("/bot/telegram/moderate", Some(&self.token), &format!("{{{what}}}"));
        (answer.status, answer.body)
    }

    fn is_done(&self, what: &str) {
        let (status, answer) = self.moderate(what);
        assert_eq!(status, 200, "{what}: {answer}");
    }

    /// The owner says it.
    fn says(&mut self, text: &str) {
        let body = format!(r#"{{"to":"Keeper","text":"{text}"}}"#);
        self.line = self.http.post("/local/say", None, &body).ok().at("id").number();
    }

    /// What the owner reads next with this in it.
    fn hear(&mut self, part: &str) -> String {
        let begun = Instant::now();
        let mut seen = Vec::new();
        while begun.elapsed() < LIMIT {
            let path = format!("/local/read?with=Keeper&after={}&timeout=2", self.line);
            for line in self.http.get(&path, None).ok().at("result").list() {
                self.line = line.at("id").number();
                let text = line.at("text").text();
                if text.contains(part) && line.at("from").text() == "Keeper" {
                    return text;
                }
                seen.push(text);
            }
        }
        panic!("{part} is not in {seen:#?}\n{}", self.daemon.log_text())
    }

    fn chat(&self) -> Json {
        self.telegram.order("show_chat", &format!(r#"{{"chat":{}}}"#, self.family))
    }

    fn status_of(&self, person: i64) -> String {
        self.chat().at("members").at(&person.to_string()).at("status").text()
    }
}

/// Serves a picture to whoever asks, so often; gives its address.
fn picture() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/family.png", listener.local_addr().unwrap());
    thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let _ = socket.read(&mut [0; 4096]).unwrap();
        let body = b"\x89PNG\r\n\x1a\n0123456789";
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
        socket.write_all(&[head.as_bytes(), body].concat()).unwrap();
    });
    url
}

#[test]
fn a_program_keeps_order_there() {
    let scene = Scene::start();
    let (family, ben, eva) = (scene.family, scene.ben, scene.eva);
    scene.is_done(r#""action":"mute","user":"@ben_tg","duration":"2h""#);
    let member = scene.chat().at("members").at(&ben.to_string());
    assert_eq!((member.at("status").text(), member.at("can_send_messages").truth()), ("restricted".into(), false));
    assert!(member.at("until_date").number() > 7_000, "{member:?}");
    scene.is_done(&format!(r#""action":"unmute","user":{ben}"#));
    assert_eq!(scene.status_of(ben), "member");

    let said = scene.telegram.say(ben, family, "to be pinned");
    scene.telegram.wait_taken(TOKEN, LIMIT);
    scene.is_done(&format!(r#""action":"pin","message_id":"{family}:{said}""#));
    assert!(format!("{:?}", scene.chat()).contains("pinned"), "{:?}", scene.chat());
    scene.is_done(&format!(r#""action":"delete","message_id":"{family}:{said}""#));
    assert!(!scene.telegram.texts(family).iter().any(|text| text == "to be pinned"));
    scene.is_done(r#""action":"title","title":"Family & friends""#);
    assert_eq!(scene.chat().at("title").text(), "Family & friends");
    scene.is_done(&format!(r#""action":"photo","url":"{}""#, picture()));
    assert!(scene.chat().has("photo"));

    // Put out, he may come back; banned, not before that is taken back.
    scene.is_done(r#""action":"kick","user":"@ben_tg""#);
    assert_eq!(scene.status_of(ben), "left");
    scene.telegram.order("join", &format!(r#"{{"from":{ben},"chat":{family}}}"#));
    scene.is_done(&format!(r#""action":"ban","user":{ben},"duration":"7d""#));
    assert_eq!(scene.status_of(ben), "kicked");
    scene.is_done(&format!(r#""action":"unban","user":{ben}"#));
    assert_eq!(scene.status_of(ben), "left");
    let (status, why) = scene.moderate(&format!(r#""action":"ban","user":{eva}"#));
    assert!(status == 502 && why.contains("administrator"), "{why}");
    let members = scene.daemon.http().get("/bot/telegram/members", Some(&scene.token)).body;
    assert!(members.contains(r#""id""#), "{members}");
    let audit = scene.daemon.http().get("/bot/audit", None).body;
    for action in ["mute", "pin", "delete", "title", "photo", "kick", "ban", "unban"] {
        assert!(audit.contains(&format!("action={action} ")), "{action}: {audit}");
    }
}

#[test]
fn an_owner_keeps_order_and_much_is_done_by_itself() {
    let mut scene = Scene::start();
    let (family, ben, eva) = (scene.family, scene.ben, scene.eva);
    scene.says("/telegram mute @ben_tg 2h");
    scene.hear("@ben_tg may not write in");
    assert_eq!(scene.status_of(ben), "restricted");
    scene.says("/telegram unmute @ben_tg");
    scene.hear("@ben_tg may write");
    scene.says("/telegram members");
    scene.hear("Ben @ben_tg");

    scene.says("/telegram filter add free*money");
    scene.hear("free*money");
    scene.says("/telegram automod mute 1h");
    scene.says("/telegram automod on");
    scene.hear("on");
    let begun = Instant::now();
    while scene.telegram.calls("getChatAdministrators").is_empty() {
        assert!(begun.elapsed() < LIMIT, "nobody asks who keeps order there");
        thread::sleep(Duration::from_millis(50));
    }
    scene.telegram.say(eva, family, "there is no free money");
    scene.hear("no free money");
    scene.telegram.say(ben, family, "FREE, really: money");
    let report = scene.hear("was deleted (filter free*money)");
    assert!(report.contains("Ben (@ben_tg)"), "{report}");
    let texts = scene.telegram.texts(family);
    assert!(
        !texts.iter().any(|text| text.contains("really")) && texts.iter().any(|text| text.contains("no free money"))
    );
    assert_eq!(scene.status_of(ben), "restricted");
    scene.says("/telegram automod off");

    scene.says("/telegram welcome Hello {name}, this is {chat}.");
    scene.hear("Hello {name}");
    let zoe = scene.telegram.user("Zoe");
    scene.telegram.order("join", &format!(r#"{{"from":{zoe},"chat":{family}}}"#));
    scene.telegram.wait_text(family, LIMIT, "Hello Zoe, this is Family.");
    assert!(!scene.daemon.log_text().contains("AAorder"), "the token is in the log");
}
