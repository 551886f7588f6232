//! Questions of the engine to XMPP entities, and where their answers go.
//!
//! [`Questions::ask_entity`] notes what a question is about; the session answers each one, if only with an error, and
//! [`Xmpp::on_answer`] hands the answer to that part. What is asked is soft state: a restart forgets it.

use std::collections::HashMap;
use std::time::Duration;

use crate::base::id::{AccountId, BotId};
use crate::base::jid::BareJid;
use crate::channel::xmpp::accounts::Accounts;
use crate::channel::xmpp::proof::ReadyWaiter;
use crate::channel::xmpp::{Xmpp, arrival, crypt, files, rooms};
use crate::core::Core;
use crate::core::batch::Batch;
use crate::core::effect::{Effect, Order};
use crate::core::part::Part;
use crate::store;
use crate::xml::Element;
use crate::xmpp::iq::Peer;
use crate::xmpp::muc::room;
use crate::xmpp::stanza::{IqKind, StanzaError};

/// An answer as the session gives it: the payload, or the refusal.
pub(crate) type EntityAnswer = Result<Option<Element>, StanzaError>;

/// What a question was about: one variant for each part of the engine that asks.
#[derive(Clone, Debug)]
pub(crate) enum About {
    /// A question of a room's machine, by its own tag.
    Room { room: BareJid, tag: u32 },
    /// A page of a room's archive.
    RoomArchive(BareJid),
    /// What a moderator wants.
    Moderation(Box<rooms::Moderated>),
    /// A bookmark.
    Bookmark(rooms::Step),
    /// Something done in passing: only its failure is worth a line in the log.
    Chore(&'static str),
    /// The removal of an account by itself; with the bot whose deletion waits for it.
    Removal(AccountId, Option<BotId>),
    /// A bot's account that came online.
    Arrival(arrival::Asked),
    /// An account that is given back: the step of its teardown.
    Teardown(usize),
    /// A place for a file.
    File(files::Asked),
    /// Devices for OMEMO.
    Omemo(crypt::Asked),
    /// Whether our server is there; asked then (monotonic).
    Ping(Duration),
}

/// Questions that are not answered yet, by tag.
#[derive(Default)]
pub(crate) struct Questions {
    open: HashMap<u64, (AccountId, About)>,
    /// Those that the batch has asked.
    asked: Vec<u64>,
    /// Those that were answered in it.
    answered: Vec<(u64, (AccountId, About))>,
    /// Who waits for the answers to pings.
    pub(super) ready: Vec<ReadyWaiter>,
}

impl Questions {
    /// What is open, and whose account asks.
    pub(crate) fn open(&self) -> impl Iterator<Item = &(AccountId, About)> {
        self.open.values()
    }

    /// Nobody asks this any more.
    pub(crate) fn forget(&mut self, tag: u64) {
        self.open.remove(&tag);
    }
}

impl Part for Questions {
    fn committed(&mut self) {
        self.asked.clear();
        self.answered.clear();
    }

    fn undo(&mut self) {
        // What was asked does not go out, and answers are told again.
        self.open.extend(self.answered.drain(..));
        for tag in self.asked.drain(..) {
            self.open.remove(&tag);
        }
    }

    fn deadline(&self) -> Option<Duration> {
        self.ready.iter().map(|waiter| waiter.until).min()
    }
}

impl Xmpp {
    /// An answer came.
    pub(crate) fn on_answer(
        &mut self,
        core: &mut Core,
        account: AccountId,
        tag: u64,
        answer: &EntityAnswer,
    ) -> Result<(), store::Error> {
        let Some((asked, about)) = self.questions.open.remove(&tag) else { return Ok(()) };
        self.questions.answered.push((tag, (asked, about.clone())));
        if asked != account {
            return Ok(());
        }
        match about {
            About::Removal(account, bot) => self.on_removal_answered(core, tag, account, bot, answer),
            About::Room { room, tag } => {
                self.drive(core, &(account, room), room::Input::Answer { tag, answer: answer.clone() })
            }
            About::RoomArchive(room) => self.on_room_page(core, &(account, room), answer),
            About::Moderation(asked) => {
                self.on_moderated(core, tag, &asked, answer);
                Ok(())
            }
            About::Bookmark(step) => {
                self.on_bookmark(&mut core.batch, account, step, answer);
                Ok(())
            }
            About::Chore(what) => {
                // A connection that is lost says so itself, and what is not there need not be taken away.
                if let Err(error) = answer
                    && !is_lost(error)
                    && error.condition != "item-not-found"
                {
                    log::warn!("{}: its server refused {what}: {error}", self.accounts.jid_of(account));
                }
                Ok(())
            }
            About::Arrival(asked) => self.on_arrival_answer(&mut core.batch, account, asked, answer),
            About::File(asked) => self.on_file_answer(core, account, asked, answer),
            About::Omemo(asked) => self.on_omemo_answer(core, account, asked, answer),
            About::Ping(asked) => {
                self.on_ping_answer(core, account, asked, answer);
                Ok(())
            }
            About::Teardown(step) => self.on_teardown_answer(core, account, step, answer),
        }
    }
}

impl Accounts {
    /// The account's address, for the log.
    pub(crate) fn jid_of(&self, account: AccountId) -> String {
        self.get(&account).map(|account| account.row.jid.to_string()).unwrap_or_default()
    }
}

impl Questions {
    /// Asks somebody; the answer comes to the part that `about` names. Gives the question's tag.
    pub(crate) fn ask_entity(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        (to, kind, payload): (Peer, IqKind, Element),
        about: About,
    ) -> u64 {
        batch.last_tag += 1;
        let tag = batch.last_tag;
        self.open.insert(tag, (account, about));
        self.asked.push(tag);
        batch.pending.effects.push(Effect::Session(account, Order::Ask { tag, to, kind, payload }));
        tag
    }
}

/// Whether nobody answered because the connection went.
pub(crate) fn is_lost(error: &StanzaError) -> bool {
    error.condition == "recipient-unavailable"
}
