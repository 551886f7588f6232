//! Plays a dialog between a session and a server, in virtual time and without a socket.
//!
//! A dialog is text, one step a line; lines that begin with blanks continue the step before.
//!
//! ```text
//! # comment              use NAME                 play dialogs/NAME.txt first
//! config KEY VALUE       before the first step: password, plaintext, tls (a type of channel
//!                        binding), priority, login-key (the password it was made from)
//! S: <xml/>              the server sends (steps in a row are sent as one piece, then in random pieces)
//! S*9: <xml/>            the same so many times; `⟨x⟩×9` in it is x so many times
//! C: <xml/>              the client must have sent this next
//! I: Handled 2           an input        O: Online            the next output       O? StartTls   if it is that
//! T+30s                  time passes; deadlines on the way are kept
//! stall 30s              time passes, and nobody looks at deadlines
//! scram SHA-256 [x=y…]   the server's side of SCRAM: password, iterations, binding, signature=wrong, final=challenge
//! idle                   nothing may happen before the idle test; read / busy: whether the session wants bytes
//! ```
//! `…` stands for anything, `{name}` for a value that is noted at first and must be the same later. Nothing may happen
//! that the dialog does not mention.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use botmother::base::jid::{BareJid, Jid};
use botmother::base::secret::Secret;
use botmother::base::time::Now;
use botmother::xml::Element;
use botmother::xmpp::iq::Peer;
use botmother::xmpp::ns;
use botmother::xmpp::presence;
use botmother::xmpp::session::{
    CatchUpFrom, Event, Lost, Session, SessionConfig, SessionInput, SessionOutput, TlsFacts,
};
use botmother::xmpp::stanza::IqKind;

#[path = "scram.rs"]
mod scram;

/// How the server's bytes are cut.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cut {
    /// All that is sent in a row at once.
    Whole,
    /// Byte by byte.
    Bytes,
    /// In random places, by seed.
    Random(u64),
}

/// A small generator: tests must give the same every time.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// The next number below `below` (xorshift64*).
    pub(crate) fn below(&mut self, below: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % below.max(1)
    }

    /// Fills a buffer.
    pub(crate) fn fill(&mut self, out: &mut [u8]) {
        out.iter_mut().for_each(|byte| *byte = self.below(256) as u8);
    }
}

/// One line of a dialog, continuation lines joined, with where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// `file:line`.
    pub(crate) place: String,
    /// The text.
    pub(crate) text: String,
}

/// Reads a dialog and those it uses.
pub(crate) fn load(name: &str) -> Vec<Step> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dialogs").join(format!("{name}.txt"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut steps: Vec<Step> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(other) = line.strip_prefix("use ") {
            steps.extend(load(other));
        } else if let (true, Some(last)) = (line.starts_with(' '), steps.last_mut()) {
            last.text.push_str(line.trim());
        } else {
            steps.push(Step { place: format!("{name}.txt:{}", number + 1), text: line.trim_end().to_string() });
        }
    }
    steps
}

/// Plays one dialog; an error says where it went wrong and how.
pub(crate) fn play(name: &str, cut: Cut) -> Result<(), String> {
    let steps = load(name);
    let mut player = Player::new(&steps, cut);
    for step in &steps {
        player.step(&step.text).map_err(|why| format!("{}: {}\n    {why}", step.place, step.text))?;
    }
    player.flush().and_then(|()| player.expect_silence()).map_err(|why| format!("{name}.txt, at its end: {why}"))
}

struct Player {
    session: Session,
    tls: TlsFacts,
    now: Now,
    cut: Cut,
    random: Random,
    /// What the server is about to send.
    unsent: Vec<u8>,
    written: String,
    outputs: Vec<String>,
    names: HashMap<String, String>,
}

impl Player {
    fn new(steps: &[Step], cut: Cut) -> Player {
        let mut config = SessionConfig {
            account: BareJid::parse("me@example.org").unwrap(),
            password: Secret::new("secret"),
            resource: "bot".into(),
            login_key: None,
            register: false,
            plaintext: false,
            presence: presence::print_available(-1),
            is_bot: false,
            features: &[],
        };
        let mut tls = TlsFacts { text: "TLS".into(), ..TlsFacts::default() };
        for setting in steps.iter().filter_map(|step| step.text.strip_prefix("config ")) {
            match setting.split_once(' ').unwrap_or((setting, "")) {
                ("password", value) => config.password = Secret::new(value),
                ("plaintext", _) => config.plaintext = true,
                ("priority", value) => config.presence = presence::print_available(value.parse().unwrap()),
                ("bot", _) => {
                    config.is_bot = true;
                    config.features = &[ns::RECEIPTS, ns::REACTIONS];
                }
                ("register", _) => config.register = true,
                ("login-key", value) => config.login_key = Some(scram::key(value)),
                ("tls", value) if value.contains("exporter") => tls.exporter = Some(b"exported".to_vec()),
                ("tls", _) => tls.server_end_point = Some(b"end-point".to_vec()),
                _ => panic!("unknown setting {setting}"),
            }
        }
        let seed = if let Cut::Random(seed) = cut { seed } else { 1 };
        let mut entropy = Random(seed + 1000);
        Player {
            session: Session::new(config, Box::new(move |out| entropy.fill(out))),
            tls,
            now: Now { mono: Duration::from_secs(1000), unix_ms: 0 },
            cut,
            random: Random(seed + 1),
            unsent: Vec::new(),
            written: String::new(),
            outputs: Vec::new(),
            names: [("header", scram::HEADER), ("space", " ")].map(|(k, v)| (k.into(), v.into())).into(),
        }
    }

    fn step(&mut self, text: &str) -> Result<(), String> {
        if let Some((count, xml)) = text.strip_prefix("S*").and_then(|rest| rest.split_once(": ")) {
            let count: usize = count.parse().unwrap();
            return (0..count).try_for_each(|_| self.step(&format!("S: {xml}")));
        }
        if let Some(xml) = text.strip_prefix("S: ") {
            if self.unsent.is_empty() {
                self.drain();
                self.expect_silence()?;
            }
            let xml = repeat(&self.substitute(xml)?);
            self.unsent.extend_from_slice(xml.as_bytes());
            return Ok(());
        }
        self.flush()?;
        self.drain();
        if let Some(pattern) = text.strip_prefix("C: ") {
            let written = std::mem::take(&mut self.written);
            self.written = self.match_front(pattern, &written)?;
        } else if let Some(pattern) = text.strip_prefix("O: ") {
            if self.outputs.is_empty() {
                return Err(format!("nothing happened; written: {}", self.written));
            }
            let output = self.outputs.remove(0);
            let rest = self.match_front(pattern, &output)?;
            if !rest.is_empty() {
                return Err(format!("happened: {output}"));
            }
        } else if let Some(output) = text.strip_prefix("O? ") {
            if self.outputs.first().is_some_and(|first| first == output) {
                self.outputs.remove(0);
            }
        } else if let Some(input) = text.strip_prefix("I: ") {
            self.expect_silence()?;
            self.input(input)?;
        } else if let Some(time) = text.strip_prefix("T+") {
            self.expect_silence()?;
            self.pass(time)?;
        } else if let Some(seconds) = text.strip_prefix("stall ") {
            self.expect_silence()?;
            self.now.mono += Duration::from_secs(seconds.trim_end_matches('s').parse().unwrap());
        } else if let Some(arguments) = text.strip_prefix("scram ") {
            self.scram(arguments)?;
        } else if matches!(text, "read" | "busy") && self.session.wants_bytes() != (text == "read") {
            return Err(format!("wants_bytes() is {}", self.session.wants_bytes()));
        } else if text == "idle" {
            let wait = self.session.deadline().map(|at| at - self.now.mono);
            if wait.is_none_or(|wait| wait < Duration::from_secs(100)) {
                return Err(format!("the session wants to be woken in {wait:?}"));
            }
        } else if !text.starts_with("config ") && !matches!(text, "read" | "busy") {
            return Err("no such step".into());
        }
        Ok(())
    }

    /// Sends what the server has to say, cut as wanted.
    fn flush(&mut self) -> Result<(), String> {
        let bytes = std::mem::take(&mut self.unsent);
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            let size = match self.cut {
                Cut::Whole => rest.len(),
                Cut::Bytes => 1,
                Cut::Random(_) => 1 + self.random.below(rest.len().min(60)),
            };
            let (piece, behind) = rest.split_at(size.min(rest.len()));
            self.session.handle(self.now, SessionInput::Bytes(piece));
            self.collect();
            rest = behind;
        }
        Ok(())
    }

    fn collect(&mut self) {
        while let Some(output) = self.session.poll() {
            self.outputs.push(describe(&output));
        }
    }

    /// A driver that writes only when it has read all: so what is written does not depend on the cuts.
    fn drain(&mut self) {
        self.collect();
        let mut out = Vec::new();
        self.session.take_write(&mut out);
        self.written.push_str(std::str::from_utf8(&out).unwrap());
    }

    fn expect_silence(&mut self) -> Result<(), String> {
        self.drain();
        if self.outputs.is_empty() && self.written.is_empty() {
            return Ok(());
        }
        Err(format!("not expected: outputs {:?}, written {}", self.outputs, self.written))
    }

    fn input(&mut self, text: &str) -> Result<(), String> {
        let text = self.substitute(text)?;
        let (name, rest) = text.split_once(' ').unwrap_or((&text, ""));
        let input = match name {
            "Connected" => SessionInput::Connected((rest == "tls").then(|| self.tls.clone())),
            "TlsUp" => SessionInput::TlsUp(self.tls.clone()),
            "Closed" => SessionInput::Closed,
            "Lost" => SessionInput::Lost(Lost::Network(rest.into())),
            "Certificate" => SessionInput::Lost(Lost::Certificate(rest.into())),
            "CatchUpSince" => {
                let age = Duration::from_secs(rest.parse().unwrap());
                SessionInput::CatchUp(CatchUpFrom { after: None, age: Some(age), in_doubt: None })
            }
            "CatchUp" | "CatchUpInDoubt" => {
                // `CatchUpInDoubt m0 ids: a b` names what is looked for.
                let (rest, ids) = rest.split_once(" ids: ").unwrap_or((rest, ""));
                let ids = ids.split_whitespace().map(str::to_string).collect();
                let after = match rest {
                    "beginning" => Some(String::new()),
                    id => Some(id.to_string()).filter(|id| !id.is_empty()),
                };
                SessionInput::CatchUp(CatchUpFrom {
                    after,
                    age: None,
                    in_doubt: (name == "CatchUpInDoubt").then_some(ids),
                })
            }
            "Handled" => SessionInput::Handled(rest.parse().unwrap()),
            "Taken" => SessionInput::Taken(rest.parse().unwrap()),
            "Reset" => SessionInput::Reset,
            "Priority" => SessionInput::Presence(presence::print_available(rest.parse().unwrap())),
            "Ask" => ask(rest),
            "Tick" => SessionInput::Tick,
            "Close" => SessionInput::Close,
            "Send" => {
                let (tag, stanza) = rest.split_once(' ').unwrap();
                SessionInput::Send { tag: tag.parse().ok(), stanza: stanza.into() }
            }
            _ => panic!("unknown input {name}"),
        };
        self.session.handle(self.now, input);
        self.collect();
        Ok(())
    }

    /// Lets time pass, from deadline to deadline.
    fn pass(&mut self, text: &str) -> Result<(), String> {
        let (number, unit) = text.split_at(text.trim_end_matches(char::is_alphabetic).len());
        let number: f64 = number.parse().unwrap();
        let end = self.now.mono + Duration::from_secs_f64(if unit == "ms" { number / 1000.0 } else { number });
        for _ in 0..1000 {
            match self.session.deadline().filter(|at| *at <= end) {
                Some(at) => {
                    self.now.mono = self.now.mono.max(at);
                    self.session.handle(self.now, SessionInput::Tick);
                    self.drain();
                }
                None => {
                    self.now.mono = end;
                    return Ok(());
                }
            }
        }
        Err("the session is woken again and again".into())
    }

    fn scram(&mut self, arguments: &str) -> Result<(), String> {
        let mut server = scram::Server::new(arguments);
        let auth = self.take_element()?;
        let challenge = server.challenge(&auth)?;
        self.step(&format!("S: {challenge}"))?;
        self.flush()?;
        self.drain();
        if server.expects_response() {
            let response = self.take_element()?;
            for answer in server.finish(&response)? {
                self.step(&format!("S: {answer}"))?;
                self.flush()?;
                self.drain();
                if answer.starts_with("<challenge") {
                    self.take_element()?;
                }
            }
        }
        Ok(())
    }

    /// Takes the one element that the client has written.
    fn take_element(&mut self) -> Result<String, String> {
        match std::mem::take(&mut self.written) {
            text if text.is_empty() => Err(format!("nothing was written; outputs {:?}", self.outputs)),
            text => Ok(text),
        }
    }

    fn substitute(&self, text: &str) -> Result<String, String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, name, behind)) = split_name(rest) {
            out.push_str(before);
            out.push_str(self.names.get(name).ok_or_else(|| format!("{{{name}}} was never seen"))?);
            rest = behind;
        }
        Ok(out + rest)
    }

    /// Matches the pattern at the front of a text; gives what follows.
    fn match_front(&mut self, pattern: &str, text: &str) -> Result<String, String> {
        let wrong = |rest: &str| format!("got: {text}\n    from here: {rest}");
        let mut rest = text;
        let mut pieces = pattern.split('…').peekable();
        let mut is_first = true;
        while let Some(piece) = pieces.next() {
            if piece.is_empty() && !is_first && pieces.peek().is_none() {
                return Ok(String::new());
            }
            let starts: Vec<usize> = match is_first {
                true => vec![0],
                false => (0..=rest.len()).filter(|at| rest.is_char_boundary(*at)).collect(),
            };
            let found = starts.into_iter().find_map(|at| self.match_piece(piece, &rest[at..]));
            let (behind, noted) = found.ok_or_else(|| wrong(rest))?;
            self.names.extend(noted);
            rest = &rest[rest.len() - behind..];
            is_first = false;
        }
        Ok(rest.to_string())
    }

    /// Matches a piece without `…`; gives how much follows, and the values noted.
    fn match_piece(&self, piece: &str, text: &str) -> Option<(usize, Vec<(String, String)>)> {
        let mut noted = Vec::new();
        let (mut piece, mut text) = (piece, text);
        while let Some((before, name, behind)) = split_name(piece) {
            text = text.strip_prefix(before)?;
            match self.names.get(name) {
                Some(value) => text = text.strip_prefix(value.as_str())?,
                None => {
                    let end = text.find(['\'', '<', ' ']).unwrap_or(text.len());
                    noted.push((name.to_string(), text[..end].to_string()));
                    text = &text[end..];
                }
            }
            piece = behind;
        }
        Some((text.strip_prefix(piece)?.len(), noted))
    }
}

/// `⟨text⟩×3` is the text so many times; not nested.
fn repeat(text: &str) -> String {
    let Some((before, rest)) = text.split_once('⟨') else { return text.to_string() };
    let (piece, rest) = rest.split_once('⟩').unwrap();
    let rest = rest.strip_prefix('×').unwrap();
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    before.to_string() + &piece.repeat(rest[..digits].parse().unwrap()) + &repeat(&rest[digits..])
}

/// Splits at the first `{name}`.
fn split_name(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (name, behind) = rest.split_once('}')?;
    Some((before, name, behind))
}

/// `TAG TO NAMESPACE`; TO is `account`, `server` or an address.
fn ask(text: &str) -> SessionInput<'static> {
    let words: Vec<&str> = text.split(' ').collect();
    let to = match words[1] {
        "account" => Peer::Account,
        "server" => Peer::Server,
        other => Peer::Other(Jid::parse(other).unwrap()),
    };
    let payload = Element::new("query", words[2].to_string());
    SessionInput::Ask { tag: words[0].parse().unwrap(), to, kind: IqKind::Get, payload }
}

/// An output as dialogs write it.
pub(crate) fn describe(output: &SessionOutput) -> String {
    let event = match output {
        SessionOutput::Event(event) => event,
        other => return format!("{other:?}"),
    };
    match event {
        Event::Bound { jid, facts } => {
            let mut text = format!("Bound {jid} {}", facts.mechanism);
            for (has, name) in [(facts.resumption, "sm"), (facts.carbons, "carbons"), (facts.archive, "archive")] {
                if has {
                    text.push(' ');
                    text.push_str(name);
                }
            }
            text
        }
        Event::Online { resumed: true } => "Online resumed".into(),
        Event::Online { resumed: false } => "Online".into(),
        Event::Message(message) => {
            let body = message.body.as_deref().unwrap_or("-");
            let archive_id = message.archive_id.as_deref().unwrap_or("-");
            format!("{:?} {} {archive_id} {body}", message.via, message.from)
        }
        Event::Presence(stanza) => {
            let attribute = |name| stanza.attribute(name).unwrap_or("-");
            format!("Presence {} {}", attribute("from"), attribute("type"))
        }
        Event::Contact(item) => format!("Contact {} {:?}", item.jid, item.subscription),
        Event::Request(iq) => format!("Request {:?} {}", iq.kind, iq.payload.as_ref().map_or("-", |p| p.ns())),
        Event::Answer { tag, outcome: Ok(payload) } => {
            format!("Answer {tag} {}", payload.as_ref().map_or("-", |payload| payload.ns()))
        }
        Event::Answer { tag, outcome: Err(error) } => format!("Answer {tag} {} {error}", error.kind),
        Event::Skipped(skipped) => {
            let mark = skipped.mark.as_deref().unwrap_or("-");
            format!("Skipped {} {} {mark} {}", skipped.what, skipped.from, skipped.why)
        }
        Event::Mark(id) if id.is_empty() => "Mark beginning".into(),
        Event::Mark(id) => format!("Mark {id}"),
        Event::Acked(tags) => format!("Acked {tags:?}"),
        Event::Convicted { stanza, is_too_large } => {
            let why = if *is_too_large { "too large" } else { "poison" };
            format!("Convicted {why} {} bytes", stanza.len())
        }
        Event::Registering => "Registering".into(),
        Event::LoginKey(_) => "LoginKey".into(),
        Event::Offline { why, retry_in } => format!("Offline {:.3}s {why}", retry_in.as_secs_f64()),
        // Marks, which are written with characters that nobody can see.
        Event::Stopped { why } => format!("Stopped {why}").replace('\u{fffe}', "‹").replace('\u{ffff}', "›"),
    }
}
