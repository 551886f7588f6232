//! What the daemon is told of how it is set up.

use crate::base::jid::BareJid;
use crate::base::limits;
use crate::base::remedy::Language;
use crate::base::secret::Secret;
use crate::core::handle;

/// What the engine is told once, at its start.
pub struct Setup {
    /// What the configuration says and may say otherwise later.
    pub settings: Settings,
    /// `http://localhost:7842/bot/`: the real address, for answers and help.
    pub api_url: String,
    /// What else the help in chats says of the API.
    pub api: ApiFacts,
    /// Requests a second of one bot; 0 is no limit.
    pub rate_limit: u32,
    /// Fills a buffer from a cryptographic generator.
    pub entropy: fn(&mut [u8]),
    /// Bytes of the process in memory, for the course of the day; 0 where the system does not say.
    pub memory: fn() -> u64,
}

/// What may change while the engine runs ([`Event::Reload`](crate::engine::event::Event::Reload)).
#[derive(Clone, Debug)]
pub struct Settings {
    /// Language of the chat texts.
    pub language: Language,
    /// Accounts named in the configuration file.
    pub accounts: Vec<ConfigAccount>,
    /// Who may see in chats how the daemon is set up, and change the API's address.
    pub admins: Vec<BareJid>,
    /// Take the operating system's certificates instead of the built-in ones.
    pub system_roots: bool,
    /// Whether bots with an account of their own encrypt, where nothing else was said for one.
    pub encrypt: handle::Encrypt,
    /// Whether people's own accounts encrypt.
    pub self_chat: handle::Encrypt,
    /// For how many days bots keep what is said, where nothing else was said for one; 0: not at all.
    pub history_days: i64,
    /// How much an owner may have and use, where nothing else was said of him.
    pub quotas: handle::Quotas,
    /// Who else hears of what happens.
    pub watch: Watch,
    /// People with a browser.
    pub web: WebSettings,
}

/// How people with a browser are known.
#[derive(Clone, Debug)]
pub struct WebSettings {
    /// What signs their cookies; empty: a key of our own.
    pub login_key: Secret,
    /// For how long they are known after a visit, in minutes.
    pub login_minutes: i64,
}

impl Default for WebSettings {
    fn default() -> WebSettings {
        WebSettings { login_key: Secret::default(), login_minutes: limits::WEB_LOGIN_MINUTES }
    }
}

/// Who hears of what happens, besides bots' programs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watch {
    /// Somebody wants to hear when accounts come and go, or bots change ([`Effect::Changed`](crate::core::effect::Effect)).
    pub is_on: bool,
    /// Whose updates are published at a broker.
    pub mqtt: MqttBots,
}

/// Bots whose updates go to MQTT.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum MqttBots {
    /// Those of none.
    #[default]
    None,
    /// Those of all.
    All,
    /// Those of bots with these names.
    Named(Vec<String>),
}

impl MqttBots {
    /// Whether a bot of this name is among them.
    pub fn has(&self, name: &str) -> bool {
        match self {
            MqttBots::None => false,
            MqttBots::All => true,
            MqttBots::Named(names) => names.iter().any(|known| known == name),
        }
    }
}

/// An account of the configuration file.
#[derive(Clone, Debug)]
pub struct ConfigAccount {
    /// The account.
    pub jid: BareJid,
    /// Its password.
    pub password: Secret,
    /// `host:port`, or empty.
    pub host: String,
    /// CA file, or empty.
    pub ca_file: String,
    /// Certificate pin, or empty.
    pub pin: String,
    /// No TLS at all is acceptable (loopback only; checked by the configuration).
    pub plaintext: bool,
}

/// Where the API is and what it asks for, for the help in chats. Paths are shown to admins only, but for `ca_file`.
#[derive(Clone, Debug, Default)]
pub struct ApiFacts {
    /// How it is reached.
    pub server: handle::ServerInfo,
    /// HTTPS on all addresses instead of HTTP on this machine.
    pub is_network: bool,
    /// Management needs the admin token.
    pub needs_admin_token: bool,
    /// The certificate that a client must be told to trust: ours when we signed it. Empty: none.
    pub ca_file: String,
    /// The certificate in use; empty without TLS.
    pub certificate: String,
    /// The file with the admin token.
    pub admin_token_file: String,
    /// The configuration file; empty when there is none.
    pub config_file: String,
    /// The data directory.
    pub data_dir: String,
    /// How webhooks are told by numbers; `None`: that is not in this binary.
    pub dialect: Option<handle::Dialect>,
    /// How webhooks are told messages as pages know them; `None`: that is not in this binary.
    pub plain_message: Option<fn(&handle::WebMessage) -> String>,
    /// Webhooks may lead to this machine and the local network.
    pub may_call_private: bool,
}
