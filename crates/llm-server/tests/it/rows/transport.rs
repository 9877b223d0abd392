//! Slow, odd and misleading clients.

use std::time::Duration;

use futures_util::future::join_all;
use llm_core::gateway::auth::digest;
use llm_core::types::secret::Secret;
use llm_server::routes::{self, Verb};
use llm_testkit::builders::TEST_KEY;
use llm_testkit::http::Request;
use llm_testkit::reply::Reply;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{CHAT, replies};
use crate::support::{Setup, TestServer, question, streamed, until_closed};

/// Somebody who has a key, so that everybody else needs one.
fn with_key() -> String {
    let digest = digest(&Secret::new("key-known")).to_hex();
    format!("\n[keys.known]\ndigest = \"{digest}\"\nscopes = [\"inference\"]\n")
}

/// Waits until no request is under way.
async fn idle(server: &TestServer) {
    loop {
        let status = server.get_json("/status", 200).await;
        if status["resource_usage"]["active_requests"] == 0 {
            return;
        }
    }
}

#[tokio::test]
async fn t01_heads_that_trickle_in_are_cut_off_and_hold_up_nobody() {
    let server = Setup::models(&["small"])
        .toml("\n[server]\nheader_timeout_ms = 300\n")
        .start()
        .await;
    server.upstream.on("small").reply_text("four");
    let slow = join_all((0..300).map(async |_| {
        let mut stream = server.connect().await;
        // A byte at a time, each of which comes in time by itself.
        for byte in b"POST /v1/chat/completions HTTP/1.1\r\nx-slow: "
            .iter()
            .cycle()
        {
            if stream.write_all(&[*byte]).await.is_err() {
                return;
            }
            let mut reply = [0; 64];
            let pause = Duration::from_millis(20);
            match tokio::time::timeout(pause, stream.read(&mut reply)).await {
                Err(_) => {}
                Ok(Ok(0) | Err(_)) => return,
                Ok(Ok(_)) => assert!(reply.starts_with(b"HTTP/1.1 4"), "{reply:?}"),
            }
        }
    }));
    let healthy = async {
        for _ in 0..20 {
            server.ask("small", 200).await;
        }
    };
    let (_, ()) = tokio::join!(slow, healthy);
    assert_eq!(server.upstream.attempts().len(), 20);
}

#[tokio::test]
async fn t02_a_body_that_trickles_in_is_given_up_and_leaves_nothing_behind() {
    let server = Setup::models(&["small"])
        .toml("\n[server]\nbody_timeout_ms = 300\n")
        .start()
        .await;
    let head = format!(
        "POST {CHAT} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
         content-length: 10485760\r\n\r\n",
        server.authority()
    );
    let mut stream = server.connect().await;
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut reply = vec![0; 4096];
    let count = loop {
        // Each byte comes in time by itself; all of them together would take weeks.
        if stream.write_all(b" ").await.is_err() {
            break 0;
        }
        let pause = Duration::from_millis(20);
        if let Ok(read) = tokio::time::timeout(pause, stream.read(&mut reply)).await {
            break read.unwrap_or(0);
        }
    };
    let told = String::from_utf8_lossy(&reply[..count]);
    assert!(told.starts_with("HTTP/1.1 408 "), "{told}");
    assert!(told.contains("request_timeout"), "{told}");
    assert_eq!(server.upstream.attempts().len(), 0);
    idle(&server).await;
}

#[tokio::test]
async fn t03_a_reader_that_stops_holds_the_provider_back_and_not_the_memory() {
    let server = Setup::models(&["small"])
        .toml("\n[limits]\nmax_reply_bytes = 1073741824\n")
        .start()
        .await;
    let piece = "x".repeat(64 * 1024);
    let total = 1_500 * piece.len();
    server
        .upstream
        .on("small")
        .reply(Reply::pieces(vec![piece; 1_500]));
    let mut response = server.post(CHAT, &streamed("small")).send().await;
    response.event().await.unwrap();
    // Until nothing more is taken from the provider; what is under way fills the sockets' buffers.
    let sent = |server: &TestServer| server.upstream.attempts()[0].sent;
    let (mut last, mut same) = (sent(&server), 0);
    while same < 200 {
        server.get("/livez").send().await;
        let now = sent(&server);
        same = if now == last { same + 1 } else { 0 };
        last = now;
    }
    assert!(last < total / 2, "{last} of {total} bytes were taken");
    drop(response);
    server.upstream.wait_for_abort().await;
    idle(&server).await;
}

#[tokio::test]
async fn t05_bytes_behind_an_upgrade_reach_nobody() {
    let server = Setup::models(&["small"]).start().await;
    server.upstream.on("small").reply_text("four");
    let body = question("small").to_string();
    for upgrade in ["websocket", "h2c", "TLS/1.3, HTTP/1.1", "anything"] {
        let sent = format!(
            "POST {CHAT} HTTP/1.1\r\nhost: {}\r\nconnection: upgrade\r\nupgrade: {upgrade}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}SMUGGLED-BYTES\r\n\r\n",
            server.authority(),
            body.len()
        );
        let reply = server.raw(sent.as_bytes()).await;
        assert!(!reply.contains("HTTP/1.1 101"), "{upgrade}: {reply}");
        assert!(
            reply.starts_with("HTTP/1.1 200 ") || reply.starts_with("HTTP/1.1 400 "),
            "{upgrade}: {reply}"
        );
        assert!(replies(&reply) <= 2, "{upgrade}: {reply}");
    }
    for attempt in server.upstream.attempts() {
        let sent = String::from_utf8_lossy(&attempt.body);
        assert!(!sent.contains("SMUGGLED"), "{sent}");
        assert_eq!(attempt.header("upgrade"), None);
    }
}

#[tokio::test]
async fn t06_a_nominated_header_is_neither_lost_nor_sent_on() {
    let server = Setup::models(&["small"]).toml(&with_key()).start().await;
    server.upstream.on("small").reply_text("four");
    for nominated in [
        "authorization",
        "x-api-key",
        "host",
        "content-length",
        "x-request-id",
    ] {
        let request = server
            .post(CHAT, &question("small"))
            .bearer("key-known")
            .header("connection", &format!("close, {nominated}"))
            .header("x-api-secret", "of-the-caller");
        let response = request.send().await;
        assert_eq!(response.status, 200, "{nominated}");
        assert!(response.header("x-request-id").starts_with("req_"));
        let anonymous = server
            .post(CHAT, &question("small"))
            .header("connection", &format!("close, {nominated}"));
        assert_eq!(anonymous.send().await.status, 401, "{nominated}");
    }
    let attempts = server.upstream.attempts();
    assert_eq!(attempts.len(), 5);
    for attempt in attempts {
        assert!(attempt.carried_key(TEST_KEY));
        assert!(!attempt.carried_key("key-known"));
        assert_eq!(attempt.header("x-api-secret"), None);
        let connection = attempt.header("connection").unwrap_or_default();
        assert!(!connection.contains("authorization"), "{connection}");
    }
}

#[tokio::test]
async fn t08_no_host_and_no_target_gets_past_the_key() {
    let server = Setup::models(&["small"]).toml(&with_key()).start().await;
    let host = server.authority();
    for (target, hosts) in [
        ("/v1/models", vec!["evil.test#@localhost"]),
        ("/v1/models", vec!["localhost/livez"]),
        ("/v1/models", vec!["localhost?/livez"]),
        ("/v1/models", vec!["user@localhost"]),
        ("/v1/models", vec![host, "livez"]),
        ("/v1/models", vec!["/livez", host]),
        ("/v1/models", vec![""]),
        ("/v1/models", vec![]),
        ("http://localhost/v1/models", vec![host]),
        ("http://localhost/livez/../v1/models", vec![host]),
        ("http://evil.test/v1/models#/livez", vec![host]),
        ("//livez/v1/models", vec![host]),
        ("/livez/../v1/models", vec![host]),
        ("/v1/models?/livez", vec![host]),
        ("/v1/models#/livez", vec![host]),
        ("*", vec![host]),
        ("v1/models", vec![host]),
    ] {
        let lines: Vec<String> = hosts
            .iter()
            .map(|host| format!("host: {host}\r\n"))
            .collect();
        let sent = format!(
            "GET {target} HTTP/1.1\r\n{}connection: close\r\n\r\n",
            lines.concat()
        );
        let reply = server.raw(sent.as_bytes()).await;
        let status = reply.get(9..12).unwrap_or("400");
        assert!(
            ["400", "401", "404", "405"].contains(&status),
            "{target} {hosts:?}: {reply}"
        );
        assert!(!reply.contains("\"small\""), "{target} {hosts:?}: {reply}");
    }
}

/// Other ways to write a path.
fn disguises(path: &str) -> Vec<String> {
    let first = path.trim_start_matches('/');
    vec![
        format!("/{path}"),
        format!("//{first}"),
        format!("/./{first}"),
        format!("/x/../{first}"),
        format!("/%2e/{first}"),
        format!("/livez/%2e%2e/{first}"),
        format!("/livez/..%2f{first}"),
        format!("/livez;{path}"),
        format!("{path}/"),
        format!("{path}/."),
        format!("{path};x=y"),
        format!("{path}%00"),
        format!("{path}%20"),
        format!("{path}?"),
        format!("{path}?x=/livez"),
        path.to_uppercase(),
        path.replacen('/', "/%2f", 1),
        path.replacen('/', "\\", 1),
        format!("/{}", first.replacen('/', "%2f", 1)),
        format!("/%{:02x}{}", path.as_bytes()[1], &first[1..]),
    ]
}

#[tokio::test]
async fn t09_no_other_way_to_write_a_path_asks_for_less() {
    let server = Setup::models(&["small"]).toml(&with_key()).start().await;
    server.upstream.on_anything().reply_text("four");
    let mut tried = 0;
    for route in routes::all().filter(|route| route.door.access() != "public") {
        let path = route
            .path
            .replace("{*id}", "small")
            .replace("{*target}", "small:generateContent");
        if path == "/" {
            continue;
        }
        for disguise in disguises(&path) {
            // Not every disguise is a path that a client can send.
            let method = match route.method {
                Verb::Get => "GET",
                Verb::Delete => "DELETE",
                Verb::Post => "POST",
            };
            let sent = format!(
                "{method} {disguise} HTTP/1.1\r\nhost: {}\r\nx-forwarded-for: 192.0.2.7\r\ncontent-type: application/json\r\n\
                 content-length: 2\r\nconnection: close\r\n\r\n{{}}",
                server.authority()
            );
            let reply = server.raw(sent.as_bytes()).await;
            let status = reply.get(9..12).unwrap_or("400");
            assert!(
                ["400", "401", "403", "404", "405"].contains(&status),
                "{method} {disguise}: {reply}"
            );
            tried += 1;
        }
    }
    assert!(tried > 300, "{tried}");
    assert_eq!(server.upstream.attempts().len(), 0);
    let known = Request::new("GET", server.url("/v1/models")).bearer("key-known");
    assert_eq!(known.send().await.status, 200);
}

#[tokio::test]
async fn t15_a_client_that_closes_its_side_after_the_request_is_never_leaked() {
    // The provider's own time limit must not be what ends the call.
    let server = Setup::models(&["small"])
        .toml("\n[limits]\nfirst_byte_ms = 299000\n")
        .start()
        .await;
    server.upstream.on("small").reply(Reply::hang());
    let body = question("small").to_string();
    let head = format!(
        "POST {CHAT} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        server.authority(),
        body.len()
    );
    let mut stream = server.connect().await;
    stream.write_all(head.as_bytes()).await.unwrap();
    server.upstream.wait_for_attempts(1).await;
    stream.shutdown().await.unwrap();
    server.upstream.wait_for_abort().await;
    until_closed(&mut stream).await;
    idle(&server).await;
}
