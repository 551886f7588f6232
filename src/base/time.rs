//! Time as an argument: [`Now`], back-off, and a machine's [`Clock`] with its deadlines.
//!
//! Nothing here reads a clock. The drivers read it once per event and pass it in, so an hour of idling is tested
//! without waiting for it.

use std::time::Duration;

/// One reading of both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Now {
    /// Time since the program started; never goes back. Deadlines are in this.
    pub mono: Duration,
    /// Milliseconds since 1970 (UTC); may jump. For people and for the database.
    pub unix_ms: i64,
}

impl Now {
    /// Whole seconds since 1970.
    pub fn unix(self) -> i64 {
        self.unix_ms.div_euclid(1000)
    }
}

/// Growing waits between tries: doubling from `first` to `max`, with jitter so that many clients of a server that
/// comes back do not all knock at once.
#[derive(Clone, Debug)]
pub struct Backoff {
    first: Duration,
    max: Duration,
    tries: u32,
}

impl Backoff {
    /// A back-off that starts with `first` and never waits longer than `max`.
    pub fn new(first: Duration, max: Duration) -> Backoff {
        Backoff { first, max, tries: 0 }
    }

    /// The next wait: between half and the whole of the current step, chosen by `random`.
    pub fn next(&mut self, random: u32) -> Duration {
        let step = self.first.saturating_mul(1u32 << self.tries.min(20)).min(self.max);
        self.tries = self.tries.saturating_add(1);
        let half = step / 2;
        half + half.mul_f64(f64::from(random) / f64::from(u32::MAX))
    }

    /// How many waits were handed out since the last success.
    pub fn tries(&self) -> u32 {
        self.tries
    }

    /// Starts over after a success.
    pub fn reset(&mut self) {
        self.tries = 0;
    }
}

/// The time of the input that a machine handles, and what becomes due in it: `N` deadlines, indexed by an enum cast to
/// `usize`; the next one is the least.
#[derive(Clone, Debug)]
pub struct Clock<const N: usize> {
    now: Now,
    deadlines: [Option<Duration>; N],
}

impl<const N: usize> Default for Clock<N> {
    fn default() -> Self {
        Clock::new(Now::default())
    }
}

impl<const N: usize> Clock<N> {
    /// Nothing is due.
    pub fn new(now: Now) -> Clock<N> {
        Clock { now, deadlines: [None; N] }
    }

    /// It is later now.
    pub fn set_now(&mut self, now: Now) {
        self.now = now;
    }

    /// The time of the input.
    pub fn now(&self) -> Now {
        self.now
    }

    /// The same in what deadlines are in.
    pub fn mono(&self) -> Duration {
        self.now.mono
    }

    /// How long ago something was (monotonic).
    pub fn since(&self, at: Duration) -> Duration {
        self.now.mono.saturating_sub(at)
    }

    /// Sets one deadline, so long from now, replacing an earlier one.
    pub fn set(&mut self, which: usize, after: Duration) {
        self.deadlines[which] = Some(self.now.mono + after);
    }

    /// Takes one deadline away.
    pub fn stop(&mut self, which: usize) {
        self.deadlines[which] = None;
    }

    /// Takes all deadlines away.
    pub fn stop_all(&mut self) {
        self.deadlines = [None; N];
    }

    /// Whether this deadline is set.
    pub fn is_set(&self, which: usize) -> bool {
        self.deadlines[which].is_some()
    }

    /// Whether this deadline has come; if so it is taken away.
    pub fn is_due(&mut self, which: usize) -> bool {
        let due = self.deadlines[which].is_some_and(|at| at <= self.now.mono);
        if due {
            self.deadlines[which] = None;
        }
        due
    }

    /// The earliest deadline (monotonic).
    pub fn next(&self) -> Option<Duration> {
        self.deadlines.iter().flatten().min().copied()
    }
}

/// `2026-02-15T12:00:00.250Z` (RFC 3339, XEP-0082) from milliseconds since 1970.
pub fn to_rfc3339(unix_ms: i64) -> String {
    let (days, ms) = (unix_ms.div_euclid(86_400_000), unix_ms.rem_euclid(86_400_000));
    let (year, month, day) = civil(days);
    let (s, ms) = (ms / 1000, ms % 1000);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{ms:03}Z", s / 3600, s / 60 % 60, s % 60)
}

/// Reads a XEP-0082 date and time; fractions and `Z` or `+hh:mm` allowed. `None` when it is not one.
pub fn from_rfc3339(text: &str) -> Option<i64> {
    let (date, time) = text.split_once('T')?;
    let mut parts = date.splitn(3, '-').map(|p| p.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let zone_at = time.find(['Z', '+', '-'])?;
    let (clock, zone) = time.split_at(zone_at);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let mut parts = clock.splitn(3, ':').map(|p| p.parse::<i64>().ok());
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    let in_range = (1..=12).contains(&month) && (1..=31).contains(&day) && (0..=9999).contains(&year);
    if !in_range || !(0..24).contains(&hour) || !(0..60).contains(&minute) || !(0..=60).contains(&second) {
        return None;
    }
    let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
    let ms: i64 = digits.parse().ok()?;
    let offset_min = if zone == "Z" {
        0
    } else {
        let (h, m) = zone.get(1..)?.split_once(':')?;
        let minutes = h.parse::<i64>().ok()? * 60 + m.parse::<i64>().ok()?;
        if zone.starts_with('-') { -minutes } else { minutes }
    };
    let seconds = days_from_civil(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset_min * 60;
    Some(seconds * 1000 + ms)
}

const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";

/// Unix seconds of an HTTP date, in any of its three forms (RFC 9110 §5.6.7). `None` when it is not one.
pub fn from_http_date(text: &str) -> Option<i64> {
    let (mut numbers, mut month, mut clock) = (Vec::new(), None, None);
    for word in text.split([' ', ',', '-']).filter(|word| !word.is_empty()) {
        match (word.parse::<i64>(), word.contains(':')) {
            (Ok(number), _) => numbers.push(number),
            (_, true) => clock = Some(word),
            (Err(_), false) if word.len() == 3 => {
                month = month.or(MONTHS.find(word).filter(|at| at % 3 == 0).map(|at| at as i64 / 3 + 1));
            }
            _ => {}
        }
    }
    let [day, year] = numbers[..] else { return None };
    // Two digits are of the last century from 70 on.
    let year = if year < 70 {
        year + 2000
    } else if year < 100 {
        year + 1900
    } else {
        year
    };
    from_rfc3339(&format!("{year}-{}-{day}T{}Z", month?, clock?)).map(|ms| ms.div_euclid(1000))
}

/// Year, month, day of a day number counted from 1970-01-01, by the proleptic Gregorian calendar (era arithmetic over
/// 400-year cycles that begin in March, so that the leap day is the last of its year).
fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + i64::from(month <= 2), month, day)
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`.
pub fn to_http_date(unix: i64) -> String {
    let days = unix.div_euclid(86_400);
    let (year, month, day) = civil(days);
    let name = |names: &'static str, at: i64| names.get(at as usize * 3..at as usize * 3 + 3).unwrap_or_default();
    let (weekday, s) = (name("ThuFriSatSunMonTueWed", days.rem_euclid(7)), unix.rem_euclid(86_400));
    let clock = format!("{:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
    format!("{weekday}, {day:02} {} {year:04} {clock} GMT", name(MONTHS, month - 1))
}

fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let mp = if month > 2 { month - 3 } else { month + 9 };
    let doy = (153 * mp + 2) / 5 + day - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_250, "2000-02-29T00:00:00.250Z"),
            (1_739_478_000_000, "2025-02-13T20:20:00.000Z"),
            (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
        ] {
            assert_eq!(to_rfc3339(ms), text);
            assert_eq!(from_rfc3339(text), Some(ms));
        }
        assert_eq!(from_rfc3339("1970-01-01T02:00:00+02:00"), Some(0));
        assert_eq!(from_rfc3339("1970-01-01T00:00:00.1234567Z"), Some(123));
        for bad in ["", "yesterday", "1970-13-01T00:00:00Z", "1970-01-01T00:00:00", "1970-01-01T25:00:00Z", "TZ"] {
            assert_eq!(from_rfc3339(bad), None, "{bad}");
        }
    }

    #[test]
    fn dates_of_http() {
        for text in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            assert_eq!(from_http_date(text), Some(784_111_777), "{text}");
        }
        assert_eq!(to_http_date(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT");
        for text in
            ["", "7", "Sun, 06 Nov 1994", "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT", "1 2 3"]
        {
            assert_eq!(from_http_date(text), None, "{text}");
        }
    }

    #[test]
    fn backoff_grows_and_starts_over() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
        let waits: Vec<u64> = (0..8).map(|_| backoff.next(u32::MAX).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
        backoff.reset();
        assert_eq!(backoff.next(0), Duration::from_millis(500));
    }

    #[test]
    fn the_least_deadline_is_next() {
        let mut clock = Clock::<2>::default();
        clock.set(0, Duration::from_secs(5));
        clock.set(1, Duration::from_secs(3));
        assert_eq!(clock.next(), Some(Duration::from_secs(3)));
        clock.set_now(Now { mono: Duration::from_secs(4), unix_ms: 0 });
        assert!(clock.is_due(1) && !clock.is_due(1) && !clock.is_due(0));
    }
}
