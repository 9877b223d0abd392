//! `[cooperation]`: how models cooperate where a request or route does not say.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Defaults of cooperation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CooperationConfig {
    /// The models that take part, in order. Default: chosen by the router.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<String>,
    /// How many the router chooses.
    pub members: u32,
    /// The model that judges or synthesises. Default: the best of the members by quality.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judge: Option<String>,
    /// Rounds of voting.
    pub rounds: u32,
    /// Stop waiting for members after this many milliseconds and integrate what arrived.
    pub deadline_ms: u64,
    /// Most calls one run may make. Default: what the mode needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_calls: Option<u32>,
    /// Most tokens, read and written, one run may use. Default: no cap.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u64>,
    /// Most one run may cost, such as `"0.20 USD"`. Default: no cap.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_cost: Option<String>,
    /// Most members one run may have.
    pub max_members: u32,
}

impl Default for CooperationConfig {
    fn default() -> Self {
        Self {
            models: Vec::new(),
            members: 3,
            judge: None,
            rounds: 1,
            deadline_ms: 90_000,
            max_calls: None,
            max_tokens: None,
            max_cost: None,
            max_members: 16,
        }
    }
}
