//! What a caller asks for, and the plan routing makes of it.

use std::sync::Arc;
use std::time::Duration;

use super::chat::ChatRequest;
use super::cooperation::{CooperationPlan, CooperationRequest};
use super::ids::{DeploymentId, ModelName, ProviderName};
use super::money::{Money, Price};
use super::task::{Capabilities, TaskProfile};

/// The name that leaves the choice of model to the router.
pub const AUTO: &str = "auto";

/// A request together with everything the choice of model depends on.
#[derive(Clone, Debug)]
pub struct Ask {
    /// A model, alias, route, `cooperate/MODE`, or [`AUTO`].
    pub model: String,
    /// The conversation.
    pub chat: ChatRequest,
    /// The task type, where the caller knows it.
    pub task: Option<String>,
    /// How to choose.
    pub preferences: Preferences,
    /// Several models instead of one.
    pub cooperation: Option<CooperationRequest>,
    /// A JSON schema the answer is checked against before it counts as one.
    pub check_schema: Option<Arc<serde_json::Value>>,
}

impl Ask {
    /// Leaves everything to the router.
    pub fn auto(chat: ChatRequest) -> Self {
        Self::of_model(AUTO, chat)
    }

    /// Asks a model or route by name.
    pub fn of_model(model: impl Into<String>, chat: ChatRequest) -> Self {
        Self {
            model: model.into(),
            chat,
            task: None,
            preferences: Preferences::default(),
            cooperation: None,
            check_schema: None,
        }
    }
}

/// How to choose among models.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Preferences {
    /// A routing strategy; the configured default when absent.
    pub strategy: Option<String>,
    /// 0 to 1: how much quality matters against cost and speed.
    pub quality_priority: Option<f64>,
    /// Leave out models that are known to take longer.
    pub max_latency: Option<Duration>,
    /// Refuse before sending when the estimate is above this.
    pub max_cost: Option<Money>,
    /// Choose among these only, in this order of preference.
    pub models: Vec<String>,
    /// What to do when the first choice fails.
    pub fallback: Fallback,
}

/// What to do when the first choice fails.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Fallback {
    /// The next of the plan for routed requests; nothing for a named model.
    #[default]
    ByPlan,
    /// These models, in order.
    Models(Vec<String>),
    /// Nothing: the first failure is final.
    None,
}

/// A deployment as routing sees it: facts and a snapshot of its health.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// What a call would go to.
    pub deployment: DeploymentId,
    /// The model it serves.
    pub model: ModelName,
    /// Whose it is.
    pub provider: ProviderName,
    /// Task tags of the model, as configured.
    pub tasks: Arc<[String]>,
    /// What it can do.
    pub capabilities: Capabilities,
    /// Context window in tokens, where known.
    pub context: Option<u64>,
    /// Most tokens it may write.
    pub max_output: Option<u64>,
    /// What it costs, where known.
    pub price: Option<Arc<Price>>,
    /// 0 to 1, where configured or known from the catalogue.
    pub quality: Option<f64>,
    /// Share of traffic under `weighted`.
    pub weight: f64,
    /// Lower is preferred under `priority`.
    pub priority: i32,
    /// How well its model suits the task of the request.
    pub fit: Fit,
    /// How it has been doing.
    pub health: HealthSnapshot,
}

/// How well a model suits a task, best first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fit {
    /// On the primary list the configuration gives the task, at this position.
    Primary(u16),
    /// On the list that is built in for the task, at this position: a hint, not somebody's word.
    Listed(u16),
    /// One of its task tags names the task.
    Tagged,
    /// On the task's fallback list, at this position.
    Fallback(u16),
    /// Nothing says so.
    #[default]
    Untold,
}

/// How a deployment has been doing, from the traffic it had.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HealthSnapshot {
    /// Whether it may be called.
    pub state: HealthState,
    /// Calls under way.
    pub in_flight: u32,
    /// Calls finished since the start.
    pub requests: u64,
    /// Calls finished within the last minute.
    pub last_minute: u32,
    /// Moving average of the whole call, milliseconds.
    pub latency_ms: Option<f64>,
    /// Moving average until the first token, milliseconds.
    pub first_token_ms: Option<f64>,
    /// The slowest of the recent calls, fading, milliseconds.
    pub peak_latency_ms: Option<f64>,
    /// Share of recent calls that failed, 0 to 1.
    pub error_rate: f64,
    /// Until the next probe, while open; until its provider's limit is over, while limited.
    pub retry_in: Option<Duration>,
    /// Calls that may be under way at once, where there is a limit.
    pub concurrency_limit: Option<u32>,
    /// Calls waiting for a place.
    pub waiting: u32,
    /// Whether another call would be turned away.
    pub is_full: bool,
}

/// Whether a deployment may be called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum HealthState {
    /// No call yet.
    #[default]
    Unknown,
    /// Recent calls succeeded.
    Healthy,
    /// Some recent calls failed.
    Degraded,
    /// A single probe is finding out whether it is back.
    Probing,
    /// Resting after repeated failures.
    Open,
    /// Its rest is over: the next call is a probe, and after it a growing share is let through.
    Recovering,
    /// Its provider allows no more calls for a while, or its quota is used up.
    Limited,
    /// Its provider does not take our key.
    KeyRejected,
}

impl HealthState {
    /// The name in machine output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Probing => "probing",
            Self::Open => "open",
            Self::Recovering => "recovering",
            Self::Limited => "limited",
            Self::KeyRejected => "key_rejected",
        }
    }
}

/// Where a request goes, in which order, and why.
#[derive(Clone, Debug)]
pub struct RoutePlan {
    /// The name the caller sent.
    pub requested: String,
    /// What the request was taken for.
    pub profile: TaskProfile,
    /// The strategy that ordered the candidates, or `pinned` for a named model.
    pub strategy: String,
    /// What to try, best first. Never empty.
    pub steps: Vec<PlanStep>,
    /// What was left out, and why.
    pub excluded: Vec<Exclusion>,
    /// Several models instead of one.
    pub cooperation: Option<CooperationPlan>,
    /// What the caller should know, such as a task type that was not understood.
    pub warnings: Vec<String>,
    /// Whether the decision came from the decision cache.
    pub cached: bool,
    /// Time spent deciding.
    pub took: Duration,
}

impl RoutePlan {
    /// The mode that runs it: `single` unless models cooperate.
    pub fn mode(&self) -> &str {
        self.cooperation
            .as_ref()
            .map_or("single", |plan| plan.mode.as_str())
    }
}

/// One deployment of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanStep {
    /// What a call goes to.
    pub deployment: DeploymentId,
    /// The model it serves.
    pub model: ModelName,
    /// Whose it is.
    pub provider: ProviderName,
    /// The strategy's score; higher is better. Comparable within one plan only.
    pub score: f64,
    /// The parts the score is made of, in words and numbers.
    pub reasons: Vec<Reason>,
    /// Estimated cost of the call, where the price is known.
    pub estimated_cost: Option<Money>,
}

/// One part of a score.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    /// What was looked at: `task`, `quality`, `cost`, `latency`, …
    pub factor: &'static str,
    /// What it contributed.
    pub value: f64,
    /// In words.
    pub detail: String,
}

/// A deployment that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exclusion {
    /// Which model.
    pub model: ModelName,
    /// A stable word: `disabled`, `capability`, `context`, `health`, `latency`, `cost`, `credential`,
    /// `preference` for a model the request itself did not allow, or `rank` for one that would do
    /// and stands behind enough others.
    pub reason: &'static str,
    /// In words.
    pub detail: String,
}
