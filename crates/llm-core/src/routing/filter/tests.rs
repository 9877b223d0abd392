//! Who is left out, and in which words.

use super::super::fixtures::{candidate, price, profile};
use super::*;
use crate::types::money::Currency;
use crate::types::task::Capabilities;

fn limits(profile: &TaskProfile) -> Limits<'_> {
    Limits {
        profile,
        max_latency: None,
        max_costs: &[],
        models: None,
    }
}

fn usd(text: &str) -> Money {
    Money::parse(text, Currency::USD).unwrap()
}

fn kept(filtered: &Filtered) -> Vec<&str> {
    filtered
        .kept
        .iter()
        .map(|candidate| candidate.model.as_str())
        .collect()
}

fn resting(name: &str, wait: Option<Duration>) -> Candidate {
    let mut candidate = candidate(name);
    candidate.health.state = HealthState::Open;
    candidate.health.retry_in = wait;
    candidate
}

#[test]
fn a_needed_ability_excludes_and_a_mentioned_one_does_not() {
    let mut seeing = candidate("seeing");
    seeing.capabilities = Capabilities::VISION;
    let mut profile = profile();
    profile.mentions = Capabilities::VISION;
    let both = filter(vec![candidate("blind"), seeing.clone()], &limits(&profile));
    assert_eq!(kept(&both), ["blind", "seeing"]);

    profile.needs = Capabilities::VISION.with(Capabilities::TOOLS);
    let neither = filter(vec![candidate("blind"), seeing], &limits(&profile));
    assert!(neither.all_for("capability"));
    let details: Vec<_> = neither
        .excluded
        .iter()
        .map(|out| out.detail.as_str())
        .collect();
    assert_eq!(details, ["lacks vision, tools", "lacks tools"]);
}

#[test]
fn what_does_not_fit_the_context_is_left_out() {
    let mut small = candidate("small");
    small.context = Some(299);
    let mut large = candidate("large");
    large.context = Some(300);
    let mut brief = candidate("brief");
    brief.context = Some(150);
    brief.max_output = Some(50);
    let profile = profile();
    let filtered = filter(
        vec![small, large, brief, candidate("unknown")],
        &limits(&profile),
    );
    assert_eq!(kept(&filtered), ["large", "brief", "unknown"]);
    assert_eq!(filtered.excluded[0].reason, "context");
}

#[test]
fn a_latency_limit_excludes_only_what_is_known_to_be_slow() {
    let mut slow = candidate("slow");
    slow.health.latency_ms = Some(2_001.0);
    let mut fast = candidate("fast");
    fast.health.latency_ms = Some(2_000.0);
    let profile = profile();
    let limits = Limits {
        max_latency: Some(Duration::from_secs(2)),
        ..limits(&profile)
    };
    let filtered = filter(vec![slow, fast, candidate("unknown")], &limits);
    assert_eq!(kept(&filtered), ["fast", "unknown"]);
    assert_eq!(
        filtered.excluded[0].detail,
        "takes about 2001 ms, the limit is 2000 ms"
    );
}

#[test]
fn a_cost_limit_excludes_what_is_dear_and_what_has_no_price() {
    // 100 tokens in and 200 out: 500 millionths of a unit.
    let mut dear = candidate("dear");
    dear.price = Some(price(1, 3, Currency::USD));
    let mut exact = candidate("exact");
    exact.price = Some(price(1, 2, Currency::USD));
    let mut foreign = candidate("foreign");
    foreign.price = Some(price(1, 1, Currency::CNY));
    let profile = profile();
    let limits = Limits {
        max_costs: &[usd("0.0005")],
        ..limits(&profile)
    };
    let all = vec![dear, exact, foreign, candidate("unknown")];
    let filtered = filter(all.clone(), &limits);
    assert_eq!(kept(&filtered), ["exact"]);
    let details: Vec<_> = filtered
        .excluded
        .iter()
        .map(|out| out.detail.as_str())
        .collect();
    assert_eq!(
        details,
        [
            "would cost about $0.0007, the limit is $0.0005",
            "priced in CNY, the limit is in USD; state the limit in CNY",
            "its price is unknown, so $0.0005 cannot be kept",
        ]
    );
    let stricter = Limits {
        max_costs: &[usd("1"), usd("0.0001")],
        ..limits
    };
    let nothing = filter(all, &stricter);
    assert!(nothing.all_for("cost"));
    assert_eq!(nothing.cheapest_refused, Some(usd("0.0005")));
}

#[test]
fn only_the_models_that_may_be_used_are() {
    let profile = profile();
    let models = [Pick {
        model: "b".into(),
        provider: None,
    }];
    let limits = Limits {
        models: Some(&models),
        ..limits(&profile)
    };
    let filtered = filter(vec![candidate("a"), candidate("b")], &limits);
    assert_eq!(kept(&filtered), ["b"]);
    assert_eq!(filtered.excluded[0].reason, "preference");
}

#[test]
fn a_resting_candidate_is_left_out_while_another_can_serve() {
    let profile = profile();
    let wait = Some(Duration::from_millis(2_500));
    let filtered = filter(
        vec![resting("resting", wait), candidate("well")],
        &limits(&profile),
    );
    assert_eq!(kept(&filtered), ["well"]);
    assert_eq!(filtered.all_rest_for, None);
    assert_eq!(
        filtered.excluded[0].detail,
        "rests after repeated failures; the next try is in 2.5 s"
    );
}

#[test]
fn when_all_rest_the_first_due_is_told_and_one_that_is_due_may_be_tried() {
    let profile = profile();
    let [soon, later] = [Duration::from_secs(3), Duration::from_secs(9)];
    let filtered = filter(
        vec![resting("a", Some(later)), resting("b", Some(soon))],
        &limits(&profile),
    );
    assert!(filtered.all_for("health"));
    assert_eq!(filtered.all_rest_for, Some(soon));

    let filtered = filter(
        vec![
            resting("a", Some(later)),
            resting("b", Some(Duration::ZERO)),
        ],
        &limits(&profile),
    );
    assert_eq!(kept(&filtered), ["b"]);
    assert_eq!(filtered.all_rest_for, None);
}

#[test]
fn a_further_deployment_is_named() {
    let mut second = resting("m#2", Some(Duration::from_secs(1)));
    second.model = "m".into();
    let profile = profile();
    let filtered = filter(vec![candidate("m"), second], &limits(&profile));
    assert_eq!(filtered.excluded[0].model.as_str(), "m");
    assert!(filtered.excluded[0].detail.starts_with("m#2: rests"));
}
