//! Every wrong request, as the caller is told: status, code, the field at fault; nothing is sent
//! to a provider.

use serde_json::{Value, json};

use crate::support::{Setup, TestServer, question};

async fn server() -> TestServer {
    Setup::models(&["small", "large"]).start().await
}

/// A wrong value of one field of a chat completion, and what it is told as: the field, its value,
/// the status, the code, the parameter named as wrong.
type WrongField = (&'static str, &'static str, u16, &'static str, &'static str);

const WRONG_FIELDS: &[WrongField] = &[
    ("model", r#""none""#, 404, "model_not_found", "model"),
    ("model", "7", 400, "invalid_value", "model"),
    ("messages", "[]", 400, "empty_query", "messages"),
    ("messages", r#""hi""#, 400, "invalid_value", "messages"),
    (
        "messages",
        r#"[{"role":"user","content":"  "}]"#,
        400,
        "empty_query",
        "messages",
    ),
    (
        "messages",
        r#"[{"role":"wizard","content":"x"}]"#,
        400,
        "invalid_value",
        "messages[0].role",
    ),
    ("temperature", "9", 400, "invalid_value", "temperature"),
    ("n", "18446744073686646784", 400, "invalid_value", "n"),
    ("max_tokens", "-1", 400, "invalid_value", "max_tokens"),
    ("stream", r#""yes""#, 400, "invalid_value", "stream"),
    (
        "strategy",
        r#""psychic""#,
        400,
        "unknown_strategy",
        "strategy",
    ),
    (
        "preferences",
        r#"{"quality_priority":2}"#,
        400,
        "invalid_value",
        "preferences.quality_priority",
    ),
    (
        "cooperation",
        r#"{"mode":"brawl"}"#,
        400,
        "unknown_mode",
        "mode",
    ),
    (
        "model",
        r#""cooperate/brawl""#,
        404,
        "model_not_found",
        "model",
    ),
    (
        "cooperation",
        r#"{"mode":"parallel","models":["small","large"],"integration_strategy":"shout"}"#,
        400,
        "unknown_integrator",
        "integration_strategy",
    ),
    (
        "cooperation",
        r#"{"mode":"voting","models":["small"]}"#,
        400,
        "too_few_members",
        "models",
    ),
    (
        "cooperation",
        r#"{"mode":"parallel","models":["small","none"]}"#,
        404,
        "model_not_found",
        "model",
    ),
    (
        "cooperation",
        r#"{"models":["small","large"],"rounds":99}"#,
        400,
        "invalid_value",
        "rounds",
    ),
    (
        "prompt_template",
        r#""none""#,
        404,
        "unknown_template",
        "prompt_template",
    ),
    (
        "base_url",
        r#""http://x""#,
        400,
        "invalid_value",
        "base_url",
    ),
    ("api_key", r#""sk-x""#, 400, "invalid_value", "api_key"),
    ("functions", "[]", 400, "invalid_value", "functions"),
];

/// A wrong request to one of the earlier paths: the path, the body, and then as above.
const WRONG_REQUESTS: &[WrongField] = &[
    ("/query", "{}", 400, "missing_field", "query"),
    ("/query", r#"{"query":" \n"}"#, 400, "empty_query", "query"),
    ("/query", r#"{"query":5}"#, 400, "invalid_value", "query"),
    (
        "/query",
        r#"{"query":"x","preferences":{"strategy":"psychic"}}"#,
        400,
        "unknown_strategy",
        "strategy",
    ),
    (
        "/query",
        r#"{"query":"x","model":"none"}"#,
        404,
        "model_not_found",
        "model",
    ),
    (
        "/service",
        r#"{"service_type":"astrology","content":"x"}"#,
        400,
        "unknown_service",
        "service_type",
    ),
    (
        "/service",
        r#"{"service_type":"data_insight","content":""}"#,
        400,
        "empty_query",
        "content",
    ),
    (
        "/service",
        r#"{"service_type":"document_analysis","content":"x","parameters":{"document_type":"scroll"}}"#,
        400,
        "invalid_value",
        "parameters.document_type",
    ),
    (
        "/cooperation/task",
        r#"{"query":"x","mode":"brawl"}"#,
        400,
        "unknown_mode",
        "mode",
    ),
    (
        "/cooperation/task",
        r#"{"query":"x","rounds":"many"}"#,
        400,
        "invalid_value",
        "rounds",
    ),
    ("/cooperation/task", "{}", 400, "missing_field", "query"),
    (
        "/api/v1/chat/completions",
        r#"{"messages":[]}"#,
        400,
        "empty_query",
        "messages",
    ),
];

fn parsed(json: &str) -> Value {
    json.parse().expect("the rows above are JSON")
}

#[tokio::test]
async fn each_wrong_field_of_a_chat_completion_is_named() {
    let server = server().await;
    for &(field, value, status, code, param) in WRONG_FIELDS {
        let mut body = question("small");
        body[field] = parsed(value);
        let reply = server
            .post_json("/v1/chat/completions", &body, status)
            .await;
        let error = &reply["error"];
        assert_eq!(
            (error["code"].as_str(), error["param"].as_str()),
            (Some(code), Some(param)),
            "{field}: {value}"
        );
        assert_eq!(error["source"], "client", "{error:#}");
        assert_eq!(error["type"], "invalid_request_error");
    }
    assert_eq!(server.upstream.attempts().len(), 0);
}

#[tokio::test]
async fn a_near_name_is_suggested() {
    let server = server().await;
    let body = server.ask("smal", 404).await;
    assert!(
        body["error"]["message"]
            .as_str()
            .unwrap()
            .contains("`small`")
    );
}

#[tokio::test]
async fn each_wrong_request_to_the_earlier_paths_fails_with_the_same_envelope() {
    let server = server().await;
    for &(path, body, status, code, param) in WRONG_REQUESTS {
        let reply = server.post_json(path, &parsed(body), status).await;
        let error = &reply["error"];
        assert_eq!(
            (error["code"].as_str(), error["param"].as_str()),
            (Some(code), Some(param)),
            "{path} {body}"
        );
        assert_eq!(reply["success"], false);
        assert_eq!(reply["result"], Value::Null);
        assert_eq!(reply["detail"], error["message"]);
        assert_eq!(reply["request_id"], error["request_id"]);
    }
    assert_eq!(server.upstream.attempts().len(), 0);
}

#[tokio::test]
async fn wrong_parameters_of_lists_are_refused() {
    let server = server().await;
    for path in [
        "/api/v1/usage/stats?days=0",
        "/api/v1/usage/stats?days=soon",
        "/api/v1/usage/stats?days=9999999999999",
    ] {
        let reply = server.get_json(path, 400).await;
        assert_eq!(reply["error"]["param"], "days", "{path}");
    }
}

#[tokio::test]
async fn an_unpayable_request_is_refused_before_it_is_sent() {
    let server = Setup::models(&["small"])
        .toml("\n[models.dear]\nprovider = \"scripted\"\nprice = { input = 1000, output = 1000 }\n")
        .start()
        .await;
    let body = json!({
        "model": "dear",
        "messages": [{ "role": "user", "content": "What is 2+2?" }],
        "preferences": { "max_cost": "0.000001USD" },
    });
    let reply = server.post_json("/v1/chat/completions", &body, 400).await;
    assert_eq!(reply["error"]["code"], "max_cost_exceeded");
    assert_eq!(server.upstream.attempts().len(), 0);
}

#[tokio::test]
async fn the_end_of_a_long_name_is_not_sent_back() {
    let server = server().await;
    let body = server.ask(&"x".repeat(100_000), 404).await;
    assert!(body.to_string().len() < 10_000);
}
