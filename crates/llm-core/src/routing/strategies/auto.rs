//! `auto`: the model that suits the task, then quality against cost and speed.
//!
//! | part | contribution |
//! |---|---|
//! | `vision` | 0.60 for a model that sees, when the text speaks of a picture |
//! | `task` | 0.55 × fit: 1.0 to 0.9 by place on the task's primary list, 0.7 tagged, 0.5 to 0.4 fallback, 0.25 for a model without tags, 0 for one tagged for other things |
//! | `quality` | 0.10 × w × quality |
//! | `cost` | 0.07 × (1 − w) × (cheapest ÷ its cost), 0.5 where unknown |
//! | `latency` | 0.03 × (1 − w) × (fastest ÷ its latency), 0.5 where unknown |
//! | `reasoning` | 0.04 for a model that thinks first, on a task or difficulty that gains from it |
//! | `health` | −0.40 × share of recent calls that failed |
//! | `load` | −0.002 for each call under way, at most −0.05 |
//!
//! w is how much quality matters: the difficulty's demand d (low 0.25, medium 0.5, high 0.8, very
//! high 1) moved towards 0 or 1 by the caller's quality priority q:
//! w = q + (1 − |2q − 1|) × (d − 0.5). So the gap between two classes of fit (0.11 at the least) is
//! wider than all of quality, cost and speed together: fit decides first, and within one class a
//! cheaper or better model may pass one that stands before it on the list.
//!
//! The score is the sum brought to 0 to 1: (sum + 0.45) ÷ 1.75.

use super::super::appraisal::{
    comparable_cost, distance_from_service, error_rate, estimated_cost, expected_latency,
    fit_in_words, fitness, quality, reason, relative,
};
use super::super::{Ranked, RouteQuery, RoutingStrategy};
use super::{Valued, arrange};
use crate::types::plan::{Candidate, Reason};
use crate::types::task::{Capabilities, Difficulty, TaskProfile};

/// See the [module](self).
pub(super) struct Auto;

const VISION: f64 = 0.60;
const TASK: f64 = 0.55;
const QUALITY: f64 = 0.10;
const COST: f64 = 0.07;
const LATENCY: f64 = 0.03;
const REASONING: f64 = 0.04;
const HEALTH: f64 = 0.40;
const LOAD: f64 = 0.002;
const MOST_LOAD: f64 = 0.05;
/// The sum is never below −0.45 and never above 1.3.
const LOWEST: f64 = 0.45;
const RANGE: f64 = 1.75;

impl RoutingStrategy for Auto {
    fn name(&self) -> &'static str {
        "auto"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["smart", "intelligent", "best_fit"]
    }

    fn summary(&self) -> &'static str {
        "the model that suits the task, then quality against cost and speed"
    }

    fn order(&self, query: &RouteQuery<'_>, candidates: &[Candidate]) -> Vec<Ranked> {
        let costs: Vec<_> = candidates
            .iter()
            .map(|candidate| comparable_cost(candidate, query.profile))
            .collect();
        let latencies: Vec<_> = candidates.iter().map(expected_latency).collect();
        let cheapness = relative(&costs);
        let speed = relative(&latencies);
        let weight = quality_weight(query.profile.difficulty, query.quality_priority);
        let valued = candidates
            .iter()
            .enumerate()
            .map(|(index, candidate)| {
                let mut reasons = suitability(query.profile, candidate);
                let thrift = 1.0 - weight;
                let (good, known) = quality(candidate);
                reasons.push(reason(
                    "quality",
                    QUALITY * weight * good,
                    format!("{good:.2}, {known}"),
                ));
                reasons.push(reason(
                    "cost",
                    COST * thrift * cheapness[index],
                    cost_in_words(candidate, query.profile),
                ));
                reasons.push(reason(
                    "latency",
                    LATENCY * thrift * speed[index],
                    latency_in_words(latencies[index]),
                ));
                reasons.extend(condition(candidate));
                let sum: f64 = reasons.iter().map(|part| part.value).sum();
                Valued {
                    index,
                    distance: distance_from_service(candidate, false),
                    value: ((sum + LOWEST) / RANGE).clamp(0.0, 1.0),
                    ties: [0.0; 2],
                    reasons,
                }
            })
            .collect();
        arrange(candidates, valued)
    }
}

/// How much quality matters; see the [module](self).
pub(super) fn quality_weight(difficulty: Difficulty, priority: f64) -> f64 {
    let demand = match difficulty {
        Difficulty::Low => 0.25,
        Difficulty::Medium => 0.5,
        Difficulty::High => 0.8,
        Difficulty::VeryHigh => 1.0,
    };
    (priority + (1.0 - (2.0 * priority - 1.0).abs()) * (demand - 0.5)).clamp(0.0, 1.0)
}

/// What speaks for a candidate whatever it costs.
fn suitability(profile: &TaskProfile, candidate: &Candidate) -> Vec<Reason> {
    let mut reasons = Vec::with_capacity(7);
    if profile.mentions.has(Capabilities::VISION) && sees(candidate) {
        reasons.push(reason("vision", VISION, "the text speaks of a picture"));
    }
    let task = profile.task.as_str();
    reasons.push(reason(
        "task",
        TASK * fitness(candidate),
        fit_in_words(candidate, task),
    ));
    let gains =
        profile.difficulty >= Difficulty::High || matches!(task, "math" | "code" | "reasoning");
    if gains && candidate.capabilities.has(Capabilities::REASONING) {
        reasons.push(reason("reasoning", REASONING, "thinks before it answers"));
    }
    reasons
}

/// Whether a model sees, by its abilities or by what it is tagged for.
fn sees(candidate: &Candidate) -> bool {
    candidate.capabilities.has(Capabilities::VISION)
        || candidate
            .tasks
            .iter()
            .any(|tag| tag == "vision" || tag == "multimodal")
}

/// What its recent calls say against it.
fn condition(candidate: &Candidate) -> impl Iterator<Item = Reason> {
    let failing = error_rate(candidate);
    let health = (failing > 0.0).then(|| {
        let detail = format!("{:.0} % of recent calls failed", failing * 100.0);
        reason("health", -HEALTH * failing, detail)
    });
    let under_way = candidate.health.in_flight;
    let load = (under_way > 0).then(|| {
        let value = (LOAD * f64::from(under_way)).min(MOST_LOAD);
        reason("load", -value, format!("{under_way} calls under way"))
    });
    health.into_iter().chain(load)
}

/// The estimated cost in words.
pub(super) fn cost_in_words(candidate: &Candidate, profile: &TaskProfile) -> String {
    estimated_cost(candidate, profile).map_or_else(
        || "price unknown".to_owned(),
        |cost| format!("about {cost}"),
    )
}

/// The expected latency in words.
pub(super) fn latency_in_words(latency: Option<f64>) -> String {
    latency.map_or_else(
        || "not measured yet".to_owned(),
        |latency| format!("about {latency:.0} ms"),
    )
}
