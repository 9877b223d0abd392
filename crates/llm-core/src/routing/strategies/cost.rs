//! `cost`: the cheapest first.
//!
//! Value: cheapest ÷ estimated cost, so 1 for the cheapest and 0.5 for one twice as dear; half of
//! that for paid models beside a free one. A model without a price stands behind all that have
//! one: it may cost anything. Equal costs are decided by fit for the task, then by quality.
//! Prices in several currencies are compared roughly.

use super::super::appraisal::{comparable_cost, cost_in_words, fitness, quality, relative};
use super::super::{Ranked, RouteQuery, RoutingStrategy};
use super::{Parts, Weigh, arrange, put_into_words};
use crate::types::plan::Candidate;
use crate::types::task::TaskProfile;

/// See the [module](self).
pub(super) struct Cost;

impl RoutingStrategy for Cost {
    fn name(&self) -> &'static str {
        "cost"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["cheapest", "least_cost", "lowest_cost"]
    }

    fn summary(&self) -> &'static str {
        "the cheapest model by estimated cost"
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
    profile: &'a TaskProfile,
    cheapness: Vec<f64>,
}

impl<'a> Weighing<'a> {
    fn of(query: &RouteQuery<'a>, candidates: &'a [Candidate]) -> Self {
        let costs: Vec<_> = candidates
            .iter()
            .map(|candidate| comparable_cost(candidate, query.profile))
            .collect();
        let mut cheapness = relative(&costs);
        for (value, cost) in cheapness.iter_mut().zip(&costs) {
            if cost.is_none() {
                *value = 0.0;
            }
        }
        Self {
            candidates,
            profile: query.profile,
            cheapness,
        }
    }
}

impl Weigh for Weighing<'_> {
    fn parts(&self, at: usize) -> Parts {
        Parts::of(&[("cost", self.cheapness[at])])
    }

    fn words(&self, at: usize, _factor: &'static str) -> String {
        cost_in_words(&self.candidates[at], self.profile)
    }

    fn ties(&self, at: usize) -> [f64; 2] {
        let candidate = &self.candidates[at];
        [fitness(candidate), quality(candidate).0]
    }
}
