//! The chat of a bot with an account of its own, and the same commands as menus (XEP-0050).

use botmother::base::id::AccountId;
use botmother::base::jid::Jid;
use botmother::base::remedy::{self, Place};
use botmother::core::effect::{ApiChange, Rebind, Wisher};
use botmother::engine::event::Rebound;
use botmother::store::Durability;
use botmother::xml::{Element, Namespaces};
use botmother::xmpp::adhoc::Request;
use botmother::xmpp::dataform::{Form, FormKind};
use botmother::xmpp::ns;
use botmother::xmpp::stanza::{Iq, IqKind};

use super::*;

const BOT: &str = "bot_wetter@example.org";
const PHONE: &str = "ralf@example.org/phone";
const EVE: &str = "eve@example.org/evil";

/// The rig with a bot that has an account of its own.
struct Chat {
    rig: Rig,
    bot: BotInfo,
    account: AccountId,
    count: u32,
}

impl Chat {
    fn new(language: Language) -> Chat {
        Chat::over(Store::memory(), language)
    }

    fn over(store: Store, language: Language) -> Chat {
        let mut rig = Rig::over(store, language);
        rig.online();
        let (effects, _ticket) = rig.begin(Caller::Admin, Question::CreateBot(dedicated("Wetter", OWNER, BOT)));
        let account = started(&effects);
        let effects = rig.told(account, session::Event::Online { resumed: false });
        let Some(Ok(Answer::Created(bot))) = answers(effects).pop() else { panic!("not created") };
        Chat { rig, bot, account, count: 0 }
    }

    /// Somebody writes to the bot; gives what it says.
    fn write(&mut self, from: &str, text: &str) -> Vec<String> {
        self.count += 1;
        let message = Inbound {
            id: Some(format!("m{}", self.count)),
            body: Some(text.to_string()),
            ..Inbound::new(full(from), full(BOT), Kind::Chat)
        };
        let event = Event::Session(self.account, session::Event::Message(Box::new(message)));
        sends(&self.rig.batch(vec![event])).into_iter().map(|(_, stanza)| stanza).collect()
    }

    fn one(&mut self, text: &str) -> String {
        let mut said = self.write(PHONE, text);
        assert_eq!(said.len(), 1, "{text}: {said:?}");
        said.remove(0)
    }

    /// What the bot's program gets.
    fn heard(&mut self) -> Vec<String> {
        let bot = self.bot.clone();
        let updates = self.rig.updates(&bot, None);
        if let Some(last) = updates.last() {
            self.rig.updates(&bot, Some(last.id.0 + 1));
        }
        updates.into_iter().map(|update| update.payload).collect()
    }

    /// Asks one of our accounts; gives the answer as text.
    fn ask_at(&mut self, account: AccountId, from: &str, kind: IqKind, payload: Element) -> String {
        let to = if account == self.account { format!("{BOT}/x") } else { format!("{OWNER}/x") };
        let request = Iq {
            kind,
            id: "q".into(),
            from: Jid::parse(from).ok(),
            to: Jid::parse(&to).ok(),
            payload: Some(payload),
            error: None,
        };
        let effects = self.rig.batch(vec![Event::Session(account, session::Event::Request(Box::new(request)))]);
        let mut answers = effects.into_iter().filter_map(|effect| match effect {
            Effect::Session(to, Order::Send { tag: None, stanza }) if to == account => Some(stanza),
            _ => None,
        });
        let answer = answers.next().expect("an answer");
        assert!(answers.next().is_none(), "one question, one answer");
        answer
    }

    fn list(&mut self, account: AccountId, from: &str) -> String {
        let query = Element::new("query", ns::DISCO_ITEMS).with("node", ns::COMMANDS);
        self.ask_at(account, from, IqKind::Get, query)
    }

    fn command(&mut self, account: AccountId, from: &str, command: Element) -> String {
        self.ask_at(account, from, IqKind::Set, command)
    }
}

fn command(node: &str) -> Element {
    Element::new("command", ns::COMMANDS).with("node", node).with("action", "execute")
}

fn submit(node: &str, session: &str, values: &[(&str, &str)]) -> Element {
    let form = values.iter().fold(Form::new(FormKind::Submit), |form, (var, value)| form.with_value(var, value));
    Element::new("command", ns::COMMANDS).with("node", node).with("sessionid", session).with_child(form.build())
}

fn session_of(answer: &str) -> String {
    let (_, rest) = answer.split_once("sessionid='").expect("a session");
    rest.split_once('\'').expect("quoted").0.to_string()
}

#[test]
fn the_chat_answers_its_own_commands_and_leaves_the_rest_to_the_program() {
    let mut chat = Chat::new(Language::English);
    let bot = chat.bot.clone();
    let commands = vec![
        Command { command: "weather".into(), description: "Sun, rain".into() },
        Command { command: "info".into(), description: "The program's own".into() },
    ];
    chat.rig.ask(as_bot(&bot), Question::SetCommands(commands)).unwrap();
    let help = chat.one("/help");
    for part in ["Wetter", "/help", "/start", "/info", "/clear", "/api", "/weather - Sun, rain"] {
        assert!(help.contains(part), "{part}: {help}");
    }
    assert!(help.contains(&format!("to='{OWNER}'")));
    assert!(
        help.contains("/ki")
            && help.contains("AI: not set up")
            && help.contains("/telegram")
            && help.contains("Telegram: off")
            && !help.contains("/newbot")
    );
    assert!(chat.one("/START").contains("Hello, I am Wetter."));
    assert_eq!(chat.heard(), [""; 0]);

    for text in ["/weather Berlin", "/unknown", "hello", "/", "a /help b"] {
        assert_eq!(chat.write(PHONE, text), [""; 0], "{text}");
        let heard = chat.heard();
        assert_eq!(heard.len(), 1, "{text}");
        assert!(heard[0].contains(&format!("\"body\":\"{text}\"")), "{heard:?}");
    }
    // What the program has registered, it gets, although the bot knows it too.
    assert!(chat.one("/info").contains("dedicated"));
    assert_eq!(chat.heard().len(), 1);
    for text in ["/help", "/api auth", "/clear", "hello"] {
        assert_eq!(chat.write(EVE, text), [""; 0], "{text}");
    }
    assert_eq!(chat.heard(), [""; 0]);
}

/// As in the chat with oneself; but where something else may answer, that is left to it.
#[test]
fn a_slip_in_a_bots_chat_is_asked_about_and_reaches_the_program() {
    let mut chat = Chat::new(Language::English);
    let bot = chat.bot.clone();
    let store = |chat: &mut Chat, commands: &[&str]| {
        let commands = commands.iter().map(|name| Command { command: name.to_string(), description: String::new() });
        chat.rig.ask(as_bot(&bot), Question::SetCommands(commands.collect())).unwrap();
    };
    store(&mut chat, &["weather", "inof"]);
    for (text, near) in [("/hlep", "help"), ("/Weahter Berlin", "weather"), ("/clera now", "clear")] {
        let said = chat.one(text);
        let word = text.split(' ').next().unwrap().to_lowercase();
        assert!(said.contains(&format!("I do not know {word}. Did you mean /{near}?")), "{text}: {said}");
    }
    // What is no slip, and what the program has registered, is the program's alone.
    for text in ["/inof", "/hello", "hlep", "/weather", "/us"] {
        assert_eq!(chat.write(PHONE, text), [""; 0], "{text}");
    }
    assert_eq!(chat.write(EVE, "/hlep"), [""; 0]);
    let heard = chat.heard();
    assert_eq!(heard.len(), 8, "{heard:?}");
    assert!(heard[1].contains(r#""body":"/Weahter Berlin""#), "{heard:?}");
    // A program was there just now, and may answer itself.
    assert_eq!(chat.write(PHONE, "/hlep"), [""; 0]);
    chat.rig.wait(limits::UNHEARD_SINCE);
    assert_eq!(chat.write(PHONE, "/hlep").len(), 1);
    assert!(chat.one("/ki setup ollama - m1").contains("AI configured"));
    assert!(!chat.write(PHONE, "/hlep").iter().any(|said| said.contains("Did you mean")));
}

#[test]
fn clear_takes_what_waits() {
    let mut chat = Chat::new(Language::English);
    assert!(chat.one("/clear").contains("nothing to forget"));
    chat.write(PHONE, "one");
    chat.write(PHONE, "two");
    assert!(chat.one("/clear").contains("Forgotten: 2 messages"));
    assert_eq!(chat.heard(), [""; 0]);
    // What its owner takes away is no loss.
    assert!(chat.one("/info").contains("dropped unread: 0"));
    let Ok(Answer::Metrics(metrics)) = chat.rig.admin(Question::Metrics) else { panic!() };
    let dropped = metrics.iter().find(|metric| metric.name == "updates_dropped_total");
    assert_eq!(dropped.map(|metric| metric.total() as i64), Some(0));
    chat.write(PHONE, "three");
    assert_eq!(chat.heard().len(), 1);
}

/// What was skipped since the start does not become less by deleting a bot or switching it off.
#[test]
fn what_was_skipped_at_a_bot_stays_counted() {
    let mut chat = Chat::new(Language::English);
    let skip = |chat: &mut Chat, account: AccountId| {
        let skipped = session::Skipped {
            what: "message".into(),
            from: EVE.into(),
            bytes: 600_000,
            why: "it is too large".into(),
            mark: None,
        };
        chat.rig.told(account, session::Event::Skipped(Box::new(skipped)));
    };
    let (own, person) = (chat.account, chat.rig.core.account);
    skip(&mut chat, own);
    skip(&mut chat, person);
    for (number, command) in ["/deactivate 1", "/activate 1", "/deletebot 1"].into_iter().enumerate() {
        chat.rig.phone(command);
        let status = sends(&chat.rig.phone(&format!("/status{}", " ".repeat(number))))[0].1.clone();
        assert!(status.contains("as too large or broken: 2 (last: message from eve"), "{command}: {status}");
    }
}

/// The one who deletes a bot is told what is left to do at its account.
#[test]
fn a_deleted_bot_whose_server_is_down_is_not_just_deleted() {
    let mut chat = Chat::new(Language::English);
    chat.rig.told(chat.account, cut());
    let said = sends(&chat.rig.phone("/deletebot 1"))[0].1.clone();
    assert!(said.contains(&format!("deleted. What it has published at {BOT} (name, picture, devices) is taken back")));
    assert!(said.contains(&format!("/forget {BOT} gives it up")), "{said}");
    let status = sends(&chat.rig.phone("/status"))[0].1.clone();
    assert!(status.contains(&format!("{BOT}, the account of a deleted bot")), "{status}");
}

#[test]
fn the_pages_show_the_real_address_and_token() {
    let mut chat = Chat::new(Language::English);
    let token = chat.bot.token.clone().unwrap().expose().to_string();
    let overview = chat.one("/api");
    for page in ["auth", "messages", "webhook", "management", "advanced", "examples", "server"] {
        assert!(overview.contains(&format!("/api {page} - ")), "{overview}");
        let text = chat.one(&format!("/api {page}"));
        assert!(text.contains("http://localhost:7842/bot/"), "{text}");
        assert_eq!(text.contains(&token), !matches!(page, "management" | "server"), "{page}: {text}");
        assert!(!text.contains('{') || text.contains("-d '{"), "{text}");
    }
    assert!(chat.one("/api nonsense").contains("Pages:"));
    assert!(chat.one("/api server port 9000").contains("for the daemon's admins"));
    assert!(!chat.one("/api server").contains("Configuration:"));
    let admins = vec![bare(OWNER)];
    let settings = Settings { admins, ..configured(Language::English) };
    chat.rig.batch(vec![Event::Reload(Box::new(settings))]);
    assert!(chat.one("/api server").contains("Configuration:"));
    for (wrong, why) in [
        ("port 80", "port 80 is not possible: a port is a number from 1024 to 65535, as in /api server port 7842."),
        ("port 70000", "port 70000 is not possible: a port is a number"),
        ("port", "port is not possible: a port is a number"),
        ("cert cert.pem", "cert cert.pem: a file is named by its whole path"),
        ("key", "key: a file is named"),
        ("cert /a.pem /b.pem", "cert /a.pem /b.pem: a file is named by its whole path, one at a time"),
        ("port 9000 9001", "port 9000 9001 is not possible: a port is a number"),
        ("prot 9000", "/api server prot 9000: that I do not know"),
    ] {
        let answer = chat.one(&format!("/api server {wrong}"));
        assert!(answer.contains(&format!("<body>{why}")) && answer.contains("Change it:"), "{answer}");
    }
}

#[test]
fn an_admin_changes_the_server() {
    let mut chat = Chat::new(Language::English);
    let admins = vec![bare(OWNER)];
    let settings = Settings { admins, ..configured(Language::English) };
    chat.rig.batch(vec![Event::Reload(Box::new(settings))]);
    let wishes = |chat: &mut Chat, text: &str| -> Vec<ApiChange> {
        chat.count += 1;
        let message = Inbound {
            id: Some(format!("w{}", chat.count)),
            body: Some(format!("/api server {text}")),
            ..Inbound::new(full(PHONE), full(BOT), Kind::Chat)
        };
        let effects = chat.rig.batch(vec![Event::Session(chat.account, session::Event::Message(Box::new(message)))]);
        let wish = |effect| if let Effect::Rebind(wish) = effect { Some(wish.change) } else { None };
        effects.into_iter().filter_map(wish).collect()
    };
    let both = ApiChange::Certificate { cert: "/c d.pem".into(), key: "/k.pem".into() };
    for (text, change) in [
        ("network", Some(ApiChange::Network(true))),
        ("Lokal", Some(ApiChange::Network(false))),
        ("port 1024", Some(ApiChange::Port(1024))),
        ("cert auto", Some(ApiChange::OwnCertificate)),
        ("renew-cert", Some(ApiChange::RenewCertificate)),
        ("reload-cert", Some(ApiChange::ReadCertificate)),
        ("zertifikat-loeschen", Some(ApiChange::DeleteCertificate)),
        ("cert \"/c d.pem\"", None),
        ("key /k.pem", Some(both.clone())),
        ("key „/k.pem“", None),
        ("cert /c d.pem", None),
        ("cert /c.pem /k.pem", None),
        ("cert \"/c d.pem", None),
        ("cert \"/c.pem\" \"/k.pem\"", None),
        ("cert “/c d.pem”", Some(both)),
        ("cert relative.pem", None),
        ("port 1023", None),
        ("port 65536", None),
        ("port", None),
        ("", None),
        ("network now", None),
    ] {
        assert_eq!(wishes(&mut chat, text), Vec::from_iter(change), "{text}");
    }
    let by = Wisher::Chat { bot: chat.bot.id, who: bare(OWNER) };
    let wish = Rebind { change: ApiChange::Port(9000), by };
    for (outcome, said) in [
        (Err("it is taken".to_string()), "was not changed: it is taken"),
        (Ok(("http://localhost:9000/bot/".to_string(), Default::default())), "at http://localhost:9000/bot/ now"),
    ] {
        let event = Event::Rebound(Box::new(Rebound { wish: Some(wish.clone()), outcome }));
        assert!(sends(&chat.rig.batch(vec![event]))[0].1.contains(said));
    }
    assert!(chat.one("/api auth").contains("http://localhost:9000/bot/getMe"));
}

#[test]
fn menus_list_what_the_asker_may_do() {
    let mut chat = Chat::new(Language::German);
    let bot = chat.bot.clone();
    let weather = Command { command: "weather".into(), description: String::new() };
    chat.rig.ask(as_bot(&bot), Question::SetCommands(vec![weather])).unwrap();
    let (own, person) = (chat.account, chat.rig.core.account);
    let listed = chat.list(own, PHONE);
    assert!(
        listed.contains(&format!("jid='{BOT}/x'")) && listed.contains("node='weather' name='/weather'"),
        "{listed}"
    );
    assert!(listed.contains("name='/help - diese Liste'"));
    let listed = chat.list(person, PHONE);
    assert!(listed.contains("node='newbot'") && !listed.contains("weather"));
    for (account, who) in [(own, EVE), (person, EVE), (person, BOT)] {
        assert!(!chat.list(account, who).contains("<item"), "{who}");
        assert!(chat.command(account, who, command("help")).contains("<forbidden"), "{who}");
        let info = Element::new("query", ns::DISCO_INFO).with("node", ns::COMMANDS);
        assert!(chat.ask_at(account, who, IqKind::Get, info).contains("<forbidden"), "{who}");
    }
    let info = Element::new("query", ns::DISCO_INFO).with("node", "weather");
    assert!(chat.ask_at(own, PHONE, IqKind::Get, info).contains("command-node"));
    let info = Element::new("query", ns::DISCO_INFO).with("node", "nonsense");
    assert!(chat.ask_at(own, PHONE, IqKind::Get, info).contains("<item-not-found"));
    assert!(chat.ask_at(own, PHONE, IqKind::Get, Element::new("query", ns::DISCO_ITEMS)).contains("type='result'"));
    assert!(chat.ask_at(own, PHONE, IqKind::Get, Element::new("x", "y")).contains("<service-unavailable"));
}

/// Refusals, forms and why a bot is not online: nothing in English where the language is German.
#[test]
fn what_is_wrong_is_said_in_the_language_of_the_chat() {
    let mut chat = Chat::new(Language::German);
    let (own, person) = (chat.account, chat.rig.core.account);
    let long = "x".repeat(600);
    for (text, said) in [
        (format!("/setdescription 1 {long}"), "Beschreibung stimmt nicht; richtig: höchstens 512 Zeichen, nicht 600"),
        ("/setcommands 1 /! - x".to_string(), "Befehl stimmt nicht; richtig: 1 bis 32 Buchstaben, Ziffern, _ oder -"),
        (
            "/setcommands 1 /a - x, /a - y".to_string(),
            "Befehl stimmt nicht; richtig: jeder nur einmal; `a` kommt zweimal vor",
        ),
        ("/access 1 public".to_string(), "Zugang stimmt nicht; richtig: owner bei einem Bot mit mode dedicated"),
        ("/forget anna@example.org".to_string(), "anna@example.org ist nicht das Konto eines gelöschten Bots"),
    ] {
        let answer = sends(&chat.rig.phone(&text)).remove(0).1;
        assert!(answer.contains(said), "{text}: {answer}");
    }
    let session = session_of(&chat.command(person, PHONE, command("setdescription")));
    let answer = chat.command(person, PHONE, submit("setdescription", &session, &[("id", "1"), ("text", &long)]));
    assert!(answer.contains("<note type='error'>Beschreibung stimmt nicht"), "{answer}");
    assert!(chat.one("/ki setup groq").contains("/ki setup groq"));
    assert!(chat.one("/ki setup ollama - x").contains("KI eingerichtet"));
    assert!(chat.one("/ki url ftp://x").contains("Adresse stimmt nicht; richtig: eine Adresse mit http oder https"));
    // The same to a program is English.
    let Err(refused) = chat.rig.ask(
        Caller::Admin,
        Question::SetProfile(NewProfile { bot: chat.bot.id, name: None, description: Some(long), avatar: None }),
    ) else {
        panic!()
    };
    assert_eq!(refused.at(Place::Api), "`description` must be at most 512 characters, not 600");

    let why = "example.org cannot be reached: 192.0.2.1:5222: connection refused".to_string();
    let offline = session::Event::Offline { why, retry_in: Duration::from_secs(5) };
    chat.rig.batch(vec![Event::Session(own, offline)]);
    let listed = sends(&chat.rig.phone("/mybots")).remove(0).1;
    assert!(
        listed.contains("offline: example.org ist nicht zu erreichen: 192.0.2.1:5222: Verbindung abgelehnt"),
        "{listed}"
    );
    let why = format!("wrong password for {BOT}: {}", remedy::password(BOT));
    chat.rig.batch(vec![Event::Session(own, session::Event::Stopped { why })]);
    let status = sends(&chat.rig.phone("/status 1")).remove(0).1;
    let said =
        format!("aufgegeben: falsches Passwort für {BOT}: gib das richtige an mit `botmother account add {BOT}`");
    assert!(status.contains(&said), "{status}");
}

/// What looks like a mark of ours in somebody's words is nothing but his words.
#[test]
fn marks_in_the_words_of_people_are_inert() {
    let mut rig = Rig::new();
    for typed in ["‹bots›", "‹forget›", "‹ca›"] {
        let say = Question::LocalSay { to: Some(typed.to_string()), text: "x".to_string() };
        let Err(refused) = rig.admin(say) else { panic!("{typed}") };
        let said = format!("owner@local has no active bot called {typed}; GET /bot/list shows all");
        assert_eq!(refused.at(Place::Api), said);
    }
    // The true ones do not come in by XMPP, and by the API only as something else.
    rig.online();
    let mark = remedy::FORGET;
    let message = format!(
        "<message xmlns='jabber:client' from='{PHONE}' to='{OWNER}' type='chat'><body>/x {mark}</body></message>"
    );
    let read = Element::parse(&message, &Namespaces::default()).unwrap();
    assert!(remedy::is_inert(&read.print(ns::CLIENT)));
}

#[test]
fn every_command_of_the_menus_runs() {
    let mut chat = Chat::new(Language::English);
    let (own, person) = (chat.account, chat.rig.core.account);
    for account in [own, person] {
        let listed = chat.list(account, PHONE);
        let nodes: Vec<String> =
            listed.split("node='").skip(2).filter_map(|part| Some(part.split_once('\'')?.0.to_string())).collect();
        assert!(nodes.len() >= 5, "{listed}");
        for node in nodes {
            let answer = chat.command(account, PHONE, command(&node));
            assert!(answer.contains("type='result'"), "{node}: {answer}");
            let is_form = answer.contains("status='executing'");
            assert_eq!(is_form, answer.contains("<actions execute='complete'>"), "{node}: {answer}");
            assert_ne!(is_form, answer.contains("status='completed'"), "{node}: {answer}");
        }
    }
    assert!(chat.command(own, PHONE, command("newbot")).contains("<item-not-found"));
}

#[test]
fn forms_lead_to_the_answer() {
    let mut chat = Chat::new(Language::English);
    let (own, person) = (chat.account, chat.rig.core.account);
    let form = chat.command(person, PHONE, command("newbot"));
    assert!(form.contains("var='name'") && form.contains("<required/>"), "{form}");
    let session = session_of(&form);
    // An empty answer gets the form again; then it works; then the session is over.
    let again = chat.command(person, PHONE, submit("newbot", &session, &[("name", "")]));
    assert!(again.contains("status='executing'") && again.contains("type='error'>Please fill in: name"), "{again}");
    let done = chat.command(person, PHONE, submit("newbot", &session, &[("name", "Neu & <gut>")]));
    assert!(done.contains("status='completed'") && done.contains("Neu &amp; &lt;gut&gt;"), "{done}");
    let over = chat.command(person, PHONE, submit("newbot", &session, &[("name", "Neu")]));
    assert!(over.contains("<bad-sessionid"), "{over}");

    // A bot is chosen from a list; one of somebody else is not in it.
    let form = chat.command(person, PHONE, command("setdescription"));
    assert!(form.contains("type='list-single'") && form.contains("[1] Wetter"), "{form}");
    let values = [("id", "1"), ("text", "Sun and rain")];
    assert!(chat.command(person, PHONE, submit("setdescription", &session_of(&form), &values)).contains("saved"));
    let form = chat.command(person, PHONE, command("showtoken"));
    let wrong = chat.command(person, PHONE, submit("showtoken", &session_of(&form), &[("id", "77")]));
    assert!(wrong.contains("This is not possible"), "{wrong}");

    // A custom command reaches the program.
    let bot = chat.bot.clone();
    let weather = Command { command: "weather".into(), description: String::new() };
    chat.rig.ask(as_bot(&bot), Question::SetCommands(vec![weather])).unwrap();
    let form = chat.command(own, PHONE, command("weather"));
    let done = chat.command(own, PHONE, submit("weather", &session_of(&form), &[("arguments", "Berlin \"Mitte\"")]));
    assert!(done.contains("Sent to the program of Wetter: /weather Berlin"), "{done}");
    let heard = chat.heard();
    assert_eq!(heard.len(), 1);
    assert!(heard[0].contains(r#""body":"/weather Berlin \"Mitte\"""#), "{heard:?}");
    assert!(heard[0].contains(&format!("\"from\":\"{OWNER}\",\"to\":\"{BOT}\"")), "{heard:?}");
    let form = chat.command(own, PHONE, command("api"));
    let page = chat.command(own, PHONE, submit("api", &session_of(&form), &[("choice", "auth")]));
    assert!(page.contains("TOKEN=bm_"), "{page}");
}

/// What is said in the chat with oneself of a bot that has its own.
#[test]
fn a_bot_with_its_own_chat_is_named_in_the_self_chat() {
    let mut chat = Chat::new(Language::English);
    let anton = chat.rig.create(OWNER, "Anton");
    let say = |chat: &mut Chat, text: &str| -> String {
        sends(&chat.rig.phone(text)).into_iter().map(|(_, stanza)| stanza).collect()
    };
    // Its AI, not that of the bot which gets what is written here; and hints say so.
    for (text, expected) in [
        ("/ki Wetter", "AI assistant of Wetter\nAI: not set up; /ki 1 setup\n\n/ki 1 on, /ki 1 off"),
        ("/ki 1 on", "not set up yet: /ki 1 setup"),
        ("/ki @wetter setup openclaw", "Then: /ki 1 setup openclaw"),
        ("/ki wetter setup groq - m1", "groq needs a key: /ki 1 setup groq"),
        ("/ki 1 setup ollama - m1", "AI configured!"),
        ("/ki #1 model", "Change it: /ki 1 model"),
        ("/ki status", "AI: not set up; /ki setup"),
        ("/ki 2 setup", "/ki 2 setup &lt;provider&gt; shows how"),
        ("/ki 77 status", "no bot with ID 77"),
        ("/ki @nobody token k_secret", "no bot called nobody. /mybots"),
        ("@Wetter, rain?", "Wetter has a chat of its own. Write to bot_wetter@example.org"),
        ("@1 rain?", "Write to bot_wetter@example.org"),
        ("/use Wetter", "Write to bot_wetter@example.org"),
    ] {
        let answer = say(&mut chat, text);
        assert!(answer.contains(expected) && !answer.contains("k_secret"), "{text}: {answer}");
    }
    assert!(chat.one("/ki 1 status").contains("AI: active (ollama / m1)"), "the number may stand there, too");
    assert!(chat.rig.updates(&anton, None).is_empty());
    let person = chat.rig.core.account;
    let form = chat.command(person, PHONE, command("use"));
    assert!(form.contains("[2] Anton") && !form.contains("Wetter"), "{form}");
    // Of two with one name the one here is meant; of two others, none.
    let twin = chat.rig.create(OWNER, "wetter");
    assert_eq!(say(&mut chat, "@Wetter hello"), "");
    assert!(chat.rig.updates(&twin, None)[0].payload.contains(r#""body":"hello""#));
    chat.rig.create(OWNER, "Wetter");
    for text in ["@Wetter again", "/ki Wetter status", "/omemo Wetter", "/status Wetter", "/access Wetter"] {
        let answer = say(&mut chat, text);
        assert!(answer.contains("Several bots have that name: [1] Wetter, [3] wetter, [4] Wetter"), "{text}: {answer}");
    }
    assert!(say(&mut chat, "/omemo Weter").contains("no bot called Weter. /mybots lists them. Usage: /omemo"));
    // One that is switched off is not passed over in silence.
    chat.rig.phone("/deactivate Anton");
    assert!(say(&mut chat, "@Anton are you there?").contains("Bot 2 is disabled. Switch it on first"));
}

/// A menu is touched sooner than a line is written.
#[test]
fn what_cannot_be_undone_is_asked_about() {
    let mut chat = Chat::new(Language::English);
    let (own, person) = (chat.account, chat.rig.core.account);
    let act = |node: &str, session: &str, action: &str| {
        Element::new("command", ns::COMMANDS).with("node", node).with("sessionid", session).with("action", action)
    };
    chat.write(PHONE, "one");
    let asked = chat.command(own, PHONE, command("clear"));
    assert!(asked.contains("status='executing'") && asked.contains("cannot be undone: /clear"), "{asked}");
    let canceled = chat.command(own, PHONE, act("clear", &session_of(&asked), "cancel"));
    assert!(canceled.contains("status='canceled'"), "{canceled}");
    assert_eq!(chat.heard().len(), 1);
    chat.write(PHONE, "two");
    let session = session_of(&chat.command(own, PHONE, command("clear")));
    // There is nothing to fill out, so a client may bring no form.
    let done = chat.command(own, PHONE, act("clear", &session, "complete"));
    assert!(done.contains("status='completed'") && done.contains("Forgotten: 1 messages"), "{done}");
    assert!(chat.command(own, PHONE, act("clear", &session, "complete")).contains("bad-sessionid"));

    let values: [(&str, &[(&str, &str)]); 4] = [
        ("token", &[("id", "1")]),
        ("revoke", &[("id", "1")]),
        ("omemo", &[("id", "1"), ("choice", "reset")]),
        ("deletebot", &[("id", "1")]),
    ];
    for (node, values) in values {
        let session = session_of(&chat.command(person, PHONE, command(node)));
        let asked = chat.command(person, PHONE, submit(node, &session, values));
        assert!(asked.contains("status='executing'"), "{node}: {asked}");
        assert!(asked.contains(&format!("cannot be undone: /{node} [1] Wetter")), "{node}: {asked}");
        // Who brings the form along at once is asked, too.
        let brought = submit(node, "", values);
        assert!(chat.command(person, PHONE, brought).contains("cannot be undone"), "{node}");
        let Ok(Answer::Bots(bots)) = chat.rig.admin(Question::ListBots(None)) else { panic!() };
        assert!(bots.len() == 1 && bots[0].active == (node == "token" || node == "revoke"), "{node}: {bots:?}");
        let done = chat.command(person, PHONE, submit(node, &session, &[]));
        assert!(done.contains("status='completed'"), "{node}: {done}");
    }
    let Ok(Answer::Bots(bots)) = chat.rig.admin(Question::ListBots(None)) else { panic!() };
    assert!(bots.is_empty());
    // What can be undone is done.
    let session = session_of(&chat.command(person, PHONE, command("status")));
    assert!(chat.command(person, PHONE, submit("status", &session, &[])).contains("status='completed'"));
}

#[test]
fn sessions_are_cancelled_checked_bounded_and_forgotten() {
    let mut chat = Chat::new(Language::English);
    let person = chat.rig.core.account;
    let with = |session: &str, action: &str| {
        Element::new("command", ns::COMMANDS).with("node", "newbot").with("sessionid", session).with("action", action)
    };
    let session = session_of(&chat.command(person, PHONE, command("newbot")));
    for (action, error) in
        [("prev", "bad-action"), ("next", "bad-action"), ("fly", "malformed-action"), ("complete", "bad-payload")]
    {
        assert!(chat.command(person, PHONE, with(&session, action)).contains(error), "{action}");
    }
    // Another client of the owner, another command, another account: not this session.
    assert!(chat.command(person, "ralf@example.org/laptop", with(&session, "cancel")).contains("bad-sessionid"));
    assert!(chat.command(person, PHONE, submit("token", &session, &[("id", "1")])).contains("bad-sessionid"));
    assert!(chat.command(chat.account, PHONE, with(&session, "cancel")).contains("bad-sessionid"));
    assert!(chat.command(person, PHONE, with(&session, "cancel")).contains("status='canceled'"));
    assert!(chat.command(person, PHONE, with(&session, "cancel")).contains("bad-sessionid"));

    let first = session_of(&chat.command(person, PHONE, command("newbot")));
    let mut last = String::new();
    for _ in 0..limits::MENU_FORMS_MAX {
        last = session_of(&chat.command(person, PHONE, command("newbot")));
    }
    assert!(chat.command(person, PHONE, submit("newbot", &first, &[("name", "A")])).contains("bad-sessionid"));
    chat.rig.wait(limits::MENU_FORM_LIFETIME);
    assert!(chat.command(person, PHONE, submit("newbot", &last, &[("name", "A")])).contains("session-expired"));
    assert!(chat.command(person, PHONE, submit("newbot", &last, &[("name", "A")])).contains("bad-sessionid"));
}

/// What could not be stored has not happened: the form is still there to be sent again.
#[test]
fn a_failed_commit_takes_no_form_away() {
    let dir = std::env::temp_dir().join(format!("botmother-menus-{}", std::process::id()));
    let mut chat = Chat::over(Store::open(&dir, Durability::Process).unwrap(), Language::English);
    let person = chat.rig.core.account;
    let session = session_of(&chat.command(person, PHONE, command("newbot")));
    let other = rusqlite::Connection::open(dir.join("botmother.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let request = Iq {
        kind: IqKind::Set,
        id: "q".into(),
        from: Jid::parse(PHONE).ok(),
        to: None,
        payload: Some(submit("newbot", &session, &[("name", "Late")])),
        error: None,
    };
    let effects = chat.rig.batch(vec![Event::Session(person, session::Event::Request(Box::new(request)))]);
    assert!(
        matches!(effects.as_slice(), [Effect::Session(_, Order::Taken(1)), Effect::Session(_, Order::Reset)]),
        "{effects:?}"
    );
    other.execute_batch("ROLLBACK").unwrap();
    let done = chat.command(person, PHONE, submit("newbot", &session, &[("name", "Late")]));
    assert!(done.contains("status='completed'") && done.contains("Name: Late"), "{done}");
    drop(chat);
    std::fs::remove_dir_all(dir).unwrap();
}

/// Damaged requests are answered, and nothing panics.
#[test]
fn whatever_is_asked_is_answered() {
    let mut chat = Chat::new(Language::English);
    let person = chat.rig.core.account;
    let mut seed = [0u8; 64];
    for _ in 0..500 {
        entropy(&mut seed);
        let pick = |at: usize, from: &[&str]| from[usize::from(seed[at]) % from.len()].to_string();
        let node = pick(0, &["newbot", "help", "api", "", "\u{1F600}", "setcommands"]);
        let mut element = Element::new("command", ns::COMMANDS).with("node", &node);
        element = element.with("action", &pick(1, &["execute", "next", "prev", "complete", "cancel", "x", ""]));
        if seed[2] % 3 == 0 {
            element = element.with("sessionid", &pick(3, &["", "x", "' or 1"]));
        }
        if seed[4] % 2 == 0 {
            let mut form = Element::new("x", ns::DATA).with("type", &pick(5, &["submit", "form", "cancel", "y"]));
            for at in 6..9 {
                let field =
                    Element::new("field", ns::DATA).with("var", &pick(at, &["id", "name", "", "text", "choice"]));
                let value = Element::new("value", ns::DATA).with_text(&pick(at + 3, &["1", "", "server", "a\nb", "ü"]));
                form = form.with_child(field.with_child(value));
            }
            element = element.with_child(form);
        }
        let account = if seed[12] % 2 == 0 { person } else { chat.account };
        let _ = Request::read(&element);
        let answer = chat.command(account, if seed[13] % 5 == 0 { EVE } else { PHONE }, element);
        assert!(answer.starts_with("<iq "), "{answer}");
    }
}
