//! `least_loaded`: the one with the fewest calls under way.
//!
//! Value: 1 ÷ (1 + calls under way ÷ weight), so that a deployment of weight 2 carries twice as
//! many. Equal loads are decided by lot in proportion to the weights, so that idle deployments
//! share the first calls instead of the first one getting them all.

use super::super::appraisal::{weight, weighted_lot};
use super::super::{Ranked, RouteQuery, RoutingStrategy};
use super::{Parts, Weigh, arrange, put_into_words};
use crate::types::plan::Candidate;

/// See the [module](self).
pub(super) struct LeastLoaded;

/// The weight a load is divided by at the least.
const LEAST_WEIGHT: f64 = 1e-6;

impl RoutingStrategy for LeastLoaded {
    fn name(&self) -> &'static str {
        "least_loaded"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["least_busy"]
    }

    fn summary(&self) -> &'static str {
        "the model with the fewest calls under way"
    }

    fn tells_places_apart(&self) -> bool {
        true
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
    seed: u64,
}

impl<'a> Weighing<'a> {
    fn of(query: &RouteQuery<'_>, candidates: &'a [Candidate]) -> Self {
        Self {
            candidates,
            seed: query.seed,
        }
    }
}

impl Weigh for Weighing<'_> {
    fn parts(&self, at: usize) -> Parts {
        let candidate = &self.candidates[at];
        let load = f64::from(candidate.health.in_flight) / weight(candidate).max(LEAST_WEIGHT);
        Parts::of(&[("load", 1.0 / (1.0 + load))])
    }

    fn words(&self, at: usize, _factor: &'static str) -> String {
        format!("{} calls under way", self.candidates[at].health.in_flight)
    }

    fn ties(&self, at: usize) -> [f64; 2] {
        [-weighted_lot(&self.candidates[at], self.seed), 0.0]
    }

    fn spreads(&self) -> bool {
        true
    }
}
