//! The keys of `[metrics]` and `[mqtt]`: who else is told how the daemon does, and what bots hear.

use std::path::PathBuf;

use crate::base::limits;
use crate::base::network::Network;
use crate::base::secret::Secret;

/// How lines of the log look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// `text`: for people, and the journal.
    Text,
    /// `json`: an object a line.
    Json,
    /// `logfmt`: `key=value` pairs.
    Logfmt,
}

impl LogFormat {
    /// The words for them.
    pub const WORDS: [(&'static str, LogFormat); 3] =
        [("text", LogFormat::Text), ("json", LogFormat::Json), ("logfmt", LogFormat::Logfmt)];

    /// The one with this word.
    pub fn parse(text: &str) -> Option<LogFormat> {
        LogFormat::WORDS.iter().find(|(word, _)| *word == text).map(|(_, format)| *format)
    }
}

/// The keys of `[metrics]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metrics {
    /// Where the numbers are given beside the API.
    pub listen: MetricsPlace,
    /// Who may read them there, besides this machine.
    pub allow: Vec<Network>,
}

/// Where numbers are given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum MetricsPlace {
    /// Nowhere but in the API.
    #[default]
    Nowhere,
    /// At an address.
    Address(std::net::SocketAddr),
    /// At a Unix socket.
    Path(PathBuf),
}

impl MetricsPlace {
    /// As in the file.
    pub fn print(&self) -> String {
        match self {
            MetricsPlace::Nowhere => String::new(),
            MetricsPlace::Address(address) => address.to_string(),
            MetricsPlace::Path(path) => path.display().to_string(),
        }
    }
}

/// The keys of `[mqtt]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mqtt {
    /// The broker; `None`: MQTT is off.
    pub broker: Option<Broker>,
    /// Whom to log in as; empty: nobody.
    pub user: String,
    /// His password.
    pub password: Secret,
    /// The file it comes from; empty when it was given itself.
    pub password_file: PathBuf,
    /// PEM file of a CA to trust beside the roots; empty for none.
    pub ca_file: PathBuf,
    /// Under which the broker knows this daemon.
    pub client_id: String,
    /// What all topics begin with.
    pub prefix: String,
    /// Names of bots whose updates are published; `*` stands for all.
    pub bots: Vec<String>,
    /// Types of updates that are.
    pub updates: Vec<String>,
    /// Whether Home Assistant is told what there is.
    pub discovery: bool,
    /// Whether what comes on the topics for that is sent.
    pub send: bool,
}

impl Default for Mqtt {
    fn default() -> Mqtt {
        Mqtt {
            broker: None,
            user: String::new(),
            password: Secret::default(),
            password_file: PathBuf::new(),
            ca_file: PathBuf::new(),
            client_id: "botmother".to_string(),
            prefix: "botmother".to_string(),
            bots: vec!["*".to_string()],
            updates: vec!["message".to_string()],
            discovery: false,
            send: false,
        }
    }
}

/// Where a broker is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broker {
    /// Its name or address, without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// TLS from the first byte.
    pub is_tls: bool,
}

impl Broker {
    /// Reads `mqtt://host:1883` or `mqtts://host:8883`; the error is what it must be.
    pub fn parse(text: &str) -> Result<Broker, String> {
        let must_be = || "mqtt://host:1883, or mqtts://host:8883 with TLS".to_string();
        let (is_tls, rest) = match (text.strip_prefix("mqtt://"), text.strip_prefix("mqtts://")) {
            (Some(rest), _) => (false, rest),
            (None, Some(rest)) => (true, rest),
            (None, None) => return Err(must_be()),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = match rest.strip_prefix('[') {
            Some(rest) => rest.split_once(']').ok_or_else(must_be)?,
            None => rest.find(':').map_or((rest, ""), |at| rest.split_at(at)),
        };
        let port = match port.strip_prefix(':') {
            Some(port) => port.parse().ok().filter(|port| *port != 0).ok_or_else(must_be)?,
            None if port.is_empty() && is_tls => 8883,
            None if port.is_empty() => 1883,
            None => return Err(must_be()),
        };
        let is_host = !host.is_empty() && !host.contains(['/', '@', '?', '#', ' ', '[', ']']);
        if is_host { Ok(Broker { host: host.to_string(), port, is_tls }) } else { Err(must_be()) }
    }

    /// As in the file.
    pub fn print(&self) -> String {
        let scheme = if self.is_tls { "mqtts" } else { "mqtt" };
        match self.host.contains(':') {
            true => format!("{scheme}://[{}]:{}", self.host, self.port),
            false => format!("{scheme}://{}:{}", self.host, self.port),
        }
    }
}

/// A prefix of topics: levels without wildcards (MQTT 3.1.1 §4.7).
pub(super) fn topic(text: &str) -> Result<String, String> {
    let is_fine = !text.is_empty()
        && text.len() <= limits::MQTT_PREFIX_BYTES_MAX
        && !text.contains(['+', '#', '\0'])
        && !text.starts_with(['/', '$'])
        && !text.ends_with('/');
    let most = limits::MQTT_PREFIX_BYTES_MAX;
    let must_be =
        || format!("a topic of at most {most} bytes like \"botmother\" or \"home/botmother\", without + and #");
    if is_fine { Ok(text.to_string()) } else { Err(must_be()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brokers() {
        let print = |text| Broker::parse(text).map(|broker| broker.print());
        for (text, printed) in [
            ("mqtt://broker.example", "mqtt://broker.example:1883"),
            ("mqtts://broker.example/", "mqtts://broker.example:8883"),
            ("mqtt://127.0.0.1:1884", "mqtt://127.0.0.1:1884"),
            ("mqtts://[::1]:8884", "mqtts://[::1]:8884"),
            ("mqtt://[::1]", "mqtt://[::1]:1883"),
        ] {
            assert_eq!(print(text).as_deref(), Ok(printed));
        }
        for bad in
            ["", "broker", "http://a", "mqtt://", "mqtt://a:0", "mqtt://a:b", "mqtt://u@a", "mqtt://[::1", "mqtt://a/b"]
        {
            assert!(Broker::parse(bad).is_err(), "{bad}");
        }
        assert!(topic("home/botmother").is_ok());
        for bad in ["", "a/#", "+", "/a", "a/", "$SYS"] {
            assert!(topic(bad).is_err(), "{bad}");
        }
    }
}
