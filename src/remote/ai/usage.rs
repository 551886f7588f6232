//! How many tokens a question and its answer were, where the service says so: each names it in its own way, and some only in
//! the last piece of a stream.

use crate::base::json::Fields;
use crate::base::limits;

/// Counted by the service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// What was asked: the conversation, system prompt included.
    pub input: u64,
    /// What was answered, thoughts included.
    pub output: u64,
}

impl Tokens {
    /// Of a whole answer, or as far as a piece of one says it.
    pub(super) fn of(fields: &Fields) -> Tokens {
        let sum = |paths: &[&[&str]]| paths.iter().map(|path| number(fields, path)).sum::<u64>();
        let first = |all: &[&[&[&str]]]| all.iter().map(|paths| sum(paths)).find(|sum| *sum > 0).unwrap_or(0);
        let input = first(&[
            &[&["usage", "prompt_tokens"]],
            // Anthropic counts what its cache had apart.
            &[
                &["usage", "input_tokens"],
                &["usage", "cache_creation_input_tokens"],
                &["usage", "cache_read_input_tokens"],
            ],
            &[
                &["message", "usage", "input_tokens"],
                &["message", "usage", "cache_creation_input_tokens"],
                &["message", "usage", "cache_read_input_tokens"],
            ],
            &[&["usageMetadata", "promptTokenCount"]],
            &[&["x_groq", "usage", "prompt_tokens"]],
            &[&["prompt_eval_count"]],
        ]);
        let output = first(&[
            &[&["usage", "completion_tokens"]],
            &[&["usage", "output_tokens"]],
            &[&["usageMetadata", "candidatesTokenCount"], &["usageMetadata", "thoughtsTokenCount"]],
            &[&["x_groq", "usage", "completion_tokens"]],
            &[&["eval_count"]],
        ]);
        Tokens { input, output }
    }

    /// Pieces count all so far.
    pub(super) fn or_more(self, later: Tokens) -> Tokens {
        Tokens { input: self.input.max(later.input), output: self.output.max(later.output) }
    }
}

/// A service that says nonsense must not spoil the sum.
fn number(fields: &Fields, path: &[&str]) -> u64 {
    let number = fields.number_at(path).and_then(|number| u64::try_from(number).ok());
    number.filter(|number| *number <= limits::AI_TOKENS_SAID_MAX).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::secret::Secret;
    use crate::remote::ai::{Dialect, Stream};

    fn stream(dialect: Dialect, lines: &str) -> Stream {
        let mut stream = Stream::new(dialect, "m");
        lines.lines().for_each(|line| stream.line(line.as_bytes(), &Secret::default()));
        stream
    }

    #[test]
    fn tokens_are_counted_as_services_say_them() {
        let of = |text: &str| {
            let tokens = Tokens::of(&Fields::parse(text.as_bytes()).unwrap());
            (tokens.input, tokens.output)
        };
        assert_eq!(of(r#"{"usage":{"prompt_tokens":12,"completion_tokens":3,"total_tokens":15}}"#), (12, 3));
        assert_eq!(of(r#"{"usage":{"input_tokens":5,"cache_read_input_tokens":100,"output_tokens":7}}"#), (105, 7));
        assert_eq!(
            of(r#"{"usageMetadata":{"promptTokenCount":8,"candidatesTokenCount":2,"thoughtsTokenCount":30}}"#),
            (8, 32)
        );
        assert_eq!(of(r#"{"prompt_eval_count":26,"eval_count":298,"done":true}"#), (26, 298));
        assert_eq!(of(r#"{"usage":{"prompt_tokens":-1,"completion_tokens":9000000000000000}}"#), (0, 0), "nonsense");
        assert_eq!(of(r#"{"usage":null}"#), (0, 0));
        // In a stream each count is of all so far.
        let anthropic = "data: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":25,\"output_tokens\":1}}}\n\n\
            data: {\"type\":\"message_delta\",\"delta\":{},\"usage\":{\"output_tokens\":15}}\n\n";
        assert_eq!(stream(Dialect::Anthropic, anthropic).used(), Tokens { input: 25, output: 15 });
        let openai = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n\
            data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2}}\n\n";
        assert_eq!(stream(Dialect::OpenAi, openai).used(), Tokens { input: 9, output: 2 });
    }
}
