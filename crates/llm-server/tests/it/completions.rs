//! `POST /v1/completions`: the legacy dialect over chat models.

use llm_testkit::reply::Reply;
use serde_json::{Value, json};

use crate::support::Setup;

const COMPLETIONS: &str = "/v1/completions";

#[tokio::test]
async fn a_prompt_is_what_a_user_says() {
    let server = Setup::models(&["small"]).start().await;
    server.upstream.on("small").reply_text("four").usage(7, 1);
    let body = json!({ "model": "small", "prompt": ["What is 2+2?"] });
    let answer = server.post_json(COMPLETIONS, &body, 200).await;
    assert_eq!(answer["object"], "text_completion");
    assert!(answer["id"].as_str().unwrap().starts_with("cmpl-"));
    assert_eq!(answer["choices"][0]["text"], "four");
    assert_eq!(answer["choices"][0]["finish_reason"], "stop");
    assert_eq!(answer["usage"]["total_tokens"], 8);
    assert_eq!(answer["llm_cooperation"]["model"], "small");
    let sent = server.upstream.attempts()[0].json();
    assert_eq!(
        sent["messages"],
        json!([{ "role": "user", "content": "What is 2+2?" }])
    );
    // The default of the dialect.
    assert_eq!(sent["max_tokens"], 16);
}

#[tokio::test]
async fn what_a_chat_has_no_place_for_is_refused_by_name() {
    let server = Setup::models(&["small"]).start().await;
    for (field, value) in [
        ("echo", json!(true)),
        ("suffix", json!("x")),
        ("logprobs", json!(2)),
        ("best_of", json!(3)),
        ("logit_bias", json!({ "1": 2 })),
        ("prompt", json!(["a", "b"])),
        ("prompt", json!([1, 2])),
        ("unheard_of", json!(1)),
    ] {
        let mut body = json!({ "model": "small", "prompt": "hi" });
        body[field] = value;
        let error = server.post_json(COMPLETIONS, &body, 400).await;
        assert_eq!(error["error"]["param"], field, "{error}");
        assert_eq!(error["error"]["code"], "unsupported_parameter", "{error}");
    }
    // What asks for nothing is no reason.
    server.upstream.on("small").reply(Reply::text("four"));
    let body = json!({
        "model": "small", "prompt": "hi", "echo": false, "suffix": null, "logprobs": null,
        "best_of": 1, "logit_bias": {},
    });
    server.post_json(COMPLETIONS, &body, 200).await;
}

#[tokio::test]
async fn a_stream_ends_with_done_or_with_an_error() {
    let server = Setup::models(&["small"])
        .toml("\n[limits]\nretries = 0\n")
        .start()
        .await;
    let body = json!({ "model": "small", "prompt": "hi", "stream": true });
    server.upstream.next(Reply::pieces(["fo", "ur"]));
    let mut response = server.post(COMPLETIONS, &body).send().await;
    let events = response.events().await.unwrap();
    assert_eq!(events.last().unwrap(), "[DONE]");
    let texts: Vec<Value> = events[..events.len() - 1]
        .iter()
        .map(|event| serde_json::from_str::<Value>(event).unwrap()["choices"][0]["text"].clone())
        .collect();
    assert_eq!(texts, ["fo", "ur", ""]);
    server
        .upstream
        .next(Reply::pieces(["half", "gone"]).cut_after(1));
    let mut response = server.post(COMPLETIONS, &body).send().await;
    let events = response.events().await.unwrap();
    let last: Value = serde_json::from_str(events.last().unwrap()).unwrap();
    assert_eq!(last["error"]["code"], "upstream_stream_interrupted");
}
