//! `cost`: the cheapest first.
//!
//! Value: cheapest ÷ estimated cost, so 1 for the cheapest and 0.5 for one twice as dear; half of
//! that for paid models beside a free one. A model without a price stands behind all that have
//! one: it may cost anything. Equal costs are decided by fit for the task, then by quality.
//! Prices in several currencies are compared roughly.

use super::super::appraisal::{
    comparable_cost, distance_from_service, fitness, quality, reason, relative,
};
use super::super::{Ranked, RouteQuery, RoutingStrategy};
use super::auto::cost_in_words;
use super::{Valued, arrange};
use crate::types::plan::Candidate;

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

    fn order(&self, query: &RouteQuery<'_>, candidates: &[Candidate]) -> Vec<Ranked> {
        let costs: Vec<_> = candidates
            .iter()
            .map(|candidate| comparable_cost(candidate, query.profile))
            .collect();
        let cheapness = relative(&costs);
        let valued = candidates
            .iter()
            .enumerate()
            .map(|(index, candidate)| {
                let value = if costs[index].is_some() {
                    cheapness[index]
                } else {
                    0.0
                };
                Valued {
                    index,
                    distance: distance_from_service(candidate, false),
                    value,
                    ties: [fitness(candidate), quality(candidate).0],
                    reasons: vec![reason(
                        "cost",
                        value,
                        cost_in_words(candidate, query.profile),
                    )],
                }
            })
            .collect();
        arrange(candidates, valued)
    }
}
