//! Bodies that are too deep, too large or packed, from clients and from providers, and fields that
//! would say where a request goes.

use llm_testkit::builders::TEST_KEY;
use llm_testkit::http::Request;
use llm_testkit::reply::Reply;
use llm_testkit::upstream::ScriptedUpstream;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

use super::CHAT;
use crate::support::{Setup, TestServer, checked, question, streamed, until_closed};

async fn post_text(server: &TestServer, body: String, status: u16) -> Value {
    let request = Request::new("POST", server.url(CHAT));
    let request = request
        .header("content-type", "application/json")
        .body(body);
    checked("post", CHAT, status, &mut request.send().await).await
}

fn nested(open: &str, close: &str) -> String {
    format!("{}{}", open.repeat(100_000), close.repeat(100_000))
}

#[tokio::test]
async fn b01_what_is_nested_too_deeply_is_refused_on_every_side() {
    let server = Setup::models(&["small"])
        .toml("\n[limits]\nretries = 0\n")
        .start()
        .await;
    let messages = r#""messages":[{"role":"user","content":"hi"}]"#;
    for deep in [
        nested("[", "]"),
        nested("{\"a\":", "}").replace(":}", ":1}"),
        format!("{{\"model\":\"small\",\"messages\":{}}}", nested("[", "]")),
        format!(
            "{{\"model\":\"small\",{messages},\"tools\":[{{\"type\":\"function\",\"function\":\
             {{\"name\":\"f\",\"parameters\":{}}}}}]}}",
            nested("{\"properties\":{\"a\":", "}}").replace(":}", ":{}}")
        ),
    ] {
        let reply = post_text(&server, deep, 400).await;
        let code = reply["error"]["code"].as_str().unwrap().to_owned();
        assert!(
            ["json_too_deep", "invalid_json"].contains(&code.as_str()),
            "{code}"
        );
    }
    assert_eq!(server.upstream.attempts().len(), 0);
    for body in [
        nested("[", "]"),
        format!("{{\"choices\":{}}}", nested("[", "]")),
        format!(
            "{{\"choices\":[{{\"index\":0,\"finish_reason\":\"stop\",\"message\":\
             {{\"role\":\"assistant\",\"content\":{}}}}}]}}",
            nested("[", "]")
        ),
    ] {
        server.upstream.next(Reply::body("application/json", body));
        let reply = server.ask("small", 502).await;
        assert_eq!(reply["error"]["code"], "upstream_invalid_response");
    }
    server.rewrite(|text| format!("{text}\ndeep = {}\n", nested("[", "]")));
    assert!(server.app.reload().await.is_err());
    server.upstream.on("small").reply_text("four");
    server.ask("small", 200).await;
}

#[tokio::test]
async fn b02_a_hundred_megabytes_are_refused_at_the_limit_with_and_without_a_length() {
    let server = Setup::models(&["small"])
        .toml("\n[server]\nmax_body_bytes = 1048576\n")
        .start()
        .await;
    let host = server.authority();
    let length = 100 << 20;
    let head =
        format!("POST {CHAT} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n");
    let declared = server
        .raw(format!("{head}content-length: {length}\r\n\r\n").as_bytes())
        .await;
    assert!(declared.starts_with("HTTP/1.1 413 "), "{declared}");
    let mut stream = server.connect().await;
    let chunked = format!("{head}transfer-encoding: chunked\r\n\r\n");
    stream.write_all(chunked.as_bytes()).await.unwrap();
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x1_0000));
    let mut sent = 0;
    while sent < length && stream.write_all(chunk.as_bytes()).await.is_ok() {
        sent += 0x1_0000;
    }
    assert!(sent < length, "all of it was read");
    // The reply may be lost with the reset that ends the flood.
    let reply = until_closed(&mut stream).await;
    assert!(
        reply.is_empty() || reply.starts_with("HTTP/1.1 413 "),
        "{reply}"
    );
    assert_eq!(server.upstream.attempts().len(), 0);
}

#[tokio::test]
async fn b03_packed_bodies_are_not_unpacked() {
    let server = Setup::models(&["small"]).start().await;
    for coding in [
        "gzip",
        "br",
        "zstd",
        "deflate",
        "gzip, gzip",
        "x-gzip",
        "identity, gzip",
    ] {
        let request = server
            .post(CHAT, &question("small"))
            .header("content-encoding", coding);
        let reply = checked("post", CHAT, 415, &mut request.send().await).await;
        assert_eq!(reply["error"]["code"], "unsupported_media_type", "{coding}");
    }
    assert_eq!(server.upstream.attempts().len(), 0);
}

#[tokio::test]
async fn b04_a_provider_cannot_make_us_hold_more_than_the_limits() {
    let server = Setup::models(&["small"])
        .toml("\n[limits]\nretries = 0\nmax_event_bytes = 65536\nmax_reply_bytes = 262144\n")
        .start()
        .await;
    // A body without end, announced or not.
    let endless = vec![" ".repeat(64 * 1024); 64];
    for reply in [
        Reply::chunks("application/json", endless.clone()),
        Reply::body("application/json", endless.concat()),
    ] {
        server.upstream.next(reply);
        let reply = server.ask("small", 502).await;
        assert_eq!(reply["error"]["code"], "upstream_invalid_response");
    }
    // One line without end, before and after the answer began.
    let line = format!("data: {}", "x".repeat(64 * 1024));
    server
        .upstream
        .next(Reply::chunks("text/event-stream", vec![line.clone(); 64]));
    let mut response = server.post(CHAT, &streamed("small")).send().await;
    let reply = checked("post", CHAT, 502, &mut response).await;
    assert_eq!(reply["error"]["code"], "upstream_invalid_response");
    let event = r#"{"choices":[{"index":0,"delta":{"content":"half"},"finish_reason":null}]}"#;
    let mut pieces = vec![format!("data: {event}\n\n")];
    pieces.extend(vec![line; 64]);
    server
        .upstream
        .next(Reply::chunks("text/event-stream", pieces));
    let mut response = server.post(CHAT, &streamed("small")).send().await;
    let events = response.events().await.unwrap();
    let last: Value = serde_json::from_str(events.last().unwrap()).unwrap();
    assert!(last["error"]["code"].is_string(), "{last}");
    assert!(!events.concat().contains("[DONE]"));
    // A packed body nobody asked for.
    server.upstream.next(
        Reply::body("application/json", vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0])
            .header("content-encoding", "gzip"),
    );
    let reply = server.ask("small", 502).await;
    assert_eq!(reply["error"]["code"], "upstream_invalid_response");
}

/// Names by which callers have told other gateways where to go.
const DIRECTIONS: [&str; 9] = [
    "api_base",
    "base_url",
    "api_key",
    "user_config",
    "headers",
    "extra_headers",
    "extra_body",
    "custom_host",
    "provider",
];

/// A value for each that would lead to another place, were it believed.
fn direction(name: &str, evil: &str) -> Value {
    match name {
        "headers" | "extra_headers" => json!({ "authorization": "Bearer sk-evil", "host": evil }),
        "extra_body" | "user_config" => {
            json!({ "base_url": evil, "api_base": evil, "api_key": "sk-evil" })
        }
        "api_key" => json!("sk-evil"),
        _ => json!(evil),
    }
}

#[tokio::test]
async fn b08_no_field_at_any_depth_says_where_a_request_goes_or_with_which_key() {
    let server = Setup::models(&["small"]).start().await;
    server.upstream.on_anything().reply_text("four");
    let evil = ScriptedUpstream::start().await;
    let mut answered = 0;
    for name in DIRECTIONS {
        let value = direction(name, &evil.base_url());
        for place in [
            "",
            "/messages/0",
            "/preferences",
            "/llm_cooperation",
            "/metadata",
            "/tools/0/function",
        ] {
            let mut body = question("small");
            body["preferences"] = json!({});
            body["llm_cooperation"] = json!({});
            body["metadata"] = json!({});
            body["tools"] = json!([{ "type": "function", "function": { "name": "f" } }]);
            body.pointer_mut(place).unwrap()[name] = value.clone();
            let response = server.post(CHAT, &body).send().await;
            assert!(
                [200, 400].contains(&response.status),
                "{name} in {place:?}: {response:?}"
            );
            answered += usize::from(response.status == 200);
        }
    }
    assert_eq!(evil.attempts().len(), 0, "somebody else was asked");
    let attempts = server.upstream.attempts();
    assert_eq!(attempts.len(), answered);
    let host = server.upstream.origin().replace("http://", "");
    for attempt in attempts {
        assert_eq!(attempt.path, "/v1/chat/completions");
        assert_eq!(attempt.header("host"), Some(host.as_str()));
        assert!(attempt.carried_key(TEST_KEY) && !attempt.carried_key("sk-evil"));
    }
}
