//! Requests with an `Idempotency-Key` that are repeated: whole, streamed, at once, with another body.

use llm_testkit::gate::Gate;
use llm_testkit::http::Response;
use llm_testkit::reply::Reply;
use serde_json::Value;

use super::{CHAT, two_keys};
use crate::support::{Setup, TestServer, checked, question, streamed};

async fn send(server: &TestServer, body: &Value, key: &str) -> Response {
    let request = server.post(CHAT, body);
    request.header("idempotency-key", key).send().await
}

#[tokio::test]
async fn a_repeated_request_gets_the_answer_it_had_and_is_paid_once() {
    let server = Setup::models(&["small"]).start().await;
    let script = server.upstream.on("small");
    script.reply_text("four").then(Reply::text("five"));
    let mut first = send(&server, &question("small"), "job-1").await;
    assert_eq!(first.header("idempotent-replayed"), "");
    let first_body = checked("post", CHAT, 200, &mut first).await;
    let mut second = send(&server, &question("small"), "job-1").await;
    assert_eq!(second.header("idempotent-replayed"), "true");
    assert_eq!(second.header("x-llmcoop-model"), "small");
    assert_ne!(second.header("x-request-id"), first.header("x-request-id"));
    assert_eq!(second.json().await, first_body);
    assert_eq!(server.upstream.attempts().len(), 1);
    let usage = server.get_json("/api/v1/usage/stats", 200).await;
    assert_eq!(usage["data"]["total"]["requests"], 1);

    let mut other = send(&server, &question("small"), "job-2").await;
    let other = checked("post", CHAT, 200, &mut other).await;
    assert_eq!(other["choices"][0]["message"]["content"], "five");
}

#[tokio::test]
async fn a_key_belongs_to_its_body_and_its_caller() {
    let server = Setup::models(&["small"]).toml(&two_keys()).start().await;
    server.upstream.on("small").reply_text("four");
    let send = async |body: &Value, whose: &str| {
        let request = server.post(CHAT, body).bearer(whose);
        request.header("idempotency-key", "job").send().await
    };
    assert_eq!(send(&question("small"), "flood").await.status, 200);
    let mut other_body = question("small");
    other_body["temperature"] = 1.into();
    let mut refused = send(&other_body, "flood").await;
    let error = checked("post", CHAT, 422, &mut refused).await;
    assert_eq!(error["error"]["code"], "idempotency_mismatch");
    assert_eq!(error["error"]["type"], "idempotency_error");
    assert_eq!(refused.header("x-should-retry"), "false");
    assert_eq!(send(&other_body, "quiet").await.status, 200);
    assert_eq!(server.upstream.attempts().len(), 2);
}

#[tokio::test]
async fn while_a_request_is_answered_its_repetition_is_told_so() {
    let server = Setup::models(&["small"]).start().await;
    let gate = Gate::new();
    server
        .upstream
        .on("small")
        .reply(Reply::text("four").hold(&gate));
    let body = question("small");
    let first = send(&server, &body, "job");
    let second = async {
        server.upstream.wait_for_attempts(1).await;
        let mut second = send(&server, &question("small"), "job").await;
        assert_eq!(second.header("retry-after"), "1");
        let error = checked("post", CHAT, 409, &mut second).await;
        assert_eq!(error["error"]["code"], "idempotency_in_progress");
        gate.open();
    };
    let (first, ()) = tokio::join!(first, second);
    assert_eq!(first.status, 200);
    assert_eq!(server.upstream.attempts().len(), 1);
}

#[tokio::test]
async fn a_request_that_failed_may_be_made_again() {
    let server = Setup::models(&["small"])
        .toml("\n[limits]\nretries = 0\n")
        .start()
        .await;
    let script = server.upstream.on("small");
    script.reply(Reply::error(500)).then(Reply::text("four"));
    assert_eq!(send(&server, &question("small"), "job").await.status, 502);
    assert_eq!(send(&server, &question("small"), "job").await.status, 200);
}

#[tokio::test]
async fn a_stream_is_sent_again_when_it_ended_well_and_only_then() {
    let server = Setup::models(&["small"]).start().await;
    let script = server.upstream.on("small");
    script
        .reply(Reply::pieces(["half", "gone"]).cut_after(1))
        .then(Reply::pieces(["fo", "ur"]))
        .then(Reply::text("never"));
    let cut = send(&server, &streamed("small"), "job").await.text().await;
    assert!(cut.contains("upstream_stream_interrupted"), "{cut}");
    let mut whole = send(&server, &streamed("small"), "job").await;
    let text = whole.text().await;
    assert!(text.ends_with("data: [DONE]\n\n"), "{text}");
    let mut again = send(&server, &streamed("small"), "job").await;
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(again.header("content-type"), "text/event-stream");
    assert_eq!(again.text().await, text);
    assert_eq!(server.upstream.attempts().len(), 2);
}

#[tokio::test]
async fn a_reader_that_left_may_ask_again() {
    let server = Setup::models(&["small"]).start().await;
    let script = server.upstream.on("small");
    script
        .reply(Reply::pieces(["half", "gone"]).stall_after(1))
        .then(Reply::pieces(["fo", "ur"]));
    let mut left = send(&server, &streamed("small"), "job").await;
    left.event().await.unwrap();
    drop(left);
    server.upstream.wait_for_abort().await;
    // The server hears of it when the connection does.
    loop {
        let mut again = send(&server, &streamed("small"), "job").await;
        if again.status == 200 {
            assert!(again.text().await.ends_with("data: [DONE]\n\n"));
            return;
        }
        assert_eq!(again.status, 409);
    }
}

#[tokio::test]
async fn a_key_has_a_length() {
    let server = Setup::models(&["small"]).start().await;
    for key in ["", &"x".repeat(256)] {
        let mut response = send(&server, &question("small"), key).await;
        let error = checked("post", CHAT, 400, &mut response).await;
        assert_eq!(error["error"]["param"], "idempotency-key");
    }
    assert!(server.upstream.attempts().is_empty());
}
