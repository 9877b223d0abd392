//! What each strategy does; what all promise is in [`properties`].

mod properties;

use super::super::fixtures::{candidate, price, profile, tagged};
use super::*;
use crate::routing::RouteQuery;
use crate::types::money::Currency;
use crate::types::plan::{Candidate, Fit, HealthState, Preferences};
use crate::types::task::{Capabilities, Difficulty, TaskName, TaskProfile};

/// A query with the defaults a test does not care about.
struct Ask {
    profile: TaskProfile,
    quality: f64,
    sequence: u64,
    seed: u64,
}

impl Default for Ask {
    fn default() -> Self {
        Self {
            profile: profile(),
            quality: 0.5,
            sequence: 0,
            seed: 1,
        }
    }
}

fn ranked(strategy: &str, ask: &Ask, candidates: &[Candidate]) -> Vec<Ranked> {
    let query = RouteQuery {
        profile: &ask.profile,
        preferences: &Preferences::default(),
        quality_priority: ask.quality,
        sequence: ask.sequence,
        seed: ask.seed,
    };
    let strategy = find(strategy).unwrap();
    let mut places = strategy.order(&query, candidates);
    strategy.explain(&query, candidates, &mut places);
    places
}

fn order(strategy: &str, ask: &Ask, candidates: &[Candidate]) -> Vec<String> {
    ranked(strategy, ask, candidates)
        .iter()
        .map(|place| candidates[place.index].deployment.to_string())
        .collect()
}

fn with(name: &str, change: impl FnOnce(&mut Candidate)) -> Candidate {
    let mut candidate = candidate(name);
    change(&mut candidate);
    candidate
}

fn in_state(name: &str, state: HealthState) -> Candidate {
    with(name, |candidate| candidate.health.state = state)
}

#[test]
fn names_and_aliases_find_one_strategy_each() {
    let mut all: Vec<&str> = names();
    for strategy in STRATEGIES {
        all.extend(strategy.aliases());
        assert!(!strategy.summary().is_empty());
    }
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), count, "a name is taken twice");
    for (spelt, name) in [
        ("round-robin", "round_robin"),
        ("least-busy", "least_loaded"),
        ("least-loaded", "least_loaded"),
        ("LATENCY", "latency"),
    ] {
        assert_eq!(find(spelt).unwrap().name(), name);
    }
    assert!(find("ensemble").is_none());
}

#[test]
fn cost_puts_the_cheapest_first_and_the_unknown_last() {
    let candidates = [
        candidate("unknown"),
        with("dear", |c| c.price = Some(price(30, 60, Currency::USD))),
        with("cheap", |c| c.price = Some(price(1, 2, Currency::USD))),
        with("yuan", |c| c.price = Some(price(4, 8, Currency::CNY))),
        with("free", |c| c.price = Some(price(0, 0, Currency::USD))),
    ];
    assert_eq!(
        order("cost", &Ask::default(), &candidates),
        ["free", "yuan", "cheap", "dear", "unknown"]
    );
}

#[test]
fn equal_costs_are_decided_by_fit() {
    let candidates = [
        with("other", |c| c.price = Some(price(1, 1, Currency::USD))),
        with("fitting", |c| {
            c.price = Some(price(1, 1, Currency::USD));
            c.fit = Fit::Primary(0);
        }),
    ];
    assert_eq!(order("cost", &Ask::default(), &candidates)[0], "fitting");
}

#[test]
fn quality_puts_the_best_first_whatever_it_costs() {
    let candidates = [
        with("good", |c| c.quality = Some(0.7)),
        with("best", |c| {
            c.quality = Some(0.95);
            c.price = Some(price(100, 100, Currency::USD));
        }),
        candidate("small_8b"),
        candidate("large_72b"),
    ];
    assert_eq!(
        order("quality", &Ask::default(), &candidates),
        ["best", "good", "large_72b", "small_8b"]
    );
}

#[test]
fn quality_prefers_a_model_that_sees_when_the_text_speaks_of_a_picture() {
    let candidates = [
        with("best", |c| c.quality = Some(0.9)),
        with("seeing", |c| {
            c.quality = Some(0.5);
            c.capabilities = Capabilities::VISION;
        }),
    ];
    let mut ask = Ask::default();
    assert_eq!(order("quality", &ask, &candidates)[0], "best");
    ask.profile.mentions = Capabilities::VISION;
    assert_eq!(order("quality", &ask, &candidates)[0], "seeing");
}

#[test]
fn latency_puts_the_fastest_first_and_counts_failures_as_time() {
    let measured = |name: &str, ms: f64, failing: f64| {
        with(name, |c| {
            c.health.latency_ms = Some(ms);
            c.health.error_rate = failing;
        })
    };
    let candidates = [
        measured("slow", 3_000.0, 0.0),
        measured("fast", 400.0, 0.0),
        measured("fast_but_failing", 300.0, 0.5),
    ];
    assert_eq!(
        order("latency", &Ask::default(), &candidates),
        ["fast", "fast_but_failing", "slow"]
    );
}

#[test]
fn an_unmeasured_model_is_tried_every_eighth_time_by_turns() {
    let candidates = [
        with("measured", |c| c.health.latency_ms = Some(10.0)),
        candidate("new_a"),
        candidate("new_b"),
        in_state("new_but_open", HealthState::Open),
    ];
    let first = |sequence| {
        let ask = Ask {
            sequence,
            ..Ask::default()
        };
        order("latency", &ask, &candidates)[0].clone()
    };
    let firsts: Vec<String> = (0..24).map(first).collect();
    assert_eq!(firsts.iter().filter(|name| *name == "measured").count(), 21);
    assert_eq!(
        [&firsts[7], &firsts[15], &firsts[23]],
        ["new_a", "new_b", "new_a"]
    );
}

#[test]
fn balanced_moves_with_the_quality_priority() {
    let candidates = [
        with("cheap", |c| {
            c.price = Some(price(1, 1, Currency::USD));
            c.quality = Some(0.4);
        }),
        with("good", |c| {
            c.price = Some(price(20, 20, Currency::USD));
            c.quality = Some(0.9);
        }),
    ];
    let first = |quality| {
        let ask = Ask {
            quality,
            ..Ask::default()
        };
        order("balanced", &ask, &candidates)[0].clone()
    };
    assert_eq!(first(0.1), "cheap");
    assert_eq!(first(0.9), "good");
}

#[test]
fn balanced_steps_around_a_model_that_fails() {
    let mut failing = with("failing", |c| c.quality = Some(0.6));
    failing.health.error_rate = 0.5;
    let candidates = [failing, with("well", |c| c.quality = Some(0.4))];
    assert_eq!(order("balanced", &Ask::default(), &candidates)[0], "well");
}

#[test]
fn round_robin_gives_everyone_in_good_health_the_same_share() {
    let candidates = [
        candidate("a"),
        in_state("resting", HealthState::Open),
        candidate("b"),
        candidate("c"),
    ];
    let orders: Vec<_> = (0..4)
        .map(|sequence| {
            let ask = Ask {
                sequence,
                ..Ask::default()
            };
            order("round_robin", &ask, &candidates).join(" ")
        })
        .collect();
    assert_eq!(
        orders,
        [
            "a b c resting",
            "b c a resting",
            "c a b resting",
            "a b c resting"
        ]
    );
}

#[test]
fn weights_decide_the_share_of_first_places() {
    let candidates = [
        with("three", |c| c.weight = 3.0),
        with("one", |c| c.weight = 1.0),
        with("none", |c| c.weight = 0.0),
    ];
    let mut firsts = [0_u32; 3];
    for seed in 0..8_000 {
        let ask = Ask {
            seed,
            ..Ask::default()
        };
        let ranked = ranked("weighted", &ask, &candidates);
        firsts[ranked[0].index] += 1;
        assert_eq!(ranked[2].index, 2, "weight 0 is last");
    }
    // 6 000 and 2 000 expected; four standard deviations are 155.
    assert!((5_845..=6_155).contains(&firsts[0]), "{firsts:?}");
}

#[test]
fn changing_one_weight_does_not_reshuffle_the_others() {
    let before = [candidate("a"), candidate("b"), candidate("c")];
    let mut after = before.clone();
    after[2].weight = 0.0;
    for seed in 0..200 {
        let ask = Ask {
            seed,
            ..Ask::default()
        };
        let without_c = |names: Vec<String>| -> Vec<String> {
            names.into_iter().filter(|name| name != "c").collect()
        };
        assert_eq!(
            without_c(order("weighted", &ask, &before)),
            without_c(order("weighted", &ask, &after))
        );
    }
}

#[test]
fn least_loaded_counts_calls_for_each_unit_of_weight() {
    let loaded = |name: &str, under_way, weight| {
        with(name, |c| {
            c.health.in_flight = under_way;
            c.weight = weight;
        })
    };
    let candidates = [
        loaded("busy", 3, 1.0),
        loaded("large", 4, 4.0),
        loaded("idle", 0, 1.0),
    ];
    assert_eq!(
        order("least_loaded", &Ask::default(), &candidates),
        ["idle", "large", "busy"]
    );
    let idle = [candidate("a"), candidate("b")];
    let firsts: std::collections::BTreeSet<String> = (0..64)
        .map(|seed| {
            let ask = Ask {
                seed,
                ..Ask::default()
            };
            order("least_loaded", &ask, &idle)[0].clone()
        })
        .collect();
    assert_eq!(firsts.len(), 2, "idle ones share the first calls");
}

#[test]
fn priority_follows_the_numbers() {
    let numbered = |name: &str, number| with(name, |c| c.priority = number);
    let candidates = [
        numbered("second", 10),
        numbered("first", -5),
        numbered("last", i32::MAX),
        numbered("third", 11),
    ];
    assert_eq!(
        order("priority", &Ask::default(), &candidates),
        ["first", "second", "third", "last"]
    );
}

#[test]
fn auto_takes_what_suits_the_task_and_then_weighs_quality_against_cost() {
    let suited = |name: &str, fit, quality, dollars| {
        with(name, |c| {
            c.fit = fit;
            c.quality = Some(quality);
            c.price = Some(price(dollars, dollars, Currency::USD));
        })
    };
    let candidates = [
        suited("unsuited_but_best", Fit::Untold, 1.0, 0),
        suited("strong", Fit::Primary(1), 0.9, 30),
        suited("small", Fit::Primary(0), 0.4, 1),
        suited("tagged", Fit::Tagged, 0.95, 0),
    ];
    let ordered = |difficulty, quality| {
        let mut ask = Ask {
            quality,
            ..Ask::default()
        };
        ask.profile.difficulty = difficulty;
        order("auto", &ask, &candidates)
    };
    assert_eq!(
        ordered(Difficulty::Low, 0.5),
        ["small", "strong", "tagged", "unsuited_but_best"]
    );
    assert_eq!(ordered(Difficulty::VeryHigh, 0.5)[0], "strong");
    assert_eq!(ordered(Difficulty::VeryHigh, 0.0)[0], "small");
    assert_eq!(ordered(Difficulty::Low, 1.0)[0], "strong");
}

#[test]
fn a_built_in_list_settles_ties_and_a_configured_one_is_kept_to() {
    let good = |name: &str, fit, quality| {
        with(name, |c| {
            c.fit = fit;
            c.quality = Some(quality);
        })
    };
    let first = |listed| {
        let mut ask = Ask::default();
        ask.profile.difficulty = Difficulty::High;
        let candidates = [
            good("tagged", Fit::Tagged, 0.9),
            good("listed", listed, 0.5),
            good("tagged_too", Fit::Tagged, 0.5),
        ];
        order("auto", &ask, &candidates)
    };
    assert_eq!(first(Fit::Listed(2)), ["tagged", "listed", "tagged_too"]);
    assert_eq!(first(Fit::Primary(2)), ["listed", "tagged", "tagged_too"]);
}

#[test]
fn auto_prefers_a_model_that_sees_when_the_text_speaks_of_a_picture() {
    let candidates = [
        with("fitting", |c| c.fit = Fit::Primary(0)),
        with("seeing", |c| c.capabilities = Capabilities::VISION),
        tagged("tagged", &["multimodal"]),
    ];
    let mut ask = Ask::default();
    assert_eq!(order("auto", &ask, &candidates)[0], "fitting");
    ask.profile.mentions = Capabilities::VISION;
    assert_eq!(order("auto", &ask, &candidates)[2], "fitting");
}

#[test]
fn auto_steps_around_a_model_that_fails() {
    let mut failing = with("failing", |c| c.fit = Fit::Primary(0));
    failing.health.state = HealthState::Degraded;
    failing.health.error_rate = 0.6;
    let candidates = [failing, with("well", |c| c.fit = Fit::Tagged)];
    assert_eq!(order("auto", &Ask::default(), &candidates)[0], "well");
}

#[test]
fn auto_prefers_a_model_that_thinks_for_mathematics() {
    let candidates = [
        candidate("plain"),
        with("thinking", |c| c.capabilities = Capabilities::REASONING),
    ];
    let mut ask = Ask::default();
    assert_eq!(order("auto", &ask, &candidates)[0], "plain");
    ask.profile.task = TaskName::new("math");
    assert_eq!(order("auto", &ask, &candidates)[0], "thinking");
}

#[test]
fn no_strategy_puts_a_resting_or_probed_model_first() {
    for strategy in STRATEGIES {
        let best = |name: &str, state| {
            with(name, |c| {
                c.health.state = state;
                c.fit = Fit::Primary(0);
                c.quality = Some(1.0);
                c.price = Some(price(0, 0, Currency::USD));
                c.health.latency_ms = Some(1.0);
                c.weight = 1_000.0;
                c.priority = -1;
            })
        };
        let candidates = [
            best("open", HealthState::Open),
            best("probing", HealthState::Probing),
            with("plain", |c| c.health.latency_ms = Some(9_000.0)),
        ];
        assert_eq!(
            order(strategy.name(), &Ask::default(), &candidates),
            ["plain", "probing", "open"],
            "{}",
            strategy.name()
        );
    }
}
