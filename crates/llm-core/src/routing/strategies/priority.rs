//! `priority`: in the configured order.
//!
//! Lower numbers first. Value: 1 ÷ (1 + number − lowest number). Equal numbers are decided by lot
//! in proportion to the weights, so that deployments of one level share their calls.

use super::super::appraisal::weighted_lot;
use super::super::{Ranked, RouteQuery, RoutingStrategy};
use super::{Parts, Weigh, arrange, put_into_words};
use crate::types::plan::Candidate;

/// See the [module](self).
pub(super) struct Priority;

impl RoutingStrategy for Priority {
    fn name(&self) -> &'static str {
        "priority"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["ordered", "fallback"]
    }

    fn summary(&self) -> &'static str {
        "in the order of the configured priorities"
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
    lowest: i32,
    seed: u64,
}

impl<'a> Weighing<'a> {
    fn of(query: &RouteQuery<'_>, candidates: &'a [Candidate]) -> Self {
        let numbers = candidates.iter().map(|candidate| candidate.priority);
        Self {
            candidates,
            lowest: numbers.min().unwrap_or_default(),
            seed: query.seed,
        }
    }
}

impl Weigh for Weighing<'_> {
    fn parts(&self, at: usize) -> Parts {
        let above = f64::from(self.candidates[at].priority) - f64::from(self.lowest);
        Parts::of(&[("priority", 1.0 / (1.0 + above))])
    }

    fn words(&self, at: usize, _factor: &'static str) -> String {
        format!("priority {}", self.candidates[at].priority)
    }

    fn ties(&self, at: usize) -> [f64; 2] {
        [-weighted_lot(&self.candidates[at], self.seed), 0.0]
    }
}
