//! `least_loaded`: the one with the fewest calls under way.
//!
//! Value: 1 ÷ (1 + calls under way ÷ weight), so that a deployment of weight 2 carries twice as
//! many. Equal loads are decided by lot in proportion to the weights, so that idle deployments
//! share the first calls instead of the first one getting them all.

use super::super::appraisal::{distance_from_service, reason, weight, weighted_lot};
use super::super::{Ranked, RouteQuery, RoutingStrategy};
use super::{Valued, arrange};
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

    fn order(&self, query: &RouteQuery<'_>, candidates: &[Candidate]) -> Vec<Ranked> {
        let valued = candidates
            .iter()
            .enumerate()
            .map(|(index, candidate)| {
                let under_way = candidate.health.in_flight;
                let load = f64::from(under_way) / weight(candidate).max(LEAST_WEIGHT);
                let value = 1.0 / (1.0 + load);
                Valued {
                    index,
                    distance: distance_from_service(candidate, true),
                    value,
                    ties: [-weighted_lot(candidate, query.seed), 0.0],
                    reasons: vec![reason(
                        "load",
                        value,
                        format!("{under_way} calls under way"),
                    )],
                }
            })
            .collect();
        arrange(candidates, valued)
    }
}
