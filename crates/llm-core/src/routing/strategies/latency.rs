//! `latency`: the fastest healthy model first.
//!
//! Value: fastest ÷ expected latency, where the expected latency is the moving average of whole
//! calls ÷ (1 − share of failed calls): a failure costs another attempt.
//!
//! A model that was never measured would never be tried, so there is a rule: every eighth request
//! (sequence 7, 15, …) it goes first, by turns where there are several; otherwise it stands behind
//! all measured ones. While nothing is measured, fit for the task decides.

use super::super::appraisal::{
    distance_from_service, expected_latency, fitness, latency_in_words, relative,
};
use super::super::{Ranked, RouteQuery, RoutingStrategy};
use super::{Parts, Weigh, arrange, put_into_words};
use crate::types::plan::Candidate;

/// See the [module](self).
pub(super) struct Latency;

/// Every how many requests an unmeasured model goes first.
const EXPLORE_EVERY: u64 = 8;

impl RoutingStrategy for Latency {
    fn name(&self) -> &'static str {
        "latency"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["fastest", "speed", "least_latency", "lowest_latency"]
    }

    fn summary(&self) -> &'static str {
        "the fastest healthy model; every eighth request tries one that was never measured"
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
    latencies: Vec<Option<f64>>,
    speed: Vec<f64>,
    explored: Option<usize>,
}

impl<'a> Weighing<'a> {
    fn of(query: &RouteQuery<'_>, candidates: &'a [Candidate]) -> Self {
        let latencies: Vec<_> = candidates.iter().map(expected_latency).collect();
        Self {
            candidates,
            speed: relative(&latencies),
            explored: explored(query.sequence, candidates, &latencies),
            latencies,
        }
    }
}

impl Weigh for Weighing<'_> {
    fn parts(&self, at: usize) -> Parts {
        let value = match self.latencies[at] {
            // Below 1, so that the one to be tried stands before the fastest.
            Some(_) => 0.99 * self.speed[at],
            None if self.explored == Some(at) => 1.0,
            None => 0.0,
        };
        Parts::of(&[("latency", value)])
    }

    fn words(&self, at: usize, _factor: &'static str) -> String {
        if self.explored == Some(at) {
            return "its turn to be measured".to_owned();
        }
        latency_in_words(self.latencies[at])
    }

    fn ties(&self, at: usize) -> [f64; 2] {
        [fitness(&self.candidates[at]), 0.0]
    }

    fn spreads(&self) -> bool {
        true
    }
}

/// The unmeasured candidate whose turn it is, if this request is for exploring.
fn explored(sequence: u64, candidates: &[Candidate], latencies: &[Option<f64>]) -> Option<usize> {
    if sequence % EXPLORE_EVERY != EXPLORE_EVERY - 1 || latencies.iter().all(Option::is_none) {
        return None;
    }
    let unmeasured: Vec<usize> = (0..candidates.len())
        .filter(|at| latencies[*at].is_none() && distance_from_service(&candidates[*at], true) == 0)
        .collect();
    let turn = (sequence / EXPLORE_EVERY) % unmeasured.len().max(1) as u64;
    usize::try_from(turn)
        .ok()
        .and_then(|turn| unmeasured.get(turn).copied())
}
