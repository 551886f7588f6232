//! Buttons with a real server, the real daemon and slixmpp at the other end: pressed by number, reply, reaction, quick response
//! and menu, in plain text and with OMEMO in both versions; over a kill of the daemon.

#![allow(clippy::unwrap_used)]

mod support;

use support::encrypted::*;
use support::http::Json;
use support::peer::{Login, Menu, Peer};
use support::server::Kind;

const BUTTONS: &str = r#""buttons":[[{"text":"Ja-unbedingt","data":"y"},{"text":"Nein-niemals","data":"n"}]]"#;
const LINES: &str = "\n\n1. Ja-unbedingt\n2. Nein-niemals\nAnswer with the number.";

impl Scene {
    /// The bot asks the owner something; gives the message's id.
    fn asks(&self, text: &str) -> String {
        self.send(&format!(r#"{{"to":"{}","text":"{text}",{BUTTONS}}}"#, self.owner)).0
    }

    /// The next thing that the bot is told is this press.
    fn pressed(&mut self, id: &str, data: &str) -> Json {
        let press = self.heard("callback_query");
        assert_eq!((press.at("message_id").text().as_str(), press.at("data").text().as_str()), (id, data), "{press:?}");
        assert_eq!(press.at("from").text(), self.owner);
        press
    }
}

#[test]
fn pressed_in_plain_text() {
    let Some(server) = serve(Kind::Prosody, &["keeper", "owner", "bot"]) else { return };
    let mut scene = Scene::with_bot(server, "off", "owner", "owner");
    let life = Login { life: true, ..Login::default() };
    let mut phone = Peer::login_with(&scene.server, "owner", "pw", "phone", &life);
    let bot = scene.bot.clone();

    let first = scene.asks("Erste Frage?");
    let shown = phone.expect(SOON, |message| message.id == first);
    assert_eq!(shown.body, format!("Erste Frage?{LINES}"));
    phone.send(&bot, "2");
    let press = scene.pressed(&first, "n");
    assert_eq!(press.at("text").text(), "Nein-niemals");
    // The answer is said, once.
    let answer = format!(r#"{{"callback_id":"{}","text":"Schade."}}"#, press.at("id").text());
    let mut http = scene.daemon.http();
    http.post("/bot/answerCallbackQuery", Some(&scene.token), &answer).ok();
    assert_eq!(http.post("/bot/answerCallbackQuery", Some(&scene.token), &answer).status, 404);
    phone.expect(SOON, |message| message.body == "Schade.");

    let second = scene.asks("Zweite Frage?");
    phone.expect(SOON, |message| message.id == second);
    phone.live("reply", &bot, &first, "1");
    scene.pressed(&first, "y");
    scene.daemon.kill();
    scene.daemon.start_again();
    scene.daemon.wait_online(1, SOON);
    phone.live("reaction", &bot, &second, "2\u{fe0f}\u{20e3}");
    scene.pressed(&second, "n");
    phone.raw(&format!(
        "<message to='{bot}' type='chat' id='q1'>\
         <action-selected xmlns='urn:xmpp:tmp:quick-response' id='{second}/1'/></message>"
    ));
    scene.pressed(&second, "y");

    // As Cheogram does with what stands in the message, and by the menu of any client.
    let item = shown.xml.split("<item ").find(|item| item.contains(&format!("button/{first}/1"))).expect("a command");
    assert!(item.contains("Ja-unbedingt"), "{item}");
    let here = item.split("jid=\"").nth(1).unwrap().split('"').next().unwrap().to_string();
    let done = phone.menu(&here, &Menu::execute(&format!("button/{second}/2")));
    assert_eq!((done.status.as_str(), done.note.as_str()), ("completed", "Pressed: Nein-niemals"), "{done:?}");
    scene.pressed(&second, "n");
    let listed = phone.menu(&here, &Menu::list());
    assert!(listed.items.iter().any(|(node, _)| node == "buttons"), "{listed:?}");
    let done = phone.fill_menu(&here, "buttons", &[("button", &format!("{first}/1"))]);
    assert_eq!(done.note, "Pressed: Ja-unbedingt", "{done:?}");
    scene.pressed(&first, "y");

    // Without buttons there is nothing to press.
    let edit = format!(r#"{{"to":"{}","message_id":"{second}","text":"Erledigt."}}"#, scene.owner);
    scene.daemon.http().post("/bot/editMessage", Some(&scene.token), &edit).ok();
    let edited = phone.expect_life(SOON, "correction");
    assert_eq!((edited.id, edited.body), (second.clone(), "Erledigt.".to_string()));
    phone.live("reaction", &bot, &second, "1\u{fe0f}\u{20e3}");
    phone.send(&bot, "das war alles");
    assert_eq!(scene.heard("message").at("body").text(), "das war alles");
}

fn pressed_with_omemo(version: &'static str) {
    let Some(server) = serve(Kind::Prosody, &["keeper", "owner", "bot"]) else { return };
    let mut scene = Scene::with_bot(server, "preferred", "owner", "owner");
    let mut phone = scene.login("owner", "phone", version);
    let bot = scene.bot.clone();
    until(&scene.daemon, || match phone.devices(&bot) {
        none if none.is_empty() => Err(none),
        _ => Ok(()),
    });
    phone.encrypt(&bot, "hallo", version);
    scene.hears("hallo");
    let id = scene.asks("Die-Frage?");
    let shown = reads(&mut phone, &id, &format!("Die-Frage?{LINES}"));
    assert_eq!(shown.encrypted, version);
    phone.encrypt(&bot, "1", version);
    let press = scene.pressed(&id, "y");
    assert!(press.at("encrypted").truth() && !press.at("fingerprint").text().is_empty(), "{press:?}");
    // Reactions and menus are not encrypted by most clients, and say no more than a number.
    phone.raw(&format!(
        "<message to='{bot}' type='chat' id='r1'><reactions xmlns='urn:xmpp:reactions:0' id='{id}'>\
         <reaction>2\u{fe0f}\u{20e3}</reaction></reactions><store xmlns='urn:xmpp:hints'/></message>"
    ));
    scene.pressed(&id, "n");
    let done = phone.fill_menu(&shown.from, "buttons", &[("button", &format!("{id}/1"))]);
    assert_eq!(done.note, "Pressed: 1", "{done:?}");
    scene.pressed(&id, "y");
    for text in ["Ja-unbedingt", "Nein-niemals", "Die-Frage"] {
        assert!(!scene.is_on_server(text), "{text} is on the server");
    }
}

#[test]
fn pressed_with_the_older_omemo() {
    pressed_with_omemo("0.3");
}

#[test]
fn pressed_with_omemo_2() {
    pressed_with_omemo("2");
}
