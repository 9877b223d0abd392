//! What a want of descriptors does to the program: what runs is finished, and it heals.

use llm_testkit::builders::config_toml;
use llm_testkit::env::TestEnvironment;
use llm_testkit::gate::Gate;
use llm_testkit::http;
use llm_testkit::reply::Reply;
use llm_testkit::upstream::ScriptedUpstream;
use tokio::net::TcpStream;

use super::CHAT;
use crate::support::question;

const PROGRAM: &str = env!("CARGO_BIN_EXE_llm-server");

#[cfg(unix)]
#[tokio::test]
async fn o03_without_descriptors_what_runs_is_finished_and_it_heals() {
    let environment = TestEnvironment::new();
    let upstream = ScriptedUpstream::start().await;
    let gate = Gate::new();
    upstream
        .on("small")
        .reply(Reply::text("four").hold(&gate))
        .then(Reply::text("five"));
    environment.write(
        "server.toml",
        &config_toml(&upstream.base_url(), &["small"]),
    );
    let script =
        format!("ulimit -n 64 && exec {PROGRAM} --config server.toml --port 0 --workers 1");
    let server = environment.serve("sh", &["-c", &script]);
    let url = server.url(CHAT);
    let asking = http::post(url.clone(), &question("small")).send();
    let address = server.origin().replace("http://", "");
    let crowd = async {
        upstream.wait_for_attempts(1).await;
        let mut crowd = Vec::new();
        // The system completes connections that the program cannot take.
        for _ in 0..100 {
            crowd.push(TcpStream::connect(&address).await.unwrap());
        }
        server.wait_for_line("accepting a connection failed");
        gate.open();
        crowd
    };
    let (answer, crowd) = tokio::join!(asking, crowd);
    assert_eq!(answer.status, 200, "what ran was finished");
    drop(crowd);
    assert_eq!(http::get(server.url("/livez")).send().await.status, 200);
    assert_eq!(http::post(url, &question("small")).send().await.status, 200);
    let end = server.stop();
    end.assert_code(0);
    // It waited between two tries instead of spinning.
    let failed = end.stderr.matches("accepting a connection failed").count();
    assert!(failed < 1_000, "{failed} tries");
}
