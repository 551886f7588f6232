//! What is answered: [`Answer`] and what its variants carry.

use std::sync::Arc;

#[cfg(doc)]
use super::Question;
use super::{
    Access, AiInfo, AskInfo, BridgeAnswer, Command, Encrypt, FileInfo, HistoryInfo, HistoryPage, KeyAnswer,
    MembersInfo, Mode, PanelAnswer, RightsAnswer, ServerInfo, TelegramInfo, UpdateKinds, WhyInfo,
};
use crate::base::id::{BotId, UpdateId};
use crate::base::jid::BareJid;
use crate::base::prometheus::Metric;
use crate::base::secret::Secret;
use crate::base::spool::SpoolFile;
use crate::base::text::percent;
use crate::store::row::Origin;

/// A bot as callers see it.
#[derive(Clone, Debug)]
pub struct BotInfo {
    /// Its number.
    pub id: BotId,
    /// Its name.
    pub name: String,
    /// Who commands it.
    pub owner: Box<BareJid>,
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
    /// How it is connected at present.
    pub state: BotState,
}

/// Whether a bot can be reached, and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BotState {
    /// In one word.
    pub connection: Connection,
    /// Since when, in Unix time; `None` where that says nothing.
    pub since: Option<i64>,
    /// Why, where it is not as it should be: a sentence in which the words of the reader's place are still marks
    /// ([`crate::base::remedy`]).
    pub why: Option<String>,
}

/// How a bot is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connection {
    /// What it says goes out.
    Online,
    /// Its account signs in.
    Connecting,
    /// Its account is not made yet at its server.
    Registering,
    /// The connection is lost or cannot be made; it is tried again.
    Offline,
    /// Given up, until somebody does something: a wrong password.
    Stopped,
    /// It is switched off.
    Disabled,
}

impl Connection {
    /// As spelled in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Connection::Online => "online",
            Connection::Connecting => "connecting",
            Connection::Registering => "registering",
            Connection::Offline => "offline",
            Connection::Stopped => "stopped",
            Connection::Disabled => "disabled",
        }
    }
}

/// The account of a deleted bot that its server was not told of yet.
#[derive(Clone, Debug)]
pub struct LeavingInfo {
    /// The account.
    pub jid: BareJid,
    /// Whose bot it was, where that is known.
    pub owner: Option<BareJid>,
    /// Why it is still there.
    pub why: Option<String>,
    /// Since when it is tried in vain (Unix time); `None`: not yet.
    pub since: Option<i64>,
    /// When it is tried again (Unix time); `None`: now.
    pub next_try: Option<i64>,
}

/// What is left at a server when the account of a deleted bot is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remains {
    /// An account that was made for the bot.
    Account,
    /// What the bot has published at an account that somebody brought.
    Published,
}

impl Remains {
    /// What there is of a bot with such an account.
    pub(crate) fn of(origin: Origin) -> Remains {
        if origin == Origin::Brought { Remains::Published } else { Remains::Account }
    }
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

/// What anybody may see of a bot.
#[derive(Clone, Debug)]
pub struct BotCard {
    /// A ULID: its name for strangers, who are not to count bots by their numbers. Made of what is stored of it until
    /// version 2 of the database stores it: the second in which it was created, and its number hashed with a secret of
    /// this daemon. So it is the same over restarts and for every face.
    pub ulid: String,
    /// Its name.
    pub name: String,
    /// What it is for; may be empty.
    pub description: String,
    /// Where its picture is, for pages.
    pub avatar: Option<String>,
}

/// A command of a bot as pages see it.
#[derive(Clone, Debug)]
pub struct CommandCard {
    /// A ULID, made of the bot and the name.
    pub ulid: String,
    /// Its name, without a slash.
    pub alias: String,
    /// What it does; may be empty.
    pub description: String,
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

/// Whether all accounts can be used.
#[derive(Clone, Debug)]
pub struct Readiness {
    /// Accounts that are to be signed in.
    pub accounts: usize,
    /// Those that are not, or whose servers do not answer, and why.
    pub missing: Vec<(BareJid, String)>,
    /// Whoever asked may know which.
    pub is_detailed: bool,
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
    /// To [`Question::Ready`].
    Ready(Readiness),
    /// To [`Question::Telegram`].
    Telegram(Box<TelegramInfo>),
    /// To [`Question::Metrics`].
    Metrics(Vec<Metric>),
    /// To [`Question::Server`] and [`Question::ChangeServer`].
    Server(Box<ServerInfo>),
    /// To [`Question::CreateBot`].
    Created(BotInfo),
    /// To [`Question::ListBots`].
    Bots(Vec<BotInfo>),
    /// To [`Question::DeleteBot`]; for a bot that had an account of its own, also what is to be taken away there, and
    /// whether it is already.
    Deleted(BotId, Option<(Remains, bool)>),
    /// To [`Question::Leaving`].
    Leaving(Vec<LeavingInfo>),
    /// To [`Question::Forget`].
    Forgotten(BareJid, Remains),
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
    /// To [`Question::Tokens`], [`Question::People`] and [`Question::Audit`].
    Rights(RightsAnswer),
    /// To [`Question::BotAccess`] and [`Question::SetBotAccess`]: who may, and who is named.
    Access(BotId, Access, Vec<BareJid>),
    /// To [`Question::BotOmemo`], [`Question::SetBotOmemo`] and [`Question::ResetOmemo`].
    Omemo(OmemoInfo),
    /// To [`Question::BotHistory`] and [`Question::SetBotHistory`].
    BotHistory(HistoryInfo),
    /// To [`Question::Gallery`].
    Gallery(Vec<BotCard>),
    /// To [`Question::Yard`].
    Yard(Box<super::YardAnswer>),
    /// To [`Question::SetListed`].
    Listed(BotId, bool),
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
        /// Whether it goes out end-to-end encrypted; `None`: the recipient's devices are not known yet.
        encrypted: Option<bool>,
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
    /// To [`Question::Numbered`], where there is more to say than that it is done.
    Numbered(Box<super::NumberedAnswer>),
    /// To [`Question::GetHistory`].
    History(HistoryPage),
    /// To [`Question::MessageState`]: accepted, sent, delivered, displayed or failed.
    MessageState(&'static str),
    /// To [`Question::Ask`].
    Ask(Box<AskInfo>),
    /// To the same: the questions that are open.
    Asks(Vec<AskInfo>),
    /// To the same, before what is said later: it is accepted, and somebody waits long.
    AskBegun,
    /// To [`Question::Why`].
    Why(Box<WhyInfo>),
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
    /// To [`Question::Faq`].
    Faq(super::FaqAnswer),
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
    /// To [`Question::AskAi`]: more of the answer.
    AiPart {
        /// What comes behind the parts before.
        text: String,
        /// It takes the place of the parts before: they were a thought.
        is_instead: bool,
    },
    /// To [`Question::AskAi`]: the whole answer.
    AiAnswer {
        /// All of it.
        text: String,
        /// In a word why it is cut off.
        cut: Option<&'static str>,
        /// It begins with the parts that were told.
        is_continued: bool,
    },
    /// To [`Question::Bridge`].
    Bridge(BridgeAnswer),
    /// Who was seen in a linked chat.
    Members(MembersInfo),
    /// To [`Question::Keys`].
    Keys(KeyAnswer),
    /// To [`Question::Web`].
    Web(Box<super::WebAnswer>),
    /// To what has no more to say than that it is done.
    Done,
    /// To [`Question::Panel`].
    Panel(PanelAnswer),
    /// To [`Question::LocalRead`].
    Lines(Vec<LocalLine>),
    /// To [`Question::LocalSay`]: the id of the line.
    Said(i64),
}

impl Answer {
    /// The same for who may see a bot, but not its token.
    pub fn without_tokens(mut self) -> Answer {
        match &mut self {
            Answer::Me(info) | Answer::Info(info, ..) | Answer::Created(info) => info.token = None,
            Answer::Bots(all) => all.iter_mut().for_each(|info| info.token = None),
            Answer::Panel(PanelAnswer::Overview(all)) => all.iter_mut().for_each(|bot| bot.info.token = None),
            _ => {}
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invite(jid: &str, name: &str) -> Option<String> {
        let info = BotInfo {
            id: BotId(1),
            name: name.into(),
            owner: Box::new(BareJid::parse("owner@x.example").unwrap()),
            jid: jid.into(),
            mode: Mode::Dedicated,
            access: Access::Owner,
            active: true,
            description: String::new(),
            created_at: 0,
            token: None,
            state: BotState { connection: Connection::Online, since: None, why: None },
        };
        info.invite()
    }

    #[test]
    fn invites_can_be_read_by_clients() {
        assert_eq!(invite("", "Bot"), None);
        assert_eq!(invite("bot_a@x.example", "My Bot").unwrap(), "xmpp:bot_a@x.example?roster;name=My%20Bot");
        // Nothing of the address may pass for the query or the fragment.
        assert_eq!(invite("a?b#c%d@x.example", "B").unwrap(), "xmpp:a%3Fb%23c%25d@x.example?roster;name=B");
        assert_eq!(invite("kü@x.example", "ü=1?").unwrap(), "xmpp:k%C3%BC@x.example?roster;name=%C3%BC%3D1%3F");
        for name in ["100%", "a;name=b", "a+b"] {
            assert_eq!(invite("b@x.example", name).unwrap(), "xmpp:b@x.example?roster", "{name}");
        }
    }
}
