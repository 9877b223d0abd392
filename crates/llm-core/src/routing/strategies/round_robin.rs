//! `round_robin`: each in its turn.
//!
//! The candidates in good health form a ring in the order of the configuration; request number n
//! begins at place n of it. Those in worse health follow, each kind a ring of its own. Value:
//! 1 − place ÷ number of candidates.

use super::super::appraisal::distance_from_service;
use super::super::{Ranked, RouteQuery, RoutingStrategy};
use super::{Parts, Weigh, arrange, put_into_words};
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
        arrange(candidates, &Weighing::of(query, candidates))
    }

    fn explain(&self, query: &RouteQuery<'_>, candidates: &[Candidate], places: &mut [Ranked]) {
        put_into_words(candidates, &Weighing::of(query, candidates), places);
    }
}

struct Weighing {
    /// For each candidate, how many places of its ring are before it.
    places: Vec<u64>,
}

impl Weighing {
    fn of(query: &RouteQuery<'_>, candidates: &[Candidate]) -> Self {
        let distances: Vec<u8> = candidates
            .iter()
            .map(|candidate| distance_from_service(candidate, true))
            .collect();
        let like = |part: &[u8], distance: u8| {
            let count = part.iter().filter(|other| **other == distance).count();
            count as u64
        };
        let place = |(index, distance): (usize, &u8)| {
            let ring = like(&distances, *distance);
            let at = like(&distances[..index], *distance);
            (at + ring - query.sequence % ring) % ring
        };
        Self {
            places: distances.iter().enumerate().map(place).collect(),
        }
    }
}

impl Weigh for Weighing {
    fn parts(&self, at: usize) -> Parts {
        let share = self.places[at] as f64 / self.places.len() as f64;
        Parts::of(&[("turn", 1.0 - share)])
    }

    fn words(&self, at: usize, _factor: &'static str) -> String {
        match self.places[at] {
            0 => "its turn".to_owned(),
            place => format!("{place} after the one whose turn it is"),
        }
    }

    fn spreads(&self) -> bool {
        true
    }
}
