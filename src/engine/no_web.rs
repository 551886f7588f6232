//! Without the channel `web` there are no people with a browser.

use crate::base::id::BotId;
use crate::base::secret::Secret;
use crate::core::batch::{Trouble, Verdict};
use crate::core::failure::Failure;
use crate::core::handle::WebQuestion;
use crate::engine::Engine;

pub(super) fn let_in(_engine: &mut Engine, _question: &WebQuestion) -> Result<Verdict, Trouble> {
    Err(not_built())
}

pub(super) fn ask(_engine: &mut Engine, _token: &Secret, _question: &WebQuestion) -> Result<Verdict, Trouble> {
    Err(not_built())
}

pub(super) fn know(_engine: &mut Engine, _token: &Secret) -> Result<Verdict, Trouble> {
    Err(not_built())
}

pub(super) fn ask_as_bot(_engine: &mut Engine, _bot: BotId, _question: &WebQuestion) -> Result<Verdict, Trouble> {
    Err(not_built())
}

fn not_built() -> Trouble {
    Failure::NotBuilt("people with a browser are not in this binary".to_string()).into()
}
