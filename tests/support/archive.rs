//! What the server's archive of an account holds: the ground truth of what arrived, whoever was online when it did.
//!
//! Used by tests that count messages. Each reading is by a client of its own (archive.py) that logs in, reads everything
//! and ends.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use miniserde::{Deserialize, Serialize, json};

use super::peer::python;
use super::server::Server;

/// One message of the archive.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The id its sender gave it.
    pub id: String,
    pub from: String,
    pub body: String,
}

#[derive(Serialize)]
struct Login {
    jid: String,
    password: String,
    host: String,
    port: u16,
    ca: String,
    room: Option<String>,
}

#[derive(Deserialize)]
struct Line {
    id: Option<String>,
    from: Option<String>,
    body: Option<String>,
    end: Option<bool>,
}

/// Everything in the archive of `user`, oldest first.
pub fn read(server: &Server, user: &str, password: &str) -> Vec<Entry> {
    read_from(server, user, password, None)
}

/// The same of a room, as `user` may see it.
pub fn read_from(server: &Server, user: &str, password: &str, room: Option<&str>) -> Vec<Entry> {
    let login = Login {
        jid: format!("{}/archive", server.jid(user)),
        password: password.to_string(),
        host: "127.0.0.1".to_string(),
        port: server.c2s_port,
        ca: server.ca_file.display().to_string(),
        room: room.map(String::from),
    };
    let mut process = Command::new(python())
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/archive.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("start the reader: run tests/setup");
    let line = json::to_string(&login) + "\n";
    process.stdin.take().expect("piped").write_all(line.as_bytes()).expect("the reader reads its login");
    let mut text = String::new();
    process.stdout.take().expect("piped").read_to_string(&mut text).expect("UTF-8");
    let status = process.wait().expect("ended");
    let lines: Vec<Line> = text.lines().map(|line| json::from_str(line).expect("a line of JSON")).collect();
    assert!(
        lines.last().is_some_and(|line| line.end == Some(true)),
        "the archive of {user} was not read to its end: {status}, {} entries",
        lines.len()
    );
    let entry = |line: Line| Some(Entry { id: line.id?, from: line.from?, body: line.body? });
    lines.into_iter().filter_map(entry).collect()
}
