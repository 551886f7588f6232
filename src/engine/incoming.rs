//! Something said to a bot, as whatever stands behind the channels sees it: one shape for a chat, a room and the built-in
//! chat. Channels make it; `received` tells the bot's program, and `ai` answers it.

use crate::base::id::{AccountId, BotId};
use crate::base::jid::{BareJid, Jid};
use crate::store::row::{Channel, Conversation, ConversationKind, ToldRow};
use crate::xmpp::message::{Attachment, Inbound};

/// Something said.
#[derive(Clone)]
pub(super) struct Incoming<'a> {
    pub(super) channel: Channel,
    /// To which account it came, where the channel has accounts.
    pub(super) account: Option<AccountId>,
    pub(super) kind: ConversationKind,
    /// Who said it; in chats without a resource.
    pub(super) from: Jid,
    /// Whom it was said to, as its sender would say.
    pub(super) to: BareJid,
    pub(super) text: &'a str,
    /// By which replies and reactions mean it.
    pub(super) id: String,
    /// All ids it has.
    pub(super) ids: Vec<String>,
    /// Unix time: when it was said.
    pub(super) at: i64,
    /// The message it stands in the place of.
    pub(super) replaces: Option<&'a str>,
    /// The message it answers.
    pub(super) reply_to: Option<String>,
    pub(super) files: &'a [Attachment],
    /// How it was encrypted; `None`: not at all.
    pub(super) sealed: Option<Sealed>,
    /// In a room: said to the bot.
    pub(super) is_mentioned: bool,
}

/// How something was encrypted, as far as that is known.
#[derive(Clone, Default)]
pub(super) struct Sealed {
    pub(super) fingerprint: Option<String>,
    /// How far that key is trusted.
    pub(super) trust: Option<&'static str>,
}

impl<'a> Incoming<'a> {
    /// A message in a chat, to an account; `now_s` counts where no server has stamped it.
    pub(super) fn chat(account: AccountId, to: &BareJid, message: &'a Inbound, now_s: i64) -> Incoming<'a> {
        Incoming {
            channel: Channel::Xmpp,
            account: Some(account),
            kind: ConversationKind::Chat,
            from: message.from.bare().to_jid(),
            to: to.clone(),
            text: words(message).unwrap_or_default(),
            id: message.reference().unwrap_or_default().to_string(),
            ids: ids(message),
            at: time_of(message.stamp_ms, now_s),
            replaces: message.replaces.as_deref(),
            reply_to: message.reply.as_ref().map(|reply| reply.id.clone()),
            files: &message.attachments,
            sealed: None,
            is_mentioned: false,
        }
    }

    /// What an occupant of a room says to the bot alone.
    pub(super) fn private(account: AccountId, to: &BareJid, message: &'a Inbound, now_s: i64) -> Incoming<'a> {
        let id = message.id.as_deref().or(message.origin_id.as_deref()).unwrap_or_default().to_string();
        Incoming {
            kind: ConversationKind::Private,
            from: message.from.clone(),
            id,
            ..Incoming::chat(account, to, message, now_s)
        }
    }

    /// Something from nowhere but our own chat, or a menu.
    pub(super) fn local(from: &BareJid, to: &BareJid, text: &'a str, id: &str, at: i64) -> Incoming<'a> {
        Incoming {
            channel: Channel::Local,
            account: None,
            kind: ConversationKind::Chat,
            from: from.to_jid(),
            to: to.clone(),
            text,
            id: id.to_string(),
            ids: vec![id.to_string()],
            at,
            replaces: None,
            reply_to: None,
            files: &[],
            sealed: None,
            is_mentioned: false,
        }
    }

    /// The same with another text.
    pub(super) fn saying<'b>(&self, text: &'b str) -> Incoming<'b>
    where
        'a: 'b,
    {
        Incoming { text, ..self.clone() }
    }

    /// With whom the conversation is.
    pub(super) fn peer(&self) -> &str {
        match self.kind {
            ConversationKind::Private => self.from.as_str(),
            ConversationKind::Chat | ConversationKind::Room => self.from.bare_str(),
        }
    }

    /// The conversation it belongs to, of one bot.
    pub(super) fn conversation(&self, bot: BotId) -> Conversation<'_> {
        let (channel, account, kind) = (self.channel, self.account, self.kind);
        Conversation { channel, bot: Some(bot), account, address: self.peer(), kind }
    }

    /// The ids by which it is known again: the one its bot's program knows, and another.
    pub(super) fn told_row(&self) -> ToldRow<'_> {
        let own = &self.ids[..self.ids.len().min(2)];
        let id = own.iter().find(|id| **id == self.id).or(own.first());
        let other = own.iter().find(|other| Some(*other) != id);
        ToldRow { id: id.map(String::as_str), other_id: other.map(String::as_str), at: self.at }
    }
}

/// What was said: the text, or the address of a file without one.
pub(super) fn words(message: &Inbound) -> Option<&str> {
    message.text().or_else(|| message.attachments.first().map(|attachment| attachment.url.as_str()))
}

/// All ids of a message.
fn ids(message: &Inbound) -> Vec<String> {
    [&message.id, &message.origin_id, &message.archive_id].into_iter().flatten().cloned().collect()
}

/// Unix time of a stamp; `now_s` where there is none.
pub(super) fn time_of(stamp_ms: Option<i64>, now_s: i64) -> i64 {
    stamp_ms.map_or(now_s, |at| at.div_euclid(1000))
}
