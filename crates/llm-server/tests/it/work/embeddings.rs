//! `POST /v1/embeddings`: vectors pass through, and nothing else passes for one.

use llm_testkit::reply::Reply;
use serde_json::json;

use super::{server, vectors};
use crate::support::Setup;

const PATH: &str = "/v1/embeddings";

#[tokio::test]
async fn vectors_come_back_as_the_provider_gave_them_under_the_public_name() {
    let server = server("price = { input = 2, output = 0 }\n").await;
    let reply = r#"{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.10,-1.50e0]}],"model":"up/worker","usage":{"prompt_tokens":3,"total_tokens":3},"other":12345678901234567890123}"#;
    server.upstream.next(Reply::body("application/json", reply));
    let request = json!({
        "model": "worker", "input": "hello", "dimensions": 2, "user": "u1",
        "strategy": "cost", "task": "retrieval.query",
    });
    let mut response = server.post(PATH, &request).send().await;
    assert_eq!(response.header("x-llmcoop-model"), "worker");
    assert_eq!(response.header("x-llmcoop-cost"), "0.000006 USD");
    let text = response.text().await;
    assert!(
        text.contains("[0.10,-1.50e0]"),
        "numbers are re-spelled: {text}"
    );
    assert!(text.contains("12345678901234567890123"), "{text}");
    let body: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(body["model"], "worker");
    assert_eq!(body["llm_cooperation"]["operation"], "embeddings");
    assert_eq!(body["llm_cooperation"]["cost"]["kind"], "billed");

    let sent = server.upstream.attempts().remove(0).json();
    let expected = json!({
        "model": "up/worker", "input": "hello", "dimensions": 2, "user": "u1",
        "task": "retrieval.query",
    });
    assert_eq!(sent, expected, "our own field left, the others stayed");
}

#[tokio::test]
async fn base64_and_batches_and_tokens_pass_through() {
    let server = server("").await;
    for (input, count) in [
        (json!(["a", "b", "c"]), 3),
        (json!([1, 2, 3]), 1),
        (json!([[1, 2], [3]]), 2),
    ] {
        let reply = vectors(&vec![json!("AACAPw=="); count]);
        server.upstream.next(Reply::json(&reply));
        let request = json!({ "model": "worker", "input": input, "encoding_format": "base64" });
        let body = server.post_json(PATH, &request, 200).await;
        assert_eq!(body["data"].as_array().unwrap().len(), count);
        assert_eq!(body["data"][0]["embedding"], "AACAPw==");
        let sent = server.upstream.attempts().pop().unwrap().json();
        assert_eq!(sent["input"], request["input"]);
        assert_eq!(sent["encoding_format"], "base64");
    }
}

#[tokio::test]
async fn what_cannot_be_embedded_is_refused_before_anything_is_sent() {
    let server = server("").await;
    let many: Vec<&str> = vec!["x"; 2049];
    for (body, status, code, param) in [
        (json!({}), 400, "missing_field", "input"),
        (json!({ "input": null }), 400, "missing_field", "input"),
        (json!({ "input": [] }), 400, "invalid_value", "input"),
        (json!({ "input": "" }), 400, "empty_query", "input"),
        (json!({ "input": ["a", ""] }), 400, "empty_query", "input"),
        (json!({ "input": many }), 400, "invalid_value", "input"),
        (json!({ "input": [1, "a"] }), 400, "invalid_value", "input"),
        (
            json!({ "input": { "a": 1 } }),
            400,
            "invalid_value",
            "input",
        ),
        (
            json!({ "input": "a", "dimensions": 0 }),
            400,
            "invalid_value",
            "dimensions",
        ),
        (
            json!({ "input": "a", "encoding_format": "hex" }),
            400,
            "invalid_value",
            "encoding_format",
        ),
        (
            json!({ "input": "a", "api_base": "http://192.0.2.1" }),
            400,
            "invalid_value",
            "api_base",
        ),
        (
            json!({ "input": "a", "llm_cooperation": { "mode": "voting" } }),
            400,
            "invalid_value",
            "llm_cooperation",
        ),
    ] {
        let error = server.post_json(PATH, &body, status).await;
        assert_eq!(error["error"]["code"], code, "{error:#}");
        assert_eq!(error["error"]["param"], param, "{error:#}");
    }
    assert!(server.upstream.attempts().is_empty());
}

#[tokio::test]
async fn more_text_than_allowed_is_refused() {
    let server = server("\n[limits]\nmax_prompt_bytes = 100\n").await;
    let request = json!({ "model": "worker", "input": ["x".repeat(60), "y".repeat(60)] });
    let error = server.post_json(PATH, &request, 413).await;
    assert_eq!(error["error"]["code"], "request_too_large");
    assert_eq!(error["error"]["param"], "input");
}

#[tokio::test]
async fn a_reply_without_the_vectors_that_were_asked_for_is_no_answer() {
    let server = server("\n[limits]\nretries = 0\n").await;
    let one = || json!([0.5]);
    let mut misnumbered = vectors(&[one(), one()]);
    misnumbered["data"][1]["index"] = json!(0);
    for reply in [
        vectors(&[one()]),
        vectors(&[one(), one(), one()]),
        vectors(&[one(), json!([])]),
        vectors(&[one(), json!("")]),
        vectors(&[one(), json!(null)]),
        misnumbered,
        json!({ "data": "none" }),
        json!({ "error": { "message": "no" } }),
    ] {
        server.upstream.next(Reply::json(&reply));
        let request = json!({ "model": "worker", "input": ["a", "b"] });
        let error = server.post_json(PATH, &request, 502).await;
        assert_eq!(
            error["error"]["code"], "upstream_invalid_response",
            "{reply} gave {error:#}"
        );
        server.upstream.next(Reply::json(&vectors(&[one(), one()])));
        server.post_json(PATH, &request, 200).await;
    }
}

#[tokio::test]
async fn other_protocols_are_translated_both_ways() {
    let server = Setup::models(&[]).start().await;
    let origin = server.upstream.origin();
    server.rewrite(|text| {
        format!(
            "{text}\n[providers.g]\nkind = \"gemini\"\nbase_url = \"{origin}/v1beta\"\napi_key = \"k\"\n\
             [models.gem]\nprovider = \"g\"\npath = \"gemini-embedding-001\"\n\
             [providers.o]\nkind = \"ollama\"\nbase_url = \"{origin}\"\n\
             [models.oll]\nprovider = \"o\"\npath = \"nomic-embed-text\"\n"
        )
    });
    server.app.reload().await.unwrap();
    server
        .upstream
        .on_path("/v1beta/models/gemini-embedding-001:batchEmbedContents")
        .reply(Reply::json(
            &json!({ "embeddings": [{ "values": [1.0, 0.5] }, { "values": [0.1, 0.0] }] }),
        ));
    server.upstream.on_path("/api/embed").reply(Reply::json(
        &json!({ "embeddings": [[1.0, 0.5], [0.1, 0.0]], "prompt_eval_count": 7 }),
    ));
    for (model, tokens) in [("gem", None), ("oll", Some(7))] {
        let mut request = json!({ "model": model, "input": ["a", "b"], "dimensions": 2 });
        let body = server.post_json(PATH, &request, 200).await;
        assert_eq!(body["data"][1]["embedding"], json!([0.1, 0.0]), "{body:#}");
        assert_eq!(body["usage"]["prompt_tokens"].as_u64(), tokens);
        request["encoding_format"] = json!("base64");
        let body = server.post_json(PATH, &request, 200).await;
        assert_eq!(body["data"][0]["embedding"], "AACAPwAAAD8=");
        request["input"] = json!([1, 2]);
        let error = server.post_json(PATH, &request, 400).await;
        assert_eq!(error["error"]["code"], "unsupported_parameter");
    }
    let sent = server.upstream.attempts();
    let first = sent[0].json();
    assert_eq!(first["requests"][1]["content"]["parts"][0]["text"], "b");
    assert_eq!(first["requests"][0]["outputDimensionality"], 2);
    assert_eq!(sent[2].json()["dimensions"], 2);
    assert_eq!(sent[2].json()["truncate"], false);
}
