//! What may be asked: [`Question`] and what its variants carry.

use std::time::Duration;

use super::AskQuestion;
use super::{
    Access, AiSettings, ApiChange, AuditFilter, Avatar, BridgeQuestion, Command, Encrypt, FaqQuestion, FileQuery,
    HistoryQuery, KeyQuestion, Mode, NewAction, OrderQuestion, PanelQuestion, PeopleQuestion, Receive, RoomModeration,
    TelegramQuestion, TokenQuestion, UpdateKinds, Upload,
};
use crate::base::id::{BotId, UpdateId};
use crate::base::jid::{BareJid, Jid};
use crate::base::limits;
use crate::base::secret::Secret;
use crate::core::failure::Failure;
use crate::core::handle::{Keyboard, Kind};
use crate::xmpp::avatar::AvatarError;

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
    /// How long its maker waits for it to be online.
    pub wait: Wait,
}

/// What whoever makes a bot wants to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// For a while; then the answer says how it is.
    Some,
    /// Not at all: the answer says how it is.
    No,
    /// That it is online within this time; else there shall be no bot.
    Online(Duration),
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
            wait: Wait::Some,
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

/// Settings of ejabberd's API as they are given: what is `None` stays as it is (docs/xmpp.md).
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
    /// Buttons beneath it.
    pub keyboard: Option<Keyboard>,
    /// The caller's `Idempotency-Key`: the same key gives the same answer and sends nothing twice.
    pub idempotency_key: Option<String>,
}

impl NewMessage {
    /// A text and nothing else.
    pub fn text(to: &Jid, kind: Kind, text: &str) -> NewMessage {
        let text = text.to_string();
        NewMessage { to: to.clone(), text, kind, reply_to: None, idempotency_key: None, encrypt: false, keyboard: None }
    }
}

/// `answerCallbackQuery`.
#[derive(Clone, Debug)]
pub struct NewPressAnswer {
    /// The press: `id` of the update.
    pub callback_id: String,
    /// What is shown to whoever pressed; `None`: nothing, but his client stops waiting where it waits.
    pub text: Option<String>,
    /// He has to put it away, where his client can show that.
    pub is_alert: bool,
    /// As in [`NewMessage`].
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
    /// Whether what waits until now is dropped.
    pub drop_pending: bool,
}

/// What `replayWebhook` names.
#[derive(Clone, Debug)]
pub enum Delivery {
    /// An update by its number.
    Update(UpdateId),
    /// A delivery by its name in `X-Bot-Delivery`.
    Id(String),
}

/// `account add`: an XMPP account the daemon signs in to.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// The account.
    pub jid: BareJid,
    /// Its password.
    pub password: Secret,
    /// Connect here instead of what DNS says, `host:port`; empty for DNS, `None` for what it was.
    pub host: Option<String>,
    /// A CA file to trust beside the built-in roots; empty for none, `None` for what it was.
    pub ca_file: Option<String>,
    /// A certificate to trust exactly, `sha256:…`; empty for none, `None` for what it was.
    pub pin: Option<String>,
}

/// A question.
#[derive(Clone, Debug)]
pub enum Question {
    /// `/health`.
    Health,
    /// `/livez`: whether the engine's loop turns and could commit.
    Live,
    /// `/readyz`: whether every account is signed in and its server has answered of late; it is asked where it has not.
    Ready,
    /// `/metrics`.
    Metrics,
    /// `/bot/create`.
    CreateBot(NewBot),
    /// `/bot/list`, of one owner or of all.
    ListBots(Option<BareJid>),
    /// `/bot/delete`.
    DeleteBot(BotId),
    /// `GET /bot/forget`: which accounts of deleted bots, of one owner or of all, are still to be removed.
    Leaving(Option<BareJid>),
    /// `POST /bot/forget`: the account of a deleted bot is given up.
    Forget(BareJid),
    /// `/bot/activate`.
    ActivateBot(BotId, bool),
    /// `/bot/token`: a new main token; the old one becomes invalid after so many seconds.
    NewToken(BotId, i64),
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
    /// `/bot/history`: for how many days does this bot keep what is said?
    BotHistory(BotId),
    /// The same, set; `None` is what the configuration says.
    SetBotHistory(BotId, Option<i64>),
    /// `/bot/profile`: what a bot shows of itself, set.
    SetProfile(NewProfile),
    /// `/bot/tokens/…`: those beside the main one.
    Tokens(TokenQuestion),
    /// `/user/…`: people, their tokens, roles and quotas.
    People(PeopleQuestion),
    /// `/bot/audit`: what was done.
    Audit(AuditFilter),
    /// Which active bots are shown to anybody; every caller may ask.
    Gallery,
    /// `/bot/listed`: whether a bot is among them.
    SetListed(BotId, bool),
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
    /// `GET /bot/server`: how the API is reached.
    Server,
    /// `POST /bot/server`: the same, changed; answered when it is so, or stays as it was.
    ChangeServer(ApiChange),
    /// Accounts the daemon signs in to.
    ListAccounts,
    /// `account add`.
    AddAccount(NewAccount),
    /// `account remove`.
    RemoveAccount(BareJid),
    /// `/bot/sendMessage`, by a bot.
    SendMessage(NewMessage),
    /// `/bot/getMessageState`: how far has what this bot sent under this id come?
    MessageState(String),
    /// `/bot/sendFile`, `sendReaction` and their kin, by a bot.
    Act(NewAction),
    /// `/bot/answerCallbackQuery`, by a bot: whoever pressed a button is answered.
    AnswerPress(NewPressAnswer),
    /// `/bot/sendFile` with the file itself, by a bot; answered when it is at the server and its message in the outbox.
    Upload(Box<Upload>),
    /// `/bot/getFile`, by a bot: what is known of a file, or the file itself.
    GetFile(FileQuery),
    /// `/bot/joinRoom`, by a bot; answered when it is in.
    JoinRoom(NewRoom),
    /// `/bot/leaveRoom`, by a bot; answered when it is out.
    LeaveRoom(BareJid),
    /// `/bot/room/moderate`, by a bot; answered when the room has.
    ModerateRoom(RoomModeration),
    /// `/bot/ask`, by a bot; answered when somebody has, or the wait is over.
    Ask(AskQuestion),
    /// `/bot/why`, by a bot: the way of a message.
    Why(String),
    /// `/bot/telegram/moderate` and `members`, by a bot.
    Order(OrderQuestion),
    /// `/bot/getUpdates`, by a bot.
    GetUpdates(UpdatePoll),
    /// `/bot/getHistory`, by a bot.
    GetHistory(HistoryQuery),
    /// What programs ask that know people, chats and messages by numbers, by a bot.
    Numbered(Box<super::NumberedQuestion>),
    /// `/bot/setWebhook`, by a bot.
    SetWebhook(NewWebhook),
    /// `/bot/deleteWebhook`, by a bot.
    DeleteWebhook {
        /// Whether what waits until now is dropped.
        drop_pending: bool,
    },
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
    /// `/bot/faq/…`, by a bot.
    Faq(FaqQuestion),
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
        /// Whether [`Answer::AiPart`](super::Answer::AiPart) is to come before: at once when the question is accepted, and
        /// while the AI speaks.
        is_live: bool,
    },
    /// `/bot/telegram/chats`, `link`, `unlink` and `send`, by a bot: its links with chats elsewhere.
    Bridge(BridgeQuestion),
    /// `/bot/omemo/…`, by a bot.
    Keys(KeyQuestion),
    /// `/bot/telegram/…`, by a bot.
    Telegram(TelegramQuestion),
    /// A file that somebody has sent, by where it lies; every caller may ask.
    PageFile(String),
    /// What programs and managers ask that know bots by ULIDs.
    Yard(Box<super::YardQuestion>),
    /// `/v1/client-api/…`, by somebody with a browser; of its chats, by a bot.
    Web(Box<super::WebQuestion>),
    /// What the panel asks, by somebody with management rights.
    Panel(PanelQuestion),
    /// Nothing but: is this token valid? Asked before a bot is told that an endpoint is not built.
    WhoAmI,
    /// A bot's program is about to send something large: whether its token is good. Not counted as a request.
    MaySend,
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

impl Question {
    /// Whether it fetches updates of a bot.
    pub fn fetches_updates(&self) -> bool {
        match self {
            Question::GetUpdates(_) => true,
            Question::Numbered(question) => matches!(question.ask, super::NumberedAsk::Updates(..)),
            _ => false,
        }
    }

    /// Which bot is managed, where it is one.
    pub fn managed_bot(&self) -> Option<BotId> {
        match self {
            Question::DeleteBot(id)
            | Question::ActivateBot(id, _)
            | Question::NewToken(id, _)
            | Question::Revoke(id)
            | Question::BotAccess(id)
            | Question::SetBotAccess(id, ..)
            | Question::BotOmemo(id)
            | Question::SetBotOmemo(id, _)
            | Question::ResetOmemo(id)
            | Question::BotHistory(id)
            | Question::SetBotHistory(id, _)
            | Question::SetListed(id, _) => Some(*id),
            Question::SetProfile(new) => Some(new.bot),
            Question::Tokens(question) => Some(question.bot()),
            Question::Panel(PanelQuestion::Watch(id)) => Some(*id),
            _ => None,
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

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
