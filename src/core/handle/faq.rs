//! What bots' programs ask about questions with answers (docs/faq.md), and what they are told.

pub use crate::store::row::{FaqEntry, FaqKind, FaqRow};

/// What a bot's program asks. Collections are meant by their names.
#[derive(Clone, Debug)]
pub enum FaqQuestion {
    /// Which collections there are.
    List,
    /// Makes a collection, or changes it.
    Save(FaqSettings),
    /// Forgets a collection.
    Delete(String),
    /// Entries of a collection.
    Entries {
        /// The collection.
        name: String,
        /// Those behind the one of this number.
        after: i64,
        /// So many at most.
        limit: i64,
    },
    /// Keeps one entry.
    SetEntry {
        /// The collection.
        name: String,
        /// In the place of which one; `None`: a new one.
        id: Option<i64>,
        /// The entry, as an object of a file has it.
        entry: String,
    },
    /// Forgets one entry.
    DeleteEntry {
        /// The collection.
        name: String,
        /// Which.
        id: i64,
    },
    /// Reads a file.
    Import {
        /// The collection; made where there is none.
        name: String,
        /// `csv`, `tsv`, `json`.
        format: String,
        /// The file.
        text: String,
        /// Entries that are there stay.
        is_more: bool,
    },
    /// Writes a file.
    Export {
        /// The collection.
        name: String,
        /// `csv`, `tsv`, `json`.
        format: String,
    },
    /// Asks.
    Ask(FaqAsked),
}

/// How a collection is to be; `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct FaqSettings {
    /// Which.
    pub name: String,
    /// What it is about.
    pub description: Option<String>,
    /// People who write to the bot are answered by it.
    pub is_answering: Option<bool>,
    /// How similar a question must be to be answered: 0.1 to 1.
    pub best: Option<f64>,
    /// The same to be suggested.
    pub least: Option<f64>,
    /// So many suggestions at most.
    pub suggestions: Option<i64>,
    /// Words that mean the same, `standard,word,word` on each line.
    pub synonyms: Option<String>,
}

/// Somebody's question.
#[derive(Clone, Debug, Default)]
pub struct FaqAsked {
    /// Which collection; `None`: all of the bot.
    pub name: Option<String>,
    /// The question.
    pub text: String,
    /// In the place of what the collections have.
    pub best: Option<f64>,
    /// In the place of what the collections have.
    pub least: Option<f64>,
}

/// To [`FaqQuestion`].
#[derive(Clone, Debug)]
pub enum FaqAnswer {
    /// Collections, and how many entries each has.
    Collections(Vec<(FaqRow, i64)>),
    /// Entries.
    Entries(Vec<FaqInfo>),
    /// The number of an entry.
    Kept(i64),
    /// So many entries were read.
    Imported(usize),
    /// A file of so many entries.
    Exported(String, usize),
    /// What was found.
    Found(FaqFound),
    /// It is done.
    Done,
}

/// An entry as callers see it: its times stand in its own time zone.
#[derive(Clone, Debug)]
pub struct FaqInfo {
    /// The entry.
    pub entry: FaqEntry,
    /// From when it is found.
    pub from: Option<String>,
    /// Until when.
    pub until: Option<String>,
}

/// What a question is answered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FaqFound {
    /// The answer, if something is similar enough.
    pub best: Option<FaqHit>,
    /// What is less similar, best first.
    pub suggestions: Vec<FaqHit>,
}

/// An entry that is similar to a question.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FaqHit {
    /// Its number.
    pub id: i64,
    /// The collection.
    pub collection: String,
    /// What was asked, as the collection has it.
    pub question: String,
    /// The answer.
    pub answer: String,
    /// What that is.
    pub kind: FaqKind,
    /// How similar, 0 to 1.
    pub score: f32,
}
