//! How what passes a link reads on the other side: who said it, in front of what he said.
//!
//! A format has places for `{name}`, `{jid}`, `{alias}` and `{text}`. `jid` is an address in a chat; of an occupant of a room
//! it is his nick, as his address is nobody else's affair. Names are cut, and have no line ends (`Jid` lets none in), so
//! nobody can pass for somebody else by what he is called.

use crate::base::limits;
use crate::base::text::{is_hidden, shorten};
use crate::core::batch::Batch;
use crate::core::channel::Label;
use crate::core::failure::Failure;
use crate::core::incoming::{Incoming, SaidFile};
use crate::core::texts::bridge;
use crate::store::row::{ConversationKind, LinkRow, LinkSide};

/// The place of what was said.
const TEXT: &str = "{text}";

/// Who said something, as others are shown him.
pub(super) struct Speaker<'a> {
    name: String,
    jid: String,
    /// Where he is.
    label: Label,
    link: &'a LinkRow,
    /// How many links lead to the same conversation.
    links: usize,
}

impl<'a> Speaker<'a> {
    /// `known` is what the channel calls him, where his address does not say it.
    pub(super) fn of(
        said: &'a Incoming<'_>,
        (label, known): (Label, Option<&'a str>),
        link: &'a LinkRow,
        links: usize,
    ) -> Speaker<'a> {
        let bare = said.from.bare_str();
        let name = said.from.resource().or(known).or(said.from.channel_id()).unwrap_or(bare);
        let jid = if said.kind == ConversationKind::Room { name } else { bare };
        // What would begin a line, or turn the reading direction, could pass for somebody else's words.
        let cut = |text: &str| shorten(text.replace(is_hidden, " ").trim(), limits::LINK_NAME_BYTES_MAX);
        Speaker { name: cut(name), jid: cut(jid), label, link, links }
    }

    /// What he says, as it is shown at an end of the link.
    pub(super) fn saying(&self, side: LinkSide, text: &str) -> String {
        let (own, usual) = match side {
            LinkSide::Here if self.links > 1 => (&self.link.format_here, "[{short}:{alias}] {name}: {text}"),
            LinkSide::Here => (&self.link.format_here, "[{channel}] {name}: {text}"),
            LinkSide::There => (&self.link.format_there, "[{channel}] {jid}: {text}"),
        };
        let alias = match self.link.alias.as_str() {
            "" => self.link.there.channel_id().unwrap_or(self.link.there.as_str()),
            alias => alias,
        };
        let values = [
            ("channel", self.label.name),
            ("short", self.label.short),
            ("alias", alias),
            ("name", &self.name),
            ("jid", &self.jid),
        ];
        fill(own.as_deref().unwrap_or(usual), &values, text)
    }
}

/// Puts values into a format. What begins with a block of XEP-0393 stays one, so it stands on a line of its own.
fn fill(format: &str, values: &[(&str, &str)], text: &str) -> String {
    let mut out = String::with_capacity(format.len() + text.len() + 64);
    let mut rest = format;
    while let Some(start) = rest.find('{') {
        let Some(length) = rest[start..].find('}') else { break };
        let word = &rest[start + 1..start + length];
        out.push_str(&rest[..start]);
        match (word, values.iter().find(|(name, _)| *name == word)) {
            ("text", _) => {
                if text.starts_with(['>', '`']) && !out.is_empty() && !out.ends_with('\n') {
                    out.truncate(out.trim_end().len());
                    out.push('\n');
                }
                out.push_str(text);
            }
            (_, Some((_, value))) => out.push_str(value),
            (_, None) => out.push_str(&rest[start..=start + length]),
        }
        rest = &rest[start + length + 1..];
    }
    out.push_str(rest);
    out
}

/// A format as it is kept; `None`: as usual.
pub(super) fn check_format(field: &str, format: &str) -> Result<Option<String>, Failure> {
    if format.trim().is_empty() {
        return Ok(None);
    }
    let is_fine = format.len() <= limits::LINK_FORMAT_BYTES_MAX && !format.chars().any(char::is_control);
    if is_fine && format.matches(TEXT).count() == 1 {
        return Ok(Some(format.to_string()));
    }
    let max = limits::LINK_FORMAT_BYTES_MAX;
    let rule = format!("one line of at most {max} bytes with {TEXT} in it once");
    Err(Failure::invalid(field, rule))
}

/// The beginning of words that are answered, in front of the answer.
pub(super) fn quoting(quoted: &str, answer: &str) -> String {
    let line = quoted.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    match line {
        "" => answer.to_string(),
        line => format!("> {}\n{answer}", shorten(line, limits::LINK_QUOTE_BYTES_MAX)),
    }
}

/// So many bytes, for people.
pub(super) fn size_of(bytes: Option<u64>) -> String {
    match bytes {
        None => "?".to_string(),
        Some(bytes) if bytes < 1_000 => format!("{bytes} B"),
        Some(bytes) if bytes < 1_000_000 => format!("{} kB", bytes / 1_000),
        Some(bytes) => format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10),
    }
}

impl Batch {
    /// What somebody said with files, in words: addresses that anybody may open, and of others that there is one. A key, or
    /// an address with a secret in it, goes nowhere.
    pub(super) fn in_words(&self, said: &Incoming<'_>) -> String {
        if said.files.is_empty() {
            return self.without_keys(&said.text);
        }
        let is_address = |text: &str| said.files.iter().any(|file| file.address == text.trim());
        let text = Some(said.text.trim()).filter(|text| !is_address(text));
        let files = said.files.iter().map(|file| self.file_in_words(file));
        text.into_iter().map(|text| self.without_keys(text)).chain(files).collect::<Vec<_>>().join("\n")
    }

    /// Addresses of encrypted files hold their keys, which are for those in the encrypted chat.
    pub(super) fn without_keys(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find("aesgcm://") {
            out.push_str(&rest[..at]);
            out.push_str(&bridge::FILE_STAYS.fill(self.setup.settings.language, &[("name", "-")]));
            rest = &rest[at..];
            rest = &rest[rest.find(char::is_whitespace).unwrap_or(rest.len())..];
        }
        out + rest
    }

    fn file_in_words(&self, file: &SaidFile) -> String {
        let is_open = file.key.is_none() && (file.url.starts_with("https://") || file.url.starts_with("http://"));
        if is_open {
            return file.url.clone();
        }
        let name = file.name.as_deref().or(file.media_type.as_deref()).unwrap_or("-");
        let language = self.setup.settings.language;
        match file.bytes {
            Some(bytes) => bridge::FILE_NAMED.fill(language, &[("name", name), ("size", &size_of(Some(bytes)))]),
            None => bridge::FILE_STAYS.fill(language, &[("name", name)]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_filled_once() {
        let values = [("name", "{text} Ann"), ("jid", "ann@x.example")];
        assert_eq!(fill("[{name}] {text}", &values, "{jid}"), "[{text} Ann] {jid}");
        assert_eq!(fill("{jid}: {text}", &values, "> said\nno"), "ann@x.example:\n> said\nno");
        assert_eq!(fill("{text}", &values, "> said"), "> said");
        assert_eq!(fill("{what} {text} {", &values, "x"), "{what} x {");
    }

    #[test]
    fn formats_have_one_text() {
        assert_eq!(check_format("format_here", " "), Ok(None));
        assert_eq!(check_format("format_here", "{text}"), Ok(Some("{text}".to_string())));
        for wrong in ["{name}", "{text}{text}", "{name}\n{text}", &format!("{}{{text}}", "x".repeat(200))] {
            assert!(check_format("format_here", wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_the_beginning_is_quoted() {
        assert_eq!(quoting("\n first\nsecond", "yes"), "> first\nyes");
        assert_eq!(quoting(" ", "yes"), "yes");
        assert_eq!(quoting(&"x".repeat(200), "yes").lines().next().unwrap().len(), 162);
    }
}
