//! `balanced`: quality, cost, speed and fit all count.
//!
//! Value: 0.3 × fit + 0.7 × (q × quality + (1 − q) × (cheapest ÷ cost + fastest ÷ latency) ÷ 2),
//! less 0.3 × share of failed calls, where q is the caller's quality priority. Unlike `auto` a
//! model that is much cheaper or better may pass one that suits the task better. Unknown cost or
//! latency counts 0.5.

use super::super::appraisal::{
    comparable_cost, cost_in_words, error_rate, expected_latency, failures_in_words, fit_in_words,
    fitness, latency_in_words, quality, quality_in_words, relative,
};
use super::super::{Ranked, RouteQuery, RoutingStrategy};
use super::{Parts, Weigh, arrange, put_into_words};
use crate::types::plan::Candidate;
use crate::types::task::TaskProfile;

/// See the [module](self).
pub(super) struct Balanced;

const FIT: f64 = 0.3;
const REST: f64 = 0.7;
const FAILING: f64 = 0.3;

impl RoutingStrategy for Balanced {
    fn name(&self) -> &'static str {
        "balanced"
    }

    fn summary(&self) -> &'static str {
        "quality, cost, speed and fit together, by the quality priority"
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
    /// The quality priority.
    wanted: f64,
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
            wanted: query.quality_priority.clamp(0.0, 1.0),
            cheapness: relative(&costs),
            speed: relative(&latencies),
            latencies,
        }
    }
}

impl Weigh for Weighing<'_> {
    fn parts(&self, at: usize) -> Parts {
        let candidate = &self.candidates[at];
        let thrift = REST * (1.0 - self.wanted) / 2.0;
        let mut parts = Parts::of(&[
            ("task", FIT * fitness(candidate)),
            ("quality", REST * self.wanted * quality(candidate).0),
            ("cost", thrift * self.cheapness[at]),
            ("latency", thrift * self.speed[at]),
        ]);
        let failing = error_rate(candidate);
        if failing > 0.0 {
            parts.add("health", -FAILING * failing);
        }
        parts
    }

    fn words(&self, at: usize, factor: &'static str) -> String {
        let candidate = &self.candidates[at];
        match factor {
            "task" => fit_in_words(candidate, self.profile.task.as_str()),
            "quality" => quality_in_words(candidate),
            "cost" => cost_in_words(candidate, self.profile),
            "latency" => latency_in_words(self.latencies[at]),
            _ => failures_in_words(candidate),
        }
    }
}
