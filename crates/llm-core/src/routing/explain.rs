//! Decisions as JSON: what `--explain json` prints and the API returns as `route`.
//!
//! ```json
//! {
//!   "requested": "auto",
//!   "mode": "single",
//!   "strategy": "auto",
//!   "profile": {
//!     "task": "math", "task_given": false, "clarity": 0.6, "language": "zh",
//!     "difficulty": "low", "input_tokens": 21, "output_tokens": 350,
//!     "needs": ["vision"], "mentions": [], "cooperation": null,
//!     "evidence": ["task math: a formula, `解方程`"]
//!   },
//!   "steps": [{
//!     "rank": 1, "deployment": "qwen3_8b", "model": "qwen3_8b", "provider": "aigcbest",
//!     "score": 0.61, "estimated_cost": {"amount": "0.0031", "currency": "USD"},
//!     "reasons": [{"factor": "task", "value": 0.55, "detail": "known to suit math"}]
//!   }],
//!   "excluded": [{"model": "qwen3_32b", "reason": "capability", "detail": "lacks vision"}],
//!   "cooperation": {"mode": "parallel", "members": ["a", "b"], "reason": "…"},
//!   "warnings": [],
//!   "cached": false,
//!   "took_us": 31
//! }
//! ```
//!
//! Every key is always there; what does not apply is `null` or empty. `clarity` is not a
//! probability, and a `score` is comparable within its list only. `took_us` is `null` for a
//! decision that nobody timed. Within a version of the events fields are only added.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::decide::Decision;
use crate::types::money::Money;
use crate::types::plan::{Exclusion, PlanStep, Reason, RoutePlan};
use crate::types::task::TaskProfile;

/// A plan as JSON.
pub fn plan(plan: &RoutePlan) -> Value {
    let cooperation = plan.cooperation.as_ref().map(|cooperation| Cooperation {
        mode: &cooperation.mode,
        members: cooperation
            .members
            .iter()
            .map(|member| member.label.as_str())
            .collect(),
        reason: &cooperation.reason,
    });
    Explained {
        requested: &plan.requested,
        mode: plan.mode(),
        strategy: &plan.strategy,
        profile: profile(&plan.profile),
        steps: steps(&plan.steps),
        excluded: excluded(&plan.excluded),
        cooperation,
        warnings: &plan.warnings,
        cached: plan.cached,
        took_us: Some(micros(plan.took)),
    }
    .into_value()
}

/// A decision as JSON, in the same shape.
pub fn decision(decision: &Decision) -> Value {
    let cooperation = decision
        .cooperation
        .as_ref()
        .map(|cooperating| Cooperation {
            mode: &cooperating.mode,
            members: cooperating
                .members
                .iter()
                .map(|member| member.model.as_str())
                .collect(),
            reason: &cooperating.reason,
        });
    Explained {
        requested: &decision.requested,
        mode: cooperation
            .as_ref()
            .map_or("single", |cooperation| cooperation.mode),
        strategy: decision.strategy,
        profile: profile(&decision.profile),
        steps: steps(&decision.steps),
        excluded: excluded(&decision.excluded),
        cooperation,
        warnings: &decision.warnings,
        cached: decision.cached,
        took_us: None,
    }
    .into_value()
}

/// Exclusions as JSON, for errors.
pub fn exclusions(list: &[Exclusion]) -> Value {
    serde_json::to_value(excluded(list)).unwrap_or_default()
}

#[derive(Serialize)]
struct Explained<'a> {
    requested: &'a str,
    mode: &'a str,
    strategy: &'a str,
    profile: Profile<'a>,
    steps: Vec<Step<'a>>,
    excluded: Vec<Excluded<'a>>,
    cooperation: Option<Cooperation<'a>>,
    warnings: &'a [String],
    cached: bool,
    took_us: Option<u64>,
}

impl Explained<'_> {
    fn into_value(self) -> Value {
        // Only maps with keys that are not texts and floats that are not finite can fail or be
        // lost; there are none of the first, and of the second JSON makes null.
        serde_json::to_value(self).unwrap_or_default()
    }
}

#[derive(Serialize)]
struct Profile<'a> {
    task: &'a str,
    task_given: bool,
    clarity: f64,
    language: &'static str,
    difficulty: &'static str,
    input_tokens: u64,
    output_tokens: u64,
    needs: Vec<&'static str>,
    mentions: Vec<&'static str>,
    cooperation: Option<&'static str>,
    evidence: &'a [String],
}

#[derive(Serialize)]
struct Step<'a> {
    rank: usize,
    deployment: &'a str,
    model: &'a str,
    provider: &'a str,
    score: f64,
    estimated_cost: Option<Amount>,
    reasons: Vec<Part<'a>>,
}

#[derive(Serialize)]
struct Part<'a> {
    factor: &'static str,
    value: f64,
    detail: &'a str,
}

#[derive(Serialize)]
struct Amount {
    amount: String,
    currency: String,
}

#[derive(Serialize)]
struct Excluded<'a> {
    model: &'a str,
    reason: &'static str,
    detail: &'a str,
}

#[derive(Serialize)]
struct Cooperation<'a> {
    mode: &'a str,
    members: Vec<&'a str>,
    reason: &'a str,
}

fn profile(profile: &TaskProfile) -> Profile<'_> {
    Profile {
        task: profile.task.as_str(),
        task_given: profile.task_is_given,
        clarity: rounded(profile.clarity),
        language: profile.language.as_str(),
        difficulty: profile.difficulty.as_str(),
        input_tokens: profile.input_tokens,
        output_tokens: profile.output_tokens,
        needs: profile.needs.names().collect(),
        mentions: profile.mentions.names().collect(),
        cooperation: profile.cooperation,
        evidence: &profile.evidence,
    }
}

fn steps(steps: &[PlanStep]) -> Vec<Step<'_>> {
    steps
        .iter()
        .zip(1..)
        .map(|(step, rank)| Step {
            rank,
            deployment: step.deployment.as_str(),
            model: step.model.as_str(),
            provider: step.provider.as_str(),
            score: rounded(step.score),
            estimated_cost: step.estimated_cost.map(amount),
            reasons: step.reasons.iter().map(part).collect(),
        })
        .collect()
}

fn part(reason: &Reason) -> Part<'_> {
    Part {
        factor: reason.factor,
        value: rounded(reason.value),
        detail: &reason.detail,
    }
}

fn amount(money: Money) -> Amount {
    Amount {
        amount: money.decimal(),
        currency: money.currency.to_string(),
    }
}

fn excluded(list: &[Exclusion]) -> Vec<Excluded<'_>> {
    list.iter()
        .map(|out| Excluded {
            model: out.model.as_str(),
            reason: out.reason,
            detail: &out.detail,
        })
        .collect()
}

/// Four decimals: more would be noise.
fn rounded(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}

fn micros(took: Duration) -> u64 {
    u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
}
