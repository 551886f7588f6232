//! Models that think aloud: what of a text is a thought, and no answer.
//!
//! Some begin with a tag. With others the prompt's template has written it already, as those of DeepSeek and Qwen for
//! llama.cpp and vLLM do: then only the end of the thought can be seen.

use crate::base::json::Fields;

/// How thoughts begin and end.
const TAGS: [(&str, &str); 4] =
    [("<think>", "</think>"), ("<thinking>", "</thinking>"), ("<thought>", "</thought>"), ("[THINK]", "[/THINK]")];

/// Parts of names of models that always think, and mostly without saying that they begin to.
const THINKERS: [&str; 6] = ["r1", "qwq", "reasoner", "reasoning", "thinking", "magistral"];

/// The text without the thoughts in front of it. A thought that has no end is all there is.
pub(super) fn without(text: &str) -> &str {
    let mut text = text.trim();
    while let Some((open, close)) = TAGS.iter().find(|(open, _)| text.starts_with(open)) {
        text = text.get(open.len()..).and_then(|rest| rest.split_once(close)).map_or("", |(_, rest)| rest.trim());
    }
    match end_of_one(text) {
        Some(at) => text.get(at..).unwrap_or_default().trim(),
        None => text,
    }
}

/// Whether what begins so may be about to become a thought.
pub(super) fn may_be_one(text: &str) -> bool {
    TAGS.iter().any(|(open, _)| open.starts_with(text.trim()))
}

/// Whether a thought is over.
pub(super) fn has_ended(text: &str) -> bool {
    without(text).len() < text.trim().len()
}

/// Whether such a model thinks aloud before it says anything.
pub(super) fn is_thinker(model: &str) -> bool {
    let model = model.to_lowercase();
    let mut words = model.split(|c: char| !c.is_alphanumeric());
    words.any(|word| THINKERS.contains(&word))
}

/// Whether a piece shows that thoughts come apart from what is said.
pub(super) fn comes_apart(fields: &Fields) -> bool {
    let delta = |name: &str| fields.has(&["choices", "0", "delta", name]);
    delta("reasoning_content") || delta("reasoning") || fields.has(&["message", "thinking"])
}

/// Behind a tag that ends a thought which nobody saw begin. One that is quoted is spoken of.
fn end_of_one(text: &str) -> Option<usize> {
    let end = |(open, close): &(&str, &str)| {
        let at = text.find(close)?;
        let before = text.get(..at)?;
        let is_quoted = before.ends_with(['`', '"', '\'', '“', '„']);
        (!is_quoted && !before.contains(open)).then_some(at + close.len())
    };
    TAGS.iter().filter_map(end).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thoughts_are_no_answers() {
        for (text, expected) in [
            ("<think>Hm\n</think>\n\nYes", "Yes"),
            ("Hm, let me see.\n</think>\n\nYes", "Yes"),
            ("Hm.</think>Yes", "Yes"),
            (" [THINK]Hm[/THINK]Yes", "Yes"),
            ("<thinking>a</thinking>\n<think>b</think> Yes", "Yes"),
            ("<think>Hm", ""),
            ("Hm</think>", ""),
            ("Close it with `</think>`.", "Close it with `</think>`."),
            ("It stands in <think>…</think> there.", "It stands in <think>…</think> there."),
            ("", ""),
        ] {
            assert_eq!(without(text), expected, "{text}");
        }
        assert!(may_be_one(" <thi") && may_be_one("[") && !may_be_one("I th"));
        for name in ["deepseek-r1:8b", "DeepSeek-R1-Distill-Qwen", "qwq", "deepseek-reasoner", "kimi-k2-thinking"] {
            assert!(is_thinker(name), "{name}");
        }
        for name in ["gpt-4o", "llama-3.3-70b", "mistral-large", "vr1x"] {
            assert!(!is_thinker(name), "{name}");
        }
    }
}
