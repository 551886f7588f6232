//! `botmother send`: says something through a bot of the running daemon, for scripts and cron. `choice.rs` finds the bot.

mod choice;

use std::fs::{self, File};
use std::io::{self, BufRead, Read};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::args::{Asked, Sent};
use super::client::Client;
use super::{Exit, Failed};
use crate::base::call::Part;
use crate::base::jid::BareJid;
use crate::base::json::Object;
use crate::base::secret::Secret;
use crate::base::{crypto, limits, text};
use crate::config::{self, Config};

/// `send`
pub(super) fn run(config: &Config, sent: &Sent) -> Result<(), Failed> {
    if sent.is_interactive {
        let mut sender = Sender::new(config, sent)?;
        sender.join()?;
        for line in io::stdin().lock().lines() {
            let line = line.map_err(|error| Failed::new(Exit::Io, format!("standard input: {error}")))?;
            sender.say(&tidy(&line))?;
        }
        return Ok(());
    }
    let text = said(sent)?;
    if text.is_empty() && sent.attach.is_none() {
        return Ok(());
    }
    let mut sender = Sender::new(config, sent)?;
    sender.join()?;
    match &sent.attach {
        Some(file) => sender.attach(file, &text),
        None => sender.say(&text),
    }
}

/// What is to be said, without what no message can hold: colours of a terminal, and lines at the end that are empty.
fn said(sent: &Sent) -> Result<String, Failed> {
    let most = limits::SEND_TEXT_BYTES_MAX;
    let mut bytes = Vec::new();
    let (from, read) = match (&sent.text, &sent.message) {
        (Some(text), _) => return Ok(titled(sent, text)),
        (None, Some(file)) => {
            let read = File::open(file).and_then(|file| file.take(most + 1).read_to_end(&mut bytes));
            (file.display().to_string(), read)
        }
        // A file may go alone: who sends one has often nothing to say.
        (None, None) if sent.attach.is_some() => return Ok(titled(sent, "")),
        (None, None) => ("standard input".into(), io::stdin().lock().take(most + 1).read_to_end(&mut bytes)),
    };
    read.map_err(|error| Failed::new(Exit::Io, format!("{from}: {}", config::plain(&error))))?;
    if bytes.len() as u64 > most {
        let text = format!("{from}: a message has at most {} KiB; send it as a file with --attach", most / 1024);
        return Err(Failed::new(Exit::Failed, text));
    }
    Ok(titled(sent, &String::from_utf8_lossy(&bytes)))
}

/// With its subject, where there is something to be said.
fn titled(sent: &Sent, said: &str) -> String {
    let said = tidy(said);
    match &sent.subject {
        Some(subject) if !said.is_empty() || sent.attach.is_some() => tidy(&format!("{subject}\n{said}")),
        _ => said,
    }
}

fn tidy(said: &str) -> String {
    let mut out = String::with_capacity(said.len());
    let mut rest = said.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            // ECMA-48 §5.4: a control sequence ends with a character of its own range.
            '\u{1b}' if rest.peek() == Some(&'[') => {
                let _ = rest.by_ref().skip(1).find(|c| ('@'..='~').contains(c));
            }
            '\n' | '\t' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out.trim_end().to_string()
}

/// The way to say something as one bot.
struct Sender<'a> {
    client: Client,
    sent: &'a Sent,
}

impl Sender<'_> {
    fn new<'a>(config: &Config, sent: &'a Sent) -> Result<Sender<'a>, Failed> {
        let token = match &sent.token_file {
            Some(file) => read_token(file)?,
            None => choice::token(&mut Client::new(config), sent)?,
        };
        Ok(Sender { client: Client::new(config).with_token(token), sent })
    }

    /// A bot says something only in rooms that it is in.
    fn join(&mut self) -> Result<(), Failed> {
        if !self.sent.is_room {
            return Ok(());
        }
        for room in &self.sent.to {
            let body = Object::new().text("room", room.as_str()).text_if("nick", self.sent.nick.as_deref());
            self.client.post_patiently("/bot/joinRoom", body, limits::CLIENT_TIMEOUT)?;
        }
        Ok(())
    }

    fn say(&mut self, said: &str) -> Result<(), Failed> {
        if said.is_empty() {
            return Ok(());
        }
        self.each(|client, sent, to| {
            let body = Object::new().text("to", to.as_str()).text("text", said).text("type", kind(sent));
            let body = if sent.must_encrypt { body.truth("encrypt", true) } else { body };
            client.post_once("/bot/sendMessage", body, &new_key())
        })
    }

    fn attach(&mut self, file: &Path, caption: &str) -> Result<(), Failed> {
        if self.sent.must_encrypt {
            let text = "--encrypt required is for text; a file is encrypted where the bot's messages to this chat are";
            return Err(Failed::new(Exit::Usage, text));
        }
        let wrong = |error: io::Error| Failed::new(Exit::Io, format!("{}: {}", file.display(), config::plain(&error)));
        let meta = fs::metadata(file).map_err(wrong)?;
        if !meta.is_file() {
            return Err(Failed::new(Exit::Io, format!("{}: not a file that can be sent", file.display())));
        }
        self.each(|client, sent, to| {
            let boundary = new_key();
            let fields = [("to", to.as_str()), ("type", kind(sent)), ("caption", caption)];
            let body = form(&boundary, &fields, file, meta.len());
            client.post_form("/bot/sendFile", body, &boundary)
        })
    }

    /// To each of the recipients, also when one of them fails; the first failure is the outcome.
    fn each(
        &mut self,
        mut send: impl FnMut(&mut Client, &Sent, &BareJid) -> Result<crate::base::json::Fields, Failed>,
    ) -> Result<(), Failed> {
        let mut first: Option<Failed> = None;
        for to in &self.sent.to {
            let outcome = send(&mut self.client, self.sent, to).and_then(|answer| {
                let id = answer.text("message_id").ok().flatten().unwrap_or_default();
                match self.sent.wait {
                    Some(time) => arrived(&mut self.client, id, time),
                    None => Ok(()),
                }
            });
            let Err(failed) = outcome else { continue };
            let text = if self.sent.to.len() > 1 { format!("{to}: {}", failed.text) } else { failed.text };
            first = Some(match first {
                Some(before) => Failed::new(before.exit, format!("{}\n{text}", before.text)),
                None => Failed::new(failed.exit, text),
            });
        }
        first.map_or(Ok(()), Err)
    }
}

/// The tokens by which a command speaks as a bot: of the one that is named, or of all that are switched on.
pub(super) fn tokens(config: &Config, bot: Option<&str>, token_file: Option<&Path>) -> Result<Vec<Secret>, Failed> {
    match token_file {
        Some(file) => Ok(vec![read_token(file)?]),
        None => choice::tokens(&mut Client::new(config), bot),
    }
}

/// The token of the bot that asks somebody, and its owner; with a token alone nobody knows whose it is.
pub(super) fn speaker(config: &Config, asked: &Asked) -> Result<(Secret, String), Failed> {
    match &asked.token_file {
        Some(file) => Ok((read_token(file)?, String::new())),
        None => choice::speaker(&mut Client::new(config), asked),
    }
}

fn kind(sent: &Sent) -> &'static str {
    if sent.is_room { "groupchat" } else { "chat" }
}

/// Waits until the server has a message.
fn arrived(client: &mut Client, id: &str, time: Duration) -> Result<(), Failed> {
    let begun = Instant::now();
    loop {
        let answer = client.get("/bot/getMessageState", &[("message_id", id)], Duration::ZERO)?;
        match answer.text("state").ok().flatten().unwrap_or_default() {
            "sent" => return Ok(()),
            "failed" => return Err(Failed::new(Exit::Failed, "it cannot be sent; the daemon's log says why")),
            _ if begun.elapsed() < time => thread::sleep(limits::SEND_LOOK_EVERY),
            _ => {
                let text = "the server does not have it yet; the daemon has, and goes on trying";
                return Err(Failed::new(Exit::Unavailable, text));
            }
        }
    }
}

/// So that a request that is repeated sends nothing twice.
pub(super) fn new_key() -> String {
    let mut random = [0; 16];
    crypto::random(&mut random);
    format!("send-{}", text::hex(&random))
}

fn read_token(file: &Path) -> Result<Secret, Failed> {
    config::read_password(file).map_err(|why| Failed::new(Exit::Io, why))
}

/// A form with some fields and a file (RFC 7578). The file's name loses what a header cannot hold.
fn form(boundary: &str, fields: &[(&str, &str)], file: &Path, bytes: u64) -> Vec<Part> {
    let mut head = String::new();
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
        head.push_str(&format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
    }
    let name = file.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let name: String = name.chars().map(|c| if c.is_control() || matches!(c, '"' | '\\') { '_' } else { c }).collect();
    head.push_str(&format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    ));
    let end = format!("\r\n--{boundary}--\r\n");
    vec![Part::Bytes(head.into_bytes()), Part::File { path: file.to_path_buf(), bytes }, Part::Bytes(end.into_bytes())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_and_empty_ends_go() {
        assert_eq!(tidy("\u{1b}[1;31mdisk\u{1b}[0m full\r\n\u{7}\tü\n\n"), "disk full\n\tü");
        assert_eq!(tidy("\u{1b}["), "");
    }
}
