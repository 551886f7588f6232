//! The tables of commands as menus for clients that show them (XEP-0050): what is listed, which form a command asks for,
//! and doing it. `engine::adhoc` speaks the protocol.
//!
//! The fields of a form come from the usage in the table: `<name>` must be filled in, `[name]` may be, `[a|b]` is a
//! choice, `<ID>` a choice among the bots, and what stands without brackets is one line of free text.

use std::collections::BTreeMap;

use crate::base::id::{self, AccountId, BotId};
use crate::base::jid::BareJid;
use crate::base::remedy::Language;
use crate::core::batch::{Batch, Trouble};
use crate::core::handle::Encrypt;
use crate::core::incoming::Incoming;
use crate::core::registry::Bot;
use crate::core::texts::{self, Text, chat};
use crate::engine::Engine;
use crate::engine::command::{Chat, Entry, botfather, dedicated, rights};
use crate::engine::person;
use crate::store;
use crate::xmpp::adhoc::Listed;
use crate::xmpp::dataform::{Field, FieldKind, Form, FormKind};

/// Whose commands somebody sees.
pub(crate) enum Menu {
    /// The manager's, for the owner of the account.
    Manager(BareJid),
    /// Those of a bot with an account of its own.
    Bot(Chat),
}

/// A place in a usage.
#[derive(Debug, PartialEq, Eq)]
struct Piece<'a> {
    words: &'a str,
    is_required: bool,
}

impl Engine {
    /// The menu that an account has for somebody; `None` for whom it has none.
    pub(crate) fn menu(&self, account: AccountId, who: &BareJid) -> Result<Option<Menu>, store::Error> {
        let Some(row) = self.channels.xmpp.accounts.get(&account).map(|account| &account.row) else { return Ok(None) };
        Ok(match row.bot {
            Some(bot) => self.core.batch.admits(bot, who).then(|| Menu::Bot(Chat { bot, who: who.clone() })),
            None if row.jid == *who && self.core.batch.store.owner_enabled(who)? => Some(Menu::Manager(who.clone())),
            None => None,
        })
    }

    /// Its commands; those of a bot's program stand behind the bot's own.
    pub(crate) fn menu_items(&self, menu: &Menu) -> Vec<Listed> {
        let language = self.core.batch.setup.settings.language;
        match menu {
            Menu::Manager(_) => list(botfather::TABLE, language),
            // What goes over a menu is not encrypted.
            Menu::Bot(chat) if self.is_silent(chat) => {
                list(dedicated::TABLE, language).into_iter().filter(|item| item.node == SAID_TO_ALL).collect()
            }
            Menu::Bot(chat) => {
                let mut items = list(dedicated::TABLE, language);
                let custom = self.core.batch.bots.get(&chat.bot).map(|bot| bot.commands.as_slice()).unwrap_or_default();
                for command in custom.iter().filter(|command| !is_own(&command.command)) {
                    let dash = if command.description.is_empty() { "" } else { " - " };
                    let name = format!("/{}{dash}{}", command.command, command.description);
                    items.push(Listed { node: command.command.clone(), name });
                }
                items
            }
        }
    }

    /// Whether a bot says nothing of a conversation in plain text.
    fn is_silent(&self, chat: &Chat) -> bool {
        self.channels
            .xmpp
            .accounts
            .account_of_bot(chat.bot)
            .is_some_and(|account| self.channels.xmpp.accounts.policy(&self.core.batch, account) == Encrypt::Required)
    }

    /// The form of a command; `None` for what takes no arguments. The outer `None`: there is no such command.
    pub(crate) fn menu_form(&self, menu: &Menu, node: &str) -> Option<Option<Form>> {
        let language = self.core.batch.setup.settings.language;
        let title = self.menu_items(menu).into_iter().find(|item| item.node == node)?.name;
        let fields = match menu {
            Menu::Manager(owner) => {
                // Offered is what can be chosen.
                let may_be = |bot: &&Bot| node != "use" || self.core.batch.why_not_here(bot).is_none();
                let own = self.core.batch.bots_of(owner).into_iter().filter(may_be);
                let bots = own.map(|bot| (bot.row.id, bot.row.name.clone())).collect();
                fields(find(botfather::TABLE, node)?, language, &bots)
            }
            Menu::Bot(_) => match find(dedicated::TABLE, node) {
                Some(entry) => fields(entry, language, &BTreeMap::new()),
                None => {
                    vec![Field::new(FieldKind::TextSingle, "arguments").with_label(&chat::MORE.fill(language, &[]))]
                }
            },
        };
        if fields.is_empty() {
            return Some(None);
        }
        let form = Form { fields, ..Form::new(FormKind::Form) };
        Some(Some(form.with_title(&title)))
    }

    /// Does a command with what its form was filled out with; gives the answer for the person.
    pub(crate) fn run_menu(&mut self, menu: &Menu, node: &str, answer: &Form) -> Result<String, Trouble> {
        let values: Vec<&str> = answer.fields.iter().filter_map(Field::value).map(str::trim).collect();
        let arguments = values.join(" ");
        let arguments = arguments.trim();
        let (Menu::Manager(who) | Menu::Bot(Chat { who, .. })) = menu;
        person::acts(self, who, "/");
        match menu {
            Menu::Manager(owner) => match find(botfather::TABLE, node) {
                Some(_) if rights::why_not_for(self, owner, node).is_some() => {
                    Ok(rights::why_not_for(self, owner, node).unwrap_or_default())
                }
                Some(entry) => (entry.handler)(self, owner, arguments),
                None => Ok(String::new()),
            },
            Menu::Bot(chat) => match find(dedicated::TABLE, node) {
                Some(entry) => (entry.handler)(self, chat, arguments),
                None => self.deliver_command(chat, node, arguments),
            },
        }
    }

    /// A custom command goes to the bot's program as if it had been written in the chat.
    fn deliver_command(&mut self, chat: &Chat, command: &str, arguments: &str) -> Result<String, Trouble> {
        let bot = self.core.batch.bot(chat.bot)?;
        let text = format!("/{command} {arguments}").trim_end().to_string();
        let values = [("name", bot.row.name.as_str()), ("text", text.as_str())];
        let note = chat::DELIVERED.fill(self.core.batch.setup.settings.language, &values);
        let own = bot.row.jid.clone().unwrap_or_else(|| chat.who.clone());
        let stanza_id = id::uuid(self.core.batch.random());
        let said = Incoming::local(&chat.who, &own, &text, &stanza_id, self.core.batch.now.unix());
        self.core.tell_message(chat.bot, &said, &said.text)?;
        self.core.note_said(chat.bot)?;
        Ok(note)
    }
}

impl Batch {
    /// Its title.
    pub(crate) fn menu_title(&self, menu: &Menu) -> String {
        let name = match menu {
            Menu::Manager(_) => "Botmother",
            Menu::Bot(chat) => self.bots.get(&chat.bot).map(|bot| bot.row.name.as_str()).unwrap_or_default(),
        };
        chat::MENU.fill(self.setup.settings.language, &[("name", name)])
    }
}

/// The command that tells everybody the same, and asks for nothing.
const SAID_TO_ALL: &str = "help";

/// Whether a bot answers this command by itself.
fn is_own(command: &str) -> bool {
    find(dedicated::TABLE, command).is_some()
}

fn find<C>(table: &'static [Entry<C>], node: &str) -> Option<&'static Entry<C>> {
    table.iter().find(|entry| entry.name == node)
}

fn list<C>(table: &[Entry<C>], language: Language) -> Vec<Listed> {
    let item = |entry: &Entry<C>| Listed {
        node: entry.name.to_string(),
        name: format!("/{} - {}", entry.name, entry.description.fill(language, &[])),
    };
    table.iter().map(item).collect()
}

fn fields<C>(entry: &Entry<C>, language: Language, bots: &BTreeMap<BotId, String>) -> Vec<Field> {
    let usage = |language| entry.arguments.fill(language, &[]);
    let (names, labels) = (usage(Language::English), usage(language));
    let pairs = pieces(&names).into_iter().zip(pieces(&labels));
    pairs.map(|(name, label)| field(&name, &label, bots)).collect()
}

/// `name` is the piece in English, which names the field in every language.
fn field(name: &Piece<'_>, label: &Piece<'_>, bots: &BTreeMap<BotId, String>) -> Field {
    let is_bot = name.words == "ID" && !bots.is_empty();
    let kind = if is_bot || name.words.contains('|') { FieldKind::ListSingle } else { FieldKind::TextSingle };
    let first = name.words.split(|c: char| !c.is_ascii_alphanumeric()).find(|word| !word.is_empty());
    let var = if name.words.contains('|') { "choice" } else { first.unwrap_or("text") };
    let mut field = Field::new(kind, &var.to_ascii_lowercase()).with_label(label.words);
    field.is_required = name.is_required;
    if is_bot {
        return bots
            .iter()
            .fold(field, |field, (id, name)| field.with_choice(&id.to_string(), &format!("[{id}] {name}")));
    }
    let choices = name.words.split('|').filter(|_| kind == FieldKind::ListSingle);
    choices.fold(field, |field, choice| field.with_choice(choice, choice))
}

/// The places of a usage in their order.
fn pieces(usage: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut rest = usage.trim();
    while !rest.is_empty() {
        let end = match rest.chars().next() {
            Some('<') => rest.split_once('>'),
            Some('[') => rest.split_once(']'),
            _ => None,
        };
        let Some((words, after)) = end else {
            found.push(Piece { words: rest, is_required: true });
            break;
        };
        found.push(Piece { words: words.trim_start_matches(['<', '[']), is_required: rest.starts_with('<') });
        rest = after.trim_start();
    }
    found
}

/// Whether a command, filled out like this, does what cannot be undone.
pub(crate) fn is_final(node: &str, answer: &Form) -> bool {
    match node {
        "clear" | "deletebot" | "forget" | "revoke" | "token" => true,
        "ki" | "omemo" => matches!(answer.value("choice"), Some("clear" | "off" | "reset")),
        _ => false,
    }
}

/// The form that asks whether it is meant.
pub(crate) fn question(node: &str, form: Option<&Form>, answer: &Form, language: Language) -> Form {
    let mut line = format!("/{node}");
    for field in &answer.fields {
        let Some(value) = field.value().filter(|value| !value.is_empty()) else { continue };
        // A bot is called there by its name, too.
        let choices =
            form.zip(field.var.as_deref()).and_then(|(form, var)| form.field(var)).map(|field| &field.choices);
        let label = choices.and_then(|all| all.iter().find(|choice| choice.value == value)?.label.as_deref());
        line.extend([" ", label.unwrap_or(value)]);
    }
    let text = chat::IS_IT_MEANT.fill(language, &[("command", &line)]);
    Form::new(FormKind::Form).with_title(&line).with_instructions(&text)
}

/// What is wrong with a form that came back.
pub(crate) fn complaint(form: &Form, wrong: &crate::xmpp::dataform::Wrong, language: Language) -> String {
    use crate::xmpp::dataform::WrongReason;
    let label = form.field(&wrong.var).and_then(|field| field.label.as_deref()).unwrap_or(&wrong.var);
    let text: &Text = match wrong.reason {
        WrongReason::Missing => &chat::FIELD_MISSING,
        WrongReason::NoSuchValue | WrongReason::TooMany => &chat::FIELD_WRONG,
    };
    text.fill(language, &[("field", label)])
}

/// Label of a long answer's field.
pub(crate) fn answer_label(language: Language) -> String {
    texts::chat::ANSWER.fill(language, &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usages_are_forms() {
        let words = |usage| pieces(usage).iter().map(|p| (p.words.to_string(), p.is_required)).collect::<Vec<_>>();
        assert_eq!(words("<ID> [more] /cmd - x, /cmd - y").len(), 3);
        assert_eq!(words("<ID> <text>"), [("ID".to_string(), true), ("text".to_string(), true)]);
        assert_eq!(words("[a|b]"), [("a|b".to_string(), false)]);
        assert!(words("").is_empty());
        assert_eq!(words("<broken"), [("<broken".to_string(), true)]);
    }

    /// A form must have the same fields in all languages, each with a name of its own.
    #[test]
    fn every_usage_of_the_tables_gives_fields() {
        fn check<C>(table: &[Entry<C>]) {
            for entry in table {
                let (en, de) =
                    (entry.arguments.fill(Language::English, &[]), entry.arguments.fill(Language::German, &[]));
                let required = |usage: &str| pieces(usage).iter().map(|piece| piece.is_required).collect::<Vec<_>>();
                assert_eq!(required(&en), required(&de), "/{}", entry.name);
                let fields = fields(entry, Language::German, &BTreeMap::from([(BotId(1), "A".to_string())]));
                assert_eq!(fields.len(), pieces(&en).len());
                let mut vars: Vec<_> = fields.iter().map(|field| field.var.clone()).collect();
                vars.sort();
                vars.dedup();
                assert_eq!(vars.len(), fields.len(), "/{}: two fields of one name", entry.name);
            }
        }
        check(botfather::TABLE);
        check(dedicated::TABLE);
    }
}
