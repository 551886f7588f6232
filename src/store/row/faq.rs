//! Rows of questions with answers.

/// What an answer is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FaqKind {
    /// Said as it is.
    #[default]
    Text,
    /// The same, with what a flow fills in.
    Template,
    /// A list of a flow's contexts that go on, as JSON.
    Redirect,
    /// A program's own.
    Json,
}

impl FaqKind {
    /// All of them.
    pub const ALL: [FaqKind; 4] = [FaqKind::Text, FaqKind::Template, FaqKind::Redirect, FaqKind::Json];

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            FaqKind::Text => "text",
            FaqKind::Template => "template",
            FaqKind::Redirect => "redirect",
            FaqKind::Json => "json",
        }
    }

    /// From how it is written, in any case.
    pub fn parse(text: &str) -> Option<FaqKind> {
        FaqKind::ALL.into_iter().find(|kind| kind.as_str().eq_ignore_ascii_case(text))
    }
}

/// A question with its answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FaqEntry {
    /// Its number; 0 for one that is not kept yet.
    pub id: i64,
    /// What people ask.
    pub question: String,
    /// Other ways to ask it.
    pub similar: Vec<String>,
    /// What they are answered.
    pub answer: String,
    /// What that is.
    pub kind: FaqKind,
    /// Not found while it is set.
    pub is_off: bool,
    /// Unix time from which it is found.
    pub from_s: Option<i64>,
    /// Unix time from which it is found no more.
    pub until_s: Option<i64>,
    /// The time zone in which these are read and written, in hundredths of an hour: 800 is +08:00.
    pub zone: i64,
}

/// A collection of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FaqRow {
    /// Its number; 0 for one that is not kept yet.
    pub id: i64,
    /// Its name, one of its bot.
    pub name: String,
    /// What it is about.
    pub description: String,
    /// People who write to the bot are answered by it.
    pub is_answering: bool,
    /// How similar a question must be to be answered, in hundredths.
    pub best: u8,
    /// The same to be suggested.
    pub least: u8,
    /// So many suggestions at most.
    pub suggestions: u8,
    /// Words that mean the same, `standard,word,word` on each line.
    pub synonyms: String,
}
