//! What a finished request looks like to its caller, and the JSON shapes our own fields have.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use tokio::time::Instant;

use super::cooperate::Outcome;
use super::error::{attempt_json, millis};
use super::limits::Admitted;
use crate::types::answer::Answer;
use crate::types::caller::Attempt;
use crate::types::cooperation::{Contribution, CoopOutcome, MemberFailure, Tally};
use crate::types::ids::{ModelName, ProviderName, RequestId};
use crate::types::money::{Bill, Cost, Money};
use crate::types::plan::RoutePlan;
use crate::types::usage::Usage;

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

/// Tokens, as our own fields show them.
pub fn usage_json(usage: &Usage) -> Value {
    json!({
        "input_tokens": usage.input,
        "output_tokens": usage.output,
        "cached_input_tokens": usage.cached_input,
        "cache_write_tokens": usage.cache_write,
        "reasoning_tokens": usage.reasoning,
        "total_tokens": usage.total(),
        "source": usage.source.as_str(),
    })
}

/// A cost, as our own fields show it: an exact decimal text, never a float, never 0 for unknown.
pub fn cost_json(cost: &Cost) -> Value {
    match cost.money() {
        Some(money) => json!({
            "amount": money.decimal(),
            "currency": money.currency.code(),
            "kind": cost.kind(),
        }),
        None => json!({ "amount": null, "currency": null, "kind": "unknown" }),
    }
}

/// A bill: one cost where it is in one currency, else the sums one by one.
pub fn bill_json(bill: &Bill) -> Value {
    let sums: Vec<Money> = bill.sums().collect();
    if sums.len() <= 1 && !bill.is_incomplete() {
        return cost_json(&bill.as_cost());
    }
    json!({
        "amount": null,
        "currency": null,
        "kind": bill.kind(),
        "at_least": sums.iter().map(|money| json!({
            "amount": money.decimal(),
            "currency": money.currency.code(),
        })).collect::<Vec<_>>(),
    })
}

/// A run of several models.
pub fn outcome_json(outcome: &CoopOutcome) -> Value {
    let mut data = json!({
        "mode": outcome.mode,
        "integrator": outcome.integrator,
        "how": outcome.how,
        "rounds": outcome.rounds,
        "degraded": outcome.degraded,
        "members": outcome.contributions.iter().map(contribution_json).collect::<Vec<_>>(),
    });
    if let Some(tally) = &outcome.tally {
        data["tally"] = tally_json(tally);
    }
    data
}

fn contribution_json(part: &Contribution) -> Value {
    let mut data = json!({
        "member": part.member,
        "stage": part.stage.name(),
        "used": part.used,
    });
    match &part.result {
        Ok(report) => {
            data["status"] = json!("answered");
            data["model"] = json!(report.model);
            data["provider"] = json!(report.provider);
            data["text"] = json!(report.answer.text());
            data["usage"] = usage_json(&report.answer.usage);
            data["cost"] = cost_json(&report.cost);
            data["duration_ms"] = json!(millis(report.duration));
            data["attempts"] = report.attempts.iter().map(attempt_json).collect();
        }
        Err(MemberFailure::Failed(failure)) => {
            data["status"] = json!("failed");
            data["code"] = json!(failure.kind.code().name());
            data["message"] = json!(failure.to_string());
        }
        Err(MemberFailure::Skipped(reason)) => {
            data["status"] = json!("skipped");
            data["message"] = json!(reason);
        }
    }
    data
}

fn tally_json(tally: &Tally) -> Value {
    json!({
        "options": tally.options.iter().map(|option| json!({
            "value": option.value,
            "votes": option.voters.len(),
            "voters": option.voters,
        })).collect::<Vec<_>>(),
        "winner": tally.winner.map(|at| tally.options[at].value.clone()),
        "tie": tally.tie,
        "uncounted": tally.uncounted,
        "agreement": tally.agreement,
    })
}
