//! Invitations of a bot with an account of its own. It follows its owner and whom its access policy names; others are
//! counted, and its owner is told now and then.
//!
//! Who invites directly (XEP-0249) is who he is. Of an invitation that a room passes on (XEP-0045 §7.8.2) only the room's
//! service says who it was: that counts where the service belongs to the server of the inviter, who could invite in his
//! name anyway, or to our own.

use super::Key;
use crate::base::id::{AccountId, BotId};
use crate::base::jid::BareJid;
use crate::base::limits;
use crate::channel::xmpp::Xmpp;
use crate::channel::xmpp::accounts::Accounts;
use crate::channel::xmpp::rooms::Rooms;
use crate::core::Core;
use crate::core::batch::Trouble;
use crate::core::texts::{self, Text};
use crate::store;
use crate::xmpp::message::{Inbound, Invitation, Via};
use crate::xmpp::{muc, ns};

/// Invitations that a bot has not followed since its owner was told last.
#[derive(Clone, Copy, Default)]
pub(super) struct Refused {
    count: u32,
    /// Of those, answered today.
    answered: u32,
    day: i64,
}

impl Xmpp {
    pub(super) fn on_invitation(
        &mut self,
        core: &mut Core,
        account: AccountId,
        bot: BotId,
        inbound: &Inbound,
        invitation: &Invitation,
    ) -> Result<(), store::Error> {
        let key = (account, invitation.room.clone());
        let inviter = invitation.inviter.as_ref().map(|jid| jid.bare());
        let is_active = core.batch.is_active(bot);
        let is_known = self.rooms.entries.contains_key(&key) || inbound.via == Via::CarbonSent;
        let (Some(known), Some(inviter), false) = (core.batch.bots.get(&bot).filter(|_| is_active), inviter, is_known)
        else {
            log::debug!("bot {bot}: an invitation to {} was not followed", key.1);
            return Ok(());
        };
        let (name, may_speak, is_followed) = (known.row.name.clone(), known.admits(&inviter), known.follows(&inviter));
        if !self.accounts.is_new(&mut core.batch, account, inbound)? {
            return Ok(());
        }
        let is_proven = !invitation.is_mediated || self.accounts.is_vouched_for(&key, &inviter);
        let why = match (is_followed, is_proven) {
            (false, _) => &texts::INVITED_BY_STRANGER,
            (_, false) => &texts::INVITED_BY_ROOM,
            _ if self.rooms.rooms_of(account).len() >= limits::ROOMS_INVITED_MAX => &texts::INVITED_TOO_OFTEN,
            _ => match self.enter_room(core, &key, bot, name, invitation.password.clone(), Some(inviter)) {
                Err(Trouble::Store(error)) => return Err(error),
                Err(Trouble::Failure(failure)) => {
                    let level = core.batch.told.caused(("invitation", bot.0), log::Level::Warn, core.batch.now.mono);
                    log::log!(level, "bot {bot}: an invitation to {} was not followed: {failure}", key.1);
                    return Ok(());
                }
                Ok(()) => return Ok(()),
            },
        };
        // Who may not speak to it hears nothing, as always. The answer goes to the room, which has passed the question on.
        let is_answered = invitation.is_mediated && may_speak && inbound.via == Via::Direct && !inbound.is_delayed;
        self.refuse_invitation(core, &key, bot, &inviter_of(invitation), why, is_answered)
    }

    fn refuse_invitation(
        &mut self,
        core: &mut Core,
        key: &Key,
        bot: BotId,
        who: &str,
        why: &Text,
        is_answered: bool,
    ) -> Result<(), store::Error> {
        let day = core.batch.lived().div_euclid(limits::INVITATIONS_TOLD_EVERY_S);
        log::debug!("bot {bot}: an invitation to {} by {who} was not followed", key.1);
        let refused = self.rooms.refused.entry(bot).or_default();
        if refused.day != day {
            (refused.day, refused.answered) = (day, 0);
        }
        refused.count = refused.count.saturating_add(1);
        let is_answered = is_answered && refused.answered < limits::INVITATIONS_ANSWERED_MAX;
        refused.answered += u32::from(is_answered);
        let count = refused.count;
        if is_answered {
            self.accounts.tell_session(&mut core.batch, key.0, muc::build_decline(&key.1, who).print(ns::CLIENT));
        }
        if !core.batch.is_time_for(&format!("bot_{bot}_invited_at"), limits::INVITATIONS_TOLD_EVERY_S)? {
            return Ok(());
        }
        self.rooms.refused.insert(bot, Refused { count: 0, ..self.rooms.refused[&bot] });
        let language = core.batch.setup.settings.language;
        let (why, count) = (why.fill(language, &[]), count.to_string());
        let values = [("room", key.1.as_str()), ("who", who), ("why", &why), ("count", &count)];
        let text = texts::INVITED.fill(language, &values);
        let Some(owner) = core.batch.bots.get(&bot).map(|bot| bot.row.owner.clone()) else { return Ok(()) };
        self.tell_owner(core, bot, &owner, &text)
    }
}

impl Accounts {
    /// Whether the service of a room may say who invites.
    fn is_vouched_for(&self, key: &Key, inviter: &BareJid) -> bool {
        let own = self.get(&key.0).map(|account| account.row.jid.domain());
        let of = |domain: &str| {
            let rest = key.1.domain().strip_suffix(domain);
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        own.is_some_and(of) || of(inviter.domain())
    }
}

impl Rooms {
    /// A bot is deleted.
    pub(crate) fn forget_invitations(&mut self, bot: BotId) {
        self.refused.remove(&bot);
    }
}

fn inviter_of(invitation: &Invitation) -> String {
    invitation.inviter.as_ref().map(ToString::to_string).unwrap_or_default()
}
