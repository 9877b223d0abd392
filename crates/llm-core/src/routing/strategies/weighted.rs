//! `weighted`: at random, in proportion to the weights.
//!
//! Every candidate draws a lot from the request's seed and its own name; the lots are scaled by
//! the weights and the lowest wins. So the first place is taken in proportion to the weights, the
//! following places likewise among the rest, and a change of one weight moves only the share that
//! was changed. Weight 0 stands behind everything. Value: 1 ÷ (1 + scaled lot).

use super::super::appraisal::{distance_from_service, reason, weight, weighted_lot};
use super::super::{Ranked, RouteQuery, RoutingStrategy};
use super::{Valued, arrange};
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

    fn order(&self, query: &RouteQuery<'_>, candidates: &[Candidate]) -> Vec<Ranked> {
        let valued = candidates
            .iter()
            .enumerate()
            .map(|(index, candidate)| {
                let value = 1.0 / (1.0 + weighted_lot(candidate, query.seed));
                let detail = format!("drawn with weight {}", weight(candidate));
                Valued {
                    index,
                    distance: distance_from_service(candidate, true),
                    value,
                    ties: [0.0; 2],
                    reasons: vec![reason("weight", value, detail)],
                }
            })
            .collect();
        arrange(candidates, valued)
    }
}
