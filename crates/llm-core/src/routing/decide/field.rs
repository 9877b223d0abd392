//! The candidates that are left, and the plan made of their order: fallbacks, cuts, words.

use super::super::appraisal::{estimated_cost, reason, two_decimals};
use super::super::filter::Filtered;
use super::super::{Ranked, RouteQuery, RoutingStrategy};
use super::rules::Rules;
use crate::types::ids::ModelName;
use crate::types::plan::{Candidate, Exclusion, PlanStep};

/// What is left to choose among, and of those that stand by.
pub(super) struct Field {
    pub(super) first: Filtered,
    pub(super) spare: Filtered,
}

/// The candidates that `routing.balance` put in their order.
#[derive(Default)]
pub(super) struct Balanced {
    pub(super) method: &'static str,
    pub(super) first: Vec<usize>,
    pub(super) spare: Vec<usize>,
}

/// A candidate's place in the plan.
pub(super) struct Place {
    /// Whether it is one of those that stand by.
    from_spare: bool,
    /// Whether it is there because somebody named it as a fallback.
    named: bool,
    /// What put it in order among the deployments of its model.
    balanced: Option<&'static str>,
    ranked: Ranked,
}

/// The order of a strategy.
pub(super) fn ordered(
    filtered: &Filtered,
    strategy: &dyn RoutingStrategy,
    query: &RouteQuery<'_>,
) -> Vec<Ranked> {
    if filtered.kept.is_empty() {
        return Vec::new();
    }
    strategy.order(query, &filtered.kept)
}

impl Balanced {
    fn of(&self, from_spare: bool, index: usize) -> Option<&'static str> {
        let which = if from_spare { &self.spare } else { &self.first };
        which.contains(&index).then_some(self.method)
    }
}

impl Field {
    /// What to try, in order, and what is left out only because enough stands before it.
    ///
    /// A fallback the caller named takes the place of the rest of the order: the best model, then
    /// the named ones as they were named. The fallback of a route stands behind all of the
    /// route's models.
    pub(super) fn plan(
        &self,
        first: Vec<Ranked>,
        spare: Vec<Ranked>,
        balanced: &Balanced,
        rules: &Rules,
    ) -> (Vec<Place>, Vec<Exclusion>) {
        let place = |from_spare| {
            move |ranked: Ranked| Place {
                from_spare,
                named: false,
                balanced: balanced.of(from_spare, ranked.index),
                ranked,
            }
        };
        let mut behind = Vec::new();
        let mut places: Vec<Place> = first.into_iter().map(place(false)).collect();
        let mut stand_by: Vec<Place> = spare.into_iter().map(place(true)).collect();
        if !rules.spare_order.is_empty() {
            let named = |place: &Place| rules.spare_place(self.candidate(place));
            if rules.caller_names_fallback {
                let best = places
                    .first()
                    .map(|best| self.candidate(best).model.clone());
                let (best, rest): (Vec<_>, Vec<_>) = places
                    .into_iter()
                    .partition(|place| Some(&self.candidate(place).model) == best.as_ref());
                places = best;
                let (meant, others): (Vec<_>, Vec<_>) =
                    rest.into_iter().partition(|place| named(place).is_some());
                stand_by.extend(meant);
                behind.extend(
                    others
                        .iter()
                        .map(|place| self.left_out(place, "the request names its own fallback")),
                );
            }
            stand_by.sort_by_key(|place| named(place).unwrap_or(usize::MAX));
            for place in &mut stand_by {
                place.named = true;
            }
        }
        places.extend(stand_by);
        let places = self.cut(places, rules, &mut behind);
        (places, behind)
    }

    /// The places as steps, put into words.
    pub(super) fn steps(
        &self,
        places: Vec<Place>,
        rules: &Rules,
        query: &RouteQuery<'_>,
    ) -> Vec<PlanStep> {
        let (mut first, mut spare) = (Vec::new(), Vec::new());
        let mut origins = Vec::with_capacity(places.len());
        for place in places {
            origins.push((place.from_spare, place.named, place.balanced));
            if place.from_spare {
                &mut spare
            } else {
                &mut first
            }
            .push(place.ranked);
        }
        rules.strategy.explain(query, &self.first.kept, &mut first);
        rules
            .spare_strategy
            .explain(query, &self.spare.kept, &mut spare);
        let (mut first, mut spare) = (first.into_iter(), spare.into_iter());
        origins
            .into_iter()
            .filter_map(|(from_spare, named, balanced)| {
                let (kept, next) = if from_spare {
                    (&self.spare.kept, spare.next())
                } else {
                    (&self.first.kept, first.next())
                };
                let ranked = next?;
                let mut step = step(&kept[ranked.index], ranked, named, query);
                if let Some(method) = balanced {
                    let detail = format!("by {method} among the deployments of the model");
                    step.reasons.push(reason("balance", 0.0, detail));
                }
                Some(step)
            })
            .collect()
    }

    fn candidate(&self, place: &Place) -> &Candidate {
        let filtered = if place.from_spare {
            &self.spare
        } else {
            &self.first
        };
        &filtered.kept[place.ranked.index]
    }

    /// Leaves as many as may be tried; the rest is told as excluded, so that an explanation
    /// accounts for every candidate.
    fn cut(&self, places: Vec<Place>, rules: &Rules, behind: &mut Vec<Exclusion>) -> Vec<Place> {
        let mut kept: Vec<Place> = Vec::with_capacity(places.len());
        let why = if rules.only_first {
            "the first failure is final".to_owned()
        } else {
            format!("at most {} models are tried", rules.most_models)
        };
        let mut models: Vec<&ModelName> = Vec::with_capacity(rules.most_models.min(16));
        for place in places {
            let candidate = self.candidate(&place);
            let fits = if rules.only_first {
                kept.is_empty()
            } else {
                models.contains(&&candidate.model) || models.len() < rules.most_models
            };
            if fits {
                if !models.contains(&&candidate.model) {
                    models.push(&candidate.model);
                }
                kept.push(place);
            } else {
                behind.push(self.left_out(&place, &why));
            }
        }
        kept
    }

    /// A candidate that would do and stands behind enough others.
    fn left_out(&self, place: &Place, why: &str) -> Exclusion {
        Exclusion {
            model: self.candidate(place).model.clone(),
            reason: "rank",
            detail: format!("score {}; {why}", two_decimals(place.ranked.score)),
        }
    }
}

fn step(candidate: &Candidate, ranked: Ranked, named: bool, query: &RouteQuery<'_>) -> PlanStep {
    let mut reasons = ranked.reasons;
    if named {
        reasons.push(reason("fallback", 0.0, "named as a fallback"));
    }
    PlanStep {
        deployment: candidate.deployment.clone(),
        model: candidate.model.clone(),
        provider: candidate.provider.clone(),
        score: ranked.score,
        reasons,
        estimated_cost: estimated_cost(candidate, query.profile),
    }
}
