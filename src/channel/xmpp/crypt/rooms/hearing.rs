//! What others say in private rooms, encrypted: the same as in a chat (`crypt::inbound`), but that the room's address is not
//! the sender's, and that nobody in the room is told of what cannot be read.

use crate::base::id::AccountId;
use crate::base::jid::BareJid;
use crate::base::remedy;
use crate::channel::xmpp::Xmpp;
use crate::channel::xmpp::crypt::number;
use crate::core::Core;
use crate::core::batch::Batch;
use crate::core::handle::Encrypt;
use crate::omemo::{Encrypted, Envelope, Error, Version};
use crate::store;
use crate::store::row::OmemoPeer;
use crate::xml::Element;
use crate::xmpp::message::Inbound;
use crate::xmpp::muc::room::Heard;
use crate::xmpp::ns;

impl Xmpp {
    /// Decrypts what somebody has said in a room; nothing when there is nothing to tell anybody. In the room nobody hears
    /// of it when that fails; the device gets a new session, in private, unless it was said long ago.
    pub(crate) fn unseal_in_room(
        &mut self,
        core: &mut Core,
        account: AccountId,
        heard: &Heard,
    ) -> Result<Option<Inbound>, store::Error> {
        let (Some(message), Some(author)) = (&heard.message.sealed, &heard.author) else { return Ok(None) };
        let (Some(stanza), Some(own)) = (message.stanza.as_deref(), self.accounts.own_jid(account)) else {
            return Ok(None);
        };
        if self.accounts.policy(&core.batch, account) == Encrypt::Off {
            return Ok(None);
        }
        for version in Version::ALL {
            let Some(element) = stanza.find("encrypted", version.ns()) else { continue };
            let Some((device, row)) = self.accounts.device(&core.batch, account, version)? else { continue };
            let Some(encrypted) = Encrypted::read(element, own.as_str(), device.id()) else { continue };
            let is_ours = *author == own && encrypted.sender == device.id();
            if encrypted.keys.is_empty() || is_ours {
                continue;
            }
            let peer = OmemoPeer { account, version: number(version), jid: author.clone(), device: encrypted.sender };
            match self.decrypt(core, (device, row), &encrypted, &peer)? {
                Ok(Some(payload)) => return Ok(core.batch.reveal_in_room(&peer, version, message, &payload)),
                Ok(None) | Err(Error::Duplicate) => return Ok(None),
                Err(Error::NotForUs) => {}
                Err(error) => {
                    let level =
                        core.batch.told.caused(("unreadable", account.0), log::Level::Info, core.batch.now.mono);
                    let device = peer.device;
                    log::log!(
                        level,
                        "{own}: a message from device {device} of {author} in a room cannot be read: {error}"
                    );
                    if !heard.is_history {
                        self.wish_renewal(&mut core.batch, &peer)?;
                    }
                }
            }
        }
        Ok(None)
    }
}

impl Batch {
    fn reveal_in_room(
        &mut self,
        peer: &OmemoPeer,
        version: Version,
        message: &Inbound,
        payload: &[u8],
    ) -> Option<Inbound> {
        let author = &peer.jid;
        let content = match version {
            Version::Legacy => {
                vec![
                    Element::new("body", ns::CLIENT)
                        .with_text(&remedy::inert(String::from_utf8_lossy(payload).into_owned())),
                ]
            }
            // XEP-0420 §6: in a room it says for which, or it could be put into another by whoever passes it on.
            Version::Omemo2 => {
                let room = message.from.bare();
                let is = |said: &Option<String>, is: &BareJid| {
                    said.as_deref().is_some_and(|said| BareJid::parse(said).is_ok_and(|said| said == *is))
                };
                let envelope = Envelope::parse(payload)?;
                if !is(&envelope.to, &room) || !(envelope.from.is_none() || is(&envelope.from, author)) {
                    let level = self.told.caused(("envelope", peer.account.0), log::Level::Warn, self.now.mono);
                    log::log!(
                        level,
                        "room {room}: an encrypted message from {author} is meant for another room: not taken"
                    );
                    return None;
                }
                envelope.content
            }
        };
        Some(match version {
            Version::Legacy => message.decrypted_body(content),
            Version::Omemo2 => message.decrypted_content(content),
        })
    }
}
