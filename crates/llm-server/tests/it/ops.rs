//! Probes, metrics, the description of the API and the log line.

use std::sync::Arc;

use llm_server::serve::serve_ops;
use llm_testkit::builders::TEST_KEY;
use llm_testkit::http;
use llm_testkit::logs::{self, canary};
use llm_testkit::reply::Reply;
use serde_json::json;

use crate::support::{Setup, question, streamed};

#[tokio::test]
async fn probes_need_no_key_and_no_model() {
    let server = Setup::models(&["small"])
        .toml("\n[auth]\nmode = \"required\"\n")
        .start()
        .await;
    for path in ["/livez", "/readyz", "/startupz", "/health", "/version"] {
        assert_eq!(server.get(path).send().await.status, 200, "{path}");
    }
    let verbose = server.get("/readyz?verbose").send().await.text().await;
    assert!(
        verbose.contains("[+] models") && verbose.ends_with("ok\n"),
        "{verbose}"
    );
    assert_eq!(server.upstream.attempts().len(), 0, "a probe is free");
}

#[tokio::test]
async fn the_ops_listener_answers_probes_and_metrics_during_the_drain_and_nothing_else() {
    let mut server = Setup::models(&["small"]).start().await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let ops = serve_ops(listener, Arc::clone(&server.app)).unwrap();
    let get = async |path: &str| {
        let request = http::get(format!("{origin}{path}"));
        request.header("x-forwarded-for", "192.0.2.7").send().await
    };
    assert_eq!(get("/readyz").await.status, 200);
    assert_eq!(get("/metrics").await.status, 200);
    assert_eq!(get("/v1/models").await.status, 404);
    server.app.ending().stop.cancel();
    server.ended().await;
    let mut ready = get("/readyz?verbose").await;
    assert_eq!(ready.status, 503);
    assert!(ready.text().await.contains("[-] running"));
    assert_eq!(get("/livez").await.status, 200);
    drop(ops);
    assert!(
        http::get(format!("{origin}/livez"))
            .try_send()
            .await
            .is_err()
    );
}

#[tokio::test]
async fn metrics_count_by_known_names_only() {
    let server = Setup::models(&["metered"]).start().await;
    server.upstream.on("metered").reply_text("four").usage(7, 1);
    server.ask("metered", 200).await;
    for n in 0..50 {
        server.ask(&format!("made-up-{n}"), 404).await;
        server.get(&format!("/made-up-{n}")).send().await;
    }
    let text = server.get("/metrics").send().await.text().await;
    assert!(!text.contains("made-up"), "{text}");
    for line in [
        "llmcoop_tokens_total{model=\"metered\",provider=\"scripted\",kind=\"input\"} 7",
        "llmcoop_upstream_attempts_total{model=\"metered\",provider=\"scripted\",outcome=\"ok\"} 1",
        "llmcoop_model_healthy{model=\"metered\",provider=\"scripted\"} 1",
        "# TYPE llmcoop_http_request_duration_seconds histogram",
        "llmcoop_http_request_duration_seconds_bucket{route=\"/v1/chat/completions\",method=\"POST\",le=\"0.01\"}",
    ] {
        assert!(text.contains(line), "{line} in\n{text}");
    }
}

#[tokio::test]
async fn the_description_and_its_page_are_served() {
    let server = Setup::models(&["small"]).start().await;
    let document = server.get_json("/openapi.json", 200).await;
    assert_eq!(document["openapi"], "3.1.0");
    assert!(document["paths"]["/v1/chat/completions"]["post"]["requestBody"].is_object());
    let mut english = server.get("/docs").send().await;
    assert!(
        english
            .header("content-security-policy")
            .starts_with("default-src 'none'")
    );
    assert!(english.text().await.contains("<html lang=\"en\">"));
    let request = server
        .get("/docs")
        .header("accept-language", "zh-CN,zh;q=0.9");
    assert!(request.send().await.text().await.contains("接口文档"));
    let style = server.get("/docs/style.css").send().await;
    assert_eq!(style.header("content-type"), "text/css; charset=utf-8");
}

#[tokio::test]
async fn the_log_has_one_line_for_each_request_and_no_secret() {
    let logs = logs::capture();
    let server = Setup::models(&["small"]).start().await;
    let (prompt, answer, query) = (canary("prompt"), canary("answer"), canary("query"));
    server
        .upstream
        .on("small")
        .reply(Reply::text(&answer).usage(3, 4))
        .then(Reply::error_with(
            500,
            "server_error",
            "x",
            &format!("key {TEST_KEY} {answer}"),
        ));
    let mut body = question("small");
    body["messages"][0]["content"] = json!(prompt);
    let first = server
        .post(&format!("/v1/chat/completions?secret={query}"), &body)
        .bearer(&canary("bearer"))
        .header("x-request-id", "job-9");
    let mut response = first.send().await;
    let id = response.header("x-request-id").to_owned();
    response.json().await;
    body["stream"] = json!(true);
    let second = server.post("/v1/chat/completions", &body);
    assert_eq!(second.send().await.status, 502);
    server.get(&format!("/{query}")).send().await.text().await;
    drop(server);
    let text = logs.text();
    let line = text.lines().find(|line| line.contains(&id)).unwrap();
    for part in [
        "route=\"/v1/chat/completions\"",
        "status=200",
        "client_request_id=\"job-9\"",
        "model=\"small\"",
        "tokens_in=3",
        "tokens_out=4",
        "cost_kind=\"unknown\"",
    ] {
        assert!(line.contains(part), "{part} in {line}");
    }
    assert_eq!(text.matches("llm_server::access").count(), 3, "{text}");
    assert!(text.contains("error_code=\"upstream_error\""), "{text}");
    logs.assert_free_of(&[&prompt, &answer, &query, TEST_KEY]);
}

#[tokio::test]
async fn a_stream_that_its_reader_leaves_is_logged_as_such() {
    let logs = logs::capture();
    let server = Setup::models(&["small"]).start().await;
    server
        .upstream
        .on("small")
        .reply(Reply::pieces(["x", "y"]).stall_after(1));
    let mut response = server
        .post("/v1/chat/completions", &streamed("small"))
        .send()
        .await;
    response.event().await.unwrap();
    drop(response);
    server.upstream.wait_for_abort().await;
    logs.assert_contains("outcome=\"left\"");
    logs.assert_contains("stream=true");
}
