//! Something said to a bot, as whatever stands behind the channels sees it: one shape for a chat, a room and the built-in
//! chat. Channels make it; `tell` tells the bot's program, and brains may answer it.

use std::borrow::Cow;

use crate::base::id::{AccountId, BotId};
use crate::base::jid::{BareJid, Jid};
use crate::base::secret::Secret;
use crate::store::row::{ChannelName, Conversation, ConversationKind, ToldRow};

/// Something said.
#[derive(Clone)]
pub(crate) struct Incoming<'a> {
    pub(crate) channel: ChannelName,
    /// To which account it came, where the channel has accounts.
    pub(crate) account: Option<AccountId>,
    pub(crate) kind: ConversationKind,
    /// Who said it; in chats without a resource, but where his address says nothing to people: there it is what he is called.
    pub(crate) from: Jid,
    /// Whom it was said to, as its sender would say.
    pub(crate) to: BareJid,
    pub(crate) text: Cow<'a, str>,
    /// By which replies and reactions mean it.
    pub(crate) id: String,
    /// All ids it has.
    pub(crate) ids: Vec<String>,
    /// Unix time: when it was said.
    pub(crate) at: i64,
    /// The message it stands in the place of.
    pub(crate) replaces: Option<Cow<'a, str>>,
    /// The message it answers.
    pub(crate) reply_to: Option<String>,
    /// The beginning of that, where the channel tells it.
    pub(crate) quoted: Option<String>,
    pub(crate) files: Vec<SaidFile>,
    /// How it was encrypted; `None`: not at all.
    pub(crate) encryption: Option<Encryption>,
    /// In a room whose occupants have no address of their own: who said it, by whatever names him for good.
    pub(crate) author: Option<String>,
    /// In a room: said to the bot.
    pub(crate) is_mentioned: bool,
    pub(crate) wish: Wish,
}

/// A file that was said, or shown beside a text.
#[derive(Clone, Debug)]
pub(crate) struct SaidFile {
    /// Its address as it was said.
    pub(crate) address: String,
    /// Where it can be fetched, and what it is encrypted with.
    pub(crate) url: String,
    pub(crate) key: Option<Secret>,
    pub(crate) name: Option<String>,
    pub(crate) media_type: Option<String>,
    pub(crate) bytes: Option<u64>,
    pub(crate) description: Option<String>,
}

/// What its sender wants to hear of it.
#[derive(Clone, Default)]
pub(crate) struct Wish {
    /// That it has arrived: by whom, and under which id (XEP-0184).
    pub(crate) receipt: Option<(Jid, String)>,
    /// That it was read: under this id (XEP-0333).
    pub(crate) marker: Option<String>,
}

/// How something was encrypted, as far as that is known.
#[derive(Clone, Default)]
pub(crate) struct Encryption {
    pub(crate) fingerprint: Option<String>,
    /// How far that key is trusted.
    pub(crate) trust: Option<&'static str>,
}

impl<'a> Incoming<'a> {
    /// Something from nowhere but our own chat, or a menu.
    pub(crate) fn local(from: &BareJid, to: &BareJid, text: &'a str, id: &str, at: i64) -> Incoming<'a> {
        Incoming {
            channel: ChannelName::LOCAL,
            account: None,
            kind: ConversationKind::Chat,
            from: from.to_jid(),
            to: to.clone(),
            text: text.into(),
            id: id.to_string(),
            ids: vec![id.to_string()],
            at,
            replaces: None,
            reply_to: None,
            quoted: None,
            files: Vec::new(),
            encryption: None,
            author: None,
            is_mentioned: false,
            wish: Wish::default(),
        }
    }

    /// The same with another text.
    pub(crate) fn saying<'b>(&self, text: &'b str) -> Incoming<'b>
    where
        'a: 'b,
    {
        Incoming { text: text.into(), ..self.clone() }
    }

    /// The same, to be kept.
    pub(crate) fn into_owned(self) -> Incoming<'static> {
        Incoming {
            text: self.text.into_owned().into(),
            replaces: self.replaces.map(|id| id.into_owned().into()),
            ..self
        }
    }

    /// With whom the conversation is.
    pub(crate) fn peer(&self) -> &str {
        match self.kind {
            ConversationKind::Private => self.from.as_str(),
            ConversationKind::Chat | ConversationKind::Room => self.from.bare_str(),
        }
    }

    /// The conversation it belongs to, of one bot.
    pub(crate) fn conversation(&self, bot: BotId) -> Conversation<'_> {
        let (channel, account, kind) = (self.channel, self.account, self.kind);
        Conversation { channel, bot: Some(bot), account, address: self.peer(), kind }
    }

    /// The ids by which it is known again: the one its bot's program knows, and another.
    pub(crate) fn told_row(&self) -> ToldRow<'_> {
        let own = &self.ids[..self.ids.len().min(2)];
        let id = own.iter().find(|id| **id == self.id).or(own.first());
        let other = own.iter().find(|other| Some(*other) != id);
        ToldRow { id: id.map(String::as_str), other_id: other.map(String::as_str), at: self.at }
    }
}

/// Unix time of a stamp; `now_s` where there is none.
pub(crate) fn time_of(stamp_ms: Option<i64>, now_s: i64) -> i64 {
    stamp_ms.map_or(now_s, |at| at.div_euclid(1000))
}
