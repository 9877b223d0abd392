//! Requests that go nowhere, and what the caller is told.

use std::time::Duration;

use super::*;
use crate::routing::fixtures::{candidate, price};
use crate::types::code::Code;
use crate::types::cooperation::CooperationRequest;
use crate::types::money::{Currency, Money};
use crate::types::plan::{Fallback, HealthState};

fn two() -> Bench {
    Bench::of(vec![candidate("qwen3_8b"), candidate("qwen2_5_7b")])
}

fn refused(bench: &Bench, ask: &Ask) -> RouteError {
    bench.decide(ask).unwrap_err()
}

fn money(text: &str) -> Money {
    Money::parse(text, Currency::USD).unwrap()
}

#[test]
fn an_unknown_model_is_refused_with_the_nearest() {
    let error = refused(&two(), &pinned("qwen3-8b"));
    assert_eq!(error.code(), Code::ModelNotFound);
    assert_eq!(error.param(), Some("model"));
    assert_eq!(
        error.to_string(),
        "there is no model or route named `qwen3-8b`; did you mean `qwen3_8b`, `qwen2_5_7b`?"
    );
}

#[test]
fn a_model_the_caller_may_not_use_does_not_exist_for_it() {
    let mut bench = two();
    let router = bench.router();
    bench.candidates.remove(0);
    let denied = pinned("qwen3_8b");
    let error = router.decide(bench.query(&denied)).unwrap_err();
    let RouteError::ModelNotFound(unknown) = &error else {
        panic!("{error}");
    };
    assert_eq!(unknown.nearest, ["qwen2_5_7b"]);

    let mut listed = ask("hello");
    listed.preferences.models = vec!["qwen3_8b".into()];
    let error = router.decide(bench.query(&listed)).unwrap_err();
    assert_eq!(error.code(), Code::ModelNotFound);
}

#[test]
fn unknown_strategies_and_modes_are_refused_with_the_list() {
    let mut by_strategy = ask("hello");
    by_strategy.preferences.strategy = Some("ensemble".into());
    let error = refused(&two(), &by_strategy);
    assert_eq!(error.code(), Code::UnknownStrategy);
    assert!(
        error
            .to_string()
            .contains("auto, cost, quality, latency, balanced, round_robin")
    );

    let mut by_mode = ask("hello");
    by_mode.cooperation = Some(CooperationRequest {
        mode: Some("telepathy".into()),
        ..CooperationRequest::default()
    });
    let error = refused(&two(), &by_mode);
    assert_eq!(error.code(), Code::UnknownMode);
    assert!(error.to_string().contains("sequential, parallel, voting"));
}

#[test]
fn preferences_out_of_range_are_refused() {
    for wrong in [-0.1, 1.1, f64::NAN] {
        let mut request = ask("hello");
        request.preferences.quality_priority = Some(wrong);
        let error = refused(&two(), &request);
        assert_eq!(
            (error.code(), error.param()),
            (Code::InvalidValue, Some("quality_priority"))
        );
    }
    let mut request = ask("hello");
    request.preferences.fallback = Fallback::Models(vec!["auto".into()]);
    let error = refused(&two(), &request);
    assert_eq!(
        error.to_string(),
        "`auto` is a name of kind auto; a model is needed here"
    );
}

#[test]
fn nothing_that_can_is_told_with_what_each_lacks() {
    let mut request = ask("hello");
    request.chat.format = crate::types::chat::ResponseFormat::JsonObject;
    let error = refused(&two(), &request);
    assert_eq!(error.code(), Code::NoCandidate);
    assert_eq!(
        error.to_string(),
        "no configured model can serve this request: qwen3_8b lacks json; qwen2_5_7b lacks json"
    );
    assert_eq!(error.excluded().len(), 2);
}

#[test]
fn a_conversation_too_long_for_all_is_told_as_such() {
    let mut bench = two();
    for candidate in &mut bench.candidates {
        candidate.context = Some(50);
    }
    let request = ask(&"word ".repeat(200));
    let error = refused(&bench, &request);
    assert_eq!(error.code(), Code::ContextLength);
    assert!(error.to_string().contains("do not fit its 50"), "{error}");
}

#[test]
fn when_all_rest_the_caller_is_told_when_to_come_back() {
    let mut bench = two();
    for (candidate, seconds) in bench.candidates.iter_mut().zip([8, 3]) {
        candidate.health.state = HealthState::Open;
        candidate.health.retry_in = Some(Duration::from_secs(seconds));
    }
    let error = refused(&bench, &ask("hello"));
    assert_eq!(error.code(), Code::NoHealthyModel);
    assert_eq!(error.retry_in(), Some(Duration::from_secs(3)));
    assert!(
        error.to_string().contains("tried again in 3.0 s"),
        "{error}"
    );
}

#[test]
fn a_limit_nobody_keeps_is_told_with_the_nearest_cost() {
    let mut bench = two();
    bench.candidates[0].price = Some(price(10, 10, Currency::USD));
    let mut request = ask("hello");
    request.preferences.max_cost = Some(money("0.000001"));
    let error = refused(&bench, &request);
    assert_eq!(error.code(), Code::MaxCost);
    let RouteError::MaxCost { cheapest, .. } = &error else {
        panic!("{error}");
    };
    assert!(cheapest.is_some());
    let text = error.to_string();
    assert!(
        text.starts_with("no model keeps the limit of $0.000001: qwen3_8b would cost"),
        "{text}"
    );
    assert!(text.contains("qwen2_5_7b its price is unknown"), "{text}");
}

#[test]
fn a_missing_credential_and_an_empty_configuration_are_told_apart() {
    let mut bench = Bench::of(Vec::new());
    assert_eq!(refused(&bench, &ask("hello")).code(), Code::NotConfigured);
    bench.excluded.push(Exclusion {
        model: "qwen3_8b".into(),
        reason: "credential",
        detail: "has no API key".into(),
    });
    assert_eq!(
        refused(&bench, &ask("hello")).code(),
        Code::MissingCredential
    );
    let error = refused(&bench, &pinned("qwen3_8b"));
    assert_eq!(
        error.to_string(),
        "model `qwen3_8b` cannot serve this request: qwen3_8b has no API key"
    );
}

#[test]
fn exclusions_of_other_models_do_not_crowd_a_named_one() {
    let mut bench = two();
    bench.excluded.push(Exclusion {
        model: "disabled_one".into(),
        reason: "disabled",
        detail: "is disabled".into(),
    });
    assert!(
        bench
            .decide(&pinned("qwen3_8b"))
            .unwrap()
            .excluded
            .is_empty()
    );
    assert_eq!(bench.decide(&ask("hello")).unwrap().excluded.len(), 1);
}

#[test]
fn everything_wrong_with_the_configuration_is_said_at_once() {
    let mut bench = two();
    bench.routing.strategy = "best-effort".into();
    bench.routing.quality_priority = 7.0;
    bench.routing.default_model = Some("gone".into());
    bench.cooperation.models = vec!["auto".into()];
    bench.routes.insert(
        "r".into(),
        RouteConfig {
            models: vec!["qwen3_9b".into()],
            mode: Some("telepathy".into()),
            max_cost: Some("cheap".into()),
            ..RouteConfig::default()
        },
    );
    let problems = bench.try_router().err().unwrap();
    let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
    for start in [
        "routing.default_model: there is no model or route named `gone`",
        "routes.r.models: there is no model or route named `qwen3_9b`; did you mean `qwen3_8b`",
        "routes.r.mode: there is no mode `telepathy`",
        "routes.r.max_cost: `cheap` is not an amount of money",
        "routing.strategy: there is no strategy `best-effort`",
        "routing.quality_priority: 7 is not between 0 and 1",
        "cooperation.models: `auto` is a name of kind auto, not a model",
    ] {
        assert!(
            texts.iter().any(|text| text.starts_with(start)),
            "{start}\n{texts:#?}"
        );
    }
    assert_eq!(texts.len(), 7, "{texts:#?}");
}
