//! What the engine does, taken out of its effects.

use botmother::base::call::HttpCall;
use botmother::base::id::AccountId;
use botmother::core::effect::{Effect, Order};
use botmother::core::handle::*;
use botmother::xmpp::iq::Peer;
use botmother::xmpp::ns;

pub fn answers(effects: Vec<Effect>) -> Vec<Outcome> {
    let answer = |effect| if let Effect::Answer(_, outcome) = effect { Some(outcome) } else { None };
    effects.into_iter().filter_map(answer).collect()
}

/// What a batch caused, sorted.
#[derive(Default, Debug)]
pub struct Caused {
    pub asked: Vec<Asked>,
    /// Stanzas, and whose session was given them.
    pub said: Vec<(AccountId, String)>,
    pub presences: Vec<String>,
    pub started: Vec<AccountId>,
    pub closed: Vec<AccountId>,
    pub calls: Vec<(u64, HttpCall)>,
    pub answers: Vec<Outcome>,
    /// What else does not concern a session.
    pub others: Vec<Effect>,
}

/// A question to an entity, as text.
#[derive(Clone, Debug)]
pub struct Asked {
    pub account: AccountId,
    pub tag: u64,
    pub payload: String,
}

impl Caused {
    pub fn of(effects: Vec<Effect>) -> Caused {
        let mut caused = Caused::default();
        for effect in effects {
            match effect {
                Effect::Answer(_, outcome) => caused.answers.push(outcome),
                Effect::Session(account, Order::Start(..)) => caused.started.push(account),
                Effect::Session(account, Order::Ask { tag, payload, .. }) => {
                    caused.asked.push(Asked { account, tag, payload: payload.print(ns::CLIENT) });
                }
                Effect::Session(account, Order::Send { stanza, .. }) => caused.said.push((account, stanza)),
                Effect::Session(_, Order::Presence(presence)) => caused.presences.push(presence),
                Effect::Session(account, Order::Close) => caused.closed.push(account),
                Effect::Session(..) => {}
                Effect::Call { tag, call, .. } => caused.calls.push((tag, *call)),
                Effect::CallOff(_) | Effect::Rebind(_) | Effect::Changed | Effect::RemoveFiles(_) => {
                    caused.others.push(effect)
                }
            }
        }
        caused
    }

    /// The one question with this in it.
    pub fn find(&self, part: &str) -> Asked {
        let found: Vec<_> = self.asked.iter().filter(|asked| asked.payload.contains(part)).collect();
        assert_eq!(found.len(), 1, "{part} in {self:?}");
        found[0].clone()
    }

    pub fn says(&self, part: &str) -> bool {
        self.said.iter().any(|(_, stanza)| stanza.contains(part))
    }
}

/// The account whose session is started.
pub fn started(effects: &[Effect]) -> AccountId {
    let start = |effect: &Effect| match effect {
        Effect::Session(account, Order::Start(..)) => Some(*account),
        _ => None,
    };
    effects.iter().find_map(start).expect("the session is started")
}

/// Stanzas given to the session, with their tags if they have one.
pub fn stanzas(effects: &[Effect]) -> Vec<(Option<u64>, String)> {
    let send = |effect: &Effect| match effect {
        Effect::Session(_, Order::Send { tag, stanza }) => Some((*tag, stanza.clone())),
        _ => None,
    };
    effects.iter().filter_map(send).collect()
}

/// Whom a question of an account is for.
pub fn asked_of(peer: &Peer, account: &str) -> String {
    match peer {
        Peer::Other(jid) => jid.to_string(),
        Peer::Account | Peer::Server => account.to_string(),
    }
}

/// Takes the outcome of a message that was accepted: its id, and whether it is known to go encrypted.
pub fn sent_id(outcome: Outcome) -> (String, bool) {
    match outcome {
        Ok(Answer::Sent { message_id, encrypted }) => (message_id, encrypted == Some(true)),
        other => panic!("{other:?}"),
    }
}
