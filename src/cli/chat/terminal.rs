//! The chat with a person: a line editor below, answers above it as they come.

use std::io::IsTerminal;
use std::thread;

use rustyline::error::ReadlineError;
use rustyline::{DefaultEditor, ExternalPrinter};

use super::{Chat, Line, Look, OWNER};
use crate::base::limits;
use crate::cli::{self, Exit, Failed};

pub(super) fn run(mut chat: Chat, earlier: &[Line]) -> Result<(), Failed> {
    let is_coloured = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|no| no.is_empty());
    let look = if is_coloured { Look::Coloured } else { Look::Terminal };
    greet(&chat, earlier, look);
    let broken = |error: ReadlineError| Failed::new(Exit::Io, format!("the terminal cannot be used: {error}"));
    let config = rustyline::Config::builder().max_history_size(limits::CHAT_HISTORY_MAX).map_err(broken)?.build();
    let mut editor = DefaultEditor::with_config(config).map_err(broken)?;
    let printer = editor.create_external_printer().map_err(broken)?;
    let listener = chat.clone();
    // Ends with the process: it has nothing to finish.
    let spawned = thread::Builder::new().name("listen".into()).spawn(move || listen(listener, printer, look));
    spawned.map_err(|error| Failed::new(Exit::Failed, format!("cannot start a thread: {error}")))?;
    loop {
        match editor.readline("> ") {
            Ok(line) if line.trim().is_empty() => {}
            Ok(line) => {
                // Without history the line still gets said.
                let _ = editor.add_history_entry(line.as_str());
                if let Err(failed) = chat.say(&line) {
                    cli::print(format_args!("(not sent: {})\n", failed.text));
                }
            }
            Err(ReadlineError::Interrupted) => {}
            Err(ReadlineError::Eof) => return Ok(()),
            Err(error) => return Err(broken(error)),
        }
    }
}

fn greet(chat: &Chat, earlier: &[Line], look: Look) {
    if !earlier.is_empty() {
        cli::print("(earlier)\n");
        for line in earlier {
            cli::print(line.shown(look));
        }
        cli::print("\n");
    }
    match &chat.who {
        None => cli::print(
            "You are talking to Botmother, the manager of your bots. Type /help to see what there is,\n\
             /newbot NAME to make a bot. Ctrl-D ends.\n\n",
        ),
        Some(who) => cli::print(format_args!("You are talking to {who}. Type a message, or /help. Ctrl-D ends.\n\n")),
    }
}

/// Prints what others say, above the line being edited; goes on when the daemon was restarted.
fn listen(mut chat: Chat, mut printer: impl ExternalPrinter, look: Look) {
    let mut is_gone = false;
    loop {
        let said = match chat.hear_long() {
            Ok(lines) => {
                let back = if is_gone { "(the daemon is back)\n" } else { "" };
                is_gone = false;
                let others = lines.iter().filter(|line| line.from != OWNER).map(|line| line.shown(look));
                back.to_string() + &others.collect::<String>()
            }
            Err(failed) => {
                thread::sleep(limits::CHAT_RETRY);
                let news = if is_gone { String::new() } else { format!("({}; trying again)\n", failed.text) };
                is_gone = true;
                news
            }
        };
        if !said.is_empty() && printer.print(said).is_err() {
            return;
        }
    }
}
