//! What is one emoji (UTS #51, ED-17 and annex of its grammar): pictographs with modifiers, keycaps, flags of letters and
//! of tags, sequences by ZWJ. New pictographs come in places that Unicode has reserved, so the table needs no upkeep.

/// `Extended_Pictographic` below U+10000.
const PICTOGRAPHS: &[(u16, u16)] = &[
    (0xA9, 0xA9),
    (0xAE, 0xAE),
    (0x203C, 0x203C),
    (0x2049, 0x2049),
    (0x2122, 0x2122),
    (0x2139, 0x2139),
    (0x2194, 0x2199),
    (0x21A9, 0x21AA),
    (0x231A, 0x231B),
    (0x2328, 0x2328),
    (0x2388, 0x2388),
    (0x23CF, 0x23CF),
    (0x23E9, 0x23F3),
    (0x23F8, 0x23FA),
    (0x24C2, 0x24C2),
    (0x25AA, 0x25AB),
    (0x25B6, 0x25B6),
    (0x25C0, 0x25C0),
    (0x25FB, 0x25FE),
    (0x2600, 0x2605),
    (0x2607, 0x2612),
    (0x2614, 0x2685),
    (0x2690, 0x2705),
    (0x2708, 0x2712),
    (0x2714, 0x2714),
    (0x2716, 0x2716),
    (0x271D, 0x271D),
    (0x2721, 0x2721),
    (0x2728, 0x2728),
    (0x2733, 0x2734),
    (0x2744, 0x2744),
    (0x2747, 0x2747),
    (0x274C, 0x274C),
    (0x274E, 0x274E),
    (0x2753, 0x2755),
    (0x2757, 0x2757),
    (0x2763, 0x2767),
    (0x2795, 0x2797),
    (0x27A1, 0x27A1),
    (0x27B0, 0x27B0),
    (0x27BF, 0x27BF),
    (0x2934, 0x2935),
    (0x2B05, 0x2B07),
    (0x2B1B, 0x2B1C),
    (0x2B50, 0x2B50),
    (0x2B55, 0x2B55),
    (0x3030, 0x3030),
    (0x303D, 0x303D),
    (0x3297, 0x3297),
    (0x3299, 0x3299),
];
/// The same from U+1F000 on.
const PICTOGRAPHS_1F: &[(u16, u16)] = &[
    (0xF000, 0xF0FF),
    (0xF10D, 0xF10F),
    (0xF12F, 0xF12F),
    (0xF16C, 0xF171),
    (0xF17E, 0xF17F),
    (0xF18E, 0xF18E),
    (0xF191, 0xF19A),
    (0xF1AD, 0xF1E5),
    (0xF201, 0xF20F),
    (0xF21A, 0xF21A),
    (0xF22F, 0xF22F),
    (0xF232, 0xF23A),
    (0xF23C, 0xF23F),
    (0xF249, 0xF3FA),
    (0xF400, 0xF53D),
    (0xF546, 0xF64F),
    (0xF680, 0xF6FF),
    (0xF774, 0xF77F),
    (0xF7D5, 0xF7FF),
    (0xF80C, 0xF80F),
    (0xF848, 0xF84F),
    (0xF85A, 0xF85F),
    (0xF888, 0xF88F),
    (0xF8AE, 0xF8FF),
    (0xF90C, 0xF93A),
    (0xF93C, 0xF945),
    (0xF947, 0xFAFF),
    (0xFC00, 0xFFFD),
];

const ZWJ: char = '\u{200D}';
const EMOJI_STYLE: char = '\u{FE0F}';
const KEYCAP: char = '\u{20E3}';

fn is_in(table: &[(u16, u16)], code: u32) -> bool {
    table.iter().any(|(first, last)| (u32::from(*first)..=u32::from(*last)).contains(&code))
}

fn is_pictograph(c: char) -> bool {
    match u32::from(c) {
        code @ ..0x1_0000 => is_in(PICTOGRAPHS, code),
        code => is_in(PICTOGRAPHS_1F, code - 0x1_0000) || is_tone(c),
    }
}

/// The colours of skin; alone they are shown as patches.
fn is_tone(c: char) -> bool {
    ('\u{1F3FB}'..='\u{1F3FF}').contains(&c)
}

/// Letters of which two make a flag.
fn is_letter(c: char) -> bool {
    ('\u{1F1E6}'..='\u{1F1FF}').contains(&c)
}

fn is_tag(c: char) -> bool {
    ('\u{E0020}'..='\u{E007E}').contains(&c)
}

/// Whether a text is one emoji and nothing else.
pub fn is_emoji(text: &str) -> bool {
    let mut rest = text.chars().peekable();
    loop {
        match rest.next() {
            Some('0'..='9' | '#' | '*') => {
                rest.next_if_eq(&EMOJI_STYLE);
                return rest.next() == Some(KEYCAP) && rest.next().is_none();
            }
            Some(c) if is_letter(c) => {
                if !rest.next().is_some_and(is_letter) {
                    return false;
                }
            }
            Some(c) if is_pictograph(c) => {
                let _ = rest.next_if_eq(&EMOJI_STYLE).or_else(|| rest.next_if(|c| is_tone(*c)));
                if rest.next_if(|c| is_tag(*c)).is_some() {
                    while rest.next_if(|c| is_tag(*c)).is_some() {}
                    if rest.next() != Some('\u{E007F}') {
                        return false;
                    }
                }
            }
            _ => return false,
        }
        match rest.next() {
            None => return true,
            Some(ZWJ) => {}
            Some(_) => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_emoji;

    #[test]
    fn one_emoji_is_told_from_words() {
        for emoji in [
            "👍",
            "👍🏽",
            "❤️",
            "❤",
            "☺️",
            "©️",
            "😀",
            "🫠",
            "🥹",
            "1️⃣",
            "#⃣",
            "*️⃣",
            "🇩🇪",
            "🇺🇳",
            "🏴󠁧󠁢󠁳󠁣󠁴󠁿",
            "🏳️‍🌈",
            "🏴‍☠️",
            "👨‍👩‍👧‍👦",
            "👩🏾‍❤️‍💋‍👨🏻",
            "🧑‍💻",
            "🐦‍🔥",
            "♥",
            "✅",
            "⭐",
            "🀄",
            "🫱🏻‍🫲🏿",
            "🏿",
        ] {
            assert!(is_emoji(emoji), "{emoji}");
        }
        for other in [
            "",
            "a",
            "1",
            "12",
            "ok",
            "+1",
            ":)",
            "👍👍",
            "👍 ",
            " 👍",
            "👍a",
            "a👍",
            "❤️❤️",
            "🇩",
            "🇩🇪🇫",
            "🇩🇪🇫🇷",
            "1️",
            "\u{200D}",
            "👍\u{200D}",
            "\u{FE0F}",
            "\u{20E3}",
            "ä",
            "中",
            "→",
            "<b>",
            "🏴\u{E0067}",
            "👍\n",
            "\u{1F1E6}a",
        ] {
            assert!(!is_emoji(other), "{other:?}");
        }
    }
}
