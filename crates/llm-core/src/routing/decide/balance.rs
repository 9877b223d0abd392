//! Spreading calls over several deployments of one model.
//!
//! A strategy chooses among models. The deployments of one model give the same answers, so among the
//! places they took in its order `routing.balance` decides: those in good health with room first.

use super::super::appraisal::distance_from_service;
use super::super::{Ranked, RouteQuery, RoutingStrategy};
use crate::types::ids::ModelName;
use crate::types::plan::Candidate;

/// Reorders the deployments of each model among the places they have. Deployments of different
/// prices keep the strategy's order, unless the model itself was named. Returns which candidates
/// were reordered.
pub(super) fn balance(
    order: &mut [Ranked],
    candidates: &[Candidate],
    method: &dyn RoutingStrategy,
    whatever_the_price: bool,
    query: &RouteQuery<'_>,
) -> Vec<usize> {
    let mut balanced = Vec::new();
    let mut seen: Vec<&ModelName> = Vec::new();
    for at in 0..order.len() {
        let model = &candidates[order[at].index].model;
        if seen.contains(&model) {
            continue;
        }
        seen.push(model);
        let places: Vec<usize> = (at..order.len())
            .filter(|place| candidates[order[*place].index].model == *model)
            .collect();
        let siblings: Vec<usize> = places.iter().map(|place| order[*place].index).collect();
        if siblings.len() < 2 || !(whatever_the_price || cost_the_same(&siblings, candidates)) {
            continue;
        }
        let wanted = spread(&siblings, candidates, method, query);
        let taken: Vec<Ranked> = wanted
            .iter()
            .filter_map(|index| order.iter().find(|ranked| ranked.index == *index).cloned())
            .collect();
        for (place, ranked) in places.into_iter().zip(taken) {
            order[place] = ranked;
        }
        balanced.extend(siblings);
    }
    balanced
}

/// The siblings as the method orders them, those that would serve at once first.
fn spread(
    siblings: &[usize],
    candidates: &[Candidate],
    method: &dyn RoutingStrategy,
    query: &RouteQuery<'_>,
) -> Vec<usize> {
    let mut apart: Vec<Candidate> = Vec::with_capacity(siblings.len());
    apart.extend(siblings.iter().map(|index| candidates[*index].clone()));
    let mut wanted: Vec<usize> = method
        .order(query, &apart)
        .into_iter()
        .map(|ranked| siblings[ranked.index])
        .collect();
    wanted.sort_by_key(|index| distance_from_service(&candidates[*index], true));
    wanted
}

fn cost_the_same(siblings: &[usize], candidates: &[Candidate]) -> bool {
    siblings
        .windows(2)
        .all(|pair| candidates[pair[0]].price == candidates[pair[1]].price)
}

#[cfg(test)]
mod tests {
    use super::super::super::fixtures::{candidate, profile};
    use super::super::super::strategies::{find, names};
    use super::*;
    use crate::types::plan::{HealthState, Preferences};

    /// Two models, served three times and once.
    fn field() -> Vec<Candidate> {
        let mut all = Vec::new();
        for (id, model) in [("a", "a"), ("b", "b"), ("a#2", "a"), ("a#3", "a")] {
            let mut one = candidate(id);
            one.model = model.into();
            all.push(one);
        }
        all
    }

    fn balanced(candidates: &[Candidate], method: &str, seed: u64) -> Vec<String> {
        let query = RouteQuery {
            profile: &profile(),
            preferences: &Preferences::default(),
            quality_priority: 0.5,
            sequence: seed,
            seed,
        };
        let mut order: Vec<Ranked> = (0..candidates.len())
            .map(|index| Ranked {
                index,
                score: 1.0 - index as f64 / 10.0,
                reasons: Vec::new(),
            })
            .collect();
        balance(&mut order, candidates, find(method).unwrap(), false, &query);
        order
            .iter()
            .map(|ranked| candidates[ranked.index].deployment.to_string())
            .collect()
    }

    #[test]
    fn the_least_loaded_and_the_soonest_come_first_and_other_models_stay() {
        let mut field = field();
        field[0].health.in_flight = 9;
        field[2].health.in_flight = 5;
        assert_eq!(
            balanced(&field, "least_loaded", 1),
            ["a#3", "b", "a#2", "a"]
        );
        for (at, peak) in [(0, 20.0), (2, 900.0), (3, 400.0)] {
            field[at].health.peak_latency_ms = Some(peak);
        }
        assert_eq!(balanced(&field, "peak_ewma", 1), ["a", "b", "a#3", "a#2"]);
    }

    #[test]
    fn a_deployment_below_the_threshold_limited_or_full_stands_behind() {
        for state in [
            HealthState::Degraded,
            HealthState::Limited,
            HealthState::Probing,
        ] {
            let mut field = field();
            field[0].health.state = state;
            for seed in 0..20 {
                assert_eq!(balanced(&field, "priority", seed)[3], "a", "{state:?}");
            }
        }
        let mut field = field();
        field[0].health.is_full = true;
        for seed in 0..20 {
            assert_eq!(balanced(&field, "weighted", seed)[3], "a");
        }
    }

    #[test]
    fn weights_are_shares() {
        let mut field = field();
        field[0].weight = 3.0;
        field[3].weight = 0.0;
        let firsts = (0..4_000).filter(|seed| balanced(&field, "weighted", *seed)[0] == "a");
        let share = firsts.count() as f64 / 4_000.0;
        assert!((share - 0.75).abs() < 0.05, "{share}");
    }

    #[test]
    fn nothing_is_lost_whatever_the_method() {
        for method in names() {
            let mut told = balanced(&field(), method, 7);
            told.sort();
            assert_eq!(told, ["a", "a#2", "a#3", "b"], "{method}");
        }
    }
}
