//! "Did you mean": the known word nearest to a mistyped one. Used for keys, environment variables, commands, options.

/// The candidate that differs least from `word`, unless they have too little in common to be a slip of the hand.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let length = word.chars().count();
    let (distance, best) = candidates
        .into_iter()
        .map(|candidate| {
            let lower = candidate.to_lowercase();
            // The beginning of a word is as good as the word with one slip.
            let is_beginning = length >= 3 && lower.starts_with(&word);
            (if is_beginning { 1 } else { distance(&word, &lower) }, candidate)
        })
        .min_by_key(|(distance, _)| *distance)?;
    (distance * 5 <= length.max(best.chars().count()) * 2).then_some(best)
}

/// The same for words in a chat, which may be somebody else's: one slip, or two in a long word.
pub fn slip<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let is_slip = |candidate: &&str| {
        let length = candidate.chars().count();
        length >= 3 && (1..=1 + usize::from(length >= 8)).contains(&distance(&word, candidate))
    };
    candidates.into_iter().find(is_slip)
}

/// Edits that turn one word into the other: insert, delete, replace, swap neighbours ("optimal string alignment").
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = above[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut cost = replaced.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                cost = cost.min(before[j - 2] + 1);
            }
            row.push(cost);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::{nearest, slip};

    #[test]
    fn other_words_are_no_slips() {
        let words = ["use", "status", "deactivate", "ki", "help"];
        for (word, right) in [("us", "use"), ("Uses", "use"), ("stauts", "status"), ("daectivate", "deactivate")] {
            assert_eq!(slip(word, words), Some(right), "{word}");
        }
        for word in ["use", "hi", "hello", "time", "sta", "", "us3r5"] {
            assert_eq!(slip(word, words), None, "{word}");
        }
    }

    #[test]
    fn finds_slips_only() {
        let words = ["port", "mode", "tls_cert", "admin", "rate_limit"];
        for (slip, right) in [("prot", "port"), ("Port", "port"), ("tls-cert", "tls_cert"), ("rate", "rate_limit")] {
            assert_eq!(nearest(slip, words), Some(right), "{slip}");
        }
        assert_eq!(nearest("zzz", words), None);
        assert_eq!(nearest("", words), None);
        assert_eq!(nearest("x", []), None);
    }
}
