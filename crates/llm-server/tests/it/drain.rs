//! The end of a server: what runs is finished, what cannot be is told so, nothing new is taken.

use llm_server::accept::Drained;
use llm_testkit::gate::Gate;
use llm_testkit::reply::Reply;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::{Setup, streamed};

const CHAT: &str = "/v1/chat/completions";

#[tokio::test]
async fn a_running_stream_is_finished_and_new_connections_are_refused() {
    let mut server = Setup::models(&["small"]).start().await;
    let gate = Gate::new();
    server
        .upstream
        .on("small")
        .reply(Reply::pieces(["fo", "ur"]).hold_before(1, &gate));
    let mut response = server.post(CHAT, &streamed("small")).send().await;
    response.event().await.unwrap();
    server.app.ending().stop.cancel();
    while server.get("/livez").try_send().await.is_ok() {}
    gate.open();
    let events = response.events().await.unwrap();
    assert_eq!(events.last().map(String::as_str), Some("[DONE]"));
    assert_eq!(server.ended().await, Drained::Whole);
}

#[tokio::test]
async fn a_connection_that_is_open_hears_that_the_server_stops() {
    let mut server = Setup::models(&["small"]).start().await;
    let gate = Gate::new();
    server
        .upstream
        .on("small")
        .reply(Reply::text("four").hold(&gate));
    // A request that is half there when the server is asked to stop.
    let mut stream = server.connect().await;
    let host = server.authority().to_owned();
    let head = format!("GET /readyz HTTP/1.1\r\nhost: {host}\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let request = format!(
        "POST {CHAT} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n\
         content-length: 2\r\n"
    );
    let mut late = server.connect().await;
    late.write_all(request.as_bytes()).await.unwrap();
    // Something must run, or the server ends before it can say anything.
    let running = server.post(CHAT, &crate::support::question("small"));
    let rest = async {
        server.upstream.wait_for_attempts(1).await;
        server.app.ending().stop.cancel();
        let mut replies = Vec::new();
        for (stream, rest) in [(&mut stream, "\r\n"), (&mut late, "\r\n{}")] {
            stream.write_all(rest.as_bytes()).await.unwrap();
            let mut bytes = Vec::new();
            let _reset = stream.read_to_end(&mut bytes).await;
            replies.push(String::from_utf8_lossy(&bytes).into_owned());
        }
        gate.open();
        replies
    };
    let (response, replies) = tokio::join!(running.send(), rest);
    assert_eq!(response.status, 200);
    for reply in &replies {
        assert!(reply.starts_with("HTTP/1.1 503 "), "{reply}");
        assert!(
            reply.to_lowercase().contains("connection: close"),
            "{reply}"
        );
    }
    assert_eq!(server.ended().await, Drained::Whole);
}

#[tokio::test]
async fn what_outlasts_the_grace_is_told_and_cut() {
    let mut server = Setup::models(&["small"])
        .toml("\n[server]\nshutdown_grace_ms = 50\n")
        .start()
        .await;
    server
        .upstream
        .on("small")
        .reply(Reply::pieces(["half", "gone"]).stall_after(1))
        .then(Reply::hang());
    let mut stream = server.post(CHAT, &streamed("small")).send().await;
    stream.event().await.unwrap();
    let whole = server.post(CHAT, &crate::support::question("small"));
    let ending = async {
        server.upstream.wait_for_attempts(2).await;
        server.app.ending().stop.cancel();
    };
    let (mut whole, ()) = tokio::join!(whole.send(), ending);
    assert_eq!(whole.status, 503);
    assert_eq!(whole.json().await["error"]["code"], "server_draining");
    let events = stream.events().await.unwrap();
    let last: Value = serde_json::from_str(events.last().unwrap()).unwrap();
    assert_eq!(last["error"]["code"], "server_draining");
    assert!(!events.contains(&"[DONE]".to_owned()));
    assert_eq!(server.ended().await, Drained::Cut);
    server.upstream.wait_for_aborts(2).await;
}

#[tokio::test]
async fn an_idle_server_ends_at_once() {
    let mut server = Setup::models(&["small"]).start().await;
    assert_eq!(server.get("/readyz").send().await.status, 200);
    let idle = server.connect().await;
    server.app.ending().stop.cancel();
    assert_eq!(server.ended().await, Drained::Whole);
    drop(idle);
}
