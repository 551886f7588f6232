//! For the tests of this layer: reading an example as it stands in a stream, and damaging it. Damage is done to the
//! tree and not to the text, so that it gets past the XML parser and reaches the code that looks into elements.

use crate::xml::element::Node;
use crate::xml::{Element, Namespaces};
use crate::xmpp::ns;

/// Reads an element as it would stand in a client's stream.
pub(super) fn parse(text: &str) -> Element {
    Element::parse(text, &Namespaces::default_is(ns::CLIENT)).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Calls `run` with each example and with many damaged forms of it. The same ones each time.
pub(super) fn each_damaged(examples: &[&str], mut run: impl FnMut(&Element)) {
    let examples: Vec<Element> = examples.iter().map(|text| parse(text)).collect();
    examples.iter().for_each(&mut run);
    let mut random = Random(0x5eed_cafe_f00d_0001);
    for round in 0..4_000 {
        let mut element = examples[round % examples.len()].clone();
        for _ in 0..1 + random.below(4) {
            let other = &examples[random.below(examples.len())];
            element = damaged(&element, other, &mut random);
        }
        run(&element);
    }
}

/// Values that somebody might send to see what happens.
const NASTY: [&str; 24] = [
    "",
    " ",
    "-1",
    "0",
    "1",
    "128",
    "18446744073709551616",
    "99999999999999999999999",
    "true",
    "\n",
    "a\r\nX-Evil: 1",
    "\u{fffd}\u{202e}",
    "<x/>&amp;",
    "@",
    "a@b/c",
    "https://",
    "https://a b/",
    "javascript:alert(1)",
    "http://169.254.169.254/",
    "../../etc/passwd",
    "AAAA====",
    "9999-99-99T99:99:99Z",
    "jabber:x:data",
    "submit",
];

/// A small xorshift generator.
pub(super) struct Random(pub(super) u64);

impl Random {
    /// A number below `max`, which is not 0.
    pub(super) fn below(&mut self, max: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % max
    }

    fn nasty(&mut self) -> &'static str {
        NASTY[self.below(NASTY.len())]
    }
}

fn damaged(element: &Element, other: &Element, random: &mut Random) -> Element {
    let here = random.below(3) == 0 || element.nodes().is_empty();
    let what = if here { random.below(8) } else { usize::MAX };
    let place = random.below(element.nodes().len().max(1));
    let name = if what == 0 { "x".to_string() } else { element.name().to_string() };
    let space = if what == 1 { random.nasty() } else { element.ns() }.to_string();
    let mut out = Element::new(name, space);
    let attribute = random.below(element.attributes().len().max(1));
    for (index, (name, value)) in element.attributes().iter().enumerate() {
        // Names are the program's own otherwise.
        let name = name.clone().into_owned().leak();
        match what {
            2 if index == attribute => {}
            3 if index == attribute => out = out.with(name, random.nasty()),
            _ => out = out.with(name, value),
        }
    }
    for (index, node) in element.nodes().iter().enumerate() {
        let is_it = index == place;
        out = match node {
            Node::Element(_) if is_it && what == 4 => out,
            Node::Element(child) if is_it && what == 5 => out.with_child(child.clone()).with_child(child.clone()),
            Node::Element(_) if is_it && what == 6 => out.with_child(other.clone()),
            Node::Element(child) if is_it && !here => out.with_child(damaged(child, other, random)),
            Node::Element(child) => out.with_child(child.clone()),
            Node::Text(_) if is_it && what == 7 => out.with_text(random.nasty()),
            Node::Text(text) => out.with_text(text),
        };
    }
    out
}
