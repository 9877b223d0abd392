//! The local model server itself: it must be right before anything is measured against it.

use llm_testkit::env::TestEnvironment;
use llm_testkit::http::{self, Response};
use llm_testkit::real_model::{self, LocalModel, MODEL, Serve};
use serde_json::{Value, json};

use crate::alone;

fn chat(text: &str) -> Value {
    json!({
        "model": MODEL,
        "temperature": 0,
        "messages": [
            { "role": "system", "content": "You are a helpful assistant." },
            { "role": "user", "content": text },
        ],
    })
}

fn with(mut body: Value, field: &str, value: impl Into<Value>) -> Value {
    body[field] = value.into();
    body
}

async fn ask(body: &Value) -> Response {
    http::post(format!("{}/chat/completions", real_model::base_url()), body)
        .send()
        .await
}

async fn answer(body: &Value) -> Value {
    let mut response = ask(body).await;
    let status = response.status;
    let answer = response.json().await;
    assert_eq!(status, 200, "{answer}");
    answer
}

fn text(answer: &Value) -> &str {
    answer["choices"][0]["message"]["content"]
        .as_str()
        .expect("an answer")
}

const CAPITAL: &str = "What is the capital of France?";

#[tokio::test]
async fn it_answers_and_counts() {
    let _turn = alone().await;
    let answer = answer(&chat(CAPITAL)).await;
    assert!(text(&answer).contains("Paris"), "{answer}");
    assert_eq!(answer["choices"][0]["finish_reason"], "stop");
    // The template around these two messages and their words, counted by the model's own tokenizer.
    assert_eq!(answer["usage"]["prompt_tokens"], 27);
    let written = answer["usage"]["completion_tokens"]
        .as_u64()
        .expect("a count");
    assert!((5..20).contains(&written), "{answer}");
    assert_eq!(answer["usage"]["total_tokens"], 27 + written);
}

#[tokio::test]
async fn a_stream_says_the_same_as_a_whole_answer() {
    let _turn = alone().await;
    let whole = answer(&chat(CAPITAL)).await;
    let asked = with(
        with(chat(CAPITAL), "stream", true),
        "stream_options",
        json!({ "include_usage": true }),
    );
    let mut response = ask(&asked).await;
    assert_eq!(response.header("content-type"), "text/event-stream");
    let mut events = response.events().await.expect("a whole stream");
    assert_eq!(events.pop().as_deref(), Some("[DONE]"));
    let events: Vec<Value> = events
        .iter()
        .map(|e| serde_json::from_str(e).expect("JSON"))
        .collect();
    let pieces = events
        .iter()
        .filter_map(|event| event["choices"][0]["delta"]["content"].as_str());
    assert_eq!(pieces.collect::<String>(), text(&whole));
    assert_eq!(
        events.last().expect("a last event")["usage"],
        whole["usage"]
    );
    assert!(events.len() > 6, "the answer came at once: {events:?}");
}

#[tokio::test]
async fn limits_and_stop_texts_end_an_answer() {
    let _turn = alone().await;
    let short = answer(&with(chat(CAPITAL), "max_tokens", 3)).await;
    assert_eq!(short["choices"][0]["finish_reason"], "length");
    assert_eq!(short["usage"]["completion_tokens"], 3);
    let stopped = answer(&with(chat(CAPITAL), "stop", json!(["Germany", " Paris"]))).await;
    assert_eq!(text(&stopped), "The capital of France is");
    assert_eq!(stopped["choices"][0]["finish_reason"], "stop");
}

#[tokio::test]
async fn the_seed_decides_where_temperature_leaves_a_choice() {
    let _turn = alone().await;
    let story = with(
        with(chat("Tell me a story."), "temperature", 1.5),
        "max_tokens",
        16,
    );
    let first = answer(&with(story.clone(), "seed", 7)).await;
    let again = answer(&with(story.clone(), "seed", 7)).await;
    let other = answer(&with(story, "seed", 8)).await;
    assert_eq!(text(&first), text(&again));
    assert_ne!(text(&first), text(&other));
}

#[tokio::test]
async fn earlier_turns_are_part_of_the_prompt() {
    let _turn = alone().await;
    let mut body = with(chat("My dog is called Rex."), "max_tokens", 24);
    let before = answer(&body).await["usage"]["prompt_tokens"].as_u64();
    let turns = body["messages"].as_array_mut().expect("messages");
    turns.push(json!({ "role": "assistant", "content": "Rex is a nice name for a dog." }));
    let parts = json!([{ "type": "text", "text": "What is my dog called?" }]);
    turns.push(json!({ "role": "user", "content": parts }));
    let after = answer(&body).await;
    assert!(text(&after).contains("Rex"), "{after}");
    assert!(
        after["usage"]["prompt_tokens"].as_u64() > before.map(|count| count + 15),
        "{after}"
    );
}

#[tokio::test]
async fn what_cannot_be_served_is_refused_by_name() {
    let _turn = alone().await;
    let long = chat(&"word ".repeat(3000));
    for (body, status, code, param) in [
        (
            with(chat("x"), "model", "unknown"),
            404,
            "model_not_found",
            "model",
        ),
        (
            with(chat("x"), "messages", json!([])),
            400,
            "invalid_value",
            "messages",
        ),
        (
            with(chat("x"), "temperature", 3),
            400,
            "invalid_value",
            "temperature",
        ),
        (
            with(chat("x"), "max_tokens", 1.5),
            400,
            "invalid_value",
            "max_tokens",
        ),
        (with(chat("x"), "n", 2), 400, "unsupported_parameter", "n"),
        (long, 400, "context_length_exceeded", "messages"),
    ] {
        let mut response = ask(&body).await;
        let error = response.json().await["error"].clone();
        assert_eq!(
            (response.status, error["code"].as_str()),
            (status, Some(code)),
            "{error}"
        );
        assert_eq!(error["param"], param, "{error}");
    }
    let url = format!("{}/chat/completions", real_model::base_url());
    let broken = http::Request::new("POST", url.clone())
        .body("{\"model\":")
        .send()
        .await;
    assert_eq!(broken.status, 400);
    assert_eq!(http::get(url).send().await.status, 405);
    assert_eq!(
        http::get(format!("{}/nothing", real_model::base_url()))
            .send()
            .await
            .status,
        404
    );
    let list = http::get(format!("{}/models", real_model::base_url()))
        .send()
        .await
        .json()
        .await;
    assert_eq!(list["data"][0]["id"], MODEL);
}

/// Waits until the server's own counters say so. Each look is a round trip, so nothing sleeps, and
/// there are too few of them to wait for the end of a long answer.
async fn until(what: &str, is_so: impl Fn(&Value) -> bool) {
    let url = real_model::base_url().replace("/v1", "/stats");
    let mut last = Value::Null;
    for _ in 0..5_000 {
        last = http::get(url.clone()).send().await.json().await;
        if is_so(&last) {
            return;
        }
    }
    panic!("never {what}: {last}");
}

#[tokio::test]
async fn a_client_that_leaves_stops_the_work() {
    let _turn = alone().await;
    let url = real_model::base_url().replace("/v1", "/stats");
    let before = http::get(url).send().await.json().await["aborted"].as_u64();
    let before = before.expect("a count");
    let long = with(chat("Write a long story about a ship."), "max_tokens", 1500);

    let mut streamed = ask(&with(long.clone(), "stream", true)).await;
    streamed.event().await.expect("no break").expect("an event");
    drop(streamed);
    let ended = |count: u64| move |stats: &Value| stats["aborted"] == count && stats["active"] == 0;
    until("gave up the stream", ended(before + 1)).await;

    tokio::select! {
        _ = ask(&long) => panic!("1500 tokens were written before the first look"),
        () = until("began the whole answer", |stats| stats["active"] == 1) => {}
    }
    until("gave up the whole answer", ended(before + 2)).await;
}

#[tokio::test]
async fn several_requests_run_at_once_and_more_wait() {
    let _turn = alone().await;
    let long = with(
        with(chat("Write a long story."), "max_tokens", 1500),
        "stream",
        true,
    );
    let mut running = ask(&long).await;
    running.event().await.expect("no break").expect("an event");
    let short = with(chat(CAPITAL), "max_tokens", 4);
    // More than there are slots: those without one wait, and all of them overtake the long one.
    let asked = (0..6).map(|_| answer(&short));
    for answer in futures_util::future::join_all(asked).await {
        assert_eq!(answer["usage"]["completion_tokens"], 4);
    }
    assert!(
        running.event().await.expect("no break").is_some(),
        "the long answer had ended"
    );
}

#[tokio::test]
async fn it_stops_cleanly_in_the_middle_of_an_answer() {
    let _turn = alone().await;
    let environment = TestEnvironment::new();
    let model = LocalModel::cached()
        .expect("a cache")
        .expect("run `cargo xtask models` first");
    let server = environment.adopt(model.server(&Serve::default())).serve();
    let long = with(
        with(chat("Write a long story."), "max_tokens", 1500),
        "stream",
        true,
    );
    let mut running = http::post(server.url("/v1/chat/completions"), &long)
        .send()
        .await;
    running.event().await.expect("no break").expect("an event");
    let ended = server.stop();
    ended.assert_code(0);
    assert_eq!(ended.stderr, "");
    assert!(
        running.events().await.is_err(),
        "half an answer ended as if it were whole"
    );
}
