//! What devices are owed: an answer to the session that they have begun, or a new session in the place of one that does not
//! work. Paid with the next message to them, or else with an empty one (XEP-0384 §6).

use crate::base::id::AccountId;
use crate::base::limits;
use crate::channel::xmpp::Xmpp;
use crate::channel::xmpp::crypt::kinds::{PUT_BACK, RENEWAL, Sealed};
use crate::channel::xmpp::crypt::trust::KeyTrust;
use crate::channel::xmpp::crypt::version_of;
use crate::core::Core;
use crate::core::batch::Batch;
use crate::store;
use crate::store::row::OmemoPeer;
use crate::xml::Element;
use crate::xmpp::{carbons, ns};

impl Xmpp {
    /// Sends what devices are owed.
    pub(super) fn pay_debts(&mut self, core: &mut Core, account: AccountId) -> Result<(), store::Error> {
        let before = self.questions.open().count();
        for peer in core.batch.store.list_omemo_owed(account)? {
            if self.questions.open().count() >= before + limits::OMEMO_WAITING_AT_ONCE {
                self.crypt.omemo_work(&mut core.batch, account, limits::OMEMO_RETRY);
                break;
            }
            self.pay_debt(core, &peer)?;
        }
        Ok(())
    }

    /// The same for one device; a new session needs its bundle first.
    pub(super) fn pay_debt(&mut self, core: &mut Core, peer: &OmemoPeer) -> Result<(), store::Error> {
        let Some(mut row) = core.batch.store.omemo_session(peer)?.filter(|row| row.owes != 0) else { return Ok(()) };
        if matches!(row.owes, RENEWAL | PUT_BACK) {
            let version = version_of(peer.version);
            let Some(bundle) = self.crypt.bundles.get(peer) else {
                if core.batch.store.omemo_skipped(peer)?.is_none_or(|until| until <= core.batch.lived()) {
                    self.ask_bundle(&mut core.batch, peer);
                }
                return Ok(());
            };
            let identity = bundle.identity(version);
            let standing = match identity {
                Some(identity) => self.judge_key(core, peer.account, &peer.jid, peer.device, &identity.key)?,
                None => KeyTrust::Distrusted,
            };
            if standing != KeyTrust::Trusted {
                if row.owes == PUT_BACK {
                    return Ok(());
                }
                row.owes = 0;
                return core.batch.store.store_omemo_session(peer, &row);
            }
        }
        self.send_empty(&mut core.batch, peer)?;
        self.look_at_all_devices(&mut core.batch, peer.account, &peer.jid)
    }
}

impl Xmpp {
    fn send_empty(&mut self, batch: &mut Batch, peer: &OmemoPeer) -> Result<(), store::Error> {
        let version = version_of(peer.version);
        let to = std::slice::from_ref(peer);
        let Sealed::Done(encrypted) = self.seal(batch, peer.account, version, to, None)? else { return Ok(()) };
        let id = batch.new_message_id()?;
        let stanza = Element::new("message", ns::CLIENT).with("to", peer.jid.as_str()).with("type", "chat");
        let stanza = stanza.with("id", &id).with_child(encrypted).with_child(Element::new("store", ns::HINTS));
        // As everything that is said in the chat with oneself.
        let is_self = self.accounts.is_self_chat(peer.account, &peer.jid);
        let private = carbons::build_private().into_iter().filter(|_| is_self);
        let stanza = private.fold(stanza, Element::with_child);
        self.put_out(batch, (peer.account, None), &id, stanza.print(ns::CLIENT))
    }
}
