//! What programs ask that know people, chats and messages by numbers: what the rules can do alone is done by
//! `core/numbers`, the rest here.

use crate::base::id::BotId;
use crate::base::jid::{BareJid, Jid};
use crate::core::batch::{Trouble, Verdict};
use crate::core::calls::wait_for;
use crate::core::failure::Failure;
use crate::core::handle::{
    Answer, ChatRef, Dropping, NewProfile, NumberedAct, NumberedAction, NumberedAnswer, NumberedAsk, NumberedMember,
    NumberedModeration, NumberedQuestion, Occupier, RoomAction, RoomModeration, Standing,
};
use crate::engine::Engine;

/// Answers one question of a bot's program.
pub(super) fn ask(engine: &mut Engine, bot: BotId, question: &NumberedQuestion) -> Result<Verdict, Trouble> {
    if question.bot.is_some_and(|claimed| claimed != bot) {
        return engine.core.batch.refuse_login("the number before the token is not that of its bot");
    }
    engine.core.want_numbered(bot, None)?;
    if let Some(verdict) = engine.context().do_numbered(bot, &question.ask)? {
        return Ok(verdict);
    }
    let answer = match &question.ask {
        NumberedAsk::Updates(poll, wanted) => return engine.core.get_numbered(bot, poll, wanted.as_deref()),
        NumberedAsk::Me => {
            by_number(NumberedAnswer::Me(engine.channels.xmpp.accounts.bot_info(&engine.core.batch, bot)?))
        }
        NumberedAsk::Member { chat, who } => member(engine, bot, chat, who)?,
        NumberedAsk::Officials(chat) => officials(engine, bot, chat)?,
        NumberedAsk::Chat(chat) => {
            let batch = &mut engine.core.batch;
            let chat = batch.chat_named(bot, chat)?;
            by_number(NumberedAnswer::Chat(batch.numbered_bot(bot)?, chat))
        }
        NumberedAsk::SetCommands(commands) => {
            engine.core.batch.set_commands(bot, commands)?;
            Answer::Done
        }
        NumberedAsk::SetProfile { name, description } => {
            let (name, description) = (name.clone(), description.clone());
            let new = NewProfile { bot, name, description, avatar: None };
            engine.channels.xmpp.set_profile(&mut engine.core, &new)?;
            Answer::Done
        }
        NumberedAsk::SetWebhook(new, wanted) => engine.core.set_numbered_webhook(bot, new, wanted.as_deref())?,
        NumberedAsk::DeleteWebhook(Dropping::All) => engine.core.delete_webhook_and_pending(bot)?,
        NumberedAsk::DeleteWebhook(Dropping::Nothing) => engine.core.delete_webhook(bot)?,
        NumberedAsk::WebhookInfo => engine.core.numbered_webhook_info(bot)?,
        NumberedAsk::Leave(chat) => {
            let place = engine.core.batch.place_of(bot, chat)?;
            if !place.is_room || place.address.channel().is_some() {
                return Err(Failure::invalid("chat_id", "a room that the bot is in").into());
            }
            return engine.channels.xmpp.leave_room(&mut engine.core, bot, &place.address.bare());
        }
        NumberedAsk::Moderate { chat, who, what } => return moderate(engine, bot, (chat, who), *what),
        NumberedAsk::Remove(chat, message) => return remove(engine, bot, chat, *message),
        NumberedAsk::Count(chat) => {
            let place = engine.core.batch.place_of(bot, chat)?;
            let room = place.address.bare();
            match place.is_room {
                true => by_number(NumberedAnswer::Count(
                    engine.channels.xmpp.rooms.count_in(bot, &room).ok_or_else(no_room)?,
                )),
                false => by_number(NumberedAnswer::Count(2)),
            }
        }
        _ => Answer::Done,
    };
    Ok(Verdict::Outcome(Ok(answer)))
}

fn by_number(answer: NumberedAnswer) -> Answer {
    Answer::Numbered(Box::new(answer))
}

fn no_room() -> Failure {
    Failure::Conflict("the bot is not in a room with this number".to_string())
}

/// The room of XMPP that a program names.
fn room_of(engine: &mut Engine, bot: BotId, chat: &ChatRef) -> Result<BareJid, Trouble> {
    let place = engine.core.batch.place_of(bot, chat)?;
    if !place.is_room || place.address.channel().is_some() {
        return Err(no_room().into());
    }
    Ok(place.address.bare())
}

/// Somebody who is named by the nick that he has in the room now, or as everywhere else.
fn occupant_or_person(engine: &mut Engine, (bot, room): (BotId, &BareJid), who: &ChatRef) -> Result<Jid, Trouble> {
    if let ChatRef::Name(name) = who
        && engine.channels.xmpp.rooms.is_in(bot, room, name)
    {
        return Ok(Jid::parse_any(&format!("{room}/{name}")).map_err(|_| no_room())?);
    }
    Ok(engine.core.batch.place_of(bot, who)?.address)
}

/// Whoever is meant is in the room by his nick, or is named by his address.
fn moderate(
    engine: &mut Engine,
    bot: BotId,
    (chat, who): (&ChatRef, &ChatRef),
    what: NumberedModeration,
) -> Result<Verdict, Trouble> {
    let room = room_of(engine, bot, chat)?;
    let who = occupant_or_person(engine, (bot, &room), who)?;
    let rooms = &engine.channels.xmpp.rooms;
    let nick = who.resource().filter(|_| who.bare() == room).map(str::to_string);
    let in_room = || rooms.nick_of(bot, &room, &who.bare()).filter(|_| who.bare() != room);
    let needs_nick = || Failure::Conflict("there is nobody of that number or address in the room now".to_string());
    let needs_address = || Failure::Conflict("who is let in again must be named by his address".to_string());
    let real = nick.as_ref().and_then(|nick| rooms.person_of(bot, &room, nick));
    if let (NumberedModeration::Ban, Some(person)) = (what, &real) {
        engine.core.updates.lately.note_banned(who.clone(), person.clone());
    }
    let action = match (what, nick) {
        (NumberedModeration::Ban, Some(nick)) => RoomAction::Ban(Occupier::Nick(nick)),
        // A name without more is a nick that nobody has, not a whole server.
        (NumberedModeration::Ban, None) if who.local().is_none() => return Err(needs_nick().into()),
        (NumberedModeration::Ban, None) => RoomAction::Ban(Occupier::Person(who.bare())),
        (NumberedModeration::Unban, None) => RoomAction::Unban(who.bare()),
        // The nick is free again, and may be somebody else's: the one who was banned is meant.
        (NumberedModeration::Unban, Some(_)) => {
            let banned = engine.core.updates.lately.banned(&who).cloned();
            RoomAction::Unban(banned.or(real).ok_or_else(needs_address)?)
        }
        (NumberedModeration::Mute, nick) => RoomAction::Mute(nick.or_else(in_room).ok_or_else(needs_nick)?),
        (NumberedModeration::Unmute, nick) => RoomAction::Unmute(nick.or_else(in_room).ok_or_else(needs_nick)?),
    };
    let wish = RoomModeration { room, action, reason: None };
    Ok(wait_for(engine.channels.xmpp.moderate(&mut engine.core, bot, &wish, None)?))
}

/// `deleteMessage`.
fn remove(engine: &mut Engine, bot: BotId, chat: &ChatRef, message: i64) -> Result<Verdict, Trouble> {
    let place = engine.core.batch.place_of(bot, chat)?;
    let name = engine.core.batch.store.message_of_number(bot, place.number, message)?;
    let is_foreign = match &name {
        Some(name) => place.is_room && engine.core.batch.store.progress_of(bot, name)?.is_none(),
        None => false,
    };
    if let Some(name) = name.filter(|_| is_foreign && place.address.channel().is_none()) {
        let wish = RoomModeration { room: place.address.bare(), action: RoomAction::Retract(name), reason: None };
        return Ok(wait_for(engine.channels.xmpp.moderate(&mut engine.core, bot, &wish, None)?));
    }
    let act = NumberedAct { chat: chat.clone(), message, what: NumberedAction::Delete, idempotency_key: None };
    let verdict = engine.context().do_numbered(bot, &NumberedAsk::Act(act))?;
    Ok(verdict.unwrap_or(Verdict::Outcome(Ok(Answer::Done))))
}

/// The bot's own number is that of no chat.
fn member(engine: &mut Engine, bot: BotId, chat: &ChatRef, who: &ChatRef) -> Result<Answer, Trouble> {
    let place = engine.core.batch.place_of(bot, chat)?;
    let is_bot = matches!(who, ChatRef::Number(number, _) if *number == bot.0);
    let room = place.address.bare();
    let who = match is_bot {
        true => None,
        false => {
            let address = occupant_or_person(engine, (bot, &room), who)?;
            Some(engine.core.batch.chat_named(bot, &ChatRef::Name(address.to_string()))?)
        }
    };
    let officials = engine.channels.xmpp.rooms.officials_in(bot, &place.address.bare()).unwrap_or_default();
    let nick = who.as_ref().and_then(|who| who.address.resource());
    let found = officials.iter().find(|(official, _)| official.as_deref() == nick && nick.is_some() != is_bot);
    let standing = found.map_or(Standing::Member, |(_, standing)| *standing);
    let own = engine.core.batch.numbered_bot(bot)?;
    Ok(by_number(NumberedAnswer::Member(own, NumberedMember { who, standing })))
}

fn officials(engine: &mut Engine, bot: BotId, chat: &ChatRef) -> Result<Answer, Trouble> {
    if !engine.core.batch.place_of(bot, chat)?.is_room {
        return Err(Failure::Conflict("there are no administrators in the private chat".to_string()).into());
    }
    let room = room_of(engine, bot, chat)?;
    let all = engine.channels.xmpp.rooms.officials_in(bot, &room).ok_or_else(no_room)?;
    let mut members = Vec::with_capacity(all.len());
    for (nick, standing) in all {
        let who = match nick {
            Some(nick) => Some(engine.core.batch.chat_named(bot, &ChatRef::Name(format!("{room}/{nick}")))?),
            None => None,
        };
        members.push(NumberedMember { who, standing });
    }
    Ok(by_number(NumberedAnswer::Officials(engine.core.batch.numbered_bot(bot)?, members)))
}
