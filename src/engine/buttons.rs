//! Buttons in menus (XEP-0050): a command that lists what somebody can press now, and one for each button, which clients
//! that show commands as buttons are given with the message.

use crate::base::id::{AccountId, BotId};
use crate::base::jid::BareJid;
use crate::channel::xmpp::buttons::NODE;
use crate::core::texts::buttons as texts;
use crate::engine::Engine;
use crate::store;
use crate::xmpp::adhoc::{Listed, Note, Severity};
use crate::xmpp::dataform::{Field, FieldKind, Form, FormKind};

/// The command, where somebody can press something now.
pub(super) fn listed(engine: &mut Engine, account: AccountId, who: &BareJid) -> Result<Option<Listed>, store::Error> {
    let is_any = !pressable(engine, account, who)?.is_empty();
    Ok(is_any.then(|| Listed { node: NODE.to_string(), name: engine.core.batch.words(&texts::MENU) }))
}

/// Its form: which button? `None`: there is none.
pub(super) fn form(engine: &mut Engine, account: AccountId, who: &BareJid) -> Result<Option<Form>, store::Error> {
    let all = pressable(engine, account, who)?;
    if all.is_empty() {
        return Ok(None);
    }
    let batch = &engine.core.batch;
    let mut field = Field::new(FieldKind::ListSingle, "button").with_label(&batch.words(&texts::WHICH));
    field.is_required = true;
    let field = all.iter().fold(field, |field, (name, number, label)| {
        let label = label.as_ref().map_or(number.to_string(), |label| format!("{number}. {label}"));
        field.with_choice(name, &label)
    });
    Ok(Some(Form::new(FormKind::Form).with_title(&batch.words(&texts::MENU)).with(field)))
}

/// Presses a button by its name; gives what is said to that.
pub(super) fn press(engine: &mut Engine, account: AccountId, who: &BareJid, name: &str) -> Result<Note, store::Error> {
    let pressed = engine.channels.xmpp.press_by_menu(&mut engine.core, account, who, name)?;
    let language = engine.core.batch.setup.settings.language;
    Ok(match pressed {
        Some(button) => Note { severity: Severity::Info, text: texts::PRESSED.fill(language, &[("button", &button)]) },
        None => Note { severity: Severity::Error, text: texts::GONE.fill(language, &[]) },
    })
}

/// What somebody can press at an account: name, number, label.
fn pressable(
    engine: &mut Engine,
    account: AccountId,
    who: &BareJid,
) -> Result<Vec<(String, usize, Option<String>)>, store::Error> {
    if !engine.channels.xmpp.takes_plain_press(&engine.core, account) {
        return Ok(Vec::new());
    }
    let bots: Vec<BotId> = match engine.channels.xmpp.accounts.get(&account).map(|account| account.row.bot) {
        Some(Some(bot)) => vec![bot],
        Some(None) => engine.core.batch.personal_bots(who).map(|bot| bot.row.id).collect(),
        None => Vec::new(),
    };
    engine.core.pressable(Some(account), who.as_str(), &bots)
}
