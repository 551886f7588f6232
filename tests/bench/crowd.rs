//! The bare crowd: many accounts logged in at once, with nothing above the stream. What the daemon's pool is compared with.
//!
//! One thread, the same runtime, TLS and SCRAM as the daemon's edge, with the keys of an earlier login as the daemon has
//! them; each connection asks for what the daemon asks for. How fast that goes is the server's own pace. Runs as a process
//! of its own, see [`run`].

use std::cell::RefCell;
use std::io::{Error, Read, Result};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;
use std::{io, process, thread};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use botmother::base::secret::Secret;
use botmother::xmpp::sasl::{self, Channel, Exchange, LoginKey, Offer};
use futures_rustls::client::TlsStream;
use rustls::ClientConfig;
use smol::io::{AsyncReadExt, AsyncWriteExt};
use smol::lock::Semaphore;
use smol::{Async, LocalExecutor};

use crate::wire::{Login, ask, between};

type Stream = TlsStream<Async<std::net::TcpStream>>;

/// What every connection asks after the login, in one write: stream management, what the account can do, copies; our
/// presence, and the end of the archive. The answer to the last of them is waited for.
const SETUP: &str = "<enable xmlns='urn:xmpp:sm:3' resume='true'/>\
    <iq type='get' id='d'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>\
    <iq type='set' id='c'><enable xmlns='urn:xmpp:carbons:2'/></iq>";
const ARRIVE: &str = "<presence><priority>0</priority></presence>\
    <iq type='set' id='last'><query xmlns='urn:xmpp:mam:2'><x xmlns='jabber:x:data' type='submit'>\
    <field var='FORM_TYPE' type='hidden'><value>urn:xmpp:mam:2</value></field></x>\
    <set xmlns='http://jabber.org/protocol/rsm'><max>1</max><before/></set></query></iq>";

/// Logs all in once for the keys, and then, at a word on our input, once more; prints the seconds of that. Each sends
/// itself a message then and reads it. Stays until the input ends.
pub fn run(logins: Vec<Login>, at_once: usize) -> Result<()> {
    let trust = logins.first().expect("one at least").trust()?;
    let logins: Vec<Rc<Login>> = logins.into_iter().map(Rc::new).collect();
    let executor = Rc::new(LocalExecutor::new());
    let keys = Rc::new(RefCell::new(vec![None; logins.len()]));
    smol::block_on(executor.run(async {
        let begun = Instant::now();
        drop(all(&executor, &logins, &keys, &trust, at_once).await?);
        eprintln!("bare: {} keys in {:.1} s", logins.len(), begun.elapsed().as_secs_f64());
        println!("ready");
        io::stdin().read_exact(&mut [0])?;
        let begun = Instant::now();
        let streams = all(&executor, &logins, &keys, &trust, at_once).await?;
        let took = begun.elapsed().as_secs_f64();
        let held = converse(streams, &logins).await?;
        println!("{took}");
        // Whoever started us is gone when our input ends.
        thread::spawn(|| {
            let _ = io::stdin().read(&mut [0]);
            process::exit(0);
        });
        let _held = held;
        std::future::pending::<Result<()>>().await
    }))
}

async fn all(
    executor: &Rc<LocalExecutor<'static>>,
    logins: &[Rc<Login>],
    keys: &Rc<RefCell<Vec<Option<LoginKey>>>>,
    trust: &Arc<ClientConfig>,
    at_once: usize,
) -> Result<Vec<Stream>> {
    let turns = Rc::new(Semaphore::new(at_once));
    let start = |(number, login): (usize, &Rc<Login>)| {
        let (login, keys, trust, turns) = (login.clone(), keys.clone(), trust.clone(), turns.clone());
        executor.spawn(async move {
            let _turn = turns.acquire().await;
            let known = keys.borrow()[number].clone();
            let (stream, fresh) = log_in(&login, trust, known).await?;
            if fresh.is_some() {
                keys.borrow_mut()[number] = fresh;
            }
            Ok::<_, Error>(stream)
        })
    };
    let tasks: Vec<_> = logins.iter().enumerate().map(start).collect();
    let mut streams = Vec::new();
    for task in tasks {
        streams.push(task.await?);
    }
    Ok(streams)
}

/// Logs in by SCRAM; gives a new key if there was none that fits.
async fn log_in(login: &Login, trust: Arc<ClientConfig>, key: Option<LoginKey>) -> Result<(Stream, Option<LoginKey>)> {
    let (mut stream, features) = login.secure(trust).await?;
    let mechanisms = features.split("<mechanism>").skip(1).filter_map(|rest| rest.split('<').next());
    let offer = Offer { mechanisms: mechanisms.map(String::from).collect(), bindings: Vec::new() };
    let choice = sasl::choose(&offer, None, Channel::Open).map_err(Error::other)?;
    let nonce = format!("{:p}{:?}", &stream, Instant::now()).replace([',', ' ', '{', '}', ':'], "");
    let (mut exchange, first) = Exchange::start(choice, &login.user, Secret::new(&login.password), key, nonce);
    let mut read = Vec::new();
    let auth = format!(
        "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='{}'>{}</auth>",
        exchange.name(),
        BASE64.encode(first)
    );
    let challenge = data(&ask(&mut stream, &mut read, &auth, "</challenge").await?)?;
    let proof = BASE64.encode(exchange.challenge(&challenge).map_err(Error::other)?);
    let response = format!("<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>{proof}</response>");
    let success = data(&ask(&mut stream, &mut read, &response, "</success").await?)?;
    exchange.success(&success).map_err(Error::other)?;
    ask(&mut stream, &mut read, &login.header(), "</stream:features>").await?;
    let bind = "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>";
    ask(&mut stream, &mut read, bind, "</iq>").await?;
    ask(&mut stream, &mut read, SETUP, "id='c'").await?;
    ask(&mut stream, &mut read, ARRIVE, "id='last'").await?;
    Ok((stream, exchange.new_key()))
}

fn data(element: &str) -> Result<Vec<u8>> {
    let text = element.rsplit("sasl'>").next().and_then(|rest| rest.split('<').next()).unwrap_or_default();
    BASE64.decode(text).map_err(Error::other)
}

/// Everybody sends himself a message and waits for it.
async fn converse(mut streams: Vec<Stream>, logins: &[Rc<Login>]) -> Result<Vec<Stream>> {
    let mut buffer = vec![0; 16 * 1024];
    for (stream, login) in streams.iter_mut().zip(logins) {
        let message = format!("<message to='{}' type='chat' id='m'><body>hello</body></message>", login.jid());
        stream.write_all(message.as_bytes()).await?;
        stream.flush().await?;
        let mut seen = String::new();
        while between(&seen, "<body>", "</body>").is_none() {
            let size = stream.read(&mut buffer).await?;
            if size == 0 {
                return Err(Error::new(io::ErrorKind::UnexpectedEof, format!("{} is cut off", login.jid())));
            }
            seen += &String::from_utf8_lossy(&buffer[..size]);
        }
    }
    Ok(streams)
}
