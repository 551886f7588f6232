//! Who gets this message; nothing else.
//!
//! In the self-chat of an owner: the manager's commands, else one of his personal bots. Everywhere else on the
//! account: bots created with `receive = "all"`. Our own messages come back on several ways (reflection, carbon,
//! archive) and are recognised by the resource that sent them; what comes twice is known by `copies` (docs/architecture.md).

use crate::base::id::{AccountId, BotId, UpdateId};
use crate::base::jid::BareJid;
use crate::base::limits;
use crate::engine::Engine;
use crate::engine::command;
use crate::engine::handle::{Mode, Receive};
use crate::engine::incoming::{Incoming, words};
use crate::engine::owner::is_local;
use crate::engine::texts;
use crate::engine::way::Speaker;
use crate::engine::{Batch, Trouble, registry::Bot};
use crate::store;
use crate::store::row::Origin;
use crate::xmpp::message::{Inbound, Kind, Via};

impl Engine {
    /// A message arrived for an account. Whatever becomes of it is committed before the server hears of it.
    pub(super) fn on_message(&mut self, id: AccountId, message: &Inbound) -> Result<(), store::Error> {
        *self.xmpp.accounts.told.handled.entry(id).or_default() += 1;
        let Some(account) = self.xmpp.accounts.get(&id) else { return Ok(()) };
        if account.looks_back && message.via == Via::Archive {
            let is_ours = message.from.resource() == Some(account.row.resource.as_str());
            let is_own = is_ours && message.from.bare_str() == account.row.jid.as_str();
            return if is_own { self.xmpp.accounts.on_own_message(&mut self.batch, id, message) } else { Ok(()) };
        }
        // The first place there is must not wait for its time: without one, nothing would be read after a break. What was
        // accepted before it is looked for from here, not from wherever we are by then.
        let is_first = account.row.archive_mark.is_none();
        self.xmpp.accounts.told.marks.extend(message.archive_id.clone().map(|mark| (id, mark)));
        if let Some(mark) = message.archive_id.as_ref().filter(|_| is_first) {
            self.xmpp.accounts.place(id, mark);
            self.batch.store.store_outbox_marks(id, mark)?;
            self.batch.store.store_mark(id, mark)?;
        }
        let Some(account) = self.xmpp.accounts.get(&id) else { return Ok(()) };
        let own = account.row.jid.clone();
        if message.kind == Kind::Error {
            let bot = account.row.bot;
            let is_of_room = self.on_room_message(id, bot, message)?;
            return if is_of_room { Ok(()) } else { self.on_refusal(id, message) };
        }
        let is_own = message.from.bare_str() == own.as_str();
        if is_own && message.from.resource() == Some(account.row.resource.as_str()) {
            return self.xmpp.accounts.on_own_message(&mut self.batch, id, message);
        }
        let (bot, origin) = (account.row.bot, account.row.origin);
        if message.stanza.is_some() && !message.is_encrypted {
            self.on_node_event(id, message)?;
        }
        let Some(message) = self.unseal(id, message)? else { return Ok(()) };
        let message = &*message;
        self.on_confirmation(id, &own, message)?;
        match (bot, origin) {
            (Some(bot), _) => return self.on_bot_message(id, bot, &own, message),
            // His personal bots may be in rooms; elsewhere it is his own affair.
            (None, Origin::Person) if self.on_room_message(id, None, message)? => return Ok(()),
            (None, Origin::Person) => {}
            // It is on its way out.
            (None, _) => return Ok(()),
        }
        // Another automaton on the same account: answering each other would never end.
        let is_automaton = is_own && message.is_private;
        let is_talk = matches!(message.kind, Kind::Chat | Kind::Normal);
        if is_automaton || !is_talk || !self.batch.store.owner_enabled(&own)? {
            return Ok(());
        }
        if is_own && message.to.bare_str() == own.as_str() {
            return self.on_own_chat(id, &own, message);
        }
        if is_own || message.via == Via::CarbonSent {
            return Ok(());
        }
        self.on_foreign_message(id, &own, message)
    }

    /// The owner wrote to himself, from one of his own clients.
    fn on_own_chat(&mut self, id: AccountId, own: &BareJid, message: &Inbound) -> Result<(), store::Error> {
        let Some(body) = words(message) else { return self.on_own_event(id, own, message) };
        if !self.xmpp.accounts.is_new(&mut self.batch, id, message)? {
            return Ok(());
        }
        if message.is_encrypted {
            return self.hint_encrypted(own);
        }
        if self.xmpp.refuse_own_plain(&mut self.batch, id, message)? {
            return Ok(());
        }
        let said = self.xmpp.incoming(&self.batch, id, own, message);
        match self.on_self_chat(own, body, &said) {
            Ok(()) => Ok(()),
            Err(Trouble::Store(error)) => Err(error),
            Err(Trouble::Failure(failure)) => self.say(own, &failure.at(self.batch.chat_place())),
        }
    }

    /// Somebody wrote to the owner.
    fn on_foreign_message(&mut self, id: AccountId, own: &BareJid, message: &Inbound) -> Result<(), store::Error> {
        let wants = |bot: &&Bot| bot.receive == Receive::All;
        let bots: Vec<BotId> = self.batch.personal_bots(own).filter(wants).map(|bot| bot.row.id).collect();
        if words(message).is_none() {
            return self.on_foreign_event(id, own, message);
        }
        if bots.is_empty() || message.is_encrypted || !self.xmpp.accounts.is_new(&mut self.batch, id, message)? {
            return Ok(());
        }
        let said = self.xmpp.incoming(&self.batch, id, own, message);
        for bot in bots {
            self.tell_message(bot, &said, said.text)?;
        }
        Ok(())
    }

    /// Text in the self-chat of an owner, on XMPP or built in.
    pub(super) fn on_self_chat(&mut self, owner: &BareJid, body: &str, said: &Incoming<'_>) -> Result<(), Trouble> {
        let body = body.trim();
        if let Some(answer) = command::run(self, owner, body)? {
            return Ok(self.say(owner, &answer)?);
        }
        let near = self.batch.near_command(owner, body);
        let (bot, text) = match self.batch.addressee(owner, body) {
            Ok(addressee) => addressee,
            Err(several) => return Ok(self.say(owner, &several)?),
        };
        if let Some(near) = near {
            return self.ask_what_was_meant(bot, owner, (body, near), said);
        }
        match bot {
            Some(bot) => Ok(self.deliver(bot, &said.saying(text)).map(drop)?),
            None => {
                let hint = if body.starts_with('/') { &texts::UNKNOWN_COMMAND } else { &texts::NOBODY_LISTENS };
                let hint = hint.fill(self.batch.setup.settings.language, &[("text", body)]);
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
        let language = self.batch.setup.settings.language;
        let mut text = texts::MEANT.fill(language, &[("word", word), ("near", near)]);
        if let Some(bot) = bot {
            self.tell_message(bot, said, &command::ai::mask(body))?;
            let (name, id) = (self.batch.bot(bot)?.row.name.clone(), bot.to_string());
            text.push_str(&texts::MEANT_PASSED.fill(language, &[("word", word), ("name", &name), ("id", &id)]));
        }
        Ok(self.say(owner, &text)?)
    }

    /// Something said to a bot, on whatever channel: what it knows by itself it answers; else its program is told, and its AI
    /// asked. Gives the update, where its program was told.
    pub(super) fn ingest(&mut self, bot: BotId, said: &Incoming<'_>) -> Result<Option<UpdateId>, store::Error> {
        if self.answer_command(bot, &said.from.bare(), said.text)? {
            return Ok(None);
        }
        self.deliver(bot, said)
    }

    /// The same of what is no command of the bot's.
    fn deliver(&mut self, bot: BotId, said: &Incoming<'_>) -> Result<Option<UpdateId>, store::Error> {
        let update = self.tell_message(bot, said, &command::ai::mask(said.text))?;
        self.note_said(bot)?;
        self.ask_ai(bot, said)?;
        Ok(update)
    }

    /// The manager says something to an owner.
    pub(super) fn say(&mut self, owner: &BareJid, text: &str) -> Result<(), store::Error> {
        if is_local(owner) {
            return self.local.say_locally(&mut self.batch, Speaker::Manager, text).map(|_| ());
        }
        match self.xmpp.accounts.account_of(owner) {
            Some(account) => self.post(account, None, owner, text),
            None => Ok(()),
        }
    }

    /// The owner's client encrypts; say once in a while that this cannot be read.
    fn hint_encrypted(&mut self, owner: &BareJid) -> Result<(), store::Error> {
        let key = format!("encryption_hint_at:{owner}");
        if !self.batch.is_time_for(&key, limits::HINT_EVERY_S)? {
            return Ok(());
        }
        let hint = texts::ENCRYPTED.fill(self.batch.setup.settings.language, &[]);
        self.say(owner, &hint)
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

    /// Why a bot gets nothing of what its owner writes in the self-chat, and what he can do; `None` when it may.
    pub(super) fn why_not_here(&self, bot: &Bot) -> Option<String> {
        let jid = bot.row.jid.as_ref().map(ToString::to_string).unwrap_or_default();
        let values = [("id", bot.row.id.to_string()), ("name", bot.row.name.clone()), ("jid", jid)];
        let text = match (bot.row.active, bot.mode) {
            (false, _) => &texts::NOT_ACTIVE,
            (true, Mode::Personal) => return None,
            (true, _) => &texts::HAS_OWN_CHAT,
        };
        Some(text.fill(self.setup.settings.language, &values.each_ref().map(|(name, value)| (*name, value.as_str()))))
    }

    /// That several bots have one name, and how to tell them apart, in a chat.
    pub(super) fn say_which(&self, bots: &[BotId]) -> String {
        let id = bots.first().map(ToString::to_string).unwrap_or_default();
        let values = [("bots", self.name_all(bots)), ("id", id)];
        let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
        texts::SEVERAL_BOTS.fill(self.setup.settings.language, &values)
    }

    /// Bots with their numbers.
    pub(super) fn name_all(&self, bots: &[BotId]) -> String {
        let known = bots.iter().filter_map(|bot| self.bots.get(bot));
        known.map(|bot| format!("[{}] {}", bot.row.id, bot.row.name)).collect::<Vec<_>>().join(", ")
    }

    /// The bot chosen with `/use`, or the only active personal one, or the only one of them whose AI is on.
    pub(super) fn chosen_bot(&self, owner: &BareJid) -> Option<BotId> {
        let chosen = self.store.setting(&use_key(owner)).ok().flatten().and_then(|id| id.parse().ok()).map(BotId);
        let is_there = |id: &BotId| self.personal_bots(owner).any(|bot| bot.row.id == *id);
        if let Some(id) = chosen.filter(is_there) {
            return Some(id);
        }
        let bots: Vec<BotId> = self.personal_bots(owner).map(|bot| bot.row.id).collect();
        // Of several, the only one that answers by itself.
        let mut thinking = bots.iter().filter(|bot| self.is_ai_on(**bot).unwrap_or(false));
        match (bots.as_slice(), thinking.next(), thinking.next()) {
            ([bot], ..) | (_, Some(bot), None) => Some(*bot),
            _ => None,
        }
    }
}

/// The bots that a text begins with, and what follows: the one with that number, or those with the longest name that
/// fits, whatever its case.
pub(super) fn named<'t>(bots: &[&Bot], text: &'t str) -> (Vec<BotId>, &'t str) {
    let text = text.trim();
    let bare = |name: &'t str| name.trim_start_matches('#').trim_end_matches([':', ',']);
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    if let Some(bot) = bots.iter().find(|bot| bare(word).parse() == Ok(bot.row.id.0)) {
        return (vec![bot.row.id], rest.trim());
    }
    let ends = text.match_indices(char::is_whitespace).map(|(at, _)| at).chain([text.len()]);
    let ends: Vec<usize> = ends.take_while(|end| *end <= limits::NAME_CHARS_MAX * 4 + 2).collect();
    for (name, rest) in ends.iter().rev().map(|end| text.split_at(*end)) {
        let names = [name.to_lowercase(), bare(name).to_lowercase()];
        let fitting = bots.iter().filter(|bot| names.contains(&bot.row.name.to_lowercase()));
        let found: Vec<BotId> = fitting.map(|bot| bot.row.id).collect();
        if !found.is_empty() {
            return (found, rest.trim());
        }
    }
    (Vec::new(), rest.trim())
}

/// Setting that holds the bot chosen with `/use`.
pub(super) fn use_key(owner: &BareJid) -> String {
    format!("botmother_use:{owner}")
}
