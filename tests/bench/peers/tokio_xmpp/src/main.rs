//! What tests/bench compares with: a bot as one writes it with tokio-xmpp and axum, for the paths that the daemon has.
//!
//! `tokio_xmpp_bot HTTP_PORT XMPP_ADDRESS JID PASSWORD`, with SSL_CERT_FILE naming the certificates to trust; prints a line
//! when it serves. `POST /bot/sendMessage` answers when the stanza is in the library's queue and `GET /bot/getUpdates` waits;
//! both keep everything in memory, without a token and without a promise. Ends with its input.

use std::collections::VecDeque;
use std::error::Error;
use std::io::Read;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Query, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc};
use tokio_xmpp::connect::{DnsConfig, StartTlsServerConnector};
use tokio_xmpp::jid::Jid;
use tokio_xmpp::parsers::message::{Id, Lang, Message};
use tokio_xmpp::parsers::presence::Presence;
use tokio_xmpp::stanzastream::{Event, StanzaStream, StreamEvent};
use tokio_xmpp::xmlstream::Timeouts;
use tokio_xmpp::{Stanza, rustls};

/// Of the library, and of ours in front of it: more than the load has under way.
const QUEUE: usize = 1024;
const UPDATES_PER_ANSWER: usize = 100;

struct Bot {
    stanzas: mpsc::Sender<Message>,
    updates: Mutex<Updates>,
    news: Notify,
}

#[derive(Default)]
struct Updates {
    waiting: VecDeque<Update>,
    last: u64,
    sent: u64,
}

#[derive(Clone, Serialize)]
struct Update {
    update_id: u64,
    r#type: &'static str,
    data: Incoming,
}

#[derive(Clone, Serialize)]
struct Incoming {
    from: String,
    body: String,
}

#[derive(Deserialize)]
struct Send {
    to: String,
    text: String,
}

#[derive(Serialize)]
struct Sent {
    message_id: String,
}

#[derive(Deserialize)]
struct Poll {
    #[serde(default)]
    offset: u64,
    #[serde(default)]
    timeout: u64,
}

#[derive(Serialize)]
struct Answer<T> {
    ok: bool,
    result: T,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [http_port, address, jid, password] = &arguments[..] else {
        return Err("usage: tokio_xmpp_bot HTTP_PORT XMPP_ADDRESS JID PASSWORD".into());
    };
    rustls::crypto::ring::default_provider().install_default().expect("the first of this process");
    let connector = StartTlsServerConnector::from(DnsConfig::addr(address));
    let stream = StanzaStream::new_c2s(connector, jid.parse()?, password.clone(), Timeouts::default(), QUEUE);
    let (stanzas, to_send) = mpsc::channel(QUEUE);
    let bot = Arc::new(Bot { stanzas, updates: Mutex::default(), news: Notify::new() });
    let listener = TcpListener::bind(("127.0.0.1", http_port.parse()?)).await?;
    let paths = Router::new().route("/bot/sendMessage", post(send_message)).route("/bot/getUpdates", get(get_updates));
    tokio::spawn(link(stream, to_send, bot.clone()));
    // Whoever started us is gone when our input ends.
    std::thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    axum::serve(axum::serve::ListenerExt::tap_io(listener, |tcp| drop(tcp.set_nodelay(true))), paths.with_state(bot))
        .await?;
    Ok(())
}

/// The connection: takes what comes, sends what is to be sent.
async fn link(mut stream: StanzaStream, mut to_send: mpsc::Receiver<Message>, bot: Arc<Bot>) {
    loop {
        tokio::select! {
            event = stream.next() => match event {
                Some(Event::Stream(StreamEvent::Reset { .. })) => {
                    stream.send(Box::new(Presence::available().into())).await;
                    println!("online");
                }
                Some(Event::Stanza(Stanza::Message(message))) => take(&bot, message),
                Some(_) => {}
                None => return,
            },
            Some(message) = to_send.recv() => drop(stream.send(Box::new(message.into())).await),
        }
    }
}

fn take(bot: &Bot, message: Message) {
    let (Some(from), Some((_, body))) = (&message.from, message.get_best_body(Vec::new())) else { return };
    let mut updates = bot.updates.lock().unwrap();
    updates.last += 1;
    let data = Incoming { from: from.to_bare().to_string(), body: body.clone() };
    let update = Update { update_id: updates.last, r#type: "message", data };
    updates.waiting.push_back(update);
    bot.news.notify_one();
}

async fn send_message(State(bot): State<Arc<Bot>>, Json(send): Json<Send>) -> Json<Answer<Sent>> {
    let number = {
        let mut updates = bot.updates.lock().unwrap();
        updates.sent += 1;
        updates.sent
    };
    let id = format!("tokio-{number}");
    let to: Jid = send.to.parse().expect("the load knows addresses");
    let mut message = Message::chat(to).with_body(Lang::new(), send.text);
    message.id = Some(Id(id.clone()));
    bot.stanzas.send(message).await.expect("the link lives as long as we");
    Json(Answer { ok: true, result: Sent { message_id: id } })
}

async fn get_updates(State(bot): State<Arc<Bot>>, Query(poll): Query<Poll>) -> Json<Answer<Vec<Update>>> {
    let some = async {
        loop {
            let found = bot.updates.lock().unwrap().from(poll.offset);
            if !found.is_empty() {
                return found;
            }
            bot.news.notified().await;
        }
    };
    let found = tokio::time::timeout(Duration::from_secs(poll.timeout), some).await;
    Json(Answer { ok: true, result: found.unwrap_or_default() })
}

impl Updates {
    /// Forgets those before an offset, and gives the next.
    fn from(&mut self, offset: u64) -> Vec<Update> {
        while self.waiting.front().is_some_and(|update| update.update_id < offset) {
            self.waiting.pop_front();
        }
        self.waiting.iter().take(UPDATES_PER_ANSWER).cloned().collect()
    }
}
