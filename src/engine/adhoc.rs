//! XEP-0050 in the engine: who asks for commands at one of our accounts is shown the menu he has there, is led through
//! its forms, and what he fills out is done. On a bot's own account these are the bot's commands for whom it admits; on
//! a person's account the manager's commands, for his other clients only.
//!
//! What is filled out right now is soft state: bounded, forgotten after a while, and gone after a restart.

use std::time::Duration;

use crate::base::id::{self, AccountId};
use crate::base::jid::Jid;
use crate::base::{limits, remedy};
use crate::channel::xmpp::buttons::{NODE, name_in};
use crate::core::batch::Trouble;
use crate::engine::Engine;
use crate::engine::buttons;
use crate::engine::command::menu::{self, Menu};
use crate::store;
use crate::xml::Element;
use crate::xmpp::adhoc::{self, Action, Allowed, CommandRefusal, Note, Reply, Request, Severity, Status};
use crate::xmpp::dataform::{Field, FieldKind, Form, FormKind};
use crate::xmpp::ns;
use crate::xmpp::stanza::{Iq, IqKind, StanzaError};

/// Somebody fills out a form.
#[derive(Clone)]
pub(super) struct CommandSession {
    id: String,
    account: AccountId,
    who: Jid,
    node: String,
    form: Form,
    /// What was filled out already, where this form asks whether it is meant.
    given: Option<Form>,
    /// When it is over (monotonic).
    until: Duration,
}

/// Why a command is not carried out.
enum Stop {
    Refusal(CommandRefusal),
    Store(store::Error),
}

impl From<CommandRefusal> for Stop {
    fn from(refusal: CommandRefusal) -> Stop {
        Stop::Refusal(refusal)
    }
}

impl From<store::Error> for Stop {
    fn from(error: store::Error) -> Stop {
        Stop::Store(error)
    }
}

/// Where a request came to, who sent it, and what he may see.
struct Asked<'a> {
    account: AccountId,
    who: &'a Jid,
    menu: Menu,
}

impl Engine {
    /// Answers a question about our commands and their nodes; `None` when it is about something else.
    pub(super) fn answer_menu(
        &mut self,
        account: AccountId,
        request: &Iq,
    ) -> Result<Option<Result<Element, StanzaError>>, store::Error> {
        let (Some(payload), Some(who)) = (&request.payload, &request.from) else { return Ok(None) };
        let node = payload.attribute("node");
        let is_listing = match (request.kind, payload.name(), payload.ns()) {
            (IqKind::Get, "query", ns::DISCO_ITEMS) => true,
            (IqKind::Get, "query", ns::DISCO_INFO) => false,
            (IqKind::Set, "command", ns::COMMANDS) => {
                let refused = |refusal: CommandRefusal| Ok(Some(Err(refusal.error())));
                return match self.on_command(account, who, payload) {
                    Ok(reply) => Ok(Some(Ok(reply.build()))),
                    Err(Stop::Refusal(refusal)) => refused(refusal),
                    Err(Stop::Store(error)) => Err(error),
                };
            }
            _ => return Ok(None),
        };
        let menu = self.menu(account, &who.bare())?;
        let mut items = menu.as_ref().map(|menu| self.menu_items(menu)).unwrap_or_default();
        if menu.is_some() {
            items.extend(buttons::listed(self, account, &who.bare())?);
        }
        let unknown = || StanzaError::new("cancel", "item-not-found");
        Ok(Some(match (is_listing, node) {
            (true, None) => Ok(Element::new("query", ns::DISCO_ITEMS)),
            (true, Some(ns::COMMANDS)) => {
                let own = self.channels.xmpp.accounts.get(&account).map(|account| account.row.jid.to_jid());
                Ok(adhoc::build_list(request.to.as_ref().or(own.as_ref()).unwrap_or(who), &items))
            }
            (false, Some(ns::COMMANDS)) => match &menu {
                Some(menu) => Ok(adhoc::build_list_info(&self.core.batch.menu_title(menu))),
                None => Err(CommandRefusal::Forbidden.error()),
            },
            (false, Some(node)) => {
                items.iter().find(|item| item.node == node).map(adhoc::build_command_info).ok_or_else(unknown)
            }
            _ => Err(unknown()),
        }))
    }

    fn on_command(&mut self, account: AccountId, who: &Jid, command: &Element) -> Result<Reply, Stop> {
        let menu = self.menu(account, &who.bare())?.ok_or(CommandRefusal::Forbidden)?;
        let asked = Asked { account, who, menu };
        let request = Request::read(command).ok_or(CommandRefusal::BadPayload)??;
        match &request.session {
            None => self.begin_command(&asked, &request),
            Some(session) => self.go_on_with_command(&asked, &request, session),
        }
    }

    fn begin_command(&mut self, asked: &Asked<'_>, request: &Request) -> Result<Reply, Stop> {
        if let Some(name) = name_in(&request.node) {
            let note = Some(buttons::press(self, asked.account, &asked.who.bare(), name)?);
            let (node, session) = (request.node.clone(), id::uuid(self.core.batch.random()));
            return Ok(Reply { node, session, status: Status::Completed, note, form: None });
        }
        let form = match request.node == NODE {
            true => buttons::form(self, asked.account, &asked.who.bare())?.map(Some),
            false => self.menu_form(&asked.menu, &request.node),
        };
        let form = form.ok_or(CommandRefusal::UnknownNode)?;
        if !matches!(request.action, Action::Execute | Action::Complete) {
            return Err(CommandRefusal::BadAction.into());
        }
        let session = id::uuid(self.core.batch.random());
        let Some(form) = form else {
            return self.finish_command(asked, &request.node, session, None, Form::new(FormKind::Submit));
        };
        // Whoever knows the form may bring it along (XEP-0050 §4.2 has the payload in any request).
        match &request.form {
            Some(submit) => self.submit_command(asked, &request.node, session, form, submit),
            None => Ok(self.wait_for_form(asked, &request.node, session, form, None)),
        }
    }

    fn go_on_with_command(&mut self, asked: &Asked<'_>, request: &Request, session: &str) -> Result<Reply, Stop> {
        let is_it = |known: &CommandSession| {
            known.id == session
                && known.account == asked.account
                && known.who == *asked.who
                && known.node == request.node
        };
        let at = self.command_sessions.iter().position(is_it).ok_or(CommandRefusal::BadSessionId)?;
        let is_over = self.command_sessions.get(at).is_none_or(|session| session.until <= self.core.batch.now.mono);
        let action = if is_over { Action::Cancel } else { request.resolve(&Allowed::complete())? };
        let is_asked = self.command_sessions.get(at).is_some_and(|session| session.given.is_some());
        if action == Action::Complete && request.form.is_none() && !is_asked {
            return Err(CommandRefusal::BadPayload.into());
        }
        let session = self.command_sessions.change().remove(at);
        let is_meant =
            action == Action::Complete && request.form.as_ref().is_none_or(|form| form.kind != FormKind::Cancel);
        match (&request.form, session.given) {
            _ if is_over => Err(CommandRefusal::SessionExpired.into()),
            (_, Some(given)) if is_meant => self.do_command(asked, &session.node, session.id, &given),
            (Some(submit), None) if is_meant => {
                self.submit_command(asked, &session.node, session.id, session.form, submit)
            }
            _ => {
                Ok(Reply { node: session.node, session: session.id, status: Status::Canceled, note: None, form: None })
            }
        }
    }

    fn submit_command(
        &mut self,
        asked: &Asked<'_>,
        node: &str,
        session: String,
        form: Form,
        submit: &Form,
    ) -> Result<Reply, Stop> {
        match form.check(submit) {
            Ok(answer) => self.finish_command(asked, node, session, Some(&form), answer),
            Err(wrong) => {
                let text = menu::complaint(&form, &wrong, self.core.batch.setup.settings.language);
                let note = Note { severity: Severity::Error, text };
                Ok(self.wait_for_form(asked, node, session, form, Some(note)))
            }
        }
    }

    /// Remembers that somebody fills out a form. Clients forget forms without a word, so the oldest of too many goes.
    fn wait_for_form(
        &mut self,
        asked: &Asked<'_>,
        node: &str,
        session: String,
        form: Form,
        note: Option<Note>,
    ) -> Reply {
        self.command_sessions.change();
        let now = self.core.batch.now.mono;
        let is_here = |session: &CommandSession| session.account == asked.account;
        if self.command_sessions.iter().filter(|session| is_here(session)).count() >= limits::MENU_FORMS_MAX
            && let Some(oldest) = self.command_sessions.iter().position(is_here)
        {
            self.command_sessions.remove(oldest);
        }
        self.command_sessions.push(CommandSession {
            id: session.clone(),
            account: asked.account,
            who: asked.who.clone(),
            node: node.to_string(),
            form: form.clone(),
            given: None,
            until: now + limits::MENU_FORM_LIFETIME,
        });
        let status = Status::Executing(Allowed::complete());
        Reply { node: node.to_string(), session, status, note, form: Some(form) }
    }

    /// Does it; first asks whether it is meant, where it cannot be undone: a menu is touched sooner than a line is written.
    fn finish_command(
        &mut self,
        asked: &Asked<'_>,
        node: &str,
        session: String,
        form: Option<&Form>,
        answer: Form,
    ) -> Result<Reply, Stop> {
        if !menu::is_final(node, &answer) {
            return self.do_command(asked, node, session, &answer);
        }
        let question = menu::question(node, form, &answer, self.core.batch.setup.settings.language);
        let reply = self.wait_for_form(asked, node, session, question, None);
        if let Some(session) = self.command_sessions.last_mut() {
            session.given = Some(answer);
        }
        Ok(reply)
    }

    fn do_command(&mut self, asked: &Asked<'_>, node: &str, session: String, answer: &Form) -> Result<Reply, Stop> {
        log::debug!("{}: ad-hoc command {node}", asked.who.bare());
        if node == NODE {
            let name = answer.value("button").unwrap_or_default();
            let note = Some(buttons::press(self, asked.account, &asked.who.bare(), name)?);
            return Ok(Reply { node: node.to_string(), session, status: Status::Completed, note, form: None });
        }
        let (severity, text) = match self.run_menu(&asked.menu, node, answer) {
            Ok(text) => (Severity::Info, text),
            Err(Trouble::Failure(failure)) => (Severity::Error, failure.at(self.core.batch.chat_place())),
            Err(Trouble::Store(error)) => return Err(error.into()),
        };
        let mut reply = Reply { node: node.to_string(), session, status: Status::Completed, note: None, form: None };
        // Clients show a note as one line; what has several is a form with a text to select and copy.
        if text.contains('\n') {
            let label = menu::answer_label(self.core.batch.setup.settings.language);
            let field = Field::new(FieldKind::TextMulti, "answer").with_label(&label).with_value(&text);
            reply.form = Some(Form::new(FormKind::Result).with_title(&format!("/{node}")).with(field));
        } else {
            reply.note = Some(Note { severity, text });
        }
        Ok(reply)
    }
}

impl Engine {
    /// A question that the session does not answer itself.
    pub(super) fn on_request(&mut self, account: AccountId, request: &Iq) -> Result<(), store::Error> {
        let unavailable = Err(StanzaError::new("cancel", "service-unavailable"));
        let answer = match self.answer_menu(account, request)?.unwrap_or(unavailable) {
            Ok(payload) => request.print_result(Some(payload)),
            Err(refusal) => request.print_error(&refusal),
        };
        let too_long = "the answer is too long for this server; send the command as a message";
        let answer = match self.channels.xmpp.accounts.check_size(account, answer.len()) {
            Ok(()) => answer,
            Err(_) => request.print_error(&StanzaError {
                text: Some(remedy::at(self.core.batch.chat_place(), too_long)),
                ..StanzaError::new("cancel", "resource-constraint")
            }),
        };
        self.channels.xmpp.accounts.tell_session(&mut self.core.batch, account, answer);
        Ok(())
    }
}
