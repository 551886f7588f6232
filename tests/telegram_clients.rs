//! Bots as people write them for Telegram (tests/telegram/bots), in six libraries, and bots that somebody else wrote, with nothing
//! changed but their base URL: they talk by our face with a person on a real Prosody whose client encrypts with OMEMO. Python's
//! come with tests/setup, Node.js's where it is installed; elsewhere they are skipped, aloud. So are the gateways of Hermes and
//! OpenClaw, unless `tests/setup --hermes` and `--openclaw` have been run.

#![cfg(feature = "face-telegram")]
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod support;

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::encrypted::{BOTH, SOON, Scene, login, serve};
use support::peer::{Message, Peer};
use support::process::Process;
use support::proxy::Proxy;
use support::server::Kind;
use support::skip::skip;
use support::telegram::{javascript, library, other};

/// A bot's program at work, and the person who talks with it.
struct Talk {
    scene: Scene,
    owner: Peer,
    program: Process,
    proxy: Proxy,
    log: PathBuf,
}

const UP: Duration = Duration::from_secs(120);

/// A program in Python.
fn python(name: &str) -> Option<Command> {
    library(&format!("bots/{name}"))
}

/// A program in JavaScript.
fn node(name: &str) -> Option<Command> {
    javascript(&format!("bots/{name}"))
}

/// Another one, beside them.
fn beside(name: &str) -> Option<Command> {
    javascript(name)
}

impl Talk {
    /// `None` where the program or the server cannot be run here.
    fn begin(program: Option<Command>) -> Option<Talk> {
        let mut command = program?;
        let server = serve(Kind::Prosody, &["keeper", "owner", "bot"])?;
        let mut owner = login(&server, "owner", "phone", BOTH);
        let scene = Scene::with_bot(server, "required", "owner", "public");
        scene.announced(&mut owner);
        let log = scene.daemon.dir.join("program.log");
        // By way of a proxy, which knows when the program is up: importing a library takes seconds of a busy machine.
        let proxy = Proxy::start(scene.daemon.port);
        command.env("API", format!("http://127.0.0.1:{}", proxy.port));
        command.env("TOKEN", format!("{}:{}", scene.id, scene.token));
        let who = format!("/bot{}/getChat?chat_id={}", scene.token, scene.owner);
        let person = scene.daemon.http().get(&who, None).ok().at("result").at("id").number();
        let home = scene.daemon.dir.join("program");
        fs::create_dir(&home).unwrap();
        command.env("PERSON", person.to_string()).env("HOME", &home).current_dir(&home);
        command
            .stdin(Stdio::null())
            .stdout(File::create(&log).unwrap())
            .stderr(File::options().append(true).open(&log).unwrap());
        let talk = Talk { program: Process::of(command.spawn().unwrap()), proxy, scene, owner, log };
        talk.proxy.wait_connections(1, UP);
        // Once the program has called, commands are its own.
        let me = format!("/bot{}:{}/getMe", talk.scene.id, talk.scene.token);
        assert!(talk.scene.daemon.http().get(&me, None).ok().at("result").at("is_bot").truth());
        Some(talk)
    }

    /// She writes; gives the message's id.
    fn says(&mut self, text: &str) -> String {
        let bot = self.scene.bot.clone();
        self.owner.encrypt(&bot, text, "0.3")
    }

    /// The next message of the bot's that she reads has this in it, and was encrypted.
    fn hears(&mut self, part: &str) -> Message {
        let begun = Instant::now();
        while begun.elapsed() < SOON {
            let ended = self.program.0.try_wait().unwrap();
            assert!(ended.is_none(), "the program ended: {ended:?}\n{}", fs::read_to_string(&self.log).unwrap());
            if let Some(message) = self.owner.next(Duration::from_millis(500)) {
                assert!(message.body.contains(part), "{part} is not in {message:?}\n{}", self.says_the_program());
                assert!(!message.encrypted.is_empty() && !message.xml.contains(part), "{message:?}");
                return message;
            }
        }
        panic!("{part} does not come\n{}\n{}", self.says_the_program(), self.scene.daemon.log_text());
    }

    /// The bot's message of this id is now another one.
    fn hears_correction(&mut self, of: &Message, part: &str) {
        let message = self.hears(part);
        let replaced = format!("id=\"{}\"", of.id);
        let is_correction = message.xml.contains("urn:xmpp:message-correct:0") && message.xml.contains(&replaced);
        assert!(is_correction, "{message:?} does not replace {}", of.id);
    }

    fn asks(&mut self, question: &str, answer: &str) -> Message {
        self.says(question);
        self.hears(answer)
    }

    fn says_the_program(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

#[test]
fn python_telegram_bot_echo() {
    let Some(mut talk) = Talk::begin(python("ptb_echo.py")) else { return };
    talk.asks("/start", "Hi owner!");
    talk.asks("hallo, größe 😀", "hallo, größe 😀");
    talk.asks("/help", "Ask somebody else.");
    talk.asks("zwei\nZeilen", "zwei\nZeilen");
}

#[test]
fn python_telegram_bot_keyboard() {
    let Some(mut talk) = Talk::begin(python("ptb_keyboard.py")) else { return };
    let asked = talk.asks("/start", "Please choose:");
    assert!(asked.body.contains("Option 3"), "{asked:?}");
    talk.says("2");
    talk.hears_correction(&asked, "Chosen: 2");
}

#[test]
fn python_telegram_bot_conversation() {
    let Some(mut talk) = Talk::begin(python("ptb_conversation.py")) else { return };
    talk.asks("/start", "What do you eat?");
    talk.asks("Soup", "Send me a photo of it");
    talk.asks("/skip", "No photo then.");
    talk.asks("/skip", "You trust nobody.");
    talk.asks("I am hungry", "Soup; I am hungry. Thank you!");
    talk.asks("/start", "What do you eat?");
    talk.asks("/cancel", "Bye!");
}

#[test]
fn python_telegram_bot_timer() {
    let Some(mut talk) = Talk::begin(python("ptb_timer.py")) else { return };
    talk.asks("/start", "Use /set");
    talk.asks("/set", "Usage: /set");
    talk.asks("/set 1", "Timer is set.");
    talk.hears("Beep! 1.0 seconds are over.");
}

#[test]
fn aiogram_echo() {
    let Some(mut talk) = Talk::begin(python("aiogram_echo.py")) else { return };
    let hello = talk.asks("/start", "Hello, ");
    assert_eq!(hello.body, "Hello, *owner*!");
    talk.asks("so *fett* & <ü> 😀", "so *fett* & <ü> 😀");
}

#[test]
fn aiogram_fsm() {
    let Some(mut talk) = Talk::begin(python("aiogram_fsm.py")) else { return };
    talk.asks("/start", "What's your name?");
    talk.asks("Änne", "Nice to meet you, Änne!");
    let asked = talk.asks("Yes", "In which language?");
    talk.asks("Rust", "Noted");
    talk.hears_correction(&asked, "Änne writes Rust");
    talk.asks("/start", "What's your name?");
    talk.asks("cancel", "Cancelled.");
}

#[test]
fn aiogram_of_many_files() {
    let Some(mut talk) = Talk::begin(python("aiogram_files")) else { return };
    talk.asks("/id", "private True");
    let rolling = talk.asks("/roll 5", "rolling …");
    talk.hears_correction(&rolling, "5!");
    // A file goes as encrypted as the chat is.
    let file = talk.asks("/file", "aesgcm://");
    assert!(!file.xml.contains("words.txt"), "{file:?}");
    talk.hears("Here");
}

#[test]
fn pytelegrambotapi() {
    let Some(mut talk) = Talk::begin(python("telebot_echo.py")) else { return };
    talk.asks("/start", "Hi there, I am EchoBot.");
    talk.asks("dies und das", "dies und das");
    talk.asks("/ask", "Yes or no?");
    talk.asks("1", "Answer is cb_yes");
    talk.hears("You said cb_yes");
    talk.asks("/name", "What is your name?");
    talk.asks("Ümit", "So Ümit it is");
}

#[test]
fn telegraf() {
    let Some(mut talk) = Talk::begin(node("telegraf.js")) else { return };
    talk.asks("/start", "Welcome");
    talk.asks("/help", "Send me a *word*");
    talk.asks("Hi you", "Hey there");
    let asked = talk.asks("/choose", "Tea or coffee?");
    talk.asks("Coffee", "On its way");
    talk.hears_correction(&asked, "One coffee");
    talk.asks("zurück 😀", "zurück 😀");
    talk.asks("/quit", "aesgcm://");
}

#[test]
fn grammy() {
    let Some(mut talk) = Talk::begin(node("grammy.js")) else { return };
    talk.asks("/start", "Welcome! Up and running.");
    talk.asks("/count", "*1* times");
    talk.asks("/count", "*2* times");
    let asked = talk.asks("/menu", "Pick");
    talk.asks("2", "Good choice");
    talk.hears_correction(&asked, "You picked blue");
    talk.asks("grüße", "Echo: grüße");
}

#[test]
fn node_telegram_bot_api() {
    let Some(mut talk) = Talk::begin(node("node_telegram_bot_api.js")) else { return };
    talk.asks("/echo wohl wahr", "wohl wahr");
    let asked = talk.asks("/love", "Do you love me?");
    talk.asks("1", "Oh dear");
    talk.hears_correction(&asked, "Love: yes");
    talk.asks("und sonst", "Received your message");
}

#[test]
fn node_telegram_bot_api_of_old() {
    let Some(mut talk) = Talk::begin(node("node_telegram_bot_api_v1.js")) else { return };
    talk.asks("/echo wohl wahr", "wohl wahr");
    let asked = talk.asks("/love", "Do you love me?");
    talk.says("2");
    talk.hears_correction(&asked, "Love: no");
    talk.asks("/file", "aesgcm://");
    talk.hears("Here");
    talk.asks("und sonst", "Received your message");
}

// --- bots that somebody else wrote ---

const BOTS: &str = "test-telegram-bots-venv";

/// Runs commands of a shell.
#[test]
fn somebody_elses_pebbles() {
    let Some(mut talk) = Talk::begin(other("pebbles", BOTS)) else { return };
    talk.asks("/start", "Pebbles, at your service!");
    talk.asks("/mode", "Run commands ...");
    talk.asks("1", "Pebbles mode: Local");
    talk.asks("/run", "Enter command to run:");
    talk.asks("echo über uns", "über uns");
    talk.asks("and now?", "I do not understand");
}

/// Quotes poems.
#[test]
fn somebody_elses_poetrybot() {
    let Some(mut talk) = Talk::begin(other("poetry", BOTS)) else { return };
    talk.asks("/help", "Use /quote to get a random poem!");
    talk.asks("/quote Angelus Silesius", "Die Ros ist ohn warum;\nsie blühet, weil sie blühet\n\n_Angelus Silesius_");
    talk.asks("/quote Goethe", "No quote found!");
}

/// NoneBot with its own echo.
#[test]
fn somebody_elses_nonebot() {
    let Some(mut talk) = Talk::begin(other("nonebot", BOTS)) else { return };
    talk.asks("/echo grüße 😀", "grüße 😀");
    talk.asks("/echo zwei\nZeilen", "zwei\nZeilen");
}

/// Node-RED with an example flow: buttons that are exchanged, and a message that goes.
#[test]
fn somebody_elses_node_red() {
    let Some(mut talk) = Talk::begin(beside("others.js")) else { return };
    let asked = talk.asks("/foo", "Do you want to hide the inline keyboard?");
    talk.says("1");
    talk.hears_correction(&asked, "Are you really sure?");
    talk.says("1");
    let gone = talk.owner.expect(SOON, |message| message.xml.contains("message-retract"));
    assert!(gone.xml.contains(&asked.id), "{gone:?}");
}

/// A gateway of Hermes answers by its model.
#[test]
fn somebody_elses_hermes() {
    let Some(mut talk) = Talk::begin(other("hermes", "test-hermes")) else { return };
    talk.says("parrot: hello Hermes");
    talk.owner.expect(UP, |message| message.body.contains("You said: parrot: hello Hermes"));
}

/// A gateway of OpenClaw answers by its model.
#[test]
fn somebody_elses_openclaw() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/test-openclaw");
    if !folder.join("made-from.txt").exists() {
        return skip(&format!("no OpenClaw in {}; run tests/setup --openclaw", folder.display()));
    }
    let program = other("openclaw", BOTS).map(|mut command| {
        command.env("OPENCLAW", &folder);
        command
    });
    let Some(mut talk) = Talk::begin(program) else { return };
    talk.says("parrot: hello OpenClaw");
    talk.owner.expect(UP, |message| message.body.contains("You said:") && message.body.contains("hello OpenClaw"));
}
