//! What is done when a bot's own account comes online: its owner is put on its roster, let in and asked for his presence,
//! and what the bot shows of itself is published (XEP-0054, XEP-0172, XEP-0292, XEP-0084, XEP-0153).
//!
//! Everything may be done twice, and nothing is without need: what was published is remembered by its hash, and that the
//! owner was asked, too, so that who said no is left alone. Where the owner's account is signed in here, his side is
//! completed for him. What an interruption leaves undone is done at the next coming online.

use crate::base::crypto;
use crate::base::id::{AccountId, BotId};
use crate::channel::xmpp::Xmpp;
use crate::channel::xmpp::accounts::features::FEATURES;
use crate::channel::xmpp::accounts::{Accounts, Stream};
use crate::channel::xmpp::asking::{About, EntityAnswer, Questions, is_lost};
use crate::core::Core;
use crate::core::batch::Batch;
use crate::core::owner::is_local;
use crate::core::registry::Bot;
use crate::store;
use crate::store::row::{Origin, ProfileRow};
use crate::xml::Element;
use crate::xmpp::avatar::Avatar;
use crate::xmpp::iq::Peer;
use crate::xmpp::presence::{self, Available, Photo};
use crate::xmpp::pubsub::{self, Options, Refusal};
use crate::xmpp::roster::{self, Item, Subscription};
use crate::xmpp::stanza::{IqKind, StanzaError};
use crate::xmpp::vcard::VCard;
use crate::xmpp::{disco, ns, ping};

/// A question about an account that came online.
#[derive(Clone, Debug)]
pub(crate) enum Asked {
    /// The bot's roster.
    Roster,
    /// The roster of the bot's owner, on his account.
    OwnerRoster(BotId),
    /// The same, to call a bot by its new name there.
    Renaming(BotId),
    /// To call it so.
    Renamed(BotId, String),
    /// Whether all that was said on the owner's account before has arrived.
    OwnerReady(BotId),
    /// To publish a part of the profile with this hash.
    Publish(Part, How, [u8; 32]),
}

/// What is published, in this order. Data of a picture come before what announces them; the vCard comes first, as some
/// servers make the others from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    VCard,
    Nick,
    VCard4,
    AvatarData,
    AvatarMetadata,
}

impl Part {
    fn as_str(self) -> &'static str {
        match self {
            Part::VCard => "vCard (XEP-0054)",
            Part::Nick => "nickname (XEP-0172)",
            Part::VCard4 => "vCard (XEP-0292)",
            Part::AvatarData | Part::AvatarMetadata => "picture (XEP-0084)",
        }
    }
}

const PARTS: [Part; 5] = [Part::VCard, Part::Nick, Part::VCard4, Part::AvatarData, Part::AvatarMetadata];

/// How a part is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// Readable for all.
    Open,
    /// The node is there and is otherwise: first it is configured.
    Configure,
    /// As the node is.
    AsItIs,
}

impl Bot {
    /// Its presence, while it is online with an account of its own.
    pub(crate) fn presence(&self) -> String {
        let status = Some(self.row.description.as_str()).filter(|text| !text.is_empty());
        // XEP-0153 §3.1: a hash is shown only when the picture can be fetched.
        let photo = match &self.profile.avatar_id {
            _ if !self.is_published() => Photo::NotReady,
            Some(id) => Photo::Sha1(id.clone()),
            None => Photo::None,
        };
        let caps = disco::Own::new(FEATURES).build_caps();
        let nick = Some(self.row.name.as_str());
        Available { status, nick, caps, photo: Some(photo), ..Available::new(0) }.print()
    }

    fn profile_hash(&self) -> [u8; 32] {
        let avatar = self.profile.avatar_id.as_deref().unwrap_or_default();
        crypto::sha256(format!("{}\0{}\0{avatar}", self.row.name, self.row.description).as_bytes())
    }

    fn is_published(&self) -> bool {
        self.profile.published == Some(self.profile_hash())
    }
}

// --- coming online ---

impl Xmpp {
    /// An account is online.
    pub(crate) fn on_arrival(
        &mut self,
        core: &mut Core,
        account: AccountId,
        stream: Stream,
    ) -> Result<(), store::Error> {
        let Some(arrived) = self.accounts.get_mut(&account) else { return Ok(()) };
        // What was asked before is answered by now, if only with the loss of the connection.
        arrived.is_settling = false;
        if stream == Stream::New {
            self.files.forget_upload_service(account);
        }
        let Some(arrived) = self.accounts.get_mut(&account) else { return Ok(()) };
        match (arrived.row.removing, arrived.row.origin) {
            (true, Origin::Register) => {
                self.questions.go_on_unregistering(&mut core.batch, account);
                return Ok(());
            }
            (true, _) => return self.continue_farewell(&mut core.batch, account, 0),
            (false, _) => {}
        }
        match stream {
            Stream::New => self.omemo_arrival(core, account)?,
            Stream::Resumed => self.omemo_resumed(core, account)?,
        }
        let Some(arrived) = self.accounts.get_mut(&account) else { return Ok(()) };
        let is_mutual = stream == Stream::Resumed && arrived.is_mutual;
        let Some(bot) = arrived.row.bot else {
            if stream == Stream::New {
                self.on_owner_arrival(&mut core.batch, account)?;
            }
            return Ok(());
        };
        self.arrivals.ended.push((bot, Ok(())));
        core.batch.note_profile(bot, |profile| profile.has_arrived = true)?;
        self.accounts.withdraw_presence(&mut core.batch, bot)?;
        if !is_mutual {
            self.questions.ask_roster(&mut core.batch, account, Asked::Roster);
        }
        self.publish_profile(&mut core.batch, account, bot)
    }
}

impl Xmpp {
    /// A person's account is online: his bots look whether there is something left to do.
    fn on_owner_arrival(&mut self, batch: &mut Batch, account: AccountId) -> Result<(), store::Error> {
        let owner = self.accounts.get(&account).map(|account| account.row.jid.clone());
        let Some(owner) = owner else { return Ok(()) };
        let own: Vec<BotId> = batch.bots.values().filter(|bot| bot.row.owner == owner).map(|bot| bot.row.id).collect();
        for bot in own {
            self.begin_renaming(batch, bot)?;
        }
        let is_theirs = |bot: &BotId| batch.bots.get(bot).is_some_and(|bot| bot.row.owner == owner);
        let waiting =
            self.accounts.values().filter(|a| a.is_online && !a.is_mutual && a.row.bot.is_some_and(|b| is_theirs(&b)));
        let waiting: Vec<AccountId> = waiting.map(|account| account.row.id).collect();
        for account in waiting {
            self.questions.ask_roster(batch, account, Asked::Roster);
        }
        Ok(())
    }

    pub(crate) fn on_arrival_answer(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        asked: Asked,
        answer: &EntityAnswer,
    ) -> Result<(), store::Error> {
        let items = || answer.as_ref().ok().and_then(Option::as_ref).and_then(roster::read);
        match asked {
            Asked::Roster => match (self.accounts.bot_of(account), items()) {
                (Some(bot), Some(items)) => {
                    batch.keep_subscribers(bot, &items)?;
                    self.greet_owner(batch, account, bot, &items)
                }
                _ => Ok(()),
            },
            Asked::OwnerRoster(bot) => {
                if let Some(items) = items() {
                    self.complete_owner(batch, account, bot, &items);
                }
                Ok(())
            }
            Asked::Renaming(bot) => match items() {
                Some(items) => self.questions.rename_on_roster(batch, account, bot, &items),
                None => Ok(()),
            },
            Asked::Renamed(bot, name) if answer.is_ok() => {
                if batch.bots.get(&bot).is_none_or(|bot| bot.row.name == name) {
                    return batch.store.delete_setting(&former_name_key(bot));
                }
                // It was renamed again meanwhile.
                batch.store.store_setting(&former_name_key(bot), &name)?;
                self.begin_renaming(batch, bot)
            }
            Asked::Renamed(..) => Ok(()),
            Asked::OwnerReady(bot) => {
                if let Some(account) = self.accounts.account_of_bot(bot) {
                    self.accounts.ask_for_presence(batch, account, bot);
                }
                Ok(())
            }
            Asked::Publish(part, how, hash) => self.on_published(batch, account, part, how, hash, answer),
        }
    }
}

impl Accounts {
    fn bot_of(&self, account: AccountId) -> Option<BotId> {
        self.get(&account).and_then(|account| account.row.bot)
    }
}

impl Questions {
    fn ask_roster(&mut self, batch: &mut Batch, account: AccountId, asked: Asked) {
        self.ask_entity(batch, account, (Peer::Account, IqKind::Get, roster::build_get()), About::Arrival(asked));
    }
}

impl Batch {
    /// Changes what is remembered of a bot's profile; nothing is written when nothing changes.
    fn note_profile(&mut self, bot: BotId, change: impl FnOnce(&mut ProfileRow)) -> Result<(), store::Error> {
        let Some(known) = self.bots.get_mut(&bot) else { return Ok(()) };
        let before = known.profile.clone();
        change(&mut known.profile);
        if known.profile != before {
            self.store.store_profile(bot, &known.profile)?;
        }
        Ok(())
    }
}

// --- the owner ---

impl Xmpp {
    /// What the bot does for its owner: a place on its roster, a yes to his request before it comes, and a request.
    fn greet_owner(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        id: BotId,
        items: &[Item],
    ) -> Result<(), store::Error> {
        let Some(bot) = batch.bots.get(&id) else { return Ok(()) };
        let (owner, before) = (bot.row.owner.clone(), bot.profile.clone());
        if is_local(&owner) || bot.row.jid.as_ref() == Some(&owner) {
            return Ok(());
        }
        let item = items.iter().find(|item| item.jid == owner);
        if item.is_none_or(|item| item.name.is_none()) {
            let groups: Vec<&str> = item.iter().flat_map(|item| &item.groups).map(String::as_str).collect();
            let order = roster::build_set(&owner, owner.local(), &groups);
            let about = About::Chore("a place for its owner on its roster");
            self.questions.ask_entity(batch, account, (Peer::Account, IqKind::Set, order), about);
        }
        if !item.is_some_and(Item::may_see_us) {
            self.accounts.tell_session(batch, account, presence::print_subscribed(&owner));
        }
        let is_asking = item.is_some_and(|item| item.is_asking);
        let is_tied = item.is_some_and(|item| item.subscription != Subscription::None);
        let is_mutual = item.is_some_and(|item| item.subscription == Subscription::Both);
        let is_done = is_mutual || before.was_mutual;
        if let Some(item) = item {
            self.accounts.note_owner(batch, account, id, item)?;
        }
        let theirs = self.accounts.account_of(&owner).filter(|id| self.accounts.get(id).is_some_and(|a| a.is_online));
        match theirs {
            // Who was asked once and wants nothing of the bot has decided so.
            Some(theirs) if !is_done && (!before.is_greeted || is_asking || is_tied) => {
                self.questions.ask_roster(batch, theirs, Asked::OwnerRoster(id));
            }
            None if !before.is_greeted && !is_asking && !item.is_some_and(Item::sees) => {
                self.accounts.ask_for_presence(batch, account, id)
            }
            _ => {}
        }
        Ok(())
    }

    /// The owner's side, on his own account: the bot's name on his roster, a yes to the bot and a request of his. All of
    /// it before the bot asks, or his other clients would ask him.
    fn complete_owner(&mut self, batch: &mut Batch, theirs: AccountId, id: BotId, items: &[Item]) {
        let Some((name, Some(jid))) = batch.bots.get(&id).map(|bot| (bot.row.name.clone(), bot.row.jid.clone())) else {
            return;
        };
        let item = items.iter().find(|item| item.jid == jid);
        if item.is_none_or(|item| item.name.is_none()) {
            let groups: Vec<&str> = item.iter().flat_map(|item| &item.groups).map(String::as_str).collect();
            let order = roster::build_set(&jid, Some(&name), &groups);
            let about = About::Chore("a place for a bot on its owner's roster");
            self.questions.ask_entity(batch, theirs, (Peer::Account, IqKind::Set, order), about);
        }
        if !item.is_some_and(Item::may_see_us) {
            self.accounts.tell_session(batch, theirs, presence::print_subscribed(&jid));
        }
        if !item.is_some_and(|item| item.sees() || item.is_asking) {
            self.accounts.tell_session(batch, theirs, presence::print_subscribe(&jid, None, None));
        }
        self.questions.ask_entity(
            batch,
            theirs,
            (Peer::Server, IqKind::Get, ping::build()),
            About::Arrival(Asked::OwnerReady(id)),
        );
    }

    /// A bot has another name now: where its owner's account is signed in here, his roster is to have it, too.
    pub(crate) fn note_renamed(&mut self, batch: &mut Batch, id: BotId, former: &str) -> Result<(), store::Error> {
        // The first of several changes, as the roster has it.
        if batch.store.setting(&former_name_key(id))?.is_none() {
            batch.store.store_setting(&former_name_key(id), former)?;
        }
        self.begin_renaming(batch, id)
    }

    fn begin_renaming(&mut self, batch: &mut Batch, id: BotId) -> Result<(), store::Error> {
        let Some(bot) = batch.bots.get(&id).filter(|bot| bot.row.jid.is_some()) else { return Ok(()) };
        let theirs =
            self.accounts.account_of(&bot.row.owner).filter(|id| self.accounts.get(id).is_some_and(|a| a.is_online));
        if let (Some(theirs), Some(_)) = (theirs, batch.store.setting(&former_name_key(id))?)
            && !self.questions.is_renaming(theirs, id)
        {
            self.questions.ask_roster(batch, theirs, Asked::Renaming(id));
        }
        Ok(())
    }
}

impl Accounts {
    fn ask_for_presence(&mut self, batch: &mut Batch, account: AccountId, id: BotId) {
        let Some(bot) = batch.bots.get(&id) else { return };
        let status = Some(bot.row.description.as_str()).filter(|text| !text.is_empty());
        let request = presence::print_subscribe(&bot.row.owner, Some(&bot.row.name), status);
        self.tell_session(batch, account, request);
    }

    /// A contact of a bot's account changed.
    pub(crate) fn on_contact(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        item: &Item,
    ) -> Result<(), store::Error> {
        let Some(id) = self.bot_of(account) else { return Ok(()) };
        batch.keep_subscriber(id, item)?;
        let Some(bot) = batch.bots.get(&id).filter(|bot| bot.row.owner == item.jid) else { return Ok(()) };
        let own = bot.row.jid.clone();
        self.note_owner(batch, account, id, item)?;
        // Where servers know no approval in advance, the bot's request is answered when it is out.
        if let (true, Some(own), Some(theirs)) = (item.is_asking, own, self.account_of(&item.jid)) {
            self.tell_session(batch, theirs, presence::print_subscribed(&own));
        }
        Ok(())
    }

    fn note_owner(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        bot: BotId,
        item: &Item,
    ) -> Result<(), store::Error> {
        if let Some(account) = self.get_mut(&account) {
            account.is_mutual = item.subscription == Subscription::Both;
        }
        let (is_greeted, is_mutual) = (item.is_asking || item.sees(), item.subscription == Subscription::Both);
        batch.note_profile(bot, |profile| {
            profile.is_greeted |= is_greeted;
            profile.was_mutual |= is_mutual;
        })
    }
}

impl Questions {
    /// Two at once would have the later one undo what the owner has said between them.
    fn is_renaming(&self, theirs: AccountId, id: BotId) -> bool {
        let is_such = |about: &About| matches!(about, About::Arrival(Asked::Renaming(bot) | Asked::Renamed(bot, _)) if *bot == id);
        self.open().any(|(account, about)| *account == theirs && is_such(about))
    }

    /// What the owner has called it himself stays.
    fn rename_on_roster(
        &mut self,
        batch: &mut Batch,
        theirs: AccountId,
        id: BotId,
        items: &[Item],
    ) -> Result<(), store::Error> {
        let Some((name, Some(jid))) = batch.bots.get(&id).map(|bot| (bot.row.name.clone(), bot.row.jid.clone())) else {
            return Ok(());
        };
        let former = batch.store.setting(&former_name_key(id))?;
        match items.iter().find(|item| item.jid == jid) {
            Some(item) if item.name == former && former.is_some() && item.name.as_ref() != Some(&name) => {
                let groups: Vec<&str> = item.groups.iter().map(String::as_str).collect();
                let order = roster::build_set(&jid, Some(&name), &groups);
                self.ask_entity(
                    batch,
                    theirs,
                    (Peer::Account, IqKind::Set, order),
                    About::Arrival(Asked::Renamed(id, name)),
                );
                Ok(())
            }
            _ => batch.store.delete_setting(&former_name_key(id)),
        }
    }
}

// --- the profile ---

impl Xmpp {
    /// Publishes what the bot shows of itself, where that is not out already.
    pub(crate) fn publish_profile(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        id: BotId,
    ) -> Result<(), store::Error> {
        let Some(bot) = batch.bots.get(&id).filter(|bot| !bot.is_published()) else { return Ok(()) };
        let hash = bot.profile_hash();
        match self.accounts.get_mut(&account) {
            Some(account) if account.is_online && !account.is_settling => account.is_settling = true,
            _ => return Ok(()),
        }
        self.publish_part(batch, account, id, Part::VCard, How::Open, hash)
    }

    fn publish_part(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        id: BotId,
        part: Part,
        how: How,
        hash: [u8; 32],
    ) -> Result<(), store::Error> {
        match self.accounts.build_part(batch, id, part, how)? {
            Some(order) => {
                let about = About::Arrival(Asked::Publish(part, how, hash));
                self.questions.ask_entity(batch, account, (Peer::Account, IqKind::Set, order), about);
                Ok(())
            }
            None => self.publish_next(batch, account, id, part, hash),
        }
    }

    fn publish_next(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        id: BotId,
        part: Part,
        hash: [u8; 32],
    ) -> Result<(), store::Error> {
        match PARTS.iter().skip_while(|known| **known != part).nth(1) {
            Some(next) => self.publish_part(batch, account, id, *next, How::Open, hash),
            None => self.on_all_published(batch, account, id, hash),
        }
    }

    fn on_published(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        part: Part,
        how: How,
        hash: [u8; 32],
        answer: &EntityAnswer,
    ) -> Result<(), store::Error> {
        let Some(id) = self.accounts.bot_of(account) else { return Ok(()) };
        let Err(error) = answer else {
            return match how {
                How::Configure => self.publish_part(batch, account, id, part, How::AsItIs, hash),
                _ => self.publish_next(batch, account, id, part, hash),
            };
        };
        match (how, Refusal::read(error.clone())) {
            _ if is_passing(error) => {
                let level = if is_lost(error) { log::Level::Debug } else { log::Level::Info };
                log::log!(level, "bot {id}: its {} is published later: {error}", part.as_str());
                if let Some(account) = self.accounts.get_mut(&account) {
                    account.is_settling = false;
                }
                Ok(())
            }
            (How::Open, Refusal::PreconditionNotMet) => {
                self.publish_part(batch, account, id, part, How::Configure, hash)
            }
            (How::Configure, _) => self.publish_part(batch, account, id, part, How::AsItIs, hash),
            // The server will say the same next time; the bot works without.
            (_, refusal) => {
                log::warn!("bot {id}: its {} was not published: {refusal}", part.as_str());
                self.publish_next(batch, account, id, part, hash)
            }
        }
    }

    fn on_all_published(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        id: BotId,
        hash: [u8; 32],
    ) -> Result<(), store::Error> {
        if let Some(account) = self.accounts.get_mut(&account) {
            account.is_settling = false;
        }
        batch.note_profile(id, |profile| profile.published = Some(hash))?;
        self.accounts.adjust_presence(batch, account);
        // It may have been changed meanwhile.
        self.publish_profile(batch, account, id)
    }
}

impl Accounts {
    /// The order to publish a part; `None` for a part that this bot does not have.
    fn build_part(&self, batch: &Batch, id: BotId, part: Part, how: How) -> Result<Option<Element>, store::Error> {
        let Some(bot) = batch.bots.get(&id) else { return Ok(None) };
        let avatar = if matches!(part, Part::Nick | Part::VCard4) { None } else { batch.store.avatar(id)? };
        let avatar = avatar.and_then(|bytes| Avatar::new(bytes).ok());
        // What the server does not take is left out, or nothing would be published.
        let avatar = avatar.filter(|avatar| self.check_picture(id, avatar.bytes().len()).is_ok());
        let vcard = VCard {
            full_name: Some(bot.row.name.clone()),
            nickname: Some(bot.row.name.clone()),
            description: Some(bot.row.description.clone()).filter(|text| !text.is_empty()),
            url: None,
            photo: avatar.clone(),
        };
        let avatar_id = avatar.as_ref().map(Avatar::id);
        let (node, item, payload) = match part {
            Part::VCard => return Ok(Some(vcard.build())),
            Part::Nick => (ns::NICK, Some("current".to_string()), Some(presence::build_nick(&bot.row.name))),
            Part::VCard4 => (ns::VCARD4_NODE, Some("current".to_string()), Some(vcard.build_vcard4())),
            Part::AvatarData => (ns::AVATAR_DATA, avatar_id, avatar.as_ref().map(Avatar::build_data)),
            Part::AvatarMetadata => (ns::AVATAR_METADATA, avatar_id, avatar.as_ref().map(Avatar::build_metadata)),
        };
        let order = |payload| match how {
            How::Open => pubsub::build_publish(node, item.as_deref(), payload, Some(&Options::OPEN)),
            How::Configure => pubsub::build_configure(node, &Options::OPEN),
            How::AsItIs => pubsub::build_publish(node, item.as_deref(), payload, None),
        };
        Ok(payload.map(order))
    }
}

/// What the owner's roster calls a bot that has another name now. DinoX's kind of key: it goes with the bot.
fn former_name_key(bot: BotId) -> String {
    format!("bot_{bot}_former_name")
}

/// Whether the same may well be accepted another time.
pub(crate) fn is_passing(error: &StanzaError) -> bool {
    matches!(error.condition.as_str(), "recipient-unavailable" | "remote-server-timeout" | "internal-server-error")
}
