//! XEP-0428, fallback indication: parts of a body that are there only for clients that do not know a feature.
//! Positions count Unicode code points (XEP-0426 §2), not bytes and not UTF-16 units.

use std::ops::Range;

use crate::base::limits;
use crate::xml::Element;
use crate::xmpp::ns;

/// The body without what is marked as fallback for the feature with that namespace. Ranges that do not lie in the body
/// are ignored: they may come from a client that counts otherwise, and half a word less is worse than a quotation more.
pub(super) fn strip(stanza: &Element, body: String, feature: &str) -> String {
    let count = body.chars().count();
    let is_for = |fallback: &&Element| {
        fallback.name() == "fallback"
            && matches!(fallback.ns(), ns::FALLBACK | ns::FALLBACK_LEGACY)
            && fallback.attribute("for") == Some(feature)
    };
    let ranges: Vec<Range<usize>> = stanza
        .children()
        .filter(is_for)
        .flat_map(|fallback| ranges(fallback, count))
        .take(limits::FALLBACK_RANGES_MAX)
        .collect();
    if ranges.is_empty() {
        return body;
    }
    let is_kept = |at: usize| !ranges.iter().any(|range| range.contains(&at));
    body.chars().enumerate().filter(|(at, _)| is_kept(*at)).map(|(_, c)| c).collect()
}

/// The parts of a body of `count` code points that a `<fallback/>` names. Without any child it means all of the stanza's
/// text, without positions all of the body (XEP-0428 §2.2).
fn ranges(fallback: &Element, count: usize) -> Vec<Range<usize>> {
    if fallback.children().next().is_none() {
        return std::iter::once(0..count).collect();
    }
    let bodies = fallback.children().filter(|child| child.is("body", fallback.ns()));
    bodies.take(limits::FALLBACK_RANGES_MAX).filter_map(|body| range(body, count)).collect()
}

fn range(body: &Element, count: usize) -> Option<Range<usize>> {
    let position = |name, missing| body.attribute(name).map_or(Some(missing), |text| text.trim().parse().ok());
    let (start, end): (usize, usize) = (position("start", 0)?, position("end", count)?);
    (start <= end && end <= count).then_some(start..end)
}

/// Marks the first `count` code points of the body as fallback for a feature.
pub(super) fn build_beginning(feature: &str, count: usize) -> Element {
    build_range(feature, 0..count)
}

/// Marks these code points of the body as fallback for a feature.
pub(super) fn build_range(feature: &str, range: Range<usize>) -> Element {
    let (start, end) = (range.start.to_string(), range.end.to_string());
    build_whole(feature).with_child(Element::new("body", ns::FALLBACK).with("start", &start).with("end", &end))
}

/// Marks the whole message's text as fallback for a feature.
pub(super) fn build_whole(feature: &str) -> Element {
    Element::new("fallback", ns::FALLBACK).with("for", feature)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::Namespaces;

    fn strip_with(marks: &str, body: &str) -> String {
        let text =
            format!("<message><fallback xmlns='{}' for='{}'>{marks}</fallback></message>", ns::FALLBACK, ns::REPLY);
        let stanza = Element::parse(&text, &Namespaces::default_is(ns::CLIENT)).unwrap();
        strip(&stanza, body.to_string(), ns::REPLY)
    }

    #[test]
    fn positions_count_code_points() {
        // A thumb with a skin tone is two code points, four UTF-16 units and eight bytes.
        let body = "> \u{1f44d}\u{1f3fd} ü\nyes";
        assert_eq!(strip_with("<body start='0' end='7'/>", body), "yes");
        assert_eq!(strip_with("<body start='0' end='2'/><body start='6' end='10'/>", body), "\u{1f44d}\u{1f3fd} ü");
        assert_eq!(strip_with("<body end='7'/>", body), "yes");
        assert_eq!(strip_with("<body start='6'/>", body), "> \u{1f44d}\u{1f3fd} ü");
    }

    #[test]
    fn everything_or_nothing() {
        assert_eq!(strip_with("", "all"), "");
        assert_eq!(strip_with("<body/>", "all"), "");
        assert_eq!(strip_with("<subject/>", "all"), "all");
    }

    #[test]
    fn hostile_ranges_change_nothing() {
        for marks in [
            "<body start='2' end='1'/>",
            "<body start='0' end='6'/>",
            "<body start='-1' end='2'/>",
            "<body start='0' end='99999999999999999999999'/>",
            "<body start='18446744073709551615' end='18446744073709551615'/>",
            "<body start='a' end='2'/>",
            "<body start='' end=''/>",
            "<body start='3' end='3'/>",
            "<body xmlns='jabber:client' start='0' end='2'/>",
        ] {
            assert_eq!(strip_with(marks, "hällo"), "hällo", "{marks}");
        }
        assert_eq!(
            strip_with("<body start='0' end='3'/><body start='2' end='4'/><body start='9' end='1'/>", "hällo"),
            "o"
        );
        assert_eq!(strip_with(&"<body start='0' end='1'/>".repeat(3000), "hällo"), "ällo");
    }
}
