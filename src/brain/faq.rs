//! Questions with answers: people who ask a bot something similar are answered from a list, without any service.
//!
//! What is similar is found in memory (`index.rs`), in what was read when somebody first asked; answers are read from the
//! store. `manage.rs` is what bots' programs do with their lists, `file.rs` reads and writes them as files.

mod features;
mod file;
mod finding;
mod index;
mod manage;
mod responder;
mod stop;

use std::collections::HashMap;
use std::time::Duration;

use crate::base::id::BotId;
use crate::base::limits;
use crate::core::part::Part;
use crate::store::row::FaqEntry;
use crate::store::{self, Store};

pub use features::Synonyms;
pub use file::{FaqForm, FileFault, object, read, write};
pub use index::{Gatherer, Hit, Index};

/// What answers from lists of questions.
#[derive(Default)]
pub(crate) struct Faq {
    /// Collections that were asked of late, by their numbers.
    loaded: HashMap<i64, Loaded>,
    /// Grows with each question, so that it is known what was asked long ago.
    clock: u64,
    /// How fast conversations go.
    paces: HashMap<(BotId, String), Pace>,
}

/// A collection in memory.
#[derive(Default)]
struct Loaded {
    index: Index,
    /// The numbers of its entries.
    ids: Box<[i64]>,
    /// When entries are found that are not always.
    times: HashMap<u32, (Option<i64>, Option<i64>)>,
    asked: u64,
}

/// Answers within the last minute.
#[derive(Clone, Copy)]
struct Pace {
    since: Duration,
    count: u32,
}

impl Part for Faq {
    fn committed(&mut self) {}

    /// What was read of the store may have been taken back there.
    fn undo(&mut self) {
        self.loaded.clear();
    }
}

impl Faq {
    /// A collection as it is in the store, in memory.
    fn load(&mut self, store: &Store, faq: i64, synonyms: &str) -> Result<&Loaded, store::Error> {
        self.clock += 1;
        if !self.loaded.contains_key(&faq) {
            let loaded = Loaded::read(store, faq, synonyms)?;
            self.make_room(loaded.index.len());
            self.loaded.insert(faq, loaded);
        }
        let clock = self.clock;
        let loaded = self.loaded.entry(faq).or_default();
        loaded.asked = clock;
        Ok(loaded)
    }

    /// Forgets those that were asked longest ago, until so many more questions have room.
    fn make_room(&mut self, more: usize) {
        let all = |loaded: &HashMap<i64, Loaded>| loaded.values().map(|one| one.index.len()).sum::<usize>();
        while !self.loaded.is_empty() && all(&self.loaded) + more > limits::FAQ_LOADED_MAX {
            let oldest = self.loaded.iter().min_by_key(|(_, one)| one.asked).map(|(faq, _)| *faq);
            oldest.map(|faq| self.loaded.remove(&faq));
        }
    }

    /// Whether one more answer may go to somebody now: who asks faster than people do is a program, and two of them would
    /// talk for ever.
    fn admit(&mut self, bot: BotId, peer: &str, now: Duration) -> bool {
        let minute = Duration::from_secs(60);
        if self.paces.len() >= limits::FAQ_PACES_MAX {
            self.paces.retain(|_, pace| pace.since + minute > now);
        }
        let fresh = Pace { since: now, count: 0 };
        let pace = self.paces.entry((bot, peer.to_string())).or_insert(fresh);
        if pace.since + minute <= now {
            *pace = fresh;
        }
        pace.count += 1;
        pace.count <= limits::FAQ_PER_MINUTE_MAX
    }
}

impl Loaded {
    fn read(store: &Store, faq: i64, synonyms: &str) -> Result<Loaded, store::Error> {
        let mut all = Gatherer::new(Synonyms::parse(synonyms));
        let (mut ids, mut times) = (Vec::new(), HashMap::new());
        let mut after = 0;
        loop {
            let page = store.list_faq_entries(faq, after, limits::FAQ_PAGE_MAX)?;
            let Some(last) = page.last() else { break };
            after = last.id;
            for entry in page.iter().filter(|entry| !entry.is_off) {
                let number = u32::try_from(ids.len()).unwrap_or(u32::MAX);
                ids.push(entry.id);
                gather(&mut all, number, entry);
                if entry.from_s.is_some() || entry.until_s.is_some() {
                    times.insert(number, (entry.from_s, entry.until_s));
                }
            }
        }
        Ok(Loaded { index: all.end(), ids: ids.into(), times, asked: 0 })
    }

    /// The numbers of similar entries that are found at this time.
    fn find(&self, question: &str, least: f32, now_s: i64) -> Vec<(i64, f32)> {
        let is_valid = |entry: u32| match self.times.get(&entry) {
            Some((from, until)) => from.is_none_or(|from| from <= now_s) && until.is_none_or(|until| now_s < until),
            None => true,
        };
        let hits = self.index.find(question, least, is_valid);
        hits.into_iter().filter_map(|hit| Some((*self.ids.get(hit.entry as usize)?, hit.score))).collect()
    }
}

fn gather(all: &mut Gatherer, number: u32, entry: &FaqEntry) {
    all.add(number, &entry.question);
    entry.similar.iter().for_each(|question| all.add(number, question));
}
