//! How far the messages of bots have come, told as updates of type `message_state`: `sent` when the server has it
//! (XEP-0198, or the archive shows it), `delivered` by a receipt (XEP-0184), `displayed` by a marker (XEP-0333), `failed`
//! when it comes back. Each once and only forward; each with the update in one transaction.
//!
//! Asked for and kept only while the bot's program wants to know.

use crate::base::id::{AccountId, BotId, OutboxId};
use crate::base::jid::{BareJid, Jid};
use crate::base::limits;
use crate::channel::xmpp::Xmpp;
use crate::core::batch::Trouble;
use crate::core::kinds::UpdateKind;
use crate::core::{Core, record};
use crate::store;
use crate::store::row::{Conversation, Progress, SentRow};
use crate::xmpp::message::{Inbound, Kind, Outbound, Stage};
use crate::xmpp::stanza::StanzaError;

impl Xmpp {
    /// Puts what a bot says into the outbox, to be corrected, taken back and followed later. `original` is the message
    /// whose place it takes.
    pub(crate) fn send_tracked(
        &mut self,
        core: &mut Core,
        (account, bot): (AccountId, BotId),
        to: &Jid,
        (message_id, original): (&str, Option<&str>),
        outbound: Outbound,
    ) -> Result<(), Trouble> {
        let is_followed = core.batch.bot(bot)?.kinds.has(UpdateKind::MessageState);
        let outbound = if is_followed { outbound.wanting_receipt().markable() } else { outbound };
        self.enqueue(core, (account, Some(bot)), to, message_id, outbound)?;
        let row = SentRow {
            original: original.map(str::to_string),
            progress: if is_followed { Progress::Accepted } else { Progress::Untracked },
            ..SentRow::new((account, bot), to, message_id, core.batch.now.unix())
        };
        let bare = to.bare();
        // An occupant is somebody of his own; of everybody else all devices are one.
        let place = match self.rooms.is_room(account, &bare) && to.resource().is_some() {
            true => Conversation::private(account, bot, to),
            false => Conversation::chat(account, bot, &bare),
        };
        core.batch.store.insert_sent(&place, &row, core.batch.lived())?;
        Ok(core.batch.note_message(bot)?)
    }

    /// The server has these: they leave the outbox.
    pub(crate) fn settle_acked(
        &mut self,
        core: &mut Core,
        account: AccountId,
        ids: &[OutboxId],
    ) -> Result<(), store::Error> {
        for id in ids {
            core.batch.note_arrived(id.0);
            if let Some(row) = core.batch.store.find_sent_of(account, *id)? {
                self.advance(core, &row, Progress::Sent, None)?;
            }
        }
        core.batch.store.delete_outbox(account, None, ids)
    }

    /// A message came back.
    pub(crate) fn on_refusal(
        &mut self,
        core: &mut Core,
        account: AccountId,
        message: &Inbound,
    ) -> Result<(), store::Error> {
        let (Some(id), Some(error)) = (&message.id, &message.error) else { return Ok(()) };
        // RFC 6120 §8.3.2: `continue` is a warning.
        if error.kind == "continue" {
            return Ok(());
        }
        match core.batch.store.find_sent(account, id)? {
            Some(row) if message.refuses(id, &row.recipient) => {
                self.advance(core, &row, Progress::Failed, Some(&why(error, &row.recipient)))
            }
            _ => Ok(()),
        }
    }

    /// Receipts and markers. Only the recipient of a message can say how far it has come.
    pub(crate) fn on_confirmation(
        &mut self,
        core: &mut Core,
        account: AccountId,
        own: &BareJid,
        message: &Inbound,
    ) -> Result<(), store::Error> {
        let is_ours = matches!(message.kind, Kind::Chat | Kind::Normal) && message.to.bare_str() == own.as_str();
        if !is_ours {
            return Ok(());
        }
        if let Some(id) = &message.receipt {
            self.confirm(core, account, message, id, Progress::Delivered)?;
        }
        match &message.marker {
            Some(marker) if marker.stage == Stage::Received => {
                self.confirm(core, account, message, &marker.id, Progress::Delivered)
            }
            Some(marker) => self.confirm(core, account, message, &marker.id, Progress::Displayed),
            None => Ok(()),
        }
    }

    fn confirm(
        &mut self,
        core: &mut Core,
        account: AccountId,
        message: &Inbound,
        id: &str,
        progress: Progress,
    ) -> Result<(), store::Error> {
        let Some(row) = core.batch.store.find_sent(account, id)? else { return Ok(()) };
        let is_recipient = match &message.room {
            // Every occupant has the room's bare address.
            Some(_) => row.recipient == message.from,
            None => row.recipient.bare_str() == message.from.bare_str(),
        };
        if !is_recipient {
            return Ok(());
        }
        if progress == Progress::Displayed {
            // XEP-0333 §4: so is all that was said before.
            for before in core.batch.store.list_unseen_before(&row, limits::SEEN_BEFORE_MAX)? {
                self.advance(core, &before, progress, None)?;
            }
        }
        self.advance(core, &row, progress, None)
    }

    pub(crate) fn advance(
        &mut self,
        core: &mut Core,
        row: &SentRow,
        progress: Progress,
        error: Option<&str>,
    ) -> Result<(), store::Error> {
        let is_forward =
            row.progress < progress && (progress != Progress::Failed || row.progress < Progress::Delivered);
        if !is_forward {
            return Ok(());
        }
        // A receipt may overtake the note that the server has the message: what has arrived was sent.
        if row.progress == Progress::Accepted && matches!(progress, Progress::Delivered | Progress::Displayed) {
            self.tell_state(core, row, Progress::Sent, None)?;
        }
        core.batch.store.store_progress(row.id, progress)?;
        core.batch.note_way(row.bot, &row.message_id, word_of(progress), error.unwrap_or_default().to_string());
        self.tell_state(core, row, progress, error)
    }

    fn tell_state(
        &mut self,
        core: &mut Core,
        row: &SentRow,
        progress: Progress,
        error: Option<&str>,
    ) -> Result<(), store::Error> {
        let state = word_of(progress);
        let to = row.recipient.as_str();
        let payload = record::message_state(&row.message_id, to, (state, error), core.batch.now.unix());
        core.push_update(row.bot, UpdateKind::MessageState.as_str(), &payload)
    }
}

fn word_of(progress: Progress) -> &'static str {
    match progress {
        Progress::Delivered => "delivered",
        Progress::Displayed => "displayed",
        Progress::Failed => "failed",
        Progress::Accepted | Progress::Sent | Progress::Untracked => "sent",
    }
}

/// Why a message came back, in one sentence with the other side's own words.
fn why(error: &StanzaError, to: &Jid) -> String {
    let what = match error.condition.as_str() {
        "service-unavailable" => format!("{to} does not exist or takes no messages now"),
        "item-not-found" | "recipient-unavailable" | "gone" => format!("{to} does not exist or is not there"),
        "remote-server-not-found" => format!("the server of {to} was not found"),
        "remote-server-timeout" => format!("the server of {to} does not answer"),
        "forbidden" | "not-allowed" | "not-authorized" | "not-acceptable" | "policy-violation" => {
            format!("{to} or the server does not allow it")
        }
        "resource-constraint" => format!("the server cannot keep more for {to}"),
        _ => "the message was refused".to_string(),
    };
    format!("{what}: {error}")
}
