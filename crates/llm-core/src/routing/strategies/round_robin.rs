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

struct Weighing {
    /// For each candidate, how many places of its ring are before it.
    places: Vec<u64>,
}

impl Weighing {
    fn of(query: &RouteQuery<'_>, candidates: &[Candidate]) -> Self {
        let distance = |candidate: &Candidate| distance_from_service(candidate, true);
        let alike = |part: &[Candidate], one: &Candidate| {
            let ring = part.iter().filter(|other| distance(other) == distance(one));
            ring.count() as u64
        };
        let place = |index: usize| {
            let one = &candidates[index];
            let ring = alike(candidates, one);
            (alike(&candidates[..index], one) + ring - query.sequence % ring) % ring
        };
        Self {
            places: (0..candidates.len()).map(place).collect(),
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
