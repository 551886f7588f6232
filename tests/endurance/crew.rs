//! Beside the owner's old bot: one with an account of its own that hears by a webhook and sits in a room, and new ones
//! that are hardly there when the daemon is killed.

use std::collections::HashSet;
use std::sync::Mutex;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::support::archive::{self, Entry};
use super::support::daemon::Daemon;
use super::support::http::Http;
use super::support::load::{self, Accepted, Others, Senders, Written, lock};
use super::support::peer::Peer;
use super::support::server::Server;
use super::support::stub::{self, Stub};

const PASSWORD: &str = "pw";
/// What is said to a new bot, and by it.
const FRESH_LINES: usize = 5;
const FRESH_SENDS: usize = 8;
const ROOM_PAUSE: Duration = Duration::from_millis(700);

/// One that was just made.
struct Fresh {
    token: String,
    said: Vec<String>,
    sender: JoinHandle<Vec<Accepted>>,
}

pub(crate) struct Crew {
    friend: String,
    pub(crate) others: Others,
    receiver: Stub,
    senders: Senders,
    fresh: Vec<Fresh>,
    /// Bots that are there besides.
    pub(crate) beside: i64,
}

impl Crew {
    pub(crate) fn start(server: &Server, daemon: &Daemon, friend: &str) -> Crew {
        server.add_user("hook", PASSWORD);
        server.add_user("maker", PASSWORD);
        let (bot, room) = (server.jid("hook"), server.room("den"));
        // Who makes the room is its owner, whose archive is open to him when he is out of it.
        let mut maker = Peer::login(server, "maker", PASSWORD, "phone");
        maker.join(&room, "maker");
        // It outlives a server's restart: whoever came first would make another one.
        let fields = "<field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#roomconfig</value></field>\
                      <field var='muc#roomconfig_persistentroom'><value>1</value></field>";
        maker.raw(&format!(
            "<iq type='set' to='{room}' id='own'><query xmlns='http://jabber.org/protocol/muc#owner'>\
             <x xmlns='jabber:x:data' type='submit'>{fields}</x></query></iq>"
        ));
        assert_eq!(maker.expect_iq(Duration::from_secs(20), "own").kind, "result");
        let token = create(server, daemon, "hook", "hookmaster");
        let joined = daemon.http().post("/bot/joinRoom", Some(&token), &format!(r#"{{"room":"{room}"}}"#));
        assert_eq!(joined.status, 200, "{}", joined.body);
        maker.quit();
        let receiver = Stub::fixed(stub::answer("200 OK", "", ""));
        let webhook = format!(r#"{{"url":"{}"}}"#, receiver.url("/hook"));
        let set = daemon.http().post("/bot/setWebhook", Some(&token), &webhook);
        assert_eq!(set.status, 200, "{}", set.body);
        let to = [(friend.to_string(), "chat"), (room.clone(), "groupchat")];
        let senders = Senders::start(daemon.port, &token, &to, ROOM_PAUSE);
        Crew {
            friend: friend.to_string(),
            others: Others { bot, room },
            receiver,
            senders,
            fresh: Vec::new(),
            beside: 1,
        }
    }

    /// Another bot, which speaks and is spoken to at once.
    pub(crate) fn add_fresh(&mut self, server: &Mutex<Server>, daemon: &Daemon) {
        let number = self.fresh.len();
        let (user, owner) = (format!("fresh{number}"), format!("master{}", number / 10));
        let server = lock(server);
        server.add_user(&user, PASSWORD);
        let token = create(&server, daemon, &user, &owner);
        let mut writer = Peer::login(&server, "maker", PASSWORD, &format!("writer{number}"));
        let (port, sender_token, friend) = (daemon.port, token.clone(), self.friend.clone());
        let sender = thread::spawn(move || {
            let mut http = Http::new(port);
            let send = |count| {
                let body = format!("fresh {number} send {count}");
                load::send(&mut http, &sender_token, &friend, &body, &body)
            };
            (0..FRESH_SENDS).map(send).collect()
        });
        let jid = server.jid(&user);
        let said: Vec<String> = (0..FRESH_LINES).map(|count| format!("fresh {number} line {count}")).collect();
        said.iter().for_each(|line| drop(writer.send(&jid, line)));
        load::confirm(&mut writer);
        writer.quit();
        self.fresh.push(Fresh { token, said, sender });
    }

    /// How many bots there are, those besides counted: the owner's, and what a test makes itself.
    pub(crate) fn bots(&self) -> i64 {
        self.fresh.len() as i64 + 1 + self.beside
    }

    /// When nothing is broken any more: what is broken of the promise.
    pub(crate) fn judge(
        self,
        what: &str,
        server: &Server,
        daemon: &Daemon,
        written: &Written,
        limit: Duration,
    ) -> Vec<String> {
        let begun = Instant::now();
        let mut accepted = self.senders.finish();
        let (mut tokens, mut said) = (Vec::new(), Vec::new());
        for fresh in self.fresh {
            accepted.extend(fresh.sender.join().expect("a sender"));
            tokens.push(fresh.token);
            said.push(fresh.said);
        }
        let bots = tokens.len() as i64 + 1;
        daemon.wait_health("bots_online", bots + self.beside, limit);
        let mut broken = Vec::new();
        loop {
            broken.clear();
            let archives = [
                archive::read_from(server, "maker", PASSWORD, Some(&self.others.room)),
                archive::read(server, "anna", PASSWORD),
            ];
            // A server that stops while it has a message may keep it for the sender, and give it to nobody.
            let fresh = (0..tokens.len()).map(|number| format!("fresh{number}"));
            let taken: Vec<Vec<Entry>> =
                fresh.chain(["hook".to_string()]).map(|user| archive::read(server, &user, PASSWORD)).collect();
            judge_sends(&mut broken, &accepted, &archives, &taken);
            let told = told(&lock(&self.receiver.requests));
            judge_told(&mut broken, "direct", &written.direct, &told);
            // What was said while a server was killed need not be in its archive.
            let in_room: HashSet<&str> = archives[0].iter().map(|entry| entry.body.as_str()).collect();
            let room: Vec<String> =
                written.room.iter().filter(|line| in_room.contains(line.as_str())).cloned().collect();
            judge_told(&mut broken, "room", &room, &told);
            if broken.is_empty() || begun.elapsed() > limit {
                let sends = accepted.len();
                println!(
                    "{what}: with a room, a webhook and {} new bots: {sends} sends, {} and {} lines for the webhook; {} faults",
                    bots - 1,
                    written.direct.len(),
                    room.len(),
                    broken.len()
                );
                break;
            }
            thread::sleep(Duration::from_secs(1));
        }
        for (token, said) in tokens.iter().zip(said) {
            let updates = daemon.http().get("/bot/getUpdates", Some(token)).ok().at("result").list();
            let bodies: Vec<String> = updates.iter().map(|update| update.at("data").at("body").text()).collect();
            if bodies != said {
                broken.push(format!("a new bot was told {bodies:?} and not {said:?}"));
            }
        }
        broken
    }
}

fn create(server: &Server, daemon: &Daemon, user: &str, owner: &str) -> String {
    let (owner, jid) = (server.jid(owner), server.jid(user));
    let body = format!(
        r#"{{"name":"{user}","account":"{owner}","mode":"cloud","access":"public","jid":"{jid}","password":"{PASSWORD}"}}"#
    );
    daemon.http().post("/bot/create", None, &body).ok().at("token").text()
}

/// Each that was accepted is in an archive of those it was for, once; or at least in its sender's, so that the server had it.
fn judge_sends(broken: &mut Vec<String>, accepted: &[Accepted], archives: &[Vec<Entry>], taken: &[Vec<Entry>]) {
    let ids = load::tally(archives.iter().flatten().map(|entry| entry.id.as_str()));
    let taken = load::tally(taken.iter().flatten().map(|entry| entry.id.as_str()));
    for sent in accepted {
        let id = sent.message_id.as_str();
        match ids.get(id) {
            Some(1) => {}
            None if taken.get(id) == Some(&1) => println!("lost by the server: {sent:?}"),
            times => broken.push(format!("in the archive {} times: {sent:?}", times.unwrap_or(&0))),
        }
    }
}

/// What was posted, each delivery once, in order: an attempt whose answer a kill has swallowed comes again.
fn told(requests: &[String]) -> Vec<String> {
    let mut seen = HashSet::new();
    let between = |text: &str, from: &str, to: &str| {
        let rest = text.split_once(from)?.1;
        rest.split_once(to).map(|(found, _)| found.to_string())
    };
    let is_first = |request: &&String| seen.insert(between(&request.to_lowercase(), "x-bot-delivery: ", "\r\n"));
    requests.iter().filter(is_first).filter_map(|request| between(request, r#""body":""#, "\"")).collect()
}

fn judge_told(broken: &mut Vec<String>, kind: &str, due: &[String], told: &[String]) {
    let told: Vec<&String> = told.iter().filter(|line| line.starts_with(kind)).collect();
    if !told.iter().copied().eq(due) {
        let counts = load::tally(told.iter().map(|line| line.as_str()));
        let lost: Vec<&String> = due.iter().filter(|line| !counts.contains_key(line.as_str())).collect();
        let twice: Vec<_> = counts.iter().filter(|(_, times)| **times > 1).collect();
        broken.push(format!("{kind}: lost {lost:?}, twice {twice:?}, {} told of {}", told.len(), due.len()));
    }
}
