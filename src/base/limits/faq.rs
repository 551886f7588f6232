//! Questions with answers: how many of them, how long, and how much of a text is looked at.

/// Collections of one bot: each is looked through when somebody writes.
pub const FAQS_PER_BOT_MAX: usize = 16;
/// Entries of a collection: in memory some 400 bytes each.
pub const FAQ_ENTRIES_MAX: usize = 10_000;
/// All ways to ask them: twice that, so that a collection never has more than 8 MB in memory.
pub const FAQ_QUESTIONS_MAX: usize = 20_000;
/// Questions of all collections in memory together; beyond it those asked longest ago go, and are read again when asked.
pub const FAQ_LOADED_MAX: usize = 40_000;
/// A question: people ask in a sentence or two.
pub const FAQ_QUESTION_BYTES_MAX: usize = 1_000;
/// Other ways to ask one question.
pub const FAQ_SIMILAR_MAX: usize = 100;
/// An answer: fits into a message.
pub const FAQ_ANSWER_BYTES_MAX: usize = 16_000;
/// A name of a collection.
pub const FAQ_NAME_BYTES_MAX: usize = 100;
/// What a collection is about.
pub const FAQ_DESCRIPTION_BYTES_MAX: usize = 1_000;
/// Suggestions beside an answer: more, nobody reads.
pub const FAQ_SUGGESTIONS_MAX: u8 = 10;
/// Words that mean the same, of a collection.
pub const FAQ_SYNONYMS_BYTES_MAX: usize = 64_000;
/// Words or letters of a text that are compared: what is longer is no question.
pub const FAQ_WORDS_MAX: usize = 200;
/// Parts of a word that are compared.
pub const FAQ_WORD_PARTS_MAX: usize = 60;
/// Entries that are listed at once.
pub const FAQ_PAGE_MAX: i64 = 1_000;
/// Answers to one person in a minute: more often no person asks, but a program that answers ours.
pub const FAQ_PER_MINUTE_MAX: u32 = 20;
/// Conversations whose pace is known.
pub const FAQ_PACES_MAX: usize = 10_000;
/// JSON values of an import: of an entry there are at most some nine, beside other ways to ask.
pub const FAQ_IMPORT_VALUES_MAX: usize = 200_000;
