//! Leaves out the candidates that cannot or must not serve a request, each with its reason.
//!
//! Only what is certain excludes: an ability the request itself needs, a context that is too
//! small, a limit the caller set. What the text merely speaks of is a matter of order, and left to
//! the strategies. Resting candidates are set apart, so that an error can say when the first is
//! due, and come back only if nothing else is left.

use std::time::Duration;

use super::appraisal::estimated_cost;
use super::names::Pick;
use crate::types::money::Money;
use crate::types::plan::{Candidate, Exclusion, HealthState};
use crate::types::task::TaskProfile;

/// What candidates are held against.
#[derive(Clone, Copy, Debug)]
pub struct Limits<'a> {
    /// What the request needs.
    pub profile: &'a TaskProfile,
    /// Known to take longer: out.
    pub max_latency: Option<Duration>,
    /// Estimated above one of these, or not to be estimated: out.
    pub max_costs: &'a [Money],
    /// Only these models.
    pub models: Option<&'a [Pick]>,
}

/// What is left, and why the rest is not.
#[derive(Debug, Default)]
pub struct Filtered {
    /// The candidates that may be tried, in the order they came.
    pub kept: Vec<Candidate>,
    /// What was left out.
    pub excluded: Vec<Exclusion>,
    /// Candidates that fit but rest, when nothing else is left: until the first is due again.
    pub all_rest_for: Option<Duration>,
    /// The lowest estimate among those that were too dear.
    pub cheapest_refused: Option<Money>,
}

impl Filtered {
    /// Whether everything was left out for this reason alone.
    pub fn all_for(&self, reason: &str) -> bool {
        self.kept.is_empty()
            && !self.excluded.is_empty()
            && self.excluded.iter().all(|out| out.reason == reason)
    }
}

/// Sorts candidates out.
pub fn filter(candidates: Vec<Candidate>, limits: &Limits<'_>) -> Filtered {
    let mut filtered = Filtered::default();
    let mut resting = Vec::new();
    for candidate in candidates {
        match limits.verdict(&candidate) {
            Some((reason, detail)) => {
                if reason == COST {
                    filtered.note_refused(&candidate, limits);
                }
                filtered
                    .excluded
                    .push(exclusion(&candidate, reason, detail));
            }
            None if candidate.health.state == HealthState::Open => resting.push(candidate),
            None => filtered.kept.push(candidate),
        }
    }
    filtered.settle_resting(resting);
    filtered
}

/// The reasons, as they stand in [`Exclusion::reason`].
const PREFERENCE: &str = "preference";
const CAPABILITY: &str = "capability";
const CONTEXT: &str = "context";
const LATENCY: &str = "latency";
const COST: &str = "cost";
const HEALTH: &str = "health";

impl Limits<'_> {
    /// Why a candidate is out, if it is.
    fn verdict(&self, candidate: &Candidate) -> Option<(&'static str, String)> {
        self.by_preference(candidate)
            .map(|detail| (PREFERENCE, detail))
            .or_else(|| Some((CAPABILITY, self.by_capability(candidate)?)))
            .or_else(|| Some((CONTEXT, self.by_context(candidate)?)))
            .or_else(|| Some((LATENCY, self.by_latency(candidate)?)))
            .or_else(|| Some((COST, self.by_cost(candidate)?)))
    }

    fn by_preference(&self, candidate: &Candidate) -> Option<String> {
        let is_meant = self.models?.iter().any(|pick| pick.means(candidate));
        (!is_meant).then(|| "not among the models the request may use".to_owned())
    }

    fn by_capability(&self, candidate: &Candidate) -> Option<String> {
        let lacking = self.profile.needs.without(candidate.capabilities);
        (!lacking.is_empty()).then(|| {
            let names: Vec<_> = lacking.names().collect();
            format!("lacks {}", names.join(", "))
        })
    }

    fn by_context(&self, candidate: &Candidate) -> Option<String> {
        let window = candidate.context?;
        let input = self.profile.input_tokens;
        let output = candidate
            .max_output
            .map_or(self.profile.output_tokens, |most| {
                most.min(self.profile.output_tokens)
            });
        (input.saturating_add(output) > window).then(|| {
            format!("about {input} tokens to read and {output} to write do not fit its {window}")
        })
    }

    fn by_latency(&self, candidate: &Candidate) -> Option<String> {
        let limit = self.max_latency?.as_secs_f64() * 1000.0;
        let usual = candidate.health.latency_ms.filter(|usual| *usual > limit)?;
        Some(format!(
            "takes about {usual:.0} ms, the limit is {limit:.0} ms"
        ))
    }

    fn by_cost(&self, candidate: &Candidate) -> Option<String> {
        let cost = match (self.max_costs, estimated_cost(candidate, self.profile)) {
            ([], _) => return None,
            ([limit, ..], None) => {
                return Some(format!("its price is unknown, so {limit} cannot be kept"));
            }
            (_, Some(cost)) => cost,
        };
        self.max_costs.iter().find_map(|limit| {
            if cost.currency != limit.currency {
                return Some(format!(
                    "priced in {}, the limit is in {}; state the limit in {}",
                    cost.currency, limit.currency, cost.currency
                ));
            }
            (cost.nanos > limit.nanos)
                .then(|| format!("would cost about {cost}, the limit is {limit}"))
        })
    }
}

impl Filtered {
    fn note_refused(&mut self, candidate: &Candidate, limits: &Limits<'_>) {
        let comparable = |cost: &Money| {
            limits
                .max_costs
                .iter()
                .all(|limit| limit.currency == cost.currency)
        };
        let cost = estimated_cost(candidate, limits.profile).filter(comparable);
        self.cheapest_refused = match (self.cheapest_refused, cost) {
            (Some(least), Some(cost)) if cost.nanos < least.nanos => Some(cost),
            (None, cost) => cost,
            (least, _) => least,
        };
    }

    /// Resting candidates are out, unless nothing else is left and their rest is over.
    fn settle_resting(&mut self, resting: Vec<Candidate>) {
        let nothing_else = self.kept.is_empty();
        let is_due =
            |candidate: &Candidate| candidate.health.retry_in.is_none_or(|wait| wait.is_zero());
        if nothing_else && !resting.iter().any(is_due) {
            self.all_rest_for = resting.iter().filter_map(|rest| rest.health.retry_in).min();
        }
        for candidate in resting {
            if nothing_else && is_due(&candidate) {
                self.kept.push(candidate);
                continue;
            }
            let until = candidate
                .health
                .retry_in
                .map(|wait| format!("; the next try is in {:.1} s", wait.as_secs_f64()))
                .unwrap_or_default();
            let detail = format!("rests after repeated failures{until}");
            self.excluded.push(exclusion(&candidate, HEALTH, detail));
        }
    }
}

fn exclusion(candidate: &Candidate, reason: &'static str, detail: String) -> Exclusion {
    // A model's further deployments are told apart by their own name.
    let detail = if candidate.deployment.as_str() == candidate.model.as_str() {
        detail
    } else {
        format!("{}: {detail}", candidate.deployment)
    };
    Exclusion {
        model: candidate.model.clone(),
        reason,
        detail,
    }
}

#[cfg(test)]
mod tests;
