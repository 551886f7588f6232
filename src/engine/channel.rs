//! What the rules know of a channel: which addresses are on it, and how something of a bot's goes out there. A channel is a
//! row; `channels` lists them.

use crate::base::id::{AccountId, BotId};
use crate::base::jid::{BareJid, Jid};
use crate::engine::actions::NewAction;
use crate::engine::failure::Failure;
use crate::engine::handle::NewMessage;
use crate::engine::registry::Bot;
use crate::engine::{Engine, Trouble};
use crate::xmpp::message::{ChatState, Kind};

/// A channel. What its functions accept is stored in the batch under way, and goes out after the commit.
pub(super) struct ChannelRow {
    /// Whether an address is on it.
    pub(super) has: fn(&BareJid) -> bool,
    /// Whether a bot may write there, through which account where there are some; else why not.
    pub(super) admits: fn(&Engine, &Bot) -> Result<Option<AccountId>, Failure>,
    /// Says a text under an id.
    pub(super) say: fn(&mut Engine, Sender, &NewMessage, &str) -> Result<(), Trouble>,
    /// Does something else that is kept, under an id.
    pub(super) act: fn(&mut Engine, Sender, &NewAction, &str) -> Result<(), Trouble>,
    /// Shows what the bot does; nothing of it is kept.
    pub(super) show: fn(&mut Engine, Sender, &Doing<'_>) -> Result<(), Failure>,
}

/// What a bot is seen doing.
pub(super) struct Doing<'a> {
    /// By whom.
    pub(super) to: &'a Jid,
    pub(super) kind: Kind,
    pub(super) state: ChatState,
}

/// In whose name something goes out.
#[derive(Clone, Copy)]
pub(super) struct Sender {
    pub(super) bot: BotId,
    /// Through which account, where the channel has accounts.
    pub(super) account: Option<AccountId>,
}

impl Sender {
    /// The account of a channel that has accounts.
    pub(super) fn needs_account(self) -> Result<(AccountId, BotId), Failure> {
        self.account.map(|account| (account, self.bot)).ok_or(Failure::Internal)
    }
}

/// Where something goes out.
#[derive(Clone, Copy)]
pub(super) struct Way {
    pub(super) channel: &'static ChannelRow,
    pub(super) sender: Sender,
}

impl Way {
    /// Through which account, where the channel has accounts.
    pub(super) fn account(&self) -> Option<AccountId> {
        self.sender.account
    }
}
