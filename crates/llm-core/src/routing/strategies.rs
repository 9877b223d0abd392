//! The registry of strategies: one file and one row each.
//!
//! A strategy weighs every candidate: it gives it a value from 0 to 1 and says what the value is
//! made of; the order is made here. Candidates that should not be called now stand behind the
//! others whatever their value: the score is the value minus a whole number for that.

mod auto;
mod balanced;
mod cost;
mod latency;
mod least_loaded;
mod peak_ewma;
mod priority;
mod quality;
mod round_robin;
mod weighted;

#[cfg(test)]
mod tests;

use super::appraisal::{distance_from_service, reason};
use super::{Ranked, RoutingStrategy};
use crate::types::plan::Candidate;

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
    &peak_ewma::PeakEwma,
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

/// How a strategy weighs the candidates of one query.
trait Weigh {
    /// What a candidate's value is made of.
    fn parts(&self, at: usize) -> Parts;

    /// One part in words.
    fn words(&self, at: usize, factor: &'static str) -> String;

    /// 0 to 1, higher is better: the sum of the parts.
    fn value(&self, at: usize) -> f64 {
        self.parts(at).sum().clamp(0.0, 1.0)
    }

    /// Decide between equal values, the first before the second; higher is better.
    fn ties(&self, _at: usize) -> [f64; 2] {
        [0.0; 2]
    }

    /// Whether calls are spread, so that degraded candidates are stepped around.
    fn spreads(&self) -> bool {
        false
    }
}

/// The parts of a value: each a factor and what it contributes.
#[derive(Default)]
struct Parts {
    parts: [(&'static str, f64); Parts::MOST],
    count: usize,
}

impl Parts {
    const MOST: usize = 8;

    /// These parts.
    fn of(parts: &[(&'static str, f64)]) -> Self {
        let mut all = Self::default();
        for (factor, value) in parts {
            all.add(factor, *value);
        }
        all
    }

    /// Adds one; what does not fit is a mistake the property tests would find.
    fn add(&mut self, factor: &'static str, value: f64) {
        debug_assert!(self.count < Self::MOST, "no room for {factor}");
        if let Some(slot) = self.parts.get_mut(self.count) {
            *slot = (factor, value);
            self.count += 1;
        }
    }

    fn iter(&self) -> impl Iterator<Item = (&'static str, f64)> {
        self.parts[..self.count].iter().copied()
    }

    fn sum(&self) -> f64 {
        self.iter().map(|(_, value)| value).sum()
    }
}

/// The order: nearest to service first, then the highest value, then the ties, then the
/// configuration's order.
fn arrange(candidates: &[Candidate], weigh: &impl Weigh) -> Vec<Ranked> {
    struct Valued {
        index: usize,
        distance: u8,
        value: f64,
        ties: [f64; 2],
    }
    let mut valued: Vec<Valued> = (0..candidates.len())
        .map(|index| Valued {
            index,
            distance: distance_from_service(&candidates[index], weigh.spreads()),
            value: weigh.value(index),
            ties: weigh.ties(index),
        })
        .collect();
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
        .map(|entry| Ranked {
            index: entry.index,
            score: entry.value - f64::from(entry.distance),
            reasons: Vec::new(),
        })
        .collect()
}

/// Puts the parts of each place into words.
fn put_into_words(candidates: &[Candidate], weigh: &impl Weigh, places: &mut [Ranked]) {
    for place in places {
        let candidate = &candidates[place.index];
        let in_words = |(factor, value)| reason(factor, value, weigh.words(place.index, factor));
        place.reasons = weigh.parts(place.index).iter().map(in_words).collect();
        let distance = distance_from_service(candidate, weigh.spreads());
        if distance > 0 {
            let detail = format!("is {}", candidate.health.state.as_str());
            let behind = reason("health", -f64::from(distance), detail);
            place.reasons.push(behind);
        }
    }
}
