//! Asks for a password on the terminal without showing it.

use std::fs::File;
use std::io::{self, BufRead, Read, Write};
use std::path::Path;

use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};

use super::{Exit, Failed};
use crate::base::limits;
use crate::base::secret::Secret;
use crate::config;

/// The password from a file, or from the terminal; from the first line of standard input where there is neither.
pub(super) fn get(file: Option<&Path>, question: &str) -> Result<Secret, Failed> {
    if let Some(file) = file {
        return config::read_password(file).map_err(|why| Failed::new(Exit::Io, why));
    }
    let terminal = File::options().read(true).write(true).open("/dev/tty");
    let password = match terminal {
        Ok(terminal) => ask(terminal, question),
        Err(_) => first_line(),
    };
    let password =
        password.map_err(|error| Failed::new(Exit::Io, format!("no password: {}", config::plain(&error))))?;
    if password.is_empty() {
        return Err(Failed::new(Exit::Failed, "no password, nothing done"));
    }
    Ok(password)
}

fn first_line() -> io::Result<Secret> {
    let mut line = String::new();
    io::stdin().lock().take(limits::PASSWORD_BYTES_MAX as u64).read_line(&mut line)?;
    Ok(Secret::new(line.trim_end_matches(['\n', '\r'])))
}

/// Puts the terminal back as it was, whatever happens.
struct Quiet<'a> {
    terminal: &'a File,
    before: Termios,
}

impl Drop for Quiet<'_> {
    fn drop(&mut self) {
        // The terminal is gone then, and there is nothing to put back.
        let _ = tcsetattr(self.terminal, OptionalActions::Flush, &self.before);
    }
}

fn ask(mut terminal: File, question: &str) -> io::Result<Secret> {
    let quiet = Quiet { before: tcgetattr(&terminal)?, terminal: &terminal.try_clone()? };
    let mut modes = quiet.before.clone();
    // Signals are off too: Ctrl-C arrives as a character, and the way out leads through `drop`.
    modes.local_modes -= LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
    modes.special_codes[SpecialCodeIndex::VMIN] = 1;
    modes.special_codes[SpecialCodeIndex::VTIME] = 0;
    tcsetattr(&terminal, OptionalActions::Flush, &modes)?;
    write!(terminal, "{question}: ")?;
    let typed = read_hidden(&mut terminal);
    writeln!(terminal)?;
    typed
}

/// Reads to the end of the line; backspace and Ctrl-U work, Ctrl-C and Ctrl-D give up.
fn read_hidden(input: &mut impl Read) -> io::Result<Secret> {
    let mut typed = Vec::new();
    let mut byte = [0];
    while input.read(&mut byte)? == 1 {
        match byte[0] {
            b'\n' | b'\r' => {
                let wrong = |_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8");
                return String::from_utf8(typed).map(Secret::new).map_err(wrong);
            }
            0x03 | 0x04 => break,
            0x15 => typed.clear(),
            // A whole character: its continuation bytes (10xxxxxx) go with it.
            0x08 | 0x7f => while typed.pop().is_some_and(|byte: u8| byte & 0xc0 == 0x80) {},
            byte if typed.len() < limits::PASSWORD_BYTES_MAX => typed.push(byte),
            _ => {}
        }
    }
    Err(io::Error::new(io::ErrorKind::Interrupted, "given up"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits() {
        let typed = |bytes: &str| read_hidden(&mut bytes.as_bytes()).map(|secret| secret.expose().to_string()).ok();
        assert_eq!(typed("hunter2\n").as_deref(), Some("hunter2"));
        assert_eq!(typed("xä\u{7f}y\u{8}z\r").as_deref(), Some("xz"));
        assert_eq!(typed("wrong\u{15}right\n").as_deref(), Some("right"));
        assert_eq!(typed("half\u{3}"), None);
        assert_eq!(typed("half"), None);
    }
}
