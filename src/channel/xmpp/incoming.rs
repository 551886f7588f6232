//! What came as a stanza, as the rules see it.

use std::borrow::Cow;

use crate::base::id::AccountId;
use crate::base::jid::BareJid;
use crate::core::incoming::{Incoming, SaidFile, Wish, time_of};
use crate::omemo::split_url;
use crate::store::row::{ChannelName, ConversationKind};
use crate::xmpp::message::{Attachment, Inbound};

impl<'a> Incoming<'a> {
    /// A message in a chat, to an account; `now_s` counts where no server has stamped it.
    pub(crate) fn chat(account: AccountId, to: &BareJid, message: &'a Inbound, now_s: i64) -> Incoming<'a> {
        Incoming {
            channel: ChannelName::XMPP,
            account: Some(account),
            kind: ConversationKind::Chat,
            from: message.from.bare().to_jid(),
            to: to.clone(),
            text: words(message).unwrap_or_default().into(),
            id: message.reference().unwrap_or_default().to_string(),
            ids: ids(message),
            at: time_of(message.stamp_ms, now_s),
            replaces: message.replaces.as_deref().map(Cow::Borrowed),
            reply_to: message.reply.as_ref().map(|reply| reply.id.clone()),
            quoted: None,
            files: message.attachments.iter().map(said_file).collect(),
            encryption: None,
            author: None,
            is_mentioned: false,
            wish: Wish::default(),
        }
    }

    /// What an occupant of a room says to the bot alone.
    pub(crate) fn private(account: AccountId, to: &BareJid, message: &'a Inbound, now_s: i64) -> Incoming<'a> {
        let id = message.id.as_deref().or(message.origin_id.as_deref()).unwrap_or_default().to_string();
        Incoming {
            kind: ConversationKind::Private,
            from: message.from.clone(),
            id,
            ..Incoming::chat(account, to, message, now_s)
        }
    }
}

/// What was said: the text, or the address of a file without one.
pub(crate) fn words(message: &Inbound) -> Option<&str> {
    message.text().or_else(|| message.attachments.first().map(|attachment| attachment.url.as_str()))
}

/// All ids of a message.
fn ids(message: &Inbound) -> Vec<String> {
    [&message.id, &message.origin_id, &message.archive_id].into_iter().flatten().cloned().collect()
}

/// A file as the rules see it: an encrypted one (XEP-0454) has its key in its address.
pub(crate) fn said_file(attachment: &Attachment) -> SaidFile {
    let (url, key) = match split_url(&attachment.url) {
        Some((url, key)) => (url, Some(key)),
        None => (attachment.url.clone(), None),
    };
    SaidFile {
        address: attachment.url.clone(),
        url,
        key,
        name: attachment.name.clone(),
        media_type: attachment.media_type.clone(),
        bytes: attachment.size_bytes,
        description: attachment.description.clone(),
    }
}
