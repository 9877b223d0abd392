//! `quality`: the best answers first, whatever they cost.
//!
//! Value: (0.8 × quality + 0.2 × fit for the task), 0.6 of it, and 0.4 more for a model that sees
//! when the text speaks of a picture. Equal values are decided by cost.

use super::super::appraisal::{
    comparable_cost, distance_from_service, fit_in_words, fitness, quality, reason,
};
use super::super::{Ranked, RouteQuery, RoutingStrategy};
use super::{Valued, arrange};
use crate::types::plan::Candidate;
use crate::types::task::Capabilities;

/// See the [module](self).
pub(super) struct Quality;

const QUALITY: f64 = 0.48;
const FIT: f64 = 0.12;
const VISION: f64 = 0.4;

impl RoutingStrategy for Quality {
    fn name(&self) -> &'static str {
        "quality"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["best", "highest_quality"]
    }

    fn summary(&self) -> &'static str {
        "the model with the best answers, whatever it costs"
    }

    fn order(&self, query: &RouteQuery<'_>, candidates: &[Candidate]) -> Vec<Ranked> {
        let task = query.profile.task.as_str();
        let picture = query.profile.mentions.has(Capabilities::VISION);
        let valued = candidates
            .iter()
            .enumerate()
            .map(|(index, candidate)| {
                let (good, known) = quality(candidate);
                let fit = FIT * fitness(candidate);
                let mut reasons = vec![
                    reason("quality", QUALITY * good, format!("{good:.2}, {known}")),
                    reason("task", fit, fit_in_words(candidate, task)),
                ];
                if picture && candidate.capabilities.has(Capabilities::VISION) {
                    reasons.push(reason("vision", VISION, "the text speaks of a picture"));
                }
                let cost = comparable_cost(candidate, query.profile);
                Valued {
                    index,
                    distance: distance_from_service(candidate, false),
                    value: reasons.iter().map(|part| part.value).sum(),
                    ties: [-cost.unwrap_or(f64::MAX), 0.0],
                    reasons,
                }
            })
            .collect();
        arrange(candidates, valued)
    }
}
