//! XEP-0050, ad-hoc commands, on our side: what a client asks of us and what we answer. The commands themselves, who
//! may give them and the sessions between two stages belong to the caller.
//!
//! A client lists the commands (disco#items at the node [`ns::COMMANDS`]), begins one, and is led from form to form by
//! `next`, `prev` and `complete`.

use crate::base::jid::Jid;
use crate::xml::Element;
use crate::xmpp::dataform::Form;
use crate::xmpp::disco::{Identity, Info};
use crate::xmpp::ns;
use crate::xmpp::stanza::StanzaError;

/// What a client wants (XEP-0050 §3.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Begin, or do what the stage proposes.
    Execute,
    /// To the next stage.
    Next,
    /// Back to the stage before.
    Prev,
    /// Do it with what is known.
    Complete,
    /// Forget it.
    Cancel,
}

const ACTIONS: [(Action, &str); 5] = [
    (Action::Execute, "execute"),
    (Action::Next, "next"),
    (Action::Prev, "prev"),
    (Action::Complete, "complete"),
    (Action::Cancel, "cancel"),
];

/// `<command/>` as a client sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Which command.
    pub node: String,
    /// Which session of it; none begins one.
    pub session: Option<String>,
    /// What to do.
    pub action: Action,
    /// The form filled out.
    pub form: Option<Form>,
    /// The language of the client (`xml:lang`).
    pub lang: Option<String>,
}

/// Which actions a stage allows, besides cancelling, which is always allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// Next, prev, complete, as far as they are possible.
    pub actions: Vec<Action>,
    /// What [`Action::Execute`] means here: one of them.
    pub default: Action,
}

/// How serious a note is (XEP-0050 §3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// For information.
    Info,
    /// Something is not as it should be.
    Warn,
    /// It did not work.
    Error,
}

/// Words for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// How serious.
    pub severity: Severity,
    /// The words.
    pub text: String,
}

/// Where a command stands after a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// The form is to be filled out.
    Executing(Allowed),
    /// It is done.
    Completed,
    /// It was cancelled.
    Canceled,
}

/// `<command/>` as we answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Which command.
    pub node: String,
    /// Which session; given by us.
    pub session: String,
    /// Where it stands.
    pub status: Status,
    /// Words for people.
    pub note: Option<Note>,
    /// The form to fill out, or the result.
    pub form: Option<Form>,
}

/// Why a request is refused (XEP-0050 §4.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandRefusal {
    /// There is no such action.
    MalformedAction,
    /// The action is not possible at this stage.
    BadAction,
    /// We do not speak that language.
    BadLocale,
    /// The form is none, or not the one that was asked for.
    BadPayload,
    /// The session was never there.
    BadSessionId,
    /// The session is over.
    SessionExpired,
    /// Not for this sender.
    Forbidden,
    /// There is no such command.
    UnknownNode,
    /// Too many sessions at once.
    Busy,
}

/// A command as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its node.
    pub node: String,
    /// What people read.
    pub name: String,
}

impl Action {
    fn name(self) -> &'static str {
        ACTIONS.iter().find(|(action, _)| *action == self).map_or("execute", |(_, name)| name)
    }
}

impl Allowed {
    /// One stage and nothing behind it.
    pub fn complete() -> Allowed {
        Allowed { actions: vec![Action::Complete], default: Action::Complete }
    }

    /// One of several stages.
    pub fn stage(actions: &[Action], default: Action) -> Allowed {
        Allowed { actions: actions.to_vec(), default }
    }
}

impl Request {
    /// Reads the payload of an IQ `set`. `None` when it is another payload.
    pub fn read(command: &Element) -> Option<Result<Request, CommandRefusal>> {
        if !command.is("command", ns::COMMANDS) {
            return None;
        }
        Some(Request::read_command(command))
    }

    fn read_command(command: &Element) -> Result<Request, CommandRefusal> {
        let name = command.attribute("action").unwrap_or("execute");
        let (action, _) = ACTIONS.iter().find(|(_, known)| *known == name).ok_or(CommandRefusal::MalformedAction)?;
        let node = command.attribute("node").filter(|node| !node.is_empty()).ok_or(CommandRefusal::UnknownNode)?;
        Ok(Request {
            node: node.to_string(),
            // COMPAT(older Gajim and Psi): they begin with an empty session id.
            session: command.attribute("sessionid").filter(|id| !id.is_empty()).map(Into::into),
            action: *action,
            form: Form::find(command).map_err(|_| CommandRefusal::BadPayload)?,
            lang: command.attribute("xml:lang").map(Into::into),
        })
    }

    /// What a request means at a stage that allows this: never [`Action::Execute`].
    pub fn resolve(&self, allowed: &Allowed) -> Result<Action, CommandRefusal> {
        match self.action {
            Action::Execute => Ok(allowed.default),
            Action::Cancel => Ok(Action::Cancel),
            action if allowed.actions.contains(&action) => Ok(action),
            _ => Err(CommandRefusal::BadAction),
        }
    }
}

impl Reply {
    /// The payload of the answer.
    pub fn build(&self) -> Element {
        let status = match self.status {
            Status::Executing(_) => "executing",
            Status::Completed => "completed",
            Status::Canceled => "canceled",
        };
        let mut command = Element::new("command", ns::COMMANDS)
            .with("node", &self.node)
            .with("sessionid", &self.session)
            .with("status", status);
        if let Status::Executing(allowed) = &self.status {
            command = command.with_child(build_actions(allowed));
        }
        if let Some(note) = &self.note {
            let severity = match note.severity {
                Severity::Info => "info",
                Severity::Warn => "warn",
                Severity::Error => "error",
            };
            command =
                command.with_child(Element::new("note", ns::COMMANDS).with("type", severity).with_text(&note.text));
        }
        match &self.form {
            Some(form) => command.with_child(form.build()),
            None => command,
        }
    }
}

fn build_actions(allowed: &Allowed) -> Element {
    // XEP-0050 §3.4: prev, next, complete in this order; execute and cancel are not listed.
    let order = [Action::Prev, Action::Next, Action::Complete];
    let listed = order.into_iter().filter(|action| allowed.actions.contains(action));
    listed.fold(Element::new("actions", ns::COMMANDS).with("execute", allowed.default.name()), |actions, action| {
        actions.with_child(Element::new(action.name(), ns::COMMANDS))
    })
}

impl CommandRefusal {
    /// The error to answer with.
    pub fn error(self) -> StanzaError {
        let (kind, condition, specific) = match self {
            CommandRefusal::MalformedAction => ("modify", "bad-request", "malformed-action"),
            CommandRefusal::BadAction => ("modify", "bad-request", "bad-action"),
            CommandRefusal::BadLocale => ("modify", "bad-request", "bad-locale"),
            CommandRefusal::BadPayload => ("modify", "bad-request", "bad-payload"),
            CommandRefusal::BadSessionId => ("modify", "bad-request", "bad-sessionid"),
            CommandRefusal::SessionExpired => ("cancel", "not-allowed", "session-expired"),
            CommandRefusal::Forbidden => return StanzaError::new("auth", "forbidden"),
            CommandRefusal::UnknownNode => return StanzaError::new("cancel", "item-not-found"),
            CommandRefusal::Busy => return StanzaError::new("wait", "resource-constraint"),
        };
        StanzaError::new(kind, condition).with_specific(Element::new(specific, ns::COMMANDS))
    }
}

/// The answer to disco#items at [`ns::COMMANDS`]: the commands that the asker may give. `us` is the address asked,
/// with the resource: commands are sent there.
pub fn build_list(us: &Jid, commands: &[Listed]) -> Element {
    let query = Element::new("query", ns::DISCO_ITEMS).with("node", ns::COMMANDS);
    commands.iter().fold(query, |query, command| {
        let item = Element::new("item", ns::DISCO_ITEMS).with("jid", us.as_str());
        query.with_child(item.with("node", &command.node).with("name", &command.name))
    })
}

/// The answer to disco#info at [`ns::COMMANDS`].
pub fn build_list_info(name: &str) -> Element {
    build_info(ns::COMMANDS, "command-list", name)
}

/// The answer to disco#info at a command's node.
pub fn build_command_info(command: &Listed) -> Element {
    build_info(&command.node, "command-node", &command.name)
}

fn build_info(node: &str, kind: &str, name: &str) -> Element {
    let info = Info {
        node: Some(node.to_string()),
        identities: vec![Identity::new("automation", kind, name)],
        features: vec![ns::COMMANDS.to_string(), ns::DATA.to_string()],
        forms: Vec::new(),
    };
    info.build()
}

#[cfg(test)]
mod tests;
