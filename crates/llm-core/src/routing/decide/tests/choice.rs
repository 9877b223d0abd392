//! What names, preferences, routes and the configuration do to a decision.

use std::time::Duration;

use super::*;
use crate::routing::fixtures::{candidate, price};
use crate::types::cooperation::{CooperationRequest, MemberSpec};
use crate::types::message::Message;
use crate::types::money::{Currency, Money};
use crate::types::plan::{Fallback, HealthState};

/// Three models; `b` is served twice.
fn small() -> Bench {
    let mut b = candidate("b");
    b.quality = Some(0.6);
    let mut b2 = b.clone();
    b2.deployment = "b#2".into();
    b2.provider = "other".into();
    let mut bench = Bench::of(vec![candidate("a"), b, b2, candidate("c")]);
    bench.candidates[0].quality = Some(0.9);
    bench.candidates[3].quality = Some(0.3);
    bench
}

fn route(models: &[&str]) -> RouteConfig {
    RouteConfig {
        models: models.iter().map(|name| (*name).to_owned()).collect(),
        ..RouteConfig::default()
    }
}

fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn a_named_model_is_tried_at_all_its_deployments_and_nowhere_else() {
    let decision = small().decide(&pinned("b")).unwrap();
    assert_eq!(decision.strategy, "pinned");
    assert_eq!(models(&decision), ["b", "b"]);
    assert!(decision.excluded.is_empty());
    assert!(decision.cooperation.is_none());

    let at_other = small().decide(&pinned("other/b")).unwrap();
    assert_eq!(deployments(&at_other), ["b#2"]);
}

#[test]
fn deployments_of_a_named_model_share_by_weight_below_the_same_priority() {
    let mut bench = small();
    bench.candidates[2].priority = -1;
    assert_eq!(
        deployments(&bench.decide(&pinned("b")).unwrap()),
        ["b#2", "b"]
    );
    bench.candidates[2].priority = 0;
    let router = bench.router();
    let ask = pinned("b");
    let firsts: std::collections::BTreeSet<String> = (0..32)
        .map(|seed| {
            let query = Decide {
                seed,
                ..bench.query(&ask)
            };
            deployments(&router.decide(query).unwrap())[0].to_owned()
        })
        .collect();
    assert_eq!(firsts.len(), 2);
}

#[test]
fn a_named_model_falls_back_only_where_somebody_said_so() {
    let mut bench = small();
    let mut ask = pinned("c");
    ask.preferences.fallback = Fallback::Models(names(&["b", "a"]));
    let decision = bench.decide(&ask).unwrap();
    assert_eq!(models(&decision)[0], "c");
    assert_eq!(models(&decision)[3], "a");
    assert_eq!(decision.steps[3].reasons.last().unwrap().factor, "fallback");

    bench.routing.fallback_for_pinned = true;
    assert_eq!(
        models(&bench.decide(&pinned("c")).unwrap()),
        ["c", "a", "b", "b"]
    );
    ask.preferences.fallback = Fallback::None;
    assert_eq!(models(&bench.decide(&ask).unwrap()), ["c"]);
}

#[test]
fn a_fallback_serves_when_the_named_model_cannot() {
    let mut bench = small();
    bench.candidates[3].health.state = HealthState::Open;
    bench.candidates[3].health.retry_in = Some(Duration::from_secs(5));
    let mut ask = pinned("c");
    ask.preferences.fallback = Fallback::Models(names(&["a"]));
    let decision = bench.decide(&ask).unwrap();
    assert_eq!(models(&decision), ["a"]);
    assert_eq!(decision.excluded[0].reason, "health");
    assert!(decision.warnings[0].contains("fallback"));
}

#[test]
fn a_fallback_the_caller_names_takes_the_place_of_the_rest() {
    let mut ask = ask("hello");
    ask.preferences.strategy = Some("quality".into());
    ask.preferences.fallback = Fallback::Models(names(&["c", "other/b"]));
    let decision = small().decide(&ask).unwrap();
    assert_eq!(deployments(&decision), ["a", "c", "b#2"]);
    let left: Vec<_> = decision
        .excluded
        .iter()
        .map(|out| (out.model.as_str(), out.reason))
        .collect();
    assert_eq!(left, [("b", "rank")], "the other deployment was not named");
}

#[test]
fn no_fallback_means_one_step() {
    let mut ask = ask("hello");
    ask.preferences.fallback = Fallback::None;
    let decision = small().decide(&ask).unwrap();
    assert_eq!(decision.steps.len(), 1);
    let reasons: Vec<_> = decision.excluded.iter().map(|out| out.reason).collect();
    assert_eq!(reasons, ["rank"; 3], "every candidate is accounted for");
}

#[test]
fn the_plan_names_no_more_models_than_may_be_tried() {
    let mut bench = small();
    bench.routing.max_candidates = 2;
    bench.routing.strategy = "quality".into();
    let decision = bench.decide(&ask("hello")).unwrap();
    assert_eq!(
        models(&decision),
        ["a", "b", "b"],
        "deployments are not counted"
    );
    let behind = &decision.excluded[0];
    assert_eq!((behind.model.as_str(), behind.reason), ("c", "rank"));
    assert!(behind.detail.ends_with("at most 2 models are tried"));
}

#[test]
fn a_list_of_models_is_kept_to_and_settles_ties() {
    let mut bench = small();
    for candidate in &mut bench.candidates {
        candidate.quality = None;
    }
    let mut ask = ask("hello");
    ask.preferences.models = names(&["c", "a"]);
    let decision = bench.decide(&ask).unwrap();
    assert_eq!(models(&decision), ["c", "a"]);
    assert!(
        decision
            .excluded
            .iter()
            .all(|out| out.reason == "preference")
    );

    let mut pinned = pinned("b");
    pinned.preferences.models = names(&["a"]);
    let decision = bench.decide(&pinned).unwrap();
    assert_eq!(models(&decision), ["b", "b"]);
    assert_eq!(decision.warnings.len(), 1);
}

#[test]
fn the_strategy_is_the_callers_then_the_routes_then_the_configured_one() {
    let mut bench = small();
    bench.routing.strategy = "quality".into();
    bench.routes.insert(
        "cheap".into(),
        RouteConfig {
            strategy: Some("cost".into()),
            ..route(&["b", "c"])
        },
    );
    let strategy = |model: &str, wanted: Option<&str>| {
        let mut ask = Ask::of_model(model, ChatRequest::question("hello"));
        ask.preferences.strategy = wanted.map(str::to_owned);
        bench.decide(&ask).unwrap().strategy
    };
    assert_eq!(strategy("auto", None), "quality");
    assert_eq!(strategy("", None), "quality");
    assert_eq!(strategy("cheap", None), "cost");
    assert_eq!(strategy("cheap", Some("least-busy")), "least_loaded");
    assert_eq!(strategy("latency", None), "latency");
}

#[test]
fn a_route_keeps_to_its_models_and_falls_back_on_its_own() {
    let mut bench = small();
    bench.routes.insert(
        "mine".into(),
        RouteConfig {
            fallback: names(&["a"]),
            ..route(&["c"])
        },
    );
    let decision = bench.decide(&pinned("mine")).unwrap();
    assert_eq!(models(&decision), ["c", "a"]);
    assert!(decision.excluded.is_empty(), "others were never asked for");
}

#[test]
fn a_routes_limit_holds_beside_the_callers() {
    let mut bench = small();
    for (candidate, dollars) in bench.candidates.iter_mut().zip([1, 50, 50, 4]) {
        candidate.price = Some(price(dollars, dollars, Currency::USD));
    }
    bench.routes.insert(
        "capped".into(),
        RouteConfig {
            max_cost: Some("0.001 USD".into()),
            ..RouteConfig::default()
        },
    );
    let mut ask = pinned("capped");
    assert_eq!(models(&bench.decide(&ask).unwrap()), ["a", "c"]);
    ask.preferences.max_cost = Some(Money::parse("0.0002", Currency::USD).unwrap());
    assert_eq!(models(&bench.decide(&ask).unwrap()), ["a"]);
    assert!(
        bench.decide(&ask).unwrap().steps[0]
            .estimated_cost
            .is_some()
    );
}

#[test]
fn the_default_model_stands_in_for_no_name() {
    let mut bench = small();
    bench.routing.default_model = Some("c".into());
    assert_eq!(models(&bench.decide(&pinned("")).unwrap()), ["c"]);
    assert_eq!(bench.decide(&pinned("auto")).unwrap().target.kind(), "auto");
}

#[test]
fn the_callers_task_decides_and_an_unknown_one_is_told() {
    let bench = Bench::earlier();
    let mut request = ask("你好");
    request.task = Some("complex_reasoning".into());
    let decision = bench.decide(&request).unwrap();
    assert_eq!(decision.profile.task.as_str(), "reasoning");
    assert!(decision.profile.task_is_given);
    assert_eq!(models(&decision)[0], "qwen3_32b_reasoning");

    request.task = Some("frobnicate".into());
    let decision = bench.decide(&request).unwrap();
    assert_eq!(decision.profile.task.as_str(), "general");
    assert!(!decision.profile.task_is_given);
    assert_eq!(
        decision.warnings,
        ["task type `frobnicate` is not known and was taken as `general`"]
    );
}

#[test]
fn a_task_of_the_configuration_is_known_and_taken_at_its_word() {
    let mut bench = Bench::earlier();
    let row = |name: &str| TaskConfig {
        primary: names(&[name]),
        fallback: Vec::new(),
    };
    bench.tasks.insert("legal".into(), row("qwen2_5_7b"));
    bench.tasks.insert("knowledge".into(), row("qwen2_5_7b"));
    let mut request = ask("hello");
    request.task = Some("legal".into());
    assert_eq!(models(&bench.decide(&request).unwrap())[0], "qwen2_5_7b");
    // Demanding, and still the model the configuration names.
    let hard = ask("详细解释量子计算的原理和应用");
    assert_eq!(models(&bench.decide(&hard).unwrap())[0], "qwen2_5_7b");
}

#[test]
fn what_was_found_out_is_remembered_until_something_changes() {
    let bench = Bench::earlier();
    let router = bench.router();
    let request = ask("解方程：2x² + 5x - 3 = 0");
    let start = now();
    let decide = |scope: &str, now| {
        let mut query = bench.query(&request);
        query.scope = scope;
        query.now = now;
        router.decide(query).unwrap()
    };
    let first = decide("", start);
    let second = decide("", start);
    assert!(!first.cached && second.cached);
    assert_eq!(first.profile, second.profile);
    assert!(!decide("another tenant", start).cached);
    assert!(!decide("", start + Duration::from_secs(301)).cached);
}

#[test]
fn health_is_looked_at_after_the_cache() {
    let mut bench = Bench::earlier();
    let router = bench.router();
    let request = ask("解方程：2x² + 5x - 3 = 0");
    let first =
        |bench: &Bench| models(&router.decide(bench.query(&request)).unwrap())[0].to_owned();
    assert_eq!(first(&bench), "qwen3_32b_reasoning");
    bench.candidates[1].health.state = HealthState::Open;
    bench.candidates[1].health.retry_in = Some(Duration::from_secs(9));
    assert_eq!(first(&bench), "qwen3_32b");
}

#[test]
fn a_turn_that_goes_on_keeps_the_task_of_the_one_before() {
    for more in ["继续", "go on", "再详细一点", "Continue."] {
        let mut request = ask("写一首关于秋天的诗");
        request.chat.messages.push(Message::assistant("秋风起……"));
        request.chat.messages.push(Message::user(more));
        let decision = Bench::earlier().decide(&request).unwrap();
        assert_eq!(decision.profile.task.as_str(), "writing", "{more}");
        assert!(decision.profile.evidence[0].contains("turn before"));
    }
    let mut request = ask("写一首关于秋天的诗");
    request
        .chat
        .messages
        .push(Message::user("现在把它翻译成英文"));
    let decision = Bench::earlier().decide(&request).unwrap();
    assert_eq!(decision.profile.task.as_str(), "translation");
}

#[test]
fn cooperation_by_name_by_request_and_by_route() {
    let mut bench = Bench::earlier();
    bench.routes.insert(
        "council".into(),
        RouteConfig {
            mode: Some("voting".into()),
            ..route(&["qwen2_5_7b", "qwen3_8b"])
        },
    );
    let by_name = bench
        .decide(&Ask::of_model(
            "cooperate/voting",
            ChatRequest::question("2+2?"),
        ))
        .unwrap();
    let cooperation = by_name.cooperation.as_ref().unwrap();
    assert_eq!(
        (cooperation.mode.as_str(), cooperation.named),
        ("voting", false)
    );
    // Two suit the task; a vote wants a third, and text models stand before other specialists.
    assert_eq!(
        members(&by_name)[..3],
        ["qwen3_32b_reasoning", "qwen3_32b", "qwen3_8b"]
    );

    let by_route = bench.decide(&pinned("council")).unwrap();
    assert_eq!(members(&by_route), ["qwen2_5_7b", "qwen3_8b"]);
    assert!(by_route.cooperation.as_ref().unwrap().named);

    let mut request = ask("1+1=?");
    request.cooperation = Some(CooperationRequest {
        members: ["qwen3_8b", "qwen2_5_vl_72b"].map(member).to_vec(),
        ..CooperationRequest::default()
    });
    let by_request = bench.decide(&request).unwrap();
    assert_eq!(
        members(&by_request),
        ["qwen3_8b", "qwen2_5_vl_72b"],
        "in the order named"
    );
    let cooperation = by_request.cooperation.unwrap();
    assert_eq!(
        cooperation.mode, "voting",
        "an answer that is right or wrong"
    );
    assert!(cooperation.reason.contains("voting suits math"));
}

fn member(model: &str) -> MemberSpec {
    MemberSpec {
        model: model.to_owned(),
        role: None,
        count: 1,
    }
}

#[test]
fn the_configured_members_take_part_where_nobody_names_others() {
    let mut bench = Bench::earlier();
    bench.cooperation.models = names(&["qwen2_5_7b", "qwen3_32b_router"]);
    let decision = bench.decide(&pinned("cooperate/parallel")).unwrap();
    assert_eq!(members(&decision), ["qwen2_5_7b", "qwen3_32b_router"]);
}

#[test]
fn several_models_are_not_asked_unasked_where_it_is_not_wanted() {
    let text = "详细解释量子计算的原理和应用";
    let cooperates = |bench: &Bench, change: fn(&mut Ask)| {
        let mut request = ask(text);
        change(&mut request);
        bench.decide(&request).unwrap().cooperation.is_some()
    };
    let bench = Bench::earlier();
    assert!(cooperates(&bench, |_| {}));
    assert!(!cooperates(&bench, |ask| ask.model = "qwen3_8b".into()));
    assert!(!cooperates(&bench, |ask| ask.preferences.strategy = Some("cost".into())));
    assert!(!cooperates(&bench, |ask| ask
        .preferences
        .quality_priority = Some(0.1)));
    assert!(!cooperates(&bench, |ask| ask.preferences.models =
        vec!["qwen3_8b".into()]));
    assert!(!cooperates(&bench, |ask| ask.chat.sampling.stop = vec!["\n".into()]));
    assert!(!cooperates(&bench, |ask| ask.chat.sampling.n = Some(2)));
    let mut off = Bench::earlier();
    off.routing.auto_cooperate = false;
    assert!(!cooperates(&off, |_| {}));
}

#[test]
fn several_models_keep_the_limit_together() {
    let mut bench = Bench::earlier();
    for candidate in &mut bench.candidates {
        candidate.price = Some(price(1, 1, Currency::USD));
    }
    let mut request = ask("详细解释量子计算的原理和应用");
    let one = bench.decide(&request).unwrap().steps[0]
        .estimated_cost
        .unwrap();
    request.preferences.max_cost = Some(Money {
        nanos: one.nanos * 2,
        ..one
    });
    let decision = bench.decide(&request).unwrap();
    assert!(decision.cooperation.is_none(), "three would cost more");
    assert!(!decision.steps.is_empty());
}

#[test]
fn a_participant_knows_all_its_deployments() {
    let bench = small();
    let decision = bench.decide(&pinned("cooperate/parallel")).unwrap();
    let cooperation = decision.cooperation.unwrap();
    let b = cooperation
        .members
        .iter()
        .find(|member| member.model.as_str() == "b")
        .unwrap();
    assert_eq!(b.targets.len(), 2);
}

#[test]
fn the_text_is_read_only_where_the_choice_or_somebody_needs_it() {
    let mut bench = small();
    for candidate in &mut bench.candidates {
        candidate.price = Some(price(1, 1, Currency::USD));
    }
    let router = bench.router();
    let mut ask = ask("What is 2 + 2?");
    let task = |ask: &Ask, in_full: bool| {
        let query = Decide {
            in_full,
            ..bench.query(ask)
        };
        router.decide(query).unwrap().profile.task.to_string()
    };
    assert_eq!(task(&ask, false), "math");
    ask.model = "a".to_owned();
    assert_eq!(task(&ask, true), "math");
    assert_eq!(task(&ask, false), "general");
    ask.preferences.max_cost = Some(Money {
        nanos: 5_000_000_000,
        currency: Currency::USD,
    });
    assert_eq!(task(&ask, false), "math");
}
