//! The simulated provider that fails as it is told, as a program of its own: what a client gets for
//! each name, and what the record of attempts says afterwards.

use llm_testkit::env::{ServerProcess, TestEnvironment};
use llm_testkit::http::{self, Response};
use serde_json::{Value, json};

use crate::support::{question, streamed};

const PROGRAM: &str = env!("CARGO_BIN_EXE_llm-server");
const CHAT: &str = "/v1/chat/completions";

async fn ask(mock: &ServerProcess<'_>, model: &str) -> Response {
    http::post(mock.url(CHAT), &question(model)).send().await
}

async fn attempts(mock: &ServerProcess<'_>) -> Vec<Value> {
    let mut reply = http::get(mock.url("/attempts")).send().await;
    reply.json().await["attempts"].as_array().unwrap().clone()
}

/// Waits until an attempt has ended; how.
async fn ended(mock: &ServerProcess<'_>, number: usize) -> Value {
    loop {
        let all = attempts(mock).await;
        match all.get(number) {
            Some(attempt) if attempt["end"] != "open" => return attempt.clone(),
            _ => {}
        }
    }
}

#[tokio::test]
async fn each_name_does_what_it_says_and_is_recorded() {
    let environment = TestEnvironment::new();
    let mock = environment.serve(PROGRAM, &["mock", "--log", "attempts.jsonl"]);
    let mut models = http::get(mock.url("/v1/models")).send().await;
    let models = models.json().await;
    let named = |name: &str| {
        let all = models["data"].as_array().unwrap();
        all.iter().any(|model| model["id"] == name)
    };
    assert!(named("mock-ok") && named("mock-cut-40"), "{models:#}");

    for (model, status, told) in [
        ("mock-pieces-2", 200, "\"finish_reason\":\"stop\""),
        ("mock-503", 503, "overloaded"),
        ("mock-context-length", 400, "context_length_exceeded"),
        ("mock-html", 200, "<h1>"),
        ("mock-garbage", 200, "garbage"),
        ("mock-error-body", 200, "\"error\""),
        ("mock-empty", 200, ""),
        ("mock-nothing-known", 404, "Parts: a status from 400 to 599"),
    ] {
        let mut reply = ask(&mock, model).await;
        let body = reply.text().await;
        assert_eq!(reply.status, status, "{model}");
        assert!(body.contains(told), "{model}: {body}");
    }
    let mut statuses = Vec::new();
    for _ in 0..3 {
        let reply = ask(&mock, "mock-429-retry-2-times-2").await;
        statuses.push((reply.status, reply.header("retry-after").to_owned()));
    }
    let limited = (429, "2".to_owned());
    assert_eq!(statuses, [limited.clone(), limited, (200, String::new())]);
    let without = ask(&mock, "mock-no-usage").await.json().await;
    assert_eq!(without["usage"], Value::Null);
    for model in ["mock-reset", "mock-close", "mock-not-http"] {
        let broken = http::post(mock.url(CHAT), &question(model))
            .try_send()
            .await;
        assert!(broken.is_err(), "{model}");
    }
    let seen = attempts(&mock).await;
    let ends: Vec<&str> = seen
        .iter()
        .map(|one| one["end"].as_str().unwrap())
        .collect();
    assert_eq!(ends, [&["answered"; 12][..], &["broken"; 3]].concat());
    assert_eq!(
        seen[0]["bytes_in"],
        question("mock-pieces-2").to_string().len()
    );

    let mut cleared = http::Request::new("DELETE", mock.url("/attempts"))
        .send()
        .await;
    assert_eq!(cleared.json().await, json!({ "attempts": [] }));
    assert!(attempts(&mock).await.is_empty());
    let finished = mock.stop();
    finished.assert_code(0);
    let log = environment.read("attempts.jsonl");
    let lines: Vec<Value> = log.lines().map(|line| line.parse().unwrap()).collect();
    assert_eq!(lines, seen);
}

#[tokio::test]
async fn streams_break_where_they_are_told_to() {
    let environment = TestEnvironment::new();
    let mock = environment.serve(PROGRAM, &["mock"]);
    for (number, (model, events, is_broken, end)) in [
        // The role, the pieces, the reason, and the end of the stream.
        ("mock-pieces-5", 8, false, "answered"),
        ("mock-pieces-5-no-done", 7, false, "answered"),
        ("mock-pieces-5-no-finish", 6, false, "answered"),
        ("mock-cut-2", 3, true, "broken"),
        ("mock-pieces-5-bad-chunk-2", 9, false, "answered"),
        ("mock-bad-chunks-2", 13, false, "answered"),
        ("mock-error-event-2", 4, false, "answered"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut reply = http::post(mock.url(CHAT), &streamed(model)).send().await;
        let mut seen = 0;
        let broke = loop {
            match reply.event().await {
                Ok(Some(_)) => seen += 1,
                Ok(None) => break false,
                Err(_) => break true,
            }
        };
        assert_eq!((seen, broke), (events, is_broken), "{model}");
        assert_eq!(ended(&mock, number).await["end"], end, "{model}");
    }
}

#[tokio::test]
async fn a_client_that_leaves_is_recorded_with_what_it_got() {
    let environment = TestEnvironment::new();
    let mock = environment.serve(PROGRAM, &["mock"]);
    let mut reply = http::post(mock.url(CHAT), &streamed("mock-stall-3"))
        .send()
        .await;
    for _ in 0..4 {
        reply.event().await.unwrap();
    }
    drop(reply);
    let left = ended(&mock, 0).await;
    assert_eq!(left["end"], "client_left");
    assert_eq!(left["pieces"], 3);
    assert_eq!(left["stream"], true);
}

#[tokio::test]
async fn the_other_protocol_is_spoken_too_and_a_seed_decides_what_is_said() {
    let environment = TestEnvironment::new();
    let mock = environment.serve(PROGRAM, &["mock", "--seed", "7"]);
    let same = environment.serve(PROGRAM, &["mock", "--seed", "7"]);
    let other = environment.serve(PROGRAM, &["mock", "--seed", "8"]);
    let mut said = Vec::new();
    for mock in [&mock, &same, &other] {
        let request = http::post(mock.url("/v1/messages"), &question("mock-pieces-9"));
        let body = request.send().await.json().await;
        assert_eq!(body["stop_reason"], "end_turn");
        assert_eq!(body["usage"]["output_tokens"], 9);
        said.push(body["content"][0]["text"].clone());
        let openai = ask(mock, "mock-pieces-9").await.json().await;
        assert_eq!(
            &openai["choices"][0]["message"]["content"],
            said.last().unwrap()
        );
    }
    assert_eq!(said[0], said[1]);
    assert_ne!(said[0], said[2]);
    let mut failed = 0;
    for _ in 0..40 {
        failed += usize::from(ask(&mock, "mock-flaky-50").await.status == 500);
    }
    assert!((5..=35).contains(&failed), "{failed} of 40");
}
