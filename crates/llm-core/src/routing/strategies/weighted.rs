//! `weighted`: at random, in proportion to the weights.
//!
//! Every candidate draws a lot from the request's seed and its own name; the lots are scaled by
//! the weights and the lowest wins. So the first place is taken in proportion to the weights, the
//! following places likewise among the rest, and a change of one weight moves only the share that
//! was changed. Weight 0 stands behind everything. Value: 1 ÷ (1 + scaled lot).

use super::super::appraisal::{weight, weighted_lot};
use super::super::{Ranked, RouteQuery, RoutingStrategy};
use super::{Parts, Weigh, arrange, put_into_words};
use crate::types::plan::Candidate;

/// See the [module](self).
pub(super) struct Weighted;

impl RoutingStrategy for Weighted {
    fn name(&self) -> &'static str {
        "weighted"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["weighted_random", "simple_shuffle", "random"]
    }

    fn summary(&self) -> &'static str {
        "at random, in proportion to the configured weights"
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
        let lot = weighted_lot(&self.candidates[at], self.seed);
        Parts::of(&[("weight", 1.0 / (1.0 + lot))])
    }

    fn words(&self, at: usize, _factor: &'static str) -> String {
        format!("drawn with weight {}", weight(&self.candidates[at]))
    }

    fn spreads(&self) -> bool {
        true
    }
}
