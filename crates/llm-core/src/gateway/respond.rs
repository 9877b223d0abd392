//! What a finished request is to its caller: the answer, and how it came about.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use tokio::time::Instant;

use super::cooperate::Outcome;
use super::error::millis;
use super::limits::Admitted;
use super::shapes::{bill_json, outcome_json, usage_json};
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
        let mut data = json!({
            "request_id": self.id,
            "model": self.served.model,
            "provider": self.served.provider,
            "mode": self.plan.mode(),
            "strategy": self.plan.strategy,
            "task": self.plan.profile.task.as_str(),
            "attempts": self.attempts.len(),
            "failover": self.failed_over(),
            "cost": bill_json(&self.bill),
            "usage": usage_json(&self.answer.usage),
            "duration_ms": millis(self.duration),
        });
        if let Some(first) = self.first_token {
            data["first_token_ms"] = json!(millis(first));
        }
        if !self.warnings.is_empty() {
            data["warnings"] = json!(self.warnings);
        }
        if let Some(outcome) = &self.cooperation {
            data["cooperation"] = outcome_json(outcome);
        }
        data
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
