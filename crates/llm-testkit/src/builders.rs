//! Values that tests need often, with everything beside the point filled in.
//!
//! For tests outside `llm-core`'s own `src`, which sees another copy of these types.

use std::fmt::Write as _;
use std::sync::Arc;

use llm_core::types::chat::ChatRequest;
use llm_core::types::plan::{Candidate, Fit, HealthSnapshot};
use llm_core::types::task::Capabilities;

/// One question.
pub fn request(text: &str) -> ChatRequest {
    ChatRequest::question(text)
}

/// A deployment of a model of the same name, about which nothing more is known. Override with
/// `Candidate { quality: Some(0.9), ..candidate("large") }`.
pub fn candidate(name: &str) -> Candidate {
    Candidate {
        deployment: name.into(),
        model: name.into(),
        provider: "scripted".into(),
        tasks: Arc::from([]),
        capabilities: Capabilities::NONE,
        context: None,
        max_output: None,
        price: None,
        quality: None,
        weight: 1.0,
        priority: 0,
        fit: Fit::Untold,
        health: HealthSnapshot::default(),
    }
}

/// A configuration with one provider that speaks the `OpenAI` protocol at `base_url`, needs the key
/// `sk-test`, and serves these models. A test appends the sections it is about.
pub fn config_toml(base_url: &str, models: &[&str]) -> String {
    let mut text = format!(
        "schema_version = 1\n\n\
         [providers.scripted]\nkind = \"openai-compatible\"\nbase_url = \"{base_url}\"\n\
         api_key = \"{TEST_KEY}\"\n",
    );
    for model in models {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n[models.\"{model}\"]\nprovider = \"scripted\"\n");
    }
    text
}

/// The key that [`config_toml`] configures.
pub const TEST_KEY: &str = "sk-test-0123456789abcdef";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_is_one_the_program_reads() {
        let text = config_toml("http://127.0.0.1:1/v1", &["small", "qwen/large"]);
        let config: llm_core::config::Config = toml::from_str(&text).expect("valid TOML");
        let models: Vec<_> = config.models.keys().map(String::as_str).collect();
        assert_eq!(models, ["small", "qwen/large"]);
        assert_eq!(
            config.providers["scripted"].base_url.as_deref(),
            Some("http://127.0.0.1:1/v1")
        );
    }
}
