//! `POST /v1/rerank`: a ranking is of the documents that were sent, or no answer.

use llm_testkit::reply::Reply;
use serde_json::json;

use super::server;

const PATH: &str = "/v1/rerank";

#[tokio::test]
async fn documents_are_ranked_and_repeated_as_the_provider_did() {
    let server = server("price = { input = 0, output = 0, search = 0.002 }\n").await;
    let results = json!([
        { "index": 1, "relevance_score": 0.91, "document": { "text": "a cat" } },
        { "index": 0, "relevance_score": 0.02, "document": { "text": "a dog" } },
    ]);
    server
        .upstream
        .on_path("/v1/rerank")
        .reply(Reply::json(&json!({
            "id": "r1", "results": results, "meta": { "billed_units": { "search_units": 2 } },
        })));
    let request = json!({
        "model": "worker", "query": "cats", "top_n": 2, "return_documents": true,
        "documents": ["a dog", { "text": "a cat" }],
    });
    let body = server.post_json(PATH, &request, 200).await;
    assert_eq!(body["results"], results);
    assert_eq!(body["model"], "worker");
    assert_eq!(body["llm_cooperation"]["cost"]["amount"], "0.004");
    let sent = server.upstream.attempts().remove(0).json();
    assert_eq!(sent["documents"], request["documents"]);
    assert_eq!(sent["model"], "up/worker");
}

#[tokio::test]
async fn a_ranking_of_other_documents_is_no_answer() {
    let server = server("\n[limits]\nretries = 0\n").await;
    let request = json!({ "model": "worker", "query": "q", "documents": ["a", "b"] });
    for results in [
        json!([]),
        json!([{ "index": 2, "relevance_score": 0.1 }]),
        json!([{ "index": -1, "relevance_score": 0.1 }]),
        json!([{ "index": 0, "relevance_score": 0.1 }, { "index": 0, "relevance_score": 0.1 }]),
        json!([{ "index": 0 }]),
    ] {
        let reply = json!({ "results": results });
        server.upstream.next(Reply::json(&reply));
        let error = server.post_json(PATH, &request, 502).await;
        assert_eq!(
            error["error"]["code"], "upstream_invalid_response",
            "{reply}"
        );
        let good = json!({ "results": [{ "index": 0, "relevance_score": 1 }] });
        server.upstream.next(Reply::json(&good));
        server.post_json(PATH, &request, 200).await;
    }
}

#[tokio::test]
async fn what_cannot_be_ranked_is_refused() {
    let server = server("").await;
    for (body, param) in [
        (json!({ "documents": ["a"] }), "query"),
        (json!({ "query": " ", "documents": ["a"] }), "query"),
        (json!({ "query": "q" }), "documents"),
        (json!({ "query": "q", "documents": [] }), "documents"),
        (json!({ "query": "q", "documents": [1] }), "documents"),
        (
            json!({ "query": "q", "documents": ["a"], "top_n": 0 }),
            "top_n",
        ),
    ] {
        let error = server.post_json(PATH, &body, 400).await;
        assert_eq!(error["error"]["param"], param, "{error:#}");
    }
    assert!(server.upstream.attempts().is_empty());
}
