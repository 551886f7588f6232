//! The bare loop: the least that can be between HTTP and XMPP. What the daemon is compared with.
//!
//! One thread, the same runtime and the same TLS as the daemon's edge; no database, no stream management, no check of a
//! token, no limit. `sendMessage` answers when the stanza is in the buffer of the connection, so what it accepted is
//! lost when it ends. `getUpdates` keeps updates in memory. Runs as a process of its own, see [`run`].

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt::Write;
use std::future::poll_fn;
use std::io::Result;
use std::net::TcpListener;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use smol::future::FutureExt;
use smol::io::AsyncWrite;
use smol::{Async, LocalExecutor, Timer};

use crate::wire::{Http, Login, Xmpp, between};

const POLL_TIMEOUT: Duration = Duration::from_secs(50);
const UPDATES_PER_ANSWER: usize = 100;

#[derive(Default)]
struct Shared {
    out: RefCell<Vec<u8>>,
    sender: RefCell<Option<Waker>>,
    count: Cell<u64>,
    updates: RefCell<VecDeque<(u64, String)>>,
    last_update: Cell<u64>,
    poller: RefCell<Option<Waker>>,
}

/// Serves until it is killed.
pub fn run(http_port: u16, login: &Login) -> Result<()> {
    let executor = Rc::new(LocalExecutor::new());
    smol::block_on(executor.clone().run(async move {
        let mut xmpp = login.connect().await?;
        let shared = Rc::new(Shared::default());
        let both_ways = shared.clone();
        let link = executor.spawn(async move { poll_fn(|cx| turn(cx, &mut xmpp, &both_ways)).await });
        let listener = Async::new(TcpListener::bind(("127.0.0.1", http_port))?)?;
        let accept = async {
            loop {
                let (stream, _) = listener.accept().await?;
                let (http, shared) = (Http::new(stream)?, shared.clone());
                executor.spawn(serve(http, shared)).detach();
            }
        };
        accept.or(link).await
    }))
}

/// Reads all that came, writes all that is to be sent.
fn turn(cx: &mut Context<'_>, xmpp: &mut Xmpp, shared: &Shared) -> Poll<Result<()>> {
    let mut arrived = |tag: &str, body: &str| {
        let from = between(tag, "from='", "'").unwrap_or_default();
        let from = from.split('/').next().unwrap_or_default();
        let id = shared.last_update.get() + 1;
        shared.last_update.set(id);
        let update = format!(r#"{{"update_id":{id},"type":"message","data":{{"from":"{from}","body":"{body}"}}}}"#);
        shared.updates.borrow_mut().push_back((id, update));
        wake(&shared.poller);
    };
    while let Poll::Ready(result) = xmpp.poll_receive(cx, &mut arrived) {
        result?;
    }
    *shared.sender.borrow_mut() = Some(cx.waker().clone());
    let mut out = shared.out.borrow_mut();
    while !out.is_empty() {
        match Pin::new(&mut xmpp.stream).poll_write(cx, &out) {
            Poll::Ready(size) => drop(out.drain(..size?)),
            Poll::Pending => return Poll::Pending,
        }
    }
    match Pin::new(&mut xmpp.stream).poll_flush(cx) {
        Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
        _ => Poll::Pending,
    }
}

async fn serve(mut http: Http, shared: Rc<Shared>) -> Result<()> {
    loop {
        let (head, body) = http.receive().await?;
        let answer = if head.starts_with("POST") {
            send_message(&shared, body)
        } else {
            let offset = between(head, "offset=", " ").and_then(|offset| offset.parse().ok()).unwrap_or(0);
            let late = async {
                Timer::after(POLL_TIMEOUT).await;
                "[]".to_string()
            };
            updates(&shared, offset).or(late).await
        };
        let length = answer.len() + r#"{"ok":true,"result":}"#.len();
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n\
             {{\"ok\":true,\"result\":{answer}}}"
        );
        http.send(&answer).await?;
    }
}

fn send_message(shared: &Shared, body: &str) -> String {
    let (to, text) = (between(body, r#""to":""#, "\""), between(body, r#""text":""#, "\""));
    let (to, text) = (to.expect("a recipient"), text.expect("a text"));
    let id = shared.count.get();
    shared.count.set(id + 1);
    let mut out = shared.out.borrow_mut();
    let stanza = format!("<message to='{to}' type='chat' id='bare-{id}'><body>{text}</body></message>");
    out.extend_from_slice(stanza.as_bytes());
    wake(&shared.sender);
    format!(r#"{{"message_id":"bare-{id}"}}"#)
}

async fn updates(shared: &Shared, offset: u64) -> String {
    poll_fn(|cx| {
        let mut updates = shared.updates.borrow_mut();
        while updates.front().is_some_and(|(id, _)| *id < offset) {
            updates.pop_front();
        }
        if updates.is_empty() {
            *shared.poller.borrow_mut() = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let mut list = String::new();
        for (_, update) in updates.iter().take(UPDATES_PER_ANSWER) {
            let _ = write!(list, "{}{update}", if list.is_empty() { "[" } else { "," });
        }
        Poll::Ready(list + "]")
    })
    .await
}

fn wake(place: &RefCell<Option<Waker>>) {
    if let Some(waker) = place.borrow_mut().take() {
        waker.wake();
    }
}
