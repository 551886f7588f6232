//! Links: a conversation of a bot here, joined to a chat on another channel, whichever that is. What is said on one side is
//! said by the bot on the other, with a prefix that tells who said it; edits, deletions, answers and reactions follow.
//!
//! This file knows which links there are. `passing` passes on what is said, `changes` what becomes of it later, `carrying`
//! files, and what comes behind them in the order that `queue` keeps; `shown` is
//! how it reads, `telling` what owners hear of it. Whoever hears something calls [`Context::pass_on`], within the transaction
//! in which it was told.

mod carrying;
mod changes;
pub(crate) mod moderation;
mod passing;
mod queue;
mod shown;
mod telling;

use queue::Carrying;

use crate::base::id::{BotId, LinkId};
use crate::base::jid::{BareJid, Jid};
use crate::base::limits;
use crate::base::spool::Spool;
use crate::core::batch::{Trouble, Verdict};
use crate::core::channel::Hearing;
use crate::core::failure::Failure;
use crate::core::handle::{
    Answer, BotAction, BridgeAnswer, BridgeQuestion, Kind, NewAcross, NewLink, NewMessage, TelegramInfo,
};
use crate::core::part::Kept;
use crate::core::{Context, Core, Signal};
use crate::store;
use crate::store::row::{ConversationKind, LinkMode, LinkRow, LinkSide};

/// The links of all bots, each bot's in the order in which they were made.
#[derive(Default)]
pub(crate) struct Bridge {
    links: Vec<LinkRow>,
    /// Who says how much, and what was told of it.
    pub(crate) counted: moderation::Counted,
    pub(crate) carrying: Kept<Carrying>,
    /// Where files lie on their way; `None`: none passes from one channel to another.
    pub(crate) spool: Option<Spool>,
}

/// Something that a bot said, or did to what it had said, by itself or for its program.
pub(crate) struct Spoken {
    /// Where.
    pub(crate) to: BareJid,
    /// Its id.
    pub(crate) message_id: String,
    pub(crate) what: SpokenWhat,
}

/// What it was.
pub(crate) enum SpokenWhat {
    /// A text.
    Text(Box<NewMessage>),
    /// Something else.
    Action(Box<BotAction>),
}

impl Bridge {
    /// All links of a bot.
    pub(crate) fn links(&self, bot: BotId) -> &[LinkRow] {
        let first = self.links.partition_point(|link| link.bot < bot);
        let count = self.links[first..].partition_point(|link| link.bot == bot);
        &self.links[first..first + count]
    }

    /// The same, the one first that is meant where none is named.
    pub(crate) fn infos(&self, bot: BotId) -> Vec<LinkRow> {
        let mut all = self.links(bot).to_vec();
        all.sort_by_key(|link| !link.is_default);
        all
    }

    /// The link with a chat on another channel: a topic is in the link of its chat where it has none of its own.
    pub(crate) fn with_chat(&self, bot: BotId, chat: &BareJid) -> Option<&LinkRow> {
        let links = self.links(bot);
        let exact = links.iter().find(|link| link.there == *chat);
        exact.or_else(|| links.iter().find(|link| is_topic_of(chat, &link.there)))
    }

    /// Whether a chat, on either side, is in a link of a bot's through which something may pass.
    pub(crate) fn is_linked(&self, bot: BotId, place: &BareJid) -> bool {
        self.links(bot).iter().any(|link| link.is_enabled && side_of(link, place).is_some())
    }

    /// The link that somebody means: by what it is called, or by its chat's address.
    pub(crate) fn named(&self, bot: BotId, name: &str) -> Option<&LinkRow> {
        let name = name.trim();
        let is_alias = |link: &&LinkRow| !link.alias.is_empty() && link.alias.to_lowercase() == name.to_lowercase();
        let by_alias = self.links(bot).iter().find(is_alias);
        by_alias.or_else(|| {
            let is_it = |link: &&LinkRow| link.there.as_str() == name || link.there.channel_id() == Some(name);
            self.links(bot).iter().find(is_it)
        })
    }

    /// The one that is meant where none is named.
    pub(crate) fn usual(&self, bot: BotId) -> Option<&LinkRow> {
        let links = self.links(bot);
        links.iter().find(|link| link.is_default).or(links.first())
    }

    /// Those through which something may pass.
    fn open(&self, bot: BotId) -> impl Iterator<Item = &LinkRow> {
        self.links(bot).iter().filter(|link| link.is_enabled)
    }

    fn get(&self, id: LinkId) -> Option<&LinkRow> {
        self.links.iter().find(|link| link.id == id)
    }

    fn keep(&mut self, row: &LinkRow) {
        match self.links.iter_mut().find(|link| link.id == row.id) {
            Some(link) => *link = row.clone(),
            None => {
                let at = self.links.partition_point(|link| (link.bot, link.id) < (row.bot, row.id));
                self.links.insert(at, row.clone());
            }
        }
    }
}

impl Core {
    /// Reads all links anew: at the start, and after a batch was taken back.
    pub(crate) fn reload_links(&mut self) -> Result<(), store::Error> {
        self.bridge.links = self.batch.store.list_links()?;
        Ok(())
    }

    /// Those of some bots for which a chat is in a link that is on.
    pub(crate) fn linked(&self, bots: &[BotId], place: &BareJid) -> Vec<BotId> {
        bots.iter().copied().filter(|bot| self.bridge.is_linked(*bot, place)).collect()
    }

    /// The chats of the bot that is spoken of, as they are now.
    pub(crate) fn fill_links(&self, info: &mut TelegramInfo) {
        info.joined.links = info.joined.bot.map(|bot| self.bridge.infos(bot)).unwrap_or_default();
    }

    /// The same in an answer that is there already.
    pub(crate) fn with_links(&self, mut verdict: Verdict) -> Verdict {
        if let Verdict::Outcome(Ok(Answer::Telegram(info))) = &mut verdict {
            self.fill_links(info);
        }
        verdict
    }

    /// A bot goes, and its links with it.
    pub(crate) fn drop_links(&mut self, bot: BotId) {
        self.bridge.links.retain(|link| link.bot != bot);
    }

    fn keep_link(&mut self, row: &LinkRow) -> Result<(), store::Error> {
        self.batch.store.store_link(row)?;
        self.bridge.keep(row);
        Ok(())
    }

    fn delete_link(&mut self, id: LinkId) -> Result<(), store::Error> {
        self.batch.store.delete_link(id)?;
        self.bridge.links.retain(|link| link.id != id);
        Ok(())
    }

    /// A chat has another address from now on.
    pub(crate) fn move_link(&mut self, bot: BotId, from: &BareJid, to: &BareJid) -> Result<(), store::Error> {
        let Some(link) = self.bridge.with_chat(bot, from).cloned() else { return Ok(()) };
        if link.there != *from || self.bridge.links(bot).iter().any(|link| link.there == *to) {
            return Ok(());
        }
        self.keep_link(&LinkRow { there: to.clone(), ..link })
    }
}

impl Context<'_> {
    /// What a bot's program, or somebody in its name, asks about its links.
    pub(crate) fn ask_bridge(&mut self, bot: BotId, question: &BridgeQuestion) -> Result<BridgeAnswer, Trouble> {
        Ok(match question {
            BridgeQuestion::List => {
                let offered = self.channels.offers(self.core, bot)?;
                BridgeAnswer::Links(self.core.bridge.infos(bot), offered)
            }
            BridgeQuestion::Link(new) => BridgeAnswer::Linked(Box::new(self.link(bot, new)?)),
            BridgeQuestion::Unlink(name) => BridgeAnswer::Unlinked(Box::new(self.unlink(bot, name)?)),
            BridgeQuestion::Send(new) => BridgeAnswer::Sent(self.send_across(bot, new)?),
        })
    }

    /// Joins a chat to a conversation, or changes how they are joined.
    pub(crate) fn link(&mut self, bot: BotId, new: &NewLink) -> Result<LinkRow, Trouble> {
        let owner = self.core.batch.bot(bot)?.row.owner.clone();
        let known = self.core.bridge.links(bot).iter().find(|link| link.there == new.chat).cloned();
        let count = self.core.bridge.links(bot).len();
        if known.is_none() && count >= limits::LINKS_PER_BOT_MAX {
            let text = format!("this bot has {count} links already; remove one first");
            return Err(Failure::Quota(text).into());
        }
        let here = new.here.clone().or(known.as_ref().map(|link| link.here.clone())).unwrap_or(owner);
        if here == new.chat {
            return Err(Failure::invalid("here", "another conversation than the one it is joined to").into());
        }
        let here_kind = self.kind_of(bot, "here", &here)?;
        let there_kind = self.kind_of(bot, "chat", &new.chat)?;
        let before = known.clone();
        let mut row = known.unwrap_or_else(|| LinkRow {
            id: LinkId(0),
            bot,
            here: here.clone(),
            here_kind,
            there: new.chat.clone(),
            there_kind,
            alias: String::new(),
            mode: LinkMode::Bridge,
            is_enabled: true,
            is_default: false,
            format_here: None,
            format_there: None,
            trouble: None,
            created_at: self.core.batch.now.unix(),
        });
        (row.here, row.here_kind, row.there_kind) = (here, here_kind, there_kind);
        if let Some(alias) = &new.alias {
            row.alias = self.core.check_alias(&row, alias)?;
        }
        row.mode = new.mode.unwrap_or(row.mode);
        row.is_enabled = new.is_enabled.unwrap_or(row.is_enabled);
        row.is_default = new.is_default.unwrap_or(row.is_default);
        for (field, given, kept) in [
            ("format_here", &new.format_here, &mut row.format_here),
            ("format_there", &new.format_there, &mut row.format_there),
        ] {
            if let Some(format) = given {
                *kept = shown::check_format(field, format)?;
            }
        }
        if before.is_none() {
            row.id = self.core.batch.store.insert_link(&row)?;
        }
        if before.as_ref() == Some(&row) {
            return Ok(row);
        }
        self.core.keep_link(&row)?;
        if row.is_default {
            self.core.unset_other_defaults(&row)?;
        }
        let details =
            format!("chat={} here={} mode={} enabled={}", row.there, row.here, row.mode.as_str(), row.is_enabled);
        self.core.batch.audit(Some(bot), "linked", &details)?;
        self.hear(bot, &row.there)?;
        Ok(row)
    }

    /// Takes the link with a chat away.
    pub(crate) fn unlink(&mut self, bot: BotId, name: &str) -> Result<LinkRow, Trouble> {
        let row = self.core.named_link(bot, name)?;
        self.core.delete_link(row.id)?;
        self.core.batch.audit(Some(bot), "unlinked", &format!("chat={}", row.there))?;
        self.hear(bot, &row.there)?;
        Ok(row)
    }

    /// The chat that a bot was set up with: joined to its owner's conversation, and meant where none is named. One set up
    /// before, and nothing done about it since, makes room.
    pub(crate) fn link_first(&mut self, bot: BotId, chat: &BareJid, mode: LinkMode) -> Result<LinkRow, Trouble> {
        let links = self.core.bridge.links(bot);
        let is_known = links.iter().any(|link| link.there == *chat);
        let before = match links {
            [only] if !is_known && only.alias.is_empty() && only.is_default => Some(only.clone()),
            _ => None,
        };
        if let Some(before) = before {
            self.core.delete_link(before.id)?;
            self.hear(bot, &before.there)?;
        }
        let is_enabled = Some(true);
        let new = NewLink { mode: Some(mode), is_default: Some(true), is_enabled, ..NewLink::new(chat.clone()) };
        self.link(bot, &new)
    }

    /// All links of a bot go, and what was heard through them is not heard any more.
    pub(crate) fn unlink_all(&mut self, bot: BotId) -> Result<(), store::Error> {
        for link in self.core.bridge.links(bot).to_vec() {
            self.core.delete_link(link.id)?;
            if let Err(Trouble::Store(error)) = self.hear(bot, &link.there) {
                return Err(error);
            }
        }
        Ok(())
    }

    /// A bot hears a chat on another channel as long as it is in a link of its that is on.
    fn hear(&mut self, bot: BotId, chat: &BareJid) -> Result<(), Trouble> {
        let is_heard = self.core.bridge.open(bot).any(|link| link.there == *chat);
        let hearing = if is_heard { Hearing::On } else { Hearing::Off };
        self.channels.of(chat)?.hear(self.core, bot, chat, hearing)
    }

    /// Whether many are in a conversation, or why the bot cannot be joined to it.
    fn kind_of(&self, bot: BotId, field: &str, place: &BareJid) -> Result<ConversationKind, Failure> {
        let channel = self.channels.look(place)?;
        channel.account_for(self.core.batch.bot(bot)?)?;
        match channel.kind_of(self.core, bot, place) {
            Some(kind) => Ok(kind),
            None => {
                let rule = "somebody who may write to this bot, or a room it is in: see its access, or joinRoom";
                Err(Failure::invalid(field, rule))
            }
        }
    }

    /// Something is said in a chat that is joined, by the bot as it is: without a prefix, and without being passed on.
    pub(crate) fn send_across(&mut self, bot: BotId, new: &NewAcross) -> Result<String, Trouble> {
        let link = match &new.chat {
            Some(name) => self.core.named_link(bot, name)?,
            None => {
                let usual = self.core.bridge.usual(bot).cloned();
                usual.ok_or_else(|| Failure::NotConfigured("this bot is joined to no chat yet".to_string()))?
            }
        };
        if !link.is_enabled {
            return Err(Failure::NotEnabled(format!("the link with {} is off; switch it on first", link.name())).into());
        }
        let kind = kind_at(&link, LinkSide::There);
        let key = new.idempotency_key.clone();
        let message = NewMessage { idempotency_key: key, ..NewMessage::text(&link.there.to_jid(), kind, &new.text) };
        self.send_unheard(bot, &message)
    }
}

impl Core {
    /// The link that somebody means.
    pub(crate) fn named_link(&self, bot: BotId, name: &str) -> Result<LinkRow, Failure> {
        self.bridge.named(bot, name).cloned().ok_or_else(|| {
            let known: Vec<&str> = self.bridge.links(bot).iter().map(LinkRow::name).collect();
            let known =
                if known.is_empty() { "it has none".to_string() } else { format!("it has {}", known.join(", ")) };
            Failure::NotFound(format!("this bot has no link with {}; {known}", name.trim()))
        })
    }

    fn check_alias(&self, row: &LinkRow, alias: &str) -> Result<String, Failure> {
        let alias = alias.trim();
        let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
        let is_number = alias.parse::<i64>().is_ok();
        let is_short = alias.chars().count() <= limits::LINK_ALIAS_CHARS_MAX;
        if !is_short || is_number || !alias.chars().all(is_word) {
            let max = limits::LINK_ALIAS_CHARS_MAX;
            let rule = format!("one word of at most {max} letters, digits, _, - and ., and no number");
            return Err(Failure::invalid("alias", rule));
        }
        let is_other = |other: &LinkRow| other.id != row.id && other.there != row.there;
        match self.bridge.named(row.bot, alias).filter(|_| !alias.is_empty()) {
            Some(other) if is_other(other) => {
                Err(Failure::Conflict(format!("{} is called {alias} already; choose another alias", other.there)))
            }
            _ => Ok(alias.to_string()),
        }
    }

    fn unset_other_defaults(&mut self, row: &LinkRow) -> Result<(), store::Error> {
        let others = self.bridge.links(row.bot).iter().filter(|link| link.is_default && link.id != row.id);
        let others: Vec<LinkRow> = others.cloned().collect();
        others.into_iter().try_for_each(|link| self.keep_link(&LinkRow { is_default: false, ..link }))
    }
}

impl Core {
    /// A bot says or does something: what several people hear in a chat that is linked passes on.
    pub(crate) fn note_spoken(
        &mut self,
        bot: BotId,
        (to, kind): (&Jid, Kind),
        message_id: &str,
        what: impl FnOnce() -> SpokenWhat,
    ) {
        let place = to.bare();
        // What is said to one occupant of a room is not.
        let is_to_all = place.channel().is_some() || kind == Kind::Groupchat;
        let is_heard = |link: &LinkRow| side_of(link, &place).is_some_and(|side| is_public(link, side));
        if is_to_all && self.bridge.open(bot).any(is_heard) {
            let message_id = message_id.to_string();
            let spoken = Spoken { to: place, message_id, what: what() };
            self.signal(Signal::Spoke(bot, Box::new(spoken)));
        }
    }
}

/// At which end of a link a chat is.
fn side_of(link: &LinkRow, place: &BareJid) -> Option<LinkSide> {
    if link.here == *place {
        Some(LinkSide::Here)
    } else if link.there == *place || is_topic_of(place, &link.there) {
        Some(LinkSide::There)
    } else {
        None
    }
}

/// Whether `place` is a topic of a chat: `tg:-1001234.7` of `tg:-1001234`.
fn is_topic_of(place: &BareJid, chat: &BareJid) -> bool {
    let topic = place.as_str().strip_prefix(chat.as_str());
    place.channel().is_some() && topic.is_some_and(|topic| topic.starts_with('.'))
}

/// Whether several people hear what is said at an end.
fn is_public(link: &LinkRow, side: LinkSide) -> bool {
    link.kind(side) == ConversationKind::Room
}

/// How something is said at an end.
fn kind_at(link: &LinkRow, side: LinkSide) -> Kind {
    match link.kind(side) {
        ConversationKind::Room => Kind::Groupchat,
        ConversationKind::Chat | ConversationKind::Private => Kind::Chat,
    }
}
