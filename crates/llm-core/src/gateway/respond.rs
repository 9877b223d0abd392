//! What a finished request is to its caller: the answer, and how it came about.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use tokio::time::Instant;

use super::cooperate::Outcome;
use super::error::millis;
use super::limits::Admitted;
use super::shapes::{CostShape, UsageShape, outcome_json};
use crate::types::answer::Answer;
use crate::types::caller::Attempt;
use crate::types::cooperation::CoopOutcome;
use crate::types::ids::{ModelName, ProviderName, RequestId};
use crate::types::money::Bill;
use crate::types::plan::RoutePlan;

/// A finished request.
#[derive(Clone, Debug)]
pub struct Completion {
    /// Our id for the request.
    pub id: RequestId,
    /// The answer. Its usage is that of all calls.
    pub answer: Answer,
    /// Who answered; the last one in the case of several.
    pub served: Served,
    /// How it was routed.
    pub plan: Arc<RoutePlan>,
    /// Everything that was tried, in order.
    pub attempts: Vec<Attempt>,
    /// The run, where several models worked on it.
    pub cooperation: Option<CoopOutcome>,
    /// What all calls cost.
    pub bill: Bill,
    /// From admission to the end.
    pub duration: Duration,
    /// Until the first content, where the answer was streamed.
    pub first_token: Option<Duration>,
    /// What the caller should know.
    pub warnings: Vec<String>,
}

/// The `llm_cooperation` object.
#[derive(Serialize)]
struct Shape<'a> {
    request_id: &'a RequestId,
    model: &'a ModelName,
    provider: &'a ProviderName,
    mode: &'a str,
    strategy: &'a str,
    task: &'a str,
    attempts: usize,
    failover: bool,
    cost: CostShape,
    usage: UsageShape,
    duration_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_token_ms: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<&'a String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cooperation: Option<Value>,
}

/// Who answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// The public name: a model, or `cooperate/MODE` for a run.
    pub model: ModelName,
    /// Whose it is; empty for a run of several providers.
    pub provider: ProviderName,
}

impl Completion {
    /// The completion of an admitted request.
    pub(super) fn of(
        outcome: Outcome,
        plan: Arc<RoutePlan>,
        admitted: &Admitted,
        now: Instant,
    ) -> Self {
        let mut warnings = plan.warnings.clone();
        warnings.extend(outcome.warnings);
        Self {
            id: admitted.inbound().id.clone(),
            answer: outcome.answer,
            served: outcome.served,
            attempts: outcome.attempts,
            cooperation: outcome.cooperation,
            bill: outcome.bill,
            duration: now.saturating_duration_since(admitted.started()),
            first_token: outcome.first_token,
            warnings,
            plan,
        }
    }

    /// The `llm_cooperation` object of bodies and last stream chunks.
    pub fn metadata(&self) -> Value {
        json!(self.shape(&[]))
    }

    /// The same, to be written without a tree in between; `more` goes before the warnings.
    pub fn shape<'a>(&'a self, more: &'a [String]) -> impl Serialize + 'a {
        Shape {
            request_id: &self.id,
            model: &self.served.model,
            provider: &self.served.provider,
            mode: self.plan.mode(),
            strategy: &self.plan.strategy,
            task: self.plan.profile.task.as_str(),
            attempts: self.attempts.len(),
            failover: self.failed_over(),
            cost: CostShape::from(&self.bill),
            usage: UsageShape::from(&self.answer.usage),
            duration_ms: millis(self.duration),
            first_token_ms: self.first_token.map(millis),
            warnings: more.iter().chain(&self.warnings).collect(),
            cooperation: self.cooperation.as_ref().map(outcome_json),
        }
    }

    /// Whether the first choice failed and another model answered.
    pub fn failed_over(&self) -> bool {
        self.cooperation.is_none()
            && self
                .attempts
                .first()
                .is_some_and(|first| first.model != self.served.model)
    }
}
