//! Clients that repeat, and clients that leave.

use llm_testkit::reply::Reply;

use super::CHAT;
use crate::support::{Setup, checked, question, streamed};

#[tokio::test]
async fn u32_the_attempts_of_a_chain_are_not_multiplied() {
    let server = Setup::models(&["a", "b"])
        .toml("\n[routing]\nstrategy = \"priority\"\n[limits]\nbackoff_ms = 1\n")
        .start()
        .await;
    server.upstream.on_anything().reply(Reply::error(503));
    // What client libraries do: two more tries, unless the reply says that they make no sense.
    let mut calls = 0;
    for _ in 0..3 {
        calls += 1;
        let mut response = server.post(CHAT, &question("auto")).send().await;
        let should_retry = response.header("x-should-retry").to_owned();
        checked("post", CHAT, 502, &mut response).await;
        if should_retry == "false" {
            break;
        }
    }
    assert_eq!(calls, 1);
    let attempts = server.upstream.attempts().len();
    assert!(attempts <= 3, "{attempts}");
}

#[tokio::test]
async fn u24_a_client_that_leaves_before_the_first_token_closes_the_call() {
    let server = Setup::models(&["small"]).start().await;
    server
        .upstream
        .on("small")
        .reply(Reply::pieces(["never"]).stall_after(0));
    let body = streamed("small");
    let request = server.post(CHAT, &body).send();
    tokio::select! {
        _ = request => panic!("there is nothing to answer with"),
        _ = server.upstream.wait_for_attempts(1) => {}
    }
    server.upstream.wait_for_abort().await;
    idle(&server).await;
}

#[tokio::test]
async fn u25_a_client_that_leaves_closes_the_call_streamed_or_not() {
    let server = Setup::models(&["small"]).start().await;
    server.upstream.next(Reply::hang());
    let body = question("small");
    let request = server.post(CHAT, &body).send();
    tokio::select! {
        _ = request => panic!("there is nothing to answer with"),
        _ = server.upstream.wait_for_attempts(1) => {}
    }
    server.upstream.wait_for_aborts(1).await;

    server
        .upstream
        .next(Reply::pieces(["half", "gone"]).stall_after(1));
    let mut response = server.post(CHAT, &streamed("small")).send().await;
    response.event().await.unwrap();
    drop(response);
    server.upstream.wait_for_aborts(2).await;
    idle(&server).await;
}

/// Waits until nothing is under way.
async fn idle(server: &crate::support::TestServer) {
    loop {
        let status = server.get_json("/status", 200).await;
        if status["resource_usage"]["active_requests"] == 0 {
            return;
        }
    }
}
