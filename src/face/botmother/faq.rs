//! Questions with answers (docs/faq.md): requests → questions, and how what is found is printed.

use crate::base::json::{self, Object};
use crate::base::limits;
use crate::core::failure::Failure;
use crate::core::handle::{
    FaqAnswer, FaqAsked, FaqFound, FaqHit, FaqInfo, FaqKind, FaqQuestion, FaqRow, FaqSettings, Question,
};
use crate::http::Request;

use super::{read, wire};

/// `GET /bot/faq/list`.
pub(super) fn list(_: &Request) -> Result<Question, Failure> {
    Ok(Question::Faq(FaqQuestion::List))
}

/// `POST /bot/faq/save`.
pub(super) fn save(request: &Request) -> Result<Question, Failure> {
    let fields = read::fields(request)?;
    let text = |name: &str| fields.text(name).map(|text| text.map(str::to_string));
    Ok(Question::Faq(FaqQuestion::Save(FaqSettings {
        name: fields.need_text("name")?.to_string(),
        description: text("description")?,
        is_answering: fields.truth("auto_reply")?,
        best: fields.decimal("best")?,
        least: fields.decimal("suggest")?,
        suggestions: fields.number("limit")?,
        synonyms: text("synonyms")?,
    })))
}

/// `POST /bot/faq/delete`.
pub(super) fn delete(request: &Request) -> Result<Question, Failure> {
    let name = read::fields(request)?.need_text("name")?.to_string();
    Ok(Question::Faq(FaqQuestion::Delete(name)))
}

/// `GET /bot/faq/entries`.
pub(super) fn entries(request: &Request) -> Result<Question, Failure> {
    let query = read::query(request)?;
    let after = query.number("after")?.unwrap_or(0);
    let limit = query.number("limit")?.unwrap_or(limits::FAQ_PAGE_MAX);
    Ok(Question::Faq(FaqQuestion::Entries { name: name(&query)?, after, limit }))
}

/// `POST /bot/faq/entry`.
pub(super) fn set_entry(request: &Request) -> Result<Question, Failure> {
    let fields = read::fields(request)?;
    let (name, id) = (fields.need_text("name")?.to_string(), fields.number("id")?);
    // What an entry may have is known where files are read.
    let entry = String::from_utf8_lossy(&request.body).into_owned();
    Ok(Question::Faq(FaqQuestion::SetEntry { name, id, entry }))
}

/// `POST /bot/faq/deleteEntry`.
pub(super) fn delete_entry(request: &Request) -> Result<Question, Failure> {
    let fields = read::fields(request)?;
    let (name, id) = (fields.need_text("name")?.to_string(), fields.need_number("id")?);
    Ok(Question::Faq(FaqQuestion::DeleteEntry { name, id }))
}

/// `POST /bot/faq/import`.
pub(super) fn import(request: &Request) -> Result<Question, Failure> {
    let fields = read::fields(request)?;
    Ok(Question::Faq(FaqQuestion::Import {
        name: fields.need_text("name")?.to_string(),
        format: fields.need_text("format")?.to_string(),
        text: fields.need_text("text")?.to_string(),
        is_more: fields.truth("add")?.unwrap_or(false),
    }))
}

/// `GET /bot/faq/export`.
pub(super) fn export(request: &Request) -> Result<Question, Failure> {
    let query = read::query(request)?;
    let format = query.text("format").unwrap_or("csv").to_string();
    Ok(Question::Faq(FaqQuestion::Export { name: name(&query)?, format }))
}

/// `POST /bot/faq/ask`.
pub(super) fn ask(request: &Request) -> Result<Question, Failure> {
    let fields = read::fields(request)?;
    Ok(Question::Faq(FaqQuestion::Ask(FaqAsked {
        name: fields.text("name")?.map(str::to_string),
        text: fields.need_text("text")?.to_string(),
        best: fields.decimal("best")?,
        least: fields.decimal("suggest")?,
    })))
}

fn name(query: &read::Query) -> Result<String, Failure> {
    let name = query.text("name").map(str::to_string);
    name.ok_or_else(|| Failure::invalid("name", "there: which list of questions"))
}

/// What is answered.
pub(super) fn answer(answer: &FaqAnswer) -> String {
    match answer {
        FaqAnswer::Collections(rows) => {
            let rows = json::array(rows.iter().map(|(row, count)| collection(row, *count)));
            wire::object(Object::new().raw("lists", &rows))
        }
        FaqAnswer::Entries(all) => wire::object(Object::new().raw("entries", &json::array(all.iter().map(entry)))),
        FaqAnswer::Kept(id) => wire::object(Object::new().number("id", *id)),
        FaqAnswer::Imported(count) => wire::object(Object::new().number("entries", whole(*count))),
        FaqAnswer::Exported(text, count) => {
            wire::object(Object::new().number("entries", whole(*count)).text("text", text))
        }
        FaqAnswer::Found(found) => wire::object(of_found(found)),
        FaqAnswer::Done => wire::result("true"),
    }
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn collection(row: &FaqRow, count: i64) -> String {
    Object::new()
        .number("id", row.id)
        .text("name", &row.name)
        .text("description", &row.description)
        .truth("auto_reply", row.is_answering)
        .raw("best", &hundredths(row.best.into()))
        .raw("suggest", &hundredths(row.least.into()))
        .number("limit", row.suggestions.into())
        .text("synonyms", &row.synonyms)
        .number("entries", count)
        .end()
}

fn hundredths(value: u32) -> String {
    format!("{}.{:02}", value / 100, value % 100)
}

fn entry(info: &FaqInfo) -> String {
    let entry = &info.entry;
    Object::new()
        .number("id", entry.id)
        .text("question", &entry.question)
        .raw("similar_qs", &json::array(entry.similar.iter().map(|text| json::text(text))))
        .text("answer", &entry.answer)
        .text("answer_type", entry.kind.as_str())
        .truth("enabled", !entry.is_off)
        .truth("expired_enabled", info.from.is_some() || info.until.is_some())
        .text_if("effective_time", info.from.as_deref())
        .text_if("expire_time", info.until.as_deref())
        .number("timezone", entry.zone)
        .end()
}

fn of_found(found: &FaqFound) -> Object {
    let all = json::array(found.suggestions.iter().map(|one| hit(one).end()));
    let best = match &found.best {
        Some(best) => hit(best),
        None => Object::new().text("question", "").text("answer", "").text("type", kind(FaqKind::Text)),
    };
    best.truth("fallback", found.best.is_none()).raw("suggestions", &all)
}

fn hit(hit: &FaqHit) -> Object {
    Object::new()
        .text("list", &hit.collection)
        .number("id", hit.id)
        .text("question", &hit.question)
        .text("answer", &hit.answer)
        .text("type", kind(hit.kind))
        .raw("score", &hundredths((hit.score.clamp(0.0, 1.0) * 100.0).round() as u32))
}

fn kind(kind: FaqKind) -> &'static str {
    kind.as_str()
}
