//! What faces may ask the engine, and what it answers. A [`Handle`] is cheap to clone and never blocks.
//!
//! `face/*` and the command line build a [`Question`] (`handle/question.rs`); the engine thread answers it with an
//! [`Answer`] (`handle/answer.rs`) after the commit of what it did. What bots can be set to is in `handle/settings.rs`.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};

use crate::base::id::BotId;
use crate::base::secret::Secret;
use crate::core::failure::Failure;

mod ai;
mod answer;
mod asking;
mod bridge;
mod faq;
mod files;
mod history;
mod keys;
mod numbers;
mod order;
mod panel;
mod question;
mod rights;
mod rooms;
mod server;
mod settings;
mod telegram;
mod web;
mod why;
mod yard;

pub use crate::base::prometheus::Metric;
pub use crate::core::actions::{BotAction, NewAction};
pub use crate::core::keyboard::{Button, Keyboard, KeyboardKind, Press, read_keyboard};
pub use crate::core::kinds::{UpdateKind, UpdateKinds};
pub use crate::store::row::{AiRank, ConversationKind, LinkMode, LinkRow, WebFileRow};
pub use crate::xmpp::avatar::Avatar;
pub use crate::xmpp::message::ChatState;
pub use crate::xmpp::message::Kind;
pub use ai::{AiInfo, AiSettings};
pub use answer::{
    AccountInfo, Answer, BotCard, BotInfo, BotState, CommandCard, Connection, DeliveryAttempt, EjabberdInfo,
    LeavingInfo, LocalLine, OmemoInfo, Readiness, Remains, Update, WebhookInfo,
};
pub(crate) use asking::AskWait;
pub use asking::{AskAnswerRow, AskInfo, AskQuestion, AskStatus, NewAsk, is_long};
pub use bridge::{BridgeAnswer, BridgeQuestion, NewAcross, NewLink, telegram_chat};
pub use faq::{FaqAnswer, FaqAsked, FaqEntry, FaqFound, FaqHit, FaqInfo, FaqKind, FaqQuestion, FaqRow, FaqSettings};
pub use files::{FileInfo, FileQuery, FileWanted, NewFile, NewPageFile, Upload};
pub use history::{HistoryInfo, HistoryMessage, HistoryPage, HistoryQuery, HistoryReaction};
pub use keys::{KeyAnswer, KeyInfo, KeyQuestion, OmemoStatus, OwnKey, Policy};
pub use numbers::{
    ChatRef, Dialect, Dropping, FileRef, NumberedAct, NumberedAction, NumberedAnswer, NumberedAsk, NumberedBot,
    NumberedChat, NumberedCopy, NumberedEvent, NumberedFile, NumberedMember, NumberedMessage, NumberedModeration,
    NumberedQuestion, NumberedReply, NumberedSend, NumberedUpdate, NumberedUpload, Standing,
};
pub use order::{GroupAction, GroupModeration, Member, MemberInfo, MembersInfo, OrderQuestion, read_span};
pub use panel::{BotGlance, CoursePoint, PanelAnswer, PanelQuestion, Watched, WatchedWhat};
pub use question::{
    Delivery, EjabberdSettings, NewAccount, NewBot, NewMessage, NewPressAnswer, NewProfile, NewRoom, NewWebhook,
    OwnAccount, Question, UpdatePoll, Wait, read_avatar,
};
pub use rights::{
    AuditFilter, AuditRow, NewPersonalToken, NewToken, PeopleQuestion, PersonInfo, Quotas, RightsAnswer, Role, Scope,
    Scopes, TenantChange, TokenInfo, TokenQuestion,
};
pub use rooms::{Occupier, RoomAction, RoomModeration};
pub use server::{ApiChange, CertificateInfo, ServerInfo};
pub use settings::{Access, Command, Encrypt, Mode, Receive};
pub use telegram::{JoinedChats, OfferedChat, TelegramInfo, TelegramQuestion, TelegramSetup, TelegramState};
pub use web::{
    NewWebMessage, WebAnswer, WebButtons, WebChat, WebCursor, WebEvent, WebEvents, WebLogin, WebMessage, WebPage,
    WebPress, WebQuery, WebQuestion, WebReaction, WebTold, WebUser, WebWatch,
};
pub use why::{WayStep, WhyInfo};
pub use yard::{YardAnswer, YardProfile, YardQuestion};

/// Who asks.
#[derive(Clone, Debug)]
pub enum Caller {
    /// Somebody with management rights: the loopback guard or the admin token has been checked by the face.
    Admin,
    /// A bot's program, by its bearer token, which must allow this. The engine looks the token up.
    Bot(Secret, Scope),
    /// A person, by a token of his own, who must have this role. The engine looks the token up.
    Person(Secret, Role),
    /// Somebody with a browser, by a token that names him. The engine has signed it.
    User(Secret),
    /// A broker that publishes a bot's updates and brings what it is to say: who may write to its topics was checked there.
    Broker(BotId),
    /// Anybody (`/health`).
    Anybody,
}

/// Why a poller of updates is not answered any more.
pub const OTHER_POLL: &str = "another getUpdates for this bot has taken over; only one may wait at a time";

/// Why updates cannot be fetched.
pub const POLLING: &str =
    "a webhook is set, and updates go there; call deleteWebhook first to fetch them with getUpdates";

/// What a question becomes.
pub type Outcome = Result<Answer, Failure>;

/// Asks the engine.
#[derive(Clone)]
pub struct Handle {
    send: Arc<dyn Fn(FromFace) + Send + Sync>,
}

/// What a [`Handle`] says to the engine.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly all are questions, and one is moved once")]
pub enum FromFace {
    /// Somebody asks something, and waits for the answer.
    Question(Caller, Question, ReplyTo),
    /// Somebody does not wait any more for what he asked.
    Left,
    /// Credentials that were not let in, from this address.
    Refused(IpAddr),
}

impl Handle {
    /// A handle that sends to the engine's queue.
    pub fn new<E: From<FromFace> + Send + 'static>(events: mpsc::Sender<E>) -> Handle {
        // The engine is gone only while the process ends: a ticket then resolves to `Internal` by itself.
        Handle { send: Arc::new(move |asked| drop(events.send(asked.into()))) }
    }

    /// Asks; the ticket is awaited (or waited for) by the caller. Dropping it takes the question back as far as it waits.
    pub fn ask(&self, caller: Caller, question: Question) -> Ticket {
        self.ask_from(None, caller, question)
    }

    /// Tells that somebody was not let in, for the audit log.
    pub fn refused(&self, address: IpAddr) {
        (self.send)(FromFace::Refused(address));
    }

    /// The same as [`Handle::ask`], from an address of the network.
    pub fn ask_from(&self, address: Option<IpAddr>, caller: Caller, question: Question) -> Ticket {
        let (reply, mut ticket) = ticket();
        let reply = ReplyTo { address, ..reply };
        if matches!(question, Question::AskAi { .. }) {
            ticket.leaving = Some(self.clone());
        }
        (self.send)(FromFace::Question(caller, question, reply));
        ticket
    }
}

/// The slot a caller waits on.
pub struct Ticket {
    slot: async_channel::Receiver<Outcome>,
    /// Who is to hear when nobody waits any more: what was asked costs as long as it is under way.
    leaving: Option<Handle>,
    has_begun: Arc<AtomicBool>,
}

/// The engine's end of a [`Ticket`].
#[derive(Clone, Debug)]
pub struct ReplyTo {
    slot: async_channel::Sender<Outcome>,
    /// The same slot: what was not taken out of it yet.
    waiting: async_channel::Receiver<Outcome>,
    has_begun: Arc<AtomicBool>,
    /// From where it was asked.
    address: Option<IpAddr>,
}

/// A fresh slot, both ends.
pub fn ticket() -> (ReplyTo, Ticket) {
    let (sender, receiver) = async_channel::bounded(1);
    let has_begun = Arc::new(AtomicBool::new(false));
    let reply = ReplyTo { slot: sender, waiting: receiver.clone(), has_begun: has_begun.clone(), address: None };
    (reply, Ticket { slot: receiver, leaving: None, has_begun })
}

impl Ticket {
    /// Blocks until the answer is there; for threads that may block (the command line, tests).
    pub fn wait(self) -> Outcome {
        self.slot.recv_blocking().unwrap_or(Err(Failure::Internal))
    }

    /// The answer, awaited; dropping the future withdraws a question that waits.
    pub async fn outcome(mut self) -> Outcome {
        self.next().await
    }

    /// More of an answer that comes in parts ([`Answer::AiPart`]), or its end, awaited. Parts that were not taken in time
    /// come as one; the end takes their place.
    pub async fn next(&mut self) -> Outcome {
        let outcome = self.slot.recv().await.unwrap_or(Err(Failure::Internal));
        if !matches!(outcome, Ok(Answer::AiPart { .. })) {
            self.leaving = None;
        }
        outcome
    }

    /// Whether there was a part, be it that the end has taken its place before it was taken out.
    pub fn has_begun(&self) -> bool {
        self.has_begun.load(Ordering::Acquire)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.slot.close();
        if let Some(handle) = self.leaving.take() {
            (handle.send)(FromFace::Left);
        }
    }
}

impl ReplyTo {
    /// Answers. Nobody may be waiting any more; that is no error.
    pub fn send(self, mut outcome: Outcome) {
        if matches!(outcome, Ok(Answer::AiPart { .. })) {
            self.has_begun.store(true, Ordering::Release);
        }
        if let Ok(Answer::AiPart { text, is_instead }) = &mut outcome
            && !*is_instead
            && let Ok(Ok(Answer::AiPart { text: before, is_instead: was_instead })) = self.waiting.try_recv()
        {
            text.insert_str(0, &before);
            *is_instead = was_instead;
        }
        let _ = self.slot.force_send(outcome);
    }

    /// From which address of the network it was asked; `None` where that is not known.
    pub fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// Whether the caller has gone away.
    pub fn is_gone(&self) -> bool {
        self.slot.is_closed()
    }
}
