//! Nothing is parsed before its depth and the number of its values are known: a byte of JSON may cost a hundred in memory.

use std::borrow::Cow;

use crate::base::limits;

/// The same JSON, when a tree of it is small enough to be built: the rest of a sentence otherwise. Numbers that no double
/// holds become the largest one (RFC 8259 §6 leaves it to us), as miniserde would refuse the whole.
pub(super) fn bounded(json: &str, values_max: usize) -> Result<Cow<'_, str>, String> {
    let bytes = json.as_bytes();
    let (mut at, mut depth, mut values) = (0, 0_usize, 0);
    let (mut fitted, mut fitted_to) = (String::new(), 0);
    while let Some(byte) = bytes.get(at) {
        let begun = at;
        at += 1;
        match byte {
            b'"' => at = end_of_string(bytes, at),
            b'[' | b'{' => (depth, values) = (depth + 1, values + 1),
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' => values += 1,
            b'-' | b'0'..=b'9' => {
                let is_more = |byte: &u8| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-');
                at += bytes.iter().skip(at).take_while(|byte| is_more(byte)).count();
                let number = json.get(begun..at).and_then(|number| number.parse::<f64>().ok());
                if number.is_some_and(f64::is_infinite) {
                    fitted.push_str(json.get(fitted_to..begun).unwrap_or_default());
                    fitted.push_str(if *byte == b'-' { "-1e308" } else { "1e308" });
                    fitted_to = at;
                }
            }
            _ => {}
        }
        if depth > limits::JSON_DEPTH_MAX {
            return Err(format!("less deep: it is nested deeper than {} at byte {at}", limits::JSON_DEPTH_MAX));
        }
        if values > values_max {
            return Err(format!("smaller: it has more than {values_max} values, at byte {at}"));
        }
    }
    if fitted_to == 0 {
        return Ok(Cow::Borrowed(json));
    }
    fitted.push_str(json.get(fitted_to..).unwrap_or_default());
    Ok(Cow::Owned(fitted))
}

/// Behind the closing quote of a string whose content begins there.
fn end_of_string(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        at += match byte {
            b'"' => return at + 1,
            b'\\' => 2,
            _ => 1,
        };
    }
    at
}
