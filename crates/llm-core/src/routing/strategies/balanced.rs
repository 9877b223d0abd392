//! `balanced`: quality, cost, speed and fit all count.
//!
//! Value: 0.3 × fit + 0.7 × (q × quality + (1 − q) × (cheapest ÷ cost + fastest ÷ latency) ÷ 2),
//! less 0.3 × share of failed calls, where q is the caller's quality priority. Unlike `auto` a
//! model that is much cheaper or better may pass one that suits the task better. Unknown cost or
//! latency counts 0.5.

use super::super::appraisal::{
    comparable_cost, distance_from_service, error_rate, expected_latency, fit_in_words, fitness,
    quality, reason, relative,
};
use super::super::{Ranked, RouteQuery, RoutingStrategy};
use super::auto::{cost_in_words, latency_in_words};
use super::{Valued, arrange};
use crate::types::plan::Candidate;

/// See the [module](self).
pub(super) struct Balanced;

const FIT: f64 = 0.3;
const REST: f64 = 0.7;
const FAILING: f64 = 0.3;

impl RoutingStrategy for Balanced {
    fn name(&self) -> &'static str {
        "balanced"
    }

    fn summary(&self) -> &'static str {
        "quality, cost, speed and fit together, by the quality priority"
    }

    fn order(&self, query: &RouteQuery<'_>, candidates: &[Candidate]) -> Vec<Ranked> {
        let costs: Vec<_> = candidates
            .iter()
            .map(|candidate| comparable_cost(candidate, query.profile))
            .collect();
        let latencies: Vec<_> = candidates.iter().map(expected_latency).collect();
        let cheapness = relative(&costs);
        let speed = relative(&latencies);
        let wanted = query.quality_priority.clamp(0.0, 1.0);
        let thrift = REST * (1.0 - wanted) / 2.0;
        let valued = candidates
            .iter()
            .enumerate()
            .map(|(index, candidate)| {
                let (good, known) = quality(candidate);
                let failing = error_rate(candidate);
                let mut reasons = vec![
                    reason(
                        "task",
                        FIT * fitness(candidate),
                        fit_in_words(candidate, query.profile.task.as_str()),
                    ),
                    reason(
                        "quality",
                        REST * wanted * good,
                        format!("{good:.2}, {known}"),
                    ),
                    reason(
                        "cost",
                        thrift * cheapness[index],
                        cost_in_words(candidate, query.profile),
                    ),
                    reason(
                        "latency",
                        thrift * speed[index],
                        latency_in_words(latencies[index]),
                    ),
                ];
                if failing > 0.0 {
                    let detail = format!("{:.0} % of recent calls failed", failing * 100.0);
                    reasons.push(reason("health", -FAILING * failing, detail));
                }
                Valued {
                    index,
                    distance: distance_from_service(candidate, false),
                    value: reasons
                        .iter()
                        .map(|part| part.value)
                        .sum::<f64>()
                        .clamp(0.0, 1.0),
                    ties: [0.0; 2],
                    reasons,
                }
            })
            .collect();
        arrange(candidates, valued)
    }
}
