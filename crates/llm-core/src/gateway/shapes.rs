//! The JSON shapes of our own fields: tokens, costs, runs of several models. One shape each, used
//! in bodies, events and `--json` alike.

use serde::Serialize;
use serde_json::{Value, json};

use super::error::{attempt_json, millis};
use crate::types::cooperation::{Contribution, CoopOutcome, MemberFailure, Tally};
use crate::types::money::{Bill, Cost, Currency, Money};
use crate::types::usage::Usage;

/// Tokens, as our own fields show them.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct UsageShape {
    input_tokens: u64,
    output_tokens: u64,
    cached_input_tokens: u64,
    cache_write_tokens: u64,
    reasoning_tokens: u64,
    total_tokens: u64,
    source: &'static str,
}

impl From<&Usage> for UsageShape {
    fn from(usage: &Usage) -> Self {
        Self {
            input_tokens: usage.input,
            output_tokens: usage.output,
            cached_input_tokens: usage.cached_input,
            cache_write_tokens: usage.cache_write,
            reasoning_tokens: usage.reasoning,
            total_tokens: usage.total(),
            source: usage.source.as_str(),
        }
    }
}

/// Tokens, as our own fields show them.
pub fn usage_json(usage: &Usage) -> Value {
    json!(UsageShape::from(usage))
}

/// A cost, as our own fields show it: an exact decimal text, never a float, never 0 for unknown.
#[derive(Clone, Debug, Serialize)]
pub struct CostShape {
    amount: Option<String>,
    currency: Option<Currency>,
    kind: &'static str,
    /// The sums of a bill that is not one known cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    at_least: Option<Vec<SumShape>>,
}

/// One sum of a bill.
#[derive(Clone, Debug, Serialize)]
struct SumShape {
    amount: String,
    currency: Currency,
}

impl From<&Cost> for CostShape {
    fn from(cost: &Cost) -> Self {
        let money = cost.money();
        Self {
            amount: money.map(Money::decimal),
            currency: money.map(|money| money.currency),
            kind: money.map_or("unknown", |_| cost.kind()),
            at_least: None,
        }
    }
}

impl From<&Bill> for CostShape {
    fn from(bill: &Bill) -> Self {
        let sums: Vec<Money> = bill.sums().collect();
        if sums.len() <= 1 && !bill.is_incomplete() {
            return Self::from(&bill.as_cost());
        }
        let sums = sums.iter().map(|money| SumShape {
            amount: money.decimal(),
            currency: money.currency,
        });
        Self {
            amount: None,
            currency: None,
            kind: bill.kind(),
            at_least: Some(sums.collect()),
        }
    }
}

/// A cost, as our own fields show it.
pub fn cost_json(cost: &Cost) -> Value {
    json!(CostShape::from(cost))
}

/// A bill: one cost where it is in one currency, else the sums one by one.
pub fn bill_json(bill: &Bill) -> Value {
    json!(CostShape::from(bill))
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
