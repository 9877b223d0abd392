//! `[routes.NAME]`, `[tasks.NAME]` and `[routing]`: how a model is chosen.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A choice of models under a name of its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct RouteConfig {
    /// What it is for, shown in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The models to choose among, in order of preference. Default: all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<String>,
    /// The strategy that chooses. Default: `routing.strategy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<String>,
    /// A cooperation mode: the models work together instead of one being chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// How their answers become one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub integrate: Option<String>,
    /// The model that judges or synthesises.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judge: Option<String>,
    /// Rounds of voting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rounds: Option<u32>,
    /// Members that must answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quorum: Option<u32>,
    /// How much quality matters, 0 to 1. Default: `routing.quality_priority`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quality_priority: Option<f64>,
    /// Most a request may cost, such as `"0.02 USD"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_cost: Option<String>,
    /// Models to try when all of `models` failed, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fallback: Vec<String>,
    /// A system prompt put before the conversation when it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
}

/// Which models suit a task type.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TaskConfig {
    /// The models of choice, best first. Names that are not configured are passed over.
    pub primary: Vec<String>,
    /// Models to fall back on, best first.
    pub fallback: Vec<String>,
}

/// How a model is chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct RoutingConfig {
    /// The strategy where a request names none.
    pub strategy: String,
    /// How calls are spread over several deployments of one model: `priority` (lowest number first,
    /// equal ones by weight), `weighted`, `least_loaded`, `peak_ewma` or `round_robin`. Deployments
    /// below `health_threshold`, limited or full ones stand behind the others.
    pub balance: String,
    /// How much quality matters against cost and speed, 0 to 1.
    pub quality_priority: f64,
    /// The model or route of a request that names none. Default: `auto`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_model: Option<String>,
    /// Whether `auto` may let several models cooperate on a question that gains from it.
    pub auto_cooperate: bool,
    /// Whether a pinned model that fails may be replaced by another.
    pub fallback_for_pinned: bool,
    /// Most models tried for one request.
    pub max_candidates: u32,
    /// Share of recent calls that must have succeeded for a model to count as healthy, 0 to 1.
    pub health_threshold: f64,
    /// Decisions kept for the same question.
    pub cache_entries: u64,
    /// How long a decision is kept, in seconds.
    pub cache_ttl_s: u64,
}

impl Default for RoutingConfig {
    fn default() -> Self {
        Self {
            strategy: "auto".to_owned(),
            balance: "priority".to_owned(),
            quality_priority: 0.5,
            default_model: None,
            auto_cooperate: true,
            fallback_for_pinned: false,
            max_candidates: 5,
            health_threshold: 0.5,
            cache_entries: 4096,
            cache_ttl_s: 300,
        }
    }
}
