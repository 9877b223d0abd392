//! The registry of strategies: one file and one row each.
//!
//! A strategy gives every candidate a value from 0 to 1 and says what it is made of; [`arrange`]
//! makes the order. Candidates that should not be called now stand behind the others whatever
//! their value: the score is the value minus a whole number for that.

mod auto;
mod balanced;
mod cost;
mod latency;
mod least_loaded;
mod priority;
mod quality;
mod round_robin;
mod weighted;

#[cfg(test)]
mod tests;

use super::appraisal::reason;
use super::{Ranked, RoutingStrategy};
use crate::types::plan::{Candidate, Reason};

/// Every strategy, the default one first.
pub const STRATEGIES: &[&dyn RoutingStrategy] = &[
    &auto::Auto,
    &cost::Cost,
    &quality::Quality,
    &latency::Latency,
    &balanced::Balanced,
    &round_robin::RoundRobin,
    &weighted::Weighted,
    &least_loaded::LeastLoaded,
    &priority::Priority,
];

/// The strategy of a name or alias; `-` and `_` are the same.
pub fn find(name: &str) -> Option<&'static dyn RoutingStrategy> {
    let same = |known: &str| {
        let plain = |byte: u8| {
            if byte == b'-' {
                b'_'
            } else {
                byte.to_ascii_lowercase()
            }
        };
        known.bytes().map(plain).eq(name.bytes().map(plain))
    };
    STRATEGIES.iter().copied().find(|strategy| {
        same(strategy.name()) || strategy.aliases().iter().any(|alias| same(alias))
    })
}

/// The names of all strategies, in the order of the registry.
pub fn names() -> Vec<&'static str> {
    STRATEGIES.iter().map(|strategy| strategy.name()).collect()
}

/// A candidate with its value.
struct Valued {
    index: usize,
    /// How far from being called without a second thought; see
    /// [`distance_from_service`](super::appraisal::distance_from_service).
    distance: u8,
    /// 0 to 1, higher is better.
    value: f64,
    /// Decide between equal values, the first before the second; higher is better.
    ties: [f64; 2],
    reasons: Vec<Reason>,
}

/// The order: nearest to service first, then the highest value, then the ties, then the
/// configuration's order.
fn arrange(candidates: &[Candidate], mut valued: Vec<Valued>) -> Vec<Ranked> {
    valued.sort_by(|a, b| {
        a.distance
            .cmp(&b.distance)
            .then(b.value.total_cmp(&a.value))
            .then(b.ties[0].total_cmp(&a.ties[0]))
            .then(b.ties[1].total_cmp(&a.ties[1]))
            .then(a.index.cmp(&b.index))
    });
    valued
        .into_iter()
        .map(|entry| {
            let mut reasons = entry.reasons;
            if entry.distance > 0 {
                let state = candidates[entry.index].health.state.as_str();
                reasons.push(reason(
                    "health",
                    -f64::from(entry.distance),
                    format!("is {state}"),
                ));
            }
            Ranked {
                index: entry.index,
                score: entry.value - f64::from(entry.distance),
                reasons,
            }
        })
        .collect()
}
