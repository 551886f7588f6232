//! AIs as the daemon meets them: answers that hang, trickle, lie and break, and a real chat. Real services: `tests/llms.rs`.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod support;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use support::daemon::Daemon;
use support::http::Http;
use support::peer::Peer;
use support::server::{Kind, Server};
use support::stub::{Stub, answer, hang};

const OWNER: &str = "owner@local";

/// An answer in OpenAI's shape.
fn says(text: &str) -> String {
    let body =
        format!(r#"{{"choices":[{{"message":{{"role":"assistant","content":"{text}"}},"finish_reason":"stop"}}]}}"#);
    answer("200 OK", "Content-Type: application/json\r\n", &body)
}

/// A bot of the built-in account whose AI is at this address; gives its token.
fn bot(http: &mut Http, daemon: &Daemon, name: &str, url: &str, timeout: u32) -> String {
    let token = daemon.create_bot(name, OWNER);
    let body = format!(r#"{{"provider":"openai","model":"m","endpoint":"{url}","timeout":{timeout}}}"#);
    http.post("/bot/ai/setup", Some(&token), &body).ok();
    token
}

/// What is said to the bot in the built-in chat, and the first line it answers within the time.
fn chat(http: &mut Http, name: &str, text: &str, limit: Duration) -> String {
    let body = format!(r#"{{"to":"{name}","text":"{text}"}}"#);
    let line = http.post("/local/say", None, &body).ok().at("id").number();
    let begun = Instant::now();
    while begun.elapsed() < limit {
        let path = format!("/local/read?with={name}&after={line}&timeout=1");
        let lines = http.get(&path, None).ok().at("result").list();
        if let Some(line) = lines.iter().find(|line| line.at("from").text() == name) {
            return line.at("text").text();
        }
    }
    panic!("{name} says nothing to {text:?}")
}

#[test]
fn a_bot_answers_in_the_built_in_chat() {
    let daemon = Daemon::start("");
    let mut http = daemon.http();
    let stub = Stub::fixed(says("It is Paris."));
    let token = daemon.create_bot("Clever", OWNER);
    assert!(chat(&mut http, "Clever", "/ki", Duration::from_secs(5)).contains("AI: not set up"));
    let answer = chat(&mut http, "Clever", "/ki setup groq gsk_very_secret m1", Duration::from_secs(5));
    assert!(answer.starts_with("AI configured!") && !answer.contains("gsk_very_secret"), "{answer}");
    assert!(!answer.contains("delete it"), "no server keeps this chat: {answer}");
    chat(&mut http, "Clever", &format!("/ki url {}", stub.url("/v1")), Duration::from_secs(5));
    chat(&mut http, "Clever", "/ki token k2_secret", Duration::from_secs(5));
    assert_eq!(chat(&mut http, "Clever", "Capital of France?", Duration::from_secs(10)), "It is Paris.");
    let request = stub.requests.lock().unwrap()[0].clone();
    assert!(request.contains("Bearer k2_secret") && !request.contains("gsk_very_secret"), "{request}");
    let reply = http.post("/bot/ai/ask?from=me", Some(&token), r#"{"message":"And?"}"#).ok();
    assert_eq!(reply.at("response").text(), "It is Paris.");
    let status = http.get("/bot/ai/status", Some(&token)).ok();
    assert_eq!((status.at("enabled").truth(), status.at("type").text()), (true, "groq".to_string()));
    // No key stands in the history, in the log, or readable in the database.
    let lines = http.get("/local/read?with=Clever&after=0", None);
    assert!(!lines.body.contains("secret") && lines.body.contains("/ki setup groq ********"), "{}", lines.body);
    assert!(!daemon.log_text().contains("secret"));
    for file in std::fs::read_dir(daemon.dir.join("data")).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap_or_default();
        assert!(!bytes.windows(9).any(|part| part == b"k2_secret"));
    }
}

/// What the person is told, and that it never takes longer than the AI may.
#[test]
fn whatever_answers_the_person_gets_a_word_and_nobody_else_waits() {
    let daemon = Daemon::start("[api]\nrate_limit = 0\n");
    let mut http = daemon.http();
    let trickle = |socket: &mut TcpStream, _: &str| {
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n");
        while socket.write_all(b"{").is_ok() {
            thread::sleep(Duration::from_secs(1));
        }
    };
    let flood = |socket: &mut TcpStream, _: &str| {
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 52428800\r\n\r\n");
        while socket.write_all(&[b'x'; 65536]).is_ok() {}
    };
    let busy = "Retry-After: 3600\r\n";
    let cases = [
        ("Hanging", Stub::new(|socket, _| hang(socket)), "no answer in time"),
        ("Trickling", Stub::new(trickle), "no answer in time"),
        ("Flooding", Stub::new(flood), "no AI"),
        ("Garbage", Stub::fixed("\u{1}\u{2}garbage\r\n\r\n"), "does not answer at the moment"),
        ("Refusing", Stub::fixed(answer("401 Unauthorized", "", "{}")), "does not accept the key"),
        ("Busy", Stub::fixed(answer("429 Too Many Requests", busy, "{}")), "too many questions"),
        ("Failing", Stub::fixed(answer("500 Oops", "", "<html>")), "status 500"),
        ("Html", Stub::fixed(answer("200 OK", "", "<html>Hello</html>")), "no AI"),
        (
            "Breaking",
            Stub::fixed("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"cho"),
            "does not answer at the moment",
        ),
        ("Mute", Stub::fixed(answer("200 OK", "", r#"{"choices":[{"message":{"content":""}}]}"#)), "no answer"),
    ];
    for (name, stub, _) in &cases {
        bot(&mut http, &daemon, name, &stub.url("/v1"), 4);
    }
    let good = Stub::fixed(says("Here."));
    bot(&mut http, &daemon, "Good", &good.url("/v1"), 4);
    let begun = Instant::now();
    let mut first = 0;
    for (name, ..) in &cases {
        let body = format!(r#"{{"to":"{name}","text":"Are you there?"}}"#);
        first =
            http.post("/local/say", None, &body).ok().at("id").number().min(if first == 0 { i64::MAX } else { first });
    }
    // Ten in trouble hold up neither another bot nor the API.
    assert_eq!(chat(&mut http, "Good", "And you?", Duration::from_secs(6)), "Here.");
    assert!(http.get("/health", None).ok().at("ok").truth());
    for (name, _, expected) in &cases {
        loop {
            let path = format!("/local/read?with={name}&after={first}&timeout=2");
            let lines = http.get(&path, None).ok().at("result").list();
            if let Some(line) = lines.iter().find(|line| line.at("from").text() == *name) {
                assert!(line.at("text").text().contains(expected), "{name}: {}", line.at("text").text());
                break;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "{name} says nothing");
        }
    }
}

#[test]
fn a_kill_in_the_middle_is_told() {
    let mut daemon = Daemon::start("");
    let mut http = daemon.http();
    let stub = Stub::new(|socket, _| hang(socket));
    bot(&mut http, &daemon, "Hanging", &stub.url("/v1"), 60);
    http.post("/local/say", None, r#"{"to":"Hanging","text":"Are you there?"}"#).ok();
    while stub.count() == 0 {
        thread::sleep(Duration::from_millis(10));
    }
    daemon.kill();
    daemon.start_again();
    let mut http = daemon.http();
    let lines = http.get("/local/read?with=Hanging&after=0", None).ok().at("result").list();
    let last = lines.last().unwrap().at("text").text();
    assert_eq!(last, "I was restarted before I could answer. Please ask again.");
    // A stop does not wait for it either.
    http.post("/local/say", None, r#"{"to":"Hanging","text":"And now?"}"#).ok();
    let begun = Instant::now();
    assert!(daemon.stop().success());
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
}

/// A piece of an answer in OpenAI's shape.
fn piece(text: &str) -> String {
    format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n")
}

/// Says these words, one in so much time, and then that it is all.
fn speaking(words: &'static [&'static str], pace: Duration) -> Stub {
    Stub::new(move |socket, _| {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
        let mut is_heard = socket.write_all(head.as_bytes()).is_ok();
        for word in words {
            thread::sleep(pace);
            is_heard = is_heard && socket.write_all(piece(word).as_bytes()).is_ok();
        }
        let _ = socket.write_all(b"data: [DONE]\n\n");
    })
}

/// The line of docs/ai.md for an answer while it comes.
fn line_of_the_page(daemon: &Daemon, token: &str) -> Command {
    let page = include_str!("../docs/ai.md");
    let from = page.find("curl -N").expect("the line is there");
    let line = page[from..].split("```").next().unwrap();
    let line = line.replace("localhost:7842", &format!("localhost:{}", daemon.port));
    let mut command = Command::new("bash");
    command.arg("-c").arg(format!("TOKEN='{token}'\nexec {line}")).stdin(Stdio::null()).stderr(Stdio::null());
    command.stdout(Stdio::piped());
    command
}

#[test]
fn an_answer_is_read_while_it_comes() {
    let daemon = Daemon::start("");
    let mut http = daemon.http();
    let stub = speaking(&["Once", " upon", " a", " time"], Duration::from_millis(300));
    let token = bot(&mut http, &daemon, "Teller", &stub.url("/v1"), 30);
    let begun = Instant::now();
    let mut curl = line_of_the_page(&daemon, &token).spawn().unwrap();
    let mut heard = Vec::new();
    for line in BufReader::new(curl.stdout.take().unwrap()).lines().map(Result::unwrap) {
        heard.push((begun.elapsed(), line));
    }
    assert!(curl.wait().unwrap().success());
    let lines: Vec<&str> = heard.iter().map(|(_, line)| line.as_str()).filter(|line| !line.is_empty()).collect();
    let whole = r#"data: {"ok":true,"response":"Once upon a time","result":{"response":"Once upon a time"}}"#;
    assert_eq!(
        lines,
        [
            r#"data: {"delta":"Once"}"#,
            r#"data: {"delta":" upon"}"#,
            r#"data: {"delta":" a"}"#,
            r#"data: {"delta":" time"}"#,
            "event: done",
            whole
        ]
    );
    assert!(heard[0].0 + Duration::from_millis(600) < heard.last().unwrap().0, "it came at once: {heard:?}");
    // What fails is told in its place: as an answer while there is none, as an event afterwards.
    let refusing = Stub::fixed(answer("401 Unauthorized", "", "{}"));
    let setup = format!(r#"{{"provider":"openai","model":"m","endpoint":"{}"}}"#, refusing.url("/v1"));
    http.post("/bot/ai/setup", Some(&token), &setup).ok();
    let output = line_of_the_page(&daemon, &token).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("event: error\ndata: {\"ok\":false,\"error\":\"ai_error\""), "{text}");
    let output = line_of_the_page(&daemon, "bm_wrong").output().unwrap();
    assert!(output.stdout.starts_with(b"{\"ok\":false,\"error\":\"unauthorized\""), "{output:?}");
}

/// Over real sockets: events that end with CR, a thought without a beginning, an end without a word; and 1 MB of brackets.
#[test]
fn what_is_no_whole_answer_says_so() {
    let daemon = Daemon::start("[api]\nrate_limit = 0\n");
    let mut http = daemon.http();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
    let thinking = [piece("Let me see."), piece("</think>"), piece("Paris")].concat().replace('\n', "\r");
    let stub = Stub::new(move |socket, _| {
        let _ = socket.write_all(head.as_bytes());
        for byte in thinking.as_bytes() {
            let _ = socket.write_all(&[*byte]);
            if *byte == b'\r' {
                thread::sleep(Duration::from_millis(100));
            }
        }
    });
    let token = bot(&mut http, &daemon, "Thinker", &stub.url("/v1"), 30);
    let output = line_of_the_page(&daemon, &token).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (parts, done) = text.split_once("event: done\n").expect("an end");
    assert_eq!(
        parts,
        "data: {\"delta\":\"Let me see.\"}\n\nevent: replace\ndata: {\"response\":\"Paris\"}\n\ndata: \
         {\"delta\":\"\\n\\n(The answer was cut off here: the provider broke off.)\"}\n\n"
    );
    assert!(done.contains(r#""cut_off":"ended_early""#), "{done}");
    // Deep JSON is not built; who reads a whole answer and who hears it are told alike.
    let before = resident(&daemon);
    let deep = Stub::fixed(answer("200 OK", "", &"[".repeat(1_000_000)));
    let token = bot(&mut http, &daemon, "Deep", &deep.url("/v1"), 30);
    let reply = http.post("/bot/ai/ask", Some(&token), r#"{"message":"Hi"}"#);
    assert_eq!(reply.status, 502, "{}", reply.body);
    assert!(reply.body.contains("is no AI"), "{}", reply.body);
    let grown = resident(&daemon).saturating_sub(before);
    assert!(grown < 8 * 1024, "{grown} KiB more");
}

/// The daemon's resident memory at its highest, in KiB.
fn resident(daemon: &Daemon) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", daemon.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn whoever_hangs_up_has_called_his_question_off() {
    let daemon = Daemon::start("");
    let mut http = daemon.http();
    let endless = Stub::new(|socket, _| {
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
        while socket.write_all(piece("more ").as_bytes()).is_ok() {
            thread::sleep(Duration::from_millis(50));
        }
        ENDED.fetch_add(1, Ordering::SeqCst);
    });
    let token = bot(&mut http, &daemon, "Endless", &endless.url("/v1"), 60);
    for ended in 1..=2 {
        let mut curl = line_of_the_page(&daemon, &token).spawn().unwrap();
        let mut out = BufReader::new(curl.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        assert_eq!(line, "data: {\"delta\":\"more\"}\n");
        let _ = curl.kill();
        let _ = curl.wait();
        let begun = Instant::now();
        while ENDED.load(Ordering::SeqCst) < ended {
            assert!(begun.elapsed() < Duration::from_secs(5), "the provider still speaks");
            thread::sleep(Duration::from_millis(10));
        }
    }
    assert_eq!(endless.count(), 2, "what was called off is not asked again");
}

/// Fifty conversations with one bot: each has its first word while none has ended, and they take a thread together.
#[test]
fn fifty_conversations_wait_for_none_of_each_other() {
    const MOST: usize = 50;
    static HEARD: AtomicUsize = AtomicUsize::new(0);
    let daemon = Daemon::start("[api]\nrate_limit = 0\n");
    let mut http = daemon.http();
    let stub = Stub::new(|socket, _| {
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        let mut say = |text: String| drop(socket.write_all(format!("{:x}\r\n{text}\r\n", text.len()).as_bytes()));
        say(piece("Once"));
        let begun = Instant::now();
        while HEARD.load(Ordering::SeqCst) < MOST && begun.elapsed() < Duration::from_secs(30) {
            thread::sleep(Duration::from_millis(10));
        }
        say(piece(" upon a time"));
        say("data: [DONE]\n\n".to_string());
        say(String::new());
    });
    let token = bot(&mut http, &daemon, "Popular", &stub.url("/v1"), 60);
    let threads = || std::fs::read_dir(format!("/proc/{}/task", daemon.pid())).unwrap().count();
    let (before, memory) = (threads(), resident(&daemon));
    thread::scope(|scope| {
        for number in 0..MOST {
            let (token, port) = (&token, daemon.port);
            scope.spawn(move || {
                let body = format!(r#"{{"message":"A story?","stream":true,"from":"c{number}"}}"#);
                let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
                let length = body.len();
                let head = format!(
                    "POST /bot/ai/ask HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\
                     Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
                );
                socket.write_all(head.as_bytes()).unwrap();
                let mut lines = BufReader::new(socket).lines().map_while(Result::ok);
                assert!(lines.any(|line| line == r#"data: {"delta":"Once"}"#), "{number} has no word");
                HEARD.fetch_add(1, Ordering::SeqCst);
                assert!(lines.any(|line| line.contains(r#""response":"Once upon a time""#)), "{number} has no end");
            });
        }
        let begun = Instant::now();
        while HEARD.load(Ordering::SeqCst) < MOST {
            assert!(threads() <= before + 2, "{} threads, {before} before", threads());
            assert!(begun.elapsed() < Duration::from_secs(20), "{HEARD:?} of {MOST} have a word");
            thread::sleep(Duration::from_millis(20));
        }
    });
    assert_eq!(stub.count(), MOST);
    let grown = resident(&daemon).saturating_sub(memory);
    assert!(grown < 8 * 1024, "{grown} KiB more");
}

/// Answers that were hung up on.
static ENDED: AtomicUsize = AtomicUsize::new(0);

#[test]
fn a_real_chat_with_a_bot_that_thinks() {
    for kind in Kind::ALL {
        let Some(server) = Server::start(kind) else { continue };
        server.add_user("ralf", "pw");
        let slow = Stub::new(|socket, request| {
            thread::sleep(Duration::from_millis(if request.contains("slow") { 20_000 } else { 300 }));
            let _ = socket.write_all(says("It is Paris.").as_bytes());
        });
        let daemon = Daemon::with_account(&server, "ralf", "pw", server.c2s_port, "");
        daemon.wait_online(1, Duration::from_secs(20));
        let own = server.jid("ralf");
        let token = daemon.create_bot("Clever", &own);
        let mut phone = Peer::login(&server, "ralf", "pw", "phone");
        let limit = Duration::from_secs(15);
        phone.send(&own, "/ki setup ollama - m1");
        phone.expect(limit, |message| message.body.starts_with("AI configured!"));
        phone.send(&own, &format!("/ki url {}/v1", slow.url("")));
        phone.expect(limit, |message| message.body.starts_with("Address:"));
        phone.send(&own, "Capital of France?");
        phone.expect(limit, |message| message.body == "It is Paris.");
        phone.send(&own, "slow question");
        thread::sleep(Duration::from_millis(500));
        phone.send(&own, "/stop");
        phone.expect(limit, |message| message.body == "Stopped.");
        // It did not answer itself: two questions, two calls.
        assert_eq!(slow.count(), 2);
        let reply = daemon.http().post("/bot/ai/ask", Some(&token), r#"{"message":"Hi"}"#).ok();
        assert_eq!(reply.at("response").text(), "It is Paris.");
        // Shown while it comes: the first message in passing, the last for good.
        let live = Stub::new(|socket, _| {
            let _ =
                socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n");
            for word in ["Once", " upon", " a", " time"] {
                let line = format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{word}\"}}}}]}}\n\n");
                let _ = socket.write_all(line.as_bytes());
                thread::sleep(Duration::from_millis(1000));
            }
            let _ = socket.write_all(b"data: [DONE]\n\n");
        });
        phone.send(&own, "/ki stream an");
        phone.expect(limit, |message| message.body == "Answers are shown while they come.");
        phone.send(&own, &format!("/ki url {}", live.url("/v1")));
        phone.expect(limit, |message| {
            message.body.contains(&live.address.to_string()) && !message.body.starts_with('/')
        });
        phone.send(&own, "A story?");
        let first = phone.expect(limit, |message| message.body.starts_with("Once") && message.body.ends_with('…'));
        assert!(first.xml.contains("no-store") && !first.xml.contains("message-correct"), "{}", first.xml);
        let last = phone.expect(limit, |message| message.body == "Once upon a time");
        assert!(last.xml.contains("message-correct") && last.xml.contains(&first.id), "{}", last.xml);
        phone.quit();
    }
}

/// In a room all see that it thinks; who asked may ask otherwise, and take it back.
#[test]
fn a_question_in_a_real_room_may_be_changed_and_taken_back() {
    for kind in Kind::ALL {
        let Some(server) = Server::start(kind) else { continue };
        server.add_user("ralf", "pw");
        server.add_user("alice", "pw");
        let slow = Stub::new(|socket, request| {
            thread::sleep(Duration::from_millis(if request.contains("slowly") { 20_000 } else { 300 }));
            let _ = socket.write_all(says("It is Paris.").as_bytes());
        });
        let daemon = Daemon::with_account(&server, "ralf", "pw", server.c2s_port, "[api]\nrate_limit = 0\n");
        daemon.wait_online(1, Duration::from_secs(20));
        let mut http = daemon.http();
        let limit = Duration::from_secs(15);
        let mut alice = Peer::login(&server, "alice", "pw", "phone");
        let room = server.room("den");
        alice.join(&room, "alice");
        alice.raw(&format!(
            "<iq type='set' to='{room}' id='own'><query xmlns='http://jabber.org/protocol/muc#owner'>\
             <x xmlns='jabber:x:data' type='submit'/></query></iq>"
        ));
        alice.expect_iq(limit, "own");
        let token = daemon.create_bot("Clever", &server.jid("ralf"));
        let setup = format!(r#"{{"provider":"openai","model":"m","endpoint":"{}"}}"#, slow.url("/v1"));
        http.post("/bot/ai/setup", Some(&token), &setup).ok();
        http.post("/bot/joinRoom", Some(&token), &format!(r#"{{"room":"{room}"}}"#)).ok();
        let say = |alice: &mut Peer, id: &str, inside: &str| {
            alice.raw(&format!("<message to='{room}' type='groupchat' id='{id}'>{inside}</message>"));
        };
        say(&mut alice, "q1", "<body>Clever: slowly, what is the capital of Franse?</body>");
        alice.expect(limit, |message| message.xml.contains("<composing"));
        let correction = "<replace xmlns='urn:xmpp:message-correct:0' id='q1'/>";
        say(&mut alice, "q2", &format!("<body>Clever: the capital of France?</body>{correction}"));
        alice.expect(limit, |message| message.body == "alice: It is Paris.");
        assert_eq!(slow.count(), 2, "the slow one was called off, or the other would have waited for it");
        say(&mut alice, "q3", "<body>Clever: and slowly?</body>");
        alice.expect(limit, |message| message.xml.contains("<composing"));
        let seen = alice.expect(limit, |message| message.body.ends_with("and slowly?"));
        let asked = seen.stanza_ids.first().expect("the room gives ids");
        say(&mut alice, "q4", &format!("<retract xmlns='urn:xmpp:message-retract:1' id='{asked}'/><body>gone</body>"));
        alice.expect(limit, |message| message.xml.contains("<paused"));
        say(&mut alice, "q5", "<body>Clever: and now?</body>");
        alice.expect(limit, |message| message.body == "alice: It is Paris.");
        alice.quit();
    }
}
