//! `[providers.NAME]`: a service behind an API.

use std::fmt;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::secret_ref::SecretRef;

/// A service behind an API.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ProviderConfig {
    /// The vendor whose manners it has (`openai`, `deepseek`, `anthropic`, `ollama`, …), or
    /// `openai-compatible` for any other service that speaks that protocol. Default: the provider's own name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The address that paths such as `/chat/completions` are appended to. Default: the vendor's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// The API key: `{ env = "NAME" }`, `{ file = "PATH" }`, or the key itself in the secrets file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key: Option<SecretRef>,
    /// Headers sent with every call. Never put a key here; it would be shown.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub headers: IndexMap<String, String>,
    /// A proxy for calls to this provider, `http://HOST:PORT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// Whole-attempt limit for this provider, in milliseconds. Default: `limits.total_ms`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// Further attempts at the same deployment after a failure. Default: `limits.retries`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retries: Option<u32>,
    /// Whether its models are left out of everything.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
}

/// Headers are shown by name only: some people do put keys there.
impl fmt::Debug for ProviderConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderConfig")
            .field("kind", &self.kind)
            .field("base_url", &self.base_url)
            .field("api_key", &self.api_key)
            .field("headers", &self.headers.keys())
            .field("proxy", &self.proxy)
            .field("timeout_ms", &self.timeout_ms)
            .field("retries", &self.retries)
            .field("disabled", &self.disabled)
            .finish()
    }
}
