//! What comes from Telegram, and what people and programs write there: answers of the Bot API, updates, and texts with their
//! formatting in each of its ways.

use botmother::base::call::HttpAnswer;
use botmother::base::json::Fields;
use botmother::base::rich::{self, Rich};
use botmother::remote::telegram::{self as service, Kind, Message};

/// An answer of the Bot API, and the updates in it.
pub(crate) fn telegram(data: &[u8]) {
    let answer = |status| Ok(HttpAnswer { status, body: data.to_vec(), ..HttpAnswer::default() });
    for status in [400, 429, 500] {
        if let Err(refusal) = service::read(&answer(status)) {
            assert!(!refusal.why.chars().any(char::is_control), "{refusal:?}");
        }
    }
    let Ok(result) = service::read(&answer(200)) else { return };
    for update in service::read_updates(&result) {
        match update.kind {
            Kind::Message(message) | Kind::Edited(message) => said(&message),
            Kind::Pressed(pressed) => pressed.message.iter().for_each(|message| said(message)),
            _ => {}
        }
    }
}

fn said(message: &Message) {
    check(&Rich::from_entities(&message.text, &message.entities));
}

/// A text with marks, in every way of writing there is.
pub(crate) fn rich(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let read = [rich::from_html(&text), rich::from_markdown(&text), rich::from_markdown_v2(&text)];
    let always = [Rich::from_styling(&text), Rich::plain(text.as_ref()).with_found()];
    for rich in read.into_iter().flatten().chain(always) {
        check(&rich);
        let most = 2 + data.len() % 40;
        for piece in rich.cut(most) {
            assert!(rich::units(piece.text()) <= most && !piece.text().trim().is_empty(), "{piece:?}");
            check(&piece);
        }
    }
}

/// Whether its spans are within the text, and come back as they were from Telegram's way of counting.
fn check(rich: &Rich) {
    for span in rich.spans() {
        assert!(rich.text().get(span.range.clone()).is_some_and(|part| !part.is_empty()), "{rich:?}");
    }
    let there_and_back = |rich: &Rich| {
        let entities = rich.entities().unwrap_or_else(|| "[]".to_string());
        let entities = Fields::parse(format!("{{\"e\":{entities}}}").as_bytes()).expect("JSON of ours");
        Rich::from_entities(rich.text(), &entities.need_objects("e").expect("a list of objects"))
    };
    // Letters that XML has no place for are others in what was read.
    let once = there_and_back(rich);
    let places = |rich: &Rich| rich.spans().iter().map(|span| span.range.clone()).collect::<Vec<_>>();
    assert_eq!(places(&once), places(rich));
    assert_eq!(there_and_back(&once), once);
    let _ = (rich.to_plain(), rich.to_styling());
}
