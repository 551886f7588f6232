//! The channel `web`: people with a browser and a nickname, in chats with bots (docs/web.md).
//!
//! What is said there are rows like any message; browsers read and write them through the client API.

use crate::base::id::{AccountId, BotId};
use crate::base::jid::BareJid;
use crate::core::Core;
use crate::core::actions::NewAction;
use crate::core::batch::Trouble;
use crate::core::channel::{Channel, Label, Sender};
use crate::core::failure::Failure;
use crate::core::handle::NewMessage;
use crate::core::part::Part;
use crate::core::registry::Bot;
use crate::store;

/// All of it.
#[derive(Default)]
pub(crate) struct Web;

impl Part for Web {
    fn committed(&mut self) {}

    fn undo(&mut self) {}
}

impl Channel for Web {
    fn has(&self, address: &BareJid) -> bool {
        address.channel() == Some("web")
    }

    fn account_for(&self, _bot: &Bot) -> Result<Option<AccountId>, Failure> {
        Ok(None)
    }

    fn label(&self) -> Label {
        Label { name: "Web", short: "Web" }
    }

    fn say(
        &mut self,
        _core: &mut Core,
        _sender: Sender,
        _new: &NewMessage,
        _id: &str,
    ) -> Result<Option<bool>, Trouble> {
        Err(nobody())
    }

    fn act(&mut self, _core: &mut Core, _sender: Sender, _act: &NewAction, _id: &str) -> Result<Option<bool>, Trouble> {
        Err(nobody())
    }

    fn answer(&mut self, _core: &mut Core, _bot: BotId, _to: &BareJid, _text: &str) -> Result<(), store::Error> {
        Ok(())
    }
}

/// There is no such chat.
fn nobody() -> Trouble {
    Failure::NotFound("there is no chat with that address on the web".to_string()).into()
}
