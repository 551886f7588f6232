//! Chance that is the same every time, and damage done with it.

/// A small generator (xorshift64*).
pub(crate) struct Random(u64);

impl Random {
    /// From a seed.
    pub(crate) fn seeded(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// From what an input says, so that an input alone shows a failure again (FNV-1a).
    pub(crate) fn of(data: &[u8]) -> Random {
        let hash = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        Random::seeded(data.iter().fold(0xcbf2_9ce4_8422_2325, hash))
    }

    /// The next number below `below`.
    pub(crate) fn below(&mut self, below: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % below.max(1)
    }

    /// Fills a buffer.
    pub(crate) fn fill(&mut self, out: &mut [u8]) {
        out.iter_mut().for_each(|byte| *byte = self.below(256) as u8);
    }
}

/// Pieces that get further in than bytes alone.
#[cfg(test)]
const PIECES: [&str; 52] = [
    "<",
    ">",
    "/",
    "</",
    "/>",
    "<a",
    "<b>",
    "</b>",
    "'",
    "\"",
    "=",
    " ",
    "\n",
    "\r\n",
    "\r\n\r\n",
    "&",
    "&amp;",
    "&#1;",
    "&#x10ffff;",
    ";",
    ":",
    ",",
    "<!",
    "<![CDATA[",
    "]]>",
    "<?xml ",
    "?>",
    "<!--",
    "-->",
    "xmlns=",
    "xmlns:a='b'",
    "a:",
    "ü",
    "\u{1f44d}",
    "\u{0}",
    "\u{fffe}",
    "@",
    ".",
    "{",
    "}",
    "[\"x\",1]",
    "\\u0000",
    "\\ud800",
    "1e999",
    "-1",
    "0",
    "4294967296",
    "99999999999999999999",
    "2026-01-01T00:00:00Z",
    "%00",
    "Content-Length: 5\r\n",
    "Transfer-Encoding: chunked\r\n",
];

/// One of the inputs with some damage, or, now and then, nothing but pieces.
#[cfg(test)]
pub(crate) fn input(inputs: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    if inputs.is_empty() || random.below(10) == 0 {
        return (0..random.below(40)).flat_map(|_| PIECES[random.below(PIECES.len())].bytes()).collect();
    }
    let mut bytes = inputs[random.below(inputs.len())].clone();
    for _ in 0..1 + random.below(4) {
        damage(&mut bytes, inputs, random);
    }
    bytes
}

/// Changes, removes, doubles or inserts something, or takes the rest from another input.
#[cfg(test)]
fn damage(bytes: &mut Vec<u8>, inputs: &[Vec<u8>], random: &mut Random) {
    let (a, b) = (random.below(bytes.len() + 1), random.below(bytes.len() + 1));
    let (from, to) = (a.min(b), a.max(b).min(a.min(b) + 50));
    match random.below(7) {
        0 => bytes.iter_mut().skip(from).take(1).for_each(|byte| *byte = random.below(256) as u8),
        1 => bytes.iter_mut().skip(from).take(1).for_each(|byte| *byte ^= 1 << random.below(8)),
        2 => drop(bytes.drain(from..to)),
        3 => {
            let piece = bytes[from..to].to_vec();
            bytes.splice(from..from, piece);
        }
        4 => {
            let other = &inputs[random.below(inputs.len())];
            bytes.truncate(from);
            bytes.extend_from_slice(&other[random.below(other.len() + 1)..]);
        }
        5 => bytes.truncate(from),
        _ => drop(bytes.splice(from..from, PIECES[random.below(PIECES.len())].bytes())),
    }
}
