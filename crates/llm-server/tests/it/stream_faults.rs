//! Streams that fail: before the answer begins with a status, after it in the stream, and never
//! with an end that looks clean.

use std::time::Duration;

use llm_testkit::builders::TEST_KEY;
use llm_testkit::gate::Gate;
use llm_testkit::logs::assert_free_of;
use llm_testkit::reply::Reply;
use serde_json::{Value, json};

use crate::support::{Setup, checked, streamed};

const CHAT: &str = "/v1/chat/completions";
const STRICT: &str = "\n[limits]\nretries = 0\nidle_ms = 200\nfirst_token_ms = 200\n";

#[tokio::test]
async fn a_failure_before_the_answer_begins_has_its_own_status() {
    let server = Setup::models(&["small"]).toml(STRICT).start().await;
    for (reply, status, code) in [
        (Reply::error(401), 502, "upstream_auth"),
        (Reply::error(429), 429, "upstream_rate_limited"),
        (Reply::pieces(["a"]).cut_after(0), 502, "upstream_truncated"),
        (Reply::pieces(["a"]).stall_after(0), 504, "upstream_timeout"),
        (
            Reply::events(["{\"error\":{\"message\":\"no\",\"code\":500}}"]),
            502,
            "upstream_error",
        ),
    ] {
        server.upstream.next(reply);
        let mut response = server.post(CHAT, &streamed("small")).send().await;
        let body = checked("post", CHAT, status, &mut response).await;
        assert_eq!(body["error"]["code"], code, "{body:#}");
        server.upstream.next(Reply::text("well again"));
        let mut response = server.post(CHAT, &streamed("small")).send().await;
        assert!(response.text().await.contains("well again"));
    }
    let mut response = server.post(CHAT, &streamed("none")).send().await;
    checked("post", CHAT, 404, &mut response).await;
}

#[tokio::test]
async fn a_stream_that_breaks_off_ends_with_an_error_and_nothing_else() {
    let server = Setup::models(&["small"]).toml(STRICT).start().await;
    for (reply, code) in [
        (
            Reply::pieces(["half", "gone"]).cut_after(1),
            "upstream_stream_interrupted",
        ),
        (
            Reply::pieces(["half", "gone"]).reset_after(1),
            "upstream_stream_interrupted",
        ),
        (
            Reply::pieces(["half", "gone"]).stall_after(1),
            "upstream_timeout",
        ),
        (
            Reply::text("half").no_finish(),
            "upstream_stream_interrupted",
        ),
        (
            Reply::pieces(["half", "gone"])
                .event_after(1, "{\"error\":{\"message\":\"oops\",\"code\":500}}"),
            "upstream_error",
        ),
        (
            Reply::pieces(["half", "gone"]).event_after(1, "no json"),
            "upstream_stream_interrupted",
        ),
    ] {
        server.upstream.next(reply);
        let mut response = server.post(CHAT, &streamed("small")).send().await;
        assert_eq!(response.status, 200, "{code}");
        let events = response.events().await.unwrap();
        let stream = events.join("\n");
        let last: Value = serde_json::from_str(events.last().unwrap()).unwrap();
        assert_eq!(last["error"]["code"], code, "{stream}");
        assert_eq!(last["error"]["request_id"], response.header("x-request-id"));
        assert!(stream.contains("half"), "{stream}");
        assert!(!stream.contains("[DONE]"), "{stream}");
        assert!(!stream.contains("\"finish_reason\":\"stop\""), "{stream}");
        assert_free_of("a stream", &stream, &[TEST_KEY]);
        server.upstream.next(Reply::text("well again"));
        server.ask("small", 200).await;
    }
}

#[tokio::test]
async fn after_the_grace_a_failure_is_told_in_the_stream() {
    let server = Setup::models(&["small"])
        .toml(STRICT)
        .stream_grace(Duration::ZERO)
        .start()
        .await;
    let gate = Gate::new();
    server
        .upstream
        .on("small")
        .reply(Reply::error(500).hold(&gate));
    let mut response = server.post(CHAT, &streamed("small")).send().await;
    assert_eq!(response.status, 200);
    gate.open();
    let events = response.events().await.unwrap();
    let last: Value = serde_json::from_str(events.last().unwrap()).unwrap();
    assert_eq!(last["error"]["code"], "upstream_error");
    assert_eq!(events.len(), 1);
}

#[tokio::test]
async fn whoever_watches_the_progress_is_told_of_a_failure_in_the_stream() {
    let server = Setup::models(&["small"]).toml(STRICT).start().await;
    server.upstream.on("small").reply(Reply::error(500));
    let mut body = streamed("small");
    body["llm_cooperation"] = json!({ "events": true });
    let mut response = server.post(CHAT, &body).send().await;
    assert_eq!(response.status, 200);
    let stream = response.text().await;
    assert!(stream.contains("\"type\":\"run.failed\""), "{stream}");
    let last = stream.trim_end().rsplit("\n\n").next().unwrap();
    assert!(last.starts_with("data: {\"error\":"), "{last}");
    body["model"] = json!("none");
    let mut response = server.post(CHAT, &body).send().await;
    checked("post", CHAT, 404, &mut response).await;
}

#[tokio::test]
async fn a_reader_that_leaves_cancels_every_call_of_the_run() {
    let server = Setup::models(&["a", "b"]).start().await;
    server
        .upstream
        .on("a")
        .reply(Reply::pieces(["x", "y"]).stall_after(1));
    server
        .upstream
        .on("b")
        .reply(Reply::pieces(["x", "y"]).stall_after(1));
    let mut alone = server.post(CHAT, &streamed("a")).send().await;
    alone.event().await.unwrap();
    drop(alone);
    server.upstream.wait_for_aborts(1).await;

    let mut body = streamed("cooperate/parallel");
    body["llm_cooperation"] = json!({ "events": true, "models": ["a", "b"] });
    let mut together = server.post(CHAT, &body).send().await;
    server.upstream.wait_for_attempts(3).await;
    together.event().await.unwrap();
    drop(together);
    server.upstream.wait_for_aborts(3).await;
    // What was used until then is booked, and nothing is left running.
    let stats = loop {
        let stats = server.get_json("/routing/stats", 200).await;
        let status = server.get_json("/status", 200).await;
        if status["resource_usage"]["active_requests"] == 0 {
            break stats;
        }
    };
    assert_eq!(stats["total_requests"], 2);
    assert_eq!(stats["success_rate"], 0.0);
    let usage = server.get_json("/api/v1/usage/stats", 200).await;
    assert_eq!(usage["data"]["total"]["failures"], 3);
}

#[tokio::test]
async fn an_answer_that_breaks_its_schema_has_no_clean_end() {
    let server = Setup::models(&["small"])
        .toml("\n[models.json]\nprovider = \"scripted\"\ncapabilities = [\"json_schema\"]\n")
        .start()
        .await;
    server.upstream.on("json").reply_text("{\"a\":\"text\"}");
    let mut body = streamed("json");
    body["response_format"] = json!({ "type": "json_schema", "json_schema": { "name": "n", "schema":
        { "type": "object", "properties": { "a": { "type": "integer" } } } } });
    // Nobody asked for a check: the answer passes as the provider gave it.
    let mut response = server.post(CHAT, &body).send().await;
    assert!(response.text().await.contains("[DONE]"));
    body["llm_cooperation"] = json!({ "validate": true });
    let mut response = server.post(CHAT, &body).send().await;
    let stream = response.text().await;
    assert!(stream.contains("schema_mismatch"), "{stream}");
    assert!(
        !stream.contains("[DONE]") && !stream.contains("\"finish_reason\":\"stop\""),
        "{stream}"
    );
    body["stream"] = json!(false);
    let reply = server.post_json(CHAT, &body, 422).await;
    assert_eq!(reply["error"]["code"], "schema_mismatch");
}

#[tokio::test]
async fn a_reader_that_reads_slowly_gets_everything() {
    let server = Setup::models(&["small"]).start().await;
    let pieces: Vec<String> = (0..2_000)
        .map(|n| format!("{n} {}", "x".repeat(500)))
        .collect();
    server
        .upstream
        .on("small")
        .reply(Reply::pieces(pieces.clone()));
    let mut response = server.post(CHAT, &streamed("small")).send().await;
    // Nothing is read until the provider has been kept waiting.
    server.upstream.wait_for_attempts(1).await;
    let events = response.events().await.unwrap();
    assert_eq!(events.last().map(String::as_str), Some("[DONE]"));
    let text: String = events[..events.len() - 1]
        .iter()
        .map(|event| serde_json::from_str::<Value>(event).unwrap())
        .filter_map(|chunk| {
            chunk["choices"][0]["delta"]["content"]
                .as_str()
                .map(str::to_owned)
        })
        .collect();
    assert_eq!(text, pieces.concat());
}
