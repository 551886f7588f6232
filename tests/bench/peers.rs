//! Other ways from HTTP to XMPP, as further systems of the same run: bots written with other libraries, and what servers have
//! themselves.
//!
//! BOTMOTHER_BENCH_PEERS says which, as `NAME=WHAT` with spaces between: `slixmpp=PYTHON`, `tokio-xmpp=PROGRAM`,
//! `mod_rest=FOLDER` (of modules for Prosody) and `ejabberd=yes`. tests/bench/report makes what they need. None of them stores
//! anything before it answers. A server's own API has no process of its own, receives nothing, and is asked in the way that
//! costs it least: ejabberd's without a password, mod_rest with one that Prosody keeps in plain text.

use std::any::Any;
use std::cell::Cell;
use std::io::{BufRead, BufReader, Error, Result};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use std::{env, fs, thread};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::load::{Request, System};
use crate::support::port::Port;
use crate::support::process::Process;
use crate::support::server::{Kind, Options, Server};
use crate::wire::Login;

/// A Python program on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);
const ACCOUNT: &str = "peer";

/// A system, the number of its place, which is a server with people on it, and what must live as long.
pub struct Running {
    pub system: System,
    pub place: usize,
    pub _holds: Box<dyn Any>,
}

/// What is wanted: names, and what each needs.
pub fn wanted() -> Vec<(String, String)> {
    let given = env::var("BOTMOTHER_BENCH_PEERS").unwrap_or_default();
    let named = |word: &str| word.split_once('=').map(|(name, what)| (name.to_string(), what.to_string()));
    given.split_whitespace().filter_map(named).collect()
}

/// A bot of another library, at Prosody.
pub fn start_bot(name: &str, program: &str, login: &Login) -> Result<Running> {
    let port = Port::claim();
    let (http_port, jid) = (port.number.to_string(), login.jid());
    let mut command = Command::new(program);
    match name {
        "slixmpp" => {
            command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench/peers/slixmpp_bot.py"));
            command.args([&http_port, &login.port.to_string(), &jid, &login.password]).arg(&login.ca_file);
        }
        "tokio-xmpp" => {
            command.args([&http_port, &format!("127.0.0.1:{}", login.port), &jid, &login.password]);
            command.env("SSL_CERT_FILE", &login.ca_file).env_remove("SSL_CERT_DIR");
        }
        _ => return Err(Error::other(format!("{name} is no peer that is known here"))),
    }
    let mut process = Process::of(command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?);
    let mut said = BufReader::new(process.0.stdout.take().expect("piped"));
    let (line, lines) = mpsc::channel();
    thread::spawn(move || {
        let mut text = String::new();
        let _ = said.read_line(&mut text);
        let _ = line.send(text);
    });
    match lines.recv_timeout(LIMIT).as_deref() {
        Ok("online\n") => {}
        Ok(_) => return Err(Error::other(format!("{program} ended before it was online"))),
        Err(_) => return Err(Error::other(format!("{program} was not online in {LIMIT:?}"))),
    }
    let system = System {
        name: name.to_string(),
        http_port: port.number,
        request: Request::ours(""),
        has_updates: true,
        jid,
        pid: process.0.id(),
        server_pid: 0,
        offset: Cell::new(0),
    };
    Ok(Running { system, place: 0, _holds: Box::new((process, port)) })
}

/// Has Prosody load mod_rest out of a folder of modules.
pub fn load_mod_rest(server: &mut Server, modules: &str) -> Result<()> {
    if !Path::new(modules).join("mod_rest/mod_rest.lua").exists() {
        return Err(Error::other(format!("no mod_rest in {modules}")));
    }
    let port = server.api_port;
    change_config(server, "prosody.cfg.lua", |config| {
        let config = config.replace("\nhttp_ports = { }", &format!("\nhttp_ports = {{ {port} }}"));
        let config = config.replace("modules_enabled = {\n", "modules_enabled = {\n  \"rest\";\n");
        format!("plugin_paths = {{ \"{modules}\" }}\nhttp_interfaces = {{ \"127.0.0.1\" }}\n{config}")
    })
}

/// Prosody with mod_rest as a system; the account is ours already.
pub fn mod_rest(server: &Server, login: &Login) -> Running {
    let password = BASE64.encode(format!("{}:{}", login.user, login.password));
    let body = |to: &str, text: &str| format!(r#"{{"kind":"message","type":"chat","to":"{to}","body":"{text}"}}"#);
    let headers = format!("Authorization: Basic {password}\r\n");
    let request = Request { path: "/rest", headers, body: Box::new(body) };
    inside(server, "Prosody's mod_rest", 0, request, login.jid())
}

/// ejabberd that lets programs on this machine send without a password.
pub fn start_ejabberd() -> Result<Server> {
    let options = Options { archive: false, ..Options::default() };
    let mut server =
        Server::start_with(Kind::Ejabberd, options).ok_or_else(|| Error::other("ejabberd is not installed"))?;
    change_config(&mut server, "ejabberd.yml", |config| {
        let rule = "api_permissions:\n  \"messages from this machine\":\n    from: [mod_http_api]\n    \
                    who: { ip: 127.0.0.0/8 }\n    what: [send_message]\n";
        // It takes five connections at a time otherwise, and the sixth waits for a second.
        let backlog = "request_handlers: { /api: mod_http_api }\n    backlog: 128\n";
        config.replace("api_permissions:\n", rule).replace("request_handlers: { /api: mod_http_api }\n", backlog)
    })?;
    Ok(server)
}

/// ejabberd's API as a system.
pub fn ejabberd(server: &Server, place: usize) -> Running {
    let from = server.jid(ACCOUNT);
    server.add_user(ACCOUNT, "pw");
    let sender = from.clone();
    let body = move |to: &str, text: &str| {
        format!(r#"{{"type":"chat","from":"{sender}","to":"{to}","subject":"","body":"{text}"}}"#)
    };
    let request = Request { path: "/api/send_message", headers: String::new(), body: Box::new(body) };
    inside(server, "ejabberd's send_message", place, request, from)
}

/// A part of a server.
fn inside(server: &Server, name: &str, place: usize, request: Request, jid: String) -> Running {
    let system = System {
        name: name.to_string(),
        http_port: server.api_port,
        request,
        has_updates: false,
        jid,
        pid: 0,
        server_pid: server.pid(),
        offset: Cell::new(0),
    };
    Running { system, place, _holds: Box::new(()) }
}

fn change_config(server: &mut Server, name: &str, change: impl Fn(&str) -> String) -> Result<()> {
    server.stop();
    let path = server.dir.join(name);
    let config = fs::read_to_string(&path)?;
    let changed = change(&config);
    assert_ne!(changed, config, "{name} has nothing that can be changed");
    fs::write(&path, changed)?;
    server.start_again();
    Ok(())
}
