//! What questions and answers say: what may be asked, and which option words mean. Pure.

use std::time::Duration;

use crate::base::limits;
use crate::core::failure::Failure;
use crate::core::handle::{Kind, NewAsk};

/// Refuses what is no question, and tidies what is one.
pub(super) fn check(new: &mut NewAsk) -> Result<(), Failure> {
    if new.text.trim().is_empty() {
        return Err(Failure::invalid("text", "there: what is asked"));
    }
    Failure::check_most("text", new.text.len(), limits::ASK_TEXT_BYTES_MAX, "bytes")?;
    check_options(&mut new.options)?;
    Failure::check_most("escalate", new.escalate.len() + 1, limits::ASK_PEOPLE_MAX, "people, with `to`")?;
    // A person is asked on all his devices; in a room the nick says who is meant.
    if new.kind == Kind::Chat && new.to.channel().is_none() {
        new.to = new.to.bare().to_jid();
    }
    for who in new.escalate.iter_mut().filter(|who| who.channel().is_none()) {
        *who = who.bare().to_jid();
    }
    let people: Vec<_> = std::iter::once(&new.to).chain(&new.escalate).collect();
    if people.iter().enumerate().any(|(at, who)| people[..at].contains(who)) {
        return Err(Failure::invalid("escalate", "others than `to`, each once"));
    }
    check_time("wait", Some(new.wait), Duration::ZERO, limits::ASK_WAIT_MAX)?;
    check_time("expires", new.expires, Duration::from_secs(1), limits::ASK_EXPIRES_MAX)?;
    check_time("escalate_after", new.escalate_after, limits::ASK_ESCALATE_MIN, limits::ASK_EXPIRES_MAX)
}

fn check_options(options: &mut [String]) -> Result<(), Failure> {
    options.iter_mut().for_each(|option| *option = option.trim().to_string());
    Failure::check_most("options", options.len(), limits::ASK_OPTIONS_MAX, "of them")?;
    for (at, option) in options.iter().enumerate() {
        let length = option.chars().count();
        if length == 0 || length > limits::ASK_OPTION_CHARS_MAX || option.chars().any(char::is_control) {
            let rule = format!("1 to {} characters on one line each", limits::ASK_OPTION_CHARS_MAX);
            return Err(Failure::invalid("options", rule));
        }
        if options[..at].iter().any(|other| bare(other) == bare(option)) {
            return Err(Failure::invalid("options", format!("different from each other; `{option}` comes twice")));
        }
    }
    Ok(())
}

fn check_time(field: &str, time: Option<Duration>, least: Duration, most: Duration) -> Result<(), Failure> {
    if time.is_none_or(|time| (least..=most).contains(&time)) {
        return Ok(());
    }
    Err(Failure::invalid(field, format!("from {} to {} seconds", least.as_secs(), most.as_secs())))
}

/// Which option words mean: itself, whatever its case and what stands around it, or its number in the list.
pub(super) fn choose(options: &[String], text: &str) -> Option<usize> {
    let text = bare(text);
    options.iter().position(|option| bare(option) == text).or_else(|| {
        let number: usize = text.trim_end_matches(['.', ')']).parse().ok()?;
        number.checked_sub(1).filter(|index| *index < options.len())
    })
}

/// A text for comparison.
fn bare(text: &str) -> String {
    let is_around = |c: char| c.is_whitespace() || matches!(c, '.' | '!' | '"' | '\'' | '„' | '“' | '”' | '*' | '_');
    let inner = text.trim_matches(is_around);
    // An option may be nothing but such.
    if inner.is_empty() { text.trim().to_lowercase() } else { inner.to_lowercase() }
}

/// The number of a question that stands before an answer, as in `#12 yes`, and the answer.
pub(super) fn numbered(text: &str) -> Option<(i64, &str)> {
    let (word, rest) = text.trim().strip_prefix('#')?.split_once(char::is_whitespace)?;
    Some((word.trim_end_matches([':', ',']).parse().ok()?, rest.trim()))
}

/// What somebody says to all in a room, without the name of whom he says it to: `Bot: yes`.
pub(super) fn addressed(text: &str) -> &str {
    let is_name = |name: &str| !name.is_empty() && name.len() <= limits::NAME_CHARS_MAX * 4 && !name.contains('\n');
    match text.split_once([':', ',']) {
        Some((name, rest)) if is_name(name) => rest.trim(),
        _ => text.trim(),
    }
}

/// Options as a list with their numbers.
pub(super) fn list(options: &[String]) -> String {
    let lines = options.iter().enumerate().map(|(at, option)| format!("{}. {option}", at + 1));
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(words: &[&str]) -> Vec<String> {
        words.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_option_is_meant_by_its_words_or_its_number() {
        let yes_no = options(&["yes", "no"]);
        for text in ["yes", " YES! ", "Yes.", "1", "1.", "1)", "„yes“", "*yes*"] {
            assert_eq!(choose(&yes_no, text), Some(0), "{text}");
        }
        assert_eq!(choose(&yes_no, "2"), Some(1));
        for text in ["", "3", "0", "-1", "yes and no", "y", "ja", "1 2", "99999999999999999999"] {
            assert_eq!(choose(&yes_no, text), None, "{text}");
        }
        // Words go before numbers.
        assert_eq!(choose(&options(&["2", "1"]), "1"), Some(1));
        assert_eq!(choose(&options(&["Änderung", "👍", "!"]), "änderung"), Some(0));
        assert_eq!(choose(&options(&["Änderung", "👍", "!"]), "👍"), Some(1));
        assert_eq!(choose(&options(&["Änderung", "👍", "!"]), "!"), Some(2));
    }

    #[test]
    fn a_question_is_named_by_its_number() {
        assert_eq!(numbered("#12 yes"), Some((12, "yes")));
        assert_eq!(numbered(" #3: no way "), Some((3, "no way")));
        for text in ["12 yes", "#12", "# 12 yes", "#x yes", "yes"] {
            assert_eq!(numbered(text), None, "{text}");
        }
        assert_eq!((addressed("Bot: yes"), addressed("Bot, 2"), addressed("yes")), ("yes", "2", "yes"));
    }
}
