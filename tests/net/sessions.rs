//! Sessions over real sockets: against a scripted server that does what a good one never does, and against Prosody.

use std::cell::Cell;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::rc::Rc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use botmother::base::id::AccountId;
use botmother::base::jid::BareJid;
use botmother::base::limits;
use botmother::base::secret::Secret;
use botmother::core::effect::{Order, Route};
use botmother::net::pool;
use botmother::net::probe::{NoLogin, Step, probe};
use botmother::xmpp::session::{Event, Facts, SessionConfig};

use super::support::proxy::Proxy;
use super::support::server::{Kind, Server};

const SOON: Duration = Duration::from_secs(20);

/// The thread of all sockets, as the daemon has it.
struct Edge {
    orders: async_channel::Sender<(AccountId, Order)>,
    events: Receiver<(AccountId, Event)>,
    thread: JoinHandle<()>,
}

impl Edge {
    fn start() -> Edge {
        Edge::with(|_, _| {})
    }

    /// `spy` sees every event on the edge's own thread.
    fn with(spy: impl Fn(AccountId, &Event) + Send + 'static) -> Edge {
        let (orders, inbox) = async_channel::unbounded();
        let (tell, events) = mpsc::channel();
        let thread = thread::spawn(move || {
            let executor = Rc::new(smol::LocalExecutor::new());
            let events = move |id, event| {
                spy(id, &event);
                let _ = tell.send((id, event));
            };
            botmother::reactor::block_on(executor.run(pool::run(inbox, events, executor.clone())));
        });
        Edge { orders, events, thread }
    }

    fn order(&self, id: i64, order: Order) {
        self.orders.try_send((AccountId(id), order)).unwrap();
    }

    fn next(&self) -> (i64, Event) {
        match self.events.recv_timeout(SOON) {
            Ok((id, event)) => (id.0, event),
            Err(error) => panic!("no event: {error}"),
        }
    }

    /// The next event that `wanted` takes; others are passed over.
    fn find<T>(&self, wanted: impl Fn(i64, Event) -> Option<T>) -> T {
        loop {
            let (id, event) = self.next();
            if let Some(found) = wanted(id, event) {
                return found;
            }
        }
    }

    fn offline(&self) -> String {
        self.find(|_, event| match event {
            Event::Offline { why, .. } => Some(why),
            _ => None,
        })
    }

    /// Answers `Bound` and waits for `Online`; says whether the stream was resumed.
    fn online(&self) -> bool {
        self.find(|id, event| match event {
            Event::Bound { .. } => {
                self.order(id, Order::CatchUp { after: None, age: None, in_doubt: None });
                None
            }
            Event::Online { resumed } => Some(resumed),
            _ => None,
        })
    }

    /// Ends as the daemon does; says how long that took.
    fn stop(self) -> Duration {
        let begun = Instant::now();
        drop(self.orders);
        self.thread.join().unwrap();
        begun.elapsed()
    }
}

fn config(jid: &str, password: &str) -> SessionConfig {
    SessionConfig {
        account: BareJid::parse(jid).unwrap(),
        password: Secret::new(password),
        resource: "bot".to_string(),
        login_key: None,
        plaintext: true,
        presence: botmother::xmpp::presence::print_available(-1),
        is_bot: false,
        register: false,
        features: &[],
    }
}

fn local(port: u16) -> Route {
    Route { domain: "example.org".into(), host: format!("127.0.0.1:{port}"), ..Route::default() }
}

fn start(edge: &Edge, id: i64, port: u16) {
    edge.order(id, Order::Start(Box::new(config("bot@example.org", "secret")), local(port)));
}

// --- a scripted server ---

/// One client's connection at a server without TLS and without extensions.
struct Client {
    stream: TcpStream,
    seen: String,
}

impl Client {
    fn accept(listener: &TcpListener) -> Client {
        let stream = listener.accept().unwrap().0;
        stream.set_read_timeout(Some(SOON)).unwrap();
        Client { stream, seen: String::new() }
    }

    fn say(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).unwrap();
    }

    /// Reads until `end` was seen; gives everything up to it.
    fn until(&mut self, end: &str) -> String {
        let mut buffer = [0; 65_536];
        let mut searched = 0;
        loop {
            if let Some(at) = self.seen[searched..].find(end) {
                let rest = self.seen.split_off(searched + at + end.len());
                return std::mem::replace(&mut self.seen, rest);
            }
            searched = self.seen.len().saturating_sub(end.len());
            let size = self.stream.read(&mut buffer).unwrap();
            assert!(size > 0, "closed before {end}; seen: {:.300}", self.seen);
            self.seen.push_str(std::str::from_utf8(&buffer[..size]).unwrap());
        }
    }

    fn header(&mut self, features: &str) {
        self.until("<stream:stream");
        self.until(">");
        self.say(
            "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='x' \
                  from='example.org' version='1.0'>",
        );
        self.say(&format!("<stream:features>{features}</stream:features>"));
    }

    /// Lets the client log in and come online; refuses every question.
    fn log_in(&mut self) {
        self.header("<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms>");
        self.until("</auth>");
        self.say("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
        self.header("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>");
        loop {
            let text = self.until(">");
            if text.contains("<presence") {
                return;
            }
            let Some(at) = text.find("<iq") else { continue };
            let iq = &text[at..];
            let quote = iq.split("id=").nth(1).unwrap();
            let id = quote[1..].split(&quote[..1]).next().unwrap().to_string();
            let body = self.until("</iq>");
            self.say(&match body.contains("xmpp-bind") {
                true => format!(
                    "<iq type='result' id='{id}'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>\
                     <jid>bot@example.org/bot</jid></bind></iq>"
                ),
                false => format!(
                    "<iq type='error' id='{id}'><error type='cancel'>\
                     <service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"
                ),
            });
        }
    }

    fn message(&mut self, number: usize, body: &str) {
        self.say(&format!(
            "<message from='friend@example.org/x' to='bot@example.org/bot' type='chat' id='m{number}'>\
             <body>{body}</body></message>"
        ));
    }

    fn is_closed(&mut self) -> bool {
        let mut buffer = [0; 4096];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return true,
                Ok(_) => {}
                Err(error) => return error.kind() == ErrorKind::ConnectionReset,
            }
        }
    }
}

fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// A session that is online at a scripted server.
fn online() -> (Edge, Client) {
    let (listener, port) = listener();
    let server = thread::spawn(move || {
        let mut client = Client::accept(&listener);
        client.log_in();
        client
    });
    let edge = Edge::start();
    start(&edge, 1, port);
    assert!(!edge.online());
    (edge, server.join().unwrap())
}

#[test]
fn a_server_that_is_not_there_is_said() {
    let (_, port) = listener();
    let edge = Edge::start();
    start(&edge, 1, port);
    let why = edge.offline();
    assert!(why.contains(&format!("127.0.0.1:{port}: connection refused")), "{why}");
    let second = edge.offline();
    assert_eq!(why, second);
    assert!(edge.stop() < Duration::from_secs(1));
}

/// A server with direct TLS and this certificate that reads one header, says this, and is gone; its port, and what it read.
fn says_once(name: &str, answer: String) -> (u16, Receiver<String>) {
    let config = super::certs::server_config(name, &["xmpp-client"], rustls::ALL_VERSIONS);
    let (listener, port) = listener();
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let stream = listener.accept().unwrap().0;
        let mut stream = rustls::StreamOwned::new(rustls::ServerConnection::new(config).unwrap(), stream);
        let mut read = Vec::new();
        let mut buffer = [0; 4096];
        while !read.ends_with(b">") || !read.windows(14).any(|piece| piece == b"<stream:stream") {
            match stream.read(&mut buffer) {
                Ok(size) if size > 0 => read.extend_from_slice(&buffer[..size]),
                _ => return,
            }
        }
        let _ = tell.send(String::from_utf8(read).unwrap());
        let _ = stream.write_all(answer.as_bytes()).and_then(|()| stream.flush());
        // Until it hangs up.
        let _ = stream.read(&mut buffer);
    });
    (port, told)
}

fn elsewhere(host: &str) -> String {
    format!(
        "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='x' version='1.0'>\
         <stream:error><see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>{host}</see-other-host>\
         </stream:error></stream:stream>"
    )
}

#[test]
fn who_has_shown_to_be_the_server_may_send_us_elsewhere() {
    for (second, is_right) in [("good", true), ("other", false)] {
        let (there, told) = says_once(second, "</stream:stream>".to_string());
        let (here, _) = says_once("good", elsewhere(&format!("127.0.0.1:{there}")));
        let route = Route { host: format!("tls://127.0.0.1:{here}"), ..super::certs::route("ca.crt", "") };
        let edge = Edge::start();
        edge.order(1, Order::Start(Box::new(config("bot@example.org", "secret")), route));
        assert_eq!(edge.offline(), format!("the server sends us to 127.0.0.1:{there}"));
        let why = edge.offline();
        if is_right {
            let header = told.recv_timeout(SOON).unwrap();
            assert!(header.contains(" to='example.org'"), "{header}");
        } else {
            assert!(why.contains("certificate is refused"), "{why}");
            assert!(told.try_recv().is_err(), "we have spoken to who cannot be the server");
        }
        assert!(edge.stop() < Duration::from_secs(1));
    }
}

#[test]
fn a_server_that_closes_is_said() {
    let (listener, port) = listener();
    let edge = Edge::start();
    start(&edge, 1, port);
    drop(Client::accept(&listener));
    let why = edge.offline();
    assert!(why.contains("closed") || why.contains("reset"), "{why}");
    // And it comes again.
    Client::accept(&listener).until("<stream:stream");
}

/// How many connections are there after a while in which nothing else comes.
fn crowd(listener: &TcpListener) -> Vec<TcpStream> {
    listener.set_nonblocking(true).unwrap();
    let (mut crowd, mut last) = (Vec::new(), Instant::now());
    while last.elapsed() < Duration::from_secs(3) {
        match listener.accept() {
            Ok((stream, _)) => {
                crowd.push(stream);
                last = Instant::now();
            }
            Err(_) => thread::sleep(Duration::from_millis(10)),
        }
    }
    crowd
}

#[test]
fn a_server_is_not_overrun_and_holds_up_no_other() {
    let ((mute, mute_port), (healthy, port)) = (listener(), listener());
    let edge = Edge::start();
    for id in 0..2 * limits::LOGINS_MAX as i64 {
        start(&edge, 1 + id, mute_port);
    }
    let first = crowd(&mute);
    assert_eq!(first.len(), limits::LOGINS_MAX, "at the start");
    let server = thread::spawn(move || {
        let mut client = Client::accept(&healthy);
        client.log_in();
        client
    });
    start(&edge, 0, port);
    assert!(!edge.online());
    drop(server.join().unwrap());
    // Whoever is thrown out tries again, and so do those who waited: together they are not more than before.
    drop(first);
    assert_eq!(crowd(&mute).len(), limits::LOGINS_MAX, "when it threw all out");
    assert!(edge.stop() < Duration::from_secs(1), "those who wait need not say goodbye");
}

#[test]
fn direct_tls_to_a_plain_port_is_said() {
    let (listener, port) = listener();
    let edge = Edge::start();
    let route = Route { host: format!("tls://127.0.0.1:{port}"), ..local(port) };
    edge.order(1, Order::Start(Box::new(config("bot@example.org", "x")), route));
    thread::spawn(move || listener.accept().unwrap().0.write_all(b"<stream:error/>").unwrap());
    let why = edge.offline();
    assert!(why.contains("does not speak TLS") && why.contains("without tls://"), "{why}");
}

#[test]
fn a_mute_server_does_not_hold_the_end_up() {
    let (listener, port) = listener();
    let edge = Edge::start();
    start(&edge, 1, port);
    let _client = Client::accept(&listener);
    let took = edge.stop();
    assert!(took < Duration::from_millis(3_500), "{took:?}");
}

#[test]
fn the_goodbye_is_said_and_waited_for() {
    let (edge, mut client) = online();
    let server = thread::spawn(move || {
        client.until("</stream:stream>");
        thread::sleep(Duration::from_millis(200));
        client.say("</stream:stream>");
        assert!(client.is_closed());
    });
    let took = edge.stop();
    assert!(took > Duration::from_millis(150) && took < Duration::from_secs(1), "{took:?}");
    server.join().unwrap();
}

/// Neither side reads before it has written everything: a driver that writes without reading hangs here.
#[test]
fn reading_goes_on_while_writing_is_stuck() {
    const COUNT: usize = 100;
    let (edge, mut client) = online();
    let body = "x".repeat(60_000);
    for tag in 0..COUNT as u64 {
        let stanza = format!("<message to='friend@example.org' type='chat'><body>{body}</body></message>");
        edge.order(1, Order::Send { tag: Some(tag), stanza });
    }
    let server = thread::spawn(move || {
        thread::sleep(Duration::from_millis(300));
        for number in 0..COUNT {
            client.message(number, &"y".repeat(60_000));
        }
        for _ in 0..COUNT {
            client.until("</message>");
        }
    });
    for number in 0..COUNT {
        edge.find(|_, event| match event {
            Event::Message(inbound) => {
                assert_eq!(inbound.id.as_deref(), Some(format!("m{number}").as_str()));
                Some(())
            }
            _ => None,
        });
        // So much at once would stop the reading.
        edge.order(1, Order::Handled(1));
    }
    server.join().unwrap();
}

#[test]
fn what_is_not_committed_stops_the_reading() {
    const COUNT: usize = 20_000;
    let (edge, mut client) = online();
    let server = thread::spawn(move || {
        (0..COUNT).for_each(|number| client.message(number, &"z".repeat(1_000)));
        client
    });
    let mut came = 0;
    while let Ok((_, event)) = edge.events.recv_timeout(Duration::from_millis(700)) {
        came += usize::from(matches!(event, Event::Message(_)));
    }
    // The limit, and what one read had in it beyond.
    assert!((128..200).contains(&came), "{came}");
    assert!(!server.is_finished());
    edge.order(1, Order::Handled(came as u32));
    while came < COUNT {
        if let (_, Event::Message(_)) = edge.next() {
            came += 1;
            edge.order(1, Order::Handled(1));
        }
    }
    server.join().unwrap();
}

#[test]
fn many_orders_become_few_writes() {
    let (edge, mut client) = online();
    for tag in 0..50 {
        edge.order(
            1,
            Order::Send { tag: Some(tag), stanza: format!("<message to='a@example.org'><body>{tag}</body></message>") },
        );
    }
    let mut reads = 0;
    let mut buffer = [0; 65_536];
    while client.seen.matches("</message>").count() < 50 {
        let size = client.stream.read(&mut buffer).unwrap();
        client.seen.push_str(std::str::from_utf8(&buffer[..size]).unwrap());
        reads += 1;
    }
    let numbers: Vec<&str> = client.seen.split("<body>").skip(1).map(|rest| rest.split('<').next().unwrap()).collect();
    assert_eq!(numbers, (0..50).map(|n| n.to_string()).collect::<Vec<_>>());
    assert!(reads <= 25, "{reads} reads for 50 stanzas");
}

#[test]
fn another_start_takes_the_place_of_the_first() {
    let (listener, port) = listener();
    let edge = Edge::start();
    start(&edge, 1, port);
    let mut first = Client::accept(&listener);
    first.header("<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms>");
    first.until("</auth>");
    start(&edge, 1, port);
    let server = thread::spawn(move || {
        assert!(first.is_closed());
        Client::accept(&listener).log_in();
    });
    // The first says nothing more, not even that it is gone.
    assert!(matches!(edge.next(), (1, Event::Bound { .. })));
    edge.order(1, Order::CatchUp { after: None, age: None, in_doubt: None });
    assert!(!edge.online());
    server.join().unwrap();
}

#[test]
fn orders_for_a_session_before_this_one_are_not_its_own() {
    let (listener, port) = listener();
    let edge = Edge::start();
    start(&edge, 1, port);
    edge.order(1, Order::Handled(7));
    edge.order(1, Order::CatchUp { after: None, age: None, in_doubt: None });
    edge.order(1, Order::Send { tag: Some(1), stanza: "<message to='a@b'><body>old</body></message>".into() });
    edge.order(9, Order::Handled(1));
    let server = thread::spawn(move || {
        let mut client = Client::accept(&listener);
        client.log_in();
        client.until("<body>new</body>")
    });
    assert!(!edge.online());
    edge.order(1, Order::Send { tag: Some(2), stanza: "<message to='a@b'><body>new</body></message>".into() });
    assert!(!server.join().unwrap().contains("old"));
}

#[test]
fn a_panic_costs_one_session_one_reconnect() {
    let (good, good_port) = listener();
    let (_, closed_port) = listener();
    let panicked = Cell::new(false);
    let edge = Edge::with(move |id, event| {
        if id == AccountId(2) && matches!(event, Event::Offline { .. }) && !panicked.replace(true) {
            panic!("planted by the test");
        }
    });
    let server = thread::spawn(move || {
        let mut client = Client::accept(&good);
        client.log_in();
        client.until("<body>still here</body>");
    });
    start(&edge, 1, good_port);
    assert!(!edge.online());
    start(&edge, 2, closed_port);
    let why = edge.offline();
    assert!(why.contains("a bug ended the session"), "{why}");
    let why = edge.offline();
    assert!(why.contains("connection refused"), "{why}");
    edge.order(1, Order::Send { tag: Some(1), stanza: "<message to='a@b'><body>still here</body></message>".into() });
    server.join().unwrap();
}

#[test]
fn no_login_without_tls_beyond_this_machine() {
    let mut report = |_| {};
    let route = Route { domain: "example.org".into(), host: "192.0.2.1:5222".into(), ..Route::default() };
    let why = botmother::reactor::block_on(probe(config("bot@example.org", "x"), route, &mut report)).unwrap_err().why;
    assert!(why.contains("without TLS"), "{why}");
}

#[test]
fn a_host_that_is_none_is_said() {
    let edge = Edge::start();
    edge.order(1, Order::Start(Box::new(config("bot@example.org", "x")), Route { host: "a:b:c".into(), ..local(1) }));
    assert!(edge.offline().contains("must be host:port or tls://host:port"));
}

// --- a real server ---

fn rig() -> Option<Server> {
    let server = Server::start(Kind::Prosody)?;
    server.add_user("bot", "secret");
    Some(server)
}

fn real(server: &Server, port: u16) -> Route {
    Route {
        domain: server.domain.clone(),
        host: format!("127.0.0.1:{port}"),
        ca_file: server.ca_file.to_string_lossy().into_owned(),
        ..Route::default()
    }
}

fn tls_config(server: &Server, password: &str) -> SessionConfig {
    SessionConfig { plaintext: false, ..config(&server.jid("bot"), password) }
}

fn try_login(server: &Server, password: &str, route: Route) -> (Result<Facts, NoLogin>, Vec<Step>) {
    let mut steps = Vec::new();
    let result = botmother::reactor::block_on(probe(tls_config(server, password), route, &mut |step| steps.push(step)));
    (result, steps)
}

#[test]
fn probing_a_real_server() {
    let Some(server) = rig() else { return };
    let (result, steps) = try_login(&server, "secret", real(&server, server.c2s_port));
    let facts = result.unwrap();
    assert!(
        facts.mechanism.starts_with("SCRAM-SHA-") && facts.tls.starts_with("TLS 1.3") && facts.resumption,
        "{facts:?}"
    );
    let text: Vec<String> = steps.iter().map(Step::to_string).collect();
    assert!(text[0].contains("as configured") && text[1].starts_with("connected to 127.0.0.1"), "{text:#?}");
    assert!(text[2].contains("certificate sha256:") && text[2].contains("valid until"), "{text:#?}");
    assert!(text[3].starts_with("logged in as bot@") && text.len() == 4, "{text:#?}");
    let pin = steps.iter().find_map(|step| match step {
        Step::Tls(_, certificate) => Some(certificate.pin.clone()),
        _ => None,
    });

    let direct = Route { host: format!("tls://127.0.0.1:{}", server.tls_port), ..real(&server, 0) };
    try_login(&server, "secret", direct).0.unwrap();
    let pinned = Route { ca_file: String::new(), pin: pin.clone().unwrap(), ..real(&server, server.c2s_port) };
    try_login(&server, "secret", pinned).0.unwrap();
    let nothing = Route { ca_file: String::new(), ..real(&server, server.c2s_port) };
    let why = try_login(&server, "secret", nothing).0.unwrap_err().why;
    assert!(why.contains(&pin.unwrap()) && why.contains(botmother::base::remedy::CA_FILE), "{why}");
    let wrong = try_login(&server, "wrong", real(&server, server.c2s_port)).0.unwrap_err();
    assert!(wrong.is_refused && wrong.why.contains("password"), "{wrong:?}");
}

#[test]
fn a_real_session_survives_its_connection() {
    let Some(server) = rig() else { return };
    let proxy = Proxy::start(server.c2s_port);
    let edge = Edge::start();
    edge.order(1, Order::Start(Box::new(tls_config(&server, "secret")), real(&server, proxy.port)));
    let begun = Instant::now();
    assert!(!edge.online());
    println!("online after {:?}", begun.elapsed());

    let jid = server.jid("bot");
    let send = |tag: u64| {
        let body = format!("<body>number {tag}</body>");
        edge.order(
            1,
            Order::Send {
                tag: Some(tag),
                stanza: format!("<message to='{jid}/bot' type='chat' id='i{tag}'>{body}</message>"),
            },
        );
    };
    let receive = |tag| {
        edge.find(|_, event| match event {
            Event::Message(inbound) if inbound.id.as_deref() == Some(&format!("i{tag}")) => Some(()),
            _ => None,
        });
        edge.order(1, Order::Handled(1));
    };
    send(1);
    receive(1);
    proxy.reset();
    proxy.pass();
    assert!(!edge.offline().is_empty());
    send(2);
    assert!(edge.online(), "the stream is resumed");
    receive(2);
    let took = edge.stop();
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[test]
fn a_real_server_is_not_waited_for_by_nagle() {
    let Some(server) = rig() else { return };
    // A delayed ACK costs 40 ms each time, a busy machine only now and then: one quick login is proof.
    let limit = Duration::from_millis(40);
    let quick = (0..30).find(|_| {
        let edge = Edge::start();
        let begun = Instant::now();
        edge.order(1, Order::Start(Box::new(tls_config(&server, "secret")), real(&server, server.c2s_port)));
        assert!(!edge.online());
        let took = begun.elapsed();
        edge.stop();
        took < limit
    });
    assert!(quick.is_some(), "no login of 30 was done within {limit:?}");
}

/// Not a check but a measurement: `cargo test --release --test net -- --ignored --nocapture memory`.
#[test]
#[ignore = "takes a minute"]
fn memory_of_many_idle_sessions() {
    let Some(server) = rig() else { return };
    let rss = || {
        let text = std::fs::read_to_string("/proc/self/smaps_rollup").unwrap();
        let line = text.lines().find(|line| line.starts_with("Rss:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<i64>().unwrap()
    };
    const COUNT: i64 = 300;
    for number in 0..=COUNT {
        server.add_user(&format!("bot{number}"), "secret");
    }
    let edge = Edge::start();
    let start = |number: i64| {
        let config = SessionConfig { plaintext: false, ..config(&server.jid(&format!("bot{number}")), "secret") };
        edge.order(number, Order::Start(Box::new(config), real(&server, server.c2s_port)));
    };
    start(0);
    edge.online();
    let before = rss();
    let begun = Instant::now();
    (1..=COUNT).for_each(start);
    (1..=COUNT).for_each(|_| assert!(!edge.online()));
    let took = begun.elapsed();
    match edge.events.recv_timeout(Duration::from_secs(2)) {
        Err(RecvTimeoutError::Timeout) => {}
        other => println!("unexpected: {other:?}"),
    }
    println!("{COUNT} sessions online in {took:?}; {} KB each", (rss() - before) as f64 / COUNT as f64);
    println!("closed in {:?}", edge.stop());
}
