//! What a bot shows of itself on its account is published part by part, where that is not out already (XEP-0054, XEP-0172,
//! XEP-0292, XEP-0084, XEP-0153).

use super::Asked;
use crate::base::crypto;
use crate::base::id::{AccountId, BotId};
use crate::channel::xmpp::Xmpp;
use crate::channel::xmpp::accounts::Accounts;
use crate::channel::xmpp::accounts::features::FEATURES;
use crate::channel::xmpp::asking::{About, EntityAnswer, is_lost};
use crate::core::batch::Batch;
use crate::core::registry::Bot;
use crate::store;
use crate::xml::Element;
use crate::xmpp::avatar::Avatar;
use crate::xmpp::iq::Peer;
use crate::xmpp::presence::{self, Available, Photo};
use crate::xmpp::pubsub::{self, Options, Refusal};
use crate::xmpp::stanza::{IqKind, StanzaError};
use crate::xmpp::vcard::VCard;
use crate::xmpp::{disco, ns};

/// What is published, in this order. Data of a picture come before what announces them; the vCard comes first, as some
/// servers make the others from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
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
enum How {
    /// Readable for all.
    Open,
    /// The node is there and is otherwise: first it is configured.
    Configure,
    /// As the node is.
    AsItIs,
}

/// A part of the profile that is being published.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Publication {
    part: Part,
    how: How,
    /// Of the whole profile, as it is when this begins.
    hash: [u8; 32],
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
            Some(account) if account.is_online && !account.settling.is_under_way => {
                account.settling.is_under_way = true
            }
            _ => return Ok(()),
        }
        self.publish_part(batch, account, id, Publication { part: Part::VCard, how: How::Open, hash })
    }

    fn publish_part(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        id: BotId,
        publication: Publication,
    ) -> Result<(), store::Error> {
        match self.accounts.build_part(batch, id, publication.part, publication.how)? {
            Some(order) => {
                let about = About::Arrival(Asked::Publish(publication));
                self.questions.ask_entity(batch, account, (Peer::Account, IqKind::Set, order), about);
                Ok(())
            }
            None => self.publish_next(batch, account, id, publication),
        }
    }

    fn publish_next(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        id: BotId,
        last: Publication,
    ) -> Result<(), store::Error> {
        match PARTS.iter().skip_while(|known| **known != last.part).nth(1) {
            Some(next) => self.publish_part(batch, account, id, Publication { part: *next, how: How::Open, ..last }),
            None => self.on_all_published(batch, account, id, last.hash),
        }
    }

    pub(super) fn on_published(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        publication: Publication,
        answer: &EntityAnswer,
    ) -> Result<(), store::Error> {
        let Some(id) = self.accounts.bot_of(account) else { return Ok(()) };
        let with = |how| Publication { how, ..publication };
        let Publication { part, how, .. } = publication;
        let Err(error) = answer else {
            return match how {
                How::Configure => self.publish_part(batch, account, id, with(How::AsItIs)),
                _ => self.publish_next(batch, account, id, publication),
            };
        };
        match (how, Refusal::read(error.clone())) {
            _ if is_passing(error) => {
                let level = if is_lost(error) { log::Level::Debug } else { log::Level::Info };
                log::log!(level, "bot {id}: its {} is published later: {error}", part.as_str());
                if let Some(account) = self.accounts.get_mut(&account) {
                    account.settling.is_under_way = false;
                }
                Ok(())
            }
            (How::Open, Refusal::PreconditionNotMet) => self.publish_part(batch, account, id, with(How::Configure)),
            (How::Configure, _) => self.publish_part(batch, account, id, with(How::AsItIs)),
            // The server will say the same next time; the bot works without.
            (_, refusal) => {
                log::warn!("bot {id}: its {} was not published: {refusal}", part.as_str());
                self.publish_next(batch, account, id, publication)
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
            account.settling.is_under_way = false;
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

/// Whether the same may well be accepted another time.
pub(crate) fn is_passing(error: &StanzaError) -> bool {
    matches!(error.condition.as_str(), "recipient-unavailable" | "remote-server-timeout" | "internal-server-error")
}
