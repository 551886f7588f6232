//! Hands what one part has to tell to those that must know, within the transaction in which it arose.

use crate::base::id::BotId;
use crate::base::jid::BareJid;
use crate::core::Signal;
use crate::core::batch::Trouble;
use crate::core::channel::Channels;
use crate::core::kinds::UpdateKind;
use crate::engine::{Engine, command};
use crate::store;
use crate::store::row::LinkMode;

impl Engine {
    /// Hands over what has been told so far, in order, and what comes of it.
    pub(super) fn pass_signals(&mut self) -> Result<(), store::Error> {
        while let Some(signal) = self.core.batch.pending.signals.pop_front() {
            self.pass(signal)?;
        }
        Ok(())
    }

    fn pass(&mut self, signal: Signal) -> Result<(), store::Error> {
        match signal {
            Signal::Said(bot, said) => self.ingest(bot, &said),
            Signal::SaidToAll(said) => match self.on_self_chat(&said) {
                Ok(()) => Ok(()),
                Err(Trouble::Store(error)) => Err(error),
                Err(Trouble::Failure(failure)) => {
                    let why = failure.at(self.core.batch.chat_place());
                    self.say(&said.from.bare(), &why)
                }
            },
            Signal::Pressed(bot, pressed) if self.context().press_answer(bot, &pressed)? => Ok(()),
            Signal::Pressed(bot, pressed) => self.core.tell_press(bot, &pressed),
            Signal::MaybeAnswer(bot, said) => self.context().hear_answer(&[bot], &said).map(drop),
            Signal::Told(bot, said) if self.context().hear_answer(&[bot], &said)? => Ok(()),
            Signal::Told(bot, said) => self.with_brain(|brain, cx| brain.on_said(cx, bot, &said)),
            Signal::Overheard(bot, said) => self.context().pass_on(bot, &said),
            Signal::Spoke(bot, spoken) => self.context().pass_spoken(bot, &spoken),
            Signal::Reacted(bot, reacted) => {
                if let Some(update) = &reacted.update {
                    self.core.push_update(bot, UpdateKind::Reaction.as_str(), update)?;
                }
                self.context().pass_reaction(bot, &reacted)
            }
            Signal::Fetched(carry, file) => self.context().on_fetched(carry, *file),
            Signal::Carried(carry, said) => self.context().on_carried(carry, said),
            Signal::Undelivered(bot, what) => self.context().note_undelivered(bot, &what),
            Signal::Moved(bot, from, to) => self.core.move_link(bot, &from, &to),
            Signal::TakenBack(bot, what) => {
                self.context().pass_retraction(bot, &what)?;
                self.with_brain(|brain, cx| brain.all().try_for_each(|one| one.on_taken_back(cx, bot, &what)))
            }
            Signal::Notify(owner, text) => self.say(&owner, &text),
            Signal::SayAs(bot, to, text) => self.say_as_bot(bot, &to, &text),
            Signal::Confirmed(bot, done) => match self.channels.of(&done.to.bare()) {
                Ok(channel) => channel.confirm(&mut self.core, bot, &done),
                Err(_) => Ok(()),
            },
            Signal::BotUnwanted(bot) => match self.delete_bot(bot) {
                Err(Trouble::Store(error)) => Err(error),
                Ok(_) | Err(Trouble::Failure(_)) => Ok(()),
            },
            Signal::Link(asked, chat, mode) => link_first(self, asked, &chat, &mode),
            Signal::TelegramDone(bot, who, outcome) => command::telegram::on_done(self, bot, &who, &outcome),
            Signal::Revoked(bot) => {
                self.context().unlink_all(bot)?;
                self.pass_to_channels(&Signal::Revoked(bot))
            }
            Signal::CommandsChanged(bot) => command::abroad::offer(self, bot),
            Signal::OrderChanged(..) => self.pass_to_channels(&signal),
            Signal::OwnersBots(_) | Signal::BotChanged(_) | Signal::AccessChanged(_) | Signal::BotGoes(_) => {
                self.core.batch.pending.has_changed = true;
                self.pass_to_channels(&signal)
            }
        }
    }

    /// To every channel.
    pub(super) fn pass_to_channels(&mut self, signal: &Signal) -> Result<(), store::Error> {
        let core = &mut self.core;
        self.channels.list().try_for_each(|channel| channel.on(core, signal))
    }
}

/// The chat that a bot was set up with is joined; where that fails, whoever waits hears why, else the owner.
fn link_first(
    engine: &mut Engine,
    (bot, waits): (BotId, Option<u64>),
    chat: &BareJid,
    mode: &str,
) -> Result<(), store::Error> {
    let mode = LinkMode::parse(mode).unwrap_or_default();
    match (engine.context().link_first(bot, chat, mode), waits) {
        (Err(Trouble::Store(error)), _) => return Err(error),
        (Err(Trouble::Failure(failure)), Some(tag)) => engine.core.callers.fail(tag, failure),
        (Err(Trouble::Failure(failure)), None) => {
            let why = failure.at(engine.core.batch.chat_place());
            engine.core.tell_owner_of(bot, &why);
        }
        (Ok(_), _) => {}
    }
    Ok(())
}
