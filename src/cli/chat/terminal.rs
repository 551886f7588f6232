//! The chat with a person: a line editor below, answers above it as they come.

use std::io::IsTerminal;
use std::thread;

use rustyline::error::ReadlineError;
use rustyline::{DefaultEditor, ExternalPrinter};

use super::{Chat, Line, Look, greet, listen};
use crate::base::limits;
use crate::cli::{self, Exit, Failed};

pub(super) fn run(mut chat: Chat, earlier: &[Line]) -> Result<(), Failed> {
    let is_coloured = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|no| no.is_empty());
    let look = if is_coloured { Look::Coloured } else { Look::Terminal };
    greet(&chat, earlier, look);
    let broken = |error: ReadlineError| Failed::new(Exit::Io, format!("the terminal cannot be used: {error}"));
    let config = rustyline::Config::builder().max_history_size(limits::CHAT_HISTORY_MAX).map_err(broken)?.build();
    let mut editor = DefaultEditor::with_config(config).map_err(broken)?;
    let mut printer = editor.create_external_printer().map_err(broken)?;
    let listener = chat.clone();
    // Ends with the process: it has nothing to finish.
    let spawned = thread::Builder::new()
        .name("listen".into())
        .spawn(move || listen(listener, look, |said| printer.print(said).is_ok()));
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
