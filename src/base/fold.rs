//! Texts as people mean them: without case, accents and forms of letters, cut into words; scripts without spaces between
//! words into letters.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A word, or a letter of a script that does not part words.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Token {
    /// Folded.
    pub text: String,
    /// Of a script that does not part words.
    pub is_letter: bool,
    /// Nothing stands between it and the token before.
    pub is_joined: bool,
}

/// A text in lower case, without marks above and below letters, in the plainest form of each letter.
pub fn fold(text: &str) -> String {
    let plain = text.nfkd().filter(|letter| !is_combining_mark(*letter));
    let mut out = String::with_capacity(text.len());
    for letter in plain.flat_map(char::to_lowercase) {
        match letter {
            'ß' => out.push_str("ss"),
            'æ' => out.push_str("ae"),
            'œ' => out.push_str("oe"),
            'ø' => out.push('o'),
            'ł' => out.push('l'),
            'đ' => out.push('d'),
            'ı' => out.push('i'),
            // Arabic: one letter where writers use either.
            'ة' => out.push('ه'),
            'ى' => out.push('ي'),
            'ـ' => {}
            // Lower case brings marks of its own.
            letter if is_combining_mark(letter) => {}
            letter => out.push(letter),
        }
    }
    // What was taken apart into parts of syllables is a syllable again.
    out.nfc().collect()
}

/// The words of a text, folded.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut is_joined = false;
    let mut is_in_word = false;
    for letter in fold(text).chars() {
        if is_unparted(letter) {
            tokens.push(Token { text: letter.to_string(), is_letter: true, is_joined });
            (is_joined, is_in_word) = (true, false);
        } else if letter.is_alphanumeric() {
            match tokens.last_mut().filter(|_| is_in_word) {
                Some(word) => word.text.push(letter),
                None => tokens.push(Token { text: letter.to_string(), is_letter: false, is_joined }),
            }
            (is_joined, is_in_word) = (true, true);
        } else if !matches!(letter, '\'' | '’') || !is_in_word {
            // An apostrophe within a word parts nothing: "don't".
            (is_joined, is_in_word) = (false, false);
        }
    }
    tokens
}

/// Scripts that are written without spaces between words.
fn is_unparted(letter: char) -> bool {
    matches!(u32::from(letter),
        0x0e00..=0x0eff // Thai, Lao
        | 0x1000..=0x109f // Burmese
        | 0x1780..=0x17ff // Khmer
        | 0x3005..=0x3007 | 0x3040..=0x30ff // Kana
        | 0x3400..=0x9fff | 0xf900..=0xfaff | 0x20000..=0x3ffff // Han
        | 0xac00..=0xd7a3 // Hangul
    ) && letter.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_plain() {
        for (text, folded) in [
            ("ÄÖÜ Straße", "aou strasse"),
            ("ＡＢＣ１２３", "abc123"),
            ("İstanbul ISPARTA", "istanbul isparta"),
            ("Ёлка й", "елка и"),
            ("한국어", "한국어"),
            ("ガギグ", "カキク"),
            ("أهلاً مدرسة", "اهلا مدرسه"),
            ("Ærø Łódź", "aero lodz"),
        ] {
            assert_eq!(fold(text), folded, "{text}");
        }
    }

    #[test]
    fn words_and_letters() {
        let list = |text: &str| tokens(text).into_iter().map(|token| token.text).collect::<Vec<_>>().join("|");
        assert_eq!(list("Wann öffnet ihr?"), "wann|offnet|ihr");
        assert_eq!(list("I don't know"), "i|dont|know");
        assert_eq!(list("几点开门?"), "几|点|开|门");
        assert_eq!(list("iPhone15の値段"), "iphone15|の|値|段");
        assert_eq!(list("…!?"), "");
    }
}
