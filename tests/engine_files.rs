//! Files at the engine: events in, effects out. The same on real servers is in `files.rs`.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use botmother::base::call::CallError;
use botmother::base::call::Called;
use botmother::base::limits;
use botmother::base::secret::Secret;
use botmother::base::spool::Spool;
use botmother::core::handle::*;
use botmother::core::setup::{ConfigAccount, Settings};
use botmother::engine::event::Event;
use botmother::store::Store;
use botmother::xmpp::message::{self, Kind};
use botmother::xmpp::session;
use botmother::xmpp::stanza::StanzaError;

use support::*;

#[path = "engine_files/fetching.rs"]
mod fetching;
#[path = "engine_files/sending.rs"]
mod sending;
#[path = "support/engine.rs"]
mod support;

const OWNER: &str = "ralf@x.example";

struct Rig {
    core: Core,
    token: Secret,
    spool: Spool,
    dir: PathBuf,
    waiting: Vec<Ticket>,
}

impl Drop for Rig {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}

impl Rigged for Rig {
    type Caused = Caused;

    fn core(&mut self) -> &mut Core {
        &mut self.core
    }

    fn batch(&mut self, events: Vec<Event>) -> Caused {
        let caused = Caused::of(self.core.batch(events));
        self.core.account = caused.started.last().copied().unwrap_or(self.core.account);
        caused
    }
}

impl Rig {
    /// An engine with a personal bot whose owner is online.
    fn new(name: &str) -> Rig {
        let new = NewBot { receive: Receive::All, ..NewBot::new("Cook", bare(OWNER)) };
        Rig::with(name, OWNER, new)
    }

    /// An engine with a bot that is online itself and only writes encrypted.
    fn encrypting(name: &str) -> Rig {
        let jid = "bot@x.example";
        Rig::with(name, jid, dedicated("Cook", OWNER, jid))
    }

    fn with(name: &str, voice: &str, new: NewBot) -> Rig {
        let account = ConfigAccount { ca_file: "/ca.pem".to_string(), ..config_account(OWNER) };
        let settings = Settings { accounts: vec![account], encrypt: Encrypt::Required, ..settings() };
        let core = Core::new(Store::memory(), setup(settings));
        let dir = std::env::temp_dir().join(format!("botmother-engine-files-{name}-{}", std::process::id()));
        let spool = Spool::open(&dir).unwrap();
        let token = Secret::default();
        let mut rig = Rig { core, token, spool, dir, waiting: Vec::new() };
        let (caused, _ticket) = rig.begin(Caller::Admin, Question::CreateBot(new));
        // One with an account of its own is made when that has signed in.
        let answers = [caused.answers, rig.online_as(voice)].concat();
        let [Ok(Answer::Created(info))] = &answers[..] else { panic!("{answers:?}") };
        rig.token = info.token.clone().unwrap();
        rig
    }

    fn online(&mut self) {
        self.online_as(OWNER);
    }

    fn online_as(&mut self, jid: &str) -> Vec<Outcome> {
        let bound = self.bound(&format!("{jid}/r"));
        let online = self.session(session::Event::Online { resumed: false });
        [bound.answers, online.answers].concat()
    }

    fn ask(&mut self, question: Question) -> Caused {
        let (caused, ticket) = self.begin(Caller::Bot(self.token.clone(), Scope::Any), question);
        self.waiting.push(ticket);
        caused
    }

    fn answer(&mut self, asked: &Asked, answer: &str) -> Caused {
        let element = (!answer.is_empty()).then(|| parse(answer));
        self.session(session::Event::Answer { tag: asked.tag, outcome: Ok(element) })
    }

    fn refuse(&mut self, asked: &Asked, error: &str) -> Caused {
        let outcome = Err(StanzaError::read(&parse(&format!("<iq type='error'>{error}</iq>"))));
        self.session(session::Event::Answer { tag: asked.tag, outcome })
    }

    fn called(&mut self, tag: u64, called: Called) -> Caused {
        self.batch(vec![Event::Called { tag, called: Box::new(called) }])
    }

    fn upload(&mut self, content: &[u8], key: Option<&str>) -> Question {
        let (spooled, mut opened) = self.spool.create().unwrap();
        std::io::Write::write_all(&mut opened, content).unwrap();
        let file = NewFile {
            name: "a/k\u{fc}.jpg".into(),
            media_type: "image/jpeg".into(),
            bytes: content.len() as u64,
            hash: botmother::base::crypto::sha256(content),
            content: Arc::new(spooled),
        };
        let action = BotAction::File { url: String::new(), caption: Some("look".into()) };
        let to = full("eve@x.example");
        let act = NewAction { to, kind: Kind::Chat, action, idempotency_key: key.map(Into::into) };
        Question::Upload(Box::new(Upload { act, file }))
    }

    /// The question for a slot, after the service was found.
    fn find_service(&mut self, asked: &[Asked], max: &str) -> Caused {
        assert!(asked.len() == 1 && asked[0].payload.contains("disco#items"), "{asked:?}");
        let infos = self.answer(
            &asked[0],
            "<query xmlns='http://jabber.org/protocol/disco#items'><item jid='muc.x.example'/>\
             <item jid='upload.x.example'/></query>",
        );
        assert_eq!(infos.asked.len(), 3, "the two, and the server itself: {infos:?}");
        let none = self.refuse(
            &infos.asked[0],
            "<error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>",
        );
        assert!(none.answers.is_empty() && none.asked.is_empty(), "{none:?}");
        self.answer(
            &infos.asked[1],
            &format!(
                "<query xmlns='http://jabber.org/protocol/disco#info'><feature var='urn:xmpp:http:upload:0'/>\
                 <x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' type='hidden'>\
                 <value>urn:xmpp:http:upload:0</value></field><field var='max-file-size'><value>{max}</value></field>\
                 </x></query>"
            ),
        )
    }

    fn files(&self) -> usize {
        fs::read_dir(&self.dir).unwrap().count()
    }

    /// The program goes away.
    fn hang_up(&mut self) {
        self.waiting.clear();
    }
}

fn slot(name: &str) -> String {
    format!(
        "<slot xmlns='urn:xmpp:http:upload:0'><put url='https://192.168.1.2:5281/up/{name}'>\
         <header name='Authorization'>Bearer x</header></put><get url='https://192.168.1.2:5281/up/{name}'/></slot>"
    )
}

fn status(status: u16) -> Called {
    Ok(http_answer(status, ""))
}

fn failure(caused: &Caused) -> String {
    match &caused.answers[..] {
        [Err(failure)] => format!("{failure:?}"),
        _ => panic!("{caused:?}"),
    }
}
