//! How long something holds, as people write it: `10m`, `2h`, `7d`, `1d12h`.

use crate::base::limits;

/// Seconds by their letters.
const UNITS: [(char, i64); 5] = [('w', 604_800), ('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// Whole seconds, within what services take; `None` where it is no such time, or out of bounds.
pub fn read(text: &str) -> Option<i64> {
    let (mut seconds, mut number) = (0_i64, None::<i64>);
    for c in text.trim().to_lowercase().chars() {
        match (c.to_digit(10), number) {
            (Some(digit), _) => number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(digit.into())?),
            (None, Some(count)) => {
                // In German a day is a `t`.
                let c = if c == 't' { 'd' } else { c };
                let (_, unit) = UNITS.iter().find(|(letter, _)| *letter == c)?;
                seconds = seconds.checked_add(count.checked_mul(*unit)?)?;
                number = None;
            }
            (None, None) => return None,
        }
    }
    let is_whole = number.is_none() && (limits::SPAN_MIN_S..=limits::SPAN_MAX_S).contains(&seconds);
    is_whole.then_some(seconds)
}

/// The same, written.
pub fn write(seconds: i64) -> String {
    let (mut rest, mut out) = (seconds, String::new());
    for (letter, unit) in UNITS {
        if rest >= unit {
            out += &format!("{}{letter}", rest / unit);
            rest %= unit;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans() {
        for (text, seconds) in [("10m", 600), ("2h", 7_200), ("7d", 604_800), ("7T", 604_800), ("1d12h", 129_600)] {
            assert_eq!(read(text), Some(seconds), "{text}");
        }
        assert_eq!((write(129_600).as_str(), write(604_800).as_str(), write(90).as_str()), ("1d12h", "1w", "1m30s"));
        for text in ["", "10", "m", "10x", "10 m", "-1d", "29s", "367d", "99999999999999999999d", "1d5"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
