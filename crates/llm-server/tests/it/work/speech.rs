//! `POST /v1/audio/speech`: sound is sent as it is made, and nothing else passes for sound.

use llm_testkit::gate::Gate;
use llm_testkit::reply::Reply;
use serde_json::{Value, json};

use super::server;

const PATH: &str = "/v1/audio/speech";

fn request() -> Value {
    json!({ "model": "worker", "input": "hello there", "voice": { "id": "own" }, "speed": 1.25 })
}

#[tokio::test]
async fn sound_arrives_while_it_is_made() {
    let server = server("").await;
    let gate = Gate::new();
    server
        .upstream
        .next(Reply::chunks("audio/ogg", ["first", "second"]).hold_before(1, &gate));
    let mut response = server.post(PATH, &request()).send().await;
    assert_eq!(response.status, 200);
    assert_eq!(response.header("content-type"), "audio/ogg");
    assert_eq!(response.header("x-llmcoop-model"), "worker");
    // The second piece does not exist yet.
    assert_eq!(response.chunk().await.unwrap().unwrap(), "first");
    gate.open();
    assert_eq!(response.bytes().await.unwrap(), b"second");
    let sent = server.upstream.attempts().remove(0).json();
    assert_eq!(sent["voice"]["id"], "own");
    assert_eq!(sent["speed"], 1.25);
}

#[tokio::test]
async fn a_listener_that_leaves_ends_the_speech() {
    let server = server("").await;
    server
        .upstream
        .next(Reply::chunks("audio/mpeg", ["first", "second"]).stall_after(1));
    let mut response = server.post(PATH, &request()).send().await;
    response.chunk().await.unwrap();
    drop(response);
    let attempt = server.upstream.wait_for_abort().await;
    assert_eq!(attempt.path, PATH);
}

#[tokio::test]
async fn speech_that_breaks_off_does_not_look_complete() {
    let server = server("\n[limits]\nretries = 1\nidle_ms = 200\n").await;
    for reply in [
        Reply::chunks("audio/mpeg", ["first", "second"]).cut_after(1),
        Reply::chunks("audio/mpeg", ["first", "second"]).stall_after(1),
    ] {
        server.upstream.next(reply);
        let mut response = server.post(PATH, &request()).send().await;
        assert_eq!(response.status, 200);
        assert!(response.bytes().await.is_err());
    }
    assert_eq!(
        server.upstream.attempts().len(),
        2,
        "what was heard cannot be said again"
    );
}

#[tokio::test]
async fn nothing_but_sound_passes_for_sound() {
    let server = server("\n[limits]\nretries = 0\nbreaker_failures = 100\n").await;
    for reply in [
        Reply::json(&json!({ "error": { "message": "no" } })),
        Reply::html(),
        Reply::body("audio/mpeg", ""),
    ] {
        server.upstream.next(reply);
        let error = server.post_json(PATH, &request(), 502).await;
        assert_eq!(error["error"]["code"], "upstream_invalid_response");
    }
    for body in [json!({}), json!({ "input": "  " })] {
        let error = server.post_json(PATH, &body, 400).await;
        assert_eq!(error["error"]["param"], "input");
    }
}

#[tokio::test]
async fn characters_are_what_is_billed() {
    let server = server("price = { input = 0, output = 0, characters = 15 }\n").await;
    server.upstream.next(Reply::chunks("audio/mpeg", ["x"]));
    let mut response = server.post(PATH, &request()).send().await;
    response.bytes().await.unwrap();
    let usage = server.get_json("/api/v1/usage/stats", 200).await;
    assert!(
        usage.to_string().contains("0.000165"),
        "11 characters: {usage:#}"
    );
}
