//! The JSON shape other programs rely on.

use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::routing::explain;
use crate::routing::fixtures::price;
use crate::types::money::Currency;

fn keys(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

#[test]
fn a_decision_is_explained_in_the_documented_shape() {
    let mut bench = Bench::earlier();
    bench.candidates[1].price = Some(price(2, 6, Currency::CNY));
    let explained = explain::decision(&bench.decide(&ask("解方程：2x² + 5x - 3 = 0")).unwrap());
    assert_eq!(
        keys(&explained),
        [
            "cached",
            "cooperation",
            "excluded",
            "mode",
            "profile",
            "requested",
            "steps",
            "strategy",
            "took_us",
            "warnings"
        ]
    );
    assert_eq!(explained["mode"], "single");
    assert_eq!(explained["profile"]["task"], "math");
    assert_eq!(explained["profile"]["language"], "zh");
    assert_eq!(explained["profile"]["needs"], json!([]));
    assert_eq!(
        explained["profile"]["evidence"][0],
        "task math: a formula, a question about numbers, `解方程`"
    );
    let first = &explained["steps"][0];
    assert_eq!(first["rank"], 1);
    assert_eq!(first["model"], "qwen3_32b_reasoning");
    assert_eq!(first["estimated_cost"]["currency"], "CNY");
    assert_eq!(first["reasons"][0]["factor"], "task");
    assert_eq!(first["reasons"][0]["detail"], "known to suit math");
    assert_eq!(explained["steps"][1]["estimated_cost"], Value::Null);
    assert_eq!(explained["took_us"], Value::Null);
}

#[test]
fn a_plan_has_the_same_shape_and_its_time() {
    let decision = Bench::earlier()
        .decide(&ask("详细解释量子计算的原理和应用"))
        .unwrap();
    let decided = explain::decision(&decision);
    assert_eq!(decided["mode"], "parallel");
    assert_eq!(decided["cooperation"]["members"][0], "qwen3_32b_reasoning");
    let planned = explain::plan(&decision.into_plan(None, Duration::from_micros(31)));
    assert_eq!(keys(&planned), keys(&decided));
    assert_eq!(planned["took_us"], 31);
    assert_eq!(planned["mode"], "single", "no cooperation was planned");
    assert_eq!(planned["profile"], decided["profile"]);
    assert_eq!(planned["steps"], decided["steps"]);
}

#[test]
fn exclusions_are_explained_for_errors_too() {
    let mut request = ask("hello");
    request.chat.format =
        crate::types::chat::ResponseFormat::JsonSchema(crate::types::chat::JsonSchema {
            name: "s".into(),
            description: None,
            schema: json!({}),
            strict: None,
        });
    let error = Bench::earlier().decide(&request).unwrap_err();
    assert_eq!(
        explain::exclusions(error.excluded())[0],
        json!({"model": "qwen3_32b_router", "reason": "capability", "detail": "lacks json_schema"})
    );
}
