//! Reading members of objects within objects, which Telegram's are.

use crate::base::json::Fields;
use crate::base::text::is_hidden;

/// A text that is there and not empty.
pub(super) fn text(fields: &Fields, key: &str) -> Option<String> {
    fields.text(key).ok().flatten().filter(|text| !text.is_empty()).map(str::to_string)
}

/// A name as one line: without line ends, controls and marks that turn the direction of what stands behind it.
pub(super) fn name(fields: &Fields, key: &str) -> Option<String> {
    let line = text(fields, key)?.replace(is_hidden, " ");
    Some(line.trim().to_string()).filter(|line| !line.is_empty())
}

/// A whole number.
pub(super) fn number(fields: &Fields, key: &str) -> Option<i64> {
    fields.number(key).ok().flatten()
}

/// Whether it is there and true.
pub(super) fn is(fields: &Fields, key: &str) -> bool {
    fields.truth(key).ok().flatten() == Some(true)
}

/// The objects of an array; none where there is none.
pub(super) fn objects(fields: &Fields, key: &str) -> Vec<Fields> {
    fields.need_objects(key).unwrap_or_default()
}
