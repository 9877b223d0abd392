//! Few descriptors: clients get a share of them, the rest is for calls and probes, and want heals.

use llm_testkit::builders::config_toml;
use llm_testkit::env::TestEnvironment;
use llm_testkit::gate::Gate;
use llm_testkit::http;
use llm_testkit::reply::Reply;
use llm_testkit::upstream::ScriptedUpstream;
use tokio::net::TcpStream;

use crate::support::{question, streamed};

const PROGRAM: &str = env!("CARGO_BIN_EXE_llm-server");
const CHAT: &str = "/v1/chat/completions";

/// Arguments of a shell that starts the server with so few descriptors.
fn limited(count: u32, arguments: &[&str]) -> Vec<String> {
    let script = format!("ulimit -n {count}; exec \"$0\" \"$@\"");
    let all = ["-c", &script, PROGRAM, "--port", "0"];
    let all = all.iter().chain(arguments);
    all.map(|argument| (*argument).to_owned()).collect()
}

async fn crowd(origin: &str, count: usize) -> Vec<TcpStream> {
    let address = origin.rsplit('/').next().unwrap();
    let mut crowd = Vec::new();
    for _ in 0..count {
        crowd.push(TcpStream::connect(address).await.unwrap());
    }
    crowd
}

#[tokio::test]
async fn a_crowd_of_connections_leaves_room_for_running_work_and_probes() {
    let environment = TestEnvironment::new();
    let upstream = ScriptedUpstream::start().await;
    let gate = Gate::new();
    upstream
        .on("small")
        .reply(Reply::pieces(["fo", "ur"]).hold_before(1, &gate))
        .then(Reply::text("four"));
    environment.write_config(&config_toml(&upstream.base_url(), &["small"]));
    let arguments = limited(256, &["--workers", "1", "--ops-listen", "127.0.0.1:0"]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let server = environment.serve("/bin/sh", &arguments);
    let told = server.wait_for_line("server.max_connections is 16384");
    assert!(told.contains("only 96 connections"), "{told}");
    let metrics = server.wait_for_line("/metrics");
    let metrics = metrics.split_whitespace().last().unwrap().to_owned();

    let mut stream = http::post(server.url(CHAT), &streamed("small"))
        .send()
        .await;
    stream.event().await.unwrap();
    let crowd = crowd(server.origin(), 300).await;
    let mut probe = http::get(metrics).send().await;
    assert_eq!(probe.status, 200);
    assert!(probe.text().await.contains("llmcoop_descriptors_limit 256"));
    gate.open();
    let events = stream.events().await.unwrap();
    assert_eq!(events.last().map(String::as_str), Some("[DONE]"));
    drop((crowd, stream));
    let answer = http::post(server.url(CHAT), &question("small"))
        .send()
        .await;
    assert_eq!(answer.status, 200);
    server.stop().assert_code(0);
}

#[tokio::test]
async fn o03_without_a_descriptor_left_it_waits_and_goes_on_when_there_is_one() {
    let environment = TestEnvironment::new();
    let arguments = limited(40, &["--workers", "1", "--demo"]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let server = environment.serve("/bin/sh", &arguments);
    let crowd = crowd(server.origin(), 60).await;
    server.wait_for_line("accepting a connection failed");
    drop(crowd);
    let answer = http::post(server.url(CHAT), &question("auto")).send().await;
    assert_eq!(answer.status, 200);
    server.stop().assert_code(0);
}
