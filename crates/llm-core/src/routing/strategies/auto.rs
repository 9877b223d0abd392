//! `auto`: the model that suits the task, then quality against cost and speed.
//!
//! | part | contribution |
//! |---|---|
//! | `vision` | 0.60 for a model that sees, when the text speaks of a picture |
//! | `task` | 0.55 × fit: 1.0 to 0.92 by place on the configured primary list, 0.72 to 0.7 on the built-in one, 0.7 tagged, 0.5 to 0.42 fallback, 0.22 for a model without tags, 0 for one tagged for other things |
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
//! wider than all of quality, cost and speed together: fit decides first, and within one class (the
//! built-in list and the tags are one) a cheaper or better model may pass one that stands before it.
//!
//! The score is the sum brought to 0 to 1: (sum + 0.45) ÷ 1.75.

use super::super::appraisal::{
    comparable_cost, cost_in_words, error_rate, expected_latency, failures_in_words, fit_in_words,
    fitness, latency_in_words, quality, quality_in_words, relative,
};
use super::super::{Ranked, RouteQuery, RoutingStrategy};
use super::{Parts, Weigh, arrange, put_into_words};
use crate::types::plan::Candidate;
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
        arrange(candidates, &Weighing::of(query, candidates))
    }

    fn explain(&self, query: &RouteQuery<'_>, candidates: &[Candidate], places: &mut [Ranked]) {
        put_into_words(candidates, &Weighing::of(query, candidates), places);
    }
}

struct Weighing<'a> {
    candidates: &'a [Candidate],
    profile: &'a TaskProfile,
    /// How much quality matters.
    weight: f64,
    cheapness: Vec<f64>,
    latencies: Vec<Option<f64>>,
    speed: Vec<f64>,
}

impl<'a> Weighing<'a> {
    fn of(query: &RouteQuery<'a>, candidates: &'a [Candidate]) -> Self {
        let costs: Vec<_> = candidates
            .iter()
            .map(|candidate| comparable_cost(candidate, query.profile))
            .collect();
        let latencies: Vec<_> = candidates.iter().map(expected_latency).collect();
        Self {
            candidates,
            profile: query.profile,
            weight: quality_weight(query.profile.difficulty, query.quality_priority),
            cheapness: relative(&costs),
            speed: relative(&latencies),
            latencies,
        }
    }

    /// Whether the request gains from a model that thinks first.
    fn gains_from_thought(&self) -> bool {
        self.profile.difficulty >= Difficulty::High
            || matches!(self.profile.task.as_str(), "math" | "code" | "reasoning")
    }
}

impl Weigh for Weighing<'_> {
    fn parts(&self, at: usize) -> Parts {
        let candidate = &self.candidates[at];
        let thrift = 1.0 - self.weight;
        let mut parts = Parts::default();
        if self.profile.mentions.has(Capabilities::VISION) && sees(candidate) {
            parts.add("vision", VISION);
        }
        parts.add("task", TASK * fitness(candidate));
        parts.add("quality", QUALITY * self.weight * quality(candidate).0);
        parts.add("cost", COST * thrift * self.cheapness[at]);
        parts.add("latency", LATENCY * thrift * self.speed[at]);
        if self.gains_from_thought() && candidate.capabilities.has(Capabilities::REASONING) {
            parts.add("reasoning", REASONING);
        }
        let failing = error_rate(candidate);
        if failing > 0.0 {
            parts.add("health", -HEALTH * failing);
        }
        if candidate.health.in_flight > 0 {
            let load = LOAD * f64::from(candidate.health.in_flight);
            parts.add("load", -load.min(MOST_LOAD));
        }
        parts
    }

    fn value(&self, at: usize) -> f64 {
        ((self.parts(at).sum() + LOWEST) / RANGE).clamp(0.0, 1.0)
    }

    fn words(&self, at: usize, factor: &'static str) -> String {
        let candidate = &self.candidates[at];
        match factor {
            "vision" => "the text speaks of a picture".to_owned(),
            "task" => fit_in_words(candidate, self.profile.task.as_str()),
            "quality" => quality_in_words(candidate),
            "cost" => cost_in_words(candidate, self.profile),
            "latency" => latency_in_words(self.latencies[at]),
            "reasoning" => "thinks before it answers".to_owned(),
            "health" => failures_in_words(candidate),
            _ => format!("{} calls under way", candidate.health.in_flight),
        }
    }
}

/// How much quality matters; see the [module](self).
fn quality_weight(difficulty: Difficulty, priority: f64) -> f64 {
    let demand = match difficulty {
        Difficulty::Low => 0.25,
        Difficulty::Medium => 0.5,
        Difficulty::High => 0.8,
        Difficulty::VeryHigh => 1.0,
    };
    (priority + (1.0 - (2.0 * priority - 1.0).abs()) * (demand - 0.5)).clamp(0.0, 1.0)
}

/// Whether a model sees, by its abilities or by what it is tagged for.
fn sees(candidate: &Candidate) -> bool {
    candidate.capabilities.has(Capabilities::VISION)
        || candidate
            .tasks
            .iter()
            .any(|tag| tag == "vision" || tag == "multimodal")
}
