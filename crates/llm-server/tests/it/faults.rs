//! Every way a provider fails, as the caller is told: status, code, attempts; never an answer,
//! never a secret.

use std::time::Duration;

use llm_testkit::builders::TEST_KEY;
use llm_testkit::logs::assert_free_of;
use llm_testkit::reply::Reply;
use llm_testkit::upstream::refused_url;
use serde_json::{Value, json};

use crate::support::{Setup, TestServer, checked, question};

/// One attempt, and little patience.
const STRICT: &str = "\n[limits]\nretries = 0\nfirst_byte_ms = 200\n";

async fn server() -> TestServer {
    Setup::models(&["small"]).toml(STRICT).start().await
}

#[tokio::test]
async fn each_failure_of_a_provider_has_its_status_and_code() {
    let server = server().await;
    let context = Reply::error_with(
        400,
        "invalid_request_error",
        "context_length_exceeded",
        "This model's maximum context length is 8192 tokens.",
    );
    let quota = Reply::error_with(
        429,
        "insufficient_quota",
        "insufficient_quota",
        "Pay first.",
    );
    let filter = Reply::error_with(400, "invalid_request_error", "content_filter", "Filtered.");
    let broken = Reply::json(&json!({ "choices": "none" }));
    for (reply, status, code) in [
        (Reply::error(401), 502, "upstream_auth"),
        (Reply::error(429), 429, "upstream_rate_limited"),
        (quota, 429, "upstream_quota"),
        (Reply::error(500), 502, "upstream_error"),
        (Reply::error(503), 502, "upstream_error"),
        (Reply::error(404), 502, "upstream_model_not_found"),
        (Reply::error(400), 400, "provider_rejected"),
        (context, 400, "context_length_exceeded"),
        (filter, 400, "content_filter"),
        (Reply::html(), 502, "upstream_invalid_response"),
        (broken, 502, "upstream_invalid_response"),
        (
            Reply::wire("no HTTP at all\r\n\r\n"),
            502,
            "upstream_invalid_response",
        ),
        (
            Reply::wire("HTTP/1.1 200 OK\r\nbad header\r\n\r\n"),
            502,
            "upstream_invalid_response",
        ),
        (
            Reply::redirect("http://192.0.2.1/"),
            502,
            "upstream_redirect",
        ),
        (Reply::close(), 502, "upstream_error"),
        (Reply::hang(), 504, "upstream_timeout"),
    ] {
        server.upstream.next(reply);
        let body = server.ask("small", status).await;
        let error = &body["error"];
        assert_eq!(error["code"], code, "{error:#}");
        assert_eq!(error["attempts"][0]["model"], "small");
        assert_eq!(error["attempts"][0]["provider"], "scripted");
        assert_free_of("an error body", &body.to_string(), &[TEST_KEY]);
        assert!(body.get("choices").is_none());
        // A deployment that rests would hide the next failure.
        server.upstream.next(Reply::text("well again"));
        server.ask("small", 200).await;
    }
}

#[tokio::test]
async fn the_reply_says_who_was_tried_and_whether_to_try_again() {
    let server = server().await;
    server.upstream.next(Reply::error(429).retry_after(7));
    let mut response = server
        .post("/v1/chat/completions", &question("small"))
        .send()
        .await;
    assert_eq!(response.header("retry-after"), "7");
    assert_eq!(response.header("x-should-retry"), "false");
    assert_eq!(response.header("x-llmcoop-model"), "small");
    assert_eq!(response.header("x-llmcoop-attempts"), "1");
    let body = checked("post", "/v1/chat/completions", 429, &mut response).await;
    assert_eq!(body["error"]["retry_after_ms"], 7_000);
    assert_eq!(body["error"]["source"], "provider");
    assert_eq!(body["error"]["type"], "rate_limit_error");
}

#[tokio::test]
async fn nobody_at_the_address_is_a_failure_of_the_provider() {
    let server = Setup::models(&["small"])
        .toml(&format!(
            "{STRICT}\n[providers.gone]\nkind = \"openai-compatible\"\nbase_url = \"{}\"\n\
             api_key = \"sk-none-0123456789\"\n[models.lost]\nprovider = \"gone\"\n",
            refused_url()
        ))
        .start()
        .await;
    let body = server.ask("lost", 502).await;
    assert_eq!(body["error"]["code"], "upstream_error");
}

#[tokio::test]
async fn a_model_without_a_key_is_known_and_cannot_be_called() {
    let server = Setup::models(&["small"])
        .toml("\n[providers.keyless]\nkind = \"openai\"\n[models.locked]\nprovider = \"keyless\"\n")
        .start()
        .await;
    let body = server.ask("locked", 503).await;
    assert_eq!(body["error"]["code"], "missing_credential");
    assert!(
        body["error"]["message"]
            .as_str()
            .unwrap()
            .contains("keyless")
    );
    assert_eq!(server.upstream.attempts().len(), 0);
    let list = server.get_json("/v1/models", 200).await;
    assert!(!list.to_string().contains("locked"));
    let figures = server.get_json("/models", 200).await;
    assert_eq!(figures["models"]["locked"]["status"], "credential");
}

#[tokio::test]
async fn another_model_answers_when_the_first_choice_fails() {
    let server = Setup::models(&["small", "large"])
        .toml("\n[limits]\nretries = 0\n[routes.team]\nmodels = [\"small\", \"large\"]\nstrategy = \"priority\"\n")
        .start()
        .await;
    server.upstream.on("small").reply(Reply::error(500));
    server.upstream.on("large").reply_text("here");
    let mut response = server
        .post("/v1/chat/completions", &question("team"))
        .send()
        .await;
    assert_eq!(response.header("x-llmcoop-fallback"), "true");
    assert_eq!(response.header("x-llmcoop-attempts"), "2");
    let body = checked("post", "/v1/chat/completions", 200, &mut response).await;
    assert_eq!(body["model"], "large");
    assert_eq!(body["llm_cooperation"]["failover"], true);
}

#[tokio::test]
async fn when_all_fail_each_is_told_with_its_own_reason() {
    let server = Setup::models(&["small", "large"])
        .toml("\n[limits]\nretries = 0\n[routes.team]\nmodels = [\"small\", \"large\"]\n")
        .start()
        .await;
    server.upstream.on("small").reply(Reply::error(500));
    server.upstream.on("large").reply(Reply::error(429));
    let body = server.ask("team", 502).await;
    assert_eq!(body["error"]["code"], "all_candidates_failed");
    let codes: Vec<&Value> = body["error"]["attempts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|attempt| &attempt["code"])
        .collect();
    assert_eq!(codes.len(), 2);
    assert!(codes.contains(&&json!("upstream_error")));
    assert!(codes.contains(&&json!("upstream_rate_limited")));
}

#[tokio::test]
async fn a_model_that_rests_is_not_called_and_says_when_it_is_tried_again() {
    let server = Setup::models(&["small"])
        .toml("\n[limits]\nretries = 0\nbreaker_failures = 1\nbreaker_open_ms = 60000\n")
        .start()
        .await;
    server.upstream.on("small").reply(Reply::error(500));
    server.ask("small", 502).await;
    let mut response = server
        .post("/v1/chat/completions", &question("small"))
        .send()
        .await;
    let wait: u64 = response.header("retry-after").parse().unwrap();
    assert!((40..=72).contains(&wait), "{wait}");
    let body = checked("post", "/v1/chat/completions", 503, &mut response).await;
    assert_eq!(body["error"]["code"], "no_healthy_upstream");
    assert_eq!(server.upstream.attempts().len(), 1);
    let figures = server.get_json("/models", 200).await;
    assert_eq!(figures["models"]["small"]["status"], "open");
    assert_eq!(server.get("/readyz").send().await.status, 503);
}

#[tokio::test]
async fn the_deadline_of_a_whole_request_ends_it() {
    let server = Setup::models(&["small"])
        .toml("\n[limits]\nretries = 0\nrequest_ms = 150\n")
        .start()
        .await;
    server.upstream.on("small").reply(Reply::hang());
    let body = server.ask("small", 504).await;
    assert_eq!(body["error"]["code"], "deadline_exceeded");
    server.upstream.wait_for_abort().await;
}

#[tokio::test]
async fn more_requests_than_there_is_room_for_are_refused_at_once() {
    let server = Setup::models(&["small"])
        .toml("\n[limits]\nmax_concurrent_requests = 1\n")
        .start()
        .await;
    let gate = llm_testkit::gate::Gate::new();
    server
        .upstream
        .on("small")
        .reply(Reply::text("late").hold(&gate));
    let first = server
        .post("/v1/chat/completions", &question("small"))
        .send();
    let second = async {
        server.upstream.wait_for_attempts(1).await;
        let refused = server.ask("small", 503).await;
        gate.open();
        refused
    };
    let (first, refused) = tokio::join!(first, second);
    assert_eq!(refused["error"]["code"], "server_is_overloaded");
    assert_eq!(first.status, 200);
}

#[tokio::test]
async fn a_caller_that_leaves_cancels_the_call_to_the_provider() {
    let server = server().await;
    server.upstream.on("small").reply(Reply::hang());
    let asking = server
        .post("/v1/chat/completions", &question("small"))
        .send();
    tokio::select! {
        response = asking => panic!("{response:?}"),
        _ = server.upstream.wait_for_attempts(1) => {}
    }
    let attempt = server.upstream.wait_for_abort().await;
    assert_eq!(attempt.model(), "small");
}

#[tokio::test]
async fn a_reply_too_large_to_hold_is_a_failure() {
    let server = Setup::models(&["small"])
        .toml("\n[limits]\nretries = 0\nmax_reply_bytes = 1000\n")
        .start()
        .await;
    server.upstream.on("small").reply_text(&"x".repeat(5_000));
    let body = server.ask("small", 502).await;
    assert_eq!(body["error"]["code"], "upstream_invalid_response");
}

#[tokio::test]
async fn a_retry_that_succeeds_is_an_answer_with_two_attempts() {
    let server = Setup::models(&["small"])
        .toml("\n[limits]\nretries = 1\nbackoff_ms = 1\n")
        .start()
        .await;
    server
        .upstream
        .on("small")
        .reply(Reply::error(500))
        .then(Reply::text("second"));
    let body = server.ask("small", 200).await;
    assert_eq!(body["choices"][0]["message"]["content"], "second");
    assert_eq!(body["llm_cooperation"]["attempts"], 2);
    // Nothing waits longer than the pauses the configuration allows.
    assert!(
        Duration::from_millis(body["llm_cooperation"]["duration_ms"].as_u64().unwrap()).as_secs()
            < 10
    );
}
