//! The rooms of a bot, as bookmarks at its server (XEP-0402): whoever signs in to the account with a client sees them.
//! Our own table is what we go by, so a server without them is only worth a line in the log. A person's bookmarks are his
//! own: what his personal bots do is not noted there.

use super::Key;
use crate::base::id::AccountId;
use crate::channel::xmpp::Xmpp;
use crate::channel::xmpp::asking::{About, EntityAnswer, is_lost};
use crate::core::batch::Batch;
use crate::xmpp::bookmarks::{self, Bookmark};
use crate::xmpp::iq::Peer;
use crate::xmpp::ns;
use crate::xmpp::pubsub::{self, Options, Refusal};
use crate::xmpp::stanza::IqKind;

/// How far the publishing of a bookmark is; what servers refuse of it, see [`pubsub`].
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// With all we want of the node.
    Whole(Box<Bookmark>),
    /// With what every server takes; the rest follows by configuring the node.
    Simple,
    /// With whatever the node is.
    Plain,
}

/// What is wanted of the node, as far as every server takes it among the options of publishing.
/// COMPAT(ejabberd 23): takes neither `max_items` nor `send_last_published_item` there.
const SIMPLE: Options = Options { max_items: None, send_last: None, ..bookmarks::OPTIONS };

/// Whether whoever signs in to the account enters a room by itself (XEP-0402).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Autojoin {
    Yes,
    No,
}

impl Xmpp {
    /// Remembers a room at the server. One that we were put out of stays there, but is not entered by itself any more.
    pub(super) fn publish_bookmark(&mut self, batch: &mut Batch, key: &Key, autojoin: Autojoin) {
        let Some(entry) = self.rooms.entries.get(key) else { return };
        if !self.accounts.is_bots_own(key.0) {
            return;
        }
        let password = entry.row.password.clone();
        let is_autojoin = autojoin == Autojoin::Yes;
        let bookmark = Bookmark { is_autojoin, password, ..Bookmark::new(key.1.clone(), &entry.row.nick) };
        let order = bookmark.build_publish(&bookmarks::OPTIONS);
        self.questions.ask_entity(
            batch,
            key.0,
            (Peer::Account, IqKind::Set, order),
            About::Bookmark(Step::Whole(Box::new(bookmark))),
        );
    }

    pub(super) fn retract_bookmark(&mut self, batch: &mut Batch, key: &Key) {
        if !self.accounts.is_bots_own(key.0) {
            return;
        }
        let order = bookmarks::build_retract(&key.1);
        self.questions.ask_entity(
            batch,
            key.0,
            (Peer::Account, IqKind::Set, order),
            About::Chore("to forget the bookmark of a room"),
        );
    }

    /// The server's answer.
    pub(crate) fn on_bookmark(&mut self, batch: &mut Batch, account: AccountId, step: Step, answer: &EntityAnswer) {
        if answer.as_ref().is_err_and(is_lost) {
            return;
        }
        let refusal = answer.as_ref().err().map(|error| Refusal::read(error.clone()));
        let mut ask =
            |order, about| self.questions.ask_entity(batch, account, (Peer::Account, IqKind::Set, order), about);
        match (step, refusal) {
            (Step::Whole(bookmark), Some(Refusal::MaxItems)) => {
                ask(bookmark.build_publish(&SIMPLE), About::Bookmark(Step::Simple));
            }
            (Step::Whole(bookmark), Some(Refusal::PreconditionNotMet)) => {
                let configure = pubsub::build_configure(ns::BOOKMARKS, &bookmarks::OPTIONS);
                ask(configure, About::Chore("to keep bookmarks of rooms private"));
                // Whoever may read such a node is not known.
                let bookmark = Bookmark { password: None, ..*bookmark };
                ask(bookmark.build_publish(&Options::default()), About::Bookmark(Step::Plain));
            }
            (Step::Simple, None) => {
                let configure = pubsub::build_configure(ns::BOOKMARKS, &bookmarks::OPTIONS);
                ask(configure, About::Chore("to keep bookmarks of rooms private"));
            }
            (_, Some(refusal)) => {
                log::info!("{}: its server keeps no bookmark of a room: {refusal}", self.accounts.jid_of(account));
            }
            (_, None) => {}
        }
    }
}
