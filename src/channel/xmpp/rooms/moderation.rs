//! What bots do as moderators of a room: they take away what others said (XEP-0425), put people out, ban them, take and
//! give voice (XEP-0045 §8, §9). What the room answers is told to whoever asked: the program that waits, or the owner in
//! his chat with the bot.

use super::Key;
use crate::base::id::BotId;
use crate::base::jid::BareJid;
use crate::base::limits;
use crate::channel::xmpp::Xmpp;
use crate::channel::xmpp::asking::{About, EntityAnswer, is_lost};
use crate::channel::xmpp::rooms::Rooms;
use crate::core::batch::Trouble;
use crate::core::calls::End;
use crate::core::failure::Failure;
use crate::core::handle::{Answer, Occupier, RoomAction, RoomModeration, Standing};
use crate::core::{Core, Signal, texts};
use crate::xml::Element;
use crate::xmpp::iq::Peer;
use crate::xmpp::muc::moderation::{NewRole, build_affiliation, build_retraction, build_role};
use crate::xmpp::muc::presence::{Affiliation, Role};
use crate::xmpp::muc::room::Room;
use crate::xmpp::stanza::IqKind;

/// What was asked of a room, and by whom.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    bot: BotId,
    /// Who hears of it in the bot's chat; `None`: a program waits.
    who: Option<BareJid>,
    wish: RoomModeration,
}

fn refuse(why: String) -> Failure {
    Failure::Remote { what: "moderation_failed", why }
}

impl Xmpp {
    /// Asks it of the room. Gives the tag under which a program waits for the answer; `who` hears it in the bot's chat.
    pub(crate) fn moderate(
        &mut self,
        core: &mut Core,
        bot: BotId,
        wish: &RoomModeration,
        who: Option<&BareJid>,
    ) -> Result<u64, Trouble> {
        let reason = wish.reason.as_deref();
        Failure::check_most("reason", reason.map_or(0, str::len), limits::ROOM_REASON_BYTES_MAX, "bytes")?;
        let account = self.accounts.room_account(&core.batch, bot, "moderation_failed")?;
        let key = (account, wish.room.clone());
        let room = self.rooms.entries.get(&key).filter(|_| self.rooms.is_member(&key, bot)).map(|entry| &entry.room);
        let Some(room) = room.filter(|room| room.is_joined()) else {
            return Err(refuse(format!("the bot is not in the room {}", key.1)).into());
        };
        if room.own().role < Role::Moderator {
            let why = format!("the bot is no moderator of the room {}; an owner of the room can make it one", key.1);
            return Err(refuse(why).into());
        }
        let payload = self.build(core, &key, wish)?;
        let (word, target) = (wish.action.word(), wish.action.target());
        core.batch.audit(Some(bot), "room_moderated", &format!("room={} action={word} target={target}", key.1))?;
        let asked = Asked { bot, who: who.cloned(), wish: wish.clone() };
        let to = Peer::Other(key.1.to_jid());
        let about = About::Moderation(Box::new(asked));
        Ok(self.questions.ask_entity(&mut core.batch, account, (to, IqKind::Set, payload), about))
    }

    fn build(&self, core: &Core, key: &Key, wish: &RoomModeration) -> Result<Element, Trouble> {
        let reason = wish.reason.as_deref();
        let room = self.rooms.entries.get(key).map(|entry| &entry.room);
        Ok(match &wish.action {
            RoomAction::Retract(message_id) => {
                let Some(moderation) = room.and_then(|room| room.info()).and_then(|info| info.moderation) else {
                    let why = format!("the room {} lets nobody take away what others said (XEP-0425)", key.1);
                    return Err(refuse(why).into());
                };
                build_retraction(moderation, &core.batch.room_id_of(key, message_id)?, reason)
            }
            RoomAction::Kick(nick) => build_role(nick, NewRole::None, reason),
            RoomAction::Mute(nick) => build_role(nick, NewRole::Visitor, reason),
            RoomAction::Unmute(nick) => build_role(nick, NewRole::Participant, reason),
            RoomAction::Unban(who) => build_affiliation(who, Affiliation::None, reason),
            RoomAction::Ban(Occupier::Person(who)) => build_affiliation(who, Affiliation::Outcast, reason),
            RoomAction::Ban(Occupier::Nick(nick)) => {
                let Some(occupant) = room.and_then(|room| room.occupant(nick)) else {
                    return Err(refuse(format!("nobody is called {nick} in the room {}", key.1)).into());
                };
                let Some(who) = &occupant.real_jid else {
                    let why = format!("the room {} does not show who {nick} is; ban him by his address", key.1);
                    return Err(refuse(why).into());
                };
                build_affiliation(&who.bare(), Affiliation::Outcast, reason)
            }
        })
    }

    /// The room has answered.
    pub(crate) fn on_moderated(&mut self, core: &mut Core, tag: u64, asked: &Asked, answer: &EntityAnswer) {
        let room = &asked.wish.room;
        let outcome = match answer {
            Ok(_) => Ok(Answer::Done),
            Err(error) if is_lost(error) => {
                Err(refuse("the connection was lost; whether the room did it is not known".to_string()))
            }
            Err(error) => Err(refuse(format!("the room {room} refused it: {error}"))),
        };
        let Some(who) = &asked.who else {
            core.callers.end(tag, End::Outcome(outcome));
            return;
        };
        let language = core.batch.setup.settings.language;
        let (word, target) = (asked.wish.action.word(), asked.wish.action.target());
        let text = match outcome {
            Ok(_) => {
                texts::people::ROOM_DONE.fill(language, &[("word", word), ("target", target), ("room", room.as_str())])
            }
            Err(failure) => failure.at(core.batch.chat_place()),
        };
        core.signal(Signal::SayAs(asked.bot, who.clone(), text));
    }
}

impl Rooms {
    /// How many are in a room that a bot is in, itself counted, as far as all are remembered.
    pub(crate) fn count_in(&self, bot: BotId, room: &BareJid) -> Option<usize> {
        let mut mine = self.entries.iter().filter(|(key, entry)| key.1 == *room && entry.row.members.contains(&bot));
        mine.find(|(_, entry)| entry.room.is_joined()).map(|(_, entry)| entry.room.count_others() + 1)
    }

    /// The room, as the account of a bot that is in it sees it.
    fn room_of(&self, bot: BotId, room: &BareJid) -> Option<&Room> {
        let mut mine = self.entries.iter().filter(|(key, entry)| key.1 == *room && entry.row.members.contains(&bot));
        mine.find(|(_, entry)| entry.room.is_joined()).map(|(_, entry)| &entry.room)
    }

    /// Whether somebody has this nick in a room that a bot is in.
    pub(crate) fn is_in(&self, bot: BotId, room: &BareJid, nick: &str) -> bool {
        self.room_of(bot, room).is_some_and(|room| room.occupant(nick).is_some())
    }

    /// Who has a nick there, where the room shows that.
    pub(crate) fn person_of(&self, bot: BotId, room: &BareJid, nick: &str) -> Option<BareJid> {
        self.room_of(bot, room)?.occupant(nick)?.real_jid.as_ref().map(|jid| jid.bare())
    }

    /// The nick that somebody has there, where the room shows that.
    pub(crate) fn nick_of(&self, bot: BotId, room: &BareJid, person: &BareJid) -> Option<String> {
        let room = self.room_of(bot, room)?;
        let is_his = |nick: &&str| {
            let real = room.occupant(nick).and_then(|occupant| occupant.real_jid.as_ref());
            real.is_some_and(|jid| jid.bare() == *person)
        };
        room.nicks().find(is_his).map(str::to_string)
    }

    /// The nicks in a room that we are in, but ours: so many of them at most, and how many there are.
    pub(crate) fn nicks(&self, key: &Key, limit: usize) -> Option<(Vec<String>, usize)> {
        let room = self.entries.get(key).map(|entry| &entry.room).filter(|room| room.is_joined())?;
        let nicks: Vec<&str> = room.nicks().filter(|nick| *nick != room.nick()).collect();
        Some((nicks.iter().take(limit).map(|nick| nick.to_string()).collect(), nicks.len()))
    }

    /// Who may more than others in a room that a bot is in: nicks, none for the bot itself.
    pub(crate) fn officials_in(&self, bot: BotId, room: &BareJid) -> Option<Vec<(Option<String>, Standing)>> {
        let mut mine = self.entries.iter().filter(|(key, entry)| key.1 == *room && entry.row.members.contains(&bot));
        let (_, entry) = mine.find(|(_, entry)| entry.room.is_joined())?;
        let standing = |affiliation| match affiliation {
            Affiliation::Owner => Some(Standing::Owner),
            Affiliation::Admin => Some(Standing::Admin),
            _ => None,
        };
        let own = standing(entry.room.own().affiliation).map(|standing| (None, standing));
        let others = entry.room.nicks().filter_map(|nick| {
            let occupant = entry.room.occupant(nick)?;
            Some((Some(nick.to_string()), standing(occupant.affiliation)?))
        });
        Some(own.into_iter().chain(others).collect())
    }

    /// The rooms that a bot is in now, each with whether it is a moderator there.
    pub(crate) fn of_bot(&self, bot: BotId) -> Vec<(BareJid, bool)> {
        let mine = self.entries.iter().filter(|(_, entry)| entry.row.members.contains(&bot) && entry.room.is_joined());
        mine.map(|((_, room), entry)| (room.clone(), entry.room.own().role >= Role::Moderator)).collect()
    }
}
