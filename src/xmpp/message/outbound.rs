//! A message to be sent: made by kind, completed step by step, printed once. The printed text goes into the outbox and is
//! sent again as it is, so it must say everything, the id included.
//!
//! Hints as clients give them (XEP-0334): what has no body but means something later is stored, typing is not.

use super::chatstates::{self, ChatState};
use super::reactions::{self, Reactions};
use super::replies::{self, RepliedTo};
use super::{Kind, Pressable, buttons, corrections, fallback, hints, markers, oob, receipts, retractions, rooms};
use crate::base::jid::Jid;
use crate::xml::Element;
use crate::xmpp::{carbons, ns};

/// A message to be sent.
#[derive(Clone, Debug)]
pub struct Outbound {
    to: Jid,
    kind: Kind,
    id: String,
    body: Option<String>,
    /// A quotation may stand before the body.
    is_quoting: bool,
    /// It means something later: has an origin-id (XEP-0359 §2.2), and the server is told to keep it.
    is_lasting: bool,
    /// It must not go out in plain text.
    is_confidential: bool,
    /// What makes it what it is, in the order of printing.
    payload: Vec<Element>,
}

impl Outbound {
    fn new(to: Jid, kind: Kind, id: &str) -> Outbound {
        Outbound {
            to,
            kind,
            id: id.to_string(),
            body: None,
            is_quoting: false,
            is_lasting: true,
            is_confidential: false,
            payload: Vec::new(),
        }
    }

    /// A text. `kind` is groupchat or else printed as chat; `id` becomes the id and the origin-id.
    pub fn text(to: Jid, kind: Kind, id: &str, text: &str) -> Outbound {
        Outbound { body: Some(text.to_string()), is_quoting: true, ..Outbound::new(to, kind, id) }
    }

    /// A file by its address (XEP-0066). The body is the address and nothing else, or clients show a link instead of the
    /// picture; a caption is a message of its own. The address of an encrypted file (XEP-0454) has its key in it.
    pub fn file(to: Jid, kind: Kind, id: &str, url: &str) -> Outbound {
        let file = Outbound { body: Some(url.to_string()), ..Outbound::new(to, kind, id) };
        match oob::build(url) {
            Some(oob) => file.carrying(oob),
            None => file.confidential(),
        }
    }

    /// The emoji that we answer a message with from now on (XEP-0444); none takes them back.
    pub fn reactions(to: Jid, kind: Kind, id: &str, reactions: &Reactions) -> Outbound {
        Outbound::new(to, kind, id).carrying(reactions::build(reactions)).stored()
    }

    /// Takes a message of ours back (XEP-0424). `retracted` is its id, in a room the one the room gave it; `text` is for
    /// people whose client cannot.
    pub fn retraction(to: Jid, kind: Kind, id: &str, retracted: &str, text: &str) -> Outbound {
        let [retract, fallback] = retractions::build(retracted);
        let message = Outbound { body: Some(text.to_string()), ..Outbound::new(to, kind, id) };
        message.carrying(retract).carrying(fallback).stored()
    }

    /// Says that a message has arrived (XEP-0184). There is none in rooms.
    pub fn receipt(to: Jid, id: &str, received: &str) -> Outbound {
        Outbound { is_lasting: false, ..Outbound::new(to, Kind::Chat, id) }.carrying(receipts::build(received)).stored()
    }

    /// Says that a message and all before it have been seen (XEP-0333). `displayed` is its id, in a room the one the room
    /// gave it.
    pub fn displayed(to: Jid, kind: Kind, id: &str, displayed: &str) -> Outbound {
        let message = Outbound { is_lasting: false, ..Outbound::new(to, kind, id) };
        message.carrying(markers::build_displayed(displayed)).stored()
    }

    /// Says what we do (XEP-0085). It is worth nothing later: not for the outbox.
    pub fn chat_state(to: Jid, kind: Kind, id: &str, state: ChatState) -> Outbound {
        let message = Outbound { is_lasting: false, ..Outbound::new(to, kind, id) };
        message.carrying(chatstates::build(state)).carrying(hints::build_no_store())
    }

    /// It answers another message (XEP-0461). `answered` is that message's text, if known: a quotation of it is put
    /// before a text for clients that do not know replies, and marked as such.
    pub fn replying(mut self, reply: RepliedTo, answered: Option<&str>) -> Outbound {
        let quotation = answered.map(replies::quote).unwrap_or_default();
        self = self.carrying(replies::build(&reply));
        match &mut self.body {
            Some(body) if self.is_quoting && !quotation.is_empty() => {
                body.insert_str(0, &quotation);
                self.carrying(fallback::build_beginning(ns::REPLY, quotation.chars().count()))
            }
            _ => self,
        }
    }

    /// It stands in the place of the message of ours that had this `id` (XEP-0308).
    pub fn replacing(self, id: &str) -> Outbound {
        self.carrying(corrections::build(id))
    }

    /// It offers something to be pressed, which stands in words at its end.
    pub fn offering(self, offer: Pressable) -> Outbound {
        let all = buttons::build(&offer);
        let count = self.body.as_ref().map_or(0, |body| body.chars().count());
        let words = count.saturating_sub(offer.words)..count;
        let mark = (!all.is_empty() && offer.words > 0).then(|| fallback::build_range(ns::QUICK_RESPONSE, words));
        all.into_iter().chain(mark).chain(offer.commands).fold(self, Outbound::carrying)
    }

    /// We want to hear that it has arrived (XEP-0184). In a room everybody would answer, so there it is not asked for
    /// (§5.3).
    pub fn wanting_receipt(self) -> Outbound {
        if self.kind == Kind::Groupchat { self } else { self.carrying(receipts::build_request()) }
    }

    /// We want to hear that it was read (XEP-0333).
    pub fn markable(self) -> Outbound {
        self.carrying(markers::build_markable())
    }

    /// What we do besides: clients put `active` into what they say (XEP-0085 §5.1).
    pub fn with_state(self, state: ChatState) -> Outbound {
        self.carrying(chatstates::build(state))
    }

    /// `to` is an occupant of a room, and nobody else there shall hear it (XEP-0045 §7.5).
    pub fn to_occupant(self) -> Outbound {
        self.carrying(rooms::build_private())
    }

    /// It is shown in passing, and what comes after it counts: nobody keeps it (XEP-0334).
    pub fn passing(self) -> Outbound {
        Outbound { is_lasting: false, ..self }.carrying(hints::build_no_store())
    }

    /// No carbons of it (XEP-0280 §9).
    pub fn private(self) -> Outbound {
        carbons::build_private().into_iter().fold(self, Outbound::carrying)
    }

    fn carrying(mut self, payload: Element) -> Outbound {
        self.payload.push(payload);
        self
    }

    fn stored(self) -> Outbound {
        self.carrying(hints::build_store())
    }

    /// It must not go out in plain text; who sends it sees to that.
    pub fn confidential(self) -> Outbound {
        Outbound { is_confidential: true, ..self }
    }

    /// Whether it must not.
    pub fn is_confidential(&self) -> bool {
        self.is_confidential
    }

    /// Whether it says something in words: what encryption protects.
    pub fn has_body(&self) -> bool {
        self.body.is_some()
    }

    /// Whether it is for all in a room.
    pub fn is_groupchat(&self) -> bool {
        self.kind == Kind::Groupchat
    }

    /// The stanza as XML text; `from` is left to the server.
    pub fn print(&self) -> String {
        let kind = if self.kind == Kind::Groupchat { "groupchat" } else { "chat" };
        let mut message =
            Element::new("message", ns::CLIENT).with("to", self.to.as_str()).with("type", kind).with("id", &self.id);
        if let Some(body) = &self.body {
            message = message.with_child(Element::new("body", ns::CLIENT).with_text(body));
        }
        if self.is_lasting {
            message = message.with_child(Element::new("origin-id", ns::SID).with("id", &self.id));
        }
        self.payload.iter().cloned().fold(message, Element::with_child).print(ns::CLIENT)
    }
}
