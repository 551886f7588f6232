//! What others see of a bot with an account of its own.
use crate::channel::xmpp::Xmpp;
use crate::core::Core;
use crate::core::batch::Trouble;
use crate::core::handle::{BotInfo, Mode, NewProfile};
use crate::core::registry::{check_description, check_name};

impl Xmpp {
    /// `/bot/profile`: what is given takes the place of what there is, all of it or nothing.
    pub(crate) fn set_profile(&mut self, core: &mut Core, new: &NewProfile) -> Result<BotInfo, Trouble> {
        let id = new.bot;
        let bot = core.batch.bot(id)?;
        let is_personal = bot.mode == Mode::Personal;
        // The name it has it may keep.
        let name = new.name.as_deref().filter(|name| name.trim() != bot.row.name).map(check_name).transpose()?;
        new.description.as_deref().map(check_description).transpose()?;
        if let Some(avatar) = new.avatar.as_ref().filter(|_| !is_personal) {
            self.accounts.check_picture(id, avatar.bytes().len())?;
            core.batch.store.store_avatar(id, avatar.bytes(), &avatar.id())?;
            if let Some(bot) = core.batch.bots.get_mut(&id) {
                bot.profile.avatar_id = Some(avatar.id());
            }
        }
        let former = core.batch.bot(id)?.row.name.clone();
        if name.as_ref().is_some_and(|name| *name != former) && !is_personal {
            self.note_renamed(&mut core.batch, id, &former)?;
        }
        core.change_bot(id, "profile_changed", |row| {
            row.name = name.unwrap_or(std::mem::take(&mut row.name));
            row.description = new.description.clone().unwrap_or(std::mem::take(&mut row.description));
        })?;
        self.accounts.bot_info(&core.batch, id)
    }
}
