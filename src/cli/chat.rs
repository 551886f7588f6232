//! `botmother chat`: the built-in account `owner@local` in a terminal, or in a pipe.
//!
//! Both say lines with `POST /local/say` and hear others by long polls of `GET /local/read`. `terminal.rs` edits lines
//! while answers arrive; `pipe.rs` sends what standard input has and ends when the answers are in.

mod pipe;
#[cfg(not(feature = "line-editor"))]
#[path = "chat/plain.rs"]
mod terminal;
#[cfg(feature = "line-editor")]
mod terminal;

use std::io::IsTerminal;
use std::thread;
use std::time::Duration;

use super::client::Client;
use super::{Exit, Failed};
use crate::base::json::Object;
use crate::base::limits;
use crate::cli;
use crate::config::Config;

/// Who speaks for the person at the terminal.
const OWNER: &str = "owner";

/// One line of the chat.
#[derive(Clone, Debug)]
struct Line {
    id: i64,
    from: String,
    text: String,
}

/// The conversation: with whom, and what is known of it.
#[derive(Clone, Debug)]
struct Chat {
    client: Client,
    /// The bot; `None` is the manager.
    who: Option<String>,
    /// Id of the last line heard.
    last: i64,
}

/// Runs until the person or the input ends it.
pub(super) fn run(config: &Config, who: Option<String>, wait: Duration) -> Result<(), Failed> {
    let mut chat = Chat { client: Client::new(config), who, last: 0 };
    let earlier = chat.catch_up()?;
    if std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
        terminal::run(chat, &earlier)
    } else {
        pipe::run(chat, wait)
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

/// Prints what others say, until that cannot be printed; goes on when the daemon was restarted.
fn listen(mut chat: Chat, look: Look, mut print: impl FnMut(String) -> bool) {
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
        if !said.is_empty() && !print(said) {
            return;
        }
    }
}

impl Chat {
    /// Reads what was said before, so that only new lines follow; gives the last few.
    fn catch_up(&mut self) -> Result<Vec<Line>, Failed> {
        let mut recent = Vec::new();
        loop {
            let lines = self.hear(Duration::ZERO)?;
            if lines.is_empty() {
                return Ok(recent);
            }
            recent.extend(lines);
            recent.drain(..recent.len().saturating_sub(6));
        }
    }

    /// The next lines; waits up to `timeout` for one.
    fn hear(&mut self, timeout: Duration) -> Result<Vec<Line>, Failed> {
        let (after, seconds) = (self.last.to_string(), timeout.as_secs().to_string());
        let mut query = vec![("after", after.as_str()), ("timeout", seconds.as_str())];
        if let Some(who) = &self.who {
            query.push(("with", who));
        }
        let answer = self.client.get("/local/read", &query, timeout)?;
        let wrong = |wrong| Failed::new(Exit::Failed, format!("the daemon's answer is not understood: {wrong}"));
        let mut lines = Vec::new();
        for fields in answer.need_objects("result").map_err(wrong)? {
            let text = |key: &str| fields.text(key).map(|text| text.unwrap_or_default().to_string()).map_err(wrong);
            lines.push(Line { id: fields.need_number("id").map_err(wrong)?, from: text("from")?, text: text("text")? });
        }
        self.last = lines.iter().map(|line| line.id).max().unwrap_or(self.last);
        Ok(lines)
    }

    /// Waits for lines as long as one request may.
    fn hear_long(&mut self) -> Result<Vec<Line>, Failed> {
        self.hear(Duration::from_secs(limits::POLL_SECONDS_MAX as u64))
    }

    /// Says a line; gives its id.
    fn say(&mut self, text: &str) -> Result<i64, Failed> {
        let body = Object::new().text_if("to", self.who.as_deref()).text("text", text);
        let answer = self.client.post("/local/say", body)?;
        Ok(answer.number("id").ok().flatten().unwrap_or(0))
    }
}

/// How lines are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    /// As they are, for another program.
    Plain,
    /// For a terminal without colours; control characters are made harmless.
    Terminal,
    /// For a terminal with colours.
    Coloured,
}

impl Line {
    /// The sender, then the text; what follows its first line is indented, so that a block begins where a line does not
    /// begin with a space.
    fn shown(&self, look: Look) -> String {
        let text = self.text.trim_end().replace('\n', "\n  ").replace("\n  \n", "\n\n");
        let block = match look {
            Look::Plain => return format!("{}: {text}\n", self.from),
            Look::Terminal | Look::Coloured => format!("{}: ", harmless(&self.from)),
        };
        match look {
            // Bold, and cyan for who is not oneself.
            Look::Coloured if self.from == OWNER => format!("\x1b[1m{block}\x1b[0m{}\n", harmless(&text)),
            Look::Coloured => format!("\x1b[1;36m{block}\x1b[0m{}\n", harmless(&text)),
            _ => format!("{block}{}\n", harmless(&text)),
        }
    }
}

/// A text from somebody else could move the cursor, rename the window or worse: control characters are shown as such.
fn harmless(text: &str) -> String {
    let shown = |c: char| match c {
        '\n' | '\t' => c,
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\u{7f}'..='\u{9f}' => '\u{fffd}',
        c => c,
    };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_indented_and_harmless() {
        let line = Line { id: 1, from: "Bot".into(), text: "one\n\ntwo \u{1b}[2J\n".into() };
        assert_eq!(line.shown(Look::Plain), "Bot: one\n\n  two \u{1b}[2J\n");
        assert_eq!(line.shown(Look::Terminal), "Bot: one\n\n  two ␛[2J\n");
        assert!(line.shown(Look::Coloured).starts_with("\u{1b}[1;36mBot: \u{1b}[0mone\n"));
    }
}
