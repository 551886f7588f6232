//! What waits to pass links, in the order in which it came: files, and what was said and done behind them. Pure; times are
//! monotonic.
//!
//! Of what goes to one chat the first is said, then the next. Files that one person sends within a short time are fetched
//! side by side and said together, where the other side has albums: as soon as something else comes behind them, as many
//! are there as one album has, or none has come for a while.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::base::id::BotId;
use crate::base::jid::BareJid;
use crate::base::limits;
use crate::base::spool::SpoolFile;
use crate::core::handle::NewFile;
use crate::core::part::Timed;
use crate::store::row::{AlbumPlace, CarryHeading, CarryKind};

/// All that waits, by number.
#[derive(Clone, Default)]
pub(crate) struct Carrying {
    all: BTreeMap<i64, Carry>,
    /// Something may have become due.
    is_changed: bool,
}

/// One of them.
#[derive(Clone)]
pub(super) struct Carry {
    pub(super) heading: CarryHeading,
    pub(super) stage: Stage,
    pub(super) tries: u32,
    /// It is not begun with before.
    pub(super) not_before: Duration,
    /// Another file may come to be said with it until then; zero: none does any more.
    open_until: Duration,
}

/// How far one is.
#[derive(Clone)]
pub(super) enum Stage {
    /// Nothing was done for it.
    Waiting,
    /// The file is fetched into this place.
    Fetching(#[expect(dead_code, reason = "the place is there as long as this is")] Arc<SpoolFile>),
    /// It is here.
    Here(NewFile),
    /// It is being said.
    Going,
}

/// What is to be done next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A file is fetched.
    Fetch(i64),
    /// Files are said, of which there may be one.
    Say(Vec<i64>),
    /// What is no file is said or done.
    Do(i64),
}

impl Carry {
    pub(super) fn new(heading: CarryHeading) -> Carry {
        let (stage, not_before, open_until) = (Stage::Waiting, Duration::ZERO, Duration::ZERO);
        Carry { heading, stage, tries: 0, not_before, open_until }
    }

    /// One that came now.
    pub(super) fn come(heading: CarryHeading, now: Duration) -> Carry {
        let is_alone = heading.album == AlbumPlace::Alone;
        let open_until = if is_alone { Duration::ZERO } else { now + limits::ALBUM_WAIT };
        Carry { open_until, ..Carry::new(heading) }
    }

    fn goes_to(&self) -> (BotId, &str) {
        (self.heading.bot, self.heading.target.as_str())
    }

    fn is_on_disk(&self) -> bool {
        self.heading.kind == CarryKind::File && !matches!(self.stage, Stage::Waiting)
    }

    /// Whether this one, which comes right behind, is of the same album.
    fn takes(&self, next: &Carry) -> bool {
        let (one, other) = (&self.heading, &next.heading);
        let gap = other.at_ms.saturating_sub(one.at_ms);
        one.album != AlbumPlace::Alone
            && other.album == AlbumPlace::Any
            && (one.link, &one.author) == (other.link, &other.author)
            && u128::from(gap.unsigned_abs()) <= limits::ALBUM_WAIT.as_millis()
    }
}

impl Timed for Carrying {
    fn deadline(&self) -> Option<Duration> {
        if self.is_changed {
            return Some(Duration::ZERO);
        }
        let times = self.all.values().flat_map(|carry| {
            let retry = Some(carry.not_before).filter(|_| matches!(carry.stage, Stage::Waiting));
            [retry, Some(carry.open_until)]
        });
        times.flatten().filter(|at| *at > Duration::ZERO).min()
    }

    fn postpone(&mut self, until: Duration) {
        self.is_changed = false;
        for carry in self.all.values_mut() {
            for at in [&mut carry.not_before, &mut carry.open_until] {
                *at = if *at > Duration::ZERO { (*at).max(until) } else { *at };
            }
        }
    }
}

impl Carrying {
    /// All are as the store has them: of those that are known it is known how far they are.
    pub(super) fn reload(&mut self, headings: Vec<CarryHeading>) {
        let mut known = std::mem::take(&mut self.all);
        let carry = |heading: CarryHeading| {
            let carry = known.remove(&heading.id);
            (heading.id, carry.unwrap_or_else(|| Carry::new(heading)))
        };
        self.all = headings.into_iter().map(carry).collect();
        self.is_changed = !self.all.is_empty();
    }

    pub(super) fn insert(&mut self, carry: Carry) {
        self.is_changed = true;
        self.all.insert(carry.heading.id, carry);
    }

    pub(super) fn get(&self, id: i64) -> Option<&Carry> {
        self.all.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: i64) -> Option<&mut Carry> {
        self.is_changed = true;
        self.all.get_mut(&id)
    }

    pub(super) fn remove(&mut self, id: i64) -> Option<Carry> {
        self.is_changed = true;
        self.all.remove(&id)
    }

    pub(super) fn count_of(&self, bot: BotId) -> usize {
        self.all.values().filter(|carry| carry.heading.bot == bot).count()
    }

    /// Whether something waits for its turn in a chat: what comes now goes behind it.
    pub(super) fn is_waiting_for(&self, bot: BotId, target: &BareJid) -> bool {
        self.all.values().any(|carry| carry.goes_to() == (bot, target.as_str()))
    }

    /// The one that is said in a chat under an id.
    pub(super) fn named(&self, bot: BotId, target: &BareJid, id: &str) -> Option<&Carry> {
        self.all.values().find(|carry| carry.goes_to() == (bot, target.as_str()) && carry.heading.message_id == id)
    }

    /// What is done is looked at; the time of albums runs.
    pub(super) fn settle(&mut self, now: Duration) {
        self.is_changed = false;
        for at in self.all.values_mut().flat_map(|carry| [&mut carry.not_before, &mut carry.open_until]) {
            *at = if *at <= now { Duration::ZERO } else { *at };
        }
    }

    /// Whether [`Carrying::settle`] would change anything.
    pub(super) fn is_due(&self, now: Duration) -> bool {
        self.deadline().is_some_and(|at| at <= now)
    }

    /// What is to be done next.
    pub(super) fn next(&self, now: Duration) -> Option<Step> {
        let mut chats = BTreeSet::new();
        let heads: Vec<&Carry> = self.all.values().filter(|carry| chats.insert(carry.goes_to())).collect();
        let begun = heads.iter().filter(|head| head.is_on_disk()).count();
        let on_disk = self.all.values().filter(|carry| carry.is_on_disk()).count();
        let is_due = |carry: &Carry| matches!(carry.stage, Stage::Waiting) && carry.not_before <= now;
        for head in heads.into_iter().filter(|head| !matches!(head.stage, Stage::Going)) {
            if head.heading.kind != CarryKind::File {
                if is_due(head) {
                    return Some(Step::Do(head.heading.id));
                }
                continue;
            }
            if is_due(head) && begun < limits::CARRIED_AT_ONCE_MAX {
                return Some(Step::Fetch(head.heading.id));
            }
            let (album, is_closed) = self.album_of(head);
            if let Some(more) = album[1..].iter().find(|more| is_due(more))
                && on_disk < limits::CARRIED_ON_DISK_MAX
            {
                return Some(Step::Fetch(more.heading.id));
            }
            let is_fetching = album.iter().any(|carry| matches!(carry.stage, Stage::Fetching(_)));
            let here = here_of(&album);
            if is_closed && !is_fetching && !here.is_empty() {
                return Some(Step::Say(here));
            }
        }
        None
    }

    /// The first of a chat with those behind it that are said with it, and whether no more come.
    fn album_of<'a>(&'a self, head: &'a Carry) -> (Vec<&'a Carry>, bool) {
        let mut album = vec![head];
        let behind = self.all.range(head.heading.id + 1..).map(|(_, carry)| carry);
        for next in behind.filter(|carry| carry.goes_to() == head.goes_to()) {
            let last = album.last().copied().unwrap_or(head);
            if album.len() >= limits::ALBUM_FILES_MAX || !last.takes(next) {
                return (album, true);
            }
            album.push(next);
        }
        let last = album.last().copied().unwrap_or(head);
        let is_closed = album.len() >= limits::ALBUM_FILES_MAX || last.open_until == Duration::ZERO;
        (album, is_closed)
    }
}

/// Those of an album from its first on that are here, as many as one request may have bytes.
fn here_of(album: &[&Carry]) -> Vec<i64> {
    let mut bytes = 0;
    let mut here = Vec::new();
    for carry in album {
        let Stage::Here(file) = &carry.stage else { break };
        bytes += file.bytes;
        if !here.is_empty() && bytes > limits::CARRIED_BYTES_MAX {
            break;
        }
        here.push(carry.heading.id);
    }
    here
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::id::LinkId;

    fn heading(id: i64, chat: i64, album: AlbumPlace) -> CarryHeading {
        CarryHeading {
            id,
            link: LinkId(1),
            bot: BotId(1),
            target: BareJid::parse_any(&format!("tg:{chat}")).unwrap(),
            message_id: id.to_string(),
            kind: CarryKind::File,
            author: "eve".to_string(),
            album,
            at_ms: 1_000 * id,
        }
    }

    /// What is done from one moment on: files are fetched at once.
    fn done(carrying: &mut Carrying, now: Duration) -> Vec<Step> {
        let dir = std::env::temp_dir().join(format!("botmother-queue-{}", std::process::id()));
        let content = Arc::new(crate::base::spool::Spool::open(&dir).unwrap().reserve());
        let file = NewFile { name: "x".into(), media_type: "image/png".into(), bytes: 5, hash: [0; 32], content };
        carrying.settle(now);
        let mut steps = Vec::new();
        while let Some(step) = carrying.next(now) {
            let mut note = |id: i64, stage: Stage| carrying.get_mut(id).unwrap().stage = stage;
            match &step {
                Step::Fetch(id) => note(*id, Stage::Here(file.clone())),
                Step::Say(ids) => ids.iter().for_each(|id| note(*id, Stage::Going)),
                Step::Do(id) => note(*id, Stage::Going),
            }
            steps.push(step);
        }
        drop(file);
        let _ = std::fs::remove_dir(&dir);
        steps
    }

    const NOW: Duration = Duration::from_secs(100);

    #[test]
    fn one_of_a_chat_at_a_time_and_few_of_all() {
        let mut carrying = Carrying::default();
        for id in 1..=12 {
            carrying.insert(Carry::come(heading(id, 1 + id % 6, AlbumPlace::Alone), NOW));
        }
        let fetched: Vec<i64> = done(&mut carrying, NOW)
            .into_iter()
            .filter_map(|step| if let Step::Fetch(id) = step { Some(id) } else { None })
            .collect();
        assert_eq!(fetched, [1, 2, 3, 4]);
        carrying.remove(1);
        // The seventh goes where the first went.
        assert_eq!(carrying.next(NOW), Some(Step::Fetch(5)));
    }

    #[test]
    fn what_is_said_behind_a_file_waits_for_it() {
        let mut carrying = Carrying::default();
        carrying.insert(Carry::come(heading(1, 7, AlbumPlace::First), NOW));
        assert_eq!(done(&mut carrying, NOW), [Step::Fetch(1)], "another may come");
        assert_eq!(carrying.deadline(), Some(Duration::ZERO));
        carrying.settle(NOW);
        assert_eq!(carrying.deadline(), Some(NOW + limits::ALBUM_WAIT));
        let text = CarryHeading { kind: CarryKind::Text, ..heading(2, 7, AlbumPlace::Alone) };
        carrying.insert(Carry::come(text, NOW));
        assert_eq!(done(&mut carrying, NOW), [Step::Say(vec![1])]);
        carrying.remove(1);
        assert_eq!(done(&mut carrying, NOW), [Step::Do(2)]);
    }

    #[test]
    fn files_of_one_person_go_together() {
        let mut carrying = Carrying::default();
        for id in 1..=3 {
            carrying.insert(Carry::come(heading(id, 7, AlbumPlace::Any), NOW));
        }
        assert_eq!(done(&mut carrying, NOW), [1, 2, 3].map(Step::Fetch));
        assert_eq!(done(&mut carrying, NOW + limits::ALBUM_WAIT), [Step::Say(vec![1, 2, 3])]);
        // Somebody else's, one with words, and one that comes later stand for themselves.
        let others = [
            CarryHeading { author: "ann".to_string(), ..heading(5, 7, AlbumPlace::Any) },
            CarryHeading { author: "ann".to_string(), ..heading(6, 7, AlbumPlace::First) },
            CarryHeading { author: "ann".to_string(), at_ms: 99_000, ..heading(7, 7, AlbumPlace::Any) },
        ];
        let mut carrying = Carrying::default();
        carrying.insert(Carry::come(heading(4, 7, AlbumPlace::Any), NOW));
        others.into_iter().for_each(|heading| carrying.insert(Carry::come(heading, NOW)));
        for id in 4..=6 {
            assert_eq!(done(&mut carrying, NOW).last(), Some(&Step::Say(vec![id])));
            carrying.remove(id);
        }
        // As many as one album has are not waited for.
        let mut carrying = Carrying::default();
        for id in 1..=11 {
            carrying.insert(Carry::come(heading(id, 7, AlbumPlace::Any), NOW));
        }
        assert_eq!(done(&mut carrying, NOW).last(), Some(&Step::Say((1..=10).collect())));
    }
}
