//! Requests as bytes: what is no JSON, too large, too slow, too deep, or no HTTP.

use std::time::Duration;

use serde_json::json;
use tokio::io::AsyncWriteExt as _;

use crate::support::{Setup, TestServer, checked, question, until_closed};

const CHAT: &str = "/v1/chat/completions";

async fn server() -> TestServer {
    Setup::models(&["small"]).start().await
}

/// Sends a body of any kind and gives the error it is refused with.
async fn refused(server: &TestServer, media: &str, body: Vec<u8>, status: u16) -> String {
    let request = llm_testkit::http::Request::new("POST", server.url(CHAT));
    let mut response = request
        .header("content-type", media)
        .body(body)
        .send()
        .await;
    let reply = checked("post", CHAT, status, &mut response).await;
    reply["error"]["code"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_is_no_json_object_is_refused_by_its_kind_and_not_repeated() {
    let server = server().await;
    let json = "application/json";
    let deep = format!(
        "{{\"messages\":{}{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    for (body, code) in [
        (b"".to_vec(), "invalid_json"),
        (b"{".to_vec(), "invalid_json"),
        (b"[]".to_vec(), "invalid_json"),
        (b"\"sesame\"".to_vec(), "invalid_json"),
        (
            b"{\"model\":\"a\",\"model\":\"b\"}".to_vec(),
            "duplicate_key",
        ),
        (b"{\"model\":\"\xff\xfe\"}".to_vec(), "invalid_utf8"),
        (b"\xef\xbb\xbf{}".to_vec(), "invalid_json"),
        (
            b"{\"model\":\"\\ud800\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}"
                .to_vec(),
            "invalid_value",
        ),
        (deep.into_bytes(), "json_too_deep"),
    ] {
        assert_eq!(refused(&server, json, body, 400).await, code);
    }
    assert_eq!(server.upstream.attempts().len(), 0);
}

#[tokio::test]
async fn other_media_types_and_compressed_bodies_are_not_read() {
    let server = server().await;
    let body = question("small").to_string().into_bytes();
    for media in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=gbk",
    ] {
        let code = refused(&server, media, body.clone(), 415).await;
        assert_eq!(code, "unsupported_media_type", "{media}");
    }
    let mut response = server
        .post(CHAT, &question("small"))
        .header("content-encoding", "gzip")
        .send()
        .await;
    checked("post", CHAT, 415, &mut response).await;
    server.upstream.on("small").reply_text("four");
    let request = llm_testkit::http::Request::new("POST", server.url(CHAT));
    let response = request
        .header("content-type", "application/json; charset=utf-8")
        .body(body)
        .send()
        .await;
    assert_eq!(response.status, 200);
}

#[tokio::test]
async fn a_prompt_of_ten_megabytes_is_answered_and_a_longer_body_refused() {
    let server = Setup::models(&["small"])
        .toml("\n[server]\nmax_body_bytes = 11000000\n")
        .start()
        .await;
    server.upstream.on("small").reply_text("long");
    let prompt = "文字 text ".repeat(10 * 1024 * 1024 / 12);
    let mut body = question("small");
    body["messages"][0]["content"] = json!(prompt);
    let reply = server.post_json(CHAT, &body, 200).await;
    assert_eq!(reply["choices"][0]["message"]["content"], "long");
    let sent = server.upstream.attempts()[0].json();
    assert_eq!(sent["messages"][0]["content"], json!(prompt));

    body["messages"][0]["content"] = json!("x".repeat(11_000_001));
    let reply = server.post_json(CHAT, &body, 413).await;
    assert_eq!(reply["error"]["code"], "request_too_large");
}

#[tokio::test]
async fn a_declared_length_beyond_the_limit_is_refused_before_a_byte_is_read() {
    let server = server().await;
    let head = format!(
        "POST {CHAT} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
         content-length: 5368709120\r\nexpect: 100-continue\r\n\r\n",
        server.authority()
    );
    let reply = server.raw(head.as_bytes()).await;
    assert!(reply.starts_with("HTTP/1.1 413 "), "{reply}");
    assert!(reply.contains("\r\nconnection: close\r\n"), "{reply}");
    assert!(reply.contains("request_too_large"), "{reply}");
}

#[tokio::test]
async fn a_body_without_a_declared_length_has_the_same_limit() {
    let server = Setup::models(&["small"])
        .toml("\n[server]\nmax_body_bytes = 100\n")
        .start()
        .await;
    let chunk = format!("c8\r\n{}\r\n0\r\n\r\n", " ".repeat(200));
    let head = format!(
        "POST {CHAT} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
         transfer-encoding: chunked\r\n\r\n{chunk}",
        server.authority()
    );
    let reply = server.raw(head.as_bytes()).await;
    assert!(reply.starts_with("HTTP/1.1 413 "), "{reply}");
}

#[tokio::test]
async fn a_body_that_does_not_come_is_given_up() {
    let server = Setup::models(&["small"])
        .toml("\n[server]\nbody_timeout_ms = 50\n")
        .start()
        .await;
    let head = format!(
        "POST {CHAT} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
         content-length: 100\r\n\r\n{{",
        server.authority()
    );
    let mut stream = server.connect().await;
    stream.write_all(head.as_bytes()).await.unwrap();
    let reply = until_closed(&mut stream).await;
    assert!(reply.starts_with("HTTP/1.1 408 "), "{reply}");
    assert!(reply.contains("request_timeout"), "{reply}");
}

#[tokio::test]
async fn a_head_that_does_not_come_whole_closes_the_connection() {
    let server = Setup::models(&["small"])
        .toml("\n[server]\nheader_timeout_ms = 50\n")
        .start()
        .await;
    // Nothing at all, too little to tell the version, half a head, and a second head on a
    // connection that has been used.
    let whole = format!(
        "GET /livez HTTP/1.1\r\nhost: {}\r\n\r\n",
        server.authority()
    );
    for sent in [
        "",
        "P",
        "POST / HTTP/1.1\r\nhost: x\r\nx-slow: ",
        &format!("{whole}GET"),
    ] {
        let mut stream = server.connect().await;
        stream.write_all(sent.as_bytes()).await.unwrap();
        let reply = tokio::time::timeout(Duration::from_secs(30), until_closed(&mut stream)).await;
        assert!(reply.is_ok(), "still open after {sent:?}");
    }
    assert_eq!(server.get("/livez").send().await.status, 200);
}

#[tokio::test]
async fn heads_that_are_too_large_or_no_http_reach_nobody() {
    let server = server().await;
    let many: Vec<String> = (0..1_000).map(|n| format!("x-h{n}: v\r\n")).collect();
    let many = many.concat();
    let large = format!("x-large: {}\r\n", "v".repeat(1024 * 1024));
    let host = server.authority();
    for (request, status) in [
        (
            format!("GET /livez HTTP/1.1\r\nhost: {host}\r\n{many}\r\n"),
            "431",
        ),
        (
            format!("GET /livez HTTP/1.1\r\nhost: {host}\r\n{large}\r\n"),
            "431",
        ),
        ("GET /livez\r\n\r\n".to_owned(), "400"),
        (
            format!("GET /livez HTTP/1.1\r\nhost: {host}\r\nbad header\r\n\r\n"),
            "400",
        ),
        (
            format!(
                "POST {CHAT} HTTP/1.1\r\nhost: {host}\r\ncontent-length: 5\r\n\
                 content-length: 6\r\n\r\nhello"
            ),
            "400",
        ),
        (
            format!("POST {CHAT} HTTP/1.1\r\nhost: {host}\r\ncontent-length: +5\r\n\r\nhello"),
            "400",
        ),
        (
            format!(
                "POST {CHAT} HTTP/1.1\r\nhost: {host}\r\ntransfer-encoding: chunked\r\n\
                 content-type: application/json\r\n\r\nZZ\r\n"
            ),
            "400",
        ),
    ] {
        let reply = server.raw(request.as_bytes()).await;
        let shown = &request[..request.len().min(60)];
        assert!(
            reply.starts_with(&format!("HTTP/1.1 {status} ")),
            "{shown:?}: {reply}"
        );
        assert_eq!(reply.matches("HTTP/1.1").count(), 1, "one reply: {reply}");
    }
    assert_eq!(server.upstream.attempts().len(), 0);
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let server = server().await;
    let host = server.authority();
    let one = format!("GET /livez HTTP/1.1\r\nhost: {host}\r\n\r\n");
    let last = format!("GET /nowhere HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    let reply = server.raw(format!("{one}{one}{last}").as_bytes()).await;
    let statuses: Vec<&str> = reply
        .match_indices("HTTP/1.1 ")
        .map(|(at, _)| &reply[at + 9..at + 12])
        .collect();
    assert_eq!(statuses, ["200", "200", "404"]);
}

#[tokio::test]
async fn unknown_paths_and_methods_have_the_envelope() {
    let server = server().await;
    for path in [
        "/nowhere",
        "/v1/chat/completions/",
        "//v1/models",
        "/V1/models",
        "/v1/%63hat/completions",
        "/v1/moderations",
        "/admin",
        "/v1/models;x",
    ] {
        let reply = server.get_json(path, 404).await;
        assert_eq!(reply["error"]["code"], "not_found", "{path}");
    }
    for (method, path, allowed) in [
        ("GET", CHAT, "POST"),
        ("DELETE", "/v1/models", "GET, HEAD"),
        ("POST", "/livez", "GET, HEAD"),
        ("TRACE", "/", "GET, HEAD"),
    ] {
        let request = llm_testkit::http::Request::new(method, server.url(path));
        let mut response = request.send().await;
        assert_eq!(response.header("allow"), allowed, "{method} {path}");
        let reply = checked(&method.to_lowercase(), path, 405, &mut response).await;
        assert_eq!(reply["error"]["code"], "method_not_allowed");
    }
    let head = llm_testkit::http::Request::new("HEAD", server.url("/livez"));
    assert_eq!(head.send().await.status, 200);
}
