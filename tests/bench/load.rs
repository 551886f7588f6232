//! The load: people on XMPP connections, programs on HTTP connections, and the tasks they do with a system under test.
//!
//! One thread does it all, so it takes little from the two programs that are measured. Bodies have 64 bytes: the number
//! of the run, the stream (one client's messages, whose order counts), the number in it, the time, and padding.

use std::cell::{Cell, RefCell};
use std::future::{Future, pending};
use std::io::Result;
use std::time::{Duration, Instant};

use async_channel::{Receiver, Sender, unbounded};
use smol::future::FutureExt;
use smol::{LocalExecutor, Timer};

use crate::figures::{Run, Tally, cpu_time, percentiles};
use crate::wire::{Http, Xmpp, between};

const BODY_BYTES: usize = 64;
/// When nothing came for so long, what is missing is lost.
const SILENCE: Duration = Duration::from_secs(20);
/// After a run: what the daemon writes a little later belongs to it.
const AFTERMATH: Duration = Duration::from_millis(400);
/// Connections of the bot's program for answers, beside the one that polls.
const ANSWERING: usize = 16;
/// HTTP clients of the open loop.
const PACED_CLIENTS: usize = 16;
/// People who write as fast as their window lets them, and its size.
const WRITERS: usize = 8;
const WINDOW: usize = 16;

/// What is measured: the bare loop, the daemon, a peer.
pub struct System {
    pub name: String,
    pub http_port: u16,
    pub request: Request,
    /// Whether it has `getUpdates`; else it only sends.
    pub has_updates: bool,
    /// Its account.
    pub jid: String,
    /// 0 for a part of the server, which has no process of its own.
    pub pid: u32,
    pub server_pid: u32,
    /// Of the next `getUpdates`.
    pub offset: Cell<u64>,
}

/// JSON of a recipient's address and a text.
type Body = dyn Fn(&str, &str) -> String;

/// How a text is sent by HTTP.
pub struct Request {
    pub path: &'static str,
    /// Whole lines of the head, such as `Authorization`; for `getUpdates`, too.
    pub headers: String,
    pub body: Box<Body>,
}

impl Request {
    /// `sendMessage` of our API.
    pub fn ours(token: &str) -> Request {
        let headers = if token.is_empty() { String::new() } else { format!("Authorization: Bearer {token}\r\n") };
        let body = |to: &str, text: &str| format!(r#"{{"to":"{to}","text":"{text}"}}"#);
        Request { path: "/bot/sendMessage", headers, body: Box::new(body) }
    }

    fn print(&self, to: &str, text: &str) -> String {
        let body = (self.body)(to, text);
        format!(
            "POST {} HTTP/1.1\r\nHost: 127.0.0.1\r\n{}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.path,
            self.headers,
            body.len()
        )
    }
}

/// What is to be done.
#[derive(Clone, Copy, Debug)]
pub enum Task {
    /// So many HTTP clients send one message after the other to one receiver.
    Send(usize),
    /// HTTP clients send so many messages a second, whatever the answers do.
    SendPaced(u32),
    /// One person writes so many messages a second to a program that waits in a long poll.
    ReceivePaced(u32),
    /// Several people write as fast as the program sees it.
    Receive,
    /// So many people write, the bot's program answers, each waits for the answer.
    Loop(usize),
}

impl Task {
    /// Whether a system without `getUpdates` can do it.
    pub fn only_sends(self) -> bool {
        matches!(self, Task::Send(_) | Task::SendPaced(_))
    }
}

/// One run.
pub struct Load<'l> {
    pub system: &'l System,
    pub people: &'l mut [Xmpp],
    pub addresses: &'l [String],
    /// All runs of a process have different numbers.
    pub run: usize,
    pub messages: usize,
}

/// What all parts of a run share.
struct Notes {
    run: usize,
    begun: Instant,
    tally: RefCell<Tally>,
    latencies: RefCell<Vec<f64>>,
    refused: Cell<usize>,
}

impl Notes {
    fn new(run: usize, streams: usize, each: usize, expected: usize) -> Notes {
        Notes {
            run,
            begun: Instant::now(),
            tally: RefCell::new(Tally::new(streams, each, expected)),
            latencies: RefCell::default(),
            refused: Cell::new(0),
        }
    }

    fn body(&self, stream: usize, number: usize, at: Instant) -> String {
        let micros = at.duration_since(self.begun).as_micros();
        let mut body = format!("{} {stream} {number} {micros} ", self.run);
        while body.len() < BODY_BYTES {
            body.push('.');
        }
        body
    }

    /// Notes an arrival; gives stream and number if it belongs to this run and is here for the first time.
    fn arrived(&self, body: &str) -> Option<(usize, usize)> {
        let (stream, number, sent) = self.read(body)?;
        if !self.tally.borrow_mut().note(stream, number) {
            return None;
        }
        self.latencies.borrow_mut().push(millis(sent.elapsed()));
        Some((stream, number))
    }

    fn read(&self, body: &str) -> Option<(usize, usize, Instant)> {
        let mut words = body.split(' ').map_while(|word| word.parse::<u64>().ok());
        let mut next = || words.next();
        let (run, stream, number, micros) = (next()?, next()?, next()?, next()?);
        (run == self.run as u64).then(|| (stream as usize, number as usize, self.begun + Duration::from_micros(micros)))
    }
}

impl Load<'_> {
    pub async fn run(self, task: Task) -> Result<Run> {
        let system = self.system;
        let before = (cpu_time(system.pid), cpu_time(system.server_pid));
        let notes = match task {
            Task::Send(clients) => self.send(clients, None).await?,
            Task::SendPaced(rate) => self.send(PACED_CLIENTS, Some(rate)).await?,
            Task::ReceivePaced(rate) => self.receive(1, Some(rate)).await?,
            Task::Receive => self.receive(WRITERS, None).await?,
            Task::Loop(people) => self.converse(people).await?,
        };
        Timer::after(AFTERMATH).await;
        let tally = notes.tally.borrow();
        let each = |now: Duration, before: Duration| (now - before).as_secs_f64() * 1e6 / tally.arrived as f64;
        Ok(Run {
            rate: tally.arrived as f64 / tally.last.duration_since(notes.begun).as_secs_f64().max(f64::MIN_POSITIVE),
            latency: percentiles(notes.latencies.take()),
            cpu: each(cpu_time(system.pid), before.0),
            server_cpu: each(cpu_time(system.server_pid), before.1),
            faults: tally.faults(notes.refused.get()),
        })
    }

    /// HTTP → XMPP. The latency is that of the HTTP answers, in the open loop that of the arrivals.
    async fn send(self, clients: usize, pace: Option<u32>) -> Result<Notes> {
        let Load { system, people, addresses, run, messages } = self;
        let mut requests = Vec::new();
        for _ in 0..clients {
            requests.push(Http::connect(system.http_port).await?);
        }
        let (each, expected) = match pace {
            None => (messages / clients, messages / clients * clients),
            Some(_) => (messages, messages),
        };
        let notes = Notes::new(run, clients, each, expected);
        let answers = RefCell::new(Vec::with_capacity(expected));
        let (due, is_due) = unbounded();
        let executor = LocalExecutor::new();
        if let Some(rate) = pace {
            executor.spawn(beat(rate, messages, due)).detach();
        }
        for (stream, mut http) in requests.into_iter().enumerate() {
            let (notes, answers, to, is_due) = (&notes, &answers, &addresses[0], is_due.clone());
            let client = async move {
                for number in 0..each {
                    let at = if pace.is_some() { is_due.recv().await.ok()? } else { Instant::now() };
                    post(&mut http, system, to, &notes.body(stream, number, at), notes).await.ok()?;
                    answers.borrow_mut().push(millis(at.elapsed()));
                }
                Some(())
            };
            executor.spawn(client).detach();
        }
        let receiver = &mut people[0];
        let arrivals = async {
            while !notes.tally.borrow().is_full() {
                let note = |_: &str, body: &str| {
                    notes.arrived(body);
                };
                match until_silence(receiver.receive(note)).await {
                    Some(result) => result?,
                    None => break,
                }
            }
            Ok(())
        };
        let result: Result<()> = executor.run(arrivals).await;
        result?;
        drop(executor);
        if pace.is_none() {
            notes.latencies.replace(answers.take());
        }
        Ok(notes)
    }

    /// XMPP → HTTP. With a pace one person writes, whatever happens; without, several in windows.
    async fn receive(self, writers: usize, pace: Option<u32>) -> Result<Notes> {
        let Load { system, people, run, messages, .. } = self;
        let each = messages / writers;
        let mut poll = Http::connect(system.http_port).await?;
        let notes = Notes::new(run, writers, each, each * writers);
        let mut windows: Vec<Sender<Instant>> = Vec::new();
        let executor = LocalExecutor::new();
        for (stream, person) in people.iter_mut().take(writers).enumerate() {
            let (due, is_due) = unbounded();
            match pace {
                Some(rate) => executor.spawn(beat(rate, each, due.clone())).detach(),
                None => {
                    for _ in 0..WINDOW {
                        let _ = due.try_send(Instant::now());
                    }
                }
            }
            windows.push(due);
            executor.spawn(write(person, &notes, stream, each, &system.jid, is_due)).detach();
        }
        let polls = async {
            while !notes.tally.borrow().is_full() {
                let each = |_: &str, body: &str| {
                    if let (Some((stream, _)), None) = (notes.arrived(body), pace) {
                        let _ = windows[stream].try_send(Instant::now());
                    }
                };
                match until_silence(next_updates(&mut poll, system, &notes, each)).await {
                    Some(result) => result?,
                    None => break,
                }
            }
            Ok(())
        };
        let result: Result<()> = executor.run(polls).await;
        result?;
        drop(executor);
        Ok(notes)
    }

    /// XMPP → bot's program → XMPP.
    async fn converse(self, count: usize) -> Result<Notes> {
        let Load { system, people, run, messages, .. } = self;
        let each = messages / count;
        let mut poll = Http::connect(system.http_port).await?;
        let mut answering = Vec::new();
        for _ in 0..ANSWERING.min(count) {
            answering.push(Http::connect(system.http_port).await?);
        }
        let notes = Notes::new(run, count, each, each * count);
        let notes = &notes;
        let (to_answer, questions) = unbounded::<(String, String)>();
        let executor = LocalExecutor::new();
        let program = async move {
            loop {
                let each = |from: &str, body: &str| drop(to_answer.try_send((from.to_string(), body.to_string())));
                if next_updates(&mut poll, system, notes, each).await.is_err() {
                    return;
                }
            }
        };
        executor.spawn(program).detach();
        for mut http in answering {
            let questions = questions.clone();
            let answer = async move {
                while let Ok((to, body)) = questions.recv().await {
                    if post(&mut http, system, &to, &body, notes).await.is_err() {
                        return;
                    }
                }
            };
            executor.spawn(answer).detach();
        }
        let talks: Vec<_> = (people.iter_mut().take(count).enumerate())
            .map(|(stream, person)| executor.spawn(talk(person, notes, stream, each, &system.jid)))
            .collect();
        let all = async {
            for talk in talks {
                talk.await?;
            }
            Ok(())
        };
        let result: Result<()> = executor.run(all).await;
        result?;
        drop(executor);
        Ok(Notes {
            run,
            begun: notes.begun,
            tally: RefCell::new(notes.tally.replace(Tally::new(0, 0, 0))),
            latencies: RefCell::new(notes.latencies.take()),
            refused: notes.refused.clone(),
        })
    }
}

/// Says so many times when the next message is due.
async fn beat(rate: u32, count: usize, due: Sender<Instant>) {
    let begun = Instant::now();
    for number in 0..count {
        let at = begun + Duration::from_secs(1) * number as u32 / rate;
        Timer::at(at).await;
        let _ = due.try_send(at);
    }
    // The receivers end by themselves.
    pending().await
}

/// Writes a message for each permit.
async fn write(
    person: &mut Xmpp,
    notes: &Notes,
    stream: usize,
    each: usize,
    to: &str,
    permits: Receiver<Instant>,
) -> Result<()> {
    let mut number = 0;
    while number < each {
        let Ok(mut at) = permits.recv().await else { return Ok(()) };
        let mut out = String::new();
        while number < each {
            out += &stanza(notes, stream, number, at, to);
            number += 1;
            match permits.try_recv() {
                Ok(next) => at = next,
                Err(_) => break,
            }
        }
        person.send(&out).await?;
    }
    Ok(())
}

/// Writes, waits for the answer, writes again.
async fn talk(person: &mut Xmpp, notes: &Notes, stream: usize, each: usize, to: &str) -> Result<()> {
    for number in 0..each {
        person.send(&stanza(notes, stream, number, Instant::now(), to)).await?;
        let is_answered = Cell::new(false);
        while !is_answered.get() {
            let note = |_: &str, body: &str| {
                if notes.arrived(body) == Some((stream, number)) {
                    is_answered.set(true);
                }
            };
            match until_silence(person.receive(note)).await {
                Some(result) => result?,
                None => break,
            }
        }
    }
    Ok(())
}

fn stanza(notes: &Notes, stream: usize, number: usize, at: Instant, to: &str) -> String {
    let body = notes.body(stream, number, at);
    format!("<message to='{to}' type='chat' id='{}-{stream}-{number}'><body>{body}</body></message>", notes.run)
}

/// Sends a text, again if it is refused.
async fn post(http: &mut Http, system: &System, to: &str, text: &str, notes: &Notes) -> Result<()> {
    let request = system.request.print(to, text);
    loop {
        http.send(&request).await?;
        if is_ok(http.receive().await?.0) {
            return Ok(());
        }
        notes.refused.set(notes.refused.get() + 1);
        Timer::after(Duration::from_millis(5)).await;
    }
}

/// One `getUpdates`: `each` takes sender and body.
async fn next_updates(http: &mut Http, system: &System, notes: &Notes, mut each: impl FnMut(&str, &str)) -> Result<()> {
    let request = format!(
        "GET /bot/getUpdates?timeout=50&offset={} HTTP/1.1\r\nHost: 127.0.0.1\r\n{}\r\n",
        system.offset.get(),
        system.request.headers
    );
    http.send(&request).await?;
    let (head, body) = http.receive().await?;
    if !is_ok(head) {
        notes.refused.set(notes.refused.get() + 1);
        Timer::after(Duration::from_millis(5)).await;
        return Ok(());
    }
    for update in body.split(r#""update_id":"#).skip(1) {
        let id = update.split(|c: char| !c.is_ascii_digit()).next().and_then(|id| id.parse::<u64>().ok());
        system.offset.set(id.expect("a number") + 1);
        let (from, body) = (between(update, r#""from":""#, "\""), between(update, r#""body":""#, "\""));
        each(from.expect("a sender"), body.expect("a body"));
    }
    Ok(())
}

fn is_ok(head: &str) -> bool {
    head.starts_with("HTTP/1.1 2")
}

async fn until_silence<T>(future: impl Future<Output = T>) -> Option<T> {
    let silence = async {
        Timer::after(SILENCE).await;
        None
    };
    async { Some(future.await) }.or(silence).await
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
