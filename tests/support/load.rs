//! Load for the endurance tests, each kind in threads of its own: programs that send, a program that polls, people.
//!
//! Everything here goes on whatever happens to the daemon, and knows exactly what it was told: which sends were accepted,
//! which updates came, what was written on the phone. The tests compare that with the server's archive.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::http::{Http, Json};
use super::peer::Peer;
use super::server::Server;

/// For things that take milliseconds on a healthy machine.
const LIMIT: Duration = Duration::from_secs(30);

/// A small generator (xorshift64*): a seed must give the same run again, as far as the machine allows.
pub struct Random(u64);

impl Random {
    /// From `ENDURANCE_SEED`, or from the time; prints it.
    pub fn seeded(what: &str) -> Random {
        let given = std::env::var("ENDURANCE_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or_else(|| {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
            now.as_micros() as u64 % 1_000_000_000
        });
        println!("{what}: ENDURANCE_SEED={seed}");
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// The next number below `below`.
    pub fn below(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % below
    }

    pub fn millis(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_millis(from + self.below(to - from))
    }
}

/// Locks even what a panicking thread held: its panic is reported when it is joined.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

// --- programs that send ---

/// One `sendMessage` that was answered with 200.
#[derive(Clone, Debug)]
pub struct Accepted {
    pub to: String,
    pub body: String,
    pub message_id: String,
    pub tries: u32,
}

/// Several clients of one bot, each sending one message after the other.
pub struct Senders {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<Vec<Accepted>>>,
}

impl Senders {
    /// One client for each recipient. Each rests for `pause` between messages.
    pub fn start(port: u16, token: &str, recipients: &[(String, &'static str)], pause: Duration) -> Senders {
        let stop = Arc::new(AtomicBool::new(false));
        let start = |(number, to): (usize, &(String, &'static str))| {
            let (stop, token, to) = (Arc::clone(&stop), token.to_string(), to.clone());
            thread::spawn(move || send_until(&stop, port, &token, (&to.0, to.1), number, pause))
        };
        let threads = recipients.iter().enumerate().map(start).collect();
        Senders { stop, threads }
    }

    /// Lets each client finish its message; gives everything that was accepted.
    pub fn finish(self) -> Vec<Accepted> {
        self.stop.store(true, Ordering::SeqCst);
        self.threads.into_iter().flat_map(|thread| thread.join().expect("a sender")).collect()
    }
}

fn send_until(
    stop: &AtomicBool,
    port: u16,
    token: &str,
    to: (&str, &str),
    client: usize,
    pause: Duration,
) -> Vec<Accepted> {
    let mut http = Http::new(port);
    let mut accepted = Vec::new();
    while !stop.load(Ordering::SeqCst) {
        let body = format!("send {client} {}", accepted.len());
        let key = format!("key {client} {}", accepted.len());
        accepted.push(send_kind(&mut http, token, to, &body, &key));
        thread::sleep(pause);
    }
    accepted
}

/// Sends one message, again and again with the same key, until it is accepted.
pub fn send(http: &mut Http, token: &str, to: &str, body: &str, key: &str) -> Accepted {
    send_kind(http, token, (to, "chat"), body, key)
}

/// The same to somebody or to a room (`chat`, `groupchat`).
pub fn send_kind(http: &mut Http, token: &str, (to, kind): (&str, &str), body: &str, key: &str) -> Accepted {
    let request = format!(r#"{{"to":"{to}","text":"{body}","type":"{kind}"}}"#);
    for tries in 1.. {
        let answer = http.call("POST", "/bot/sendMessage", Some(token), &[("Idempotency-Key", key)], &request);
        match answer {
            Some(answer) if answer.status == 200 => {
                let message_id = answer.ok().at("result").at("message_id").text();
                return Accepted { to: to.to_string(), body: body.to_string(), message_id, tries };
            }
            // Our fault, and it will not get better.
            Some(answer) => assert!(answer.status >= 429, "{body}: {} {}", answer.status, answer.body),
            None => {}
        }
        thread::sleep(Duration::from_millis(20));
    }
    unreachable!()
}

// --- a program that polls ---

/// One update as the program got it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub id: i64,
    /// When, for whoever reads the log: seconds since 1970.
    pub at: Duration,
    pub body: String,
}

/// A bot's program: polls, acknowledges by the next offset, notes everything.
pub struct Program {
    stop: Arc<AtomicBool>,
    seen: Arc<Mutex<Vec<Seen>>>,
    thread: JoinHandle<()>,
}

impl Program {
    /// Answers nothing.
    pub fn silent(port: u16, token: &str) -> Program {
        Program::start(port, token, |_, _, _| {})
    }

    /// Calls `answer` with a client of its own, the sender's address and the text, once for each update.
    pub fn start(port: u16, token: &str, mut answer: impl FnMut(&mut Http, &str, &str) + Send + 'static) -> Program {
        let (stop, seen) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let (stopped, notes, token) = (Arc::clone(&stop), Arc::clone(&seen), token.to_string());
        let thread = thread::spawn(move || {
            let (mut http, mut second) = (Http::new(port), Http::new(port));
            let mut offset = 0;
            while !stopped.load(Ordering::SeqCst) {
                let path = format!("/bot/getUpdates?timeout=5&offset={offset}");
                let Some(reply) = http.call("GET", &path, Some(&token), &[], "").filter(|reply| reply.status == 200)
                else {
                    thread::sleep(Duration::from_millis(20));
                    continue;
                };
                for update in reply.ok().at("result").list() {
                    let (id, data) = (update.at("update_id").number(), update.at("data"));
                    let body = data.at("body").text();
                    let at = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
                    lock(&notes).push(Seen { id, at, body: body.clone() });
                    answer(&mut second, &data.at("from").text(), &body);
                    offset = id + 1;
                }
            }
        });
        Program { stop, seen, thread }
    }

    pub fn seen(&self) -> Vec<Seen> {
        lock(&self.seen).clone()
    }

    pub fn count(&self) -> usize {
        lock(&self.seen).len()
    }

    pub fn finish(self) -> Vec<Seen> {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.join().expect("the bot's program");
        Arc::into_inner(self.seen).map(|seen| seen.into_inner().expect("not poisoned")).unwrap_or_default()
    }
}

// --- people ---

enum Order {
    /// Make sure that the server has everything, log out, and say so.
    Rest(Sender<()>),
    Go,
    End,
}

/// The owner on his phone, writing numbered lines to himself, and a friend who is just there.
pub struct People {
    orders: Sender<Order>,
    thread: JoinHandle<Written>,
}

/// To whom the owner writes besides himself, now and then.
#[derive(Clone)]
pub struct Others {
    /// A bot with an account of its own.
    pub bot: String,
    /// A room with a bot in it.
    pub room: String,
}

/// What the owner has written, each to whom.
#[derive(Clone, Default)]
pub struct Written {
    pub own: Vec<String>,
    pub direct: Vec<String>,
    pub room: Vec<String>,
}

/// Who they are.
#[derive(Clone, Copy)]
pub struct Names {
    pub owner: &'static str,
    pub friend: &'static str,
    pub password: &'static str,
}

impl People {
    /// Begins to write, with pauses around `pause`.
    pub fn start(server: &Arc<Mutex<Server>>, names: Names, pause: Duration, others: Others) -> People {
        let (orders, inbox) = channel();
        let server = Arc::clone(server);
        let thread = thread::spawn(move || write_lines(&server, names, pause, &others, &inbox));
        People { orders, thread }
    }

    /// Returns when the server has all that was written, and everybody is logged out.
    pub fn rest(&self) {
        let (done, is_done) = channel();
        self.orders.send(Order::Rest(done)).expect("the people are there");
        is_done.recv().expect("the people rest");
    }

    pub fn go(&self) {
        self.orders.send(Order::Go).expect("the people are there");
    }

    /// After [`People::rest`]: everything that was written.
    pub fn finish(self) -> Written {
        self.orders.send(Order::End).expect("the people are there");
        self.thread.join().expect("the people")
    }
}

fn write_lines(
    server: &Mutex<Server>,
    names: Names,
    pause: Duration,
    others: &Others,
    orders: &Receiver<Order>,
) -> Written {
    let own = lock(server).jid(names.owner);
    let login = |user: &str, resource: &str| Peer::login(&lock(server), user, names.password, resource);
    let all = || {
        let mut phone = login(names.owner, "phone");
        phone.join(&others.room, names.owner);
        (phone, login(names.friend, "phone"))
    };
    let mut here = Some(all());
    let mut written = Written::default();
    loop {
        let order = match here {
            Some(_) => orders.try_recv(),
            None => orders.recv().map_err(|_| TryRecvError::Disconnected),
        };
        match order {
            Ok(Order::Rest(done)) => {
                if let Some((mut phone, _)) = here.take() {
                    confirm(&mut phone);
                    phone.quit();
                }
                done.send(()).expect("somebody waits");
            }
            Ok(Order::Go) => here = Some(all()),
            Ok(Order::End) | Err(TryRecvError::Disconnected) => return written,
            Err(TryRecvError::Empty) => {}
        }
        let Some((phone, friend)) = &mut here else { continue };
        // What comes in is counted elsewhere; kept, it would be searched through at every send.
        phone.clear();
        friend.clear();
        let count = written.own.len();
        let line = format!("line {count}");
        phone.send(&own, &line);
        written.own.push(line);
        if count % 4 == 1 {
            let line = format!("direct {}", written.direct.len());
            phone.send(&others.bot, &line);
            written.direct.push(line);
        }
        if count % 6 == 2 {
            let line = format!("room {}", written.room.len());
            phone.send_kind(&others.room, &line, "groupchat");
            written.room.push(line);
        }
        thread::sleep(pause / 2 + pause.mul_f64(f64::from(count as u32 % 7) / 7.0));
    }
}

/// A server deals with a client's stanzas in their order: when it answers this, it has dealt with all before.
pub fn confirm(peer: &mut Peer) {
    peer.raw("<iq type='get' id='confirm'><ping xmlns='urn:xmpp:ping'/></iq>");
    peer.expect_iq(LIMIT, "confirm");
}

// --- counting ---

/// How often each text is there.
pub fn tally<'t>(texts: impl Iterator<Item = &'t str>) -> HashMap<&'t str, usize> {
    let mut counts = HashMap::new();
    for text in texts {
        *counts.entry(text).or_default() += 1;
    }
    counts
}

/// The state `/account/list` shows for the only account.
pub fn account_state(http: &mut Http) -> String {
    let accounts = http.get("/account/list", None).ok().at("accounts").list();
    let account: &Json = accounts.first().expect("one account");
    account.at("state").text()
}
