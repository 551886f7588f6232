//! What goes into bots' histories on XMPP, where the rules cannot see it themselves: what has waited for keys and goes out in
//! plain text after all, and what others do to messages.

use crate::base::id::BotId;
use crate::core::batch::Batch;
use crate::core::history::SaidContent;
use crate::store;
use crate::store::row::{ChannelName, NewReactions, Reactor};
use crate::xml::{Element, Namespaces};
use crate::xmpp::message::Reactions;
use crate::xmpp::ns;

impl Batch {
    /// A stanza goes out as it is. What a bot says just now is no message yet, and kept by whoever says it.
    pub(crate) fn keep_waited(
        &mut self,
        bot: Option<BotId>,
        message_id: &str,
        stanza: &str,
    ) -> Result<(), store::Error> {
        let Some(bot) = bot.filter(|bot| self.keeps(*bot)) else { return Ok(()) };
        if self.store.find_said(bot, message_id)?.is_none() {
            return Ok(());
        }
        let Ok(stanza) = Element::parse(stanza, &Namespaces::default_is(ns::CLIENT)) else { return Ok(()) };
        let is_sealed = stanza.children().any(|child| child.name() == "encrypted");
        let Some(text) = stanza.text_of("body", ns::CLIENT).filter(|_| !is_sealed) else { return Ok(()) };
        let file = stanza.find("x", ns::OOB).and_then(|file| file.text_of("url", ns::OOB));
        let reply = stanza.find("reply", ns::REPLY).and_then(|reply| reply.attribute("id"));
        self.keep_said(bot, message_id, &SaidContent { text: &text, reply_to: reply, file: file.as_deref() })
    }

    /// Somebody reacts to a message, which is named `id` here. What came encrypted only takes away what he had there.
    pub(crate) fn keep_reacted(
        &mut self,
        bot: BotId,
        address: &str,
        by: Reactor<'_>,
        (id, reactions, at): (&str, Option<&Reactions>, i64),
    ) -> Result<(), store::Error> {
        let emoji = reactions.map_or(&[][..], |reactions| &reactions.emoji);
        self.keep_reactions(bot, address, &NewReactions { channel: ChannelName::XMPP, message_id: id, by, emoji, at })
    }
}
