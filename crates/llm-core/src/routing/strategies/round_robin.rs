//! `round_robin`: each in its turn.
//!
//! The candidates in good health form a ring in the order of the configuration; request number n
//! begins at place n of it. Those in worse health follow, each kind a ring of its own. Value:
//! 1 − place ÷ number of candidates.

use super::super::appraisal::{distance_from_service, reason};
use super::super::{Ranked, RouteQuery, RoutingStrategy};
use super::{Valued, arrange};
use crate::types::plan::Candidate;

/// See the [module](self).
pub(super) struct RoundRobin;

impl RoutingStrategy for RoundRobin {
    fn name(&self) -> &'static str {
        "round_robin"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["rotate", "rr"]
    }

    fn summary(&self) -> &'static str {
        "each model in its turn"
    }

    fn order(&self, query: &RouteQuery<'_>, candidates: &[Candidate]) -> Vec<Ranked> {
        let distances: Vec<u8> = candidates
            .iter()
            .map(|candidate| distance_from_service(candidate, true))
            .collect();
        let all = candidates.len().max(1) as f64;
        let valued = (0..candidates.len())
            .map(|index| {
                let distance = distances[index];
                let ring = distances.iter().filter(|other| **other == distance).count() as u64;
                let at = distances[..index]
                    .iter()
                    .filter(|other| **other == distance)
                    .count() as u64;
                // Places after the one whose turn it is, around the ring.
                let place = (at + ring - query.sequence % ring.max(1)) % ring.max(1);
                let value = 1.0 - place as f64 / all;
                let detail = if place == 0 {
                    "its turn".to_owned()
                } else {
                    format!("{place} after the one whose turn it is")
                };
                Valued {
                    index,
                    distance,
                    value,
                    ties: [0.0; 2],
                    reasons: vec![reason("turn", value, detail)],
                }
            })
            .collect();
        arrange(candidates, valued)
    }
}
