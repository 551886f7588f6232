//! Order in linked chats: what owners and their programs do there as moderators, and what is done by itself with what people
//! say. Nothing here knows a service: a channel does what is decided, with [`Channel::moderate`].
//!
//! What is not wanted is judged by words (`words`), web addresses, and how much somebody says in a minute (`flood`). It is off
//! until an owner switches it on.

pub(crate) mod flood;
pub(crate) mod words;

use std::collections::HashMap;
use std::time::Duration;

use crate::base::id::{BotId, LinkId};
use crate::base::jid::BareJid;
use crate::base::limits;
use crate::base::time::Now;
use crate::core::batch::{Batch, Trouble, Verdict};
use crate::core::channel::Asker;
#[cfg(doc)]
use crate::core::channel::Channel;
use crate::core::deed::{Deed, Order};
use crate::core::failure::Failure;
use crate::core::handle::{GroupAction, GroupModeration, Member, MemberInfo, MembersInfo};
use crate::core::incoming::Incoming;
use crate::core::{Context, Core};
use crate::store;
use crate::store::row::{ChannelName, ConversationKind, LinkRow, MemberRow, OrderRow};
use flood::{Flood, Reports};
use words::{Filter, plain};

/// What is counted in memory. It counts no message twice, so it stays as it is when a batch is taken back.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    pub(crate) flood: Flood,
    pub(crate) reports: Reports,
    /// Answers to commands, of each chat.
    answers: HashMap<LinkId, (Duration, u32)>,
}

impl Counted {
    /// Whether one more command is answered in a chat: a bot is no echo for whoever types fast.
    pub(crate) fn admit_answer(&mut self, link: LinkId, now: Now) -> bool {
        let (since, count) = self.answers.entry(link).or_insert((now.mono, 0));
        if now.mono >= *since + limits::FLOOD_WINDOW {
            (*since, *count) = (now.mono, 0);
        }
        *count += 1;
        *count <= limits::COMMANDS_ANSWERED_MAX
    }
}

/// Something said, as it is judged.
pub(crate) struct Judged<'a> {
    pub(crate) link: LinkId,
    /// By whom: his number there.
    pub(crate) person: i64,
    pub(crate) text: &'a str,
    /// It has a web address that need not show in the text.
    pub(crate) has_address: bool,
    /// Grows with each message of the chat; `None`: it is an older one that was changed.
    pub(crate) number: Option<i64>,
}

/// Why something is not wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Offence {
    /// It has what this filter looks for.
    Words(String),
    /// It has a web address.
    Address,
    /// Its author says more than this in a minute.
    Flood(i64),
}

/// What was said, judged by what is wanted in its chat.
pub(crate) fn judge(
    order: &OrderRow,
    filters: &[Filter],
    flood: &mut Flood,
    said: &Judged<'_>,
    now: Now,
) -> Option<Offence> {
    if !order.is_on {
        return None;
    }
    let most = order.per_minute.unwrap_or(i64::MAX);
    let count = said.number.map_or(0, |number| flood.count((said.link, said.person), number, now.mono));
    let text = plain(said.text);
    if let Some(filter) = filters.iter().find(|filter| filter.fits(&text)) {
        return Some(Offence::Words(filter.text.clone()));
    }
    if order.bars_links && (said.has_address || has_address(said.text)) {
        return Some(Offence::Address);
    }
    (i64::from(count) > most).then_some(Offence::Flood(most))
}

/// What becomes of who has said what is not wanted, besides that it is deleted.
pub(crate) fn sentence(order: &OrderRow, person: i64) -> Option<Deed> {
    match order.action.as_str() {
        "mute" => Some(Deed::Mute(person, order.seconds)),
        "kick" => Some(Deed::Kick(person)),
        "ban" => Some(Deed::Ban(person, order.seconds)),
        _ => None,
    }
}

/// Puts values into the words of an owner: `{name}` and the like. What is no place of ours stays as it is.
pub(crate) fn fill(text: &str, values: &[(&str, String)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let word = rest[1..].split_once('}').map(|(word, _)| word);
        let value = word.and_then(|word| values.iter().find(|(name, _)| *name == word));
        match value {
            Some((name, value)) => {
                out.push_str(value);
                rest = &rest[name.len() + 2..];
            }
            None => {
                out.push('{');
                rest = &rest[1..];
            }
        }
    }
    out + rest
}

/// Whether a text has a web address, with or without its scheme.
fn has_address(text: &str) -> bool {
    let text = text.to_lowercase();
    let marks = ["http://", "https://", "www.", "t.me/", "tg://"];
    marks.iter().any(|mark| {
        // Inside a word it is none: `rest.me/`.
        text.match_indices(mark).any(|(at, _)| !text[..at].ends_with(|c: char| c.is_alphanumeric()))
    })
}

impl Batch {
    /// How order is kept in the chat of a link.
    pub(crate) fn order_of(&self, link: LinkId) -> Result<OrderRow, store::Error> {
        Ok(self.store.link_order(link)?.unwrap_or_default())
    }

    /// The filters of a link, ready for use.
    pub(crate) fn filters_of(&self, link: LinkId) -> Result<Vec<Filter>, store::Error> {
        Ok(self.store.list_filters(link)?.iter().filter_map(|text| Filter::read(text)).collect())
    }
}

impl Core {
    /// Whether something may answer by itself what was said: in a linked chat only where its owner wants that.
    pub(crate) fn may_answer(&self, bot: BotId, said: &Incoming<'_>) -> Result<bool, store::Error> {
        let place = said.from.bare();
        if place.channel().is_none() || said.channel == ChannelName::WEB {
            return Ok(true);
        }
        let Some(link) = self.bridge.with_chat(bot, &place).filter(|link| link.is_enabled) else { return Ok(false) };
        // A command is for whom it names, or for the bot's program.
        if said.text.starts_with('/') {
            return Ok(false);
        }
        Ok(match self.batch.order_of(link.id)?.ai.as_str() {
            "always" => true,
            "on" => said.kind != ConversationKind::Room || said.is_mentioned,
            _ => false,
        })
    }

    /// Who was seen in a linked chat.
    pub(crate) fn list_members(&self, link: &LinkRow, limit: usize) -> Result<MembersInfo, store::Error> {
        let members = self.batch.store.list_chat_members(link.id, limit)?;
        let info = |row: MemberRow| MemberInfo {
            id: row.person,
            username: row.username,
            name: row.name,
            seen_at: row.seen_at,
        };
        Ok(MembersInfo {
            chat: link.there.clone(),
            members: members.into_iter().map(info).collect(),
            seen: self.batch.store.count_members(link.id)?,
        })
    }

    /// The link that is meant, by name or because it is the usual one.
    pub(crate) fn link_of(&self, bot: BotId, name: Option<&str>) -> Result<LinkRow, Failure> {
        match name {
            Some(name) => self.named_link(bot, name),
            None => {
                let usual = self.bridge.usual(bot).cloned();
                usual.ok_or_else(|| Failure::NotConfigured("this bot is joined to no chat yet".to_string()))
            }
        }
    }
}

impl Context<'_> {
    /// A moderator wishes something: the chat's channel does it, and tells whoever asked.
    pub(crate) fn moderate(&mut self, bot: BotId, wish: &GroupModeration, asker: &Asker) -> Result<Verdict, Trouble> {
        let order = self.core.read_order(bot, wish)?;
        let (word, chat) = (wish.action.word(), &order.link.there);
        let details = format!("chat={chat} action={word} target={}", order.shown);
        self.core.batch.audit(Some(bot), "moderated", &details)?;
        self.channels.of(&order.link.there)?.moderate(self.core, (bot, asker), &order)
    }
}

impl Core {
    /// What is meant: which chat, whom, which message.
    fn read_order(&self, bot: BotId, wish: &GroupModeration) -> Result<Order, Trouble> {
        let named = wish.action.message().or(match wish.action.member() {
            Some(Member::AuthorOf(id)) => Some(id),
            _ => None,
        });
        // A message tells by itself in which chat it is, where it is known here.
        let found = match named {
            Some(id) => self.find_said(bot, id)?,
            None => None,
        };
        let link = match (&found, &wish.chat) {
            (Some((link, _)), None) => link.clone(),
            (_, name) => self.link_of(bot, name.as_deref())?,
        };
        if !link.is_enabled {
            return Err(Failure::NotEnabled(format!("the link with {} is off; switch it on first", link.name())).into());
        }
        let message = || {
            let id = found.as_ref().map(|(_, id)| id.clone());
            let number = named.filter(|id| id.parse::<i64>().is_ok());
            let id = id.or(number.map(|number| format!("{}:{number}", chat_number(&link))));
            id.ok_or_else(|| Failure::NotFound(format!("no message {} is known", named.unwrap_or_default())))
        };
        let member = |member: &Member| self.find_person(&link, member, found.as_ref().map(|(_, id)| id.as_str()));
        let (deed, shown) = match &wish.action {
            GroupAction::Kick(who) => member(who).map(|(id, shown)| (Deed::Kick(id), shown))?,
            GroupAction::Ban(who, seconds) => member(who).map(|(id, shown)| (Deed::Ban(id, *seconds), shown))?,
            GroupAction::Unban(who) => member(who).map(|(id, shown)| (Deed::Unban(id), shown))?,
            GroupAction::Mute(who, seconds) => member(who).map(|(id, shown)| (Deed::Mute(id, *seconds), shown))?,
            GroupAction::Unmute(who) => member(who).map(|(id, shown)| (Deed::Unmute(id), shown))?,
            GroupAction::Delete(_) => message().map(|id| (Deed::Delete(id.clone()), id))?,
            GroupAction::Pin(_) => message().map(|id| (Deed::Pin(id.clone()), id))?,
            GroupAction::Title(title) => (Deed::Title(title.clone()), title.clone()),
            GroupAction::Photo(url) => (Deed::Photo(url.clone()), url.clone()),
        };
        Ok(Order { link, deed, shown })
    }

    /// A message that was said in a linked chat, by its id there or by that of a copy: in which link, and its id there.
    fn find_said(&self, bot: BotId, id: &str) -> Result<Option<(LinkRow, String)>, store::Error> {
        for link in self.bridge.links(bot) {
            let there = format!("{}:", chat_number(link));
            if id.starts_with(&there) {
                return Ok(Some((link.clone(), id.to_string())));
            }
        }
        for link in self.bridge.links(bot) {
            let rows = self.batch.store.list_passed(bot, link.here.as_str(), id)?;
            let found = rows.into_iter().find(|row| row.link == link.id && is_in(&row.other, link));
            if let Some(row) = found {
                return Ok(Some((link.clone(), row.other_id)));
            }
        }
        Ok(None)
    }

    /// Somebody in a linked chat, and how he is told of. No service says who has a name: only who was seen is known.
    fn find_person(&self, link: &LinkRow, who: &Member, said: Option<&str>) -> Result<(i64, String), Trouble> {
        let shown = |row: &MemberRow| match &row.username {
            Some(username) => format!("@{username}"),
            None => row.name.clone(),
        };
        match who {
            Member::Number(number) => {
                let row = self.batch.store.find_member(link.id, *number)?;
                Ok((*number, row.map_or_else(|| number.to_string(), |row| shown(&row))))
            }
            Member::Called(name) => match self.batch.store.find_member_called(link.id, name)? {
                Some(row) => Ok((row.person, shown(&row))),
                None => {
                    let text = format!(
                        "nobody called @{name} was seen in {} yet; answer one of his messages, or name his number",
                        link.name()
                    );
                    Err(Failure::NotFound(text).into())
                }
            },
            Member::AuthorOf(id) => {
                let author = match said {
                    Some(said) => self.batch.store.author_of(link.bot, link.there.as_str(), said)?,
                    None => None,
                };
                let number = |author: String| author.strip_prefix("id:")?.parse().ok();
                match author.and_then(number) {
                    Some(number) => self.find_person(link, &Member::Number(number), None),
                    None => Err(Failure::NotFound(format!("it is not known who said {id}")).into()),
                }
            }
        }
    }
}

/// The number of a link's chat, without that of a topic.
fn chat_number(link: &LinkRow) -> &str {
    let id = link.there.channel_id().unwrap_or_default();
    id.split_once('.').map_or(id, |(chat, _)| chat)
}

/// Whether a place is the chat of a link, or a topic there.
fn is_in(place: &BareJid, link: &LinkRow) -> bool {
    *place == link.there || super::is_topic_of(place, &link.there)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: LinkId = LinkId(1);

    fn said(text: &str, number: i64) -> Judged<'_> {
        Judged { link: LINK, person: 7, text, has_address: false, number: Some(number) }
    }

    #[test]
    fn what_is_not_wanted_is_judged_once_it_is_on() {
        let filters = [Filter::read("free*money").unwrap()];
        let mut flood = Flood::default();
        let mut order = OrderRow { per_minute: Some(3), bars_links: true, ..OrderRow::default() };
        let now = Now::default();
        assert_eq!(judge(&order, &filters, &mut flood, &said("FREE MONEY", 1), now), None, "off");
        order.is_on = true;
        let words = Some(Offence::Words("free*money".to_string()));
        assert_eq!(judge(&order, &filters, &mut flood, &said("FREE, really: MONEY", 2), now), words);
        assert_eq!(judge(&order, &filters, &mut flood, &said("see HTTPS://x.y", 3), now), Some(Offence::Address));
        let hidden = Judged { has_address: true, ..said("here", 3) };
        assert_eq!(judge(&order, &filters, &mut flood, &hidden, now), Some(Offence::Address));
        assert_eq!(judge(&order, &filters, &mut flood, &said("hello", 4), now), None);
        assert_eq!(judge(&order, &filters, &mut flood, &said("hello", 5), now), Some(Offence::Flood(3)));
        // What is changed later is judged by what it says, and not counted.
        let changed = Judged { number: None, ..said("free money", 0) };
        assert_eq!(judge(&order, &filters, &mut flood, &changed, now), words);
    }

    #[test]
    fn addresses_in_texts() {
        for text in ["http://a", "see www.a.b", "(t.me/joinchat)", "HTTPS://A"] {
            assert!(has_address(text), "{text}");
        }
        for text in ["a.b", "rest.me/x", "http", "awww."] {
            assert!(!has_address(text), "{text}");
        }
    }

    #[test]
    fn an_owners_words_with_values() {
        let values = [("name", "{chat}".to_string()), ("chat", "Family".to_string())];
        assert_eq!(fill("Hello {name} in {chat}: {x} {", &values), "Hello {chat} in Family: {x} {");
        assert_eq!((fill("", &values), fill("}{name", &values)), (String::new(), "}{name".to_string()));
    }

    #[test]
    fn sentences() {
        let order = |action: &str| OrderRow { action: action.to_string(), seconds: Some(60), ..OrderRow::default() };
        assert_eq!(sentence(&order("delete"), 7), None);
        assert_eq!(sentence(&order("mute"), 7), Some(Deed::Mute(7, Some(60))));
        assert_eq!(sentence(&order("kick"), 7), Some(Deed::Kick(7)));
        assert_eq!(sentence(&order("ban"), 7), Some(Deed::Ban(7, Some(60))));
    }
}
