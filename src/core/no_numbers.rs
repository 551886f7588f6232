//! Numbers for programs that know people, chats and messages by numbers, where no face speaks to such programs: nobody has one.

use std::collections::BTreeMap;

use crate::base::id::BotId;
use crate::base::jid::{BareJid, Jid};
use crate::core::actions::NewAction;
use crate::core::batch::{Batch, Trouble, Verdict};
use crate::core::failure::Failure;
use crate::core::handle::{Answer, ChatRef, NumberedAsk, NumberedBot, NumberedChat, NumberedUpdate, UpdatePoll};
use crate::core::updates::Form;
use crate::core::{Context, Core};
use crate::store;
use crate::store::row::{NumberedBotRow, UpdateRow};

/// Bots whose programs know things by numbers: none.
pub(crate) type Numbered = BTreeMap<BotId, NumberedBotRow>;

/// What is remembered for them: nothing.
#[derive(Default)]
pub(crate) struct Lately;

/// What a chat that a program names is.
pub(crate) struct Place {
    pub(crate) number: i64,
    pub(crate) address: Jid,
    pub(crate) is_room: bool,
}

fn not_built() -> Failure {
    Failure::NotBuilt("programs that know chats by numbers cannot be spoken to by this binary".to_string())
}

impl Lately {
    pub(crate) fn note_banned(&mut self, _occupant: Jid, _person: BareJid) {}

    pub(crate) fn banned(&self, _occupant: &Jid) -> Option<&BareJid> {
        None
    }

    pub(crate) fn forget(&mut self, _bot: BotId) {}
}

impl Core {
    pub(crate) fn reload_numbered(&mut self) -> Result<(), store::Error> {
        Ok(())
    }

    pub(crate) fn want_numbered(&mut self, _bot: BotId, _wanted: Option<&str>) -> Result<(), store::Error> {
        Ok(())
    }

    pub(crate) fn is_for_program(&self, (bot, who): (BotId, &BareJid), _word: Option<&str>) -> bool {
        who.channel() == Some("web") && self.webhooks.is_plain(bot)
    }

    pub(crate) fn hook_numbered(&mut self, _bot: BotId, _form: Form) -> Result<(), store::Error> {
        Ok(())
    }

    pub(crate) fn number_update(&mut self, _bot: BotId, _kind: &str, _payload: &str) -> Result<(), store::Error> {
        Ok(())
    }

    pub(crate) fn get_numbered(&mut self, _: BotId, _: &UpdatePoll, _: Option<&str>) -> Result<Verdict, Trouble> {
        Err(not_built().into())
    }

    pub(crate) fn tell_one_numbered(
        &mut self,
        _: BotId,
        _: &UpdateRow,
    ) -> Result<Option<NumberedUpdate>, store::Error> {
        Ok(None)
    }

    pub(crate) fn note_own_file(&mut self, _bot: BotId, _act: &NewAction, _id: &str) -> Result<(), store::Error> {
        Ok(())
    }
}

impl Context<'_> {
    pub(crate) fn do_numbered(&mut self, _bot: BotId, _ask: &NumberedAsk) -> Result<Option<Verdict>, Trouble> {
        Err(not_built().into())
    }
}

impl Batch {
    pub(crate) fn place_of(&mut self, _bot: BotId, _chat: &ChatRef) -> Result<Place, Trouble> {
        Err(not_built().into())
    }

    pub(crate) fn chat_named(&mut self, _bot: BotId, _chat: &ChatRef) -> Result<NumberedChat, Trouble> {
        Err(not_built().into())
    }

    pub(crate) fn numbered_bot(&self, _bot: BotId) -> Result<NumberedBot, Failure> {
        Err(not_built())
    }

    pub(crate) fn waiting_numbered(
        &self,
        _numbered: &Numbered,
        _bot: BotId,
        _rows: &[UpdateRow],
    ) -> Result<Option<Answer>, store::Error> {
        Ok(None)
    }

    pub(crate) fn numbered_updates(&self, _bot: BotId, _updates: Vec<NumberedUpdate>) -> Result<Answer, Failure> {
        Err(not_built())
    }
}
