//! What everybody works with within one batch, and what becomes of it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::base::id::{AccountId, BotId};
use crate::base::jid::BareJid;
use crate::base::remedy::Place;
use crate::base::time::Now;
use crate::core::Signal;
use crate::core::counts::Counts;
use crate::core::effect::Effect;
use crate::core::failure::Failure;
use crate::core::handle::{self, Outcome};
use crate::core::lived::Lived;
use crate::core::registry::Bot;
use crate::core::rights::Rights;
use crate::core::setup::Setup;
use crate::core::texts::Text;
use crate::core::told::Told;
use crate::core::why::note::WayNote;
use crate::store::row::WebChatRow;
use crate::store::{self, Store};

/// What everybody works with, within one batch.
pub(crate) struct Batch {
    pub(crate) store: Store,
    pub(crate) setup: Setup,
    pub(crate) now: Now,
    pub(crate) bots: BTreeMap<BotId, Bot>,
    /// Who may what.
    pub(crate) rights: Rights,
    pub(crate) last_tag: u64,
    /// What the log was told of late.
    pub(crate) told: Told,
    pub(crate) counts: Counts,
    pub(crate) lived: Lived,
    /// Whether something here asks AI services.
    pub(crate) has_ai: bool,
    /// What it will cause once it is committed.
    pub(crate) pending: Pending,
}

impl Batch {
    pub(crate) fn new(store: Store, setup: Setup, now: Now) -> Result<Batch, store::Error> {
        Ok(Batch {
            lived: Lived::begin(&store, now)?,
            store,
            setup,
            now,
            bots: BTreeMap::new(),
            rights: Rights::default(),
            last_tag: 0,
            told: Told::default(),
            counts: Counts::default(),
            has_ai: false,
            pending: Pending::default(),
        })
    }

    pub(crate) fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.setup.entropy)(&mut bytes);
        bytes
    }

    /// A new id for a message that goes out.
    pub(crate) fn new_message_id(&mut self) -> Result<String, store::Error> {
        let random = self.random();
        self.store.new_message_id(self.lived(), random)
    }

    /// Where chats read what is wrong.
    pub(crate) fn chat_place(&self) -> Place {
        Place::Chat(self.setup.settings.language)
    }

    /// A text without values.
    pub(crate) fn words(&self, text: &Text) -> String {
        text.fill(self.setup.settings.language, &[])
    }
}

/// Consequences of the batch under way; dropped if it fails.
#[derive(Default)]
pub(crate) struct Pending {
    pub(crate) effects: Vec<Effect>,
    /// What the other parts have still to hear.
    pub(crate) signals: VecDeque<Signal>,
    /// What others are shown has changed ([`Effect::Changed`]).
    pub(crate) has_changed: bool,
    /// What happened to messages (`/why`).
    pub(crate) way: Vec<WayNote>,
}

/// What becomes of a question inside a batch.
pub(crate) enum Verdict {
    /// Answered as soon as the batch is committed.
    Outcome(Outcome),
    /// Waits for updates.
    AwaitUpdates(BotId, handle::UpdatePoll),
    /// Waits for updates that are told by numbers.
    AwaitNumbered(BotId, handle::UpdatePoll),
    /// Waits for somebody's answer.
    AwaitAnswer(handle::AskWait),
    /// Waits for the end of a call.
    AwaitCall(u64),
    /// Waits for something on a channel.
    AwaitChannel(Waiting),
    /// Not a question.
    Nothing,
}

/// What somebody waits for on a channel.
pub(crate) enum Waiting {
    /// Lines of the built-in chat.
    Lines { with: Option<BotId>, after: i64, timeout: Duration },
    /// A new bot to be online.
    Arrival(BotId, handle::Wait),
    /// That it is known whether a message goes out encrypted.
    Sealing(String),
    /// A room to let the bot in, or out.
    Room((AccountId, BareJid), RoomWish),
    /// Something to happen in a chat of the web.
    Web(Box<WebWait>),
    /// The answers of servers to pings; whether whoever waits may know which do not.
    Ready(bool),
}

/// Somebody watches a chat of the web.
#[derive(Clone, Debug)]
pub(crate) struct WebWait {
    pub(crate) chat: WebChatRow,
    pub(crate) from: handle::WebCursor,
    /// By what he is known meanwhile.
    pub(crate) login: Option<handle::WebLogin>,
}

/// What somebody who waits for a room waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RoomWish {
    Join,
    Leave,
}

/// Why a handler gave up: the caller's fault, or ours. Only the second ends the batch.
pub(crate) enum Trouble {
    Failure(Failure),
    Store(store::Error),
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Trouble {
        Trouble::Failure(failure)
    }
}

impl From<store::Error> for Trouble {
    fn from(error: store::Error) -> Trouble {
        Trouble::Store(error)
    }
}
