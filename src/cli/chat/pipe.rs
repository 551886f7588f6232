//! The chat with a program or a file: each line of standard input is said, the answers are printed, and it ends when
//! they are in.
//!
//! The manager answers at once, so each line waits for its answer and the end of input ends everything. A bot answers
//! when it likes, or never: then the end is a time of silence.

use std::collections::VecDeque;
use std::io::BufRead;
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

use super::{Chat, Line, Look, OWNER};
use crate::base::limits;
use crate::cli::{self, Exit, Failed};

enum Happening {
    Typed(String),
    EndOfInput,
    Heard(Vec<Line>),
    Gone(Failed),
}

/// Where the conversation stands.
struct Progress {
    typed: VecDeque<String>,
    is_ended: bool,
    /// The line last said, while it may still be answered.
    unanswered: Option<i64>,
    /// When something was last said or heard.
    since: Instant,
    /// The first line that could not be said.
    failed: Option<Failed>,
}

pub(super) fn run(mut chat: Chat, wait: Duration) -> Result<(), Failed> {
    let (tell, happenings) = mpsc::sync_channel(limits::CHAT_READ_AHEAD);
    spawn("input", tell.clone(), read_input)?;
    let listener = chat.clone();
    spawn("listen", tell, move |tell| listen(listener, tell))?;
    let mut progress =
        Progress { typed: VecDeque::new(), is_ended: false, unanswered: None, since: Instant::now(), failed: None };
    loop {
        say_next(&mut chat, &mut progress)?;
        if progress.is_ended && progress.typed.is_empty() && progress.unanswered.is_none() {
            return progress.failed.map_or(Ok(()), Err);
        }
        let is_waiting = progress.unanswered.is_some() && (progress.is_ended || chat.who.is_none());
        let timeout =
            if is_waiting { wait.saturating_sub(progress.since.elapsed()) } else { limits::CHAT_IDLE_TIMEOUT };
        match happenings.recv_timeout(timeout) {
            Ok(Happening::Typed(line)) => progress.typed.push_back(line),
            Ok(Happening::EndOfInput) => progress.is_ended = true,
            Ok(Happening::Heard(lines)) => hear(&chat, &mut progress, &lines),
            Ok(Happening::Gone(failed)) => return Err(failed),
            Err(RecvTimeoutError::Timeout) if is_waiting => progress.unanswered = None,
            Err(_) => {}
        }
    }
}

/// Says what was typed: to the manager one line at a time, to a bot all there is.
fn say_next(chat: &mut Chat, progress: &mut Progress) -> Result<(), Failed> {
    while chat.who.is_some() || progress.unanswered.is_none() {
        let Some(line) = progress.typed.pop_front() else { return Ok(()) };
        match chat.say(&line) {
            Ok(id) => (progress.unanswered, progress.since) = (Some(id), Instant::now()),
            Err(failed) if failed.exit == Exit::Failed => {
                eprintln!("botmother: not sent: {}", failed.text);
                progress.failed.get_or_insert(Failed { exit: Exit::Failed, text: String::new() });
            }
            Err(failed) => return Err(failed),
        }
    }
    Ok(())
}

fn hear(chat: &Chat, progress: &mut Progress, lines: &[Line]) {
    for line in lines.iter().filter(|line| line.from != OWNER) {
        cli::print(line.shown(Look::Plain));
        progress.since = Instant::now();
        if chat.who.is_none() && progress.unanswered.is_some_and(|said| line.id > said) {
            progress.unanswered = None;
        }
    }
}

fn spawn(
    name: &str,
    tell: SyncSender<Happening>,
    body: impl FnOnce(&SyncSender<Happening>) + Send + 'static,
) -> Result<(), Failed> {
    let spawned = thread::Builder::new().name(name.into()).spawn(move || body(&tell));
    spawned.map(drop).map_err(|error| Failed::new(Exit::Failed, format!("cannot start a thread: {error}")))
}

fn read_input(tell: &SyncSender<Happening>) {
    let mut input = std::io::stdin().lock();
    let mut bytes = Vec::new();
    while input.read_until(b'\n', &mut bytes).is_ok_and(|count| count > 0) {
        let line = String::from_utf8_lossy(&bytes).trim_end_matches(['\n', '\r']).to_string();
        bytes.clear();
        if !line.trim().is_empty() && tell.send(Happening::Typed(line)).is_err() {
            return;
        }
    }
    // Nobody listens any more only when all is over.
    let _ = tell.send(Happening::EndOfInput);
}

fn listen(mut chat: Chat, tell: &SyncSender<Happening>) {
    loop {
        let happening = chat.hear_long().map_or_else(Happening::Gone, Happening::Heard);
        let is_over = matches!(happening, Happening::Gone(_));
        if tell.send(happening).is_err() || is_over {
            return;
        }
    }
}
