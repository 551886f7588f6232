//! A message that came for one of our accounts: what it is, and who is to have it.
//!
//! Our own messages come back on several ways (reflection, carbon, archive) and are recognised by the resource that sent
//! them; what comes twice is known by `copies` (docs/architecture.md). In the chat of an owner with himself it is for the
//! manager or one of his personal bots; everywhere else on his account for bots created with `receive = "all"`.

use crate::base::id::{AccountId, BotId};
use crate::base::jid::BareJid;
use crate::base::limits;
use crate::channel::xmpp::Xmpp;
use crate::channel::xmpp::incoming::words;
use crate::channel::xmpp::received::wish_of;
use crate::core::channel::Channel;
use crate::core::handle::Receive;
use crate::core::incoming::Incoming;
use crate::core::registry::Bot;
use crate::core::{Core, Signal, texts};
use crate::store;
use crate::store::row::Origin;
use crate::xmpp::message::{Inbound, Kind, Via};

impl Xmpp {
    /// A message arrived for an account. Whatever becomes of it is committed before the server hears of it.
    pub(crate) fn on_message(&mut self, core: &mut Core, id: AccountId, message: &Inbound) -> Result<(), store::Error> {
        *self.accounts.told.handled.entry(id).or_default() += 1;
        let Some(account) = self.accounts.get(&id) else { return Ok(()) };
        if account.archive.looks_back && message.via == Via::Archive {
            let is_ours = message.from.resource() == Some(account.row.resource.as_str());
            let is_own = is_ours && message.from.bare_str() == account.row.jid.as_str();
            return if is_own { self.accounts.on_own_message(&mut core.batch, id, message) } else { Ok(()) };
        }
        // The first place there is must not wait for its time: without one, nothing would be read after a break. What was
        // accepted before it is looked for from here, not from wherever we are by then.
        let is_first = account.row.archive_mark.is_none();
        self.accounts.told.marks.extend(message.archive_id.clone().map(|mark| (id, mark)));
        if let Some(mark) = message.archive_id.as_ref().filter(|_| is_first) {
            self.accounts.place(id, mark);
            core.batch.store.store_outbox_marks(id, mark)?;
            core.batch.store.store_mark(id, mark)?;
        }
        let Some(account) = self.accounts.get(&id) else { return Ok(()) };
        let own = account.row.jid.clone();
        if message.kind == Kind::Error {
            let bot = account.row.bot;
            let is_of_room = self.on_room_message(core, id, bot, message)?;
            return if is_of_room { Ok(()) } else { self.on_refusal(core, id, message) };
        }
        let is_own = message.from.bare_str() == own.as_str();
        if is_own && message.from.resource() == Some(account.row.resource.as_str()) {
            return self.accounts.on_own_message(&mut core.batch, id, message);
        }
        let (bot, origin) = (account.row.bot, account.row.origin);
        if message.stanza.is_some() && !message.is_encrypted {
            self.on_node_event(core, id, message)?;
        }
        let Some(message) = self.unseal(core, id, message)? else { return Ok(()) };
        let message = &*message;
        self.on_confirmation(core, id, &own, message)?;
        match (bot, origin) {
            (Some(bot), _) => return self.on_bot_message(core, id, bot, &own, message),
            // His personal bots may be in rooms; elsewhere it is his own affair.
            (None, Origin::Person) if self.on_room_message(core, id, None, message)? => return Ok(()),
            (None, Origin::Person) => {}
            // It is on its way out.
            (None, _) => return Ok(()),
        }
        // Another automaton on the same account: answering each other would never end.
        let is_automaton = is_own && message.is_private;
        let is_talk = matches!(message.kind, Kind::Chat | Kind::Normal);
        if is_automaton || !is_talk || !core.batch.store.owner_enabled(&own)? {
            return Ok(());
        }
        if is_own && message.to.bare_str() == own.as_str() {
            return self.on_own_chat(core, id, &own, message);
        }
        if is_own || message.via == Via::CarbonSent {
            return Ok(());
        }
        self.on_foreign_message(core, id, &own, message)
    }

    /// A message for a bot's own account.
    fn on_bot_message(
        &mut self,
        core: &mut Core,
        account: AccountId,
        bot: BotId,
        own: &BareJid,
        message: &Inbound,
    ) -> Result<(), store::Error> {
        if self.on_room_message(core, account, Some(bot), message)? {
            return Ok(());
        }
        let is_talk = matches!(message.kind, Kind::Chat | Kind::Normal) && message.room.is_none();
        let is_own = message.from.bare() == *own || message.via == Via::CarbonSent;
        if !is_talk || is_own {
            return Ok(());
        }
        if !core.batch.admits(bot, &message.from.bare()) {
            if words(message).is_some() {
                let said = Incoming::chat(account, own, message, core.batch.now.unix());
                core.batch.note_heard(bot, &said, "not_admitted", "");
            }
            return Ok(());
        }
        if words(message).is_none() {
            return self.on_bot_event(core, account, bot, own, message);
        }
        if message.is_encrypted
            || !self.accounts.is_new(&mut core.batch, account, message)?
            || self.refuse_plain(&mut core.batch, account, bot, message)?
        {
            return Ok(());
        }
        let said = self.incoming(&core.batch, account, own, message);
        core.signal(Signal::Said(bot, Incoming { wish: wish_of(message), ..said }.into_owned()));
        Ok(())
    }

    /// The owner wrote to himself, from one of his own clients.
    fn on_own_chat(
        &mut self,
        core: &mut Core,
        id: AccountId,
        own: &BareJid,
        message: &Inbound,
    ) -> Result<(), store::Error> {
        if words(message).is_none() {
            return self.on_own_event(core, id, own, message);
        }
        if !self.accounts.is_new(&mut core.batch, id, message)? {
            return Ok(());
        }
        if message.is_encrypted {
            return self.hint_encrypted(core, own);
        }
        if self.refuse_own_plain(&mut core.batch, id, message)? {
            return Ok(());
        }
        let said = self.incoming(&core.batch, id, own, message);
        core.signal(Signal::SaidToAll(said.into_owned()));
        Ok(())
    }

    /// Somebody wrote to the owner.
    fn on_foreign_message(
        &mut self,
        core: &mut Core,
        id: AccountId,
        own: &BareJid,
        message: &Inbound,
    ) -> Result<(), store::Error> {
        let wants = |bot: &&Bot| bot.receive == Receive::All;
        let bots: Vec<BotId> = core.batch.personal_bots(own).filter(wants).map(|bot| bot.row.id).collect();
        if words(message).is_none() {
            return self.on_foreign_event(core, id, own, message);
        }
        if bots.is_empty() || message.is_encrypted || !self.accounts.is_new(&mut core.batch, id, message)? {
            return Ok(());
        }
        let said = self.incoming(&core.batch, id, own, message);
        let Some(words) = core.words_to_tell(&bots, &said)? else { return Ok(()) };
        for bot in bots {
            core.tell_message(bot, &said, &words)?;
        }
        Ok(())
    }

    /// The owner's client encrypts; say once in a while that this cannot be read.
    fn hint_encrypted(&mut self, core: &mut Core, owner: &BareJid) -> Result<(), store::Error> {
        let key = format!("encryption_hint_at:{owner}");
        if !core.batch.is_time_for(&key, limits::HINT_EVERY_S)? {
            return Ok(());
        }
        let hint = texts::ENCRYPTED.fill(core.batch.setup.settings.language, &[]);
        self.notify(core, owner, &hint)
    }
}
