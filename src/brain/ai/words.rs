//! What an AI's bot says besides its answers, and long answers in pieces.

use crate::base::id::BotId;
use crate::base::remedy::{self, Language, Place};
use crate::core::batch::Batch;
use crate::core::handle::Mode;
use crate::core::texts::ai;
use crate::remote::ai::{Cut, Fault};
use crate::store::row::{AiPlace, AiRow};

impl Batch {
    /// Programs are spoken to in English.
    fn language_of(&self, place: AiPlace) -> Language {
        if place == AiPlace::Api { Language::English } else { self.setup.settings.language }
    }

    /// Why an answer ends where it does.
    pub(super) fn words_of_cut(&self, place: AiPlace, cut: Cut) -> String {
        let text = match cut {
            Cut::Length => &ai::CUT_LENGTH,
            Cut::Filter => &ai::CUT_FILTER,
            Cut::Early => &ai::CUT_EARLY,
            Cut::Unreadable => &ai::CUT_UNREADABLE,
        };
        text.fill(self.language_of(place), &[])
    }

    /// Why there is no answer: one sentence.
    pub(super) fn words_of_fault(&self, bot: BotId, place: AiPlace, row: &AiRow, fault: &Fault) -> String {
        let text = match fault {
            Fault::Key => &ai::WRONG_KEY,
            Fault::Credit(_) => &ai::NO_CREDIT,
            Fault::NotFound(_) => &ai::NOT_FOUND,
            Fault::TooLong => &ai::TOO_LONG,
            Fault::Busy(_) => &ai::BUSY,
            Fault::Later(_) => &ai::LATER,
            Fault::Refused(_) => &ai::REFUSED,
            Fault::NotUnderstood => &ai::NOT_UNDERSTOOD,
            Fault::Empty => &ai::EMPTY,
            Fault::Spent => &ai::SPENT,
        };
        let why = match fault {
            Fault::Credit(why) | Fault::NotFound(why) | Fault::Later(why) | Fault::Refused(why) => why.as_str(),
            _ => "",
        };
        let why = &remedy::at(Place::Chat(self.language_of(place)), why);
        let ki = self.ki_of(bot);
        let values = [("provider", row.provider.as_str()), ("model", &row.model), ("why", why), ("ki", &ki)];
        let text = text.fill(self.language_of(place), &values);
        // The key that users are told of is that of the hooks, and by itself the gateway answers to none.
        let is_gateway = row.provider == "openclaw" && !row.endpoint.contains("/hooks");
        let is_setup = matches!(fault, Fault::Key | Fault::NotFound(_)) && place == AiPlace::Chat;
        if is_gateway && is_setup {
            text + &ai::OPENCLAW_HELP.fill(self.setup.settings.language, &values)
        } else {
            text
        }
    }

    /// How `/ki` is given for a bot in its chat: where several share one, with its number.
    fn ki_of(&self, bot: BotId) -> String {
        let shared = self.bots.get(&bot).filter(|entry| entry.mode == Mode::Personal);
        match shared {
            Some(entry) if self.chosen_bot(&entry.row.owner) != Some(bot) => format!("/ki {bot}"),
            _ => "/ki".to_string(),
        }
    }
}

/// The same for programs.
pub(super) fn symbol_of_cut(cut: Cut) -> &'static str {
    match cut {
        Cut::Length => "length",
        Cut::Filter => "filter",
        Cut::Early => "ended_early",
        Cut::Unreadable => "unreadable",
    }
}
