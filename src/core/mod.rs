//! The rules: bots, people, what is said, who may, updates, webhooks. They know no stanza and no face.
//!
//! `Core` is what everything works with. It causes things in two ways: effects, released after the commit, and
//! `Signal`s, which the engine hands to the other parts within the same transaction.

pub mod actions;
pub(crate) mod asking;
pub mod effect;
pub mod failure;
pub mod handle;
pub mod setup;
pub mod texts;

pub(crate) mod access;
pub(crate) mod addressing;
pub(crate) mod batch;
pub(crate) mod bridge;
pub(crate) mod calls;
pub(crate) mod channel;
pub(crate) mod counts;
pub(crate) mod deed;
pub(crate) mod files;
pub(crate) mod gallery;
pub(crate) mod history;
pub(crate) mod incoming;
pub mod keyboard;
pub(crate) mod kinds;
pub(crate) mod listening;
pub(crate) mod lived;
#[cfg(feature = "face-telegram")]
pub(crate) mod numbers;
#[cfg(not(feature = "face-telegram"))]
#[path = "no_numbers.rs"]
pub(crate) mod numbers;
pub(crate) mod owner;
pub(crate) mod page_files;
pub(crate) mod part;
pub(crate) mod posting;
pub(crate) mod record;
pub(crate) mod registry;
pub(crate) mod responder;
pub(crate) mod rights;
pub(crate) mod tell;
pub(crate) mod told;
pub(crate) mod updates;
pub(crate) mod watching;
pub(crate) mod web;
pub(crate) mod webhook;
pub(crate) mod why;
pub(crate) mod yard;

use crate::base::id::BotId;
use crate::base::jid::{BareJid, Jid};
use crate::core::asking::Asking;
use crate::core::batch::Batch;
use crate::core::bridge::{Bridge, Spoken};
use crate::core::calls::Callers;
use crate::core::channel::Channels;
use crate::core::failure::Failure;
use crate::core::handle::{NewFile, TelegramInfo};
use crate::core::incoming::Incoming;
use crate::core::keyboard::Pressed;
use crate::core::part::Part;
use crate::core::updates::Updates;
use crate::core::webhook::Webhooks;
use crate::store::row::ChannelName;

/// The store, the bots, and what waits for their programs.
pub(crate) struct Core {
    pub(crate) batch: Batch,
    pub(crate) updates: Updates,
    pub(crate) webhooks: Webhooks,
    /// Questions to people.
    pub(crate) asking: Asking,
    pub(crate) callers: Callers,
    pub(crate) bridge: Bridge,
    /// The daemon ends: nothing new begins.
    pub(crate) is_stopping: bool,
}

impl Core {
    /// Over a batch; nothing waits yet.
    pub(crate) fn new(batch: Batch) -> Core {
        Core {
            batch,
            updates: Updates::default(),
            webhooks: Webhooks::default(),
            asking: Asking::default(),
            callers: Callers::default(),
            bridge: Bridge::default(),
            is_stopping: false,
        }
    }

    /// Its parts that a batch may change.
    pub(crate) fn parts(&mut self) -> [&mut dyn Part; 5] {
        [&mut self.updates, &mut self.webhooks, &mut self.callers, &mut self.bridge.carrying, &mut self.asking]
    }

    /// Tells the other parts of something, within the transaction.
    pub(crate) fn signal(&mut self, signal: Signal) {
        self.batch.pending.signals.push_back(signal);
    }
}

/// What rules and brains need to say something: the core, and the channels to say it on.
pub(crate) struct Context<'a> {
    pub(crate) core: &'a mut Core,
    pub(crate) channels: &'a mut dyn Channels,
}

/// What happened that other parts have to know. The engine takes them in order, in the transaction in which they arose.
pub(crate) enum Signal {
    /// Somebody said something to a bot, which is told, or answers by itself.
    Said(BotId, Incoming<'static>),
    /// An owner said something in his own chat: for the manager, or for one of his personal bots.
    SaidToAll(Incoming<'static>),
    /// Somebody pressed a button beneath a message of a bot's.
    Pressed(BotId, Pressed),
    /// Something was said in a room that a bot is in: it may be the answer to a question.
    MaybeAnswer(BotId, Incoming<'static>),
    /// A bot was told what was said to it: what answers by itself may.
    Told(BotId, Incoming<'static>),
    /// Something was said, to nobody in particular, in a chat that is linked: it passes on.
    Overheard(BotId, Incoming<'static>),
    /// A bot said or did something in a chat of several people that is linked: it passes on.
    Spoke(BotId, Box<Spoken>),
    /// Somebody took back or replaced what he had said to a bot.
    TakenBack(BotId, TakenBack),
    /// The manager says something to an owner.
    Notify(BareJid, String),
    /// A bot says something by itself to somebody it knows.
    SayAs(BotId, BareJid, String),
    /// What somebody said has come to a bot's program, or was read by it, and he wanted to hear of that.
    Confirmed(BotId, Confirmation),
    /// A bot was made, changed or deleted: its owner's accounts may have to look otherwise.
    OwnersBots(BareJid),
    /// A bot was changed.
    BotChanged(BotId),
    /// Who may speak to a bot was changed.
    AccessChanged(BotId),
    /// The commands of a bot are others now.
    CommandsChanged(BotId),
    /// Order is kept otherwise in a linked chat.
    OrderChanged(BotId, BareJid),
    /// A bot is about to be deleted: whoever has something of it lets go.
    BotGoes(BotId),
    /// A bot has no token any more: whoever has others of it forgets them.
    Revoked(BotId),
    /// A bot is not wanted after all.
    BotUnwanted(BotId),
    /// Somebody on a channel with bots of its own reacts to a message.
    Reacted(BotId, Reacted),
    /// A chat on another channel has another address from now on: the old one, and the new one.
    Moved(BotId, BareJid, BareJid),
    /// A bot is connected, and this chat is to be linked in this mode.
    Link((BotId, Option<u64>), BareJid, String),
    /// What somebody in a chat asked of a bot's connection is done.
    TelegramDone(BotId, BareJid, Box<Result<TelegramInfo, Failure>>),
    /// A file of this number was fetched where it was said, or could not be.
    Fetched(i64, Box<Result<NewFile, Failure>>),
    /// It was said where it goes, or could not be.
    Carried(i64, Result<(), Failure>),
    /// Something that a bot said did not arrive, or nobody knows whether it did.
    Undelivered(BotId, Undelivered),
}

/// All the emoji that somebody has for a message from now on.
pub(crate) struct Reacted {
    #[allow(dead_code)]
    pub(crate) channel: ChannelName,
    /// Where.
    pub(crate) chat: BareJid,
    /// Who.
    pub(crate) from: Jid,
    pub(crate) message_id: String,
    pub(crate) emoji: Vec<String>,
    /// The update that the bot's program is still to be told of it.
    pub(crate) update: Option<String>,
}

/// What did not arrive.
pub(crate) struct Undelivered {
    pub(crate) to: BareJid,
    pub(crate) message_id: String,
    /// One sentence.
    pub(crate) why: String,
    /// It may have arrived all the same.
    pub(crate) is_in_doubt: bool,
}

/// What is told to whoever said something to a bot.
pub(crate) struct Confirmation {
    /// Whom.
    pub(crate) to: Jid,
    /// Of what he said.
    pub(crate) message_id: String,
    pub(crate) stage: Stage,
}

/// How far something said to a bot has come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// It is in the queue of its program.
    Arrived,
    /// Its program has taken it.
    Displayed,
}

/// What was taken back, and by whom.
pub(crate) struct TakenBack {
    /// With whom the conversation is: a person or a room.
    pub(crate) peer: String,
    /// Of the message.
    pub(crate) message_id: String,
    /// In a room: the nick of its author; `None` there is the room itself.
    pub(crate) nick: Option<String>,
    /// Something else was said in its place.
    pub(crate) is_replaced: bool,
}
