//! Buttons in words, for clients that show none: numbered lines behind a text, and which of them somebody means with what he
//! answers.

use super::{Button, Keyboard, Press};
use crate::base::remedy::Language;
use crate::core::texts::buttons as texts;

/// How buttons are to be answered, which people are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hint {
    /// By a message of one's own.
    Chat,
    /// By a reply to that message: whatever else is said in a room is not about it.
    Room,
}

/// How somebody names a button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// By the number before it.
    ByNumber,
    /// By what it says.
    ByText,
}

impl Keyboard {
    /// The buttons that the bot is told of, each with its number.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = (usize, &Button)> {
        (1..).zip(self.buttons().filter(|button| !matches!(button.press, Press::Url(_))))
    }

    /// Whether something of it can be pressed.
    pub(crate) fn has_presses(&self) -> bool {
        self.numbered().next().is_some()
    }

    /// The lines that stand for the buttons behind a text, from the line break on; empty where there are none. Where buttons
    /// say numbers themselves, those count, and no others stand before them.
    pub(crate) fn in_words(&self, hint: Hint, language: Language) -> String {
        if self.buttons().next().is_none() {
            return String::new();
        }
        let (has_numbers, mut number) = (self.has_numbers(), 0);
        let mut out = String::from("\n");
        for button in self.buttons() {
            let line = match &button.press {
                Press::Url(url) => format!("\n{}: {url}", button.text),
                _ if has_numbers => {
                    number += 1;
                    format!("\n{number}. {}", button.text)
                }
                _ => format!("\n• {}", button.text),
            };
            out.push_str(&line);
        }
        let text = match (self.has_presses(), has_numbers, hint) {
            (false, ..) => return out,
            (true, true, Hint::Chat) => &texts::ANSWER_NUMBER,
            (true, true, Hint::Room) => &texts::REPLY_NUMBER,
            (true, false, Hint::Chat) => &texts::ANSWER_WORD,
            (true, false, Hint::Room) => &texts::REPLY_WORD,
        };
        out.push('\n');
        out + &text.fill(language, &[])
    }

    /// Which button somebody means who says this and nothing else. Commands never do.
    pub(crate) fn meant_by(&self, said: &str) -> Option<(usize, Named)> {
        let said = without_quotation(said);
        if said.is_empty() || said.starts_with('/') {
            return None;
        }
        let wanted = plain(said);
        let by_text = self.numbered().find(|(_, button)| plain(&button.text) == wanted);
        if let Some((number, _)) = by_text {
            return Some((number, Named::ByText));
        }
        let number = number_in(said).filter(|_| self.has_numbers())?;
        self.button(number).map(|_| (number, Named::ByNumber))
    }

    /// Which button an emoji stands for: that with the number on it.
    pub(crate) fn meant_by_emoji(&self, emoji: &str) -> Option<usize> {
        let number = number_of(emoji)?;
        match self.has_numbers() {
            true => self.button(number).map(|_| number),
            false => self.numbered().find(|(_, button)| button.text.trim() == number.to_string()).map(|(at, _)| at),
        }
    }

    /// The button with this number.
    pub(crate) fn button(&self, number: usize) -> Option<&Button> {
        self.numbered().find(|(at, _)| *at == number).map(|(_, button)| button)
    }

    /// Whether numbers stand before the buttons: not where one says a number itself.
    fn has_numbers(&self) -> bool {
        self.numbered().all(|(_, button)| number_in(&button.text).is_none())
    }
}

/// As words are compared: whatever their case, and however many blanks are between them.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// What somebody says below lines that he quotes.
fn without_quotation(said: &str) -> &str {
    let mut rest = said.trim();
    while rest.starts_with('>') {
        rest = rest.split_once('\n').map_or("", |(_, rest)| rest.trim_start());
    }
    rest
}

/// `2`, `2.`, `2)`, `#2`, 2️⃣.
fn number_in(text: &str) -> Option<usize> {
    let text = text.trim();
    if let Some(number) = number_of(text) {
        return Some(number);
    }
    let digits = text.strip_prefix('#').unwrap_or(text);
    let digits = digits.strip_suffix(['.', ')']).unwrap_or(digits);
    let is_number = (1..=3).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { digits.parse().ok() } else { None }
}

/// The number of a keycap, with or without the mark that has it shown as a picture.
fn number_of(emoji: &str) -> Option<usize> {
    if emoji.trim() == "🔟" {
        return Some(10);
    }
    let rest = emoji.trim().strip_suffix('\u{20e3}')?;
    let digit = rest.strip_suffix('\u{fe0f}').unwrap_or(rest);
    let mut all = digit.chars();
    match (all.next(), all.next()) {
        (Some(digit), None) => digit.to_digit(10).map(|digit| digit as usize),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyboard(texts: &[&str]) -> Keyboard {
        Keyboard::choices(texts.iter().map(|text| (*text, "x")))
    }

    #[test]
    fn buttons_are_numbered_lines() {
        let mut all = keyboard(&["Yes", "No"]);
        let english = |all: &Keyboard, hint| all.in_words(hint, Language::English);
        assert_eq!(english(&all, Hint::Chat), "\n\n1. Yes\n2. No\nAnswer with the number.");
        all.rows.insert(1, vec![Button { text: "Why?".into(), press: Press::Url("https://a.example/".into()) }]);
        let german = "\n\n1. Yes\nWhy?: https://a.example/\n2. No\nAntworte auf diese Nachricht mit der Nummer.";
        assert_eq!(all.in_words(Hint::Room, Language::German), german);
        all.rows.retain(|row| row[0].text == "Why?");
        assert_eq!(english(&all, Hint::Chat), "\n\nWhy?: https://a.example/", "there is nothing to answer");
        assert_eq!(english(&keyboard(&[]), Hint::Chat), "");
        assert_eq!(english(&keyboard(&["5", "10"]), Hint::Chat), "\n\n• 5\n• 10\nAnswer with one of these.");
    }

    #[test]
    fn people_name_buttons_in_several_ways() {
        let all = keyboard(&["Yes", "No  way", "Perhaps"]);
        let number = |said: &str| all.meant_by(said).map(|(number, _)| number);
        for said in
            ["2", " 2 ", "2.", "2)", "#2", "2\u{fe0f}\u{20e3}", "2\u{20e3}", "no way", "NO WAY", "> Which?\n> 1\n2"]
        {
            assert_eq!(number(said), Some(2), "{said}");
        }
        for said in ["", "0", "4", "22", "2 pizzas", "-2", "2.5", "no", "/2", "/yes", "> 2", "٢", "0002"] {
            assert_eq!(number(said), None, "{said}");
        }
        assert_eq!(all.meant_by("2").unwrap().1, Named::ByNumber);
        assert_eq!(all.meant_by("perhaps").unwrap().1, Named::ByText);
    }

    #[test]
    fn buttons_that_say_numbers_are_meant_by_them() {
        let all = keyboard(&["10", "2", "1"]);
        assert_eq!(all.meant_by("1"), Some((3, Named::ByText)));
        assert_eq!(all.meant_by("3"), None);
        assert_eq!(all.meant_by_emoji("2\u{fe0f}\u{20e3}"), Some(2));
        assert_eq!(all.meant_by_emoji("🔟"), Some(1));
    }

    #[test]
    fn links_are_not_counted() {
        let mut all = keyboard(&["A", "B"]);
        all.rows[0][0].press = Press::Url("https://a.example/".into());
        assert_eq!(all.meant_by("1"), Some((1, Named::ByNumber)));
        assert_eq!(all.button(1).unwrap().text, "B");
        assert_eq!(all.meant_by("A"), None);
        assert_eq!(all.meant_by_emoji("1\u{fe0f}\u{20e3}"), Some(1));
        assert_eq!(all.meant_by_emoji("👍"), None);
    }
}
