//! Providers that answer what is no answer, and fallbacks that cannot help.

use llm_testkit::reply::Reply;
use serde_json::{Value, json};

use super::CHAT;
use crate::support::{Setup, question, streamed};

const PAIR: &str = "\n[limits]\nretries = 0\nbreaker_failures = 100\n\
    [routes.pair]\nmodels = [\"first\"]\nfallback = [\"second\"]\n";

#[tokio::test]
async fn u13_the_error_of_a_fallback_never_hides_the_first_one() {
    let server = Setup::models(&["first", "second"])
        .toml(&PAIR.replace("retries = 0", "retries = 0\ncontinue_streams = true"))
        .start()
        .await;
    let prefill = Reply::error_with(
        400,
        "invalid_request_error",
        "invalid_value",
        "The last message must be from the user.",
    );
    server
        .upstream
        .on("first")
        .reply(Reply::pieces(["half ", "gone"]).cut_after(1));
    server.upstream.on("second").reply(prefill);
    let mut response = server.post(CHAT, &streamed("pair")).send().await;
    let events = response.events().await.unwrap();
    let last: Value = serde_json::from_str(events.last().unwrap()).unwrap();
    assert_eq!(last["error"]["code"], "upstream_stream_interrupted");
    assert!(!events.concat().contains("[DONE]"));
    // No provider was asked to go on from words that were put into its mouth.
    for attempt in server.upstream.attempts() {
        let body = attempt.json();
        let roles = body["messages"].as_array().unwrap().iter();
        assert!(
            roles
                .map(|message| &message["role"])
                .all(|role| role == "user")
        );
    }
}

#[tokio::test]
async fn u20_what_is_no_answer_is_a_failure_and_the_fallback_answers() {
    let server = Setup::models(&["first", "second"]).toml(PAIR).start().await;
    server.upstream.on("second").reply_text("from the second");
    for (name, reply) in [
        ("a page", Reply::html()),
        ("nothing", Reply::body("application/json", "")),
        (
            "no JSON",
            Reply::body("application/json", "{\"choices\": [{]}"),
        ),
        (
            "half of it",
            Reply::text("long enough to cut").truncated(60),
        ),
        ("an error", Reply::error(500).status(200)),
        (
            "another document",
            Reply::json(&json!({ "hello": "world" })),
        ),
        ("no choices", Reply::json(&json!({ "choices": [] }))),
        ("a list", Reply::json(&json!([]))),
        ("no HTTP", Reply::wire("\u{16}\u{3}\u{1} hello")),
    ] {
        server.upstream.on("first").reply(reply);
        let body = server.ask("pair", 200).await;
        let text = &body["choices"][0]["message"]["content"];
        assert_eq!(text, "from the second", "{name}");
        assert_eq!(body["model"], "second", "{name}");
    }
    let usage = server.get_json("/api/v1/usage/stats", 200).await;
    assert_eq!(usage["data"]["total"]["failures"], 9, "{usage:#}");
}

#[tokio::test]
async fn u30_bytes_behind_a_reply_never_reach_another_request() {
    let server = Setup::models(&["small"])
        .toml("\n[limits]\nretries = 0\nbreaker_failures = 100\n")
        .start()
        .await;
    let answer = |text: &str| {
        let body = json!({ "id": "c", "object": "chat.completion", "created": 1, "model": "small",
            "choices": [{ "index": 0, "finish_reason": "stop",
                "message": { "role": "assistant", "content": text } }] })
        .to_string();
        format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    for extra in [
        answer("smuggled"),
        "garbage".to_owned(),
        "\r\n\r\n".to_owned(),
        "0\r\n\r\n".to_owned(),
    ] {
        server
            .upstream
            .next(Reply::wire(format!("{}{extra}", answer("first"))));
        let body = server.ask("small", 200).await;
        assert_eq!(body["choices"][0]["message"]["content"], "first");
        server.upstream.next(Reply::text("second"));
        let mut response = server.post(CHAT, &question("small")).send().await;
        let body = response.json().await;
        assert_eq!(
            body["choices"][0]["message"]["content"], "second",
            "{extra:?}"
        );
    }
}
