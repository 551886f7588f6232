//! What a question is answered: the most similar entry if it is similar enough, and what else may be meant.

use crate::base::id::BotId;
use crate::base::limits;
use crate::brain::faq::Faq;
use crate::core::Context;
use crate::core::batch::Batch;
use crate::core::handle::{FaqAsked, FaqFound, FaqHit};
use crate::store;
use crate::store::row::FaqRow;

/// A similar entry: of which collection, its number, how similar.
type Similar<'r> = (&'r FaqRow, i64, f32);

impl Faq {
    /// The same for somebody who writes to a bot, of collections that answer people.
    pub(super) fn find_for_people(
        &mut self,
        cx: &Context<'_>,
        bot: BotId,
        asked: &FaqAsked,
    ) -> Result<FaqFound, store::Error> {
        let mut rows = cx.core.batch.store.list_faqs(bot)?;
        rows.retain(|row| row.is_answering);
        self.find(&cx.core.batch, &rows, asked)
    }

    /// What is similar in these collections.
    pub(super) fn find(&mut self, batch: &Batch, rows: &[FaqRow], asked: &FaqAsked) -> Result<FaqFound, store::Error> {
        let mut similar: Vec<Similar<'_>> = Vec::new();
        for row in rows {
            let loaded = self.load(&batch.store, row.id, &row.synonyms)?;
            let hits = loaded.find(&asked.text, least(row, asked).min(best(row, asked)), batch.now.unix());
            similar.extend(hits.into_iter().map(|(id, score)| (row, id, score)));
        }
        // Of equal ones the first stays first.
        similar.sort_by(|a, b| b.2.total_cmp(&a.2));
        let answer = similar.iter().position(|(row, _, score)| *score >= best(row, asked));
        let answer = answer.map(|place| similar.remove(place));
        let most = rows.iter().map(|row| row.suggestions).max().unwrap_or(0).min(limits::FAQ_SUGGESTIONS_MAX);
        let others = similar.into_iter().filter(|(row, _, score)| *score >= least(row, asked));
        let suggestions: Result<Vec<_>, _> = others.take(most.into()).map(|one| hit(batch, one)).collect();
        Ok(FaqFound {
            best: answer.map(|one| hit(batch, one)).transpose()?.flatten(),
            suggestions: suggestions?.into_iter().flatten().collect(),
        })
    }
}

fn best(row: &FaqRow, asked: &FaqAsked) -> f32 {
    asked.best.map_or(f32::from(row.best) / 100.0, |best| best as f32)
}

fn least(row: &FaqRow, asked: &FaqAsked) -> f32 {
    asked.least.map_or(f32::from(row.least) / 100.0, |least| least as f32)
}

fn hit(batch: &Batch, (row, id, score): Similar<'_>) -> Result<Option<FaqHit>, store::Error> {
    let entry = batch.store.faq_entry(row.id, id)?;
    Ok(entry.map(|entry| FaqHit {
        id,
        collection: row.name.clone(),
        question: entry.question,
        answer: entry.answer,
        kind: entry.kind,
        score,
    }))
}
