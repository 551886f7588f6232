//! `botmother ask`: asks a person through a bot of the running daemon, and waits for the answer. What waits is the daemon:
//! it may be started anew meanwhile, and so may this command, with the same `--key`.

use std::thread;
use std::time::{Duration, Instant};

use super::args::Asked;
use super::client::Client;
use super::{Exit, Failed, print, send};
use crate::base::json::{self, Fields, Object};
use crate::base::limits;
use crate::config::Config;

/// `ask`
pub(super) fn run(config: &Config, asked: &Asked) -> Result<(), Failed> {
    let (token, owner) = send::speaker(config, asked)?;
    let mut client = Client::new(config).with_token(token);
    let to = asked.to.as_deref().unwrap_or(&owner);
    let key = asked.key.clone().unwrap_or_else(send::new_key);
    let answer = patiently(|| client.post_once("/bot/ask", question(asked, to), &key))?;
    let answer = wait(&mut client, answer)?;
    let text = |name: &str| answer.text(name).ok().flatten().unwrap_or_default().to_string();
    match text("status").as_str() {
        "answered" => {
            print(format_args!("{}\n", text("answer")));
            match &asked.check {
                Some(wanted) if !text("answer").eq_ignore_ascii_case(wanted) => Err(Failed::new(Exit::Failed, "")),
                _ => Ok(()),
            }
        }
        "cancelled" => Err(Failed::new(Exit::Failed, "the question was taken back")),
        _ => Err(Failed::new(Exit::Expired, "nobody has answered in time")),
    }
}

fn question(asked: &Asked, to: &str) -> Object {
    let list = |words: &str| json::array(words.split(',').map(|word| json::text(word.trim())));
    let object = Object::new().text("to", to).text("text", &asked.text).text("expires", &asked.wait);
    let object = object.text("type", if asked.is_room { "groupchat" } else { "chat" });
    let object = asked.options.iter().fold(object, |object, words| object.raw("options", &list(words)));
    let object = asked.escalate.iter().fold(object, |object, words| object.raw("escalate", &list(words)));
    let object = object.text_if("escalate_after", asked.escalate_after.as_deref());
    if asked.must_encrypt { object.truth("encrypt", true) } else { object }
}

/// Waits until the question is over.
fn wait(client: &mut Client, mut answer: Fields) -> Result<Fields, Failed> {
    let seconds = limits::POLL_SECONDS_MAX;
    while answer.text("status") == Ok(Some("waiting")) {
        let id = answer.number("ask_id").ok().flatten().unwrap_or_default().to_string();
        let query = [("id", id.as_str()), ("wait", &seconds.to_string())];
        let time = Duration::from_secs(seconds.unsigned_abs());
        answer = patiently(|| client.get("/bot/ask", &query, time))?;
    }
    Ok(answer)
}

/// Tries again while the daemon is not there: it may be starting anew.
fn patiently(mut ask: impl FnMut() -> Result<Fields, Failed>) -> Result<Fields, Failed> {
    let begun = Instant::now();
    loop {
        match ask() {
            Err(failed) if failed.exit == Exit::Unavailable && begun.elapsed() < limits::ASK_DAEMON_PATIENCE => {
                thread::sleep(limits::ASK_DAEMON_PAUSE);
            }
            outcome => return outcome,
        }
    }
}
