//! The chat with a person where no line editor is built in: the terminal edits lines as it can, answers come between them.

use std::io::{self, BufRead, IsTerminal};
use std::thread;

use super::{Chat, Line, Look, greet, listen};
use crate::cli::{self, Exit, Failed};

pub(super) fn run(mut chat: Chat, earlier: &[Line]) -> Result<(), Failed> {
    let is_coloured = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|no| no.is_empty());
    let look = if is_coloured { Look::Coloured } else { Look::Terminal };
    greet(&chat, earlier, look);
    let listener = chat.clone();
    let print = |said: String| {
        cli::print(said);
        true
    };
    // Ends with the process: it has nothing to finish.
    let spawned = thread::Builder::new().name("listen".into()).spawn(move || listen(listener, look, print));
    spawned.map_err(|error| Failed::new(Exit::Failed, format!("cannot start a thread: {error}")))?;
    for line in io::stdin().lock().lines() {
        let line = line.map_err(|error| Failed::new(Exit::Io, format!("the terminal cannot be read: {error}")))?;
        if line.trim().is_empty() {
            continue;
        }
        if let Err(failed) = chat.say(&line) {
            cli::print(format_args!("(not sent: {})\n", failed.text));
        }
    }
    Ok(())
}
