//! `/v1beta/models`: the Gemini dialect, whole, streamed in both forms, and failing.

use llm_testkit::reply::Reply;
use serde_json::{Value, json};

use crate::support::{Setup, checked};

const GENERATE: &str = "/v1beta/models/small:generateContent";
const STREAM: &str = "/v1beta/models/small:streamGenerateContent";
const STRICT: &str = "\n[limits]\nretries = 0\n";

fn question() -> Value {
    json!({ "contents": [{ "role": "user", "parts": [{ "text": "What is 2+2?" }] }] })
}

#[tokio::test]
async fn an_answer_has_candidates() {
    let server = Setup::models(&["small"]).start().await;
    server.upstream.on("small").reply_text("four").usage(7, 1);
    let body = server.post_json(GENERATE, &question(), 200).await;
    let candidate = &body["candidates"][0];
    assert_eq!(candidate["content"]["parts"], json!([{ "text": "four" }]));
    assert_eq!(candidate["finishReason"], "STOP");
    assert_eq!(body["usageMetadata"]["totalTokenCount"], 8);
    assert_eq!(body["modelVersion"], "small");
    assert_eq!(body["llm_cooperation"]["strategy"], "pinned");
}

#[tokio::test]
async fn a_stream_is_events_or_one_list() {
    let server = Setup::models(&["small"]).start().await;
    server
        .upstream
        .on("small")
        .reply(Reply::pieces(["fo", "ur"]));
    let mut response = server
        .post(&format!("{STREAM}?alt=sse"), &question())
        .send()
        .await;
    assert_eq!(response.header("content-type"), "text/event-stream");
    let events = response.events().await.unwrap();
    let mut response = server.post(STREAM, &question()).send().await;
    assert_eq!(response.header("content-type"), "application/json");
    let list: Vec<Value> = serde_json::from_str(&response.text().await).unwrap();
    assert_eq!(list.len(), events.len());
    let texts: Vec<&Value> = list
        .iter()
        .map(|item| &item["candidates"][0]["content"]["parts"][0]["text"])
        .collect();
    assert_eq!(texts, ["fo", "ur", ""]);
    let finish = |item: &Value| item["candidates"][0]["finishReason"].clone();
    assert!(finish(&list[1]).is_null());
    assert_eq!(finish(&list[2]), "STOP");
}

#[tokio::test]
async fn both_forms_of_a_stream_that_breaks_off_end_with_an_error() {
    let server = Setup::models(&["small"]).toml(STRICT).start().await;
    let broken = || Reply::pieces(["half", "gone"]).cut_after(1);
    server.upstream.next(broken());
    let path = format!("{STREAM}?alt=sse");
    let mut response = server.post(&path, &question()).send().await;
    let events = response.events().await.unwrap();
    let last: Value = serde_json::from_str(events.last().unwrap()).unwrap();
    server.upstream.next(broken());
    let mut response = server.post(STREAM, &question()).send().await;
    let list: Vec<Value> = serde_json::from_str(&response.text().await).unwrap();
    for last in [&last, list.last().unwrap()] {
        assert_eq!(last["error"]["code"], 502, "{last}");
        let reason = &last["error"]["details"][0]["reason"];
        assert_eq!(reason, "UPSTREAM_STREAM_INTERRUPTED");
    }
    let text = json!(list).to_string();
    assert!(
        text.contains("half") && !text.contains("finishReason"),
        "{text}"
    );
}

#[tokio::test]
async fn arguments_that_are_no_object_are_no_answer() {
    let server = Setup::models(&["small"]).toml(STRICT).start().await;
    let broken = json!({
        "id": "call_1", "type": "function",
        "function": { "name": "add", "arguments": "{\"a\":" },
    });
    let reply = || {
        let message = json!({ "role": "assistant", "content": null, "tool_calls": [broken] });
        let choice = json!({ "index": 0, "message": message, "finish_reason": "tool_calls" });
        Reply::json(&json!({ "id": "x", "model": "small", "choices": [choice] }))
    };
    server.upstream.next(reply());
    let error = server.post_json(GENERATE, &question(), 502).await;
    assert!(error.to_string().contains("`add`"), "{error}");
    server.upstream.next(reply());
    let mut response = server.post(STREAM, &question()).send().await;
    let list: Vec<Value> = serde_json::from_str(&response.text().await).unwrap();
    assert!(!list.last().unwrap()["error"].is_null(), "{list:?}");
}

#[tokio::test]
async fn failures_are_in_the_envelope_of_the_dialect() {
    let server = Setup::models(&["small"]).toml(STRICT).start().await;
    let mut top_k = question();
    top_k["generationConfig"] = json!({ "topK": 5 });
    for (path, body, status, word, reason) in [
        (
            GENERATE,
            &json!({}),
            400,
            "INVALID_ARGUMENT",
            "MISSING_FIELD",
        ),
        (
            GENERATE,
            &top_k,
            400,
            "INVALID_ARGUMENT",
            "UNSUPPORTED_PARAMETER",
        ),
        (
            "/v1beta/models/none:generateContent",
            &question(),
            404,
            "NOT_FOUND",
            "MODEL_NOT_FOUND",
        ),
        (
            "/v1beta/models/small:embed",
            &question(),
            404,
            "NOT_FOUND",
            "NOT_FOUND",
        ),
        (
            "/v1beta/models/small:generateContent?key=k",
            &question(),
            400,
            "INVALID_ARGUMENT",
            "INVALID_VALUE",
        ),
    ] {
        let error = server.post_json(path, body, status).await;
        let error = &error["error"];
        assert_eq!(error["code"], status, "{error}");
        assert_eq!(error["status"], word, "{error}");
        assert_eq!(error["details"][0]["reason"], reason, "{error}");
    }
}

#[tokio::test]
async fn names_are_listed_and_tokens_estimated() {
    let server = Setup::models(&["small"]).start().await;
    let list = server.get_json("/v1beta/models", 200).await;
    let names: Vec<&str> = list["models"]
        .as_array()
        .unwrap()
        .iter()
        .map(|model| model["name"].as_str().unwrap())
        .collect();
    for name in ["models/small", "models/auto"] {
        assert!(names.contains(&name), "{names:?}");
    }
    let mut response = server.get("/v1beta/models/small").send().await;
    let one = checked("get", "/v1beta/models/{target}", 200, &mut response).await;
    assert_eq!(one["name"], "models/small");
    let path = "/v1beta/models/small:countTokens";
    let plain = server.post_json(path, &question(), 200).await;
    let nested = json!({ "generateContentRequest": question() });
    assert_eq!(server.post_json(path, &nested, 200).await, plain);
    assert!(plain["totalTokens"].as_u64().unwrap() > 5);
}

#[tokio::test]
async fn a_name_with_a_slash_and_snake_case_are_read_too() {
    let server = Setup::models(&["a", "b"]).start().await;
    server.upstream.on_anything().reply(Reply::text("four"));
    let mut body = question();
    body["system_instruction"] = json!({ "parts": { "text": "Be brief." } });
    body["generation_config"] = json!({ "max_output_tokens": 9 });
    let path = "/v1beta/models/cooperate/parallel:generateContent";
    server.post_json(path, &body, 200).await;
    // Clients of the stable version of the API.
    server
        .post_json("/v1/models/a:generateContent", &body, 200)
        .await;
    let sent = server.upstream.attempts()[0].json();
    assert_eq!(sent["max_tokens"], 9);
    assert_eq!(sent["messages"][0]["role"], "system");
}
