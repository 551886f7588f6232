//! What all stanzas share (RFC 6120 §8): IQs, and the error element of any stanza.

use std::fmt;

use crate::base::jid::Jid;
use crate::xml::Element;
use crate::xmpp::ns;

/// Type of an IQ (RFC 6120 §8.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IqKind {
    /// A question.
    Get,
    /// An order.
    Set,
    /// The answer.
    Result,
    /// The refusal.
    Error,
}

/// A question to one party, or its answer.
#[derive(Clone, Debug)]
pub struct Iq {
    /// Question or answer.
    pub kind: IqKind,
    /// Links an answer to its question.
    pub id: String,
    /// Who sent it; `None` from our own server for our account (RFC 6120 §8.1.2.1).
    pub from: Option<Jid>,
    /// To whom it is sent; `None` for our own account.
    pub to: Option<Jid>,
    /// What is asked or answered.
    pub payload: Option<Element>,
    /// The error of an [`IqKind::Error`].
    pub error: Option<StanzaError>,
}

impl Iq {
    /// Reads an `<iq/>`; `None` when type, id or an address is missing or wrong.
    pub fn read(element: Element) -> Option<Iq> {
        let kind = match element.attribute("type")? {
            "get" => IqKind::Get,
            "set" => IqKind::Set,
            "result" => IqKind::Result,
            "error" => IqKind::Error,
            _ => return None,
        };
        let jid = |name| element.attribute(name).map(Jid::parse).transpose().ok();
        let error = if kind == IqKind::Error { Some(StanzaError::read(&element)) } else { None };
        let id = element.attribute("id")?.to_string();
        let (from, to) = (jid("from")?, jid("to")?);
        let payload = element.into_children().find(|child| !child.is("error", ns::CLIENT));
        Some(Iq { kind, id, from, to, payload, error })
    }

    /// A question of ours as XML.
    pub fn print(kind: IqKind, id: &str, to: Option<&str>, payload: Option<Element>) -> String {
        let kind = match kind {
            IqKind::Get => "get",
            IqKind::Set => "set",
            IqKind::Result => "result",
            IqKind::Error => "error",
        };
        let mut iq = Element::new("iq", ns::CLIENT).with("type", kind).with("id", id);
        if let Some(to) = to {
            iq = iq.with("to", to);
        }
        if let Some(payload) = payload {
            iq = iq.with_child(payload);
        }
        iq.print(ns::CLIENT)
    }

    /// The answer to this question, as XML.
    pub fn print_result(&self, payload: Option<Element>) -> String {
        Iq::print(IqKind::Result, &self.id, self.from.as_ref().map(Jid::as_str), payload)
    }

    /// The refusal of this question, as XML.
    pub fn print_error(&self, error: &StanzaError) -> String {
        Iq::print(IqKind::Error, &self.id, self.from.as_ref().map(Jid::as_str), Some(error.build()))
    }
}

/// The `<error/>` of a stanza (RFC 6120 §8.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StanzaError {
    /// `auth`, `cancel`, `continue`, `modify`, `wait`: what trying again needs.
    pub kind: String,
    /// The defined condition, such as `item-not-found`.
    pub condition: String,
    /// The other side's words.
    pub text: Option<String>,
    /// What a XEP adds to the condition (RFC 6120 §8.3.4), such as pubsub's `precondition-not-met`.
    pub specific: Option<Box<Element>>,
}

impl StanzaError {
    /// An error without words.
    pub fn new(kind: &str, condition: &str) -> StanzaError {
        StanzaError { kind: kind.to_string(), condition: condition.to_string(), text: None, specific: None }
    }

    /// Adds the condition of a XEP.
    pub fn with_specific(mut self, condition: Element) -> StanzaError {
        self.specific = Some(Box::new(condition));
        self
    }

    /// Adds words for people.
    pub fn with_text(mut self, text: &str) -> StanzaError {
        self.text = Some(text.to_string());
        self
    }

    /// Whether the XEP's condition is this one.
    pub fn is_specific(&self, name: &str, ns: &str) -> bool {
        self.specific.as_ref().is_some_and(|condition| condition.is(name, ns))
    }

    /// Reads the error of a stanza of type `error`; what is missing becomes `undefined-condition`.
    pub fn read(stanza: &Element) -> StanzaError {
        let Some(error) = stanza.find("error", ns::CLIENT) else {
            return StanzaError::new("cancel", "undefined-condition");
        };
        let condition = error.children().find(|child| child.ns() == ns::STANZAS && child.name() != "text");
        StanzaError {
            kind: error.attribute("type").unwrap_or("cancel").to_string(),
            condition: condition.map_or("undefined-condition", Element::name).to_string(),
            text: error.text_of("text", ns::STANZAS),
            specific: error.children().find(|child| child.ns() != ns::STANZAS).cloned().map(Box::new),
        }
    }

    fn build(&self) -> Element {
        let mut error = Element::new("error", ns::CLIENT)
            .with("type", &self.kind)
            .with_child(Element::new(self.condition.clone(), ns::STANZAS));
        if let Some(text) = &self.text {
            error = error.with_child(Element::new("text", ns::STANZAS).with_text(text));
        }
        if let Some(specific) = &self.specific {
            error = error.with_child(specific.as_ref().clone());
        }
        error
    }
}

impl fmt::Display for StanzaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.text {
            Some(text) => write!(f, "{} ({text})", self.condition),
            None => f.write_str(&self.condition),
        }
    }
}
