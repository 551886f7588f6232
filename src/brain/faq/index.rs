//! All questions of a collection, so that the most similar one is found. Nothing here reads or writes anything.
//!
//! Texts are vectors of features, each weighted by how rare it is among all questions; how similar two are is the root of
//! the cosine between them, so that 1 is the same question. Of each feature there is a list of the questions that have it.

use std::collections::HashMap;

use crate::brain::faq::features::{Synonyms, features};

/// Gathers questions.
#[derive(Default)]
pub struct Gatherer {
    synonyms: Synonyms,
    /// Feature, question, weight in eighths.
    found: Vec<(u32, u32, u8)>,
    entries: Vec<u32>,
}

/// All questions of a collection.
#[derive(Default)]
pub struct Index {
    synonyms: Synonyms,
    /// Hashes of features, in order.
    keys: Box<[u32]>,
    /// Where the questions of each feature begin; one more at the end.
    starts: Box<[u32]>,
    questions: Box<[u32]>,
    weights: Box<[u8]>,
    /// One over the length of each question's vector.
    scales: Box<[f32]>,
    /// Which entry each question leads to.
    entries: Box<[u32]>,
}

/// An entry that is similar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// As it was given to [`Gatherer::add`].
    pub entry: u32,
    /// 0 to 1; 1 is the same question.
    pub score: f32,
}

impl Gatherer {
    /// Of nothing yet.
    pub fn new(synonyms: Synonyms) -> Gatherer {
        Gatherer { synonyms, ..Gatherer::default() }
    }

    /// One more way to ask what an entry answers.
    pub fn add(&mut self, entry: u32, question: &str) {
        let number = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        let features = features(question, &self.synonyms);
        self.found.extend(features.into_iter().map(|(feature, weight)| (feature, number, weight)));
        self.entries.push(entry);
    }

    /// All there are.
    pub fn end(mut self) -> Index {
        self.found.sort_unstable();
        let mut index = Index {
            synonyms: self.synonyms,
            questions: self.found.iter().map(|(_, question, _)| *question).collect(),
            weights: self.found.iter().map(|(_, _, weight)| *weight).collect(),
            entries: self.entries.into(),
            ..Index::default()
        };
        let (mut keys, mut starts) = (Vec::new(), Vec::new());
        for (place, (feature, ..)) in self.found.iter().enumerate() {
            if keys.last() != Some(feature) {
                keys.push(*feature);
                starts.push(u32::try_from(place).unwrap_or(u32::MAX));
            }
        }
        starts.push(u32::try_from(self.found.len()).unwrap_or(u32::MAX));
        drop(self.found);
        (index.keys, index.starts) = (keys.into(), starts.into());
        index.scales = index.scales();
        index
    }
}

impl Index {
    /// How many questions there are, similar ones included.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// There is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What it holds in memory, without its synonyms.
    pub fn bytes(&self) -> usize {
        let wide = self.keys.len() + self.starts.len() + self.questions.len() + self.scales.len() + self.entries.len();
        wide * size_of::<u32>() + self.weights.len()
    }

    /// The entries that are most similar to a question, best first, of equal ones the first; those below `least` are none.
    pub fn find(&self, question: &str, least: f32, is_valid: impl Fn(u32) -> bool) -> Vec<Hit> {
        let mut sums = vec![0_f32; self.entries.len()];
        let mut length = 0_f32;
        for (feature, weight) in features(question, &self.synonyms) {
            let range = self.keys.binary_search(&feature).map(|place| self.range(place)).unwrap_or_default();
            let rarity = self.rarity(range.len());
            let asked = f32::from(weight) * rarity;
            length += asked * asked;
            for (question, weight) in self.questions[range.clone()].iter().zip(&self.weights[range]) {
                sums[*question as usize] += asked * f32::from(*weight) * rarity;
            }
        }
        if length == 0.0 {
            return Vec::new();
        }
        let scale = length.sqrt().recip();
        let mut best: HashMap<u32, f32> = HashMap::new();
        for ((sum, own), entry) in sums.iter().zip(&self.scales).zip(&self.entries) {
            let score = (sum * own * scale).clamp(0.0, 1.0).sqrt();
            if score >= least && *sum > 0.0 && is_valid(*entry) {
                let known = best.entry(*entry).or_default();
                *known = known.max(score);
            }
        }
        let mut hits: Vec<Hit> = best.into_iter().map(|(entry, score)| Hit { entry, score }).collect();
        hits.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.entry.cmp(&b.entry)));
        hits
    }

    fn range(&self, place: usize) -> std::ops::Range<usize> {
        self.starts[place] as usize..self.starts[place + 1] as usize
    }

    /// How much a feature says that so many questions have.
    fn rarity(&self, questions: usize) -> f32 {
        ((self.entries.len() as f32 + 1.0) / (questions as f32 + 0.5)).ln()
    }

    fn scales(&self) -> Box<[f32]> {
        let mut lengths = vec![0_f32; self.entries.len()];
        for place in 0..self.keys.len() {
            let range = self.range(place);
            let rarity = self.rarity(range.len());
            for (question, weight) in self.questions[range.clone()].iter().zip(&self.weights[range]) {
                lengths[*question as usize] += (f32::from(*weight) * rarity).powi(2);
            }
        }
        lengths.into_iter().map(|length| if length > 0.0 { length.sqrt().recip() } else { 0.0 }).collect()
    }
}

#[cfg(test)]
mod tests;
