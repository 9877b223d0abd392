//! What every strategy promises, whatever the candidates.

use proptest::prelude::*;

use super::super::STRATEGIES;
use super::{Ask, ranked, with};
use crate::routing::fixtures::price;
use crate::types::money::Currency;
use crate::types::plan::{Candidate, Fit, HealthState};
use crate::types::task::Capabilities;

fn any_candidate() -> impl Strategy<Value = Candidate> {
    let figure = prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(-1.0), 0.0..1e6];
    let fit = prop_oneof![
        (0..12_u16).prop_map(Fit::Primary),
        any::<u16>().prop_map(Fit::Listed),
        Just(Fit::Tagged),
        any::<u16>().prop_map(Fit::Fallback),
        Just(Fit::Untold),
    ];
    let state = prop_oneof![
        Just(HealthState::Unknown),
        Just(HealthState::Healthy),
        Just(HealthState::Degraded),
        Just(HealthState::Probing),
        Just(HealthState::Open),
    ];
    let money = prop_oneof![
        Just(None),
        (0..1_000_i64, 0..1_000_i64).prop_map(|(i, o)| Some(price(i, o, Currency::USD))),
        (0..1_000_i64).prop_map(|i| Some(price(i, i, Currency::CNY))),
        Just(Some(price(1, 1, "XAU".parse().unwrap()))),
    ];
    (
        (figure.clone(), figure.clone(), figure.clone(), figure),
        (fit, state, money, any::<u32>(), any::<i32>(), any::<bool>()),
    )
        .prop_map(
            |((quality, weight, latency, failing), (fit, state, price, flight, priority, sees))| {
                with("x", |c| {
                    c.quality = Some(quality);
                    c.weight = weight;
                    c.health.latency_ms = Some(latency);
                    c.health.error_rate = failing;
                    c.fit = fit;
                    c.health.state = state;
                    c.price = price;
                    c.health.in_flight = flight;
                    c.priority = priority;
                    c.capabilities = if sees {
                        Capabilities::VISION
                    } else {
                        Capabilities::NONE
                    };
                })
            },
        )
}

fn any_candidates() -> impl Strategy<Value = Vec<Candidate>> {
    prop::collection::vec(any_candidate(), 1..12).prop_map(|mut all| {
        for (at, candidate) in all.iter_mut().enumerate() {
            candidate.deployment = format!("d{at}").into();
            candidate.model = format!("m{}_8b", at / 2).into();
        }
        all
    })
}

proptest! {
    #[test]
    fn every_order_is_a_permutation_that_falls_and_repeats(
        candidates in any_candidates(),
        quality in 0.0..=1.0_f64,
        sequence in any::<u64>(),
        seed in any::<u64>(),
        picture in any::<bool>(),
    ) {
        let mut ask = Ask { quality, sequence, seed, ..Ask::default() };
        if picture {
            ask.profile.mentions = Capabilities::VISION;
        }
        for strategy in STRATEGIES {
            let places = ranked(strategy.name(), &ask, &candidates);
            let mut indices: Vec<usize> = places.iter().map(|place| place.index).collect();
            indices.sort_unstable();
            prop_assert_eq!(indices, (0..candidates.len()).collect::<Vec<_>>());
            for place in &places {
                prop_assert!(place.score.is_finite(), "{}", strategy.name());
                prop_assert!(!place.reasons.is_empty(), "{}", strategy.name());
                prop_assert!(place.reasons.iter().all(|part| part.value.is_finite()));
            }
            prop_assert!(places.windows(2).all(|pair| pair[0].score >= pair[1].score));
            prop_assert_eq!(&places, &ranked(strategy.name(), &ask, &candidates));
        }
    }

    #[test]
    fn the_order_of_the_configuration_decides_only_between_equals(
        candidates in any_candidates(),
        seed in any::<u64>(),
        turn in 0..12_usize,
    ) {
        let mut turned = candidates.clone();
        turned.rotate_left(turn % candidates.len());
        let ask = Ask { seed, ..Ask::default() };
        // `round_robin` is about the order of the configuration.
        for strategy in STRATEGIES.iter().filter(|strategy| strategy.name() != "round_robin") {
            let scores = |all: &[Candidate]| -> std::collections::BTreeMap<String, String> {
                ranked(strategy.name(), &ask, all)
                    .iter()
                    .map(|place| (all[place.index].deployment.to_string(), format!("{:.9}", place.score)))
                    .collect()
            };
            prop_assert_eq!(scores(&candidates), scores(&turned), "{}", strategy.name());
        }
    }
}
