//! Tables `contact` and `conversation`: who bots talk with on every channel, and where. Rows are made with the first
//! message and go with the last (purge.rs).

use crate::base::id::{ContactId, ConversationId};
use crate::store::row::{ChannelName, Conversation, ConversationKind};
use crate::store::{Error, Store};

impl Store {
    /// The number of a conversation, and with whom it is: nobody alone in a room. Made if there is none.
    pub(super) fn conversation(
        &mut self,
        place: &Conversation<'_>,
    ) -> Result<(ConversationId, Option<ContactId>), Error> {
        let (bot, account) = (place.bot.map(|bot| bot.0), place.account.map(|account| account.0));
        let known = self.row(
            "SELECT id, contact_id FROM conversation WHERE address = ? AND account_id IS ? AND bot_id IS ? AND kind = ?",
            &[&place.address, &account, &bot, &place.kind.as_str()],
            |row| Ok((ConversationId(row.get(0)?), row.get::<_, Option<i64>>(1)?.map(ContactId))),
        )?;
        if let Some(known) = known {
            return Ok(known);
        }
        let contact = match place.kind {
            ConversationKind::Room => None,
            ConversationKind::Chat | ConversationKind::Private => {
                Some(self.contact(place.channel, place.address, None)?)
            }
        };
        let id = self.insert(
            "INSERT INTO conversation (channel, bot_id, account_id, address, kind, contact_id) VALUES (?, ?, ?, ?, ?, ?)",
            &[
                &place.channel.0,
                &bot,
                &account,
                &place.address,
                &place.kind.as_str(),
                &contact.map(|contact| contact.0),
            ],
        )?;
        Ok((ConversationId(id), contact))
    }

    /// The number of somebody, made if he is new. `name` is what he is called now, as far as that is known.
    pub(super) fn contact(
        &mut self,
        channel: ChannelName,
        address: &str,
        name: Option<&str>,
    ) -> Result<ContactId, Error> {
        let known = self.row(
            "SELECT id, name FROM contact WHERE channel = ? AND address = ?",
            &[&channel.0, &address],
            |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)),
        )?;
        match (known, name) {
            (Some((id, old)), Some(name)) if old != name => {
                self.write("UPDATE contact SET name = ? WHERE id = ?", &[&name, &id])?;
                Ok(ContactId(id))
            }
            (Some((id, _)), _) => Ok(ContactId(id)),
            (None, name) => {
                let sql = "INSERT INTO contact (channel, address, name) VALUES (?, ?, ?)";
                Ok(ContactId(self.insert(sql, &[&channel.0, &address, &name.unwrap_or_default()])?))
            }
        }
    }
}
