//! Files at the engine: events in, effects out. The same on real servers is in `files.rs`.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use botmother::base::call::{CallError, HttpAnswer, HttpCall, Part, Reach};
use botmother::base::limits;
use botmother::base::secret::Secret;
use botmother::base::spool::Spool;
use botmother::engine::effect::{Effect, Order};
use botmother::engine::event::{Called, Event};
use botmother::engine::failure::Failure;
use botmother::engine::handle::*;
use botmother::engine::{ConfigAccount, Settings};
use botmother::store::Store;
use botmother::xmpp::message::{self, Kind, Reading};
use botmother::xmpp::ns;
use botmother::xmpp::session;
use botmother::xmpp::stanza::StanzaError;

use support::*;

#[path = "support/engine.rs"]
mod support;

const OWNER: &str = "ralf@x.example";

/// A question to an entity.
#[derive(Clone, Debug)]
struct Asked {
    tag: u64,
    payload: String,
}

/// What batches caused, sorted.
#[derive(Default, Debug)]
struct Caused {
    asked: Vec<Asked>,
    said: Vec<String>,
    calls: Vec<(u64, HttpCall)>,
    answers: Vec<Outcome>,
}

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
        let mut caused = Caused::default();
        for effect in self.core.batch(events) {
            match effect {
                Effect::Answer(_, outcome) => caused.answers.push(outcome),
                Effect::Session(_, Order::Ask { tag, payload, .. }) => {
                    caused.asked.push(Asked { tag, payload: payload.print(ns::CLIENT) });
                }
                Effect::Session(_, Order::Send { stanza, .. }) => caused.said.push(stanza),
                Effect::Session(account, Order::Start(..)) => self.core.account = account,
                Effect::Call { tag, call, .. } => caused.calls.push((tag, *call)),
                _ => {}
            }
        }
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
        let (caused, ticket) = self.begin(Caller::Bot(self.token.clone()), question);
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
        let file = NewFile {
            name: "a/k\u{fc}.jpg".into(),
            media_type: "image/jpeg".into(),
            bytes: content.len() as u64,
            hash: botmother::base::crypto::sha256(content),
            content: Arc::new(self.spool.write(content).unwrap()),
        };
        let deed = Deed::File { url: String::new(), caption: Some("look".into()) };
        let to = full("eve@x.example");
        let act = Act { to, kind: Kind::Chat, deed, idempotency_key: key.map(Into::into) };
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

#[test]
fn a_file_is_uploaded_and_then_said() {
    let mut rig = Rig::new("whole");
    let question = rig.upload(b"12345", Some("k"));
    let begun = rig.ask(question);
    assert!(begun.answers.is_empty() && rig.files() == 1, "{begun:?}");
    let found = rig.find_service(&begun.asked, "1000");
    let request = &found.asked[0];
    assert!(request.payload.contains("filename='a_kü.jpg' size='5' content-type='image/jpeg'"), "{request:?}");
    let put = rig.answer(request, &slot("1"));
    let (tag, call) = &put.calls[0];
    assert_eq!((call.method, call.url.as_str()), ("PUT", "https://192.168.1.2:5281/up/1"));
    assert_eq!(call.secret_headers[0].1.expose(), "Bearer x");
    assert_eq!(call.trust.ca_file, Some(PathBuf::from("/ca.pem")));
    assert!(matches!(&call.body[..], [Part::File { path, bytes: 5 }] if fs::read(path).unwrap() == b"12345"));
    assert!(put.answers.is_empty() && put.said.is_empty());

    // A bug in the middle: the batch is taken back, and done again piece by piece.
    plant(Bug::Next);
    let called = Event::Called { tag: *tag, called: Box::new(status(201)) };
    let done = rig.batch(vec![called, Event::Report]);
    assert!(bug_was_met());
    let [Ok(Answer::Sent { message_id, .. })] = &done.answers[..] else { panic!("{done:?}") };
    assert_eq!(done.said.len(), 2, "{done:?}");
    let address = "<url>https://192.168.1.2:5281/up/1</url>";
    assert!(done.said[0].contains(address) && done.said[0].contains(message_id), "{done:?}");
    assert!(done.said[1].contains("<body>look</body>"), "{done:?}");
    let message_id = message_id.clone();
    drop((done, put, begun, found));

    // The same again is not sent again, and another file under this key is refused.
    let question = rig.upload(b"12345", Some("k"));
    let again = rig.ask(question);
    assert!(matches!(&again.answers[..], [Ok(Answer::Sent { message_id: id, .. })] if *id == message_id), "{again:?}");
    let question = rig.upload(b"12346", Some("k"));
    let other = rig.ask(question);
    assert!(matches!(&other.answers[..], [Err(Failure::Conflict(_))]), "{other:?}");
    assert_eq!(rig.files(), 0);

    // The service is known now, and asked anew after the next login.
    let question = rig.upload(b"1", None);
    let second = rig.ask(question);
    assert!(second.asked[0].payload.contains("size='1'"), "{second:?}");
    rig.online();
    let question = rig.upload(b"1", None);
    assert!(rig.ask(question).asked[0].payload.contains("disco#items"));
}

fn failure(caused: &Caused) -> String {
    match &caused.answers[..] {
        [Err(failure)] => format!("{failure:?}"),
        _ => panic!("{caused:?}"),
    }
}

/// A job whose slot is asked for.
fn at_slot(rig: &mut Rig) -> Asked {
    let question = rig.upload(b"12345", None);
    let begun = rig.ask(question);
    let found = if begun.asked[0].payload.contains("disco#items") { rig.find_service(&begun.asked, "") } else { begun };
    found.asked[0].clone()
}

#[test]
fn what_goes_wrong_is_said() {
    const STANZAS: &str = "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'";
    let mut rig = Rig::new("wrong");
    let question = rig.upload(b"12345", None);
    let begun = rig.ask(question);
    let large = rig.find_service(&begun.asked, "4");
    assert!(failure(&large).contains("TooLarge") && failure(&large).contains("at most 4 bytes"), "{large:?}");

    let mut rig = Rig::new("wrong");
    let slot_asked = at_slot(&mut rig);
    let size = "<file-too-large xmlns='urn:xmpp:http:upload:0'><max-file-size>3</max-file-size></file-too-large>";
    let large = rig.refuse(&slot_asked, &format!("<error type='modify'><not-acceptable {STANZAS}/>{size}</error>"));
    assert!(failure(&large).contains("at most 3 bytes"), "{large:?}");

    let mut rig = Rig::new("wrong");
    let slot_asked = at_slot(&mut rig);
    let refused = rig.refuse(&slot_asked, &format!("<error type='auth'><forbidden {STANZAS}/></error>"));
    assert!(failure(&refused).contains("send_failed") && failure(&refused).contains("may not upload"), "{refused:?}");

    let mut rig = Rig::new("wrong");
    let slot_asked = at_slot(&mut rig);
    let nonsense = rig.answer(&slot_asked, "<slot xmlns='urn:xmpp:http:upload:0'><put url='http://a/'/></slot>");
    assert!(failure(&nonsense).contains("not https"), "{nonsense:?}");

    // A slot that is not good any more: another one, and then no third.
    let mut rig = Rig::new("wrong");
    let slot_asked = at_slot(&mut rig);
    let put = rig.answer(&slot_asked, &slot("1"));
    let used = rig.called(put.calls[0].0, status(409));
    assert!(used.answers.is_empty(), "{used:?}");
    let put = rig.answer(&used.asked[0], &slot("2"));
    let used = rig.called(put.calls[0].0, status(403));
    assert!(failure(&used).contains("send_failed") && used.said.is_empty(), "{used:?}");

    let slot_asked = at_slot(&mut rig);
    let put = rig.answer(&slot_asked, &slot("3"));
    let cut = rig.called(put.calls[0].0, Err(CallError::Refused));
    assert!(failure(&cut).contains("connection refused"), "{cut:?}");
    let slot_asked = at_slot(&mut rig);
    let put = rig.answer(&slot_asked, &slot("3"));
    let large = rig.called(put.calls[0].0, status(413));
    assert!(failure(&large).contains("TooLarge"), "{large:?}");
    drop((put, cut, used, large));
    assert_eq!(rig.files(), 0, "no file is left");
}

#[test]
fn a_server_without_the_service() {
    let mut rig = Rig::new("none");
    let question = rig.upload(b"12345", None);
    let begun = rig.ask(question);
    let items = rig.answer(&begun.asked[0], "<query xmlns='http://jabber.org/protocol/disco#items'/>");
    let none = rig.answer(&items.asked[0], "<query xmlns='http://jabber.org/protocol/disco#info'/>");
    assert!(failure(&none).contains("no upload service"), "{none:?}");

    // Offline, nobody can be asked.
    rig.offline();
    let question = rig.upload(b"12345", None);
    let offline = rig.ask(question);
    assert!(failure(&offline).contains("not online"), "{offline:?}");
}

#[test]
fn jobs_are_bounded_and_end() {
    let mut rig = Rig::new("bounds");
    for _ in 0..limits::FILE_JOBS_PER_BOT_MAX {
        let question = rig.upload(b"12345", None);
        assert!(rig.ask(question).answers.is_empty());
    }
    let question = rig.upload(b"12345", None);
    assert!(failure(&rig.ask(question)).contains("Busy"));
    assert_eq!(rig.files(), limits::FILE_JOBS_PER_BOT_MAX);
    // A server that does not answer.
    rig.core.now.mono += limits::FILE_JOB_TIMEOUT;
    assert!(rig.core.engine.deadline().unwrap() <= rig.core.now.mono);
    let late = rig.batch(Vec::new());
    assert_eq!(late.answers.len(), limits::FILE_JOBS_PER_BOT_MAX);
    assert!(late.answers.iter().all(|answer| matches!(answer, Err(Failure::Remote { what: "send_failed", .. }))));
    assert_eq!(rig.files(), 0);
}

#[test]
fn nothing_is_said_for_a_program_that_has_gone() {
    let mut rig = Rig::new("gone");
    let slot_asked = at_slot(&mut rig);
    let put = rig.answer(&slot_asked, &slot("1"));
    rig.hang_up();
    let done = rig.called(put.calls[0].0, status(201));
    assert!(done.said.is_empty() && done.answers.is_empty(), "{done:?}");
    assert_eq!(rig.files(), 0);
}

#[test]
fn where_the_chat_is_encrypted_the_file_is() {
    let mut rig = Rig::encrypting("sealed");
    let question = rig.upload(b"12345", None);
    let begun = rig.ask(question);
    let found = rig.find_service(&begun.asked, "1000");
    let request = &found.asked[0].payload;
    assert!(request.contains("size='21' content-type='application/octet-stream'"), "{request}");
    assert!(request.contains(".jpg'") && !request.contains("k\u{fc}"), "{request}");
    let put = rig.answer(&found.asked[0], &slot("1"));
    let (tag, call) = &put.calls[0];
    let [Part::Sealed { path, bytes: 5, key }] = &call.body[..] else { panic!("{call:?}") };
    assert!(fs::read(path).unwrap() == b"12345" && key.expose().len() == 88 && call.body_bytes() == 21);
    assert_eq!(call.headers, [("Content-Type", "application/octet-stream".to_string())]);
    // A slot that is taken: the next one has the same.
    let taken = rig.called(*tag, status(409));
    let put = rig.answer(&taken.asked[0], &slot("2"));
    assert!(matches!(&put.calls[0].1.body[..], [Part::Sealed { key: again, .. }] if again == key));
    // The message waits for keys. Its address goes out encrypted or not at all.
    let done = rig.called(put.calls[0].0, status(201));
    assert!(matches!(&done.answers[..], [Ok(Answer::Sent { encrypted: true, .. })]), "{done:?}");
    assert!(done.said.is_empty(), "{done:?}");

    // One byte too many is the encryption's.
    let question = rig.upload(&[7; 985], None);
    let begun = rig.ask(question);
    assert!(failure(&begun).contains("TooLarge"), "{begun:?}");
}

/// Somebody sends the owner files, and the bot gets everything; gives the update's `data`, as text.
fn told_of(rig: &mut Rig, payload: &str) -> String {
    told_in(rig, "look", payload)
}

fn told_in(rig: &mut Rig, body: &str, payload: &str) -> String {
    let id = format!("m{}-{}", payload.len(), body.len());
    let stanza = format!(
        "<message xmlns='jabber:client' from='eve@x.example/y' to='{OWNER}' type='chat' id='{id}'><body>{body}</body>{payload}</message>"
    );
    let element = parse(&stanza);
    let Reading::Live(inbound) = message::read(&element, &bare(OWNER)) else { panic!("{stanza}") };
    rig.session(session::Event::Message(inbound));
    let updates = rig.ask(Question::GetUpdates(poll(None, None)));
    let [Ok(Answer::Updates(updates))] = &updates.answers[..] else { panic!("{updates:?}") };
    updates.last().unwrap().payload.clone()
}

fn oob(url: &str) -> String {
    format!("<x xmlns='jabber:x:oob'><url>{url}</url></x>")
}

fn get(rig: &mut Rig, url: &str, is_download: bool) -> Caused {
    let into = is_download.then(|| Arc::new(rig.spool.reserve()));
    rig.ask(Question::GetFile(FileQuery { wanted: FileWanted::Url(url.into()), into }))
}

/// The call was made and filled its file.
fn got(rig: &mut Rig, caused: &Caused, content: &[u8]) -> Caused {
    let (tag, call) = &caused.calls[0];
    fs::write(call.save_to.as_ref().unwrap(), content).unwrap();
    let headers = vec![("content-type".to_string(), "image/png".to_string())];
    let body_bytes = content.len() as u64;
    rig.called(*tag, Ok(HttpAnswer { status: 200, headers, body_bytes, ..HttpAnswer::default() }))
}

#[test]
fn only_what_a_bot_was_told_of_is_fetched() {
    let mut rig = Rig::new("told");
    let url = "https://files.example/a/k%C3%BC.jpg";
    assert!(failure(&get(&mut rig, url, true)).contains("NotFound"));
    let data = told_of(&mut rig, &oob(url));
    assert!(data.contains("\"name\":\"kü.jpg\",\"type\":\"image/jpeg\""), "{data}");
    let known = get(&mut rig, url, false);
    let [Ok(Answer::File(info))] = &known.answers[..] else { panic!("{known:?}") };
    assert!(data.contains(&format!("\"file_id\":\"{}\"", info.file_id)), "{data}");

    let begun = get(&mut rig, url, true);
    let call = &begun.calls[0].1;
    assert_eq!(
        (call.url.as_str(), call.reach, call.answer_bytes_max),
        (url, Reach::PublicOnly, limits::DOWNLOAD_BYTES_MAX)
    );
    let done = got(&mut rig, &begun, b"12345");
    let [Ok(Answer::Content { media_type, bytes: 5, content, .. })] = &done.answers[..] else { panic!("{done:?}") };
    assert!(media_type == "image/png" && fs::read(content.path()).unwrap() == b"12345");
    drop((begun, done));
    assert_eq!(rig.files(), 0);

    for (outcome, symbol) in [
        (status(404), "NotFound"),
        (status(403), "Forbidden"),
        (Err(CallError::TooLarge), "TooLarge"),
        (status(500), "connection_failed"),
    ] {
        let begun = get(&mut rig, url, true);
        let ended = rig.called(begun.calls[0].0, outcome);
        assert!(failure(&ended).contains(symbol), "{ended:?}");
    }
    // Said to be too large, and of no kind that can be fetched.
    let large = "<file-sharing xmlns='urn:xmpp:sfs:0'><file xmlns='urn:xmpp:file:metadata:0'><size>99999999</size></file>\
                 <sources><url-data xmlns='http://jabber.org/protocol/url-data' target='https://h/large'/></sources></file-sharing>";
    told_of(&mut rig, large);
    assert!(failure(&get(&mut rig, "https://h/large", true)).contains("TooLarge"));
    let data = told_of(&mut rig, &oob("aesgcm://h/a.jpg#abc"));
    assert!(data.contains("aesgcm:") && !data.contains("file_id"), "{data}");
}

#[test]
fn encrypted_files_are_fetched_without_their_key() {
    let mut rig = Rig::new("encrypted");
    let (place, key) = ("h.example/a/b.jpg", "0c".repeat(44));
    let (url, https) = (format!("aesgcm://{place}#{key}"), format!("https://{place}"));
    // As clients that know XEP-0454 alone say it: the address is the text, with a small picture behind it or not.
    let data = told_in(&mut rig, &format!("{url}\ndata:image/jpg,AAAA"), "");
    assert!(data.contains(&format!("\"attachment\":{{\"url\":\"{url}\",\"file_id\":\"")), "{data}");
    assert!(data.contains("\"name\":\"b.jpg\",\"type\":\"image/jpeg\""), "{data}");
    let known = get(&mut rig, &url, false);
    assert!(matches!(&known.answers[..], [Ok(Answer::File(info))] if info.url == url), "{known:?}");
    assert!(failure(&get(&mut rig, &https, true)).contains("NotFound"), "without its key it is another file");

    let begun = get(&mut rig, &url, true);
    let call = &begun.calls[0].1;
    assert_eq!((call.url.as_str(), call.reach), (https.as_str(), Reach::PublicOnly));
    assert_eq!(call.open_with.as_ref().map(Secret::expose), Some(key.as_str()));
    assert_eq!(call.answer_bytes_max, limits::DOWNLOAD_BYTES_MAX + 16);
    assert!(!format!("{call:?}").contains(&key));
    let done = got(&mut rig, &begun, b"12345");
    let [Ok(Answer::Content { media_type, bytes: 5, .. })] = &done.answers[..] else { panic!("{done:?}") };
    assert_eq!(media_type, "image/jpeg", "what the service says is not so");

    let begun = get(&mut rig, &url, true);
    let altered = rig.called(begun.calls[0].0, Err(CallError::Altered));
    assert!(failure(&altered).contains("connection_failed") && failure(&altered).contains("altered"), "{altered:?}");

    // The same file with another key is another one, and takes nothing from the first.
    let other = format!("aesgcm://{place}#{}", "0d".repeat(44));
    told_in(&mut rig, &other, &oob(&other));
    assert_eq!(get(&mut rig, &url, true).calls[0].1.open_with.as_ref().map(Secret::expose), Some(key.as_str()));
    for text in [format!("see {url}"), format!("{url} there"), format!("{url}\nthere"), "aesgcm://h/a#00".to_string()] {
        let data = told_in(&mut rig, &text, "");
        assert!(!data.contains("file_id"), "{data}");
    }
}

#[test]
fn private_addresses_are_for_our_own_upload_service() {
    let mut rig = Rig::new("own");
    let (own, router) = ("https://192.168.1.2:5281/up/a/b.png", "https://192.168.1.1/admin");
    told_of(&mut rig, &format!("{}{}", oob(own), oob(router)));
    let begun = get(&mut rig, own, true);
    assert_eq!(begun.calls[0].1.reach, Reach::PublicOnly, "nothing is known yet");
    let private = rig.called(begun.calls[0].0, Err(CallError::NotPublic));
    let found = rig.find_service(&private.asked, "");
    let again = rig.answer(&found.asked[0], &slot("1/x"));
    assert_eq!((again.calls[0].1.reach, again.calls[0].1.redirects_max), (Reach::Any, 0));
    let done = got(&mut rig, &again, b"1");
    assert!(matches!(&done.answers[..], [Ok(Answer::Content { .. })]), "{done:?}");
    // From then on it is known; the router is still none of it.
    assert_eq!(get(&mut rig, own, true).calls[0].1.reach, Reach::Any);
    let begun = get(&mut rig, router, true);
    assert_eq!(begun.calls[0].1.reach, Reach::PublicOnly);
    let private = rig.called(begun.calls[0].0, Err(CallError::NotPublic));
    let refused = rig.answer(&private.asked[0], &slot("2/x"));
    assert!(failure(&refused).contains("Forbidden") && refused.calls.is_empty(), "{refused:?}");
}
