//! The table of providers: names, addresses and models for people who have named none.
//!
//! A model's name is free text: what stands here is a beginning, and what `/ki model` proposes. To add a provider whose
//! service speaks one of the dialects, add a row.

use super::Dialect;

/// One provider.
#[derive(Debug)]
pub struct Provider {
    /// As in the API and in the settings.
    pub name: &'static str,
    /// Other names people use.
    pub aliases: &'static [&'static str],
    /// How it is spoken to.
    pub dialect: Dialect,
    /// Its address.
    pub endpoint: &'static str,
    /// Models to propose; the first is taken where none is named.
    pub models: &'static [&'static str],
    /// Whether nothing works without a key at that address.
    pub needs_key: bool,
    /// Where a key comes from, or the program.
    pub site: &'static str,
}

/// All of them, in the order of docs/api.md.
pub const PROVIDERS: &[Provider] = &[
    Provider {
        name: "openai",
        aliases: &["chatgpt", "gpt", "compatible", "vllm", "lmstudio", "llamacpp", "llama.cpp"],
        dialect: Dialect::OpenAi,
        endpoint: "https://api.openai.com/v1/chat/completions",
        models: &["gpt-4o", "gpt-4o-mini", "o1"],
        needs_key: true,
        site: "https://platform.openai.com/api-keys",
    },
    Provider {
        name: "claude",
        aliases: &["anthropic"],
        dialect: Dialect::Anthropic,
        endpoint: "https://api.anthropic.com/v1/messages",
        models: &["claude-sonnet-4-20250514", "claude-3-haiku", "claude-3-opus"],
        needs_key: true,
        site: "https://console.anthropic.com/settings/keys",
    },
    Provider {
        name: "gemini",
        aliases: &["google"],
        dialect: Dialect::Gemini,
        endpoint: "https://generativelanguage.googleapis.com/v1beta/models",
        models: &["gemini-2.0-flash", "gemini-1.5-pro"],
        needs_key: true,
        site: "https://aistudio.google.com/apikey",
    },
    Provider {
        name: "groq",
        aliases: &[],
        dialect: Dialect::OpenAi,
        endpoint: "https://api.groq.com/openai/v1/chat/completions",
        models: &["llama-3.3-70b-versatile", "mixtral-8x7b", "gemma-7b"],
        needs_key: true,
        site: "https://console.groq.com/keys",
    },
    Provider {
        name: "mistral",
        aliases: &[],
        dialect: Dialect::OpenAi,
        endpoint: "https://api.mistral.ai/v1/chat/completions",
        models: &["mistral-large-latest", "mistral-small-latest"],
        needs_key: true,
        site: "https://console.mistral.ai/api-keys",
    },
    Provider {
        name: "deepseek",
        aliases: &[],
        dialect: Dialect::OpenAi,
        endpoint: "https://api.deepseek.com/v1/chat/completions",
        models: &["deepseek-chat", "deepseek-reasoner"],
        needs_key: true,
        site: "https://platform.deepseek.com/api_keys",
    },
    Provider {
        name: "perplexity",
        aliases: &["pplx"],
        dialect: Dialect::OpenAi,
        endpoint: "https://api.perplexity.ai/chat/completions",
        models: &["sonar", "sonar-pro"],
        needs_key: true,
        site: "https://www.perplexity.ai/settings/api",
    },
    Provider {
        name: "ollama",
        aliases: &[],
        dialect: Dialect::Ollama,
        endpoint: "http://localhost:11434",
        models: &["llama3", "phi3", "gemma", "mistral"],
        needs_key: false,
        site: "https://ollama.com",
    },
    Provider {
        name: "openclaw",
        aliases: &["claw"],
        dialect: Dialect::OpenClaw,
        endpoint: "http://localhost:18789",
        models: &["agent"],
        needs_key: true,
        site: "https://docs.openclaw.ai",
    },
];

impl Provider {
    /// A provider by its name or another, whatever their case.
    pub fn find(name: &str) -> Option<&'static Provider> {
        let name = name.to_ascii_lowercase();
        PROVIDERS.iter().find(|provider| provider.name == name || provider.aliases.contains(&name.as_str()))
    }

    /// How it is spoken to at an address.
    pub fn dialect_at(&self, endpoint: &str) -> Dialect {
        match self.dialect {
            Dialect::OpenClaw if endpoint.contains("/hooks/") => Dialect::Hook,
            Dialect::Ollama if endpoint.trim_end_matches('/').ends_with("/v1") => Dialect::OpenAi,
            dialect => dialect,
        }
    }

    /// Whether it needs a key at an address: a server of one's own may have none.
    pub fn needs_key_at(&self, endpoint: &str) -> bool {
        self.needs_key && (endpoint == self.endpoint || self.dialect == Dialect::OpenClaw)
    }
}
