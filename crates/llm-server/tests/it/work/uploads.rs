//! `POST /v1/audio/transcriptions` and its like: recordings pass through, held by nobody.

use std::time::Duration;

use llm_testkit::http::Request;
use llm_testkit::logs::assert_free_of;
use llm_testkit::reply::Reply;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::{BOUNDARY, end, field, file, form, form_to, server};
use crate::support::{TestServer, checked, until_closed};

const PATH: &str = "/v1/audio/transcriptions";

/// More than is kept of a form.
const LARGE: usize = 3 * 1024 * 1024;

/// What such a provider answers.
const DONE: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\
      content-length: 15\r\nconnection: close\r\n\r\n{\"text\":\"done\"}";

/// A provider that reads as slowly as the test wants.
struct Listening(TcpListener);

impl Listening {
    async fn start(server: &TestServer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        server.rewrite(|text| {
            format!(
                "{text}\n[models.slow]\nbase_url = \"http://{address}/v1\"\napi_key = \"k\"\n\
                 capabilities = [\"transcription\"]\n"
            )
        });
        server.app.reload().await.unwrap();
        Self(listener)
    }

    async fn accept(&self) -> TcpStream {
        let accepted = tokio::time::timeout(Duration::from_secs(20), self.0.accept()).await;
        accepted.expect("a connection").unwrap().0
    }
}

/// Reads until `wanted` was seen.
async fn read_until(stream: &mut TcpStream, wanted: &str) -> String {
    let mut seen = String::new();
    let mut buffer = vec![0; 64 * 1024];
    while !seen.contains(wanted) {
        let read = tokio::time::timeout(Duration::from_secs(20), stream.read(&mut buffer)).await;
        let count = read.expect("more of the request").unwrap();
        assert!(count > 0, "the request ended before {wanted:?}: {seen}");
        seen.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
    seen
}

/// The head of a request whose body follows.
fn head(server: &TestServer, length: Option<usize>) -> String {
    let framing = match length {
        Some(length) => format!("content-length: {length}"),
        None => "transfer-encoding: chunked".to_owned(),
    };
    format!(
        "POST {PATH} HTTP/1.1\r\nhost: {}\r\ncontent-type: multipart/form-data; boundary={BOUNDARY}\r\n\
         {framing}\r\n\r\n",
        server.authority()
    )
}

#[tokio::test]
async fn a_recording_reaches_the_provider_while_the_client_still_sends_it() {
    let server = server("").await;
    let provider = Listening::start(&server).await;
    let body = field("model", "slow") + &file(&"a".repeat(LARGE)) + &end();
    let (first, last) = body.split_at(LARGE);
    let mut client = server.connect().await;
    client
        .write_all(head(&server, Some(body.len())).as_bytes())
        .await
        .unwrap();
    let sending = async {
        client.write_all(first.as_bytes()).await.unwrap();
        client
    };
    let receiving = async {
        let mut upstream = provider.accept().await;
        let seen = read_until(&mut upstream, "aaaa").await;
        assert!(seen.contains("name=\"model\"\r\n\r\nslow\r\n"), "{seen}");
        // Everything the client has sent arrives, before it has sent everything.
        let mut count = seen.matches('a').count();
        let mut buffer = vec![0; 256 * 1024];
        while count < LARGE - 64 * 1024 {
            let read = upstream.read(&mut buffer).await.unwrap();
            count += String::from_utf8_lossy(&buffer[..read])
                .matches('a')
                .count();
        }
        upstream
    };
    let (mut client, mut upstream) = tokio::join!(sending, receiving);
    client.write_all(last.as_bytes()).await.unwrap();
    read_until(&mut upstream, "\r\n0\r\n\r\n").await;
    upstream.write_all(DONE).await.unwrap();
    let mut buffer = [0; 4096];
    let count = client.read(&mut buffer).await.unwrap();
    let reply = String::from_utf8_lossy(&buffer[..count]);
    assert!(
        reply.starts_with("HTTP/1.1 200") && reply.contains("\"text\":\"done\""),
        "{reply}"
    );
}

#[tokio::test]
async fn a_client_that_leaves_while_it_sends_ends_the_upstream_request() {
    let server = server("\n[limits]\nbreaker_failures = 1\n").await;
    let provider = Listening::start(&server).await;
    let body = field("model", "slow") + &file(&"a".repeat(LARGE)) + &end();
    let mut client = server.connect().await;
    client
        .write_all(head(&server, Some(body.len())).as_bytes())
        .await
        .unwrap();
    let half = &body.as_bytes()[..LARGE / 2];
    let sending = async {
        client.write_all(half).await.unwrap();
        client
    };
    let (client, mut upstream) = tokio::join!(sending, provider.accept());
    read_until(&mut upstream, "aaaa").await;
    drop(client);
    let rest = tokio::time::timeout(Duration::from_secs(20), until_closed(&mut upstream)).await;
    let rest = rest.expect("the upstream connection is closed");
    assert!(!rest.ends_with("0\r\n\r\n"), "a cut upload looks complete");
    // It is not held against the provider: one failure would have made it rest.
    let body = form("slow", "small");
    let answering = async {
        let mut upstream = provider.accept().await;
        read_until(&mut upstream, "small").await;
        upstream.write_all(DONE).await.unwrap();
        upstream
    };
    let (response, _upstream) = tokio::join!(form_to(&server, PATH, &body).send(), answering);
    assert_eq!(response.status, 200);
}

#[tokio::test]
async fn a_form_is_passed_on_with_everything_in_it_whatever_the_order() {
    let server = server("").await;
    for body in [
        field("model", "worker") + &field("language", "de") + &file("sound") + &end(),
        file("sound") + &field("language", "de") + &field("model", "worker") + &end(),
    ] {
        server.upstream.next(Reply::json(&json!({
            "text": "hallo", "usage": { "type": "duration", "seconds": 30 },
        })));
        let mut response = form_to(&server, PATH, &body).send().await;
        let reply = checked("post", PATH, 200, &mut response).await;
        assert_eq!(reply["text"], "hallo");
        assert_eq!(reply["usage"]["seconds"], 30);
        let sent = server.upstream.attempts().pop().unwrap();
        let text = String::from_utf8_lossy(&sent.body).into_owned();
        assert_eq!(text.matches("name=\"model\"").count(), 1, "{text}");
        for part in [
            "\r\n\r\nup/worker\r\n",
            "\r\n\r\nde\r\n",
            "\r\n\r\nsound\r\n",
        ] {
            assert!(text.contains(part), "{part:?} in {text}");
        }
        assert!(
            sent.header("content-length").is_some(),
            "its length is known"
        );
    }
}

#[tokio::test]
async fn minutes_are_what_is_billed_and_text_is_passed_on() {
    let server = server("price = { input = 0, output = 0, minute = 0.006 }\n").await;
    server
        .upstream
        .next(Reply::json(&json!({ "text": "", "duration": 30.0 })));
    let mut response = form_to(&server, PATH, &form("worker", "x")).send().await;
    let reply = checked("post", PATH, 200, &mut response).await;
    assert_eq!(reply["llm_cooperation"]["cost"]["amount"], "0.003");

    let subtitles = "1\n00:00:00,000 --> 00:00:01,000\nhello\n";
    server.upstream.next(Reply::body("text/plain", subtitles));
    let body = field("model", "worker") + &field("response_format", "srt") + &file("x") + &end();
    let mut response = form_to(&server, PATH, &body).send().await;
    assert_eq!(response.header("content-type"), "text/plain");
    assert_eq!(response.text().await, subtitles);
}

#[tokio::test]
async fn a_small_recording_is_sent_again_and_a_large_one_is_not() {
    let server = server("\n[limits]\nretries = 1\nbackoff_ms = 1\n").await;
    server
        .upstream
        .next(Reply::error(500))
        .next(Reply::json(&json!({ "text": "again" })));
    let mut response = form_to(&server, PATH, &form("worker", "small"))
        .send()
        .await;
    assert_eq!(
        checked("post", PATH, 200, &mut response).await["text"],
        "again"
    );
    assert_eq!(server.upstream.attempts().len(), 2);

    server.upstream.next(Reply::error(500));
    let body = form("worker", &"a".repeat(LARGE));
    let mut response = form_to(&server, PATH, &body).send().await;
    let error = checked("post", PATH, 502, &mut response).await;
    assert_eq!(error["error"]["attempts"].as_array().unwrap().len(), 1);
    assert_eq!(server.upstream.attempts().len(), 3);
}

#[tokio::test]
async fn a_form_that_is_too_large_or_too_slow_is_refused_and_not_the_providers_fault() {
    let server = server("\n[server]\nmax_body_bytes = 2000000\nbody_timeout_ms = 300\n").await;
    let provider = Listening::start(&server).await;
    // By its announced length, before a byte of it is read.
    let reply = server.raw(head(&server, Some(LARGE)).as_bytes()).await;
    assert!(
        reply.starts_with("HTTP/1.1 413") && reply.contains("request_too_large"),
        "{reply}"
    );
    // By what arrives, after the provider has been sent some of it.
    let piece =
        |bytes: &[u8]| [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat();
    let start = field("model", "slow") + &file(&"a".repeat(1_500_000));
    for (more, code) in [
        ("b".repeat(1_000_000), "request_too_large"),
        (String::new(), "request_timeout"),
    ] {
        let request = [head(&server, None).into_bytes(), piece(start.as_bytes())].concat();
        let request = if more.is_empty() {
            request
        } else {
            [request, piece(more.as_bytes())].concat()
        };
        let answering = async {
            let mut upstream = provider.accept().await;
            read_until(&mut upstream, "aaaa").await;
            until_closed(&mut upstream).await
        };
        let (reply, rest) = tokio::join!(server.raw(&request), answering);
        assert!(reply.contains(code), "{reply}");
        assert!(!rest.ends_with("0\r\n\r\n"), "a cut upload looks complete");
    }
}

#[tokio::test]
async fn odd_forms_are_refused_by_what_is_wrong_with_them() {
    let server = server("").await;
    let model = field("model", "worker");
    for (body, status, code) in [
        (model.clone() + &end(), 400, "missing_field"),
        (
            model.clone() + &field("model", "talker") + &file("x") + &end(),
            400,
            "duplicate_key",
        ),
        (
            field("api_base", "http://192.0.2.1") + &file("x") + &end(),
            400,
            "invalid_value",
        ),
        (model.clone() + &file("x"), 400, "invalid_value"),
        ("no form at all".to_owned(), 400, "invalid_value"),
        (String::new(), 400, "invalid_value"),
        (
            field("note", "x").repeat(200) + &end(),
            400,
            "invalid_value",
        ),
        (
            field("prompt", &"x".repeat(300_000)) + &file("x") + &end(),
            400,
            "invalid_value",
        ),
    ] {
        let mut response = form_to(&server, PATH, &body).send().await;
        let error = checked("post", PATH, status, &mut response).await;
        assert_eq!(error["error"]["code"], code, "{error:#}");
        assert_free_of("an error", &error.to_string(), &["192.0.2.1"]);
    }
    for media in ["application/json", "multipart/form-data", "text/plain"] {
        let request = Request::new("POST", server.url(PATH));
        let mut response = request
            .header("content-type", media)
            .body(form("worker", "x"))
            .send()
            .await;
        let error = checked("post", PATH, 415, &mut response).await;
        assert_eq!(error["error"]["code"], "unsupported_media_type", "{media}");
    }
    assert!(server.upstream.attempts().is_empty());
}
