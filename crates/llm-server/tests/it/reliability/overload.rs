//! More than the server can take.

use futures_util::future::join_all;
use llm_testkit::gate::Gate;
use llm_testkit::reply::Reply;
use tokio::io::AsyncWriteExt as _;

use super::{CHAT, two_keys};
use crate::support::{Setup, question, until_closed};

#[tokio::test]
async fn o01_a_request_too_many_is_shed_before_it_is_read() {
    let server = Setup::models(&["small"])
        .toml("\n[limits]\nmax_concurrent_requests = 1\n")
        .start()
        .await;
    let gate = Gate::new();
    server
        .upstream
        .on("small")
        .reply(Reply::text("four").hold(&gate));
    let body = question("small");
    let first = server.post(CHAT, &body).send();
    let shed = async {
        server.upstream.wait_for_attempts(1).await;
        // The head alone: the body is never sent, and never waited for.
        let mut stream = server.connect().await;
        let head = format!(
            "POST {CHAT} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
             content-length: 1000000\r\n\r\n",
            server.authority()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let reply = until_closed(&mut stream).await.to_lowercase();
        gate.open();
        reply
    };
    let (first, reply) = tokio::join!(first, shed);
    assert_eq!(first.status, 200);
    assert!(reply.starts_with("http/1.1 503 "), "{reply}");
    assert!(
        reply.contains("\"code\":\"server_is_overloaded\""),
        "{reply}"
    );
    let wait = reply
        .lines()
        .find_map(|line| line.strip_prefix("retry-after: "))
        .unwrap();
    assert!(
        (1..=5).contains(&wait.trim().parse::<u64>().unwrap()),
        "{wait}"
    );
    assert_eq!(server.upstream.attempts().len(), 1);
    server.ask("small", 200).await;
}

#[tokio::test]
async fn o04_bodies_take_no_more_room_than_there_is() {
    let server = Setup::models(&["small"])
        .toml("\n[server]\nmax_held_body_bytes = 65536\n")
        .start()
        .await;
    server.upstream.on("small").reply_text("four");
    let mut body = question("small");
    body["messages"][0]["content"] = "x".repeat(100_000).into();
    let reply = server.post_json(CHAT, &body, 503).await;
    assert_eq!(reply["error"]["code"], "server_is_overloaded");
    server.ask("small", 200).await;
}

#[tokio::test]
async fn o05_a_key_that_floods_leaves_room_for_another() {
    let server = Setup::models(&["small", "quick"])
        .toml(&two_keys())
        .toml("\n[limits]\nmax_concurrent_requests = 8\n")
        .start()
        .await;
    let gate = Gate::new();
    server
        .upstream
        .on("small")
        .reply(Reply::text("four").hold(&gate));
    server.upstream.on("quick").reply_text("at once");
    let flood = join_all((0..40).map(async |_| {
        let request = server.post(CHAT, &question("small")).bearer("flood");
        request.send().await.status
    }));
    let quiet = async {
        gate.reached(4).await;
        for _ in 0..20 {
            let request = server.post(CHAT, &question("quick")).bearer("quiet");
            assert_eq!(request.send().await.status, 200);
        }
        gate.open();
    };
    let (statuses, ()) = tokio::join!(flood, quiet);
    assert!(
        statuses.contains(&503) && statuses.contains(&200),
        "{statuses:?}"
    );
}
