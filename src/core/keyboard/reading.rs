//! Buttons as programs write them, in requests, in answers to webhooks and at a broker: `buttons`, ours, and Telegram's
//! `reply_markup`.

use super::{Button, Keyboard, KeyboardKind, Press};
use crate::base::json::Fields;
use crate::core::failure::Failure;

/// What `buttons` must be.
const BUTTONS: &str = "an array of buttons, or of rows of them, each with `text` and `data` or `url`";

/// Reads `buttons` or `reply_markup` of a request; `None` where there are neither.
///
/// `buttons` is `[[{"text","data"|"url"}]]`, or one list for buttons on lines of their own; an empty list takes the buttons
/// away that are there. A button without `data` and `url`, or a mere string, tells the bot its text. `reply_markup` is
/// Telegram's: `inline_keyboard`, `keyboard`, `remove_keyboard` or `force_reply`; it may stand there as JSON in a string.
pub fn read_keyboard(fields: &Fields) -> Result<Option<Keyboard>, Failure> {
    let found = match (fields.rows("buttons"), markup(fields)?) {
        (Ok(None), None) => return Ok(None),
        (Ok(Some(_)), Some(_)) => {
            return Err(Failure::invalid("buttons", "there, or `reply_markup`, but not both"));
        }
        (Ok(None), Some(markup)) => read_markup(&markup)?,
        (Ok(Some(rows)), None) => Keyboard { kind: KeyboardKind::Inline, rows: read_rows(&rows, own)? },
        (Err(_), _) => return Err(Failure::invalid("buttons", BUTTONS)),
    };
    found.check()?;
    Ok(Some(found))
}

/// `reply_markup`, in JSON or as JSON in a string.
fn markup(fields: &Fields) -> Result<Option<Fields>, Failure> {
    let wrong =
        || Failure::invalid("reply_markup", "an object with inline_keyboard, keyboard, remove_keyboard or force_reply");
    match fields.text("reply_markup") {
        Ok(None) => Ok(None),
        Ok(Some("")) => Ok(None),
        Ok(Some(text)) => Fields::parse(text.as_bytes()).map(Some).map_err(|_| wrong()),
        Err(_) => fields.object("reply_markup").map(Some).ok_or_else(wrong),
    }
}

fn read_markup(markup: &Fields) -> Result<Keyboard, Failure> {
    let rows = |key: &str| {
        let must_be = || Failure::invalid(key, "an array of rows of buttons, each with `text`");
        markup.rows(key).map_err(|_| must_be())
    };
    if let Some(rows) = rows("inline_keyboard")? {
        return Ok(Keyboard { kind: KeyboardKind::Inline, rows: read_rows(&rows, inline)? });
    }
    let placeholder = markup.text("input_field_placeholder")?.filter(|text| !text.is_empty()).map(str::to_string);
    if let Some(rows) = rows("keyboard")? {
        let is_once = markup.truth("one_time_keyboard")? == Some(true);
        let kind = KeyboardKind::Reply { is_once, placeholder };
        let say = |fields: &Fields| Ok(Button { text: text_of(fields)?, press: Press::Say });
        return Ok(Keyboard { kind, rows: read_rows(&rows, say)? });
    }
    match (markup.truth("remove_keyboard")?, markup.truth("force_reply")?) {
        (Some(true), _) => Ok(Keyboard { kind: KeyboardKind::Remove, rows: Vec::new() }),
        (_, Some(true)) => Ok(Keyboard { kind: KeyboardKind::ForceReply, rows: Vec::new() }),
        _ => Err(Failure::invalid(
            "reply_markup",
            "an object with inline_keyboard, keyboard, remove_keyboard or force_reply",
        )),
    }
}

fn read_rows(
    rows: &[Vec<Fields>],
    read: impl Fn(&Fields) -> Result<Button, Failure>,
) -> Result<Vec<Vec<Button>>, Failure> {
    let all = rows.iter().filter(|row| !row.is_empty());
    all.map(|row| row.iter().map(&read).collect()).collect()
}

fn text_of(button: &Fields) -> Result<String, Failure> {
    Ok(button
        .need_text("text")
        .map_err(|_| Failure::invalid("text", "there in each button: what it says"))?
        .to_string())
}

/// A button of ours.
fn own(button: &Fields) -> Result<Button, Failure> {
    let text = text_of(button)?;
    let data = button.text("data")?.or(button.text("callback_data")?);
    let press = match (data, button.text("url")?) {
        (Some(_), Some(_)) => {
            return Err(Failure::invalid("buttons", format!("{BUTTONS}, not both; {text:?} has both")));
        }
        (Some(data), None) => Press::Data(data.to_string()),
        (None, Some(url)) => Press::Url(url.to_string()),
        (None, None) => Press::Data(text.clone()),
    };
    Ok(Button { text, press })
}

/// A button of Telegram's `inline_keyboard`. What opens a page of its own there is a link elsewhere.
fn inline(button: &Fields) -> Result<Button, Failure> {
    let text = text_of(button)?;
    let address = |key: &str| button.text_at(&[key, "url"]).map(|url| Press::Url(url.to_string()));
    let press = match (button.text("callback_data")?, button.text("url")?) {
        (Some(data), _) => Some(Press::Data(data.to_string())),
        (None, Some(url)) => Some(Press::Url(url.to_string())),
        (None, None) => address("web_app").or_else(|| address("login_url")),
    };
    let must_be =
        || Failure::invalid("inline_keyboard", format!("of buttons with callback_data or url; {text:?} has neither"));
    Ok(Button { press: press.ok_or_else(must_be)?, text: text.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Option<Keyboard>, String> {
        read_keyboard(&Fields::parse(json.as_bytes()).unwrap()).map_err(|failure| failure.to_string())
    }

    fn button(text: &str, press: Press) -> Button {
        Button { text: text.to_string(), press }
    }

    #[test]
    fn both_ways_to_write_buttons_are_understood() {
        let data = |data: &str| Press::Data(data.to_string());
        let inline = |rows| Ok(Some(Keyboard { kind: KeyboardKind::Inline, rows }));
        assert_eq!(read("{}"), Ok(None));
        assert_eq!(read(r#"{"buttons":[]}"#), inline(vec![]));
        let rows = vec![vec![button("Yes", data("y")), button("No", data("No"))]];
        assert_eq!(read(r#"{"buttons":[[{"text":"Yes","data":"y"},"No"]]}"#), inline(rows));
        let rows = vec![vec![button("Yes", data("y"))], vec![button("Docs", Press::Url("https://a.example".into()))]];
        let flat = r#"{"buttons":[{"text":"Yes","data":"y"},{"text":"Docs","url":"https://a.example"}]}"#;
        assert_eq!(read(flat), inline(rows.clone()));
        let markup = r#"{"inline_keyboard":[[{"text":"Yes","callback_data":"y"}],[{"text":"Docs","web_app":{"url":"https://a.example"}}]]}"#;
        assert_eq!(read(&format!(r#"{{"reply_markup":{markup}}}"#)), inline(rows.clone()));
        let quoted = crate::base::json::text(markup);
        assert_eq!(read(&format!(r#"{{"reply_markup":{quoted}}}"#)), inline(rows));
    }

    #[test]
    fn keyboards_in_the_place_of_the_keys() {
        let keyboard = |json: &str| read(&format!(r#"{{"reply_markup":{json}}}"#)).unwrap().unwrap();
        // The guide's.
        let guide =
            r#"{"keyboard":[[{"text":"Status"},{"text":"Help"}],[{"text":"Send to XMPP"}]],"resize_keyboard":true}"#;
        let shown = keyboard(guide);
        assert_eq!(shown.kind, KeyboardKind::Reply { is_once: false, placeholder: None });
        assert_eq!(shown.rows[1], [button("Send to XMPP", Press::Say)]);
        let once = keyboard(r#"{"keyboard":[["A","B"]],"one_time_keyboard":true,"input_field_placeholder":"Which?"}"#);
        assert_eq!(once.kind, KeyboardKind::Reply { is_once: true, placeholder: Some("Which?".into()) });
        assert_eq!(keyboard(r#"{"remove_keyboard":true}"#).kind, KeyboardKind::Remove);
        assert_eq!(keyboard(r#"{"force_reply":true,"selective":true}"#).kind, KeyboardKind::ForceReply);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (json, said) in [
            (r#"{"buttons":"Yes"}"#.to_string(), "`buttons` must be an array of buttons"),
            (r#"{"buttons":[[1]]}"#.to_string(), "`buttons` must be an array of buttons"),
            (r#"{"buttons":[[{"data":"x"}]]}"#.to_string(), "`text` must be there in each button"),
            (r#"{"buttons":[[{"text":"Yes","data":""}]]}"#.to_string(), "`data` must be of each button 1 to 64 bytes"),
            (format!(r#"{{"buttons":["{}"]}}"#, "x".repeat(129)), "`text` must be of each button one line of 1 to 128"),
            (r#"{"buttons":["a\nb"]}"#.to_string(), "one line"),
            (r#"{"buttons":[[{"text":"A","data":"a","url":"https://a.example"}]]}"#.to_string(), "has both"),
            (r#"{"buttons":[[{"text":"A","url":"javascript:alert(1)"}]]}"#.to_string(), "`url` must be of each button"),
            (format!(r#"{{"buttons":[[{}]]}}"#, ["\"a\""; 9].join(",")), "at most 8 buttons in a row, not 9"),
            (format!(r#"{{"buttons":[{}]}}"#, ["\"a\""; 101].join(",")), "at most 100 buttons, not 101"),
            (r#"{"buttons":[],"reply_markup":{"force_reply":true}}"#.to_string(), "but not both"),
            (
                r#"{"reply_markup":{"keyboards":[]}}"#.to_string(),
                "`reply_markup` must be an object with inline_keyboard",
            ),
            (r#"{"reply_markup":"{"}"#.to_string(), "`reply_markup` must be an object"),
            (
                r#"{"reply_markup":{"inline_keyboard":[[{"text":"Pay","pay":true}]]}}"#.to_string(),
                "\"Pay\" has neither",
            ),
        ] {
            let found = read(&json).unwrap_err();
            assert!(found.contains(said), "{json}: {found}");
        }
    }
}
