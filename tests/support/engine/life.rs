//! Simulated weeks: chance, and devices in pockets that get some of their messages late and in another order.

use botmother::omemo::{self, Device, Session, Version};
use botmother::xml::Element;

use super::entropy;
use super::people::Phone;

/// A number below `bound`, the same in each run.
pub fn below(bound: usize) -> usize {
    let mut bytes = [0; 2];
    entropy(&mut bytes);
    usize::from(u16::from_le_bytes(bytes)) % bound
}

pub fn one_in(bound: usize) -> bool {
    below(bound) == 0
}

/// Takes out some of what is on its way, in any order; all of it in the end.
pub fn some<T>(on_the_way: &mut Vec<T>, is_end: bool) -> Vec<T> {
    let count = if is_end { on_the_way.len() } else { below(on_the_way.len() + 1) };
    (0..count).map(|_| on_the_way.swap_remove(below(on_the_way.len()))).collect()
}

fn has_payload(stanza: &Element) -> bool {
    let encrypted = Version::ALL.iter().find_map(|version| stanza.find("encrypted", version.ns()));
    encrypted.is_none_or(|encrypted| encrypted.children().any(|child| child.name() == "payload"))
}

/// A device of somebody, what is on its way to it, and what it has read.
pub struct Pocket {
    pub phone: Phone,
    pub on_the_way: Vec<Element>,
    pub heard: Vec<String>,
}

impl Pocket {
    pub fn new(phone: Phone) -> Pocket {
        Pocket { phone, on_the_way: Vec::new(), heard: Vec::new() }
    }

    /// The client is ended and started again: what it has is what it had stored.
    pub fn restart(&mut self) {
        let phone = &mut self.phone;
        phone.device = Device::from_bytes(&phone.device.to_bytes()).unwrap();
        phone.session = phone.session.as_ref().map(|session| Session::from_bytes(&session.to_bytes()).unwrap());
    }

    /// Reads some of what was sent by `from`, or all of it.
    pub fn hear(&mut self, from: &str, is_end: bool) {
        for stanza in some(&mut self.on_the_way, is_end) {
            match self.phone.hear_from(from, &stanza) {
                Ok(text) => self.heard.extend(text),
                // What a kill kept from being acknowledged is sent again.
                Err(omemo::Error::Duplicate) => {}
                // A message without a text is for one device.
                Err(omemo::Error::NotForUs) if !has_payload(&stanza) => {}
                Err(error) => panic!("device {} cannot read: {error:?}: {stanza:?}", self.phone.device.id()),
            }
        }
    }
}
