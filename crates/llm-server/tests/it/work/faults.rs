//! What all operations have in common: which models may do them, and how each failure is told.

use llm_testkit::builders::TEST_KEY;
use llm_testkit::logs::assert_free_of;
use llm_testkit::reply::Reply;
use serde_json::json;

use super::{cases, server};
use crate::support::{Setup, checked, question};

const STRICT: &str = "\n[limits]\nretries = 0\nfirst_byte_ms = 300\ntotal_ms = 600\n";

#[tokio::test]
async fn each_operation_is_done_by_name_and_by_auto_and_billed_to_its_name() {
    let server = server("").await;
    for case in cases() {
        for model in ["worker", "auto", ""] {
            server.upstream.next(case.good());
            let mut response = case.ask(&server, model).send().await;
            assert_eq!(response.status, 200, "{}", case.path);
            assert_eq!(response.header("x-llmcoop-model"), "worker");
            if case.ability == "speech" {
                assert_eq!(response.bytes().await.unwrap(), b"sound");
            } else {
                checked("post", case.path, 200, &mut response).await;
            }
            let sent = server.upstream.attempts().pop().unwrap();
            assert_eq!(sent.path, case.path);
            assert!(sent.carried_key(TEST_KEY));
        }
    }
}

#[tokio::test]
async fn a_model_that_cannot_is_refused_with_those_that_can() {
    let server =
        server("\n[models.other]\nprovider = \"scripted\"\ncapabilities = [\"speech\"]\n").await;
    for case in cases() {
        let mut response = case.ask(&server, "talker").send().await;
        let body = checked("post", case.path, 400, &mut response).await;
        let message = body["error"]["message"].as_str().unwrap();
        assert_eq!(body["error"]["param"], "model", "{body:#}");
        assert!(message.contains("`talker` does not do"), "{message}");
        assert!(message.contains("`worker`"), "{message}");
        assert_eq!(
            message.contains("`other`"),
            case.ability == "speech",
            "{message}"
        );

        let mut response = case.ask(&server, "nobody").send().await;
        checked("post", case.path, 404, &mut response).await;
        let mut response = case.ask(&server, "cooperate/voting").send().await;
        let body = checked("post", case.path, 400, &mut response).await;
        assert!(
            body["error"]["message"]
                .as_str()
                .unwrap()
                .contains("cooperate")
        );
    }
    // And the other way round: what only works holds no conversations.
    let body = server.ask("worker", 400).await;
    assert_eq!(body["error"]["code"], "no_candidate");
    server.upstream.next(Reply::text("hi"));
    let mut response = server
        .post("/v1/chat/completions", &question("auto"))
        .send()
        .await;
    assert_eq!(response.header("x-llmcoop-model"), "talker");
    response.text().await;
    assert_eq!(server.upstream.attempts().len(), 1);
}

#[tokio::test]
async fn without_a_model_that_can_the_hint_says_how_to_get_one() {
    let server = Setup::models(&["talker"]).start().await;
    for case in cases() {
        let mut response = case.ask(&server, "auto").send().await;
        let body = checked("post", case.path, 400, &mut response).await;
        let hint = body["error"]["hint"].as_str().unwrap();
        assert!(
            hint.contains(&format!("capabilities = [\"{}\"]", case.ability)),
            "{hint}"
        );
    }
}

#[tokio::test]
async fn each_failure_of_a_provider_has_its_status_and_code() {
    for case in cases() {
        for (reply, status, code) in [
            (Reply::error(401), 502, "upstream_auth"),
            (Reply::error(429), 429, "upstream_rate_limited"),
            (Reply::error(500), 502, "upstream_error"),
            (Reply::error(404), 502, "upstream_model_not_found"),
            (Reply::error(400), 400, "provider_rejected"),
            (Reply::html(), 502, "upstream_invalid_response"),
            (
                Reply::json(&json!({ "hello": 1 })),
                502,
                "upstream_invalid_response",
            ),
            (
                Reply::redirect("http://192.0.2.1/"),
                502,
                "upstream_redirect",
            ),
            (
                case.good().cut_after_bytes(3).cut_after(0),
                502,
                "upstream_truncated",
            ),
            (Reply::close(), 502, "upstream_error"),
            (Reply::hang(), 504, "upstream_timeout"),
        ] {
            // A deployment that rests after one failure would hide the next.
            let server = server(STRICT).await;
            server.upstream.next(reply);
            let mut response = case.ask(&server, "worker").send().await;
            let body = checked("post", case.path, status, &mut response).await;
            let error = &body["error"];
            assert_eq!(error["code"], code, "{}: {error:#}", case.path);
            assert_eq!(error["attempts"][0]["model"], "worker");
            assert_free_of("an error body", &body.to_string(), &[TEST_KEY]);
        }
    }
}

#[tokio::test]
async fn another_deployment_takes_over_and_the_reply_says_so() {
    let server = server("\n[limits]\nretries = 0\n").await;
    let abilities: Vec<&str> = cases().iter().map(|case| case.ability).collect();
    server.rewrite(|text| {
        format!("{text}\n[models.spare]\nprovider = \"scripted\"\ncapabilities = {abilities:?}\n")
    });
    server.app.reload().await.unwrap();
    for case in cases() {
        server.upstream.next(Reply::error(500)).next(case.good());
        let response = case.ask(&server, "auto").send().await;
        assert_eq!(response.status, 200, "{}", case.path);
        let [.., first, second] = &server.upstream.attempts()[..] else {
            panic!("two attempts")
        };
        assert_ne!(first.body, second.body, "the model's name differs");
        assert_eq!(first.path, second.path);
        if case.ability != "speech" {
            assert_eq!(response.header("x-llmcoop-fallback"), "true");
            assert_eq!(response.header("x-llmcoop-attempts"), "2");
        }
    }
}

#[tokio::test]
async fn work_is_authenticated_like_everything_else() {
    let server = server("\n[auth]\nmode = \"required\"\n").await;
    for case in cases() {
        let mut response = case.ask(&server, "worker").send().await;
        let body = checked("post", case.path, 401, &mut response).await;
        assert_eq!(body["error"]["code"], "invalid_api_key");
    }
    assert!(server.upstream.attempts().is_empty());
}
