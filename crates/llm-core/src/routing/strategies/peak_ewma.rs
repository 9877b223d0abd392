//! `peak_ewma`: the one that would answer soonest, by its slowest recent calls and its load.
//!
//! Load: peak latency × (1 + calls under way) ÷ weight, where the peak is taken at once and fades
//! over some ten seconds, so that a deployment that stalls is left at the first sign of it. One that
//! was never measured counts as the fastest that was. Value: least load ÷ load. Equal loads are
//! decided by lot in proportion to the weights.

use super::super::appraisal::{weight, weighted_lot};
use super::super::{Ranked, RouteQuery, RoutingStrategy};
use super::{Parts, Weigh, arrange, put_into_words};
use crate::types::plan::Candidate;

/// See the [module](self).
pub(super) struct PeakEwma;

/// The weight a load is divided by at the least.
const LEAST_WEIGHT: f64 = 1e-6;

impl RoutingStrategy for PeakEwma {
    fn name(&self) -> &'static str {
        "peak_ewma"
    }

    fn summary(&self) -> &'static str {
        "the one that would answer soonest, by its slowest recent calls and its load"
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
    loads: Vec<f64>,
    least: f64,
    seed: u64,
}

impl<'a> Weighing<'a> {
    fn of(query: &RouteQuery<'_>, candidates: &'a [Candidate]) -> Self {
        let fastest = candidates.iter().filter_map(peak).fold(f64::MAX, f64::min);
        let fastest = if fastest < f64::MAX { fastest } else { 1.0 };
        let loads: Vec<f64> = candidates
            .iter()
            .map(|candidate| {
                let under_way = f64::from(candidate.health.in_flight + candidate.health.waiting);
                let share = weight(candidate).max(LEAST_WEIGHT);
                peak(candidate).unwrap_or(fastest) * (1.0 + under_way) / share
            })
            .collect();
        Self {
            candidates,
            least: loads.iter().copied().fold(f64::MAX, f64::min),
            loads,
            seed: query.seed,
        }
    }
}

/// The peak latency as a number that can be divided by.
fn peak(candidate: &Candidate) -> Option<f64> {
    let peak = candidate.health.peak_latency_ms?;
    peak.is_finite().then_some(peak.max(0.01))
}

impl Weigh for Weighing<'_> {
    fn parts(&self, at: usize) -> Parts {
        Parts::of(&[("load", self.least / self.loads[at])])
    }

    fn words(&self, at: usize, _factor: &'static str) -> String {
        let health = &self.candidates[at].health;
        let peak = health.peak_latency_ms.map_or_else(
            || "not measured yet".to_owned(),
            |peak| format!("up to {peak:.0} ms"),
        );
        format!("{peak}, {} calls under way", health.in_flight)
    }

    fn ties(&self, at: usize) -> [f64; 2] {
        [-weighted_lot(&self.candidates[at], self.seed), 0.0]
    }

    fn spreads(&self) -> bool {
        true
    }
}
