//! Talks to the running daemon through its API, over loopback, or over its Unix socket where it listens at no port. Everything
//! a command asks of the daemon goes this way.
//!
//! The admin token goes along only when the daemon asks for it, and only to a process of the token's owner: on a
//! machine with several users anybody may listen at the port while the daemon does not run.

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::Duration;
use std::{fs, thread};

use super::{Exit, Failed};
use crate::base::call::{HttpCall, Part};
use crate::base::json::{Fields, Object};
use crate::base::limits;
use crate::base::remedy::{PLACE_HEADER, PLACE_SHELL};
use crate::base::secret::Secret;
use crate::base::text::percent;
use crate::config::{ApiMode, Config};
use crate::work;

/// File of the admin token in the data directory.
pub(super) const TOKEN_FILE: &str = "admin.token";
/// Under which a request is done only once.
const KEY_HEADER: &str = "Idempotency-Key";
/// The way to the daemon.
#[derive(Clone, Debug)]
pub(super) struct Client {
    base: String,
    port: u16,
    /// The way instead of a port.
    socket: Option<PathBuf>,
    token_file: PathBuf,
    token: Option<Secret>,
}

impl Client {
    /// To the daemon that runs with this configuration. Connects to nothing yet.
    pub(super) fn new(config: &Config) -> Client {
        let scheme = match config.api.mode {
            ApiMode::Local => "http",
            ApiMode::Network => "https",
        };
        let port = config.api.port;
        let socket = (port == 0).then(|| config.api.socket.clone());
        let base = match &socket {
            // Only the path behind it counts.
            Some(_) => "http://127.0.0.1".to_string(),
            None => format!("{scheme}://127.0.0.1:{port}"),
        };
        Client { base, port, socket, token_file: config.data_dir.join(TOKEN_FILE), token: None }
    }

    /// As the bot that has this token, instead of with management rights.
    pub(super) fn with_token(self, token: Secret) -> Client {
        Client { token: Some(token), ..self }
    }

    /// `POST` of a JSON object that is done once, however often it is asked for under this key.
    pub(super) fn post_once(&mut self, path: &str, body: Object, key: &str) -> Result<Fields, Failed> {
        let call = self.call("POST", path, limits::CLIENT_TIMEOUT).header(KEY_HEADER, key).json(body.end());
        self.run(call)
    }

    /// `POST` of a form with a file in it, for which there is more time; its boundary is the key, too.
    pub(super) fn post_form(&mut self, path: &str, body: Vec<Part>, boundary: &str) -> Result<Fields, Failed> {
        let mut call = self.call("POST", path, limits::SEND_FILE_TIMEOUT).header(KEY_HEADER, boundary);
        call = call.header("Content-Type", format!("multipart/form-data; boundary={boundary}"));
        call.body = body;
        self.run(call)
    }

    /// Where the daemon is expected.
    pub(super) fn place(&self) -> String {
        self.socket.as_ref().map_or(self.base.clone(), |path| path.display().to_string())
    }

    /// `GET`, with query parameters.
    pub(super) fn get(&mut self, path: &str, query: &[(&str, &str)], timeout: Duration) -> Result<Fields, Failed> {
        let pairs: Vec<String> = query.iter().map(|(key, value)| format!("{key}={}", percent(value))).collect();
        let question = if pairs.is_empty() { "" } else { "?" };
        self.ask("GET", format!("{path}{question}{}", pairs.join("&")), None, timeout + limits::CLIENT_TIMEOUT)
    }

    /// `GET` of a text that is no JSON.
    pub(super) fn get_text(&mut self, path: &str) -> Result<String, Failed> {
        let mut call = self.call("GET", path, limits::CLIENT_TIMEOUT);
        loop {
            let answer = work::call_loopback(&call).map_err(|error| self.unreachable(&error))?;
            if answer.status != 401 || !call.secret_headers.is_empty() {
                return match answer.status {
                    200 => Ok(String::from_utf8_lossy(&answer.body).into_owned()),
                    status => Err(Failed::new(Exit::Failed, format!("{path} is answered with status {status}"))),
                };
            }
            let token = self.admin_token()?;
            call = call.secret_header("Authorization", bearer(&token));
        }
    }

    /// `POST` of a JSON object.
    pub(super) fn post(&mut self, path: &str, body: Object) -> Result<Fields, Failed> {
        self.post_patiently(path, body, Duration::ZERO)
    }

    /// The same for what the daemon takes some time over.
    pub(super) fn post_patiently(&mut self, path: &str, body: Object, time: Duration) -> Result<Fields, Failed> {
        self.ask("POST", path.to_string(), Some(body.end()), time + limits::CLIENT_TIMEOUT)
    }

    fn ask(
        &mut self,
        method: &'static str,
        path: String,
        body: Option<String>,
        timeout: Duration,
    ) -> Result<Fields, Failed> {
        let mut call = self.call(method, &path, timeout);
        if let Some(json) = body {
            call = call.json(json);
        }
        self.run(call)
    }

    fn call(&self, method: &'static str, path: &str, timeout: Duration) -> HttpCall {
        let mut call = HttpCall::new(method, format!("{}{path}", self.base)).header(PLACE_HEADER, PLACE_SHELL);
        call.timeout = timeout;
        call.socket = self.socket.clone();
        call.answer_bytes_max = limits::CLIENT_ANSWER_BYTES_MAX;
        call
    }

    fn run(&mut self, call: HttpCall) -> Result<Fields, Failed> {
        let mut call = match &self.token {
            Some(token) => call.secret_header("Authorization", bearer(token)),
            None => call,
        };
        let (mut status, mut fields) = self.exchange(&call)?;
        // 403: this machine is on the list of trusted proxies, from where nobody is local.
        if matches!(status, 401 | 403) && self.token.is_none() {
            let token = self.admin_token()?;
            call = call.secret_header("Authorization", bearer(&token));
            (status, fields) = self.exchange(&call)?;
            self.token = Some(token);
        }
        if (200..300).contains(&status) {
            return Ok(fields);
        }
        let why = fields.text("description").ok().flatten().unwrap_or("the daemon refused without a reason");
        let exit = match status {
            401 | 403 => Exit::Permission,
            502 if fields.text("error") == Ok(Some("login_refused")) => Exit::Permission,
            502..=504 => Exit::Unavailable,
            _ => Exit::Failed,
        };
        Err(Failed::new(exit, why))
    }

    /// One request; many lines in a pipe may come faster than the daemon allows, then it waits as told.
    fn exchange(&self, call: &HttpCall) -> Result<(u16, Fields), Failed> {
        let mut waits = 0;
        loop {
            let answer = work::call_loopback(call).map_err(|error| self.unreachable(&error))?;
            let fields = Fields::parse_within(&answer.body, limits::CLIENT_VALUES_MAX);
            let fields = fields.map_err(|_| self.is_not_ours(answer.status))?;
            let is_too_fast = answer.status == 429 && matches!(fields.text("error"), Ok(Some("rate_limited")));
            if !is_too_fast || waits == limits::CLIENT_BUSY_WAITS_MAX {
                return Ok((answer.status, fields));
            }
            waits += 1;
            thread::sleep(limits::CLIENT_BUSY_WAIT);
        }
    }

    fn admin_token(&self) -> Result<Secret, Failed> {
        let shown = self.token_file.display();
        let text = fs::read_to_string(&self.token_file).map_err(|error| {
            let why = crate::config::plain(&error);
            let hint = "run this as the user of the daemon or as root, with the same --data or configuration";
            Failed::new(Exit::Permission, format!("the daemon wants the admin token; {shown}: {why}\n{hint}"))
        })?;
        let owner = fs::metadata(&self.token_file).map(|meta| meta.uid()).ok();
        let listener = match &self.socket {
            Some(path) => fs::metadata(path).map(|meta| meta.uid()).ok(),
            None => listener(self.port),
        };
        if let Some(listener) = listener
            && owner.is_some_and(|owner| listener != owner && listener != 0)
        {
            let text = format!(
                "what listens at {} belongs to user {listener}, but {shown} does not; it does not get the token",
                self.place()
            );
            return Err(Failed::new(Exit::Permission, text));
        }
        Ok(Secret::new(text.trim()))
    }

    fn unreachable(&self, error: &work::Error) -> Failed {
        let place = self.place();
        let is_closed =
            |path: &PathBuf| rustix::fs::access(path, rustix::fs::Access::WRITE_OK) == Err(rustix::io::Errno::ACCESS);
        if self.socket.as_ref().is_some_and(is_closed) {
            let text = format!("{place} is for the daemon's user and group: run this as one of them, or as root");
            return Failed::new(Exit::Permission, text);
        }
        let text = match error {
            work::Error::Refused => format!(
                "nothing listens at {place}: start the daemon with `botmother`, or say where it is with --port or --config"
            ),
            work::Error::Tls(why) => format!("{place} does not speak TLS as it should: {why}"),
            error => format!("{place} does not answer: {error}"),
        };
        Failed::new(Exit::Unavailable, text)
    }

    fn is_not_ours(&self, status: u16) -> Failed {
        let text = format!("what answers at {} is no Botmother (status {status}); is the port right?", self.place());
        Failed::new(Exit::Unavailable, text)
    }
}

fn bearer(token: &Secret) -> Secret {
    Secret::new(format!("Bearer {}", token.expose()))
}

/// The user whose process listens at a TCP port of this machine, from Linux' table of sockets.
pub(super) fn listener(port: u16) -> Option<u32> {
    ["/proc/net/tcp", "/proc/net/tcp6"].iter().find_map(|table| listener_in(&fs::read_to_string(table).ok()?, port))
}

/// proc(5): columns are number, local address (hex address and port), remote address, state (0A: listening), queues,
/// timer, retransmits, user…
fn listener_in(table: &str, port: u16) -> Option<u32> {
    table.lines().skip(1).find_map(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let is_port = columns.get(1)?.rsplit_once(':')?.1 == format!("{port:04X}");
        let is_listening = *columns.get(3)? == "0A";
        if is_port && is_listening { columns.get(7)?.parse().ok() } else { None }
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn reads_the_table_of_sockets() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
            \x20  0: 0100007F:1EA2 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     7        0 1 1 0 20 0 0 10 -1\n\
            \x20  1: 0100007F:1EA2 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 2 1 0 100 0 0 10 0\n";
        assert_eq!(super::listener_in(table, 7842), Some(1000));
        assert_eq!(super::listener_in(table, 7843), None);
        assert_eq!(super::listener_in("", 7842), None);
    }
}
