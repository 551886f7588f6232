//! What bots' programs do with their lists of questions.

use crate::base::id::BotId;
use crate::base::json::Fields;
use crate::base::limits;
use crate::brain::faq::file::{self, FaqForm, FileFault};
use crate::brain::faq::{Faq, Synonyms};
use crate::core::batch::{Batch, Trouble};
use crate::core::failure::Failure;
use crate::core::handle::{FaqAnswer, FaqAsked, FaqInfo, FaqQuestion, FaqSettings};
use crate::store;
use crate::store::row::{FaqEntry, FaqRow};

impl Faq {
    /// Answers a bot's program.
    pub(super) fn manage(
        &mut self,
        batch: &mut Batch,
        bot: BotId,
        question: &FaqQuestion,
    ) -> Result<FaqAnswer, Trouble> {
        match question {
            FaqQuestion::List => {
                let count = |row: FaqRow| batch.store.count_faq_entries(row.id).map(|count| (row, count));
                let rows = batch.store.list_faqs(bot)?.into_iter().map(count);
                Ok(FaqAnswer::Collections(rows.collect::<Result<_, store::Error>>()?))
            }
            FaqQuestion::Save(settings) => self.save(batch, bot, settings),
            FaqQuestion::Delete(name) => {
                let row = collection(batch, bot, name)?;
                self.loaded.remove(&row.id);
                batch.store.delete_faq(row.id)?;
                batch.audit(Some(bot), "faq_deleted", &format!("name={name}"))?;
                Ok(FaqAnswer::Done)
            }
            FaqQuestion::Entries { name, after, limit } => {
                let row = collection(batch, bot, name)?;
                let limit = (*limit).clamp(1, limits::FAQ_PAGE_MAX);
                let entries = batch.store.list_faq_entries(row.id, *after, limit)?;
                Ok(FaqAnswer::Entries(entries.into_iter().map(info).collect()))
            }
            FaqQuestion::SetEntry { name, id, entry } => self.set_entry(batch, bot, (name, *id), entry),
            FaqQuestion::DeleteEntry { name, id } => {
                let row = collection(batch, bot, name)?;
                if !batch.store.delete_faq_entry(row.id, *id)? {
                    return Err(no_entry(name, *id).into());
                }
                self.loaded.remove(&row.id);
                Ok(FaqAnswer::Done)
            }
            FaqQuestion::Import { name, format, text, is_more } => {
                let entries = file::read(form(format)?, text).map_err(refused)?;
                self.import(batch, bot, (name, *is_more), &entries)
            }
            FaqQuestion::Export { name, format } => {
                let form = form(format)?;
                let row = collection(batch, bot, name)?;
                let most = i64::try_from(limits::FAQ_ENTRIES_MAX).unwrap_or(i64::MAX);
                let entries = batch.store.list_faq_entries(row.id, 0, most)?;
                Ok(FaqAnswer::Exported(file::write(form, &entries), entries.len()))
            }
            FaqQuestion::Ask(asked) => self.ask_by_program(batch, bot, asked),
        }
    }

    fn ask_by_program(&mut self, batch: &Batch, bot: BotId, asked: &FaqAsked) -> Result<FaqAnswer, Trouble> {
        let rows = match &asked.name {
            Some(name) => vec![collection(batch, bot, name)?],
            None => batch.store.list_faqs(bot)?,
        };
        if rows.is_empty() {
            let why = "this bot has no questions yet; POST /bot/faq/import, or `botmother faq import`, brings some";
            return Err(Failure::NotConfigured(why.to_string()).into());
        }
        Failure::check_most("text", asked.text.len(), limits::TEXT_BYTES_MAX, "bytes")?;
        for (field, value) in [("best", asked.best), ("suggest", asked.least)] {
            value.map_or(Ok(0), |value| share(field, value))?;
        }
        Ok(FaqAnswer::Found(self.find(batch, &rows, asked)?))
    }

    fn save(&mut self, batch: &mut Batch, bot: BotId, new: &FaqSettings) -> Result<FaqAnswer, Trouble> {
        let mut row = collection_or_new(batch, bot, &new.name)?;
        if let Some(description) = &new.description {
            Failure::check_most("description", description.len(), limits::FAQ_DESCRIPTION_BYTES_MAX, "bytes")?;
            row.description = description.trim().to_string();
        }
        row.is_answering = new.is_answering.unwrap_or(row.is_answering);
        row.best = new.best.map_or(Ok(row.best), |value| share("best", value))?;
        row.least = new.least.map_or(Ok(row.least), |value| share("suggest", value))?;
        if let Some(number) = new.suggestions {
            let most = limits::FAQ_SUGGESTIONS_MAX;
            let fits = u8::try_from(number).ok().filter(|number| *number <= most);
            row.suggestions = fits.ok_or_else(|| Failure::invalid("limit", format!("0 to {most}, not {number}")))?;
        }
        if let Some(synonyms) = &new.synonyms {
            Failure::check_most("synonyms", synonyms.len(), limits::FAQ_SYNONYMS_BYTES_MAX, "bytes")?;
            if let Some(line) = synonyms.lines().find(|line| !line.trim().is_empty() && !line.contains(',')) {
                let must_be = format!("`standard,word,word` on each line, not {line}");
                return Err(Failure::invalid("synonyms", must_be).into());
            }
            row.synonyms = synonyms.trim().to_string();
        }
        let id = batch.store.store_faq(bot, &row)?;
        self.loaded.remove(&id);
        batch.audit(Some(bot), "faq_saved", &format!("name={}", row.name))?;
        let count = batch.store.count_faq_entries(id)?;
        Ok(FaqAnswer::Collections(vec![(FaqRow { id, ..row }, count)]))
    }

    fn set_entry(
        &mut self,
        batch: &mut Batch,
        bot: BotId,
        (name, id): (&str, Option<i64>),
        entry: &str,
    ) -> Result<FaqAnswer, Trouble> {
        let row = collection(batch, bot, name)?;
        let fields = Fields::parse(entry.as_bytes()).map_err(Failure::from)?;
        let mut entry = file::read_object("", &fields).map_err(refused)?;
        if let Some(id) = id {
            batch.store.faq_entry(row.id, id)?.ok_or_else(|| no_entry(name, id))?;
            entry.id = id;
        } else {
            check_count(batch, row.id, std::slice::from_ref(&entry))?;
        }
        let id = batch.store.store_faq_entry(row.id, &entry)?;
        self.loaded.remove(&row.id);
        Ok(FaqAnswer::Kept(id))
    }

    fn import(
        &mut self,
        batch: &mut Batch,
        bot: BotId,
        (name, is_more): (&str, bool),
        entries: &[FaqEntry],
    ) -> Result<FaqAnswer, Trouble> {
        let questions: usize = entries.iter().map(|entry| 1 + entry.similar.len()).sum();
        Failure::check_most("text", questions, limits::FAQ_QUESTIONS_MAX, "questions with similar ones")?;
        let mut row = collection_or_new(batch, bot, name)?;
        if is_more {
            check_count(batch, row.id, entries)?;
        }
        row.id = batch.store.store_faq(bot, &row)?;
        if !is_more {
            batch.store.clear_faq_entries(row.id)?;
        }
        for entry in entries {
            batch.store.store_faq_entry(row.id, entry)?;
        }
        self.loaded.remove(&row.id);
        batch.audit(Some(bot), "faq_imported", &format!("name={name} entries={}", entries.len()))?;
        Ok(FaqAnswer::Imported(entries.len()))
    }
}

impl Synonyms {
    /// From lines, on each a standard word and others that mean it, with commas between them.
    pub fn parse(lines: &str) -> Synonyms {
        let mut synonyms = Synonyms::default();
        for line in lines.lines() {
            let mut words = line.split(',').map(str::trim);
            let Some(standard) = words.next() else { continue };
            words.for_each(|word| synonyms.add(standard, word));
        }
        synonyms
    }
}

fn form(format: &str) -> Result<FaqForm, Failure> {
    FaqForm::parse(format).ok_or_else(|| Failure::invalid("format", format!("csv, tsv or json, not {format}")))
}

fn refused(fault: FileFault) -> Failure {
    match fault.place.is_empty() && !fault.column.is_empty() {
        true => Failure::invalid(&fault.column, fault.must_be),
        false => Failure::invalid("text", format!("right: {fault}")),
    }
}

/// How similar, in hundredths.
fn share(field: &str, value: f64) -> Result<u8, Failure> {
    match value {
        value if (0.1..=1.0).contains(&value) => Ok((value * 100.0).round() as u8),
        value => Err(Failure::invalid(field, format!("0.1 to 1, not {value}"))),
    }
}

fn no_entry(name: &str, id: i64) -> Failure {
    Failure::NotFound(format!("there is no question {id} in {name}; GET /bot/faq/entries shows all"))
}

fn collection(batch: &Batch, bot: BotId, name: &str) -> Result<FaqRow, Trouble> {
    if let Some(row) = batch.store.faq(bot, name)? {
        return Ok(row);
    }
    let names: Vec<String> = batch.store.list_faqs(bot)?.into_iter().map(|row| row.name).collect();
    let others = if names.is_empty() { "it has none".to_string() } else { format!("it has {}", names.join(", ")) };
    Err(Failure::NotFound(format!("this bot has no questions called {name}; {others}")).into())
}

fn collection_or_new(batch: &Batch, bot: BotId, name: &str) -> Result<FaqRow, Trouble> {
    let rows = batch.store.list_faqs(bot)?;
    let most = limits::FAQS_PER_BOT_MAX;
    let count = rows.len();
    if let Some(row) = rows.into_iter().find(|row| row.name == name) {
        return Ok(row);
    }
    if name.trim() != name || name.is_empty() || name.contains(char::is_control) {
        return Err(Failure::invalid("name", "one line that is not empty").into());
    }
    Failure::check_most("name", name.len(), limits::FAQ_NAME_BYTES_MAX, "bytes")?;
    if count >= most {
        return Err(Failure::Quota(format!("a bot has at most {most} lists of questions; delete one first")).into());
    }
    let row = FaqRow { name: name.to_string(), is_answering: true, best: 55, least: 40, ..FaqRow::default() };
    Ok(FaqRow { suggestions: 3, ..row })
}

/// Whether so many more entries fit, and ways to ask them.
fn check_count(batch: &Batch, faq: i64, entries: &[FaqEntry]) -> Result<(), Trouble> {
    let questions = entries.iter().map(|entry| 1 + entry.similar.len()).sum();
    let checks = [
        (batch.store.count_faq_entries(faq)?, entries.len(), limits::FAQ_ENTRIES_MAX, "questions"),
        (batch.store.count_faq_questions(faq)?, questions, limits::FAQ_QUESTIONS_MAX, "questions with similar ones"),
    ];
    for (count, more, most, what) in checks {
        if usize::try_from(count).unwrap_or(usize::MAX).saturating_add(more) > most {
            let text = format!("a list has at most {most} {what}, and this one has {count} already");
            return Err(Failure::Quota(text).into());
        }
    }
    Ok(())
}

fn info(entry: FaqEntry) -> FaqInfo {
    let time = |time: Option<i64>| time.map(|time| file::show_time(time, entry.zone));
    FaqInfo { from: time(entry.from_s), until: time(entry.until_s), entry }
}
