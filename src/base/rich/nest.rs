//! Spans as anybody gives them, made to lie within each other or apart.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

use super::{Span, Style};

/// Outer ones first where several cover the same.
fn rank(style: &Style) -> u8 {
    match style {
        Style::Quote { .. } => 0,
        Style::Pre(_) => 1,
        Style::Link(_) | Style::Person(_) => 2,
        Style::Bold => 3,
        Style::Italic => 4,
        Style::Underline => 5,
        Style::Strike => 6,
        Style::Spoiler => 7,
        Style::Emoji(_) => 8,
        Style::Found(_) => 9,
        Style::Code => 10,
    }
}

/// In normal form: at boundaries of characters, not empty, none across another; nothing but what holds them around code, and
/// nothing twice.
pub(super) fn nested(text: &str, spans: Vec<Span>) -> Vec<Span> {
    let spans: Vec<Span> = spans.into_iter().filter_map(|span| fitted(text, span)).collect();
    let of = |is_such: fn(&Style) -> bool| -> Vec<Span> {
        spans.iter().filter(|span| is_such(&span.style)).cloned().collect()
    };
    let quotes = apart(of(|style| matches!(style, Style::Quote { .. })));
    let blocks = apart(of(|style| matches!(style, Style::Pre(_))));
    let code = of(|style| *style == Style::Code);
    let mut leaves: Vec<Span> = code
        .into_iter()
        .flat_map(|span| around(&span, touched(&blocks, &span.range).iter().map(|block| &block.range)))
        .collect();
    leaves.extend(blocks);
    let leaves = apart(leaves.into_iter().flat_map(|span| parted(span, &quotes)).collect());
    let links = apart(of(|style| matches!(style, Style::Link(_) | Style::Person(_))));
    let emoji = apart(of(|style| matches!(style, Style::Emoji(_))));
    let others = of(|style| rank(style) > 2 && !matches!(style, Style::Code | Style::Emoji(_)));
    let mut queue: BTreeMap<(usize, Reverse<usize>, u8, usize), Style> = BTreeMap::new();
    let add = |queue: &mut BTreeMap<_, _>, span: Span| {
        let key = (span.range.start, Reverse(span.range.end), rank(&span.style), queue.len());
        queue.insert(key, span.style);
    };
    for span in links.into_iter().chain(emoji).chain(others).flat_map(|span| parted(span, &quotes)) {
        // A link may have code as its text; nothing else goes around code.
        let is_held = |leaf: &&Span| rank(&span.style) == 2 && within(&leaf.range, &span.range);
        let holes = touched(&leaves, &span.range).iter().filter(|leaf| !is_held(leaf)).map(|leaf| &leaf.range);
        around(&span, holes).into_iter().for_each(|span| add(&mut queue, span));
    }
    quotes.into_iter().chain(leaves).for_each(|span| add(&mut queue, span));
    let (mut open, mut out): (Vec<Span>, Vec<Span>) = (Vec::new(), Vec::new());
    let mut number = queue.len();
    while let Some(((start, Reverse(end), rank, _), style)) = queue.pop_first() {
        open.retain(|outer| outer.range.end > start);
        // Both parts of what is cut wait their turn: among those of its length the first may have another place.
        if let Some(outer) = open.last().filter(|outer| outer.range.end < end) {
            let edge = outer.range.end;
            queue.insert((start, Reverse(edge), rank, number + 1), style.clone());
            queue.insert((edge, Reverse(end), rank, number + 2), style);
            number += 2;
            continue;
        }
        if open.iter().any(|outer| outer.style == style) {
            continue;
        }
        let span = Span::new(start..end, style);
        out.push(span.clone());
        open.push(span);
    }
    out
}

fn within(inner: &Range<usize>, outer: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// Within the text, at boundaries of characters.
fn fitted(text: &str, span: Span) -> Option<Span> {
    let (mut start, mut end) = (span.range.start.min(text.len()), span.range.end.min(text.len()));
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    while !text.is_char_boundary(end) {
        end += 1;
    }
    (start < end).then(|| Span::new(start..end, span.style))
}

/// None begins before the one before it ends.
fn apart(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_by_key(|span| (span.range.start, Reverse(span.range.end), rank(&span.style)));
    let mut end = 0;
    spans.retain_mut(|span| {
        span.range.start = span.range.start.max(end);
        let is_left = span.range.start < span.range.end;
        end = end.max(span.range.end);
        is_left
    });
    spans
}

/// In parts that do not cross the ends of these walls.
fn parted(span: Span, walls: &[Span]) -> Vec<Span> {
    let mut at = span.range.start;
    let mut parts = Vec::new();
    for edge in touched(walls, &span.range).iter().flat_map(|wall| [wall.range.start, wall.range.end]) {
        if at < edge && edge < span.range.end {
            parts.push(Span::new(at..edge, span.style.clone()));
            at = edge;
        }
    }
    parts.push(Span::new(at..span.range.end, span.style));
    parts
}

/// Those of them, which lie apart and in order, that share something with a range.
fn touched<'a>(spans: &'a [Span], range: &Range<usize>) -> &'a [Span] {
    let first = spans.partition_point(|span| span.range.end <= range.start);
    let end = spans.partition_point(|span| span.range.start < range.end);
    &spans[first..end.max(first)]
}

/// What of it lies outside of these, which lie apart and in order.
fn around<'a>(span: &Span, holes: impl Iterator<Item = &'a Range<usize>>) -> Vec<Span> {
    let mut at = span.range.start;
    let mut parts = Vec::new();
    for hole in holes {
        parts.push(Span::new(at..hole.start.max(at), span.style.clone()));
        at = at.max(hole.end);
    }
    parts.push(Span::new(at..span.range.end.max(at), span.style.clone()));
    parts.retain(|part| !part.range.is_empty());
    parts
}
