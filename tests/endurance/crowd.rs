//! Fifty bots with accounts of their own and five rooms in one daemon: what is accepted is not lost, there neither.
//!
//! People write to every bot and in every room, bots write to a person and in their rooms, while the daemon is killed, all
//! its connections are cut, and the server is restarted. Then the servers' archives say what was sent and what arrived.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::support::archive::{self, Entry};
use super::support::daemon::Daemon;
use super::support::http::Http;
use super::support::load::{self, Accepted, Random};
use super::support::peer::Peer;
use super::support::proxy::Proxy;
use super::support::server::{Kind, Options, Server, Storage};

const BOTS: usize = 50;
const ROOMS: usize = 5;
/// Of each ten in a room, so many speak there: each line comes back to all ten.
const SPEAKERS: usize = 2;
const LIMIT: Duration = Duration::from_secs(60);
/// How long what is under way may take when nothing is broken any more; an account without an answer waits up to a minute.
const ARRIVAL_LIMIT: Duration = Duration::from_secs(150);
const SEND_PAUSE: Duration = Duration::from_millis(6_000);
const WRITE_PAUSE: Duration = Duration::from_millis(120);
const ACTIONS: [Action; 6] = [Action::Kill, Action::Cut, Action::Kill, Action::Restart, Action::Kill, Action::Cut];

#[derive(Clone, Copy, Debug)]
enum Action {
    Kill,
    Cut,
    Restart,
}

struct Bot {
    jid: String,
    token: String,
    room: String,
}

/// What one bot's program does until it is told to stop: one thread polls, another sends.
struct Programs {
    stop: Arc<AtomicBool>,
    polling: Vec<JoinHandle<Vec<String>>>,
    sending: Vec<JoinHandle<Vec<Accepted>>>,
}

fn start_programs(port: u16, bots: &[Bot], person: &str, stop_sending: &Arc<AtomicBool>) -> Programs {
    let stop = Arc::new(AtomicBool::new(false));
    let poll = |bot: &Bot| {
        let (stop, token) = (Arc::clone(&stop), bot.token.clone());
        thread::spawn(move || poll_until(&stop, port, &token))
    };
    let send = |(number, bot): (usize, &Bot)| {
        let (stop, token) = (Arc::clone(stop_sending), bot.token.clone());
        let to: Vec<(String, &str)> = match number / ROOMS < SPEAKERS {
            true => vec![(person.to_string(), "chat"), (bot.room.clone(), "groupchat")],
            false => vec![(person.to_string(), "chat")],
        };
        thread::spawn(move || {
            let (mut http, mut accepted) = (Http::new(port), Vec::new());
            thread::sleep(SEND_PAUSE.mul_f64(number as f64 / BOTS as f64));
            while !stop.load(Ordering::SeqCst) {
                for (to, kind) in &to {
                    let text = format!("bot {number} says {}", accepted.len());
                    accepted.push(load::send_kind(&mut http, &token, (to, kind), &text, &text));
                }
                thread::sleep(SEND_PAUSE);
            }
            accepted
        })
    };
    let polling = bots.iter().map(poll).collect();
    Programs { polling, sending: bots.iter().enumerate().map(send).collect(), stop }
}

/// The texts of all messages that came.
fn poll_until(stop: &AtomicBool, port: u16, token: &str) -> Vec<String> {
    let (mut http, mut offset, mut seen) = (Http::new(port), 0, Vec::new());
    while !stop.load(Ordering::SeqCst) {
        let path = format!("/bot/getUpdates?timeout=5&offset={offset}");
        let reply = http.call("GET", &path, Some(token), &[], "").filter(|reply| reply.status == 200);
        let Some(reply) = reply else {
            thread::sleep(Duration::from_millis(100));
            continue;
        };
        for update in reply.ok().at("result").list() {
            offset = update.at("update_id").number() + 1;
            if update.at("type").text() == "message" {
                seen.push(update.at("data").at("body").text());
            }
        }
    }
    seen
}

/// Somebody who writes to all bots in turn and now and then in a room. Gives what he wrote, and where.
struct Writer {
    phone: Option<Peer>,
    count: usize,
}

impl Writer {
    fn log_in(&mut self, server: &Server, rooms: &[String]) {
        let mut phone = Peer::login(server, "ralf", "pw", "phone");
        rooms.iter().for_each(|room| phone.join(room, "ralf"));
        self.phone = Some(phone);
    }

    fn write_for(&mut self, time: Duration, bots: &[Bot], rooms: &[String]) {
        let begun = Instant::now();
        while begun.elapsed() < time {
            let Some(phone) = &mut self.phone else { return };
            phone.clear();
            self.count += 1;
            let text = format!("line {}", self.count);
            match self.count % 8 {
                0 => phone.send_kind(&rooms[self.count / 8 % rooms.len()], &text, "groupchat"),
                _ => phone.send(&bots[self.count % bots.len()].jid, &text),
            };
            thread::sleep(WRITE_PAUSE);
        }
    }

    /// Returns when the server has dealt with everything.
    fn log_out(&mut self) {
        if let Some(mut phone) = self.phone.take() {
            load::confirm(&mut phone);
            phone.quit();
        }
    }
}

fn make_bots(server: &Server, daemon: &Daemon, rooms: &[String]) -> Vec<Bot> {
    let make = |number: usize| {
        let (owner, jid) = (server.jid(&format!("owner{}", number / 20)), server.jid(&format!("bot{number}")));
        let body = format!(
            r#"{{"name":"Bot {number}","account":"{owner}","mode":"cloud","access":"public","jid":"{jid}","password":"pw"}}"#
        );
        let token = daemon.http().post("/bot/create", None, &body).ok().at("token").text();
        let room = rooms[number % rooms.len()].clone();
        let joined = daemon.http().post("/bot/joinRoom", Some(&token), &format!(r#"{{"room":"{room}"}}"#));
        assert_eq!(joined.status, 200, "{}", joined.body);
        Bot { jid, token, room }
    };
    (0..BOTS).map(make).collect()
}

/// What the archives hold.
struct Archives {
    anna: Vec<Entry>,
    ralf: Vec<Entry>,
    rooms: Vec<Vec<Entry>>,
}

impl Archives {
    fn read(server: &Server, rooms: &[String]) -> Archives {
        let room = |room: &String| archive::read_from(server, "ralf", "pw", Some(room.as_str()));
        Archives {
            anna: archive::read(server, "anna", "pw"),
            ralf: archive::read(server, "ralf", "pw"),
            rooms: rooms.iter().map(room).collect(),
        }
    }

    fn lost_sends<'a>(&self, accepted: &'a [Accepted]) -> Vec<&'a Accepted> {
        let entries = self.anna.iter().chain(self.rooms.iter().flatten());
        let ids: HashSet<&str> = entries.map(|entry| entry.id.as_str()).collect();
        accepted.iter().filter(|sent| !ids.contains(sent.message_id.as_str())).collect()
    }

    /// Whether the server had it: a server that stops may have put a message into its sender's archive and not bring it to
    /// anybody any more, as ejabberd 23.01 does. That is its loss and not ours.
    fn is_at_its_sender(server: &Server, sent: &Accepted) -> bool {
        let number: String = sent.body.chars().skip("bot ".len()).take_while(char::is_ascii_digit).collect();
        let own = archive::read(server, &format!("bot{number}"), "pw");
        own.iter().any(|entry| entry.id == sent.message_id)
    }
}

/// Which texts a bot should have seen, by what the archives say.
fn expected(number: usize, bot: &Bot, direct: &HashMap<String, Vec<String>>, room: &[Entry]) -> HashSet<String> {
    let own = format!("bot {number} says");
    let heard = room.iter().map(|entry| entry.body.clone()).filter(|body| !body.is_empty() && !body.starts_with(&own));
    heard.chain(direct.get(&bot.jid).into_iter().flatten().cloned()).collect()
}

/// What each bot missed, got twice, or should not have got.
fn judge(bots: &[Bot], seen: &[Vec<String>], archives: &Archives, written: usize) -> Vec<String> {
    let archived: HashSet<&str> = archives.ralf.iter().map(|entry| entry.body.as_str()).collect();
    let mut direct: HashMap<String, Vec<String>> = HashMap::new();
    for count in (1..=written).filter(|count| count % 8 != 0) {
        let text = format!("line {count}");
        if archived.contains(text.as_str()) {
            direct.entry(bots[count % bots.len()].jid.clone()).or_default().push(text);
        }
    }
    let mut broken = Vec::new();
    for (number, bot) in bots.iter().enumerate() {
        let due = expected(number, bot, &direct, &archives.rooms[number % ROOMS]);
        let got = load::tally(seen[number].iter().map(String::as_str));
        let lost: Vec<_> = due.iter().filter(|text| !got.contains_key(text.as_str())).collect();
        let twice: Vec<_> = got.iter().filter(|(_, times)| **times > 1).collect();
        let strange: Vec<_> = got.keys().filter(|text| !due.contains(**text)).collect();
        if !(lost.is_empty() && twice.is_empty() && strange.is_empty()) {
            broken.push(format!("{}: lost {lost:?}, twice {twice:?}, unexpected {strange:?}", bot.jid));
        }
    }
    broken
}

pub(super) fn crowd(kind: Kind) {
    // As in the other tests: ejabberd's own database is not made for being restarted under load, nor SQLite for Prosody's.
    let storage = if kind == Kind::Prosody { Storage::Internal } else { Storage::Sql };
    let Some(mut server) = Server::start_with(kind, Options { storage, ..Options::default() }) else { return };
    let names = ["anna", "ralf", "keeper", "owner0", "owner1", "owner2"].map(String::from);
    names.into_iter().chain((0..BOTS).map(|n| format!("bot{n}"))).for_each(|user| server.add_user(&user, "pw"));
    let proxy = Proxy::start(server.c2s_port);
    let mut daemon = Daemon::with_account(&server, "keeper", "pw", proxy.port, "[api]\nrate_limit = 0\n");
    daemon.wait_online(1, LIMIT);
    let rooms: Vec<String> = (0..ROOMS).map(|n| server.room(&format!("den{n}"))).collect();
    let mut writer = Writer { phone: None, count: 0 };
    // He makes the rooms by entering them first, so their archives are open to him.
    writer.log_in(&server, &rooms);
    let bots = make_bots(&server, &daemon, &rooms);
    let stop_sending = Arc::new(AtomicBool::new(false));
    let programs = start_programs(daemon.port, &bots, &server.jid("anna"), &stop_sending);
    let mut random = Random::seeded(kind.name());
    let begun = Instant::now();
    for action in ACTIONS {
        writer.write_for(random.millis(500, 4_000), &bots, &rooms);
        match action {
            Action::Kill => {
                daemon.kill();
                daemon.start_again();
            }
            Action::Cut => proxy.reset(),
            Action::Restart => {
                writer.log_out();
                server.restart();
                writer.log_in(&server, &rooms);
            }
        }
    }
    writer.write_for(Duration::from_secs(1), &bots, &rooms);
    println!("{}: {} actions in {:.0} s", kind.name(), ACTIONS.len(), begun.elapsed().as_secs_f32());
    stop_sending.store(true, Ordering::SeqCst);
    let accepted: Vec<Accepted> = programs.sending.into_iter().flat_map(|t| t.join().expect("a sender")).collect();
    writer.log_out();
    daemon.wait_health("bots_online", BOTS as i64, LIMIT);
    let mut archives = Archives::read(&server, &rooms);
    while !archives.lost_sends(&accepted).is_empty() && begun.elapsed() < ARRIVAL_LIMIT {
        thread::sleep(Duration::from_secs(2));
        archives = Archives::read(&server, &rooms);
    }
    // A room that was left is entered again after a while, and then tells what was missed.
    thread::sleep(Duration::from_secs(12));
    programs.stop.store(true, Ordering::SeqCst);
    let seen: Vec<Vec<String>> = programs.polling.into_iter().map(|t| t.join().expect("a program")).collect();
    let (theirs, lost): (Vec<&Accepted>, Vec<&Accepted>) =
        archives.lost_sends(&accepted).into_iter().partition(|sent| Archives::is_at_its_sender(&server, sent));
    let mut broken = judge(&bots, &seen, &archives, writer.count);
    println!(
        "{}: {} sends accepted, {} lost, {} by the server as it stopped; {} lines written, {} updates, {} bots with faults; {:.0} s",
        kind.name(),
        accepted.len(),
        lost.len(),
        theirs.len(),
        writer.count,
        seen.iter().map(Vec::len).sum::<usize>(),
        broken.len(),
        begun.elapsed().as_secs_f32()
    );
    if !lost.is_empty() {
        broken.push(format!("accepted and lost: {lost:?}"));
    }
    if !broken.is_empty() {
        daemon.keep_files();
        server.keep_files();
    }
    drop((daemon, proxy, server));
    assert!(broken.is_empty(), "{}: {}", kind.name(), broken.join("\n"));
}
