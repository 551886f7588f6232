//! Telegram's `entities`: offsets and lengths in UTF-16 units, in which an emoji has two or more.

use super::{Found, Rich, Span, Style};
use crate::base::json::{Fields, Object, array};

/// Units of UTF-16, in which Telegram counts.
pub fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

impl Rich {
    /// A text with Telegram's entities (`MessageEntity`). Those of an unknown type, and those that lie outside of the text,
    /// are left out; one that begins or ends within a character has the whole of it.
    pub fn from_entities(text: &str, entities: &[Fields]) -> Rich {
        if entities.is_empty() {
            return Rich::plain(text);
        }
        let bytes = places(text);
        let span = |entity: &Fields| {
            let number = |key: &str| usize::try_from(entity.number(key).ok()??).ok();
            let (offset, length) = (number("offset")?, number("length")?);
            let start = *bytes.get(offset)?;
            let end = offset.checked_add(length).map_or(text.len(), |end| end_at(&bytes, end));
            Some(Span::new(start..end, style(entity)?))
        };
        Rich::new(text, entities.iter().filter_map(span).collect())
    }

    /// Its formatting as Telegram's entities, a JSON array; `None` where there is none.
    pub fn entities(&self) -> Option<String> {
        if self.spans.is_empty() {
            return None;
        }
        let mut counted = (0, 0);
        // Spans come by their beginnings, so each part of the text is counted once or twice only.
        let entity = |span: &Span| {
            counted = (span.range.start, counted.1 + units(&self.text[counted.0..span.range.start]));
            let said = &self.text[span.range.clone()];
            let place = Object::new().number("offset", counted.1 as i64).number("length", units(said) as i64);
            written(place, &span.style, said).end()
        };
        Some(array(self.spans.iter().map(entity).collect::<Vec<_>>()))
    }
}

/// For each UTF-16 unit where its character begins, and the end.
fn places(text: &str) -> Vec<usize> {
    let mut places = Vec::with_capacity(text.len() + 1);
    for (at, letter) in text.char_indices() {
        places.extend(std::iter::repeat_n(at, letter.len_utf16()));
    }
    places.push(text.len());
    places
}

/// Where a span that ends before this unit ends: behind the character that the unit before belongs to.
fn end_at(bytes: &[usize], unit: usize) -> usize {
    let last = bytes.len() - 1;
    let Some(before) = unit.min(last).checked_sub(1) else { return 0 };
    let begun = bytes[before];
    bytes[before..].iter().copied().find(|at| *at > begun).unwrap_or(begun)
}

/// What an entity says a text to be.
fn style(entity: &Fields) -> Option<Style> {
    let text = |key: &str| entity.text(key).ok().flatten();
    Some(match text("type")? {
        "bold" => Style::Bold,
        "italic" => Style::Italic,
        "underline" => Style::Underline,
        "strikethrough" => Style::Strike,
        "spoiler" => Style::Spoiler,
        "code" => Style::Code,
        "pre" => Style::Pre(text("language").filter(|language| !language.is_empty()).map(str::to_string)),
        "blockquote" => Style::Quote { is_long: false },
        "expandable_blockquote" => Style::Quote { is_long: true },
        "text_link" => Style::Link(text("url")?.to_string()),
        "text_mention" => Style::Person(entity.number_at(&["user", "id"])?),
        "custom_emoji" => Style::Emoji(text("custom_emoji_id")?.to_string()),
        "mention" => Style::Found(Found::Mention),
        "hashtag" => Style::Found(Found::Hashtag),
        "cashtag" => Style::Found(Found::Cashtag),
        "bot_command" => Style::Found(Found::Command),
        "url" => Style::Found(Found::Url),
        "email" => Style::Found(Found::Email),
        "phone_number" => Style::Found(Found::Phone),
        _ => return None,
    })
}

fn written(place: Object, style: &Style, said: &str) -> Object {
    let of = |kind: &str| place.clone().text("type", kind);
    match style {
        Style::Bold => of("bold"),
        Style::Italic => of("italic"),
        Style::Underline => of("underline"),
        Style::Strike => of("strikethrough"),
        Style::Spoiler => of("spoiler"),
        Style::Code => of("code"),
        Style::Pre(language) => of("pre").text_if("language", language.as_deref()),
        Style::Quote { is_long: false } => of("blockquote"),
        Style::Quote { is_long: true } => of("expandable_blockquote"),
        Style::Link(url) => of("text_link").text("url", url),
        Style::Person(id) => {
            // Clients want the whole of a user; what we know of him is how he was named.
            let user = Object::new().number("id", *id).truth("is_bot", false).text("first_name", said);
            of("text_mention").raw("user", &user.end())
        }
        Style::Emoji(id) => of("custom_emoji").text("custom_emoji_id", id),
        Style::Found(found) => of(match found {
            Found::Mention => "mention",
            Found::Hashtag => "hashtag",
            Found::Cashtag => "cashtag",
            Found::Command => "bot_command",
            Found::Url => "url",
            Found::Email => "email",
            Found::Phone => "phone_number",
        }),
    }
}
