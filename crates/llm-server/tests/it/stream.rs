//! `POST /v1/chat/completions` as a stream of events.

use std::time::Duration;

use llm_testkit::gate::Gate;
use llm_testkit::http::Response;
use llm_testkit::reply::Reply;
use serde_json::{Value, json};

use crate::support::{Setup, chunk_conforms, streamed};

const CHAT: &str = "/v1/chat/completions";

/// The chunks of a stream, after its end has been looked at.
async fn chunks(response: &mut Response) -> Vec<Value> {
    let mut events = response.events().await.unwrap();
    assert_eq!(events.pop().as_deref(), Some("[DONE]"), "{events:#?}");
    events.iter().map(|event| parsed(event)).collect()
}

fn parsed(event: &str) -> Value {
    let chunk: Value = serde_json::from_str(event).unwrap_or_else(|_| panic!("{event}"));
    chunk_conforms(&chunk);
    chunk
}

/// The text that a choice of a stream adds up to.
fn text(chunks: &[Value], choice: usize) -> String {
    chunks
        .iter()
        .flat_map(|chunk| chunk["choices"].as_array().unwrap())
        .filter(|one| one["index"] == choice)
        .filter_map(|one| one["delta"]["content"].as_str())
        .collect()
}

#[tokio::test]
async fn pieces_arrive_as_they_are_written_and_the_last_one_tells_how() {
    let server = Setup::models(&["small"]).start().await;
    let gate = Gate::new();
    server.upstream.on("small").reply(
        Reply::pieces(["fo", "ur"])
            .usage(7, 2)
            .hold_before(1, &gate),
    );
    let mut response = server.post(CHAT, &streamed("small")).send().await;
    assert_eq!(response.status, 200);
    for (name, value) in [
        ("content-type", "text/event-stream"),
        ("cache-control", "no-cache"),
        ("x-accel-buffering", "no"),
        ("x-llmcoop-model", "small"),
        ("x-llmcoop-provider", "scripted"),
        ("x-llmcoop-strategy", "pinned"),
        ("x-llmcoop-mode", "single"),
        ("x-llmcoop-attempts", "1"),
    ] {
        assert_eq!(response.header(name), value, "{name}");
    }
    // The first piece is here although the provider has not sent the second.
    let first = parsed(&response.event().await.unwrap().unwrap());
    assert_eq!(
        first["choices"][0]["delta"],
        json!({ "role": "assistant", "content": "fo" })
    );
    gate.open();
    let rest = chunks(&mut response).await;
    assert_eq!(text(&rest, 0), "ur");
    let last = rest.last().unwrap();
    assert_eq!(last["choices"][0]["finish_reason"], "stop");
    assert_eq!(last["llm_cooperation"]["usage"]["output_tokens"], 2);
    assert!(last.get("usage").is_none(), "nobody asked for it");
    let ids: Vec<&Value> = rest.iter().map(|chunk| &chunk["id"]).collect();
    assert!(ids.iter().all(|id| **id == first["id"]));
}

#[tokio::test]
async fn usage_comes_in_a_chunk_of_its_own_when_it_is_asked_for() {
    let server = Setup::models(&["small"]).start().await;
    server.upstream.on("small").reply_text("four").usage(7, 1);
    let mut body = streamed("small");
    body["stream_options"] = json!({ "include_usage": true });
    let mut response = server.post(CHAT, &body).send().await;
    let chunks = chunks(&mut response).await;
    let last = chunks.last().unwrap();
    assert_eq!(last["choices"], json!([]));
    assert_eq!(last["usage"]["total_tokens"], 8);
    assert_eq!(last["llm_cooperation"]["model"], "small");
    let before = &chunks[chunks.len() - 2];
    assert_eq!(before["choices"][0]["finish_reason"], "stop");
    assert!(before.get("llm_cooperation").is_none());
    assert_eq!(
        server.upstream.attempts()[0].json()["stream_options"]["include_usage"],
        true
    );
}

#[tokio::test]
async fn text_that_looks_like_the_protocol_stays_text() {
    let server = Setup::models(&["small"]).start().await;
    let nasty = "a\n\ndata: [DONE]\n\nevent: x\r\n\u{2028}\r:b";
    server.upstream.on("small").reply_text(nasty);
    let mut response = server.post(CHAT, &streamed("small")).send().await;
    let chunks = chunks(&mut response).await;
    assert_eq!(text(&chunks, 0), nasty);
}

#[tokio::test]
async fn several_answers_and_tool_calls_pass_through() {
    let server = Setup::models(&["small"]).start().await;
    let event = |choice: Value| {
        json!({ "id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice] }).to_string()
    };
    server.upstream.on("small").reply(Reply::events([
        event(json!({ "index": 0, "delta": { "role": "assistant", "content": "one" }, "finish_reason": null })),
        event(json!({ "index": 1, "delta": { "role": "assistant", "content": "two" }, "finish_reason": null })),
        event(json!({ "index": 0, "delta": {}, "finish_reason": "stop" })),
        event(json!({ "index": 1, "delta": { "tool_calls": [{ "index": 0, "id": "c1", "type": "function",
            "function": { "name": "f", "arguments": "{}" } }] }, "finish_reason": null })),
        event(json!({ "index": 1, "delta": {}, "finish_reason": "tool_calls" })),
        "[DONE]".to_owned(),
    ]));
    let mut body = streamed("small");
    body["n"] = json!(2);
    let mut response = server.post(CHAT, &body).send().await;
    let chunks = chunks(&mut response).await;
    assert_eq!(
        (text(&chunks, 0), text(&chunks, 1)),
        ("one".into(), "two".into())
    );
    let finish: Vec<&Value> = chunks
        .iter()
        .flat_map(|chunk| chunk["choices"].as_array().unwrap())
        .map(|choice| &choice["finish_reason"])
        .filter(|reason| !reason.is_null())
        .collect();
    assert_eq!(finish, [&json!("stop"), &json!("tool_calls")]);
    let call = chunks
        .iter()
        .find_map(|chunk| chunk["choices"][0]["delta"]["tool_calls"].get(0))
        .unwrap();
    assert_eq!(call["function"]["name"], "f");
}

#[tokio::test]
async fn a_cooperation_streams_its_final_answer() {
    let server = Setup::models(&["a", "b", "c"]).start().await;
    for (model, answer) in [("a", "Answer: 4"), ("b", "Answer: 4"), ("c", "Answer: 5")] {
        server.upstream.on(model).reply_text(answer).usage(5, 3);
    }
    let mut body = streamed("cooperate/voting");
    body["models"] = json!(["a", "b", "c"]);
    let mut response = server.post(CHAT, &body).send().await;
    assert_eq!(response.header("x-llmcoop-model"), "cooperate/voting");
    assert_eq!(response.header("x-llmcoop-mode"), "voting");
    let chunks = chunks(&mut response).await;
    assert!(text(&chunks, 0).contains("Answer: 4"));
    let last = chunks.last().unwrap();
    assert_eq!(last["model"], "cooperate/voting");
    let run = &last["llm_cooperation"]["cooperation"];
    assert_eq!(run["tally"]["winner"], "4");
    assert!(run["members"].as_array().unwrap().len() >= 2);
}

#[tokio::test]
async fn what_happens_meanwhile_is_shown_when_it_is_asked_for() {
    let server = Setup::models(&["a", "b"]).start().await;
    server.upstream.on("a").reply_text("one").usage(5, 3);
    server.upstream.on("b").reply_text("two").usage(5, 3);
    let mut body = streamed("cooperate/parallel");
    body["llm_cooperation"] = json!({
        "events": true, "models": ["a", "b"], "integration_strategy": "concatenate",
    });
    let mut response = server.post(CHAT, &body).send().await;
    let stream = response.text().await;
    let events: Vec<Value> = stream
        .split("\n\n")
        .filter_map(|frame| frame.strip_prefix("event: llm_cooperation\ndata: "))
        .map(|data| serde_json::from_str(data).unwrap())
        .collect();
    let kinds: Vec<&str> = events
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds.first(), Some(&"route.decided"));
    for kind in ["run.started", "model.started", "model.completed"] {
        assert!(kinds.contains(&kind), "{kind} in {kinds:?}");
    }
    assert_eq!(kinds.last(), Some(&"run.completed"));
    let numbers: Vec<u64> = events
        .iter()
        .map(|event| event["seq"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, (0..numbers.len() as u64).collect::<Vec<_>>());
    assert!(stream.ends_with("data: [DONE]\n\n"), "{stream}");
    assert!(stream.contains("\"content\":\"one"), "{stream}");
}

#[tokio::test]
async fn a_silent_stream_says_that_it_is_alive() {
    let server = Setup::models(&["small"])
        .stream_grace(Duration::from_millis(1))
        .keep_alive(Duration::from_millis(5))
        .start()
        .await;
    let gate = Gate::new();
    server
        .upstream
        .on("small")
        .reply(Reply::text("at last").hold(&gate));
    let mut response = server.post(CHAT, &streamed("small")).send().await;
    // The head is there although the provider has sent nothing at all.
    assert_eq!(response.status, 200);
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains(": keep-alive\n\n: keep-alive\n\n") {
        seen.extend(response.chunk().await.unwrap().unwrap());
    }
    gate.open();
    let rest = response.text().await;
    assert!(
        rest.contains("at last") && rest.ends_with("data: [DONE]\n\n"),
        "{rest}"
    );
}

#[tokio::test]
async fn a_provider_that_ignores_the_wish_to_stream_is_streamed_all_the_same() {
    let server = Setup::models(&["small"]).start().await;
    server.upstream.on("small").reply(Reply::json(&json!({
        "id": "x", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{ "index": 0, "message": { "role": "assistant", "content": "whole" },
                      "finish_reason": "stop" }],
    })));
    let mut response = server.post(CHAT, &streamed("small")).send().await;
    let chunks = chunks(&mut response).await;
    assert_eq!(text(&chunks, 0), "whole");
}
