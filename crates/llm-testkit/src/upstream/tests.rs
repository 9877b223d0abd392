//! The scripted provider seen by a client: what arrives, what breaks, and what it noticed.

use serde_json::{Value, json};

use super::*;
use crate::gate::Gate;
use crate::http::{self, Response};

async fn ask(upstream: &ScriptedUpstream, body: &Value) -> Response {
    let url = format!("{}/chat/completions", upstream.base_url());
    http::post(url, body).bearer("sk-secret").send().await
}

fn chat(model: &str) -> Value {
    json!({ "model": model, "messages": [{ "role": "user", "content": "hello" }] })
}

fn streamed(model: &str) -> Value {
    let mut body = chat(model);
    body["stream"] = true.into();
    body["stream_options"] = json!({ "include_usage": true });
    body
}

fn texts(events: &[String]) -> Vec<String> {
    let content = |event: &String| {
        let event: Value = serde_json::from_str(event).ok()?;
        let text = event["choices"][0]["delta"]["content"].as_str()?;
        (!text.is_empty()).then(|| text.to_owned())
    };
    events.iter().filter_map(content).collect()
}

#[tokio::test]
async fn a_completion_is_whole_or_streamed_as_asked() {
    let upstream = ScriptedUpstream::start().await;
    upstream.on("small").stream(["Hel", "lo"]).usage(3, 2);

    let body = ask(&upstream, &chat("small")).await.json().await;
    assert_eq!(body["choices"][0]["message"]["content"], "Hello");
    assert_eq!(body["choices"][0]["finish_reason"], "stop");
    assert_eq!(body["usage"]["total_tokens"], 5);
    assert_eq!(body["model"], "small");

    let mut response = ask(&upstream, &streamed("small")).await;
    assert_eq!(response.header("content-type"), "text/event-stream");
    let events = response.events().await.expect("a whole stream");
    assert_eq!(texts(&events), ["Hel", "lo"]);
    assert_eq!(events.last().map(String::as_str), Some("[DONE]"));
    let usage: Value = serde_json::from_str(&events[events.len() - 2]).expect("JSON");
    assert_eq!(
        usage["usage"],
        json!({ "prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5 })
    );
}

#[tokio::test]
async fn replies_come_in_order_and_the_last_one_stays() {
    let upstream = ScriptedUpstream::start().await;
    upstream
        .on("busy")
        .reply(Reply::error(429).retry_after(2))
        .then(Reply::text("done"));
    upstream.next(Reply::error(500));

    assert_eq!(ask(&upstream, &chat("busy")).await.status, 500);
    let mut limited = ask(&upstream, &chat("busy")).await;
    assert_eq!((limited.status, limited.header("retry-after")), (429, "2"));
    assert_eq!(limited.json().await["error"]["code"], "rate_limit_exceeded");
    for _ in 0..2 {
        let body = ask(&upstream, &chat("busy")).await.json().await;
        assert_eq!(body["choices"][0]["message"]["content"], "done");
    }
    assert_eq!(ask(&upstream, &chat("unknown")).await.status, 404);
    assert_eq!(upstream.attempts_of("busy").len(), 4);
}

#[tokio::test]
async fn paths_and_the_rest_have_scripts_too() {
    let upstream = ScriptedUpstream::start().await;
    upstream.on("small").reply_text("by model");
    upstream.on_anything().reply(Reply::html().status(502));
    let event = ("message_start", json!({ "type": "message_start" }));
    upstream
        .on_path("/v1/messages")
        .reply(Reply::named_events([event]));

    let url = |path: &str| format!("{}{path}", upstream.origin());
    let messages = http::post(url("/v1/messages"), &chat("small"))
        .send()
        .await
        .text()
        .await;
    assert_eq!(
        messages,
        "event: message_start\ndata: {\"type\":\"message_start\"}\n\n"
    );
    let mut page = http::get(url("/elsewhere")).send().await;
    assert_eq!(
        (page.status, page.header("content-type")),
        (502, "text/html")
    );
    assert!(page.text().await.contains("<h1>"));
    let list = http::get(url("/v1/models")).send().await.json().await;
    assert_eq!(
        list["data"],
        json!([{ "id": "small", "object": "model", "owned_by": "script" }])
    );
    let gemini = http::post(
        url("/v1beta/models/small:generateContent?key=sk-secret"),
        &json!({}),
    );
    assert!(gemini.send().await.text().await.contains("by model"));
    let attempt = upstream.attempts().pop().expect("an attempt");
    assert!(
        attempt.carried_key("sk-secret") && !attempt.query.contains("secret"),
        "{attempt:?}"
    );
}

#[tokio::test]
async fn an_attempt_tells_everything_but_the_key() {
    let upstream = ScriptedUpstream::start().await;
    upstream.on("small").reply_text("hi");
    let sent = ask(&upstream, &chat("small"))
        .await
        .bytes()
        .await
        .expect("a body")
        .len();
    let attempt = upstream.wait_until_idle().await.remove(0);
    assert_eq!(
        (attempt.method.as_str(), attempt.path.as_str()),
        ("POST", "/v1/chat/completions")
    );
    assert_eq!(attempt.json()["messages"][0]["content"], "hello");
    assert_eq!(attempt.header("Content-Type"), Some("application/json"));
    assert!(attempt.carried_key("sk-secret") && !attempt.carried_key("sk-other"));
    assert!(!format!("{attempt:?}").contains("sk-secret"), "{attempt:?}");
    assert_eq!((attempt.sent, attempt.end), (sent, End::Complete));
}

#[tokio::test]
async fn a_gate_holds_the_head_or_a_piece() {
    let upstream = ScriptedUpstream::start().await;
    let (head, piece) = (Gate::new(), Gate::new());
    let reply = Reply::pieces(["a", "b"]).hold(&head).hold_before(1, &piece);
    upstream.on("slow").reply(reply);

    let asked = streamed("slow");
    let (mut response, ()) = tokio::join!(ask(&upstream, &asked), async {
        head.reached(1).await;
        assert_eq!(
            upstream.attempts()[0].sent,
            0,
            "something was sent before the gate"
        );
        head.open();
    });
    let before: Vec<String> = [response.event().await, response.event().await]
        .into_iter()
        .map(|event| event.expect("no break").expect("an event"))
        .collect();
    assert_eq!(texts(&before), ["a"]);
    piece.reached(1).await;
    piece.open();
    let after = response.events().await.expect("a whole stream");
    assert_eq!(texts(&after), ["b"]);
}

#[tokio::test]
async fn a_client_that_leaves_is_noticed_wherever_the_reply_stands() {
    let upstream = ScriptedUpstream::start().await;
    upstream.on("hangs").reply(Reply::hang());
    upstream
        .on("stalls")
        .reply(Reply::pieces(["a", "b"]).stall_after(1));

    let hanging = chat("hangs");
    tokio::select! {
        _ = ask(&upstream, &hanging) => panic!("a hanging provider answered"),
        _ = upstream.wait_for_attempts(1) => {}
    }
    assert_eq!(upstream.wait_for_abort().await.model(), "hangs");

    let mut response = ask(&upstream, &streamed("stalls")).await;
    response.event().await.expect("no break").expect("the role");
    response.event().await.expect("no break").expect("a piece");
    assert!(!upstream.attempts()[1].is_abandoned());
    drop(response);
    let abandoned = upstream.wait_for_aborts(2).await.remove(1);
    assert_eq!(abandoned.model(), "stalls");
    assert!(abandoned.sent > 0, "{abandoned:?}");
}

#[tokio::test]
async fn breaks_arrive_as_breaks_and_never_as_an_end() {
    let upstream = ScriptedUpstream::start().await;
    let whole = Reply::pieces(["a", "b", "c"]);
    upstream.on("cut").reply(whole.clone().cut_after(2));
    upstream.on("half").reply(whole.clone().half_close_after(2));
    upstream
        .on("bytes")
        .reply(whole.clone().cut_after_bytes(100));
    for (model, pieces) in [("cut", 2), ("half", 2), ("bytes", 0)] {
        let mut response = ask(&upstream, &streamed(model)).await;
        let mut events = Vec::new();
        let broken = loop {
            match response.event().await {
                Ok(Some(event)) => events.push(event),
                Ok(None) => break None,
                Err(broken) => break Some(broken),
            }
        };
        assert!(
            broken.is_some(),
            "{model} ended as if it were whole: {events:?}"
        );
        assert_eq!(texts(&events).len(), pieces, "{model}");
    }
    assert_eq!(upstream.attempts_of("bytes")[0].sent, 100);

    upstream.on("cut").reply(whole.clone().cut_after_bytes(20));
    let mut response = ask(&upstream, &chat("cut")).await;
    response
        .bytes()
        .await
        .expect_err("a document without its end");

    upstream.on("reset").reply(whole.reset_after(1));
    let broken = match ask(&upstream, &streamed("reset")).await.events().await {
        Ok(events) => panic!("a reset stream ended well: {events:?}"),
        Err(broken) => broken.to_string(),
    };
    assert!(broken.to_lowercase().contains("reset"), "{broken}");
    let ends: Vec<_> = upstream
        .wait_until_idle()
        .await
        .iter()
        .map(|a| a.end)
        .collect();
    assert!(ends.iter().all(|end| *end == End::Broken), "{ends:?}");
}

#[tokio::test]
async fn a_connection_can_end_before_any_reply() {
    let upstream = ScriptedUpstream::start().await;
    let url = format!("{}/chat/completions", upstream.base_url());
    for reply in [
        Reply::reset(),
        Reply::close(),
        Reply::wire("220 ready for mail\r\n"),
    ] {
        upstream.next(reply);
        let sent = http::post(&url, &chat("any")).try_send().await;
        assert!(sent.is_err(), "{sent:?}");
    }
    assert!(http::get(refused_url()).try_send().await.is_err());
}

#[tokio::test]
async fn bodies_can_be_wrong_in_every_way() {
    let upstream = ScriptedUpstream::start().await;
    let mut seen = Vec::new();
    for reply in [
        Reply::text("hi").truncated(30),
        Reply::body("application/json", ""),
        Reply::text("hi").header("content-type", "text/plain"),
        Reply::text("hi").no_usage(),
        Reply::text("hi").usage_json(json!({ "prompt_tokens": -5 })),
        Reply::json(&json!({ "error": { "message": "overloaded" } })),
    ] {
        upstream.next(reply);
        let mut response = ask(&upstream, &chat("any")).await;
        let kind = response.header("content-type").to_owned();
        seen.push((response.status, kind, response.text().await));
    }
    assert_eq!(seen[0].2.len(), 30);
    assert_eq!(seen[1].2, "");
    assert_eq!(seen[2].1, "text/plain");
    assert!(!seen[3].2.contains("usage"), "{}", seen[3].2);
    assert!(seen[4].2.contains("-5"), "{}", seen[4].2);
    assert_eq!(
        (seen[5].0, seen[5].2.as_str()),
        (200, r#"{"error":{"message":"overloaded"}}"#)
    );
}

#[tokio::test]
async fn streams_can_be_wrong_in_every_way() {
    let upstream = ScriptedUpstream::start().await;
    let mut ends = Vec::new();
    let huge = "x".repeat(2 * 1024 * 1024);
    for reply in [
        Reply::pieces(["a"]).no_done(),
        Reply::pieces(["a"]).no_finish(),
        Reply::pieces(["a", "b"]).event_after(1, r#"{"error":{"message":"overloaded"}}"#),
        Reply::pieces(["a"]).event_after(1, "{broken"),
        Reply::events([huge.as_str()]),
    ] {
        upstream.next(reply);
        let mut response = ask(&upstream, &streamed("any")).await;
        ends.push(response.events().await.expect("a proper end"));
    }
    assert_ne!(ends[0].last().map(String::as_str), Some("[DONE]"));
    assert!(
        !ends[1]
            .iter()
            .any(|event| event.contains(r#""finish_reason":"stop""#))
    );
    assert_eq!(
        ends[2].last().map(String::as_str),
        Some(r#"{"error":{"message":"overloaded"}}"#)
    );
    assert_eq!((texts(&ends[2]).len(), ends[2].len()), (1, 3));
    assert_eq!(ends[3].last().map(String::as_str), Some("{broken"));
    assert_eq!(ends[4], [huge]);
}

#[tokio::test]
async fn text_cut_anywhere_arrives_unchanged() {
    let upstream = ScriptedUpstream::start().await;
    let text = "你好, wörld 🚀";
    for size in 1..8 {
        upstream.next(Reply::text(text).split_every(size));
        let mut response = ask(&upstream, &streamed("any")).await;
        let events = response.events().await.expect("a whole stream");
        assert_eq!(texts(&events), [text], "in pieces of {size}");
    }
}

#[tokio::test]
async fn one_connection_serves_several_requests() {
    let upstream = ScriptedUpstream::start().await;
    upstream.on("small").reply_text("hi");
    let body = chat("small").to_string();
    let one = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let chunked = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
         transfer-encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
        body.len(),
    );
    let mut stream = tokio::net::TcpStream::connect(upstream.address())
        .await
        .expect("a connection");
    tokio::io::AsyncWriteExt::write_all(&mut stream, format!("{one}{chunked}").as_bytes())
        .await
        .expect("both requests");
    let mut received = String::new();
    tokio::io::AsyncReadExt::read_to_string(&mut stream, &mut received)
        .await
        .expect("both replies");
    assert_eq!(received.matches("HTTP/1.1 200 OK").count(), 2, "{received}");
    let attempts = upstream.attempts();
    assert_eq!(
        attempts.iter().map(Attempt::model).collect::<Vec<_>>(),
        ["small", "small"]
    );
    assert_eq!(attempts[0].connection, attempts[1].connection);
}

#[test]
fn it_serves_tests_that_block() {
    let upstream = ScriptedUpstream::start_now();
    upstream.on("small").reply_text("hi");
    let mut stream = std::net::TcpStream::connect(upstream.address()).expect("a connection");
    let request = "GET /v1/models HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    std::io::Write::write_all(&mut stream, request.as_bytes()).expect("a request");
    let mut received = String::new();
    std::io::Read::read_to_string(&mut stream, &mut received).expect("a reply");
    assert!(received.contains(r#""id":"small""#), "{received}");
}
