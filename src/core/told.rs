//! Lines of the log that would come again and again: what others cause, and what lasts. They stand there when there is
//! news, then more and more rarely; else only when everything does.

use std::collections::HashMap;
use std::time::Duration;

use log::Level;

use crate::base::limits;

/// What a line is about: its kind, and the number of the account or bot.
pub(crate) type About = (&'static str, i64);

/// What was told of late.
#[derive(Default)]
pub(crate) struct Told(HashMap<About, Line>);

#[derive(Default)]
struct Line {
    /// The last reasons that were told.
    reasons: Vec<String>,
    /// When it is told again (monotonic), and how long after the time before.
    next: Duration,
    gap: Duration,
}

impl Told {
    /// How loud to say something that lasts: as usual for a reason that was not told yet, and then at growing distances.
    pub(crate) fn lasting(&mut self, about: About, why: &str, usual: Level, now: Duration) -> Level {
        let line = self.line(about);
        let is_new = !line.reasons.iter().any(|known| known == why);
        if !is_new && now < line.next {
            return Level::Debug;
        }
        line.gap = if is_new { limits::LOG_LASTING_FIRST } else { line.gap.saturating_mul(2) };
        line.gap = line.gap.min(limits::LOG_LASTING_MAX);
        line.next = now + line.gap;
        if is_new {
            if line.reasons.len() >= limits::LOG_REASONS_MAX {
                line.reasons.remove(0);
            }
            line.reasons.push(why.to_string());
        }
        usual
    }

    /// How loud to say what somebody else can cause as often as he likes: as usual once in a while.
    pub(crate) fn caused(&mut self, about: About, usual: Level, now: Duration) -> Level {
        let line = self.line(about);
        if line.next > now {
            return Level::Debug;
        }
        line.next = now + limits::LOG_CAUSED_EVERY;
        usual
    }

    /// It is over: the next time is news.
    pub(crate) fn end(&mut self, about: About) {
        self.0.remove(&about);
    }

    fn line(&mut self, about: About) -> &mut Line {
        if self.0.len() >= limits::LOG_LINES_MAX {
            self.0.clear();
        }
        self.0.entry(about).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lasts_is_told_more_and_more_rarely() {
        let (mut told, about) = (Told::default(), ("offline", 1));
        let minute = |n: u64| Duration::from_secs(60 * n);
        let mut loud = |why: &str, at| told.lasting(about, why, Level::Warn, at) == Level::Warn;
        let day = (0..24 * 60).filter(|n| loud("no route", minute(*n))).collect::<Vec<_>>();
        assert_eq!(day, [0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 1023]);
        assert!(loud("refused", minute(1500)) && !loud("no route", minute(1500)) && !loud("refused", minute(1500)));
        told.end(about);
        assert_eq!(told.lasting(about, "no route", Level::Warn, minute(1501)), Level::Warn);
    }

    #[test]
    fn what_others_cause_is_told_once_an_hour() {
        let mut told = Told::default();
        let seconds =
            (0..7200).filter(|s| told.caused(("plain", 1), Level::Info, Duration::from_secs(*s)) == Level::Info);
        assert_eq!(seconds.collect::<Vec<_>>(), [0, 3600]);
        assert_eq!(told.caused(("plain", 2), Level::Info, Duration::from_secs(7199)), Level::Info);
        for n in 0..2 * limits::LOG_LINES_MAX as i64 {
            told.caused(("plain", n), Level::Info, Duration::ZERO);
        }
        assert!(told.0.len() <= limits::LOG_LINES_MAX);
    }
}
