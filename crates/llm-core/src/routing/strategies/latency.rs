//! `latency`: the fastest healthy model first.
//!
//! Value: fastest ÷ expected latency, where the expected latency is the moving average of whole
//! calls ÷ (1 − share of failed calls): a failure costs another attempt.
//!
//! A model that was never measured would never be tried, so there is a rule: every eighth request
//! (sequence 7, 15, …) it goes first, by turns where there are several; otherwise it stands behind
//! all measured ones. While nothing is measured, fit for the task decides.

use super::super::appraisal::{distance_from_service, expected_latency, fitness, reason, relative};
use super::super::{Ranked, RouteQuery, RoutingStrategy};
use super::auto::latency_in_words;
use super::{Valued, arrange};
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

    fn order(&self, query: &RouteQuery<'_>, candidates: &[Candidate]) -> Vec<Ranked> {
        let latencies: Vec<_> = candidates.iter().map(expected_latency).collect();
        let speed = relative(&latencies);
        let explored = explored(query.sequence, candidates, &latencies);
        let valued = candidates
            .iter()
            .enumerate()
            .map(|(index, candidate)| {
                let (value, detail) = match latencies[index] {
                    // Below 1, so that the one to be tried stands before the fastest.
                    Some(latency) => (0.99 * speed[index], latency_in_words(Some(latency))),
                    None if explored == Some(index) => (1.0, "its turn to be measured".to_owned()),
                    None => (0.0, latency_in_words(None)),
                };
                Valued {
                    index,
                    distance: distance_from_service(candidate, true),
                    value,
                    ties: [fitness(candidate), 0.0],
                    reasons: vec![reason("latency", value, detail)],
                }
            })
            .collect();
        arrange(candidates, valued)
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
