//! What devices are owed: an answer to the session that they have begun, or a new session in the place of one that does not
//! work. Paid with the next message to them, or else with an empty one (XEP-0384 §6).

use crate::base::id::{self, AccountId};
use crate::base::limits;
use crate::engine::crypt::outbound::Sealed;
use crate::engine::crypt::trust::KeyTrust;
use crate::engine::crypt::version_of;
use crate::engine::{Batch, Engine, Xmpp};
use crate::store;
use crate::store::row::OmemoPeer;
use crate::xml::Element;
use crate::xmpp::{carbons, ns};

/// In `owes`: an empty message, so that the other side knows that its session works.
pub(super) const ANSWER: i64 = 1;
/// In `owes`: a new session, as what came in the old one could not be read.
pub(super) const RENEWAL: i64 = 2;
/// In `owes`: the same, as the session was put back from an older copy. It may still decrypt; whatever it encrypts would
/// be under keys that were used.
pub(super) const PUT_BACK: i64 = 3;

impl Engine {
    /// Sends what devices are owed.
    pub(super) fn pay_debts(&mut self, account: AccountId) -> Result<(), store::Error> {
        let before = self.xmpp.questions.open().count();
        for peer in self.batch.store.list_omemo_owed(account)? {
            if self.xmpp.questions.open().count() >= before + limits::OMEMO_WAITING_AT_ONCE {
                self.xmpp.crypt.omemo_work(&mut self.batch, account, limits::OMEMO_RETRY);
                break;
            }
            self.pay_debt(&peer)?;
        }
        Ok(())
    }

    /// The same for one device; a new session needs its bundle first.
    pub(super) fn pay_debt(&mut self, peer: &OmemoPeer) -> Result<(), store::Error> {
        let Some(mut row) = self.batch.store.omemo_session(peer)?.filter(|row| row.owes != 0) else { return Ok(()) };
        if matches!(row.owes, RENEWAL | PUT_BACK) {
            let version = version_of(peer.version);
            let Some(bundle) = self.xmpp.crypt.bundles.get(peer) else {
                if self.batch.store.omemo_skipped(peer)?.is_none_or(|until| until <= self.batch.lived()) {
                    self.xmpp.ask_bundle(&mut self.batch, peer);
                }
                return Ok(());
            };
            let identity = bundle.identity(version);
            let standing = match identity {
                Some(identity) => self.judge_key(peer.account, &peer.jid, peer.device, &identity.key)?,
                None => KeyTrust::Distrusted,
            };
            if standing != KeyTrust::Trusted {
                if row.owes == PUT_BACK {
                    return Ok(());
                }
                row.owes = 0;
                return self.batch.store.store_omemo_session(peer, &row);
            }
        }
        self.xmpp.send_empty(&mut self.batch, peer)?;
        self.xmpp.look_at_all_devices(&mut self.batch, peer.account, &peer.jid)
    }
}

impl Xmpp {
    fn send_empty(&mut self, batch: &mut Batch, peer: &OmemoPeer) -> Result<(), store::Error> {
        let version = version_of(peer.version);
        let to = std::slice::from_ref(peer);
        let Sealed::Done(encrypted) = self.seal(batch, peer.account, version, to, None)? else { return Ok(()) };
        let id = id::uuid(batch.random());
        let stanza = Element::new("message", ns::CLIENT).with("to", peer.jid.as_str()).with("type", "chat");
        let stanza = stanza.with("id", &id).with_child(encrypted).with_child(Element::new("store", ns::HINTS));
        // As everything that is said in the chat with oneself.
        let is_self = self.accounts.is_self_chat(peer.account, &peer.jid);
        let private = carbons::build_private().into_iter().filter(|_| is_self);
        let stanza = private.fold(stanza, Element::with_child);
        self.put_out(batch, (peer.account, None), &id, stanza.print(ns::CLIENT))
    }
}
