//! `priority`: in the configured order.
//!
//! Lower numbers first. Value: 1 ÷ (1 + number − lowest number). Equal numbers are decided by lot
//! in proportion to the weights, so that deployments of one level share their calls.

use super::super::appraisal::{distance_from_service, reason, weighted_lot};
use super::super::{Ranked, RouteQuery, RoutingStrategy};
use super::{Valued, arrange};
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

    fn order(&self, query: &RouteQuery<'_>, candidates: &[Candidate]) -> Vec<Ranked> {
        let lowest = candidates.iter().map(|candidate| candidate.priority).min();
        let valued = candidates
            .iter()
            .enumerate()
            .map(|(index, candidate)| {
                let number = candidate.priority;
                let above = f64::from(number) - f64::from(lowest.unwrap_or(number));
                let value = 1.0 / (1.0 + above);
                Valued {
                    index,
                    distance: distance_from_service(candidate, false),
                    value,
                    ties: [-weighted_lot(candidate, query.seed), 0.0],
                    reasons: vec![reason("priority", value, format!("priority {number}"))],
                }
            })
            .collect();
        arrange(candidates, valued)
    }
}
