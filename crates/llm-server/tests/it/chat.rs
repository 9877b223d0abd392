//! `POST /v1/chat/completions` as a whole.

use llm_testkit::reply::Reply;
use serde_json::json;

use crate::support::{Setup, question};

#[tokio::test]
async fn an_answer_is_that_of_the_dialect_with_our_object_beside_it() {
    let server = Setup::models(&["small"]).start().await;
    server.upstream.on("small").reply_text("four").usage(7, 1);
    let mut response = server
        .post("/v1/chat/completions", &question("small"))
        .header("x-request-id", "job-7")
        .send()
        .await;
    let body = crate::support::checked("post", "/v1/chat/completions", 200, &mut response).await;
    assert_eq!(body["object"], "chat.completion");
    assert_eq!(body["model"], "small");
    assert_eq!(body["choices"][0]["message"]["content"], "four");
    assert_eq!(body["choices"][0]["finish_reason"], "stop");
    let usage = &body["usage"];
    assert_eq!(
        (
            &usage["prompt_tokens"],
            &usage["completion_tokens"],
            &usage["total_tokens"]
        ),
        (&json!(7), &json!(1), &json!(8))
    );
    let ours = &body["llm_cooperation"];
    assert_eq!(ours["strategy"], "pinned");
    assert_eq!(ours["cost"]["kind"], "unknown");
    assert_eq!(ours["request_id"], response.header("x-request-id"));
    for (name, value) in [
        ("x-client-request-id", "job-7"),
        ("x-llmcoop-model", "small"),
        ("x-llmcoop-provider", "scripted"),
        ("x-llmcoop-mode", "single"),
        ("x-llmcoop-attempts", "1"),
        ("x-llmcoop-fallback", "false"),
        ("x-llmcoop-cost-kind", "unknown"),
        ("content-type", "application/json"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(response.header(name), value, "{name}");
    }
    assert!(response.header("server-timing").contains("total;dur="));
}

#[tokio::test]
async fn our_own_fields_stay_here_and_all_others_reach_the_provider_as_they_were() {
    let server = Setup::models(&["small"]).start().await;
    server.upstream.on("small").reply(Reply::text("four"));
    let mut body = question("small");
    body["task_type"] = json!("math");
    body["user_id"] = json!("u1");
    body["preferences"] = json!({ "quality_priority": 0.3 });
    body["llm_cooperation"] = json!({ "events": true });
    body["logit_bias"] = json!({ "50256": -100 });
    body["metadata"] = json!({ "team": "a" });
    body["n"] = json!(1);
    server.post_json("/v1/chat/completions", &body, 200).await;
    let sent = server.upstream.attempts()[0].json();
    assert_eq!(sent["logit_bias"], body["logit_bias"]);
    assert_eq!(sent["metadata"], body["metadata"]);
    for ours in ["task_type", "user_id", "preferences", "llm_cooperation"] {
        assert!(sent.get(ours).is_none(), "{ours} in {sent}");
    }
}
