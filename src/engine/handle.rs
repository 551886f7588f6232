//! What faces may ask the engine, and what it answers. A [`Handle`] is cheap to clone and never blocks.
//!
//! `api/*` and the command line build a [`Question`]; the engine thread answers after the commit of what it did.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use crate::base::id::{BotId, UpdateId};
use crate::base::jid::{BareJid, Jid};
use crate::base::limits;
use crate::base::secret::Secret;
use crate::base::spool::SpoolFile;
use crate::base::text::percent;
use crate::engine::event::Event;
use crate::engine::failure::Failure;
use crate::xmpp::avatar::AvatarError;
use crate::xmpp::message::Kind;

pub use crate::engine::ai::{AiInfo, AiSettings};
pub use crate::engine::crypt::trust::{KeyAnswer, KeyInfo, KeyQuestion, OmemoStatus, OwnKey, Policy};
pub use crate::engine::deeds::{Act, Deed};
pub use crate::engine::files::{FileQuery, FileWanted, NewFile, Upload};
pub use crate::engine::kinds::{UpdateKind, UpdateKinds};
pub use crate::xmpp::avatar::Avatar;
pub use crate::xmpp::message::ChatState;

/// Who asks.
#[derive(Clone, Debug)]
pub enum Caller {
    /// Somebody with management rights: the loopback guard or the admin token has been checked by the face.
    Admin,
    /// A bot's program, by its bearer token. The engine looks the token up.
    Bot(Secret),
    /// Anybody (`/health`).
    Anybody,
}

/// How a bot is connected (guide §2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Speaks through its owner's own account, in the self-chat.
    Personal,
    /// Has an account of its own, for its owner only.
    Dedicated,
    /// Has an account of its own, for whom its access policy admits.
    Cloud,
}

impl Mode {
    /// As spelled in the API and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Personal => "personal",
            Mode::Dedicated => "dedicated",
            Mode::Cloud => "cloud",
        }
    }

    /// Reads the spelling.
    pub fn parse(text: &str) -> Option<Mode> {
        [Mode::Personal, Mode::Dedicated, Mode::Cloud].into_iter().find(|mode| mode.as_str() == text)
    }
}

/// What a personal bot gets to see (contract §1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receive {
    /// The self-chat only.
    SelfChat,
    /// Every message that arrives for the account.
    All,
}

impl Receive {
    /// As spelled in the API and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Receive::SelfChat => "self",
            Receive::All => "all",
        }
    }

    /// Reads the spelling.
    pub fn parse(text: &str) -> Option<Receive> {
        [Receive::SelfChat, Receive::All].into_iter().find(|receive| receive.as_str() == text)
    }
}

/// Whether what a bot with an account of its own says is encrypted (XEP-0384).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encrypt {
    /// Always: nothing is said, and nothing taken, in plain text.
    Required,
    /// To whoever has a device for it.
    Preferred,
    /// Never.
    Off,
}

impl Encrypt {
    /// As spelled in the API, the configuration and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Encrypt::Required => "required",
            Encrypt::Preferred => "preferred",
            Encrypt::Off => "off",
        }
    }

    /// Reads the spelling.
    pub fn parse(text: &str) -> Option<Encrypt> {
        [Encrypt::Required, Encrypt::Preferred, Encrypt::Off].into_iter().find(|known| known.as_str() == text)
    }
}

/// Who may speak to a bot with an account of its own (contract §7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Its owner only.
    Owner,
    /// Whoever is subscribed to it, says its roster.
    Roster,
    /// Whom its owner names.
    List,
    /// Everybody.
    Public,
}

impl Access {
    /// As spelled in the API and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Access::Owner => "owner",
            Access::Roster => "roster",
            Access::List => "list",
            Access::Public => "public",
        }
    }

    /// Reads the spelling.
    pub fn parse(text: &str) -> Option<Access> {
        [Access::Owner, Access::Roster, Access::List, Access::Public].into_iter().find(|known| known.as_str() == text)
    }
}

/// A custom command of a bot (guide §8.6, `setCommands`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The name without `/`.
    pub command: String,
    /// One line for people.
    pub description: String,
}

/// `create`.
#[derive(Clone, Debug)]
pub struct NewBot {
    /// Display name.
    pub name: String,
    /// Its owner.
    pub owner: BareJid,
    /// How it is connected.
    pub mode: Mode,
    /// What it sees.
    pub receive: Receive,
    /// The account it is to use, for modes with one; `None`: one is made for it.
    pub account: Option<OwnAccount>,
    /// Its picture; a personal bot has none of its own.
    pub avatar: Option<Avatar>,
    /// Who may speak to it.
    pub access: Access,
    /// Whom [`Access::List`] admits besides the owner.
    pub contacts: Vec<BareJid>,
    /// Whether it encrypts; `None` is what the configuration says.
    pub encrypt: Option<Encrypt>,
}

impl NewBot {
    /// A personal bot that sees the self-chat; whoever wants another changes it.
    pub fn new(name: &str, owner: BareJid) -> NewBot {
        NewBot {
            name: name.to_string(),
            owner,
            mode: Mode::Personal,
            receive: Receive::SelfChat,
            account: None,
            avatar: None,
            access: Access::Owner,
            contacts: Vec::new(),
            encrypt: None,
        }
    }
}

/// `/bot/profile`: what is `None` stays as it is.
#[derive(Clone, Debug)]
pub struct NewProfile {
    /// Whose.
    pub bot: BotId,
    /// Display name.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Its picture; a personal bot has none of its own.
    pub avatar: Option<Avatar>,
}

/// An account that somebody has made for a bot: `jid` and `password` of `create`.
#[derive(Clone, Debug)]
pub struct OwnAccount {
    /// The account.
    pub jid: BareJid,
    /// Its password.
    pub password: Secret,
}

/// Settings of ejabberd's API as they are given: what is `None` stays as it is (guide §8.7).
#[derive(Clone, Debug, Default)]
pub struct EjabberdSettings {
    /// `https://chat.example.org:5443/api`
    pub api_url: Option<String>,
    /// The XMPP domain accounts are made at.
    pub host: Option<String>,
    /// Who may use the API.
    pub admin_jid: Option<String>,
    /// His password; eight stars stand for the one that is saved.
    pub admin_password: Option<Secret>,
}

/// The same as they are shown.
#[derive(Clone, Debug)]
pub struct EjabberdInfo {
    /// Where the API is.
    pub api_url: String,
    /// Who uses it.
    pub admin_jid: String,
    /// Eight stars, or empty.
    pub admin_password: String,
    /// The XMPP domain.
    pub host: String,
    /// Whether nothing is missing.
    pub is_configured: bool,
}

/// `sendMessage`.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// Recipient: a JID, or `owner@local`.
    pub to: Jid,
    /// The text.
    pub text: String,
    /// Chat or groupchat.
    pub kind: Kind,
    /// Id of the message it answers.
    pub reply_to: Option<String>,
    /// It must not go out in plain text, whatever the bot's policy.
    pub encrypt: bool,
    /// The caller's `Idempotency-Key`: the same key gives the same answer and sends nothing twice.
    pub idempotency_key: Option<String>,
}

/// `joinRoom`.
#[derive(Clone, Debug)]
pub struct NewRoom {
    /// The room.
    pub room: BareJid,
    /// The nick there; `None`: the one it has there already, else the bot's name.
    pub nick: Option<String>,
    /// The room's password.
    pub password: Option<Secret>,
}

/// `getUpdates`.
#[derive(Clone, Copy, Debug)]
pub struct UpdatePoll {
    /// Updates below this are acknowledged and deleted.
    pub offset: Option<UpdateId>,
    /// At most so many.
    pub limit: i64,
    /// How long to wait for the first.
    pub timeout: Duration,
    /// Which types of updates are queued from now on; `None` changes nothing.
    pub allowed: Option<UpdateKinds>,
}

/// `setWebhook`.
#[derive(Clone, Debug)]
pub struct NewWebhook {
    /// Where updates go.
    pub url: String,
    /// What signs them; `None`: the one there is, or a new one.
    pub secret: Option<Secret>,
    /// Which types of updates are queued from now on; `None` changes nothing.
    pub allowed: Option<UpdateKinds>,
}

/// What `replayWebhook` names.
#[derive(Clone, Debug)]
pub enum Delivery {
    /// An update by its number.
    Update(UpdateId),
    /// A delivery by its name in `X-Bot-Delivery`.
    Id(String),
}

/// `getWebhookInfo`.
#[derive(Clone, Debug)]
pub struct WebhookInfo {
    /// Where updates go; empty: nowhere.
    pub url: String,
    /// Updates that have not arrived.
    pub pending: i64,
    /// When something went wrong last (Unix time), and what.
    pub last_error: Option<(i64, String)>,
    /// Which types of updates are queued.
    pub allowed: UpdateKinds,
    /// The last ones, newest first.
    pub attempts: Vec<DeliveryAttempt>,
}

/// One attempt to deliver an update.
#[derive(Clone, Debug)]
pub struct DeliveryAttempt {
    /// The update.
    pub update: UpdateId,
    /// `X-Bot-Delivery`.
    pub delivery_id: String,
    /// 1 for the first.
    pub attempt: u32,
    /// HTTP status; `None` when there was no answer.
    pub status: Option<u16>,
    /// How long it took; without an answer, the time it waited for its turn included.
    pub latency_ms: i64,
    /// Unix time.
    pub at: i64,
    /// What went wrong.
    pub error: Option<String>,
}

/// `account add`: an XMPP account the daemon signs in to.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// The account.
    pub jid: BareJid,
    /// Its password.
    pub password: Secret,
    /// Connect here instead of what DNS says, `host:port`; empty for DNS.
    pub host: String,
    /// A CA file to trust beside the built-in roots; empty for none.
    pub ca_file: String,
    /// A certificate to trust exactly, `sha256:…`; empty for none.
    pub pin: String,
}

/// A question.
#[derive(Clone, Debug)]
pub enum Question {
    /// `/health`.
    Health,
    /// `/bot/create`.
    CreateBot(NewBot),
    /// `/bot/list`, of one owner or of all.
    ListBots(Option<BareJid>),
    /// `/bot/delete`.
    DeleteBot(BotId),
    /// `/bot/activate`.
    ActivateBot(BotId, bool),
    /// `/bot/token`: a new token, the old one becomes invalid.
    NewToken(BotId),
    /// `/bot/revoke`: no token any more, bot disabled.
    Revoke(BotId),
    /// `/bot/access`: who may speak to this bot?
    BotAccess(BotId),
    /// The same, set; without contacts those it has stay.
    SetBotAccess(BotId, Access, Option<Vec<BareJid>>),
    /// `/bot/omemo/policy`: does this bot encrypt, and with what key?
    BotOmemo(BotId),
    /// The same, set; `None` is what the configuration says.
    SetBotOmemo(BotId, Option<Encrypt>),
    /// `/bot/omemo/reset`: a new device with a new key.
    ResetOmemo(BotId),
    /// `/bot/profile`: what a bot shows of itself, set.
    SetProfile(NewProfile),
    /// `/bot/account/status`: is Botmother on for this owner?
    OwnerStatus(BareJid),
    /// The same, set.
    SetOwnerStatus(BareJid, bool),
    /// `GET /bot/ejabberd/settings`.
    Ejabberd,
    /// `POST /bot/ejabberd/settings`.
    SetEjabberd(EjabberdSettings),
    /// `POST /bot/ejabberd/test`.
    TestEjabberd(EjabberdSettings),
    /// Accounts the daemon signs in to.
    ListAccounts,
    /// `account add`.
    AddAccount(NewAccount),
    /// `account remove`.
    RemoveAccount(BareJid),
    /// `/bot/sendMessage`, by a bot.
    SendMessage(NewMessage),
    /// `/bot/sendFile`, `sendReaction` and their kin, by a bot.
    Act(Act),
    /// `/bot/sendFile` with the file itself, by a bot; answered when it is at the server and its message in the outbox.
    Upload(Box<Upload>),
    /// `/bot/getFile`, by a bot: what is known of a file, or the file itself.
    GetFile(FileQuery),
    /// `/bot/joinRoom`, by a bot; answered when it is in.
    JoinRoom(NewRoom),
    /// `/bot/leaveRoom`, by a bot; answered when it is out.
    LeaveRoom(BareJid),
    /// `/bot/getUpdates`, by a bot.
    GetUpdates(UpdatePoll),
    /// `/bot/setWebhook`, by a bot.
    SetWebhook(NewWebhook),
    /// `/bot/deleteWebhook`, by a bot.
    DeleteWebhook,
    /// `/bot/getWebhookInfo`, by a bot.
    WebhookInfo,
    /// `/bot/replayWebhook`, by a bot.
    ReplayWebhook(Delivery),
    /// `/bot/getMe`, by a bot.
    GetMe,
    /// `/bot/getInfo`, by a bot.
    GetInfo,
    /// `/bot/setCommands`, by a bot.
    SetCommands(Vec<Command>),
    /// `/bot/getCommands`, by a bot.
    GetCommands,
    /// `/bot/ai/setup`, by a bot.
    SetAi(AiSettings),
    /// `/bot/ai/status`, by a bot.
    AiStatus,
    /// `/bot/ai/enable`, by a bot.
    EnableAi(bool),
    /// `/bot/ai/ask`, by a bot; answered when the AI has answered.
    AskAi {
        /// What is asked.
        text: String,
        /// Whose conversation it belongs to.
        from: String,
    },
    /// `/bot/omemo/…`, by a bot.
    Keys(KeyQuestion),
    /// Nothing but: is this token valid? Asked before a bot is told that an endpoint is not built.
    WhoAmI,
    /// The built-in chat: `owner@local` says something to the manager (`None`) or to one bot, by name or id.
    LocalSay {
        /// The bot, by name or number; `None` is the manager.
        to: Option<String>,
        /// What is said.
        text: String,
    },
    /// The built-in chat: lines after `after` (the newest id there is, when negative), of one bot or all;
    /// waits for one up to `timeout`.
    LocalRead {
        /// The bot, by name or number; `None` is the whole self-chat.
        with: Option<String>,
        /// Id of the last line known.
        after: i64,
        /// How long to wait.
        timeout: Duration,
    },
}

/// A bot as callers see it.
#[derive(Clone, Debug)]
pub struct BotInfo {
    /// Its number.
    pub id: BotId,
    /// Its name.
    pub name: String,
    /// Its own address; empty for personal bots.
    pub jid: String,
    /// How it is connected.
    pub mode: Mode,
    /// Who may speak to it.
    pub access: Access,
    /// Whether it is active.
    pub active: bool,
    /// What it is for.
    pub description: String,
    /// Unix time.
    pub created_at: i64,
    /// Its token, while it has one.
    pub token: Option<Secret>,
}

impl BotInfo {
    /// The address to open in a client, for bots with an account of their own: an `xmpp:` URI that adds the contact
    /// (XEP-0147 §5.12 `roster`, XEP-0379 §3). Clients that do not know the query open the chat.
    pub fn invite(&self) -> Option<String> {
        if self.jid.is_empty() {
            return None;
        }
        // RFC 5122 §2.2: `@` stands as it is, everything else that could end the address does not.
        let jid = self.jid.split('@').map(percent).collect::<Vec<_>>().join("@");
        // COMPAT(Conversations 2): it decodes the query, splits it, and decodes each value once more; it finds no address
        // at all where that fails. The name comes with the bot's own request anyway.
        let is_safe = !self.name.contains(['%', ';', '+']);
        let name = Some(&self.name).filter(|_| is_safe).map(|name| format!(";name={}", percent(name)));
        Some(format!("xmpp:{jid}?roster{}", name.unwrap_or_default()))
    }
}

/// How a bot encrypts.
#[derive(Clone, Debug)]
pub struct OmemoInfo {
    /// The bot.
    pub bot: BotId,
    /// Whether it does.
    pub policy: Encrypt,
    /// Whether that is what the configuration says, and nothing else was said for this bot.
    pub is_default: bool,
    /// Its device's id and the fingerprint of its identity key, once it was online.
    pub device: Option<(u32, String)>,
}

/// Reads `avatar` and `avatar_type` of `create`: a picture in base64, and what kind the caller takes it for.
pub fn read_avatar(base64: &str, media_type: Option<&str>) -> Result<Avatar, Failure> {
    let must_be = |error: AvatarError| match error {
        AvatarError::TooLarge => format!("at most {} bytes", limits::AVATAR_BYTES_MAX),
        AvatarError::TooManyPixels => format!("at most {} pixels wide and high", limits::AVATAR_PIXELS_MAX),
        AvatarError::NoBase64 => "an image in base64".to_string(),
        AvatarError::NoImage | AvatarError::OtherImage => "an image: PNG, JPEG, GIF or WebP".to_string(),
    };
    let avatar = Avatar::from_base64(base64).map_err(|error| Failure::invalid("avatar", must_be(error)))?;
    let found = avatar.kind().media_type();
    let is_meant = |kind: &str| kind.eq_ignore_ascii_case(found) || kind == "image/jpg" && found == "image/jpeg";
    if media_type.is_some_and(|kind| !is_meant(kind.trim())) {
        return Err(Failure::invalid("avatar_type", format!("{found}, as `avatar` is")));
    }
    Ok(avatar)
}

/// An account's state.
#[derive(Clone, Debug)]
pub struct AccountInfo {
    /// The account.
    pub jid: BareJid,
    /// Whether it is online now.
    pub online: bool,
    /// What it is doing, one sentence: "online", "offline: connection refused; next try in 4 s".
    pub state: String,
    /// Whether it comes from the configuration file.
    pub from_config: bool,
}

/// A file that a bot was told of.
#[derive(Clone, Debug)]
pub struct FileInfo {
    /// Its name in the API.
    pub file_id: String,
    /// The message that named it.
    pub message_id: String,
    /// Where it is.
    pub url: String,
    /// Its name.
    pub name: Option<String>,
    /// Its type.
    pub media_type: Option<String>,
    /// Its size in bytes, as far as its sender has said.
    pub size: Option<i64>,
}

/// One line of the built-in chat.
#[derive(Clone, Debug)]
pub struct LocalLine {
    /// Growing id.
    pub id: i64,
    /// Unix time.
    pub at: i64,
    /// `owner`, or who speaks: `Botmother`, or a bot's name.
    pub from: String,
    /// What was said.
    pub text: String,
}

/// One event for a bot's program.
#[derive(Clone, Debug)]
pub struct Update {
    /// Its number.
    pub id: UpdateId,
    /// `message`, …
    pub kind: String,
    /// The `data` object as JSON.
    pub payload: String,
}

/// An answer; every variant is printed in one way by each face.
#[derive(Clone, Debug)]
pub enum Answer {
    /// To [`Question::Health`].
    Health {
        /// Bots with status active.
        active_bots: usize,
        /// Accounts signed in.
        accounts_online: usize,
        /// Accounts configured.
        accounts: usize,
        /// Bots whose account is online now, the built-in one counted.
        bots_online: usize,
    },
    /// To [`Question::CreateBot`].
    Created(BotInfo),
    /// To [`Question::ListBots`].
    Bots(Vec<BotInfo>),
    /// To [`Question::DeleteBot`]; for a bot whose account was made for it, also whether that is removed already.
    Deleted(BotId, Option<bool>),
    /// To [`Question::Ejabberd`].
    Ejabberd(EjabberdInfo),
    /// To [`Question::SetEjabberd`].
    EjabberdSaved {
        /// Whether nothing is missing.
        is_configured: bool,
    },
    /// To [`Question::TestEjabberd`]: the server's words.
    EjabberdTested(String),
    /// To [`Question::ActivateBot`].
    Status(BotId, bool),
    /// To [`Question::NewToken`].
    Token(BotId, Secret),
    /// To [`Question::Revoke`].
    Revoked(BotId),
    /// To [`Question::BotAccess`] and [`Question::SetBotAccess`]: who may, and who is named.
    Access(BotId, Access, Vec<BareJid>),
    /// To [`Question::BotOmemo`], [`Question::SetBotOmemo`] and [`Question::ResetOmemo`].
    Omemo(OmemoInfo),
    /// To [`Question::OwnerStatus`] and [`Question::SetOwnerStatus`].
    Owner(BareJid, bool),
    /// To [`Question::ListAccounts`].
    Accounts(Vec<AccountInfo>),
    /// To [`Question::AddAccount`] and [`Question::RemoveAccount`].
    Account(BareJid),
    /// To [`Question::SendMessage`], and to files and corrections: the message is in the database.
    Sent {
        /// Its id on the wire.
        message_id: String,
        /// Whether it goes out end-to-end encrypted.
        encrypted: bool,
    },
    /// To [`Question::GetFile`]: what is known.
    File(FileInfo),
    /// To [`Question::GetFile`]: the file.
    Content {
        /// What is known.
        file: FileInfo,
        /// Its type, as its service or its sender says, or as its name makes likely.
        media_type: String,
        /// Its size in bytes.
        bytes: u64,
        /// It lies here until nobody holds it.
        content: Arc<SpoolFile>,
    },
    /// To [`Question::GetUpdates`].
    Updates(Vec<Update>),
    /// To [`Question::SetWebhook`].
    Webhook {
        /// Where updates go.
        url: String,
        /// What signs them.
        secret: Secret,
    },
    /// To [`Question::WebhookInfo`].
    WebhookInfo(WebhookInfo),
    /// To [`Question::ReplayWebhook`] for what had arrived already.
    Attempt(DeliveryAttempt),
    /// To [`Question::GetMe`], [`Question::WhoAmI`] and [`Question::SetProfile`].
    Me(BotInfo),
    /// To [`Question::GetInfo`].
    Info(BotInfo, Vec<Command>, usize),
    /// To [`Question::GetCommands`].
    Commands(Vec<Command>),
    /// To [`Question::SetAi`].
    AiSet {
        /// The provider.
        provider: String,
        /// The model.
        model: String,
    },
    /// To [`Question::AiStatus`].
    Ai(AiInfo),
    /// To [`Question::EnableAi`].
    AiEnabled(bool),
    /// To [`Question::AskAi`].
    AiAnswer(String),
    /// To [`Question::Keys`].
    Keys(KeyAnswer),
    /// To what has no more to say than that it is done.
    Done,
    /// To [`Question::LocalRead`].
    Lines(Vec<LocalLine>),
    /// To [`Question::LocalSay`]: the id of the line.
    Said(i64),
}

/// What a question becomes.
pub type Outcome = Result<Answer, Failure>;

/// Asks the engine.
#[derive(Clone)]
pub struct Handle {
    events: mpsc::Sender<Event>,
}

impl Handle {
    /// A handle that sends to the engine's queue.
    pub fn new(events: mpsc::Sender<Event>) -> Handle {
        Handle { events }
    }

    /// Asks; the ticket is awaited (or waited for) by the caller. Dropping it takes the question back as far as it waits.
    pub fn ask(&self, caller: Caller, question: Question) -> Ticket {
        let (reply, ticket) = ticket();
        // The engine is gone only while the process ends: the ticket then resolves to `Internal` by itself.
        let _ = self.events.send(Event::Ask { caller, question, reply });
        ticket
    }
}

/// The slot a caller waits on.
pub struct Ticket(async_channel::Receiver<Outcome>);

/// The engine's end of a [`Ticket`].
#[derive(Debug)]
pub struct ReplyTo(async_channel::Sender<Outcome>);

/// A fresh slot, both ends.
pub fn ticket() -> (ReplyTo, Ticket) {
    let (sender, receiver) = async_channel::bounded(1);
    (ReplyTo(sender), Ticket(receiver))
}

impl Ticket {
    /// Blocks until the answer is there; for threads that may block (the command line, tests).
    pub fn wait(self) -> Outcome {
        self.0.recv_blocking().unwrap_or(Err(Failure::Internal))
    }

    /// The answer, awaited; dropping the future withdraws a question that waits.
    pub async fn outcome(self) -> Outcome {
        self.0.recv().await.unwrap_or(Err(Failure::Internal))
    }
}

impl ReplyTo {
    /// Answers. Nobody may be waiting any more; that is no error.
    pub fn send(self, outcome: Outcome) {
        let _ = self.0.try_send(outcome);
    }

    /// Whether the caller has gone away.
    pub fn is_gone(&self) -> bool {
        self.0.is_closed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invite(jid: &str, name: &str) -> Option<String> {
        let info = BotInfo {
            id: BotId(1),
            name: name.into(),
            jid: jid.into(),
            mode: Mode::Dedicated,
            access: Access::Owner,
            active: true,
            description: String::new(),
            created_at: 0,
            token: None,
        };
        info.invite()
    }

    #[test]
    fn invites_can_be_read_by_clients() {
        assert_eq!(invite("", "Bot"), None);
        let plain = invite("bot_a_1f2e@x.example", "My Bot").unwrap();
        assert_eq!(plain, "xmpp:bot_a_1f2e@x.example?roster;name=My%20Bot");
        // Nothing of the address may pass for the query or the fragment.
        assert_eq!(invite("a?b#c%d@x.example", "B").unwrap(), "xmpp:a%3Fb%23c%25d@x.example?roster;name=B");
        assert_eq!(invite("kü@x.example", "ü=1?").unwrap(), "xmpp:k%C3%BC@x.example?roster;name=%C3%BC%3D1%3F");
        for name in ["100%", "a;name=b", "a+b"] {
            assert_eq!(invite("b@x.example", name).unwrap(), "xmpp:b@x.example?roster", "{name}");
        }
    }

    #[test]
    fn pictures_are_what_they_are_said_to_be() {
        const GIF: &str = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";
        assert!(read_avatar(GIF, None).is_ok());
        assert!(read_avatar(GIF, Some("IMAGE/GIF ")).is_ok());
        let refusal = |base64: &str, kind| read_avatar(base64, kind).unwrap_err().to_string();
        assert_eq!(refusal(GIF, Some("image/png")), "`avatar_type` must be image/gif, as `avatar` is");
        assert_eq!(refusal("PHN2Zy8+", None), "`avatar` must be an image: PNG, JPEG, GIF or WebP");
        assert_eq!(refusal("", None), "`avatar` must be an image: PNG, JPEG, GIF or WebP");
        assert_eq!(refusal("§", None), "`avatar` must be an image in base64");
        let large = "R0lG".repeat(limits::AVATAR_BYTES_MAX / 3 + 1);
        assert_eq!(refusal(&large, None), format!("`avatar` must be at most {} bytes", limits::AVATAR_BYTES_MAX));
    }
}
