//! Who answers what was said: the manager's commands, a bot's own commands, its program, its AI; in that order.

use crate::base::id::BotId;
use crate::base::jid::BareJid;
use crate::core::addressing::named;
use crate::core::batch::{Batch, Trouble};
use crate::core::channel::Channels;
use crate::core::incoming::Incoming;
use crate::core::keyboard::Meant;
use crate::core::registry::Bot;
use crate::core::texts;
use crate::engine::Engine;
use crate::engine::command::mask::mask;
use crate::engine::command::{self, Chat};
use crate::store;
use crate::store::row::ChannelName;

impl Engine {
    /// Text in the self-chat of an owner, on XMPP or built in.
    pub(super) fn on_self_chat(&mut self, said: &Incoming<'_>) -> Result<(), Trouble> {
        let about = command::with_reply(&said.text, said.reply_to.as_deref());
        let (owner, body) = (&said.from.bare(), about.as_deref().unwrap_or(said.text.trim()));
        let bots: Vec<BotId> = self.core.batch.personal_bots(owner).map(|bot| bot.row.id).collect();
        if self.context().hear_answer(&bots, said)? {
            return Ok(());
        }
        match self.core.press_in_words(&bots, said)? {
            Meant::Button => return Ok(()),
            Meant::Words(bot, text) => return Ok(self.deliver(bot, &said.saying(&text))?),
            Meant::Itself => {}
        }
        if let Some(answer) = command::run(self, owner, body)? {
            return Ok(self.say(owner, &answer)?);
        }
        let near = self.core.batch.near_command(owner, body);
        let (bot, text) = match self.core.batch.addressee(owner, body) {
            Ok(addressee) => addressee,
            Err(several) => return Ok(self.say(owner, &several)?),
        };
        if let Some(near) = near {
            return self.ask_what_was_meant(bot, owner, (body, near), said);
        }
        match bot {
            Some(bot) => Ok(self.deliver(bot, &said.saying(text))?),
            None => {
                let hint = if body.starts_with('/') { &texts::UNKNOWN_COMMAND } else { &texts::NOBODY_LISTENS };
                let hint = hint.fill(self.core.batch.setup.settings.language, &[("text", body)]);
                Ok(self.say(owner, &hint)?)
            }
        }
    }

    /// Asks whether another command was meant. The bot's program gets the text all the same, for it may know that word;
    /// its AI does not, for nobody asked it anything.
    fn ask_what_was_meant(
        &mut self,
        bot: Option<BotId>,
        owner: &BareJid,
        (body, near): (&str, &str),
        said: &Incoming<'_>,
    ) -> Result<(), Trouble> {
        let word = body.split_whitespace().next().unwrap_or_default();
        let language = self.core.batch.setup.settings.language;
        let mut text = texts::MEANT.fill(language, &[("word", word), ("near", near)]);
        if let Some(bot) = bot {
            self.core.tell_message(bot, said, &mask(body))?;
            let (name, id) = (self.core.batch.bot(bot)?.row.name.clone(), bot.to_string());
            text.push_str(&texts::MEANT_PASSED.fill(language, &[("word", word), ("name", &name), ("id", &id)]));
        }
        Ok(self.say(owner, &text)?)
    }

    /// Something said to a bot, on whatever channel: what it knows by itself it answers; else its program is told, and its AI
    /// asked. Who may not speak to the bot is not heard.
    pub(super) fn ingest(&mut self, bot: BotId, said: &Incoming<'_>) -> Result<(), store::Error> {
        if !self.core.batch.admits(bot, &said.from.bare()) {
            self.core.batch.note_heard(bot, said, "not_admitted", "");
            return Ok(());
        }
        if self.context().hear_answer(&[bot], said)? {
            return Ok(());
        }
        let (words, pressed);
        let said = match self.core.press_in_words(&[bot], said)? {
            Meant::Button => return Ok(()),
            Meant::Words(_, text) => {
                words = text;
                pressed = said.saying(&words);
                &pressed
            }
            Meant::Itself => said,
        };
        let about = command::with_reply(&said.text, said.reply_to.as_deref());
        // Elsewhere other commands are ours.
        let is_answered = match said.from.channel() {
            Some(_) if said.channel != ChannelName::WEB => command::abroad::answer(self, bot, said)?,
            _ => self.answer_command(bot, &said.from.bare(), about.as_deref().unwrap_or(&said.text))?,
        };
        if is_answered {
            // What the command itself asks about are the messages before it.
            if about.is_none() && !command::why::is_it(&said.text) {
                self.core.batch.note_heard(bot, said, "command", "");
            }
            return Ok(());
        }
        self.deliver(bot, said)
    }

    /// The same of what is no command of the bot's.
    fn deliver(&mut self, bot: BotId, said: &Incoming<'_>) -> Result<(), store::Error> {
        self.core.tell_message(bot, said, &mask(&said.text))?;
        self.core.note_said(bot)?;
        self.context().pass_on(bot, said)?;
        if self.core.may_answer(bot, said)? {
            self.with_brain(|brain, cx| brain.on_said(cx, bot, said))
        } else {
            Ok(())
        }
    }

    /// The manager says something to an owner.
    pub(super) fn say(&mut self, owner: &BareJid, text: &str) -> Result<(), store::Error> {
        self.channels.of(owner).map_or(Ok(()), |channel| channel.notify(&mut self.core, owner, text))
    }
}

impl Batch {
    /// The command of the manager that was mistyped, unless a bot has registered what was typed.
    fn near_command(&self, owner: &BareJid, body: &str) -> Option<&'static str> {
        let (word, _) = command::parse(body)?;
        let is_custom = self.personal_bots(owner).any(|bot| self.has_command(bot.row.id, &word));
        if is_custom { None } else { command::near(&word) }
    }

    /// Which bot the owner means: named by `@name`, owner of the custom command, chosen with `/use`, or the only one.
    /// `Err`: several have that name, or it hears nothing here; what to say to that.
    fn addressee<'t>(&self, owner: &BareJid, body: &'t str) -> Result<(Option<BotId>, &'t str), String> {
        if let Some(rest) = body.strip_prefix('@') {
            let (found, text) = named(&self.bots_of(owner), rest);
            let why_not = |id: &BotId| self.bots.get(id).and_then(|bot| self.why_not_here(bot));
            let here: Vec<BotId> = found.iter().copied().filter(|id| why_not(id).is_none()).collect();
            match (&here[..], &found[..]) {
                ([bot], _) => return Ok((Some(*bot), text)),
                (_, []) => {}
                ([], [bot]) => return Err(why_not(bot).unwrap_or_default()),
                _ => return Err(self.say_which(&found)),
            }
        }
        if let Some(rest) = body.strip_prefix('/') {
            let word = rest.split_whitespace().next().unwrap_or_default().to_lowercase();
            let has_it = |bot: &&Bot| bot.commands.iter().any(|command| command.command == word);
            let mut owners = self.personal_bots(owner).filter(has_it);
            if let (Some(bot), None) = (owners.next(), owners.next()) {
                return Ok((Some(bot.row.id), body));
            }
        }
        Ok((self.chosen_bot(owner), body))
    }
}

impl Engine {
    /// Answers what the bot knows by itself; says whether that was all. A command that its program has registered goes
    /// to the program too.
    pub(crate) fn answer_command(&mut self, bot: BotId, who: &BareJid, body: &str) -> Result<bool, store::Error> {
        if self.core.is_for_program((bot, who), command::parse(body).map(|(word, _)| word).as_deref()) {
            return Ok(false);
        }
        let answer = match command::run_in_chat(self, &Chat { bot, who: who.clone() }, body) {
            Ok(Some(answer)) => answer,
            Ok(None) => return self.ask_what_was_meant_in_chat(bot, who, body).map(|()| false),
            Err(Trouble::Store(error)) => return Err(error),
            Err(Trouble::Failure(failure)) => failure.at(self.core.batch.chat_place()),
        };
        self.say_as_bot(bot, who, &answer)?;
        Ok(command::parse(body).is_none_or(|(word, _)| !self.core.batch.has_command(bot, &word)))
    }

    /// What is nearly one of a bot's commands is asked about where nothing else may answer. Its program gets it all the same.
    fn ask_what_was_meant_in_chat(&mut self, bot: BotId, who: &BareJid, body: &str) -> Result<(), store::Error> {
        let Some((word, _)) = command::parse(body).filter(|(word, _)| !self.core.batch.has_command(bot, word)) else {
            return Ok(());
        };
        let commands = self.core.batch.bots.get(&bot).map(|bot| bot.commands.as_slice()).unwrap_or_default();
        let near = command::near_in_chat(&word, commands.iter().map(|command| command.command.as_str()));
        let Some(near) = near.map(str::to_string) else { return Ok(()) };
        if self.core.has_listener(bot)? {
            return Ok(());
        }
        let values = [("word", format!("/{word}")), ("near", near)];
        let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
        let text = texts::MEANT.fill(self.core.batch.setup.settings.language, &values);
        self.say_as_bot(bot, who, &text)
    }

    /// A bot says something by itself, in its own chat: an answer to a command.
    pub(crate) fn say_as_bot(&mut self, bot: BotId, to: &BareJid, text: &str) -> Result<(), store::Error> {
        self.channels.of(to).map_or(Ok(()), |channel| channel.answer(&mut self.core, bot, to, text))
    }
}
