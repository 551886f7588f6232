//! Which bot is meant, where several may be.

use crate::base::id::BotId;
use crate::base::jid::BareJid;
use crate::base::limits;
use crate::core::batch::Batch;
use crate::core::handle::Mode;
use crate::core::registry::Bot;
use crate::core::texts;

impl Batch {
    /// Why a bot gets nothing of what its owner writes in the self-chat, and what he can do; `None` when it may.
    pub(crate) fn why_not_here(&self, bot: &Bot) -> Option<String> {
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
    pub(crate) fn say_which(&self, bots: &[BotId]) -> String {
        let id = bots.first().map(ToString::to_string).unwrap_or_default();
        let values = [("bots", self.name_all(bots)), ("id", id)];
        let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
        texts::SEVERAL_BOTS.fill(self.setup.settings.language, &values)
    }

    /// Bots with their numbers.
    pub(crate) fn name_all(&self, bots: &[BotId]) -> String {
        let known = bots.iter().filter_map(|bot| self.bots.get(bot));
        known.map(|bot| format!("[{}] {}", bot.row.id, bot.row.name)).collect::<Vec<_>>().join(", ")
    }

    /// The bot chosen with `/use`, or the only active personal one, or the only one of them whose AI is on.
    pub(crate) fn chosen_bot(&self, owner: &BareJid) -> Option<BotId> {
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
pub(crate) fn named<'t>(bots: &[&Bot], text: &'t str) -> (Vec<BotId>, &'t str) {
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
pub(crate) fn use_key(owner: &BareJid) -> String {
    format!("botmother_use:{owner}")
}
