//! `POST /v1/messages`: the Anthropic dialect, whole, streamed and failing.

use llm_testkit::reply::Reply;
use serde_json::{Value, json};

use crate::support::{Setup, TestServer, checked};

const MESSAGES: &str = "/v1/messages";

fn question(model: &str) -> Value {
    json!({
        "model": model,
        "max_tokens": 50,
        "messages": [{ "role": "user", "content": "What is 2+2?" }],
    })
}

fn streamed(model: &str) -> Value {
    let mut body = question(model);
    body["stream"] = json!(true);
    body
}

/// The events of a stream: each has the name its type says.
async fn events(server: &TestServer, body: &Value) -> Vec<Value> {
    let mut response = server.post(MESSAGES, body).send().await;
    assert_eq!(response.status, 200);
    let text = response.text().await;
    text.trim_end()
        .split("\n\n")
        .map(|event| {
            let (name, data) = event.split_once('\n').unwrap();
            let data: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
            assert_eq!(name.strip_prefix("event: ").unwrap(), data["type"]);
            data
        })
        .collect()
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn an_answer_is_a_message() {
    let server = Setup::models(&["small"]).start().await;
    server.upstream.on("small").reply_text("four").usage(7, 1);
    let body = server.post_json(MESSAGES, &question("small"), 200).await;
    assert!(body["id"].as_str().unwrap().starts_with("msg_"));
    assert_eq!(body["model"], "small");
    assert_eq!(body["content"], json!([{ "type": "text", "text": "four" }]));
    assert_eq!(body["stop_reason"], "end_turn");
    assert_eq!(body["usage"]["input_tokens"], 7);
    assert_eq!(body["usage"]["output_tokens"], 1);
    assert_eq!(body["llm_cooperation"]["strategy"], "pinned");
    let sent = server.upstream.attempts()[0].json();
    assert_eq!(sent["messages"], question("small")["messages"]);
}

#[tokio::test]
async fn a_stream_has_the_events_of_the_dialect_in_their_order() {
    let server = Setup::models(&["small"]).start().await;
    server
        .upstream
        .on("small")
        .reply(Reply::pieces(["fo", "ur"]).usage(7, 2));
    let events = events(&server, &streamed("small")).await;
    assert_eq!(
        kinds(&events),
        [
            "message_start",
            "content_block_start",
            "content_block_delta",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "message_stop",
        ]
    );
    assert_eq!(events[0]["message"]["model"], "small");
    assert_eq!(events[3]["delta"]["text"], "ur");
    let last = &events[5];
    assert_eq!(last["delta"]["stop_reason"], "end_turn");
    assert_eq!(last["usage"]["input_tokens"], 7);
    assert_eq!(last["usage"]["output_tokens"], 2);
    assert_eq!(last["llm_cooperation"]["model"], "small");
}

#[tokio::test]
async fn failures_are_in_the_envelope_of_the_dialect() {
    let server = Setup::models(&["small"])
        .toml("\n[limits]\nretries = 0\n")
        .start()
        .await;
    let cases = [
        (
            json!({ "model": "none" }),
            404,
            "not_found_error",
            "model_not_found",
        ),
        (
            json!({ "max_tokens": null }),
            400,
            "invalid_request_error",
            "missing_field",
        ),
        (
            json!({ "top_k": 5 }),
            400,
            "invalid_request_error",
            "unsupported_parameter",
        ),
        (
            json!({ "messages": [] }),
            400,
            "invalid_request_error",
            "invalid_value",
        ),
    ];
    for (change, status, kind, code) in cases {
        let mut body = question("small");
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        let error = server.post_json(MESSAGES, &body, status).await;
        assert_eq!(error["type"], "error", "{error}");
        assert_eq!(error["error"]["type"], kind, "{error}");
        assert_eq!(error["error"]["code"], code, "{error}");
        assert_eq!(error["request_id"], error["error"]["request_id"]);
    }
    server.upstream.next(Reply::error(429));
    let mut response = server.post(MESSAGES, &question("small")).send().await;
    let error = checked("post", MESSAGES, 429, &mut response).await;
    assert_eq!(error["error"]["type"], "rate_limit_error");
}

#[tokio::test]
async fn a_stream_that_breaks_off_ends_with_an_error_event() {
    let server = Setup::models(&["small"])
        .toml("\n[limits]\nretries = 0\n")
        .start()
        .await;
    server
        .upstream
        .next(Reply::pieces(["half", "gone"]).cut_after(1));
    let events = events(&server, &streamed("small")).await;
    let last = events.last().unwrap();
    assert_eq!(last["type"], "error");
    assert_eq!(last["error"]["code"], "upstream_stream_interrupted");
    assert!(!kinds(&events).contains(&"message_stop"));
    assert!(!kinds(&events).contains(&"message_delta"));
}

#[tokio::test]
async fn what_is_only_a_hint_is_left_out_with_a_warning() {
    let server = Setup::models(&["small"]).start().await;
    server.upstream.on("small").reply(Reply::text("four"));
    let mut body = question("small");
    body["service_tier"] = json!("auto");
    body["system"] = json!([{
        "type": "text", "text": "Be brief.", "cache_control": { "type": "ephemeral" },
    }]);
    let mut response = server.post(MESSAGES, &body).send().await;
    let answer = checked("post", MESSAGES, 200, &mut response).await;
    let header = response.header("x-llmcoop-warnings");
    for name in ["service_tier", "cache_control"] {
        assert!(header.contains(name), "{header}");
    }
    assert_eq!(
        answer["llm_cooperation"]["warnings"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let sent = server.upstream.attempts()[0].json();
    assert_eq!(
        sent["messages"][0],
        json!({ "role": "system", "content": "Be brief." })
    );
}

#[tokio::test]
async fn tokens_are_estimated_for_models_there_are() {
    let server = Setup::models(&["small"]).start().await;
    let path = "/v1/messages/count_tokens";
    let mut body = question("small");
    body.as_object_mut().unwrap().remove("max_tokens");
    let count = server.post_json(path, &body, 200).await;
    assert!(count["input_tokens"].as_u64().unwrap() > 5, "{count}");
    body["model"] = json!("none");
    server.post_json(path, &body, 404).await;
    assert!(server.upstream.attempts().is_empty());
}

#[tokio::test]
async fn every_name_of_a_model_works_in_the_dialect() {
    let server = Setup::models(&["a", "b"]).start().await;
    server.upstream.on_anything().reply(Reply::text("four"));
    for name in ["auto", "cooperate/parallel"] {
        let body = server.post_json(MESSAGES, &question(name), 200).await;
        assert!(!body["content"][0]["text"].as_str().unwrap().is_empty());
    }
}
