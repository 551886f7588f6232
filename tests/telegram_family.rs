//! A family with half its people at Telegram and half on XMPP: what is said, changed, answered and felt on one side is there on
//! the other, by the stub of Telegram's server and a real Prosody. Strangers reach nobody, and the token is in no log.

#![cfg(feature = "channel-telegram")]
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod support;

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use support::daemon::Daemon;
use support::encrypted::{BOTH, SOON, Scene, login, serve};
use support::http::{Http, Json};
use support::peer::{Login, Peer};
use support::port::Port;
use support::process::Process;
use support::server::Kind;
use support::telegram::{Telegram, javascript};

const TOKEN: &str = "42:AAfamily-0123456789-0123456789-0123";
const QUIET: Duration = Duration::from_millis(1_500);

/// The bot's server, the owner there, and Anna at Telegram, in a chat of hers with the bot that is linked.
struct Family {
    scene: Scene,
    owner: Peer,
    telegram: Telegram,
    anna: i64,
}

impl Family {
    /// `omemo`: in which versions the owner's client encrypts.
    fn meet(omemo: &'static str) -> Option<Family> {
        let telegram = Telegram::start();
        telegram.bot(TOKEN);
        let anna = telegram.user("Anna");
        telegram.say(anna, anna, "/start");
        let server = serve(Kind::Prosody, &["keeper", "owner", "bot"])?;
        let policy = if omemo.is_empty() { "off" } else { "required" };
        let mut owner = match omemo {
            "" => Peer::login_with(&server, "owner", "pw", "phone", &Login { life: true, ..Login::default() }),
            versions => login(&server, "owner", "phone", versions),
        };
        let scene = Scene::with_bot(server, policy, "owner", "owner");
        if !omemo.is_empty() {
            scene.announced(&mut owner);
        }
        let mut family = Family { scene, owner, telegram, anna };
        let setup = format!(
            r#"{{"token":"{TOKEN}","chat_id":"{anna}","mode":"bridge","api_url":"{}"}}"#,
            family.telegram.url()
        );
        let status = family.api("POST", "setup", &setup);
        assert!(status.at("configured").truth(), "{status:?}");
        // What she wrote before it was linked comes, too: Telegram has kept it.
        family.owner.expect(SOON, |message| message.body == "[Telegram] Anna: /start");
        Some(family)
    }

    fn api(&self, method: &str, what: &str, body: &str) -> Json {
        let path = format!("/bot/telegram/{what}");
        let mut http = self.scene.daemon.http();
        http.call(method, &path, Some(&self.scene.token), &[], body).unwrap().ok().at("result")
    }

    fn says(&mut self, text: &str) -> String {
        let bot = self.scene.bot.clone();
        self.owner.send(&bot, text)
    }

    /// An order about Anna's chat.
    fn anna_does(&self, order: &str, more: &str) -> Json {
        self.telegram.order(order, &format!(r#"{{"from":{},{more}}}"#, self.anna))
    }
}

#[test]
fn what_is_said_is_said_on_both_sides() {
    let Some(mut family) = Family::meet("") else { return };
    let anna = family.anna;
    family.anna_does("say", r#""text":"hallo <b>fett</b> 😀","parse_mode":"HTML""#);
    let heard = family.owner.expect(SOON, |message| message.body.contains("fett"));
    assert_eq!(heard.body, "[Telegram] Anna: hallo *fett* 😀");

    let said = family.says("und *zurück* 😀");
    let shown = family.telegram.wait_text(anna, SOON, "zurück");
    assert_eq!(shown.at("text").text(), format!("[XMPP] {}: und zurück 😀", family.scene.owner));
    assert_eq!(shown.at("entities").list().last().unwrap().at("type").text(), "bold");

    // Changed, answered and felt.
    let bot = family.scene.bot.clone();
    family.owner.live("correction", &bot, &said, "und ganz zurück");
    family.telegram.wait_shown(anna, SOON, |all| {
        all.iter().any(|message| message.has("edit_date") && message.at("text").text().contains("und ganz zurück"))
    });
    assert_eq!(
        family.telegram.texts(anna).iter().filter(|text| text.contains("zurück")).count(),
        1,
        "changed, not said anew"
    );
    let number = shown.at("message_id").number();
    let answer = family.anna_does("say", &format!(r#""text":"danke","reply_to":{number}"#)).at("message_id").number();
    let heard = family.owner.expect(SOON, |message| message.body.contains("danke"));
    assert!(heard.xml.contains("urn:xmpp:reply:0"), "{heard:?}");
    family.anna_does("edit", &format!(r#""message_id":{answer},"text":"danke sehr""#));
    let changed = family.owner.expect(SOON, |message| message.body.contains("danke sehr"));
    assert!(changed.xml.contains("urn:xmpp:message-correct:0") && changed.xml.contains(&heard.id), "{changed:?}");
    family.anna_does("react", &format!(r#""message_id":{number},"emoji":["👍"]"#));
    let felt = family.owner.expect_life(SOON, "reaction");
    assert_eq!(felt.body, "👍");
    family.owner.live("reaction", &bot, &heard.id, "❤");
    family.telegram.wait_shown(anna, SOON, |all| {
        all.iter().any(|message| message.at("message_id").number() == answer && message.has("reactions"))
    });
}

#[test]
fn an_encrypted_chat_stays_so() {
    let Some(mut family) = Family::meet(BOTH) else { return };
    family.telegram.say(family.anna, family.anna, "ganz geheim");
    let heard = family.owner.expect(SOON, |message| message.body.contains("ganz geheim"));
    assert!(!heard.encrypted.is_empty() && !heard.xml.contains("geheim"), "{heard:?}");
    let bot = family.scene.bot.clone();
    family.owner.encrypt(&bot, "auch geheim", "0.3");
    family.telegram.wait_text(family.anna, SOON, "auch geheim");
    assert!(!family.scene.is_on_server("geheim"), "it is on the server");
}

#[test]
fn strangers_reach_nobody_and_long_words_arrive_whole() {
    let Some(mut family) = Family::meet("") else { return };
    let stranger = family.telegram.user("Mallory");
    family.telegram.say(stranger, stranger, "buy this");
    family.telegram.wait_taken(TOKEN, SOON);
    family.owner.none(QUIET);
    assert!(!family.telegram.texts(stranger).iter().any(|text| text != "buy this"), "and gets no answer");

    // A surrogate pair stands on every border that a careless cut could take.
    let long = "ä😀".repeat(2_000);
    family.says(&long);
    let parts = family.telegram.wait_shown(family.anna, SOON, |all| all.len() >= 3);
    let whole: String = parts[1..].iter().map(|part| part.at("text").text()).collect();
    assert!(whole.ends_with(&long), "{} of {} letters", whole.chars().count(), long.chars().count());

    // A token that Telegram takes no more: the owner hears of it, and once that what he says does not pass.
    family.telegram.order("revoke", "{}");
    let told = family.owner.expect(SOON, |message| message.body.contains("does not take the token"));
    assert!(told.body.contains("/telegram setup"), "{told:?}");
    family.says("nach dem Widerruf");
    family.owner.expect(SOON, |message| message.body.contains("does not pass"));
    family.says("und noch einmal");
    family.owner.none(QUIET);
    family.telegram.order("revoke", r#"{"again":true}"#);
    family.api("POST", "enable", r#"{"enabled":true}"#);
    family.says("wieder da");
    family.telegram.wait_text(family.anna, SOON, "wieder da");

    let log = fs::read_to_string(family.scene.daemon.log()).unwrap();
    assert!(!log.contains("AAfamily"), "the token is in the log");
}

/// Somebody else's idea of Telegram, which has no getWebhookInfo, never waits in a poll and forgets what was polled.
#[test]
fn an_emulator_of_somebody_elses_does_as_well() {
    let Some(mut emulator) = javascript("emulator.js") else { return };
    let port = Port::claim();
    let _emulator = Process::of(emulator.arg(port.number.to_string()).spawn().unwrap());
    let mut there = Http::new(port.number);
    let begun = Instant::now();
    while there.call("GET", &format!("/bot{TOKEN}/getMe"), None, &[], "").is_none() {
        assert!(begun.elapsed() < SOON, "the emulator does not serve");
        thread::sleep(Duration::from_millis(50));
    }
    let daemon = Daemon::start("[api]\nrate_limit = 0\n");
    let token = daemon.create_bot("Parrot", "owner@local");
    let setup = format!(r#"{{"token":"{TOKEN}","chat_id":"7","api_url":"http://127.0.0.1:{}"}}"#, port.number);
    let setup = daemon.http().post("/bot/telegram/setup", Some(&token), &setup).ok();
    assert_eq!(setup.at("username").text(), "TestNameBot");
    let anna = r#"{"id":7,"first_name":"Anna","type":"private"}"#;
    let said = format!(r#"{{"botToken":"{TOKEN}","from":{anna},"chat":{anna},"date":1796000000,"text":"hallo"}}"#);
    there.post("/sendMessage", None, &said).ok();
    daemon.http().post("/local/say", None, r#"{"to":"Parrot","text":"zurück"}"#).ok();
    let begun = Instant::now();
    loop {
        let lines = daemon.http().get("/local/read?with=Parrot&after=0", None).ok();
        let answers = there.post("/getUpdates", None, &format!(r#"{{"token":"{TOKEN}","chatId":7}}"#)).body;
        let heard = lines.at("result").list().iter().any(|line| line.at("text").text() == "[Telegram] Anna: hallo");
        if heard && answers.contains("zurück") {
            break;
        }
        assert!(begun.elapsed() < SOON, "{lines:?} {answers}\n{}", daemon.log_text());
        thread::sleep(Duration::from_millis(100));
    }
}
